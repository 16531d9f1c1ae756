'use strict';
// ClientRequest

const net = require('net');
const { Buffer } = require('buffer');
const {
  _checkIsHttpToken: checkIsHttpToken, freeParser, parsers, HTTPParser, calculateLenientFlags, prepareError,
} = require('_http_common');
const {
  kUniqueHeaders, parseUniqueHeadersOption, OutgoingMessage,
} = require('_http_outgoing');
const agents = require('_http_agent');
const { kOutHeaders, kNeedDrain } = require('internal/http');
const {
  ConnResetException,
  codes: {
    ERR_HTTP_HEADERS_SENT, ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_INVALID_HTTP_TOKEN,
    ERR_INVALID_PROTOCOL, ERR_UNESCAPED_CHARACTERS,
  },
} = require('internal/errors');
const { beginSpan, endSpan } = require('internal/perf/spans');
const { validateBoolean, validateInteger, validateOneOf } = require('internal/validators');
const { getTimerDuration } = require('internal/timers');
const { addAbortSignal } = require('stream');
const { isURL, urlToHttpOptions } = require('internal/url');

const kError = Symbol('kError');
const kPath = Symbol('kPath');

// https://www.rfc-editor.org/rfc/rfc9112#section-3.2: nothing that could end the request line.
const invalidPath = /[^\u0021-\u00ff]/;

function validateHost(host, name) {
  if (host !== null && host !== undefined && typeof host !== 'string') {
    throw new ERR_INVALID_ARG_TYPE(`options.${name}`, ['string', 'undefined', 'null'], host);
  }
  return host;
}

/** What async hooks see as the resource of a response. */
class HTTPClientAsyncResource {
  constructor(type, req) {
    this.type = type;
    this.req = req;
  }
}

let channels;
/** The diagnostics channels of requests. */
function clientChannels() {
  if (channels === undefined) {
    const { channel } = require('diagnostics_channel');
    channels = {
      created: channel('http.client.request.created'),
      started: channel('http.client.request.start'),
      failed: channel('http.client.request.error'),
      finish: channel('http.client.response.finish'),
    };
  }
  return channels;
}

