'use strict';

// Binding contract: none of its own.

const {
  codes: {
    ERR_AMBIGUOUS_ARGUMENT,
    ERR_CONSTRUCT_CALL_REQUIRED,
    ERR_INVALID_ARG_TYPE,
    ERR_INVALID_ARG_VALUE,
    ERR_INVALID_RETURN_VALUE,
    ERR_MISSING_ARGS,
  },
} = require('internal/errors');
const AssertionError = require('internal/assert/assertion_error');
const { inspect } = require('internal/util/inspect');
const { isPromise, isRegExp } = require('internal/util/types');
const { isError } = require('internal/util');
const { innerFail, innerOk, readMessage } = require('internal/assert/utils');
const { validateFunction, validateOneOf } = require('internal/validators');

let comparisons;
function compare() {
  return comparisons ??= require('internal/util/comparisons');
}

const kOptions = Symbol('options');
const NO_EXCEPTION = {};

function diffOf(instance) {
  return instance?.[kOptions]?.diff;
}

/** A set of assertions with options of its own: `new assert.Assert({ diff, strict, skipPrototype })`. */
function Assert(options) {
  if (!new.target) throw new ERR_CONSTRUCT_CALL_REQUIRED('Assert');
  options = { __proto__: null, strict: true, skipPrototype: false, ...options };
  if (options.diff !== undefined) validateOneOf(options.diff, 'options.diff', ['simple', 'full']);
  this.AssertionError = AssertionError;
  Object.defineProperty(this, kOptions, {
    __proto__: null, value: options, enumerable: false, configurable: false, writable: false,
  });
  if (options.strict) {
    this.equal = this.strictEqual;
    this.deepEqual = this.deepStrictEqual;
    this.notEqual = this.notStrictEqual;
    this.notDeepEqual = this.notDeepStrictEqual;
  }
}

function needTwo(count) {
  if (count < 2) throw new ERR_MISSING_ARGS('actual', 'expected');
}

function failWith(instance, actual, expected, args, operator, stackStartFn) {
  innerFail({
    actual, expected, message: readMessage(args, actual, expected), operator, stackStartFn, diff: diffOf(instance),
  });
}

function fail(message) {
  if (isError(message)) throw message;
  let generatedMessage = false;
  if (arguments.length === 0 || message === undefined) {
    message = 'Failed';
    generatedMessage = true;
  }
  const options = { operator: 'fail', stackStartFn: fail, message };
  if (diffOf(this)) options.diff = diffOf(this);
  const error = new AssertionError(options);
  error.generatedMessage = generatedMessage;
  throw error;
}

function ok(...args) {
  innerOk(ok, args.length, ...args);
}

function assert(...args) {
  innerOk(assert, args.length, ...args);
}

function equal(actual, expected, ...message) {
  needTwo(arguments.length);
  // eslint-disable-next-line eqeqeq
  if (actual != expected && (!Number.isNaN(actual) || !Number.isNaN(expected))) {
    failWith(this, actual, expected, message, '==', equal);
  }
}

function notEqual(actual, expected, ...message) {
  needTwo(arguments.length);
  // eslint-disable-next-line eqeqeq
  if (actual == expected || (Number.isNaN(actual) && Number.isNaN(expected))) {
    failWith(this, actual, expected, message, '!=', notEqual);
  }
}

function deepEqual(actual, expected, ...message) {
  needTwo(arguments.length);
  if (!compare().isDeepEqual(actual, expected)) failWith(this, actual, expected, message, 'deepEqual', deepEqual);
}

function notDeepEqual(actual, expected, ...message) {
  needTwo(arguments.length);
  if (compare().isDeepEqual(actual, expected)) failWith(this, actual, expected, message, 'notDeepEqual', notDeepEqual);
}

function deepStrictEqual(actual, expected, ...message) {
  needTwo(arguments.length);
  if (!compare().isDeepStrictEqual(actual, expected, this?.[kOptions]?.skipPrototype)) {
    failWith(this, actual, expected, message, 'deepStrictEqual', deepStrictEqual);
  }
}

