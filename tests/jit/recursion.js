// Functions that call themselves, which are walked in place in themselves.
'use strict';

function fib(n) {
  return n < 2 ? n : fib(n - 1) + fib(n - 2);
}
function depth(node) {
  if (node === null) return 0;
  const a = depth(node.left), b = depth(node.right);
  return (a > b ? a : b) + 1;
}
function tree(n) {
  return n === 0 ? null : { left: tree(n - 1), right: n % 3 === 0 ? null : tree(n - 1) };
}
function count(n, seen) {
  if (n === 0) throw new Error('end ' + seen.length);
  seen.push(n);
  count(n - 1, seen);
}
function guarded(n) {
  try {
    if (n === 0) throw new RangeError('bottom');
    return guarded(n - 1) + 1;
  } catch (e) {
    if (n % 2) return 100;
    throw e;
  }
}
function sum(n) {
  return n === 0 ? 0 : arguments.length + sum(n - 1, n, n);
}
function leaves(n) {
  // A double at the bottom: what has been guessed about the result does not hold in the frame in place.
  return n === 0 ? 0.5 : leaves(n - 1) + 1;
}
function endless(n) {
  return endless(n + 1) + 1;
}
class Walker {
  constructor() {
    this.count = 0;
  }
  walk(n) {
    this.count += 1;
    if (n !== 0) {
      this.walk(n - 1);
      for (let i = n - 1; i >= 0; i -= 1) this.walk(i);
    }
  }
}

for (let round = 0; round < 4; round++) {
  const out = [fib(15), depth(tree(9))];
  for (let k = 0; k < 40; k++) {
    try {
      count(k % 7, []);
    } catch (e) {
      if (k === 39) out.push(e.message, e.stack.split('\n').filter((line) => line.includes('at count')).length);
    }
  }
  let at = 0;
  for (let k = 0; k < 60; k++) {
    try {
      at += guarded(k % 5);
    } catch (e) {
      at += e.message.length;
    }
  }
  out.push(at, sum(6), leaves(5), leaves(40));
  const walker = new Walker();
  walker.walk(8);
  out.push(walker.count);
  try {
    endless(0);
  } catch (e) {
    out.push(e instanceof RangeError, e.message);
  }
  console.log(out.join(' '));
}
