'use strict';
// CryptoKey: a key object with what it may be used for.

const { codes: { ERR_ILLEGAL_CONSTRUCTOR, ERR_INVALID_THIS } } = require('internal/errors');
const { inspect } = require('internal/util/inspect');
const { kKeyObject } = require('internal/crypto/keys');

const { messaging_clone_symbol: kClone, messaging_deserialize_symbol: kDeserialize } = internalBinding('symbols');

const kCreate = Symbol('kCreate');
const kAlgorithm = Symbol('kAlgorithm');
const kExtractable = Symbol('kExtractable');
const kUsages = Symbol('kUsages');
const kShown = Symbol('kShown');

// The order in which uses are listed.
const kUsageOrder = [
  'encrypt', 'decrypt', 'sign', 'verify', 'deriveKey', 'deriveBits', 'wrapKey', 'unwrapKey', 'encapsulateKey',
  'encapsulateBits', 'decapsulateKey', 'decapsulateBits',
];

function fill(key, { keyObject, algorithm, usages, extractable }) {
  for (const [name, value] of [[kKeyObject, keyObject], [kAlgorithm, algorithm], [kUsages, usages], [kExtractable, extractable]]) {
    Object.defineProperty(key, name, { __proto__: null, value, enumerable: false, writable: false });
  }
  // What the getters hand out the program may change, without changing what the key is for.
  Object.defineProperty(key, kShown, { __proto__: null, value: { algorithm: undefined, usages: undefined }, enumerable: false });
}

class CryptoKey {
  constructor(token, keyObject, algorithm, usages, extractable) {
    if (token !== kCreate) throw new ERR_ILLEGAL_CONSTRUCTOR();
    fill(this, { keyObject, algorithm, usages, extractable });
  }

  [kClone]() {
    const { [kKeyObject]: keyObject, [kAlgorithm]: algorithm, [kUsages]: usages, [kExtractable]: extractable } = this;
    return {
      data: { keyObject, algorithm, usages, extractable },
      deserializeInfo: 'internal/crypto/webcrypto_keys:ClonedCryptoKey',
    };
  }

  [kDeserialize](data) {
    fill(this, data);
  }

  [inspect.custom](depth, options) {
    if (depth < 0) return this;
    const opts = { ...options, depth: options.depth == null ? null : options.depth - 1 };
    return `CryptoKey ${inspect({
      type: this.type, extractable: this.extractable, algorithm: this[kAlgorithm], usages: this[kUsages],
    }, opts)}`;
  }

  get type() { return own(this, kKeyObject).type; }
  get extractable() { return own(this, kExtractable); }
  get algorithm() {
    const algorithm = own(this, kAlgorithm);
    return this[kShown].algorithm ??= copyOf(algorithm);
  }
  get usages() {
    const usages = own(this, kUsages);
    return this[kShown].usages ??= [...usages];
  }
}

require('internal/util').markCloneable(CryptoKey.prototype);

function ClonedCryptoKey() {
  return Object.create(CryptoKey.prototype);
}

function copyOf(algorithm) {
  const copy = { ...algorithm };
  if (copy.hash !== undefined) copy.hash = { ...copy.hash };
  if (copy.publicExponent !== undefined) copy.publicExponent = Uint8Array.from(copy.publicExponent);
  return copy;
}

function own(key, name) {
  if (typeof key !== 'object' || key === null || key[kKeyObject] === undefined) throw new ERR_INVALID_THIS('CryptoKey');
  return key[name];
}

for (const name of ['type', 'extractable', 'algorithm', 'usages']) {
  Object.defineProperty(CryptoKey.prototype, name, { __proto__: null, enumerable: true });
}
Object.defineProperty(CryptoKey.prototype, Symbol.toStringTag, { __proto__: null, configurable: true, value: 'CryptoKey' });

function createCryptoKey(keyObject, algorithm, usages, extractable) {
  const ordered = kUsageOrder.filter((usage) => usages.includes(usage));
  return new CryptoKey(kCreate, keyObject, algorithm, ordered, extractable);
}

module.exports = { ClonedCryptoKey, CryptoKey, createCryptoKey, kAlgorithm, kUsageOrder, kUsages };
