'use strict';

// Binding contract (contextify):
//   ContextifyScript: new (source, filename, lineOffset, columnOffset, cachedData | undefined, produceCachedData,
//     hostDefinedOptionSymbol); runInContext(contextifiedObject | null, timeout, displayErrors, breakOnSigint, breakOnFirstLine):
//     null runs in the current realm, timeout -1 is none; createCachedData() -> Buffer; sourceMapURL; cachedDataRejected.
//   makeContext(object | kVanilla symbol, name, origin, strings, wasm, microtaskQueue, hostDefinedOptionSymbol) contextifies
//     the object (and returns the global for kVanilla); isContext(object) -> boolean.
//   compileFunction(code, filename, lineOffset, columnOffset, cachedData, produceCachedData, parsingContext | undefined,
//     contextExtensions, params, hostDefinedOptionSymbol) -> { function, sourceMapURL, cachedData?, ... }.
//   constants: { measureMemory }. symbols.vm_context_no_contextify, vm_dynamic_import_default_internal,
//   vm_dynamic_import_no_callback, vm_dynamic_import_main_context_default.

const binding = internalBinding('contextify');
const { ContextifyScript } = binding;
const {
  vm_context_no_contextify: kVanillaContext,
  vm_dynamic_import_main_context_default: kMainContextDefault,
  vm_dynamic_import_no_callback: kNoCallback,
} = internalBinding('symbols');
const { codes: { ERR_CONTEXT_NOT_INITIALIZED, ERR_INVALID_ARG_TYPE } } = require('internal/errors');
const {
  validateArray,
  validateBoolean,
  validateBuffer,
  validateInt32,
  validateObject,
  validateOneOf,
  validateString,
  validateStringArray,
  validateUint32,
} = require('internal/validators');

let contextCount = 0;

function isContext(object) {
  validateObject(object, 'object', 2 | 4);
  return binding.isContext(object);
}

/** The host-defined option of a script for its importModuleDynamically option. */
function hostDefinedOption(importModuleDynamically, name) {
  if (importModuleDynamically === undefined) return kNoCallback;
  if (importModuleDynamically === kMainContextDefault) return kMainContextDefault;
  return Symbol(name);
}

function registerImport(symbol, owner, importModuleDynamically) {
  if (typeof importModuleDynamically !== 'function') return;
  require('internal/modules/esm/utils').registerImportModuleDynamically(symbol, owner, importModuleDynamically);
}

function checkImportOption(value) {
  if (value !== undefined && value !== kMainContextDefault && typeof value !== 'function') {
    throw new ERR_INVALID_ARG_TYPE('options.importModuleDynamically',
                                   ['function', 'vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER'], value);
  }
}

/** A compiled script. */
class Script extends ContextifyScript {
  constructor(code, options = {}) {
    code = `${code}`;
    if (typeof options === 'string') options = { filename: options };
    else validateObject(options, 'options');
    const {
      filename = 'evalmachine.<anonymous>',
      lineOffset = 0,
      columnOffset = 0,
      cachedData,
      produceCachedData = false,
      importModuleDynamically,
    } = options;
    validateString(filename, 'options.filename');
    validateInt32(lineOffset, 'options.lineOffset');
    validateInt32(columnOffset, 'options.columnOffset');
    if (cachedData !== undefined && !ArrayBuffer.isView(cachedData)) {
      throw new ERR_INVALID_ARG_TYPE('options.cachedData', ['Buffer', 'TypedArray', 'DataView'], cachedData);
    }
    validateBoolean(produceCachedData, 'options.produceCachedData');
    checkImportOption(importModuleDynamically);
    const symbol = hostDefinedOption(importModuleDynamically, filename);
    super(code, filename, lineOffset, columnOffset, cachedData, produceCachedData, symbol);
    registerImport(symbol, this, importModuleDynamically);
  }

  runInThisContext(options) {
    const { timeout, displayErrors, breakOnSigint, breakFirstLine } = runOptions(options);
    if (breakOnSigint && process.listenerCount('SIGINT') > 0) {
      return withoutSigintListeners(() => super.runInContext(null, timeout, displayErrors, breakOnSigint, breakFirstLine));
    }
    return super.runInContext(null, timeout, displayErrors, breakOnSigint, breakFirstLine);
  }

  runInContext(contextifiedObject, options) {
    validateContext(contextifiedObject);
    const { timeout, displayErrors, breakOnSigint, breakFirstLine } = runOptions(options);
    if (breakOnSigint && process.listenerCount('SIGINT') > 0) {
      return withoutSigintListeners(
        () => super.runInContext(contextifiedObject, timeout, displayErrors, breakOnSigint, breakFirstLine));
    }
    return super.runInContext(contextifiedObject, timeout, displayErrors, breakOnSigint, breakFirstLine);
  }

  runInNewContext(contextObject, options) {
    const context = createContext(contextObject, newContextOptions(options));
    return this.runInContext(context, options);
  }
}

/** Listeners of the program do not hear of a SIGINT that stops a script. */
function withoutSigintListeners(run) {
  const listeners = process.rawListeners('SIGINT');
  process.removeAllListeners('SIGINT');
  try {
    return run();
  } finally {
    for (const listener of listeners) process.addListener('SIGINT', listener);
  }
}

function validateContext(contextifiedObject) {
  if (!isContext(contextifiedObject)) {
    throw new ERR_INVALID_ARG_TYPE('contextifiedObject', 'vm.Context', contextifiedObject);
  }
}

function runOptions(options = {}) {
  validateObject(options, 'options');
  let { timeout } = options;
  const { displayErrors = true, breakOnSigint = false } = options;
  if (timeout === undefined) timeout = -1;
  else validateUint32(timeout, 'options.timeout', true);
  validateBoolean(displayErrors, 'options.displayErrors');
  validateBoolean(breakOnSigint, 'options.breakOnSigint');
  return { timeout, displayErrors, breakOnSigint, breakFirstLine: false };
}

