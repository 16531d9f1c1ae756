'use strict';
// Numbers that are checked two at a time, holes among them, and arithmetic whose operands have a known sign.
const out = [];
const show = (...list) => out.push(list.map((v) => (Object.is(v, -0) ? '-0' : String(v))).join(' '));

function dot(a, b, n) { let t = 0; for (let i = 0; i < n; i++) t += a[i] * b[i]; return t; }
const doubles = [0.5, 1.5, 2.5, 3.5];
const mixed = [1, 1.5, 2, 2.5];
for (let k = 0; k < 40; k++) show(dot(doubles, doubles, 4), dot(doubles, mixed, 4), dot(mixed, [1, 2, 3, 4], 4));
show(dot(doubles, [0.5, , 1.5, 2.5], 4), dot([0.5, , 1.5, 2.5], doubles, 4), dot([,, 1, 2], [1, 2,,], 4));
show(dot(doubles, [NaN, 1, 2, 3], 4), dot([1, '2', 3, 4], doubles, 4), dot([1, { valueOf: () => 7 }, null, true], doubles, 4));
show(dot([Infinity, -0, 1e300, 1e-300], [1, 1, 1e300, 1e-300], 4), dot(doubles, doubles, 5));

function move(p, q, n) {
  for (let i = 0; i < n; i++) { const dx = p.x - q.x, dy = p.y - q.y; p.x += dx * 0.5; q.y -= dy * p.x; }
  return [p.x, p.y, q.x, q.y].join();
}
for (let k = 0; k < 40; k++) show(move({ x: 0, y: 1.5 }, { x: k % 3 ? 2 : 2.5, y: 0 }, 3));
const same = { x: 1.25, y: 2 };
show(move(same, same, 3), move({ x: NaN, y: 1 }, { x: 1, y: undefined }, 2), move({ x: '3', y: 1 }, { x: 1, y: 2 }, 2));

function ints(a, n) { let t = 0; for (let i = 0; i < n; i++) t = (t + a[i]) | 0; return t; }
for (let k = 0; k < 40; k++) show(ints([1, 2, 3, 4], 4), ints([2147483647, 1, -5, 4], 4));
show(ints([1, , 3, 4], 4), ints([1, 2.5, 3, 4], 4), ints([1, undefined, 3, 4], 4));

function index(i, j) { let r = 0; for (let k = 0; k < 3; k++) r = (i + j + k) * (j + k); return r; }
for (let k = 0; k < 40; k++) show(index(k, k + 1));
show(index(2147483647, 0), index(2147483646, 1), index(65536, 65536), index(-5, 5), index(0, -1), index(-2147483648, 2147483647));

function area(w, h) { let t = 0; for (let y = 0; y < h; y++) for (let x = 0; x < w; x++) t = x * y; return t; }
for (let k = 0; k < 40; k++) show(area(3, k));
show(area(1, 1));

function less(n, by) { let t = n; for (let i = 0; i < by; i++) t = n - i; return t; }
for (let k = 0; k < 40; k++) show(less(k, 5));
show(less(-2147483648, 3), less(-2147483647, 2), less(2147483647, 4));

function product(a, b) { let t = 0; for (let i = 1; i < 4; i++) t = a * i * b; return t; }
for (let k = 1; k < 40; k++) show(product(k, 3));
show(product(0, -1), product(-1, 0), product(1 << 30, 2), product(-0, 1));
console.log(out.join('\n'));
