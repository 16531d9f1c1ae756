'use strict';
// The servers of HTTP/2, and the settings as bytes.

const net = require('net');
const http = require('http');
const EventEmitter = require('events');
const { Buffer } = require('buffer');
const { promisify } = require('internal/util');
const { codes: { ERR_HTTP2_INVALID_PACKED_SETTINGS_LENGTH, ERR_INVALID_ARG_TYPE } } = require('internal/errors');
const { isArrayBufferView } = require('internal/util/types');
const { validateBoolean, validateFunction, validateUint32, validateObject } = require('internal/validators');
const {
  assertIsArray, assertIsObject, getDefaultSettings, listToSettings, settingsToList, validateSettings,
} = require('internal/http2/util');
const { kOptions, kServer, kSessions } = require('internal/http2/symbols');
const { ServerHttp2Session, socketOnClose, socketOnError } = require('internal/http2/core');
const { Http2ServerRequest, Http2ServerResponse, onServerStream } = require('internal/http2/compat');

const kMissingProtocol = 'HTTP/1.0 403 Forbidden\r\nContent-Type: text/plain\r\n\r\n' +
  'Missing ALPN Protocol, expected `h2` to be available.\n' +
  'If this is a HTTP request: The server was not configured with the `allowHTTP1` option or a listener for the ' +
  '`unknownProtocol` event.\n';

// ---- Events of sessions ---------------------------------------------------------------------------------------------

function sessionOnStream(stream, headers, flags, rawHeaders) {
  this[kServer]?.emit('stream', stream, headers, flags, rawHeaders);
}

function sessionOnPriority(stream, parent, weight, exclusive) {
  this[kServer]?.emit('priority', stream, parent, weight, exclusive);
}

function sessionOnError(error) {
  this[kServer]?.emit('sessionError', error, this);
}

function sessionOnTimeout() {
  if (this.destroyed || this.closed) return;
  const server = this[kServer];
  if (!server.emit('timeout', this)) this.destroy();
}

/** A connection: a session of HTTP/2, or what else the client speaks. */
function connectionListener(socket) {
  const options = this[kOptions] ?? {};
  if (socket.alpnProtocol === false || socket.alpnProtocol === 'http/1.1') {
    if (options.allowHTTP1 === true) {
      http._connectionListener.call(this, socket);
      return;
    }
    if (!this.emit('unknownProtocol', socket)) {
      // Whoever does not close gets closed.
      const timer = setTimeout(() => { if (!socket.destroyed) socket.destroy(); }, options.unknownProtocolTimeout);
      timer.unref();
      socket.once('close', () => clearTimeout(timer));
      socket.end(kMissingProtocol);
    }
    return;
  }
  socket.on('error', socketOnError);
  socket.on('close', socketOnClose);
  const session = new ServerHttp2Session(options, socket, this);
  session.on('stream', sessionOnStream);
  session.on('error', sessionOnError);
  session.on('priority', sessionOnPriority);
  if (this.timeout) session.setTimeout(Number(this.timeout), sessionOnTimeout);
  socket[kServer] = this;
  this.emit('session', session);
}

// ---- Options --------------------------------------------------------------------------------------------------------

function initializeOptions(options) {
  assertIsObject(options, 'options');
  options = { ...options };
  assertIsObject(options.settings, 'options.settings');
  options.settings = { ...options.settings };
  assertIsArray(options.remoteCustomSettings, 'options.remoteCustomSettings');
  if (options.maxSessionInvalidFrames !== undefined) {
    validateUint32(options.maxSessionInvalidFrames, 'maxSessionInvalidFrames');
  }
  if (options.maxSessionRejectedStreams !== undefined) {
    validateUint32(options.maxSessionRejectedStreams, 'maxSessionRejectedStreams');
  }
  if (options.unknownProtocolTimeout !== undefined) {
    validateUint32(options.unknownProtocolTimeout, 'unknownProtocolTimeout');
  } else {
    options.unknownProtocolTimeout = 10000;
  }
  if (options.strictSingleValueFields !== undefined) {
    validateBoolean(options.strictSingleValueFields, 'options.strictSingleValueFields');
  }
  const http1 = options.http1Options ?? {};
  options.Http1IncomingMessage ??= http1.IncomingMessage ?? http.IncomingMessage;
  options.Http1ServerResponse ??= http1.ServerResponse ?? http.ServerResponse;
  options.Http2ServerRequest ??= Http2ServerRequest;
  options.Http2ServerResponse ??= Http2ServerResponse;
  return options;
}

/** Listening to `request` turns the compatible classes on. */
function setupCompat(event) {
  if (event !== 'request') return;
  this.removeListener('newListener', setupCompat);
  const options = this[kOptions];
  this.on('stream', (stream, headers, flags, rawHeaders) => {
    onServerStream.call(this, options.Http2ServerRequest, options.Http2ServerResponse, stream, headers, flags, rawHeaders);
  });
}

function closeAllSessions(server) {
  for (const session of server[kSessions]) session.close();
}

/** What both servers can do. */
const methods = {
  setTimeout(msecs, callback) {
    this.timeout = msecs;
    if (callback !== undefined) {
      validateFunction(callback, 'callback');
      this.on('timeout', callback);
    }
    return this;
  },

  updateSettings(settings) {
    assertIsObject(settings, 'settings');
    if (typeof settings !== 'object' || settings === null) validateObject(settings, 'settings');
    validateSettings(settings);
    this[kOptions].settings = { ...this[kOptions].settings, ...settings };
  },

  [EventEmitter.captureRejectionSymbol](err, event, ...args) {
    switch (event) {
      case 'stream': {
        const [stream] = args;
        if (stream.sentHeaders) {
          stream.destroy(err);
        } else {
          stream.respond({ ':status': 500 });
          stream.end();
        }
        break;
      }
      case 'request': {
        const [, res] = args;
        if (!res.headersSent && !res.finished) {
          // What the program wanted to say does not leak.
          for (const name of res.getHeaderNames()) res.removeHeader(name);
          res.statusCode = 500;
          res.end(http.STATUS_CODES[500]);
        } else {
          res.destroy();
        }
        break;
      }
      default:
        net.Server.prototype[EventEmitter.captureRejectionSymbol].call(this, err, event, ...args);
    }
  },
};

