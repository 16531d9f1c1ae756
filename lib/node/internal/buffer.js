'use strict';
// FastBuffer and the number accessors of Buffer.prototype.
//
// Binding contract: internalBinding('buffer')
//   asciiSlice, base64Slice, base64urlSlice, latin1Slice, hexSlice, ucs2Slice, utf8Slice
//     (view, start, end) -> string; throws ERR_INVALID_ARG_TYPE `argument must be a buffer`,
//     ERR_OUT_OF_RANGE `Index out of range`, ERR_STRING_TOO_LONG
//   base64Write, base64urlWrite, hexWrite, ucs2Write, asciiWriteStatic, latin1WriteStatic, utf8WriteStatic
//     (view, string, offset, length) -> bytes written; only whole characters are written
//   createUnsafeArrayBuffer(size) -> ArrayBuffer whose bytes are not initialised
// internalBinding('util').privateSymbols.untransferable_object_private_symbol: marks an ArrayBuffer that
//   structured cloning must not transfer.

const binding = internalBinding('buffer');
const {
  codes: { ERR_BUFFER_OUT_OF_BOUNDS, ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE },
} = require('internal/errors');
const { validateNumber } = require('internal/validators');

// Scratch memory for the reinterpretation of floats; the byte order is the machine's.
const float32 = new Float32Array(1);
const float32Bytes = new Uint8Array(float32.buffer);
const float64 = new Float64Array(1);
const float64Bytes = new Uint8Array(float64.buffer);
float32[0] = -1;
const bigEndian = float32Bytes[3] === 0;

class FastBuffer extends Uint8Array {
  // An explicit constructor keeps the iterator protocol out of `super(...args)`.
  constructor(bufferOrLength, byteOffset, length) {
    super(bufferOrLength, byteOffset, length);
  }
}

function boundsError(value, length, type) {
  if (Math.floor(value) !== value) {
    validateNumber(value, type);
    throw new ERR_OUT_OF_RANGE(type || 'offset', 'an integer', value);
  }
  if (length < 0) throw new ERR_BUFFER_OUT_OF_BOUNDS();
  throw new ERR_OUT_OF_RANGE(type || 'offset', `>= ${type ? 1 : 0} and <= ${length}`, value);
}

/** Throws for a read or write of `width` bytes at `offset` that the view does not hold. */
function checkOffset(view, offset, width) {
  validateNumber(offset, 'offset');
  if (view[offset] === undefined || view[offset + width - 1] === undefined) {
    boundsError(offset, view.length - width);
  }
}

function checkValue(view, value, min, max, offset, width) {
  if (value > max || value < min) {
    const n = typeof min === 'bigint' ? 'n' : '';
    let range;
    if (width > 4) {
      const bits = width * 8;
      range = min === 0 || min === 0n ?
        `>= 0${n} and < 2${n} ** ${bits}${n}` :
        `>= -(2${n} ** ${bits - 1}${n}) and < 2${n} ** ${bits - 1}${n}`;
    } else {
      range = `>= ${min}${n} and <= ${max}${n}`;
    }
    throw new ERR_OUT_OF_RANGE('value', range, value);
  }
  checkOffset(view, offset, width);
}

// ---- unsigned reads ------------------------------------------------------------------------------

function readUInt8(offset = 0) {
  validateNumber(offset, 'offset');
  const value = this[offset];
  if (value === undefined) boundsError(offset, this.length - 1);
  return value;
}

function readUInt16LE(offset = 0) {
  validateNumber(offset, 'offset');
  const first = this[offset];
  const last = this[offset + 1];
  if (first === undefined || last === undefined) boundsError(offset, this.length - 2);
  return first + last * 0x100;
}

function readUInt16BE(offset = 0) {
  validateNumber(offset, 'offset');
  const first = this[offset];
  const last = this[offset + 1];
  if (first === undefined || last === undefined) boundsError(offset, this.length - 2);
  return first * 0x100 + last;
}

function readUInt32LE(offset = 0) {
  validateNumber(offset, 'offset');
  const first = this[offset];
  const last = this[offset + 3];
  if (first === undefined || last === undefined) boundsError(offset, this.length - 4);
  return first + this[offset + 1] * 0x100 + this[offset + 2] * 0x10000 + last * 0x1000000;
}

