'use strict';
// The web's `crypto`. The algorithms are in webcrypto_algorithms, the keys in webcrypto_keys.

const {
  codes: { ERR_ILLEGAL_CONSTRUCTOR, ERR_INVALID_THIS },
} = require('internal/errors');
const { Buffer } = require('buffer');
const { isAnyArrayBuffer, isArrayBuffer, isSharedArrayBuffer } = require('internal/util/types');
const { PublicKeyObject, isCryptoKey, kHandle, kKeyObject } = require('internal/crypto/keys');
const { CryptoKey, createCryptoKey, kAlgorithm, kUsageOrder, kUsages } = require('internal/crypto/webcrypto_keys');

const kCreate = Symbol('kCreate');

function algorithms() {
  return require('internal/crypto/webcrypto_algorithms');
}

// ---- Arguments -------------------------------------------------------------------------------------------------------

function requiredArguments(count, needed, method) {
  if (count >= needed) return;
  const error = new TypeError(`Failed to execute '${method}' on 'SubtleCrypto': ${needed} arguments required, but only ${count} present.`);
  error.code = 'ERR_MISSING_ARGS';
  throw error;
}

function prefixed(method, argument, message, code) {
  const error = new TypeError(`Failed to execute '${method}' on 'SubtleCrypto': ${argument} ${message}`);
  error.code = code;
  return error;
}

/** BufferSource: a copy, so that the caller's may change. */
function toBytes(value, method, argument) {
  if (isArrayBuffer(value)) return Buffer.from(new Uint8Array(value).slice().buffer);
  if (ArrayBuffer.isView(value)) {
    if (isSharedArrayBuffer(value.buffer)) {
      throw prefixed(method, argument, 'is a view on a SharedArrayBuffer, which is not allowed.', 'ERR_INVALID_ARG_TYPE');
    }
    return Buffer.from(new Uint8Array(value.buffer, value.byteOffset, value.byteLength).slice().buffer);
  }
  throw prefixed(method, argument, 'is not instance of ArrayBuffer, Buffer, TypedArray, or DataView.', 'ERR_INVALID_ARG_TYPE');
}

function toKey(value, method, argument) {
  if (!isCryptoKey(value)) throw prefixed(method, argument, 'is not of type CryptoKey.', 'ERR_INVALID_ARG_TYPE');
  return value;
}

const kFormats = ['raw', 'raw-public', 'raw-secret', 'raw-seed', 'spki', 'pkcs8', 'jwk'];
function toFormat(value, method, argument) {
  const format = `${value}`;
  if (!kFormats.includes(format)) {
    throw prefixed(method, argument, `value '${format}' is not a valid enum value of type KeyFormat.`, 'ERR_INVALID_ARG_VALUE');
  }
  return format;
}

function toUsages(value, method, argument) {
  if (typeof value !== 'object' || value === null || typeof value[Symbol.iterator] !== 'function') {
    throw prefixed(method, argument, 'can not be converted to sequence.', 'ERR_INVALID_ARG_TYPE');
  }
  const usages = [...value].map((usage) => `${usage}`);
  for (const usage of usages) {
    if (!kUsageOrder.includes(usage)) {
      throw prefixed(method, argument, `value '${usage}' is not a valid enum value of type KeyUsage.`, 'ERR_INVALID_ARG_VALUE');
    }
  }
  return usages;
}

function toInteger(value, max, context) {
  const n = Number(value);
  if (!Number.isFinite(n)) {
    const error = new TypeError(`Failed to normalize algorithm: ${context} is not a finite number.`);
    error.code = 'ERR_INVALID_ARG_TYPE';
    throw error;
  }
  const whole = Math.trunc(n);
  if (whole < 0 || whole > max) {
    const error = new TypeError(`Failed to normalize algorithm: ${context} is outside the expected range of 0 to ${max}.`);
    error.code = 'ERR_OUT_OF_RANGE';
    throw error;
  }
  return whole;
}

