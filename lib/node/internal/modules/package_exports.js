'use strict';

// The "exports" and "imports" fields: PACKAGE_EXPORTS_RESOLVE and PACKAGE_IMPORTS_RESOLVE of Node's ES module
// documentation, on paths, so that CommonJS does not need URLs. `base` is the importing file's path (or
// undefined) and serves messages only.

const { codes: {
  ERR_INVALID_MODULE_SPECIFIER,
  ERR_INVALID_PACKAGE_CONFIG,
  ERR_INVALID_PACKAGE_TARGET,
  ERR_PACKAGE_IMPORT_NOT_DEFINED,
  ERR_PACKAGE_PATH_NOT_EXPORTED,
} } = require('internal/errors');
const { getPackageScopeConfig } = require('internal/modules/package_json_reader');
const { resolve } = require('path');

// A path segment that is '.', '..' or 'node_modules', also percent-encoded.
const invalidSegment = /(^|\\|\/)((\.|%2e)(\.|%2e)?|(n|%6e|%4e)(o|%6f|%4f)(d|%64|%44)(e|%65|%45)(_|%5f)(m|%6d|%4d)(o|%6f|%4f)(d|%64|%44)(u|%75|%55)(l|%6c|%4c)(e|%65|%45)(s|%73|%53))(\\|\/|$)/i;
const arrayIndex = /^(?:0|[1-9][0-9]*)$/;
const encodedSeparator = /%2f|%5c/i;

/** Splits a bare specifier; throws when the name is not valid. */
function parsePackageName(specifier, base) {
  let separator = specifier.indexOf('/');
  let valid = true;
  let isScoped = false;
  if (specifier[0] === '@') {
    isScoped = true;
    if (separator === -1 || specifier.length === 0) valid = false;
    else separator = specifier.indexOf('/', separator + 1);
  }
  const packageName = separator === -1 ? specifier : specifier.slice(0, separator);
  if (packageName === '' || packageName[0] === '.' || packageName.includes('\\') || packageName.includes('%')) {
    valid = false;
  }
  if (!valid) throw new ERR_INVALID_MODULE_SPECIFIER(specifier, 'is not a valid package name', base);
  return { packageName, packageSubpath: `.${separator === -1 ? '' : specifier.slice(separator)}`, isScoped };
}

function isConditionalSugar(exports, jsonPath, base) {
  if (typeof exports === 'string' || Array.isArray(exports)) return true;
  if (typeof exports !== 'object' || exports === null) return false;
  let isSugar = false;
  let first = true;
  for (const key of Object.keys(exports)) {
    const keyIsCondition = key === '' || key[0] !== '.';
    if (first) {
      first = false;
      isSugar = keyIsCondition;
    } else if (isSugar !== keyIsCondition) {
      throw new ERR_INVALID_PACKAGE_CONFIG(
        jsonPath, base,
        '"exports" cannot contain some keys starting with \'.\' and some not. The exports object must either be ' +
        'an object of package subpath keys or an object of main entry condition name keys only.');
    }
  }
  return isSugar;
}

function invalidTarget(key, target, packageDir, isImport, base) {
  if (typeof target === 'object' && target !== null) target = JSON.stringify(target, null, '');
  else target = `${target}`;
  return new ERR_INVALID_PACKAGE_TARGET(`${packageDir}/`, key, target, isImport, base);
}

function invalidSubpath(request, match, jsonPath, isImport, base) {
  const reason = `request is not a valid match in pattern "${match}" for the "${isImport ? 'imports' : 'exports'}" ` +
    `resolution of ${jsonPath}`;
  return new ERR_INVALID_MODULE_SPECIFIER(request, reason, base);
}

function decodeTarget(target) {
  if (!target.includes('%')) return target;
  try {
    return decodeURIComponent(target);
  } catch {
    return target;
  }
}

function isURLLike(target) {
  return /^[a-z][a-z0-9+.-]*:/i.test(target);
}

function resolveTargetString(target, subpath, match, context) {
  const { packageDir, base, isPattern, isImport, resolveBare } = context;
  if (subpath !== '' && !isPattern && target[target.length - 1] !== '/') {
    throw invalidTarget(match, target, packageDir, isImport, base);
  }
  if (!target.startsWith('./')) {
    if (isImport && !target.startsWith('../') && !target.startsWith('/')) {
      const full = isPattern ? target.replaceAll('*', () => subpath) : target + subpath;
      if (!isURLLike(target)) return resolveBare(full, `${packageDir}/package.json`);
      if (target.startsWith('node:')) return { specifier: full };
    }
    throw invalidTarget(match, target, packageDir, isImport, base);
  }
  if (invalidSegment.test(target.slice(2))) throw invalidTarget(match, target, packageDir, isImport, base);
  const resolved = resolve(packageDir, decodeTarget(target)) + (target.endsWith('/') ? '/' : '');
  if (!resolved.startsWith(`${packageDir}/`)) throw invalidTarget(match, target, packageDir, isImport, base);
  if (subpath === '') return resolved;
  if (invalidSegment.test(subpath)) {
    const request = isPattern ? match.replace('*', () => subpath) : match + subpath;
    throw invalidSubpath(request, match, `${packageDir}/package.json`, isImport, base);
  }
  if (encodedSeparator.test(subpath)) {
    throw new ERR_INVALID_MODULE_SPECIFIER(
      subpath, 'must not include encoded "/" or "\\" characters', base);
  }
  if (isPattern) return resolved.replaceAll('*', () => decodeTarget(subpath));
  return resolve(resolved, decodeTarget(subpath));
}

