// Getters called in place: by one shape and several, leaving in the middle, throwing, replaced.
class A { #v; constructor(v) { this.#v = v; this.n = 0; } get v() { return this.#v; } get twice() { return this.v * 2; } get count() { return ++this.n; } get odd() { if (this.#v % 2) return 'odd'; return null; } }
class B extends A { get v() { return super.v + 1; } get extra() { return [this.v].length; } }
class C { constructor(v) { this.v = v; this.twice = v * 2; } }
class D { get v() { if (D.bad) throw new Error('bad'); return D.value; } static value = 3; static get own() { return this.value; } }
const big = { get v() { let s = 0; for (let i = 0; i < 50; i++) { s += i; if (s > 400 && big.deep) s = s | 0; } return s; } };
function v(o) { return o.v; }
function sum(o) { return o.v + o.twice; }
function odd(o) { const r = o.odd; return r === null ? 0 : r.length; }
function count(o) { return o.count + o.count; }
let t = 0;
for (let i = 0; i < 3000; i++) {
  const a = new A(i & 15), b = new B(i & 7), c = new C(1);
  t = (t + v(a) + v(b) + v(c) + sum(a) + sum(b) + sum(c) + odd(a) + count(a) + v(big) + D.own) | 0;
  if (i % 500 === 0) console.log(t, v(new D()), b.extra);
}
// What the getter computes is no int32 any more, then no number.
for (let i = 0; i < 300; i++) sum(new A(5));
console.log(sum(new A(2 ** 30)), sum(new A(0.5)), sum(new A('x')), sum(new A(2n).constructor === A ? new A(1) : null));
D.bad = true;
const thrown = (f) => { try { return f(); } catch (e) { return e.message + e.stack.split('\n').slice(1, 3).map((l) => l.trim().split(' ')[1]).join(); } };
for (let i = 0; i < 400; i++) { const r = thrown(() => v(new D())); if (i % 100 === 0) console.log(r); }
D.bad = false;
for (let i = 0; i < 400; i++) v(new D());
Object.defineProperty(D.prototype, 'v', { get() { return 'replaced'; } , configurable: true });
console.log(v(new D()));
Object.defineProperty(D.prototype, 'v', { value: 'data', configurable: true });
console.log(v(new D()));
delete D.prototype.v;
console.log(v(new D()));
big.deep = true; for (let i = 0; i < 300; i++) t += v(big); console.log(t);
const proto = { get self() { return this; }, get x() { return this.y; } };
const objs = Array.from({ length: 5 }, (_, i) => Object.assign(Object.create(proto), { ['k' + i]: i, y: i }));
let r = 0; for (let k = 0; k < 900; k++) for (const o of objs) { r += o.x; if (o.self !== o) throw 1; } console.log(r);
const lazy = { get v() { Object.defineProperty(this, 'v', { value: 7 }); return 6; } };
for (let i = 0; i < 300; i++) { const o = Object.create(lazy); t += v(o) + v(o); } console.log(t);
