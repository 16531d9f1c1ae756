// Loose and strict equality, truth and instanceof over every pair of kinds of values.
const f = () => 1;
const values = [
  undefined, null, true, false, 0, -0, 1, -1, 2 ** 31, 1.5, NaN, Infinity, '', '0', '1', 'a', 'true', 0n, 1n, 10n ** 30n,
  Symbol.iterator, {}, [], [1], f, new Date(0), Object(1), Object('a'), { valueOf() { return 1; } }, { toString() { return 'a'; } },
];
function loose(a, b) { return a == b; }
function notLoose(a, b) { return a != b; }
function strict(a, b) { return a === b; }
function branch(a, b) { if (a == b) return 1; return 2; }
function truth(a) { return a ? 1 : 0; }
function not(a) { return !a; }
function is(a, b) { return a instanceof b; }
class A {}
class B extends A {}
class Even { static [Symbol.hasInstance](n) { return n % 2 === 0; } }
const bound = A.bind(null);
const types = [A, B, Even, bound, Object, Function, Array];
values.push(new A(), new B(), Object.create(null), new Proxy(new B(), {}));
for (let round = 0; round < 40; round++) {
  let text = '';
  for (const a of values) {
    for (const b of values) {
      let r;
      try { r = [loose(a, b), notLoose(a, b), strict(a, b), branch(a, b)]; } catch (e) { r = [e.constructor.name]; }
      text += r.map(Number).join('') + ' ';
    }
    text += truth(a) + String(not(a));
    for (const t of types) {
      let r;
      try { r = is(a, t); } catch (e) { r = e.constructor.name; }
      text += r + ' ';
    }
  }
  let h = 0;
  for (let i = 0; i < text.length; i++) h = (Math.imul(h, 31) + text.charCodeAt(i)) | 0;
  console.log(round, h);
}
// What instanceof depends on changes under way.
function F() {}
const o = new F();
for (let i = 0; i < 3000; i++) is(o, F);
console.log(is(o, F));
F.prototype = {};
console.log(is(o, F));
Object.defineProperty(F, Symbol.hasInstance, { value: () => true });
console.log(is(1, F));
