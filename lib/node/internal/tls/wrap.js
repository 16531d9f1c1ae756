'use strict';
// TLSSocket, tls.Server and tls.connect(). The bytes are the business of internal/tls/handle.

const net = require('net');
const EventEmitter = require('events');
const { Buffer } = require('buffer');
const { owner_symbol } = internalBinding('symbols');
const { TCP, constants: TCPConstants } = internalBinding('tcp_wrap');
const { Pipe, constants: PipeConstants } = internalBinding('pipe_wrap');
const {
  ConnResetException,
  codes: {
    ERR_FEATURE_UNAVAILABLE_ON_PLATFORM, ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_MULTIPLE_CALLBACK,
    ERR_SOCKET_CLOSED, ERR_TLS_ALPN_CALLBACK_INVALID_RESULT, ERR_TLS_ALPN_CALLBACK_WITH_PROTOCOLS,
    ERR_TLS_HANDSHAKE_TIMEOUT, ERR_TLS_INVALID_STATE, ERR_TLS_RENEGOTIATION_DISABLED,
    ERR_TLS_RENEGOTIATION_UNSUPPORTED, ERR_TLS_REQUIRED_SERVER_NAME, ERR_TLS_SNI_FROM_SERVER,
  },
} = require('internal/errors');
const {
  validateBuffer, validateFunction, validateInt32, validateNumber, validateObject, validateString, validateUint32,
} = require('internal/validators');
const { StreamTransport, TLSHandle } = require('internal/tls/handle');
const { opensslError, opensslName } = require('internal/tls/secure-context');

const kConnectOptions = Symbol('connect-options');
const kErrorEmitted = Symbol('error-emitted');
const kIsVerified = Symbol('verified');
const kPendingSession = Symbol('pendingSession');
const kSession = Symbol('session');
const kSNICallback = Symbol('snicallback');
const kALPNCallback = Symbol('alpncallback');
const kDisableRenegotiation = Symbol('disable-renegotiation');
const kKeyCert = Symbol('keycert');

// The alert a server ends a handshake with.
const ALERT_NO_APPLICATION_PROTOCOL = 120;

const noop = () => {};

function tlsModule() {
  return require('tls');
}

// ---- TLSSocket ---------------------------------------------------------------------------------------------------

function TLSSocket(socket, opts) {
  if (!(this instanceof TLSSocket)) return new TLSSocket(socket, opts);
  const tlsOptions = { ...opts };
  const { enableTrace } = tlsOptions;
  if (enableTrace !== undefined && enableTrace !== null && typeof enableTrace !== 'boolean') {
    throw new ERR_INVALID_ARG_TYPE('options.enableTrace', 'boolean', enableTrace);
  }
  if (tlsOptions.ALPNProtocols) tlsModule().convertALPNProtocols(tlsOptions.ALPNProtocols, tlsOptions);

  this._tlsOptions = tlsOptions;
  this._secureEstablished = false;
  this._securePending = false;
  this._newSessionPending = false;
  this._controlReleased = false;
  this.secureConnecting = true;
  this._SNICallback = null;
  this.servername = null;
  this.alpnProtocol = null;
  this.authorized = false;
  this.authorizationError = null;
  this[kIsVerified] = false;
  this[kPendingSession] = null;
  this[kSession] = undefined;
  this[kDisableRenegotiation] = false;

  net.Socket.call(this, {
    handle: this._wrapHandle(socket),
    allowHalfOpen: socket ? socket.allowHalfOpen : tlsOptions.allowHalfOpen,
    pauseOnCreate: tlsOptions.pauseOnConnect,
    manualStart: true,
    highWaterMark: tlsOptions.highWaterMark,
    onread: !socket ? tlsOptions.onread : null,
    signal: tlsOptions.signal,
    noDelay: tlsOptions.noDelay,
    keepAlive: tlsOptions.keepAlive,
    keepAliveInitialDelay: tlsOptions.keepAliveInitialDelay,
  });
  this._init(socket);
  if (enableTrace) this.enableTrace();
  // The listeners of the caller come first.
  process.nextTick(initRead, this, socket);
}
Object.setPrototypeOf(TLSSocket.prototype, net.Socket.prototype);
Object.setPrototypeOf(TLSSocket, net.Socket);

