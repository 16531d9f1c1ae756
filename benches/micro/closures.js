// Closures over loop variables and counters.
function counter(start) {
  let value = start;
  return { next: () => ++value, add: (n) => (value += n), get: () => value };
}
let total = 0;
for (let i = 0; i < 200000; i++) {
  const c = counter(i & 15);
  c.next();
  c.add(i & 3);
  total = (total + c.get()) | 0;
}
const adders = [];
for (let i = 0; i < 100; i++) adders.push((x) => x + i);
for (let round = 0; round < 20000; round++) {
  for (let i = 0; i < 100; i++) total = (adders[i](total) & 0xffffff) | 0;
}
console.log('closures', total);
