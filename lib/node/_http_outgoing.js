'use strict';
// OutgoingMessage: a response at the server, a request at the client.

const { Buffer } = require('buffer');
const EE = require('events');
const Stream = require('stream');
const { getDefaultHighWaterMark } = require('internal/streams/state');
const { kWriteDirect } = require('internal/stream_base_commons');
const { kOutHeaders, kNeedDrain, utcDateHeader } = require('internal/http');
const common = require('_http_common');
const {
  _checkIsHttpToken: checkIsHttpToken, _checkInvalidHeaderChar: checkInvalidHeaderChar, chunkExpression,
} = common;
const {
  codes: {
    ERR_HTTP_BODY_NOT_ALLOWED,
    ERR_HTTP_CONTENT_LENGTH_MISMATCH,
    ERR_HTTP_HEADERS_SENT,
    ERR_HTTP_INVALID_HEADER_VALUE,
    ERR_HTTP_TRAILER_INVALID,
    ERR_INVALID_ARG_TYPE,
    ERR_INVALID_ARG_VALUE,
    ERR_INVALID_CHAR,
    ERR_INVALID_HTTP_TOKEN,
    ERR_METHOD_NOT_IMPLEMENTED,
    ERR_STREAM_ALREADY_FINISHED,
    ERR_STREAM_CANNOT_PIPE,
    ERR_STREAM_DESTROYED,
    ERR_STREAM_NULL_VALUES,
    ERR_STREAM_WRITE_AFTER_END,
    ERR_UNKNOWN_ENCODING,
  },
  hideStackFrames,
} = require('internal/errors');
const { validateString } = require('internal/validators');
const { renderHead, headInfo } = internalBinding('http_parser');
const { isUint8Array } = require('internal/util/types');

const kCorked = Symbol('corked');
const kSocket = Symbol('kSocket');
const kChunkedBuffer = Symbol('kChunkedBuffer');
const kChunkedLength = Symbol('kChunkedLength');
const kUniqueHeaders = Symbol('kUniqueHeaders');
const kBytesWritten = Symbol('kBytesWritten');
const kErrored = Symbol('errored');
const kHighWaterMark = Symbol('kHighWaterMark');
const kRejectNonStandardBodyWrites = Symbol('kRejectNonStandardBodyWrites');
const kWritableFinished = Symbol('kWritableFinished');
const kAfterFinish = Symbol('kAfterFinish');
const kScheduleFinish = Symbol('kScheduleFinish');
const kLenient = Symbol('kLenient');

// Bits of headInfo[0]: what fields were among those that renderHead wrote.
const kHasContentLength = 1;

// Bodies up to this many bytes are copied behind their header, for the sake of one write.
const copyLimitBytes = 16384;

const nop = () => {};

/** Shared while nothing is queued; `queue()` gives a message its own. */
const emptyOutput = Object.freeze([]);

function OutgoingMessage(options) {
  this._events ??= { close: undefined, error: undefined, prefinish: undefined, finish: undefined, drain: undefined };
  this._eventsCount = 0;
  this._maxListeners = undefined;
  this.outputData = emptyOutput;
  this.outputSize = 0;
  this.writable = true;
  this.destroyed = false;
  this._last = false;
  this.chunkedEncoding = false;
  this.shouldKeepAlive = true;
  this.maxRequestsOnConnectionReached = false;
  this._defaultKeepAlive = true;
  this.useChunkedEncodingByDefault = true;
  this.sendDate = false;
  this._removedConnection = false;
  this._removedContLen = false;
  this._removedTE = false;
  this.strictContentLength = false;
  this[kBytesWritten] = 0;
  this._contentLength = null;
  this._hasBody = true;
  this._trailer = '';
  this[kNeedDrain] = false;
  this.finished = false;
  this._headerSent = false;
  this[kCorked] = 0;
  this[kChunkedBuffer] = emptyOutput;
  this[kChunkedLength] = 0;
  this._closed = false;
  this[kSocket] = null;
  this._header = null;
  this[kOutHeaders] = null;
  this._keepAliveTimeout = 0;
  this._onPendingData = nop;
  this[kErrored] = null;
  this[kWritableFinished] = false;
  this[kHighWaterMark] = options?.highWaterMark ?? getDefaultHighWaterMark();
  this[kRejectNonStandardBodyWrites] = options?.rejectNonStandardBodyWrites ?? false;
  this[kUniqueHeaders] = null;
  this[kLenient] = undefined;
  if (EE.captureRejections) Stream.call(this, options);
}
Object.setPrototypeOf(OutgoingMessage.prototype, Stream.prototype);
Object.setPrototypeOf(OutgoingMessage, Stream);

