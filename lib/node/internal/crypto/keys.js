'use strict';
// Key objects: secret, public and private keys, from and to their encodings.
//
// Binding contract (crypto): KeyHandle objects, made by
//   secretKeyHandle(bytes), parsePrivateKey(bytes, isPem, type, passphrase), parsePublicKey(same), importRsa(n, e[, d, p,
//   q, dp, dq, qi]), importEc(curve, x, y[, d]), importEcBytes(curve, bytes, isPrivate), importRaw(kind, bytes, isPrivate);
//   their methods: toPublic(), exportSecret(), exportPrivate(isPem, type, cipher, passphrase), exportPublic(isPem, type),
//   kind(), details(), equals(handle), size(), rsaParts() -> [n, e, d, p, q, dp, dq, qi], ecParts() -> [x, y, d],
//   rawPublic(), rawPrivate(), ecPoint(form).

const binding = internalBinding('crypto');
const { codes: {
  ERR_CRYPTO_INCOMPATIBLE_KEY_OPTIONS, ERR_CRYPTO_INVALID_JWK, ERR_CRYPTO_INVALID_KEY_OBJECT_TYPE,
  ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE,
} } = require('internal/errors');
const { validateObject, validateOneOf, validateString } = require('internal/validators');
const { getArrayBufferOrView, isAnyArrayBuffer } = require('internal/crypto/util');

const kHandle = Symbol('kHandle');
const { messaging_clone_symbol: kClone, messaging_deserialize_symbol: kDeserialize } = internalBinding('symbols');
const kKeyObject = Symbol('kKeyObject');
const kDetails = Symbol('kDetails');

const kJwkCurves = { '__proto__': null, 'prime256v1': 'P-256', 'secp256k1': 'secp256k1', 'secp384r1': 'P-384', 'secp521r1': 'P-521' };
const kCurvesOfJwk = { '__proto__': null, 'P-256': 'prime256v1', 'secp256k1': 'secp256k1', 'P-384': 'secp384r1', 'P-521': 'secp521r1' };
const kJwkOkp = { __proto__: null, ed25519: 'Ed25519', x25519: 'X25519' };

function buffer() {
  return require('buffer').Buffer;
}

// Classes of copies in messages, which have their key afterwards.
const clonedNames = { __proto__: null, secret: 'ClonedSecretKey', public: 'ClonedPublicKey', private: 'ClonedPrivateKey' };

class KeyObject {
  constructor(type, handle) {
    if (type !== 'secret' && type !== 'public' && type !== 'private') throw new ERR_INVALID_ARG_VALUE('type', type);
    if (typeof handle !== 'object' || !(handle instanceof binding.KeyHandle)) {
      throw new ERR_INVALID_ARG_TYPE('handle', 'object', handle);
    }
    Object.defineProperty(this, 'keyType', { __proto__: null, value: type, enumerable: false });
    Object.defineProperty(this, kHandle, { __proto__: null, value: handle, enumerable: false });
  }

  get type() {
    return this.keyType;
  }

  [kClone]() {
    const der = this.type === 'secret' ? undefined : { format: 'der', type: this.type === 'public' ? 'spki' : 'pkcs8' };
    return { data: this.export(der), deserializeInfo: `internal/crypto/keys:${clonedNames[this.type]}` };
  }

  [kDeserialize](data) {
    let key;
    if (this instanceof SecretKeyObject) key = createSecretKey(data);
    else if (this instanceof PublicKeyObject) key = createPublicKey({ key: data, format: 'der', type: 'spki' });
    else key = createPrivateKey({ key: data, format: 'der', type: 'pkcs8' });
    Object.defineProperty(this, 'keyType', { __proto__: null, value: key.type, enumerable: false });
    Object.defineProperty(this, kHandle, { __proto__: null, value: key[kHandle], enumerable: false });
  }

  static from(key) {
    if (!isCryptoKey(key)) throw new ERR_INVALID_ARG_TYPE('key', 'CryptoKey', key);
    return key[kKeyObject];
  }

  equals(otherKeyObject) {
    if (!isKeyObject(otherKeyObject)) {
      throw new ERR_INVALID_ARG_TYPE('otherKeyObject', 'KeyObject', otherKeyObject);
    }
    return otherKeyObject.type === this.type && this[kHandle].equals(otherKeyObject[kHandle]);
  }

  toCryptoKey(algorithm, extractable, keyUsages) {
    return require('internal/crypto/webcrypto').keyObjectToCryptoKey(this, algorithm, extractable, keyUsages);
  }
}
Object.defineProperty(KeyObject.prototype, Symbol.toStringTag, {
  __proto__: null, configurable: true, value: 'KeyObject',
});

