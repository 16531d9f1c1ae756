'use strict';
// node:net
//
// Binding contract: internalBinding('tcp_wrap') {TCP, TCPConnectWrap, constants: {SOCKET, SERVER, UV_TCP_IPV6ONLY,
//   UV_TCP_REUSEPORT}}, internalBinding('pipe_wrap') {Pipe, PipeConnectWrap, constants: {SOCKET, SERVER, IPC,
//   UV_READABLE, UV_WRITABLE}}, internalBinding('stream_wrap') {ShutdownWrap}
//   new TCP(type) | new Pipe(type); handle.readStart(), readStop(), shutdown(req), close(callback), reset(callback),
//   ref(), unref(), open(fd), bind(address, port, flags), bind6(address, port, flags), bind(path), listen(backlog),
//   connect(req, address, port), connect6(req, address, port), connect(req, path), setNoDelay(on),
//   setKeepAlive(on, seconds), getsockname(out), getpeername(out), fchmod(mode), setTypeOfService(tos),
//   getTypeOfService(), useUserBuffer(view): reads go to that memory and onread gets no Buffer; fd, bytesRead, bytesWritten, writeQueueSize, isStreamBase, reading (a plain property of ours);
//   results are 0 or a negative errno. handle.onconnection(status, clientHandle),
//   req.oncomplete(status, handle, req, readable, writable) for connects, (status) for shutdown.
// internalBinding('uv') error numbers; internalBinding('util').guessHandleType(fd); internalBinding('symbols').owner_symbol

const EventEmitter = require('events');
const stream = require('stream');
const {
  isIP, isIPv4, isIPv6, normalizedArgsSymbol, makeSyncWrite,
  kReinitializeHandle, kSetNoDelay, kSetKeepAlive, kSetKeepAliveInitialDelay,
} = require('internal/net');
const {
  UV_EADDRINUSE, UV_EINVAL, UV_ENOTCONN, UV_ECANCELED, UV_ETIMEDOUT,
} = internalBinding('uv');
const { ShutdownWrap } = internalBinding('stream_wrap');
const { TCP, TCPConnectWrap, constants: TCPConstants } = internalBinding('tcp_wrap');
const { Pipe, PipeConnectWrap, constants: PipeConstants } = internalBinding('pipe_wrap');
const { owner_symbol } = internalBinding('symbols');
const { kTimeout } = require('internal/timers');
const {
  writevGeneric, writeGeneric, onStreamRead, kAfterAsyncWrite, kHandle, kUpdateTimer, setStreamTimeout,
  kBuffer, kBufferCb, kBufferGen, kWriteDirect, callWrite, takeRequest, releaseRequest,
} = require('internal/stream_base_commons');
const {
  NodeAggregateError,
  ErrnoException,
  ExceptionWithHostPort,
  UVExceptionWithHostPort,
  genericNodeError,
  codes: {
    ERR_INVALID_ADDRESS_FAMILY,
    ERR_INVALID_ARG_TYPE,
    ERR_INVALID_ARG_VALUE,
    ERR_INVALID_FD_TYPE,
    ERR_INVALID_HANDLE_TYPE,
    ERR_INVALID_IP_ADDRESS,
    ERR_IP_BLOCKED,
    ERR_MISSING_ARGS,
    ERR_SERVER_ALREADY_LISTEN,
    ERR_SERVER_NOT_RUNNING,
    ERR_SOCKET_CLOSED,
    ERR_SOCKET_CLOSED_BEFORE_CONNECTION,
    ERR_SOCKET_CONNECTION_TIMEOUT,
  },
} = require('internal/errors');
const { isUint8Array } = require('internal/util/types');
const { beginSpan, endSpan } = require('internal/perf/spans');
const { lazyChannel, lazyTracingChannel } = require('internal/channels');
const {
  validateAbortSignal, validateBoolean, validateFunction, validateInt32, validateNumber, validatePort,
  validateString, validateInteger,
} = require('internal/validators');
const { guessHandleType } = require('internal/util');
const { getDefaultHighWaterMark } = require('internal/streams/state');

const noop = () => {};

const kLastWriteQueueSize = Symbol('lastWriteQueueSize');
const kBytesRead = Symbol('kBytesRead');
const kBytesWritten = Symbol('kBytesWritten');
const kSetTOS = Symbol('kSetTOS');
const DEFAULT_IPV4_ADDR = '0.0.0.0';
const DEFAULT_IPV6_ADDR = '::';

let autoSelectFamilyDefault;
let autoSelectFamilyAttemptTimeoutDefault;
let dns;

function optionDefault(name, fallback) {
  const { getOptionValue } = require('internal/options');
  return getOptionValue(name) ?? fallback;
}

function getDefaultAutoSelectFamily() {
  return autoSelectFamilyDefault ??= optionDefault('--network-family-autoselection', true);
}

function setDefaultAutoSelectFamily(value) {
  validateBoolean(value, 'value');
  autoSelectFamilyDefault = value;
}

function getDefaultAutoSelectFamilyAttemptTimeout() {
  return autoSelectFamilyAttemptTimeoutDefault ??=
    optionDefault('--network-family-autoselection-attempt-timeout', 500);
}

function setDefaultAutoSelectFamilyAttemptTimeout(value) {
  validateInt32(value, 'value', 1);
  // Shorter attempts would give up on ordinary networks.
  autoSelectFamilyAttemptTimeoutDefault = Math.max(value, 10);
}

function getFlags(options) {
  let flags = 0;
  if (options.ipv6Only === true) flags |= TCPConstants.UV_TCP_IPV6ONLY;
  if (options.reusePort === true) flags |= TCPConstants.UV_TCP_REUSEPORT;
  return flags;
}

function createHandle(fd, isServer) {
  validateInt32(fd, 'fd', 0);
  const type = guessHandleType(fd);
  if (type === 'PIPE') return new Pipe(isServer ? PipeConstants.SERVER : PipeConstants.SOCKET);
  if (type === 'TCP') return new TCP(isServer ? TCPConstants.SERVER : TCPConstants.SOCKET);
  throw new ERR_INVALID_FD_TYPE(type);
}

function isPipeName(s) {
  return typeof s === 'string' && toNumber(s) === false;
}

function toNumber(x) {
  return (x = Number(x)) >= 0 ? x : false;
}

function createServer(options, connectionListener) {
  return new Server(options, connectionListener);
}

function connect(...args) {
  const normalized = normalizeArgs(args);
  const options = normalized[0];
  const socket = new Socket(options);
  if (options.timeout) socket.setTimeout(options.timeout);
  return socket.connect(normalized);
}

/** Brings (port, host, cb), (path, cb) and (options, cb) to [options, cb]. */
function normalizeArgs(args) {
  let arr;
  if (args.length === 0) {
    arr = [{}, null];
    arr[normalizedArgsSymbol] = true;
    return arr;
  }
  const arg0 = args[0];
  let options = {};
  if (typeof arg0 === 'object' && arg0 !== null) {
    options = arg0;
  } else if (isPipeName(arg0)) {
    options.path = arg0;
  } else {
    options.port = arg0;
    if (args.length > 1 && typeof args[1] === 'string') options.host = args[1];
  }
  const cb = args[args.length - 1];
  arr = typeof cb !== 'function' ? [options, null] : [options, cb];
  arr[normalizedArgsSymbol] = true;
  return arr;
}

