'use strict';
// The way between a session and its socket: any Duplex; one with a native handle is read without passing through a stream.
//
// Binding contract: internalBinding('http2'), a handle of class Http2Session
//   consume(socketHandle) -> boolean: reads of a native handle go to the session from now on
//   receive(view): bytes from elsewhere; written(status): what `onoutput` was given is taken; flush()
//   calls handle.onoutput(buffer, ends of its pieces), onreaderror(status), onreadunwanted(), onschedule()

const { Http2Session: SessionHandle } = internalBinding('http2');
const { WriteWrap } = internalBinding('stream_wrap');
const { UV_ECANCELED } = internalBinding('uv');
const { ErrnoException } = require('internal/errors');

const kChannel = Symbol('channel');

/** A socket with a handle, native or made of JavaScript with the methods of one. */
class HandleChannel {
  constructor(session, socket) {
    this.session = session;
    this.socket = socket;
    this.handle = socket._handle;
    this.onread = this.handle.onread;
    this.consumed = session.consume(this.handle);
    this.detached = false;
    if (!this.consumed) {
      const channel = this;
      this.handle.onread = function(nread, buffer) {
        if (nread > 0) session.receive(buffer);
        else if (nread < 0) channel.readError(nread);
      };
    }
    // What the socket has read already.
    for (let chunk = socket.read(); chunk !== null; chunk = socket.read()) session.receive(chunk);
    if (!this.detached && !socket.destroyed) {
      this.handle.reading = true;
      this.handle.readStart();
    }
  }

  /** The end of the input, or an error, is the socket's business. */
  readError(status) {
    this.onread?.call(this.handle, status);
  }

  write(buffer) {
    const { handle, session, socket } = this;
    const req = new WriteWrap();
    req.handle = handle;
    req.async = false;
    req.buffer = buffer;
    req.oncomplete = (status) => session.written(status);
    if (socket.destroyed || socket._handle !== handle) {
      session.written(UV_ECANCELED);
      return;
    }
    socket._unrefTimer?.();
    const err = handle.writeBuffer(req, buffer);
    if (err !== 0) {
      socket.destroy(new ErrnoException(err, 'write', req.error));
      session.written(err);
    } else if (!req.async) {
      session.written(0);
    }
  }

  stop() {
    this.handle.reading = false;
    this.handle.readStop();
  }

  detach() {
    if (this.detached) return;
    this.detached = true;
    if (!this.consumed) this.handle.onread = this.onread;
  }
}

/** Any other Duplex. */
class StreamChannel {
  constructor(session, socket) {
    this.session = session;
    this.socket = socket;
    this.ondata = (chunk) => session.receive(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
    this.onend = () => socket.end();
    socket.on('data', this.ondata);
    socket.on('end', this.onend);
  }

  readError() {}

  write(buffer, cuts) {
    const { session, socket } = this;
    if (socket.destroyed || socket.writableEnded) {
      session.written(UV_ECANCELED);
      return;
    }
    let left = cuts.length;
    let start = 0;
    socket.cork();
    for (const cut of cuts) {
      socket.write(buffer.subarray(start, cut), (err) => {
        if (--left === 0) session.written(err ? UV_ECANCELED : 0);
      });
      start = cut;
    }
    socket.uncork();
  }

  stop() {}

  detach() {
    this.socket.off('data', this.ondata);
    this.socket.off('end', this.onend);
  }
}

SessionHandle.prototype.onoutput = function(buffer, cuts) {
  this[kChannel].write(buffer, cuts);
};
SessionHandle.prototype.onreaderror = function(status) {
  this[kChannel].readError(status);
};
SessionHandle.prototype.onreadunwanted = function() {
  this[kChannel].stop();
};
SessionHandle.prototype.onschedule = function() {
  setImmediate(flush, this);
};
function flush(handle) {
  handle.flush();
}

/** Ties a session to its socket. */
function attach(session, socket) {
  session[kChannel] = socket._handle?.isStreamBase || typeof socket._handle?.writeBuffer === 'function' ?
    new HandleChannel(session, socket) : new StreamChannel(session, socket);
}

/** The socket is its own master again. */
function detach(session) {
  session[kChannel]?.detach();
}

module.exports = { attach, detach };
