// How messages name what should have been a function, a constructor, or iterable, by its expression.
class C { static name = 'c'; static y = 1; #p = 1; z = 1; m() { this.#p(); } n() { this.#p?.(); } s() { super.q(); } t() { super['q'](); } }
let a = 1, i = 1, one = () => 1, o = { a: { b: 1 }, f() { return {}; } }, list = { a: [[]] };
const programs = [
  () => C.name?.(), () => C.name(), () => C?.name(), () => C?.name?.(), () => C.name?.(1, 2).x, () => C['y']?.(), () => C['y'](), () => new C().z?.(), () => new C(1).z(), () => (new C).z(),
  () => new C().m(), () => new C().n(), () => new C().s(), () => new C().t(), () => a(), () => a?.(), () => (a)(), () => (0, a)(), () => one()(), () => one()?.(), () => one(2)(3)(4),
  () => o.f().g(), () => o.f(1)?.g(), () => o.f(1)['g'](), () => o[0](), () => o[i](), () => o[i + 1](), () => list.a[i](), () => list.a[0][i](), () => o['a'].b(), () => o[`a`](), () => o[o.x](),
  () => o[one(1)](), () => o[Symbol.iterator](), () => o[-1](), () => o[1.5](), () => o[true](), () => o['a-b'](), () => o['a' + i](), () => o[i++](), () => o.a?.b(), () => o?.a.b(), () => o?.['a'].b(),
  () => o?.a?.['b'](), () => (o?.a.b)(), () => o?.q(), () => o.a.b?.(), () => o['a']?.(), () => 'abc'(), () => 'abc'.foo(), () => (5).foo(), () => null(), () => [](), () => [1, a, , ...[2]](), () => ({})(),
  () => ({ a: 1, b: 2 })(), () => ({ a: 1 }).a(), () => [1].a(), () => (function () {}).x(), () => /a/g(), () => `a`(), () => `a${a}`(), () => `a${a}`.f(), () => (class { m() {} static x = 1; }).x(),
  () => (class extends Object { m() {} }).x(), () => (a || a)(), () => (a ?? a)(), () => (a && a && a)(), () => (a && (a && a))(), () => (a ? a : a)(), () => (a++)(), () => (--a)(), () => (-a)(), () => (typeof a)(),
  () => (void a)(), () => (a + i)(), () => (a + i + a)(), () => (a + i - 2 * a)(), () => (a < i).x(), () => (o.b = 5)(), () => (o.b ??= 5)(), () => (o.b--)(), () => (delete o.x)(), () => ('b' in o)(),
  () => a`x`, () => o.t`x${1}y`, () => o[0]`x`, () => a(...[]), () => o.g(...[]), () => new a, () => new (a)(), () => new o.x(), () => new o['x'], () => new o[0], () => new o[i](1), () => new (() => 1)(),
  () => new (one())(), () => new ({ m() {} }.m), () => new a(...[]), () => new.target(), () => (() => 1)()(), () => o.delete(), () => o /* c */ . a . b (), () => (o.a).b(), () => ((o)).a.b(),
  () => { for (const v of a + 2); }, () => { for (const v of a || 2); }, () => { for (const v of (a)); }, () => { for (const v of o['a']); }, () => { for (const v of o.f(1)); }, () => { for (const v of o.f(1).x); },
  () => { for (const v of function () {}); }, () => { for (const v of new Object); }, () => { for (const v of a()); }, () => { for (const v of o.x()); }, () => { for (const v of [].q); }, () => { for (const v of !a); },
  () => [...a + 1], () => [...() => 1], () => [.../a/], () => [...(1, 2)], () => [...o.x()], () => [...o?.x], () => one(...o.f().x), () => one(...void 0), () => one(...a, 1), () => one(...[], ...a),
  () => { let [v] = a(); }, () => { let [v] = o.f(); }, () => { let [v] = o.a; }, () => { let [v] = (a); }, () => { let [v] = a ? 1 : 2; }, () => { let [v] = class {}; }, () => { let [v] = { x: 1, y: 2 }; },
  () => (function* () { yield* a; })().next(), () => (function* () { yield* o.a; })().next(), () => (function* () { yield* one(); })().next(), () => (function* () { yield* a + 1; })().next(), () => (function* () { yield* {}; })().next(),
  () => Iterator.from(5), () => Iterator.from({ [Symbol.iterator]: 5 }), () => Iterator.from({ next: 5 }).next(), () => Iterator.concat(5), () => [1].values().flatMap(() => 5).next(), () => [1].values().map(5),
  () => Array.from({ [Symbol.iterator]: 5 }), () => Array.from(null), () => Array.from([], 5), () => new Int8Array({ [Symbol.iterator]: 5 }), () => Int8Array.from({ [Symbol.iterator]: {} }), () => Int8Array.from(null),
  () => [].map(5), () => [].map({}), () => [].map('x'), () => [].map(Symbol()), () => [].find(/x/), () => new Map().forEach(null), () => ({ [Symbol.toPrimitive]: 5 }) + 1, () => new Proxy({}, { get: 5 }).x,
  () => 'a' in 'b', () => (class {})(), () => new (class A extends null {}), () => 2n ** -1n, () => { 'use strict'; 'abc'.length = 1; }, () => { 'use strict'; 'abc'.foo = 1; },
];
for (const program of programs) {
  try { program(); log('none'); } catch (e) { log(String(e)); }
}
(async () => {
  for (const f of [async () => { for await (const v of null); }, async () => { for await (const v of o); }, async () => { for await (const v of o.x); }, async () => { for await (const v of one()); }]) await f().catch((e) => log(String(e)));
  for (const f of [() => Array.fromAsync({ [Symbol.asyncIterator]: 5 }), () => Array.fromAsync({ [Symbol.iterator]: 5 })]) await f().catch((e) => log(String(e)));
})();