/** Called when the handle is a new one: wires it to its socket. */
function initSocketHandle(self) {
  self._undestroy();
  self._sockname = null;
  const handle = self[kHandle];
  if (handle) {
    handle[owner_symbol] = self;
    handle.onread = onStreamRead;
    if (self[kBuffer] !== null) handle.useUserBuffer(self[kBuffer]);
  }
}

// ---- Socket --------------------------------------------------------------------------------------

/** The options of the Duplex below; one object per accepted connection would be waste. */
function duplexOptions(options) {
  return {
    ...options,
    // Streams over handles destroy themselves and decode nothing.
    emitClose: false,
    autoDestroy: true,
    decodeStrings: false,
  };
}

function Socket(options) {
  if (!(this instanceof Socket)) return new Socket(options);
  if (options?.objectMode) {
    throw new ERR_INVALID_ARG_VALUE('options.objectMode', options.objectMode, 'is not supported');
  } else if (options?.readableObjectMode || options?.writableObjectMode) {
    throw new ERR_INVALID_ARG_VALUE(
      `options.${options.readableObjectMode ? 'readableObjectMode' : 'writableObjectMode'}`,
      options.readableObjectMode || options.writableObjectMode, 'is not supported');
  }
  if (options?.keepAliveInitialDelay !== undefined) {
    validateNumber(options.keepAliveInitialDelay, 'options.keepAliveInitialDelay');
    if (options.keepAliveInitialDelay < 0) options.keepAliveInitialDelay = 0;
  }
  if (options?.blockList) this.blockList = checkBlockList(options.blockList);

  this.connecting = false;
  this._hadError = false;
  this[kHandle] = null;
  this._parent = null;
  this._host = null;
  this[kLastWriteQueueSize] = 0;
  this[kTimeout] = null;
  this[kBuffer] = null;
  this[kBufferCb] = null;
  this[kBufferGen] = null;
  this._closeAfterHandlingError = false;
  this[kSetNoDelay] = false;
  this[kSetKeepAlive] = false;
  this[kSetKeepAliveInitialDelay] = 0;
  this[kSetTOS] = undefined;
  this[kBytesRead] = 0;
  this[kBytesWritten] = 0;
  this._sockname = null;
  this._pendingData = null;
  this._pendingEncoding = '';
  this.server = null;
  this._server = null;

  if (typeof options === 'number') options = { fd: options };
  else options = duplexOptions(options);
  if (options.signal !== undefined) validateAbortSignal(options.signal, 'options.signal');
  if (options.fd !== undefined && options.emitClose === undefined) options = duplexOptions(options);
  options.allowHalfOpen = Boolean(options.allowHalfOpen);

  const { allowHalfOpen } = options;
  // The end of the readable half is seen to by onReadableStreamEnd.
  options.allowHalfOpen = true;
  stream.Duplex.call(this, options);
  this.allowHalfOpen = allowHalfOpen;

  if (options.handle) {
    this[kHandle] = options.handle;
  } else if (options.fd !== undefined) {
    const { fd } = options;
    this[kHandle] = createHandle(fd, false);
    const err = this[kHandle].open(fd);
    if (err) throw new ErrnoException(err, 'open');

    if ((fd === 1 || fd === 2) && this[kHandle] instanceof Pipe && process.platform === 'win32') {
      const blocking = this[kHandle].setBlocking(true);
      if (blocking) throw new ErrnoException(blocking, 'setBlocking');
      this._writev = null;
      this._write = makeSyncWrite(fd);
      // makeSyncWrite counts for itself.
      Object.defineProperty(this[kHandle], 'bytesWritten', { __proto__: null, value: 0, writable: true });
    }
  }

  const { onread } = options;
  if (onread !== null && typeof onread === 'object' &&
      (isUint8Array(onread.buffer) || typeof onread.buffer === 'function') &&
      typeof onread.callback === 'function') {
    if (typeof onread.buffer === 'function') {
      this[kBuffer] = onread.buffer();
      this[kBufferGen] = onread.buffer;
    } else {
      this[kBuffer] = onread.buffer;
    }
    this[kBufferCb] = onread.callback;
  }

  this[kSetNoDelay] = Boolean(options.noDelay);
  this[kSetKeepAlive] = Boolean(options.keepAlive);
  this[kSetKeepAliveInitialDelay] = ~~(options.keepAliveInitialDelay / 1000);
  if (options.typeOfService !== undefined) {
    validateInteger(options.typeOfService, 'options.typeOfService', 0, 255);
    this[kSetTOS] = options.typeOfService;
  }

  this.on('end', onReadableStreamEnd);
  initSocketHandle(this);

  // Reading starts with the first listener, unless the socket was accepted paused.
  if (this[kHandle] && options.readable !== false && !options.noDelayedRead) {
    if (options.pauseOnCreate) {
      this[kHandle].reading = false;
      this[kHandle].readStop();
      this.readableFlowing = false;
    } else if (!options.manualStart) {
      this.read(0);
    }
  }
}
Object.setPrototypeOf(Socket.prototype, stream.Duplex.prototype);
Object.setPrototypeOf(Socket, stream.Duplex);

Socket.prototype._unrefTimer = function _unrefTimer() {
  for (let s = this; s !== null; s = s._parent) {
    if (s[kTimeout]) s[kTimeout].refresh();
  }
};
Socket.prototype[kUpdateTimer] = Socket.prototype._unrefTimer;

/** Half-closes the connection when all is written. */
Socket.prototype._final = function(cb) {
  if (this.connecting) {
    this.once('connect', () => this._final(cb));
    return;
  }
  if (!this[kHandle]) {
    cb();
    return;
  }
  const req = new ShutdownWrap();
  req.oncomplete = afterShutdown;
  req.handle = this[kHandle];
  req.callback = cb;
  const err = this[kHandle].shutdown(req);
  if (err === 1 || err === UV_ENOTCONN) cb(); // Synchronous, or the other side is gone already.
  else if (err !== 0) cb(new ErrnoException(err, 'shutdown'));
};

function afterShutdown() {
  this.callback();
}

/** Nothing writes any more after the other side ended, unless half-open sockets are allowed. */
function onReadableStreamEnd() {
  if (!this.allowHalfOpen) this.write = writeAfterFIN;
}

function writeAfterFIN(chunk, encoding, cb) {
  if (!this.writableEnded) return stream.Duplex.prototype.write.call(this, chunk, encoding, cb);
  if (typeof encoding === 'function') {
    cb = encoding;
    encoding = null;
  }
  const er = genericNodeError('This socket has been ended by the other party', { code: 'EPIPE' });
  if (typeof cb === 'function') process.nextTick(cb, er);
  this.destroy(er);
  return false;
}

