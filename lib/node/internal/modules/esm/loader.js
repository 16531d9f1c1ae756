'use strict';

// Loading of ES modules. Resolution and reading are synchronous, so one path serves import and require(esm); what is
// asynchronous is the evaluation.
//
// Binding contract (module_wrap):
//   new ModuleWrap(url, undefined, source, 0, 0): source text (types are stripped when the URL's path ends in .ts or
//     .mts); new ModuleWrap(url, undefined, exportNames, function evaluationSteps()): synthetic, `this` is the wrap.
//   wrap.url; getModuleRequests() -> [{ specifier, attributes, phase }]; link(wraps); instantiate(); evaluate(-1, false) ->
//   promise; getNamespace(); getStatus(); getError(); setExport(name, value); isGraphAsync(); evaluateForDefer() -> promises;
//   getDeferredNamespace().
//   kUninstantiated, kInstantiating, kInstantiated, kEvaluating, kEvaluated, kErrored; kSourcePhase, kDeferPhase.

const { BuiltinModule } = require('internal/bootstrap/realm');
const { getEsmConditions } = require('internal/modules/helpers');
const { defaultResolve } = require('internal/modules/esm/resolve');
const { assertImportAttributes, assertKnownAttributes, defaultLoad } = require('internal/modules/esm/formats');
const { fileURLToPath, isURL } = require('internal/url');
const { codes: {
  ERR_INVALID_ARG_TYPE,
  ERR_REQUIRE_ASYNC_MODULE,
  ERR_REQUIRE_CYCLE_MODULE,
  ERR_UNKNOWN_MODULE_FORMAT,
} } = require('internal/errors');

const moduleWrap = internalBinding('module_wrap');
const {
  ModuleWrap, kDeferPhase, kErrored, kEvaluated, kEvaluating, kInstantiated, kSourcePhase, kUninstantiated,
} = moduleWrap;

let customizationHooks;
// A WebAssembly module has been loaded.
let hasWasm = false;

/** One module of the graph. */
class ModuleJob {
  constructor(url, format, wrap) {
    this.url = url;
    this.format = format;
    this.wrap = wrap;
    this.isLinked = false;
    this.evaluation = undefined;
    this.dependencies = [];
    // WebAssembly: the compiled module, and the job of the module whose default export it is.
    this.source = undefined;
    this.sourceJob = undefined;
  }

  /** The job for imports of the source phase. */
  ofSourcePhase() {
    if (this.source === undefined) {
      throw new SyntaxError(`Source phase import object is not defined for module '${this.url}'`);
    }
    this.sourceJob ??= new ModuleJob(this.url, 'source', require('internal/modules/esm/wasm').sourceModule(this.url, this.source));
    return this.sourceJob;
  }
}

class ModuleLoader {
  // By URL and type.
  #jobs = new Map();
  // By specifier, importing module and type.
  #resolved = new Map();
  #mainURL;

  setMainURL(url) {
    this.#mainURL = url;
  }

  /** The URL of `specifier`, by the hooks and the default resolution. */
  resolve(specifier, parentURL, attributes = {}) {
    specifier = `${specifier}`;
    if (customizationHooks?.resolveHooksActive()) {
      return customizationHooks.resolveWithHooks(
        specifier, parentURL, attributes, getEsmConditions(), (target, context) => ({
          __proto__: null,
          url: defaultResolve(target, context.parentURL, new Set(context.conditions)),
          format: undefined,
        }));
    }
    return { url: defaultResolve(specifier, parentURL), format: undefined };
  }