function readUInt32BE(offset = 0) {
  validateNumber(offset, 'offset');
  const first = this[offset];
  const last = this[offset + 3];
  if (first === undefined || last === undefined) boundsError(offset, this.length - 4);
  return first * 0x1000000 + this[offset + 1] * 0x10000 + this[offset + 2] * 0x100 + last;
}

function checkByteLength(byteLength) {
  if (byteLength === undefined) throw new ERR_INVALID_ARG_TYPE('byteLength', 'number', byteLength);
  if (!(byteLength >= 1 && byteLength <= 6 && Math.floor(byteLength) === byteLength)) {
    boundsError(byteLength, 6, 'byteLength');
  }
}

function readUIntLE(offset, byteLength) {
  if (offset === undefined) throw new ERR_INVALID_ARG_TYPE('offset', 'number', offset);
  checkByteLength(byteLength);
  checkOffset(this, offset, byteLength);
  let value = 0;
  for (let i = byteLength - 1; i >= 0; i--) value = value * 0x100 + this[offset + i];
  return value;
}

function readUIntBE(offset, byteLength) {
  if (offset === undefined) throw new ERR_INVALID_ARG_TYPE('offset', 'number', offset);
  checkByteLength(byteLength);
  checkOffset(this, offset, byteLength);
  let value = 0;
  for (let i = 0; i < byteLength; i++) value = value * 0x100 + this[offset + i];
  return value;
}

// ---- signed reads --------------------------------------------------------------------------------

/** Reads the unsigned `value` of `byteLength` bytes as two's complement. */
function toSigned(value, byteLength) {
  const half = 2 ** (8 * byteLength - 1);
  return value >= half ? value - 2 * half : value;
}

function readInt8(offset = 0) {
  validateNumber(offset, 'offset');
  const value = this[offset];
  if (value === undefined) boundsError(offset, this.length - 1);
  return value << 24 >> 24;
}

function readInt16LE(offset = 0) {
  validateNumber(offset, 'offset');
  const first = this[offset];
  const last = this[offset + 1];
  if (first === undefined || last === undefined) boundsError(offset, this.length - 2);
  return (first | last << 8) << 16 >> 16;
}

function readInt16BE(offset = 0) {
  validateNumber(offset, 'offset');
  const first = this[offset];
  const last = this[offset + 1];
  if (first === undefined || last === undefined) boundsError(offset, this.length - 2);
  return (first << 8 | last) << 16 >> 16;
}

function readInt32LE(offset = 0) {
  validateNumber(offset, 'offset');
  const first = this[offset];
  const last = this[offset + 3];
  if (first === undefined || last === undefined) boundsError(offset, this.length - 4);
  return first | this[offset + 1] << 8 | this[offset + 2] << 16 | last << 24;
}

function readInt32BE(offset = 0) {
  validateNumber(offset, 'offset');
  const first = this[offset];
  const last = this[offset + 3];
  if (first === undefined || last === undefined) boundsError(offset, this.length - 4);
  return first << 24 | this[offset + 1] << 16 | this[offset + 2] << 8 | last;
}

function readIntLE(offset, byteLength) {
  return toSigned(readUIntLE.call(this, offset, byteLength), byteLength);
}

function readIntBE(offset, byteLength) {
  return toSigned(readUIntBE.call(this, offset, byteLength), byteLength);
}

// ---- 64-bit reads --------------------------------------------------------------------------------

function readBigUInt64LE(offset = 0) {
  checkOffset(this, offset, 8);
  return BigInt(readUInt32LE.call(this, offset)) + (BigInt(readUInt32LE.call(this, offset + 4)) << 32n);
}

function readBigUInt64BE(offset = 0) {
  checkOffset(this, offset, 8);
  return (BigInt(readUInt32BE.call(this, offset)) << 32n) + BigInt(readUInt32BE.call(this, offset + 4));
}

function readBigInt64LE(offset = 0) {
  checkOffset(this, offset, 8);
  return (BigInt(readInt32LE.call(this, offset + 4)) << 32n) + BigInt(readUInt32LE.call(this, offset));
}

