'use strict';

// Binding contract (performance): now() -> ms since the time origin; timeOrigin (ms since 1970);
//   milestones?: object of ms { nodeStart, v8Start, environment, bootstrapComplete, loopStart, loopExit };
//   loopIdleTime() -> ms the loop waited.

const binding = internalBinding('performance');
const { codes: { ERR_ILLEGAL_CONSTRUCTOR, ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_MISSING_ARGS, ERR_PERFORMANCE_INVALID_TIMESTAMP } } =
  require('internal/errors');
const { validateFunction, validateInteger, validateNumber, validateObject, validateString } = require('internal/validators');

const kCreate = Symbol('kCreate');

class PerformanceEntry {
  #name;
  #type;
  #start;
  #duration;

  constructor(token, name, type, start, duration) {
    if (token !== kCreate) throw new ERR_ILLEGAL_CONSTRUCTOR();
    this.#name = name;
    this.#type = type;
    this.#start = start;
    this.#duration = duration;
  }

  get name() {
    return this.#name;
  }

  get entryType() {
    return this.#type;
  }

  get startTime() {
    return this.#start;
  }

  get duration() {
    return this.#duration;
  }

  toJSON() {
    const { name, entryType, startTime, duration } = this;
    return { name, entryType, startTime, duration };
  }
}

class DetailedEntry extends PerformanceEntry {
  #detail;

  constructor(token, name, type, start, duration, detail) {
    super(token, name, type, start, duration);
    this.#detail = detail;
  }

  get detail() {
    return this.#detail;
  }

  toJSON() {
    const { name, entryType, startTime, duration, detail } = this;
    return { name, entryType, startTime, duration, detail };
  }
}

class PerformanceMark extends DetailedEntry {
  constructor(name, options = {}) {
    if (arguments.length === 0) throw new ERR_MISSING_ARGS('name');
    name = `${name}`;
    if (options !== null) validateObject(options, 'options');
    const startTime = options?.startTime ?? now();
    validateNumber(startTime, 'startTime');
    if (startTime < 0) throw new ERR_PERFORMANCE_INVALID_TIMESTAMP(startTime);
    const detail = options?.detail === undefined || options.detail === null ? null : structuredClone(options.detail);
    super(kCreate, name, 'mark', startTime, 0, detail);
  }
}

class PerformanceMeasure extends DetailedEntry {}

class PerformanceNodeEntry extends DetailedEntry {}

function now() {
  return binding.now();
}

// --- the timeline and its observers

const kSupportedTypes = ['function', 'mark', 'measure'];
const timeline = [];
const observers = new Set();
const pendingObservers = new Set();
let deliveryScheduled = false;

function enqueue(entry) {
  if (entry.entryType !== 'function') timeline.push(entry);
  for (const observer of observers) observer[kOffer](entry);
}

const kOffer = Symbol('kOffer');
const kDeliver = Symbol('kDeliver');

function scheduleDelivery(observer) {
  pendingObservers.add(observer);
  if (deliveryScheduled) return;
  deliveryScheduled = true;
  require('timers').setImmediate(() => {
    deliveryScheduled = false;
    const list = [...pendingObservers];
    pendingObservers.clear();
    for (const pending of list) pending[kDeliver]();
  });
}

const byStart = (a, b) => a.startTime - b.startTime;

class PerformanceObserverEntryList {
  #entries;

  constructor(token, entries) {
    if (token !== kCreate) throw new ERR_ILLEGAL_CONSTRUCTOR();
    this.#entries = entries.sort(byStart);
  }

  getEntries() {
    return [...this.#entries];
  }

  getEntriesByType(type) {
    return this.#entries.filter((entry) => entry.entryType === `${type}`);
  }

  getEntriesByName(name, type) {
    return this.#entries.filter((entry) => entry.name === `${name}` && (type === undefined || entry.entryType === type));
  }
}

class PerformanceObserver {
  #callback;
  #types = new Set();
  #buffer = [];
  #mode;

  constructor(callback) {
    validateFunction(callback, 'callback');
    this.#callback = callback;
  }

  static get supportedEntryTypes() {
    return [...kSupportedTypes];
  }

