'use strict';

const { codes: { ERR_INVALID_ARG_TYPE, ERR_METHOD_NOT_IMPLEMENTED, ERR_OUT_OF_RANGE } } = require('internal/errors');

const { isAnyArrayBuffer, isUint8Array } = require('internal/util/types');

const kMaxInt32 = 2 ** 31 - 1;


/** Bytes of a string, ArrayBuffer or view, as a Uint8Array. */
function getArrayBufferOrView(value, name, encoding) {
  if (typeof value === 'string') {
    const { Buffer } = require('buffer');
    return Buffer.from(value, encoding === undefined || encoding === 'buffer' ? 'utf8' : encoding);
  }
  if (isUint8Array(value)) return value;
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  if (isAnyArrayBuffer(value)) return new Uint8Array(value);
  throw new ERR_INVALID_ARG_TYPE(name, ['string', 'ArrayBuffer', 'Buffer', 'TypedArray', 'DataView'], value);
}

function validateByteSource(value, name) {
  if (isAnyArrayBuffer(value) || ArrayBuffer.isView(value)) return getArrayBufferOrView(value, name);
  throw new ERR_INVALID_ARG_TYPE(name, ['string', 'ArrayBuffer', 'TypedArray', 'DataView', 'Buffer'], value);
}

function validateMaxBufferLength(data, name) {
  if (data.byteLength > kMaxInt32) throw new ERR_OUT_OF_RANGE(name, `<= ${kMaxInt32}`, data.byteLength);
}

/** A function of the public API that this runtime does not provide yet: calling it says so. */
function notImplemented(name) {
  return {
    [name]() {
      throw new ERR_METHOD_NOT_IMPLEMENTED(`crypto.${name}()`);
    },
  }[name];
}

/** The security level in OpenSSL's counting. */
function getOpenSSLSecLevel() {
  return internalBinding('crypto').getOpenSSLSecLevel();
}

module.exports = {
  getOpenSSLSecLevel,
  getArrayBufferOrView, isAnyArrayBuffer, kMaxInt32, notImplemented, validateByteSource, validateMaxBufferLength,
};
