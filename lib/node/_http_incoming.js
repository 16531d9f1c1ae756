'use strict';
// IncomingMessage: a request at the server, a response at the client.
//
// Most requests have no body and nobody reads them as streams, so the readable state is made when it is first
// looked at. Until then three flags stand for it: kEnded (the parser saw the end), kDumped (the response is
// over and the rest was thrown away), kRState itself being null.

const { Readable } = require('stream');
const { ReadableState } = Readable;

const kHeaders = Symbol('kHeaders');
const kHeadersDistinct = Symbol('kHeadersDistinct');
const kHeadersCount = Symbol('kHeadersCount');
// Which fields that servers look for are there, as bits.
const kFields = Symbol('kFields');
const kTrailers = Symbol('kTrailers');
const kTrailersDistinct = Symbol('kTrailersDistinct');
const kTrailersCount = Symbol('kTrailersCount');
const kAbortController = Symbol('kAbortController');
const kRState = Symbol('kReadableState');
const kEnded = Symbol('kEnded');
const kDumped = Symbol('kDumped');
const kEndOfMessage = Symbol('kEndOfMessage');
const kFinishQuietly = Symbol('kFinishQuietly');

function readStart(socket) {
  if (socket && !socket._paused && socket.readable) socket.resume();
}

function readStop(socket) {
  if (socket) socket.pause();
}

function IncomingMessage(socket) {
  // The fields of a stream, in the order in which Readable itself would add them.
  this._events = { close: undefined, error: undefined, data: undefined, end: undefined, readable: undefined };
  this._eventsCount = 0;
  this._maxListeners = undefined;
  this[kRState] = null;
  this[kEnded] = false;
  this[kDumped] = false;
  this.socket = socket;
  this.httpVersionMajor = null;
  this.httpVersionMinor = null;
  this.httpVersion = null;
  this.complete = false;
  this[kHeaders] = null;
  this[kHeadersDistinct] = null;
  this[kHeadersCount] = 0;
  this[kFields] = 0;
  this.rawHeaders = noHeaders;
  this[kTrailers] = null;
  this[kTrailersDistinct] = null;
  this[kTrailersCount] = 0;
  this.rawTrailers = noHeaders;
  this.joinDuplicateHeaders = false;
  this.aborted = false;
  this.upgrade = null;
  this.url = '';
  this.method = null;
  this.statusCode = null;
  this.statusMessage = null;
  this.client = socket;
  this._consuming = false;
  this._dumped = false;
  this[kAbortController] = null;
  if (captureRejections()) Readable.call(this);
}
Object.setPrototypeOf(IncomingMessage.prototype, Readable.prototype);
Object.setPrototypeOf(IncomingMessage, Readable);

// Shared until a message has headers of its own: nobody writes to it.
const noHeaders = Object.freeze([]);

/** With captureRejections on, EventEmitter's own initialisation is needed. */
let EE;
function captureRejections() {
  EE ??= require('events');
  return EE.captureRejections === true;
}

Object.defineProperty(IncomingMessage.prototype, '_readableState', {
  __proto__: null,
  configurable: true,
  enumerable: false,
  get() {
    return this[kRState] ?? materialise(this);
  },
  set(state) {
    this[kRState] = state;
  },
});

function materialise(message) {
  // Reading it off the prototype is no reason to make one.
  if (message[kRState] === undefined) return undefined;
  const hwm = message.socket?.readableHighWaterMark;
  const state = new ReadableState(hwm === undefined ? undefined : { highWaterMark: hwm }, message, false);
  message[kRState] = state;
  // _read() has not been called, so what is pushed now was pushed inside no read().
  state.readingMore = true;
  if (message[kDumped]) {
    state.ended = true;
    state.endEmitted = true;
    state.destroyed = true;
    state.closed = true;
    state.closeEmitted = true;
  } else if (message[kEnded]) {
    message.push(null);
  }
  return state;
}

/** The parser saw the end of the message. */
IncomingMessage.prototype[kEndOfMessage] = function() {
  this[kEnded] = true;
  if (this[kRState] !== null) this.push(null);
};

/**
 * The response is over. True when this message needs no stream for that: it has ended, and nobody listens for
 * what a stream would emit.
 */
