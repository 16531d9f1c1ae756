'use strict';

// Binding contract: permission.has(scope, reference) -> boolean; permission.drop?(scope, reference).

const { validateString } = require('internal/validators');

module.exports = {
  __proto__: null,
  /** process.permission.has(scope[, reference]) */
  has(scope, reference) {
    validateString(scope, 'scope');
    if (reference != null) {
      if (reference instanceof Uint8Array) reference = require('buffer').Buffer.from(reference).toString();
      else validateString(reference, 'reference');
    }
    return internalBinding('permission').has(scope, reference);
  },
};
