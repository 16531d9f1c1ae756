'use strict';

// process.stdin, stdout and stderr, made when first touched. Output to files, terminals and pipes is synchronous.
//
// Binding contract:
//   util.guessHandleType(fd) -> 'TTY' | 'FILE' | 'PIPE' | 'TCP' | 'UDP' | 'UNKNOWN' | 'INVALID'.
//   process_methods.isMainThread: workers have streams of their own.
//   fs.writeSyncAll?(fd, string) -> errno (0 when all was written, waiting when the descriptor is not ready).

const streams = { __proto__: null, stdin: undefined, stdout: undefined, stderr: undefined };
const kDescriptors = { __proto__: null, stdin: 0, stdout: 1, stderr: 2 };

const { isMainThread } = internalBinding('process_methods');

function get(name) {
  if (!isMainThread) return require('internal/worker/thread').stream(name);
  return streams[name] ??= name === 'stdin' ? createStdin() : createOutput(kDescriptors[name]);
}

/** Has the program (or the console) touched this stream? */
function isMaterialized(name) {
  return streams[name] !== undefined;
}

/**
 * Writes `text` to descriptor 1 or 2 without making the stream object; false when the stream exists, and then
 * has to be used, because the program may have changed it.
 */
function tryWriteSync(fd, text) {
  if (!isMainThread || streams[fd === 1 ? 'stdout' : 'stderr'] !== undefined) return false;
  const { writeSyncAll } = internalBinding('fs');
  if (typeof writeSyncAll !== 'function') return false;
  return writeSyncAll(fd, text) === 0;
}

function dummyDestroy(error, callback) {
  callback(error);
  this._undestroy();
  // The descriptors of the process stay open; the stream only pretends to close.
  if (!this._writableState.emitClose) process.nextTick(() => this.emit('close'));
}

function createOutput(fd) {
  const stream = createWritable(fd);
  stream.fd ??= fd;
  stream.destroySoon = stream.destroy;
  stream._destroy = dummyDestroy;
  if (stream.isTTY) {
    process.on('SIGWINCH', () => stream._refreshSize?.());
  }
  return stream;
}

function createWritable(fd) {
  const type = internalBinding('util').guessHandleType(fd);
  let stream;
  switch (type) {
    case 'TTY': {
      const tty = require('tty');
      stream = new tty.WriteStream(fd);
      stream._type = 'tty';
      break;
    }
    case 'FILE': {
      const SyncWriteStream = require('internal/fs/sync_write_stream');
      stream = new SyncWriteStream(fd, { autoClose: false });
      stream._type = 'fs';
      break;
    }
    case 'PIPE':
    case 'TCP': {
      const net = require('net');
      if (process.channel && process.channel.fd === fd) {
        // The IPC channel is on this descriptor.
        const SyncWriteStream = require('internal/fs/sync_write_stream');
        stream = new SyncWriteStream(fd, { autoClose: false });
        stream._type = 'fs';
      } else {
        stream = new net.Socket({ fd, readable: false, writable: true });
        stream._handle?.setBlocking?.(true);
        stream._type = 'pipe';
      }
      break;
    }
    default: {
      const { Writable } = require('stream');
      stream = new Writable({
        write(chunk, encoding, callback) {
          callback();
        },
      });
      stream._type = 'null';
    }
  }
  stream._isStdio = true;
  return stream;
}

function createStdin() {
  const fd = 0;
  let stdin;
  switch (internalBinding('util').guessHandleType(fd)) {
    case 'TTY': {
      const tty = require('tty');
      stdin = new tty.ReadStream(fd);
      break;
    }
    case 'FILE': {
      const fs = require('fs');
      stdin = new fs.ReadStream(null, { fd, autoClose: false });
      break;
    }
    case 'PIPE':
    case 'TCP': {
      const net = require('net');
      if (process.channel && process.channel.fd === fd) {
        stdin = new net.Socket({ handle: process.channel, readable: true, writable: false, manualStart: true });
      } else {
        stdin = new net.Socket({ fd, readable: true, writable: false, manualStart: true });
      }
      stdin._type = 'pipe';
      break;
    }
    default: {
      const { Readable } = require('stream');
      stdin = new Readable({ read() {} });
      stdin.push(null);
    }
  }
  stdin.fd ??= fd;

  // A stdin nobody reads must not keep the program alive.
  if (stdin._handle?.readStop) {
    stdin._handle.reading = false;
    stdin._readableState.reading = false;
    stdin._handle.readStop();
  }
  stdin.on('pause', () => {
    process.nextTick(() => {
      if (stdin._handle && !stdin.isPaused?.()) return;
      if (stdin._handle?.reading) {
        stdin._handle.reading = false;
        stdin._readableState.reading = false;
        stdin._handle.readStop();
      }
    });
  });
  return stdin;
}

module.exports = { get, isMaterialized, tryWriteSync };
