// Patterns, rest and spread over plain objects and arrays, and over what only looks plain.
function rest({ a, ...r }) { return [a, JSON.stringify(r), Object.keys(r).join()].join(";"); }
function restOf(o, k) { const { [k]: x, ...r } = o; return String(x) + JSON.stringify(r) + Object.getOwnPropertySymbols(r).length; }
function tail([x, , y = 2, ...z]) { return [x, y, z.length, z.join()].join(";"); }
function spread(...args) { return args.length + ":" + args.join(); }
function max(...args) { return Math.max(...args); }
const symbol = Symbol("s");
const frozen = Object.freeze({ a: 1, b: 2, c: 3 });
const sealed = Object.seal({ a: 1, b: 2 });
const fixed = Object.preventExtensions({ a: 1, b: 2 });
class Plain { constructor() { this.a = 1; this.b = 2.5; } get g() { return 7; } }
class Hidden { #p = 1; constructor() { this.a = 1; this.b = 2; } static see(o) { return #p in o; } }
const hidden = Object.defineProperty({ a: 1, b: 2 }, "h", { value: 3, enumerable: false });
const getter = { a: 1, get b() { return this.a + 1; }, c: 3 };
const many = {}; for (let i = 0; i < 30; i++) many["m" + i] = i;
const removed = { a: 1, b: 2, c: 3 }; delete removed.b;
const sources = [
  () => ({ a: 1, b: 2, c: 3 }), () => ({ a: 1 }), () => ({}), () => ({ b: 1.5, c: "x", d: null, e: undefined }), () => frozen, () => sealed,
  () => fixed, () => new Plain(), () => new Hidden(), () => hidden, () => getter, () => many, () => removed, () => ({ a: 1, 5: 2, [symbol]: 3 }),
  () => [1, 2, 3], () => "text", () => 5, () => Object.create({ inherited: 1 }), () => new Proxy({ a: 1, b: 2 }, {}), () => Object.assign(Object.create(null), { a: 1, z: 2 }),
  () => function f() { }, () => new Map(),
];
const out = [];
for (let k = 0; k < 40; k++) {
  const lines = [];
  for (const make of sources) {
    const o = make();
    lines.push(rest(o), restOf(o, k % 2 ? "b" : "c"), JSON.stringify({ ...o, q: k, a: 1 }), JSON.stringify({ a: "first", ...o }));
  }
  if (k === 0 || k === 20 || k === 39) out.push(lines.join("\n"));
}
console.log(out.join("\n---\n"));
// What is copied is a new object of its own.
function grown(o) { const { a, ...r } = o; r.more = a; r.b = "changed"; return r; }
for (let k = 0; k < 40; k++) { const o = { a: k, b: 2, c: k / 2 }; const r = grown(o); if (k > 36) console.log(JSON.stringify([o, r])); }
for (let k = 0; k < 40; k++) { const { ...r } = fixed; r.added = 1; if (k === 39) console.log(JSON.stringify(r), Object.isExtensible(r), Object.isExtensible({ ...fixed }), Object.isFrozen({ ...frozen })); }
for (let k = 0; k < 40; k++) { const r = { ...new Hidden() }; if (k === 39) console.log(Hidden.see(r), Hidden.see(new Hidden())); }
// Numbers that become doubles, and anything.
for (let k = 0; k < 60; k++) { const v = k < 20 ? k : k < 40 ? k + 0.5 : "t" + k; const { a, ...r } = { a: 1, n: v, m: k }; if (k % 10 === 9) console.log(r.n, r.m, { ...{ n: v } }.n, { ...{ n: 1 }, n: v }.n); }
// A literal that repeats a property.
function twice(o, v) { return { ...o, a: v, b: v, a: v + 1 }; }
for (let k = 0; k < 60; k++) { const r = twice(k % 3 ? { a: 1 } : { b: 1, a: 2 }, k > 40 ? k + 0.5 : k); if (k % 12 === 0) console.log(JSON.stringify(r)); }
for (let k = 0; k < 40; k++) { const r = { ...getter, b: k }; if (k === 39) console.log(JSON.stringify(Object.getOwnPropertyDescriptor(r, "b"))); }
// Arrays.
const holes = [1, , 3, , 5];
const long = Array.from({ length: 40 }, (_, i) => i);
const lists = [[1, 2, 3, 4, 5], [1], [], [1, 2], holes, long, "text", new Set([1, 2, 3, 4]), [undefined, 1, undefined], Object.assign([1, 2, 3, 4], { x: 1 })];
for (let k = 0; k < 40; k++) { const r = lists.map((l) => tail(l) + "|" + spread(...l) + "|" + spread(0, ...l, ...l) + "|" + max(...l)); if (k === 39) console.log(r.join("\n")); }
for (let k = 0; k < 40; k++) { const [x, ...y] = long; y[0] = "changed"; if (k === 39) console.log(long[1], y.length, y[38]); }
console.log(max(), max(1, "2", { valueOf: () => 3 }), max(1, NaN), max(...long, ...long));
try { max(...[1, Symbol()]); } catch (e) { console.log(e.message); }
// Iteration that can be seen.
Array.prototype[3] = "inherited";
for (let k = 0; k < 10; k++) { const r = tail(holes); if (k === 9) console.log(r); }
delete Array.prototype[3];
const values = Array.prototype[Symbol.iterator];
Array.prototype[Symbol.iterator] = function* () { yield "seen"; yield* values.call(this); };
for (let k = 0; k < 10; k++) { const r = tail([1, 2, 3]) + spread(...[1, 2]); if (k === 9) console.log(r); }
Array.prototype[Symbol.iterator] = values;
console.log(tail([1, 2, 3, 4]));
