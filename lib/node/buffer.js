'use strict';
// node:buffer
//
// Binding contract: internalBinding('buffer'), besides what internal/buffer.js lists
//   setBufferPrototype(proto): the prototype native code gives to the Buffers it makes
//   byteLengthUtf8(string) -> number
//   utf8WriteWhole(arrayBuffer, offset, string, limit) -> bytes written, -1 if there would be more than fit or `limit`
//   compare(a, b) -> -1 | 0 | 1
//   compareOffset(source, target, targetStart, sourceStart, targetEnd, sourceEnd) -> -1 | 0 | 1
//   copy(source, target, targetStart, sourceStart, count)
//   totalLength(list), copyAll(target, list) -> bytes | -1 - i where list[i] is no Uint8Array
//   copyArrayBuffer(target, targetOffset, source, sourceOffset, count)
//   fill(view, string | view | number, start, end, encoding) -> undefined | -1 out of range | -2 empty pattern
//   indexOfString(view, string, byteOffset, encodingNumber, forwards, end) -> index | -1
//   indexOfBuffer(view, view, byteOffset, encodingNumber, forwards, end) -> index | -1
//   indexOfNumber(view, number, byteOffset, forwards, end) -> index | -1
//   swap16(view), swap32(view), swap64(view)
//   isUtf8(view), isAscii(view), isLatin1(view) -> boolean (throw ERR_INVALID_STATE when detached)
//   atob(string) -> string | -1 invalid character | -2 bad length | -3 other; btoa(string) -> string | -1
//   kMaxLength, kStringMaxLength: numbers
// internalBinding('icu').transcode(view, from, to, fromEncoding, toEncoding) -> Buffer | errno and icuErrName(n)
// internalBinding('string_decoder').encodings: names by encoding number
// internalBinding('util').getOwnNonIndexProperties(object, filter), constants ALL_PROPERTIES, ONLY_ENUMERABLE

const binding = internalBinding('buffer');
const {
  byteLengthUtf8,
  compare: compareViews,
  compareOffset,
  copy: copyBytes,
  fill: fillBytes,
  indexOfString,
  indexOfBuffer,
  indexOfNumber,
  kMaxLength,
  kStringMaxLength,
} = binding;
const { getOwnNonIndexProperties, constants: { ALL_PROPERTIES, ONLY_ENUMERABLE } } = internalBinding('util');
const { encodings } = internalBinding('string_decoder');
const {
  codes: {
    ERR_BUFFER_OUT_OF_BOUNDS,
    ERR_INVALID_ARG_TYPE,
    ERR_INVALID_ARG_VALUE,
    ERR_INVALID_BUFFER_SIZE,
    ERR_MISSING_ARGS,
    ERR_OUT_OF_RANGE,
    ERR_UNKNOWN_ENCODING,
  },
  genericNodeError,
  hideStackFrames,
} = require('internal/errors');
const { validateArray, validateInteger, validateNumber, validateString } = require('internal/validators');
const {
  customInspectSymbol,
  kIsEncodingSymbol,
  lazyDOMException,
  normalizeEncoding,
} = require('internal/util');
const { isAnyArrayBuffer, isArrayBufferView, isUint8Array, isTypedArray } = require('internal/util/types');
const { FastBuffer, markAsUntransferable, addBufferPrototypeMethods, createUnsafeBuffer } =
  require('internal/buffer');

const TypedArrayPrototype = Object.getPrototypeOf(Uint8Array.prototype);
const typedArraySet = TypedArrayPrototype.set;
const typedArrayFill = TypedArrayPrototype.fill;
const typedArraySubarray = TypedArrayPrototype.subarray;

// A function, not a class: `Buffer(n)` without `new` is part of the interface.
FastBuffer.prototype.constructor = Buffer;
Buffer.prototype = FastBuffer.prototype;
addBufferPrototypeMethods(Buffer.prototype);
binding.setBufferPrototype?.(Buffer.prototype);

const constants = Object.defineProperties({}, {
  MAX_LENGTH: { __proto__: null, value: kMaxLength, writable: false, enumerable: true },
  MAX_STRING_LENGTH: { __proto__: null, value: kStringMaxLength, writable: false, enumerable: true },
});

let inspectMaxBytes = 50;

// ---- the pool ------------------------------------------------------------------------------------

