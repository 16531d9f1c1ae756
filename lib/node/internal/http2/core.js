'use strict';
// The two ends of a connection of HTTP/2, and `connect`.
//
// Binding contract: see internal/http2/session.

const net = require('net');
const { URL } = require('internal/url');
const { promisify } = require('internal/util');
const binding = internalBinding('http2');
const { constants } = binding;
const { kUpdateTimer, kSession, kHandle } = require('internal/stream_base_commons');
const {
  AbortError,
  codes: {
    ERR_HTTP2_ALTSVC_INVALID_ORIGIN, ERR_HTTP2_ALTSVC_LENGTH, ERR_HTTP2_GOAWAY_SESSION, ERR_HTTP2_INVALID_ORIGIN,
    ERR_HTTP2_INVALID_SESSION, ERR_HTTP2_ORIGIN_LENGTH, ERR_HTTP2_OUT_OF_STREAMS, ERR_HTTP2_STREAM_SELF_DEPENDENCY,
    ERR_HTTP2_UNSUPPORTED_PROTOCOL, ERR_INVALID_ARG_TYPE, ERR_INVALID_CHAR, ERR_OUT_OF_RANGE,
  },
} = require('internal/errors');
const { validateAbortSignal, validateBoolean, validateNumber, validateString } = require('internal/validators');
const {
  assertIsObject, isPayloadMeaningless, kAuthority, kProtocol, kSensitiveHeaders, NghttpError,
  prepareRequestHeadersArray, prepareRequestHeadersObject,
} = require('internal/http2/util');
const {
  kInit, kOrigin, kPendingRequestCalls, kSentHeaders, kServer, kSessions, kState,
} = require('internal/http2/symbols');
const { channels, ClientHttp2Stream, HAS_TRAILERS, Http2Stream } = require('internal/http2/stream');
const { countStream, Http2Session, socketOnClose, socketOnError } = require('internal/http2/session');

const {
  NGHTTP2_ERR_INVALID_ARGUMENT, NGHTTP2_ERR_STREAM_ID_NOT_AVAILABLE, NGHTTP2_SESSION_CLIENT, NGHTTP2_SESSION_SERVER,
  STREAM_OPTION_EMPTY_PAYLOAD, STREAM_OPTION_GET_TRAILERS,
} = constants;

const kMaxALTSVC = 2 ** 14 - 2;
const kQuotedString = /^[\x09\x20-\x5b\x5d-\x7e\x80-\xff]*$/;

// ---- The server's session -------------------------------------------------------------------------------------------

class ServerHttp2Session extends Http2Session {
  constructor(options, socket, server) {
    super(NGHTTP2_SESSION_SERVER, options, socket);
    this[kServer] = server;
    if (server) server[kSessions]?.add(this);
  }

  get server() {
    return this[kServer];
  }

  /** Alternative services (RFC 7838). */
  altsvc(alt, originOrStream) {
    if (this.destroyed) throw new ERR_HTTP2_INVALID_SESSION();
    let stream = 0;
    let origin;
    if (typeof originOrStream === 'string') {
      origin = new URL(originOrStream).origin;
      if (origin === 'null') throw new ERR_HTTP2_ALTSVC_INVALID_ORIGIN();
    } else if (typeof originOrStream === 'number') {
      if (originOrStream >>> 0 !== originOrStream || originOrStream === 0) {
        throw new ERR_OUT_OF_RANGE('originOrStream', `> 0 && < ${2 ** 32}`, originOrStream);
      }
      stream = originOrStream;
    } else if (originOrStream !== undefined) {
      if (originOrStream !== null && typeof originOrStream === 'object') origin = originOrStream.origin;
      if (typeof origin !== 'string') {
        throw new ERR_INVALID_ARG_TYPE('originOrStream', ['string', 'number', 'URL', 'object'], originOrStream);
      } else if (origin === 'null' || origin.length === 0) {
        throw new ERR_HTTP2_ALTSVC_INVALID_ORIGIN();
      }
    }
    validateString(alt, 'alt');
    if (!kQuotedString.test(alt)) throw new ERR_INVALID_CHAR('alt');
    if (origin !== undefined && Buffer.byteLength(origin) + Buffer.byteLength(alt) > kMaxALTSVC) {
      throw new ERR_HTTP2_ALTSVC_LENGTH();
    }
    this[kHandle].altsvc(stream, origin || '', alt);
  }

