'use strict';
// Name resolution, behind node:dns and node:dns/promises. Every query is one function of
// (arguments, callback); the promise forms are the same functions promisified.
//
// Binding contract: internalBinding('cares_wrap')
//   class GetAddrInfoReqWrap, class GetNameInfoReqWrap, class QueryReqWrap
//   getaddrinfo(req, hostname, family, hints, order) -> 0 | errno; later req.oncomplete(err, addresses: string[])
//   getnameinfo(req, address, port) -> 0 | errno; later req.oncomplete(err, hostname, service)
//   AI_ADDRCONFIG, AI_ALL, AI_V4MAPPED, DNS_ORDER_VERBATIM, DNS_ORDER_IPV4_FIRST, DNS_ORDER_IPV6_FIRST
//   canonicalizeIP(text) -> text | undefined; strerror(code) -> text
//   optional: new ChannelWrap(timeoutMs, tries, maxTimeoutMs) with queryAny/queryA/queryAaaa/queryCaa/queryCname/queryMx/queryNs/
//   queryTxt/queryTlsa/querySrv/queryPtr/queryNaptr/querySoa/getHostByAddr (req, name) -> 0 | errno; later
//   req.oncomplete(err: string code | 0, results, ttls); getServers() -> [address, port][],
//   setServers([family, address, port][]) -> 0 | errno, setLocalAddress(v4, v6), cancel()

const binding = internalBinding('cares_wrap');
const {
  DNSException,
  codes: {
    ERR_DNS_SET_SERVERS_FAILED, ERR_FEATURE_UNAVAILABLE_ON_PLATFORM, ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE,
    ERR_INVALID_IP_ADDRESS, ERR_MISSING_ARGS,
  },
} = require('internal/errors');
const { beginSpan, endSpan } = require('internal/perf/spans');
const { isIP } = require('internal/net');
const {
  validateArray, validateBoolean, validateFunction, validateInt32, validateNumber, validateOneOf, validatePort,
  validateString, validateUint32,
} = require('internal/validators');
const { kEmptyObject } = require('internal/util');

const {
  AI_ADDRCONFIG, AI_ALL, AI_V4MAPPED, DNS_ORDER_VERBATIM, DNS_ORDER_IPV4_FIRST, DNS_ORDER_IPV6_FIRST,
} = binding;

const errorCodes = {
  NODATA: 'ENODATA',
  FORMERR: 'EFORMERR',
  SERVFAIL: 'ESERVFAIL',
  NOTFOUND: 'ENOTFOUND',
  NOTIMP: 'ENOTIMP',
  REFUSED: 'EREFUSED',
  BADQUERY: 'EBADQUERY',
  BADNAME: 'EBADNAME',
  BADFAMILY: 'EBADFAMILY',
  BADRESP: 'EBADRESP',
  CONNREFUSED: 'ECONNREFUSED',
  TIMEOUT: 'ETIMEOUT',
  EOF: 'EOF',
  FILE: 'EFILE',
  NOMEM: 'ENOMEM',
  DESTRUCTION: 'EDESTRUCTION',
  BADSTR: 'EBADSTR',
  BADFLAGS: 'EBADFLAGS',
  NONAME: 'ENONAME',
  BADHINTS: 'EBADHINTS',
  NOTINITIALIZED: 'ENOTINITIALIZED',
  LOADIPHLPAPI: 'ELOADIPHLPAPI',
  ADDRGETNETWORKPARAMS: 'EADDRGETNETWORKPARAMS',
  CANCELLED: 'ECANCELLED',
};

// ---- lookup --------------------------------------------------------------------------------------

const validOrders = ['verbatim', 'ipv4first', 'ipv6first'];
let defaultOrder;

function getDefaultResultOrder() {
  return defaultOrder ??= require('internal/options').getOptionValue('--dns-result-order') || 'verbatim';
}

function setDefaultResultOrder(value) {
  validateOneOf(value, 'dnsOrder', validOrders);
  defaultOrder = value;
}

const orderNumbers = {
  __proto__: null,
  verbatim: DNS_ORDER_VERBATIM,
  ipv4first: DNS_ORDER_IPV4_FIRST,
  ipv6first: DNS_ORDER_IPV6_FIRST,
};

function validateHints(hints) {
  if ((hints & ~(AI_ADDRCONFIG | AI_ALL | AI_V4MAPPED)) !== 0) {
    throw new ERR_INVALID_ARG_VALUE('hints', hints);
  }
}

function validateFamily(family) {
  switch (family) {
    case 'IPv4': return 4;
    case 'IPv6': return 6;
    default:
      validateOneOf(family, 'options.family', [0, 4, 6]);
      return family;
  }
}

