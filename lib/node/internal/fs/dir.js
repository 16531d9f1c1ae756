'use strict';

// Binding contract (fs_dir): opendir(path, encoding, req) -> handle; handle.read(encoding, count, req) ->
//   [name, type, ...] or null at the end; handle.close(req). `req` as in fs.js.

const { codes: { ERR_DIR_CLOSED, ERR_DIR_CONCURRENT_OPERATION, ERR_INVALID_THIS, ERR_MISSING_ARGS } } = require('internal/errors');
const { getDirent, getOptions, getValidatedPath, joinPath } = require('internal/fs/utils');
const { validateFunction, validateUint32 } = require('internal/validators');

class Dir {
  #handle;
  #path;
  #encoding;
  #bufferSize;
  #recursive;
  #buffered = [];
  #closed = false;
  // Callbacks of operations that wait for the running one; null when none runs.
  #queue = null;
  #pendingDirs = [];
  #source;

  constructor(handle, path, options) {
    if (handle === undefined || handle === null) throw new ERR_MISSING_ARGS('handle');
    this.#handle = handle;
    this.#path = path;
    this.#encoding = options.encoding || 'utf8';
    this.#bufferSize = options.bufferSize;
    this.#recursive = options.recursive;
    this.#source = path;
  }

  get path() {
    if (!(#path in this)) throw new ERR_INVALID_THIS('Dir');
    return this.#path;
  }

  read(callback) {
    if (arguments.length === 0) return this.#promise((done) => this.#read(done));
    validateFunction(callback, 'callback');
    this.#read(callback);
    return undefined;
  }

  close(callback) {
    if (callback === undefined) {
      if (this.#closed) return Promise.reject(new ERR_DIR_CLOSED());
      return this.#promise((done) => this.#close(done));
    }
    validateFunction(callback, 'callback');
    if (this.#closed) {
      process.nextTick(callback, new ERR_DIR_CLOSED());
      return undefined;
    }
    this.#close(callback);
    return undefined;
  }

  #promise(start) {
    return new Promise((resolve, reject) => start((error, result) => (error ? reject(error) : resolve(result))));
  }

  #read(callback) {
    if (this.#closed) throw new ERR_DIR_CLOSED();
    if (this.#queue !== null) {
      this.#queue.push(() => this.#read(callback));
      return;
    }
    if (this.#buffered.length > 0) {
      let entry;
      try {
        entry = this.#take();
      } catch (error) {
        process.nextTick(callback, error);
        return;
      }
      process.nextTick(callback, null, entry);
      return;
    }
    this.#queue = [];
    this.#handle.read(this.#encoding, this.#bufferSize, (error, result) => {
      const proceed = () => {
        const waiting = this.#queue;
        this.#queue = null;
        let entry = null;
        try {
          if (!error && result !== null) {
            this.#fill(result);
            entry = this.#take();
          }
        } catch (statError) {
          error = statError;
        }
        for (const next of waiting) next();
        if (error) callback(error);
        else callback(null, entry);
      };
      if (!error && result === null && this.#pendingDirs.length > 0) this.#nextDirectory(callback);
      else proceed();
    });
  }

  // The directory is exhausted; goes on with the next one below it.
  #nextDirectory(callback) {
    const next = this.#pendingDirs.shift();
    const done = this.#handle;
    done.close(() => {});
    internalBinding('fs_dir').opendir(next, this.#encoding, (error, handle) => {
      const waiting = this.#queue;
      this.#queue = null;
      if (error) {
        callback(error);
      } else {
        this.#handle = handle;
        this.#source = next;
        this.#read(callback);
      }
      for (const queued of waiting) queued();
    });
  }

  #fill(result) {
    for (let i = 0; i < result.length; i += 2) this.#buffered.push([result[i], result[i + 1]]);
  }

  #take() {
    const [name, type] = this.#buffered.shift();
    const entry = getDirent(this.#source, name, type);
    if (this.#recursive && entry.isDirectory()) this.#pendingDirs.push(joinPath(this.#source, name));
    return entry;
  }

  readSync() {
    if (this.#closed) throw new ERR_DIR_CLOSED();
    if (this.#queue !== null) throw new ERR_DIR_CONCURRENT_OPERATION();
    while (this.#buffered.length === 0) {
      const result = this.#handle.read(this.#encoding, this.#bufferSize, undefined);
      if (result !== null) {
        this.#fill(result);
        continue;
      }
      if (this.#pendingDirs.length === 0) return null;
      const next = this.#pendingDirs.shift();
      this.#handle.close(undefined);
      this.#handle = internalBinding('fs_dir').opendir(next, this.#encoding, undefined);
      this.#source = next;
    }
    return this.#take();
  }

  #close(callback) {
    if (this.#queue !== null) {
      this.#queue.push(() => this.#close(callback));
      return;
    }
    this.#closed = true;
    this.#handle.close((error) => callback(error ?? null));
  }

  closeSync() {
    if (this.#closed) throw new ERR_DIR_CLOSED();
    if (this.#queue !== null) throw new ERR_DIR_CONCURRENT_OPERATION();
    this.#closed = true;
    this.#handle.close(undefined);
  }

  async* entries() {
    try {
      for (;;) {
        const entry = await this.#promise((done) => this.#read(done));
        if (entry === null) break;
        yield entry;
      }
    } finally {
      if (!this.#closed) await this.close();
    }
  }

  [Symbol.dispose]() {
    if (!this.#closed) this.closeSync();
  }

  async [Symbol.asyncDispose]() {
    if (!this.#closed) await this.close();
  }
}
Object.defineProperty(Dir.prototype, Symbol.asyncIterator, {
  __proto__: null, configurable: true, enumerable: false, writable: true, value: Dir.prototype.entries,
});

function checkOptions(options) {
  options = { encoding: 'utf8', bufferSize: 32, recursive: false, ...getOptions(options) };
  validateUint32(options.bufferSize, 'options.bufferSize', true);
  return options;
}

function opendir(path, options, callback) {
  callback = typeof options === 'function' ? options : callback;
  validateFunction(callback, 'callback');
  path = getValidatedPath(path);
  options = checkOptions(options);
  internalBinding('fs_dir').opendir(path, options.encoding, (error, handle) => {
    if (error) callback(error);
    else callback(null, new Dir(handle, path, options));
  });
}

function opendirSync(path, options) {
  path = getValidatedPath(path);
  options = checkOptions(options);
  return new Dir(internalBinding('fs_dir').opendir(path, options.encoding, undefined), path, options);
}

function opendirPromise(path, options) {
  return new Promise((resolve, reject) => {
    opendir(path, options, (error, dir) => (error ? reject(error) : resolve(dir)));
  });
}

module.exports = { Dir, opendir, opendirPromise, opendirSync };
