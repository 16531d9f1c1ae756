// What has just been made is no other object: shapes and lengths that stay known while others change theirs.
'use strict';

function List() {
  this.items = new Array();
}
List.prototype.add = function (x) {
  this.items.push(x);
  return this.items.length;
};
function Node(v) {
  this.v = v;
  this.list = new List();
  this.next = null;
  this.last = v;
}
function fill(n) {
  const list = new List();
  let last = 0;
  for (let i = 0; i < n; i++) last = list.add(i);
  return last + ':' + list.items.join();
}
function five() {
  const a = new Array();
  a.push(1); a.push(2); a.push(3); a.push(4);
  const four = a.length;
  a.push(5);
  return four + a.length + a[4] + a.join('');
}
function holes() {
  const a = new Array(3);
  a.push('x');
  a[1] = 'y';
  return a.length + JSON.stringify(a) + (0 in a);
}
function cut() {
  const a = new Array();
  a.push(1); a.push(2);
  a.length = 1;
  a.push(3);
  a.pop();
  a.push(4, 5);
  a.push(6);
  return a.join();
}
// The same object by two names changes its shape under the other.
function twice(o, p) {
  const before = o.a;
  p.b = before + 1;
  o.c = 2;
  return Object.keys(o).join() + Object.keys(p).join() + o.b + p.c;
}
// A new object by two names, one of which comes out of memory.
function again(keep) {
  const o = { a: 1 };
  keep.o = o;
  const p = keep.o;
  p.b = 2;
  o.c = 3;
  p.d = 4;
  return Object.keys(o).join() + o.b + p.c;
}
// In a loop the object of the turn before is another one.
function chain(n) {
  let last = null;
  let out = 0;
  for (let i = 0; i < n; i++) {
    const node = { v: i };
    if (last !== null) last.next = node;
    node.w = i * 2;
    if (last !== null) out += last.next.w + ('w' in last ? last.w : 100);
    last = node;
  }
  return out;
}
function sealed(n) {
  const a = new Array();
  a.push(n);
  if (n % 5 === 0) Object.freeze(a);
  try {
    a.push(n + 1);
  } catch (e) {
    return e.name + a.length;
  }
  return a.length;
}

for (let round = 0; round < 40; round++) {
  const same = { a: round }, other = { a: round };
  const out = [
    fill(7), five(), holes(), cut(), twice(same, same), twice({ a: 1 }, other), again({}), chain(6), sealed(round),
    Object.keys(new Node(round)).join(), new Node(1).list.add(3),
  ];
  if (round % 13 === 0) console.log(out.join(' '));
}