  #load(url, format, attributes) {
    if (customizationHooks?.loadHooksActive()) {
      return customizationHooks.loadWithHooks(url, format, attributes, getEsmConditions(), (target, context) =>
        ({ __proto__: null, ...defaultLoad(target, context.format) }));
    }
    return defaultLoad(url, format);
  }

  /** The job of a URL: made, with its source read, when it is new. */
  #getJob(url, format, attributes) {
    const type = attributes.type ?? '';
    const key = type === '' ? url : `${url}\x00${type}`;
    const known = this.#jobs.get(key);
    if (known !== undefined) return known;
    assertKnownAttributes(url, attributes);
    const loaded = this.#load(url, format, attributes);
    assertImportAttributes(url, loaded.format, attributes);
    const job = makeJob(url, loaded.format, loaded.source, url === this.#mainURL);
    this.#jobs.set(key, job);
    return job;
  }

  getJobFor(specifier, parentURL, attributes = { __proto__: null }) {
    if (customizationHooks?.active()) {
      const { url, format } = this.resolve(specifier, parentURL, attributes);
      return this.#getJob(url, format, attributes);
    }
    // What was once resolved stays so, even when files come and go (ECMA-262, HostLoadImportedModule).
    const key = `${specifier}\x00${parentURL}\x00${attributes.type ?? ''}`;
    const known = this.#resolved.get(key);
    if (known !== undefined) return known;
    const { url, format } = this.resolve(specifier, parentURL, attributes);
    const job = this.#getJob(url, format, attributes);
    this.#resolved.set(key, job);
    return job;
  }

  /** Loads and links all that `root` imports. */
  #link(root) {
    const queue = [root];
    const seen = new Set(queue);
    while (queue.length > 0) {
      const job = queue.pop();
      if (!job.isLinked) {
        const isText = job.format === 'module' || job.format === 'module-typescript' || job.format === 'wasm';
        const requests = isText ? job.wrap.getModuleRequests() : [];
        job.dependencies = requests.map(({ specifier, attributes, phase }) => {
          const dependency = this.getJobFor(specifier, job.url, attributes);
          return phase === kSourcePhase ? dependency.ofSourcePhase() : dependency;
        });
        if (isText) job.wrap.link(job.dependencies.map(({ wrap }) => wrap));
        job.isLinked = true;
      }
      for (const dependency of job.dependencies) {
        if (seen.has(dependency)) continue;
        seen.add(dependency);
        queue.push(dependency);
      }
    }
    if (root.wrap.getStatus() === kUninstantiated) {
      try {
        root.wrap.instantiate();
      } catch (error) {
        explainMissingExport(error, seen);
        throw error;
      }
    }
  }

  #evaluate(job) {
    job.evaluation ??= job.wrap.evaluate(-1, false);
    return job.evaluation;
  }

  /** import(): the namespace of `specifier`. */
  async import(specifier, parentURL, attributes = { __proto__: null }, phase = undefined) {
    const job = this.getJobFor(specifier, parentURL, attributes);
    if (phase === kSourcePhase) {
      job.ofSourcePhase();
      return job.source;
    }
    this.#link(job);
    if (phase === kDeferPhase) {
      await Promise.all(job.wrap.evaluateForDefer());
      return job.wrap.getDeferredNamespace();
    }
    await this.#evaluate(job);
    return job.wrap.getNamespace();
  }

  /** Runs `source` as the module `url` (--eval). */
  async evalModule(source, url) {
    const job = new ModuleJob(url, 'module', new ModuleWrap(url, undefined, source, 0, 0));
    this.#mainURL = url;
    this.#jobs.set(url, job);
    this.#link(job);
    await this.#evaluate(job);
    return job.wrap.getNamespace();
  }

  /** require(esm): the evaluated module. */
  importSyncForRequire(url, format, source, parentFilename) {
    let job = this.#jobs.get(url);
    if (job === undefined) {
      job = makeJob(url, format, source, false);
      this.#jobs.set(url, job);
    }
    const { wrap } = job;
    const filename = url.startsWith('file:') ? fileURLToPath(url) : url;
    this.#link(job);
    const status = wrap.getStatus();
    if (status === kErrored) throw wrap.getError();
    if (status === kEvaluating) {
      let message = `Cannot require() ES Module ${filename} in a cycle.`;
      if (parentFilename) message += ` (from ${parentFilename})`;
      throw new ERR_REQUIRE_CYCLE_MODULE(
        `${message} A cycle involving require(esm) is disallowed to maintain invariants mandated by the ECMAScript ` +
        'specification. Try making at least part of the dependency in the graph lazily loaded.');
    }
    if (wrap.isGraphAsync()) throw new ERR_REQUIRE_ASYNC_MODULE(filename, parentFilename, [parentFilename]);
    if (status === kEvaluated) return wrap;
    if (status !== kInstantiated) throw new ERR_UNKNOWN_MODULE_FORMAT(format, url);
    // Without top-level await the promise is settled when evaluate returns.
    this.#evaluate(job).catch(() => {});
    if (wrap.getStatus() === kErrored) throw wrap.getError();
    return wrap;
  }

  /** Fills `import.meta` of the module `url`. */
  initializeImportMeta(meta, url) {
    if (hasWasm && require('internal/modules/esm/wasm').initializeWasmMeta(meta, url)) return;
    if (url.startsWith('file:')) {
      const path = fileURLToPath(url);
      meta.dirname = require('path').dirname(path);
      meta.filename = path;
    }
    meta.main = url === this.#mainURL;
    meta.resolve = (specifier, parentURL = url) => {
      if (typeof parentURL !== 'string' && !isURL(parentURL)) {
        throw new ERR_INVALID_ARG_TYPE('parentURL', ['string', 'URL'], parentURL);
      }
      try {
        return this.resolve(specifier, `${parentURL}`).url;
      } catch (error) {
        if (error?.url !== undefined &&
            (error.code === 'ERR_UNSUPPORTED_DIR_IMPORT' || error.code === 'ERR_MODULE_NOT_FOUND')) {
          return error.url;
        }
        throw error;
      }
    };
    meta.url = url;
  }
}

