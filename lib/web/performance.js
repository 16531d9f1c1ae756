'use strict';

// High Resolution Time, Performance Timeline, User Timing and Resource Timing: https://w3c.github.io/perf-timing-primer
//
// Binding contract (performance): now() -> ms since the time origin; timeOrigin (ms since 1970);
//   milestones?: object of ms { nodeStart, v8Start, environment, bootstrapComplete, loopStart, loopExit };
//   loopIdleTime() -> ms the loop waited.

const binding = internalBinding('performance');
const {
  codes: {
    ERR_ILLEGAL_CONSTRUCTOR, ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_INVALID_THIS, ERR_MISSING_ARGS,
    ERR_PERFORMANCE_INVALID_TIMESTAMP, ERR_PERFORMANCE_MEASURE_INVALID_OPTIONS,
  },
} = require('internal/errors');
const { customInspectSymbol: kInspect, lazyDOMException } = require('internal/util');
const { validateFunction, validateNumber, validateObject } = require('internal/validators');
const { defineEventHandler, Event, EventTarget, kTrustEvent } = require('internal/event_target');
const { defineInterface } = require('web/stream_util');

const kCreate = Symbol('kCreate');
const kMilestones = ['nodeStart', 'v8Start', 'environment', 'loopStart', 'loopExit', 'bootstrapComplete'];
const kSupportedTypes =
  Object.freeze(['dns', 'function', 'gc', 'http', 'http2', 'mark', 'measure', 'net', 'quic', 'resource']);

function now() {
  return binding.now();
}

function milestone(name) {
  return binding.milestones?.[name] ?? -1;
}

function inspectAs(object, name, depth, options, properties) {
  if (depth < 0) return object;
  const { inspect } = require('internal/util/inspect');
  return `${name} ${inspect(properties, { ...options, depth: options.depth == null ? null : options.depth - 1 })}`;
}

// ---- entries ---------------------------------------------------------------------------------------------------------------------------

class PerformanceEntry {
  #name;
  #entryType;
  #startTime;
  #duration;

  constructor(token = undefined, name = undefined, type = undefined, start = undefined, duration = undefined) {
    if (token !== kCreate) throw new ERR_ILLEGAL_CONSTRUCTOR();
    this.#name = name;
    this.#entryType = type;
    this.#startTime = start;
    this.#duration = duration;
  }