class SecretKeyObject extends KeyObject {
  constructor(handle) {
    super('secret', handle);
  }

  get symmetricKeySize() {
    return this[kHandle].size();
  }

  export(options) {
    if (options !== undefined) {
      validateObject(options, 'options');
      validateOneOf(options.format, 'options.format', [undefined, 'buffer', 'jwk']);
      if (options.format === 'jwk') return { kty: 'oct', k: this[kHandle].exportSecret().toString('base64url') };
    }
    return this[kHandle].exportSecret();
  }
}

class AsymmetricKeyObject extends KeyObject {
  get asymmetricKeyType() {
    return this[kHandle].kind();
  }

  get asymmetricKeyDetails() {
    switch (this.asymmetricKeyType) {
      case 'rsa':
      case 'rsa-pss':
      case 'dsa':
      case 'ec':
        return { ...this[kDetails] ??= this[kHandle].details() };
      default:
        return {};
    }
  }
}

function checkJwkFormat(options, isPassphraseAllowed) {
  if (!isPassphraseAllowed && options.passphrase !== undefined) {
    throw new ERR_CRYPTO_INCOMPATIBLE_KEY_OPTIONS('jwk', 'does not support encryption');
  }
}

function isRawFormat(format) {
  return format === 'raw-public' || format === 'raw-private';
}

class PublicKeyObject extends AsymmetricKeyObject {
  constructor(handle) {
    super('public', handle);
  }

  export(options) {
    if (options?.format === 'jwk') return exportJwk(this[kHandle], false);
    if (isRawFormat(options?.format)) return exportRaw(this, options);
    const { format, type } = parsePublicKeyEncoding(options, this.asymmetricKeyType);
    const bytes = this[kHandle].exportPublic(format === 'pem', type);
    return format === 'pem' ? bytes.toString() : bytes;
  }
}

class PrivateKeyObject extends AsymmetricKeyObject {
  constructor(handle) {
    super('private', handle);
  }

  export(options) {
    if (options?.format === 'jwk') {
      checkJwkFormat(options, false);
      return exportJwk(this[kHandle], true);
    }
    if (isRawFormat(options?.format)) return exportRaw(this, options);
    const { format, type, cipher, passphrase } = parsePrivateKeyEncoding(options, this.asymmetricKeyType);
    const bytes = this[kHandle].exportPrivate(format === 'pem', type, cipher, passphrase);
    return format === 'pem' ? bytes.toString() : bytes;
  }
}

// ---- Encodings ---------------------------------------------------------------------------------------------------

function option(name, objName) {
  return objName === undefined ? `options.${name}` : `options.${objName}.${name}`;
}

function parseKeyFormat(format, defaultFormat, optionName) {
  if (format === undefined && defaultFormat !== undefined) return defaultFormat;
  if (format === 'pem' || format === 'der' || format === 'jwk') return format;
  throw new ERR_INVALID_ARG_VALUE(optionName, format);
}

function parseKeyType(type, isRequired, keyType, isPublic, optionName) {
  if (type === undefined && !isRequired) return undefined;
  if (type === 'pkcs1') {
    if (keyType !== undefined && keyType !== 'rsa') {
      throw new ERR_CRYPTO_INCOMPATIBLE_KEY_OPTIONS(type, 'can only be used for RSA keys');
    }
    return type;
  }
  if (type === 'spki' && isPublic !== false) return type;
  if (type === 'pkcs8' && isPublic !== true) return type;
  if (type === 'sec1' && isPublic !== true) {
    if (keyType !== undefined && keyType !== 'ec') {
      throw new ERR_CRYPTO_INCOMPATIBLE_KEY_OPTIONS(type, 'can only be used for EC keys');
    }
    return type;
  }
  throw new ERR_INVALID_ARG_VALUE(optionName, type);
}

function parseFormatAndType(options, keyType, isPublic, isInput, objName) {
  const isPublicArgument = isPublic;
  const format = parseKeyFormat(options.format, isInput ? 'pem' : undefined, option('format', objName));
  const isRequired = (!isInput || format === 'der') && format !== 'jwk';
  const type = parseKeyType(options.type, isRequired, keyType, isPublicArgument, option('type', objName));
  return { format, type };
}

function isStringOrBuffer(value) {
  return typeof value === 'string' || ArrayBuffer.isView(value) || isAnyArrayBuffer(value);
}

const kBufferTypes = ['string', 'ArrayBuffer', 'Buffer', 'TypedArray', 'DataView'];

