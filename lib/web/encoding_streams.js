'use strict';

// TextEncoderStream and TextDecoderStream: https://encoding.spec.whatwg.org/#interface-textdecoderstream

const { codes: { ERR_INVALID_ARG_TYPE, ERR_INVALID_THIS } } = require('internal/errors');
const { TextDecoder, TextEncoder } = require('internal/encoding');
const { defineInterface, inspectAs, kInspect } = require('web/stream_util');
const { controllerEnqueue, createTransformStream } = require('web/transform_stream');

function isHighSurrogate(code) {
  return code >= 0xD800 && code <= 0xDBFF;
}

class TextEncoderStream {
  #encoder = new TextEncoder();
  // A high surrogate that ended a chunk.
  #pending = '';
  #transform = createTransformStream((chunk) => this.#encode(chunk), () => this.#flush(), undefined);

  #encode(chunk) {
    let text = this.#pending + `${chunk}`;
    this.#pending = '';
    if (text === '') return;
    if (isHighSurrogate(text.charCodeAt(text.length - 1))) {
      this.#pending = text.slice(-1);
      text = text.slice(0, -1);
    }
    if (text !== '') controllerEnqueue(this.#transform, this.#encoder.encode(text));
  }

  #flush() {
    if (this.#pending !== '') controllerEnqueue(this.#transform, new Uint8Array([0xEF, 0xBF, 0xBD]));
  }

  get encoding() {
    // The brand check.
    this.#transform;
    return 'utf-8';
  }

  get readable() {
    return this.#transform.readable;
  }

  get writable() {
    return this.#transform.writable;
  }

  [kInspect](depth, options) {
    if (this === undefined || !(#transform in this)) throw new ERR_INVALID_THIS('TextEncoderStream');
    return inspectAs(this, this.constructor.name, depth, options, {
      encoding: this.encoding, readable: this.readable, writable: this.writable,
    });
  }
}
defineInterface(TextEncoderStream, ['encoding', 'readable', 'writable']);

class TextDecoderStream {
  #decoder;
  #transform;

  constructor(encoding = 'utf-8', options = {}) {
    this.#decoder = new TextDecoder(encoding, options);
    this.#transform = createTransformStream((chunk) => {
      const text = this.#decoder.decode(toBytes(chunk), { stream: true });
      if (text !== '') controllerEnqueue(this.#transform, text);
    }, () => {
      const text = this.#decoder.decode();
      if (text !== '') controllerEnqueue(this.#transform, text);
    }, undefined);
  }

  get encoding() {
    return this.#decoder.encoding;
  }

  get fatal() {
    return this.#decoder.fatal;
  }

  get ignoreBOM() {
    return this.#decoder.ignoreBOM;
  }

  get readable() {
    return this.#transform.readable;
  }

  get writable() {
    return this.#transform.writable;
  }

  [kInspect](depth, options) {
    if (this === undefined || !(#transform in this)) throw new ERR_INVALID_THIS('TextDecoderStream');
    return inspectAs(this, this.constructor.name, depth, options, {
      encoding: this.encoding, fatal: this.fatal, ignoreBOM: this.ignoreBOM, readable: this.readable, writable: this.writable,
    });
  }
}
defineInterface(TextDecoderStream, ['encoding', 'fatal', 'ignoreBOM', 'readable', 'writable']);

/** AllowSharedBufferSource; undefined is none, although decode() would take it. */
function toBytes(chunk) {
  if (chunk === undefined) {
    throw new ERR_INVALID_ARG_TYPE('chunk', ['ArrayBuffer', 'ArrayBufferView'], chunk);
  }
  return chunk;
}

module.exports = { TextDecoderStream, TextEncoderStream };
