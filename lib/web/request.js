'use strict';

// Request and Response: https://fetch.spec.whatwg.org/#request-class, #response-class

const { customInspectSymbol: kInspect } = require('internal/util');
const { defineInterface } = require('web/stream_util');
const { Body, defineBodyMixin, extractBody } = require('web/body');
const { HeaderList, createHeaders, fillHeaders, isHeaderName } = require('web/headers');
const { illegalInvocation, requireArguments, toByteString, toDictionary, toUSVString } = require('web/webidl');

const kNullBodyStatus = [101, 103, 204, 205, 304];
const kRedirectStatus = [301, 302, 303, 307, 308];
const kNormalizedMethods = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'POST', 'PUT'];
const kForbiddenMethods = ['CONNECT', 'TRACE', 'TRACK'];
const kEnums = {
  referrerPolicy: ['', 'no-referrer', 'no-referrer-when-downgrade', 'same-origin', 'origin', 'strict-origin',
                   'origin-when-cross-origin', 'strict-origin-when-cross-origin', 'unsafe-url'],
  mode: ['navigate', 'same-origin', 'no-cors', 'cors'],
  credentials: ['omit', 'same-origin', 'include'],
  cache: ['default', 'no-store', 'reload', 'no-cache', 'force-cache', 'only-if-cached'],
  redirect: ['follow', 'error', 'manual'],
  duplex: ['half'],
};

function isAbortSignal(value) {
  return typeof value === 'object' && value !== null && 'aborted' in value && typeof value.addEventListener === 'function';
}

function enumMember(init, name) {
  const value = init[name];
  if (value === undefined) return undefined;
  const string = `${value}`;
  if (!kEnums[name].includes(string)) {
    throw new TypeError(`Request constructor: ${string} is not an accepted type. Expected one of ${kEnums[name].join(', ')}.`);
  }
  return string;
}

/** What a Request stands for; fetch() works on it. */
class RequestData {
  constructor(url) {
    this.url = url;
    this.method = 'GET';
    this.headers = new HeaderList();
    this.body = null;
    this.referrer = 'about:client';
    this.referrerPolicy = '';
    this.mode = 'cors';
    this.credentials = 'same-origin';
    this.cache = 'default';
    this.redirect = 'follow';
    this.integrity = '';
    this.keepalive = false;
    this.duplex = 'half';
    this.dispatcher = undefined;
  }

  copy() {
    const copy = Object.assign(new RequestData(this.url), this);
    copy.headers = this.headers.copy();
    return copy;
  }
}

/** Follows another signal, without being kept alive by it. */
function dependentSignal(signal) {
  const { AbortController, AbortSignal } = require('internal/abort_controller');
  if (signal === null) return new AbortController().signal;
  if (signal instanceof AbortSignal) return AbortSignal.any([signal]);
  const controller = new AbortController();
  if (signal.aborted) controller.abort(signal.reason);
  else signal.addEventListener('abort', () => controller.abort(signal.reason), { once: true });
  return controller.signal;
}

class Request {
  #data;
  #headers;
  #signal;

