// Sites that have met more shapes than a cache has room for: reads, stores, method calls and `in`, by names and by computed keys.
const shapes = [];
for (let i = 0; i < 40; i++) {
  const o = {};
  for (let j = 0; j <= i % 9; j++) o["p" + i + "_" + j] = j;
  o.x = i;
  if (i % 3 === 0) o.late = { i };
  o.f = i % 2 ? function () { return this.x; } : function () { return this.x + 1; };
  shapes.push(o);
}
class Base { get twice() { return this.x * 2; } set half(v) { this.x = v / 2; } shared() { return "shared" + this.x; } }
class Derived extends Base { constructor(x) { super(); this.x = x; } }
for (let i = 0; i < 12; i++) {
  const o = new Derived(i);
  for (let j = 0; j < i; j++) o["d" + j] = j;
  shapes.push(o);
}
const symbol = Symbol("s");
shapes.forEach((o, i) => { if (i % 4 === 0) o[symbol] = i; });

const getX = (o) => o.x;
const getLate = (o) => o.late;
const getTwice = (o) => o.twice;
const setX = (o, v) => { o.x = v; };
const setHalf = (o, v) => { o.half = v; };
const callShared = (o) => o.shared === undefined ? "none" : o.shared();
const callF = (o) => { try { return o.f(); } catch (e) { return e.message; } };
const getBy = (o, k) => o[k];
const setBy = (o, k, v) => { o[k] = v; };
const has = (o, k) => k in o;

function sum(list, f) {
  let t = 0, text = "";
  for (const o of list) { const v = f(o); if (typeof v === "number") t += v; else text += typeof v === "object" ? v.i : v; }
  return t + text.slice(0, 200);
}
const keys = ["x", "late", "p1_0", "nope", symbol, "f", "d3", "toString", "__proto__"];
const out = [];
for (let round = 0; round < 30; round++) {
  const r = [sum(shapes, getX), sum(shapes, getLate), sum(shapes, getTwice), sum(shapes, callShared), sum(shapes, callF)];
  for (const o of shapes) setX(o, getX(o) + 1);
  for (const k of keys) {
    let n = 0;
    for (const o of shapes) { if (has(o, k)) n++; const v = getBy(o, k); if (typeof v === "number") n += v; }
    r.push(n);
  }
  shapes.forEach((o, i) => setBy(o, i % 2 ? "x" : symbol, i));
  if (round === 9) shapes.forEach((o, i) => setX(o, i % 5 ? i : i + 0.5)); // doubles
  if (round === 12) shapes.forEach((o, i) => setX(o, i % 7 ? i : {})); // anything
  if (round === 13) shapes.forEach((o, i) => setX(o, i));
  if (round === 15) { Object.prototype.nope = 1; Object.prototype.shared = () => "late"; } // what has been absent
  if (round === 18) { delete Object.prototype.nope; delete Object.prototype.shared; }
  if (round === 20) Base.prototype.shared = function () { return "other" + this.x; };
  if (round === 22) for (const o of shapes.slice(40)) setHalf(o, 10);
  if (round === 24) Object.defineProperty(shapes[3], "x", { get: () => 1000 });
  if (round === 25) Object.freeze(shapes[5]);
  if (round === 26) delete shapes[7].x;
  if (round === 27) Object.defineProperty(shapes[9], "x", { value: 5, writable: false });
  if (round % 3 === 0 || round > 20) out.push(r.map(String).join(" "));
}
console.log(out.join("\n"));

// What is no ordinary object.
const others = ["text", 5, true, [1, 2, 3], new Uint8Array(3), new Proxy({ x: 7 }, { has: () => true }), Symbol("y"), 5n, () => 1, new String("ab"), Object.create(null), Object.create([])];
function odd(o) {
  try { return `${String(getX(o))} ${String(getBy(o, "length"))} ${typeof o === "object" ? has(o, "length") + " " + has(o, "x") : ""}`; } catch (e) { return e.message; }
}
for (let i = 0; i < 20; i++) for (const o of others) { const t = odd(o); if (i === 19) console.log(t); }
for (const o of [null, undefined]) { for (const f of [getX, callF, (o) => getBy(o, "x"), (o) => setX(o, 1), (o) => setBy(o, "x", 1), (o) => has(o, "x")]) { try { console.log(f(o)); } catch (e) { console.log(e.message); } } }

// A private name that is missing.
class Secret { #v; constructor(v) { this.#v = v; } static get(o) { return o.#v; } static has(o) { return #v in o; } }
const secrets = [];
for (let i = 0; i < 10; i++) { const s = new Secret(i % 3 ? i : undefined); s["k" + i] = i; secrets.push(s); }
for (let i = 0; i < 60; i++) { let t = ""; for (const s of secrets) t += Secret.get(s); if (i === 59) console.log(t); }
for (const o of [shapes[0], shapes[45], shapes[30]]) { try { console.log(Secret.get(o)); } catch (e) { console.log(e.constructor.name); } console.log(Secret.has(o)); }

// Stores that must not be in line: setters on the way, objects that get a property, objects that are old.
const log = [];
class Noted { set x(v) { log.push(v); } }
const mixed = [];
for (let i = 0; i < 20; i++) { const o = i % 2 ? new Noted() : {}; for (let j = 0; j < i; j++) o["m" + i + j] = j; mixed.push(o); }
for (let i = 0; i < 40; i++) for (const o of mixed) setX(o, i);
console.log(log.length, mixed.map((o) => o.x).join());
const kept = shapes.slice(0, 20).map((o) => Object.assign({}, o));
for (let i = 0; i < 3000; i++) setX(kept[i % 20], { i, filler: [i, i + 1] });
console.log(kept.map((o) => o.x.i).join());
