'use strict';

// What happens in a run of tests: a stream of { type, data }, each also an event of the type's name.

const { Readable } = require('stream');

class TestsStream extends Readable {
  #buffer = [];
  #canPush = true;

  constructor() {
    super({ __proto__: null, objectMode: true, highWaterMark: Number.MAX_SAFE_INTEGER });
  }

  _read() {
    this.#canPush = true;
    while (this.#buffer.length > 0) if (!this.#push(this.#buffer.shift())) return;
  }

  #push(message) {
    if (!this.#canPush) {
      this.#buffer.push(message);
      return false;
    }
    this.#canPush = this.push(message);
    return this.#canPush;
  }

  #emit(type, data) {
    this.emit(type, data);
    // The kinds tests are subscribed to change while a subscriber runs; the stream has all.
    this.#push({ type, data: { __proto__: null, ...data } });
  }

  /** Passes on what another process has reported. */
  forward(type, data) {
    this.#emit(type, data);
  }

  #place(nesting, loc, more) {
    return { __proto__: null, nesting, ...loc, ...more };
  }

  fail(nesting, loc, testNumber, name, details, directive) {
    this.#emit('test:fail', this.#place(nesting, loc, { name, testNumber, details, ...directive }));
  }

  ok(nesting, loc, testNumber, name, details, directive) {
    this.#emit('test:pass', this.#place(nesting, loc, { name, testNumber, details, ...directive }));
  }

  complete(nesting, loc, testNumber, name, details, directive) {
    this.#emit('test:complete', this.#place(nesting, loc, { name, testNumber, details, ...directive }));
  }

  plan(nesting, loc, count) {
    this.#emit('test:plan', this.#place(nesting, loc, { count }));
  }

  getSkip(reason = undefined) {
    return { __proto__: null, skip: reason ?? true };
  }

  getTodo(reason = undefined) {
    return { __proto__: null, todo: reason ?? true };
  }

  enqueue(nesting, loc, name, type) {
    this.#emit('test:enqueue', this.#place(nesting, loc, { name, type }));
  }

  dequeue(nesting, loc, name, type) {
    this.#emit('test:dequeue', this.#place(nesting, loc, { name, type }));
  }

  start(nesting, loc, name) {
    this.#emit('test:start', this.#place(nesting, loc, { name }));
  }

  diagnostic(nesting, loc, message, level = 'info') {
    this.#emit('test:diagnostic', this.#place(nesting, loc, { message, level }));
  }

  stderr(loc, message) {
    this.#emit('test:stderr', { __proto__: null, message, ...loc });
  }

  stdout(loc, message) {
    this.#emit('test:stdout', { __proto__: null, message, ...loc });
  }

  summary(nesting, file, success, counts, durationMs) {
    this.#emit('test:summary', { __proto__: null, success, counts, duration_ms: durationMs, file });
  }

  end() {
    this.#push(null);
  }
}

module.exports = { TestsStream };