/** Brings the options of lookup() to {family, hints, all, order}. */
function lookupOptions(options) {
  const result = { family: 0, hints: 0, all: false, order: getDefaultResultOrder() };
  if (options === null || options === undefined) return result;
  if (typeof options !== 'object') {
    if (typeof options !== 'number' && options !== 'IPv4' && options !== 'IPv6') {
      throw new ERR_INVALID_ARG_TYPE('options', ['integer', 'object'], options);
    }
    if (typeof options === 'number') validateOneOf(options, 'family', [0, 4, 6]);
    result.family = validateFamily(options);
    return result;
  }
  if (options.hints != null) {
    validateNumber(options.hints, 'options.hints');
    result.hints = options.hints >>> 0;
    validateHints(result.hints);
  }
  if (options.family != null) result.family = validateFamily(options.family);
  if (options.all != null) {
    validateBoolean(options.all, 'options.all');
    result.all = options.all;
  }
  if (options.verbatim != null) {
    validateBoolean(options.verbatim, 'options.verbatim');
    result.order = options.verbatim ? 'verbatim' : 'ipv4first';
  }
  if (options.order != null) {
    validateOneOf(options.order, 'options.order', validOrders);
    result.order = options.order;
  }
  return result;
}

function onlookup(err, addresses) {
  if (err) {
    this.callback(new DNSException(err, 'getaddrinfo', this.hostname));
    return;
  }
  endSpan(this, () => ({ addresses }));
  if (this.all) {
    this.callback(null, addresses.map((address) => ({ address, family: this.family || isIP(address) })));
  } else {
    this.callback(null, addresses[0], this.family || isIP(addresses[0]));
  }
}

function lookup(hostname, options, callback) {
  if (hostname) validateString(hostname, 'hostname');
  if (typeof options === 'function') {
    callback = options;
    options = undefined;
  } else {
    validateFunction(callback, 'callback');
  }
  const { family, hints, all, order } = lookupOptions(options);
  validateFunction(callback, 'callback');

  if (!hostname) {
    throw new ERR_INVALID_ARG_VALUE('hostname', hostname, 'must be a non-empty string');
  }
  const matched = isIP(hostname);
  if (matched) {
    if (all) process.nextTick(callback, null, [{ address: hostname, family: matched }]);
    else process.nextTick(callback, null, hostname, matched);
    return {};
  }

  const req = new binding.GetAddrInfoReqWrap();
  req.callback = callback;
  req.family = family;
  req.hostname = hostname;
  req.all = all;
  req.oncomplete = onlookup;
  beginSpan(req, 'dns', 'lookup', () => ({ hostname, family, hints, verbatim: order === 'verbatim', order }));
  const err = binding.getaddrinfo(req, hostname, family, hints, orderNumbers[order]);
  if (err) {
    process.nextTick(callback, new DNSException(err, 'getaddrinfo', hostname));
    return {};
  }
  return req;
}

function onlookupservice(err, hostname, service) {
  if (err) {
    this.callback(new DNSException(err, 'getnameinfo', this.hostname));
  } else {
    endSpan(this, () => ({ hostname, service }));
    this.callback(null, hostname, service);
  }
}

function lookupService(address, port, callback) {
  if (arguments.length !== 3) throw new ERR_MISSING_ARGS('address', 'port', 'callback');
  if (isIP(address) === 0) throw new ERR_INVALID_ARG_VALUE('address', address);
  validatePort(port);
  validateFunction(callback, 'callback');
  port = +port;

  const req = new binding.GetNameInfoReqWrap();
  req.callback = callback;
  req.hostname = address;
  req.port = port;
  req.oncomplete = onlookupservice;
  beginSpan(req, 'dns', 'lookupService', () => ({ host: address, port }));
  const err = binding.getnameinfo(req, address, port);
  if (err) throw new DNSException(err, 'getnameinfo', address);
  return req;
}

// ---- resolvers -----------------------------------------------------------------------------------

function validateTimeout(options) {
  const { timeout = -1 } = { ...options };
  validateInt32(timeout, 'options.timeout', -1);
  return timeout;
}

function validateTries(options) {
  const { tries = 4 } = { ...options };
  validateInt32(tries, 'options.tries', 1);
  return tries;
}

function validateMaxTimeout(options) {
  const { maxTimeout = 0 } = { ...options };
  validateUint32(maxTimeout, 'options.maxTimeout');
  return maxTimeout;
}

const bracketed = /^\[([^[\]]*)\]/;
const addressAndPort = /(^.+?)(?::(\d+))?$/;
const defaultPort = 53;

/** The servers of one resolver and its native channel, made at the first query. */
class ResolverBase {
  #options;
  #channel;

