'use strict';

// The two calls the engine makes: import() and import.meta.
//
// Binding contract (module_wrap):
//   setImportModuleDynamicallyCallback(fn(referrerSymbolOrId, specifier, attributes, phase, referrerName) -> promise);
//   setInitializeImportMetaObjectCallback(fn(id, meta, wrap)): wrap.url is the module's URL.
// A script compiled with a symbol as its host-defined option passes that symbol as the referrer.

const referrers = new WeakMap();

/** A host-defined option for source text whose import() resolves against `url`. */
function referrerSymbol(url) {
  const symbol = Symbol(url);
  referrers.set(symbol, { url, importModuleDynamically: undefined, owner: undefined });
  return symbol;
}

/** Registers `callback(specifier, owner, attributes, phase)` for the import() of what was compiled with `symbol`. */
function registerImportModuleDynamically(symbol, owner, callback) {
  referrers.set(symbol, { url: undefined, importModuleDynamically: callback, owner });
}

/** Registers what a module of the vm module wants to be asked. */
function registerModule(symbol, { owner, importModuleDynamically, initializeImportMeta }) {
  referrers.set(symbol, { url: undefined, owner, importModuleDynamically, initializeImportMeta });
}

function importModuleDynamicallyCallback(referrer, specifier, attributes, phase, referrerName) {
  const known = typeof referrer === 'symbol' ? referrers.get(referrer) : undefined;
  if (known?.importModuleDynamically !== undefined) {
    return callImportCallback(known, specifier, attributes, phase);
  }
  const { normalizeReferrerURL } = require('internal/modules/helpers');
  const parentURL = known?.url ?? normalizeReferrerURL(referrerName);
  const loader = require('internal/modules/esm/loader').getCascadedLoader();
  importChannel ??= require('internal/channels').lazyTracingChannel('module.import');
  const channel = importChannel();
  if (channel === undefined) return loader.import(specifier, parentURL, attributes, phase);
  return channel.tracePromise(loader.import, { __proto__: null, parentURL, url: specifier }, loader,
                              specifier, parentURL, attributes, phase);
}
let importChannel;

async function callImportCallback({ importModuleDynamically, owner }, specifier, attributes, phase) {
  const { kSourcePhase } = internalBinding('module_wrap');
  const phaseName = phase === kSourcePhase ? 'source' : 'evaluation';
  const result = await importModuleDynamically(specifier, owner, attributes, phaseName);
  return require('internal/vm/module').namespaceOf(result);
}

function initializeImportMeta(id, meta, wrap) {
  const known = typeof id === 'symbol' ? referrers.get(id) : undefined;
  if (known?.initializeImportMeta !== undefined) {
    known.initializeImportMeta(meta, known.owner);
    return;
  }
  require('internal/modules/esm/loader').getCascadedLoader().initializeImportMeta(meta, wrap.url);
}

/** Before user code runs. */
function initializeESM() {
  const binding = internalBinding('module_wrap');
  binding.setImportModuleDynamicallyCallback(importModuleDynamicallyCallback);
  binding.setInitializeImportMetaObjectCallback(initializeImportMeta);
}

module.exports = { initializeESM, referrerSymbol, registerImportModuleDynamically, registerModule };
