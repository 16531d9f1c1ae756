'use strict';
// Writable
//
// Binding contract: none of its own.

const EE = require('events');
const { Stream } = require('internal/streams/legacy');
const { Buffer } = require('buffer');
const destroyImpl = require('internal/streams/destroy');
const { getHighWaterMark, getDefaultHighWaterMark } = require('internal/streams/state');
const {
  defineBits, kOnConstructed, kState,
  kObjectMode, kErrorEmitted, kAutoDestroy, kEmitClose, kDestroyed, kClosed, kCloseEmitted, kErrored,
  kConstructed,
} = require('internal/streams/utils');
const {
  AbortError,
  codes: {
    ERR_INVALID_ARG_TYPE,
    ERR_METHOD_NOT_IMPLEMENTED,
    ERR_MULTIPLE_CALLBACK,
    ERR_STREAM_ALREADY_FINISHED,
    ERR_STREAM_CANNOT_PIPE,
    ERR_STREAM_DESTROYED,
    ERR_STREAM_NULL_VALUES,
    ERR_STREAM_WRITE_AFTER_END,
    ERR_UNKNOWN_ENCODING,
  },
} = require('internal/errors');
const { isArrayBufferView } = require('internal/util/types');

module.exports = Writable;
Writable.WritableState = WritableState;

const { errorOrDestroy } = destroyImpl;
const nop = () => {};

const kErroredValue = Symbol('kErroredValue');
const kDefaultEncodingValue = Symbol('kDefaultEncodingValue');
const kWriteCb = Symbol('kWriteCb');
const kAfterWriteTick = Symbol('kAfterWriteTick');
const kBuffered = Symbol('kBuffered');
const kOnFinished = Symbol('kOnFinished');
const kOnWrite = Symbol('kOnWrite');
const kStream = Symbol('kStream');

const kSync = 1 << 9;
const kFinalCalled = 1 << 10;
const kNeedDrain = 1 << 11;
const kEnding = 1 << 12;
const kFinished = 1 << 13;
const kDecodeStrings = 1 << 14;
const kWriting = 1 << 15;
const kBufferProcessing = 1 << 16;
const kPrefinished = 1 << 17;
const kAllBuffers = 1 << 18;
const kAllNoop = 1 << 19;
const kHasWritable = 1 << 20;
const kWritable = 1 << 21;
const kEnded = 1 << 22;

/** The state of a writable half; see ReadableState for what is lazy and why. */
function WritableState(options, stream, isDuplex) {
  let bits = kSync | kConstructed | kEmitClose | kAutoDestroy | kDecodeStrings | kAllBuffers | kAllNoop;
  if (options) {
    if (options.objectMode || (isDuplex && options.writableObjectMode)) bits |= kObjectMode;
    if (options.decodeStrings === false) bits &= ~kDecodeStrings;
    if (options.emitClose === false) bits &= ~kEmitClose;
    if (options.autoDestroy === false) bits &= ~kAutoDestroy;
  }
  this[kState] = bits;
  this.highWaterMark = options ?
    getHighWaterMark(this, options, 'writableHighWaterMark', isDuplex) :
    getDefaultHighWaterMark(false);
  this.length = 0;
  this.corked = 0;
  this.writelen = 0;
  this.bufferedIndex = 0;
  this.pendingcb = 0;
  this[kStream] = stream;
  this[kOnWrite] = null;
  this[kWriteCb] = nop;
  this[kAfterWriteTick] = null;
  this[kBuffered] = null;
  this[kOnFinished] = null;
  this[kErroredValue] = null;
  this[kDefaultEncodingValue] = 'utf8';

  if (options) {
    const { defaultEncoding } = options;
    if (defaultEncoding != null && defaultEncoding !== 'utf8' && defaultEncoding !== 'utf-8') {
      if (!Buffer.isEncoding(defaultEncoding)) throw new ERR_UNKNOWN_ENCODING(defaultEncoding);
      this[kDefaultEncodingValue] = defaultEncoding;
    }
  }
}

defineBits(WritableState.prototype, {
  objectMode: kObjectMode,
  finalCalled: kFinalCalled,
  needDrain: kNeedDrain,
  ending: kEnding,
  ended: kEnded,
  finished: kFinished,
  destroyed: kDestroyed,
  decodeStrings: kDecodeStrings,
  writing: kWriting,
  sync: kSync,
  bufferProcessing: kBufferProcessing,
  constructed: kConstructed,
  prefinished: kPrefinished,
  errorEmitted: kErrorEmitted,
  emitClose: kEmitClose,
  autoDestroy: kAutoDestroy,
  closed: kClosed,
  closeEmitted: kCloseEmitted,
  allBuffers: kAllBuffers,
  allNoop: kAllNoop,
});

