// Values taken for constant change under way: globals, methods of prototypes, lexical bindings of scripts.
const vm = require('node:vm');
const show = (...a) => console.log(a.join(' '));
globalThis.show = show;
vm.runInThisContext(`
var counter = 0, limit = 10, text = 'a', table = { n: 1 };
let level = 1; const fixed = 5; class K { m() { return 1; } static s() { return 'old'; } }
class L extends K { m() { return super.m() + 1; } }
function helper() { return 'helper'; }
function use(k) { counter++; return [limit, text, table.n, level, fixed, k.m(), K.s(), L.s(), helper(), Math.max(1, 2)].join(); }
var k = new K(), l = new L();
function round(what) { let r; for (let i = 0; i < 300; i++) { r = use(k); use(l); } show(what, r, use(l), counter); }
round('start'); round('again');
limit = 11; round('global');
limit = 12.5; round('global again');
text = undefined; round('undefined');
table = { n: 2 }; round('object');
level = 2; round('lexical'); level = 'x'; round('lexical again');
K.prototype.m = function () { return 10; }; round('method');
K.s = () => 'new'; round('static');
helper = () => 'other'; round('function');
L.s = function () { return 'own'; }; round('added static'); delete L.s; round('deleted static');
globalThis.late = 1; function useLate() { return late; } for (let i = 0; i < 300; i++) useLate();
Object.defineProperty(globalThis, 'late', { get() { return 'getter'; }, configurable: true }); show(useLate()); delete globalThis.late; show(typeof late);
Object.setPrototypeOf(L.prototype, { m() { return 100; } }); round('prototype');
Math.max = () => 'max'; round('built-in');
show(delete globalThis.table);
`);
// A cached store that adds a property meets an object that has become a prototype.
function make() { return {}; }
function add(o) { o.foo = 1; }
for (let i = 0; i < 500; i++) add(make());
const parent = make(), child = Object.create(parent);
function get(o) { return o.foo; }
for (let i = 0; i < 500; i++) get(child);
for (let i = 0; i < 500; i++) add(make());
const before = get(child);
add(parent);
console.log(before, get(child), child.foo);
