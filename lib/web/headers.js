'use strict';

// Headers: https://fetch.spec.whatwg.org/#headers-class

const { customInspectSymbol: kInspect } = require('internal/util');
const { defineInterface } = require('web/stream_util');
const { defineIterable, illegalInvocation, isObject, requireArguments, toByteString } = require('web/webidl');

const kToken = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
// eslint-disable-next-line no-control-regex
const kForbiddenInValue = /[\0\r\n]/;

function isHeaderName(name) {
  return kToken.test(name);
}

/** "Normalize" a byte sequence: no HTTP whitespace around it. */
function normalizeValue(value) {
  let start = 0;
  let end = value.length;
  const isSpace = (code) => code === 0x20 || code === 0x09 || code === 0x0A || code === 0x0D;
  while (start < end && isSpace(value.charCodeAt(start))) start++;
  while (end > start && isSpace(value.charCodeAt(end - 1))) end--;
  return start === 0 && end === value.length ? value : value.slice(start, end);
}

/** A header list: names keep the case in which they came first. */
class HeaderList {
  constructor() {
    // lower-case name -> {name, value}
    this.map = new Map();
    this.cookies = [];
    this.sorted = undefined;
  }

  append(name, value) {
    this.sorted = undefined;
    const key = name.toLowerCase();
    if (key === 'set-cookie') this.cookies.push(value);
    const existing = this.map.get(key);
    if (existing === undefined) this.map.set(key, { name, value });
    else existing.value += `${key === 'cookie' ? '; ' : ', '}${value}`;
  }

  set(name, value) {
    this.sorted = undefined;
    const key = name.toLowerCase();
    if (key === 'set-cookie') this.cookies = [value];
    this.map.set(key, { name, value });
  }

  delete(name) {
    this.sorted = undefined;
    const key = name.toLowerCase();
    if (key === 'set-cookie') this.cookies = [];
    this.map.delete(key);
  }

  get(name) {
    return this.map.get(name.toLowerCase())?.value ?? null;
  }

  has(name) {
    return this.map.has(name.toLowerCase());
  }

  copy() {
    const list = new HeaderList();
    for (const { 0: key, 1: { name, value } } of this.map) list.map.set(key, { name, value });
    list.cookies = [...this.cookies];
    return list;
  }

  /** "Sort and combine" */
  sortAndCombine() {
    if (this.sorted !== undefined) return this.sorted;
    const entries = [];
    for (const key of [...this.map.keys()].sort()) {
      if (key === 'set-cookie') for (const cookie of this.cookies) entries.push([key, cookie]);
      else entries.push([key, this.map.get(key).value]);
    }
    return this.sorted = entries;
  }
}

class Headers {
  #list = new HeaderList();
  #guard = 'none';

  constructor(init = undefined) {
    if (init !== undefined) this.#fill(init);
  }

