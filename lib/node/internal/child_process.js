'use strict';

// Binding contract:
//   process_wrap.Process: new Process(); spawn(options) -> 0 or errno, options { file, args, cwd, envPairs, detached,
//     uid, gid, stdio: [{ type: 'pipe', handle, ipc? } | { type: 'ignore' } | { type: 'inherit' | 'fd', fd } |
//     { type: 'wrap', handle }] }; pid; kill(signal) -> errno; ref(); unref(); hasRef(); close();
//     onexit(exitCode, signalName | '').
//   pipe_wrap.Pipe: new Pipe(constants.SOCKET | constants.IPC), a stream handle as in stream_wrap; for IPC
//     onread(nread, buffer), writeUtf8String(req, string).
//   spawn_sync.spawn(options) -> { pid, status, signal, output, error? }: options as above plus timeout, maxBuffer,
//     killSignal; stdio pipes are { type: 'pipe', readable, writable, input? }; output holds a Buffer or null for each.

const EventEmitter = require('events');
const { codes: {
  ERR_INVALID_ARG_TYPE,
  ERR_INVALID_ARG_VALUE,
  ERR_INVALID_HANDLE_TYPE,
  ERR_INVALID_SYNC_FORK_INPUT,
  ERR_IPC_CHANNEL_CLOSED,
  ERR_IPC_DISCONNECTED,
  ERR_IPC_ONE_PIPE,
  ERR_IPC_SYNC_FORK,
  ERR_MISSING_ARGS,
}, ErrnoException } = require('internal/errors');
const { validateArray, validateObject, validateOneOf, validateString } = require('internal/validators');
const { convertToValidSignal } = require('internal/util');

const { Process } = internalBinding('process_wrap');
const { Pipe, constants: PipeConstants } = internalBinding('pipe_wrap');
const { errno } = internalBinding('constants').os;

const kChannelHandle = Symbol('kChannelHandle');
const kPendingMessages = Symbol('kPendingMessages');

// Errors of spawn that the program learns of by an 'error' event.
const kLateErrors = new Set(['EACCES', 'EAGAIN', 'EMFILE', 'ENFILE', 'ENOENT']);

function errnoIs(status, names) {
  for (const name of names) if (errno[name] === -status) return true;
  return false;
}

class ChildProcess extends EventEmitter {
  constructor() {
    super();
    this._closesNeeded = 1;
    this._closesGot = 0;
    this.connected = false;
    this.signalCode = null;
    this.exitCode = null;
    this.killed = false;
    this.spawnfile = null;
    this._handle = new Process();
    this._handle[internalBinding('symbols').owner_symbol] = this;
    this._handle.onexit = (exitCode, signalCode) => onExit(this, exitCode, signalCode);
  }

  spawn(options) {
    validateObject(options, 'options');
    let stdio = options.stdio || 'pipe';
    const parsed = getValidStdio(stdio, false);
    const { ipc, ipcFd } = parsed;
    stdio = options.stdio = parsed.stdio;
    validateOneOf(options.serialization, 'options.serialization', [undefined, 'json', 'advanced']);
    const serialization = options.serialization || 'json';
    if (ipc !== undefined) {
      if (options.envPairs === undefined) options.envPairs = [];
      else validateArray(options.envPairs, 'options.envPairs');
      options.envPairs.push(`NODE_CHANNEL_FD=${ipcFd}`, `NODE_CHANNEL_SERIALIZATION_MODE=${serialization}`);
    }
    validateString(options.file, 'options.file');
    this.spawnfile = options.file;
    if (options.args === undefined) {
      this.spawnargs = [];
    } else {
      validateArray(options.args, 'options.args');
      this.spawnargs = options.args;
    }

    const status = this._handle.spawn(options);
    if (status !== 0 && errnoIs(status, kLateErrors)) {
      process.nextTick(() => onSpawnError(this, status));
      // The child has no output: its pipes end at once.
      if (errnoIs(status, ['EMFILE', 'ENFILE'])) return status;
    } else if (status !== 0) {
      for (const item of stdio) if (item.type === 'pipe') item.handle.close();
      this._handle.close();
      this._handle = null;
      throw new ErrnoException(status, 'spawn');
    } else {
      process.nextTick(() => this.emit('spawn'));
    }

    this.pid = this._handle.pid;
    for (const [index, item] of stdio.entries()) {
      if (item.type === 'ignore' || item.ipc) continue;
      if (item.handle === undefined || item.type === 'wrap') continue;
      item.socket = createSocket(item.handle, index > 0, status !== 0);
      if (index > 0) {
        this._closesNeeded++;
        item.socket.on('close', () => maybeClose(this));
      }
    }
    this.stdin = stdio.length >= 1 && stdio[0].socket !== undefined ? stdio[0].socket : null;
    this.stdout = stdio.length >= 2 && stdio[1].socket !== undefined ? stdio[1].socket : null;
    this.stderr = stdio.length >= 3 && stdio[2].socket !== undefined ? stdio[2].socket : null;
    this.stdio = stdio.map((item) => (item.socket === undefined ? null : item.socket));
    if (ipc !== undefined) setupChannel(this, ipc, serialization);
    return status;
  }

