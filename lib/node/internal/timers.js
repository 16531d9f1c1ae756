'use strict';

// Binding contract (timers):
//   getLibuvNow() -> ms of the loop clock; scheduleTimer(ms); toggleTimerRef(bool); toggleImmediateRef(bool);
//   immediateInfo: Uint32Array [count, refCount, hasOutstanding]; timerInfo: Int32Array [active count];
//   setupTimers(processImmediate, processTimers): processTimers(now) returns the next expiry (0: none, negative:
//   only timers that do not keep the program alive). When a callback throws and the program handles that, the native
//   side calls processTimers again, and processImmediate again while hasOutstanding is set.
//
// Timers of one duration stand in one list in order of start, so the first is the next to expire. A heap orders
// the lists by expiry, and one native timer is set for the first of them.

const binding = internalBinding('timers');
const { getLibuvNow, immediateInfo, scheduleTimer, toggleImmediateRef, toggleTimerRef } = binding;
const timerInfo = binding.timerInfo ?? binding.timeoutInfo;

const L = require('internal/linkedlist');
const PriorityQueue = require('internal/priority_queue');
const AsyncContextFrame = require('internal/async_context_frame');
const { state, emitInit, emitBefore, emitAfter, emitDestroy, symbols } = require('internal/async_hooks');
const { async_id_symbol, trigger_async_id_symbol } = symbols;

// Named here, since `internal/util` is not loaded before timers are.
const customInspectSymbol = Symbol.for('nodejs.util.inspect.custom');

const kCount = 0;
const kRefCount = 1;
const kHasOutstanding = 2;

const TIMEOUT_MAX = 2 ** 31 - 1;

const kTimeout = Symbol('timeout');
const kRefed = Symbol('refed');
const kHasPrimitive = Symbol('kHasPrimitive');
const kResource = Symbol('kResource');
const kFrame = Symbol('asyncContextFrame');

let timerListId = Number.MIN_SAFE_INTEGER;
let nextExpiry = Infinity;

const timerListMap = Object.create(null);
const timerListQueue = new PriorityQueue(compareTimersLists, setPosition);
const knownTimersById = Object.create(null);

function compareTimersLists(a, b) {
  const difference = a.expiry - b.expiry;
  return difference === 0 ? a.id - b.id : difference;
}

function setPosition(list, position) {
  list.priorityQueuePosition = position;
}

/** Timers of one duration. */
class TimersList {
  constructor(expiry, msecs) {
    this._idleNext = this;
    this._idlePrev = this;
    this.expiry = expiry;
    this.id = timerListId++;
    this.msecs = msecs;
    this.priorityQueuePosition = null;
  }

  [customInspectSymbol](depth, options) {
    const { inspect } = require('internal/util/inspect');
    return inspect(this, { ...options, depth: 0, customInspect: false });
  }
}

function initAsyncResource(resource, type) {
  const asyncId = resource[async_id_symbol] = ++state.nextId;
  const triggerAsyncId = resource[trigger_async_id_symbol] =
    state.defaultTriggerAsyncId < 0 ? state.executionAsyncId : state.defaultTriggerAsyncId;
  if (state.initHooks > 0) emitInit(asyncId, type, triggerAsyncId, resource);
}

let warnedNegative = false;
let warnedNotNumber = false;

function durationWarning(after, name) {
  if (after > TIMEOUT_MAX) {
    process.emitWarning(`${after} does not fit into a 32-bit signed integer.\nTimeout duration was set to 1.`,
                        'TimeoutOverflowWarning');
  } else if (after < 0 && !warnedNegative) {
    warnedNegative = true;
    process.emitWarning(`${after} is a negative number.\nTimeout duration was set to 1.`,
                        'TimeoutNegativeWarning');
  } else if (name !== undefined && Number.isNaN(after) && !warnedNotNumber) {
    warnedNotNumber = true;
    process.emitWarning(`${after} is not a number.\nTimeout duration was set to 1.`, 'TimeoutNaNWarning');
  }
}

/** What setTimeout and setInterval return. */
class Timeout {
  constructor(callback, after, args, isRepeat, isRefed) {
    if (after === undefined) {
      after = 1;
    } else {
      after *= 1;
      if (!(after >= 1 && after <= TIMEOUT_MAX)) {
        if (after > TIMEOUT_MAX || after < 0 || after !== after) durationWarning(after, 'delay');
        after = 1;
      }
    }
    this._idleTimeout = after;
    this._idlePrev = this;
    this._idleNext = this;
    this._idleStart = null;
    this._onTimeout = null;
    this._onTimeout = callback;
    this._timerArgs = args;
    this._repeat = isRepeat ? after : null;
    this._destroyed = false;
    if (isRefed) incRefCount();
    this[kRefed] = isRefed;
    this[kHasPrimitive] = false;
    this[kFrame] = AsyncContextFrame.current();
    initAsyncResource(this, 'Timeout');
  }