Object.defineProperties(WritableState.prototype, {
  // The callback _write() gets; made at the first write.
  onwrite: {
    __proto__: null,
    configurable: true,
    enumerable: false,
    get() {
      const stream = this[kStream];
      return this[kOnWrite] ??= (er) => onwrite(stream, er);
    },
    set(value) { this[kOnWrite] = value; },
  },
  errored: {
    __proto__: null,
    configurable: true,
    enumerable: false,
    get() { return this[kErroredValue]; },
    set(value) {
      this[kErroredValue] = value;
      if (value) this[kState] |= kErrored;
      else this[kState] &= ~kErrored;
    },
  },
  writable: {
    __proto__: null,
    configurable: true,
    enumerable: false,
    get() { return (this[kState] & kHasWritable) !== 0 ? (this[kState] & kWritable) !== 0 : undefined; },
    set(value) {
      if (value == null) this[kState] &= ~(kHasWritable | kWritable);
      else if (value) this[kState] |= kHasWritable | kWritable;
      else this[kState] = this[kState] & ~kWritable | kHasWritable;
    },
  },
  defaultEncoding: {
    __proto__: null,
    configurable: true,
    enumerable: false,
    get() { return this[kDefaultEncodingValue]; },
    set(value) { this[kDefaultEncodingValue] = value; },
  },
  writecb: {
    __proto__: null,
    configurable: true,
    enumerable: false,
    get() { return this[kWriteCb]; },
    set(value) { this[kWriteCb] = value || nop; },
  },
  buffered: {
    __proto__: null,
    configurable: true,
    enumerable: false,
    get() { return this[kBuffered] ?? []; },
    set(value) { this[kBuffered] = value; },
  },
  bufferedRequestCount: {
    __proto__: null,
    configurable: true,
    enumerable: false,
    get() { return bufferedCount(this); },
  },
});

function bufferedCount(state) {
  return state[kBuffered] === null ? 0 : state[kBuffered].length - state.bufferedIndex;
}

function resetBuffer(state) {
  state[kBuffered] = null;
  state.bufferedIndex = 0;
  state[kState] |= kAllBuffers | kAllNoop;
}

WritableState.prototype.getBuffer = function getBuffer() {
  return this[kBuffered] === null ? [] : this[kBuffered].slice(this.bufferedIndex);
};

/** Whether a write would go out now: nothing is queued, going on, ended or in error. */
WritableState.prototype.isIdle = function isIdle() {
  return this.length === 0 && this.corked === 0 &&
    (this[kState] & (kWriting | kErrored | kConstructed | kEnding | kDestroyed)) === kConstructed;
};

/** Accounts for a write of `length` bytes that was started without _write() and calls `onwrite` later. */
WritableState.prototype.beginWrite = function beginWrite(length, callback) {
  this.pendingcb++;
  this.length += length;
  this.writelen = length;
  this[kWriteCb] = callback;
  this[kState] |= kWriting;
  if (this.length >= this.highWaterMark) this[kState] |= kNeedDrain;
};

function Writable(options) {
  if (!(this instanceof Writable)) return new Writable(options);

  this._events ??= {
    close: undefined,
    error: undefined,
    prefinish: undefined,
    finish: undefined,
    drain: undefined,
  };
  this._writableState = new WritableState(options, this, false);
  if (options) {
    if (typeof options.write === 'function') this._write = options.write;
    if (typeof options.writev === 'function') this._writev = options.writev;
    if (typeof options.destroy === 'function') this._destroy = options.destroy;
    if (typeof options.final === 'function') this._final = options.final;
    if (typeof options.construct === 'function') this._construct = options.construct;
    if (options.signal) require('internal/streams/add-abort-signal').addAbortSignalNoValidate(options.signal, this);
  }
  Stream.call(this, options);
  if (this._construct != null) {
    destroyImpl.construct(this, () => {
      this[kOnConstructed]();
    });
  }
}
Object.setPrototypeOf(Writable.prototype, Stream.prototype);
Object.setPrototypeOf(Writable, Stream);

