'use strict';

// Writable streams: https://streams.spec.whatwg.org/#ws

const { codes: { ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_INVALID_THIS } } = require('internal/errors');
const {
  LazyPromise, Queue, apply, checkCreate, defineInterface, dequeueValue, enqueueMicrotask, enqueueValueWithSize, extractHighWaterMark,
  extractSizeAlgorithm, inspectAs, invalidState, isObjectLike, isolate, kControllerErrorFunction, kCreate, kDeserialize, kInspect,
  kIsClosedPromise, kIsErrored, kIsWritable, kState, kTransfer, kTransferMode, kTransferable, noop, promiseCallLast,
  promiseReject, promiseResolve, promiseThen, resetQueue, setHandled, toCallback, toDictionary, toNewPromise, toPromise,
} = require('web/stream_util');

// What stands in the queue for the end of the stream.
const kCloseSentinel = Symbol('kCloseSentinel');
const kIsStream = Symbol('kIsWritableStream');

/** The internal slots of a WritableStream. */
class WritableStreamState {
  constructor() {
    this.kind = kIsStream;
    this.state = 'writable';
    this.storedError = undefined;
    this.writer = undefined;
    this.controller = undefined;
    this.backpressure = false;
    // Requests are {resolve(), reject(error)}.
    this.writeRequests = new Queue();
    this.inFlightWriteRequest = undefined;
    this.closeRequest = undefined;
    this.inFlightCloseRequest = undefined;
    // {promise, resolve, reject, reason, wasAlreadyErroring}
    this.pendingAbortRequest = undefined;
    this.closed = new LazyPromise();
  }
}
isolate(WritableStreamState);

function isWritableStream(value) {
  return isObjectLike(value) && value[kState]?.kind === kIsStream;
}

function checkStream(stream) {
  if (!isWritableStream(stream)) throw new ERR_INVALID_THIS('WritableStream');
}

class WritableStream {
  [kState] = new WritableStreamState();

  constructor(sink = undefined, strategy = undefined) {
    this[kTransferMode] = kTransferable;
    if (sink !== undefined && !isObjectLike(sink)) throw new ERR_INVALID_ARG_TYPE('sink', 'Object', sink);
    const queuing = toDictionary(strategy, 'strategy');
    if (sink === undefined && queuing === undefined) {
      setUpController(this, { start: undefined, write: undefined, close: undefined, abort: undefined }, undefined, 1, undefined);
      return;
    }
    // The order in which WebIDL reads the members of dictionaries.
    const highWaterMarkOption = queuing?.highWaterMark;
    const sizeOption = queuing?.size;
    const abort = toCallback(sink?.abort, 'sink.abort');
    const close = toCallback(sink?.close, 'sink.close');
    const start = toCallback(sink?.start, 'sink.start');
    const type = sink?.type;
    const write = toCallback(sink?.write, 'sink.write');
    if (type !== undefined) throw new ERR_INVALID_ARG_VALUE.RangeError('type', type);
    const size = extractSizeAlgorithm(sizeOption);
    const highWaterMark = extractHighWaterMark(highWaterMarkOption, 1);
    setUpController(this, { start, write, close, abort }, sink, highWaterMark, size);
  }

  get locked() {
    checkStream(this);
    return this[kState].writer !== undefined;
  }

  abort(reason = undefined) {
    if (!isWritableStream(this)) return promiseReject(new ERR_INVALID_THIS('WritableStream'));
    if (this[kState].writer !== undefined) return promiseReject(invalidState('WritableStream is locked'));
    return writableStreamAbort(this, reason);
  }

  close() {
    if (!isWritableStream(this)) return promiseReject(new ERR_INVALID_THIS('WritableStream'));
    if (this[kState].writer !== undefined) return promiseReject(invalidState('WritableStream is locked'));
    if (closeQueuedOrInFlight(this[kState])) return promiseReject(invalidState('Failure closing WritableStream'));
    return writableStreamClose(this);
  }

  getWriter() {
    checkStream(this);
    return new WritableStreamDefaultWriter(this);
  }

  get [kIsErrored]() {
    return this[kState].state === 'errored';
  }

