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

// Failures lose all registers: of the function that calls, whoever handles them, and of none of its callers.
function local(n) {
  let sum = 0, x = 0.5;
  for (let i = 0; i < n; i++) {
    const y = x + i;
    try { sum += e.divide(i, i % 7); } catch (error) { sum -= i + y - x; }
    x += 0.25;
  }
  return [sum, x].join();
}
const expected = local(MANY);
for (let i = 0; i < 5; i++) same(local(MANY), expected);
function inner(i) { return e.divide(i, i % 7); }
function outer(n) {
  let sum = 0, x = 0.5, text = 'a';
  const object = { n: 1 };
  for (let i = 0; i < n; i++) {
    const y = x + i;
    try { sum += inner(i); } catch (error) { sum -= i + y - x; text = `${text.length}`; object.n++; }
    x += 0.25;
  }
  return [sum, x].join();
}
for (let i = 0; i < 5; i++) same(outer(MANY), expected);
function* steps(n) { for (let i = 0; i < n; i++) yield e.divide(i, i - 100); }
for (let round = 0; round < 30; round++) {
  let sum = 0;
  throws(() => { for (const v of steps(200)) sum += v; }, WebAssembly.RuntimeError, 'divide by zero');
  same(sum, expectedSteps());
}
function expectedSteps() { let sum = 0; for (let i = 0; i < 100; i++) sum += i / (i - 100) | 0; return sum; }
let rejected = 0;
async function later(n) { for (let i = 0; i < n; i++) e.divide(i, i - 100); }
for (let round = 0; round < 30; round++) later(200).catch((error) => { if (error instanceof WebAssembly.RuntimeError) rejected++; });
Promise.resolve().then(() => {}).then(() => {}).then(() => same(rejected, 30));

// Arguments on the stack of machine code.
const long = new WebAssembly.Instance(new WebAssembly.Module(assemble({
  types: [type([kI32, kI32, kI32, kI32, kI32, kI32, kI32, kI32], [kI32]), type([kF32, kI32, kI32, kI32, kI32, kI32, kI32, kF64], [kF32])],
  functions: [0, 1],
  exports: [['integers', 0, 0], ['floats', 0, 1]],
  code: [
    [[], [0x20, 0, 0x20, 1, 0x6b, 0x20, 5, 0x6b, 0x20, 6, 0x6b, 0x20, 7, 0x6d]],
    [[], [0x20, 0, 0x20, 6, 0xb2, 0x92, 0x20, 7, 0xb6, 0x92]],
  ],
}))).exports;
function integers(n) {
  let sum = 0, failed = 0;
  for (let i = 0; i < n; i++) {
    try { sum += long.integers(i, 1, 2, 3, 4, 5, 6, i % 5); } catch { failed++; }
  }
  return [sum, failed].join();
}
function expectedIntegers(n) {
  let sum = 0;
  for (let i = 0; i < n; i++) if (i % 5) sum += (i - 12) / (i % 5) | 0;
  return [sum, n / 5].join();
}
for (let i = 0; i < 5; i++) same(integers(MANY), expectedIntegers(MANY));
function floats(i) { return long.floats(0.5, 1, 2, 3, 4, 5, i, 0.25); }
for (let i = 0; i < MANY; i++) same(floats(i), i + 0.75);

// A function that is walked in place, again and again, with other calls between that use the same part of the stack.
const deep = (n) => n === 0 ? [] : [deep(n - 1)];
const slow = { get value() { return deep(3).length; } };
f = (a, b) => { if (a % 300 === 299) throw new Error(`at ${a}`); return a + deep(a % 3).length + b; };
function loop(n, other) {
  const wrapped = (i) => e.call(i, 1);
  let text = '', sum = 0;
  for (let i = 0; i < n; i++) {
    try {
      sum += wrapped(i);
    } catch (error) {
      text += error.stack.split('\n').slice(0, 5).map((l) => l.replace(/\(.*/, '')).join('|');
    }
    if (other && i % 2) sum += slow.value + deep(2).length;
  }
  return `${text} ${sum}`;
}
for (const other of [false, true]) {
  const first = loop(600, other);
  if (!/^Error: at 299\|.*\bf .*\bwrapped .*\bloop .*Error: at 599\|.*\bwrapped .*\bloop /.test(first)) fail(first);
  for (let i = 0; i < 5; i++) same(loop(600, other), first);
}
function bare(n) { const wrapped = (i) => e.call(i, 1); let sum = 0; for (let i = 0; i < n; i++) sum += wrapped(i); return sum; }
f = (a, b) => a + b;
for (let i = 0; i < 5; i++) same(bare(MANY), MANY * (MANY + 1) / 2);
f = (a, b) => { const list = deep(20); if (a === 100) { where(); } return a + list.length; };
for (let i = 0; i < 5; i++) {
  const lines = throws(() => bare(MANY), WebAssembly.RuntimeError).stack;
  if (!/wasm-function\[11\][^]*at where [^]*at f [^]*at wrapped [^]*at bare /.test(lines)) fail(lines);
}

// Loops that write where they call from before they begin. Between two of their calls, and in what they call, others call from elsewhere, fail, let
// other stores rest and make memories grow.
const plain = { x: 1 };
const busy = { get x() { return elsewhere(); } };
function doubles(n) { let sum = 0; for (let i = 0; i < n; i++) sum += e.double(i); return sum; }
function elsewhere() {
  same(doubles(20), 380);
  if (!(trapped() instanceof WebAssembly.RuntimeError)) fail('no trap');
  for (let i = 0; i < 30; i++) same(others[19].sub(i, 1), i - 1);
  return 1;
}
let failsAt = -1, fails = where;
f = (a, b) => {
  if (a === failsAt) fails();
  if (a % 97 === 96) same(doubles(20), 380);
  if (a % 131 === 130 && !(trapped() instanceof WebAssembly.RuntimeError)) fail('no trap');
  if (a % 401 === 400) e.memory.grow(1);
  if (a % 307 === 306) same(e.call(1, 2), 3);
  return a + b;
};
function steady(n, at) { let sum = 0; for (let i = 0; i < n; i++) sum += e.call(i, at.x); return sum; }
function steadily(n, at) { let sum = 0, x = n / 2; try { sum = steady(n, at); } catch (error) { return [error, x]; } return sum + x; }
for (let round = 0; round < 4; round++) {
  same(steadily(MANY, plain), MANY * (MANY + 1) / 2 + MANY / 2);
  for (const n of [20, 98, 132, 402, 700]) {
    for (const at of [plain, busy]) {
      failsAt = -1;
      same(steadily(n, at), n * (n + 1) / 2 + n / 2);
      failsAt = n - 1;
      fails = where;
      const [trap, x] = steadily(n, at);
      if (!(trap instanceof WebAssembly.RuntimeError && /wasm-function\[11\][^]*at where [^]*at f [^]*at steady [^]*at steadily /.test(trap.stack))) fail(trap);
      same(x, n / 2);
      fails = () => { throw thrown; };
      same(steadily(n, at)[0], thrown);
    }
  }
  failsAt = -1;
}
