'use strict';

// Bodies of requests and responses: https://fetch.spec.whatwg.org/#body-mixin

const { isAnyArrayBuffer, isArrayBufferView } = require('internal/util/types');
const { kIsDisturbed } = require('internal/streams/utils');
const { isReadableStream, readableStreamTee } = require('web/readable_stream');
const { illegalInvocation } = require('web/webidl');

/**
 * A body is one of: `bytes` that are there, a `blob`-like list of parts, or a `stream`. The stream of the others is made
 * only when somebody asks for it.
 */
class Body {
  constructor(bytes, parts, stream, length) {
    this.bytes = bytes;
    this.parts = parts;
    this.stream = stream;
    this.length = length;
    this.isUsed = false;
  }

  get isDisturbed() {
    return this.isUsed || (this.stream !== undefined && this.stream[kIsDisturbed]);
  }

  get isUnusable() {
    return this.isDisturbed || (this.stream !== undefined && this.stream.locked);
  }

  /** The body as a stream, the same one each time. */
  getStream() {
    if (this.stream !== undefined) return this.stream;
    const { ReadableStream } = require('web/readable_stream');
    if (this.bytes !== undefined) {
      const { bytes } = this;
      this.stream = new ReadableStream({
        type: 'bytes',
        pull(controller) {
          if (bytes.byteLength > 0) controller.enqueue(bytes.slice());
          controller.close();
          controller.byobRequest?.respond(0);
        },
      }, { highWaterMark: 0 });
    } else {
      const iterator = partBytes(this.parts);
      this.stream = new ReadableStream({
        type: 'bytes',
        async pull(controller) {
          const { done, value } = await iterator.next();
          if (done) {
            controller.close();
            controller.byobRequest?.respond(0);
          } else {
            controller.enqueue(new Uint8Array(value));
          }
        },
        async cancel(reason) {
          await iterator.return(reason);
        },
      }, { highWaterMark: 0 });
    }
    if (this.isUsed) this.stream.getReader();
    return this.stream;
  }

  /** "Clone a body" */
  clone() {
    if (this.stream === undefined) return new Body(this.bytes, this.parts, undefined, this.length);
    const { 0: first, 1: second } = readableStreamTee(this.stream, true);
    this.stream = first;
    return new Body(undefined, undefined, second, this.length);
  }

  /** All bytes, once. */
  async consume() {
    if (this.stream === undefined) {
      this.isUsed = true;
      if (this.bytes !== undefined) return this.bytes.slice();
      return collect(partBytes(this.parts));
    }
    return collect(this.stream.values());
  }
}

async function* partBytes(parts) {
  for (const part of parts) {
    if (isArrayBufferView(part)) yield part;
    else yield* part.stream();
  }
}

async function collect(chunks) {
  const list = [];
  let length = 0;
  for await (const chunk of chunks) {
    if (!(chunk instanceof Uint8Array)) throw new TypeError('Received non-Uint8Array chunk');
    list.push(chunk);
    length += chunk.byteLength;
  }
  if (list.length === 1 && list[0].byteLength === list[0].buffer.byteLength) {
    const { 0: only } = list;
    return new Uint8Array(only.buffer, only.byteOffset, only.byteLength);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of list) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}

/** "Extract a body": [body, content type or null] */
function extractBody(value, keepalive = false) {
  if (isReadableStream(value)) {
    if (keepalive) throw new TypeError('keepalive');
    if (value[kIsDisturbed] || value.locked) throw new TypeError('Response body object should not be disturbed or locked');
    return [new Body(undefined, undefined, value, null), null];
  }
  if (typeof value === 'string') return textBody(value, 'text/plain;charset=UTF-8');
  if (typeof value === 'object' && value !== null) {
    const { URLSearchParams } = require('internal/url');
    if (value instanceof URLSearchParams || value instanceof globalThis.URLSearchParams) {
      return textBody(value.toString(), 'application/x-www-form-urlencoded;charset=UTF-8');
    }
    if (isAnyArrayBuffer(value)) return bytesBody(new Uint8Array(value).slice());
    if (isArrayBufferView(value)) {
      return bytesBody(new Uint8Array(value.buffer, value.byteOffset, value.byteLength).slice());
    }
    if (require('internal/blob').isBlob(value)) {
      return [new Body(undefined, [value], undefined, value.size), value.type || null];
    }
    const { encodeMultipart, isFormData } = require('web/form_data');
    if (isFormData(value)) {
      const { boundary, parts, length } = encodeMultipart(value);
      return [new Body(undefined, parts, undefined, length), `multipart/form-data; boundary=${boundary}`];
    }
    if (typeof value[Symbol.asyncIterator] === 'function') {
      if (keepalive) throw new TypeError('keepalive');
      return [new Body(undefined, undefined, streamOfIterable(value), null), null];
    }
  }
  return textBody(`${value}`.toWellFormed(), 'text/plain;charset=UTF-8');
}

