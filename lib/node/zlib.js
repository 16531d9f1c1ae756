'use strict';
// node:zlib
//
// Binding contract: internalBinding('zlib'), constants in internalBinding('constants').zlib
//   new Zlib(mode): init(windowBits, level, memLevel, strategy, writeState, processCallback, dictionary | undefined,
//     rejectGarbageAfterEnd), params(level, strategy), reset(), close()
//   new BrotliEncoder(mode) | BrotliDecoder(mode): init(params: Uint32Array, writeState, processCallback, dictionary)
//   new ZstdCompress() | ZstdDecompress(): init(params: Uint32Array, pledgedSrcSize, writeState, processCallback,
//     dictionary, rejectGarbageAfterEnd)
//   write(flushFlag, in | undefined, inOffset, inLength, out, outOffset, outLength): runs on the pool, then calls
//     processCallback with the handle as `this`; writeSync(…same): runs now. Both leave writeState =
//     [availOut, availIn]. Failures call handle.onerror(message, errno, code) instead.
//   crc32(view | string, value) -> number

const binding = internalBinding('zlib');
const constants = internalBinding('constants').zlib;
const { owner_symbol } = internalBinding('symbols');
const { Buffer, kMaxLength } = require('buffer');
const { Transform } = require('stream');
const { eos: finished } = require('internal/streams/end-of-stream');
const {
  genericNodeError,
  codes: {
    ERR_BROTLI_INVALID_PARAM, ERR_BUFFER_TOO_LARGE, ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE,
    ERR_TRAILING_JUNK_AFTER_STREAM_END, ERR_ZLIB_INITIALIZATION_FAILED, ERR_ZSTD_INVALID_PARAM,
  },
} = require('internal/errors');
const { isArrayBufferView, isAnyArrayBuffer, isUint8Array } = require('internal/util/types');
const { validateBoolean, validateFunction, validateUint32, validateFiniteNumber,
        checkRangesOrGetDefault } = require('internal/validators');

const {
  Z_NO_FLUSH, Z_BLOCK, Z_SYNC_FLUSH, Z_FULL_FLUSH, Z_FINISH,
  Z_MIN_CHUNK, Z_MIN_WINDOWBITS, Z_MAX_WINDOWBITS, Z_MIN_LEVEL, Z_MAX_LEVEL, Z_MIN_MEMLEVEL, Z_MAX_MEMLEVEL,
  Z_DEFAULT_CHUNK, Z_DEFAULT_COMPRESSION, Z_DEFAULT_STRATEGY, Z_DEFAULT_WINDOWBITS, Z_DEFAULT_MEMLEVEL, Z_FIXED,
  DEFLATE, DEFLATERAW, INFLATE, INFLATERAW, GZIP, GUNZIP, UNZIP, BROTLI_DECODE, BROTLI_ENCODE,
  ZSTD_COMPRESS, ZSTD_DECOMPRESS,
  BROTLI_OPERATION_PROCESS, BROTLI_OPERATION_FLUSH, BROTLI_OPERATION_FINISH, BROTLI_OPERATION_EMIT_METADATA,
  ZSTD_e_continue, ZSTD_e_flush, ZSTD_e_end,
} = constants;

const kFlushFlag = Symbol('kFlushFlag');
const kError = Symbol('kError');

/** What differs between the three libraries. */
const zlibFamily = {
  flush: Z_NO_FLUSH, finishFlush: Z_FINISH, fullFlush: Z_FULL_FLUSH, min: Z_NO_FLUSH, max: Z_BLOCK,
  // How strong a flush is, by its number: Z_BLOCK lies between none and partial.
  order: [0, 2, 3, 4, 5, 1],
};
const brotliFamily = {
  flush: BROTLI_OPERATION_PROCESS, finishFlush: BROTLI_OPERATION_FINISH, fullFlush: BROTLI_OPERATION_FLUSH,
  min: BROTLI_OPERATION_PROCESS, max: BROTLI_OPERATION_EMIT_METADATA, order: [0, 1, 2, 3],
};
const zstdFamily = {
  flush: ZSTD_e_continue, finishFlush: ZSTD_e_end, fullFlush: ZSTD_e_flush, min: ZSTD_e_continue, max: ZSTD_e_end,
  order: [0, 1, 2],
};

// An empty write that only carries a flush flag, one per flag.
const flushBuffers = [];

