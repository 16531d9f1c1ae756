'use strict';
// The cipher suites that are offered unless the program or the command line says otherwise, in OpenSSL's language.

const { getOptionValue } = require('internal/options');

function cipherList() {
  return getOptionValue('--tls-cipher-list') || internalBinding('constants').crypto.defaultCoreCipherList;
}

module.exports = { cipherList };
