'use strict';

// Binding contract: internalBinding('util').getOwnNonIndexProperties(object, filter), constants {ONLY_ENUMERABLE}

const {
  getOwnNonIndexProperties,
  constants: { ONLY_ENUMERABLE },
} = internalBinding('util');
const types = require('internal/util/types');
const {
  isAnyArrayBuffer, isArrayBufferView, isBigIntObject, isBooleanObject, isBoxedPrimitive, isCryptoKey, isDataView, isDate,
  isKeyObject, isMap, isNativeError, isNumberObject, isPromise, isRegExp, isSet, isStringObject, isSymbolObject,
  isTypedArray, isFloat16Array, isFloat32Array, isFloat64Array, isWeakMap, isWeakSet,
} = types;

const { hasOwn } = Object;
const { propertyIsEnumerable } = Object.prototype;
const objectToString = Object.prototype.toString;

const kLoose = 0;
const kStrict = 1;
const kPartial = 2;
// Strict, but objects of different classes may be equal.
const kStrictSkipPrototype = 3;

// What the two values are iterated as.
const kNoIterator = 0;
const kIsArray = 1;
const kIsSet = 2;
const kIsMap = 3;

function symbolsOf(object) {
  return Object.getOwnPropertySymbols(object).filter((symbol) => propertyIsEnumerable.call(object, symbol));
}

function isUrl(value) {
  return require('internal/url').isURL(value);
}

// ---- Leaves --------------------------------------------------------------------------------------------------------------------

function sameDates(a, b) {
  const timeA = Date.prototype.getTime.call(a);
  const timeB = Date.prototype.getTime.call(b);
  return timeA === timeB || (Number.isNaN(timeA) && Number.isNaN(timeB));
}

function sameRegExps(a, b) {
  return a.source === b.source && a.flags === b.flags && a.lastIndex === b.lastIndex;
}

function sameBytes(a, b) {
  if (a.byteLength !== b.byteLength) return false;
  const left = new Uint8Array(a.buffer ?? a, a.byteOffset ?? 0, a.byteLength);
  const right = new Uint8Array(b.buffer ?? b, b.byteOffset ?? 0, b.byteLength);
  for (let i = 0; i < left.length; i++) if (left[i] !== right[i]) return false;
  return true;
}

