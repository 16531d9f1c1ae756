'use strict';

// The channel between a process and its child: messages, and sockets with them.
//
// A message that brings a handle is wrapped: { cmd: 'NODE_HANDLE', type, msg }. The receiver acknowledges it; until then
// everything else waits in a queue, because descriptors that arrive cannot be told apart.
//
// Binding contract (pipe_wrap.Pipe made with constants.IPC): onread(nread, buffer, handle?);
//   writeUtf8String(req, string, handle?), writeBuffer(req, buffer, handle?) -> errno; req.async when it is not done yet.

const EventEmitter = require('events');
const { codes: {
  ERR_INVALID_ARG_TYPE, ERR_INVALID_HANDLE_TYPE, ERR_IPC_CHANNEL_CLOSED, ERR_IPC_DISCONNECTED, ERR_MISSING_ARGS,
}, ErrnoException } = require('internal/errors');
const { validateObject } = require('internal/validators');
const { getSocketList } = require('internal/socket_list');

const kChannelHandle = Symbol('kChannelHandle');
const kPendingMessages = Symbol('kPendingMessages');
const kMaxQueuedBytes = 65536 * 2;
const kMaxRetransmissions = 3;
const kInternalPrefix = 'NODE_';

const kCodecs = {
  __proto__: null,
  // Lines.
  json: {
    encode: (message) => `${JSON.stringify(message)}\n`,
    * decode(state, buffer) {
      const { StringDecoder } = require('string_decoder');
      state.decoder ??= new StringDecoder('utf8');
      const parts = (state.rest + state.decoder.write(buffer)).split('\n');
      state.rest = parts.pop();
      for (const part of parts) if (part !== '') yield JSON.parse(part);
    },
  },
  // Structured clones with a length before each.
  advanced: {
    encode(message) {
      const { Buffer } = require('buffer');
      const body = require('v8').serialize(message);
      const head = Buffer.allocUnsafe(4);
      head.writeUInt32BE(body.length, 0);
      return Buffer.concat([head, body]);
    },
    * decode(state, buffer) {
      const { Buffer } = require('buffer');
      state.rest = state.rest === '' ? buffer : Buffer.concat([state.rest, buffer]);
      while (state.rest.length >= 4) {
        const size = state.rest.readUInt32BE(0);
        if (state.rest.length < size + 4) break;
        const body = state.rest.subarray(4, size + 4);
        state.rest = state.rest.subarray(size + 4);
        yield require('v8').deserialize(body);
      }
      if (state.rest.length === 0) state.rest = '';
    },
  },
};

// ---- Kinds of handles ------------------------------------------------------------------------------------------------

function nop() {}

const kConversions = {
  '__proto__': null,
  'net.Native': {
    send: (message, handle) => handle,
    got(message, handle, emit) {
      emit(handle);
    },
  },
  'net.Server': {
    send: (message, server) => server._handle,
    got(message, handle, emit) {
      const { Server } = require('net');
      const server = new Server();
      server.listen(handle, () => emit(server));
    },
  },
  'net.Socket': {
    send(message, socket, options) {
      if (!socket._handle) return undefined;
      // The server goes on counting the connection.
      if (socket.server) {
        message.key = socket.server._connectionKey;
        const isFirst = !this._channel.sockets?.send[message.key];
        const list = getSocketList('send', this, message.key);
        if (isFirst) socket.server._setupWorker(list);
        if (!options.keepOpen) socket.server._connections--;
      }
      const handle = socket._handle;
      // It is closed once it has arrived; until then nobody reads from it here.
      if (!options.keepOpen) {
        handle.onread = nop;
        handle.readStop?.();
        socket._handle = null;
        socket.setTimeout(0);
        const { _httpMessage, parser } = socket;
        if (parser) {
          const { freeParser } = require('_http_common');
          freeParser(parser, null, socket);
          if (_httpMessage) _httpMessage.detachSocket(socket);
        }
      }
      return handle;
    },
    postSend(message, handle, options, callback, target) {
      if (!handle || options.keepOpen) return;
      if (target) target._pendingMessage = { callback, message, handle, options, retransmissions: 0 };
      else handle.close();
    },
    got(message, handle, emit) {
      const { Socket } = require('net');
      const socket = new Socket({ handle, readable: true, writable: true });
      if (message.key) getSocketList('got', this, message.key).add({ socket });
      emit(socket);
    },
  },
  'dgram.Native': {
    send: (message, handle) => handle,
    got(message, handle, emit) {
      emit(handle);
    },
  },
  'dgram.Socket': {
    send(message, socket) {
      message.dgramType = socket.type;
      return socket[require('internal/dgram').kStateSymbol].handle;
    },
    got(message, handle, emit) {
      const { Socket } = require('dgram');
      const socket = new Socket(message.dgramType);
      socket.bind(handle, () => emit(socket));
    },
  },
};

