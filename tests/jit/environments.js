// Variables of surrounding functions that have one value after their initialisation, and those that only look like it.
'use strict';
const warm = (f, ...args) => {
  let r;
  for (let i = 0; i < 3000; i++) r = f(...args);
  return r;
};
function module(require) {
  const limit = 10;
  let step = 2;
  var base = require('base');
  var late;
  let counter = 0;
  class Point {
    constructor(x) { this.x = x; }
    scaled() { return this.x * step + base + limit; }
  }
  function make(x) { return new Point(x).scaled(); }
  function early() { return typeof later === 'number' ? later : 'not yet'; }
  function useLate() { return late === undefined ? 'undefined' : late; }
  function count() { return ++counter; }
  const results = [warm(make, 1), warm(useLate), warm(count)];
  var later = 7;
  late = 'now';
  results.push(warm(early), warm(useLate), warm(count));
  for (var again of [1, 2, 3]) {
    var inLoop = again * 10;
    const read = () => inLoop + again;
    results.push(warm(read));
  }
  const readLoop = () => inLoop;
  results.push(warm(readLoop));
  return results.join();
}
console.log(module((name) => name.length));
console.log(module((name) => name.length * 100));

// The same code, several closures.
function adder(n) {
  const by = n;
  return (x) => x + by;
}
const adders = [adder(1), adder(2), adder(3)];
console.log(adders.map((f) => warm(f, 10)).join());
console.log(adders.map((f) => warm(f, 20)).join());
const first = adder(100);
console.log(warm(first, 1), adder(200)(1), warm(first, 2));

// One closure at first, a second one with another environment later.
function lazily(n) {
  const value = n;
  return function () { return value; };
}
const one = lazily('one');
console.log(warm(one));
const two = lazily('two');
console.log(warm(two), warm(one));

// Temporal dead zone.
function dead() {
  const read = () => x;
  const results = [];
  for (let i = 0; i < 2000; i++) {
    try { results[0] = read(); } catch (e) { results[0] = e.message; }
  }
  const x = 'alive';
  results.push(warm(read));
  return results.join();
}
console.log(dead());

// `this` of arrows, parameters, functions declared twice, the name of a function expression.
function Outer(a) {
  const read = () => [this.v, a].join();
  this.v = 'v';
  const r = [warm(read)];
  this.v = 'w';
  r.push(warm(read));
  a = 'assigned';
  r.push(warm(read));
  return r;
}
console.log(new Outer('a').join('|'));
console.log(new Function(`
  function f() { return 1; }
  var g = () => f();
  var r = [];
  for (var i = 0; i < 3000; i++) r[0] = g();
  f = function () { return 2; };
  for (var i = 0; i < 3000; i++) r[1] = g();
  var f;
  var f = () => 3;
  for (var i = 0; i < 3000; i++) r[2] = g();
  return r.join();
`)());
console.log(new Function(`
  function p(a) { var a = a + 1; return () => a; }
  var q = p(1), r = [];
  for (var i = 0; i < 3000; i++) r[0] = q();
  function m(a) { arguments[0] = 'changed'; return () => a; }
  var n = m(1);
  for (var i = 0; i < 3000; i++) r[1] = n();
  return r.join();
`)());

// A direct eval assigns unseen.
console.log(new Function(`
  let hidden = 1;
  const read = () => hidden;
  const r = [];
  for (let i = 0; i < 3000; i++) r[0] = read();
  eval('hidden = 2');
  for (let i = 0; i < 3000; i++) r[1] = read();
  return r.join();
`)());

// Constant objects that grow under the code that uses them, and functions that get properties.
function growing() {
  const cache = {};
  const get = (k) => cache[k] ?? (cache[k] = k + '!');
  const total = () => Object.keys(cache).length;
  const r = [];
  for (let k = 0; k < 40; k++) r.push(warm(get, 'k' + (k % 20)), warm(total));
  return r.slice(-2).join();
}
console.log(growing());
function statics() {
  function F() {}
  F.count = 0;
  const up = () => ++F.count;
  warm(up);
  F.more = 1;
  warm(up);
  return [F.count, F.more].join();
}
console.log(statics());
