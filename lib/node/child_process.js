'use strict';

const internal = require('internal/child_process');
const { ChildProcess, getValidStdio, setupChannel, stdioStringToArray } = internal;
const { AbortError, genericNodeError, codes: {
  ERR_CHILD_PROCESS_IPC_REQUIRED,
  ERR_CHILD_PROCESS_STDIO_MAXBUFFER,
  ERR_INVALID_ARG_TYPE,
  ERR_INVALID_ARG_VALUE,
  ERR_OUT_OF_RANGE,
} } = require('internal/errors');
const {
  validateAbortSignal,
  validateArray,
  validateBoolean,
  validateFunction,
  validateInt32,
  validateObject,
  validateString, validateNumber,
} = require('internal/validators');
const { convertToValidSignal } = require('internal/util');
const { toPathIfFileURL } = require('internal/url');

const kMaxBuffer = 1024 * 1024;

function checkNoNull(value, name) {
  if (typeof value === 'string' && value.includes('\0')) {
    throw new ERR_INVALID_ARG_VALUE(name, value, 'must be a string without null bytes');
  }
}

/** The arguments of spawn and its kin, checked, as options of the binding. */
let warnedShellArgs = false;

function normalizeSpawnArguments(file, args, options) {
  validateString(file, 'file');
  checkNoNull(file, 'file');
  if (file.length === 0) throw new ERR_INVALID_ARG_VALUE('file', file, 'cannot be empty');
  if (Array.isArray(args)) {
    args = [...args];
  } else if (args === undefined || args === null) {
    args = [];
  } else if (typeof args !== 'object') {
    throw new ERR_INVALID_ARG_TYPE('args', 'object', args);
  } else {
    options = args;
    args = [];
  }
  args = args.map((arg, i) => {
    checkNoNull(arg, `args[${i}]`);
    return `${arg}`;
  });

  if (options === undefined) options = {};
  else validateObject(options, 'options');
  options = { __proto__: null, ...options };

  let { cwd } = options;
  if (cwd !== undefined && cwd !== null) {
    cwd = toPathIfFileURL(cwd);
    if (cwd instanceof Uint8Array) cwd = require('buffer').Buffer.from(cwd).toString();
    validateString(cwd, 'options.cwd');
    checkNoNull(cwd, 'options.cwd');
  }
  const { detached, uid, gid, shell, argv0, windowsHide, windowsVerbatimArguments } = options;
  if (detached !== undefined && detached !== null) validateBoolean(detached, 'options.detached');
  if (uid !== undefined && uid !== null) validateInt32(uid, 'options.uid');
  if (gid !== undefined && gid !== null) validateInt32(gid, 'options.gid');
  if (shell !== undefined && shell !== null && typeof shell !== 'boolean' && typeof shell !== 'string') {
    throw new ERR_INVALID_ARG_TYPE('options.shell', ['boolean', 'string'], shell);
  }
  if (argv0 !== undefined && argv0 !== null) {
    validateString(argv0, 'options.argv0');
    checkNoNull(argv0, 'options.argv0');
  }
  if (windowsHide !== undefined && windowsHide !== null) validateBoolean(windowsHide, 'options.windowsHide');
  if (windowsVerbatimArguments !== undefined && windowsVerbatimArguments !== null) {
    validateBoolean(windowsVerbatimArguments, 'options.windowsVerbatimArguments');
  }

  if (shell) {
    checkNoNull(shell, 'options.shell');
    if (args.length > 0 && !warnedShellArgs) {
      warnedShellArgs = true;
      process.emitWarning(
        'Passing args to a child process with shell option true can lead to security vulnerabilities, as the ' +
        'arguments are not escaped, only concatenated.', 'DeprecationWarning', 'DEP0190');
    }
    const command = [file, ...args].join(' ');
    file = typeof shell === 'string' ? shell : process.platform === 'android' ? '/system/bin/sh' : '/bin/sh';
    args = ['-c', command];
  }
  args.unshift(typeof argv0 === 'string' ? argv0 : file);

  const env = options.env || process.env;
  const envPairs = [];
  for (const key in env) {
    const value = env[key];
    if (value === undefined) continue;
    checkNoNull(key, `options.env['${key}']`);
    checkNoNull(`${value}`, `options.env['${key}']`);
    envPairs.push(`${key}=${value}`);
  }
  if (process.permission !== undefined) require('internal/process/permission').passOn(envPairs, args);
  return {
    ...options,
    args,
    cwd: cwd ?? undefined,
    detached: !!detached,
    envPairs,
    file,
    windowsHide: !!windowsHide,
    windowsVerbatimArguments: !!windowsVerbatimArguments,
  };
}

