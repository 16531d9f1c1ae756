'use strict';

// URLPattern: https://urlpattern.spec.whatwg.org

const { customInspectSymbol: kInspect } = require('internal/util');
const { URL } = require('internal/url');

const kComponents = ['protocol', 'username', 'password', 'hostname', 'port', 'pathname', 'search', 'hash'];
const kSpecialPorts = { '__proto__': null, 'http': '80', 'https': '443', 'ws': '80', 'wss': '443', 'ftp': '21', 'file': '' };
const kFullWildcard = '.*';

function codedError(code, message) {
  const error = new TypeError(message);
  error.code = code;
  return error;
}

function failure() {
  return codedError('ERR_INVALID_URL_PATTERN', 'Failed to construct URLPattern');
}

function invalidArgument(message) {
  return codedError('ERR_INVALID_ARG_TYPE', message);
}

// ---- §2.1.2 tokens -------------------------------------------------------------------------------------------------------------------

const kIdentifierStart = /^[\p{ID_Start}$_]$/u;
const kIdentifierPart = /^[\p{ID_Continue}$\u200C\u200D]$/u;

/** Splits a pattern string into {type, index, value}; with `isStrict` what is wrong throws. */
function tokenize(input, isStrict) {
  const characters = [...input];
  const tokens = [];
  let at = 0;
  const add = (type, start, end, valueStart = start, valueEnd = end) => {
    tokens.push({ type, index: start, value: characters.slice(valueStart, valueEnd).join('') });
    at = end;
  };
  const invalid = (start, end) => {
    if (isStrict) throw failure();
    add('invalid-char', start, end);
  };
  while (at < characters.length) {
    const start = at;
    const character = characters[at];
    switch (character) {
      case '*':
        add('asterisk', start, start + 1);
        continue;
      case '+':
      case '?':
        add('other-modifier', start, start + 1);
        continue;
      case '\\':
        if (start === characters.length - 1) invalid(start, start + 1);
        else add('escaped-char', start, start + 2, start + 1, start + 2);
        continue;
      case '{':
        add('open', start, start + 1);
        continue;
      case '}':
        add('close', start, start + 1);
        continue;
      case ':': {
        let end = start + 1;
        while (end < characters.length && (end === start + 1 ? kIdentifierStart : kIdentifierPart).test(characters[end])) end++;
        if (end === start + 1) invalid(start, end);
        else add('name', start, end, start + 1, end);
        continue;
      }
      case '(':
        tokenizeRegexp(start);
        continue;
      default:
        add('char', start, start + 1);
    }
  }
  tokens.push({ type: 'end', index: characters.length, value: '' });
  return tokens;

  function tokenizeRegexp(start) {
    let depth = 1;
    let end = start + 1;
    let isWrong = false;
    while (end < characters.length) {
      const character = characters[end];
      if (character.codePointAt(0) > 0x7F || (end === start + 1 && character === '?')) {
        isWrong = true;
        break;
      }
      if (character === '\\') {
        if (end === characters.length - 1 || characters[end + 1].codePointAt(0) > 0x7F) {
          isWrong = true;
          break;
        }
        end += 2;
        continue;
      }
      if (character === ')') {
        if (--depth === 0) {
          end++;
          break;
        }
      } else if (character === '(') {
        depth++;
        if (end === characters.length - 1 || characters[end + 1] !== '?') {
          isWrong = true;
          break;
        }
      }
      end++;
    }
    if (isWrong || depth !== 0 || end - start - 2 <= 0) {
      invalid(start, isWrong || depth !== 0 ? start + 1 : end);
      return;
    }
    add('regexp', start, end, start + 1, end - 1);
  }
}

// ---- §2.1.3 parts -----------------------------------------------------------------------------------------------------------------------

// Part: {type: 'fixed-text' | 'regexp' | 'segment-wildcard' | 'full-wildcard', value, modifier, name, prefix, suffix}
// Options: {delimiter, prefix, ignoreCase}

function escapeRegexp(text) {
  return text.replace(/[.+*?^${}()[\]|/\\]/g, '\\$&');
}

function escapePattern(text) {
  return text.replace(/[+*?:{}()\\]/g, '\\$&');
}

function segmentWildcard(options) {
  return `[^${escapeRegexp(options.delimiter)}]+?`;
}

