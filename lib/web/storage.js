'use strict';

// Web Storage: https://html.spec.whatwg.org/multipage/webstorage.html
//
// localStorage is an SQLite database, with the tables that Node makes.

const { codes: { ERR_INVALID_THIS } } = require('internal/errors');
const { customInspectSymbol: kInspect, lazyDOMException } = require('internal/util');
const { defineInterface } = require('web/stream_util');

const kCreate = Symbol('kCreate');
// The same limit for keys and values together, in UTF-16 bytes.
const kQuotaBytes = 10 * 1024 * 1024;

function quotaError() {
  return lazyDOMException('Setting the value exceeded the quota', 'QuotaExceededError');
}

/** The items of a storage area in memory. */
class MemoryArea {
  #items = new Map();
  #sizeBytes = 0;

  get size() {
    return this.#items.size;
  }

  get(key) {
    return this.#items.get(key);
  }

  keys() {
    return [...this.#items.keys()];
  }

  set(key, value) {
    const old = this.#items.get(key);
    const size = this.#sizeBytes + 2 * (value.length + (old === undefined ? key.length : -old.length));
    if (size > kQuotaBytes) throw quotaError();
    this.#items.set(key, value);
    this.#sizeBytes = size;
  }

  delete(key) {
    const old = this.#items.get(key);
    if (old === undefined) return;
    this.#items.delete(key);
    this.#sizeBytes -= 2 * (key.length + old.length);
  }

  clear() {
    this.#items.clear();
    this.#sizeBytes = 0;
  }
}

const kSizeOf = (row) => `OCTET_LENGTH(${row}.key) + OCTET_LENGTH(${row}.value)`;
const kCheckQuota = `SELECT RAISE(ABORT, 'QuotaExceeded') WHERE EXISTS (
  SELECT 1 FROM nodejs_webstorage_state WHERE total_size > max_size)`;
const kSchema = `
PRAGMA encoding = 'UTF-16le';
PRAGMA busy_timeout = 3000;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS nodejs_webstorage(
  key BLOB NOT NULL, value BLOB NOT NULL, PRIMARY KEY(key)) STRICT;
CREATE TABLE IF NOT EXISTS nodejs_webstorage_state(
  max_size INTEGER NOT NULL DEFAULT ${kQuotaBytes}, total_size INTEGER NOT NULL,
  schema_version INTEGER NOT NULL DEFAULT 0,
  single_row_ INTEGER NOT NULL DEFAULT 1 CHECK(single_row_ = 1), PRIMARY KEY(single_row_)) STRICT;
CREATE TRIGGER IF NOT EXISTS nodejs_quota_insert AFTER INSERT ON nodejs_webstorage FOR EACH ROW BEGIN
  UPDATE nodejs_webstorage_state SET total_size = total_size + ${kSizeOf('NEW')};
  ${kCheckQuota};
END;
CREATE TRIGGER IF NOT EXISTS nodejs_quota_update AFTER UPDATE ON nodejs_webstorage FOR EACH ROW BEGIN
  UPDATE nodejs_webstorage_state SET total_size = total_size + OCTET_LENGTH(NEW.value) - OCTET_LENGTH(OLD.value);
  ${kCheckQuota};
END;
CREATE TRIGGER IF NOT EXISTS nodejs_quota_delete AFTER DELETE ON nodejs_webstorage FOR EACH ROW BEGIN
  UPDATE nodejs_webstorage_state SET total_size = total_size - (${kSizeOf('OLD')});
END;
INSERT OR IGNORE INTO nodejs_webstorage_state (total_size) VALUES (0);
`;

function blob(text) {
  return require('buffer').Buffer.from(text, 'utf16le');
}

function textOf(bytes) {
  return require('buffer').Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf16le');
}

/** The items of a storage area in a file, which other programs may use at the same time. */
class FileArea {
  #path;
  #database;
  #statements = { __proto__: null };

  constructor(path) {
    this.#path = path;
  }

  /** Nothing is opened before it is used. */
  #statement(sql) {
    if (this.#database === undefined) {
      const { DatabaseSync } = require('sqlite');
      this.#database = new DatabaseSync(this.#path);
      this.#database.exec(kSchema);
    }
    return this.#statements[sql] ??= this.#database.prepare(sql);
  }

  get size() {
    return this.#statement('SELECT COUNT(*) AS size FROM nodejs_webstorage').get().size;
  }

  get(key) {
    const row = this.#statement('SELECT value FROM nodejs_webstorage WHERE key = ?').get(blob(key));
    return row === undefined ? undefined : textOf(row.value);
  }

  keys() {
    return this.#statement('SELECT key FROM nodejs_webstorage ORDER BY rowid').all().map(({ key }) => textOf(key));
  }

