'use strict';

// util.debounce() and util.throttle().
//
// Binding contract: timers.getLibuvNow() -> ms; util.markPromiseAsHandled(promise).

const { AbortError, codes: { ERR_THROTTLED } } = require('internal/errors');
const { addAbortListener } = require('internal/events/abort_listener');
const { kEmptyObject } = require('internal/util');
const { validateAbortSignal, validateBoolean, validateFunction, validateInteger, validateObject, validateOneOf } =
  require('internal/validators');

const kTimeoutMax = 2 ** 31 - 1;

function abortError(reason) {
  return reason === undefined ? new AbortError() : new AbortError(undefined, { __proto__: null, cause: reason });
}

function now() {
  return internalBinding('timers').getLibuvNow();
}

/** What both limiters have: calls that wait, a timer, and an end through a signal. */
class Limiter {
  constructor(fn, signal) {
    this.fn = fn;
    this.signal = signal;
    // {promise, resolve, reject, args}
    this.waiting = [];
    this.timer = undefined;
    this.isReferenced = true;
    // Set by the signal, once and for all.
    this.aborted = undefined;
    this.wrapped = undefined;
  }

  startTimer(delayMs, callback) {
    this.timer = require('timers').setTimeout(() => {
      this.timer = undefined;
      callback();
    }, delayMs);
    if (!this.isReferenced) this.timer.unref();
  }

  stopTimer() {
    if (this.timer !== undefined) require('timers').clearTimeout(this.timer);
    this.timer = undefined;
  }

  rejectWaiting(error) {
    for (const call of this.waiting.splice(0)) call.reject(error);
  }

  /** True when the signal has aborted; then nothing is called any more. */
  get isAborted() {
    if (this.aborted === undefined && this.signal?.aborted) {
      this.aborted = abortError(this.signal.reason);
      this.cancelWith(this.aborted);
    }
    return this.aborted !== undefined;
  }

  /** Gives the wrapped function its name, its methods and its counters. */
  decorate(wrapped, methods, counters) {
    this.wrapped = wrapped;
    const all = {
      cancel: (reason) => this.cancelWith(abortError(reason)),
      ...methods,
      ref: () => {
        this.isReferenced = true;
        this.timer?.ref();
        return wrapped;
      },
      unref: () => {
        this.isReferenced = false;
        this.timer?.unref();
        return wrapped;
      },
    };
    for (const name of Object.keys(all)) {
      Object.defineProperty(wrapped, name, {
        __proto__: null, configurable: true, enumerable: true, writable: true, value: all[name],
      });
    }
    const getters = { pending: () => this.waiting.at(-1)?.promise ?? null, pendingCount: () => this.waiting.length, ...counters };
    for (const name of Object.keys(getters)) Object.defineProperty(wrapped, name, { __proto__: null, get: getters[name] });
    for (const name of ['length', 'name']) {
      Object.defineProperty(wrapped, name, { __proto__: null, configurable: true, value: this.fn[name] });
    }
    if (this.signal !== undefined) addAbortListener(this.signal, () => this.isAborted);
    return wrapped;
  }
}

class Debouncer extends Limiter {
  constructor(fn, waitMs, isLeading, rejectOnCancel, signal) {
    super(fn, signal);
    this.waitMs = waitMs;
    this.isLeading = isLeading;
    this.rejectOnCancel = rejectOnCancel;
  }

  cancelWith(error) {
    if (this.timer === undefined) return;
    this.stopTimer();
    this.rejectWaiting(error);
  }

  call(args) {
    if (this.isAborted) return Promise.reject(this.aborted);
    const isFirst = this.timer === undefined;
    if (isFirst) {
      this.startTimer(this.waitMs, () => this.flush());
    } else {
      const last = this.waiting.at(-1);
      if (last !== undefined) {
        internalBinding('util').markPromiseAsHandled(last.promise);
        if (this.rejectOnCancel) this.rejectWaiting(new AbortError('The debounced call was superseded'));
      }
      this.timer.refresh();
    }
    const call = { ...Promise.withResolvers(), args };
    if (this.isLeading && isFirst) this.invoke([call]);
    else this.waiting.push(call);
    return call.promise;
  }

  flush() {
    if (this.waiting.length === 0) return;
    this.stopTimer();
    this.invoke(this.waiting.splice(0));
  }

  /** One call with the latest arguments answers them all. */
  invoke(calls) {
    if (this.isAborted) {
      for (const call of calls) call.reject(this.aborted);
      return;
    }
    try {
      const result = Reflect.apply(this.fn, this.wrapped, calls.at(-1).args);
      for (const call of calls) call.resolve(result);
    } catch (error) {
      for (const call of calls) call.reject(error);
    }
  }
}

