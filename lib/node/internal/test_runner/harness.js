'use strict';

// node:test: tests and suites run in order of their definition; results go to a reporter (spec on terminals and files).

const { codes: { ERR_INVALID_ARG_TYPE, ERR_TEST_FAILURE }, AbortError } = require('internal/errors');
const { validateFunction, validateObject } = require('internal/validators');
const { AsyncLocalStorage } = require('internal/async_local_storage');
const { clearTimeout, setTimeout, setImmediate } = require('timers');

const running = new AsyncLocalStorage();

const kSkip = 'skip';
const kTodo = 'todo';

/** Test, suite and the root of all. */
class Test {
  constructor(parent, kind, name, options, fn, location) {
    this.parent = parent;
    this.kind = kind;
    this.name = name;
    this.options = options;
    this.fn = fn;
    this.location = location;
    this.children = [];
    this.hooks = { before: [], after: [], beforeEach: [], afterEach: [] };
    this.error = undefined;
    this.diagnostics = [];
    this.skipped = options.skip || undefined;
    this.todo = options.todo || undefined;
    this.passed = undefined;
    this.plan = typeof options.plan === 'number' ? options.plan : undefined;
    this.assertions = 0;
    this.finished = Promise.withResolvers();
    this.controller = new AbortController();
    this.duration = 0;
    this.ranBefore = false;
    this.queue = Promise.resolve();
    this.mock = undefined;
  }

  get depth() {
    return this.parent === null ? -1 : this.parent.depth + 1;
  }

  get fullName() {
    return this.parent === null || this.parent.parent === null ? this.name : `${this.parent.fullName} > ${this.name}`;
  }
}

const root = new Test(null, 'suite', '<root>', {}, undefined);
let started = false;
let startTime;
const totals = { tests: 0, suites: 0, pass: 0, fail: 0, cancelled: 0, skipped: 0, todo: 0 };
let onlyMode = false;

function reporter() {
  return require('internal/test_runner/reporters').current();
}

function start() {
  if (started) return;
  started = true;
  startTime = performance.now();
  const { getOptionValue } = require('internal/options');
  onlyMode = !!getOptionValue('--test-only');
  setImmediate(runRoot);
}

async function runRoot() {
  const keepAlive = setTimeout(() => {}, 2 ** 31 - 1);
  try {
    for (let i = 0; i < root.children.length; i++) {
      const child = root.children[i];
      await runHooks(root, 'before', true);
      await execute(child);
    }
    await runHooks(root, 'after');
  } catch (error) {
    root.error = error;
    totals.fail++;
    reporter().failure('hook failed', error);
  } finally {
    clearTimeout(keepAlive);
  }
  reporter().summary(totals, performance.now() - startTime);
  if (totals.fail > 0 || totals.cancelled > 0) process.exitCode = 1;
  root.finished.resolve();
}

async function runHooks(test, name, once = false) {
  if (once) {
    if (test.ranBefore) return;
    test.ranBefore = true;
  }
  for (const hook of test.hooks[name]) await callWithTimeout(hook.fn, contextOf(test), hook.options, undefined);
}

async function runInherited(test, name, subject) {
  const chain = [];
  for (let cursor = test; cursor !== null; cursor = cursor.parent) chain.push(cursor);
  // Outer hooks come first before a test and last after it.
  const ordered = name === 'beforeEach' ? chain.reverse() : chain;
  for (const owner of ordered) {
    for (const hook of owner.hooks[name]) await callWithTimeout(hook.fn, contextOf(subject), hook.options, undefined);
  }
}

/** Calls a test function: it may take a callback as its second parameter, return a promise, or neither. */
async function callWithTimeout(fn, context, options, abort) {
  const work = () => {
    if (fn.length > 1) {
      return new Promise((resolve, reject) => {
        const result = Reflect.apply(fn, context, [context, (error) => (error ? reject(error) : resolve())]);
        if (typeof result?.then === 'function') {
          reject(failure('passed a callback but also returned a Promise', 'callbackAndPromisePresent'));
        }
      });
    }
    return Reflect.apply(fn, context, [context]);
  };
  const contenders = [];
  const { timeout, signal } = options;
  let timer;
  if (timeout !== undefined && timeout !== Infinity) {
    contenders.push(new Promise((resolve, reject) => {
      timer = setTimeout(() => {
        abort?.abort();
        reject(failure(`test timed out after ${timeout}ms`, 'testTimeoutFailure'));
      }, timeout);
    }));
  }
  if (signal) {
    contenders.push(new Promise((resolve, reject) => {
      const onAbort = () => reject(new AbortError(undefined, { cause: signal.reason }));
      if (signal.aborted) onAbort();
      else signal.addEventListener('abort', onAbort, { once: true });
    }));
  }
  try {
    if (contenders.length === 0) await work();
    else await Promise.race([work(), ...contenders]);
  } finally {
    clearTimeout(timer);
  }
}