  set(key, value) {
    const statement = this.#statement(`INSERT INTO nodejs_webstorage (key, value) VALUES (?, ?)
      ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value WHERE EXCLUDED.key = key`);
    try {
      statement.run(blob(key), blob(value));
    } catch (error) {
      throw error?.message === 'QuotaExceeded' ? quotaError() : error;
    }
  }

  delete(key) {
    this.#statement('DELETE FROM nodejs_webstorage WHERE key = ?').run(blob(key));
  }

  clear() {
    this.#statement('DELETE FROM nodejs_webstorage').run();
  }
}

const areas = new WeakMap();

function areaOf(storage) {
  const area = areas.get(storage);
  if (area === undefined) throw new ERR_INVALID_THIS('Storage');
  return area;
}

function requireArguments(args, count, method) {
  if (args.length >= count) return;
  const error = new TypeError(
    `Failed to execute '${method}' on 'Storage': ${count} argument${count === 1 ? '' : 's'} required`);
  error.code = 'ERR_MISSING_ARGS';
  throw error;
}

/** As native code throws it: the code is not part of the stack. */
function illegalConstructor() {
  const error = new TypeError('Illegal constructor');
  error.code = 'ERR_ILLEGAL_CONSTRUCTOR';
  return error;
}

class Storage {
  constructor() {
    if (arguments[0] !== kCreate) throw illegalConstructor();
  }

  get length() {
    return areaOf(this).size;
  }

  clear() {
    areaOf(this).clear();
  }

  getItem(key) {
    const area = areaOf(this);
    requireArguments(arguments, 1, 'getItem');
    return area.get(`${key}`) ?? null;
  }

  key(index) {
    const area = areaOf(this);
    requireArguments(arguments, 1, 'key');
    return area.keys()[index >>> 0] ?? null;
  }

  removeItem(key) {
    const area = areaOf(this);
    requireArguments(arguments, 1, 'removeItem');
    area.delete(`${key}`);
  }

  setItem(key, value) {
    const area = areaOf(this);
    requireArguments(arguments, 2, 'setItem');
    area.set(`${key}`, `${value}`);
  }

  [kInspect](depth, options) {
    const { inspect } = require('internal/util/inspect');
    const area = areaOf(this);
    return `Storage ${inspect(Object.fromEntries(area.keys().map((key) => [key, area.get(key)])), options)}`;
  }
}
defineInterface(Storage, ['length', 'clear', 'getItem', 'key', 'removeItem', 'setItem']);

// Legacy platform object (WebIDL §3.9) with named properties; those of the prototype come first.
function isNamed(target, key) {
  return typeof key === 'string' && !(key in target) && areas.get(target).get(key) !== undefined;
}

const handler = {
  __proto__: null,
  get(target, key, receiver) {
    if (isNamed(target, key)) return areas.get(target).get(key);
    return Reflect.get(target, key, receiver);
  },
  set(target, key, value, receiver) {
    if (typeof key === 'symbol') return Reflect.set(target, key, value, target);
    areas.get(target).set(key, `${value}`);
    return true;
  },
  has(target, key) {
    return isNamed(target, key) || Reflect.has(target, key);
  },
  deleteProperty(target, key) {
    if (typeof key === 'symbol') return Reflect.deleteProperty(target, key);
    areas.get(target).delete(key);
    return true;
  },
  defineProperty(target, key, descriptor) {
    if (typeof key === 'symbol') return Reflect.defineProperty(target, key, descriptor);
    if (!('value' in descriptor)) return false;
    areas.get(target).set(key, `${descriptor.value}`);
    return true;
  },
  getOwnPropertyDescriptor(target, key) {
    if (!isNamed(target, key)) return Reflect.getOwnPropertyDescriptor(target, key);
    return { __proto__: null, configurable: true, enumerable: true, writable: true, value: areas.get(target).get(key) };
  },
  ownKeys(target) {
    return [...areas.get(target).keys(), ...Reflect.ownKeys(target).filter((key) => typeof key === 'symbol')];
  },
};

function createStorage(path) {
  const target = new Storage(kCreate);
  const area = path === undefined ? new MemoryArea() : new FileArea(path);
  areas.set(target, area);
  const storage = new Proxy(target, handler);
  areas.set(storage, area);
  return storage;
}

/** What localStorage is without a file to keep it in: nothing can be stored, and whoever tries is told so. */
function createNowhere() {
  let hasWarned = false;
  const warn = (result) => () => {
    if (!hasWarned) process.emitWarning('`--localstorage-file` was provided without a valid path');
    hasWarned = true;
    return result;
  };
  return new Proxy({}, { __proto__: null, get: warn(undefined), set: warn(false) });
}

let localStorage;
let sessionStorage;

module.exports = {
  Storage,
  get localStorage() {
    if (localStorage !== undefined) return localStorage;
    const path = require('internal/options').getOptionValue('--localstorage-file');
    if (path === undefined || path === '') return localStorage = createNowhere();
    return localStorage = createStorage(path);
  },
  get sessionStorage() {
    return sessionStorage ??= createStorage(undefined);
  },
};
