// Methods that are properties of their receivers: closures of one code in many objects, and then of others.
function counter(start) {
  let n = start;
  return { inc: (d) => { n += d; return n; }, get: () => n, self() { return this.tag; }, tag: start };
}
const counters = [];
for (let i = 0; i < 50; i++) counters.push(counter(i));
function total(list, k) {
  let t = 0;
  for (let i = 0; i < list.length; i++) t = (t + list[i].inc(k) + list[i].get() + list[i].self()) | 0;
  return t;
}
for (let k = 0; k < 60; k++) { const t = total(counters, k); if (k % 10 === 0) console.log(t); }
// The same shape, another function.
counters[7].inc = function (d) { return d * 1000; };
for (let k = 0; k < 40; k++) { const t = total(counters, k); if (k % 10 === 0) console.log(t); }
counters[9].get = () => 0.5;
counters[11].get = parseInt;
for (let k = 0; k < 40; k++) { const t = total(counters, k); if (k % 10 === 0) console.log(t); }
counters[20].inc = undefined;
try { total(counters, 1); } catch (e) { console.log(e.message); }
counters[20].inc = class { };
try { total(counters, 1); } catch (e) { console.log(e.message); }
// Several shapes.
function other(i) { const o = { extra: i }; const c = counter(i); o.inc = c.inc; o.get = c.get; o.self = c.self; o.tag = i; return o; }
const mixed = [];
for (let i = 0; i < 40; i++) mixed.push(i % 3 ? counter(i) : other(i));
for (let k = 0; k < 60; k++) { const t = total(mixed, k); if (k % 10 === 0) console.log(t); }
// Generators and async functions as such methods.
const makers = [];
for (let i = 0; i < 20; i++) makers.push({ *gen(n) { for (let k = 0; k < n; k++) yield k * i; }, async later() { return i; } });
function drain(list) { let t = 0; for (const m of list) { for (const v of m.gen(4)) t += v; m.later(); } return t; }
for (let k = 0; k < 40; k++) { const t = drain(makers); if (k === 39) console.log(t); }
