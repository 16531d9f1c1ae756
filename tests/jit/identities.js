'use strict';
// Operations whose result is an operand or a constant, and the operands for which it is not.
const out = [];
const show = (...list) => out.push(list.map((v) => (Object.is(v, -0) ? '-0' : String(v))).join(' '));
const MAX = 2147483647, MIN = -2147483648;
const EDGES = [0, 1, -1, 127, 128, 255, 256, -128, -129, 32767, 32768, MAX, MIN, -0, 0.5, 4294967295, NaN, '7', null, undefined, true];

function zeros(x) { return [x | 0, 0 | x, x ^ 0, x & -1, -1 & x, x << 0, x >> 32, x >>> 0, x >>> 32, (x | 0) >>> 0, ((x & 255) >>> 0) | 0]; }
for (let k = 0; k < 60; k++) show(zeros(k - 30));
for (const x of EDGES) show(zeros(x));

function adds(x) { return [x + 0, x - 0, 0 + x, 0 - x, (x | 0) + 0, (x | 0) - 0]; }
for (let k = 0; k < 60; k++) show(adds(k));
for (const x of EDGES) show(adds(x));

function masks(x) { const b = x & 0xff; return [b & 0xff, b & 0x7f, b & 0x1ff, b & 0xfe, (x & 7) & 15, (x >>> 24) & 0xff, (x >>> 23) & 0xff, (x | 0) & MAX]; }
for (let k = 0; k < 60; k++) show(masks(k * 7919));
for (const x of EDGES) show(masks(x));

const bytes = new Int8Array([0, 1, -1, 127, -128]), words = new Int16Array([0, 1, -1, 32767, -32768]), octets = new Uint8Array([0, 1, 127, 128, 255]);
function extended(i) { return [bytes[i] << 24 >> 24, words[i] << 16 >> 16, words[i] << 24 >> 24, octets[i] << 24 >> 24, octets[i] << 23 >> 23, octets[i] << 24 >> 23]; }
for (let k = 0; k < 60; k++) show(extended(k % 5));

function compares(x) {
  const b = x & 15;
  let n = 0;
  if (b < 16) n += 1; if (b <= 14) n += 2; if (b > 15) n += 4; if (b >= 0) n += 8; if (b === 16) n += 16; if (b !== -1) n += 32;
  if (1 === 1) n += 64; if (2 < 1) n += 128; while (1) { if (n > 0) break; }
  return n;
}
for (let k = 0; k < 60; k++) show(compares(k));
for (const x of EDGES) show(compares(x));

function constants(n) {
  let t = 0;
  for (let i = 0; i < n; i++) { const a = 2147483647, b = 1, c = -5; t ^= (a + b) | 0; t += (c * 0 === 0) + Object.is(c * 0, -0) + (c >>> 1) % 7 + (b << 31) % 3 + (c >> 40); }
  return t;
}
for (let k = 0; k < 60; k++) show(constants(k % 9));

// parseInt of integers, of what else is no text, and with a radix.
function parsed(x, r) {
  const i = x | 0;
  return [parseInt(i), parseInt(i, 10), parseInt(i, undefined), parseInt(i, r), parseInt(x), parseInt(x, 10)];
}
const TEXTS = [0.5, -0.5, 1e-6, 1e-7, -1e-7, 1e21, 123456789012, '12px'];
for (let k = 0; k < 60; k++) show(...parsed(k - 30, 8));
for (const x of EDGES.concat(TEXTS)) show(...parsed(x, 8), ...parsed(x, 10), ...parsed(x, null));

console.log(out.join('\n'));
