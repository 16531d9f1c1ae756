'use strict';

// Timers and Date under the control of a test.

const { codes: { ERR_INVALID_ARG_VALUE, ERR_INVALID_STATE }, AbortError } = require('internal/errors');
const { validateAbortSignal, validateNumber, validateObject, validateStringArray } =
  require('internal/validators');

const kMaxTimeout = 2 ** 31 - 1;
const kApis = ['setTimeout', 'setInterval', 'setImmediate', 'Date', 'scheduler.wait', 'AbortSignal.timeout'];
const RealDate = Date;

/** What the mocked functions return. */
class Timer {
  #clock;

  constructor(clock, { id, callback, runAt, interval, args }) {
    this.#clock = clock;
    Object.assign(this, { id, callback, runAt, interval, args });
    this.hasBeenRef = true;
  }

  hasRef() {
    return this.hasBeenRef;
  }

  ref() {
    this.hasBeenRef = true;
    return this;
  }

  unref() {
    this.hasBeenRef = false;
    return this;
  }

  refresh() {
    this.#clock.refresh(this);
    return this;
  }

  close() {
    this.#clock.remove(this);
    return this;
  }

  [Symbol.dispose]() {
    this.close();
  }

  [Symbol.toPrimitive]() {
    return this.id;
  }
}

/** The timers that are set, and the time. */
class Clock {
  now = 0;
  queue = [];
  #nextId = 1;

  add(callback, delay, interval, args) {
    const timer = new Timer(this, {
      id: this.#nextId++, callback, runAt: this.now + delay, interval, args,
    });
    timer.delay = delay;
    this.queue.push(timer);
    return timer;
  }

  remove(timer) {
    if (timer === undefined || timer === null) return;
    const index = this.queue.findIndex((item) => item === timer || item.id === Number(timer?.id ?? timer));
    if (index !== -1) this.queue.splice(index, 1);
    if (typeof timer === 'object') timer.interval = undefined;
  }

  refresh(timer) {
    timer.runAt = this.now + timer.delay;
    if (!this.queue.includes(timer)) this.queue.push(timer);
  }

  /** The first that is due at `time`; of two that are due at once the one set first. */
  next(time) {
    let first;
    for (const timer of this.queue) {
      if (timer.runAt <= time && (first === undefined || timer.runAt < first.runAt)) first = timer;
    }
    return first;
  }

  advance(milliseconds) {
    const end = this.now + milliseconds;
    for (let timer = this.next(end); timer !== undefined; timer = this.next(end)) {
      this.now = Math.max(this.now, timer.runAt);
      this.queue.splice(this.queue.indexOf(timer), 1);
      const { interval } = timer;
      if (interval !== undefined) {
        timer.runAt += interval;
        this.queue.push(timer);
      }
      if (typeof timer.callback === 'function') Reflect.apply(timer.callback, undefined, timer.args);
    }
    this.now = end;
  }
}

/** Node's own rules for delays. */
function delayOf(value) {
  const delay = Number(value);
  return delay >= 1 && delay <= kMaxTimeout ? delay : 1;
}

class MockTimers {
  #clock = new Clock();
  #isEnabled = false;
  #undo = [];

