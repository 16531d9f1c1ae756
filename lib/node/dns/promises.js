'use strict';
// node:dns/promises

const dns = require('internal/dns');
const { codes: { ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_MISSING_ARGS } } = require('internal/errors');
const { validateString } = require('internal/validators');

/** The promise form of a function whose last argument is a callback; argument errors are thrown at once. */
function promised(call) {
  const { promise, resolve, reject } = Promise.withResolvers();
  try {
    call((err, value) => {
      if (err) reject(err);
      else resolve(value);
    });
  } catch (err) {
    // A query that could not even be begun.
    if (err?.syscall === undefined) throw err;
    reject(err);
  }
  return promise;
}

function lookup(hostname, options) {
  if (hostname) validateString(hostname, 'hostname');
  if (options !== undefined && typeof options !== 'number' && typeof options !== 'object') {
    throw new ERR_INVALID_ARG_TYPE('options', ['integer', 'object'], options);
  }
  const { promise, resolve, reject } = Promise.withResolvers();
  if (!hostname) {
    dns.lookupOptions(options);
    reject(new ERR_INVALID_ARG_VALUE('hostname', hostname, 'must be a non-empty string'));
    return promise;
  }
  dns.lookup(hostname, options, (err, address, family) => {
    if (err) reject(err);
    else resolve(Array.isArray(address) ? address : { address, family });
  });
  return promise;
}

function lookupService(address, port) {
  if (arguments.length !== 2) throw new ERR_MISSING_ARGS('address', 'port');
  return promised((callback) => dns.lookupService(address, port, (err, hostname, service) => {
    callback(err, { hostname, service });
  }));
}

class Resolver extends dns.ResolverBase {}

for (const name of dns.methodNames) {
  if (name === 'getServers') continue;
  const query = dns.Resolver.prototype[name];
  Resolver.prototype[name] = {
    [name](...args) {
      // resolve() picks the query itself, so it must find the callback forms.
      const target = name === 'resolve' ? Object.create(dns.Resolver.prototype, {
        _handle: { __proto__: null, value: this._handle },
      }) : this;
      return promised((callback) => query.call(target, ...args, callback));
    },
  }[name];
}

module.exports = {
  lookup,
  lookupService,
  Resolver,
  getDefaultResultOrder: dns.getDefaultResultOrder,
  setDefaultResultOrder: dns.setDefaultResultOrder,
  setServers: dns.setServers,
  getServers: () => dns.getDefaultResolver().getServers(),
  ...dns.errorCodes,
};

for (const name of dns.methodNames) {
  if (name === 'getServers') continue;
  module.exports[name] = {
    [name](...args) {
      const resolver = dns.getDefaultResolver();
      return promised((callback) => resolver[name](...args, callback));
    },
  }[name];
}
