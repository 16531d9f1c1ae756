'use strict';

const { Readable, Writable, finished } = require('stream');
const fs = require('fs');
const { getOptions, getValidatedPath, getValidatedFd, parseFileMode } = require('internal/fs/utils');
const { codes: { ERR_INVALID_ARG_TYPE, ERR_INVALID_THIS, ERR_OUT_OF_RANGE, ERR_METHOD_NOT_IMPLEMENTED, ERR_SYSTEM_ERROR } } = require('internal/errors');
const { validateBoolean, validateFunction, validateInteger } = require('internal/validators');
const { FileHandle, kRef, kUnref } = require('internal/fs/promises');

const kFs = Symbol('kFs');
const kIsPerformingIO = Symbol('kIsPerformingIO');
const kIoDone = Symbol('kIoDone');

// Operations of a FileHandle in the shape of fs functions.
function fileHandleFs(handle) {
  const settle = (promise, callback, map) => {
    handle[kRef]();
    promise.then((result) => callback(null, ...map(result)), callback).finally(() => handle[kUnref]());
  };
  return {
    open: () => {
      throw new ERR_METHOD_NOT_IMPLEMENTED('open()');
    },
    close: (fd, callback) => {
      handle[kUnref]();
      handle.close().then(() => callback(), callback);
    },
    read: (fd, buffer, offset, length, position, callback) =>
      settle(handle.read(buffer, offset, length, position), callback, (r) => [r.bytesRead, r.buffer]),
    write: (fd, buffer, offset, length, position, callback) =>
      settle(handle.write(buffer, offset, length, position), callback, (r) => [r.bytesWritten, r.buffer]),
    writev: (fd, buffers, position, callback) =>
      settle(handle.writev(buffers, position), callback, (r) => [r.bytesWritten, r.buffers]),
    fsync: (fd, callback) => settle(handle.sync(), callback, () => []),
  };
}

// Options may be inherited.
function copyOptions(source) {
  const target = {};
  for (const key in source) target[key] = source[key];
  return target;
}

function importFd(stream, options) {
  if (typeof options.fd === 'number') {
    stream[kFs] = options.fs || fs;
    return getValidatedFd(options.fd, 'options.fd');
  }
  if (typeof options.fd === 'object' && options.fd instanceof FileHandle) {
    if (options.fs) throw new ERR_METHOD_NOT_IMPLEMENTED('FileHandle with fs');
    const handle = options.fd;
    stream[kFs] = fileHandleFs(handle);
    handle[kRef]();
    handle.on('close', stream.close.bind(stream));
    return handle.fd;
  }
  throw new ERR_INVALID_ARG_TYPE('options.fd', ['number', 'FileHandle'], options.fd);
}

function checkFs(candidate, names) {
  for (const name of names) {
    if (candidate[name] !== undefined) validateFunction(candidate[name], `options.fs.${name}`);
  }
}

function openFile(stream, callback) {
  if (stream.fd !== null && stream.fd !== undefined) {
    callback();
    return;
  }
  if (stream.open !== deprecatedOpen) {
    // Old packages (graceful-fs) replace `open`.
    const { emit } = stream;
    stream.emit = function(...args) {
      if (args[0] === 'open') {
        this.emit = emit;
        callback();
        Reflect.apply(emit, this, args);
      } else if (args[0] === 'error') {
        this.emit = emit;
        callback(args[1]);
      } else {
        Reflect.apply(emit, this, args);
      }
    };
    stream.open();
    return;
  }
  stream[kFs].open(stream.path, stream.flags, stream.mode, (error, fd) => {
    if (error) {
      callback(error);
      return;
    }
    stream.fd = fd;
    callback();
    stream.emit('open', fd);
    stream.emit('ready');
  });
}

function closeFile(stream, error, callback) {
  stream[kFs].close(stream.fd, (closeError) => callback(closeError || error));
  stream.fd = null;
}

function destroyFile(stream, error, callback) {
  // The descriptor must not be closed under a running operation: its number may be reused at once.
  if (stream[kIsPerformingIO]) stream.once(kIoDone, (ioError) => closeFile(stream, error || ioError, callback));
  else if (stream.fd === null || stream.fd === undefined) callback(error);
  else closeFile(stream, error, callback);
}