function failure(message, type) {
  const error = ERR_TEST_FAILURE === undefined ? new Error(message) : new ERR_TEST_FAILURE(message, type);
  error.failureType ??= type;
  return error;
}

function isOnlyExcluded(test) {
  if (!onlyMode) return false;
  for (let cursor = test; cursor !== null; cursor = cursor.parent) if (cursor.options.only) return false;
  return !hasOnly(test);
}

function hasOnly(test) {
  return test.children.some((child) => child.options.only || hasOnly(child));
}

async function execute(test) {
  const began = performance.now();
  if (isOnlyExcluded(test)) {
    test.finished.resolve();
    return;
  }
  if (test.kind === 'suite') await executeSuite(test);
  else await executeTest(test);
  test.duration = performance.now() - began;
  const isTodo = test.todo !== undefined && test.todo !== false;
  test.passed = test.error === undefined || isTodo;
  count(test, isTodo);
  reporter().result(test);
  test.finished.resolve();
}

function count(test, isTodo) {
  if (test.kind === 'suite') {
    totals.suites++;
    return;
  }
  totals.tests++;
  if (test.skipped) totals.skipped++;
  else if (isTodo) totals.todo++;
  else if (test.cancelled) totals.cancelled++;
  else if (test.error === undefined) totals.pass++;
  else totals.fail++;
}

async function executeSuite(suite) {
  reporter().enter(suite);
  if (suite.skipped) return;
  try {
    await suite.built;
    if (suite.children.length > 0) await runHooks(suite, 'before', true);
    for (let i = 0; i < suite.children.length; i++) await execute(suite.children[i]);
    await runHooks(suite, 'after');
  } catch (error) {
    suite.error = error;
    for (const child of suite.children) {
      if (child.passed !== undefined) continue;
      child.error = failure('test did not finish before its parent and was cancelled', 'cancelledByParent');
      child.cancelled = true;
      child.passed = false;
      count(child, false);
      child.finished.resolve();
    }
  }
  const failed = suite.children.filter((child) => child.passed === false).length;
  if (suite.error === undefined && failed > 0) {
    suite.error = failure(`${failed} subtest${failed > 1 ? 's' : ''} failed`, 'subtestsFailed');
  }
}

async function executeTest(test) {
  if (test.skipped || test.fn === undefined) return;
  const context = contextOf(test);
  try {
    await running.run(test, async () => {
      await runInherited(test.parent, 'beforeEach', test);
      try {
        await callWithTimeout(test.fn, context, test.options, test.controller);
        await test.queue;
        if (test.plan !== undefined && test.plan !== test.assertions) {
          throw failure(`plan expected ${test.plan} assertions but received ${test.assertions}`, 'testCodeFailure');
        }
      } finally {
        await runHooks(test, 'after');
        await runInherited(test.parent, 'afterEach', test);
      }
    });
  } catch (error) {
    test.error = error;
  } finally {
    test.mock?.restoreAll();
    test.controller.abort();
  }
  if (test.options.expectFailure) {
    test.error = test.error === undefined ? failure('test was expected to fail but passed', 'expectedFailure') : undefined;
  }
  const failed = test.children.filter((child) => child.passed === false).length;
  if (test.error === undefined && failed > 0) {
    test.error = failure(`${failed} subtest${failed > 1 ? 's' : ''} failed`, 'subtestsFailed');
  }
}

/** The argument of a test function. */
class TestContext {
  #test;
  #assert;

  constructor(test) {
    this.#test = test;
  }

  get name() {
    return this.#test.name;
  }

  get fullName() {
    return this.#test.fullName;
  }

  get filePath() {
    return process.argv[1];
  }

  get signal() {
    return this.#test.controller.signal;
  }

  get error() {
    return this.#test.error ?? null;
  }

  get passed() {
    return this.#test.error === undefined;
  }

  get mock() {
    const { MockTracker } = require('internal/test_runner/mock');
    return this.#test.mock ??= new MockTracker();
  }

