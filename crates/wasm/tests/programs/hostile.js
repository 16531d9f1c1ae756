// What is not a module, and what does not fit.

const C = WebAssembly.CompileError;
throws(() => new WebAssembly.Module(new Uint8Array([])), C, 'BufferSource argument is empty');
throws(() => new WebAssembly.Module(new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8])), C, 'expected magic word');
throws(() => new WebAssembly.Module(5), TypeError);
throws(() => WebAssembly.Module(new Uint8Array([])), TypeError);

// Every cut and many changes of a module: an error or a module, nothing else.
const good = assemble({
  types: [type([kI32], [kI32])], imports: [['m', 'f', 0, 0]], functions: [0], tables: [[kFuncref, 0, 1]], memories: [[0, 1]],
  globals: [[kI32, 1, 0x41, 0, kEnd]], exports: [['g', 0, 1], ['mem', 2, 0], ['t', 1, 0], ['v', 3, 0]],
  elements: [[0, 0x41, 0, kEnd, 1, 1]], code: [[[], [0x20, 0, 0x10, 0]]], data: [[0, 0x41, 0, kEnd, 2, 1, 2]],
});
for (let n = 0; n < good.length; n++) {
  same(typeof WebAssembly.validate(good.slice(0, n)), 'boolean', `cut at ${n}`);
  const changed = good.slice();
  changed[n] ^= 1 << (n % 8);
  let m;
  try {
    m = new WebAssembly.Module(changed);
  } catch (e) {
    same(e instanceof C, true, `${e}`);
    continue;
  }
  try {
    new WebAssembly.Instance(m, { m: { f: (x) => x } });
  } catch (e) {
    const expected = e instanceof WebAssembly.LinkError || e instanceof WebAssembly.RuntimeError || e instanceof TypeError ||
      e instanceof RangeError;
    same(expected, true, `${e}`);
  }
}

const m = new WebAssembly.Module(good);
throws(() => new WebAssembly.Instance(m), TypeError);
throws(() => new WebAssembly.Instance(m, {}), TypeError);
throws(() => new WebAssembly.Instance(m, { m: {} }), WebAssembly.LinkError);
throws(() => new WebAssembly.Instance(m, { get m() { throw new RangeError('mine'); } }), RangeError, 'mine');
throws(() => new WebAssembly.Instance({}), TypeError);
throws(() => WebAssembly.Memory.prototype.grow.call({}, 1), TypeError);
throws(() => WebAssembly.Module.exports({}), TypeError);
throws(() => instance({ memories: [[0, 1]], data: [[0, 0x41, 0xff, 0xff, 3, kEnd, 2, 1, 1]] }), WebAssembly.RuntimeError);
same(new WebAssembly.RuntimeError('x', { cause: 1 }).cause, 1);
same(new WebAssembly.LinkError('x') instanceof Error, true);
same(String(WebAssembly), '[object WebAssembly]');