Socket.prototype.setTimeout = setStreamTimeout;

Socket.prototype._onTimeout = function() {
  const handle = this[kHandle];
  const last = this[kLastWriteQueueSize];
  if (last > 0 && handle) {
    // A large write makes progress: that is no silence.
    const { writeQueueSize } = handle;
    if (last !== writeQueueSize) {
      this[kLastWriteQueueSize] = writeQueueSize;
      this._unrefTimer();
      return;
    }
  }
  this.emit('timeout');
};

Socket.prototype.setNoDelay = function(enable) {
  const newValue = enable === undefined ? true : !!enable;
  if (!this[kHandle]) {
    this[kSetNoDelay] = newValue;
    return this;
  }
  if (this[kHandle].setNoDelay && newValue !== this[kSetNoDelay]) {
    this[kSetNoDelay] = newValue;
    this[kHandle].setNoDelay(newValue);
  }
  return this;
};

Socket.prototype.setKeepAlive = function(enable, initialDelayMsecs) {
  enable = Boolean(enable);
  const initialDelay = ~~(initialDelayMsecs / 1000);
  if (!this[kHandle]) {
    this[kSetKeepAlive] = enable;
    this[kSetKeepAliveInitialDelay] = initialDelay;
    return this;
  }
  if (this[kHandle].setKeepAlive &&
      (enable !== this[kSetKeepAlive] || (enable && this[kSetKeepAliveInitialDelay] !== initialDelay))) {
    this[kSetKeepAlive] = enable;
    this[kSetKeepAliveInitialDelay] = initialDelay;
    this[kHandle].setKeepAlive(enable, initialDelay);
  }
  return this;
};

Socket.prototype.setTypeOfService = function(tos) {
  if (Number.isNaN(tos)) throw new ERR_INVALID_ARG_TYPE('tos', 'number', tos);
  validateInteger(tos, 'tos', 0, 255);
  if (!this[kHandle]) {
    this[kSetTOS] = tos;
    return this;
  }
  if (this[kHandle].setTypeOfService && tos !== this[kSetTOS]) {
    this[kSetTOS] = tos;
    const err = this[kHandle].setTypeOfService(tos);
    if (err) throw new ErrnoException(err, 'setTypeOfService');
  }
  return this;
};

Socket.prototype.getTypeOfService = function() {
  if (!this[kHandle] || !this[kHandle].getTypeOfService) return this[kSetTOS] ?? 0;
  const result = this[kHandle].getTypeOfService();
  if (typeof result === 'number' && result < 0) throw new ErrnoException(result, 'getTypeOfService');
  return result;
};

Socket.prototype.address = function() {
  return this._getsockname();
};

Object.defineProperties(Socket.prototype, {
  _connecting: {
    __proto__: null,
    get() { return this.connecting; },
  },
  pending: {
    __proto__: null,
    configurable: true,
    get() { return !this[kHandle] || this.connecting; },
  },
  readyState: {
    __proto__: null,
    get() {
      if (this.connecting) return 'opening';
      if (this.readable && this.writable) return 'open';
      if (this.readable) return 'readOnly';
      if (this.writable) return 'writeOnly';
      return 'closed';
    },
  },
  bufferSize: {
    __proto__: null,
    get() { return this[kHandle] ? this.writableLength : undefined; },
  },
  _handle: {
    __proto__: null,
    configurable: true,
    get() { return this[kHandle]; },
    set(value) { this[kHandle] = value; },
  },
  bytesRead: {
    __proto__: null,
    configurable: true,
    get() { return this[kHandle] ? this[kHandle].bytesRead : this[kBytesRead]; },
  },
  _bytesDispatched: {
    __proto__: null,
    configurable: true,
    get() { return this[kHandle] ? this[kHandle].bytesWritten : this[kBytesWritten]; },
  },
  bytesWritten: {
    __proto__: null,
    configurable: true,
    get() {
      if (!this._writableState) return undefined;
      let bytes = this._bytesDispatched;
      const { Buffer } = require('buffer');
      const count = (data, encoding) =>
        (typeof data === 'string' ? Buffer.byteLength(data, encoding) : data.length);
      for (const { chunk, encoding } of this.writableBuffer) bytes += count(chunk, encoding);
      const data = this._pendingData;
      if (Array.isArray(data)) {
        for (const item of data) bytes += count(data.allBuffers ? item.chunk : item.chunk, item.encoding);
      } else if (data) {
        bytes += count(data, this._pendingEncoding);
      }
      return bytes;
    },
  },
});

for (const [name, read] of [
  ['remoteAddress', (self) => self._getpeername().address],
  ['remoteFamily', (self) => self._getpeername().family],
  ['remotePort', (self) => self._getpeername().port],
  ['localAddress', (self) => self._getsockname().address],
  ['localPort', (self) => self._getsockname().port],
  ['localFamily', (self) => self._getsockname().family],
]) {
  Object.defineProperty(Socket.prototype, name, {
    __proto__: null,
    configurable: true,
    get() { return read(this); },
  });
}

function tryReadStart(socket) {
  socket[kHandle].reading = true;
  const err = socket[kHandle].readStart();
  if (err) socket.destroy(new ErrnoException(err, 'read'));
}

Socket.prototype._read = function(n) {
  if (this.connecting || !this[kHandle]) this.once('connect', () => this._read(n));
  else if (!this[kHandle].reading) tryReadStart(this);
};

Socket.prototype.end = function(data, encoding, callback) {
  stream.Duplex.prototype.end.call(this, data, encoding, callback);
  return this;
};

Socket.prototype.resetAndDestroy = function() {
  if (this[kHandle]) {
    if (!(this[kHandle] instanceof TCP)) throw new ERR_INVALID_HANDLE_TYPE();
    if (this.connecting) this.once('connect', () => this._reset());
    else this._reset();
  } else {
    this.destroy(new ERR_SOCKET_CLOSED());
  }
  return this;
};

Socket.prototype._reset = function() {
  this.resetAndClosing = true;
  return this.destroySoon !== undefined ? this.destroy() : this;
};

Socket.prototype.pause = function() {
  if (this[kBuffer] && !this.connecting && this[kHandle]?.reading) {
    this[kHandle].reading = false;
    if (!this.destroyed) {
      const err = this[kHandle].readStop();
      if (err) this.destroy(new ErrnoException(err, 'read'));
    }
  }
  return stream.Duplex.prototype.pause.call(this);
};

Socket.prototype.resume = function() {
  if (this[kBuffer] && !this.connecting && this[kHandle] && !this[kHandle].reading) tryReadStart(this);
  return stream.Duplex.prototype.resume.call(this);
};

Socket.prototype.read = function(n) {
  if (this[kBuffer] && !this.connecting && this[kHandle] && !this[kHandle].reading) tryReadStart(this);
  return stream.Duplex.prototype.read.call(this, n);
};

