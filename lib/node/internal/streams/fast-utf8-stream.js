'use strict';

// fs.Utf8Stream: a writer of text to a file that gathers what it is given until it is worth a system call.

const EventEmitter = require('events');
const { Buffer } = require('buffer');
const path = require('path');
const { codes: { ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_INVALID_STATE } } = require('internal/errors');
const { isUint8Array } = require('internal/util/types');
const {
  validateBoolean, validateFunction, validateInteger, validateObject, validateOneOf, validateUint32,
} = require('internal/validators');

// write() says that it is enough from here on.
const kHighWaterMark = 16387;
const kMaxWrite = 16 * 1024;
const kBusyDelay = 100;

function isBusy(error) {
  return error.code === 'EAGAIN' || error.code === 'EBUSY';
}

function sleep(ms) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** What is left of `data` after `count` bytes; a character that was cut stays whole. A function that tells no count wrote all. */
function unwritten(data, count) {
  if (count === undefined) return data.slice(data.length);
  if (typeof data !== 'string') return data.subarray(count);
  const bytes = Buffer.from(data);
  if (count >= bytes.length) return '';
  while (count > 0 && (bytes[count] & 0xC0) === 0x80) count--;
  return data.slice(bytes.toString('utf8', 0, count).length);
}

class Utf8Stream extends EventEmitter {
  #fs;
  #fd = -1;
  #file;
  #append;
  #mode;
  #mkdir;
  #fsync;
  #sync;
  #contentMode;
  #minLength;
  #maxLength;
  #maxWrite;
  #retry;
  #periodicFlush;
  #timer;

  // What waits to be written, in pieces of at most #maxWrite, and the piece that is being written.
  #pieces = [];
  #current;
  // Length of both, in what pieces count their length in.
  #length = 0;

  #opening = false;
  #writing = false;
  #reopening = false;
  #ending = false;
  #destroyed = false;
  #flushPending = false;
  #drainScheduled = false;

  constructor(options = {}) {
    super();
    validateObject(options, 'options');
    const {
      fd, dest, minLength = 0, maxLength = 0, maxWrite = kMaxWrite, periodicFlush = 0, sync = false, append = true,
      mkdir = false, fsync = false, mode, contentMode = 'utf8', retryEAGAIN = () => true, fs: overrides = {},
    } = options;
    const target = fd ?? dest;
    validateUint32(minLength, 'options.minLength');
    validateUint32(maxLength, 'options.maxLength');
    validateUint32(maxWrite, 'options.maxWrite');
    validateUint32(periodicFlush, 'options.periodicFlush');
    validateBoolean(sync, 'options.sync');
    validateBoolean(append, 'options.append');
    validateBoolean(mkdir, 'options.mkdir');
    validateBoolean(fsync, 'options.fsync');
    validateFunction(retryEAGAIN, 'options.retryEAGAIN');
    validateOneOf(contentMode, 'options.contentMode', ['utf8', 'buffer']);
    validateObject(overrides, 'options.fs');
    const fs = require('fs');
    this.#fs = { __proto__: null };
    for (const name of ['close', 'fsync', 'fsyncSync', 'mkdir', 'mkdirSync', 'open', 'openSync', 'write', 'writeSync']) {
      const f = overrides[name] ?? fs[name];
      validateFunction(f, `options.fs.${name}`);
      this.#fs[name] = f;
    }
    if (minLength >= maxWrite) {
      throw new ERR_INVALID_ARG_VALUE.RangeError('options.minLength', minLength, `must be smaller than maxWrite (${maxWrite})`);
    }
    this.#minLength = minLength;
    this.#maxLength = maxLength;
    this.#maxWrite = maxWrite;
    this.#periodicFlush = periodicFlush;
    this.#sync = sync;
    this.#append = append;
    this.#mkdir = mkdir;
    this.#fsync = fsync;
    this.#mode = mode;
    this.#contentMode = contentMode;
    this.#retry = retryEAGAIN;
    this.#current = this.#nothing();

    this.on('newListener', (name) => {
      if (name === 'drain') this.#drainScheduled = false;
    });
    if (typeof target === 'number') {
      validateInteger(target, 'options.fd', 0);
      this.#fd = target;
      process.nextTick(() => this.emit('ready'));
    } else if (typeof target === 'string') {
      this.#open(target);
    } else {
      throw new ERR_INVALID_ARG_TYPE('options.fd', ['number', 'string'], target);
    }
    if (periodicFlush !== 0) {
      this.#timer = setInterval(() => this.flush(), periodicFlush);
      this.#timer.unref();
    }
  }

