// Typed arrays: a sieve, a wave and bytes.
const size = 2000000;
const sieve = new Uint8Array(size);
let primes = 0;
for (let i = 2; i < size; i++) {
  if (sieve[i]) continue;
  primes++;
  for (let k = i * 2; k < size; k += i) sieve[k] = 1;
}
const wave = new Float64Array(4096);
for (let round = 0; round < 100; round++) {
  for (let i = 0; i < wave.length; i++) wave[i] = wave[i] * 0.5 + (i % 17) * 0.25;
}
const words = new Int32Array(65536);
for (let round = 0; round < 20; round++) {
  for (let i = 1; i < words.length; i++) words[i] = (Math.imul(words[i - 1], 1664525) + 1013904223 + round) | 0;
}
const view = new DataView(words.buffer);
let sum = 0;
for (let i = 0; i < 60000; i += 4) sum = (sum + view.getUint16(i, true) + view.getInt8(i + 3)) | 0;
console.log('typed_arrays', primes, wave[100].toFixed(6), sum);
