'use strict';

// Binding contract: internalBinding('constants').os.signals (name -> number)

const { codes } = require('internal/errors');

// A failing check throws through fail(), which makes the validator's caller the top of the trace: the passing
// path, which is the one that counts, is a plain function without a wrapper.
function fail(error, validator) {
  if (Error.stackTraceLimit) Error.captureStackTrace(error, validator);
  throw error;
}

function isInt32(value) {
  return value === (value | 0);
}

function isUint32(value) {
  return value === (value >>> 0);
}

const octal = /^[0-7]+$/;

/** Reads a file mode: an unsigned 32-bit integer or an octal string. */
function parseFileMode(value, name, def) {
  value ??= def;
  if (typeof value === 'string') {
    if (!octal.test(value)) {
      fail(new codes.ERR_INVALID_ARG_VALUE.HideStackFramesError(name, value, 'must be a 32-bit unsigned integer or an octal string'), parseFileMode);
    }
    value = Number.parseInt(value, 8);
  }
  validateUint32(value, name);
  return value;
}

function checkInteger(value, name, min, max, validator) {
  if (typeof value !== 'number') fail(new codes.ERR_INVALID_ARG_TYPE.HideStackFramesError(name, 'number', value), validator);
  if (!Number.isInteger(value)) fail(new codes.ERR_OUT_OF_RANGE.HideStackFramesError(name, 'an integer', value), validator);
  if (value < min || value > max) fail(new codes.ERR_OUT_OF_RANGE.HideStackFramesError(name, `>= ${min} && <= ${max}`, value), validator);
}

function validateInteger(value, name, min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER) {
  checkInteger(value, name, min, max, validateInteger);
}

function validateInt32(value, name, min = -2147483648, max = 2147483647) {
  checkInteger(value, name, min, max, validateInt32);
}

function validateUint32(value, name, positive = false) {
  checkInteger(value, name, positive ? 1 : 0, 4294967295, validateUint32);
}

function validateString(value, name) {
  if (typeof value !== 'string') fail(new codes.ERR_INVALID_ARG_TYPE.HideStackFramesError(name, 'string', value), validateString);
}

function validateStringWithoutNullBytes(value, name) {
  if (typeof value !== 'string') fail(new codes.ERR_INVALID_ARG_TYPE.HideStackFramesError(name, 'string', value), validateStringWithoutNullBytes);
  if (value.includes('\u0000')) {
    fail(new codes.ERR_INVALID_ARG_VALUE.HideStackFramesError(name, value, 'must be a string without null bytes'), validateStringWithoutNullBytes);
  }
}

function validateNumber(value, name, min = undefined, max) {
  if (typeof value !== 'number') fail(new codes.ERR_INVALID_ARG_TYPE.HideStackFramesError(name, 'number', value), validateNumber);
  if ((min != null && value < min) || (max != null && value > max) ||
      ((min != null || max != null) && Number.isNaN(value))) {
    const range = `${min != null ? `>= ${min}` : ''}${min != null && max != null ? ' && ' : ''}` +
      `${max != null ? `<= ${max}` : ''}`;
    fail(new codes.ERR_OUT_OF_RANGE.HideStackFramesError(name, range, value), validateNumber);
  }
}

function validateOneOf(value, name, oneOf) {
  if (oneOf.includes(value)) return;
  const allowed = oneOf.map((v) => (typeof v === 'string' ? `'${v}'` : String(v))).join(', ');
  fail(new codes.ERR_INVALID_ARG_VALUE.HideStackFramesError(name, value, `must be one of: ${allowed}`), validateOneOf);
}

function validateBoolean(value, name) {
  if (typeof value !== 'boolean') fail(new codes.ERR_INVALID_ARG_TYPE.HideStackFramesError(name, 'boolean', value), validateBoolean);
}

const kValidateObjectNone = 0;
const kValidateObjectAllowNullable = 1 << 0;
const kValidateObjectAllowArray = 1 << 1;
const kValidateObjectAllowFunction = 1 << 2;
const kValidateObjectAllowObjects = kValidateObjectAllowArray | kValidateObjectAllowFunction;
const kValidateObjectAllowObjectsAndNull = kValidateObjectAllowObjects | kValidateObjectAllowNullable;

