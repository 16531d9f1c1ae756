// Sorting with and without comparator.
let seed = 42;
const random = () => (seed = (seed * 1103515245 + 12345) & 0x7fffffff);
let check = 0;
for (let round = 0; round < 6; round++) {
  const numbers = Array.from({ length: 30000 }, random);
  numbers.sort((a, b) => a - b);
  check = (check + numbers[12345]) | 0;
  const strings = Array.from({ length: 10000 }, () => 's' + random());
  strings.sort();
  check = (check + strings[5000].length) | 0;
  const objects = Array.from({ length: 10000 }, (_, i) => ({ key: random() % 100, i }));
  objects.sort((a, b) => a.key - b.key);
  for (let i = 1; i < objects.length; i++) {
    if (objects[i - 1].key === objects[i].key && objects[i - 1].i > objects[i].i) throw new Error('not stable');
  }
}
console.log('sort', check);
