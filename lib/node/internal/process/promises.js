'use strict';

// Binding contract:
//   task_queue.setPromiseRejectCallback(fn(type, promise, reason)); task_queue.promiseRejectEvents:
//     { kPromiseRejectWithNoHandler, kPromiseHandlerAddedAfterReject, kPromiseResolveAfterResolved,
//       kPromiseRejectAfterResolved }; task_queue.tickInfo[1] = hasRejectionToWarn.
//   errors.triggerUncaughtException(error, fromPromise); errors.noSideEffectsToString(value) -> string.

const { tickInfo, promiseRejectEvents, setPromiseRejectCallback } = internalBinding('task_queue');
const AsyncContextFrame = require('internal/async_context_frame');

const kHasRejectionToWarn = 1;

// Rejected promises without a handler, until they were reported; then in `reported` until collected.
const pending = new Map();
const reported = new WeakMap();
let handledLate = [];
let lastId = 0;
let policy;

function setHasRejectionToWarn(value) {
  tickInfo[kHasRejectionToWarn] = value ? 1 : 0;
}

function hasRejectionToWarn() {
  return tickInfo[kHasRejectionToWarn] === 1;
}

function promiseRejectHandler(type, promise, reason) {
  switch (type) {
    case promiseRejectEvents.kPromiseRejectWithNoHandler:
      pending.set(promise, {
        reason,
        id: ++lastId,
        warned: false,
        domain: process.domain,
        frame: AsyncContextFrame.current(),
      });
      setHasRejectionToWarn(true);
      break;
    case promiseRejectEvents.kPromiseHandlerAddedAfterReject:
      handledRejection(promise);
      break;
    case promiseRejectEvents.kPromiseRejectAfterResolved:
      multipleResolves('reject', promise, reason);
      break;
    case promiseRejectEvents.kPromiseResolveAfterResolved:
      multipleResolves('resolve', promise, reason);
      break;
  }
}

function multipleResolves(type, promise, reason) {
  if (process.listenerCount('multipleResolves') > 0) process.emit('multipleResolves', type, promise, reason);
}

function handledRejection(promise) {
  if (pending.delete(promise)) return;
  const info = reported.get(promise);
  if (info === undefined) return;
  reported.delete(promise);
  if (!info.warned) return;
  const warning = new Error(`Promise rejection was handled asynchronously (rejection id: ${info.id})`);
  warning.name = 'PromiseRejectionHandledWarning';
  warning.id = info.id;
  handledLate.push({ promise, warning });
  setHasRejectionToWarn(true);
}

function isErrorLike(value) {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, 'stack');
}

function describe(reason) {
  return internalBinding('errors').noSideEffectsToString(reason);
}

function emitUnhandledRejectionWarning(info) {
  const warning = new Error(
    'Unhandled promise rejection. This error originated either by throwing inside of an async function ' +
    'without a catch block, or by rejecting a promise which was not handled with .catch(). To terminate the ' +
    'node process on unhandled promise rejection, use the CLI flag `--unhandled-rejections=strict` (see ' +
    `https://nodejs.org/api/cli.html#cli_unhandled_rejections_mode). (rejection id: ${info.id})`);
  warning.name = 'UnhandledPromiseRejectionWarning';
  const { reason } = info;
  if (isErrorLike(reason)) {
    warning.stack = reason.stack;
    process.emitWarning(reason.stack, 'UnhandledPromiseRejectionWarning');
  } else {
    process.emitWarning(describe(reason), 'UnhandledPromiseRejectionWarning');
  }
  process.emitWarning(warning);
}

function uncaughtFor(reason) {
  if (isErrorLike(reason)) return reason;
  const error = new Error('This error originated either by throwing inside of an async function without a ' +
    'catch block, or by rejecting a promise which was not handled with .catch(). The promise rejected with ' +
    `the reason "${describe(reason)}".`);
  error.name = 'UnhandledPromiseRejection';
  error.code = 'ERR_UNHANDLED_REJECTION';
  return error;
}

function triggerUncaught(error) {
  internalBinding('errors').triggerUncaughtException(error, true);
}

function emitUnhandled(promise, info) {
  if (info.domain) return info.domain.emit('error', info.reason);
  return process.emit('unhandledRejection', info.reason, promise);
}

// The modes of --unhandled-rejections: each reports one rejection and says whether it counts as handled.
const policies = {
  strict(promise, info) {
    triggerUncaught(uncaughtFor(info.reason));
    if (!emitUnhandled(promise, info)) emitUnhandledRejectionWarning(info);
  },
  none(promise, info) {
    emitUnhandled(promise, info);
  },
  warn(promise, info) {
    emitUnhandled(promise, info);
    emitUnhandledRejectionWarning(info);
  },
  throw(promise, info) {
    if (!emitUnhandled(promise, info)) triggerUncaught(uncaughtFor(info.reason));
  },
  'warn-with-error-code'(promise, info) {
    if (emitUnhandled(promise, info)) return;
    emitUnhandledRejectionWarning(info);
    process.exitCode = 1;
  },
};

function currentPolicy() {
  if (policy === undefined) {
    const mode = require('internal/options').getOptionValue('--unhandled-rejections');
    policy = policies[mode] ?? policies.throw;
  }
  return policy;
}

/** Reports what is left unhandled after the microtasks ran; true when that may have queued new work. */
function processPromiseRejections() {
  if (tickInfo[kHasRejectionToWarn] === 0) return false;
  setHasRejectionToWarn(false);
  let didWork = handledLate.length > 0;
  if (didWork) {
    const list = handledLate;
    handledLate = [];
    for (const { promise, warning } of list) {
      if (!process.emit('rejectionHandled', promise)) process.emitWarning(warning);
    }
  }
  if (pending.size === 0) return didWork;
  const report = currentPolicy();
  const batch = [...pending];
  pending.clear();
  for (const [promise, info] of batch) {
    info.warned = true;
    reported.set(promise, info);
    didWork = true;
    const prior = AsyncContextFrame.exchange(info.frame);
    try {
      report(promise, info);
    } finally {
      AsyncContextFrame.set(prior);
    }
  }
  return didWork || pending.size > 0;
}

function listenForRejections() {
  setPromiseRejectCallback(promiseRejectHandler);
}

module.exports = { hasRejectionToWarn, setHasRejectionToWarn, listenForRejections, processPromiseRejections };
