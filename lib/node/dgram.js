'use strict';
// node:dgram
//
// Binding contract: internalBinding('udp_wrap') {UDP, SendWrap, constants: {UV_UDP_IPV6ONLY, UV_UDP_REUSEADDR,
//   UV_UDP_REUSEPORT}}
//   new UDP(); bind(address, port, flags), bind6(…), open(fd), connect(address, port), connect6(…), disconnect(),
//   send(req, list, count, port, address, hasCallback) | send(req, list, count, hasCallback) when connected,
//   send6(…) -> negative errno | 0 pending | bytes + 1 sent at once; recvStart(), recvStop(), close(callback),
//   ref(), unref(), getsockname(out), getpeername(out), setBroadcast(on), setTTL(n), setMulticastTTL(n),
//   setMulticastLoopback(on), setMulticastInterface(address), addMembership(group, interface),
//   dropMembership(…), addSourceSpecificMembership(source, group, interface), dropSourceSpecificMembership(…),
//   bufferSize(size, isReceive, ctx) -> size | undefined with ctx filled, getSendQueueSize(), getSendQueueCount(), fd
//   handle.onmessage(nread, handle, Buffer | undefined, {address, family, port, size}),
//   handle.onerror(nread, handle, error); req.oncomplete(err, bytesSent)

const EventEmitter = require('events');
const { Buffer } = require('buffer');
const { kStateSymbol, newHandle } = require('internal/dgram');
const { SendWrap, constants: { UV_UDP_IPV6ONLY, UV_UDP_REUSEADDR, UV_UDP_REUSEPORT } } =
  internalBinding('udp_wrap');
const { owner_symbol } = internalBinding('symbols');
const {
  ErrnoException,
  ExceptionWithHostPort,
  codes: {
    ERR_BUFFER_OUT_OF_BOUNDS, ERR_INVALID_ARG_TYPE, ERR_INVALID_FD_TYPE, ERR_IP_BLOCKED, ERR_MISSING_ARGS,
    ERR_SOCKET_ALREADY_BOUND, ERR_SOCKET_BAD_BUFFER_SIZE, ERR_SOCKET_BUFFER_SIZE, ERR_SOCKET_DGRAM_IS_CONNECTED,
    ERR_SOCKET_DGRAM_NOT_CONNECTED, ERR_SOCKET_DGRAM_NOT_RUNNING,
  },
} = require('internal/errors');
const { isArrayBufferView } = require('internal/util/types');
const { validateAbortSignal, validateNumber, validatePort, validateString, validateUint32 } =
  require('internal/validators');
const { guessHandleType } = require('internal/util');

const BIND_STATE_UNBOUND = 0;
const BIND_STATE_BINDING = 1;
const BIND_STATE_BOUND = 2;
const CONNECT_STATE_DISCONNECTED = 0;
const CONNECT_STATE_CONNECTING = 1;
const CONNECT_STATE_CONNECTED = 2;
const RECV_BUFFER = true;
const SEND_BUFFER = false;

function Socket(type, listener) {
  EventEmitter.call(this);
  let lookup;
  let recvBufferSize;
  let sendBufferSize;
  let options;
  if (type !== null && typeof type === 'object') {
    options = type;
    ({ type, lookup, recvBufferSize, sendBufferSize } = options);
    if (recvBufferSize) validateUint32(recvBufferSize, 'options.recvBufferSize');
    if (sendBufferSize) validateUint32(sendBufferSize, 'options.sendBufferSize');
  }
  const handle = newHandle(type, lookup);
  handle[owner_symbol] = this;
  this.type = type;
  if (typeof listener === 'function') this.on('message', listener);

  this[kStateSymbol] = {
    handle,
    receiving: false,
    bindState: BIND_STATE_UNBOUND,
    connectState: CONNECT_STATE_DISCONNECTED,
    queue: undefined,
    reuseAddr: options?.reuseAddr,
    reusePort: options?.reusePort,
    ipv6Only: options?.ipv6Only,
    recvBufferSize,
    sendBufferSize,
    receiveBlockList: options?.receiveBlockList,
    sendBlockList: options?.sendBlockList,
  };

  const { channel } = require('diagnostics_channel');
  const created = channel('udp.socket');
  if (created.hasSubscribers) created.publish({ socket: this });

  const signal = options?.signal;
  if (signal !== undefined) {
    validateAbortSignal(signal, 'options.signal');
    const onAborted = () => {
      if (this[kStateSymbol].handle) this.close();
    };
    if (signal.aborted) {
      process.nextTick(onAborted);
    } else {
      const { addAbortListener } = require('internal/events/abort_listener');
      const disposable = addAbortListener(signal, onAborted);
      this.once('close', disposable[Symbol.dispose]);
    }
  }
}
Object.setPrototypeOf(Socket.prototype, EventEmitter.prototype);
Object.setPrototypeOf(Socket, EventEmitter);

