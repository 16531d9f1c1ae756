'use strict';
// What TLS connections are made with: keys, certificates, trusted certificates, versions, cipher suites.
//
// Binding contract: internalBinding('tls_wrap').SecureContext: init(min, max), setKey(bytes, passphrase), setCert(bytes),
//   addCACert(bytes), addCRL(bytes), addRootCerts(), setSuites(list), setGroups(list) -> boolean, loadPKCS12(bytes, passphrase),
//   setAllowPartialTrustChain(), setOptions(flags), check(), setTicketKeys(bytes), getTicketKeys(), setSessionTimeout(seconds), getMinProto(), getMaxProto(),
//   getCertificate() and getIssuer() -> DER | null. cipherSuites() -> the names IANA gives the suites there are.

const binding = internalBinding('tls_wrap');
const { codes: {
  ERR_CRYPTO_CUSTOM_ENGINE_NOT_SUPPORTED, ERR_FEATURE_UNAVAILABLE_ON_PLATFORM, ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE,
  ERR_TLS_INVALID_PROTOCOL_METHOD, ERR_TLS_INVALID_PROTOCOL_VERSION, ERR_TLS_PROTOCOL_VERSION_CONFLICT,
} } = require('internal/errors');
const { isArrayBufferView } = require('internal/util/types');
const { validateBuffer, validateInt32, validateObject, validateString } = require('internal/validators');

const TLS1_VERSION = 0x0301;
const TLS1_2_VERSION = 0x0303;
const TLS1_3_VERSION = 0x0304;

const kVersions = { '__proto__': null, 'TLSv1': TLS1_VERSION, 'TLSv1.1': 0x0302, 'TLSv1.2': TLS1_2_VERSION, 'TLSv1.3': TLS1_3_VERSION };

// Suites of TLS 1.2: OpenSSL's name and the words that select them, by the name IANA gives them. Those of TLS 1.3 have one name.
const kSuites = {
  __proto__: null,
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: ['ECDHE-ECDSA-AES256-GCM-SHA384', 'AES256', 'ECDSA', 'AESGCM', 'AES', 'SHA384'],
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: ['ECDHE-ECDSA-AES128-GCM-SHA256', 'AES128', 'ECDSA', 'AESGCM', 'AES', 'SHA256'],
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: ['ECDHE-ECDSA-CHACHA20-POLY1305', 'CHACHA20', 'ECDSA'],
  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: ['ECDHE-RSA-AES256-GCM-SHA384', 'AES256', 'RSA', 'AESGCM', 'AES', 'SHA384'],
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: ['ECDHE-RSA-AES128-GCM-SHA256', 'AES128', 'RSA', 'AESGCM', 'AES', 'SHA256'],
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: ['ECDHE-RSA-CHACHA20-POLY1305', 'CHACHA20', 'RSA'],
};
const kAllWords = new Set(['HIGH', 'ALL', 'DEFAULT', 'ECDHE', 'EECDH', 'kECDHE', 'kEECDH', 'TLSv1.2', 'COMPLEMENTOFDEFAULT']);

function opensslError(number, reason) {
  const error = new Error(`error:${number}:SSL routines::${reason}`);
  const code = `ERR_SSL_${reason.toUpperCase().replaceAll(' ', '_')}`;
  return Object.assign(error, { library: 'SSL routines', reason, code });
}

function opensslName(suite) {
  return kSuites[suite]?.[0] ?? suite;
}

function suitesOfWord(word) {
  const parts = word.split('+');
  return Object.keys(kSuites).filter((suite) => {
    const [name, ...words] = kSuites[suite];
    return parts.every((part) => part === suite || part === name || kAllWords.has(part) ||
      words.some((known) => known === part || `a${known}` === part));
  });
}

/** The suites of a list in OpenSSL's language: [those of TLS 1.3, those of TLS 1.2]. */
function processCiphers(ciphers) {
  const available = new Set(binding.cipherSuites());
  const tls13 = [];
  let tls12 = [];
  const banned = new Set();
  for (const part of ciphers.split(/[:, ]/)) {
    // A security level has no meaning: there is nothing below the usual one.
    const [token] = part.split('@');
    if (token === '') continue;
    if (available.has(token) && kSuites[token] === undefined) {
      tls13.push(token);
    } else if (token.startsWith('!') || token.startsWith('-')) {
      const found = suitesOfWord(token.slice(1));
      tls12 = tls12.filter((suite) => !found.includes(suite));
      if (token.startsWith('!')) for (const suite of found) banned.add(suite);
    } else if (token.startsWith('+')) {
      const found = suitesOfWord(token.slice(1));
      tls12 = [...tls12.filter((suite) => !found.includes(suite)), ...tls12.filter((suite) => found.includes(suite))];
    } else {
      for (const suite of suitesOfWord(token)) if (!banned.has(suite) && !tls12.includes(suite)) tls12.push(suite);
    }
  }
  return [tls13, tls12];
}