  static check(object) {
    if (object === null || typeof object !== 'object' || !(#list in object)) throw illegalInvocation();
  }

  static is(object) {
    return object !== null && typeof object === 'object' && #list in object;
  }

  static listOf(headers) {
    return headers.#list;
  }

  static create(list, guard) {
    const headers = new Headers();
    headers.#list = list;
    headers.#guard = guard;
    return headers;
  }

  static fill(headers, init) {
    headers.#fill(init);
  }

  #fill(init) {
    if (!isObject(init)) {
      throw new TypeError("Headers constructor: init given is not one of: sequence<sequence<ByteString>>, record<ByteString, ByteString>.");
    }
    const method = init[Symbol.iterator];
    if (method !== undefined && method !== null) {
      if (isHeaders(init) && method === Headers.prototype[Symbol.iterator]) {
        for (const { 0: name, 1: value } of init.#list.sortAndCombine()) this.#append(name, value);
        return;
      }
      if (typeof method !== 'function') throw new TypeError('Headers constructor: init is not iterable.');
      for (const pair of { [Symbol.iterator]: () => Reflect.apply(method, init, []) }) {
        if (!isObject(pair) || typeof pair[Symbol.iterator] !== 'function') {
          throw new TypeError('Headers constructor: expected name/value pair to be a sequence.');
        }
        const items = [...pair];
        if (items.length !== 2) {
          throw new TypeError(`Headers constructor: expected name/value pair to be length 2, found ${items.length}.`);
        }
        this.#append(toByteString(items[0], 'Headers constructor'), toByteString(items[1], 'Headers constructor'));
      }
      return;
    }
    // record<ByteString, ByteString>
    const record = new Map();
    for (const key of Reflect.ownKeys(init)) {
      const descriptor = Reflect.getOwnPropertyDescriptor(init, key);
      if (descriptor === undefined || !descriptor.enumerable) continue;
      if (typeof key === 'symbol') throw new TypeError('Headers constructor: Key Symbol() in init is a symbol, which cannot be converted to a ByteString.');
      record.set(toByteString(key, 'Headers constructor'), toByteString(init[key], 'Headers constructor'));
    }
    for (const { 0: name, 1: value } of record) this.#append(name, value);
  }

  #append(name, value) {
    value = normalizeValue(value);
    if (!isHeaderName(name)) throw new TypeError(`Headers.append: ${name} is an invalid header name.`);
    if (kForbiddenInValue.test(value)) throw new TypeError(`Headers.append: ${value} is an invalid header value.`);
    if (this.#guard === 'immutable') throw new TypeError('immutable');
    this.#list.append(name, value);
  }

  append(name, value) {
    check(this);
    requireArguments(arguments, 2, 'Headers.append');
    this.#append(toByteString(name, 'Headers.append'), toByteString(value, 'Headers.append'));
  }

  delete(name) {
    check(this);
    requireArguments(arguments, 1, 'Headers.delete');
    name = toByteString(name, 'Headers.delete');
    if (!isHeaderName(name)) throw new TypeError(`Headers.delete: ${name} is an invalid header name.`);
    if (this.#guard === 'immutable') throw new TypeError('immutable');
    if (this.#list.has(name)) this.#list.delete(name);
  }

  get(name) {
    check(this);
    requireArguments(arguments, 1, 'Headers.get');
    name = toByteString(name, 'Headers.get');
    if (!isHeaderName(name)) throw new TypeError(`Headers.get: ${name} is an invalid header name.`);
    return this.#list.get(name);
  }

  has(name) {
    check(this);
    requireArguments(arguments, 1, 'Headers.has');
    name = toByteString(name, 'Headers.has');
    if (!isHeaderName(name)) throw new TypeError(`Headers.has: ${name} is an invalid header name.`);
    return this.#list.has(name);
  }

  set(name, value) {
    check(this);
    requireArguments(arguments, 2, 'Headers.set');
    name = toByteString(name, 'Headers.set');
    value = normalizeValue(toByteString(value, 'Headers.set'));
    if (!isHeaderName(name)) throw new TypeError(`Headers.set: ${name} is an invalid header name.`);
    if (kForbiddenInValue.test(value)) throw new TypeError(`Headers.set: ${value} is an invalid header value.`);
    if (this.#guard === 'immutable') throw new TypeError('immutable');
    this.#list.set(name, value);
  }

  getSetCookie() {
    check(this);
    return [...this.#list.cookies];
  }

  [kInspect](depth, options) {
    const { inspect } = require('internal/util/inspect');
    const entries = {};
    for (const { name, value } of this.#list.map.values()) entries[name] = value;
    return `Headers ${inspect(entries, { ...options, depth: options.depth ?? depth })}`;
  }
}
const { check, create: createHeaders, fill: fillHeaders, is: isHeaders, listOf: headerListOf } = Headers;
for (const name of ['check', 'create', 'fill', 'is', 'listOf']) delete Headers[name];
defineInterface(Headers, ['append', 'delete', 'get', 'has', 'set', 'getSetCookie']);
defineIterable(Headers, check, (headers) => headerListOf(headers).sortAndCombine());

module.exports = { HeaderList, Headers, createHeaders, fillHeaders, headerListOf, isHeaders, isHeaderName, normalizeValue };
