'use strict';

// Binding contract: none. MIME Sniffing Standard §4.

const { codes: { ERR_INVALID_MIME_SYNTAX } } = require('internal/errors');

const notToken = /[^!#$%&'*+\-.^_`|~A-Za-z0-9]/;
const notQuotedContent = /[^\t\u0020-~\u0080-\u00FF]/;
const endWhitespace = /[\r\n\t ]*$/;
const startWhitespace = /[^\r\n\t ]|$/;

function checkToken(value, production, text = value, offset = 0) {
  const at = value.search(notToken);
  if (value.length === 0 || at !== -1) throw new ERR_INVALID_MIME_SYNTAX(production, text, at === -1 ? -1 : offset + at);
}

/** The parameters of a MIME type, in order, by lower-case name. */
class MIMEParams {
  #data = new Map();

  delete(name) {
    this.#data.delete(name);
  }

  get(name) {
    return this.#data.get(name) ?? null;
  }

  has(name) {
    return this.#data.has(name);
  }

  set(name, value) {
    name = `${name}`;
    value = `${value}`;
    checkToken(name, 'parameter name');
    const at = value.search(notQuotedContent);
    if (at !== -1) throw new ERR_INVALID_MIME_SYNTAX('parameter value', value, at);
    this.#data.set(name, value);
  }

  * entries() {
    yield* this.#data.entries();
  }

  * keys() {
    yield* this.#data.keys();
  }

  * values() {
    yield* this.#data.values();
  }

  toString() {
    return [...this.#data].map(([key, value]) => {
      const plain = value.length !== 0 && !notToken.test(value);
      return `${key}=${plain ? value : `"${value.replace(/["\\]/g, '\\$&')}"`}`;
    }).join(';');
  }

  /** Reads `;name=value;…`, ignoring what is malformed. */
  static parse(params, text) {
    let position = 0;
    while (position < text.length) {
      position += text.slice(position).search(startWhitespace);
      const nameEnd = position + text.slice(position).search(/[;=]|$/);
      const name = text.slice(position, nameEnd).toLowerCase();
      position = nameEnd;
      if (text[position] !== '=') {
        position++;
        continue;
      }
      position++;
      let value;
      if (text[position] === '"') {
        value = '';
        position++;
        while (position < text.length && text[position] !== '"') {
          if (text[position] === '\\' && position + 1 < text.length) position++;
          value += text[position++];
        }
        position += text.slice(position).search(/;|$/);
      } else {
        const end = position + text.slice(position).search(/;|$/);
        value = text.slice(position, end).replace(endWhitespace, '');
        position = end;
        if (value === '') {
          position++;
          continue;
        }
      }
      position++;
      if (name !== '' && !notToken.test(name) && !notQuotedContent.test(value) && !params.#data.has(name)) {
        params.#data.set(name, value);
      }
    }
    return params;
  }
}
MIMEParams.prototype[Symbol.iterator] = MIMEParams.prototype.entries;
MIMEParams.prototype.toJSON = MIMEParams.prototype.toString;
Object.defineProperties(MIMEParams.prototype, {
  [Symbol.iterator]: { __proto__: null, configurable: true, enumerable: false, writable: true },
  toJSON: { __proto__: null, configurable: true, enumerable: false, writable: true },
});
const { parse: parseParams } = MIMEParams;
delete MIMEParams.parse;

/** `util.MIMEType`: type/subtype;parameters. */
class MIMEType {
  #type;
  #subtype;
  #params;

  constructor(string) {
    string = `${string}`;
    const start = string.search(startWhitespace);
    const slash = string.indexOf('/', start);
    const type = string.slice(start, slash === -1 ? undefined : slash);
    const typeAt = type.search(notToken);
    if (slash === -1 || type === '' || typeAt !== -1) {
      throw new ERR_INVALID_MIME_SYNTAX('type', string, typeAt === -1 ? slash : start + typeAt);
    }
    const semicolon = string.indexOf(';', slash);
    const subtype = string.slice(slash + 1, semicolon === -1 ? undefined : semicolon).replace(endWhitespace, '');
    const subtypeAt = subtype.search(notToken);
    if (subtype === '' || subtypeAt !== -1) {
      throw new ERR_INVALID_MIME_SYNTAX('subtype', string, subtypeAt === -1 ? slash : slash + 1 + subtypeAt);
    }
    this.#type = type.toLowerCase();
    this.#subtype = subtype.toLowerCase();
    this.#params = parseParams(new MIMEParams(), semicolon === -1 ? '' : string.slice(semicolon + 1));
  }

  get type() {
    return this.#type;
  }

  set type(value) {
    value = `${value}`;
    checkToken(value, 'type');
    this.#type = value.toLowerCase();
  }

  get subtype() {
    return this.#subtype;
  }

  set subtype(value) {
    value = `${value}`;
    checkToken(value, 'subtype');
    this.#subtype = value.toLowerCase();
  }

  get essence() {
    return `${this.#type}/${this.#subtype}`;
  }

  get params() {
    return this.#params;
  }

  toString() {
    const params = this.#params.toString();
    return `${this.#type}/${this.#subtype}${params ? `;${params}` : ''}`;
  }
}
MIMEType.prototype.toJSON = MIMEType.prototype.toString;
Object.defineProperty(MIMEType.prototype, 'toJSON', { __proto__: null, configurable: true, enumerable: false, writable: true });

module.exports = { MIMEParams, MIMEType };
