'use strict';

// CommonJS: resolution, loading and compiling of modules, and the public `Module` class.
//
// Binding contract:
//   fs.internalModuleStat(path) -> 0 file, 1 directory, negative: nothing; fs.realpath(path, 'utf8', undefined) -> string;
//   fs.readFileUtf8(path, flags) -> string.
//   contextify.compileFunctionForCJSLoader(source, filename, isMain, isESMDetect) -> { function, canParseAsESM,
//     sourceMapURL }: function (exports, require, module, __filename, __dirname); with isESMDetect a source that is
//     only valid as an ES module gives { function: undefined, canParseAsESM: true } instead of a SyntaxError.
//     A filename ending in .ts, .cts or .mts has its types stripped.
//   process_methods.dlopen(module, filename, flags).

const path = require('path');
const { isProxy } = require('internal/util/types');
const { BuiltinModule } = require('internal/bootstrap/realm');
const { getOptionValue } = require('internal/options');
const { getCjsConditions, stripBOM } = require('internal/modules/helpers');
const { lazyTracingChannel } = require('internal/channels');
const packageReader = require('internal/modules/package_json_reader');

const fsBinding = internalBinding('fs');
const { internalModuleStat } = fsBinding;

const kIsMain = Symbol('kIsMainSymbol');
const kIsRequired = Symbol('kIsForRequireInImportedCJS');
const kFormat = Symbol('kFormat');
const kURL = Symbol('kURL');
const kInEvaluation = Symbol('kInEvaluation');

const relativeResolveCache = Object.create(null);
let requireDepth = 0;
let statCache = null;
let isPreloading = false;
let modulePaths = [];

function stat(filename) {
  if (statCache !== null) {
    const known = statCache.get(filename);
    if (known !== undefined) return known;
  }
  const result = internalModuleStat(filename);
  // Only what exists is remembered: a file may be created while modules are loading.
  if (statCache !== null && result >= 0) statCache.set(filename, result);
  return result;
}

function toRealPath(requestPath) {
  return fsBinding.realpath(requestPath, 'utf8', undefined);
}

function updateChildren(parent, child, scan) {
  const children = parent?.children;
  if (children && !(scan && children.includes(child))) children.push(child);
}

/** A CommonJS module: `module` in a file. */
function Module(id = '', parent) {
  this.id = id;
  this.path = path.dirname(id);
  // Not an assignment: a program may have put an accessor of the name on Object.prototype.
  Object.defineProperty(this, 'exports', { __proto__: null, configurable: true, enumerable: true, writable: true, value: {} });
  if (parent !== undefined) defineParent(this, parent);
  updateChildren(parent, this, false);
  this.filename = null;
  this.loaded = false;
  this.children = [];
}

const parents = new WeakMap();
function defineParent(module, parent) {
  parents.set(module, parent);
}

Module._cache = Object.create(null);
Module._pathCache = Object.create(null);
Module._extensions = Object.create(null);
Module.globalPaths = [];
Module.Module = Module;

let builtinModules;
Object.defineProperty(Module, 'builtinModules', {
  __proto__: null,
  configurable: true,
  enumerable: true,
  get() {
    return builtinModules ??= Object.freeze(BuiltinModule.getAllBuiltinModuleIds());
  },
});
Module.isBuiltin = function isBuiltin(id) {
  return typeof id === 'string' && BuiltinModule.isBuiltin(id);
};

Object.defineProperty(Module.prototype, 'isPreloading', {
  __proto__: null,
  configurable: true,
  get() {
    return isPreloading;
  },
});
let parentWarned = false;
function warnOfParent() {
  if (parentWarned || !getOptionValue('--pending-deprecation')) return;
  parentWarned = true;
  process.emitWarning(
    'module.parent is deprecated due to accuracy issues. Please use require.main to find program entry point instead.',
    'DeprecationWarning', 'DEP0144');
}
Object.defineProperty(Module.prototype, 'parent', {
  __proto__: null,
  configurable: true,
  get() {
    warnOfParent();
    return parents.get(this);
  },
  set(value) {
    warnOfParent();
    parents.set(this, value);
  },
});

