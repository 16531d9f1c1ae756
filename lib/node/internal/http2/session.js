'use strict';
// Http2Session: what both ends of a connection of HTTP/2 are.
//
// Binding contract: internalBinding('http2')
//   new Http2Session(type, maxInvalidFrames, maxRejectedStreams): reads optionsBuffer; the handle is kept until destroy()
//   request(headers, options) -> stream handle | negative error number
//   settings([id, value, …]), ping(view), goaway(code, lastStreamID, view), altsvc(id, origin, value), origin(list)
//   setNextStreamID(id) -> boolean, setLocalWindowSize(n), state(), localSettings(), remoteSettings(), statistics()
//   setGracefulClose(), hasPendingData() -> boolean, destroy(code, socketGone) -> is a write going on?
//   calls handle.onheaders(stream, id, category, flags, headers, sensitive), onsettings(), onsettingsack(), onping(view),
//   onpingack(view), ongoaway(code, lastStreamID, view), onaltsvc(id, origin, value), onorigin(list), onpriority(…),
//   onerror(number, code), onframeerror(id, type, code), ongracefulclosecomplete(), ondone()

const EventEmitter = require('events');
const binding = internalBinding('http2');
const { constants, Http2Session: SessionHandle } = binding;
const { owner_symbol: kOwner } = internalBinding('symbols');
const { kUpdateTimer, kMaybeDestroy, setStreamTimeout, kHandle } = require('internal/stream_base_commons');
const { kTimeout } = require('internal/timers');
const {
  codes: {
    ERR_HTTP2_INVALID_SESSION, ERR_HTTP2_MAX_PENDING_SETTINGS_ACK, ERR_HTTP2_NO_SOCKET_MANIPULATION,
    ERR_HTTP2_PING_CANCEL, ERR_HTTP2_PING_LENGTH, ERR_HTTP2_SESSION_ERROR, ERR_HTTP2_SOCKET_BOUND,
    ERR_HTTP2_SOCKET_UNBOUND, ERR_HTTP2_STREAM_CANCEL, ERR_OUT_OF_RANGE, ERR_SOCKET_CLOSED,
  },
} = require('internal/errors');
const { validateBuffer, validateFunction, validateInt32, validateNumber } = require('internal/validators');
const {
  assertIsObject, getSettings, kProxySocket, kSocket, kStrictSingleValueFields, NghttpError, settingsToList,
  toHeaderObject, updateOptionsBuffer, validateSettings,
} = require('internal/http2/util');
const {
  kAlpnProtocol, kBoundSession, kEncrypted, kHeadRequest, kLocalSettings, kOptions, kOrigin, kRemoteSettings, kServer,
  kSessions, kState, kType,
} = require('internal/http2/symbols');
const { channels, ClientHttp2Stream, emit } = require('internal/http2/stream');
const { ServerHttp2Stream } = require('internal/http2/server_stream');
const { attach, detach } = require('internal/http2/channel');
const { now, sessionEnded } = require('internal/http2/perf');

const {
  NGHTTP2_FLAG_END_STREAM, NGHTTP2_HCAT_PUSH_RESPONSE, NGHTTP2_HCAT_RESPONSE, NGHTTP2_CANCEL, NGHTTP2_INTERNAL_ERROR,
  NGHTTP2_NO_ERROR, NGHTTP2_REFUSED_STREAM, NGHTTP2_SESSION_SERVER,
} = constants;

const kMaxStreamId = 2 ** 32 - 1;
const kOutstandingSettings = 10;
const kOutstandingPings = 10;

/** A frame that waits for its answer, as an asynchronous resource. */
class Pending {
  constructor(type, callback, started) {
    const { AsyncResource } = require('async_hooks');
    this.resource = new AsyncResource(type, { requireManualDestroy: true });
    this.callback = callback;
    this.started = started;
  }

  done(...args) {
    const { callback, resource } = this;
    if (callback !== undefined) resource.runInAsyncScope(callback, undefined, ...args);
    resource.emitDestroy();
  }

  /** Nobody will be told. */
  abandon() {
    this.resource.emitDestroy();
  }
}

// ---- What the native session tells ----------------------------------------------------------------------------------

const handlers = SessionHandle.prototype;

