'use strict';

// Tests, suites and hooks: a tree whose nodes run with a limited concurrency and report in the order of their definition.

const { AsyncLocalStorage } = require('internal/async_local_storage');
const { codes: { ERR_INVALID_ARG_TYPE }, AbortError } = require('internal/errors');
const {
  validateAbortSignal, validateFunction, validateNumber, validateObject, validateOneOf, validateUint32,
} = require('internal/validators');
const { isPromise } = require('internal/util/types');
const { clearTimeout, setTimeout } = require('timers');
const { TestsStream } = require('internal/test_runner/tests_stream');
const { callerLocation, countCompleted, failure, isTestFailure, kFailures } =
  require('internal/test_runner/utils');

const kMaxTimeout = 2 ** 31 - 1;
const kHookNames = ['before', 'after', 'beforeEach', 'afterEach'];

// The test whose function is running.
const running = new AsyncLocalStorage();

function noop() {}

/** Rejects when the time is over or the signal aborts. */
function stopTest(timeout, signal) {
  const { promise, reject } = Promise.withResolvers();
  promise.catch(noop);
  let timer;
  const onAbort = () => reject(new AbortError(undefined, { cause: signal.reason }));
  if (timeout !== Infinity) {
    timer = setTimeout(() => reject(failure(`test timed out after ${timeout}ms`, kFailures.timeout)), timeout);
    timer.unref();
  }
  if (signal?.aborted) onAbort();
  else signal?.addEventListener('abort', onAbort, { once: true });
  return {
    promise,
    stop() {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    },
  };
}

/** What t.plan() expects. */
class TestPlan {
  #wait;
  #timer;
  #done;

  constructor(expected, options = {}) {
    validateUint32(expected, 'count');
    validateObject(options, 'options');
    this.expected = expected;
    this.actual = 0;
    const { wait } = options;
    if (typeof wait === 'number') validateNumber(wait, 'options.wait', 0, kMaxTimeout);
    else if (wait !== undefined && typeof wait !== 'boolean') {
      throw new ERR_INVALID_ARG_TYPE('options.wait', ['boolean', 'number'], wait);
    }
    this.#wait = wait === undefined ? false : wait;
  }

  count() {
    this.actual++;
    if (this.#done !== undefined && this.actual >= this.expected) {
      clearTimeout(this.#timer);
      this.#done.resolve();
    }
  }

  /** Throws if the count is wrong; a promise if there is still time. */
  check() {
    if (this.actual === this.expected) return undefined;
    if (this.#wait === false || this.actual > this.expected) {
      throw failure(`plan expected ${this.expected} assertions but received ${this.actual}`, kFailures.code);
    }
    this.#done = Promise.withResolvers();
    if (typeof this.#wait === 'number') {
      this.#timer = setTimeout(() => {
        this.#done.reject(failure(
          `plan timed out after ${this.#wait}ms with ${this.actual} assertions when expecting ${this.expected}`,
          kFailures.timeout));
      }, this.#wait);
    }
    return this.#done.promise;
  }
}

class Test {
  reportedType = 'test';
  abortController = new AbortController();

