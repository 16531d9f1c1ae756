'use strict';

// Binding contract: see internal/crypto/*; timingSafeEqual(a, b) -> boolean for views of one length.

const binding = internalBinding('crypto');
const { codes: { ERR_CRYPTO_FIPS_FORCED, ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH, ERR_INVALID_ARG_TYPE } } = require('internal/errors');
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
  createSecretKey: (key, encoding) => require('internal/crypto/keys').createSecretKey(key, encoding),
  randomBytes: random.randomBytes,
  pseudoRandomBytes: random.randomBytes,
  randomFill: random.randomFill,
  randomFillSync: random.randomFillSync,
  randomInt: random.randomInt,
  randomUUID: random.randomUUID,
  randomUUIDv7: random.randomUUIDv7,
  getRandomValues: (array) => random.getRandomValues(array),
  secureHeapUsed: () => ({ total: 0, min: 0, used: 0, utilization: 0 }),
};

function hashes() {
  return require('internal/crypto/hash');
}

function ciphers() {
  return require('internal/crypto/cipher');
}

const kMissing = [
  'argon2', 'argon2Sync', 'checkPrime', 'checkPrimeSync', 'createDiffieHellman', 'createDiffieHellmanGroup', 'createECDH',
  'createMac', 'createPrivateKey', 'createPublicKey', 'createSign', 'createVerify', 'diffieHellman', 'generatePrime',
  'generatePrimeSync', 'getCurves', 'getDiffieHellman', 'getMacs', 'parsePKCS12', 'generateKeyPair', 'generateKeyPairSync',
  'generateKey', 'generateKeySync', 'privateDecrypt', 'privateEncrypt', 'publicDecrypt', 'publicEncrypt', 'sign',
  'setEngine', 'verify', 'encapsulate', 'decapsulate', 'Certificate', 'DiffieHellman', 'DiffieHellmanGroup', 'ECDH', 'Sign',
  'Verify', 'X509Certificate',
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
lazy('KeyObject', () => require('internal/crypto/keys').KeyObject);
lazy('webcrypto', () => require('internal/crypto/webcrypto').crypto);
lazy('subtle', () => require('internal/crypto/webcrypto').crypto.subtle);
lazy('constants', () => internalBinding('constants').crypto);
lazy('fips', () => false, false);

module.exports = exported;
