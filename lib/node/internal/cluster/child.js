'use strict';

// A worker's half of the cluster: sockets come from the primary.
//
// Binding contract: symbols.owner_symbol: under it a handle has the object of the library that uses it.

const EventEmitter = require('events');
const path = require('path');
const { owner_symbol: kOwner } = internalBinding('symbols');
const Worker = require('internal/cluster/worker');
const { internal, sendHelper } = require('internal/cluster/utils');

const kForever = 2 ** 31 - 1;

const cluster = module.exports = new EventEmitter();
// Sockets by key.
const handles = new Map();
// How often each address has been listened on: { next, used }.
const indexes = new Map();

require('internal/cluster/role').isWorker = true;
cluster.isWorker = true;
cluster.isMaster = false;
cluster.isPrimary = false;
cluster.worker = null;
cluster.Worker = Worker;

cluster._setupWorker = function() {
  const worker = new Worker({ id: Number(process.env.NODE_UNIQUE_ID) | 0, process, state: 'online' });
  cluster.worker = worker;
  process.once('disconnect', () => {
    process.channel = null;
    worker.emit('disconnect');
    // The primary has gone without saying so: nobody needs this worker.
    if (!worker.exitedAfterDisconnect) process.exit(0);
  });
  process.on('internalMessage', internal(worker, onMessage));
  send({ act: 'online' });

  function onMessage(message, handle) {
    if (message.act === 'newconn') onConnection(message, handle);
    else if (message.act === 'disconnect') Reflect.apply(disconnect, worker, [true]);
  }
};

function send(message, callback) {
  return sendHelper(process, message, null, callback);
}

/** Gets `server` (a net.Server or dgram.Socket) the handle for what `options` describe: callback(errno, handle). */
cluster._getServer = function(server, options, callback) {
  let { address } = options;
  if (options.port < 0 && typeof address === 'string') address = path.resolve(address);
  const indexKey = [address, options.port, options.addressType, options.fd].join(':');
  let entry = indexes.get(indexKey);
  if (entry === undefined) {
    entry = { next: 0, used: new Set() };
    indexes.set(indexKey, entry);
  }
  const index = entry.next++;
  entry.used.add(index);

  const message = { act: 'queryServer', index, data: null, ...options, address };
  if (server._getServerData) message.data = server._getServerData();
  send(message, (reply, handle) => {
    if (typeof server._setServerData === 'function') server._setServerData(reply.data);
    if (handle) useShared(reply, handle, { indexKey, index }, callback);
    else useRoundRobin(reply, { indexKey, index }, callback);
  });

  server.once('listening', () => {
    // It may have been closed before.
    if (!indexes.has(indexKey)) return;
    cluster.worker.state = 'listening';
    const bound = server.address();
    message.act = 'listening';
    message.port = (bound && bound.port) || options.port;
    send(message);
  });
};

function forgetIndex({ indexKey, index }) {
  const entry = indexes.get(indexKey);
  if (entry === undefined) return;
  entry.used.delete(index);
  if (entry.used.size === 0) indexes.delete(indexKey);
}

/** The socket itself has come. */
function useShared(reply, handle, place, callback) {
  const { key } = reply;
  const { close } = handle;
  handle.close = function(...args) {
    send({ act: 'close', key });
    handles.delete(key);
    forgetIndex(place);
    handle.close = close;
    return Reflect.apply(close, handle, args);
  };
  handles.set(key, handle);
  callback(reply.errno, handle);
}

/** The primary accepts, and hands over connections: a handle that only looks as if it listened. */
function useRoundRobin(reply, place, callback) {
  if (reply.errno) {
    forgetIndex(place);
    callback(reply.errno, null);
    return;
  }
  let { key } = reply;
  // What a listening socket does for the loop: it keeps it going.
  let keepAlive = setInterval(() => {}, kForever);
  const handle = {
    listen() {
      return 0;
    },
    close(done) {
      if (key === undefined) return;
      clearInterval(keepAlive);
      keepAlive = undefined;
      send({ act: 'close', key });
      handles.delete(key);
      forgetIndex(place);
      key = undefined;
      if (typeof done === 'function') process.nextTick(() => Reflect.apply(done, handle, []));
    },
    ref() {
      keepAlive?.ref();
    },
    unref() {
      keepAlive?.unref();
    },
    hasRef() {
      return keepAlive?.hasRef() ?? false;
    },
  };
  if (reply.sockname) {
    handle.getsockname = (out) => {
      if (key) Object.assign(out, reply.sockname);
      return 0;
    };
  }
  handles.set(key, handle);
  callback(0, handle);
}

/** A connection the primary has accepted. */
function onConnection(message, handle) {
  const listener = handles.get(message.key);
  let accepted = listener !== undefined && handle !== undefined && handle !== null;
  const owner = listener?.[kOwner];
  if (accepted && owner && owner.maxConnections != null && owner._connections >= owner.maxConnections) accepted = false;
  send({ ack: message.seq, accepted });
  if (accepted) listener.onconnection(0, handle);
  else handle?.close();
}

/** Closes what listens, then the channel. */
function disconnect(asked) {
  this.exitedAfterDisconnect = true;
  let waiting = 1;
  const check = () => {
    if (--waiting > 0) return;
    // Unless the primary has asked for it, it has to know that this is no accident.
    if (asked) process.disconnect();
    else send({ act: 'exitedAfterDisconnect' }, () => process.disconnect());
  };
  for (const handle of handles.values()) {
    waiting++;
    if (handle[kOwner]) handle[kOwner].close(check);
    else handle.close(check);
  }
  handles.clear();
  check();
}

Worker.prototype.disconnect = function() {
  if (this.state !== 'disconnecting' && this.state !== 'destroying') {
    this.state = 'disconnecting';
    Reflect.apply(disconnect, this, []);
  }
  return this;
};

Worker.prototype.destroy = function() {
  if (this.state === 'destroying') return;
  this.exitedAfterDisconnect = true;
  if (!this.isConnected()) {
    process.exit(0);
  } else {
    this.state = 'destroying';
    send({ act: 'exitedAfterDisconnect' }, () => process.disconnect());
    process.once('disconnect', () => process.exit(0));
  }
};
