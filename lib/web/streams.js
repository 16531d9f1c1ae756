'use strict';

// All that node:stream/web exports; each part is loaded when it is first asked for.

const kParts = {
  'web/readable_stream': [
    'ReadableStream', 'ReadableStreamDefaultReader', 'ReadableStreamBYOBReader', 'ReadableStreamBYOBRequest',
    'ReadableByteStreamController', 'ReadableStreamDefaultController',
  ],
  'web/writable_stream': ['WritableStream', 'WritableStreamDefaultController', 'WritableStreamDefaultWriter'],
  'web/transform_stream': ['TransformStream', 'TransformStreamDefaultController'],
  'web/stream_util': ['ByteLengthQueuingStrategy', 'CountQueuingStrategy'],
  'web/encoding_streams': ['TextEncoderStream', 'TextDecoderStream'],
  'web/compression': ['CompressionStream', 'DecompressionStream'],
};

for (const id in kParts) {
  for (const name of kParts[id]) {
    Object.defineProperty(exports, name, {
      __proto__: null,
      configurable: true,
      enumerable: true,
      get() {
        return require(id)[name];
      },
    });
  }
}
