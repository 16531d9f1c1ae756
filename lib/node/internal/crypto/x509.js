'use strict';
// X509Certificate, and the plain object that TLS sockets describe certificates with.
//
// Binding contract (crypto): X509: new (bytes), nameText(isIssuer), nameEntries(isIssuer) -> [key, value…], alternativeNames(),
//   authorityAccess(), extendedKeyUsage(), validityText(isEnd), validitySeconds(isEnd), fingerprint(digest), serialNumber(),
//   signatureAlgorithm() -> [name, oid], isCa(), der(), pem(), publicKey() -> KeyHandle, publicKeyParts(), isIssuedBy(x509),
//   matchesKey(handle), isSignedBy(handle), checkHost(name, flags), checkEmail(name, flags), checkIP(address).

const binding = internalBinding('crypto');
const { codes: { ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE } } = require('internal/errors');
const { validateBoolean, validateObject, validateString } = require('internal/validators');
const { inspect } = require('internal/util/inspect');
const { isAnyArrayBuffer } = require('internal/crypto/util');
const { PublicKeyObject, isKeyObject, kHandle: kKeyHandle } = require('internal/crypto/keys');

const kHandle = Symbol('kX509Handle');
const kCache = Symbol('kCache');

const X509_CHECK_FLAG_ALWAYS_CHECK_SUBJECT = 0x1;
const X509_CHECK_FLAG_NO_WILDCARDS = 0x2;
const X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS = 0x4;
const X509_CHECK_FLAG_MULTI_LABEL_WILDCARDS = 0x8;
const X509_CHECK_FLAG_SINGLE_LABEL_SUBDOMAINS = 0x10;
const X509_CHECK_FLAG_NEVER_CHECK_SUBJECT = 0x20;

function flagsOf(options = {}) {
  validateObject(options, 'options');
  const {
    subject = 'default', wildcards = true, partialWildcards = true, multiLabelWildcards = false,
    singleLabelSubdomains = false,
  } = { ...options };
  let flags = 0;
  validateString(subject, 'options.subject');
  validateBoolean(wildcards, 'options.wildcards');
  validateBoolean(partialWildcards, 'options.partialWildcards');
  validateBoolean(multiLabelWildcards, 'options.multiLabelWildcards');
  validateBoolean(singleLabelSubdomains, 'options.singleLabelSubdomains');
  switch (subject) {
    case 'default': break;
    case 'always': flags |= X509_CHECK_FLAG_ALWAYS_CHECK_SUBJECT; break;
    case 'never': flags |= X509_CHECK_FLAG_NEVER_CHECK_SUBJECT; break;
    default: throw new ERR_INVALID_ARG_VALUE('options.subject', subject);
  }
  if (!wildcards) flags |= X509_CHECK_FLAG_NO_WILDCARDS;
  if (!partialWildcards) flags |= X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS;
  if (multiLabelWildcards) flags |= X509_CHECK_FLAG_MULTI_LABEL_WILDCARDS;
  if (singleLabelSubdomains) flags |= X509_CHECK_FLAG_SINGLE_LABEL_SUBDOMAINS;
  return flags;
}

function isX509Certificate(value) {
  return typeof value === 'object' && value !== null && value[kHandle] !== undefined;
}

class X509Certificate {
  constructor(buffer) {
    if (typeof buffer === 'string') buffer = require('buffer').Buffer.from(buffer);
    if (buffer instanceof binding.X509) {
      this[kHandle] = buffer;
    } else {
      if (!isAnyArrayBuffer(buffer) && !ArrayBuffer.isView(buffer)) {
        throw new ERR_INVALID_ARG_TYPE('buffer', ['string', 'Buffer', 'TypedArray', 'DataView'], buffer);
      }
      this[kHandle] = new binding.X509(buffer);
    }
    Object.defineProperty(this, kHandle, { __proto__: null, enumerable: false });
    Object.defineProperty(this, kCache, { __proto__: null, enumerable: false, value: new Map() });
  }

