'use strict';
// What every stream over a native handle shares: reads, writes, the timeout.
//
// Binding contract: internalBinding('stream_wrap')
//   class WriteWrap, class ShutdownWrap: requests. Native code sets `req.async` and `req.bytes` at the call and,
//     when async, calls req.oncomplete(status, handle, error) later. A WriteWrap whose write completed at once
//     may be used again.
//   handle.writeBuffer(req, view), writev(req, chunks, allBuffers), writeLatin1String, writeAsciiString,
//     writeUtf8String, writeUcs2String (req, string) -> 0 | negative errno
//   handle.onread(nread, buffer): nread > 0 with a Buffer, 0 for "nothing now", negative errno or UV_EOF
// internalBinding('uv'): UV_EOF, UV_ENOTSUP… ; internalBinding('symbols').owner_symbol

const { WriteWrap } = internalBinding('stream_wrap');
const { UV_EOF } = internalBinding('uv');
const { owner_symbol } = internalBinding('symbols');
const { ErrnoException } = require('internal/errors');
const { kTimeout, setUnrefTimeout, getTimerDuration } = require('internal/timers');
const { validateFunction } = require('internal/validators');

const kMaybeDestroy = Symbol('kMaybeDestroy');
const kUpdateTimer = Symbol('kUpdateTimer');
const kAfterAsyncWrite = Symbol('kAfterAsyncWrite');
const kHandle = Symbol('kHandle');
const kSession = Symbol('kSession');
const kBuffer = Symbol('kBuffer');
const kBufferGen = Symbol('kBufferGen');
const kBufferCb = Symbol('kBufferCb');
const kWriteDirect = Symbol('kWriteDirect');

// A request that is free: most writes complete at once and need no request of their own.
let spareRequest = null;

function takeRequest(handle, callback) {
  const req = spareRequest ?? new WriteWrap();
  spareRequest = null;
  req.handle = handle;
  req.oncomplete = onWriteComplete;
  req.async = false;
  req.bytes = 0;
  req.callback = callback;
  req.error = undefined;
  req.buffer = null;
  return req;
}

function releaseRequest(req) {
  if (req.async) return;
  req.handle = null;
  req.callback = null;
  req.buffer = null;
  spareRequest = req;
}

function onWriteComplete(status, handle, error) {
  const stream = this.handle[owner_symbol] ?? this.handle;
  if (stream.destroyed) {
    if (typeof this.callback === 'function') this.callback(null);
    return;
  }
  if (status < 0) {
    const err = new ErrnoException(status, 'write', error);
    if (typeof this.callback === 'function') this.callback(err);
    else stream.destroy(err);
    return;
  }
  stream[kUpdateTimer]?.();
  stream[kAfterAsyncWrite]?.(this);
  if (typeof this.callback === 'function') this.callback(undefined);
}

function callWrite(handle, req, data, encoding) {
  switch (encoding) {
    case 'buffer':
      return handle.writeBuffer(req, data);
    case 'latin1':
    case 'binary':
      return handle.writeLatin1String(req, data);
    case 'utf8':
    case 'utf-8':
      return handle.writeUtf8String(req, data);
    case 'ascii':
      return handle.writeAsciiString(req, data);
    case 'ucs2':
    case 'ucs-2':
    case 'utf16le':
    case 'utf-16le':
      return handle.writeUcs2String(req, data);
    default:
      return handle.writeBuffer(req, require('buffer').Buffer.from(data, encoding));
  }
}

/** Settles a request after the native call: `cb` is called now unless the write goes on. */
function afterDispatch(self, req, err, cb) {
  if (err !== 0) {
    const error = new ErrnoException(err, 'write', req.error);
    releaseRequest(req);
    cb(error);
    return false;
  }
  self[kUpdateTimer]();
  if (req.async) return true;
  releaseRequest(req);
  cb();
  return false;
}

/** Writes one chunk; returns the request when it is still going on, else null. */
function writeGeneric(self, data, encoding, cb) {
  const req = takeRequest(self[kHandle], cb);
  const err = callWrite(self[kHandle], req, data, encoding);
  if (!afterDispatch(self, req, err, cb)) return null;
  if (encoding === 'buffer') req.buffer = data;
  return req;
}

function writevGeneric(self, data, cb) {
  const req = takeRequest(self[kHandle], cb);
  const { allBuffers } = data;
  let chunks;
  if (allBuffers) {
    chunks = new Array(data.length);
    for (let i = 0; i < data.length; i++) chunks[i] = data[i].chunk;
  } else {
    chunks = new Array(data.length << 1);
    for (let i = 0; i < data.length; i++) {
      chunks[i * 2] = data[i].chunk;
      chunks[i * 2 + 1] = data[i].encoding;
    }
  }
  const err = self[kHandle].writev(req, chunks, !!allBuffers);
  if (!afterDispatch(self, req, err, cb)) return null;
  req.buffer = chunks;
  return req;
}

/** handle.onread of every stream handle. */
function onStreamRead(nread, buffer) {
  const handle = this;
  const stream = this[owner_symbol];
  stream[kUpdateTimer]();

  if (nread > 0) {
    if (stream.destroyed) return;
    let more;
    if (stream[kBuffer]) more = deliverToUser(stream, nread);
    else more = stream.push(buffer);
    if (!more) {
      handle.reading = false;
      const err = handle.readStop();
      if (err) stream.destroy(new ErrnoException(err, 'read'));
    }
    return;
  }
  if (nread === 0) return;

  if (nread !== UV_EOF) {
    stream.destroy(new ErrnoException(nread, 'read'));
    return;
  }

  // The write side of a half-open stream may still be at work.
  if (stream._readableState.endEmitted) {
    stream[kMaybeDestroy]?.();
  } else {
    if (stream[kMaybeDestroy]) stream.on('end', stream[kMaybeDestroy]);
    stream.push(null);
    stream.read(0);
  }
}
onStreamRead.__mine = true;

/** The `onread` option of a socket: the bytes are in a buffer of the user. */
function deliverToUser(stream, nread) {
  const more = stream[kBufferCb](nread, stream[kBuffer]) !== false;
  const next = stream[kBufferGen]?.();
  if (next !== undefined && next !== null) {
    stream[kBuffer] = next;
    stream[kHandle]?.useUserBuffer(next);
  }
  return more;
}

function setStreamTimeout(msecs, callback) {
  if (this.destroyed) return this;
  this.timeout = msecs;
  msecs = getTimerDuration(msecs, 'msecs');

  // The timer is made anew, because its length may differ.
  if (this[kTimeout] != null) {
    clearTimeout(this[kTimeout]);
    this[kTimeout] = null;
  }
  if (msecs === 0) {
    if (callback !== undefined) {
      validateFunction(callback, 'callback');
      this.removeListener('timeout', callback);
    }
  } else {
    this[kTimeout] = setUnrefTimeout(this._onTimeout.bind(this), msecs);
    if (this[kSession]) this[kSession][kUpdateTimer]();
    if (callback !== undefined) {
      validateFunction(callback, 'callback');
      this.once('timeout', callback);
    }
  }
  return this;
}

module.exports = {
  writevGeneric,
  writeGeneric,
  callWrite,
  takeRequest,
  releaseRequest,
  onStreamRead,
  kAfterAsyncWrite,
  kMaybeDestroy,
  kUpdateTimer,
  kHandle,
  kSession,
  setStreamTimeout,
  kBuffer,
  kBufferCb,
  kBufferGen,
  kWriteDirect,
};
