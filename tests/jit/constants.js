// Conditions and operands that are known when the function is compiled; branches that never ran.
const log = (...x) => console.log(x.join(' '));
function nots() { return [!null, !undefined, !0, !1, !'', !'x', !(void 0), !NaN, !-0, !true, !!null, !{}, !1n, !0n].map((v) => v === true).join(); }
function comparisons() { return [!null !== true, !(void 0) === true, null == undefined, null === undefined, 1 == true, '1' == 1, NaN === NaN, 0 === -0, !null + 1, !null < 2, -!null, ~true, +false, true & true].join(); }
function types() { return [typeof null, typeof undefined, typeof 1, typeof 'a', typeof {}, typeof (() => 1), typeof !0, typeof 1n, typeof Symbol.iterator].join(); }
function folded() { let r = ''; if (1 < 2) r += 'a'; if ('a' < 'b') r += 'b'; if (null) r += 'c'; else r += 'd'; while (false) r += 'e'; do r += 'f'; while (0); return r + (true ? 1 : 2) + (null ?? 3) + (0 || 4) + (1 && 5) + (undefined?.x ?? 6); }
function numbers() { return [1 / 0, -1 / 0, 0 / 0, 1 % 0, -4 % 2, Object.is(-4 % 2, -0), 2 ** 31, 2 ** -1, 1 << 31, 1 << 32, -1 >>> 0, -1 >>> 31, 2147483647 + 1, -2147483648 - 1, 65536 * 65536, 0 * -1, Object.is(0 * -1, -0), 0.1 + 0.2, 1e308 * 10, 5 / 2, 6 / 2, -7 / 2 | 0].join(); }
function phi(flag) { let a; if (flag) a = true; else a = 1; let b = flag ? null : 'x'; let c = flag ? 0 : 0.5; return [a, b, c, a === true, b ?? 'n', c + 1].join(); }
function rare(n) { if (n === 99) return neverSeen(n, { a: n })[0].a; if (n > 97) { try { throw { n }; } catch ({ n: m }) { return m; } } return n; }
function neverSeen(n, o) { return [o, n]; }
function booleans(a, b) { const t = a && b, u = a || b, v = !a; let s = 0; if (t) s += 1; if (u) s += 2; if (v) s += 4; s += t + u + v; return [t, u, v, s, t === u, t == 1, String(v)].join(); }
function loopKnown() { let done = false, n = 0; while (!done) { n++; if (n > 20) done = true; } return [done, n].join(); }
for (let i = 0; i < 100; i++) {
  const all = [nots(), comparisons(), types(), folded(), numbers(), phi(i & 1), rare(i), booleans(i % 2 === 0, i % 3 === 0), loopKnown()];
  if (i < 3 || i > 96) log(...all);
}
if (!(null) !== true) log('wrong'); if (!(undefined) !== true) log('wrong'); if (!(void 0) !== true) log('wrong');
class A { constructor() { this.target = new.target.name; } } class B extends A {} class C extends B { constructor() { super(); } }
let names = ''; for (let i = 0; i < 40; i++) names += new A().target + new B().target + new C().target; log(names);