function createSocket(type, listener) {
  return new Socket(type, listener);
}

function healthCheck(socket) {
  if (!socket[kStateSymbol].handle) throw new ERR_SOCKET_DGRAM_NOT_RUNNING();
}

function startListening(socket) {
  const state = socket[kStateSymbol];
  state.handle.onmessage = onMessage;
  state.handle.onerror = onError;
  state.handle.recvStart();
  state.receiving = true;
  state.bindState = BIND_STATE_BOUND;
  if (state.recvBufferSize) bufferSize(socket, state.recvBufferSize, RECV_BUFFER);
  if (state.sendBufferSize) bufferSize(socket, state.sendBufferSize, SEND_BUFFER);
  socket.emit('listening');
}

function bufferSize(self, size, buffer) {
  if (size >>> 0 !== size) throw new ERR_SOCKET_BAD_BUFFER_SIZE();
  const ctx = {};
  const result = self[kStateSymbol].handle.bufferSize(size, buffer, ctx);
  if (result === undefined) throw new ERR_SOCKET_BUFFER_SIZE(ctx);
  return result;
}

/** Gives the socket another handle. */
function replaceHandle(self, handle) {
  const state = self[kStateSymbol];
  const old = state.handle;
  handle.lookup = old.lookup;
  handle.bind = old.bind;
  handle.connect = old.connect;
  handle.send = old.send;
  handle[owner_symbol] = self;
  old.close();
  state.handle = handle;
  // It may be connected already.
  const peer = {};
  if (handle.getpeername(peer) === 0) state.connectState = CONNECT_STATE_CONNECTED;
}

/** The primary of the cluster binds, and all workers use the socket. */
function bindInCluster(self, options) {
  const state = self[kStateSymbol];
  const cluster = require('cluster');
  cluster._getServer(self, options, (error, handle) => {
    if (error) {
      self.emit('error', new ExceptionWithHostPort(error, 'bind', options.address, options.port));
      state.bindState = BIND_STATE_UNBOUND;
      return;
    }
    // Closed meanwhile.
    if (!state.handle) {
      handle.close();
      return;
    }
    replaceHandle(self, handle);
    startListening(self);
  });
}

Socket.prototype.bind = function(port_, address_, ...rest) {
  let port = port_;
  healthCheck(this);
  const state = this[kStateSymbol];
  if (state.bindState !== BIND_STATE_UNBOUND) throw new ERR_SOCKET_ALREADY_BOUND();
  state.bindState = BIND_STATE_BINDING;

  const cb = rest.length > 0 ? rest[rest.length - 1] : typeof address_ === 'function' ? address_ : port_;
  if (typeof cb === 'function') {
    const onListening = () => {
      this.removeListener('error', removeListeners);
      cb.call(this);
    };
    const removeListeners = () => {
      this.removeListener('error', removeListeners);
      this.removeListener('listening', onListening);
    };
    this.on('error', removeListeners);
    this.once('listening', onListening);
  }

  if (port !== null && typeof port === 'object' && Number.isInteger(port.fd) && port.fd >= 0) {
    const { fd } = port;
    const type = guessHandleType(fd);
    if (type !== 'UDP') throw new ERR_INVALID_FD_TYPE(type);
    const err = state.handle.open(fd);
    if (err) throw new ErrnoException(err, 'open');
    startListening(this);
    return this;
  }

  // A handle that has come from another process.
  if (port !== null && typeof port === 'object' && typeof port.recvStart === 'function') {
    replaceHandle(this, port);
    startListening(this);
    return this;
  }

  let address;
  let exclusive = state.reusePort;
  if (port !== null && typeof port === 'object') {
    address = port.address || '';
    exclusive ||= !!port.exclusive;
    ({ port } = port);
  } else {
    address = typeof address_ === 'function' ? '' : address_;
  }
  address ||= this.type === 'udp4' ? '0.0.0.0' : '::';

  state.handle.lookup(address, (err, ip) => {
    if (!state.handle) return; // Closed meanwhile.
    if (err) {
      state.bindState = BIND_STATE_UNBOUND;
      this.emit('error', err);
      return;
    }
    let flags = 0;
    if (state.reuseAddr) flags |= UV_UDP_REUSEADDR;
    if (state.ipv6Only) flags |= UV_UDP_IPV6ONLY;
    if (state.reusePort) flags |= UV_UDP_REUSEPORT;
    if (!exclusive && require('internal/cluster/role').isWorker) {
      bindInCluster(this, { address: ip, port: port || 0, addressType: this.type, fd: -1, flags });
      return;
    }
    const error = state.handle.bind(ip, port || 0, flags);
    if (error) {
      this.emit('error', new ExceptionWithHostPort(error, 'bind', ip, port));
      state.bindState = BIND_STATE_UNBOUND;
      return;
    }
    startListening(this);
  });
  return this;
};

