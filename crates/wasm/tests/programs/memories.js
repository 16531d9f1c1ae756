// Buffers are the memory itself; growing detaches them, from either side and in the middle of calls.

{
  const m = new WebAssembly.Memory({ initial: 1, maximum: 3 });
  const b = m.buffer;
  same(m.buffer, b);
  same(b.byteLength, 65536);
  const e = instance({
    types: [type([kI32], [kI32]), type([], [kI32])],
    imports: [['m', 'mem', 2, 1, 1, 3]],
    functions: [0, 1],
    exports: [['load', 0, 0], ['grow', 0, 1], ['mem', 2, 0]],
    code: [[[], [0x20, 0, 0x28, 2, 0]], [[], [0x41, 1, 0x40, 0]]],
  }, { m: { mem: m } });
  same(e.mem, m);
  new Int32Array(b)[3] = 99;
  same(e.load(12), 99);
  same(e.grow(), 1);
  same(b.byteLength, 0);
  same(b.detached, true);
  same(m.buffer.byteLength, 131072);
  same(e.load(12), 99);
  same(m.grow(1), 2);
  throws(() => m.grow(1), RangeError);
  same(e.grow(), -1);
  throws(() => e.load(65536 * 3), WebAssembly.RuntimeError, 'memory access out of bounds');
  throws(() => m.buffer.transfer(), TypeError);
  const before = m.buffer;
  same(m.grow(0), 3);
  same(before.detached, true);
}
{
  // The memory grows while a host function runs.
  let seen;
  const e = instance({
    types: [type([], []), type([], [kI32])],
    imports: [['m', 'f', 0, 0]],
    functions: [1],
    memories: [[0, 1]],
    exports: [['g', 0, 1], ['mem', 2, 0]],
    code: [[[], [0x41, 1, 0x40, 0, 0x1a, 0x10, 0, 0x41, 0, 0x28, 2, 0]]],
  }, { m: { f() { seen = [old.detached, e.mem.buffer.byteLength]; new Int32Array(e.mem.buffer)[0] = 5; e.mem.grow(1); } } });
  const old = e.mem.buffer;
  same(e.g(), 5);
  same(String(seen), 'true,131072');
  same(e.mem.buffer.byteLength, 3 * 65536);
}
{
  const m = new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true });
  const b = m.buffer;
  same(b instanceof SharedArrayBuffer, true);
  same(m.buffer, b);
  same(m.grow(1), 1);
  same(b.byteLength, 65536);
  same(m.buffer === b, false);
  same(m.buffer.byteLength, 131072);
  new Int32Array(b)[0] = 7;
  same(Atomics.load(new Int32Array(m.buffer), 0), 7);
}
{
  const m = new WebAssembly.Memory({ initial: 1n, maximum: 2n, address: 'i64' });
  same(m.grow(1n), 1n);
  throws(() => m.grow(1), TypeError);
  throws(() => new WebAssembly.Memory({ initial: 65537 }), RangeError);
  throws(() => new WebAssembly.Memory({ initial: 2, maximum: 1 }), RangeError);
  throws(() => new WebAssembly.Memory({ initial: 1, shared: true }), TypeError);
}
