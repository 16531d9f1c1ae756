'use strict';
// Encryption with RSA keys.
//
// Binding contract (crypto): rsaCrypt(operation, key, data, padding, oaepHash, oaepLabel, req) -> Buffer.

const binding = internalBinding('crypto');
const { validateString } = require('internal/validators');
const { getArrayBufferOrView } = require('internal/crypto/util');
const { preparePrivateKey, preparePublicOrPrivateKey } = require('internal/crypto/keys');

const RSA_PKCS1_PADDING = 1;
const RSA_PKCS1_OAEP_PADDING = 4;

function rsaFunction(name, defaultPadding, prepare) {
  return {
    [name](options, buffer) {
      const handle = prepare(options);
      const padding = options.padding || defaultPadding;
      const { oaepHash, encoding } = options;
      let { oaepLabel } = options;
      if (oaepHash !== undefined) validateString(oaepHash, 'key.oaepHash');
      if (oaepLabel !== undefined) oaepLabel = getArrayBufferOrView(oaepLabel, 'key.oaepLabel', encoding);
      if (oaepHash !== undefined && !binding.isSignatureDigest(oaepHash)) {
        const library = 'digital envelope routines';
        const reason = 'invalid digest';
        const error = new Error(`error:03000098:${library}::${reason}`);
        throw Object.assign(error, { library, reason, code: 'ERR_OSSL_EVP_INVALID_DIGEST' });
      }
      const data = getArrayBufferOrView(buffer, 'buffer', encoding);
      return binding.rsaCrypt(name, handle, data, padding, oaepHash, oaepLabel, undefined);
    },
  }[name];
}

module.exports = {
  publicEncrypt: rsaFunction('publicEncrypt', RSA_PKCS1_OAEP_PADDING, preparePublicOrPrivateKey),
  privateDecrypt: rsaFunction('privateDecrypt', RSA_PKCS1_OAEP_PADDING, preparePrivateKey),
  privateEncrypt: rsaFunction('privateEncrypt', RSA_PKCS1_PADDING, preparePrivateKey),
  publicDecrypt: rsaFunction('publicDecrypt', RSA_PKCS1_PADDING, preparePublicOrPrivateKey),
};
