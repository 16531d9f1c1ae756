'use strict';

// Uncaught exceptions on their way to another thread: with class, stack and own properties as far as these can be cloned.

const kError = 'error';
const kValue = 'value';
const kText = 'text';

const constructors = { Error, TypeError, RangeError, URIError, SyntaxError, ReferenceError, EvalError };
const kDepth = 8;

function clone(value) {
  return internalBinding('messaging').structuredClone(value);
}

/** The name of the first built-in error class in the prototype chain of `error`. */
function classOf(error) {
  for (let proto = Object.getPrototypeOf(error); proto !== null; proto = Object.getPrototypeOf(proto)) {
    const constructor = Object.getOwnPropertyDescriptor(proto, 'constructor')?.value;
    if (typeof constructor !== 'function') continue;
    const { name } = constructor;
    if (constructors[name] === constructor) return name;
  }
  return 'Error';
}

function serializeProperties(error, depth) {
  const out = [];
  const seen = new Set();
  for (let object = error; object !== null && object !== Object.prototype; object = Object.getPrototypeOf(object)) {
    for (const key of Object.getOwnPropertyNames(object)) {
      if (seen.has(key) || key === 'constructor' || key === '__proto__') continue;
      seen.add(key);
      const descriptor = Object.getOwnPropertyDescriptor(object, key);
      let value;
      try {
        value = error[key];
      } catch {
        continue;
      }
      if (typeof value === 'function') continue;
      const isOwn = object === error;
      // Inherited properties matter where a subclass defines what its instances look like: name, message.
      if (!isOwn && key !== 'name' && key !== 'message' && key !== 'code') continue;
      try {
        out.push([key, serializeValue(value, depth + 1), isOwn ? descriptor.enumerable : false]);
      } catch {
        // What cannot be cloned stays behind.
      }
    }
  }
  return out;
}

function isError(value) {
  return require('internal/util/types').isNativeError(value);
}

function serializeValue(value, depth) {
  if (isError(value) && depth < kDepth) {
    return { kind: kError, name: classOf(value), properties: serializeProperties(value, depth) };
  }
  if (typeof value === 'symbol') throw new TypeError('symbols cannot be cloned');
  clone(value);
  return { kind: kValue, value };
}

/** What can be sent of an exception; throws if nothing can. */
function serializeError(error) {
  const { customInspectSymbol } = require('internal/util');
  if (typeof error === 'object' && error !== null && typeof error[customInspectSymbol] === 'function' && !isError(error)) {
    return { kind: kText, text: require('internal/util/inspect').inspect(error) };
  }
  try {
    return serializeValue(error, 0);
  } catch {
    return { kind: kText, text: require('internal/util/inspect').inspect(error) };
  }
}

function deserializeError(data) {
  switch (data.kind) {
    case kValue:
      return data.value;
    case kText: {
      // Shown as it looked on the other side.
      const { customInspectSymbol } = require('internal/util');
      return { [customInspectSymbol]: () => data.text };
    }
    default: {
      const error = Object.create(constructors[data.name].prototype);
      const fresh = new constructors[data.name]();
      Object.setPrototypeOf(fresh, Object.getPrototypeOf(error));
      delete fresh.message;
      for (const [key, value, enumerable] of data.properties) {
        Object.defineProperty(fresh, key, {
          __proto__: null, value: deserializeError(value), enumerable, configurable: true, writable: true,
        });
      }
      return fresh;
    }
  }
}

module.exports = { deserializeError, serializeError };
