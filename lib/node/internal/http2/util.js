'use strict';
// What sessions, streams and the compatible classes of HTTP/2 share: headers, settings, options, errors.
//
// Binding contract: internalBinding('http2')
//   constants: names of headers and methods, status codes, error codes, limits
//   nghttp2ErrorString(number) -> text
//   optionsBuffer: Uint32Array read by `new Http2Session(type)`; bit i of its last element says that element i is set

const binding = internalBinding('http2');
const { constants, optionsBuffer } = binding;
const {
  codes: {
    ERR_HTTP2_CONNECT_AUTHORITY, ERR_HTTP2_CONNECT_PATH, ERR_HTTP2_CONNECT_SCHEME, ERR_HTTP2_HEADER_SINGLE_VALUE,
    ERR_HTTP2_INVALID_CONNECTION_HEADERS, ERR_HTTP2_INVALID_PSEUDOHEADER, ERR_HTTP2_INVALID_SETTING_VALUE,
    ERR_HTTP2_TOO_MANY_CUSTOM_SETTINGS, ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_INVALID_HTTP_TOKEN,
  },
  getMessage,
  kIsNodeError,
} = require('internal/errors');
const { _checkIsHttpToken: checkIsHttpToken } = require('_http_common');

const kAuthority = Symbol('authority');
const kSensitiveHeaders = Symbol('sensitiveHeaders');
const kStrictSingleValueFields = Symbol('strictSingleValueFields');
const kSocket = Symbol('socket');
const kProtocol = Symbol('protocol');
const kProxySocket = Symbol('proxySocket');
const kRequest = Symbol('request');

/** So many settings outside the protocol may be sent. */
const MAX_ADDITIONAL_SETTINGS = 10;

const requestPseudoHeaders = new Set([':status', ':method', ':authority', ':path', ':scheme', ':protocol']);

/** Fields that come once at most: a second value is an error when sent, and dropped when received. */
const singleValueHeaders = new Set([
  ':status', ':method', ':authority', ':path', ':scheme', ':protocol', 'access-control-allow-credentials',
  'access-control-max-age', 'access-control-request-method', 'age', 'authorization', 'content-encoding',
  'content-language', 'content-length', 'content-location', 'content-md5', 'content-range', 'content-type', 'date',
  'dnt', 'etag', 'expires', 'from', 'host', 'if-match', 'if-modified-since', 'if-none-match', 'if-range',
  'if-unmodified-since', 'last-modified', 'location', 'max-forwards', 'proxy-authorization', 'range', 'referer',
  'retry-after', 'tk', 'upgrade-insecure-requests', 'user-agent', 'x-content-type-options',
]);

/** Fields of a connection, which HTTP/2 has no use for (RFC 9113 §8.2.2). */
const connectionHeaders = new Set([
  'connection', 'upgrade', 'http2-settings', 'keep-alive', 'proxy-connection', 'transfer-encoding',
]);

function isIllegalConnectionHeader(name, value) {
  if (connectionHeaders.has(name)) return true;
  if (name !== 'te') return false;
  return Array.isArray(value) ? value.length !== 1 || value[0] !== 'trailers' : value !== 'trailers';
}

/** Methods whose requests have no meaningful body. */
const payloadMeaningless = new Set(['GET', 'HEAD', 'DELETE']);

function isPayloadMeaningless(method) {
  return payloadMeaningless.has(method);
}

/** An error of the protocol engine. */
class NghttpError extends Error {
  constructor(integerCode, customErrorCode) {
    super(customErrorCode ? getMessage(customErrorCode, [], null) : binding.nghttp2ErrorString(integerCode));
    this.code = customErrorCode || 'ERR_HTTP2_ERROR';
    this.errno = integerCode;
    // The stack begins with the code, as that of all errors of the library.
    const { stack } = this;
    const head = `${this.name}: ${this.message}`;
    if (typeof stack === 'string' && stack.startsWith(head)) {
      this.stack = `${this.name} [${this.code}]: ${this.message}${stack.slice(head.length)}`;
    }
  }

  get [kIsNodeError]() {
    return true;
  }

  toString() {
    return `${this.name} [${this.code}]: ${this.message}`;
  }
}

function assertIsObject(value, name, types) {
  if (value !== undefined && (value === null || typeof value !== 'object' || Array.isArray(value))) {
    throw new ERR_INVALID_ARG_TYPE(name, types || 'Object', value);
  }
}