function readBigInt64BE(offset = 0) {
  checkOffset(this, offset, 8);
  return (BigInt(readInt32BE.call(this, offset)) << 32n) + BigInt(readUInt32BE.call(this, offset + 4));
}

// ---- floats --------------------------------------------------------------------------------------

function readFloatForwards(offset = 0) {
  checkOffset(this, offset, 4);
  for (let i = 0; i < 4; i++) float32Bytes[i] = this[offset + i];
  return float32[0];
}

function readFloatBackwards(offset = 0) {
  checkOffset(this, offset, 4);
  for (let i = 0; i < 4; i++) float32Bytes[3 - i] = this[offset + i];
  return float32[0];
}

function readDoubleForwards(offset = 0) {
  checkOffset(this, offset, 8);
  for (let i = 0; i < 8; i++) float64Bytes[i] = this[offset + i];
  return float64[0];
}

function readDoubleBackwards(offset = 0) {
  checkOffset(this, offset, 8);
  for (let i = 0; i < 8; i++) float64Bytes[7 - i] = this[offset + i];
  return float64[0];
}

function writeFloatForwards(value, offset = 0) {
  value = +value;
  checkOffset(this, offset, 4);
  float32[0] = value;
  for (let i = 0; i < 4; i++) this[offset + i] = float32Bytes[i];
  return offset + 4;
}

function writeFloatBackwards(value, offset = 0) {
  value = +value;
  checkOffset(this, offset, 4);
  float32[0] = value;
  for (let i = 0; i < 4; i++) this[offset + i] = float32Bytes[3 - i];
  return offset + 4;
}

function writeDoubleForwards(value, offset = 0) {
  value = +value;
  checkOffset(this, offset, 8);
  float64[0] = value;
  for (let i = 0; i < 8; i++) this[offset + i] = float64Bytes[i];
  return offset + 8;
}

function writeDoubleBackwards(value, offset = 0) {
  value = +value;
  checkOffset(this, offset, 8);
  float64[0] = value;
  for (let i = 0; i < 8; i++) this[offset + i] = float64Bytes[7 - i];
  return offset + 8;
}

// ---- integer writes ------------------------------------------------------------------------------

function writeLE(view, value, offset, width, min, max) {
  value = +value;
  checkValue(view, value, min, max, offset, width);
  if (width > 4) {
    const high = Math.floor(value / 0x100000000);
    for (let i = 4, rest = high; i < width; i++, rest >>= 8) view[offset + i] = rest;
    width = 4;
  }
  for (let i = 0; i < width; i++, value = Math.floor(value / 0x100)) view[offset + i] = value;
}

function writeBE(view, value, offset, width, min, max) {
  value = +value;
  checkValue(view, value, min, max, offset, width);
  for (let i = width - 1; i >= 0; i--, value = Math.floor(value / 0x100)) view[offset + i] = value;
}

function writeUInt8(value, offset = 0) {
  writeLE(this, value, offset, 1, 0, 0xff);
  return offset + 1;
}

function writeUInt16LE(value, offset = 0) {
  value = +value;
  checkValue(this, value, 0, 0xffff, offset, 2);
  this[offset] = value;
  this[offset + 1] = value >>> 8;
  return offset + 2;
}

function writeUInt16BE(value, offset = 0) {
  value = +value;
  checkValue(this, value, 0, 0xffff, offset, 2);
  this[offset] = value >>> 8;
  this[offset + 1] = value;
  return offset + 2;
}

function writeUInt32LE(value, offset = 0) {
  value = +value;
  checkValue(this, value, 0, 0xffffffff, offset, 4);
  this[offset] = value;
  this[offset + 1] = value >>> 8;
  this[offset + 2] = value >>> 16;
  this[offset + 3] = value >>> 24;
  return offset + 4;
}

function writeUInt32BE(value, offset = 0) {
  value = +value;
  checkValue(this, value, 0, 0xffffffff, offset, 4);
  this[offset] = value >>> 24;
  this[offset + 1] = value >>> 16;
  this[offset + 2] = value >>> 8;
  this[offset + 3] = value;
  return offset + 4;
}

