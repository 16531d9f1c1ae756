'use strict';
// What other internal modules and tests may know of the implementation of web streams.

const { kState } = require('web/stream_util');

function isPromisePending(promise) {
  if (promise === undefined) return false;
  const details = internalBinding('util').getPromiseDetails(promise);
  return details?.[0] === internalBinding('util').constants.kPending;
}

module.exports = { isPromisePending, kState };
