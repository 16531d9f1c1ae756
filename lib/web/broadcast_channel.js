'use strict';

// BroadcastChannel: https://html.spec.whatwg.org/multipage/web-messaging.html#broadcasting-to-other-browsing-contexts
//
// Binding contract: messaging.broadcastChannel(name) -> MessagePort that hears all others of this name, in all threads.

const { codes: { ERR_INVALID_THIS, ERR_MISSING_ARGS } } = require('internal/errors');
const { customInspectSymbol: kInspect, lazyDOMException } = require('internal/util');
const { EventTarget, defineEventHandler } = require('internal/event_target');
const { MessageEvent } = require('web/message_event');
const { defineInterface, inspectAs } = require('web/stream_util');

const kPortOf = Symbol('kPortOf');

class BroadcastChannel extends EventTarget {
  #name;
  #isClosed = false;
  #port;

  constructor(name) {
    if (arguments.length === 0) throw new ERR_MISSING_ARGS('name');
    super();
    this.#name = `${name}`;
    // The port's class is the library's business.
    require('internal/worker/io');
    this.#port = internalBinding('messaging').broadcastChannel(this.#name);
    for (const type of ['message', 'messageerror']) {
      this.#port.on(type, (data) => {
        if (!this.#isClosed) this.dispatchEvent(new MessageEvent(type, { data }));
      });
    }
  }

  /** The port behind a channel; undefined for other values. */
  static [kPortOf](object) {
    return object !== null && typeof object === 'object' && #port in object ? object.#port : undefined;
  }

  static #check(object) {
    if (object === null || typeof object !== 'object' || !(#name in object)) throw new ERR_INVALID_THIS('BroadcastChannel');
  }

  get name() {
    BroadcastChannel.#check(this);
    return this.#name;
  }

  postMessage(message) {
    BroadcastChannel.#check(this);
    if (arguments.length === 0) throw new ERR_MISSING_ARGS('message');
    if (this.#isClosed) throw lazyDOMException('BroadcastChannel is closed.', 'InvalidStateError');
    this.#port.postMessage(message);
  }

  close() {
    BroadcastChannel.#check(this);
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#port.close();
  }

  ref() {
    BroadcastChannel.#check(this);
    if (!this.#isClosed) this.#port.ref();
    return this;
  }

  unref() {
    BroadcastChannel.#check(this);
    if (!this.#isClosed) this.#port.unref();
    return this;
  }

  [kInspect](depth, options) {
    BroadcastChannel.#check(this);
    if (depth < 0) return 'BroadcastChannel';
    return inspectAs(this, 'BroadcastChannel', depth, options, { name: this.#name, active: !this.#isClosed });
  }
}
defineInterface(BroadcastChannel, ['name', 'postMessage', 'close', 'ref', 'unref']);
defineEventHandler(BroadcastChannel.prototype, 'message');
defineEventHandler(BroadcastChannel.prototype, 'messageerror');

const portOf = BroadcastChannel[kPortOf];
delete BroadcastChannel[kPortOf];

module.exports = { BroadcastChannel, portOf };