  constructor({ parent = null, name, fn, options = {}, location, harness, reporter }) {
    const { concurrency, skip, todo, timeout, only, signal, plan, expectFailure } = options;
    if (signal !== undefined) validateAbortSignal(signal, 'options.signal');
    if (timeout !== undefined && timeout !== null && timeout !== Infinity) {
      validateNumber(timeout, 'options.timeout', 0, kMaxTimeout);
    }
    switch (typeof concurrency) {
      case 'undefined':
        break;
      case 'object':
        if (concurrency === null) break;
      // eslint-disable-next-line no-fallthrough
      default:
        if (typeof concurrency !== 'boolean') {
          if (typeof concurrency !== 'number') {
            throw new ERR_INVALID_ARG_TYPE('options.concurrency', ['boolean', 'number'], concurrency);
          }
          validateUint32(concurrency, 'options.concurrency', true);
        }
    }
    this.parent = parent;
    this.root = parent === null ? this : parent.root;
    this.harness = harness ?? parent.harness;
    this.reporter = reporter ?? parent?.reporter ?? new TestsStream();
    this.config = this.harness.config;
    this.name = typeof name === 'string' && name !== '' ? name : fn?.name || '<anonymous>';
    this.fn = fn ?? noop;
    this.hasFunction = fn !== undefined;
    this.nesting = parent === null ? 0 : parent.parent === null ? 0 : parent.nesting + 1;
    this.loc = location;
    this.timeout = timeout ?? (parent === null ? this.config.timeout : parent.timeout);
    this.concurrency = parent === null ? 1 : parent.concurrency;
    const available = Math.max(require('os').availableParallelism() - 1, 1);
    if (concurrency === true) this.concurrency = parent === null ? available : Infinity;
    else if (concurrency === false) this.concurrency = 1;
    else if (typeof concurrency === 'number') this.concurrency = concurrency;

    this.skipped = false;
    this.message = undefined;
    if (skip) this.skipBecause(skip);
    else if (parent !== null && parent.parent !== null && parent.skipped) this.skipped = true;
    this.isTodo = (todo !== undefined && todo !== false) || (parent?.isTodo ?? false);
    if (!skip && (typeof todo === 'string')) this.message = todo;
    if (fn === undefined && parent !== null && !this.isTodo && !skip) this.fn = noop;
    this.expectFailure = expectFailure === undefined || expectFailure === false ? undefined : expectFailure;
    this.only = only ?? false;
    this.runOnlySubtests = this.config.only;
    this.outerSignal = signal;
    this.plan = undefined;
    if (plan !== undefined) this.plan = new TestPlan(plan);

    this.error = null;
    this.passed = false;
    this.cancelled = false;
    this.finished = false;
    this.started = false;
    this.reportedStarted = false;
    this.filtered = false;
    this.startTime = null;
    this.endTime = null;
    this.diagnostics = [];
    this.subtests = [];
    this.activeSubtests = 0;
    this.pendingSubtests = [];
    this.readySubtests = new Map();
    this.waitingOn = 0;
    this.outputSubtestCount = 0;
    this.childNumber = 0;
    this.testNumber = 0;
    this.subtestsDone = null;
    this.hooks = { __proto__: null, before: [], after: [], beforeEach: [], afterEach: [] };
    this.ranBefore = null;
    this.mockTracker = undefined;
    this.contextObject = undefined;
    this.outerSignal?.addEventListener('abort', () => this.#abortHandler(), { once: true });
    this.runPromise = Promise.withResolvers();
  }

  get fullName() {
    if (this.parent === null) return this.name;
    const names = [];
    for (let test = this; test.parent !== null; test = test.parent) names.unshift(test.name);
    return names.join(' > ');
  }

  get signal() {
    return this.abortController.signal;
  }

  #abortHandler() {
    const error = this.outerSignal?.reason ?? new AbortError('The test was aborted');
    error.failureType = kFailures.aborted;
    this.cancel(error);
  }

  skipBecause(message) {
    this.skipped = true;
    this.message = typeof message === 'string' ? message : undefined;
  }

  // ---- Filters -------------------------------------------------------------------------------------------------------

  matchesPattern(patterns) {
    const spaced = this.fullName.replaceAll(' > ', ' ');
    return patterns.some((pattern) => {
      const matches = pattern.test(this.name) || pattern.test(spaced);
      pattern.lastIndex = 0;
      return matches;
    });
  }

  /** Does a pattern name this test or one around it? */
  isNamed(patterns) {
    for (let test = this; test.parent !== null; test = test.parent) if (test.matchesPattern(patterns)) return true;
    return false;
  }

  willBeFilteredByName() {
    const { testNamePatterns, testSkipPatterns } = this.config;
    if (testSkipPatterns && this.matchesPattern(testSkipPatterns)) return true;
    // A suite goes with its tests: it stays as long as one of them does.
    if (this.reportedType === 'suite' && this.subtests.length > 0) {
      return this.subtests.every((subtest) => subtest.willBeFilteredByName());
    }
    return !!testNamePatterns && !this.isNamed(testNamePatterns);
  }

  applyFilters() {
    if (this.parent === null) return;
    if (this.config.testNamePatterns || this.config.testSkipPatterns) {
      if (this.willBeFilteredByName()) this.filtered = true;
    }
    if (!this.filtered && (this.config.only || this.harness.hasOnly?.())) {
      const wanted = this.only || this.#isInsideOnly() || (this.reportedType === 'suite' && this.#hasOnly());
      if ((this.parent.runOnlySubtests || !this.config.only) && !wanted) this.filtered = true;
    }
  }

  /** Is one of the tests below marked with only? */
  containsOnly() {
    return this.#hasOnly();
  }

