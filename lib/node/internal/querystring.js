'use strict';

const { codes: { ERR_INVALID_URI } } = require('internal/errors');

const hexTable = new Array(256);
for (let i = 0; i < 256; ++i) hexTable[i] = `%${i < 16 ? '0' : ''}${i.toString(16).toUpperCase()}`;

function tableOf(characters) {
  const table = new Int8Array(128);
  for (const c of characters) table[c.charCodeAt(0)] = 1;
  return table;
}

const isHexTable = tableOf('0123456789ABCDEFabcdef');

// What encodeURIComponent() leaves alone.
const noEscape = tableOf("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.!~*'()");

/** Percent-encodes as UTF-8 all but the characters of `noEscapeTable`. */
function encodeStr(str, noEscapeTable, hex) {
  const len = str.length;
  if (len === 0) return '';
  let out = '';
  let lastPos = 0;
  for (let i = 0; i < len; i++) {
    let c = str.charCodeAt(i);
    if (c < 0x80 && noEscapeTable[c] === 1) continue;
    if (lastPos < i) out += str.slice(lastPos, i);
    lastPos = i + 1;
    if (c < 0x80) {
      out += hex[c];
    } else if (c < 0x800) {
      out += hex[0xC0 | (c >> 6)] + hex[0x80 | (c & 0x3F)];
    } else if (c < 0xD800 || c >= 0xE000) {
      out += hex[0xE0 | (c >> 12)] + hex[0x80 | ((c >> 6) & 0x3F)] + hex[0x80 | (c & 0x3F)];
    } else {
      // A surrogate needs its partner.
      ++i;
      if (i >= len) throw new ERR_INVALID_URI();
      lastPos = i + 1;
      c = 0x10000 + (((c & 0x3FF) << 10) | (str.charCodeAt(i) & 0x3FF));
      out += hex[0xF0 | (c >> 18)] + hex[0x80 | ((c >> 12) & 0x3F)] + hex[0x80 | ((c >> 6) & 0x3F)] +
        hex[0x80 | (c & 0x3F)];
    }
  }
  if (lastPos === 0) return str;
  return lastPos < len ? out + str.slice(lastPos) : out;
}

module.exports = { encodeStr, hexTable, isHexTable, noEscape };