// A Duplex inherits from Readable, yet is an instance of both.
Object.defineProperty(Writable, Symbol.hasInstance, {
  __proto__: null,
  value(object) {
    if (Function.prototype[Symbol.hasInstance].call(this, object)) return true;
    if (this !== Writable) return false;
    return object && object._writableState instanceof WritableState;
  },
});

Writable.prototype[kOnConstructed] = function onConstructed() {
  const state = this._writableState;
  if ((state[kState] & kWriting) === 0) clearBuffer(this, state);
  if ((state[kState] & kEnding) !== 0) finishMaybe(this, state);
};

Writable.prototype.pipe = function() {
  errorOrDestroy(this, new ERR_STREAM_CANNOT_PIPE());
};

// ---- write ---------------------------------------------------------------------------------------

/** Returns the error of a refused write, or what write() returns. */
function _write(stream, chunk, encoding, cb) {
  if (cb == null || typeof cb !== 'function') cb = nop;
  if (chunk === null) throw new ERR_STREAM_NULL_VALUES();
  const state = stream._writableState;

  let length = 1;
  if ((state[kState] & kObjectMode) === 0) {
    if (!encoding) {
      encoding = state[kDefaultEncodingValue];
    } else if (encoding !== 'utf8' && encoding !== 'buffer' && !Buffer.isEncoding(encoding)) {
      throw new ERR_UNKNOWN_ENCODING(encoding);
    }
    if (typeof chunk === 'string') {
      if (encoding === 'buffer') throw new ERR_UNKNOWN_ENCODING(encoding);
      if ((state[kState] & kDecodeStrings) !== 0) {
        chunk = Buffer.from(chunk, encoding);
        encoding = 'buffer';
      }
    } else if (chunk instanceof Buffer) {
      encoding = 'buffer';
    } else if (isArrayBufferView(chunk)) {
      chunk = Stream._uint8ArrayToBuffer(chunk);
      encoding = 'buffer';
    } else {
      throw new ERR_INVALID_ARG_TYPE('chunk', ['string', 'Buffer', 'TypedArray', 'DataView'], chunk);
    }
    length = chunk.length;
  }

  if ((state[kState] & (kEnding | kDestroyed)) !== 0) {
    const err = (state[kState] & kEnding) !== 0 ?
      new ERR_STREAM_WRITE_AFTER_END() : new ERR_STREAM_DESTROYED('write');
    process.nextTick(cb, err);
    errorOrDestroy(stream, err, true);
    return err;
  }

  state.pendingcb++;
  return writeOrBuffer(stream, state, chunk, encoding, cb, length);
}

Writable.prototype.write = function(chunk, encoding, cb) {
  if (encoding != null && typeof encoding === 'function') {
    cb = encoding;
    encoding = null;
  }
  return _write(this, chunk, encoding, cb) === true;
};

Writable.prototype.cork = function() {
  this._writableState.corked++;
};

Writable.prototype.uncork = function() {
  const state = this._writableState;
  if (state.corked) {
    state.corked--;
    if ((state[kState] & kWriting) === 0) clearBuffer(this, state);
  }
};

Writable.prototype.setDefaultEncoding = function setDefaultEncoding(encoding) {
  if (typeof encoding === 'string') encoding = encoding.toLowerCase();
  if (!Buffer.isEncoding(encoding)) throw new ERR_UNKNOWN_ENCODING(encoding);
  this._writableState[kDefaultEncodingValue] = encoding;
  return this;
};

function writeOrBuffer(stream, state, chunk, encoding, callback, length) {
  state.length += length;
  const ok = state.length < state.highWaterMark;
  if (!ok) state[kState] |= kNeedDrain;

  if ((state[kState] & (kWriting | kErrored | kConstructed)) !== kConstructed || state.corked !== 0) {
    (state[kBuffered] ??= []).push({ chunk, encoding, callback });
    if (encoding !== 'buffer') state[kState] &= ~kAllBuffers;
    if (callback !== nop) state[kState] &= ~kAllNoop;
  } else {
    state.writelen = length;
    state[kWriteCb] = callback;
    state[kState] |= kWriting | kSync;
    stream._write(chunk, encoding, state.onwrite);
    state[kState] &= ~kSync;
  }
  return ok && (state[kState] & (kErrored | kDestroyed)) === 0;
}

function doWrite(stream, state, writev, length, chunk, encoding, cb) {
  state.writelen = length;
  state[kWriteCb] = cb;
  state[kState] |= kWriting | kSync;
  if ((state[kState] & kDestroyed) !== 0) state.onwrite(new ERR_STREAM_DESTROYED('write'));
  else if (writev) stream._writev(chunk, state.onwrite);
  else stream._write(chunk, encoding, state.onwrite);
  state[kState] &= ~kSync;
}

