'use strict';

// node:wasi: the WebAssembly System Interface, preview 1. The functions are in internal/wasi/system.

const { emitExperimentalWarning, kEmptyObject } = require('internal/util');
const { codes: { ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_WASI_ALREADY_STARTED } } = require('internal/errors');
const {
  validateArray, validateBoolean, validateFunction, validateInt32, validateObject, validateString, validateUndefined,
} = require('internal/validators');
const { System, kExit } = require('internal/wasi/system');

emitExperimentalWarning('WASI');

const kBindingNames = { '__proto__': null, 'preview1': 'wasi_snapshot_preview1', 'unstable': 'wasi_unstable' };

/** TypeError unless it looks like an instance. */
function checkInstance(instance) {
  validateObject(instance, 'instance');
  validateObject(instance.exports, 'instance.exports');
}

/** Is it a memory, of whatever realm? */
function isMemory(value) {
  try {
    Object.getOwnPropertyDescriptor(WebAssembly.Memory.prototype, 'buffer').get.call(value);
    return true;
  } catch {
    return false;
  }
}

class WASI {
  #bindingName;
  #system;
  #started = false;

  constructor(options = kEmptyObject) {
    validateObject(options, 'options');
    const { version } = options;
    validateString(version, 'options.version');
    this.#bindingName = kBindingNames[version];
    if (this.#bindingName === undefined) throw new ERR_INVALID_ARG_VALUE('options.version', version, 'unsupported WASI version');
    if (options.args !== undefined) validateArray(options.args, 'options.args');
    const args = (options.args ?? []).map(String);
    const env = [];
    if (options.env !== undefined) {
      validateObject(options.env, 'options.env');
      for (const [key, value] of Object.entries(options.env)) {
        if (value !== undefined) env.push(`${key}=${value}`);
      }
    }
    const preopens = [];
    if (options.preopens !== undefined) {
      validateObject(options.preopens, 'options.preopens');
      for (const [name, path] of Object.entries(options.preopens)) preopens.push([`${name}`, `${path}`]);
    }
    const { stdin = 0, stdout = 1, stderr = 2 } = options;
    validateInt32(stdin, 'options.stdin', 0);
    validateInt32(stdout, 'options.stdout', 0);
    validateInt32(stderr, 'options.stderr', 0);
    let returnOnExit = true;
    if (options.returnOnExit !== undefined) {
      validateBoolean(options.returnOnExit, 'options.returnOnExit');
      ({ returnOnExit } = options);
    }
    this.#system = new System({ args, env, preopens, stdio: [stdin, stdout, stderr], returnOnExit });
    this.wasiImport = this.#system.imports;
  }

  finalizeBindings(instance, { memory = instance?.exports?.memory } = {}) {
    if (this.#started) throw new ERR_WASI_ALREADY_STARTED();
    checkInstance(instance);
    if (!isMemory(memory)) {
      const error = new ERR_INVALID_ARG_TYPE('instance.exports.memory', 'WebAssembly.Memory', memory);
      error.message = '"instance.exports.memory" property must be a WebAssembly.Memory object';
      throw error;
    }
    this.#system.memory = memory;
    this.#started = true;
  }

  /** Runs a command: its exit code. */
  start(instance) {
    this.finalizeBindings(instance);
    const { _start, _initialize } = instance.exports;
    validateFunction(_start, 'instance.exports._start');
    validateUndefined(_initialize, 'instance.exports._initialize');
    try {
      _start();
    } catch (error) {
      if (error !== kExit) throw error;
      return this.#system.exitCode;
    }
    return 0;
  }

  /** Initialises a reactor. */
  initialize(instance) {
    this.finalizeBindings(instance);
    const { _start, _initialize } = instance.exports;
    validateUndefined(_start, 'instance.exports._start');
    if (_initialize !== undefined) {
      validateFunction(_initialize, 'instance.exports._initialize');
      _initialize();
    }
  }

  getImportObject() {
    return { [this.#bindingName]: this.wasiImport };
  }
}

module.exports = { WASI };
