'use strict';

// Binding contract: contextify.stripTypeScriptTypes(source, filename | undefined) -> string, or throws a SyntaxError.

const { Module } = require('internal/modules/cjs/loader');
const compileCache = require('internal/modules/compile_cache');

Module.registerHooks = function registerHooks(hooks) {
  return require('internal/modules/customization_hooks').registerHooks(hooks);
};

Module.register = function register() {
  const { codes: { ERR_METHOD_NOT_IMPLEMENTED } } = require('internal/errors');
  throw new ERR_METHOD_NOT_IMPLEMENTED('module.register()');
};

Module.constants = Object.freeze({ __proto__: null, compileCacheStatus: compileCache.status });
Module.enableCompileCache = compileCache.enableCompileCache;
Module.flushCompileCache = compileCache.flushCompileCache;
Module.getCompileCacheDir = compileCache.getCompileCacheDir;

Module.findPackageJSON = function findPackageJSON(...args) {
  return require('internal/modules/package_json_reader').findPackageJSON(...args);
};

Module.stripTypeScriptTypes = function stripTypeScriptTypes(code, options = {}) {
  const { validateObject, validateOneOf, validateString } = require('internal/validators');
  validateString(code, 'code');
  validateObject(options, 'options');
  const { sourceUrl = '', mode = 'strip' } = options;
  validateOneOf(mode, 'options.mode', ['strip']);
  validateString(sourceUrl, 'options.sourceUrl');
  const stripped = internalBinding('contextify').stripTypeScriptTypes(code, sourceUrl || undefined);
  return sourceUrl ? `${stripped}\n\n//# sourceURL=${sourceUrl}` : stripped;
};

Module.findSourceMap = function findSourceMap(path) {
  return require('internal/source_map/source_map_cache').findSourceMap(path);
};

Module.getSourceMapsSupport = function getSourceMapsSupport() {
  return require('internal/source_map/source_map_cache').getSourceMapsSupport();
};

Module.setSourceMapsSupport = function setSourceMapsSupport(enabled, options = {}) {
  const { nodeModules = false, generatedCode = false } = options;
  require('internal/source_map/source_map_cache').setSourceMapsSupport({ enabled, nodeModules, generatedCode });
};

Object.defineProperty(Module, 'SourceMap', {
  __proto__: null,
  configurable: true,
  enumerable: true,
  get() {
    return require('internal/source_map/source_map').SourceMap;
  },
});

module.exports = Module;
