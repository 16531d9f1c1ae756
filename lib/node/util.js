'use strict';

// Binding contract: internalBinding('util'): parseEnv(text) -> object, getCallSites(count) -> {functionName, scriptId, scriptName,
//   lineNumber, columnNumber, column}[], markPromiseAsHandled(promise), defineLazyProperties not used

const {
  ErrnoException,
  ExceptionWithHostPort,
  codes: { ERR_FALSY_VALUE_REJECTION, ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE },
  isErrorStackTraceLimitWritable,
} = require('internal/errors');
const { format, formatWithOptions, inspect, stripVTControlCharacters } = require('internal/util/inspect');
const { debuglog } = require('internal/util/debuglog');
const {
  validateBoolean, validateFunction, validateInteger, validateNumber, validateObject, validateOneOf, validateString,
} = require('internal/validators');
const types = require('internal/util/types');
const internalUtil = require('internal/util');
const { defineLazyProperties, deprecate: internalDeprecate, kEmptyObject } = internalUtil;

// ---- callbackify -----------------------------------------------------------------------------------------------------------------

function callbackifyOnRejected(reason, cb) {
  // A falsy reason would look like success.
  if (!reason) {
    reason = new ERR_FALSY_VALUE_REJECTION(reason);
    Error.captureStackTrace(reason, callbackifyOnRejected);
  }
  return cb(reason);
}

/** Turns an async function into one that takes a callback (err, value) last. */
function callbackify(original) {
  validateFunction(original, 'original');
  function callbackified(...args) {
    const maybeCb = args.pop();
    validateFunction(maybeCb, 'last argument');
    const cb = maybeCb.bind(this);
    // Off the promise's job: what the callback throws is uncaught, not a rejection.
    Reflect.apply(original, this, args).then(
      (value) => process.nextTick(cb, null, value),
      (reason) => process.nextTick(callbackifyOnRejected, reason, cb));
  }
  const descriptors = Object.getOwnPropertyDescriptors(original);
  if (typeof descriptors.length.value === 'number') descriptors.length.value++;
  if (typeof descriptors.name.value === 'string') descriptors.name.value += 'Callbackified';
  for (const key of Reflect.ownKeys(descriptors)) Object.setPrototypeOf(descriptors[key], null);
  Object.defineProperties(callbackified, descriptors);
  return callbackified;
}

// ---- styleText ---------------------------------------------------------------------------------------------------------------------

const hexColor = /^#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/;

function hexStyle(style) {
  let digits = style.slice(1);
  if (digits.length === 3) digits = digits.replace(/./g, '$&$&');
  const value = Number.parseInt(digits, 16);
  return [`38;2;${value >> 16};${(value >> 8) & 255};${value & 255}`, 39];
}

function stylesOf(format) {
  return (Array.isArray(format) ? format : [format]).map((key) => {
    if (key === 'none') return undefined;
    const codes = inspect.colors[key];
    if (codes !== undefined) return codes;
    if (typeof key === 'string' && hexColor.test(key)) return hexStyle(key);
    validateOneOf(key, 'format', Object.keys(inspect.colors));
    return undefined;
  });
}

/** `util.styleText`: wraps `text` in the sequences of one style or several. */
function styleText(format, text, options) {
  const validateStream = options?.validateStream ?? true;
  const stream = options?.stream ?? process.stdout;
  validateString(text, 'text');
  if (options !== undefined) validateObject(options, 'options');
  validateBoolean(validateStream, 'options.validateStream');

  let skip = false;
  if (validateStream) {
    if (stream === null || typeof stream !== 'object' ||
        (typeof stream.write !== 'function' && typeof stream.pipe !== 'function' && typeof stream.getReader !== 'function' &&
         typeof stream.getWriter !== 'function')) {
      throw new ERR_INVALID_ARG_TYPE('stream', ['ReadableStream', 'WritableStream', 'Stream'], stream);
    }
    skip = !require('internal/util/colors').shouldColorize(stream);
  }

  let left = '';
  let right = '';
  let content = text;
  for (const codes of stylesOf(format)) {
    if (codes === undefined) continue;
    const open = `\u001b[${codes[0]}m`;
    const close = `\u001b[${codes[1]}m`;
    left += open;
    right = close + right;
    // An inner end of the same kind would end the outer style too.
    const replacement = codes[1] === 22 ? `${close}${open}` : open;
    for (let at = content.indexOf(close); at !== -1 && at + close.length < content.length;) {
      content = `${content.slice(0, at)}${replacement}${content.slice(at + close.length)}`;
      at = content.indexOf(close, at + replacement.length);
    }
  }
  return skip ? text : `${left}${content}${right}`;
}

// ---- Others ---------------------------------------------------------------------------------------------------------------------------