Object.defineProperties(OutgoingMessage.prototype, {
  errored: {
    __proto__: null,
    get() { return this[kErrored]; },
  },
  closed: {
    __proto__: null,
    get() { return this._closed; },
  },
  writableFinished: {
    __proto__: null,
    get() { return this[kWritableFinished]; },
  },
  writableObjectMode: {
    __proto__: null,
    get() { return false; },
  },
  writableLength: {
    __proto__: null,
    get() {
      let length = this.outputSize + (this[kSocket] ? this[kSocket].writableLength : 0);
      // The size line and the two line ends of a chunk count as well.
      const chunk = this[kChunkedLength];
      if (chunk > 0) length += chunk + chunk.toString(16).length + 4;
      return length;
    },
  },
  writableHighWaterMark: {
    __proto__: null,
    get() { return this[kSocket] ? this[kSocket].writableHighWaterMark : this[kHighWaterMark]; },
  },
  writableCorked: {
    __proto__: null,
    get() { return this[kCorked]; },
  },
  connection: {
    __proto__: null,
    get() { return this[kSocket]; },
    set(value) { this.socket = value; },
  },
  socket: {
    __proto__: null,
    get() { return this[kSocket]; },
    set(value) {
      setSocket(this, value);
    },
  },
  headersSent: {
    __proto__: null,
    configurable: true,
    enumerable: true,
    get() { return !!this._header; },
  },
  writableEnded: {
    __proto__: null,
    get() { return this.finished; },
  },
  writableNeedDrain: {
    __proto__: null,
    get() { return !this.destroyed && !this.finished && this[kNeedDrain]; },
  },
});

/** The socket of a message is corked as often as the message. */
function setSocket(message, socket) {
  for (let n = message[kCorked]; n > 0; n--) {
    socket?.cork();
    message[kSocket]?.uncork();
  }
  message[kSocket] = socket;
}

/** Relaxed header values are allowed by an option of the request or of the server, or by a flag. */
OutgoingMessage.prototype._isLenientHeaderValidation = function() {
  return this[kLenient] ??= isLenientHeaderValidation(this);
};

function isLenientHeaderValidation(message) {
  if (message.httpValidation !== undefined) return message.httpValidation !== 'strict';
  const server = message.req?.socket?.server;
  if (server?.httpValidation !== undefined) return server.httpValidation !== 'strict';
  if (typeof message.insecureHTTPParser === 'boolean') return message.insecureHTTPParser;
  if (typeof server?.insecureHTTPParser === 'boolean') return server.insecureHTTPParser;
  return common.isLenient();
}

OutgoingMessage.prototype._renderHeaders = function _renderHeaders() {
  if (this._header) throw new ERR_HTTP_HEADERS_SENT('render');
  const headersMap = this[kOutHeaders];
  const headers = {};
  if (headersMap !== null) {
    for (const key of Object.keys(headersMap)) headers[headersMap[key][0]] = headersMap[key][1];
  }
  return headers;
};

OutgoingMessage.prototype.cork = function() {
  this[kCorked]++;
  if (this[kSocket]) this[kSocket].cork();
};

OutgoingMessage.prototype.uncork = function uncork() {
  this[kCorked]--;
  if (this[kSocket]) this[kSocket].uncork();
  const buf = this[kChunkedBuffer];
  if (this[kCorked] || buf.length === 0) return;

  // What was written while corked becomes one chunk.
  const length = this[kChunkedLength];
  this[kChunkedBuffer] = emptyOutput;
  this[kChunkedLength] = 0;
  if (this.destroyed || this[kSocket]?.destroyed) {
    const error = this[kErrored] || this[kSocket]?.errored || new ERR_STREAM_DESTROYED('write');
    for (let n = 2; n < buf.length; n += 3) if (buf[n] !== nop) process.nextTick(buf[n], error);
    return;
  }
  this._send(length.toString(16), 'latin1', null);
  this._send(crlf, null, null);
  let callbacks;
  for (let n = 0; n < buf.length; n += 3) {
    this._send(buf[n], buf[n + 1], null);
    if (buf[n + 2]) (callbacks ??= []).push(buf[n + 2]);
  }
  this._send(crlf, null, callbacks === undefined ? null : (err) => {
    for (const callback of callbacks) callback(err);
  });
  if (this[kNeedDrain] && this.writableLength === 0) {
    this[kNeedDrain] = false;
    this.emit('drain');
  }
};

