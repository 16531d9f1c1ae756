'use strict';

// What the tests of the internals reach under --expose-internals.
module.exports = { internalBinding, primordials: undefined };