  /** The origins the server speaks for (RFC 8336). */
  origin(...origins) {
    if (this.destroyed) throw new ERR_HTTP2_INVALID_SESSION();
    if (origins.length === 0) return;
    const list = [];
    let bytes = 0;
    for (let item of origins) {
      let origin;
      if (typeof item === 'string') origin = new URL(item).origin;
      else if (item != null && typeof item === 'object') origin = item.origin;
      if (typeof origin !== 'string') throw new ERR_INVALID_ARG_TYPE('origin', ['string', 'URL', 'object'], item);
      if (origin === 'null') throw new ERR_HTTP2_INVALID_ORIGIN();
      bytes += origin.length;
      list.push(origin);
    }
    if (bytes > kMaxALTSVC) throw new ERR_HTTP2_ORIGIN_LENGTH();
    this[kHandle].origin(list);
  }
}

// ---- The client's session -------------------------------------------------------------------------------------------

class ClientHttp2Session extends Http2Session {
  constructor(options, socket) {
    super(NGHTTP2_SESSION_CLIENT, options, socket);
    this[kPendingRequestCalls] = null;
  }

  request(headersParam, options) {
    if (this.destroyed) throw new ERR_HTTP2_INVALID_SESSION();
    if (this.closed) throw new ERR_HTTP2_GOAWAY_SESSION();
    this[kUpdateTimer]();

    let prepared;
    let sentHeaders;
    if (headersParam === undefined) {
      prepared = prepareRequestHeadersObject({}, this);
      sentHeaders = prepared.headersObject;
    } else if (Array.isArray(headersParam)) {
      prepared = prepareRequestHeadersArray(headersParam, this);
      sentHeaders = rawToObject(prepared.rawHeaders);
    } else if (headersParam !== null && typeof headersParam === 'object') {
      prepared = prepareRequestHeadersObject(headersParam, this);
      sentHeaders = prepared.headersObject;
    } else {
      throw new ERR_INVALID_ARG_TYPE('headers', ['Object', 'Array'], headersParam);
    }
    const { headersList, scheme, authority, method } = prepared;

    assertIsObject(options, 'options');
    options = { ...options };
    if (options.endStream === undefined) {
      // The methods whose requests have no body end at once.
      options.endStream = isPayloadMeaningless(method);
    } else {
      validateBoolean(options.endStream, 'options.endStream');
    }
    if (options.waitForTrailers !== undefined) validateBoolean(options.waitForTrailers, 'options.waitForTrailers');
    // Of the priorities of old only the types are looked at.
    if (options.parent !== undefined) validateNumber(options.parent, 'options.parent');
    if (options.exclusive !== undefined) validateBoolean(options.exclusive, 'options.exclusive');
    if (options.silent !== undefined) validateBoolean(options.silent, 'options.silent');
    if (options.weight !== undefined || options.parent !== undefined || options.exclusive !== undefined ||
        options.silent !== undefined) {
      warnOfPriority();
    }
    const { signal } = options;
    if (signal) validateAbortSignal(signal, 'options.signal');

    const stream = new ClientHttp2Stream(this, undefined, undefined, {});
    stream[kSentHeaders] = sentHeaders;
    stream[kOrigin] = `${scheme}://${authority}`;
    if (options.waitForTrailers) stream[kState].flags |= HAS_TRAILERS;
    countStream(this);
    // The end comes with the headers.
    if (options.endStream) stream.end();

    if (signal) {
      const aborter = () => stream.destroy(new AbortError(undefined, { cause: signal.reason }));
      if (signal.aborted) {
        aborter();
      } else {
        const { addAbortListener } = require('internal/events/abort_listener');
        const disposable = addAbortListener(signal, aborter);
        stream.once('close', disposable[Symbol.dispose]);
      }
    }
    // What comes of the request belongs to whoever made it, not to whoever the connection is made for.
    const { AsyncResource } = require('async_hooks');
    const resource = new AsyncResource('PendingRequest');
    const submit = () => resource.runInAsyncScope(requestOnConnect, null, stream, headersList, options);
    if (this.connecting) {
      if (this[kPendingRequestCalls] !== null) {
        this[kPendingRequestCalls].push(submit);
      } else {
        this[kPendingRequestCalls] = [submit];
        this.once('connect', () => {
          const calls = this[kPendingRequestCalls];
          this[kPendingRequestCalls] = null;
          for (const call of calls) call();
        });
      }
    } else {
      submit();
    }
    if (channels.clientCreated.hasSubscribers) channels.clientCreated.publish({ stream, headers: sentHeaders });
    return stream;
  }
}

let priorityWarned = false;
function warnOfPriority() {
  if (priorityWarned) return;
  priorityWarned = true;
  process.emitWarning('Priority signaling has been deprecated as of RFC 9113.', 'DeprecationWarning', 'DEP0194');
}

