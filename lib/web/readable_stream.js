'use strict';

// Readable streams: https://streams.spec.whatwg.org/#rs

const {
  codes: { ERR_ARG_NOT_ITERABLE, ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_INVALID_THIS, ERR_OUT_OF_RANGE },
} = require('internal/errors');
const {
  LazyPromise, Queue, apply, checkCreate, defineInterface, dequeueValue, enqueueMicrotask, enqueueValueWithSize, extractHighWaterMark,
  extractSizeAlgorithm, inspectAs, invalidState, isObjectLike, isolate, kControllerErrorFunction, kCreate, kDeserialize, kInspect,
  kIsClosedPromise, kIsDisturbed, kIsErrored, kIsReadable, kState, kTransfer, kTransferMode, kTransferable, noop,
  promiseCallLast, promiseReject, promiseResolve, promiseThen, resetQueue, setHandled, toCallback, toDictionary, toNewPromise, toPromise,
} = require('web/stream_util');

const kIsStream = Symbol('kIsReadableStream');
const kIsDefaultReader = Symbol('kIsReadableStreamDefaultReader');
const kIsByobReader = Symbol('kIsReadableStreamBYOBReader');
const kIsDefaultController = Symbol('kIsReadableStreamDefaultController');
const kIsByteController = Symbol('kIsReadableByteStreamController');
const kIsByobRequest = Symbol('kIsReadableStreamBYOBRequest');

function hasKind(value, kind) {
  return isObjectLike(value) && value[kState]?.kind === kind;
}

const isReadableStream = (value) => hasKind(value, kIsStream);
const isReadableStreamDefaultReader = (value) => hasKind(value, kIsDefaultReader);
const isReadableStreamBYOBReader = (value) => hasKind(value, kIsByobReader);
const isReadableStreamDefaultController = (value) => hasKind(value, kIsDefaultController);
const isReadableByteStreamController = (value) => hasKind(value, kIsByteController);

/** The internal slots of a ReadableStream. */
class ReadableStreamState {
  constructor() {
    this.kind = kIsStream;
    this.disturbed = false;
    this.state = 'readable';
    this.reader = undefined;
    this.storedError = undefined;
    this.controller = undefined;
    this.closed = new LazyPromise();
  }
}
isolate(ReadableStreamState);

function checkStream(stream) {
  if (!isReadableStream(stream)) throw new ERR_INVALID_THIS('ReadableStream');
}

function doneResult() {
  return { done: true, value: undefined };
}

function validateSignal(signal, name) {
  if (signal === undefined) return;
  if (!isObjectLike(signal) || !('aborted' in signal) || typeof signal.addEventListener !== 'function') {
    throw new ERR_INVALID_ARG_TYPE(name, 'AbortSignal', signal);
  }
}

class ReadableStream {
  [kState] = new ReadableStreamState();

  static from(iterable) {
    return readableStreamFromIterable(iterable);
  }

  constructor(source = undefined, strategy = undefined) {
    this[kTransferMode] = kTransferable;
    if (source !== undefined && !isObjectLike(source)) throw new ERR_INVALID_ARG_TYPE('source', 'Object', source);
    const queuing = toDictionary(strategy, 'strategy');
    if (source === undefined && queuing === undefined) {
      setUpDefaultController(this, undefined, undefined, undefined, undefined, 1, undefined);
      return;
    }
    const highWaterMark = queuing?.highWaterMark;
    const size = queuing?.size;
    let autoAllocateChunkSize = source?.autoAllocateChunkSize;
    const cancel = toCallback(source?.cancel, 'source.cancel');
    const pull = toCallback(source?.pull, 'source.pull');
    const start = toCallback(source?.start, 'source.start');
    let type = source?.type;
    if (type !== undefined) {
      type = `${type}`;
      if (type !== 'bytes') throw new ERR_INVALID_ARG_VALUE('source.type', type);
      if (size !== undefined) throw new ERR_INVALID_ARG_VALUE.RangeError('strategy.size', size);
      const mark = extractHighWaterMark(highWaterMark, 0);
      if (autoAllocateChunkSize !== undefined) {
        const given = autoAllocateChunkSize;
        autoAllocateChunkSize = toEnforcedSize(given, 'source.autoAllocateChunkSize');
        if (autoAllocateChunkSize === 0) throw new ERR_INVALID_ARG_VALUE('source.autoAllocateChunkSize', given);
      }
      setUpByteController(this, source, start, pull, cancel, mark, autoAllocateChunkSize);
      return;
    }
    const sizeAlgorithm = extractSizeAlgorithm(size);
    setUpDefaultController(this, source, start, pull, cancel, extractHighWaterMark(highWaterMark, 1), sizeAlgorithm);
  }

  get locked() {
    checkStream(this);
    return this[kState].reader !== undefined;
  }

  cancel(reason = undefined) {
    if (!isReadableStream(this)) return promiseReject(new ERR_INVALID_THIS('ReadableStream'));
    if (this[kState].reader !== undefined) return promiseReject(invalidState('ReadableStream is locked'));
    return readableStreamCancel(this, reason);
  }

  getReader(options = undefined) {
    checkStream(this);
    const mode = toDictionary(options, 'options')?.mode;
    if (mode === undefined) return new ReadableStreamDefaultReader(this);
    if (`${mode}` !== 'byob') throw new ERR_INVALID_ARG_VALUE('options.mode', mode);
    return new ReadableStreamBYOBReader(this);
  }

  pipeThrough(transform, options = undefined) {
    checkStream(this);
    const readable = transform?.readable;
    if (!isReadableStream(readable)) throw new ERR_INVALID_ARG_TYPE('transform.readable', 'ReadableStream', readable);
    const writable = transform.writable;
    const { isWritableStream } = require('web/writable_stream');
    if (!isWritableStream(writable)) throw new ERR_INVALID_ARG_TYPE('transform.writable', 'WritableStream', writable);
    const { preventAbort, preventCancel, preventClose, signal } = pipeOptions(options);
    if (this[kState].reader !== undefined) throw invalidState('The ReadableStream is locked');
    if (writable[kState].writer !== undefined) throw invalidState('The WritableStream is locked');
    setHandled(readableStreamPipeTo(this, writable, preventClose, preventAbort, preventCancel, signal));
    return readable;
  }

  pipeTo(destination, options = undefined) {
    try {
      checkStream(this);
      if (!require('web/writable_stream').isWritableStream(destination)) {
        throw new ERR_INVALID_ARG_TYPE('transform.writable', 'WritableStream', destination);
      }
      const { preventAbort, preventCancel, preventClose, signal } = pipeOptions(options);
      if (this[kState].reader !== undefined) throw invalidState('The ReadableStream is locked');
      if (destination[kState].writer !== undefined) throw invalidState('The WritableStream is locked');
      return readableStreamPipeTo(this, destination, preventClose, preventAbort, preventCancel, signal);
    } catch (error) {
      return promiseReject(error);
    }
  }

  tee() {
    checkStream(this);
    return readableStreamTee(this, false);
  }

  values(options = undefined) {
    checkStream(this);
    const preventCancel = Boolean(toDictionary(options, 'options')?.preventCancel);
    const iterator = Object.create(ReadableStreamAsyncIteratorPrototype);
    iterator[kState] = new IteratorState(new ReadableStreamDefaultReader(this), preventCancel);
    return iterator;
  }

  get [kIsDisturbed]() {
    return this[kState].disturbed;
  }

  get [kIsErrored]() {
    return this[kState].state === 'errored';
  }

  get [kIsReadable]() {
    return this[kState].state === 'readable';
  }

  get [kIsClosedPromise]() {
    return this[kState].closed;
  }

  get [kControllerErrorFunction]() {
    const { controller } = this[kState];
    return (error) => readableStreamControllerError(controller, error);
  }

  [kTransfer]() {
    checkStream(this);
    if (this[kState].reader !== undefined) {
      throw new (require('internal/dom_exception').DOMException)('Cannot transfer a locked ReadableStream', 'DataCloneError');
    }
    return require('web/stream_transfer').transferReadable(this);
  }

  [kInspect](depth, options) {
    return inspectAs(this, this.constructor.name, depth, options, {
      locked: this.locked,
      state: this[kState].state,
      supportsBYOB: isReadableByteStreamController(this[kState].controller),
    });
  }
}
defineInterface(ReadableStream, ['locked', 'cancel', 'getReader', 'pipeThrough', 'pipeTo', 'tee', 'values'], ['from']);
Object.defineProperty(ReadableStream.prototype, Symbol.asyncIterator, {
  __proto__: null, configurable: true, enumerable: false, writable: true, value: ReadableStream.prototype.values,
});
Object.defineProperty(ReadableStream.prototype, kDeserialize, {
  __proto__: null,
  value({ port }) {
    require('web/stream_transfer').receiveReadable(this, port);
  },
});

