// How messages name what undefined or null was taken apart by, and what it was taken out of.
let x, o = { n: null, f() {} }, k = 'key';
const programs = [
  () => { let { a } = null; }, () => { let {} = x; }, () => { let { ...r } = null; }, () => { let { ['a']: b } = null; }, () => { let { 5: a } = null; },
  () => { let { a = 1 } = null; }, () => { let { b, a = 1 } = null; }, () => { let { 'q r': a } = o.n; }, () => { let { a } = o['n']; }, () => { let { a } = o.f(1); },
  () => { let { a } = x || o.n; }, () => { let { a } = (0, null); }, () => { let { a } = x ? 1 : null; }, () => { let { a } = void 0; }, () => { let { a } = [null][0]; },
  () => { let { a } = (() => {})(); }, () => { let { a } = { b: null, c: 1 }.b; }, () => { let { a } = o?.n; }, () => { let { a } = o[k]; }, () => { let { a } = x = null; },
  () => { let { a: { b } } = {}; }, () => { let { a: { b } } = null; }, () => { let { a: {} } = {}; }, () => { let { a: { ['b']: c } } = {}; }, () => { let { a: { b: {} } } = { a: {} }; },
  () => { let { ['w']: a, z: { length: b } = 'ab' } = { z: null }; }, () => { let { a: { b } = null } = {}; }, () => { let { a: { b } = { x: 1 } } = { a: null }; },
  () => { let { a: { b } = o.f } = { a: null }; }, () => { let { a: {} = 5 } = { a: null }; }, () => { let { a: { b: {} } = o } = {}; }, () => { let { a: { b } = {} } = null; },
  () => { let { [k]: {} } = {}; }, () => { let { ['a']: {} } = {}; }, () => { let { a: { ...r } } = {}; }, () => { let [{ a }] = []; }, () => { let [{ a } = 'xy'] = [null]; },
  () => { let [{}] = [null]; }, () => { let { a: [{}] } = { a: [] }; }, () => { let { a: [b] } = {}; }, () => { let { a: [b] } = { a: 4 }; }, () => { let { a: [b] = x } = {}; },
  () => { let { a: [b] = 5 } = {}; }, () => { let { a: [b] = o.f } = {}; }, () => { let { a: { b: [] } = o } = {}; }, () => { let { [k]: [b] } = {}; }, () => { let [[] = o.f] = []; },
  () => { (({ a }) => a)(); }, () => { (({ a }) => a)(null); }, () => { (({}) => 1)(null); }, () => { (({ a } = null) => a)(); }, () => { (({ a: { b } }) => b)({}); },
  () => { (({ a: {} }) => 1)({}); }, () => { (({ a: [b] }) => b)({}); }, () => { (({ a: [b] }) => b)({ a: 1 }); }, () => { (([{ a }]) => a)([]); }, () => { ((...[{ a }]) => a)(); },
  () => { for (const { a } of [null]); }, () => { for (const {} of [null]); }, () => { for (const { a: {} } of [1]); }, () => { for (const { a: { b } } of [1]); }, () => { for (const [a] of [1]); },
  () => { for (const { a: [b] } of [1]); }, () => { for ({ x } of [null]); }, () => { for ({} of [null]); }, () => { for (const { a } = null; ;); }, () => { for (const [{ a }] of [[]]); },
  () => { try { throw null; } catch ({ a }) { log(a); } }, () => { try { throw 1; } catch ({ a: {} }) { log(1); } }, () => { try { throw 1; } catch ({ a: { b } }) { log(b); } },
  () => { ({ x } = null); }, () => { ({} = null); }, () => { ({ a: x } = o.n); }, () => { ({ a: o.n.y } = null); }, () => { ({ a: { b: x } } = {}); }, () => { ({ a: { b: x } = 'w' } = { a: null }); },
  () => { ({ x = 1 } = null); }, () => { ({ ...x } = null); }, () => { ({ ...o.n } = null); }, () => { ({ a: { ...x } } = {}); }, () => { ({ a: {} } = {}); }, () => { ({ a: [x] } = {}); },
  () => { [{ x }] = []; }, () => { [{ x } = 7] = [null]; }, () => { [{ a: o.n }] = [null]; }, () => { class A { constructor({ a }) { log(a); } } new A(); },
  () => { class A { static #p; static m() { let { a } = this.#p; } } A.m(); }, () => { class A { static m() { let { a } = super.x; } } A.m(); },
];
for (const program of programs) {
  try { program(); log('none'); } catch (e) { log(String(e)); }
}
