'use strict';

// The tree of tests of this process, and the functions of node:test that grow it.
//
// The process ends the run: when nothing is left to do, the root reports.

const { Suite, Test, running } = require('internal/test_runner/test');
const { failure, kFailures, parseCommandLine } = require('internal/test_runner/utils');

function newCounters() {
  return { __proto__: null, tests: 0, failed: 0, passed: 0, cancelled: 0, skipped: 0, todo: 0, topLevel: 0, suites: 0 };
}

/** A root with what all its tests share. `reportsExit`: its failures are the exit code of the process. */
function createTree(rootOptions, config, reportsExit = false) {
  const harness = {
    __proto__: null,
    config,
    counters: newCounters(),
    success: true,
    bootstrap: undefined,
    onIdle: undefined,
    // What happens when the root has reported.
    onEnd: undefined,
    filePath: (test) => test.entryFile ?? test.parent?.entryFile ?? process.argv[1] ?? test.loc?.file,
    late() {
      harness.success = false;
      if (reportsExit) process.exitCode = 1;
    },
    maybeIdle() {
      harness.onIdle?.();
    },
    reportEnd,
  };
  const root = new Test({ name: '<root>', options: rootOptions, harness });
  harness.root = root;
  root.startTime = performance.now();
  return root;

  function reportEnd() {
    const { counters, success } = harness;
    const { reporter } = root;
    reporter.plan(0, root.loc, counters.topLevel);
    for (const message of root.diagnostics) reporter.diagnostic(0, root.loc, message);
    const duration = root.duration();
    const lines = {
      tests: counters.tests, suites: counters.suites, pass: counters.passed, fail: counters.failed,
      cancelled: counters.cancelled, skipped: counters.skipped, todo: counters.todo, duration_ms: duration,
    };
    for (const key of Object.keys(lines)) reporter.diagnostic(0, root.loc, `${key} ${lines[key]}`);
    const isSuccess = success && !root.failedHooks;
    reporter.summary(0, undefined, isSuccess, counters, duration);
    if (!isSuccess && reportsExit) process.exitCode = 1;
    reporter.end();
    harness.onEnd?.();
  }
}

/** Runs what belongs to the root itself, once all its tests have ended. */
async function finishRoot(root) {
  if (root.finishing) return;
  root.finishing = true;
  try {
    await root.runHook('after', root);
  } catch (error) {
    root.failedHooks = true;
    root.harness.success = false;
    root.diagnostics.push(`${error.cause?.stack ?? error.stack ?? error}`);
  }
}

// ---- The tests of this process ---------------------------------------------------------------------------------------

let globalRoot;

/** Errors that nobody catches belong to the test whose callback threw them. */
function watchErrors(root) {
  const handle = (event, type) => (error) => {
    const test = running.getStore();
    if (test === undefined || test === root || test.finished || test.endTime !== null) {
      const where = test === undefined || test === root ? '' :
        ` Test "${test.name}"${test.loc === undefined ? '' : ` at ${describeLocation(test.loc)}`}`;
      const message = where === '' ?
        `Error: A resource generated asynchronous activity after the test ended. This activity created the error "${error}" ` +
        `which triggered an ${event} event, caught by the test runner.` :
        `Error:${where} generated asynchronous activity after the test ended. This activity created the error "${error}" ` +
        `and would have caused the test to fail, but instead triggered an ${event} event.`;
      root.diagnostics.push(message);
      root.harness.success = false;
      process.exitCode = 1;
      return;
    }
    test.fail(failure(error, type));
    test.abortController.abort();
  };
  const onException = handle('uncaughtException', kFailures.uncaught);
  const onRejection = handle('unhandledRejection', kFailures.rejection);
  process.on('uncaughtException', onException);
  process.on('unhandledRejection', onRejection);
  return () => {
    process.removeListener('uncaughtException', onException);
    process.removeListener('unhandledRejection', onRejection);
  };
}

function describeLocation({ file, line, column }) {
  const relative = require('path').relative(process.cwd(), file);
  return `${relative}:${line}:${column}`;
}

