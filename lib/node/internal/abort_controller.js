'use strict';

// Binding contract:
//   internalBinding('util').privateSymbols.transfer_mode_private_symbol, constants.kTransferable
//   internalBinding('symbols'): messaging_deserialize_symbol, messaging_transfer_symbol, messaging_transfer_list_symbol

const {
  Event, EventTarget, defineEventHandler, kNewListener, kRemoveListener,
  kResistStopPropagation, kTrustEvent, kWeakHandler,
} = require('internal/event_target');
const { customInspectSymbol, kEmptyObject, kEnumerableProperty } = require('internal/util');
const { codes: { ERR_ILLEGAL_CONSTRUCTOR, ERR_INVALID_ARG_TYPE, ERR_INVALID_THIS } } = require('internal/errors');
const { kMaxEventTargetListeners } = require('events');
const { validateAbortSignal, validateAbortSignalArray, validateObject, validateUint32 } = require('internal/validators');
const {
  privateSymbols: { transfer_mode_private_symbol: transferMode },
  constants: { kTransferable },
} = internalBinding('util');
const {
  messaging_deserialize_symbol: kDeserialize,
  messaging_transfer_symbol: kTransfer,
  messaging_transfer_list_symbol: kTransferList,
} = internalBinding('symbols');

function inspect(value, options) {
  return require('internal/util/inspect').inspect(value, options);
}

const kAborted = Symbol('kAborted');
const kReason = Symbol('kReason');
const kTimeout = Symbol('kTimeout');
const kComposite = Symbol('kComposite');
const kSourceSignals = Symbol('kSourceSignals');
const kDependantSignals = Symbol('kDependantSignals');
const kHeldSources = Symbol('kHeldSources');
const kTransferPorts = Symbol('kTransferPorts');
const kMakeTransferable = Symbol('kMakeTransferable');
// Only this module makes signals.
const kInternal = Symbol('kInternal');

// A signal with listeners must live until it fires, though only a timer or a source leads to it.
const persistentSignals = new Set();

let timers;
let timeoutRegistry;
/** Aborts with a TimeoutError after `delay`, unless the signal has been collected by then. */
function startTimeout(signal, delay) {
  timers ??= require('timers');
  const weak = new WeakRef(signal);
  const timeout = timers.setTimeout(() => {
    const target = weak.deref();
    if (target === undefined) return;
    persistentSignals.delete(target);
    const { DOMException } = require('internal/dom_exception');
    abortSignal(target, new DOMException('The operation was aborted due to timeout', 'TimeoutError'));
  }, delay);
  timeout.unref();
  timeoutRegistry ??= new FinalizationRegistry((t) => timers.clearTimeout(t));
  timeoutRegistry.register(signal, timeout);
}

function inspectAs(object, properties, depth, options) {
  if (depth < 0) return object;
  const inner = { ...options, depth: options.depth == null ? null : options.depth - 1 };
  return `${object.constructor.name} ${inspect(properties, inner)}`;
}

function checkSignal(signal) {
  if (signal?.[kAborted] === undefined) throw new ERR_INVALID_THIS('AbortSignal');
}

class AbortSignal extends EventTarget {
  constructor(marker = undefined, options = kEmptyObject) {
    if (marker !== kInternal) throw new ERR_ILLEGAL_CONSTRUCTOR();
    super();
    // Many may wait for one signal.
    this[kMaxEventTargetListeners] = 0;
    this[kAborted] = options.aborted ?? false;
    this[kReason] = options.reason;
    this[kComposite] = options.composite ?? false;
    if (options.transferable) this[transferMode] = kTransferable;
  }

  get aborted() {
    checkSignal(this);
    return !!this[kAborted];
  }

  get reason() {
    checkSignal(this);
    return this[kReason];
  }

  throwIfAborted() {
    checkSignal(this);
    if (this[kAborted]) throw this[kReason];
  }

  [customInspectSymbol](depth, options) {
    return inspectAs(this, { aborted: this.aborted }, depth, options);
  }

