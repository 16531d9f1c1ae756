'use strict';

// Binding contract:
//   internalBinding('util'): constants {kDisallowCloneAndTransfer, kTransferable, kCloneable}, privateSymbols
//     {arrow_message_private_symbol, decorated_private_symbol}, sleep(ms), isInsideNodeModules(frameLimit?, internalOnly?) -> boolean,
//     guessHandleType(fd) -> 'FILE' | 'TTY' | 'PIPE' | 'TCP' | 'UDP' | 'UNKNOWN', getCallSites(n) -> CallSite-like[]
//     defineLazyProperties is not needed: done here
//   internalBinding('uv'): errname(errno) -> string, getErrorMap(), getErrorMessage(errno) -> string
//   internalBinding('constants').os.signals

const {
  codes,
  isErrorStackTraceLimitWritable,
  overrideStackTrace,
  uvErrmapGet,
} = require('internal/errors');
const { validateFunction } = require('internal/validators');

const kEmptyObject = Object.freeze({ __proto__: null });
const kEnumerableProperty = Object.freeze({ __proto__: null, enumerable: true });
const customInspectSymbol = Symbol.for('nodejs.util.inspect.custom');
const kCustomPromisifiedSymbol = Symbol.for('nodejs.util.promisify.custom');
const kCustomPromisifyArgsSymbol = Symbol('customPromisifyArgs');
const kIsEncodingSymbol = Symbol('kIsEncodingSymbol');
const kVmBreakFirstLineSymbol = Symbol('kVmBreakFirstLineSymbol');

const isWindows = process.platform === 'win32';
const isMacOS = process.platform === 'darwin';

const encodingsMap = {
  __proto__: null,
  ascii: 0,
  utf8: 1,
  base64: 2,
  utf16le: 3,
  latin1: 4,
  hex: 5,
  buffer: 6,
  base64url: 7,
};

// Built-in modules have no business in a program's `node_modules`.
const underNodeModules = /[/\\]node_modules[/\\]/i;

function isUnderNodeModules(filename) {
  return underNodeModules.test(filename);
}