function validateTimeout(timeout) {
  if (timeout === undefined || timeout === null) return;
  validateNumber(timeout, 'timeout');
  if (!(Number.isInteger(timeout) && timeout >= 0)) {
    throw new ERR_OUT_OF_RANGE('timeout', 'an unsigned integer', timeout);
  }
}

function validateMaxBuffer(maxBuffer) {
  if (maxBuffer !== undefined && maxBuffer !== null && !(typeof maxBuffer === 'number' && maxBuffer >= 0)) {
    throw new ERR_OUT_OF_RANGE('options.maxBuffer', 'a positive number', maxBuffer);
  }
}

function sanitizeKillSignal(killSignal) {
  if (typeof killSignal === 'string' || typeof killSignal === 'number') return convertToValidSignal(killSignal);
  if (killSignal !== undefined && killSignal !== null) {
    throw new ERR_INVALID_ARG_TYPE('options.killSignal', ['string', 'number'], killSignal);
  }
  return undefined;
}

function abortChild(child, killSignal, reason) {
  if (!child) return;
  try {
    if (child.kill(killSignal)) child.emit('error', new AbortError(undefined, { cause: reason }));
  } catch (error) {
    child.emit('error', error);
  }
}

/** spawn(file[, args][, options]) */
function spawn(file, args, options) {
  options = normalizeSpawnArguments(file, args, options);
  validateTimeout(options.timeout);
  if (options.signal !== undefined) validateAbortSignal(options.signal, 'options.signal');
  const killSignal = sanitizeKillSignal(options.killSignal);
  const child = new ChildProcess();
  child.spawn(options);

  if (options.timeout > 0) {
    let timer = setTimeout(() => {
      timer = null;
      try {
        child.kill(killSignal);
      } catch (error) {
        child.emit('error', error);
      }
    }, options.timeout);
    child.once('exit', () => {
      if (timer !== null) clearTimeout(timer);
      timer = null;
    });
  }
  if (options.signal) {
    const { signal } = options;
    const onAbort = () => abortChild(child, killSignal, signal.reason);
    if (signal.aborted) {
      process.nextTick(onAbort);
    } else {
      signal.addEventListener('abort', onAbort, { once: true });
      child.once('exit', () => signal.removeEventListener('abort', onAbort));
    }
  }
  return child;
}

/** fork(modulePath[, args][, options]) */
function fork(modulePath, args = [], options) {
  modulePath = toPathIfFileURL(modulePath);
  if (modulePath instanceof Uint8Array) modulePath = require('buffer').Buffer.from(modulePath).toString();
  validateString(modulePath, 'modulePath');
  checkNoNull(modulePath, 'modulePath');
  if (args === undefined || args === null) {
    args = [];
  } else if (typeof args === 'object' && !Array.isArray(args)) {
    options = args;
    args = [];
  } else {
    validateArray(args, 'args');
  }
  if (options !== undefined && options !== null) validateObject(options, 'options');
  options = { ...options, shell: false };
  options.execPath = options.execPath || process.execPath;
  checkNoNull(options.execPath, 'options.execPath');
  let execArgv = options.execArgv || process.execArgv;
  if (execArgv === process.execArgv && process._eval != null) {
    // Not the script of -e.
    const index = execArgv.lastIndexOf(process._eval);
    if (index > 0) execArgv = execArgv.toSpliced(index - 1, 2);
  }
  validateArray(execArgv, 'options.execArgv');
  execArgv.forEach((arg, i) => checkNoNull(arg, `options.execArgv[${i}]`));
  args = [...execArgv, modulePath, ...args];
  if (typeof options.stdio === 'string') {
    options.stdio = stdioStringToArray(options.stdio, 'ipc');
  } else if (!Array.isArray(options.stdio)) {
    options.stdio = stdioStringToArray(options.silent ? 'pipe' : 'inherit', 'ipc');
  } else if (!options.stdio.includes('ipc')) {
    throw new ERR_CHILD_PROCESS_IPC_REQUIRED('options.stdio');
  }
  return spawn(options.execPath, args, options);
}