handlers.onheaders = function(handle, id, category, flags, list, sensitive) {
  const session = this[kOwner];
  if (session === undefined || session.destroyed) return;
  session[kUpdateTimer]();
  const state = session[kState];
  const endOfStream = !!(flags & NGHTTP2_FLAG_END_STREAM);
  let stream = state.streams.get(id);
  const headers = toHeaderObject(list, sensitive);

  if (stream === undefined) {
    if (session.closed) {
      handle.rstStream(NGHTTP2_REFUSED_STREAM);
      return;
    }
    const server = session[kType] === NGHTTP2_SESSION_SERVER;
    countStream(session);
    if (server) {
      stream = new ServerHttp2Stream(session, handle, id, {}, headers);
      if (channels.serverCreated.hasSubscribers) channels.serverCreated.publish({ stream, headers });
      if (endOfStream) stream.push(null);
      if (headers[':method'] === 'HEAD') stream[kHeadRequest]();
    } else {
      stream = new ClientHttp2Stream(session, handle, id, {});
      if (channels.clientCreated.hasSubscribers) channels.clientCreated.publish({ stream, headers });
      if (channels.clientStart.hasSubscribers) channels.clientStart.publish({ stream, headers });
      if (endOfStream) stream.push(null);
      stream.end();
    }
    if (endOfStream) stream[kState].endAfterHeaders = true;
    markTime(stream, 'firstHeader');
    process.nextTick(() => {
      if (server && channels.serverStart.hasSubscribers) channels.serverStart.publish({ stream, headers });
      session.emit('stream', stream, headers, flags, list);
    });
    return;
  }

  let event;
  const status = headers[':status'];
  if (status !== undefined && status >= 100 && status < 200) event = 'headers';
  else if (category === NGHTTP2_HCAT_RESPONSE) event = 'response';
  else if (category === NGHTTP2_HCAT_PUSH_RESPONSE) event = 'push';
  else if (status !== undefined) event = 'response';
  else event = endOfStream ? 'trailers' : 'headers';
  if (status === 421) {
    // RFC 8336 §2.4: the server does not speak for that origin.
    initOriginSet(session).delete(stream[kOrigin]);
  }
  markTime(stream, 'firstHeader');
  process.nextTick(emit, stream, event, headers, flags, list);
  if ((event === 'response' || event === 'push') && channels.clientFinish.hasSubscribers) {
    channels.clientFinish.publish({ stream, headers, flags });
  }
  if (endOfStream) stream.push(null);
};

function markTime(stream, name) {
  const times = stream[kState].times ??= { started: now() };
  times[name] ??= now();
}

function countStream(session) {
  const state = session[kState];
  state.streamCount++;
  state.maxConcurrentStreams = Math.max(state.maxConcurrentStreams, state.streams.size + 1);
}

handlers.onsettings = function() {
  const session = this[kOwner];
  if (session === undefined || session.destroyed) return;
  session[kUpdateTimer]();
  session[kRemoteSettings] = undefined;
  if (session.listenerCount('remoteSettings') > 0) session.emit('remoteSettings', session.remoteSettings);
};

handlers.onsettingsack = function() {
  const session = this[kOwner];
  if (session === undefined || session.destroyed) return;
  session[kUpdateTimer]();
  const pending = session[kState].settingsCallbacks.shift();
  if (pending === undefined) return;
  session[kState].pendingAck--;
  session[kLocalSettings] = undefined;
  const settings = session.localSettings;
  pending.done(null, settings, now() - pending.started);
  session.emit('localSettings', settings);
};

handlers.onping = function(payload) {
  const session = this[kOwner];
  if (session === undefined || session.destroyed) return;
  session[kUpdateTimer]();
  session.emit('ping', payload);
};

handlers.onpingack = function(payload) {
  const session = this[kOwner];
  if (session === undefined || session.destroyed) return;
  session[kUpdateTimer]();
  const pending = session[kState].pings.shift();
  if (pending === undefined) {
    // An answer nobody asked for: the peer is broken, or means ill.
    session.destroy(new NghttpError(kProtocolError));
    return;
  }
  const duration = now() - pending.started;
  session[kState].pingRTT = duration;
  pending.done(null, duration, payload);
};
const kProtocolError = -505;

handlers.ongoaway = function(code, lastStreamID, data) {
  const session = this[kOwner];
  if (session === undefined || session.destroyed) return;
  const state = session[kState];
  state.goawayCode = code;
  state.goawayLastStreamID = lastStreamID;
  session.emit('goaway', code, lastStreamID, data);
  if (session.destroyed) return;
  if (code === NGHTTP2_NO_ERROR) {
    session.close();
  } else {
    // The peer's error is none of this side's: it is not sent back.
    session.destroy(new ERR_HTTP2_SESSION_ERROR(code), NGHTTP2_NO_ERROR);
  }
};

