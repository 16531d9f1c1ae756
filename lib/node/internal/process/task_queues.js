'use strict';

// Binding contract (task_queue):
//   tickInfo: Uint8Array [hasTickScheduled, hasRejectionToWarn], read by the native side to skip the callback.
//   setTickCallback(fn): fn() drains nextTick queue, microtasks and unhandled rejections.
//   runMicrotasks(); enqueueMicrotask(fn).

const { tickInfo, runMicrotasks, setTickCallback, enqueueMicrotask } = internalBinding('task_queue');
const FixedQueue = require('internal/fixed_queue');
const AsyncContextFrame = require('internal/async_context_frame');
const asyncHooks = require('internal/async_hooks');
const { processPromiseRejections, setHasRejectionToWarn, hasRejectionToWarn, listenForRejections } =
  require('internal/process/promises');

const { state, emitInit, emitBefore, emitAfter, emitDestroy, symbols } = asyncHooks;
const { async_id_symbol, trigger_async_id_symbol } = symbols;

const { exitInfo } = internalBinding('process_methods');
const kHasTickScheduled = 0;
const kExiting = 0;

const queue = new FixedQueue();

function hasTickScheduled() {
  return tickInfo[kHasTickScheduled] === 1;
}

function runNextTicks() {
  if (!hasTickScheduled() && !hasRejectionToWarn()) runMicrotasks();
  if (!hasTickScheduled() && !hasRejectionToWarn()) return;
  processTicksAndRejections();
}

/** One queued `process.nextTick` call. */
class TickObject {
  constructor(callback, args, asyncId, triggerAsyncId, frame) {
    this[async_id_symbol] = asyncId;
    this[trigger_async_id_symbol] = triggerAsyncId;
    this.callback = callback;
    this.args = args;
    this.frame = frame;
  }
}

function callTick(tock) {
  const { callback, args } = tock;
  if (args === undefined) {
    callback();
  } else {
    switch (args.length) {
      case 1: callback(args[0]); break;
      case 2: callback(args[0], args[1]); break;
      case 3: callback(args[0], args[1], args[2]); break;
      case 4: callback(args[0], args[1], args[2], args[3]); break;
      default: callback(...args);
    }
  }
}

function processTicksAndRejections() {
  let tock;
  do {
    while ((tock = queue.shift()) !== null) {
      const asyncId = tock[async_id_symbol];
      const prior = AsyncContextFrame.exchange(tock.frame);
      // An exception leaves through here; the handler of uncaught exceptions clears the stack of async ids.
      emitBefore(asyncId, tock[trigger_async_id_symbol], tock);
      let completed = false;
      try {
        callTick(tock);
        completed = true;
      } finally {
        if (state.destroyHooks > 0) emitDestroy(asyncId);
        // The handler of uncaught exceptions runs in the context of what threw.
        if (completed) {
          emitAfter(asyncId);
          AsyncContextFrame.set(prior);
        }
      }
    }
    runMicrotasks();
  } while (!queue.isEmpty() || processPromiseRejections());
  tickInfo[kHasTickScheduled] = 0;
  setHasRejectionToWarn(false);
}

/** process.nextTick(callback, ...args) */
function nextTick(callback, ...rest) {
  if (typeof callback !== 'function') require('internal/validators').validateFunction(callback, 'callback');
  if (exitInfo[kExiting] === 1) return;

  const args = rest.length === 0 ? undefined : rest;
  if (queue.isEmpty()) tickInfo[kHasTickScheduled] = 1;
  const asyncId = ++state.nextId;
  const triggerAsyncId =
    state.defaultTriggerAsyncId < 0 ? state.executionAsyncId : state.defaultTriggerAsyncId;
  const tock = new TickObject(callback, args, asyncId, triggerAsyncId, AsyncContextFrame.current());
  if (state.initHooks > 0) emitInit(asyncId, 'TickObject', triggerAsyncId, tock);
  queue.push(tock);
}

function runMicrotask(callback, asyncResource) {
  asyncResource.runInAsyncScope(() => {
    try {
      callback();
    } catch (error) {
      internalBinding('errors').triggerUncaughtException(error, false);
    } finally {
      asyncResource.emitDestroy();
    }
  });
}

/** The global queueMicrotask. */
function queueMicrotask(callback) {
  if (typeof callback !== 'function') require('internal/validators').validateFunction(callback, 'callback');
  if (state.initHooks > 0 || AsyncContextFrame.enabled) {
    const { AsyncResource } = require('async_hooks');
    const resource = new AsyncResource('Microtask', { requireManualDestroy: true });
    enqueueMicrotask(() => runMicrotask(callback, resource));
  } else {
    enqueueMicrotask(callback);
  }
}

/** Connects the queues with the native side. */
function setupTaskQueue() {
  listenForRejections();
  setTickCallback(processTicksAndRejections);
}

module.exports = { setupTaskQueue, nextTick, runNextTicks, queueMicrotask, processTicksAndRejections };
