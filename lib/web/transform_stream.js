'use strict';

// Transform streams: https://streams.spec.whatwg.org/#ts

const { codes: { ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_INVALID_THIS } } = require('internal/errors');
const {
  apply, checkCreate, defineInterface, extractHighWaterMark, extractSizeAlgorithm, inspectAs, invalidState, isObjectLike, isolate,
  kCreate, kDeserialize, kInspect, kState, kTransfer, kTransferMode, kTransferable, noop, promiseCallLast, promiseReject,
  promiseThen, toCallback, toDictionary, toPromise,
} = require('web/stream_util');
const {
  canCloseOrEnqueue, controllerDesiredSize, createReadableStream, defaultControllerClose, defaultControllerEnqueue,
  defaultControllerError, hasBackpressure,
} = require('web/readable_stream');
const { createWritableStream, writableStreamControllerErrorIfNeeded } = require('web/writable_stream');

const kIsStream = Symbol('kIsTransformStream');
const kIsController = Symbol('kIsTransformStreamDefaultController');

/** The internal slots of a TransformStream. */
class TransformStreamState {
  constructor() {
    this.kind = kIsStream;
    this.readable = undefined;
    this.writable = undefined;
    this.controller = undefined;
    this.backpressure = undefined;
    // {promise, resolve}: settled when the backpressure changes. Made when somebody waits.
    this.backpressureChange = undefined;
  }
}
isolate(TransformStreamState);

function isTransformStream(value) {
  return isObjectLike(value) && value[kState]?.kind === kIsStream;
}

class TransformStream {
  [kState] = new TransformStreamState();

  constructor(transformer = undefined, writableStrategy = undefined, readableStrategy = undefined) {
    this[kTransferMode] = kTransferable;
    if (transformer !== undefined && !isObjectLike(transformer)) {
      throw new ERR_INVALID_ARG_TYPE('transformer', 'Object', transformer);
    }
    const writableQueuing = toDictionary(writableStrategy, 'writableStrategy');
    const writableMark = writableQueuing?.highWaterMark;
    const writableSize = writableQueuing?.size;
    const readableQueuing = toDictionary(readableStrategy, 'readableStrategy');
    const readableMark = readableQueuing?.highWaterMark;
    const readableSize = readableQueuing?.size;
    const cancel = toCallback(transformer?.cancel, 'transformer.cancel');
    const flush = toCallback(transformer?.flush, 'transformer.flush');
    const readableType = transformer?.readableType;
    const start = toCallback(transformer?.start, 'transformer.start');
    const transform = toCallback(transformer?.transform, 'transformer.transform');
    const writableType = transformer?.writableType;
    if (readableType !== undefined) throw new ERR_INVALID_ARG_VALUE.RangeError('transformer.readableType', readableType);
    if (writableType !== undefined) throw new ERR_INVALID_ARG_VALUE.RangeError('transformer.writableType', writableType);
    const readableHighWaterMark = extractHighWaterMark(readableMark, 0);
    const readableSizeAlgorithm = extractSizeAlgorithm(readableSize);
    const writableHighWaterMark = extractHighWaterMark(writableMark, 1);
    const writableSizeAlgorithm = extractSizeAlgorithm(writableSize);

    const startRequest = Promise.withResolvers();
    initialize(this, startRequest.promise, writableHighWaterMark, writableSizeAlgorithm, readableHighWaterMark,
               readableSizeAlgorithm);
    setUpController(this, transformer, { transform, flush, cancel });
    startRequest.resolve(start === undefined ? undefined : apply(start, transformer, [this[kState].controller]));
  }

  get readable() {
    if (!isTransformStream(this)) throw new ERR_INVALID_THIS('TransformStream');
    return this[kState].readable;
  }

  get writable() {
    if (!isTransformStream(this)) throw new ERR_INVALID_THIS('TransformStream');
    return this[kState].writable;
  }

  [kTransfer]() {
    if (!isTransformStream(this)) throw new ERR_INVALID_THIS('TransformStream');
    const { readable, writable } = this[kState];
    if (readable.locked || writable.locked) {
      throw new (require('internal/dom_exception').DOMException)('Cannot transfer a locked TransformStream', 'DataCloneError');
    }
    return require('web/stream_transfer').transferTransform(this, readable, writable);
  }

  [kInspect](depth, options) {
    const { readable, writable, backpressure } = this[kState];
    return inspectAs(this, this.constructor.name, depth, options, { readable, writable, backpressure });
  }
}
defineInterface(TransformStream, ['readable', 'writable']);
Object.defineProperty(TransformStream.prototype, kDeserialize, {
  __proto__: null,
  value({ readable, writable }) {
    this[kState].readable = readable;
    this[kState].writable = writable;
  },
});

