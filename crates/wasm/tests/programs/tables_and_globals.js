// Tables and globals, of functions and of JavaScript values.

{
  const t = new WebAssembly.Table({ element: 'anyfunc', initial: 2, maximum: 4 });
  const e = instance({
    types: [type([], [kI32]), type([kI32], [kI32])],
    imports: [['m', 't', 1, kFuncref, 1, 2, 4]],
    functions: [0, 1],
    exports: [['f', 0, 0], ['call', 0, 1], ['t', 1, 0]],
    elements: [[0, 0x41, 0, kEnd, 1, 0]],
    code: [[[], [0x41, 11]], [[], [0x20, 0, 0x11, 0, 0]]],
  }, { m: { t } });
  same(e.t, t);
  same(t.get(0), e.f);
  same(t.get(1), null);
  same(e.call(0), 11);
  throws(() => e.call(1), WebAssembly.RuntimeError, 'null function or function signature mismatch');
  throws(() => e.call(9), WebAssembly.RuntimeError, 'table index is out of bounds');
  t.set(1, e.f);
  same(e.call(1), 11);
  throws(() => t.set(0, () => 1), TypeError);
  throws(() => t.get(2), RangeError);
  same(t.grow(2, e.f), 2);
  same(t.get(3), e.f);
  throws(() => t.grow(1), RangeError);
}
{
  const t = new WebAssembly.Table({ element: 'externref', initial: 3 }, { first: 1 });
  same(t.get(0), t.get(1));
  for (let i = 0; i < 50; i++) {
    const o = { i };
    t.set(i % 3, o);
    same(t.get(i % 3), o);
  }
  t.set(0, undefined);
  same(t.get(0), undefined);
  t.set(0, null);
  same(t.get(0), null);
  t.set(0, 5);
  same(t.get(0), 5);
  t.set(0, 5.5);
  same(t.get(0), 5.5);
}
{
  const g = new WebAssembly.Global({ value: 'i32', mutable: true }, 4);
  const x = new WebAssembly.Global({ value: 'externref', mutable: true }, 'text');
  const e = instance({
    types: [type([], [])],
    imports: [['m', 'g', 3, kI32, 1], ['m', 'x', 3, kExternref, 1], ['m', 'y', 3, kExternref, 1]],
    functions: [0],
    exports: [['g', 3, 0], ['copy', 0, 0]],
    code: [[[], [0x23, 1, 0x24, 2, 0x23, 0, 0x41, 1, 0x6a, 0x24, 0]]],
  }, { m: { g, x, y: new WebAssembly.Global({ value: 'externref', mutable: true }) } });
  same(e.g, g);
  e.copy();
  same(g.value, 5);
  g.value = '7';
  same(g.valueOf(), 7);
  throws(() => { new WebAssembly.Global({ value: 'i64' }, 1n).value = 2n; }, TypeError);
  same(new WebAssembly.Global({ value: 'i64' }).value, 0n);
  same(new WebAssembly.Global({ value: 'externref' }).value, undefined);
  same(new WebAssembly.Global({ value: 'f32' }, 0.1).value, Math.fround(0.1));
}
