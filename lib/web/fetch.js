'use strict';

// fetch(): https://fetch.spec.whatwg.org, over node:http and node:https.

const { Body } = require('web/body');
const { FormData } = require('web/form_data');
const { Headers } = require('web/headers');
const { Request, Response, ResponseData, createResponse, kNullBodyStatus, kRedirectStatus, requestDataOf } = require('web/request');
const { requireArguments } = require('web/webidl');

const kMaxRedirects = 20;
// "Bad port": services that a browser must not be made to talk to.
const kBadPorts = new Set([
  1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109, 110, 111, 113,
  115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556,
  563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667,
  6668, 6669, 6679, 6697, 10080,
]);

function fetchFailed(cause) {
  return new TypeError('fetch failed', { cause });
}

/** The global fetch(). */
async function fetch(input, init = undefined) {
  requireArguments(arguments, 1, 'globalThis.fetch');
  const request = new Request(input, init);
  const data = requestDataOf(request);
  const { signal } = request;
  if (signal.aborted) {
    cancelBody(data.body, signal.reason);
    throw signal.reason;
  }
  const job = new FetchJob(data, signal);
  return job.run();
}

function cancelBody(body, reason) {
  if (body?.stream !== undefined && !body.stream.locked) body.stream.cancel(reason).catch(() => {});
}

/** One fetch with all its redirects. */
class FetchJob {
  constructor(request, signal) {
    this.request = request.copy();
    this.signal = signal;
    this.urlList = [request.url];
    this.redirects = 0;
    // Ends what is going on now with the reason.
    this.abortCurrent = undefined;
    this.onAbort = () => this.abortCurrent?.(signal.reason);
  }

  async run() {
    this.signal.addEventListener('abort', this.onAbort, { once: true });
    const response = await this.schemeFetch();
    response.urlList = this.urlList;
    if (this.request.integrity !== '' && response.body !== null) await checkIntegrity(response, this.request.integrity);
    return createResponse(response, 'immutable');
  }

  /** "Scheme fetch" */
  async schemeFetch() {
    const url = this.urlList[this.urlList.length - 1];
    switch (url.protocol) {
      case 'http:':
      case 'https:':
        return this.httpFetch(url);
      case 'data:':
        return dataFetch(url);
      case 'blob:':
        return blobFetch(this.request, url);
      case 'about:':
        throw fetchFailed(new Error('about scheme is not supported'));
      case 'file:':
        throw fetchFailed(new Error('not implemented... yet...'));
      default:
        throw fetchFailed(new Error('unknown scheme'));
    }
  }

  async httpFetch(url) {
    for (;;) {
      const port = url.port === '' ? 0 : Number(url.port);
      if (kBadPorts.has(port)) throw fetchFailed(new Error('bad port'));
      const incoming = await this.send(url);
      if (!kRedirectStatus.includes(incoming.statusCode) || this.request.redirect === 'manual') {
        return this.toResponse(incoming);
      }
      if (this.request.redirect === 'error') {
        incoming.destroy();
        throw fetchFailed(new Error('unexpected redirect'));
      }
      const next = this.redirectTarget(url, incoming);
      if (next === undefined) return this.toResponse(incoming);
      // The connection can be used again once the rest has been read.
      incoming.resume();
      url = next;
      this.urlList.push(url);
    }
  }

  /** "HTTP-redirect fetch": the URL to go on with, or undefined when there is none. */
  redirectTarget(from, incoming) {
    const { location } = incoming.headers;
    if (location === undefined) return undefined;
    const { URL } = require('internal/url');
    let url;
    try {
      // Header values are bytes, mostly UTF-8.
      url = new URL(require('buffer').Buffer.from(location, 'latin1').toString('utf8'), from);
    } catch (error) {
      throw fetchFailed(error);
    }
    if (url.hash === '' && from.hash !== '') url.hash = from.hash;
    if (url.protocol !== 'http:' && url.protocol !== 'https:') throw fetchFailed(new Error('URL scheme must be a HTTP(S) scheme'));
    if (this.redirects++ === kMaxRedirects) throw fetchFailed(new Error('redirect count exceeded'));
    const { request } = this;
    const { statusCode } = incoming;
    if (statusCode !== 303 && request.body !== null && request.body.length === null) throw fetchFailed(new Error('cannot send the body again'));
    const toGet = ((statusCode === 301 || statusCode === 302) && request.method === 'POST') ||
      (statusCode === 303 && request.method !== 'GET' && request.method !== 'HEAD');
    if (toGet) {
      request.method = 'GET';
      request.body = null;
      for (const name of ['content-encoding', 'content-language', 'content-location', 'content-type', 'content-length']) {
        request.headers.delete(name);
      }
    }
    if (url.origin !== from.origin) {
      for (const name of ['authorization', 'proxy-authorization', 'cookie', 'host']) request.headers.delete(name);
    }
    return url;
  }