  enable(options = { __proto__: null }) {
    const { apis, now = 0 } = { ...options };
    if (this.#isEnabled) throw new ERR_INVALID_STATE('MockTimers is already enabled!');
    validateObject(options, 'options');
    const list = apis ?? kApis;
    validateStringArray(list, 'options.apis');
    for (const api of list) {
      if (!kApis.includes(api)) throw new ERR_INVALID_ARG_VALUE('options.apis', api, `option ${api} is not supported`);
    }
    let start = now;
    if (now instanceof RealDate) start = now.getTime();
    validateNumber(start, 'initialTime');
    if (!(start >= 0)) throw new ERR_INVALID_ARG_VALUE('now', start, 'epoch must be a positive integer received');
    if (list.includes('Date') && Date.isMock) throw new ERR_INVALID_STATE('Date is already being mocked!');
    this.#clock = new Clock();
    this.#clock.now = start;
    this.#isEnabled = true;
    for (const api of new Set(list)) this.#replaceApi(api);
  }

  #replace(object, name, value) {
    const descriptor = Object.getOwnPropertyDescriptor(object, name);
    Object.defineProperty(object, name, {
      __proto__: null, configurable: true, enumerable: descriptor?.enumerable ?? true, writable: true, value,
    });
    this.#undo.push(() => {
      if (descriptor === undefined) delete object[name];
      else Object.defineProperty(object, name, descriptor);
    });
  }

  #replaceApi(api) {
    const clock = this.#clock;
    const timers = require('timers');
    const promises = require('timers/promises');
    const everywhere = (name, value) => {
      this.#replace(globalThis, name, value);
      this.#replace(timers, name, value);
    };
    const clear = (timer) => clock.remove(timer);
    switch (api) {
      case 'setTimeout':
        everywhere('setTimeout', (callback, delay, ...args) => {
          return clock.add(callback, delayOf(delay), undefined, args);
        });
        everywhere('clearTimeout', clear);
        this.#replace(promises, 'setTimeout', (delay, value, options) => this.#wait(delayOf(delay), value, options));
        break;
      case 'setInterval':
        everywhere('setInterval', (callback, delay, ...args) => {
          return clock.add(callback, delayOf(delay), delayOf(delay), args);
        });
        everywhere('clearInterval', clear);
        this.#replace(promises, 'setInterval', (delay, value, options) => this.#repeat(delayOf(delay), value, options));
        break;
      case 'setImmediate':
        everywhere('setImmediate', (callback, ...args) => {
          return clock.add(callback, 0, undefined, args);
        });
        everywhere('clearImmediate', clear);
        this.#replace(promises, 'setImmediate', (value, options) => this.#wait(0, value, options));
        break;
      case 'scheduler.wait':
        this.#replace(promises.scheduler, 'wait', (delay, options) => this.#wait(delayOf(delay), undefined, options));
        break;
      case 'AbortSignal.timeout':
        this.#replace(AbortSignal, 'timeout', (delay) => {
          validateNumber(delay, 'delay', 0, kMaxTimeout);
          const controller = new AbortController();
          clock.add(() => {
            controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError'));
          }, delay, undefined, []);
          return controller.signal;
        });
        break;
      case 'Date':
        this.#replace(globalThis, 'Date', mockDate(clock));
    }
  }

  /** A promise for a value after a delay, as timers/promises has it. */
  #wait(delay, value, options) {
    const { signal } = options ?? {};
    if (options !== undefined && options !== null) {
      try {
        validateObject(options, 'options');
        if (signal !== undefined) validateAbortSignal(signal, 'options.signal');
      } catch (error) {
        return Promise.reject(error);
      }
    }
    if (signal?.aborted) return Promise.reject(new AbortError(undefined, { cause: signal.reason }));
    const clock = this.#clock;
    return new Promise((resolve, reject) => {
      const timer = clock.add(() => {
        signal?.removeEventListener('abort', onAbort);
        resolve(value);
      }, delay, undefined, []);
      const onAbort = () => {
        clock.remove(timer);
        reject(new AbortError(undefined, { cause: signal.reason }));
      };
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** An async iterator over the ends of intervals. */
  async * #repeat(delay, value, options) {
    const { signal } = options ?? {};
    if (options !== undefined && options !== null) {
      validateObject(options, 'options');
      if (signal !== undefined) validateAbortSignal(signal, 'options.signal');
    }
    if (signal?.aborted) throw new AbortError(undefined, { cause: signal.reason });
    const clock = this.#clock;
    // Ends that nobody has asked for yet.
    const ended = [];
    let waiting;
    const timer = clock.add(() => {
      ended.push(value);
      waiting?.resolve();
    }, delay, delay, []);
    const onAbort = () => {
      clock.remove(timer);
      waiting?.resolve();
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      for (;;) {
        while (ended.length > 0) yield ended.shift();
        if (signal?.aborted) throw new AbortError(undefined, { cause: signal.reason });
        waiting = Promise.withResolvers();
        await waiting.promise;
      }
    } finally {
      clock.remove(timer);
      signal?.removeEventListener('abort', onAbort);
    }
  }

  #checkEnabled() {
    if (!this.#isEnabled) {
      throw new ERR_INVALID_STATE('You should enable MockTimers first by calling the .enable function');
    }
  }

  tick(time = 1) {
    this.#checkEnabled();
    if (time < 0) throw new ERR_INVALID_ARG_VALUE('time', 'positive integer', time);
    this.#clock.advance(time);
  }

  /** Runs all timers that are set, up to the time of the last. */
  runAll() {
    this.#checkEnabled();
    let last;
    for (const timer of this.#clock.queue) if (last === undefined || timer.runAt > last) last = timer.runAt;
    if (last !== undefined) this.#clock.advance(last - this.#clock.now);
  }

  /** Sets the time; no timers run. */
  setTime(time = 0) {
    validateNumber(time, 'time');
    this.#checkEnabled();
    this.#clock.now = time;
  }

  reset() {
    if (!this.#isEnabled) return;
    this.#isEnabled = false;
    for (const undo of this.#undo.splice(0).reverse()) undo();
    this.#clock.queue.length = 0;
  }

  [Symbol.dispose]() {
    this.reset();
  }
}

/** A Date that takes the present from the clock. */
function mockDate(clock) {
  function MockDate(year, month, date, hours, minutes, seconds, ms) {
    if (!new.target) return new RealDate(clock.now).toString();
    const args = [year, month, date, hours, minutes, seconds, ms].slice(0, arguments.length);
    const target = new.target === MockDate ? RealDate : new.target;
    return Reflect.construct(RealDate, args.length === 0 ? [clock.now] : args, target);
  }
  for (const key of Reflect.ownKeys(RealDate)) {
    Object.defineProperty(MockDate, key, Object.getOwnPropertyDescriptor(RealDate, key));
  }
  Object.defineProperties(MockDate, {
    __proto__: null,
    now: { __proto__: null, configurable: true, writable: true, value: function now() { return clock.now; } },
    isMock: { __proto__: null, configurable: true, enumerable: false, writable: false, value: true },
    toString: {
      __proto__: null, configurable: true, writable: true, value: function toString() { return RealDate.toString(); },
    },
  });
  return MockDate;
}

module.exports = { MockTimers };
