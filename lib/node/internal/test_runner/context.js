'use strict';

// What the functions of tests and suites are called with.

const { validateFunction, validateNumber, validateObject, validateString } = require('internal/validators');
const { clearTimeout, setTimeout } = require('timers');
const { failure, kFailures } = require('internal/test_runner/utils');
const { Test, TestPlan } = require('internal/test_runner/test');

const kMaxTimeout = 2 ** 31 - 1;

function noop() {}

let assertions;
/** The functions of node:assert that t.assert has, and those that were registered. */
function assertionMap() {
  if (assertions !== undefined) return assertions;
  const assert = require('assert');
  assertions = new Map();
  for (const key of Object.keys(assert)) {
    if (key === 'AssertionError' || key === 'strict' || key === 'Assert' || key === 'options') continue;
    assertions.set(key, assert[key]);
  }
  return assertions;
}

/** assert.register(name, fn) of node:test */
function registerAssertion(name, fn) {
  validateString(name, 'name');
  validateFunction(fn, 'fn');
  assertionMap().set(name, fn);
}

/** The argument of a test function. */
class TestContext {
  #test;
  #assert;
  #subtest;

  constructor(test) {
    this.#test = test;
  }

  get test() {
    return this.#subtest ??= makeSubtestFunction(this.#test);
  }

  get signal() {
    return this.#test.signal;
  }

  get name() {
    return this.#test.name;
  }

  get filePath() {
    return this.#test.root.harness.filePath(this.#test);
  }

  get fullName() {
    return this.#test.fullName;
  }

  get error() {
    return this.#test.error;
  }

  get passed() {
    return this.#test.passed;
  }

  get workerId() {
    const id = Number(process.env.NODE_TEST_WORKER_ID);
    return Number.isInteger(id) ? id : undefined;
  }

  get mock() {
    const { MockTracker } = require('internal/test_runner/mock');
    return this.#test.mockTracker ??= new MockTracker();
  }

  get assert() {
    if (this.#assert !== undefined) return this.#assert;
    const test = this.#test;
    const context = this;
    const target = { __proto__: null };
    const add = (name, fn) => {
      // The name is what stack traces show.
      target[name] = { [name](...args) {
        test.plan?.count();
        return Reflect.apply(fn, context, args);
      } }[name];
    };
    for (const [name, fn] of assertionMap()) add(name, fn);
    if (!assertionMap().has('snapshot')) {
      const snapshots = require('internal/test_runner/snapshot');
      add('snapshot', (value, options) => snapshots.check(test, value, options));
      add('fileSnapshot', (value, path, options) => snapshots.checkFile(test, value, path, options));
    }
    // Its message shows the call, which must be found in the stack.
    const { innerOk } = require('internal/assert/utils');
    if (assertionMap().get('ok') === require('assert').ok) {
      target.ok = function ok(...args) {
        test.plan?.count();
        innerOk(ok, args.length, ...args);
      };
    }
    return this.#assert = target;
  }

  diagnostic(message) {
    this.#test.diagnostics.push(String(message));
  }

  plan(count, options = undefined) {
    if (this.#test.plan !== undefined) throw failure('cannot set plan more than once', kFailures.code);
    this.#test.plan = new TestPlan(count, options);
  }

  runOnly(value) {
    this.#test.runOnlySubtests = !!value;
  }

  skip(message) {
    this.#test.skipped = true;
    this.#test.message = message;
  }

  todo(message) {
    this.#test.isTodo = true;
    this.#test.message = message;
  }

  before(fn, options) {
    this.#test.createHook('before', fn, options);
  }

  after(fn, options) {
    this.#test.createHook('after', fn, options);
  }

  beforeEach(fn, options) {
    this.#test.createHook('beforeEach', fn, options);
  }

  afterEach(fn, options) {
    this.#test.createHook('afterEach', fn, options);
  }

  waitFor(condition, options = {}) {
    validateFunction(condition, 'condition');
    validateObject(options, 'options');
    const { interval = 50, timeout = 1000 } = options;
    validateNumber(interval, 'options.interval', 0, kMaxTimeout);
    validateNumber(timeout, 'options.timeout', 0, kMaxTimeout);
    const { promise, resolve, reject } = Promise.withResolvers();
    const noError = Symbol('none');
    let cause = noError;
    let pollTimer;
    const timer = setTimeout(() => {
      clearTimeout(pollTimer);
      const error = new Error('waitFor() timed out');
      if (cause !== noError) error.cause = cause;
      reject(error);
    }, timeout);
    const poll = async () => {
      try {
        const result = await condition();
        clearTimeout(timer);
        resolve(result);
      } catch (error) {
        cause = error;
        pollTimer = setTimeout(poll, interval);
      }
    };
    poll();
    return promise;
  }
}

/** t.test() and its variants */
function makeSubtestFunction(test) {
  const make = (overrides) => (name, options, fn) => {
    test.plan?.count();
    const subtest = test.createSubtest(Test, name, options, fn, { ...overrides });
    return subtest.start().then(noop);
  };
  const run = make({});
  for (const keyword of ['expectFailure', 'skip', 'todo', 'only']) run[keyword] = make({ [keyword]: true });
  return run;
}
/** The argument of a suite function. */
class SuiteContext {
  #suite;

  constructor(suite) {
    this.#suite = suite;
  }

  get signal() {
    return this.#suite.signal;
  }

  get name() {
    return this.#suite.name;
  }

  get filePath() {
    return this.#suite.root.harness.filePath(this.#suite);
  }

  get fullName() {
    return this.#suite.fullName;
  }

  diagnostic(message) {
    this.#suite.diagnostics.push(String(message));
  }
}

module.exports = { SuiteContext, TestContext, registerAssertion };