  #hasOnly() {
    return this.subtests.some((subtest) => subtest.only || (subtest.reportedType === 'suite' && subtest.#hasOnly()));
  }

  // Inside a suite marked with only, all run unless some of them are marked themselves.
  #isInsideOnly() {
    for (let test = this.parent; test !== null && test.parent !== null; test = test.parent) {
      if (test.reportedType === 'suite' && test.#hasOnly()) return false;
      if (test.only) return true;
    }
    return false;
  }

  // ---- Children ------------------------------------------------------------------------------------------------------

  hasConcurrency() {
    return this.concurrency > this.activeSubtests;
  }

  createSubtest(Class, name, options, fn, overrides) {
    const parsed = parseArguments(name, options, fn);
    let preventAddingSubtests = false;
    if (this.finished || this.signal.aborted) preventAddingSubtests = this.endTime !== null;
    const test = new Class({
      parent: this,
      name: parsed.name,
      fn: parsed.fn,
      options: { ...parsed.options, ...overrides },
      location: overrides?.location ?? callerLocation(),
    });
    if (preventAddingSubtests) {
      test.fn = noop;
      test.fail(failure('test could not be started because its parent finished', kFailures.cancelled));
      test.startTime = test.endTime = performance.now();
      this.root.harness.late(test);
    }
    this.subtests.push(test);
    test.childNumber = this.subtests.length;
    return test;
  }

  start() {
    this.applyFilters();
    if (this.filtered) {
      this.skipBecauseFiltered();
      return Promise.resolve();
    }
    this.reporter.enqueue(this.nesting, this.loc, this.name, this.reportedType);
    if (this.parent !== null && !this.parent.hasConcurrency()) {
      const deferred = Promise.withResolvers();
      deferred.test = this;
      this.parent.pendingSubtests.push(deferred);
      return deferred.promise;
    }
    this.reporter.dequeue(this.nesting, this.loc, this.name, this.reportedType);
    return this.run();
  }

  skipBecauseFiltered() {
    this.finished = true;
    this.passed = true;
    this.started = true;
    this.startTime = this.endTime = performance.now();
    this.parent.noteReady(this);
    this.parent.processReadySubtests(false);
  }

  async processPendingSubtests() {
    while (this.pendingSubtests.length > 0 && this.hasConcurrency()) {
      const deferred = this.pendingSubtests.shift();
      const { test } = deferred;
      test.reporter.dequeue(test.nesting, test.loc, test.name, test.reportedType);
      await test.run();
      deferred.resolve();
    }
  }

  noteReady(subtest) {
    this.readySubtests.set(subtest.childNumber, subtest);
  }

  isClearToSend() {
    return this.parent === null ||
      (this.parent.waitingOn + 1 === this.childNumber && this.parent.isClearToSend());
  }

  /** Reports the subtests that have ended and whose turn it is. */
  processReadySubtests(canSend) {
    for (;;) {
      const subtest = this.readySubtests.get(this.waitingOn + 1);
      if (subtest === undefined) return;
      canSend ||= this.isClearToSend();
      if (!canSend) return;
      this.readySubtests.delete(subtest.childNumber);
      subtest.finalize();
    }
  }

  finalize() {
    this.processReadySubtests(true);
    this.parent.waitingOn++;
    this.finished = true;
    if (!this.filtered) {
      this.testNumber ||= ++this.parent.outputSubtestCount;
      this.report();
    }
    if (this.parent === this.root && this.root.waitingOn > this.root.subtests.length - 1) this.harness.maybeIdle();
    if (this.parent.subtestsDone !== null && this.parent.waitingOn >= this.parent.subtests.length) {
      this.parent.subtestsDone.resolve();
    }
  }

  // ---- Hooks ---------------------------------------------------------------------------------------------------------

  createHook(name, fn, options = {}) {
    validateOneOf(name, 'hook name', kHookNames);
    validateFunction(fn, 'fn');
    validateObject(options ?? {}, 'options');
    const hook = new TestHook({ parent: this, fn, options: { ...options }, location: callerLocation(), name: `hook ${name}` });
    hook.hookType = name;
    if (name === 'before' && this.startTime !== null) {
      // It runs already: so does the hook, at once, and the subtests wait for it.
      const earlier = this.ranBefore ?? Promise.resolve();
      const run = hook.runFor(this).then(() => {
        if (hook.error === undefined) return;
        const error = failure('failed running before hook', kFailures.hook);
        error.cause = isTestFailure(hook.error) ? hook.error.cause : hook.error;
        throw error;
      });
      run.catch(noop);
      this.hooks.before.push(hook);
      this.ranBefore = Promise.all([earlier, run]);
      this.ranBefore.catch(noop);
      return hook;
    }
    this.hooks[name].push(hook);
    return hook;
  }

  async runHook(name, test) {
    const hooks = this.hooks[name];
    for (const hook of [...hooks]) {
      if (name === 'before' && hook.ran) continue;
      await hook.runFor(test);
      if (hook.error) {
        const error = failure(`failed running ${name} hook`, kFailures.hook);
        error.cause = isTestFailure(hook.error) ? hook.error.cause : hook.error;
        throw error;
      }
    }
  }

  /** The hooks for each test, those of outer tests first before it and last after it. */
  async runEach(name, test) {
    if (name === 'beforeEach' && this.parent !== null) await this.parent.runEach(name, test);
    await this.runHook(name, test);
    if (name === 'afterEach' && this.parent !== null) await this.parent.runEach(name, test);
  }

  runBefore() {
    // Once for all that wait for it.
    return this.ranBefore ??= (async () => {
      if (this.parent !== null && this.parent !== undefined && this.parent.hooks.before.length > 0) {
        await this.parent.runBefore();
      }
      await this.runHook('before', this);
    })();
  }

  // ---- Running -------------------------------------------------------------------------------------------------------

  get shouldAbort() {
    if (this.signal.aborted) return true;
    if (this.outerSignal?.aborted) {
      this.#abortHandler();
      return true;
    }
    return false;
  }

  context() {
    return this.contextObject ??= new (require('internal/test_runner/context').TestContext)(this);
  }

  /** Calls the function of the test; what it returns is waited for, at most until the test is stopped. */
  async callFunction(fn, context, stopped) {
    const call = (...args) => running.run(this, () => Reflect.apply(fn, context, args));
    if (fn.length > 1) {
      const { promise, resolve, reject } = Promise.withResolvers();
      let calls = 0;
      const callback = (error) => {
        calls++;
        if (calls > 1) {
          if (calls > 2) return;
          this.fail(failure('callback invoked multiple times', kFailures.multipleCallbacks));
          return;
        }
        if (error) reject(error);
        else resolve();
      };
      const returned = call(context, callback);
      if (isPromise(returned)) {
        returned.catch(noop);
        this.fail(failure('passed a callback but also returned a Promise', kFailures.callback));
        await Promise.race([returned, stopped]);
      } else {
        await Promise.race([promise, stopped]);
      }
      return;
    }
    const returned = call(context);
    if (typeof returned?.then === 'function') await Promise.race([returned, stopped]);
  }

  async run() {
    if (this.parent !== null) this.parent.activeSubtests++;
    this.started = true;
    this.startTime ??= performance.now();
    if (this.shouldAbort) {
      this.postRun();
      return;
    }
    const { parent } = this;
    let stop;
    let hasBegun = false;
    let ranAfterEach = false;
    let ranAfter = false;
    const afterEach = async () => {
      if (ranAfterEach) return;
      ranAfterEach = true;
      if (parent !== null && hasBegun) await parent.runEach('afterEach', this);
    };
    const after = async () => {
      if (ranAfter) return;
      ranAfter = true;
      await this.runHook('after', this);
    };
    try {
      if (parent !== null && parent.hooks.before.length > 0) await parent.runBefore();
      if (parent !== null && !this.skipped) {
        hasBegun = true;
        await parent.runEach('beforeEach', this);
      }
      stop = stopTest(this.timeout, this.signal);
      if (!this.skipped) await this.callFunction(this.fn, this.context(), stop.promise);
      if (this.subtests.length > this.waitingOn) {
        this.subtestsDone ??= Promise.withResolvers();
        if (this.waitingOn < this.subtests.length && this.#hasUnfinishedAwaited()) {
          await Promise.race([this.subtestsDone.promise, stop.promise]);
        }
      }
      if (this.plan !== undefined) {
        const waiting = this.plan.check();
        if (waiting !== undefined) await Promise.race([waiting, stop.promise]);
      }
      if (this.shouldAbort) {
        this.postRun();
        return;
      }
      await afterEach();
      await after();
      this.pass();
    } catch (error) {
      this.#failWith(error);
      try {
        await afterEach();
      } catch {
        // The first error counts.
      }
      try {
        await after();
      } catch {
        // The first error counts.
      }
    } finally {
      stop?.stop();
      // A test is over for those who got its signal.
      if (this.reportedType === 'test') this.abortController.abort();
    }
    if (this.parent !== null) this.postRun();
  }

  #failWith(error) {
    if (isTestFailure(error)) {
      if (error.failureType === kFailures.timeout) this.cancel(error);
      else this.fail(error);
    } else if (error instanceof AbortError && this.signal.aborted) {
      this.cancel(error);
    } else {
      this.fail(failure(error, kFailures.code));
    }
  }

