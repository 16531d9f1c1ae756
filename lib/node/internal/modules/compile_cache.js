'use strict';

// module.enableCompileCache and what belongs to it: bytecode of modules, kept in files for the next run.
//
// Binding contract (`compile_cache`): enable(directory, isPortable, isTalkative) -> { directory } or { message }; directory()
//   -> string or undefined; flush(); say(text, isTalkative): prints for NODE_DEBUG_NATIVE=COMPILE_CACHE.

const binding = internalBinding('compile_cache');
const { codes: { ERR_INVALID_ARG_TYPE } } = require('internal/errors');
const { getOptionValue } = require('internal/options');

const status = Object.freeze({ __proto__: null, FAILED: 0, ENABLED: 1, ALREADY_ENABLED: 2, DISABLED: 3 });

function isTalkative() {
  return process.env.NODE_DEBUG_NATIVE?.toUpperCase().split(',').includes('COMPILE_CACHE') === true;
}

function fail(message) {
  binding.say(message, isTalkative());
  return { __proto__: null, status: status.FAILED, message };
}

function enableIn(directory, portable) {
  if (process.env.NODE_DISABLE_COMPILE_CACHE) {
    const message = 'Disabled by NODE_DISABLE_COMPILE_CACHE';
    binding.say(message, isTalkative());
    return { __proto__: null, status: status.DISABLED, message };
  }
  const absolute = require('path').resolve(directory);
  if (getOptionValue('--permission')) {
    const { has } = internalBinding('permission');
    for (const kind of ['write', 'read']) {
      if (!has(`fs.${kind}`, absolute)) {
        return fail(`Skipping compile cache because ${kind} permission for ${absolute} is not granted`);
      }
    }
  }
  const { directory: made, message } = binding.enable(absolute, portable, isTalkative());
  return made === undefined ? fail(message) : { __proto__: null, status: status.ENABLED, directory: made };
}

/** Turns the cache on: in the given directory, that of NODE_COMPILE_CACHE, or one for temporary files. */
function enableCompileCache(options) {
  let directory = options;
  let portable;
  if (typeof options === 'object' && options !== null) {
    ({ directory, portable } = options);
    if (portable !== undefined && typeof portable !== 'boolean') {
      throw new ERR_INVALID_ARG_TYPE('options.portable', 'boolean', portable);
    }
  }
  if (directory !== undefined && typeof directory !== 'string') {
    throw new ERR_INVALID_ARG_TYPE('cacheDir', 'string', directory);
  }
  const current = binding.directory();
  if (current !== undefined) return { __proto__: null, status: status.ALREADY_ENABLED, directory: current };
  directory ??= process.env.NODE_COMPILE_CACHE ||
    require('path').join(require('os').tmpdir(), 'node-compile-cache');
  return enableIn(directory, portable ?? process.env.NODE_COMPILE_CACHE_PORTABLE === '1');
}

/** Writes what has been compiled so far. */
function flushCompileCache(keepDeserializedCache = undefined) {
  if (keepDeserializedCache !== undefined && typeof keepDeserializedCache !== 'boolean') {
    throw new ERR_INVALID_ARG_TYPE('keepDeserializedCache', 'boolean', keepDeserializedCache);
  }
  require('internal/util/debuglog').debuglog('compile_cache')('module.flushCompileCache() called.');
  binding.flush();
  binding.say('module.flushCompileCache() finished.', isTalkative());
}

/** Where the cache is; undefined while it is off. */
function getCompileCacheDir() {
  return binding.directory();
}

module.exports = { status, enableCompileCache, flushCompileCache, getCompileCacheDir };
