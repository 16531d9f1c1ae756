'use strict';

// Binding contract:
//   v8.getHeapStatistics() -> object of the numbers Node lists; v8.getHeapSpaceStatistics() -> objects;
//   v8.getHeapCodeStatistics() -> object; v8.setFlagsFromString(flags); v8.cachedDataVersionTag() -> number.
//   messaging.serialize(value) -> Uint8Array; messaging.deserialize(bytes) -> value (both optional).

const binding = internalBinding('v8');
const { codes: { ERR_METHOD_NOT_IMPLEMENTED, ERR_INVALID_ARG_TYPE } } = require('internal/errors');
const { validateString } = require('internal/validators');

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

function serialize(value) {
  const { serialize: write } = internalBinding('messaging');
  if (typeof write !== 'function') throw new ERR_METHOD_NOT_IMPLEMENTED('v8.serialize()');
  const { Buffer } = require('buffer');
  const bytes = write(value);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function deserialize(buffer) {
  if (!ArrayBuffer.isView(buffer)) throw new ERR_INVALID_ARG_TYPE('buffer', ['Buffer', 'TypedArray', 'DataView'], buffer);
  const { deserialize: read } = internalBinding('messaging');
  if (typeof read !== 'function') throw new ERR_METHOD_NOT_IMPLEMENTED('v8.deserialize()');
  return read(new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength));
}

const exported = {
  cachedDataVersionTag: () => binding.cachedDataVersionTag(),
  getHeapStatistics: () => binding.getHeapStatistics(),
  getHeapSpaceStatistics: () => binding.getHeapSpaceStatistics(),
  getHeapCodeStatistics: () => binding.getHeapCodeStatistics(),
  setFlagsFromString,
  serialize,
  deserialize,
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
for (const name of ['getHeapSnapshot', 'writeHeapSnapshot', 'getCppHeapStatistics', 'takeCoverage', 'stopCoverage', 'queryObjects',
                    'setHeapSnapshotNearHeapLimit', 'Serializer', 'Deserializer', 'DefaultSerializer', 'DefaultDeserializer',
                    'GCProfiler', 'startCpuProfile']) {
  exported[name] = missing(name);
}

module.exports = exported;
