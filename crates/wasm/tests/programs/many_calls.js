// Functions that are called often are called without wasmtime's entry: traps, exceptions, re-entrance, several stores.

const parts = {
  types: [type([kI32], [kI32]), type([], []), type([kF64, kF32], [kF64]), type([kI64], [kI64]), type([kExternref], [kExternref])],
  imports: [['m', 'f', 0, 0], ['m', 'g', 0, 1]],
  functions: [0, 0, 1, 2, 3, 0, 1, 0, 4],
  memories: [[0, 1]],
  exports: [['same', 0, 2], ['call', 0, 3], ['trap', 0, 4], ['sum', 0, 5], ['big', 0, 6], ['divide', 0, 7], ['deep', 0, 8],
            ['grow', 0, 9], ['ref', 0, 10], ['memory', 2, 0], ['f', 0, 0]],
  code: [
    [[], [0x20, 0]],
    [[], [0x20, 0, 0x10, 0]],
    [[], [0x00]],
    [[], [0x20, 0, 0x20, 1, 0xbb, 0xa0]],
    [[], [0x20, 0]],
    [[], [0x41, 1, 0x20, 0, 0x6d]],
    [[], [0x10, 8]],
    [[], [0x20, 0, 0x40, 0]],
    [[], [0x10, 1, 0x20, 0]],
  ],
};
const module = new WebAssembly.Module(assemble(parts));
let inner = (n) => n + 1;
const make = () => new WebAssembly.Instance(module, { m: { f: (n) => inner(n), g() { inner(0); } } }).exports;
const e = make();
function often(f, n = 40) {
  for (let i = 0; i < n; i++) f(i);
}

often((i) => same(e.same(i), i));
often((i) => same(e.same(i + 0.5), i));
often((i) => same(e.same(`${i}`), i));
often((i) => same(e.same(), 0));
often((i) => same(e.sum(i, 0.5), i + 0.5));
often((i) => same(e.big(BigInt(i)), BigInt(i)));
often(() => throws(() => e.big(1), TypeError));
often((i) => same(e.call(i), i + 1));
often(() => throws(() => e.trap(), WebAssembly.RuntimeError, 'unreachable'));
often((i) => i === 0 ? throws(() => e.divide(0), WebAssembly.RuntimeError, 'divide by zero') : same(e.divide(i), i === 1 ? 1 : 0));
often((i) => throws(() => e.deep(), RangeError), 3);
often((i) => same(e.same(i), i));

// Exceptions of JavaScript.
inner = (n) => { throw n; };
often((i) => { try { e.call(i); fail('not thrown'); } catch (x) { same(x, i); } });
// What WebAssembly calls calls WebAssembly.
inner = (n) => n === 0 ? e.same(7) : e.call(n - 1);
often(() => same(e.call(9), 7));
inner = (n) => { often((i) => same(e.same(i), i), 12); throws(() => e.trap(), WebAssembly.RuntimeError); return e.same(n); };
often((i) => same(e.call(i), i));
// … and that of other stores, which come to rest in their turn.
const others = [];
for (let i = 0; i < 20; i++) others.push(make());
inner = (n) => n + 1;
often((i) => { for (const o of others) same(o.call(i), i + 1); }, 12);
inner = (n) => { let sum = 0; for (const o of others) sum += o.same(n); return sum; };
often((i) => same(e.call(i), i * 20));
inner = (n) => { for (const o of others) throws(() => o.trap(), WebAssembly.RuntimeError, 'unreachable'); return n; };
often((i) => { for (const o of others.slice(-3)) { often((k) => o.same(k), 10); same(o.call(i), i); } }, 10);
// Recursion through both.
let depth = 0;
inner = (n) => { depth++; return e.call(n); };
throws(() => e.call(0), RangeError);
if (depth < 10) fail(`only ${depth} levels`);
inner = (n) => n;
often((i) => same(e.call(i), i));
// Memory that grows.
const before = e.memory.buffer;
same(e.grow(1), 1);
same(before.byteLength, 0);
same(e.memory.buffer.byteLength, 2 * 65536);
// References on the stack of a call during collections.
inner = () => { const list = []; for (let i = 0; i < 200; i++) { list.push({ i }); same(e.same(i), i); } };
const object = { x: 1 };
often((i) => same(e.ref(object), object));
often((i) => { const o = { i }; same(e.ref(o), o); });
let level = 0;
inner = () => { if (level++ < 3) often((i) => same(others[level].ref(i), i), 3); level--; };
often((i) => { const o = { i }; same(e.ref(o), o); }, 5);
inner = (n) => n;
// In compiled code, where what is called changes.
function hot(f, n) {
  let sum = 0;
  for (let i = 0; i < n; i++) sum = (sum + f(i)) | 0;
  return sum;
}
same(hot(e.same, 5000), 12497500);
same(hot(e.call, 5000), 12497500);
same(hot((n) => n, 100), 4950);
same(hot(others[3].same, 5000), 12497500);
throws(() => hot(e.trap, 10), WebAssembly.RuntimeError);
same(hot(e.same, 5000), 12497500);