  kill(signal) {
    const number = signal === 0 ? 0 : convertToValidSignal(signal === undefined ? 'SIGTERM' : signal);
    if (this._handle) {
      const status = this._handle.kill(number);
      if (status === 0) {
        // Success.
        this.killed = true;
        return true;
      }
      if (errnoIs(status, ['ESRCH'])) return false;
      if (errnoIs(status, ['EINVAL', 'ENOSYS'])) throw new ErrnoException(status, 'kill');
      this.emit('error', new ErrnoException(status, 'kill'));
    }
    return false;
  }

  [Symbol.dispose]() {
    if (!this.killed) this.kill();
  }

  ref() {
    this._handle?.ref();
  }

  unref() {
    this._handle?.unref();
  }
}

function createSocket(handle, readable, failed) {
  const { Socket } = require('net');
  const socket = new Socket({ handle, readable, writable: !readable });
  if (failed) process.nextTick(() => socket.destroy());
  return socket;
}

function onSpawnError(child, status) {
  onExit(child, status, '');
}

function onExit(child, exitCode, signalCode) {
  if (signalCode) child.signalCode = signalCode;
  else child.exitCode = exitCode;
  if (child.stdin) child.stdin.destroy();
  if (child._handle) {
    child._handle.close();
    child._handle = null;
  }
  if (exitCode < 0) {
    const syscall = child.spawnfile ? `spawn ${child.spawnfile}` : 'spawn';
    const error = new ErrnoException(exitCode, syscall);
    if (child.spawnfile) error.path = child.spawnfile;
    error.spawnargs = child.spawnargs.slice(1);
    child.emit('error', error);
  } else {
    child.emit('exit', child.exitCode, child.signalCode);
  }
  // Output nobody reads must not keep 'close' from coming.
  process.nextTick(flushStdio, child);
  maybeClose(child);
}

function flushStdio(child) {
  for (const stream of child.stdio ?? []) {
    if (!stream || !stream.readable || stream[kIsUsedAsStdio]) continue;
    stream.resume();
  }
}
const kIsUsedAsStdio = Symbol('kIsUsedAsStdio');

function maybeClose(child) {
  child._closesGot++;
  if (child._closesGot === child._closesNeeded) child.emit('close', child.exitCode, child.signalCode);
}

function stdioStringToArray(stdio, channel) {
  let options;
  switch (stdio) {
    case 'ignore':
    case 'overlapped':
    case 'pipe': options = [stdio, stdio, stdio]; break;
    case 'inherit': options = [0, 1, 2]; break;
    default: throw new ERR_INVALID_ARG_VALUE('stdio', stdio);
  }
  if (channel) options.push(channel);
  return options;
}

