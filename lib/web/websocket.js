'use strict';

// WebSocket: https://websockets.spec.whatwg.org, the protocol of RFC 6455 over an upgraded connection of node:http(s).

const { codes: { ERR_INVALID_THIS } } = require('internal/errors');
const { customInspectSymbol: kInspect, lazyDOMException } = require('internal/util');
const { Event, EventTarget, defineEventHandler } = require('internal/event_target');
const { isAnyArrayBuffer, isArrayBufferView } = require('internal/util/types');
const { defineInterface, inspectAs } = require('web/stream_util');
const { requireArguments, toUSVString } = require('web/webidl');

const kGuid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const kOpcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 };
const kToken = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const kCloseTimeoutMs = 3000;

// ---- events --------------------------------------------------------------------------------------------------------------------------------

class CloseEvent extends Event {
  #wasClean;
  #code;
  #reason;

  constructor(type, init = {}) {
    requireArguments(arguments, 1, 'CloseEvent constructor');
    super(`${type}`, init ?? {});
    this.#wasClean = Boolean(init?.wasClean);
    this.#code = Number(init?.code ?? 0) & 0xFFFF;
    this.#reason = toUSVString(init?.reason ?? '');
  }

  get wasClean() {
    return this.#wasClean;
  }

  get code() {
    return this.#code;
  }

  get reason() {
    return this.#reason;
  }
}
defineInterface(CloseEvent, ['wasClean', 'code', 'reason']);

class ErrorEvent extends Event {
  #message;
  #filename;
  #lineno;
  #colno;
  #error;

  constructor(type, init = {}) {
    requireArguments(arguments, 1, 'ErrorEvent constructor');
    super(`${type}`, init ?? {});
    this.#message = `${init?.message ?? ''}`;
    this.#filename = toUSVString(init?.filename ?? '');
    this.#lineno = Number(init?.lineno ?? 0) >>> 0;
    this.#colno = Number(init?.colno ?? 0) >>> 0;
    this.#error = init?.error;
  }

  get message() {
    return this.#message;
  }

  get filename() {
    return this.#filename;
  }

  get lineno() {
    return this.#lineno;
  }

  get colno() {
    return this.#colno;
  }

  get error() {
    return this.#error;
  }
}
defineInterface(ErrorEvent, ['message', 'filename', 'lineno', 'colno', 'error']);

// ---- frames (RFC 6455 §5) --------------------------------------------------------------------------------------------------------------------

