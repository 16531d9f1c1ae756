// Private methods: defined by a cached transition, read through the cache; brands that are missing or there already.
'use strict';
const print = console.log;
const thrown = (f) => { try { return f(); } catch (e) { return e.constructor.name + ': ' + e.message; } };
class V {
  #x; #y;
  constructor(x, y) { this.#x = x; this.#y = y; }
  #length() { return Math.sqrt(this.#x * this.#x + this.#y * this.#y); }
  #scaled(k) { return new V(this.#x * k, this.#y * k); }
  get #sum() { return this.#x + this.#y; }
  set #sum(v) { this.#x = v; this.#y = 0; }
  normal() { const l = this.#length(); return l === 0 ? this : this.#scaled(1 / l); }
  total() { this.#sum += 1; return this.#sum; }
  static is(o) { return #length in o; }
  static call(o) { return o.#length(); }
  static spoil(o) { o.#length = 1; }
}
class W extends V { #own() { return 'own'; } own() { return this.#own() + this.normal().total(); } }
let t = 0;
for (let i = 0; i < 3000; i++) {
  const v = new V(i, i + 1), w = new W(3, 4);
  t += v.normal().total() + w.own().length;
  if (i % 500 === 0) print(t.toFixed(6), V.is(v), V.is(w), V.is({}), V.call(w));
}
print(thrown(() => V.call({})), thrown(() => V.call(null)), thrown(() => V.call(1)), thrown(() => V.spoil(new V(1, 2))));
for (let i = 0; i < 100; i++) thrown(() => V.call({}));
print(V.call(new V(6, 8)), thrown(() => V.spoil(new W(1, 2))));
// Returned by the base constructor twice: the methods are there already.
class Base { constructor(o) { return o; } }
class Stamp extends Base { #m() { return 'm'; } static m(o) { return o.#m(); } }
for (let i = 0; i < 500; i++) { const o = { i }; new Stamp(o); t += Stamp.m(o).length; }
const once = {};
new Stamp(once);
print(Stamp.m(once), thrown(() => new Stamp(once)), Stamp.m(once));
for (let i = 0; i < 100; i++) thrown(() => new Stamp(once));
// Classes made anew: other names, other methods under one site.
function make(k) { return class { #m() { return k; } m() { return this.#m(); } static of(o) { return thrown(() => o.#m()); } }; }
const A = make(1), B = make(2);
for (let i = 0; i < 1000; i++) t += new A().m() + new B().m();
print(t.toFixed(3), new A().m(), new B().m(), A.of(new A()), A.of(new B()));
const frozen = Object.freeze(new Stamp({}));
print(Stamp.m(frozen), thrown(() => new Stamp(Object.preventExtensions({}))));