function ClientRequest(input, options, cb) {
  OutgoingMessage.call(this);

  if (typeof input === 'string') {
    input = urlToHttpOptions(new URL(input));
  } else if (isURL(input)) {
    input = urlToHttpOptions(input);
  } else {
    cb = options;
    options = input;
    input = null;
  }
  if (typeof options === 'function') {
    cb = options;
    options = input || {};
  } else {
    options = { ...input, ...options };
  }

  let { agent } = options;
  const defaultAgent = options._defaultAgent || agents.globalAgent;
  if (agent === false) {
    agent = new defaultAgent.constructor();
  } else if (agent === null || agent === undefined) {
    if (typeof options.createConnection !== 'function') agent = defaultAgent;
    // Without an agent, createConnection makes the one socket.
  } else if (typeof agent.addRequest !== 'function') {
    throw new ERR_INVALID_ARG_TYPE('options.agent', ['Agent-like Object', 'undefined', 'false'], agent);
  }
  this.agent = agent;

  const protocol = options.protocol || defaultAgent.protocol;
  let expectedProtocol = defaultAgent.protocol;
  if (this.agent?.protocol) expectedProtocol = this.agent.protocol;

  if (options.path) {
    const path = String(options.path);
    if (invalidPath.test(path)) throw new ERR_UNESCAPED_CHARACTERS('Request path');
  }
  if (protocol !== expectedProtocol) throw new ERR_INVALID_PROTOCOL(protocol, expectedProtocol);

  const defaultPort = options.defaultPort || this.agent?.defaultPort;
  const port = options.port = options.port || defaultPort || 80;
  const host = options.host = validateHost(options.hostname, 'hostname') ||
    validateHost(options.host, 'host') || 'localhost';
  const withoutDefaults = options.setDefaultHeaders === false;
  const setHost = options.setHost !== undefined ? Boolean(options.setHost) : !withoutDefaults;
  if (options.setHost !== undefined) validateBoolean(options.setHost, 'options.setHost');

  if (options.setDefaultHeaders !== undefined) validateBoolean(options.setDefaultHeaders, 'options.setDefaultHeaders');
  this._removedConnection = withoutDefaults;
  this._removedContLen = withoutDefaults;
  this._removedTE = withoutDefaults;
  this.socketPath = options.socketPath;
  if (options.timeout !== undefined) this.timeout = getTimerDuration(options.timeout, 'timeout');
  if (options.signal) addAbortSignal(options.signal, this);

  let { method } = options;
  if (method !== null && method !== undefined && typeof method !== 'string') {
    throw new ERR_INVALID_ARG_TYPE('options.method', 'string', method);
  }
  if (method) {
    if (!checkIsHttpToken(method)) throw new ERR_INVALID_HTTP_TOKEN('Method', method);
    method = this.method = method.toUpperCase();
  } else {
    method = this.method = 'GET';
  }

  const { maxHeaderSize, insecureHTTPParser, httpValidation } = options;
  if (maxHeaderSize !== undefined) validateInteger(maxHeaderSize, 'maxHeaderSize', 0);
  this.maxHeaderSize = maxHeaderSize;
  if (insecureHTTPParser !== undefined) validateBoolean(insecureHTTPParser, 'options.insecureHTTPParser');
  this.insecureHTTPParser = insecureHTTPParser;
  if (httpValidation !== undefined) {
    validateOneOf(httpValidation, 'options.httpValidation', ['strict', 'relaxed', 'insecure']);
    if (insecureHTTPParser !== undefined) {
      throw new ERR_INVALID_ARG_VALUE('options.httpValidation', httpValidation,
                                      'cannot be combined with options.insecureHTTPParser');
    }
  }
  this.httpValidation = httpValidation;
  if (options.joinDuplicateHeaders !== undefined) {
    validateBoolean(options.joinDuplicateHeaders, 'options.joinDuplicateHeaders');
  }
  this.joinDuplicateHeaders = options.joinDuplicateHeaders;

  this[kPath] = options.path || '/';
  if (cb) this.once('response', cb);

  this.useChunkedEncodingByDefault = !(method === 'GET' || method === 'HEAD' || method === 'DELETE' ||
    method === 'OPTIONS' || method === 'TRACE' || method === 'CONNECT');
  this._ended = false;
  this.res = null;
  this.aborted = false;
  this.timeoutCb = null;
  this.upgradeOrConnect = false;
  this.parser = null;
  this.maxHeadersCount = null;
  this.reusedSocket = false;
  this.host = host;
  this.protocol = protocol;

  if (this.agent) {
    // Without a limit, a connection kept alive would wait for nothing unless the agent asks for it.
    if (!this.agent.keepAlive && !Number.isFinite(this.agent.maxSockets)) {
      this._last = true;
      this.shouldKeepAlive = false;
    } else {
      this._last = false;
      this.shouldKeepAlive = true;
    }
  }

  const headersArray = Array.isArray(options.headers);
  if (!headersArray) {
    if (options.headers) {
      for (const key of Object.keys(options.headers)) this.setHeader(key, options.headers[key]);
    }
    if (host && !this.getHeader('host') && setHost) {
      let hostHeader = host;
      // RFC 3986, section 3.2.2: IPv6 addresses in brackets.
      const colon = hostHeader.indexOf(':');
      if (colon !== -1 && hostHeader.includes(':', colon + 1) && hostHeader.charCodeAt(0) !== 0x5B) {
        hostHeader = `[${hostHeader}]`;
      }
      if (port && +port !== defaultPort) hostHeader += `:${port}`;
      this.setHeader('Host', hostHeader);
    }
    if (options.auth && !this.getHeader('Authorization')) {
      this.setHeader('Authorization', `Basic ${Buffer.from(options.auth).toString('base64')}`);
    }
    if (this.getHeader('expect')) {
      if (this._header) throw new ERR_HTTP_HEADERS_SENT('render');
      this._storeHeader(`${this.method} ${this.path} HTTP/1.1\r\n`, this[kOutHeaders]);
    }
  } else {
    this._storeHeader(`${this.method} ${this.path} HTTP/1.1\r\n`, options.headers);
  }
  this[kUniqueHeaders] = parseUniqueHeadersOption(options.uniqueHeaders);

  const { created } = clientChannels();
  if (created.hasSubscribers) created.publish({ request: this });

  // The signal is the request's; the socket may outlive it.
  let socketOptions = options;
  if (options.signal) {
    socketOptions = { ...options };
    delete socketOptions.signal;
  }
  // Without an agent the socket is the request's own.
  if (this.agent) {
    this.agent.addRequest(this, socketOptions);
  } else {
    this._last = true;
    this.shouldKeepAlive = false;
    let opts = socketOptions;
    if (opts.path || opts.socketPath) {
      opts = { ...socketOptions };
      if (opts.socketPath) opts.path = opts.socketPath;
      else opts.path = undefined;
    }
    if (typeof opts.createConnection === 'function') {
      let called = false;
      const oncreate = (err, socket) => {
        if (called) return;
        called = true;
        if (err) process.nextTick(() => emitErrorEvent(this, err));
        else this.onSocket(socket);
      };
      try {
        const socket = opts.createConnection(opts, oncreate);
        if (socket) oncreate(null, socket);
      } catch (err) {
        oncreate(err);
      }
    } else {
      this.onSocket(net.createConnection(opts));
    }
  }
}
Object.setPrototypeOf(ClientRequest.prototype, OutgoingMessage.prototype);
Object.setPrototypeOf(ClientRequest, OutgoingMessage);