function ReadStream(path, options) {
  if (!(this instanceof ReadStream)) return new ReadStream(path, options);
  options = copyOptions(getOptions(options, {}));
  if (options.highWaterMark === undefined) options.highWaterMark = 64 * 1024;

  if (options.fd === undefined || options.fd === null) {
    this.fd = null;
    this[kFs] = options.fs || fs;
    checkFs(this[kFs], ['open', 'read', 'close']);
    this.path = getValidatedPath(path);
    this.flags = options.flags === undefined ? 'r' : options.flags;
    this.mode = options.mode === undefined ? 0o666 : parseFileMode(options.mode, 'options.mode');
  } else {
    this.fd = importFd(this, options);
  }
  this.start = options.start;
  this.end = options.end ?? Infinity;
  this.pos = undefined;
  this.bytesRead = 0;
  this[kIsPerformingIO] = false;

  if (this.start !== undefined) {
    validateInteger(this.start, 'start', 0);
    this.pos = this.start;
  }
  if (this.end !== Infinity) {
    validateInteger(this.end, 'end', 0);
    if (this.start !== undefined && this.start > this.end) {
      throw new ERR_OUT_OF_RANGE('start', `<= "end" (here: ${this.end})`, this.start);
    }
  }
  options.emitClose = options.emitClose !== false;
  options.autoDestroy = options.autoClose === undefined ? true : options.autoClose;
  Readable.call(this, options);
  if (options.encoding) this.setEncoding(options.encoding);
}
Object.setPrototypeOf(ReadStream.prototype, Readable.prototype);
Object.setPrototypeOf(ReadStream, Readable);

const autoCloseOf = (stateName) => ({
  __proto__: null,
  get() {
    if (this?.[stateName] === undefined) throw new ERR_INVALID_THIS(this?.constructor?.name ?? 'stream');
    return this[stateName].autoDestroy;
  },
  set(value) {
    if (this?.[stateName] === undefined) throw new ERR_INVALID_THIS(this?.constructor?.name ?? 'stream');
    this[stateName].autoDestroy = value;
  },
});
Object.defineProperty(ReadStream.prototype, 'autoClose', autoCloseOf('_readableState'));

ReadStream.prototype.open = deprecatedOpen;
ReadStream.prototype._construct = function(callback) {
  openFile(this, callback);
};

function deprecatedOpen() {
  this[kFs].open(this.path, this.flags, this.mode, (error, fd) => {
    if (error) {
      if (this.autoClose) this.destroy();
      this.emit('error', error);
      return;
    }
    this.fd = fd;
    this.emit('open', fd);
    this.emit('ready');
  });
}

ReadStream.prototype._read = function(n) {
  n = this.pos !== undefined ? Math.min(this.end - this.pos + 1, n) : Math.min(this.end - this.bytesRead + 1, n);
  if (n <= 0) {
    this.push(null);
    return;
  }
  const { Buffer } = require('buffer');
  const buffer = Buffer.allocUnsafeSlow(n);
  this[kIsPerformingIO] = true;
  this[kFs].read(this.fd, buffer, 0, n, this.pos, (error, bytesRead, data) => {
    this[kIsPerformingIO] = false;
    if (this.destroyed) {
      this.emit(kIoDone, error);
      return;
    }
    if (error) {
      require('internal/streams/destroy').errorOrDestroy(this, error);
      return;
    }
    if (bytesRead > 0) {
      if (this.pos !== undefined) this.pos += bytesRead;
      this.bytesRead += bytesRead;
      if (bytesRead !== data.length) {
        // A short read must not keep the whole buffer alive.
        const exact = Buffer.allocUnsafeSlow(bytesRead);
        data.copy(exact, 0, 0, bytesRead);
        data = exact;
      }
      this.push(data);
    } else {
      this.push(null);
    }
  });
};

ReadStream.prototype._destroy = function(error, callback) {
  destroyFile(this, error, callback);
};

ReadStream.prototype.close = function(callback) {
  if (typeof callback === 'function') finished(this, callback);
  this.destroy();
};

const pendingGetter = {
  __proto__: null,
  configurable: true,
  get() {
    return this.fd === null;
  },
};
Object.defineProperty(ReadStream.prototype, 'pending', pendingGetter);