IncomingMessage.prototype[kFinishQuietly] = function() {
  const events = this._events;
  if (this[kRState] !== null || !this[kEnded] || events.end !== undefined || events.close !== undefined ||
      events.resume !== undefined) {
    return false;
  }
  this[kDumped] = true;
  this._dumped = true;
  this._consuming = true;
  return true;
};

Object.defineProperties(IncomingMessage.prototype, {
  connection: {
    __proto__: null,
    get() { return this.socket; },
    set(value) { this.socket = value; },
  },
  headers: {
    __proto__: null,
    get() {
      if (this[kHeaders] === null) {
        const dst = this[kHeaders] = {};
        const src = this.rawHeaders;
        for (let n = 0; n < this[kHeadersCount]; n += 2) this._addHeaderLine(src[n], src[n + 1], dst);
      }
      return this[kHeaders];
    },
    set(value) { this[kHeaders] = value; },
  },
  headersDistinct: {
    __proto__: null,
    get() {
      if (this[kHeadersDistinct] === null) {
        const dst = this[kHeadersDistinct] = { __proto__: null };
        const src = this.rawHeaders;
        for (let n = 0; n < this[kHeadersCount]; n += 2) this._addHeaderLineDistinct(src[n], src[n + 1], dst);
      }
      return this[kHeadersDistinct];
    },
    set(value) { this[kHeadersDistinct] = value; },
  },
  trailers: {
    __proto__: null,
    get() {
      if (this[kTrailers] === null) {
        const dst = this[kTrailers] = {};
        const src = this.rawTrailers;
        for (let n = 0; n < this[kTrailersCount]; n += 2) this._addHeaderLine(src[n], src[n + 1], dst);
      }
      return this[kTrailers];
    },
    set(value) { this[kTrailers] = value; },
  },
  trailersDistinct: {
    __proto__: null,
    get() {
      if (this[kTrailersDistinct] === null) {
        const dst = this[kTrailersDistinct] = { __proto__: null };
        const src = this.rawTrailers;
        for (let n = 0; n < this[kTrailersCount]; n += 2) this._addHeaderLineDistinct(src[n], src[n + 1], dst);
      }
      return this[kTrailersDistinct];
    },
    set(value) { this[kTrailersDistinct] = value; },
  },
  // Aborted when the message is closed before its end.
  signal: {
    __proto__: null,
    configurable: true,
    get() {
      if (this[kAbortController] === null) {
        const ac = this[kAbortController] = new AbortController();
        if (this.destroyed) {
          ac.abort();
        } else {
          const abort = () => ac.abort();
          this.once('close', abort);
          this.socket?.once('close', abort);
        }
      }
      return this[kAbortController].signal;
    },
  },
});

IncomingMessage.prototype.setTimeout = function(msecs, callback) {
  if (callback) this.on('timeout', callback);
  this.socket.setTimeout(msecs);
  return this;
};

IncomingMessage.prototype._read = function(n) {
  if (!this._consuming) {
    this._readableState.readingMore = false;
    this._consuming = true;
  }
  // More from the socket, unless the body is complete: then the next message may not be touched.
  if (this.socket?.readable) readStart(this.socket);
};

IncomingMessage.prototype._destroy = function(err, cb) {
  if (!this.readableEnded || !this.complete) {
    this.aborted = true;
    this.emit('aborted');
  }

  // A half-received message takes its connection with it.
  if (this.socket && !this.socket.destroyed && this.aborted) {
    this.socket.destroy(err);
    const { eos } = require('internal/streams/end-of-stream');
    const cleanup = eos(this.socket, (e) => {
      if (e?.code === 'ERR_STREAM_PREMATURE_CLOSE') e = null;
      cleanup();
      process.nextTick(onError, this, e || err, cb);
    });
  } else {
    process.nextTick(onError, this, err, cb);
  }
};

function onError(self, error, cb) {
  // Without a listener the error of an aborted message is nobody's.
  if (self.listenerCount('error') === 0) cb();
  else cb(error);
}

