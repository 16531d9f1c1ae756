'use strict';

// Binding contract: none.

const { inspect, format, formatWithOptions } = require('internal/util/inspect');

const kNone = 1 << 0;
const kSkipLog = 1 << 1;
const kSkipTrace = 1 << 2;

let debugEnv;
let testEnabled;
const debugImpls = { __proto__: null };

/** Reads NODE_DEBUG: names with "*" as a wildcard, separated by commas. */
function initializeDebugEnv(value) {
  debugEnv = value;
  if (!value) {
    testEnabled = () => false;
    return;
  }
  const pattern = value.replace(/[|\\{}()[\]^$+?.]/g, '\\$&').replaceAll('*', '.*').replaceAll(',', '$|^');
  const regex = new RegExp(`^${pattern}$`, 'i');
  testEnabled = (name) => regex.test(name);
}

function isEnabled(name) {
  if (testEnabled === undefined) initializeDebugEnv(process.env.NODE_DEBUG);
  return testEnabled(name);
}

function noop() {}

function implementation(set, enabled) {
  if (debugImpls[set] === undefined) {
    if (enabled) {
      if (set === 'HTTP' || set === 'HTTP2') {
        process.emitWarning(
          `Setting the NODE_DEBUG environment variable to '${set.toLowerCase()}' can expose sensitive data ` +
          '(such as passwords, tokens and authentication headers) in the resulting log.');
      }
      debugImpls[set] = function debug(...args) {
        const { shouldColorize } = require('internal/util/colors');
        const colors = shouldColorize(process.stderr);
        const text = formatWithOptions({ colors }, ...args);
        const pid = inspect(process.pid, { colors });
        process.stderr.write(format('%s %s: %s\n', set, pid, text));
      };
    } else {
      debugImpls[set] = noop;
    }
  }
  return debugImpls[set];
}

/** `util.debuglog`: a function that prints when NODE_DEBUG names `set`. */
function debuglog(set, cb) {
  set = `${set}`.toUpperCase();
  let impl;
  let known;
  const enabled = () => known ??= isEnabled(set);
  const logger = (...args) => {
    if (impl === undefined) {
      impl = implementation(set, enabled());
      if (typeof cb === 'function') cb(impl);
    }
    impl(...args);
  };
  Object.defineProperty(logger, 'enabled', {
    __proto__: null, get: enabled, configurable: true, enumerable: true,
  });
  return logger;
}

// ---- Timers by label --------------------------------------------------------------------------------------------------------------

const kSecond = 1000;
const kMinute = 60 * kSecond;
const kHour = 60 * kMinute;

function pad(value) {
  return `${value}`.padStart(2, '0');
}

/** A duration for people: "1.234s", "1:02.345 (m:ss.mmm)". */
function formatTime(ms) {
  let hours = 0;
  let minutes = 0;
  let seconds = 0;
  if (ms >= kSecond) {
    if (ms >= kMinute) {
      if (ms >= kHour) {
        hours = Math.floor(ms / kHour);
        ms %= kHour;
      }
      minutes = Math.floor(ms / kMinute);
      ms %= kMinute;
    }
    seconds = ms / kSecond;
  }
  if (hours !== 0 || minutes !== 0) {
    ({ 0: seconds, 1: ms } = seconds.toFixed(3).split('.'));
    const rest = hours !== 0 ? `${hours}:${pad(minutes)}` : minutes;
    return `${rest}:${pad(seconds)}.${ms} (${hours !== 0 ? 'h:m' : ''}m:ss.mmm)`;
  }
  if (seconds !== 0) return `${seconds.toFixed(3)}s`;
  return `${Number(ms.toFixed(3))}ms`;
}

function safeTraceLabel(label) {
  return label.replaceAll('\\', '\\\\').replaceAll('"', '\\"');
}

/** Starts the timer `label` in `times`. */
function time(times, flags, implementationName, label = 'default', traceLabel = `time::${label}`) {
  label = `${label}`;
  if (times.has(label)) {
    process.emitWarning(`Label '${label}' already exists for ${implementationName}`);
    return;
  }
  times.set(label, process.hrtime());
}

function logElapsed(times, implementationName, log, label, args) {
  const start = times.get(label);
  if (start === undefined) {
    process.emitWarning(`No such label '${label}' for ${implementationName}`);
    return false;
  }
  const { 0: seconds, 1: nanoseconds } = process.hrtime(start);
  log(label, formatTime(seconds * 1000 + nanoseconds / 1e6), args);
  return true;
}

function timeEnd(times, flags, implementationName, log, label = 'default') {
  label = `${label}`;
  if (logElapsed(times, implementationName, log, label, undefined)) times.delete(label);
}

function timeLog(times, flags, implementationName, log, label = 'default', args) {
  label = `${label}`;
  logElapsed(times, implementationName, log, label, args);
}

/** Debug logging with timers: {startTimer, endTimer, logTimer} that work only when NODE_DEBUG names `set`. */
function debugWithTimer(set, cb) {
  set = `${set}`.toUpperCase();
  const times = new Map();
  const impl = () => implementation(set, isEnabled(set));
  const print = (label, elapsed, args) => {
    const log = impl();
    if (args === undefined) log('%s: %s', label, elapsed);
    else log('%s: %s', label, elapsed, ...args);
  };
  const run = (method) => (label, ...args) => {
    if (!isEnabled(set)) return;
    method(label, args);
  };
  const startTimer = run((label) => time(times, kSkipTrace, 'debuglog.time()', label));
  const endTimer = run((label) => timeEnd(times, kSkipTrace, 'debuglog.timeEnd()', print, label));
  const logTimer = run((label, args) => timeLog(times, kSkipTrace, 'debuglog.timeLog()', print, label, args));
  cb?.(startTimer, endTimer, logTimer);
  return { startTimer, endTimer, logTimer };
}

module.exports = {
  kNone,
  kSkipLog,
  kSkipTrace,
  formatTime,
  safeTraceLabel,
  time,
  timeEnd,
  timeLog,
  debuglog,
  debugWithTimer,
  initializeDebugEnv,
};