  get [kIsWritable]() {
    return this[kState].state === 'writable';
  }

  get [kIsClosedPromise]() {
    return this[kState].closed;
  }

  get [kControllerErrorFunction]() {
    const { controller } = this[kState];
    return (error) => controllerErrorIfNeeded(controller, error);
  }

  [kTransfer]() {
    checkStream(this);
    if (this[kState].writer !== undefined) {
      throw new (require('internal/dom_exception').DOMException)('Cannot transfer a locked WritableStream', 'DataCloneError');
    }
    return require('web/stream_transfer').transferWritable(this);
  }

  [kInspect](depth, options) {
    return inspectAs(this, this.constructor.name, depth, options, { locked: this.locked, state: this[kState].state });
  }
}
defineInterface(WritableStream, ['locked', 'abort', 'close', 'getWriter']);

/** CreateWritableStream; the algorithms get the controller as their last argument. */
function createWritableStream(start, write, close, abort, highWaterMark = 1, size = undefined) {
  const stream = bareWritableStream();
  setUpController(stream, { start, write, close, abort }, undefined, highWaterMark, size);
  return stream;
}

/** A stream without a controller. */
function bareWritableStream() {
  const stream = Object.create(WritableStream.prototype);
  stream[kState] = new WritableStreamState();
  stream[kTransferMode] = kTransferable;
  return stream;
}

function InternalTransferredWritableStream() {
  return bareWritableStream();
}
WritableStream.prototype[kDeserialize] = function({ port }) {
  require('web/stream_transfer').receiveWritable(this, port);
};
Object.defineProperty(WritableStream.prototype, kDeserialize, { __proto__: null, enumerable: false });
InternalTransferredWritableStream.prototype[kDeserialize] = noop;

// ---- the writer ------------------------------------------------------------------------------------------------------------------

/** The internal slots of a WritableStreamDefaultWriter. */
class WriterState {
  constructor() {
    this.kind = kIsWriter;
    this.stream = undefined;
    this.closed = undefined;
    this.ready = undefined;
  }
}
isolate(WriterState);
const kIsWriter = Symbol('kIsWriter');

function isWriter(value) {
  return isObjectLike(value) && value[kState]?.kind === kIsWriter;
}

class WritableStreamDefaultWriter {
  [kState] = new WriterState();

  constructor(stream) {
    if (!isWritableStream(stream)) throw new ERR_INVALID_ARG_TYPE('stream', 'WritableStream', stream);
    setUpWriter(this, stream);
  }

  get closed() {
    if (!isWriter(this)) return promiseReject(new ERR_INVALID_THIS('WritableStreamDefaultWriter'));
    return this[kState].closed.promise;
  }

  get desiredSize() {
    if (!isWriter(this)) throw new ERR_INVALID_THIS('WritableStreamDefaultWriter');
    const { stream } = this[kState];
    if (stream === undefined) throw invalidState('Writer is not bound to a WritableStream');
    return writerDesiredSize(this);
  }

  get ready() {
    if (!isWriter(this)) return promiseReject(new ERR_INVALID_THIS('WritableStreamDefaultWriter'));
    return this[kState].ready.promise;
  }

  abort(reason = undefined) {
    if (!isWriter(this)) return promiseReject(new ERR_INVALID_THIS('WritableStreamDefaultWriter'));
    const { stream } = this[kState];
    if (stream === undefined) return promiseReject(invalidState('Writer is not bound to a WritableStream'));
    return writableStreamAbort(stream, reason);
  }

  close() {
    if (!isWriter(this)) return promiseReject(new ERR_INVALID_THIS('WritableStreamDefaultWriter'));
    const { stream } = this[kState];
    if (stream === undefined) return promiseReject(invalidState('Writer is not bound to a WritableStream'));
    if (closeQueuedOrInFlight(stream[kState])) return promiseReject(invalidState('Failure to close WritableStream'));
    return writableStreamClose(stream);
  }

  releaseLock() {
    if (!isWriter(this)) throw new ERR_INVALID_THIS('WritableStreamDefaultWriter');
    if (this[kState].stream === undefined) return;
    writerRelease(this);
  }

