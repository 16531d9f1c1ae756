// Calls both ways: numbers, multiple values, identity, recursion through both.

{
  const e = instance({
    types: [type([kI32, kI64, kF32, kF64], [kF64]), type([kI64], [kI64])],
    functions: [0, 1],
    exports: [['sum', 0, 0], ['same64', 0, 1]],
    code: [
      [[], [0x20, 0, 0xb7, 0x20, 1, 0xb9, 0xa0, 0x20, 2, 0xbb, 0xa0, 0x20, 3, 0xa0]],
      [[], [0x20, 0]],
    ],
  });
  same(e.sum(1, 2n, 0.5, 0.25), 3.75);
  same(e.sum('1', '2', true, null), 4);
  same(e.sum(4294967297, -1n, NaN, 0), NaN);
  same(e.same64(2n ** 63n), -(2n ** 63n));
  same(e.same64(-1n), -1n);
  throws(() => e.same64(1), TypeError);
  throws(() => e.sum(1n, 1n, 1, 1), TypeError);
  same(e.sum.name, '0');
  same(e.sum.length, 4);
  same(Object.getPrototypeOf(e), null);
  same(Object.isFrozen(e), true);
  throws(() => new e.sum(), TypeError);
}
{
  const log = [];
  const two = type([kI32], [kI32, kF64]);
  const e = instance({
    types: [two, type([kI32], [kF64, kI32])],
    imports: [['m', 'f', 0, 0]],
    functions: [1],
    exports: [['swap', 0, 1], ['again', 0, 0]],
    code: [[[[1, kI32], [1, kF64]], [0x20, 0, 0x10, 0, 0x21, 2, 0x21, 1, 0x20, 2, 0x20, 1]]],
  }, { m: { f(n) { log.push(n, arguments.length, this); return new Set([n + 1, 0.5]); } } });
  same(String(e.swap(4)), '0.5,5');
  same(log[0], 4);
  same(log[1], 1);
  same(log[2], undefined);
  same(typeof e.again, 'function');
  same(e.again === e.swap, false);
  const short = instance({
    types: [two], imports: [['m', 'f', 0, 0]], functions: [0], exports: [['g', 0, 1]], code: [[[], [0x20, 0, 0x10, 0]]],
  }, { m: { f: (n) => n === 0 ? 5 : [1] } });
  throws(() => short.g(0), TypeError, 'iterable');
  throws(() => short.g(1), TypeError, 'length');
}
{
  // Recursion through JavaScript and WebAssembly ends in a RangeError, and nothing is broken afterwards.
  let depth = 0;
  const e = instance({
    types: [type([], [])], imports: [['m', 'f', 0, 0]], functions: [0], exports: [['g', 0, 1]], code: [[[], [0x10, 0]]],
  }, { m: { f() { depth++; e.g(); } } });
  throws(() => e.g(), RangeError);
  if (depth < 10) fail(`only ${depth} levels`);
  const endless = instance({ types: [type([], [])], functions: [0], exports: [['g', 0, 0]], code: [[[], [0x10, 0]]] });
  throws(() => endless.g(), RangeError);
  throws(() => endless.g(), RangeError);
}
{
  // An exported function imported elsewhere is the same function.
  const a = instance({ types: [type([], [kI32])], functions: [0], exports: [['f', 0, 0]], code: [[[], [0x41, 7]]] });
  const b = instance({ types: [type([], [kI32])], imports: [['m', 'f', 0, 0]], exports: [['f', 0, 0], ['g', 0, 0]] }, { m: a });
  same(b.f, a.f);
  same(b.g, a.f);
  const wrapped = instance({ types: [type([], [kI32])], imports: [['m', 'f', 0, 0]], exports: [['f', 0, 0]] }, { m: { f: () => 3 } });
  same(wrapped.f(), 3);
}
