// Private elements, super, derived constructors, field initialisers, accessors, closures made in loops.
class A {
  #x; #y = 2; z = this.#y + 1; static count = 0; static #secret = 7;
  constructor(x) { this.#x = x; A.count++; }
  get x() { return this.#x; } set x(v) { this.#x = v; }
  #m(k) { return this.#x * k; }
  m(k) { return this.#m(k); }
  has(o) { return #x in o; }
  steal(o) { return o.#x; }
  put(o, v) { o.#x = v; }
  static peek() { return A.#secret++; }
  who() { return 'A'; } both() { return 'base'; }
}
class B extends A { #x = 'b'; w = 1; constructor(x, y) { super(x); this.y = y; } who() { return super.who() + 'B' + this.#x; } get x() { return super.x + 1; } set x(v) { super.x = v * 2; } }
class C extends B { v = super.both(); who() { return super.who() + 'C'; } }
class D extends A { constructor(k) { if (k === 1) return { fake: k }; super(k); if (k === 2) return undefined; } }
class E2 extends A { constructor(k) { if (k & 1) super(k); else { super(k); } const f = () => this; this.self = f() === this; } }
class NoSuper extends A { constructor(k) { if (k < 0) super(k); } }
class Twice extends A { constructor(k) { super(k); if (k > 900) super(k); } }
class Sparse extends Array { constructor(n) { super(n); this.tag = n; } }
function round(i) {
  const a = new A(i), b = new B(i, i + 1), c = new C(i, 2), d = new D(i % 4), e = new E2(i), s = new Sparse(3);
  a.x = i + 1; b.x = 3; c.x++;
  return [a.x, b.x, c.x, a.m(2), b.m(3), a.who(), b.who(), c.who(), c.v, c.z, b.w, d.fake, d instanceof A, e.self, s.length, s.tag, a.has(b), a.has(d), A.peek(), A.count].join();
}
for (let i = 0; i < 1200; i++) { const r = round(i); if (i % 100 === 0) console.log(r); }
const thrown = (f) => { try { return f(); } catch (e) { return e.constructor.name + ': ' + e.message; } };
for (let i = 0; i < 1000; i++) {
  const r = [thrown(() => new NoSuper(i).x), thrown(() => new Twice(i).x), thrown(() => new A(1).steal({})), thrown(() => new A(1).put({}, 1))];
  if (i % 199 === 0) console.log(r.join(' | '));
}
// The same class body evaluated again makes other private names.
function make(v) { return class { #p = v; get(o) { return o.#p; } static of(o) { return #p in o; } }; }
const classes = [make(1), make(2), make(3)];
function read(K, o) { return new K().get(o); }
for (let i = 0; i < 900; i++) { const K = classes[i % 3]; const o = new K(); const r = thrown(() => read(K, o)) + thrown(() => read(classes[(i + 1) % 3], o)) + K.of(o); if (i % 150 === 0) console.log(r); }
// The parent of a class is replaced.
class P1 { constructor() { this.p = 1; } name() { return 'p1'; } } class P2 { constructor() { this.p = 2; } name() { return 'p2'; } }
class Q extends P1 { name() { return 'q' + super.name(); } }
for (let i = 0; i < 1000; i++) {
  if (i === 500) { Object.setPrototypeOf(Q, P2); Object.setPrototypeOf(Q.prototype, P2.prototype); }
  const q = new Q(); if (i % 125 === 0) console.log(q.p, q.name());
}
// Closures: each its own, with own properties and prototype.
function closures(n) { const list = []; for (let i = 0; i < n; i++) { const f = (x) => x + i, g = function () { return i; }; g.tag = i; list.push(f, g); } return list; }
let sum = 0;
for (let k = 0; k < 60; k++) for (const f of closures(20)) sum += f(1) + (f.tag ?? 0) + f.length + (f.prototype ? 1 : 0);
console.log(sum, new (closures(1)[1])() instanceof Object);
// Nested loops entered in the middle.
function nest(n) { let t = 0; for (let i = 0; i < n; i++) { t += 1; for (let j = 0; j < n; j++) { for (let k = 0; k < n; k++) { if ((i + j + k) % 7 === 3) continue; t = (t + i * j - k) | 0; if (t > 1e6) t = 0; } t ^= j; } t = t >>> 0; } return t; }
console.log(nest(40), nest(60), nest(3));
const typed = [new Float64Array(40), new Uint8Array(30), new Int32Array(20), new Uint32Array(9)];
function fill(a) { let h = 7; for (let r = 0; r < 4; r++) for (let i = 0; i < a.length; i++) { a[i] = h; h = Math.imul(h ^ (a[i] | 0), 16777619) >>> 0; } return h; }
for (let i = 0; i < 50; i++) for (const a of typed) h2 = fill(a);
var h2; console.log(h2, typed.map((a) => a.join()).join('\n'));
const growable = new Uint8Array(new ArrayBuffer(8, { maxByteLength: 64 }));
for (let i = 0; i < 40; i++) { growable.buffer.resize(8 + i); sum = fill(growable); }
console.log(sum, growable.length); growable.buffer.resize(0); console.log(fill(growable), growable.length);