function InternalTransferredTransformStream() {
  const stream = Object.create(TransformStream.prototype);
  stream[kState] = new TransformStreamState();
  stream[kTransferMode] = kTransferable;
  return stream;
}
InternalTransferredTransformStream.prototype[kDeserialize] = noop;

/** A TransformStream for other modules; the algorithms get (chunk, controller) and (controller). */
function createTransformStream(transform, flush, cancel, readableHighWaterMark = 0, readableSize = undefined) {
  const stream = Object.create(TransformStream.prototype);
  stream[kState] = new TransformStreamState();
  initialize(stream, undefined, 1, undefined, readableHighWaterMark, readableSize);
  setUpController(stream, undefined, { transform, flush, cancel });
  return stream;
}

/** InitializeTransformStream */
function initialize(stream, startPromise, writableHighWaterMark, writableSize, readableHighWaterMark, readableSize) {
  const state = stream[kState];
  const start = () => startPromise;
  state.writable = createWritableStream(
    start,
    (chunk) => sinkWrite(stream, chunk),
    () => sinkClose(stream),
    (reason) => sinkAbort(stream, reason),
    writableHighWaterMark,
    writableSize);
  state.readable = createReadableStream(
    start, () => sourcePull(stream), (reason) => sourceCancel(stream, reason), readableHighWaterMark, readableSize);
  setBackpressure(state, true);
}

function readableControllerOf(state) {
  return state.readable[kState].controller[kState];
}

/** TransformStreamError */
function transformStreamError(stream, error) {
  defaultControllerError(readableControllerOf(stream[kState]), error);
  errorWritableAndUnblockWrite(stream, error);
}

function errorWritableAndUnblockWrite(stream, error) {
  const state = stream[kState];
  clearAlgorithms(state.controller[kState]);
  writableStreamControllerErrorIfNeeded(state.writable[kState].controller, error);
  if (state.backpressure) setBackpressure(state, false);
}

function setBackpressure(state, backpressure) {
  state.backpressureChange?.resolve();
  state.backpressureChange = undefined;
  state.backpressure = backpressure;
}

function backpressureChanged(state) {
  state.backpressureChange ??= Promise.withResolvers();
  return state.backpressureChange.promise;
}

// ---- the controller, §6.3 -----------------------------------------------------------------------------------------------------------

/** The internal slots of a TransformStreamDefaultController. */
class TransformControllerState {
  constructor(stream, transformer, algorithms) {
    this.kind = kIsController;
    this.stream = stream;
    this.transformer = transformer;
    this.transformAlgorithm = algorithms.transform;
    this.flushAlgorithm = algorithms.flush;
    this.cancelAlgorithm = algorithms.cancel;
    // Closing, aborting and cancelling happen once: {promise, resolve, reject} of the first.
    this.finish = undefined;
  }
}
isolate(TransformControllerState);

class TransformStreamDefaultController {
  constructor(token = undefined) {
    checkCreate(token);
  }

  get desiredSize() {
    checkController(this);
    return controllerDesiredSize(readableControllerOf(this[kState].stream[kState]));
  }

  enqueue(chunk = undefined) {
    checkController(this);
    controllerEnqueue(this[kState].stream, chunk);
  }

  error(reason = undefined) {
    checkController(this);
    transformStreamError(this[kState].stream, reason);
  }

  terminate() {
    checkController(this);
    const { stream } = this[kState];
    defaultControllerClose(readableControllerOf(stream[kState]));
    errorWritableAndUnblockWrite(stream, invalidState('TransformStream terminated'));
  }

  [kInspect](depth, options) {
    return inspectAs(this, this.constructor.name, depth, options, { stream: this[kState].stream });
  }
}
defineInterface(TransformStreamDefaultController, ['desiredSize', 'enqueue', 'error', 'terminate']);

function checkController(controller) {
  if (!isObjectLike(controller) || controller[kState]?.kind !== kIsController) {
    throw new ERR_INVALID_THIS('TransformStreamDefaultController');
  }
}

function setUpController(stream, transformer, algorithms) {
  const controller = new TransformStreamDefaultController(kCreate);
  controller[kState] = new TransformControllerState(stream, transformer, algorithms);
  // Without transform() chunks go through as they are.
  const isIdentity = algorithms.transform === undefined;
  if (isIdentity) controller[kState].transformAlgorithm = (chunk) => controllerEnqueue(stream, chunk);
  stream[kState].controller = controller;
}

