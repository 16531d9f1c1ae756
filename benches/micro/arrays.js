// Index loops, push and pop, and the methods with callbacks.
let check = 0;
for (let round = 0; round < 40; round++) {
  const list = [];
  for (let i = 0; i < 20000; i++) list.push((i * 7919) % 10007);
  const mapped = list.map((x) => x * 2).filter((x) => x % 3 === 0);
  check = (check + mapped.reduce((a, b) => (a + b) | 0, 0)) | 0;
  for (let i = 1; i < list.length; i++) list[i] = (list[i] + list[i - 1]) & 0xffff;
  check = (check + list[list.length - 1] + list.indexOf(list[15000])) | 0;
  while (list.length > 10000) list.pop();
  check = (check + list.slice(100, 200).concat(list.splice(5, 5)).length + list.includes(-1)) | 0;
}
const grid = Array.from({ length: 200 }, () => new Array(200).fill(0));
for (let n = 0; n < 40; n++) {
  for (let y = 1; y < 199; y++) {
    for (let x = 1; x < 199; x++) grid[y][x] = (grid[y - 1][x] + grid[y][x - 1] + n + x) & 255;
  }
}
console.log('arrays', check, grid[150][150]);