function validateObject(value, name, options = kValidateObjectNone) {
  if (value === null) {
    if (options & kValidateObjectAllowNullable) return;
  } else if (typeof value === 'object') {
    if (options & kValidateObjectAllowArray || !Array.isArray(value)) return;
  } else if (typeof value === 'function' && options & kValidateObjectAllowFunction) {
    return;
  }
  fail(new codes.ERR_INVALID_ARG_TYPE.HideStackFramesError(name, 'Object', value), validateObject);
}

/** A WebIDL dictionary: an object, a function, null or undefined. */
function validateDictionary(value, name) {
  if (value != null && typeof value !== 'object' && typeof value !== 'function') {
    fail(new codes.ERR_INVALID_ARG_TYPE.HideStackFramesError(name, 'a dictionary', value), validateDictionary);
  }
}

function validateArray(value, name, minLength = 0) {
  if (!Array.isArray(value)) fail(new codes.ERR_INVALID_ARG_TYPE.HideStackFramesError(name, 'Array', value), validateArray);
  if (value.length < minLength) {
    fail(new codes.ERR_INVALID_ARG_VALUE.HideStackFramesError(name, value, `must have a length of at least ${minLength}`), validateArray);
  }
}

function validateStringArray(value, name) {
  validateArray(value, name);
  for (let i = 0; i < value.length; i++) validateString(value[i], `${name}[${i}]`);
}

function validateBooleanArray(value, name) {
  validateArray(value, name);
  for (let i = 0; i < value.length; i++) validateBoolean(value[i], `${name}[${i}]`);
}

function validateAbortSignalArray(value, name) {
  validateArray(value, name);
  for (let i = 0; i < value.length; i++) {
    const signal = value[i];
    if (signal == null) {
      fail(new codes.ERR_INVALID_ARG_TYPE.HideStackFramesError(`${name}[${i}]`, 'AbortSignal', signal), validateAbortSignalArray);
    }
    validateAbortSignal(signal, `${name}[${i}]`);
  }
}

function validateSignalName(signal, name = 'signal') {
  validateString(signal, name);
  const { signals } = internalBinding('constants').os;
  if (signals[signal] !== undefined) return;
  if (signals[signal.toUpperCase()] !== undefined) {
    fail(new codes.ERR_UNKNOWN_SIGNAL.HideStackFramesError(`${signal} (signals must use all capital letters)`), validateSignalName);
  }
  fail(new codes.ERR_UNKNOWN_SIGNAL.HideStackFramesError(signal), validateSignalName);
}

function validateBuffer(buffer, name = 'buffer') {
  if (!ArrayBuffer.isView(buffer)) {
    fail(new codes.ERR_INVALID_ARG_TYPE.HideStackFramesError(name, ['Buffer', 'TypedArray', 'DataView'], buffer), validateBuffer);
  }
}

function validateEncoding(data, encoding) {
  if (require('internal/util').normalizeEncoding(encoding) === 'hex' && data.length % 2 !== 0) {
    fail(new codes.ERR_INVALID_ARG_VALUE.HideStackFramesError('encoding', encoding, `is invalid for data of length ${data.length}`), validateEncoding);
  }
}

/** Reads a port number, also from a string of digits. */
function validatePort(port, name = 'Port', allowZero = true) {
  if ((typeof port !== 'number' && typeof port !== 'string') ||
      (typeof port === 'string' && port.trim().length === 0) ||
      +port !== (+port >>> 0) || port > 0xFFFF || (port === 0 && !allowZero)) {
    fail(new codes.ERR_SOCKET_BAD_PORT.HideStackFramesError(name, port, allowZero), validatePort);
  }
  return port | 0;
}

function validateAbortSignal(signal, name) {
  if (signal !== undefined && (signal === null || typeof signal !== 'object' || !('aborted' in signal))) {
    fail(new codes.ERR_INVALID_ARG_TYPE.HideStackFramesError(name, 'AbortSignal', signal), validateAbortSignal);
  }
}

function validateFunction(value, name) {
  if (typeof value !== 'function') fail(new codes.ERR_INVALID_ARG_TYPE.HideStackFramesError(name, 'Function', value), validateFunction);
}

function validatePlainFunction(value, name) {
  if (typeof value !== 'function' || require('internal/util/types').isAsyncFunction(value)) {
    fail(new codes.ERR_INVALID_ARG_TYPE.HideStackFramesError(name, 'Function', value), validatePlainFunction);
  }
}

function validateUndefined(value, name) {
  if (value !== undefined) fail(new codes.ERR_INVALID_ARG_TYPE.HideStackFramesError(name, 'undefined', value), validateUndefined);
}

