// Generators whose machine code is entered from machine code: loops, destructuring, yield*, next, errors and early ends.
'use strict';
const print = console.log;
const throws = (f) => { try { return f(); } catch (e) { return e.constructor.name + ': ' + e.message; } };
function* range(n) { for (let i = 0; i < n; i++) yield i; }
function* map(it, f) { for (const x of it) yield f(x); }
function* tree(d) { if (d > 0) { yield* tree(d - 1); yield d; yield* tree(d - 1); } return d; }
function* many(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r) { yield a + r; yield [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r].length; a = 's'; yield a; }
function* received() { let s = 0, x; while ((x = yield s) !== undefined) s += x; return s; }
function* closing(log) { try { yield 1; yield 2; } finally { log.push('f'); } }
function* failing(k) { for (let i = 0; ; i++) { if (i === k) throw new RangeError('k' + k); yield { i }; } }
function* caught() { for (let i = 0; i < 4; i++) { try { yield i; if (i === 2) throw i; } catch (e) { yield 'c' + e; } } }
function* closures(n) { for (let i = 0; i < n; i++) yield () => i; }
function* doubles() { let x = 0.5, o = { x }; while (x < 9) { yield x; x *= 2; o = { x, o }; } return o; }
function pair([a, b]) { return a * 2 + b; }
function defaults([a = 1, b = 2, ...rest] = []) { return a + b + rest.length; }
function sum(it) { let s = 0; for (const x of it) s += x; return s; }
function first(it) { for (const x of it) return x; }
function next(g, v) { return g.next(v); }
function steps(g) { let s = '', r; while (!(r = g.next()).done) s += r.value; return s + r.value; }
function spread(it) { return [...it]; }
let t = 0;
for (let i = 0; i < 400; i++) {
  const log = [];
  t = (t + sum(map(range(20), (x) => x * 2)) + sum(tree(4)) + pair(range(2)) + pair(map(range(3), (x) => x + i)) + defaults(range(5))) | 0;
  t = (t + defaults(tree(2)) + first(range(3)) + first(closing(log)) + spread(tree(3)).length + pair(closing(log)) + log.length) | 0;
  const g = received(); next(g); next(g, i); t = (t + next(g, 2).value + next(g).value) | 0;
  t += steps(tree(3)).length + steps(caught()).length + sum(closures(3)).length;
  for (const f of closures(3)) t += f();
  for (const x of many(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, i)) t += String(x).length;
  for (const x of doubles()) t += x;
  t += throws(() => { let n = 0; for (const o of failing(i % 7)) n += o.i; return n; }).length;
  if (i % 100 === 0) print(t, log.join(), steps(tree(3)), spread(caught()).join(), throws(() => sum(failing(2))));
}
// Another thing at the same place.
const custom = { n: 0, [Symbol.iterator]() { this.n = 0; return this; }, next() { return { value: ++this.n, done: this.n > 4 }; }, return() { t++; return {}; } };
for (let i = 0; i < 100; i++) t += pair(custom) + pair([1, 2]) + sum(custom) + sum([1, 2, 3]) + pair('ab').length + defaults(custom) + spread(custom).length;
print(t, pair(range(1)), pair(range(0)), sum(new Set([1, 2])), throws(() => pair(1)));
// yield* over what is no generator, and what is one with another `next`.
function* over(it) { return yield* it; }
const odd = range(3); odd.next = () => ({ get done() { return odd.k++ > 2; }, value: 7 });
for (let i = 0; i < 200; i++) { odd.k = 0; t += sum(over(custom)) + sum(over([1, 2, i])) + sum(over(odd)) + sum(over(over(tree(2)))) + steps(over(doubles())).length; }
print(t);
// Running already, done, thrown into, returned from.
function* self() { yield throws(() => next(me)); yield throws(() => sum(me)); } let me = self();
for (let i = 0; i < 20; i++) { me = self(); const [a, b] = me; print(a, b, me.next().done, sum(me)); }
const log = [];
for (let i = 0; i < 50; i++) {
  const g = over(closing(log)); g.next(); t += g.return(5).value; const h = over(closing(log)); h.next(); t += throws(() => h.throw(new TypeError('x'))).length;
  const k = caught(); k.next(); t += k.throw(i).value.length + next(k).value; t += steps(k).length;
}
print(t, log.length);
// Deep recursion: the error is the program's.
function* deep(n) { yield n; yield* deep(n + 1); }
print(throws(() => { let n = 0; for (const x of deep(0)) n = x; return n; }).slice(0, 40));
print(throws(() => { const g = (function* g2() { yield sum(g2()); })(); return g.next(); }).slice(0, 40));
print(sum(tree(5)), steps(tree(2)));
// `next` of generators is changed.
const proto = Object.getPrototypeOf(Object.getPrototypeOf(range(1))), original = proto.next;
let calls = 0; proto.next = function (v) { calls++; return original.call(this, v); };
print(sum(range(4)), pair(range(2)), steps(over(range(3))), spread(tree(2)).join(), calls);
proto.next = original;
print(sum(range(4)), pair(range(2)), steps(over(range(3))), calls);
// What is not needed any more, and collections.
function* holding() { let big = { a: [1, 2, 3] }; const n = big.a.length; yield n; big = null; for (let i = 0; i < 3; i++) { const o = { i }; yield o; t += o.i; } }
for (let i = 0; i < 300; i++) for (const x of holding()) { const junk = []; for (let k = 0; k < 20; k++) junk.push({ k }); t += typeof x === 'object' ? x.i : junk.length; }
print(t);