OutgoingMessage.prototype.setTimeout = function setTimeout(msecs, callback) {
  if (callback) this.on('timeout', callback);
  if (!this[kSocket]) this.once('socket', (socket) => socket.setTimeout(msecs));
  else this[kSocket].setTimeout(msecs);
  return this;
};

OutgoingMessage.prototype.destroy = function destroy(error) {
  if (this.destroyed) return this;
  this.destroyed = true;
  this[kErrored] = error;
  if (this[kSocket]) this[kSocket].destroy(error);
  else this.once('socket', (socket) => socket.destroy(error));
  return this;
};

// ---- sending -------------------------------------------------------------------------------------

/** The first data goes out together with the header. */
OutgoingMessage.prototype._send = function _send(data, encoding, callback, byteLength) {
  // Without a header the message is used as a mere stream.
  if (!this._headerSent && this._header !== null) {
    const header = this._header;
    if (typeof data === 'string' && (encoding === 'utf8' || encoding === 'latin1' || !encoding)) {
      data = header + data;
    } else {
      if (this.outputData === emptyOutput) this.outputData = [];
      this.outputData.unshift({ data: header, encoding: 'latin1', callback: null });
      this.outputSize += header.length;
      this._onPendingData(header.length);
    }
    this._headerSent = true;
  }
  return this._writeRaw(data, encoding, callback, byteLength);
};

OutgoingMessage.prototype._writeRaw = function _writeRaw(data, encoding, callback, byteLength) {
  const conn = this[kSocket];
  if (conn?._httpMessage === this && conn.destroyed) return false;
  if (typeof encoding === 'function') {
    callback = encoding;
    encoding = null;
  }
  if (conn && conn._httpMessage === this && conn.writable) {
    if (this.outputData.length !== 0) this._flushOutput(conn);
    return conn.write(data, encoding, callback);
  }
  // Kept until a socket is there.
  if (this.outputData === emptyOutput) this.outputData = [];
  this.outputData.push({ data, encoding, callback });
  this.outputSize += data.length;
  this._onPendingData(data.length);
  return this.outputSize < this[kHighWaterMark];
};

OutgoingMessage.prototype._flush = function _flush() {
  const socket = this[kSocket];
  if (!socket?.writable) return;
  // A response waits in order for its turn; the finish of the one before brings it here.
  const ret = this._flushOutput(socket);
  if (this.finished) {
    this._finish();
  } else if (ret && this[kNeedDrain]) {
    this[kNeedDrain] = false;
    this.emit('drain');
  }
};

OutgoingMessage.prototype._flushOutput = function _flushOutput(socket) {
  const { outputData } = this;
  const { length } = outputData;
  if (length <= 0) return undefined;
  // The socket of the message is corked along with it.
  while (this[kCorked] && socket !== this[kSocket]) {
    this[kCorked]--;
    socket.cork();
  }
  let ret;
  socket.cork();
  for (let i = 0; i < length; i++) {
    const { data, encoding, callback } = outputData[i];
    outputData[i] = null;
    ret = socket.write(data, encoding, callback);
  }
  socket.uncork();
  this.outputData = emptyOutput;
  this._onPendingData(-this.outputSize);
  this.outputSize = 0;
  return ret;
};

OutgoingMessage.prototype.flushHeaders = function flushHeaders() {
  if (!this._header) this._implicitHeader();
  this._send('');
};

OutgoingMessage.prototype.pipe = function pipe() {
  this.emit('error', new ERR_STREAM_CANNOT_PIPE());
};

// ---- the header ----------------------------------------------------------------------------------

OutgoingMessage.prototype._storeHeader = _storeHeader;

/** What was seen among the header fields, while they are put together. */
class HeaderState {
  constructor(firstLine) {
    this.connection = false;
    this.contLen = false;
    this.te = false;
    this.date = false;
    this.expect = false;
    this.trailer = false;
    this.header = firstLine;
  }
}

/**
 * OPTIMIZATION: the head of a message that leaves its connection open, written by one native call. Returns whether that was
 * done: not for fields that have to be looked at.
 */