function convertMember(kind, value, name) {
  switch (kind) {
    case 'bytes': {
      if (!isAnyArrayBuffer(value) && !ArrayBuffer.isView(value)) {
        const error = new TypeError(`Failed to normalize algorithm: '${name}' is not instance of ArrayBuffer, Buffer, TypedArray, or DataView.`);
        error.code = 'ERR_INVALID_ARG_TYPE';
        throw error;
      }
      return toBytes(value, 'normalize', name);
    }
    case 'octet': return toInteger(value, 0xff, `'${name}'`);
    case 'short': return toInteger(value, 0xffff, `'${name}'`);
    case 'long': return toInteger(value, 0xffffffff, `'${name}'`);
    case 'string': return `${value}`;
    case 'hash': return normalize(value, 'digest').algorithm;
    case 'bigInteger': {
      if (!(value instanceof Uint8Array)) {
        const error = new TypeError(`Failed to normalize algorithm: '${name}' is not of type Uint8Array.`);
        error.code = 'ERR_INVALID_ARG_TYPE';
        throw error;
      }
      return Uint8Array.from(value);
    }
    default: {
      if (!isCryptoKey(value)) {
        const error = new TypeError(`Failed to normalize algorithm: '${name}' is not of type CryptoKey.`);
        error.code = 'ERR_INVALID_ARG_TYPE';
        throw error;
      }
      return value;
    }
  }
}

/** "Normalize an algorithm": the implementation of an operation and its parameters. */
function normalize(algorithm, op) {
  const { fail, kAlgorithms } = algorithms();
  if (typeof algorithm === 'string') algorithm = { name: algorithm };
  if (typeof algorithm !== 'object' || algorithm === null) {
    const error = new TypeError('Failed to normalize algorithm: algorithm is not an object.');
    error.code = 'ERR_INVALID_ARG_TYPE';
    throw error;
  }
  if (algorithm.name === undefined) {
    const error = new TypeError("Failed to normalize algorithm: 'name' is required in 'Algorithm'.");
    error.code = 'ERR_MISSING_OPTION';
    throw error;
  }
  const wanted = `${algorithm.name}`.toLowerCase();
  const name = Object.keys(kAlgorithms).find((known) => known.toLowerCase() === wanted);
  const implementation = kAlgorithms[name]?.[op];
  if (implementation === undefined) throw fail('NotSupportedError', 'Unrecognized algorithm name');
  const params = { name };
  for (const key of Object.keys(implementation.params).sort()) {
    const isOptional = key.endsWith('?');
    const member = isOptional ? key.slice(0, -1) : key;
    const value = algorithm[member];
    if (value === undefined) {
      if (isOptional) continue;
      const error = new TypeError(`Failed to normalize algorithm: '${member}' is required in '${name}'.`);
      error.code = 'ERR_MISSING_OPTION';
      throw error;
    }
    params[member] = convertMember(implementation.params[key], value, member);
  }
  return { algorithm: params, implementation };
}

function checkKeyUse(key, algorithm, usage) {
  const { fail } = algorithms();
  const isSame = key[kAlgorithm].name === algorithm.name;
  switch (usage) {
    case 'sign':
    case 'verify':
      if (!isSame || !key[kUsages].includes(usage)) throw fail('InvalidAccessError', `Unable to use this key to ${usage}`);
      break;
    case 'deriveKey':
    case 'deriveBits':
      if (!key[kUsages].includes(usage)) throw fail('InvalidAccessError', `baseKey does not have ${usage} usage`);
      if (!isSame) throw fail('InvalidAccessError', 'Key algorithm mismatch');
      break;
    default:
      if (!isSame || !key[kUsages].includes(usage)) {
        throw fail('InvalidAccessError', 'The requested operation is not valid for the provided key');
      }
  }
}

// ---- SubtleCrypto ----------------------------------------------------------------------------------------------------

async function digestData(algorithm, data) {
  const normalized = normalize(algorithm, 'digest');
  return normalized.implementation.run(normalized.algorithm, data);
}