const kWrapper = ['(function (exports, require, module, __filename, __dirname) { ', '\n});'];
let wrapperPatched = false;
function defaultWrap(script) {
  return Module.wrapper[0] + script + Module.wrapper[1];
}
let wrap = defaultWrap;
const wrapperProxy = new Proxy(kWrapper, {
  __proto__: null,
  set(target, property, value, receiver) {
    wrapperPatched = true;
    return Reflect.set(target, property, value, receiver);
  },
  defineProperty(target, property, descriptor) {
    wrapperPatched = true;
    return Reflect.defineProperty(target, property, descriptor);
  },
});
Object.defineProperty(Module, 'wrap', {
  __proto__: null,
  configurable: true,
  get() {
    return wrap;
  },
  set(value) {
    wrapperPatched = true;
    wrap = value;
  },
});
Object.defineProperty(Module, 'wrapper', {
  __proto__: null,
  configurable: true,
  get() {
    return wrapperProxy;
  },
  set(value) {
    wrapperPatched = true;
    Object.defineProperty(Module, 'wrapper', { __proto__: null, configurable: true, writable: true, value });
  },
});

function tryFile(requestPath, isMain) {
  if (stat(requestPath) !== 0) return false;
  if (getOptionValue(isMain ? '--preserve-symlinks-main' : '--preserve-symlinks')) return path.resolve(requestPath);
  return toRealPath(requestPath);
}

function tryExtensions(basePath, extensions, isMain) {
  for (let i = 0; i < extensions.length; i++) {
    const filename = tryFile(basePath + extensions[i], isMain);
    if (filename) return filename;
  }
  return false;
}

function readPackage(directory) {
  return packageReader.read(`${directory === '/' ? '' : directory}/package.json`);
}

function tryPackage(requestPath, extensions, isMain, originalPath) {
  const { main } = readPackage(requestPath);
  if (!main) return tryExtensions(path.resolve(requestPath, 'index'), extensions, isMain);
  const filename = path.resolve(requestPath, main);
  let actual = tryFile(filename, isMain) || tryExtensions(filename, extensions, isMain) ||
    tryExtensions(path.resolve(filename, 'index'), extensions, isMain);
  if (actual !== false) return actual;
  actual = tryExtensions(path.resolve(requestPath, 'index'), extensions, isMain);
  const jsonPath = path.resolve(requestPath, 'package.json');
  if (!actual) {
    const error = new Error(`Cannot find module '${filename}'. Please verify that the package.json has a valid "main" entry`);
    error.code = 'MODULE_NOT_FOUND';
    error.path = jsonPath;
    error.requestPath = originalPath;
    throw error;
  }
  process.emitWarning(`Invalid 'main' field in '${jsonPath}' of '${main}'. ` +
                      'Please either fix that or report it to the module author', 'DeprecationWarning', 'DEP0128');
  return actual;
}

// The longest registered extension of a name: '.a.b' before '.b'.
function findLongestRegisteredExtension(filename) {
  const name = path.basename(filename);
  let index;
  let start = 0;
  while ((index = name.indexOf('.', start)) !== -1) {
    start = index + 1;
    if (index === 0) continue;
    const extension = name.slice(index);
    if (Module._extensions[extension]) return extension;
  }
  return '.js';
}

const kExportsPattern = /^((?:@[^/\\%]+\/)?[^./\\%][^/\\%]*)(\/.*)?$/;

function esmNotFound(specifierPath) {
  const error = new Error(`Cannot find module '${specifierPath}'`);
  error.code = 'MODULE_NOT_FOUND';
  const packageJSON = packageReader.getNearestParentPackageJSON(specifierPath);
  if (packageJSON) error.path = packageJSON.pjsonPath;
  return error;
}

// What a package's maps name must exist as it stands: no extensions are tried.
function finalizeResolution(resolved, parentPath) {
  if (typeof resolved === 'object') return resolved.specifier;
  if (/%2f|%5c/i.test(resolved)) {
    const { codes: { ERR_INVALID_MODULE_SPECIFIER } } = require('internal/errors');
    throw new ERR_INVALID_MODULE_SPECIFIER(resolved, 'must not include encoded "/" or "\\" characters', parentPath);
  }
  const actual = tryFile(resolved, false);
  if (actual) return actual;
  throw esmNotFound(resolved);
}

