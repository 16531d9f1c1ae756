'use strict';
// The handle of a TLS socket: a stream handle that encrypts what goes to another one and decrypts what comes from it.
//
// Binding contract: internalBinding('tls_wrap').TLSWrap (isServer): connect(context, serverName, protocols, session),
//   receive(bytes) -> flags (1 hello, 2 handshake done, 4 plain bytes, 8 end, 16 sessions, 32 key lines, 64 failed), open():
//   what is written goes out from now on,
//   clientHello() -> [servername, protocols, signature algorithms], answer(context, protocols, requestCert,
//   rejectUnauthorized, ocspResponse) -> flags, refuse(alert) -> flags, write(bytes), end(), takeOutput() and takePlain() ->
//   Buffer | undefined, takeError() -> Error | undefined, takeSession() -> [Buffer], takeKeyLines() -> [string], and what was
//   agreed on: protocol(), suite(), group(), alpn(), isResumed(), verify() -> [code, message] | undefined, peerChain(),
//   ownCertificate() -> [X509…], exportKeyingMaterial(length, label, context), setFragmentBytes(n) -> boolean.
// internalBinding('stream_wrap') WriteWrap, ShutdownWrap; internalBinding('uv') UV_EOF, UV_ECANCELED.

// Certificates are objects of a class of that binding.
internalBinding('crypto');
const { TLSWrap } = internalBinding('tls_wrap');
const { WriteWrap, ShutdownWrap } = internalBinding('stream_wrap');
const { UV_EOF, UV_ECANCELED, UV_EPIPE } = internalBinding('uv');
const { Buffer } = require('buffer');

const HELLO = 1;
const HANDSHAKE_DONE = 2;
const PLAIN = 4;
const END = 8;
const SESSION = 16;
const KEY_LINES = 32;
const FAILED = 64;

const noop = () => {};

/** What a handle needs of the stream below, over any duplex stream. */
class StreamTransport {
  constructor(stream) {
    this.stream = stream;
    this.onread = noop;
    this.reading = false;
    stream.on('data', (chunk) => {
      if (typeof chunk === 'string') {
        const { codes: { ERR_STREAM_WRAP } } = require('internal/errors');
        stream.destroy(new ERR_STREAM_WRAP());
        return;
      }
      this.onread(chunk.length, chunk);
    });
    stream.pause();
    stream.once('end', () => this.onread(UV_EOF));
  }

  readStart() {
    this.stream.resume();
    return 0;
  }

  readStop() {
    this.stream.pause();
    return 0;
  }

  writeBuffer(req, data) {
    if (!this.stream.writable) return UV_EPIPE;
    req.async = true;
    this.stream.write(data, (error) => req.oncomplete(error ? UV_EPIPE : 0, this, undefined));
    return 0;
  }

  get writeQueueSize() {
    return this.stream.writableLength;
  }

  shutdown(req) {
    this.stream.end(() => req.oncomplete(0));
    return 0;
  }

  close(callback) {
    const { stream } = this;
    if (stream.closed) process.nextTick(callback);
    else stream.once('close', callback);
    stream.destroy();
  }
}

class TLSHandle {
  constructor(parent, parentSocket, isServer) {
    this._parent = parent;
    this._parentSocket = parentSocket;
    this.native = new TLSWrap(isServer);
    this.isServer = isServer;
    this.reading = false;
    this.onread = noop;
    this.bytesRead = 0;
    this.bytesWritten = 0;
    // Callbacks of the socket.
    this.onhello = noop;
    this.onhandshakedone = noop;
    this.onnewsession = noop;
    this.onkeylog = noop;
    this.onerror = noop;
    this.isSecure = false;
    this.isOpen = false; // The program has accepted the other side.
    this.isClosed = false;
    this.hasFailed = false;
    this.plain = []; // Decrypted, and not asked for yet.
    this.ended = false; // The other side will send no more.
    this.endDelivered = false;
    this.waiting = []; // Requests of writes during the handshake.
    this.pendingShutdown = null;
    this.userBuffer = null;
    parent.onread = (nread, buffer) => this.#onCiphertext(nread, buffer);
  }

  // ---- The transport ---------------------------------------------------------------------------------------------

  /** The handshake needs to read whatever the socket does. */
  start() {
    this._parent.reading = true;
    return this._parent.readStart();
  }