function parseKeyEncoding(options, keyType, isPublic, objName) {
  validateObject(options, 'options');
  const isInput = keyType === undefined;
  const { format, type } = parseFormatAndType(options, keyType, isPublic, isInput, objName);
  let cipher;
  let passphrase;
  if (isPublic !== true) {
    ({ cipher, passphrase } = options);
    const { encoding } = options;
    if (!isInput) {
      if (cipher != null) {
        if (typeof cipher !== 'string') throw new ERR_INVALID_ARG_VALUE(option('cipher', objName), cipher);
        if (format === 'der' && (type === 'pkcs1' || type === 'sec1')) {
          throw new ERR_CRYPTO_INCOMPATIBLE_KEY_OPTIONS(type, 'does not support encryption');
        }
      } else if (passphrase !== undefined) {
        throw new ERR_INVALID_ARG_VALUE(option('cipher', objName), cipher);
      }
    }
    if ((isInput && passphrase !== undefined && passphrase !== null && !isStringOrBuffer(passphrase)) ||
        (!isInput && cipher != null && !isStringOrBuffer(passphrase))) {
      throw new ERR_INVALID_ARG_VALUE(option('passphrase', objName), passphrase);
    }
    if (passphrase != null) passphrase = getArrayBufferOrView(passphrase, 'key.passphrase', encoding);
  }
  return { format, type, cipher: cipher ?? undefined, passphrase: passphrase ?? undefined };
}

/** The `publicKeyEncoding` of keys that are made, and the options of `export`. */
function parsePublicKeyEncoding(options, keyType, objName) {
  return parseKeyEncoding(options, keyType, keyType ? true : undefined, objName);
}

function parsePrivateKeyEncoding(options, keyType, objName) {
  return parseKeyEncoding(options, keyType, false, objName);
}

// ---- Raw keys ----------------------------------------------------------------------------------------------------

function exportRaw(key, { format, type = 'uncompressed' }) {
  const handle = key[kHandle];
  const kind = key.asymmetricKeyType;
  const isPublic = format === 'raw-public';
  if (isPublic !== (key.type === 'public')) {
    throw new ERR_INVALID_ARG_VALUE('options.format', format);
  }
  if (kind === 'ec') {
    if (!isPublic) return handle.ecParts()[2];
    validateOneOf(type, 'options.type', ['compressed', 'uncompressed']);
    return handle.ecPoint(type);
  }
  if (kind === 'rsa' || kind === 'rsa-pss' || kind === 'dsa' || kind === 'dh') {
    throw new ERR_CRYPTO_INCOMPATIBLE_KEY_OPTIONS(format, `does not support ${kind} keys`);
  }
  return isPublic ? handle.rawPublic() : handle.rawPrivate();
}

function importRaw(options, data, isPrivate) {
  const { asymmetricKeyType: kind, namedCurve } = options;
  validateString(kind, 'key.asymmetricKeyType');
  const bytes = getArrayBufferOrView(data, 'key.key');
  if (kind === 'ec') {
    validateString(namedCurve, 'key.namedCurve');
    return binding.importEcBytes(namedCurve, bytes, isPrivate);
  }
  return binding.importRaw(kind, bytes, isPrivate);
}

// ---- JSON Web Keys -----------------------------------------------------------------------------------------------

function exportJwk(handle, isPrivate) {
  const kind = handle.kind();
  const text = (bytes) => bytes.toString('base64url');
  switch (kind) {
    case 'rsa': {
      const [n, e, d, p, q, dp, dq, qi] = handle.rsaParts().map(text);
      const jwk = { kty: 'RSA', n, e };
      return isPrivate ? { ...jwk, d, p, q, dp, dq, qi } : jwk;
    }
    case 'ec': {
      const { namedCurve } = handle.details();
      const crv = kJwkCurves[namedCurve];
      if (crv === undefined) {
        const { codes: { ERR_CRYPTO_JWK_UNSUPPORTED_CURVE } } = require('internal/errors');
        throw new ERR_CRYPTO_JWK_UNSUPPORTED_CURVE(namedCurve);
      }
      const [x, y, d] = handle.ecParts().map(text);
      const jwk = { kty: 'EC', x, y, crv };
      return isPrivate ? { ...jwk, d } : jwk;
    }
    case 'ed25519':
    case 'x25519': {
      const jwk = { crv: kJwkOkp[kind], x: text(handle.rawPublic()), kty: 'OKP' };
      return isPrivate ? { crv: jwk.crv, d: text(handle.rawPrivate()), x: jwk.x, kty: 'OKP' } : jwk;
    }
    default: {
      const { codes: { ERR_CRYPTO_JWK_UNSUPPORTED_KEY_TYPE } } = require('internal/errors');
      throw new ERR_CRYPTO_JWK_UNSUPPORTED_KEY_TYPE();
    }
  }
}