  /** The lists beside a timer are no one's business. */
  [customInspectSymbol](depth, options) {
    const { inspect } = require('internal/util/inspect');
    return inspect(this, { ...options, depth: 0, customInspect: false });
  }

  refresh() {
    if (this[kRefed]) active(this);
    else unrefActive(this);
    return this;
  }

  unref() {
    if (this[kRefed]) {
      this[kRefed] = false;
      if (!this._destroyed) decRefCount();
    }
    return this;
  }

  ref() {
    if (this[kRefed] === false) {
      this[kRefed] = true;
      if (!this._destroyed) incRefCount();
    }
    return this;
  }

  hasRef() {
    return this[kRefed];
  }

  close() {
    require('timers').clearTimeout(this);
    return this;
  }

  [Symbol.dispose]() {
    require('timers').clearTimeout(this);
  }

  [Symbol.toPrimitive]() {
    const id = this[async_id_symbol];
    if (!this[kHasPrimitive]) {
      this[kHasPrimitive] = true;
      knownTimersById[id] = this;
    }
    return id;
  }
}

/** A doubly linked list of immediates. */
class ImmediateList {
  constructor() {
    this.head = null;
    this.tail = null;
  }

  append(item) {
    if (this.tail !== null) {
      this.tail._idleNext = item;
      item._idlePrev = this.tail;
    } else {
      this.head = item;
    }
    this.tail = item;
  }

  remove(item) {
    if (item._idleNext) item._idleNext._idlePrev = item._idlePrev;
    if (item._idlePrev) item._idlePrev._idleNext = item._idleNext;
    if (item === this.head) this.head = item._idleNext;
    if (item === this.tail) this.tail = item._idlePrev;
    item._idleNext = null;
    item._idlePrev = null;
  }
}

const immediateQueue = new ImmediateList();
// What is left of a batch when one of its callbacks throws: it runs first next time.
const outstandingQueue = new ImmediateList();

/** What setImmediate returns. */
class Immediate {
  constructor(callback, args) {
    this._idleNext = null;
    this._idlePrev = null;
    this._onImmediate = callback;
    this._argv = args;
    this._destroyed = false;
    this[kRefed] = false;
    this[kFrame] = AsyncContextFrame.current();
    initAsyncResource(this, 'Immediate');
    this.ref();
    immediateInfo[kCount]++;
    immediateQueue.append(this);
  }

  ref() {
    if (this[kRefed] === false) {
      this[kRefed] = true;
      if (immediateInfo[kRefCount]++ === 0) toggleImmediateRef(true);
    }
    return this;
  }

  unref() {
    if (this[kRefed] === true) {
      this[kRefed] = false;
      if (--immediateInfo[kRefCount] === 0) toggleImmediateRef(false);
    }
    return this;
  }

  hasRef() {
    return !!this[kRefed];
  }

  [Symbol.dispose]() {
    require('timers').clearImmediate(this);
  }
}

function incRefCount() {
  if (timerInfo[0]++ === 0) toggleTimerRef(true);
}

function decRefCount() {
  if (--timerInfo[0] === 0) toggleTimerRef(false);
}

/** Starts (or restarts) `item` and keeps the program alive for it. */
function active(item) {
  insertGuarded(item, true);
}

/** Starts (or restarts) `item` without keeping the program alive. */
function unrefActive(item) {
  insertGuarded(item, false);
}

function insertGuarded(item, refed, start) {
  const msecs = item._idleTimeout;
  if (msecs < 0 || msecs === undefined) return;
  insert(item, msecs, start);
  const isDestroyed = item._destroyed;
  if (isDestroyed || item[async_id_symbol] === undefined) {
    item._destroyed = false;
    initAsyncResource(item, 'Timeout');
  }
  if (isDestroyed) {
    if (refed) incRefCount();
  } else if (refed === !item[kRefed]) {
    if (refed) incRefCount();
    else decRefCount();
  }
  item[kRefed] = refed;
}

