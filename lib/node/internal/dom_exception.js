'use strict';

// Binding contract:
//   internalBinding('messaging').DOMException is not needed: the class is here
//   internalBinding('util').privateSymbols.transfer_mode_private_symbol, constants.kCloneable
//   internalBinding('symbols'): messaging_clone_symbol, messaging_deserialize_symbol

const {
  privateSymbols: { transfer_mode_private_symbol: transferMode },
  constants: { kCloneable },
} = internalBinding('util');
const { messaging_clone_symbol, messaging_deserialize_symbol } = internalBinding('symbols');

// WebIDL §4.4, the error names table: [name, constant, legacy code].
const legacyCodes = [
  ['IndexSizeError', 'INDEX_SIZE_ERR', 1],
  ['DOMStringSizeError', 'DOMSTRING_SIZE_ERR', 2],
  ['HierarchyRequestError', 'HIERARCHY_REQUEST_ERR', 3],
  ['WrongDocumentError', 'WRONG_DOCUMENT_ERR', 4],
  ['InvalidCharacterError', 'INVALID_CHARACTER_ERR', 5],
  ['NoDataAllowedError', 'NO_DATA_ALLOWED_ERR', 6],
  ['NoModificationAllowedError', 'NO_MODIFICATION_ALLOWED_ERR', 7],
  ['NotFoundError', 'NOT_FOUND_ERR', 8],
  ['NotSupportedError', 'NOT_SUPPORTED_ERR', 9],
  ['InUseAttributeError', 'INUSE_ATTRIBUTE_ERR', 10],
  ['InvalidStateError', 'INVALID_STATE_ERR', 11],
  ['SyntaxError', 'SYNTAX_ERR', 12],
  ['InvalidModificationError', 'INVALID_MODIFICATION_ERR', 13],
  ['NamespaceError', 'NAMESPACE_ERR', 14],
  ['InvalidAccessError', 'INVALID_ACCESS_ERR', 15],
  ['ValidationError', 'VALIDATION_ERR', 16],
  ['TypeMismatchError', 'TYPE_MISMATCH_ERR', 17],
  ['SecurityError', 'SECURITY_ERR', 18],
  ['NetworkError', 'NETWORK_ERR', 19],
  ['AbortError', 'ABORT_ERR', 20],
  ['URLMismatchError', 'URL_MISMATCH_ERR', 21],
  ['QuotaExceededError', 'QUOTA_EXCEEDED_ERR', 22],
  ['TimeoutError', 'TIMEOUT_ERR', 23],
  ['InvalidNodeTypeError', 'INVALID_NODE_TYPE_ERR', 24],
  ['DataCloneError', 'DATA_CLONE_ERR', 25],
];

const codeByName = new Map(legacyCodes.map(([name, , code]) => [name, code]));

function invalidThis() {
  const { ERR_INVALID_THIS } = require('internal/errors').codes;
  return new ERR_INVALID_THIS('DOMException');
}

// Error objects with a hidden name: subclassing Error keeps the engine's stack.
class DOMException extends Error {
  #name;
  #message;

  constructor(message = '', options = 'Error') {
    const isOptions = options !== null && typeof options === 'object';
    const name = `${(isOptions ? options.name : options) ?? 'Error'}`;
    const text = `${message}`;
    super(text, isOptions && 'cause' in options ? { cause: options.cause } : undefined);
    this.#name = name;
    this.#message = text;
    delete this.message;
    this[transferMode] = kCloneable;
    const { stack } = this;
    if (typeof stack === 'string' && !stack.startsWith(`${name}: `)) {
      const header = text ? `${name}: ${text}` : name;
      const at = stack.indexOf('\n    at ');
      Object.defineProperty(this, 'stack', {
        __proto__: null, configurable: true, writable: true, enumerable: false,
        value: at === -1 ? header : header + stack.slice(at),
      });
    }
  }

  get name() {
    if (!(#name in this)) throw invalidThis();
    return this.#name;
  }

  get message() {
    if (!(#name in this)) throw invalidThis();
    return this.#message;
  }

  get code() {
    if (!(#name in this)) throw invalidThis();
    return codeByName.get(this.#name) ?? 0;
  }

  [messaging_clone_symbol]() {
    return {
      data: { message: this.#message, name: this.#name, stack: this.stack, cause: this.cause },
      deserializeInfo: 'internal/dom_exception:DOMException',
    };
  }

  [messaging_deserialize_symbol](data) {
    this.#message = data.message;
    this.#name = data.name;
    Object.defineProperty(this, 'stack', {
      __proto__: null, configurable: true, writable: true, enumerable: false, value: data.stack,
    });
  }
}

Object.defineProperties(DOMException.prototype, {
  [Symbol.toStringTag]: { __proto__: null, configurable: true, value: 'DOMException' },
  name: { __proto__: null, enumerable: true },
  message: { __proto__: null, enumerable: true },
  code: { __proto__: null, enumerable: true },
});

for (const { 1: constant, 2: value } of legacyCodes) {
  const descriptor = { __proto__: null, enumerable: true, value };
  Object.defineProperty(DOMException, constant, descriptor);
  Object.defineProperty(DOMException.prototype, constant, descriptor);
}

// WebIDL §4.3.1
class QuotaExceededError extends DOMException {
  #quota = null;
  #requested = null;

  constructor(message = '', options = undefined) {
    super(message, 'QuotaExceededError');
    const { quota, requested } = options ?? {};
    if (quota !== undefined) this.#quota = toQuota(quota, 'quota');
    if (requested !== undefined) this.#requested = toQuota(requested, 'requested');
    if (this.#quota !== null && this.#requested !== null && this.#requested < this.#quota) {
      throw new RangeError('options.requested must not be less than options.quota');
    }
  }

  get quota() {
    if (!(#quota in this)) throw invalidThis();
    return this.#quota;
  }

  get requested() {
    if (!(#quota in this)) throw invalidThis();
    return this.#requested;
  }
}
Object.defineProperties(QuotaExceededError.prototype, {
  [Symbol.toStringTag]: { __proto__: null, configurable: true, value: 'QuotaExceededError' },
  quota: { __proto__: null, enumerable: true },
  requested: { __proto__: null, enumerable: true },
});

// WebIDL double
function toQuota(value, name) {
  value = Number(value);
  if (!Number.isFinite(value)) throw new TypeError(`options.${name} must be a finite number`);
  if (value < 0) throw new RangeError(`options.${name} must not be negative`);
  return value;
}

module.exports = { DOMException, QuotaExceededError };
