'use strict';
// ServerHttp2Stream: the server's end of an exchange; files as bodies; pushed streams.

const fs = require('fs');
const { FileHandle } = require('internal/fs/promises');
const { constants } = internalBinding('http2');
const { kHandle, kSession, kUpdateTimer, writeGeneric } = require('internal/stream_base_commons');
const { utcDate } = require('internal/http');
const {
  codes: {
    ERR_HTTP2_HEADERS_AFTER_RESPOND, ERR_HTTP2_HEADERS_SENT, ERR_HTTP2_INVALID_INFO_STATUS, ERR_HTTP2_INVALID_STREAM,
    ERR_HTTP2_NESTED_PUSH, ERR_HTTP2_OUT_OF_STREAMS, ERR_HTTP2_PAYLOAD_FORBIDDEN, ERR_HTTP2_PUSH_DISABLED,
    ERR_HTTP2_SEND_FILE, ERR_HTTP2_SEND_FILE_NOSEEK, ERR_HTTP2_STATUS_101, ERR_HTTP2_STATUS_INVALID,
    ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE,
  },
} = require('internal/errors');
const { validateFunction } = require('internal/validators');
const {
  assertIsObject, assertValidPseudoHeader, assertValidPseudoHeaderResponse, buildNgHeaderString, kSensitiveHeaders,
  kStrictSingleValueFields, NghttpError,
} = require('internal/http2/util');
const { kHeadRequest, kID, kInfoHeaders, kInit, kProceed, kSentHeaders, kState } = require('internal/http2/symbols');
const {
  NGHTTP2_ERR_STREAM_CLOSED, NGHTTP2_ERR_STREAM_ID_NOT_AVAILABLE, NGHTTP2_INTERNAL_ERROR, STREAM_OPTION_EMPTY_PAYLOAD,
  STREAM_OPTION_GET_TRAILERS,
} = constants;

const {
  channels, closeDescriptor, HAS_TRAILERS, HEAD_REQUEST, HEADERS_SENT, Http2Stream, kChannels, shutdownWritable,
} = require('internal/http2/stream');

const kBodyBytes = Symbol('bodyBytes');

// ---- Files ----------------------------------------------------------------------------------------------------------

/** Reads a file, from an offset, and writes it as the body. */
function pipeDescriptor(stream, fd, offset, length) {
  const size = 64 * 1024;
  let position = offset > 0 ? offset : (offset === 0 ? 0 : null);
  if (stream[kState].seekable === false) position = null;
  let left = length >= 0 ? length : Infinity;
  const file = fd instanceof FileHandle ? fd.fd : fd;
  const next = () => {
    if (stream.destroyed) return;
    const buffer = Buffer.allocUnsafe(Math.min(size, left));
    if (buffer.length === 0) {
      stream[kBodyEnd]();
      return;
    }
    fs.read(file, buffer, 0, buffer.length, position, (err, count) => {
      if (stream.destroyed) return;
      if (err) {
        stream.close(NGHTTP2_INTERNAL_ERROR);
        return;
      }
      if (count === 0) {
        stream[kBodyEnd]();
        return;
      }
      if (position !== null) position += count;
      left -= count;
      stream[kBodyBytes](count === buffer.length ? buffer : buffer.subarray(0, count), next);
    });
  };
  next();
}
const kBodyEnd = Symbol('bodyEnd');

function sendFile(stream, fd, headers, options, headersSent = () => {}) {
  stream[kState].fd = options.ownDescriptor ? fd : -1;
  let list;
  try {
    list = buildNgHeaderString(
      headers, assertValidPseudoHeaderResponse, stream[kSession][kStrictSingleValueFields]);
  } catch (error) {
    stream.destroy(error);
    return;
  }
  stream[kState].flags |= HEADERS_SENT;
  stream[kUpdateTimer]();
  const status = stream[kHandle].respond(list, options.streamOptions);
  if (status < 0) {
    stream.destroy(new NghttpError(status));
    return;
  }
  headersSent();
  publishFinish(stream, headers);
  stream[kState].seekable = options.seekable;
  // The program's side ends here: the file goes to the handle directly.
  stream._final = null;
  stream.end();
  pipeDescriptor(stream, fd, options.offset, options.length);
}

