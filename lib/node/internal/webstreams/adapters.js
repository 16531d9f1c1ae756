'use strict';
// Node streams as web streams and back; what Readable.toWeb(), fromWeb() and their kin are made of.

const { Buffer } = require('buffer');
const {
  AbortError,
  codes: { ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_STREAM_PREMATURE_CLOSE },
} = require('internal/errors');
const { kEmptyObject, normalizeEncoding } = require('internal/util');
const { isArrayBufferView, isAnyArrayBuffer } = require('internal/util/types');
const { validateBoolean, validateObject, validateOneOf } = require('internal/validators');
const { destroyer: destroy } = require('internal/streams/destroy');
const { eos } = require('internal/streams/end-of-stream');
const {
  isDestroyed, isReadable, isWritable, isWritableEnded, isReadableStream, isWritableStream,
  isWritableNodeStream,
} = require('internal/streams/utils');

function premature(error) {
  return error?.code === 'ERR_STREAM_PREMATURE_CLOSE' ? new AbortError(undefined, { cause: error }) : error;
}

/** The size of a chunk, text included; the stream itself refuses what is neither. */
function byteLengthOf(chunk) {
  return chunk?.byteLength ?? chunk?.length ?? 1;
}

/** A web stream that writes to a Node stream. */
function newWritableStreamFromStreamWritable(streamWritable) {
  const { WritableStream, CountQueuingStrategy } = require('web/streams');
  // Also a Duplex which is not writable (any more), and an OutgoingMessage.
  if (typeof streamWritable?._writableState !== 'object' && !isWritableNodeStream(streamWritable)) {
    throw new ERR_INVALID_ARG_TYPE('streamWritable', 'stream.Writable', streamWritable);
  }
  if (isDestroyed(streamWritable) || !isWritable(streamWritable)) {
    const writable = new WritableStream();
    writable.close();
    return writable;
  }

  const { writableHighWaterMark: highWaterMark } = streamWritable;
  const strategy = streamWritable.writableObjectMode ?
    new CountQueuingStrategy({ highWaterMark }) : { highWaterMark, size: byteLengthOf };
  let controller;
  let drained;
  let closed;

  streamWritable.on('drain', () => drained?.resolve());
  const cleanup = eos(streamWritable, (error) => {
    error = premature(error);
    cleanup();
    // Late errors have nobody left to tell.
    streamWritable.on('error', () => {});
    if (error != null) {
      drained?.reject(error);
      closed?.reject(error);
      closed = undefined;
      controller.error(error);
      controller = undefined;
      return;
    }
    if (closed !== undefined) {
      closed.resolve();
      closed = undefined;
      return;
    }
    controller.error(new AbortError());
    controller = undefined;
  });

  return new WritableStream({
    start(c) {
      controller = c;
    },
    write(chunk) {
      if (isAnyArrayBuffer(chunk) && !streamWritable.writableObjectMode) chunk = new Uint8Array(chunk);
      if (streamWritable.writableNeedDrain || !streamWritable.write(chunk)) {
        drained = Promise.withResolvers();
        return drained.promise.finally(() => {
          drained = undefined;
        });
      }
      return undefined;
    },
    abort(reason) {
      destroy(streamWritable, reason);
    },
    close() {
      if (closed === undefined && !isWritableEnded(streamWritable)) streamWritable.end();
      closed = Promise.withResolvers();
      return closed.promise;
    },
  }, strategy);
}

/** A Node stream that writes to a web stream. */
function newStreamWritableFromWritableStream(writableStream, options = kEmptyObject) {
  const { Writable } = require('stream');
  if (!isWritableStream(writableStream)) {
    throw new ERR_INVALID_ARG_TYPE('writableStream', 'WritableStream', writableStream);
  }
  validateObject(options, 'options');
  const { highWaterMark, decodeStrings = true, objectMode = false, signal } = options;
  validateBoolean(objectMode, 'options.objectMode');
  validateBoolean(decodeStrings, 'options.decodeStrings');

  const writer = writableStream.getWriter();
  let closed = false;
  const writable = new Writable({
    highWaterMark,
    objectMode,
    decodeStrings,
    signal,
    ...writerMethods(writer, () => closed, () => writable, { objectMode, decodeStrings }),
  });
  writer.closed.then(() => {
    // Closed from the other side.
    closed = true;
    if (!isWritableEnded(writable)) destroy(writable, new ERR_STREAM_PREMATURE_CLOSE());
  }, (error) => {
    closed = true;
    destroy(writable, error);
  });
  return writable;
}

