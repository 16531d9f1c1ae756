'use strict';

// CompressionStream and DecompressionStream: https://compression.spec.whatwg.org

const { codes: { ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_STREAM_NULL_VALUES } } = require('internal/errors');
const { isAnyArrayBuffer, isArrayBufferView, isSharedArrayBuffer } = require('internal/util/types');
const { defineInterface, inspectAs, kInspect } = require('web/stream_util');
const { controllerEnqueue, createTransformStream, transformStreamError } = require('web/transform_stream');

const kFormats = ['deflate', 'deflate-raw', 'gzip', 'brotli'];

// DEVIATION: some output waits for its reader, so that short input can be written before anybody reads.
const kReadableHighWaterMarkBytes = 65536;

function toFormat(format) {
  format = `${format}`;
  if (!kFormats.includes(format)) throw new ERR_INVALID_ARG_VALUE('format', format, `must be one of: ${kFormats.map((f) => `'${f}'`).join(', ')}`);
  return format;
}

function toBytes(chunk) {
  if (chunk === null) throw new ERR_STREAM_NULL_VALUES();
  // DEVIATION: text is taken too, as UTF-8, as Node does.
  if (typeof chunk === 'string') return require('buffer').Buffer.from(chunk);
  if (isAnyArrayBuffer(chunk) && !isSharedArrayBuffer(chunk)) return new Uint8Array(chunk);
  if (isArrayBufferView(chunk) && !isSharedArrayBuffer(chunk.buffer)) {
    return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  }
  throw new ERR_INVALID_ARG_TYPE('chunk', ['Buffer', 'TypedArray', 'DataView', 'ArrayBuffer'], chunk);
}

/** A TransformStream around an engine of node:zlib. */
function codecTransform(engine) {
  let failed = false;
  let failure;
  let wake;
  const stream = createTransformStream((chunk) => {
    const bytes = toBytes(chunk);
    if (failed) throw failure;
    return new Promise((resolve, reject) => {
      wake = reject;
      engine.write(bytes, (error) => {
        wake = undefined;
        if (error) reject(toTypeError(error));
        else resolve();
      });
    });
  }, () => new Promise((resolve, reject) => {
    if (failed) {
      reject(failure);
      return;
    }
    wake = reject;
    engine.once('end', resolve);
    engine.end();
  }), () => {
    engine.destroy();
  }, kReadableHighWaterMarkBytes, (chunk) => chunk.byteLength);
  engine.on('data', (chunk) => {
    if (failed) return;
    try {
      controllerEnqueue(stream, new Uint8Array(chunk.buffer.slice(chunk.byteOffset, chunk.byteOffset + chunk.byteLength)));
    } catch {
      // The readable side is gone.
      engine.destroy();
    }
  });
  engine.on('error', (error) => {
    failed = true;
    failure = toTypeError(error);
    transformStreamError(stream, failure);
    wake?.(failure);
  });
  return stream;
}

/** Corrupt input is a TypeError here. */
function toTypeError(error) {
  if (error instanceof TypeError) return error;
  const typeError = new TypeError(error.message, { cause: error });
  if (error.code !== undefined) typeError.code = error.code;
  return typeError;
}

class CompressionStream {
  #transform;

  constructor(format) {
    const name = toFormat(format);
    const zlib = require('zlib');
    let engine;
    switch (name) {
      case 'deflate':
        engine = zlib.createDeflate();
        break;
      case 'deflate-raw':
        engine = zlib.createDeflateRaw();
        break;
      case 'gzip':
        engine = zlib.createGzip();
        break;
      default:
        engine = zlib.createBrotliCompress();
    }
    this.#transform = codecTransform(engine);
  }

  get readable() {
    return this.#transform.readable;
  }

  get writable() {
    return this.#transform.writable;
  }

  [kInspect](depth, options) {
    return inspectAs(this, 'CompressionStream', depth, options, { readable: this.readable, writable: this.writable });
  }
}
defineInterface(CompressionStream, ['readable', 'writable']);

class DecompressionStream {
  #transform;

  constructor(format) {
    const name = toFormat(format);
    const zlib = require('zlib');
    const options = { rejectGarbageAfterEnd: true };
    let engine;
    switch (name) {
      case 'deflate':
        engine = zlib.createInflate(options);
        break;
      case 'deflate-raw':
        engine = zlib.createInflateRaw(options);
        break;
      case 'gzip':
        engine = zlib.createGunzip(options);
        break;
      default:
        engine = zlib.createBrotliDecompress(options);
    }
    this.#transform = codecTransform(engine);
  }

  get readable() {
    return this.#transform.readable;
  }

  get writable() {
    return this.#transform.writable;
  }

  [kInspect](depth, options) {
    return inspectAs(this, 'DecompressionStream', depth, options, { readable: this.readable, writable: this.writable });
  }
}
defineInterface(DecompressionStream, ['readable', 'writable']);

module.exports = { CompressionStream, DecompressionStream };