function resolveExports(nodeModulesPath, request, conditions) {
  const match = kExportsPattern.exec(request);
  if (match === null) return undefined;
  const packageDir = path.resolve(nodeModulesPath, match[1]);
  const config = readPackage(packageDir);
  if (!config.exists || config.exports === undefined || config.exports === null) return undefined;
  const { packageExportsResolve } = require('internal/modules/package_exports');
  return finalizeResolution(packageExportsResolve(packageDir, `.${match[2] ?? ''}`, config, null, conditions), null);
}

// A package may refer to itself by name when it has "exports".
function trySelf(parentPath, request, conditions) {
  if (!parentPath) return false;
  const config = packageReader.getNearestParentPackageJSON(parentPath);
  if (config === undefined || config.exports === undefined || config.exports === null || config.name === undefined) {
    return false;
  }
  let subpath;
  if (request === config.name) subpath = '.';
  else if (request.startsWith(`${config.name}/`)) subpath = `.${request.slice(config.name.length)}`;
  else return false;
  const { packageExportsResolve } = require('internal/modules/package_exports');
  return finalizeResolution(packageExportsResolve(config.directory, subpath, config, parentPath, conditions), parentPath);
}

/** Looks for `request` in `paths`; the file's path or false. */
Module._stat = stat;

Module._findPath = function(request, paths, isMain, conditions = getCjsConditions()) {
  const isAbsolute = path.isAbsolute(request);
  if (isAbsolute) paths = [''];
  else if (!paths || paths.length === 0) return false;

  const cacheKey = `${request}\x00${paths.join('\x00')}`;
  const cached = Module._pathCache[cacheKey];
  if (cached) return cached;

  const trailingSlash = request.endsWith('/') || request.endsWith('/.') || request.endsWith('/..') ||
    request === '.' || request === '..';
  const isRelative = request.startsWith('./') || request.startsWith('../') || request === '.' || request === '..';
  let insidePath = true;
  if (isRelative) {
    const normalized = path.normalize(request);
    if (normalized.startsWith('..')) insidePath = false;
  }

  let extensions;
  for (const directory of paths) {
    if (insidePath && directory && stat(directory) < 1) continue;
    if (!isAbsolute) {
      const exported = resolveExports(directory, request, conditions);
      if (exported) {
        Module._pathCache[cacheKey] = exported;
        return exported;
      }
    }
    const basePath = path.resolve(directory, request);
    let filename = false;
    const kind = stat(basePath);
    if (!trailingSlash) {
      if (kind === 0) {
        filename = getOptionValue(isMain ? '--preserve-symlinks-main' : '--preserve-symlinks') ?
          path.resolve(basePath) : toRealPath(basePath);
      }
      if (!filename) {
        extensions ??= Object.keys(Module._extensions);
        filename = tryExtensions(basePath, extensions, isMain);
      }
    }
    if (!filename && kind === 1) {
      extensions ??= Object.keys(Module._extensions);
      filename = tryPackage(basePath, extensions, isMain, request);
    }
    if (filename) {
      Module._pathCache[cacheKey] = filename;
      return filename;
    }
  }
  return false;
};

/** The node_modules folders a file in `from` sees. */
Module._nodeModulePaths = function(from) {
  from = path.resolve(from);
  if (from === '/') return ['/node_modules'];
  const paths = [];
  let end = from.length;
  for (let i = from.length - 1; i >= 0; i--) {
    if (from[i] !== '/') continue;
    if (from.slice(i + 1, end) !== 'node_modules') paths.push(`${from.slice(0, end)}/node_modules`);
    end = i;
  }
  paths.push('/node_modules');
  return paths;
};

function isRelativeRequest(request) {
  return request[0] === '.' &&
    (request.length === 1 || request[1] === '/' || (request[1] === '.' && (request.length === 2 || request[2] === '/')));
}

/** The folders in which `request` is looked for; null for builtins. */
Module._resolveLookupPaths = function(request, parent) {
  if (BuiltinModule.normalizeRequirableId(request) !== undefined) return null;
  if (!isRelativeRequest(request)) {
    return parent?.paths?.length ? [...parent.paths, ...modulePaths] : modulePaths;
  }
  // Without a file (the REPL, --eval) relative requests are relative to the working directory.
  if (!parent?.id || !parent.filename) return ['.', ...Module._nodeModulePaths('.'), ...modulePaths];
  return [path.dirname(parent.filename)];
};

