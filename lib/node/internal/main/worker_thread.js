'use strict';

// The first thing a worker runs: it waits for the message that says what the program is.
//
// Binding contract:
//   worker.getEnvMessagePort() -> the port to the thread that started this one, the same each time.
//   process_methods.setLoopCallbacks, process_methods.reallyExit(code): ends the thread.

const { getEnvMessagePort } = internalBinding('worker');
const execution = require('internal/process/execution');
const { messageTypes } = require('internal/worker/messages');
const thread = require('internal/worker/thread');

const port = getEnvMessagePort();
thread.start(port);
process._fatalException = onUncaughtException;
internalBinding('process_methods').setLoopCallbacks(execution.beforeExit, () => {
  const code = execution.exit();
  thread.flush();
  return code;
});

port.on('message', (message) => {
  switch (message.type) {
    case messageTypes.LOAD_SCRIPT:
      port.unref();
      return load(message);
    case messageTypes.STDIO_PAYLOAD:
    case messageTypes.STDIO_WANTS_MORE_DATA:
      return thread.handleStdio(message);
    case messageTypes.QUERY:
      return port.postMessage({ type: messageTypes.ANSWER, id: message.id, value: answer(message.what) });
  }
});

function answer(what) {
  if (what === 'heapStatistics') {
    const statistics = internalBinding('v8').getHeapStatistics();
    return { ...statistics, does_zap_garbage: Boolean(statistics.does_zap_garbage) };
  }
  if (what === 'heapSnapshot') return internalBinding('v8').heapSnapshot();
  return process.threadCpuUsage();
}

function load({ filename, doEval, argv, workerData, environmentData, publicPort, hasStdin }) {
  const isEval = doEval === 'classic';
  process.argv.splice(1, process.argv.length, isEval || doEval === 'module' ? '[worker eval]' : filename, ...(argv ?? []));
  thread.patchProcess(hasStdin);
  require('internal/worker').assignEnvironmentData(environmentData);
  const api = require('worker_threads');
  api.parentPort = publicPort;
  api.workerData = workerData;
  require('internal/main/start').prepare(false);
  port.postMessage({ type: messageTypes.UP_AND_RUNNING });

  if (isEval) {
    const { runSource } = require('internal/main/source');
    runSource('[worker eval]', filename, false);
  } else if (doEval === 'module') {
    const { runEntryPointWithESMLoader } = require('internal/modules/run_main');
    runEntryPointWithESMLoader(() => execution.evalModule(filename, false));
  } else {
    require('internal/modules/cjs/loader').Module.runMain(filename);
  }
}

/** What nobody handles ends the thread, and is an 'error' event of the Worker object. */
function onUncaughtException(error, fromPromise) {
  let threw = false;
  const wasExiting = process._exiting;
  try {
    if (execution.onUncaughtException(error, fromPromise)) return true;
  } catch (thrown) {
    error = thrown;
    threw = true;
  }
  if (!process._exiting) {
    try {
      process._exiting = true;
      process.exitCode = 1;
      if (!threw && !wasExiting) process.emit('exit', process.exitCode);
    } catch {
      // The first error is the one to report.
    }
  }
  let serialized;
  try {
    serialized = require('internal/worker/errors').serializeError(error);
    port.postMessage({ type: messageTypes.ERROR_MESSAGE, error: serialized });
  } catch {
    port.postMessage({ type: messageTypes.COULD_NOT_SERIALIZE_ERROR });
  }
  require('internal/async_hooks').clearAsyncIdStack();
  // Listeners of 'exit' may have changed the code.
  process.reallyExit(process.exitCode ?? 1);
  return true;
}