class Throttler extends Limiter {
  constructor(fn, limit, intervalMs, options) {
    super(fn, options.signal);
    this.limit = limit;
    this.intervalMs = intervalMs;
    this.concurrency = options.concurrency;
    this.maxPending = options.maxPending;
    this.dropsOverflow = options.overflow === 'drop';
    this.isStrict = options.strict;
    this.running = 0;
    // When the calls of the current window were made; with a strict limit the window slides.
    this.windowStart = undefined;
    this.windowCount = 0;
    this.times = [];
  }

  cancelWith(error) {
    this.stopTimer();
    this.windowStart = undefined;
    this.windowCount = 0;
    this.times = [];
    this.rejectWaiting(error);
  }

  hasCapacity(time) {
    if (this.isStrict) {
      while (this.times.length > 0 && time - this.times[0] >= this.intervalMs) this.times.shift();
      return this.times.length < this.limit;
    }
    if (this.windowStart === undefined || time - this.windowStart >= this.intervalMs) {
      this.windowStart = time;
      this.windowCount = 0;
    }
    return this.windowCount < this.limit;
  }

  /** Like hasCapacity(), without opening a window. */
  couldCallNow() {
    if (this.signal?.aborted || this.waiting.length > 0 || this.running >= this.concurrency) return false;
    const time = now();
    if (this.isStrict) return this.times.filter((other) => time - other < this.intervalMs).length < this.limit;
    return this.windowStart === undefined || time - this.windowStart >= this.intervalMs || this.windowCount < this.limit;
  }

  call(args) {
    if (this.isAborted) return Promise.reject(this.aborted);
    const time = now();
    const canCall = this.waiting.length === 0 && this.running < this.concurrency && this.hasCapacity(time);
    if (!canCall && (this.dropsOverflow || this.waiting.length >= this.maxPending)) return throttled();
    const call = { ...Promise.withResolvers(), args };
    if (canCall) {
      this.invoke(call, time);
    } else {
      this.waiting.push(call);
      this.schedule();
    }
    return call.promise;
  }

  invoke(call, time) {
    if (this.isStrict) this.times.push(time);
    else this.windowCount++;
    this.running++;
    let result;
    try {
      result = Promise.resolve(Reflect.apply(this.fn, this.wrapped, call.args));
    } catch (error) {
      result = Promise.reject(error);
    }
    call.resolve(result);
    const settled = () => {
      this.running--;
      this.drain();
    };
    result.then(settled, settled);
  }

  drain() {
    if (this.isAborted) return;
    while (this.waiting.length > 0 && this.running < this.concurrency) {
      const time = now();
      if (!this.hasCapacity(time)) break;
      this.invoke(this.waiting.shift(), time);
    }
    this.schedule();
  }

  schedule() {
    if (this.timer !== undefined || this.waiting.length === 0 || this.running >= this.concurrency) return;
    const time = now();
    if (this.hasCapacity(time)) {
      this.drain();
      return;
    }
    const oldest = this.isStrict ? this.times[0] : this.windowStart;
    this.startTimer(oldest + this.intervalMs - time, () => this.drain());
  }
}

/** The rejection of a call there is no room for; ignoring it is fine. */
function throttled() {
  const promise = Promise.reject(new ERR_THROTTLED());
  internalBinding('util').markPromiseAsHandled(promise);
  return promise;
}

function debounce(fn, wait, options = kEmptyObject) {
  validateFunction(fn, 'fn');
  validateInteger(wait, 'wait', 0, kTimeoutMax);
  validateObject(options, 'options');
  const { leading = false, rejectOnCancel = false, signal } = options;
  validateBoolean(leading, 'options.leading');
  validateBoolean(rejectOnCancel, 'options.rejectOnCancel');
  validateAbortSignal(signal, 'options.signal');
  if (signal?.aborted) throw abortError(signal.reason);
  const debouncer = new Debouncer(fn, wait, leading, rejectOnCancel, signal);
  return debouncer.decorate((...args) => debouncer.call(args), { flush: () => debouncer.flush() }, {});
}

function throttle(fn, limit, interval, options = kEmptyObject) {
  validateFunction(fn, 'fn');
  validateInteger(limit, 'limit', 1);
  validateInteger(interval, 'interval', 0, kTimeoutMax);
  validateObject(options, 'options');
  const { concurrency = Infinity, maxPending = Infinity, overflow = 'queue', signal, strict = false } = options;
  if (concurrency !== Infinity) validateInteger(concurrency, 'options.concurrency', 1);
  if (maxPending !== Infinity) validateInteger(maxPending, 'options.maxPending', 0);
  validateOneOf(overflow, 'options.overflow', ['queue', 'drop']);
  validateAbortSignal(signal, 'options.signal');
  validateBoolean(strict, 'options.strict');
  if (signal?.aborted) throw abortError(signal.reason);
  const throttler = new Throttler(fn, limit, interval, { concurrency, maxPending, overflow, signal, strict });
  return throttler.decorate(
    (...args) => throttler.call(args), { hasImmediateCapacity: () => throttler.couldCallNow() }, { activeCount: () => throttler.running });
}

module.exports = { debounce, throttle };