function storeUsualHeader(message, firstLine, headers) {
  if (!message.shouldKeepAlive || !message.useChunkedEncodingByDefault || message.maxRequestsOnConnectionReached ||
      message.chunkedEncoding || message._removedConnection || message._removedContLen || message._removedTE) {
    return false;
  }
  const inPairs = headers !== undefined && headers === message[kOutHeaders];
  const end = message._keepAliveTimeout && message._defaultKeepAlive ? keepAliveLines(message) : connectionKeepAlive;
  const header = renderHead(firstLine, headers, message.sendDate ? utcDateHeader() : '', end, inPairs);
  if (header === undefined) return false;

  if ((headInfo[0] & kHasContentLength) !== 0) {
    message._contentLength = headInfo[1];
    message._header = header;
  } else if (!message._hasBody) {
    message._header = header + '\r\n';
  } else if (typeof message._contentLength === 'number') {
    message._header = `${header}Content-Length: ${message._contentLength}\r\n\r\n`;
  } else {
    message._header = header + 'Transfer-Encoding: chunked\r\n\r\n';
    message.chunkedEncoding = true;
  }
  message._headerSent = false;
  return true;
}

function _storeHeader(firstLine, headers) {
  if (storeUsualHeader(this, firstLine, headers ?? undefined)) return;
  const state = new HeaderState(firstLine);

  if (headers) {
    if (headers === this[kOutHeaders]) {
      for (const key in headers) processHeader(this, state, headers[key][0], headers[key][1], false);
    } else if (Array.isArray(headers)) {
      if (headers.length && Array.isArray(headers[0])) {
        for (const entry of headers) processHeader(this, state, entry[0], entry[1], true);
      } else {
        if (headers.length % 2 !== 0) throw new ERR_INVALID_ARG_VALUE('headers', headers);
        for (let n = 0; n < headers.length; n += 2) processHeader(this, state, headers[n], headers[n + 1], true);
      }
    } else {
      for (const key in headers) {
        if (Object.hasOwn(headers, key)) processHeader(this, state, key, headers[key], true);
      }
    }
  }

  let { header } = state;
  if (this.sendDate && !state.date) header += utcDateHeader();

  // RFC 9110, section 6.4.1: no body with 204 and 304, so no chunks either.
  if (this.chunkedEncoding && (this.statusCode === 204 || this.statusCode === 304)) {
    this.chunkedEncoding = false;
    this.shouldKeepAlive = false;
  }

  // What the connection does after this message.
  if (this._removedConnection) {
    // Without the field, the length decides whether the client may go on.
    this._last = !this.shouldKeepAlive;
  } else if (!state.connection) {
    const shouldSendKeepAlive = this.shouldKeepAlive &&
      (state.contLen || this.useChunkedEncodingByDefault || this.agent);
    if (shouldSendKeepAlive && this.maxRequestsOnConnectionReached) {
      header += 'Connection: close\r\n';
    } else if (shouldSendKeepAlive) {
      header += this._keepAliveTimeout && this._defaultKeepAlive ? keepAliveLines(this) : connectionKeepAlive;
    } else {
      this._last = true;
      header += 'Connection: close\r\n';
    }
  }

  if (!state.contLen && !state.te) {
    if (!this._hasBody) {
      // No body, no length.
      this.chunkedEncoding = false;
    } else if (!this.useChunkedEncodingByDefault) {
      this._last = true;
    } else if (!state.trailer && !this._removedContLen && typeof this._contentLength === 'number') {
      header += `Content-Length: ${this._contentLength}\r\n`;
    } else if (!this._removedTE) {
      header += 'Transfer-Encoding: chunked\r\n';
      this.chunkedEncoding = true;
    } else {
      // The end of the connection is the end of the body.
      this._last = true;
    }
  }

  if (this.chunkedEncoding !== true && state.trailer) throw new ERR_HTTP_TRAILER_INVALID();

  this._header = header + '\r\n';
  this._headerSent = false;
  // The client's answer to Expect comes before the body.
  if (state.expect) this._send('');
}

let keepAliveLineFor = -1;
let keepAliveLineMax = -1;
let keepAliveText = '';
const connectionKeepAlive = 'Connection: keep-alive\r\n';

/** The Connection and Keep-Alive lines; nearly always the same as the ones before. */
function keepAliveLines(message) {
  const seconds = Math.floor(message._keepAliveTimeout / 1000);
  const max = ~~message._maxRequestsPerSocket > 0 ? ~~message._maxRequestsPerSocket : 0;
  if (seconds !== keepAliveLineFor || max !== keepAliveLineMax) {
    keepAliveLineFor = seconds;
    keepAliveLineMax = max;
    keepAliveText = `${connectionKeepAlive}Keep-Alive: timeout=${seconds}${max > 0 ? `, max=${max}` : ''}\r\n`;
  }
  return keepAliveText;
}