  [inspect.custom](depth, options) {
    if (depth < 0) return this;
    const opts = { ...options, depth: options.depth == null ? null : options.depth - 1 };
    return `X509Certificate ${inspect({
      subject: this.subject,
      subjectAltName: this.subjectAltName,
      issuer: this.issuer,
      infoAccess: this.infoAccess,
      validFrom: this.validFrom,
      validTo: this.validTo,
      validFromDate: this.validFromDate,
      validToDate: this.validToDate,
      fingerprint: this.fingerprint,
      fingerprint256: this.fingerprint256,
      fingerprint512: this.fingerprint512,
      keyUsage: this.keyUsage,
      serialNumber: this.serialNumber,
      signatureAlgorithm: this.signatureAlgorithm,
      signatureAlgorithmOid: this.signatureAlgorithmOid,
    }, opts)}`;
  }

  get subject() { return cached(this, 'subject', (handle) => handle.nameText(false) || undefined); }
  get subjectAltName() { return cached(this, 'subjectAltName', (handle) => handle.alternativeNames()); }
  get issuer() { return cached(this, 'issuer', (handle) => handle.nameText(true) || undefined); }
  get issuerCertificate() { return this[kIssuer]; }
  get infoAccess() { return cached(this, 'infoAccess', (handle) => handle.authorityAccess()); }
  get validFrom() { return cached(this, 'validFrom', (handle) => handle.validityText(false)); }
  get validTo() { return cached(this, 'validTo', (handle) => handle.validityText(true)); }
  get validFromDate() { return new Date(this[kHandle].validitySeconds(false) * 1000); }
  get validToDate() { return new Date(this[kHandle].validitySeconds(true) * 1000); }
  get fingerprint() { return cached(this, 'fingerprint', (handle) => handle.fingerprint('sha1')); }
  get fingerprint256() { return cached(this, 'fingerprint256', (handle) => handle.fingerprint('sha256')); }
  get fingerprint512() { return cached(this, 'fingerprint512', (handle) => handle.fingerprint('sha512')); }
  get keyUsage() { return cached(this, 'keyUsage', (handle) => handle.extendedKeyUsage()); }
  get serialNumber() { return cached(this, 'serialNumber', (handle) => handle.serialNumber()); }
  get signatureAlgorithm() { return this[kHandle].signatureAlgorithm()[0]; }
  get signatureAlgorithmOid() { return this[kHandle].signatureAlgorithm()[1]; }
  get raw() { return cached(this, 'raw', (handle) => handle.der()); }
  get publicKey() { return cached(this, 'publicKey', (handle) => new PublicKeyObject(handle.publicKey())); }
  get ca() { return this[kHandle].isCa(); }

  toString() {
    return cached(this, 'pem', (handle) => handle.pem());
  }

  // There is no JSON form of certificates yet; the text is what a string can hold.
  toJSON() {
    return this.toString();
  }

  checkHost(name, options) {
    validateString(name, 'name');
    checkNul('name', name);
    return this[kHandle].checkHost(name, flagsOf(options));
  }

  checkEmail(email, options) {
    validateString(email, 'email');
    checkNul('email', email);
    return this[kHandle].checkEmail(email, flagsOf(options)) ? email : undefined;
  }

  checkIP(ip, options) {
    validateString(ip, 'ip');
    if (require('net').isIP(ip) === 0) throw new ERR_INVALID_ARG_VALUE('ip', ip);
    flagsOf(options);
    return this[kHandle].checkIP(ip) ? ip : undefined;
  }

  checkIssued(otherCert) {
    if (!isX509Certificate(otherCert)) throw new ERR_INVALID_ARG_TYPE('otherCert', 'X509Certificate', otherCert);
    return this[kHandle].isIssuedBy(otherCert[kHandle]);
  }

  checkPrivateKey(pkey) {
    if (!isKeyObject(pkey)) throw new ERR_INVALID_ARG_TYPE('pkey', 'KeyObject', pkey);
    if (pkey.type !== 'private') throw new ERR_INVALID_ARG_VALUE('pkey', pkey);
    return this[kHandle].matchesKey(pkey[kKeyHandle]);
  }

