'use strict';

/** An assertion of the library itself: throws ERR_INTERNAL_ASSERTION. */
function assert(value, message) {
  if (value) return;
  const { ERR_INTERNAL_ASSERTION } = require('internal/errors').codes;
  throw new ERR_INTERNAL_ASSERTION(message);
}

assert.fail = function fail(message) {
  assert(false, message);
};

module.exports = assert;