function jwkBytes(jwk, name, options) {
  validateString(jwk[name], `key.${name}`);
  return buffer().from(jwk[name], options ?? 'base64url');
}

/** The handle of a JSON Web Key. */
function importJwk(jwk, wantsPublic) {
  validateObject(jwk, 'key');
  const { kty } = jwk;
  validateOneOf(kty, 'key.kty', ['RSA', 'EC', 'OKP']);
  const isPrivate = !wantsPublic && jwk.d !== undefined;
  switch (kty) {
    case 'OKP': {
      validateOneOf(jwk.crv, 'key.crv', ['Ed25519', 'X25519']);
      if (!wantsPublic) validateString(jwk.d, 'key.d');
      const x = jwkBytes(jwk, 'x');
      const kind = jwk.crv.toLowerCase();
      if (x.length !== 32) throw new ERR_CRYPTO_INVALID_JWK();
      if (wantsPublic) return binding.importRaw(kind, x, false);
      const d = jwkBytes(jwk, 'd');
      if (d.length !== 32) throw new ERR_CRYPTO_INVALID_JWK();
      const handle = binding.importRaw(kind, d, true);
      if (!handle.rawPublic().equals(x)) throw new ERR_CRYPTO_INVALID_JWK();
      return handle;
    }
    case 'EC': {
      validateOneOf(jwk.crv, 'key.crv', ['P-256', 'secp256k1', 'P-384', 'P-521']);
      const [x, y] = [jwkBytes(jwk, 'x'), jwkBytes(jwk, 'y')];
      const d = wantsPublic ? undefined : jwkBytes(jwk, 'd');
      return ofJwk(() => binding.importEc(kCurvesOfJwk[jwk.crv], x, y, d));
    }
    default: {
      const names = isPrivate || !wantsPublic ? ['n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qi'] : ['n', 'e'];
      const parts = names.map((name) => jwkBytes(jwk, name));
      return ofJwk(() => binding.importRsa(...parts));
    }
  }
}

function ofJwk(make) {
  try {
    return make();
  } catch {
    throw new ERR_CRYPTO_INVALID_JWK();
  }
}

// ---- Keys as arguments -------------------------------------------------------------------------------------------

const kCreatePublic = 'createPublic';
const kCreatePrivate = 'createPrivate';
const kConsumePublic = 'consumePublic';
const kConsumePrivate = 'consumePrivate';

function getKeyTypes(allowsObject, bufferOnly = false) {
  const types = ['ArrayBuffer', 'Buffer', 'TypedArray', 'DataView', 'string', 'KeyObject', 'CryptoKey'];
  if (bufferOnly) return types.slice(0, 4);
  return allowsObject ? types : types.slice(0, 5);
}

function keyObjectHandle(key, context) {
  if (context === kCreatePrivate) throw new ERR_INVALID_ARG_TYPE('key', ['string', 'ArrayBuffer', 'Buffer', 'TypedArray', 'DataView'], key);
  if (key.type !== 'private') {
    if (context === kConsumePrivate || context === kCreatePublic) {
      throw new ERR_CRYPTO_INVALID_KEY_OBJECT_TYPE(key.type, 'private');
    }
    if (key.type !== 'public') throw new ERR_CRYPTO_INVALID_KEY_OBJECT_TYPE(key.type, 'private or public');
  }
  return key[kHandle];
}

/** The handle, or what it is made of, of a key given in any of the ways the functions allow. */
function prepareAsymmetricKey(key, context) {
  if (isKeyObject(key)) return { handle: keyObjectHandle(key, context) };
  if (isCryptoKey(key)) return { handle: keyObjectHandle(key[kKeyObject], context) };
  if (isStringOrBuffer(key)) return { format: 'pem', data: getArrayBufferOrView(key, 'key') };
  if (typeof key === 'object' && key !== null) {
    const { key: data, encoding, format } = key;
    if (isKeyObject(data)) return { handle: keyObjectHandle(data, context) };
    if (isCryptoKey(data)) return { handle: keyObjectHandle(data[kKeyObject], context) };
    const isPublic = context === kConsumePrivate || context === kCreatePrivate ? false : undefined;
    if (format === 'jwk') {
      validateObject(data, 'key.key');
      const wantsPublic = context === kConsumePublic || context === kCreatePublic;
      return { handle: importJwk(data, wantsPublic), isJwk: true };
    }
    if (isRawFormat(format)) return { handle: importRaw(key, data, format === 'raw-private') };
    if (!isStringOrBuffer(data)) {
      throw new ERR_INVALID_ARG_TYPE('key.key', getKeyTypes(context !== kCreatePrivate), data);
    }
    return { data: getArrayBufferOrView(data, 'key', encoding), ...parseKeyEncoding(key, undefined, isPublic) };
  }
  throw new ERR_INVALID_ARG_TYPE('key', getKeyTypes(context !== kCreatePrivate), key);
}