function pipeOptions(options) {
  const dictionary = toDictionary(options, 'options') ?? {};
  const preventAbort = Boolean(dictionary.preventAbort);
  const preventCancel = Boolean(dictionary.preventCancel);
  const preventClose = Boolean(dictionary.preventClose);
  const { signal } = dictionary;
  validateSignal(signal, 'options.signal');
  return { preventAbort, preventCancel, preventClose, signal };
}

/** [EnforceRange] unsigned long long */
function toEnforcedSize(value, name) {
  const number = Math.trunc(+value);
  if (!(number >= 0 && number <= Number.MAX_SAFE_INTEGER)) throw new ERR_INVALID_ARG_VALUE(name, value);
  return number;
}

/** A stream without a controller. */
function bareReadableStream() {
  const stream = Object.create(ReadableStream.prototype);
  stream[kState] = new ReadableStreamState();
  stream[kTransferMode] = kTransferable;
  return stream;
}

function InternalTransferredReadableStream() {
  return bareReadableStream();
}
InternalTransferredReadableStream.prototype[kDeserialize] = noop;

/** CreateReadableStream */
function createReadableStream(start, pull, cancel, highWaterMark = 1, size = undefined) {
  const stream = bareReadableStream();
  setUpDefaultController(stream, undefined, start, pull, cancel, highWaterMark, size);
  return stream;
}

/** CreateReadableByteStream */
function createReadableByteStream(start, pull, cancel, highWaterMark = 0) {
  const stream = bareReadableStream();
  setUpByteController(stream, undefined, start, pull, cancel, highWaterMark, undefined);
  return stream;
}

// ---- async iteration, §4.2.5 ------------------------------------------------------------------------------------------------------

class IteratorState {
  constructor(reader, preventCancel) {
    this.reader = reader;
    this.preventCancel = preventCancel;
    this.isFinished = false;
    this.ongoing = undefined;
    // Calls that are not through.
    this.pending = 0;
  }
}
isolate(IteratorState);

/** A read request of read(). */
class PromiseReadRequest {
  constructor() {
    const { promise, resolve, reject } = Promise.withResolvers();
    this.promise = promise;
    this.resolve = resolve;
    this.reject = reject;
  }

  onChunk(value) {
    this.resolve({ done: false, value });
  }

  onClose(value) {
    this.resolve({ done: true, value });
  }

  onError(error) {
    this.reject(error);
  }
}

/** A read request of an iterator's next(). */
class IteratorReadRequest extends PromiseReadRequest {
  constructor(state) {
    super();
    this.state = state;
  }

  onClose() {
    readerRelease(this.state.reader);
    this.resolve(doneResult());
  }

  onError(error) {
    readerRelease(this.state.reader);
    this.reject(error);
  }
}

function iteratorNext(state) {
  if (state.isFinished) {
    state.pending--;
    return promiseResolve(doneResult());
  }
  const { stream } = state.reader[kState];
  if (stream === undefined) {
    state.pending--;
    return promiseReject(invalidState('The reader is not attached to a stream'));
  }
  const { controller, state: streamState } = stream[kState];
  const controllerState = controller[kState];
  if (controllerState.kind === kIsDefaultController && streamState === 'readable' && controllerState.queue.length > 0) {
    // OPTIMIZATION: as in read().
    stream[kState].disturbed = true;
    state.pending--;
    return promiseResolve({ done: false, value: takeChunk(stream, controllerState) });
  }
  const request = new IteratorReadRequest(state);
  defaultReaderRead(state.reader, request);
  // WebIDL §3.7.10.2: fulfillSteps and rejectSteps.
  return promiseThen(request.promise, (result) => {
    state.pending--;
    if (result.done) state.isFinished = true;
    return result;
  }, (error) => {
    state.pending--;
    state.isFinished = true;
    throw error;
  });
}

function iteratorReturn(state, value) {
  const result = { done: true, value };
  if (state.isFinished) {
    state.pending--;
    return promiseResolve(result);
  }
  state.isFinished = true;
  const { reader } = state;
  if (reader[kState].stream === undefined) {
    state.pending--;
    return promiseReject(invalidState('The reader is not attached to a stream'));
  }
  const canceled = state.preventCancel ? toPromise(undefined) : readerCancel(reader, value);
  readerRelease(reader);
  return promiseThen(canceled, () => {
    state.pending--;
    return result;
  }, (error) => {
    state.pending--;
    throw error;
  });
}

// Calls of next() and return() run one after the other.
function enqueueIteration(state, step) {
  if (state.pending++ === 0) return state.ongoing = step();
  return state.ongoing = promiseThen(state.ongoing, step, step);
}

const AsyncIteratorPrototype = Object.getPrototypeOf(Object.getPrototypeOf(async function* () {}).prototype);
const ReadableStreamAsyncIteratorPrototype = Object.create(AsyncIteratorPrototype, {
  next: {
    __proto__: null, configurable: true, enumerable: true, writable: true,
    value: { next() {
      const state = this?.[kState];
      if (!(state instanceof IteratorState)) return promiseReject(new ERR_INVALID_THIS('ReadableStreamAsyncIterator'));
      return enqueueIteration(state, () => iteratorNext(state));
    } }.next,
  },
  return: {
    __proto__: null, configurable: true, enumerable: true, writable: true,
    value: { return(value) {
      const state = this?.[kState];
      if (!(state instanceof IteratorState)) return promiseReject(new ERR_INVALID_THIS('ReadableStreamAsyncIterator'));
      return enqueueIteration(state, () => iteratorReturn(state, value));
    } }.return,
  },
  [Symbol.toStringTag]: { __proto__: null, configurable: true, value: 'ReadableStream AsyncIterator' },
});

/** ReadableStreamFromIterable */
function readableStreamFromIterable(iterable) {
  const asyncMethod = iterable[Symbol.asyncIterator];
  const method = asyncMethod ?? iterable[Symbol.iterator];
  if (typeof method !== 'function') throw new ERR_ARG_NOT_ITERABLE(iterable);
  const iterator = apply(method, iterable, []);
  if (!isObjectLike(iterator)) throw invalidState('The iterator method must return an object');
  const isAsync = asyncMethod !== undefined && asyncMethod !== null;
  const { next } = iterator;
  let stream;

  const checkResult = (result) => {
    if (!isObjectLike(result)) throw invalidState('The promise returned by the iterator.next() method must fulfill with an object');
    return result;
  };
  // The iterator of a sync iterable gives values that may be promises.
  const pull = () => {
    const controllerState = stream[kState].controller[kState];
    const accept = (result) => {
      if (checkResult(result).done) defaultControllerClose(controllerState);
      else return acceptValue(result.value);
      return undefined;
    };
    const acceptValue = isAsync ? (value) => defaultControllerEnqueue(controllerState, value) :
      (value) => promiseThen(promiseResolve(value), (chunk) => defaultControllerEnqueue(controllerState, chunk));
    let result;
    try {
      result = apply(next, iterator, []);
      if (!isAsync) return accept(result);
    } catch (error) {
      return promiseReject(error);
    }
    return promiseThen(promiseResolve(result), accept);
  };
  const cancel = (reason) => {
    let result;
    try {
      const { return: returnMethod } = iterator;
      if (returnMethod === undefined || returnMethod === null) return undefined;
      result = apply(returnMethod, iterator, [reason]);
    } catch (error) {
      return promiseReject(error);
    }
    return promiseThen(promiseResolve(result), (object) => {
      if (!isObjectLike(object)) {
        throw invalidState('The promise returned by the iterator.return() method must fulfill with an object');
      }
    });
  };
  stream = createReadableStream(undefined, pull, cancel, 0);
  return stream;
}

// ---- readers ------------------------------------------------------------------------------------------------------------------------

/** The internal slots of both readers. */
class ReaderState {
  constructor(kind) {
    this.kind = kind;
    this.stream = undefined;
    this.closed = undefined;
    // Of a default reader: {onChunk(value), onClose(), onError(error)}. Of a BYOB reader onClose has a value too.
    this.requests = new Queue();
  }

  get readRequests() {
    return this.requests;
  }

  get readIntoRequests() {
    return this.requests;
  }
}
isolate(ReaderState);

class ReadableStreamDefaultReader {
  [kState] = new ReaderState(kIsDefaultReader);

  constructor(stream) {
    if (!isReadableStream(stream)) throw new ERR_INVALID_ARG_TYPE('stream', 'ReadableStream', stream);
    if (stream[kState].reader !== undefined) throw invalidState('ReadableStream is locked');
    readerInitialize(this, stream);
  }

  get closed() {
    if (!isReadableStreamDefaultReader(this)) return promiseReject(new ERR_INVALID_THIS('ReadableStreamDefaultReader'));
    return this[kState].closed.promise;
  }

  cancel(reason = undefined) {
    if (!isReadableStreamDefaultReader(this)) return promiseReject(new ERR_INVALID_THIS('ReadableStreamDefaultReader'));
    if (this[kState].stream === undefined) return promiseReject(invalidState('The reader is not attached to a stream'));
    return readerCancel(this, reason);
  }

