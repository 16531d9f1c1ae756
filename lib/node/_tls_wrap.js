'use strict';
// The old name of the sockets and servers of node:tls.

process.emitWarning('The _tls_wrap module is deprecated. Use `node:tls` instead.', 'DeprecationWarning', 'DEP0192');
module.exports = require('internal/tls/wrap');
