'use strict';
// Signatures, in one call and as streams.
//
// Binding contract (crypto): sign(key, data, isDigest, digest, padding, saltLength, isP1363, req) -> Buffer;
//   verify(key, data, isDigest, signature, digest, padding, saltLength, isP1363, req) -> boolean;
//   isSignatureDigest(name) -> boolean.

const binding = internalBinding('crypto');
const { Writable } = require('stream');
const { codes: {
  ERR_CRYPTO_INVALID_DIGEST, ERR_CRYPTO_SIGN_KEY_REQUIRED, ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE,
} } = require('internal/errors');
const { validateEncoding, validateFunction, validateString } = require('internal/validators');
const { getArrayBufferOrView } = require('internal/crypto/util');
const { preparePrivateKey, preparePublicOrPrivateKey } = require('internal/crypto/keys');
const { Hash } = require('internal/crypto/hash');

const kHash = Symbol('kHash');
const kDigest = Symbol('kDigest');


function optionalInteger(name, options) {
  const value = options[name];
  if (value === undefined) return undefined;
  if (value === value >> 0) return value;
  throw new ERR_INVALID_ARG_VALUE(`options.${name}`, value);
}

/** Padding, salt and form of a signature, of the object a key is given in. */
function signatureOptions(options) {
  if (typeof options !== 'object' || options === null) return [undefined, undefined, false];
  const padding = optionalInteger('padding', options);
  const saltLength = optionalInteger('saltLength', options);
  const { dsaEncoding } = options;
  if (dsaEncoding !== undefined && dsaEncoding !== 'der' && dsaEncoding !== 'ieee-p1363') {
    throw new ERR_INVALID_ARG_VALUE('options.dsaEncoding', dsaEncoding);
  }
  if (options.context !== undefined && getArrayBufferOrView(options.context, 'context').byteLength > 0) {
    const error = new Error('Context parameter is unsupported');
    error.code = 'ERR_CRYPTO_OPERATION_FAILED';
    throw error;
  }
  return [padding, saltLength, dsaEncoding === 'ieee-p1363'];
}

function SignatureBase(algorithm, options) {
  validateString(algorithm, 'algorithm');
  Writable.call(this, options);
  if (!binding.isSignatureDigest(algorithm)) {
    const error = new Error('Invalid digest: ' + algorithm);
    error.code = 'ERR_CRYPTO_INVALID_DIGEST';
    throw error;
  }
  this[kDigest] = algorithm;
  this[kHash] = new Hash(algorithm);
}
Object.setPrototypeOf(SignatureBase.prototype, Writable.prototype);
Object.setPrototypeOf(SignatureBase, Writable);

SignatureBase.prototype._write = function(chunk, encoding, callback) {
  this.update(chunk, encoding);
  callback();
};

SignatureBase.prototype.update = function update(data, encoding) {
  if (typeof data === 'string') validateEncoding(data, encoding);
  else if (!ArrayBuffer.isView(data)) {
    throw new ERR_INVALID_ARG_TYPE('data', ['string', 'Buffer', 'TypedArray', 'DataView'], data);
  }
  this[kHash].update(getArrayBufferOrView(data, 'data', encoding));
  return this;
};

function Sign(algorithm, options) {
  if (!(this instanceof Sign)) return new Sign(algorithm, options);
  SignatureBase.call(this, algorithm, options);
}
Object.setPrototypeOf(Sign.prototype, SignatureBase.prototype);
Object.setPrototypeOf(Sign, SignatureBase);

Sign.prototype.sign = function sign(options, encoding) {
  if (!options) throw new ERR_CRYPTO_SIGN_KEY_REQUIRED();
  const handle = preparePrivateKey(options);
  const how = signatureOptions(options);
  const signature = binding.sign(handle, this[kHash].digest(), true, this[kDigest], ...how, undefined);
  return encoding && encoding !== 'buffer' ? signature.toString(encoding) : signature;
};

function Verify(algorithm, options) {
  if (!(this instanceof Verify)) return new Verify(algorithm, options);
  SignatureBase.call(this, algorithm, options);
}
Object.setPrototypeOf(Verify.prototype, SignatureBase.prototype);
Object.setPrototypeOf(Verify, SignatureBase);

Verify.prototype.verify = function verify(options, signature, encoding) {
  const handle = preparePublicOrPrivateKey(options);
  const how = signatureOptions(options);
  const bytes = getArrayBufferOrView(signature, 'signature', encoding);
  return binding.verify(handle, this[kHash].digest(), true, bytes, this[kDigest], ...how, undefined);
};

function oneShotDigestName(algorithm) {
  if (algorithm == null) return undefined;
  validateString(algorithm, 'algorithm');
  if (!binding.isSignatureDigest(algorithm)) throw new ERR_CRYPTO_INVALID_DIGEST(algorithm);
  return algorithm;
}

/** crypto.sign(algorithm, data, key[, callback]) */
function signOneShot(algorithm, data, key, callback) {
  const digest = oneShotDigestName(algorithm);
  if (callback !== undefined) validateFunction(callback, 'callback');
  data = getArrayBufferOrView(data, 'data');
  if (!key) throw new ERR_CRYPTO_SIGN_KEY_REQUIRED();
  const how = signatureOptions(key);
  const handle = preparePrivateKey(key);
  if (callback === undefined) return binding.sign(handle, data, false, digest, ...how, undefined);
  binding.sign(handle, data, false, digest, ...how,
               (error, signature) => (error ? callback(error) : callback(null, signature)));
}

/** crypto.verify(algorithm, data, key, signature[, callback]) */
function verifyOneShot(algorithm, data, key, signature, callback) {
  const digest = oneShotDigestName(algorithm);
  if (callback !== undefined) validateFunction(callback, 'callback');
  data = getArrayBufferOrView(data, 'data');
  const how = signatureOptions(key);
  if (!ArrayBuffer.isView(signature) && !(signature instanceof ArrayBuffer)) {
    throw new ERR_INVALID_ARG_TYPE('signature', ['ArrayBuffer', 'Buffer', 'TypedArray', 'DataView'], signature);
  }
  signature = getArrayBufferOrView(signature, 'signature');
  const handle = preparePublicOrPrivateKey(key);
  if (callback === undefined) return binding.verify(handle, data, false, signature, digest, ...how, undefined);
  binding.verify(handle, data, false, signature, digest, ...how,
                 (error, isValid) => (error ? callback(error) : callback(null, isValid)));
}

module.exports = { Sign, Verify, signOneShot, verifyOneShot };