/** Connects this process, a child made by fork, with its parent. */
function _forkChild(fd, serialization) {
  const { Pipe, constants } = internalBinding('pipe_wrap');
  // Handles that arrive are objects of these classes.
  internalBinding('tcp_wrap');
  internalBinding('udp_wrap');
  const channel = new Pipe(constants.IPC);
  channel.open(fd);
  channel.unref();
  const control = setupChannel(process, channel, serialization);
  // Only listeners for messages keep the program alive.
  process.on('newListener', (name) => {
    if (name === 'message' || name === 'disconnect') control.refCounted();
  });
  process.on('removeListener', (name) => {
    if (name === 'message' || name === 'disconnect') control.unrefCounted();
  });
}

function normalizeExecFileArgs(file, args, options, callback) {
  if (Array.isArray(args)) {
    args = [...args];
  } else if (args !== null && typeof args === 'object') {
    callback = options;
    options = args;
    args = null;
  } else if (typeof args === 'function') {
    callback = args;
    options = null;
    args = null;
  }
  args ??= [];
  if (typeof options === 'function') callback = options;
  else if (options !== undefined && options !== null) validateObject(options, 'options');
  options = typeof options === 'object' ? options : {};
  options ??= {};
  if (callback !== undefined && callback !== null) validateFunction(callback, 'callback');
  if (options.argv0 !== undefined && options.argv0 !== null) {
    validateString(options.argv0, 'options.argv0');
    checkNoNull(options.argv0, 'options.argv0');
  }
  return { file, args, options, callback };
}

/** execFile(file[, args][, options][, callback]) */
function execFile(file, args, options, callback) {
  ({ file, args, options, callback } = normalizeExecFileArgs(file, args, options, callback));
  options = {
    __proto__: null, encoding: 'utf8', timeout: 0, maxBuffer: kMaxBuffer, killSignal: 'SIGTERM', cwd: null, env: null,
    shell: false, ...options,
  };
  validateTimeout(options.timeout);
  validateMaxBuffer(options.maxBuffer);
  options.killSignal = sanitizeKillSignal(options.killSignal);

  const child = spawn(file, args, {
    cwd: options.cwd, env: options.env, gid: options.gid, shell: options.shell, signal: options.signal,
    uid: options.uid, windowsHide: !!options.windowsHide, windowsVerbatimArguments: !!options.windowsVerbatimArguments,
  });

  const { Buffer } = require('buffer');
  const encoding = options.encoding !== 'buffer' && Buffer.isEncoding(options.encoding) ? options.encoding : null;
  const output = { stdout: [], stderr: [] };
  let killed = false;
  let exited = false;
  let timer;
  let failure = null;

  function onExit(code = 0, signal = null) {
    if (exited) return;
    exited = true;
    clearTimeout(timer);
    if (!callback) return;
    const collect = (name) => {
      const stream = child[name];
      if (encoding || stream?.readableEncoding) return output[name].join('');
      return Buffer.concat(output[name]);
    };
    const stdout = collect('stdout');
    const stderr = collect('stderr');
    if (!failure && code === 0 && signal === null) {
      callback(null, stdout, stderr);
      return;
    }
    const command = [file, ...args].join(' ');
    if (!failure) {
      failure = genericNodeError(`Command failed: ${command}\n${stderr}`, {
        code: code < 0 ? require('util').getSystemErrorName(code) : code,
        killed: child.killed || killed,
        signal,
      });
    }
    failure.cmd = command;
    callback(failure, stdout, stderr);
  }

  function onError(error) {
    failure = error;
    child.stdout?.destroy();
    child.stderr?.destroy();
    onExit();
  }

  function kill() {
    child.stdout?.destroy();
    child.stderr?.destroy();
    killed = true;
    try {
      child.kill(options.killSignal);
    } catch (error) {
      failure ??= error;
      onExit();
    }
  }

  if (options.timeout > 0) timer = setTimeout(kill, options.timeout);

  for (const name of ['stdout', 'stderr']) {
    const stream = child[name];
    if (!stream) continue;
    if (encoding) stream.setEncoding(encoding);
    let length = 0;
    stream.on('data', (chunk) => {
      const current = stream.readableEncoding;
      const size = current ? Buffer.byteLength(chunk, current) : chunk.length;
      length += size;
      if (length > options.maxBuffer) {
        const keep = options.maxBuffer - (length - size);
        output[name].push(chunk.slice(0, keep));
        failure = new ERR_CHILD_PROCESS_STDIO_MAXBUFFER(name);
        kill();
      } else {
        output[name].push(chunk);
      }
    });
  }
  child.addListener('close', onExit);
  child.addListener('error', onError);
  return child;
}

