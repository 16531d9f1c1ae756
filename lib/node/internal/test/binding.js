'use strict';

process.emitWarning('These APIs are for internal testing only. Do not use them.', 'internal/test/binding');

// What the tests of the internals reach under --expose-internals.
module.exports = { internalBinding, primordials: undefined };
