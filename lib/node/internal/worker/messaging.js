'use strict';

// postMessageToThread(): every thread has an inbox that all others find by its id.
//
// Binding contract (messaging):
//   openInbox(threadId) -> MessagePort that gets what others send to the thread's inbox;
//   postToInbox(threadId, value, transferList) -> false if there is no such thread.

const { openInbox, postToInbox } = internalBinding('messaging');
const { threadId } = internalBinding('worker');
const { codes } = require('internal/errors');
const { validateNumber } = require('internal/validators');

const kDelivered = 1;
const kNoListener = 2;
const kThrew = 3;

let inbox;

/** Starts receiving; idempotent. */
function open() {
  if (inbox !== undefined) return;
  inbox = openInbox(threadId);
  inbox.on('message', receive);
  inbox.unref();
}

function receive({ source, value, memory }) {
  const status = new Int32Array(memory);
  let result = kNoListener;
  try {
    if (process.listenerCount('workerMessage') > 0) {
      process.emit('workerMessage', value, source);
      result = kDelivered;
    }
  } catch {
    result = kThrew;
  }
  Atomics.store(status, 0, result);
  Atomics.notify(status, 0);
}

async function postMessageToThread(destination, value, transferList, timeout) {
  if (typeof transferList === 'number' && timeout === undefined) {
    timeout = transferList;
    transferList = [];
  }
  if (timeout !== undefined) validateNumber(timeout, 'timeout', 0);
  if (destination === threadId) throw new codes.ERR_WORKER_MESSAGING_SAME_THREAD();
  open();
  const memory = new SharedArrayBuffer(4);
  const status = new Int32Array(memory);
  if (!postToInbox(destination, { source: threadId, value, memory }, transferList ?? [])) {
    throw new codes.ERR_WORKER_MESSAGING_FAILED();
  }
  const keepAlive = setInterval(() => {}, 2 ** 30);
  let outcome;
  try {
    const waited = Atomics.waitAsync(status, 0, 0, timeout ?? Infinity);
    outcome = waited.async ? await waited.value : waited.value;
  } finally {
    clearInterval(keepAlive);
  }
  if (outcome === 'timed-out') throw new codes.ERR_WORKER_MESSAGING_TIMEOUT();
  switch (Atomics.load(status, 0)) {
    case kDelivered: return;
    case kThrew: throw new codes.ERR_WORKER_MESSAGING_ERRORED();
    default: throw new codes.ERR_WORKER_MESSAGING_FAILED();
  }
}

module.exports = { open, postMessageToThread };
