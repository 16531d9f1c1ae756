'use strict';
// The way between a session and its socket: any Duplex; one with a native handle is read without passing through a stream.
//
// Binding contract: internalBinding('http2'), a handle of class Http2Session
//   consume(socketHandle) -> boolean: reads of a native handle go to the session from now on
//   receive(view): bytes from elsewhere; written(status): what `onoutput` was given is taken; flush()
//   calls handle.onoutput(buffer, ends of its pieces), onreaderror(status), onreadunwanted(), onschedule()

const { Http2Session: SessionHandle } = internalBinding('http2');
const { WriteWrap } = internalBinding('stream_wrap');

const kChannel = Symbol('channel');

/** A socket with a handle, native or made of JavaScript with the methods of one. */
class HandleChannel {
  constructor(session, socket) {
    session[kChannel] = this;
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
    // A socket that is gone takes the session with it, very soon.
    if (socket.destroyed || socket._handle !== handle) return;
    socket._unrefTimer?.();
    const err = handle.writeBuffer(req, buffer);
    // Of a broken connection the socket tells.
    if (err !== 0) session.written(err);
    else if (!req.async) session.written(0);
  }

  stop() {
    this.handle.reading = false;
    this.handle.readStop();
  }

  detach() {
    if (this.detached) return;
    this.detached = true;
    if (!this.consumed) this.handle.onread = this.onread;
    // The socket goes on to its end.
    if (!this.socket.destroyed && this.socket._handle === this.handle) {
      this.handle.reading = true;
      this.handle.readStart();
    }
  }
}

/** Any other Duplex. */
class StreamChannel {
  constructor(session, socket) {
    session[kChannel] = this;
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
    if (socket.destroyed || socket.writableEnded) return;
    let left = cuts.length;
    let start = 0;
    socket.cork();
    for (const cut of cuts) {
      socket.write(buffer.subarray(start, cut), (err) => {
        // Not from within the other end's reads.
        if (--left === 0 && !err) setImmediate(written, session);
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
function written(session) {
  session.written(0);
}

function flush(handle) {
  handle.flush();
}

/** Ties a session to its socket. */
function attach(session, socket) {
  if (typeof socket._handle?.writeBuffer === 'function') new HandleChannel(session, socket);
  else new StreamChannel(session, socket);
}

/** The socket is its own master again. */
function detach(session) {
  session[kChannel]?.detach();
}

module.exports = { attach, detach };
