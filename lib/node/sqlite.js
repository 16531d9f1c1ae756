'use strict';

// Binding contract (`sqlite`): Database, Statement, Session and Backup do what their methods say with arguments that this file
// has checked; `constants`; `limits`, the numbers of the limits by name.

const binding = internalBinding('sqlite');
const { getOptionValue } = require('internal/options');
const { codes: { ERR_ILLEGAL_CONSTRUCTOR } } = require('internal/errors');
const { isArrayBufferView, isUint8Array } = require('internal/util/types');
const { isURL } = require('internal/url');

const kInternal = Symbol('kInternal');

// ---- arguments -----------------------------------------------------------------------------------------------------------

function codedError(ErrorClass, code, message) {
  const error = new ErrorClass(message);
  error.code = code;
  return error;
}

function invalidType(name, what) {
  return codedError(TypeError, 'ERR_INVALID_ARG_TYPE', `The "${name}" argument must be ${what}.`);
}

function invalidState(message) {
  return codedError(Error, 'ERR_INVALID_STATE', message);
}

function isObject(value) {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

function checkType(value, type, name) {
  if (typeof value !== type) throw invalidType(name, `a ${type}`);
}

/** Options that may be left out. */
function checkOptions(options) {
  if (options !== undefined && !isObject(options)) throw invalidType('options', 'an object');
  return options ?? {};
}

function isInt32(value) {
  return typeof value === 'number' && value === (value | 0);
}

/** The option `name`, of a type if it is there. */
function option(options, name, type, fallback) {
  const value = options[name];
  if (value === undefined) return fallback;
  checkType(value, type, `options.${name}`);
  return value;
}

function integerOption(options, name, fallback) {
  const value = options[name];
  if (value === undefined) return fallback;
  if (!isInt32(value)) throw invalidType(`options.${name}`, 'an integer');
  return value;
}

/** A path or a `file:` URL, as text. */
function location(path) {
  let text;
  if (typeof path === 'string') {
    text = path;
  } else if (isUint8Array(path)) {
    const { Buffer } = require('buffer');
    text = Buffer.from(path.buffer, path.byteOffset, path.byteLength).toString();
  } else if (isURL(path)) {
    if (path.protocol !== 'file:') {
      throw codedError(TypeError, 'ERR_INVALID_URL_SCHEME', 'The URL must be of scheme file:');
    }
    text = path.href;
  }
  if (text === undefined || text.includes('\0')) {
    throw invalidType('path', 'a string, Uint8Array, or URL without null bytes');
  }
  return text;
}

/** With permissions, a database in a file needs that of reading and, unless it is read only, of writing it. */
function checkPermission(path, readOnly) {
  if (!getOptionValue('--permission') || path === '' || path.startsWith(':memory:')) return;
  const { check } = require('internal/process/permission_guard');
  const file = path.startsWith('file:') ? require('internal/url').fileURLToPath(path.replace(/[?#].*/s, '')) : path;
  check('fs.read', file);
  if (!readOnly) check('fs.write', file);
}

// ---- what statements take from their options -------------------------------------------------------------------------

const kReadBigInts = 1;
const kReturnArrays = 2;
const kAllowBareNamedParameters = 4;
const kAllowUnknownNamedParameters = 8;
const statementOptions = [
  ['readBigInts', kReadBigInts], ['returnArrays', kReturnArrays],
  ['allowBareNamedParameters', kAllowBareNamedParameters],
  ['allowUnknownNamedParameters', kAllowUnknownNamedParameters],
];

function statementFlags(options, flags) {
  for (const [name, bit] of statementOptions) {
    const value = option(options, name, 'boolean');
    if (value !== undefined) flags = value ? flags | bit : flags & ~bit;
  }
  return flags;
}

// ---- databases -----------------------------------------------------------------------------------------------------------

const kReadOnly = 1;
const kForeignKeys = 2;
const kDoubleQuotedStrings = 4;
const kDefensive = 8;
const kLoadExtension = 16;
const kDeterministic = 1;
const kDirectOnly = 2;
const kBigIntArguments = 4;

// A DatabaseSync's { handle, path, flags, timeout, statementFlags, initialLimits, allowExtension, limits }. The constructor may be
// called without `new`, for an error of its own, so that it is no class and has no private fields.
const databases = new WeakMap();

function knownOf(database) {
  const known = databases.get(database);
  if (known === undefined) throw new TypeError('Illegal invocation');
  return known;
}

function openHandle(database) {
  const { handle } = knownOf(database);
  if (handle === undefined) throw invalidState('database is not open');
  return handle;
}

function readLimits(limits) {
  if (limits === undefined) return [];
  if (!isObject(limits)) throw invalidType('options.limits', 'an object');
  const list = [];
  for (const name of Object.keys(binding.limits)) {
    const value = limits[name];
    if (value === undefined) continue;
    if (!isInt32(value)) throw invalidType(`options.limits.${name}`, 'an integer');
    if (value < 0) {
      throw codedError(RangeError, 'ERR_OUT_OF_RANGE', `The "options.limits.${name}" argument must be non-negative.`);
    }
    list.push([name, value]);
  }
  return list;
}

/** A connection to a SQLite database, whose calls do not return before they are done. */
function DatabaseSync(path, options) {
  if (new.target === undefined) {
    throw codedError(TypeError, 'ERR_CONSTRUCT_CALL_REQUIRED', 'Cannot call constructor without `new`');
  }
  const text = location(path);
  options = checkOptions(options);
  const open = option(options, 'open', 'boolean', true);
  let flags = 0;
  if (option(options, 'readOnly', 'boolean', false)) flags |= kReadOnly;
  if (option(options, 'enableForeignKeyConstraints', 'boolean', true)) flags |= kForeignKeys;
  if (option(options, 'enableDoubleQuotedStringLiterals', 'boolean', false)) flags |= kDoubleQuotedStrings;
  const allowExtension = option(options, 'allowExtension', 'boolean', false);
  if (allowExtension) {
    if (getOptionValue('--permission')) {
      throw codedError(Error, 'ERR_LOAD_SQLITE_EXTENSION',
                       'Cannot load SQLite extensions when the permission model is enabled.');
    }
    flags |= kLoadExtension;
  }
  const timeout = integerOption(options, 'timeout', 0);
  const rows = statementFlags(options, kAllowBareNamedParameters);
  if (option(options, 'defensive', 'boolean', true)) flags |= kDefensive;
  const initialLimits = readLimits(options.limits);
  databases.set(this, {
    handle: undefined, path: text, flags, timeout, statementFlags: rows, initialLimits, allowExtension, limits: undefined,
  });
  if (open) this.open();
}

function closeDatabase(known) {
  const { handle } = known;
  handle.close();
  known.handle = undefined;
}

/** Runs per aggregate: the number of the run to what has been gathered. */
class AggregateRuns {
  #start;
  #result;
  #gathered = new Map();

  constructor(start, result) {
    this.#start = start;
    this.#result = result;
  }

  #current(run) {
    if (this.#gathered.has(run)) return this.#gathered.get(run);
    const start = typeof this.#start === 'function' ? Reflect.apply(this.#start, null, []) : this.#start;
    this.#gathered.set(run, start);
    return start;
  }

  take(f, run, args) {
    this.#gathered.set(run, Reflect.apply(f, null, [this.#current(run), ...args]));
  }

  value(run) {
    const current = this.#current(run);
    return this.#result === undefined ? current : Reflect.apply(this.#result, null, [current]);
  }

  finish(run) {
    try {
      return this.value(run);
    } finally {
      this.#gathered.delete(run);
    }
  }
}

const databaseMethods = {
  open() {
    const known = knownOf(this);
    if (known.handle !== undefined) throw invalidState('database is already open');
    checkPermission(known.path, (known.flags & kReadOnly) !== 0);
    const handle = new binding.Database(known.path, known.flags, known.timeout);
    for (const [name, value] of known.initialLimits) handle.limit(binding.limits[name], value);
    known.handle = handle;
  },

  close() {
    openHandle(this);
    closeDatabase(knownOf(this));
  },

  get isOpen() {
    return knownOf(this).handle !== undefined;
  },

  get isTransaction() {
    return openHandle(this).isTransaction();
  },

  get limits() {
    const known = knownOf(this);
    return known.limits ??= new Limits(kInternal, this);
  },

  exec(sql) {
    const handle = openHandle(this);
    checkType(sql, 'string', 'sql');
    handle.exec(sql);
  },

  prepare(sql, options) {
    const handle = openHandle(this);
    checkType(sql, 'string', 'sql');
    const flags = statementFlags(checkOptions(options), knownOf(this).statementFlags);
    return new StatementSync(kInternal, new binding.Statement(handle, sql), flags, this);
  },

  location(dbName) {
    const handle = openHandle(this);
    if (dbName !== undefined) checkType(dbName, 'string', 'dbName');
    return handle.location(dbName ?? 'main');
  },

  function(name, options, callback) {
    const handle = openHandle(this);
    checkType(name, 'string', 'name');
    if (arguments.length < 3) {
      callback = options;
      options = undefined;
    } else if (!isObject(options)) {
      throw invalidType('options', 'an object');
    }
    options ??= {};
    let flags = 0;
    if (option(options, 'useBigIntArguments', 'boolean', false)) flags |= kBigIntArguments;
    const varargs = option(options, 'varargs', 'boolean', false);
    if (option(options, 'deterministic', 'boolean', false)) flags |= kDeterministic;
    if (option(options, 'directOnly', 'boolean', false)) flags |= kDirectOnly;
    if (typeof callback !== 'function') throw invalidType('function', 'a function');
    let count = -1;
    if (!varargs) {
      count = callback.length;
      if (!isInt32(count)) throw invalidType('options.varargs', 'a boolean');
    }
    handle.defineFunction(name, count, flags, callback);
  },

  aggregate(name, options) {
    const handle = openHandle(this);
    checkType(name, 'string', 'name');
    if (!isObject(options)) throw invalidType('options', 'an object');
    const { start, step, result, inverse } = options;
    if (start === undefined) throw invalidType('options.start', 'a function or a primitive value');
    if (typeof step !== 'function') throw invalidType('options.step', 'a function');
    if (result !== undefined && typeof result !== 'function') throw invalidType('options.result', 'a function');
    let flags = 0;
    if (option(options, 'useBigIntArguments', 'boolean', false)) flags |= kBigIntArguments;
    const varargs = option(options, 'varargs', 'boolean', false);
    if (option(options, 'directOnly', 'boolean', false)) flags |= kDirectOnly;
    if (inverse !== undefined && typeof inverse !== 'function') throw invalidType('options.inverse', 'a function');
    // The first argument of both is what has been gathered.
    const count = varargs ? -1 : Math.max(step.length, inverse?.length ?? 0, 1) - 1;
    const runs = new AggregateRuns(start, result);
    handle.defineAggregate(name, count, flags,
                           (run, ...args) => runs.take(step, run, args),
                           inverse && ((run, ...args) => runs.take(inverse, run, args)),
                           (run) => runs.value(run),
                           (run) => runs.finish(run));
  },

  setAuthorizer(callback) {
    const handle = openHandle(this);
    if (callback === null) {
      handle.setAuthorizer(null);
      return;
    }
    if (typeof callback !== 'function') throw invalidType('callback', 'a function');
    const { SQLITE_OK, SQLITE_DENY, SQLITE_IGNORE } = binding.constants;
    handle.setAuthorizer((...args) => {
      const code = Reflect.apply(callback, undefined, args);
      if (!isInt32(code)) {
        throw codedError(TypeError, 'ERR_INVALID_ARG_TYPE', 'Authorizer callback must return an integer authorization code');
      }
      if (code !== SQLITE_OK && code !== SQLITE_DENY && code !== SQLITE_IGNORE) {
        throw codedError(RangeError, 'ERR_OUT_OF_RANGE', 'Authorizer callback returned a invalid authorization code');
      }
      return code;
    });
  },

  createSession(options) {
    const handle = openHandle(this);
    options = checkOptions(options);
    const table = option(options, 'table', 'string');
    const db = option(options, 'db', 'string', 'main');
    return new Session(kInternal, new binding.Session(handle, db, table), this);
  },

  applyChangeset(changeset, options) {
    const handle = openHandle(this);
    if (!isUint8Array(changeset)) throw invalidType('changeset', 'a Uint8Array');
    options = checkOptions(options);
    const onConflict = option(options, 'onConflict', 'function');
    const filter = option(options, 'filter', 'function');
    return handle.applyChangeset(
      changeset,
      filter && ((table) => (Reflect.apply(filter, null, [table]) ? 1 : 0)),
      onConflict && ((kind) => {
        const resolution = Reflect.apply(onConflict, null, [kind]);
        return isInt32(resolution) ? resolution : -1;
      }),
    );
  },

  enableLoadExtension(allow) {
    const handle = openHandle(this);
    checkType(allow, 'boolean', 'allow');
    const known = knownOf(this);
    if (allow && !(known.flags & kLoadExtension)) {
      throw invalidState('Cannot enable extension loading because it was disabled at database creation.');
    }
    handle.setLoadExtension(allow);
    known.allowExtension = allow;
  },

  loadExtension(path, entryPoint) {
    const handle = openHandle(this);
    if (!knownOf(this).allowExtension) throw invalidState('extension loading is not allowed');
    checkType(path, 'string', 'path');
    if (entryPoint !== undefined) checkType(entryPoint, 'string', 'entryPoint');
    handle.loadExtension(path, entryPoint);
  },

  enableDefensive(active) {
    const handle = openHandle(this);
    checkType(active, 'boolean', 'active');
    handle.setDefensive(active);
  },

  createTagStore(maxSize) {
    openHandle(this);
    return new SQLTagStore(kInternal, this, isInt32(maxSize) && maxSize > 0 ? maxSize : 1000);
  },

  serialize(dbName) {
    const handle = openHandle(this);
    if (dbName !== undefined) checkType(dbName, 'string', 'dbName');
    return handle.serialize(dbName ?? 'main');
  },

  deserialize(buffer, options) {
    const handle = openHandle(this);
    if (!isUint8Array(buffer)) throw invalidType('buffer', 'a Uint8Array');
    if (buffer.byteLength === 0) {
      throw codedError(TypeError, 'ERR_INVALID_ARG_VALUE', 'The "buffer" argument must not be empty.');
    }
    handle.deserialize(buffer, option(checkOptions(options), 'dbName', 'string', 'main'));
  },

  [Symbol.dispose]() {
    const known = knownOf(this);
    if (known.handle !== undefined) closeDatabase(known);
  },
};

// By which libraries tell this database from those of others.
databaseMethods[Symbol.for('sqlite-type')] = 'node:sqlite';
for (const name of Reflect.ownKeys(databaseMethods)) {
  const descriptor = Object.getOwnPropertyDescriptor(databaseMethods, name);
  Object.defineProperty(DatabaseSync.prototype, name, { ...descriptor, enumerable: false });
}

/** The limits of a connection; assigning sets one, Infinity to what it is at most. */
class Limits {
  constructor(token, database) {
    if (token !== kInternal) throw new ERR_ILLEGAL_CONSTRUCTOR();
    for (const name of Object.keys(binding.limits)) {
      const which = binding.limits[name];
      Object.defineProperty(this, name, {
        enumerable: true,
        get: () => openHandle(database).limit(which, -1),
        set(value) {
          const handle = openHandle(database);
          if (value !== Infinity && (!isInt32(value))) {
            throw codedError(TypeError, 'ERR_INVALID_ARG_TYPE', 'Limit value must be a non-negative integer or Infinity.');
          }
          if (value < 0) throw codedError(RangeError, 'ERR_OUT_OF_RANGE', 'Limit value must be non-negative.');
          handle.limit(which, value === Infinity ? 2 ** 31 - 1 : value);
        },
      });
    }
  }
}

// ---- statements ------------------------------------------------------------------------------------------------------------

let isFinalized;

/** A prepared statement. */
class StatementSync {
  #handle;
  #flags;
  // What it was made from lives as long as it.
  #database;
  // How often it has started: an iterator of an earlier time is no longer valid.
  #starts = 0;

  constructor(token, handle, flags, database) {
    if (token !== kInternal) throw new ERR_ILLEGAL_CONSTRUCTOR();
    this.#handle = handle;
    this.#flags = flags;
    this.#database = database;
  }

  #live() {
    const handle = this.#handle;
    if (handle.isFinalized()) throw invalidState('statement has been finalized');
    return handle;
  }

  #started() {
    const handle = this.#live();
    this.#starts++;
    return handle;
  }

  all(...parameters) {
    return this.#started().all(parameters, this.#flags);
  }

  get(...parameters) {
    return this.#started().get(parameters, this.#flags);
  }

  run(...parameters) {
    return this.#started().run(parameters, this.#flags);
  }

  iterate(...parameters) {
    const handle = this.#started();
    handle.start(parameters, this.#flags);
    const start = this.#starts;
    let done = false;
    const finish = () => {
      if (!done && start === this.#starts && !handle.isFinalized()) handle.reset();
      done = true;
      return { __proto__: null, done: true, value: null };
    };
    const iterator = Object.create(Iterator.prototype);
    iterator.next = () => {
      if (done) return finish();
      this.#live();
      if (start !== this.#starts) {
        done = true;
        throw invalidState('iterator was invalidated');
      }
      const row = handle.next(undefined, this.#flags);
      return row === undefined ? finish() : { __proto__: null, done: false, value: row };
    };
    iterator.return = finish;
    return iterator;
  }

  columns() {
    return this.#live().columns();
  }

  close() {
    this.#live().finalize();
  }

  [Symbol.dispose]() {
    if (!this.#handle.isFinalized()) this.#handle.finalize();
  }

  get sourceSQL() {
    return this.#live().sourceSQL();
  }

  get expandedSQL() {
    return this.#live().expandedSQL();
  }

  #set(bit, on, name) {
    this.#live();
    checkType(on, 'boolean', name);
    this.#flags = on ? this.#flags | bit : this.#flags & ~bit;
  }

  setReadBigInts(enabled) {
    this.#set(kReadBigInts, enabled, 'readBigInts');
  }

  setReturnArrays(enabled) {
    this.#set(kReturnArrays, enabled, 'returnArrays');
  }

  setAllowBareNamedParameters(enabled) {
    this.#set(kAllowBareNamedParameters, enabled, 'allowBareNamedParameters');
  }

  setAllowUnknownNamedParameters(enabled) {
    this.#set(kAllowUnknownNamedParameters, enabled, 'enabled');
  }

  static {
    isFinalized = (statement) => statement.#handle.isFinalized();
  }
}

/** Statements by the literal parts of tagged templates, the least recently used of which are dropped. */
class SQLTagStore {
  #database;
  #capacity;
  #statements = new Map();

  constructor(token, database, capacity) {
    if (token !== kInternal) throw new ERR_ILLEGAL_CONSTRUCTOR();
    this.#database = database;
    this.#capacity = capacity;
  }

  #statement(strings) {
    openHandle(this.#database);
    if (!Array.isArray(strings) || !strings.every((part) => typeof part === 'string')) {
      throw codedError(TypeError, 'ERR_INVALID_ARG_TYPE', 'First argument must be an array of strings (template literal).');
    }
    const sql = strings.join('?');
    let statement = this.#statements.get(sql);
    this.#statements.delete(sql);
    if (statement === undefined || isFinalized(statement)) statement = this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    if (this.#statements.size > this.#capacity) this.#statements.delete(this.#statements.keys().next().value);
    return statement;
  }

  // A first value that is an object would name parameters: templates have none with names.
  static #parameters(values) {
    return isObject(values[0]) && !isArrayBufferView(values[0]) ? [{}, ...values] : values;
  }

  all(strings, ...values) {
    return this.#statement(strings).all(...SQLTagStore.#parameters(values));
  }

  get(strings, ...values) {
    return this.#statement(strings).get(...SQLTagStore.#parameters(values));
  }

  run(strings, ...values) {
    return this.#statement(strings).run(...SQLTagStore.#parameters(values));
  }

  iterate(strings, ...values) {
    return this.#statement(strings).iterate(...SQLTagStore.#parameters(values));
  }

  clear() {
    this.#statements.clear();
  }

  get size() {
    return this.#statements.size;
  }

  get capacity() {
    return this.#capacity;
  }

  get db() {
    return this.#database;
  }
}

// ---- sessions ----------------------------------------------------------------------------------------------------------------

/** A record of the changes of a database. */
class Session {
  #handle;
  #database;

  constructor(token, handle, database) {
    if (token !== kInternal) throw new ERR_ILLEGAL_CONSTRUCTOR();
    this.#handle = handle;
    this.#database = database;
  }

  #open() {
    openHandle(this.#database);
    if (!this.#handle.isOpen()) throw invalidState('session is not open');
    return this.#handle;
  }

  changeset() {
    return this.#open().changeset();
  }

  patchset() {
    return this.#open().patchset();
  }

  close() {
    this.#open().close();
  }

  [Symbol.dispose]() {
    if (this.#handle.isOpen()) this.#handle.close();
  }
}

// ---- backups -----------------------------------------------------------------------------------------------------------------

async function copyPages(database, copy, rate, progress) {
  try {
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      openHandle(database);
      if (copy.step(rate)) return copy.pageCount();
      const totalPages = copy.pageCount();
      const remainingPages = copy.remaining();
      if (progress !== undefined && totalPages !== 0 && remainingPages !== 0) {
        Reflect.apply(progress, null, [{ totalPages, remainingPages }]);
      }
    }
  } finally {
    copy.finish();
  }
}

/** Copies a database to a file, some pages at a time, while the program goes on. */
function backup(sourceDb, path, options = undefined) {
  if (!isObject(sourceDb)) throw invalidType('sourceDb', 'an object');
  const handle = openHandle(sourceDb);
  const text = location(path);
  options = checkOptions(options);
  const rate = integerOption(options, 'rate', 100);
  const source = option(options, 'source', 'string', 'main');
  const target = option(options, 'target', 'string', 'main');
  const progress = option(options, 'progress', 'function');
  checkPermission(text, false);
  let copy;
  try {
    copy = new binding.Backup(handle, source, text, target);
  } catch (error) {
    return Promise.reject(error);
  }
  return copyPages(sourceDb, copy, rate, progress);
}
Object.defineProperty(backup, 'length', { value: 2, configurable: true });

module.exports = {
  DatabaseSync,
  StatementSync,
  Session,
  backup,
  constants: Object.freeze({ __proto__: null, ...binding.constants }),
};
