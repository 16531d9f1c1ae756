'use strict';
// node:tls
//
// Names of ciphers and protocols, host name checks, ALPN lists and the trusted certificates are here; connections are in
// internal/tls/.
//
// Binding contract: internalBinding('cares_wrap').canonicalizeIP(text) -> text | undefined; internalBinding('tls_wrap'):
//   cipherSuites() -> [name], systemRoots() -> [PEM text], setDefaultRoots(PEM text), parseCertificates(text) -> [PEM text] |
//   undefined.

const net = require('net');
const { Buffer } = require('buffer');
const {
  codes: { ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE, ERR_TLS_CERT_ALTNAME_INVALID },
} = require('internal/errors');
const { isArrayBufferView, isUint8Array } = require('internal/util/types');
const { validateOneOf, validateString } = require('internal/validators');
const binding = internalBinding('tls_wrap');

/** The wire form of a list of protocol names: each with its length before it. */
function convertProtocols(protocols) {
  const lengths = protocols.map((name, index) => {
    const length = Buffer.byteLength(name);
    if (length > 255) throw new ERR_OUT_OF_RANGE(`The byte length of the protocol at index ${index} exceeds the maximum length.`, '<= 255', length, true);
    return length;
  });
  const buffer = Buffer.allocUnsafe(lengths.reduce((sum, length) => sum + 1 + length, 0));
  let offset = 0;
  protocols.forEach((name, index) => {
    buffer[offset++] = lengths[index];
    buffer.write(name, offset);
    offset += lengths[index];
  });
  return buffer;
}

function convertALPNProtocols(protocols, out) {
  if (Array.isArray(protocols)) {
    out.ALPNProtocols = convertProtocols(protocols);
  } else if (isUint8Array(protocols)) {
    // The caller may change its own.
    out.ALPNProtocols = Buffer.from(protocols);
  } else if (isArrayBufferView(protocols)) {
    out.ALPNProtocols = Buffer.from(
      protocols.buffer.slice(protocols.byteOffset, protocols.byteOffset + protocols.byteLength));
  }
}

