// References: JavaScript values, structures and arrays, small integers.

const kRefNull0 = [0x63, 0], kRefNull1 = [0x63, 1];
const e = instance({
  types: [
    [0x5f, 1, kI32, 1], [0x5e, kI32, 1],
    type([kExternref], [kExternref]), type([kI32], [kRefNull0]), type([kRefNull0], [kI32]), type([kAnyref], [kAnyref]),
    type([kI32], [kRefNull1]), type([kExternref], [kAnyref]), type([kAnyref], [kExternref]), type([kFuncref], [kFuncref]),
  ],
  functions: [2, 3, 4, 5, 6, 7, 8, 9],
  exports: [['ext', 0, 0], ['make', 0, 1], ['get', 0, 2], ['any', 0, 3], ['array', 0, 4], ['inside', 0, 5], ['outside', 0, 6],
            ['func', 0, 7]],
  code: [
    [[], [0x20, 0]],
    [[], [0x20, 0, 0xfb, 0, 0]],
    [[], [0x20, 0, 0xfb, 2, 0, 0]],
    [[], [0x20, 0]],
    [[], [0x20, 0, 0xfb, 7, 1]],
    [[], [0x20, 0, 0xfb, 0x1a]],
    [[], [0x20, 0, 0xfb, 0x1b]],
    [[], [0x20, 0]],
  ],
});

for (const v of [{}, [], 'text', Symbol('s'), 1.5, -0, 2 ** 40, 5, true, undefined, null, 10n, () => 1, e.ext]) {
  same(e.ext(v), v, 'externref');
  same(e.any(v), v, 'anyref');
  same(e.outside(e.inside(v)), v, 'inside and out');
}
const s = e.make(42);
same(typeof s, 'object');
same(Object.getPrototypeOf(s), null);
same(s.x, undefined);
same(e.get(s), 42);
same(e.any(s), s);
same(e.ext(s), s);
same(e.inside(s), s);
throws(() => e.get({}), TypeError);
throws(() => e.get(e.array(3)), TypeError);
throws(() => e.get(null), WebAssembly.RuntimeError, 'dereferencing a null pointer');
same(e.func(e.ext), e.ext);
same(e.func(null), null);
throws(() => e.func(() => 1), TypeError);

// Identity survives collections of either heap.
const kept = [];
for (let i = 0; i < 40; i++) {
  const o = e.make(i);
  kept.push(o);
  for (let k = 0; k < 20; k++) e.array(500);
  same(e.any(o), o);
}
kept.forEach((o, i) => {
  same(e.get(o), i);
  same(e.any(o), o);
});

// References in calls of JavaScript: what it gets, and what it returns.
const kRefExtern = [0x64, kExternref];
let got, next;
const calls = instance({
  types: [type([kExternref, kI32, kExternref], [kExternref]), type([kExternref], [kRefExtern]), type([kExternref], [kI32]), type([kExternref], [])],
  imports: [['m', 'back', 0, 0], ['m', 'strict', 0, 1], ['m', 'number', 0, 2], ['m', 'throws', 0, 3]],
  functions: [0, 1, 2, 3],
  exports: ['back', 'strict', 'number', 'throws'].map((name, i) => [name, 0, 4 + i]),
  code: [
    [[], [0x20, 0, 0x20, 1, 0x20, 2, 0x10, 0]],
    [[], [0x20, 0, 0x10, 1]],
    [[], [0x20, 0, 0x10, 2]],
    [[], [0x20, 0, 0x10, 3]],
  ],
}, { m: {
  back: (...args) => (got = args, next),
  strict: (v) => v,
  number: (v) => (got = v, { valueOf: () => 7 }),
  throws: (v) => { throw v; },
} });
const all = [{}, [], 'text', Symbol('s'), 1.5, -0, 2 ** 40, 5, -5, 2 ** 30 - 1, -(2 ** 30), 2 ** 30, NaN, true, undefined, null, 10n, () => 1, e.ext, s, e.array(3)];
for (const v of all) {
  for (const w of all) {
    next = w;
    same(calls.back(v, -3, w), w, 'result');
    same(got.length, 3);
    same(got[0], v, 'argument');
    same(got[1], -3);
    same(got[2], w, 'last argument');
  }
  if (v === null) throws(() => calls.strict(v), TypeError);
  else same(calls.strict(v), v, 'strict');
  same(calls.number(v), 7);
  same(got, v);
  let thrown;
  try {
    calls.throws(v);
  } catch (x) {
    thrown = x;
  }
  same(thrown, v, 'thrown');
}
// Numbers of references that have died are used again.
for (let i = 0; i < 3000; i++) {
  const o = { i };
  next = `s${i}`;
  same(calls.back(o, 0, next), next);
  same(got[0], o);
  same(got[2], next);
  if (i % 500 === 0) for (let k = 0; k < 50; k++) e.array(5000);
}