Buffer.poolSize = 64 * 1024;
let poolSize = 0;
let poolOffset = 0;
let pool;

function createPool() {
  poolSize = Buffer.poolSize;
  pool = createUnsafeBuffer(poolSize).buffer;
  markAsUntransferable(pool);
  poolOffset = 0;
}

/** The next slice must begin at a multiple of 8, for the sake of typed arrays over `buf.buffer`. */
function alignPool() {
  if (poolOffset & 0x7) poolOffset = (poolOffset | 0x7) + 1;
}

function allocate(size) {
  if (size <= 0) return new FastBuffer();
  if (size < Buffer.poolSize >>> 1) {
    if (pool === undefined || size > poolSize - poolOffset) createPool();
    const buffer = new FastBuffer(pool, poolOffset, size);
    poolOffset += size;
    alignPool();
    return buffer;
  }
  return createUnsafeBuffer(size);
}

// ---- encodings -----------------------------------------------------------------------------------

const encodingNumbers = { __proto__: null };
for (let i = 0; i < encodings.length; i++) encodingNumbers[encodings[i]] = i;

/** What each encoding does: one object per encoding, all of one shape. */
function encodingOps(encoding, byteLength, write, slice) {
  return { encoding, encodingNumber: encodingNumbers[encoding], byteLength, write, slice };
}

const utf8Ops = encodingOps('utf8', byteLengthUtf8, binding.utf8WriteStatic, binding.utf8Slice);
const ucs2Ops = encodingOps('utf16le', (string) => string.length * 2, binding.ucs2Write, binding.ucs2Slice);
const latin1Ops =
  encodingOps('latin1', (string) => string.length, binding.latin1WriteStatic, binding.latin1Slice);
const asciiOps = encodingOps('ascii', (string) => string.length, binding.asciiWriteStatic, binding.asciiSlice);
const base64Ops = encodingOps('base64', (string) => base64ByteLength(string, string.length),
                              binding.base64Write, binding.base64Slice);
const base64urlOps = encodingOps('base64url', (string) => base64ByteLength(string, string.length),
                                 binding.base64urlWrite, binding.base64urlSlice);
const hexOps = encodingOps('hex', (string) => string.length >>> 1, binding.hexWrite, binding.hexSlice);

const opsByName = {
  '__proto__': null,
  'utf8': utf8Ops,
  'utf-8': utf8Ops,
  'ucs2': ucs2Ops,
  'ucs-2': ucs2Ops,
  'utf16le': ucs2Ops,
  'utf-16le': ucs2Ops,
  'latin1': latin1Ops,
  'binary': latin1Ops,
  'ascii': asciiOps,
  'base64': base64Ops,
  'base64url': base64urlOps,
  'hex': hexOps,
};

function getEncodingOps(encoding) {
  encoding = `${encoding}`;
  return opsByName[encoding] ?? opsByName[encoding.toLowerCase()];
}

function base64ByteLength(string, length) {
  let bytes = length;
  if (string.charCodeAt(bytes - 1) === 0x3D) bytes--;
  if (bytes > 1 && string.charCodeAt(bytes - 1) === 0x3D) bytes--;
  return (bytes * 3) >>> 2;
}

// ---- construction --------------------------------------------------------------------------------

let warnedAboutConstructor = false;

function showConstructorDeprecation() {
  if (warnedAboutConstructor) return;
  const { isInsideNodeModules } = internalBinding('util');
  const { isPendingDeprecation } = require('internal/util');
  // Code under node_modules is not told off: its user cannot change it.
  if (!isPendingDeprecation?.() && isInsideNodeModules?.(100, true)) return;
  warnedAboutConstructor = true;
  process.emitWarning(
    'Buffer() is deprecated due to security and usability issues. Please use the Buffer.alloc(), ' +
    'Buffer.allocUnsafe(), or Buffer.from() methods instead.', 'DeprecationWarning', 'DEP0005');
}

function Buffer(arg, encodingOrOffset, length) {
  showConstructorDeprecation();
  if (typeof arg === 'number') {
    if (typeof encodingOrOffset === 'string') throw new ERR_INVALID_ARG_TYPE('string', 'string', arg);
    return Buffer.alloc(arg);
  }
  return Buffer.from(arg, encodingOrOffset, length);
}

Object.defineProperty(Buffer, Symbol.species, {
  __proto__: null,
  configurable: true,
  enumerable: false,
  get() { return FastBuffer; },
});

