// Structures and arrays in the first code of functions and later ones, while the heap is collected.

const get = (i) => [0x20, ...leb(i)], set = (i) => [0x21, ...leb(i)], tee = (i) => [0x22, ...leb(i)], call = (f) => [0x10, ...leb(f)];
const i32 = (n) => [0x41, ...(n < 64 ? [n] : [n & 0x7f | 0x80, ...leb(n >> 7)])], gc = (...op) => [0xfb, ...op];
const VOID = 0x40, LOOP = 0x03, IF = 0x04, BLOCK = 0x02, BR = 0x0c, BR_IF = 0x0d, ADD = 0x6a, SUB = 0x6b, nullable = (t) => [0x63, t], exact = (t) => [0x64, t];
// Bytes, node { value, next, bytes }, all kinds of fields, what is below node, nodes.
const T = { bytes: 0, node: 1, fields: 2, below: 3, nodes: 4, none: 5, toInt: 6, toNode: 7, ofNode: 8, ofInts: 9 };
const mut = 1, struct = (...fields) => [0x5f, ...vector(fields)], array = (t) => [0x5e, ...t, mut];
const types = [
  array([0x78]),
  [0x50, 0, ...struct([kI32, mut], [...nullable(T.node), mut], [...nullable(T.bytes), mut])],
  struct([0x78, mut], [0x77, mut], [kI32, mut], [kI64, mut], [kF32, mut], [kF64, mut], [kFuncref, mut], [kAnyref, mut]),
  [0x50, 1, T.node, ...struct([kI32, mut], [...nullable(T.node), mut], [...nullable(T.bytes), mut], [kI32, mut])],
  array(nullable(T.node)),
  type([], []),
  type([kI32], [kI32]),
  type([kI32], [nullable(T.node)]),
  type([nullable(T.node)], [kI32]),
  type([kI32, kI32], [kI32]),
];
const F = Object.fromEntries(['garbage', 'list', 'sum', 'table', 'fields', 'second', 'first', 'held', 'copies', 'small', 'behind', 'absent'].map((name, i) => [name, i]));
const LEAST = 20;
// br_on_cast: which types can be null, label, the types from and to
const branch = (next) => [T.toInt, [], [
  BLOCK, ...exact(T.below), ...get(0), ...call(F.list), ...next, ...gc(24), 1, 0, T.node, T.below, ...gc(2, T.node, 0), 0x0f, kEnd,
  ...gc(2, T.below, 0), ...i32(50), ADD]];
