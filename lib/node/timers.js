'use strict';

const {
  Immediate,
  Timeout,
  insert,
  knownTimersById,
  removeImmediate,
  unenroll,
} = require('internal/timers');

function checkCallback(callback) {
  if (typeof callback !== 'function') require('internal/validators').validateFunction(callback, 'callback');
}

/** setTimeout(callback[, delay[, ...args]]) */
function setTimeout(callback, after, ...args) {
  checkCallback(callback);
  const timeout = new Timeout(callback, after, args.length > 0 ? args : undefined, false, true);
  insert(timeout, timeout._idleTimeout);
  return timeout;
}

/** setInterval(callback[, delay[, ...args]]) */
function setInterval(callback, repeat, ...args) {
  checkCallback(callback);
  const timeout = new Timeout(callback, repeat, args.length > 0 ? args : undefined, true, true);
  insert(timeout, timeout._idleTimeout);
  return timeout;
}

/** setImmediate(callback[, ...args]) */
function setImmediate(callback, ...args) {
  checkCallback(callback);
  return new Immediate(callback, args.length > 0 ? args : undefined);
}

/** clearTimeout(timeout): a Timeout, or its primitive id. */
function clearTimeout(timer) {
  if (timer?._onTimeout) {
    timer._onTimeout = null;
    unenroll(timer);
    return;
  }
  if (typeof timer === 'number' || typeof timer === 'string') {
    const known = knownTimersById[timer];
    if (known !== undefined) {
      known._onTimeout = null;
      unenroll(known);
    }
  }
}

function clearInterval(timer) {
  clearTimeout(timer);
}

function clearImmediate(immediate) {
  if (!immediate?._onImmediate || immediate._destroyed) return;
  removeImmediate(immediate);
}

const customPromisify = Symbol.for('nodejs.util.promisify.custom');
for (const fn of [setTimeout, setImmediate]) {
  Object.defineProperty(fn, customPromisify, {
    __proto__: null,
    enumerable: true,
    get() {
      return require('timers/promises')[fn.name];
    },
  });
}

module.exports = { setTimeout, clearTimeout, setImmediate, clearImmediate, setInterval, clearInterval };
Object.defineProperty(module.exports, 'promises', {
  __proto__: null,
  configurable: true,
  enumerable: true,
  get() {
    return require('timers/promises');
  },
});
