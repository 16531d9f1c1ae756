// Calls of WebAssembly by machine code: every loop is one function that calls from one place, so that it comes to be compiled.

const parts = {
  types: [type([kI32, kI32], [kI32]), type([kF64], [kF64]), type([kF32], [kF32]), type([], []), type([kI32, kF64, kF32, kI32], [kF64])],
  imports: [['m', 'f', 0, 0], ['m', 'g', 0, 1]],
  functions: [0, 1, 2, 3, 4, 0, 1, 0, 0, 3],
  memories: [[0, 1]],
  exports: [['sub', 0, 2], ['double', 0, 3], ['float', 0, 4], ['nothing', 0, 5], ['mixed', 0, 6], ['call', 0, 7],
            ['callDouble', 0, 8], ['divide', 0, 9], ['grow', 0, 10], ['trap', 0, 11], ['memory', 2, 0]],
  code: [
    [[], [0x20, 0, 0x20, 1, 0x6b]],
    [[], [0x20, 0, 0x20, 0, 0xa0]],
    [[], [0x20, 0]],
    [[], []],
    [[], [0x20, 0, 0xb7, 0x20, 1, 0xa0, 0x20, 2, 0xbb, 0xa0, 0x20, 3, 0xb7, 0xa0]],
    [[], [0x20, 0, 0x20, 1, 0x10, 0]],
    [[], [0x20, 0, 0x10, 1]],
    [[], [0x20, 0, 0x20, 1, 0x6d]],
    [[], [0x20, 0, 0x40, 0]],
    [[], [0x00]],
  ],
};
let f = (a, b) => a + b;
let g = (x) => x / 2;
const module = new WebAssembly.Module(assemble(parts));
const make = () => new WebAssembly.Instance(module, { m: { f: (a, b) => f(a, b), g: (x) => g(x) } }).exports;
const e = make();
const MANY = 4000;

// Arguments of all sorts at one place, one after the other, and back.
function sub(a, b) { return e.sub(a, b); }
for (let round = 0; round < 3; round++) {
  for (let i = 0; i < MANY; i++) same(sub(i, 1), i - 1);
  for (let i = 0; i < MANY; i++) same(sub(i + 0.75, 1), i - 1);
  for (let i = 0; i < 50; i++) {
    same(sub(4294967295 - i, 0), -1 - i);
    same(sub(2 ** 53, -1), 1);
    same(sub(undefined, i), -i | 0);
    same(sub(true, null), 1);
    same(sub(NaN, Infinity), 0);
    same(sub('17', { valueOf: () => 7 }), 10);
    throws(() => sub(1n, 0), TypeError);
    throws(() => sub({ valueOf() { throw new SyntaxError('no'); } }, 0), SyntaxError);
  }
}
function few(i) { return e.sub(i); }
function many(i) { return e.sub(i, 1, 2, 3); }
for (let i = 0; i < MANY; i++) same(few(i), i);
for (let i = 0; i < MANY; i++) same(many(i), i - 1);
function twice(x) { return e.double(x); }
for (let i = 0; i < MANY; i++) same(twice(i / 2), i);
for (const x of [-0, NaN, Infinity, 1e308, 5e-324]) for (let i = 0; i < 20; i++) same(twice(x), x + x);
same(twice('4'), 8);
same(twice(), NaN);
function round(x) { return e.float(x); }
for (let i = 0; i < MANY; i++) same(round(i + 0.1), Math.fround(i + 0.1));
same(round(NaN), NaN);
same(round(-0), -0);
function nothing(i) { return e.nothing(i); }
for (let i = 0; i < MANY; i++) same(nothing(i), undefined);
function mixed(a, b, c, d) { return e.mixed(a, b, c, d); }
for (let i = 0; i < MANY; i++) same(mixed(i, 0.5, 0.25, -i), 0.75);
same(mixed(1), NaN);

// Words of an address are no numbers of JavaScript.
const bits = new Uint32Array([1, 0xfff80000]);
const odd = new Float64Array(bits.buffer);
for (let i = 0; i < MANY; i++) same(twice(odd[0]), NaN);

// What WebAssembly calls, and what that calls, throws, and allocates.
function call(a, b) { return e.call(a, b); }
for (let i = 0; i < MANY; i++) same(call(i, 2), i + 2);
f = (a, b) => a === 0 ? b : call(a - 1, b + 1);
for (let i = 0; i < MANY; i++) same(call(5, i), i + 5);
f = (a, b) => [{ a }, { b }][1].b;
for (let i = 0; i < MANY / 10; i++) { const kept = { i }; same(call(1, i), i); same(kept.i, i); }
const thrown = { thrown: true };
f = () => { throw thrown; };
function caught(i) { try { return e.call(i, i); } catch (x) { return x; } }
for (let i = 0; i < MANY; i++) same(caught(i), thrown);
function trapped() { try { e.trap(); } catch (x) { return x; } }
for (let i = 0; i < MANY / 10; i++) if (!(trapped() instanceof WebAssembly.RuntimeError)) fail('no trap');
f = () => { if (!(trapped() instanceof WebAssembly.RuntimeError)) fail('no trap'); return 3; };
for (let i = 0; i < MANY / 10; i++) same(call(1, 2), 3);
function divide(a, b) { return e.divide(a, b); }
for (let i = 1; i < MANY; i++) same(divide(i * 3, i), 3);
for (let i = 0; i < 30; i++) throws(() => divide(1, 0), WebAssembly.RuntimeError, 'divide by zero');
for (let i = 1; i < MANY; i++) same(divide(i * 3, i), 3);
f = (a, b) => `${a + b}`;
for (let i = 0; i < MANY; i++) same(call(i, 2), i + 2);
function half(x) { return e.callDouble(x); }
for (let i = 0; i < MANY; i++) same(half(i), i / 2);
g = (x) => ({ valueOf: () => x });
for (let i = 0; i < MANY / 10; i++) same(half(i), i);
g = () => 1n;
for (let i = 0; i < 30; i++) throws(() => half(1), TypeError);

// Recursion through both ends.
f = (a, b) => call(a, b);
for (let i = 0; i < 3; i++) throws(() => call(1, 2), RangeError);
f = (a, b) => a + b;
same(call(1, 2), 3);

// Errors say where.
function where() { e.trap(); }
for (let i = 0; i < MANY / 10; i++) throws(where, WebAssembly.RuntimeError, 'unreachable');
const lines = throws(where, WebAssembly.RuntimeError).stack.split('\n');
if (!lines[1].includes('wasm-function[11]') || !lines.some((l) => l.includes('at where '))) fail(lines.join('\n'));

// Memory that grows under machine code that reads it.
function grow(i) {
  const before = e.memory.buffer;
  const pages = e.grow(i % 400 === 0 ? 1 : 0, 0);
  same(e.memory.buffer.byteLength, (pages + (i % 400 === 0 ? 1 : 0)) * 65536);
  if (i % 400 === 0) same(before.byteLength, 0);
}
for (let i = 0; i < MANY; i++) grow(i);

// Several instances at one place, and instances of stores of their own.
const others = Array.from({ length: 20 }, make);
function of(exports, i) { return exports.sub(i, 1); }
for (let i = 0; i < MANY; i++) same(of(others[i % 3], i), i - 1);
for (let i = 0; i < MANY; i++) same(of(others[19 - i % 20], i), i - 1);
const closures = others.map((o) => (i) => o.sub(i, 1));
for (const closure of closures.slice(-4)) for (let i = 0; i < MANY; i++) same(closure(i), i - 1);
for (let i = 0; i < MANY; i++) same(closures[i % 20](i), i - 1);
