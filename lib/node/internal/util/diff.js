'use strict';

const { validateStringArray, validateString } = require('internal/validators');

function toSequence(value, name) {
  if (Array.isArray(value)) {
    validateStringArray(value, name);
    return value;
  }
  validateString(value, name);
  return value;
}

/** `util.diff`: [operation, value] for each line or character; -1 in `expected` only, 1 in `actual` only. */
function diff(actual, expected) {
  if (actual === expected) return [];
  const left = toSequence(actual, 'actual');
  const right = toSequence(expected, 'expected');
  return require('internal/assert/myers_diff').myersDiff(left, right).reverse();
}

module.exports = { diff };