function flushBuffer(flag) {
  if (flushBuffers[flag] === undefined) {
    flushBuffers[flag] = Buffer.alloc(0);
    flushBuffers[flag][kFlushFlag] = flag;
  }
  return flushBuffers[flag];
}

/** handle.onerror */
function zlibOnError(message, errno, code) {
  const self = this[owner_symbol];
  // Nothing can be done with the handle any more.
  const error = code === 'ERR_TRAILING_JUNK_AFTER_STREAM_END' && ERR_TRAILING_JUNK_AFTER_STREAM_END !== undefined ?
    new ERR_TRAILING_JUNK_AFTER_STREAM_END() : genericNodeError(message, { errno, code });
  error.errno = errno;
  error.code = code;
  self.destroy(error);
  self[kError] = error;
}

// ---- the stream ----------------------------------------------------------------------------------

function ZlibBase(opts, mode, handle, family) {
  let chunkSize = Z_DEFAULT_CHUNK;
  let maxOutputLength = kMaxLength;
  let { flush, finishFlush } = family;

  if (opts) {
    chunkSize = opts.chunkSize;
    if (!validateFiniteNumber(chunkSize, 'options.chunkSize')) {
      chunkSize = Z_DEFAULT_CHUNK;
    } else if (chunkSize < Z_MIN_CHUNK) {
      throw new ERR_OUT_OF_RANGE('options.chunkSize', `>= ${Z_MIN_CHUNK}`, chunkSize);
    }
    flush = checkRangesOrGetDefault(opts.flush, 'options.flush', family.min, family.max, flush);
    finishFlush =
      checkRangesOrGetDefault(opts.finishFlush, 'options.finishFlush', family.min, family.max, finishFlush);
    maxOutputLength =
      checkRangesOrGetDefault(opts.maxOutputLength, 'options.maxOutputLength', 1, kMaxLength, kMaxLength);
    if (opts.rejectGarbageAfterEnd !== undefined) {
      validateBoolean(opts.rejectGarbageAfterEnd, 'options.rejectGarbageAfterEnd');
    }
    if (opts.encoding || opts.objectMode || opts.writableObjectMode || opts.decodeStrings === false) {
      opts = { ...opts, encoding: null, objectMode: false, writableObjectMode: false, decodeStrings: true };
    }
  }

  Transform.call(this, { autoDestroy: true, ...opts });
  this[kError] = null;
  this.bytesWritten = 0;
  this._handle = handle;
  handle[owner_symbol] = this;
  handle.onerror = zlibOnError;
  this._outBuffer = null;
  this._outOffset = 0;
  this._chunkSize = chunkSize;
  this._defaultFlushFlag = flush;
  this._finishFlushFlag = finishFlush;
  this._defaultFullFlushFlag = family.fullFlush;
  this._family = family;
  this._info = opts?.info;
  this._maxOutputLength = maxOutputLength;
  this._rejectGarbageAfterEnd = opts?.rejectGarbageAfterEnd === true;
}
Object.setPrototypeOf(ZlibBase.prototype, Transform.prototype);
Object.setPrototypeOf(ZlibBase, Transform);

Object.defineProperty(ZlibBase.prototype, '_closed', {
  __proto__: null,
  configurable: true,
  enumerable: true,
  get() { return !this._handle; },
});

ZlibBase.prototype.reset = function() {
  if (!this._handle) throw new Error('zlib binding closed');
  return this._handle.reset();
};

// Everything is flushed by the last write.
ZlibBase.prototype._flush = function(callback) {
  this._transform(Buffer.alloc(0), '', callback);
};

ZlibBase.prototype._final = function(callback) {
  callback();
};

ZlibBase.prototype.flush = function(kind, callback) {
  if (typeof kind === 'function' || (kind === undefined && !callback)) {
    callback = kind;
    kind = this._defaultFullFlushFlag;
  }
  if (this.writableFinished) {
    if (callback) process.nextTick(callback);
  } else if (this.writableEnded) {
    if (callback) this.once('end', callback);
  } else {
    this.write(flushBuffer(kind), callback);
  }
};

ZlibBase.prototype.close = function(callback) {
  if (callback) finished(this, callback);
  this.destroy();
};

ZlibBase.prototype._destroy = function(err, callback) {
  closeHandle(this);
  callback(err);
};

