'use strict';

// Binding contract: none. RFC 3492.

if (internalBinding('util').isInsideNodeModules?.(100, true) !== true) {
  process.emitWarning(
    'The `punycode` module is deprecated. Please use a userland alternative instead.', 'DeprecationWarning', 'DEP0040');
}

const maxInt = 2147483647;
const base = 36;
const tMin = 1;
const tMax = 26;
const skew = 38;
const damp = 700;
const initialBias = 72;
const initialN = 128;

// Dots of a domain name, also the ideographic ones.
const separators = /[\u002E\u3002\uFF0E\uFF61]/g;

const messages = {
  'overflow': 'Overflow: input needs wider integers to process',
  'not-basic': 'Illegal input >= 0x80 (not a basic code point)',
  'invalid-input': 'Invalid input',
};

function fail(kind) {
  throw new RangeError(messages[kind]);
}

/** Applies `fn` to each label of a domain name or of the host of an e-mail address. */
function mapDomain(domain, fn) {
  const parts = domain.split('@');
  let prefix = '';
  if (parts.length > 1) {
    prefix = `${parts[0]}@`;
    domain = parts[1];
  }
  return prefix + domain.replace(separators, '.').split('.').map(fn).join('.');
}

function ucs2decode(string) {
  const output = [];
  for (const character of string) output.push(character.codePointAt(0));
  return output;
}

function ucs2encode(codePoints) {
  return String.fromCodePoint(...codePoints);
}

function digitOf(code) {
  if (code >= 0x30 && code < 0x3A) return 26 + (code - 0x30);
  if (code >= 0x41 && code < 0x5B) return code - 0x41;
  if (code >= 0x61 && code < 0x7B) return code - 0x61;
  return base;
}

function codeOf(digit) {
  return digit + 22 + (digit < 26 ? 75 : 0);
}

function adapt(delta, numPoints, firstTime) {
  let k = 0;
  delta = firstTime ? Math.floor(delta / damp) : delta >> 1;
  delta += Math.floor(delta / numPoints);
  for (; delta > ((base - tMin) * tMax) >> 1; k += base) delta = Math.floor(delta / (base - tMin));
  return Math.floor(k + (base - tMin + 1) * delta / (delta + skew));
}

function threshold(k, bias) {
  if (k <= bias) return tMin;
  return k >= bias + tMax ? tMax : k - bias;
}

function decode(input) {
  const output = [];
  let i = 0;
  let n = initialN;
  let bias = initialBias;
  const basic = Math.max(0, input.lastIndexOf('-'));
  for (let j = 0; j < basic; ++j) {
    if (input.charCodeAt(j) >= 0x80) fail('not-basic');
    output.push(input.charCodeAt(j));
  }
  for (let index = basic > 0 ? basic + 1 : 0; index < input.length;) {
    const oldI = i;
    for (let w = 1, k = base; ; k += base) {
      if (index >= input.length) fail('invalid-input');
      const digit = digitOf(input.charCodeAt(index++));
      if (digit >= base) fail('invalid-input');
      if (digit > Math.floor((maxInt - i) / w)) fail('overflow');
      i += digit * w;
      const t = threshold(k, bias);
      if (digit < t) break;
      if (w > Math.floor(maxInt / (base - t))) fail('overflow');
      w *= base - t;
    }
    const out = output.length + 1;
    bias = adapt(i - oldI, out, oldI === 0);
    if (Math.floor(i / out) > maxInt - n) fail('overflow');
    n += Math.floor(i / out);
    i %= out;
    output.splice(i++, 0, n);
  }
  return String.fromCodePoint(...output);
}

function encode(input) {
  const codePoints = ucs2decode(input);
  let n = initialN;
  let delta = 0;
  let bias = initialBias;
  let output = '';
  for (const code of codePoints) if (code < 0x80) output += String.fromCharCode(code);
  const basicLength = output.length;
  let handled = basicLength;
  if (basicLength) output += '-';
  while (handled < codePoints.length) {
    let m = maxInt;
    for (const code of codePoints) if (code >= n && code < m) m = code;
    const plusOne = handled + 1;
    if (m - n > Math.floor((maxInt - delta) / plusOne)) fail('overflow');
    delta += (m - n) * plusOne;
    n = m;
    for (const code of codePoints) {
      if (code < n && ++delta > maxInt) fail('overflow');
      if (code !== n) continue;
      let q = delta;
      for (let k = base; ; k += base) {
        const t = threshold(k, bias);
        if (q < t) break;
        output += String.fromCharCode(codeOf(t + (q - t) % (base - t)));
        q = Math.floor((q - t) / (base - t));
      }
      output += String.fromCharCode(codeOf(q));
      bias = adapt(delta, plusOne, handled === basicLength);
      delta = 0;
      ++handled;
    }
    ++delta;
    ++n;
  }
  return output;
}

function toUnicode(input) {
  return mapDomain(input, (label) => (/^xn--/.test(label) ? decode(label.slice(4).toLowerCase()) : label));
}

function toASCII(input) {
  return mapDomain(input, (label) => (/[^\0-\x7F]/.test(label) ? `xn--${encode(label)}` : label)); // eslint-disable-line no-control-regex
}

module.exports = {
  version: '2.3.1',
  ucs2: { decode: ucs2decode, encode: ucs2encode },
  decode,
  encode,
  toASCII,
  toUnicode,
};
