'use strict';

// Worker objects: the starting thread's side.
//
// Binding contract (worker):
//   Worker: new Worker(env, execArgv, resourceLimits, name), env an array of names and values by turns or undefined to
//     share this thread's, execArgv an array or undefined to inherit; invalidExecArgv or invalidNodeOptions: words that
//     cannot be. messagePort; threadId; threadName; startThread(); stopThread(); ref(); unref(); hasRef();
//     getResourceLimits() -> Float64Array; loopStartTime(), loopIdleTime() -> milliseconds;
//     onexit(code, errorCode?, reason?).
//   isMainThread, threadId, threadName, resourceLimits (Float64Array), kMaxYoungGenerationSizeMb, …
//   messaging.drainMessagePort(port): delivers all messages now.

const { Buffer } = require('buffer');
const EventEmitter = require('events');
const path = require('path');
const binding = internalBinding('worker');
const { drainMessagePort } = internalBinding('messaging');
const { codes } = require('internal/errors');
const { isURL, fileURLToPath } = require('internal/url');
const { validateArray, validateString, validateObject } = require('internal/validators');
const { MessageChannel } = require('internal/worker/io');
const { messageTypes } = require('internal/worker/messages');
const { ReadableWorkerStdio, WritableWorkerStdio, handleMessage } = require('internal/worker/stdio');
const { emitInit, newAsyncId, getDefaultTriggerAsyncId, initHooksExist, emitDestroy } = require('internal/async_hooks');

const { isMainThread, isInternalThread, threadId, threadName } = binding;

const SHARE_ENV = Symbol.for('nodejs.worker_threads.SHARE_ENV');
const kLimitNames = {
  maxYoungGenerationSizeMb: 'kMaxYoungGenerationSizeMb',
  maxOldGenerationSizeMb: 'kMaxOldGenerationSizeMb',
  codeRangeSizeMb: 'kCodeRangeSizeMb',
  stackSizeMb: 'kStackSizeMb',
};

const kHandle = Symbol('kHandle');
const kPort = Symbol('kPort');
const kPublicPort = Symbol('kPublicPort');
const kParentStdio = Symbol('kParentStdio');
const kQueries = Symbol('kQueries');
const kOnExit = Symbol('kOnExit');
const kOnMessage = Symbol('kOnMessage');
const kUsage = Symbol('kUsage');

// ---- Environment data ------------------------------------------------------------------------------------------------

const environmentData = new Map();

function setEnvironmentData(key, value) {
  if (value === undefined) environmentData.delete(key);
  else environmentData.set(key, value);
}

function getEnvironmentData(key) {
  return environmentData.get(key);
}

/** Takes over the data of the thread that started this one. */
function assignEnvironmentData(data) {
  if (data === undefined) return;
  data.forEach((value, key) => environmentData.set(key, value));
}

// ---- Limits ----------------------------------------------------------------------------------------------------------

function limitsToArray(limits) {
  const array = new Float64Array(binding.kTotalResourceLimitCount);
  if (limits === undefined || limits === null) return array;
  validateObject(limits, 'options.resourceLimits');
  for (const name of Object.keys(kLimitNames)) {
    if (typeof limits[name] === 'number') array[binding[kLimitNames[name]]] = limits[name];
  }
  // A young generation of nothing is none.
  const young = binding.kMaxYoungGenerationSizeMb;
  if (typeof limits.maxYoungGenerationSizeMb === 'number') array[young] = Math.max(limits.maxYoungGenerationSizeMb, 0);
  return array;
}

function limitsFromArray(array) {
  const limits = {};
  for (const name of Object.keys(kLimitNames)) limits[name] = array[binding[kLimitNames[name]]];
  return limits;
}

const resourceLimits = isMainThread ? {} : limitsFromArray(binding.resourceLimits);

// ---- Workers ---------------------------------------------------------------------------------------------------------

/** What is to run: { filename, doEval }. */
function resolveScript(filename, options) {
  if (options.eval) {
    if (typeof filename !== 'string') {
      throw new codes.ERR_INVALID_ARG_VALUE('options.eval', options.eval, 'must be false when \'filename\' is not a string');
    }
    return { filename, doEval: 'classic' };
  }
  if (isURL(filename)) {
    if (filename.protocol === 'data:') return { filename: `import ${JSON.stringify(`${filename}`)}`, doEval: 'module' };
    return { filename: fileURLToPath(filename), doEval: false };
  }
  if (typeof filename !== 'string') throw new codes.ERR_INVALID_ARG_TYPE('filename', ['string', 'URL'], filename);
  if (path.isAbsolute(filename) || /^\.\.?[\\/]/.test(filename)) return { filename: path.resolve(filename), doEval: false };
  throw new codes.ERR_WORKER_PATH(filename);
}