async function exportKeyAs(format, key) {
  const { fail, kAlgorithms } = algorithms();
  const implementation = kAlgorithms[key[kAlgorithm].name]?.exportKey;
  if (implementation === undefined) throw fail('NotSupportedError', `${key[kAlgorithm].name} key export is not supported`);
  if (!key.extractable) throw fail('InvalidAccessError', 'key is not extractable');
  const result = implementation.run(format, key);
  if (result === undefined) {
    throw fail('NotSupportedError', `Unable to export ${key[kAlgorithm].name} ${key.type} key using ${format} format`);
  }
  return result;
}

async function importKeyAs(format, data, algorithm, extractable, usages) {
  const { fail } = algorithms();
  const normalized = normalize(algorithm, 'importKey');
  const key = await normalized.implementation.run(format, data, normalized.algorithm, extractable, usages);
  if ((key.type === 'secret' || key.type === 'private') && usages.length === 0) {
    throw fail('SyntaxError', `Usages cannot be empty when importing a ${key.type} key.`);
  }
  return key;
}

function keyLength(algorithm) {
  const normalized = normalize(algorithm, 'keyLength');
  return normalized.implementation.run(normalized.algorithm);
}

const methods = {
  async encrypt(algorithm, key, data) { return cipher('encrypt', arguments.length, algorithm, key, data); },
  async decrypt(algorithm, key, data) { return cipher('decrypt', arguments.length, algorithm, key, data); },

  async sign(algorithm, key, data) {
    requiredArguments(arguments.length, 3, 'sign');
    key = toKey(key, 'sign', '2nd argument');
    data = toBytes(data, 'sign', '3rd argument');
    const normalized = normalize(algorithm, 'sign');
    checkKeyUse(key, normalized.algorithm, 'sign');
    return normalized.implementation.run(normalized.algorithm, key, data);
  },

  async verify(algorithm, key, signature, data) {
    requiredArguments(arguments.length, 4, 'verify');
    key = toKey(key, 'verify', '2nd argument');
    signature = toBytes(signature, 'verify', '3rd argument');
    data = toBytes(data, 'verify', '4th argument');
    const normalized = normalize(algorithm, 'verify');
    checkKeyUse(key, normalized.algorithm, 'verify');
    return normalized.implementation.run(normalized.algorithm, key, data, signature);
  },

  async digest(algorithm, data) {
    requiredArguments(arguments.length, 2, 'digest');
    return digestData(algorithm, toBytes(data, 'digest', '2nd argument'));
  },

  async generateKey(algorithm, extractable, keyUsages) {
    requiredArguments(arguments.length, 3, 'generateKey');
    keyUsages = toUsages(keyUsages, 'generateKey', '3rd argument');
    const normalized = normalize(algorithm, 'generateKey');
    return normalized.implementation.run(normalized.algorithm, Boolean(extractable), keyUsages);
  },

  async deriveBits(algorithm, baseKey, length = null) {
    requiredArguments(arguments.length, 2, 'deriveBits');
    baseKey = toKey(baseKey, 'deriveBits', '2nd argument');
    if (length !== null) length = toInteger(length, 0xffffffff, '3rd argument');
    const normalized = normalize(algorithm, 'deriveBits');
    checkKeyUse(baseKey, normalized.algorithm, 'deriveBits');
    return normalized.implementation.run(normalized.algorithm, baseKey, length);
  },

  async deriveKey(algorithm, baseKey, derivedKeyAlgorithm, extractable, keyUsages) {
    requiredArguments(arguments.length, 5, 'deriveKey');
    baseKey = toKey(baseKey, 'deriveKey', '2nd argument');
    keyUsages = toUsages(keyUsages, 'deriveKey', '5th argument');
    const normalized = normalize(algorithm, 'deriveBits');
    normalize(derivedKeyAlgorithm, 'importKey');
    const length = keyLength(derivedKeyAlgorithm);
    checkKeyUse(baseKey, normalized.algorithm, 'deriveKey');
    const bits = await normalized.implementation.run(normalized.algorithm, baseKey, length);
    return importKeyAs('raw-secret', Buffer.from(bits), derivedKeyAlgorithm, Boolean(extractable), keyUsages);
  },

  async importKey(format, keyData, algorithm, extractable, keyUsages) {
    requiredArguments(arguments.length, 4, 'importKey');
    format = toFormat(format, 'importKey', '1st argument');
    if (format === 'jwk') {
      if (typeof keyData !== 'object' || keyData === null || isAnyArrayBuffer(keyData) || ArrayBuffer.isView(keyData)) {
        throw prefixed('importKey', '2nd argument', 'can not be converted to a dictionary', 'ERR_INVALID_ARG_TYPE');
      }
    } else {
      keyData = toBytes(keyData, 'importKey', '2nd argument');
    }
    keyUsages = toUsages(keyUsages, 'importKey', '5th argument');
    return importKeyAs(format, keyData, algorithm, Boolean(extractable), keyUsages);
  },

  async exportKey(format, key) {
    requiredArguments(arguments.length, 2, 'exportKey');
    format = toFormat(format, 'exportKey', '1st argument');
    return exportKeyAs(format, toKey(key, 'exportKey', '2nd argument'));
  },

  async wrapKey(format, key, wrappingKey, algorithm) {
    requiredArguments(arguments.length, 4, 'wrapKey');
    format = toFormat(format, 'wrapKey', '1st argument');
    key = toKey(key, 'wrapKey', '2nd argument');
    wrappingKey = toKey(wrappingKey, 'wrapKey', '3rd argument');
    const normalized = either(algorithm, 'wrap', 'encrypt');
    checkKeyUse(wrappingKey, normalized.algorithm, 'wrapKey');
    const exported = await exportKeyAs(format, key);
    const bytes = format === 'jwk' ? Buffer.from(JSON.stringify(exported)) : Buffer.from(exported);
    return normalized.implementation.run(normalized.algorithm, wrappingKey, bytes);
  },

  async unwrapKey(format, wrappedKey, unwrappingKey, unwrapAlgo, unwrappedKeyAlgo, extractable, keyUsages) {
    requiredArguments(arguments.length, 7, 'unwrapKey');
    const { fail } = algorithms();
    format = toFormat(format, 'unwrapKey', '1st argument');
    wrappedKey = toBytes(wrappedKey, 'unwrapKey', '2nd argument');
    unwrappingKey = toKey(unwrappingKey, 'unwrapKey', '3rd argument');
    keyUsages = toUsages(keyUsages, 'unwrapKey', '7th argument');
    const normalized = either(unwrapAlgo, 'unwrap', 'decrypt');
    normalize(unwrappedKeyAlgo, 'importKey');
    checkKeyUse(unwrappingKey, normalized.algorithm, 'unwrapKey');
    const bytes = Buffer.from(await normalized.implementation.run(normalized.algorithm, unwrappingKey, wrappedKey));
    let data = bytes;
    if (format === 'jwk') {
      try {
        data = JSON.parse(bytes.toString());
      } catch {
        throw fail('DataError', 'Invalid wrapped JWK key');
      }
    }
    return importKeyAs(format, data, unwrappedKeyAlgo, Boolean(extractable), keyUsages);
  },

  async getPublicKey(key, keyUsages) {
    requiredArguments(arguments.length, 2, 'getPublicKey');
    const { checkUsages, fail, kAlgorithms } = algorithms();
    key = toKey(key, 'getPublicKey', '1st argument');
    keyUsages = toUsages(keyUsages, 'getPublicKey', '2nd argument');
    if (key.type !== 'private') {
      throw fail(key.type === 'secret' ? 'NotSupportedError' : 'InvalidAccessError', 'key must be a private key');
    }
    checkUsages(keyUsages, kAlgorithms[key[kAlgorithm].name].publicUsages, key[kAlgorithm].name);
    return createCryptoKey(new PublicKeyObject(key[kKeyObject][kHandle].toPublic()), key[kAlgorithm], keyUsages, true);
  },
};
for (const name of ['encapsulateBits', 'encapsulateKey', 'decapsulateBits', 'decapsulateKey']) {
  methods[name] = { async [name](algorithm) { normalize(algorithm, name); } }[name];
}

