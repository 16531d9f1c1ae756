'use strict';
// What each algorithm of the Web Cryptography API does: parameters, keys, operations.
//
// Binding contract: see keys.js, cipher.js, hash.js; internalBinding('crypto'): sign, verify, rsaCrypt, agree, generateKeyPair, hkdf,
//   pbkdf2, with a callback (error, result) as the last argument.

const binding = internalBinding('crypto');
const { Buffer } = require('buffer');
const {
  PrivateKeyObject, PublicKeyObject, SecretKeyObject, exportJwk, importJwk, kHandle, kJwkCurves, kKeyObject,
} = require('internal/crypto/keys');
const { createCryptoKey, kAlgorithm, kUsages } = require('internal/crypto/webcrypto_keys');

const kDigests = {
  '__proto__': null, 'SHA-1': 'sha1', 'SHA-256': 'sha256', 'SHA-384': 'sha384', 'SHA-512': 'sha512', 'SHA3-256': 'sha3-256',
  'SHA3-384': 'sha3-384', 'SHA3-512': 'sha3-512',
};
// Bytes of the blocks of a digest, which an HMAC key is as long as.
const kBlockBits = {
  '__proto__': null, 'SHA-1': 512, 'SHA-256': 512, 'SHA-384': 1024, 'SHA-512': 1024, 'SHA3-256': 1088, 'SHA3-384': 832, 'SHA3-512': 576,
};
const kCurves = { '__proto__': null, 'P-256': 'prime256v1', 'P-384': 'secp384r1', 'P-521': 'secp521r1' };
const kFieldBits = { '__proto__': null, 'P-256': 256, 'P-384': 384, 'P-521': 528 };

function fail(name, message, cause) {
  const error = new DOMException(message, cause === undefined ? name : { name, cause });
  return error;
}

/** An operation of the binding as a promise; its failures are OperationErrors. */
function operation(name, ...args) {
  return new Promise((resolve, reject) => {
    binding[name](...args, (error, result) => {
      if (error) reject(fail('OperationError', 'The operation failed for an operation-specific reason', error));
      else resolve(result);
    });
  });
}

function toArrayBuffer(bytes) {
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
}

function handleOf(key) {
  return key[kKeyObject][kHandle];
}

function secretOf(key) {
  return key[kKeyObject].export();
}

function checkUsages(usages, allowed, what) {
  for (const usage of usages) {
    if (!allowed.includes(usage)) throw fail('SyntaxError', `Unsupported key usage for ${what} key`);
  }
}

function unsupportedFormat(format, name) {
  return fail('NotSupportedError', `Unable to import ${name} using ${format} format`);
}

function checkJwk(jwk, kty, use, usages, extractable, name) {
  if (typeof jwk !== 'object' || jwk === null || !jwk.kty) throw fail('DataError', 'Invalid keyData');
  if (jwk.kty !== kty) throw fail('DataError', 'Invalid JWK "kty" Parameter');
  if (usages.length > 0 && jwk.use !== undefined && jwk.use !== use) throw fail('DataError', 'Invalid JWK "use" Parameter');
  if (jwk.key_ops !== undefined) {
    if (!Array.isArray(jwk.key_ops) || new Set(jwk.key_ops).size !== jwk.key_ops.length) throw fail('DataError', 'Duplicate key operation');
    if (!usages.every((usage) => jwk.key_ops.includes(usage))) throw fail('DataError', 'Key operations and usage mismatch');
  }
  if (jwk.ext !== undefined && jwk.ext === false && extractable) throw fail('DataError', 'JWK "ext" Parameter and extractable mismatch');
}

function importData(make, message = 'Invalid keyData') {
  try {
    return make();
  } catch (error) {
    throw fail('DataError', message, error);
  }
}

function jwkOf(key, alg) {
  const handle = handleOf(key);
  const jwk = key.type === 'secret' ? { kty: 'oct', k: secretOf(key).toString('base64url') } : exportJwk(handle, key.type === 'private');
  jwk.key_ops = [...key[kUsages]];
  jwk.ext = key.extractable;
  if (alg !== undefined) jwk.alg = alg;
  return jwk;
}

