'use strict';

// Decides whether the main program is CommonJS or an ES module, and runs it.

const { getOptionValue } = require('internal/options');

function resolveMainPath(main) {
  const { Module, toRealPath } = require('internal/modules/cjs/loader');
  const { resolve } = require('path');
  const mainPath = Module._findPath(resolve(main), null, true);
  if (!mainPath) return undefined;
  return getOptionValue('--preserve-symlinks-main') ? mainPath : toRealPath(mainPath);
}

function shouldUseESMLoader(mainPath) {
  const imports = getOptionValue('--import');
  if (Array.isArray(imports) && imports.length > 0) return true;
  if (mainPath === undefined) return false;
  if (mainPath.endsWith('.mjs') || mainPath.endsWith('.mts') || mainPath.endsWith('.wasm')) return true;
  if (mainPath.endsWith('.cjs') || mainPath.endsWith('.cts')) return false;
  if (mainPath.endsWith('.js') || mainPath.endsWith('.ts')) {
    return require('internal/modules/package_json_reader').getNearestParentPackageJSONType(mainPath) === 'module';
  }
  return false;
}

/** Runs work of the ES module loader; a rejection ends the program as an uncaught exception does. */
function runEntryPointWithESMLoader(callback) {
  const { getCascadedLoader } = require('internal/modules/esm/loader');
  const loader = getCascadedLoader();
  return handleProcessExit(async () => {
    const imports = getOptionValue('--import');
    if (Array.isArray(imports) && imports.length > 0) {
      const { pathToFileURL } = require('internal/url');
      const parentURL = pathToFileURL(`${process.cwd()}/`).href;
      for (const specifier of imports) await loader.import(specifier, parentURL, { __proto__: null });
    }
    return callback(loader);
  });
}

const kUnsettledTopLevelAwait = 13;

// A main module whose top-level await never settles ends the process with code 13.
async function handleProcessExit(fn) {
  const onExit = () => {
    process.exitCode ??= kUnsettledTopLevelAwait;
  };
  process.on('exit', onExit);
  try {
    return await fn();
  } catch (error) {
    process.removeListener('exit', onExit);
    internalBinding('errors').triggerUncaughtException(error, true);
    return undefined;
  } finally {
    process.removeListener('exit', onExit);
  }
}

function executeUserEntryPoint(main = process.argv[1]) {
  const mainPath = resolveMainPath(main);
  if (!shouldUseESMLoader(mainPath)) {
    require('internal/modules/cjs/loader').Module._load(main, null, true);
    return;
  }
  const { pathToFileURL } = require('internal/url');
  const url = pathToFileURL(mainPath ?? require('path').resolve(main)).href;
  runEntryPointWithESMLoader((loader) => {
    loader.setMainURL(url);
    return loader.import(url, undefined, { __proto__: null });
  });
}

module.exports = { executeUserEntryPoint, handleProcessExit, runEntryPointWithESMLoader };