function newContextOptions(options) {
  if (!options) return {};
  const { contextName: name, contextOrigin: origin, contextCodeGeneration: codeGeneration, microtaskMode } = options;
  if (name !== undefined) validateString(name, 'options.contextName');
  if (origin !== undefined) validateString(origin, 'options.contextOrigin');
  if (codeGeneration !== undefined) {
    validateObject(codeGeneration, 'options.contextCodeGeneration');
    const { strings, wasm } = codeGeneration;
    if (strings !== undefined) validateBoolean(strings, 'options.contextCodeGeneration.strings');
    if (wasm !== undefined) validateBoolean(wasm, 'options.contextCodeGeneration.wasm');
  }
  if (microtaskMode !== undefined) validateString(microtaskMode, 'options.microtaskMode');
  return { name, origin, codeGeneration, microtaskMode };
}

/** createContext([contextObject[, options]]) */
function createContext(contextObject = {}, options = {}) {
  if (contextObject !== kVanillaContext && isContext(contextObject)) return contextObject;
  validateObject(options, 'options');
  const {
    name = `VM Context ${++contextCount}`, origin, codeGeneration, microtaskMode, importModuleDynamically,
  } = options;
  validateString(name, 'options.name');
  if (origin !== undefined) validateString(origin, 'options.origin');
  if (codeGeneration !== undefined) validateObject(codeGeneration, 'options.codeGeneration');
  const { strings = true, wasm = true } = codeGeneration ?? {};
  validateBoolean(strings, 'options.codeGeneration.strings');
  validateBoolean(wasm, 'options.codeGeneration.wasm');
  validateOneOf(microtaskMode, 'options.microtaskMode', ['afterEvaluate', undefined]);
  checkImportOption(importModuleDynamically);
  const symbol = hostDefinedOption(importModuleDynamically, name);
  const result = binding.makeContext(contextObject, name, origin, strings, wasm, microtaskMode === 'afterEvaluate', symbol);
  const context = contextObject === kVanillaContext ? result : contextObject;
  registerImport(symbol, context, importModuleDynamically);
  return context;
}

function createScript(code, options) {
  return new Script(code, options);
}

function runInContext(code, contextifiedObject, options) {
  validateContext(contextifiedObject);
  options = typeof options === 'string' ? { filename: options } : { ...options };
  return createScript(code, options).runInContext(contextifiedObject, options);
}

function runInNewContext(code, contextObject, options) {
  options = typeof options === 'string' ? { filename: options } : options;
  contextObject = createContext(contextObject, newContextOptions(options));
  return createScript(code, options).runInContext(contextObject, options);
}

function runInThisContext(code, options) {
  options = typeof options === 'string' ? { filename: options } : options;
  return createScript(code, options).runInThisContext(options);
}

/** compileFunction(code[, params[, options]]) */
function compileFunction(code, params, options = {}) {
  validateString(code, 'code');
  if (params !== undefined) validateStringArray(params, 'params');
  validateObject(options, 'options');
  const {
    filename = '', columnOffset = 0, lineOffset = 0, cachedData, produceCachedData = false, parsingContext,
    contextExtensions = [], importModuleDynamically,
  } = options;
  validateString(filename, 'options.filename');
  validateInt32(columnOffset, 'options.columnOffset');
  validateInt32(lineOffset, 'options.lineOffset');
  if (cachedData !== undefined) validateBuffer(cachedData, 'options.cachedData');
  validateBoolean(produceCachedData, 'options.produceCachedData');
  if (parsingContext !== undefined &&
      (typeof parsingContext !== 'object' || parsingContext === null || !isContext(parsingContext))) {
    throw new ERR_INVALID_ARG_TYPE('options.parsingContext', 'Context', parsingContext);
  }
  validateArray(contextExtensions, 'options.contextExtensions');
  contextExtensions.forEach((extension, i) => validateObject(extension, `options.contextExtensions[${i}]`, 2));
  checkImportOption(importModuleDynamically);
  const symbol = hostDefinedOption(importModuleDynamically, filename);
  const result = binding.compileFunction(code, filename, lineOffset, columnOffset, cachedData, produceCachedData,
                                         parsingContext, contextExtensions, params, symbol);
  const fn = result.function;
  for (const name of ['cachedData', 'cachedDataProduced', 'cachedDataRejected']) {
    if (result[name] !== undefined) fn[name] = result[name];
  }
  registerImport(symbol, fn, importModuleDynamically);
  return fn;
}

function measureMemory(options = {}) {
  validateObject(options, 'options');
  const { mode = 'summary', execution = 'default' } = options;
  validateOneOf(mode, 'options.mode', ['summary', 'detailed']);
  validateOneOf(execution, 'options.execution', ['default', 'eager']);
  if (typeof binding.measureMemory !== 'function') return Promise.reject(new ERR_CONTEXT_NOT_INITIALIZED());
  return binding.measureMemory(mode, execution);
}

module.exports = {
  Script,
  createContext,
  createScript,
  runInContext,
  runInNewContext,
  runInThisContext,
  isContext,
  compileFunction,
  measureMemory,
  constants: Object.freeze({
    __proto__: null,
    USE_MAIN_CONTEXT_DEFAULT_LOADER: kMainContextDefault,
    DONT_CONTEXTIFY: kVanillaContext,
  }),
};

// Only a program that asks for them finds the classes of modules.
if (require('internal/options').getOptionValue('--experimental-vm-modules')) {
  const { Module, SourceTextModule, SyntheticModule } = require('internal/vm/module');
  Object.assign(module.exports, { Module, SourceTextModule, SyntheticModule });
}
