'use strict';

// Pieces of WebIDL that the classes of fetch share.

const kIteratorPrototype = Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]()));

/** Throws when a required argument is missing. */
function requireArguments(args, count, where) {
  if (args.length < count) {
    throw new TypeError(`${where}: ${count} argument${count === 1 ? '' : 's'} required, but${args.length ? ' only' : ''} ${args.length} present.`);
  }
}

function illegalInvocation() {
  return new TypeError('Illegal invocation');
}

/** ByteString */
function toByteString(value, where) {
  const string = `${value}`;
  for (let i = 0; i < string.length; i++) {
    const code = string.charCodeAt(i);
    if (code > 255) {
      throw new TypeError(`${where}: Cannot convert argument to a ByteString because the character at index ${i} has a value of ` +
        `${code} which is greater than 255.`);
    }
  }
  return string;
}

/** USVString */
function toUSVString(value) {
  return `${value}`.toWellFormed();
}

function isObject(value) {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

/** A dictionary argument: undefined and null are the empty one. */
function toDictionary(value, where) {
  if (value === undefined || value === null) return {};
  if (!isObject(value)) throw new TypeError(`${where}: Expected init ("${String(value)}") to be one of: Null, Undefined, Object.`);
  return value;
}

/**
 * Gives a class the members of "iterable<K, V>": `entriesOf(object)` lists the pairs now.
 */
function defineIterable(constructor, checkThis, entriesOf) {
  const { name, prototype } = constructor;
  const kTarget = Symbol('target');
  const iteratorPrototype = Object.create(kIteratorPrototype, {
    next: {
      __proto__: null, configurable: true, enumerable: true, writable: true,
      value: { next() {
        const state = this?.[kTarget];
        if (state === undefined) throw new TypeError(`'next' called on an object that does not implement interface ${name} Iterator.`);
        const entries = entriesOf(state.target);
        if (state.index >= entries.length) return { value: undefined, done: true };
        const { 0: key, 1: value } = entries[state.index++];
        return { value: state.kind === 'key' ? key : state.kind === 'value' ? value : [key, value], done: false };
      } }.next,
    },
    [Symbol.toStringTag]: { __proto__: null, configurable: true, value: `${name} Iterator` },
  });
  const make = (target, kind) => {
    checkThis(target);
    const iterator = Object.create(iteratorPrototype);
    Object.defineProperty(iterator, kTarget, { __proto__: null, value: { target, kind, index: 0 } });
    return iterator;
  };
  const methods = {
    entries() {
      return make(this, 'key+value');
    },
    keys() {
      return make(this, 'key');
    },
    values() {
      return make(this, 'value');
    },
    forEach(callback, thisArg = undefined) {
      checkThis(this);
      requireArguments(arguments, 1, `${name}.forEach`);
      if (typeof callback !== 'function') {
        throw new TypeError(`Failed to execute 'forEach' on '${name}': parameter 1 is not of type 'Function'.`);
      }
      for (let i = 0; ; i++) {
        const entries = entriesOf(this);
        if (i >= entries.length) return;
        Reflect.apply(callback, thisArg, [entries[i][1], entries[i][0], this]);
      }
    },
  };
  for (const method of Object.keys(methods)) {
    Object.defineProperty(prototype, method, {
      __proto__: null, configurable: true, enumerable: true, writable: true, value: methods[method],
    });
  }
  Object.defineProperty(prototype, Symbol.iterator, {
    __proto__: null, configurable: true, enumerable: false, writable: true, value: prototype.entries,
  });
}

module.exports = { defineIterable, illegalInvocation, isObject, requireArguments, toByteString, toDictionary, toUSVString };