/** write, writev, final and destroy of a Node stream over a writer. */
function writerMethods(writer, isClosed, getStream, { objectMode, decodeStrings }) {
  const convert = (chunk, encoding) => {
    if (typeof chunk === 'string' && decodeStrings && !objectMode) {
      chunk = Buffer.from(chunk, encoding);
      return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    }
    return chunk;
  };
  const settle = (promise, callback) => {
    promise.then(
      () => callbackNT(callback, null, getStream()),
      (error) => callbackNT(callback, error, getStream()),
    );
  };
  return {
    writev(chunks, callback) {
      settle(writer.ready.then(() => Promise.all(
        chunks.map(({ chunk, encoding }) => writer.write(convert(chunk, encoding))))), callback);
    },
    write(chunk, encoding, callback) {
      settle(writer.ready.then(() => writer.write(convert(chunk, encoding))), callback);
    },
    final(callback) {
      if (isClosed()) callback();
      else settle(writer.close(), callback);
    },
    destroy(error, callback) {
      const done = () => process.nextTick(callback, error);
      if (isClosed()) {
        done();
        return;
      }
      if (error != null) writer.abort(error).then(done, done);
      else writer.close().then(done, done);
    },
  };
}

function callbackNT(callback, error, stream) {
  // Outside the promise, so that what is thrown there is not a rejection.
  process.nextTick(() => {
    try {
      callback(error);
    } catch (thrown) {
      destroy(stream, thrown);
    }
  });
}

/** A web stream that reads from a Node stream. */
function newReadableStreamFromStreamReadable(streamReadable, options = kEmptyObject) {
  const { ReadableStream, CountQueuingStrategy } = require('web/streams');
  if (typeof streamReadable?._readableState !== 'object') {
    throw new ERR_INVALID_ARG_TYPE('streamReadable', 'stream.Readable', streamReadable);
  }
  validateObject(options, 'options');
  if (options.type !== undefined) validateOneOf(options.type, 'options.type', ['bytes', undefined]);
  const isBytes = options.type === 'bytes';

  if (isDestroyed(streamReadable) || !isReadable(streamReadable)) {
    const readable = new ReadableStream(isBytes ? { type: 'bytes' } : undefined);
    readable.cancel();
    return readable;
  }

  const { readableObjectMode: objectMode, readableHighWaterMark: highWaterMark } = streamReadable;
  let strategy = options.strategy;
  if (strategy === undefined && !isBytes) {
    // Bytes are counted by the Node stream: one chunk more would be buffered twice.
    strategy = objectMode ? new CountQueuingStrategy({ highWaterMark }) : { highWaterMark };
    if (!objectMode) strategy.size = byteLengthOf;
  }
  let controller;
  let wasCanceled = false;

  streamReadable.pause();
  const cleanup = eos(streamReadable, (error) => {
    error = premature(error);
    cleanup();
    streamReadable.on('error', () => {});
    if (error) {
      controller.error(error);
      return;
    }
    if (wasCanceled) return;
    controller.close();
    controller.byobRequest?.respond(0);
  });

  streamReadable.on('data', (chunk) => {
    // A Buffer may be part of the pool: the web stream gets bytes of its own.
    if (Buffer.isBuffer(chunk) && !objectMode) chunk = new Uint8Array(chunk);
    if (isBytes && chunk.byteLength === 0) return;
    controller.enqueue(chunk);
    if (controller.desiredSize <= 0) streamReadable.pause();
  });

  return new ReadableStream({
    type: isBytes ? 'bytes' : undefined,
    start(c) {
      controller = c;
      streamReadable.pause();
    },
    pull() {
      streamReadable.resume();
    },
    cancel(reason) {
      wasCanceled = true;
      destroy(streamReadable, reason);
    },
  }, strategy);
}

/** A Node stream that reads from a web stream. */
function newStreamReadableFromReadableStream(readableStream, options = kEmptyObject) {
  const { Readable } = require('stream');
  if (!isReadableStream(readableStream)) {
    throw new ERR_INVALID_ARG_TYPE('readableStream', 'ReadableStream', readableStream);
  }
  validateObject(options, 'options');
  const { highWaterMark, encoding, objectMode = false, signal } = options;
  if (encoding !== undefined && !Buffer.isEncoding(encoding)) {
    throw new ERR_INVALID_ARG_VALUE('options.encoding', normalizeEncoding(encoding) ?? encoding);
  }
  validateBoolean(objectMode, 'options.objectMode');

  const reader = readableStream.getReader();
  let closed = false;
  const readable = new Readable({
    objectMode,
    highWaterMark,
    encoding,
    signal,
    read() {
      readInto(reader, readable, objectMode);
    },
    destroy(error, callback) {
      const done = () => process.nextTick(callback, error);
      if (closed) done();
      else reader.cancel(error).then(done, done);
    },
  });
  reader.closed.then(() => {
    closed = true;
  }, (error) => {
    closed = true;
    destroy(readable, error);
  });
  return readable;
}