  /** Sends the request; the IncomingMessage. */
  send(url) {
    const { request } = this;
    const isHttps = url.protocol === 'https:';
    const { request: httpRequest } = isHttps ? require('https') : require('http');
    const headers = { host: request.headers.get('host') ?? url.host, connection: 'keep-alive' };
    for (const { name, value } of request.headers.map.values()) headers[name] = value;
    const setDefault = (name, value) => {
      if (!request.headers.has(name)) headers[name] = value;
    };
    setDefault('accept', '*/*');
    setDefault('accept-language', '*');
    setDefault('sec-fetch-mode', request.mode);
    setDefault('user-agent', 'node');
    setDefault('accept-encoding', isHttps ? 'br, gzip, deflate' : 'gzip, deflate');
    const { body } = request;
    if (body !== null && body.length !== null) headers['content-length'] = body.length;
    else if (body === null && (request.method === 'POST' || request.method === 'PUT')) headers['content-length'] = 0;

    return new Promise((resolve, reject) => {
      let outgoing;
      try {
        outgoing = httpRequest({
          protocol: url.protocol,
          hostname: url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname,
          port: url.port === '' ? undefined : Number(url.port),
          path: `${url.pathname}${url.search}`,
          method: request.method,
          headers,
          auth: url.username !== '' ? `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}` : undefined,
        });
      } catch (error) {
        reject(fetchFailed(error));
        return;
      }
      this.abortCurrent = (reason) => {
        cancelBody(body, reason);
        reject(reason);
        outgoing.destroy();
      };
      outgoing.on('error', (error) => {
        cancelBody(body, error);
        reject(fetchFailed(error));
      });
      outgoing.on('response', (incoming) => resolve(incoming));
      // 101 is none of the answers fetch() knows.
      outgoing.on('upgrade', (incoming, socket) => {
        socket.destroy();
        reject(fetchFailed(new Error('the server switched protocols')));
      });
      if (body === null) {
        outgoing.end();
      } else if (body.bytes !== undefined && body.stream === undefined) {
        outgoing.end(body.bytes);
      } else {
        sendStream(outgoing, body).catch((error) => {
          reject(this.signal.aborted ? this.signal.reason : fetchFailed(error));
          outgoing.destroy();
        });
      }
    });
  }

  /** The response of an IncomingMessage; its body is read as it is asked for. */
  toResponse(incoming) {
    const data = new ResponseData();
    data.type = 'basic';
    data.status = incoming.statusCode;
    data.statusText = incoming.statusMessage;
    const { rawHeaders } = incoming;
    for (let i = 0; i < rawHeaders.length; i += 2) data.headers.append(rawHeaders[i].toLowerCase(), rawHeaders[i + 1]);
    if (this.request.method === 'HEAD' || kNullBodyStatus.includes(data.status)) {
      incoming.resume();
      this.finish();
      return data;
    }
    const decoded = decodeContent(incoming, data.headers.get('content-encoding'));
    data.body = new Body(undefined, undefined, this.bodyStream(incoming, decoded), null);
    return data;
  }

