// Functions call each other while they are compiled by one compiler and then by another: arguments in registers and on the stack,
// several results, calls through tables and of imports, what lives across calls.

const get = (i) => [0x20, ...leb(i)], set = (i) => [0x21, ...leb(i)], call = (f) => [0x10, ...leb(f)];
const i32 = (n) => [0x41, ...leb(n)], f64 = (x) => [0x44, ...new Uint8Array(new Float64Array([x]).buffer)];
const ADD = 0x6a, SUB = 0x6b, TO_F64 = 0xb7, F64_ADD = 0xa0, F64_MUL = 0xa2;

const MANY = [...Array(8).fill(kI32), ...Array(9).fill(kF64), kI64];
const toF64 = { [kI32]: [TO_F64], [kF64]: [], [kI64]: [0xb9] };
const fromI32 = { [kI32]: [], [kF64]: [TO_F64], [kI64]: [0xac] };
/** Arguments `n + 0`, `n + 1`, … of `many`, where `n` is a local. */
const args = (n) => MANY.flatMap((t, k) => [...get(n), ...i32(k), ADD, ...fromI32[t]]);
const expected = (n) => MANY.reduce((sum, _, k) => sum + (k + 1) * (n + k), 0);

const VECTORS = 11;
const T = { many: 0, one: 1, toF64: 2, two: 3, six: 4, vectors: 5, none: 6 };
const F = { six: 0, import: 1, many: 2, direct: 3, loop: 4, two: 5, sums: 6, indirect: 7, plain: 8, imports: 9, vectors: 10,
            vector: 11, trap: 12, middle: 13, deep: 14, double: 15, fib: 16 };
const parts = {
  types: [type(MANY, [kF64]), type([kI32], [kI32]), type([kI32], [kF64]), type([kI32], [kI32, kI32]),
          type(Array(6).fill(kI32), [kI32]), type(Array(VECTORS).fill(kV128), [kI32]), type([], [])],
  imports: [['m', 'six', 0, T.six], ['m', 'one', 0, T.one]],
  functions: [T.many, T.toF64, T.toF64, T.two, T.one, T.toF64, T.one, T.one, T.vectors, T.one, T.none, T.none, T.one, T.one, T.one],
  tables: [[kFuncref, 0, 2]],
  elements: [[0, ...i32(0), kEnd, ...vector([leb(F.many), leb(F.double)])]],
  exports: Object.entries(F).map(([name, index]) => [name, 0, index]),
  code: [
    // many: the sum of all, each times its place
    [[], [...f64(0), ...MANY.flatMap((t, k) => [...get(k), ...toF64[t], ...f64(k + 1), F64_MUL, F64_ADD])]],
    // direct
    [[], [...args(0), ...call(F.many)]],
    // loop: the sum of many(n), many(n - 1), … many(1), with things that live meanwhile
    [[[3, kF64]], [0x03, 0x40, ...get(2), ...f64(1), F64_ADD, ...set(2), ...args(0), ...call(F.many), ...get(1), F64_ADD, ...set(1),
                   ...get(3), ...f64(2), F64_ADD, ...set(3), ...get(0), ...i32(1), SUB, 0x22, 0, 0x0d, 0, kEnd,
                   ...get(1), ...get(2), F64_ADD, ...get(3), F64_ADD]],
    // two: n + 1, n + 2
    [[], [...get(0), ...i32(1), ADD, ...get(0), ...i32(2), ADD]],
    // sums
    [[], [...get(0), ...call(F.two), ADD]],
    // indirect
    [[], [...args(0), ...i32(0), 0x11, T.many, 0]],
    // plain: double(n) + n through the table
    [[], [...get(0), ...i32(1), 0x11, T.one, 0, ...get(0), ADD]],
    // imports
    [[], [...Array(6).fill(0).flatMap((_, k) => [...get(0), ...i32(k), ADD]), ...call(F.six), ...get(0), ...call(F.import), ADD]],
    // vectors: the sum of the second lanes
    [[], [...i32(0), ...Array(VECTORS).fill(0).flatMap((_, k) => [...get(k), 0xfd, 0x1b, 1, ADD])]],
    // vector
    [[], [...Array(VECTORS).fill(0).flatMap((_, k) => [...get(0), ...i32(k), ADD, 0xfd, 0x11]), ...call(F.vectors)]],
    [[], [0x00]],
    [[], call(F.trap)],
    [[], [...get(0), ...call(F.deep)]],
    [[], [...get(0), ...get(0), ADD]],
    // fib
    [[], [...get(0), ...i32(2), 0x48, 0x04, kI32, ...get(0), 0x05, ...get(0), ...i32(1), SUB, ...call(F.fib),
          ...get(0), ...i32(2), SUB, ...call(F.fib), ADD, kEnd]],
  ],
};
const e = instance(parts, { m: { six: (...list) => list.reduce((a, b) => a + b, 0), one: (n) => n + 1 } });
const all = (n) => MANY.map((t, k) => (t === kI64 ? BigInt(n + k) : n + k));

function round(n) {
  same(e.direct(n), expected(n), 'direct');
  same(e.many(...all(n)), expected(n), 'many');
  let sum = 0;
  for (let i = n; i > 0; i--) sum += expected(i) + 3;
  same(e.loop(n), sum, 'loop');
  same(e.two(n).join(), `${n + 1},${n + 2}`, 'two');
  same(e.sums(n), 2 * n + 3, 'sums');
  same(e.indirect(n), expected(n), 'indirect');
  same(e.plain(n), 3 * n, 'plain');
  same(e.imports(n), 6 * n + 15 + n + 1, 'imports');
  same(e.vector(n), VECTORS * n + 55, 'vector');
}
for (let n = 1; n <= 100; n++) round(n);
same(e.fib(15), 610, 'fib');
for (let i = 0; i < 50; i++) {
  const { stack } = throws(() => e.middle(), WebAssembly.RuntimeError, 'unreachable');
  same(stack.match(/wasm-function\[\d+\]/g).join(), `wasm-function[${F.trap}],wasm-function[${F.middle}]`);
  throws(() => e.deep(i), RangeError);
}
round(7);
