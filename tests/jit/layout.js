// Objects whose number of fields is found out by their first instances; push, pop and call as instructions.
function Point(x, y) { this.x = x; this.y = y; }
function Grower(n) { for (let i = 0; i < n; i++) this['f' + i] = i; }
function Late() {}
class Base { constructor() { this.a = 1; } }
class Derived extends Base { constructor(n) { super(); this.b = n; if (n > 20) { this.c = 1; this.d = 2; this.e = 3; this.f = 4; } } }
function Super(a) { this.a = a; }
function Sub(a, b) { Super.call(this, a); this.b = b; Super.call(this, a + 1); }
const keep = [];
for (let i = 0; i < 60; i++) {
  keep.push(new Point(i, i + 0.5), new Grower(i % 30), new Late(), new Derived(i), new Sub(i, 'b'));
  const l = keep[keep.length - 3];
  if (i > 10) for (let k = 0; k < i % 13; k++) l['late' + k] = k;
}
console.log(keep.map((o) => JSON.stringify(o)).join('\n'));

function push(a, v) { return a.push(v); }
function pop(a) { return a.pop(); }
const frozen = Object.freeze([1, 2]);
const sparse = []; sparse[5000000] = 1;
const holes = [1, , , 4];
const like = { length: 2, push: Array.prototype.push, pop: Array.prototype.pop };
const inherits = Object.create(Array.prototype);
class Sub2 extends Array {}
const arrays = [[], [1, 2, 3], holes, sparse, new Sub2(), like, inherits];
for (let i = 0; i < 500; i++) {
  for (const a of arrays) {
    const r = [push(a, i), push(a, i * 1.5), pop(a), pop(a), push(a, 'x')];
    if (i % 50 === 0) console.log(r.join());
  }
  try { push(frozen, 1); } catch (e) { if (i === 1) console.log(e.message); }
  try { pop(frozen); } catch (e) { if (i === 1) console.log(e.message); }
}
const empty = [];
for (let i = 0; i < 2000; i++) pop(empty);
console.log(pop(empty), empty.length, push(empty, 1), empty.length);
let hits = 0;
Object.defineProperty(Array.prototype, 3, { set() { hits++; }, get() { return 'proto'; }, configurable: true });
const three = [1, 2, 3];
push(three, 4);
console.log(hits, three.length, pop(three));
delete Array.prototype[3];

function name(x, y) { return [typeof this, this && this.n, x, y].join(); }
function strictName(x, y) { 'use strict'; return [typeof this, this && this.n, x, y].join(); }
function viaCall(f, t) { return f.call(t, 1, 2) + f.call() + f.call(t); }
for (let i = 0; i < 2000; i++) viaCall(name, { n: i });
console.log(viaCall(name, { n: 1 }), viaCall(strictName, { n: 2 }), viaCall(Math.max, 3));
try { viaCall({ call: Function.prototype.call }, 1); } catch (e) { console.log(e.message); }