function wrapResolveFilename(request, parent, isMain) {
  const { resolveHooksActive, resolveWithHooks } = customizationHooks;
  if (!resolveHooksActive()) return { filename: Module._resolveFilename(request, parent, isMain) };
  const { pathToFileURL, fileURLToPath } = require('internal/url');
  const parentURL = parent?.filename ? pathToFileURL(parent.filename).href : undefined;
  const toURL = (filename) => (BuiltinModule.isBuiltin(filename) ?
    (filename.startsWith('node:') ? filename : `node:${filename}`) : pathToFileURL(filename).href);
  const result = resolveWithHooks(request, parentURL, {}, getCjsConditions(), (specifier, context) => {
    if (specifier.startsWith('file:')) specifier = fileURLToPath(specifier);
    const conditions = new Set(context?.conditions ?? getCjsConditions());
    const filename = Module._resolveFilename(specifier, parent, isMain, { conditions });
    return { __proto__: null, url: toURL(filename) };
  });
  const { url, format } = result;
  let filename = url;
  if (url.startsWith('file:')) filename = fileURLToPath(url);
  else if (url.startsWith('node:')) filename = BuiltinModule.canBeRequiredByUsersWithoutScheme(url.slice(5)) ? url.slice(5) : url;
  return { filename, url, format };
}

/** Loads `request` on behalf of `parent` and returns its exports. */
Module._load = function(request, parent, isMain) {
  let relativeKey;
  if (parent && !hooksActive()) {
    relativeKey = `${parent.path}\x00${request}`;
    const known = relativeResolveCache[relativeKey];
    if (known !== undefined) {
      const cached = Module._cache[known];
      if (cached !== undefined) {
        updateChildren(parent, cached, true);
        if (!cached.loaded) return getExportsForCircularRequire(cached);
        return cached.exports;
      }
      delete relativeResolveCache[relativeKey];
    }
  }

  if (request.startsWith('node:') && !hooksActive()) {
    const id = request.slice(5);
    if (!BuiltinModule.canBeRequiredByUsers(id)) {
      const { codes: { ERR_UNKNOWN_BUILTIN_MODULE } } = require('internal/errors');
      throw new ERR_UNKNOWN_BUILTIN_MODULE(request);
    }
    return BuiltinModule.loadForUser(id).exports;
  }

  let filename;
  let url;
  let format;
  if (hooksActive()) ({ filename, url, format } = wrapResolveFilename(request, parent, isMain));
  else filename = Module._resolveFilename(request, parent, isMain);

  const cached = Module._cache[filename];
  if (cached !== undefined) {
    updateChildren(parent, cached, true);
    if (cached.loaded) return cached.exports;
    if (!cached[kIsRequired]) return getExportsForCircularRequire(cached);
    return cached.exports;
  }

  const builtinId = BuiltinModule.normalizeRequirableId(filename);
  if (builtinId !== undefined) return BuiltinModule.loadForUser(builtinId).exports;

  const module = new Module(filename, parent ?? undefined);
  if (parent === null) defineParent(module, null);
  if (isMain) {
    Object.defineProperty(process, 'mainModule', {
      __proto__: null, configurable: true, enumerable: true, writable: true, value: module,
    });
    module.id = '.';
    module[kIsMain] = true;
  }
  if (format !== undefined) module[kFormat] = format;
  if (url !== undefined) module[kURL] = url;

  Module._cache[filename] = module;
  if (relativeKey !== undefined) relativeResolveCache[relativeKey] = filename;
  let threw = true;
  try {
    module.load(filename);
    threw = false;
  } finally {
    if (threw) {
      delete Module._cache[filename];
      if (parent !== undefined) {
        if (relativeKey !== undefined) delete relativeResolveCache[relativeKey];
        const children = parent?.children;
        if (Array.isArray(children)) {
          const index = children.indexOf(module);
          if (index !== -1) children.splice(index, 1);
        }
      }
    } else if (circularWarnings !== undefined && !isProxy(module.exports) && typeof module.exports === 'object' &&
               module.exports !== null && Object.getPrototypeOf(module.exports) === circularWarnings) {
      Object.setPrototypeOf(module.exports, Object.prototype);
    }
  }
  return module.exports;
};

