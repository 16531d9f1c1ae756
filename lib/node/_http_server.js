'use strict';
// The http server.
//
// One ConnectionState per connection serves all its requests; parser callbacks, socket listeners and timers are
// shared functions that find it through the socket, so that a request makes only its two message objects.
//
// Binding contract: internalBinding('http_parser').ConnectionsList: new ConnectionsList(), all(), idle(), active(),
//   expired(headersTimeoutMs, requestTimeoutMs) -> HTTPParser[]; internalBinding('timers').getLibuvNow() -> ms.

const net = require('net');
const EE = require('events');
const { Buffer } = require('buffer');
const { Duplex } = require('stream');
const {
  parsers, freeParser, continueExpression, chunkExpression, kIncomingMessage, HTTPParser, calculateLenientFlags,
  _checkInvalidHeaderChar: checkInvalidHeaderChar, prepareError,
} = require('_http_common');
const { ConnectionsList } = internalBinding('http_parser');
const timersBinding = internalBinding('timers');
const {
  kUniqueHeaders, kAfterFinish, kScheduleFinish, onFinish, setSocket, parseUniqueHeadersOption, OutgoingMessage,
  validateHeaderName, validateHeaderValue,
} = require('_http_outgoing');
const { kOutHeaders, kNeedDrain } = require('internal/http');
const { IncomingMessage, kHeadersCount, kFields, kFinishQuietly } = require('_http_incoming');
const { kTimeout, setUnrefTimeout } = require('internal/timers');
const {
  ConnResetException,
  codes: {
    ERR_HTTP_HEADERS_SENT, ERR_HTTP_INVALID_STATUS_CODE, ERR_HTTP_REQUEST_TIMEOUT, ERR_HTTP_SOCKET_ASSIGNED,
    ERR_HTTP_SOCKET_ENCODING, ERR_INVALID_ARG_VALUE, ERR_INVALID_CHAR, ERR_OUT_OF_RANGE,
  },
} = require('internal/errors');
const { watch, beginSpan, endSpan } = require('internal/perf/spans');
const { kEmptyObject } = require('internal/util');
const {
  validateBoolean, validateFunction, validateInteger, validateLinkHeaderValue, validateObject, validateOneOf,
} = require('internal/validators');

const kServerResponse = Symbol('ServerResponse');
const kConnections = Symbol('http.server.connections');
const kConnectionsCheckingInterval = Symbol('http.server.connectionsCheckingInterval');
const kOptimizeEmptyRequests = Symbol('OptimizeEmptyRequestsOption');
const kState = Symbol('kConnectionState');
const kUpgradeStream = Symbol('kUpgradeStream');
const kIdleList = Symbol('kIdleList');

const { kFieldHost, kFieldExpect } = HTTPParser;
const kOnExecute = HTTPParser.kOnExecute | 0;
const kOnTimeout = HTTPParser.kOnTimeout | 0;

const noop = () => {};

const STATUS_CODES = {
  100: 'Continue', 101: 'Switching Protocols', 102: 'Processing', 103: 'Early Hints', 200: 'OK', 201: 'Created',
  202: 'Accepted', 203: 'Non-Authoritative Information', 204: 'No Content', 205: 'Reset Content',
  206: 'Partial Content', 207: 'Multi-Status', 208: 'Already Reported', 226: 'IM Used', 300: 'Multiple Choices',
  301: 'Moved Permanently', 302: 'Found', 303: 'See Other', 304: 'Not Modified', 305: 'Use Proxy',
  307: 'Temporary Redirect', 308: 'Permanent Redirect', 400: 'Bad Request', 401: 'Unauthorized',
  402: 'Payment Required', 403: 'Forbidden', 404: 'Not Found', 405: 'Method Not Allowed', 406: 'Not Acceptable',
  407: 'Proxy Authentication Required', 408: 'Request Timeout', 409: 'Conflict', 410: 'Gone',
  411: 'Length Required', 412: 'Precondition Failed', 413: 'Payload Too Large', 414: 'URI Too Long',
  415: 'Unsupported Media Type', 416: 'Range Not Satisfiable', 417: 'Expectation Failed', 418: 'I\'m a Teapot',
  421: 'Misdirected Request', 422: 'Unprocessable Entity', 423: 'Locked', 424: 'Failed Dependency',
  425: 'Too Early', 426: 'Upgrade Required', 428: 'Precondition Required', 429: 'Too Many Requests',
  431: 'Request Header Fields Too Large', 451: 'Unavailable For Legal Reasons', 500: 'Internal Server Error',
  501: 'Not Implemented', 502: 'Bad Gateway', 503: 'Service Unavailable', 504: 'Gateway Timeout',
  505: 'HTTP Version Not Supported', 506: 'Variant Also Negotiates', 507: 'Insufficient Storage',
  508: 'Loop Detected', 509: 'Bandwidth Limit Exceeded', 510: 'Not Extended',
  511: 'Network Authentication Required',
};