function WriteStream(path, options) {
  if (!(this instanceof WriteStream)) return new WriteStream(path, options);
  options = copyOptions(getOptions(options, {}));
  options.decodeStrings = true;

  if (options.fd === undefined || options.fd === null) {
    this.fd = null;
    this[kFs] = options.fs || fs;
    checkFs(this[kFs], ['open', 'write', 'writev', 'close']);
    this.path = getValidatedPath(path);
    this.flags = options.flags === undefined ? 'w' : options.flags;
    this.mode = options.mode === undefined ? 0o666 : parseFileMode(options.mode, 'options.mode');
  } else {
    this.fd = importFd(this, options);
  }
  options.autoDestroy = options.autoClose === undefined ? true : options.autoClose;
  options.emitClose = options.emitClose !== false;
  this.start = options.start;
  this.pos = undefined;
  this.bytesWritten = 0;
  this[kIsPerformingIO] = false;
  this.flush = options.flush ?? false;
  if (options.flush !== undefined && options.flush !== null) validateBoolean(options.flush, 'options.flush');
  // Without an own writev the chunks are written one by one.
  if (options.fs && !options.fs.writev) this._writev = null;
  if (this.start !== undefined) {
    validateInteger(this.start, 'start', 0);
    this.pos = this.start;
  }
  Writable.call(this, options);
  if (options.encoding) this.setDefaultEncoding(options.encoding);
}
Object.setPrototypeOf(WriteStream.prototype, Writable.prototype);
Object.setPrototypeOf(WriteStream, Writable);
Object.defineProperty(WriteStream.prototype, 'autoClose', autoCloseOf('_writableState'));

WriteStream.prototype.open = deprecatedOpen;
WriteStream.prototype._construct = function(callback) {
  openFile(this, callback);
};

// Writes until all of `data` is written; EAGAIN is tried again a few times.
function writeAll(stream, data, size, position, callback, retries = 0) {
  stream[kFs].write(stream.fd, data, 0, size, position, (error, written, buffer) => {
    if (error?.code === 'EAGAIN') {
      error = null;
      written = 0;
    }
    if (stream.destroyed || error) {
      callback(error || new (require('internal/errors').codes.ERR_STREAM_DESTROYED)('write'));
      return;
    }
    stream.bytesWritten += written;
    retries = written ? 0 : retries + 1;
    size -= written;
    if (retries > 5) {
      callback(new ERR_SYSTEM_ERROR({
        code: 'EAGAIN', message: 'resource temporarily unavailable', syscall: 'write',
        errno: -require('os').constants.errno.EAGAIN,
      }));
    } else if (size > 0) {
      if (position !== undefined) position += written;
      writeAll(stream, buffer.subarray(written), size, position, callback, retries);
    } else {
      callback();
    }
  });
}

WriteStream.prototype._write = function(data, encoding, callback) {
  this[kIsPerformingIO] = true;
  writeAll(this, data, data.length, this.pos, (error) => {
    this[kIsPerformingIO] = false;
    if (this.destroyed) {
      callback(error);
      this.emit(kIoDone, error);
      return;
    }
    callback(error);
  });
  if (this.pos !== undefined) this.pos += data.length;
};

WriteStream.prototype._writev = function(data, callback) {
  const { Buffer } = require('buffer');
  const chunks = data.map(({ chunk }) => chunk);
  const size = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  this[kIsPerformingIO] = true;
  const done = (error) => {
    this[kIsPerformingIO] = false;
    if (this.destroyed) {
      callback(error);
      this.emit(kIoDone, error);
      return;
    }
    callback(error);
  };
  const position = this.pos;
  this[kFs].writev(this.fd, chunks, position, (error, written) => {
    if (error?.code === 'EAGAIN') {
      error = null;
      written = 0;
    }
    if (error || this.destroyed) {
      done(error || new (require('internal/errors').codes.ERR_STREAM_DESTROYED)('write'));
      return;
    }
    this.bytesWritten += written;
    if (written === size) {
      done();
      return;
    }
    const rest = Buffer.concat(chunks).subarray(written);
    writeAll(this, rest, rest.length, position === undefined ? undefined : position + written, done);
  });
  if (this.pos !== undefined) this.pos += size;
};

WriteStream.prototype._destroy = function(error, callback) {
  if (this.flush && !error && this.fd !== null) {
    this[kFs].fsync(this.fd, (flushError) => destroyFile(this, flushError || error, callback));
    return;
  }
  destroyFile(this, error, callback);
};

WriteStream.prototype.close = function(callback) {
  if (callback) {
    if (this.closed) {
      process.nextTick(callback);
      return;
    }
    this.on('close', callback);
  }
  // Without autoClose the 'finish' of end() does not destroy the stream.
  if (!this.autoClose) this.on('finish', this.destroy);
  this.end();
};

WriteStream.prototype.destroySoon = WriteStream.prototype.end;
Object.defineProperty(WriteStream.prototype, 'pending', pendingGetter);

module.exports = { ReadStream, WriteStream };
