'use strict';
// Key agreement: the classes DiffieHellman, DiffieHellmanGroup and ECDH, and diffieHellman() of key objects.
//
// Binding contract (crypto): DiffieHellman: new (bits | prime, generator number | bytes), generateKeys(), computeSecret(bytes),
//   getPrime(), getGenerator(), getPublicKey(), getPrivateKey(), setPublicKey(bytes), setPrivateKey(bytes), check() -> flags.
//   ECDH: new (curve), generateKeys(), computeSecret(bytes) -> Buffer | undefined, getPublicKey(form), getPrivateKey(),
//   setPublicKey(bytes), setPrivateKey(bytes). groupPrime(name), convertPoint(curve, bytes, form), agree(private, public, req).

const binding = internalBinding('crypto');
const { codes: {
  ERR_CRYPTO_ECDH_INVALID_FORMAT, ERR_CRYPTO_ECDH_INVALID_PUBLIC_KEY, ERR_CRYPTO_INCOMPATIBLE_KEY,
  ERR_CRYPTO_INVALID_KEY_OBJECT_TYPE, ERR_CRYPTO_UNKNOWN_DH_GROUP, ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE,
} } = require('internal/errors');
const { validateFunction, validateInt32, validateObject, validateString } = require('internal/validators');
const { deprecate } = require('internal/util');
const { getArrayBufferOrView, isAnyArrayBuffer } = require('internal/crypto/util');
const { isKeyObject, kHandle, preparePrivateKey, preparePublicOrPrivateKey } = require('internal/crypto/keys');

const kNative = Symbol('kNative');
const DH_GENERATOR = 2;

function encode(bytes, encoding) {
  return encoding && encoding !== 'buffer' ? bytes.toString(encoding) : bytes;
}

function DiffieHellman(sizeOrKey, keyEncoding, generator, genEncoding) {
  if (!(this instanceof DiffieHellman)) return new DiffieHellman(sizeOrKey, keyEncoding, generator, genEncoding);
  if (typeof sizeOrKey !== 'number' && typeof sizeOrKey !== 'string' && !ArrayBuffer.isView(sizeOrKey) &&
      !isAnyArrayBuffer(sizeOrKey)) {
    throw new ERR_INVALID_ARG_TYPE('sizeOrKey', ['number', 'string', 'ArrayBuffer', 'Buffer', 'TypedArray', 'DataView'], sizeOrKey);
  }
  // The length must be one, before the generator is looked at.
  if (typeof sizeOrKey === 'number') validateInt32(sizeOrKey, 'sizeOrKey');
  const { Buffer } = require('buffer');
  if (keyEncoding && !Buffer.isEncoding(keyEncoding) && keyEncoding !== 'buffer') {
    genEncoding = generator;
    generator = keyEncoding;
    keyEncoding = false;
  }
  keyEncoding ||= undefined;
  genEncoding ||= undefined;
  if (typeof sizeOrKey !== 'number') sizeOrKey = getArrayBufferOrView(sizeOrKey, 'sizeOrKey', keyEncoding);
  if (!generator) {
    generator = DH_GENERATOR;
  } else if (typeof generator === 'number') {
    validateInt32(generator, 'generator');
  } else if (typeof generator === 'string') {
    generator = getArrayBufferOrView(generator, 'generator', genEncoding);
  } else if (!ArrayBuffer.isView(generator) && !isAnyArrayBuffer(generator)) {
    throw new ERR_INVALID_ARG_TYPE('generator', ['number', 'string', 'ArrayBuffer', 'Buffer', 'TypedArray', 'DataView'], generator);
  } else {
    generator = getArrayBufferOrView(generator, 'generator');
  }
  checkGroup(sizeOrKey, generator);
  this[kNative] = new binding.DiffieHellman(sizeOrKey, generator);
  defineVerifyError(this);
}

function opensslError(number, library, reason, code) {
  const error = new Error(`error:${number}:${library}::${reason}`);
  return Object.assign(error, { library, reason, code });
}

/** What OpenSSL refuses before it makes a group. */
function checkGroup(sizeOrKey, generator) {
  if (typeof sizeOrKey === 'number' && sizeOrKey < 2) {
    throw opensslError('0280007E', 'Diffie-Hellman routines', 'modulus too small', 'ERR_OSSL_DH_MODULUS_TOO_SMALL');
  }
  const isBad = typeof generator === 'number' ? generator < 2 :
    generator.byteLength === 0 || generator.every((byte, i) => byte === 0 || (byte === 1 && i === generator.length - 1));
  if (isBad) throw opensslError('02800065', 'Diffie-Hellman routines', 'bad generator', 'ERR_OSSL_DH_BAD_GENERATOR');
}

function defineVerifyError(dh) {
  Object.defineProperty(dh, 'verifyError', {
    __proto__: null, enumerable: true, value: dh[kNative].check(), writable: false,
  });
}

function DiffieHellmanGroup(name) {
  if (!(this instanceof DiffieHellmanGroup)) return new DiffieHellmanGroup(name);
  validateString(name, 'name');
  const prime = binding.groupPrime(name.toLowerCase());
  if (prime === undefined) throw new ERR_CRYPTO_UNKNOWN_DH_GROUP();
  this[kNative] = new binding.DiffieHellman(prime, DH_GENERATOR);
  // The primes are known to be safe.
  Object.defineProperty(this, 'verifyError', { __proto__: null, enumerable: true, value: 0, writable: false });
}