  // Subtests that were started and not awaited are waited for only by a plan that waits; suites wait for all.
  #hasUnfinishedAwaited() {
    return this.reportedType === 'suite' || this.activeSubtests > 0 || this.pendingSubtests.length > 0;
  }

  cancel(error) {
    if (this.endTime !== null || this.error !== null) return;
    this.fail(error ?? failure('test did not finish before its parent and was cancelled', kFailures.cancelled));
    this.cancelled = true;
    this.abortController.abort();
  }

  pass() {
    if (this.error === null && this.expectFailure !== undefined && !this.skipped) {
      this.fail(failure('test was expected to fail but passed', kFailures.expected));
      return;
    }
    if (this.endTime === null) this.endTime = performance.now();
    if (this.error !== null) return;
    this.passed = true;
  }

  fail(error) {
    if (this.error !== null) return;
    this.endTime ??= performance.now();
    if (this.expectFailure !== undefined && error?.failureType !== kFailures.expected && this.#isExpected(error)) {
      this.passed = true;
      return;
    }
    this.passed = false;
    this.error = error;
  }

  // expectFailure may say which error: a pattern, a class, a function, an object; in a `match` or as it is.
  #isExpected(error) {
    let expected = this.expectFailure;
    if (expected !== null && typeof expected === 'object' && !(expected instanceof RegExp) &&
        ('match' in expected || 'label' in expected)) {
      expected = expected.match;
    }
    if (expected === undefined || typeof expected === 'boolean' || typeof expected === 'string') return true;
    const assert = require('assert');
    try {
      assert.throws(() => {
        throw error.cause ?? error;
      }, expected);
      return true;
    } catch (problem) {
      this.expectFailure = undefined;
      this.passed = false;
      this.error = failure(problem, kFailures.code);
      return false;
    }
  }

  postRun(pendingError) {
    this.endTime ??= performance.now();
    this.startTime ??= this.endTime;
    let failed = 0;
    for (const { test, resolve } of this.pendingSubtests.splice(0)) {
      test.cancel(pendingError);
      test.parent.activeSubtests++;
      test.postRun(pendingError);
      resolve();
    }
    for (const subtest of this.subtests) {
      if (!subtest.finished && !this.readySubtests.has(subtest.childNumber)) {
        subtest.cancel(pendingError);
        if (!subtest.started) this.activeSubtests++;
        subtest.postRun(pendingError);
      }
      if (!subtest.passed && !subtest.isTodo && !subtest.filtered) failed++;
    }
    if ((this.passed || this.parent === null) && failed > 0) {
      this.passed = false;
      this.error = null;
      this.fail(failure(`${failed} subtest${failed > 1 ? 's' : ''} failed`, kFailures.subtests));
    }
    this.mockTracker?.reset();
    if (this.parent !== null) {
      if (this.reported) return;
      this.reported = true;
      const details = this.reportDetails();
      details.passed = this.passed;
      this.reporter.complete(this.nesting, this.loc, this.childNumber, this.name, details, this.directive());
      this.parent.activeSubtests--;
      this.parent.noteReady(this);
      this.parent.processReadySubtests(false);
      this.parent.processPendingSubtests();
      return;
    }
    if (!this.reported) {
      this.reported = true;
      this.harness.reportEnd(this);
    }
  }

  // ---- Reporting -----------------------------------------------------------------------------------------------------

  duration() {
    return this.endTime - this.startTime;
  }

  directive() {
    if (this.skipped) return this.reporter.getSkip(this.message);
    if (this.isTodo) return this.reporter.getTodo(this.message);
    if (this.expectFailure !== undefined) {
      return { __proto__: null, expectFailure: typeof this.expectFailure === 'string' ? this.expectFailure : true };
    }
    return undefined;
  }

  reportDetails() {
    const details = { __proto__: null, duration_ms: this.duration(), type: this.reportedType };
    if (!this.passed) details.error = this.error;
    return details;
  }

  report() {
    countCompleted(this, this.harness.counters);
    if (this.outputSubtestCount > 0) {
      const first = this.subtests.find((subtest) => !subtest.filtered);
      this.reporter.plan((first ?? this).nesting, this.loc, this.outputSubtestCount);
    } else {
      this.reportStarted();
    }
    const details = this.reportDetails();
    const args = [this.nesting, this.loc, this.testNumber, this.name, details, this.directive()];
    if (this.passed) this.reporter.ok(...args);
    else this.reporter.fail(...args);
    if (!this.passed && !this.isTodo) this.harness.success = false;
    for (const message of this.diagnostics) this.reporter.diagnostic(this.nesting, this.loc, message);
  }

  reportStarted() {
    if (this.reportedStarted || this.parent === null) return;
    this.reportedStarted = true;
    this.parent.reportStarted();
    this.reporter.start(this.nesting, this.loc, this.name);
  }
}