let customizationHooks;
function hooksActive() {
  return customizationHooks !== undefined && customizationHooks.active();
}

function warnOfMissing(name) {
  process.emitWarning(
    `Accessing non-existent property '${String(name)}' of module exports inside circular dependency`);
}

const kCircularHandler = {
  get(target, name) {
    // What transpilers generate asks for __esModule of everything.
    if (name in target || name === '__esModule') return target[name];
    warnOfMissing(name);
    return undefined;
  },
  getOwnPropertyDescriptor(target, name) {
    if (Object.hasOwn(target, name) || name === '__esModule') return Object.getOwnPropertyDescriptor(target, name);
    warnOfMissing(name);
    return undefined;
  },
};
let circularWarnings;

/** The prototype of unfinished exports: it warns of what is not there yet. */
function watchMissing(exports) {
  if (typeof exports !== 'object' || exports === null || isProxy(exports)) return;
  if (Object.getPrototypeOf(exports) !== Object.prototype || exports.__esModule) return;
  circularWarnings ??= new Proxy({}, kCircularHandler);
  Object.setPrototypeOf(exports, circularWarnings);
}

function getExportsForCircularRequire(module) {
  if (module[kFormat] === 'module' && module[kInEvaluation]) {
    const { codes: { ERR_REQUIRE_CYCLE_MODULE } } = require('internal/errors');
    throw new ERR_REQUIRE_CYCLE_MODULE(
      `Cannot require() ES Module ${module.filename} in a cycle. A cycle involving require(esm) is disallowed to ` +
      'maintain invariants mandated by the ECMAScript specification. Try making at least part of the dependency in ' +
      'the graph lazily loaded.');
  }
  watchMissing(module.exports);
  return module.exports;
}

/** The file `request` stands for, or the name of a builtin; throws MODULE_NOT_FOUND. */
Module._resolveFilename = function(request, parent, isMain, options) {
  if (BuiltinModule.normalizeRequirableId(request) !== undefined) return request;
  const conditions = options?.conditions ?? getCjsConditions();

  let paths;
  if (typeof options === 'object' && options !== null) {
    if (Array.isArray(options.paths)) {
      if (isRelativeRequest(request)) {
        options.paths.forEach((directory, index) => {
          require('internal/validators').validateString(directory, `options.paths[${index}]`);
        });
        paths = options.paths;
      } else {
        const fakeParent = new Module('', null);
        paths = [];
        for (const [index, directory] of options.paths.entries()) {
          require('internal/validators').validateString(directory, `options.paths[${index}]`);
          fakeParent.paths = Module._nodeModulePaths(directory);
          for (const lookup of Module._resolveLookupPaths(request, fakeParent)) {
            if (!paths.includes(lookup)) paths.push(lookup);
          }
        }
      }
    } else if (options.paths === undefined) {
      paths = Module._resolveLookupPaths(request, parent);
    } else {
      const { codes: { ERR_INVALID_ARG_VALUE } } = require('internal/errors');
      throw new ERR_INVALID_ARG_VALUE('options.paths', options.paths);
    }
  } else {
    paths = Module._resolveLookupPaths(request, parent);
  }

  if (request[0] === '#' && (parent?.filename || parent?.id === '<repl>')) {
    const from = parent.filename ?? `${process.cwd()}/<repl>`;
    const config = packageReader.getNearestParentPackageJSON(from);
    if (config?.imports !== undefined) {
      const { packageImportsResolve } = require('internal/modules/package_exports');
      const resolveBare = (specifier, parentPath) => {
        const { fileURLToPath, pathToFileURL } = require('internal/url');
        const { packageResolve } = require('internal/modules/esm/resolve');
        const url = packageResolve(specifier, pathToFileURL(parentPath).href, conditions);
        return url.startsWith('file:') ? fileURLToPath(url) : { specifier: url };
      };
      try {
        return finalizeResolution(packageImportsResolve(request, from, from, conditions, resolveBare), from);
      } catch (error) {
        if (error.code === 'ERR_MODULE_NOT_FOUND') throw esmNotFound(request);
        throw error;
      }
    }
  }

  const parentPath = parent?.filename ?? (parent?.id === '<repl>' || parent?.id === 'internal/preload' ? `${process.cwd()}${path.sep}` : undefined);
  const self = trySelf(parentPath, request, conditions);
  if (self) return self;

  const filename = Module._findPath(request, paths, isMain, conditions);
  if (filename) return filename;

  const requireStack = [];
  for (let cursor = parent; cursor; cursor = parents.get(cursor)) requireStack.push(cursor.filename || cursor.id);
  let message = `Cannot find module '${request}'`;
  if (requireStack.length > 0) message = `${message}\nRequire stack:\n- ${requireStack.join('\n- ')}`;
  const error = new Error(message);
  error.code = 'MODULE_NOT_FOUND';
  error.requireStack = requireStack;
  throw error;
};