/** Names and values in turn, as `sentHeaders` shows them. */
function rawToObject(list) {
  const headers = { __proto__: null };
  for (let i = 0; i < list.length; i += 2) {
    const existing = headers[list[i]];
    if (existing === undefined) headers[list[i]] = list[i + 1];
    else if (Array.isArray(existing)) existing.push(list[i + 1]);
    else headers[list[i]] = [existing, list[i + 1]];
  }
  if (list[kSensitiveHeaders] !== undefined) headers[kSensitiveHeaders] = list[kSensitiveHeaders];
  return headers;
}

/** Submits a request, when there is a connection. */
function requestOnConnect(stream, headersList, options) {
  const session = stream[kSession];
  // At this point the stream, or the session, may be gone.
  if (session === undefined || session.destroyed || stream.destroyed) return;
  // The peer does not want new streams.
  if (session.closed) {
    stream.destroy(new ERR_HTTP2_GOAWAY_SESSION());
    return;
  }
  let streamOptions = 0;
  if (options.endStream) streamOptions |= STREAM_OPTION_EMPTY_PAYLOAD;
  if (options.waitForTrailers) streamOptions |= STREAM_OPTION_GET_TRAILERS;
  const handle = session[kHandle].request(headersList, streamOptions);
  if (typeof handle === 'number') {
    let error;
    switch (handle) {
      case NGHTTP2_ERR_STREAM_ID_NOT_AVAILABLE:
        error = new ERR_HTTP2_OUT_OF_STREAMS();
        stream.destroy(error);
        break;
      case NGHTTP2_ERR_INVALID_ARGUMENT:
        error = new ERR_HTTP2_STREAM_SELF_DEPENDENCY();
        stream.destroy(error);
        break;
      default:
        session.destroy(new NghttpError(handle));
    }
    return;
  }
  stream[kInit](handle.id(), handle);
  if (channels.clientStart.hasSubscribers) channels.clientStart.publish({ stream, headers: stream[kSentHeaders] });
}

// ---- connect --------------------------------------------------------------------------------------------------------

function initializeTLSOptions(options, servername) {
  options = { ...options };
  options.ALPNProtocols = ['h2'];
  if (servername !== undefined && !options.servername) options.servername = servername;
  return options;
}

function connect(authority, options, listener) {
  if (typeof options === 'function') {
    listener = options;
    options = undefined;
  }
  assertIsObject(options, 'options');
  options = { ...options };
  assertIsObject(options.settings, 'options.settings');
  if (options.strictSingleValueFields !== undefined) {
    validateBoolean(options.strictSingleValueFields, 'options.strictSingleValueFields');
  }
  if (options.settings) options.settings = { ...options.settings };

  if (typeof authority === 'string') authority = new URL(authority);
  assertIsObject(authority, 'authority', ['string', 'Object', 'URL']);

  const protocol = authority.protocol || options.protocol || 'https:';
  const port = `${authority.port !== '' && authority.port !== undefined ? authority.port : (protocol === 'http:' ? 80 : 443)}`;
  let host = 'localhost';
  if (authority.hostname) {
    host = authority.hostname;
    if (host[0] === '[') host = host.slice(1, -1);
  } else if (authority.host) {
    host = authority.host;
  }

  let socket;
  if (typeof options.createConnection === 'function') {
    socket = options.createConnection(authority, options);
  } else {
    switch (protocol) {
      case 'http:':
        socket = net.connect({ port, host, ...options });
        break;
      case 'https:':
        socket = require('tls').connect(port, host, initializeTLSOptions(options, net.isIP(host) ? undefined : host));
        break;
      default:
        throw new ERR_HTTP2_UNSUPPORTED_PROTOCOL(protocol);
    }
  }

  const session = new ClientHttp2Session(options, socket);
  session[kAuthority] = `${options.servername || (net.isIPv6(host) ? `[${host}]` : host)}:${port}`;
  session[kProtocol] = protocol;
  if (typeof listener === 'function') session.once('connect', listener);
  // What goes wrong with the connection is the session's error.
  socket.on('error', socketOnError);
  socket.on('close', socketOnClose);
  return session;
}

Object.defineProperty(connect, promisify.custom, {
  __proto__: null,
  value: {
    connect(authority, options) {
      return new Promise((resolve, reject) => {
        const session = connect(authority, options, () => {
          session.removeListener('error', reject);
          resolve(session);
        });
        session.once('error', reject);
      });
    },
  }.connect,
});

module.exports = {
  ClientHttp2Session,
  connect,
  Http2Session,
  Http2Stream,
  ServerHttp2Session,
  socketOnClose,
  socketOnError,
};
// The servers come last: they are made of what is above.
Object.assign(module.exports, require('internal/http2/server'));
