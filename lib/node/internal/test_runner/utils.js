'use strict';

// Options of the test runner, and small things its files share.

const { codes: { ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE, ERR_TEST_FAILURE } } = require('internal/errors');
const { getOptionValue } = require('internal/options');
const { validateInteger } = require('internal/validators');

const kFailures = {
  callback: 'callbackAndPromisePresent',
  cancelled: 'cancelledByParent',
  aborted: 'testAborted',
  code: 'testCodeFailure',
  expected: 'expectedFailure',
  hook: 'hookFailed',
  multipleCallbacks: 'multipleCallbackInvocations',
  subtests: 'subtestsFailed',
  timeout: 'testTimeoutFailure',
  uncaught: 'uncaughtException',
  rejection: 'unhandledRejection',
};

const kDefaultPattern = [
  '**/{test,test/**/*,test-*,*[._-]test}.{js,mjs,cjs}', '**/{test,test/**/*,test-*,*[._-]test}.{ts,mts,cts}',
];

/** A RegExp from `/source/flags`, or one that matches the text literally. */
function convertStringToRegExp(text, name) {
  const match = /^\/(.*)\/([a-z]*)$/.exec(text);
  const pattern = match === null ? text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&') : match[1];
  try {
    return new RegExp(pattern, match?.[2]);
  } catch (error) {
    throw new ERR_INVALID_ARG_VALUE(name, text, `is an invalid regular expression. ${regExpProblem(error, match?.[2])}`);
  }
}

function regExpProblem(error, flags) {
  try {
    new RegExp('', flags);
  } catch {
    return `Invalid flags supplied to RegExp constructor '${flags}'`;
  }
  return error.message;
}

function failure(error, type) {
  return new ERR_TEST_FAILURE(error, type);
}

function isTestFailure(error) {
  return error?.code === 'ERR_TEST_FAILURE' && 'failureType' in error;
}

function list(name) {
  const value = getOptionValue(name);
  return Array.isArray(value) ? value : value === undefined ? [] : [value];
}

function parseShard(text) {
  const match = /^(\d+)\/(\d+)$/.exec(text);
  if (match === null) {
    throw new ERR_INVALID_ARG_VALUE('--test-shard', text, 'must be in the form of <index>/<total>');
  }
  return { __proto__: null, index: Number.parseInt(match[1], 10), total: Number.parseInt(match[2], 10) };
}

function validateShard({ index, total }) {
  validateInteger(total, 'options.shard.total', 1);
  if (index < 1 || index > total) throw new ERR_OUT_OF_RANGE('options.shard.index', `>= 1 && <= ${total}`, index);
}

let options;

/** What the command line says about tests. */
function parseCommandLine() {
  if (options !== undefined) return options;
  const context = process.env.NODE_TEST_CONTEXT;
  const isChildV8 = context === 'child-v8';
  const isChild = context === 'child' || isChildV8;
  const isTestRunner = getOptionValue('--test') === true;
  const isolation = getOptionValue('--test-isolation') ?? 'process';
  let reporters;
  let destinations;
  if (isChildV8) {
    reporters = ['internal/test_runner/reporter/v8-serializer'];
    destinations = ['stdout'];
  } else if (context === 'child') {
    reporters = ['tap'];
    destinations = ['stdout'];
  } else {
    reporters = list('--test-reporter');
    destinations = list('--test-reporter-destination');
    if (reporters.length === 0 && destinations.length === 0) reporters = ['spec'];
    if (reporters.length === 1 && destinations.length === 0) destinations = ['stdout'];
    if (destinations.length !== reporters.length) {
      throw new ERR_INVALID_ARG_VALUE('--test-reporter', reporters,
                                      'must match the number of specified \'--test-reporter-destination\'');
    }
  }
  const namePatterns = list('--test-name-pattern');
  const skipPatterns = list('--test-skip-pattern');
  const concurrency = getOptionValue('--test-concurrency');
  const timeout = getOptionValue('--test-timeout');
  const shard = getOptionValue('--test-shard');
  options = {
    __proto__: null,
    isTestRunner,
    isChild,
    concurrency: !isTestRunner ? 1 : isolation === 'none' ? 1 : concurrency ? concurrency : true,
    cwd: process.cwd(),
    destinations,
    forceExit: getOptionValue('--test-force-exit') === true,
    globalSetupPath: getOptionValue('--test-global-setup') || undefined,
    isolation,
    only: getOptionValue('--test-only') === true,
    reporters,
    shard: shard ? parseShard(shard) : undefined,
    testNamePatterns: namePatterns.length === 0 ? null :
      namePatterns.map((text) => convertStringToRegExp(text, '--test-name-pattern')),
    testSkipPatterns: skipPatterns.length === 0 ? null :
      skipPatterns.map((text) => convertStringToRegExp(text, '--test-skip-pattern')),
    timeout: timeout || Infinity,
    updateSnapshots: getOptionValue('--test-update-snapshots') === true,
    watch: false,
  };
  if (options.shard !== undefined) validateShard(options.shard);
  return options;
}

/** Where a program called into the library: [line, column, file] as { file, line, column }. */
function callerLocation() {
  const holder = {};
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 20;
  const prepare = Error.prepareStackTrace;
  Error.prepareStackTrace = undefined;
  Error.captureStackTrace(holder);
  const { stack } = holder;
  Error.prepareStackTrace = prepare;
  Error.stackTraceLimit = limit;
  for (const text of String(stack).split('\n').slice(1)) {
    const match = /\(?((?:file:\/\/)?[^()]+?):(\d+):(\d+)\)?$/.exec(text.trim().replace(/^at (?:async )?/, ''));
    if (match === null) continue;
    let [, file, line, column] = match;
    file = file.slice(file.lastIndexOf('(') + 1).trim();
    if (file.startsWith('node:')) continue;
    const space = text.includes('(') ? -1 : file.lastIndexOf(' ');
    if (space !== -1) file = file.slice(space + 1);
    if (file.startsWith('file://')) {
      try {
        file = require('internal/url').fileURLToPath(file);
      } catch {
        // Shown as it is.
      }
    }
    return { file, line: Number(line), column: Number(column) };
  }
  return undefined;
}

/** One more test has ended. */
function countCompleted(test, counters) {
  if (test.nesting === 0) counters.topLevel++;
  if (test.reportedType === 'suite') counters.suites++;
  else counters.tests++;
  if (test.reportedType === 'suite') return;
  if (test.skipped) counters.skipped++;
  else if (test.isTodo) counters.todo++;
  else if (test.cancelled) counters.cancelled++;
  else if (!test.passed) counters.failed++;
  else counters.passed++;
}

module.exports = {
  callerLocation,
  convertStringToRegExp,
  countCompleted,
  failure,
  isTestFailure,
  kDefaultPattern,
  kFailures,
  parseCommandLine,
  validateShard,
};
