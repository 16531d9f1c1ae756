'use strict';

// Secret keys. Asymmetric keys are not there yet.

const { codes: { ERR_CRYPTO_INVALID_KEY_OBJECT_TYPE, ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_ILLEGAL_CONSTRUCTOR } } =
  require('internal/errors');
const { validateObject, validateOneOf } = require('internal/validators');
const { getArrayBufferOrView, isAnyArrayBuffer } = require('internal/crypto/util');

const kMaterial = Symbol('kMaterial');
const kCreate = Symbol('kCreate');

class KeyObject {
  constructor(type, material, token) {
    if (token !== kCreate) {
      if (type !== 'secret' && type !== 'public' && type !== 'private') throw new ERR_INVALID_ARG_VALUE('type', type);
      throw new ERR_ILLEGAL_CONSTRUCTOR();
    }
    Object.defineProperty(this, 'type', { __proto__: null, value: type, enumerable: false });
    Object.defineProperty(this, kMaterial, { __proto__: null, value: material, enumerable: false });
  }

  equals(other) {
    if (!isKeyObject(other)) throw new ERR_INVALID_ARG_TYPE('otherKeyObject', 'KeyObject', other);
    const [a, b] = [this[kMaterial], other[kMaterial]];
    return a.length === b.length && (a.length === 0 || internalBinding('crypto').timingSafeEqual(a, b));
  }

  static from(key) {
    throw new ERR_INVALID_ARG_TYPE('key', 'CryptoKey', key);
  }

  get symmetricKeySize() {
    return this[kMaterial].length;
  }

  export(options = {}) {
    validateObject(options, 'options');
    validateOneOf(options.format, 'options.format', [undefined, 'buffer', 'jwk']);
    const { Buffer } = require('buffer');
    const bytes = Buffer.from(this[kMaterial]);
    return options.format === 'jwk' ? { kty: 'oct', k: bytes.toString('base64url') } : bytes;
  }

  get [Symbol.toStringTag]() {
    return 'KeyObject';
  }
}

function isKeyObject(value) {
  return typeof value === 'object' && value !== null && value[kMaterial] !== undefined;
}

function createSecretKey(key, encoding) {
  const { Buffer } = require('buffer');
  return new KeyObject('secret', Buffer.from(getArrayBufferOrView(key, 'key', encoding)), kCreate);
}

/** The bytes of a secret key given as KeyObject, string or bytes. */
function secretKeyBytes(key, encoding, name = 'key') {
  if (isKeyObject(key)) {
    if (key.type !== 'secret') throw new ERR_CRYPTO_INVALID_KEY_OBJECT_TYPE(key.type, 'secret');
    return key[kMaterial];
  }
  if (typeof key !== 'string' && !ArrayBuffer.isView(key) && !isAnyArrayBuffer(key)) {
    throw new ERR_INVALID_ARG_TYPE(name, ['ArrayBuffer', 'Buffer', 'TypedArray', 'DataView', 'string', 'KeyObject',
                                          'CryptoKey'], key);
  }
  return getArrayBufferOrView(key, name, encoding);
}

// There are no CryptoKeys yet.
function isCryptoKey() {
  return false;
}

module.exports = { KeyObject, createSecretKey, isCryptoKey, isKeyObject, secretKeyBytes };
