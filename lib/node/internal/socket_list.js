'use strict';

// Connections of one server that live in several processes: the sender counts those the receiver has.

const EventEmitter = require('events');
const { codes: { ERR_CHILD_CLOSED_BEFORE_REPLY } } = require('internal/errors');

/** The side of the server. */
class SocketListSend extends EventEmitter {
  constructor(child, key) {
    super();
    this.key = key;
    this.child = child;
    child.once('exit', () => this.emit('exit', this));
  }

  _request(message, cmd, swallowErrors, callback) {
    const onReply = (reply) => {
      if (reply.cmd !== cmd || reply.key !== this.key) return;
      this.child.removeListener('internalMessage', onReply);
      this.child.removeListener('disconnect', onDisconnect);
      callback(null, reply);
    };
    const onDisconnect = () => {
      this.child.removeListener('internalMessage', onReply);
      callback(new ERR_CHILD_CLOSED_BEFORE_REPLY());
    };
    if (!this.child.connected) {
      onDisconnect();
      return;
    }
    this.child._send(message, undefined, swallowErrors);
    this.child.once('disconnect', onDisconnect);
    this.child.on('internalMessage', onReply);
  }

  close(callback) {
    this._request({ cmd: 'NODE_SOCKET_NOTIFY_CLOSE', key: this.key }, 'NODE_SOCKET_ALL_CLOSED', true, callback);
  }

  getConnections(callback) {
    this._request({ cmd: 'NODE_SOCKET_GET_COUNT', key: this.key }, 'NODE_SOCKET_COUNT', false, (error, reply) => {
      if (error) callback(error);
      else callback(null, reply.count);
    });
  }
}

/** The side that has got connections. */
class SocketListReceive extends EventEmitter {
  constructor(child, key) {
    super();
    this.connections = 0;
    this.key = key;
    this.child = child;
    const whenEmpty = () => {
      if (this.connections === 0) child._send({ cmd: 'NODE_SOCKET_ALL_CLOSED', key }, undefined, true);
      else this.once('empty', whenEmpty);
    };
    child.on('internalMessage', (message) => {
      if (message.key !== key) return;
      if (message.cmd === 'NODE_SOCKET_NOTIFY_CLOSE') whenEmpty();
      else if (message.cmd === 'NODE_SOCKET_GET_COUNT') {
        child._send({ cmd: 'NODE_SOCKET_COUNT', key, count: this.connections });
      }
    });
  }

  add({ socket }) {
    this.connections++;
    socket.once('close', () => {
      if (--this.connections === 0) this.emit('empty', this);
    });
  }
}

/** The list of a channel for one server. `side`: 'send' or 'got'. */
function getSocketList(side, child, key) {
  const lists = child._channel.sockets ??= { got: {}, send: {} };
  return lists[side][key] ??= side === 'send' ? new SocketListSend(child, key) : new SocketListReceive(child, key);
}

module.exports = { SocketListReceive, SocketListSend, getSocketList };
