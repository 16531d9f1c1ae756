'use strict';
// net.SocketAddress
//
// Binding contract: internalBinding('symbols').messaging_clone_symbol, messaging_deserialize_symbol.

const { codes: { ERR_INVALID_ADDRESS, ERR_INVALID_ARG_VALUE } } = require('internal/errors');
const { validateObject, validatePort, validateString, validateUint32 } = require('internal/validators');
const { customInspectSymbol: kInspect, kEmptyObject } = require('internal/util');
const { parseIPv4, parseIPv6 } = require('internal/net');
const {
  messaging_clone_symbol: kClone,
  messaging_deserialize_symbol: kDeserialize,
} = internalBinding('symbols');

/** RFC 5952: lower case, no leading zeros, the longest run of zero groups shortened. */
function formatIPv6(bytes) {
  if (bytes.slice(0, 10).every((b) => b === 0) && bytes[10] === 0xff && bytes[11] === 0xff) {
    return `::ffff:${bytes.slice(12).join('.')}`;
  }
  const groups = [];
  for (let i = 0; i < 16; i += 2) groups.push(bytes[i] << 8 | bytes[i + 1]);
  let best = -1;
  let bestLength = 1;
  for (let i = 0; i < 8; i++) {
    let length = 0;
    while (i + length < 8 && groups[i + length] === 0) length++;
    if (length > bestLength) {
      best = i;
      bestLength = length;
    }
    if (length > 0) i += length - 1;
  }
  const hex = groups.map((group) => group.toString(16));
  if (best === -1) return hex.join(':');
  return `${hex.slice(0, best).join(':')}::${hex.slice(best + bestLength).join(':')}`;
}

class SocketAddress {
  #address;
  #port;
  #family;
  #flowlabel;
  #bytes;

  static isSocketAddress(value) {
    return value !== null && typeof value === 'object' && #bytes in value;
  }

  constructor(options = kEmptyObject) {
    validateObject(options, 'options');
    let { family = 'ipv4' } = options;
    if (typeof family?.toLowerCase === 'function') family = family.toLowerCase();
    if (family !== 'ipv4' && family !== 'ipv6') {
      throw new ERR_INVALID_ARG_VALUE('options.family', options.family);
    }
    const { address = family === 'ipv4' ? '127.0.0.1' : '::', port = 0, flowlabel = 0 } = options;
    validateString(address, 'options.address');
    validatePort(port, 'options.port');
    validateUint32(flowlabel, 'options.flowlabel', false);

    const bytes = family === 'ipv4' ? parseIPv4(address) : parseIPv6(address);
    if (bytes === null) throw new ERR_INVALID_ADDRESS();
    this.#bytes = bytes;
    this.#address = family === 'ipv4' ? address : formatIPv6(bytes);
    this.#port = port | 0;
    this.#family = family;
    this.#flowlabel = flowlabel >>> 0;
  }

  get address() { return this.#address; }
  get port() { return this.#port; }
  get family() { return this.#family; }
  get flowlabel() { return this.#flowlabel; }

  /** The address in network order. */
  static bytesOf(address) {
    return address.#bytes;
  }

  [kInspect](depth, options) {
    if (depth < 0) return this;
    const { inspect } = require('internal/util/inspect');
    const nested = { ...options, depth: options.depth == null ? null : options.depth - 1 };
    return `SocketAddress ${inspect(this.toJSON(), nested)}`;
  }

  [kClone]() {
    return { data: this.toJSON(), deserializeInfo: 'internal/socketaddress:InternalSocketAddress' };
  }

  [kDeserialize]({ address, port, family, flowlabel }) {
    this.#bytes = family === 'ipv4' ? parseIPv4(address) : parseIPv6(address);
    this.#address = address;
    this.#port = port;
    this.#family = family;
    this.#flowlabel = flowlabel;
  }

  toJSON() {
    return { address: this.address, port: this.port, family: this.family, flowlabel: this.flowlabel };
  }

  /** Parses `ip:port`; undefined when that is not what it is. */
  static parse(input) {
    validateString(input, 'input');
    const { URL } = require('internal/url');
    try {
      const { hostname: address, port } = new URL(`http://${input}`);
      if (address.startsWith('[')) {
        return new SocketAddress({ address: address.slice(1, -1), port: port | 0, family: 'ipv6' });
      }
      return new SocketAddress({ address, port: port | 0 });
    } catch {
      return undefined;
    }
  }
}

const { bytesOf } = SocketAddress;
delete SocketAddress.bytesOf;

require('internal/util').markCloneable(SocketAddress.prototype);

function InternalSocketAddress() {
  return new SocketAddress();
}
InternalSocketAddress.prototype[kDeserialize] = () => {};

for (const name of ['address', 'port', 'family', 'flowlabel']) {
  Object.defineProperty(SocketAddress.prototype, name, { __proto__: null, enumerable: true });
}

module.exports = { SocketAddress, InternalSocketAddress, bytesOf };