Socket.prototype.connect = function(port, address, callback) {
  port = validatePort(port, 'Port', false);
  if (typeof address === 'function') {
    callback = address;
    address = '';
  } else if (address === undefined) {
    address = '';
  }
  validateString(address, 'address');
  const state = this[kStateSymbol];
  if (state.connectState !== CONNECT_STATE_DISCONNECTED) throw new ERR_SOCKET_DGRAM_IS_CONNECTED();
  state.connectState = CONNECT_STATE_CONNECTING;
  if (state.bindState === BIND_STATE_UNBOUND) this.bind({ port: 0, exclusive: true }, null);

  const connect = () => {
    if (callback) this.once('connect', callback);
    state.handle.lookup(address, (ex, ip) => {
      if (!state.handle) return;
      let err = ex;
      if (!err && state.sendBlockList?.check(ip, `ipv${this.type === 'udp4' ? 4 : 6}`)) err = new ERR_IP_BLOCKED(ip);
      if (!err) {
        const code = state.handle.connect(ip, port);
        if (code) err = new ExceptionWithHostPort(code, 'connect', address, port);
      }
      if (err) {
        state.connectState = CONNECT_STATE_DISCONNECTED;
        process.nextTick(() => {
          if (callback) {
            this.removeListener('connect', callback);
            callback(err);
          } else {
            this.emit('error', err);
          }
        });
        return;
      }
      state.connectState = CONNECT_STATE_CONNECTED;
      process.nextTick(() => this.emit('connect'));
    });
  };
  if (state.bindState !== BIND_STATE_BOUND) enqueue(this, connect);
  else connect();
};

Socket.prototype.disconnect = function() {
  const state = this[kStateSymbol];
  if (state.connectState !== CONNECT_STATE_CONNECTED) throw new ERR_SOCKET_DGRAM_NOT_CONNECTED();
  const err = state.handle.disconnect();
  if (err) throw new ErrnoException(err, 'connect');
  state.connectState = CONNECT_STATE_DISCONNECTED;
};

Socket.prototype.sendto = function(buffer, offset, length, port, address, callback) {
  validateNumber(offset, 'offset');
  validateNumber(length, 'length');
  validateNumber(port, 'port');
  validateString(address, 'address');
  this.send(buffer, offset, length, port, address, callback);
};

function sliceBuffer(buffer, offset, length) {
  if (typeof buffer === 'string') buffer = Buffer.from(buffer);
  else if (!isArrayBufferView(buffer)) {
    throw new ERR_INVALID_ARG_TYPE('buffer', ['Buffer', 'TypedArray', 'DataView', 'string'], buffer);
  }
  offset >>>= 0;
  length >>>= 0;
  if (offset > buffer.byteLength) throw new ERR_BUFFER_OUT_OF_BOUNDS('offset');
  if (offset + length > buffer.byteLength) throw new ERR_BUFFER_OUT_OF_BOUNDS('length');
  return Buffer.from(buffer.buffer, buffer.byteOffset + offset, length);
}

/** Every part as bytes, or null when one is neither text nor a view. */
function toList(buffers) {
  const list = [];
  for (const buffer of buffers) {
    if (typeof buffer === 'string') list.push(Buffer.from(buffer));
    else if (isArrayBufferView(buffer)) list.push(Buffer.from(buffer.buffer, buffer.byteOffset, buffer.byteLength));
    else return null;
  }
  return list;
}

/** Calls `work` once the socket is bound. */
function enqueue(self, work) {
  const state = self[kStateSymbol];
  if (state.queue === undefined) {
    state.queue = [];
    const onError = () => {
      self.removeListener('listening', onListening);
      state.queue = undefined;
    };
    const onListening = () => {
      self.removeListener('error', onError);
      const { queue } = state;
      state.queue = undefined;
      for (const each of queue) each();
    };
    self.once('error', onError);
    self.once('listening', onListening);
  }
  state.queue.push(work);
}