handlers.onaltsvc = function(stream, origin, alt) {
  const session = this[kOwner];
  if (session === undefined || session.destroyed) return;
  session[kUpdateTimer]();
  process.nextTick(emit, session, 'altsvc', alt, origin, stream);
};

handlers.onorigin = function(origins) {
  const session = this[kOwner];
  if (session === undefined || session.destroyed) return;
  session[kUpdateTimer]();
  if (!session.encrypted || session.destroyed) return;
  // With its event, not before: several frames may have come at once.
  process.nextTick(() => {
    const set = initOriginSet(session);
    for (const origin of origins) set.add(origin);
    emit(session, 'origin', origins);
  });
};

handlers.onpriority = function(id, parent, weight, exclusive) {
  const session = this[kOwner];
  if (session === undefined || session.destroyed) return;
  const emitter = session[kState].streams.get(id) ?? session;
  if (emitter.destroyed) return;
  emitter[kUpdateTimer]();
  process.nextTick(emit, emitter, 'priority', id, parent, weight, exclusive);
};

handlers.onerror = function(number, customCode) {
  const session = this[kOwner];
  if (session === undefined || session.destroyed) return;
  session[kUpdateTimer]();
  session.destroy(new NghttpError(number, customCode));
};

handlers.onframeerror = function(id, type, code) {
  const session = this[kOwner];
  if (session === undefined || session.destroyed) return;
  const stream = session[kState].streams.get(id);
  const emitter = stream ?? session;
  emitter[kUpdateTimer]();
  emitter.emit('frameError', type, code, id);
  setImmediate(() => {
    stream?.close(code);
    session.close();
  });
};

// ---- The origin set (RFC 8336 §2.3) ---------------------------------------------------------------------------------

function initOriginSet(session) {
  const state = session[kState];
  if (state.originSet !== undefined) return state.originSet;
  const socket = session[kSocket];
  const originSet = state.originSet = new Set();
  let hostName = socket.servername;
  if (hostName === null || hostName === false) {
    if (socket.remoteFamily === 'IPv6') hostName = `[${socket.remoteAddress}]`;
    else hostName = socket.remoteAddress;
  }
  let originString = `https://${hostName}`;
  if (socket.remotePort != null) originString += `:${socket.remotePort}`;
  originSet.add(originString);
  return originSet;
}

// ---- The socket as a program sees it --------------------------------------------------------------------------------

const proxySocketHandler = {
  get(session, prop) {
    switch (prop) {
      case 'setTimeout':
      case 'ref':
      case 'unref':
        return session[prop].bind(session);
      case 'destroy':
      case 'emit':
      case 'end':
      case 'pause':
      case 'read':
      case 'resume':
      case 'write':
      case 'setEncoding':
      case 'setKeepAlive':
      case 'setNoDelay':
        throw new ERR_HTTP2_NO_SOCKET_MANIPULATION();
      default: {
        const socket = session[kSocket];
        if (socket === undefined) throw new ERR_HTTP2_SOCKET_UNBOUND();
        const value = socket[prop];
        return typeof value === 'function' ? value.bind(socket) : value;
      }
    }
  },
  has(session, prop) {
    const socket = session[kSocket];
    if (socket === undefined) throw new ERR_HTTP2_SOCKET_UNBOUND();
    return prop in socket;
  },
  getPrototypeOf(session) {
    const socket = session[kSocket];
    if (socket === undefined) throw new ERR_HTTP2_SOCKET_UNBOUND();
    return Reflect.getPrototypeOf(socket);
  },
  set(session, prop, value) {
    switch (prop) {
      case 'setTimeout':
      case 'ref':
      case 'unref':
        session[prop] = value;
        return true;
      case 'destroy':
      case 'emit':
      case 'end':
      case 'pause':
      case 'read':
      case 'resume':
      case 'write':
      case 'setEncoding':
      case 'setKeepAlive':
      case 'setNoDelay':
        throw new ERR_HTTP2_NO_SOCKET_MANIPULATION();
      default: {
        const socket = session[kSocket];
        if (socket === undefined) throw new ERR_HTTP2_SOCKET_UNBOUND();
        socket[prop] = value;
        return true;
      }
    }
  },
};

// ---- The end of a session -------------------------------------------------------------------------------------------