function processHeader(self, state, key, value, validate) {
  if (validate && !isValidHeaderName(key)) validateHeaderName(key);
  // RFC 2183: the parameters of Content-Disposition are read as Latin-1 by clients.
  if (key.length === 19 && self._contentLength && key.toLowerCase() === 'content-disposition') {
    if (Array.isArray(value)) value = value.map((each) => Buffer.from(`${each}`).latin1Slice());
    else value = Buffer.from(`${value}`).latin1Slice();
  }

  if (Array.isArray(value)) {
    if ((value.length < 2 || !isCookieField(key)) &&
        (!self[kUniqueHeaders] || !self[kUniqueHeaders].has(key.toLowerCase()))) {
      for (const each of value) storeHeader(self, state, key, each, validate);
      return;
    }
    value = value.join('; ');
  }
  storeHeader(self, state, key, value, validate);
}

function storeHeader(self, state, key, value, validate) {
  if (validate && !isValidHeaderValue(value, self._isLenientHeaderValidation())) {
    validateHeaderValue(key, value, self._isLenientHeaderValidation());
  }
  state.header += key + ': ' + value + '\r\n';
  matchHeader(self, state, key, value);
}

function matchHeader(self, state, field, value) {
  // Only fields of these lengths matter.
  switch (field.length) {
    case 4:
    case 6:
    case 7:
    case 10:
    case 14:
    case 17:
      break;
    default:
      return;
  }
  switch (field.toLowerCase()) {
    case 'connection':
      state.connection = true;
      self._removedConnection = false;
      if (/(?:^|\W)close(?:$|\W)/i.test(value)) self._last = true;
      else self.shouldKeepAlive = true;
      break;
    case 'transfer-encoding':
      state.te = true;
      self._removedTE = false;
      if (chunkExpression.test(value)) self.chunkedEncoding = true;
      break;
    case 'content-length':
      state.contLen = true;
      self._contentLength = +value;
      self._removedContLen = false;
      break;
    case 'date':
      state.date = true;
      break;
    case 'expect':
      state.expect = true;
      break;
    case 'trailer':
      state.trailer = true;
      break;
    case 'keep-alive':
      self._defaultKeepAlive = false;
      break;
  }
}

function isCookieField(s) {
  return s.length === 6 && s.toLowerCase() === 'cookie';
}

const validateHeaderName = hideStackFrames((name, label) => {
  if (typeof name !== 'string' || !name || !checkIsHttpToken(name)) {
    throw new (ERR_INVALID_HTTP_TOKEN.HideStackFramesError ?? ERR_INVALID_HTTP_TOKEN)(label || 'Header name', name);
  }
});

const validateHeaderValue = hideStackFrames((name, value, lenient = false) => {
  if (value === undefined) {
    throw new (ERR_HTTP_INVALID_HEADER_VALUE.HideStackFramesError ?? ERR_HTTP_INVALID_HEADER_VALUE)(value, name);
  }
  if (checkInvalidHeaderChar(value, lenient)) {
    throw new (ERR_INVALID_CHAR.HideStackFramesError ?? ERR_INVALID_CHAR)('header content', name);
  }
});

/** OPTIMIZATION: the throwing checks, which look after the stack, run only for headers that fail the plain ones. */
function checkHeader(message, name, value) {
  const lenient = message._isLenientHeaderValidation();
  if (!isValidHeaderName(name)) validateHeaderName(name);
  if (!isValidHeaderValue(value, lenient)) validateHeaderValue(name, value, lenient);
}

function isValidHeaderName(name) {
  return typeof name === 'string' && name !== '' && checkIsHttpToken(name);
}

function isValidHeaderValue(value, lenient = false) {
  return value !== undefined && !checkInvalidHeaderChar(value, lenient);
}

function parseUniqueHeadersOption(headers) {
  if (!Array.isArray(headers)) return null;
  const unique = new Set();
  for (const header of headers) unique.add(header.toLowerCase());
  return unique;
}

OutgoingMessage.prototype.setHeader = function setHeader(name, value) {
  if (this._header) throw new ERR_HTTP_HEADERS_SENT('set');
  checkHeader(this, name, value);
  (this[kOutHeaders] ??= { __proto__: null })[name.toLowerCase()] = [name, value];
  return this;
};

OutgoingMessage.prototype.setHeaders = function setHeaders(headers) {
  if (this._header) throw new ERR_HTTP_HEADERS_SENT('set');
  if (!headers || Array.isArray(headers) || typeof headers.keys !== 'function' || typeof headers.get !== 'function') {
    throw new ERR_INVALID_ARG_TYPE('headers', ['Headers', 'Map'], headers);
  }
  // Headers gives one entry a cookie.
  const cookies = [];
  for (const { 0: key, 1: value } of headers) {
    if (key === 'set-cookie') {
      if (Array.isArray(value)) cookies.push(...value);
      else cookies.push(value);
      continue;
    }
    this.setHeader(key, value);
  }
  if (cookies.length > 0) this.setHeader('set-cookie', cookies);
  return this;
};