/** The stdio option as a list of what the binding takes; and the IPC pipe when one is asked for. */
function getValidStdio(stdio, sync) {
  if (typeof stdio === 'string') stdio = stdioStringToArray(stdio);
  else if (!Array.isArray(stdio)) throw new ERR_INVALID_ARG_VALUE('stdio', stdio);
  stdio = [...stdio];
  while (stdio.length < 3) stdio.push(undefined);
  let ipc;
  let ipcFd;
  const cleanup = (list) => {
    for (const item of list) if (item.type === 'pipe' && item.handle) item.handle.close();
  };
  const result = [];
  for (const [index, item] of stdio.entries()) {
    let value = item;
    if (value === undefined || value === null) value = index < 3 ? 'pipe' : 'ignore';
    if (value === 'ignore') {
      result.push({ type: 'ignore' });
    } else if (value === 'pipe' || value === 'overlapped' || (typeof value === 'number' && value < 0)) {
      const entry = { type: 'pipe', readable: index === 0, writable: index !== 0 };
      if (!sync) entry.handle = new Pipe(PipeConstants.SOCKET);
      result.push(entry);
    } else if (value === 'ipc') {
      if (sync || ipc !== undefined) {
        cleanup(result);
        if (sync) throw new ERR_IPC_SYNC_FORK();
        throw new ERR_IPC_ONE_PIPE();
      }
      ipc = new Pipe(PipeConstants.IPC);
      ipcFd = index;
      result.push({ type: 'pipe', handle: ipc, ipc: true });
    } else if (value === 'inherit') {
      result.push({ type: 'inherit', fd: index });
    } else if (typeof value === 'number' || typeof value.fd === 'number') {
      result.push({ type: 'fd', fd: typeof value === 'number' ? value : value.fd });
    } else if (value._handle || typeof value.readStart === 'function') {
      result.push({ type: 'wrap', handle: value._handle ?? value });
      if (value._handle) {
        value[kIsUsedAsStdio] = true;
        // The child reads from now on.
        value._handle.reading = false;
        value._handle.readStop?.();
      }
    } else if (value instanceof Uint8Array || typeof value === 'string') {
      if (!sync) {
        cleanup(result);
        throw new ERR_INVALID_SYNC_FORK_INPUT(require('internal/util/inspect').inspect(value));
      }
      result.push({ type: 'pipe', readable: index === 0, writable: index !== 0 });
    } else {
      cleanup(result);
      throw new ERR_INVALID_ARG_VALUE('stdio', value);
    }
  }
  return { stdio: result, ipc, ipcFd };
}

// --- IPC: messages are lines of JSON, or structured clones with a length prefix

const kCodecs = {
  __proto__: null,
  json: {
    encode: (message) => `${JSON.stringify(message)}\n`,
    * decode(state, buffer) {
      const { StringDecoder } = require('string_decoder');
      state.decoder ??= new StringDecoder('utf8');
      const parts = (state.rest + state.decoder.write(buffer)).split('\n');
      state.rest = parts.pop();
      for (const part of parts) if (part !== '') yield JSON.parse(part);
    },
  },
  advanced: {
    encode(message) {
      const { Buffer } = require('buffer');
      const body = require('v8').serialize(message);
      const head = Buffer.allocUnsafe(4);
      head.writeUInt32BE(body.length, 0);
      return Buffer.concat([head, body]);
    },
    * decode(state, buffer) {
      const { Buffer } = require('buffer');
      state.rest = state.rest === '' ? buffer : Buffer.concat([state.rest, buffer]);
      while (state.rest.length >= 4) {
        const size = state.rest.readUInt32BE(0);
        if (state.rest.length < size + 4) break;
        yield require('v8').deserialize(state.rest.subarray(4, size + 4));
        state.rest = state.rest.subarray(size + 4);
      }
      if (state.rest.length === 0) state.rest = '';
    },
  },
};

/** `process.channel` and `child.channel`. */
class Control extends EventEmitter {
  #channel;
  #refs = 0;
  #refExplicitlySet = false;

  constructor(channel) {
    super();
    this.#channel = channel;
    this[kPendingMessages] = [];
  }

  get fd() {
    return this.#channel?.fd;
  }

  hasRef() {
    return this.#channel?.hasRef() ?? false;
  }

