// What the compiler knows about numbers, elements and addresses across iterations, joins and collections.
const out = [];
const show = (...list) => out.push(list.map((v) => (Object.is(v, -0) ? '-0' : String(v))).join(' '));

// Arrays that are filled, of given length and of none, with room and without.
function fill(n, given) {
  const a = given ? new Array(n) : [];
  for (let i = 0; i < n; i++) a[i] = i * 1.5;
  let s = 0;
  for (let i = 0; i < n; i++) s += a[i];
  return s + a.length;
}
for (let k = 0; k < 60; k++) fill(k * 3, k & 1);
show(fill(100, true), fill(100, false), fill(0, true), fill(5000, false));
function refill(a, n) {
  for (let i = 0; i < n; i++) a[i] = { i };
  return a;
}
const kept = refill([], 10);
for (let k = 0; k < 50; k++) refill(k % 2 ? kept : new Array(k), 20 + k);
show(kept.length, kept[68].i, kept[0].i);

// Holes, gaps, lengths that cannot change, prototypes that have a say.
function put(a, i, v) {
  'use strict';
  a[i] = v;
}
function attempt(a, i, v) {
  try {
    put(a, i, v);
  } catch (e) {
    show(e.name, e.message);
  }
  return a;
}
const holes = [1, , 3];
for (let k = 0; k < 40; k++) attempt([1, 2, 3], k % 4, k);
show(attempt(holes, 1, 2).join(), attempt([1], 5, 1).length, attempt([], -1, 1).length);
const short = [1, 2];
Object.defineProperty(short, 'length', { writable: false });
show(attempt(short, 2, 3).length, attempt(Object.freeze([1]), 1, 2).length, attempt(Object.seal([1]), 0, 9)[0]);
show(attempt(Object.preventExtensions([1, 2]), 2, 2).length);
const odd = Object.setPrototypeOf([1], { set 1(v) { show('setter', v); } });
show(attempt(odd, 1, 2).length);
class Sub extends Array {}
const sub = new Sub();
for (let k = 0; k < 30; k++) put(sub, k, k);
show(sub.length, sub[29]);
Object.defineProperty(Array.prototype, 50, { set(v) { show('inherited setter', v); }, configurable: true });
const late = refill([], 60);
show(late.length, 50 in Object.assign({}, late));
delete Array.prototype[50];

// The same sums again, in other branches and after them.
function again(a, i, j) {
  let r = 0;
  if (i < j) r += a[i * 4 + 1] + a[i * 4 + 1];
  else r -= a[i * 4 + 1];
  r += a[i * 4 + 2] * a[i * 4 + 2];
  return r + (i * 4 + 1) + Math.abs(i - j);
}
const list = Array.from({ length: 100 }, (_, i) => i / 2);
for (let k = 0; k < 60; k++) again(list, k % 20, (k * 7) % 20);
show(again(list, 3, 5), again(list, 5, 3), again(list, -1, 3), again(list, 0.5, 3));

// Math.abs and Math.round at their edges.
const abs = (x) => Math.abs(x) + 0;
const round = (x) => Math.round(x);
for (let k = -40; k < 40; k++) abs(k), round(k + 0.25);
show(abs(-2147483648), abs(-5), abs(-0), 1 / abs(-0));
show(...[0.5, -0.5, 1.5, 2.5, -1.5, 0.49999999999999994, -0.2, 0, -0, 4503599627370497, -4503599627370497, NaN, Infinity, -Infinity, 7].map(round));

// Fields that are numbers are known unboxed until something else is stored.
function fields(p, q, n) {
  let s = 0;
  for (let i = 0; i < n; i++) {
    s += p.x * q.y;
    q.y += p.x;
    if (i === 15) q.z = 'text';
    if (i === 17) p.x = i;
  }
  return s + ':' + p.x + ':' + q.y + ':' + q.z;
}
for (let k = 0; k < 30; k++) fields({ x: 1.5, y: 2, z: 3 }, { x: 1, y: 0.25, z: 0 }, 10);
show(fields({ x: 1.5, y: 2, z: 3 }, { x: 1, y: 0.25, z: 0 }, 30));
const same = { x: 1.5, y: 2, z: 3 };
show(fields(same, same, 30));