  read() {
    if (!isReadableStreamDefaultReader(this)) return promiseReject(new ERR_INVALID_THIS('ReadableStreamDefaultReader'));
    const { stream } = this[kState];
    if (stream === undefined) return promiseReject(invalidState('The reader is not attached to a stream'));
    const state = stream[kState];
    const controllerState = state.controller[kState];
    if (controllerState.kind === kIsDefaultController && state.state === 'readable' && controllerState.queue.length > 0) {
      // OPTIMIZATION: what is there needs no request.
      state.disturbed = true;
      return promiseResolve({ done: false, value: takeChunk(stream, controllerState) });
    }
    const request = new PromiseReadRequest();
    defaultReaderRead(this, request);
    return request.promise;
  }

  releaseLock() {
    if (!isReadableStreamDefaultReader(this)) throw new ERR_INVALID_THIS('ReadableStreamDefaultReader');
    if (this[kState].stream !== undefined) readerRelease(this);
  }

  [kInspect](depth, options) {
    const { stream, requests, closed } = this[kState];
    return inspectAs(this, this.constructor.name, depth, options, {
      stream, readRequests: requests.length, close: closed.promise,
    });
  }
}
defineInterface(ReadableStreamDefaultReader, ['closed', 'cancel', 'read', 'releaseLock']);

class ReadableStreamBYOBReader {
  [kState] = new ReaderState(kIsByobReader);

  constructor(stream) {
    if (!isReadableStream(stream)) throw new ERR_INVALID_ARG_TYPE('stream', 'ReadableStream', stream);
    if (stream[kState].reader !== undefined) throw invalidState('ReadableStream is locked');
    if (!isReadableByteStreamController(stream[kState].controller)) {
      throw new ERR_INVALID_ARG_VALUE('stream', stream, 'must be a byte stream');
    }
    readerInitialize(this, stream);
  }

  get closed() {
    if (!isReadableStreamBYOBReader(this)) return promiseReject(new ERR_INVALID_THIS('ReadableStreamBYOBReader'));
    return this[kState].closed.promise;
  }

  cancel(reason = undefined) {
    if (!isReadableStreamBYOBReader(this)) return promiseReject(new ERR_INVALID_THIS('ReadableStreamBYOBReader'));
    if (this[kState].stream === undefined) return promiseReject(invalidState('The reader is not attached to a stream'));
    return readerCancel(this, reason);
  }

  read(view, options = undefined) {
    try {
      if (!isReadableStreamBYOBReader(this)) throw new ERR_INVALID_THIS('ReadableStreamBYOBReader');
      if (!ArrayBuffer.isView(view)) throw new ERR_INVALID_ARG_TYPE('view', ['Buffer', 'TypedArray', 'DataView'], view);
      const given = toDictionary(options, 'options')?.min;
      let min = 1;
      if (given !== undefined) min = toEnforcedSize(given, 'options.min');
      if (view.byteLength === 0 || view.buffer.byteLength === 0) {
        throw invalidState('View or Viewed ArrayBuffer is zero-length or detached');
      }
      if (view.buffer.detached) throw invalidState('Viewed ArrayBuffer is detached');
      if (min === 0) throw new ERR_INVALID_ARG_VALUE('options.min', min, 'must be greater than 0');
      if (view instanceof DataView) {
        if (min > view.byteLength) throw new ERR_OUT_OF_RANGE('options.min', '<= view.byteLength', min);
      } else if (min > view.length) {
        throw new ERR_OUT_OF_RANGE('options.min', '<= view.length', min);
      }
      if (this[kState].stream === undefined) throw invalidState('The reader is not attached to a stream');
      const request = new PromiseReadRequest();
      byobReaderRead(this, view, min, request);
      return request.promise;
    } catch (error) {
      return promiseReject(error);
    }
  }

  releaseLock() {
    if (!isReadableStreamBYOBReader(this)) throw new ERR_INVALID_THIS('ReadableStreamBYOBReader');
    if (this[kState].stream !== undefined) readerRelease(this);
  }

  [kInspect](depth, options) {
    const { stream, requests, closed } = this[kState];
    return inspectAs(this, this.constructor.name, depth, options, {
      stream, readIntoRequests: requests.length, close: closed.promise,
    });
  }
}
defineInterface(ReadableStreamBYOBReader, ['closed', 'cancel', 'read', 'releaseLock']);

/** ReadableStreamReaderGenericInitialize */
function readerInitialize(reader, stream) {
  const state = stream[kState];
  reader[kState].stream = stream;
  state.reader = reader;
  switch (state.state) {
    case 'readable':
      reader[kState].closed = new LazyPromise();
      break;
    case 'closed':
      reader[kState].closed = LazyPromise.fulfilled();
      break;
    default:
      reader[kState].closed = LazyPromise.rejected(state.storedError);
  }
}

function readerCancel(reader, reason) {
  return readableStreamCancel(reader[kState].stream, reason);
}

/** ReadableStreamDefaultReaderRelease and ReadableStreamBYOBReaderRelease */
function readerRelease(reader) {
  readerGenericRelease(reader);
  const requests = reader[kState].requests.takeAll();
  if (requests.length === 0) return;
  const error = invalidState('Releasing reader');
  for (const request of requests) request.onError(error);
}

function readerGenericRelease(reader) {
  const readerState = reader[kState];
  const { stream } = readerState;
  const error = invalidState('Reader released');
  if (readerState.closed.isPending) readerState.closed.reject(error);
  else readerState.closed = LazyPromise.rejected(error);
  const { controller } = stream[kState];
  // [[ReleaseSteps]]
  if (controller[kState].kind === kIsByteController) {
    const controllerState = controller[kState];
    const first = controllerState.pendingPullIntos[0];
    if (first !== undefined) {
      first.readerType = 'none';
      controllerState.pendingPullIntos = [first];
    }
  }
  stream[kState].reader = undefined;
  readerState.stream = undefined;
}

/** ReadableStreamDefaultReaderRead */
function defaultReaderRead(reader, request) {
  const { stream } = reader[kState];
  const state = stream[kState];
  state.disturbed = true;
  if (state.state === 'closed') request.onClose(undefined);
  else if (state.state === 'errored') request.onError(state.storedError);
  else if (state.controller[kState].kind === kIsDefaultController) defaultControllerPullSteps(stream, state.controller[kState], request);
  else byteControllerPullSteps(stream, state.controller[kState], request);
}

/** ReadableStreamBYOBReaderRead */
function byobReaderRead(reader, view, min, request) {
  const { stream } = reader[kState];
  const state = stream[kState];
  state.disturbed = true;
  if (state.state === 'errored') request.onError(state.storedError);
  else byteControllerPullInto(stream, state.controller, view, min, request);
}

// ---- the stream ----------------------------------------------------------------------------------------------------------------------

/** ReadableStreamCancel */
function readableStreamCancel(stream, reason) {
  const state = stream[kState];
  state.disturbed = true;
  if (state.state === 'closed') return Promise.resolve();
  if (state.state === 'errored') return promiseReject(state.storedError);
  readableStreamClose(stream);
  const { reader } = state;
  if (reader !== undefined && reader[kState].kind === kIsByobReader) {
    for (const request of reader[kState].requests.takeAll()) request.onClose(undefined);
  }
  // [[CancelSteps]]
  const controllerState = state.controller[kState];
  if (controllerState.kind === kIsByteController) {
    invalidateByobRequest(controllerState);
    controllerState.pendingPullIntos = [];
    byteControllerClearQueue(controllerState);
  } else {
    resetQueue(controllerState);
  }
  const { cancelAlgorithm, source } = controllerState;
  const result = cancelAlgorithm === undefined ? toPromise(undefined) : promiseCallLast(cancelAlgorithm, source, [reason]);
  clearAlgorithms(controllerState);
  return promiseThen(result, noop);
}

/** ReadableStreamClose */
function readableStreamClose(stream) {
  const state = stream[kState];
  state.state = 'closed';
  state.closed.resolve();
  const { reader } = state;
  if (reader === undefined) return;
  reader[kState].closed.resolve();
  if (reader[kState].kind === kIsDefaultReader) {
    for (const request of reader[kState].requests.takeAll()) request.onClose(undefined);
  }
}

/** ReadableStreamError */
function readableStreamError(stream, error) {
  const state = stream[kState];
  state.state = 'errored';
  state.storedError = error;
  state.closed.reject(error);
  const { reader } = state;
  if (reader === undefined) return;
  reader[kState].closed.reject(error);
  for (const request of reader[kState].requests.takeAll()) request.onError(error);
}

function hasDefaultReader(stream) {
  return stream[kState].reader?.[kState].kind === kIsDefaultReader;
}

function hasByobReader(stream) {
  return stream[kState].reader?.[kState].kind === kIsByobReader;
}

function pendingRequestCount(stream) {
  return stream[kState].reader[kState].requests.length;
}

/** ReadableStreamFulfillReadRequest and ReadableStreamFulfillReadIntoRequest */
function fulfillRequest(stream, chunk, done) {
  const request = stream[kState].reader[kState].requests.shift();
  if (done) request.onClose(chunk);
  else request.onChunk(chunk);
}