function writeUIntLE(value, offset, byteLength) {
  if (byteLength !== 0) checkByteLength(byteLength);
  else boundsError(byteLength, 6, 'byteLength');
  writeLE(this, value, offset, byteLength, 0, 2 ** (8 * byteLength) - 1);
  return offset + byteLength;
}

function writeUIntBE(value, offset, byteLength) {
  checkByteLength(byteLength);
  writeBE(this, value, offset, byteLength, 0, 2 ** (8 * byteLength) - 1);
  return offset + byteLength;
}

function writeInt8(value, offset = 0) {
  writeLE(this, value, offset, 1, -0x80, 0x7f);
  return offset + 1;
}

function writeInt16LE(value, offset = 0) {
  value = +value;
  checkValue(this, value, -0x8000, 0x7fff, offset, 2);
  this[offset] = value;
  this[offset + 1] = value >>> 8;
  return offset + 2;
}

function writeInt16BE(value, offset = 0) {
  value = +value;
  checkValue(this, value, -0x8000, 0x7fff, offset, 2);
  this[offset] = value >>> 8;
  this[offset + 1] = value;
  return offset + 2;
}

function writeInt32LE(value, offset = 0) {
  value = +value;
  checkValue(this, value, -0x80000000, 0x7fffffff, offset, 4);
  this[offset] = value;
  this[offset + 1] = value >>> 8;
  this[offset + 2] = value >>> 16;
  this[offset + 3] = value >>> 24;
  return offset + 4;
}

function writeInt32BE(value, offset = 0) {
  value = +value;
  checkValue(this, value, -0x80000000, 0x7fffffff, offset, 4);
  this[offset] = value >>> 24;
  this[offset + 1] = value >>> 16;
  this[offset + 2] = value >>> 8;
  this[offset + 3] = value;
  return offset + 4;
}

function writeIntLE(value, offset, byteLength) {
  checkByteLength(byteLength);
  const half = 2 ** (8 * byteLength - 1);
  writeLE(this, value, offset, byteLength, -half, half - 1);
  return offset + byteLength;
}

function writeIntBE(value, offset, byteLength) {
  checkByteLength(byteLength);
  const half = 2 ** (8 * byteLength - 1);
  writeBE(this, value, offset, byteLength, -half, half - 1);
  return offset + byteLength;
}

function writeBigLE(view, value, offset, min, max) {
  checkValue(view, value, min, max, offset, 8);
  let low = Number(value & 0xffffffffn);
  let high = Number(value >> 32n & 0xffffffffn);
  for (let i = 0; i < 4; i++, low >>>= 8, high >>>= 8) {
    view[offset + i] = low;
    view[offset + 4 + i] = high;
  }
  return offset + 8;
}

function writeBigBE(view, value, offset, min, max) {
  checkValue(view, value, min, max, offset, 8);
  let low = Number(value & 0xffffffffn);
  let high = Number(value >> 32n & 0xffffffffn);
  for (let i = 3; i >= 0; i--, low >>>= 8, high >>>= 8) {
    view[offset + i] = high;
    view[offset + 4 + i] = low;
  }
  return offset + 8;
}

function writeBigUInt64LE(value, offset = 0) {
  return writeBigLE(this, value, offset, 0n, 0xffffffffffffffffn);
}

function writeBigUInt64BE(value, offset = 0) {
  return writeBigBE(this, value, offset, 0n, 0xffffffffffffffffn);
}

function writeBigInt64LE(value, offset = 0) {
  return writeBigLE(this, value, offset, -0x8000000000000000n, 0x7fffffffffffffffn);
}

function writeBigInt64BE(value, offset = 0) {
  return writeBigBE(this, value, offset, -0x8000000000000000n, 0x7fffffffffffffffn);
}

// ---- one-encoding writes -------------------------------------------------------------------------

function asciiWrite(view, string, offset = 0, length = view.byteLength - offset) {
  checkWrite(view, offset, length);
  return binding.asciiWriteStatic(view, string, offset, length);
}

function latin1Write(view, string, offset = 0, length = view.byteLength - offset) {
  checkWrite(view, offset, length);
  return binding.latin1WriteStatic(view, string, offset, length);
}