/** Loads the file `filename` into this module. */
Module.prototype.load = function(filename) {
  this.filename ??= filename;
  this.paths ??= Module._nodeModulePaths(path.dirname(filename));
  Module._extensions[findLongestRegisteredExtension(filename)](this, filename);
  this.loaded = true;
};

const requireChannel = lazyTracingChannel('module.require');

/** `require` of this module. */
Module.prototype.require = function(id) {
  if (typeof id !== 'string' || id === '') {
    require('internal/validators').validateString(id, 'id');
    const { codes: { ERR_INVALID_ARG_VALUE } } = require('internal/errors');
    throw new ERR_INVALID_ARG_VALUE('id', id, 'must be a non-empty string');
  }
  if (requireDepth++ === 0) statCache = new Map();
  try {
    const channel = requireChannel();
    if (channel === undefined) return Module._load(id, this, false);
    return channel.traceSync(Module._load, { __proto__: null, parentFilename: this.filename, id }, Module, id, this, false);
  } finally {
    if (--requireDepth === 0) statCache = null;
  }
};

function wrapSafe(filename, content, module, detect) {
  const { compileFunctionForCJSLoader, ContextifyScript } = internalBinding('contextify');
  if (wrapperPatched) {
    const { referrerSymbol } = require('internal/modules/esm/utils');
    const { pathToFileURL } = require('internal/url');
    const script = new ContextifyScript(Module.wrap(content), filename, 0, 0, undefined, false,
                                        referrerSymbol(pathToFileURL(filename).href));
    return {
      canParseAsESM: false,
      function: script.runInContext(null, -1, true, false, false),
      sourceMapURL: script.sourceMapURL,
    };
  }
  return compileFunctionForCJSLoader(content, filename, module?.[kIsMain] === true, detect);
}

/**
 * Compiles `content` as this module's file and runs it. `format`: 'commonjs', 'module', 'json', with '-typescript'
 * variants; undefined: found out.
 */
Module.prototype._compile = function(content, filename, format) {
  if (format === 'module' || format === 'module-typescript') {
    loadESMFromCJS(this, filename, format, content);
    return undefined;
  }
  const detect = format !== 'commonjs' && format !== 'commonjs-typescript';
  const compiled = wrapSafe(filename, content, this, detect);
  if (compiled.canParseAsESM && compiled.function === undefined) {
    loadESMFromCJS(this, filename, 'module', content);
    return undefined;
  }
  if (compiled.sourceMapURL && process.sourceMapsEnabled) {
    require('internal/source_map/source_map_cache').maybeCacheSourceMap(filename, compiled.sourceMapURL);
  }
  const { exports } = this;
  const isTopLevel = requireDepth === 0;
  if (isTopLevel) statCache = new Map();
  let result;
  try {
    result = Reflect.apply(compiled.function, exports,
                           [exports, makeRequireFunction(this), this, filename, path.dirname(filename)]);
  } finally {
    if (isTopLevel) statCache = null;
  }
  return result;
};