  #nothing() {
    return this.#contentMode === 'utf8' ? '' : Buffer.alloc(0);
  }

  #checkUsable() {
    if (this.#destroyed) throw new ERR_INVALID_STATE('Utf8Stream is destroyed');
  }

  /** Adds data; false when there is so much that the program should wait for `drain`. */
  write(data) {
    this.#checkUsable();
    if (this.#contentMode === 'utf8') {
      if (typeof data !== 'string') throw new ERR_INVALID_ARG_TYPE('data', 'string', data);
    } else if (!isUint8Array(data)) {
      throw new ERR_INVALID_ARG_TYPE('data', ['Buffer', 'TypedArray'], data);
    }
    const length = this.#length + data.length;
    if (this.#maxLength !== 0 && length > this.#maxLength) {
      this.emit('drop', data);
      return this.#length < kHighWaterMark;
    }
    const last = this.#pieces.length - 1;
    if (last < 0 || this.#pieces[last].length + data.length > this.#maxWrite) this.#pieces.push(data);
    else this.#pieces[last] = typeof data === 'string' ? this.#pieces[last] + data : Buffer.concat([this.#pieces[last], data]);
    this.#length = length;
    if (!this.#writing && this.#length >= this.#minLength) this.#writeNext();
    return this.#length < kHighWaterMark;
  }

  // ---- writing ------------------------------------------------------------------------------------------------------------

  #writeNext() {
    this.#writing = true;
    if (this.#current.length === 0) this.#current = this.#pieces.shift() ?? this.#nothing();
    this.#writeCurrent();
  }

  #writeCurrent() {
    if (!this.#sync) {
      const done = (error, count) => this.#written(error, count);
      if (this.#contentMode === 'utf8') this.#fs.write(this.#fd, this.#current, 'utf8', done);
      else this.#fs.write(this.#fd, this.#current, done);
      return;
    }
    let count;
    try {
      count = this.#writeNow(this.#current);
    } catch (error) {
      this.#written(error);
      return;
    }
    this.#written(null, count);
  }

  #writeNow(data) {
    return this.#contentMode === 'utf8' ?
      this.#fs.writeSync(this.#fd, data, 'utf8') : this.#fs.writeSync(this.#fd, data);
  }

  #written(error, count) {
    if (error) {
      if (isBusy(error) && this.#retry(error, this.#current.length, this.#length - this.#current.length)) {
        if (this.#sync) {
          sleep(kBusyDelay);
          this.#writeCurrent();
        } else {
          setTimeout(() => this.#writeCurrent(), kBusyDelay);
        }
      } else {
        this.#writing = false;
        this.emit('error', error);
      }
      return;
    }
    this.emit('write', count);
    const rest = unwritten(this.#current, count);
    this.#length -= this.#current.length - rest.length;
    this.#current = rest;
    if (rest.length > 0) {
      this.#writeCurrent();
      return;
    }
    if (this.#fsync) this.#fs.fsyncSync(this.#fd);
    if (this.#reopening) {
      this.#writing = false;
      this.#reopening = false;
      this.reopen();
    } else if (this.#length > this.#minLength) {
      this.#writeNext();
    } else if (this.#ending) {
      if (this.#length > 0) {
        this.#writeNext();
      } else {
        this.#writing = false;
        this.#close();
      }
    } else {
      this.#writing = false;
      this.#drained();
    }
  }

  #drained() {
    if (!this.#sync) {
      this.emit('drain');
    } else if (!this.#drainScheduled) {
      this.#drainScheduled = true;
      process.nextTick(() => {
        if (this.listenerCount('drain') === 0) return;
        this.#drainScheduled = false;
        this.emit('drain');
      });
    }
  }

  /** Writes what has been gathered, and calls `callback` when it is on the disk. */
  flush(callback = undefined) {
    if (callback !== undefined && callback !== null) validateFunction(callback, 'cb');
    if (this.#destroyed) {
      const error = new ERR_INVALID_STATE('Utf8Stream is destroyed');
      if (!callback) throw error;
      callback(error);
      return;
    }
    if (this.#minLength <= 0) {
      callback?.();
      return;
    }
    if (callback) this.#callAfterDrain(callback);
    if (this.#writing) return;
    if (this.#pieces.length === 0) this.#pieces.push(this.#nothing());
    this.#writeNext();
  }

  #callAfterDrain(callback) {
    this.#flushPending = true;
    const onDrain = () => {
      this.off('error', onError);
      if (this.#fsync) {
        this.#flushPending = false;
        callback();
        return;
      }
      try {
        this.#fs.fsync(this.#fd, (error) => {
          this.#flushPending = false;
          callback(error);
        });
      } catch (error) {
        callback(error);
      }
    };
    const onError = (error) => {
      this.#flushPending = false;
      this.off('drain', onDrain);
      callback(error);
    };
    this.once('drain', onDrain);
    this.once('error', onError);
  }

  /** Writes what has been gathered before it returns. */
  flushSync() {
    this.#checkUsable();
    if (this.#fd < 0) throw new ERR_INVALID_STATE('Invalid file descriptor');
    if (!this.#writing && this.#current.length > 0) {
      this.#pieces.unshift(this.#current);
      this.#current = this.#nothing();
    }
    while (this.#pieces.length > 0) {
      const piece = this.#pieces[0];
      try {
        const rest = unwritten(piece, piece.length === 0 ? undefined : this.#writeNow(piece));
        this.#length -= piece.length - rest.length;
        if (rest.length > 0) this.#pieces[0] = rest;
        else this.#pieces.shift();
      } catch (error) {
        if (!isBusy(error) || !this.#retry(error, piece.length, this.#length - piece.length)) throw error;
        sleep(kBusyDelay);
      }
    }
    try {
      this.#fs.fsyncSync(this.#fd);
    } catch {
      // Not every descriptor can be synchronised.
    }
  }

  // ---- opening and closing ---------------------------------------------------------------------------------------------------

  #open(file) {
    this.#opening = true;
    this.#writing = true;
    this.#drainScheduled = false;
    const flags = this.#append ? 'a' : 'w';
    const directory = path.dirname(file);
    if (this.#sync) {
      let fd;
      try {
        if (this.#mkdir) this.#fs.mkdirSync(directory, { recursive: true });
        fd = this.#fs.openSync(file, flags, this.#mode);
      } catch (error) {
        this.#notOpened(error);
        throw error;
      }
      this.#opened(file, fd);
      return;
    }
    const open = (error) => {
      if (error) {
        this.#notOpened(error);
        return;
      }
      this.#fs.open(file, flags, this.#mode, (error, fd) => {
        if (error) this.#notOpened(error);
        else this.#opened(file, fd);
      });
    };
    if (this.#mkdir) this.#fs.mkdir(directory, { recursive: true }, open);
    else open();
  }

  #notOpened(error) {
    this.#reopening = this.#writing = this.#opening = false;
    if (!this.#sync) {
      this.emit('error', error);
      return;
    }
    process.nextTick(() => {
      if (this.listenerCount('error') > 0) this.emit('error', error);
    });
  }

  #opened(file, fd) {
    const reopened = this.#reopening;
    this.#fd = fd;
    this.#file = file;
    this.#reopening = this.#writing = this.#opening = false;
    if (this.#sync) process.nextTick(() => this.emit('ready'));
    else this.emit('ready');
    if (this.#destroyed) return;
    if ((!this.#writing && this.#length > this.#minLength) || this.#flushPending) this.#writeNext();
    else if (reopened) process.nextTick(() => this.emit('drain'));
  }

  /** Opens the file anew, for instance after its name has been given to another, or another file. */
  reopen(file = undefined) {
    this.#checkUsable();
    if (this.#opening) {
      this.once('ready', () => this.reopen(file));
      return;
    }
    if (this.#ending) return;
    if (file === undefined && this.#file === undefined) {
      throw new ERR_INVALID_STATE('Unable to reopen a file descriptor, you must pass a file to SonicBoom');
    }
    if (file !== undefined) this.#file = file;
    this.#reopening = true;
    if (this.#writing) return;
    const before = this.#fd;
    this.once('ready', () => {
      if (before === this.#fd) return;
      this.#fs.close(before, (error) => {
        if (error) this.emit('error', error);
      });
    });
    this.#open(this.#file);
  }

  /** Writes what has been gathered, and closes. */
  end() {
    this.#checkUsable();
    if (this.#opening) {
      this.once('ready', () => this.end());
      return;
    }
    if (this.#ending) return;
    this.#ending = true;
    if (this.#writing) return;
    if (this.#length > 0 && this.#fd >= 0) this.#writeNext();
    else this.#close();
  }

  /** Closes without writing what has been gathered. */
  destroy() {
    if (!this.#destroyed) this.#close();
  }

  [Symbol.dispose]() {
    this.destroy();
  }

  #close() {
    if (this.#fd === -1) {
      this.once('ready', () => this.#close());
      return;
    }
    clearInterval(this.#timer);
    this.#destroyed = true;
    this.#pieces = [];
    const fd = this.#fd;
    const closed = (error) => {
      if (error) {
        this.emit('error', error);
        return;
      }
      if (this.#ending && !this.#writing) this.emit('finish');
      this.emit('close');
    };
    const close = () => {
      if (fd !== 1 && fd !== 2) this.#fs.close(fd, closed);
      else closed();
    };
    try {
      this.#fs.fsync(fd, close);
    } catch {
      close();
    }
  }

  // ---- what there is to know ---------------------------------------------------------------------------------------------

  get append() { return this.#append; }
  get contentMode() { return this.#contentMode; }
  get fd() { return this.#fd; }
  get file() { return this.#file; }
  get fsync() { return this.#fsync; }
  get maxLength() { return this.#maxLength; }
  get minLength() { return this.#minLength; }
  get mkdir() { return this.#mkdir; }
  get mode() { return this.#mode; }
  get periodicFlush() { return this.#periodicFlush; }
  get sync() { return this.#sync; }
  get writing() { return this.#writing; }
}

module.exports = Utf8Stream;