function initRead(tlsSocket, socket) {
  if (!tlsSocket._handle) return;
  if (socket?.readableLength) {
    let chunk;
    while ((chunk = socket.read()) !== null) tlsSocket._handle?.receive(chunk);
  }
  if (tlsSocket._tlsOptions.pauseOnConnect) return;
  tlsSocket.read(0);
}

/** The handle of the socket, over that of `socket` or a new one. */
TLSSocket.prototype._wrapHandle = function(socket) {
  const options = this._tlsOptions;
  if (!options.secureContext) options.secureContext = tlsModule().createSecureContext(options);
  let parent;
  let parentSocket = null;
  if (socket) {
    parentSocket = socket;
    parent = socket instanceof net.Socket && socket._handle && !(socket._handle instanceof TLSHandle) ?
      socket._handle : new StreamTransport(socket);
  } else {
    parent = options.pipe ? new Pipe(PipeConstants.SOCKET) : new TCP(TCPConstants.SOCKET);
    // Connecting answers to the owner of the handle below.
    parent[owner_symbol] = this;
  }
  return new TLSHandle(parent, parentSocket, !!options.isServer);
};

/** A new attempt to connect has a new handle below. */
const { kReinitializeHandle } = require('internal/net');
TLSSocket.prototype[kReinitializeHandle] = function reinitializeHandle(handle) {
  const before = this._handle;
  before?._parent.close();
  handle ??= new TCP(TCPConstants.SOCKET);
  handle[owner_symbol] = this;
  const next = new TLSHandle(handle, null, !!this._tlsOptions.isServer);
  next.isReplacement = true;
  this._handle = next;
  next[owner_symbol] = this;
  next.onread = require('internal/stream_base_commons').onStreamRead;
  if (before !== null) {
    for (const name of ['reading', 'sessionBytes', 'serverName', 'userBuffer']) next[name] = before[name];
  }
  this._undestroy?.();
  this._sockname = null;
  this._init(null);
};

TLSSocket.prototype._init = function(socket) {
  const options = this._tlsOptions;
  const handle = this._handle;
  this.server = options.server;

  const requestCert = !!options.requestCert || !options.isServer;
  const rejectUnauthorized = !!options.rejectUnauthorized;
  this._requestCert = requestCert;
  this._rejectUnauthorized = rejectUnauthorized;

  handle.onkeylog = (line) => {
    if (options.isServer) this.server?.emit('keylog', line, this);
    this.emit('keylog', line);
    logKeys(line);
  };
  handle.onhandshakedone = () => this._finishInit();
  handle.onerror = (error) => onerror(this, error);
  if (options.isServer) {
    handle.onhello = () => onhello(this);
    if (options.SNICallback) {
      validateFunction(options.SNICallback, 'options.SNICallback');
      this._SNICallback = options.SNICallback;
    } else if (options.server?._contexts?.length > 0) {
      this._SNICallback = SNICallback;
    }
  } else {
    handle.onnewsession = (session) => onnewsession(this, session);
    if (options.session) handle.sessionBytes = toSession(options.session);
  }
  if (options.ALPNCallback) {
    validateFunction(options.ALPNCallback, 'options.ALPNCallback');
    if (options.ALPNProtocols) throw new ERR_TLS_ALPN_CALLBACK_WITH_PROTOCOLS();
    this[kALPNCallback] = options.ALPNCallback;
  }
  if (handle.isReplacement) return;
  this.on('error', this._tlsError);
  if (options.handshakeTimeout > 0) this.setTimeout(options.handshakeTimeout, this._handleTimeout);

  if (socket) {
    if (socket instanceof net.Socket) {
      this._parent = socket;
      // The connection is that of the other socket.
      this.connecting = socket.connecting || !socket._handle;
    }
    if (this.connecting) {
      socket.once('connect', () => {
        this.connecting = false;
        this.emit('connect');
      });
    }
    socket.on('error', (error) => this._emitTLSError(error));
    socket.once('close', () => {
      if (!this.destroyed) this.destroy();
    });
    if (options.isServer) this._start();
  } else {
    // Whoever made the socket is going to connect it.
    this.connecting = true;
    if (!options.isServer) this.once('connect', this._start);
  }
};