function emitClose(session, error) {
  if (error) session.emit('error', error);
  session.emit('close');
}

function finishSessionClose(session, error) {
  const socket = session[kSocket];
  const handle = session[kHandle];
  sessionEnded(session, handle);
  session[kProxySocket] = undefined;
  session[kSocket] = undefined;
  session[kHandle] = undefined;
  session[kServer]?.[kSessions]?.delete(session);
  if (handle !== undefined) handle.ondone = null;
  if (socket !== undefined) {
    socket[kBoundSession] = undefined;
    socket[kServer] = undefined;
  }
  if (socket !== undefined && !socket.destroyed) {
    socket.on('close', () => emitClose(session, error));
    if (session.closed) {
      // Gracefully: what the peer still sends is read, so that its end is seen.
      socket.resume();
      socket.end();
    } else {
      socket.destroy(error);
    }
  } else {
    process.nextTick(emitClose, session, error);
  }
}

function closeSession(session, code, error) {
  const state = session[kState];
  state.destroyed = true;
  state.destroyCode = code;
  session.setTimeout(0);
  session.removeAllListeners('timeout');

  if (state.pendingStreams.size > 0 || state.streams.size > 0) {
    const cancel = new ERR_HTTP2_STREAM_CANCEL(error ?? undefined);
    for (const stream of state.pendingStreams) stream.destroy(cancel);
    for (const stream of state.streams.values()) stream.destroy(error);
  }
  // Whoever waits for an answer will not get one.
  const { pings, settingsCallbacks } = state;
  if (pings.length > 0 || settingsCallbacks.length > 0) {
    setImmediate(() => {
      for (const ping of pings.splice(0)) ping.done(new ERR_HTTP2_PING_CANCEL());
      for (const settings of settingsCallbacks.splice(0)) settings.abandon();
    });
  }

  const socket = session[kSocket];
  const handle = session[kHandle];
  if (handle === undefined) {
    finishSessionClose(session, error);
    return;
  }
  handle.ondone = () => finishSessionClose(session, error);
  const writing = handle.destroy(code, socket.destroyed);
  detach(handle);
  if (!writing) handle.ondone?.();
}

// ---- Http2Session ---------------------------------------------------------------------------------------------------

class Http2Session extends EventEmitter {
  constructor(type, options, socket) {
    super();
    if (socket[kBoundSession] !== undefined) throw new ERR_HTTP2_SOCKET_BOUND();
    socket[kBoundSession] = this;
    this[kState] = {
      closed: false, destroyed: false, destroyCode: NGHTTP2_NO_ERROR, goawayCode: null, goawayLastStreamID: null,
      streams: new Map(), pendingStreams: new Set(), pendingAck: 0, writeQueueSize: 0, originSet: undefined,
      settingsCallbacks: [], pings: [], started: now(), streamCount: 0, streamTime: 0, maxConcurrentStreams: 0,
      ready: false, chunksSent: 0,
    };
    this[kEncrypted] = undefined;
    this[kAlpnProtocol] = undefined;
    this[kType] = type;
    this[kProxySocket] = null;
    this[kSocket] = socket;
    this[kTimeout] = null;
    this[kHandle] = undefined;
    this[kOptions] = options;
    this[kStrictSingleValueFields] = options.strictSingleValueFields ?? true;
    this[kState].madeProgress = () => madeProgress(this);

    // The protocol does not know renegotiation.
    socket.disableRenegotiation?.();

    if (socket.connecting || socket.secureConnecting) {
      const connectEvent = socket.secureConnecting !== undefined && socket.encrypted ? 'secureConnect' : 'connect';
      socket.once(connectEvent, () => {
        try {
          setup(this, socket, type, options);
        } catch (error) {
          socket.destroy(error);
        }
      });
    } else {
      setup(this, socket, type, options);
    }
  }

  get originSet() {
    if (!this.encrypted || this.destroyed) return undefined;
    return Array.from(initOriginSet(this));
  }

  get connecting() {
    return !this[kState].ready;
  }

  get closed() {
    return this[kState].closed;
  }

  get destroyed() {
    return this[kState].destroyed;
  }

  get encrypted() {
    return this[kEncrypted];
  }

  get alpnProtocol() {
    return this[kAlpnProtocol];
  }

  get socket() {
    const proxySocket = this[kProxySocket];
    if (proxySocket === null) return this[kProxySocket] = new Proxy(this, proxySocketHandler);
    return proxySocket;
  }

