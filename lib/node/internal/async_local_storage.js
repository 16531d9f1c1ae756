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
    AsyncContextFrame.current()?.disable(this);
  }

  enterWith(store) {
    AsyncContextFrame.set(new AsyncContextFrame(this, store));
  }

  run(store, callback, ...args) {
    const prior = AsyncContextFrame.current();
    if (prior?.has(this) && Object.is(prior.get(this), store)) return Reflect.apply(callback, null, args);
    AsyncContextFrame.set(new AsyncContextFrame(this, store));
    try {
      return Reflect.apply(callback, null, args);
    } finally {
      AsyncContextFrame.set(prior);
    }
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