function onwriteError(stream, state, er, cb) {
  --state.pendingcb;
  cb(er);
  // Callbacks of later writes come before the 'error' event.
  errorBuffer(state);
  errorOrDestroy(stream, er);
}

function onwrite(stream, er) {
  const state = stream._writableState;
  if ((state[kState] & kWriting) === 0) {
    errorOrDestroy(stream, new ERR_MULTIPLE_CALLBACK());
    return;
  }
  const sync = (state[kState] & kSync) !== 0;
  const cb = state[kWriteCb];
  state[kWriteCb] = nop;
  state[kState] &= ~kWriting;
  state.length -= state.writelen;
  state.writelen = 0;

  if (er) {
    er.stack; // eslint-disable-line no-unused-expressions
    if ((state[kState] & kErrored) === 0) state.errored = er;
    // The readable half of a Duplex must not go on either.
    if (stream._readableState && !stream._readableState.errored) stream._readableState.errored = er;
    if (sync) process.nextTick(onwriteError, stream, state, er, cb);
    else onwriteError(stream, state, er, cb);
    return;
  }

  if (state[kBuffered] !== null && bufferedCount(state) > 0) clearBuffer(stream, state);

  if (sync) {
    const needDrain = (state[kState] & kNeedDrain) !== 0 && state.length === 0;
    const needTick = needDrain || (state[kState] & kDestroyed) !== 0 || cb !== nop;
    if (cb === nop) {
      if (state[kAfterWriteTick] === null && needTick) {
        state[kAfterWriteTick] = { cb: nop, count: 1 };
        process.nextTick(afterWriteTick, stream, state);
      } else {
        state.pendingcb--;
        if ((state[kState] & kEnding) !== 0) finishMaybe(stream, state, true);
      }
    } else if (state[kAfterWriteTick] !== null && state[kAfterWriteTick].cb === cb) {
      // Equal callbacks in a row share one tick.
      state[kAfterWriteTick].count++;
    } else {
      const info = state[kAfterWriteTick] = { cb, count: 1 };
      process.nextTick(afterWriteTick, stream, state, info);
    }
  } else {
    afterWrite(stream, state, 1, cb);
  }
}

function afterWriteTick(stream, state, info = state[kAfterWriteTick]) {
  if (state[kAfterWriteTick] === info) state[kAfterWriteTick] = null;
  afterWrite(stream, state, info.count, info.cb);
}

function afterWrite(stream, state, count, cb) {
  const needDrain = (state[kState] & (kEnding | kNeedDrain | kDestroyed)) === kNeedDrain && state.length === 0;
  if (needDrain) {
    state[kState] &= ~kNeedDrain;
    stream.emit('drain');
  }
  while (count-- > 0) {
    state.pendingcb--;
    cb(null);
  }
  if ((state[kState] & kDestroyed) !== 0) errorBuffer(state);
  if ((state[kState] & kEnding) !== 0) finishMaybe(stream, state, true);
}

/** Fails every write that is still queued, and the callbacks of end(). */
function errorBuffer(state) {
  if ((state[kState] & kWriting) !== 0) return;
  const buffered = state[kBuffered];
  if (buffered !== null) {
    for (let n = state.bufferedIndex; n < buffered.length; ++n) {
      const { chunk, callback } = buffered[n];
      state.length -= (state[kState] & kObjectMode) !== 0 ? 1 : chunk.length;
      callback(state.errored ?? new ERR_STREAM_DESTROYED('write'));
    }
  }
  callFinishedCallbacks(state, state.errored ?? new ERR_STREAM_DESTROYED('end'));
  resetBuffer(state);
}

function callFinishedCallbacks(state, err) {
  const callbacks = state[kOnFinished];
  if (callbacks === null) return;
  state[kOnFinished] = null;
  for (const callback of callbacks) callback(err);
}

