// Objects that do not outlive an iteration are not made; where code is left, they are.
const seen = [];
function show(o) { seen.push(JSON.stringify(o)); }

// Left in the middle of a literal and behind it, with cycles and shared parts.
function cycle(n, at) {
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const o = { a: i, b: 'k' + (i & 7), c: [i, i + 1, i / 2], d: { x: i, y: null } };
    o.d.y = o;
    sum += o.c.length + o.d.x + o.d.y.a;
    if (i === at) {
      console.log(o.d.y === o, o.a, o.b, o.c.join(), Object.keys(o).join(), o.d.x, Object.keys(o.d).join());
      o.d.y = null;
      show(o);
    }
  }
  return sum;
}
console.log(cycle(3000, -1), cycle(3000, 2000), cycle(3000, 2999));

// An int that overflows inside of a literal: the part before it has been left out.
function overflow(from, n) {
  let last = 0;
  for (let i = 0; i < n; i++) {
    const p = { x: i, list: [from + i, from + i + 1, from + i + 2], z: 1.5 };
    last += p.list[0] + p.list[1] + p.list[2] + p.x + p.z;
  }
  return last;
}
console.log(overflow(0, 1000), overflow(2147483640, 20), overflow(2147483640, 20));

// Arguments, results of calls and captured variables.
function add(a, b) { return { x: a.x + b.x, y: a.y + b.y }; }
function scale(a, k) { return { x: a.x * k, y: a.y * k }; }
function vectors(n, odd) {
  let acc = { x: 0, y: 0 };
  for (let i = 0; i < n; i++) {
    const d = scale(add({ x: i, y: 1 }, { x: 0.5, y: odd && i === 700 ? 'odd' : i }), 2);
    acc = add(acc, d);
  }
  return acc;
}
console.log(JSON.stringify(vectors(1000)), JSON.stringify(vectors(1000, true)));

class Point {
  constructor(x, y) { this.x = x; this.y = y; }
  dot(o) { return this.x * o.x + this.y * o.y; }
  get norm() { return this.dot(this); }
}
function points(n, wild) {
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const p = new Point(i, i + 1), q = new Point(p, wild === i ? seen : 2);
    if (wild === i) { show([q.x.x, q.x.y, q.y.length, q.x === p]); continue; }
    sum += q.x.norm + q.y;
  }
  return sum;
}
console.log(points(2000, -1), points(2000, 1500));

function closures(n, keep) {
  const kept = [];
  for (let i = 0; i < n; i++) {
    let count = 0;
    const bump = () => ++count;
    bump(); bump();
    if (keep === i) kept.push(bump);
  }
  return kept.map((f) => f() + ',' + f()).join();
}
console.log(closures(2000, -1), closures(2000, 1999));

// Kept on one way only, changed on both, and thrown.
function ways(n) {
  const kept = [];
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const o = { n: i, even: false };
    if (i % 2 === 0) o.even = true; else o.n = -i;
    if (i % 500 === 0) kept.push(o);
    sum += o.n + (o.even ? 1 : 0);
  }
  return sum + JSON.stringify(kept);
}
console.log(ways(3000));
function thrown(n) {
  let caught = 0;
  for (let i = 0; i < n; i++) {
    const o = { i, text: 'n' + i };
    try {
      if (i % 97 === 0) throw o;
      caught += o.i;
    } catch (e) {
      caught += e === o && e.text === 'n' + i ? 1000 : -1000;
    }
  }
  return caught;
}
console.log(thrown(3000));

// Strings joined while a cell that is not made is live.
function joined(n, wide) {
  let length = 0;
  for (let i = 0; i < n; i++) {
    const o = { i, s: null, t: null };
    o.s = 'a' + i + 'b';
    o.t = o.s + o.i + (wide === i ? { toString() { return 'object' + o.s; } } : '!');
    length += o.t.length + o.s.length;
    if (wide === i) show(o);
  }
  return length;
}
console.log(joined(2000, -1), joined(2000, 1000), joined(2000, 1999));
const long = 'x'.repeat(2 ** 28);
function tooLong(n) {
  let failed = 0;
  for (let i = 0; i < n; i++) {
    const o = { i, part: i === n - 1 ? long : 'y' };
    try {
      let s = o.part;
      for (let k = 0; k < 3; k++) s = s + s;
      if (s.length !== 8) failed = -1;
    } catch (e) {
      failed += e instanceof RangeError && o.i === n - 1 ? 1 : 100;
    }
  }
  return failed;
}
console.log(tooLong(300));

// Loops in loops, and generators.
function nested(n) {
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const row = { i, total: 0 };
    for (let j = 0; j < 10; j++) {
      const cell = { row, j };
      cell.row.total += cell.j;
    }
    sum += row.total + row.i;
  }
  return sum;
}
console.log(nested(500));
function* steps(n) {
  for (let i = 0; i < n; i++) {
    const o = { i, square: i * i };
    yield o.square;
    if (o.i !== i) throw new Error('lost');
  }
}
let total = 0;
for (const s of steps(1000)) total += s;
console.log(total);
console.log(seen.join('\n'));
