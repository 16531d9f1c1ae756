'use strict';

// Binding contract:
//   async_wrap.setupHooks({ newAsyncId, emitInit, emitBefore, emitAfter, emitDestroy }) (optional): lets native
//     handles report through the functions below.
//   symbols: async_id_symbol, trigger_async_id_symbol, owner_symbol, resource_symbol.

const AsyncContextFrame = require('internal/async_context_frame');
const symbols = internalBinding('symbols');
const { async_id_symbol, trigger_async_id_symbol } = symbols;

// One monomorphic record instead of shared typed arrays: everything here is JavaScript.
const state = {
  nextId: 1,
  executionAsyncId: 0,
  triggerAsyncId: 0,
  defaultTriggerAsyncId: -1,
  resource: undefined,
  initHooks: 0,
  beforeHooks: 0,
  afterHooks: 0,
  destroyHooks: 0,
  promiseResolveHooks: 0,
  // Set by `domain`: (callback, ...args), calls it in the domain of `this`, for callbacks of native code that come without
  // asynchronous context.
  domainCallback: undefined,
};
// What was current before: execution id, trigger id and resource of each context entered. Up to `depth`; not popped, because
// storing an element is cheaper than push().
const stack = [];
let depth = 0;
const topLevelResource = {};

let activeHooks = [];
let pendingHooks = null;
let emitDepth = 0;

function newAsyncId() {
  return ++state.nextId;
}

function executionAsyncId() {
  return state.executionAsyncId;
}

function triggerAsyncId() {
  return state.triggerAsyncId;
}

function executionAsyncResource() {
  return state.resource ?? topLevelResource;
}

function getDefaultTriggerAsyncId() {
  return state.defaultTriggerAsyncId < 0 ? state.executionAsyncId : state.defaultTriggerAsyncId;
}

function clearDefaultTriggerAsyncId() {
  state.defaultTriggerAsyncId = -1;
}

/** Runs `block(...args)` with resources created in it triggered by `id`. */
function defaultTriggerAsyncIdScope(id, block, ...args) {
  if (id === undefined) return Reflect.apply(block, null, args);
  const saved = state.defaultTriggerAsyncId;
  state.defaultTriggerAsyncId = id;
  try {
    return Reflect.apply(block, null, args);
  } finally {
    state.defaultTriggerAsyncId = saved;
  }
}

function getOrSetAsyncId(object) {
  if (Object.hasOwn(object, async_id_symbol)) return object[async_id_symbol];
  return object[async_id_symbol] = newAsyncId();
}

function hasHooks(kind) {
  return state[kind] > 0;
}
function initHooksExist() {
  return state.initHooks > 0;
}
function destroyHooksExist() {
  return state.destroyHooks > 0;
}
function enabledHooksExist() {
  return activeHooks.length > 0;
}

function pushAsyncContext(asyncId, triggerId, resource) {
  stack[depth] = state.executionAsyncId;
  stack[depth + 1] = state.triggerAsyncId;
  stack[depth + 2] = state.resource;
  depth += 3;
  state.executionAsyncId = asyncId;
  state.triggerAsyncId = triggerId;
  state.resource = resource;
}

function popAsyncContext(asyncId) {
  if (depth === 0) return false;
  if (asyncId !== undefined && state.executionAsyncId !== asyncId) {
    const error = new Error(
      `async hook stack has become corrupted (actual: ${state.executionAsyncId}, expected: ${asyncId})`);
    clearAsyncIdStack();
    throw error;
  }
  depth -= 3;
  state.executionAsyncId = stack[depth];
  state.triggerAsyncId = stack[depth + 1];
  state.resource = stack[depth + 2];
  stack[depth + 2] = undefined;
  return depth > 0;
}

function clearAsyncIdStack() {
  stack.length = depth = 0;
  state.executionAsyncId = 0;
  state.triggerAsyncId = 0;
  state.resource = undefined;
}

function hasAsyncIdStack() {
  return depth > 0;
}

