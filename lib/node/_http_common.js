'use strict';
// Parsers and the checks of header names and values.
//
// Binding contract: internalBinding('http_parser') {methods, allMethods: string[], HTTPParser, ConnectionsList}
//   new HTTPParser(); parser.initialize(type, resource, maxHeaderSize, lenientFlags, connectionsList | undefined),
//   execute(view) -> bytes parsed | Error, finish() -> undefined | Error, pause(), resume(), consume(handle),
//   unconsume(), getCurrentBuffer() -> Buffer, free(), remove(), close(); constants REQUEST, RESPONSE, kOnHeaders,
//   kOnHeadersComplete, kOnBody, kOnMessageComplete, kOnExecute, kOnTimeout, kOnMessageBegin, kLenientNone, kLenientAll,
//   kLenientHeaderValueRelaxed. Callbacks are own properties under those numbers:
//   [kOnHeaders](rawHeaders, url) for trailers and for headers beyond one batch;
//   [kOnHeadersComplete](major, minor, rawHeaders | undefined, methodNumber | undefined, url, statusCode, statusMessage,
//     upgrade, shouldKeepAlive, fields: bits kField…) -> 0 | 1 no body | 2 no body and upgrade;
//   isToken(string), isFieldValue(string) -> boolean: what names and values of fields must be, and strictly so;
//   renderHead(start, fields, date, end, inPairs) -> string | undefined, headInfo: Float64Array (see _http_outgoing.js)
//   [kOnBody](Buffer); [kOnMessageComplete](); [kOnExecute](bytesParsed | Error) after each read of a consumed handle.

const { methods, allMethods, HTTPParser, isToken, isFieldValue } = internalBinding('http_parser');
const incoming = require('_http_incoming');
const { IncomingMessage, readStart, readStop, kEndOfMessage, kFields } = incoming;

const kIncomingMessage = Symbol('IncomingMessage');
const kSkipPendingData = Symbol('SkipPendingData');
const kOnMessageBegin = HTTPParser.kOnMessageBegin | 0;
const kOnHeaders = HTTPParser.kOnHeaders | 0;
const kOnHeadersComplete = HTTPParser.kOnHeadersComplete | 0;
const kOnBody = HTTPParser.kOnBody | 0;
const kOnMessageComplete = HTTPParser.kOnMessageComplete | 0;
const kOnExecute = HTTPParser.kOnExecute | 0;
const kOnTimeout = HTTPParser.kOnTimeout | 0;

const maxHeaderPairs = 2000;
// Shared by the parsers that have none: nobody writes to it.
const noHeaders = Object.freeze([]);

function parserOnHeaders(headers, url) {
  const capacity = this.maxHeaderPairs - this._headers.length;
  if (this.maxHeaderPairs <= 0 || capacity >= headers.length) this._headers = this._headers.concat(headers);
  else if (capacity > 0) this._headers = this._headers.concat(headers.slice(0, capacity));
  this._url += url;
}

/** Which fields that servers look for are left. */
function knownFields(headers, count) {
  let fields = 0;
  for (let i = 0; i < count; i += 2) {
    const name = headers[i].toLowerCase();
    if (name === 'host') fields |= HTTPParser.kFieldHost;
    else if (name === 'expect') fields |= HTTPParser.kFieldExpect;
  }
  return fields;
}

function parserOnHeadersComplete(versionMajor, versionMinor, headers, method, url, statusCode, statusMessage,
                                 upgrade, shouldKeepAlive, fields) {
  const { socket } = this;
  if (headers === undefined) {
    headers = this._headers;
    this._headers = noHeaders;
  }
  if (url === undefined) {
    url = this._url;
    this._url = '';
  }

  const server = socket?.server;
  const Message = server?.[kIncomingMessage] || IncomingMessage;
  const message = this.incoming = new Message(socket);
  message.httpVersionMajor = versionMajor;
  message.httpVersionMinor = versionMinor;
  message.httpVersion = versionMajor === 1 && versionMinor === 1 ? '1.1' : `${versionMajor}.${versionMinor}`;
  message.joinDuplicateHeaders = server?.joinDuplicateHeaders || this.joinDuplicateHeaders;
  message.url = url;
  message.upgrade = upgrade;

  let count = headers.length;
  if (this.maxHeaderPairs > 0 && count > this.maxHeaderPairs) {
    count = this.maxHeaderPairs;
    headers.length = count;
    fields = knownFields(headers, count);
  }
  message._addHeaderLines(headers, count);
  message[kFields] = fields;

  if (typeof method === 'number') {
    message.method = allMethods[method];
  } else {
    message.statusCode = statusCode;
    message.statusMessage = statusMessage;
  }
  return this.onIncoming(message, shouldKeepAlive);
}

