'use strict';

// Binding contract: see internal/crypto/*; timingSafeEqual(a, b) -> boolean for views of one length.

// What the binding returns are Buffers once that class exists.
require('buffer');
const binding = internalBinding('crypto');
const { codes: { ERR_CRYPTO_CUSTOM_ENGINE_NOT_SUPPORTED, ERR_CRYPTO_FIPS_FORCED, ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH, ERR_INVALID_ARG_TYPE } } = require('internal/errors');
const { notImplemented } = require('internal/crypto/util');
const random = require('internal/crypto/random');

function timingSafeEqual(a, b) {
  for (const [name, value] of [['buf1', a], ['buf2', b]]) {
    if (!ArrayBuffer.isView(value) && !(value instanceof ArrayBuffer)) {
      throw new ERR_INVALID_ARG_TYPE(name, ['ArrayBuffer', 'Buffer', 'TypedArray', 'DataView'], value);
    }
  }
  if (a.byteLength !== b.byteLength) throw new ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH();
  return binding.timingSafeEqual(a, b);
}

function sorted(names) {
  return [...new Set(names)].sort();
}

function setFips() {
  throw new ERR_CRYPTO_FIPS_FORCED();
}

const exported = {
  getCiphers: () => sorted(binding.getCiphers()),
  getCipherInfo: (...args) => require('internal/crypto/cipher').getCipherInfo(...args),
  getFips: () => 0,
  getHashes: () => sorted(binding.getHashes()),
  setFips,
  timingSafeEqual,
  createHash: (algorithm, options) => new (hashes().Hash)(algorithm, options),
  createHmac: (hmac, key, options) => new (hashes().Hmac)(hmac, key, options),
  hash: (algorithm, data, options) => hashes().hash(algorithm, data, options),
  createCipheriv: (cipher, key, iv, options) => new (ciphers().Cipheriv)(cipher, key, iv, options),
  createDecipheriv: (cipher, key, iv, options) => new (ciphers().Decipheriv)(cipher, key, iv, options),
  createSign: (algorithm, options) => new (signatures().Sign)(algorithm, options),
  createVerify: (algorithm, options) => new (signatures().Verify)(algorithm, options),
  createDiffieHellman: (...args) => new (exchange().DiffieHellman)(...args),
  createDiffieHellmanGroup: (name) => new (exchange().DiffieHellmanGroup)(name),
  getDiffieHellman: (name) => new (exchange().DiffieHellmanGroup)(name),
  createECDH: (curve) => new (exchange().ECDH)(curve),
  getCurves: () => sorted(binding.getCurves()),
  setEngine,
  randomBytes: random.randomBytes,
  randomFill: random.randomFill,
  randomFillSync: random.randomFillSync,
  randomInt: random.randomInt,
  randomUUID: random.randomUUID,
  randomUUIDv7: random.randomUUIDv7,
  getRandomValues: (array) => random.getRandomValues(array),
  secureHeapUsed: () => ({ total: 0, min: 0, used: 0, utilization: 0 }),
};

function setEngine() {
  throw new ERR_CRYPTO_CUSTOM_ENGINE_NOT_SUPPORTED();
}

function signatures() {
  return require('internal/crypto/sig');
}

function exchange() {
  return require('internal/crypto/diffiehellman');
}

function hashes() {
  return require('internal/crypto/hash');
}

function ciphers() {
  return require('internal/crypto/cipher');
}

/** A function of a module that is loaded when it is called. */
function deferred(module, name, exportedName = name) {
  const f = { [name](...args) { return require(module)[exportedName](...args); } }[name];
  exported[name] = f;
}
const kDeferred = {
  'internal/crypto/keys': ['createSecretKey', 'createPublicKey', 'createPrivateKey'],
  'internal/crypto/keygen': ['generateKey', 'generateKeySync', 'generateKeyPairSync'],
  'internal/crypto/rsa': ['publicEncrypt', 'privateDecrypt', 'privateEncrypt', 'publicDecrypt'],
  'internal/crypto/prime': ['checkPrime', 'checkPrimeSync', 'generatePrime', 'generatePrimeSync'],
  'internal/crypto/diffiehellman': ['diffieHellman'],
};
for (const module of Object.keys(kDeferred)) for (const name of kDeferred[module]) deferred(module, name);
deferred('internal/crypto/sig', 'sign', 'signOneShot');
deferred('internal/crypto/sig', 'verify', 'verifyOneShot');

const kMissing = [
  'argon2', 'argon2Sync', 'createMac', 'getMacs', 'parsePKCS12', 'encapsulate', 'decapsulate',
];
for (const name of kMissing) exported[name] = notImplemented(name);

function lazy(name, load, enumerable = true) {
  Object.defineProperty(exported, name, { __proto__: null, configurable: true, enumerable, get: load });
}
for (const name of ['hkdf', 'hkdfSync', 'pbkdf2', 'pbkdf2Sync', 'scrypt', 'scryptSync']) {
  exported[name] = { [name]: (...args) => require('internal/crypto/kdf')[name](...args) }[name];
}
for (const name of ['Hash', 'Hmac']) lazy(name, () => hashes()[name]);
for (const name of ['Cipheriv', 'Decipheriv']) lazy(name, () => ciphers()[name]);
for (const name of ['Sign', 'Verify']) lazy(name, () => signatures()[name]);
for (const name of ['DiffieHellman', 'DiffieHellmanGroup', 'ECDH']) lazy(name, () => exchange()[name]);
lazy('Certificate', () => require('internal/crypto/certificate').Certificate);
lazy('X509Certificate', () => require('internal/crypto/x509').X509Certificate);
lazy('generateKeyPair', () => require('internal/crypto/keygen').generateKeyPair);
lazy('KeyObject', () => require('internal/crypto/keys').KeyObject);
lazy('webcrypto', () => require('internal/crypto/webcrypto').crypto);
lazy('subtle', () => require('internal/crypto/webcrypto').crypto.subtle);
lazy('constants', () => internalBinding('constants').crypto);
lazy('fips', () => false, false);
// Old names.
let oldRandomBytes;
for (const name of ['pseudoRandomBytes', 'prng', 'rng']) {
  lazy(name, () => {
    if (!require('internal/options').getOptionValue('--pending-deprecation')) return random.randomBytes;
    return oldRandomBytes ??= require('internal/util').deprecate(
      random.randomBytes, 'crypto.pseudoRandomBytes is deprecated.', 'DEP0115');
  }, false);
}

module.exports = exported;