  write(chunk = undefined) {
    if (!isWriter(this)) return promiseReject(new ERR_INVALID_THIS('WritableStreamDefaultWriter'));
    if (this[kState].stream === undefined) return promiseReject(invalidState('Writer is not bound to a WritableStream'));
    const request = Promise.withResolvers();
    writerWrite(this, chunk, request);
    return request.promise;
  }

  [kInspect](depth, options) {
    const { stream, closed, ready } = this[kState];
    return inspectAs(this, this.constructor.name, depth, options, {
      stream,
      close: closed.promise,
      ready: ready.promise,
      desiredSize: stream === undefined ? undefined : writerDesiredSize(this),
    });
  }
}
defineInterface(WritableStreamDefaultWriter, ['closed', 'desiredSize', 'ready', 'abort', 'close', 'releaseLock', 'write']);

/** SetUpWritableStreamDefaultWriter */
function setUpWriter(writer, stream) {
  const state = stream[kState];
  if (state.writer !== undefined) throw invalidState('WritableStream is locked');
  const writerState = writer[kState];
  writerState.stream = stream;
  state.writer = writer;
  switch (state.state) {
    case 'writable':
      writerState.ready = !closeQueuedOrInFlight(state) && state.backpressure ? new LazyPromise() : LazyPromise.fulfilled();
      writerState.closed = new LazyPromise();
      break;
    case 'erroring':
      writerState.ready = LazyPromise.rejected(state.storedError);
      writerState.closed = new LazyPromise();
      break;
    case 'closed':
      writerState.ready = LazyPromise.fulfilled();
      writerState.closed = LazyPromise.fulfilled();
      break;
    default:
      writerState.ready = LazyPromise.rejected(state.storedError);
      writerState.closed = LazyPromise.rejected(state.storedError);
  }
}

function writerDesiredSize(writer) {
  const state = writer[kState].stream[kState];
  switch (state.state) {
    case 'errored':
    case 'erroring':
      return null;
    case 'closed':
      return 0;
    default:
      return controllerDesiredSize(state.controller[kState]);
  }
}

function writerEnsureReadyRejected(writerState, error) {
  if (writerState.ready.isPending) writerState.ready.reject(error);
  else writerState.ready = LazyPromise.rejected(error);
}

function writerEnsureClosedRejected(writerState, error) {
  if (writerState.closed.isPending) writerState.closed.reject(error);
  else writerState.closed = LazyPromise.rejected(error);
}

function writerRelease(writer) {
  const writerState = writer[kState];
  const released = invalidState('Writer has been released');
  writerEnsureReadyRejected(writerState, released);
  writerEnsureClosedRejected(writerState, released);
  writerState.stream[kState].writer = undefined;
  writerState.stream = undefined;
}

/** WritableStreamDefaultWriterWrite; the request is settled once the chunk is written. */
function writerWrite(writer, chunk, request) {
  const { stream } = writer[kState];
  const state = stream[kState];
  const { controller } = state;
  const chunkSize = controllerChunkSize(controller, chunk);
  if (stream !== writer[kState].stream) {
    request.reject(invalidState('Mismatched WritableStreams'));
    return;
  }
  if (state.state === 'errored') {
    request.reject(state.storedError);
    return;
  }
  if (closeQueuedOrInFlight(state) || state.state === 'closed') {
    request.reject(invalidState('WritableStream is closed'));
    return;
  }
  if (state.state === 'erroring') {
    request.reject(state.storedError);
    return;
  }
  state.writeRequests.push(request);
  controllerWrite(stream, controller[kState], chunk, chunkSize);
}

/** WritableStreamDefaultWriterCloseWithErrorPropagation */
function writerCloseWithErrorPropagation(writer) {
  const { stream } = writer[kState];
  const state = stream[kState];
  if (closeQueuedOrInFlight(state) || state.state === 'closed') return toPromise(undefined);
  if (state.state === 'errored') return promiseReject(state.storedError);
  return writableStreamClose(stream);
}

// ---- the stream ------------------------------------------------------------------------------------------------------------------

function closeQueuedOrInFlight(state) {
  return state.closeRequest !== undefined || state.inFlightCloseRequest !== undefined;
}

