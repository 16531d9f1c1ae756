'use strict';

// Mock functions and methods of node:test.

const { codes: { ERR_INVALID_ARG_VALUE, ERR_METHOD_NOT_IMPLEMENTED } } = require('internal/errors');
const { validateFunction, validateInteger, validateObject } = require('internal/validators');

/** What `mock.fn().mock` is: the calls made, and ways to change what happens next. */
class MockFunctionContext {
  #calls = [];
  #mocks = new Map();
  #implementation;
  #restore;
  #times;

  constructor(implementation, restore, times = Infinity) {
    this.#implementation = implementation;
    this.#restore = restore;
    this.#times = times;
  }

  get calls() {
    return [...this.#calls];
  }

  callCount() {
    return this.#calls.length;
  }

  mockImplementation(implementation) {
    validateFunction(implementation, 'implementation');
    this.#implementation = implementation;
  }

  mockImplementationOnce(implementation, onCall = this.#calls.length) {
    validateFunction(implementation, 'implementation');
    validateInteger(onCall, 'onCall', this.#calls.length);
    this.#mocks.set(onCall, implementation);
  }

  resetCalls() {
    this.#calls = [];
  }

  restore() {
    const { fn, undo } = this.#restore;
    undo?.();
    this.#implementation = fn;
    this.#mocks.clear();
  }

  _next() {
    const index = this.#calls.length;
    const once = this.#mocks.get(index);
    if (once !== undefined) {
      this.#mocks.delete(index);
      return once;
    }
    return index >= this.#times ? this.#restore.fn : this.#implementation;
  }

  _track(call) {
    this.#calls.push(call);
  }
}

function createMock(original, implementation, undo, options) {
  const context = new MockFunctionContext(implementation, { fn: original, undo }, options.times);
  return new Proxy(original, {
    __proto__: null,
    apply(target, thisArg, args) {
      const fn = context._next();
      const call = { arguments: args, error: undefined, result: undefined, stack: new Error(), target: undefined, this: thisArg };
      try {
        return call.result = Reflect.apply(fn, thisArg, args);
      } catch (error) {
        call.error = error;
        throw error;
      } finally {
        context._track(call);
      }
    },
    construct(target, args, newTarget) {
      const fn = context._next();
      const call = { arguments: args, error: undefined, result: undefined, stack: new Error(), target, this: undefined };
      try {
        call.result = Reflect.construct(fn, args, newTarget);
        call.this = call.result;
        return call.result;
      } catch (error) {
        call.error = error;
        throw error;
      } finally {
        context._track(call);
      }
    },
    get(target, key, receiver) {
      return key === 'mock' ? context : Reflect.get(target, key, receiver);
    },
  });
}

class MockTracker {
  #mocks = [];
  #timers;

  get timers() {
    return this.#timers ??= new (require('internal/test_runner/mock_timers').MockTimers)();
  }

  fn(original = function() {}, implementation = original, options = {}) {
    if (original !== null && typeof original === 'object') {
      options = original;
      original = function() {};
      implementation = original;
    } else if (implementation !== null && typeof implementation === 'object') {
      options = implementation;
      implementation = original;
    }
    validateFunction(original, 'original');
    validateFunction(implementation, 'implementation');
    const mock = createMock(original, implementation, undefined, options);
    this.#mocks.push(mock.mock);
    return mock;
  }

  method(object, name, implementation, options = {}) {
    if (implementation !== null && typeof implementation === 'object') {
      options = implementation;
      implementation = undefined;
    }
    validateObject(options, 'options');
    let owner = object;
    while (owner !== null && !Object.hasOwn(owner, name)) owner = Object.getPrototypeOf(owner);
    const descriptor = owner === null ? undefined : Object.getOwnPropertyDescriptor(owner, name);
    const kind = options.getter ? 'get' : options.setter ? 'set' : 'value';
    const original = descriptor?.[kind];
    if (typeof original !== 'function') {
      throw new ERR_INVALID_ARG_VALUE('methodName', original, 'must be a method');
    }
    const wasOwn = owner === object;
    const undo = () => {
      if (wasOwn) Object.defineProperty(object, name, descriptor);
      else delete object[name];
    };
    const mock = createMock(original, implementation ?? original, undo, options);
    Object.defineProperty(object, name, { ...descriptor, [kind]: mock });
    this.#mocks.push(mock.mock);
    return mock;
  }

  getter(object, name, implementation, options) {
    return this.method(object, name, implementation, { ...options, getter: true });
  }

  setter(object, name, implementation, options) {
    return this.method(object, name, implementation, { ...options, setter: true });
  }

  property(object, name, value) {
    const descriptor = Object.getOwnPropertyDescriptor(object, name);
    Object.defineProperty(object, name, { configurable: true, enumerable: descriptor?.enumerable ?? true, writable: true, value });
    this.#mocks.push({
      restore() {
        if (descriptor) Object.defineProperty(object, name, descriptor);
        else delete object[name];
      },
    });
    return object;
  }

  module() {
    throw new ERR_METHOD_NOT_IMPLEMENTED('mock.module()');
  }

  reset() {
    this.restoreAll();
    this.#timers?.reset();
    this.#mocks = [];
  }

  restoreAll() {
    for (const mock of this.#mocks) mock.restore();
    this.#timers?.reset();
  }
}

module.exports = { MockTracker };