  get type() {
    return this[kType];
  }

  get pendingSettingsAck() {
    return this[kState].pendingAck > 0;
  }

  get state() {
    return this.connecting || this.destroyed ? {} : this[kHandle].state();
  }

  get localSettings() {
    const settings = this[kLocalSettings];
    if (settings !== undefined) return settings;
    if (this.destroyed || this.connecting) return {};
    return this[kLocalSettings] = getSettings(this[kHandle], false);
  }

  get remoteSettings() {
    const settings = this[kRemoteSettings];
    if (settings !== undefined) return settings;
    if (this.destroyed || this.connecting) return {};
    return this[kRemoteSettings] = getSettings(this[kHandle], true, this[kOptions].remoteCustomSettings);
  }

  [require('internal/util').customInspectSymbol](depth, options) {
    if (typeof depth === 'number' && depth < 0) return this;
    const { inspect } = require('internal/util/inspect');
    return `Http2Session ${inspect({
      type: this[kType],
      closed: this.closed,
      destroyed: this.destroyed,
      state: this.state,
      localSettings: this.localSettings,
      remoteSettings: this.remoteSettings,
    }, { ...options, depth: options.depth == null ? null : options.depth - 1 })}`;
  }

  [kUpdateTimer]() {
    if (this.destroyed) return;
    if (this[kTimeout]) this[kTimeout].refresh();
  }

  _onTimeout() {
    if (this.destroyed) return;
    if (this[kState].writeQueueSize > 0 && madeProgress(this)) {
      this[kUpdateTimer]();
      return;
    }
    this.emit('timeout');
  }

  /** The id of the next stream this side begins. */
  setNextStreamID(id) {
    if (this.destroyed) throw new ERR_HTTP2_INVALID_SESSION();
    validateNumber(id, 'id');
    if (id <= 0 || id > kMaxStreamId) throw new ERR_OUT_OF_RANGE('id', `> 0 and <= ${kMaxStreamId}`, id);
    this[kHandle].setNextStreamID(id);
  }

  setLocalWindowSize(windowSize) {
    if (this.destroyed) throw new ERR_HTTP2_INVALID_SESSION();
    validateInt32(windowSize, 'windowSize', 0);
    const result = this[kHandle].setLocalWindowSize(windowSize);
    if (result < 0) this.destroy(new NghttpError(result));
  }

  ping(payload, callback) {
    if (this.destroyed) throw new ERR_HTTP2_INVALID_SESSION();
    if (typeof payload === 'function') {
      callback = payload;
      payload = undefined;
    }
    if (payload) {
      validateBuffer(payload, 'payload');
      if (payload.byteLength !== 8) throw new ERR_HTTP2_PING_LENGTH();
    }
    validateFunction(callback, 'callback');
    if (this.connecting || this.closed) {
      process.nextTick(callback, new ERR_HTTP2_PING_CANCEL());
      return undefined;
    }
    const { pings } = this[kState];
    const started = now();
    const ping = new Pending('HTTP2PING', callback, started);
    if (pings.length >= (this[kOptions].maxOutstandingPings ?? kOutstandingPings)) {
      ping.done(new ERR_HTTP2_PING_CANCEL());
      return false;
    }
    pings.push(ping);
    // Without a payload of the program, the time is one.
    const bytes = payload ?? Buffer.from(Float64Array.of(started).buffer);
    this[kHandle].ping(bytes);
    return true;
  }

  settings(settings, callback) {
    if (this.destroyed) throw new ERR_HTTP2_INVALID_SESSION();
    assertIsObject(settings, 'settings');
    validateSettings(settings);
    if (callback !== undefined) validateFunction(callback, 'callback');
    settings = { ...settings };
    this[kState].pendingAck++;
    const submit = () => {
      if (this.destroyed) return;
      this[kUpdateTimer]();
      const { settingsCallbacks } = this[kState];
      if (settingsCallbacks.length >= (this[kOptions].maxOutstandingSettings ?? kOutstandingSettings)) {
        this.destroy(new ERR_HTTP2_MAX_PENDING_SETTINGS_ACK());
        return;
      }
      settingsCallbacks.push(new Pending('HTTP2SETTINGS', callback, now()));
      this[kHandle].settings(settingsToList(settings));
    };
    if (this.connecting) this.once('connect', submit);
    else submit();
  }

