'use strict';
// Properties that have only held objects, or objects of one shape, until they hold something else.
const out = [];
const show = (...list) => out.push(list.map(String).join(' '));

function Point(x, y) { this.x = x; this.y = y; }
function Other(y, x) { this.y = y; this.x = x; }
function Node(p) { this.n = 1; this.p = p; }
const x_of = (node) => node.p.x;
const same = (a, b) => a.p == b.p;
const truth = (node) => (node.p ? 'yes' : 'no');
const kind = (node) => typeof node.p;

function fill(n) { const list = []; for (let i = 0; i < n; i++) list.push(new Node(new Point(i, -i))); return list; }
const list = fill(40);
for (let k = 0; k < 200; k++) show(x_of(list[k % 40]), same(list[k % 40], list[k % 7]), truth(list[k % 40]), kind(list[k % 40]));
// Another shape.
list[3].p = new Other(5, 6);
for (let k = 0; k < 80; k++) show(x_of(list[k % 40]), same(list[k % 40], list[3]), truth(list[3]), kind(list[3]));
// No object, by the interpreter and by machine code.
function put(node, v) { node.p = v; return node.p; }
for (let k = 0; k < 80; k++) put(list[k % 40], new Point(k, k));
for (const v of [null, 7, 'text', undefined, 1n, Symbol.iterator, 0.5, true]) {
  put(list[5], v); show(truth(list[5]), kind(list[5]), same(list[5], list[5]), same(list[5], list[6]));
  try { show(x_of(list[5])); } catch (e) { show(e.constructor.name); }
}

// Objects leave their shape while they are held.
function Box(v) { this.v = v; }
function Item(a) { this.a = a; this.b = 2; }
const sum = (box, f) => { const before = box.v.a; f(box.v); return before + box.v.a + box.v.b; };
const boxes = []; for (let i = 0; i < 30; i++) boxes.push(new Box(new Item(i)));
const nothing = () => {};
for (let k = 0; k < 100; k++) show(sum(boxes[k % 30], nothing));
show(sum(boxes[4], (item) => { delete item.a; item.a = 100; }));
show(sum(boxes[5], (item) => { item.c = 3; }));
show(sum(boxes[6], (item) => { Object.defineProperty(item, 'a', { get() { return 1000; } }); }));
show(sum(boxes[7], (item) => { item.a = 0.5; }));
for (let k = 0; k < 60; k++) show(sum(boxes[k % 30], nothing));

// A store that certainly fits no more.
function Link(next) { this.next = next; this.k = 0; }
function cut(link, really) { if (really) link.next = null; return link.next; }
const links = []; for (let i = 0; i < 30; i++) links.push(new Link(new Point(1, 2)));
for (let k = 0; k < 100; k++) show(cut(links[k % 30], false).x);
for (let k = 0; k < 30; k++) show(cut(links[k % 30], k % 3 === 0));

// Literals, classes and arrays in fields.
class Tree { constructor(d) { this.items = []; this.meta = { d, tag: 'x' }; if (d) this.child = new Tree(d - 1); } }
function depth(t) { let n = 0; while (t) { n += t.meta.d + t.items.length; t.items.push(n); t = t.child; } return n; }
const tree = new Tree(9);
for (let k = 0; k < 60; k++) show(depth(tree));
tree.child.child.meta = new Map([['d', 1]]);
tree.child.items = { length: 3, push() {} };
for (let k = 0; k < 20; k++) show(depth(tree));

// Objects that hold themselves.
function Own(k) { this.k = k; this.self = this; this.last = k; }
const itself = (o) => o.self === o && o.self.self.k + o.self.last;
const owns = []; for (let i = 0; i < 30; i++) owns.push(new Own(i));
for (let k = 0; k < 100; k++) show(itself(owns[k % 30]));
for (let k = 0; k < 100; k++) { const f = () => k; f.self = f; f.more = k; show(f.self === f, f.self.more, f.self()); }
owns[3].self = owns[4]; owns[5].self = null;
for (let k = 0; k < 30; k++) { try { show(itself(owns[k])); } catch (e) { show(e.constructor.name); } }
const modules = []; for (let k = 0; k < 60; k++) { const m = {}; m.default = m; m.z = k; modules.push(m.default.z); } show(modules);
const first = (m) => { m.me = m; return m.me === m; }, second = (m) => { m.me = m; return m.me === m; };
for (let k = 0; k < 20; k++) show(first({ k }), second({ k }), first(() => k), second(() => k));

// Shapes that die, and come back as others.
for (let r = 0; r < 20; r++) {
  const C = new Function('v', `this.k${r} = v; this.m = ${r};`), D = new Function('c', `this.c = c; this.z${r} = 1;`);
  const ds = []; for (let i = 0; i < 50; i++) ds.push(new D(new C(i)));
  const get = new Function('d', `return d.c.m + d.c.k${r};`);
  let t = 0; for (let k = 0; k < 200; k++) t += get(ds[k % 50]);
  if (r % 2) { ds[1].c = new Point(1, 1); t += String(get(ds[1])); }
  show(t);
  if (globalThis.gc) gc();
}
console.log(out.join('\n'));
