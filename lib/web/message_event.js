'use strict';

// MessageEvent: https://html.spec.whatwg.org/multipage/comms.html#the-messageevent-interface

const { codes: { ERR_INVALID_THIS } } = require('internal/errors');
const { Event } = require('internal/event_target');
const { defineInterface } = require('web/stream_util');
const { isObject, requireArguments, toDictionary } = require('web/webidl');

function describe(value) {
  return isObject(value) ? JSON.stringify(value) : String(value);
}

/** Members of the dictionary that must be ports. */
function checkPort(value, name) {
  const { MessagePort } = require('internal/worker/io');
  if (value instanceof MessagePort) return;
  throw new TypeError(`MessageEvent constructor: Expected eventInitDict.${name} ("${describe(value)}") to be an ` +
    'instance of MessagePort.');
}

class MessageEvent extends Event {
  #data;
  #origin;
  #lastEventId;
  #source;
  #ports;

  constructor(type, init = undefined) {
    requireArguments(arguments, 1, 'MessageEvent constructor');
    const options = toDictionary(init, 'MessageEvent constructor');
    super(`${type}`, options);
    const { data = null, lastEventId = '', origin = '', ports = [], source = null } = options;
    if (source !== null) checkPort(source, 'source');
    if (!isObject(ports) || typeof ports[Symbol.iterator] !== 'function') {
      throw new TypeError(`MessageEvent constructor: eventInitDict.ports (${describe(ports)}) is not iterable.`);
    }
    for (const port of ports) checkPort(port, 'ports');
    this.#data = data;
    this.#origin = `${origin}`;
    this.#lastEventId = `${lastEventId}`;
    this.#source = source;
    this.#ports = Object.freeze([...ports]);
  }

  static #check(object) {
    if (!isObject(object) || !(#data in object)) throw new ERR_INVALID_THIS('MessageEvent');
  }

  get data() {
    MessageEvent.#check(this);
    return this.#data;
  }

  get origin() {
    MessageEvent.#check(this);
    return this.#origin;
  }

  get lastEventId() {
    MessageEvent.#check(this);
    return this.#lastEventId;
  }

  get source() {
    MessageEvent.#check(this);
    return this.#source;
  }

  get ports() {
    MessageEvent.#check(this);
    return this.#ports;
  }

  initMessageEvent(type, bubbles = false, cancelable = false, data = null, origin = '', lastEventId = '', source = null, ports = []) {
    MessageEvent.#check(this);
    requireArguments(arguments, 1, 'MessageEvent.initMessageEvent');
    this.initEvent(type, bubbles, cancelable);
    this.#data = data;
    this.#origin = `${origin}`;
    this.#lastEventId = `${lastEventId}`;
    this.#source = source;
    this.#ports = Object.freeze([...ports]);
  }
}
defineInterface(MessageEvent, ['data', 'origin', 'lastEventId', 'source', 'ports', 'initMessageEvent']);

module.exports = { MessageEvent };
