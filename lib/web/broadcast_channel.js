'use strict';

// BroadcastChannel: https://html.spec.whatwg.org/multipage/web-messaging.html#broadcasting-to-other-browsing-contexts
// The channels of one thread.
//
// Binding contract: messaging.structuredClone(value, { transfer }) -> clone.

const { codes: { ERR_INVALID_THIS, ERR_MISSING_ARGS } } = require('internal/errors');
const { customInspectSymbol: kInspect, lazyDOMException } = require('internal/util');
const { EventTarget, defineEventHandler } = require('internal/event_target');
const { MessageEvent } = require('web/message_event');
const { defineInterface, inspectAs } = require('web/stream_util');

// Channels by name, in the order of their creation.
const channels = new Map();
// An interval nobody waits for, which only keeps the program alive.
const kLongestDelayMs = 2 ** 31 - 1;

class BroadcastChannel extends EventTarget {
  #name;
  #isClosed = false;
  #keepAlive;

  constructor(name) {
    if (arguments.length === 0) throw new ERR_MISSING_ARGS('name');
    super();
    this.#name = `${name}`;
    const list = channels.get(this.#name);
    if (list === undefined) channels.set(this.#name, [this]);
    else list.push(this);
    this.ref();
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
    const { structuredClone } = internalBinding('messaging');
    const { setImmediate } = require('timers');
    // What cannot be cloned is refused although nobody may listen.
    const serialized = structuredClone(message, { transfer: [] });
    for (const channel of channels.get(this.#name)) {
      if (channel === this) continue;
      const data = structuredClone(serialized, { transfer: [] });
      setImmediate(() => {
        if (!channel.#isClosed) channel.dispatchEvent(new MessageEvent('message', { data }));
      });
    }
  }

  close() {
    BroadcastChannel.#check(this);
    if (this.#isClosed) return;
    this.unref();
    this.#isClosed = true;
    const list = channels.get(this.#name).filter((channel) => channel !== this);
    if (list.length === 0) channels.delete(this.#name);
    else channels.set(this.#name, list);
  }

  ref() {
    BroadcastChannel.#check(this);
    if (!this.#isClosed) this.#keepAlive ??= require('timers').setInterval(() => {}, kLongestDelayMs);
    return this;
  }

  unref() {
    BroadcastChannel.#check(this);
    if (this.#keepAlive !== undefined) require('timers').clearInterval(this.#keepAlive);
    this.#keepAlive = undefined;
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

module.exports = { BroadcastChannel };
