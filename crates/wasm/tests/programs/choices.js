// Calls through tables that hold what they held at first are choices among the bodies of what is in them, until a table is changed.

const get = (i) => [0x20, ...leb(i)], i32 = (n) => [0x41, ...leb(n)], ADD = 0x6a, MUL = 0x6c, DIV = 0x6d;
const through = (ty) => [0x11, ty, 0];
const parts = {
  types: [type([kI32], [kI32]), type([kI32, kI32], [kI32]), type([], [])],
  functions: [0, 0, 0, 1, 1, 1, 2],
  tables: [[0x70, 0, 6]],
  exports: [['call', 0, 3], ['twice', 0, 4], ['outer', 0, 5], ['add', 0, 0], ['divide', 0, 2]],
  elements: [[0, ...i32(1), kEnd, 4, 0, 1, 2, 6]],
  code: [
    [[], [...get(0), ...i32(1), ADD]],
    [[], [...get(0), ...i32(2), MUL]],
    [[], [...i32(60), ...get(0), DIV]],
    [[], [...get(1), ...get(0), ...through(0)]],
    [[], [...get(1), ...get(0), ...through(0), ...get(0), ...through(0)]],
    // calls what relies on the table
    [[], [...get(0), ...get(1), 0x10, 3, ...get(0), ...get(1), 0x10, 4, ADD]],
    [[], []],
  ],
};
const MANY = 20000;
const shifted = instance({
  types: [type([kI32], [kI32])], functions: [0], exports: [['f', 0, 0]], code: [[[], [...get(0), ...i32(50), ADD]]],
}).f;

function check(e, first) {
  const { call, twice, outer } = e;
  for (let i = 1; i < MANY; i++) {
    const a = first(i);
    same(call(1, i), a);
    same(call(2, i), 2 * i);
    same(call(3, i), 60 / i | 0);
    same(twice(1, i), first(a));
    same(outer(1, i), a + first(a));
  }
  for (const at of [0, 4, 5]) throws(() => call(at, 1), WebAssembly.RuntimeError, 'null function or function signature mismatch');
  for (const at of [6, -1]) throws(() => call(at, 1), WebAssembly.RuntimeError, 'table index is out of bounds');
  const { stack } = throws(() => call(3, 0), WebAssembly.RuntimeError, 'divide by zero');
  if (!/wasm-function\[2\].*\n.*wasm-function\[3\]/.test(stack)) fail(stack);
}
const plus = (n) => (i) => i + n;
// A module of its own each time: what has happened to the tables of one is remembered with its code.
let modules = 0;
const exported = () => instance({ ...parts, exports: [...parts.exports, ['table', 1, 0], [`module${modules++}`, 0, 0]] });

check(instance(parts), plus(1));
// Changed by JavaScript, when code relies on it, and before there is any.
const early = exported();
early.table.set(1, shifted);
check(early, plus(50));
const late = exported();
for (let round = 0; round < 3; round++) check(late, plus(1));
late.table.set(1, shifted);
check(late, plus(50));
late.table.set(1, late.add);
check(late, plus(1));
late.table.set(2, null);
for (let i = 0; i < 100; i++) throws(() => late.call(2, 1), WebAssembly.RuntimeError);

const grown = exported();
for (let round = 0; round < 3; round++) check(grown, plus(1));
grown.table.grow(2, shifted);
same(grown.call(6, 1), 51);
same(grown.call(7, 2), 52);
throws(() => grown.call(8, 1), WebAssembly.RuntimeError, 'table index is out of bounds');

// By another module.
const given = exported();
for (let round = 0; round < 3; round++) check(given, plus(1));
const changes = instance({
  types: [type([], []), type([kI32], [kI32])],
  imports: [['m', 't', 1, 0x70, 0, 6]],
  functions: [0, 1],
  exports: [['change', 0, 0], ['f', 0, 1]],
  code: [[[], [...i32(1), 0xd2, 1, 0x26, 0]], [[], [...get(0), ...i32(7), ADD]]],
}, { m: { t: given.table } }).change;
check(given, plus(1));
changes();
check(given, plus(7));

// By the module itself.
const own = instance({
  ...parts,
  functions: [...parts.functions, 2],
  exports: [...parts.exports, ['change', 0, 7]],
  code: [...parts.code, [[], [...i32(1), 0xd2, 1, 0x26, 0]]],
});
check(own, plus(1));
own.change();
for (let i = 1; i < MANY; i++) same(own.call(1, i), 2 * i);