function toVersion(which, version, fallback) {
  version ??= fallback;
  const number = kVersions[version];
  if (number === undefined) throw new ERR_TLS_INVALID_PROTOCOL_VERSION(version, which);
  return number;
}

/** [min, max] of `secureProtocol`; undefined stands for the default. */
function versionsOfMethod(method) {
  const match = /^(SSLv2|SSLv3|SSLv23|TLS|TLSv1|TLSv1_1|TLSv1_2|TLSv1_3)(_client|_server)?_method$/.exec(method);
  switch (match?.[1]) {
    case undefined: throw new ERR_TLS_INVALID_PROTOCOL_METHOD(`Unknown method: ${method}`);
    case 'SSLv2': throw new ERR_TLS_INVALID_PROTOCOL_METHOD('SSLv2 methods disabled');
    case 'SSLv3': throw new ERR_TLS_INVALID_PROTOCOL_METHOD('SSLv3 methods disabled');
    case 'SSLv23': return [undefined, TLS1_2_VERSION];
    case 'TLS': return [TLS1_VERSION, TLS1_3_VERSION];
    case 'TLSv1': return [TLS1_VERSION, TLS1_VERSION];
    case 'TLSv1_1': return [0x0302, 0x0302];
    case 'TLSv1_2': return [TLS1_2_VERSION, TLS1_2_VERSION];
    default: return [TLS1_3_VERSION, TLS1_3_VERSION];
  }
}

/** The native context; `context` of this object is what connections take. */
class SecureContext {
  constructor(secureProtocol, secureOptions, minVersion, maxVersion) {
    const tls = require('tls');
    let min = toVersion('minimum', minVersion, tls.DEFAULT_MIN_VERSION);
    let max = toVersion('maximum', maxVersion, tls.DEFAULT_MAX_VERSION);
    if (secureProtocol) {
      if (minVersion != null) throw new ERR_TLS_PROTOCOL_VERSION_CONFLICT(minVersion, secureProtocol);
      if (maxVersion != null) throw new ERR_TLS_PROTOCOL_VERSION_CONFLICT(maxVersion, secureProtocol);
      const [methodMin, methodMax] = versionsOfMethod(secureProtocol);
      min = methodMin ?? min;
      max = methodMax ?? max;
    }
    // With versions before 1.2 only, a connection will fail for want of a protocol.
    this.context = new binding.SecureContext();
    this.context.init(min, max);
    if (secureOptions) this.context.setOptions(secureOptions);
  }
}

function validateKeyOrCertOption(name, value) {
  if (typeof value !== 'string' && !isArrayBufferView(value)) {
    throw new ERR_INVALID_ARG_TYPE(name, ['string', 'Buffer', 'TypedArray', 'DataView'], value);
  }
}

function each(value, f) {
  if (Array.isArray(value)) for (const item of value) f(item);
  else f(value);
}

function setKey(context, key, passphrase, name) {
  validateKeyOrCertOption(`${name}.key`, key);
  if (passphrase !== undefined && passphrase !== null) validateString(passphrase, `${name}.passphrase`);
  context.setKey(key, passphrase);
}

function addCACerts(context, ca, name) {
  each(ca, (cert) => {
    validateKeyOrCertOption(`${name}.ca`, cert);
    context.addCACert(cert);
  });
}

function setCerts(context, certs, name) {
  each(certs, (cert) => {
    validateKeyOrCertOption(`${name}.cert`, cert);
    context.setCert(cert);
  });
}

function setKeys(context, key, passphrase, name) {
  if (!Array.isArray(key)) {
    setKey(context, key, passphrase, name);
    return;
  }
  each(key, (item) => {
    // In a list a key may have a passphrase of its own.
    const value = item?.pem !== undefined ? item.pem : item;
    setKey(context, value, item?.passphrase !== undefined ? item.passphrase : passphrase, name);
  });
}