  constructor(options) {
    this.#options = {
      timeout: validateTimeout(options),
      tries: validateTries(options),
      maxTimeout: validateMaxTimeout(options),
    };
  }

  get _handle() {
    if (this.#channel === undefined) {
      if (binding.ChannelWrap === undefined) {
        throw new ERR_FEATURE_UNAVAILABLE_ON_PLATFORM('DNS queries');
      }
      const { timeout, tries, maxTimeout } = this.#options;
      this.#channel = new binding.ChannelWrap(timeout, tries, maxTimeout);
    }
    return this.#channel;
  }

  cancel() {
    this._handle.cancel();
  }

  getServers() {
    return (this._handle.getServers() || []).map(([address, port]) => {
      if (!port || port === defaultPort) return address;
      return `${isIP(address) === 6 ? `[${address}]` : address}:${port}`;
    });
  }

  setServers(servers) {
    validateArray(servers, 'servers');
    const original = this._handle.getServers() || [];
    const list = servers.map((server, index) => {
      validateString(server, `servers[${index}]`);
      let version = isIP(server);
      if (version !== 0) return [version, server, defaultPort];

      const match = bracketed.exec(server);
      if (match !== null) {
        version = isIP(match[1]);
        if (version !== 0) {
          const port = Number.parseInt(server.replace(addressAndPort, '$2'), 10) || defaultPort;
          return [version, match[1], port];
        }
      }
      const split = addressAndPort.exec(server);
      if (split !== null) {
        version = isIP(split[1]);
        if (version !== 0) return [version, split[1], Number.parseInt(split[2], 10)];
      }
      throw new ERR_INVALID_IP_ADDRESS(server);
    });

    const err = this._handle.setServers(list);
    if (err !== 0) {
      // The servers from before stay.
      this._handle.setServers(original.map(([address, port]) => [isIP(address), address, port]));
      throw new ERR_DNS_SET_SERVERS_FAILED(binding.strerror(err), servers);
    }
  }

  setLocalAddress(ipv4, ipv6) {
    validateString(ipv4, 'ipv4');
    if (ipv6 !== undefined) validateString(ipv6, 'ipv6');
    this._handle.setLocalAddress(ipv4, ipv6);
  }
}

function onresolve(err, result, ttls) {
  if (err) {
    this.callback(new DNSException(err, this.bindingName, this.hostname));
    return;
  }
  endSpan(this, () => ({ result }));
  if (ttls && this.ttl) result = result.map((address, index) => ({ address, ttl: ttls[index] }));
  this.callback(null, result);
}

/** The function that asks for one kind of record, as a method of resolvers. */
function queryFunction(bindingName) {
  function query(name, options, callback) {
    if (typeof options === 'function' || (callback === undefined && arguments.length < 3)) {
      callback = options;
      options = kEmptyObject;
    }
    validateString(name, 'name');
    validateFunction(callback, 'callback');

    const req = new binding.QueryReqWrap();
    req.bindingName = bindingName;
    req.callback = callback;
    req.hostname = name;
    req.oncomplete = onresolve;
    req.ttl = !!options?.ttl;
    beginSpan(req, 'dns', bindingName, () => ({ host: name, ttl: req.ttl }));
    const err = this._handle[bindingName](req, name);
    if (err) throw new DNSException(err, bindingName, name);
    return req;
  }
  Object.defineProperty(query, 'name', { __proto__: null, value: bindingName });
  return query;
}

const recordTypes = {
  __proto__: null,
  ANY: ['resolveAny', 'queryAny'],
  A: ['resolve4', 'queryA'],
  AAAA: ['resolve6', 'queryAaaa'],
  CAA: ['resolveCaa', 'queryCaa'],
  CNAME: ['resolveCname', 'queryCname'],
  MX: ['resolveMx', 'queryMx'],
  NAPTR: ['resolveNaptr', 'queryNaptr'],
  NS: ['resolveNs', 'queryNs'],
  PTR: ['resolvePtr', 'queryPtr'],
  SOA: ['resolveSoa', 'querySoa'],
  SRV: ['resolveSrv', 'querySrv'],
  TLSA: ['resolveTlsa', 'queryTlsa'],
  TXT: ['resolveTxt', 'queryTxt'],
};

class Resolver extends ResolverBase {}

for (const type in recordTypes) {
  Resolver.prototype[recordTypes[type][0]] = queryFunction(recordTypes[type][1]);
}
Resolver.prototype.reverse = queryFunction('getHostByAddr');
Resolver.prototype.resolve = function resolve(hostname, rrtype, callback) {
  if (typeof rrtype === 'function') {
    callback = rrtype;
    rrtype = 'A';
  } else if (typeof rrtype !== 'string') {
    throw new ERR_INVALID_ARG_TYPE('rrtype', 'string', rrtype);
  }
  const found = recordTypes[rrtype];
  if (found === undefined) throw new ERR_INVALID_ARG_VALUE('rrtype', rrtype);
  return this[found[0]](hostname, callback);
};

const methodNames = [
  'getServers', 'resolve', ...Object.values(recordTypes).map((pair) => pair[0]), 'reverse',
];

let defaultResolver;

function getDefaultResolver() {
  return defaultResolver ??= new Resolver();
}

function setServers(servers) {
  // Queries under way keep the servers they began with.
  const resolver = new Resolver();
  resolver.setServers(servers);
  defaultResolver = resolver;
}

module.exports = {
  lookupOptions,
  ResolverBase,
  Resolver,
  errorCodes,
  methodNames,
  getDefaultResolver,
  getDefaultResultOrder,
  setDefaultResultOrder,
  setServers,
  lookup,
  lookupService,
};
