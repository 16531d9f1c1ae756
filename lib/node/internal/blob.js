'use strict';
// Blob: https://w3c.github.io/FileAPI/#blob-section
//
// A blob is a list of immutable parts. A part is {view, start, end} over bytes nobody else can reach, or
// {path, start, end, size, mtimeMs} for a file that is read only on demand.
//
// Binding contract: internalBinding('buffer').byteLengthUtf8. internalBinding('symbols').
//   messaging_clone_symbol, messaging_deserialize_symbol: the structured-clone hooks.
//   internalBinding('blob') (used only for object URLs, which every thread shares):
//     storeDataObject(id, blobHandle, size, type), getDataObject(id) -> [blobHandle, size, type] | undefined,
//     revokeObjectURL(id). A blobHandle is the parts list. When the binding is missing a per-thread map serves.

const {
  codes: { ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_INVALID_THIS, ERR_MISSING_ARGS },
} = require('internal/errors');
const { validateDictionary } = require('internal/validators');
const { customInspectSymbol: kInspect, kEmptyObject, kEnumerableProperty, lazyDOMException } =
  require('internal/util');
const { isAnyArrayBuffer, isArrayBufferView } = require('internal/util/types');
const {
  messaging_clone_symbol: kClone,
  messaging_deserialize_symbol: kDeserialize,
} = internalBinding('symbols');

const disallowedType = /[^\u{0020}-\u{007E}]/u;
const chunkSize = 65536;

let encoder;

function utf8(string) {
  encoder ??= new (require('internal/encoding').TextEncoder)();
  return encoder.encode(string);
}

function wholePart(view) {
  return { view, path: undefined, start: 0, end: view.length, size: 0, mtimeMs: 0 };
}

/** https://w3c.github.io/FileAPI/#process-blob-parts, one element */
function partsOf(element, endings) {
  if (isBlob(element)) return element[kParts];
  if (isAnyArrayBuffer(element)) return [wholePart(new Uint8Array(element).slice())];
  if (isArrayBufferView(element)) {
    return [wholePart(new Uint8Array(element.buffer, element.byteOffset, element.byteLength).slice())];
  }
  let text = `${element}`;
  if (endings === 'native') {
    text = text.replace(/\r\n|\r|\n/g, process.platform === 'win32' ? '\r\n' : '\n');
  }
  return [wholePart(utf8(text))];
}

const kParts = Symbol('kParts');
const kLength = Symbol('kLength');
const kType = Symbol('kType');

function isBlob(object) {
  return object?.[kParts] !== undefined;
}

function checkThis(blob) {
  if (!isBlob(blob)) throw new ERR_INVALID_THIS('Blob');
}

/** Reads one part's bytes; file parts are read from disk and must not have changed. */
async function readPart(part, start, end) {
  if (part.path === undefined) return part.view.subarray(start, end);
  const fs = require('fs/promises');
  const handle = await fs.open(part.path, 'r');
  try {
    const stat = await handle.stat();
    if (stat.size !== part.size || stat.mtimeMs !== part.mtimeMs) {
      throw lazyDOMException('The blob could not be read', 'NotReadableError');
    }
    const bytes = new Uint8Array(end - start);
    let done = 0;
    while (done < bytes.length) {
      const { bytesRead } = await handle.read(bytes, done, bytes.length - done, start + done);
      if (bytesRead === 0) throw lazyDOMException('The blob could not be read', 'NotReadableError');
      done += bytesRead;
    }
    return bytes;
  } finally {
    await handle.close();
  }
}

async function readAll(blob) {
  const bytes = new Uint8Array(blob[kLength]);
  let position = 0;
  for (const part of blob[kParts]) {
    bytes.set(await readPart(part, part.start, part.end), position);
    position += part.end - part.start;
  }
  return bytes;
}

class Blob {
  constructor(sources = [], options = kEmptyObject) {
    if (sources === null || (typeof sources !== 'object' && typeof sources !== 'function') ||
        typeof sources[Symbol.iterator] !== 'function') {
      throw new ERR_INVALID_ARG_TYPE('sources', 'a sequence', sources);
    }
    validateDictionary(options, 'options');
    let { endings = 'transparent', type = '' } = options ?? kEmptyObject;
    endings = `${endings}`;
    if (endings !== 'transparent' && endings !== 'native') {
      throw new ERR_INVALID_ARG_VALUE('options.endings', endings);
    }

    const parts = [];
    let length = 0;
    for (const source of sources) {
      for (const part of partsOf(source, endings)) {
        length += part.end - part.start;
        if (part.end > part.start) parts.push(part);
      }
    }
    this[kParts] = parts;
    this[kLength] = length;
    type = `${type}`;
    this[kType] = disallowedType.test(type) ? '' : type.toLowerCase();
  }

  [kInspect](depth, options) {
    if (depth < 0) return this;
    const { inspect } = require('internal/util/inspect');
    const nested = { ...options, depth: options.depth == null ? null : options.depth - 1 };
    return `Blob ${inspect({ size: this.size, type: this.type }, nested)}`;
  }

  [kClone]() {
    return {
      data: { parts: this[kParts], type: this[kType], length: this[kLength] },
      deserializeInfo: 'internal/blob:ClonedBlob',
    };
  }

  [kDeserialize]({ parts, type, length }) {
    this[kParts] = parts;
    this[kType] = type;
    this[kLength] = length;
  }

  get type() {
    checkThis(this);
    return this[kType];
  }

  get size() {
    checkThis(this);
    return this[kLength];
  }

