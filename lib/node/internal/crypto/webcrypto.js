'use strict';

// The web's `crypto`: random values and digests. Other operations of `subtle` are not there yet and reject.

const { codes: { ERR_ILLEGAL_CONSTRUCTOR, ERR_INVALID_THIS, ERR_METHOD_NOT_IMPLEMENTED } } = require('internal/errors');

const kCreate = Symbol('kCreate');

const kDigests = { '__proto__': null, 'SHA-1': 'sha1', 'SHA-256': 'sha256', 'SHA-384': 'sha384', 'SHA-512': 'sha512',
                   'SHA3-256': 'sha3-256', 'SHA3-384': 'sha3-384', 'SHA3-512': 'sha3-512' };

class SubtleCrypto {
  constructor(token) {
    if (token !== kCreate) throw new ERR_ILLEGAL_CONSTRUCTOR();
  }

  async digest(algorithm, data) {
    if (arguments.length < 2) {
      throw new TypeError(`Failed to execute 'digest' on 'SubtleCrypto': 2 arguments required, but only ${arguments.length} present.`);
    }
    const name = kDigests[`${typeof algorithm === 'string' ? algorithm : algorithm?.name}`.toUpperCase()];
    if (name === undefined) throw new DOMException('Unrecognized algorithm name', 'NotSupportedError');
    const { getArrayBufferOrView } = require('internal/crypto/util');
    const bytes = getArrayBufferOrView(data, 'data');
    const result = internalBinding('crypto').oneShotDigest(name, bytes, undefined);
    return result.buffer.slice(result.byteOffset, result.byteOffset + result.byteLength);
  }
}

for (const name of ['encrypt', 'decrypt', 'sign', 'verify', 'generateKey', 'deriveKey', 'deriveBits', 'importKey',
                    'exportKey', 'wrapKey', 'unwrapKey']) {
  Object.defineProperty(SubtleCrypto.prototype, name, {
    __proto__: null,
    configurable: true,
    enumerable: true,
    writable: true,
    value: { async [name]() { throw new ERR_METHOD_NOT_IMPLEMENTED(`SubtleCrypto.${name}()`); } }[name],
  });
}

class CryptoKey {
  constructor() {
    throw new ERR_ILLEGAL_CONSTRUCTOR();
  }
}

class Crypto {
  #subtle;

  constructor(token) {
    if (token !== kCreate) throw new ERR_ILLEGAL_CONSTRUCTOR();
  }

  get subtle() {
    return this.#subtle ??= new SubtleCrypto(kCreate);
  }

  getRandomValues(array) {
    if (!(#subtle in this)) throw new ERR_INVALID_THIS('Crypto');
    return require('internal/crypto/random').getRandomValues(array);
  }

  randomUUID(options) {
    if (!(#subtle in this)) throw new ERR_INVALID_THIS('Crypto');
    return require('internal/crypto/random').randomUUID(options);
  }
}
for (const Class of [Crypto, SubtleCrypto, CryptoKey]) {
  Object.defineProperty(Class.prototype, Symbol.toStringTag, { __proto__: null, configurable: true, value: Class.name });
}

module.exports = { Crypto, CryptoKey, SubtleCrypto, crypto: new Crypto(kCreate) };
