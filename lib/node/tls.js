'use strict';
// node:tls
//
// What needs no cryptography is here: names of ciphers and protocols, host name checks, ALPN lists, the classes.
// Connections and contexts need the native engine; without it they throw ERR_FEATURE_UNAVAILABLE_ON_PLATFORM.
//
// Binding contract: internalBinding('cares_wrap').canonicalizeIP(text) -> text | undefined.

const net = require('net');
const { Buffer } = require('buffer');
const {
  codes: { ERR_FEATURE_UNAVAILABLE_ON_PLATFORM, ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE, ERR_TLS_CERT_ALTNAME_INVALID },
} = require('internal/errors');
const { isArrayBufferView, isUint8Array } = require('internal/util/types');

function unavailable(what) {
  return new ERR_FEATURE_UNAVAILABLE_ON_PLATFORM(what);
}

function SecureContext() {
  throw unavailable('tls.SecureContext');
}

function TLSSocket() {
  throw unavailable('tls.TLSSocket');
}
Object.setPrototypeOf(TLSSocket.prototype, net.Socket.prototype);
Object.setPrototypeOf(TLSSocket, net.Socket);

function Server(options, listener) {
  if (!(this instanceof Server)) return new Server(options, listener);
  throw unavailable('tls.Server');
}
Object.setPrototypeOf(Server.prototype, net.Server.prototype);
Object.setPrototypeOf(Server, net.Server);

function createServer(options, listener) {
  return new Server(options, listener);
}

function connect() {
  throw unavailable('tls.connect');
}

function createSecureContext() {
  throw unavailable('tls.createSecureContext');
}

function createSecurePair() {
  throw unavailable('tls.createSecurePair');
}

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

const rootCertificates = Object.freeze([]);

module.exports = {
  CLIENT_RENEG_LIMIT: 3,
  CLIENT_RENEG_WINDOW: 600,
  DEFAULT_CIPHERS: 'TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256',
  DEFAULT_ECDH_CURVE: 'auto',
  DEFAULT_MIN_VERSION: 'TLSv1.2',
  DEFAULT_MAX_VERSION: 'TLSv1.3',
  rootCertificates,
  getCiphers() {
    return ['tls_aes_128_gcm_sha256', 'tls_aes_256_gcm_sha384', 'tls_chacha20_poly1305_sha256'];
  },
  getCACertificates() {
    throw unavailable('tls.getCACertificates');
  },
  setDefaultCACertificates(certs) {
    if (!Array.isArray(certs)) throw new ERR_INVALID_ARG_TYPE('certs', 'Array', certs);
    throw unavailable('tls.setDefaultCACertificates');
  },
  convertALPNProtocols,
  checkServerIdentity,
  SecureContext,
  TLSSocket,
  Server,
  createServer,
  connect,
  createSecureContext,
  createSecurePair,
};