function insert(item, msecs, start = getLibuvNow()) {
  msecs = Math.trunc(msecs);
  item._idleStart = start;
  let list = timerListMap[msecs];
  if (list === undefined) {
    const expiry = start + msecs;
    timerListMap[msecs] = list = new TimersList(expiry, msecs);
    timerListQueue.insert(list);
    if (nextExpiry > expiry) {
      scheduleTimer(msecs);
      nextExpiry = expiry;
    }
  }
  L.append(list, item);
}

/** A timer for the inside of the runtime that does not keep the program alive. */
function setUnrefTimeout(callback, after, arg) {
  if (typeof callback !== 'function') require('internal/validators').validateFunction(callback, 'callback');
  const timer = new Timeout(callback, after, arg === undefined ? undefined : [arg], false, false);
  insert(timer, timer._idleTimeout);
  return timer;
}

/** An immediate for the inside of the runtime that does not keep the program alive. */
function setUnrefImmediate(callback) {
  return new Immediate(callback, undefined).unref();
}

function getTimerDuration(msecs, name) {
  require('internal/validators').validateNumber(msecs, name);
  if (msecs < 0 || !Number.isFinite(msecs)) {
    const { codes: { ERR_OUT_OF_RANGE } } = require('internal/errors');
    throw new ERR_OUT_OF_RANGE(name, 'a non-negative finite number', msecs);
  }
  if (msecs > TIMEOUT_MAX) {
    process.emitWarning(`${msecs} does not fit into a 32-bit signed integer.\nTimer duration was truncated to ${TIMEOUT_MAX}.`,
                        'TimeoutOverflowWarning');
    return TIMEOUT_MAX;
  }
  return msecs;
}

function processImmediate() {
  const queue = outstandingQueue.head !== null ? outstandingQueue : immediateQueue;
  let immediate = queue.head;
  // Immediates made from now on run in the next turn.
  if (queue !== outstandingQueue) queue.head = queue.tail = null;
  immediateInfo[kHasOutstanding] = 1;

  let prevImmediate;
  let ranAny = false;
  while (immediate !== null) {
    if (ranAny) runNextTicks();
    else ranAny = true;
    // clearImmediate may have removed this one in between.
    if (immediate._destroyed) {
      outstandingQueue.head = immediate = prevImmediate._idleNext;
      continue;
    }
    immediate._destroyed = true;
    immediateInfo[kCount]--;
    if (immediate[kRefed] && --immediateInfo[kRefCount] === 0) toggleImmediateRef(false);
    immediate[kRefed] = null;
    prevImmediate = immediate;

    const prior = AsyncContextFrame.exchange(immediate[kFrame]);
    const asyncId = immediate[async_id_symbol];
    emitBefore(asyncId, immediate[trigger_async_id_symbol], immediate);
    let completed = false;
    try {
      const argv = immediate._argv;
      if (argv === undefined) immediate._onImmediate();
      else immediate._onImmediate(...argv);
      completed = true;
    } finally {
      immediate._onImmediate = null;
      if (state.destroyHooks > 0) emitDestroy(asyncId);
      outstandingQueue.head = immediate = immediate._idleNext;
      // The handler of uncaught exceptions runs in the context of what threw.
      if (completed) {
        emitAfter(asyncId);
        AsyncContextFrame.set(prior);
      }
    }
  }
  if (queue === outstandingQueue) outstandingQueue.head = null;
  immediateInfo[kHasOutstanding] = 0;
}

// After so many timers what has arrived meanwhile has its turn. Otherwise thousands of requests that wait equally long
// stay one burst for ever: while some are answered the time of the next comes, and the requests that follow the answers
// are not read before the last is answered.
const kTimersPerTurn = 64;
let timersLeft = 0;

function processTimers(now) {
  nextExpiry = Infinity;
  timersLeft = kTimersPerTurn;
  let list;
  let ranAny = false;
  while ((list = timerListQueue.peek()) !== undefined) {
    if (list.expiry > now || timersLeft <= 0) {
      nextExpiry = list.expiry;
      now = getLibuvNow();
      if (nextExpiry > now || timersLeft <= 0) return timerInfo[0] > 0 ? nextExpiry : -nextExpiry;
      // It has become due meanwhile: what is started from now on is the next.
      nextExpiry = Infinity;
    }
    if (ranAny) runNextTicks();
    else ranAny = true;
    listOnTimeout(list, now);
  }
  return 0;
}

