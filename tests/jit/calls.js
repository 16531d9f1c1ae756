// Calls: counts that do not match, closures, methods, natives, bound, spread, recursion, constructors, arguments objects.
const log = (...x) => console.log(x.join(' '));
function three(a, b, c) { return `${a},${b},${c},${arguments.length}`; }
function rest(a, ...r) { return a + ':' + r.join('+'); }
function defaults(a, b = a * 2, { c = 3, d } = {}) { return [a, b, c, d].join(); }
function viaArguments() { let s = 0; for (let i = 0; i < arguments.length; i++) s += arguments[i]; return s; }
function mapped(a) { arguments[0] = 9; return a; }
function strictMapped(a) { 'use strict'; arguments[0] = 9; return a; }
for (let i = 0; i < 40; i++) { three(1); three(1, 2, 3, 4); rest(1, 2, 3); defaults(1); viaArguments(1, 2); mapped(1); strictMapped(1); }
log(three(), three(1), three(1, 2, 3), three(1, 2, 3, 4, 5), rest(1), rest(1, 2, 3), defaults(1), defaults(1, 5, { d: 2 }), viaArguments(1, 2, 3), mapped(1), mapped(), strictMapped(1));
function outer(n) { let k = 0; const inc = () => ++k; const both = { inc, get: () => k }; for (let i = 0; i < n; i++) both.inc(); return both.get() + k; }
for (let i = 0; i < 30; i++) outer(i); log(outer(10));
const makers = []; for (let i = 0; i < 5; i++) makers.push(() => i * 10); log(makers.map((f) => f()).join());
function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); } log(fib(15));
const even = (n) => (n === 0 ? true : odd(n - 1)), odd = (n) => (n === 0 ? false : even(n - 1)); log(even(100), odd(101), even(7));
function applyTwice(f, x) { return f(f(x)); }
for (let i = 0; i < 60; i++) applyTwice((x) => x + 1, i);
log(applyTwice((x) => x * 2, 3), applyTwice(String, 5), applyTwice(Math.sqrt, 16), applyTwice(function (x) { return this === undefined ? x : x + 1; }, 1), applyTwice((x) => x + 1n, 1n));
const bound = three.bind(null, 'b'); for (let i = 0; i < 30; i++) applyTwice(bound, 1); log(applyTwice(bound, 1));
log(three(...[1, 2, 3]), Math.max(...[1, 5, 3]), rest(...'abc'), three.call(null, 1), three.apply(null, [1, 2]));
function Point(x, y) { if (!new.target) return new Point(x, y); this.x = x; this.y = y; }
function Returns(o) { this.own = 1; return o; }
let s = 0; for (let i = 0; i < 100; i++) { s += new Point(i, 1).x + Point(2, i).y + new Returns({ own: 5 }).own + new Returns(3).own; } log(s);
class A { constructor(v) { this.v = v; this.t = new.target.name; } static create(v) { return new this(v); } }
class B extends A { constructor(v) { super(v + 1); } }
class C extends B {} ; class D extends Object { constructor() { return { d: 1 }; } }
for (let i = 0; i < 50; i++) { new A(i); new B(i); new C(i); C.create(i); new D(); }
log(new A(1).v, new B(1).v, new C(1).t, B.create(5).v, new D().d);
try { A(); } catch (e) { log(e.message); } try { new (() => 1)(); } catch (e) { log(e.message); } try { new ({ m() {} }.m)(); } catch (e) { log(e.message); }
class Bad extends A { constructor() { try { this.v; } catch (e) { log(e.message); } super(1); try { super(2); } catch (e) { log(e.message); } } }
new Bad();
function callIt(f) { return f(); } for (let i = 0; i < 50; i++) callIt(() => 1);
for (const x of [1, 'a', {}, null, undefined, class {}, Symbol()]) try { callIt(x); } catch (e) { log(e.message); }
function thisValue() { return typeof this; } function strictThis() { 'use strict'; return typeof this; }
for (let i = 0; i < 30; i++) { thisValue.call(1); strictThis.call(1); } log(thisValue(), strictThis(), thisValue.call(1), strictThis.call(1), thisValue.call('s'), strictThis.call(null));
function sumTo(n) { return n === 0 ? 0 : n + sumTo(n - 1); } log(sumTo(500));
function depth() { try { return 1 + depth(); } catch { return 1; } } log(depth() > 500);
function forever(n) { return forever(n + 1) + 1; } for (let i = 0; i < 3; i++) try { forever(0); } catch (e) { log(e instanceof RangeError, e.message); }
const parts = []; [3, 1, 2].sort((a, b) => { parts.push(a > b); return a - b; }); log(parts.length > 1, [1, 2, 3].map((x) => x * 2).filter((x) => x > 2).reduce((a, b) => a + b, 0));
const getterCalls = { get f() { log('got'); return (x) => x; } }; log(getterCalls.f(1), getterCalls?.f(2), getterCalls.g?.(3));
function tagged(strings, ...v) { return strings.raw.join('|') + v.join(); } for (let i = 0; i < 5; i++) tagged`a${i}b`; log(tagged`x${1}\n${2}`);
function many(a, b, c, d, e, f, g, h) { return a + b + c + d + e + f + g + h; } let t = 0; for (let i = 0; i < 100; i++) t += many(i, 1, 2, 3, 4, 5, 6, 7); log(t, many(1, 2));
const o = { n: 1, m() { return this.n; }, get g() { return this.n + 1; }, arrow: () => typeof this }; function callM(x) { return x.m() + x.g; } for (let i = 0; i < 60; i++) callM(o); log(callM(o), callM({ n: 5, m: o.m, g: 1 }));
function swap(f) { let r = 0; for (let i = 0; i < 200; i++) { r += f(i); if (i === 150) f = (x) => -x; } return r; } log(swap((x) => x));
// More arguments than parameters, to callees that allocate where they are called.
function none() { return { a: [1], b: {} }; } function one(a) { return { a, b: [a.v] }; }
let kept; for (let i = 0; i < 3000; i++) { const x = none({ v: i }, { w: i }, [i]), y = one({ v: i }, { v: 1 }, { v: 2 }, 'x' + i); kept = [x, y, none.call(y, x, i, y), one.call(x, y.a, x)]; } log(JSON.stringify(kept));
