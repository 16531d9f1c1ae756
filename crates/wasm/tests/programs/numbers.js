// Every instruction on numbers, as the first code of a function and later ones have it, against JavaScript's own arithmetic.

const get = (i) => [0x20, ...leb(i)], sleb = (n) => {
  const out = [];
  for (n = BigInt(n);;) {
    const b = Number(n & 0x7fn);
    n >>= 7n;
    if (n === (b & 0x40 ? -1n : 0n)) return [...out, b];
    out.push(b | 0x80);
  }
};
const VOID = 0x40, IF = 0x04, ELSE = 0x05, BLOCK = 0x02, BR_IF = 0x0d, SELECT = 0x1b, EQZ = 0x45;
const bits = new DataView(new ArrayBuffer(8));
const bytesOf = (n, method, size) => { bits[method](0, n, true); return [...new Uint8Array(bits.buffer, 0, size)]; };
const constant = {
  [kI32]: (n) => [0x41, ...sleb(n)],
  [kI64]: (n) => [0x42, ...sleb(n)],
  [kF32]: (n) => [0x43, ...bytesOf(n, 'setFloat32', 4)],
  [kF64]: (n) => [0x44, ...bytesOf(n, 'setFloat64', 8)],
};
const floats = [0, -0, 1, -1, 0.5, -0.5, 1.5, 2.5, -2.5, 3.75, NaN, Infinity, -Infinity, 2147483647, -2147483648, -2147483649, 4294967295, 4294967296,
                9007199254740993, 2 ** 63, -(2 ** 63), 2 ** 64, 1e-310, 1e300, -0.99];
const values = {
  [kI32]: [0, 1, -1, 2, 3, 7, 31, 32, 33, 100, -100, 0x7fffffff, -0x80000000, 0x12345678, -0x12345678],
  [kI64]: [0n, 1n, -1n, 2n, 31n, 63n, 64n, 65n, -100n, 0x7fffffffffffffffn, -0x8000000000000000n, 0x123456789abcdefn, 0xffffffffn, -0x80000000n],
  [kF32]: floats.map(Math.fround),
  [kF64]: floats,
};
const u32 = (n) => n >>> 0, s64 = (n) => BigInt.asIntN(64, n), u64 = (n) => BigInt.asUintN(64, n);
const trap = Symbol('trap');
const even = (x) => { const r = Math.round(x); return Object.is(x, -0) || (x < 0 && x >= -0.5) ? -0 : Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : r; };
const nearest = (x) => (Number.isFinite(x) && Math.abs(x) < 2 ** 52 ? even(x) : x);
const least = (a, b) => Math.min(a, b), most = (a, b) => Math.max(a, b);
const sign = (x) => Object.is(x, -0) || x < 0 || (Number.isNaN(x) && false);
const whole = (low, high, make) => (x) => (!(x > low && x < high) ? trap : make(Math.trunc(x)));
const saturated = (low, high, make) => (x) => make(Number.isNaN(x) ? 0 : x <= low ? low : x >= high ? high : Math.trunc(x));
const rotl64 = (a, b) => s64(u64(a) << (u64(b) & 63n) | u64(a) >> (64n - (u64(b) & 63n)));

// opcode, types of the parameters, type of the result, what it is
const comparisons = [], operations = [];
const compare = (first, t, list) => list.forEach((f, i) => comparisons.push([first + i, [t, t], kI32, (a, b) => +f(a, b)]));
compare(0x46, kI32, [(a, b) => a === b, (a, b) => a !== b, (a, b) => a < b, (a, b) => u32(a) < u32(b), (a, b) => a > b, (a, b) => u32(a) > u32(b),
                     (a, b) => a <= b, (a, b) => u32(a) <= u32(b), (a, b) => a >= b, (a, b) => u32(a) >= u32(b)]);
