'use strict';

// Mock functions, methods and timers of node:test.

const { codes: { ERR_INVALID_ARG_VALUE, ERR_METHOD_NOT_IMPLEMENTED, ERR_INVALID_STATE } } = require('internal/errors');
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
    return this.#timers ??= new MockTimers();
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

const kTimerApis = ['setTimeout', 'setInterval', 'setImmediate', 'Date'];

/** Timers and Date under the control of a test. */
class MockTimers {
  #enabled = false;
  #now = 0;
  #queue = [];
  #nextId = 1;
  #saved = new Map();

  enable({ apis = kTimerApis, now = 0 } = {}) {
    if (this.#enabled) throw new ERR_INVALID_STATE('MockTimers is already enabled!');
    this.#enabled = true;
    this.#now = Number(now);
    const timers = require('timers');
    const replace = (object, name, value) => {
      this.#saved.set([object, name], Object.getOwnPropertyDescriptor(object, name));
      Object.defineProperty(object, name, { configurable: true, enumerable: true, writable: true, value });
    };
    const clear = (timer) => {
      this.#queue = this.#queue.filter((item) => item !== timer && item.id !== timer);
    };
    const add = (repeat) => (fn, delay = 0, ...args) => this.#add(fn, Math.max(repeat ? 1 : 0, Number(delay) || 0), args, repeat);
    for (const api of apis) {
      if (!kTimerApis.includes(api)) throw new ERR_INVALID_ARG_VALUE('options.apis', api, 'option is not supported');
      if (api === 'Date') {
        const clock = this;
        const RealDate = Date;
        replace(globalThis, 'Date', class extends RealDate {
          constructor(...args) {
            if (args.length === 0) super(clock.#now);
            else super(...args);
          }

          static now() {
            return clock.#now;
          }
        });
        continue;
      }
      const set = api === 'setImmediate' ? (fn, ...args) => this.#add(fn, 0, args, false) : add(api === 'setInterval');
      for (const object of [globalThis, timers]) {
        replace(object, api, set);
        replace(object, api.replace('set', 'clear'), clear);
      }
    }
  }

  #add(fn, delay, args, repeat) {
    validateFunction(fn, 'callback');
    const timer = {
      id: this.#nextId++, fn, args, at: this.#now + delay, delay, repeat,
      ref() { return this; }, unref() { return this; }, hasRef: () => true, refresh() { return this; },
      [Symbol.toPrimitive]() { return this.id; },
    };
    this.#queue.push(timer);
    return timer;
  }

  tick(ms = 1) {
    if (!this.#enabled) throw new ERR_INVALID_STATE('You should enable MockTimers first by calling the .enable function');
    const end = this.#now + ms;
    for (;;) {
      let next;
      for (const timer of this.#queue) {
        if (timer.at <= end && (next === undefined || timer.at < next.at)) next = timer;
      }
      if (next === undefined) break;
      this.#now = next.at;
      if (next.repeat) next.at += next.delay;
      else this.#queue.splice(this.#queue.indexOf(next), 1);
      next.fn(...next.args);
    }
    this.#now = end;
  }

  runAll() {
    const last = Math.max(this.#now, ...this.#queue.map((timer) => timer.at));
    this.tick(last - this.#now);
  }

  setTime(ms) {
    this.#now = Number(ms);
  }

  reset() {
    if (!this.#enabled) return;
    this.#enabled = false;
    this.#queue = [];
    for (const [[object, name], descriptor] of this.#saved) {
      if (descriptor) Object.defineProperty(object, name, descriptor);
      else delete object[name];
    }
    this.#saved.clear();
  }

  [Symbol.dispose]() {
    this.reset();
  }
}

module.exports = { MockTimers, MockTracker };