function validateUnion(value, name, union) {
  if (!union.includes(value)) fail(new codes.ERR_INVALID_ARG_TYPE.HideStackFramesError(name, `('${union.join('|')}')`, value), validateUnion);
}

// RFC 8288: <uri-reference>; parameter=value …
const linkValue = /^(?:<[^>]*>)(?:\s*;\s*[^;"\s]+(?:=(")?[^;"\s]*\1)?)*$/;
const linkHint = 'must be an array or string of format "</styles.css>; rel=preload; as=style"';

function checkLink(value, validator) {
  if (typeof value !== 'string' || !linkValue.test(value)) {
    fail(new codes.ERR_INVALID_ARG_VALUE.HideStackFramesError('hints', value, linkHint), validator);
  }
}

/** Returns the Link header made of one hint or a list of hints. */
function validateLinkHeaderValue(hints) {
  if (typeof hints === 'string') {
    checkLink(hints, validateLinkHeaderValue);
    return hints;
  }
  if (!Array.isArray(hints)) fail(new codes.ERR_INVALID_ARG_VALUE.HideStackFramesError('hints', hints, linkHint), validateLinkHeaderValue);
  for (const hint of hints) checkLink(hint, validateLinkHeaderValue);
  return hints.join(', ');
}

function validateThisInternalField(object, fieldKey, name) {
  if (object === null || typeof object !== 'object' || !Object.hasOwn(object, fieldKey)) {
    fail(new codes.ERR_INVALID_THIS.HideStackFramesError(name), validateThisInternalField);
  }
}

/** False for undefined and NaN, which mean "use the default"; true for a finite number. */
function validateFiniteNumber(number, name) {
  if (number === undefined || Number.isNaN(number)) return false;
  if (Number.isFinite(number)) return true;
  validateNumber(number, name);
  fail(new codes.ERR_OUT_OF_RANGE.HideStackFramesError(name, 'a finite number', number), validateFiniteNumber);
}

function checkRangesOrGetDefault(number, name, lower, upper, def) {
  if (!validateFiniteNumber(number, name)) return def;
  if (number < lower || number > upper) {
    fail(new codes.ERR_OUT_OF_RANGE.HideStackFramesError(name, `>= ${lower} and <= ${upper}`, number), checkRangesOrGetDefault);
  }
  return number;
}

const ignoreTypes = ['string', 'RegExp', 'Function'];

function validateIgnoreOptionElement(value, name) {
  if (typeof value !== 'string' && typeof value !== 'function' && !require('internal/util/types').isRegExp(value)) {
    fail(new codes.ERR_INVALID_ARG_TYPE.HideStackFramesError(name, ignoreTypes, value), validateIgnoreOption);
  }
  if (value === '') fail(new codes.ERR_INVALID_ARG_VALUE.HideStackFramesError(name, value, 'must be a non-empty string'), validateIgnoreOption);
}

function validateIgnoreOption(value, name) {
  if (value == null) return;
  if (Array.isArray(value)) {
    value.forEach((element, i) => validateIgnoreOptionElement(element, `${name}[${i}]`));
    return;
  }
  validateIgnoreOptionElement(value, name);
}

module.exports = {
  isInt32,
  isUint32,
  parseFileMode,
  validateArray,
  validateStringArray,
  validateBooleanArray,
  validateAbortSignalArray,
  validateBoolean,
  validateBuffer,
  validateDictionary,
  validateEncoding,
  validateFunction,
  validateIgnoreOption,
  validateInt32,
  validateInteger,
  validateNumber,
  validateObject,
  kValidateObjectNone,
  kValidateObjectAllowNullable,
  kValidateObjectAllowArray,
  kValidateObjectAllowFunction,
  kValidateObjectAllowObjects,
  kValidateObjectAllowObjectsAndNull,
  validateOneOf,
  validatePlainFunction,
  validatePort,
  validateSignalName,
  validateString,
  validateStringWithoutNullBytes,
  validateUint32,
  validateUndefined,
  validateUnion,
  validateAbortSignal,
  validateLinkHeaderValue,
  validateThisInternalField,
  validateFiniteNumber,
  checkRangesOrGetDefault,
};

// Callers may ask for the variant that leaves stack frames alone; ours never adds any.
for (const validator of Object.values(module.exports)) {
  if (typeof validator === 'function') validator.withoutStackTrace = validator;
}