/** Gives `module` the namespace of the ES module in `filename`. */
function loadESMFromCJS(module, filename, format, source) {
  const { getCascadedLoader } = require('internal/modules/esm/loader');
  const { pathToFileURL } = require('internal/url');
  module[kFormat] = 'module';
  const url = module[kURL] ?? pathToFileURL(filename).href;
  if (module[kIsMain]) {
    Object.defineProperty(process, 'mainModule', {
      __proto__: null, configurable: true, enumerable: true, writable: true, value: undefined,
    });
    require('internal/modules/run_main').runEntryPointWithESMLoader((loader) => {
      loader.setMainURL(url);
      return loader.import(url, undefined, { __proto__: null });
    });
    return;
  }
  if (getOptionValue('--experimental-require-module') === false) {
    const { codes: { ERR_REQUIRE_ESM } } = require('internal/errors');
    const parent = parents.get(module);
    throw new ERR_REQUIRE_ESM(filename, true, parent?.filename, undefined);
  }
  const parent = parents.get(module);
  module[kInEvaluation] = true;
  let wrapped;
  try {
    wrapped = getCascadedLoader().importSyncForRequire(url, format, source, parent?.filename);
  } finally {
    module[kInEvaluation] = false;
  }
  const namespace = wrapped.getNamespace();
  if (Object.hasOwn(namespace, 'module.exports')) {
    module.exports = namespace['module.exports'];
  } else if (!('default' in namespace) || '__esModule' in namespace) {
    module.exports = namespace;
  } else {
    // Tools that compiled `import` to `require` look for __esModule beside a default export.
    module.exports = requiredModuleFacade(wrapped);
  }
}

function requiredModuleFacade(wrapped) {
  const { ModuleWrap } = internalBinding('module_wrap');
  const facade = new ModuleWrap('node:internal/require_module_default_facade', undefined,
                                "export * from 'original'; export { default } from 'original'; export const __esModule = true;",
                                0, 0);
  facade.link(facade.getModuleRequests().map(() => wrapped));
  facade.instantiate();
  facade.evaluate(-1, false);
  return facade.getNamespace();
}

function readSource(module, filename, format) {
  if (!hooksActive()) return { source: fsBinding.readFileUtf8(filename, 0), format };
  const { pathToFileURL } = require('internal/url');
  const { loadWithHooks, loadHooksActive } = customizationHooks;
  if (!loadHooksActive()) return { source: fsBinding.readFileUtf8(filename, 0), format };
  const url = module[kURL] ?? pathToFileURL(filename).href;
  const result = loadWithHooks(url, format, {}, getCjsConditions(), (target, context) => ({
    __proto__: null,
    format: context?.format ?? format,
    source: fsBinding.readFileUtf8(target.startsWith('file:') ? require('internal/url').fileURLToPath(target) : target, 0),
  }));
  let { source } = result;
  if (source !== null && source !== undefined && typeof source !== 'string') {
    source = require('buffer').Buffer.from(source.buffer ?? source, source.byteOffset, source.byteLength).toString();
  }
  return { source, format: result.format ?? format };
}

const kTypeByExtension = {
  '__proto__': null, '.cjs': 'commonjs', '.mjs': 'module', '.cts': 'commonjs', '.mts': 'module',
};

function isUnderNodeModules(filename) {
  return filename.includes('/node_modules/');
}

function loadJavaScript(module, filename, isTypeScript) {
  let format = kTypeByExtension[path.extname(filename)];
  let packageJSON;
  if (format === undefined) {
    packageJSON = packageReader.getNearestParentPackageJSON(filename);
    if (packageJSON !== undefined && packageJSON.type !== 'none') format = packageJSON.type;
  }
  if (isTypeScript && isUnderNodeModules(filename)) {
    const { codes: { ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING } } = require('internal/errors');
    throw new ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING(filename);
  }
  if (isTypeScript && format !== undefined) format += '-typescript';
  const { source, format: actual } = readSource(module, filename, module[kFormat] ?? format);
  if (actual === 'json') {
    loadJSON(module, filename, source);
    return;
  }
  module._compile(stripBOM(source), filename, actual);
}

function loadJSON(module, filename, content) {
  try {
    module.exports = JSON.parse(stripBOM(content));
  } catch (error) {
    error.message = `${filename}: ${error.message}`;
    throw error;
  }
}

Module._extensions['.js'] = function(module, filename) {
  loadJavaScript(module, filename, false);
};

