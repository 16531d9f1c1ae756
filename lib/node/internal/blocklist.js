'use strict';
// net.BlockList: rules over addresses, ranges and subnets.
//
// Binding contract: internalBinding('symbols').messaging_clone_symbol, messaging_deserialize_symbol.

const { codes: { ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE } } = require('internal/errors');
const { validateArray, validateInt32, validateString } = require('internal/validators');
const { customInspectSymbol: kInspect } = require('internal/util');
const { SocketAddress, bytesOf } = require('internal/socketaddress');
const {
  messaging_clone_symbol: kClone,
  messaging_deserialize_symbol: kDeserialize,
} = internalBinding('symbols');

const ipv4InIpv6 = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

/** Compares two addresses as 128-bit numbers; IPv4 ones count as mapped into IPv6. */
function toWide(bytes) {
  return bytes.length === 16 ? bytes : [...ipv4InIpv6, ...bytes];
}

function compareBytes(a, b) {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i] < b[i] ? -1 : 1;
  return 0;
}

function samePrefix(a, b, bits) {
  const whole = bits >> 3;
  for (let i = 0; i < whole; i++) if (a[i] !== b[i]) return false;
  const rest = bits & 7;
  return rest === 0 || (a[whole] ^ b[whole]) >> (8 - rest) === 0;
}

function toAddress(address, family) {
  if (SocketAddress.isSocketAddress(address)) return address;
  validateString(address, 'address');
  validateString(family, 'family');
  return new SocketAddress({ address, family });
}

const familyName = (address) => (address.family === 'ipv4' ? 'IPv4' : 'IPv6');

class BlockList {
  #rules = [];

  static isBlockList(value) {
    return value !== null && typeof value === 'object' && #rules in value;
  }

  [kInspect](depth, options) {
    if (depth < 0) return this;
    const { inspect } = require('internal/util/inspect');
    const nested = { ...options, depth: options.depth == null ? null : options.depth - 1 };
    return `BlockList ${inspect({ rules: this.rules }, nested)}`;
  }

  addAddress(address, family = 'ipv4') {
    address = toAddress(address, family);
    this.#add({ kind: 'address', start: bytesOf(address), text: `Address: ${familyName(address)} ${address.address}` });
  }

  addRange(start, end, family = 'ipv4') {
    start = toAddress(start, family);
    end = toAddress(end, family);
    if (start.family !== end.family || compareBytes(bytesOf(start), bytesOf(end)) > 0) {
      throw new ERR_INVALID_ARG_VALUE('start', start, 'must come before end');
    }
    this.#add({
      kind: 'range',
      start: bytesOf(start),
      end: bytesOf(end),
      text: `Range: ${familyName(start)} ${start.address}-${end.address}`,
    });
  }

  addSubnet(network, prefix, family = 'ipv4') {
    if (prefix === undefined && typeof network === 'string') ({ network, prefix, family } = parseCIDR(network));
    network = toAddress(network, family);
    validateInt32(prefix, 'prefix', 0, network.family === 'ipv4' ? 32 : 128);
    this.#add({
      kind: 'subnet',
      start: bytesOf(network),
      prefix,
      text: `Subnet: ${familyName(network)} ${network.address}/${prefix}`,
    });
  }

  #add(rule) {
    this.#rules.unshift(rule);
  }

  check(address, family = 'ipv4') {
    if (!SocketAddress.isSocketAddress(address)) {
      validateString(address, 'address');
      validateString(family, 'family');
      try {
        address = new SocketAddress({ address, family });
      } catch {
        // What is not an address is in no list.
        return false;
      }
    }
    const bytes = bytesOf(address);
    const wide = toWide(bytes);
    return this.#rules.some((rule) => {
      switch (rule.kind) {
        case 'address':
          return compareBytes(wide, toWide(rule.start)) === 0;
        case 'range':
          return compareBytes(wide, toWide(rule.start)) >= 0 && compareBytes(wide, toWide(rule.end)) <= 0;
        default:
          return samePrefix(wide, toWide(rule.start), rule.prefix + (rule.start.length === 4 ? 96 : 0));
      }
    });
  }

  get rules() {
    return this.#rules.map((rule) => rule.text);
  }

  toJSON() {
    return this.rules;
  }

  /** Adds rules in the form `rules` and `toJSON()` give them. */
  fromJSON(data) {
    if (typeof data === 'string') {
      const parsed = JSON.parse(data);
      if (!Array.isArray(parsed)) throw new ERR_INVALID_ARG_TYPE('json', ['string', 'string[]'], data);
      data = parsed;
    } else if (!Array.isArray(data)) {
      throw new ERR_INVALID_ARG_TYPE('json', ['string', 'string[]'], data);
    }
    validateArray(data, 'json');
    for (const rule of data) {
      if (typeof rule !== 'string') throw new ERR_INVALID_ARG_TYPE('json', ['string', 'string[]'], data);
      const match = /^(Address|Range|Subnet): (IPv[46]) (\S+)$/.exec(rule);
      if (match === null) continue;
      const [, kind, version, value] = match;
      const family = version.toLowerCase();
      if (kind === 'Address') {
        this.addAddress(value, family);
      } else if (kind === 'Range') {
        const [start, end] = value.split('-');
        this.addRange(start, end, family);
      } else {
        const slash = value.lastIndexOf('/');
        this.addSubnet(value.slice(0, slash), Number(value.slice(slash + 1)), family);
      }
    }
  }

  [kClone]() {
    return { data: { rules: this.#rules }, deserializeInfo: 'internal/blocklist:InternalBlockList' };
  }

  [kDeserialize]({ rules }) {
    this.#rules = rules;
  }
}

function parseCIDR(cidr) {
  const slash = cidr.lastIndexOf('/');
  if (slash === -1) {
    throw new ERR_INVALID_ARG_VALUE('cidr', cidr, 'must contain a prefix length (e.g. "10.0.0.0/8")');
  }
  const network = cidr.slice(0, slash);
  const text = cidr.slice(slash + 1);
  const prefix = Number.parseInt(text, 10);
  if (Number.isNaN(prefix) || `${prefix}` !== text) {
    throw new ERR_INVALID_ARG_VALUE('cidr', cidr, 'prefix length must be a valid integer');
  }
  return { network, prefix, family: network.includes(':') ? 'ipv6' : 'ipv4' };
}

require('internal/util').markCloneable(BlockList.prototype);

function InternalBlockList() {
  return new BlockList();
}
InternalBlockList.prototype[kDeserialize] = () => {};

module.exports = { BlockList, InternalBlockList };