/** Destroys when everything written is out. */
Socket.prototype.destroySoon = function() {
  if (this.writable) this.end();
  if (this.writableFinished) this.destroy();
  else this.once('finish', this.destroy);
};

Socket.prototype._destroy = function(exception, cb) {
  this.connecting = false;
  for (let s = this; s !== null; s = s._parent) {
    if (s[kTimeout]) {
      clearTimeout(s[kTimeout]);
      s[kTimeout] = null;
    }
  }

  const handle = this[kHandle];
  if (handle) {
    const isException = exception ? true : false;
    this[kBytesRead] = handle.bytesRead;
    this[kBytesWritten] = handle.bytesWritten;
    const onClosed = () => {
      this.emit('close', isException);
    };
    if (this.resetAndClosing) {
      this.resetAndClosing = false;
      const err = handle.reset(onClosed);
      if (err) this.emit('error', new ErrnoException(err, 'reset'));
    } else if (this._closeAfterHandlingError) {
      // The socket is closed in the next tick, after its 'error' was handled.
      queueMicrotask(() => closeHandle(handle, onClosed));
    } else {
      closeHandle(handle, onClosed);
    }
    handle.onread = noop;
    this[kHandle] = null;
    this._sockname = null;
    cb(exception);
  } else {
    cb(exception);
    process.nextTick(emitCloseNT, this);
  }

  if (this._server) {
    const server = this._server;
    this._server = null;
    server._connections--;
    if (server._emitCloseIfDrained) server._emitCloseIfDrained();
  }
};

function closeHandle(handle, onClosed) {
  handle.close(onClosed);
}

function emitCloseNT(self) {
  self.emit('close', false);
}

Socket.prototype._getpeername = function() {
  if (!this[kHandle] || !this[kHandle].getpeername || this.connecting) return this._peername || {};
  if (!this._peername) {
    const out = {};
    if (this[kHandle].getpeername(out)) return out;
    this._peername = out;
  }
  return this._peername;
};

Socket.prototype._getsockname = function() {
  if (!this[kHandle] || !this[kHandle].getsockname) return {};
  if (!this._sockname) {
    this._sockname = {};
    // An error leaves the answer empty.
    this[kHandle].getsockname(this._sockname);
  }
  return this._sockname;
};

Socket.prototype[kAfterAsyncWrite] = function() {
  this[kLastWriteQueueSize] = 0;
};

Socket.prototype._writeGeneric = function(writev, data, encoding, cb) {
  if (this.connecting) {
    // Written as soon as there is a connection.
    this._pendingData = data;
    this._pendingEncoding = encoding;
    const onClose = () => {
      cb(new ERR_SOCKET_CLOSED_BEFORE_CONNECTION());
    };
    this.once('connect', function connect() {
      this.off('close', onClose);
      this._writeGeneric(writev, data, encoding, cb);
    });
    this.once('close', onClose);
    return;
  }
  this._pendingData = null;
  this._pendingEncoding = '';

  if (!this[kHandle]) {
    cb(new ERR_SOCKET_CLOSED());
    return;
  }
  const req = writev ? writevGeneric(this, data, cb) : writeGeneric(this, data, encoding, cb);
  if (req !== null) this[kLastWriteQueueSize] = req.bytes;
};

/**
 * OPTIMIZATION: writes past the queue of the stream when that is empty. Returns 0 when write() has to be used,
 * 1 when all is written, 2 when the write goes on and `callback(owner)` will be called.
 */
Socket.prototype[kWriteDirect] = function(data, encoding, owner, callback) {
  const handle = this[kHandle];
  if (handle === null || this.connecting || !this._writableState.isIdle()) return 0;
  const req = takeRequest(handle, null);
  const err = callWrite(handle, req, data, encoding);
  if (err !== 0) {
    releaseRequest(req);
    this.destroy(new ErrnoException(err, 'write'));
    return 2;
  }
  if (this[kTimeout] !== null) this._unrefTimer();
  if (!req.async) {
    releaseRequest(req);
    return 1;
  }
  const state = this._writableState;
  this[kLastWriteQueueSize] = req.bytes;
  state.beginWrite(req.bytes, (error) => {
    if (!error) callback(owner);
  });
  req.callback = state.onwrite;
  req.buffer = data;
  return 2;
};

Socket.prototype._writev = function(chunks, cb) {
  this._writeGeneric(true, chunks, '', cb);
};

Socket.prototype._write = function(data, encoding, cb) {
  this._writeGeneric(false, data, encoding, cb);
};

Socket.prototype.ref = function() {
  if (!this[kHandle]) {
    this.once('connect', this.ref);
    return this;
  }
  if (typeof this[kHandle].ref === 'function') this[kHandle].ref();
  return this;
};

Socket.prototype.unref = function() {
  if (!this[kHandle]) {
    this.once('connect', this.unref);
    return this;
  }
  if (typeof this[kHandle].unref === 'function') this[kHandle].unref();
  return this;
};

// ---- connecting ----------------------------------------------------------------------------------

const clientSocketChannel = lazyChannel('net.client.socket');
const serverSocketChannel = lazyChannel('net.server.socket');
const listenChannel = lazyTracingChannel('net.server.listen');

Socket.prototype.connect = function(...args) {
  const normalized = Array.isArray(args[0]) && args[0][normalizedArgsSymbol] ? args[0] : normalizeArgs(args);
  const options = normalized[0];
  const cb = normalized[1];
  clientSocketChannel()?.publish({ socket: this });

  if (options.onread !== undefined && this[kBuffer] === null && options.onread !== null &&
      typeof options.onread === 'object' && typeof options.onread.callback === 'function') {
    if (typeof options.onread.buffer === 'function') {
      this[kBuffer] = options.onread.buffer();
      this[kBufferGen] = options.onread.buffer;
    } else {
      this[kBuffer] = options.onread.buffer;
    }
    this[kBufferCb] = options.onread.callback;
    if (this[kHandle]) this[kHandle].useUserBuffer(this[kBuffer]);
  }

  if (options.port === undefined && options.path == null) {
    throw new ERR_MISSING_ARGS(['options', 'port', 'path']);
  }

  if (this.write !== stream.Duplex.prototype.write) this.write = stream.Duplex.prototype.write;

  if (this.destroyed) {
    this[kHandle] = null;
    this._peername = undefined;
    this._sockname = undefined;
  }

  const { path } = options;
  const pipe = !!path;
  if (!this[kHandle]) {
    this[kHandle] = pipe ? new Pipe(PipeConstants.SOCKET) : new TCP(TCPConstants.SOCKET);
    initSocketHandle(this);
  }

  if (cb !== null) this.once('connect', cb);
  this._unrefTimer();
  this.connecting = true;

  if (pipe) {
    validateString(path, 'options.path');
    internalConnect(this, path);
  } else {
    lookupAndConnect(this, options);
  }
  return this;
};

Socket.prototype[kReinitializeHandle] = function reinitializeHandle(handle) {
  this[kHandle]?.close();
  this[kHandle] = handle;
  this[kHandle][owner_symbol] = this;
  initSocketHandle(this);
};

