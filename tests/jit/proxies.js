// Traps called from machine code: what they return, invariants, receivers, handlers that change, revoked proxies, errors.
'use strict';
const print = console.log;
const throws = (f) => { try { return f(); } catch (e) { return e.constructor.name + ': ' + e.message; } };
const log = [];
const handler = {
  get(o, k, r) { return k === 'z' ? 1 : k === 'self' ? r : Reflect.get(o, k, r); },
  set(o, k, v, r) { if (k === 'no') return false; o[k] = v; return true; },
  has(o, k) { return k !== 'hidden' && k in o; },
};
const symbol = Symbol('s');
const p = new Proxy({ a: 1, b: 2, hidden: 3, [symbol]: 4, get twice() { return this.a * 2; } }, handler);
function read(p) { return p.a + p.z + p.b; }
function write(p, v) { p.b = v; return p.b; }
function writeNo(p) { p.no = 1; return 'stored'; }
const sloppy = new Function('p', 'p.no = 1; return "ignored";');
function has(p, k) { return k in p; }
function fixed(p) { return p.fixed; }
function setFixed(p, v) { p.fixed = v; return p.fixed; }
function self(p) { return p.self === p; }
function getter(p) { return p.twice; }
function absent(p) { return p.absent; }
function method(p) { return p.m(1); }
let t = 0;
for (let i = 0; i < 400; i++) {
  t = (t + read(p) + write(p, i) + has(p, 'a') + has(p, 'hidden') + has(p, symbol) + has(p, 'q') + has(p, 1) + self(p) + getter(p)) | 0;
  t += sloppy(p).length + throws(() => writeNo(p)).length + (absent(p) === undefined);
  if (i % 100 === 0) print(t, p[symbol], has(p, 'b'), throws(() => writeNo(p)));
}
// Other receivers at the same places.
const plain = { a: 1, z: 2, b: 3, self: null, twice: 5, m: (x) => x + 1 }, array = [1];
for (let i = 0; i < 200; i++) t += read(plain) + write(plain, i) + has(plain, 'a') + has(array, 0) + getter(plain) + method(plain) + read('x').length;
print(t, throws(() => has(1, 'a')), throws(() => read(null)));
// Inherited and nested proxies, handlers without traps, traps that are no closures.
const inherited = Object.create(p), nested = new Proxy(p, handler), none = new Proxy({ a: 1, z: 2, b: 3, m() { return this === none; } }, {});
const native = new Proxy({ a: 5, z: 1, b: 2 }, { get: Reflect.get, has: Reflect.has, set: Reflect.set }), bound = new Proxy({ a: 1 }, { get: function (o, k) { return this.n + k; }.bind({ n: 'n' }) });
for (let i = 0; i < 200; i++) t += read(inherited) + read(nested) + write(nested, i) + read(none) + write(none, i) + has(none, 'a') + read(native) + write(native, 2) + has(native, 'b') + read(bound).length + method(none);
print(t, self(inherited), self(nested));
// Invariants.
const frozen = new Proxy(Object.freeze({ fixed: 1 }), { get: (o, k) => answer, set: () => true, has: () => false });
let answer = 1;
for (let i = 0; i < 100; i++) t += fixed(frozen);
answer = 2;
for (let i = 0; i < 30; i++) if (i === 29) print(throws(() => fixed(frozen)), throws(() => setFixed(frozen, 3)), throws(() => has(frozen, 'fixed')), throws(() => has(frozen, 'other')));
else { throws(() => fixed(frozen)); throws(() => setFixed(frozen, 3)); throws(() => has(frozen, 'fixed')); }
// The trap makes the property fixed while it runs.
const late = new Proxy({ fixed: 1 }, { get(o, k) { if (freeze) Object.freeze(o); return 7; }, has(o) { if (freeze) Object.preventExtensions(o); return false; } });
let freeze = false;
for (let i = 0; i < 100; i++) t += fixed(late) + has(late, 'x');
freeze = true;
print(throws(() => has(late, 'x')), throws(() => has(late, 'fixed')), throws(() => fixed(late)));
// Revoked, also while the trap runs.
const r = Proxy.revocable({ fixed: 1 }, { get(o, k) { if (revoke) r.revoke(); return k; } });
let revoke = false;
for (let i = 0; i < 100; i++) t += fixed(r.proxy).length;
revoke = true;
print(fixed(r.proxy), throws(() => fixed(r.proxy)), throws(() => has(r.proxy, 'a')), throws(() => setFixed(r.proxy, 1)));
// Handlers that change, and errors in traps.
for (let i = 0; i < 100; i++) { if (i === 50) handler.get = (o, k) => 'new ' + k; if (i % 25 === 0) print(p.a, read(p)); read(p); }
handler.get = () => { throw new RangeError('trap'); };
for (let i = 0; i < 30; i++) throws(() => read(p));
print(throws(() => read(p)), has(p, 'a'));
delete handler.get; delete handler.has; handler.set = undefined;
print(read(p), has(p, 'hidden'), write(p, 5), writeNo(p));
handler.get = 1;
print(throws(() => read(p)));
// Deep recursion through traps.
const deep = new Proxy({}, { get(o, k) { return deep.x + 1; } });
print(throws(() => deep.x).slice(0, 40));
function junk(p) { let s = 0; for (let i = 0; i < 50; i++) { const o = { i }; s += p.v.length + o.i; p.w = [o]; s += p.w[0].i; } return s; }
const making = new Proxy({ w: null }, { get: (o, k) => k === 'v' ? new Array(3).fill({}) : o[k], set(o, k, v) { o[k] = v.map((x) => ({ i: x.i })); return true; } });
for (let i = 0; i < 100; i++) t += junk(making);
print(t);