/** An error in a hook ends the program: hooks run where no handler could make sense of it. */
function fatalError(error) {
  let text;
  if (error !== null && typeof error === 'object' && typeof error.stack === 'string') {
    text = error.stack;
  } else {
    text = new Error(String(error)).stack;
  }
  process._rawDebug(text);
  process.reallyExit(1);
}

function isStackOverflow(error) {
  return error instanceof RangeError && error.message === 'Maximum call stack size exceeded';
}

function emitToHooks(key, ...args) {
  emitDepth++;
  const hooks = activeHooks;
  try {
    for (let i = 0; i < hooks.length; i++) {
      const fn = hooks[i][key];
      if (typeof fn === 'function') Reflect.apply(fn, hooks[i], args);
    }
  } catch (error) {
    // There was no room for a hook: that is the error of whoever used the stack up.
    if (isStackOverflow(error)) throw error;
    fatalError(error);
  } finally {
    emitDepth--;
  }
  if (emitDepth === 0 && pendingHooks !== null) {
    activeHooks = pendingHooks;
    pendingHooks = null;
    recount();
  }
}

function emitInit(asyncId, type, triggerId, resource) {
  if (state.initHooks === 0) return;
  emitToHooks(kInit, asyncId, type, triggerId ?? getDefaultTriggerAsyncId(), resource);
}

function emitBefore(asyncId, triggerId, resource) {
  pushAsyncContext(asyncId, triggerId, resource);
  if (state.beforeHooks > 0) emitToHooks(kBefore, asyncId);
}

function emitAfter(asyncId) {
  if (state.afterHooks > 0) emitToHooks(kAfter, asyncId);
  popAsyncContext(asyncId);
}

function emitDestroy(asyncId) {
  if (state.destroyHooks === 0 || asyncId <= 0) return;
  destroyQueue.push(asyncId);
  if (destroyQueue.length === 1) setImmediateUnhooked(flushDestroyQueue);
}

const destroyQueue = [];
function flushDestroyQueue() {
  const ids = destroyQueue.splice(0);
  for (const id of ids) emitToHooks(kDestroy, id);
}
function setImmediateUnhooked(fn) {
  require('internal/timers').setUnrefImmediate(fn);
}

let destroyRegistry;
/** Emits `destroy` for `asyncId` when `resource` is collected, unless `destroyed.destroyed` was set before. */
function registerDestroyHook(resource, asyncId, destroyed) {
  destroyRegistry ??= new FinalizationRegistry((held) => {
    // The collector has taken its time already.
    if (!held.destroyed?.destroyed && state.destroyHooks > 0) emitToHooks(kDestroy, held.asyncId);
  });
  destroyRegistry.register(resource, { asyncId, destroyed });
}

const kInit = Symbol('init');
const kBefore = Symbol('before');
const kAfter = Symbol('after');
const kDestroy = Symbol('destroy');
const kPromiseResolve = Symbol('promiseResolve');

function recount() {
  const { initHooks } = state;
  state.initHooks = state.beforeHooks = state.afterHooks = state.destroyHooks = state.promiseResolveHooks = 0;
  let wantPromises = false;
  for (const hook of activeHooks) {
    if (hook[kInit]) state.initHooks++;
    if (hook[kBefore]) state.beforeHooks++;
    if (hook[kAfter]) state.afterHooks++;
    if (hook[kDestroy]) state.destroyHooks++;
    if (hook[kPromiseResolve]) state.promiseResolveHooks++;
    wantPromises ||= hook.trackPromises;
  }
  if (initHooks === 0 && activeHooks.length > 0) setupNativeHooks();
  updatePromiseHooks(wantPromises);
}

let nativeHooksReady = false;
function setupNativeHooks() {
  if (nativeHooksReady) return;
  nativeHooksReady = true;
  internalBinding('async_wrap').setupHooks?.({ newAsyncId, emitInit, emitBefore, emitAfter, emitDestroy });
}

let stopPromiseHooks;
function updatePromiseHooks(wanted) {
  if (wanted === (stopPromiseHooks !== undefined)) return;
  if (wanted) {
    stopPromiseHooks = require('internal/promise_hooks').addHooks({
      __proto__: null, init: promiseInit, before: promiseBefore, after: promiseAfter, settled: promiseSettled,
    });
  } else {
    stopPromiseHooks();
    stopPromiseHooks = undefined;
  }
}