function exportPair(format, key, alg) {
  const handle = handleOf(key);
  switch (format) {
    case 'spki':
      if (key.type === 'public') return toArrayBuffer(handle.exportPublic(false, 'spki'));
      break;
    case 'pkcs8':
      if (key.type === 'private') return toArrayBuffer(handle.exportPrivate(false, 'pkcs8', undefined, undefined));
      break;
    case 'jwk':
      return jwkOf(key, alg);
  }
  return undefined;
}

async function newPair(args, algorithm, publicUsages, privateUsages, extractable, usages) {
  const handle = await operation('generateKeyPair', ...args);
  const pick = (allowed) => allowed.filter((usage) => usages.includes(usage));
  return {
    publicKey: createCryptoKey(new PublicKeyObject(handle.toPublic()), algorithm, pick(publicUsages), true),
    privateKey: createCryptoKey(new PrivateKeyObject(handle), algorithm, pick(privateUsages), extractable),
  };
}

function emptyUsages() {
  return fail('SyntaxError', 'Usages cannot be empty when creating a key.');
}

// ---- Secret keys -----------------------------------------------------------------------------------------------------

function newSecret(bytes, algorithm, usages, extractable) {
  return createCryptoKey(new SecretKeyObject(binding.secretKeyHandle(bytes)), algorithm, usages, extractable);
}

function randomSecret(bits, algorithm, usages, extractable) {
  const bytes = require('internal/crypto/random').randomBytes(Math.ceil(bits / 8));
  return newSecret(bytes, algorithm, usages, extractable);
}

/** The bytes of a secret key that is imported. */
function secretBytes(format, data, name, usages, extractable, alg) {
  if (format === 'raw' || format === 'raw-secret') return data;
  if (format !== 'jwk') throw unsupportedFormat(format, name);
  checkJwk(data, 'oct', alg.use, usages, extractable, name);
  if (typeof data.k !== 'string') throw fail('DataError', 'Invalid keyData');
  const bytes = Buffer.from(data.k, 'base64url');
  const expected = alg.of(bytes);
  if (data.alg !== undefined && expected !== undefined && data.alg !== expected) {
    throw fail('DataError', 'JWK "alg" does not match the requested algorithm');
  }
  return bytes;
}

function exportSecret(format, key, alg) {
  if (format === 'raw' || format === 'raw-secret') return toArrayBuffer(secretOf(key));
  if (format === 'jwk') return jwkOf(key, alg);
  return undefined;
}

// ---- AES and ChaCha20 ------------------------------------------------------------------------------------------------

function cipherRun(isEncrypt, cipher, key, iv, data, { aad, tagBytes, padding } = {}) {
  const native = new binding.CipherBase(isEncrypt, cipher, key, iv, tagBytes);
  if (padding === false) native.setAutoPadding(false);
  let body = data;
  if (tagBytes !== undefined && !isEncrypt) {
    if (data.byteLength < tagBytes) throw fail('OperationError', 'The provided data is too small.');
    body = data.subarray(0, data.byteLength - tagBytes);
    native.setAuthTag(data.subarray(data.byteLength - tagBytes));
  }
  if (aad !== undefined) native.setAAD(aad, body.byteLength);
  const parts = [native.update(body), native.final()];
  if (tagBytes !== undefined && isEncrypt) parts.push(native.getAuthTag());
  return toArrayBuffer(Buffer.concat(parts));
}

function guarded(run) {
  try {
    return run();
  } catch (error) {
    if (error instanceof DOMException) throw error;
    throw fail('OperationError', 'The operation failed for an operation-specific reason', error);
  }
}

function checkIv(name, iv, length, what = 'iv') {
  if (iv.byteLength !== length) throw fail('OperationError', `algorithm.${what} must contain exactly ${length} bytes`);
}

/** The counter is only part of the block: past its end it starts from zero, with the rest as before. */
function counterMode(isEncrypt, key, { counter, length }, data) {
  const cipher = `aes-${key.length * 8}-ctr`;
  const block = BigInt(`0x${Buffer.from(counter).toString('hex')}`);
  const period = 1n << BigInt(length);
  const blocks = BigInt(Math.ceil(data.byteLength / 16));
  if (blocks > period) throw fail('OperationError', 'Too much data');
  const current = block & (period - 1n);
  const left = period - current;
  if (blocks <= left) return cipherRun(isEncrypt, cipher, key, counter, data);
  const split = Number(left) * 16;
  const wrapped = Buffer.from((block - current).toString(16).padStart(32, '0'), 'hex');
  return toArrayBuffer(Buffer.concat([
    Buffer.from(cipherRun(isEncrypt, cipher, key, counter, data.subarray(0, split))),
    Buffer.from(cipherRun(isEncrypt, cipher, key, wrapped, data.subarray(split))),
  ]));
}