/** Names and values of the environment for a worker; undefined to share this thread's. */
function environmentList(env) {
  if (env === SHARE_ENV) return undefined;
  if (env === undefined || env === null) env = process.env;
  else if (typeof env !== 'object') {
    throw new codes.ERR_INVALID_ARG_TYPE('options.env', ['object', 'undefined', 'null', 'worker_threads.SHARE_ENV'], env);
  }
  const list = [];
  for (const key of Object.keys(env)) {
    const value = env[key];
    list.push(key, `${value}`);
  }
  return list;
}

function pipeQuietly(source, destination) {
  // Many workers may write to the same stream.
  const limit = destination.getMaxListeners();
  destination.setMaxListeners(Infinity);
  source.pipe(destination, { end: false });
  destination.setMaxListeners(limit);
}

const workerChannel = require('internal/channels').lazyChannel('worker_threads');

class Worker extends EventEmitter {
  constructor(filename, options = {}) {
    super();
    options ??= {};
    if (options.execArgv && !Array.isArray(options.execArgv)) {
      throw new codes.ERR_INVALID_ARG_TYPE('options.execArgv', 'Array', options.execArgv);
    }
    let argv;
    if (options.argv) {
      validateArray(options.argv, 'options.argv');
      argv = options.argv.map(String);
    }
    const script = resolveScript(filename, options);
    const env = environmentList(options.env);
    let name = 'WorkerThread';
    if (options.name) {
      validateString(options.name, 'options.name');
      name = options.name.trim();
    }

    const handle = new binding.Worker(env, options.execArgv || undefined, limitsToArray(options.resourceLimits), name);
    if (handle.invalidExecArgv) throw new codes.ERR_WORKER_INVALID_EXEC_ARGV(handle.invalidExecArgv);
    if (handle.invalidNodeOptions) {
      throw new codes.ERR_WORKER_INVALID_EXEC_ARGV(handle.invalidNodeOptions, 'invalid NODE_OPTIONS env variable');
    }
    this[kHandle] = handle;
    Object.defineProperty(handle, kUsage, { __proto__: null, value: newAsyncId() });
    if (initHooksExist()) emitInit(handle[kUsage], 'WORKER', getDefaultTriggerAsyncId(), handle);
    handle.onexit = (code, errorCode, reason) => this[kOnExit](code, errorCode, reason);

    const port = this[kPort] = handle.messagePort;
    port.on('message', (message) => this[kOnMessage](message));
    port.start();
    port.unref();
    this[kQueries] = { next: 1, pending: new Map() };

    this.performance = { eventLoopUtilization: (first, second) => workerUtilization(this, first, second) };

    const stdin = options.stdin ? new WritableWorkerStdio(port, 'stdin') : null;
    const stdout = new ReadableWorkerStdio(port, 'stdout', !!options.stdout);
    const stderr = new ReadableWorkerStdio(port, 'stderr', !!options.stderr);
    if (!options.stdout) pipeQuietly(stdout, process.stdout);
    if (!options.stderr) pipeQuietly(stderr, process.stderr);
    this[kParentStdio] = { stdin, stdout, stderr };

    const { port1, port2 } = new MessageChannel();
    const transferList = [port2];
    if (options.transferList) transferList.push(...options.transferList);
    this[kPublicPort] = port1;
    for (const event of ['message', 'messageerror']) port1.on(event, (data) => this.emit(event, data));
    try {
      port.postMessage({
        type: messageTypes.LOAD_SCRIPT,
        ...script,
        argv,
        workerData: options.workerData,
        environmentData,
        publicPort: port2,
        hasStdin: !!options.stdin,
      }, transferList);
      handle.startThread();
    } catch (error) {
      // There will be no thread: nothing must wait for it.
      port1.close();
      port.close();
      throw error;
    }
    workerChannel()?.publish({ worker: this });
    process.nextTick(() => process.emit('worker', this));
  }

  [kOnExit](code, errorCode, reason) {
    const handle = this[kHandle];
    drainMessagePort(this[kPublicPort]);
    drainMessagePort(this[kPort]);
    this[kPublicPort].close();
    this[kPort].close();
    this[kPort] = null;
    this[kPublicPort] = null;
    this[kHandle] = null;
    handle.onexit = null;
    handle.hasRef = afterExit(handle);
    emitDestroy(handle[kUsage]);
    const { stdout, stderr } = this[kParentStdio];
    if (!stdout.readableEnded) stdout.push(null);
    if (!stderr.readableEnded) stderr.push(null);
    for (const { reject } of this[kQueries].pending.values()) reject(new codes.ERR_WORKER_NOT_RUNNING());
    this[kQueries].pending.clear();
    try {
      if (errorCode) {
        const Class = codes[errorCode];
        this.emit('error', new Class(reason));
      }
    } finally {
      this.emit('exit', code);
    }
  }

