// Setters called in place: what they return is dropped, leaving in the middle, throwing, replaced, chained assignments.
'use strict';
const print = console.log;
class A { #v = 0; log = []; set v(x) { this.#v = x; return 99; } get v() { return this.#v; } set twice(x) { this.v = x * 2; } }
class B extends A { set w(x) { this.log.push(x); if (x === 'bad') throw new RangeError('bad ' + this.log.length); } }
class C { set v(x) { let s = 0; for (let i = 0; i < 40; i++) s += x; this.s = s; } }
function set(o, x) { return (o.v = x); }
function chain(o, p, x) { const r = o.v = p.v = x; return r + o.v + p.v; }
function twice(o, x) { o.twice = x; return o.v; }
const a = new A(), b = new B(), c = new C();
let t = 0;
for (let i = 0; i < 3000; i++) {
  t = (t + set(a, i) + chain(a, b, i) + twice(b, i & 7)) | 0;
  set(c, i & 3);
  if (i % 500 === 0) print(t, a.v, b.v, c.s);
}
for (let i = 0; i < 300; i++) { set(a, 1); }
print(set(a, 1.5), twice(a, 2 ** 30), twice(a, 'x'), set(c, 'y'), c.s.length, set(c, 2 ** 31), c.s);
const put = (o, x) => { try { o.w = x; return o.log.length; } catch (e) { return e.message + ' ' + e.stack.split('\n').slice(1, 3).map((l) => l.trim().split(' ').slice(1, 3).join(' ').replace(/\(.*/, '')).join(); } };
for (let i = 0; i < 1000; i++) put(b, i);
for (let i = 0; i < 3; i++) print(put(b, 'bad'));
for (let i = 0; i < 500; i++) put(b, 'bad');
print(put(b, 1));
// Replaced, made a data property, hidden by an own property.
Object.defineProperty(B.prototype, 'w', { set(x) { this.log.length = 0; this.log.push('new', x); }, configurable: true });
print(put(b, 5), b.log.join());
for (let i = 0; i < 500; i++) put(b, i);
Object.defineProperty(B.prototype, 'w', { get() { return 1; }, configurable: true });
print(put(b, 6));
Object.defineProperty(B.prototype, 'w', { value: 3, writable: true, configurable: true });
print(put(b, 7), b.w, Object.keys(b).join());
delete B.prototype.w;
const o = { __proto__: { set p(x) { this.q = x; } } };
function own(o, x) { o.p = x; return o.q; }
for (let i = 0; i < 500; i++) own(o, i);
Object.defineProperty(o, 'p', { value: 0, writable: true });
print(own(o, 'z'), o.p);
// Compound assignment through both accessors, and several shapes at one site.
class E { n = 0; get k() { return this.n; } set k(x) { this.n = x; } }
class F extends E { m = 1; }
function add(o, x) { o.k += x; o.k++; return o.k; }
const e = new E(), f = new F(), g = { k: 0 };
for (let i = 0; i < 1000; i++) { add(e, 1); add(f, 2); add(g, 3); }
print(add(e, 1), add(f, 1), add(g, 1));

// One setter for objects of several shapes, which it makes itself, beside stores to a property of the same name.
{
  function Features() {}
  Object.defineProperty(Features.prototype, 'edge', { configurable: true, get() { return this._edge; } });
  Object.defineProperty(Features.prototype, 'edge', {
    set(b) { if (b === undefined) b = 0; if (b === 'throw') throw new Error('as asked'); this._edge = b; this.times = (this.times | 0) + 1; },
  });
  const others = [() => new Features(), () => Object.assign(new Features(), { a: 1 }), () => ({ edge: 0 }), () => ({ a: 1, edge: 0.5 })];
  function store(o, v) { const r = (o.edge = v); return [r === v, o.edge, o.times].join(); }
  const seen = [];
  for (let k = 0; k < 400; k++) {
    const o = others[(k >> 2) % (k < 200 ? 2 : 4)]();
    seen.push(store(o, k % 7 === 3 ? k / 2 : k), store(o, k % 11 === 5 ? undefined : k));
    if (k % 50 === 49) try { store(o, 'throw'); seen.push('no'); } catch (e) { seen.push(e.message); }
  }
  console.log(seen.join(' '));
}