function notDeepStrictEqual(actual, expected, ...message) {
  needTwo(arguments.length);
  if (compare().isDeepStrictEqual(actual, expected, this?.[kOptions]?.skipPrototype)) {
    failWith(this, actual, expected, message, 'notDeepStrictEqual', notDeepStrictEqual);
  }
}

function strictEqual(actual, expected, ...message) {
  needTwo(arguments.length);
  if (!Object.is(actual, expected)) failWith(this, actual, expected, message, 'strictEqual', strictEqual);
}

function notStrictEqual(actual, expected, ...message) {
  needTwo(arguments.length);
  if (Object.is(actual, expected)) failWith(this, actual, expected, message, 'notStrictEqual', notStrictEqual);
}

function partialDeepStrictEqual(actual, expected, ...message) {
  needTwo(arguments.length);
  if (!compare().isPartialStrictEqual(actual, expected)) {
    failWith(this, actual, expected, message, 'partialDeepStrictEqual', partialDeepStrictEqual);
  }
}

// ---- throws and rejects ----------------------------------------------------------------------------------------------------------

/** What two errors are compared by: shown as a "Comparison" of only the properties asked for. */
class Comparison {
  constructor(obj, keys, actual) {
    for (const key of keys) {
      if (!(key in obj)) continue;
      // A pattern that matches stands for the text it matches.
      if (actual !== undefined && typeof actual[key] === 'string' && isRegExp(obj[key]) &&
          RegExp.prototype.exec.call(obj[key], actual[key]) !== null) {
        this[key] = actual[key];
      } else {
        this[key] = obj[key];
      }
    }
  }
}

function compareProperty(instance, actual, expected, key, message, keys, fn) {
  if (key in actual && compare().isDeepStrictEqual(actual[key], expected[key])) return;
  if (!message) {
    // Both as objects of the same class with the same keys, for a readable diff.
    const a = new Comparison(actual, keys);
    const b = new Comparison(expected, keys, actual);
    const error = new AssertionError({
      actual: a, expected: b, operator: 'deepStrictEqual', stackStartFn: fn, diff: diffOf(instance),
    });
    error.actual = actual;
    error.expected = expected;
    error.operator = fn.name;
    throw error;
  }
  innerFail({ actual, expected, message, operator: fn.name, stackStartFn: fn, diff: diffOf(instance) });
}

function expectedException(instance, actual, expected, message, fn) {
  let generatedMessage = false;
  let throwError = false;

  if (typeof expected !== 'function') {
    if (isRegExp(expected)) {
      const text = String(actual);
      if (RegExp.prototype.exec.call(expected, text) !== null) return;
      if (!message) {
        generatedMessage = true;
        message = `The input did not match the regular expression ${inspect(expected)}. Input:\n\n${inspect(text)}\n`;
      }
      throwError = true;
    } else if (typeof actual !== 'object' || actual === null) {
      const error = new AssertionError({
        actual, expected, message, operator: 'deepStrictEqual', stackStartFn: fn, diff: diffOf(instance),
      });
      error.operator = fn.name;
      throw error;
    } else {
      const keys = Object.keys(expected);
      // Of an error, the two properties that are not enumerable.
      if (expected instanceof Error) keys.push('name', 'message');
      else if (keys.length === 0) throw new ERR_INVALID_ARG_VALUE('error', expected, 'may not be an empty object');
      for (const key of keys) {
        if (typeof actual[key] === 'string' && isRegExp(expected[key]) &&
            RegExp.prototype.exec.call(expected[key], actual[key]) !== null) continue;
        compareProperty(instance, actual, expected, key, message, keys, fn);
      }
      return;
    }
  } else if (expected.prototype !== undefined && actual instanceof expected) {
    return;
  } else if (Object.prototype.isPrototypeOf.call(Error, expected) || expected === Error) {
    if (!message) {
      generatedMessage = true;
      message = `The error is expected to be an instance of "${expected.name}". Received `;
      if (isError(actual)) message += `"${actual.name}"`;
      else message += `"${inspect(actual, { depth: -1 })}"`;
    }
    if (isError(actual) && generatedMessage) message += `\n\nError message:\n\n${actual.message}`;
    throwError = true;
  } else {
    const result = Reflect.apply(expected, {}, [actual]);
    if (result !== true) {
      if (!message) {
        generatedMessage = true;
        const name = expected.name ? `"${expected.name}" ` : '';
        message = `The ${name}validation function is expected to return "true". Received ${inspect(result)}`;
        if (isError(actual)) message += `\n\nCaught error:\n\n${actual}`;
      }
      throwError = true;
    }
  }

  if (throwError) {
    const error = new AssertionError({
      actual, expected, message, operator: fn.name, stackStartFn: fn, diff: diffOf(instance),
    });
    error.generatedMessage = generatedMessage;
    throw error;
  }
}