  verify(pkey) {
    if (!isKeyObject(pkey)) throw new ERR_INVALID_ARG_TYPE('pkey', 'KeyObject', pkey);
    if (pkey.type !== 'public') throw new ERR_INVALID_ARG_VALUE('pkey', pkey);
    return this[kHandle].isSignedBy(pkey[kKeyHandle]);
  }

  toLegacyObject() {
    return legacyObject(this[kHandle]);
  }
}
const kIssuer = Symbol('kIssuer');

function checkNul(name, value) {
  if (value.includes('\u0000')) throw new ERR_INVALID_ARG_VALUE(name, value);
}

function cached(certificate, name, compute) {
  const cache = certificate[kCache];
  if (!cache.has(name)) cache.set(name, compute(certificate[kHandle]));
  return cache.get(name);
}

/** The attributes of a name; one that occurs more than once has a list. */
function nameObject(entries) {
  const result = { __proto__: null };
  for (let i = 0; i < entries.length; i += 2) {
    const [key, value] = [entries[i], entries[i + 1]];
    if (result[key] === undefined) result[key] = value;
    else if (Array.isArray(result[key])) result[key].push(value);
    else result[key] = [result[key], value];
  }
  return result;
}

function accessObject(text) {
  if (text === undefined) return undefined;
  const result = { __proto__: null };
  for (const line of text.split('\n')) {
    const at = line.indexOf(':');
    if (at === -1) continue;
    const key = line.slice(0, at);
    let value = line.slice(at + 1);
    if (value.startsWith('"')) value = JSON.parse(value);
    (result[key] ??= []).push(value);
  }
  return result;
}

const kNistNames = { '__proto__': null, 'prime256v1': 'P-256', 'secp224r1': 'P-224', 'secp384r1': 'P-384', 'secp521r1': 'P-521' };

/** What getPeerCertificate() answers with. */
function legacyObject(handle) {
  const result = {
    subject: nameObject(handle.nameEntries(false)),
    issuer: nameObject(handle.nameEntries(true)),
    subjectaltname: handle.alternativeNames(),
    infoAccess: accessObject(handle.authorityAccess()),
    ca: handle.isCa(),
  };
  if (result.subjectaltname === undefined) delete result.subjectaltname;
  if (result.infoAccess === undefined) delete result.infoAccess;
  const parts = handle.publicKeyParts();
  if (parts?.[0] === 'rsa') {
    const [, bits, exponent, modulus, pubkey] = parts;
    result.modulus = modulus.toString('hex').toUpperCase();
    result.bits = bits;
    result.exponent = `0x${BigInt(`0x${exponent.toString('hex')}`).toString(16)}`;
    result.pubkey = pubkey;
  } else if (parts?.[0] === 'ec') {
    const [, bits, curve, pubkey] = parts;
    result.bits = bits;
    result.pubkey = pubkey;
    result.asn1Curve = curve;
    if (kNistNames[curve]) result.nistCurve = kNistNames[curve];
  }
  result.valid_from = handle.validityText(false);
  result.valid_to = handle.validityText(true);
  result.fingerprint = handle.fingerprint('sha1');
  result.fingerprint256 = handle.fingerprint('sha256');
  result.fingerprint512 = handle.fingerprint('sha512');
  const usage = handle.extendedKeyUsage();
  if (usage !== undefined) result.ext_key_usage = usage;
  result.serialNumber = handle.serialNumber();
  result.raw = handle.der();
  return result;
}

/** The certificate of a native one, with the certificate that issued it. */
function certificateOf(handle, issuer) {
  const certificate = new X509Certificate(handle);
  Object.defineProperty(certificate, kIssuer, { __proto__: null, configurable: true, enumerable: false, value: issuer });
  return certificate;
}

module.exports = { X509Certificate, certificateOf, isX509Certificate, legacyObject, kX509Handle: kHandle };
