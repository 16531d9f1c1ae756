'use strict';
// New keys.
//
// Binding contract (crypto): generateKeyPair(kind, a, b, restrictions, req) -> KeyHandle of the private key (see the binding
//   for a and b); groupPrime(name) -> Buffer | undefined.

const binding = internalBinding('crypto');
const { codes: {
  ERR_CRYPTO_UNKNOWN_DH_GROUP, ERR_INCOMPATIBLE_OPTION_PAIR, ERR_INVALID_ARG_VALUE, ERR_MISSING_OPTION,
} } = require('internal/errors');
const {
  validateBuffer, validateFunction, validateInt32, validateInteger, validateObject, validateOneOf, validateString,
  validateUint32,
} = require('internal/validators');
const { customPromisifyArgs } = require('internal/util');
const {
  PrivateKeyObject, PublicKeyObject, SecretKeyObject, parsePrivateKeyEncoding, parsePublicKeyEncoding,
} = require('internal/crypto/keys');

const kDigestOids = new Set([
  'sha1', 'sha224', 'sha256', 'sha384', 'sha512', 'sha512-224', 'sha512-256',
]);

function encodings(options, keyType) {
  const encoding = {};
  if (options?.publicKeyEncoding == null) {
    encoding.public = undefined;
  } else if (typeof options.publicKeyEncoding === 'object') {
    encoding.public = { ...parsePublicKeyEncoding(options.publicKeyEncoding, keyType, 'publicKeyEncoding'), options: options.publicKeyEncoding };
  } else {
    throw new ERR_INVALID_ARG_VALUE('options.publicKeyEncoding', options.publicKeyEncoding);
  }
  if (options?.privateKeyEncoding == null) {
    encoding.private = undefined;
  } else if (typeof options.privateKeyEncoding === 'object') {
    encoding.private = { ...parsePrivateKeyEncoding(options.privateKeyEncoding, keyType, 'privateKeyEncoding'), options: options.privateKeyEncoding };
  } else {
    throw new ERR_INVALID_ARG_VALUE('options.privateKeyEncoding', options.privateKeyEncoding);
  }
  return encoding;
}

function digestOption(name, value) {
  if (value === undefined) return undefined;
  const lower = value.toLowerCase();
  if (!binding.isSignatureDigest(value)) {
    const { codes: { ERR_CRYPTO_INVALID_DIGEST } } = require('internal/errors');
    const error = new ERR_CRYPTO_INVALID_DIGEST(value);
    if (name === 'mgf1HashAlgorithm') error.message = `Invalid MGF1 digest: ${value}`;
    throw error;
  }
  if (!kDigestOids.has(lower.replace('/', '-'))) throw new ERR_INVALID_ARG_VALUE(`options.${name}`, value);
  return lower.replace('/', '-');
}

/** The arguments of the binding for a type and its options. */
function job(type, options) {
  validateString(type, 'type');
  if (options !== undefined) validateObject(options, 'options');
  switch (type) {
    case 'rsa':
    case 'rsa-pss': {
      validateObject(options, 'options');
      const { modulusLength } = options;
      validateUint32(modulusLength, 'options.modulusLength');
      let { publicExponent } = options;
      if (publicExponent == null) publicExponent = 0x10001;
      else validateUint32(publicExponent, 'options.publicExponent');
      if (type === 'rsa') return ['rsa', modulusLength, publicExponent, undefined];
      return ['rsa-pss', modulusLength, publicExponent, pssRestrictions(options)];
    }
    case 'dsa': {
      validateObject(options, 'options');
      const { modulusLength } = options;
      validateUint32(modulusLength, 'options.modulusLength');
      const { divisorLength } = options;
      if (divisorLength != null) validateInt32(divisorLength, 'options.divisorLength', 0);
      return ['dsa', modulusLength, divisorLength ?? undefined, undefined];
    }
    case 'ec': {
      validateObject(options, 'options');
      const { namedCurve } = options;
      validateString(namedCurve, 'options.namedCurve');
      const { paramEncoding } = options;
      if (paramEncoding != null && paramEncoding !== 'named' && paramEncoding !== 'explicit') {
        throw new ERR_INVALID_ARG_VALUE('options.paramEncoding', paramEncoding);
      }
      if (paramEncoding === 'explicit') {
        const { codes: { ERR_FEATURE_UNAVAILABLE_ON_PLATFORM } } = require('internal/errors');
        throw new ERR_FEATURE_UNAVAILABLE_ON_PLATFORM('paramEncoding: explicit');
      }
      return ['ec', namedCurve, undefined, undefined];
    }
    case 'dh':
      return dhJob(options);
    case 'ed25519':
    case 'x25519':
    case 'ml-dsa-44':
    case 'ml-dsa-65':
    case 'ml-dsa-87':
    case 'ml-kem-512':
    case 'ml-kem-768':
    case 'ml-kem-1024':
      return [type, undefined, undefined, undefined];
    case 'ed448':
    case 'x448': {
      const { codes: { ERR_FEATURE_UNAVAILABLE_ON_PLATFORM } } = require('internal/errors');
      throw new ERR_FEATURE_UNAVAILABLE_ON_PLATFORM(type);
    }
    default:
      throw new ERR_INVALID_ARG_VALUE('type', type, 'must be a supported key type');
  }
}