/** A hook: it runs like a test, and is none. */
class TestHook {
  constructor({ parent, fn, options, location, name }) {
    const { timeout, signal } = options;
    if (signal !== undefined) validateAbortSignal(signal, 'options.signal');
    if (timeout !== undefined && timeout !== Infinity) validateNumber(timeout, 'options.timeout', 0, kMaxTimeout);
    this.parent = parent;
    this.fn = fn;
    this.name = name;
    this.loc = location;
    this.timeout = timeout ?? parent.timeout;
    this.outerSignal = signal;
    this.ran = false;
    this.error = undefined;
  }

  async runFor(test) {
    this.ran = true;
    this.error = undefined;
    const stop = stopTest(this.timeout ?? Infinity, this.outerSignal ?? test.signal);
    try {
      await Reflect.apply(Test.prototype.callFunction, test, [this.fn, test.context(), stop.promise]);
    } catch (error) {
      this.error = error;
    } finally {
      stop.stop();
    }
  }
}

class Suite extends Test {
  reportedType = 'suite';

  constructor(options) {
    super(options);
    this.timeout = options.options?.timeout ?? (this.parent === null ? Infinity : this.parent.timeout);
    this.suiteTimeout = options.options?.timeout ?? Infinity;
    this.building = undefined;
    if (this.skipped) {
      this.building = Promise.resolve();
      return;
    }
    try {
      const returned = running.run(this, () => Reflect.apply(this.fn, this.context(), [this.context()]));
      this.building = Promise.resolve(returned).then(noop, (error) => this.fail(failure(error, kFailures.code)));
    } catch (error) {
      this.building = Promise.resolve();
      this.fail(failure(error, kFailures.code));
    }
  }