function assertIsArray(value, name, types) {
  if (value !== undefined && (value === null || !Array.isArray(value))) {
    throw new ERR_INVALID_ARG_TYPE(name, types || 'Array', value);
  }
}

function assertWithinRange(name, value, min = 0, max = Infinity) {
  if (value !== undefined && (typeof value !== 'number' || value < min || value > max)) {
    throw new ERR_HTTP2_INVALID_SETTING_VALUE.RangeError(name, value, min, max);
  }
}

// ---- Settings -------------------------------------------------------------------------------------------------------

/** The settings of RFC 9113 §6.5.2 and RFC 8441: [property, identifier, least value, greatest value]. */
const kSettings = [
  ['headerTableSize', 1, 0, 2 ** 32 - 1],
  ['enablePush', 2],
  ['maxConcurrentStreams', 3, 0, 2 ** 32 - 1],
  ['initialWindowSize', 4, 0, 2 ** 31 - 1],
  ['maxFrameSize', 5, 16384, 2 ** 24 - 1],
  ['maxHeaderListSize', 6, 0, 2 ** 32 - 1],
  ['enableConnectProtocol', 8],
];

/** Throws if a setting is not what the protocol allows. */
function validateSettings(settings) {
  if (settings === undefined) return;
  assertIsObject(settings.customSettings, 'customSettings', 'Number');
  if (settings.customSettings) {
    const entries = Object.entries(settings.customSettings);
    if (entries.length > MAX_ADDITIONAL_SETTINGS) throw new ERR_HTTP2_TOO_MANY_CUSTOM_SETTINGS();
    for (const [id, value] of entries) {
      assertWithinRange('customSettings:id', Number(id), 0, 0xffff);
      assertWithinRange('customSettings:value', Number(value), 0, 2 ** 32 - 1);
    }
  }
  for (const [name, , least, greatest] of kSettings) {
    const value = settings[name];
    if (least !== undefined) {
      assertWithinRange(name, value, least, greatest);
    } else if (value !== undefined && typeof value !== 'boolean') {
      throw new ERR_HTTP2_INVALID_SETTING_VALUE(name, value);
    }
  }
  assertWithinRange('maxHeaderSize', settings.maxHeaderSize, 0, 2 ** 32 - 1);
}

/** [id, value, id, value, …] of what is set. */
function settingsToList(settings) {
  const list = [];
  for (const [name, id] of kSettings) {
    let value = settings[name];
    if (name === 'maxHeaderListSize' && value === undefined) value = settings.maxHeaderSize;
    if (value !== undefined) list.push(id, Number(value));
  }
  for (const [id, value] of Object.entries(settings.customSettings ?? {})) list.push(Number(id), Number(value));
  return list;
}

/** Settings from [[id, value], …]. */
function listToSettings(entries) {
  const settings = {};
  for (const [id, value] of entries) {
    const known = kSettings.find((setting) => setting[1] === id);
    if (known === undefined) (settings.customSettings ??= {})[id] = value;
    else settings[known[0]] = known[2] === undefined ? value !== 0 : value;
    if (id === 6) settings.maxHeaderSize = value;
  }
  return settings;
}

function getDefaultSettings() {
  return {
    __proto__: null, headerTableSize: 4096, enablePush: true, initialWindowSize: 65535, maxFrameSize: 16384,
    maxConcurrentStreams: 4294967295, maxHeaderSize: 65535, maxHeaderListSize: 65535, enableConnectProtocol: false,
  };
}

/** The settings in force at one end of a session; of the peer's own ones, those that were asked for. */
function getSettings(session, remote, wanted) {
  const settings = remote ? session.remoteSettings() : session.localSettings();
  settings.maxHeaderListSize = Math.min(settings.maxHeaderListSize, 2 ** 32 - 1);
  if (remote) {
    for (const id of Object.keys(settings.customSettings)) {
      if (!wanted?.includes(Number(id))) delete settings.customSettings[id];
    }
  }
  return settings;
}

// ---- Options --------------------------------------------------------------------------------------------------------

/** Options the native session reads, in the order of `optionsBuffer`. */
const kOptions = [
  'maxDeflateDynamicTableSize', 'maxReservedRemoteStreams', 'maxSendHeaderBlockLength', 'peerMaxConcurrentStreams',
  'paddingStrategy', 'maxHeaderListPairs', 'maxOutstandingPings', 'maxOutstandingSettings', 'maxSessionMemory',
  'maxSettings', 'streamResetRate', 'streamResetBurst',
];
const kStrictWhitespace = kOptions.length;
const kFlags = kStrictWhitespace + 1;

