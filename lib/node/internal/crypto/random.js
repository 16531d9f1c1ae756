'use strict';

// Binding contract (crypto): randomFill(view, byteOffset, byteLength, req) (`req` as in fs: undefined is synchronous);
// makeUuid(disableEntropyCache, ms) -> string: of version 4, or 7 if the time is given.

const { makeUuid, randomFill: fillBytes } = internalBinding('crypto');
const { codes: { ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE } } = require('internal/errors');
const { validateBoolean, validateFunction, validateNumber, validateObject } = require('internal/validators');
const { isAnyArrayBuffer } = require('internal/crypto/util');

const kMaxPossibleLength = 2 ** 31 - 1;

function checkOffset(offset, elementSize, length) {
  validateNumber(offset, 'offset');
  offset *= elementSize;
  const max = Math.min(length, kMaxPossibleLength);
  if (Number.isNaN(offset) || offset > max || offset < 0) {
    throw new ERR_OUT_OF_RANGE('offset', `>= 0 && <= ${max}`, offset);
  }
  return offset >>> 0;
}

function checkSize(size, elementSize, offset, length) {
  validateNumber(size, 'size');
  size *= elementSize;
  if (Number.isNaN(size) || size > kMaxPossibleLength || size < 0) {
    throw new ERR_OUT_OF_RANGE('size', `>= 0 && <= ${kMaxPossibleLength}`, size);
  }
  if (size + offset > length) throw new ERR_OUT_OF_RANGE('size + offset', `<= ${length}`, size + offset);
  return size >>> 0;
}

function randomBytes(size, callback) {
  const { Buffer } = require('buffer');
  size = checkSize(size, 1, 0, Infinity);
  if (callback !== undefined) validateFunction(callback, 'callback');
  const buffer = Buffer.from(new ArrayBuffer(size));
  if (callback === undefined) {
    if (size > 0) fillBytes(buffer, 0, size, undefined);
    return buffer;
  }
  fillBytes(buffer, 0, size, (error) => (error ? callback(error) : callback(null, buffer)));
  return undefined;
}

function viewArguments(buffer, offset, size) {
  if (!isAnyArrayBuffer(buffer) && !ArrayBuffer.isView(buffer)) {
    throw new ERR_INVALID_ARG_TYPE('buf', ['ArrayBuffer', 'ArrayBufferView'], buffer);
  }
  const elementSize = buffer.BYTES_PER_ELEMENT || 1;
  const at = checkOffset(offset ?? 0, elementSize, buffer.byteLength);
  const count = size === undefined ? buffer.byteLength - at : checkSize(size, elementSize, at, buffer.byteLength);
  const view = ArrayBuffer.isView(buffer) ?
    new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength) : new Uint8Array(buffer);
  return { view, at, count };
}

function randomFillSync(buffer, offset = 0, size) {
  const { view, at, count } = viewArguments(buffer, offset, size);
  if (count > 0) fillBytes(view, at, count, undefined);
  return buffer;
}

function randomFill(buffer, offset, size, callback) {
  if (!isAnyArrayBuffer(buffer) && !ArrayBuffer.isView(buffer)) {
    throw new ERR_INVALID_ARG_TYPE('buf', ['ArrayBuffer', 'ArrayBufferView'], buffer);
  }
  if (typeof offset === 'function') {
    callback = offset;
    offset = 0;
    size = undefined;
  } else if (typeof size === 'function') {
    callback = size;
    size = undefined;
  } else {
    validateFunction(callback, 'callback');
  }
  const { view, at, count } = viewArguments(buffer, offset, size);
  if (count === 0) {
    process.nextTick(callback, null, buffer);
    return;
  }
  fillBytes(view, at, count, (error) => (error ? callback(error) : callback(null, buffer)));
}

// Random numbers below 2 ** 48, from a cache of bytes, without modulo bias.
const kRandomMax = 0xFFFF_FFFF_FFFF;
let intCache;
let intOffset = 0;

function nextInt48() {
  const { Buffer } = require('buffer');
  if (intCache === undefined || intOffset === intCache.length) {
    intCache ??= Buffer.alloc(6 * 1024);
    fillBytes(intCache, 0, intCache.length, undefined);
    intOffset = 0;
  }
  const value = intCache.readUIntBE(intOffset, 6);
  intCache.fill(0, intOffset, intOffset + 6);
  intOffset += 6;
  return value;
}

function randomInt(min, max, callback) {
  const isMinOptional = max === undefined || typeof max === 'function';
  if (isMinOptional) {
    callback = max;
    max = min;
    min = 0;
  }
  if (callback !== undefined) validateFunction(callback, 'callback');
  if (!Number.isSafeInteger(min)) throw new ERR_INVALID_ARG_TYPE('min', 'a safe integer', min);
  if (!Number.isSafeInteger(max)) throw new ERR_INVALID_ARG_TYPE('max', 'a safe integer', max);
  if (max <= min) throw new ERR_OUT_OF_RANGE('max', `greater than the value of "min" (${min})`, max);
  const range = max - min;
  if (!(range <= kRandomMax)) {
    throw new ERR_OUT_OF_RANGE(isMinOptional ? 'max' : 'max - min', `<= ${kRandomMax}`, range);
  }
  const limit = kRandomMax - (kRandomMax % range);
  let value = nextInt48();
  while (value >= limit) value = nextInt48();
  const result = (value % range) + min;
  if (callback === undefined) return result;
  process.nextTick(callback, undefined, result);
  return undefined;
}

function uuidOptions(options) {
  if (options === undefined) return false;
  validateObject(options, 'options');
  const { disableEntropyCache = false } = options;
  validateBoolean(disableEntropyCache, 'options.disableEntropyCache');
  return disableEntropyCache;
}

/** A version 4 UUID, RFC 9562 §5.4. */
function randomUUID(options) {
  return makeUuid(uuidOptions(options), undefined);
}

/** A version 7 UUID, RFC 9562 §5.7. */
function randomUUIDv7(options) {
  return makeUuid(uuidOptions(options), Date.now());
}

/** The web's crypto.getRandomValues. */
function getRandomValues(array) {
  if (!ArrayBuffer.isView(array) || array instanceof DataView || array instanceof Float32Array ||
      array instanceof Float64Array || array instanceof Float16Array) {
    throw new DOMException('The data argument must be an integer-type TypedArray', 'TypeMismatchError');
  }
  if (array.byteLength > 65536) {
    throw new DOMException('The requested length exceeds 65,536 bytes', 'QuotaExceededError');
  }
  randomFillSync(array, 0);
  return array;
}

module.exports = { getRandomValues, randomBytes, randomFill, randomFillSync, randomInt, randomUUID, randomUUIDv7 };