function utf8Write(view, string, offset = 0, length = view.byteLength - offset) {
  checkWrite(view, offset, length);
  return binding.utf8WriteStatic(view, string, offset, length);
}

/** Throws unless the view holds `length` bytes at `offset`. */
function checkWrite(view, offset, length) {
  if (offset < 0 || offset > view.byteLength) throw new ERR_BUFFER_OUT_OF_BOUNDS('offset');
  if (length < 0 || length > view.byteLength - offset) throw new ERR_BUFFER_OUT_OF_BOUNDS('length');
}

function addBufferPrototypeMethods(proto) {
  const methods = {
    readUIntLE, readUInt32LE, readUInt16LE, readUIntBE, readUInt32BE, readUInt16BE, readUInt8,
    readIntLE, readInt32LE, readInt16LE, readIntBE, readInt32BE, readInt16BE, readInt8,
    readBigUInt64LE, readBigUInt64BE, readBigInt64LE, readBigInt64BE,
    writeUIntLE, writeUInt32LE, writeUInt16LE, writeUIntBE, writeUInt32BE, writeUInt16BE, writeUInt8,
    writeIntLE, writeInt32LE, writeInt16LE, writeIntBE, writeInt32BE, writeInt16BE, writeInt8,
    writeBigUInt64LE, writeBigUInt64BE, writeBigInt64LE, writeBigInt64BE,
  };
  for (const name in methods) {
    proto[name] = methods[name];
    if (name.includes('UInt')) proto[name.replace('UInt', 'Uint')] = methods[name];
  }
  proto.readFloatLE = bigEndian ? readFloatBackwards : readFloatForwards;
  proto.readFloatBE = bigEndian ? readFloatForwards : readFloatBackwards;
  proto.readDoubleLE = bigEndian ? readDoubleBackwards : readDoubleForwards;
  proto.readDoubleBE = bigEndian ? readDoubleForwards : readDoubleBackwards;
  proto.writeFloatLE = bigEndian ? writeFloatBackwards : writeFloatForwards;
  proto.writeFloatBE = bigEndian ? writeFloatForwards : writeFloatBackwards;
  proto.writeDoubleLE = bigEndian ? writeDoubleBackwards : writeDoubleForwards;
  proto.writeDoubleBE = bigEndian ? writeDoubleForwards : writeDoubleBackwards;

  for (const encoding of ['ascii', 'base64', 'base64url', 'latin1', 'hex', 'ucs2', 'utf8']) {
    const slice = binding[`${encoding}Slice`];
    proto[`${encoding}Slice`] = function(start, end) { return slice(this, start, end); };
  }
  const writes = {
    __proto__: null,
    base64Write: binding.base64Write,
    base64urlWrite: binding.base64urlWrite,
    hexWrite: binding.hexWrite,
    ucs2Write: binding.ucs2Write,
    asciiWrite,
    latin1Write,
    utf8Write,
  };
  for (const name in writes) {
    const write = writes[name];
    proto[name] = function(string, offset, length) { return write(this, string, offset, length); };
  }
}

const { untransferable_object_private_symbol: untransferable } = internalBinding('util').privateSymbols;

function markAsUntransferable(object) {
  if ((typeof object !== 'object' && typeof object !== 'function') || object === null) return;
  object[untransferable] = true;
}

function isMarkedAsUntransferable(object) {
  if (object === null || (typeof object !== 'object' && typeof object !== 'function')) return false;
  return object[untransferable] !== undefined;
}

/** A Buffer over memory that was not cleared. */
function createUnsafeBuffer(size) {
  // Very small buffers are cleared faster than they are taken from the native allocator.
  return size <= 64 ? new FastBuffer(size) : new FastBuffer(binding.createUnsafeArrayBuffer(size));
}

module.exports = {
  FastBuffer,
  addBufferPrototypeMethods,
  markAsUntransferable,
  isMarkedAsUntransferable,
  createUnsafeBuffer,
  readUInt16BE,
  readUInt32BE,
  asciiWrite,
  latin1Write,
  utf8Write,
};
