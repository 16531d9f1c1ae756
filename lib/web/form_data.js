'use strict';

// FormData (https://xhr.spec.whatwg.org/#interface-formdata) and its multipart form (RFC 7578).

const { customInspectSymbol: kInspect } = require('internal/util');
const { defineInterface } = require('web/stream_util');
const { defineIterable, illegalInvocation, requireArguments, toUSVString } = require('web/webidl');

function isBlob(value) {
  return require('internal/blob').isBlob(value);
}

function isFile(value) {
  return value instanceof require('internal/file').File;
}

/** "Create an entry" */
function makeEntry(name, value, filename) {
  if (isBlob(value)) {
    const { File } = require('internal/file');
    if (!isFile(value)) value = new File([value], filename ?? 'blob', { type: value.type });
    else if (filename !== undefined) value = new File([value], filename, { type: value.type, lastModified: value.lastModified });
  } else {
    value = toUSVString(value);
  }
  return [name, value];
}

function fileArgument(method, value, filename, count) {
  if (!isBlob(value)) {
    if (count >= 3) throw new TypeError(`Failed to execute '${method}' on 'FormData': parameter 2 is not of type 'Blob'`);
    return undefined;
  }
  return count >= 3 && filename !== undefined ? toUSVString(filename) : undefined;
}

class FormData {
  #entries = [];

  constructor(form = undefined) {
    if (form !== undefined) {
      throw new TypeError('FormData constructor: Argument 1 could not be converted to: undefined.');
    }
  }

  static check(object) {
    if (object === null || typeof object !== 'object' || !(#entries in object)) throw illegalInvocation();
  }

  static is(object) {
    return object !== null && typeof object === 'object' && #entries in object;
  }

  static entriesOf(form) {
    return form.#entries;
  }

  append(name, value, filename = undefined) {
    check(this);
    requireArguments(arguments, 2, 'FormData.append');
    name = toUSVString(name);
    filename = fileArgument('append', value, filename, arguments.length);
    this.#entries.push(makeEntry(name, value, filename));
  }

  delete(name) {
    check(this);
    requireArguments(arguments, 1, 'FormData.delete');
    name = toUSVString(name);
    this.#entries = this.#entries.filter((entry) => entry[0] !== name);
  }

  get(name) {
    check(this);
    requireArguments(arguments, 1, 'FormData.get');
    name = toUSVString(name);
    return this.#entries.find((entry) => entry[0] === name)?.[1] ?? null;
  }

  getAll(name) {
    check(this);
    requireArguments(arguments, 1, 'FormData.getAll');
    name = toUSVString(name);
    return this.#entries.filter((entry) => entry[0] === name).map((entry) => entry[1]);
  }

  has(name) {
    check(this);
    requireArguments(arguments, 1, 'FormData.has');
    name = toUSVString(name);
    return this.#entries.some((entry) => entry[0] === name);
  }

  set(name, value, filename = undefined) {
    check(this);
    requireArguments(arguments, 2, 'FormData.set');
    name = toUSVString(name);
    filename = fileArgument('set', value, filename, arguments.length);
    const entry = makeEntry(name, value, filename);
    const at = this.#entries.findIndex((other) => other[0] === name);
    if (at === -1) {
      this.#entries.push(entry);
      return;
    }
    this.#entries[at] = entry;
    this.#entries = this.#entries.filter((other, i) => i <= at || other[0] !== name);
  }

  [kInspect](depth, options) {
    const { inspect } = require('internal/util/inspect');
    const state = { __proto__: null };
    for (const { 0: name, 1: value } of this.#entries) {
      if (state[name] === undefined) state[name] = value;
      else if (Array.isArray(state[name])) state[name].push(value);
      else state[name] = [state[name], value];
    }
    const text = inspect({ ...state }, { ...options, depth: options.depth ?? depth });
    return `FormData ${text}`;
  }
}
const { check, is: isFormData, entriesOf } = FormData;
for (const name of ['check', 'is', 'entriesOf']) delete FormData[name];
defineInterface(FormData, ['append', 'delete', 'get', 'getAll', 'has', 'set']);
defineIterable(FormData, check, entriesOf);

// ---- multipart/form-data ------------------------------------------------------------------------------------------------------------

function escapeName(text) {
  return text.replace(/\r\n|\r|\n/g, '%0D%0A').replace(/"/g, '%22');
}

/** The parts of the encoded form, text and blobs, with their total length in bytes. */
function encodeMultipart(form) {
  const { Buffer } = require('buffer');
  const boundary = `----formdata-${`${Math.floor(Math.random() * 1e11)}`.padStart(11, '0')}`;
  const parts = [];
  let length = 0;
  const pushText = (text) => {
    const bytes = Buffer.from(text, 'utf8');
    parts.push(bytes);
    length += bytes.length;
  };
  for (const { 0: name, 1: value } of entriesOf(form)) {
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="${escapeName(name.replace(/\r\n?|\n/g, '\r\n'))}"`;
    if (typeof value === 'string') {
      pushText(`${head}\r\n\r\n${value.replace(/\r\n?|\n/g, '\r\n')}\r\n`);
    } else {
      pushText(`${head}; filename="${escapeName(value.name)}"\r\nContent-Type: ${value.type || 'application/octet-stream'}\r\n\r\n`);
      parts.push(value);
      length += value.size;
      pushText('\r\n');
    }
  }
  pushText(`--${boundary}--\r\n`);
  return { boundary, parts, length };
}

/** Parses a multipart body; throws a TypeError for what is none. */
function parseMultipart(bytes, boundary) {
  const { Buffer } = require('buffer');
  const { File } = require('internal/file');
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const delimiter = Buffer.from(`--${boundary}`);
  const failure = () => new TypeError('Failed to parse body as FormData.');
  const form = new FormData();

  let at = body.indexOf(delimiter);
  if (at === -1) throw failure();
  at += delimiter.length;
  for (;;) {
    if (body[at] === 0x2D && body[at + 1] === 0x2D) return form;
    if (body[at] !== 0x0D || body[at + 1] !== 0x0A) throw failure();
    at += 2;
    let name;
    let filename;
    let type;
    for (;;) {
      const end = body.indexOf('\r\n', at);
      if (end === -1) throw failure();
      const line = body.toString('utf8', at, end);
      at = end + 2;
      if (line === '') break;
      const colon = line.indexOf(':');
      if (colon === -1) throw failure();
      const field = line.slice(0, colon).trim().toLowerCase();
      const value = line.slice(colon + 1).trim();
      if (field === 'content-disposition') {
        if (!/^form-data\s*;/i.test(value)) throw failure();
        const unescape = (text) => text.replace(/%0A/gi, '\n').replace(/%0D/gi, '\r').replace(/%22/g, '"');
        const nameMatch = /;\s*name="([^"]*)"/i.exec(value);
        const fileMatch = /;\s*filename="([^"]*)"/i.exec(value);
        if (nameMatch === null) throw failure();
        name = unescape(nameMatch[1]);
        filename = fileMatch === null ? undefined : unescape(fileMatch[1]);
      } else if (field === 'content-type') {
        type = value;
      }
    }
    if (name === undefined) throw failure();
    const end = body.indexOf(`\r\n--${boundary}`, at);
    if (end === -1) throw failure();
    const content = body.subarray(at, end);
    if (filename === undefined) {
      form.append(name, new TextDecoder('utf-8', { ignoreBOM: true }).decode(content));
    } else {
      form.append(name, new File([content], filename, { type: type ?? 'text/plain' }), filename);
    }
    at = end + 2 + delimiter.length;
  }
}

module.exports = { FormData, encodeMultipart, isFormData, parseMultipart };
