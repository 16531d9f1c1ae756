'use strict';

// Binding contract:
//   internalBinding('uv').getErrorMap() -> Map<errno, [name, message]>; UV_EAI_MEMORY, UV_ENOMEM, UV_ENOTSOCK… constants
//   internalBinding('util').privateSymbols { arrow_message_private_symbol, decorated_private_symbol }
//   internalBinding('errors').setCodedErrorMarker(symbol): errors with the symbol show their code in the first line of `stack`.

// Marks instances of the classes of `codes`: their stack header and toString() carry the code.
const kIsNodeError = Symbol('kIsNodeError');
const kEnhanceStackBeforeInspector = Symbol('kEnhanceStackBeforeInspector');

const { captureStackTrace } = Error;

// The types ERR_INVALID_ARG_TYPE names as "of type x"; every other capitalised name is a class.
const primitiveTypeNames = new Set([
  'string', 'function', 'number', 'object', 'Function', 'Object', 'boolean', 'bigint', 'symbol',
]);
const className = /^[A-Z][a-zA-Z0-9]*$/;

let inspectModule;
function inspectLib() {
  return inspectModule ??= require('internal/util/inspect');
}

function inspect(value, options) {
  return inspectLib().inspect(value, options);
}

function assertInternal(condition, message) {
  if (!condition) require('internal/assert')(condition, message);
}

/** True when Error.stackTraceLimit can be assigned (it may be frozen by the program). */
function isErrorStackTraceLimitWritable() {
  const descriptor = Object.getOwnPropertyDescriptor(Error, 'stackTraceLimit');
  if (descriptor === undefined) return Object.isExtensible(Error);
  return Object.hasOwn(descriptor, 'writable') ? descriptor.writable : descriptor.set !== undefined;
}

/** Constructs an error without paying for a stack trace. */
function withoutStack(construct) {
  if (!isErrorStackTraceLimitWritable()) return construct();
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return construct();
  } finally {
    Error.stackTraceLimit = limit;
  }
}

// ---- Message helpers ------------------------------------------------------------------------------------------------

/** Joins words as English does: "a", "a and b", "a, b, and c". */
function formatList(array, type = 'and') {
  switch (array.length) {
    case 0: return '';
    case 1: return `${array[0]}`;
    case 2: return `${array[0]} ${type} ${array[1]}`;
    default: return `${array.slice(0, -1).join(', ')}, ${type} ${array[array.length - 1]}`;
  }
}

/** Describes a received value for a message: "undefined", "type number (1)", "an instance of Map". */
function determineSpecificType(value) {
  if (value === null) return 'null';
  switch (typeof value) {
    case 'undefined': return 'undefined';
    case 'bigint': return `type bigint (${value}n)`;
    case 'number': return `type number (${Object.is(value, -0) ? '-0' : value})`;
    case 'boolean': return `type boolean (${value})`;
    case 'symbol': return `type symbol (${String(value)})`;
    case 'function': return `function ${value.name}`;
    case 'string': {
      const text = value.length > 28 ? `${value.slice(0, 25)}...` : value;
      return `type string (${text.includes("'") ? JSON.stringify(text) : `'${text}'`})`;
    }
    default: {
      const name = value.constructor?.name;
      return name ? `an instance of ${name}` : inspect(value, { depth: -1 });
    }
  }
}

/** 1234567 -> 1_234_567, for messages. */
function addNumericalSeparator(digits) {
  const start = digits[0] === '-' ? 1 : 0;
  let result = '';
  let i = digits.length;
  for (; i >= start + 4; i -= 3) result = `_${digits.slice(i - 3, i)}${result}`;
  return `${digits.slice(0, i)}${result}`;
}

function describeExpectedTypes(expected) {
  const types = [];
  const instances = [];
  const others = [];
  for (const name of Array.isArray(expected) ? expected : [expected]) {
    if (primitiveTypeNames.has(name)) types.push(name.toLowerCase());
    else if (className.test(name)) instances.push(name);
    else if (name === 'object') types.push(name);
    else others.push(name);
  }
  // Next to other classes an object is one instance more.
  const objectAt = instances.length > 0 ? types.indexOf('object') : -1;
  if (objectAt !== -1) {
    types.splice(objectAt, 1);
    instances.push('Object');
  }
  let message = '';
  if (types.length > 0) {
    message += `${types.length > 1 ? 'one of type' : 'of type'} ${formatList(types, 'or')}`;
    if (instances.length > 0 || others.length > 0) message += ' or ';
  }
  if (instances.length > 0) {
    message += `an instance of ${formatList(instances, 'or')}`;
    if (others.length > 0) message += ' or ';
  }
  if (others.length > 1) {
    message += `one of ${formatList(others, 'or')}`;
  } else if (others.length === 1) {
    if (others[0].toLowerCase() !== others[0]) message += 'an ';
    message += others[0];
  }
  return message;
}

function invalidArgType(name, expected, actual) {
  const subject = name.endsWith(' argument') ? name : `"${name}" ${name.includes('.') ? 'property' : 'argument'}`;
  return `The ${subject} must be ${describeExpectedTypes(expected)}. Received ${determineSpecificType(actual)}`;
}

function invalidArgValue(name, value, reason = 'is invalid') {
  let text = inspect(value);
  if (text.length > 128) text = `${text.slice(0, 128)}...`;
  return `The ${name.includes('.') ? 'property' : 'argument'} '${name}' ${reason}. Received ${text}`;
}

function outOfRange(subject, range, input, replaceDefaultBoolean = false) {
  assertInternal(range, 'Missing "range" argument');
  let received;
  if (Number.isInteger(input) && Math.abs(input) > 2 ** 32) {
    received = addNumericalSeparator(String(input));
  } else if (typeof input === 'bigint') {
    const limit = 2n ** 32n;
    received = `${input > limit || input < -limit ? addNumericalSeparator(String(input)) : input}n`;
  } else {
    received = inspect(input);
  }
  const start = replaceDefaultBoolean ? subject : `The value of "${subject}" is out of range.`;
  return `${start} It must be ${range}. Received ${received}`;
}

function missingArgs(...args) {
  assertInternal(args.length > 0, 'At least one arg needs to be specified');
  const names = args.map((name) => (Array.isArray(name) ? name.map((n) => `"${n}"`).join(' or ') : `"${name}"`));
  return `The ${formatList(names)} argument${names.length > 1 ? 's' : ''} must be specified`;
}

function invalidPackageTarget(packagePath, key, target, isImport = false, base = undefined) {
  const relativeHint =
    typeof target === 'string' && !isImport && target.length > 0 && !target.startsWith('./') ?
      '; targets must start with "./"' : '';
  const from = base ? ` imported from ${base}` : '';
  const file = `the package config ${packagePath}package.json`;
  if (key === '.') {
    assertInternal(isImport === false);
    return `Invalid "exports" main target ${JSON.stringify(target)} defined in ${file}${from}${relativeHint}`;
  }
  return `Invalid "${isImport ? 'imports' : 'exports'}" target ${JSON.stringify(target)} defined for '${key}' in ` +
    `${file}${from}${relativeHint}`;
}

function requireEsm(filename, hasEsmSyntax, parentPath = null, packageJsonPath = null) {
  let message = `require() of ES Module ${filename}${parentPath ? ` from ${parentPath}` : ''} not supported.`;
  if (!packageJsonPath) {
    if (filename.endsWith('.mjs')) {
      message += `\nInstead change the require of ${filename} to a dynamic import() which is available in all CommonJS modules.`;
    }
    return message;
  }
  const path = require('path');
  const base = parentPath && path.basename(filename) === path.basename(parentPath) ? filename : path.basename(filename);
  if (hasEsmSyntax) {
    return `${message}\nInstead change the require of ${base} in ${parentPath} to a dynamic import() which is available ` +
      'in all CommonJS modules.';
  }
  message += `\n${base} is treated as an ES module file as it is a .js file whose nearest parent package.json contains ` +
    '"type": "module" which declares all .js files in that package scope as ES modules.\nInstead either rename ' +
    `${base} to end in .cjs, change the requiring code to use dynamic import() which is available in all CommonJS ` +
    'modules, or change "type": "module" to "type": "commonjs" in ' +
    `${packageJsonPath} to treat all .js files as CommonJS (using .mjs for all ES modules instead).\n`;
  return message;
}

