'use strict';

const {
  SHARE_ENV, Worker, getEnvironmentData, isInternalThread, isMainThread, resourceLimits, setEnvironmentData, threadId,
  threadName,
} = require('internal/worker');
const io = require('internal/worker/io');
const { open, postMessageToThread } = require('internal/worker/messaging');

open();

module.exports = {
  isInternalThread,
  isMainThread,
  MessagePort: io.MessagePort,
  MessageChannel: io.MessageChannel,
  markAsUncloneable: io.markAsUncloneable,
  markAsUntransferable: io.markAsUntransferable,
  isMarkedAsUntransferable: io.isMarkedAsUntransferable,
  moveMessagePortToContext: io.moveMessagePortToContext,
  receiveMessageOnPort: io.receiveMessageOnPort,
  resourceLimits,
  postMessageToThread,
  threadId,
  threadName,
  SHARE_ENV,
  Worker,
  parentPort: null,
  workerData: null,
  get BroadcastChannel() {
    return io.BroadcastChannel;
  },
  setEnvironmentData,
  getEnvironmentData,
  get locks() {
    return require('web/locks').locks;
  },
};