  bodyStream(incoming, source) {
    const { ReadableStream } = require('web/readable_stream');
    let controller;
    let isOver = false;
    const fail = (error) => {
      if (isOver) return;
      isOver = true;
      this.finish();
      controller.error(error);
    };
    const stream = new ReadableStream({
      type: 'bytes',
      start(c) {
        controller = c;
      },
      pull() {
        source.resume();
      },
      cancel: () => {
        isOver = true;
        this.finish();
        incoming.destroy();
        if (source !== incoming) source.destroy();
      },
    }, { highWaterMark: 65536 });
    this.abortCurrent = (reason) => {
      fail(reason);
      incoming.destroy();
      if (source !== incoming) source.destroy();
    };
    source.pause();
    source.on('data', (chunk) => {
      if (isOver || chunk.length === 0) return;
      // The stream takes the bytes' buffer over, and this one belongs to the connection.
      controller.enqueue(new Uint8Array(chunk));
      if (controller.desiredSize <= 0) source.pause();
    });
    source.on('end', () => {
      if (isOver) return;
      isOver = true;
      this.finish();
      controller.close();
      controller.byobRequest?.respond(0);
    });
    const terminated = (error) => fail(new TypeError('terminated', { cause: error }));
    source.on('error', terminated);
    if (source !== incoming) incoming.on('error', terminated);
    incoming.on('aborted', () => terminated(incoming.errored ?? new Error('other side closed')));
    return stream;
  }

  finish() {
    this.abortCurrent = undefined;
    this.signal.removeEventListener('abort', this.onAbort);
  }
}

async function sendStream(outgoing, body) {
  for await (const chunk of body.getStream()) {
    if (!(chunk instanceof Uint8Array)) throw new TypeError('Received non-Uint8Array chunk');
    if (outgoing.destroyed) throw new Error('the request was destroyed');
    if (!outgoing.write(chunk)) {
      await new Promise((resolve) => {
        outgoing.once('drain', resolve);
        outgoing.once('close', resolve);
      });
    }
  }
  outgoing.end();
}

/** The decoded content of a message; the message itself when it has no known encoding. */
function decodeContent(incoming, encodings) {
  if (encodings === null) return incoming;
  const list = encodings.toLowerCase().split(',').map((name) => name.trim()).filter((name) => name !== '').reverse();
  if (list.length === 0 || list.length > 5) return incoming;
  const zlib = require('zlib');
  const { Z_SYNC_FLUSH, BROTLI_OPERATION_FLUSH } = zlib.constants;
  const decoders = [];
  for (const name of list) {
    switch (name) {
      case 'gzip':
      case 'x-gzip':
        decoders.push(zlib.createGunzip({ flush: Z_SYNC_FLUSH, finishFlush: Z_SYNC_FLUSH }));
        break;
      case 'deflate':
        decoders.push(zlib.createInflate({ flush: Z_SYNC_FLUSH, finishFlush: Z_SYNC_FLUSH }));
        break;
      case 'br':
        decoders.push(zlib.createBrotliDecompress({ flush: BROTLI_OPERATION_FLUSH, finishFlush: BROTLI_OPERATION_FLUSH }));
        break;
      case 'zstd':
        decoders.push(zlib.createZstdDecompress());
        break;
      default:
        return incoming;
    }
  }
  const { pipeline } = require('stream');
  return pipeline([incoming, ...decoders], () => {});
}

// ---- other schemes ------------------------------------------------------------------------------------------------------------------

/** "data: URL processor": {type, bytes}, or undefined for what is none. */
function parseDataURL(url) {
  const { Buffer } = require('buffer');
  const { href, hash } = url;
  const input = href.slice('data:'.length, hash === '' ? undefined : -hash.length);
  const comma = input.indexOf(',');
  if (comma === -1) return undefined;
  let type = input.slice(0, comma).replace(/^[\t\n\f\r ]+|[\t\n\f\r ]+$/g, '');
  let bytes = percentDecode(Buffer.from(input.slice(comma + 1), 'latin1'));
  const base64 = /; *base64$/i.exec(type);
  if (base64 !== null) {
    // "Forgiving-base64 decode"
    let text = bytes.toString('latin1').replace(/[\t\n\f\r ]/g, '');
    if (text.length % 4 === 0) text = text.replace(/==?$/, '');
    if (text.length % 4 === 1 || /[^A-Za-z0-9+/]/.test(text)) return undefined;
    bytes = Buffer.from(text, 'base64');
    type = type.slice(0, base64.index);
  }
  if (type.startsWith(';')) type = `text/plain${type}`;
  const { MIMEType } = require('internal/mime');
  let mime;
  try {
    mime = `${new MIMEType(type)}`;
  } catch {
    mime = 'text/plain;charset=US-ASCII';
  }
  return { type: mime, bytes: new Uint8Array(bytes) };
}