  static abort(reason = undefined) {
    return new AbortSignal(kInternal, { aborted: true, reason: reason === undefined ? abortReason() : reason });
  }

  static timeout(delay) {
    validateUint32(delay, 'delay', false);
    const signal = new AbortSignal(kInternal);
    signal[kTimeout] = true;
    startTimeout(signal, delay);
    return signal;
  }

  // DOM §3.2, create a dependent abort signal.
  static any(signals) {
    if (signals === null || signals === undefined || typeof signals[Symbol.iterator] !== 'function') {
      throw new ERR_INVALID_ARG_TYPE('signals', 'Array', signals);
    }
    const list = [...signals];
    validateAbortSignalArray(list, 'signals');
    for (let i = 0; i < list.length; i++) {
      // What only looks like a signal cannot be followed.
      if (list[i][kAborted] === undefined) throw new ERR_INVALID_ARG_TYPE(`signals[${i}]`, 'AbortSignal', list[i]);
    }
    const result = new AbortSignal(kInternal, { composite: true });
    if (list.length === 0) return result;
    const resultRef = new WeakRef(result);
    result[kSourceSignals] = new Set();
    for (const signal of list) {
      if (signal.aborted) {
        abortSignal(result, signal.reason);
        return result;
      }
      if (!signal[kComposite]) {
        linkSignals(signal, result, resultRef);
        continue;
      }
      for (const sourceRef of signal[kSourceSignals] ?? []) {
        const source = sourceRef.deref();
        if (source === undefined) continue;
        if (source.aborted) {
          abortSignal(result, source.reason);
          return result;
        }
        linkSignals(source, result, resultRef);
      }
    }
    return result;
  }

  [kNewListener](size, type, listener, once, capture, passive, weak) {
    super[kNewListener](size, type, listener, once, capture, passive, weak);
    const lively = this[kTimeout] || this[kComposite];
    if (lively && type === 'abort' && !this.aborted && !weak && size >= 1) {
      persistentSignals.add(this);
      // A source held by nobody else but this signal must stay too, or it could never fire.
      if (this[kComposite]) this[kHeldSources] ??= [...this[kSourceSignals] ?? []].map((ref) => ref.deref());
    }
  }

  [kRemoveListener](size, type, listener, capture) {
    super[kRemoveListener](size, type, listener, capture);
    if ((this[kTimeout] || this[kComposite]) && type === 'abort' && size === 0) persistentSignals.delete(this);
  }

  [kTransfer]() {
    checkSignal(this);
    if (this.aborted) {
      return { data: { aborted: true, reason: this.reason }, deserializeInfo: 'internal/abort_controller:ClonedAbortSignal' };
    }
    const { port1, port2 } = this[kTransferPorts] ?? new (require('internal/worker/io').MessageChannel)();
    this.addEventListener('abort', () => port1.postMessage(this.reason), { once: true });
    return { data: { aborted: false, port: port2 }, deserializeInfo: 'internal/abort_controller:ClonedAbortSignal' };
  }

  [kTransferList]() {
    if (this.aborted) return [];
    const { MessageChannel } = require('internal/worker/io');
    this[kTransferPorts] = new MessageChannel();
    this[kTransferPorts].port1.unref();
    return [this[kTransferPorts].port2];
  }

  [kDeserialize]({ aborted, reason, port }) {
    this[kAborted] = aborted;
    this[kReason] = reason;
    if (port === undefined) return;
    port.unref();
    port.onmessage = ({ data }) => {
      abortSignal(this, data);
      port.close();
      port.onmessage = undefined;
    };
  }
}

/** What a received signal is made from. */
function ClonedAbortSignal() {
  return new AbortSignal(kInternal, { transferable: true });
}
ClonedAbortSignal.prototype[kDeserialize] = () => {};