  static #check(object) {
    if (object === null || typeof object !== 'object' || !(#name in object)) throw new ERR_INVALID_THIS('PerformanceEntry');
  }

  get name() {
    PerformanceEntry.#check(this);
    return this.#name;
  }

  get entryType() {
    PerformanceEntry.#check(this);
    return this.#entryType;
  }

  get startTime() {
    PerformanceEntry.#check(this);
    return this.#startTime;
  }

  get duration() {
    PerformanceEntry.#check(this);
    return this.#duration;
  }

  toJSON() {
    PerformanceEntry.#check(this);
    return { name: this.#name, entryType: this.#entryType, startTime: this.#startTime, duration: this.#duration };
  }

  [kInspect](depth, options) {
    return inspectAs(this, this.constructor.name, depth, options, this.toJSON());
  }
}
defineInterface(PerformanceEntry, ['name', 'entryType', 'startTime', 'duration', 'toJSON']);

/** Entries of the runtime itself: calls, requests, collections. */
class PerformanceNodeEntry extends PerformanceEntry {
  #detail;

  constructor(token, name, type, start, duration, detail) {
    super(token, name, type, start, duration);
    this.#detail = detail;
  }

  get detail() {
    return this.#detail;
  }

  toJSON() {
    return { ...super.toJSON(), detail: this.#detail };
  }
}

function createEntry(name, type, start, duration, detail) {
  return new PerformanceNodeEntry(kCreate, name, type, start, duration, detail);
}

function cloneDetail(detail) {
  return detail === undefined || detail === null ? null : structuredClone(detail);
}

class PerformanceMark extends PerformanceEntry {
  #detail;

  constructor(name, options = undefined) {
    if (arguments.length === 0) throw new ERR_MISSING_ARGS('name');
    name = `${name}`;
    if (kMilestones.includes(name)) throw new ERR_INVALID_ARG_VALUE('name', name);
    if (options !== undefined && options !== null) validateObject(options, 'options');
    const startTime = options?.startTime ?? now();
    validateNumber(startTime, 'startTime');
    if (startTime < 0) throw new ERR_PERFORMANCE_INVALID_TIMESTAMP(startTime);
    const detail = cloneDetail(options?.detail);
    super(kCreate, name, 'mark', startTime, 0);
    this.#detail = detail;
  }

  get detail() {
    if (this === null || typeof this !== 'object' || !(#detail in this)) throw new ERR_INVALID_THIS('PerformanceMark');
    return this.#detail;
  }

  toJSON() {
    return { ...super.toJSON(), detail: this.detail };
  }
}
defineInterface(PerformanceMark, ['detail']);

class PerformanceMeasure extends PerformanceEntry {
  #detail;

  constructor(token = undefined, name = undefined, start = undefined, duration = undefined, detail = undefined) {
    super(token, name, 'measure', start, duration);
    this.#detail = detail;
  }

  get detail() {
    if (this === null || typeof this !== 'object' || !(#detail in this)) throw new ERR_INVALID_THIS('PerformanceMeasure');
    return this.#detail;
  }

  toJSON() {
    return { ...super.toJSON(), detail: this.detail };
  }
}
defineInterface(PerformanceMeasure, ['detail']);

// What a resource entry tells, from the timing information of fetch().
const kResourceMembers = {
  __proto__: null,
  initiatorType: (data) => data.initiatorType,
  workerStart: (data) => data.timing.finalServiceWorkerStartTime,
  redirectStart: (data) => data.timing.redirectStartTime,
  redirectEnd: (data) => data.timing.redirectEndTime,
  fetchStart: (data) => data.timing.postRedirectStartTime,
  domainLookupStart: (data) => data.timing.finalConnectionTimingInfo?.domainLookupStartTime,
  domainLookupEnd: (data) => data.timing.finalConnectionTimingInfo?.domainLookupEndTime,
  connectStart: (data) => data.timing.finalConnectionTimingInfo?.connectionStartTime,
  connectEnd: (data) => data.timing.finalConnectionTimingInfo?.connectionEndTime,
  secureConnectionStart: (data) => data.timing.finalConnectionTimingInfo?.secureConnectionStartTime,
  nextHopProtocol: (data) => data.timing.finalConnectionTimingInfo?.ALPNNegotiatedProtocol,
  requestStart: (data) => data.timing.finalNetworkRequestStartTime,
  finalResponseHeadersStart: (data) => data.timing.finalNetworkResponseStartTime,
  firstInterimResponseStart: (data) => data.timing.firstInterimNetworkResponseStartTime ?? 0,
  responseStart: (data) => data.timing.firstInterimNetworkResponseStartTime || data.timing.finalNetworkResponseStartTime,
  responseEnd: (data) => data.timing.endTime,
  encodedBodySize: (data) => data.timing.encodedBodySize,
  decodedBodySize: (data) => data.timing.decodedBodySize,
  transferSize(data) {
    if (data.cacheMode === 'local') return 0;
    if (data.cacheMode === 'validated') return 300;
    return data.timing.encodedBodySize + 300;
  },
  deliveryType: (data) => data.deliveryType,
  responseStatus: (data) => data.responseStatus,
  renderBlockingStatus: () => 'non-blocking',
  contentType: (data) => data.bodyInfo?.contentType ?? '',
  contentEncoding: (data) => data.bodyInfo?.contentEncoding ?? '',
};
// toJSON() keeps the order of Node.
const kResourceJsonNames = [
  'initiatorType', 'nextHopProtocol', 'workerStart', 'redirectStart', 'redirectEnd', 'fetchStart', 'domainLookupStart',
  'domainLookupEnd', 'connectStart', 'connectEnd', 'secureConnectionStart', 'requestStart', 'finalResponseHeadersStart', 'firstInterimResponseStart',
  'responseStart', 'responseEnd',
  'transferSize', 'encodedBodySize', 'decodedBodySize', 'deliveryType', 'responseStatus',
  'renderBlockingStatus', 'contentType', 'contentEncoding',
];

class PerformanceResourceTiming extends PerformanceEntry {
  #data;

  constructor(token = undefined, name = undefined, data = undefined) {
    super(token, name, 'resource', data?.timing.startTime, data === undefined ? 0 : data.timing.endTime - data.timing.startTime);
    this.#data = data;
  }

  static dataOf(object) {
    if (object === null || typeof object !== 'object' || !(#data in object)) {
      throw new ERR_INVALID_THIS('PerformanceResourceTiming');
    }
    return object.#data;
  }

  toJSON() {
    const json = super.toJSON();
    const data = resourceDataOf(this);
    for (const name of kResourceJsonNames) json[name] = kResourceMembers[name](data);
    return json;
  }
}
const { dataOf: resourceDataOf } = PerformanceResourceTiming;
delete PerformanceResourceTiming.dataOf;
for (const name of Object.keys(kResourceMembers)) {
  const read = kResourceMembers[name];
  const { get } = Object.getOwnPropertyDescriptor({ get [name]() {
    return read(resourceDataOf(this));
  } }, name);
  Object.defineProperty(PerformanceResourceTiming.prototype, name, { __proto__: null, get, configurable: true });
}
defineInterface(PerformanceResourceTiming, [...Object.keys(kResourceMembers), 'toJSON']);

class PerformanceNodeTiming extends PerformanceEntry {
  constructor() {
    super(kCreate, 'node', 'node', 0, 0);
    const own = (value) => ({ __proto__: null, enumerable: true, configurable: true, value });
    const getter = (get) => ({ __proto__: null, enumerable: true, configurable: true, get });
    Object.defineProperties(this, {
      name: own('node'), entryType: own('node'), startTime: own(0), duration: getter(now),
    });
    for (const name of kMilestones) Object.defineProperty(this, name, getter(() => milestone(name)));
    Object.defineProperties(this, {
      idleTime: getter(() => (milestone('loopStart') === -1 ? 0 : binding.loopIdleTime())),
      uvMetricsInfo: { __proto__: null, enumerable: false, configurable: true, get: () => ({ ...binding.loopMetrics?.() }) },
    });
  }

  toJSON() {
    const json = { name: 'node', entryType: 'node', startTime: 0, duration: this.duration };
    for (const name of ['nodeStart', 'v8Start', 'bootstrapComplete', 'environment', 'loopStart', 'loopExit', 'idleTime']) {
      json[name] = this[name];
    }
    return json;
  }
}

// ---- the timeline ------------------------------------------------------------------------------------------------------------------------

const timeline = { __proto__: null, mark: [], measure: [], resource: [] };
// The latest time of each mark.
const markTimes = new Map();
const observers = new Set();
const pendingObservers = new Set();
let isDeliveryScheduled = false;

let resourceLimit = 250;
let waitingResources = [];
let isFullEventPending = false;

/** Hands an entry to the observers, and keeps it if the timeline has its type. */
function enqueue(entry) {
  const type = entry.entryType;
  for (const observer of observers) observer[kOffer](entry, type);
  if (type === 'resource') bufferResource(entry);
  else if (timeline[type] !== undefined) {
    const list = timeline[type];
    list.push(entry);
    if (list.length > 1e6 && !timeline.isWarned) {
      timeline.isWarned = true;
      process.emitWarning(
        `Possible perf_hooks memory leak detected. ${list.length} ${type} entries added to the global performance entry ` +
        `buffer. Use performance.clear${type === 'mark' ? 'Marks' : 'Measures'} to clear the buffer.`,
        'MaxPerformanceEntryBufferExceededWarning');
    }
  }
}
Object.defineProperty(timeline, 'isWarned', { __proto__: null, enumerable: false, writable: true, value: false });

/** Resource Timing §4.2: a full buffer is told of, and what comes meanwhile waits. */
function bufferResource(entry) {
  if (timeline.resource.length < resourceLimit && !isFullEventPending) {
    timeline.resource.push(entry);
    return;
  }
  if (!isFullEventPending) {
    isFullEventPending = true;
    require('timers').setImmediate(fireBufferFull);
  }
  waitingResources.push(entry);
}

function fireBufferFull() {
  while (waitingResources.length > 0) {
    const before = waitingResources.length;
    if (timeline.resource.length >= resourceLimit) {
      performanceObject().dispatchEvent(new Event('resourcetimingbufferfull', { [kTrustEvent]: true }));
    }
    while (waitingResources.length > 0 && timeline.resource.length < resourceLimit) timeline.resource.push(waitingResources.shift());
    // Nobody made room: the rest is lost.
    if (waitingResources.length >= before) waitingResources = [];
  }
  isFullEventPending = false;
}

const byStart = (a, b) => a.startTime - b.startTime;

function allEntries() {
  return [...timeline.mark, ...timeline.measure, ...timeline.resource].sort(byStart);
}

function filterEntries(entries, name, type) {
  return entries.filter((entry) => (name === undefined || entry.name === name) && (type === undefined || entry.entryType === type));
}

function clear(type, name) {
  timeline[type] = name === undefined ? [] : timeline[type].filter((entry) => entry.name !== `${name}`);
}

// ---- observers ------------------------------------------------------------------------------------------------------------------------------

const kOffer = Symbol('kOffer');
const kDeliver = Symbol('kDeliver');

function scheduleDelivery(observer) {
  pendingObservers.add(observer);
  if (isDeliveryScheduled) return;
  isDeliveryScheduled = true;
  require('timers').setImmediate(() => {
    isDeliveryScheduled = false;
    const list = [...pendingObservers];
    pendingObservers.clear();
    for (const pending of list) pending[kDeliver]();
  });
}

class PerformanceObserverEntryList {
  #entries;

  constructor(token = undefined, entries = undefined) {
    if (token !== kCreate) throw new ERR_ILLEGAL_CONSTRUCTOR();
    this.#entries = entries.sort(byStart);
  }

  static #check(object) {
    if (object === null || typeof object !== 'object' || !(#entries in object)) {
      throw new ERR_INVALID_THIS('PerformanceObserverEntryList');
    }
  }

  getEntries() {
    PerformanceObserverEntryList.#check(this);
    return [...this.#entries];
  }

  getEntriesByType(type) {
    PerformanceObserverEntryList.#check(this);
    if (arguments.length === 0) throw new ERR_MISSING_ARGS('type');
    return filterEntries(this.#entries, undefined, `${type}`);
  }

  getEntriesByName(name, type = undefined) {
    PerformanceObserverEntryList.#check(this);
    if (arguments.length === 0) throw new ERR_MISSING_ARGS('name');
    return filterEntries(this.#entries, `${name}`, type === undefined || type === null ? undefined : `${type}`);
  }

  [kInspect](depth, options) {
    return inspectAs(this, 'PerformanceObserverEntryList', depth, options, this.#entries);
  }
}
defineInterface(PerformanceObserverEntryList, ['getEntries', 'getEntriesByType', 'getEntriesByName']);

class PerformanceObserver {
  #callback;
  #types = new Set();
  #buffer = [];
  #mode;

  constructor(callback) {
    validateFunction(callback, 'callback');
    this.#callback = callback;
  }

  static #check(object) {
    if (object === null || typeof object !== 'object' || !(#callback in object)) throw new ERR_INVALID_THIS('PerformanceObserver');
  }

  static get supportedEntryTypes() {
    return kSupportedTypes;
  }

  observe(options = {}) {
    PerformanceObserver.#check(this);
    validateObject(options, 'options');
    const { entryTypes, type, buffered } = options;
    if (entryTypes === undefined && type === undefined) throw new ERR_MISSING_ARGS('options.entryTypes', 'options.type');
    if (entryTypes != null && type != null) {
      throw new ERR_INVALID_ARG_VALUE('options.entryTypes', entryTypes, 'options.entryTypes can not set with options.type together');
    }
    const mode = type === undefined ? 'multiple' : 'single';
    if (this.#mode !== undefined && this.#mode !== mode) {
      throw lazyDOMException(`PerformanceObserver can not change to a ${mode} observer`, 'InvalidModificationError');
    }
    this.#mode = mode;
    if (mode === 'multiple') {
      if (!Array.isArray(entryTypes)) throw new ERR_INVALID_ARG_TYPE('options.entryTypes', 'string[]', entryTypes);
      this.#types = new Set(entryTypes.filter((name) => kSupportedTypes.includes(name)));
    } else if (kSupportedTypes.includes(type)) {
      this.#types.add(type);
      if (buffered) {
        this.#buffer.push(...timeline[type] ?? []);
        scheduleDelivery(this);
      }
    }
    if (this.#types.size > 0) observers.add(this);
    else this.disconnect();
    watchTypes();
  }

  disconnect() {
    PerformanceObserver.#check(this);
    observers.delete(this);
    pendingObservers.delete(this);
    this.#buffer = [];
    this.#types.clear();
    this.#mode = undefined;
    watchTypes();
  }

  takeRecords() {
    PerformanceObserver.#check(this);
    const records = this.#buffer;
    this.#buffer = [];
    return records;
  }

  [kOffer](entry, type) {
    if (!this.#types.has(type)) return;
    this.#buffer.push(entry);
    scheduleDelivery(this);
  }

  [kDeliver]() {
    const entries = this.takeRecords();
    if (entries.length === 0) return;
    Reflect.apply(this.#callback, this, [new PerformanceObserverEntryList(kCreate, entries), this]);
  }

  observes(type) {
    return this.#types.has(type);
  }

  [kInspect](depth, options) {
    return inspectAs(this, 'PerformanceObserver', depth, options, {
      connected: observers.has(this),
      pending: pendingObservers.has(this),
      entryTypes: [...this.#types],
      buffer: this.#buffer,
    });
  }
}
const { observes } = PerformanceObserver.prototype;
delete PerformanceObserver.prototype.observes;
defineInterface(PerformanceObserver, ['observe', 'disconnect', 'takeRecords'], ['supportedEntryTypes']);

// Which types anybody observes: others need not be measured.
let observedTypes = new Set();

function watchTypes() {
  observedTypes = new Set();
  for (const type of kSupportedTypes) {
    for (const observer of observers) if (Reflect.apply(observes, observer, [type])) observedTypes.add(type);
  }
  require('internal/perf/spans').watchTypes(hasObserver);
  if (observedTypes.has('gc')) require('internal/gc_events').watch(enqueueCollections);
  else if (gcWatched) require('internal/gc_events').unwatch(enqueueCollections);
  gcWatched = observedTypes.has('gc');
}

let gcWatched = false;
function enqueueCollections(events) {
  const { constants } = require('perf_hooks');
  for (const [isMinor, isForced, start, duration] of events) {
    enqueue(createEntry('gc', 'gc', start, duration, {
      kind: isMinor ? constants.NODE_PERFORMANCE_GC_MINOR : constants.NODE_PERFORMANCE_GC_MAJOR,
      flags: isForced ? constants.NODE_PERFORMANCE_GC_FLAGS_FORCED : constants.NODE_PERFORMANCE_GC_FLAGS_NO,
    }));
  }
}

function hasObserver(type) {
  return observedTypes.has(type);
}

// ---- performance ------------------------------------------------------------------------------------------------------------------------------

/** User Timing §3.1.3, "convert a mark to a timestamp" */
function toTimestamp(mark) {
  if (typeof mark === 'number') {
    if (mark < 0) throw new ERR_PERFORMANCE_INVALID_TIMESTAMP(mark);
    return mark;
  }
  const name = `${mark}`;
  if (kMilestones.includes(name)) return milestone(name);
  const time = markTimes.get(name);
  if (time === undefined) throw lazyDOMException(`The "${name}" performance mark has not been set`, 'SyntaxError');
  return time;
}

class Performance extends EventTarget {
  #brand = true;

  constructor(token = undefined) {
    if (token !== kCreate) throw new ERR_ILLEGAL_CONSTRUCTOR();
    super();
  }

  static #check(object) {
    if (object === null || typeof object !== 'object' || !(#brand in object)) throw new ERR_INVALID_THIS('Performance');
  }

  clearMarks(name = undefined) {
    Performance.#check(this);
    if (name === undefined) markTimes.clear();
    else markTimes.delete(`${name}`);
    clear('mark', name);
  }

  clearMeasures(name = undefined) {
    Performance.#check(this);
    clear('measure', name);
  }

  clearResourceTimings(name = undefined) {
    Performance.#check(this);
    clear('resource', name);
  }

  getEntries() {
    Performance.#check(this);
    return allEntries();
  }

  getEntriesByName(name, type = undefined) {
    Performance.#check(this);
    if (arguments.length === 0) throw new ERR_MISSING_ARGS('name');
    return filterEntries(allEntries(), `${name}`, type === undefined ? undefined : `${type}`);
  }

  getEntriesByType(type) {
    Performance.#check(this);
    if (arguments.length === 0) throw new ERR_MISSING_ARGS('type');
    return filterEntries(allEntries(), undefined, `${type}`);
  }

  mark(name, options = undefined) {
    Performance.#check(this);
    if (arguments.length === 0) throw new ERR_MISSING_ARGS('name');
    const mark = new PerformanceMark(name, options);
    markTimes.set(mark.name, mark.startTime);
    enqueue(mark);
    return mark;
  }

  measure(name, startOrOptions = undefined, endMark = undefined) {
    Performance.#check(this);
    if (arguments.length === 0) throw new ERR_MISSING_ARGS('name');
    name = `${name}`;
    const options = typeof startOrOptions === 'object' && startOrOptions !== null ? startOrOptions : undefined;
    let start;
    let end;
    let duration;
    let detail;
    if (options !== undefined) {
      ({ start, end, duration, detail } = options);
      const isEmpty = start === undefined && end === undefined && duration === undefined && detail === undefined;
      if (!isEmpty && endMark !== undefined) throw new ERR_PERFORMANCE_MEASURE_INVALID_OPTIONS('endMark must not be specified');
      // DEVIATION: a detail alone is accepted, as Node does.
      if (start === undefined && end === undefined && duration !== undefined) {
        throw new ERR_PERFORMANCE_MEASURE_INVALID_OPTIONS('One of options.start or options.end is required');
      }
      if (start !== undefined && end !== undefined && duration !== undefined) {
        throw new ERR_PERFORMANCE_MEASURE_INVALID_OPTIONS('Must not have options.start, options.end, and options.duration specified');
      }
    } else if (startOrOptions !== null) {
      start = typeof startOrOptions === 'number' ? undefined : startOrOptions;
    }
    let endTime;
    if (endMark !== undefined) endTime = toTimestamp(endMark);
    else if (end !== undefined) endTime = toTimestamp(end);
    else if (start !== undefined && duration !== undefined) endTime = toTimestamp(start) + toTimestamp(duration);
    else endTime = now();
    let startTime = 0;
    if (start !== undefined) startTime = toTimestamp(start);
    else if (duration !== undefined) startTime = endTime - toTimestamp(duration);
    const measure = new PerformanceMeasure(kCreate, name, startTime, endTime - startTime, cloneDetail(detail));
    enqueue(measure);
    return measure;
  }

  now() {
    Performance.#check(this);
    return now();
  }

  setResourceTimingBufferSize(maxSize) {
    Performance.#check(this);
    if (arguments.length === 0) throw new ERR_MISSING_ARGS('maxSize');
    // unsigned long
    resourceLimit = Number(maxSize) >>> 0;
  }

  get timeOrigin() {
    Performance.#check(this);
    return binding.timeOrigin;
  }

  toJSON() {
    Performance.#check(this);
    return { nodeTiming: this.nodeTiming, timeOrigin: this.timeOrigin, eventLoopUtilization: eventLoopUtilization() };
  }

  [kInspect](depth, options) {
    return inspectAs(this, 'Performance', depth, options, { nodeTiming: this.nodeTiming, timeOrigin: this.timeOrigin });
  }
}
defineInterface(Performance, [
  'clearMarks', 'clearMeasures', 'clearResourceTimings', 'getEntries', 'getEntriesByName', 'getEntriesByType', 'mark',
  'measure', 'now', 'setResourceTimingBufferSize', 'timeOrigin', 'toJSON',
]);
defineEventHandler(Performance.prototype, 'resourcetimingbufferfull');

let nodeTiming;
for (const { 0: name, 1: value } of Object.entries({ eventLoopUtilization, markResourceTiming, timerify })) {
  Object.defineProperty(Performance.prototype, name, { __proto__: null, configurable: true, writable: true, value });
}
Object.defineProperty(Performance.prototype, 'nodeTiming', {
  __proto__: null, configurable: true, get: () => nodeTiming ??= new PerformanceNodeTiming(),
});

let performance;
function performanceObject() {
  return performance ??= new Performance(kCreate);
}

/** Adds an entry for a fetched resource: Resource Timing §4.3 */
function markResourceTiming(timing, requestedUrl, initiatorType, global, cacheMode, bodyInfo, responseStatus, deliveryType) {
  const data = { timing, requestedUrl, initiatorType, cacheMode, bodyInfo, responseStatus, deliveryType };
  const entry = new PerformanceResourceTiming(kCreate, requestedUrl, data);
  enqueue(entry);
  return entry;
}

function eventLoopUtilization(util1 = undefined, util2 = undefined) {
  const start = milestone('loopStart');
  if (start <= 0) return { idle: 0, active: 0, utilization: 0 };
  const between = (idle, active) => ({ idle, active, utilization: active / (idle + active) });
  if (util2) return between(util1.idle - util2.idle, util1.active - util2.active);
  const idle = binding.loopIdleTime();
  const active = now() - start - idle;
  return util1 ? between(idle - util1.idle, active - util1.active) : between(idle, active);
}

function timerify(fn, options = {}) {
  validateFunction(fn, 'fn');
  validateObject(options, 'options');
  const { histogram } = options;
  if (histogram !== undefined && (histogram === null || typeof histogram !== 'object' || typeof histogram.record !== 'function')) {
    throw new ERR_INVALID_ARG_TYPE('options.histogram', 'RecordableHistogram', histogram);
  }
  const record = (start, args) => {
    const duration = now() - start;
    histogram?.record(Math.max(1, Math.ceil(duration * 1e6)));
    const entry = createEntry(fn.name, 'function', start, duration, args);
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

module.exports = {
  Performance,
  PerformanceEntry,
  PerformanceMark,
  PerformanceMeasure,
  PerformanceObserver,
  PerformanceObserverEntryList,
  PerformanceResourceTiming,
  createEntry,
  enqueue,
  eventLoopUtilization,
  hasObserver,
  now,
  get performance() {
    return performanceObject();
  },
  timerify,
};
