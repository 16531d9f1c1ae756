'use strict';

const { Immediate, Timeout, insert } = require('internal/timers');
const { clearImmediate, clearInterval, clearTimeout } = require('timers');
const { AbortError, codes: { ERR_ILLEGAL_CONSTRUCTOR, ERR_INVALID_THIS } } = require('internal/errors');
const { validateAbortSignal, validateBoolean, validateObject, validateNumber } = require('internal/validators');

/** Checks `options` ({ signal, ref }); returns the Error instead of throwing, to reject with. */
function checkOptions(options) {
  try {
    validateObject(options, 'options');
    if (options.signal !== undefined) validateAbortSignal(options.signal, 'options.signal');
    if (options.ref !== undefined) validateBoolean(options.ref, 'options.ref');
  } catch (error) {
    return error;
  }
  if (options.signal?.aborted) return new AbortError(undefined, { cause: options.signal.reason });
  return undefined;
}

// Resolves with `value` when `start(resolve)`'s handle fires, rejects when the signal aborts first.
function abortable(start, clear, value, options) {
  const error = checkOptions(options);
  if (error !== undefined) return Promise.reject(error);
  const { signal, ref = true } = options;
  let onAbort;
  const promise = new Promise((resolve, reject) => {
    const handle = start(() => resolve(value));
    if (!ref) handle.unref();
    if (signal) {
      onAbort = () => {
        if (handle._destroyed) return;
        clear(handle);
        reject(new AbortError(undefined, { cause: signal.reason }));
      };
      signal.addEventListener('abort', onAbort, { once: true });
    }
  });
  if (onAbort === undefined) return promise;
  const remove = () => signal.removeEventListener('abort', onAbort);
  promise.then(remove, remove);
  return promise;
}

function setTimeout(delay, value, options = {}) {
  if (delay !== undefined) {
    try {
      validateNumber(delay, 'delay');
    } catch (error) {
      return Promise.reject(error);
    }
  }
  return abortable((resolve) => {
    const timeout = new Timeout(resolve, delay, undefined, false, true);
    insert(timeout, timeout._idleTimeout);
    return timeout;
  }, clearTimeout, value, options);
}

function setImmediate(value, options = {}) {
  return abortable((resolve) => new Immediate(resolve, undefined), clearImmediate, value, options);
}

async function* setInterval(delay, value, options = {}) {
  if (delay !== undefined) validateNumber(delay, 'delay');
  const error = checkOptions(options);
  if (error !== undefined) throw error;
  const { signal, ref = true } = options;
  let wake;
  let ticks = 0;
  const interval = new Timeout(() => {
    ticks++;
    wake?.();
  }, delay, undefined, true, ref);
  insert(interval, interval._idleTimeout);
  const onAbort = () => {
    clearInterval(interval);
    wake?.();
  };
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    while (!signal?.aborted) {
      if (ticks === 0) await new Promise((resolve) => wake = resolve);
      wake = undefined;
      for (; ticks > 0; ticks--) yield value;
    }
    throw new AbortError(undefined, { cause: signal.reason });
  } finally {
    clearInterval(interval);
    signal?.removeEventListener('abort', onAbort);
  }
}

const kScheduler = Symbol('kScheduler');

/** The scheduler of the Scheduling APIs draft: wait(delay) and yield(). */
class Scheduler {
  constructor() {
    throw new ERR_ILLEGAL_CONSTRUCTOR();
  }

  yield() {
    if (!this[kScheduler]) throw new ERR_INVALID_THIS('Scheduler');
    return setImmediate();
  }

  wait(delay, options) {
    if (!this[kScheduler]) throw new ERR_INVALID_THIS('Scheduler');
    return setTimeout(delay, undefined, options);
  }
}

const scheduler = Object.create(Scheduler.prototype, { [kScheduler]: { __proto__: null, value: true } });

module.exports = { setTimeout, setImmediate, setInterval, scheduler };