/** `stat` is known: checks, headers, and the body. */
function withStat(stream, fd, headers, options, err, stat) {
  const onError = options.onError;
  const fail = (error) => {
    if (onError !== undefined) onError(error);
    else stream.destroy(error);
  };
  if (err) {
    fail(err);
    return;
  }
  if (!stat.isFile()) {
    const isDirectory = stat.isDirectory();
    if (options.offset !== undefined || options.offset > 0 || options.length !== undefined || options.length >= 0 || isDirectory) {
      fail(isDirectory ? new ERR_HTTP2_SEND_FILE() : new ERR_HTTP2_SEND_FILE_NOSEEK());
      return;
    }
    options.offset = -1;
    options.length = -1;
    options.seekable = false;
  }
  if (stream.destroyed || stream.closed) {
    if (options.ownDescriptor) fs.close(fd, () => {});
    return;
  }
  const statOptions = { offset: options.offset !== undefined ? options.offset : 0, length: options.length !== undefined ? options.length : -1 };
  // A listener may take the answer over, by returning false, or by answering.
  if (typeof options.statCheck === 'function' &&
      (options.statCheck.call(stream, stat, headers, statOptions) === false || stream.headersSent || stream.destroyed || stream.closed)) {
    if (options.ownDescriptor) fs.close(fd, () => {});
    return;
  }
  if (stat.isFile()) {
    statOptions.length = statOptions.length < 0 ?
      stat.size - (+statOptions.offset) : Math.min(stat.size - (+statOptions.offset), statOptions.length);
    headers['content-length'] = statOptions.length;
  }
  stream[kSentHeaders] = headers;
  sendFile(stream, fd, headers, { ...options, ...statOptions });
}

// ---- The server's end -----------------------------------------------------------------------------------------------

function publishFinish(stream, headers, flags = 0) {
  if (channels.serverFinish.hasSubscribers) channels.serverFinish.publish({ stream, headers, flags });
}

/** Headers of a response from an object, or an array of names and values in turn. */
function prepareResponseHeaders(stream, headersParam, options) {
  let headers;
  let status;
  if (Array.isArray(headersParam)) {
    headers = { __proto__: null };
    const list = headersParam.slice();
    if (headersParam[kSensitiveHeaders]) list[kSensitiveHeaders] = headersParam[kSensitiveHeaders];
    let hasDate = false;
    for (let i = 0; i < list.length; i += 2) {
      const name = list[i].toLowerCase();
      if (name === ':status') status = list[i + 1];
      if (name === 'date') hasDate = true;
      const existing = headers[list[i]];
      if (existing === undefined) headers[list[i]] = list[i + 1];
      else if (Array.isArray(existing)) existing.push(list[i + 1]);
      else headers[list[i]] = [existing, list[i + 1]];
    }
    if (status === undefined) {
      status = 200;
      list.unshift(':status', status);
      headers[':status'] = status;
    }
    if (!hasDate && (options.sendDate == null || options.sendDate)) {
      const date = utcDate();
      list.push('date', date);
      headers.date = date;
    }
    return { headers, list, status };
  }
  assertIsObject(headersParam, 'headers');
  headers = Object.assign({ __proto__: null }, headersParam);
  if (headers[':status'] == null) headers[':status'] = 200;
  status = headers[':status'];
  if (options.sendDate == null || options.sendDate) headers.date ??= utcDate();
  return { headers, list: headers, status };
}

/** The flags a response's options stand for. */
function responseOptions(stream, options) {
  let streamOptions = 0;
  if (options.endStream) streamOptions |= STREAM_OPTION_EMPTY_PAYLOAD;
  if (options.waitForTrailers) {
    streamOptions |= STREAM_OPTION_GET_TRAILERS;
    stream[kState].flags |= HAS_TRAILERS;
  }
  return streamOptions;
}

function checkStatus(status) {
  if (!(+status >= 200 && +status <= 599)) throw new ERR_HTTP2_STATUS_INVALID(status);
}

function hasNoBody(status) {
  return status === 204 || status === 205 || status === 304;
}

class ServerHttp2Stream extends Http2Stream {
  get [kChannels]() {
    return { close: channels.serverClose, error: channels.serverError };
  }

