// Arguments objects: of functions without parameters, with parameters that are never assigned, and with others.
const rounds = (f) => { let r; for (let i = 0; i < 2000; i++) r = f(); return r; };
function list() {
  var res = null;
  var a = arguments;
  for (var i = a.length - 1; i >= 0; i--) res = { car: a[i], cdr: res };
  return JSON.stringify(res);
}
console.log(rounds(() => list(1, 'b', null)), rounds(() => list()));
function kinds(x) {
  return [typeof arguments, Object.prototype.toString.call(arguments), arguments.length, arguments[0], arguments[1], arguments[-1],
    arguments.callee === kinds, [...arguments].join(), Object.keys(arguments).join(), x].join('|');
}
console.log(rounds(() => kinds(1, 2, 3)), rounds(() => kinds()));
function strictly(x) {
  'use strict';
  let callee;
  try { callee = arguments.callee; } catch (e) { callee = e.constructor.name; }
  x = 'changed';
  return [arguments.length, arguments[0], callee, Object.getOwnPropertyNames(arguments).join()].join('|');
}
console.log(rounds(() => strictly('kept', 2)));
function mapped(a, b) {
  arguments[0] = 'by arguments';
  b = 'by name';
  return [a, b, arguments[0], arguments[1], arguments.length].join('|');
}
console.log(rounds(() => mapped(1, 2)), rounds(() => mapped(1)), rounds(() => mapped()));
function writes() {
  arguments[0] = 7;
  arguments[5] = 'far';
  arguments.length = 6;
  delete arguments[1];
  return [].join.call(arguments, ',');
}
console.log(rounds(() => writes(1, 2)), rounds(() => writes()));
function forwarded() { return Math.max.apply(null, arguments); }
console.log(rounds(() => forwarded(3, 9, 4)));
function rest(first, ...others) { return first + others.length + arguments.length; }
console.log(rounds(() => rest(1, 2, 3)));
function kept() { return arguments; }
const one = kept(1, 2), two = kept(3);
rounds(() => kept(4, 5));
one[0] = 'own';
console.log(one[0], one[1], two[0], one.length, two.length);
function* generated() { yield arguments.length; yield arguments[1]; }
console.log(rounds(() => [...generated(1, 2)].join()));
