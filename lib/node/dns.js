'use strict';
// node:dns

const dns = require('internal/dns');
const { customPromisifyArgs } = require('internal/util');
const { AI_ADDRCONFIG, AI_ALL, AI_V4MAPPED } = internalBinding('cares_wrap');

const { lookup, lookupService, Resolver } = dns;

Object.defineProperty(lookup, customPromisifyArgs, {
  __proto__: null, value: ['address', 'family'], enumerable: false,
});
Object.defineProperty(lookupService, customPromisifyArgs, {
  __proto__: null, value: ['hostname', 'service'], enumerable: false,
});

module.exports = {
  lookup,
  lookupService,
  Resolver,
  getDefaultResultOrder: dns.getDefaultResultOrder,
  setDefaultResultOrder: dns.setDefaultResultOrder,
  setServers: dns.setServers,
  ADDRCONFIG: AI_ADDRCONFIG,
  ALL: AI_ALL,
  V4MAPPED: AI_V4MAPPED,
  ...dns.errorCodes,
};

// The queries of the default resolver, whichever that is at the time.
for (const name of dns.methodNames) {
  module.exports[name] = {
    [name](...args) {
      const resolver = dns.getDefaultResolver();
      return resolver[name](...args);
    },
  }[name];
}

Object.defineProperty(module.exports, 'promises', {
  __proto__: null,
  configurable: true,
  enumerable: true,
  get() { return require('dns/promises'); },
});
