'use strict';

// Web Locks: https://w3c.github.io/web-locks. The locks of one thread; threads do not see each other's.

const { codes: { ERR_ILLEGAL_CONSTRUCTOR, ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_INVALID_THIS, ERR_MISSING_ARGS } } =
  require('internal/errors');
const { customInspectSymbol: kInspect, lazyDOMException } = require('internal/util');
const { validateAbortSignal, validateDictionary, validateFunction } = require('internal/validators');
const { defineInterface, inspectAs } = require('web/stream_util');

const kCreate = Symbol('kCreate');

/** A held lock. */
class Lock {
  #name;
  #mode;

  constructor(token = undefined, name = undefined, mode = undefined) {
    if (token !== kCreate) throw new ERR_ILLEGAL_CONSTRUCTOR();
    this.#name = name;
    this.#mode = mode;
  }

  get name() {
    if (this === null || typeof this !== 'object' || !(#name in this)) throw new ERR_INVALID_THIS('Lock');
    return this.#name;
  }

  get mode() {
    if (this === null || typeof this !== 'object' || !(#name in this)) throw new ERR_INVALID_THIS('Lock');
    return this.#mode;
  }

  [kInspect](depth, options) {
    return inspectAs(this, 'Lock', depth, options, { name: this.name, mode: this.mode });
  }
}
defineInterface(Lock, ['name', 'mode']);

/** What waits for a lock, or holds one. */
class LockRequest {
  constructor(name, mode, callback, ifAvailable, signal) {
    this.name = name;
    this.mode = mode;
    this.callback = callback;
    this.ifAvailable = ifAvailable;
    this.signal = signal;
    this.outcome = Promise.withResolvers();
    this.onAbort = undefined;
    this.isHeld = false;
    this.isReleased = false;
  }
}

// Requests by resource name, in the order of their arrival; held ones in a list of their own.
const waiting = new Map();
const held = new Map();

function listOf(map, name) {
  let list = map.get(name);
  if (list === undefined) map.set(name, list = []);
  return list;
}

function remove(map, request) {
  const list = map.get(request.name);
  const at = list === undefined ? -1 : list.indexOf(request);
  if (at === -1) return;
  list.splice(at, 1);
  if (list.length === 0) map.delete(request.name);
}

/** "Grantable": nobody waits before it, and who holds the resource shares it. */
function isGrantable(request) {
  const before = waiting.get(request.name) ?? [];
  if (before.length > 0 && before[0] !== request) return false;
  const holders = held.get(request.name) ?? [];
  return request.mode === 'exclusive' ? holders.length === 0 : holders.every((holder) => holder.mode === 'shared');
}

/** "Process the lock request queue" */
function processQueue(name) {
  for (;;) {
    const next = waiting.get(name)?.[0];
    if (next === undefined || !isGrantable(next)) return;
    remove(waiting, next);
    grant(next);
  }
}

function grant(request) {
  request.isHeld = true;
  listOf(held, request.name).push(request);
  // The callback is called in a task of its own.
  queueMicrotask(() => run(request));
}

async function run(request) {
  const { signal, onAbort, outcome } = request;
  if (signal !== undefined) {
    if (signal.aborted) {
      release(request);
      outcome.reject(signal.reason);
      return;
    }
    // A granted lock cannot be taken back this way.
    signal.removeEventListener('abort', onAbort);
  }
  try {
    outcome.resolve(await request.callback(new Lock(kCreate, request.name, request.mode)));
  } catch (error) {
    outcome.reject(error);
  } finally {
    release(request);
  }
}

function release(request) {
  if (request.isReleased) return;
  request.isReleased = true;
  remove(held, request);
  processQueue(request.name);
}

/** "Request a lock", from the validated options. */
function requestLock(request, steal) {
  const { name, signal, outcome } = request;
  if (steal) {
    for (const holder of [...held.get(name) ?? []]) {
      holder.isReleased = true;
      remove(held, holder);
      holder.outcome.reject(lazyDOMException('The operation was aborted', 'AbortError'));
    }
    grant(request);
    return;
  }
  if (request.ifAvailable && (waiting.has(name) || !isGrantable(request))) {
    queueMicrotask(async () => {
      try {
        outcome.resolve(await request.callback(null));
      } catch (error) {
        outcome.reject(error);
      }
    });
    return;
  }
  if (signal !== undefined) {
    request.onAbort = () => {
      if (request.isHeld) return;
      remove(waiting, request);
      outcome.reject(signal.reason);
      processQueue(name);
    };
    signal.addEventListener('abort', request.onAbort, { once: true });
  }
  listOf(waiting, name).push(request);
  processQueue(name);
}

class LockManager {
  constructor(token = undefined) {
    if (token !== kCreate) throw new ERR_ILLEGAL_CONSTRUCTOR();
  }

  async request(name, options, callback = undefined) {
    if (!(this instanceof LockManager)) throw new ERR_INVALID_THIS('LockManager');
    if (arguments.length < 2) throw new ERR_MISSING_ARGS(arguments.length === 0 ? 'name' : 'callback');
    if (callback === undefined) {
      callback = options;
      options = undefined;
    }
    name = `${name}`;
    validateFunction(callback, 'callback');
    validateDictionary(options, 'options');
    const mode = options?.mode === undefined ? 'exclusive' : `${options.mode}`;
    if (mode !== 'exclusive' && mode !== 'shared') {
      throw new ERR_INVALID_ARG_VALUE('options.mode', mode, "must be one of: 'exclusive', 'shared'");
    }
    const ifAvailable = Boolean(options?.ifAvailable);
    const steal = Boolean(options?.steal);
    const signal = options?.signal;
    if (signal === null) throw new ERR_INVALID_ARG_TYPE('options.signal', 'AbortSignal', signal);
    validateAbortSignal(signal, 'options.signal');
    if (signal !== undefined) signal.throwIfAborted();

    if (name.startsWith('-')) throw lazyDOMException('Lock name may not start with hyphen', 'NotSupportedError');
    if (steal && ifAvailable) throw lazyDOMException('ifAvailable and steal are mutually exclusive', 'NotSupportedError');
    if (steal && mode !== 'exclusive') throw lazyDOMException(`mode: "${mode}" and steal are mutually exclusive`, 'NotSupportedError');
    if (signal !== undefined && (steal || ifAvailable)) {
      throw lazyDOMException(`signal and ${steal ? 'steal' : 'ifAvailable'} are mutually exclusive`, 'NotSupportedError');
    }
    const request = new LockRequest(name, mode, callback, ifAvailable, signal);
    requestLock(request, steal);
    return request.outcome.promise;
  }

  async query() {
    if (!(this instanceof LockManager)) throw new ERR_INVALID_THIS('LockManager');
    const clientId = `node-${process.pid}-0`;
    const describe = ({ name, mode }) => ({ name, mode, clientId });
    return {
      held: [...held.values()].flat().map(describe),
      pending: [...waiting.values()].flat().map(describe),
    };
  }
}
defineInterface(LockManager, ['request', 'query']);

module.exports = { Lock, LockManager, locks: new LockManager(kCreate) };
