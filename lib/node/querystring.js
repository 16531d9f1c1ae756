'use strict';

// Binding contract: none (unescapeBuffer makes a Buffer).

const { encodeStr, hexTable, isHexTable, noEscape } = require('internal/querystring');

const QueryString = module.exports = {
  unescapeBuffer,
  unescape: qsUnescape,
  escape: qsEscape,
  stringify,
  encode: stringify,
  parse,
  decode: parse,
};

function hexValue(code) {
  if (code >= 48 && code <= 57) return code - 48;
  if (code >= 65 && code <= 70) return code - 55;
  if (code >= 97 && code <= 102) return code - 87;
  return -1;
}

/** Percent-decodes; a broken sequence stays as it is. */
function unescapeBuffer(s, decodeSpaces) {
  const { Buffer } = require('buffer');
  const out = Buffer.allocUnsafe(s.length);
  let length = 0;
  for (let i = 0; i < s.length; i++) {
    let code = s.charCodeAt(i);
    if (decodeSpaces && code === 43) {
      code = 32;
    } else if (code === 37 && i + 2 < s.length) {
      const high = hexValue(s.charCodeAt(i + 1));
      const low = hexValue(s.charCodeAt(i + 2));
      if (high >= 0 && low >= 0) {
        code = high * 16 + low;
        i += 2;
      }
    }
    out[length++] = code;
  }
  return length === s.length ? out : out.slice(0, length);
}

function qsUnescape(s, decodeSpaces) {
  try {
    return decodeURIComponent(s);
  } catch {
    return QueryString.unescapeBuffer(s, decodeSpaces).toString();
  }
}

function qsEscape(str) {
  if (typeof str !== 'string') {
    if (typeof str === 'object') str = String(str);
    else str += '';
  }
  return encodeStr(str, noEscape, hexTable);
}

function stringifyPrimitive(v) {
  if (typeof v === 'string') return v;
  if (typeof v === 'number' && Number.isFinite(v)) return `${v}`;
  if (typeof v === 'bigint') return `${v}`;
  if (typeof v === 'boolean') return v ? 'true' : 'false';
  return '';
}

function encodeStringified(v, encode) {
  if (typeof v === 'string') return v.length ? encode(v) : '';
  if (typeof v === 'number' && Number.isFinite(v)) return Math.abs(v) < 1e21 ? `${v}` : encode(`${v}`);
  if (typeof v === 'bigint') return `${v}`;
  if (typeof v === 'boolean') return v ? 'true' : 'false';
  return '';
}

function encodeStringifiedCustom(v, encode) {
  return encode(stringifyPrimitive(v));
}

function stringify(obj, sep, eq, options) {
  sep ||= '&';
  eq ||= '=';
  let encode = QueryString.escape;
  if (options && typeof options.encodeURIComponent === 'function') encode = options.encodeURIComponent;
  const convert = encode === qsEscape ? encodeStringified : encodeStringifiedCustom;
  if (obj === null || typeof obj !== 'object') return '';
  let fields = '';
  for (const key of Object.keys(obj)) {
    const value = obj[key];
    const prefix = `${convert(key, encode)}${eq}`;
    if (Array.isArray(value)) {
      for (const element of value) {
        if (fields) fields += sep;
        fields += `${prefix}${convert(element, encode)}`;
      }
    } else {
      if (fields) fields += sep;
      fields += `${prefix}${convert(value, encode)}`;
    }
  }
  return fields;
}

function decodeWith(s, decoder) {
  try {
    return decoder(s);
  } catch {
    return QueryString.unescape(s, true);
  }
}

const plus = /\+/g;

// With a decoder of the program's own everything is given to it, with "%20" for "+".
function decodePart(part, decode, custom) {
  if (part.includes('+')) part = part.replace(plus, custom ? '%20' : ' ');
  if (custom) return decodeWith(part, decode);
  // Only a complete "%XX" is worth decoding.
  for (let i = part.indexOf('%'); i !== -1; i = part.indexOf('%', i + 1)) {
    if (isHexTable[part.charCodeAt(i + 1)] === 1 && isHexTable[part.charCodeAt(i + 2)] === 1) return decodeWith(part, decode);
  }
  return part;
}

function parse(qs, sep, eq, options) {
  const obj = { __proto__: null };
  if (typeof qs !== 'string' || qs.length === 0) return obj;
  sep = sep ? `${sep}` : '&';
  eq = eq ? `${eq}` : '=';
  let pairs = 1000;
  if (options && typeof options.maxKeys === 'number') pairs = options.maxKeys > 0 ? options.maxKeys : -1;
  let decode = QueryString.unescape;
  if (options && typeof options.decodeURIComponent === 'function') decode = options.decodeURIComponent;
  const custom = decode !== qsUnescape;

  for (let start = 0; start <= qs.length;) {
    // An empty separator separates nothing.
    let end = sep === '' ? -1 : qs.indexOf(sep, start);
    if (end === -1) end = qs.length;
    if (end > start) {
      let eqAt = eq === '' ? -1 : qs.indexOf(eq, start);
      // An "=" that reaches into the next pair is none of this one's.
      if (eqAt === -1 || eqAt + eq.length > end) eqAt = -1;
      const key = decodePart(qs.slice(start, eqAt === -1 ? end : eqAt), decode, custom);
      const value = eqAt === -1 ? '' : decodePart(qs.slice(eqAt + eq.length, end), decode, custom);
      const known = obj[key];
      if (known === undefined) obj[key] = value;
      else if (Array.isArray(known)) known[known.length] = value;
      else obj[key] = [known, value];
      if (--pairs === 0) return obj;
    }
    if (end === qs.length) break;
    start = end + sep.length;
  }
  return obj;
}