// Addresses of elements are read again after collections.
function churn(a, b, n) {
  let s = 0;
  for (let i = 0; i < n; i++) {
    const o = { v: a[i % a.length], w: [b[i % b.length]] };
    s += o.v + o.w[0] + a[0];
    b[i % b.length] = i;
  }
  return s;
}
for (let k = 0; k < 20; k++) churn([1, 2.5, 3], [4, 5, 6.5, 7], 40);
show(churn([1, 2.5, 3], [4, 5, 6.5, 7], 3000));
function typed(f, u, n) {
  let s = 0;
  for (let i = 0; i < n; i++) {
    f[i & 7] += u[i & 3] * 0.5;
    u[i & 3] = i;
    s += [f[i & 7]].length + f[(i + 1) & 7];
  }
  return s;
}
for (let k = 0; k < 20; k++) typed(new Float64Array(8), new Uint16Array(4), 30);
show(typed(new Float64Array(8), new Uint16Array(4), 3000));

// Math is as it is until somebody changes it.
const half = (x) => Math.sqrt(x) + Math.PI;
for (let k = 0; k < 60; k++) half(k);
show(half(16));
const sqrt = Math.sqrt;
Math.sqrt = (x) => x;
show(half(16));
Math.sqrt = sqrt;
show(half(16));
delete Math.sqrt;
try {
  half(4);
} catch (e) {
  show(e.name);
}
Math.sqrt = sqrt;
show(half(4));

// Sums that may overflow and those of which only 32 bits are used, at the ends of the range and beyond.
const sums = [
  (x) => x + 1, (x) => x - 1, (x) => x + -7, (x) => x - -7, (x) => 5 + x, (x) => x * 3, (x) => x * -3, (x) => x * 0, (x) => 8 * x,
  (x) => x % 8, (x) => x / 4, (x) => x % 1, (x) => (x + 1) | 0, (x) => (x - 5) >>> 0, (x) => (x + x) & 255, (x) => ~(x + x),
  (x) => (x + x) >> 1, (x) => { const y = x + x; const z = y | 0; return z + ':' + y; }, (x) => { let y = x; y = (y + y) | 0; return y; },
  (x) => 1 << (x + 30), (x) => x - -2147483648, (x) => x + -2147483648,
];
for (let k = -50; k < 50; k++) for (const f of sums) f(k);
for (const x of [0, -0, 1, -1, 7, -8, 2147483647, -2147483648, 2147483640, -2147483641, 715827883, -715827883, 1.5, NaN]) {
  show(x, ...sums.map((f) => f(x)));
}
function count(n, step) {
  let k = 0;
  for (let i = n - 10; i < n; i++) k += step;
  for (let i = n; i > n - 10; i--) k -= step;
  return k;
}
for (let k = 0; k < 40; k++) count(k, 2);
show(count(2147483647, 3), count(-2147483638, 3), count(2147483652, 1));

// Comparisons of other things than numbers are learnt, too.
const less = (a, b) => (a < b ? 1 : 0) + (a <= 5 ? 2 : 0);
for (let k = 0; k < 60; k++) less('a' + k, 'b'), less(undefined, k), less(k, 30);
show(less('b', 'a'), less(undefined, 1), less(null, 1), less(4, 5), less('4', 5));
console.log(out.join('\n'));

// Bits of booleans, undefined and null.
{
  const ops = [(a, b) => a & b, (a, b) => a | b, (a, b) => a ^ b, (a, b) => a << b, (a, b) => a >> b, (a, b) => a >>> b,
    (a, b) => (a < b) & (b < 9), (a, b) => (a == b) | 0];
  const values = [true, false, undefined, null, 3, -7, 2.5, 4294967297.5, NaN];
  for (let k = 0; k < 4; k++) for (const f of ops) for (const a of values) for (const b of values) f(a, b);
  for (const f of ops) console.log(values.map((a) => values.map((b) => f(a, b)).join()).join(' '));
  const wild = (a, b) => a & b;
  for (let k = 0; k < 60; k++) wild(k % 2 === 0, k);
  console.log(wild('7', 3), wild({ valueOf: () => 5 }, 4), wild(undefined, 1), wild(true, true), wild(9n, 3n));
}
