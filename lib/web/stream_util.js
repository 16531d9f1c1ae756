'use strict';

// What the classes of https://streams.spec.whatwg.org share: queues, promises that are made on demand, strategies,
// conversions of dictionaries, and the definition of interfaces.
//
// Binding contract:
//   internalBinding('task_queue').enqueueMicrotask(function)
//   internalBinding('symbols'): messaging_transfer_symbol, messaging_deserialize_symbol
//   internalBinding('util').privateSymbols.transfer_mode_private_symbol, constants.kTransferable

const {
  codes: { ERR_ILLEGAL_CONSTRUCTOR, ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_INVALID_STATE, ERR_MISSING_OPTION },
} = require('internal/errors');
const { customInspectSymbol: kInspect } = require('internal/util');
const { kIsClosedPromise, kControllerErrorFunction, kIsDisturbed, kIsErrored, kIsReadable, kIsWritable } =
  require('internal/streams/utils');
const { messaging_transfer_symbol: kTransfer, messaging_deserialize_symbol: kDeserialize } = internalBinding('symbols');
const {
  privateSymbols: { transfer_mode_private_symbol: kTransferMode },
  constants: { kTransferable },
} = internalBinding('util');

const kState = Symbol('kState');
/** The token only this family of modules can give to the constructors of controllers. */
const kCreate = Symbol('kCreate');

const { apply } = Reflect;
// Programs may patch Promise.prototype.then; streams go on.
const promiseThen = Function.prototype.call.bind(Promise.prototype.then);
const promiseResolve = Promise.resolve.bind(Promise);
const promiseReject = Promise.reject.bind(Promise);
const resolvedPromise = Promise.resolve();

const { enqueueMicrotask } = internalBinding('task_queue');

function noop() {}

/** Marks a promise as handled: its rejection is reported elsewhere. */
function setHandled(promise) {
  promiseThen(promise, undefined, noop);
}

/** "A promise resolved with" the value: WebIDL's conversion to Promise<any>. */
function toPromise(value) {
  return value === undefined ? resolvedPromise : promiseResolve(value);
}

/** A new promise resolved with the value: what comes from start() takes the ticks a promise in a promise takes. */
function toNewPromise(value) {
  if (value === undefined) return resolvedPromise;
  return new Promise((resolve) => {
    resolve(value);
  });
}

/** Makes the slots of a class independent of what a program may have put on Object.prototype. */
function isolate(stateClass) {
  Object.setPrototypeOf(stateClass.prototype, null);
}

/**
 * Calls an algorithm that ends a stream; what it throws becomes a rejection. What a program's method returns is converted to a promise of
 * WebIDL, which is a new one; its ticks decide which of two ends is told first. The algorithms of this library have no `self`.
 * DEVIATION: pull() and write() go without, which is faster and makes no difference to well-behaved programs.
 */
function promiseCallLast(fn, self, args) {
  try {
    const result = apply(fn, self, args);
    return self === undefined ? toPromise(result) : toNewPromise(result);
  } catch (error) {
    return promiseReject(error);
  }
}

const PENDING = 0;
const FULFILLED = 1;
const REJECTED = 2;

/** A promise which exists only when somebody has asked for it. Its rejection never counts as unhandled. */
class LazyPromise {
  #status = PENDING;
  #value = undefined;
  #promise = undefined;
  #callback = undefined;
  #resolve = undefined;
  #reject = undefined;

  static fulfilled() {
    const lazy = new LazyPromise();
    lazy.#status = FULFILLED;
    return lazy;
  }

  static rejected(error) {
    const lazy = new LazyPromise();
    lazy.reject(error);
    return lazy;
  }