/** WritableStreamAbort */
function writableStreamAbort(stream, reason) {
  const state = stream[kState];
  if (state.state === 'closed' || state.state === 'errored') return Promise.resolve();
  signalAbort(state.controller[kState], reason);
  // Listeners of the signal may have done anything.
  if (state.state === 'closed' || state.state === 'errored') return Promise.resolve();
  if (state.pendingAbortRequest !== undefined) return state.pendingAbortRequest.promise;
  const wasAlreadyErroring = state.state === 'erroring';
  if (wasAlreadyErroring) reason = undefined;
  const { promise, resolve, reject } = Promise.withResolvers();
  state.pendingAbortRequest = { promise, resolve, reject, reason, wasAlreadyErroring };
  if (!wasAlreadyErroring) startErroring(stream, reason);
  return promise;
}

/** WritableStreamClose */
function writableStreamClose(stream) {
  const state = stream[kState];
  if (state.state === 'closed' || state.state === 'errored') {
    return promiseReject(invalidState('WritableStream is already closed'));
  }
  const request = Promise.withResolvers();
  state.closeRequest = request;
  if (state.writer !== undefined && state.backpressure && state.state === 'writable') state.writer[kState].ready.resolve();
  const controllerState = state.controller[kState];
  // The sentinel has no size.
  controllerState.queue.push(kCloseSentinel);
  advanceQueueIfNeeded(stream, controllerState);
  return request.promise;
}

function dealWithRejection(stream, error) {
  if (stream[kState].state === 'writable') startErroring(stream, error);
  else finishErroring(stream);
}

function startErroring(stream, reason) {
  const state = stream[kState];
  state.state = 'erroring';
  state.storedError = reason;
  if (state.writer !== undefined) writerEnsureReadyRejected(state.writer[kState], reason);
  const hasInFlight = state.inFlightWriteRequest !== undefined || state.inFlightCloseRequest !== undefined;
  if (!hasInFlight && state.controller[kState].started) finishErroring(stream);
}

function finishErroring(stream) {
  const state = stream[kState];
  state.state = 'errored';
  const controllerState = state.controller[kState];
  resetQueue(controllerState);
  const { storedError } = state;
  for (const request of state.writeRequests.takeAll()) request.reject(storedError);
  const abortRequest = state.pendingAbortRequest;
  if (abortRequest === undefined) {
    rejectCloseAndClosedIfNeeded(state);
    return;
  }
  state.pendingAbortRequest = undefined;
  if (abortRequest.wasAlreadyErroring) {
    abortRequest.reject(storedError);
    rejectCloseAndClosedIfNeeded(state);
    return;
  }
  // [[AbortSteps]]
  const { abortAlgorithm, sink } = controllerState;
  clearAlgorithms(controllerState);
  const promise = abortAlgorithm === undefined ? toPromise(undefined) : promiseCallLast(abortAlgorithm, sink, [abortRequest.reason]);
  promiseThen(promise, () => {
    abortRequest.resolve();
    rejectCloseAndClosedIfNeeded(state);
  }, (error) => {
    abortRequest.reject(error);
    rejectCloseAndClosedIfNeeded(state);
  });
}

function rejectCloseAndClosedIfNeeded(state) {
  if (state.closeRequest !== undefined) {
    state.closeRequest.reject(state.storedError);
    state.closeRequest = undefined;
  }
  state.closed.reject(state.storedError);
  if (state.writer !== undefined) state.writer[kState].closed.reject(state.storedError);
}

function finishInFlightWrite(state) {
  const request = state.inFlightWriteRequest;
  state.inFlightWriteRequest = undefined;
  request.resolve();
}

function finishInFlightWriteWithError(stream, error) {
  const state = stream[kState];
  const request = state.inFlightWriteRequest;
  state.inFlightWriteRequest = undefined;
  request.reject(error);
  dealWithRejection(stream, error);
}

function finishInFlightClose(state) {
  state.inFlightCloseRequest.resolve();
  state.inFlightCloseRequest = undefined;
  if (state.state === 'erroring') {
    // Closing won against the error.
    state.storedError = undefined;
    if (state.pendingAbortRequest !== undefined) {
      state.pendingAbortRequest.resolve();
      state.pendingAbortRequest = undefined;
    }
  }
  state.state = 'closed';
  if (state.writer !== undefined) state.writer[kState].closed.resolve();
  state.closed.resolve();
}

