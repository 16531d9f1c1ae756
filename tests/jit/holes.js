// Reading holes and past the end of arrays, negative and large indices, with and without something behind the holes.
'use strict';
const print = console.log;
function get(a, i) { return a[i]; }
function count(a, n) { let s = 0; for (let i = -1; i < n; i++) { const v = a[i]; if (v === undefined) s++; else s += v; } return s; }
function table(n) {
  const t = new Array(n);
  let hits = 0;
  for (let i = 0; i < n; i++) { const k = (i * 7919) % n; if (t[k] === undefined) t[k] = k; else hits++; if (t[(k + 1) % n]) hits++; }
  return hits + t.length;
}
for (let i = 0; i < 200; i++) print.length + count([1, , 3], 5) + table(50);
print(count([1, , 3], 5), count([], 3), table(997), get([1, , 3], 1), get([1], 1), get([1], -1), get([1], 4294967295));
const named = [1, , 3]; named['-1'] = 100; named.x = 1;
print(count(named, 4), get(named, -1));
const sub = new (class extends Array { })(3); sub[0] = 1;
print(count(sub, 3));
const typed = new Int8Array(3);
print(count(typed, 3), get(typed, 5), get('ab', 1), get('ab', 5), get({ 1: 'o' }, 1), get((function () { return arguments; })(1, 2), 1));
const own = Object.setPrototypeOf([1, , 3], { 1: 'behind', __proto__: Array.prototype });
print(get(own, 1), count([1, , 3], 4));
const frozen = Object.freeze([1, , 3]);
print(count(frozen, 3), (() => { try { frozen[1] = 1; } catch (e) { return e.constructor.name; } })());
Array.prototype[1] = 40;
print(get([1, , 3], 1), count([1, , 3], 3), get([], 1), table(97));
delete Array.prototype[1];
print(get([1, , 3], 1), count([1, , 3], 3));
for (let i = 0; i < 300; i++) get([1, , 3], i & 3);
Object.prototype[2] = 'deep';
print(get([1], 2), get([, , , 1], 2));
delete Object.prototype[2];
print(get([1], 2), table(97));
let proxy = 0;
const trap = Object.setPrototypeOf([1, , 3], new Proxy(Array.prototype, { get(t, k, r) { proxy++; return k === '1' ? 'trap' : Reflect.get(t, k, r); } }));
for (let i = 0; i < 300; i++) get(trap, 1);
print(get(trap, 1), proxy);

// A key that is a double to the compiler, at a site that has seen elements and names.
const mixed = { x: 1 };
const one = Math.imul(1, 1) + (1.7e308 | 0) - 1;
function store() { mixed[Math.min(-(one * -1), one)] = 1; }
for (let i = 0; i < 3000; i++) store();
console.log(Object.keys(mixed).join());