function aes(name, mode) {
  const usages = mode === 'kw' ? ['wrapKey', 'unwrapKey'] : ['encrypt', 'decrypt', 'wrapKey', 'unwrapKey'];
  const alg = (bytes) => `A${bytes.length * 8}${mode.toUpperCase()}`;
  const run = (isEncrypt) => (params, key, data) => guarded(() => {
    const secret = secretOf(key);
    const bits = secret.length * 8;
    switch (mode) {
      case 'ctr':
        checkIv(name, params.counter, 16, 'counter');
        if (params.length === 0 || params.length > 128) throw fail('OperationError', 'AES-CTR algorithm.length must be between 1 and 128');
        return counterMode(isEncrypt, secret, params, data);
      case 'cbc':
        checkIv(name, params.iv, 16);
        return cipherRun(isEncrypt, `aes-${bits}-cbc`, secret, params.iv, data);
      case 'gcm': {
        const { tagLength = 128, additionalData } = params;
        if (![32, 64, 96, 104, 112, 120, 128].includes(tagLength)) {
          throw fail('OperationError', `${tagLength} is not a valid AES-GCM tag length`);
        }
        return cipherRun(isEncrypt, `aes-${bits}-gcm`, secret, params.iv, data, { aad: additionalData, tagBytes: tagLength / 8 });
      }
      default:
        return cipherRun(isEncrypt, `id-aes${bits}-wrap`, secret, Buffer.alloc(8, 0xa6), data);
    }
  });
  const paramsOf = { ctr: { counter: 'bytes', length: 'octet' }, cbc: { iv: 'bytes' }, gcm: { 'iv': 'bytes', 'tagLength?': 'octet', 'additionalData?': 'bytes' }, kw: {} }[mode];
  const operations = mode === 'kw' ? {
    wrap: { params: {}, run: run(true) }, unwrap: { params: {}, run: run(false) },
  } : {
    encrypt: { params: paramsOf, run: run(true) }, decrypt: { params: paramsOf, run: run(false) },
  };
  return {
    ...operations,
    generateKey: {
      params: { length: 'short' },
      run({ length }, extractable, keyUsages) {
        if (![128, 192, 256].includes(length)) throw fail('OperationError', 'Invalid key length');
        checkUsages(keyUsages, usages, name);
        if (keyUsages.length === 0) throw emptyUsages();
        return randomSecret(length, { name, length }, keyUsages, extractable);
      },
    },
    importKey: {
      params: {},
      run(format, data, params, extractable, keyUsages) {
        checkUsages(keyUsages, usages, name);
        const bytes = secretBytes(format, data, name, keyUsages, extractable, { use: 'enc', of: alg });
        if (![16, 24, 32].includes(bytes.byteLength)) throw fail('DataError', 'Invalid key length');
        return newSecret(bytes, { name, length: bytes.byteLength * 8 }, keyUsages, extractable);
      },
    },
    exportKey: { params: {}, run: (format, key) => exportSecret(format, key, alg(secretOf(key))) },
    keyLength: {
      params: { length: 'short' },
      run({ length }) {
        if (![128, 192, 256].includes(length)) throw fail('OperationError', 'Invalid key length');
        return length;
      },
    },
  };
}