OutgoingMessage.prototype.appendHeader = function appendHeader(name, value) {
  if (this._header) throw new ERR_HTTP_HEADERS_SENT('append');
  checkHeader(this, name, value);
  const field = name.toLowerCase();
  const headers = this[kOutHeaders];
  if (headers === null || !headers[field]) return this.setHeader(name, value);

  if (!Array.isArray(headers[field][1])) headers[field][1] = [headers[field][1]];
  if (Array.isArray(value)) headers[field][1].push(...value);
  else headers[field][1].push(value);
  return this;
};

OutgoingMessage.prototype.getHeader = function getHeader(name) {
  validateString(name, 'name');
  return this[kOutHeaders]?.[name.toLowerCase()]?.[1];
};

OutgoingMessage.prototype.getHeaderNames = function getHeaderNames() {
  return this[kOutHeaders] !== null ? Object.keys(this[kOutHeaders]) : [];
};

OutgoingMessage.prototype.getRawHeaderNames = function getRawHeaderNames() {
  return this[kOutHeaders] !== null ? Object.values(this[kOutHeaders]).map((entry) => entry[0]) : [];
};

OutgoingMessage.prototype.getHeaders = function getHeaders() {
  const result = { __proto__: null };
  const headers = this[kOutHeaders];
  if (headers !== null) for (const key of Object.keys(headers)) result[key] = headers[key][1];
  return result;
};

OutgoingMessage.prototype.hasHeader = function hasHeader(name) {
  validateString(name, 'name');
  return this[kOutHeaders] !== null && !!this[kOutHeaders][name.toLowerCase()];
};

OutgoingMessage.prototype.removeHeader = function removeHeader(name) {
  validateString(name, 'name');
  if (this._header) throw new ERR_HTTP_HEADERS_SENT('remove');
  const key = name.toLowerCase();
  switch (key) {
    case 'connection':
      this._removedConnection = true;
      break;
    case 'content-length':
      this._removedContLen = true;
      break;
    case 'transfer-encoding':
      this._removedTE = true;
      break;
    case 'date':
      this.sendDate = false;
      break;
  }
  if (this[kOutHeaders] !== null) delete this[kOutHeaders][key];
};

OutgoingMessage.prototype._implicitHeader = function _implicitHeader() {
  throw new ERR_METHOD_NOT_IMPLEMENTED('_implicitHeader()');
};

// ---- the body ------------------------------------------------------------------------------------

const crlf = Buffer.from('\r\n');

OutgoingMessage.prototype.write = function write(chunk, encoding, callback) {
  if (typeof encoding === 'function') {
    callback = encoding;
    encoding = null;
  }
  const ret = write_(this, chunk, encoding, callback, false);
  if (!ret) this[kNeedDrain] = true;
  return ret;
};

function onError(message, err, callback) {
  if (!message.destroyed) process.nextTick(emitErrorNT, message, err, callback);
}

function emitErrorNT(message, err, callback) {
  callback(err);
  if (typeof message.emit === 'function' && !message.destroyed) message.emit('error', err);
}

function byteLengthOf(chunk, encoding) {
  return typeof chunk === 'string' ? Buffer.byteLength(chunk, encoding) : chunk.byteLength;
}

function checksLength(message) {
  return message.strictContentLength && message._contentLength != null && message._hasBody &&
    !message._removedContLen && !message.chunkedEncoding && !message.hasHeader('transfer-encoding');
}

function checkChunk(chunk) {
  if (chunk === null) throw new ERR_STREAM_NULL_VALUES();
  if (typeof chunk !== 'string' && !isUint8Array(chunk)) {
    throw new ERR_INVALID_ARG_TYPE('chunk', ['string', 'Buffer', 'Uint8Array'], chunk);
  }
}