// Loosely 0 and -0 are one, which their bytes are not.
function sameFloats(a, b) {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Whether the bytes of b come in this order within a. */
function includesBytes(a, b) {
  const left = new Uint8Array(a.buffer ?? a, a.byteOffset ?? 0, a.byteLength);
  const right = new Uint8Array(b.buffer ?? b, b.byteOffset ?? 0, b.byteLength);
  let j = 0;
  for (let i = 0; i < left.length && j < right.length; i++) if (left[i] === right[j]) j++;
  return j === right.length;
}

function includesFloats(a, b) {
  let j = 0;
  for (let i = 0; i < a.length && j < b.length; i++) if (Object.is(a[i], b[j])) j++;
  return j === b.length;
}

function sameBoxed(a, b) {
  for (const [test, { valueOf }] of [
    [isNumberObject, Number.prototype], [isStringObject, String.prototype], [isBooleanObject, Boolean.prototype],
    [isBigIntObject, BigInt.prototype], [isSymbolObject, Symbol.prototype],
  ]) {
    if (test(a)) return test(b) && Object.is(valueOf.call(a), valueOf.call(b));
  }
  return false;
}

// ---- Any two values ---------------------------------------------------------------------------------------------------------------

function innerDeepEqual(a, b, mode, memos) {
  if (a === b) return a !== 0 || Object.is(a, b) || mode === kLoose;

  if (mode !== kLoose) {
    if (typeof a === 'number') return Number.isNaN(a) && Number.isNaN(b);
    if (typeof b !== 'object' || typeof a !== 'object' || a === null || b === null) return false;
  } else {
    if (a === null || typeof a !== 'object') {
      return (b === null || typeof b !== 'object') &&
        // eslint-disable-next-line eqeqeq
        (a == b || (Number.isNaN(a) && Number.isNaN(b)));
    }
    if (b === null || typeof b !== 'object') return false;
  }
  return objectsEqual(a, b, mode, memos);
}

function sameClass(a, b) {
  if (Object.getPrototypeOf(a) === Object.getPrototypeOf(b)) return true;
  // Both say they are plain objects.
  return a.constructor === Object && b.constructor === Object && !hasOwn(a, 'constructor') && !hasOwn(b, 'constructor');
}

/** Compares two objects by kind, then by their properties. */
function objectsEqual(a, b, mode, memos) {
  if (mode === kStrict && !sameClass(a, b)) return false;
  const tagA = objectToString.call(a);
  const tagB = objectToString.call(b);
  if (tagA !== tagB) return false;

  if (Array.isArray(a)) {
    if (!Array.isArray(b) || (mode === kPartial ? a.length < b.length : a.length !== b.length)) return false;
    const filter = mode === kLoose ? (v) => getOwnNonIndexProperties(v, ONLY_ENUMERABLE).filter((k) => typeof k === 'string') :
      (v) => getOwnNonIndexProperties(v, ONLY_ENUMERABLE);
    const keysA = filter(a);
    const keysB = filter(b);
    if (mode !== kPartial && keysA.length !== keysB.length) return false;
    return keysEqual(a, b, mode, memos, kIsArray, keysB);
  }
  if (tagA === '[object Object]' && !isBoxedPrimitive(a) && !isSpecialObject(a)) {
    if (isSpecialObject(b) || Array.isArray(b) || isBoxedPrimitive(b)) return false;
    return keysEqual(a, b, mode, memos, kNoIterator);
  }
  if (isDate(a)) {
    if (!isDate(b) || !sameDates(a, b)) return false;
  } else if (isRegExp(a)) {
    if (!isRegExp(b) || !sameRegExps(a, b)) return false;
  } else if (isArrayBufferView(a)) {
    if (!isArrayBufferView(b)) return false;
    if (isTypedArray(a) !== isTypedArray(b)) return false;
    if (mode === kPartial) {
      const floats = isFloat16Array(a) || isFloat32Array(a) || isFloat64Array(a);
      if (a.byteLength < b.byteLength || !(floats && isTypedArray(b) ? includesFloats(a, b) : includesBytes(a, b))) return false;
    } else if (mode === kLoose && (isFloat16Array(a) || isFloat32Array(a) || isFloat64Array(a))) {
      if (!sameFloats(a, b)) return false;
    } else if (!sameBytes(a, b)) {
      return false;
    }
    const filter = (v) => getOwnNonIndexProperties(v, ONLY_ENUMERABLE).filter((k) => mode !== kLoose || typeof k === 'string');
    const keysB = isDataView(b) ? Object.keys(b) : filter(b);
    const keysA = isDataView(a) ? Object.keys(a) : filter(a);
    if (mode !== kPartial && keysA.length !== keysB.length) return false;
    return keysEqual(a, b, mode, memos, kNoIterator, keysB);
  } else if (isSet(a)) {
    if (!isSet(b) || (mode === kPartial ? a.size < b.size : a.size !== b.size)) return false;
    return keysEqual(a, b, mode, memos, kIsSet);
  } else if (isMap(a)) {
    if (!isMap(b) || (mode === kPartial ? a.size < b.size : a.size !== b.size)) return false;
    return keysEqual(a, b, mode, memos, kIsMap);
  } else if (isAnyArrayBuffer(a)) {
    if (!isAnyArrayBuffer(b) || types.isSharedArrayBuffer(a) !== types.isSharedArrayBuffer(b)) return false;
    if (mode === kPartial ? !includesBytes(a, b) : !sameBytes(a, b)) return false;
  } else if (isBoxedPrimitive(a)) {
    if (!sameBoxed(a, b)) return false;
  } else if (isErrorLike(a)) {
    // Not enumerable, and yet what makes an error.
    if (!isErrorLike(b) || !sameErrors(a, b, mode, memos)) return false;
  } else if (isUrl(a)) {
    if (!isUrl(b) || a.href !== b.href) return false;
  } else if (isWeakMap(a) || isWeakSet(a) || isPromise(a)) {
    // Their contents cannot be seen: only the same object is equal.
    return false;
  } else if (isKeyObject(a)) {
    if (!isKeyObject(b) || !a.equals(b)) return false;
  } else if (isCryptoKey(a)) {
    if (!isCryptoKey(b)) return false;
    const { kKeyObject } = require('internal/crypto/util');
    if (a.extractable !== b.extractable || !innerDeepEqual(a.algorithm, b.algorithm, mode, memos) ||
        !innerDeepEqual(a.usages, b.usages, mode, memos) ||
        (kKeyObject !== undefined && !innerDeepEqual(a[kKeyObject], b[kKeyObject], mode, memos))) return false;
  } else if (Array.isArray(b) || isArrayBufferView(b) || isSet(b) || isMap(b) || isDate(b) || isRegExp(b) ||
             isAnyArrayBuffer(b) || isBoxedPrimitive(b) || isErrorLike(b) || isUrl(b)) {
    return false;
  }
  return keysEqual(a, b, mode, memos, kNoIterator);
}

/** True for an object that only pretends to be a plain one. */
function isSpecialObject(v) {
  return isDate(v) || isRegExp(v) || isArrayBufferView(v) || isSet(v) || isMap(v) || isAnyArrayBuffer(v) ||
    isErrorLike(v) || isWeakMap(v) || isWeakSet(v) || isPromise(v);
}

function isErrorLike(v) {
  return isNativeError(v) || v instanceof Error;
}

function sameErrors(a, b, mode, memos) {
  for (const name of ['message', 'name', 'cause', 'errors']) {
    // Enumerable ones are compared with the other keys.
    const inA = hasOwn(a, name);
    const inB = hasOwn(b, name);
    if (name === 'message' || name === 'name') {
      if (!propertyIsEnumerable.call(a, name) && a[name] !== b[name] &&
          !(mode === kPartial && !inB && b[name] === undefined)) return false;
      continue;
    }
    if (mode === kPartial && !inB) continue;
    if (inA !== inB) return false;
    if (inA && !propertyIsEnumerable.call(a, name) && !innerDeepEqual(a[name], b[name], mode, memos)) return false;
  }
  return true;
}

// ---- Properties and entries ------------------------------------------------------------------------------------------------------------

function keysEqual(a, b, mode, memos, iteration, keysB) {
  if (keysB === undefined) {
    keysB = Object.keys(b);
    if (mode !== kPartial && keysB.length !== Object.keys(a).length) return false;
  }
  for (const key of keysB) {
    if (!(mode === kLoose ? hasOwn(a, key) : propertyIsEnumerable.call(a, key))) return false;
  }
  // Symbols count unless loosely compared; arrays and views have theirs in keysB already.
  if (mode !== kLoose && (iteration !== kIsArray && !isArrayBufferView(a))) {
    const symbolsB = symbolsOf(b);
    if (mode !== kPartial && symbolsOf(a).length !== symbolsB.length) return false;
    for (const symbol of symbolsB) if (!propertyIsEnumerable.call(a, symbol)) return false;
    if (symbolsB.length > 0) keysB = [...keysB, ...symbolsB];
  }
  if (keysB.length === 0 && (iteration === kNoIterator || (iteration === kIsArray && b.length === 0) || b.size === 0)) {
    return iteration !== kIsArray || mode === kPartial || a.length === b.length;
  }

  // Cycles: a pair that is being compared further up is taken to be equal if both sides close at the same place.
  if (memos === undefined) {
    memos = { left: new Map(), right: new Map(), depth: 0 };
  }
  const memoA = memos.left.get(a);
  const memoB = memos.right.get(b);
  if (memoA !== undefined || memoB !== undefined) {
    if (memoA !== undefined && memoB !== undefined) return memoA === memoB;
    // Only one side is circular yet: go round once more.
    if (memos.depth > 1000) return false;
  }
  memos.depth++;
  if (memoA === undefined) memos.left.set(a, memos.depth);
  if (memoB === undefined) memos.right.set(b, memos.depth);
  const equal = contentsEqual(a, b, mode, memos, iteration, keysB);
  if (memoA === undefined) memos.left.delete(a);
  if (memoB === undefined) memos.right.delete(b);
  memos.depth--;
  return equal;
}

function contentsEqual(a, b, mode, memos, iteration, keys) {
  if (iteration === kIsSet) {
    if (!setsEqual(a, b, mode, memos)) return false;
  } else if (iteration === kIsMap) {
    if (!mapsEqual(a, b, mode, memos)) return false;
  } else if (iteration === kIsArray) {
    if (mode === kPartial) {
      if (!partialArrays(a, b, memos)) return false;
    } else {
      for (let i = 0; i < a.length; i++) {
        const inA = hasOwn(a, i);
        // A hole is not an undefined element.
        if (inA !== hasOwn(b, i)) return false;
        if (inA && !innerDeepEqual(a[i], b[i], mode, memos)) return false;
      }
    }
  }
  for (const key of keys) if (!innerDeepEqual(a[key], b[key], mode, memos)) return false;
  return true;
}

/** Whether the elements of b come in this order within a. */
function partialArrays(a, b, memos) {
  let at = 0;
  for (let i = 0; i < b.length; i++) {
    // A hole expects nothing.
    if (!hasOwn(b, i)) continue;
    let found = false;
    for (; at < a.length; at++) {
      if (innerDeepEqual(a[at], b[i], kPartial, memos)) {
        found = true;
        at++;
        break;
      }
    }
    if (!found) return false;
  }
  return true;
}

/** The other primitives a loose comparison takes for this one: undefined when only the value itself will do. */
function hasLooseMatch(collection, primitive, test) {
  for (const candidate of collection) if (test(candidate, primitive)) return true;
  return false;
}

function setsEqual(a, b, mode, memos) {
  // Objects and what may be equal without being the same are matched one by one.
  const pending = [];
  for (const value of b) {
    if (value !== null && typeof value === 'object') {
      if (!a.has(value)) pending.push(value);
    } else if (!a.has(value)) {
      if (mode !== kLoose) return false;
      // eslint-disable-next-line eqeqeq
      if (!hasLooseMatch(a, value, (x, y) => x == y && (x === null || typeof x !== 'object'))) return false;
      pending.push(value);
    }
  }
  if (pending.length === 0) return true;
  const candidates = [];
  for (const value of a) {
    if (value !== null && typeof value === 'object' ? !b.has(value) : mode === kLoose && !b.has(value)) candidates.push(value);
  }
  if (candidates.length < pending.length) return false;
  for (const value of pending) {
    const at = candidates.findIndex((candidate) => innerDeepEqual(candidate, value, mode, memos));
    if (at === -1) return false;
    candidates.splice(at, 1);
  }
  return mode === kPartial || candidates.length === 0;
}

function mapsEqual(a, b, mode, memos) {
  const pending = [];
  for (const { 0: key, 1: value } of b) {
    if (key !== null && typeof key === 'object') {
      if (a.has(key) && innerDeepEqual(a.get(key), value, mode, memos)) continue;
      pending.push(key);
    } else if (a.has(key) && innerDeepEqual(a.get(key), value, mode, memos)) {
      // Found.
    } else {
      if (mode !== kLoose) return false;
      pending.push(key);
    }
  }
  if (pending.length === 0) return true;
  const candidates = [];
  for (const { 0: key, 1: value } of a) {
    const same = b.has(key) && innerDeepEqual(value, b.get(key), mode, memos);
    if (!same && (mode === kLoose || (key !== null && typeof key === 'object'))) candidates.push(key);
  }
  if (candidates.length < pending.length) return false;
  for (const key of pending) {
    const value = b.get(key);
    const at = candidates.findIndex((candidate) =>
      innerDeepEqual(candidate, key, mode, memos) && innerDeepEqual(a.get(candidate), value, mode, memos));
    if (at === -1) return false;
    candidates.splice(at, 1);
  }
  return mode === kPartial || candidates.length === 0;
}

function isDeepEqual(a, b) {
  return innerDeepEqual(a, b, kLoose);
}

function isDeepStrictEqual(a, b, skipPrototype) {
  return innerDeepEqual(a, b, skipPrototype ? kStrictSkipPrototype : kStrict);
}

function isPartialStrictEqual(actual, expected) {
  return innerDeepEqual(actual, expected, kPartial);
}

module.exports = { isDeepEqual, isDeepStrictEqual, isPartialStrictEqual };
