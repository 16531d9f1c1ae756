'use strict';

// Binding contract:
//   v8.getHeapStatistics() -> object of the numbers Node lists; v8.getHeapSpaceStatistics() -> objects;
//   v8.getHeapCodeStatistics() -> object; v8.setFlagsFromString(flags); v8.cachedDataVersionTag() -> number.
//   v8.heapSnapshot() -> Buffer of JSON; v8.queryObjects(prototype) -> the objects that inherit from it.
//   serdes: Serializer, Deserializer: V8's ValueSerializer and ValueDeserializer with the methods that Node documents.

const binding = internalBinding('v8');
const { Serializer, Deserializer } = internalBinding('serdes');
const { Buffer } = require('buffer');
const { codes: { ERR_METHOD_NOT_IMPLEMENTED, ERR_INVALID_ARG_TYPE } } = require('internal/errors');
const { emitExperimentalWarning, kEmptyObject } = require('internal/util');
const { validateBoolean, validateFunction, validateObject, validateOneOf, validateString } = require('internal/validators');
const { getValidatedPath } = require('internal/fs/utils');

function missing(name) {
  return {
    [name]() {
      throw new ERR_METHOD_NOT_IMPLEMENTED(`v8.${name}()`);
    },
  }[name];
}

function setFlagsFromString(flags) {
  validateString(flags, 'flags');
  binding.setFlagsFromString(flags);
}

// ---- structured values as bytes ----------------------------------------------------------------------------------------

// How the default classes write views: this number, the length in bytes, the bytes. The numbers are part of the format.
const viewClasses = [
  Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array,
  DataView, undefined, BigInt64Array, BigUint64Array, Float16Array,
];
const kBufferNumber = 10;

Serializer.prototype._getDataCloneError = Error;

Deserializer.prototype.readRawBytes = function readRawBytes(length) {
  const offset = this._readRawBytes(length);
  return Buffer.from(this.buffer.buffer, this.buffer.byteOffset + offset, length);
};

function viewNumber(view) {
  if (Buffer.isBuffer(view)) return kBufferNumber;
  const tag = Object.prototype.toString.call(view).slice(8, -1);
  const number = viewClasses.findIndex((constructor) => constructor?.name === tag);
  if (number !== -1) return number;
  throw new Error(`Unserializable host object: ${require('internal/util/inspect').inspect(view)}`);
}

class DefaultSerializer extends Serializer {
  constructor() {
    super();
    this._setTreatArrayBufferViewsAsHostObjects(true);
  }

  _writeHostObject(view) {
    if (!ArrayBuffer.isView(view)) {
      throw new this._getDataCloneError(`${require('internal/util/inspect').inspect(view)} could not be cloned.`);
    }
    this.writeUint32(viewNumber(view));
    this.writeUint32(view.byteLength);
    this.writeRawBytes(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
  }
}

class DefaultDeserializer extends Deserializer {
  _readHostObject() {
    const number = this.readUint32();
    const byteLength = this.readUint32();
    const { buffer } = this.buffer;
    const offset = this._readRawBytes(byteLength) + this.buffer.byteOffset;
    if (number === kBufferNumber) return Buffer.from(buffer, offset, byteLength);
    const Class = viewClasses[number];
    if (Class === undefined) throw new Error('Unable to deserialize cloned data.');
    const size = Class.BYTES_PER_ELEMENT ?? 1;
    // Where the bytes stand, the elements may not be aligned.
    if (offset % size === 0) return new Class(buffer, offset, byteLength / size);
    return new Class(buffer.slice(offset, offset + byteLength));
  }
}

function serialize(value) {
  const serializer = new DefaultSerializer();
  serializer.writeHeader();
  serializer.writeValue(value);
  return serializer.releaseBuffer();
}

function deserialize(buffer) {
  if (!ArrayBuffer.isView(buffer)) throw new ERR_INVALID_ARG_TYPE('buffer', ['Buffer', 'TypedArray', 'DataView'], buffer);
  const deserializer = new DefaultDeserializer(buffer);
  deserializer.readHeader();
  return deserializer.readValue();
}

// ---- collections -------------------------------------------------------------------------------------------------------------

/** Records collections of garbage between start() and stop(). */
class GCProfiler {
  #listener;
  #startTime;
  #statistics;

