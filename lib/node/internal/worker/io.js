'use strict';

// Message ports within one thread.
//
// Binding contract: messaging.structuredClone(value, { transfer }) -> clone.

const { structuredClone } = internalBinding('messaging');
const { EventTarget, Event, NodeEventTarget } = require('internal/event_target');
const { MessageEvent } = require('web/message_event');
const { codes: { ERR_INVALID_ARG_TYPE } } = require('internal/errors');

const kCreate = Symbol('kCreate');
const kPeer = Symbol('kPeer');
const kQueue = Symbol('kQueue');
const kState = Symbol('kState');
const kReceive = Symbol('kReceive');

const untransferable = new WeakSet();

// Delivery happens in the loop, one task a message; a referenced immediate keeps the program alive for it.
function schedule(fn) {
  require('timers').setImmediate(fn);
}

const Base = NodeEventTarget ?? EventTarget;

class MessagePort extends Base {
  constructor(token) {
    if (token !== kCreate) {
      const error = new TypeError('Illegal constructor');
      error.code = 'ERR_CONSTRUCT_CALL_INVALID';
      throw error;
    }
    super();
    this[kPeer] = null;
    this[kQueue] = [];
    this[kState] = { started: false, closed: false, refed: false, keepAlive: undefined, handler: null, draining: false };
  }

  postMessage(message, transferOrOptions) {
    if (arguments.length === 0) throw new TypeError('The "message" argument must be specified');
    const transfer = Array.isArray(transferOrOptions) ? transferOrOptions : transferOrOptions?.transfer ?? [];
    for (const item of transfer) {
      if (untransferable.has(item)) throw new DOMException('An object could not be cloned.', 'DataCloneError');
    }
    const ports = transfer.filter((item) => item instanceof MessagePort);
    const data = cloneWithPorts(message, transfer, ports);
    const peer = this[kPeer];
    if (peer === null || peer[kState].closed) return;
    peer[kReceive]({ data, ports });
  }

  [kReceive](message) {
    this[kQueue].push(message);
    if (this[kState].started) this.#drain();
  }

  #drain() {
    const state = this[kState];
    if (state.draining || this[kQueue].length === 0) return;
    state.draining = true;
    schedule(() => {
      state.draining = false;
      if (state.closed || this[kQueue].length === 0) return;
      const { data, ports } = this[kQueue].shift();
      try {
        this.dispatchEvent(new MessageEvent('message', { data, ports }));
      } finally {
        this.#drain();
      }
    });
  }

  start() {
    const state = this[kState];
    if (state.closed || state.started) return;
    state.started = true;
    this.ref();
    this.#drain();
  }

  close(callback) {
    if (typeof callback === 'function') this.once('close', callback);
    closePort(this);
    if (this[kPeer] !== null) closePort(this[kPeer]);
  }

  ref() {
    const state = this[kState];
    if (state.closed || state.refed) return;
    state.refed = true;
    // A timer of the longest duration stands for "something may still come".
    const { setInterval } = require('timers');
    state.keepAlive = setInterval(() => {}, 2 ** 31 - 1);
  }

  unref() {
    const state = this[kState];
    state.refed = false;
    if (state.keepAlive !== undefined) require('timers').clearInterval(state.keepAlive);
    state.keepAlive = undefined;
  }

  hasRef() {
    return this[kState].refed;
  }

  get onmessage() {
    return this[kState].handler;
  }

  set onmessage(handler) {
    const state = this[kState];
    if (state.handler !== null) this.removeEventListener('message', state.handler);
    state.handler = typeof handler === 'function' ? handler : null;
    if (state.handler === null) {
      this.unref();
      return;
    }
    this.addEventListener('message', handler);
    this.start();
  }

  // With Node's `on('message', f)` the listener gets the data, and the port starts by itself.
  on(type, listener) {
    if (type === 'message') {
      const wrapper = (event) => Reflect.apply(listener, this, [event.data]);
      wrappers.set(listener, wrapper);
      this.addEventListener(type, wrapper);
      this.start();
      this.ref();
    } else {
      this.addEventListener(type, listener);
    }
    return this;
  }

  addListener(type, listener) {
    return this.on(type, listener);
  }

  once(type, listener) {
    const wrapper = (event) => Reflect.apply(listener, this, [type === 'message' ? event.data : event]);
    wrappers.set(listener, wrapper);
    this.addEventListener(type, wrapper, { once: true });
    if (type === 'message') this.start();
    return this;
  }

  off(type, listener) {
    this.removeEventListener(type, wrappers.get(listener) ?? listener);
    if (type === 'message') this.unref();
    return this;
  }

  removeListener(type, listener) {
    return this.off(type, listener);
  }
}
const wrappers = new WeakMap();

function closePort(port) {
  const state = port[kState];
  if (state.closed) return;
  // What was sent before the close still arrives.
  if (state.started && port[kQueue].length > 0) {
    schedule(() => closePort(port));
    return;
  }
  state.closed = true;
  port.unref();
  schedule(() => port.dispatchEvent(new Event('close')));
}

// Ports are handed over as they are: both ends live in one thread.
function cloneWithPorts(message, transfer, ports) {
  if (ports.length === 0) return structuredClone(message, { transfer });
  if (ports.includes(message)) return message;
  const rest = transfer.filter((item) => !ports.includes(item));
  const places = [];
  const strip = (value, seen = new Map()) => {
    if (typeof value !== 'object' || value === null || ports.includes(value)) return value;
    if (seen.has(value)) return seen.get(value);
    if (!Array.isArray(value) && Object.getPrototypeOf(value) !== Object.prototype) return value;
    const copy = Array.isArray(value) ? [] : {};
    seen.set(value, copy);
    for (const key of Object.keys(value)) {
      if (ports.includes(value[key])) {
        places.push([copy, key, value[key]]);
        copy[key] = { port: ports.indexOf(value[key]) };
      } else {
        copy[key] = strip(value[key], seen);
      }
    }
    return copy;
  };
  const holder = strip({ message });
  const marks = places.map(([object, key]) => object[key]);
  const cloned = structuredClone({ holder, marks }, { transfer: rest });
  // The clone keeps identities, so the marks lead to the places of the ports.
  const byMark = new Map(cloned.marks.map((mark, i) => [mark, places[i][2]]));
  const fill = (value, seen = new Set()) => {
    if (typeof value !== 'object' || value === null || seen.has(value)) return;
    seen.add(value);
    for (const key of Object.keys(value)) {
      const port = byMark.get(value[key]);
      if (port !== undefined) value[key] = port;
      else fill(value[key], seen);
    }
  };
  fill(cloned.holder);
  return cloned.holder.message;
}

class MessageChannel {
  constructor() {
    this.port1 = new MessagePort(kCreate);
    this.port2 = new MessagePort(kCreate);
    this.port1[kPeer] = this.port2;
    this.port2[kPeer] = this.port1;
  }
}

function receiveMessageOnPort(port) {
  if (!(port instanceof MessagePort)) throw new ERR_INVALID_ARG_TYPE('port', 'MessagePort', port);
  const message = port[kQueue].shift();
  return message === undefined ? undefined : { message: message.data };
}

function markAsUntransferable(value) {
  if ((typeof value === 'object' && value !== null) || typeof value === 'function') untransferable.add(value);
}

module.exports = {
  get BroadcastChannel() {
    return require('web/broadcast_channel').BroadcastChannel;
  },
  MessageChannel,
  MessageEvent,
  MessagePort,
  isMarkedAsUntransferable: (value) => untransferable.has(value),
  markAsUncloneable: markAsUntransferable,
  markAsUntransferable,
  receiveMessageOnPort,
};