let lastStatusCode = 0;
let lastStatusMessage = '';
let lastStatusLine = '';

/** The status line; nearly always the same as the one before. */
function statusLine(statusCode, statusMessage) {
  if (statusCode !== lastStatusCode || statusMessage !== lastStatusMessage) {
    lastStatusLine = `HTTP/1.1 ${statusCode} ${statusMessage}\r\n`;
    lastStatusCode = statusCode;
    lastStatusMessage = statusMessage;
  }
  return lastStatusLine;
}

// ---- ServerResponse ------------------------------------------------------------------------------

function ServerResponse(req, options) {
  OutgoingMessage.call(this, options);
  this.req = req;
  this.sendDate = true;
  this._sent100 = false;
  this._expect_continue = false;
  this._maxRequestsPerSocket = 0;
  this[kState] = null;
  if (req.method === 'HEAD') this._hasBody = false;
  if (req.httpVersionMajor < 1 || req.httpVersionMinor < 1) {
    this.useChunkedEncodingByDefault = chunkExpression.test(req.headers.te);
    this.shouldKeepAlive = false;
  }
  if (watch.observed) {
    beginSpan(this, 'http', 'HttpRequest', () => ({ req: { method: req.method, url: req.url, headers: req.headers } }));
  }
}
Object.setPrototypeOf(ServerResponse.prototype, OutgoingMessage.prototype);
Object.setPrototypeOf(ServerResponse, OutgoingMessage);

ServerResponse.prototype._finish = function _finish() {
  if (watch.used) {
    endSpan(this, () => ({
      res: { statusCode: this.statusCode, statusMessage: this.statusMessage, headers: this.getHeaders() },
    }));
  }
  if (this._events.prefinish !== undefined) this.emit('prefinish');
};

ServerResponse.prototype.statusCode = 200;
ServerResponse.prototype.statusMessage = undefined;

function onServerResponseClose() {
  if (this._httpMessage) emitCloseNT(this._httpMessage);
}

ServerResponse.prototype.assignSocket = function assignSocket(socket) {
  if (socket._httpMessage) throw new ERR_HTTP_SOCKET_ASSIGNED();
  socket._httpMessage = this;
  // The sockets of a server have one 'close' listener for all their responses.
  if (this[kState] === null) socket.on('close', onServerResponseClose);
  setSocket(this, socket);
  if (this._events.socket !== undefined) this.emit('socket', socket);
  if (this.outputData.length !== 0 || this.finished || this[kNeedDrain]) this._flush();
};

ServerResponse.prototype.detachSocket = function detachSocket(socket) {
  if (this[kState] === null) socket.removeListener('close', onServerResponseClose);
  socket._httpMessage = null;
  setSocket(this, null);
};

ServerResponse.prototype.writeInformation = function writeInformation(statusCode, headers, cb) {
  if (this._header) throw new ERR_HTTP_HEADERS_SENT('write');
  validateInteger(statusCode, 'statusCode', 100, 199);
  if (statusCode === 101) throw new ERR_HTTP_INVALID_STATUS_CODE(statusCode);

  let head = `HTTP/1.1 ${statusCode} ${STATUS_CODES[statusCode] || 'unknown'}\r\n`;
  const lenient = this._isLenientHeaderValidation();
  const add = (name, value) => {
    validateHeaderName(name);
    validateHeaderValue(name, value, lenient);
    head += `${name}: ${value}\r\n`;
  };
  if (headers != null) {
    if (Array.isArray(headers)) {
      if (headers.length && Array.isArray(headers[0])) {
        for (const entry of headers) add(entry[0], entry[1]);
      } else {
        if (headers.length % 2 !== 0) throw new ERR_INVALID_ARG_VALUE('headers', headers);
        for (let i = 0; i < headers.length; i += 2) add(headers[i], headers[i + 1]);
      }
    } else {
      validateObject(headers, 'headers');
      for (const key of Object.keys(headers)) add(key, headers[key]);
    }
  }
  return this._writeRaw(`${head}\r\n`, 'ascii', cb);
};

ServerResponse.prototype.writeContinue = function writeContinue(cb) {
  this.writeInformation(100, null, cb);
  this._sent100 = true;
};

ServerResponse.prototype.writeProcessing = function writeProcessing(cb) {
  this.writeInformation(102, null, cb);
};

ServerResponse.prototype.writeEarlyHints = function writeEarlyHints(hints, cb) {
  validateObject(hints, 'hints');
  if (hints.link == null) return;
  const link = validateLinkHeaderValue(hints.link);
  if (link.length === 0) return;
  if (checkInvalidHeaderChar(link)) throw new ERR_INVALID_CHAR('header content', 'Link');

  const headers = { __proto__: null, Link: link };
  for (const key of Object.keys(hints)) if (key !== 'link') headers[key] = hints[key];
  this.writeInformation(103, headers, cb);
};

