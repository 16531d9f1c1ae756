// Properties that have held numbers of one form only, until they hold something else.
const show = (...list) => console.log(...list.map(v => Object.is(v, -0) ? '-0' : String(v)));
const many = f => { let r; for (let i = 0; i < 60; i++) r = f(i); return r; };

function Vector(x, y) { this.x = x; this.y = y; }
const dot = (a, b) => a.x * b.x + a.y * b.y;
const length = a => Math.sqrt(dot(a, a));
const first = a => a.x;
const add = (a, k) => { a.x += k; a.y -= k; return a; };

// Doubles from the start; integers are stored as such.
{
  const a = new Vector(0.5, 1.5), b = new Vector(2, -0);
  show(many(() => dot(a, b)), many(() => length(a)), first(b), b.y, Object.is(b.y, -0));
  many(i => add(b, i));
  show(b.x, b.y, [10, 20, 30][new Vector(1, 0.5).x], new Vector(7, 0.25).x | 0, `${new Vector(3, 4).x}`);
  show(JSON.stringify(new Vector(3, 4)), Object.is(new Vector(3, NaN).y, NaN), new Vector(NaN, Infinity).x);
  show(many(() => new Vector(NaN, -Infinity).y), many(() => first(new Vector(NaN, 1))));
  const keys = {}; keys[new Vector(5, 6).x] = 'five'; show(Object.keys(keys));
  const m = new Map([[new Vector(1, 2).x, 'one']]); show(m.get(1), new Set([1, new Vector(1, 0).x]).size);
  switch (new Vector(2, 2).x) { case 2: show('two'); break; default: show('none'); }
  // Something else.
  const c = new Vector('s', undefined);
  show(first(c), dot(c, a), c.y, first(a), many(() => first(a)), many(i => first(i % 2 ? c : a)));
}

// Integers, then doubles, then anything.
function Counter() { this.count = 0; this.step = 1; }
const next = c => c.count += c.step;
{
  const c = new Counter();
  show(many(() => next(c)), c.count);
  c.step = 0.25; show(many(() => next(c)), c.count);
  c.count = 2147483647; c.step = 1; show(many(() => next(c)));
  c.count = '#'; show(next(c), typeof c.count, many(() => next(c)).length);
  const d = new Counter(); show(many(() => next(d)));
  d.count = null; show(next(d)); d.count = {}; show(next(d)); d.count = 5n;
  try { next(d); } catch (e) { show(e.constructor.name); }
}

// The value changes while machine code that relies on it runs.
function Cell(v) { this.v = v; }
function sum(cells, f) { let s = 0; for (let i = 0; i < cells.length; i++) { s += cells[i].v; f(i); s += cells[i].v; } return s; }
{
  const cells = []; for (let i = 0; i < 20; i++) cells.push(new Cell(i + 0.5));
  show(many(() => sum(cells, () => {})));
  show(sum(cells, i => { if (i === 7) cells[7].v = 'x'; if (i === 3) cells[4].v = 9; }));
  show(sum(cells, i => { if (i === 7) cells[7].v = 1; }));
}

