'use strict';
// Http2Stream: one exchange of a session, as a Duplex, and its two ends.
//
// Binding contract: internalBinding('http2'), a handle of class Http2Stream
//   id(); respond(headers, options), info(headers), trailers(headers) -> 0 | negative error number
//   pushPromise(headers) -> handle | negative error number; rstStream(code)
//   destroy() -> requests of writes that will not be sent | undefined; state() -> object of numbers
//   readStart(), readStop(), shutdown(req) -> 1, writeBuffer, writev, write…String: as those of sockets
//   calls handle.onread(nread, buffer), ontrailers(), onstreamclose(code, is all sent?)

const { Duplex } = require('stream');
const fs = require('fs');
const dc = require('diagnostics_channel');
const { constants, nameForErrorCode, Http2Stream: StreamHandle } = internalBinding('http2');
const { ShutdownWrap } = internalBinding('stream_wrap');
const { UV_ECANCELED } = internalBinding('uv');
const { owner_symbol: kOwner } = internalBinding('symbols');
const {
  kHandle, kMaybeDestroy, kSession, kUpdateTimer, onStreamRead, setStreamTimeout, writeGeneric, writevGeneric,
} = require('internal/stream_base_commons');
const { kTimeout } = require('internal/timers');
const {
  AbortError, aggregateTwoErrors,
  codes: {
    ERR_HTTP2_INVALID_STREAM, ERR_HTTP2_STREAM_ERROR, ERR_HTTP2_TRAILERS_ALREADY_SENT, ERR_HTTP2_TRAILERS_NOT_READY,
  },
} = require('internal/errors');
const { validateFunction, validateInteger } = require('internal/validators');
const {
  assertIsObject, assertValidPseudoHeaderTrailer, buildNgHeaderString, kProxySocket, kRequest,
  kStrictSingleValueFields, NghttpError,
} = require('internal/http2/util');
const {
  kID, kInfoHeaders, kInit, kProceed, kSentHeaders, kSentTrailers, kState, kType, kWriteGeneric,
} = require('internal/http2/symbols');
const { NGHTTP2_CANCEL, NGHTTP2_INTERNAL_ERROR, NGHTTP2_NO_ERROR, NGHTTP2_SESSION_SERVER } = constants;

const channels = {
  clientBodyChunkSent: dc.channel('http2.client.stream.bodyChunkSent'),
  clientBodySent: dc.channel('http2.client.stream.bodySent'),
  clientClose: dc.channel('http2.client.stream.close'),
  clientCreated: dc.channel('http2.client.stream.created'),
  clientError: dc.channel('http2.client.stream.error'),
  clientFinish: dc.channel('http2.client.stream.finish'),
  clientStart: dc.channel('http2.client.stream.start'),
  serverClose: dc.channel('http2.server.stream.close'),
  serverCreated: dc.channel('http2.server.stream.created'),
  serverError: dc.channel('http2.server.stream.error'),
  serverFinish: dc.channel('http2.server.stream.finish'),
  serverStart: dc.channel('http2.server.stream.start'),
};

/** Flags of kState. */
const PENDING = 0x0;
const READY = 0x1;
const CLOSED = 0x2;
const HEADERS_SENT = 0x4;
const HEAD_REQUEST = 0x8;
const ABORTED = 0x10;
const HAS_TRAILERS = 0x20;

/** When a stream that is closed is reset. */
const kNoRstStream = 0;
const kSubmitRstStream = 1;
const kForceRstStream = 2;

const kMaxCode = 2 ** 32 - 1;
/** Where the ends of streams of a class are published. */
const kChannels = Symbol('channels');

let priorityWarned = false;

const emit = (self, ...args) => self.emit(...args);

function isServer(stream) {
  return stream[kSession]?.[kType] === NGHTTP2_SESSION_SERVER;
}

// ---- Closing --------------------------------------------------------------------------------------------------------

function closeStream(stream, code, rstStreamStatus = kSubmitRstStream) {
  const state = stream[kState];
  state.flags |= CLOSED;
  state.rstCode = code;
  stream.setTimeout(0);
  stream.removeAllListeners('timeout');

  const { ending } = stream._writableState;
  if (!ending) {
    // The writable side is open: what is to come will not.
    if (!stream.aborted) {
      state.flags |= ABORTED;
      stream.emit('aborted');
    }
    stream.end();
  }
  const channel = stream[kChannels].close;
  if (channel.hasSubscribers) channel.publish({ stream });

  if (rstStreamStatus === kNoRstStream) return;
  const reset = () => {
    if (stream.pending) {
      stream.push(null);
      stream.once('ready', () => submitReset(stream, code));
    } else {
      submitReset(stream, code);
    }
  };
  if (!ending || stream.writableFinished || code !== NGHTTP2_NO_ERROR || rstStreamStatus === kForceRstStream) reset();
  else stream.once('finish', reset);
}