function closeHandle(engine) {
  engine._handle?.close();
  engine._handle = null;
}

ZlibBase.prototype._transform = function(chunk, encoding, cb) {
  let flushFlag = this._defaultFlushFlag;
  if (typeof chunk[kFlushFlag] === 'number') {
    flushFlag = chunk[kFlushFlag];
  } else if (this.writableEnded && this.writableLength === chunk.byteLength) {
    // The last chunk: the strongest of both flags.
    const { order } = this._family;
    flushFlag = order[flushFlag] > order[this._finishFlushFlag] ? flushFlag : this._finishFlushFlag;
  }
  this._processChunk(chunk, flushFlag, cb);
};

ZlibBase.prototype._processChunk = function(chunk, flushFlag, cb) {
  if (typeof cb !== 'function') return processChunkSync(this, chunk, flushFlag);

  const handle = this._handle;
  if (!handle) {
    process.nextTick(cb);
    return undefined;
  }
  this._outBuffer ??= Buffer.allocUnsafe(this._chunkSize);
  handle.buffer = chunk;
  handle.cb = cb;
  handle.availOutBefore = this._chunkSize - this._outOffset;
  handle.availInBefore = chunk.byteLength;
  handle.inOff = 0;
  handle.flushFlag = flushFlag;
  handle.write(flushFlag, chunk, 0, handle.availInBefore, this._outBuffer, this._outOffset, handle.availOutBefore);
  return undefined;
};

/** Called with the handle as `this` when a write is through. */
function processCallback() {
  const handle = this;
  const self = this[owner_symbol];
  const [availOutAfter, availInAfter] = self._writeState;

  if (self.destroyed) {
    this.buffer = null;
    this.cb();
    return;
  }

  const consumed = handle.availInBefore - availInAfter;
  self.bytesWritten += consumed;
  const have = handle.availOutBefore - availOutAfter;
  let full = false;
  if (have > 0) {
    const out = self._outBuffer.slice(self._outOffset, self._outOffset + have);
    self._outOffset += have;
    full = !self.push(out);
  }
  // push() may have destroyed the stream.
  if (self.destroyed) {
    this.cb();
    return;
  }

  if (availOutAfter === 0 || self._outOffset >= self._chunkSize) {
    handle.availOutBefore = self._chunkSize;
    self._outOffset = 0;
    self._outBuffer = Buffer.allocUnsafe(self._chunkSize);
  }

  if (availOutAfter === 0) {
    // There is more to come out.
    handle.inOff += consumed;
    handle.availInBefore = availInAfter;
    if (!full) {
      writeAgain(this, self);
    } else {
      // Only when somebody reads.
      const oldRead = self._read;
      self._read = (n) => {
        self._read = oldRead;
        writeAgain(this, self);
        self._read(n);
      };
    }
    return;
  }

  if (availInAfter > 0) {
    // Input is left although there was room: data after the end of the stream.
    self.push(null);
  }
  this.buffer = null;
  this.cb();
}

function writeAgain(handle, self) {
  handle.write(handle.flushFlag, handle.buffer, handle.inOff, handle.availInBefore,
               self._outBuffer, self._outOffset, self._chunkSize);
}

function processChunkSync(self, chunk, flushFlag) {
  let availInBefore = chunk.byteLength;
  let availOutBefore = self._chunkSize - self._outOffset;
  let inOff = 0;
  let availOutAfter;
  const buffers = [];
  let total = 0;
  const handle = self._handle;
  const state = self._writeState;
  let buffer = self._outBuffer ??= Buffer.allocUnsafe(self._chunkSize);
  let offset = self._outOffset;
  const chunkSize = self._chunkSize;

  // Errors are thrown, whoever listens.
  let error;
  self.on('error', (er) => {
    error = er;
  });

  while (true) {
    handle.writeSync(flushFlag, chunk, inOff, availInBefore, buffer, offset, availOutBefore);
    if (error) throw error;
    if (self[kError]) throw self[kError];

    availOutAfter = state[0];
    const availInAfter = state[1];
    const consumed = availInBefore - availInAfter;
    const have = availOutBefore - availOutAfter;
    if (have > 0) {
      const out = buffer.slice(offset, offset + have);
      offset += have;
      buffers.push(out);
      total += out.byteLength;
      if (total > self._maxOutputLength) {
        closeHandle(self);
        throw new ERR_BUFFER_TOO_LARGE(self._maxOutputLength);
      }
    }

    if (availOutAfter === 0 || offset >= chunkSize) {
      availOutBefore = chunkSize;
      offset = 0;
      buffer = Buffer.allocUnsafe(chunkSize);
    }
    inOff += consumed;
    availInBefore = availInAfter;
    if (availOutAfter !== 0) break;
  }

  self.bytesWritten = inOff;
  closeHandle(self);
  if (total === 0) return Buffer.alloc(0);
  return buffers.length === 1 ? buffers[0] : Buffer.concat(buffers, total);
}