  [kOnMessage](message) {
    switch (message.type) {
      case messageTypes.UP_AND_RUNNING:
        return this.emit('online');
      case messageTypes.COULD_NOT_SERIALIZE_ERROR:
        return this.emit('error', new codes.ERR_WORKER_UNSERIALIZABLE_ERROR());
      case messageTypes.ERROR_MESSAGE:
        return this.emit('error', require('internal/worker/errors').deserializeError(message.error));
      case messageTypes.STDIO_PAYLOAD:
      case messageTypes.STDIO_WANTS_MORE_DATA:
        return handleMessage(this[kParentStdio], message);
      case messageTypes.ANSWER: {
        const { pending } = this[kQueries];
        const query = pending.get(message.id);
        pending.delete(message.id);
        if (pending.size === 0) this[kPort].unref();
        return query?.resolve(message.value);
      }
      default:
        require('assert').fail(`Unknown worker message type ${message.type}`);
    }
  }

  postMessage(...args) {
    if (this[kPublicPort] === null) return;
    Reflect.apply(this[kPublicPort].postMessage, this[kPublicPort], args);
  }

  terminate(callback) {
    this.ref();
    if (typeof callback === 'function') {
      process.emitWarning(
        'Passing a callback to worker.terminate() is deprecated. It returns a Promise instead.', 'DeprecationWarning',
        'DEP0132');
      if (this[kHandle] === null) return Promise.resolve();
      this.once('exit', (code) => callback(null, code));
    }
    if (this[kHandle] === null) return Promise.resolve();
    this[kHandle].stopThread();
    return new Promise((resolve) => {
      this.once('exit', resolve);
    });
  }

  async [Symbol.asyncDispose]() {
    await this.terminate();
  }

  ref() {
    if (this[kHandle] === null) return;
    this[kHandle].ref();
    this[kPublicPort].ref();
  }

  unref() {
    if (this[kHandle] === null) return;
    this[kHandle].unref();
    this[kPublicPort].unref();
  }

  get threadId() {
    return this[kHandle] === null ? -1 : this[kHandle].threadId;
  }

  get threadName() {
    return this[kHandle] === null ? null : this[kHandle].threadName;
  }

  get stdin() {
    return this[kParentStdio].stdin;
  }

  get stdout() {
    return this[kParentStdio].stdout;
  }

  get stderr() {
    return this[kParentStdio].stderr;
  }

  get resourceLimits() {
    return this[kHandle] === null ? {} : limitsFromArray(this[kHandle].getResourceLimits());
  }

  getHeapSnapshot(options) {
    if (options !== undefined) validateObject(options, 'options');
    const { streamOf } = require('internal/heap_snapshot');
    return query(this, 'heapSnapshot').then(({ buffer, byteOffset, byteLength }) => (
      streamOf(Buffer.from(buffer, byteOffset, byteLength))
    ));
  }

  getHeapStatistics() {
    return query(this, 'heapStatistics');
  }

  cpuUsage(previous) {
    const { validateNumber } = require('internal/validators');
    if (previous) {
      validateObject(previous, 'prev');
      validateNumber(previous.user, 'prev.user', 0, Number.MAX_SAFE_INTEGER);
      validateNumber(previous.system, 'prev.system', 0, Number.MAX_SAFE_INTEGER);
    }
    return query(this, 'cpuUsage').then(({ user, system }) => (
      previous ? { user: user - previous.user, system: system - previous.system } : { user, system }
    ));
  }
}

// A handle whose thread has ended answers like any that has been closed: still referenced, then not at all.
function afterExit() {
  let closed = false;
  setImmediate(() => {
    closed = true;
  });
  return () => (closed ? undefined : true);
}

/** Asks the thread, whose loop answers when it gets to it. */
function query(worker, what) {
  if (worker[kHandle] === null) return Promise.reject(new codes.ERR_WORKER_NOT_RUNNING());
  const { pending } = worker[kQueries];
  const id = worker[kQueries].next++;
  const { promise, resolve, reject } = Promise.withResolvers();
  pending.set(id, { resolve, reject });
  if (pending.size === 1) worker[kPort].ref();
  worker[kPort].postMessage({ type: messageTypes.QUERY, id, what });
  return promise;
}

/** worker.performance.eventLoopUtilization(first, second) */
function workerUtilization(worker, first, second) {
  if (second !== undefined) return difference(first, second);
  const handle = worker[kHandle];
  const start = handle === null ? -1 : handle.loopStartTime();
  if (start < 0) return { idle: 0, active: 0, utilization: 0 };
  const idle = handle.loopIdleTime();
  const active = internalBinding('performance').now() - start - idle;
  const now = { idle, active, utilization: active / (idle + active) };
  return first === undefined ? now : difference(now, first);
}

function difference(later, earlier) {
  const idle = later.idle - earlier.idle;
  const active = later.active - earlier.active;
  return { idle, active, utilization: active / (idle + active) };
}

module.exports = {
  SHARE_ENV,
  Worker,
  assignEnvironmentData,
  getEnvironmentData,
  isInternalThread,
  isMainThread,
  ownsProcessState: isMainThread,
  resourceLimits,
  setEnvironmentData,
  threadId,
  threadName,
};