const code = {
  // makes what nobody needs: 1 MB
  garbage: [T.none, [], [0x41, 0x80, 0x80, 0xc0, 0, ...gc(7, T.bytes), 0x1a]],
  // a list of n nodes, made from the last to the first; each second one is of the type below
  list: [T.toNode, [[1, ...nullable(T.node)]], [
    LOOP, VOID, ...get(0), IF, VOID,
    ...get(0), ...i32(1), 0x71, IF, ...nullable(T.node),
    ...get(0), ...get(1), ...get(0), ...i32(3), ...gc(6, T.bytes), ...gc(0, T.node), 0x05,
    ...get(0), ...get(1), ...get(0), ...i32(3), ...gc(6, T.bytes), ...i32(7), ...gc(0, T.below), kEnd, ...set(1),
    ...get(0), ...i32(31), 0x71, 0x45, IF, VOID, ...call(F.garbage), kEnd,
    ...get(0), ...i32(1), SUB, ...set(0), BR, 1, kEnd, kEnd, ...get(1)]],
  // the sum of value and bytes[1], of the lower ones of the extra field, too
  sum: [T.ofNode, [[1, kI32]], [
    BLOCK, VOID, LOOP, VOID, ...get(0), 0xd1, BR_IF, 1,
    ...get(1), ...get(0), ...gc(2, T.node, 0), ADD, ...get(0), ...gc(2, T.node, 2), ...i32(1), ...gc(13, T.bytes), ADD,
    ...get(0), ...gc(20, T.below), IF, kI32, ...get(0), ...gc(22, T.below), ...gc(2, T.below, 3), 0x05, ...i32(0), kEnd, ADD, ...set(1),
    ...get(0), ...gc(2, T.node, 1), ...set(0), BR, 0, kEnd, kEnd, ...get(1)]],
  // an array of lists, filled, read in reverse
  table: [T.toInt, [[1, ...nullable(T.nodes)], [2, kI32]], [
    ...get(0), ...gc(7, T.nodes), ...set(1),
    LOOP, VOID, ...get(1), ...get(2), ...get(2), ...i32(1), ADD, ...call(F.list), ...gc(14, T.nodes), ...call(F.garbage),
    ...get(2), ...i32(1), ADD, ...tee(2), ...get(1), ...gc(15), 0x49, BR_IF, 0, kEnd,
    LOOP, VOID, ...get(3), ...get(1), ...get(2), ...i32(1), SUB, ...tee(2), ...gc(11, T.nodes), ...call(F.sum), ADD, ...set(3),
    ...get(2), BR_IF, 0, kEnd, ...get(3)]],
  // all kinds of fields, written and read
  fields: [T.toInt, [[2, ...nullable(T.fields)]], [
    ...get(0), ...get(0), ...get(0), ...get(0), 0xac, ...get(0), 0xb2, ...get(0), 0xb7, 0xd2, F.sum, ...get(0), ...gc(28), ...gc(0, T.fields), ...set(1),
    ...gc(1, T.fields), ...tee(2), ...get(1), ...gc(2, T.fields, 6), ...gc(5, T.fields, 6), ...call(F.garbage),
    ...get(2), ...get(1), ...gc(2, T.fields, 7), ...gc(5, T.fields, 7),
    ...get(1), ...gc(3, T.fields, 0), ...get(1), ...gc(4, T.fields, 0), ADD, ...get(1), ...gc(3, T.fields, 1), ADD, ...get(1), ...gc(4, T.fields, 1), ADD,
    ...get(1), ...gc(2, T.fields, 2), ADD, ...get(1), ...gc(2, T.fields, 3), 0xa7, ADD, ...get(1), ...gc(2, T.fields, 4), 0xa8, ADD,
    ...get(1), ...gc(2, T.fields, 5), 0xaa, ADD, ...get(2), ...gc(2, T.fields, 7), ...gc(23, 0x6c), ...gc(29), ADD,
    ...get(2), ...gc(2, T.fields, 6), 0xd1, ADD, ...get(2), ...gc(2, T.fields, 2), ADD]],
  // which branch on a cast is taken: of the second node, and of the first
  second: branch(gc(2, T.node, 1)),
  first: branch([]),
  // references on the operand stack, while others are made
  held: [T.toInt, [], [
    ...i32(LEAST), ...call(F.list), ...i32(LEAST), ...call(F.list), ...get(0), ...call(F.list), ...call(F.sum), ...set(0), ...call(F.sum), ...get(0), ADD, ...set(0),
    ...call(F.sum), ...get(0), ADD]],
  // overlapping copies, filling
  copies: [T.toInt, [[1, ...nullable(T.bytes)]], [
    ...i32(1), ...i32(2), ...i32(3), ...i32(4), ...i32(5), ...gc(8, T.bytes, 5), ...set(1),
    ...get(1), ...i32(1), ...get(1), ...i32(0), ...i32(4), ...gc(17, T.bytes, T.bytes),
    ...get(1), ...i32(0), ...get(0), ...i32(1), ...gc(16, T.bytes),
    ...get(1), ...get(0), ...gc(12, T.bytes), ...get(1), ...i32(4), ...gc(13, T.bytes), ...i32(16), 0x6c, ADD]],
  small: [T.toInt, [], [...get(0), ...gc(28), ...gc(29), ...get(0), ...gc(28), ...gc(30), ADD]],
  // from no array to behind the end of another one, and the other way round
  behind: [T.none, [], [...gc(8, T.bytes, 0), ...i32(9), 0xd0, T.bytes, ...i32(0), ...i32(1), ...gc(17, T.bytes, T.bytes)]],
  absent: [T.none, [], [0xd0, T.bytes, ...i32(0), ...gc(8, T.bytes, 0), ...i32(9), ...i32(1), ...gc(17, T.bytes, T.bytes)]],
};
const names = Object.keys(code);
const e = instance({
  types,
  functions: names.map((name) => code[name][0]),
  exports: names.map((name) => [name, 0, F[name]]),
  elements: [[3, 0, ...vector([leb(F.sum)])]],
  code: names.map((name) => [code[name][1], code[name][2]]),
});
const sum = (n) => { let r = 0; for (let i = 1; i <= n; i++) r += i + (i & 255) + (i % 2 ? 0 : 7); return r; };
for (let round = 0; round < 5; round++) {
  for (const n of [1, 2, 40, 900]) same(e.sum(e.list(n)), sum(n), 'list');
  let wanted = 0;
  for (let n = 1; n <= 60; n++) wanted += sum(n);
  same(e.table(60), wanted, 'table');
  for (const n of [5, 200, 40000]) {
    same(e.fields(n), (n << 24 >> 24) + (n & 255) + (n << 16 >> 16) + (n & 65535) + 5 * n, `fields ${n}`);
  }
  same(e.second(2), 52, 'cast');
  same(e.first(2), 1, 'no cast');
  throws(() => e.second(1), WebAssembly.RuntimeError, 'dereferencing a null pointer');
  same(e.held(300), sum(300) + 2 * sum(LEAST), 'held');
  same(e.copies(3), 3 + 16 * 4, 'copies');
  same(e.small(-5), -5 + ((-5 << 1) >>> 1), 'small');
  throws(() => e.sum(undefined), TypeError);
  throws(() => e.behind(), WebAssembly.RuntimeError, 'array element access out of bounds');
  throws(() => e.absent(), WebAssembly.RuntimeError, 'dereferencing a null pointer');
  throws(() => e.copies(5), WebAssembly.RuntimeError, 'array element access out of bounds');
}
