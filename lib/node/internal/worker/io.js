'use strict';

// Message ports.
//
// Binding contract (messaging):
//   MessageChannel, MessagePort {postMessage(value, transfer), start(), close(), drain(), ref(), unref(), hasRef()};
//   setMessageHooks(init, emit): init.call(port) for each new port, emit.call(port, data, ports, type) for each event;
//   receiveMessageOnPort(port) -> value | no_message_symbol
// internalBinding('util').privateSymbols: transfer_mode_private_symbol, untransferable_object_private_symbol

const {
  MessageChannel, MessagePort, receiveMessageOnPort: receiveMessage, setMessageHooks,
} = internalBinding('messaging');
const { no_message_symbol: noMessage } = internalBinding('symbols');
const {
  privateSymbols: { transfer_mode_private_symbol: kTransferMode, untransferable_object_private_symbol: kUntransferable },
  constants: { kDisallowCloneAndTransfer },
} = internalBinding('util');
const {
  Event, NodeEventTarget, defineEventHandler, initNodeEventTarget, kCreateEvent, kNewListener, kRemoveListener,
} = require('internal/event_target');
const { codes: { ERR_METHOD_NOT_IMPLEMENTED } } = require('internal/errors');
const { customInspectSymbol: kInspect, kEnumerableProperty } = require('internal/util');
const { MessageEvent } = require('web/message_event');
const { emitDestroy, emitInit, getDefaultTriggerAsyncId, initHooksExist, newAsyncId } = require('internal/async_hooks');

const kHybridDispatch = Symbol.for('nodejs.internal.kHybridDispatch');
const kReceivedPorts = Symbol('kReceivedPorts');
const kAsyncId = Symbol('kAsyncId');

// ---- MessagePort (HTML §9.4.3) -----------------------------------------------------------------------------------------

const { close, hasRef, ref, start, unref } = MessagePort.prototype;
const inherited = NodeEventTarget.prototype;

Object.setPrototypeOf(MessagePort, NodeEventTarget);
Object.setPrototypeOf(MessagePort.prototype, inherited);

setMessageHooks(
  function init() {
    initNodeEventTarget(this);
    const asyncId = newAsyncId();
    Object.defineProperty(this, kAsyncId, { __proto__: null, value: asyncId });
    if (initHooksExist()) emitInit(asyncId, 'MESSAGEPORT', getDefaultTriggerAsyncId(), this);
    Object.defineProperty(this, kReceivedPorts, { __proto__: null, value: [], writable: true, configurable: true });
  },
  function emit(data, ports, type) {
    if (type === 'close') {
      this.dispatchEvent(new Event('close'));
      emitDestroy(this[kAsyncId]);
      return;
    }
    this[kReceivedPorts] = ports;
    this[kHybridDispatch](data, type);
  },
);

const methods = {
  [kCreateEvent](data, type) {
    if (type !== 'message' && type !== 'messageerror') return Reflect.apply(inherited[kCreateEvent], this, [data, type]);
    return new MessageEvent(type, { data, ports: this[kReceivedPorts] });
  },
  // A port keeps the program alive as long as somebody listens.
  [kNewListener](size, type, ...rest) {
    if (type === 'message' && size === 1) {
      Reflect.apply(ref, this, []);
      Reflect.apply(start, this, []);
    }
    return Reflect.apply(inherited[kNewListener], this, [size, type, ...rest]);
  },
  [kRemoveListener](size, type, ...rest) {
    if (type === 'message' && size === 0) Reflect.apply(unref, this, []);
    return Reflect.apply(inherited[kRemoveListener], this, [size, type, ...rest]);
  },
  [kInspect](depth, options) {
    let refed;
    try {
      refed = Reflect.apply(hasRef, this, []);
    } catch {
      return this;
    }
    if (depth < 0) return '[MessagePort]';
    const state = refed === undefined ? { active: false } : { active: true, refed };
    const inner = { ...options, depth: options.depth == null ? null : options.depth - 1 };
    return `MessagePort ${require('internal/util/inspect').inspect({ ...state, ...this }, inner)}`;
  },
  close(callback) {
    if (typeof callback === 'function') this.once('close', callback);
    Reflect.apply(close, this, []);
  },
};
for (const key of Reflect.ownKeys(methods)) {
  Object.defineProperty(MessagePort.prototype, key, {
    __proto__: null, configurable: true, enumerable: typeof key === 'string', writable: true, value: methods[key],
  });
}
for (const name of ['postMessage', 'start', 'ref', 'unref', 'hasRef']) {
  Object.defineProperty(MessagePort.prototype, name, kEnumerableProperty);
}
// Not for programs.
delete MessagePort.prototype.drain;
for (const constructor of [MessagePort, MessageChannel]) {
  Object.defineProperty(constructor.prototype, Symbol.toStringTag, {
    __proto__: null, configurable: true, value: constructor.name,
  });
}
defineEventHandler(MessagePort.prototype, 'message');
defineEventHandler(MessagePort.prototype, 'messageerror');

/** The port behind a BroadcastChannel; ports themselves. */
function portOf(object) {
  return object instanceof MessagePort ? object : require('web/broadcast_channel').portOf(object) ?? object;
}

function receiveMessageOnPort(port) {
  const message = receiveMessage(portOf(port));
  return message === noMessage ? undefined : { message };
}

// ---- Marks -------------------------------------------------------------------------------------------------------------

function isReference(value) {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

function markAsUntransferable(value) {
  if (isReference(value)) value[kUntransferable] = true;
}

function isMarkedAsUntransferable(value) {
  return isReference(value) && Object.hasOwn(value, kUntransferable);
}

function markAsUncloneable(value) {
  if (isReference(value)) value[kTransferMode] = kDisallowCloneAndTransfer;
}

function moveMessagePortToContext() {
  throw new ERR_METHOD_NOT_IMPLEMENTED('moveMessagePortToContext()');
}

module.exports = {
  get BroadcastChannel() {
    return require('web/broadcast_channel').BroadcastChannel;
  },
  get messageTypes() {
    return require('internal/worker/messages').messageTypes;
  },
  MessageChannel,
  MessageEvent,
  MessagePort,
  isMarkedAsUntransferable,
  markAsUncloneable,
  markAsUntransferable,
  moveMessagePortToContext,
  receiveMessageOnPort,
};