function privateHandle(prepared) {
  const { handle, data, format, type, passphrase } = prepared;
  return handle ?? binding.parsePrivateKey(data, format === 'pem', type, passphrase);
}

function publicHandle(prepared) {
  const { handle, data, format, type, passphrase } = prepared;
  return handle ?? binding.parsePublicKey(data, format === 'pem', type, passphrase);
}

/** The handle of a key to decrypt or sign with. */
function preparePrivateKey(key) {
  return privateHandle(prepareAsymmetricKey(key, kConsumePrivate));
}

/** The handle of a key to encrypt or verify with; private keys do, too. */
function preparePublicOrPrivateKey(key) {
  return publicHandle(prepareAsymmetricKey(key, kConsumePublic));
}

function prepareSecretKey(key, encoding, bufferOnly = false) {
  if (!bufferOnly) {
    if (isCryptoKey(key)) key = key[kKeyObject];
    if (isKeyObject(key)) {
      if (key.type !== 'secret') throw new ERR_CRYPTO_INVALID_KEY_OBJECT_TYPE(key.type, 'secret');
      return key[kHandle].exportSecret();
    }
  }
  if (typeof key !== 'string' && !ArrayBuffer.isView(key) && !isAnyArrayBuffer(key)) {
    throw new ERR_INVALID_ARG_TYPE('key', getKeyTypes(!bufferOnly, bufferOnly), key);
  }
  return getArrayBufferOrView(key, 'key', encoding);
}

/** The bytes of a secret key given as KeyObject, string or bytes. */
function secretKeyBytes(key, encoding, name = 'key') {
  if (isCryptoKey(key)) key = key[kKeyObject];
  if (isKeyObject(key)) {
    if (key.type !== 'secret') throw new ERR_CRYPTO_INVALID_KEY_OBJECT_TYPE(key.type, 'secret');
    return key[kHandle].exportSecret();
  }
  if (typeof key !== 'string' && !ArrayBuffer.isView(key) && !isAnyArrayBuffer(key)) {
    throw new ERR_INVALID_ARG_TYPE(name, ['ArrayBuffer', 'Buffer', 'TypedArray', 'DataView', 'string', 'KeyObject',
                                          'CryptoKey'], key);
  }
  return getArrayBufferOrView(key, name, encoding);
}

require('internal/util').markCloneable(KeyObject.prototype);

function ClonedSecretKey() {
  return Object.create(SecretKeyObject.prototype);
}

function ClonedPublicKey() {
  return Object.create(PublicKeyObject.prototype);
}

function ClonedPrivateKey() {
  return Object.create(PrivateKeyObject.prototype);
}

function createSecretKey(key, encoding) {
  if (typeof key !== 'string' && !ArrayBuffer.isView(key) && !isAnyArrayBuffer(key)) {
    throw new ERR_INVALID_ARG_TYPE('key', getKeyTypes(false).slice(0, 5), key);
  }
  return new SecretKeyObject(binding.secretKeyHandle(getArrayBufferOrView(key, 'key', encoding)));
}

function createPublicKey(key) {
  const prepared = prepareAsymmetricKey(key, kCreatePublic);
  const handle = publicHandle(prepared);
  return new PublicKeyObject(handle.toPublic());
}

function createPrivateKey(key) {
  return new PrivateKeyObject(privateHandle(prepareAsymmetricKey(key, kCreatePrivate)));
}

function isKeyObject(value) {
  return typeof value === 'object' && value !== null && value[kHandle] !== undefined && value[kKeyObject] === undefined;
}

function isCryptoKey(value) {
  return typeof value === 'object' && value !== null && value[kKeyObject] !== undefined;
}

module.exports = {
  ClonedSecretKey, ClonedPublicKey, ClonedPrivateKey, KeyObject, SecretKeyObject, PublicKeyObject, PrivateKeyObject, createSecretKey, createPublicKey, createPrivateKey,
  isCryptoKey, isKeyObject, secretKeyBytes, prepareSecretKey, preparePrivateKey, preparePublicOrPrivateKey,
  parsePublicKeyEncoding, parsePrivateKeyEncoding, exportJwk, importJwk, kHandle, kKeyObject,
  kJwkCurves, kCurvesOfJwk,
};
