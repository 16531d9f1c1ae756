// Typed arrays that are constant, until the bytes of a buffer are taken away.
const rounds = (f) => { let r; for (let i = 0; i < 200; i++) r = f(i); return r; };
const bytes = new Uint8Array(16), words = new Int32Array(bytes.buffer), part = new Int16Array(bytes.buffer, 4, 3);
const doubles = new Float64Array(4), clamped = new Uint8ClampedArray(4), big = new BigInt64Array(2);
function sum() {
  let s = 0;
  for (let i = 0; i < bytes.length; i++) s += bytes[i];
  return s;
}
function fill(i) {
  bytes[i & 15] = i;
  words[1] = i;
  part[2] = -i;
  doubles[i & 3] = i / 3;
  clamped[0] = i;
  big[1] = BigInt(i);
  return [bytes[3], words[1], part[2], part[0], doubles[1], clamped[0], big[1], words[99], bytes[-1]].join();
}
console.log(rounds(fill), rounds(sum));
const view = new Uint8Array(8);
view.fill(7);
const last = () => view[7] + view.length;
console.log(rounds(last));
const other = new ArrayBuffer(4);
other.transfer();
console.log(rounds(last), rounds(sum));
view.buffer.transfer();
console.log(rounds(last), view.length);
const resizable = new ArrayBuffer(8, { maxByteLength: 16 }), tracking = new Uint8Array(resizable);
const size = () => tracking.length + (tracking[7] === undefined ? 100 : 0);
console.log(rounds(size));
resizable.resize(16);
console.log(rounds(size));
resizable.resize(4);
console.log(rounds(size));