// A name the lexer did not find in a CommonJS file: the advice says how to get at it.
function explainMissingExport(error, jobs) {
  if (!(error instanceof SyntaxError)) return;
  const match = /The requested module '(.+)' does not provide an export named '(.+)'/.exec(error.message);
  if (match === null) return;
  const [, specifier, name] = match;
  for (const job of jobs) {
    if (!job.format.startsWith('module')) continue;
    const requests = job.wrap.getModuleRequests();
    const index = requests.findIndex((request) => request.specifier === specifier);
    if (index === -1 || !job.dependencies[index]?.format.startsWith('commonjs')) continue;
    error.message = `Named export '${name}' not found. The requested module '${specifier}' is a CommonJS module, which ` +
      'may not support all module.exports as named exports.\nCommonJS modules can always be imported via the default ' +
      `export, for example using:\n\nimport pkg from '${specifier}';\n`;
    const { stack } = error;
    const lines = stack.split('\n');
    const first = lines.findIndex((line) => line.startsWith('SyntaxError'));
    if (first !== -1) {
      lines[first] = `SyntaxError: ${error.message}`;
      error.stack = lines.join('\n');
    }
    return;
  }
}

// --- what each format becomes

function makeJob(url, format, source, isMain) {
  if (format !== 'wasm') return new ModuleJob(url, format, translate(url, format, source, isMain));
  const { compileWasm, wasmModule } = require('internal/modules/esm/wasm');
  hasWasm = true;
  const module = compileWasm(source);
  const job = new ModuleJob(url, format, wasmModule(url, module));
  job.source = module;
  return job;
}

function translate(url, format, source, isMain) {
  switch (format) {
    case 'builtin': {
      const record = BuiltinModule.loadForUser(url.slice(5));
      return record.getESMFacade();
    }
    case 'module':
    case 'module-typescript':
      return new ModuleWrap(url, undefined, toText(source), 0, 0);
    case 'json':
      return jsonModule(url, toText(source));
    case 'commonjs':
    case 'commonjs-typescript':
      return commonJSModule(url, source, isMain);
    case 'addon':
      return addonModule(url);
  }
  throw new ERR_UNKNOWN_MODULE_FORMAT(format, url);
}

function toText(source) {
  if (typeof source === 'string') return source;
  const { Buffer } = require('buffer');
  return (ArrayBuffer.isView(source) ? Buffer.from(source.buffer, source.byteOffset, source.byteLength) :
    Buffer.from(source)).toString();
}

