'use strict';
// http.Agent: sockets kept for the next request.

const net = require('net');
const EventEmitter = require('events');
const { validateNumber, validateOneOf, validateString } = require('internal/validators');
const { once } = require('internal/util');

const kOnKeylog = Symbol('onkeylog');
const kRequestOptions = Symbol('requestOptions');

/** The socket of a request that has not got one yet may fail at any time; nobody listens. */
function freeSocketErrorListener(err) {
  this.destroy();
  this.emit('agentRemove', err);
}

function Agent(options) {
  if (!(this instanceof Agent)) return new Agent(options);
  EventEmitter.call(this);

  this.options = { __proto__: null, ...options };
  this.defaultPort = this.options.defaultPort || 80;
  this.protocol = this.options.protocol || 'http:';
  if (this.options.noDelay === undefined) this.options.noDelay = true;
  // net would take a path for that of a pipe.
  this.options.path = null;
  this.requests = { __proto__: null };
  this.sockets = { __proto__: null };
  this.freeSockets = { __proto__: null };
  this.keepAliveMsecs = this.options.keepAliveMsecs || 1000;
  this.keepAlive = this.options.keepAlive || false;
  this.maxSockets = this.options.maxSockets || Agent.defaultMaxSockets;
  this.maxFreeSockets = this.options.maxFreeSockets || 256;
  this.scheduling = this.options.scheduling || 'lifo';
  this.maxTotalSockets = this.options.maxTotalSockets;
  this.totalSocketCount = 0;
  this.agentKeepAliveTimeoutBuffer = typeof this.options.agentKeepAliveTimeoutBuffer === 'number' &&
    this.options.agentKeepAliveTimeoutBuffer >= 0 && Number.isFinite(this.options.agentKeepAliveTimeoutBuffer) ?
    this.options.agentKeepAliveTimeoutBuffer : 1000;

  validateOneOf(this.scheduling, 'scheduling', ['fifo', 'lifo']);
  if (this.maxTotalSockets !== undefined) {
    validateNumber(this.maxTotalSockets, 'maxTotalSockets', 1);
  } else {
    this.maxTotalSockets = Infinity;
  }

  this.on('free', onFree);
  // Keys are logged only for listeners.
  this.on('newListener', maybeEnableKeylog);
}
Object.setPrototypeOf(Agent.prototype, EventEmitter.prototype);
Object.setPrototypeOf(Agent, EventEmitter);

Agent.defaultMaxSockets = Infinity;

function maybeEnableKeylog(eventName) {
  if (eventName !== 'keylog') return;
  this.removeListener('newListener', maybeEnableKeylog);
  const agent = this;
  this[kOnKeylog] = function onkeylog(keylog) {
    agent.emit('keylog', keylog, this);
  };
  for (const sockets of Object.values(this.sockets)) {
    for (const socket of sockets) socket.on('keylog', this[kOnKeylog]);
  }
}

/** A request gave its socket back. */
function onFree(socket, options) {
  const name = this.getName(options);

  // After an error or with nothing to write to, the socket is of no use.
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const requests = this.requests[name];
  if (requests?.length) {
    const req = requests.shift();
    setRequestSocket(this, req, socket);
    if (requests.length === 0) delete this.requests[name];
    return;
  }

  const req = socket._httpMessage;
  if (!req?.shouldKeepAlive || !this.keepAlive) {
    socket.destroy();
    return;
  }
  const freeSockets = this.freeSockets[name] || [];
  let count = freeSockets.length;
  if (this.sockets[name]) count += this.sockets[name].length;
  if (this.totalSocketCount > this.maxTotalSockets || count > this.maxSockets ||
      freeSockets.length >= this.maxFreeSockets || !this.keepSocketAlive(socket)) {
    socket.destroy();
    return;
  }
  this.freeSockets[name] = freeSockets;
  socket._httpMessage = null;
  this.removeSocket(socket, options);
  socket.once('error', freeSocketErrorListener);
  freeSockets.push(socket);
}