  get promise() {
    if (this.#promise !== undefined) return this.#promise;
    if (this.#status === FULFILLED) return this.#promise = promiseResolve(undefined);
    if (this.#status === REJECTED) {
      this.#promise = promiseReject(this.#value);
      setHandled(this.#promise);
      return this.#promise;
    }
    const { promise, resolve, reject } = Promise.withResolvers();
    this.#promise = promise;
    this.#resolve = resolve;
    this.#reject = reject;
    return promise;
  }

  get isPending() {
    return this.#status === PENDING;
  }

  /** Calls back in a microtask once the promise is fulfilled; it does not have to be made for that. One caller only. */
  whenFulfilled(callback) {
    if (this.#status === FULFILLED) enqueueMicrotask(callback);
    else this.#callback = callback;
  }

  resolve() {
    if (this.#status !== PENDING) return;
    this.#status = FULFILLED;
    if (this.#resolve !== undefined) this.#resolve();
    if (this.#callback !== undefined) enqueueMicrotask(this.#callback);
  }

  reject(error) {
    if (this.#status !== PENDING) return;
    this.#status = REJECTED;
    this.#value = error;
    if (this.#promise !== undefined) {
      setHandled(this.#promise);
      this.#reject(error);
    }
  }
}

/** A first-in first-out list. */
class Queue {
  #items = [];
  #head = 0;

  get length() {
    return this.#items.length - this.#head;
  }

  push(item) {
    this.#items.push(item);
  }

  peek() {
    return this.#items[this.#head];
  }

  shift() {
    const items = this.#items;
    const item = items[this.#head];
    items[this.#head++] = undefined;
    if (this.#head === items.length) {
      items.length = 0;
      this.#head = 0;
    } else if (this.#head === 1024) {
      items.splice(0, 1024);
      this.#head = 0;
    }
    return item;
  }

  /** Gives all items away. */
  takeAll() {
    const items = this.#head === 0 ? this.#items : this.#items.slice(this.#head);
    this.#items = [];
    this.#head = 0;
    return items;
  }
}

// ---- queue-with-sizes, §8.1: a controller state with `queue`, `sizes` and `queueTotalSize` -----------------------------

// OPTIMIZATION: where every chunk has the size 1 there are no sizes to remember.

function enqueueValueWithSize(state, value, size) {
  if (state.sizes === undefined) {
    state.queue.push(value);
    state.queueTotalSize += 1;
    return;
  }
  size = +size;
  if (!(size >= 0) || size === Infinity) throw new ERR_INVALID_ARG_VALUE.RangeError('size', size);
  state.queue.push(value);
  state.sizes.push(size);
  state.queueTotalSize += size;
}

function dequeueValue(state) {
  const value = state.queue.shift();
  // Rounding may leave less than nothing.
  state.queueTotalSize = state.sizes === undefined ? state.queueTotalSize - 1 :
    Math.max(0, state.queueTotalSize - state.sizes.shift());
  return value;
}

function resetQueue(state) {
  state.queue = new Queue();
  if (state.sizes !== undefined) state.sizes = new Queue();
  state.queueTotalSize = 0;
}

// ---- conversions ---------------------------------------------------------------------------------------------------------------

function isObjectLike(value) {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

/** A dictionary argument that may be left out; `allowNull` as WebIDL has it for dictionaries. */
function toDictionary(value, name, allowNull = true) {
  if (value === undefined || (allowNull && value === null)) return undefined;
  if (!isObjectLike(value)) throw new ERR_INVALID_ARG_TYPE(name, 'Object', value);
  return value;
}

/** A callback member of a dictionary. */
function toCallback(value, name) {
  if (value !== undefined && typeof value !== 'function') throw new ERR_INVALID_ARG_TYPE(name, 'Function', value);
  return value;
}

/** ExtractHighWaterMark, §7.4 */
function extractHighWaterMark(value, defaultValue) {
  if (value === undefined) return defaultValue;
  value = +value;
  if (!(value >= 0)) throw new ERR_INVALID_ARG_VALUE.RangeError('strategy.highWaterMark', value);
  return value;
}

/** ExtractSizeAlgorithm, §7.4: undefined stands for the size 1. */
function extractSizeAlgorithm(size) {
  return toCallback(size, 'strategy.size');
}

// ---- interfaces -------------------------------------------------------------------------------------------------------------------

/** Gives a class what WebIDL wants: enumerable members and a class string. */
function defineInterface(constructor, members, statics = []) {
  const { prototype, name } = constructor;
  for (const member of members) Object.defineProperty(prototype, member, { __proto__: null, enumerable: true });
  for (const member of statics) Object.defineProperty(constructor, member, { __proto__: null, enumerable: true });
  Object.defineProperty(prototype, Symbol.toStringTag, { __proto__: null, configurable: true, value: name });
}

function inspectAs(object, name, depth, options, properties) {
  if (depth < 0) return object;
  const { inspect } = require('internal/util/inspect');
  const inner = { ...options, depth: options.depth == null ? null : options.depth - 1 };
  return `${name} ${inspect(properties, inner)}`;
}

function checkCreate(token) {
  if (token !== kCreate) throw new ERR_ILLEGAL_CONSTRUCTOR();
}

// ---- queuing strategies, §7 ------------------------------------------------------------------------------------------------------

function requiredHighWaterMark(init) {
  if (!isObjectLike(init)) throw new ERR_INVALID_ARG_TYPE('init', 'Object', init);
  const { highWaterMark } = init;
  if (highWaterMark === undefined) throw new ERR_MISSING_OPTION('init.highWaterMark');
  return +highWaterMark;
}

// One function for all strategies of a kind, without a `prototype`.
const { size: byteLengthSize } = { size(chunk) {
  return chunk.byteLength;
} };
const { size: countSize } = { size() {
  return 1;
} };

class ByteLengthQueuingStrategy {
  #highWaterMark;

  constructor(init) {
    this.#highWaterMark = requiredHighWaterMark(init);
  }

  get highWaterMark() {
    return this.#highWaterMark;
  }

  get size() {
    // The brand check.
    this.#highWaterMark;
    return byteLengthSize;
  }

  [kInspect](depth, options) {
    return inspectAs(this, 'ByteLengthQueuingStrategy', depth, options, { highWaterMark: this.highWaterMark });
  }
}
defineInterface(ByteLengthQueuingStrategy, ['highWaterMark', 'size']);

class CountQueuingStrategy {
  #highWaterMark;

  constructor(init) {
    this.#highWaterMark = requiredHighWaterMark(init);
  }

  get highWaterMark() {
    return this.#highWaterMark;
  }

  get size() {
    this.#highWaterMark;
    return countSize;
  }

  [kInspect](depth, options) {
    return inspectAs(this, 'CountQueuingStrategy', depth, options, { highWaterMark: this.highWaterMark });
  }
}
defineInterface(CountQueuingStrategy, ['highWaterMark', 'size']);

function invalidState(message) {
  return new ERR_INVALID_STATE.TypeError(message);
}

module.exports = {
  ByteLengthQueuingStrategy,
  CountQueuingStrategy,
  LazyPromise,
  Queue,
  apply,
  checkCreate,
  defineInterface,
  dequeueValue,
  enqueueMicrotask,
  enqueueValueWithSize,
  extractHighWaterMark,
  extractSizeAlgorithm,
  inspectAs,
  invalidState,
  isObjectLike,
  isolate,
  kControllerErrorFunction,
  kCreate,
  kDeserialize,
  kInspect,
  kIsClosedPromise,
  kIsDisturbed,
  kIsErrored,
  kIsReadable,
  kIsWritable,
  kState,
  kTransfer,
  kTransferMode,
  kTransferable,
  noop,
  promiseCallLast,
  promiseReject,
  promiseResolve,
  promiseThen,
  resetQueue,
  resolvedPromise,
  setHandled,
  toCallback,
  toDictionary,
  toNewPromise,
  toPromise,
};