// Other ways to write a property.
function Point(x, y) { this.px = x; this.py = y; }
const px = p => p.px + p.py;
{
  const p = new Point(1.5, 2.5); show(many(() => px(p)));
  show(px(Object.assign(new Point(1, 2), { px: 3 })), px({ ...p }), px({ ...p, py: 'z' }));
  Object.defineProperty(p, 'px', { value: 4 }); show(px(p));
  Object.defineProperty(p, 'px', { value: 'q' }); show(px(p), many(() => px(p)));
  Reflect.set(p, 'px', 8); show(px(p)); Reflect.set(p, 'py', false); show(px(p), many(() => px(p)));
  const q = new Point(1, 2); delete q.px; show(px(q)); q.px = 3; show(px(q));
  show(px(Object.freeze(new Point(1, 2))), px(Object.setPrototypeOf(new Point(3, 4), null)));
}
{
  const make = t => JSON.parse(t); const get = o => o.a * 2 + o.b;
  show(many(i => get(make(`{"a":${i}.5,"b":1}`))), many(i => get(make(`{"a":${i},"b":${i}}`))));
  show(get(make('{"a":"7","b":"z"}')), many(() => get(make('{"a":2,"b":0.5}'))), get({ a: 1, b: 2 }));
  const from = Object.fromEntries([['a', 1.5], ['b', 2]]); show(get(from), get(structuredClone(from)));
}
class Base { n = 1.5; #p = 0.5; static s = 1; get p() { return this.#p; } set p(v) { this.#p = v; } tick() { this.n += this.#p; return this.n; } }
class Derived extends Base { m = 2; total() { return this.m + this.tick(); } }
{
  const b = new Base(), d = new Derived();
  show(many(() => b.tick()), many(() => d.total()));
  d.p = 3; show(many(() => d.total()));
  d.p = 'x'; show(d.total(), d.p, typeof d.n, many(() => b.tick()));
}

// Several shapes, and objects that nobody sees.
{
  const kinds = [i => ({ k: i }), i => ({ z: 0, k: i + 0.5 }), i => ({ y: 0, z: 0, k: i % 3 ? i : 'k' })];
  const k = o => o.k; let s = ''; for (let i = 0; i < 90; i++) s += k(kinds[i % 3](i)) + ','; show(s);
  const scaled = (x, f) => { const v = new Vector(x, f); const w = { k: v.x * 2, l: v.y }; return w.k + w.l; };
  show(many(i => scaled(i, 0.5)), many(i => scaled(i, i)), scaled('a', 1), many(i => scaled(i + 0.25, -0)));
}
// Out of line.
{
  const o = {}; for (let i = 0; i < 12; i++) o['f' + i] = i + 0.5;
  const last = o => o.f11 + o.f10; show(many(() => last(o)));
  const p = {}; for (let i = 0; i < 12; i++) p['f' + i] = i; show(last(p)); p.f11 = 'e'; show(last(p), many(() => last(o)));
}
// Loops that write what they read.
{
  const step = (bodies, dt) => {
    for (const a of bodies) { a.vx -= a.px * dt; a.px += a.vx * dt; a.n++; }
    return bodies.reduce((s, a) => s + a.px + a.n, 0);
  };
  const bodies = []; for (let i = 0; i < 5; i++) bodies.push({ px: i, vx: 0, n: 0 });
  show(many(() => step(bodies, 0.01)));
  bodies[2].n = 0.5; show(many(() => step(bodies, 0.01)));
  bodies[3].vx = { valueOf() { return 2; } }; show(many(() => step(bodies, 0.25)));
}
// Fields of integers that become ones of doubles: objects of the outdated shapes go on.
{
  function Pair(a, b) { this.a = a; this.b = b; }
  const old = []; for (let i = 0; i < 30; i++) old.push(new Pair(0, 0));
  const total = list => { let s = 0; for (const p of list) s += p.a * 2 + p.b; return s; };
  const zero = () => new Pair(0, 0), set = (p, v) => { p.a = v; return p; };
  show(many(() => total(old)), many(() => zero().a));
  set(old[3], 0.5);
  show(many(() => total(old)), many(i => total([zero(), set(zero(), i / 4), old[i % 30]])));
  for (let i = 0; i < 30; i++) set(old[i], i % 7 ? i : i + 0.25);
  show(many(() => total(old)), old[1].a, old[7].a, JSON.stringify(old.slice(0, 3)));
  old[5].b = 1.5; old[6].b = 'b'; show(total(old.slice(0, 6)), total(old).length, many(() => total(old.slice(7))));
  old[8].c = 1; old[9].c = 1.5; show(Object.keys(old[8]).join(), Object.keys(old[9]).join(), old[9].c + old[8].c);
  Object.freeze(old[10]); const f = () => { 'use strict'; old[10].a = 0.75; };
  try { f(); } catch (e) { show(e.constructor.name); } show(old[10].a);
  delete old[11].b; old[11].a = 0.125; show(JSON.stringify(old[11]));
}
{
  // While an object is being made, and where one shape leads to several.
  function Part(k) { this.n = 0; if (k & 1) this.odd = 0; else this.even = k; this.n += k; this.last = this.n; }
  let s = 0; for (let k = 0; k < 40; k++) { const p = new Part(k % 5 ? k : k + 0.5); s += p.last + p.n + (p.odd ?? p.even); }
  show(s, Object.keys(new Part(1)).join(), Object.keys(new Part(2)).join());
  const literal = k => ({ x: 0, y: k, z: k * 2 }); let t = 0;
  for (let k = 0; k < 40; k++) { const o = literal(k < 20 ? k : k + 0.5); o.x = k < 30 ? k : k / 8; t += o.x + o.y + o.z; }
  show(t);
  const constant = { limit: 10, scale: 1 }; const use = v => v * constant.scale + constant.limit;
  show(many(use)); constant.scale = 1.5; show(many(use)); constant.limit = 2.5; show(many(use)); constant.scale = 3; show(many(use));
}
// Doubles that are probably integers.
{
  function Box(v) { this.v = v; }
  const round = (b, x) => { b.v = Math.floor(x); return b.v; }, most = (b, x) => { b.v = Math.max(x, b.v); return b; };
  const b = new Box(0.5), twice = b => b.v * 2 + b.v;
  show(many(i => round(b, i / 2) + twice(b)), many(i => twice(most(b, i / 4))), many(i => twice(most(b, i))), b.v);
  show(many(i => { let x = i / 2; if (i & 1) x = Math.floor(x); const c = new Box(x); return twice(c) + x; }), [5, 6, 7][round(b, 2.5)]);
}
