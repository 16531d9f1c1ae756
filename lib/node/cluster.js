'use strict';

// The primary's view of a cluster. Workers need sockets shared between processes, which are not there yet.

const EventEmitter = require('events');
const { codes: { ERR_METHOD_NOT_IMPLEMENTED } } = require('internal/errors');

class Worker extends EventEmitter {
  constructor(options = {}) {
    super();
    this.exitedAfterDisconnect = undefined;
    this.state = options.state || 'none';
    this.id = options.id | 0;
  }
}

const cluster = module.exports = new EventEmitter();
Object.assign(cluster, {
  isWorker: false,
  isMaster: true,
  isPrimary: true,
  Worker,
  workers: {},
  settings: {},
  SCHED_NONE: 1,
  SCHED_RR: 2,
  schedulingPolicy: 2,
  setupPrimary(options) {
    cluster.settings = { args: process.argv.slice(2), exec: process.argv[1], execArgv: process.execArgv, silent: false, ...options };
    process.nextTick(() => cluster.emit('setup', cluster.settings));
  },
  fork() {
    throw new ERR_METHOD_NOT_IMPLEMENTED('cluster.fork()');
  },
  disconnect(callback) {
    process.nextTick(() => {
      cluster.emit('disconnect');
      callback?.();
    });
  },
});
cluster.setupMaster = cluster.setupPrimary;