Object.defineProperty(ClientRequest.prototype, 'path', {
  __proto__: null,
  configurable: true,
  enumerable: true,
  get() { return this[kPath]; },
  set(value) {
    const path = String(value);
    if (invalidPath.test(path)) throw new ERR_UNESCAPED_CHARACTERS('Request path');
    this[kPath] = path;
  },
});

ClientRequest.prototype._finish = function _finish() {
  OutgoingMessage.prototype._finish.call(this);
  const { started } = clientChannels();
  if (started.hasSubscribers) started.publish({ request: this });
  beginSpan(this, 'http', 'HttpClient', () => ({
    req: { method: this.method, url: `${this.protocol}//${this.host}${this.path}`, headers: this.getHeaders() },
  }));
};

ClientRequest.prototype._implicitHeader = function _implicitHeader() {
  if (this._header) throw new ERR_HTTP_HEADERS_SENT('render');
  this._storeHeader(`${this.method} ${this.path} HTTP/1.1\r\n`, this[kOutHeaders]);
};

ClientRequest.prototype.abort = function abort() {
  if (this.aborted) return;
  this.aborted = true;
  process.nextTick(emitAbortNT, this);
  this.destroy();
};

function emitAbortNT(req) {
  req.emit('abort');
}

ClientRequest.prototype.destroy = function destroy(err) {
  if (this.destroyed) return this;
  this.destroyed = true;
  // What is left of the response is of no interest.
  if (this.res) this.res._dump();
  this[kError] = err;
  this.socket?.destroy(err);
  return this;
};

function emitErrorEvent(req, err) {
  const { failed } = clientChannels();
  if (failed.hasSubscribers) failed.publish({ request: req, error: err });
  req.emit('error', err);
}

ClientRequest.prototype.onSocket = function onSocket(socket, err) {
  process.nextTick(onSocketNT, this, socket, err);
};

function onSocketNT(req, socket, err) {
  if (req.destroyed || err) {
    let reason = req[kError] ?? err;
    if (!reason && !req.aborted && !req.res?.complete) reason = new ConnResetException('socket hang up');
    if (socket) {
      if (!req.agent || socket.connecting || !socket.writable) {
        socket.on('error', () => {});
        socket.destroy(reason);
      } else {
        socket.emit('free');
      }
    }
    if (reason) emitErrorEvent(req, reason);
    if (!req._closed) {
      req._closed = true;
      req.emit('close');
    }
    return;
  }
  tickOnSocket(req, socket);
  req._flush();
}

function tickOnSocket(req, socket) {
  const parser = parsers.alloc();
  req.socket = socket;
  parser.initialize(HTTPParser.RESPONSE, new HTTPClientAsyncResource('HTTPINCOMINGMESSAGE', req),
                    req.maxHeaderSize || 0, calculateLenientFlags(req.httpValidation, req.insecureHTTPParser));
  parser.socket = socket;
  parser.outgoing = req;
  req.parser = parser;
  socket.parser = parser;
  socket._httpMessage = req;

  if (typeof req.maxHeadersCount === 'number') parser.maxHeaderPairs = req.maxHeadersCount << 1;
  parser.joinDuplicateHeaders = req.joinDuplicateHeaders;
  parser.onIncoming = parserOnIncomingClient;
  socket.on('error', socketErrorListener);
  socket.on('data', socketOnData);
  socket.on('end', socketOnEnd);
  socket.on('close', socketCloseListener);
  socket.on('drain', ondrain);

  if (req.timeout !== undefined || req.agent?.options?.timeout) listenSocketTimeout(req);
  req.emit('socket', socket);
}

function ondrain() {
  const msg = this._httpMessage;
  if (msg && !msg.finished && msg[kNeedDrain]) {
    msg[kNeedDrain] = false;
    msg.emit('drain');
  }
}

