// Generators, delegation and iterator protocol.
function* range(from, to) {
  for (let i = from; i < to; i++) yield i;
}
function* both(n) {
  yield* range(0, n);
  const reply = yield -1;
  yield reply;
}
let sum = 0;
for (let round = 0; round < 300; round++) {
  for (const value of both(1000)) sum = (sum + (value | 0)) | 0;
}
const lazy = {
  *[Symbol.iterator]() {
    let [a, b] = [0, 1];
    while (true) {
      yield a;
      [a, b] = [b, (a + b) | 0];
    }
  },
};
let count = 0;
for (const n of lazy) {
  sum ^= n;
  if (++count === 200000) break;
}
console.log('generators', sum, [...range(0, 5)].join());