function write_(message, chunk, encoding, callback, fromEnd) {
  if (typeof callback !== 'function') callback = nop;
  checkChunk(chunk);

  let err;
  if (message.finished) err = new ERR_STREAM_WRITE_AFTER_END();
  else if (message.destroyed) err = new ERR_STREAM_DESTROYED('write');
  if (err) {
    if (!message.destroyed) onError(message, err, callback);
    else process.nextTick(callback, err);
    return false;
  }

  let length;
  if (message.strictContentLength) {
    length = byteLengthOf(chunk, encoding);
    const total = message[kBytesWritten] + length;
    if (checksLength(message) && (fromEnd ? total !== message._contentLength : total > message._contentLength)) {
      throw new ERR_HTTP_CONTENT_LENGTH_MISMATCH(total, message._contentLength);
    }
    message[kBytesWritten] = total;
  }

  if (!message._header) {
    if (fromEnd) message._contentLength = length ??= byteLengthOf(chunk, encoding);
    message._implicitHeader();
  }

  if (!message._hasBody) {
    if (message[kRejectNonStandardBodyWrites]) throw new ERR_HTTP_BODY_NOT_ALLOWED();
    process.nextTick(callback);
    return true;
  }
  if (message.chunkedEncoding && typeof chunk === 'string' && encoding && !Buffer.isEncoding(encoding)) {
    throw new ERR_UNKNOWN_ENCODING(encoding);
  }

  // All writes of one turn go out together.
  if (!fromEnd && message[kSocket] && !message[kSocket].writableCorked) {
    message.cork();
    process.nextTick(connectionCorkNT, message);
  }

  if (message.chunkedEncoding && chunk.length !== 0) {
    length ??= byteLengthOf(chunk, encoding);
    // The first chunk goes with the header; further ones of the turn become one.
    if (message[kCorked] && message._headerSent) {
      if (typeof chunk !== 'string' && !(chunk instanceof Buffer)) chunk = Stream._uint8ArrayToBuffer(chunk);
      if (message[kChunkedBuffer] === emptyOutput) message[kChunkedBuffer] = [];
      message[kChunkedBuffer].push(chunk, encoding, callback);
      message[kChunkedLength] += length;
      return message.writableLength < message.writableHighWaterMark;
    }
    message._send(length.toString(16), 'latin1', null);
    message._send(crlf, null, null);
    message._send(chunk, encoding, null, length);
    return message._send(crlf, null, callback);
  }
  if (message.chunkedEncoding && message[kCorked] && message[kChunkedBuffer].length !== 0) {
    message[kChunkedBuffer].push(chunk, encoding, callback);
    return message.writableLength < message.writableHighWaterMark;
  }
  return message._send(chunk, encoding, callback, length);
}

function connectionCorkNT(message) {
  if (message[kCorked]) message.uncork();
}

OutgoingMessage.prototype.addTrailers = function addTrailers(headers) {
  this._trailer = '';
  const isArray = Array.isArray(headers);
  for (const key of Object.keys(headers)) {
    const field = isArray ? headers[key][0] : key;
    let value = isArray ? headers[key][1] : headers[key];
    validateHeaderName(field, 'Trailer name');

    const check = (text) => {
      if (checkInvalidHeaderChar(text, this._isLenientHeaderValidation())) {
        throw new ERR_INVALID_CHAR('trailer content', field);
      }
      this._trailer += `${field}: ${text}\r\n`;
    };
    if (Array.isArray(value) && value.length > 1 &&
        (!this[kUniqueHeaders] || !this[kUniqueHeaders].has(field.toLowerCase()))) {
      value.forEach(check);
    } else {
      if (Array.isArray(value)) value = value.join('; ');
      check(value);
    }
  }
};

// ---- the end -------------------------------------------------------------------------------------

/** All is written: what belongs to the message itself comes before the listeners. */
function onFinish(message) {
  if (message[kSocket]?._hadError) return;
  message[kWritableFinished] = true;
  message[kAfterFinish]();
  if (message._events.finish !== undefined) message.emit('finish');
}

OutgoingMessage.prototype[kAfterFinish] = nop;

/** Calls onFinish soon; a server does it at the end of the current read. */
OutgoingMessage.prototype[kScheduleFinish] = function() {
  process.nextTick(onFinish, this);
};

/**
 * OPTIMIZATION: header and body in one native call, when the socket is idle and this is all there is to send.
 * Returns whether that was done.
 */