// send(buffer, offset, length, port, address, callback), send(bufferOrList, port, address, callback), and both
// without port and address on connected sockets.
Socket.prototype.send = function(buffer, offset, length, port, address, callback) {
  let list;
  const state = this[kStateSymbol];
  const connected = state.connectState === CONNECT_STATE_CONNECTED;
  if (!connected) {
    if (address || (port && typeof port !== 'function')) {
      buffer = sliceBuffer(buffer, offset, length);
    } else {
      callback = port;
      port = offset;
      address = length;
    }
  } else {
    if (typeof length === 'number') {
      buffer = sliceBuffer(buffer, offset, length);
      if (typeof port === 'function') {
        callback = port;
        port = null;
      }
    } else {
      callback = offset;
    }
    if (port || address) throw new ERR_SOCKET_DGRAM_IS_CONNECTED();
  }

  if (!Array.isArray(buffer)) {
    if (typeof buffer === 'string') {
      list = [Buffer.from(buffer)];
    } else if (!isArrayBufferView(buffer)) {
      throw new ERR_INVALID_ARG_TYPE('buffer', ['Buffer', 'TypedArray', 'DataView', 'string'], buffer);
    } else {
      list = [Buffer.from(buffer.buffer, buffer.byteOffset, buffer.byteLength)];
    }
  } else if ((list = toList(buffer)) === null) {
    throw new ERR_INVALID_ARG_TYPE('buffer list arguments', ['Buffer', 'TypedArray', 'DataView', 'string'], buffer);
  }
  if (!connected) port = validatePort(port, 'Port', false);

  // Called without a callback, errors go to the 'error' event.
  if (typeof callback !== 'function') callback = undefined;
  if (typeof address === 'function') {
    callback = address;
    address = undefined;
  } else if (address != null) {
    validateString(address, 'address');
  }

  healthCheck(this);
  if (state.bindState === BIND_STATE_UNBOUND) this.bind({ port: 0, exclusive: true }, null);
  if (list.length === 0) list.push(Buffer.alloc(0));

  if (state.bindState !== BIND_STATE_BOUND) {
    enqueue(this, () => this.send(list, ...(connected ? [callback] : [port, address, callback])));
    return;
  }

  const afterDns = (err, ip) => doSend(err, this, ip, list, address, port, callback);
  if (!connected) state.handle.lookup(address, afterDns);
  else afterDns(null, null);
};

function doSend(ex, self, ip, list, address, port, callback) {
  const state = self[kStateSymbol];
  if (ex) {
    if (typeof callback === 'function') process.nextTick(callback, ex);
    else process.nextTick(() => self.emit('error', ex));
    return;
  }
  if (!state.handle) return;
  if (ip && state.sendBlockList?.check(ip, `ipv${self.type === 'udp4' ? 4 : 6}`)) {
    if (callback) process.nextTick(callback, new ERR_IP_BLOCKED(ip));
    return;
  }

  const req = new SendWrap();
  req.list = list; // Kept alive while it is sent.
  req.address = address;
  req.port = port;
  if (callback) {
    req.callback = callback;
    req.oncomplete = afterSend;
  }
  const err = port ?
    state.handle.send(req, list, list.length, port, ip, !!callback) :
    state.handle.send(req, list, list.length, !!callback);
  if (err >= 1) {
    // Sent at once.
    if (callback) process.nextTick(callback, null, err - 1);
    return;
  }
  if (err && callback) {
    process.nextTick(callback, new ExceptionWithHostPort(err, 'send', address, port));
  }
}

function afterSend(err, sent) {
  if (err) err = new ExceptionWithHostPort(err, 'send', this.address, this.port);
  else err = null;
  this.callback(err, sent);
}

Socket.prototype.close = function(callback) {
  const state = this[kStateSymbol];
  if (typeof callback === 'function') this.on('close', callback);
  if (state.queue !== undefined) {
    state.queue.push(() => this.close());
    return this;
  }
  healthCheck(this);
  stopReceiving(this);
  state.handle.close();
  state.handle = null;
  process.nextTick(() => this.emit('close'));
  return this;
};

Socket.prototype[Symbol.asyncDispose] = async function() {
  if (!this[kStateSymbol].handle) return;
  await new Promise((resolve) => {
    this.close(resolve);
  });
};

function stopReceiving(socket) {
  const state = socket[kStateSymbol];
  if (!state.receiving) return;
  state.handle.recvStop();
  state.receiving = false;
}

Socket.prototype.address = function() {
  healthCheck(this);
  const out = {};
  const err = this[kStateSymbol].handle.getsockname(out);
  if (err) throw new ErrnoException(err, 'getsockname');
  return out;
};

