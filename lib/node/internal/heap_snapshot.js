'use strict';

// Heap snapshots as streams and files. v8.js and workers' getHeapSnapshot() make them.

const { Readable } = require('stream');

class HeapSnapshotStream extends Readable {
  #bytes;

  constructor(bytes) {
    super();
    this.#bytes = bytes;
  }

  _read() {
    if (this.#bytes === undefined) return;
    this.push(this.#bytes);
    this.#bytes = undefined;
    this.push(null);
  }
}

function streamOf(bytes) {
  return new HeapSnapshotStream(bytes);
}

let written = 0;
function defaultName() {
  const now = new Date();
  const pad = (n, width) => `${n}`.padStart(width, '0');
  const date = `${now.getFullYear()}${pad(now.getMonth() + 1, 2)}${pad(now.getDate(), 2)}`;
  const time = `${pad(now.getHours(), 2)}${pad(now.getMinutes(), 2)}${pad(now.getSeconds(), 2)}`;
  const { threadId } = require('worker_threads');
  return `Heap.${date}.${time}.${process.pid}.${threadId}.${pad(++written, 3)}.heapsnapshot`;
}

function write(filename = defaultName(), take) {
  const fs = require('fs');
  // Opened first: what must not be written is not made either.
  const fd = fs.openSync(filename, 'w', 0o644);
  try {
    fs.writeFileSync(fd, take());
  } finally {
    fs.closeSync(fd);
  }
  return filename;
}

module.exports = { streamOf, write };