// PACKAGE_TARGET_RESOLVE: a path, { specifier } for a URL, null for "not exported", undefined for "no match".
function resolveTarget(target, subpath, match, context) {
  if (typeof target === 'string') return resolveTargetString(target, subpath, match, context);
  if (Array.isArray(target)) {
    if (target.length === 0) return null;
    let lastError;
    for (const item of target) {
      let result;
      try {
        result = resolveTarget(item, subpath, match, context);
      } catch (error) {
        lastError = error;
        if (error.code !== 'ERR_INVALID_PACKAGE_TARGET') throw error;
        continue;
      }
      if (result === undefined) continue;
      if (result === null) {
        lastError = null;
        continue;
      }
      return result;
    }
    if (lastError) throw lastError;
    return lastError;
  }
  if (typeof target === 'object' && target !== null) {
    const keys = Object.keys(target);
    for (const key of keys) {
      if (arrayIndex.test(key)) {
        throw new ERR_INVALID_PACKAGE_CONFIG(`${context.packageDir}/package.json`, context.base,
                                             '"exports" cannot contain numeric property keys.');
      }
    }
    for (const key of keys) {
      if (key !== 'default' && !context.conditions.has(key)) continue;
      const result = resolveTarget(target[key], subpath, match, context);
      if (result !== undefined) return result;
    }
    return undefined;
  }
  if (target === null) return null;
  throw invalidTarget(match, target, context.packageDir, context.isImport, context.base);
}

// PATTERN_KEY_COMPARE: the longer prefix first.
function patternKeyCompare(a, b) {
  const aStar = a.indexOf('*');
  const bStar = b.indexOf('*');
  const aBase = aStar === -1 ? a.length : aStar + 1;
  const bBase = bStar === -1 ? b.length : bStar + 1;
  if (aBase !== bBase) return bBase - aBase;
  if (aStar === -1) return 1;
  if (bStar === -1) return -1;
  return b.length - a.length;
}

// PACKAGE_IMPORTS_EXPORTS_RESOLVE
function resolveMap(map, request, context) {
  if (Object.hasOwn(map, request) && !request.includes('*') && !request.endsWith('/')) {
    return resolveTarget(map[request], '', request, context);
  }
  let best = '';
  let subpath = '';
  for (const key of Object.keys(map)) {
    const star = key.indexOf('*');
    if (star === -1 || !request.startsWith(key.slice(0, star))) continue;
    const trailer = key.slice(star + 1);
    if (request.length >= key.length && request.endsWith(trailer) && patternKeyCompare(best, key) > 0 &&
        key.lastIndexOf('*') === star) {
      best = key;
      subpath = request.slice(star, request.length - trailer.length);
    }
  }
  if (best === '') return undefined;
  return resolveTarget(map[best], subpath, best, { ...context, isPattern: true });
}

/** PACKAGE_EXPORTS_RESOLVE: the path of `subpath` ('.' or './x') of the package in `packageDir`. */
function packageExportsResolve(packageDir, subpath, config, base, conditions) {
  let { exports } = config;
  const jsonPath = `${packageDir}/package.json`;
  if (isConditionalSugar(exports, jsonPath, base)) exports = { '.': exports };
  const context = { packageDir, base, conditions, isPattern: false, isImport: false, resolveBare: undefined };
  const resolved = typeof exports === 'object' && exports !== null ? resolveMap(exports, subpath, context) : undefined;
  if (resolved === null || resolved === undefined) {
    throw new ERR_PACKAGE_PATH_NOT_EXPORTED(`${packageDir}/`, subpath, base);
  }
  return resolved;
}

/**
 * PACKAGE_IMPORTS_RESOLVE: what `#name`, used in the file `from`, stands for: a path, or { specifier } for a URL.
 * `resolveBare(specifier, parentPath)` resolves targets that name other packages.
 */
function packageImportsResolve(name, from, base, conditions, resolveBare) {
  if (name === '#' || name.endsWith('/')) {
    throw new ERR_INVALID_MODULE_SPECIFIER(name, 'is not a valid internal imports specifier name', base);
  }
  const config = getPackageScopeConfig(from);
  if (config.exists && config.imports !== undefined) {
    const context = {
      packageDir: config.directory, base, conditions, isPattern: false, isImport: true, resolveBare,
    };
    const resolved = resolveMap(config.imports, name, context);
    if (resolved !== null && resolved !== undefined) return resolved;
  }
  throw new ERR_PACKAGE_IMPORT_NOT_DEFINED(name, config.exists ? `${config.directory}/` : undefined, base);
}

module.exports = { packageExportsResolve, packageImportsResolve, parsePackageName };