  constructor(input, init = {}) {
    requireArguments(arguments, 1, 'Request constructor');
    init = toDictionary(init, 'Request constructor');
    let data;
    let inputBody = null;
    let signal = null;
    const isRequestInput = isRequest(input);
    if (isRequestInput) {
      data = input.#data.copy();
      inputBody = input.#data.body;
      signal = input.#signal;
    } else {
      const { URL } = require('internal/url');
      const text = toUSVString(input);
      let url;
      try {
        url = new URL(text);
      } catch (cause) {
        throw new TypeError(`Failed to parse URL from ${text}`, { cause });
      }
      if (url.username !== '' || url.password !== '') {
        throw new TypeError(`Request cannot be constructed from a URL that includes credentials: ${text}`);
      }
      data = new RequestData(url);
    }
    data.body = null;

    if (init.window !== undefined && init.window !== null) throw new TypeError(`'window' option '${init.window}' must be null`);
    const referrer = init.referrer === undefined ? undefined : toUSVString(init.referrer);
    if (referrer !== undefined) {
      if (referrer === '') {
        data.referrer = 'no-referrer';
      } else {
        const { URL } = require('internal/url');
        let parsed;
        try {
          parsed = new URL(referrer);
        } catch (cause) {
          throw new TypeError(`Referrer "${referrer}" is not a valid URL.`, { cause });
        }
        data.referrer = parsed.protocol === 'about:' && parsed.pathname === 'client' ? 'about:client' : parsed.href;
      }
    }
    const referrerPolicy = enumMember(init, 'referrerPolicy');
    if (referrerPolicy !== undefined) data.referrerPolicy = referrerPolicy;
    const mode = enumMember(init, 'mode');
    if (mode === 'navigate') throw new TypeError('Request constructor: invalid request mode navigate.');
    if (mode !== undefined) data.mode = mode;
    const credentials = enumMember(init, 'credentials');
    if (credentials !== undefined) data.credentials = credentials;
    const cache = enumMember(init, 'cache');
    if (cache !== undefined) data.cache = cache;
    if (data.cache === 'only-if-cached' && data.mode !== 'same-origin') {
      throw new TypeError("'only-if-cached' can be set only with 'same-origin' mode");
    }
    const redirect = enumMember(init, 'redirect');
    if (redirect !== undefined) data.redirect = redirect;
    if (init.integrity !== undefined) data.integrity = `${init.integrity}`;
    if (init.keepalive !== undefined) data.keepalive = Boolean(init.keepalive);
    if (init.method !== undefined) data.method = toMethod(init.method);
    const givenSignal = init.signal;
    if (givenSignal !== undefined) {
      if (givenSignal !== null && !isAbortSignal(givenSignal)) {
        throw new TypeError("Failed to construct 'Request': member signal is not of type AbortSignal.");
      }
      signal = givenSignal;
    }
    const duplex = enumMember(init, 'duplex');
    if (init.dispatcher !== undefined) data.dispatcher = init.dispatcher;

    this.#signal = dependentSignal(signal);
    this.#data = data;
    this.#headers = createHeaders(data.headers, 'request');
    if (data.mode === 'no-cors' && !['GET', 'HEAD', 'POST'].includes(data.method)) {
      throw new TypeError(`'${data.method} is unsupported in no-cors mode.`);
    }
    if (init.headers !== undefined) {
      data.headers.map.clear();
      data.headers.cookies = [];
      data.headers.sorted = undefined;
      fillHeaders(this.#headers, init.headers);
    }

    const hasInitBody = init.body !== undefined && init.body !== null;
    if ((hasInitBody || inputBody !== null) && (data.method === 'GET' || data.method === 'HEAD')) {
      throw new TypeError('Request with GET/HEAD method cannot have body.');
    }
    if (hasInitBody) {
      const { 0: body, 1: type } = extractBody(init.body, data.keepalive);
      if (type !== null && !data.headers.has('content-type')) data.headers.append('content-type', type);
      if (body.length === null) {
        if (duplex === undefined) throw new TypeError('RequestInit: duplex option is required when sending a body.');
        if (data.mode !== 'same-origin' && data.mode !== 'cors') {
          throw new TypeError('If request is made from ReadableStream, mode should be "same-origin" or "cors"');
        }
      }
      data.body = body;
    } else if (inputBody !== null) {
      if (inputBody.isUnusable) {
        throw new TypeError('Cannot construct a Request with a Request object that has already been used.');
      }
      data.body = new Body(inputBody.bytes, inputBody.parts, proxyStream(inputBody), inputBody.length);
      inputBody.isUsed = true;
    }
  }

  static is(object) {
    return object !== null && typeof object === 'object' && #data in object;
  }

  static dataOf(request) {
    return request.#data;
  }

  get method() {
    return checkRequest(this).#data.method;
  }

  get url() {
    return checkRequest(this).#data.url.href;
  }

  get headers() {
    return checkRequest(this).#headers;
  }

  get destination() {
    checkRequest(this);
    return '';
  }

  get referrer() {
    const { referrer } = checkRequest(this).#data;
    return referrer === 'no-referrer' ? '' : referrer;
  }

  get referrerPolicy() {
    return checkRequest(this).#data.referrerPolicy;
  }

  get mode() {
    return checkRequest(this).#data.mode;
  }

  get credentials() {
    return checkRequest(this).#data.credentials;
  }

  get cache() {
    return checkRequest(this).#data.cache;
  }

  get redirect() {
    return checkRequest(this).#data.redirect;
  }

  get integrity() {
    return checkRequest(this).#data.integrity;
  }

  get keepalive() {
    return checkRequest(this).#data.keepalive;
  }

  get isReloadNavigation() {
    checkRequest(this);
    return false;
  }

  get isHistoryNavigation() {
    checkRequest(this);
    return false;
  }

  get signal() {
    return checkRequest(this).#signal;
  }

  get duplex() {
    checkRequest(this);
    return 'half';
  }

  clone() {
    checkRequest(this);
    const { body } = this.#data;
    if (body !== null && body.isUnusable) throw new TypeError('unusable');
    const copy = Object.create(this.constructor.prototype);
    const request = new Request(this.#data.url.href);
    Object.setPrototypeOf(request, Object.getPrototypeOf(copy));
    request.#data = this.#data.copy();
    request.#data.body = body === null ? null : body.clone();
    request.#headers = createHeaders(request.#data.headers, 'request');
    request.#signal = dependentSignal(this.#signal);
    return request;
  }

  [kInspect](depth, options) {
    const { inspect } = require('internal/util/inspect');
    const { method, url, headers, destination, referrer, referrerPolicy, mode, credentials, cache, redirect, integrity,
            keepalive, isReloadNavigation, isHistoryNavigation, signal } = this;
    return `Request ${inspect({
      method, url, headers, destination, referrer, referrerPolicy, mode, credentials, cache, redirect, integrity, keepalive,
      isReloadNavigation, isHistoryNavigation, signal,
    }, { ...options, depth: options.depth ?? 2 })}`;
  }
}
const { is: isRequest, dataOf: requestDataOf } = Request;
delete Request.is;
delete Request.dataOf;

function checkRequest(object) {
  if (!isRequest(object)) throw illegalInvocation();
  return object;
}

defineInterface(Request, [
  'method', 'url', 'headers', 'destination', 'referrer', 'referrerPolicy', 'mode', 'credentials', 'cache', 'redirect',
  'integrity', 'keepalive', 'isReloadNavigation', 'isHistoryNavigation', 'signal', 'duplex', 'clone',
]);
defineBodyMixin(Request, isRequest, (request) => requestDataOf(request).body, (request) => requestDataOf(request).headers);

/** A body whose stream exists goes on through a stream of its own. */
function proxyStream(body) {
  if (body.stream === undefined) return undefined;
  const { TransformStream } = require('web/transform_stream');
  return body.stream.pipeThrough(new TransformStream());
}

function toMethod(value) {
  const method = toByteString(value, 'Request constructor');
  if (!isHeaderName(method)) throw new TypeError(`'${method}' is not a valid HTTP method.`);
  const upper = method.toUpperCase();
  if (kForbiddenMethods.includes(upper)) throw new TypeError(`'${method}' HTTP method is unsupported.`);
  return kNormalizedMethods.includes(upper) ? upper : method;
}

// ---- Response -----------------------------------------------------------------------------------------------------------------------

/** What a Response stands for. */
class ResponseData {
  constructor() {
    this.type = 'default';
    this.status = 200;
    this.statusText = '';
    this.headers = new HeaderList();
    this.body = null;
    // Every URL on the way; the last is the response's.
    this.urlList = [];
    this.isRedirected = false;
  }
}

// Stands for "made by this module" as the constructor's argument.
const kInternal = Symbol('kInternal');

class Response {
  #data;
  #headers;

  constructor(body = null, init = undefined) {
    if (body === kInternal) {
      this.#data = init.data;
      this.#headers = createHeaders(init.data.headers, init.guard);
      return;
    }
    init = toDictionary(init, 'Response constructor');
    this.#data = new ResponseData();
    this.#headers = createHeaders(this.#data.headers, 'response');
    const extracted = body === null ? undefined : extractBody(body);
    initialize(this.#data, this.#headers, init, extracted);
  }

  static is(object) {
    return object !== null && typeof object === 'object' && #data in object;
  }

  static dataOf(response) {
    return response.#data;
  }

  static error() {
    const data = new ResponseData();
    data.type = 'error';
    data.status = 0;
    return createResponse(data, 'immutable');
  }

  static json(data, init = undefined) {
    requireArguments(arguments, 1, 'Response.json');
    const text = JSON.stringify(data);
    if (text === undefined) throw new TypeError('Value is not JSON serializable');
    const { 0: body } = extractBody(text);
    const response = new Response();
    initialize(response.#data, response.#headers, toDictionary(init, 'Response.json'), [body, 'application/json']);
    return response;
  }

  static redirect(url, status = 302) {
    requireArguments(arguments, 1, 'Response.redirect');
    const { URL } = require('internal/url');
    const text = toUSVString(url);
    let parsed;
    try {
      parsed = new URL(text);
    } catch (cause) {
      throw new TypeError(`Failed to parse URL from ${text}`, { cause });
    }
    status = Number(status) & 0xFFFF;
    if (!kRedirectStatus.includes(status)) throw new RangeError(`Invalid status code ${status}`);
    const data = new ResponseData();
    data.status = status;
    data.headers.append('location', parsed.href);
    return createResponse(data, 'immutable');
  }

  get type() {
    return checkResponse(this).#data.type;
  }

  get url() {
    const { urlList } = checkResponse(this).#data;
    if (urlList.length === 0) return '';
    const { href, hash } = urlList[urlList.length - 1];
    return hash === '' ? href : href.slice(0, -hash.length);
  }

  get redirected() {
    return checkResponse(this).#data.urlList.length > 1;
  }

  get status() {
    return checkResponse(this).#data.status;
  }

  get ok() {
    const { status } = checkResponse(this).#data;
    return status >= 200 && status <= 299;
  }

  get statusText() {
    return checkResponse(this).#data.statusText;
  }

  get headers() {
    return checkResponse(this).#headers;
  }

  clone() {
    checkResponse(this);
    const { body } = this.#data;
    if (body !== null && body.isUnusable) {
      throw new TypeError('Response.clone: Body has already been consumed.');
    }
    const data = Object.assign(new ResponseData(), this.#data);
    data.headers = this.#data.headers.copy();
    data.body = body === null ? null : body.clone();
    return createResponse(data, 'response');
  }

  [kInspect](depth, options) {
    const { inspect } = require('internal/util/inspect');
    const { status, statusText, headers, body, bodyUsed, ok, redirected, type, url } = this;
    return `Response ${inspect({ status, statusText, headers, body, bodyUsed, ok, redirected, type, url },
                               { ...options, depth: options.depth ?? 2 })}`;
  }
}
const { is: isResponse, dataOf: responseDataOf } = Response;
delete Response.is;
delete Response.dataOf;

function checkResponse(object) {
  if (!isResponse(object)) throw illegalInvocation();
  return object;
}

function createResponse(data, guard) {
  return new Response(kInternal, { data, guard });
}

/** "Initialize a response" */
function initialize(data, headers, init, extracted) {
  const { headers: givenHeaders, status: givenStatus, statusText: givenText } = init;
  if (givenStatus !== undefined) {
    const status = toUnsignedShort(givenStatus);
    if (status < 200 || status > 599) throw new RangeError('init["status"] must be in the range of 200 to 599, inclusive.');
    data.status = status;
  }
  if (givenText !== undefined) {
    const text = toByteString(givenText, 'Response constructor');
    // RFC 9112: reason-phrase
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(text)) throw new TypeError('Invalid statusText');
    data.statusText = text;
  }
  if (givenHeaders !== undefined) fillHeaders(headers, givenHeaders);
  if (extracted === undefined) return;
  if (kNullBodyStatus.includes(data.status)) {
    throw new TypeError(`Response constructor: Invalid response status code ${data.status}`);
  }
  const { 0: body, 1: type } = extracted;
  data.body = body;
  if (type !== null && !data.headers.has('content-type')) data.headers.append('content-type', type);
}

function toUnsignedShort(value) {
  return Number(value) & 0xFFFF;
}

defineInterface(Response, ['type', 'url', 'redirected', 'status', 'ok', 'statusText', 'headers', 'clone'],
                ['error', 'json', 'redirect']);
defineBodyMixin(Response, isResponse, (response) => responseDataOf(response).body,
                (response) => responseDataOf(response).headers);

module.exports = {
  Request, Response, ResponseData, createResponse, isRequest, kNullBodyStatus, kRedirectStatus, requestDataOf,
};