function finishInFlightCloseWithError(stream, error) {
  const state = stream[kState];
  state.inFlightCloseRequest.reject(error);
  state.inFlightCloseRequest = undefined;
  if (state.pendingAbortRequest !== undefined) {
    state.pendingAbortRequest.reject(error);
    state.pendingAbortRequest = undefined;
  }
  dealWithRejection(stream, error);
}

function updateBackpressure(state, backpressure) {
  if (state.writer !== undefined && backpressure !== state.backpressure) {
    const writerState = state.writer[kState];
    if (backpressure) writerState.ready = new LazyPromise();
    else writerState.ready.resolve();
  }
  state.backpressure = backpressure;
}

// ---- the controller ---------------------------------------------------------------------------------------------------------------

/** The internal slots of a WritableStreamDefaultController. */
class WritableControllerState {
  constructor(stream, algorithms, sink, highWaterMark, size) {
    this.kind = kIsController;
    this.stream = stream;
    this.queue = new Queue();
    this.sizes = size === undefined ? undefined : new Queue();
    this.queueTotalSize = 0;
    this.started = false;
    this.highWaterMark = highWaterMark;
    this.sizeAlgorithm = size;
    this.sink = sink;
    this.writeAlgorithm = algorithms.write;
    this.closeAlgorithm = algorithms.close;
    this.abortAlgorithm = algorithms.abort;
    // Made when asked for.
    this.abortController = undefined;
    this.onWritten = undefined;
    this.onWriteFailed = undefined;
  }
}
isolate(WritableControllerState);
const kIsController = Symbol('kIsController');

function isController(value) {
  return isObjectLike(value) && value[kState]?.kind === kIsController;
}

class WritableStreamDefaultController {
  constructor(token = undefined) {
    checkCreate(token);
  }

  get signal() {
    if (!isController(this)) throw new ERR_INVALID_THIS('WritableStreamDefaultController');
    return abortControllerOf(this[kState]).signal;
  }

  error(error = undefined) {
    if (!isController(this)) throw new ERR_INVALID_THIS('WritableStreamDefaultController');
    if (this[kState].stream[kState].state !== 'writable') return;
    controllerError(this[kState], error);
  }

  [kInspect](depth, options) {
    return inspectAs(this, this.constructor.name, depth, options, { stream: this[kState].stream });
  }
}
defineInterface(WritableStreamDefaultController, ['signal', 'error']);

function abortControllerOf(controllerState) {
  return controllerState.abortController ??= new (require('internal/abort_controller').AbortController)();
}

function signalAbort(controllerState, reason) {
  if (controllerState.abortController === undefined) {
    // Nobody listens, but the signal may still be asked for.
    const { AbortController } = require('internal/abort_controller');
    controllerState.abortController = new AbortController();
  }
  controllerState.abortController.abort(reason);
}

/** SetUpWritableStreamDefaultController */
function setUpController(stream, algorithms, sink, highWaterMark, size) {
  const controller = new WritableStreamDefaultController(kCreate);
  const controllerState = new WritableControllerState(stream, algorithms, sink, highWaterMark, size);
  controller[kState] = controllerState;
  const state = stream[kState];
  state.controller = controller;
  updateBackpressure(state, controllerDesiredSize(controllerState) <= 0);
  const { start } = algorithms;
  const startPromise = toNewPromise(start === undefined ? undefined : apply(start, sink, [controller]));
  promiseThen(startPromise, () => {
    controllerState.started = true;
    advanceQueueIfNeeded(stream, controllerState);
  }, (error) => {
    controllerState.started = true;
    dealWithRejection(stream, error);
  });
}

function clearAlgorithms(controllerState) {
  controllerState.writeAlgorithm = undefined;
  controllerState.closeAlgorithm = undefined;
  controllerState.abortAlgorithm = undefined;
  controllerState.sizeAlgorithm = undefined;
  controllerState.sink = undefined;
}

