'use strict';

// Binding contract:
//   process_wrap.Process: new Process(); spawn(options) -> 0 or errno, options { file, args, cwd, envPairs, detached,
//     uid, gid, stdio: [{ type: 'pipe', handle, ipc? } | { type: 'ignore' } | { type: 'inherit' | 'fd', fd } |
//     { type: 'wrap', handle }] }; pid; kill(signal) -> errno; ref(); unref(); hasRef(); close();
//     onexit(exitCode, signalName | '').
//   pipe_wrap.Pipe: new Pipe(constants.SOCKET | constants.IPC), a stream handle as in stream_wrap.
//   spawn_sync.spawn(options) -> { pid, status, signal, output, error? }: options as above plus timeout, maxBuffer,
//     killSignal; stdio pipes are { type: 'pipe', readable, writable, input? }; output holds a Buffer or null for each.

const EventEmitter = require('events');
const { codes: {
  ERR_INVALID_ARG_VALUE,
  ERR_INVALID_SYNC_FORK_INPUT,
  ERR_IPC_ONE_PIPE,
  ERR_IPC_SYNC_FORK,
}, ErrnoException } = require('internal/errors');
const { validateArray, validateObject, validateOneOf, validateString } = require('internal/validators');
const { convertToValidSignal } = require('internal/util');
const { setupChannel } = require('internal/ipc_channel');
const { lazyChannel, lazyTracingChannel } = require('internal/channels');

const { Process } = internalBinding('process_wrap');
const { Pipe, constants: PipeConstants } = internalBinding('pipe_wrap');
const { errno } = internalBinding('constants').os;


// Errors of spawn that the program learns of by an 'error' event.
const kLateErrors = new Set(['EACCES', 'EAGAIN', 'EMFILE', 'ENFILE', 'ENOENT']);

function errnoIs(status, names) {
  for (const name of names) if (errno[name] === -status) return true;
  return false;
}

const createdChannel = lazyChannel('child_process');
const spawnChannel = lazyTracingChannel('child_process.spawn');

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
    createdChannel()?.publish({ process: this });
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

    const traced = spawnChannel();
    const context = traced && { process: this, options };
    traced?.start.publish(context);
    const status = this._handle.spawn(options);
    if (traced !== undefined) {
      if (status === 0) traced.end.publish(context);
      else traced.error.publish(Object.assign(context, { error: new ErrnoException(status, 'spawn') }));
    }
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
      if (item.type === 'ignore') continue;
      if (item.ipc) {
        this._closesNeeded++;
        continue;
      }
      if (item.handle === undefined || item.type === 'wrap') continue;
      item.socket = createSocket(item.handle, index, status !== 0);
      if (index > 0) {
        this._closesNeeded++;
        item.socket.on('close', () => maybeClose(this));
      }
    }
    this.stdin = stdio.length >= 1 && stdio[0].socket !== undefined ? stdio[0].socket : null;
    this.stdout = stdio.length >= 2 && stdio[1].socket !== undefined ? stdio[1].socket : null;
    this.stderr = stdio.length >= 3 && stdio[2].socket !== undefined ? stdio[2].socket : null;
    this.stdio = stdio.map((item) => (item.socket === undefined ? null : item.socket));
    if (ipc !== undefined) setupChannel(this, ipc, serialization, () => maybeClose(this));
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

function createSocket(handle, index, failed) {
  const { Socket } = require('net');
  // Of the three standard streams one direction is of use.
  const socket = new Socket({ handle, readable: index > 0, writable: index === 0 || index > 2 });
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