compare(0x51, kI64, [(a, b) => a === b, (a, b) => a !== b, (a, b) => a < b, (a, b) => u64(a) < u64(b), (a, b) => a > b, (a, b) => u64(a) > u64(b),
                     (a, b) => a <= b, (a, b) => u64(a) <= u64(b), (a, b) => a >= b, (a, b) => u64(a) >= u64(b)]);
for (const [first, t] of [[0x5b, kF32], [0x61, kF64]]) {
  compare(first, t, [(a, b) => a === b, (a, b) => a !== b, (a, b) => a < b, (a, b) => a > b, (a, b) => a <= b, (a, b) => a >= b]);
}
const ops = (first, params, result, list) => list.forEach((f, i) => f && operations.push([first + i, params, result, f]));
ops(0x67, [kI32], kI32, [Math.clz32, (a) => (a === 0 ? 32 : 31 - Math.clz32(a & -a)), (a) => u32(a).toString(2).replaceAll('0', '').length]);
ops(0x6a, [kI32, kI32], kI32, [
  (a, b) => (a + b) | 0, (a, b) => (a - b) | 0, Math.imul, (a, b) => (b === 0 || (a === -0x80000000 && b === -1) ? trap : (a / b) | 0),
  (a, b) => (b === 0 ? trap : (u32(a) / u32(b)) | 0), (a, b) => (b === 0 ? trap : (a % b) | 0), (a, b) => (b === 0 ? trap : (u32(a) % u32(b)) | 0),
  (a, b) => a & b, (a, b) => a | b, (a, b) => a ^ b, (a, b) => a << b, (a, b) => a >> b, (a, b) => (a >>> b) | 0,
  (a, b) => (a << b) | (b & 31 ? a >>> (32 - (b & 31)) : 0), (a, b) => (a >>> b) | (b & 31 ? a << (32 - (b & 31)) : 0)]);
const clz64 = (a) => BigInt(64 - (a === 0n ? 0 : u64(a).toString(2).length));
ops(0x79, [kI64], kI64, [clz64, (a) => (a === 0n ? 64n : 63n - clz64(a & -a)), (a) => BigInt(u64(a).toString(2).replaceAll('0', '').length)]);
ops(0x7c, [kI64, kI64], kI64, [
  (a, b) => s64(a + b), (a, b) => s64(a - b), (a, b) => s64(a * b), (a, b) => (b === 0n || s64(a / b) !== a / b ? trap : a / b),
  (a, b) => (b === 0n ? trap : s64(u64(a) / u64(b))), (a, b) => (b === 0n ? trap : a % b), (a, b) => (b === 0n ? trap : s64(u64(a) % u64(b))),
  (a, b) => a & b, (a, b) => a | b, (a, b) => a ^ b, (a, b) => s64(a << (u64(b) & 63n)), (a, b) => a >> (u64(b) & 63n),
  (a, b) => s64(u64(a) >> (u64(b) & 63n)), rotl64, (a, b) => rotl64(a, -b)]);