function clearAlgorithms(controllerState) {
  controllerState.transformer = undefined;
  controllerState.transformAlgorithm = undefined;
  controllerState.flushAlgorithm = undefined;
  controllerState.cancelAlgorithm = undefined;
}

function controllerEnqueue(stream, chunk) {
  const state = stream[kState];
  const readableController = readableControllerOf(state);
  if (!canCloseOrEnqueue(readableController)) throw invalidState('Unable to enqueue');
  try {
    defaultControllerEnqueue(readableController, chunk);
  } catch (error) {
    errorWritableAndUnblockWrite(stream, error);
    throw state.readable[kState].storedError;
  }
  const backpressure = hasBackpressure(readableController);
  if (backpressure !== state.backpressure) setBackpressure(state, true);
}

function performTransform(stream, chunk) {
  const { controller } = stream[kState];
  const { transformAlgorithm, transformer } = controller[kState];
  let result;
  try {
    if (transformAlgorithm === undefined) return toPromise(undefined);
    result = apply(transformAlgorithm, transformer, [chunk, controller]);
  } catch (error) {
    transformStreamError(stream, error);
    return promiseReject(error);
  }
  if (result === undefined) return toPromise(undefined);
  return promiseThen(toPromise(result), undefined, (error) => {
    transformStreamError(stream, error);
    throw error;
  });
}

// ---- the sink and the source, §6.4.4 and §6.4.5 ---------------------------------------------------------------------------------------

function sinkWrite(stream, chunk) {
  const state = stream[kState];
  if (!state.backpressure) return performTransform(stream, chunk);
  return promiseThen(backpressureChanged(state), () => {
    const writable = state.writable[kState];
    if (writable.state === 'erroring') throw writable.storedError;
    return performTransform(stream, chunk);
  });
}

/** Runs an algorithm that ends the stream, once; `settle(error, failed)` follows. */
function finishWith(controllerState, algorithm, args, onFulfilled, onRejected) {
  const finish = Promise.withResolvers();
  controllerState.finish = finish;
  const result = algorithm === undefined ? toPromise(undefined) : promiseCallLast(algorithm, controllerState.transformer, args);
  clearAlgorithms(controllerState);
  promiseThen(result, () => onFulfilled(finish), (error) => onRejected(finish, error));
  return finish.promise;
}

function sinkAbort(stream, reason) {
  const state = stream[kState];
  const controllerState = state.controller[kState];
  if (controllerState.finish !== undefined) return controllerState.finish.promise;
  const { readable } = state;
  return finishWith(controllerState, controllerState.cancelAlgorithm, [reason], (finish) => {
    if (readable[kState].state === 'errored') {
      finish.reject(readable[kState].storedError);
    } else {
      defaultControllerError(readableControllerOf(state), reason);
      finish.resolve();
    }
  }, (finish, error) => {
    defaultControllerError(readableControllerOf(state), error);
    finish.reject(error);
  });
}

function sinkClose(stream) {
  const state = stream[kState];
  const controllerState = state.controller[kState];
  if (controllerState.finish !== undefined) return controllerState.finish.promise;
  const { readable, controller } = state;
  return finishWith(controllerState, controllerState.flushAlgorithm, [controller], (finish) => {
    if (readable[kState].state === 'errored') {
      finish.reject(readable[kState].storedError);
    } else {
      defaultControllerClose(readableControllerOf(state));
      finish.resolve();
    }
  }, (finish, error) => {
    defaultControllerError(readableControllerOf(state), error);
    finish.reject(error);
  });
}

function sourcePull(stream) {
  const state = stream[kState];
  setBackpressure(state, false);
  return backpressureChanged(state);
}

function sourceCancel(stream, reason) {
  const state = stream[kState];
  const controllerState = state.controller[kState];
  if (controllerState.finish !== undefined) return controllerState.finish.promise;
  const { writable } = state;
  return finishWith(controllerState, controllerState.cancelAlgorithm, [reason], (finish) => {
    if (writable[kState].state === 'errored') {
      finish.reject(writable[kState].storedError);
    } else {
      writableStreamControllerErrorIfNeeded(writable[kState].controller, reason);
      if (state.backpressure) setBackpressure(state, false);
      finish.resolve();
    }
  }, (finish, error) => {
    writableStreamControllerErrorIfNeeded(writable[kState].controller, error);
    if (state.backpressure) setBackpressure(state, false);
    finish.reject(error);
  });
}

module.exports = {
  InternalTransferredTransformStream,
  TransformStream,
  TransformStreamDefaultController,
  controllerEnqueue,
  createTransformStream,
  isTransformStream,
  transformStreamError,
};