/** The operation of wrapping, or that of encrypting in its place. */
function either(algorithm, op, fallback) {
  try {
    return normalize(algorithm, op);
  } catch (error) {
    if (error.name !== 'NotSupportedError') throw error;
    return normalize(algorithm, fallback);
  }
}

function cipher(op, count, algorithm, key, data) {
  requiredArguments(count, 3, op);
  key = toKey(key, op, '2nd argument');
  data = toBytes(data, op, '3rd argument');
  const normalized = normalize(algorithm, op);
  checkKeyUse(key, normalized.algorithm, op);
  return normalized.implementation.run(normalized.algorithm, key, data);
}

class SubtleCrypto {
  #isSubtle;

  constructor(token) {
    if (token !== kCreate) throw new ERR_ILLEGAL_CONSTRUCTOR();
    this.#isSubtle = true;
  }

  static isSubtle(value) {
    return typeof value === 'object' && value !== null && #isSubtle in value;
  }

  /** Whether an operation is there for an algorithm; the third argument is a length or another algorithm. */
  static supports(operation, algorithm, lengthOrAdditionalAlgorithm = null) {
    if (this !== SubtleCrypto) throw new ERR_INVALID_THIS('SubtleCrypto constructor');
    requiredArguments(arguments.length, 2, 'supports');
    return supports(`${operation}`, algorithm, lengthOrAdditionalAlgorithm);
  }
}
const { isSubtle } = SubtleCrypto;
delete SubtleCrypto.isSubtle;