function lookupAndConnect(self, options) {
  const { localAddress, localPort } = options;
  const host = options.host || 'localhost';
  validateString(host, 'options.host');
  let { port, autoSelectFamilyAttemptTimeout, autoSelectFamily } = options;

  if (localAddress && !isIP(localAddress)) throw new ERR_INVALID_IP_ADDRESS(localAddress);
  if (localPort) validateNumber(localPort, 'options.localPort');
  if (port !== undefined) {
    if (typeof port !== 'number' && typeof port !== 'string') {
      throw new ERR_INVALID_ARG_TYPE('options.port', ['number', 'string'], port);
    }
    validatePort(port);
  }
  port |= 0;

  if (autoSelectFamily != null) validateBoolean(autoSelectFamily, 'options.autoSelectFamily');
  else autoSelectFamily = getDefaultAutoSelectFamily();

  if (autoSelectFamilyAttemptTimeout != null) {
    validateInt32(autoSelectFamilyAttemptTimeout, 'options.autoSelectFamilyAttemptTimeout', 1);
    if (autoSelectFamilyAttemptTimeout < 10) autoSelectFamilyAttemptTimeout = 10;
  } else {
    autoSelectFamilyAttemptTimeout = getDefaultAutoSelectFamilyAttemptTimeout();
  }

  const addressType = isIP(host);
  if (addressType) {
    process.nextTick(() => {
      if (self.connecting) internalConnect(self, host, port, addressType, localAddress, localPort);
    });
    return;
  }

  if (options.lookup != null) validateFunction(options.lookup, 'options.lookup');
  dns ??= require('dns');
  const dnsopts = {
    family: socketToDnsFamily(options.family),
    hints: options.hints || 0,
  };
  if (!process.platform.startsWith('win') && dnsopts.family !== 4 && dnsopts.family !== 6 && dnsopts.hints === 0) {
    dnsopts.hints = dns.ADDRCONFIG;
  }
  self._host = host;
  const lookup = options.lookup || dns.lookup;

  if (autoSelectFamily && dnsopts.family !== 4 && dnsopts.family !== 6 && !localAddress) {
    dnsopts.all = true;
    lookupAndConnectMultiple(self, lookup, host, options, dnsopts, port, localAddress, localPort,
                             autoSelectFamilyAttemptTimeout);
    return;
  }

  lookup(host, dnsopts, function emitLookup(err, ip, addressType) {
    self.emit('lookup', err, ip, addressType, host);
    // The socket may have been destroyed meanwhile.
    if (!self.connecting) return;
    if (err) {
      process.nextTick(connectErrorNT, self, err);
    } else if ((typeof ip !== 'string' && typeof ip !== 'number') || !isIP(ip)) {
      process.nextTick(connectErrorNT, self, new ERR_INVALID_IP_ADDRESS(ip));
    } else if (addressType !== 4 && addressType !== 6) {
      process.nextTick(connectErrorNT, self,
                       new ERR_INVALID_ADDRESS_FAMILY(addressType, options.host, options.port));
    } else {
      self._unrefTimer();
      internalConnect(self, ip, port, addressType, localAddress, localPort);
    }
  });
}

function socketToDnsFamily(family) {
  switch (family) {
    case 'IPv4': return 4;
    case 'IPv6': return 6;
    default: return family;
  }
}

function lookupAndConnectMultiple(
  self, lookup, host, options, dnsopts, port, localAddress, localPort, timeout,
) {
  lookup(host, dnsopts, function emitLookup(err, addresses) {
    if (!self.connecting) return;
    if (err) {
      self.emit('lookup', err, undefined, undefined, host);
      process.nextTick(connectErrorNT, self, err);
      return;
    }

    // The families alternate, beginning with that of the first address (RFC 8305, section 4).
    const valid = [[], []];
    let firstFamily;
    for (let i = 0; i < addresses.length; i++) {
      const { address: ip, family: addressType } = addresses[i];
      self.emit('lookup', err, ip, addressType, host);
      // A listener may have destroyed the socket.
      if (!self.connecting) return;
      if (isIP(ip) && (addressType === 4 || addressType === 6)) {
        firstFamily ||= addressType;
        valid[addressType === firstFamily ? 0 : 1].push({ __proto__: null, address: ip, addressType });
      }
    }

    if (valid[0].length === 0) {
      const { address: firstIp, family } = addresses[0] ?? {};
      const error = isIP(firstIp) ?
        new ERR_INVALID_ADDRESS_FAMILY(family, options.host, options.port) : new ERR_INVALID_IP_ADDRESS(firstIp);
      process.nextTick(connectErrorNT, self, error);
      return;
    }

    const toAttempt = [];
    const count = Math.max(valid[0].length, valid[1].length);
    for (let i = 0; i < count; i++) {
      if (i in valid[0]) toAttempt.push(valid[0][i]);
      if (i in valid[1]) toAttempt.push(valid[1][i]);
    }

    if (toAttempt.length === 1) {
      self._unrefTimer();
      internalConnect(self, toAttempt[0].address, port, toAttempt[0].addressType, localAddress, localPort);
      return;
    }

    self.autoSelectFamilyAttemptedAddresses = [];
    const context = {
      socket: self,
      addresses: toAttempt,
      current: 0,
      port,
      localPort,
      timeout,
      timer: null,
      errors: [],
    };
    self._unrefTimer();
    internalConnectMultiple(context);
  });
}

function connectErrorNT(self, err) {
  self.destroy(err);
}

function checkBindError(err, port, handle) {
  // Address conflicts show when listening; getsockname tells early.
  if (err === 0 && port > 0 && handle.getsockname) {
    const out = {};
    err = handle.getsockname(out);
    if (err === 0 && port !== out.port) err = UV_EADDRINUSE;
  }
  return err;
}

/** Binds to a local address before connecting; returns the error to fail with, or null. */
function bindLocal(handle, addressType, localAddress, localPort) {
  if (!localAddress && !localPort) return null;
  let err;
  if (addressType === 4) {
    localAddress ||= DEFAULT_IPV4_ADDR;
    err = handle.bind(localAddress, localPort);
  } else {
    localAddress ||= DEFAULT_IPV6_ADDR;
    err = handle.bind6(localAddress, localPort, 0);
  }
  err = checkBindError(err, localPort, handle);
  return err ? new ExceptionWithHostPort(err, 'bind', localAddress, localPort) : null;
}

function connectHandle(handle, req, address, port, addressType) {
  return addressType === 6 ? handle.connect6(req, address, port) : handle.connect(req, address, port);
}

function localDetails(handle) {
  const out = {};
  handle.getsockname?.(out);
  return out.address ? `${out.address}:${out.port}` : undefined;
}

