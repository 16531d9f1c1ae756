// Callbacks of array methods, walked in place with the method's body: holes, changes while it runs, exits in the middle of it,
// exceptions, stack traces, species.
'use strict';
const print = console.log;

function plain(a, factor) {
  const out = [];
  a.forEach((x, i, all) => { out.push(x + i + all.length); });
  out.push(a.map((x) => x * factor).filter((x) => x % 2 === 0).reduce((s, x) => s + x, 0));
  out.push(a.some((x) => x === 3), a.every((x) => x < 100), a.find((x) => x > 2), a.findIndex((x) => x > 2));
  out.push(a.find((x) => x > 2000), a.findIndex((x) => x > 2000));
  return out.join();
}
for (let i = 0; i < 300; i++) plain([1, 2, 3, 4, 5], 3);
print(plain([1, 2, 3, 4, 5], 3), plain([], 2));
print(plain([1, , 3], 2), plain([1.5, 2.5], 2), plain(['a', 'b'], 2));

// Other kinds of `this` and callback.
function each(a, f) { let n = 0; a.forEach((x) => { n += f(x); }); return n; }
for (let i = 0; i < 300; i++) each([1, 2], (x) => x);
print(each([1, 2, 3], (x) => x * 2), each(new Set([4, 5]), (x) => x), each(new Map([[1, 2]]), (x) => x));
print(each({ forEach(f) { f(7); } }, (x) => x));
class Sub extends Array { twice() { return this.map((x) => x * 2); } }
const sub = Sub.from([1, 2, 3]);
for (let i = 0; i < 300; i++) sub.twice();
print(sub.twice() instanceof Sub, sub.twice().join());

// The array changes while it is visited.
function change(a, how) {
  const seen = [];
  a.forEach((x, i) => { seen.push(x); how(a, i); });
  return seen.join() + '/' + a.length;
}
for (let i = 0; i < 300; i++) change([1, 2, 3], () => {});
print(change([1, 2, 3, 4], (a, i) => { if (i === 1) a.length = 2; }));
print(change([1, 2, 3, 4], (a, i) => { if (i === 1) delete a[2]; }));
print(change([1, 2, 3, 4], (a, i) => { if (i < 2) a.push(9); }));
print(change([1, 2, 3, 4], (a, i) => { if (i === 0) a[3] = { toString() { return 'o'; } }; }));
print(change([1, 2, 3, 4], (a, i) => { if (i === 0) Object.defineProperty(a, 2, { get() { return 'got'; } }); }));

// Holes with something behind them.
function holes(a) { return a.map((x) => x + 1); }
for (let i = 0; i < 300; i++) holes([1, 2, 3]);
const h = holes([1, , 3, ,]);
print(h.length, 1 in h, 3 in h, h.join());
Array.prototype[1] = 40;
print(holes([1, , 3]).join(), [1, , 3].find((x) => x === 40));
delete Array.prototype[1];
for (let i = 0; i < 300; i++) holes([1, , 3]);
print(holes([1, , 3]).join());

// The callback starts to do something else in the middle.
function sum(a) { let s = 0; return a.reduce((t, x) => { s = x; return t + x; }, 0) + ':' + s; }
for (let i = 0; i < 300; i++) sum([1, 2, 3]);
print(sum([1, 2, 'x', 4]), sum([1, 2.5, 3]), sum([1, 2n, 3].slice(2)), sum([2 ** 31 - 1, 1]));

// Exceptions, and where they say they come from.
function thrower(a) {
  try {
    return a.map((x) => { if (x === 3) throw new Error('three'); return x; }).length;
  } catch (e) {
    return e.stack.split('\n').slice(0, 3).map((l) => l.replace(/\(.*[/\\]/, '(').trim()).join(' | ');
  }
}
for (let i = 0; i < 300; i++) thrower([1, 2]);
print(thrower([1, 2, 3]));
print(thrower([1, 2, 3, 4]));
function trace(a) { let t; a.forEach(() => { t = new Error('t').stack.split('\n')[2].trim(); }); return t; }
for (let i = 0; i < 300; i++) trace([1]);
print(trace([1]));

// `this`, and sloppy callbacks.
const sloppy = new Function('a', 'return a.map(function (x) { return typeof this + x; }).join()');
const given = new Function('a', 'return a.map(function (x) { return typeof this + this.k + x; }, { k: 1 }).join()');
const arrow = { k: 5, go(a) { return a.map((x) => x + this.k).join(); } };
for (let i = 0; i < 300; i++) { sloppy([1]); given([1]); arrow.go([1]); }
print(sloppy([1, 2]), given([1, 2]), arrow.go([1, 2]));

// Species.
function species(a) { return a.filter((x) => x > 1); }
for (let i = 0; i < 300; i++) species([1, 2, 3]);
const special = [1, 2, 3];
special.constructor = { [Symbol.species]: function () { this.special = true; } };
print(species(special).special, species([1, 2]).special);
Object.defineProperty(Array, Symbol.species, { get() { return Sub; }, configurable: true });
print(species([1, 2, 3]) instanceof Sub);
Object.defineProperty(Array, Symbol.species, { get() { return this; }, configurable: true });
print(species([1, 2, 3]) instanceof Sub, species([1, 2, 3]).join());

// Callbacks made anew each time, nested, and from closures.
function nested(n) {
  return Array.from({ length: n }, (_, i) => i).map((i) => [i, i + 1].map((j) => j * n).reduce((a, b) => a + b, i));
}
for (let i = 0; i < 300; i++) nested(3);
print(nested(5).join());
const compose = (...fs) => (x) => fs.reduce((a, f) => f(a), x);
const p = compose((x) => x + 1, (x) => x * 2, (x) => x - 3);
let t = 0;
for (let i = 0; i < 1000; i++) t = (t + p(i)) | 0;
print(t, compose((x) => x + '!', (x) => [x])('s').length);

// Garbage is made in the callback.
function garbage(a) { return a.map((x) => ({ x, y: [x, 'k' + x] })).filter((o) => o.y[0] % 2).map((o) => o.y[1]).join(); }
for (let i = 0; i < 300; i++) garbage([1, 2, 3]);
print(garbage([1, 2, 3, 4, 5]));

// Replaced methods.
const original = Array.prototype.map;
function replaced(a) { return a.map((x) => x + 1).join(); }
for (let i = 0; i < 300; i++) replaced([1, 2]);
Array.prototype.map = function (f) { return original.call(this, (x) => f(x) * 10); };
print(replaced([1, 2]));
Array.prototype.map = original;
print(replaced([1, 2]));