  start() {
    if (this.#listener !== undefined) return;
    this.#startTime = Date.now();
    this.#statistics = [];
    this.#listener = (events) => {
      for (const event of events) this.#statistics.push(gcStatistics(event));
    };
    require('internal/gc_events').watch(this.#listener);
  }

  stop() {
    if (this.#listener === undefined) return undefined;
    require('internal/gc_events').unwatch(this.#listener);
    this.#listener = undefined;
    return { version: 1, startTime: this.#startTime, statistics: this.#statistics, endTime: Date.now() };
  }

  [Symbol.dispose]() {
    this.stop();
  }
}

/** A collection in the words of a profile; what only the moment of the collection could tell is that of the report. */
function gcStatistics([isMinor, , , duration, usedBefore, usedAfter]) {
  const heap = binding.getHeapStatistics();
  const spaces = binding.getHeapSpaceStatistics().map((space) => ({
    spaceName: space.space_name,
    spaceSize: space.space_size,
    spaceUsedSize: space.space_used_size,
    spaceAvailableSize: space.space_available_size,
    physicalSpaceSize: space.physical_space_size,
  }));
  const state = (usedHeapSize) => ({
    heapStatistics: {
      totalHeapSize: heap.total_heap_size,
      totalHeapSizeExecutable: heap.total_heap_size_executable,
      totalPhysicalSize: heap.total_physical_size,
      totalAvailableSize: heap.total_available_size,
      totalGlobalHandlesSize: heap.total_global_handles_size,
      usedGlobalHandlesSize: heap.used_global_handles_size,
      usedHeapSize,
      heapSizeLimit: heap.heap_size_limit,
      mallocedMemory: heap.malloced_memory,
      externalMemory: heap.external_memory,
      peakMallocedMemory: heap.peak_malloced_memory,
    },
    heapSpaceStatistics: spaces,
  });
  return {
    gcType: isMinor ? 'Scavenge' : 'MarkSweepCompact',
    beforeGC: state(usedBefore),
    cost: duration * 1000,
    afterGC: state(usedAfter),
  };
}

// ---- what is in the heap --------------------------------------------------------------------------------------------------

function checkSnapshotOptions(options) {
  if (options === undefined) return;
  validateObject(options, 'options');
  for (const name of ['exposeInternals', 'exposeNumericValues']) {
    if (options[name] !== undefined) validateBoolean(options[name], `options.${name}`);
  }
}

function getHeapSnapshot(options) {
  checkSnapshotOptions(options);
  return require('internal/heap_snapshot').streamOf(binding.heapSnapshot());
}

function writeHeapSnapshot(filename, options) {
  if (filename !== undefined) filename = getValidatedPath(filename);
  checkSnapshotOptions(options);
  return require('internal/heap_snapshot').write(filename, binding.heapSnapshot);
}

function queryObjects(ctor, options = kEmptyObject) {
  validateFunction(ctor, 'constructor');
  if (options !== kEmptyObject) validateObject(options, 'options');
  const format = options.format || 'count';
  validateOneOf(format, 'options.format', ['count', 'summary']);
  emitExperimentalWarning('v8.queryObjects()');
  const found = binding.queryObjects(ctor.prototype);
  if (format === 'count') return found.length;
  const { inspect } = require('internal/util/inspect');
  return found.map((object) => inspect(object, { depth: 0 }));
}

const exported = {
  GCProfiler,
  getHeapSnapshot,
  writeHeapSnapshot,
  queryObjects,
  cachedDataVersionTag: () => binding.cachedDataVersionTag(),
  getHeapStatistics: () => binding.getHeapStatistics(),
  getHeapSpaceStatistics: () => binding.getHeapSpaceStatistics(),
  getHeapCodeStatistics: () => binding.getHeapCodeStatistics(),
  setFlagsFromString,
  serialize,
  deserialize,
  Serializer,
  Deserializer,
  DefaultSerializer,
  DefaultDeserializer,
  isStringOneByteRepresentation(content) {
    validateString(content, 'content');
    return binding.isStringOneByteRepresentation(content);
  },
  startupSnapshot: Object.freeze({
    isBuildingSnapshot: () => false,
    addSerializeCallback: missing('startupSnapshot.addSerializeCallback'),
    addDeserializeCallback: missing('startupSnapshot.addDeserializeCallback'),
    setDeserializeMainFunction: missing('startupSnapshot.setDeserializeMainFunction'),
  }),
};
Object.defineProperty(exported, 'promiseHooks', {
  enumerable: true,
  configurable: true,
  get: () => require('internal/promise_hooks').promiseHooks,
});
for (const name of ['getCppHeapStatistics', 'takeCoverage', 'stopCoverage',
                    'setHeapSnapshotNearHeapLimit',
                    'startCpuProfile']) {
  exported[name] = missing(name);
}

module.exports = exported;
