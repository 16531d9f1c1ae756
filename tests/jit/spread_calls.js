// Calls with nothing but a spread array: the array may be the list of arguments itself, which nobody may notice.
const many = (f) => { let r; for (let k = 0; k < 60; k++) r = f(k); return r; };
function rest(...a) { a[0] = "changed"; a.push(1); return a.length; }
function sloppy(a, b) { arguments[0] = "changed"; arguments.length = 0; return a + b; }
function fixed(a, b, c) { a = b = c; return [a, b, c].join(); }
class Point { constructor(...a) { this.a = a; this.n = new.target.name; } }
class Sub extends Point { constructor(...a) { super(...a); a[0] = "late"; } }
const source = [1, 2, 3];
console.log(many(() => rest(...source)), many(() => sloppy(...source)), many(() => fixed(...source)), source.join());
console.log(many(() => JSON.stringify([new Point(...source), new Sub(...source)])), source.join());
console.log(many(() => { const a = [1, 2]; a.push(...a); a.push(...a); a.unshift(...a); return a.join(); }));
console.log(many(() => { const a = [3, 1, 2]; a.splice(...a); return a.join(); }), many(() => String.fromCharCode(...[72, 105])), many(() => [].concat(...[[1], [2, [3]]]).length));
console.log(many((k) => Math.max(...[k, 5, -1])), many(() => Math.min(...[])), many(() => Math.max(...[1, "7"])), many(() => Math.hypot(...[3, 4])));
console.log(many(() => { const a = [() => { a.length = 0; return "called"; }, 1]; return a[0](...a) + a.length; }));
// Others than plain arrays.
const set = new Set([1, 2, 3]);
function* gen() { yield* [4, 5, 6]; }
const holes = [1, , 3];
class List extends Array { *[Symbol.iterator]() { yield "mine"; } }
const own = Object.assign([1, 2], { [Symbol.iterator]: function* () { yield "own"; } });
for (const make of [() => set, gen, () => holes, () => "text", () => List.of(1, 2), () => own, () => new Uint8Array([7, 8, 9]), () => Object.freeze([1, 2, 3])])
  console.log(many(() => fixed(...make())), many(() => rest(...make())), many(() => new Point(...make()).a.length));
for (const make of [() => undefined, () => null, () => 5, () => ({})]) for (const f of [(x) => fixed(...x), (x) => new Point(...x), (x) => missing(...x)]) { try { console.log(f(make())); } catch (e) { console.log(e.name, e.message); } }
try { const notCallable = 5; notCallable(...source); } catch (e) { console.log(e.message); }
// eval and optional calls.
console.log(many(() => eval(...["1 + 1", 2])), many(() => undefined?.(...source)), many(() => Math?.max(...source)), many(() => [3, 4]["join"](...["-"])));
// Arguments passed on by functions walked in place.
const pass = (...a) => fixed(...a), twice = (...a) => pass(...a);
console.log(many((k) => pass(k, 2, 3)), many((k) => twice(k, 2)), many((k) => twice(...[k, 1, 2, 3])));
// Traps for calls of proxies.
const log = [];
const called = new Proxy(function (a, b) { return a + b; }, { apply(f, self, list) { log.push(list.length); list.push(1); return [typeof self, f(...list), Array.isArray(list)].join(); } });
console.log(many((k) => called(k, 2)), many((k) => called.call({}, k)), many(() => called()), many(() => called(...source)), log.length);
const plain = new Proxy((...a) => a.length, {}), revoked = Proxy.revocable(() => 1, {});
revoked.revoke();
console.log(many(() => plain(1, 2, 3)), many(() => { try { return revoked.proxy(1); } catch (e) { return e.message; } }));
const throws = new Proxy(() => 1, { apply() { throw new Error("trap"); } }), odd = new Proxy(() => 1, { apply: 5 }), bound = new Proxy(() => 1, { apply: fixed.bind(null, 1) });
for (const p of [throws, odd, bound]) console.log(many(() => { try { return p(2); } catch (e) { return e.message; } }).slice(0, 40));
let depth = 0;
const endless = new Proxy(() => 1, { apply(f, self, list) { depth++; return endless(...list); } });
try { endless(1); } catch (e) { console.log(e.name, depth > 100); }