Agent.prototype.createConnection = net.createConnection;

Agent.prototype.getName = function getName(options = {}) {
  let name = options.host || 'localhost';
  name += ':';
  if (options.port) name += options.port;
  name += ':';
  if (options.localAddress) name += options.localAddress;
  // Otherwise sockets of both families would be mixed.
  if (options.family === 4 || options.family === 6) name += `:${options.family}`;
  if (options.socketPath) name += `:${options.socketPath}`;
  return name;
};

function handleSocketCreation(agent, req, informRequest) {
  return function handleSocketCreation_Inner(err, socket) {
    if (err) {
      process.nextTick(emitErrorNT, req, err);
      return;
    }
    if (informRequest) setRequestSocket(agent, req, socket);
    else socket.emit('free');
  };
}

function emitErrorNT(emitter, err) {
  emitter.emit('error', err);
}

Agent.prototype.addRequest = function addRequest(req, options, port, localAddress) {
  // Its arguments once were (req, host, port, localAddress).
  if (typeof options === 'string') options = { __proto__: null, host: options, port, localAddress };
  options = { __proto__: null, ...options, ...this.options };
  if (options.socketPath) options.path = options.socketPath;
  normalizeServerName(options, req);

  const name = this.getName(options);
  this.sockets[name] ||= [];
  const freeSockets = this.freeSockets[name];
  let socket;
  if (freeSockets) {
    while (freeSockets.length && freeSockets[0].destroyed) freeSockets.shift();
    socket = this.scheduling === 'fifo' ? freeSockets.shift() : freeSockets.pop();
    if (!freeSockets.length) delete this.freeSockets[name];
  }

  const freeLength = freeSockets ? freeSockets.length : 0;
  const socketsLength = freeLength + this.sockets[name].length;
  if (socket) {
    this.reuseSocket(socket, req);
    setRequestSocket(this, req, socket);
    this.sockets[name].push(socket);
  } else if (socketsLength < this.maxSockets && this.totalSocketCount < this.maxTotalSockets) {
    this.createSocket(req, options, handleSocketCreation(this, req, true));
  } else {
    // Waits until a socket is free.
    this.requests[name] ||= [];
    req[kRequestOptions] = options;
    this.requests[name].push(req);
  }
};

Agent.prototype.createSocket = function createSocket(req, options, cb) {
  options = { __proto__: null, ...options, ...this.options };
  if (options.socketPath) options.path = options.socketPath;
  normalizeServerName(options, req);

  const name = this.getName(options);
  options._agentKey = name;
  options.encoding = null;

  const oncreate = once((err, socket) => {
    if (err) {
      cb(err);
      return;
    }
    this.sockets[name] ||= [];
    this.sockets[name].push(socket);
    this.totalSocketCount++;
    installListeners(this, socket, options);
    cb(null, socket);
  });
  // One that keeps connections alive may say so to the system.
  if (this.keepAlive) {
    options.keepAlive = this.keepAlive;
    options.keepAliveInitialDelay = this.keepAliveMsecs;
  }
  const newSocket = this.createConnection(options, oncreate);
  if (newSocket) oncreate(null, newSocket);
};

function normalizeServerName(options, req) {
  if (!options.servername && options.servername !== '') options.servername = calculateServerName(options, req);
}

function calculateServerName(options, req) {
  let servername = options.host;
  const hostHeader = req.getHeader('host');
  if (hostHeader) {
    validateString(hostHeader, 'options.headers.host');
    // abc => abc, abc:123 => abc, [::1]:123 => ::1
    if (hostHeader[0] === '[') {
      const index = hostHeader.indexOf(']');
      servername = index === -1 ? hostHeader : hostHeader.slice(1, index);
    } else {
      servername = hostHeader.split(':', 1)[0];
    }
  }
  // Server names are never addresses.
  return net.isIP(servername) ? '' : servername;
}