/** "Parse a pattern string" */
function parsePattern(input, options, encode) {
  const tokens = tokenize(input, true);
  const parts = [];
  const names = new Set();
  const segmentRegexp = segmentWildcard(options);
  let pending = '';
  let nextName = 0;
  let at = 0;
  const consume = (type) => (tokens[at].type === type ? tokens[at++] : undefined);
  const consumeModifier = () => consume('other-modifier') ?? consume('asterisk');
  const consumeRegexpOrWildcard = (nameToken) => consume('regexp') ?? (nameToken === undefined ? consume('asterisk') : undefined);
  const flushPending = () => {
    if (pending === '') return;
    parts.push({ type: 'fixed-text', value: encode(pending), modifier: '', name: '', prefix: '', suffix: '' });
    pending = '';
  };
  const consumeText = () => {
    let text = '';
    for (;;) {
      const token = consume('char') ?? consume('escaped-char');
      if (token === undefined) return text;
      text += token.value;
    }
  };
  const addPart = (prefix, nameToken, regexpToken, suffix, modifierToken) => {
    const modifier = modifierToken?.value ?? '';
    if (nameToken === undefined && regexpToken === undefined && modifier === '') {
      pending += prefix;
      return;
    }
    flushPending();
    if (nameToken === undefined && regexpToken === undefined) {
      if (prefix === '') return;
      parts.push({ type: 'fixed-text', value: encode(prefix), modifier, name: '', prefix: '', suffix: '' });
      return;
    }
    let value;
    if (regexpToken === undefined) value = segmentRegexp;
    else if (regexpToken.type === 'asterisk') value = kFullWildcard;
    else value = regexpToken.value;
    let type = 'regexp';
    if (value === segmentRegexp) {
      type = 'segment-wildcard';
      value = '';
    } else if (value === kFullWildcard) {
      type = 'full-wildcard';
      value = '';
    }
    const name = nameToken !== undefined ? nameToken.value : `${nextName++}`;
    if (names.has(name)) throw failure();
    names.add(name);
    parts.push({ type, value, modifier, name, prefix: encode(prefix), suffix: encode(suffix) });
  };

  while (at < tokens.length) {
    const charToken = consume('char');
    let nameToken = consume('name');
    let regexpToken = consumeRegexpOrWildcard(nameToken);
    if (nameToken !== undefined || regexpToken !== undefined) {
      let prefix = charToken?.value ?? '';
      if (prefix !== '' && prefix !== options.prefix) {
        pending += prefix;
        prefix = '';
      }
      flushPending();
      addPart(prefix, nameToken, regexpToken, '', consumeModifier());
      continue;
    }
    const fixedToken = charToken ?? consume('escaped-char');
    if (fixedToken !== undefined) {
      pending += fixedToken.value;
      continue;
    }
    if (consume('open') !== undefined) {
      const prefix = consumeText();
      nameToken = consume('name');
      regexpToken = consumeRegexpOrWildcard(nameToken);
      const suffix = consumeText();
      if (consume('close') === undefined) throw failure();
      addPart(prefix, nameToken, regexpToken, suffix, consumeModifier());
      continue;
    }
    flushPending();
    if (consume('end') === undefined) throw failure();
  }
  return parts;
}

/** "Generate a regular expression and name list" */
function toRegexp(parts, options) {
  let source = '^';
  const names = [];
  for (const part of parts) {
    const { type, modifier } = part;
    if (type === 'fixed-text') {
      source += modifier === '' ? escapeRegexp(part.value) : `(?:${escapeRegexp(part.value)})${modifier}`;
      continue;
    }
    names.push(part.name);
    let value = part.value;
    if (type === 'segment-wildcard') value = segmentWildcard(options);
    else if (type === 'full-wildcard') value = kFullWildcard;
    const prefix = escapeRegexp(part.prefix);
    const suffix = escapeRegexp(part.suffix);
    if (part.prefix === '' && part.suffix === '') {
      source += modifier === '' || modifier === '?' ? `(${value})${modifier}` : `((?:${value})${modifier})`;
    } else if (modifier === '' || modifier === '?') {
      source += `(?:${prefix}(${value})${suffix})${modifier}`;
    } else {
      source += `(?:${prefix}((?:${value})(?:${suffix}${prefix}(?:${value}))*)${suffix})${modifier === '*' ? '?' : ''}`;
    }
  }
  return { source: `${source}$`, names };
}