/** --tls-keylog=FILE */
function logKeys(line) {
  const file = require('internal/options').getOptionValue('--tls-keylog');
  if (!file) return;
  if (!hasWarnedOfKeylog) {
    hasWarnedOfKeylog = true;
    process.emitWarning(`Using --tls-keylog makes TLS connections insecure by writing secret key material to file ${file}`);
  }
  require('fs').appendFileSync(file, line, { mode: 0o600 });
}
let hasWarnedOfKeylog = false;

function toSession(session) {
  return typeof session === 'string' ? Buffer.from(session, 'latin1') : session;
}

function onerror(socket, error) {
  if (socket._hadError) return;
  socket._hadError = true;
  if (socket._secureEstablished) {
    socket._emitTLSError(error);
    return;
  }
  // Listeners of a failed handshake see the socket before it is closed. Until the socket is the program's, the first of
  // them is `_tlsError`.
  socket._closeAfterHandlingError = true;
  socket.destroy(error);
}

function onnewsession(socket, session) {
  socket[kSession] = session;
  if (socket[kIsVerified]) socket.emit('session', session);
  else socket[kPendingSession] = session;
}

// ---- What a server answers -----------------------------------------------------------------------------------------

/** A client has said what it wants: context, protocol and the state of the certificate are looked up, then it goes on. */
function onhello(socket) {
  const handle = socket._handle;
  const [servername, protocols, sigalgs] = handle.native.clientHello();
  handle.sharedSigalgs = sigalgs;
  socket._handshakeName = servername;
  socket.servername = servername ?? false;
  selectContext(socket, servername, (error, context) => {
    if (error) {
      refuse(socket, error);
      return;
    }
    requestOCSP(socket, context, (ocspError, response) => {
      if (ocspError) refuse(socket, ocspError);
      else answer(socket, context, selectProtocol(socket, servername, protocols), response);
    });
  });
}

/** Whoever went through a callback of the program may have lost its socket. */
function isGone(socket) {
  return socket.destroyed || socket._handle === null;
}

function refuse(socket, error) {
  if (!isGone(socket)) socket.destroy(socket._tlsError(error));
}

function selectContext(socket, servername, done) {
  const own = socket._tlsOptions.secureContext;
  if (!socket._SNICallback || !servername) {
    done(null, own);
    return;
  }
  let once = false;
  socket._SNICallback(servername, (error, context) => {
    if (once) {
      socket.destroy(new ERR_MULTIPLE_CALLBACK());
      return;
    }
    once = true;
    if (error) {
      refuse(socket, error);
      return;
    }
    if (socket._handle === null) {
      socket.destroy(new ERR_SOCKET_CLOSED());
      return;
    }
    if (context && !(nativeContext(context) instanceof internalBinding('tls_wrap').SecureContext)) {
      done(new TypeError('Invalid SNI context'));
      return;
    }
    done(null, context || own);
  });
}

function nativeContext(context) {
  return context.context || context;
}

function requestOCSP(socket, context, done) {
  const { server } = socket;
  if (!server || server.listenerCount('OCSPRequest') === 0) {
    done(null, undefined);
    return;
  }
  const native = nativeContext(context);
  let once = false;
  server.emit('OCSPRequest', native.getCertificate(), native.getIssuer(), (error, response) => {
    if (once) {
      socket.destroy(new ERR_MULTIPLE_CALLBACK());
      return;
    }
    once = true;
    done(error, response || undefined);
  });
}

