'use strict';
// vm.Module, vm.SourceTextModule, vm.SyntheticModule: module records in the hands of the program.
//
// Binding contract (module_wrap): new ModuleWrap(url, context, source, line, column, hostDefinedOptionSymbol) or
//   (url, context, exportNames, evaluationSteps); getModuleRequests() -> [{ specifier, attributes, phase }], link(wraps),
//   instantiate(), evaluate(timeout, breakOnSigint) -> promise, getStatus(), getError(), getNamespace(),
//   setExport(name, value), isGraphAsync(), hasTopLevelAwait(), createCachedData() -> Buffer

const {
  ModuleWrap, kErrored, kEvaluated, kEvaluating, kInstantiated, kInstantiating, kSourcePhase, kUninstantiated,
} = internalBinding('module_wrap');
const {
  codes: {
    ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_INVALID_THIS, ERR_MODULE_LINK_MISMATCH,
    ERR_VM_DYNAMIC_IMPORT_CALLBACK_MISSING, ERR_VM_MODULE_ALREADY_LINKED,
    ERR_VM_MODULE_CANNOT_CREATE_CACHED_DATA, ERR_VM_MODULE_DIFFERENT_CONTEXT, ERR_VM_MODULE_LINK_FAILURE,
    ERR_VM_MODULE_NOT_MODULE, ERR_VM_MODULE_STATUS,
  },
} = require('internal/errors');
const { customInspectSymbol } = require('internal/util');
const { isArrayBufferView } = require('internal/util/types');
const {
  validateArray, validateBoolean, validateFunction, validateInt32, validateObject, validateString, validateUint32,
} = require('internal/validators');
const { registerModule } = require('internal/modules/esm/utils');
const { isContext } = internalBinding('contextify');

const kStatusNames = {
  [kUninstantiated]: 'unlinked',
  [kInstantiating]: 'linking',
  [kInstantiated]: 'linked',
  [kEvaluating]: 'evaluating',
  [kEvaluated]: 'evaluated',
  [kErrored]: 'errored',
};

const kWrap = Symbol('kWrap');
const kContext = Symbol('kContext');
const kLink = Symbol('kLink');
const kState = Symbol('kState');

/** How many modules without a name each context has; the key of the main context is this map. */
const moduleCounts = new WeakMap();

function nextIdentifier(context) {
  const key = context ?? moduleCounts;
  const count = moduleCounts.get(key) ?? 0;
  moduleCounts.set(key, count + 1);
  return `vm:module(${count})`;
}

function isModule(object) {
  return typeof object === 'object' && object !== null && Object.hasOwn(object, kWrap);
}

function validateThis(self, name) {
  if (!isModule(self)) throw new ERR_INVALID_THIS(name);
}

/** What its class and options make of a new module. */
function initialize(module, options) {
  const { context, identifier } = options;
  if (context !== undefined && (typeof context !== 'object' || context === null || !isContext(context))) {
    throw new ERR_INVALID_ARG_TYPE('options.context', 'vm.Context', context);
  }
  if (identifier !== undefined) validateString(identifier, 'options.identifier');
  module[kContext] = context;
  module[kState] = { status: undefined, failed: false, error: undefined, linked: false, requests: undefined, modules: [] };
  return identifier ?? nextIdentifier(context);
}

class Module {
  constructor() {
    // Only its subclasses make instances.
    throw new TypeError('Module is not a constructor');
  }

  get identifier() {
    validateThis(this, 'Module');
    return this[kWrap].url;
  }

  get context() {
    validateThis(this, 'Module');
    return this[kContext];
  }

  get namespace() {
    validateThis(this, 'Module');
    if (this[kWrap].getStatus() < kInstantiated) throw new ERR_VM_MODULE_STATUS('must not be unlinked or linking');
    return this[kWrap].getNamespace();
  }

  get status() {
    validateThis(this, 'Module');
    const state = this[kState];
    if (state.failed) return 'errored';
    return state.status ?? kStatusNames[this[kWrap].getStatus()];
  }

  get error() {
    validateThis(this, 'Module');
    if (this[kState].failed) return this[kState].error;
    if (this[kWrap].getStatus() !== kErrored) throw new ERR_VM_MODULE_STATUS('must be errored');
    return this[kWrap].getError();
  }

  async link(linker) {
    validateThis(this, 'Module');
    validateFunction(linker, 'linker');
    if (this.status === 'linked') {
      // Synthetic modules are, from the beginning.
      if (this[kState].synthetic) return;
      throw new ERR_VM_MODULE_ALREADY_LINKED();
    }
    if (this.status !== 'unlinked') throw new ERR_VM_MODULE_STATUS('must be unlinked');
    await this[kLink](linker);
    this[kWrap].instantiate();
  }