function readableStreamControllerError(controller, error) {
  const controllerState = controller[kState];
  if (controllerState.kind === kIsByteController) byteControllerError(controllerState, error);
  else defaultControllerError(controllerState, error);
}

// ---- the default controller, §4.5 ---------------------------------------------------------------------------------------------------

/** The internal slots of a ReadableStreamDefaultController. */
class DefaultControllerState {
  constructor(stream, source, pull, cancel, highWaterMark, size) {
    this.kind = kIsDefaultController;
    this.stream = stream;
    this.source = source;
    this.pullAlgorithm = pull;
    this.cancelAlgorithm = cancel;
    this.sizeAlgorithm = size;
    this.highWaterMark = highWaterMark;
    this.queue = new Queue();
    this.sizes = size === undefined ? undefined : new Queue();
    this.queueTotalSize = 0;
    this.started = false;
    this.closeRequested = false;
    this.pullAgain = false;
    this.pulling = false;
    this.onPulled = undefined;
    this.onPullFailed = undefined;
  }
}
isolate(DefaultControllerState);

class ReadableStreamDefaultController {
  constructor(token = undefined) {
    checkCreate(token);
  }

  get desiredSize() {
    if (!isReadableStreamDefaultController(this)) throw new ERR_INVALID_THIS('ReadableStreamDefaultController');
    return controllerDesiredSize(this[kState]);
  }

  close() {
    if (!isReadableStreamDefaultController(this)) throw new ERR_INVALID_THIS('ReadableStreamDefaultController');
    if (!canCloseOrEnqueue(this[kState])) throw invalidState('Controller is already closed');
    defaultControllerClose(this[kState]);
  }

  enqueue(chunk = undefined) {
    if (!isReadableStreamDefaultController(this)) throw new ERR_INVALID_THIS('ReadableStreamDefaultController');
    if (!canCloseOrEnqueue(this[kState])) throw invalidState('Controller is already closed');
    defaultControllerEnqueue(this[kState], chunk);
  }

  error(error = undefined) {
    if (!isReadableStreamDefaultController(this)) throw new ERR_INVALID_THIS('ReadableStreamDefaultController');
    defaultControllerError(this[kState], error);
  }

  [kInspect](depth, options) {
    return inspectAs(this, this.constructor.name, depth, options, {});
  }
}
defineInterface(ReadableStreamDefaultController, ['desiredSize', 'close', 'enqueue', 'error']);

/** SetUpReadableStreamDefaultController */
function setUpDefaultController(stream, source, start, pull, cancel, highWaterMark, size) {
  const controller = new ReadableStreamDefaultController(kCreate);
  const controllerState = new DefaultControllerState(stream, source, pull, cancel, highWaterMark, size);
  controller[kState] = controllerState;
  stream[kState].controller = controller;
  startController(controller, controllerState, source, start);
}

// Both controllers start alike.
function startController(controller, controllerState, source, start) {
  const result = toNewPromise(start === undefined ? undefined : apply(start, source, [controller]));
  promiseThen(result, () => {
    controllerState.started = true;
    callPullIfNeeded(controller, controllerState);
  }, (error) => readableStreamControllerError(controller, error));
}

/** …CallPullIfNeeded of both controllers */
function callPullIfNeeded(controller, controllerState) {
  if (!shouldCallPull(controllerState)) return;
  if (controllerState.pulling) {
    controllerState.pullAgain = true;
    return;
  }
  const { pullAlgorithm } = controllerState;
  // OPTIMIZATION: without an algorithm nothing can happen.
  if (pullAlgorithm === undefined) return;
  controllerState.pulling = true;
  let result;
  try {
    result = apply(pullAlgorithm, controllerState.source, [controller]);
  } catch (error) {
    readableStreamControllerErrorLater(controller, error);
    return;
  }
  if (controllerState.onPulled === undefined) {
    controllerState.onPulled = () => {
      controllerState.pulling = false;
      if (controllerState.pullAgain) {
        controllerState.pullAgain = false;
        callPullIfNeeded(controller, controllerState);
      }
    };
    controllerState.onPullFailed = (error) => readableStreamControllerError(controller, error);
  }
  // OPTIMIZATION: a reaction to a promise that is fulfilled already is a microtask.
  if (result === undefined) enqueueMicrotask(controllerState.onPulled);
  else promiseThen(promiseResolve(result), controllerState.onPulled, controllerState.onPullFailed);
}

function readableStreamControllerErrorLater(controller, error) {
  enqueueMicrotask(() => readableStreamControllerError(controller, error));
}

function shouldCallPull(controllerState) {
  const { stream } = controllerState;
  const state = stream[kState];
  if (state.state !== 'readable' || controllerState.closeRequested || !controllerState.started) return false;
  if (state.reader !== undefined && state.reader[kState].requests.length > 0) return true;
  return controllerState.highWaterMark - controllerState.queueTotalSize > 0;
}

function clearAlgorithms(controllerState) {
  controllerState.pullAlgorithm = undefined;
  controllerState.cancelAlgorithm = undefined;
  controllerState.sizeAlgorithm = undefined;
  controllerState.source = undefined;
}

function controllerDesiredSize(controllerState) {
  switch (controllerState.stream[kState].state) {
    case 'errored':
      return null;
    case 'closed':
      return 0;
    default:
      return controllerState.highWaterMark - controllerState.queueTotalSize;
  }
}

function canCloseOrEnqueue(controllerState) {
  return !controllerState.closeRequested && controllerState.stream[kState].state === 'readable';
}

function defaultControllerClose(controllerState) {
  if (!canCloseOrEnqueue(controllerState)) return;
  controllerState.closeRequested = true;
  if (controllerState.queue.length > 0) return;
  clearAlgorithms(controllerState);
  readableStreamClose(controllerState.stream);
}

function defaultControllerEnqueue(controllerState, chunk) {
  if (!canCloseOrEnqueue(controllerState)) return;
  const { stream } = controllerState;
  const { reader, controller } = stream[kState];
  if (reader !== undefined && reader[kState].requests.length > 0) {
    fulfillRequest(stream, chunk, false);
  } else {
    const { sizeAlgorithm } = controllerState;
    try {
      enqueueValueWithSize(controllerState, chunk, sizeAlgorithm === undefined ? 1 : sizeAlgorithm(chunk));
    } catch (error) {
      defaultControllerError(controllerState, error);
      throw error;
    }
  }
  callPullIfNeeded(controller, controllerState);
}

function defaultControllerError(controllerState, error) {
  const { stream } = controllerState;
  if (stream[kState].state !== 'readable') return;
  resetQueue(controllerState);
  clearAlgorithms(controllerState);
  readableStreamError(stream, error);
}

/** ReadableStreamDefaultControllerHasBackpressure */
function hasBackpressure(controllerState) {
  return !shouldCallPull(controllerState);
}

/** The first chunk of a queue which has one. */
function takeChunk(stream, controllerState) {
  const chunk = dequeueValue(controllerState);
  if (controllerState.closeRequested && controllerState.queue.length === 0) {
    clearAlgorithms(controllerState);
    readableStreamClose(stream);
  } else {
    callPullIfNeeded(stream[kState].controller, controllerState);
  }
  return chunk;
}

function defaultControllerPullSteps(stream, controllerState, request) {
  if (controllerState.queue.length > 0) {
    request.onChunk(takeChunk(stream, controllerState));
    return;
  }
  stream[kState].reader[kState].requests.push(request);
  callPullIfNeeded(stream[kState].controller, controllerState);
}

// ---- the byte controller, §4.7 ------------------------------------------------------------------------------------------------------

/** The internal slots of a ReadableByteStreamController. */
class ByteControllerState {
  constructor(stream, source, pull, cancel, highWaterMark, autoAllocateChunkSize) {
    this.kind = kIsByteController;
    this.stream = stream;
    this.source = source;
    this.pullAlgorithm = pull;
    this.cancelAlgorithm = cancel;
    this.sizeAlgorithm = undefined;
    this.highWaterMark = highWaterMark;
    // Entries are {buffer, byteOffset, byteLength}.
    this.queue = new Queue();
    this.queueTotalSize = 0;
    this.started = false;
    this.closeRequested = false;
    this.pullAgain = false;
    this.pulling = false;
    this.onPulled = undefined;
    this.onPullFailed = undefined;
    this.autoAllocateChunkSize = autoAllocateChunkSize;
    this.byobRequest = null;
    this.pendingPullIntos = [];
  }
}
isolate(ByteControllerState);

/** A pull-into descriptor. */
class PullInto {
  constructor(buffer, byteOffset, byteLength, bytesFilled, minimumFill, elementSize, viewConstructor, readerType) {
    this.buffer = buffer;
    this.bufferByteLength = buffer.byteLength;
    this.byteOffset = byteOffset;
    this.byteLength = byteLength;
    this.bytesFilled = bytesFilled;
    this.minimumFill = minimumFill;
    this.elementSize = elementSize;
    this.viewConstructor = viewConstructor;
    this.readerType = readerType;
  }
}
isolate(PullInto);

