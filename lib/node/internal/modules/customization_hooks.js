'use strict';

// module.registerHooks: synchronous hooks of resolution and loading, for CommonJS and ES modules alike.

const { codes: { ERR_INVALID_RETURN_PROPERTY_VALUE } } = require('internal/errors');
const { validateFunction, validateObject } = require('internal/validators');

// Last registered runs first.
let hooks = [];

function active() {
  return hooks.length > 0;
}

function resolveHooksActive() {
  return hooks.some((hook) => hook.resolve !== undefined);
}

function loadHooksActive() {
  return hooks.some((hook) => hook.load !== undefined);
}

function registerHooks(options) {
  validateObject(options, 'hooks');
  const { resolve, load } = options;
  if (resolve !== undefined) validateFunction(resolve, 'hooks.resolve');
  if (load !== undefined) validateFunction(load, 'hooks.load');
  const entry = { resolve, load };
  hooks = [...hooks, entry];
  require('internal/modules/cjs/loader').useCustomizationHooks(module.exports);
  require('internal/modules/esm/loader').useCustomizationHooks(module.exports);
  return {
    deregister() {
      hooks = hooks.filter((hook) => hook !== entry);
    },
  };
}

// Runs the chain of one kind: each hook gets a `next` that runs the one registered before it.
function runChain(kind, subject, context, last, check) {
  const chain = hooks.filter((hook) => hook[kind] !== undefined).map((hook) => hook[kind]);
  const step = (index, target, current) => {
    if (index < 0) return last(target, current);
    const next = (nextTarget = target, nextContext = undefined) =>
      step(index - 1, `${nextTarget}`, nextContext === undefined ? current : { ...current, ...nextContext });
    const result = chain[index](target, current, next);
    check(result, kind);
    return result;
  };
  return step(chain.length - 1, subject, context);
}

function checkResolve(result) {
  if (typeof result?.url !== 'string') {
    throw new ERR_INVALID_RETURN_PROPERTY_VALUE('a URL string', 'resolve', 'url', result?.url);
  }
}

function checkLoad(result) {
  const source = result?.source;
  if (source !== null && source !== undefined && typeof source !== 'string' && !ArrayBuffer.isView(source) &&
      !(source instanceof ArrayBuffer)) {
    throw new ERR_INVALID_RETURN_PROPERTY_VALUE('a string, an ArrayBuffer, or a TypedArray', 'load', 'source', source);
  }
}

function resolveWithHooks(specifier, parentURL, importAttributes, conditions, defaultResolve) {
  return runChain('resolve', specifier, { parentURL, importAttributes, conditions: [...conditions] },
                  defaultResolve, checkResolve);
}

function loadWithHooks(url, format, importAttributes, conditions, defaultLoad) {
  return runChain('load', url, { format, importAttributes, conditions: [...conditions] }, defaultLoad, checkLoad);
}

module.exports = { active, loadHooksActive, loadWithHooks, registerHooks, resolveHooksActive, resolveWithHooks };
