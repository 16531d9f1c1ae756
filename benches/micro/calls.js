// Plain, method, apply, spread and default-argument calls.
function add(a, b = 1) {
  return (a + b) | 0;
}
const object = {
  base: 3,
  step(n) {
    return (this.base + n) | 0;
  },
};
let sum = 0;
const pair = [2, 5];
for (let i = 0; i < 8000000; i++) {
  sum = add(sum, i & 3);
  sum = object.step(sum);
  sum = add(sum);
  if ((i & 7) === 0) {
    sum = (sum + add.apply(null, pair) + add(...pair) + add.call(null, 1, 2)) | 0;
  }
}
console.log('calls', sum);