/** "Generate a pattern string" */
function toPatternString(parts, options) {
  let result = '';
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i];
    const previous = parts[i - 1];
    const next = parts[i + 1];
    if (part.type === 'fixed-text') {
      result += part.modifier === '' ? escapePattern(part.value) : `{${escapePattern(part.value)}}${part.modifier}`;
      continue;
    }
    const isCustomName = !/^[0-9]/.test(part.name);
    let needsGrouping = part.suffix !== '' || (part.prefix !== '' && part.prefix !== options.prefix);
    if (!needsGrouping && isCustomName && part.type === 'segment-wildcard' && part.modifier === '' && next !== undefined &&
        next.prefix === '' && next.suffix === '') {
      if (next.type === 'fixed-text') {
        const { 0: first } = next.value;
        needsGrouping = kIdentifierPart.test(String.fromCodePoint(next.value.codePointAt(0) ?? 0)) && first !== undefined;
      } else {
        needsGrouping = /^[0-9]/.test(next.name);
      }
    }
    if (!needsGrouping && part.prefix === '' && previous !== undefined && previous.type === 'fixed-text' &&
        options.prefix !== '' && [...previous.value].at(-1) === options.prefix) {
      needsGrouping = true;
    }
    if (needsGrouping) result += '{';
    result += escapePattern(part.prefix);
    if (isCustomName) result += `:${part.name}`;
    if (part.type === 'regexp') {
      result += `(${part.value})`;
    } else if (part.type === 'segment-wildcard' && !isCustomName) {
      result += `(${segmentWildcard(options)})`;
    } else if (part.type === 'full-wildcard') {
      const canBeShort = !isCustomName && (previous === undefined || previous.type === 'fixed-text' ||
        previous.modifier !== '' || needsGrouping || part.prefix !== '');
      result += canBeShort ? '*' : `(${kFullWildcard})`;
    }
    if (part.type === 'segment-wildcard' && isCustomName && part.suffix !== '' &&
        kIdentifierPart.test(String.fromCodePoint(part.suffix.codePointAt(0)))) {
      result += '\\';
    }
    result += escapePattern(part.suffix);
    if (needsGrouping) result += '}';
    result += part.modifier;
  }
  return result;
}

const kDefaultOptions = { delimiter: '', prefix: '', ignoreCase: false };
const kHostnameOptions = { delimiter: '.', prefix: '', ignoreCase: false };

/** A compiled component: {pattern, regexp, names, hasRegexpGroups}. */
function compileComponent(input, encode, options) {
  const parts = parsePattern(input, options, encode);
  const { source, names } = toRegexp(parts, options);
  let regexp;
  try {
    regexp = new RegExp(source, options.ignoreCase ? 'vi' : 'v');
  } catch {
    throw failure();
  }
  return {
    pattern: toPatternString(parts, options),
    regexp,
    names,
    hasRegexpGroups: parts.some((part) => part.type === 'regexp'),
  };
}

// ---- §3.1 canonicalization -----------------------------------------------------------------------------------------------------------------

function isSpecialScheme(scheme) {
  return kSpecialPorts[scheme] !== undefined;
}

function canonicalizeProtocol(value) {
  if (value === '') return value;
  try {
    return new URL(`${value}://dummy.invalid/`).protocol.slice(0, -1);
  } catch {
    throw failure();
  }
}

function canonicalizeUsername(value) {
  if (value === '') return value;
  const url = new URL('https://dummy.invalid/');
  url.username = value;
  return url.username;
}

function canonicalizePassword(value) {
  if (value === '') return value;
  const url = new URL('https://dummy.invalid/');
  url.password = value;
  return url.password;
}

function canonicalizeHostname(value) {
  if (value === '') return value;
  // A setter tells of a failure only by doing nothing.
  const url = new URL('https://dummy.invalid/');
  url.hostname = value;
  if (url.hostname === 'dummy.invalid' && value.toLowerCase() !== 'dummy.invalid') throw failure();
  return url.hostname;
}

function canonicalizeIPv6Hostname(value) {
  if (/[^0-9a-fA-F[\]:]/.test(value)) throw failure();
  return value.toLowerCase();
}

function canonicalizePort(value, protocol = undefined) {
  if (value === '') return value;
  const digits = value.replace(/[\t\n\r]/g, '');
  // What follows the number is left out, as it is in a URL's setter.
  const number = /^[0-9]+/.exec(digits);
  if (number === null || Number(number[0]) > 65535) throw failure();
  const port = `${Number(number[0])}`;
  return protocol !== undefined && kSpecialPorts[protocol] === port ? '' : port;
}