function getActual(fn) {
  validateFunction(fn, 'fn');
  try {
    fn();
  } catch (error) {
    return error;
  }
  return NO_EXCEPTION;
}

function isThenable(obj) {
  return isPromise(obj) || (obj !== null && typeof obj === 'object' && typeof obj.then === 'function' &&
    typeof obj.catch === 'function');
}

async function waitForActual(promiseFn) {
  let promise;
  if (typeof promiseFn === 'function') {
    promise = promiseFn();
    if (!isThenable(promise)) throw new ERR_INVALID_RETURN_VALUE('instance of Promise', 'promiseFn', promise);
  } else if (isThenable(promiseFn)) {
    promise = promiseFn;
  } else {
    throw new ERR_INVALID_ARG_TYPE('promiseFn', ['Function', 'Promise'], promiseFn);
  }
  try {
    await promise;
  } catch (error) {
    return error;
  }
  return NO_EXCEPTION;
}

function expectsError(instance, stackStartFn, actual, error, message, argumentCount) {
  if (typeof error === 'string') {
    if (argumentCount === 3) {
      throw new ERR_INVALID_ARG_TYPE('error', ['Object', 'Error', 'Function', 'RegExp'], error);
    }
    if (typeof actual === 'object' && actual !== null) {
      if (actual.message === error) {
        throw new ERR_AMBIGUOUS_ARGUMENT(
          'error/message', `The error message "${actual.message}" is identical to the message.`);
      }
    } else if (actual === error) {
      throw new ERR_AMBIGUOUS_ARGUMENT('error/message', `The error "${actual}" is identical to the message.`);
    }
    message = error;
    error = undefined;
  } else if (error != null && typeof error !== 'object' && typeof error !== 'function') {
    throw new ERR_INVALID_ARG_TYPE('error', ['Object', 'Error', 'Function', 'RegExp'], error);
  }

  if (actual === NO_EXCEPTION) {
    const details = `${error?.name ? ` (${error.name})` : ''}${message ? `: ${message}` : '.'}`;
    const kind = stackStartFn === rejects ? 'rejection' : 'exception';
    innerFail({
      actual: undefined,
      expected: error,
      operator: stackStartFn.name,
      message: `Missing expected ${kind}${details}`,
      stackStartFn,
      diff: diffOf(instance),
    });
  }
  if (!error) return;
  expectedException(instance, actual, error, message, stackStartFn);
}

function hasMatchingError(actual, expected) {
  if (typeof expected !== 'function') {
    if (isRegExp(expected)) return RegExp.prototype.exec.call(expected, String(actual)) !== null;
    throw new ERR_INVALID_ARG_TYPE('expected', ['Function', 'RegExp'], expected);
  }
  if (expected.prototype !== undefined && actual instanceof expected) return true;
  if (Object.prototype.isPrototypeOf.call(Error, expected)) return false;
  return Reflect.apply(expected, {}, [actual]) === true;
}

