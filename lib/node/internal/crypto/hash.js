'use strict';

// Binding contract (crypto):
//   Hash: new Hash(algorithm | otherHash, outputLength | undefined) throws for unknown algorithms; update(bytes | string) ->
//     boolean (strings as UTF-8); digest() -> Buffer.
//   Hmac: new Hmac(algorithm, keyBytes); update(bytes | string); digest() -> Buffer.
//   oneShotDigest(algorithm, bytes | string, outputLength | undefined) -> Buffer. getHashes() -> string[].

const binding = internalBinding('crypto');
const { Transform } = require('stream');
const { codes: {
  ERR_CRYPTO_HASH_FINALIZED, ERR_CRYPTO_HASH_UPDATE_FAILED, ERR_INVALID_ARG_TYPE,
} } = require('internal/errors');
const { validateEncoding, validateString, validateUint32, validateObject } = require('internal/validators');
const { secretKeyBytes } = require('internal/crypto/keys');

const kHandle = Symbol('kHandle');
const kState = Symbol('kState');
const kAlgorithm = Symbol('kAlgorithm');

function Hash(algorithm, options) {
  if (new.target === undefined) return new Hash(algorithm, options);
  const isCopy = algorithm instanceof Hash;
  if (!isCopy) validateString(algorithm, 'algorithm');
  const outputLength = typeof options === 'object' && options !== null ? options.outputLength : undefined;
  if (outputLength !== undefined) validateUint32(outputLength, 'options.outputLength');
  this[kHandle] = new binding.Hash(isCopy ? algorithm[kHandle] : algorithm, outputLength);
  this[kAlgorithm] = isCopy ? algorithm[kAlgorithm] : algorithm;
  this[kState] = { finalized: false };
  Transform.call(this, options);
}
Object.setPrototypeOf(Hash.prototype, Transform.prototype);
Object.setPrototypeOf(Hash, Transform);

Hash.prototype.copy = function copy(options) {
  if (this[kState].finalized) throw new ERR_CRYPTO_HASH_FINALIZED();
  return new Hash(this, options);
};

Hash.prototype._transform = function(chunk, encoding, callback) {
  this[kHandle].update(toData(chunk, encoding));
  callback();
};

Hash.prototype._flush = function(callback) {
  this.push(this[kHandle].digest());
  callback();
};

// UTF-8 strings go to the binding as they are.
function toData(data, encoding) {
  if (typeof data !== 'string') return data;
  if (encoding === undefined || encoding === null || encoding === 'utf8' || encoding === 'utf-8' || encoding === 'buffer') {
    return data;
  }
  return require('buffer').Buffer.from(data, encoding);
}

function checkData(data, encoding) {
  if (typeof data === 'string') validateEncoding(data, encoding);
  else if (!ArrayBuffer.isView(data)) {
    throw new ERR_INVALID_ARG_TYPE('data', ['string', 'Buffer', 'TypedArray', 'DataView'], data);
  }
}

function encoded(buffer, encoding) {
  return encoding && encoding !== 'buffer' ? buffer.toString(encoding) : buffer;
}

Hash.prototype.update = function update(data, encoding) {
  if (this[kState].finalized) throw new ERR_CRYPTO_HASH_FINALIZED();
  checkData(data, encoding);
  if (this[kHandle].update(toData(data, encoding)) === false) throw new ERR_CRYPTO_HASH_UPDATE_FAILED();
  return this;
};

Hash.prototype.digest = function digest(outputEncoding) {
  if (this[kState].finalized) throw new ERR_CRYPTO_HASH_FINALIZED();
  this[kState].finalized = true;
  return encoded(this[kHandle].digest(), outputEncoding === undefined ? undefined : `${outputEncoding}`);
};

function Hmac(hmac, key, options) {
  if (new.target === undefined) return new Hmac(hmac, key, options);
  validateString(hmac, 'hmac');
  const bytes = secretKeyBytes(key, options?.encoding);
  this[kHandle] = new binding.Hmac(hmac, bytes);
  this[kState] = { finalized: false };
  Transform.call(this, options);
}
Object.setPrototypeOf(Hmac.prototype, Transform.prototype);
Object.setPrototypeOf(Hmac, Transform);

Hmac.prototype.update = Hash.prototype.update;
Hmac.prototype._flush = Hash.prototype._flush;
Hmac.prototype._transform = Hash.prototype._transform;

Hmac.prototype.digest = function digest(outputEncoding) {
  if (this[kState].finalized) {
    // Unlike a hash, a finished HMAC answers with nothing.
    const { Buffer } = require('buffer');
    return encoded(Buffer.from(''), outputEncoding);
  }
  this[kState].finalized = true;
  return encoded(this[kHandle].digest(), outputEncoding === undefined ? undefined : `${outputEncoding}`);
};

/** crypto.hash(algorithm, data[, options]) */
function hash(algorithm, data, options) {
  validateString(algorithm, 'algorithm');
  if (typeof data !== 'string' && !ArrayBuffer.isView(data)) {
    throw new ERR_INVALID_ARG_TYPE('input', ['Buffer', 'TypedArray', 'DataView', 'string'], data);
  }
  let outputEncoding = 'hex';
  let outputLength;
  if (typeof options === 'string') {
    outputEncoding = options;
  } else if (options !== undefined) {
    validateObject(options, 'options');
    ({ outputEncoding = 'hex', outputLength } = options);
    validateString(outputEncoding, 'options.outputEncoding');
    if (outputLength !== undefined) validateUint32(outputLength, 'options.outputLength');
  }
  if (outputEncoding !== 'buffer' && !require('buffer').Buffer.isEncoding(outputEncoding)) {
    const { codes: { ERR_INVALID_ARG_VALUE } } = require('internal/errors');
    throw new ERR_INVALID_ARG_VALUE('outputEncoding', outputEncoding);
  }
  return encoded(binding.oneShotDigest(algorithm, data, outputLength), outputEncoding);
}

module.exports = { Hash, Hmac, hash };
