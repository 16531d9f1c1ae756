'use strict';

// process.stdin, stdout and stderr, made when first touched. Output to files, terminals and pipes is synchronous.
//
// Binding contract:
//   util.guessHandleType(fd) -> 'TTY' | 'FILE' | 'PIPE' | 'TCP' | 'UDP' | 'UNKNOWN' | 'INVALID'.
//   process_methods.isMainThread: workers have streams of their own.

const streams = { __proto__: null, stdin: undefined, stdout: undefined, stderr: undefined };
const kDescriptors = { __proto__: null, stdin: 0, stdout: 1, stderr: 2 };

const { isMainThread } = internalBinding('process_methods');
const { streamGetters } = require('internal/process/per_thread');

function get(name) {
  if (!isMainThread) return require('internal/worker/thread').stream(name);
  return streams[name] ??= name === 'stdin' ? createStdin() : createOutput(kDescriptors[name]);
}

// What descriptors 1 and 2 are, once asked.
const outputTypes = [];

/**
 * The descriptor of 'stdout' or 'stderr', if text can go to it without the stream object, which is then not made: nobody
 * has seen the stream, and writing to it would be one synchronous write. Otherwise 0.
 */
function directDescriptor(name) {
  if (!isMainThread || streams[name] !== undefined) return 0;
  if (Object.getOwnPropertyDescriptor(process, name)?.get !== streamGetters[name]) return 0;
  const fd = kDescriptors[name];
  const type = outputTypes[fd] ??= internalBinding('util').guessHandleType(fd);
  return type === 'FILE' || type === 'PIPE' || type === 'TTY' ? fd : 0;
}

/** What there is to know of a stream that has not been made, for those who choose colours. */
function outline(fd) {
  return outputTypes[fd] === 'TTY' ? { isTTY: true, getColorDepth: require('internal/tty').getColorDepth } : {};
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

module.exports = { directDescriptor, get, outline };