  goaway(code = NGHTTP2_NO_ERROR, lastStreamID = 0, opaqueData = undefined) {
    if (this.destroyed) throw new ERR_HTTP2_INVALID_SESSION();
    if (opaqueData !== undefined) validateBuffer(opaqueData, 'opaqueData');
    validateNumber(code, 'code');
    validateNumber(lastStreamID, 'lastStreamID');
    const submit = () => {
      if (this.destroyed) return;
      this[kUpdateTimer]();
      this[kHandle].goaway(code, lastStreamID, opaqueData);
    };
    if (this.connecting) this.once('connect', submit);
    else submit();
  }

  /** Ends the session now. */
  destroy(error = NGHTTP2_NO_ERROR, code) {
    if (this.destroyed) return;
    if (typeof error === 'number') {
      code = error;
      error = code !== NGHTTP2_NO_ERROR ? new ERR_HTTP2_SESSION_ERROR(code) : undefined;
    }
    if (code === undefined && error != null) code = NGHTTP2_INTERNAL_ERROR;
    closeSession(this, code, error);
  }

  /** Ends the session when the streams that are open have ended. */
  close(callback) {
    if (this.closed || this.destroyed) return;
    this[kState].closed = true;
    if (typeof callback === 'function') this.once('close', callback);
    this.goaway();
    this[kHandle]?.setGracefulClose();
    this[kMaybeDestroy]();
  }

  [EventEmitter.captureRejectionSymbol](err, event, ...args) {
    if (event === 'stream') {
      const [stream] = args;
      stream.destroy(err);
    } else {
      this.destroy(err);
    }
  }

  [kMaybeDestroy](error) {
    if (error == null) {
      const state = this[kState];
      if (!this.closed || state.streams.size > 0 || state.pendingStreams.size > 0 || this[kHandle]?.hasPendingData()) return;
    }
    this.destroy(error);
  }

  ref() {
    this[kSocket]?.ref?.();
  }

  unref() {
    this[kSocket]?.unref?.();
  }
}

Object.defineProperty(Http2Session.prototype, 'setTimeout', {
  __proto__: null, configurable: true, enumerable: true, writable: true, value: setStreamTimeout,
});

function madeProgress(session) {
  const sent = session[kHandle]?.chunksSent();
  if (sent === undefined || sent === session[kState].chunksSent) return false;
  session[kState].chunksSent = sent;
  return true;
}

/** Makes the native session, once there is a connection. */
function setup(session, socket, type, options) {
  // The socket may have been lost, or the session destroyed, meanwhile.
  if (session.destroyed) {
    process.nextTick(emit, session, 'connect', session, socket);
    return;
  }
  updateOptionsBuffer(options);
  const handle = new SessionHandle(type, options.maxSessionInvalidFrames, options.maxSessionRejectedStreams);
  handle[kOwner] = session;
  handle.ongracefulclosecomplete = () => session[kMaybeDestroy](null);
  session[kHandle] = handle;
  session[kState].ready = true;
  if (socket.encrypted) {
    session[kAlpnProtocol] = socket.alpnProtocol;
    session[kEncrypted] = true;
  } else {
    // 'h2c' is no name of ALPN, but RFC 7540 §3.1 keeps it for HTTP/2 over cleartext.
    session[kAlpnProtocol] = 'h2c';
    session[kEncrypted] = false;
  }
  session.settings(typeof options.settings === 'object' ? options.settings : {});
  if (type === NGHTTP2_SESSION_SERVER && Array.isArray(options.origins)) session.origin(...options.origins);
  // The settings come first, whatever the peer has said already.
  attach(handle, socket);
  process.nextTick(emit, session, 'connect', session, socket);
}

// ---- Events of the socket -------------------------------------------------------------------------------------------

function socketOnError(error) {
  const session = this[kBoundSession];
  if (session === undefined) return;
  // After GOAWAY the peer may hang up.
  if (error.code === 'ECONNRESET' && session[kState].goawayCode === NGHTTP2_NO_ERROR) session.destroy();
  else session.destroy(error);
}

function socketOnClose() {
  const session = this[kBoundSession];
  if (session === undefined) return;
  const error = session.connecting ? new ERR_SOCKET_CLOSED() : null;
  const state = session[kState];
  for (const stream of state.streams.values()) stream.close(NGHTTP2_CANCEL);
  for (const stream of state.pendingStreams) stream.close(NGHTTP2_CANCEL);
  session.close();
  closeSession(session, NGHTTP2_NO_ERROR, error);
}

module.exports = { countStream, Http2Session, socketOnClose, socketOnError };