ServerResponse.prototype._implicitHeader = function _implicitHeader() {
  this.writeHead(this.statusCode);
};

ServerResponse.prototype.writeHead = function writeHead(statusCode, reason, obj) {
  if (this._header) throw new ERR_HTTP_HEADERS_SENT('write');
  const originalStatusCode = statusCode;
  statusCode |= 0;
  if (statusCode < 100 || statusCode > 999) throw new ERR_HTTP_INVALID_STATUS_CODE(originalStatusCode);

  if (typeof reason === 'string') {
    this.statusMessage = reason;
  } else {
    if (this.statusMessage === undefined) this.statusMessage = STATUS_CODES[statusCode] || 'unknown';
    obj ??= reason;
  }
  this.statusCode = statusCode;

  let headers;
  if (this[kOutHeaders] !== null) {
    // Both ways of setting headers were used: those given here win.
    if (Array.isArray(obj)) {
      if (obj.length && Array.isArray(obj[0])) {
        obj = obj.flat();
      } else if (obj.length % 2 !== 0) {
        throw new ERR_INVALID_ARG_VALUE('headers', obj);
      }
      for (let n = 0; n < obj.length; n += 2) this.removeHeader(`${obj[n]}`);
      for (let n = 0; n < obj.length; n += 2) if (obj[n]) this.appendHeader(obj[n], obj[n + 1]);
    } else if (obj) {
      for (const key of Object.keys(obj)) if (key) this.setHeader(key, obj[key]);
    }
    headers = this[kOutHeaders];
  } else {
    headers = obj;
  }

  if (this.statusMessage !== STATUS_CODES[statusCode] && checkInvalidHeaderChar(this.statusMessage)) {
    throw new ERR_INVALID_CHAR('statusMessage');
  }

  // RFC 9110: no content in these.
  if (statusCode === 204 || statusCode === 304 || statusCode < 200) this._hasBody = false;
  // The client waits for 100 and will not send the body any more.
  if (this._expect_continue && !this._sent100) this.shouldKeepAlive = false;

  this._storeHeader(statusLine(statusCode, this.statusMessage), headers);
  return this;
};
ServerResponse.prototype.writeHeader = ServerResponse.prototype.writeHead;

// ---- options -------------------------------------------------------------------------------------

function storeHTTPOptions(options) {
  this[kIncomingMessage] = options.IncomingMessage || IncomingMessage;
  this[kServerResponse] = options.ServerResponse || ServerResponse;

  const { maxHeaderSize, insecureHTTPParser, httpValidation, requestTimeout, headersTimeout } = options;
  if (maxHeaderSize !== undefined) validateInteger(maxHeaderSize, 'maxHeaderSize', 0);
  this.maxHeaderSize = maxHeaderSize;
  if (insecureHTTPParser !== undefined) validateBoolean(insecureHTTPParser, 'options.insecureHTTPParser');
  if (httpValidation !== undefined) {
    validateOneOf(httpValidation, 'options.httpValidation', ['strict', 'relaxed', 'insecure']);
    if (insecureHTTPParser !== undefined) {
      throw new ERR_INVALID_ARG_VALUE('options.httpValidation', httpValidation,
                                      'cannot be combined with options.insecureHTTPParser');
    }
  }
  this.insecureHTTPParser = insecureHTTPParser;
  this.httpValidation = httpValidation;

  if (requestTimeout !== undefined) validateInteger(requestTimeout, 'requestTimeout', 0);
  this.requestTimeout = requestTimeout ?? 300_000;
  if (headersTimeout !== undefined) validateInteger(headersTimeout, 'headersTimeout', 0);
  this.headersTimeout = headersTimeout ?? Math.min(60_000, this.requestTimeout);
  if (this.requestTimeout > 0 && this.headersTimeout > 0 && this.headersTimeout > this.requestTimeout) {
    throw new ERR_OUT_OF_RANGE('headersTimeout', '<= requestTimeout', headersTimeout);
  }

  for (const [name, fallback] of [
    ['keepAliveTimeout', 5000],
    ['keepAliveTimeoutBuffer', 1000],
    ['connectionsCheckingInterval', 30_000],
  ]) {
    if (options[name] !== undefined) validateInteger(options[name], name, 0);
    this[name] = options[name] ?? fallback;
  }

  const { requireHostHeader, joinDuplicateHeaders, rejectNonStandardBodyWrites, optimizeEmptyRequests,
          shouldUpgradeCallback } = options;
  if (requireHostHeader !== undefined) validateBoolean(requireHostHeader, 'options.requireHostHeader');
  this.requireHostHeader = requireHostHeader ?? true;
  if (joinDuplicateHeaders !== undefined) validateBoolean(joinDuplicateHeaders, 'options.joinDuplicateHeaders');
  this.joinDuplicateHeaders = joinDuplicateHeaders;
  if (rejectNonStandardBodyWrites !== undefined) {
    validateBoolean(rejectNonStandardBodyWrites, 'options.rejectNonStandardBodyWrites');
  }
  this.rejectNonStandardBodyWrites = rejectNonStandardBodyWrites ?? false;
  if (optimizeEmptyRequests !== undefined) validateBoolean(optimizeEmptyRequests, 'options.optimizeEmptyRequests');
  this[kOptimizeEmptyRequests] = optimizeEmptyRequests ?? false;
  if (shouldUpgradeCallback !== undefined) {
    validateFunction(shouldUpgradeCallback, 'options.shouldUpgradeCallback');
    this.shouldUpgradeCallback = shouldUpgradeCallback;
  } else {
    this.shouldUpgradeCallback = function() {
      return this.listenerCount('upgrade') > 0;
    };
  }
}