  constructor(session, handle, id, options, headers) {
    super(session, options);
    handle.owner = this;
    this[kInit](id, handle);
    this.protocol = headers[':scheme'];
    this.authority = headers[':authority'];
  }

  get headRequest() {
    return !!(this[kState].flags & HEAD_REQUEST);
  }

  get pushAllowed() {
    return !this.destroyed && !this.closed && !this.session.closed && !this.session.destroyed &&
      this[kSession].remoteSettings.enablePush;
  }

  [kHeadRequest]() {
    // There must not be a body.
    this.end();
    this[kState].flags |= HEAD_REQUEST;
  }

  pushStream(headers, options, callback) {
    if (!this.pushAllowed) throw new ERR_HTTP2_PUSH_DISABLED();
    if (this[kID] % 2 === 0) throw new ERR_HTTP2_NESTED_PUSH();
    const session = this[kSession];
    assertIsObject(headers, 'headers');
    if (typeof options === 'function') {
      callback = options;
      options = undefined;
    }
    validateFunction(callback, 'callback');
    assertIsObject(options, 'options');
    options = { ...options };
    options.endStream = !!options.endStream;
    headers = Object.assign({ __proto__: null }, headers);
    if (headers[':method'] === undefined) headers[':method'] = 'GET';
    if (headers[':authority'] === undefined) headers[':authority'] = this.authority;
    if (headers[':scheme'] === undefined) headers[':scheme'] = this.protocol;
    if (headers[':path'] === undefined) headers[':path'] = '/';
    let headRequest = false;
    if (headers[':method'] === 'HEAD') {
      headRequest = true;
      options.endStream = true;
    }
    options.readable = false;

    const list = buildNgHeaderString(headers, assertValidPseudoHeader, session[kStrictSingleValueFields]);
    const handle = this[kHandle].pushPromise(list, options.endStream ? STREAM_OPTION_EMPTY_PAYLOAD : 0);
    if (typeof handle === 'number') {
      let error;
      switch (handle) {
        case NGHTTP2_ERR_STREAM_ID_NOT_AVAILABLE:
          error = new ERR_HTTP2_OUT_OF_STREAMS();
          break;
        case NGHTTP2_ERR_STREAM_CLOSED:
          error = new ERR_HTTP2_INVALID_STREAM();
          break;
        default:
          error = new NghttpError(handle);
      }
      process.nextTick(callback, error);
      return;
    }
    const stream = new ServerHttp2Stream(session, handle, handle.id(), options, headers);
    stream[kSentHeaders] = headers;
    stream.push(null);
    if (options.endStream) stream.end();
    if (headRequest) stream[kState].flags |= HEAD_REQUEST;
    if (channels.serverCreated.hasSubscribers) channels.serverCreated.publish({ stream, headers });
    process.nextTick(() => {
      if (channels.serverStart.hasSubscribers) channels.serverStart.publish({ stream, headers });
      callback(null, stream, headers, 0);
    });
  }

  /** Headers with status 200, when the program writes without having answered. */
  [kProceed]() {
    this.respond();
  }

  respond(headersParam, options) {
    if (this.destroyed || this.closed) throw new ERR_HTTP2_INVALID_STREAM();
    if (this.headersSent) throw new ERR_HTTP2_HEADERS_SENT();
    assertIsObject(options, 'options');
    options = { ...options };
    this[kUpdateTimer]();
    options.endStream = !!options.endStream;
    const { headers, list: listSource, status } = prepareResponseHeaders(this, headersParam, options);
    checkStatus(status);
    const streamOptions = responseOptions(this, options);
    let bits = streamOptions;
    const list = buildNgHeaderString(
      listSource, assertValidPseudoHeaderResponse, this[kSession][kStrictSingleValueFields]);
    this[kSentHeaders] = headers;
    // HEAD and some statuses have no body.
    const ends = options.endStream || hasNoBody(+status) || this.headRequest;
    if (ends) bits |= STREAM_OPTION_EMPTY_PAYLOAD;
    this[kState].flags |= HEADERS_SENT;
    const result = this[kHandle].respond(list, bits);
    if (result < 0) {
      this.destroy(new NghttpError(result));
      return;
    }
    if (ends) {
      options.endStream = true;
      this.end();
    }
    publishFinish(this, headers);
  }

