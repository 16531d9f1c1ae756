'use strict';
// Everything that `make` makes lives long at first, and dies at once later: `--trace-opt` says what comes of that.
function make(n, next) {
  const copy = n;
  return { next, list: [n, next, { n }], get: () => copy, name: 'number ' + n };
}
function build(from, to, next) {
  for (let n = from; n < to; n++) next = make(n, next);
  return next;
}
function check(item) {
  let count = 0, sum = 0;
  for (; item; item = item.next) {
    const { list, name } = item;
    if (list[1] !== item.next || list[2].n !== list[0] || item.get() !== list[0] || name !== 'number ' + list[0]) throw new Error('wrong');
    count++;
    sum += list[0];
  }
  return `${count} ${sum}`;
}
function drop(n) {
  let sum = 0;
  for (let k = 0; k < n; k++) sum += make(k, null).get();
  return sum;
}

let all = null;
for (let k = 0; k < 300; k++) all = build(k * 500, (k + 1) * 500, all);
console.log(check(all));
// Young values in old cells.
for (let item = all, k = 0; item; item = item.next, k++) item.list[2] = { n: item.list[0], k };
console.log(check(all));
all = null;
let sum = 0;
for (let k = 0; k < 1500; k++) sum += drop(1000);
console.log(sum);

// A loop that makes nothing but strings which lived long before.
function join(a, b) { return a + b; }
const texts = [];
for (let k = 0; k < 1000; k++) for (let n = 0; n < 1000; n++) texts.push(join('twenty characters of', ' a text that is kept'));
console.log(texts.length, texts[999999]);
texts.length = 0;
function joinAll(a, b, n) {
  let length = 0;
  for (let k = 0; k < n; k++) length += join(a, b).length;
  return length;
}
for (let k = 0; k < 10; k++) console.log(joinAll('twenty characters of', ' a text that is lost', 1000000));
if (process.memoryUsage().rss > 500e6) throw new Error('what nobody refers to stays');
