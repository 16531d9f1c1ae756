'use strict';
// The old name of the contexts of node:tls.

process.emitWarning('The _tls_common module is deprecated. Use `node:tls` instead.', 'DeprecationWarning', 'DEP0192');
const { SecureContext, createSecureContext } = require('internal/tls/secure-context');
module.exports = { SecureContext, createSecureContext };
