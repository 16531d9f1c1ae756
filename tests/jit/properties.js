// Shapes: one, several, too many; accessors; prototypes that change; dictionaries; holes of the chain.
const log = (...x) => console.log(x.join(' '));
function getX(o) { return o.x; }
function setX(o, v) { o.x = v; return o.x; }
class P { constructor(x) { this.x = x; } get double() { return this.x * 2; } set double(v) { this.x = v / 2; } add(n) { this.x += n; return this; } }
class Q extends P { constructor(x, y) { super(x); this.y = y; } add(n) { return super.add(n + 1); } get sum() { return this.x + this.y; } }
let total = 0;
for (let i = 0; i < 300; i++) { const p = new P(i); total += getX(p) + setX(p, i + 1) + p.double; p.double = i; total += p.add(2).x; }
log(total);
for (let i = 0; i < 300; i++) { const q = new Q(i, 1); total += getX(q) + q.sum + q.add(1).x + q.double; }
log(total);
const shapes = [];
for (let i = 0; i < 12; i++) { const o = {}; for (let k = 0; k < i; k++) o['k' + k] = k; o.x = i; shapes.push(o); }
for (let r = 0; r < 50; r++) for (const o of shapes) total += getX(o) + setX(o, r);
log(total);
log(getX('text'), getX(5), getX(true), getX([]), getX(() => 1));
for (const bad of [null, undefined]) { try { getX(bad); } catch (e) { log(e.message); } try { setX(bad, 1); } catch (e) { log(e.message); } }
function viaPrototype(o) { return o.inherited; }
const base = { inherited: 1 }, middle = Object.create(base), leaf = Object.create(middle);
for (let i = 0; i < 100; i++) viaPrototype(leaf);
log(viaPrototype(leaf)); middle.inherited = 2; log(viaPrototype(leaf)); delete middle.inherited; log(viaPrototype(leaf));
base.inherited = 3; log(viaPrototype(leaf)); Object.setPrototypeOf(leaf, { inherited: 4 }); log(viaPrototype(leaf));
Object.defineProperty(base, 'inherited', { get() { return 'getter'; } }); log(viaPrototype(middle));
function absent(o) { return o.nothing; }
for (let i = 0; i < 100; i++) absent(leaf);
log(absent(leaf)); Object.prototype.nothing = 'now'; log(absent(leaf), absent(1), absent('s')); delete Object.prototype.nothing; log(absent(leaf));
const frozen = Object.freeze({ x: 1 });
function strictSet(o, v) { 'use strict'; o.x = v; return o.x; }
for (let i = 0; i < 50; i++) strictSet({ x: 0 }, i);
try { log(strictSet(frozen, 2)); } catch (e) { log(e.constructor.name, e.message); } log(setX(frozen, 3));
const sealed = Object.preventExtensions({}); log(setX(sealed, 1)); try { strictSet(sealed, 1); } catch (e) { log(e.message); }
function make(i) { const o = { a: i, b: i + 1 }; o.c = o.a + o.b; if (i % 3 === 0) o.d = i; return o; }
let m = 0; for (let i = 0; i < 400; i++) { const o = make(i); m += o.c + (o.d ?? 0) + Object.keys(o).length; } log(m);
const dictionary = {}; for (let i = 0; i < 100; i++) dictionary['p' + (i % 40)] = i; for (let i = 0; i < 20; i++) delete dictionary['p' + i * 2];
function readAll(o) { let s = 0; for (const k in o) s += o[k]; return s; }
log(readAll(dictionary), readAll({ a: 1 }), readAll(Object.create({ z: 9 })));
const seen = []; const proxy = new Proxy({ x: 10 }, { get(t, k) { seen.push(String(k)); return t[k]; }, set(t, k, v) { seen.push('set ' + String(k)); t[k] = v; return true; } });
log(getX(proxy), setX(proxy, 11), seen.join());
class Counter { #n = 0; static #made = 0; constructor() { Counter.#made++; } inc(by) { this.#n += by; return this.#n; } static get made() { return Counter.#made; } has(o) { return #n in o; } #secret() { return this.#n * 2; } reveal() { return this.#secret(); } }
let c; for (let i = 0; i < 60; i++) { c = new Counter(); c.inc(i); c.inc(1); } log(c.inc(0), c.reveal(), Counter.made, c.has({}), c.has(c));
try { c.inc.call({}, 1); } catch (e) { log(e.message); }
function lengths(v) { return v.length; }
for (let i = 0; i < 100; i++) lengths([1, 2]); log(lengths([1]), lengths('abc'), lengths({ length: 7 }), lengths(new Uint8Array(3)), lengths(function (a, b) {}), lengths({}));
const methods = [{ f() { return 1; } }, { f() { return 2; }, g: 1 }, { h: 1, f() { return 3; } }, { f: (x) => 4 }, { get f() { return () => 5; } }];
function callF(o) { return o.f(); } let calls = ''; for (let r = 0; r < 30; r++) for (const o of methods) calls += callF(o); log(calls.length, calls.slice(0, 10));
try { callF({}); } catch (e) { log(e.message); } try { callF(null); } catch (e) { log(e.message); }
function computed(o, k) { return o[k]; } const sym = Symbol('s'); const holder = { [sym]: 's', 1: 'one', name: 'n' };
for (let i = 0; i < 50; i++) computed(holder, 'name'); log(computed(holder, 'name'), computed(holder, sym), computed(holder, 1), computed(holder, '1'), computed(holder, 1.5), computed('str', 1), computed([5, 6], 1));