function submitReset(stream, code) {
  const handle = stream[kHandle];
  if (handle === undefined) return;
  stream[kUpdateTimer]();
  handle.rstStream(code);
}

/** The native stream is closed, by both ends or by a reset. */
StreamHandle.prototype.onstreamclose = function(code, sent) {
  const stream = this[kOwner];
  if (stream === undefined || stream.destroyed) return;
  if (!stream.closed) closeStream(stream, code, kNoRstStream);
  closeDescriptor(stream);
  if (code !== NGHTTP2_NO_ERROR || stream.errored) {
    stream.destroy();
    return;
  }
  if (stream.readableEnded) {
    destroyWhenFinished(stream, sent);
    return;
  }
  // What has come is still to be read.
  stream.on('end', () => destroyWhenFinished(stream, sent));
  stream.push(null);
  if (stream.readableFlowing === null && isServer(stream) && !stream[kState].didRead) {
    // Nobody looks at the body of the request.
    stream.resume();
  } else {
    stream.read(0);
  }
};

/** Both directions are through: the callbacks of the last writes may still be to come, if all was sent. */
function destroyWhenFinished(stream, sent) {
  if (stream.destroyed) return;
  if (!sent || stream.writableFinished || stream.errored) stream.destroy();
  else stream.once('finish', () => { if (!stream.destroyed) stream.destroy(); });
}

function onStreamTrailers() {
  const stream = this[kOwner];
  stream[kState].trailersReady = true;
  if (stream.destroyed || stream.closed) return;
  // Without listeners there are none.
  if (!stream.emit('wantTrailers')) stream.sendTrailers({});
}

function shutdownWritable(stream, callback) {
  const handle = stream[kHandle];
  const state = stream[kState];
  if (handle === undefined || state.shutdownWritableCalled) {
    callback();
    return;
  }
  state.shutdownWritableCalled = true;
  const req = new ShutdownWrap();
  const after = () => {
    stream.on('finish', () => stream[kMaybeDestroy]());
    callback();
  };
  req.oncomplete = after;
  req.handle = handle;
  if (channels.clientBodySent.hasSubscribers && stream.constructor === ClientHttp2Stream) {
    channels.clientBodySent.publish({ stream });
  }
  if (handle.shutdown(req) === 1) after();
}

function trackWriteState(stream, bytes) {
  const session = stream[kSession];
  stream[kState].writeQueueSize += bytes;
  session[kState].writeQueueSize += bytes;
}

// ---- Http2Stream ----------------------------------------------------------------------------------------------------

class Http2Stream extends Duplex {
  constructor(session, options) {
    super({ ...options, allowHalfOpen: true, decodeStrings: false, autoDestroy: false });
    // What is written before there is a handle waits.
    this.cork();
    this[kSession] = session;
    session[kState].pendingStreams.add(this);
    // Readable must not read ahead: whether the program has read shall be known.
    this._readableState.readingMore = true;
    this[kTimeout] = null;
    this[kState] = {
      didRead: false, flags: PENDING, rstCode: NGHTTP2_NO_ERROR, writeQueueSize: 0, trailersReady: false,
      endAfterHeaders: false, shutdownWritableCalled: false, fd: -1,
    };
    this[kRequest] = null;
    this[kProxySocket] = null;
    this.on('pause', streamOnPause);
  }

  [kInit](id, handle) {
    const sessionState = this[kSession][kState];
    this[kState].flags |= READY;
    sessionState.pendingStreams.delete(this);
    sessionState.streams.set(id, this);
    this[kID] = id;
    handle[kOwner] = this;
    this[kHandle] = handle;
    handle.ontrailers = onStreamTrailers;
    handle.onread = onStreamRead;
    this.uncork();
    this.emit('ready');
  }

  [require('internal/util').customInspectSymbol](depth, options) {
    if (typeof depth === 'number' && depth < 0) return this;
    const { inspect } = require('internal/util/inspect');
    return `Http2Stream ${inspect({
      id: this[kID] || '<pending>',
      closed: this.closed,
      destroyed: this.destroyed,
      state: this.state,
      readableState: this._readableState,
      writableState: this._writableState,
    }, { ...options, depth: options.depth == null ? null : options.depth - 1 })}`;
  }

  get bufferSize() {
    // What nobody has taken yet, here and in the native queue.
    return this[kState].writeQueueSize + this.writableLength;
  }

  get endAfterHeaders() {
    return this[kState].endAfterHeaders;
  }

  get sentHeaders() {
    return this[kSentHeaders];
  }

  get sentTrailers() {
    return this[kSentTrailers];
  }

  get sentInfoHeaders() {
    return this[kInfoHeaders];
  }

