'use strict';

// Binding contract (fs_event_wrap): new FSEvent(); start(path, persistent, recursive, encoding) -> errno; close();
//   ref(); unref(); initialized (boolean); onchange(status, eventType 'rename' | 'change', filename | null).

const EventEmitter = require('events');
const { AbortError, UVException, codes: { ERR_INVALID_ARG_VALUE } } = require('internal/errors');
const { getValidatedPath } = require('internal/fs/utils');
const { validateAbortSignal, validateBoolean, validateFunction } = require('internal/validators');
const fs = require('fs');

class FSWatcher extends EventEmitter {
  #handle;
  #filename;
  #ignore;

  constructor(filename, { persistent = true, recursive = false, encoding = 'utf8', ignore }) {
    super();
    const { FSEvent } = internalBinding('fs_event_wrap');
    this.#filename = filename;
    this.#ignore = ignore;
    const isTree = recursive && fs.statSync(filename, { throwIfNoEntry: false })?.isDirectory();
    this.#handle = isTree ? new (require('internal/fs/tree_watcher').TreeHandle)() : new FSEvent();
    this.#handle.onchange = (status, eventType, name) => this.#onchange(status, eventType, name);
    const status = this.#handle.start(filename, persistent, recursive, encoding);
    if (status) {
      this.#handle.close();
      this.#handle = null;
      const error = new UVException({ errno: status, syscall: 'watch', path: filename });
      error.filename = filename;
      throw error;
    }
  }

