'use strict';

// Binding contract: internalBinding('url'):
//   parse(href, base | undefined, raiseException) -> href | undefined; fills urlComponents (Uint32Array of 8: protocol_end, username_end,
//     host_start, host_end, port, pathname_start, search_start, hash_start, then scheme_type at 8; absent = 0xFFFFFFFF);
//     throws ERR_INVALID_URL {input, base} when raiseException
//   canParse(href, base?) -> boolean; update(href, action, value) -> href | false, fills urlComponents
//   domainToASCII(domain), domainToUnicode(domain) -> string
//   format(href, hash, unicode, search, auth) -> string

const bindingUrl = internalBinding('url');
const {
  codes: {
    ERR_ARG_NOT_ITERABLE, ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_INVALID_FILE_URL_HOST, ERR_INVALID_FILE_URL_PATH,
    ERR_INVALID_THIS, ERR_INVALID_TUPLE, ERR_INVALID_URL, ERR_INVALID_URL_SCHEME, ERR_MISSING_ARGS,
  },
} = require('internal/errors');
const { encodeStr, hexTable } = require('internal/querystring');
const { customInspectSymbol, kEmptyObject, kEnumerableProperty, isWindows } = require('internal/util');
const { validateFunction } = require('internal/validators');
const querystring = require('querystring');

function inspect(value, options) {
  return require('internal/util/inspect').inspect(value, options);
}

const kAbsent = 0xFFFFFFFF;

// WHATWG URL names for url.format() and the legacy parser.
const unsafeProtocol = new Set(['javascript', 'javascript:']);
const hostlessProtocol = new Set(['javascript', 'javascript:']);
const slashedProtocol = new Set([
  'http', 'http:', 'https', 'https:', 'ftp', 'ftp:', 'gopher', 'gopher:', 'file', 'file:', 'ws', 'ws:', 'wss', 'wss:',
]);

// What the setters ask the parser to change.
const updateActions = {
  __proto__: null,
  kProtocol: 0,
  kHost: 1,
  kHostname: 2,
  kPort: 3,
  kUsername: 4,
  kPassword: 5,
  kPathname: 6,
  kSearch: 7,
  kHash: 8,
  kHref: 9,
};

/** Where the parts of an href are; read straight from the parser's result. */
class URLContext {
  href = '';
  protocol_end = 0;
  username_end = 0;
  host_start = 0;
  host_end = 0;
  port = 0;
  pathname_start = 0;
  search_start = 0;
  hash_start = 0;
  scheme_type = 1;

  get hasPort() {
    return this.port !== kAbsent;
  }

  get hasSearch() {
    return this.search_start !== kAbsent;
  }

  get hasHash() {
    return this.hash_start !== kAbsent;
  }
}

// ---- URLSearchParams (URL §6.2) -----------------------------------------------------------------------------------------------

// The application/x-www-form-urlencoded percent-encode set leaves these alone.
const formSafe = new Int8Array(128);
for (const c of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.*') formSafe[c.charCodeAt(0)] = 1;
const formTable = hexTable.slice();
formTable[0x20] = '+';

function encodePart(text) {
  return encodeStr(text.toWellFormed(), formSafe, formTable);
}

// The application/x-www-form-urlencoded serializer.
function serializeParams(list) {
  let output = '';
  for (let i = 0; i < list.length; i += 2) {
    output += `${i === 0 ? '' : '&'}${encodePart(list[i])}=${encodePart(list[i + 1])}`;
  }
  return output;
}

function decodePart(text) {
  if (text.includes('+')) text = text.replaceAll('+', ' ');
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    // Not all of it is UTF-8, or escaped: the bytes are decoded.
    const { Buffer } = require('buffer');
    return querystring.unescapeBuffer(Buffer.from(text).toString('latin1')).toString();
  }
}

// The application/x-www-form-urlencoded parser: [name, value, name, value, …].
function parseParams(qs) {
  const out = [];
  for (let start = qs[0] === '?' ? 1 : 0; start < qs.length;) {
    let end = qs.indexOf('&', start);
    if (end === -1) end = qs.length;
    if (end > start) {
      const eq = qs.indexOf('=', start);
      if (eq === -1 || eq >= end) out.push(decodePart(qs.slice(start, end)), '');
      else out.push(decodePart(qs.slice(start, eq)), decodePart(qs.slice(eq + 1, end)));
    }
    start = end + 1;
  }
  return out;
}

