'use strict';

// run() and --test: test files in processes of their own, or in this one.

const path = require('path');
const { codes: { ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_METHOD_NOT_IMPLEMENTED, ERR_OUT_OF_RANGE } } =
  require('internal/errors');
const { validateAbortSignal, validateArray, validateBoolean, validateFunction, validateInteger, validateObject, validateOneOf,
        validateString, validateUint32 } = require('internal/validators');
const { createTree, finishRoot, getGlobalRoot } = require('internal/test_runner/harness');
const { Test } = require('internal/test_runner/test');
const { convertStringToRegExp, countCompleted, failure, kDefaultPattern, kFailures, parseCommandLine } =
  require('internal/test_runner/utils');

// Options of the runner that the processes of test files must not see again.
const kOwnFlags = new Set([
  '--test', '--experimental-test-coverage', '--watch', '--experimental-default-config-file',
]);
const kOwnOptions = [
  '--test-reporter', '--test-reporter-destination', '--experimental-config-file', '--test-concurrency', '--test-shard',
  '--test-global-setup', '--test-isolation', '--test-timeout', '--test-only', '--test-name-pattern', '--test-skip-pattern',
  '--test-force-exit', '--test-randomize', '--test-random-seed', '--test-rerun-failures',
];
// What the process of a file says at its end is said for all files together.
const kSummaryLines = new Set(['tests', 'suites', 'pass', 'fail', 'cancelled', 'skipped', 'todo', 'duration_ms']);
const kCancelledFailures = new Set([kFailures.cancelled, kFailures.aborted, kFailures.timeout]);

function findFiles(patterns, cwd) {
  const { globSync, statSync } = require('fs');
  const isDefault = !patterns || patterns.length === 0;
  const files = new Set();
  for (const pattern of isDefault ? kDefaultPattern : patterns) {
    const isFile = !isDefault && statSync(path.resolve(cwd, pattern), { throwIfNoEntry: false }) !== undefined;
    if (isFile) {
      files.add(path.resolve(cwd, pattern));
      continue;
    }
    const exclude = isDefault ? (name) => path.basename(typeof name === 'string' ? name : name.name) === 'node_modules' : undefined;
    for (const name of globSync(pattern, { cwd, exclude })) files.add(path.resolve(cwd, name));
  }
  if (files.size === 0 && !isDefault) return undefined;
  return [...files].filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile() || !isDefault).sort();
}

/** The command line of the process for a file. */
function childArguments(file, { execArgv, argv, only, testNamePatterns, testSkipPatterns, timeout, forceExit }) {
  const own = [];
  const given = process.execArgv;
  for (let i = 0; i < given.length; i++) {
    const word = given[i];
    const name = word.split('=', 1)[0];
    if (kOwnFlags.has(name)) continue;
    if (kOwnOptions.includes(name)) {
      // Its value may be the next word.
      if (!word.includes('=') && !['--test-only', '--test-force-exit', '--test-randomize'].includes(name)) i++;
      continue;
    }
    own.push(word);
  }
  own.push(...execArgv);
  for (const pattern of testNamePatterns ?? []) own.push(`--test-name-pattern=${pattern}`);
  for (const pattern of testSkipPatterns ?? []) own.push(`--test-skip-pattern=${pattern}`);
  if (only) own.push('--test-only');
  if (timeout !== undefined && timeout !== null && timeout !== Infinity) own.push(`--test-timeout=${timeout}`);
  if (forceExit) own.push('--test-force-exit');
  return [...own, file, ...argv];
}

/** The test that a file is for its runner: what it reports itself is passed on when it is its turn. */
class FileTest extends Test {
  buffer = [];
  reportedChildren = 0;
  failedSubtests = false;
  #bytes = [];
  #length = 0;

  /** Something the file's process has reported. */
  addItem(item) {
    if (item.type === 'test:enqueue' || item.type === 'test:dequeue' || item.type === 'test:complete') {
      this.reporter.forward(item.type, item.data);
      return;
    }
    if (!this.isClearToSend()) {
      this.buffer.push(item);
      return;
    }
    this.drain();
    this.#handle(item);
  }

  drain() {
    for (const item of this.buffer.splice(0)) this.#handle(item);
  }