function trackPromise(promise, parent) {
  if (promise[async_id_symbol] !== undefined) return;
  promise[async_id_symbol] = newAsyncId();
  promise[trigger_async_id_symbol] = parent === undefined ? getDefaultTriggerAsyncId() : getOrSetAsyncId(parent);
}
function promiseInit(promise, parent) {
  trackPromise(promise, parent);
  emitInit(promise[async_id_symbol], 'PROMISE', promise[trigger_async_id_symbol], promise);
}
function promiseBefore(promise) {
  trackPromise(promise);
  emitBefore(promise[async_id_symbol], promise[trigger_async_id_symbol], promise);
}
function promiseAfter(promise) {
  trackPromise(promise);
  if (state.executionAsyncId === promise[async_id_symbol]) emitAfter(promise[async_id_symbol]);
}
function promiseSettled(promise) {
  trackPromise(promise);
  if (state.promiseResolveHooks > 0) emitToHooks(kPromiseResolve, promise[async_id_symbol]);
}

/** What `async_hooks.createHook` returns. */
class AsyncHook {
  constructor({ init, before, after, destroy, promiseResolve, trackPromises }) {
    this[kInit] = init;
    this[kBefore] = before;
    this[kAfter] = after;
    this[kDestroy] = destroy;
    this[kPromiseResolve] = promiseResolve;
    Object.defineProperty(this, 'trackPromises', { __proto__: null, value: trackPromises ?? true });
  }

  enable() {
    changeHooks((hooks) => (hooks.includes(this) ? hooks : [...hooks, this]));
    return this;
  }

  disable() {
    changeHooks((hooks) => (hooks.includes(this) ? hooks.filter((hook) => hook !== this) : hooks));
    return this;
  }
}

// Hooks enabled or disabled while some are running take effect when these have returned.
function changeHooks(change) {
  if (emitDepth > 0) {
    pendingHooks = change(pendingHooks ?? activeHooks);
    return;
  }
  activeHooks = change(activeHooks);
  recount();
}

/** Calls `fn` as the asynchronous continuation described by the ids and the frame. */
function runInAsyncScope(asyncId, triggerId, resource, frame, fn, thisArg, args) {
  const prior = AsyncContextFrame.exchange(frame);
  emitBefore(asyncId, triggerId, resource);
  try {
    return Reflect.apply(fn, thisArg, args);
  } finally {
    AsyncContextFrame.set(prior);
    if (hasAsyncIdStack()) emitAfter(asyncId);
  }
}

/** The main script is task 1. */
function enterMainScript() {
  state.executionAsyncId = 1;
  state.triggerAsyncId = 0;
}

module.exports = {
  AsyncHook,
  clearAsyncIdStack,
  clearDefaultTriggerAsyncId,
  defaultTriggerAsyncIdScope,
  destroyHooksExist,
  emitAfter,
  emitAfterScript: emitAfter,
  emitBefore,
  emitBeforeScript: emitBefore,
  emitDestroy,
  emitDestroyScript: emitDestroy,
  emitInit,
  emitInitScript: emitInit,
  enabledHooksExist,
  enterMainScript,
  executionAsyncId,
  executionAsyncResource,
  getDefaultTriggerAsyncId,
  getOrSetAsyncId,
  hasAsyncIdStack,
  hasHooks,
  initHooksExist,
  newAsyncId,
  popAsyncContext,
  pushAsyncContext,
  registerDestroyHook,
  runInAsyncScope,
  state,
  symbols: {
    async_id_symbol,
    trigger_async_id_symbol,
    owner_symbol: symbols.owner_symbol,
    resource_symbol: symbols.resource_symbol,
    init_symbol: kInit,
    before_symbol: kBefore,
    after_symbol: kAfter,
    destroy_symbol: kDestroy,
    promise_resolve_symbol: kPromiseResolve,
  },
  triggerAsyncId,
};