function typeOfHandle(handle) {
  const net = require('net');
  if (handle instanceof net.Socket) return 'net.Socket';
  if (handle instanceof net.Server) return 'net.Server';
  if (handle instanceof internalBinding('tcp_wrap').TCP || handle instanceof internalBinding('pipe_wrap').Pipe) {
    return 'net.Native';
  }
  if (handle instanceof require('dgram').Socket) return 'dgram.Socket';
  if (handle instanceof internalBinding('udp_wrap').UDP) return 'dgram.Native';
  throw new ERR_INVALID_HANDLE_TYPE();
}

// ---- The channel -----------------------------------------------------------------------------------------------------

/** `process.channel` and `child.channel`. */
class Control extends EventEmitter {
  #channel;
  #refs = 0;
  #refExplicitlySet = false;

  constructor(channel) {
    super();
    this.#channel = channel;
    this[kPendingMessages] = [];
  }

  get fd() {
    return this.#channel?.fd;
  }

  hasRef() {
    return this.#channel?.hasRef() ?? false;
  }

  refCounted() {
    if (++this.#refs === 1 && !this.#refExplicitlySet) this.#channel?.ref();
  }

  unrefCounted() {
    if (--this.#refs === 0 && !this.#refExplicitlySet) {
      this.#channel?.unref();
      this.emit('unref');
    }
  }

  ref() {
    this.#refExplicitlySet = true;
    this.#channel?.ref();
  }

  unref() {
    this.#refExplicitlySet = true;
    this.#channel?.unref();
  }

  detach() {
    this.#channel = null;
  }
}

function isInternal(message) {
  return typeof message === 'object' && message !== null && typeof message.cmd === 'string' &&
    message.cmd.length > kInternalPrefix.length && message.cmd.startsWith(kInternalPrefix);
}

/** Closes a socket that was sent, now that it has arrived. */
function closePendingHandle(target) {
  target._pendingMessage.handle.close();
  target._pendingMessage = null;
}

/** Makes `target` (a ChildProcess, or `process`) talk over `channel`. `onClosed` is called when the channel is gone. */
function setupChannel(target, channel, serialization = 'json', onClosed = nop) {
  const control = new Control(channel);
  const codec = kCodecs[serialization];
  const state = { rest: '', decoder: undefined };
  let pendingHandle = null;
  // Told once, whichever side ends it.
  let isClosed = false;
  const closed = () => {
    if (isClosed) return;
    isClosed = true;
    onClosed();
  };
  target.channel = control;
  target._channel = channel;
  target._handleQueue = null;
  target._pendingMessage = null;
  target[kChannelHandle] = channel;
  target.connected = true;

  channel.onread = (nread, buffer, handle) => {
    if (nread > 0) {
      if (handle) pendingHandle = handle;
      for (const message of codec.decode(state, buffer)) {
        if (message !== null && message?.cmd === 'NODE_HANDLE') {
          const received = pendingHandle;
          pendingHandle = null;
          process.nextTick(receiveHandle, target, message, received, deliver);
        } else if (isInternal(message) && (message.cmd === 'NODE_HANDLE_ACK' || message.cmd === 'NODE_HANDLE_NACK')) {
          process.nextTick(acknowledged, target, message);
        } else {
          deliver(message, undefined);
        }
      }
      return;
    }
    // The other side is gone.
    channel.onread = nop;
    channel.readStop?.();
    if (target.connected) target.disconnect();
    channel.close();
    target._channel = null;
    target[kChannelHandle] = null;
    closed();
  };

  const deliver = (message, handle) => {
    if (!target.channel) return;
    process.nextTick(emit, isInternal(message) ? 'internalMessage' : 'message', message, handle);
  };
  const emit = (event, message, handle) => {
    if (event === 'internalMessage' || target.listenerCount('message') > 0) {
      target.emit(event, message, handle);
      return;
    }
    // Kept until the program listens.
    control[kPendingMessages].push([message, handle]);
  };
  target.on('newListener', (event) => {
    if (event !== 'message') return;
    process.nextTick(() => {
      if (target.listenerCount('message') === 0) return;
      for (const [message, handle] of control[kPendingMessages].splice(0)) target.emit('message', message, handle);
    });
  });

  target.send = function send(message, handle, options, callback) {
    if (typeof handle === 'function') {
      callback = handle;
      handle = undefined;
      options = undefined;
    } else if (typeof options === 'function') {
      callback = options;
      options = undefined;
    } else if (options !== undefined) {
      validateObject(options, 'options');
    }
    options = { swallowErrors: false, ...options };
    if (this.connected) return this._send(message, handle, options, callback);
    const error = new ERR_IPC_CHANNEL_CLOSED();
    if (typeof callback === 'function') process.nextTick(callback, error);
    else process.nextTick(() => this.emit('error', error));
    return false;
  };

  target._send = function _send(message, handle, options, callback) {
    if (!this._channel) {
      const error = new ERR_IPC_CHANNEL_CLOSED();
      if (typeof callback === 'function') process.nextTick(callback, error);
      return false;
    }
    if (message === undefined) throw new ERR_MISSING_ARGS('message');
    if (!['string', 'object', 'number', 'boolean'].includes(typeof message)) {
      throw new ERR_INVALID_ARG_TYPE('message', ['string', 'object', 'number', 'boolean'], message);
    }
    if (typeof options === 'boolean') options = { swallowErrors: options };
    options ??= {};

    let conversion;
    if (handle) {
      message = { cmd: 'NODE_HANDLE', type: typeOfHandle(handle), msg: message };
      if (this._handleQueue) {
        this._handleQueue.push({ callback, handle, options, message: message.msg });
        return this._handleQueue.length === 1;
      }
      conversion = kConversions[message.type];
      handle = Reflect.apply(conversion.send, this, [message, handle, options]);
      // A socket that has been closed: the message goes without it.
      if (!handle) message = message.msg;
    } else if (this._handleQueue && message?.cmd !== 'NODE_HANDLE_ACK' && message?.cmd !== 'NODE_HANDLE_NACK') {
      this._handleQueue.push({ callback, handle: null, options, message });
      return this._handleQueue.length === 1;
    }

    const { WriteWrap } = internalBinding('stream_wrap');
    const request = new WriteWrap();
    const data = codec.encode(message);
    const status = typeof data === 'string' ?
      channel.writeUtf8String(request, data, handle || undefined) :
      channel.writeBuffer(request, data, handle || undefined);
    const done = typeof callback === 'function' ? callback : undefined;
    if (status !== 0) {
      conversion?.postSend?.(message, handle, options, callback);
      if (!options.swallowErrors) {
        const error = new ErrnoException(status, 'write');
        if (done) process.nextTick(done, error);
        else process.nextTick(() => this.emit('error', error));
      }
      return false;
    }
    if (handle) {
      this._handleQueue ??= [];
      conversion.postSend?.(message, handle, options, callback, this);
    }
    if (request.async) {
      control.refCounted();
      request.oncomplete = () => {
        control.unrefCounted();
        done?.(null);
      };
    } else if (done) {
      process.nextTick(done, null);
    }
    return channel.writeQueueSize < kMaxQueuedBytes;
  };

  target.disconnect = function disconnect() {
    if (!this.connected) {
      this.emit('error', new ERR_IPC_DISCONNECTED());
      return;
    }
    this.connected = false;
    // What is queued goes first.
    if (!this._handleQueue) this._disconnect();
  };

  let finished = false;
  const finish = () => {
    if (finished) return;
    finished = true;
    channel.onread = nop;
    channel.readStop?.();
    channel.close();
    target._channel = null;
    target[kChannelHandle] = null;
    control.detach();
    closed();
    target.emit('disconnect');
  };
  target._disconnect = function _disconnect() {
    this.connected = false;
    this.channel = null;
    process.nextTick(finish);
  };

  channel.readStart();
  return control;
}

/** A message with a handle has come. */
function receiveHandle(target, message, handle, deliver) {
  // The system may have refused it: too many open files.
  if (!handle) {
    target._send({ cmd: 'NODE_HANDLE_NACK' }, null, true);
    return;
  }
  target._send({ cmd: 'NODE_HANDLE_ACK' }, null, true);
  Reflect.apply(kConversions[message.type].got, target, [message, handle, (object) => deliver(message.msg, object)]);
}

/** The handle sent last has come to the other side, or not. */
function acknowledged(target, message) {
  const pending = target._pendingMessage;
  if (pending) {
    if (message.cmd === 'NODE_HANDLE_ACK') {
      closePendingHandle(target);
    } else if (pending.retransmissions++ === kMaxRetransmissions) {
      closePendingHandle(target);
      process.emitWarning('Handle did not reach the receiving process correctly', 'SentHandleNotReceivedWarning');
    }
  }
  const queue = target._handleQueue ?? [];
  target._handleQueue = null;
  if (target._pendingMessage) {
    const again = target._pendingMessage;
    resend(target, again);
  }
  for (const item of queue) target._send(item.message, item.handle, item.options, item.callback);
  // disconnect() has waited for this.
  if (!target.connected && target.channel && !target._handleQueue) target._disconnect();
}

function resend(target, { message, handle, options, callback }) {
  const { retransmissions } = target._pendingMessage;
  target._pendingMessage = null;
  target._send(message.msg, handle, options, callback);
  if (target._pendingMessage) target._pendingMessage.retransmissions = retransmissions;
  else target._pendingMessage = { message, handle, options, callback, retransmissions };
}

module.exports = { kChannelHandle, setupChannel };
