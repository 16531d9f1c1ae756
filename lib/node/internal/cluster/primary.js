'use strict';

// The primary: starts workers, owns the sockets they listen on.

const EventEmitter = require('events');
const path = require('path');
const { fork } = require('child_process');
const { validateObject } = require('internal/validators');
const Worker = require('internal/cluster/worker');
const { internal, sendHelper } = require('internal/cluster/utils');

const SCHED_NONE = 1;
const SCHED_RR = 2;

const cluster = module.exports = new EventEmitter();
const intercom = new EventEmitter();
// Sockets by the key of what workers asked for.
const handles = new Map();
let ids = 0;
let initialized = false;

cluster.isWorker = false;
cluster.isMaster = true;
cluster.isPrimary = true;
cluster.Worker = Worker;
cluster.workers = {};
cluster.settings = {};
cluster.SCHED_NONE = SCHED_NONE;
cluster.SCHED_RR = SCHED_RR;
cluster.schedulingPolicy = { none: SCHED_NONE, rr: SCHED_RR }[process.env.NODE_CLUSTER_SCHED_POLICY] ?? SCHED_RR;

cluster.setupPrimary = function(options) {
  const settings = {
    args: process.argv.slice(2),
    exec: process.argv[1],
    execArgv: process.execArgv,
    silent: false,
    ...cluster.settings,
    ...options,
  };
  cluster.settings = settings;
  if (!initialized) {
    initialized = true;
    // From now on the policy stays what it is.
    schedulingPolicy = cluster.schedulingPolicy;
    if (schedulingPolicy !== SCHED_NONE && schedulingPolicy !== SCHED_RR) {
      require('assert').fail(`Bad cluster.schedulingPolicy: ${schedulingPolicy}`);
    }
  }
  process.nextTick(() => cluster.emit('setup', settings));
};
let schedulingPolicy;

// Deprecated names.
cluster.setupMaster = cluster.setupPrimary;

cluster.fork = function(env) {
  cluster.setupPrimary();
  const id = ++ids;
  const worker = new Worker({ id, process: startProcess(id, env) });
  const child = worker.process;
  worker.on('message', (message, handle) => cluster.emit('message', worker, message, handle));
  child.once('exit', (exitCode, signalCode) => {
    // With the channel gone there is nothing more to come; otherwise 'disconnect' follows.
    if (!worker.isConnected()) {
      removeHandles(worker);
      removeWorker(worker);
    }
    worker.exitedAfterDisconnect = !!worker.exitedAfterDisconnect;
    worker.state = 'dead';
    worker.emit('exit', exitCode, signalCode);
    cluster.emit('exit', worker, exitCode, signalCode);
  });
  child.once('disconnect', () => {
    removeHandles(worker);
    if (worker.isDead()) removeWorker(worker);
    worker.exitedAfterDisconnect = !!worker.exitedAfterDisconnect;
    worker.state = 'disconnected';
    worker.emit('disconnect');
    cluster.emit('disconnect', worker);
  });
  child.on('internalMessage', internal(worker, onMessage));
  process.nextTick(() => cluster.emit('fork', worker));
  cluster.workers[worker.id] = worker;
  return worker;
};

function startProcess(id, env) {
  const { settings } = cluster;
  validateObject(settings, 'cluster.settings');
  return fork(settings.exec, settings.args, {
    cwd: settings.cwd,
    env: { ...process.env, ...env, NODE_UNIQUE_ID: `${id}` },
    serialization: settings.serialization,
    silent: settings.silent,
    windowsHide: settings.windowsHide,
    execArgv: [...settings.execArgv],
    stdio: settings.stdio,
    gid: settings.gid,
    uid: settings.uid,
  });
}

cluster.disconnect = function(callback) {
  const workers = Object.values(cluster.workers);
  if (workers.length === 0) {
    process.nextTick(() => intercom.emit('disconnect'));
  } else {
    for (const worker of workers) if (worker.isConnected()) worker.disconnect();
  }
  if (typeof callback === 'function') intercom.once('disconnect', callback);
};

function removeWorker(worker) {
  delete cluster.workers[worker.id];
  if (Object.keys(cluster.workers).length === 0) intercom.emit('disconnect');
}

function removeHandles(worker) {
  for (const [key, handle] of handles) if (handle.remove(worker)) handles.delete(key);
}

// ---- What workers ask ------------------------------------------------------------------------------------------------

const kActions = {
  __proto__: null,
  online(worker) {
    worker.emit('online');
    cluster.emit('online', worker);
  },
  exitedAfterDisconnect(worker, message) {
    worker.exitedAfterDisconnect = true;
    send(worker, { ack: message.seq });
  },
  queryServer,
  listening(worker, message) {
    const info = { addressType: message.addressType, address: message.address, port: message.port, fd: message.fd };
    worker.state = 'listening';
    worker.emit('listening', info);
    cluster.emit('listening', worker, info);
  },
  close(worker, message) {
    const { key } = message;
    if (handles.get(key)?.remove(worker)) handles.delete(key);
  },
};

function onMessage(message, handle) {
  kActions[message.act]?.(this, message, handle);
}

function queryServer(worker, message) {
  // It is about to go: no new sockets for it.
  if (worker.exitedAfterDisconnect) return;
  const { port, addressType, fd, index } = message;
  let key = `${message.address}:${port}:${addressType}:${fd}`;
  // Each listen(0) of a worker is a socket of its own; the n-th of one worker is the n-th of the others.
  if (port === 0) key += `:${index}`;
  let handle = handles.get(key);
  if (handle === undefined) {
    let { address } = message;
    // The name of a Unix socket has a limit: a relative path may be shorter.
    if (port < 0 && typeof address === 'string') {
      const relative = path.relative(process.cwd(), address);
      if (relative.length < address.length) address = relative;
    }
    const isDatagram = addressType === 'udp4' || addressType === 'udp6';
    const Handle = schedulingPolicy !== SCHED_RR || isDatagram ?
      require('internal/cluster/shared_handle') : require('internal/cluster/round_robin_handle');
    handle = new Handle(key, address, message);
    handles.set(key, handle);
  }
  handle.data ||= message.data;
  handle.add(worker, (errno, reply, native) => {
    const { data } = handles.get(key) ?? handle;
    if (errno) handles.delete(key);
    send(worker, { errno, key, ack: message.seq, data, ...reply }, native);
  });
}

function send(worker, message, handle, callback) {
  return sendHelper(worker.process, message, handle, callback);
}

// ---- Workers as the primary has them ---------------------------------------------------------------------------------

Worker.prototype.disconnect = function() {
  this.exitedAfterDisconnect = true;
  send(this, { act: 'disconnect' });
  removeHandles(this);
  removeWorker(this);
  return this;
};

Worker.prototype.destroy = function(signal) {
  this.process.kill(signal || 'SIGTERM');
};
