'use strict';

// WebAssembly as ES modules: https://github.com/WebAssembly/esm-integration. A module becomes source text that imports what
// it imports and exports what it exports; `import.meta.instantiate` of that text does the rest.
//
// Binding contract (module_wrap): see loader.js.

const { emitExperimentalWarning } = require('internal/util');

const { ModuleWrap } = internalBinding('module_wrap');

const kCompileOptions = { builtins: ['js-string'], importedStringConstants: 'wasm:js/string-constants' };

// What an instance exports, by the namespace of its module: globals are objects there, values here.
const instanceExports = new WeakMap();
// By the URL of the module.
const instantiators = new Map();

function checkName(kind, name, url) {
  if (name.startsWith('wasm:') || name.startsWith('wasm-js:')) {
    throw new WebAssembly.LinkError(`Invalid Wasm ${kind} "${name}" in ${url}`);
  }
}

function unwrap(value) {
  if (!(value instanceof WebAssembly.Global)) return value;
  try {
    return value.value;
  } catch {
    // A type that JavaScript has no values of.
    return undefined;
  }
}

/** The compiled module of a source. */
function compileWasm(source) {
  return new WebAssembly.Module(source, kCompileOptions);
}

/** The wrap of the module `url`. */
function wasmModule(url, module) {
  emitExperimentalWarning('Importing WebAssembly module instances');
  const requests = new Set();
  for (const { module: specifier, name } of WebAssembly.Module.imports(module)) {
    checkName('import', specifier, url);
    checkName('import name', name, url);
    requests.add(specifier);
  }
  const names = [];
  for (const { name } of WebAssembly.Module.exports(module)) {
    checkName('export', name, url);
    names.push(name);
  }
  const specifiers = [...requests];
  let text = '';
  specifiers.forEach((specifier, i) => {
    text += `import * as i${i} from ${JSON.stringify(specifier)};\n`;
  });
  text += `const e = import.meta.instantiate([${specifiers.map((_, i) => `i${i}`)}]);\n`;
  names.forEach((_, i) => {
    text += `const e${i} = e[${i}];\n`;
  });
  text += `export { ${names.map((name, i) => `e${i} as ${JSON.stringify(name)}`).join(', ')} };\n`;
  const wrap = new ModuleWrap(url, undefined, text, 0, 0);
  instantiators.set(url, (namespaces) => {
    const imports = { __proto__: null };
    specifiers.forEach((specifier, i) => {
      imports[specifier] = instanceExports.get(namespaces[i]) ?? namespaces[i];
    });
    const { exports } = new WebAssembly.Instance(module, imports);
    instanceExports.set(wrap.getNamespace(), exports);
    return names.map((name) => unwrap(exports[name]));
  });
  return wrap;
}

/** Fills `import.meta` if `url` is that of a WebAssembly module; true if it is. */
function initializeWasmMeta(meta, url) {
  const instantiate = instantiators.get(url);
  if (instantiate === undefined) return false;
  instantiators.delete(url);
  meta.instantiate = instantiate;
  return true;
}

/** The wrap of `import source`: its default export is the compiled module. */
function sourceModule(url, module) {
  const wrap = new ModuleWrap(url, undefined, ['default'], function() {
    this.setExport('default', module);
  });
  wrap.instantiate();
  return wrap;
}

module.exports = { compileWasm, initializeWasmMeta, sourceModule, wasmModule };