const kChaCha = {
  ...Object.fromEntries([['encrypt', true], ['decrypt', false]].map(([op, isEncrypt]) => [op, {
    params: { 'iv': 'bytes', 'tagLength?': 'octet', 'additionalData?': 'bytes' },
    run: (params, key, data) => guarded(() => {
      checkIv('ChaCha20-Poly1305', params.iv, 12);
      if (params.tagLength !== undefined && params.tagLength !== 128) {
        throw fail('OperationError', `${params.tagLength} is not a valid ChaCha20-Poly1305 tag length`);
      }
      return cipherRun(isEncrypt, 'chacha20-poly1305', secretOf(key), params.iv, data, { aad: params.additionalData, tagBytes: 16 });
    }),
  }])),
  generateKey: {
    params: {},
    run(params, extractable, usages) {
      checkUsages(usages, ['encrypt', 'decrypt', 'wrapKey', 'unwrapKey'], 'ChaCha20-Poly1305');
      if (usages.length === 0) throw emptyUsages();
      return randomSecret(256, { name: 'ChaCha20-Poly1305' }, usages, extractable);
    },
  },
  importKey: {
    params: {},
    run(format, data, params, extractable, usages) {
      checkUsages(usages, ['encrypt', 'decrypt', 'wrapKey', 'unwrapKey'], 'ChaCha20-Poly1305');
      if (format === 'raw') throw unsupportedFormat(format, 'ChaCha20-Poly1305');
      const bytes = secretBytes(format, data, 'ChaCha20-Poly1305', usages, extractable, { use: 'enc', of: () => 'C20P' });
      if (bytes.byteLength !== 32) throw fail('DataError', 'Invalid key length');
      return newSecret(bytes, { name: 'ChaCha20-Poly1305' }, usages, extractable);
    },
  },
  exportKey: { params: {}, run: (format, key) => (format === 'raw' ? undefined : exportSecret(format, key, 'C20P')) },
  keyLength: { params: {}, run: () => 256 },
};

// ---- HMAC ------------------------------------------------------------------------------------------------------------

function hmacBits(params) {
  if (params.length === undefined) return kBlockBits[params.hash.name];
  if (params.length === 0) throw new TypeError('Zero-length key is not supported');
  return params.length;
}

const kHmac = {
  sign: { params: {}, run: (params, key, data) => hmac(key, data) },
  verify: {
    params: {},
    run(params, key, data, signature) {
      const expected = Buffer.from(hmac(key, data));
      return expected.length === signature.byteLength && binding.timingSafeEqual(expected, signature);
    },
  },
  generateKey: {
    params: { 'hash': 'hash', 'length?': 'long' },
    run(params, extractable, usages) {
      checkUsages(usages, ['sign', 'verify'], 'HMAC');
      if (usages.length === 0) throw emptyUsages();
      const length = params.length === undefined ? kBlockBits[params.hash.name] : params.length;
      if (length === 0) throw fail('OperationError', 'Zero-length key is not supported');
      return randomSecret(length, { name: 'HMAC', hash: params.hash, length }, usages, extractable);
    },
  },
  importKey: {
    params: { 'hash': 'hash', 'length?': 'long' },
    run(format, data, params, extractable, usages) {
      checkUsages(usages, ['sign', 'verify'], 'HMAC');
      const bytes = secretBytes(format, data, 'HMAC', usages, extractable, { use: 'sig', of: () => hmacAlg(params.hash.name) });
      if (bytes.byteLength === 0) throw fail('DataError', 'Zero-length key is not supported');
      let length = bytes.byteLength * 8;
      if (params.length !== undefined) {
        if (params.length === 0) throw fail('DataError', 'HmacImportParams.length cannot be 0');
        if (params.length > length || params.length <= length - 8) throw fail('DataError', 'Invalid key length');
        ({ length } = params);
      }
      return newSecret(bytes, { name: 'HMAC', hash: params.hash, length }, usages, extractable);
    },
  },
  exportKey: { params: {}, run: (format, key) => exportSecret(format, key, hmacAlg(key[kAlgorithm].hash.name)) },
  keyLength: { params: { 'hash': 'hash', 'length?': 'long' }, run: hmacBits },
};

function hmacAlg(hash) {
  return hash.startsWith('SHA3') ? undefined : `HS${hash.slice(4)}`;
}

function hmac(key, data) {
  const native = new binding.Hmac(kDigests[key[kAlgorithm].hash.name], secretOf(key));
  native.update(data);
  return toArrayBuffer(native.digest());
}

// ---- Derivation ------------------------------------------------------------------------------------------------------

function derivation(name, params, derive) {
  return {
    deriveBits: {
      params,
      async run(given, key, length) {
        if (length === null || length === undefined) throw fail('OperationError', 'length cannot be null');
        if (length % 8) throw fail('OperationError', 'length must be a multiple of 8');
        if (length === 0) return new ArrayBuffer(0);
        return toArrayBuffer(await derive(given, secretOf(key), length / 8));
      },
    },
    importKey: {
      params: {},
      run(format, data, given, extractable, usages) {
        checkUsages(usages, ['deriveKey', 'deriveBits'], `a ${name}`);
        if (format !== 'raw' && format !== 'raw-secret') throw unsupportedFormat(format, name);
        if (extractable) throw fail('SyntaxError', `${name} keys are not extractable`);
        return newSecret(data, { name }, usages, false);
      },
    },
    keyLength: { params: {}, run: () => null },
  };
}