  respondWithFD(fd, headersParam, options) {
    if (this.destroyed || this.closed) throw new ERR_HTTP2_INVALID_STREAM();
    if (this.headersSent) throw new ERR_HTTP2_HEADERS_SENT();
    assertIsObject(options, 'options');
    options = { ...options };
    validateFileOptions(options);
    if (fd instanceof FileHandle) {
      fd = fd.fd;
    } else if (typeof fd !== 'number') {
      throw new ERR_INVALID_ARG_TYPE('fd', ['number', 'FileHandle'], fd);
    }
    this[kUpdateTimer]();
    options.streamOptions = responseOptions(this, { waitForTrailers: options.waitForTrailers });
    const { headers, status } = prepareResponseHeaders(this, headersParam ?? {}, options);
    if (hasNoBody(+status) || this.headRequest) throw new ERR_HTTP2_PAYLOAD_FORBIDDEN(status);
    if (options.statCheck !== undefined) {
      fs.fstat(fd, (err, stat) => withStat(this, fd, headers, options, err, stat));
      return;
    }
    this[kSentHeaders] = headers;
    sendFile(this, fd, headers, options);
  }

  respondWithFile(path, headersParam, options) {
    if (this.destroyed || this.closed) throw new ERR_HTTP2_INVALID_STREAM();
    if (this.headersSent) throw new ERR_HTTP2_HEADERS_SENT();
    assertIsObject(options, 'options');
    options = { ...options };
    validateFileOptions(options);
    this[kUpdateTimer]();
    options.streamOptions = responseOptions(this, { waitForTrailers: options.waitForTrailers });
    const { headers, status } = prepareResponseHeaders(this, headersParam ?? {}, options);
    if (hasNoBody(+status) || this.headRequest) throw new ERR_HTTP2_PAYLOAD_FORBIDDEN(status);
    fs.open(path, 'r', (err, fd) => {
      if (err) {
        if (options.onError !== undefined) options.onError(err);
        else this.destroy(err);
        return;
      }
      if (this.destroyed || this.closed) {
        fs.close(fd, () => {});
        return;
      }
      options.ownDescriptor = true;
      this[kState].fd = fd;
      fs.fstat(fd, (err, stat) => withStat(this, fd, headers, options, err, stat));
    });
  }

  additionalHeaders(headers) {
    if (this.destroyed || this.closed) throw new ERR_HTTP2_INVALID_STREAM();
    if (this.headersSent) throw new ERR_HTTP2_HEADERS_AFTER_RESPOND();
    assertIsObject(headers, 'headers');
    headers = Object.assign({ __proto__: null }, headers);
    if (headers[':status'] != null) {
      const status = headers[':status'] |= 0;
      if (status === 101) throw new ERR_HTTP2_STATUS_101();
      if (status < 100 || status >= 200) throw new ERR_HTTP2_INVALID_INFO_STATUS(headers[':status']);
    }
    this[kUpdateTimer]();
    const list = buildNgHeaderString(
      headers, assertValidPseudoHeaderResponse, this[kSession][kStrictSingleValueFields]);
    (this[kInfoHeaders] ??= []).push(headers);
    const result = this[kHandle].info(list);
    if (result < 0) this.destroy(new NghttpError(result));
  }

  [kBodyBytes](bytes, callback) {
    this[kUpdateTimer]();
    writeGeneric(this, bytes, 'buffer', (err) => {
      if (err) this.destroy(err);
      else callback();
    });
  }

  /** The file is through: the writable side ends without a `write` of the program. */
  [kBodyEnd]() {
    closeDescriptor(this);
    shutdownWritable(this, () => {});
  }
}

function validateFileOptions(options) {
  if (options.offset !== undefined && typeof options.offset !== 'number') {
    throw new ERR_INVALID_ARG_VALUE('options.offset', options.offset);
  }
  if (options.length !== undefined && typeof options.length !== 'number') {
    throw new ERR_INVALID_ARG_VALUE('options.length', options.length);
  }
  if (options.statCheck !== undefined && typeof options.statCheck !== 'function') {
    throw new ERR_INVALID_ARG_VALUE('options.statCheck', options.statCheck);
  }
}

module.exports = { ServerHttp2Stream };