function addMethods(prototype) {
  for (const name of Reflect.ownKeys(methods)) {
    Object.defineProperty(prototype, name, {
      __proto__: null, configurable: true, enumerable: false, writable: true, value: methods[name],
    });
  }
}

// ---- The servers ----------------------------------------------------------------------------------------------------

class Http2Server extends net.Server {
  constructor(options, requestListener) {
    options = initializeOptions(options);
    super(options, connectionListener);
    this[kOptions] = options;
    this[kSessions] = new Set();
    this.timeout = 0;
    this.on('newListener', setupCompat);
    if (typeof requestListener === 'function') this.on('request', requestListener);
  }

  close(...args) {
    closeAllSessions(this);
    return super.close(...args);
  }

  async [Symbol.asyncDispose]() {
    return promisify(super.close).call(this);
  }
}
addMethods(Http2Server.prototype);

let secureServerClass;
/** Made when first used: TLS is heavy. */
function getSecureServer() {
  if (secureServerClass !== undefined) return secureServerClass;
  const tls = require('tls');
  class Http2SecureServer extends tls.Server {
    constructor(options, requestListener) {
      options = initializeTLSOptions(options);
      super(options, connectionListener);
      this[kOptions] = options;
      this[kSessions] = new Set();
      this.timeout = 0;
      this.on('newListener', setupCompat);
      if (options.allowHTTP1 === true) {
        const server = require('_http_server');
        server.storeHTTPOptions?.call(this, {
          ...options, ...options.http1Options, IncomingMessage: options.Http1IncomingMessage,
          ServerResponse: options.Http1ServerResponse,
        });
        this.headersTimeout = 60_000;
        this.requestTimeout = 300_000;
        this.on('listening', server.setupConnectionsTracking ?? (() => {}));
      }
      if (typeof requestListener === 'function') this.on('request', requestListener);
      this.on('tlsClientError', (err, conn) => {
        // Nobody else has seen this socket, so nobody could listen for its errors.
        if (!this.emit('clientError', err, conn)) conn.on('error', () => {}).destroy(err);
      });
    }

    close(...args) {
      const { httpServerPreClose } = require('_http_server');
      if (this[kOptions].allowHTTP1 === true) httpServerPreClose?.(this);
      const result = super.close(...args);
      closeAllSessions(this);
      return result;
    }

    closeIdleConnections() {
      if (this[kOptions].allowHTTP1 === true) http.Server.prototype.closeIdleConnections.call(this);
    }
  }
  addMethods(Http2SecureServer.prototype);
  secureServerClass = Http2SecureServer;
  return secureServerClass;
}

function initializeTLSOptions(options) {
  options = initializeOptions(options);
  // With a callback the program picks the protocol itself.
  if (typeof options.ALPNCallback !== 'function') {
    options.ALPNProtocols = options.allowHTTP1 === true ? ['h2', 'http/1.1'] : ['h2'];
  }
  return options;
}

function createServer(options, handler) {
  if (typeof options === 'function') {
    handler = options;
    options = {};
  }
  return new Http2Server(options, handler);
}

function createSecureServer(options, handler) {
  if (typeof options === 'function' || options === undefined) {
    if (options !== undefined) throw new ERR_INVALID_ARG_TYPE('options', 'Object', options);
    options = {};
  }
  assertIsObject(options, 'options');
  initializeOptions(options);
  return new (getSecureServer())(options, handler);
}

/** A server's session on a socket that exists already. */
function performServerHandshake(socket, options = {}) {
  options = initializeOptions(options);
  return new ServerHttp2Session(options, socket, undefined);
}

// ---- Settings as bytes ----------------------------------------------------------------------------------------------

function getPackedSettings(settings) {
  assertIsObject(settings, 'settings');
  validateSettings(settings);
  const list = settings === undefined ? [] : settingsToList(settings);
  const packed = Buffer.alloc(list.length * 3);
  for (let i = 0; i < list.length; i += 2) {
    packed.writeUInt16BE(list[i], i * 3);
    packed.writeUInt32BE(list[i + 1], i * 3 + 2);
  }
  return packed;
}

function getUnpackedSettings(buf, options = {}) {
  if (!isArrayBufferView(buf) || buf.length === undefined) throw new ERR_INVALID_ARG_TYPE('buf', ['Buffer', 'TypedArray'], buf);
  // Elements are bytes, whatever their type.
  if (buf.length % 6 !== 0) throw new ERR_HTTP2_INVALID_PACKED_SETTINGS_LENGTH();
  const view = new DataView(Uint8Array.from(buf).buffer);
  const entries = [];
  for (let offset = 0; offset < view.byteLength; offset += 6) {
    entries.push([view.getUint16(offset), view.getUint32(offset + 2)]);
  }
  const settings = listToSettings(entries);
  if (options != null && options.validate) validateSettings(settings);
  return settings;
}

module.exports = {
  createSecureServer,
  createServer,
  getDefaultSettings,
  getPackedSettings,
  getUnpackedSettings,
  performServerHandshake,
};