// ---- zlib ----------------------------------------------------------------------------------------

function Zlib(opts, mode) {
  let windowBits = Z_DEFAULT_WINDOWBITS;
  let level = Z_DEFAULT_COMPRESSION;
  let memLevel = Z_DEFAULT_MEMLEVEL;
  let strategy = Z_DEFAULT_STRATEGY;
  let dictionary;

  if (opts) {
    // Zero means "what the header says" to decompressors.
    if ((opts.windowBits == null || opts.windowBits === 0) &&
        (mode === INFLATE || mode === GUNZIP || mode === UNZIP)) {
      windowBits = 0;
    } else {
      // Gzip has no 256-byte window.
      const min = Z_MIN_WINDOWBITS + (mode === GZIP ? 1 : 0);
      windowBits = checkRangesOrGetDefault(opts.windowBits, 'options.windowBits', min, Z_MAX_WINDOWBITS,
                                           Z_DEFAULT_WINDOWBITS);
    }
    level = checkRangesOrGetDefault(opts.level, 'options.level', Z_MIN_LEVEL, Z_MAX_LEVEL, Z_DEFAULT_COMPRESSION);
    memLevel = checkRangesOrGetDefault(opts.memLevel, 'options.memLevel', Z_MIN_MEMLEVEL, Z_MAX_MEMLEVEL,
                                       Z_DEFAULT_MEMLEVEL);
    strategy = checkRangesOrGetDefault(opts.strategy, 'options.strategy', Z_DEFAULT_STRATEGY, Z_FIXED,
                                       Z_DEFAULT_STRATEGY);
    dictionary = toDictionary(opts.dictionary);
  }

  const handle = new binding.Zlib(mode);
  this._writeState = new Uint32Array(2);
  handle.init(windowBits, level, memLevel, strategy, this._writeState, processCallback, dictionary,
              opts?.rejectGarbageAfterEnd === true);
  ZlibBase.call(this, opts, mode, handle, zlibFamily);
  this._level = level;
  this._strategy = strategy;
  this._mode = mode;
}
Object.setPrototypeOf(Zlib.prototype, ZlibBase.prototype);
Object.setPrototypeOf(Zlib, ZlibBase);

function toDictionary(dictionary) {
  if (dictionary === undefined || isArrayBufferView(dictionary)) return dictionary;
  if (isAnyArrayBuffer(dictionary)) return Buffer.from(dictionary);
  throw new ERR_INVALID_ARG_TYPE('options.dictionary', ['Buffer', 'TypedArray', 'DataView', 'ArrayBuffer'],
                                 dictionary);
}

Zlib.prototype.params = function params(level, strategy, callback) {
  checkRangesOrGetDefault(level, 'level', Z_MIN_LEVEL, Z_MAX_LEVEL);
  checkRangesOrGetDefault(strategy, 'strategy', Z_DEFAULT_STRATEGY, Z_FIXED);
  if (this._level === level && this._strategy === strategy) {
    process.nextTick(callback);
    return;
  }
  // What was written before is compressed the old way.
  this.flush(Z_SYNC_FLUSH, (err) => {
    if (!this._handle) {
      callback?.(err ?? null);
      return;
    }
    this._handle.params(level, strategy);
    if (!this.destroyed) {
      this._level = level;
      this._strategy = strategy;
      callback?.();
    }
  });
};

/** Makes a class that may be called without `new`, as they all could since ever. */
function defineClass(name, Base, mode, prepare) {
  const { [name]: Class } = {
    [name]: function(opts) {
      if (!(this instanceof Class)) return new Class(opts);
      Base.call(this, prepare === undefined ? opts : prepare(opts), mode);
    },
  };
  Object.setPrototypeOf(Class.prototype, Base.prototype);
  Object.setPrototypeOf(Class, Base);
  return Class;
}