function internalConnect(self, address, port, addressType, localAddress, localPort) {
  const bindError = bindLocal(self[kHandle], addressType, localAddress, localPort);
  if (bindError !== null) {
    self.destroy(bindError);
    return;
  }

  let err;
  if (addressType === 6 || addressType === 4) {
    if (isBlocked(self, address, addressType)) {
      self.destroy(new ERR_IP_BLOCKED(address));
      return;
    }
    beginSpan(self, 'net', 'connect', () => ({ host: address, port }));
    const req = new TCPConnectWrap();
    req.oncomplete = afterConnect;
    req.address = address;
    req.port = port;
    req.localAddress = localAddress;
    req.localPort = localPort;
    req.addressType = addressType;
    err = connectHandle(self[kHandle], req, address, port, addressType);
  } else {
    const req = new PipeConnectWrap();
    req.oncomplete = afterConnect;
    req.address = address;
    err = self[kHandle].connect(req, address);
  }

  if (err) {
    const sockname = self._getsockname();
    const details = sockname?.address ? `${sockname.address}:${sockname.port}` : undefined;
    self.destroy(new ExceptionWithHostPort(err, 'connect', address, port, details));
  }
}

function checkBlockList(blockList) {
  const { BlockList } = require('internal/blocklist');
  if (!BlockList.isBlockList(blockList)) throw new ERR_INVALID_ARG_TYPE('options.blockList', 'net.BlockList', blockList);
  return blockList;
}

function isBlocked(self, address, addressType) {
  const { blockList } = self;
  return blockList?.check?.(address, `ipv${addressType}`) === true;
}

/** The next attempt of happy eyeballs; `canceled` when the one before took too long. */
function internalConnectMultiple(context, canceled) {
  clearTimeout(context.timer);
  const self = context.socket;

  if (context.current === context.addresses.length) {
    if (canceled) return;
    if (context.errors.length === 0) {
      self.destroy(new ERR_SOCKET_CONNECTION_TIMEOUT());
      return;
    }
    self.destroy(new NodeAggregateError(context.errors));
    return;
  }

  const current = context.current++;
  if (current > 0) self[kReinitializeHandle](new TCP(TCPConstants.SOCKET));

  const { localPort, port } = context;
  const { address, addressType } = context.addresses[current];
  let err = bindLocal(self[kHandle], addressType, undefined, localPort);
  if (err !== null) {
    context.errors.push(err);
    internalConnectMultiple(context);
    return;
  }
  if (isBlocked(self, address, addressType)) {
    context.errors.push(new ERR_IP_BLOCKED(address));
    internalConnectMultiple(context);
    return;
  }

  const req = new TCPConnectWrap();
  req.oncomplete = afterConnectMultiple.bind(undefined, context, current);
  req.address = address;
  req.port = port;
  req.localPort = localPort;
  req.addressType = addressType;
  self.autoSelectFamilyAttemptedAddresses.push(`${address}:${port}`);
  self.emit('connectionAttempt', address, port, addressType);
  err = connectHandle(self[kHandle], req, address, port, addressType);

  if (err) {
    const ex = new ExceptionWithHostPort(err, 'connect', address, port, localDetails(self[kHandle]));
    context.errors.push(ex);
    self.emit('connectionAttemptFailed', address, port, addressType, ex);
    internalConnectMultiple(context);
    return;
  }

  if (current < context.addresses.length - 1) {
    // The last address gets all the time it needs.
    context.timer = setTimeout(internalConnectMultipleTimeout, context.timeout, context, req, self[kHandle]);
  }
}

function internalConnectMultipleTimeout(context, req, handle) {
  const self = context.socket;
  self.emit('connectionAttemptTimeout', req.address, req.port, req.addressType);
  req.oncomplete = undefined;
  context.errors.push(createConnectionError(req, UV_ETIMEDOUT));
  handle.close();
  // The attempt may have been the user's last wish.
  if (self.connecting) internalConnectMultiple(context);
}

function createConnectionError(req, status) {
  const details = req.localAddress && req.localPort ? `${req.localAddress}:${req.localPort}` : undefined;
  const ex = new ExceptionWithHostPort(status, 'connect', req.address, req.port, details);
  if (details) {
    ex.localAddress = req.localAddress;
    ex.localPort = req.localPort;
  }
  return ex;
}

function afterConnect(status, handle, req, readable, writable) {
  const self = handle[owner_symbol];
  if (self.destroyed) return; // A destroyed socket wants no connection.
  self.connecting = false;
  self._sockname = null;
  if (status === 0) endSpan(self, () => undefined);

  if (status === 0) {
    if (self.readable && !readable) {
      self.push(null);
      self.read(0);
    }
    if (self.writable && !writable) self.end();
    self._unrefTimer();
    applyOptions(self);
    self.emit('connect');
    self.emit('ready');
    // Unless paused meanwhile, data is wanted now.
    if (readable && !self.isPaused()) self.read(0);
    return;
  }
  const ex = createConnectionError(req, status);
  if (req.addressType) self.emit('connectionAttemptFailed', req.address, req.port, req.addressType, ex);
  self.destroy(ex);
}

/** Gives the handle what was asked for before there was one. */
function applyOptions(self) {
  const handle = self[kHandle];
  if (self[kSetNoDelay] && handle.setNoDelay) handle.setNoDelay(true);
  if (self[kSetKeepAlive] && handle.setKeepAlive) handle.setKeepAlive(true, self[kSetKeepAliveInitialDelay]);
  if (self[kSetTOS] !== undefined && handle.setTypeOfService) handle.setTypeOfService(self[kSetTOS]);
}

function afterConnectMultiple(context, current, status, handle, req, readable, writable) {
  clearTimeout(context.timer);
  const self = context.socket;

  // A late answer to an attempt that was given up.
  if (status === 0 && current !== context.current - 1) {
    handle.close();
    return;
  }
  if (status !== 0) {
    const ex = createConnectionError(req, status);
    context.errors.push(ex);
    self.emit('connectionAttemptFailed', req.address, req.port, req.addressType, ex);
    // Without a socket to connect, no attempt is made any more.
    if (self.connecting) internalConnectMultiple(context, status === UV_ECANCELED);
    return;
  }
  afterConnect(status, handle, req, readable, writable);
}

// ---- Server --------------------------------------------------------------------------------------

function Server(options, connectionListener) {
  if (!(this instanceof Server)) return new Server(options, connectionListener);
  EventEmitter.call(this);

  if (typeof options === 'function') {
    connectionListener = options;
    options = {};
  } else if (options == null || typeof options === 'object') {
    options = { ...options };
  } else {
    throw new ERR_INVALID_ARG_TYPE('options', 'Object', options);
  }
  if (typeof connectionListener === 'function') this.on('connection', connectionListener);
  if (options.keepAliveInitialDelay !== undefined) {
    validateNumber(options.keepAliveInitialDelay, 'options.keepAliveInitialDelay');
    if (options.keepAliveInitialDelay < 0) options.keepAliveInitialDelay = 0;
  }
  if (options.highWaterMark !== undefined) {
    validateNumber(options.highWaterMark, 'options.highWaterMark');
    if (options.highWaterMark < 0) options.highWaterMark = getDefaultHighWaterMark();
  }
  if (options.noDelay !== undefined) validateBoolean(options.noDelay, 'options.noDelay');
  if (options.keepAlive !== undefined) validateBoolean(options.keepAlive, 'options.keepAlive');

  this._connections = 0;
  this._handle = null;
  this._usingWorkers = false;
  this._workers = [];
  this._unref = false;
  this._listeningId = 1;
  this.allowHalfOpen = options.allowHalfOpen || false;
  this.pauseOnConnect = !!options.pauseOnConnect;
  this.noDelay = Boolean(options.noDelay);
  this.keepAlive = Boolean(options.keepAlive);
  this.keepAliveInitialDelay = ~~(options.keepAliveInitialDelay / 1000);
  this.highWaterMark = options.highWaterMark ?? getDefaultHighWaterMark();
  if (options.blockList) this.blockList = checkBlockList(options.blockList);
}
Object.setPrototypeOf(Server.prototype, EventEmitter.prototype);
Object.setPrototypeOf(Server, EventEmitter);