function controllerDesiredSize(controllerState) {
  return controllerState.highWaterMark - controllerState.queueTotalSize;
}

function controllerChunkSize(controller, chunk) {
  const size = controller[kState].sizeAlgorithm;
  if (size === undefined) return 1;
  try {
    return size(chunk);
  } catch (error) {
    controllerErrorIfNeeded(controller, error);
    return 1;
  }
}

function controllerWrite(stream, controllerState, chunk, chunkSize) {
  try {
    enqueueValueWithSize(controllerState, chunk, chunkSize);
  } catch (error) {
    if (stream[kState].state === 'writable') controllerError(controllerState, error);
    return;
  }
  const state = stream[kState];
  if (state.state === 'writable' && !closeQueuedOrInFlight(state)) {
    updateBackpressure(state, controllerDesiredSize(controllerState) <= 0);
  }
  advanceQueueIfNeeded(stream, controllerState);
}

function controllerErrorIfNeeded(controller, error) {
  const controllerState = controller[kState];
  if (controllerState.stream[kState].state === 'writable') controllerError(controllerState, error);
}

function controllerError(controllerState, error) {
  const { stream } = controllerState;
  clearAlgorithms(controllerState);
  startErroring(stream, error);
}

function advanceQueueIfNeeded(stream, controllerState) {
  const state = stream[kState];
  if (!controllerState.started || state.inFlightWriteRequest !== undefined) return;
  if (state.state === 'erroring') {
    finishErroring(stream);
    return;
  }
  if (controllerState.queue.length === 0) return;
  const value = controllerState.queue.peek();
  if (value === kCloseSentinel) processClose(stream, controllerState);
  else processWrite(stream, controllerState, value);
}

function processClose(stream, controllerState) {
  const state = stream[kState];
  state.inFlightCloseRequest = state.closeRequest;
  state.closeRequest = undefined;
  controllerState.queue.shift();
  const { closeAlgorithm, sink } = controllerState;
  const promise = closeAlgorithm === undefined ? toPromise(undefined) : promiseCallLast(closeAlgorithm, sink, []);
  clearAlgorithms(controllerState);
  promiseThen(promise, () => finishInFlightClose(state), (error) => finishInFlightCloseWithError(stream, error));
}

function processWrite(stream, controllerState, chunk) {
  const state = stream[kState];
  state.inFlightWriteRequest = state.writeRequests.shift();
  const { writeAlgorithm } = controllerState;
  let result;
  let error;
  let isFailed = false;
  if (writeAlgorithm !== undefined) {
    try {
      result = apply(writeAlgorithm, controllerState.sink, [chunk, state.controller]);
    } catch (thrown) {
      isFailed = true;
      error = thrown;
    }
  }
  if (controllerState.onWritten === undefined) {
    controllerState.onWritten = () => {
      finishInFlightWrite(state);
      dequeueValue(controllerState);
      if (!closeQueuedOrInFlight(state) && state.state === 'writable') {
        updateBackpressure(state, controllerDesiredSize(controllerState) <= 0);
      }
      advanceQueueIfNeeded(stream, controllerState);
    };
    controllerState.onWriteFailed = (error) => {
      if (state.state === 'writable') clearAlgorithms(controllerState);
      finishInFlightWriteWithError(stream, error);
    };
  }
  // OPTIMIZATION: as for pull().
  if (isFailed) enqueueMicrotask(() => controllerState.onWriteFailed(error));
  else if (result === undefined) enqueueMicrotask(controllerState.onWritten);
  else promiseThen(promiseResolve(result), controllerState.onWritten, controllerState.onWriteFailed);
}

module.exports = {
  InternalTransferredWritableStream,
  WritableStream,
  WritableStreamDefaultController,
  WritableStreamDefaultWriter,
  bareWritableStream,
  closeQueuedOrInFlight,
  createWritableStream,
  isWritableStream,
  setHandled,
  setUpController,
  writableStreamAbort,
  writableStreamControllerErrorIfNeeded: controllerErrorIfNeeded,
  writerCloseWithErrorPropagation,
  writerDesiredSize,
  writerRelease,
  writerWrite,
};