  context() {
    return this.contextObject ??= new (require('internal/test_runner/context').SuiteContext)(this);
  }

  async start() {
    this.applyFilters();
    return super.start();
  }

  async run() {
    this.parent.activeSubtests++;
    this.started = true;
    this.startTime ??= performance.now();
    await this.building;
    if (this.shouldAbort) {
      for (const subtest of this.subtests) subtest.cancel(this.error);
      this.postRun();
      return;
    }
    let ranAfter = false;
    const after = async () => {
      if (ranAfter) return;
      ranAfter = true;
      await this.runHook('after', this);
    };
    const stop = stopTest(this.suiteTimeout, this.signal);
    try {
      if (this.parent.hooks.before.length > 0) await this.parent.runBefore();
      if (!this.skipped && this.error === null && this.subtests.length > 0) await this.runBefore();
      if (!this.skipped && this.error === null) {
        const all = this.subtests.map((subtest) => subtest.start());
        await Promise.race([Promise.all(all), stop.promise]);
      }
      await after();
      if (this.error === null) this.pass();
    } catch (error) {
      try {
        await after();
      } catch {
        // The first error counts.
      }
      if (isTestFailure(error) && error.failureType !== kFailures.timeout) this.fail(error);
      else if (isTestFailure(error)) this.cancel(error);
      else this.fail(failure(error, kFailures.code));
    } finally {
      stop.stop();
      this.abortController.abort();
    }
    this.postRun();
  }
}

/** name, options and fn in any combination. */
function parseArguments(name, options, fn) {
  if (typeof name === 'function') {
    fn = name;
    name = undefined;
    options = undefined;
  } else if (name !== null && typeof name === 'object') {
    fn = options;
    options = name;
    name = undefined;
  } else if (typeof options === 'function') {
    fn = options;
    options = undefined;
  }
  if (options === null || typeof options !== 'object') options = {};
  if (fn !== undefined && fn !== null && typeof fn !== 'function') throw new ERR_INVALID_ARG_TYPE('fn', 'Function', fn);
  return { name, options, fn: fn ?? undefined };
}

module.exports = { Suite, Test, TestPlan, running };