const kOperations = new Set([...Object.keys(methods)]);

function supports(operation, algorithm, extra) {
  if (!kOperations.has(operation)) return false;
  try {
    switch (operation) {
      case 'deriveKey':
        normalize(extra, 'importKey');
        return checkSupported('deriveBits', algorithm, keyLength(extra));
      case 'deriveBits':
        return checkSupported('deriveBits', algorithm, extra);
      case 'wrapKey':
        either(algorithm, 'wrap', 'encrypt');
        return extra === null || supports('exportKey', extra, null);
      case 'unwrapKey':
        either(algorithm, 'unwrap', 'decrypt');
        return extra === null || supports('importKey', extra, null);
      case 'exportKey': {
        const { kAlgorithms } = algorithms();
        const name = `${typeof algorithm === 'string' ? algorithm : algorithm?.name}`.toLowerCase();
        const found = Object.keys(kAlgorithms).find((known) => known.toLowerCase() === name);
        return kAlgorithms[found]?.exportKey !== undefined;
      }
      case 'getPublicKey': {
        const { kAlgorithms } = algorithms();
        const name = `${typeof algorithm === 'string' ? algorithm : algorithm?.name}`.toLowerCase();
        const found = Object.keys(kAlgorithms).find((known) => known.toLowerCase() === name);
        return kAlgorithms[found]?.publicUsages !== undefined;
      }
      default:
        return checkSupported(operation, algorithm);
    }
  } catch {
    return false;
  }
}

/** Parameters must have values an operation could work with. */
function checkSupported(operation, algorithm, length) {
  const { algorithm: params, implementation } = normalize(algorithm, operation);
  implementation.check?.(params);
  switch (operation) {
    case 'deriveBits':
      if (params.name === 'HKDF' || params.name === 'PBKDF2') {
        if (length === null || length % 8) return false;
        return params.iterations !== 0;
      }
      return true;
    case 'generateKey':
      if (params.name.startsWith('AES')) return [128, 192, 256].includes(params.length);
      if (params.name === 'HMAC') return params.length !== 0;
      if (params.publicExponent !== undefined) {
        const exponent = params.publicExponent.reduce((sum, byte) => sum * 256 + byte, 0);
        return exponent === 3 || exponent === 65537;
      }
      return true;
    case 'encrypt':
    case 'decrypt':
      if (params.name === 'AES-CBC') return params.iv.byteLength === 16;
      if (params.name === 'AES-CTR') return params.counter.byteLength === 16 && params.length >= 1 && params.length <= 128;
      if (params.name === 'AES-GCM') return [undefined, 32, 64, 96, 104, 112, 120, 128].includes(params.tagLength);
      if (params.name === 'ChaCha20-Poly1305') return params.iv.byteLength === 12 && [undefined, 128].includes(params.tagLength);
      return true;
    default:
      return true;
  }
}

