'use strict';

// node:test/reporters

// Callable with and without `new`, as a stream or a function of one.
function lazyClass(id) {
  return function(...args) {
    return Reflect.construct(require(id), args);
  };
}

const spec = lazyClass('internal/test_runner/reporter/spec');
const lcov = lazyClass('internal/test_runner/reporter/lcov');

Object.defineProperties(module.exports, {
  __proto__: null,
  dot: {
    __proto__: null, configurable: true, enumerable: true, get: () => require('internal/test_runner/reporter/dot'),
  },
  junit: {
    __proto__: null, configurable: true, enumerable: true, get: () => require('internal/test_runner/reporter/junit'),
  },
  spec: { __proto__: null, configurable: true, enumerable: true, value: spec },
  tap: {
    __proto__: null, configurable: true, enumerable: true, get: () => require('internal/test_runner/reporter/tap'),
  },
  lcov: { __proto__: null, configurable: true, enumerable: true, value: lcov },
});