function configSecureContext(context, options = {}, name = 'options') {
  validateObject(options, name);
  const {
    allowPartialTrustChain, ca, cert, ciphers = require('tls').DEFAULT_CIPHERS, clientCertEngine, crl, dhparam,
    ecdhCurve = require('tls').DEFAULT_ECDH_CURVE, key, passphrase, pfx, privateKeyIdentifier, privateKeyEngine,
    sessionIdContext, sessionTimeout, sigalgs, ticketKeys,
  } = options;

  // Given keys and certificates that have no value are as if not given.
  if (ca) addCACerts(context, ca, name);
  else context.addRootCerts();
  if (allowPartialTrustChain) context.setAllowPartialTrustChain();
  if (cert) setCerts(context, cert, name);
  if (key) setKeys(context, key, passphrase, name);

  if (sigalgs !== undefined && sigalgs !== null) {
    validateString(sigalgs, `${name}.sigalgs`);
    if (sigalgs === '') throw new ERR_INVALID_ARG_VALUE(`${name}.sigalgs`, sigalgs);
    throw new ERR_FEATURE_UNAVAILABLE_ON_PLATFORM('sigalgs');
  }
  if (privateKeyIdentifier !== undefined && privateKeyIdentifier !== null) {
    if (typeof privateKeyIdentifier !== 'string') {
      throw new ERR_INVALID_ARG_TYPE(`${name}.privateKeyIdentifier`, ['string', 'null', 'undefined'], privateKeyIdentifier);
    }
    if (privateKeyEngine === undefined || privateKeyEngine === null) {
      throw new ERR_INVALID_ARG_VALUE(`${name}.privateKeyEngine`, privateKeyEngine);
    }
    if (typeof privateKeyEngine !== 'string') {
      throw new ERR_INVALID_ARG_TYPE(`${name}.privateKeyEngine`, ['string', 'null', 'undefined'], privateKeyEngine);
    }
    throw new ERR_CRYPTO_CUSTOM_ENGINE_NOT_SUPPORTED();
  }

  setSuites(context, ciphers, name);

  validateString(ecdhCurve, `${name}.ecdhCurve`);
  if (ecdhCurve !== 'auto') setCurves(context, ecdhCurve);

  // DEVIATION: finite-field Diffie-Hellman is never agreed on, so that its parameters have no use.
  if (dhparam !== undefined && dhparam !== null && dhparam !== 'auto') validateKeyOrCertOption(`${name}.dhparam`, dhparam);

  if (crl !== undefined && crl !== null) {
    each(crl, (list) => {
      validateKeyOrCertOption(`${name}.crl`, list);
      context.addCRL(list);
    });
  }
  if (sessionIdContext !== undefined && sessionIdContext !== null) {
    validateString(sessionIdContext, `${name}.sessionIdContext`);
  }
  if (pfx !== undefined && pfx !== null) {
    each(pfx, (item) => {
      const raw = item?.buf || item;
      validateKeyOrCertOption(`${name}.pfx`, raw);
      const secret = item?.passphrase || passphrase;
      context.loadPKCS12(toBytes(raw), secret ? toBytes(secret) : undefined);
    });
  }
  if (clientCertEngine !== undefined && clientCertEngine !== null) {
    if (typeof clientCertEngine !== 'string') {
      throw new ERR_INVALID_ARG_TYPE(`${name}.clientCertEngine`, ['string', 'null', 'undefined'], clientCertEngine);
    }
    throw new ERR_CRYPTO_CUSTOM_ENGINE_NOT_SUPPORTED();
  }
  if (ticketKeys !== undefined && ticketKeys !== null) {
    validateBuffer(ticketKeys, `${name}.ticketKeys`);
    if (ticketKeys.byteLength !== 48) {
      throw new ERR_INVALID_ARG_VALUE(`${name}.ticketKeys`, ticketKeys.byteLength, 'must be exactly 48 bytes');
    }
    context.setTicketKeys(ticketKeys);
  }
  if (sessionTimeout !== undefined && sessionTimeout !== null) {
    validateInt32(sessionTimeout, `${name}.sessionTimeout`, 0);
    context.setSessionTimeout(sessionTimeout);
  }
  // A key that does not fit its certificate shows now.
  context.check();
}

function toBytes(value) {
  return typeof value === 'string' ? require('buffer').Buffer.from(value) : value;
}

function setSuites(context, ciphers, name) {
  if (ciphers === undefined || ciphers === null) return;
  validateString(ciphers, `${name}.ciphers`);
  const [tls13, tls12] = processCiphers(ciphers);
  if (tls13.length === 0 && tls12.length === 0) throw opensslError('0A0000B9', 'no cipher match');
  const [min, max] = [context.getMinProto(), context.getMaxProto()];
  // Without suites of a version, that version is not offered.
  if (tls13.length === 0 && max > TLS1_2_VERSION && min < TLS1_3_VERSION) context.setMaxProto(TLS1_2_VERSION);
  if (tls12.length === 0 && min < TLS1_3_VERSION && max > TLS1_2_VERSION) context.setMinProto(TLS1_3_VERSION);
  context.setSuites([...tls13, ...tls12].join(':'));
}

const kCurveNames = {
  '__proto__': null, 'P-256': 'prime256v1', 'secp256r1': 'prime256v1', 'P-384': 'secp384r1', 'P-521': 'secp521r1', 'x25519': 'X25519',
};

function setCurves(context, curves) {
  const names = curves.split(':').map((curve) => kCurveNames[curve] ?? curve);
  if (!context.setGroups(names.join(':'))) {
    const error = new Error('Failed to set ECDH curve');
    error.code = 'ERR_CRYPTO_OPERATION_FAILED';
    throw error;
  }
}

function createSecureContext(options) {
  options ||= {};
  const { honorCipherOrder, minVersion, maxVersion, secureProtocol } = options;
  let { secureOptions } = options;
  if (honorCipherOrder) secureOptions |= internalBinding('constants').crypto.SSL_OP_CIPHER_SERVER_PREFERENCE;
  const secure = new SecureContext(secureProtocol, secureOptions, minVersion, maxVersion);
  configSecureContext(secure.context, options);
  return secure;
}

module.exports = { SecureContext, createSecureContext, opensslError, opensslName, processCiphers, kSuites };