class ReadableByteStreamController {
  constructor(token = undefined) {
    checkCreate(token);
  }

  get byobRequest() {
    if (!isReadableByteStreamController(this)) throw new ERR_INVALID_THIS('ReadableByteStreamController');
    return getByobRequest(this);
  }

  get desiredSize() {
    if (!isReadableByteStreamController(this)) throw new ERR_INVALID_THIS('ReadableByteStreamController');
    return controllerDesiredSize(this[kState]);
  }

  close() {
    if (!isReadableByteStreamController(this)) throw new ERR_INVALID_THIS('ReadableByteStreamController');
    const controllerState = this[kState];
    if (controllerState.closeRequested) throw invalidState('Controller is already closed');
    if (controllerState.stream[kState].state !== 'readable') throw invalidState('ReadableStream is already closed');
    byteControllerClose(controllerState);
  }

  enqueue(chunk) {
    if (!isReadableByteStreamController(this)) throw new ERR_INVALID_THIS('ReadableByteStreamController');
    if (!ArrayBuffer.isView(chunk)) throw new ERR_INVALID_ARG_TYPE('buffer', ['Buffer', 'TypedArray', 'DataView'], chunk);
    if (chunk.byteLength === 0 || chunk.buffer.byteLength === 0) {
      throw invalidState('chunk ArrayBuffer is zero-length or detached');
    }
    const controllerState = this[kState];
    if (controllerState.closeRequested) throw invalidState('ReadableStream is already closed');
    if (controllerState.stream[kState].state !== 'readable') throw invalidState('ReadableStream is already closed');
    byteControllerEnqueue(this, controllerState, chunk);
  }

  error(error = undefined) {
    if (!isReadableByteStreamController(this)) throw new ERR_INVALID_THIS('ReadableByteStreamController');
    byteControllerError(this[kState], error);
  }

  [kInspect](depth, options) {
    return inspectAs(this, this.constructor.name, depth, options, {});
  }
}
defineInterface(ReadableByteStreamController, ['byobRequest', 'desiredSize', 'close', 'enqueue', 'error']);

/** The internal slots of a ReadableStreamBYOBRequest. */
class ByobRequestState {
  constructor(controller, view) {
    this.kind = kIsByobRequest;
    this.controller = controller;
    this.view = view;
  }
}
isolate(ByobRequestState);

class ReadableStreamBYOBRequest {
  constructor(token = undefined) {
    checkCreate(token);
  }

  get view() {
    if (!hasKind(this, kIsByobRequest)) throw new ERR_INVALID_THIS('ReadableStreamBYOBRequest');
    return this[kState].view;
  }

  respond(bytesWritten) {
    if (!hasKind(this, kIsByobRequest)) throw new ERR_INVALID_THIS('ReadableStreamBYOBRequest');
    if (arguments.length === 0) throw new ERR_INVALID_ARG_TYPE('bytesWritten', 'number', bytesWritten);
    const count = toEnforcedSize(bytesWritten, 'bytesWritten');
    const { controller, view } = this[kState];
    if (controller === undefined) throw invalidState('This BYOB request has been invalidated');
    if (view.byteLength === 0 || view.buffer.byteLength === 0) {
      throw invalidState('Viewed ArrayBuffer is zero-length or detached');
    }
    byteControllerRespond(controller, count);
  }

  respondWithNewView(view) {
    if (!hasKind(this, kIsByobRequest)) throw new ERR_INVALID_THIS('ReadableStreamBYOBRequest');
    if (!ArrayBuffer.isView(view)) throw new ERR_INVALID_ARG_TYPE('view', ['Buffer', 'TypedArray', 'DataView'], view);
    const { controller } = this[kState];
    if (controller === undefined) throw invalidState('This BYOB request has been invalidated');
    if (view.buffer.detached) throw invalidState('Viewed ArrayBuffer is detached');
    byteControllerRespondWithNewView(controller, view);
  }

  [kInspect](depth, options) {
    const { view, controller } = this[kState];
    return inspectAs(this, this.constructor.name, depth, options, { view, controller });
  }
}
defineInterface(ReadableStreamBYOBRequest, ['view', 'respond', 'respondWithNewView']);

/** SetUpReadableByteStreamController */
function setUpByteController(stream, source, start, pull, cancel, highWaterMark, autoAllocateChunkSize) {
  const controller = new ReadableByteStreamController(kCreate);
  const controllerState = new ByteControllerState(stream, source, pull, cancel, highWaterMark, autoAllocateChunkSize);
  controller[kState] = controllerState;
  stream[kState].controller = controller;
  startController(controller, controllerState, source, start);
}

function transferBuffer(buffer) {
  return buffer.transfer();
}

function byteControllerClearQueue(controllerState) {
  controllerState.queue = new Queue();
  controllerState.queueTotalSize = 0;
}

function invalidateByobRequest(controllerState) {
  const { byobRequest } = controllerState;
  if (byobRequest === null) return;
  byobRequest[kState].controller = undefined;
  byobRequest[kState].view = null;
  controllerState.byobRequest = null;
}

function getByobRequest(controller) {
  const controllerState = controller[kState];
  const first = controllerState.pendingPullIntos[0];
  if (controllerState.byobRequest === null && first !== undefined) {
    const view = new Uint8Array(first.buffer, first.byteOffset + first.bytesFilled, first.byteLength - first.bytesFilled);
    const request = new ReadableStreamBYOBRequest(kCreate);
    request[kState] = new ByobRequestState(controller, view);
    controllerState.byobRequest = request;
  }
  return controllerState.byobRequest;
}

function byteControllerClose(controllerState) {
  const { stream } = controllerState;
  if (controllerState.closeRequested || stream[kState].state !== 'readable') return;
  if (controllerState.queueTotalSize > 0) {
    controllerState.closeRequested = true;
    return;
  }
  const first = controllerState.pendingPullIntos[0];
  if (first !== undefined && first.bytesFilled % first.elementSize !== 0) {
    const error = invalidState('Partial read');
    byteControllerError(controllerState, error);
    throw error;
  }
  clearAlgorithms(controllerState);
  readableStreamClose(stream);
}

function byteControllerError(controllerState, error) {
  const { stream } = controllerState;
  if (stream[kState].state !== 'readable') return;
  invalidateByobRequest(controllerState);
  controllerState.pendingPullIntos = [];
  byteControllerClearQueue(controllerState);
  clearAlgorithms(controllerState);
  readableStreamError(stream, error);
}

/** ReadableByteStreamControllerEnqueue */
function byteControllerEnqueue(controller, controllerState, chunk) {
  const { stream } = controllerState;
  if (controllerState.closeRequested || stream[kState].state !== 'readable') return;
  const { buffer, byteOffset, byteLength } = chunk;
  if (buffer.detached) throw invalidState('Buffer is already detached');
  const transferred = transferBuffer(buffer);
  const first = controllerState.pendingPullIntos[0];
  if (first !== undefined) {
    if (first.buffer.detached) throw invalidState('Destination ArrayBuffer is detached');
    invalidateByobRequest(controllerState);
    first.buffer = transferBuffer(first.buffer);
    if (first.readerType === 'none') enqueueDetachedPullInto(controllerState, first);
  }
  if (hasDefaultReader(stream)) {
    processReadRequests(stream, controllerState);
    if (pendingRequestCount(stream) === 0) {
      enqueueBytes(controllerState, transferred, byteOffset, byteLength);
    } else {
      // A pull-into made by auto-allocation is no longer needed.
      if (controllerState.pendingPullIntos.length > 0) controllerState.pendingPullIntos.shift();
      fulfillRequest(stream, new Uint8Array(transferred, byteOffset, byteLength), false);
    }
  } else if (hasByobReader(stream)) {
    enqueueBytes(controllerState, transferred, byteOffset, byteLength);
    for (const filled of processPullIntos(controllerState)) commitPullInto(stream, filled);
  } else {
    enqueueBytes(controllerState, transferred, byteOffset, byteLength);
  }
  callPullIfNeeded(controller, controllerState);
}

function enqueueBytes(controllerState, buffer, byteOffset, byteLength) {
  controllerState.queue.push({ buffer, byteOffset, byteLength });
  controllerState.queueTotalSize += byteLength;
}

/** ReadableByteStreamControllerEnqueueClonedChunkToQueue */
function enqueueClone(controllerState, buffer, byteOffset, byteLength) {
  let clone;
  try {
    clone = buffer.slice(byteOffset, byteOffset + byteLength);
  } catch (error) {
    byteControllerError(controllerState, error);
    throw error;
  }
  enqueueBytes(controllerState, clone, 0, byteLength);
}

function enqueueDetachedPullInto(controllerState, pullInto) {
  if (pullInto.bytesFilled > 0) enqueueClone(controllerState, pullInto.buffer, pullInto.byteOffset, pullInto.bytesFilled);
  controllerState.pendingPullIntos.shift();
}

/** ReadableByteStreamControllerProcessReadRequestsUsingQueue */
function processReadRequests(stream, controllerState) {
  const { requests } = stream[kState].reader[kState];
  while (requests.length > 0 && controllerState.queueTotalSize > 0) {
    fillReadRequest(stream, controllerState, requests.shift());
  }
}