/** Writes what is queued: all at once through _writev, or one by one. */
function clearBuffer(stream, state) {
  if (state.corked !== 0 || state[kBuffered] === null ||
      (state[kState] & (kBufferProcessing | kDestroyed | kConstructed)) !== kConstructed) {
    return;
  }
  const objectMode = (state[kState] & kObjectMode) !== 0;
  const buffered = state[kBuffered];
  const count = buffered.length - state.bufferedIndex;
  if (count === 0) return;

  let i = state.bufferedIndex;
  state[kState] |= kBufferProcessing;
  if (count > 1 && stream._writev) {
    state.pendingcb -= count - 1;
    const callback = (state[kState] & kAllNoop) !== 0 ? nop : (err) => {
      for (let n = i; n < buffered.length; ++n) buffered[n].callback(err);
    };
    const chunks = (state[kState] & kAllNoop) !== 0 && i === 0 ? buffered : buffered.slice(i);
    chunks.allBuffers = (state[kState] & kAllBuffers) !== 0;
    doWrite(stream, state, true, state.length, chunks, '', callback);
    resetBuffer(state);
  } else {
    do {
      const { chunk, encoding, callback } = buffered[i];
      buffered[i++] = null;
      doWrite(stream, state, false, objectMode ? 1 : chunk.length, chunk, encoding, callback);
    } while (i < buffered.length && (state[kState] & kWriting) === 0);

    if (i === buffered.length) {
      resetBuffer(state);
    } else if (i > 256) {
      buffered.splice(0, i);
      state.bufferedIndex = 0;
    } else {
      state.bufferedIndex = i;
    }
  }
  state[kState] &= ~kBufferProcessing;
}

Writable.prototype._write = function(chunk, encoding, cb) {
  if (this._writev) this._writev([{ chunk, encoding }], cb);
  else throw new ERR_METHOD_NOT_IMPLEMENTED('_write()');
};
Writable.prototype._writev = null;

// ---- end -----------------------------------------------------------------------------------------

Writable.prototype.end = function(chunk, encoding, cb) {
  const state = this._writableState;
  if (typeof chunk === 'function') {
    cb = chunk;
    chunk = null;
    encoding = null;
  } else if (typeof encoding === 'function') {
    cb = encoding;
    encoding = null;
  }

  let err;
  if (chunk !== null && chunk !== undefined) {
    const ret = _write(this, chunk, encoding);
    if (ret instanceof Error) err = ret;
  }

  // end() undoes every cork().
  if (state.corked) {
    state.corked = 1;
    this.uncork();
  }

  if (err) {
    // The write has been reported.
  } else if ((state[kState] & (kErrored | kEnding)) === 0) {
    state[kState] |= kEnding;
    finishMaybe(this, state, true);
    state[kState] |= kEnded;
  } else if ((state[kState] & kFinished) !== 0) {
    err = new ERR_STREAM_ALREADY_FINISHED('end');
  } else if ((state[kState] & kDestroyed) !== 0) {
    err = new ERR_STREAM_DESTROYED('end');
  }

  if (typeof cb === 'function') {
    if (err) process.nextTick(cb, err);
    else if ((state[kState] & kErrored) !== 0) process.nextTick(cb, state.errored);
    else if ((state[kState] & kFinished) !== 0) process.nextTick(cb, null);
    else (state[kOnFinished] ??= []).push(cb);
  }
  return this;
};

function needFinish(state) {
  return (state[kState] & (kEnding | kDestroyed | kConstructed | kFinished | kWriting | kErrorEmitted |
    kCloseEmitted | kErrored | kBufferProcessing)) === (kEnding | kConstructed) &&
    state.length === 0 && bufferedCount(state) === 0;
}

function onFinal(stream, state, err) {
  state.pendingcb--;
  if (err) {
    callFinishedCallbacks(state, err);
    errorOrDestroy(stream, err, (state[kState] & kSync) !== 0);
  } else if (needFinish(state)) {
    state[kState] |= kPrefinished;
    stream.emit('prefinish');
    // Something may have been written in between, so not at once.
    state.pendingcb++;
    process.nextTick(finish, stream, state);
  }
}

function prefinish(stream, state) {
  if ((state[kState] & (kPrefinished | kFinalCalled)) !== 0) return;
  if (typeof stream._final === 'function' && (state[kState] & kDestroyed) === 0) {
    state[kState] |= kFinalCalled | kSync;
    state.pendingcb++;
    let called = false;
    try {
      stream._final((err) => {
        if (called) {
          errorOrDestroy(stream, err ?? new ERR_MULTIPLE_CALLBACK());
          return;
        }
        called = true;
        onFinal(stream, state, err);
      });
    } catch (err) {
      called = true;
      onFinal(stream, state, err);
    }
    state[kState] &= ~kSync;
  } else {
    state[kState] |= kPrefinished | kFinalCalled;
    stream.emit('prefinish');
  }
}

