'use strict';

// Builds `process` and the globals. What a hello world does not touch is made by a getter on first use.
//
// Binding contract:
//   process_methods (see internal/process/per_thread); process_methods.patchProcessObject(process) defines:
//     argv (string[], argv[0] as the system gave it), execArgv, execPath, pid, ppid, title (accessor), versions,
//     debugPort, arch, platform, and `version`.
//   process_methods.setLoopCallbacks(beforeExit, exit): beforeExit() when the loop is empty; exit() -> exit code.
//   builtins.hasBuiltin(id); messaging.structuredClone(value, options).
//   util.defineLazyValues(target, names, enumerable, load): properties that become the plain value load(name) when
//     they are first read.

const { hasBuiltin } = internalBinding('builtins');
const { defineLazyValues } = internalBinding('util');
const { moduleLoadList } = require('internal/bootstrap/realm');

// Which file provides which global classes; files that do not exist provide none.
const kGlobalClasses = {
  'internal/url': ['URL', 'URLSearchParams'],
  'internal/dom_exception': ['DOMException', 'QuotaExceededError'],
  'internal/abort_controller': ['AbortController', 'AbortSignal'],
  'internal/event_target': ['Event', 'EventTarget', 'CustomEvent'],
  'internal/encoding': ['TextEncoder', 'TextDecoder'],
  'web/streams': [
    'TransformStream', 'TransformStreamDefaultController', 'WritableStream', 'WritableStreamDefaultController',
    'WritableStreamDefaultWriter', 'ReadableStream', 'ReadableStreamDefaultReader', 'ReadableStreamBYOBReader',
    'ReadableStreamBYOBRequest', 'ReadableByteStreamController', 'ReadableStreamDefaultController',
    'ByteLengthQueuingStrategy', 'CountQueuingStrategy', 'TextEncoderStream', 'TextDecoderStream',
    'CompressionStream', 'DecompressionStream',
  ],
  'web/broadcast_channel': ['BroadcastChannel'],
  'internal/worker/io': ['MessageChannel', 'MessagePort'],
  'internal/blob': ['Blob'],
  'internal/file': ['File'],
  'web/performance': [
    'Performance', 'PerformanceEntry', 'PerformanceMark', 'PerformanceMeasure', 'PerformanceObserver',
    'PerformanceObserverEntryList', 'PerformanceResourceTiming',
  ],
  'web/url_pattern': ['URLPattern'],
  'web/fetch': ['FormData', 'Headers', 'Request', 'Response'],
  'web/message_event': ['MessageEvent'],
  'web/websocket': ['CloseEvent', 'ErrorEvent', 'WebSocket'],
  'internal/crypto/webcrypto': ['Crypto', 'CryptoKey', 'SubtleCrypto'],
  'internal/navigator': ['Navigator'],
  'web/storage': ['Storage'],
};

function defineValue(target, name, value, enumerable) {
  Object.defineProperty(target, name, { __proto__: null, value, writable: true, enumerable, configurable: true });
}

/** A [Replaceable] attribute of the global object: it stays a getter until a program assigns to it. */
function defineReplaceable(name, enumerable, load) {
  const { get, set } = Object.getOwnPropertyDescriptor({
    get [name]() {
      return load();
    },
    set [name](value) {
      defineValue(globalThis, name, value, enumerable);
    },
  }, name);
  Object.defineProperty(globalThis, name, { __proto__: null, configurable: true, enumerable, get, set });
}

setupProcess();
setupGlobals();
setupQueues();

