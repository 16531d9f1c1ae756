// Reads and writes of named properties of one shape and of a few.
class Point {
  constructor(x, y) {
    this.x = x;
    this.y = y;
  }
}
const same = Array.from({ length: 64 }, (_, i) => new Point(i, i + 1));
const mixed = same.map((p, i) => [p, { x: i, z: 1 }, { y: 2, x: i, q: 0 }][i % 3]);
let sum = 0;
for (let round = 0; round < 200000; round++) {
  for (let i = 0; i < 64; i++) {
    const p = same[i];
    p.y = p.x + (round & 7);
    sum = (sum + p.y + mixed[i].x) | 0;
  }
}
console.log('property_access', sum);
