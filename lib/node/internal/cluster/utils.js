'use strict';

// Messages between primary and workers: { cmd: 'NODE_CLUSTER', seq, … }; an answer has `ack`, the number of the question.

const waiting = new Map();
let sequence = 0;

/** Sends `message`; `callback` gets the answer. False if there is no channel. */
function sendHelper(target, message, handle, callback) {
  if (!target.connected) return false;
  message = { cmd: 'NODE_CLUSTER', ...message, seq: sequence };
  if (typeof callback === 'function') waiting.set(sequence, callback);
  sequence++;
  return target.send(message, handle);
}

/** A listener for 'internalMessage': answers go to who asked, all else to `handler`, called on `worker`. */
function internal(worker, handler) {
  return function onInternalMessage(message, handle) {
    if (message.cmd !== 'NODE_CLUSTER') return;
    let receiver = handler;
    if (message.ack !== undefined) {
      const callback = waiting.get(message.ack);
      if (callback !== undefined) {
        receiver = callback;
        waiting.delete(message.ack);
      }
    }
    Reflect.apply(receiver, worker, [message, handle]);
  };
}

module.exports = { internal, sendHelper };
