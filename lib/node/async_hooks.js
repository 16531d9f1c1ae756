'use strict';

const hooks = require('internal/async_hooks');
const { codes: { ERR_ASYNC_CALLBACK, ERR_ASYNC_TYPE, ERR_INVALID_ASYNC_ID } } = require('internal/errors');
const { validateFunction, validateString, validateBoolean, validateObject } = require('internal/validators');
const AsyncContextFrame = require('internal/async_context_frame');

const { async_id_symbol, trigger_async_id_symbol } = hooks.symbols;
const kFrame = Symbol('asyncContextFrame');
const kDestroyed = Symbol('destroyed');

/** createHook(callbacks) */
function createHook(callbacks) {
  validateObject(callbacks, 'callbacks');
  for (const name of ['init', 'before', 'after', 'destroy', 'promiseResolve']) {
    const callback = callbacks[name];
    if (callback !== undefined && typeof callback !== 'function') throw new ERR_ASYNC_CALLBACK(`hook.${name}`);
  }
  if (callbacks.trackPromises !== undefined) validateBoolean(callbacks.trackPromises, 'trackPromises');
  return new hooks.AsyncHook(callbacks);
}

/** Lets a program say that its callbacks belong to an asynchronous operation of its own. */
class AsyncResource {
  constructor(type, options = {}) {
    validateString(type, 'type');
    let triggerAsyncId = options;
    let requireManualDestroy = false;
    if (typeof options !== 'number') {
      validateObject(options, 'options');
      triggerAsyncId = options.triggerAsyncId === undefined ? hooks.getDefaultTriggerAsyncId() : options.triggerAsyncId;
      requireManualDestroy = !!options.requireManualDestroy;
    }
    if (!Number.isSafeInteger(triggerAsyncId) || triggerAsyncId < -1) {
      throw new ERR_INVALID_ASYNC_ID('triggerAsyncId', triggerAsyncId);
    }
    this[kFrame] = AsyncContextFrame.current();
    const asyncId = hooks.newAsyncId();
    this[async_id_symbol] = asyncId;
    this[trigger_async_id_symbol] = triggerAsyncId;
    if (hooks.initHooksExist()) {
      if (hooks.enabledHooksExist() && type.length === 0) throw new ERR_ASYNC_TYPE(type);
      hooks.emitInit(asyncId, type, triggerAsyncId, this);
    }
    if (!requireManualDestroy && hooks.destroyHooksExist()) {
      const destroyed = { destroyed: false };
      this[kDestroyed] = destroyed;
      hooks.registerDestroyHook(this, asyncId, destroyed);
    }
  }

  runInAsyncScope(fn, thisArg, ...args) {
    return hooks.runInAsyncScope(this[async_id_symbol], this[trigger_async_id_symbol], this, this[kFrame],
                                 fn, thisArg, args);
  }

  emitDestroy() {
    if (this[kDestroyed] !== undefined) this[kDestroyed].destroyed = true;
    hooks.emitDestroy(this[async_id_symbol]);
    return this;
  }

  asyncId() {
    return this[async_id_symbol];
  }

  triggerAsyncId() {
    return this[trigger_async_id_symbol];
  }

  bind(fn, thisArg) {
    validateFunction(fn, 'fn');
    const resource = this;
    const bound = thisArg === undefined ?
      function(...args) {
        return resource.runInAsyncScope(fn, this, ...args);
      } :
      (...args) => resource.runInAsyncScope(fn, thisArg, ...args);
    Object.defineProperties(bound, {
      length: { __proto__: null, configurable: true, enumerable: false, value: fn.length, writable: false },
    });
    return bound;
  }

  static bind(fn, type, thisArg) {
    return new AsyncResource(type || fn.name || 'bound-anonymous-fn').bind(fn, thisArg);
  }
}

module.exports = {
  get AsyncLocalStorage() {
    return require('internal/async_local_storage').AsyncLocalStorage;
  },
  createHook,
  executionAsyncId: hooks.executionAsyncId,
  triggerAsyncId: hooks.triggerAsyncId,
  executionAsyncResource: hooks.executionAsyncResource,
  get asyncWrapProviders() {
    return Object.freeze({ __proto__: null, ...internalBinding('async_wrap').Providers });
  },
  AsyncResource,
};
