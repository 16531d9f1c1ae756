'use strict';

// What happens when the program ends or throws what nobody catches.
//
// Binding contract:
//   process_methods.isMainThread, abort(); process_methods.exitInfo: Int32Array [exiting, exitCode, hasExitCode], shared with the native side.
//   The native side calls `process._fatalException(error, fromPromise)`: true when the error was handled; false
//   when it must print the error and end the process with process.exitCode || 1 (codes: 1 uncaught, 7 when the handler threw).

const binding = internalBinding('process_methods');
const { exitInfo, isMainThread } = binding;
const { getOptionValue } = require('internal/options');
const AsyncContextFrame = require('internal/async_context_frame');
const { clearAsyncIdStack, hasAsyncIdStack, emitAfter, executionAsyncId, state } = require('internal/async_hooks');

const kExiting = 0;
const kExitCode = 1;
const kHasExitCode = 2;

const capture = { fn: null, extra: [] };

// What the domain module wants to know: { beforeUncaught(), afterUncaught() }.
let domainHooks;

function setDomainHooks(hooks) {
  domainHooks = hooks;
}

function exitCode() {
  return exitInfo[kHasExitCode] ? exitInfo[kExitCode] : 0;
}

/** The loop is empty: a listener may give it new work. */
function beforeExit() {
  if (process.listenerCount('beforeExit') > 0) process.emit('beforeExit', exitCode());
}

/** The program ends by itself; returns the exit code. */
function exit() {
  if (!exitInfo[kExiting]) {
    exitInfo[kExiting] = 1;
    if (process.listenerCount('exit') > 0) process.emit('exit', exitCode());
  }
  return exitCode();
}

/** For --abort-on-uncaught-exception: the process ends with a core dump where the system makes one. */
function abort(error) {
  process._rawDebug(`Uncaught:\n${require('internal/util/inspect').inspect(error)}`);
  binding.abort();
}

function isCaptured(error) {
  for (let i = capture.extra.length - 1; i >= 0; i--) {
    if (capture.extra[i](error) === true) return true;
  }
  if (capture.fn !== null) {
    capture.fn(error);
    return true;
  }
  return false;
}

/** May a diagnostic report be wanted: has the program asked for any? */
function isReportWanted() {
  return getOptionValue('--report-uncaught-exception') ||
    require('internal/bootstrap/realm').BuiltinModule.isLoaded('internal/process/report');
}

/** Offers `error` to the program's handlers; false when none took it. */
function onUncaughtException(error, fromPromise) {
  // The ids of the task that threw are of no use to what runs next.
  state.defaultTriggerAsyncId = -1;
  const type = fromPromise ? 'unhandledRejection' : 'uncaughtException';
  domainHooks?.beforeUncaught();
  if (process.listenerCount('uncaughtExceptionMonitor') > 0) {
    process.emit('uncaughtExceptionMonitor', error, type);
  }
  if (capture.fn === null && isMainThread && getOptionValue('--abort-on-uncaught-exception')) abort(error);
  const captured = isCaptured(error);
  // What listeners do is no business of the domain that threw.
  if (!captured) domainHooks?.afterUncaught();
  if (!captured && !process.emit('uncaughtException', error, type)) {
    if (isReportWanted()) require('internal/process/report').onUncaughtException(error);
    // Nobody: the process ends, but its 'exit' listeners still run.
    try {
      if (!exitInfo[kExiting]) {
        exitInfo[kExiting] = 1;
        process.exitCode = 1;
        process.emit('exit', 1);
      }
    } catch {
      // The first error is the one to report.
    }
    return false;
  }

  // Handled: the queues go on as if the task had returned.
  domainHooks?.afterUncaught();
  AsyncContextFrame.set(undefined);
  if (hasAsyncIdStack()) {
    do emitAfter(executionAsyncId());
    while (hasAsyncIdStack());
  }
  clearAsyncIdStack();
  require('internal/timers').setUnrefImmediate(noop).ref();
  return true;
}

// An immediate that makes the loop turn once more, so that queued ticks run.
function noop() {}