function parserOnBody(chunk) {
  const message = this.incoming;
  if (message === null || message[kSkipPendingData] || message._dumped) return;
  if (!message.push(chunk)) readStop(this.socket);
}

function parserOnMessageComplete() {
  const message = this.incoming;
  if (message !== null && !message[kSkipPendingData]) {
    message.complete = true;
    if (this._headers.length !== 0) {
      message._addHeaderLines(this._headers, this._headers.length);
      this._headers = noHeaders;
      this._url = '';
    }
    message[kEndOfMessage]();
  }
  const { socket } = this;
  if (socket !== null && socket._readableState?.flowing !== true) readStart(socket);
}

// Parsers are kept for the next connection.
const parsers = {
  list: [],
  max: 1000,

  alloc() {
    const { list } = this;
    if (list.length > 0) return list.pop();
    const parser = new HTTPParser();
    cleanParser(parser);
    parser[kOnHeaders] = parserOnHeaders;
    parser[kOnHeadersComplete] = parserOnHeadersComplete;
    parser[kOnBody] = parserOnBody;
    parser[kOnMessageComplete] = parserOnMessageComplete;
    return parser;
  },

  free(parser) {
    if (this.list.length >= this.max) return false;
    this.list.push(parser);
    return true;
  },
};

function closeParserInstance(parser) {
  parser.close();
}

/** Cuts every link of a parser and keeps it for later, or closes it. */
function freeParser(parser, req, socket) {
  if (parser) {
    if (parser._consumed) parser.unconsume();
    parser.remove();
    cleanParser(parser);
    if (parsers.free(parser)) parser.free();
    else setImmediate(closeParserInstance, parser); // It may be on the native stack now.
  }
  if (req) req.parser = null;
  if (socket) socket.parser = null;
}

function cleanParser(parser) {
  parser._headers = noHeaders;
  parser._url = '';
  parser.socket = null;
  parser.incoming = null;
  parser.outgoing = null;
  parser.maxHeaderPairs = maxHeaderPairs;
  parser[kOnMessageBegin] = null;
  parser[kOnExecute] = null;
  parser[kOnTimeout] = null;
  parser._consumed = false;
  parser.onIncoming = null;
  parser.joinDuplicateHeaders = null;
}

// RFC 9110, section 5.6.2
const tokenPattern = /^[\^_`a-zA-Z\-0-9!#$%&'*+.|~]+$/;
// RFC 9110, section 5.5; and what https://fetch.spec.whatwg.org/#header-value allows.
const strictValuePattern = /[^\t\x20-\x7e\x80-\xff]/;
// eslint-disable-next-line no-control-regex
const relaxedValuePattern = /[\x00\x0a\x0d]|[^\x00-\xff]/;

function checkIsHttpToken(value) {
  return typeof value === 'string' ? isToken(value) : tokenPattern.test(value);
}

function checkInvalidHeaderChar(value, lenient = false) {
  if (lenient) return relaxedValuePattern.test(value);
  return typeof value === 'string' ? !isFieldValue(value) : strictValuePattern.test(value);
}

function prepareError(err, parser, rawPacket) {
  err.rawPacket = rawPacket || parser.getCurrentBuffer();
  if (typeof err.reason === 'string') err.message = `Parse Error: ${err.reason}`;
}

let insecureHTTPParser;
let warnedLenient = false;

function isLenient() {
  insecureHTTPParser ??= !!require('internal/options').getOptionValue('--insecure-http-parser');
  if (insecureHTTPParser && !warnedLenient) {
    warnedLenient = true;
    process.emitWarning('Using insecure HTTP parsing');
  }
  return insecureHTTPParser;
}

function calculateLenientFlags(httpValidation, insecure) {
  if (httpValidation === 'strict') return HTTPParser.kLenientNone | 0;
  if (httpValidation === 'relaxed') return HTTPParser.kLenientHeaderValueRelaxed | 0;
  if (httpValidation === 'insecure') return HTTPParser.kLenientAll | 0;
  return (insecure === undefined ? isLenient() : insecure) ? HTTPParser.kLenientAll | 0 : HTTPParser.kLenientNone | 0;
}

module.exports = {
  _checkInvalidHeaderChar: checkInvalidHeaderChar,
  _checkIsHttpToken: checkIsHttpToken,
  chunkExpression: /(?:^|\W)chunked(?:$|\W)/i,
  continueExpression: /(?:^|\W)100-continue(?:$|\W)/i,
  CRLF: '\r\n',
  freeParser,
  methods: methods.toSorted(),
  parsers,
  kIncomingMessage,
  HTTPParser,
  isLenient,
  calculateLenientFlags,
  prepareError,
  kSkipPendingData,
};
