// Rest parameters, spread arguments and destructuring of arrays in machine code: lists whose values are known, and what changes them.
'use strict';
const print = console.log;
function sum(a, ...rest) { let s = a; for (const x of rest) s += x; return s + rest.length; }
function forward(...args) { return sum(1, ...args); }
function both(...args) { return forward(...args) + Math.max(...args) + args.length; }
function none(...args) { return args.length; }
function changed(how, ...args) { how(args); return sum(...args) + args.join(); }
function kept(...args) { return args; }
function method(o, ...args) { return o.m(...args); }
class A { constructor(...args) { this.args = args; } m(...args) { return this.args.length + args.length + args[0]; } }
class B extends A { constructor(...args) { super(...args); this.n = args.length; } m(...args) { return super.m(...args) * 2; } }
let t = 0;
for (let i = 0; i < 3000; i++) {
  t = (t + both(i, 2, 3) + forward() + forward(i) + none() + none(1, i)) | 0;
  t = (t + kept(i, { i })[1].i + method(new A(i), i, 1) + method(new B(i, 2), i)) | 0;
  if (i % 500 === 0) print(t, both(i, -1), forward(1.5, 'x'), kept(i, [i]).join());
}
const same = (a) => a;
for (let i = 0; i < 500; i++) changed(same, 1, 2, i);
print(changed((a) => a.push(7), 1, 2), changed((a) => { a.length = 1; }, 1, 2), changed((a) => { a[0] = 'z'; }, 1, 2), changed((a) => { delete a[0]; }, 1, 2));
// Changed in the function itself before it is passed on.
function own(...args) { args[0] += 1; args.push(args[0]); return sum(...args); }
function popped(...args) { const last = args.pop(); return sum(...args) + last; }
function reassigned(...args) { args = [9]; return sum(...args); }
function aliased(...args) { const other = args; other[0] = 5; return sum(...args); }
function branch(k, ...args) { if (k & 1) args[0] = 100; return sum(...args); }
function inLoop(...args) { let s = 0; for (let i = 0; i < 3; i++) { s += sum(...args); args[0] = i; } return s; }
for (let i = 0; i < 2000; i++) t = (t + own(i, 2) + popped(i, 3) + reassigned(i) + aliased(i, 1) + branch(i, i, 2) + inLoop(i, 1)) | 0;
print(t);
// Collections between making and passing on.
function allocating(...args) { const junk = []; for (let i = 0; i < 50; i++) junk.push({ i, s: 's' + i }); return kept(...args).concat(junk.length); }
for (let i = 0; i < 1500; i++) { const r = allocating({ i }, 'k' + i); if (r[0].i !== i || r[1] !== 'k' + i || r[2] !== 50) print('wrong', i); }
// Destructuring.
function pair([a, b]) { return a * 2 + b; }
function rest([a, , ...r]) { return a + r.length; }
function swap(o) { [o.x, o.y] = [o.y, o.x]; return o.x - o.y; }
function defaults([a = 1, [b, c] = [2, 3], { d = 4 } = {}] = []) { return a + b + c + d; }
function entries(m) { let s = 0; for (const [k, v] of m) s += k + v; return s; }
const map = new Map([[1, 2], [3, 4]]), list = [[1, 2], [3, 4]];
for (let i = 0; i < 2000; i++) {
  const o = { x: i, y: 1 };
  t = (t + pair([i, 1]) + rest([i, 1, 2, 3]) + swap(o) + defaults() + defaults([i]) + entries(map) + entries(list)) | 0;
}
print(t, pair([1]), pair('ab'), pair(new Set([1, 2])), rest([1]), rest('abc'), entries(new Map()), entries([[1, 2, 3]]));
for (let i = 0; i < 50; i++) { pair([i]); rest([]); pair(new Set([i, 2])); }
print(pair([1]), pair([1, 2, 3]), pair([, 1]));
const throws = (f) => { try { return f(); } catch (e) { return e.constructor.name + ': ' + e.message; } };
print(throws(() => pair(1)), throws(() => pair(null)), throws(() => sum(...1)), throws(() => none(...null)));
let closed = 0;
const custom = { [Symbol.iterator]() { return { next: () => ({ value: 1, done: false }), return() { closed++; return {}; } }; } };
for (let i = 0; i < 300; i++) t += pair(custom) + pair([1, 2]);
print(t, closed);
// Iteration of arrays is changed.
function spreadAll(...args) { return none(...args) + pair(args); }
for (let i = 0; i < 300; i++) spreadAll(1, 2);
const iterator = Array.prototype[Symbol.iterator];
Array.prototype[Symbol.iterator] = function* () { yield 10; yield 20; yield 30; };
const odd = [spreadAll(1, 2), pair([1, 2]), sum(...[1])];
Array.prototype[Symbol.iterator] = iterator;
print(odd[0], odd[1], odd[2], spreadAll(1, 2));
const ai = Object.getPrototypeOf([][Symbol.iterator]()), next = ai.next;
let steps = 0;
ai.next = function () { steps++; return next.call(this); };
const counted = [spreadAll(1, 2), pair([1, 2])];
ai.next = next;
print(counted[0], counted[1], steps);
// More arguments than parameters, in frames laid by machine code.
function first(a) { return a + arguments.length; }
function long(a, ...more) { let s = a; for (let i = 0; i < more.length; i++) { s += more[i]; if (s > 1e9) { s -= 1e9; } } try { return s; } finally { t++; } }
function viaLoop(...args) { let s = 0; for (let i = 0; i < 3; i++) s += long(...args) + first(...args); return s; }
function viaApply() { let s = 0; for (let i = 0; i < 3; i++) s += long.apply(null, arguments) + first.apply(null, arguments); return s; }
function outer(i) { return viaLoop(i, i, 2) + viaApply(i, 3, 4, 5); }
for (let i = 0; i < 3000; i++) { const r = outer(i); if (r !== 15 * i + 63) { print('wrong', i, r); break; } }
print(outer(1), viaLoop('a', 1, {}));
// Literals with known beginnings.
function begin(...args) { return sum(1, ...args) + none(0, ...args, ...args) + kept('k', ...args).join(); }
function literal(a, b) { const l = [a, b, ...[a]]; l[0] = 7; return sum(...l) + none(...l, ...[b], 1); }
function nested(i, ...args) { return kept(i, ...[i, ...args], ...args).join(); }
for (let i = 0; i < 3000; i++) { t = (t + begin(i, 2).length + literal(i, i + 1) + nested(i, { i }, 3).length) | 0; }
print(t, begin(1, 2), literal(3, 4), nested(1, 'x', 2), begin());