  observe(options = {}) {
    validateObject(options, 'options');
    const { entryTypes, type, buffered } = options;
    if (entryTypes === undefined && type === undefined) throw new ERR_MISSING_ARGS('options.entryTypes', 'options.type');
    if (entryTypes !== undefined && type !== undefined) {
      throw new ERR_INVALID_ARG_VALUE('options.entryTypes', entryTypes, 'options.entryTypes can not set with options.type together');
    }
    const mode = entryTypes !== undefined ? 'multiple' : 'single';
    if (this.#mode !== undefined && this.#mode !== mode) {
      throw new DOMException(`PerformanceObserver can not change to a ${mode} observer`, 'InvalidModificationError');
    }
    this.#mode = mode;
    if (mode === 'multiple') {
      if (!Array.isArray(entryTypes)) throw new ERR_INVALID_ARG_TYPE('options.entryTypes', 'string[]', entryTypes);
      this.#types = new Set(entryTypes.filter((name) => kSupportedTypes.includes(name)));
    } else {
      validateString(type, 'options.type');
      if (!kSupportedTypes.includes(type)) return;
      this.#types.add(type);
      if (buffered) {
        this.#buffer.push(...timeline.filter((entry) => entry.entryType === type));
        if (this.#buffer.length > 0) scheduleDelivery(this);
      }
    }
    if (this.#types.size > 0) observers.add(this);
    else this.disconnect();
  }

  disconnect() {
    observers.delete(this);
    pendingObservers.delete(this);
    this.#buffer = [];
    this.#types.clear();
    this.#mode = undefined;
  }

  takeRecords() {
    return this.#buffer.splice(0);
  }

  [kOffer](entry) {
    if (!this.#types.has(entry.entryType)) return;
    this.#buffer.push(entry);
    scheduleDelivery(this);
  }

  [kDeliver]() {
    const entries = this.takeRecords();
    if (entries.length === 0) return;
    Reflect.apply(this.#callback, this, [new PerformanceObserverEntryList(kCreate, entries), this]);
  }
}

// --- performance

const kMilestones = ['nodeStart', 'v8Start', 'environment', 'loopStart', 'loopExit', 'bootstrapComplete'];

class PerformanceNodeTiming extends PerformanceEntry {
  constructor() {
    super(kCreate, 'node', 'node', 0, 0);
    for (const name of kMilestones) {
      Object.defineProperty(this, name, {
        __proto__: null, configurable: true, enumerable: true, get: () => binding.milestones?.[name] ?? -1,
      });
    }
  }

  get duration() {
    return now();
  }

  get idleTime() {
    return binding.loopIdleTime();
  }
}

function eventLoopUtilization(util1, util2) {
  const start = binding.milestones?.loopStart ?? 0;
  if (start < 0) return { idle: 0, active: 0, utilization: 0 };
  if (util2) {
    const idle = util1.idle - util2.idle;
    const active = util1.active - util2.active;
    return { idle, active, utilization: active / (idle + active) };
  }
  const idle = binding.loopIdleTime();
  const active = now() - start - idle;
  if (!util1) return { idle, active, utilization: active / (idle + active) };
  const idleDelta = idle - util1.idle;
  const activeDelta = active - util1.active;
  return { idle: idleDelta, active: activeDelta, utilization: activeDelta / (idleDelta + activeDelta) };
}

function timerify(fn, options = {}) {
  validateFunction(fn, 'fn');
  validateObject(options, 'options');
  const { histogram } = options;
  const record = (start, args) => {
    const duration = now() - start;
    histogram?.record(Math.max(1, Math.ceil(duration * 1e6)));
    const entry = new PerformanceNodeEntry(kCreate, fn.name, 'function', start, duration, args);
    for (let i = 0; i < args.length; i++) entry[i] = args[i];
    enqueue(entry);
  };
  function timerified(...args) {
    const start = now();
    const result = new.target ? Reflect.construct(fn, args, fn) : Reflect.apply(fn, this, args);
    if (!new.target && typeof result?.finally === 'function') return result.finally(() => record(start, args));
    record(start, args);
    return result;
  }
  Object.defineProperties(timerified, {
    length: { __proto__: null, configurable: false, enumerable: true, value: fn.length },
    name: { __proto__: null, configurable: false, enumerable: true, value: `timerified ${fn.name}` },
  });
  return timerified;
}

function markTime(value) {
  if (typeof value === 'number') {
    if (value < 0) throw new ERR_PERFORMANCE_INVALID_TIMESTAMP(value);
    return value;
  }
  const name = `${value}`;
  if (kMilestones.includes(name)) return binding.milestones?.[name] ?? 0;
  for (let i = timeline.length - 1; i >= 0; i--) {
    if (timeline[i].entryType === 'mark' && timeline[i].name === name) return timeline[i].startTime;
  }
  throw new DOMException(`The "${name}" performance mark has not been set`, 'SyntaxError');
}

let EventTargetClass;
function performanceClass() {
  EventTargetClass = require('internal/event_target').EventTarget;

  class Performance extends EventTargetClass {
    constructor(token) {
      if (token !== kCreate) throw new ERR_ILLEGAL_CONSTRUCTOR();
      super();
    }

    now() {
      return now();
    }

    get timeOrigin() {
      return binding.timeOrigin;
    }

    mark(name, options) {
      const mark = new PerformanceMark(name, options);
      enqueue(mark);
      return mark;
    }

    measure(name, startOrOptions = {}, endMark) {
      if (arguments.length === 0) throw new ERR_MISSING_ARGS('name');
      validateString(name, 'name');
      const options = typeof startOrOptions === 'object' && startOrOptions !== null ? startOrOptions : { start: startOrOptions };
      const finish = options.end ?? endMark;
      const end = finish !== undefined ? markTime(finish) :
        options.start !== undefined && options.duration !== undefined ? markTime(options.start) + options.duration : now();
      const start = options.start !== undefined ? markTime(options.start) :
        options.duration !== undefined ? end - options.duration : 0;
      const detail = options.detail === undefined || options.detail === null ? null : structuredClone(options.detail);
      const measure = new PerformanceMeasure(kCreate, name, 'measure', start, end - start, detail);
      enqueue(measure);
      return measure;
    }

    clearMarks(name) {
      clear('mark', name);
    }

    clearMeasures(name) {
      clear('measure', name);
    }

    clearResourceTimings(name) {
      clear('resource', name);
    }

    setResourceTimingBufferSize(size) {
      validateInteger(size, 'size', 0);
    }

    getEntries() {
      return [...timeline].sort(byStart);
    }

    getEntriesByName(name, type) {
      return this.getEntries().filter((entry) => entry.name === `${name}` && (type === undefined || entry.entryType === type));
    }

    getEntriesByType(type) {
      return this.getEntries().filter((entry) => entry.entryType === `${type}`);
    }

    get nodeTiming() {
      return nodeTiming ??= new PerformanceNodeTiming();
    }

    toJSON() {
      return { nodeTiming: this.nodeTiming, timeOrigin: this.timeOrigin, eventLoopUtilization: eventLoopUtilization() };
    }
  }
  Object.assign(Performance.prototype, { eventLoopUtilization, timerify });
  Object.defineProperty(Performance.prototype, Symbol.toStringTag, { __proto__: null, configurable: true, value: 'Performance' });
  return Performance;
}
let nodeTiming;

function clear(type, name) {
  for (let i = timeline.length - 1; i >= 0; i--) {
    if (timeline[i].entryType === type && (name === undefined || timeline[i].name === `${name}`)) timeline.splice(i, 1);
  }
}

class PerformanceResourceTiming extends PerformanceEntry {
  constructor() {
    super(undefined);
  }
}

let Performance;
let performance;

module.exports = {
  get Performance() {
    return Performance ??= performanceClass();
  },
  PerformanceEntry,
  PerformanceMark,
  PerformanceMeasure,
  PerformanceObserver,
  PerformanceObserverEntryList,
  PerformanceResourceTiming,
  monitorEventLoopDelay: (options) => require('internal/histogram').monitorEventLoopDelay(options),
  eventLoopUtilization,
  timerify,
  createHistogram: (options) => require('internal/histogram').createHistogram(options),
  get performance() {
    return performance ??= new module.exports.Performance(kCreate);
  },
  constants: Object.freeze({
    __proto__: null,
    NODE_PERFORMANCE_GC_MAJOR: 4, NODE_PERFORMANCE_GC_MINOR: 1, NODE_PERFORMANCE_GC_INCREMENTAL: 8,
    NODE_PERFORMANCE_GC_WEAKCB: 16, NODE_PERFORMANCE_GC_FLAGS_NO: 0,
    NODE_PERFORMANCE_GC_FLAGS_CONSTRUCT_RETAINED: 2, NODE_PERFORMANCE_GC_FLAGS_FORCED: 4,
    NODE_PERFORMANCE_GC_FLAGS_SYNCHRONOUS_PHANTOM_PROCESSING: 8, NODE_PERFORMANCE_GC_FLAGS_ALL_AVAILABLE_GARBAGE: 16,
    NODE_PERFORMANCE_GC_FLAGS_ALL_EXTERNAL_MEMORY: 32, NODE_PERFORMANCE_GC_FLAGS_SCHEDULE_IDLE: 64,
  }),
};