function setupProcess() {
  const EventEmitter = require('events');
  const perThread = require('internal/process/per_thread');

  const processConstructor = function process() {
    throw new TypeError('Illegal constructor');
  };
  const prototype = Object.create(EventEmitter.prototype, {
    constructor: {
      __proto__: null,
      configurable: true,
      writable: true,
      enumerable: false,
      value: processConstructor,
    },
  });
  processConstructor.prototype = prototype;
  Object.setPrototypeOf(process, prototype);
  Object.defineProperty(process, Symbol.toStringTag, {
    __proto__: null,
    configurable: false,
    writable: true,
    enumerable: false,
    value: 'process',
  });

  internalBinding('process_methods').patchProcessObject(process);
  perThread.defineProcess(process, { moduleLoadList, defineLazyValues, defineValue });
  EventEmitter.call(process);
  process.domain = null;

  process.nextTick = require('internal/process/task_queues').nextTick;
  if (internalBinding('process_methods').isMainThread) perThread.watchSignals(process);
  const { onUncaughtException, beforeExit, exit } = require('internal/process/execution');
  defineValue(process, '_fatalException', onUncaughtException, true);
  internalBinding('process_methods').setLoopCallbacks(beforeExit, exit);
}

function setupGlobals() {
  Object.defineProperty(globalThis, Symbol.toStringTag, {
    __proto__: null,
    value: 'global',
    writable: false,
    enumerable: false,
    configurable: true,
  });
  defineValue(globalThis, 'global', globalThis, true);

  let processValue = process;
  Object.defineProperty(globalThis, 'process', {
    __proto__: null,
    get() {
      return processValue;
    },
    set(value) {
      processValue = value;
    },
    enumerable: false,
    configurable: true,
  });

  let bufferValue;
  Object.defineProperty(globalThis, 'Buffer', {
    __proto__: null,
    get() {
      return bufferValue ??= require('buffer').Buffer;
    },
    set(value) {
      bufferValue = value;
    },
    enumerable: false,
    configurable: true,
  });

  defineLazyValues(globalThis, ['console'], false, () => require('internal/console/global'));

  const timers = require('timers');
  for (const name of ['clearImmediate', 'setImmediate', 'clearInterval', 'clearTimeout', 'setInterval', 'setTimeout']) {
    defineValue(globalThis, name, timers[name], true);
  }
  defineValue(globalThis, 'queueMicrotask', require('internal/process/task_queues').queueMicrotask, true);
  defineLazyValues(globalThis, ['structuredClone'], true, () => internalBinding('messaging').structuredClone);
  defineLazyValues(globalThis, ['atob', 'btoa'], true, (name) => require('buffer')[name]);

  for (const [id, names] of Object.entries(kGlobalClasses)) {
    if (!hasBuiltin(id)) continue;
    defineLazyValues(globalThis, names, false, (name) => require(id)[name]);
  }
  if (!('DOMException' in globalThis)) {
    defineLazyValues(globalThis, ['DOMException'], false, () => internalBinding('messaging').DOMException);
  }
  if (hasBuiltin('web/fetch')) {
    // `fetch` itself stays a function that loads the implementation when it is called.
    defineValue(globalThis, 'fetch', function fetch(input, init = undefined) {
      return Reflect.apply(require('web/fetch').fetch, undefined, arguments);
    }, true);
  }
  defineReplaceable('performance', true, () => require('web/performance').performance);
  // Listed only where Node would list them.
  const isStorageListed = process.versions.sqlite !== undefined;
  for (const name of ['localStorage', 'sessionStorage']) {
    defineReplaceable(name, isStorageListed, () => require('web/storage')[name]);
  }
  if (hasBuiltin('internal/crypto/webcrypto')) {
    Object.defineProperty(globalThis, 'crypto', {
      __proto__: null,
      configurable: true,
      enumerable: true,
      get: { get crypto() { return require('internal/crypto/webcrypto').crypto; } }.__lookupGetter__('crypto'),
      set: undefined,
    });
  }
  if (hasBuiltin('internal/navigator')) {
    Object.defineProperty(globalThis, 'navigator', {
      __proto__: null,
      configurable: true,
      enumerable: true,
      get: { get navigator() { return require('internal/navigator').navigator; } }.__lookupGetter__('navigator'),
      set: undefined,
    });
  }
}

function setupQueues() {
  require('internal/process/task_queues').setupTaskQueue();
  require('internal/timers').setupTimers();
}

module.exports = {};