function socketCloseListener() {
  const { parser, _httpMessage: req } = this;
  if (parser) parser.finish();
  req.destroyed = true;
  const { res } = req;
  if (res) {
    // The response was not complete: it fails.
    if (!res.complete) res.destroy(new ConnResetException('aborted'));
    req._closed = true;
    req.emit('close');
    if (!res.aborted && res.readable) res.push(null);
  } else {
    if (!req.socket._hadError) {
      // No response, and no error that says why.
      req.socket._hadError = true;
      emitErrorEvent(req, req[kError] ?? new ConnResetException('socket hang up'));
    }
    req._closed = true;
    req.emit('close');
  }
  // What the request could not send goes nowhere.
  if (req.outputData) req.outputData = [];
  if (parser) {
    freeParser(parser, req, this);
  }
}

function socketErrorListener(err) {
  const req = this._httpMessage;
  if (req) {
    // The socket tells of the error once; 'close' need not.
    req.socket._hadError = true;
    emitErrorEvent(req, err);
  }
  const { parser } = this;
  if (parser) {
    parser.finish();
    freeParser(parser, req, this);
  }
  // No more data: the parser is gone.
  this.removeListener('data', socketOnData);
  this.removeListener('end', socketOnEnd);
  this.destroy();
}

function socketOnEnd() {
  const req = this._httpMessage;
  const { parser } = this;
  if (!req.res && !req.socket._hadError) {
    req.socket._hadError = true;
    emitErrorEvent(req, new ConnResetException('socket hang up'));
  }
  if (parser) {
    parser.finish();
    freeParser(parser, req, this);
  }
  this.destroy();
}

function socketOnData(d) {
  const req = this._httpMessage;
  const { parser } = this;
  const ret = parser.execute(d);
  if (ret instanceof Error) {
    prepareError(ret, parser, d);
    freeParser(parser, req, this);
    this.removeListener('data', socketOnData);
    this.removeListener('end', socketOnEnd);
    this.destroy();
    req.socket._hadError = true;
    emitErrorEvent(req, ret);
    return;
  }

  if (parser.incoming?.upgrade) {
    // Upgrade, if status code 101, or a CONNECT that succeeded.
    const bytesParsed = ret;
    const { incoming: res } = parser;
    req.res = res;
    this.removeListener('data', socketOnData);
    this.removeListener('end', socketOnEnd);
    this.removeListener('drain', ondrain);
    if (req.timeoutCb) this.removeListener('timeout', req.timeoutCb);
    this.removeListener('timeout', responseOnTimeout);
    this._httpMessage = null;
    this.readableFlowing = null;
    parser.finish();
    freeParser(parser, req, this);

    const bodyHead = d.slice(bytesParsed, d.length);
    const eventName = req.method === 'CONNECT' ? 'connect' : 'upgrade';
    if (req.listenerCount(eventName) > 0) {
      req.upgradeOrConnect = true;
      // The socket leaves the agent.
      this.emit('agentRemove');
      this.removeListener('close', socketCloseListener);
      this.removeListener('error', socketErrorListener);
      req.emit(eventName, res, this, bodyHead);
      req.destroyed = true;
      req._closed = true;
      req.emit('close');
    } else {
      this._httpMessage = req;
      this.destroy();
    }
  } else if (parser.incoming?.complete && !statusIsInformational(parser.incoming.statusCode)) {
    // Nothing may follow a complete response.
    this.removeListener('data', socketOnData);
    this.removeListener('end', socketOnEnd);
    this.removeListener('drain', ondrain);
    freeParser(parser, req, this);
  }
}

function statusIsInformational(status) {
  // 101 ends the HTTP conversation.
  return status < 200 && status >= 100 && status !== 101;
}

/** parser.onIncoming of the client: 1 says that the response has no body, 2 that the protocol changes. */
function parserOnIncomingClient(res, shouldKeepAlive) {
  const { socket } = this;
  const req = socket._httpMessage;
  if (req.res) {
    // A second response to one request.
    socket.destroy();
    return 0;
  }
  req.res = res;
  endSpan(req, () => ({ res: { statusCode: res.statusCode, statusMessage: res.statusMessage, headers: res.headers } }));

  if (res.upgrade) return 2;
  if (req.method === 'CONNECT') {
    res.upgrade = true;
    return 2;
  }

  if (statusIsInformational(res.statusCode)) {
    req.res = null;
    if (res.statusCode === 100) req.emit('continue');
    req.emit('information', {
      statusCode: res.statusCode,
      statusMessage: res.statusMessage,
      httpVersion: res.httpVersion,
      httpVersionMajor: res.httpVersionMajor,
      httpVersionMinor: res.httpVersionMinor,
      headers: res.headers,
      rawHeaders: res.rawHeaders,
    });
    return 1;
  }

  if (req.shouldKeepAlive && !shouldKeepAlive && !req.upgradeOrConnect) {
    // The server will close.
    req.shouldKeepAlive = false;
  }
  req.res = res;
  res.req = req;

  // The request is answered: whatever fails now is the response's.
  res.on('end', responseOnEnd);
  req.on('finish', requestOnFinish);
  socket.on('timeout', responseOnTimeout);
  socket.on('drain', ondrain);
  finishedChannel(req, res);

  if (req.aborted || !req.emit('response', res)) {
    // Nobody wants it.
    res._dump();
  }
  // RFC 9110: no body in the answer to HEAD.
  if (req.method === 'HEAD') return 1;
  if (res.statusCode === 304) {
    // Its Content-Length is that of the body it would have had.
    res.complete = true;
    return 1;
  }
  return 0;
}