Socket.prototype.remoteAddress = function() {
  healthCheck(this);
  const state = this[kStateSymbol];
  if (state.connectState !== CONNECT_STATE_CONNECTED) throw new ERR_SOCKET_DGRAM_NOT_CONNECTED();
  const out = {};
  const err = state.handle.getpeername(out);
  if (err) throw new ErrnoException(err, 'getpeername');
  return out;
};

/** Options of the system that are one call each. */
function defineOption(name, validate, result) {
  Socket.prototype[name] = {
    [name](...args) {
      validate?.(...args);
      healthCheck(this);
      const err = this[kStateSymbol].handle[name](...args.slice(0, validate?.length ?? args.length));
      if (err) throw new ErrnoException(err, name);
      return result?.(...args);
    },
  }[name];
}

Socket.prototype.setBroadcast = function(flag) {
  const err = this[kStateSymbol].handle.setBroadcast(flag ? 1 : 0);
  if (err) throw new ErrnoException(err, 'setBroadcast');
};
Socket.prototype.setMulticastLoopback = function(flag) {
  healthCheck(this);
  const err = this[kStateSymbol].handle.setMulticastLoopback(flag ? 1 : 0);
  if (err) throw new ErrnoException(err, 'setMulticastLoopback');
  return flag; // 0.4 compatibility
};
defineOption('setTTL', (ttl) => validateNumber(ttl, 'ttl'), (ttl) => ttl);
defineOption('setMulticastTTL', (ttl) => validateNumber(ttl, 'ttl'), (ttl) => ttl);
defineOption('setMulticastInterface', (interfaceAddress) => validateString(interfaceAddress, 'interfaceAddress'));

for (const name of ['addMembership', 'dropMembership']) {
  Socket.prototype[name] = {
    [name](multicastAddress, interfaceAddress) {
      if (name === 'addMembership') healthCheck(this);
      if (!multicastAddress) throw new ERR_MISSING_ARGS('multicastAddress');
      healthCheck(this);
      // Joining needs a bound socket.
      const state = this[kStateSymbol];
      if (name === 'addMembership' && state.bindState === BIND_STATE_UNBOUND) {
        this.bind({ port: 0, exclusive: true }, null);
      }
      const err = state.handle[name](multicastAddress, interfaceAddress);
      if (err) throw new ErrnoException(err, name);
    },
  }[name];
}
for (const name of ['addSourceSpecificMembership', 'dropSourceSpecificMembership']) {
  Socket.prototype[name] = {
    [name](sourceAddress, groupAddress, interfaceAddress) {
      validateString(sourceAddress, 'sourceAddress');
      validateString(groupAddress, 'groupAddress');
      healthCheck(this);
      const state = this[kStateSymbol];
      if (name[0] === 'a' && state.bindState === BIND_STATE_UNBOUND) this.bind({ port: 0, exclusive: true }, null);
      const err = state.handle[name](sourceAddress, groupAddress, interfaceAddress);
      if (err) throw new ErrnoException(err, name);
    },
  }[name];
}

function onMessage(nread, handle, buf, rinfo) {
  const self = handle[owner_symbol];
  if (nread < 0) {
    self.emit('error', new ErrnoException(nread, 'recvmsg'));
    return;
  }
  if (self[kStateSymbol].receiveBlockList?.check(rinfo.address, rinfo.family.toLowerCase())) return;
  rinfo.size = buf.length;
  self.emit('message', buf, rinfo);
}

function onError(nread, handle, error) {
  handle[owner_symbol].emit('error', error);
}

Socket.prototype.ref = function() {
  this[kStateSymbol].handle?.ref();
  return this;
};
Socket.prototype.unref = function() {
  this[kStateSymbol].handle?.unref();
  return this;
};
Socket.prototype.setRecvBufferSize = function(size) {
  bufferSize(this, size, RECV_BUFFER);
};
Socket.prototype.setSendBufferSize = function(size) {
  bufferSize(this, size, SEND_BUFFER);
};
Socket.prototype.getRecvBufferSize = function() {
  return bufferSize(this, 0, RECV_BUFFER);
};
Socket.prototype.getSendBufferSize = function() {
  return bufferSize(this, 0, SEND_BUFFER);
};
Socket.prototype.getSendQueueSize = function() {
  return this[kStateSymbol].handle.getSendQueueSize();
};
Socket.prototype.getSendQueueCount = function() {
  return this[kStateSymbol].handle.getSendQueueCount();
};

module.exports = { createSocket, Socket };
