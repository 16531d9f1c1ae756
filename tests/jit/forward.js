// f.apply(this, arguments) without an arguments object, and with one where it can be told.
function sum() { let t = 0; for (let i = 0; i < arguments.length; i++) t += arguments[i]; return t + (this && this.n || 0); }
function two(a, b) { return [a, b, this && this.n].join(); }
function strictThis() { 'use strict'; return typeof this + this; }
function forward() { return this.f.apply(this, arguments); }
function forward1(a) { return this.f.apply(this, arguments); }
function forward3(a, b, c) { 'use strict'; return this.f.apply(this, arguments); }
function forwardNull(a) { return this.f.apply(null, arguments); }
function forwardSelf(a) { var self = this; return (function (x) { return self.f.apply(self, arguments); })(a, 7); }
function assigned(a) { a = a + 1; return this.f.apply(this, arguments); }
function escapes(a) { const x = this.f.apply(this, arguments); return x + arguments.length; }
function both(a, b) { return this.f.apply(this, arguments) + '/' + this.f.apply(this, arguments); }
function arrow(a) { return (() => this.f.apply(this, arguments))(); }
function own(arguments) { return this.f.apply(this, arguments); }
function* gen(a) { yield this.f.apply(this, arguments); }
function defaults(a = 5, b) { return this.f.apply(this, arguments); }
function withEval(a) { eval('a = 9'); return this.f.apply(this, arguments); }
function notApply(a) { return this.g.apply(this, arguments); }
const K = function () { this.init.apply(this, arguments); };
K.prototype.init = function (a, b) { this.a = a; this.b = b; };
const saved = [];
const objects = [sum, two, strictThis, Math.max, sum.bind({ n: 100 }), new Proxy(two, {}), Array.of].map((f, n) => ({
  f, n, forward, forward1, forward3, forwardNull, forwardSelf, assigned, escapes, both, arrow, own, gen, defaults, withEval, notApply,
  g: { apply(self, list) { saved.push(list); return Object.prototype.toString.call(list) + list.length + (list.callee ? 1 : 0); } },
}));
const thrown = (f) => { try { return f(); } catch (e) { return e.constructor.name + ': ' + e.message; } };
function round(o) {
  const r = [];
  for (const name of ['forward', 'forward1', 'forwardNull', 'forwardSelf', 'assigned', 'escapes', 'both', 'arrow', 'defaults', 'withEval']) {
    r.push(o[name](), o[name](1), o[name](1, 2, 3, 4));
  }
  r.push(o.forward3(1), o.forward3(1, 2, 3), o.forward3(1, 2, 3, 4, 5), o.gen(1, 2).next().value, o.notApply(1, 2), o.own([1, 2]));
  const k = new K(o.n, 'b');
  return r.join(' ') + k.a + k.b;
}
const deep = [];
for (let i = 0; i < 260; i++) for (const o of objects) { const r = round(o); if (i % 64 === 0) console.log(r); }
for (let i = 0; i < 600; i++) {
  const bad = { f: i, forward, forward1 };
  const r = thrown(() => bad.forward(1)) + thrown(() => forward1.call({ f: class {} }, 1)) + thrown(() => forward.call(undefined)) + thrown(() => forward.call({}, 1));
  if (i % 199 === 0) console.log(r);
}
console.log(saved.length, saved[0] !== saved[1]);
let depth = 0;
const loop = { f() { depth++; return this.forward.apply(this, arguments); }, forward };
console.log(thrown(() => loop.forward(1, 2, 3)).slice(0, 10), depth > 100);
const apply = Function.prototype.apply;
for (let i = 0; i < 300; i++) objects[1].forward1(i);
Function.prototype.apply = function (self, list) { return 'patched' + list.length; };
console.log(objects[1].forward1(1), objects[1].forward1(1, 2));
Function.prototype.apply = apply;
console.log(objects[1].forward1(1), objects[1].forward1(1, 2));