  /** Not an async function: what fails at once is a promise that is rejected already. */
  evaluate(options = {}) {
    try {
      validateThis(this, 'Module');
      validateObject(options, 'options');
      let { timeout = -1 } = options;
      const { breakOnSigint = false } = options;
      if (timeout === undefined) timeout = -1;
      else if (timeout !== -1) validateUint32(timeout, 'options.timeout', true);
      validateBoolean(breakOnSigint, 'options.breakOnSigint');
      const status = this[kWrap].getStatus();
      if (this[kState].evaluating || (status !== kInstantiated && status !== kEvaluated && status !== kErrored)) {
        throw new ERR_VM_MODULE_STATUS('must be one of linked, evaluated, or errored');
      }
      return this[kWrap].evaluate(timeout, breakOnSigint, this[kContext]);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  [customInspectSymbol](depth, options) {
    validateThis(this, 'Module');
    const { constructor } = this;
    const name = constructor?.name || 'Module';
    if (typeof depth === 'number' && depth < 0) return `[${name}]`;
    const { inspect } = require('internal/util/inspect');
    const object = { __proto__: Object.getPrototypeOf(this) };
    Object.defineProperty(object, Symbol.toStringTag, { __proto__: null, value: name });
    for (const key of ['status', 'identifier', 'context']) {
      Object.defineProperty(object, key, { __proto__: null, enumerable: true, value: this[key] });
    }
    return inspect(object, { ...options, customInspect: false });
  }
}

/** The keys by which the engine tells requests apart, besides their phase. */
function requestKey({ specifier, attributes }) {
  return JSON.stringify([specifier, Object.entries(attributes).sort()]);
}

class SourceTextModule extends Module {
  constructor(sourceText, options = {}) {
    validateString(sourceText, 'sourceText');
    validateObject(options, 'options');
    const { lineOffset = 0, columnOffset = 0, initializeImportMeta, importModuleDynamically, cachedData } = options;
    validateInt32(lineOffset, 'options.lineOffset');
    validateInt32(columnOffset, 'options.columnOffset');
    if (initializeImportMeta !== undefined) validateFunction(initializeImportMeta, 'options.initializeImportMeta');
    if (importModuleDynamically !== undefined) {
      validateFunction(importModuleDynamically, 'options.importModuleDynamically');
    }
    if (cachedData !== undefined && !isArrayBufferView(cachedData)) {
      throw new ERR_INVALID_ARG_TYPE('options.cachedData', ['Buffer', 'TypedArray', 'DataView'], cachedData);
    }
    const module = Object.create(new.target.prototype);
    const identifier = initialize(module, options);
    const symbol = Symbol(identifier);
    registerModule(symbol, {
      owner: module,
      initializeImportMeta: initializeImportMeta ?? (() => {}),
      importModuleDynamically: importModuleDynamically ??
        (() => { throw new ERR_VM_DYNAMIC_IMPORT_CALLBACK_MISSING(); }),
    });
    Object.defineProperty(module, kWrap, {
      __proto__: null, configurable: false, enumerable: false, writable: false,
      value: new ModuleWrap(identifier, options.context, sourceText, lineOffset, columnOffset, symbol, cachedData),
    });
    hideState(module);
    return module;
  }

  get moduleRequests() {
    validateThis(this, 'SourceTextModule');
    const state = this[kState];
    state.requests ??= Object.freeze(this[kWrap].getModuleRequests().map(({ specifier, attributes, phase }) => Object.freeze({
      __proto__: null,
      specifier,
      attributes: Object.freeze(attributes),
      phase: phase === kSourcePhase ? 'source' : 'evaluation',
    })));
    return state.requests;
  }

  get dependencySpecifiers() {
    validateThis(this, 'SourceTextModule');
    return this[kState].specifiers ??= Object.freeze(this.moduleRequests.map((request) => request.specifier));
  }

  async [kLink](linker) {
    const state = this[kState];
    state.status = 'linking';
    try {
      const modules = [];
      // One after the other, in the order of the source.
      const promises = this.moduleRequests.map(async ({ specifier, attributes }, i) => {
        const module = await linker(specifier, this, { attributes, assert: attributes });
        if (!isModule(module)) throw new ERR_VM_MODULE_NOT_MODULE();
        if (module.context !== this.context) throw new ERR_VM_MODULE_DIFFERENT_CONTEXT();
        if (module.status === 'errored') {
          throw new ERR_VM_MODULE_LINK_FAILURE(`request for '${specifier}' resolved to an errored module`, module.error);
        }
        if (module.status === 'unlinked') await module[kLink](linker);
        modules[i] = module;
      });
      await Promise.all(promises);
      state.modules = modules;
      state.linked = true;
      this[kWrap].link(modules.map((module) => module[kWrap]));
    } catch (error) {
      state.failed = true;
      state.error = error;
      throw error;
    } finally {
      state.status = undefined;
    }
  }

  /** Says which modules the requests are for, in their order. */
  linkRequests(modules) {
    validateThis(this, 'SourceTextModule');
    if (this.status !== 'unlinked') throw new ERR_VM_MODULE_STATUS('must be unlinked');
    validateArray(modules, 'modules');
    const requests = this.moduleRequests;
    for (const module of modules) {
      if (!isModule(module)) throw new ERR_VM_MODULE_NOT_MODULE();
      if (module.context !== this.context) throw new ERR_VM_MODULE_DIFFERENT_CONTEXT();
    }
    if (modules.length !== requests.length) {
      throw new ERR_MODULE_LINK_MISMATCH(`Expected ${requests.length} modules, got ${modules.length}`);
    }
    const known = new Map();
    for (let i = 0; i < modules.length; i++) {
      const key = requestKey(requests[i]);
      const before = known.get(key);
      if (before !== undefined && before !== modules[i]) {
        throw new ERR_MODULE_LINK_MISMATCH(`Module request '${requests[i].specifier}' must be linked to the same module`);
      }
      known.set(key, modules[i]);
    }
    this[kState].modules = modules.slice();
    this[kState].linked = true;
    this[kWrap].link(modules.map((module) => module[kWrap]));
  }

  instantiate() {
    validateThis(this, 'SourceTextModule');
    checkLinked(this, new Set());
    this[kWrap].instantiate();
  }

  /** Whether the module, or one it needs, awaits at its top level. */
  hasAsyncGraph() {
    validateThis(this, 'SourceTextModule');
    if (this[kWrap].getStatus() < kInstantiated) throw new ERR_VM_MODULE_STATUS('must not be unlinked or linking');
    return this[kWrap].isGraphAsync();
  }

  hasTopLevelAwait() {
    validateThis(this, 'SourceTextModule');
    return this[kWrap].hasTopLevelAwait();
  }

  createCachedData() {
    validateThis(this, 'SourceTextModule');
    const { status } = this;
    if (status === 'evaluating' || status === 'evaluated' || status === 'errored') {
      throw new ERR_VM_MODULE_CANNOT_CREATE_CACHED_DATA();
    }
    return this[kWrap].createCachedData();
  }
}

/** Every module of the graph has had its requests linked; but for the first, those without requests need not. */
function checkLinked(module, seen) {
  if (seen.has(module)) return;
  const isFirst = seen.size === 0;
  seen.add(module);
  const state = module[kState];
  if (!state.linked && !state.synthetic && (isFirst || module.moduleRequests.length > 0)) {
    const specifier = module.moduleRequests[0]?.specifier;
    throw new ERR_VM_MODULE_LINK_FAILURE(specifier === undefined ?
      `module '${module.identifier}' is not linked` :
      `request for '${specifier}' can not be resolved on module '${module.identifier}' that is not linked`, undefined);
  }
  for (const requested of state.modules) checkLinked(requested, seen);
}

class SyntheticModule extends Module {
  constructor(exportNames, evaluateCallback, options = {}) {
    if (!Array.isArray(exportNames) || exportNames.some((name) => typeof name !== 'string')) {
      throw new ERR_INVALID_ARG_TYPE('exportNames', 'Array of unique strings', exportNames);
    }
    exportNames.forEach((name, i) => {
      if (exportNames.indexOf(name, i + 1) !== -1) {
        throw new ERR_INVALID_ARG_VALUE(`exportNames.${name}`, name, 'is duplicated');
      }
    });
    validateFunction(evaluateCallback, 'evaluateCallback');
    validateObject(options, 'options');
    const module = Object.create(new.target.prototype);
    const identifier = initialize(module, options);
    module[kState].synthetic = true;
    Object.defineProperty(module, kWrap, {
      __proto__: null, configurable: false, enumerable: false, writable: false,
      // What the callback returns does not matter, not even a promise.
      value: new ModuleWrap(identifier, options.context, exportNames, () => {
        module[kState].evaluating = true;
        try {
          evaluateCallback.call(module);
        } finally {
          module[kState].evaluating = false;
        }
      }),
    });
    hideState(module);
    // It needs no other module.
    module[kWrap].link([]);
    module[kWrap].instantiate();
    return module;
  }

  setExport(name, value) {
    validateThis(this, 'SyntheticModule');
    validateString(name, 'name');
    this[kWrap].setExport(name, value);
  }
}

function hideState(module) {
  for (const key of [kContext, kState]) Object.defineProperty(module, key, { __proto__: null, enumerable: false });
}

/** What an importModuleDynamically callback stands for: a module's namespace. */
async function namespaceOf(result) {
  if (require('internal/util/types').isModuleNamespaceObject(result)) return result;
  if (!isModule(result)) throw new ERR_VM_MODULE_NOT_MODULE();
  if (result.status === 'errored') throw result.error;
  return result.namespace;
}

module.exports = { isModule, Module, namespaceOf, SourceTextModule, SyntheticModule };