const shared = {
  generateKeys(encoding) {
    return encode(this[kNative].generateKeys(), encoding);
  },
  computeSecret(otherPublicKey, inEnc, outEnc) {
    const bytes = getArrayBufferOrView(otherPublicKey, 'otherPublicKey', inEnc);
    return encode(this[kNative].computeSecret(bytes), outEnc);
  },
  getPrime(encoding) {
    return encode(this[kNative].getPrime(), encoding);
  },
  getGenerator(encoding) {
    return encode(this[kNative].getGenerator(), encoding);
  },
  getPublicKey(encoding) {
    return encode(this[kNative].getPublicKey(), encoding);
  },
  getPrivateKey(encoding) {
    return encode(this[kNative].getPrivateKey(), encoding);
  },
};
function defineMethods(Class, methods) {
  for (const name of Object.keys(methods)) {
    Object.defineProperty(Class.prototype, name, {
      __proto__: null, configurable: true, enumerable: true, writable: true, value: methods[name],
    });
  }
}
defineMethods(DiffieHellman, shared);
defineMethods(DiffieHellmanGroup, shared);
defineMethods(DiffieHellman, {
  setPublicKey(key, encoding) {
    this[kNative].setPublicKey(getArrayBufferOrView(key, 'key', encoding));
    return this;
  },
  setPrivateKey(key, encoding) {
    this[kNative].setPrivateKey(getArrayBufferOrView(key, 'key', encoding));
    return this;
  },
});

function ECDH(curve) {
  if (!(this instanceof ECDH)) return new ECDH(curve);
  validateString(curve, 'curve');
  this[kNative] = new binding.ECDH(curve);
}

function pointForm(format) {
  if (format === undefined || format === null || format === 'uncompressed') return 'uncompressed';
  if (format === 'compressed' || format === 'hybrid') return format;
  throw new ERR_CRYPTO_ECDH_INVALID_FORMAT(format);
}

defineMethods(ECDH, {
  computeSecret(otherPublicKey, inEnc, outEnc) {
    const secret = this[kNative].computeSecret(getArrayBufferOrView(otherPublicKey, 'otherPublicKey', inEnc));
    if (secret === undefined) throw new ERR_CRYPTO_ECDH_INVALID_PUBLIC_KEY();
    return encode(secret, outEnc);
  },
  setPrivateKey(key, encoding) {
    this[kNative].setPrivateKey(getArrayBufferOrView(key, 'key', encoding));
    return this;
  },
  setPublicKey: deprecate(function setPublicKey(key, encoding) {
    this[kNative].setPublicKey(getArrayBufferOrView(key, 'key', encoding));
    return this;
  }, 'ecdh.setPublicKey() is deprecated.', 'DEP0031'),
  getPrivateKey: shared.getPrivateKey,
  generateKeys(encoding, format) {
    this[kNative].generateKeys();
    return this.getPublicKey(encoding, format);
  },
  getPublicKey(encoding, format) {
    return encode(this[kNative].getPublicKey(pointForm(format)), encoding);
  },
});

ECDH.convertKey = function convertKey(key, curve, inEnc, outEnc, format) {
  validateString(curve, 'curve');
  const bytes = getArrayBufferOrView(key, 'key', inEnc);
  const form = pointForm(format);
  return encode(binding.convertPoint(curve, bytes, form), outEnc);
};

const kExchangeTypes = new Set(['dh', 'ec', 'x448', 'x25519']);

function exchangeHandle(key, type, name) {
  if (isKeyObject(key)) {
    if (type === 'private' ? key.type !== 'private' : key.type === 'secret') {
      throw new ERR_CRYPTO_INVALID_KEY_OBJECT_TYPE(key.type, type === 'private' ? 'private' : 'private or public');
    }
    return key[kHandle];
  }
  if (key === undefined) throw new ERR_INVALID_ARG_VALUE(name, key);
  return type === 'private' ? preparePrivateKey(key) : preparePublicOrPrivateKey(key);
}

/** crypto.diffieHellman({ privateKey, publicKey }[, callback]) */
function diffieHellman(options, callback) {
  validateObject(options, 'options');
  if (callback !== undefined) validateFunction(callback, 'callback');
  const privateKey = exchangeHandle(options.privateKey, 'private', 'options.privateKey');
  const publicKey = exchangeHandle(options.publicKey, 'public', 'options.publicKey');
  const [privateType, publicType] = [privateKey.kind(), publicKey.kind()];
  if (privateType !== publicType || !kExchangeTypes.has(privateType)) {
    throw new ERR_CRYPTO_INCOMPATIBLE_KEY('key types for Diffie-Hellman', `${privateType} and ${publicType}`);
  }
  if (callback === undefined) return binding.agree(privateKey, publicKey, undefined);
  binding.agree(privateKey, publicKey, (error, secret) => (error ? callback(error) : callback(null, secret)));
}

module.exports = { DiffieHellman, DiffieHellmanGroup, ECDH, diffieHellman };