  #handle({ type, data }) {
    const isTopLevel = data.nesting === 0;
    if (type === 'test:plan' && isTopLevel) return;
    if (type === 'test:diagnostic' && isTopLevel && kSummaryLines.has(data.message.split(' ', 1)[0])) return;
    if (type === 'test:pass' || type === 'test:fail') {
      if (isTopLevel) this.reportedChildren++;
      if (type === 'test:fail' && data.todo === undefined) {
        this.failedSubtests = true;
        this.harness.success = false;
      }
      if (isTopLevel) data.testNumber = this.root.harness.counters.topLevel + 1;
      countCompleted({
        nesting: data.nesting,
        reportedType: data.details?.type,
        skipped: data.skip !== undefined,
        isTodo: data.todo !== undefined,
        passed: type === 'test:pass',
        cancelled: kCancelledFailures.has(data.details?.error?.failureType),
      }, this.root.harness.counters);
    }
    this.reporter.forward(type, data);
  }

  /** Output of the process: events between text. */
  parse(chunk) {
    this.#bytes.push(chunk);
    this.#length += chunk.length;
    this.#consume(false);
  }

  end() {
    this.#consume(true);
  }

  #consume(isEnd) {
    const { Buffer } = require('buffer');
    let bytes = this.#bytes.length === 1 ? this.#bytes[0] : Buffer.concat(this.#bytes, this.#length);
    const header = v8Header();
    while (bytes.length > 0) {
      const at = bytes.indexOf(header);
      if (at !== 0) {
        // Text up to the next event; a part of a header may be its end.
        let end = at === -1 ? bytes.length : at;
        if (at === -1 && !isEnd && bytes[end - 1] === header[0]) end--;
        if (end > 0) this.addItem(this.#output(bytes.subarray(0, end)));
        bytes = bytes.subarray(end);
        if (at === -1) break;
        continue;
      }
      if (bytes.length < header.length + 4) break;
      const size = bytes.readUInt32BE(header.length);
      const end = header.length + 4 + size;
      if (bytes.length < end) break;
      const item = deserialize(bytes.subarray(header.length + 4, end));
      if (item === undefined) {
        // It only looked like one.
        this.addItem(this.#output(bytes.subarray(0, header.length)));
        bytes = bytes.subarray(header.length);
        continue;
      }
      bytes = bytes.subarray(end);
      this.addItem(item);
    }
    if (isEnd && bytes.length > 0) {
      this.addItem(this.#output(bytes));
      bytes = bytes.subarray(bytes.length);
    }
    this.#bytes = bytes.length > 0 ? [bytes] : [];
    this.#length = bytes.length;
  }

  #output(bytes) {
    return { type: 'test:stdout', data: { __proto__: null, file: this.loc.file, message: bytes.toString('utf8') } };
  }

  get isSilent() {
    return this.reportedChildren > 0 && (!this.error || this.error.failureType === kFailures.subtests);
  }

  reportStarted() {
    if (!this.isSilent) super.reportStarted();
  }

  report() {
    this.drain();
    if (this.isSilent) {
      // The file's own tests stand for it.
      this.parent.outputSubtestCount--;
      if (!this.passed) this.harness.success = false;
      return;
    }
    super.reportStarted();
    this.testNumber = this.root.harness.counters.topLevel + 1;
    super.report();
  }
}

let header;
function v8Header() {
  if (header === undefined) {
    const { DefaultSerializer } = require('v8');
    const serializer = new DefaultSerializer();
    serializer.writeHeader();
    header = serializer.releaseBuffer();
  }
  return header;
}

function deserialize(bytes) {
  try {
    const { DefaultDeserializer } = require('v8');
    const deserializer = new DefaultDeserializer(bytes);
    deserializer.readHeader();
    const item = deserializer.readValue();
    if (typeof item?.type !== 'string' || typeof item.data !== 'object') return undefined;
    const { details } = item.data;
    if (details?.serializedError !== undefined) {
      details.error = require('internal/worker/errors').deserializeError(details.serializedError);
      delete details.serializedError;
    }
    return item;
  } catch {
    return undefined;
  }
}

let processes;
/** The processes that run; they end with this one. */
function children() {
  if (processes === undefined) {
    processes = new Set();
    process.on('exit', () => {
      for (const child of processes) child.kill();
    });
  }
  return processes;
}