function installListeners(agent, s, options) {
  const onFreeSocket = () => {
    // Without an agent's interest the socket is the user's now.
    agent.emit('free', s, options);
  };
  s.on('free', onFreeSocket);

  const onClose = () => {
    agent.totalSocketCount--;
    agent.removeSocket(s, options);
  };
  s.on('close', onClose);

  const onTimeout = () => {
    // Only a socket that is not in use is destroyed by silence.
    for (const sockets of Object.values(agent.freeSockets)) {
      if (sockets.includes(s)) {
        s.destroy();
        return;
      }
    }
  };
  s.on('timeout', onTimeout);

  const onRemove = () => {
    // Upgraded or destroyed: the agent forgets it.
    agent.totalSocketCount--;
    agent.removeSocket(s, options);
    s.removeListener('close', onClose);
    s.removeListener('free', onFreeSocket);
    s.removeListener('timeout', onTimeout);
    s.removeListener('agentRemove', onRemove);
  };
  s.on('agentRemove', onRemove);

  if (agent[kOnKeylog]) s.on('keylog', agent[kOnKeylog]);
}

Agent.prototype.removeSocket = function removeSocket(s, options) {
  const name = this.getName(options);
  const sets = [this.sockets];
  // A socket that cannot be written to any more is not free either.
  if (!s.writable) sets.push(this.freeSockets);
  for (const sockets of sets) {
    const list = sockets[name];
    if (list === undefined) continue;
    const index = list.indexOf(s);
    if (index === -1) continue;
    list.splice(index, 1);
    if (list.length === 0) delete sockets[name];
  }

  let req;
  if (this.requests[name]?.length) {
    // The place is taken by the request that waits longest.
    req = this.requests[name][0];
  } else {
    for (const key of Object.keys(this.requests)) {
      // With a total limit, other hosts may wait as well.
      if (this.sockets[key]?.length) continue;
      req = this.requests[key][0];
      break;
    }
  }
  if (req && req[kRequestOptions]) {
    this.createSocket(req, req[kRequestOptions], (err, socket) => {
      if (err) {
        process.nextTick(emitErrorNT, req, err);
      } else {
        socket.emit('free');
      }
    });
  }
};

Agent.prototype.keepSocketAlive = function keepSocketAlive(socket) {
  socket.setKeepAlive(true, this.keepAliveMsecs);
  socket.unref();

  let agentTimeout = this.options.timeout || 0;
  let canKeepSocketAlive = true;
  const hint = socket._httpMessage?.res?.headers['keep-alive'];
  if (hint) {
    const match = /^timeout=(\d+)/.exec(hint);
    if (match !== null) {
      // A little earlier than the server, lest a request meets the closing.
      const serverTimeout = Number.parseInt(match[1], 10) * 1000 - this.agentKeepAliveTimeoutBuffer;
      if (serverTimeout <= 0) canKeepSocketAlive = false;
      else if (serverTimeout < agentTimeout || agentTimeout === 0) agentTimeout = serverTimeout;
    }
  }
  if (socket.timeout !== agentTimeout) socket.setTimeout(agentTimeout);
  return canKeepSocketAlive;
};

Agent.prototype.reuseSocket = function reuseSocket(socket, req) {
  socket.removeListener('error', freeSocketErrorListener);
  req.reusedSocket = true;
  socket.ref();
};

Agent.prototype.destroy = function destroy() {
  for (const set of [this.freeSockets, this.sockets]) {
    for (const key of Object.keys(set)) {
      for (const socket of [...set[key]]) socket.destroy();
    }
  }
};

function setRequestSocket(agent, req, socket) {
  req.onSocket(socket);
  const agentTimeout = agent.options.timeout || 0;
  if (req.timeout === undefined || req.timeout === agentTimeout) return;
  socket.setTimeout(req.timeout);
}

Agent.prototype[Symbol.dispose] = function() {
  this.destroy();
};

let globalAgent;

module.exports = {
  Agent,
  get globalAgent() {
    return globalAgent ??= new Agent({ keepAlive: true, scheduling: 'lifo', timeout: 5000 });
  },
  set globalAgent(value) {
    globalAgent = value;
  },
};
