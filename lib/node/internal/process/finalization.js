'use strict';

// process.finalization: callbacks for objects that are still alive when the process ends.

const { validateFunction, validateObject } = require('internal/validators');

function createFinalization() {
  const entries = { exit: new Set(), beforeExit: new Set() };
  const tokens = new WeakMap();
  const collected = new FinalizationRegistry((entry) => {
    entries[entry.event].delete(entry);
    unlisten(entry.event);
  });
  const handlers = {
    exit: () => run('exit'),
    beforeExit: () => run('beforeExit'),
  };
  const listening = { exit: false, beforeExit: false };

  function run(event) {
    for (const entry of [...entries[event]]) {
      const object = entry.ref.deref();
      entries[event].delete(entry);
      if (object !== undefined) entry.fn(object, event);
    }
    unlisten(event);
  }

  function unlisten(event) {
    if (entries[event].size > 0 || !listening[event]) return;
    listening[event] = false;
    process.removeListener(event, handlers[event]);
  }

  function add(event, object, fn) {
    validateObject(object, 'ref', 2 | 4);
    validateFunction(fn, 'fn');
    if (!listening[event]) {
      listening[event] = true;
      process.on(event, handlers[event]);
    }
    const entry = { ref: new WeakRef(object), fn, event };
    entries[event].add(entry);
    const list = tokens.get(object);
    if (list) list.push(entry);
    else tokens.set(object, [entry]);
    collected.register(object, entry, entry);
  }

  return {
    register(object, callback) {
      add('exit', object, callback);
    },
    registerBeforeExit(object, callback) {
      add('beforeExit', object, callback);
    },
    unregister(object) {
      const list = tokens.get(object);
      if (list === undefined) return;
      tokens.delete(object);
      for (const entry of list) {
        entries[entry.event].delete(entry);
        collected.unregister(entry);
        unlisten(entry.event);
      }
    },
  };
}

module.exports = { createFinalization };