const kHkdf = derivation('HKDF', { hash: 'hash', salt: 'bytes', info: 'bytes' }, async ({ hash, salt, info }, secret, length) => {
  const digest = kDigests[hash.name];
  if (length > 255 * binding.oneShotDigest(digest, '', undefined).length) {
    throw fail('OperationError', 'Invalid key length');
  }
  return operation('hkdf', digest, secret, salt, info, length);
});
const kPbkdf2 = derivation('PBKDF2', { hash: 'hash', iterations: 'long', salt: 'bytes' }, ({ hash, iterations, salt }, secret, length) => {
  if (iterations === 0) throw fail('OperationError', 'iterations cannot be zero');
  return operation('pbkdf2', secret, salt, iterations, length, kDigests[hash.name]);
});

// ---- RSA -------------------------------------------------------------------------------------------------------------

const kRsaJwk = { '__proto__': null, 'RSASSA-PKCS1-v1_5': 'RS', 'RSA-PSS': 'PS', 'RSA-OAEP': 'RSA-OAEP' };

function rsaAlg(name, hash) {
  if (hash.startsWith('SHA3')) return undefined;
  const digits = hash.slice(4);
  if (name === 'RSA-OAEP') return digits === '1' ? 'RSA-OAEP' : `RSA-OAEP-${digits}`;
  return `${kRsaJwk[name]}${digits}`;
}

function rsa(name) {
  const isCipher = name === 'RSA-OAEP';
  const publicUsages = isCipher ? ['encrypt', 'wrapKey'] : ['verify'];
  const privateUsages = isCipher ? ['decrypt', 'unwrapKey'] : ['sign'];
  const wrapKey = (keyObject, hash, extractable, usages) => {
    const { modulusLength, publicExponent } = keyObject.asymmetricKeyDetails;
    const exponent = Uint8Array.from(Buffer.from(publicExponent.toString(16).padStart(6, '0'), 'hex'));
    return createCryptoKey(keyObject, { name, modulusLength, publicExponent: exponent, hash }, usages, extractable);
  };
  const padding = (params, key) => {
    if (name !== 'RSA-PSS') return [1, undefined];
    return [6, params.saltLength];
  };
  const operations = isCipher ? Object.fromEntries([['encrypt', 'publicEncrypt', 'public'], ['decrypt', 'privateDecrypt', 'private']].map(([op, native, type]) => [op, {
    params: { 'label?': 'bytes' },
    async run({ label }, key, data) {
      if (key.type !== type) throw fail('InvalidAccessError', `Key must be a ${type} key`);
      return toArrayBuffer(await operation('rsaCrypt', native, handleOf(key), data, 4, kDigests[key[kAlgorithm].hash.name], label));
    },
  }])) : {
    sign: {
      params: name === 'RSA-PSS' ? { saltLength: 'long' } : {},
      async run(params, key, data) {
        if (key.type !== 'private') throw fail('InvalidAccessError', 'Key must be a private key');
        return toArrayBuffer(await operation('sign', handleOf(key), data, false, kDigests[key[kAlgorithm].hash.name], ...padding(params, key), false));
      },
    },
    verify: {
      params: name === 'RSA-PSS' ? { saltLength: 'long' } : {},
      run(params, key, data, signature) {
        if (key.type !== 'public') throw fail('InvalidAccessError', 'Key must be a public key');
        return operation('verify', handleOf(key), data, false, signature, kDigests[key[kAlgorithm].hash.name], ...padding(params, key), false);
      },
    },
  };
  return {
    ...operations,
    generateKey: {
      params: { modulusLength: 'long', publicExponent: 'bigInteger', hash: 'hash' },
      async run({ modulusLength, publicExponent, hash }, extractable, usages) {
        checkUsages(usages, [...publicUsages, ...privateUsages], name);
        const exponent = publicExponent.reduce((sum, byte) => sum * 256 + byte, 0);
        if (exponent !== 3 && exponent !== 65537) throw fail('OperationError', 'The operation failed for an operation-specific reason');
        const algorithm = { name, modulusLength, publicExponent, hash };
        if (!privateUsages.some((usage) => usages.includes(usage))) throw emptyUsages();
        return newPair(['rsa', modulusLength, exponent, undefined], algorithm, publicUsages, privateUsages, extractable, usages);
      },
    },
    importKey: {
      params: { hash: 'hash' },
      run(format, data, { hash }, extractable, usages) {
        let keyObject;
        switch (format) {
          case 'spki':
            checkUsages(usages, publicUsages, name);
            keyObject = new PublicKeyObject(importData(() => binding.parsePublicKey(data, false, 'spki', undefined)));
            break;
          case 'pkcs8':
            checkUsages(usages, privateUsages, name);
            keyObject = new PrivateKeyObject(importData(() => binding.parsePrivateKey(data, false, 'pkcs8', undefined)));
            break;
          case 'jwk': {
            const isPrivate = data?.d !== undefined;
            checkUsages(usages, isPrivate ? privateUsages : publicUsages, name);
            checkJwk(data, 'RSA', isCipher ? 'enc' : 'sig', usages, extractable, name);
            const expected = rsaAlg(name, hash.name);
            if (data.alg !== undefined && expected !== undefined && data.alg !== expected) throw fail('DataError', 'JWK "alg" does not match the requested algorithm');
            const handle = importData(() => importJwk(data, !isPrivate));
            keyObject = isPrivate ? new PrivateKeyObject(handle) : new PublicKeyObject(handle);
            break;
          }
          default:
            throw unsupportedFormat(format, name);
        }
        if (keyObject.asymmetricKeyType !== 'rsa') throw fail('DataError', 'Invalid key type');
        return wrapKey(keyObject, hash, extractable, usages);
      },
    },
    exportKey: { params: {}, run: (format, key) => exportPair(format, key, rsaAlg(name, key[kAlgorithm].hash.name)) },
    adopt: ({ hash }, keyObject, extractable, usages) => wrapKey(keyObject, hash, extractable, usages),
    adoptParams: { hash: 'hash' },
    publicUsages,
    privateUsages,
    keyTypes: ['rsa'],
  };
}