/** The protocols to choose from; null refuses the client; undefined goes on without. */
function selectProtocol(socket, servername, protocols) {
  const callback = socket[kALPNCallback];
  if (!callback) return socket._tlsOptions.ALPNProtocols;
  if (protocols === undefined) return undefined;
  const chosen = Reflect.apply(callback, socket, [{ servername, protocols }]);
  if (chosen === undefined) return null;
  if (!protocols.includes(chosen)) {
    refuse(socket, new ERR_TLS_ALPN_CALLBACK_INVALID_RESULT(chosen, protocols));
    return undefined;
  }
  const out = {};
  tlsModule().convertALPNProtocols([chosen], out);
  return out.ALPNProtocols;
}

function answer(socket, context, protocols, response) {
  if (isGone(socket)) return;
  const handle = socket._handle;
  if (protocols === null) {
    handle.dispatch(handle.native.refuse(ALERT_NO_APPLICATION_PROTOCOL));
    return;
  }
  handle.dispatch(handle.native.answer(
    nativeContext(socket[kKeyCert] ?? context), protocols, socket._requestCert, socket._requestCert && socket._rejectUnauthorized, response));
}

function SNICallback(servername, callback) {
  const contexts = this.server._contexts;
  for (let i = contexts.length - 1; i >= 0; i--) {
    const [pattern, context] = contexts[i];
    if (pattern.test(servername)) {
      callback(null, context);
      return;
    }
  }
  callback(null, undefined);
}

// ---- Methods -------------------------------------------------------------------------------------------------------

/** Begins the handshake, once there is a connection. */
TLSSocket.prototype._start = function() {
  if (this.connecting) {
    this.once('connect', this._start);
    return;
  }
  // The socket may have been destroyed before it was connected.
  const handle = this._handle;
  if (!handle || handle.isStarted) return;
  handle.isStarted = true;
  if (!this._tlsOptions.isServer) {
    const { secureContext, ALPNProtocols } = this._tlsOptions;
    try {
      handle.native.connect(nativeContext(secureContext), handle.serverName, ALPNProtocols, handle.sessionBytes);
    } catch (error) {
      onerror(this, error);
      return;
    }
    handle.flush();
  }
  handle.start();
};

TLSSocket.prototype._handleTimeout = function() {
  this._emitTLSError(new ERR_TLS_HANDSHAKE_TIMEOUT());
};

TLSSocket.prototype._emitTLSError = function(error) {
  const reported = this._tlsError(error);
  if (reported) this.destroy(reported);
};

/** The error, if the socket is the program's already; otherwise the server reports it. */
TLSSocket.prototype._tlsError = function(error) {
  this.emit('_tlsError', error);
  return this._controlReleased ? error : null;
};

TLSSocket.prototype._releaseControl = function() {
  if (this._controlReleased) return false;
  this._controlReleased = true;
  this.removeListener('error', this._tlsError);
  return true;
};

TLSSocket.prototype._finishInit = function() {
  const handle = this._handle;
  if (!handle) return;
  this.alpnProtocol = handle.native.alpn() ?? false;
  if (this.servername === null) this.servername = (this._tlsOptions.isServer ? this._handshakeName : handle.serverName) ?? false;
  this._secureEstablished = true;
  if (this._tlsOptions.handshakeTimeout > 0) this.setTimeout(0, this._handleTimeout);
  const response = this._tlsOptions.requestOCSP ? handle.native.ocspResponse() : undefined;
  if (this._tlsOptions.requestOCSP) this.emit('OCSPResponse', response ?? null);
  this.emit('secure');
};

TLSSocket.prototype.renegotiate = function(options, callback) {
  validateObject(options, 'options');
  if (callback !== undefined) validateFunction(callback, 'callback');
  if (this.destroyed) return;
  let error;
  if (this[kDisableRenegotiation]) error = new ERR_TLS_RENEGOTIATION_DISABLED();
  else if (this.getProtocol() === 'TLSv1.3') error = opensslError('0A00010A', 'wrong ssl version');
  else error = new ERR_TLS_RENEGOTIATION_UNSUPPORTED();
  if (callback) process.nextTick(callback, error);
  return false;
};

TLSSocket.prototype.disableRenegotiation = function() {
  this[kDisableRenegotiation] = true;
};

TLSSocket.prototype.enableTrace = function() {
  throw new ERR_FEATURE_UNAVAILABLE_ON_PLATFORM('tlsSocket.enableTrace');
};

