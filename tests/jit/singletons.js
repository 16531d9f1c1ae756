// Objects that are constant: their properties, their shapes, what their prototypes make. All of it changes at some time.
const warm = (f, ...args) => {
  let r;
  for (let i = 0; i < 3000; i++) r = f(...args);
  return r;
};

var Direction = new Object();
Direction.NONE = 0;
Direction.FORWARD = 1;
Direction.BACKWARD = -1;
function isForward(x) {
  return x === Direction.FORWARD;
}
console.log(warm(isForward, 1), warm(isForward, 2));
Direction.FORWARD = 2;
console.log(warm(isForward, 1), warm(isForward, 2));
Object.defineProperty(Direction, 'FORWARD', { get: () => 3 });
console.log(warm(isForward, 2), warm(isForward, 3));
delete Direction.FORWARD;
console.log(warm(isForward, 3), warm(isForward, undefined));

// A chain of namespaces; a sibling of the same layout is changed.
var Space = { inner: { Point: function (x, y) { this.x = x; this.y = y; } } };
var Twin = { inner: { Point: function (x) { this.x = -x; this.y = 0; } } };
Space.inner.Point.prototype = { sum() { return this.x + this.y; } };
Twin.inner.Point.prototype = { sum() { return this.x - this.y; } };
function make(a, b) {
  return new Space.inner.Point(a, b).sum();
}
console.log(warm(make, 3, 4));
Twin.inner = { Point: Space.inner.Point };
console.log(warm(make, 3, 4));
Space.inner.Point.prototype.sum = function () { return 100; };
console.log(warm(make, 3, 4));
Space.inner.Point.prototype = { sum() { return this.x * this.y; } };
console.log(warm(make, 3, 4));
Space.inner.Point = Twin.inner.Point;
console.log(warm(make, 3, 4));
Space.inner = Twin.inner = { Point: class { constructor(a) { this.a = a; } sum() { return this.a; } } };
console.log(warm(make, 3, 4));
Space.extra = 1;
console.log(warm(make, 5, 4));
Object.freeze(Space);
console.log(warm(make, 6, 4));

// Statics of functions.
function Strength(n) { this.n = n; }
Strength.stronger = (a, b) => a.n < b.n;
Strength.REQUIRED = new Strength(0);
function stronger(s) {
  return Strength.stronger(Strength.REQUIRED, s);
}
const one = new Strength(1);
console.log(warm(stronger, one));
Strength.REQUIRED = new Strength(2);
console.log(warm(stronger, one));
Strength.stronger = () => 'none';
console.log(warm(stronger, one));
Object.setPrototypeOf(Strength, { stronger: () => 'inherited' });
delete Strength.stronger;
console.log(warm(stronger, one));

// One function that initialises objects of many classes.
const classes = [];
for (let k = 0; k < 9; k++) {
  const C = function () { this.initialize.apply(this, arguments); };
  C.prototype = { initialize: new Function('a', `this.v${k} = a; this.kind = ${k}`) };
  classes.push(C);
}
function all(a) {
  let s = '';
  for (const C of classes) { const o = new C(a); s += o.kind + ':' + Object.keys(o) + ' '; }
  return s;
}
console.log(warm(all, 1));
classes[3].prototype.initialize = function () { this.kind = 'other'; };
console.log(warm(all, 1));

// Field of a constant object overwritten by name, by Object.assign, by Reflect, by a private store.
var Limits = { max: 10, min: 1 };
const clamp = (x) => Math.max(Limits.min, Math.min(Limits.max, x));
console.log(warm(clamp, 99));
Limits['m' + 'ax'] = 20;
console.log(warm(clamp, 99));
var Other = { max: 5, min: 2 };
const clampOther = (x) => Math.max(Other.min, Math.min(Other.max, x));
console.log(warm(clampOther, 99));
Object.assign(Other, { max: 6 });
console.log(warm(clampOther, 99));
var Third = { max: 7 };
const third = () => Third.max;
console.log(warm(third));
Reflect.set(Third, 'max', 8);
console.log(warm(third));
Third.__proto__ = { max: 9 };
console.log(warm(third));

// Arrays of a length; growing ones.
function fill(n) {
  const a = new Array(n), b = Array(n), c = new Array();
  for (let i = 0; i < n; i++) { a[i] = i; c.push(i); }
  return [a.length, b.length, 0 in b, c.length, a.join(), c.join(), n in a].join('|');
}
for (const n of [0, 1, 3, 40]) console.log(warm(fill, n));
const long = fill(5000);
console.log(long.length);
function wrong(n) {
  try { return new Array(n).length; } catch (e) { return e.message; }
}
console.log(warm(wrong, 3), wrong(-1), wrong(1.5), wrong('x'), wrong(2 ** 32), warm(wrong, -1), wrong(7));
Array.prototype[2] = 'proto';
console.log(fill(1), new Array(4)[2]);
delete Array.prototype[2];
