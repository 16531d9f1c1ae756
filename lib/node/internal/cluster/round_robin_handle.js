'use strict';

// A listening socket of the primary whose connections go to the workers in turn.

const net = require('net');
const { sendHelper } = require('internal/cluster/utils');
const { constants: { UV_TCP_IPV6ONLY, UV_TCP_REUSEPORT } } = internalBinding('tcp_wrap');

class RoundRobinHandle {
  constructor(key, address, { port, fd, flags, backlog, readableAll, writableAll }) {
    this.key = key;
    this.all = new Map();
    // Workers that have nothing to do, the longest idle first.
    this.free = new Map();
    // Connections that wait for a worker.
    this.handles = [];
    this.handle = null;
    this.server = net.createServer(() => {
      throw new Error('a connection came to the primary itself');
    });
    if (fd >= 0) {
      this.server.listen({ fd, backlog });
    } else if (port >= 0) {
      this.server.listen({
        port,
        host: address,
        ipv6Only: Boolean(flags & UV_TCP_IPV6ONLY),
        reusePort: Boolean(flags & UV_TCP_REUSEPORT),
        backlog,
      });
    } else {
      this.server.listen({ path: address, backlog, readableAll, writableAll });
    }
    this.server.once('listening', () => {
      this.handle = this.server._handle;
      this.handle.onconnection = (error, handle) => this.distribute(error, handle);
      this.server._handle = null;
      this.server = null;
    });
  }

  add(worker, send) {
    this.all.set(worker.id, worker);
    const done = () => {
      if (this.handle.getsockname) {
        const sockname = {};
        this.handle.getsockname(sockname);
        send(null, { sockname }, null);
      } else {
        // A pipe: there is no address.
        send(null, null, null);
      }
      this.handoff(worker);
    };
    if (this.server === null) {
      done();
      return;
    }
    this.server.once('listening', done);
    this.server.once('error', (error) => {
      send(error.errno, null);
    });
  }

  /** True if that was the last worker. */
  remove(worker) {
    if (!this.all.delete(worker.id)) return false;
    this.free.delete(worker.id);
    if (this.all.size > 0) return false;
    for (const handle of this.handles.splice(0)) handle.close();
    this.handle?.close();
    this.handle = null;
    return true;
  }

  distribute(error, handle) {
    // A failed accept brings no connection.
    if (!handle) return;
    // The last worker may have gone meanwhile.
    if (this.handle === null) {
      handle.close();
      return;
    }
    this.handles.push(handle);
    for (const [id, worker] of this.free) {
      this.free.delete(id);
      this.handoff(worker);
      break;
    }
  }

  /** Gives the worker a connection, or notes that it is free. */
  handoff(worker) {
    if (!this.all.has(worker.id)) return;
    const handle = this.handles.shift();
    if (handle === undefined) {
      this.free.set(worker.id, worker);
      return;
    }
    sendHelper(worker.process, { act: 'newconn', key: this.key }, handle, (reply) => {
      if (reply.accepted) handle.close();
      else this.distribute(0, handle);
      this.handoff(worker);
    });
  }
}

module.exports = RoundRobinHandle;