// ---- Elliptic curves ---------------------------------------------------------------------------------------------------

function ec(name) {
  const isExchange = name === 'ECDH';
  const publicUsages = isExchange ? [] : ['verify'];
  const privateUsages = isExchange ? ['deriveKey', 'deriveBits'] : ['sign'];
  const operations = isExchange ? {
    deriveBits: {
      params: { public: 'key' },
      run: (params, key, length) => agree(name, params.public, key, length, (own, other) => own[kAlgorithm].namedCurve === other[kAlgorithm].namedCurve),
    },
  } : {
    sign: {
      params: { hash: 'hash' },
      async run({ hash }, key, data) {
        if (key.type !== 'private') throw fail('InvalidAccessError', 'Key must be a private key');
        return toArrayBuffer(await operation('sign', handleOf(key), data, false, kDigests[hash.name], undefined, undefined, true));
      },
    },
    verify: {
      params: { hash: 'hash' },
      run({ hash }, key, data, signature) {
        if (key.type !== 'public') throw fail('InvalidAccessError', 'Key must be a public key');
        return operation('verify', handleOf(key), data, false, signature, kDigests[hash.name], undefined, undefined, true);
      },
    },
  };
  const checkCurve = (namedCurve) => {
    if (kCurves[namedCurve] === undefined) throw fail('NotSupportedError', 'Unrecognized namedCurve');
  };
  return {
    ...operations,
    generateKey: {
      params: { namedCurve: 'string' },
      check: ({ namedCurve }) => checkCurve(namedCurve),
      async run({ namedCurve }, extractable, usages) {
        checkCurve(namedCurve);
        checkUsages(usages, [...publicUsages, ...privateUsages], name);
        if (!privateUsages.some((usage) => usages.includes(usage))) throw emptyUsages();
        return newPair(['ec', kCurves[namedCurve], undefined, undefined], { name, namedCurve }, publicUsages, privateUsages, extractable, usages);
      },
    },
    importKey: {
      params: { namedCurve: 'string' },
      check: ({ namedCurve }) => checkCurve(namedCurve),
      run(format, data, { namedCurve }, extractable, usages) {
        checkCurve(namedCurve);
        let keyObject;
        switch (format) {
          case 'spki':
            checkUsages(usages, publicUsages, name);
            keyObject = new PublicKeyObject(importData(() => binding.parsePublicKey(data, false, 'spki', undefined)));
            break;
          case 'pkcs8':
            checkUsages(usages, privateUsages, name);
            keyObject = new PrivateKeyObject(importData(() => binding.parsePrivateKey(data, false, 'pkcs8', undefined)));
            break;
          case 'raw':
          case 'raw-public':
            checkUsages(usages, publicUsages, name);
            keyObject = new PublicKeyObject(importData(() => binding.importEcBytes(kCurves[namedCurve], data, false)));
            break;
          case 'jwk': {
            const isPrivate = data?.d !== undefined;
            checkJwk(data, 'EC', isExchange ? 'enc' : 'sig', usages, extractable, name);
            checkUsages(usages, isPrivate ? privateUsages : publicUsages, name);
            if (data.crv !== namedCurve) throw fail('DataError', 'JWK "crv" does not match the requested algorithm');
            const expected = { '__proto__': null, 'P-256': 'ES256', 'P-384': 'ES384', 'P-521': 'ES512' }[namedCurve];
            if (!isExchange && data.alg !== undefined && data.alg !== expected) throw fail('DataError', 'JWK "alg" does not match the requested algorithm');
            const handle = importData(() => importJwk(data, !isPrivate));
            keyObject = isPrivate ? new PrivateKeyObject(handle) : new PublicKeyObject(handle);
            break;
          }
          default:
            throw unsupportedFormat(format, name);
        }
        if (keyObject.asymmetricKeyType !== 'ec') throw fail('DataError', 'Invalid key type');
        if (kJwkCurves[keyObject.asymmetricKeyDetails.namedCurve] !== namedCurve) throw fail('DataError', 'Named curve mismatch');
        return createCryptoKey(keyObject, { name, namedCurve }, usages, extractable);
      },
    },
    exportKey: {
      params: {},
      run(format, key) {
        if ((format === 'raw' || format === 'raw-public') && key.type === 'public') return toArrayBuffer(handleOf(key).ecPoint('uncompressed'));
        return exportPair(format, key, undefined);
      },
    },
    adopt({ namedCurve }, keyObject, extractable, usages) {
      if (kJwkCurves[keyObject.asymmetricKeyDetails.namedCurve] !== namedCurve) throw fail('DataError', 'Named curve mismatch');
      return createCryptoKey(keyObject, { name, namedCurve }, usages, extractable);
    },
    adoptParams: { namedCurve: 'string' },
    publicUsages,
    privateUsages,
    keyTypes: ['ec'],
  };
}