  /** https://w3c.github.io/FileAPI/#slice-blob */
  slice(start = 0, end = this.size, type = '') {
    checkThis(this);
    const size = this[kLength];
    const clamp = (value) => {
      // [Clamp] rounds to the nearest, and to the even one of two.
      value = Number(value) || 0;
      const floor = Math.floor(value);
      const rest = value - floor;
      if (rest !== 0) value = rest > 0.5 || (rest === 0.5 && floor % 2 !== 0) ? floor + 1 : floor;
      return value < 0 ? Math.max(size + value, 0) : Math.min(value, size);
    };
    start = clamp(start);
    end = Math.max(clamp(end), start);
    type = `${type}`;

    const parts = [];
    let position = 0;
    for (const part of this[kParts]) {
      const length = part.end - part.start;
      const from = Math.max(start - position, 0);
      const to = Math.min(end - position, length);
      if (from < to) parts.push({ ...part, start: part.start + from, end: part.start + to });
      position += length;
    }
    return createBlob(parts, end - start, disallowedType.test(type) ? '' : type.toLowerCase());
  }

  async arrayBuffer() {
    checkThis(this);
    return (await readAll(this)).buffer;
  }

  async bytes() {
    checkThis(this);
    return readAll(this);
  }

  async text() {
    checkThis(this);
    const { TextDecoder } = require('internal/encoding');
    return new TextDecoder().decode(await readAll(this));
  }

  textStream() {
    checkThis(this);
    const { TextDecoderStream } = require('web/streams');
    return this.stream().pipeThrough(new TextDecoderStream());
  }

  stream() {
    checkThis(this);
    const { ReadableStream } = require('web/streams');
    const parts = this[kParts];
    let index = 0;
    let offset = 0;
    return new ReadableStream({
      type: 'bytes',
      async pull(controller) {
        if (index === parts.length) {
          controller.close();
          controller.byobRequest?.respond(0);
          return;
        }
        const part = parts[index];
        const start = part.start + offset;
        const end = Math.min(start + chunkSize, part.end);
        const bytes = await readPart(part, start, end);
        if (end === part.end) {
          index++;
          offset = 0;
        } else {
          offset += end - start;
        }
        // Enqueued bytes change hands; the blob keeps its own.
        controller.enqueue(part.path === undefined ? bytes.slice() : bytes);
        if (index === parts.length) controller.close();
      },
    }, { highWaterMark: 0 });
  }
}

function ClonedBlob() {
  return createBlob([], 0, '');
}
ClonedBlob.prototype[kDeserialize] = () => {};

require('internal/util').markCloneable(Blob.prototype);

Object.defineProperties(Blob.prototype, {
  [Symbol.toStringTag]: { __proto__: null, configurable: true, value: 'Blob' },
  size: kEnumerableProperty,
  type: kEnumerableProperty,
  slice: kEnumerableProperty,
  stream: kEnumerableProperty,
  text: kEnumerableProperty,
  arrayBuffer: kEnumerableProperty,
  bytes: kEnumerableProperty,
});

function createBlob(parts, length, type = '') {
  const blob = Object.create(Blob.prototype);
  blob[kParts] = parts;
  blob[kLength] = length;
  blob[kType] = type;
  return blob;
}

/** What fs.openAsBlob returns: the file is opened again for each read. */
function createBlobFromFilePath(path, { type = '' } = kEmptyObject) {
  const { statSync } = require('fs');
  const { size, mtimeMs } = statSync(path);
  const blob = createBlob([{ view: undefined, path, start: 0, end: size, size, mtimeMs }], size, `${type}`);
  return blob;
}

// ---- object URLs ---------------------------------------------------------------------------------

const localObjects = new Map();

const store = {
  set(id, blob) {
    const binding = internalBinding('blob');
    if (binding?.storeDataObject === undefined) localObjects.set(id, blob);
    else binding.storeDataObject(id, blob[kParts], blob[kLength], blob[kType]);
  },
  get(id) {
    const binding = internalBinding('blob');
    if (binding?.getDataObject === undefined) return localObjects.get(id);
    const found = binding.getDataObject(id);
    return found === undefined ? undefined : createBlob(found[0], found[1], found[2]);
  },
  delete(id) {
    const binding = internalBinding('blob');
    if (binding?.revokeObjectURL === undefined) localObjects.delete(id);
    else binding.revokeObjectURL(id);
  },
};

/** The id in a `blob:nodedata:id` URL, or undefined. */
function objectId(url) {
  const { URL } = require('internal/url');
  try {
    const parsed = new URL(url);
    if (parsed.protocol !== 'blob:') return undefined;
    const [base, id, ...rest] = parsed.pathname.split(':');
    return base === 'nodedata' && id !== undefined && rest.length === 0 ? id : undefined;
  } catch {
    return undefined;
  }
}

function createObjectURL(blob) {
  if (arguments.length < 1) throw new ERR_MISSING_ARGS('obj');
  if (!isBlob(blob)) throw new ERR_INVALID_ARG_TYPE('obj', 'Blob', blob);
  const { randomUUID } = require('crypto');
  const id = randomUUID();
  store.set(id, blob);
  return `blob:nodedata:${id}`;
}

function revokeObjectURL(url) {
  if (arguments.length < 1) throw new ERR_MISSING_ARGS('url');
  const id = objectId(`${url}`);
  if (id !== undefined) store.delete(id);
}

function resolveObjectURL(url) {
  const id = objectId(`${url}`);
  return id === undefined ? undefined : store.get(id);
}

module.exports = {
  Blob,
  ClonedBlob,
  createBlob,
  createBlobFromFilePath,
  createObjectURL,
  revokeObjectURL,
  resolveObjectURL,
  isBlob,
};