TLSSocket.prototype.exportKeyingMaterial = function(length, label, context) {
  validateUint32(length, 'length', true);
  validateString(label, 'label');
  if (context !== undefined) validateBuffer(context, 'context');
  if (!this._secureEstablished) throw new ERR_TLS_INVALID_STATE();
  return this._handle?.native.exportKeyingMaterial(length, Buffer.from(label), context);
};

TLSSocket.prototype.setMaxSendFragment = function(size) {
  validateInt32(size, 'size');
  return this._handle ? this._handle.native.setFragmentBytes(size) : false;
};

TLSSocket.prototype.setServername = function(name) {
  validateString(name, 'name');
  if (this._tlsOptions.isServer) throw new ERR_TLS_SNI_FROM_SERVER();
  this._handle.serverName = name;
};

TLSSocket.prototype.setSession = function(session) {
  if (this._handle) this._handle.sessionBytes = toSession(session);
};

TLSSocket.prototype.getSession = function() {
  if (!this._handle) return undefined;
  // Before the server has sent a session there is one that cannot be resumed.
  if (this[kSession] === undefined && this._secureEstablished) this[kSession] = require('internal/crypto/random').randomBytes(32);
  return this[kSession];
};

TLSSocket.prototype.getTLSTicket = function() {
  return this._handle ? this[kSession] : undefined;
};

TLSSocket.prototype.isSessionReused = function() {
  return this._handle ? this._handle.native.isResumed() : null;
};

TLSSocket.prototype.getPeerCertificate = function(detailed) {
  if (!this._handle) return null;
  const chain = this._handle.native.peerChain();
  if (chain.length === 0) return {};
  const { legacyObject } = require('internal/crypto/x509');
  const first = legacyObject(chain[0]);
  if (!detailed) return first;
  let last = first;
  for (let i = 1; i < chain.length; i++) last = last.issuerCertificate = legacyObject(chain[i]);
  // A root has issued itself.
  const root = chain[chain.length - 1];
  if (root.isIssuedBy(root)) last.issuerCertificate = last;
  return first;
};

TLSSocket.prototype.getCertificate = function() {
  if (!this._handle) return null;
  const [own] = this._handle.native.ownCertificate();
  return own === undefined ? {} : require('internal/crypto/x509').legacyObject(own);
};

function x509Chain(handles) {
  const { certificateOf } = require('internal/crypto/x509');
  let issuer;
  for (let i = handles.length - 1; i >= 0; i--) issuer = certificateOf(handles[i], issuer);
  return issuer;
}

TLSSocket.prototype.getPeerX509Certificate = function() {
  return this._handle ? x509Chain(this._handle.native.peerChain()) : undefined;
};

TLSSocket.prototype.getX509Certificate = function() {
  return this._handle ? x509Chain(this._handle.native.ownCertificate().slice(0, 1)) : undefined;
};

TLSSocket.prototype.setKeyCert = function(context) {
  if (!this._tlsOptions.isServer) return;
  if (context === null || typeof context !== 'object') throw new ERR_INVALID_ARG_TYPE('context', 'object', context);
  const { SecureContext } = require('internal/tls/secure-context');
  this[kKeyCert] = context instanceof SecureContext ? context : tlsModule().createSecureContext(context);
};

TLSSocket.prototype.getCipher = function() {
  const suite = this._handle?.native.suite();
  if (suite === undefined) return this._handle ? {} : null;
  const name = opensslName(suite);
  return { name, standardName: suite, version: name === suite ? 'TLSv1.3' : 'TLSv1.2' };
};

TLSSocket.prototype.getProtocol = function() {
  return this._handle ? this._handle.native.protocol() ?? null : null;
};

TLSSocket.prototype.getSharedSigalgs = function() {
  return this._handle?.sharedSigalgs ?? [];
};

