'use strict';

// Binding contract (crypto):
//   CipherBase: new CipherBase(isEncrypt, cipherName, key, iv | null, authTagLength | undefined) throws Node's error for
//     unknown ciphers and wrong lengths; update(bytes) -> Buffer; final() -> Buffer, or throws; setAutoPadding(bool) ->
//     boolean; setAAD(bytes, plaintextLength | undefined) -> boolean; getAuthTag() -> Buffer | undefined;
//     setAuthTag(bytes) -> boolean.
//   getCiphers() -> string[]; getCipherInfo(name | nid, keyLength, ivLength) -> { mode, name, nid, blockSize?, ivLength?,
//     keyLength } | undefined.

const binding = internalBinding('crypto');
const { Transform } = require('stream');
const { StringDecoder } = require('string_decoder');
const { codes: { ERR_CRYPTO_INVALID_STATE, ERR_INVALID_ARG_TYPE } } = require('internal/errors');
const { validateEncoding, validateInt32, validateObject, validateString, validateUint32 } = require('internal/validators');
const { getArrayBufferOrView } = require('internal/crypto/util');
const { secretKeyBytes } = require('internal/crypto/keys');

const kHandle = Symbol('kHandle');
const kFinalized = Symbol('kFinalized');
const kDecoder = Symbol('kDecoder');

/** Common to Cipheriv and Decipheriv. */
class CipherStream extends Transform {
  constructor(isEncrypt, cipher, key, iv, options) {
    super(options);
    validateString(cipher, 'cipher');
    const bytes = secretKeyBytes(key, options?.encoding);
    if (iv !== null && typeof iv !== 'string' && !ArrayBuffer.isView(iv) && !(iv instanceof ArrayBuffer)) {
      throw new ERR_INVALID_ARG_TYPE('iv', ['string', 'ArrayBuffer', 'Buffer', 'TypedArray', 'DataView'], iv);
    }
    const vector = iv === null ? null : getArrayBufferOrView(iv, 'iv');
    const authTagLength = options?.authTagLength;
    if (authTagLength !== undefined) validateUint32(authTagLength, 'options.authTagLength');
    this[kHandle] = new binding.CipherBase(isEncrypt, cipher, bytes, vector, authTagLength);
    this[kFinalized] = false;
    this[kDecoder] = undefined;
  }

  _transform(chunk, encoding, callback) {
    this.push(this[kHandle].update(getArrayBufferOrView(chunk, 'chunk', encoding)));
    callback();
  }

  _flush(callback) {
    try {
      this.push(this[kHandle].final());
    } catch (error) {
      callback(error);
      return;
    }
    callback();
  }

  #decode(bytes, encoding, isLast) {
    if (!encoding || encoding === 'buffer') return bytes;
    this[kDecoder] ??= new StringDecoder(encoding);
    return isLast ? this[kDecoder].end(bytes) : this[kDecoder].write(bytes);
  }

  update(data, inputEncoding, outputEncoding) {
    if (typeof data === 'string') {
      validateEncoding(data, inputEncoding);
    } else if (!ArrayBuffer.isView(data)) {
      throw new ERR_INVALID_ARG_TYPE('data', ['string', 'Buffer', 'TypedArray', 'DataView'], data);
    }
    if (this[kFinalized]) throw new ERR_CRYPTO_INVALID_STATE('update');
    return this.#decode(this[kHandle].update(getArrayBufferOrView(data, 'data', inputEncoding)), outputEncoding, false);
  }

  final(outputEncoding) {
    if (this[kFinalized]) throw new ERR_CRYPTO_INVALID_STATE('final');
    this[kFinalized] = true;
    return this.#decode(this[kHandle].final(), outputEncoding, true);
  }

  setAutoPadding(autoPadding) {
    if (!this[kHandle].setAutoPadding(autoPadding === undefined ? true : !!autoPadding)) {
      throw new ERR_CRYPTO_INVALID_STATE('setAutoPadding');
    }
    return this;
  }

  setAAD(buffer, options) {
    const encoding = options?.encoding ?? 'utf8';
    const bytes = getArrayBufferOrView(buffer, 'buffer', encoding);
    if (!this[kHandle].setAAD(bytes, options?.plaintextLength)) throw new ERR_CRYPTO_INVALID_STATE('setAAD');
    return this;
  }
}

class CipherivImpl extends CipherStream {
  getAuthTag() {
    const tag = this[kHandle].getAuthTag();
    if (tag === undefined) throw new ERR_CRYPTO_INVALID_STATE('getAuthTag');
    return tag;
  }
}

class DecipherivImpl extends CipherStream {
  setAuthTag(tag, encoding) {
    const bytes = getArrayBufferOrView(tag, 'buffer', encoding);
    if (!this[kHandle].setAuthTag(bytes)) throw new ERR_CRYPTO_INVALID_STATE('setAuthTag');
    return this;
  }
}

// Callable without `new`, as these were before classes.
function Cipheriv(cipher, key, iv, options) {
  return Reflect.construct(CipherivImpl, [true, cipher, key, iv, options], new.target ?? Cipheriv);
}
Cipheriv.prototype = CipherivImpl.prototype;
function Decipheriv(cipher, key, iv, options) {
  return Reflect.construct(DecipherivImpl, [false, cipher, key, iv, options], new.target ?? Decipheriv);
}
Decipheriv.prototype = DecipherivImpl.prototype;
for (const Class of [Cipheriv, Decipheriv]) {
  Object.defineProperty(Class.prototype, 'constructor', {
    __proto__: null, configurable: true, enumerable: false, writable: true, value: Class,
  });
}

function getCipherInfo(nameOrNid, options) {
  if (typeof nameOrNid !== 'string' && typeof nameOrNid !== 'number') {
    throw new ERR_INVALID_ARG_TYPE('nameOrNid', ['string', 'number'], nameOrNid);
  }
  if (typeof nameOrNid === 'number') validateInt32(nameOrNid, 'nameOrNid');
  if (options !== undefined) {
    validateObject(options, 'options');
    if (options.keyLength !== undefined) validateInt32(options.keyLength, 'options.keyLength');
    if (options.ivLength !== undefined) validateInt32(options.ivLength, 'options.ivLength');
  }
  const info = binding.getCipherInfo(nameOrNid, options?.keyLength, options?.ivLength);
  if (info !== undefined) info.name = info.name.toLowerCase();
  return info;
}

module.exports = { Cipheriv, Decipheriv, getCipherInfo };