// ---- Server --------------------------------------------------------------------------------------

function Server(options, requestListener) {
  if (!(this instanceof Server)) return new Server(options, requestListener);
  if (typeof options === 'function') {
    requestListener = options;
    options = kEmptyObject;
  } else if (options == null) {
    options = kEmptyObject;
  } else {
    validateObject(options, 'options');
  }

  storeHTTPOptions.call(this, options);
  net.Server.call(this, {
    allowHalfOpen: true,
    noDelay: options.noDelay ?? true,
    keepAlive: options.keepAlive,
    keepAliveInitialDelay: options.keepAliveInitialDelay,
    highWaterMark: options.highWaterMark,
  });
  if (requestListener) this.on('request', requestListener);

  this.httpAllowHalfOpen = false;
  this.on('connection', connectionListener);
  this.on('listening', setupConnectionsTracking);
  this.timeout = 0;
  this.maxHeadersCount = null;
  this.maxRequestsPerSocket = 0;
  this[kUniqueHeaders] = parseUniqueHeadersOption(options.uniqueHeaders);
}
Object.setPrototypeOf(Server.prototype, net.Server.prototype);
Object.setPrototypeOf(Server, net.Server);

function setupConnectionsTracking() {
  this[kConnections] ||= new ConnectionsList();
  if (this[kConnectionsCheckingInterval]) clearInterval(this[kConnectionsCheckingInterval]);
  this[kConnectionsCheckingInterval] =
    setInterval(checkConnections.bind(this), this.connectionsCheckingInterval).unref();
}

/** Answers 408 on connections whose request takes too long. */
function checkConnections() {
  const duration = (value) => (Number.isFinite(value) && value >= 0 ? value : 0);
  const headersTimeout = duration(this.headersTimeout);
  const requestTimeout = duration(this.requestTimeout);
  if (headersTimeout === 0 && requestTimeout === 0) return;
  for (const parser of this[kConnections].expired(headersTimeout, requestTimeout)) {
    if (parser.socket) socketOnError.call(parser.socket, new ERR_HTTP_REQUEST_TIMEOUT());
  }
}

function httpServerPreClose(server) {
  server.closeIdleConnections();
  clearInterval(server[kConnectionsCheckingInterval]);
}

Server.prototype.close = function close() {
  httpServerPreClose(this);
  Reflect.apply(net.Server.prototype.close, this, arguments);
  return this;
};

Server.prototype[Symbol.asyncDispose] = async function() {
  const { promisify } = require('internal/util');
  await promisify(this.close).call(this);
};

Server.prototype.closeAllConnections = function closeAllConnections() {
  if (!this[kConnections]) return;
  for (const parser of this[kConnections].all()) parser.socket.destroy();
};

Server.prototype.closeIdleConnections = function closeIdleConnections() {
  if (!this[kConnections]) return;
  for (const { socket } of this[kConnections].idle()) {
    // Idle for the parser, yet a response is on its way.
    if (socket._httpMessage && !socket._httpMessage.finished) continue;
    socket.destroy();
  }
};

Server.prototype.setTimeout = function setTimeout(msecs, callback) {
  this.timeout = msecs;
  if (callback) this.on('timeout', callback);
  return this;
};

Server.prototype[EE.captureRejectionSymbol] = function(err, event, ...args) {
  if (event !== 'request') {
    net.Server.prototype[EE.captureRejectionSymbol].call(this, err, event, ...args);
    return;
  }
  const res = args[1];
  if (!res.headersSent && !res.writableEnded) {
    // The headers of the failed answer are not for this one.
    for (const name of res.getHeaderNames()) res.removeHeader(name);
    res.statusCode = 500;
    res.end(STATUS_CODES[500]);
  } else {
    res.destroy();
  }
};

