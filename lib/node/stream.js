'use strict';
// node:stream

const { Buffer } = require('buffer');
const { isArrayBufferView, isUint8Array } = require('internal/util/types');
const { Stream } = require('internal/streams/legacy');

module.exports = Stream;

// The classes below require 'stream' in turn through their users, so the export comes first.
const utils = require('internal/streams/utils');
const { getDefaultHighWaterMark, setDefaultHighWaterMark } = require('internal/streams/state');

Stream._isArrayBufferView = isArrayBufferView;
Stream._isUint8Array = isUint8Array;
Stream._uint8ArrayToBuffer = function _uint8ArrayToBuffer(chunk) {
  return new Buffer[Symbol.species](chunk.buffer, chunk.byteOffset, chunk.byteLength);
};

Stream.isDestroyed = utils.isDestroyed;
Stream.isDisturbed = utils.isDisturbed;
Stream.isErrored = utils.isErrored;
Stream.isReadable = utils.isReadable;
Stream.isWritable = utils.isWritable;

Stream.Readable = require('internal/streams/readable');

/** Defines the operators on Readable.prototype; their code is loaded when one is first called. */
function defineOperator(key, length, kind) {
  const { [key]: fn } = {
    [key](...args) {
      if (new.target) throw illegalConstructor();
      const result = Reflect.apply(require('internal/streams/operators')[kind][key], this, args);
      return kind === 'streamReturningOperators' ? Stream.Readable.from(result) : result;
    },
  };
  Object.defineProperty(fn, 'length', { __proto__: null, configurable: true, value: length });
  Object.defineProperty(Stream.Readable.prototype, key, {
    __proto__: null, value: fn, enumerable: false, configurable: true, writable: true,
  });
}

function illegalConstructor() {
  const { codes: { ERR_ILLEGAL_CONSTRUCTOR } } = require('internal/errors');
  return new ERR_ILLEGAL_CONSTRUCTOR();
}

defineOperator('drop', 1, 'streamReturningOperators');
defineOperator('filter', 2, 'streamReturningOperators');
defineOperator('flatMap', 2, 'streamReturningOperators');
defineOperator('map', 2, 'streamReturningOperators');
defineOperator('take', 1, 'streamReturningOperators');
defineOperator('every', 2, 'promiseReturningOperators');
defineOperator('forEach', 2, 'promiseReturningOperators');
defineOperator('reduce', 3, 'promiseReturningOperators');
defineOperator('toArray', 1, 'promiseReturningOperators');
defineOperator('some', 2, 'promiseReturningOperators');
defineOperator('find', 2, 'promiseReturningOperators');

Object.defineProperty(Stream.Readable.prototype, 'compose', {
  __proto__: null,
  enumerable: false,
  configurable: true,
  writable: true,
  value: function compose(stream, options) {
    return require('internal/streams/operators').streamReturningOperators.compose.call(this, stream, options);
  },
});

Stream.Writable = require('internal/streams/writable');
Stream.Duplex = require('internal/streams/duplex');
Stream.Transform = require('internal/streams/transform');
Stream.PassThrough = require('internal/streams/passthrough');
const { pipeline } = require('internal/streams/pipeline');
const { eos } = require('internal/streams/end-of-stream');
Stream.duplexPair = require('internal/streams/duplexpair');
Stream.pipeline = pipeline;
Stream.addAbortSignal = require('internal/streams/add-abort-signal').addAbortSignal;
Stream.finished = eos;
Stream.destroy = require('internal/streams/destroy').destroyer;
Stream.compose = require('internal/streams/compose');
Stream.setDefaultHighWaterMark = setDefaultHighWaterMark;
Stream.getDefaultHighWaterMark = getDefaultHighWaterMark;

Object.defineProperty(Stream, 'promises', {
  __proto__: null,
  configurable: true,
  enumerable: true,
  get() { return require('stream/promises'); },
});

const { promisify } = require('internal/util');
Object.defineProperty(pipeline, promisify.custom, {
  __proto__: null,
  enumerable: true,
  get() { return require('stream/promises').pipeline; },
});
Object.defineProperty(eos, promisify.custom, {
  __proto__: null,
  enumerable: true,
  get() { return require('stream/promises').finished; },
});

// Old programs read the class from a property of itself.
Stream.Stream = Stream;