for (const name of Object.keys(methods)) {
  const method = methods[name];
  const f = {
    async [name](...args) {
      if (!isSubtle(this)) throw new ERR_INVALID_THIS('SubtleCrypto');
      return Reflect.apply(method, this, args);
    },
  }[name];
  Object.defineProperty(f, 'length', { __proto__: null, configurable: true, value: method.length });
  Object.defineProperty(SubtleCrypto.prototype, name, {
    __proto__: null, configurable: true, enumerable: true, writable: true, value: f,
  });
}

// ---- Key objects -----------------------------------------------------------------------------------------------------

/** keyObject.toCryptoKey() */
function keyObjectToCryptoKey(keyObject, algorithm, extractable, keyUsages) {
  const { checkUsages, fail, kAlgorithms } = algorithms();
  const normalized = normalize(algorithm, 'importKey');
  const usages = toUsages(keyUsages, 'toCryptoKey', '3rd argument');
  const { name } = normalized.algorithm;
  let key;
  if (keyObject.type === 'secret') {
    key = normalized.implementation.run('raw-secret', keyObject.export(), normalized.algorithm, Boolean(extractable), usages);
  } else {
    const { adopt, keyTypes, privateUsages, publicUsages } = kAlgorithms[name];
    if (adopt === undefined) throw fail('NotSupportedError', 'Unrecognized algorithm name');
    if (!keyTypes.includes(keyObject.asymmetricKeyType)) throw fail('DataError', 'Invalid key type');
    checkUsages(usages, keyObject.type === 'public' ? publicUsages : privateUsages, name);
    key = adopt(normalized.algorithm, keyObject, Boolean(extractable), usages);
  }
  if (key.type !== 'public' && usages.length === 0) {
    throw fail('SyntaxError', `Usages cannot be empty when importing a ${key.type} key.`);
  }
  return key;
}

// ---- Crypto ----------------------------------------------------------------------------------------------------------

class Crypto {
  #subtle;

  constructor(token) {
    if (token !== kCreate) throw new ERR_ILLEGAL_CONSTRUCTOR();
  }

  get subtle() {
    if (typeof this !== 'object' || this === null || !(#subtle in this)) throw new ERR_INVALID_THIS('Crypto');
    return this.#subtle ??= new SubtleCrypto(kCreate);
  }

  getRandomValues(array) {
    if (typeof this !== 'object' || this === null || !(#subtle in this)) throw new ERR_INVALID_THIS('Crypto');
    if (arguments.length < 1) {
      const error = new TypeError("Failed to execute 'getRandomValues' on 'Crypto': 1 argument required, but only 0 present.");
      error.code = 'ERR_MISSING_ARGS';
      throw error;
    }
    return require('internal/crypto/random').getRandomValues(array);
  }

  randomUUID(options) {
    if (typeof this !== 'object' || this === null || !(#subtle in this)) throw new ERR_INVALID_THIS('Crypto');
    return require('internal/crypto/random').randomUUID(options);
  }
}
for (const name of ['subtle', 'getRandomValues', 'randomUUID']) {
  Object.defineProperty(Crypto.prototype, name, { __proto__: null, enumerable: true });
}
for (const Class of [Crypto, SubtleCrypto]) {
  Object.defineProperty(Class.prototype, Symbol.toStringTag, { __proto__: null, configurable: true, value: Class.name });
}

module.exports = { Crypto, CryptoKey, SubtleCrypto, crypto: new Crypto(kCreate), keyObjectToCryptoKey };