  get pending() {
    return this[kID] === undefined;
  }

  get id() {
    return this[kID];
  }

  get session() {
    return this[kSession];
  }

  get closed() {
    return !!(this[kState].flags & CLOSED);
  }

  get aborted() {
    return !!(this[kState].flags & ABORTED);
  }

  get headersSent() {
    return !!(this[kState].flags & HEADERS_SENT);
  }

  get rstCode() {
    return this[kState].rstCode;
  }

  get state() {
    const handle = this[kHandle];
    if (this.destroyed || handle === undefined) return {};
    return handle.state();
  }

  [kProceed]() {
    throw new Error('Not implemented');
  }

  _onTimeout() {
    if (this.destroyed) return;
    const session = this[kSession];
    // A write that makes progress is no idle time.
    if (this[kState].writeQueueSize > 0 && session[kState].madeProgress?.(this)) {
      this[kUpdateTimer]();
      return;
    }
    this.emit('timeout');
  }

  [kUpdateTimer]() {
    if (this.destroyed) return;
    if (this[kTimeout]) this[kTimeout].refresh();
    this[kSession]?.[kUpdateTimer]();
  }

  /** Does nothing, for programs of old: RFC 9113 has no priorities any more. */
  priority() {
    if (!priorityWarned) {
      priorityWarned = true;
      process.emitWarning(
        'http2Stream.priority is longer supported after priority signalling was deprecated in RFC 9113',
        'DeprecationWarning', 'DEP0194');
    }
    if (this.destroyed) throw new ERR_HTTP2_INVALID_STREAM();
  }

  [kWriteGeneric](writev, data, encoding, cb) {
    if (this.pending) {
      // The program has uncorked the stream.
      this.once('ready', () => this[kWriteGeneric](writev, data, encoding, cb));
      return;
    }
    if (this.destroyed) return;
    this[kUpdateTimer]();
    if (!this.headersSent) this[kProceed]();

    let waiting = 2;
    let writeError;
    let endError;
    const done = () => {
      if (--waiting > 0) return;
      const error = aggregateTwoErrors(endError, writeError);
      // There is no autoDestroy here.
      if (error) this.destroy(error);
      cb(error);
    };
    // The end is told right after the last chunk, so that both go in one frame.
    process.nextTick(() => {
      const state = this._writableState;
      if (writeError || !state.ending || state.buffered.length > 0 || (this[kState].flags & HAS_TRAILERS)) {
        done();
        return;
      }
      shutdownWritable(this, (error) => {
        endError = error;
        done();
      });
    });
    const callback = (error) => {
      writeError = error;
      done();
    };
    const before = this[kHandle].bytesWritten;
    const req = writev ? writevGeneric(this, data, callback) : writeGeneric(this, data, encoding, callback);
    if (channels.clientBodyChunkSent.hasSubscribers && this.constructor === ClientHttp2Stream) {
      channels.clientBodyChunkSent.publish({
        stream: this, writev, data: writev && data.allBuffers ? data.map((piece) => piece.chunk) : data, encoding,
      });
    }
    if (req !== null && this[kHandle] !== undefined) {
      const bytes = this[kHandle].bytesWritten - before;
      trackWriteState(this, bytes);
      const complete = req.oncomplete;
      req.oncomplete = function(...args) {
        const stream = this.handle?.[kOwner];
        if (stream !== undefined && !stream.destroyed) trackWriteState(stream, -bytes);
        complete.apply(this, args);
      };
    }
  }

  _write(data, encoding, cb) {
    this[kWriteGeneric](false, data, encoding, cb);
  }

  _writev(data, cb) {
    this[kWriteGeneric](true, data, '', cb);
  }

  _final(cb) {
    if (this.pending) {
      this.once('ready', () => this._final(cb));
      return;
    }
    shutdownWritable(this, cb);
  }

  _read() {
    if (this.destroyed) {
      this.push(null);
      return;
    }
    if (!this[kState].didRead) {
      this._readableState.readingMore = false;
      this[kState].didRead = true;
    }
    if (this.pending) this.once('ready', streamOnResume);
    else streamOnResume.call(this);
  }

  sendTrailers(headers) {
    if (this.destroyed || this.closed) throw new ERR_HTTP2_INVALID_STREAM();
    if (this[kSentTrailers]) throw new ERR_HTTP2_TRAILERS_ALREADY_SENT();
    if (!this[kState].trailersReady) throw new ERR_HTTP2_TRAILERS_NOT_READY();
    assertIsObject(headers, 'headers');
    headers = Object.assign({ __proto__: null }, headers);
    this[kUpdateTimer]();
    const list = buildNgHeaderString(
      headers, assertValidPseudoHeaderTrailer, this[kSession][kStrictSingleValueFields]);
    this[kSentTrailers] = headers;
    // Not from within the native session, which is asking for them.
    setImmediate(finishSendTrailers, this, list);
  }