function expectsNoError(instance, stackStartFn, actual, error, message) {
  if (actual === NO_EXCEPTION) return;
  if (typeof error === 'string') {
    message = error;
    error = undefined;
  }
  if (!error || hasMatchingError(actual, error)) {
    const kind = stackStartFn === doesNotReject ? 'rejection' : 'exception';
    innerFail({
      actual,
      expected: error,
      operator: stackStartFn.name,
      message: `Got unwanted ${kind}${message ? `: ${message}` : '.'}\nActual message: "${actual?.message}"`,
      stackStartFn,
      diff: diffOf(instance),
    });
  }
  throw actual;
}

function throws(fn, ...args) {
  expectsError(this, throws, getActual(fn), ...pad(args), args.length + 1);
}

async function rejects(promiseFn, ...args) {
  expectsError(this, rejects, await waitForActual(promiseFn), ...pad(args), args.length + 1);
}

function doesNotThrow(fn, ...args) {
  expectsNoError(this, doesNotThrow, getActual(fn), ...args);
}

async function doesNotReject(fn, ...args) {
  expectsNoError(this, doesNotReject, await waitForActual(fn), ...args);
}

function pad(args) {
  return [args[0], args[1]];
}

function ifError(err) {
  if (err === null || err === undefined) return;
  let message = 'ifError got unwanted exception: ';
  if (typeof err === 'object' && typeof err.message === 'string') {
    message += err.message.length === 0 && err.constructor ? err.constructor.name : err.message;
  } else {
    message += inspect(err);
  }
  const error = new AssertionError({
    actual: err, expected: null, operator: 'ifError', message, stackStartFn: ifError, diff: diffOf(this),
  });
  error.generatedMessage = false;

  // The stack goes on with where the error came from.
  const original = err.stack;
  if (typeof original === 'string') {
    const start = original.indexOf('\n    at');
    if (start !== -1) {
      const frames = original.slice(start + 1).split('\n');
      let own = error.stack.split('\n');
      for (const frame of frames) {
        const at = own.indexOf(frame);
        if (at !== -1) {
          own = own.slice(0, at);
          break;
        }
      }
      error.stack = `${own.join('\n')}\n${frames.join('\n')}`;
    }
  }
  throw error;
}

function matchString(instance, string, regexp, args, fn) {
  if (!isRegExp(regexp)) throw new ERR_INVALID_ARG_TYPE('regexp', 'RegExp', regexp);
  const wanted = fn === match;
  if (typeof string === 'string' && (RegExp.prototype.exec.call(regexp, string) !== null) === wanted) return;
  let message = readMessage(args, string, regexp);
  const generatedMessage = !message;
  message ||= typeof string !== 'string' ?
    `The "string" argument must be of type string. Received ${require('internal/errors').determineSpecificType(string)}` :
    `${wanted ? 'The input did not match the regular expression' : 'The input was expected to not match the regular expression'} ` +
    `${inspect(regexp)}. Input:\n\n${inspect(string)}\n`;
  const error = new AssertionError({
    actual: string, expected: regexp, message, operator: fn.name, stackStartFn: fn, diff: diffOf(instance),
  });
  error.generatedMessage = generatedMessage;
  throw error;
}

function match(string, regexp, ...message) {
  matchString(this, string, regexp, message, match);
}

function doesNotMatch(string, regexp, ...message) {
  matchString(this, string, regexp, message, doesNotMatch);
}

const methods = {
  ok, fail, equal, notEqual, deepEqual, notDeepEqual, deepStrictEqual, notDeepStrictEqual, strictEqual, notStrictEqual,
  partialDeepStrictEqual, match, doesNotMatch, throws, rejects, doesNotThrow, doesNotReject, ifError,
};
for (const name of Object.keys(methods)) Assert.prototype[name] = methods[name];

module.exports = assert;
assert.AssertionError = AssertionError;
Object.assign(assert, methods);

/** assert.strict: the loose comparisons are strict ones. */
function strict(...args) {
  innerOk(strict, args.length, ...args);
}
assert.strict = Object.assign(strict, assert, {
  equal: strictEqual,
  deepEqual: deepStrictEqual,
  notEqual: notStrictEqual,
  notDeepEqual: notDeepStrictEqual,
});
assert.strict.strict = assert.strict;
assert.Assert = Assert;
assert.strict.Assert = Assert;
