// Where there are many instances of a module, each stands alone and dies; what is left of them works, and can be linked.

// Gives its argument to the import, stores it at 0 and returns it.
const module = new WebAssembly.Module(assemble({
  types: [type([kI32], [kI32]), type([kI32], [])],
  imports: [['m', 'f', 0, 1]],
  functions: [0],
  memories: [[0, 1]],
  exports: [['g', 0, 1], ['m', 2, 0]],
  code: [[[], [0x20, 0, 0x10, 0, 0x41, 0, 0x20, 0, 0x36, 2, 0, 0x20, 0]]],
}));
// g(5) and what is at 0 then, added.
const user = new WebAssembly.Module(assemble({
  types: [type([kI32], [kI32]), type([], [kI32])],
  imports: [['m', 'g', 0, 0], ['m', 'm', 2, 0, 1]],
  functions: [1],
  exports: [['h', 0, 1], ['g', 0, 0]],
  code: [[[], [0x41, 5, 0x10, 0, 0x41, 0, 0x28, 2, 0, 0x6a]]],
}));
const make = (f) => new WebAssembly.Instance(module, { m: { f } }).exports;
const use = (g, m) => new WebAssembly.Instance(user, { m: { g, m } }).exports;

let sum = 0;
const views = [];
const functions = [];
for (let i = 0; i < 40; i++) {
  const e = make((x) => { sum += x; });
  same(e.g(i), i);
  if (i % 8 === 0) views.push(new Int32Array(e.m.buffer));
  if (i % 8 === 1) functions.push(e.g);
  if (i > 32) same(use(e.g, e.m).h(), 10);
}
same(sum, 40 * 39 / 2 + 7 * 5);
views.forEach((view, i) => same(view[0], i * 8));
functions.forEach((f, i) => same(f(i), i));

const a = make(() => {}), b = make(() => {});
const before = a.m.buffer;
same(a.m.grow(1), 1);
same(before.byteLength, 0);
same(a.m.buffer.byteLength, 131072);
// Functions can be called from an instance elsewhere, and are the same objects there.
const mixed = use(b.g, a.m);
same(mixed.h(), 5);
same(mixed.g, b.g);
throws(() => make(() => { throw new RangeError('thrown'); }).g(1), RangeError, 'thrown');
// Only memories, tables and mutable globals cannot come from two such instances.
const two = new WebAssembly.Module(assemble({
  types: [],
  imports: [['m', 'a', 2, 0, 1], ['m', 'b', 2, 0, 1]],
}));
throws(() => new WebAssembly.Instance(two, { m: { a: a.m, b: b.m } }), WebAssembly.LinkError);