function toLowerAscii(text) {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

function splitHost(host) {
  return toLowerAscii(host.endsWith('.') ? host.slice(0, -1) : host).split('.');
}

/** RFC 6125: whether the host matches a pattern whose first label may hold one wildcard. */
function matches(hostParts, pattern, wildcards) {
  if (!pattern) return false;
  const patternParts = splitHost(pattern);
  if (hostParts.length !== patternParts.length || patternParts.includes('')) return false;
  // eslint-disable-next-line no-control-regex
  if (patternParts.some((part) => /[^\u0021-\u007F]/u.test(part))) return false;
  for (let i = hostParts.length - 1; i > 0; i--) if (hostParts[i] !== patternParts[i]) return false;

  const [hostFirst] = hostParts;
  const [patternFirst] = patternParts;
  const pieces = patternFirst.split('*', 3);
  if (pieces.length === 1 || patternFirst.includes('xn--')) return hostFirst === patternFirst;
  if (!wildcards || pieces.length > 2 || patternParts.length <= 2) return false;
  const [prefix, suffix] = pieces;
  return prefix.length + suffix.length <= hostFirst.length && hostFirst.startsWith(prefix) && hostFirst.endsWith(suffix);
}

/** Splits `DNS:a, IP Address:b`, where a value may be quoted as JSON. */
function splitAltNames(text) {
  const result = [];
  let current = '';
  let offset = 0;
  while (offset !== text.length) {
    const comma = text.indexOf(', ', offset);
    const quote = text.indexOf('"', offset);
    if (quote !== -1 && (comma === -1 || quote < comma)) {
      current += text.slice(offset, quote);
      const match = /^"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/.exec(text.slice(quote));
      if (match === null) {
        const { codes: { ERR_TLS_CERT_ALTNAME_FORMAT } } = require('internal/errors');
        throw new ERR_TLS_CERT_ALTNAME_FORMAT();
      }
      current += JSON.parse(match[0]);
      offset = quote + match[0].length;
    } else if (comma !== -1) {
      result.push(current + text.slice(offset, comma));
      current = '';
      offset = comma + 2;
    } else {
      current += text.slice(offset);
      offset = text.length;
    }
  }
  result.push(current);
  return result;
}

/** Checks a certificate against the host it is for; returns an error, or undefined when it matches. */
function checkServerIdentity(hostname, cert) {
  const { subject, subjectaltname: altNames } = cert;
  const dnsNames = [];
  const ips = [];
  hostname = `${hostname}`;
  if (altNames) {
    const names = altNames.includes('"') ? splitAltNames(altNames) : altNames.split(', ');
    for (const name of names) {
      if (name.startsWith('DNS:')) dnsNames.push(name.slice(4));
      else if (name.startsWith('IP Address:')) ips.push(canonicalIP(name.slice(11)));
    }
  }

  let valid = false;
  let reason = 'Unknown reason';
  hostname = hostname.endsWith('.') ? hostname.slice(0, -1) : hostname;
  if (net.isIP(hostname)) {
    valid = ips.includes(canonicalIP(hostname));
    if (!valid) reason = `IP: ${hostname} is not in the cert's list: ${ips.join(', ')}`;
  } else if (dnsNames.length > 0 || subject?.CN) {
    const hostParts = splitHost(hostname);
    if (dnsNames.length > 0) {
      valid = dnsNames.some((pattern) => matches(hostParts, pattern, true));
      if (!valid) reason = `Host: ${hostname}. is not in the cert's altnames: ${altNames}`;
    } else {
      const { CN } = subject;
      valid = Array.isArray(CN) ? CN.some((pattern) => matches(hostParts, pattern, true)) : matches(hostParts, CN, true);
      if (!valid) reason = `Host: ${hostname}. is not cert's CN: ${CN}`;
    }
  } else {
    reason = 'Cert does not contain a DNS name';
  }
  return valid ? undefined : new ERR_TLS_CERT_ALTNAME_INVALID(reason, hostname, cert);
}

function canonicalIP(text) {
  return internalBinding('cares_wrap').canonicalizeIP(text);
}

// ---- Trusted certificates ------------------------------------------------------------------------------------------

let systemCertificates;
let extraCertificates;
let defaultCertificates;
let hasCustomDefault = false;

function system() {
  return systemCertificates ??= Object.freeze(binding.systemRoots());
}

/** Those of the file NODE_EXTRA_CA_CERTS names. */
function extra() {
  if (extraCertificates !== undefined) return extraCertificates;
  const file = process.env.NODE_EXTRA_CA_CERTS;
  let found;
  if (file) {
    try {
      found = binding.parseCertificates(require('fs').readFileSync(file));
      if (found === undefined) throw new Error('no certificates found');
    } catch (error) {
      const reason = error.code === 'ENOENT' ? 'error:80000002:system library::No such file or directory' : error.message;
      process.emitWarning(`Ignoring extra certs from \`${file}\`, load failed: ${reason}`);
    }
  }
  return extraCertificates = Object.freeze(found ?? []);
}

function defaults() {
  return defaultCertificates ??= Object.freeze([...new Set([...system(), ...extra()])]);
}

/** Connections made from now on trust what the lists say; without extra certificates that is so from the beginning. */
function useExtraCertificates() {
  if (!hasCustomDefault && extra().length > 0) binding.setDefaultRoots(defaults().join('\n'));
}

function getCACertificates(type = 'default') {
  validateString(type, 'type');
  validateOneOf(type, 'type', ['default', 'system', 'bundled', 'extra']);
  switch (type) {
    case 'default': return defaults();
    case 'extra': return extra();
    // No list comes with the program: the system's takes its place.
    default: return system();
  }
}

function setDefaultCACertificates(certs) {
  if (!Array.isArray(certs)) throw new ERR_INVALID_ARG_TYPE('certs', 'Array', certs);
  const parsed = [];
  certs.forEach((cert, i) => {
    if (typeof cert !== 'string' && !isArrayBufferView(cert)) {
      throw new ERR_INVALID_ARG_TYPE(`certs[${i}]`, ['string', 'ArrayBufferView'], cert);
    }
    const found = binding.parseCertificates(cert);
    if (found === undefined) {
      const error = new Error('No valid certificates found in the provided array');
      error.code = 'ERR_CRYPTO_OPERATION_FAILED';
      throw error;
    }
    parsed.push(...found);
  });
  defaultCertificates = Object.freeze([...new Set(parsed)]);
  hasCustomDefault = true;
  binding.setDefaultRoots(defaultCertificates.join('\n'));
}

// ---- The module ------------------------------------------------------------------------------------------------------

function contexts() {
  return require('internal/tls/secure-context');
}

function wrap() {
  return require('internal/tls/wrap');
}

function getCiphers() {
  const { opensslName } = contexts();
  return binding.cipherSuites().map((suite) => opensslName(suite).toLowerCase()).sort();
}

const { getOptionValue } = require('internal/options');

function defaultVersion(side) {
  for (const version of side === 'min' ? ['1.0', '1.1', '1.2', '1.3'] : ['1.3', '1.2']) {
    if (getOptionValue(`--tls-${side}-v${version}`)) return version === '1.0' ? 'TLSv1' : `TLSv${version}`;
  }
  return side === 'min' ? 'TLSv1.2' : 'TLSv1.3';
}

module.exports = {
  CLIENT_RENEG_LIMIT: 3,
  CLIENT_RENEG_WINDOW: 600,
  DEFAULT_CIPHERS: require('internal/tls/defaults').cipherList(),
  DEFAULT_ECDH_CURVE: 'auto',
  DEFAULT_MIN_VERSION: defaultVersion('min'),
  DEFAULT_MAX_VERSION: defaultVersion('max'),
  getCiphers,
  getCertificateCompressionAlgorithms: () => [],
  getCACertificates,
  setDefaultCACertificates,
  convertALPNProtocols,
  checkServerIdentity,
  createSecureContext(options) {
    useExtraCertificates();
    return contexts().createSecureContext(options);
  },
  createServer: (options, listener) => wrap().createServer(options, listener),
  connect: (...args) => wrap().connect(...args),
};
for (const [name, load] of [
  ['SecureContext', () => contexts().SecureContext], ['TLSSocket', () => wrap().TLSSocket], ['Server', () => wrap().Server],
  ['rootCertificates', system],
]) {
  Object.defineProperty(module.exports, name, { __proto__: null, configurable: true, enumerable: true, get: load });
}
