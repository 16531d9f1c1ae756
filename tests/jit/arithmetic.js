// Integers that overflow, doubles, minus zero, NaN, shifts, and operands whose types change on the way.
const show = (...x) => console.log(x.map((v) => (Object.is(v, -0) ? '-0' : String(v))).join(' '));
function add(a, b) { return a + b; }
function sub(a, b) { return a - b; }
function mul(a, b) { return a * b; }
function div(a, b) { return a / b; }
function mod(a, b) { return a % b; }
function neg(a) { return -a; }
function bits(a, b) { return [a & b, a | b, a ^ b, a << b, a >> b, a >>> b, ~a].join(); }
function immediate(a) { return [a + 1, a - 1, a * 3, a & 255, a | 1, a << 3, a >> 1, a >>> 0].join(); }
function steps(a) { let b = a; b++; const c = b--; --b; return [a, b, c, ++b].join(); }
const numbers = [0, 1, -1, 7, 2147483647, -2147483648, 0.5, -0, NaN, Infinity, -Infinity, 1e21, 4294967296, -1.5];
for (const a of numbers) {
  for (const b of numbers) {
    show(add(a, b), sub(a, b), mul(a, b), div(a, b), mod(a, b), bits(a, b));
  }
  show(neg(a), immediate(a), steps(a), a ** 2, a ** 0.5);
}
function sum(n, start) { let s = start; for (let i = 0; i < n; i++) s += i * 1000003; return s; }
show(sum(100, 0), sum(5000, 0), sum(100, 0.25), sum(5, 'x'), sum(3, 1n === 1n ? 1 : 0));
function mixed(values) { let r = 0; for (let i = 0; i < values.length; i++) r = r + values[i]; return r; }
show(mixed([1, 2, 3]), mixed([1, 2, 0.5]), mixed([1, 2147483647, 1]), mixed([1, 'a', 2]), mixed([undefined, 1]), mixed([null, true]));
function compare(a, b) { return [a < b, a <= b, a > b, a >= b, a == b, a === b, a != b, a !== b].map(Number).join(''); }
for (const a of [1, 1.5, NaN, '1', 'b', null, undefined, true, {}, 1n]) {
  for (const b of [1, 1.5, NaN, '1', 'b', null, undefined, true, 1n]) show(compare(a, b));
}
function big(n) { let a = 1n; for (let i = 1n; i <= n; i++) a *= i; return a; }
show(big(5n), big(30n), -big(3n), big(25n) % 1000007n, big(10n) << 3n);
function convert(v) { try { return [+v, v | 0, `${v}`, !v, typeof v].join(); } catch (e) { return e.message; } }
for (const v of [1, '12', '', 'x', null, undefined, true, [], [5], {}, Symbol.iterator, 9n, { valueOf() { return 4; } }]) show(convert(v));
function hash(text) { let h = 0x811c9dc5; for (let i = 0; i < text.length; i++) { h ^= text.charCodeAt(i); h = Math.imul(h, 0x01000193); } return h >>> 0; }
for (let i = 0; i < 50; i++) hash('warm' + i);
show(hash('hello'), hash(''), hash('\u1234\u5678'));
function maths(x) { return [Math.abs(x), Math.floor(x), Math.ceil(x), Math.trunc(x), Math.sqrt(x), Math.max(x, 1), Math.min(x, 1), Math.pow(x, 2), Math.sin(x), Math.cos(x)].map((v) => (Object.is(v, -0) ? '-0' : v)).join(); }
for (let i = 0; i < 3; i++) for (const n of numbers) show(maths(n));
show(maths('4'), maths(null), Math.max(), Math.min(), Math.max(NaN, 1), Math.max(-0, 0), Math.min(0, -0));

// Increments of what has been concatenated before are numeric.
{
  let value = NaN;
  const step = (by) => { value += by; value++; };
  for (const by of [7, 'b', [1, 2], 5]) for (let i = 0; i < 40; i++) step(by);
  const next = (x) => { x++; return x; };
  for (const x of ['b', '7', [1], 5n, 1.5]) for (let i = 0; i < 40; i++) next(x);
  console.log(value, next('b'), next('7'), next([1]), next(1n));
}