for (const [first, t, round] of [[0x8b, kF32, Math.fround], [0x99, kF64, (x) => x]]) {
  ops(first, [t], t, [Math.abs, (a) => -a, Math.ceil, Math.floor, Math.trunc, nearest, (a) => round(Math.sqrt(a))]);
  ops(first + 7, [t, t], t, [(a, b) => round(a + b), (a, b) => round(a - b), (a, b) => round(a * b), (a, b) => round(a / b), least, most,
                             (a, b) => (Number.isNaN(b) ? Symbol.for('any') : sign(b) ? -Math.abs(a) : Math.abs(a))]);
}
const [S32, U32, S64, U64] = [[-2147483649, 2147483648], [-1, 2 ** 32], [-(2 ** 63) - 1025, 2 ** 63], [-1, 2 ** 64]];
const to32 = (n) => Number(n) | 0, to64 = (n) => s64(BigInt(n));
ops(0xa7, [kI64], kI32, [(a) => Number(BigInt.asIntN(32, a))]);
for (const [i, t] of [[0, kF32], [2, kF64]]) {
  ops(0xa8 + i, [t], kI32, [whole(...S32, to32), whole(...U32, to32)]);
  ops(0xae + i, [t], kI64, [whole(...S64, to64), whole(...U64, to64)]);
}
ops(0xac, [kI32], kI64, [(a) => BigInt(a), (a) => BigInt(u32(a))]);
for (const [first, t, round] of [[0xb2, kF32, Math.fround], [0xb7, kF64, (x) => x]]) {
  ops(first, [kI32], t, [(a) => round(a), (a) => round(u32(a))]);
}
ops(0xb9, [kI64], kF64, [(a) => Number(a), (a) => Number(u64(a))]);
ops(0xb6, [kF64], kF32, [Math.fround]);
ops(0xbb, [kF32], kF64, [(a) => a]);
ops(0xc0, [kI32], kI32, [(a) => (a << 24) >> 24, (a) => (a << 16) >> 16]);
ops(0xc2, [kI64], kI64, [8, 16, 32].map((n) => (a) => BigInt.asIntN(n, a)));
operations.push([0x45, [kI32], kI32, (a) => +(a === 0)], [0x50, [kI64], kI32, (a) => +(a === 0n)]);
for (const [i, t] of [[0, kF32], [2, kF64]]) {
  const clamp = (low, high, make) => saturated(low, high, (n) => make(n));
  operations.push([[0xfc, i], [t], kI32, clamp(-2147483648, 2147483647, to32)], [[0xfc, i + 1], [t], kI32, clamp(0, 4294967295, to32)]);
  const big = (low, high) => (x) => s64(Number.isNaN(x) ? 0n : x <= Number(low) ? low : x >= Number(high) ? high : BigInt(Math.trunc(x)));
  operations.push([[0xfc, i + 4], [t], kI64, big(-(2n ** 63n), 2n ** 63n - 1n)], [[0xfc, i + 5], [t], kI64, big(0n, 2n ** 64n - 1n)]);
}

// Each operation with locals, and with a constant on one side.
const parts = { types: [], functions: [], exports: [], code: [] };
const tests = [];
function add(params, result, body, what) {
  parts.types.push(type(params, [result]));
  parts.functions.push(parts.types.length - 1);
  parts.exports.push([String(tests.length), 0, tests.length]);
  parts.code.push([[], body]);
  tests.push({ params, what });
}
const one = { [kI32]: 1, [kI64]: 1n, [kF32]: 1, [kF64]: 1 };
for (const [op, params, result, f] of [...operations, ...comparisons]) {
  add(params, result, [...params.flatMap((_, i) => get(i)), ...[op].flat()], f);
  if (params.length === 2) {
    const [t, c] = [params[0], values[params[0]][9]];
    add([t], result, [...get(0), ...constant[t](c), ...[op].flat()], (a) => f(a, c));
    add([t], result, [...constant[t](c), ...get(0), ...[op].flat()], (a) => f(c, a));
    add([t], result, [...get(0), ...constant[t](one[t]), ...[op].flat()], (a) => f(a, one[t]));
  }
}
// Comparisons where they are conditions.
for (const [op, params, , f] of comparisons) {
  const test = [...get(0), ...get(1), op];
  add(params, kI32, [...test, IF, kI32, 0x41, 5, ELSE, 0x41, 6, kEnd], (a, b) => (f(a, b) ? 5 : 6));
  add(params, kI32, [...test, EQZ, IF, kI32, 0x41, 5, ELSE, 0x41, 6, kEnd], (a, b) => (f(a, b) ? 6 : 5));
  add(params, kI32, [BLOCK, kI32, 0x41, 7, ...test, BR_IF, 0, 0x1a, 0x41, 8, kEnd], (a, b) => (f(a, b) ? 7 : 8));
  add(params, kI32, [0x41, 9, 0x41, 10, ...test, SELECT], (a, b) => (f(a, b) ? 9 : 10));
  add(params, params[0], [...get(0), ...get(1), ...test, SELECT], (a, b) => (f(a, b) ? a : b));
  add(params, kI32, [0x41, 20, ...test, 0x6a], (a, b) => 20 + f(a, b));
}
const e = instance(parts);
for (let round = 0; round < 4; round++) {
  tests.forEach(({ params, what }, i) => {
    const f = e[i];
    for (const a of values[params[0]]) {
      for (const b of params.length === 2 ? values[params[1]] : [undefined]) {
        const wanted = what(a, b);
        let found;
        try {
          found = f(a, b);
        } catch (error) {
          if (!(error instanceof WebAssembly.RuntimeError)) throw error;
          found = trap;
        }
        if (wanted !== Symbol.for('any') && !Object.is(found, wanted)) {
          fail(`function ${i} of ${String(a)}, ${String(b)}: ${String(found)} instead of ${String(wanted)}`);
        }
      }
    }
  });
}