function updateOptionsBuffer(options) {
  let flags = 0;
  for (let i = 0; i < kOptions.length; i++) {
    const value = options[kOptions[i]];
    if (typeof value !== 'number') continue;
    let number = value;
    if (kOptions[i] === 'maxSessionMemory' || kOptions[i] === 'maxOutstandingPings' || kOptions[i] === 'maxOutstandingSettings') {
      number = Math.max(1, value);
    }
    optionsBuffer[i] = number;
    flags |= 1 << i;
  }
  if (typeof options.strictFieldWhitespaceValidation === 'boolean') {
    optionsBuffer[kStrictWhitespace] = options.strictFieldWhitespaceValidation ? 0 : 1;
    flags |= 1 << kStrictWhitespace;
  }
  optionsBuffer[kFlags] = flags;
}

function sessionName(type) {
  switch (type) {
    case constants.NGHTTP2_SESSION_CLIENT: return 'client';
    case constants.NGHTTP2_SESSION_SERVER: return 'server';
    default: return '<invalid>';
  }
}

// ---- Headers --------------------------------------------------------------------------------------------------------

function assertValidPseudoHeader(name) {
  if (!requestPseudoHeaders.has(name)) throw new ERR_HTTP2_INVALID_PSEUDOHEADER(name);
}

function assertValidPseudoHeaderResponse(name) {
  if (name !== ':status') throw new ERR_HTTP2_INVALID_PSEUDOHEADER(name);
}

function assertValidPseudoHeaderTrailer(name) {
  throw new ERR_HTTP2_INVALID_PSEUDOHEADER(name);
}

/** The neverIndex list as a set of lower-case names. */
function sensitiveNames(list) {
  if (list === undefined) return undefined;
  if (!Array.isArray(list)) throw new ERR_INVALID_ARG_VALUE('headers[http2.neverIndex]', list);
  return new Set(list.map((name) => `${name}`.toLowerCase()));
}

/**
 * Packs headers for the native session: [text, count], where the text is name, NUL, value, NUL, and a character whose
 * lowest bit says that the field must not be indexed. Pseudo-header fields come first.
 * `headers` is an object, or an array of names and values in turn.
 */
function buildNgHeaderString(headers, validatePseudoHeader, strictSingleValueFields) {
  let pseudo = '';
  let regular = '';
  let count = 0;
  const seen = new Set();
  const sensitive = sensitiveNames(headers[kSensitiveHeaders]);

  const add = (name, value) => {
    if (value === undefined || name === '') return;
    const key = name.toLowerCase();
    let isArray = Array.isArray(value);
    if (isArray) {
      switch (value.length) {
        case 0: return;
        case 1:
          value = String(value[0]);
          isArray = false;
          break;
        default:
          if (strictSingleValueFields && singleValueHeaders.has(key)) throw new ERR_HTTP2_HEADER_SINGLE_VALUE(key);
      }
    }
    if (!isArray) value = String(value);
    if (strictSingleValueFields && singleValueHeaders.has(key)) {
      if (seen.has(key)) throw new ERR_HTTP2_HEADER_SINGLE_VALUE(key);
      seen.add(key);
    }
    const flag = sensitive?.has(key) ? '\x01' : '\0';
    if (key[0] === ':') {
      validatePseudoHeader(key);
      pseudo += `${key}\0${value}\0${flag}`;
      count++;
      return;
    }
    if (!checkIsHttpToken(key)) throw new ERR_INVALID_HTTP_TOKEN('Header name', key);
    if (isIllegalConnectionHeader(key, value)) throw new ERR_HTTP2_INVALID_CONNECTION_HEADERS(key);
    if (isArray) {
      for (const one of value) regular += `${key}\0${String(one)}\0${flag}`;
      count += value.length;
    } else {
      regular += `${key}\0${value}\0${flag}`;
      count++;
    }
  };

  if (Array.isArray(headers)) {
    for (let i = 0; i < headers.length; i += 2) add(headers[i], headers[i + 1]);
  } else {
    for (const name of Object.keys(headers)) add(name, headers[name]);
  }
  return [pseudo + regular, count];
}