Module._extensions['.json'] = function(module, filename) {
  const { source } = readSource(module, filename, 'json');
  loadJSON(module, filename, source);
};

Module._extensions['.node'] = function(module, filename) {
  return process.dlopen(module, path.toNamespacedPath(filename));
};

for (const extension of ['.ts', '.cts', '.mts']) {
  // Found only by their full name: `require('./x')` does not try them.
  Object.defineProperty(Module._extensions, extension, {
    __proto__: null,
    configurable: true,
    enumerable: extension === '.ts',
    writable: true,
    value(module, filename) {
      loadJavaScript(module, filename, true);
    },
  });
}

/** `require` as a file sees it. */
function makeRequireFunction(module) {
  const require = function require(path) {
    return module.require(path);
  };
  require.resolve = function resolve(request, options) {
    checkRequest(request);
    if (hooksActive()) return wrapResolveFilename(request, module, false).filename;
    return Module._resolveFilename(request, module, false, options);
  };
  require.resolve.paths = function paths(request) {
    checkRequest(request);
    return Module._resolveLookupPaths(request, module);
  };
  // Not an assignment: a program may have put an accessor of the name on Object.prototype.
  Object.defineProperty(require, 'main', {
    __proto__: null, configurable: true, enumerable: true, writable: true, value: process.mainModule,
  });
  require.extensions = Module._extensions;
  require.cache = Module._cache;
  return require;
}

function checkRequest(request) {
  if (typeof request !== 'string') require('internal/validators').validateString(request, 'request');
}

/** module.createRequire(filename): an absolute path, a file URL or its string. */
Module.createRequire = function createRequire(filename) {
  let file = filename;
  const isFileURL = typeof filename === 'string' && filename.startsWith('file:');
  if (isFileURL || (typeof filename === 'object' && filename !== null && require('internal/url').isURL(filename))) {
    try {
      file = require('internal/url').fileURLToPath(filename);
    } catch {
      file = undefined;
    }
  }
  if (typeof file !== 'string' || !path.isAbsolute(file)) {
    const { codes: { ERR_INVALID_ARG_VALUE } } = require('internal/errors');
    throw new ERR_INVALID_ARG_VALUE('filename', filename,
                                    'must be a file URL object, file URL string, or absolute path string');
  }
  // For a directory (trailing slash) the requires are relative to it.
  const proxyPath = file.endsWith('/') ? path.join(file, 'noop.js') : file;
  const module = new Module(proxyPath);
  module.filename = proxyPath;
  module.paths = Module._nodeModulePaths(module.path);
  return makeRequireFunction(module);
};

/** Computes the global folders of NODE_PATH and the home directory. */
Module._initPaths = function() {
  const { HOME, NODE_PATH } = process.env;
  const paths = [path.resolve(process.execPath, '..', '..', 'lib', 'node')];
  if (HOME) paths.unshift(path.resolve(HOME, '.node_modules'), path.resolve(HOME, '.node_libraries'));
  if (NODE_PATH) paths.unshift(...NODE_PATH.split(path.delimiter).filter(Boolean));
  modulePaths = paths;
  Module.globalPaths = [...paths];
};

/** --require */
Module._preloadModules = function(requests) {
  if (!Array.isArray(requests)) return;
  isPreloading = true;
  const parent = new Module('internal/preload', null);
  try {
    parent.paths = Module._nodeModulePaths(process.cwd());
  } catch (error) {
    if (error.code !== 'ENOENT') {
      isPreloading = false;
      throw error;
    }
  }
  for (const request of requests) parent.require(request);
  isPreloading = false;
};

Module.syncBuiltinESMExports = function syncBuiltinESMExports() {
  for (const record of BuiltinModule.map.values()) record.syncExports();
};

Module.runMain = function runMain(main = process.argv[1]) {
  require('internal/modules/run_main').executeUserEntryPoint(main);
};

/** Called by registerHooks: from now on resolution and reading go through the hooks. */
function useCustomizationHooks(hooks) {
  customizationHooks = hooks;
}

Module._initPaths();

module.exports = {
  Module,
  kIsMain,
  kIsRequired,
  kFormat,
  makeRequireFunction,
  toRealPath,
  useCustomizationHooks,
  wrapSafe,
};
