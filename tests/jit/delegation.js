// Generators: steps, yield*, closing early, made in machine code; what runs when they are closed.
'use strict';
const print = console.log;
function* range(a, b = a + 3) { for (let i = a; i < b; i++) yield i; }
function* tree(d) { if (d > 0) { yield* tree(d - 1); yield d; yield* tree(d - 1); } }
function* guarded(log) { try { yield 1; yield 2; } finally { log.push('closed'); } }
function* outer(log) { const r = yield* inner(log); log.push(r); yield 'end'; }
function* inner(log) { try { log.push(yield 'a'); log.push(yield 'b'); return 'r'; } catch (e) { log.push('caught ' + e); yield 'c'; return 'rc'; } finally { log.push('f'); } }
let t = 0;
for (let i = 0; i < 2000; i++) {
  const [a, b] = range(i);
  t = (t + a + b) | 0;
  for (const x of range(i)) { t = (t + x) | 0; if (x > i) break; }
  if (i % 400 === 0) { let s = 0; for (const x of tree(6)) s += x; print(t, s); }
}
const log = [];
for (let i = 0; i < 300; i++) { const [x] = guarded(log); t += x; for (const y of guarded(log)) { t += y; break; } }
print(log.length, t);
function drive(steps) { const log = [], g = outer(log), out = []; for (const [how, v] of steps) { try { const r = g[how](v); out.push(r.value + ':' + r.done); } catch (e) { out.push('threw ' + e); } } return out.concat(log).join(); }
for (let i = 0; i < 200; i++) drive([['next', 1], ['next', 2], ['next', 3], ['next', 4], ['next', 5]]);
print(drive([['next', 1], ['next', 2], ['next', 3], ['next', 4], ['next', 5]]));
print(drive([['next', 1], ['throw', 'x'], ['next', 3], ['next', 4], ['next', 5]]));
print(drive([['next', 1], ['return', 'x'], ['next', 3]]), drive([['throw', 'y'], ['next']]), drive([['return', 'y'], ['next']]));
// Own and replaced methods.
function first(g) { const [x] = g; return x; }
for (let i = 0; i < 300; i++) first(range(1));
const own = range(5); own.return = function () { print('own return'); return {}; };
print(first(own), own.next().value);
const custom = range(7); custom.next = () => ({ value: 'custom', done: false });
print(first(custom));
const it = range(9); it[Symbol.iterator] = () => range(11);
print(first(it));
const proto = Object.getPrototypeOf(range.prototype), { return: ret } = proto;
Object.getPrototypeOf(proto).return = function () { print('replaced return'); return ret.call(this); };
print(first(range(1)));
delete Object.getPrototypeOf(proto).return;
// Already running, errors in parameters, stack traces.
let self; function* running() { try { for (const x of self) yield x; } catch (e) { yield e.message; } }
self = running();
print(self.next().value);
function* bad(x = (() => { throw new Error('parameter'); })()) { yield x; }
for (let i = 0; i < 300; i++) bad(1);
try { bad(); } catch (e) { print(e.message); }
function* thrower(n) { yield n; throw new Error('in generator'); }
function trace() { try { for (const x of thrower(1)) t += x; } catch (e) { return e.stack.split('\n').slice(1, 4).map((l) => l.trim().replace(/\(.*/, '')).join(); } }
for (let i = 0; i < 300; i++) trace();
print(trace());
const g = new (class { *gen() { yield this.k; yield* [1, 2]; yield* 'ab'; return 3; } k = 'k'; })();
for (let i = 0; i < 300; i++) [...g.gen()];
print([...g.gen()].join(), Object.getPrototypeOf(g.gen()) === g.gen.prototype);
range.prototype = null;
print(Object.getPrototypeOf(range(1)) === Object.getPrototypeOf(tree.prototype), first(range(3)));