function textBody(text, type) {
  const { TextEncoder } = require('internal/encoding');
  const bytes = new TextEncoder().encode(text);
  return [new Body(bytes, undefined, undefined, bytes.byteLength), type];
}

function bytesBody(bytes) {
  return [new Body(bytes, undefined, undefined, bytes.byteLength), null];
}

function streamOfIterable(iterable) {
  const { ReadableStream } = require('web/readable_stream');
  const { TextEncoder } = require('internal/encoding');
  const iterator = iterable[Symbol.asyncIterator]();
  return new ReadableStream({
    type: 'bytes',
    async pull(controller) {
      const { done, value } = await iterator.next();
      if (done) {
        controller.close();
        controller.byobRequest?.respond(0);
        return;
      }
      const chunk = typeof value === 'string' ? new TextEncoder().encode(value) : new Uint8Array(value);
      if (chunk.byteLength > 0) controller.enqueue(chunk);
    },
    async cancel(reason) {
      await iterator.return?.(reason);
    },
  }, { highWaterMark: 0 });
}

/** The MIME type of a body's owner as [essence, parameters], or undefined. */
function mimeTypeOf(headerList) {
  const value = headerList.get('content-type');
  if (value === null) return undefined;
  const { MIMEType } = require('internal/mime');
  // Of several values the last that parses counts.
  let found;
  for (const part of value.split(/,(?=(?:[^"]*"[^"]*")*[^"]*$)/)) {
    try {
      const type = new MIMEType(part);
      if (type.essence !== '*/*') found = type;
    } catch {
      // What does not parse is skipped.
    }
  }
  return found;
}

/**
 * Adds the Body mixin to a class. `bodyOf(object)` is its Body or null, or throws for other objects;
 * `headersOf(object)` its header list.
 */
function defineBodyMixin(constructor, isInstance, bodyOf, headersOf) {
  const consume = async (object, convert) => {
    if (!isInstance(object)) throw illegalInvocation();
    const body = bodyOf(object);
    if (body !== null && body.isUnusable) throw new TypeError('Body is unusable: Body has already been read');
    const bytes = body === null ? new Uint8Array(0) : await body.consume();
    return convert(bytes, headersOf(object));
  };
  const decode = (bytes) => new (require('internal/encoding').TextDecoder)().decode(bytes);
  const methods = {
    get body() {
      if (!isInstance(this)) throw illegalInvocation();
      return bodyOf(this)?.getStream() ?? null;
    },
    get bodyUsed() {
      if (!isInstance(this)) throw illegalInvocation();
      return bodyOf(this)?.isDisturbed ?? false;
    },
    arrayBuffer() {
      return consume(this, (bytes) => bytes.buffer);
    },
    blob() {
      return consume(this, (bytes, headers) => {
        const type = mimeTypeOf(headers);
        return new (require('internal/blob').Blob)([bytes], { type: type === undefined ? '' : `${type}` });
      });
    },
    bytes() {
      return consume(this, (bytes) => bytes);
    },
    formData() {
      return consume(this, (bytes, headers) => {
        const type = mimeTypeOf(headers);
        const { FormData, parseMultipart } = require('web/form_data');
        if (type?.essence === 'multipart/form-data') {
          const boundary = type.params.get('boundary');
          if (boundary === null) throw new TypeError('Failed to parse body as FormData.');
          return parseMultipart(bytes, boundary);
        }
        if (type?.essence === 'application/x-www-form-urlencoded') {
          const form = new FormData();
          const { URLSearchParams } = require('internal/url');
          for (const { 0: name, 1: value } of new URLSearchParams(decode(bytes))) form.append(name, value);
          return form;
        }
        throw new TypeError('Content-Type was not one of "multipart/form-data" or "application/x-www-form-urlencoded".');
      });
    },
    json() {
      return consume(this, (bytes) => JSON.parse(decode(bytes)));
    },
    text() {
      return consume(this, decode);
    },
  };
  for (const name of Object.keys(methods)) {
    const descriptor = Object.getOwnPropertyDescriptor(methods, name);
    Object.defineProperty(constructor.prototype, name, { ...descriptor, enumerable: true, configurable: true });
  }
}

module.exports = { Body, defineBodyMixin, extractBody };