// More values than there are registers, and arguments than there are registers for them.
const many = 40, types = [kI32, kI64, kF32, kF64], mixed = Array.from({ length: many }, (_, i) => types[i % 4]);
const to64bit = { [kI32]: [0xac], [kI64]: [], [kF32]: [0xae], [kF64]: [0xb0] };
const sum = mixed.flatMap((t, i) => [...get(i), ...to64bit[t]]).concat(Array(many - 1).fill(0x7c));
const args = mixed.map((t, i) => (t === kI64 ? BigInt(i * i) : i * i));
const deep = instance({
  types: [type(mixed, [kI64]), type([kI64, kF64, kI32], [kF64, kI64, kI32, kF32]), type([kI64, kF64, kI32], [kI64])],
  functions: [0, 0, 1, 2],
  exports: [['sum', 0, 0], ['pass', 0, 1], ['swap', 0, 2], ['swapped', 0, 3]],
  code: [
    [[], sum],
    // what is below the arguments lies in registers, too
    [[], [...get(1), ...get(1), 0x7c, ...mixed.flatMap((_, i) => get(i)), 0x10, 0, 0x7c]],
    [[], [...get(1), ...get(0), ...get(2), ...get(1), 0xb6]],
    [[], [...get(0), ...get(1), ...get(2), 0x10, 2, 0xae, 0x21, 0, 0xac, 0x7c, 0x21, 3, 0xb0, ...get(3), 0x7c, ...get(0), 0x7c]],
  ].map(([l, b], i) => [i === 3 ? [[1, kI64]] : l, b]),
});
const total = args.reduce((n, a) => n + BigInt(a), 0n);
for (let i = 0; i < 100; i++) {
  same(deep.sum(...args), total, 'sum');
  same(deep.pass(...args), total + 2n * args[1], 'pass');
  same(deep.swap(5n, 2.5, 7).map(String).join(), '2.5,5,7,2.5', 'swap');
  same(deep.swapped(5n, 20, 7), 20n + 12n + 20n, 'swapped');
}

// Memories: accesses of all widths, at the end and behind it, with large offsets.
const access = (op, align, offset) => [op, ...leb(align), ...leb(offset)];
const loads = [[0x28, kI32, 4], [0x29, kI64, 8], [0x2a, kF32, 4], [0x2b, kF64, 8], [0x2c, kI32, 1], [0x2d, kI32, 1], [0x2e, kI32, 2], [0x2f, kI32, 2],
               [0x30, kI64, 1], [0x31, kI64, 1], [0x32, kI64, 2], [0x33, kI64, 2], [0x34, kI64, 4], [0x35, kI64, 4]];
