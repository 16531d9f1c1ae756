'use strict';

// Chooses the main script by the options, prepares the process for user code, and runs it.
//
// Binding contract:
//   options: '--eval' (string; with -p also '--print'), '--check', '--interactive', '--input-type', '--require' and
//     '--import' (string[]), '--expose-internals', '--title', '--env-file', '--env-file-if-exists' (string[]), '--test'.
//   process_methods.isMainThread: false in a worker.
//   process.argv[1] is the script as given; missing without one.
//   util.guessHandleType(0) tells whether the program comes from a terminal.

const { getOptionValue } = require('internal/options');

function chooseMain() {
  if (!internalBinding('process_methods').isMainThread) return 'internal/main/worker_thread';
  if (getOptionValue('--test')) return 'internal/main/test_runner';
  if (getOptionValue('--interactive') === true && process.argv[1] === undefined) return 'internal/main/repl';
  const source = getOptionValue('--eval');
  if (typeof source === 'string') return 'internal/main/eval_string';
  const script = process.argv[1];
  if (getOptionValue('--run') !== undefined) return 'internal/main/run_script';
  if (getOptionValue('--check')) return 'internal/main/check_syntax';
  if (script && script !== '-') return 'internal/main/run_main_module';
  if (script === '-' || getOptionValue('--interactive') !== true) {
    const type = internalBinding('util').guessHandleType(0);
    if (script === '-' || type !== 'TTY') return 'internal/main/eval_stdin';
  }
  return 'internal/main/repl';
}

// What `--no-…` takes away.
const kWithdrawable = [
  '--experimental-global-navigator', '--experimental-sqlite', '--experimental-websocket', '--experimental-webstorage',
];

/** What has to happen before user code, whatever the main script is. */
function prepare(expandArgv1) {
  if (expandArgv1 && process.argv[1] !== undefined && !process.argv[1].startsWith('-')) {
    process.argv[1] = require('path').resolve(process.argv[1]);
  }
  require('internal/async_hooks').enterMainScript();
  if (getOptionValue('--expose-internals')) require('internal/bootstrap/realm').BuiltinModule.exposeInternals();
  const title = getOptionValue('--title');
  if (title && internalBinding('process_methods').isMainThread) process.title = title;
  if (getOptionValue('--no-deprecation')) process.noDeprecation = true;
  if (getOptionValue('--throw-deprecation')) process.throwDeprecation = true;
  if (getOptionValue('--trace-deprecation')) process.traceDeprecation = true;
  if (getOptionValue('--trace-event-categories') !== undefined || getOptionValue('--trace-events-enabled')) startTracing();
  for (const name of kWithdrawable) {
    if (getOptionValue(name) === false) require('internal/process/withdraw')(name);
  }
  if (getOptionValue('--report-on-signal')) require('internal/process/report');
  if (getOptionValue('--enable-source-maps')) process.setSourceMapsEnabled(true);
  if (getOptionValue('--permission')) {
    Object.defineProperty(process, 'permission', {
      __proto__: null, enumerable: true, configurable: false, value: require('internal/process/permission'),
    });
  }
  require('internal/modules/esm/utils').initializeESM();
  const { isMainThread } = internalBinding('process_methods');
  if (isMainThread && process.env.NODE_CHANNEL_FD !== undefined) setupChildProcessChannel();
  if (isMainThread && process.env.NODE_UNIQUE_ID !== undefined) {
    // A worker of a cluster; its own children are not.
    require('cluster')._setupWorker();
    delete process.env.NODE_UNIQUE_ID;
  }
  if (process.env.NODE_V8_COVERAGE) process.env.NODE_V8_COVERAGE = require('path').resolve(process.env.NODE_V8_COVERAGE);
  if (process.env.NODE_COMPILE_CACHE) require('internal/modules/compile_cache').enableCompileCache();
  loadPreloads();
}

function startTracing() {
  const tracing = require('internal/trace_events');
  const { isMainThread } = internalBinding('process_methods');
  if (isMainThread) {
    tracing.start();
  } else {
    const { threadId, threadName } = require('worker_threads');
    tracing.startWorker(threadId, threadName);
  }
}

function setupChildProcessChannel() {
  const fd = Number.parseInt(process.env.NODE_CHANNEL_FD, 10);
  delete process.env.NODE_CHANNEL_FD;
  const mode = process.env.NODE_CHANNEL_SERIALIZATION_MODE || 'json';
  delete process.env.NODE_CHANNEL_SERIALIZATION_MODE;
  if (fd >= 0) require('child_process')._forkChild(fd, mode);
}

function loadPreloads() {
  const requires = getOptionValue('--require');
  if (!Array.isArray(requires) || requires.length === 0) return;
  process._preload_modules.push(...requires);
  require('internal/modules/cjs/loader').Module._preloadModules(requires);
}

function start() {
  const main = chooseMain();
  // A worker prepares itself when it knows its program.
  if (main !== 'internal/main/worker_thread') prepare(main === 'internal/main/run_main_module');
  require(main);
}

module.exports = { start, prepare };