/** ECDH and X25519: as many bits of the secret as are asked for. */
async function agree(name, publicKey, key, length, isCompatible) {
  if (key.type !== 'private') throw fail('InvalidAccessError', 'baseKey must be a private key');
  if (publicKey.type !== 'public') throw fail('InvalidAccessError', 'algorithm.public must be a public key');
  if (publicKey[kAlgorithm].name !== name) throw fail('InvalidAccessError', 'key algorithm mismatch');
  if (!isCompatible(key, publicKey)) throw fail('InvalidAccessError', 'Named curve mismatch');
  const secret = await operation('agree', handleOf(key), handleOf(publicKey));
  if (length === null || length === undefined) return toArrayBuffer(secret);
  const bytes = Math.ceil(length / 8);
  if (secret.length < bytes) throw fail('OperationError', 'derived bit length is too small');
  const result = Uint8Array.from(secret.subarray(0, bytes));
  const spare = length % 8;
  if (spare) result[bytes - 1] &= 0xff << (8 - spare);
  return result.buffer;
}

function okp(name, kind) {
  const isExchange = kind === 'x25519';
  const publicUsages = isExchange ? [] : ['verify'];
  const privateUsages = isExchange ? ['deriveKey', 'deriveBits'] : ['sign'];
  const operations = isExchange ? {
    deriveBits: { params: { public: 'key' }, run: (params, key, length) => agree(name, params.public, key, length, () => true) },
  } : {
    sign: {
      params: {},
      async run(params, key, data) {
        if (key.type !== 'private') throw fail('InvalidAccessError', 'Key must be a private key');
        return toArrayBuffer(await operation('sign', handleOf(key), data, false, undefined, undefined, undefined, false));
      },
    },
    verify: {
      params: {},
      run(params, key, data, signature) {
        if (key.type !== 'public') throw fail('InvalidAccessError', 'Key must be a public key');
        return operation('verify', handleOf(key), data, false, signature, undefined, undefined, undefined, false);
      },
    },
  };
  return {
    ...operations,
    generateKey: {
      params: {},
      async run(params, extractable, usages) {
        checkUsages(usages, [...publicUsages, ...privateUsages], name);
        if (!privateUsages.some((usage) => usages.includes(usage))) throw emptyUsages();
        return newPair([kind, undefined, undefined, undefined], { name }, publicUsages, privateUsages, extractable, usages);
      },
    },
    importKey: {
      params: {},
      run(format, data, params, extractable, usages) {
        let keyObject;
        switch (format) {
          case 'spki':
            checkUsages(usages, publicUsages, name);
            keyObject = new PublicKeyObject(importData(() => binding.parsePublicKey(data, false, 'spki', undefined)));
            break;
          case 'pkcs8':
            checkUsages(usages, privateUsages, name);
            keyObject = new PrivateKeyObject(importData(() => binding.parsePrivateKey(data, false, 'pkcs8', undefined)));
            break;
          case 'raw':
          case 'raw-public':
            checkUsages(usages, publicUsages, name);
            keyObject = new PublicKeyObject(importData(() => binding.importRaw(kind, data, false)));
            break;
          case 'jwk': {
            const isPrivate = data?.d !== undefined;
            checkJwk(data, 'OKP', isExchange ? 'enc' : 'sig', usages, extractable, name);
            checkUsages(usages, isPrivate ? privateUsages : publicUsages, name);
            if (data.crv !== name) throw fail('DataError', 'JWK "crv" Parameter and algorithm name mismatch');
            if (!isExchange && data.alg !== undefined && data.alg !== name && data.alg !== 'EdDSA') {
              throw fail('DataError', 'JWK "alg" does not match the requested algorithm');
            }
            const handle = importData(() => importJwk(data, !isPrivate));
            keyObject = isPrivate ? new PrivateKeyObject(handle) : new PublicKeyObject(handle);
            break;
          }
          default:
            throw unsupportedFormat(format, name);
        }
        if (keyObject.asymmetricKeyType !== kind) throw fail('DataError', 'Invalid key type');
        return createCryptoKey(keyObject, { name }, usages, extractable);
      },
    },
    exportKey: {
      params: {},
      run(format, key) {
        if ((format === 'raw' || format === 'raw-public') && key.type === 'public') return toArrayBuffer(handleOf(key).rawPublic());
        return exportPair(format, key, isExchange ? undefined : name);
      },
    },
    adopt: (params, keyObject, extractable, usages) => createCryptoKey(keyObject, { name }, usages, extractable),
    adoptParams: {},
    publicUsages,
    privateUsages,
    keyTypes: [kind],
  };
}