function requireStack(parent) {
  const files = [];
  const seen = new Set();
  for (let m = parent; m && !seen.has(m); m = m.parent) {
    seen.add(m);
    files.push(m.filename || m.id);
  }
  return files;
}

function requireAsyncModule(filename, parent, stack) {
  let message = 'require() cannot be used on an ESM graph with top-level await. Use import() instead. To see where the ' +
    'top-level await comes from, use --experimental-print-required-tla.';
  if (filename) message += `\nRequired module: ${filename}`;
  const files = Array.isArray(stack) ? stack : requireStack(parent);
  if (parent) message += `\nRequire stack:\n- ${files.join('\n- ')}`;
  return message;
}

function requireEsmRace(filename, parent, isForAsyncLoader) {
  let message = `Cannot require() ES Module ${filename} because it is not yet fully loaded.\nThis may be caused by a ` +
    'race condition if the module is simultaneously dynamically import()-ed via Promise.all().\nTry await-ing the ' +
    'import() sequentially in a loop instead.\n';
  const name = parent?.filename ?? parent;
  if (name) message += ` (From ${isForAsyncLoader ? `${name} in loader hook worker thread` : `${name}`})`;
  return message;
}

/** Stores the pairs of `properties` on the error under construction and returns the message. */
function withProperties(error, properties, message) {
  for (const key of Object.keys(properties)) if (properties[key] !== undefined) error[key] = properties[key];
  return message;
}

const internalBugHint =
  'This is caused by either a bug in Node.js or incorrect usage of Node.js internals.\n' +
  'Please open an issue with this stack trace at https://github.com/nodejs/node/issues\n';

// ---- System errors ---------------------------------------------------------------------------------------------------

/** An error made from a failed system call's description {errno, code, message, syscall, path, dest}. */
class SystemError extends Error {
  constructor(key, prefix, context) {
    let message = `${prefix}: ${context.syscall} returned ${context.code} (${context.message})`;
    if (context.path !== undefined) message += ` ${context.path}`;
    if (context.dest !== undefined) message += ` => ${context.dest}`;
    super(message);
    this.code = key;
    const hidden = { configurable: true, enumerable: false };
    Object.defineProperties(this, {
      [kIsNodeError]: { __proto__: null, ...hidden, value: true, writable: false },
      name: { __proto__: null, ...hidden, value: 'SystemError', writable: true },
      message: { __proto__: null, ...hidden, value: message, writable: true },
      info: { __proto__: null, value: context, enumerable: true, configurable: true, writable: false },
    });
    for (const property of ['errno', 'syscall', 'path', 'dest']) {
      if ((property === 'path' || property === 'dest') && context[property] === undefined) continue;
      Object.defineProperty(this, property, {
        __proto__: null,
        enumerable: true,
        configurable: true,
        get() {
          const value = context[property];
          return value !== undefined && typeof value === 'object' && value !== null ? value.toString() : value;
        },
        set(value) {
          context[property] = value !== undefined && (property === 'path' || property === 'dest') && value ?
            require('buffer').Buffer.from(value.toString()) : value;
        },
      });
    }
  }

  get ['constructor']() {
    return Error;
  }

  toString() {
    return `${this.name} [${this.code}]: ${this.message}`;
  }

  [Symbol.for('nodejs.util.inspect.custom')](recurseTimes, ctx) {
    return inspect(this, { ...ctx, getters: true, customInspect: false });
  }
}

// ---- The table ------------------------------------------------------------------------------------------------------
// code without ERR_: [base class, message, …further bases reachable as codes.ERR_X.RangeError]
// A message is a format (%s, %d) or a function called with `this` = the properties to put on the error.

// What start-up and most modules ask for.
const table = {
  __proto__: null,
  CONSOLE_WRITABLE_STREAM: [TypeError, 'Console expects a writable stream instance for %s'],
  INCOMPATIBLE_OPTION_PAIR: [TypeError, 'Option "%s" cannot be used in combination with option "%s"'],
  INVALID_ARG_TYPE: [TypeError, invalidArgType],
  INVALID_ARG_VALUE: [TypeError, invalidArgValue, RangeError],
  INVALID_RETURN_VALUE: [TypeError, (input, name, value) => `Expected ${input} to be returned from the "${name}" function but got ${determineSpecificType(value)}.`, RangeError],
  INVALID_THIS: [TypeError, 'Value of "this" must be of type %s'],
  METHOD_NOT_IMPLEMENTED: [Error, 'The %s method is not implemented'],
  MISSING_ARGS: [TypeError, missingArgs],
  MULTIPLE_CALLBACK: [Error, 'Callback called multiple times'],
  NO_CRYPTO: [Error, 'Node.js is not compiled with OpenSSL crypto support'],
  NO_TYPESCRIPT: [Error, 'Node.js is not compiled with TypeScript support'],
  OUT_OF_RANGE: [RangeError, outOfRange],
  SOCKET_BAD_PORT: [RangeError, (name, port, allowZero = true) => {
    assertInternal(typeof allowZero === 'boolean', "The 'allowZero' argument must be of type boolean.");
    return `${name} should be ${allowZero ? '>=' : '>'} 0 and < 65536. Received ${determineSpecificType(port)}.`;
  }],
  UNHANDLED_ERROR: [Error, (error = undefined) => (error === undefined ? 'Unhandled error.' : `Unhandled error. (${error})`)],
  UNKNOWN_ENCODING: [TypeError, 'Unknown encoding: %s'],
  UNKNOWN_SIGNAL: [TypeError, 'Unknown signal: %s'],
};