// ---- keep-alive timeouts -------------------------------------------------------------------------

/**
 * The idle connections of one server in the order in which they became idle, which is also the order in which
 * they time out. One timer serves them all; becoming idle or busy costs a few assignments.
 */
class IdleList {
  constructor() {
    this.head = null;
    this.tail = null;
    this.timer = null;
  }

  add(state, timeout) {
    if (state.idleSince !== 0) this.remove(state);
    state.idleSince = timersBinding.getLibuvNow() || 1;
    state.idleTimeout = timeout;
    state.idleNext = null;
    state.idlePrevious = this.tail;
    if (this.tail === null) this.head = state;
    else this.tail.idleNext = state;
    this.tail = state;
    if (this.timer === null) this.schedule();
  }

  remove(state) {
    const { idleNext: next, idlePrevious: previous } = state;
    if (previous === null) this.head = next;
    else previous.idleNext = next;
    if (next === null) this.tail = previous;
    else next.idlePrevious = previous;
    state.idleSince = 0;
    state.idleNext = null;
    state.idlePrevious = null;
  }

  schedule() {
    const { head } = this;
    if (head === null) return;
    const wait = Math.max(head.idleSince + head.idleTimeout - timersBinding.getLibuvNow(), 1);
    this.timer = setUnrefTimeout(this.expire.bind(this), wait);
  }

  expire() {
    this.timer = null;
    const now = timersBinding.getLibuvNow();
    let state;
    while ((state = this.head) !== null && now - state.idleSince >= state.idleTimeout) {
      this.remove(state);
      // Data that came meanwhile is read first: its request wins.
      state.socket.emit('timeout');
    }
    this.schedule();
  }
}

// ---- connections ---------------------------------------------------------------------------------

class ConnectionState {
  constructor(server, socket, parser) {
    this.server = server;
    this.socket = socket;
    this.parser = parser;
    // Requests whose response is not finished, oldest first; the first response is on the socket, the others
    // wait in `outgoing`. Without pipelining there is one request and no list.
    this.current = null;
    this.incoming = null;
    this.outgoing = null;
    this.outgoingData = 0;
    this.requestsCount = 0;
    // Inside a read, finished responses wait for its end.
    this.parsing = false;
    this.finished = null;
    this.idleSince = 0;
    this.idleTimeout = 0;
    this.idleNext = null;
    this.idlePrevious = null;
  }
}

function connectionListener(socket) {
  const server = this;
  socket.server = server;
  if (server.timeout && typeof socket.setTimeout === 'function') socket.setTimeout(server.timeout);
  socket.on('timeout', socketOnTimeout);

  const parser = parsers.alloc();
  parser.initialize(HTTPParser.REQUEST, { type: 'HTTPINCOMINGMESSAGE', socket }, server.maxHeaderSize || 0,
                    calculateLenientFlags(server.httpValidation, server.insecureHTTPParser), server[kConnections]);
  parser.socket = socket;
  socket.parser = parser;
  if (typeof server.maxHeadersCount === 'number') parser.maxHeaderPairs = server.maxHeadersCount << 1;

  socket[kState] = new ConnectionState(server, socket, parser);
  socket._httpMessage = null;
  socket._paused = false;
  socket.on('data', socketOnData);
  socket.on('error', socketOnError);
  socket.on('end', socketOnEnd);
  socket.on('close', socketOnClose);
  socket.on('drain', socketOnDrain);
  parser.onIncoming = parserOnIncoming;

  // A consumed handle gives the socket no data.
  socket.on('resume', onSocketResume);
  socket.on('pause', onSocketPause);
  socket.on = socketOnWrap;
  socket.addListener = socketOnWrap;
  socket.prependListener = socketPrependWrap;
  socket.setEncoding = socketSetEncoding;

  const handle = socket._handle;
  if (handle?.isStreamBase && !handle._consumed) {
    parser._consumed = true;
    handle._consumed = true;
    parser.consume(handle);
  }
  parser[kOnExecute] = onParserExecute;
  parser[kOnTimeout] = onParserTimeout;
}

function socketSetEncoding() {
  throw new ERR_HTTP_SOCKET_ENCODING();
}

/** response._onPendingData: so many bytes more wait for the socket. */
function onPendingData(delta) {
  const state = this[kState];
  state.outgoingData += delta;
  socketOnDrain.call(state.socket);
}

function socketOnDrain() {
  const state = this[kState];
  const needPause = state.outgoingData > this.writableHighWaterMark;
  if (this._paused && !needPause) {
    this._paused = false;
    if (this.parser) this.parser.resume();
    this.resume();
  }
  const message = this._httpMessage;
  if (message && !message.finished && message[kNeedDrain] && message.writableLength === 0) {
    message[kNeedDrain] = false;
    message.emit('drain');
  }
}