const Deflate = defineClass('Deflate', Zlib, DEFLATE);
const Inflate = defineClass('Inflate', Zlib, INFLATE);
const Gzip = defineClass('Gzip', Zlib, GZIP);
const Gunzip = defineClass('Gunzip', Zlib, GUNZIP);
const Unzip = defineClass('Unzip', Zlib, UNZIP);
const InflateRaw = defineClass('InflateRaw', Zlib, INFLATERAW);
// zlib itself takes 9 for 8, yet cannot decompress the result of raw 8.
const DeflateRaw = defineClass('DeflateRaw', Zlib, DEFLATERAW, (opts) => (
  opts?.windowBits === 8 ? { ...opts, windowBits: 9 } : opts));

// ---- Brotli and Zstandard ------------------------------------------------------------------------

function maxParameter(prefix) {
  let max = 0;
  for (const key of Object.keys(constants)) if (key.startsWith(prefix)) max = Math.max(max, constants[key]);
  return max;
}

/** The parameters by number; all ones where nothing is asked for. */
function parameterArray(params, length, InvalidParam) {
  const array = new Uint32Array(length).fill(0xffffffff);
  if (params) {
    for (const origKey of Object.keys(params)) {
      const key = +origKey;
      if (Number.isNaN(key) || key < 0 || key >= length || (array[key] | 0) !== -1) throw new InvalidParam(origKey);
      const value = params[origKey];
      if (typeof value !== 'number' && typeof value !== 'boolean') {
        throw new ERR_INVALID_ARG_TYPE('options.params[key]', 'number', value);
      }
      array[key] = value;
    }
  }
  return array;
}

let brotliParamCount;

function Brotli(opts, mode) {
  brotliParamCount ??= maxParameter('BROTLI_PARAM_') + 1;
  const params = parameterArray(opts?.params, brotliParamCount, ERR_BROTLI_INVALID_PARAM);
  const dictionary = toDictionary(opts?.dictionary);
  const handle = mode === BROTLI_DECODE ? new binding.BrotliDecoder(mode) : new binding.BrotliEncoder(mode);
  this._writeState = new Uint32Array(2);
  if (handle.init(params, this._writeState, processCallback, dictionary) === false) {
    throw new ERR_ZLIB_INITIALIZATION_FAILED();
  }
  ZlibBase.call(this, opts, mode, handle, brotliFamily);
}
Object.setPrototypeOf(Brotli.prototype, Zlib.prototype);
Object.setPrototypeOf(Brotli, Zlib);

const BrotliCompress = defineClass('BrotliCompress', Brotli, BROTLI_ENCODE);
const BrotliDecompress = defineClass('BrotliDecompress', Brotli, BROTLI_DECODE);

let zstdParamCounts;

function Zstd(opts, mode) {
  zstdParamCounts ??= [maxParameter('ZSTD_c_') + 1, maxParameter('ZSTD_d_') + 1];
  const isCompress = mode === ZSTD_COMPRESS;
  const params = parameterArray(opts?.params, zstdParamCounts[isCompress ? 0 : 1], ERR_ZSTD_INVALID_PARAM);
  const dictionary = toDictionary(opts?.dictionary);
  const pledgedSrcSize = opts?.pledgedSrcSize;
  const handle = isCompress ? new binding.ZstdCompress() : new binding.ZstdDecompress();
  this._writeState = new Uint32Array(2);
  handle.init(params, pledgedSrcSize, this._writeState, processCallback, dictionary,
              opts?.rejectGarbageAfterEnd === true);
  ZlibBase.call(this, opts, mode, handle, zstdFamily);
}
Object.setPrototypeOf(Zstd.prototype, ZlibBase.prototype);
Object.setPrototypeOf(Zstd, ZlibBase);

const ZstdCompress = defineClass('ZstdCompress', Zstd, ZSTD_COMPRESS);
const ZstdDecompress = defineClass('ZstdDecompress', Zstd, ZSTD_DECOMPRESS);

// ---- whole buffers -------------------------------------------------------------------------------

