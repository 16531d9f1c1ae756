'use strict';

// The standard streams of a worker and their other ends: chunks go as messages over the internal port.

const { Readable, Writable } = require('stream');
const { messageTypes } = require('internal/worker/messages');

const kPort = Symbol('kPort');
const kName = Symbol('kName');
const kCallbacks = Symbol('kCallbacks');
const kStarted = Symbol('kStarted');
const kKeepsAlive = Symbol('kKeepsAlive');
const kOnWanted = Symbol('kOnWanted');

/** The end where chunks arrive. */
class ReadableWorkerStdio extends Readable {
  constructor(port, name, keepsAlive = true) {
    super();
    this[kPort] = port;
    this[kName] = name;
    this[kStarted] = false;
    this[kKeepsAlive] = keepsAlive;
    this.on('end', () => {
      if (this[kStarted] && this[kKeepsAlive]) release(this[kPort]);
    });
  }

  _read() {
    if (!this[kStarted] && this[kKeepsAlive]) {
      this[kStarted] = true;
      retain(this[kPort]);
    }
    this[kPort].postMessage({ type: messageTypes.STDIO_WANTS_MORE_DATA, stream: this[kName] });
  }
}

/** The end where chunks are written. */
class WritableWorkerStdio extends Writable {
  constructor(port, name) {
    super({ decodeStrings: false });
    this[kPort] = port;
    this[kName] = name;
    this[kCallbacks] = [];
  }

  _writev(chunks, callback) {
    this[kPort].postMessage({
      type: messageTypes.STDIO_PAYLOAD,
      stream: this[kName],
      chunks: chunks.map(({ chunk, encoding }) => ({ chunk, encoding })),
    });
    if (process._exiting) {
      callback();
      return;
    }
    this[kCallbacks].push(callback);
    if (this[kCallbacks].length === 1) retain(this[kPort]);
  }

  _final(callback) {
    this[kPort].postMessage({
      type: messageTypes.STDIO_PAYLOAD,
      stream: this[kName],
      chunks: [{ chunk: null, encoding: '' }],
    });
    callback();
  }

  /** Sends what is buffered, whether the other end wants it or not. */
  release() {
    this[kOnWanted]();
  }

  /** The other end has taken what was sent. */
  [kOnWanted]() {
    const callbacks = this[kCallbacks];
    if (callbacks.length === 0) return;
    this[kCallbacks] = [];
    for (const callback of callbacks) callback();
    release(this[kPort]);
  }
}

// A port keeps the loop alive as long as a stream needs it.
const counts = new WeakMap();

function retain(port) {
  const count = (counts.get(port) ?? 0) + 1;
  counts.set(port, count);
  if (count === 1) port.ref();
}

function release(port) {
  const count = (counts.get(port) ?? 0) - 1;
  counts.set(port, count);
  if (count === 0) port.unref();
}

/** What a message about a stream means for it. */
function handleMessage(streams, message) {
  if (message.type === messageTypes.STDIO_WANTS_MORE_DATA) {
    streams[message.stream]?.[kOnWanted]?.();
    return;
  }
  const readable = streams[message.stream];
  for (const { chunk, encoding } of message.chunks) readable?.push(chunk, encoding);
}

module.exports = { ReadableWorkerStdio, WritableWorkerStdio, handleMessage };
