'use strict';

// Resolution of ES module specifiers, as "Resolution algorithm" of Node's ES module documentation states it.
//
// Binding contract: fs.internalModuleStat(path), fs.realpath(path, 'utf8', undefined).

const { BuiltinModule } = require('internal/bootstrap/realm');
const { fileURLToPath, pathToFileURL, URL } = require('internal/url');
const { getOptionValue } = require('internal/options');
const { getEsmConditions } = require('internal/modules/helpers');
const packageReader = require('internal/modules/package_json_reader');
const { packageExportsResolve, packageImportsResolve, parsePackageName } = require('internal/modules/package_exports');
const { codes: {
  ERR_INVALID_MODULE_SPECIFIER,
  ERR_MODULE_NOT_FOUND,
  ERR_UNSUPPORTED_DIR_IMPORT,
  ERR_UNSUPPORTED_RESOLVE_REQUEST,
} } = require('internal/errors');

const fsBinding = internalBinding('fs');

function pathOf(url) {
  return url !== undefined && url.startsWith('file:') ? fileURLToPath(url) : url;
}

function isRelativeOrAbsolute(specifier) {
  return specifier[0] === '/' || specifier === '.' || specifier === '..' || specifier.startsWith('./') ||
    specifier.startsWith('../');
}

function urlFromPath(path) {
  return pathToFileURL(path).href;
}

// The "main" of a package without "exports": the file as named, then with the usual endings.
const kMainEndings = ['', '.js', '.json', '.node', '/index.js', '/index.json', '/index.node'];
const kIndexNames = ['index.js', 'index.json', 'index.node'];

function legacyMainResolve(directory, config, base) {
  if (config.main) {
    const main = require('path').join(directory, config.main).replace(/\/$/, '');
    for (const ending of kMainEndings) {
      if (fsBinding.internalModuleStat(main + ending) === 0) return urlFromPath(main + ending);
    }
  }
  for (const name of kIndexNames) {
    if (fsBinding.internalModuleStat(`${directory}/${name}`) === 0) return urlFromPath(`${directory}/${name}`);
  }
  throw new ERR_MODULE_NOT_FOUND(directory, pathOf(base), undefined);
}

// A map may answer with the URL of a builtin or the like.
function mapResult(result) {
  return typeof result === 'object' ? resolveSpecifierURL(result.specifier) : urlFromPath(result);
}

function resolveSpecifierURL(specifier) {
  if (specifier.startsWith('node:')) return specifier;
  return new URL(specifier).href;
}

/** PACKAGE_RESOLVE */
function packageResolve(specifier, base, conditions) {
  if (BuiltinModule.canBeRequiredByUsersWithoutScheme(specifier)) return `node:${specifier}`;
  const { packageName, packageSubpath } = parsePackageName(specifier, pathOf(base));
  const basePath = fileURLToPath(base);

  // PACKAGE_SELF_RESOLVE
  const self = packageReader.getNearestParentPackageJSON(basePath);
  if (self !== undefined && self.exports !== undefined && self.exports !== null && self.name === packageName) {
    return mapResult(packageExportsResolve(self.directory, packageSubpath, self, basePath, conditions));
  }

  let directory = basePath.slice(0, basePath.lastIndexOf('/'));
  for (;;) {
    const packageDir = `${directory}/node_modules/${packageName}`;
    if (!directory.endsWith('/node_modules') && fsBinding.internalModuleStat(packageDir) === 1) {
      const config = packageReader.read(`${packageDir}/package.json`, { base: basePath, specifier, isESM: true });
      if (config.exports !== undefined && config.exports !== null) {
        return mapResult(packageExportsResolve(packageDir, packageSubpath, config, basePath, conditions));
      }
      if (packageSubpath === '.') return legacyMainResolve(packageDir, config, base);
      return new URL(packageSubpath, `${urlFromPath(packageDir)}/`).href;
    }
    if (directory === '') break;
    directory = directory.slice(0, directory.lastIndexOf('/'));
  }
  throw new ERR_MODULE_NOT_FOUND(packageName, basePath, undefined);
}