const kCurveBits = { '__proto__': null, 'X25519': 253, 'prime256v1': 256, 'secp384r1': 384, 'secp521r1': 521 };
TLSSocket.prototype.getEphemeralKeyInfo = function() {
  if (!this._handle || this._tlsOptions.isServer) return null;
  const name = this._handle.native.group();
  if (name === undefined) return {};
  const size = kCurveBits[name];
  return size === undefined ? { type: name } : { type: 'ECDH', name, size };
};

for (const name of ['getFinished', 'getPeerFinished']) {
  TLSSocket.prototype[name] = {
    [name]() { throw new ERR_FEATURE_UNAVAILABLE_ON_PLATFORM(`tlsSocket.${name}`); },
  }[name];
}

for (const [name, getter] of [
  ['encrypted', () => true],
  // Under its old name the handle is what programs look at for a secure connection.
  ['ssl', function() { return this._handle; }],
]) {
  Object.defineProperty(TLSSocket.prototype, name, { __proto__: null, configurable: true, get: getter, set: noop });
}

// ---- Server --------------------------------------------------------------------------------------------------------

function onServerSocketSecure() {
  if (this._requestCert) {
    const problem = this._handle.verifyError();
    if (problem) {
      this.authorizationError = problem.code;
      if (this._rejectUnauthorized) this.destroy();
    } else {
      this.authorized = true;
    }
  }
  if (!this.destroyed && this._releaseControl()) {
    this.secureConnecting = false;
    this._tlsOptions.server.emit('secureConnection', this);
  }
}

function onSocketTLSError(error) {
  if (!this._controlReleased && !this[kErrorEmitted]) {
    this[kErrorEmitted] = true;
    this._tlsOptions.server.emit('tlsClientError', error, this);
  }
}

function onSocketClose() {
  // The handshake did not come to an end.
  if (!this._controlReleased && !this[kErrorEmitted]) {
    this[kErrorEmitted] = true;
    this._tlsOptions.server.emit('tlsClientError', new ConnResetException('socket hang up'), this);
  }
}

function tlsConnectionListener(rawSocket) {
  const socket = new TLSSocket(rawSocket, {
    secureContext: this._sharedCreds,
    isServer: true,
    server: this,
    requestCert: this.requestCert,
    rejectUnauthorized: this.rejectUnauthorized,
    handshakeTimeout: this._handshakeTimeout,
    ALPNProtocols: this.ALPNProtocols,
    ALPNCallback: this.ALPNCallback,
    SNICallback: this[kSNICallback] || SNICallback,
    enableTrace: this._enableTrace,
    pauseOnConnect: this.pauseOnConnect,
    highWaterMark: this.highWaterMark,
  });
  socket.on('secure', onServerSocketSecure);
  socket[kErrorEmitted] = false;
  socket.on('close', onSocketClose);
  socket.on('_tlsError', onSocketTLSError);
}

function Server(options, listener) {
  if (!(this instanceof Server)) return new Server(options, listener);
  if (typeof options === 'function') {
    listener = options;
    options = {};
  } else if (options == null || typeof options === 'object') {
    options ??= {};
  } else {
    throw new ERR_INVALID_ARG_TYPE('options', 'Object', options);
  }
  this._contexts = [];
  this.requestCert = options.requestCert === true;
  this.rejectUnauthorized = options.rejectUnauthorized !== false;
  this.ALPNCallback = options.ALPNCallback;
  if (this.ALPNCallback !== undefined) validateFunction(this.ALPNCallback, 'options.ALPNCallback');
  if (options.ALPNCallback && options.ALPNProtocols) throw new ERR_TLS_ALPN_CALLBACK_WITH_PROTOCOLS();
  if (options.sessionTimeout) this.sessionTimeout = options.sessionTimeout;
  if (options.ticketKeys) this.ticketKeys = options.ticketKeys;
  if (options.ALPNProtocols) tlsModule().convertALPNProtocols(options.ALPNProtocols, this);
  this.setSecureContext(options);

  this._handshakeTimeout = options.handshakeTimeout || (120 * 1000);
  this[kSNICallback] = options.SNICallback;
  if (this[kSNICallback]) validateFunction(this[kSNICallback], 'options.SNICallback');
  validateNumber(this._handshakeTimeout, 'options.handshakeTimeout');
  if (options.pskCallback !== undefined && options.pskCallback !== null) {
    validateFunction(options.pskCallback, 'options.pskCallback');
    throw new ERR_FEATURE_UNAVAILABLE_ON_PLATFORM('pskCallback');
  }
  const { enableTrace } = options;
  if (typeof enableTrace === 'boolean') this._enableTrace = enableTrace;
  else if (enableTrace !== undefined && enableTrace !== null) throw new ERR_INVALID_ARG_TYPE('options.enableTrace', 'boolean', enableTrace);

  net.Server.call(this, options, tlsConnectionListener);
  if (listener) this.on('secureConnection', listener);
}
Object.setPrototypeOf(Server.prototype, net.Server.prototype);
Object.setPrototypeOf(Server, net.Server);

