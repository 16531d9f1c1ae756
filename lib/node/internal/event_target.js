'use strict';

// Binding contract: internalBinding('performance').now() -> milliseconds since the process started (as performance.now())

const {
  codes: { ERR_EVENT_RECURSION, ERR_INVALID_ARG_TYPE, ERR_INVALID_THIS, ERR_MISSING_ARGS },
} = require('internal/errors');
const {
  validateAbortSignal, validateObject, kValidateObjectAllowObjects, kValidateObjectAllowObjectsAndNull,
} = require('internal/validators');
const { customInspectSymbol, kEmptyObject, kEnumerableProperty } = require('internal/util');
const EventEmitter = require('events');

function inspect(value, options) {
  return require('internal/util/inspect').inspect(value, options);
}

const { kMaxEventTargetListeners, kMaxEventTargetListenersWarned } = EventEmitter;

const kIsEventTarget = Symbol.for('nodejs.event_target');
const kIsNodeEventTarget = Symbol('kIsNodeEventTarget');
const kEvents = Symbol('kEvents');
const kIsBeingDispatched = Symbol('kIsBeingDispatched');
const kStop = Symbol('kStop');
const kTarget = Symbol('kTarget');
const kHandlers = Symbol('kHandlers');
const kWeakHandler = Symbol('kWeak');
const kResistStopPropagation = Symbol('kResistStopPropagation');
const kHybridDispatch = Symbol.for('nodejs.internal.kHybridDispatch');
const kRemoveWeakListenerHelper = Symbol('nodejs.internal.removeWeakListenerHelper');
const kCreateEvent = Symbol('kCreateEvent');
const kNewListener = Symbol('kNewListener');
const kRemoveListener = Symbol('kRemoveListener');
const kIsNodeStyleListener = Symbol('kIsNodeStyleListener');
const kTrustEvent = Symbol('kTrustEvent');
const kInPassiveListener = Symbol('kInPassiveListener');

const trusted = new WeakSet();

function now() {
  return require('internal/perf/utils').now();
}

function inspectAs(object, properties, depth, options) {
  const { name } = object.constructor;
  if (depth < 0) return name;
  const inner = { ...options, depth: Number.isInteger(options.depth) ? options.depth - 1 : options.depth };
  return `${name} ${inspect(properties, inner)}`;
}

// ---- Event (DOM §2.2) -------------------------------------------------------------------------------------------------------

// DEVIATION: an accessor of the prototype, not of each event, as in Node.
const isTrustedDescriptor = {
  __proto__: null,
  get: { get isTrusted() {
    return trusted.has(this);
  } }.__lookupGetter__('isTrusted'),
  enumerable: true,
  configurable: false,
};

class Event {
  #cancelable = false;
  #bubbles = false;
  #composed = false;
  #defaultPrevented = false;
  #timestamp = 0;
  #propagationStopped = false;
  #type;

  constructor(type, options = undefined) {
    if (arguments.length === 0) throw new ERR_MISSING_ARGS('type');
    if (options != null) validateObject(options, 'options', kValidateObjectAllowObjects);
    this.#bubbles = !!options?.bubbles;
    this.#cancelable = !!options?.cancelable;
    this.#composed = !!options?.composed;
    this.#type = `${type}`;
    if (options?.[kTrustEvent]) trusted.add(this);
    this.#timestamp = now();
    this[kTarget] = null;
    this[kIsBeingDispatched] = false;
    this[kStop] = false;
    this[kInPassiveListener] = false;
  }

  initEvent(type, bubbles = false, cancelable = false) {
    if (!isEvent(this)) throw new ERR_INVALID_THIS('Event');
    if (arguments.length === 0) throw new ERR_MISSING_ARGS('type');
    if (this[kIsBeingDispatched]) return;
    this.#type = `${type}`;
    this.#bubbles = !!bubbles;
    this.#cancelable = !!cancelable;
  }

  [customInspectSymbol](depth, options) {
    if (!isEvent(this)) throw new ERR_INVALID_THIS('Event');
    return inspectAs(this, {
      type: this.#type,
      defaultPrevented: this.#defaultPrevented,
      cancelable: this.#cancelable,
      timeStamp: this.#timestamp,
    }, depth, options);
  }