function inherits(ctor, superCtor) {
  if (ctor === undefined || ctor === null) throw new ERR_INVALID_ARG_TYPE('ctor', 'Function', ctor);
  if (superCtor === undefined || superCtor === null) throw new ERR_INVALID_ARG_TYPE('superCtor', 'Function', superCtor);
  if (superCtor.prototype === undefined) throw new ERR_INVALID_ARG_TYPE('superCtor.prototype', 'Object', superCtor.prototype);
  Object.defineProperty(ctor, 'super_', { __proto__: null, value: superCtor, writable: true, configurable: true });
  Object.setPrototypeOf(ctor.prototype, superCtor.prototype);
}

function _extend(target, source) {
  if (source === null || typeof source !== 'object') return target;
  for (const key of Object.keys(source)) target[key] = source[key];
  return target;
}

function validateErrno(err) {
  validateNumber(err, 'err');
  if (err >= 0 || !Number.isSafeInteger(err)) throw new ERR_OUT_OF_RANGE('err', 'a negative integer', err);
}

function getSystemErrorName(err) {
  validateErrno(err);
  return internalUtil.getSystemErrorName(err);
}

function getSystemErrorMessage(err) {
  validateErrno(err);
  return internalUtil.getSystemErrorMessage(err);
}

function getSystemErrorMap() {
  return internalUtil.getSystemErrorMap();
}

function _errnoException(...args) {
  if (isErrorStackTraceLimitWritable()) {
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    const error = ErrnoException(...args);
    Error.stackTraceLimit = limit;
    Error.captureStackTrace(error, _errnoException);
    return error;
  }
  return ErrnoException(...args);
}

function _exceptionWithHostPort(...args) {
  const error = ExceptionWithHostPort(...args);
  Error.captureStackTrace(error, _exceptionWithHostPort);
  return error;
}

/** The call sites of the caller, as plain objects. */
function getCallSites(frameCount = 10, options) {
  if (options === undefined && frameCount !== null && typeof frameCount === 'object') {
    options = frameCount;
    validateObject(options, 'options');
    frameCount = 10;
  }
  if (options !== undefined) {
    validateObject(options, 'options');
    if (options.sourceMap !== undefined) validateBoolean(options.sourceMap, 'options.sourceMap');
  }
  validateInteger(frameCount, 'frameCount', 1, 200);
  return internalBinding('util').getCallSites(frameCount);
}

function parseEnv(content) {
  validateString(content, 'content');
  return internalBinding('util').parseEnv(content);
}

function deprecate(fn, msg, code, { modifyPrototype } = kEmptyObject) {
  if (code !== undefined) validateString(code, 'code');
  return internalDeprecate(fn, msg, code, undefined, modifyPrototype);
}

function toUSVString(input) {
  return `${input}`.toWellFormed();
}

function isDeepStrictEqual(a, b, skipPrototype) {
  return require('internal/util/comparisons').isDeepStrictEqual(a, b, skipPrototype);
}

function isPartialDeepStrictEqual(a, b) {
  return require('internal/util/comparisons').isPartialStrictEqual(a, b);
}

function markPromiseAsHandled(promise) {
  if (!types.isPromise(promise)) throw new ERR_INVALID_ARG_TYPE('promise', 'Promise', promise);
  internalBinding('util').markPromiseAsHandled(promise);
}

module.exports = {
  _errnoException,
  _exceptionWithHostPort,
  _extend: internalDeprecate(
    _extend, 'The `util._extend` API is deprecated. Please use Object.assign() instead.', 'DEP0060'),
  callbackify,
  convertProcessSignalToExitCode: internalUtil.convertProcessSignalToExitCode,
  debug: debuglog,
  debuglog,
  deprecate,
  format,
  styleText,
  formatWithOptions,
  getCallSites,
  getSystemErrorMap,
  getSystemErrorName,
  getSystemErrorMessage,
  inherits,
  inspect,
  isArray: internalDeprecate(
    Array.isArray, 'The `util.isArray` API is deprecated. Please use `Array.isArray()` instead.', 'DEP0044'),
  isDeepStrictEqual,
  isPartialDeepStrictEqual,
  markPromiseAsHandled,
  promisify: internalUtil.promisify,
  stripVTControlCharacters,
  toUSVString,
  types,
  parseEnv,
};

defineLazyProperties(module.exports, 'internal/abort_controller', [
  'transferableAbortSignal', 'transferableAbortController', 'aborted',
]);
defineLazyProperties(module.exports, 'internal/util/parse_args/parse_args', ['parseArgs']);
defineLazyProperties(module.exports, 'internal/encoding', ['TextDecoder', 'TextEncoder']);
defineLazyProperties(module.exports, 'internal/mime', ['MIMEType', 'MIMEParams']);
defineLazyProperties(module.exports, 'internal/util/diff', ['diff']);
defineLazyProperties(module.exports, 'internal/util/limit', ['debounce', 'throttle']);