const kContextOptions = [
  'pfx', 'key', 'passphrase', 'cert', 'clientCertEngine', 'ca', 'minVersion', 'maxVersion', 'secureProtocol', 'crl',
  'ciphers', 'ecdhCurve', 'dhparam', 'honorCipherOrder', 'secureOptions', 'sessionIdContext', 'sigalgs',
  'privateKeyIdentifier', 'privateKeyEngine', 'allowPartialTrustChain', 'ticketKeys', 'sessionTimeout',
];

Server.prototype.setSecureContext = function(options) {
  validateObject(options, 'options');
  const own = { __proto__: null };
  for (const name of kContextOptions) {
    this[name] = options[name] ?? undefined;
    own[name] = this[name];
  }
  this.honorCipherOrder = options.honorCipherOrder !== undefined ? !!options.honorCipherOrder : true;
  own.honorCipherOrder = this.honorCipherOrder;
  this._sharedCreds = tlsModule().createSecureContext({ ...own });
};

Server.prototype._getServerData = function() {
  return { ticketKeys: this.getTicketKeys().toString('hex') };
};

Server.prototype._setServerData = function(data) {
  this.setTicketKeys(Buffer.from(data.ticketKeys, 'hex'));
};

Server.prototype.getTicketKeys = function() {
  return this._sharedCreds.context.getTicketKeys();
};

Server.prototype.setTicketKeys = function(keys) {
  validateBuffer(keys);
  if (keys.byteLength !== 48) {
    const { codes: { ERR_INTERNAL_ASSERTION } } = require('internal/errors');
    throw new ERR_INTERNAL_ASSERTION('Session ticket keys must be a 48-byte buffer');
  }
  this._sharedCreds.context.setTicketKeys(keys);
};

Server.prototype.addContext = function(servername, context) {
  if (!servername) throw new ERR_TLS_REQUIRED_SERVER_NAME();
  const pattern = new RegExp(`^${servername.replace(/([.^$+?\-\\[\]{}])/g, '\\$1').replaceAll('*', '[^.]*')}$`);
  const { SecureContext } = require('internal/tls/secure-context');
  const secureContext = context instanceof SecureContext ? context : tlsModule().createSecureContext(context);
  this._contexts.push([pattern, secureContext]);
};

Server.prototype[EventEmitter.captureRejectionSymbol] = function(error, event, sock) {
  switch (event) {
    case 'secureConnection':
      sock.destroy(error);
      break;
    default:
      net.Server.prototype[EventEmitter.captureRejectionSymbol].call(this, error, event, sock);
  }
};

// ---- connect -------------------------------------------------------------------------------------------------------

function onConnectSecure() {
  const options = this[kConnectOptions];
  let problem = this._handle.verifyError();
  if (!problem && !this.isSessionReused()) {
    const name = options.servername || options.host || options.socket?._host || 'localhost';
    problem = options.checkServerIdentity(name, this.getPeerCertificate(true));
  }
  if (problem) {
    this.authorized = false;
    this.authorizationError = problem.code || problem.message;
    if (options.rejectUnauthorized !== false) {
      this.destroy(problem);
      return;
    }
  } else {
    this.authorized = true;
  }
  this.secureConnecting = false;
  this.emit('secureConnect');
  this[kIsVerified] = true;
  const session = this[kPendingSession];
  this[kPendingSession] = null;
  if (session) this.emit('session', session);
  this.removeListener('end', onConnectEnd);
}

