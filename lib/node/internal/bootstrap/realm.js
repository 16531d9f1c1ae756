'use strict';

// Binding contract:
//   builtins.compileFunction(id) -> function (exports, require, module, process, internalBinding) of the
//     embedded file `id`; throws an Error when there is no such file.
//   builtins.hasBuiltin(id) -> boolean.
//   module_wrap.ModuleWrap (only when a builtin is imported from an ES module).
//   permission.has(scope) -> boolean.
//
// The native side runs this file first, in every realm, with an empty `process` object, and then calls
// `module.exports.start()`, which builds the globals and runs the main script the options ask for.

const { compileFunction, hasBuiltin } = internalBinding('builtins');

// Names a program may require, with or without the `node:` scheme. A program that requires none does not need them.
const listPublicIds = () => [
  '_http_agent', '_http_client', '_http_common', '_http_incoming', '_http_outgoing', '_http_server',
  '_stream_duplex', '_stream_passthrough', '_stream_readable', '_stream_transform', '_stream_writable',
  '_tls_common', '_tls_wrap', 'assert', 'assert/strict', 'async_hooks', 'buffer', 'child_process', 'cluster',
  'console', 'constants', 'crypto', 'dgram', 'diagnostics_channel', 'dns', 'dns/promises', 'domain', 'events',
  'fs', 'fs/promises', 'http', 'http2', 'https', 'inspector', 'inspector/promises', 'module', 'net', 'os',
  'path', 'path/posix', 'path/win32', 'perf_hooks', 'process', 'punycode', 'querystring', 'readline',
  'readline/promises', 'repl', 'stream', 'stream/consumers', 'stream/promises', 'stream/web',
  'string_decoder', 'sys', 'timers', 'timers/promises', 'tls', 'trace_events', 'tty', 'url', 'util',
  'util/types', 'v8', 'vm', 'wasi', 'worker_threads', 'zlib',
];
// Names that need the scheme: without it they are ordinary package names.
const kSchemeOnlyIds = ['sea', 'sqlite', 'test', 'test/reporters'];

// The globals of the language itself, before the program or the library adds any.
const languageGlobals = Object.getOwnPropertyNames(globalThis);

let publicIds;
const records = new Map();
const moduleLoadList = [];
let internalsExposed = false;

/** The record of one embedded file: its exports, and the ES module facade made of them on demand. */
class BuiltinModule {
  static map = records;
  // A field, not an assignment: a program may have put an accessor of the name on Object.prototype.
  exports = {};

  constructor(id) {
    this.id = id;
    this.filename = `${id}.js`;
    this.loaded = false;
    this.loading = false;
    this.module = undefined;
    this.exportKeys = undefined;
  }

  /** May a program require `id`, possibly only with the `node:` scheme? */
  static canBeRequiredByUsers(id) {
    return hasBuiltin(id) &&
      (isPublic(id) || kSchemeOnlyIds.includes(id) || (internalsExposed && isExposableInternal(id)));
  }

  static canBeRequiredByUsersWithoutScheme(id) {
    return hasBuiltin(id) && (isPublic(id) || (internalsExposed && isExposableInternal(id)));
  }

  /** Name as the loaders know it without scheme, or undefined when it does not name a public builtin. */
  static normalizeRequirableId(id) {
    if (id.startsWith('node:')) {
      const bare = id.slice(5);
      if (BuiltinModule.canBeRequiredByUsers(bare)) return bare;
      return undefined;
    }
    return BuiltinModule.canBeRequiredByUsersWithoutScheme(id) ? id : undefined;
  }

  static isBuiltin(id) {
    return BuiltinModule.normalizeRequirableId(id) !== undefined;
  }

  static getSchemeOnlyModuleNames() {
    return kSchemeOnlyIds.filter(hasBuiltin);
  }

  static getAllBuiltinModuleIds() {
    const ids = listPublicIds().filter(hasBuiltin);
    for (const id of kSchemeOnlyIds) {
      if (hasBuiltin(id)) ids.push(`node:${id}`);
    }
    return ids;
  }

  /** Has a file of the library been run? */
  static isLoaded(id) {
    return records.get(id)?.loaded === true;
  }

  /** Makes a builtin unknown to the program. */
  static withdraw(id) {
    kSchemeOnlyIds.splice(kSchemeOnlyIds.indexOf(id), 1);
  }

  static exists(id) {
    return hasBuiltin(id);
  }

  static exposeInternals() {
    internalsExposed = true;
  }

  /** The record of a public builtin, loaded, for a user's `require`. */
  static loadForUser(id) {
    requireBuiltin(id);
    return records.get(id);
  }

  getOwn(key) {
    try {
      return this.exports[key];
    } catch {
      return undefined;
    }
  }

  /** The synthetic module an `import` of this builtin links to. */
  getESMFacade() {
    if (this.module !== undefined) return this.module;
    const { ModuleWrap } = internalBinding('module_wrap');
    const exported = this.exports;
    const isObject = (typeof exported === 'object' && exported !== null) || typeof exported === 'function';
    this.exportKeys = isObject ? Object.keys(exported).filter((key) => key !== 'default') : [];
    const builtin = this;
    this.module = new ModuleWrap(`node:${this.id}`, undefined, [...this.exportKeys, 'default'],
                                 function() {
                                   builtin.syncExports();
                                   this.setExport('default', builtin.exports);
                                 });
    this.module.instantiate();
    this.module.evaluate(-1, false);
    return this.module;
  }

  /** Copies changed properties of the CommonJS exports into the ES module facade. */
  syncExports() {
    if (this.module === undefined) return;
    for (const key of this.exportKeys) this.module.setExport(key, this.getOwn(key));
  }
}

function isPublic(id) {
  publicIds ??= new Set(listPublicIds());
  return publicIds.has(id);
}

function isExposableInternal(id) {
  return id.startsWith('internal/') && !id.startsWith('internal/bootstrap/') && !id.startsWith('internal/main/');
}

/** `require` of the embedded files: by id, lazily, with cycles as in CommonJS. */
function requireBuiltin(id) {
  let record = records.get(id);
  if (record !== undefined) return record.exports;
  const wrapper = compileFunction(id);
  record = new BuiltinModule(id);
  records.set(id, record);
  moduleLoadList.push(`NativeModule ${id}`);
  record.loading = true;
  try {
    wrapper(record.exports, requireBuiltin, record, process, internalBinding);
  } catch (error) {
    records.delete(id);
    throw error;
  }
  record.loading = false;
  record.loaded = true;
  return record.exports;
}

/** Builds the globals, then runs the main script. */
function start() {
  // Without the permission model everything is granted.
  if (!internalBinding('permission').has('')) {
    requireBuiltin('internal/process/permission_guard').install();
  }
  requireBuiltin('internal/bootstrap/node');
  requireBuiltin('internal/main/start').start();
}

const self = new BuiltinModule('internal/bootstrap/realm');
self.loaded = true;
records.set(self.id, self);
self.exports = { BuiltinModule, internalBinding, languageGlobals, moduleLoadList, require: requireBuiltin, start };
module.exports = self.exports;