IncomingMessage.prototype._addHeaderLines = function(headers, n) {
  if (!headers?.length) return;
  let dest;
  if (this.complete) {
    this.rawTrailers = headers;
    this[kTrailersCount] = n;
    dest = this[kTrailers];
  } else {
    this.rawHeaders = headers;
    this[kHeadersCount] = n;
    dest = this[kHeaders];
  }
  if (dest) {
    for (let i = 0; i < n; i += 2) this._addHeaderLine(headers[i], headers[i + 1], dest);
  }
};

// How repeated fields are joined.
const kJoinComma = 0;
const kKeepFirst = 1;
const kArray = 2;
const kJoinSemicolon = 3;

/** The lower-case name and the way of joining, by the name as it is usually written. */
const knownFields = { __proto__: null };

for (const name of [
  'Age', 'Authorization', 'Content-Length', 'Content-Type', 'ETag', 'Expires', 'From', 'Host',
  'If-Modified-Since', 'If-Unmodified-Since', 'Last-Modified', 'Location', 'Max-Forwards',
  'Proxy-Authorization', 'Referer', 'Retry-After', 'Server', 'User-Agent',
]) {
  addKnown(name, kKeepFirst);
}
for (const name of [
  'Date', 'Cache-Control', 'Transfer-Encoding', 'Accept', 'Accept-Encoding', 'Accept-Language', 'Connection',
  'Upgrade', 'Expect', 'Via', 'Vary', 'Origin', 'If-None-Match', 'If-Match', 'Range', 'Pragma',
  'Content-Encoding', 'X-Forwarded-For', 'X-Forwarded-Host', 'X-Forwarded-Proto', 'Upgrade-Insecure-Requests',
  'Sec-Fetch-Site', 'Sec-Fetch-Mode', 'Sec-Fetch-Dest', 'Keep-Alive',
]) {
  addKnown(name, kJoinComma);
}
addKnown('Set-Cookie', kArray);
addKnown('Cookie', kJoinSemicolon);

function addKnown(name, join) {
  const field = { name: name.toLowerCase(), join };
  knownFields[name] = field;
  knownFields[field.name] = field;
}

const unknownField = { name: '', join: kJoinComma };

function fieldOf(name) {
  const known = knownFields[name];
  if (known !== undefined) return known;
  const lower = name.toLowerCase();
  const field = knownFields[lower];
  if (field !== undefined) return field;
  unknownField.name = lower;
  return unknownField;
}

IncomingMessage.prototype._addHeaderLine = function(rawName, value, dest) {
  const { name, join } = fieldOf(rawName);
  if (name === '__proto__') {
    // An assignment would set the prototype.
    const old = Object.hasOwn(dest, name) ? dest[name] : undefined;
    Object.defineProperty(dest, name, {
      __proto__: null,
      value: typeof old === 'string' ? `${old}, ${value}` : value,
      writable: true,
      enumerable: true,
      configurable: true,
    });
    return;
  }
  const old = dest[name];
  const isOwn = old !== undefined && (typeof old === 'string' || Array.isArray(old));
  if (join === kArray) {
    if (isOwn) old.push(value);
    else dest[name] = [value];
  } else if (!isOwn) {
    dest[name] = value;
  } else if (join === kJoinComma) {
    dest[name] = `${old}, ${value}`;
  } else if (join === kJoinSemicolon) {
    dest[name] = `${old}; ${value}`;
  } else if (this.joinDuplicateHeaders) {
    dest[name] = `${old}, ${value}`;
  }
};

IncomingMessage.prototype._addHeaderLineDistinct = function(name, value, dest) {
  name = name.toLowerCase();
  if (!dest[name]) dest[name] = [value];
  else dest[name].push(value);
};

/** Marks the readable side read to its end without any event. */
IncomingMessage.prototype._dumpAndCloseReadable = function() {
  this._dumped = true;
  const state = this._readableState;
  state.ended = true;
  state.endEmitted = true;
  state.destroyed = true;
  state.closed = true;
  state.closeEmitted = true;
};

/** Throws the rest of the body away, so that the next message can be read. */
IncomingMessage.prototype._dump = function() {
  if (this._dumped) return;
  this._dumped = true;
  // What is buffered is for nobody.
  this.removeAllListeners('data');
  this.resume();
};

module.exports = {
  IncomingMessage,
  readStart,
  readStop,
  kHeadersCount,
  kFields,
  kEndOfMessage,
  kFinishQuietly,
};