/** Runs one file in a process of its own. */
function runFile(file, root, options) {
  const subtest = root.createSubtest(FileTest, file, { timeout: null, signal: options.signal }, async (t) => {
    const { spawn } = require('child_process');
    const { once } = require('events');
    const env = { ...options.env ?? process.env, NODE_TEST_CONTEXT: 'child-v8' };
    env.NODE_TEST_WORKER_ID = String(options.workerIds.take());
    const stdio = ['pipe', 'pipe', 'pipe'];
    const child = spawn(process.execPath, childArguments(file, options),
                        { __proto__: null, signal: t.signal, encoding: 'utf8', env, stdio, cwd: options.cwd });
    children().add(child);
    let failed;
    child.on('error', (error) => {
      failed = error;
    });
    child.stdout.on('data', (data) => subtest.parse(data));
    const { createInterface } = require('readline');
    createInterface({ __proto__: null, input: child.stderr }).on('line', (line) => {
      subtest.addItem({ type: 'test:stderr', data: { __proto__: null, file: subtest.loc.file, message: `${line}\n` } });
    });
    const { 0: { 0: code, 1: signal } } = await Promise.all([
      once(child, 'exit', { __proto__: null, signal: t.signal }),
      require('stream/promises').finished(child.stdout).catch(() => {}),
      require('stream/promises').finished(child.stderr).catch(() => {}),
    ]).finally(() => {
      children().delete(child);
      options.workerIds.release(Number(env.NODE_TEST_WORKER_ID));
    });
    subtest.end();
    if (code !== 0 || signal !== null) {
      if (failed) throw failed;
      const error = failure('test failed', subtest.failedSubtests ? kFailures.subtests : kFailures.code);
      Object.assign(error, { __proto__: null, exitCode: code, signal });
      // It would only show this file.
      error.stack = undefined;
      throw error;
    }
  }, { location: { file: path.resolve(file), line: 1, column: 1 } });
  return subtest.start();
}

/** Numbers from 1 for the processes that run at a time. */
class WorkerIds {
  #used = new Set();

