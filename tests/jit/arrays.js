// Elements: packed, holes, growth, bounds, negative and fractional indices, typed arrays of all types, destructuring.
const log = (...x) => console.log(x.join(' '));
function at(a, i) { return a[i]; } function put(a, i, v) { a[i] = v; return a.length; }
const plain = [1, 2, 3]; for (let i = 0; i < 100; i++) { at(plain, i % 3); put(plain, i % 3, i); }
log(at(plain, 0), at(plain, 3), at(plain, -1), at(plain, 1.5), at(plain, '1'), at([, 1], 0), at('abc', 1), at('abc', 9), at({ 2: 'x' }, 2), at(arguments.length ? [] : [7], 0));
log(put([], 0, 1), put([], 5, 1), put([1, 2], 1, 'x'), put(Object.freeze([1]), 0, 2), put([1], -1, 0), put({}, 3, 4));
function fill(n) { const a = []; for (let i = 0; i < n; i++) a[i] = i * i; return a; } function pushAll(n) { const a = []; for (let i = 0; i < n; i++) a.push(i, -i); return a; }
log(fill(100).length, fill(5).join(), pushAll(50).length, pushAll(3).join());
function sum(a) { let s = 0; for (let i = 0; i < a.length; i++) s += a[i]; return s; }
log(sum([1, 2, 3]), sum([0.5, 1]), sum([1, , 3]), sum(['a', 'b']), sum([]), sum(fill(200)));
Array.prototype[1] = 'proto'; log(sum([1, , 3]), at([, ,], 1)); delete Array.prototype[1]; log(sum([1, , 3]));
function grow(a) { for (let i = 0; i < a.length && i < 50; i++) { if (i % 2) a.push(i); if (i === 20) a.length = 10; } return a.join(); } log(grow([1, 2, 3]));
const types = [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array];
function cycle(t) { for (let i = 0; i < t.length; i++) t[i] = i * 70000.7 - 100; let s = 0; for (let i = 0; i < t.length; i++) s += t[i]; return s; }
for (let r = 0; r < 3; r++) for (const T of types) log(T.name, cycle(new T(9)));
for (let i = 0; i < 200; i++) cycle(new Float64Array(4)); log(cycle(new Float64Array(4)), cycle(new Int32Array(4)));
const big = new BigInt64Array(3); for (let i = 0; i < 3; i++) big[i] = BigInt(i) << 40n; log(big.join()); try { big[0] = 1; } catch (e) { log(e.message); }
function outOfBounds(t) { t[10] = 1; t[-1] = 2; return [t[10], t[-1], t[0.5]].join(); } for (let i = 0; i < 60; i++) outOfBounds(new Uint8Array(4)); log(outOfBounds(new Uint8Array(4)), outOfBounds([1, 2]));
const shared = new ArrayBuffer(16), bytes = new Uint8Array(shared), words = new Uint32Array(shared, 4, 2); for (let i = 0; i < 16; i++) bytes[i] = i * 17; log(words[0], words[1], words[2]);
const detach = new Uint8Array(8); function readFirst(t) { return t[0]; } for (let i = 0; i < 60; i++) readFirst(detach); structuredClone(detach.buffer, { transfer: [detach.buffer] }); log(readFirst(detach), detach.length);
const resizable = new ArrayBuffer(8, { maxByteLength: 16 }), view = new Uint8Array(resizable); for (let i = 0; i < 60; i++) at(view, 7); resizable.resize(4); log(at(view, 7), view.length); resizable.resize(16); log(at(view, 15), view.length);
const nan = new Float64Array(new BigUint64Array([0xfff8dead00000001n, 0x7ff0000000000001n]).buffer); for (let i = 0; i < 60; i++) at(nan, 0); log(at(nan, 0), at(nan, 1), nan[0] === nan[0]);
function swap(a, i, j) { [a[i], a[j]] = [a[j], a[i]]; } const perm = [1, 2, 3, 4]; for (let i = 0; i < 50; i++) swap(perm, i % 4, (i * 3) % 4); log(perm.join());
function spread(...a) { const [x, , y = 5, ...r] = a; return [x, y, r.length, ...r].join(); } for (let i = 0; i < 40; i++) spread(1, 2, 3); log(spread(), spread(1, 2), spread(1, 2, 3, 4, 5));
function sieve(n) { const f = new Uint8Array(n + 1); let c = 0; for (let i = 2; i <= n; i++) { if (f[i]) continue; c++; for (let j = i * i; j <= n; j += i) f[j] = 1; } return c; } log(sieve(1000), sieve(30));
const matrix = []; for (let i = 0; i < 8; i++) { matrix.push([]); for (let j = 0; j < 8; j++) matrix[i][j] = i * j + 0.5; } function trace(m) { let s = 0; for (let i = 0; i < m.length; i++) for (let j = 0; j < m[i].length; j++) s += m[i][j] * (i === j ? 2 : 1); return s; } for (let i = 0; i < 20; i++) trace(matrix); log(trace(matrix));
const sparse = []; sparse[100000] = 1; sparse[5] = 2; log(at(sparse, 5), at(sparse, 6), sparse.length, put(sparse, 7, 7), at(sparse, 7));
const arrayLike = { length: 3, 0: 'a', 1: 'b', 2: 'c' }; log(sum(arrayLike), Array.prototype.map.call(arrayLike, (x) => x + x).join());
function changing(a) { let s = 0; for (let i = 0; i < 40; i++) { s += a[i % a.length]; if (i === 20) a = [0.25, 0.5]; if (i === 30) a = ['s']; } return s; } log(changing([1, 2, 3]));
// Arrays and other things filled one by one.
(function () {
  function fill(a, n) { for (let i = 0; i < n; i++) a[i] = i; return a; }
  const make = [() => [], () => [1, , 3], () => ({}), () => new Uint8Array(5), () => Object.create([]), () => 'text', () => Object.freeze([1]), () => { const a = []; a.length = 3; return a; }, () => new Proxy([], {}), () => arguments];
  let text = '';
  for (let k = 0; k < 400; k++) { const a = fill(make[k % make.length](), 3 + k % 9); if (k > 380) text += JSON.stringify(a) + a.length + ' '; }
  console.log(text);
  Object.defineProperty(Array.prototype, 2, { set(v) { text = 'setter ' + v; }, configurable: true });
  const filled = fill([], 5); delete Array.prototype[2]; console.log(filled.length, text, fill([], 5).length);
})();
// A view changes what a typed array has read.
function views(dv, bytes, i) { const before = bytes[0]; dv.setUint8(0, i & 255); const after = bytes[0]; dv.setFloat64(8, after + 0.5, true); return before + after * 2 + dv.getFloat64(8, true) + dv.byteLength; }
{
  const buffer = new ArrayBuffer(16), dv = new DataView(buffer), bytes = new Uint8Array(buffer);
  let sum = 0;
  for (let i = 0; i < 5000; i++) sum += views(dv, bytes, i);
  console.log(sum);
}