  close(code = NGHTTP2_NO_ERROR, callback) {
    validateInteger(code, 'code', 0, kMaxCode);
    if (callback !== undefined) validateFunction(callback, 'callback');
    if (this.closed) return;
    if (callback !== undefined) this.once('close', callback);
    closeStream(this, code);
  }

  _destroy(err, callback) {
    const session = this[kSession];
    const handle = this[kHandle];
    const id = this[kID];
    const state = this[kState];
    const sessionState = session[kState];
    const sessionCode = sessionState.goawayCode || sessionState.destroyCode;

    // A stream that was closed before the session broke has its own code.
    let code = this.closed ? this.rstCode : sessionCode;
    if (err != null) {
      if (sessionCode) code = sessionCode;
      else if (err instanceof AbortError) code = NGHTTP2_CANCEL;
      else code = NGHTTP2_INTERNAL_ERROR;
    }
    if (!this.closed) closeStream(this, code, handle !== undefined ? kForceRstStream : kNoRstStream);
    this.push(null);
    closeDescriptor(this);

    sessionState.writeQueueSize -= state.writeQueueSize;
    state.writeQueueSize = 0;
    if (handle !== undefined) {
      const perf = handle.destroy();
      if (perf !== undefined) {
        setImmediate(() => {
          for (const req of perf) req.oncomplete(UV_ECANCELED, handle);
        });
      }
      sessionState.streams.delete(id);
    } else {
      sessionState.pendingStreams.delete(this);
    }

    // CANCEL is what the program asked for, not an error.
    if (err == null && code !== NGHTTP2_NO_ERROR && code !== NGHTTP2_CANCEL) {
      err = new ERR_HTTP2_STREAM_ERROR(nameForErrorCode[code] || code);
    }
    require('internal/http2/perf').streamEnded(this, handle);
    this[kSession] = undefined;
    this[kHandle] = undefined;
    if (err) {
      const channel = this[kChannels].error;
      if (channel.hasSubscribers) channel.publish({ stream: this, error: err });
    }
    // The session may be done now, but the native one is perhaps at work.
    setImmediate(() => session[kMaybeDestroy]());
    callback(err);
  }

  [kMaybeDestroy](code = NGHTTP2_NO_ERROR) {
    if (code !== NGHTTP2_NO_ERROR) {
      this.destroy();
      return;
    }
    if (!this.writableFinished) return;
    if (!this.readable && this.closed) {
      this.destroy();
      return;
    }
    // A response is complete, and nobody wants the request's body.
    const state = this[kState];
    if (isServer(this) && this.headersSent && !(state.flags & HAS_TRAILERS) && !state.didRead && this.readableFlowing === null) {
      // Later, so that streams can be pushed until then.
      setImmediate(() => this.close());
    }
  }
}

Object.defineProperty(Http2Stream.prototype, 'setTimeout', {
  __proto__: null, configurable: true, enumerable: true, writable: true, value: setStreamTimeout,
});

function finishSendTrailers(stream, list) {
  if (stream.destroyed) return;
  stream[kState].flags &= ~HAS_TRAILERS;
  const status = stream[kHandle].trailers(list);
  if (status < 0) stream.destroy(new NghttpError(status));
  else stream[kMaybeDestroy]();
}

function streamOnResume() {
  if (!this.destroyed) this[kHandle].readStart();
}

function streamOnPause() {
  if (!this.destroyed && !this.pending) this[kHandle].readStop();
}

// ---- Files ----------------------------------------------------------------------------------------------------------

/** Closes the file a stream owns. */
function closeDescriptor(stream) {
  const { fd } = stream[kState];
  if (typeof fd !== 'number' || fd < 0) return;
  stream[kState].fd = -1;
  fs.close(fd, (err) => { if (err && !stream.destroyed) stream.destroy(err); });
}

// ---- The client's end -----------------------------------------------------------------------------------------------

class ClientHttp2Stream extends Http2Stream {
  get [kChannels]() {
    return { close: channels.clientClose, error: channels.clientError };
  }

  constructor(session, handle, id, options) {
    super(session, options);
    this[kState].flags |= HEADERS_SENT;
    if (id !== undefined) this[kInit](id, handle);
    this.on('headers', handleHeaderContinue);
  }
}

function handleHeaderContinue(headers) {
  if (headers[':status'] === 100) this.emit('continue');
}

module.exports = {
  channels,
  ClientHttp2Stream,
  closeDescriptor,
  emit,
  HAS_TRAILERS,
  HEAD_REQUEST,
  HEADERS_SENT,
  Http2Stream,
  kChannels,
  shutdownWritable,
};
