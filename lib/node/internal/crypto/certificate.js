'use strict';
// Certificate: signed public keys and challenges (SPKAC).
//
// Binding contract (crypto): spkacVerify(bytes) -> boolean, spkacPublicKey(bytes) -> Buffer, spkacChallenge(bytes) -> Buffer.

const binding = internalBinding('crypto');
const { getArrayBufferOrView, validateMaxBufferLength } = require('internal/crypto/util');

// OpenSSL takes the text without trailing line ends.
function textOf(spkac, encoding) {
  const bytes = getArrayBufferOrView(spkac, 'spkac', encoding);
  validateMaxBufferLength(bytes, 'spkac');
  let end = bytes.length;
  while (end > 0 && (bytes[end - 1] === 10 || bytes[end - 1] === 13)) end--;
  return bytes.subarray(0, end);
}

function verifySpkac(spkac, encoding) {
  return binding.spkacVerify(textOf(spkac, encoding));
}

function emptyAsText(bytes) {
  return bytes.length === 0 ? '' : bytes;
}

function exportPublicKey(spkac, encoding) {
  return emptyAsText(binding.spkacPublicKey(textOf(spkac, encoding)));
}

function exportChallenge(spkac, encoding) {
  return emptyAsText(binding.spkacChallenge(textOf(spkac, encoding)));
}

// The functions belong to the constructor and to instances.
function Certificate() {
  if (!(this instanceof Certificate)) return new Certificate();
}
Object.assign(Certificate.prototype, { verifySpkac, exportPublicKey, exportChallenge });
Object.assign(Certificate, { verifySpkac, exportPublicKey, exportChallenge });

module.exports = { Certificate };