// The others by the first word of the code, made when one of them is first asked for.
const sections = {
  __proto__: null,
  CRYPTO: () => ({
    CRYPTO_ARGON2_NOT_SUPPORTED: [Error, 'Argon2 algorithm not supported'],
    CRYPTO_CUSTOM_ENGINE_NOT_SUPPORTED: [Error, 'Custom engines not supported by this OpenSSL'],
    CRYPTO_ECDH_INVALID_FORMAT: [TypeError, 'Invalid ECDH format: %s'],
    CRYPTO_ECDH_INVALID_PUBLIC_KEY: [Error, 'Public key is not valid for specified curve'],
    CRYPTO_ENGINE_UNKNOWN: [Error, 'Engine "%s" was not found'],
    CRYPTO_FIPS_FORCED: [Error, 'Cannot set FIPS mode, it was forced with --force-fips at startup.'],
    CRYPTO_FIPS_UNAVAILABLE: [Error, 'Cannot set FIPS mode in a non-FIPS build.'],
    CRYPTO_HASH_FINALIZED: [Error, 'Digest already called'],
    CRYPTO_HASH_UPDATE_FAILED: [Error, 'Hash update failed'],
    CRYPTO_INCOMPATIBLE_KEY: [Error, 'Incompatible %s: %s'],
    CRYPTO_INCOMPATIBLE_KEY_OPTIONS: [Error, 'The selected key encoding %s %s.'],
    CRYPTO_INVALID_DIGEST: [TypeError, 'Invalid digest: %s'],
    CRYPTO_INVALID_JWK: [TypeError, 'Invalid JWK data'],
    CRYPTO_INVALID_KEYLEN: [RangeError, 'Invalid key length'],
    CRYPTO_INVALID_KEY_OBJECT_TYPE: [TypeError, 'Invalid key object type %s, expected %s.'],
    CRYPTO_INVALID_MAC: [TypeError, 'Invalid MAC: %s'],
    CRYPTO_INVALID_SCRYPT_PARAMS: [RangeError, 'Invalid scrypt params'],
    CRYPTO_INVALID_STATE: [Error, 'Invalid state for operation %s'],
    CRYPTO_JWK_UNSUPPORTED_CURVE: [Error, 'Unsupported JWK EC curve: %s.'],
    CRYPTO_JWK_UNSUPPORTED_KEY_TYPE: [Error, 'Unsupported JWK Key Type.'],
    CRYPTO_KEM_NOT_SUPPORTED: [Error, 'KEM is not supported'],
    CRYPTO_MAC_FINALIZED: [Error, 'MAC already finalized'],
    CRYPTO_MAC_NOT_SUPPORTED: [Error, 'MAC is not supported'],
    CRYPTO_MAC_UPDATE_FAILED: [Error, 'MAC update failed'],
    CRYPTO_PBKDF2_ERROR: [Error, 'PBKDF2 error'],
    CRYPTO_SCRYPT_NOT_SUPPORTED: [Error, 'Scrypt algorithm not supported'],
    CRYPTO_SIGN_KEY_REQUIRED: [Error, 'No key provided to sign'],
    CRYPTO_TIMING_SAFE_EQUAL_LENGTH: [RangeError, 'Input buffers must have the same byte length'],
    CRYPTO_UNKNOWN_DH_GROUP: [Error, 'Unknown DH group'],
  }),
  FS: () => ({
    FS_CP_DIR_TO_NON_DIR: [SystemError, 'Cannot overwrite non-directory with directory'],
    FS_CP_EEXIST: [SystemError, 'Target already exists'],
    FS_CP_EINVAL: [SystemError, 'Invalid src or dest'],
    FS_CP_FIFO_PIPE: [SystemError, 'Cannot copy a FIFO pipe'],
    FS_CP_NON_DIR_TO_DIR: [SystemError, 'Cannot overwrite directory with non-directory'],
    FS_CP_SOCKET: [SystemError, 'Cannot copy a socket file'],
    FS_CP_SYMLINK_TO_SUBDIRECTORY: [SystemError, 'Cannot overwrite symlink in subdirectory of self'],
    FS_CP_UNKNOWN: [SystemError, 'Cannot copy an unknown file type'],
    FS_EISDIR: [SystemError, 'Path is a directory'],
    FS_FILE_TOO_LARGE: [RangeError, 'File size (%s) is greater than 2 GiB'],
    FS_WATCH_QUEUE_OVERFLOW: [Error, 'fs.watch() queued more than %d events'],
  }),
  HTTP: () => ({
    HTTP_BODY_NOT_ALLOWED: [Error, 'Adding content for this request method or response status is not allowed.'],
    HTTP_CONTENT_LENGTH_MISMATCH: [Error, "Response body's content-length of %s byte(s) does not match the content-length of %s byte(s) set in header"],
    HTTP_HEADERS_SENT: [Error, 'Cannot %s headers after they are sent to the client'],
    HTTP_INVALID_HEADER_VALUE: [TypeError, 'Invalid value "%s" for header "%s"'],
    HTTP_INVALID_STATUS_CODE: [RangeError, 'Invalid status code: %s'],
    HTTP_REQUEST_TIMEOUT: [Error, 'Request timeout'],
    HTTP_SOCKET_ASSIGNED: [Error, 'ServerResponse has an already assigned socket'],
    HTTP_SOCKET_ENCODING: [Error, 'Changing the socket encoding is not allowed per RFC7230 Section 3.'],
    HTTP_TRAILER_INVALID: [Error, 'Trailers are invalid with this transfer encoding'],
  }),
  HTTP2: () => ({
    HTTP2_ALTSVC_INVALID_ORIGIN: [TypeError, 'HTTP/2 ALTSVC frames require a valid origin'],
    HTTP2_ALTSVC_LENGTH: [TypeError, 'HTTP/2 ALTSVC frames are limited to 16382 bytes'],
    HTTP2_CONNECT_AUTHORITY: [Error, ':authority header is required for CONNECT requests'],
    HTTP2_CONNECT_PATH: [Error, 'The :path header is forbidden for CONNECT requests'],
    HTTP2_CONNECT_SCHEME: [Error, 'The :scheme header is forbidden for CONNECT requests'],
    HTTP2_GOAWAY_SESSION: [Error, 'New streams cannot be created after receiving a GOAWAY'],
    HTTP2_HEADERS_AFTER_RESPOND: [Error, 'Cannot specify additional headers after response initiated'],
    HTTP2_HEADERS_SENT: [Error, 'Response has already been initiated.'],
    HTTP2_HEADER_SINGLE_VALUE: [TypeError, 'Header field "%s" must only have a single value'],
    HTTP2_INFO_STATUS_NOT_ALLOWED: [RangeError, 'Informational status codes cannot be used'],
    HTTP2_INVALID_CONNECTION_HEADERS: [TypeError, 'HTTP/1 Connection specific headers are forbidden: "%s"'],
    HTTP2_INVALID_HEADER_VALUE: [TypeError, 'Invalid value "%s" for header "%s"'],
    HTTP2_INVALID_INFO_STATUS: [RangeError, 'Invalid informational status code: %s'],
    HTTP2_INVALID_ORIGIN: [TypeError, 'HTTP/2 ORIGIN frames require a valid origin'],
    HTTP2_INVALID_PACKED_SETTINGS_LENGTH: [RangeError, 'Packed settings length must be a multiple of six'],
    HTTP2_INVALID_PSEUDOHEADER: [TypeError, '"%s" is an invalid pseudoheader or is used incorrectly'],
    HTTP2_INVALID_SESSION: [Error, 'The session has been destroyed'],
    HTTP2_INVALID_SETTING_VALUE: [TypeError, function(name, actual, min = undefined, max = undefined) {
      this.actual = actual;
      return withProperties(this, { min, max }, `Invalid value for setting "${name}": ${actual}`);
    }, RangeError],
    HTTP2_INVALID_STREAM: [Error, 'The stream has been destroyed'],
    HTTP2_MAX_PENDING_SETTINGS_ACK: [Error, 'Maximum number of pending settings acknowledgements'],
    HTTP2_NESTED_PUSH: [Error, 'A push stream cannot initiate another push stream.'],
    HTTP2_NO_MEM: [Error, 'Out of memory'],
    HTTP2_NO_SOCKET_MANIPULATION: [Error, 'HTTP/2 sockets should not be directly manipulated (e.g. read and written)'],
    HTTP2_ORIGIN_LENGTH: [TypeError, 'HTTP/2 ORIGIN frames are limited to 16382 bytes'],
    HTTP2_OUT_OF_STREAMS: [Error, 'No stream ID is available because maximum stream ID has been reached'],
    HTTP2_PAYLOAD_FORBIDDEN: [Error, 'Responses with %s status must not have a payload'],
    HTTP2_PING_CANCEL: [Error, 'HTTP2 ping cancelled'],
    HTTP2_PING_LENGTH: [RangeError, 'HTTP2 ping payload must be 8 bytes'],
    HTTP2_PSEUDOHEADER_NOT_ALLOWED: [TypeError, 'Cannot set HTTP/2 pseudo-headers'],
    HTTP2_PUSH_DISABLED: [Error, 'HTTP/2 client has disabled push streams'],
    HTTP2_SEND_FILE: [Error, 'Directories cannot be sent'],
    HTTP2_SEND_FILE_NOSEEK: [Error, 'Offset or length can only be specified for regular files'],
    HTTP2_SESSION_ERROR: [Error, 'Session closed with error code %s'],
    HTTP2_SETTINGS_CANCEL: [Error, 'HTTP2 session settings canceled'],
    HTTP2_SOCKET_BOUND: [Error, 'The socket is already bound to an Http2Session'],
    HTTP2_SOCKET_UNBOUND: [Error, 'The socket has been disconnected from the Http2Session'],
    HTTP2_STATUS_101: [Error, 'HTTP status code 101 (Switching Protocols) is forbidden in HTTP/2'],
    HTTP2_STATUS_INVALID: [RangeError, 'Invalid status code: %s'],
    HTTP2_STREAM_CANCEL: [Error, function(error) {
      if (error === undefined) return 'The pending stream has been canceled';
      this.cause = error;
      return `The pending stream has been canceled${typeof error.message === 'string' ? ` (caused by: ${error.message})` : ''}`;
    }],
    HTTP2_STREAM_ERROR: [Error, 'Stream closed with error code %s'],
    HTTP2_STREAM_SELF_DEPENDENCY: [Error, 'A stream cannot depend on itself'],
    HTTP2_TOO_MANY_CUSTOM_SETTINGS: [Error, 'Number of custom settings exceeds MAX_ADDITIONAL_SETTINGS'],
    HTTP2_TOO_MANY_INVALID_FRAMES: [Error, 'Too many invalid HTTP/2 frames'],
    HTTP2_TOO_MANY_ORIGINS: [Error, 'The server sent more ORIGIN frames than the allowed number of %s'],
    HTTP2_TRAILERS_ALREADY_SENT: [Error, 'Trailing headers have already been sent'],
    HTTP2_TRAILERS_NOT_READY: [Error, 'Trailing headers cannot be sent until after the wantTrailers event is emitted'],
    HTTP2_UNSUPPORTED_PROTOCOL: [Error, 'protocol "%s" is unsupported.'],
  }),
  INVALID: () => ({
    INVALID_ADDRESS_FAMILY: [RangeError, function(addressType, host, port) {
      return withProperties(this, { host, port }, `Invalid address family: ${addressType} ${host}:${port}`);
    }],
    INVALID_ASYNC_ID: [RangeError, 'Invalid %s value: %s'],
    INVALID_BUFFER_SIZE: [RangeError, 'Buffer size must be a multiple of %s'],
    INVALID_CHAR: [TypeError, (name, field = undefined) => `Invalid character in ${name}${field === undefined ? '' : ` ["${field}"]`}`],
    INVALID_CURSOR_POS: [TypeError, 'Cannot set cursor row without setting its column'],
    INVALID_FD: [RangeError, '"fd" must be a positive integer: %s'],
    INVALID_FD_TYPE: [TypeError, 'Unsupported fd type: %s'],
    INVALID_FILE_URL_HOST: [TypeError, 'File URL host must be "localhost" or empty on %s'],
    INVALID_FILE_URL_PATH: [TypeError, function(reason, input) {
      this.input = input;
      return `File URL path ${reason}`;
    }],
    INVALID_HANDLE_TYPE: [TypeError, 'This handle type cannot be sent'],
    INVALID_HTTP_TOKEN: [TypeError, '%s must be a valid HTTP token ["%s"]'],
    INVALID_IP_ADDRESS: [TypeError, 'Invalid IP address: %s'],
    INVALID_MIME_SYNTAX: [TypeError, (production, text, index) => `The MIME syntax for a ${production} in "${text}" is invalid${index !== -1 ? ` at ${index}` : ''}`],
    INVALID_MODULE_SPECIFIER: [TypeError, (request, reason, base = undefined) => `Invalid module "${request}" ${reason}${base ? ` imported from ${base}` : ''}`],
    INVALID_OBJECT_DEFINE_PROPERTY: [TypeError, '%s'],
    INVALID_PACKAGE_CONFIG: [Error, (path, base, message) => `Invalid package config ${path}${base ? ` while importing ${base}` : ''}${message ? `. ${message}` : '.'}`],
    INVALID_PACKAGE_TARGET: [Error, invalidPackageTarget],
    INVALID_PROTOCOL: [TypeError, 'Protocol "%s" not supported. Expected "%s"'],
    INVALID_REPL_EVAL_CONFIG: [TypeError, 'Cannot specify both "breakEvalOnSigint" and "eval" for REPL'],
    INVALID_REPL_INPUT: [TypeError, '%s'],
    INVALID_RETURN_PROPERTY: [TypeError, (input, name, property, value) => `Expected a valid ${input} to be returned for the "${property}" from the "${name}" hook but got ${determineSpecificType(value)}.`],
    INVALID_RETURN_PROPERTY_VALUE: [TypeError, (input, name, property, value) => `Expected ${input} to be returned for the "${property}" from the "${name}" hook but got ${determineSpecificType(value)}.`],
    INVALID_STATE: [Error, 'Invalid state: %s', TypeError, RangeError],
    INVALID_SYNC_FORK_INPUT: [TypeError, 'Asynchronous forks do not support Buffer, TypedArray, DataView or string input: %s'],
    INVALID_TUPLE: [TypeError, '%s must be an iterable %s tuple'],
    INVALID_TYPESCRIPT_SYNTAX: [SyntaxError, '%s'],
    INVALID_URI: [URIError, 'URI malformed'],
    INVALID_URL: [TypeError, function(input, base = undefined) {
      this.input = input;
      if (base != null) this.base = base;
      return 'Invalid URL';
    }],
    INVALID_URL_SCHEME: [TypeError, (expected) => `The URL must be ${typeof expected === 'string' ? 'of' : 'one of'} scheme ${formatList(typeof expected === 'string' ? [expected] : expected, 'or')}`],
  }),
  SOCKET: () => ({
    SOCKET_ALREADY_BOUND: [Error, 'Socket is already bound'],
    SOCKET_BAD_BUFFER_SIZE: [TypeError, 'Buffer size must be a positive integer'],
    SOCKET_BAD_TYPE: [TypeError, 'Bad socket type specified. Valid types are: udp4, udp6'],
    SOCKET_BUFFER_SIZE: [SystemError, 'Could not get or set buffer size'],
    SOCKET_CLOSED: [Error, 'Socket is closed'],
    SOCKET_CLOSED_BEFORE_CONNECTION: [Error, 'Socket closed before the connection was established'],
    SOCKET_CONNECTION_TIMEOUT: [Error, 'Socket connection timeout'],
    SOCKET_DGRAM_IS_CONNECTED: [Error, 'Already connected'],
    SOCKET_DGRAM_NOT_CONNECTED: [Error, 'Not connected'],
    SOCKET_DGRAM_NOT_RUNNING: [Error, 'Not running'],
    SOCKET_HANDLE_ADOPTED: [Error, 'The bound socket has already been adopted by a server or socket'],
  }),
  STREAM: () => ({
    STREAM_ALREADY_FINISHED: [Error, 'Cannot call %s after a stream was finished'],
    STREAM_CANNOT_PIPE: [Error, 'Cannot pipe, not readable'],
    STREAM_DESTROYED: [Error, 'Cannot call %s after a stream was destroyed'],
    STREAM_ITER_MISSING_FLAG: [TypeError, 'The stream/iter API requires the --experimental-stream-iter flag'],
    STREAM_NULL_VALUES: [TypeError, 'May not write null values to stream'],
    STREAM_PREMATURE_CLOSE: [Error, 'Premature close'],
    STREAM_PUSH_AFTER_EOF: [Error, 'stream.push() after EOF'],
    STREAM_UNABLE_TO_PIPE: [Error, 'Cannot pipe to a closed or destroyed stream'],
    STREAM_UNSHIFT_AFTER_END_EVENT: [Error, 'stream.unshift() after end event'],
    STREAM_WRAP: [Error, 'Stream has StringDecoder set or is in objectMode'],
    STREAM_WRITE_AFTER_END: [Error, 'write after end', TypeError],
  }),
  TLS: () => ({
    TLS_ALPN_CALLBACK_INVALID_RESULT: [TypeError, (value, protocols) => `ALPN callback returned a value (${value}) that did not match any of the client's offered protocols (${protocols.join(', ')})`],
    TLS_ALPN_CALLBACK_WITH_PROTOCOLS: [TypeError, 'The ALPNCallback and ALPNProtocols TLS options are mutually exclusive'],
    TLS_CERT_ALTNAME_FORMAT: [SyntaxError, 'Invalid subject alternative name string'],
    TLS_CERT_ALTNAME_INVALID: [Error, function(reason, host, cert) {
      return withProperties(this, { reason, host, cert }, `Hostname/IP does not match certificate's altnames: ${reason}`);
    }],
    TLS_DH_PARAM_SIZE: [Error, 'DH parameter size %s is less than 2048'],
    TLS_HANDSHAKE_TIMEOUT: [Error, 'TLS handshake timeout'],
    TLS_INVALID_CONTEXT: [TypeError, '%s must be a SecureContext'],
    TLS_INVALID_PROTOCOL_METHOD: [TypeError, '%s'],
    TLS_INVALID_PROTOCOL_VERSION: [TypeError, '"%s" is not a valid %s TLS protocol version'],
    TLS_INVALID_STATE: [Error, 'TLS socket connection must be securely established'],
    TLS_PROTOCOL_VERSION_CONFLICT: [TypeError, 'TLS protocol version "%s" conflicts with secureProtocol "%s"'],
    TLS_RENEGOTIATION_DISABLED: [Error, 'TLS session renegotiation disabled for this socket'],
    TLS_RENEGOTIATION_UNSUPPORTED: [Error, 'TLS session renegotiation is unsupported by this TLS implementation'],
    TLS_REQUIRED_SERVER_NAME: [Error, '"servername" is required parameter for Server.addContext'],
    TLS_SESSION_ATTACK: [Error, 'TLS session renegotiation attack detected'],
    TLS_SNI_FROM_SERVER: [Error, 'Cannot issue SNI from a TLS server-side socket'],
  }),
  WORKER: () => ({
    WORKER_HANDLE_NOT_TRANSFERABLE: [Error, '%s cannot be transferred in its current state; it must be a freshly created or accepted handle that has not started reading and has no pending writes'],
    WORKER_INIT_FAILED: [Error, 'Worker initialization failure: %s'],
    WORKER_INVALID_EXEC_ARGV: [Error, (errors, message = 'invalid execArgv flags') => `Initiated Worker with ${message}: ${[...errors].join(', ')}`],
    WORKER_MESSAGING_ERRORED: [Error, 'The destination thread threw an error while processing the message'],
    WORKER_MESSAGING_FAILED: [Error, 'Cannot find the destination thread or listener'],
    WORKER_MESSAGING_SAME_THREAD: [Error, 'Cannot sent a message to the same thread'],
    WORKER_MESSAGING_TIMEOUT: [Error, 'Sending a message to another thread timed out'],
    WORKER_NOT_RUNNING: [Error, 'Worker instance not running'],
    WORKER_OUT_OF_MEMORY: [Error, 'Worker terminated due to reaching memory limit: %s'],
    WORKER_PATH: [TypeError, (filename) => {
      let hint = '';
      if (filename.startsWith('file://')) hint = ' Wrap file:// URLs with `new URL`.';
      else if (filename.startsWith('data:text/javascript')) hint = ' Wrap data: URLs with `new URL`.';
      return 'The worker script or module filename must be an absolute path or a relative path starting with \'./\' or ' +
        `'../'.${hint} Received "${filename}"`;
    }],
    WORKER_UNSERIALIZABLE_ERROR: [Error, 'Serializing an uncaught exception failed'],
    WORKER_UNSUPPORTED_OPERATION: [TypeError, '%s is not supported in workers'],
  }),
  rest: () => ({
    ACCESS_DENIED: [Error, function(message, permission = '', resource = '') { return withProperties(this, { permission, resource }, message); }],
    AMBIGUOUS_ARGUMENT: [TypeError, 'The "%s" argument is ambiguous. %s'],
    ARG_NOT_ITERABLE: [TypeError, '%s must be iterable'],
    ASSERTION: [Error, '%s'],
    ASYNC_CALLBACK: [TypeError, '%s must be a function'],
    ASYNC_LOADER_REQUEST_NEVER_SETTLED: [Error, 'Async loader request never settled'],
    ASYNC_TYPE: [TypeError, 'Invalid name for async "type": %s'],
    BROTLI_INVALID_PARAM: [RangeError, '%s is not a valid Brotli parameter'],
    BUFFER_OUT_OF_BOUNDS: [RangeError, (name = undefined) => (name ? `"${name}" is outside of buffer bounds` : 'Attempt to access memory outside buffer bounds')],
    BUFFER_TOO_LARGE: [RangeError, 'Cannot create a Buffer larger than %s bytes'],
    CANNOT_WATCH_SIGINT: [Error, 'Cannot watch for SIGINT signals'],
    CHILD_CLOSED_BEFORE_REPLY: [Error, 'Child closed before reply received'],
    CHILD_PROCESS_IPC_REQUIRED: [Error, "Forked processes must have an IPC channel, missing value 'ipc' in %s"],
    CHILD_PROCESS_STDIO_MAXBUFFER: [RangeError, '%s maxBuffer length exceeded'],
    CONSTRUCT_CALL_REQUIRED: [TypeError, 'Class constructor %s cannot be invoked without `new`'],
    CONTEXT_NOT_INITIALIZED: [Error, 'context used is not initialized'],
    DEBUGGER_ERROR: [Error, '%s'],
    DEBUGGER_STARTUP_ERROR: [Error, function(message, details = {}) { return withProperties(this, details, message); }],
    DIR_CLOSED: [Error, 'Directory handle was closed'],
    DIR_CONCURRENT_OPERATION: [Error, 'Cannot do synchronous work on directory handle with concurrent asynchronous operations'],
    DNS_SET_SERVERS_FAILED: [Error, 'c-ares failed to set servers: "%s" [%s]'],
    DOMAIN_CALLBACK_NOT_AVAILABLE: [Error, 'A callback was registered through process.setUncaughtExceptionCaptureCallback(), which is mutually exclusive with using the `domain` module'],
    DOMAIN_CANNOT_SET_UNCAUGHT_EXCEPTION_CAPTURE: [Error, 'The `domain` module is in use, which is mutually exclusive with calling process.setUncaughtExceptionCaptureCallback()'],
    DUPLICATE_STARTUP_SNAPSHOT_MAIN_FUNCTION: [Error, 'Deserialize main function is already configured.'],
    ENCODING_INVALID_ENCODED_DATA: [TypeError, function(encoding, errno) {
      this.errno = errno;
      return `The encoded data was not valid for encoding ${encoding}`;
    }],
    ENCODING_NOT_SUPPORTED: [RangeError, 'The "%s" encoding is not supported'],
    EVAL_ESM_CANNOT_PRINT: [Error, '--print cannot be used with ESM input'],
    EVENT_RECURSION: [Error, 'The event "%s" is already being dispatched'],
    FALSY_VALUE_REJECTION: [Error, function(reason) {
      this.reason = reason;
      return 'Promise was rejected with falsy value';
    }],
    FEATURE_UNAVAILABLE_ON_PLATFORM: [TypeError, 'The feature %s is unavailable on the current platform, which is being used to run Node.js'],
    FFI_LIBRARY_CLOSED: [Error, 'Library is closed'],
    ILLEGAL_CONSTRUCTOR: [TypeError, 'Illegal constructor'],
    IMPORT_ATTRIBUTE_MISSING: [TypeError, 'Module "%s" needs an import attribute of "%s: %s"'],
    IMPORT_ATTRIBUTE_TYPE_INCOMPATIBLE: [TypeError, 'Module "%s" is not of type "%s"'],
    IMPORT_ATTRIBUTE_UNSUPPORTED: [TypeError, (key, value, url = undefined) => `Import attribute "${key}" with value "${value}" is not supported${url === undefined ? '' : ` in ${url}`}`],
    INPUT_TYPE_NOT_ALLOWED: [Error, '--input-type can only be used with string input via --eval, --print, or STDIN'],
    INSPECTOR_ALREADY_ACTIVATED: [Error, 'Inspector is already activated. Close it with inspector.close() before activating it again.'],
    INSPECTOR_ALREADY_CONNECTED: [Error, '%s is already connected'],
    INSPECTOR_CLOSED: [Error, 'Session was closed'],
    INSPECTOR_COMMAND: [Error, 'Inspector error %d: %s'],
    INSPECTOR_NOT_ACTIVE: [Error, 'Inspector is not active'],
    INSPECTOR_NOT_AVAILABLE: [Error, 'Inspector is not available'],
    INSPECTOR_NOT_CONNECTED: [Error, 'Session is not connected'],
    INSPECTOR_NOT_WORKER: [Error, 'Current thread is not a worker'],
    INTERNAL_ASSERTION: [Error, (message) => `${message === undefined ? '' : `${message}\n`}${internalBugHint}`],
    IPC_CHANNEL_CLOSED: [Error, 'Channel closed'],
    IPC_DISCONNECTED: [Error, 'IPC channel is already disconnected'],
    IPC_ONE_PIPE: [Error, 'Child process can have only one IPC pipe'],
    IPC_SYNC_FORK: [Error, 'IPC cannot be used with synchronous forks'],
    IP_BLOCKED: [Error, 'IP(%s) is blocked by net.BlockList'],
    LOADER_CHAIN_INCOMPLETE: [Error, '"%s" did not call the next hook in its chain and did not explicitly signal a short circuit. If this is intentional, include `shortCircuit: true` in the hook\'s return.'],
    MISSING_OPTION: [TypeError, '%s is required'],
    MODULE_LINK_MISMATCH: [TypeError, '%s'],
    MODULE_NOT_FOUND: [Error, function(path, base, exactUrl) {
      if (exactUrl) this.url = `${exactUrl}`;
      return `Cannot find ${exactUrl ? 'module' : 'package'} '${path}' imported from ${base}`;
    }],
    NAPI_CONS_FUNCTION: [TypeError, 'Constructor must be a function'],
    NAPI_INVALID_DATAVIEW_ARGS: [RangeError, 'byte_offset + byte_length should be less than or equal to the size in bytes of the array passed in'],
    NAPI_INVALID_TYPEDARRAY_ALIGNMENT: [RangeError, 'start offset of %s should be a multiple of %s'],
    NAPI_INVALID_TYPEDARRAY_LENGTH: [RangeError, 'Invalid typed array length'],
    NOT_BUILDING_SNAPSHOT: [Error, 'Operation cannot be invoked when not building startup snapshot'],
    NOT_IN_SINGLE_EXECUTABLE_APPLICATION: [Error, 'Operation cannot be invoked when not in a single-executable application'],
    NOT_SUPPORTED_IN_SNAPSHOT: [Error, '%s is not supported in startup snapshot'],
    NO_ICU: [TypeError, '%s is not supported on Node.js compiled without ICU'],
    NO_TEMPORAL: [Error, 'Temporal is not supported in this environment'],
    OPERATION_FAILED: [Error, 'Operation failed: %s', TypeError],
    PACKAGE_IMPORT_NOT_DEFINED: [TypeError, (specifier, packagePath, base) => `Package import specifier "${specifier}" is not defined${packagePath ? ` in package ${packagePath}package.json` : ''} imported from ${base}`],
    PACKAGE_MAP_EXTERNAL_FILE: [Error, 'Cannot resolve "%s" from "%s": file is not within any package defined in %s'],
    PACKAGE_MAP_INVALID: [SyntaxError, 'Invalid package-map.json at "%s": %s'],
    PACKAGE_MAP_KEY_NOT_FOUND: [Error, 'Package key "%s" referenced in dependencies but not defined in %s'],
    PACKAGE_PATH_NOT_EXPORTED: [Error, (packagePath, subpath, base = undefined) => `${subpath === '.' ? 'No "exports" main defined' : `Package subpath '${subpath}' is not defined by "exports"`} in ${packagePath}package.json${base ? ` imported from ${base}` : ''}`],
    PARSE_ARGS_INVALID_OPTION_VALUE: [TypeError, '%s'],
    PARSE_ARGS_UNEXPECTED_POSITIONAL: [TypeError, "Unexpected argument '%s'. This command does not take positional arguments"],
    PARSE_ARGS_UNKNOWN_OPTION: [TypeError, (option, allowPositionals) => `Unknown option '${option}'${allowPositionals ? `. To specify a positional argument starting with a '-', place it at the end of the command after '--', as in '-- ${JSON.stringify(option)}` : ''}`],
    PERFORMANCE_INVALID_TIMESTAMP: [TypeError, '%d is not a valid timestamp'],
    PERFORMANCE_MEASURE_INVALID_OPTIONS: [TypeError, '%s'],
    PROXY_INVALID_CONFIG: [Error, '%s'],
    PROXY_TUNNEL: [Error, '%s'],
    QUIC_CONNECTION_FAILED: [Error, 'QUIC connection failed'],
    QUIC_ENDPOINT_CLOSED: [Error, 'QUIC endpoint closed: %s (%d)'],
    QUIC_OPEN_STREAM_FAILED: [Error, 'Failed to open QUIC stream'],
    QUIC_STREAM_ABORTED: [Error, '%s'],
    QUIC_VERSION_NEGOTIATION_ERROR: [Error, 'The QUIC session requires version negotiation'],
    REQUIRE_ASYNC_MODULE: [Error, requireAsyncModule],
    REQUIRE_CYCLE_MODULE: [Error, '%s'],
    REQUIRE_ESM: [Error, requireEsm],
    REQUIRE_ESM_RACE_CONDITION: [Error, requireEsmRace],
    SCRIPT_EXECUTION_INTERRUPTED: [Error, 'Script execution was interrupted by `SIGINT`'],
    SERVER_ALREADY_LISTEN: [Error, 'Listen method has been called more than once without closing.'],
    SERVER_NOT_RUNNING: [Error, 'Server is not running.'],
    SINGLE_EXECUTABLE_APPLICATION_ASSET_NOT_FOUND: [Error, 'Cannot find asset %s for the single executable application'],
    SOURCE_MAP_CORRUPT: [Error, "The source map for '%s' does not exist or is corrupt."],
    SOURCE_MAP_MISSING_SOURCE: [Error, "Cannot find '%s' imported from the source map for '%s'"],
    SRI_PARSE: [SyntaxError, 'Subresource Integrity string "%s" had an unexpected "%s" at position %d'],
    SYNTHETIC: [Error, 'JavaScript Callstack'],
    SYSTEM_ERROR: [SystemError, 'A system error occurred'],
    TEST_FAILURE: [Error, function(error, failureType) {
      this.failureType = failureType;
      this.cause = error;
      let message = typeof error === 'string' ? error : error?.message;
      if (typeof message !== 'string') message = inspect(error);
      return message;
    }],
    THROTTLED: [Error, 'The call was dropped by the throttled function'],
    THROTTLED: [Error, 'The call was dropped by the throttled function'],
    TRACE_EVENTS_CATEGORY_REQUIRED: [TypeError, 'At least one category is required'],
    TRACE_EVENTS_UNAVAILABLE: [Error, 'Trace events are unavailable'],
    TRAILING_JUNK_AFTER_STREAM_END: [TypeError, 'Trailing junk found after the end of the compressed stream'],
    TTY_INIT_FAILED: [SystemError, 'TTY initialization failed'],
    UNAVAILABLE_DURING_EXIT: [Error, 'Cannot call function in process exit handler'],
    UNCAUGHT_EXCEPTION_CAPTURE_ALREADY_SET: [Error, '`process.setupUncaughtExceptionCapture()` was called while a capture callback was already active'],
    UNESCAPED_CHARACTERS: [TypeError, '%s contains unescaped characters'],
    UNKNOWN_BUILTIN_MODULE: [Error, 'No such built-in module: %s'],
    UNKNOWN_CREDENTIAL: [Error, '%s identifier does not exist: %s'],
    UNKNOWN_FILE_EXTENSION: [TypeError, 'Unknown file extension "%s" for %s'],
    UNKNOWN_MODULE_FORMAT: [RangeError, 'Unknown module format: %s for URL %s'],
    UNSUPPORTED_DIR_IMPORT: [Error, function(path, base, exactUrl) {
      this.url = exactUrl;
      return `Directory import '${path}' is not supported resolving ES modules imported from ${base}`;
    }],
    UNSUPPORTED_ESM_URL_SCHEME: [Error, (url, supported) => `Only URLs with a scheme in: ${formatList(supported)} are supported by the default ESM loader. ${process.platform === 'win32' && url.protocol.length === 2 ? 'On Windows, absolute paths must be valid file:// URLs. ' : ''}Received protocol '${url.protocol}'`],
    UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING: [Error, 'Stripping types is currently unsupported for files under node_modules, for "%s"'],
    UNSUPPORTED_RESOLVE_REQUEST: [TypeError, 'Failed to resolve module specifier "%s" from "%s": Invalid relative URL or base scheme is not hierarchical.'],
    UNSUPPORTED_TYPESCRIPT_SYNTAX: [SyntaxError, '%s'],
    USE_AFTER_CLOSE: [Error, '%s was closed'],
    VALID_PERFORMANCE_ENTRY_TYPE: [Error, 'At least one valid performance entry type is required'],
    VFS_INVALID_TARGET: [Error, '%s is not a valid --vfs-load source: must be an existing file or directory'],
    VM_DYNAMIC_IMPORT_CALLBACK_MISSING: [TypeError, 'A dynamic import callback was not specified.'],
    VM_DYNAMIC_IMPORT_CALLBACK_MISSING_FLAG: [TypeError, 'A dynamic import callback was invoked without --experimental-vm-modules'],
    VM_MODULE_ALREADY_LINKED: [Error, 'Module has already been linked'],
    VM_MODULE_CANNOT_CREATE_CACHED_DATA: [Error, 'Cached data cannot be created for a module which has been evaluated'],
    VM_MODULE_DIFFERENT_CONTEXT: [Error, 'Linked modules must use the same context'],
    VM_MODULE_LINK_FAILURE: [Error, function(message, cause) {
      this.cause = cause;
      return message;
    }],
    VM_MODULE_NOT_MODULE: [Error, 'Provided module is not an instance of Module'],
    VM_MODULE_STATUS: [Error, 'Module status %s'],
    WASI_ALREADY_STARTED: [Error, 'WASI instance has already started'],
    WASI_NOT_STARTED: [Error, 'wasi.start() has not been called'],
    WEBASSEMBLY_NOT_SUPPORTED: [Error, 'WebAssembly is not supported in this environment, but is required for %s'],
    WEBASSEMBLY_RESPONSE: [TypeError, 'WebAssembly response %s'],
    ZIP_ARCHIVE_TOO_LARGE: [RangeError, 'ZIP archive structure exceeds the allowed size: %s'],
    ZIP_ENTRY_CORRUPT: [Error, 'ZIP entry is corrupt: %s'],
    ZIP_ENTRY_NOT_FOUND: [Error, 'no such entry "%s" in the archive'],
    ZIP_ENTRY_TOO_LARGE: [RangeError, 'ZIP entry exceeds the allowed size: %s'],
    ZIP_INVALID_ARCHIVE: [Error, 'invalid ZIP archive: %s'],
    ZIP_NOT_WRITABLE: [TypeError, 'this archive was not opened for writing'],
    ZIP_UNSUPPORTED_FEATURE: [Error, 'unsupported ZIP feature: %s'],
    ZLIB_INITIALIZATION_FAILED: [Error, 'Initialization failed'],
    ZSTD_INVALID_PARAM: [RangeError, '%s is not a valid zstd parameter'],
  }),
};

const formatSpecifier = /%[sdijoO%]/g;

/** Fills %s and %d of a format with the arguments, each of which must be used. */
function fillFormat(key, format, args) {
  let used = 0;
  const text = format.replace(formatSpecifier, (specifier) => {
    if (specifier === '%%') return '%';
    const value = args[used++];
    if (used > args.length) return specifier;
    if (specifier === '%d') return typeof value === 'bigint' ? `${value}n` : `${Number(value)}`;
    return typeof value === 'object' || typeof value === 'function' ?
      inspectLib().format(specifier, value) : String(value);
  });
  assertInternal(
    used === args.length,
    `Code: ${key}; The provided arguments length (${args.length}) does not match the required ones (${used}).`);
  return text;
}

function computeMessage(key, message, args, target) {
  if (typeof message === 'function') {
    assertInternal(
      message.length <= args.length,
      `Code: ${key}; The provided arguments length (${args.length}) does not match the required ones (${message.length}).`);
    return message.apply(target, args);
  }
  return args.length === 0 ? message : fillFormat(key, message, args);
}

/** Moves a section to the table; a code added before stays as it is. */
function loadSection(word) {
  const section = sections[word];
  if (section === undefined) return;
  sections[word] = undefined;
  const rows = section();
  for (const name of Object.keys(rows)) table[name] ??= rows[name];
}

function rowOf(key) {
  const name = key.startsWith('ERR_') ? key.slice(4) : key;
  if (table[name] === undefined) {
    const word = name.slice(0, name.indexOf('_'));
    loadSection(word in sections ? word : 'rest');
  }
  return table[name];
}

/** The message of the error `key` for these arguments. */
function getMessage(key, args, self) {
  return computeMessage(key, rowOf(key)[1], args, self);
}

let isMarkerKnown = false;

/** Builds the class of one code over one base class. */
function makeClass(key, Base, message) {
  if (!isMarkerKnown) {
    isMarkerKnown = true;
    internalBinding('errors').setCodedErrorMarker(kIsNodeError);
  }
  if (Base === SystemError) {
    const SystemErrorForCode = class extends SystemError {
      constructor(context) {
        super(key, message, context);
      }
    };
    Object.defineProperty(SystemErrorForCode, 'name', { value: 'SystemError' });
    SystemErrorForCode.prototype[kIsNodeError] = true;
    SystemErrorForCode.HideStackFramesError = SystemErrorForCode;
    return SystemErrorForCode;
  }
  let hiddenClass;
  class NodeError extends Base {
    constructor(...args) {
      const properties = {};
      if (typeof message === 'string' && args.length === 0 && message.includes('%')) fillFormat(key, message, args);
      super(computeMessage(key, message, args, properties));
      this.code = key;
      for (const name of Object.keys(properties)) this[name] = properties[name];
    }

    // Programs see the plain class: error.constructor === TypeError.
    get ['constructor']() {
      return Base;
    }

    toString() {
      return `${this.name} [${key}]: ${this.message}`;
    }

    static get HideStackFramesError() {
      return hiddenClass ??= makeHiddenClass(NodeError, Base);
    }
  }
  NodeError.prototype[kIsNodeError] = true;
  return NodeError;
}

/** The class for functions wrapped by hideStackFrames(), which capture the trace again themselves. */
function makeHiddenClass(NodeError, Base) {
  return class HideStackFramesError extends NodeError {
    get ['constructor']() {
      return Base;
    }

    constructor(...args) {
      if (!isErrorStackTraceLimitWritable()) {
        super(...args);
        return;
      }
      const limit = Error.stackTraceLimit;
      Error.stackTraceLimit = 0;
      try {
        super(...args);
      } finally {
        Error.stackTraceLimit = limit;
      }
    }
  };
}

function materialise(key, [Base, message, ...otherBases]) {
  const Class = makeClass(key, Base, message);
  for (const Other of otherBases) Class[Other.name] = makeClass(key, Other, message);
  return Class;
}

/** Adds a code to the table. */
function E(key, message, Base, ...otherBases) {
  table[key.startsWith('ERR_') ? key.slice(4) : key] = [Base, message, ...otherBases];
  Reflect.deleteProperty(codes, key);
}

// A class comes into being when its code is first asked for: start-up needs a dozen of the three hundred.
const codes = new Proxy({}, {
  get(target, key) {
    const known = target[key];
    if (known !== undefined || typeof key !== 'string') return known;
    const row = rowOf(key);
    return row === undefined ? undefined : (target[key] = materialise(key, row));
  },
  has(target, key) {
    return key in target || (typeof key === 'string' && rowOf(key) !== undefined);
  },
  ownKeys() {
    Object.keys(sections).forEach(loadSection);
    return Object.keys(table).sort().map((key) => `ERR_${key}`);
  },
  getOwnPropertyDescriptor(target, key) {
    const value = this.get(target, key);
    return value && { value, writable: true, enumerable: true, configurable: true };
  },
});

// ---- Hiding frames --------------------------------------------------------------------------------------------------

/** Wraps `fn` so that errors it throws seem to come from the caller of the wrapper. */
function hideStackFrames(fn) {
  function hidden(...args) {
    try {
      return Reflect.apply(fn, this, args);
    } catch (error) {
      if (Error.stackTraceLimit && error !== null && typeof error === 'object') captureStackTrace(error, hidden);
      throw error;
    }
  }
  hidden.withoutStackTrace = fn;
  return hidden;
}

/** Drops the frames of built-in modules from a formatted stack. */
function hideInternalStackFrames(error) {
  overrideStackTrace.set(error, (_, trace) => {
    let hideFrom = 0;
    for (let i = trace.length - 1; i >= 0; i--) {
      const file = trace[i].getFileName();
      if (file === null || file === undefined || !file.startsWith('node:')) {
        hideFrom = i + 1;
        break;
      }
    }
    return trace.slice(0, hideFrom || trace.length);
  });
}

// ---- Stack formatting ------------------------------------------------------------------------------------------------

// Errors whose frames are to be formatted once by a function of our own instead of the program's.
const overrideStackTrace = new WeakMap();
let internalPrepareStackTrace = defaultPrepareStackTrace;

function errorHeader(error) {
  if (error !== null && typeof error === 'object' && kIsNodeError in error) {
    return `${error.name} [${error.code}]: ${error.message}`;
  }
  try {
    return Error.prototype.toString.call(error);
  } catch {
    return '<error>';
  }
}

/** V8's stack text: the header, then one "    at" line a call site. */
function defaultPrepareStackTrace(globalThis, error, trace) {
  const header = errorHeader(error);
  return trace.length === 0 ? header : `${header}\n    at ${trace.join('\n    at ')}`;
}

function setInternalPrepareStackTrace(callback) {
  internalPrepareStackTrace = callback;
}

/** Formats the stack of `error`: called by the engine when `stack` is first read. */
function prepareStackTraceCallback(globalThis, error, trace) {
  if (overrideStackTrace.has(error)) {
    const format = overrideStackTrace.get(error);
    overrideStackTrace.delete(error);
    return format(error, trace);
  }
  const userPrepare = globalThis.Error?.prepareStackTrace;
  if (typeof userPrepare === 'function' && userPrepare !== ErrorPrepareStackTrace) {
    return Reflect.apply(userPrepare, globalThis.Error, [error, trace]);
  }
  return internalPrepareStackTrace(globalThis, error, trace);
}

/** The initial value of Error.prepareStackTrace. */
function ErrorPrepareStackTrace(error, trace) {
  return defaultPrepareStackTrace(globalThis, error, trace);
}

/** Takes the stack again with an unlimited number of frames. */
function captureLargerStackTrace(error) {
  if (!isErrorStackTraceLimitWritable()) {
    captureStackTrace(error);
    return error;
  }
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = Infinity;
  captureStackTrace(error);
  Error.stackTraceLimit = limit;
  return error;
}

function setArrowMessage(error, arrowMessage) {
  const { privateSymbols: { arrow_message_private_symbol: arrow } } = internalBinding('util');
  error[arrow] = arrowMessage;
}

let maxStackErrorName;
let maxStackErrorMessage;
/** True for the RangeError of a stack overflow. */
function isStackOverflowError(error) {
  if (maxStackErrorMessage === undefined) {
    try {
      (function overflow() { overflow(); })();
    } catch (e) {
      maxStackErrorMessage = e.message;
      maxStackErrorName = e.name;
    }
  }
  return error && error.name === maxStackErrorName && error.message === maxStackErrorMessage;
}

// What the fatal exception printer does to an error before and after a debugger has seen it.
const fatalExceptionStackEnhancers = {
  beforeInspector(error) {
    if (!error || typeof error[kEnhanceStackBeforeInspector] !== 'function') return error?.stack;
    try {
      return error[kEnhanceStackBeforeInspector]();
    } catch {
      return error.stack;
    }
  },
  afterInspector(error) {
    const original = error.stack;
    let useColors = true;
    if (internalBinding('util').guessHandleType?.(2) !== 'TTY' && process.env.FORCE_COLOR === undefined) useColors = false;
    try {
      return inspect(error, {
        colors: useColors && require('internal/util/colors').shouldColorize(process.stderr),
        customInspect: false,
        depth: Math.max(inspectLib().inspect.defaultOptions.depth, 5),
      });
    } catch {
      return original;
    }
  },
};

/** Inspects a thrown value, giving up custom inspection when that throws too. */
function inspectWithNoCustomRetry(value, options) {
  try {
    return inspect(value, options);
  } catch {
    return inspect(value, { ...options, customInspect: false });
  }
}

// ---- Failed system calls -------------------------------------------------------------------------------------------

let errorMap;
function uvErrmapGet(errno) {
  errorMap ??= internalBinding('uv').getErrorMap();
  return errorMap.get(errno);
}

function uvName(errno) {
  const entry = uvErrmapGet(errno);
  return entry ? entry[0] : `Unknown system error ${errno}`;
}

/** Builds an Error whose own properties come in the order Node gives them. */
function systemFailure(message, properties) {
  const error = withoutStack(() => new Error(message));
  for (const key of Object.keys(properties)) error[key] = properties[key];
  return error;
}

/** The error of a failed uv call described by a context object. */
function UVException(ctx) {
  const { 0: code, 1: uvMessage } = uvErrmapGet(ctx.errno) ?? ['UNKNOWN', 'unknown error'];
  let message = `${code}: ${ctx.message || uvMessage}, ${ctx.syscall}`;
  const path = ctx.path ? ctx.path.toString() : undefined;
  const dest = ctx.dest ? ctx.dest.toString() : undefined;
  if (path) message += ` '${path}'`;
  if (dest) message += ` -> '${dest}'`;
  const error = withoutStack(() => new Error(message));
  for (const property of Object.keys(ctx)) {
    if (property !== 'message' && property !== 'path' && property !== 'dest') error[property] = ctx[property];
  }
  error.code = code;
  if (path) error.path = path;
  if (dest) error.dest = dest;
  captureStackTrace(error, UVException);
  return error;
}

/** The error of a failed call on a socket, with the peer's address. */
function UVExceptionWithHostPort(err, syscall, address, port) {
  if (typeof err === 'object') return withProperties(err, { syscall, address }, err);
  const { 0: code, 1: uvMessage } = uvErrmapGet(err) ?? ['UNKNOWN', 'unknown error'];
  let message = `${syscall} ${code}: ${uvMessage}`;
  if (port && port > 0) message += ` ${address}:${port}`;
  else if (address) message += ` ${address}`;
  const error = systemFailure(message, { code, errno: err, syscall, address });
  if (port) error.port = port;
  captureStackTrace(error, UVExceptionWithHostPort);
  return error;
}

/** `util._exceptionWithHostPort`: like UVExceptionWithHostPort without the system's words. */
function ExceptionWithHostPort(err, syscall, address, port, additional) {
  if (typeof err === 'object') return withProperties(err, { syscall, address }, err);
  const code = uvName(err);
  let details = '';
  if (port && port > 0) details = ` ${address}:${port}`;
  else if (address) details = ` ${address}`;
  if (additional) details += ` - Local (${additional})`;
  const error = systemFailure(`${syscall} ${code}${details}`, { errno: err, code, syscall, address });
  if (port) error.port = port;
  captureStackTrace(error, ExceptionWithHostPort);
  return error;
}

/** `util._errnoException`. */
function ErrnoException(err, syscall, original) {
  const code = require('internal/util').getSystemErrorName(err);
  const error = systemFailure(original ? `${syscall} ${code} ${original}` : `${syscall} ${code}`, { errno: err, code, syscall });
  captureStackTrace(error, ErrnoException);
  return error;
}

/** The error of a failed name lookup. */
function DNSException(err, syscall, hostname) {
  if (typeof err === 'object') return withProperties(err, { syscall, hostname }, err);
  let code = err;
  let errno;
  if (typeof err === 'number') {
    errno = err;
    const { UV_EAI_NODATA, UV_EAI_NONAME } = internalBinding('uv');
    code = err === UV_EAI_NODATA || err === UV_EAI_NONAME ? 'ENOTFOUND' : uvName(err);
  }
  const error = systemFailure(`${syscall} ${code}${hostname ? ` ${hostname}` : ''}`, { errno, code, syscall });
  if (hostname) error.hostname = hostname;
  captureStackTrace(error, DNSException);
  return error;
}

/** The peer closed the connection before the answer was complete. */
class ConnResetException extends Error {
  constructor(message) {
    super(message);
    this.code = 'ECONNRESET';
  }

  get ['constructor']() {
    return Error;
  }
}

// ---- Other errors -----------------------------------------------------------------------------------------------------

/** What an operation rejects with when its AbortSignal fires. */
class AbortError extends Error {
  constructor(message = 'The operation was aborted', options = undefined) {
    if (options !== undefined && typeof options !== 'object') {
      throw new codes.ERR_INVALID_ARG_TYPE('options', 'Object', options);
    }
    super(message, options);
    this.code = 'ABORT_ERR';
    this.name = 'AbortError';
  }
}

class NodeAggregateError extends AggregateError {
  constructor(errors, message) {
    super(errors, message);
    this.code = errors[0]?.code;
  }

  get [kIsNodeError]() {
    return true;
  }

  get ['constructor']() {
    return AggregateError;
  }
}

/** Joins an error with one that happened while handling it. */
function aggregateTwoErrors(innerError, outerError) {
  if (!innerError || !outerError || innerError === outerError) return innerError || outerError;
  if (Array.isArray(outerError.errors)) {
    outerError.errors.push(innerError);
    return outerError;
  }
  const error = withoutStack(() => new AggregateError([outerError, innerError], outerError.message));
  captureStackTrace(error, aggregateTwoErrors);
  error.code = outerError.code;
  return error;
}

/** An Error with extra properties. */
function genericNodeError(message, errorProperties) {
  const error = new Error(message);
  Object.assign(error, errorProperties);
  return error;
}

module.exports = {
  AbortError,
  aggregateTwoErrors,
  NodeAggregateError,
  codes,
  ConnResetException,
  DNSException,
  determineSpecificType,
  E,
  ErrnoException,
  ExceptionWithHostPort,
  fatalExceptionStackEnhancers,
  formatList,
  genericNodeError,
  getMessage,
  captureLargerStackTrace,
  hideInternalStackFrames,
  hideStackFrames,
  inspectWithNoCustomRetry,
  isErrorStackTraceLimitWritable,
  isStackOverflowError,
  kEnhanceStackBeforeInspector,
  kIsNodeError,
  defaultPrepareStackTrace,
  setInternalPrepareStackTrace,
  overrideStackTrace,
  prepareStackTraceCallback,
  ErrorPrepareStackTrace,
  setArrowMessage,
  SystemError,
  uvErrmapGet,
  UVException,
  UVExceptionWithHostPort,
};