function normalizeExecArgs(command, options, callback) {
  validateString(command, 'command');
  checkNoNull(command, 'command');
  if (typeof options === 'function') {
    callback = options;
    options = undefined;
  }
  options = { ...options };
  options.shell = typeof options.shell === 'string' ? options.shell : true;
  return { file: command, options, callback };
}

/** exec(command[, options][, callback]) */
function exec(command, options, callback) {
  const normalized = normalizeExecArgs(command, options, callback);
  return execFile(normalized.file, normalized.options, normalized.callback);
}

function promisified(run) {
  return function(...args) {
    const { promise, resolve, reject } = Promise.withResolvers();
    promise.child = run(...args, (error, stdout, stderr) => {
      if (error !== null) {
        error.stdout = stdout;
        error.stderr = stderr;
        reject(error);
      } else {
        resolve({ stdout, stderr });
      }
    });
    return promise;
  };
}
for (const fn of [exec, execFile]) {
  Object.defineProperty(fn, Symbol.for('nodejs.util.promisify.custom'), {
    __proto__: null, enumerable: false, value: Object.defineProperty(promisified(fn), 'name', { value: fn.name }),
  });
}

/** spawnSync(file[, args][, options]) */
function spawnSync(file, args, options) {
  options = { __proto__: null, maxBuffer: kMaxBuffer, ...normalizeSpawnArguments(file, args, options) };
  validateTimeout(options.timeout);
  validateMaxBuffer(options.maxBuffer);
  options.killSignal = sanitizeKillSignal(options.killSignal);
  options.stdio = getValidStdio(options.stdio || 'pipe', true).stdio;
  if (options.input !== undefined && options.input !== null) {
    options.stdio[0] = { ...options.stdio[0], input: options.input };
  }
  const { Buffer } = require('buffer');
  for (const [i, pipe] of options.stdio.entries()) {
    const { input } = pipe;
    if (input === undefined || input === null) continue;
    if (ArrayBuffer.isView(input)) continue;
    if (typeof input === 'string') {
      pipe.input = Buffer.from(input, options.encoding === 'buffer' ? undefined : options.encoding);
    } else {
      throw new ERR_INVALID_ARG_TYPE(`options.stdio[${i}]`, ['Buffer', 'TypedArray', 'DataView', 'string'], input);
    }
  }
  return internal.spawnSync(options);
}

function checkExecSyncError(result, args, command) {
  let error;
  if (result.error) {
    ({ error } = result);
    Object.assign(error, result);
  } else if (result.status !== 0) {
    let message = `Command failed: ${command || args.join(' ')}`;
    if (result.stderr?.length > 0) message += `\n${result.stderr.toString()}`;
    error = genericNodeError(message, result);
  }
  return error;
}

/** execFileSync(file[, args][, options]) */
function execFileSync(file, args, options) {
  ({ file, args, options } = normalizeExecFileArgs(file, args, options));
  const inheritStderr = !options.stdio;
  const result = spawnSync(file, args, options);
  if (inheritStderr && result.stderr) process.stderr.write(result.stderr);
  const error = checkExecSyncError(result, [options.argv0 || file, ...args], undefined);
  if (error) throw error;
  return result.stdout;
}

/** execSync(command[, options]) */
function execSync(command, options) {
  const normalized = normalizeExecArgs(command, options, null);
  const inheritStderr = !normalized.options.stdio;
  const result = spawnSync(normalized.file, normalized.options);
  if (inheritStderr && result.stderr) process.stderr.write(result.stderr);
  const error = checkExecSyncError(result, undefined, command);
  if (error) throw error;
  return result.stdout;
}

const { clearTimeout, setTimeout } = require('timers');

module.exports = {
  _forkChild,
  ChildProcess,
  exec,
  execFile,
  execFileSync,
  execSync,
  fork,
  spawn,
  spawnSync,
};
