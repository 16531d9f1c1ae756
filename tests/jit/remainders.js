// Remainders of doubles that are whole numbers, and of others; loops that are entered at one around them or by a call.
const show = (x) => (Object.is(x, -0) ? "-0" : String(x));

function remainder(n, d) { return (n * 1.5) % (d * 0.5); }
const values = [0, -0, 1, -1, 2, 3, 4, 7, -7, 0.5, 1e9, 1431655765, 1431655766, 2863311530, -1431655765, 4294967296, 2 ** 53, NaN, Infinity, -Infinity, 1e-300];
const seen = [];
for (let round = 0; round < 40; round++) {
  for (const n of values) for (const d of values) {
    const r = remainder(n, d);
    if (round === 39) seen.push(show(r));
  }
}
for (let i = 0; i < seen.length; i += 21) console.log(seen.slice(i, i + 21).join(' '));

// An outer loop with a short inner one that is hot first, in a function that is called once.
function once() {
  let sum = 0, list = [];
  for (let i = 0; i < 3000; i++) {
    for (let k = 0; k < 20; k++) {
      sum = (sum * 31 + k * i) | 0;
      if (k === 19) list.push(sum);
    }
    if (i % 1000 === 999) list = list.slice(-3);
  }
  return list.join() + sum;
}
console.log(once());

// Three levels; the middle one goes on from where it was.
function levels(n) {
  let text = '', count = 0;
  for (let a = 0; a < n; a++) {
    let b = 0;
    while (b < 15) {
      b++;
      if (b === 4) continue;
      for (let c = b; c < 40; c++) {
        if (c === 39 && b === 14) break;
        count += a ^ c;
      }
      if (count > 1e6) { text += a + ':' + b + ' '; count = 0.5; }
    }
  }
  return text + count;
}
for (let i = 0; i < 6; i++) console.log(levels(30 + i * 40));

// Called again while its loop is hot: the machine code enters with a call.
function called(list, f) {
  let most = -Infinity;
  for (const x of list) most = Math.max(most, f(x));
  for (let i = 0; i < list.length; i++) list[i] = list[i] * 2 - i;
  return most;
}
const list = Array.from({ length: 300 }, (_, i) => i);
let last;
for (let i = 0; i < 60; i++) last = called(list, (x) => x + i / 2);
console.log(last, list[17], list[299]);