function finishMaybe(stream, state, sync) {
  if (!needFinish(state)) return;
  prefinish(stream, state);
  if (state.pendingcb !== 0) return;
  if (sync) {
    state.pendingcb++;
    process.nextTick(finishIfNeeded, stream, state);
  } else if (needFinish(state)) {
    state.pendingcb++;
    finish(stream, state);
  }
}

function finishIfNeeded(stream, state) {
  if (needFinish(state)) finish(stream, state);
  else state.pendingcb--;
}

function finish(stream, state) {
  state.pendingcb--;
  state[kState] |= kFinished;
  callFinishedCallbacks(state, null);
  stream.emit('finish');

  if ((state[kState] & kAutoDestroy) !== 0) {
    const rState = stream._readableState;
    // The readable half ends first, if it has not given up on that.
    if (!rState || (rState.autoDestroy && (rState.endEmitted || rState.readable === false))) stream.destroy();
  }
}

// ---- properties ----------------------------------------------------------------------------------

Object.defineProperties(Writable.prototype, {
  closed: {
    __proto__: null,
    get() { return this._writableState ? this._writableState.closed : false; },
  },
  destroyed: {
    __proto__: null,
    get() { return this._writableState ? this._writableState.destroyed : false; },
    set(value) {
      if (this._writableState) this._writableState.destroyed = value;
    },
  },
  writable: {
    __proto__: null,
    get() {
      const w = this._writableState;
      return !!w && w.writable !== false &&
        (w[kState] & (kDestroyed | kErrored | kEnding | kEnded)) === 0;
    },
    set(value) {
      if (this._writableState) this._writableState.writable = !!value;
    },
  },
  writableFinished: {
    __proto__: null,
    get() { return this._writableState ? this._writableState.finished : false; },
  },
  writableObjectMode: {
    __proto__: null,
    get() { return this._writableState ? this._writableState.objectMode : false; },
  },
  writableBuffer: {
    __proto__: null,
    get() { return this._writableState?.getBuffer(); },
  },
  writableEnded: {
    __proto__: null,
    get() { return this._writableState ? this._writableState.ending : false; },
  },
  writableNeedDrain: {
    __proto__: null,
    get() {
      const w = this._writableState;
      return w ? (w[kState] & (kDestroyed | kEnding | kNeedDrain)) === kNeedDrain : false;
    },
  },
  writableHighWaterMark: {
    __proto__: null,
    get() { return this._writableState?.highWaterMark; },
  },
  writableCorked: {
    __proto__: null,
    get() { return this._writableState ? this._writableState.corked : 0; },
  },
  writableLength: {
    __proto__: null,
    get() { return this._writableState?.length; },
  },
  errored: {
    __proto__: null,
    enumerable: false,
    get() { return this._writableState ? this._writableState.errored : null; },
  },
  writableAborted: {
    __proto__: null,
    enumerable: false,
    get() {
      const w = this._writableState;
      return w.writable !== false && (w[kState] & (kDestroyed | kErrored)) !== 0 && (w[kState] & kFinished) === 0;
    },
  },
});

Writable.prototype.destroy = function(err, cb) {
  const state = this._writableState;
  // Pending writes fail in the next tick.
  if ((state[kState] & kDestroyed) === 0 && (bufferedCount(state) > 0 || state[kOnFinished] !== null)) {
    process.nextTick(errorBuffer, state);
  }
  destroyImpl.destroy.call(this, err, cb);
  return this;
};
Writable.prototype._undestroy = destroyImpl.undestroy;
Writable.prototype._destroy = function(err, cb) {
  cb(err);
};

Writable.prototype[EE.captureRejectionSymbol] = function(err) {
  this.destroy(err);
};

Writable.fromWeb = function(writableStream, options) {
  return require('internal/webstreams/adapters')
    .newStreamWritableFromWritableStream(writableStream, options);
};

Writable.toWeb = function(streamWritable) {
  return require('internal/webstreams/adapters')
    .newWritableStreamFromStreamWritable(streamWritable);
};

Writable.prototype[Symbol.asyncDispose] = async function() {
  let error;
  if (!this.destroyed) {
    error = this.writableFinished ? null : new AbortError();
    this.destroy(error);
  }
  await new Promise((resolve, reject) => {
    const { eos } = require('internal/streams/end-of-stream');
    eos(this, (err) => (err && err.name !== 'AbortError' ? reject(err) : resolve(null)));
  });
};