function toUSVString(value) {
  return `${value}`.toWellFormed();
}

// Set by URLSearchParams and URL below, for their dealings with each other.
let searchParamsOf;
let setURLSearchParamsModified;
let setURLSearchParamsContext;
let replaceParams;

class URLSearchParamsIterator {
  #list;
  #kind;
  #index = 0;

  constructor(list, kind) {
    this.#list = list;
    this.#kind = kind;
  }

  next() {
    if (typeof this !== 'object' || this === null || !(#list in this)) throw new ERR_INVALID_THIS('URLSearchParamsIterator');
    const list = this.#list();
    const i = this.#index;
    if (i >= list.length) return { value: undefined, done: true };
    this.#index += 2;
    let value;
    if (this.#kind === 'key') value = list[i];
    else if (this.#kind === 'value') value = list[i + 1];
    else value = [list[i], list[i + 1]];
    return { value, done: false };
  }

  [customInspectSymbol](recurseTimes, ctx) {
    if (!this || typeof this !== 'object' || !(#list in this)) throw new ERR_INVALID_THIS('URLSearchParamsIterator');
    if (typeof recurseTimes === 'number' && recurseTimes < 0) return ctx.stylize('[Object]', 'special');
    const options = { ...ctx, depth: recurseTimes === null ? null : recurseTimes - 1 };
    const list = this.#list();
    const output = [];
    for (let i = this.#index; i < list.length; i += 2) {
      if (this.#kind === 'key') output.push(inspect(list[i], options));
      else if (this.#kind === 'value') output.push(inspect(list[i + 1], options));
      else output.push(inspect([list[i], list[i + 1]], options));
    }
    const tag = 'URLSearchParams Iterator';
    const length = output.reduce((sum, text) => sum + text.length + 2, -2);
    if (length > ctx.breakLength) return `${tag} {\n  ${output.join(',\n  ')} }`;
    return output.length > 0 ? `${tag} { ${output.join(', ')} }` : `${tag} {  }`;
  }
}
delete URLSearchParamsIterator.prototype.constructor;
Object.setPrototypeOf(URLSearchParamsIterator.prototype,
  Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())));
Object.defineProperties(URLSearchParamsIterator.prototype, {
  [Symbol.toStringTag]: { __proto__: null, configurable: true, value: 'URLSearchParams Iterator' },
  next: kEnumerableProperty,
});

class URLSearchParams {
  #list = [];
  // The URL whose query this is.
  #context = null;

  static {
    searchParamsOf = (obj) => obj.#list;
    setURLSearchParamsContext = (obj, context) => {
      obj.#context = context;
    };
    replaceParams = (obj, query) => {
      obj.#list = query ? parseParams(query) : [];
    };
  }

  constructor(init = undefined) {
    if (init == null) return;
    if (typeof init !== 'object' && typeof init !== 'function') {
      this.#list = parseParams(toUSVString(init));
      return;
    }
    const method = init[Symbol.iterator];
    if (method === this[Symbol.iterator] && #list in init) {
      // A copy, without going through the iterator.
      this.#list = init.#list.slice();
    } else if (method != null) {
      if (typeof method !== 'function') throw new ERR_ARG_NOT_ITERABLE('Query pairs');
      // sequence<sequence<USVString>>
      for (const pair of init) {
        if (pair == null) throw new ERR_INVALID_TUPLE('Each query pair', '[name, value]');
        if (Array.isArray(pair)) {
          if (pair.length !== 2) throw new ERR_INVALID_TUPLE('Each query pair', '[name, value]');
          this.#list.push(toUSVString(pair[0]), toUSVString(pair[1]));
          continue;
        }
        if ((typeof pair !== 'object' && typeof pair !== 'function') || typeof pair[Symbol.iterator] !== 'function') {
          throw new ERR_INVALID_TUPLE('Each query pair', '[name, value]');
        }
        const elements = [...pair];
        if (elements.length !== 2) throw new ERR_INVALID_TUPLE('Each query pair', '[name, value]');
        this.#list.push(toUSVString(elements[0]), toUSVString(elements[1]));
      }
    } else {
      // record<USVString, USVString>: two names may become one.
      const seen = new Map();
      for (const key of Reflect.ownKeys(init)) {
        const descriptor = Reflect.getOwnPropertyDescriptor(init, key);
        if (descriptor === undefined || !descriptor.enumerable) continue;
        const name = toUSVString(key);
        const value = toUSVString(init[key]);
        const at = seen.get(name);
        if (at !== undefined) {
          this.#list[at] = value;
        } else {
          this.#list.push(name, value);
          seen.set(name, this.#list.length - 1);
        }
      }
    }
  }

  #update() {
    if (this.#context) setURLSearchParamsModified(this.#context);
  }

  static #check(obj) {
    if (typeof obj !== 'object' || obj === null || !(#list in obj)) throw new ERR_INVALID_THIS('URLSearchParams');
  }

  [customInspectSymbol](recurseTimes, ctx) {
    URLSearchParams.#check(this);
    if (typeof recurseTimes === 'number' && recurseTimes < 0) return ctx.stylize('[Object]', 'special');
    const options = { ...ctx, depth: recurseTimes === null ? null : recurseTimes - 1 };
    const list = this.#list;
    const output = [];
    for (let i = 0; i < list.length; i += 2) output.push(`${inspect(list[i], options)} => ${inspect(list[i + 1], options)}`);
    const length = output.reduce((sum, text) => sum + text.replace(/\u001b\[\d\d?m/g, '').length + 2, -2); // eslint-disable-line no-control-regex
    if (length > ctx.breakLength) return `${this.constructor.name} {\n  ${output.join(',\n  ')} }`;
    return output.length > 0 ? `${this.constructor.name} { ${output.join(', ')} }` : `${this.constructor.name} {}`;
  }

  get size() {
    URLSearchParams.#check(this);
    return this.#list.length / 2;
  }

  append(name, value) {
    URLSearchParams.#check(this);
    if (arguments.length < 2) throw new ERR_MISSING_ARGS('name', 'value');
    this.#list.push(toUSVString(name), toUSVString(value));
    this.#update();
  }

  delete(name, value = undefined) {
    URLSearchParams.#check(this);
    if (arguments.length < 1) throw new ERR_MISSING_ARGS('name');
    name = toUSVString(name);
    if (value !== undefined) value = toUSVString(value);
    const list = this.#list;
    let kept = 0;
    for (let i = 0; i < list.length; i += 2) {
      if (list[i] === name && (value === undefined || list[i + 1] === value)) continue;
      list[kept] = list[i];
      list[kept + 1] = list[i + 1];
      kept += 2;
    }
    list.length = kept;
    this.#update();
  }

  get(name) {
    URLSearchParams.#check(this);
    if (arguments.length < 1) throw new ERR_MISSING_ARGS('name');
    name = toUSVString(name);
    const list = this.#list;
    for (let i = 0; i < list.length; i += 2) if (list[i] === name) return list[i + 1];
    return null;
  }

  getAll(name) {
    URLSearchParams.#check(this);
    if (arguments.length < 1) throw new ERR_MISSING_ARGS('name');
    name = toUSVString(name);
    const values = [];
    const list = this.#list;
    for (let i = 0; i < list.length; i += 2) if (list[i] === name) values.push(list[i + 1]);
    return values;
  }

  has(name, value = undefined) {
    URLSearchParams.#check(this);
    if (arguments.length < 1) throw new ERR_MISSING_ARGS('name');
    name = toUSVString(name);
    if (value !== undefined) value = toUSVString(value);
    const list = this.#list;
    for (let i = 0; i < list.length; i += 2) {
      if (list[i] === name && (value === undefined || list[i + 1] === value)) return true;
    }
    return false;
  }

  set(name, value) {
    URLSearchParams.#check(this);
    if (arguments.length < 2) throw new ERR_MISSING_ARGS('name', 'value');
    name = toUSVString(name);
    value = toUSVString(value);
    const list = this.#list;
    let found = false;
    let kept = 0;
    for (let i = 0; i < list.length; i += 2) {
      if (list[i] === name) {
        if (found) continue;
        found = true;
        list[kept] = name;
        list[kept + 1] = value;
      } else {
        list[kept] = list[i];
        list[kept + 1] = list[i + 1];
      }
      kept += 2;
    }
    list.length = kept;
    if (!found) list.push(name, value);
    this.#update();
  }

  sort() {
    URLSearchParams.#check(this);
    const list = this.#list;
    const pairs = [];
    for (let i = 0; i < list.length; i += 2) pairs.push([list[i], list[i + 1]]);
    // By code units, stable.
    pairs.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
    this.#list = pairs.flat();
    this.#update();
  }

  entries() {
    URLSearchParams.#check(this);
    return new URLSearchParamsIterator(() => this.#list, 'key+value');
  }

  forEach(callback, thisArg = undefined) {
    URLSearchParams.#check(this);
    validateFunction(callback, 'callback');
    // The list may change under way.
    for (let i = 0; i < this.#list.length; i += 2) callback.call(thisArg, this.#list[i + 1], this.#list[i], this);
  }

  keys() {
    URLSearchParams.#check(this);
    return new URLSearchParamsIterator(() => this.#list, 'key');
  }

  values() {
    URLSearchParams.#check(this);
    return new URLSearchParamsIterator(() => this.#list, 'value');
  }

  toString() {
    URLSearchParams.#check(this);
    return serializeParams(this.#list);
  }
}
Object.defineProperties(URLSearchParams.prototype, {
  append: kEnumerableProperty,
  delete: kEnumerableProperty,
  get: kEnumerableProperty,
  getAll: kEnumerableProperty,
  has: kEnumerableProperty,
  set: kEnumerableProperty,
  sort: kEnumerableProperty,
  entries: kEnumerableProperty,
  forEach: kEnumerableProperty,
  keys: kEnumerableProperty,
  values: kEnumerableProperty,
  toString: kEnumerableProperty,
  size: kEnumerableProperty,
  [Symbol.toStringTag]: { __proto__: null, configurable: true, value: 'URLSearchParams' },
  [Symbol.iterator]: {
    __proto__: null, configurable: true, writable: true, value: URLSearchParams.prototype.entries,
  },
});

// ---- URL (URL §6.1) --------------------------------------------------------------------------------------------------------------

let isURLInstance;
let getURLOrigin;

class URL {
  #context = new URLContext();
  #searchParams;
  // The query is out of date: searchParams has been changed.
  #searchParamsModified = false;

  static {
    setURLSearchParamsModified = (obj) => {
      // Written to the href when that is next needed.
      obj.#searchParamsModified = true;
    };
    isURLInstance = (obj) => obj !== null && typeof obj === 'object' && #context in obj;
    getURLOrigin = (obj) => obj.origin;
  }

  constructor(input, base = undefined) {
    if (arguments.length === 0) throw new ERR_MISSING_ARGS('url');
    input = toUSVString(input);
    if (base !== undefined) base = toUSVString(base);
    this.#setContext(bindingUrl.parse(input, base, true));
  }

  static parse(input, base = undefined) {
    if (arguments.length === 0) throw new ERR_MISSING_ARGS('url');
    input = toUSVString(input);
    if (base !== undefined) base = toUSVString(base);
    if (!bindingUrl.canParse(input, base)) return null;
    return new URL(input, base);
  }

  static canParse(url, base = undefined) {
    if (arguments.length === 0) throw new ERR_MISSING_ARGS('url');
    url = toUSVString(url);
    return base === undefined ? bindingUrl.canParse(url) : bindingUrl.canParse(url, toUSVString(base));
  }

  #setContext(href) {
    const context = this.#context;
    context.href = href;
    const components = bindingUrl.urlComponents;
    context.protocol_end = components[0];
    context.username_end = components[1];
    context.host_start = components[2];
    context.host_end = components[3];
    context.port = components[4];
    context.pathname_start = components[5];
    context.search_start = components[6];
    context.hash_start = components[7];
    context.scheme_type = components[8];
    if (this.#searchParams) replaceParams(this.#searchParams, this.#search());
  }

  /** Brings the href up to date with searchParams. */
  #flush() {
    if (!this.#searchParamsModified) return;
    this.#searchParamsModified = false;
    const query = serializeParams(searchParamsOf(this.#searchParams));
    const href = bindingUrl.update(this.#context.href, updateActions.kSearch, query);
    if (href) this.#setContext(href);
  }

  static #check(obj) {
    if (obj === null || typeof obj !== 'object' || !(#context in obj)) throw new ERR_INVALID_THIS('URL');
  }

  #set(action, value) {
    value = toUSVString(value);
    this.#flush();
    const href = bindingUrl.update(this.#context.href, action, value);
    if (href) this.#setContext(href);
    return href;
  }

  #search() {
    const context = this.#context;
    if (!context.hasSearch) return '';
    const search = context.hasHash ?
      context.href.slice(context.search_start, context.hash_start) : context.href.slice(context.search_start);
    return search.length > 1 ? search : '';
  }

  [customInspectSymbol](depth, opts) {
    URL.#check(this);
    if (typeof depth === 'number' && depth < 0) return this;
    const constructor = this.constructor || URL;
    const obj = { __proto__: { constructor } };
    for (const name of ['href', 'origin', 'protocol', 'username', 'password', 'host', 'hostname', 'port', 'pathname', 'search',
      'searchParams', 'hash']) obj[name] = this[name];
    return `${constructor.name} ${inspect(obj, opts).replace(/^[^{]*/, '')}`;
  }

  toString() {
    URL.#check(this);
    this.#flush();
    return this.#context.href;
  }

  get href() {
    URL.#check(this);
    this.#flush();
    return this.#context.href;
  }

  set href(value) {
    URL.#check(this);
    value = toUSVString(value);
    const href = bindingUrl.update(this.#context.href, updateActions.kHref, value);
    if (!href) throw new ERR_INVALID_URL(value);
    this.#searchParamsModified = false;
    this.#setContext(href);
  }

  get origin() {
    URL.#check(this);
    const protocol = this.#context.href.slice(0, this.#context.protocol_end);
    switch (protocol) {
      case 'blob:': {
        const path = this.pathname;
        if (path.length > 0) {
          const inner = URL.parse(path);
          if (inner !== null && (inner.protocol === 'http:' || inner.protocol === 'https:')) return inner.origin;
        }
        return 'null';
      }
      case 'http:': case 'https:': case 'ws:': case 'wss:': case 'ftp:':
        return `${protocol}//${this.host}`;
      default:
        return 'null';
    }
  }

  get protocol() {
    URL.#check(this);
    return this.#context.href.slice(0, this.#context.protocol_end);
  }

  set protocol(value) {
    URL.#check(this);
    this.#set(updateActions.kProtocol, value);
  }

  get username() {
    URL.#check(this);
    const context = this.#context;
    return context.protocol_end + 2 < context.username_end ?
      context.href.slice(context.protocol_end + 2, context.username_end) : '';
  }

  set username(value) {
    URL.#check(this);
    this.#set(updateActions.kUsername, value);
  }

  get password() {
    URL.#check(this);
    const context = this.#context;
    return context.host_start - context.username_end > 0 ?
      context.href.slice(context.username_end + 1, context.host_start) : '';
  }

  set password(value) {
    URL.#check(this);
    this.#set(updateActions.kPassword, value);
  }

  #hostStart() {
    const context = this.#context;
    return context.href[context.host_start] === '@' ? context.host_start + 1 : context.host_start;
  }

  get host() {
    URL.#check(this);
    return this.#context.href.slice(this.#hostStart(), this.#context.pathname_start).replace(/\/\.$/, '');
  }

  set host(value) {
    URL.#check(this);
    this.#set(updateActions.kHost, value);
  }

  get hostname() {
    URL.#check(this);
    return this.#context.href.slice(this.#hostStart(), this.#context.host_end);
  }

  set hostname(value) {
    URL.#check(this);
    this.#set(updateActions.kHostname, value);
  }

  get port() {
    URL.#check(this);
    return this.#context.hasPort ? `${this.#context.port}` : '';
  }

  set port(value) {
    URL.#check(this);
    this.#set(updateActions.kPort, value);
  }

  get pathname() {
    URL.#check(this);
    const context = this.#context;
    let end;
    if (context.hasSearch) end = context.search_start;
    else if (context.hasHash) end = context.hash_start;
    return context.href.slice(context.pathname_start, end);
  }

  set pathname(value) {
    URL.#check(this);
    this.#set(updateActions.kPathname, value);
  }

  get search() {
    URL.#check(this);
    this.#flush();
    return this.#search();
  }

  set search(value) {
    URL.#check(this);
    this.#searchParamsModified = false;
    this.#set(updateActions.kSearch, value);
  }

  get searchParams() {
    URL.#check(this);
    if (this.#searchParams === undefined) {
      this.#searchParams = new URLSearchParams(this.#search());
      setURLSearchParamsContext(this.#searchParams, this);
    }
    return this.#searchParams;
  }

  get hash() {
    URL.#check(this);
    const context = this.#context;
    if (!context.hasHash || context.href.length - context.hash_start <= 1) return '';
    this.#flush();
    return context.href.slice(context.hash_start);
  }

  set hash(value) {
    URL.#check(this);
    this.#set(updateActions.kHash, value);
  }

  toJSON() {
    URL.#check(this);
    this.#flush();
    return this.#context.href;
  }
}
const urlAttributes = { __proto__: null };
for (const name of ['toString', 'href', 'origin', 'protocol', 'username', 'password', 'host', 'hostname', 'port', 'pathname',
  'search', 'searchParams', 'hash', 'toJSON']) urlAttributes[name] = kEnumerableProperty;
Object.defineProperties(URL.prototype, {
  ...urlAttributes,
  [Symbol.toStringTag]: { __proto__: null, configurable: true, value: 'URL' },
});
Object.defineProperties(URL, { canParse: kEnumerableProperty, parse: kEnumerableProperty });

/** Adds URL.createObjectURL() and revokeObjectURL(), which need Blob. */
function installObjectURLMethods() {
  const { createObjectURL, revokeObjectURL } = {
    createObjectURL(obj) {
      return require('internal/blob').createObjectURL(obj);
    },
    revokeObjectURL(url) {
      if (arguments.length === 0) throw new ERR_MISSING_ARGS('url');
      return require('internal/blob').revokeObjectURL(`${url}`);
    },
  };
  Object.defineProperties(URL, {
    createObjectURL: { __proto__: null, configurable: true, writable: true, enumerable: true, value: createObjectURL },
    revokeObjectURL: { __proto__: null, configurable: true, writable: true, enumerable: true, value: revokeObjectURL },
  });
}
installObjectURLMethods();

// ---- Files ------------------------------------------------------------------------------------------------------------------------

function domainToASCII(domain) {
  if (arguments.length < 1) throw new ERR_MISSING_ARGS('domain');
  return bindingUrl.domainToASCII(`${domain}`);
}

function domainToUnicode(domain) {
  if (arguments.length < 1) throw new ERR_MISSING_ARGS('domain');
  return bindingUrl.domainToUnicode(`${domain}`);
}

/** A duck-typed check: a URL of another realm, or of a polyfill, will do. The legacy Url has "auth" and "path". */
function isURL(self) {
  return Boolean(self?.href && self.protocol && self.auth === undefined && self.path === undefined);
}

/** What http.request() understands, made from a URL. */
function urlToHttpOptions(url) {
  const { validateObject, kValidateObjectAllowObjects } = require('internal/validators');
  validateObject(url, 'url', kValidateObjectAllowObjects);
  const { hostname, pathname, port, username, password, search } = url;
  const options = {
    __proto__: null,
    ...url,
    protocol: url.protocol,
    hostname: hostname && hostname[0] === '[' ? hostname.slice(1, -1) : hostname,
    hash: url.hash,
    search,
    pathname,
    path: `${pathname || ''}${search || ''}`,
    href: url.href,
  };
  if (port !== '') options.port = Number(port);
  if (username || password) options.auth = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return options;
}

const encodedSlash = /%2f/i;
const encodedSlashes = /%2f|%5c/i;

function pathFromWin32(url) {
  let { pathname } = url;
  if (encodedSlashes.test(pathname)) {
    throw new ERR_INVALID_FILE_URL_PATH('must not include encoded \\ or / characters', url);
  }
  pathname = decodeURIComponent(pathname.replaceAll('/', '\\'));
  if (url.hostname !== '') return `\\\\${domainToUnicode(url.hostname)}${pathname}`;
  if (!/^\\[a-zA-Z]:/.test(pathname)) throw new ERR_INVALID_FILE_URL_PATH('must be absolute', url);
  return pathname.slice(1);
}

function pathFromPosix(url) {
  if (url.hostname !== '') throw new ERR_INVALID_FILE_URL_HOST(process.platform);
  const { pathname } = url;
  if (encodedSlash.test(pathname)) throw new ERR_INVALID_FILE_URL_PATH('must not include encoded / characters', url);
  return pathname.includes('%') ? decodeURIComponent(pathname) : pathname;
}

function toFileURL(path) {
  if (typeof path === 'string') path = new URL(path);
  else if (!isURL(path)) throw new ERR_INVALID_ARG_TYPE('path', ['string', 'URL'], path);
  if (path.protocol !== 'file:') throw new ERR_INVALID_URL_SCHEME('file');
  return path;
}

function fileURLToPath(path, options = kEmptyObject) {
  const url = toFileURL(path);
  return options?.windows ?? isWindows ? pathFromWin32(url) : pathFromPosix(url);
}

/** Like fileURLToPath(), for names that are not UTF-8. */
function fileURLToPathBuffer(path, options = kEmptyObject) {
  const url = toFileURL(path);
  const { Buffer } = require('buffer');
  if (options?.windows ?? isWindows) return Buffer.from(pathFromWin32(url));
  if (url.hostname !== '') throw new ERR_INVALID_FILE_URL_HOST(process.platform);
  if (encodedSlash.test(url.pathname)) throw new ERR_INVALID_FILE_URL_PATH('must not include encoded / characters', url);
  return querystring.unescapeBuffer(url.pathname);
}

// Characters a path may have and a URL's path may not.
const pathEscapes = {
  '%': '%25', '\\': '%5C', '\n': '%0A', '\r': '%0D', '\t': '%09', '?': '%3F', '#': '%23',
  '[': '%5B', ']': '%5D', '^': '%5E', '|': '%7C', '~': '%7E',
};

function pathToFileURL(filepath, options = kEmptyObject) {
  require('internal/validators').validateString(filepath, 'path');
  const windows = options?.windows ?? isWindows;
  const { win32, posix } = require('path');
  if (windows && filepath.startsWith('\\\\')) {
    // \\server\share\resource, \\?\C:\path or \\?\UNC\server\share
    const isExtended = filepath.startsWith('\\\\?\\');
    const isUnc = isExtended && filepath.startsWith('\\\\?\\UNC\\');
    if (isExtended && !isUnc) return new URL(`file:///${escapePath(filepath.slice(4).replaceAll('\\', '/'), true)}`);
    const start = isUnc ? 8 : 2;
    const hostEnd = filepath.indexOf('\\', start);
    if (hostEnd === -1) throw new ERR_INVALID_ARG_VALUE('path', filepath, 'Missing UNC resource path');
    if (hostEnd === 2) throw new ERR_INVALID_ARG_VALUE('path', filepath, 'Empty UNC servername');
    const url = new URL('file://');
    url.hostname = domainToASCII(filepath.slice(start, hostEnd));
    url.pathname = escapePath(filepath.slice(hostEnd).replaceAll('\\', '/'), true);
    return url;
  }
  let resolved = windows ? win32.resolve(filepath) : posix.resolve(filepath);
  // resolve() drops a slash at the end, which means something in a URL.
  const last = filepath[filepath.length - 1];
  const separator = windows ? '\\' : '/';
  if ((last === '/' || (windows && last === '\\')) && resolved[resolved.length - 1] !== separator) resolved += separator;
  if (windows) resolved = `/${resolved.replaceAll('\\', '/')}`;
  return new URL(`file://${escapePath(resolved, windows)}`);
}

function escapePath(path, windows) {
  return path.replace(/[%\\\n\r\t?#[\]^|~]/g, (c) => (c === '\\' && windows ? '/' : pathEscapes[c]));
}

function toPathIfFileURL(fileURLOrPath) {
  return isURL(fileURLOrPath) ? fileURLToPath(fileURLOrPath) : fileURLOrPath;
}

module.exports = {
  fileURLToPath,
  fileURLToPathBuffer,
  pathToFileURL,
  toPathIfFileURL,
  installObjectURLMethods,
  URL,
  URLSearchParams,
  domainToASCII,
  domainToUnicode,
  urlToHttpOptions,
  encodeStr,
  isURL,
  isURLInstance,
  getURLOrigin,
  urlUpdateActions: updateActions,
  unsafeProtocol,
  hostlessProtocol,
  slashedProtocol,
};
