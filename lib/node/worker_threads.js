'use strict';

// The main thread and message channels. Threads themselves are not there yet.

const io = require('internal/worker/io');
const { codes: { ERR_METHOD_NOT_IMPLEMENTED } } = require('internal/errors');

const environmentData = new Map();

class Worker {
  constructor() {
    throw new ERR_METHOD_NOT_IMPLEMENTED('new Worker()');
  }
}

function setEnvironmentData(key, value) {
  if (value === undefined) environmentData.delete(key);
  else environmentData.set(key, value);
}

module.exports = {
  isInternalThread: false,
  isMainThread: true,
  MessagePort: io.MessagePort,
  MessageChannel: io.MessageChannel,
  markAsUncloneable: io.markAsUncloneable,
  markAsUntransferable: io.markAsUntransferable,
  isMarkedAsUntransferable: io.isMarkedAsUntransferable,
  moveMessagePortToContext() {
    throw new ERR_METHOD_NOT_IMPLEMENTED('moveMessagePortToContext()');
  },
  receiveMessageOnPort: io.receiveMessageOnPort,
  resourceLimits: {},
  async postMessageToThread() {
    throw new ERR_METHOD_NOT_IMPLEMENTED('postMessageToThread()');
  },
  threadId: 0,
  threadName: '',
  SHARE_ENV: Symbol.for('nodejs.worker_threads.SHARE_ENV'),
  Worker,
  parentPort: null,
  workerData: null,
  get BroadcastChannel() {
    return io.BroadcastChannel;
  },
  setEnvironmentData,
  getEnvironmentData: (key) => environmentData.get(key),
};