function socketOnTimeout() {
  const req = this.parser?.incoming;
  const reqTimeout = req && !req.complete && req.emit('timeout', this);
  const res = this._httpMessage;
  const resTimeout = res && res.emit('timeout', this);
  const serverTimeout = this.server.emit('timeout', this);
  if (!reqTimeout && !resTimeout && !serverTimeout) this.destroy();
}

function socketOnClose() {
  const state = this[kState];
  if (state.idleSince !== 0) state.server[kIdleList].remove(state);
  freeParser(this.parser, null, this);
  if (this._httpMessage) emitCloseNT(this._httpMessage);

  const { current, incoming, outgoing } = state;
  state.current = null;
  state.incoming = null;
  state.outgoing = null;
  if (current !== null) current.destroy(new ConnResetException('aborted'));
  if (incoming !== null) for (const req of incoming) req.destroy(new ConnResetException('aborted'));
  if (outgoing !== null) for (const res of outgoing) res.destroy(new ConnResetException('aborted'));
}

function socketOnEnd() {
  const { server, parser, outgoing } = this[kState];
  const ret = parser.finish();
  if (ret instanceof Error) {
    socketOnError.call(this, ret);
  } else if (!server.httpAllowHalfOpen) {
    this.end();
  } else if (outgoing !== null && outgoing.length > 0) {
    outgoing[outgoing.length - 1]._last = true;
  } else if (this._httpMessage) {
    this._httpMessage._last = true;
  } else {
    this.end();
  }
}

function socketOnData(chunk) {
  const state = this[kState];
  const ret = state.parser.execute(chunk);
  afterExecute(state, ret, chunk);
}

/** parser[kOnExecute]: a read of a consumed handle went through the parser. */
function onParserExecute(ret) {
  const { socket } = this;
  // The socket itself saw no data.
  if (socket[kTimeout] !== null && socket[kTimeout] !== undefined) socket._unrefTimer();
  afterExecute(socket[kState], ret, undefined);
}

function onParserTimeout() {
  const { socket } = this;
  if (!socket.server.emit('timeout', socket)) socket.destroy();
}

function badResponse(statusCode) {
  return Buffer.from(`HTTP/1.1 ${statusCode} ${STATUS_CODES[statusCode]}\r\nConnection: close\r\n\r\n`, 'latin1');
}

function socketOnError(e) {
  // What follows the first error says nothing new.
  this.removeListener('error', socketOnError);
  if (this.listenerCount('error') === 0) this.on('error', noop);

  if (!this.server.emit('clientError', e, this)) {
    // Answer, unless part of a response is out already.
    if (this.writable && (!this._httpMessage || !this._httpMessage._headerSent)) {
      switch (e.code) {
        case 'HPE_HEADER_OVERFLOW':
          this.write(badResponse(431));
          break;
        case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
          this.write(badResponse(413));
          break;
        case 'ERR_HTTP_REQUEST_TIMEOUT':
          this.write(badResponse(408));
          break;
        default:
          this.write(badResponse(400));
          break;
      }
    }
    this.destroy(e);
  }
}

/** What an 'upgrade' listener gets while the body of the request is still to come. */
class UpgradeStream extends Duplex {
  #socket;
  #request;

  constructor(socket, req) {
    super({ allowHalfOpen: socket.allowHalfOpen });
    this.#socket = socket;
    this.#request = req;
    socket.on('error', (err) => this.destroy(err));
    socket.on('close', () => this.destroy());
    this.on('close', () => socket.destroy());
    socket.on('end', () => {
      this.push(null);
      // A socket would emit 'end' without any reader.
      if (this.readableLength === 0) this.resume();
    });
  }

  requestBodyCompleted(head) {
    this.#request = null;
    const socket = this.#socket;
    if (head?.length > 0 && !this.push(head)) socket.pause();
    socket.on('data', (data) => {
      if (!this.push(data)) socket.pause();
    });
  }

  _read() {
    this.#request?.resume();
    this.#socket.resume();
  }

  _final(callback) {
    this.#socket.end(callback);
  }

  _write(chunk, encoding, callback) {
    this.#socket.write(chunk, encoding, callback);
  }

  _destroy(err, callback) {
    this.#socket.destroy(err);
    callback(err);
  }
}

function afterExecute(state, ret, chunk) {
  state.parsing = false;
  const { socket, parser, finished } = state;
  if (finished !== null) {
    state.finished = null;
    onFinish(finished);
  }

  if (typeof ret === 'object') {
    prepareError(ret, parser, chunk);
    socketOnError.call(socket, ret);
  } else if (parser.incoming !== null && parser.incoming !== undefined) {
    if (parser.incoming.upgrade) onUpgrade(state, ret, chunk);
    else if (parser.incoming.method === 'PRI') socket.destroy(); // HTTP/2's preface.
  }
  if (socket._paused && socket.parser) socket.parser.pause();
}