  get assert() {
    if (this.#assert === undefined) {
      const assert = require('assert');
      const test = this.#test;
      this.#assert = {};
      for (const name of Object.keys(assert)) {
        if (typeof assert[name] !== 'function' || /^[A-Z]|^strict$/.test(name)) continue;
        this.#assert[name] = (...args) => {
          test.assertions++;
          return Reflect.apply(assert[name], assert, args);
        };
      }
    }
    return this.#assert;
  }

  plan(amount) {
    this.#test.plan = amount;
  }

  diagnostic(message) {
    this.#test.diagnostics.push(String(message));
  }

  skip(message) {
    this.#test.skipped = message || true;
  }

  todo(message) {
    this.#test.todo = message || true;
  }

  runOnly() {}

  test(...args) {
    const test = this.#test;
    const child = define(test, 'test', args, {});
    if (test.plan !== undefined) test.assertions++;
    // Subtests run one after the other, while the test waits for them.
    const before = test.ranBefore;
    test.queue = test.queue.then(async () => {
      if (!before) await runHooks(test, 'before', true);
      await execute(child);
    });
    return child.finished.promise;
  }

  before(fn, options) {
    addHook(this.#test, 'before', fn, options);
  }

  after(fn, options) {
    addHook(this.#test, 'after', fn, options);
  }

  beforeEach(fn, options) {
    addHook(this.#test, 'beforeEach', fn, options);
  }

  afterEach(fn, options) {
    addHook(this.#test, 'afterEach', fn, options);
  }

  async waitFor(condition, { interval = 50, timeout = 1000 } = {}) {
    validateFunction(condition, 'condition');
    const deadline = performance.now() + timeout;
    for (;;) {
      try {
        return await condition();
      } catch (cause) {
        if (performance.now() >= deadline) throw new Error('waitFor() timed out', { cause });
      }
      await new Promise((resolve) => {
        setTimeout(resolve, interval);
      });
    }
  }
}

const contexts = new WeakMap();
function contextOf(test) {
  let context = contexts.get(test);
  if (context === undefined) {
    context = new TestContext(test);
    contexts.set(test, context);
  }
  return context;
}

function parseArguments(args) {
  let [name, options, fn] = args;
  if (typeof name === 'function') {
    fn = name;
    name = undefined;
    options = {};
  } else if (name !== null && typeof name === 'object') {
    fn = options;
    options = name;
    name = undefined;
  } else if (typeof options === 'function') {
    fn = options;
    options = {};
  }
  options ??= {};
  validateObject(options, 'options');
  if (fn !== undefined && typeof fn !== 'function') throw new ERR_INVALID_ARG_TYPE('fn', 'Function', fn);
  return { name: `${name || fn?.name || '<anonymous>'}`, options, fn };
}

function define(parent, kind, args, extra) {
  const { name, options, fn } = parseArguments(args);
  const merged = { ...options, ...extra };
  if (parent.options.timeout !== undefined && merged.timeout === undefined) merged.timeout = parent.options.timeout;
  if (fn === undefined && merged.todo === undefined && kind === 'test') merged.skip ??= false;
  const test = new Test(parent, kind, name, merged, fn);
  if (parent.skipped && !test.skipped) test.skipped = true;
  parent.children.push(test);
  return test;
}

let building = root;

function addTest(args, extra) {
  start();
  // Inside a running test `test()` makes a subtest.
  const current = running.getStore();
  if (current !== undefined && building === root) return contextOf(current).test(...withExtra(args, extra));
  return define(building, 'test', args, extra).finished.promise;
}

function withExtra(args, extra) {
  const { name, options, fn } = parseArguments(args);
  return [name, { ...options, ...extra }, fn];
}

function addSuite(args, extra) {
  start();
  const suite = define(building, 'suite', args, extra);
  if (suite.fn !== undefined && !suite.skipped) {
    const outer = building;
    building = suite;
    try {
      const result = Reflect.apply(suite.fn, undefined, [contextOf(suite)]);
      suite.built = Promise.resolve(result);
      suite.built.catch(() => {});
    } catch (error) {
      suite.built = Promise.reject(error);
      suite.built.catch(() => {});
    } finally {
      building = outer;
    }
  }
  return suite.finished.promise;
}

function addHook(owner, name, fn, options = {}) {
  validateFunction(fn, 'fn');
  owner.hooks[name].push({ fn, options });
}

function withVariants(add) {
  const run = (...args) => add(args, {});
  for (const variant of [kSkip, kTodo, 'only', 'expectFailure']) {
    run[variant] = (...args) => add(args, { [variant]: true });
  }
  return run;
}

const hook = (name) => (fn, options) => addHook(running.getStore() ?? building, name, fn, options);

const test = withVariants(addTest);
const suite = withVariants(addSuite);

Object.assign(test, {
  after: hook('after'),
  afterEach: hook('afterEach'),
  before: hook('before'),
  beforeEach: hook('beforeEach'),
  describe: suite,
  getTestContext: () => (running.getStore() === undefined ? undefined : contextOf(running.getStore())),
  it: test,
  run: (options) => require('internal/test_runner/runner').run(options),
  suite,
  test,
});
Object.defineProperty(test, 'mock', {
  __proto__: null,
  configurable: true,
  enumerable: true,
  get() {
    const { MockTracker } = require('internal/test_runner/mock');
    const mock = new MockTracker();
    Object.defineProperty(test, 'mock', { __proto__: null, configurable: true, enumerable: true, writable: true, value: mock });
    return mock;
  },
});
Object.defineProperty(test, 'assert', {
  __proto__: null,
  configurable: true,
  enumerable: true,
  value: {
    register(name, fn) {
      validateFunction(fn, 'fn');
      require('assert')[name] ??= fn;
    },
  },
});

module.exports = test;