// What a URL names must be a file; its real path is the module's identity.
function finalizeResolution(url, base) {
  const resolved = new URL(url);
  if (resolved.protocol !== 'file:') return url;
  if (/%2f|%5c/i.test(resolved.pathname)) {
    throw new ERR_INVALID_MODULE_SPECIFIER(resolved.pathname, 'must not include encoded "/" or "\\" characters',
                                           pathOf(base));
  }
  let path;
  try {
    path = fileURLToPath(resolved);
  } catch (error) {
    error.input = `${url}`;
    error.module = pathOf(base);
    throw error;
  }
  const kind = fsBinding.internalModuleStat(path.endsWith('/') ? path.slice(0, -1) || '/' : path);
  if (kind === 1) throw new ERR_UNSUPPORTED_DIR_IMPORT(path, pathOf(base), resolved.href);
  if (kind !== 0 || path.endsWith('/')) {
    throw new ERR_MODULE_NOT_FOUND(path, base === undefined ? undefined : pathOf(base), resolved.href);
  }
  if (getOptionValue('--preserve-symlinks')) return resolved.href;
  const real = fsBinding.realpath(path, 'utf8', undefined);
  if (real === path) return resolved.href;
  const { search, hash } = resolved;
  return urlFromPath(real) + search + hash;
}

/** ESM_RESOLVE without the check that the file exists. */
function moduleResolve(specifier, base, conditions) {
  const isData = base !== undefined && base.startsWith('data:');
  if (isRelativeOrAbsolute(specifier)) {
    const resolved = URL.parse(specifier, base);
    if (resolved === null) {
      throw new ERR_UNSUPPORTED_RESOLVE_REQUEST(specifier, base);
    }
    return resolved.href;
  }
  if (specifier[0] === '#') {
    if (base === undefined || !base.startsWith('file:')) {
      throw new ERR_INVALID_MODULE_SPECIFIER(specifier, 'is not a valid internal imports specifier name', pathOf(base));
    }
    const path = fileURLToPath(base);
    const resolveBare = (name, parentPath) => {
      const url = packageResolve(name, urlFromPath(parentPath), conditions);
      return url.startsWith('file:') ? fileURLToPath(url) : { specifier: url };
    };
    return mapResult(packageImportsResolve(specifier, path, path, conditions, resolveBare));
  }
  const absolute = URL.parse(specifier);
  if (absolute !== null) return absolute.href;
  if (isData && !BuiltinModule.canBeRequiredByUsersWithoutScheme(specifier)) {
    throw new ERR_UNSUPPORTED_RESOLVE_REQUEST(specifier, base);
  }
  return packageResolve(specifier, base ?? urlFromPath(`${process.cwd()}/`), conditions);
}

/** The URL `specifier`, imported by the module `parentURL`, stands for. */
function defaultResolve(specifier, parentURL, conditions = getEsmConditions()) {
  if (BuiltinModule.canBeRequiredByUsersWithoutScheme(specifier)) return `node:${specifier}`;
  if (specifier.startsWith('node:')) return specifier;
  let url;
  try {
    url = moduleResolve(specifier, parentURL, conditions);
  } catch (error) {
    if (error.code === 'ERR_MODULE_NOT_FOUND' || error.code === 'ERR_UNSUPPORTED_DIR_IMPORT') {
      decorateWithHint(error, specifier, parentURL);
    }
    throw error;
  }
  return finalizeResolution(url, parentURL);
}

// A CommonJS `require` would have found something: says so.
function decorateWithHint(error, specifier, parentURL) {
  if (parentURL === undefined || !parentURL.startsWith('file:')) return;
  const { Module } = require('internal/modules/cjs/loader');
  const { dirname } = require('path');
  const parent = dirname(fileURLToPath(parentURL));
  const paths = isRelativeOrAbsolute(specifier) ? [parent] : Module._nodeModulePaths(parent);
  let found;
  try {
    found = Module._findPath(specifier, paths, false);
  } catch {
    return;
  }
  if (!found) return;
  const lines = error.stack.split('\n');
  const index = found.indexOf(`/node_modules/${specifier}/`);
  const suggestion = index === -1 ? found : found.slice(index + '/node_modules/'.length);
  lines[0] += `\nDid you mean to import ${JSON.stringify(suggestion)}?`;
  error.stack = lines.join('\n');
}

module.exports = { defaultResolve, moduleResolve, packageResolve };