/** Reports the tests of this process to its reporters, and makes the end of the process that of the run. */
function setupProcess(root) {
  const { config } = root;
  const unwatch = watchErrors(root);
  let ended = false;
  const end = async (kill) => {
    if (ended) return;
    ended = true;
    if (kill !== true) {
      // Hooks of the root run even if there are no tests.
      if (root.subtests.length === 0) {
        try {
          await root.runHook('before', root);
        } catch {
          root.harness.success = false;
        }
      }
      if (root.activeSubtests === 0) await finishRoot(root);
    }
    unwatch();
    root.postRun(failure('Promise resolution is still pending but the event loop has already resolved', kFailures.cancelled));
    process.removeListener('beforeExit', onBeforeExit);
    process.removeListener('exit', onExit);
    for (const signal of ['SIGINT', 'SIGTERM']) process.removeListener(signal, onSignal);
  };
  const onBeforeExit = () => end(false);
  const onExit = () => end(true);
  const onSignal = (signal) => {
    end(true);
    process.removeListener(signal, onSignal);
    setImmediate(() => process.kill(process.pid, signal));
  };
  process.on('beforeExit', onBeforeExit);
  process.on('exit', onExit);
  if (config.isTestRunner) for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, onSignal);
  root.harness.onIdle = () => {
    if (root.activeSubtests > 0 || root.pendingSubtests.length > 0 || root.readySubtests.size > 0) return;
    // The program may define more tests before it gives control back.
    setImmediate(async () => {
      if (root.activeSubtests > 0 || root.pendingSubtests.length > 0) return;
      await finishRoot(root);
      if (!config.forceExit) return;
      await end(false);
      const { finished } = require('internal/test_runner/reporters');
      await finished(root);
      process.exit(process.exitCode ?? (root.harness.success ? 0 : 1));
    });
  };
}

function getGlobalRoot() {
  if (globalRoot !== undefined) return globalRoot;
  const config = parseCommandLine();
  globalRoot = createTree({ concurrency: 1 }, config, true);
  setupProcess(globalRoot);
  const { setup } = require('internal/test_runner/reporters');
  globalRoot.harness.bootstrap = setup(globalRoot.reporter, config).then(() => {
    globalRoot.harness.bootstrap = undefined;
  });
  return globalRoot;
}

// ---- The functions of the module -------------------------------------------------------------------------------------

async function startAfterBootstrap(subtest) {
  if (subtest.harness.bootstrap !== undefined) await subtest.harness.bootstrap;
  await subtest.start();
}

function runInParent(Class, name, options, fn, overrides) {
  const parent = running.getStore() ?? getGlobalRoot();
  const subtest = parent.createSubtest(Class, name, options, fn, overrides);
  // The tests of a suite start with it.
  if (parent.reportedType === 'suite') return Promise.resolve();
  return startAfterBootstrap(subtest);
}

function variants(Class) {
  const run = (name, options, fn) => runInParent(Class, name, options, fn, {});
  for (const keyword of ['expectFailure', 'skip', 'todo', 'only']) {
    run[keyword] = (name, options, fn) => runInParent(Class, name, options, fn, { [keyword]: true });
  }
  return run;
}

function hook(name) {
  return (fn, options) => {
    const parent = running.getStore() ?? getGlobalRoot();
    parent.createHook(name, fn, options);
  };
}

const test = variants(Test);
const suite = variants(Suite);

/** The context of the test that is running. */
function getTestContext() {
  const current = running.getStore();
  return current === undefined ? undefined : current.context();
}

/** run(options) */
function run(options) {
  return require('internal/test_runner/runner').run(options);
}

function define(name, make) {
  Object.defineProperty(test, name, {
    __proto__: null,
    configurable: true,
    enumerable: true,
    get() {
      const value = make();
      Object.defineProperty(test, name, { __proto__: null, configurable: true, enumerable: true, writable: true, value });
      return value;
    },
  });
}

Object.defineProperty(test, 'name', { __proto__: null, value: 'test', configurable: true });
Object.assign(test, {
  after: hook('after'),
  afterEach: hook('afterEach'),
  before: hook('before'),
  beforeEach: hook('beforeEach'),
  describe: suite,
  getTestContext,
  it: test,
  run,
  suite,
  test,
});
define('mock', () => new (require('internal/test_runner/mock').MockTracker)());
define('snapshot', () => {
  const { setDefaultSnapshotSerializers, setResolveSnapshotPath } = require('internal/test_runner/snapshot');
  return { __proto__: null, setDefaultSnapshotSerializers, setResolveSnapshotPath };
});
define('assert', () => ({ __proto__: null, register: require('internal/test_runner/context').registerAssertion }));


module.exports = { createTree, finishRoot, getGlobalRoot, runInParent, test };