/** A masked frame, as clients send them. */
function encodeFrame(opcode, payload) {
  const { Buffer } = require('buffer');
  const { length } = payload;
  const extended = length < 126 ? 0 : length < 65536 ? 2 : 8;
  const frame = Buffer.allocUnsafe(6 + extended + length);
  frame[0] = 0x80 | opcode;
  if (extended === 0) {
    frame[1] = 0x80 | length;
  } else if (extended === 2) {
    frame[1] = 0x80 | 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 0x80 | 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  const mask = require('crypto').randomBytes(4);
  mask.copy(frame, 2 + extended);
  const start = 6 + extended;
  for (let i = 0; i < length; i++) frame[start + i] = payload[i] ^ mask[i & 3];
  return frame;
}

/** Takes frames out of what arrives: {isFinal, opcode, payload}; throws on a violation of the protocol. */
class FrameReader {
  constructor() {
    this.pending = require('buffer').Buffer.alloc(0);
  }

  push(bytes) {
    const { Buffer } = require('buffer');
    this.pending = this.pending.length === 0 ? bytes : Buffer.concat([this.pending, bytes]);
  }

  next() {
    const { pending } = this;
    if (pending.length < 2) return undefined;
    const { 0: first, 1: second } = pending;
    const opcode = first & 0x0F;
    const isFinal = (first & 0x80) !== 0;
    if ((first & 0x70) !== 0) throw new Error('Expected RSV1, RSV2 and RSV3 to be clear.');
    if ((second & 0x80) !== 0) throw new Error('Frame cannot be masked');
    if (![0, 1, 2, 8, 9, 10].includes(opcode)) throw new Error('Invalid opcode received');
    let length = second & 0x7F;
    let start = 2;
    if (opcode >= 8 && (length > 125 || !isFinal)) throw new Error('Invalid control frame');
    if (length === 126) {
      if (pending.length < 4) return undefined;
      length = pending.readUInt16BE(2);
      start = 4;
    } else if (length === 127) {
      if (pending.length < 10) return undefined;
      length = Number(pending.readBigUInt64BE(2));
      start = 10;
      if (length > 2 ** 31) throw new Error('Received payload length > 2^31 bytes.');
    }
    if (pending.length < start + length) return undefined;
    this.pending = pending.subarray(start + length);
    return { isFinal, opcode, payload: pending.subarray(start, start + length) };
  }
}

// ---- the class --------------------------------------------------------------------------------------------------------------------------------

class WebSocket extends EventTarget {
  #url;
  #protocol = '';
  #readyState = 0;
  #binaryType = 'blob';
  #bufferedAmount = 0;
  #request;
  #socket;
  #reader;
  // The parts of a message in several frames.
  #fragments = [];
  #fragmentOpcode = 0;
  #closeCode = 1006;
  #closeReason = '';
  #isCloseSent = false;
  #isCloseReceived = false;
  #isOver = false;

  constructor(url, protocols = []) {
    requireArguments(arguments, 1, 'WebSocket constructor');
    super();
    const options = typeof protocols === 'object' && protocols !== null && typeof protocols[Symbol.iterator] !== 'function' ? protocols : {};
    let list = options === protocols ? options.protocols ?? [] : protocols;
    list = typeof list === 'string' ? [list] : typeof list === 'object' && list !== null ? [...list].map(String) : [`${list}`];
    const { URL } = require('internal/url');
    let parsed;
    try {
      parsed = new URL(toUSVString(url));
    } catch (error) {
      throw lazyDOMException(error.message, 'SyntaxError');
    }
    if (parsed.protocol === 'http:') parsed.protocol = 'ws:';
    else if (parsed.protocol === 'https:') parsed.protocol = 'wss:';
    if (parsed.protocol !== 'ws:' && parsed.protocol !== 'wss:') {
      throw lazyDOMException(`Expected a ws: or wss: protocol, got ${parsed.protocol}`, 'SyntaxError');
    }
    if (parsed.hash !== '' || parsed.href.endsWith('#')) throw lazyDOMException('Got fragment', 'SyntaxError');
    const lower = list.map((name) => name.toLowerCase());
    if (new Set(lower).size !== lower.length || list.some((name) => !kToken.test(name))) {
      throw lazyDOMException('Invalid Sec-WebSocket-Protocol value', 'SyntaxError');
    }
    this.#url = parsed;
    this.#connect(list, options.headers);
  }

  static #check(object) {
    if (object === null || typeof object !== 'object' || !(#url in object)) throw new ERR_INVALID_THIS('WebSocket');
  }

  /** RFC 6455 §4.1 */
  #connect(protocols, extraHeaders) {
    const { createHash, randomBytes } = require('crypto');
    const key = randomBytes(16).toString('base64');
    const url = this.#url;
    const isSecure = url.protocol === 'wss:';
    const { request } = isSecure ? require('https') : require('http');
    const headers = { ...extraHeaders };
    Object.assign(headers, {
      'Host': url.host, 'Connection': 'Upgrade', 'Upgrade': 'websocket', 'Sec-WebSocket-Key': key, 'Sec-WebSocket-Version': '13',
    });
    if (protocols.length > 0) headers['Sec-WebSocket-Protocol'] = protocols.join(', ');
    const outgoing = request({
      protocol: isSecure ? 'https:' : 'http:',
      hostname: url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname,
      port: url.port === '' ? undefined : Number(url.port),
      path: `${url.pathname}${url.search}`,
      headers,
      agent: false,
    });
    this.#request = outgoing;
    outgoing.on('error', (error) => this.#fail(error));
    outgoing.on('response', (response) => {
      response.destroy();
      this.#fail(new Error('Received network error or non-101 status code.'));
    });
    outgoing.on('upgrade', (response, socket, head) => {
      const accept = createHash('sha1').update(key + kGuid).digest('base64');
      const { headers: answer } = response;
      const chosen = answer['sec-websocket-protocol'];
      let problem;
      if (answer.upgrade?.toLowerCase() !== 'websocket') problem = 'Server did not set Upgrade header to "websocket".';
      else if (answer['sec-websocket-accept'] !== accept) problem = 'Incorrect hash received in Sec-WebSocket-Accept header.';
      else if (answer['sec-websocket-extensions'] !== undefined) problem = 'Sec-WebSocket-Extensions header does not match.';
      else if (chosen !== undefined && !protocols.includes(chosen)) problem = 'Protocol was not set in the opening handshake.';
      if (problem !== undefined) {
        socket.destroy();
        this.#fail(new Error(problem));
        return;
      }
      this.#protocol = chosen ?? '';
      this.#open(socket, head);
    });
    outgoing.end();
  }

  #open(socket, head) {
    this.#socket = socket;
    this.#reader = new FrameReader();
    this.#readyState = 1;
    socket.on('data', (bytes) => this.#receive(bytes));
    socket.on('error', () => {});
    socket.on('close', () => this.#finish());
    socket.on('end', () => socket.end());
    this.dispatchEvent(new Event('open'));
    if (head.length > 0) this.#receive(head);
  }

  #receive(bytes) {
    try {
      this.#reader.push(bytes);
      for (;;) {
        if (this.#isCloseReceived) return;
        const frame = this.#reader.next();
        if (frame === undefined) return;
        this.#handle(frame);
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  #handle({ isFinal, opcode, payload }) {
    switch (opcode) {
      case kOpcodes.ping:
        if (!this.#isCloseSent) this.#send(kOpcodes.pong, payload);
        return;
      case kOpcodes.pong:
        return;
      case kOpcodes.close:
        this.#receiveClose(payload);
        return;
      case kOpcodes.continuation:
        if (this.#fragments.length === 0) throw new Error('Unexpected continuation frame');
        break;
      default:
        if (this.#fragments.length > 0) throw new Error('Expected continuation frame');
        this.#fragmentOpcode = opcode;
    }
    const { Buffer } = require('buffer');
    this.#fragments.push(Buffer.from(payload));
    if (!isFinal) return;
    const message = Buffer.concat(this.#fragments);
    this.#fragments = [];
    this.#deliver(this.#fragmentOpcode, message);
  }

  #deliver(opcode, bytes) {
    if (this.#readyState !== 1) return;
    const { MessageEvent } = require('web/message_event');
    let data;
    if (opcode === kOpcodes.text) {
      try {
        data = new (require('internal/encoding').TextDecoder)('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
      } catch {
        throw new Error('Received invalid UTF-8 in text frame.');
      }
    } else if (this.#binaryType === 'blob') {
      data = new (require('internal/blob').Blob)([bytes]);
    } else {
      data = new Uint8Array(bytes).buffer;
    }
    this.dispatchEvent(new MessageEvent('message', { data, origin: this.#url.origin }));
  }

  #receiveClose(payload) {
    if (payload.length === 1) throw new Error('Invalid close frame');
    this.#isCloseReceived = true;
    this.#closeCode = payload.length >= 2 ? payload.readUInt16BE(0) : 1005;
    this.#closeReason = payload.toString('utf8', 2);
    if (!this.#isCloseSent) {
      this.#isCloseSent = true;
      this.#send(kOpcodes.close, payload.subarray(0, 2));
    }
    this.#readyState = 2;
    this.#socket.end();
  }

  #send(opcode, payload) {
    const { length } = payload;
    this.#bufferedAmount += length;
    this.#socket.write(encodeFrame(opcode, payload), () => {
      this.#bufferedAmount -= length;
    });
  }

  /** "Fail the WebSocket connection" */
  #fail(error) {
    if (this.#isOver) return;
    this.#readyState = 3;
    this.dispatchEvent(new ErrorEvent('error', { error, message: error?.message }));
    if (this.#socket !== undefined && !this.#socket.destroyed) {
      this.#socket.destroy();
    } else {
      this.#request.destroy();
      this.#finish();
    }
  }

  #finish() {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#readyState = 3;
    const wasClean = this.#isCloseSent && this.#isCloseReceived;
    this.dispatchEvent(new CloseEvent('close', {
      wasClean, code: this.#isCloseReceived ? this.#closeCode : 1006, reason: this.#closeReason,
    }));
  }

  get url() {
    WebSocket.#check(this);
    return this.#url.href;
  }

  get readyState() {
    WebSocket.#check(this);
    return this.#readyState;
  }

  get bufferedAmount() {
    WebSocket.#check(this);
    return this.#bufferedAmount;
  }

  get extensions() {
    WebSocket.#check(this);
    return '';
  }

  get protocol() {
    WebSocket.#check(this);
    return this.#protocol;
  }

  get binaryType() {
    WebSocket.#check(this);
    return this.#binaryType;
  }

  set binaryType(type) {
    WebSocket.#check(this);
    if (type === 'blob' || type === 'arraybuffer') this.#binaryType = type;
  }

  close(code = undefined, reason = undefined) {
    WebSocket.#check(this);
    if (code !== undefined) {
      code = Math.min(Math.max(Math.round(Number(code)) || 0, 0), 65535);
      if (code !== 1000 && (code < 3000 || code > 4999)) throw lazyDOMException('invalid code', 'InvalidAccessError');
    }
    const { Buffer } = require('buffer');
    const reasonBytes = Buffer.from(reason === undefined ? '' : toUSVString(reason), 'utf8');
    if (reasonBytes.length > 123) throw lazyDOMException(`Reason must be less than 123 bytes; received ${reasonBytes.length}`, 'SyntaxError');
    if (this.#readyState >= 2) return;
    if (this.#readyState === 0) {
      this.#readyState = 2;
      process.nextTick(() => this.#fail(new Error('Connection was closed before it was established.')));
      return;
    }
    this.#readyState = 2;
    this.#isCloseSent = true;
    let payload = Buffer.alloc(0);
    if (code !== undefined || reason !== undefined) {
      payload = Buffer.concat([Buffer.from([(code ?? 1000) >> 8, (code ?? 1000) & 0xFF]), reasonBytes]);
    }
    this.#send(kOpcodes.close, payload);
    const timer = require('timers').setTimeout(() => this.#socket.destroy(), kCloseTimeoutMs);
    timer.unref();
  }

  send(data) {
    WebSocket.#check(this);
    requireArguments(arguments, 1, 'WebSocket.send');
    if (this.#readyState === 0) throw lazyDOMException('Sent before connected.', 'InvalidStateError');
    const { Buffer } = require('buffer');
    const { isBlob } = require('internal/blob');
    if (isBlob(data)) {
      data.bytes().then((bytes) => {
        if (this.#readyState === 1) this.#send(kOpcodes.binary, bytes);
      });
      return;
    }
    if (this.#readyState !== 1 || this.#isCloseSent) return;
    if (isAnyArrayBuffer(data)) this.#send(kOpcodes.binary, new Uint8Array(data));
    else if (isArrayBufferView(data)) this.#send(kOpcodes.binary, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    else this.#send(kOpcodes.text, Buffer.from(toUSVString(data), 'utf8'));
  }

  [kInspect](depth, options) {
    const { url, readyState, bufferedAmount, binaryType, extensions, protocol } = this;
    return inspectAs(this, 'WebSocket', depth, options, { url, readyState, bufferedAmount, binaryType, extensions, protocol });
  }
}
defineInterface(WebSocket, [
  'url', 'readyState', 'bufferedAmount', 'extensions', 'protocol', 'binaryType', 'close', 'send',
]);
for (const name of ['open', 'error', 'close', 'message']) defineEventHandler(WebSocket.prototype, name);
for (const { 0: name, 1: value } of Object.entries({ CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 })) {
  const descriptor = { __proto__: null, enumerable: true, value };
  Object.defineProperty(WebSocket, name, descriptor);
  Object.defineProperty(WebSocket.prototype, name, descriptor);
}

module.exports = { CloseEvent, ErrorEvent, WebSocket };
