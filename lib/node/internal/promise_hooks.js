'use strict';

// Hooks on the life of promises: `v8.promiseHooks`, and the engine's four hooks shared by all who want them.
//
// Binding contract: async_wrap.setPromiseHooks(init?, before?, after?, settled?).

const { setPromiseHooks } = internalBinding('async_wrap');
const { validatePlainFunction } = require('internal/validators');

const kNames = ['init', 'before', 'after', 'settled'];
// Per name, the functions to call. The arrays are replaced, never changed: a hook may stop hooks.
const lists = { __proto__: null, init: [], before: [], after: [], settled: [] };

function fail(error) {
  const { triggerUncaughtException } = internalBinding('errors');
  triggerUncaughtException(error, false);
}

/** The one function that the engine calls, undefined without any. */
function combined(name) {
  const list = lists[name];
  if (list.length === 0) return undefined;
  if (list.length === 1) return list[0];
  return (promise, parent) => {
    for (const hook of lists[name]) {
      try {
        hook(promise, parent);
      } catch (error) {
        fail(error);
      }
    }
  };
}

function update() {
  setPromiseHooks(...kNames.map(combined));
}

/** Adds hooks by name; the result removes them again. */
function addHooks(hooks) {
  const added = kNames.filter((name) => hooks[name] !== undefined);
  for (const name of added) lists[name] = [...lists[name], hooks[name]];
  update();
  let active = true;
  return function stop() {
    if (!active) return;
    active = false;
    for (const name of added) {
      const at = lists[name].indexOf(hooks[name]);
      lists[name] = lists[name].toSpliced(at, 1);
    }
    update();
  };
}

function hookOf(name) {
  return (hook) => {
    validatePlainFunction(hook, `${name}Hook`);
    return addHooks({ __proto__: null, [name]: hook });
  };
}

/** Adds several hooks at once; the result removes them. */
function createHook(hooks = {}) {
  const chosen = { __proto__: null };
  for (const name of kNames) {
    const hook = hooks[name];
    if (hook === undefined) continue;
    validatePlainFunction(hook, `${name}Hook`);
    chosen[name] = hook;
  }
  return addHooks(chosen);
}

module.exports = {
  addHooks,
  promiseHooks: {
    createHook,
    onInit: hookOf('init'),
    onBefore: hookOf('before'),
    onAfter: hookOf('after'),
    onSettled: hookOf('settled'),
  },
};
