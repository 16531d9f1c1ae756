'use strict';
// IP addresses as text, and odds and ends that net shares with others.
//
// Binding contract: internalBinding('fs').writeBuffer(fd, view, offset, length, position) -> bytes written
//   (synchronous form), for makeSyncWrite.

const kReinitializeHandle = Symbol('kReinitializeHandle');
const kSetNoDelay = Symbol('kSetNoDelay');
const kSetKeepAlive = Symbol('kSetKeepAlive');
const kSetKeepAliveInitialDelay = Symbol('kSetKeepAliveInitialDelay');
const normalizedArgsSymbol = Symbol('normalizedArgs');

/** The four bytes of a dotted quad, or null. */
function parseIPv4(text) {
  if (text.length < 7 || text.length > 15) return null;
  const bytes = [0, 0, 0, 0];
  let field = 0;
  let value = -1;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x2E) {
      if (value === -1 || field === 3) return null;
      bytes[field++] = value;
      value = -1;
    } else {
      const digit = code - 0x30;
      // A zero may only stand alone.
      if (digit < 0 || digit > 9 || value === 0) return null;
      value = value === -1 ? digit : value * 10 + digit;
      if (value > 255) return null;
    }
  }
  if (field !== 3 || value === -1) return null;
  bytes[3] = value;
  return bytes;
}

const zoneId = /^[0-9a-zA-Z\-.:]{1,}$/;
const hexGroup = /^[0-9a-fA-F]{1,4}$/;

/** The sixteen bytes of an IPv6 address (a zone is allowed and dropped), or null. */
function parseIPv6(text) {
  const percent = text.indexOf('%');
  if (percent !== -1) {
    if (!zoneId.test(text.slice(percent + 1))) return null;
    text = text.slice(0, percent);
  }
  if (text.length < 2 || text.length > 45) return null;
  const halves = text.split('::');
  if (halves.length > 2) return null;

  const groupsOf = (half, isLast) => {
    if (half === '') return [];
    const groups = [];
    const parts = half.split(':');
    for (let i = 0; i < parts.length; i++) {
      if (hexGroup.test(parts[i])) {
        groups.push(Number.parseInt(parts[i], 16));
        continue;
      }
      const quad = isLast && i === parts.length - 1 ? parseIPv4(parts[i]) : null;
      if (quad === null) return null;
      groups.push(quad[0] << 8 | quad[1], quad[2] << 8 | quad[3]);
    }
    return groups;
  };
  const head = groupsOf(halves[0], halves.length === 1);
  const tail = halves.length === 2 ? groupsOf(halves[1], true) : [];
  if (head === null || tail === null) return null;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return null;

  const bytes = [];
  for (const group of [...head, ...new Array(missing).fill(0), ...tail]) bytes.push(group >> 8, group & 0xff);
  return bytes;
}

function isIPv4(s) {
  return parseIPv4(`${s}`) !== null;
}

function isIPv6(s) {
  return parseIPv6(`${s}`) !== null;
}

function isIP(s) {
  s = `${s}`;
  if (parseIPv4(s) !== null) return 4;
  return parseIPv6(s) !== null ? 6 : 0;
}

function isLoopback(host) {
  const lower = `${host}`.toLowerCase();
  return lower === 'localhost' || lower.startsWith('127.') || lower.startsWith('[::1]') ||
    lower.startsWith('[0:0:0:0:0:0:0:1]') || lower === '::1';
}

/** A _write() that blocks until the bytes are out; for pipes that must not be lost at exit. */
function makeSyncWrite(fd) {
  return function(chunk, enc, cb) {
    if (enc !== 'buffer') chunk = require('buffer').Buffer.from(chunk, enc);
    this._handle.bytesWritten += chunk.length;
    const { writeBuffer } = internalBinding('fs');
    try {
      writeBuffer(fd, chunk, 0, chunk.length, null);
    } catch (error) {
      cb(error);
      return;
    }
    cb();
  };
}

module.exports = {
  kReinitializeHandle,
  kSetNoDelay,
  kSetKeepAlive,
  kSetKeepAliveInitialDelay,
  isIP,
  isIPv4,
  isIPv6,
  parseIPv4,
  parseIPv6,
  isLoopback,
  makeSyncWrite,
  normalizedArgsSymbol,
};