function percentDecode(bytes) {
  const { Buffer } = require('buffer');
  if (!bytes.includes(0x25)) return bytes;
  const output = Buffer.alloc(bytes.length);
  let length = 0;
  for (let i = 0; i < bytes.length; i++) {
    const digits = bytes[i] === 0x25 ? bytes.toString('latin1', i + 1, i + 3) : '';
    if (/^[0-9A-Fa-f]{2}$/.test(digits)) {
      output[length++] = Number.parseInt(digits, 16);
      i += 2;
    } else {
      output[length++] = bytes[i];
    }
  }
  return output.subarray(0, length);
}

function dataFetch(url) {
  const parsed = parseDataURL(url);
  if (parsed === undefined) throw fetchFailed(new Error('invalid data: URL'));
  const data = new ResponseData();
  data.type = 'basic';
  data.statusText = 'OK';
  data.headers.append('content-type', parsed.type);
  data.body = new Body(parsed.bytes, undefined, undefined, parsed.bytes.byteLength);
  return data;
}

function blobFetch(request, url) {
  const blob = require('internal/blob').resolveObjectURL(url.href);
  if (request.method !== 'GET' || blob === undefined) throw fetchFailed(new Error('invalid method'));
  const data = new ResponseData();
  data.type = 'basic';
  let body = blob;
  const range = request.headers.get('range');
  if (range === null) {
    data.statusText = 'OK';
  } else {
    // "Parse a single range header value", with whitespace allowed.
    const match = /^bytes[\t ]*=[\t ]*(\d*)[\t ]*-[\t ]*(\d*)$/.exec(range);
    if (match === null || (match[1] === '' && match[2] === '')) throw fetchFailed(new Error('failed to fetch the data URL'));
    let start = match[1] === '' ? undefined : Number(match[1]);
    let end = match[2] === '' ? undefined : Number(match[2]);
    if (start === undefined) {
      start = Math.max(blob.size - end, 0);
      end = blob.size - 1;
    } else {
      if (start >= blob.size || (end !== undefined && start > end)) throw fetchFailed(new Error('Range start is greater than the blob\'s size.'));
      if (end === undefined || end >= blob.size) end = blob.size - 1;
    }
    body = blob.slice(start, end + 1, blob.type);
    data.status = 206;
    data.statusText = 'Partial Content';
    data.headers.append('content-range', `bytes ${start}-${end}/${blob.size}`);
  }
  data.headers.append('content-length', `${body.size}`);
  data.headers.append('content-type', blob.type);
  data.body = new Body(undefined, [body], undefined, body.size);
  return data;
}

/** Subresource integrity: the strongest of the given hashes must match. */
async function checkIntegrity(response, metadata) {
  const { createHash } = require('crypto');
  const strengths = ['sha256', 'sha384', 'sha512'];
  const items = metadata.split(/[\t\n\f\r ]+/)
    .map((item) => /^(sha256|sha384|sha512)-([A-Za-z0-9+/_-]+={0,2})(?:\?.*)?$/i.exec(item))
    .filter((match) => match !== null)
    .map((match) => ({ algorithm: match[1].toLowerCase(), hash: match[2].replace(/-/g, '+').replace(/_/g, '/').replace(/=+$/, '') }));
  if (items.length === 0) return;
  const bytes = await response.body.consume();
  const strongest = strengths.findLast((name) => items.some((item) => item.algorithm === name));
  const actual = createHash(strongest).update(bytes).digest('base64').replace(/=+$/, '');
  if (!items.some((item) => item.algorithm === strongest && item.hash === actual)) {
    throw fetchFailed(new Error('integrity mismatch'));
  }
  response.body = new Body(bytes, undefined, undefined, bytes.byteLength);
}

module.exports = { FormData, Headers, Request, Response, fetch, parseDataURL };