function finishedChannel(request, response) {
  const { finish } = clientChannels();
  if (finish.hasSubscribers) finish.publish({ request, response });
}

/** Both the request and the response are through: the socket is free. */
function responseKeepAlive(req) {
  if (req.timeoutCb) {
    req.socket.setTimeout(0, req.timeoutCb);
    req.timeoutCb = null;
  }
  req.socket.removeListener('close', socketCloseListener);
  req.socket.removeListener('error', socketErrorListener);
  req.socket.removeListener('data', socketOnData);
  req.socket.removeListener('end', socketOnEnd);
  req.socket.removeListener('drain', ondrain);
  req.socket.removeListener('timeout', responseOnTimeout);

  // In the next tick, after the 'end' listeners of the user.
  process.nextTick(emitFreeNT, req);
  req.destroyed = true;
  // The socket is free: destroying the response leaves it alone.
  if (req.res) req.res.socket = null;
}

function emitFreeNT(req) {
  req._closed = true;
  req.emit('close');
  if (req.socket) req.socket.emit('free');
}

function responseOnEnd() {
  const { req } = this;
  const { socket } = req;
  if (socket) {
    if (req.timeoutCb) socket.removeListener('timeout', emitRequestTimeout);
    socket.removeListener('timeout', responseOnTimeout);
  }
  req._ended = true;

  if (!req.shouldKeepAlive) {
    if (socket.writable) {
      if (typeof socket.destroySoon === 'function') socket.destroySoon();
      else socket.end();
    }
  } else if (req.writableFinished && !this.aborted) {
    responseKeepAlive(req);
  }
}

function requestOnFinish() {
  if (this.shouldKeepAlive && this._ended) responseKeepAlive(this);
}

function responseOnTimeout() {
  const req = this._httpMessage;
  if (!req) return;
  const { res } = req;
  if (!res) return;
  res.emit('timeout');
}

// ---- timeouts and delayed calls ------------------------------------------------------------------

ClientRequest.prototype._deferToConnect = function _deferToConnect(method, arguments_) {
  const callSocketMethod = () => {
    if (method) Reflect.apply(this.socket[method], this.socket, arguments_);
  };
  const onSocket = () => {
    if (this.socket.writable) callSocketMethod();
    else this.socket.once('connect', callSocketMethod);
  };
  if (!this.socket) this.once('socket', onSocket);
  else onSocket();
};

function emitRequestTimeout() {
  const req = this._httpMessage;
  if (req) req.emit('timeout');
}

function listenSocketTimeout(req) {
  if (req.timeoutCb) return;
  // One listener however often setTimeout() is called.
  req.timeoutCb = emitRequestTimeout;
  if (req.socket) req.socket.once('timeout', emitRequestTimeout);
  else req.on('socket', (socket) => socket.once('timeout', emitRequestTimeout));
}

ClientRequest.prototype.setTimeout = function setTimeout(msecs, callback) {
  if (this._ended) return this;
  listenSocketTimeout(this);
  msecs = getTimerDuration(msecs, 'msecs');
  if (callback) this.once('timeout', callback);

  if (this.socket) {
    setSocketTimeout(this.socket, msecs);
  } else {
    this.once('socket', (socket) => setSocketTimeout(socket, msecs));
  }
  return this;
};

function setSocketTimeout(socket, msecs) {
  // Connecting takes its own time.
  if (socket.connecting) socket.once('connect', () => socket.setTimeout(msecs));
  else socket.setTimeout(msecs);
}

ClientRequest.prototype.setNoDelay = function setNoDelay(noDelay) {
  this._deferToConnect('setNoDelay', [noDelay]);
};

ClientRequest.prototype.setSocketKeepAlive = function setSocketKeepAlive(enable, initialDelay) {
  this._deferToConnect('setKeepAlive', [enable, initialDelay]);
};

ClientRequest.prototype.clearTimeout = function clearTimeout(cb) {
  this.setTimeout(0, cb);
};

module.exports = { ClientRequest };
