'use strict';
function last() { return arguments.length ? arguments[arguments.length - 1] : 'none'; }
function sum(a, b) { let s = 0; for (let i = 0; i < arguments.length; i++) s += arguments[i]; return s; }
function beyond(n) { return arguments[n]; }
function id() { const a = arguments; const b = a; if (a.length > 2) return b[2]; return a[0]; }
function gc(x) { let o = []; for (let i = 0; i < arguments.length; i++) { o.push({ v: arguments[i] }); mk(200); } return o.map(x => x.v.k).join(); }
function mk(n) { const r = []; for (let i = 0; i < n; i++) r.push({ k: i }); return r; }
var sloppy = new Function('a', 'b', 'var t = 0; for (var i = arguments.length - 1; i >= 0; i--) t = t * 3 + arguments[i]; return t;');
var sloppyset = new Function('a', 'b', 'a = 5; return arguments[0] + arguments.length;');
function esc() { let t = 0; for (let i = 0; i < arguments.length; i++) t += arguments[i] | 0; if (t > 100) return leak(arguments); return t; }
function leak(a) { return a.length; }
function key(k) { return arguments[k]; }
let out = [];
for (let k = 0; k < 3000; k++) {
  out = [last(), last(1), last(1, 2, 3), sum(1, 2), sum(1), sum(), sum(1, 2, 3, 4), id(7), id(1, 2, 3), sloppy(1), sloppy(1, 2, 3), sloppyset(1, 2), esc(1, 2), esc(99, 3), beyond(0), beyond(2, 5, 'c')];
}
console.log(JSON.stringify(out));
console.log(gc({ k: 1 }, { k: 2 }, { k: 3 }));
for (let k = 0; k < 200; k++) gc({ k: 1 }, { k: 2 });
console.log(beyond(9, 1), beyond('length'), beyond(-1), sum('x', 'y'), sum(1.5, 2), last({}) + '', key('length', 1, 2), key('callee' in {} ? 0 : '1', 'q'));
for (let k = 0; k < 2000; k++) beyond(5);
console.log(beyond(1, 'e'), beyond(7));
new (function C() { this.x = arguments.length; console.log(this.x, arguments[1]); })(4, 5);
function cond(x) { var a; if (x) a = arguments; return a ? a.length + a[0] : 'no'; }
function loopy(x) { var r = 0; for (var k = 0; k < 2; k++) { var a = arguments; r += a.length; a = 3; } return r; }
function twice() { var a = arguments, b = a; a = 1; return b.length + a; }
function swap(x, y) { var a = arguments; var t = a[0]; a = y; return [t, a]; }
for (let k = 0; k < 1000; k++) out = [cond(1, 2), cond(0), loopy(1, 2), twice(1), swap(1, 2)];
console.log(JSON.stringify(out));
