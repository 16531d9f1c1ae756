'use strict';

// Deprecated name of a part of `stream`.

process.emitWarning(
  'The _stream_duplex module is deprecated. Use `node:stream` instead.', 'DeprecationWarning', 'DEP0193');

module.exports = require('stream').Duplex;
