'use strict';

// Binding contract (crypto), all with a last `req` as in fs:
//   pbkdf2(password, salt, iterations, keylen, digest, req) -> Buffer; unknown digests throw Error with code
//     ERR_CRYPTO_INVALID_DIGEST in both forms. scrypt(password, salt, keylen, N, r, p, maxmem, req) -> Buffer.
//   hkdf(digest, key, salt, info, keylen, req) -> Buffer.

const binding = internalBinding('crypto');
const { codes: {
  ERR_CRYPTO_INVALID_DIGEST, ERR_CRYPTO_INVALID_KEYLEN, ERR_CRYPTO_INVALID_SCRYPT_PARAMS,
  ERR_INCOMPATIBLE_OPTION_PAIR, ERR_OUT_OF_RANGE,
} } = require('internal/errors');
const { validateFunction, validateInteger, validateInt32, validateString, validateUint32 } = require('internal/validators');
const { getArrayBufferOrView, kMaxInt32, validateByteSource } = require('internal/crypto/util');
const { isKeyObject, secretKeyBytes } = require('internal/crypto/keys');

let hashNames;
function checkDigest(digest) {
  hashNames ??= new Set(binding.getHashes().map((name) => name.toLowerCase()));
  if (!hashNames.has(digest.toLowerCase())) throw new ERR_CRYPTO_INVALID_DIGEST(digest);
}

function pbkdf2Arguments(password, salt, iterations, keylen, digest) {
  validateString(digest, 'digest');
  password = getArrayBufferOrView(password, 'password', 'buffer');
  salt = getArrayBufferOrView(salt, 'salt', 'buffer');
  validateInt32(iterations, 'iterations', 1);
  validateInt32(keylen, 'keylen', 0);
  checkDigest(digest);
  return [password, salt, iterations, keylen, digest];
}

function pbkdf2(password, salt, iterations, keylen, digest, callback) {
  if (typeof digest === 'function') {
    callback = digest;
    digest = undefined;
  }
  const args = pbkdf2Arguments(password, salt, iterations, keylen, digest);
  validateFunction(callback, 'callback');
  binding.pbkdf2(...args, (error, key) => (error ? callback(error) : callback(null, key)));
}

function pbkdf2Sync(password, salt, iterations, keylen, digest) {
  return binding.pbkdf2(...pbkdf2Arguments(password, salt, iterations, keylen, digest), undefined);
}

const kScryptDefaults = { N: 16384, r: 8, p: 1, maxmem: 32 * 1024 * 1024 };

// The long and the short name of a parameter must not both be given.
function scryptParameter(options, short, long) {
  if (options[long] !== undefined) {
    if (options[short] !== undefined) throw new ERR_INCOMPATIBLE_OPTION_PAIR(short, long);
    validateUint32(options[long], long);
    return options[long];
  }
  if (options[short] !== undefined) {
    validateUint32(options[short], short);
    return options[short];
  }
  return kScryptDefaults[short];
}

function scryptArguments(password, salt, keylen, options = {}) {
  password = getArrayBufferOrView(password, 'password');
  salt = getArrayBufferOrView(salt, 'salt');
  validateInt32(keylen, 'keylen', 0);
  const N = scryptParameter(options, 'N', 'cost') || kScryptDefaults.N;
  const r = scryptParameter(options, 'r', 'blockSize') || kScryptDefaults.r;
  const p = scryptParameter(options, 'p', 'parallelization') || kScryptDefaults.p;
  let { maxmem = kScryptDefaults.maxmem } = options;
  validateInteger(maxmem, 'maxmem', 0);
  maxmem ||= kScryptDefaults.maxmem;
  if (N < 2 || (N & (N - 1)) !== 0) throw new ERR_CRYPTO_INVALID_SCRYPT_PARAMS();
  if (128 * N * r > maxmem) {
    const error = new ERR_CRYPTO_INVALID_SCRYPT_PARAMS();
    error.message += ': memory limit exceeded';
    throw error;
  }
  return [password, salt, keylen, N, r, p, maxmem];
}

function scrypt(password, salt, keylen, options, callback) {
  if (callback === undefined) {
    callback = options;
    options = undefined;
  }
  const args = scryptArguments(password, salt, keylen, options ?? undefined);
  validateFunction(callback, 'callback');
  binding.scrypt(...args, (error, key) => (error ? callback(error) : callback(null, key)));
}

function scryptSync(password, salt, keylen, options) {
  return binding.scrypt(...scryptArguments(password, salt, keylen, options ?? undefined), undefined);
}

function hkdfArguments(digest, key, salt, info, length) {
  validateString(digest, 'digest');
  key = isKeyObject(key) ? secretKeyBytes(key) : getArrayBufferOrView(key, 'ikm');
  salt = typeof salt === 'string' ? getArrayBufferOrView(salt, 'salt') : validateByteSource(salt, 'salt');
  info = typeof info === 'string' ? getArrayBufferOrView(info, 'info') : validateByteSource(info, 'info');
  validateInteger(length, 'length', 0, kMaxInt32);
  if (info.byteLength > 1024) {
    throw new ERR_OUT_OF_RANGE('info', 'must not contain more than 1024 bytes', info.byteLength);
  }
  checkDigest(digest);
  const size = binding.oneShotDigest(digest, '', undefined).length;
  if (length > 255 * size) throw new ERR_CRYPTO_INVALID_KEYLEN();
  return [digest, key, salt, info, length];
}

// HKDF answers with an ArrayBuffer.
function toArrayBuffer(bytes) {
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
}

function hkdf(digest, key, salt, info, length, callback) {
  const args = hkdfArguments(digest, key, salt, info, length);
  validateFunction(callback, 'callback');
  binding.hkdf(...args, (error, bytes) => (error ? callback(error) : callback(null, toArrayBuffer(bytes))));
}

function hkdfSync(digest, key, salt, info, length) {
  return toArrayBuffer(binding.hkdf(...hkdfArguments(digest, key, salt, info, length), undefined));
}

module.exports = { hkdf, hkdfSync, pbkdf2, pbkdf2Sync, scrypt, scryptSync };