function canonicalizePathname(value) {
  if (value === '') return value;
  const hasSlash = value[0] === '/';
  const url = new URL('https://dummy.invalid/');
  url.pathname = hasSlash ? value : `/-${value}`;
  return hasSlash ? url.pathname : url.pathname.slice(2);
}

function canonicalizeOpaquePathname(value) {
  if (value === '') return value;
  // The path is opaque where no slash follows the scheme; a dummy segment keeps it so.
  const escaped = value.replace(/[?#]/g, (character) => encodeURIComponent(character));
  try {
    return new URL(`data:-${escaped}`).pathname.slice(1);
  } catch {
    throw failure();
  }
}

function canonicalizeSearch(value) {
  if (value === '') return value;
  const url = new URL('https://dummy.invalid/');
  url.search = `?${value}`;
  return url.search.slice(1);
}

function canonicalizeHash(value) {
  if (value === '') return value;
  const url = new URL('https://dummy.invalid/');
  url.hash = `#${value}`;
  return url.hash.slice(1);
}

// ---- §3.2 processing of URLPatternInit -------------------------------------------------------------------------------------------------------

function isAbsolutePathname(input, isPattern) {
  if (input === '') return false;
  if (input[0] === '/') return true;
  return isPattern && input.length >= 2 && (input[0] === '\\' || input[0] === '{') && input[1] === '/';
}

/** "Process a URLPatternInit"; `initial` holds what counts when nothing is given. */
function processInit(init, isPattern, initial) {
  const result = { ...initial };
  const has = (...names) => names.some((name) => init[name] !== undefined);
  const escape = isPattern ? escapePattern : (text) => text;
  let base;
  if (init.baseURL !== undefined) {
    try {
      base = new URL(init.baseURL);
    } catch {
      throw failure();
    }
    if (!has('protocol')) result.protocol = escape(base.protocol.slice(0, -1));
    if (!isPattern && !has('protocol', 'hostname', 'port', 'username')) result.username = base.username;
    if (!isPattern && !has('protocol', 'hostname', 'port', 'username', 'password')) result.password = base.password;
    if (!has('protocol', 'hostname')) result.hostname = escape(base.hostname);
    if (!has('protocol', 'hostname', 'port')) result.port = base.port;
    if (!has('protocol', 'hostname', 'port', 'pathname')) result.pathname = escape(base.pathname);
    if (!has('protocol', 'hostname', 'port', 'pathname', 'search')) result.search = escape(base.search.slice(1));
    if (!has('protocol', 'hostname', 'port', 'pathname', 'search', 'hash')) result.hash = escape(base.hash.slice(1));
  }
  if (init.protocol !== undefined) {
    const value = init.protocol.replace(/:$/, '');
    result.protocol = isPattern ? value : canonicalizeProtocol(value);
  }
  if (init.username !== undefined) result.username = isPattern ? init.username : canonicalizeUsername(init.username);
  if (init.password !== undefined) result.password = isPattern ? init.password : canonicalizePassword(init.password);
  if (init.hostname !== undefined) result.hostname = isPattern ? init.hostname : canonicalizeHostname(init.hostname);
  if (init.port !== undefined) result.port = isPattern ? init.port : canonicalizePort(init.port, result.protocol);
  if (init.pathname !== undefined) {
    let { pathname } = init;
    if (base !== undefined && !hasOpaquePath(base) && !isAbsolutePathname(pathname, isPattern)) {
      const basePath = escape(base.pathname);
      const slash = basePath.lastIndexOf('/');
      if (slash !== -1) pathname = basePath.slice(0, slash + 1) + pathname;
    }
    if (!isPattern) {
      const { protocol } = result;
      pathname = protocol === undefined || protocol === '' || isSpecialScheme(protocol) ?
        canonicalizePathname(pathname) : canonicalizeOpaquePathname(pathname);
    }
    result.pathname = pathname;
  }
  if (init.search !== undefined) {
    const value = init.search.replace(/^\?/, '');
    result.search = isPattern ? value : canonicalizeSearch(value);
  }
  if (init.hash !== undefined) {
    const value = init.hash.replace(/^#/, '');
    result.hash = isPattern ? value : canonicalizeHash(value);
  }
  return result;
}

function hasOpaquePath(url) {
  return !url.pathname.startsWith('/') && url.pathname !== '';
}

// ---- §2.1.1 constructor strings ------------------------------------------------------------------------------------------------------------------

/** "Parse a constructor string": the init of a pattern written as one string. */
class ConstructorStringParser {
  constructor(input) {
    this.characters = [...input];
    this.tokens = tokenize(input, false);
    this.result = {};
    this.componentStart = 0;
    this.at = 0;
    this.increment = 1;
    this.groupDepth = 0;
    this.bracketDepth = 0;
    this.isSpecial = false;
    this.state = 'init';
  }

  parse() {
    for (; this.at < this.tokens.length; this.at += this.increment) {
      this.increment = 1;
      if (this.tokens[this.at].type === 'end') {
        if (this.state === 'init') {
          this.rewind();
          if (this.isHashPrefix()) this.changeState('hash', 1);
          else if (this.isSearchPrefix()) this.changeState('search', 1);
          else this.changeState('pathname', 0);
          continue;
        }
        if (this.state === 'authority') {
          this.rewindAndSetState('hostname');
          continue;
        }
        this.changeState('done', 0);
        break;
      }
      if (this.isChar(this.at, '{', 'open')) {
        this.groupDepth++;
        continue;
      }
      if (this.groupDepth > 0) {
        if (this.isChar(this.at, '}', 'close')) this.groupDepth--;
        else continue;
      }
      this.step();
    }
    if (this.result.hostname !== undefined && this.result.port === undefined) this.result.port = '';
    return this.result;
  }

  step() {
    switch (this.state) {
      case 'init':
        if (this.isNonSpecial(this.at, ':')) this.rewindAndSetState('protocol');
        break;
      case 'protocol':
        if (this.isNonSpecial(this.at, ':')) {
          this.computeIsSpecial();
          let next = 'pathname';
          let skip = 1;
          if (this.isNonSpecial(this.at + 1, '/') && this.isNonSpecial(this.at + 2, '/')) {
            next = 'authority';
            skip = 3;
          } else if (this.isSpecial) {
            next = 'authority';
          }
          this.changeState(next, skip);
        }
        break;
      case 'authority':
        if (this.isNonSpecial(this.at, '@')) this.rewindAndSetState('username');
        else if (this.isNonSpecial(this.at, '/') || this.isSearchPrefix() || this.isHashPrefix()) this.rewindAndSetState('hostname');
        break;
      case 'username':
        if (this.isNonSpecial(this.at, ':')) this.changeState('password', 1);
        else if (this.isNonSpecial(this.at, '@')) this.changeState('hostname', 1);
        break;
      case 'password':
        if (this.isNonSpecial(this.at, '@')) this.changeState('hostname', 1);
        break;
      case 'hostname':
        if (this.isNonSpecial(this.at, '[')) this.bracketDepth++;
        else if (this.isNonSpecial(this.at, ']')) this.bracketDepth--;
        else if (this.isNonSpecial(this.at, ':') && this.bracketDepth === 0) this.changeState('port', 1);
        else this.leaveAuthority();
        break;
      case 'port':
        this.leaveAuthority();
        break;
      case 'pathname':
        if (this.isSearchPrefix()) this.changeState('search', 1);
        else if (this.isHashPrefix()) this.changeState('hash', 1);
        break;
      case 'search':
        if (this.isHashPrefix()) this.changeState('hash', 1);
        break;
      default:
    }
  }

  leaveAuthority() {
    if (this.isNonSpecial(this.at, '/')) this.changeState('pathname', 0);
    else if (this.isSearchPrefix()) this.changeState('search', 1);
    else if (this.isHashPrefix()) this.changeState('hash', 1);
  }

  changeState(state, skip) {
    const { state: old, result } = this;
    if (old !== 'init' && old !== 'authority' && old !== 'done') result[old] = this.componentString();
    if (old !== 'init' && state !== 'done') {
      const from = ['protocol', 'authority', 'username', 'password'];
      if (from.includes(old) && ['port', 'pathname', 'search', 'hash'].includes(state)) result.hostname ??= '';
      if ([...from, 'hostname', 'port'].includes(old) && (state === 'search' || state === 'hash')) {
        result.pathname ??= this.isSpecial ? '/' : '';
      }
      if ([...from, 'hostname', 'port', 'pathname'].includes(old) && state === 'hash') result.search ??= '';
    }
    this.state = state;
    this.at += skip;
    this.componentStart = this.at;
    this.increment = 0;
  }

  rewind() {
    this.at = this.componentStart;
    this.increment = 0;
  }

  rewindAndSetState(state) {
    this.rewind();
    this.state = state;
  }

  token(index) {
    return this.tokens[index] ?? this.tokens[this.tokens.length - 1];
  }

  isChar(index, value, type) {
    const token = this.token(index);
    return token.type === type && token.value === value;
  }

  isNonSpecial(index, value) {
    const token = this.token(index);
    return token.value === value && (token.type === 'char' || token.type === 'escaped-char' || token.type === 'invalid-char');
  }

  isSearchPrefix() {
    if (this.isNonSpecial(this.at, '?')) return true;
    if (this.token(this.at).value !== '?') return false;
    if (this.at === 0) return true;
    const { type } = this.token(this.at - 1);
    return type !== 'name' && type !== 'regexp' && type !== 'close' && type !== 'asterisk';
  }

  isHashPrefix() {
    return this.isNonSpecial(this.at, '#');
  }

  componentString() {
    const start = this.token(this.componentStart).index;
    return this.characters.slice(start, this.token(this.at).index).join('');
  }

  computeIsSpecial() {
    const component = compileComponent(this.componentString(), canonicalizeProtocol, kDefaultOptions);
    this.isSpecial = matchesSpecialScheme(component);
  }
}

function matchesSpecialScheme(component) {
  return Object.keys(kSpecialPorts).some((scheme) => component.regexp.test(scheme));
}

function isIPv6Pattern(hostname) {
  return hostname.length >= 2 && (hostname[0] === '[' || hostname.startsWith('{[') || hostname.startsWith('\\['));
}

// ---- §1.2 the class -----------------------------------------------------------------------------------------------------------------------------

/** Reads a URLPatternInit. */
function toInit(value) {
  const init = {};
  for (const name of ['baseURL', 'hash', 'hostname', 'password', 'pathname', 'port', 'protocol', 'search', 'username']) {
    const member = value[name];
    if (member !== undefined) init[name] = `${member}`.toWellFormed();
  }
  return init;
}

/** Why a base URL beside an init dictionary is refused. */
function baseWithoutString(options) {
  return options !== undefined && typeof options !== 'object' ? invalidArgument('options must be an object') : failure();
}

class URLPatternImplementation {
  #components;

  constructor(input = undefined, baseOrOptions = undefined, options = undefined) {
    let base;
    if (typeof baseOrOptions === 'string') {
      base = baseOrOptions;
    } else if (baseOrOptions !== undefined && baseOrOptions !== null) {
      if (typeof baseOrOptions !== 'object' || arguments.length > 2) {
        throw invalidArgument('second argument must be a string or object');
      }
      options = baseOrOptions;
    }
    let init;
    if (typeof input === 'string') {
      init = new ConstructorStringParser(input.toWellFormed()).parse();
      if (base === undefined && init.protocol === undefined) throw failure();
      if (base !== undefined) init.baseURL = base;
    } else if (input === undefined || input === null) {
      init = {};
      if (base !== undefined) throw baseWithoutString(options);
    } else {
      if (typeof input !== 'object' && typeof input !== 'function') throw invalidArgument('Input must be an object or a string');
      init = toInit(input);
      if (base !== undefined) throw baseWithoutString(options);
    }
    let ignoreCase = false;
    if (options !== undefined && options !== null) {
      if (typeof options !== 'object') throw invalidArgument('options must be an object');
      const given = options.ignoreCase;
      if (given !== undefined && typeof given !== 'boolean') throw invalidArgument('options.ignoreCase must be a boolean');
      ignoreCase = given === true;
    }

    const processed = processInit(init, true, {});
    for (const name of kComponents) processed[name] ??= '*';
    if (isSpecialScheme(processed.protocol) && kSpecialPorts[processed.protocol] === processed.port) processed.port = '';

    const compileOptions = { ...kDefaultOptions, ignoreCase };
    const protocol = compileComponent(processed.protocol, canonicalizeProtocol, kDefaultOptions);
    this.#components = {
      protocol,
      username: compileComponent(processed.username, canonicalizeUsername, kDefaultOptions),
      password: compileComponent(processed.password, canonicalizePassword, kDefaultOptions),
      hostname: compileComponent(
        processed.hostname, isIPv6Pattern(processed.hostname) ? canonicalizeIPv6Hostname : canonicalizeHostname, kHostnameOptions),
      port: compileComponent(processed.port, (value) => canonicalizePort(value), kDefaultOptions),
      pathname: matchesSpecialScheme(protocol) ?
        compileComponent(processed.pathname, canonicalizePathname, { delimiter: '/', prefix: '/', ignoreCase }) :
        compileComponent(processed.pathname, canonicalizeOpaquePathname, compileOptions),
      search: compileComponent(processed.search, canonicalizeSearch, compileOptions),
      hash: compileComponent(processed.hash, canonicalizeHash, compileOptions),
    };
  }

  static check(object) {
    if (object === null || typeof object !== 'object' || !(#components in object)) throw new TypeError('Illegal invocation');
    return object.#components;
  }

  get protocol() {
    return componentsOf(this).protocol.pattern;
  }

  get username() {
    return componentsOf(this).username.pattern;
  }

  get password() {
    return componentsOf(this).password.pattern;
  }

  get hostname() {
    return componentsOf(this).hostname.pattern;
  }

  get port() {
    return componentsOf(this).port.pattern;
  }

  get pathname() {
    return componentsOf(this).pathname.pattern;
  }

  get search() {
    return componentsOf(this).search.pattern;
  }

  get hash() {
    return componentsOf(this).hash.pattern;
  }

  get hasRegExpGroups() {
    const components = componentsOf(this);
    return kComponents.some((name) => components[name].hasRegexpGroups);
  }

  exec(input = undefined, baseURL = undefined) {
    return match(componentsOf(this), input, baseURL);
  }

  test(input = undefined, baseURL = undefined) {
    return match(componentsOf(this), input, baseURL) !== null;
  }

  [kInspect](depth, options) {
    const components = componentsOf(this);
    const { inspect } = require('internal/util/inspect');
    const properties = {};
    for (const name of kComponents) properties[name] = components[name].pattern;
    return `URLPattern ${inspect(properties, options)}`;
  }
}
const componentsOf = URLPatternImplementation.check;
delete URLPatternImplementation.check;

/** "Match" */
function match(components, input, baseURL) {
  if (input === null || (input !== undefined && typeof input !== 'string' && typeof input !== 'object' && typeof input !== 'function')) {
    throw invalidArgument('URLPattern input needs to be a string or an object');
  }
  if (baseURL !== undefined && typeof baseURL !== 'string') throw invalidArgument('baseURL must be a string');
  const inputs = [input ?? {}];
  let values;
  if (typeof input === 'string') {
    let url;
    try {
      url = baseURL === undefined ? new URL(input) : new URL(input, baseURL);
    } catch {
      return null;
    }
    if (baseURL !== undefined) inputs.push(baseURL);
    values = {
      protocol: url.protocol.slice(0, -1),
      username: url.username,
      password: url.password,
      hostname: url.hostname,
      port: url.port,
      pathname: url.pathname,
      search: url.search.slice(1),
      hash: url.hash.slice(1),
    };
  } else {
    if (baseURL !== undefined) throw failure();
    const init = toInit(input ?? {});
    const empty = {};
    for (const name of kComponents) empty[name] = '';
    try {
      values = processInit(init, false, empty);
    } catch {
      return null;
    }
  }
  const result = { inputs };
  for (const name of kComponents) {
    const { regexp, names } = components[name];
    const found = regexp.exec(values[name]);
    if (found === null) return null;
    const groups = {};
    for (let i = 0; i < names.length; i++) groups[names[i]] = found[i + 1];
    result[name] = { input: values[name], groups };
  }
  return result;
}

// A function, since `URLPattern()` without `new` has an error code of its own.
function URLPattern() {
  if (new.target === undefined) throw codedError('ERR_CONSTRUCT_CALL_REQUIRED', 'Cannot call constructor without `new`');
  return Reflect.construct(URLPatternImplementation, arguments, new.target);
}
const { prototype } = URLPatternImplementation;
Object.defineProperty(URLPattern, 'prototype', { __proto__: null, writable: false, value: prototype });
for (const name of [...kComponents, 'hasRegExpGroups', 'exec', 'test']) {
  Object.defineProperty(prototype, name, { __proto__: null, enumerable: true });
}
Object.defineProperties(prototype, {
  constructor: { __proto__: null, value: URLPattern },
  [Symbol.toStringTag]: { __proto__: null, configurable: true, value: 'URLPattern' },
});

module.exports = { URLPattern };