  stopImmediatePropagation() {
    if (!isEvent(this)) throw new ERR_INVALID_THIS('Event');
    // Other listeners of the same target are skipped.
    this.#propagationStopped = true;
    this[kStop] = true;
  }

  preventDefault() {
    if (!isEvent(this)) throw new ERR_INVALID_THIS('Event');
    if (this.#cancelable && !this[kInPassiveListener]) this.#defaultPrevented = true;
  }

  get target() {
    if (!isEvent(this)) throw new ERR_INVALID_THIS('Event');
    return this[kTarget];
  }

  get currentTarget() {
    if (!isEvent(this)) throw new ERR_INVALID_THIS('Event');
    return this[kIsBeingDispatched] ? this[kTarget] : null;
  }

  get srcElement() {
    if (!isEvent(this)) throw new ERR_INVALID_THIS('Event');
    return this[kTarget];
  }

  get type() {
    if (!isEvent(this)) throw new ERR_INVALID_THIS('Event');
    return this.#type;
  }

  get cancelable() {
    if (!isEvent(this)) throw new ERR_INVALID_THIS('Event');
    return this.#cancelable;
  }

  get defaultPrevented() {
    if (!isEvent(this)) throw new ERR_INVALID_THIS('Event');
    return this.#cancelable && this.#defaultPrevented;
  }

  get timeStamp() {
    if (!isEvent(this)) throw new ERR_INVALID_THIS('Event');
    return this.#timestamp;
  }

  // There is no tree of targets: the path is the target, while it lasts.
  composedPath() {
    if (!isEvent(this)) throw new ERR_INVALID_THIS('Event');
    return this[kIsBeingDispatched] ? [this[kTarget]] : [];
  }

  get returnValue() {
    if (!isEvent(this)) throw new ERR_INVALID_THIS('Event');
    return !this.#cancelable || !this.#defaultPrevented;
  }

  set returnValue(value) {
    if (!isEvent(this)) throw new ERR_INVALID_THIS('Event');
    if (!value) this.preventDefault();
  }

  get bubbles() {
    if (!isEvent(this)) throw new ERR_INVALID_THIS('Event');
    return this.#bubbles;
  }

  get composed() {
    if (!isEvent(this)) throw new ERR_INVALID_THIS('Event');
    return this.#composed;
  }

  get eventPhase() {
    if (!isEvent(this)) throw new ERR_INVALID_THIS('Event');
    return this[kIsBeingDispatched] ? Event.AT_TARGET : Event.NONE;
  }

  get cancelBubble() {
    if (!isEvent(this)) throw new ERR_INVALID_THIS('Event');
    return this.#propagationStopped;
  }

  set cancelBubble(value) {
    if (!isEvent(this)) throw new ERR_INVALID_THIS('Event');
    if (value) this.#propagationStopped = true;
  }

  stopPropagation() {
    if (!isEvent(this)) throw new ERR_INVALID_THIS('Event');
    this.#propagationStopped = true;
  }

  static isEvent(value) {
    return #type in value;
  }
}
const brandCheck = Event.isEvent;
delete Event.isEvent;

function isEvent(value) {
  return value !== null && typeof value === 'object' && brandCheck(value);
}

for (const [name, value] of [['NONE', 0], ['CAPTURING_PHASE', 1], ['AT_TARGET', 2], ['BUBBLING_PHASE', 3]]) {
  Object.defineProperty(Event, name, { __proto__: null, value, enumerable: true });
  Object.defineProperty(Event.prototype, name, { __proto__: null, value, enumerable: true });
}
Object.defineProperties(Event.prototype, {
  isTrusted: isTrustedDescriptor,
  [Symbol.toStringTag]: { __proto__: null, writable: false, enumerable: false, configurable: true, value: 'Event' },
  initEvent: kEnumerableProperty,
  stopImmediatePropagation: kEnumerableProperty,
  preventDefault: kEnumerableProperty,
  target: kEnumerableProperty,
  currentTarget: kEnumerableProperty,
  srcElement: kEnumerableProperty,
  type: kEnumerableProperty,
  cancelable: kEnumerableProperty,
  defaultPrevented: kEnumerableProperty,
  timeStamp: kEnumerableProperty,
  composedPath: kEnumerableProperty,
  returnValue: kEnumerableProperty,
  bubbles: kEnumerableProperty,
  composed: kEnumerableProperty,
  eventPhase: kEnumerableProperty,
  cancelBubble: kEnumerableProperty,
  stopPropagation: kEnumerableProperty,
});

class CustomEvent extends Event {
  #detail;