function fillReadRequest(stream, controllerState, request) {
  const { buffer, byteOffset, byteLength } = controllerState.queue.shift();
  controllerState.queueTotalSize -= byteLength;
  handleQueueDrain(stream, controllerState);
  request.onChunk(new Uint8Array(buffer, byteOffset, byteLength));
}

function handleQueueDrain(stream, controllerState) {
  if (controllerState.queueTotalSize === 0 && controllerState.closeRequested) {
    clearAlgorithms(controllerState);
    readableStreamClose(stream);
  } else {
    callPullIfNeeded(stream[kState].controller, controllerState);
  }
}

/** ReadableByteStreamControllerProcessPullIntoDescriptorsUsingQueue: the descriptors which are filled. */
function processPullIntos(controllerState) {
  const filled = [];
  while (controllerState.pendingPullIntos.length > 0 && controllerState.queueTotalSize > 0) {
    const pullInto = controllerState.pendingPullIntos[0];
    if (!fillPullInto(controllerState, pullInto)) break;
    controllerState.pendingPullIntos.shift();
    filled.push(pullInto);
  }
  return filled;
}

/** ReadableByteStreamControllerFillPullIntoDescriptorFromQueue */
function fillPullInto(controllerState, pullInto) {
  const maxBytes = Math.min(controllerState.queueTotalSize, pullInto.byteLength - pullInto.bytesFilled);
  const maxFilled = pullInto.bytesFilled + maxBytes;
  let remaining = maxBytes;
  let ready = false;
  const aligned = maxFilled - maxFilled % pullInto.elementSize;
  if (aligned >= pullInto.minimumFill) {
    remaining = aligned - pullInto.bytesFilled;
    ready = true;
  }
  const { queue } = controllerState;
  while (remaining > 0) {
    const head = queue.peek();
    const count = Math.min(remaining, head.byteLength);
    const destination = pullInto.byteOffset + pullInto.bytesFilled;
    new Uint8Array(pullInto.buffer).set(new Uint8Array(head.buffer, head.byteOffset, count), destination);
    if (head.byteLength === count) {
      queue.shift();
    } else {
      head.byteOffset += count;
      head.byteLength -= count;
    }
    controllerState.queueTotalSize -= count;
    pullInto.bytesFilled += count;
    remaining -= count;
  }
  return ready;
}

/** ReadableByteStreamControllerCommitPullIntoDescriptor */
function commitPullInto(stream, pullInto) {
  const done = stream[kState].state === 'closed';
  fulfillRequest(stream, convertPullInto(pullInto), done);
}

function convertPullInto(pullInto) {
  const { bytesFilled, elementSize } = pullInto;
  if (bytesFilled > pullInto.byteLength) throw invalidState('The buffer size is invalid');
  if (bytesFilled % elementSize !== 0) throw invalidState('The buffer size is invalid');
  const buffer = transferBuffer(pullInto.buffer);
  const { viewConstructor: View } = pullInto;
  return new View(buffer, pullInto.byteOffset, bytesFilled / elementSize);
}

/** ReadableByteStreamControllerPullInto */
function byteControllerPullInto(stream, controller, view, min, request) {
  const controllerState = controller[kState];
  const isDataView = view instanceof DataView;
  const elementSize = isDataView ? 1 : view.BYTES_PER_ELEMENT;
  const viewConstructor = isDataView ? DataView : intrinsicConstructorOf(view);
  const { byteOffset, byteLength } = view;
  let buffer;
  try {
    buffer = transferBuffer(view.buffer);
  } catch (error) {
    request.onError(error);
    return;
  }
  const pullInto = new PullInto(buffer, byteOffset, byteLength, 0, min * elementSize, elementSize, viewConstructor, 'byob');
  const { requests } = stream[kState].reader[kState];
  if (controllerState.pendingPullIntos.length > 0) {
    controllerState.pendingPullIntos.push(pullInto);
    requests.push(request);
    return;
  }
  if (stream[kState].state === 'closed') {
    request.onClose(new viewConstructor(pullInto.buffer, pullInto.byteOffset, 0));
    return;
  }
  if (controllerState.queueTotalSize > 0) {
    if (fillPullInto(controllerState, pullInto)) {
      const filled = convertPullInto(pullInto);
      handleQueueDrain(stream, controllerState);
      request.onChunk(filled);
      return;
    }
    if (controllerState.closeRequested) {
      const error = invalidState('ReadableStream closed');
      byteControllerError(controllerState, error);
      request.onError(error);
      return;
    }
  }
  controllerState.pendingPullIntos.push(pullInto);
  requests.push(request);
  callPullIfNeeded(controller, controllerState);
}

const typedArrayTag =
  Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag).get;
const { Buffer: BufferClass } = require('buffer');
const viewConstructors = { __proto__: null };
for (const View of [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array,
  BigInt64Array, BigUint64Array, Float32Array, Float64Array]) viewConstructors[View.name] = View;
if (typeof Float16Array === 'function') viewConstructors.Float16Array = Float16Array;

function intrinsicConstructorOf(view) {
  // What a Buffer gives away comes back as one.
  if (view instanceof BufferClass) return BufferView;
  return viewConstructors[apply(typedArrayTag, view, [])];
}

function BufferView(buffer, byteOffset, length) {
  return BufferClass.from(buffer, byteOffset, length);
}

/** ReadableByteStreamController.[[PullSteps]] */
function byteControllerPullSteps(stream, controllerState, request) {
  if (controllerState.queueTotalSize > 0) {
    fillReadRequest(stream, controllerState, request);
    return;
  }
  const { autoAllocateChunkSize } = controllerState;
  if (autoAllocateChunkSize !== undefined) {
    let buffer;
    try {
      buffer = new ArrayBuffer(autoAllocateChunkSize);
    } catch (error) {
      request.onError(error);
      return;
    }
    controllerState.pendingPullIntos.push(
      new PullInto(buffer, 0, autoAllocateChunkSize, 0, 1, 1, Uint8Array, 'default'));
  }
  stream[kState].reader[kState].requests.push(request);
  callPullIfNeeded(stream[kState].controller, controllerState);
}

/** ReadableByteStreamControllerRespond */
function byteControllerRespond(controller, bytesWritten) {
  const controllerState = controller[kState];
  const first = controllerState.pendingPullIntos[0];
  if (controllerState.stream[kState].state === 'closed') {
    if (bytesWritten !== 0) throw new ERR_INVALID_ARG_VALUE('bytesWritten', bytesWritten);
  } else {
    if (bytesWritten === 0) throw new ERR_INVALID_ARG_VALUE('bytesWritten', bytesWritten);
    if (first.bytesFilled + bytesWritten > first.byteLength) {
      throw new ERR_INVALID_ARG_VALUE.RangeError('bytesWritten', bytesWritten);
    }
  }
  first.buffer = transferBuffer(first.buffer);
  respondInternal(controller, controllerState, bytesWritten);
}

/** ReadableByteStreamControllerRespondWithNewView */
function byteControllerRespondWithNewView(controller, view) {
  const controllerState = controller[kState];
  const first = controllerState.pendingPullIntos[0];
  const { byteOffset, byteLength, buffer } = view;
  if (controllerState.stream[kState].state === 'closed') {
    if (byteLength !== 0) throw invalidState('The view must be empty on a closed stream');
  } else if (byteLength === 0) {
    throw invalidState('The view must not be empty');
  }
  if (first.byteOffset + first.bytesFilled !== byteOffset) throw new ERR_INVALID_ARG_VALUE.RangeError('view', view);
  if (first.bufferByteLength !== buffer.byteLength) throw new ERR_INVALID_ARG_VALUE.RangeError('view', view);
  if (first.bytesFilled + byteLength > first.byteLength) throw new ERR_INVALID_ARG_VALUE.RangeError('view', view);
  first.buffer = transferBuffer(buffer);
  respondInternal(controller, controllerState, byteLength);
}

function respondInternal(controller, controllerState, bytesWritten) {
  const { stream } = controllerState;
  const first = controllerState.pendingPullIntos[0];
  invalidateByobRequest(controllerState);
  if (stream[kState].state === 'closed') respondInClosedState(stream, controllerState, first);
  else respondInReadableState(stream, controllerState, bytesWritten, first);
  callPullIfNeeded(controller, controllerState);
}

function respondInClosedState(stream, controllerState, first) {
  if (first.readerType === 'none') controllerState.pendingPullIntos.shift();
  if (!hasByobReader(stream)) return;
  const filled = [];
  while (filled.length < pendingRequestCount(stream)) filled.push(controllerState.pendingPullIntos.shift());
  for (const pullInto of filled) commitPullInto(stream, pullInto);
}