function setUncaughtExceptionCaptureCallback(fn) {
  if (fn === null) {
    capture.fn = null;
    return;
  }
  const { codes } = require('internal/errors');
  if (typeof fn !== 'function') throw new codes.ERR_INVALID_ARG_TYPE('fn', ['Function', 'null'], fn);
  if (capture.fn !== null) throw new codes.ERR_UNCAUGHT_EXCEPTION_CAPTURE_ALREADY_SET();
  capture.fn = fn;
}

function addUncaughtExceptionCaptureCallback(fn) {
  require('internal/validators').validateFunction(fn, 'fn');
  capture.extra.push(fn);
}

function hasUncaughtExceptionCaptureCallback() {
  return capture.fn !== null || capture.extra.length > 0;
}

function runFatal(error) {
  if (!onUncaughtException(error, false)) internalBinding('errors').triggerUncaughtException(error, false);
}

/** Defines the built-in modules as globals that are loaded when first used. */
function defineBuiltinGlobals(builtinModules) {
  for (const name of builtinModules) {
    if (name.startsWith('_') || name.includes('/') || name.includes(':')) continue;
    const define = (value) => Object.defineProperty(globalThis, name, {
      __proto__: null, configurable: true, enumerable: false, writable: true, value,
    });
    Object.defineProperty(globalThis, name, {
      __proto__: null,
      configurable: true,
      enumerable: false,
      get() {
        const exports = require(name);
        define(exports);
        return exports;
      },
      set: define,
    });
  }
}

/**
 * Runs `source` as --eval does: a script in the global scope with `require`, `module`, `exports`, `__filename`
 * and `__dirname` as globals. With `print` its value goes to stdout.
 */
function evalScript(name, source, print) {
  const path = require('path');
  const { Module, makeRequireFunction } = require('internal/modules/cjs/loader');
  const { pathToFileURL } = require('internal/url');
  const cwd = tryGetCwd();

  const module = new Module(name);
  module.filename = path.join(cwd, name);
  module.paths = Module._nodeModulePaths(cwd);
  const define = (key, value) => Object.defineProperty(globalThis, key, {
    __proto__: null, configurable: true, enumerable: true, writable: true, value,
  });
  define('__filename', name);
  define('module', module);
  define('exports', module.exports);
  define('__dirname', '.');
  define('require', makeRequireFunction(module));
  defineBuiltinGlobals(Module.builtinModules);

  const { ContextifyScript } = internalBinding('contextify');
  const { referrerSymbol } = require('internal/modules/esm/utils');
  const script = new ContextifyScript(source, name, 0, 0, undefined, false,
                                      referrerSymbol(pathToFileURL(module.filename).href));
  const result = script.runInContext(null, -1, true, false, false);
  if (print) printValue(result);
}

/** Prints the value of --print; a promise when it is settled, or the program ends. */
function printValue(value) {
  const { log } = require('internal/console/global');
  if (typeof value?.then !== 'function') {
    log(value);
    return;
  }
  const { promise, resolve } = Promise.withResolvers();
  let printed = false;
  const print = () => {
    if (printed) return;
    printed = true;
    process.removeListener('exit', print);
    log(value);
  };
  // A thenable is asked once; it may never answer.
  resolve(value);
  promise.then(print, print);
  process.on('exit', print);
}

/** Runs `source` as an ES module, as --input-type=module does. */
function evalModule(source, print) {
  const { codes: { ERR_EVAL_ESM_CANNOT_PRINT } } = require('internal/errors');
  if (print) throw new ERR_EVAL_ESM_CANNOT_PRINT();
  const { getCascadedLoader } = require('internal/modules/esm/loader');
  const { pathToFileURL } = require('internal/url');
  const url = pathToFileURL(`${tryGetCwd()}/[eval1]`).href;
  return getCascadedLoader().evalModule(source, url);
}

function tryGetCwd() {
  try {
    return process.cwd();
  } catch {
    // The directory may have been removed; that of the program certainly exists.
    return require('path').dirname(process.execPath);
  }
}

module.exports = {
  addUncaughtExceptionCaptureCallback,
  beforeExit,
  evalModule,
  evalScript,
  exit,
  exitInfoFields: { kExiting, kExitCode, kHasExitCode },
  hasUncaughtExceptionCaptureCallback,
  onUncaughtException,
  runFatal,
  setDomainHooks,
  setUncaughtExceptionCaptureCallback,
  tryGetCwd,
};
