'use strict';

// Reading and caching of package.json files.
//
// Binding contract: fs.internalReadFileString(path) -> string, or undefined when there is no such readable file.

const { internalReadFileString } = internalBinding('fs');

const cache = new Map();
const nearestCache = new Map();

const kNone = Object.freeze({ __proto__: null, exists: false, type: 'none' });

function isRecord(value) {
  return typeof value === 'object' && value !== null;
}

/**
 * What the loaders need of one package.json, or a record with `exists: false`.
 * `base` and `specifier` appear in the message when the file is not JSON.
 */
function read(jsonPath, { base, specifier, isESM } = {}) {
  const cached = cache.get(jsonPath);
  if (cached !== undefined) return cached;
  const text = internalReadFileString(jsonPath);
  let result = kNone;
  if (text !== undefined) {
    let data;
    try {
      data = JSON.parse(text.charCodeAt(0) === 0xFEFF ? text.slice(1) : text);
    } catch (error) {
      const { codes: { ERR_INVALID_PACKAGE_CONFIG } } = require('internal/errors');
      let from;
      if (isESM && base !== undefined) {
        from = (specifier ? `"${specifier}" from ` : '') + base;
      }
      throw new ERR_INVALID_PACKAGE_CONFIG(jsonPath, from, undefined);
    }
    // Own properties only: a program may have put names on Object.prototype.
    data = isRecord(data) ? { __proto__: null, ...data } : {};
    const { name, main, type, imports, exports } = data;
    result = {
      __proto__: null,
      exists: true,
      pjsonPath: jsonPath,
      directory: jsonPath.slice(0, -'/package.json'.length),
      name: typeof name === 'string' ? name : undefined,
      main: typeof main === 'string' ? main : undefined,
      type: type === 'module' || type === 'commonjs' ? type : 'none',
      imports: isRecord(imports) ? imports : undefined,
      exports,
    };
  }
  cache.set(jsonPath, result);
  return result;
}

function parentDirectory(path) {
  const slash = path.lastIndexOf('/');
  return slash <= 0 ? '' : path.slice(0, slash);
}

/** The record of the nearest package.json above `path` (a file), not looking beyond a node_modules folder. */
function getNearestParentPackageJSON(path) {
  const start = parentDirectory(path);
  const cached = nearestCache.get(start);
  if (cached !== undefined) return cached.exists ? cached : undefined;
  let result = kNone;
  for (let directory = start; ;) {
    if (directory.endsWith('/node_modules')) break;
    const found = read(`${directory}/package.json`);
    if (found.exists) {
      result = found;
      break;
    }
    if (directory === '') break;
    directory = parentDirectory(directory);
  }
  nearestCache.set(start, result);
  return result.exists ? result : undefined;
}

/** 'module', 'commonjs' or 'none'. */
function getNearestParentPackageJSONType(path) {
  return getNearestParentPackageJSON(path)?.type ?? 'none';
}

/** LOOKUP_PACKAGE_SCOPE of the ES module resolution. */
function getPackageScopeConfig(path) {
  return getNearestParentPackageJSON(path) ?? kNone;
}

/** module.findPackageJSON(specifier[, base]) */
function findPackageJSON(specifier, base = 'data:') {
  const { codes: { ERR_MISSING_ARGS, ERR_INVALID_ARG_TYPE } } = require('internal/errors');
  const { fileURLToPath, isURL, pathToFileURL, URL } = require('internal/url');
  const path = require('path');
  if (arguments.length === 0) throw new ERR_MISSING_ARGS('specifier');
  if (typeof specifier !== 'string' && !isURL(specifier)) {
    throw new ERR_INVALID_ARG_TYPE('specifier', ['string', 'URL'], specifier);
  }
  const toURL = (value) => (isURL(value) ? value.href : path.isAbsolute(value) ? pathToFileURL(value).href : value);
  const baseURL = toURL(base);
  const text = toURL(specifier);
  const isPathLike = isURL(specifier) || text.startsWith('file:') || /^\.{0,2}\//.test(text) || text === '.' || text === '..';
  if (isPathLike) {
    const file = fileURLToPath(new URL(text, baseURL));
    const stat = internalBinding('fs').internalModuleStat(file);
    const probe = stat === 1 ? `${file.replace(/\/$/, '')}/index.js` : file;
    return getNearestParentPackageJSON(probe)?.pjsonPath;
  }
  const { parsePackageName } = require('internal/modules/package_exports');
  const { packageName } = parsePackageName(text, baseURL);
  let directory = path.dirname(fileURLToPath(baseURL));
  for (;;) {
    const candidate = `${directory === '/' ? '' : directory}/node_modules/${packageName}/package.json`;
    if (read(candidate).exists) return candidate;
    const parent = path.dirname(directory);
    if (parent === directory) break;
    directory = parent;
  }
  const scope = getNearestParentPackageJSON(fileURLToPath(baseURL));
  if (scope?.name === packageName) return scope.pjsonPath;
  const { codes: { ERR_MODULE_NOT_FOUND } } = require('internal/errors');
  throw new ERR_MODULE_NOT_FOUND(text, fileURLToPath(baseURL), undefined);
}

module.exports = {
  findPackageJSON,
  getNearestParentPackageJSON,
  getNearestParentPackageJSONType,
  getPackageScopeConfig,
  read,
};