function onConnectEnd() {
  if (this._hadError) return;
  const options = this[kConnectOptions];
  this._hadError = true;
  const error = new ConnResetException('Client network socket disconnected before secure TLS connection was established');
  error.path = options.path;
  error.host = options.host;
  error.port = options.port;
  error.localAddress = options.localAddress;
  this.destroy(error);
}

let warnedUnauthorized = false;
function allowsUnauthorized() {
  const allows = process.env.NODE_TLS_REJECT_UNAUTHORIZED === '0';
  if (allows && !warnedUnauthorized) {
    warnedUnauthorized = true;
    process.emitWarning('Setting the NODE_TLS_REJECT_UNAUTHORIZED environment variable to \'0\' makes TLS connections ' +
                        'and HTTPS requests insecure by disabling certificate verification.');
  }
  return allows;
}

/** Brings (port, host, options, cb) and the like to [options, cb]. */
function normalizeConnectArgs(listArgs) {
  const [options, cb] = net._normalizeArgs(listArgs);
  const merged = { ...options };
  if (listArgs[1] !== null && typeof listArgs[1] === 'object') Object.assign(merged, listArgs[1]);
  else if (listArgs[2] !== null && typeof listArgs[2] === 'object') Object.assign(merged, listArgs[2]);
  return [merged, cb];
}

function connect(...args) {
  const [given, cb] = normalizeConnectArgs(args);
  const tls = tlsModule();
  const options = {
    rejectUnauthorized: !allowsUnauthorized(),
    ciphers: tls.DEFAULT_CIPHERS,
    checkServerIdentity: tls.checkServerIdentity,
    minDHSize: 1024,
    ...given,
  };
  if (!options.keepAlive) options.singleUse = true;
  validateFunction(options.checkServerIdentity, 'options.checkServerIdentity');
  validateNumber(options.minDHSize, 'options.minDHSize', 1);
  if (options.pskCallback !== undefined && options.pskCallback !== null) {
    validateFunction(options.pskCallback, 'options.pskCallback');
    throw new ERR_FEATURE_UNAVAILABLE_ON_PLATFORM('pskCallback');
  }

  // Addresses are no names (RFC 6066).
  if (options.servername && net.isIP(options.servername)) {
    throw new ERR_INVALID_ARG_VALUE('options.servername', options.servername, 'must be a host name, not an IP address');
  }
  const secureContext = options.secureContext || tls.createSecureContext(options);
  const socket = new TLSSocket(options.socket, {
    allowHalfOpen: options.socket ? options.socket.allowHalfOpen : !!options.allowHalfOpen,
    pipe: !!options.path,
    secureContext,
    isServer: false,
    requestCert: true,
    rejectUnauthorized: options.rejectUnauthorized !== false,
    session: options.session,
    ALPNProtocols: options.ALPNProtocols,
    requestOCSP: options.requestOCSP,
    enableTrace: options.enableTrace,
    highWaterMark: options.highWaterMark,
    onread: options.onread,
    signal: options.signal,
    noDelay: options.noDelay,
    keepAlive: options.keepAlive,
    keepAliveInitialDelay: options.keepAliveInitialDelay,
  });
  options.rejectUnauthorized = options.rejectUnauthorized !== false;
  socket[kConnectOptions] = options;
  if (cb) socket.once('secureConnect', cb);

  if (options.servername) socket.setServername(options.servername);
  if (options.session) socket.setSession(options.session);
  socket._releaseControl();
  // A signal may have ended it already.
  if (!options.socket && !socket.destroyed) {
    // The timer runs while connecting, too.
    if (options.timeout) socket.setTimeout(options.timeout);
    socket.connect(options, socket._start);
  }
  if (options.socket) socket._start();
  socket.on('secure', onConnectSecure);
  socket.prependListener('end', onConnectEnd);
  return socket;
}

function createServer(options, listener) {
  return new Server(options, listener);
}

module.exports = { TLSSocket, Server, connect, createServer };