function toBytes(buffer) {
  if (typeof buffer === 'string') return Buffer.from(buffer);
  if (isArrayBufferView(buffer)) return buffer;
  if (isAnyArrayBuffer(buffer)) return Buffer.from(buffer);
  throw new ERR_INVALID_ARG_TYPE('buffer', ['string', 'Buffer', 'TypedArray', 'DataView', 'ArrayBuffer'], buffer);
}

/** Runs a whole buffer through an engine, off the main thread. */
function zlibBuffer(engine, buffer, callback) {
  validateFunction(callback, 'callback');
  buffer = toBytes(buffer);
  engine.buffers = null;
  engine.nread = 0;
  engine.cb = callback;
  engine.on('data', zlibBufferOnData);
  engine.on('error', zlibBufferOnError);
  engine.on('end', zlibBufferOnEnd);
  engine.end(isUint8Array(buffer) ? buffer : new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength));
}

function zlibBufferOnData(chunk) {
  if (!this.buffers) this.buffers = [chunk];
  else this.buffers.push(chunk);
  this.nread += chunk.length;
  if (this.nread > this._maxOutputLength) {
    this.close();
    this.removeAllListeners('end');
    this.cb(new ERR_BUFFER_TOO_LARGE(this._maxOutputLength));
  }
}

function zlibBufferOnError(err) {
  this.removeAllListeners('end');
  this.cb(err);
}

function zlibBufferOnEnd() {
  let buffer;
  if (this.nread === 0) buffer = Buffer.alloc(0);
  else buffer = this.buffers.length === 1 ? this.buffers[0] : Buffer.concat(this.buffers, this.nread);
  this.close();
  if (this._info) this.cb(null, { buffer, engine: this });
  else this.cb(null, buffer);
}

function zlibBufferSync(engine, buffer) {
  const result = processChunkSync(engine, toBytes(buffer), engine._finishFlushFlag);
  return engine._info ? { buffer: result, engine } : result;
}

function createConvenienceMethod(Class, name, sync) {
  if (sync) {
    return {
      [name](buffer, opts) {
        return zlibBufferSync(new Class(opts), buffer);
      },
    }[name];
  }
  return {
    [name](buffer, opts, callback) {
      if (typeof opts === 'function') {
        callback = opts;
        opts = {};
      }
      zlibBuffer(new Class(opts), buffer, callback);
    },
  }[name];
}

function crc32(data, value = 0) {
  if (typeof data !== 'string' && !isArrayBufferView(data)) {
    throw new ERR_INVALID_ARG_TYPE('data', ['Buffer', 'TypedArray', 'DataView', 'string'], data);
  }
  validateUint32(value, 'value');
  return binding.crc32(data, value);
}

const classes = {
  Deflate, Inflate, Gzip, Gunzip, DeflateRaw, InflateRaw, Unzip, BrotliCompress, BrotliDecompress,
  ZstdCompress, ZstdDecompress,
};

module.exports = { crc32, ...classes };

for (const name of Object.keys(classes)) {
  const Class = classes[name];
  const lower = name[0].toLowerCase() + name.slice(1);
  module.exports[lower] = createConvenienceMethod(Class, lower, false);
  module.exports[`${lower}Sync`] = createConvenienceMethod(Class, `${lower}Sync`, true);
  module.exports[`create${name}`] = {
    [`create${name}`](options) {
      return new Class(options);
    },
  }[`create${name}`];
}

// The constants were properties of the module before there was `constants`.
const exposed = { __proto__: null };
const codes = {
  Z_OK: constants.Z_OK,
  Z_STREAM_END: constants.Z_STREAM_END,
  Z_NEED_DICT: constants.Z_NEED_DICT,
  Z_ERRNO: constants.Z_ERRNO,
  Z_STREAM_ERROR: constants.Z_STREAM_ERROR,
  Z_DATA_ERROR: constants.Z_DATA_ERROR,
  Z_MEM_ERROR: constants.Z_MEM_ERROR,
  Z_BUF_ERROR: constants.Z_BUF_ERROR,
  Z_VERSION_ERROR: constants.Z_VERSION_ERROR,
};
for (const name of Object.keys(codes)) codes[codes[name]] = name;
Object.assign(exposed, constants);

Object.defineProperties(module.exports, {
  constants: {
    __proto__: null, configurable: false, enumerable: true, value: Object.freeze(exposed),
  },
  codes: {
    __proto__: null, enumerable: true, writable: false, value: Object.freeze(codes),
  },
});
