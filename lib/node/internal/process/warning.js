'use strict';

// process.emitWarning and the listener that prints warnings.

const { getOptionValue } = require('internal/options');

const disabledTypes = new Set();
let listening = false;
let traceHintShown = false;

function lazyDisabled() {
  const names = getOptionValue('--disable-warning');
  if (Array.isArray(names)) for (const name of names) disabledTypes.add(name);
}

let warningFile;
function writeOut(message) {
  const file = getOptionValue('--redirect-warnings') || process.env.NODE_REDIRECT_WARNINGS;
  if (file) {
    const fs = require('fs');
    try {
      warningFile ??= fs.openSync(file, 'a');
      fs.appendFileSync(warningFile, `${message}\n`);
      return;
    } catch {
      // Not writable: to stderr then.
    }
  }
  require('internal/console/global').error(message);
}

function onWarning(warning) {
  if (!(warning instanceof Error)) return;
  const isDeprecation = warning.name === 'DeprecationWarning';
  if (isDeprecation && process.noDeprecation) return;
  if (disabledTypes.has(warning.name) || (warning.code !== undefined && disabledTypes.has(warning.code))) return;
  const trace = process.traceProcessWarnings || (isDeprecation && process.traceDeprecation);
  let message = `(${process.release.name}:${process.pid}) `;
  if (warning.code) message += `[${warning.code}] `;
  if (trace && warning.stack) {
    message += `${warning.stack}`;
  } else {
    message += typeof warning.toString === 'function' ? `${warning.toString()}` : Error.prototype.toString.call(warning);
  }
  if (typeof warning.detail === 'string') message += `\n${warning.detail}`;
  if (!trace && !traceHintShown) {
    const flag = isDeprecation ? '--trace-deprecation' : '--trace-warnings';
    const program = require('path').basename(process.argv0 || 'node', '.exe');
    message += `\n(Use \`${program} ${flag} ...\` to show where the warning was created)`;
    traceHintShown = true;
  }
  writeOut(message);
}

function ensureListener() {
  if (listening) return;
  listening = true;
  if (getOptionValue('--warnings') === false || process.env.NODE_NO_WARNINGS === '1') return;
  lazyDisabled();
  if (getOptionValue('--trace-warnings')) process.traceProcessWarnings = true;
  if (getOptionValue('--trace-deprecation')) process.traceDeprecation = true;
  // It runs first, as if it had been there from the start.
  process.prependListener('warning', onWarning);
}

function doEmit(warning) {
  process.emit('warning', warning);
}

/** process.emitWarning(warning[, type | options[, code[, ctor]]]) */
function emitWarning(warning, type, code, ctor) {
  const { codes: { ERR_INVALID_ARG_TYPE } } = require('internal/errors');
  const { validateString } = require('internal/validators');
  let detail;
  if (type !== null && typeof type === 'object' && !Array.isArray(type)) {
    ctor = type.ctor;
    code = type.code;
    if (typeof type.detail === 'string') ({ detail } = type);
    type = type.type || 'Warning';
  } else if (typeof type === 'function') {
    ctor = type;
    code = '';
    type = 'Warning';
  }
  if (type !== undefined) validateString(type, 'type');
  if (typeof code === 'function') {
    ctor = code;
    code = '';
  } else if (code !== undefined) {
    validateString(code, 'code');
  }
  if (typeof warning === 'string') {
    warning = createWarningObject(warning, type, code, ctor, detail);
  } else if (!(warning instanceof Error)) {
    throw new ERR_INVALID_ARG_TYPE('warning', ['Error', 'string'], warning);
  }
  if (warning.name === 'DeprecationWarning') {
    if (process.noDeprecation || getOptionValue('--deprecation') === false) return;
    if (process.throwDeprecation || getOptionValue('--throw-deprecation')) {
      process.nextTick(() => {
        throw warning;
      });
      return;
    }
  }
  ensureListener();
  process.nextTick(doEmit, warning);
}

/** Prints a warning at once, without the 'warning' event. */
function emitWarningSync(warning, type, code, ctor) {
  ensureListener();
  doEmit(createWarningObject(warning, type, code, ctor));
}

function createWarningObject(warning, type, code, ctor, detail) {
  const { stackTraceLimit } = Error;
  const keepStack = process.traceProcessWarnings || getOptionValue('--trace-warnings') ||
    process.traceDeprecation || getOptionValue('--trace-deprecation') || type !== 'DeprecationWarning';
  if (!keepStack) Error.stackTraceLimit = 0;
  const error = new Error(warning);
  if (!keepStack) Error.stackTraceLimit = stackTraceLimit;
  error.name = String(type || 'Warning');
  if (code !== undefined && code !== '') error.code = code;
  if (detail !== undefined) error.detail = detail;
  Error.captureStackTrace(error, ctor || process.emitWarning);
  return error;
}

module.exports = { emitWarning, emitWarningSync, onWarning };