function onUpgrade(state, ret, chunk) {
  const { server, socket, parser } = state;
  const req = parser.incoming;
  const eventName = req.method === 'CONNECT' ? 'connect' : 'upgrade';

  let stream;
  if (req.complete) {
    chunk ||= parser.getCurrentBuffer();
    socket.removeListener('data', socketOnData);
    socket.removeListener('end', socketOnEnd);
    socket.removeListener('close', socketOnClose);
    socket.removeListener('drain', socketOnDrain);
    socket.removeListener('error', socketOnError);
    socket.removeListener('timeout', socketOnTimeout);
    unconsume(parser, socket);
    parser.finish();
    freeParser(parser, req, socket);
    stream = socket;
  } else {
    // Its listeners were told already.
    if (socket[kUpgradeStream]) return;
    chunk ||= Buffer.alloc(0);
    stream = socket[kUpgradeStream] = new UpgradeStream(socket, req);
  }

  if (server.listenerCount(eventName) === 0) {
    socket.destroy();
    return;
  }
  const head = chunk.slice(ret, chunk.length);
  if (req.complete && socket[kUpgradeStream]) {
    socket[kUpgradeStream].requestBodyCompleted(head);
  } else {
    socket.readableFlowing = null;
    server.emit(eventName, req, stream, head);
  }
}

/** Lets the collector have the request once it is read to its end. */
function clearIncoming() {
  const parser = this.socket?.parser;
  if (parser && parser.incoming === this) parser.incoming = null;
}

// ---- requests ------------------------------------------------------------------------------------

ServerResponse.prototype[kScheduleFinish] = function() {
  const state = this[kState];
  if (state !== null && state.parsing && state.finished === null) state.finished = this;
  else process.nextTick(onFinish, this);
};

/** A response is written: the connection goes on to the next one, or to sleep. */
ServerResponse.prototype[kAfterFinish] = function() {
  const state = this[kState];
  if (state === null) return;
  const { req } = this;
  const { socket, server } = state;
  if (finishChannel.hasSubscribers) finishChannel.publish({ request: req, response: this, socket, server });

  if (state.current === req) {
    state.current = null;
    if (state.incoming !== null && state.incoming.length > 0) state.current = state.incoming.shift();
  }
  if (!req[kFinishQuietly]?.()) {
    // A body that nobody asked for is still taken off the wire.
    if (!req._consuming && !req._readableState.resumeScheduled && !req._readableState.dataEmitted) req._dump();
  }
  this.detachSocket(socket);

  const { parser } = socket;
  if (parser && parser.incoming === req) {
    if (req._dumped && req.complete && req.listenerCount('end') === 0) parser.incoming = null;
    else if (req.readableEnded) parser.incoming = null;
    else req.on('end', clearIncoming);
  }

  process.nextTick(emitCloseNT, this);

  if (this._last) {
    if (typeof socket.destroySoon === 'function') socket.destroySoon();
    else socket.end();
  } else if (state.outgoing !== null && state.outgoing.length > 0) {
    state.outgoing.shift().assignSocket(socket);
  } else {
    const { keepAliveTimeout, keepAliveTimeoutBuffer } = server;
    if (keepAliveTimeout > 0 && Number.isFinite(keepAliveTimeout) && !socket.destroyed) {
      const buffer = keepAliveTimeoutBuffer >= 0 && Number.isFinite(keepAliveTimeoutBuffer) ?
        keepAliveTimeoutBuffer : 1000;
      (server[kIdleList] ??= new IdleList()).add(state, keepAliveTimeout + buffer);
    }
  }
};

function emitCloseNT(self) {
  if (self._closed) return;
  self.destroyed = true;
  self._closed = true;
  if (self._events.close !== undefined) self.emit('close');
}

/** Finds one field among the raw headers, without the making of the headers object. */
function rawHeader(req, length, lowerName) {
  const raw = req.rawHeaders;
  const count = req[kHeadersCount] ?? raw.length;
  for (let i = 0; i < count; i += 2) {
    const key = raw[i];
    if (key.length === length && (key === lowerName || key.toLowerCase() === lowerName)) return raw[i + 1];
  }
  return undefined;
}