/** Removes SGR colour sequences. */
function removeColors(str) {
  // eslint-disable-next-line no-control-regex
  return str.replace(/\u001b\[\d\d?m/g, '');
}

function isError(e) {
  return require('internal/util/types').isNativeError(e) || e instanceof Error;
}

/** A function that computes its value on the first call. */
function getLazy(initializer) {
  let value;
  let known = false;
  return function() {
    if (!known) {
      value = initializer();
      known = true;
    }
    return value;
  };
}

function cachedResult(fn) {
  let result;
  return () => {
    result ??= fn();
    return result.slice();
  };
}

// ---- Deprecations ------------------------------------------------------------------------------------------------------

const codesWarned = new Set();

function isPendingDeprecation() {
  const { getOptionValue } = require('internal/options');
  return getOptionValue('--pending-deprecation') && !getOptionValue('--no-deprecation');
}

/** A function that emits a DeprecationWarning once, and once for all functions that share `code`. */
function getDeprecationWarningEmitter(code, msg, deprecated, useEmitSync, shouldEmitWarning = () => true) {
  let warned = false;
  return function() {
    if (warned || !shouldEmitWarning()) return;
    warned = true;
    if (code === 'ExperimentalWarning') {
      process.emitWarning(msg, code, deprecated);
    } else if (code === undefined) {
      process.emitWarning(msg, 'DeprecationWarning', deprecated);
    } else if (!codesWarned.has(code)) {
      if (useEmitSync) require('internal/process/warning').emitWarningSync(msg, 'DeprecationWarning', code, deprecated);
      else process.emitWarning(msg, 'DeprecationWarning', code, deprecated);
      codesWarned.add(code);
    }
  };
}

/** Makes the wrapper look like the function it wraps. */
function impersonate(wrapper, fn, modifyPrototype) {
  if (modifyPrototype) {
    Object.setPrototypeOf(wrapper, fn);
    // Checks like `f.prototype === …` must hold for deprecated classes too.
    if (fn.prototype) wrapper.prototype = fn.prototype;
  }
  Object.defineProperty(wrapper, 'length', {
    __proto__: null,
    ...Object.getOwnPropertyDescriptor(fn, 'length'),
  });
  return wrapper;
}

/** `util.deprecate` for the library: `code` may be any string. */
function deprecate(fn, msg, code, useEmitSync, modifyPrototype = true) {
  const emit = getDeprecationWarningEmitter(code, msg, deprecated, useEmitSync);
  function deprecated(...args) {
    if (!process.noDeprecation) emit();
    if (new.target) return Reflect.construct(fn, args, new.target);
    return Reflect.apply(fn, this, args);
  }
  return impersonate(deprecated, fn, modifyPrototype);
}

/** Like deprecate(), but warns only under --pending-deprecation. */
function pendingDeprecate(fn, msg, code) {
  const emit = getDeprecationWarningEmitter(code, msg, deprecated, false, isPendingDeprecation);
  function deprecated(...args) {
    emit();
    return Reflect.apply(fn, this, args);
  }
  return impersonate(deprecated, fn, true);
}

/** A getter and setter pair's half that warns when an options property is used. */
function deprecateProperty(key, msg, code, isPendingDeprecationOnly) {
  const emit = getDeprecationWarningEmitter(
    code, msg, undefined, false, isPendingDeprecationOnly ? isPendingDeprecation : () => true);
  return (options) => {
    if (key in options) emit();
  };
}

const instantiationCodes = new Set();

/** Calls to a class without `new`: warns, then constructs. */
function deprecateInstantiation(target, code, ...args) {
  if (!instantiationCodes.has(code)) {
    instantiationCodes.add(code);
    process.emitWarning(
      `Instantiating ${target.name} without the 'new' keyword has been deprecated.`, 'DeprecationWarning', code);
  }
  return Reflect.construct(target, args);
}

const experimentalWarnings = new Set();

function emitExperimentalWarning(feature, messagePrefix, code, ctor) {
  if (experimentalWarnings.has(feature)) return;
  experimentalWarnings.add(feature);
  let msg = `${feature} is an experimental feature and might change at any time`;
  if (messagePrefix) msg = messagePrefix + msg;
  process.emitWarning(msg, 'ExperimentalWarning', code, ctor);
}

// ---- Errors ------------------------------------------------------------------------------------------------------------

/** Puts the source line kept with a SyntaxError in front of its stack. */
function decorateErrorStack(err) {
  const {
    privateSymbols: { arrow_message_private_symbol: arrowSymbol, decorated_private_symbol: decoratedSymbol },
  } = internalBinding('util');
  if (!(isError(err) && err.stack) || err[decoratedSymbol]) return;
  const arrow = err[arrowSymbol];
  if (arrow) {
    err.stack = `${arrow}${err.stack}`;
    err[decoratedSymbol] = true;
  }
}

function getSystemErrorName(err) {
  const entry = uvErrmapGet(err);
  return entry ? entry[0] : `Unknown system error ${err}`;
}

function getSystemErrorMap() {
  return internalBinding('uv').getErrorMap();
}

function getSystemErrorMessage(err) {
  return internalBinding('uv').getErrorMessage(err);
}

let DOMExceptionClass;
function lazyDOMExceptionClass() {
  return DOMExceptionClass ??= require('internal/dom_exception').DOMException;
}

/** A DOMException, whose class is loaded only when one is needed. */
function lazyDOMException(message, name) {
  const DOMException = lazyDOMExceptionClass();
  return new DOMException(message, name);
}

function assertCrypto() {
  if (!process.versions.openssl) throw new codes.ERR_NO_CRYPTO();
}

function assertTypeScript() {
  if (!process.features.typescript) throw new codes.ERR_NO_TYPESCRIPT();
}

// ---- Encodings and signals ----------------------------------------------------------------------------------------------

const encodingAliases = {
  __proto__: null,
  '': 'utf8',
  utf8: 'utf8',
  'utf-8': 'utf8',
  ucs2: 'utf16le',
  'ucs-2': 'utf16le',
  utf16le: 'utf16le',
  'utf-16le': 'utf16le',
  latin1: 'latin1',
  binary: 'latin1',
  base64: 'base64',
  base64url: 'base64url',
  hex: 'hex',
  ascii: 'ascii',
};

/** The canonical name of an encoding, or undefined. No encoding means UTF-8. */
function normalizeEncoding(enc) {
  if (enc == null) return 'utf8';
  if (typeof enc !== 'string') return undefined;
  return encodingAliases[enc] ?? encodingAliases[enc.toLowerCase()];
}

let signalNames;
/** The number of a signal given by name (any case) or number. */
function convertToValidSignal(signal) {
  const { signals } = internalBinding('constants').os;
  if (typeof signal === 'number') {
    if (signalNames === undefined) {
      signalNames = { __proto__: null };
      for (const name of Object.keys(signals)) signalNames[signals[name]] = name;
    }
    if (signalNames[signal]) return signal;
  } else if (typeof signal === 'string') {
    const number = signals[signal.toUpperCase()];
    if (number) return number;
  }
  throw new codes.ERR_UNKNOWN_SIGNAL(signal);
}

/** 128 + n, the exit code shells give to death by signal n. */
function convertProcessSignalToExitCode(signalCode) {
  const { signals } = internalBinding('constants').os;
  require('internal/validators').validateOneOf(signalCode, 'signalCode', Object.keys(signals));
  return 128 + signals[signalCode];
}

// ---- Functions -----------------------------------------------------------------------------------------------------------

/** A callback that is called at most once. */
function once(callback, { preserveReturnValue = false } = kEmptyObject) {
  let called = false;
  let returned;
  return function(...args) {
    if (called) return returned;
    called = true;
    const result = Reflect.apply(callback, this, args);
    returned = preserveReturnValue ? result : undefined;
    return result;
  };
}

/** Turns a function that takes a callback (err, value) last into one that returns a promise. */
/** Lets objects of a class, which have a method for it, be copied into messages. */
function markCloneable(prototype) {
  const { privateSymbols: { transfer_mode_private_symbol: mode }, constants: { kCloneable } } = internalBinding('util');
  Object.defineProperty(prototype, mode, { __proto__: null, value: kCloneable, writable: true, configurable: true });
}

function promisify(original) {
  validateFunction(original, 'original');

  const custom = original[kCustomPromisifiedSymbol];
  if (custom) {
    validateFunction(custom, 'util.promisify.custom');
    return Object.defineProperty(custom, kCustomPromisifiedSymbol, {
      __proto__: null, value: custom, enumerable: false, writable: false, configurable: true,
    });
  }

  // Names of the values when the callback gets several, as with fs.read.
  const names = original[kCustomPromisifyArgsSymbol];

  function fn(...args) {
    return new Promise((resolve, reject) => {
      const returned = Reflect.apply(original, this, [...args, (err, ...values) => {
        if (err) {
          reject(err);
        } else if (names !== undefined && values.length > 1) {
          const result = {};
          for (let i = 0; i < names.length; i++) result[names[i]] = values[i];
          resolve(result);
        } else {
          resolve(values[0]);
        }
      }]);
      if (require('internal/util/types').isPromise(returned)) {
        process.emitWarning(
          'Calling promisify on a function that returns a Promise is likely a mistake.', 'DeprecationWarning', 'DEP0174');
      }
    });
  }

  Object.setPrototypeOf(fn, Object.getPrototypeOf(original));
  Object.defineProperty(fn, kCustomPromisifiedSymbol, {
    __proto__: null, value: fn, enumerable: false, writable: false, configurable: true,
  });
  for (const key of Reflect.ownKeys(original)) {
    const descriptor = Object.getOwnPropertyDescriptor(original, key);
    Object.defineProperty(fn, key, { __proto__: null, ...descriptor });
  }
  return fn;
}
promisify.custom = kCustomPromisifiedSymbol;

/** Gives a function a name (a string or a symbol's description). */
function assignFunctionName(name, fn, descriptor = kEmptyObject) {
  const text = typeof name === 'symbol' ? (name.description ? `[${name.description}]` : '') : name;
  return Object.defineProperty(fn, 'name', {
    __proto__: null,
    writable: false,
    enumerable: false,
    configurable: true,
    ...Object.getOwnPropertyDescriptor(fn, 'name'),
    ...descriptor,
    value: text,
  });
}

// ---- Arrays, objects and interfaces ----------------------------------------------------------------------------------------

/** Array.prototype.join by concatenation, which keeps long parts as ropes. */
function join(output, separator) {
  let text = '';
  const last = output.length - 1;
  for (let i = 0; i <= last; i++) text += i === last ? output[i] : `${output[i]}${separator}`;
  return text;
}

function filterDuplicateStrings(items, low) {
  const map = new Map();
  for (const item of items) {
    const key = item.toLowerCase();
    map.set(key, low ? key : item);
  }
  return [...map.values()].sort();
}

function setOwnProperty(obj, key, value) {
  return Object.defineProperty(obj, key, {
    __proto__: null, configurable: true, enumerable: true, value, writable: true,
  });
}

function getConstructorOf(obj) {
  while (obj) {
    const descriptor = Object.getOwnPropertyDescriptor(obj, 'constructor');
    if (descriptor !== undefined && typeof descriptor.value === 'function' && descriptor.value.name !== '') return descriptor.value;
    obj = Object.getPrototypeOf(obj);
  }
}

// WebIDL: operations are enumerable, interfaces are not.
function defineOperation(target, name, method) {
  Object.defineProperty(target, name, {
    __proto__: null, writable: true, enumerable: true, configurable: true, value: method,
  });
}

function exposeInterface(target, name, interfaceObject) {
  Object.defineProperty(target, name, {
    __proto__: null, writable: true, enumerable: false, configurable: true, value: interfaceObject,
  });
}

function exposeNamespace(target, name, namespaceObject) {
  exposeInterface(target, name, namespaceObject);
}

/** Properties of `target` that load module `id` when first read. */
function defineLazyProperties(target, id, keys, enumerable = true) {
  for (const key of keys) {
    let value;
    let known = false;
    const get = { [key]() {
      if (!known) {
        value = require(id)[key];
        known = true;
      }
      set(value);
      return value;
    } }[key];
    const set = { [key](v) {
      Object.defineProperty(target, key, {
        __proto__: null, writable: true, enumerable, configurable: true, value: v,
      });
    } }[key];
    Object.defineProperty(get, 'name', { __proto__: null, value: key });
    Object.defineProperty(target, key, { __proto__: null, enumerable, configurable: true, get, set });
  }
}

function exposeLazyInterfaces(target, id, keys) {
  defineLazyProperties(target, id, keys, false);
}

/** Like defineLazyProperties(), with a brand check on the global object. */
function defineReplaceableLazyAttribute(target, id, keys, writable = true, check) {
  for (const key of keys) {
    let value;
    const get = { [key]() {
      if (check !== undefined) check.call(this);
      return value ??= require(id)[key];
    } }[key];
    const set = writable ? { [key](v) {
      Object.defineProperty(target, key, {
        __proto__: null, writable: true, enumerable: true, configurable: true, value: v,
      });
    } }[key] : undefined;
    Object.defineProperty(get, 'name', { __proto__: null, value: `get ${key}` });
    if (set) Object.defineProperty(set, 'name', { __proto__: null, value: `set ${key}` });
    Object.defineProperty(target, key, { __proto__: null, enumerable: true, configurable: true, get, set });
  }
}

// ---- Regular expressions ---------------------------------------------------------------------------------------------------

// Matching leaves traces in the legacy static properties (RegExp.$1). These copies are made in another realm where
// one exists; without it the match is run on a fresh object, which is what matters to callers.
function fresh(regex) {
  const { source, flags } = regex;
  return new RegExp(source, flags);
}

function SideEffectFreeRegExpPrototypeExec(regex, string) {
  return fresh(regex).exec(string);
}

function SideEffectFreeRegExpPrototypeSymbolReplace(regex, string, replacement) {
  return fresh(regex)[Symbol.replace](string, replacement);
}

function SideEffectFreeRegExpPrototypeSymbolSplit(regex, string, limit = undefined) {
  return fresh(regex)[Symbol.split](string, limit);
}

// ---- System ------------------------------------------------------------------------------------------------------------------

function sleep(msec) {
  require('internal/validators').validateUint32(msec, 'msec');
  internalBinding('util').sleep(msec);
}

const handleTypes = ['TCP', 'TTY', 'UDP', 'FILE', 'PIPE', 'UNKNOWN', 'INVALID'];

function guessHandleType(fd) {
  const type = internalBinding('util').guessHandleType(fd);
  return typeof type === 'number' ? handleTypes[type] : type;
}

function constructSharedArrayBuffer(length) {
  return new SharedArrayBuffer(length);
}

/** The call sites of the caller, as objects. */
function getStructuredStack() {
  const limitWritable = isErrorStackTraceLimitWritable();
  const limit = Error.stackTraceLimit;
  if (limitWritable) Error.stackTraceLimit = Infinity;
  const holder = {};
  overrideStackTrace.set(holder, (_, trace) => trace);
  Error.captureStackTrace(holder, getStructuredStack);
  const { stack } = holder;
  if (limitWritable) Error.stackTraceLimit = limit;
  return stack;
}

let cachedCwd;
let cachedCwdUrl;
/** The URL of the current directory, with a slash at the end. */
function getCWDURL() {
  const cwd = process.cwd();
  if (cwd !== cachedCwd) {
    cachedCwd = cwd;
    cachedCwdUrl = require('internal/url').pathToFileURL(`${cwd}/`);
  }
  return cachedCwdUrl;
}

function countOnes(n) {
  let count = 0;
  for (; n !== 0; n &= n - 1) count++;
  return count;
}

/** address/prefix length, or null when the netmask has holes. */
function getCIDR(address, netmask, family) {
  const v6 = family === 'IPv6';
  let ones = 0;
  let ended = false;
  for (const part of netmask.split(v6 ? ':' : '.')) {
    if (part === '') continue;
    const value = Number.parseInt(part, v6 ? 16 : 10);
    const bits = countOnes(value);
    const width = v6 ? 16 : 8;
    const contiguous = value === ((1 << width) - 1 & ~((1 << (width - bits)) - 1));
    if (!contiguous || (ended && bits !== 0)) return null;
    if (bits !== width) ended = true;
    ones += bits;
  }
  return `${address}/${ones}`;
}

function setupCoverageHooks(dir) {
  const { resolve } = require('path');
  return resolve(process.cwd(), dir);
}

/** A reference that can be made strong and weak again. */
class WeakReference {
  #weak;
  #strong;
  #refCount = 0;

  constructor(object) {
    this.#weak = new WeakRef(object);
  }

  incRef() {
    if (++this.#refCount === 1) {
      const target = this.#weak.deref();
      if (target !== undefined) this.#strong = target;
    }
    return this.#refCount;
  }

  decRef() {
    if (--this.#refCount === 0) this.#strong = undefined;
    return this.#refCount;
  }

  get() {
    return this.#weak.deref();
  }
}

module.exports = {
  getLazy,
  assertCrypto,
  assertTypeScript,
  assignFunctionName,
  cachedResult,
  constructSharedArrayBuffer,
  convertProcessSignalToExitCode,
  convertToValidSignal,
  decorateErrorStack,
  defineOperation,
  defineLazyProperties,
  defineReplaceableLazyAttribute,
  deprecate,
  deprecateInstantiation,
  deprecateProperty,
  emitExperimentalWarning,
  encodingsMap,
  exposeInterface,
  exposeLazyInterfaces,
  exposeNamespace,
  filterDuplicateStrings,
  getConstructorOf,
  getCIDR,
  getCWDURL,
  getStructuredStack,
  getSystemErrorMap,
  getSystemErrorName,
  getSystemErrorMessage,
  guessHandleType,
  isError,
  isUnderNodeModules,
  isMacOS,
  isWindows,
  join,
  lazyDOMException,
  lazyDOMExceptionClass,
  normalizeEncoding,
  once,
  promisify,
  SideEffectFreeRegExpPrototypeExec,
  SideEffectFreeRegExpPrototypeSymbolReplace,
  SideEffectFreeRegExpPrototypeSymbolSplit,
  sleep,
  setupCoverageHooks,
  removeColors,
  // Symbols other modules use to talk to these functions.
  customPromisifyArgs: kCustomPromisifyArgsSymbol,
  markCloneable,
  customInspectSymbol,
  kIsEncodingSymbol,
  kVmBreakFirstLineSymbol,
  kEmptyObject,
  kEnumerableProperty,
  setOwnProperty,
  pendingDeprecate,
  WeakReference,
  isPendingDeprecation,
  getDeprecationWarningEmitter,
};