  constructor(type, options = kEmptyObject) {
    if (arguments.length === 0) throw new ERR_MISSING_ARGS('type');
    super(type, options);
    this.#detail = options?.detail ?? null;
  }

  get detail() {
    if (!isEvent(this) || !(#detail in this)) throw new ERR_INVALID_THIS('CustomEvent');
    return this.#detail;
  }
}
Object.defineProperties(CustomEvent.prototype, {
  [Symbol.toStringTag]: { __proto__: null, writable: false, enumerable: false, configurable: true, value: 'CustomEvent' },
  detail: kEnumerableProperty,
});

// An event made for a value that came from an emitter-style emit().
class NodeCustomEvent extends Event {
  constructor(type, options) {
    super(type, options);
    if (options?.detail) this.detail = options.detail;
  }
}

// ---- EventTarget (DOM §2.7) -------------------------------------------------------------------------------------------------------

// Keeps a weak listener alive as long as the object it belongs to.
const weakListeners = new WeakMap();
let weakRegistry;
function weakRegistryOf() {
  return weakRegistry ??= new FinalizationRegistry(({ target, type, record }) => {
    target.deref()?.[kRemoveWeakListenerHelper](type, record);
  });
}

/** One registered listener. */
class Listener {
  constructor(target, type, listener, options) {
    const { once, capture, passive, isNodeStyleListener, weak, resistStopPropagation } = options;
    this.once = once;
    this.capture = capture;
    this.passive = passive;
    this.isNodeStyleListener = isNodeStyleListener;
    this.resistStopPropagation = resistStopPropagation;
    this.removed = false;
    this.weak = weak !== undefined && weak !== null;
    if (this.weak) {
      this.listener = new WeakRef(listener);
      weakRegistryOf().register(listener, { target: new WeakRef(target), type, record: this }, this);
      let kept = weakListeners.get(weak);
      if (kept === undefined) weakListeners.set(weak, kept = new Set());
      kept.add(listener);
    } else {
      this.listener = listener;
    }
  }

  /** The function or object given to addEventListener(), undefined once it has been collected. */
  get target() {
    return this.weak ? this.listener.deref() : this.listener;
  }

  same(listener, capture) {
    return this.target === listener && this.capture === capture;
  }
}

/** The listeners of one type. */
class ListenerList extends Array {
  static get [Symbol.species]() {
    return Array;
  }

  get size() {
    return this.length;
  }
}

function initEventTarget(self) {
  self[kEvents] = new Map();
  self[kMaxEventTargetListeners] = EventEmitter.defaultMaxListeners;
  self[kMaxEventTargetListenersWarned] = false;
  self[kHandlers] = new Map();
}

class EventTarget {
  constructor() {
    initEventTarget(this);
  }

  [kNewListener](size, type, listener, once, capture, passive, weak) {
    const max = this[kMaxEventTargetListeners];
    if (max > 0 && size > max && !this[kMaxEventTargetListenersWarned]) {
      this[kMaxEventTargetListenersWarned] = true;
      const warning = new Error(
        `Possible EventTarget memory leak detected. ${size} ${type} listeners added to ` +
        `${inspect(this, { depth: -1 })}. MaxListeners is ${max}. Use events.setMaxListeners() to increase limit`);
      warning.name = 'MaxListenersExceededWarning';
      warning.target = this;
      warning.type = type;
      warning.count = size;
      process.emitWarning(warning);
    }
  }

  [kRemoveListener](size, type, listener, capture) {}

  addEventListener(type, listener, options = kEmptyObject) {
    if (!isEventTarget(this)) throw new ERR_INVALID_THIS('EventTarget');
    if (arguments.length < 2) throw new ERR_MISSING_ARGS('type', 'listener');
    const flags = readOptions(options);
    const { once, capture, passive, signal, weak } = flags;
    validateAbortSignal(signal, 'options.signal');

    if (!isUsableListener(listener)) {
      // Browsers ignore it silently; here it is likely a mistake.
      const warning = new Error(`addEventListener called with ${listener} which has no effect.`);
      warning.name = 'AddEventListenerArgumentTypeWarning';
      warning.target = this;
      warning.type = type;
      process.emitWarning(warning);
      return;
    }
    type = toDOMString(type);

    if (signal) {
      if (signal.aborted) return;
      signal.addEventListener('abort', () => {
        this.removeEventListener(type, listener, options);
      }, { __proto__: null, once: true, [kWeakHandler]: this, [kResistStopPropagation]: true });
    }

    let list = this[kEvents].get(type);
    if (list === undefined) this[kEvents].set(type, list = new ListenerList());
    for (const record of list) if (record.same(listener, capture)) return;
    list.push(new Listener(this, type, listener, flags));
    this[kNewListener](list.length, type, listener, once, capture, passive, weak);
  }

  removeEventListener(type, listener, options = kEmptyObject) {
    if (!isEventTarget(this)) throw new ERR_INVALID_THIS('EventTarget');
    if (arguments.length < 2) throw new ERR_MISSING_ARGS('type', 'listener');
    if (!isUsableListener(listener)) return;
    type = toDOMString(type);
    const capture = typeof options === 'boolean' ? options : options?.capture === true;
    const list = this[kEvents].get(type);
    if (list === undefined) return;
    const at = list.findIndex((record) => record.same(listener, capture));
    if (at === -1) return;
    list[at].removed = true;
    list.splice(at, 1);
    if (list.length === 0) this[kEvents].delete(type);
    this[kRemoveListener](list.length, type, listener, capture);
  }

  [kRemoveWeakListenerHelper](type, record) {
    const list = this[kEvents].get(type);
    const at = list === undefined ? -1 : list.indexOf(record);
    if (at === -1) return;
    record.removed = true;
    list.splice(at, 1);
    if (list.length === 0) this[kEvents].delete(type);
    this[kRemoveListener](list.length, type, undefined, record.capture);
  }

  dispatchEvent(event) {
    if (!isEventTarget(this)) throw new ERR_INVALID_THIS('EventTarget');
    if (arguments.length < 1) throw new ERR_MISSING_ARGS('event');
    if (!isEvent(event)) throw new ERR_INVALID_ARG_TYPE('event', 'Event', event);
    if (event[kIsBeingDispatched]) throw new ERR_EVENT_RECURSION(event.type);
    this[kHybridDispatch](event, event.type, event);
    return !event.defaultPrevented;
  }

  [kHybridDispatch](nodeValue, type, event) {
    const createEvent = () => {
      if (event === undefined) {
        event = this[kCreateEvent](nodeValue, type);
        event[kTarget] = this;
        event[kIsBeingDispatched] = true;
      }
      return event;
    };
    if (event !== undefined) {
      event[kTarget] = this;
      event[kIsBeingDispatched] = true;
    }

    const list = this[kEvents].get(type);
    if (list === undefined || list.length === 0) {
      if (event !== undefined) event[kIsBeingDispatched] = false;
      return true;
    }
    let handled = 0;
    // Listeners added meanwhile wait for the next event.
    for (const record of list.slice()) {
      if (record.removed) continue;
      if (event?.[kStop] && !record.resistStopPropagation) continue;
      const callback = record.target;
      if (record.once) {
        record.removed = true;
        const at = list.indexOf(record);
        if (at !== -1) list.splice(at, 1);
        if (list.length === 0) this[kEvents].delete(type);
        this[kRemoveListener](list.length, type, callback, record.capture);
      }
      if (callback === undefined) continue;
      handled++;
      try {
        const argument = record.isNodeStyleListener ? nodeValue : createEvent();
        if (event !== undefined) event[kInPassiveListener] = record.passive;
        let result;
        if (typeof callback === 'function') {
          result = callback.call(this, argument);
        } else {
          const { handleEvent } = callback;
          if (typeof handleEvent !== 'function') {
            throw new TypeError(`${inspect(callback, { depth: -1 })} has no callable handleEvent`);
          }
          result = handleEvent.call(callback, argument);
        }
        if (result !== undefined && result !== null) watchRejection(result);
      } catch (error) {
        reportException(error);
      }
    }
    if (event !== undefined) {
      event[kIsBeingDispatched] = false;
      event[kInPassiveListener] = false;
    }
    return handled > 0;
  }

  [kCreateEvent](nodeValue, type) {
    return new NodeCustomEvent(type, { detail: nodeValue });
  }

  [customInspectSymbol](depth, options) {
    return inspectAs(this, {}, depth, options);
  }
}
Object.defineProperties(EventTarget.prototype, {
  addEventListener: kEnumerableProperty,
  removeEventListener: kEnumerableProperty,
  dispatchEvent: kEnumerableProperty,
  [Symbol.toStringTag]: { __proto__: null, writable: false, enumerable: false, configurable: true, value: 'EventTarget' },
  [kIsEventTarget]: { __proto__: null, value: true },
});

// ---- NodeEventTarget: an EventTarget with the methods of an emitter ------------------------------------------------------------------

function initNodeEventTarget(self) {
  initEventTarget(self);
}

class NodeEventTarget extends EventTarget {
  static [kIsNodeEventTarget] = true;
  static defaultMaxListeners = 10;

  setMaxListeners(n) {
    if (!isNodeEventTarget(this)) throw new ERR_INVALID_THIS('NodeEventTarget');
    EventEmitter.setMaxListeners(n, this);
  }

  getMaxListeners() {
    if (!isNodeEventTarget(this)) throw new ERR_INVALID_THIS('NodeEventTarget');
    return this[kMaxEventTargetListeners];
  }

  eventNames() {
    if (!isNodeEventTarget(this)) throw new ERR_INVALID_THIS('NodeEventTarget');
    return [...this[kEvents].keys()];
  }

  listenerCount(type) {
    if (!isNodeEventTarget(this)) throw new ERR_INVALID_THIS('NodeEventTarget');
    return this[kEvents].get(String(type))?.length ?? 0;
  }

  off(type, listener, options) {
    if (!isNodeEventTarget(this)) throw new ERR_INVALID_THIS('NodeEventTarget');
    this.removeEventListener(type, listener, options);
    return this;
  }

  removeListener(type, listener, options) {
    if (!isNodeEventTarget(this)) throw new ERR_INVALID_THIS('NodeEventTarget');
    this.removeEventListener(type, listener, options);
    return this;
  }

  on(type, listener) {
    if (!isNodeEventTarget(this)) throw new ERR_INVALID_THIS('NodeEventTarget');
    this.addEventListener(type, listener, { [kIsNodeStyleListener]: true });
    return this;
  }

  addListener(type, listener) {
    if (!isNodeEventTarget(this)) throw new ERR_INVALID_THIS('NodeEventTarget');
    this.addEventListener(type, listener, { [kIsNodeStyleListener]: true });
    return this;
  }

  emit(type, arg) {
    if (!isNodeEventTarget(this)) throw new ERR_INVALID_THIS('NodeEventTarget');
    require('internal/validators').validateString(type, 'type');
    const hadListeners = this.listenerCount(type) > 0;
    this[kHybridDispatch](arg, type);
    return hadListeners;
  }

  once(type, listener) {
    if (!isNodeEventTarget(this)) throw new ERR_INVALID_THIS('NodeEventTarget');
    this.addEventListener(type, listener, { once: true, [kIsNodeStyleListener]: true });
    return this;
  }

  removeAllListeners(type) {
    if (!isNodeEventTarget(this)) throw new ERR_INVALID_THIS('NodeEventTarget');
    if (type !== undefined) this[kEvents].delete(String(type));
    else this[kEvents].clear();
    return this;
  }
}
for (const name of ['setMaxListeners', 'getMaxListeners', 'eventNames', 'listenerCount', 'off', 'removeListener', 'on',
  'addListener', 'once', 'emit', 'removeAllListeners']) {
  Object.defineProperty(NodeEventTarget.prototype, name, kEnumerableProperty);
}

// ---- Helpers -------------------------------------------------------------------------------------------------------------------------

function toDOMString(value) {
  return `${value}`;
}

function isUsableListener(listener) {
  if (typeof listener === 'function' || typeof listener?.handleEvent === 'function') return true;
  if (listener == null) return false;
  // handleEvent may be set later.
  if (typeof listener === 'object') return true;
  throw new ERR_INVALID_ARG_TYPE('listener', 'EventListener', listener);
}

function readOptions(options) {
  if (typeof options === 'boolean') {
    return {
      once: false, capture: options, passive: false, signal: undefined, isNodeStyleListener: false, weak: undefined,
      resistStopPropagation: false,
    };
  }
  if (options === null) options = kEmptyObject;
  else validateObject(options, 'options', kValidateObjectAllowObjectsAndNull);
  return {
    once: !!options.once,
    capture: !!options.capture,
    passive: !!options.passive,
    signal: options.signal,
    isNodeStyleListener: !!options[kIsNodeStyleListener],
    weak: options[kWeakHandler],
    resistStopPropagation: options[kResistStopPropagation] ?? false,
  };
}

function isEventTarget(obj) {
  return obj?.constructor?.prototype?.[kIsEventTarget] === true || obj?.[kIsEventTarget] === true && kEvents in obj;
}

function isNodeEventTarget(obj) {
  return obj?.constructor?.[kIsNodeEventTarget] ?? false;
}

function watchRejection(result) {
  const { then } = result;
  if (typeof then === 'function') then.call(result, undefined, reportException);
}

/** An error in a listener is uncaught, but does not stop the others. */
function reportException(error) {
  process.nextTick(() => {
    throw error;
  });
}

/** The listeners of one type, for events.getEventListeners(). */
function listenersOfTarget(target, type) {
  const listeners = [];
  for (const record of target[kEvents].get(type) ?? []) {
    const listener = record.target;
    if (listener !== undefined) listeners.push(listener);
  }
  return listeners;
}

// An event handler attribute (HTML §8.1.8.1): at most one listener, whose place stays when it is replaced.
function makeEventHandler(handler) {
  function eventHandler(...args) {
    if (typeof eventHandler.handler !== 'function') return undefined;
    return Reflect.apply(eventHandler.handler, this, args);
  }
  eventHandler.handler = handler;
  return eventHandler;
}

/** Defines the attribute on<name> on a prototype. */
function defineEventHandler(emitter, name, event = name) {
  const propertyName = `on${name}`;
  const accessors = {
    get [propertyName]() {
      validateHandlerHolder(this);
      return this[kHandlers].get(event)?.handler ?? null;
    },
    set [propertyName](value) {
      validateHandlerHolder(this);
      let wrapped = this[kHandlers].get(event);
      if (wrapped) {
        if (typeof wrapped.handler === 'function') {
          const size = (this[kEvents].get(event)?.length ?? 1) - 1;
          this[kRemoveListener](size, event, wrapped.handler, false);
        }
        wrapped.handler = value;
        if (typeof value === 'function') {
          const size = this[kEvents].get(event)?.length ?? 1;
          this[kNewListener](size, event, value, false, false, false, false);
        }
      } else {
        wrapped = makeEventHandler(value);
        this.addEventListener(event, wrapped);
      }
      this[kHandlers].set(event, wrapped);
    },
  };
  const { get, set } = Object.getOwnPropertyDescriptor(accessors, propertyName);
  Object.defineProperty(emitter, propertyName, { __proto__: null, get, set, configurable: true, enumerable: true });
}

function validateHandlerHolder(object) {
  if (object?.[kHandlers] === undefined) {
    if (!isEventTarget(object)) throw new ERR_INVALID_THIS('EventTarget');
    object[kHandlers] = new Map();
  }
}

module.exports = {
  Event,
  CustomEvent,
  EventTarget,
  NodeEventTarget,
  defineEventHandler,
  initEventTarget,
  initNodeEventTarget,
  kCreateEvent,
  kNewListener,
  kTrustEvent,
  kRemoveListener,
  kEvents,
  kIsBeingDispatched,
  kTarget,
  kWeakHandler,
  kResistStopPropagation,
  isEventTarget,
  listenersOfTarget,
};