function endDirectly(message, chunk, encoding) {
  const socket = message[kSocket];
  if (socket === null || socket._httpMessage !== message || message._headerSent || message[kCorked] !== 0 ||
      !message._hasBody || message.strictContentLength || message[kChunkedBuffer].length !== 0 ||
      message.outputData.length !== 0 || socket[kWriteDirect] === undefined) {
    return false;
  }
  const header = message._header;
  let data;
  let dataEncoding;
  if (typeof chunk === 'string') {
    if (encoding && encoding !== 'utf8' && encoding !== 'utf-8' && encoding !== 'latin1') return false;
    const length = byteLengthOf(chunk, encoding);
    // The header of a message without a known length is followed by the only chunk and the last, empty one.
    data = message.chunkedEncoding ?
      `${header}${length.toString(16)}\r\n${chunk}\r\n0\r\n${message._trailer}\r\n` :
      header + chunk;
    // Text of as many bytes as characters is ASCII, which Latin-1 writes fastest.
    dataEncoding = encoding === 'latin1' || length === chunk.length ? 'latin1' : 'utf8';
  } else if (message.chunkedEncoding) {
    return false;
  } else if (chunk === null) {
    data = header;
    dataEncoding = 'latin1';
  } else if (chunk.length <= copyLimitBytes) {
    data = Buffer.allocUnsafe(header.length + chunk.length);
    data.latin1Write(header, 0, header.length);
    data.set(chunk, header.length);
    dataEncoding = 'buffer';
  } else {
    return false;
  }

  const outcome = socket[kWriteDirect](data, dataEncoding, message, onFinish);
  if (outcome === 0) return false;
  message._headerSent = true;
  message.finished = true;
  if (outcome === 1) message[kScheduleFinish]();
  message._finish();
  return true;
}

OutgoingMessage.prototype.end = function end(chunk, encoding, callback) {
  if (typeof chunk === 'function') {
    callback = chunk;
    chunk = null;
    encoding = null;
  } else if (typeof encoding === 'function') {
    callback = encoding;
    encoding = null;
  }

  if (chunk) {
    if (this.finished) {
      onError(this, new ERR_STREAM_WRITE_AFTER_END(), typeof callback !== 'function' ? nop : callback);
      return this;
    }
    checkChunk(chunk);
    if (!this._header && !this.destroyed && !this.strictContentLength) {
      this._contentLength = byteLengthOf(chunk, encoding);
      this._implicitHeader();
      if (typeof callback !== 'function' && endDirectly(this, chunk, encoding)) return this;
    } else if (this._header && !this.destroyed && typeof callback !== 'function' &&
               endDirectly(this, chunk, encoding)) {
      return this;
    }
    if (this[kSocket]) this[kSocket].cork();
    write_(this, chunk, encoding, null, true);
  } else if (this.finished) {
    if (typeof callback === 'function') {
      process.nextTick(callback, new ERR_STREAM_ALREADY_FINISHED('end'));
    }
    return this;
  } else if (!this._header) {
    this._contentLength = 0;
    this._implicitHeader();
    if (typeof callback !== 'function' && !this.destroyed && endDirectly(this, null, null)) return this;
    if (this[kSocket]) this[kSocket].cork();
  } else if (this[kSocket]) {
    this[kSocket].cork();
  }

  if (typeof callback === 'function') this.once('finish', callback);

  if (checksLength(this) && this[kBytesWritten] !== this._contentLength) {
    if (this[kSocket]) this[kSocket].uncork();
    throw new ERR_HTTP_CONTENT_LENGTH_MISMATCH(this[kBytesWritten], this._contentLength);
  }

  const finish = () => onFinish(this);
  if (this._hasBody && this.chunkedEncoding) {
    // What was corked is the last chunk but one.
    while (this[kCorked] > 1) this.uncork();
    if (this[kCorked]) this.uncork();
    this._send(`0\r\n${this._trailer}\r\n`, 'latin1', finish);
  } else if (!this._headerSent || this.writableLength || chunk) {
    this._send('', 'latin1', finish);
  } else {
    process.nextTick(finish);
  }

  if (this[kSocket]) {
    // Undoes every cork(), also those of the user.
    this[kSocket]._writableState.corked = 1;
    this[kSocket].uncork();
  }
  this[kCorked] = 1;
  this.uncork();
  this.finished = true;

  // A response that waits for its turn is finished when it had it.
  if (this.outputData.length === 0 && this[kSocket] && this[kSocket]._httpMessage === this) this._finish();
  return this;
};

OutgoingMessage.prototype._finish = function _finish() {
  if (this._events.prefinish !== undefined) this.emit('prefinish');
};

OutgoingMessage.prototype[EE.captureRejectionSymbol] = function(err) {
  this.destroy(err);
};

module.exports = {
  kHighWaterMark,
  kUniqueHeaders,
  kAfterFinish,
  kScheduleFinish,
  kSocket,
  onFinish,
  setSocket,
  parseUniqueHeadersOption,
  isValidHeaderName,
  isValidHeaderValue,
  validateHeaderName,
  validateHeaderValue,
  OutgoingMessage,
};