/** A bound handle, or a negative errno. */
function createServerHandle(address, port, addressType, fd, flags) {
  let err = 0;
  let handle;
  let isTCP = false;

  if (typeof fd === 'number' && fd >= 0) {
    try {
      handle = createHandle(fd, true);
    } catch {
      // Neither a pipe nor a TCP socket.
      return UV_EINVAL;
    }
    err = handle.open(fd);
    if (err) return err;
    handle.readable = true;
    handle.writable = true;
  } else if (port === -1 && addressType === -1) {
    handle = new Pipe(PipeConstants.SERVER);
  } else {
    handle = new TCP(TCPConstants.SERVER);
    isTCP = true;
  }

  if (address || isTCP) {
    if (!isTCP) {
      err = handle.bind(address);
    } else if (!address) {
      // Dual stack where there is one.
      err = handle.bind6(DEFAULT_IPV6_ADDR, port, flags ?? 0);
      if (err) {
        handle.close();
        return createServerHandle(DEFAULT_IPV4_ADDR, port, undefined, undefined, flags);
      }
    } else if (addressType === 6) {
      err = handle.bind6(address, port, flags ?? 0);
    } else {
      err = handle.bind(address, port, flags ?? 0);
    }
  }
  if (err) {
    handle.close();
    return err;
  }
  return handle;
}

Server.prototype._listen2 = setupListenHandle; // The old name is still in use.

function setupListenHandle(address, port, addressType, backlog, fd, flags) {
  if (!this._handle) {
    let rval = null;
    // Listening on all addresses: try both families at once.
    if (!address && typeof fd !== 'number') {
      rval = createServerHandle(DEFAULT_IPV6_ADDR, port, 6, fd, flags);
      if (typeof rval === 'number') {
        rval = null;
        address = DEFAULT_IPV4_ADDR;
        addressType = 4;
      } else {
        address = DEFAULT_IPV6_ADDR;
        addressType = 6;
      }
    }
    rval ??= createServerHandle(address, port, addressType, fd, flags);
    if (typeof rval === 'number') {
      const error = new UVExceptionWithHostPort(rval, 'listen', address, port);
      failToListen(this, error);
      return;
    }
    this._handle = rval;
  }

  this._connectionKey = `${addressType}:${address}:${port}`;
  this._handle.onconnection = onconnection;
  this._handle[owner_symbol] = this;
  const err = this._handle.listen(backlog || 511);
  if (err) {
    const ex = new UVExceptionWithHostPort(err, 'listen', address, port);
    this._handle.close();
    this._handle = null;
    failToListen(this, ex);
    return;
  }
  if (this._unref) this.unref();
  process.nextTick(emitListeningNT, this);
}

function emitErrorNT(self, err) {
  self.emit('error', err);
}

/** Reports that a server cannot listen. */
function failToListen(server, error) {
  listenChannel()?.error.publish({ server, error });
  process.nextTick(emitErrorNT, server, error);
}

function emitListeningNT(self) {
  // The server may have been closed meanwhile.
  if (!self._handle) return;
  listenChannel()?.asyncEnd.publish({ server: self });
  self.emit('listening');
}

function listenInCluster(server, address, port, addressType, backlog, fd, exclusive, flags, options) {
  exclusive = !!exclusive;
  if (exclusive || !require('internal/cluster/role').isWorker) {
    server._listen2(address, port, addressType, backlog, fd, flags);
    return;
  }
  const cluster = require('cluster');
  const serverQuery = { address, port, addressType, fd, flags, backlog, ...options };
  const listeningId = server._listeningId;
  cluster._getServer(server, serverQuery, (err, handle) => {
    if (listeningId !== server._listeningId) {
      handle.close();
      return;
    }
    err = checkBindError(err, port, handle);
    if (err) {
      server.emit('error', new ExceptionWithHostPort(err, 'bind', address, port));
      return;
    }
    server._handle = handle;
    server._listen2(address, port, addressType, backlog, fd, flags);
  });
}

Server.prototype.listen = function(...args) {
  const normalized = normalizeArgs(args);
  let options = normalized[0];
  const cb = normalized[1];
  if (this._handle) throw new ERR_SERVER_ALREADY_LISTEN();
  if (cb !== null) this.once('listening', cb);

  // (handle, backlog) where the second number may be the third argument, as in (port, host, backlog).
  const backlogFromArgs = toNumber(args.length > 1 && args[1]) || toNumber(args.length > 2 && args[2]);
  listenChannel()?.asyncStart.publish({ server: this, options });
  options = options._handle || options.handle || options;
  const flags = getFlags(options);

  if (options instanceof TCP) {
    this._handle = options;
    listenInCluster(this, null, -1, -1, backlogFromArgs, undefined, true);
    return this;
  }
  addServerAbortSignalOption(this, options);
  if (typeof options.fd === 'number' && options.fd >= 0) {
    listenInCluster(this, null, null, null, backlogFromArgs, options.fd);
    return this;
  }

  // listen(), listen(cb), listen(undefined…), listen(null…): any port.
  if (args.length === 0 || typeof args[0] === 'function' ||
      (options.port === undefined && 'port' in options) || options.port === null) {
    options.port = 0;
  }
  if (typeof options.port === 'number' || typeof options.port === 'string') {
    validatePort(options.port, 'options.port');
    const backlog = options.backlog || backlogFromArgs;
    if (options.reusePort === true) options.exclusive = true;
    if (options.host) {
      lookupAndListen(this, options.port | 0, options.host, backlog, options.exclusive, flags);
    } else {
      listenInCluster(this, null, options.port | 0, 4, backlog, undefined, options.exclusive, flags);
    }
    return this;
  }

  if (options.path && isPipeName(options.path)) {
    const path = this._pipeName = options.path;
    const backlog = options.backlog || backlogFromArgs;
    listenInCluster(this, path, -1, -1, backlog, undefined, options.exclusive, undefined, {
      readableAll: options.readableAll,
      writableAll: options.writableAll,
    });
    if (!this._handle) return this; // Failed, or handled by the primary later.
    let mode = 0;
    if (options.readableAll === true) mode |= PipeConstants.UV_READABLE;
    if (options.writableAll === true) mode |= PipeConstants.UV_WRITABLE;
    if (mode !== 0) {
      const err = this._handle.fchmod(mode);
      if (err) {
        this._handle.close();
        this._handle = null;
        throw new ErrnoException(err, 'uv_pipe_chmod');
      }
    }
    return this;
  }

  if (!('port' in options || 'path' in options)) {
    throw new ERR_INVALID_ARG_VALUE('options', options, 'must have the property "port" or "path"');
  }
  throw new ERR_INVALID_ARG_VALUE('options', options);
};