function respondInReadableState(stream, controllerState, bytesWritten, pullInto) {
  pullInto.bytesFilled += bytesWritten;
  if (pullInto.readerType === 'none') {
    enqueueDetachedPullInto(controllerState, pullInto);
    for (const filled of processPullIntos(controllerState)) commitPullInto(stream, filled);
    return;
  }
  if (pullInto.bytesFilled < pullInto.minimumFill) return;
  controllerState.pendingPullIntos.shift();
  const remainder = pullInto.bytesFilled % pullInto.elementSize;
  if (remainder > 0) {
    const end = pullInto.byteOffset + pullInto.bytesFilled;
    enqueueClone(controllerState, pullInto.buffer, end - remainder, remainder);
  }
  pullInto.bytesFilled -= remainder;
  const filled = processPullIntos(controllerState);
  commitPullInto(stream, pullInto);
  for (const other of filled) commitPullInto(stream, other);
}

// ---- tee, §4.9.1 ----------------------------------------------------------------------------------------------------------------------

function readableStreamTee(stream, cloneForBranch2) {
  if (isReadableByteStreamController(stream[kState].controller)) return new ByteTee(stream).branches;
  return new DefaultTee(stream, cloneForBranch2).branches;
}

/** What the two kinds of tee have in common: both branches must be cancelled for the source to be. */
class Tee {
  constructor(stream) {
    this.stream = stream;
    this.reader = new ReadableStreamDefaultReader(stream);
    this.reading = false;
    this.canceled1 = false;
    this.canceled2 = false;
    this.reason1 = undefined;
    this.reason2 = undefined;
    this.cancelRequest = Promise.withResolvers();
  }

  cancel1(reason) {
    this.canceled1 = true;
    this.reason1 = reason;
    if (this.canceled2) this.#cancelBoth();
    return this.cancelRequest.promise;
  }

  cancel2(reason) {
    this.canceled2 = true;
    this.reason2 = reason;
    if (this.canceled1) this.#cancelBoth();
    return this.cancelRequest.promise;
  }

  #cancelBoth() {
    this.cancelRequest.resolve(readableStreamCancel(this.stream, [this.reason1, this.reason2]));
  }
}

/** ReadableStreamDefaultTee; itself the read request. */
class DefaultTee extends Tee {
  constructor(stream, cloneForBranch2) {
    super(stream);
    this.cloneForBranch2 = cloneForBranch2;
    this.readAgain = false;
    const pull = () => this.pull();
    const branch1 = createReadableStream(undefined, pull, (reason) => this.cancel1(reason));
    const branch2 = createReadableStream(undefined, pull, (reason) => this.cancel2(reason));
    this.branches = [branch1, branch2];
    this.controller1 = branch1[kState].controller[kState];
    this.controller2 = branch2[kState].controller[kState];
    promiseThen(this.reader[kState].closed.promise, undefined, (error) => {
      defaultControllerError(this.controller1, error);
      defaultControllerError(this.controller2, error);
      if (!this.canceled1 || !this.canceled2) this.cancelRequest.resolve();
    });
  }

  pull() {
    if (this.reading) {
      this.readAgain = true;
      return;
    }
    this.reading = true;
    defaultReaderRead(this.reader, this);
  }

  onChunk(chunk) {
    // Errors of the source must not be overtaken.
    enqueueMicrotask(() => {
      this.readAgain = false;
      let chunk2 = chunk;
      if (!this.canceled2 && this.cloneForBranch2) {
        try {
          chunk2 = structuredClone(chunk);
        } catch (error) {
          defaultControllerError(this.controller1, error);
          defaultControllerError(this.controller2, error);
          this.cancelRequest.resolve(readableStreamCancel(this.stream, error));
          return;
        }
      }
      if (!this.canceled1) defaultControllerEnqueue(this.controller1, chunk);
      if (!this.canceled2) defaultControllerEnqueue(this.controller2, chunk2);
      this.reading = false;
      if (this.readAgain) this.pull();
    });
  }

  onClose() {
    this.reading = false;
    if (!this.canceled1) defaultControllerClose(this.controller1);
    if (!this.canceled2) defaultControllerClose(this.controller2);
    if (!this.canceled1 || !this.canceled2) this.cancelRequest.resolve();
  }

  onError() {
    this.reading = false;
  }
}

/** ReadableByteStreamTee */
class ByteTee extends Tee {
  constructor(stream) {
    super(stream);
    this.readAgainFor1 = false;
    this.readAgainFor2 = false;
    const branch1 = createReadableByteStream(undefined, () => this.pull1(), (reason) => this.cancel1(reason));
    const branch2 = createReadableByteStream(undefined, () => this.pull2(), (reason) => this.cancel2(reason));
    this.branches = [branch1, branch2];
    this.controller1 = branch1[kState].controller;
    this.controller2 = branch2[kState].controller;
    this.forwardReaderError(this.reader);
  }

  forwardReaderError(thisReader) {
    promiseThen(thisReader[kState].closed.promise, undefined, (error) => {
      if (thisReader !== this.reader) return;
      byteControllerError(this.controller1[kState], error);
      byteControllerError(this.controller2[kState], error);
      if (!this.canceled1 || !this.canceled2) this.cancelRequest.resolve();
    });
  }

  pull1() {
    if (this.reading) {
      this.readAgainFor1 = true;
      return;
    }
    this.reading = true;
    const request = getByobRequest(this.controller1);
    if (request === null) this.pullWithDefaultReader();
    else this.pullWithByobReader(request[kState].view, false);
  }

  pull2() {
    if (this.reading) {
      this.readAgainFor2 = true;
      return;
    }
    this.reading = true;
    const request = getByobRequest(this.controller2);
    if (request === null) this.pullWithDefaultReader();
    else this.pullWithByobReader(request[kState].view, true);
  }

  pullWithDefaultReader() {
    if (this.reader[kState].kind === kIsByobReader) {
      readerRelease(this.reader);
      this.reader = new ReadableStreamDefaultReader(this.stream);
      this.forwardReaderError(this.reader);
    }
    defaultReaderRead(this.reader, this);
  }

  pullWithByobReader(view, forBranch2) {
    if (this.reader[kState].kind === kIsDefaultReader) {
      readerRelease(this.reader);
      this.reader = new ReadableStreamBYOBReader(this.stream);
      this.forwardReaderError(this.reader);
    }
    byobReaderRead(this.reader, view, 1, new ByteTeeReadIntoRequest(this, forBranch2));
  }

  failBoth(error) {
    byteControllerError(this.controller1[kState], error);
    byteControllerError(this.controller2[kState], error);
    this.cancelRequest.resolve(readableStreamCancel(this.stream, error));
  }

  pullAgain() {
    this.reading = false;
    if (this.readAgainFor1) this.pull1();
    else if (this.readAgainFor2) this.pull2();
  }

  // As the read request of the default reader.
  onChunk(chunk) {
    enqueueMicrotask(() => {
      this.readAgainFor1 = false;
      this.readAgainFor2 = false;
      let chunk2 = chunk;
      if (!this.canceled1 && !this.canceled2) {
        try {
          chunk2 = cloneAsUint8Array(chunk);
        } catch (error) {
          this.failBoth(error);
          return;
        }
      }
      if (!this.canceled1) byteControllerEnqueue(this.controller1, this.controller1[kState], chunk);
      if (!this.canceled2) byteControllerEnqueue(this.controller2, this.controller2[kState], chunk2);
      this.pullAgain();
    });
  }

  onClose() {
    this.reading = false;
    if (!this.canceled1) byteControllerClose(this.controller1[kState]);
    if (!this.canceled2) byteControllerClose(this.controller2[kState]);
    if (this.controller1[kState].pendingPullIntos.length > 0) byteControllerRespond(this.controller1, 0);
    if (this.controller2[kState].pendingPullIntos.length > 0) byteControllerRespond(this.controller2, 0);
    if (!this.canceled1 || !this.canceled2) this.cancelRequest.resolve();
  }

  onError() {
    this.reading = false;
  }
}

/** The read-into request of a tee, for the branch whose reader brought the buffer. */
class ByteTeeReadIntoRequest {
  constructor(tee, forBranch2) {
    this.tee = tee;
    this.forBranch2 = forBranch2;
  }

  onChunk(chunk) {
    enqueueMicrotask(() => {
      const { tee, forBranch2 } = this;
      tee.readAgainFor1 = false;
      tee.readAgainFor2 = false;
      const byobController = forBranch2 ? tee.controller2 : tee.controller1;
      const otherController = forBranch2 ? tee.controller1 : tee.controller2;
      const byobCanceled = forBranch2 ? tee.canceled2 : tee.canceled1;
      const otherCanceled = forBranch2 ? tee.canceled1 : tee.canceled2;
      if (!otherCanceled) {
        let clone;
        try {
          clone = cloneAsUint8Array(chunk);
        } catch (error) {
          tee.failBoth(error);
          return;
        }
        if (!byobCanceled) byteControllerRespondWithNewView(byobController, chunk);
        byteControllerEnqueue(otherController, otherController[kState], clone);
      } else if (!byobCanceled) {
        byteControllerRespondWithNewView(byobController, chunk);
      }
      tee.pullAgain();
    });
  }