const stores = [[0x36, kI32, 4], [0x37, kI64, 8], [0x38, kF32, 4], [0x39, kF64, 8], [0x3a, kI32, 1], [0x3b, kI32, 2], [0x3c, kI64, 1], [0x3d, kI64, 2], [0x3e, kI64, 4]];
const m = { types: [], functions: [], exports: [['memory', 2, 0]], code: [], memories: [[0, 1]] };
const define = (name, params, results, body) => {
  m.types.push(type(params, results));
  m.functions.push(m.types.length - 1);
  m.exports.push([name, 0, m.code.length]);
  m.code.push([[], body]);
};
for (const [op, t] of loads) {
  define(`load${op}`, [kI32], [t], [...get(0), ...access(op, 0, 0)]);
  define(`far${op}`, [kI32], [t], [...get(0), ...access(op, 0, 65000)]);
  define(`fixed${op}`, [], [t], [0x41, 8, ...access(op, 0, 8)]);
}
for (const [op, t] of stores) define(`store${op}`, [kI32, t], [], [...get(0), ...get(1), ...access(op, 0, 0)]);
define('fill', [kI32, kI32, kI32], [], [...get(0), ...get(1), ...get(2), 0xfc, 11, 0]);
define('copy', [kI32, kI32, kI32], [], [...get(0), ...get(1), ...get(2), 0xfc, 10, 0, 0]);
define('grow', [kI32], [kI32], [...get(0), 0x40, 0, 0x3f, 0, 0x41, 8, 0x74, 0x72]);
const memory = instance(m), view = new DataView(memory.memory.buffer);
const read = { 0x28: 'getInt32', 0x29: 'getBigInt64', 0x2a: 'getFloat32', 0x2b: 'getFloat64', 0x2c: 'getInt8', 0x2d: 'getUint8', 0x2e: 'getInt16', 0x2f: 'getUint16',
               0x30: 'getInt8', 0x31: 'getUint8', 0x32: 'getInt16', 0x33: 'getUint16', 0x34: 'getInt32', 0x35: 'getUint32' };
for (let i = 0; i < 65536; i++) view.setUint8(i, (i * 37 + (i >> 8)) & 0xff);
const wide = (t, n) => (t === kI64 ? BigInt(n) : n);
for (let round = 0; round < 60; round++) {
  for (const [op, t, size] of loads) {
    for (const at of [0, 1, 77, 65536 - size]) same(memory[`load${op}`](at), wide(t, view[read[op]](at, true)), `load ${op}`);
    for (const at of [65536 - size + 1, 65536, -1]) throws(() => memory[`load${op}`](at), WebAssembly.RuntimeError, 'memory access out of bounds');
    same(memory[`far${op}`](100), wide(t, view[read[op]](65100, true)), `far ${op}`);
    throws(() => memory[`far${op}`](600), WebAssembly.RuntimeError, 'memory access out of bounds');
    same(memory[`fixed${op}`](), wide(t, view[read[op]](16, true)), `fixed ${op}`);
  }
  for (const [op, t, size] of stores) {
    view.setBigInt64(64, -1n, true);
    memory[`store${op}`](64, wide(t, 0));
    same(view.getBigUint64(64, true), size === 8 ? 0n : 2n ** 64n - 2n ** BigInt(8 * size), `store ${op}`);
    throws(() => memory[`store${op}`](65536 - size + 1, wide(t, 0)), WebAssembly.RuntimeError, 'memory access out of bounds');
  }
  memory.fill(1000, 0x1ab, 5);
  memory.copy(1002, 1000, 4);
  same([998, 999, 1000, 1004, 1005, 1006].map((i) => view.getUint8(i)).join(), [998, 999].map((i) => view.getUint8(i)).join() + ',171,171,171,' + view.getUint8(1006), 'fill');
  throws(() => memory.fill(65535, 0, 2), WebAssembly.RuntimeError);
  throws(() => memory.copy(0, 65535, 2), WebAssembly.RuntimeError);
  throws(() => memory.copy(65535, 0, 2), WebAssembly.RuntimeError);
}
same(memory.grow(1), 1 | 2 << 8, 'grow');