function pssRestrictions(options) {
  const { saltLength } = options;
  let { hashAlgorithm, mgf1HashAlgorithm } = options;
  const { hash, mgf1Hash } = options;
  if (saltLength !== undefined) validateInt32(saltLength, 'options.saltLength', 0);
  if (hashAlgorithm !== undefined) validateString(hashAlgorithm, 'options.hashAlgorithm');
  if (mgf1HashAlgorithm !== undefined) validateString(mgf1HashAlgorithm, 'options.mgf1HashAlgorithm');
  if (hash !== undefined) {
    process.emitWarning('"options.hash" is deprecated, use "options.hashAlgorithm" instead.', 'DeprecationWarning', 'DEP0154');
    validateString(hash, 'options.hash');
    if (hashAlgorithm && hash !== hashAlgorithm) throw new ERR_INVALID_ARG_VALUE('options.hash', hash);
    hashAlgorithm ??= hash;
  }
  if (mgf1Hash !== undefined) {
    process.emitWarning('"options.mgf1Hash" is deprecated, use "options.mgf1HashAlgorithm" instead.', 'DeprecationWarning', 'DEP0154');
    validateString(mgf1Hash, 'options.mgf1Hash');
    if (mgf1HashAlgorithm && mgf1Hash !== mgf1HashAlgorithm) throw new ERR_INVALID_ARG_VALUE('options.mgf1Hash', mgf1Hash);
    mgf1HashAlgorithm ??= mgf1Hash;
  }
  if (hashAlgorithm === undefined && mgf1HashAlgorithm === undefined && saltLength === undefined) return undefined;
  const digest = digestOption('hashAlgorithm', hashAlgorithm) ?? 'sha1';
  const mgf1 = digestOption('mgf1HashAlgorithm', mgf1HashAlgorithm) ?? digest;
  return [digest, mgf1, saltLength ?? (hashAlgorithm === undefined ? 20 : binding.oneShotDigest(digest, '', undefined).length)];
}

function dhJob(options) {
  validateObject(options, 'options');
  const { group, primeLength, prime, generator } = options;
  if (group != null) {
    if (prime != null) throw new ERR_INCOMPATIBLE_OPTION_PAIR('group', 'prime');
    if (primeLength != null) throw new ERR_INCOMPATIBLE_OPTION_PAIR('group', 'primeLength');
    if (generator != null) throw new ERR_INCOMPATIBLE_OPTION_PAIR('group', 'generator');
    validateString(group, 'options.group');
    const named = binding.groupPrime(group);
    if (named === undefined) throw new ERR_CRYPTO_UNKNOWN_DH_GROUP();
    return ['dh', named, new Uint8Array([2]), undefined];
  }
  if (generator != null) validateInt32(generator, 'options.generator', 0);
  if (prime != null) {
    if (primeLength != null) throw new ERR_INCOMPATIBLE_OPTION_PAIR('prime', 'primeLength');
    validateBuffer(prime, 'options.prime');
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, generator ?? 2);
    return ['dh', prime, bytes, undefined];
  }
  if (primeLength == null) throw new ERR_MISSING_OPTION('At least one of the group, prime, or primeLength options');
  validateInt32(primeLength, 'options.primeLength', 0);
  return ['dh', primeLength, generator ?? 2, undefined];
}

function encoded(key, encoding) {
  return encoding === undefined ? key : key.export(encoding.options);
}

function toPair(handle, encoding) {
  const publicKey = new PublicKeyObject(handle.toPublic());
  const privateKey = new PrivateKeyObject(handle);
  return { publicKey: encoded(publicKey, encoding.public), privateKey: encoded(privateKey, encoding.private) };
}

function generateKeyPair(type, options, callback) {
  if (typeof options === 'function') {
    callback = options;
    options = undefined;
  }
  validateFunction(callback, 'callback');
  const args = job(type, options);
  const encoding = encodings(options, type);
  binding.generateKeyPair(...args, (error, handle) => {
    if (error) {
      callback(error);
      return;
    }
    let pair;
    try {
      pair = toPair(handle, encoding);
    } catch (e) {
      callback(e);
      return;
    }
    callback(null, pair.publicKey, pair.privateKey);
  });
}
Object.defineProperty(generateKeyPair, customPromisifyArgs, {
  __proto__: null, enumerable: false, value: ['publicKey', 'privateKey'],
});

function generateKeyPairSync(type, options) {
  const args = job(type, options);
  const encoding = encodings(options, type);
  return toPair(binding.generateKeyPair(...args, undefined), encoding);
}

function secretKeyLength(type, options) {
  validateString(type, 'type');
  validateObject(options, 'options');
  const { length } = options;
  switch (type) {
    case 'hmac':
      validateInteger(length, 'options.length', 8, 2 ** 31 - 1);
      return length >> 3;
    case 'aes':
      validateOneOf(length, 'options.length', [128, 192, 256]);
      return length / 8;
    default:
      throw new ERR_INVALID_ARG_VALUE('type', type, 'must be a supported key type');
  }
}

function generateKey(type, options, callback) {
  if (typeof options === 'function') {
    callback = options;
    options = undefined;
  }
  validateFunction(callback, 'callback');
  const length = secretKeyLength(type, options);
  require('internal/crypto/random').randomBytes(length, (error, bytes) => {
    if (error) callback(error);
    else callback(null, new SecretKeyObject(binding.secretKeyHandle(bytes)));
  });
}

function generateKeySync(type, options) {
  const bytes = require('internal/crypto/random').randomBytes(secretKeyLength(type, options));
  return new SecretKeyObject(binding.secretKeyHandle(bytes));
}

module.exports = { generateKey, generateKeyPair, generateKeyPairSync, generateKeySync };