function listOnTimeout(list, now) {
  const { msecs } = list;
  let ranAny = false;
  let timer;
  while ((timer = L.peek(list)) !== null) {
    const diff = now - timer._idleStart;
    // A timer that was started by one of this list may not be due although the list is.
    if (diff < msecs) {
      list.expiry = Math.max(timer._idleStart + msecs, now + 1);
      list.id = timerListId++;
      timerListQueue.percolateDown(1);
      return;
    }
    if (timersLeft-- <= 0) {
      list.expiry = timer._idleStart + msecs;
      list.id = timerListId++;
      timerListQueue.percolateDown(1);
      return;
    }
    if (ranAny) runNextTicks();
    else ranAny = true;

    if (timer._idleNext !== timer) L.remove(timer);
    const asyncId = timer[async_id_symbol];
    if (!timer._onTimeout) {
      if (!timer._destroyed) {
        timer._destroyed = true;
        if (timer[kHasPrimitive]) delete knownTimersById[asyncId];
        if (timer[kRefed]) decRefCount();
        if (state.destroyHooks > 0) emitDestroy(asyncId);
      }
      continue;
    }

    const prior = AsyncContextFrame.exchange(timer[kFrame]);
    emitBefore(asyncId, timer[trigger_async_id_symbol], timer);
    let start;
    if (timer._repeat) start = getLibuvNow();
    let completed = false;
    try {
      const args = timer._timerArgs;
      if (args === undefined) timer._onTimeout();
      else timer._onTimeout(...args);
      completed = true;
    } finally {
      if (timer._repeat && timer._idleTimeout !== -1) {
        timer._idleTimeout = timer._repeat;
        insert(timer, timer._idleTimeout, start);
      } else if (!timer._idleNext && !timer._idlePrev && !timer._destroyed) {
        timer._destroyed = true;
        if (timer[kHasPrimitive]) delete knownTimersById[asyncId];
        if (timer[kRefed]) decRefCount();
        if (state.destroyHooks > 0) emitDestroy(asyncId);
      }
      // The handler of uncaught exceptions runs in the context of what threw.
      if (completed) {
        emitAfter(asyncId);
        AsyncContextFrame.set(prior);
      }
    }
  }
  // `timerListMap[msecs]` may already be a new list when this one was emptied by a callback.
  if (list === timerListMap[msecs]) {
    delete timerListMap[msecs];
    timerListQueue.shift();
  }
}

/** Takes `timer` out of its list and lets the native timer rest when nothing is left before `nextExpiry`. */
function unenroll(timer) {
  if (timer._destroyed) return;
  timer._destroyed = true;
  if (timer[kHasPrimitive]) delete knownTimersById[timer[async_id_symbol]];
  if (state.destroyHooks > 0 && timer[async_id_symbol] !== undefined) emitDestroy(timer[async_id_symbol]);
  L.remove(timer);
  if (timer[kRefed]) {
    // An empty list is dropped right away, so that its memory and its expiry do not linger.
    const list = timerListMap[Math.trunc(timer._idleTimeout)];
    if (list !== undefined && L.isEmpty(list)) {
      timerListQueue.removeAt(list.priorityQueuePosition);
      delete timerListMap[list.msecs];
    }
    decRefCount();
  }
  timer._idleTimeout = -1;
}

function runNextTicks() {
  require('internal/process/task_queues').runNextTicks();
}

/** Ends `immediate` before it runs. */
function removeImmediate(immediate) {
  immediateInfo[kCount]--;
  immediate._destroyed = true;
  if (immediate[kRefed] && --immediateInfo[kRefCount] === 0) toggleImmediateRef(false);
  immediate[kRefed] = null;
  if (state.destroyHooks > 0 && immediate[async_id_symbol] !== undefined) emitDestroy(immediate[async_id_symbol]);
  immediate._onImmediate = null;
  immediateQueue.remove(immediate);
}

/** Connects the lists with the native side. */
function setupTimers() {
  binding.setupTimers(processImmediate, processTimers);
}

module.exports = {
  Immediate,
  Timeout,
  TIMEOUT_MAX,
  active,
  async_id_symbol,
  decRefCount,
  getTimerDuration,
  immediateInfoFields: { kCount, kRefCount, kHasOutstanding },
  immediateQueue,
  incRefCount,
  initAsyncResource,
  insert,
  insertGuarded,
  kHasPrimitive,
  kRefed,
  kResource,
  kTimeout,
  knownTimersById,
  processImmediate,
  processTimers,
  removeImmediate,
  setUnrefImmediate,
  setUnrefTimeout,
  setupTimers,
  timerListMap,
  timerListQueue,
  trigger_async_id_symbol,
  unenroll,
  unrefActive,
};
