'use strict';

// A worker's view of its process: standard streams over the internal port, and no hold of what belongs to the process.

const { codes: { ERR_WORKER_UNSUPPORTED_OPERATION } } = require('internal/errors');
const { ReadableWorkerStdio, WritableWorkerStdio, handleMessage } = require('internal/worker/stdio');

let port;
const streams = { stdin: undefined, stdout: undefined, stderr: undefined };

function start(internalPort) {
  port = internalPort;
  const { reallyExit } = process;
  process.reallyExit = function(code) {
    flush();
    Reflect.apply(reallyExit, process, [code]);
  };
}

/** A standard stream of this thread, made when first touched. */
function stream(name) {
  if (streams[name] === undefined) {
    streams[name] = name === 'stdin' ? new ReadableWorkerStdio(port, name) : new WritableWorkerStdio(port, name);
    if (name !== 'stdin') streams[name]._isStdio = true;
  }
  return streams[name];
}

function handleStdio(message) {
  if (message.stream === 'stdin') stream('stdin');
  handleMessage(streams, message);
}

/** Sends what is still buffered: the thread is about to end. */
function flush() {
  for (const name of ['stdout', 'stderr']) streams[name]?.release();
}

function unavailable(name) {
  function disabled() {
    throw new ERR_WORKER_UNSUPPORTED_OPERATION(name);
  }
  disabled.disabled = true;
  return disabled;
}

function plainValue(name, value) {
  Object.defineProperty(process, name, { __proto__: null, value, configurable: true, enumerable: true, writable: true });
}

/** Takes away what would change the whole process. */
function patchProcess(hasStdin) {
  if (!hasStdin) stream('stdin').push(null);
  for (const name of ['abort', 'chdir', 'initgroups', 'setgroups', 'setegid', 'seteuid', 'setgid', 'setuid', 'execve']) {
    if (name in process) plainValue(name, unavailable(`process.${name}()`));
  }
  const { umask } = process;
  process.umask = function(mask) {
    if (mask !== undefined) throw new ERR_WORKER_UNSUPPORTED_OPERATION('Setting process.umask()');
    return umask();
  };
  for (const name of ['_startProfilerIdleNotifier', '_stopProfilerIdleNotifier', '_debugProcess', '_debugEnd']) {
    delete process[name];
  }
  plainValue('title', process.title);
  plainValue('debugPort', process.debugPort);
  if (process.env.NODE_CHANNEL_FD !== undefined) {
    for (const name of ['channel', 'connected']) {
      const refuse = unavailable(`process.${name}`);
      Object.defineProperty(process, name, { __proto__: null, configurable: true, enumerable: false, get: refuse });
    }
    for (const name of ['send', 'disconnect']) plainValue(name, unavailable(`process.${name}()`));
  }
}

module.exports = { flush, handleStdio, patchProcess, start, stream };