// ---- The table -------------------------------------------------------------------------------------------------------

const kAlgorithms = {
  '__proto__': null,
  'AES-CBC': aes('AES-CBC', 'cbc'),
  'AES-CTR': aes('AES-CTR', 'ctr'),
  'AES-GCM': aes('AES-GCM', 'gcm'),
  'AES-KW': aes('AES-KW', 'kw'),
  'ChaCha20-Poly1305': kChaCha,
  'HMAC': kHmac,
  'HKDF': kHkdf,
  'PBKDF2': kPbkdf2,
  'RSASSA-PKCS1-v1_5': rsa('RSASSA-PKCS1-v1_5'),
  'RSA-PSS': rsa('RSA-PSS'),
  'RSA-OAEP': rsa('RSA-OAEP'),
  'ECDSA': ec('ECDSA'),
  'ECDH': ec('ECDH'),
  'Ed25519': okp('Ed25519', 'ed25519'),
  'X25519': okp('X25519', 'x25519'),
};
for (const name of Object.keys(kDigests)) {
  kAlgorithms[name] = {
    digest: { params: {}, run: (params, data) => toArrayBuffer(binding.oneShotDigest(kDigests[name], data, undefined)) },
  };
}

module.exports = { checkUsages, fail, kAlgorithms, kDigests };
