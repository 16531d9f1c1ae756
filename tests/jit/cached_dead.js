'use strict';
// What sites have cached dies: shapes whose numbers are given again, prototypes, setters, methods and callees. The sites go on.
const print = (...list) => console.log(...list);
const collect = globalThis.gc ?? (() => {});

// Objects of a new shape each round, whose fields lie elsewhere.
function make(round) {
  const o = {};
  for (let i = 0; i < round % 5; i++) o['pad' + round + '_' + i] = -1;
  o.value = round;
  o.next = null;
  return o;
}
function read(o) {
  return o.value;
}
function write(o, v) {
  o.value = v;
  o.added = v + 1;
  return o.added;
}
let sum = 0;
for (let round = 0; round < 60; round++) {
  for (let i = 0; i < 6; i++) {
    const o = make(round + i);
    sum += read(o) + write(o, round);
  }
  if (round % 3 === 0) collect();
}
print('fields', sum);

// Methods of classes, getters and setters of prototypes that nobody else refers to.
function classOf(round) {
  return class {
    constructor() {
      this.at = round;
    }
    method() {
      return this.at + round;
    }
    get got() {
      return this.at * 2;
    }
    set got(v) {
      this.at = v - round;
    }
  };
}
function use(o) {
  o.got = 100;
  return o.method() + o.got;
}
sum = 0;
for (let round = 0; round < 40; round++) {
  const C = classOf(round);
  for (let i = 0; i < 3; i++) sum += use(new C());
  if (round % 4 === 1) collect();
}
print('prototypes', sum);

// Callees without a key, and constructors.
function callIt(f) {
  return f(1);
}
function construct(F) {
  return new F().x;
}
sum = 0;
for (let round = 0; round < 40; round++) {
  const add = round;
  sum += callIt((x) => x + add);
  sum += construct(function () {
    this.x = add;
    if (add % 2) this.y = add;
  });
  if (round % 4 === 2) collect();
}
print('callees', sum);

// A site that has run, and whose shapes have all died, is no site that has never run.
function late(o, run) {
  if (!run) return 0;
  return o.late + o.later;
}
sum = 0;
for (let round = 0; round < 30; round++) {
  if (round % 10 === 0) collect();
  for (let i = 0; i < 4; i++) sum += late({ ['k' + round]: 1, late: i, later: round }, i > 1);
}
print('late', sum);
