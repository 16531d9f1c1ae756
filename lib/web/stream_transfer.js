'use strict';

// Transferring streams through message ports: https://streams.spec.whatwg.org/#transferrable-streams

const { apply, kState, promiseReject, setHandled, toPromise } = require('web/stream_util');
const { setUpController: setUpWritableController } = require('web/writable_stream');
const { defaultControllerClose, defaultControllerEnqueue, defaultControllerError, readableStreamPipeTo, setUpDefaultController } =
  require('web/readable_stream');

function newChannel() {
  const { MessageChannel } = require('internal/worker/io');
  const { port1, port2 } = new MessageChannel();
  port1.unref();
  return { port1, port2 };
}

function send(port, type, value) {
  port.postMessage({ type, value });
}

/** PackAndPostMessageHandlingError: what cannot be cloned becomes an error on both sides. */
function sendHandlingError(port, type, value) {
  try {
    send(port, type, value);
  } catch (error) {
    sendError(port, error);
    throw error;
  }
}

function sendError(port, error) {
  try {
    send(port, 'error', error);
  } catch {
    // An error which cannot be sent is told by its absence.
    send(port, 'error', undefined);
  }
}

/** Calls `handlers[type](value)` for messages of the other side. */
function listen(port, handlers, onMessageError) {
  port.onmessage = ({ data }) => {
    const { type, value } = data;
    apply(handlers[type] ?? (() => {}), handlers, [value]);
  };
  port.onmessageerror = ({ data }) => {
    sendError(port, data);
    onMessageError(data);
    port.close();
  };
  port.unref();
}

/** SetUpCrossRealmTransformReadable */
function receiveReadable(stream, port) {
  const controllerState = () => stream[kState].controller[kState];
  listen(port, {
    chunk(value) {
      defaultControllerEnqueue(controllerState(), value);
    },
    close() {
      defaultControllerClose(controllerState());
      port.close();
    },
    error(value) {
      defaultControllerError(controllerState(), value);
      port.close();
    },
  }, (error) => defaultControllerError(controllerState(), error));
  setUpDefaultController(stream, undefined, undefined, () => {
    // Somebody waits: the program must not end.
    port.ref();
    send(port, 'pull', undefined);
  }, (reason) => {
    try {
      sendHandlingError(port, 'error', reason);
    } catch (error) {
      return promiseReject(error);
    } finally {
      port.close();
    }
    return toPromise(undefined);
  }, 0, undefined);
}

/** SetUpCrossRealmTransformWritable */
function receiveWritable(stream, port) {
  let backpressure = Promise.withResolvers();
  const release = () => {
    backpressure?.resolve();
    backpressure = undefined;
  };
  const fail = (error) => {
    const { controller } = stream[kState];
    controller.error(error);
    release();
  };
  listen(port, {
    pull: release,
    error(value) {
      fail(value);
      port.close();
    },
  }, fail);
  setUpWritableController(stream, {
    start: undefined,
    async write(chunk) {
      if (backpressure !== undefined) {
        port.ref();
        await backpressure.promise;
      }
      if (stream[kState].state === 'erroring') throw stream[kState].storedError;
      backpressure = Promise.withResolvers();
      try {
        sendHandlingError(port, 'chunk', chunk);
      } catch (error) {
        port.close();
        throw error;
      }
    },
    close() {
      send(port, 'close', undefined);
      port.close();
    },
    abort(reason) {
      try {
        sendHandlingError(port, 'error', reason);
      } finally {
        port.close();
      }
    },
  }, undefined, 1, undefined);
}

function bareWritable() {
  return require('web/writable_stream').bareWritableStream();
}

/** The transfer steps of a ReadableStream. */
function transferReadable(stream) {
  const { port1, port2 } = newChannel();
  const writable = bareWritable();
  receiveWritable(writable, port1);
  setHandled(readableStreamPipeTo(stream, writable, false, false, false, undefined));
  return { data: { port: port2 }, deserializeInfo: 'web/readable_stream:InternalTransferredReadableStream', transferList: [port2] };
}

/** The transfer steps of a WritableStream. */
function transferWritable(stream) {
  const { port1, port2 } = newChannel();
  const readable = require('web/readable_stream').bareReadableStream();
  receiveReadable(readable, port1);
  setHandled(readableStreamPipeTo(readable, stream, false, false, false, undefined));
  return { data: { port: port2 }, deserializeInfo: 'web/writable_stream:InternalTransferredWritableStream', transferList: [port2] };
}

/** The transfer steps of a TransformStream: those of its two ends. */
function transferTransform(stream, readable, writable) {
  return {
    data: { readable, writable },
    deserializeInfo: 'web/transform_stream:InternalTransferredTransformStream',
    transferList: [readable, writable],
  };
}

module.exports = { receiveReadable, receiveWritable, transferReadable, transferTransform, transferWritable };