Object.defineProperties(AbortSignal.prototype, {
  aborted: kEnumerableProperty,
  reason: kEnumerableProperty,
  throwIfAborted: kEnumerableProperty,
  [Symbol.toStringTag]: { __proto__: null, writable: false, enumerable: false, configurable: true, value: 'AbortSignal' },
});
defineEventHandler(AbortSignal.prototype, 'abort');

function linkSignals(source, dependent, dependentRef) {
  source[kDependantSignals] ??= new Set();
  for (const ref of source[kDependantSignals]) {
    const signal = ref.deref();
    if (signal === dependent) return;
    if (signal === undefined) source[kDependantSignals].delete(ref);
  }
  dependent[kSourceSignals].add(new WeakRef(source));
  source[kDependantSignals].add(dependentRef);
}

function abortReason() {
  const { DOMException } = require('internal/dom_exception');
  return new DOMException('This operation was aborted', 'AbortError');
}

/** DOM §3.2, signal abort: marks all dependents first, then tells the listeners. */
function abortSignal(signal, reason) {
  if (signal[kAborted]) return;
  signal[kAborted] = true;
  signal[kReason] = reason;
  const dependents = [];
  for (const ref of signal[kDependantSignals] ?? []) {
    const dependent = ref.deref();
    if (dependent && !dependent[kAborted]) {
      dependent[kReason] = reason;
      dependent[kAborted] = true;
      dependents.push(dependent);
    }
  }
  fireAbort(signal);
  for (const dependent of dependents) fireAbort(dependent);
}

function fireAbort(signal) {
  signal.dispatchEvent(new Event('abort', { [kTrustEvent]: true }));
  signal[kDependantSignals]?.clear();
  persistentSignals.delete(signal);
}

class AbortController {
  // Made when first asked for: many controllers are never looked at.
  #signal;

  get signal() {
    if (this === null || typeof this !== 'object' || !(#signal in this)) throw new ERR_INVALID_THIS('AbortController');
    return this.#signal ??= new AbortSignal(kInternal);
  }

  abort(reason = abortReason()) {
    if (this === null || typeof this !== 'object' || !(#signal in this)) throw new ERR_INVALID_THIS('AbortController');
    abortSignal(this.#signal ??= new AbortSignal(kInternal), reason);
  }

  [customInspectSymbol](depth, options) {
    return inspectAs(this, { signal: this.signal }, depth, options);
  }

  static [kMakeTransferable]() {
    const controller = new AbortController();
    controller.#signal = new AbortSignal(kInternal, { transferable: true });
    return controller;
  }
}
Object.defineProperties(AbortController.prototype, { signal: kEnumerableProperty, abort: kEnumerableProperty });
Object.defineProperty(AbortController.prototype, Symbol.toStringTag, {
  __proto__: null, writable: false, enumerable: false, configurable: true, value: 'AbortController',
});

function transferableAbortSignal(signal) {
  if (signal?.[kAborted] === undefined) throw new ERR_INVALID_ARG_TYPE('signal', 'AbortSignal', signal);
  signal[transferMode] = kTransferable;
  return signal;
}

function transferableAbortController() {
  return AbortController[kMakeTransferable]();
}

/** `util.aborted`: a promise fulfilled when the signal aborts, forgotten when `resource` is collected. */
async function aborted(signal, resource) {
  if (signal === undefined) throw new ERR_INVALID_ARG_TYPE('signal', 'AbortSignal', signal);
  validateAbortSignal(signal, 'signal');
  validateObject(resource, 'resource', require('internal/validators').kValidateObjectAllowObjects);
  if (signal.aborted) return undefined;
  const { promise, resolve } = Promise.withResolvers();
  const options = { __proto__: null, [kWeakHandler]: resource, once: true, [kResistStopPropagation]: true };
  signal.addEventListener('abort', (event) => {
    resolve(event);
  }, options);
  return promise;
}

module.exports = {
  AbortController,
  AbortSignal,
  ClonedAbortSignal,
  abortSignal,
  aborted,
  transferableAbortSignal,
  transferableAbortController,
};
