'use strict';

// Web Storage: https://html.spec.whatwg.org/multipage/webstorage.html
//
// DEVIATION: localStorage is kept in memory and written to the file of --localstorage-file as JSON when it changes.

const { codes: { ERR_ILLEGAL_CONSTRUCTOR, ERR_INVALID_THIS } } = require('internal/errors');
const { customInspectSymbol: kInspect, lazyDOMException } = require('internal/util');
const { defineInterface } = require('web/stream_util');

const kCreate = Symbol('kCreate');
// The same limit for keys and values together, in UTF-16 bytes.
const kQuotaBytes = 10 * 1024 * 1024;

/** The items of a storage area. */
class StorageArea {
  constructor(path) {
    this.path = path;
    this.items = new Map();
    this.sizeBytes = 0;
    if (path === undefined) return;
    const fs = require('fs');
    if (!fs.existsSync(path)) return;
    for (const { 0: key, 1: value } of Object.entries(JSON.parse(fs.readFileSync(path, 'utf8')))) this.items.set(key, value);
  }

  set(key, value) {
    const old = this.items.get(key);
    const size = this.sizeBytes + 2 * (value.length + (old === undefined ? key.length : -old.length));
    if (size > kQuotaBytes) throw lazyDOMException('Setting the value exceeded the quota', 'QuotaExceededError');
    this.items.set(key, value);
    this.sizeBytes = size;
    this.save();
  }

  delete(key) {
    const old = this.items.get(key);
    if (old === undefined) return;
    this.items.delete(key);
    this.sizeBytes -= 2 * (key.length + old.length);
    this.save();
  }

  clear() {
    this.items.clear();
    this.sizeBytes = 0;
    this.save();
  }

  save() {
    if (this.path === undefined) return;
    require('fs').writeFileSync(this.path, JSON.stringify(Object.fromEntries(this.items)));
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

class Storage {
  constructor() {
    if (arguments[0] !== kCreate) throw new ERR_ILLEGAL_CONSTRUCTOR();
  }

  get length() {
    return areaOf(this).items.size;
  }

  clear() {
    areaOf(this).clear();
  }

  getItem(key) {
    const area = areaOf(this);
    requireArguments(arguments, 1, 'getItem');
    return area.items.get(`${key}`) ?? null;
  }

  key(index) {
    const area = areaOf(this);
    requireArguments(arguments, 1, 'key');
    return [...area.items.keys()][index >>> 0] ?? null;
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
    return `Storage ${inspect(Object.fromEntries(areaOf(this).items), options)}`;
  }
}
defineInterface(Storage, ['length', 'clear', 'getItem', 'key', 'removeItem', 'setItem']);

// Legacy platform object (WebIDL §3.9) with named properties; those of the prototype come first.
function isNamed(target, key) {
  return typeof key === 'string' && !(key in target) && areas.get(target).items.has(key);
}

const handler = {
  __proto__: null,
  get(target, key, receiver) {
    if (isNamed(target, key)) return areas.get(target).items.get(key);
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
    return { __proto__: null, configurable: true, enumerable: true, writable: true, value: areas.get(target).items.get(key) };
  },
  ownKeys(target) {
    return [...areas.get(target).items.keys(), ...Reflect.ownKeys(target).filter((key) => typeof key === 'symbol')];
  },
};

function createStorage(path) {
  const target = new Storage(kCreate);
  const area = new StorageArea(path);
  areas.set(target, area);
  const storage = new Proxy(target, handler);
  areas.set(storage, area);
  return storage;
}

let localStorage;
let sessionStorage;

module.exports = {
  Storage,
  /** undefined without a file to keep it in. */
  get localStorage() {
    if (localStorage !== undefined) return localStorage;
    const path = require('internal/options').getOptionValue('--localstorage-file');
    if (path === undefined || path === '') {
      process.emitWarning('`--localstorage-file` was provided without a valid path');
      return undefined;
    }
    return localStorage = createStorage(path);
  },
  get sessionStorage() {
    return sessionStorage ??= createStorage(undefined);
  },
};