  /** Bytes that were read before the socket was wrapped. */
  receive(buffer) {
    this.#onCiphertext(buffer.length, buffer);
  }

  #onCiphertext(nread, buffer) {
    if (this.isClosed) return;
    if (nread > 0) {
      this.dispatch(this.native.receive(buffer));
    } else if (nread < 0) {
      if (nread === UV_EOF) {
        this.ended = true;
        this.#deliver();
      } else {
        this.onread(nread);
      }
    }
  }

  /** Acts on the flags of a step. */
  dispatch(flags) {
    // The last message of a handshake is only sent once the other side is accepted.
    if (!(flags & HANDSHAKE_DONE)) this.flush();
    if (flags & KEY_LINES) for (const line of this.native.takeKeyLines()) this.onkeylog(Buffer.from(line));
    if (flags & HELLO) this.onhello();
    if (this.isClosed) return;
    if (flags & PLAIN) {
      for (let bytes; (bytes = this.native.takePlain()) !== undefined;) this.plain.push(bytes);
    }
    if (flags & HANDSHAKE_DONE) {
      this.isSecure = true;
      this.onhandshakedone();
      if (this.isClosed) return;
      // Only now, with the other side accepted, may anything be sent to it.
      this.native.open();
      this.flush();
      this.isOpen = true;
      this.#finishWaiting(0);
    }
    if (this.isClosed) return;
    if (flags & SESSION) for (const session of this.native.takeSession()) this.onnewsession(session);
    if (flags & END) this.ended = true;
    this.#deliver();
    if (flags & FAILED && !this.isClosed) this.fail();
  }

  fail() {
    this.hasFailed = true;
    const error = this.native.takeError();
    if (error !== undefined) this.onerror(error);
    this.#finishWaiting(UV_ECANCELED);
  }

  /** Writes that waited for the handshake. */
  #finishWaiting(status) {
    const { waiting, pendingShutdown } = this;
    this.waiting = [];
    this.pendingShutdown = null;
    for (const req of waiting) req.oncomplete(status, this, undefined);
    if (pendingShutdown !== null && !this.isClosed) {
      if (status < 0) {
        pendingShutdown.oncomplete(status);
      } else if (this.shutdown(pendingShutdown) !== 0) {
        pendingShutdown.oncomplete(UV_ECANCELED);
      }
    }
  }

  /** Hands encrypted bytes to the stream below; `done(status)` when they are out. */
  flush(done) {
    const output = this.native.takeOutput();
    if (output === undefined || this._parent === null) {
      done?.(0);
      return 0;
    }
    const req = new WriteWrap();
    req.async = false;
    req.handle = this._parent;
    req.oncomplete = (status) => done?.(status);
    const err = this._parent.writeBuffer(req, output);
    if (err !== 0) return err;
    if (req.async) req.buffer = output;
    else done?.(0);
    return 0;
  }

  // ---- Reading ---------------------------------------------------------------------------------------------------

  readStart() {
    this.reading = true;
    if (this.plain.length > 0 || this.ended) process.nextTick(() => this.#deliver());
    if (this._parent !== null && !this.ended) {
      this._parent.reading = true;
      return this._parent.readStart();
    }
    return 0;
  }

  readStop() {
    this.reading = false;
    // A handshake goes on; afterwards the stream below holds back.
    if (this.isSecure && this._parent !== null && !this.ended) {
      this._parent.reading = false;
      return this._parent.readStop();
    }
    return 0;
  }

  useUserBuffer(buffer) {
    this.userBuffer = buffer;
    return 0;
  }

  #deliver() {
    // What has been decrypted is handed on whether it was asked for or not, as what the system has read would be.
    while (this.plain.length > 0 && !this.isClosed) {
      const bytes = this.plain.shift();
      this.bytesRead += bytes.length;
      if (this.userBuffer === null) {
        this.onread(bytes.length, bytes);
        continue;
      }
      // The user's memory may be short, and may change with each piece.
      let offset = 0;
      while (offset < bytes.length && !this.isClosed) {
        const count = Math.min(bytes.length - offset, this.userBuffer.length);
        Buffer.from(this.userBuffer.buffer, this.userBuffer.byteOffset, this.userBuffer.length).set(bytes.subarray(offset, offset + count));
        offset += count;
        this.onread(count);
      }
    }
    if (this.ended && !this.endDelivered && this.plain.length === 0 && !this.isClosed) {
      this.endDelivered = true;
      this.onread(UV_EOF);
    }
  }

  // ---- Writing ---------------------------------------------------------------------------------------------------

  writeBuffer(req, data) {
    if (this.hasFailed) return UV_ECANCELED;
    req.bytes = data.length;
    this.bytesWritten += data.length;
    this.native.write(data);
    if (!this.isOpen) {
      req.async = true;
      this.waiting.push(req);
      return 0;
    }
    let isDone = false;
    const err = this.flush((status) => {
      if (req.async) req.oncomplete(status, this, undefined);
      else isDone = true;
    });
    if (err !== 0) return err;
    if (!isDone) req.async = true;
    return 0;
  }

  writev(req, chunks, allBuffers) {
    const list = [];
    if (allBuffers) {
      list.push(...chunks);
    } else {
      for (let i = 0; i < chunks.length; i += 2) {
        list.push(typeof chunks[i] === 'string' ? Buffer.from(chunks[i], chunks[i + 1]) : chunks[i]);
      }
    }
    return this.writeBuffer(req, list.length === 1 ? list[0] : Buffer.concat(list));
  }

  writeUtf8String(req, text) { return this.writeBuffer(req, Buffer.from(text, 'utf8')); }
  writeAsciiString(req, text) { return this.writeBuffer(req, Buffer.from(text, 'latin1')); }
  writeLatin1String(req, text) { return this.writeBuffer(req, Buffer.from(text, 'latin1')); }
  writeUcs2String(req, text) { return this.writeBuffer(req, Buffer.from(text, 'utf16le')); }

  get writeQueueSize() {
    let bytes = this._parent?.writeQueueSize ?? 0;
    for (const req of this.waiting) bytes += req.bytes;
    return bytes;
  }

  shutdown(req) {
    if (!this.isOpen && !this.hasFailed && !this.ended) {
      this.pendingShutdown = req;
      return 0;
    }
    this.native.end();
    this.flush();
    const below = new ShutdownWrap();
    below.handle = this._parent;
    below.oncomplete = (status) => req.oncomplete(status);
    return this._parent.shutdown(below);
  }

  // ---- Life --------------------------------------------------------------------------------------------------------

  close(callback) {
    if (this.isClosed) return;
    this.isClosed = true;
    this.onread = noop;
    this.#finishWaiting(UV_ECANCELED);
    const done = () => callback?.();
    const { _parent: parent, _parentSocket: socket } = this;
    if (socket === null) {
      parent.close(done);
    } else if (socket.closed || socket._handle === null) {
      // The stream below is gone already.
      socket.destroy();
      process.nextTick(done);
    } else {
      socket.once('close', done);
      socket.destroy();
    }
  }

  reset(callback) {
    if (typeof this._parent.reset !== 'function') {
      this.close(callback);
      return 0;
    }
    this.isClosed = true;
    return this._parent.reset(callback);
  }

  ref() { this._parent.ref?.(); }
  unref() { this._parent.unref?.(); }
  hasRef() { return this._parent.hasRef?.() ?? false; }
  getAsyncId() { return this._parent.getAsyncId?.() ?? 0; }
  get fd() { return this._parent.fd ?? -1; }

  // ---- What was agreed on --------------------------------------------------------------------------------------------

  verifyError() {
    const problem = this.native.verify();
    if (problem === undefined) return null;
    const [code, message] = problem;
    const error = new Error(message);
    error.code = code;
    return error;
  }
}

// What the handle of a socket has and the stream below may have.
for (const name of ['open', 'bind', 'bind6', 'listen', 'connect', 'connect6', 'getsockname', 'getpeername', 'setNoDelay',
                    'setKeepAlive', 'setBlocking', 'setTypeOfService', 'getTypeOfService', 'fchmod']) {
  Object.defineProperty(TLSHandle.prototype, name, {
    __proto__: null,
    configurable: true,
    get() {
      const method = this._parent?.[name];
      return typeof method === 'function' ? method.bind(this._parent) : undefined;
    },
  });
}

module.exports = { StreamTransport, TLSHandle };