  take() {
    let id = 1;
    while (this.#used.has(id)) id++;
    this.#used.add(id);
    return id;
  }

  release(id) {
    this.#used.delete(id);
  }
}

/** Module of global setup and teardown. */
async function globalHooks(file, cwd) {
  if (!file) return {};
  const { pathToFileURL } = require('internal/url');
  const { getCascadedLoader } = require('internal/modules/esm/loader');
  const url = pathToFileURL(path.resolve(cwd, file)).href;
  const exported = await getCascadedLoader().import(url, pathToFileURL(`${cwd}/`).href, { __proto__: null });
  const pick = (name) => exported[name] ?? exported.default?.[name];
  for (const name of ['globalSetup', 'globalTeardown']) {
    if (pick(name) !== undefined) validateFunction(pick(name), name);
  }
  return { globalSetup: pick('globalSetup'), globalTeardown: pick('globalTeardown') };
}

function patternList(patterns, name) {
  if (patterns === undefined || patterns === null) return null;
  const list = Array.isArray(patterns) ? patterns : [patterns];
  validateArray(list, name);
  return list.map((value, i) => {
    const itemName = `${name}[${i}]`;
    if (value instanceof RegExp) return value;
    if (typeof value === 'string') return convertStringToRegExp(value, itemName);
    throw new ERR_INVALID_ARG_TYPE(itemName, ['string', 'RegExp'], value);
  });
}

function checkOptions(options) {
  validateObject(options, 'options');
  const { timeout, signal, files, forceExit, isolation = 'process', watch, setup, globalSetupPath, only, globPatterns, coverage = false,
          execArgv = [], argv = [], cwd = process.cwd(), shard, env, randomize } = options;
  if (files !== undefined && files !== null) validateArray(files, 'options.files');
  if (watch !== undefined && watch !== null) validateBoolean(watch, 'options.watch');
  if (forceExit !== undefined && forceExit !== null) {
    validateBoolean(forceExit, 'options.forceExit');
    if (forceExit && watch) throw new ERR_INVALID_ARG_VALUE('options.forceExit', watch, 'is not supported with watch mode');
  }
  if (only !== undefined && only !== null) validateBoolean(only, 'options.only');
  if (globPatterns !== undefined && globPatterns !== null) validateArray(globPatterns, 'options.globPatterns');
  if (globPatterns?.length > 0 && files?.length > 0) {
    throw new ERR_INVALID_ARG_VALUE('options.globPatterns', globPatterns, 'is not supported when specifying \'options.files\'');
  }
  validateString(cwd, 'options.cwd');
  if (globalSetupPath !== undefined && globalSetupPath !== null) validateString(globalSetupPath, 'options.globalSetupPath');
  if (shard !== undefined && shard !== null) {
    validateObject(shard, 'options.shard');
    validateInteger(shard.total, 'options.shard.total', 1);
    validateInteger(shard.index, 'options.shard.index');
    if (shard.index <= 0 || shard.total < shard.index) {
      throw new ERR_OUT_OF_RANGE('options.shard.index', `>= 1 && <= ${shard.total} ("options.shard.total")`, shard.index);
    }
    if (watch) throw new ERR_INVALID_ARG_VALUE('options.shard', watch, 'shards not supported with watch mode');
  }
  if (setup !== undefined && setup !== null) validateFunction(setup, 'options.setup');
  validateOneOf(isolation, 'isolation', ['process', 'none']);
  if (isolation === 'none') {
    if (execArgv.length > 0 && execArgv !== undefined) {
      throw new ERR_INVALID_ARG_VALUE('options.execArgv', execArgv, 'is not supported with isolation mode "none"');
    }
  }
  validateArray(execArgv, 'options.execArgv');
  execArgv.forEach((arg, i) => validateString(arg, `options.execArgv[${i}]`));
  validateArray(argv, 'options.argv');
  argv.forEach((arg, i) => validateString(arg, `options.argv[${i}]`));
  if (env !== undefined && env !== null) {
    validateObject(env, 'options.env');
    if (isolation === 'none') {
      throw new ERR_INVALID_ARG_VALUE('options.env', env, 'is not supported with isolation=\'none\'');
    }
  }
  if (signal !== undefined && signal !== null) validateAbortSignal(signal, 'options.signal');
  if (timeout !== undefined && timeout !== null && timeout !== Infinity) validateUint32(timeout, 'options.timeout', false);
  validateBoolean(coverage, 'options.coverage');
  if (coverage) throw new ERR_METHOD_NOT_IMPLEMENTED('run({ coverage: true })');
  if (watch) throw new ERR_METHOD_NOT_IMPLEMENTED('run({ watch: true })');
  if (randomize) throw new ERR_METHOD_NOT_IMPLEMENTED('run({ randomize: true })');
}

/** run(options) -> TestsStream */
function run(options = {}) {
  checkOptions(options);
  const {
    concurrency, timeout, signal, files, forceExit, isolation = 'process', setup, globalSetupPath, only = false, globPatterns,
    execArgv = [], argv = [], cwd = process.cwd(), shard, env,
  } = options;
  const testNamePatterns = patternList(options.testNamePatterns, 'options.testNamePatterns');
  const testSkipPatterns = patternList(options.testSkipPatterns, 'options.testSkipPatterns');
  const config = {
    ...parseCommandLine(), isTestRunner: true, isolation, only, testNamePatterns, testSkipPatterns, forceExit, cwd,
    timeout: timeout ?? Infinity, concurrency,
  };
  const isRecursive = process.env.NODE_TEST_CONTEXT !== undefined;
  const rootOptions = { __proto__: null, concurrency: isolation === 'none' ? 1 : concurrency ?? undefined, timeout: undefined, signal };
  const inProcess = isolation === 'none';
  const root = inProcess && !isRecursive && options.isCommandLine ?
    getGlobalRoot() : createTree(rootOptions, inProcess ? config : { ...config, testNamePatterns: null, testSkipPatterns: null, only: false });
  root.harness.config = root.config = inProcess ? config : root.config;

  if (isRecursive) {
    process.emitWarning('node:test run() is being called recursively within a test file. skipping running files.');
    setImmediate(() => root.postRun());
    return root.reporter;
  }

  let list = files ?? findFiles(globPatterns, cwd);
  if (list === undefined) {
    console.error(`Could not find '${globPatterns.join(', ')}'`);
    process.exit(1);
  }
  if (shard) list = list.filter((_, i) => i % shard.total === shard.index - 1);

  const runFiles = async () => {
    let hooks;
    try {
      hooks = await globalHooks(globalSetupPath, cwd);
      await hooks.globalSetup?.();
    } catch (error) {
      root.diagnostics.push(`${error?.stack ?? error}`);
      root.harness.success = false;
      root.postRun();
      if (options.isCommandLine) process.exitCode = 1;
      return;
    }
    await setup?.(root.reporter);
    const context = {
      execArgv, argv, only, testNamePatterns, testSkipPatterns, timeout, forceExit, signal, cwd, env,
      workerIds: new WorkerIds(),
    };
    if (!inProcess) {
      root.harness.bootstrap = undefined;
      await Promise.all(list.map((file) => runFile(file, root, context)));
    } else {
      await loadFiles(list, root, cwd);
    }
    await finishRoot(root);
    try {
      await hooks.globalTeardown?.();
    } catch (error) {
      root.diagnostics.push(`${error?.stack ?? error}`);
      root.harness.success = false;
    }
    // The process reports its own root at its end.
    if (!(inProcess && options.isCommandLine)) root.postRun();
  };
  // Whoever calls has the time to listen.
  setImmediate(() => runFiles().catch((error) => {
    root.diagnostics.push(`${error?.stack ?? error}`);
    root.harness.success = false;
    root.postRun();
  }));
  return root.reporter;
}

/** Runs the files in this process: their tests become those of the root. */
async function loadFiles(list, root, cwd) {
  // Tests begin when all are known: one of them may be marked with only.
  const loaded = Promise.withResolvers();
  const earlier = root.harness.bootstrap;
  root.harness.bootstrap = loaded.promise;
  root.harness.hasOnly = () => root.containsOnly();
  const { running } = require('internal/test_runner/test');
  const { pathToFileURL } = require('internal/url');
  const { getCascadedLoader } = require('internal/modules/esm/loader');
  const parent = pathToFileURL(`${cwd}/`).href;
  const late = [];
  for (const file of list) {
    root.entryFile = file;
    const url = pathToFileURL(path.resolve(cwd, file)).href;
    const before = root.subtests.length;
    try {
      await running.run(root, () => getCascadedLoader().import(url, parent, { __proto__: null }));
      if (root.subtests.length === before) throw undefined;
    } catch (error) {
      // A file without tests is one itself.
      const test = root.createSubtest(Test, file, {}, () => {
        if (error !== undefined) throw error;
      }, { location: { file: path.resolve(cwd, file), line: 1, column: 1 } });
      late.push(test);
    }
  }
  await earlier;
  root.harness.bootstrap = undefined;
  loaded.resolve();
  await Promise.all(late.map((test) => test.start()));
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
  await whenIdle(root);
}

/** Resolves when all tests defined so far have ended. */
function whenIdle(root) {
  return new Promise((resolve) => {
    const keepAlive = setInterval(() => {}, 2 ** 30);
    const look = () => {
      if (root.activeSubtests > 0 || root.pendingSubtests.length > 0 || root.readySubtests.size > 0) {
        setTimeout(look, 1);
        return;
      }
      clearInterval(keepAlive);
      resolve();
    };
    look();
  });
}

/** --test */
function runCommandLine(patterns) {
  const config = parseCommandLine();
  const options = {
    __proto__: null,
    concurrency: config.concurrency,
    cwd: config.cwd,
    forceExit: config.forceExit,
    globPatterns: patterns,
    globalSetupPath: config.globalSetupPath,
    isCommandLine: true,
    isolation: config.isolation,
    only: config.only,
    shard: config.shard,
    testNamePatterns: config.testNamePatterns,
    testSkipPatterns: config.testSkipPatterns,
    timeout: config.timeout,
    watch: config.watch,
  };
  require('internal/util/debuglog').debuglog('test_runner')('test runner configuration:', { ...options });
  if (config.isolation === 'none') {
    run(options);
    return;
  }
  options.setup = (stream) => require('internal/test_runner/reporters').setup(stream, config);
  const stream = run(options);
  stream.on('test:summary', (data) => {
    if (!data.success) process.exitCode = 1;
  });
  if (config.forceExit) {
    stream.on('end', async () => {
      await require('internal/test_runner/reporters').finished();
      process.exit(process.exitCode ?? 0);
    });
  }
}

module.exports = { FileTest, run, runCommandLine };