  refCounted() {
    if (++this.#refs === 1 && !this.#refExplicitlySet) this.#channel?.ref();
  }

  unrefCounted() {
    if (--this.#refs === 0 && !this.#refExplicitlySet) {
      this.#channel?.unref();
      this.emit('unref');
    }
  }

  ref() {
    this.#refExplicitlySet = true;
    this.#channel?.ref();
  }

  unref() {
    this.#refExplicitlySet = true;
    this.#channel?.unref();
  }

  detach() {
    this.#channel = null;
  }
}

const kInternalPrefix = 'NODE_';

function setupChannel(target, channel, serialization) {
  const control = new Control(channel);
  const codec = kCodecs[serialization];
  const state = { rest: '', decoder: undefined };
  target.channel = control;
  target._channel = channel;
  target[kChannelHandle] = channel;
  target.connected = true;

  channel.onread = (nread, buffer) => {
    if (nread > 0) {
      for (const message of codec.decode(state, buffer)) handleMessage(message);
      return;
    }
    // The other side is gone.
    channel.readStop?.();
    target.channel = null;
    target._channel = null;
    target[kChannelHandle] = null;
    control.detach();
    channel.close();
    target._disconnectNow?.();
  };

  const handleMessage = (message) => {
    const isInternal = typeof message === 'object' && message !== null && typeof message.cmd === 'string' &&
      message.cmd.startsWith(kInternalPrefix);
    const event = isInternal ? 'internalMessage' : 'message';
    if (!target.listenerCount(event) && event === 'message' && target !== process) {
      process.nextTick(() => target.emit(event, message, undefined));
      return;
    }
    if (target === process && event === 'message' && target.listenerCount('message') === 0) {
      // Kept until the program listens.
      control[kPendingMessages].push(message);
      return;
    }
    process.nextTick(() => target.emit(event, message, undefined));
  };

  target.on('newListener', (event) => {
    if (event !== 'message' && event !== 'internalMessage') return;
    if (event === 'message' && control[kPendingMessages].length > 0) {
      const messages = control[kPendingMessages].splice(0);
      process.nextTick(() => {
        for (const message of messages) target.emit('message', message, undefined);
      });
    }
  });

  target.send = function send(message, handle, options, callback) {
    if (typeof handle === 'function') {
      callback = handle;
      handle = undefined;
      options = undefined;
    } else if (typeof options === 'function') {
      callback = options;
      options = undefined;
    } else if (options !== undefined) {
      validateObject(options, 'options');
    }
    if (this.connected) return this._send(message, handle, options, callback);
    const error = new ERR_IPC_CHANNEL_CLOSED();
    if (typeof callback === 'function') process.nextTick(callback, error);
    else process.nextTick(() => this.emit('error', error));
    return false;
  };

  target._send = function _send(message, handle, options, callback) {
    if (message === undefined) throw new ERR_MISSING_ARGS('message');
    if (!['string', 'object', 'number', 'boolean'].includes(typeof message)) {
      throw new ERR_INVALID_ARG_TYPE('message', ['string', 'object', 'number', 'boolean'], message);
    }
    // Sockets and servers cannot be sent yet.
    if (handle !== undefined && handle !== null) throw new ERR_INVALID_HANDLE_TYPE();
    const { WriteWrap } = internalBinding('stream_wrap');
    const request = new WriteWrap();
    const data = codec.encode(message);
    let status;
    if (typeof data === 'string') {
      status = channel.writeUtf8String(request, data);
    } else {
      status = channel.writeBuffer(request, data);
    }
    const done = typeof callback === 'function' ? callback : undefined;
    if (status !== 0) {
      const error = new ErrnoException(status, 'write');
      if (done) process.nextTick(done, error);
      else process.nextTick(() => this.emit('error', error));
      return false;
    }
    if (request.async) {
      control.refCounted();
      request.oncomplete = () => {
        control.unrefCounted();
        done?.(null);
      };
    } else if (done) {
      process.nextTick(done, null);
    }
    return channel.writeQueueSize === undefined || channel.writeQueueSize < 65536 * 2;
  };

  target.disconnect = function disconnect() {
    if (!this.connected) {
      this.emit('error', new ERR_IPC_DISCONNECTED());
      return;
    }
    this._disconnect();
  };

  target._disconnect = function _disconnect() {
    this.connected = false;
    if (this[kChannelHandle] === null) return;
    this.channel = null;
    this._channel = null;
    this[kChannelHandle] = null;
    control.detach();
    channel.readStop?.();
    channel.close();
    process.nextTick(finish);
  };

  target._disconnectNow = function() {
    if (!this.connected) return;
    this.connected = false;
    process.nextTick(finish);
  };

  let finished = false;
  const finish = () => {
    if (finished) return;
    finished = true;
    target.emit('disconnect');
  };

  channel.readStart();
  return control;
}

function spawnSync(options) {
  const { spawn } = internalBinding('spawn_sync');
  const result = spawn(options);
  if (result.output && options.encoding && options.encoding !== 'buffer') {
    result.output = result.output.map((data) => (data ? data.toString(options.encoding) : data));
  }
  result.stdout = result.output?.[1];
  result.stderr = result.output?.[2];
  if (result.error) {
    result.error = new ErrnoException(result.error, `spawnSync ${options.file}`);
    result.error.path = options.file;
    result.error.spawnargs = options.args.slice(1);
  }
  return result;
}

module.exports = { ChildProcess, getValidStdio, setupChannel, spawnSync, stdioStringToArray };
