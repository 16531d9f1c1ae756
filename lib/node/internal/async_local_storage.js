'use strict';

const AsyncContextFrame = require('internal/async_context_frame');
const { AsyncResource } = require('async_hooks');
const { validateObject, validateString } = require('internal/validators');

/** A value that follows the asynchronous flow of a program. */
class AsyncLocalStorage {
  #defaultValue;
  #name = '';

  constructor(options = {}) {
    validateObject(options, 'options');
    this.#defaultValue = options.defaultValue;
    if (options.name !== undefined) {
      validateString(options.name, 'options.name');
      this.#name = options.name;
    }
    AsyncContextFrame.enabled = true;
  }

  get name() {
    return this.#name;
  }

  static bind(fn) {
    return AsyncResource.bind(fn);
  }

  static snapshot() {
    return AsyncLocalStorage.bind((callback, ...args) => callback(...args));
  }

  disable() {
    const current = AsyncContextFrame.current();
    if (!current?.has(this)) return;
    current.disable(this);
    // A frame of its own, so that the end of an enclosing `run` does not bring the value back.
    const next = new AsyncContextFrame(this, undefined);
    next.disable(this);
    AsyncContextFrame.set(next);
  }

  enterWith(store) {
    AsyncContextFrame.set(new AsyncContextFrame(this, store));
  }

  run(store, callback, ...args) {
    const prior = AsyncContextFrame.current();
    if (prior?.has(this) && Object.is(prior.get(this), store)) return Reflect.apply(callback, null, args);
    const frame = new AsyncContextFrame(this, store);
    AsyncContextFrame.set(frame);
    try {
      return Reflect.apply(callback, null, args);
    } finally {
      this.#restore(frame, prior);
    }
  }

  // Ends a `run`: only this storage goes back to what it was; what others entered meanwhile stays.
  #restore(frame, prior) {
    const current = AsyncContextFrame.current();
    if (current === frame || current === undefined || current === prior) {
      AsyncContextFrame.set(prior);
      return;
    }
    const next = new AsyncContextFrame(this, prior?.get(this));
    if (!prior?.has(this)) next.disable(this);
    AsyncContextFrame.set(next);
  }

  exit(callback, ...args) {
    return this.run(undefined, callback, ...args);
  }

  /** As `run` until the end of the enclosing block, for `using`. */
  withScope(store) {
    return new RunScope(store, this);
  }

  getStore() {
    const frame = AsyncContextFrame.current();
    return frame?.has(this) ? frame.get(this) : this.#defaultValue;
  }
}

class RunScope {
  #prior;
  #disposed = false;

  constructor(store, storage) {
    this.#prior = AsyncContextFrame.current();
    storage.enterWith(store);
  }

  dispose() {
    if (this.#disposed) return;
    this.#disposed = true;
    AsyncContextFrame.set(this.#prior);
  }

  [Symbol.dispose]() {
    this.dispose();
  }
}

module.exports = { AsyncLocalStorage };
