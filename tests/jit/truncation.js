'use strict';
// Sums and products of which only 32 bits are wanted, checks that a check of bounds stands for, and products whose -0 is added to something.
const out = [];
const show = (...list) => out.push(list.map((v) => (Object.is(v, -0) ? '-0' : String(v))).join(' '));
const MAX = 2147483647, MIN = -2147483648;

function chain(a, b, c, d, n) {
  let t = 0;
  for (let i = 0; i < n; i++) { const s = a + b + c - d; t = (t + (s & 0xfffffff)) ^ (s >> 28); }
  return t;
}
for (let k = 0; k < 40; k++) show(chain(k, 2 * k, 3, 4, 5));
show(chain(MAX, MAX, MAX, MIN, 3), chain(MAX, 1, 0, 0, 2), chain(MIN, -1, 1, 1, 2), chain(MAX, 0.5, 0.5, 0, 2), chain(MAX, MAX, '1', 0, 2));

function am3(x, a, w, c) {
  const xl = x & 0x3fff, xh = x >> 14;
  for (let i = 0, j = 0, n = a.length; --n >= 0;) {
    let l = a[i] & 0x3fff;
    const h = a[i++] >> 14, m = xh * l + h * xl;
    l = xl * l + ((m & 0x3fff) << 14) + w[j] + c;
    c = (l >> 28) + (m >> 14) + xh * h;
    w[j++] = l & 0xfffffff;
  }
  return c;
}
for (let k = 0; k < 40; k++) { const w = [1, 2, 3, 4]; show(am3(k * 54321 + 7, [9999999, 1234567, k, 268435455], w, k), w); }
for (const c of [MAX, MIN, 0.5, -0]) { const w = [5, MAX, 7, MIN]; show(am3(-268435456, [-1, 0, 1, 268435455], w, c), w); }

function escapes(a, b, o) { const s = a + b; o.s = s; return (s & 255) | 0; }
function later(a, b, o) { const s = a + b; const t = s | 0; o.t = t; return (s >> 1) + o.z; }
for (let k = 0; k < 40; k++) { const o = { s: 0, t: 0, z: 1 }; show(escapes(k, k, o), later(k, 5, o), o.s, o.t); }
{ const o = { s: 0, t: 0, z: 1 }; show(escapes(MAX, 1, o), o.s, later(MAX, 9, o), o.t); o.z = 'z'; show(later(MAX, 9, o)); }

function windowed(a, from, step, n) { let t = 0, at = from; for (let i = 0; i < n; i++) { t += a[++at]; at += step; } return t; }
for (let k = 0; k < 40; k++) show(windowed([1, 2, 3, 4, 5, 6, 7, 8, 9], 0, k & 1, 4));
show(windowed([1, 2, 3], MAX, 0, 1), windowed([1, 2, 3], -2, 0, 2), windowed([1, 2, 3], 0, MAX, 2), windowed([1, 2, 3], 0.5, 0, 2));

function sums(a, b, t) { for (let i = 0; i < 3; i++) t[i] = a + b + i; return t.join(); }
for (let k = 0; k < 40; k++) show(sums(k, 1, new Int32Array(3)));
show(sums(MAX, MAX, new Int32Array(3)), sums(MAX, 1, new Uint8Array(3)), sums(MAX, 1, [0, 0, 0]), sums(MAX, 1, new Float64Array(3)));

function zero(a, b, c) { let r; for (let i = 0; i < 3; i++) r = a * b + c; return r; }
function zeroLeft(a, b, c) { let r; for (let i = 0; i < 3; i++) r = a * b - c; return r; }
function zeroRight(a, b, c) { let r; for (let i = 0; i < 3; i++) r = c - a * b; return r; }
function zeros(a, b, c, d) { let r; for (let i = 0; i < 3; i++) r = a * b + c * d; return r; }
for (let k = 1; k < 40; k++) show(zero(k, 2, 3), zeroLeft(k, 2, 3), zeroRight(k, 2, 3), zeros(k, 1, 2, k));
show(zero(0, -1, 0), zeroLeft(0, -1, 0), zeroRight(0, -1, 0), zeros(0, -1, -1, 0), zero(0, -1, -0), zeroRight(-1, 0, -0), zeros(0, 1, -1, 0));

function down(n, a) { let t = 0; for (let i = n; i >= 0; i--) t += a[i] | 0; while (n-- > 0) t ^= n; return t; }
for (let k = 0; k < 40; k++) show(down(k, [1, 2, 3]));
show(down(-1, [1]), down(MIN, [1]), down(-0, [1]));
console.log(out.join('\n'));
{
  // Loops up to a limit that can be the largest int32.
  const upTo = (from, to, most) => { let n = 0; for (let i = from; i <= to; i++) { n++; if (n > most) return i; } return n; };
  const all = [];
  for (let k = 0; k < 40; k++) all.push(upTo(0, k, 100));
  all.push(upTo(MAX - 3, MAX, 10), upTo(MAX, MAX, 2), upTo(MAX - 1, MAX + 5, 20), upTo(0, 2.5, 9), upTo(-2, 0, 9));
  console.log(all.join());
}