  onClose(chunk) {
    const { tee, forBranch2 } = this;
    tee.reading = false;
    const byobController = forBranch2 ? tee.controller2 : tee.controller1;
    const otherController = forBranch2 ? tee.controller1 : tee.controller2;
    const byobCanceled = forBranch2 ? tee.canceled2 : tee.canceled1;
    const otherCanceled = forBranch2 ? tee.canceled1 : tee.canceled2;
    if (!byobCanceled) byteControllerClose(byobController[kState]);
    if (!otherCanceled) byteControllerClose(otherController[kState]);
    if (chunk !== undefined) {
      if (!byobCanceled) byteControllerRespondWithNewView(byobController, chunk);
      if (!otherCanceled && otherController[kState].pendingPullIntos.length > 0) byteControllerRespond(otherController, 0);
    }
    if (!byobCanceled || !otherCanceled) tee.cancelRequest.resolve();
  }

  onError() {
    this.tee.reading = false;
  }
}

function cloneAsUint8Array(view) {
  return new Uint8Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
}

// ---- pipeTo, §4.9.1 ------------------------------------------------------------------------------------------------------------------

/** ReadableStreamPipeTo */
function readableStreamPipeTo(source, destination, preventClose, preventAbort, preventCancel, signal) {
  if (!isReadableStream(source)) return promiseReject(new ERR_INVALID_ARG_TYPE('source', 'ReadableStream', source));
  if (!require('web/writable_stream').isWritableStream(destination)) {
    return promiseReject(new ERR_INVALID_ARG_TYPE('destination', 'WritableStream', destination));
  }
  try {
    validateSignal(signal, 'options.signal');
  } catch (error) {
    return promiseReject(error);
  }
  const pipe = new Pipe(source, destination, preventClose, preventAbort, preventCancel);
  pipe.start(signal);
  return pipe.done.promise;
}

/** The reason of a signal; an AbortError of Node's own becomes one of the web. */
function abortReason({ reason }) {
  if (!(reason instanceof Error) || reason.code !== 'ABORT_ERR') return reason;
  const { DOMException } = require('internal/dom_exception');
  return new DOMException(reason.message, 'AbortError');
}

/** One running pipeTo(); it is the read request and the write request as well. */
class Pipe {
  constructor(source, destination, preventClose, preventAbort, preventCancel) {
    this.writable = require('web/writable_stream');
    this.source = source;
    this.destination = destination;
    this.preventClose = preventClose;
    this.preventAbort = preventAbort;
    this.preventCancel = preventCancel;
    this.reader = new ReadableStreamDefaultReader(source);
    this.writer = new this.writable.WritableStreamDefaultWriter(destination);
    source[kState].disturbed = true;
    this.done = Promise.withResolvers();
    this.isShuttingDown = false;
    this.isReading = false;
    this.isDrained = false;
    // Chunks given to the writer and not yet written.
    this.pendingWrites = 0;
    this.whenWritten = undefined;
    this.signal = undefined;
    this.onAbort = undefined;
    this.step = () => this.pump();
    this.chunk = undefined;
    this.writeChunk = () => {
      this.isReading = false;
      const { chunk } = this;
      this.chunk = undefined;
      this.write(chunk);
      this.pump();
    };
    this.inPump = false;
  }

  start(signal) {
    if (signal !== undefined) {
      this.signal = signal;
      this.onAbort = () => this.abort(abortReason(signal));
      if (signal.aborted) {
        this.onAbort();
        return;
      }
      signal.addEventListener('abort', this.onAbort);
    }
    // In this order: what has happened already is handled like what will.
    const sourceState = this.source[kState];
    const destinationState = this.destination[kState];
    if (sourceState.state === 'errored') this.sourceErrored(sourceState.storedError);
    else promiseThen(this.reader[kState].closed.promise, noop, (error) => this.sourceErrored(error));
    if (destinationState.state === 'errored' || destinationState.state === 'erroring') {
      this.destinationErrored(destinationState.storedError);
    } else {
      promiseThen(this.writer[kState].closed.promise, noop, (error) => this.destinationErrored(error));
    }
    if (sourceState.state === 'closed') this.sourceClosed();
    else promiseThen(this.reader[kState].closed.promise, () => this.sourceClosed(), noop);
    if (this.writable.closeQueuedOrInFlight(destinationState) || destinationState.state === 'closed') {
      this.destinationClosed();
    }
    this.pump();
  }

  pump() {
    while (!this.isShuttingDown && !this.isReading && !this.isDrained) {
      const desiredSize = this.writable.writerDesiredSize(this.writer);
      if (desiredSize === null) return;
      if (desiredSize <= 0) {
        this.writer[kState].ready.whenFulfilled(this.step);
        return;
      }
      this.isReading = true;
      this.inPump = true;
      defaultReaderRead(this.reader, this);
      this.inPump = false;
    }
  }

  onChunk(chunk) {
    if (this.inPump) {
      this.isReading = false;
      this.write(chunk);
      return;
    }
    // Never inside of the source's enqueue().
    this.chunk = chunk;
    this.pendingWrites++;
    enqueueMicrotask(() => {
      this.pendingWrites--;
      this.writeChunk();
      this.checkWritten();
    });
  }

  // What follows is up to the promises of both ends.
  onClose() {
    this.isReading = false;
    this.isDrained = true;
  }

  onError() {
    this.isReading = false;
    this.isDrained = true;
  }

  write(chunk) {
    this.pendingWrites++;
    this.writable.writerWrite(this.writer, chunk, this);
  }

  // As a write request.
  resolve() {
    this.pendingWrites--;
    this.checkWritten();
  }

  reject() {
    this.pendingWrites--;
    this.checkWritten();
  }

  checkWritten() {
    if (this.pendingWrites > 0 || this.whenWritten === undefined) return;
    const { whenWritten } = this;
    this.whenWritten = undefined;
    // As after a promise.
    enqueueMicrotask(whenWritten);
  }

  sourceErrored(error) {
    if (!this.preventAbort) {
      this.shutdown(() => this.writable.writableStreamAbort(this.destination, error), true, error);
    } else {
      this.shutdown(undefined, true, error);
    }
  }

  destinationErrored(error) {
    if (!this.preventCancel) this.shutdown(() => readableStreamCancel(this.source, error), true, error);
    else this.shutdown(undefined, true, error);
  }

  sourceClosed() {
    if (!this.preventClose) this.shutdown(() => this.writable.writerCloseWithErrorPropagation(this.writer), false, undefined);
    else this.shutdown(undefined, false, undefined);
  }

  destinationClosed() {
    const error = invalidState('Destination WritableStream is closed');
    if (!this.preventCancel) this.shutdown(() => readableStreamCancel(this.source, error), true, error);
    else this.shutdown(undefined, true, error);
  }

  abort(reason) {
    this.shutdown(() => {
      const aborted = !this.preventAbort && this.destination[kState].state === 'writable' ?
        this.writable.writableStreamAbort(this.destination, reason) : toPromise(undefined);
      const canceled = !this.preventCancel && this.source[kState].state === 'readable' ?
        readableStreamCancel(this.source, reason) : toPromise(undefined);
      // Of two rejections the destination's counts.
      setHandled(canceled);
      return promiseThen(aborted, () => canceled);
    }, true, reason);
  }

  /** "Shutdown with an action" and "shutdown" */
  shutdown(action, isError, error) {
    if (this.isShuttingDown) return;
    this.isShuttingDown = true;
    const proceed = () => {
      if (action === undefined) {
        this.finalize(isError, error);
        return;
      }
      promiseThen(action(), () => this.finalize(isError, error), (newError) => this.finalize(true, newError));
    };
    const state = this.destination[kState];
    if (state.state === 'writable' && !this.writable.closeQueuedOrInFlight(state)) {
      this.whenWritten = proceed;
      this.checkWritten();
    } else {
      proceed();
    }
  }

  finalize(isError, error) {
    this.writable.writerRelease(this.writer);
    readerRelease(this.reader);
    this.signal?.removeEventListener('abort', this.onAbort);
    if (isError) this.done.reject(error);
    else this.done.resolve(undefined);
  }
}

module.exports = {
  InternalTransferredReadableStream,
  ReadableByteStreamController,
  ReadableStream,
  ReadableStreamBYOBReader,
  ReadableStreamBYOBRequest,
  ReadableStreamDefaultController,
  ReadableStreamDefaultReader,
  bareReadableStream,
  byteControllerClose,
  byteControllerEnqueue,
  byteControllerRespond,
  convertPullInto,
  createReadableByteStream,
  createReadableStream,
  defaultControllerClose,
  defaultControllerEnqueue,
  defaultControllerError,
  defaultReaderRead,
  hasBackpressure,
  canCloseOrEnqueue,
  controllerDesiredSize,
  isReadableByteStreamController,
  isReadableStream,
  isReadableStreamBYOBReader,
  isReadableStreamDefaultController,
  isReadableStreamDefaultReader,
  readableStreamCancel,
  readableStreamPipeTo,
  readableStreamTee,
  readerGenericRelease,
  readerRelease,
  setUpDefaultController,
};