/** parser.onIncoming: the head of a request is complete. */
function parserOnIncoming(req, keepAlive) {
  const { socket } = this;
  const state = socket[kState];
  const { server } = state;
  state.parsing = true;
  if (state.idleSince !== 0) server[kIdleList].remove(state);

  if (req.upgrade) {
    req.upgrade = req.method === 'CONNECT' || !!server.shouldUpgradeCallback(req);
    if (req.upgrade) return 0;
  }

  if (state.current === null) state.current = req;
  else (state.incoming ??= []).push(req);

  // A client that pipelines and does not read is not read from either.
  if (!socket._paused) {
    const ws = socket._writableState;
    if (ws.needDrain || state.outgoingData >= ws.highWaterMark) {
      socket._paused = true;
      socket.pause();
    }
  }

  const res = new server[kServerResponse](req, {
    highWaterMark: socket.writableHighWaterMark,
    rejectNonStandardBodyWrites: server.rejectNonStandardBodyWrites,
  });
  res[kState] = state;
  res._keepAliveTimeout = server.keepAliveTimeout;
  res._maxRequestsPerSocket = server.maxRequestsPerSocket;
  res.shouldKeepAlive = keepAlive;
  res[kUniqueHeaders] = server[kUniqueHeaders];
  res._onPendingData = onPendingData;

  if (startChannel === undefined) openChannels();
  if (createdChannel.hasSubscribers) createdChannel.publish({ request: req, response: res });
  if (startChannel.hasSubscribers) startChannel.publish({ request: req, response: res, socket, server });

  if (server[kOptimizeEmptyRequests] && rawHeader(req, 14, 'content-length') === undefined &&
      rawHeader(req, 17, 'transfer-encoding') === undefined) {
    req._dumpAndCloseReadable();
    req._read();
  }

  if (socket._httpMessage) (state.outgoing ??= []).push(res);
  else res.assignSocket(socket);

  if (req.httpVersionMajor === 1 && req.httpVersionMinor === 1) {
    // RFC 9112, section 3.2
    if (server.requireHostHeader && (req[kFields] & kFieldHost) === 0) {
      res.writeHead(400, ['Connection', 'close']);
      res.end();
      return 0;
    }

    const limit = server.maxRequestsPerSocket;
    if (typeof limit === 'number' && limit > 0) {
      state.requestsCount++;
      res.maxRequestsOnConnectionReached = limit <= state.requestsCount;
      if (limit < state.requestsCount) {
        server.emit('dropRequest', req, socket);
        res.writeHead(503);
        res.end();
        return 0;
      }
    }

    if ((req[kFields] & kFieldExpect) !== 0) {
      const expect = rawHeader(req, 6, 'expect');
      if (continueExpression.test(expect)) {
        res._expect_continue = true;
        if (server.listenerCount('checkContinue') > 0) {
          server.emit('checkContinue', req, res);
        } else {
          res.writeContinue();
          server.emit('request', req, res);
        }
      } else if (server.listenerCount('checkExpectation') > 0) {
        server.emit('checkExpectation', req, res);
      } else {
        res.writeHead(417);
        res.end();
      }
      return 0;
    }
  }

  server.emit('request', req, res);
  return 0;
}

// ---- sockets under the parser --------------------------------------------------------------------

function onSocketResume() {
  // A paused connection stays so until its writes are out.
  if (this._paused) {
    this.pause();
    return;
  }
  if (this._handle && !this._handle.reading) {
    this._handle.reading = true;
    this._handle.readStart();
  }
}

function onSocketPause() {
  if (this._handle?.reading) {
    this._handle.reading = false;
    this._handle.readStop();
  }
}

function unconsume(parser, socket) {
  if (!socket._handle) return;
  if (parser._consumed) parser.unconsume();
  parser._consumed = false;
  socket.removeListener('pause', onSocketPause);
  socket.removeListener('resume', onSocketResume);
}

/** Listening for data oneself takes the connection from the parser's fast path. */
function beforeListening(socket, event) {
  if ((event === 'data' || event === 'readable') && socket.parser._consumed) unconsume(socket.parser, socket);
}

function socketOnWrap(event, listener) {
  const result = net.Socket.prototype.on.call(this, event, listener);
  if (!this.parser) {
    restoreListening(this);
    return result;
  }
  beforeListening(this, event);
  return result;
}

function socketPrependWrap(event, listener) {
  const result = net.Socket.prototype.prependListener.call(this, event, listener);
  if (!this.parser) {
    restoreListening(this);
    return result;
  }
  beforeListening(this, event);
  return result;
}

function restoreListening(socket) {
  delete socket.on;
  delete socket.addListener;
  delete socket.prependListener;
  delete socket.setEncoding;
}

// ---- diagnostics ---------------------------------------------------------------------------------

let createdChannel;
let startChannel;
let finishChannel;

function openChannels() {
  const { channel } = require('diagnostics_channel');
  createdChannel = channel('http.server.response.created');
  startChannel = channel('http.server.request.start');
  finishChannel = channel('http.server.response.finish');
}

module.exports = {
  STATUS_CODES,
  Server,
  ServerResponse,
  setupConnectionsTracking,
  storeHTTPOptions,
  _connectionListener: connectionListener,
  kServerResponse,
  httpServerPreClose,
  kConnectionsCheckingInterval,
};
