// Patterns, defaults, rest and spread.
function swap([a, b]) {
  return [b, a];
}
function area({ width, height = 2, ...rest }) {
  return width * height + (rest.extra ?? 0);
}
let sum = 0;
let pair = [1, 2];
for (let i = 0; i < 300000; i++) {
  pair = swap(pair);
  const [first, ...others] = [i, ...pair];
  const { a, b: { c = 5 } = {} } = { a: first & 7, b: i & 1 ? { c: 1 } : undefined };
  sum = (sum + area({ width: a, extra: c }) + others.length + Object.keys({ ...{ a, c }, d: 1 }).length) | 0;
}
console.log('destructuring', sum, pair.join());