  #onchange(status, eventType, name) {
    if (status < 0) {
      this.#handle?.close();
      this.#handle = null;
      const error = new UVException({ errno: status, syscall: 'watch', path: name ?? this.#filename });
      error.filename = name;
      this.emit('error', error);
    } else {
      if (name !== null && this.#ignore !== undefined && this.#ignore(String(name))) return;
      this.emit('change', eventType, name);
    }
  }

  close() {
    if (this.#handle === null) return;
    this.#handle.close();
    this.#handle = null;
    process.nextTick(() => this.emit('close'));
  }

  ref() {
    this.#handle?.ref();
    return this;
  }

  unref() {
    this.#handle?.unref();
    return this;
  }
}

// The `ignore` option: a glob, a RegExp, a function, or a list of these.
function ignoreMatcher(ignore) {
  if (ignore === undefined || ignore === null) return undefined;
  const { codes: { ERR_INVALID_ARG_TYPE } } = require('internal/errors');
  const matchers = [ignore].flat().map((item, i) => {
    if (typeof item === 'function') return item;
    if (item instanceof RegExp) return (name) => item.test(name);
    const label = Array.isArray(ignore) ? `options.ignore[${i}]` : 'options.ignore';
    if (typeof item !== 'string') throw new ERR_INVALID_ARG_TYPE(label, ['string', 'RegExp', 'Function'], item);
    if (item === '') throw new ERR_INVALID_ARG_VALUE(label, item, 'must be a non-empty string');
    const { matchGlobPattern } = require('internal/fs/glob');
    // A pattern without a slash is about names anywhere.
    const pattern = item.includes('/') ? item : `**/${item}`;
    return (name) => matchGlobPattern(name, pattern);
  });
  return (name) => matchers.some((matches) => matches(name));
}

function watch(filename, options, listener) {
  filename = getValidatedPath(filename);
  const { persistent = true, recursive = false, signal } = options;
  validateBoolean(persistent, 'options.persistent');
  validateBoolean(recursive, 'options.recursive');
  if (signal !== undefined) validateAbortSignal(signal, 'options.signal');
  if (listener !== undefined) validateFunction(listener, 'listener');
  const ignore = ignoreMatcher(options.ignore);
  const watcher = new FSWatcher(filename, { persistent, recursive, encoding: options.encoding ?? 'utf8', ignore });
  if (listener) watcher.on('change', listener);
  if (signal) {
    if (signal.aborted) {
      process.nextTick(() => watcher.close());
    } else {
      const onAbort = () => watcher.close();
      signal.addEventListener('abort', onAbort, { once: true });
      watcher.once('close', () => signal.removeEventListener('abort', onAbort));
    }
  }
  return watcher;
}

/** fs.promises.watch */
async function* watchAsync(filename, options = {}) {
  const { maxQueue = 2048, overflow = 'ignore', signal } = options;
  if (overflow !== 'ignore' && overflow !== 'throw') {
    throw new ERR_INVALID_ARG_VALUE('options.overflow', overflow, 'must be either "ignore" or "throw"');
  }
  if (signal?.aborted) throw new AbortError(undefined, { cause: signal.reason });
  const watcher = watch(filename, { ...options, signal: undefined }, undefined);
  const queue = [];
  let failure;
  let wake;
  const notify = () => wake?.();
  watcher.on('change', (eventType, name) => {
    if (queue.length < maxQueue) {
      queue.push({ __proto__: null, eventType, filename: name });
    } else if (overflow === 'throw') {
      const { codes: { ERR_FS_WATCH_QUEUE_OVERFLOW } } = require('internal/errors');
      failure = new ERR_FS_WATCH_QUEUE_OVERFLOW(maxQueue);
    } else {
      process.emitWarning('fs.watch maxQueue exceeded');
    }
    notify();
  });
  watcher.on('error', (error) => {
    failure = error;
    notify();
  });
  const onAbort = () => {
    failure = new AbortError(undefined, { cause: signal.reason });
    notify();
  };
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    for (;;) {
      if (failure) throw failure;
      if (queue.length > 0) {
        yield queue.shift();
        continue;
      }
      await new Promise((resolve) => {
        wake = resolve;
      });
    }
  } finally {
    watcher.close();
    signal?.removeEventListener('abort', onAbort);
  }
}

const statWatchers = new Map();

/** fs.watchFile: asks for the file's state at intervals. */
class StatWatcher extends EventEmitter {
  constructor(filename, { interval, persistent, bigint = false }) {
    super();
    this.filename = filename;
    this.bigint = bigint;
    this.previous = undefined;
    this.stopped = false;
    this.timer = setInterval(() => this.poll(), interval);
    if (!persistent) this.timer.unref();
    this.poll();
  }

  poll() {
    fs.stat(this.filename, { bigint: this.bigint }, (error, stats) => {
      if (this.stopped) return;
      const current = error ? emptyStats(this.bigint) : stats;
      const { previous } = this;
      this.previous = current;
      if (previous === undefined) {
        // A file that is not there is reported once.
        if (error) this.emit('change', current, current);
      } else if (isDifferent(previous, current)) {
        this.emit('change', current, previous);
      }
    });
  }

  stop() {
    if (this.stopped) return;
    this.stopped = true;
    clearInterval(this.timer);
    process.nextTick(() => this.emit('stop'));
  }

  ref() {
    this.timer.ref();
    return this;
  }

  unref() {
    this.timer.unref();
    return this;
  }
}

function emptyStats(bigint) {
  const { getStatsFromBinding } = require('internal/fs/utils');
  return getStatsFromBinding(bigint ? new BigInt64Array(18) : new Float64Array(18));
}

const kCompared = ['ino', 'mode', 'size', 'nlink', 'uid', 'gid', 'dev', 'ctimeMs', 'mtimeMs', 'birthtimeMs'];
function isDifferent(a, b) {
  return kCompared.some((name) => a[name] !== b[name]);
}

function watchFile(filename, options, listener) {
  let watcher = statWatchers.get(filename);
  if (watcher === undefined) {
    watcher = new StatWatcher(filename, options);
    statWatchers.set(filename, watcher);
  }
  watcher.addListener('change', listener);
  return watcher;
}

function unwatchFile(filename, listener) {
  const watcher = statWatchers.get(filename);
  if (watcher === undefined) return;
  if (typeof listener === 'function') watcher.removeListener('change', listener);
  else watcher.removeAllListeners('change');
  if (watcher.listenerCount('change') === 0) {
    watcher.stop();
    statWatchers.delete(filename);
  }
}

const { setInterval, clearInterval } = require('timers');

module.exports = { FSWatcher, StatWatcher, unwatchFile, watch, watchAsync, watchFile };
