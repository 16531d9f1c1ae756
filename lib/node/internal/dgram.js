'use strict';
// The handles of datagram sockets, shared by dgram, child_process and cluster. Binding contract: see dgram.js.

const { UDP } = internalBinding('udp_wrap');
const { codes: { ERR_SOCKET_BAD_TYPE } } = require('internal/errors');
const { validateFunction } = require('internal/validators');
const { guessHandleType } = require('internal/util');

const kStateSymbol = Symbol('state symbol');

function lookupWith(lookup, defaultAddress, family) {
  return (address, callback) => lookup(address || defaultAddress, family, callback);
}

/** A handle for 'udp4' or 'udp6' that looks names up in its own family. */
function newHandle(type, lookup) {
  if (lookup === undefined) ({ lookup } = require('dns'));
  else validateFunction(lookup, 'lookup');

  if (type !== 'udp4' && type !== 'udp6') throw new ERR_SOCKET_BAD_TYPE();
  const handle = new UDP();
  if (type === 'udp4') {
    handle.lookup = lookupWith(lookup, '127.0.0.1', 4);
  } else {
    handle.lookup = lookupWith(lookup, '::1', 6);
    handle.bind = handle.bind6;
    handle.connect = handle.connect6;
    handle.send = handle.send6;
  }
  return handle;
}

/** A bound handle for others to use, or a negative errno. */
function _createSocketHandle(address, port, addressType, fd, flags) {
  const handle = newHandle(addressType);
  let err;
  if (Number.isInteger(fd) && fd > 0) {
    if (guessHandleType(fd) !== 'UDP') return internalBinding('uv').UV_EINVAL;
    err = handle.open(fd);
  } else if (port || address) {
    err = handle.bind(address, port || 0, flags);
  }
  if (err) {
    handle.close();
    return err;
  }
  return handle;
}

module.exports = { kStateSymbol, _createSocketHandle, newHandle };