Buffer.from = function from(value, encodingOrOffset, length) {
  if (typeof value === 'string') return fromString(value, encodingOrOffset);

  if (typeof value === 'object' && value !== null) {
    if (isAnyArrayBuffer(value)) return fromArrayBuffer(value, encodingOrOffset, length);

    const valueOf = value.valueOf?.();
    if (valueOf != null && valueOf !== value &&
        (typeof valueOf === 'string' || typeof valueOf === 'object')) {
      return from(valueOf, encodingOrOffset, length);
    }

    const buffer = fromObject(value);
    if (buffer !== undefined) return buffer;

    if (typeof value[Symbol.toPrimitive] === 'function') {
      const primitive = value[Symbol.toPrimitive]('string');
      if (typeof primitive === 'string') return fromString(primitive, encodingOrOffset);
    }
  }

  throw new ERR_INVALID_ARG_TYPE(
    'first argument', ['string', 'Buffer', 'ArrayBuffer', 'Array', 'Array-like Object'], value);
};

Buffer.copyBytesFrom = function copyBytesFrom(view, offset, length) {
  if (!isTypedArray(view)) throw new ERR_INVALID_ARG_TYPE('view', ['TypedArray'], view);
  const viewLength = view.length;
  if (viewLength === 0) return Buffer.alloc(0);

  if (offset !== undefined || length !== undefined) {
    if (offset !== undefined) {
      validateInteger(offset, 'offset', 0);
      if (offset >= viewLength) return Buffer.alloc(0);
    } else {
      offset = 0;
    }
    let end;
    if (length !== undefined) {
      validateInteger(length, 'length', 0);
      end = offset + length;
    } else {
      end = viewLength;
    }
    view = TypedArrayPrototype.slice.call(view, offset, end);
  }
  return fromArrayLike(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
};

Buffer.of = function(...items) {
  const buffer = createUnsafeBuffer(items.length);
  for (let i = 0; i < items.length; i++) buffer[i] = items[i];
  return buffer;
};

const validateSize = hideStackFrames((size) => {
  (validateNumber.withoutStackTrace ?? validateNumber)(size, 'size', 0, kMaxLength);
});

Buffer.alloc = function alloc(size, fill, encoding) {
  validateSize(size);
  if (fill !== undefined && fill !== 0 && size > 0) {
    return fillInto(createUnsafeBuffer(size), fill, 0, size, encoding);
  }
  return new FastBuffer(size);
};

Buffer.allocUnsafe = function allocUnsafe(size) {
  validateSize(size);
  return allocate(size);
};

Buffer.allocUnsafeSlow = function allocUnsafeSlow(size) {
  validateSize(size);
  return createUnsafeBuffer(size);
};

function fromString(string, encoding) {
  let ops;
  if (!encoding || encoding === 'utf8' || typeof encoding !== 'string') {
    ops = utf8Ops;
  } else {
    ops = getEncodingOps(encoding);
    if (ops === undefined) throw new ERR_UNKNOWN_ENCODING(encoding);
  }
  if (string.length === 0) return new FastBuffer();

  const maxLength = Buffer.poolSize >>> 1;
  let length = string.length; // At least as much as needed for a single-byte encoding.
  if (length >= maxLength) return fromStringUnpooled(string, ops);
  if (ops === utf8Ops && pool !== undefined) {
    // Mostly there is room, so that the length need not be known before.
    const written = binding.utf8WriteWhole(pool, poolOffset, string, maxLength - 1);
    if (written >= 0) return takeFromPool(written);
  }
  length = ops.byteLength(string);
  if (length >= maxLength) return fromStringUnpooled(string, ops);

  if (pool === undefined || length > poolSize - poolOffset) createPool();
  // The length is an upper bound for base64 and hexadecimal text.
  return takeFromPool(ops.write(pool, string, poolOffset, length));
}

/** A Buffer of the next bytes of the pool, which have been written. */
function takeFromPool(length) {
  const buffer = new FastBuffer(pool, poolOffset, length);
  poolOffset += length;
  alignPool();
  return buffer;
}

function fromStringUnpooled(string, ops) {
  const length = ops.byteLength(string);
  const buffer = createUnsafeBuffer(length);
  const written = ops.write(buffer, string, 0, length);
  return written === length ? buffer : new FastBuffer(buffer.buffer, 0, written);
}

function fromArrayBuffer(arrayBuffer, byteOffset, length) {
  if (byteOffset === undefined) {
    byteOffset = 0;
  } else {
    byteOffset = +byteOffset;
    if (Number.isNaN(byteOffset)) byteOffset = 0;
  }
  const maxLength = arrayBuffer.byteLength - byteOffset;
  if (maxLength < 0) throw new ERR_BUFFER_OUT_OF_BOUNDS('offset');
  if (length !== undefined) {
    length = +length;
    if (length > 0) {
      if (length > maxLength) throw new ERR_BUFFER_OUT_OF_BOUNDS('length');
    } else {
      length = 0;
    }
  }
  return new FastBuffer(arrayBuffer, byteOffset, length);
}

function fromArrayLike(source) {
  const { length } = source;
  if (!(length > 0)) return new FastBuffer();
  if (length > Buffer.poolSize >>> 1) return new FastBuffer(source);
  if (!Number.isInteger(length)) return new FastBuffer(source);
  const buffer = allocate(length);
  if (isUint8Array(source)) {
    if (source.byteLength !== length) source = typedArraySubarray.call(source, 0, length);
    typedArraySet.call(buffer, source, 0);
  } else {
    // Array-likes are read once, index by index.
    for (let i = 0; i < length; i++) buffer[i] = source[i];
  }
  return buffer;
}

function fromObject(object) {
  if (object.length !== undefined || isAnyArrayBuffer(object.buffer)) {
    if (typeof object.length !== 'number') return new FastBuffer();
    return fromArrayLike(object);
  }
  if (object.type === 'Buffer' && Array.isArray(object.data)) return fromArrayLike(object.data);
}

// ---- statics -------------------------------------------------------------------------------------

Buffer.isBuffer = function isBuffer(value) {
  return value instanceof Buffer;
};

Buffer.compare = function compare(a, b) {
  if (!isUint8Array(a)) throw new ERR_INVALID_ARG_TYPE('buf1', ['Buffer', 'Uint8Array'], a);
  if (!isUint8Array(b)) throw new ERR_INVALID_ARG_TYPE('buf2', ['Buffer', 'Uint8Array'], b);
  return a === b ? 0 : compareViews(a, b);
};

Buffer.isEncoding = function isEncoding(encoding) {
  return typeof encoding === 'string' && encoding.length !== 0 && normalizeEncoding(encoding) !== undefined;
};
Buffer[kIsEncodingSymbol] = Buffer.isEncoding;

function checkParts(list, result) {
  if (result >= 0) return result;
  const i = -1 - result;
  throw new ERR_INVALID_ARG_TYPE(`list[${i}]`, ['Buffer', 'Uint8Array'], list[i]);
}

Buffer.concat = function concat(list, totalLength) {
  validateArray(list, 'list');
  if (list.length === 0) return new FastBuffer();

  if (totalLength === undefined) totalLength = checkParts(list, binding.totalLength(list));
  else validateInteger(totalLength, 'length', 0);

  const buffer = Buffer.allocUnsafe(totalLength);
  const position = checkParts(list, binding.copyAll(buffer, list));
  if (position < totalLength) typedArrayFill.call(buffer, 0, position, totalLength);
  return buffer;
};

function byteLength(string, encoding) {
  if (typeof string !== 'string') {
    if (isArrayBufferView(string) || isAnyArrayBuffer(string)) return string.byteLength;
    throw new ERR_INVALID_ARG_TYPE('string', ['string', 'Buffer', 'ArrayBuffer'], string);
  }
  if (string.length === 0) return 0;
  if (!encoding || encoding === 'utf8') return byteLengthUtf8(string);
  const ops = getEncodingOps(encoding);
  return ops === undefined ? byteLengthUtf8(string) : ops.byteLength(string);
}
Buffer.byteLength = byteLength;

// ---- accessors -----------------------------------------------------------------------------------

Object.defineProperty(Buffer.prototype, 'parent', {
  __proto__: null,
  enumerable: true,
  get() {
    return this instanceof Buffer ? this.buffer : undefined;
  },
});
Object.defineProperty(Buffer.prototype, 'offset', {
  __proto__: null,
  enumerable: true,
  get() {
    return this instanceof Buffer ? this.byteOffset : undefined;
  },
});

// ---- copy, slice, compare ------------------------------------------------------------------------

function toInteger(value, fallback) {
  value = +value;
  if (!Number.isNaN(value) && value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER) {
    return value % 1 === 0 ? value : Math.floor(value);
  }
  return fallback;
}

Buffer.prototype.copy = function copy(target, targetStart, sourceStart, sourceEnd) {
  if (!isUint8Array(this)) throw new ERR_INVALID_ARG_TYPE('source', ['Buffer', 'Uint8Array'], this);
  if (!isArrayBufferView(target)) throw new ERR_INVALID_ARG_TYPE('target', ['Buffer', 'Uint8Array'], target);

  const targetLength = target.byteLength;
  if (targetStart === undefined) {
    targetStart = 0;
  } else {
    targetStart = Number.isInteger(targetStart) ? targetStart : toInteger(targetStart, 0);
    if (targetStart < 0) throw new ERR_OUT_OF_RANGE('targetStart', '>= 0', targetStart);
  }
  if (sourceStart === undefined) {
    sourceStart = 0;
  } else {
    sourceStart = Number.isInteger(sourceStart) ? sourceStart : toInteger(sourceStart, 0);
    if (sourceStart < 0 || sourceStart > this.byteLength) {
      throw new ERR_OUT_OF_RANGE('sourceStart', `>= 0 && <= ${this.byteLength}`, sourceStart);
    }
  }
  if (sourceEnd === undefined) {
    sourceEnd = this.byteLength;
  } else {
    sourceEnd = Number.isInteger(sourceEnd) ? sourceEnd : toInteger(sourceEnd, 0);
    if (sourceEnd < 0) throw new ERR_OUT_OF_RANGE('sourceEnd', '>= 0', sourceEnd);
  }
  if (targetStart >= targetLength || sourceStart >= sourceEnd) return 0;

  const count = Math.min(sourceEnd - sourceStart, targetLength - targetStart, this.byteLength - sourceStart);
  if (count <= 0) return 0;
  copyBytes(this, target, targetStart, sourceStart, count);
  return count;
};

function clampIndex(value, length) {
  if (typeof value === 'number' && value >>> 0 === value) return value < length ? value : length;
  value = Math.trunc(value);
  if (value === 0 || Number.isNaN(value)) return 0;
  if (value < 0) {
    value += length;
    return value > 0 ? value : 0;
  }
  return value < length ? value : length;
}

function viewOf(buffer, start, end) {
  const { length } = buffer;
  start = clampIndex(start, length);
  end = end !== undefined ? clampIndex(end, length) : length;
  return new FastBuffer(buffer.buffer, buffer.byteOffset + start, end > start ? end - start : 0);
}

Buffer.prototype.subarray = function subarray(start, end) {
  return viewOf(this, start, end);
};

Buffer.prototype.slice = function slice(start, end) {
  return this.subarray(start, end);
};

Buffer.prototype.equals = function equals(other) {
  if (!isUint8Array(other)) throw new ERR_INVALID_ARG_TYPE('otherBuffer', ['Buffer', 'Uint8Array'], other);
  if (this === other) return true;
  if (this.byteLength !== other.byteLength) return false;
  return this.byteLength === 0 || compareViews(this, other) === 0;
};

Buffer.prototype.compare = function compare(target, targetStart, targetEnd, sourceStart, sourceEnd) {
  if (!isUint8Array(target)) throw new ERR_INVALID_ARG_TYPE('target', ['Buffer', 'Uint8Array'], target);
  if (arguments.length === 1) return compareViews(this, target);

  if (targetStart === undefined) targetStart = 0;
  else validateOffset(targetStart, 'targetStart');
  if (targetEnd === undefined) targetEnd = target.length;
  else validateOffset(targetEnd, 'targetEnd', 0, target.length);
  if (sourceStart === undefined) sourceStart = 0;
  else validateOffset(sourceStart, 'sourceStart');
  if (sourceEnd === undefined) sourceEnd = this.length;
  else validateOffset(sourceEnd, 'sourceEnd', 0, this.length);

  if (sourceStart >= sourceEnd) return targetStart >= targetEnd ? 0 : -1;
  if (targetStart >= targetEnd) return 1;
  return compareOffset(this, target, targetStart, sourceStart, targetEnd, sourceEnd);
};

function validateOffset(value, name, min = 0, max = kMaxLength) {
  validateInteger(value, name, min, max);
}

// ---- search --------------------------------------------------------------------------------------

function search(buffer, value, byteOffset, end, encoding, forwards) {
  if (!isArrayBufferView(buffer)) {
    throw new ERR_INVALID_ARG_TYPE('buffer', ['Buffer', 'TypedArray', 'DataView'], buffer);
  }
  if (typeof end === 'string') {
    encoding = end;
    end = buffer.length;
  } else if (end === undefined) {
    end = buffer.length;
  }
  if (byteOffset === undefined) {
    byteOffset = NaN;
  } else if (typeof byteOffset === 'string') {
    encoding = byteOffset;
    byteOffset = NaN;
  } else if (byteOffset > 0x7fffffff) {
    byteOffset = 0x7fffffff;
  } else if (byteOffset < -0x80000000) {
    byteOffset = -0x80000000;
  }
  byteOffset = +byteOffset;
  if (Number.isNaN(byteOffset)) byteOffset = forwards ? 0 : (buffer.length || buffer.byteLength);
  forwards = !!forwards;

  if (typeof value === 'number') return indexOfNumber(buffer, value >>> 0, byteOffset, forwards, end);

  const ops = encoding === undefined ? utf8Ops : getEncodingOps(encoding);
  if (typeof value === 'string') {
    if (ops === undefined) throw new ERR_UNKNOWN_ENCODING(encoding);
    if (ops === utf8Ops || ops === ucs2Ops || ops === latin1Ops) {
      return indexOfString(buffer, value, byteOffset, ops.encodingNumber, forwards, end);
    }
    return indexOfBuffer(buffer, fromString(value, ops.encoding), byteOffset, ops.encodingNumber, forwards, end);
  }
  if (isUint8Array(value)) {
    return indexOfBuffer(buffer, value, byteOffset, (ops ?? utf8Ops).encodingNumber, forwards, end);
  }
  throw new ERR_INVALID_ARG_TYPE('value', ['number', 'string', 'Buffer', 'Uint8Array'], value);
}

Buffer.prototype.indexOf = function indexOf(value, byteOffset, end, encoding) {
  return search(this, value, byteOffset, end, encoding, true);
};

Buffer.prototype.lastIndexOf = function lastIndexOf(value, byteOffset, end, encoding) {
  return search(this, value, byteOffset, end, encoding, false);
};

Buffer.prototype.includes = function includes(value, byteOffset, end, encoding) {
  return search(this, value, byteOffset, end, encoding, true) !== -1;
};

// ---- fill ----------------------------------------------------------------------------------------

Buffer.prototype.fill = function fill(value, offset, end, encoding) {
  return fillInto(this, value, offset, end, encoding);
};

function fillInto(buffer, value, offset, end, encoding) {
  if (typeof value === 'string') {
    if (offset === undefined || typeof offset === 'string') {
      encoding = offset;
      offset = 0;
      end = buffer.length;
    } else if (typeof end === 'string') {
      encoding = end;
      end = buffer.length;
    }

    const normalized = normalizeEncoding(encoding);
    if (normalized === undefined) {
      validateString(encoding, 'encoding');
      throw new ERR_UNKNOWN_ENCODING(encoding);
    }
    if (value.length === 0) {
      value = 0;
    } else if (value.length === 1) {
      // One byte of pattern is a fill with a number.
      if (normalized === 'utf8' || normalized === 'ascii') {
        const code = value.charCodeAt(0);
        if (code < 128) value = code;
      } else if (normalized === 'latin1') {
        value = value.charCodeAt(0);
      }
    }
    encoding = normalized;
  } else {
    encoding = undefined;
  }

  if (offset === undefined) {
    offset = 0;
    end = buffer.length;
  } else {
    validateOffset(offset, 'offset');
    if (end === undefined) {
      end = buffer.length;
    } else {
      validateOffset(end, 'end', 0, buffer.length);
    }
    if (offset >= end) return buffer;
  }

  if (typeof value === 'number') {
    // `length` may be an own property that lies.
    if (offset > end || end > buffer.byteLength) throw new ERR_BUFFER_OUT_OF_BOUNDS();
    typedArrayFill.call(buffer, value, offset, end);
    return buffer;
  }
  if (typeof value === 'boolean') {
    typedArrayFill.call(buffer, +value, offset, end);
    return buffer;
  }

  const result = fillBytes(buffer, value, offset, end, encoding);
  if (result < 0) {
    if (result === -1) throw new ERR_INVALID_ARG_VALUE('value', value);
    throw new ERR_BUFFER_OUT_OF_BOUNDS();
  }
  return buffer;
}

// ---- text ----------------------------------------------------------------------------------------

Buffer.prototype.write = function write(string, offset, length, encoding) {
  if (typeof string !== 'string') throw new ERR_INVALID_ARG_TYPE('argument', 'string', string);
  if (offset === undefined) return utf8Ops.write(this, string, 0, this.length);
  if (length === undefined && typeof offset === 'string') {
    encoding = offset;
    length = this.length;
    offset = 0;
  } else {
    validateOffset(offset, 'offset', 0, this.length);
    const remaining = this.length - offset;
    if (length === undefined) {
      length = remaining;
    } else if (typeof length === 'string') {
      encoding = length;
      length = remaining;
    } else {
      validateOffset(length, 'length', 0, this.length);
      if (length > remaining) length = remaining;
    }
  }

  if (!encoding || encoding === 'utf8') return utf8Ops.write(this, string, offset, length);
  const ops = getEncodingOps(encoding);
  if (ops === undefined) throw new ERR_UNKNOWN_ENCODING(encoding);
  return ops.write(this, string, offset, length);
};

Buffer.prototype.toString = function toString(encoding, start, end) {
  if (arguments.length === 0) return utf8Ops.slice(this, 0, this.length);

  const length = this.length;
  if (start <= 0) {
    start = 0;
  } else if (start >= length) {
    return '';
  } else {
    start = Math.trunc(start) || 0;
  }
  if (end === undefined || end > length) end = length;
  else end = Math.trunc(end) || 0;
  if (end <= start) return '';

  if (encoding === undefined) return utf8Ops.slice(this, start, end);
  const ops = getEncodingOps(encoding);
  if (ops === undefined) throw new ERR_UNKNOWN_ENCODING(encoding);
  return ops.slice(this, start, end);
};
Buffer.prototype.toLocaleString = Buffer.prototype.toString;

Buffer.prototype.toJSON = function toJSON() {
  return { type: 'Buffer', data: Array.from(this) };
};

Buffer.prototype[customInspectSymbol] = function inspect(depth, context) {
  const shown = Math.min(inspectMaxBytes, this.length);
  const hidden = this.length - inspectMaxBytes;
  let text = hexOps.slice(this, 0, shown).replace(/(.{2})/g, '$1 ').trim();
  if (hidden > 0) text += ` ... ${hidden} more byte${hidden > 1 ? 's' : ''}`;

  if (context) {
    const filter = context.showHidden ? ALL_PROPERTIES : ONLY_ENUMERABLE;
    const extras = getOwnNonIndexProperties(this, filter);
    if (extras.length !== 0) {
      const object = { __proto__: null };
      for (const key of extras) object[key] = this[key];
      if (this.length !== 0) text += ', ';
      // Braces and the null prototype's name are cut off.
      const { inspect } = require('internal/util/inspect');
      text += inspect(object, { ...context, breakLength: Infinity, compact: true }).slice(27, -2);
    }
  }

  let name;
  try {
    ({ constructor: { name } } = this);
  } catch {
    // A hostile constructor property leaves the plain name.
  }
  name ||= 'Buffer';
  return `<${name} ${text}>`;
};
Buffer.prototype.inspect = Buffer.prototype[customInspectSymbol];

// ---- byte order ----------------------------------------------------------------------------------

function swapPairs(buffer, width) {
  for (let i = 0; i < buffer.length; i += width) {
    for (let a = i, b = i + width - 1; a < b; a++, b--) {
      const byte = buffer[a];
      buffer[a] = buffer[b];
      buffer[b] = byte;
    }
  }
  return buffer;
}

Buffer.prototype.swap16 = function swap16() {
  if (this.length % 2 !== 0) throw new ERR_INVALID_BUFFER_SIZE('16-bits');
  if (this.length < 128) return swapPairs(this, 2);
  binding.swap16(this);
  return this;
};

Buffer.prototype.swap32 = function swap32() {
  if (this.length % 4 !== 0) throw new ERR_INVALID_BUFFER_SIZE('32-bits');
  if (this.length < 192) return swapPairs(this, 4);
  binding.swap32(this);
  return this;
};

Buffer.prototype.swap64 = function swap64() {
  if (this.length % 8 !== 0) throw new ERR_INVALID_BUFFER_SIZE('64-bits');
  if (this.length < 192) return swapPairs(this, 8);
  binding.swap64(this);
  return this;
};

// ---- module functions ----------------------------------------------------------------------------

const transcodable = ['ascii', 'latin1', 'binary', 'utf8', 'ucs2', 'utf16le'];

function transcode(source, fromEncoding, toEncoding) {
  if (!isUint8Array(source)) throw new ERR_INVALID_ARG_TYPE('source', ['Buffer', 'Uint8Array'], source);
  if (source.length === 0) return Buffer.alloc(0);

  const from = normalizeEncoding(fromEncoding) || fromEncoding;
  const to = normalizeEncoding(toEncoding) || toEncoding;
  if (transcodable.includes(from) && transcodable.includes(to)) {
    const text = Buffer.prototype.toString.call(
      new FastBuffer(source.buffer, source.byteOffset, source.byteLength), from);
    if (to === 'utf8' || to === 'utf16le' || to === 'ucs2') return Buffer.from(text, to);
    // One substitute per character that the narrow encoding lacks.
    const limit = to === 'ascii' ? 0x7f : 0xff;
    const characters = Array.from(text, (c) => (c.codePointAt(0) <= limit ? c : '?'));
    return Buffer.from(characters.join(''), 'latin1');
  }
  throw genericNodeError('Unable to transcode Buffer [U_ILLEGAL_ARGUMENT_ERROR]',
                         { code: 'U_ILLEGAL_ARGUMENT_ERROR', errno: 1 });
}

function isView(input) {
  return isAnyArrayBuffer(input) || isArrayBufferView(input);
}

function isUtf8(input) {
  if (isView(input)) return binding.isUtf8(input);
  throw new ERR_INVALID_ARG_TYPE('input', ['ArrayBuffer', 'Buffer', 'TypedArray'], input);
}

function isAscii(input) {
  if (isView(input)) return binding.isAscii(input);
  throw new ERR_INVALID_ARG_TYPE('input', ['ArrayBuffer', 'Buffer', 'TypedArray'], input);
}

function isLatin1(input) {
  if (isView(input)) return binding.isLatin1(input);
  throw new ERR_INVALID_ARG_TYPE('input', ['ArrayBuffer', 'Buffer', 'TypedArray'], input);
}

function btoa(input) {
  if (arguments.length === 0) throw new ERR_MISSING_ARGS('input');
  const result = binding.btoa(`${input}`);
  if (result === -1) throw lazyDOMException('Invalid character', 'InvalidCharacterError');
  return result;
}

function atob(input) {
  if (arguments.length === 0) throw new ERR_MISSING_ARGS('input');
  const result = binding.atob(`${input}`);
  switch (result) {
    case -2:
    case -3:
      throw lazyDOMException('The string to be decoded is not correctly encoded.', 'InvalidCharacterError');
    case -1:
      throw lazyDOMException('Invalid character', 'InvalidCharacterError');
    default:
      return result;
  }
}

module.exports = {
  Buffer,
  transcode,
  isUtf8,
  isAscii,
  isLatin1,
  kMaxLength,
  kStringMaxLength,
  btoa,
  atob,
};

Object.defineProperties(module.exports, {
  constants: { __proto__: null, configurable: false, enumerable: true, value: constants },
  INSPECT_MAX_BYTES: {
    __proto__: null,
    configurable: true,
    enumerable: true,
    get() { return inspectMaxBytes; },
    set(value) {
      validateNumber(value, 'INSPECT_MAX_BYTES', 0);
      inspectMaxBytes = value;
    },
  },
});

function lazyExport(id, names) {
  for (const name of names) {
    Object.defineProperty(module.exports, name, {
      __proto__: null,
      configurable: true,
      enumerable: true,
      get() {
        const value = require(id)[name];
        Object.defineProperty(module.exports, name, {
          __proto__: null, configurable: true, enumerable: true, writable: true, value,
        });
        return value;
      },
      set(value) {
        Object.defineProperty(module.exports, name, {
          __proto__: null, configurable: true, enumerable: true, writable: true, value,
        });
      },
    });
  }
}

lazyExport('internal/blob', ['Blob', 'resolveObjectURL']);
lazyExport('internal/file', ['File']);