function pathOf(url) {
  return url.startsWith('file:') ? fileURLToPath(url) : url;
}

function jsonModule(url, source) {
  let value;
  const cached = url.startsWith('file:') && !/[?#]/.test(url) ?
    require('internal/modules/cjs/loader').Module._cache[fileURLToPath(url)] : undefined;
  if (cached?.loaded) {
    value = cached.exports;
  } else {
    try {
      value = JSON.parse(source);
    } catch (error) {
      error.message = `${pathOf(url)}: ${error.message}`;
      throw error;
    }
  }
  const wrap = new ModuleWrap(url, undefined, ['default'], function() {
    this.setExport('default', value);
  });
  wrap.instantiate();
  return wrap;
}

function commonJSModule(url, source, isMain) {
  const { Module } = require('internal/modules/cjs/loader');
  const filename = pathOf(url);
  const names = exportNamesOf(filename, source === null || source === undefined ? undefined : toText(source), new Map());
  names.delete('default');
  names.delete('module.exports');
  const wrap = new ModuleWrap(url, undefined, ['default', 'module.exports', ...names], function() {
    const exports = url.startsWith('file:') ? Module._load(filename, undefined, isMain) : compileDetached(url, source);
    for (const name of names) {
      let value;
      try {
        value = isObjectLike(exports) && Object.hasOwn(exports, name) ? exports[name] : exports?.[name];
      } catch {
        // A throwing getter exports undefined.
      }
      this.setExport(name, value);
    }
    this.setExport('default', exports);
    this.setExport('module.exports', exports);
  });
  return wrap;
}

function isObjectLike(value) {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

// CommonJS source that is not in a file (hooks may give it any URL).
function compileDetached(url, source) {
  const { Module } = require('internal/modules/cjs/loader');
  const module = new Module(url);
  module.filename = url;
  module.paths = [];
  module._compile(toText(source), url, 'commonjs');
  module.loaded = true;
  return module.exports;
}

/** Names exported by a CommonJS file and by what it re-exports. */
function exportNamesOf(filename, source, seen) {
  const known = seen.get(filename);
  if (known !== undefined) return known;
  const names = new Set();
  seen.set(filename, names);
  const { Module } = require('internal/modules/cjs/loader');
  const cached = Module._cache[filename];
  if (cached?.loaded && isObjectLike(cached.exports)) {
    for (const name of Object.keys(cached.exports)) names.add(name);
  }
  if (source === undefined) {
    try {
      source = internalBinding('fs').readFileUtf8(filename, 0);
    } catch {
      return names;
    }
  }
  const { exports, reexports } = require('internal/modules/cjs/lexer').lex(source);
  for (const name of exports) names.add(name);
  if (reexports.length === 0) return names;
  const parent = new Module(filename);
  parent.filename = filename;
  parent.paths = Module._nodeModulePaths(parent.path);
  for (const specifier of reexports) {
    let target;
    try {
      target = Module._resolveFilename(specifier, parent, false);
    } catch {
      continue;
    }
    if (BuiltinModule.isBuiltin(target)) {
      const exported = BuiltinModule.loadForUser(BuiltinModule.normalizeRequirableId(target)).exports;
      for (const name of Object.keys(exported)) names.add(name);
    } else if (/\.(?:c?js|c?ts)$/.test(target)) {
      for (const name of exportNamesOf(target, undefined, seen)) names.add(name);
    }
  }
  return names;
}

function addonModule(url) {
  const { Module } = require('internal/modules/cjs/loader');
  return new ModuleWrap(url, undefined, ['default', 'module.exports'], function() {
    const exports = Module._load(fileURLToPath(url), undefined, false);
    this.setExport('default', exports);
    this.setExport('module.exports', exports);
  });
}

let cascadedLoader;

/** The loader of the program. */
function getCascadedLoader() {
  return cascadedLoader ??= new ModuleLoader();
}

/** Hooks of module.registerHooks take part from now on. */
function useCustomizationHooks(hooks) {
  customizationHooks = hooks;
}

module.exports = { ModuleLoader, getCascadedLoader, useCustomizationHooks };