function readInto(reader, readable, objectMode) {
  reader.read().then(({ done, value }) => {
    if (done) {
      readable.push(null);
      return;
    }
    if (!objectMode && isAnyArrayBuffer(value)) value = new Uint8Array(value);
    if (!objectMode && isArrayBufferView(value) && !Buffer.isBuffer(value)) {
      value = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    }
    readable.push(value);
    // An empty chunk does not make the stream ask again.
    if (!objectMode && value?.length === 0) readInto(reader, readable, objectMode);
  }).catch((error) => destroy(readable, error));
}

function newReadableWritablePairFromDuplex(duplex, options = kEmptyObject) {
  const { ReadableStream, WritableStream } = require('web/streams');
  if (typeof duplex?._writableState !== 'object' || typeof duplex?._readableState !== 'object') {
    throw new ERR_INVALID_ARG_TYPE('duplex', 'stream.Duplex', duplex);
  }
  validateObject(options, 'options');
  if (isDestroyed(duplex)) {
    const writable = new WritableStream();
    const readable = new ReadableStream({ type: options.readableType ?? options.type });
    writable.close();
    readable.cancel();
    return { readable, writable };
  }

  const writable = isWritable(duplex) ? newWritableStreamFromStreamWritable(duplex) : new WritableStream();
  if (!isWritable(duplex)) writable.close();
  const readable = isReadable(duplex) ?
    newReadableStreamFromStreamReadable(duplex, { type: options.readableType ?? options.type }) :
    new ReadableStream();
  if (!isReadable(duplex)) readable.cancel();
  return { writable, readable };
}

function newStreamDuplexFromReadableWritablePair(pair = kEmptyObject, options = kEmptyObject) {
  const { Duplex } = require('stream');
  validateObject(pair, 'pair');
  const { readable: readableStream, writable: writableStream } = pair;
  if (!isReadableStream(readableStream)) {
    throw new ERR_INVALID_ARG_TYPE('pair.readable', 'ReadableStream', readableStream);
  }
  if (!isWritableStream(writableStream)) {
    throw new ERR_INVALID_ARG_TYPE('pair.writable', 'WritableStream', writableStream);
  }
  validateObject(options, 'options');
  const { allowHalfOpen = false, objectMode = false, encoding, decodeStrings = true, highWaterMark, signal } = options;
  validateBoolean(objectMode, 'options.objectMode');
  if (encoding !== undefined && !Buffer.isEncoding(encoding)) {
    throw new ERR_INVALID_ARG_VALUE('options.encoding', encoding);
  }

  const writer = writableStream.getWriter();
  const reader = readableStream.getReader();
  let writableClosed = false;
  let readableClosed = false;
  const methods = writerMethods(writer, () => writableClosed, () => duplex, { objectMode, decodeStrings });
  const duplex = new Duplex({
    allowHalfOpen,
    highWaterMark,
    objectMode,
    encoding,
    decodeStrings,
    signal,
    ...methods,
    read() {
      readInto(reader, duplex, objectMode);
    },
    destroy(error, callback) {
      const ends = [];
      if (!writableClosed) ends.push(error != null ? writer.abort(error) : writer.close());
      if (!readableClosed) ends.push(reader.cancel(error));
      const done = () => process.nextTick(callback, error);
      Promise.allSettled(ends).then(done);
    },
  });

  writer.closed.then(() => {
    writableClosed = true;
    if (!isWritableEnded(duplex)) destroy(duplex, new ERR_STREAM_PREMATURE_CLOSE());
  }, (error) => {
    writableClosed = true;
    readableClosed = true;
    destroy(duplex, error);
  });
  reader.closed.then(() => {
    readableClosed = true;
  }, (error) => {
    writableClosed = true;
    readableClosed = true;
    destroy(duplex, error);
  });
  return duplex;
}

module.exports = {
  newWritableStreamFromStreamWritable,
  newReadableStreamFromStreamReadable,
  newStreamWritableFromWritableStream,
  newStreamReadableFromReadableStream,
  newReadableWritablePairFromDuplex,
  newStreamDuplexFromReadableWritablePair,
};