function addServerAbortSignalOption(self, options) {
  if (options?.signal === undefined) return;
  validateAbortSignal(options.signal, 'options.signal');
  const { signal } = options;
  const onAborted = () => {
    self.close();
  };
  if (signal.aborted) {
    process.nextTick(onAborted);
  } else {
    const { addAbortListener } = require('internal/events/abort_listener');
    const disposable = addAbortListener(signal, onAborted);
    self.once('close', disposable[Symbol.dispose]);
  }
}

function lookupAndListen(self, port, address, backlog, exclusive, flags) {
  dns ??= require('dns');
  const listeningId = self._listeningId;
  dns.lookup(address, (err, ip, addressType) => {
    if (self._listeningId !== listeningId) return;
    if (err) {
      self.emit('error', err);
      return;
    }
    addressType = ip ? addressType : 4;
    listenInCluster(self, ip, port, addressType, backlog, undefined, exclusive, flags);
  });
}

Object.defineProperty(Server.prototype, 'listening', {
  __proto__: null,
  get() { return !!this._handle; },
  configurable: true,
  enumerable: true,
});

Server.prototype.address = function() {
  if (this._handle?.getsockname) {
    const out = {};
    const err = this._handle.getsockname(out);
    if (err) throw new ErrnoException(err, 'address');
    return out;
  }
  if (this._pipeName) return this._pipeName;
  return null;
};

function peerOf(handle) {
  const local = {};
  const remote = {};
  handle.getsockname?.(local);
  handle.getpeername?.(remote);
  return {
    localAddress: local.address,
    localPort: local.port,
    localFamily: local.family,
    remoteAddress: remote.address,
    remotePort: remote.port,
    remoteFamily: remote.family,
  };
}

/** handle.onconnection of servers. */
function onconnection(err, clientHandle) {
  const self = this[owner_symbol];
  if (err) {
    self.emit('error', new ErrnoException(err, 'accept'));
    return;
  }
  if (self.maxConnections != null && self._connections >= self.maxConnections) {
    const data = clientHandle.getsockname || clientHandle.getpeername ? peerOf(clientHandle) : undefined;
    clientHandle.close();
    self.emit('drop', data);
    return;
  }
  if (self.blockList !== undefined && typeof clientHandle.getpeername === 'function') {
    const remote = {};
    clientHandle.getpeername(remote);
    const addressType = isIP(remote.address);
    if (addressType && self.blockList.check(remote.address, `ipv${addressType}`)) {
      clientHandle.close();
      self.emit('drop', peerOf(clientHandle));
      return;
    }
  }

  const socket = new Socket({
    handle: clientHandle,
    allowHalfOpen: self.allowHalfOpen,
    pauseOnCreate: self.pauseOnConnect,
    readable: true,
    writable: true,
    readableHighWaterMark: self.highWaterMark,
    writableHighWaterMark: self.highWaterMark,
  });
  if (self.noDelay && clientHandle.setNoDelay) {
    socket[kSetNoDelay] = true;
    clientHandle.setNoDelay(true);
  }
  if (self.keepAlive && clientHandle.setKeepAlive) {
    socket[kSetKeepAlive] = true;
    socket[kSetKeepAliveInitialDelay] = self.keepAliveInitialDelay;
    clientHandle.setKeepAlive(true, self.keepAliveInitialDelay);
  }
  self._connections++;
  socket.server = self;
  socket._server = self;
  self.emit('connection', socket);
  serverSocketChannel()?.publish({ socket });
}

Server.prototype.getConnections = function(cb) {
  const done = (err, connections) => {
    process.nextTick(cb, err, connections);
  };
  if (!this._usingWorkers) {
    done(null, this._connections);
    return this;
  }

  let left = this._workers.length;
  let total = this._connections;
  const oncount = (err, count) => {
    if (err) {
      left = -1;
      done(err);
      return;
    }
    total += count;
    if (--left === 0) done(null, total);
  };
  for (const worker of this._workers) worker.getConnections(oncount);
  return this;
};

Server.prototype.close = function(cb) {
  this._listeningId++;
  if (typeof cb === 'function') {
    if (!this._handle) {
      this.once('close', function close() {
        cb(new ERR_SERVER_NOT_RUNNING());
      });
    } else {
      this.once('close', cb);
    }
  }
  if (this._handle) {
    this._handle.close();
    this._handle = null;
  }

  if (this._usingWorkers) {
    let left = this._workers.length;
    const onWorkerClose = () => {
      if (--left !== 0) return;
      this._connections = 0;
      this._emitCloseIfDrained();
    };
    this._connections++;
    for (const worker of this._workers) worker.close(onWorkerClose);
  } else {
    this._emitCloseIfDrained();
  }
  return this;
};

Server.prototype._emitCloseIfDrained = function() {
  if (this._handle || this._connections) return;
  process.nextTick(emitServerCloseNT, this);
};

function emitServerCloseNT(self) {
  self.emit('close');
}

Server.prototype[Symbol.asyncDispose] = async function() {
  if (!this._handle) return;
  const { promisify } = require('internal/util');
  await promisify(this.close).call(this);
};

Server.prototype[EventEmitter.captureRejectionSymbol] = function(err, event, sock) {
  if (event === 'connection') sock.destroy(err);
  else this.emit('error', err);
};

Server.prototype._setupWorker = function(socketList) {
  this._usingWorkers = true;
  this._workers.push(socketList);
  socketList.once('exit', (socketList) => {
    this._workers.splice(this._workers.indexOf(socketList), 1);
  });
};

Server.prototype.ref = function() {
  this._unref = false;
  if (this._handle) this._handle.ref();
  return this;
};

Server.prototype.unref = function() {
  this._unref = true;
  if (this._handle) this._handle.unref();
  return this;
};

module.exports = {
  _createServerHandle: createServerHandle,
  _normalizeArgs: normalizeArgs,
  get BlockList() { return require('internal/blocklist').BlockList; },
  get SocketAddress() { return require('internal/socketaddress').SocketAddress; },
  connect,
  createConnection: connect,
  createServer,
  isIP,
  isIPv4,
  isIPv6,
  Server,
  Socket,
  Stream: Socket, // Its name before Node 0.2.
  getDefaultAutoSelectFamily,
  setDefaultAutoSelectFamily,
  getDefaultAutoSelectFamilyAttemptTimeout,
  setDefaultAutoSelectFamilyAttemptTimeout,
};