/** An object of received headers: [name, value, name, value, …]. */
function toHeaderObject(list, sensitive) {
  const headers = { __proto__: null };
  for (let i = 0; i < list.length; i += 2) {
    const name = list[i];
    let value = list[i + 1];
    if (name === ':status') value |= 0;
    const existing = headers[name];
    if (existing === undefined) {
      headers[name] = name === 'set-cookie' ? [value] : value;
    } else if (!singleValueHeaders.has(name)) {
      switch (name) {
        case 'set-cookie':
          existing.push(value);
          break;
        case 'cookie':
          // RFC 9113 §8.2.3: the pieces of a cookie are joined again.
          headers[name] = `${existing}; ${value}`;
          break;
        default:
          headers[name] = `${existing}, ${value}`;
      }
    }
  }
  headers[kSensitiveHeaders] = sensitive;
  return headers;
}

/** Where a request goes: `:authority` before `host`. */
function getAuthority(headers) {
  if (headers[':authority'] !== undefined) return headers[':authority'];
  if (headers.host !== undefined) return headers.host;
  return undefined;
}

function checkConnect(headers) {
  if (headers[':authority'] === undefined) throw new ERR_HTTP2_CONNECT_AUTHORITY();
  if (headers[':scheme'] !== undefined) throw new ERR_HTTP2_CONNECT_SCHEME();
  if (headers[':path'] !== undefined) throw new ERR_HTTP2_CONNECT_PATH();
}

/** The pseudo-header fields a request has when the program says nothing. */
function completeRequest(known, session, set) {
  if (known[':method'] === undefined) {
    set(':method', 'GET');
    known[':method'] = 'GET';
  }
  const connect = known[':method'] === 'CONNECT';
  if (!connect || known[':protocol'] !== undefined) {
    if (getAuthority(known) === undefined) set(':authority', session[kAuthority]);
    if (known[':scheme'] === undefined) set(':scheme', session[kProtocol].slice(0, -1));
    if (known[':path'] === undefined) set(':path', '/');
  } else {
    checkConnect(known);
  }
}

function prepareRequestHeadersObject(headers, session) {
  const object = Object.assign({ __proto__: null }, headers);
  const before = {};
  for (const name of Object.keys(object)) before[name.toLowerCase()] ??= object[name];
  const missing = {};
  completeRequest(before, session, (name, value) => { missing[name] = value; });
  // The order is part of what a server sees.
  const headersObject = { __proto__: null };
  if (missing[':method'] !== undefined) headersObject[':method'] = missing[':method'];
  Object.assign(headersObject, object);
  for (const name of [':authority', ':scheme', ':path']) {
    if (missing[name] !== undefined) headersObject[name] = missing[name];
  }
  const headersList = buildNgHeaderString(
    headersObject, assertValidPseudoHeader, session[kStrictSingleValueFields]);
  return {
    headersObject, headersList, scheme: headersObject[':scheme'], authority: getAuthority(headersObject),
    method: before[':method'],
  };
}

function prepareRequestHeadersArray(headers, session) {
  const known = {};
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i];
    if (name[0] === ':' || name === 'host' || name === 'Host') known[name.toLowerCase()] = headers[i + 1];
  }
  const additional = [];
  const set = (name, value) => {
    additional.push(name, value);
    known[name] = value;
  };
  completeRequest(known, session, set);
  const rawHeaders = additional.length > 0 ? additional.concat(headers) : headers;
  if (headers[kSensitiveHeaders]) rawHeaders[kSensitiveHeaders] = headers[kSensitiveHeaders];
  const headersList = buildNgHeaderString(
    rawHeaders, assertValidPseudoHeader, session[kStrictSingleValueFields]);
  return {
    rawHeaders, headersList, scheme: known[':scheme'], authority: getAuthority(known), method: known[':method'],
  };
}

module.exports = {
  assertIsObject,
  assertIsArray,
  assertValidPseudoHeader,
  assertValidPseudoHeaderResponse,
  assertValidPseudoHeaderTrailer,
  assertWithinRange,
  buildNgHeaderString,
  getAuthority,
  getDefaultSettings,
  getSettings,
  isPayloadMeaningless,
  kAuthority,
  kSensitiveHeaders,
  kStrictSingleValueFields,
  kSocket,
  kProtocol,
  kProxySocket,
  kRequest,
  listToSettings,
  MAX_ADDITIONAL_SETTINGS,
  NghttpError,
  prepareRequestHeadersArray,
  prepareRequestHeadersObject,
  sessionName,
  settingsToList,
  toHeaderObject,
  updateOptionsBuffer,
  validateSettings,
};
