// Functions that are inlined where they are called do what they did before, and errors show all of them.

const get = (i) => [0x20, ...leb(i)], set = (i) => [0x21, ...leb(i)], call = (f) => [0x10, ...leb(f)];
const i32 = (n) => [0x41, ...leb(n)], IF = 0x04, BLOCK = 0x02, LOOP = 0x03, VOID = 0x40;
const ADD = 0x6a, SUB = 0x6b, EQ = 0x46, EQZ = 0x45, BR = 0x0c, BR_IF = 0x0d, RETURN = 0x0f;

const T = { one: 0, two: 1, reference: 2 };
const names = ['import', 'trap', 'middle', 'outer', 'zeroed', 'early', 'label', 'two', 'tail', 'divide', 'rest', 'null', 'throw',
               'rounds', 'sums', 'tails', 'divides', 'rests', 'nulls', 'throws', 'even', 'odd', 'memory', 'load'];
const F = Object.fromEntries(names.map((name, i) => [name, i]));
const code = {
  // 13 is a bad number. The trap is not alone in its block: the compiler would make the branch trap.
  trap: [...get(0), ...i32(13), EQ, IF, VOID, ...i32(8), ...get(0), 0x36, 2, 0, 0x00, kEnd, ...get(0)],
  middle: [...i32(1), ...get(0), ...call(F.trap), ADD],
  outer: [...get(0), ...call(F.middle), ...call(F.middle)],
  // adds to a local that is 0 at each call
  zeroed: [[[1, kI32], [1, kFuncref]], ...get(2), 0xd1, IF, VOID, ...get(1), ...get(0), ADD, ...set(1), kEnd, 0xd2, ...leb(F.trap), ...set(2), ...get(1)],
  // leaves the function from within blocks
  early: [BLOCK, VOID, LOOP, VOID, ...get(0), ...i32(5), EQ, IF, VOID, ...i32(50), RETURN, kEnd, kEnd, kEnd, ...get(0)],
  // leaves it by its label
  label: [BLOCK, VOID, ...get(0), ...get(0), EQZ, BR_IF, 1, ...i32(1), ADD, BR, 1, kEnd, 0x00],
  two: [...get(0), ...get(0), ...i32(1), ADD],
  tail: [...get(0), IF, VOID, ...get(0), 0x12, ...leb(F.middle), kEnd, ...i32(7)],
  divide: [...i32(60), ...get(0), 0x6d],
  rest: [...i32(60), ...get(0), 0x6f],
  null: [...get(0), EQZ, IF, 0x70, 0xd0, 0x70, 0x05, 0xd2, ...leb(F.trap), kEnd, 0xd1],
  throw: [...get(0), ...call(F.import)],
  rounds: [[[2, kI32]], LOOP, VOID,
           ...get(1), ...get(2), ...call(F.zeroed), ADD, ...get(2), ...call(F.early), ADD, ...get(2), ...call(F.label), ADD, ...set(1),
           ...get(2), ...i32(1), ADD, 0x22, 2, ...get(0), 0x47, BR_IF, 0, kEnd, ...get(1)],
  sums: [...get(0), ...call(F.two), ADD],
  tails: [...get(0), ...call(F.tail), ...i32(1), ADD],
  divides: [...get(0), ...call(F.divide)],
  rests: [...get(0), ...call(F.rest)],
  nulls: [...get(0), ...call(F.null)],
  throws: [...get(0), ...call(F.throw)],
  // call each other
  even: [...get(0), EQZ, IF, kI32, ...i32(1), 0x05, ...get(0), ...i32(1), SUB, ...call(F.odd), kEnd],
  odd: [...get(0), EQZ, IF, kI32, ...i32(0), 0x05, ...get(0), ...i32(1), SUB, ...call(F.even), kEnd],
  memory: [...get(0), 0x28, 2, 0],
  load: [...get(0), ...call(F.memory)],
};
const defined = names.slice(1);
const e = instance({
  types: [type([kI32], [kI32]), type([kI32], [kI32, kI32])],
  imports: [['m', 'import', 0, T.one]],
  functions: defined.map((name) => (name === 'two' ? T.two : T.one)),
  memories: [[0, 1]],
  elements: [[3, 0, ...vector([leb(F.trap)])]],
  exports: defined.map((name) => [name, 0, F[name]]),
  code: defined.map((name) => (Array.isArray(code[name][0]) ? [code[name][0], code[name].slice(1)] : [[], code[name]])),
}, { m: { import: (n) => { if (n === 13) throw new Error('thirteen'); return n; } } });

const stack = (f, n, error, text, functions) => {
  const { stack } = throws(() => f(n), error, text);
  if (functions) same([...stack.matchAll(/wasm-function\[(\d+)\]/g)].map((m) => names[m[1]]).join(), functions);
  return stack.match(/wasm-function\[.*/g)?.join('\n');
};
/** Frames of all kinds of errors. */
const errors = () => [
  stack(e.outer, 13, WebAssembly.RuntimeError, 'unreachable', 'trap,middle,outer'),
  stack(e.outer, 12, WebAssembly.RuntimeError, 'unreachable', 'trap,middle,outer'),
  stack(e.divides, 0, WebAssembly.RuntimeError, 'divide by zero', 'divide,divides'),
  stack(e.rests, 0, WebAssembly.RuntimeError, 'remainder by zero', 'rest,rests'),
  stack(e.tails, 13, WebAssembly.RuntimeError, 'unreachable', 'trap,middle,tails'),
  stack(e.load, 1 << 20, WebAssembly.RuntimeError, 'memory access out of bounds', 'memory,load'),
  stack(e.throws, 13, Error, 'thirteen'),
].join('\n');
function round(n) {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += i + (i === 5 ? 50 : i) + (i === 0 ? 0 : i + 1);
  same(e.rounds(n), sum, 'rounds');
  same(e.outer(n + 20), n + 22, 'outer');
  same(e.sums(n), 2 * n + 1, 'sums');
  same(e.tails(n + 20), n + 22, 'tails');
  same(e.tails(0), 8, 'tails');
  same(e.divides(n), 60 / n | 0, 'divides');
  same(e.rests(n), 60 % n, 'rests');
  same(e.nulls(n % 2), 1 - n % 2, 'nulls');
  same(e.throws(n + 20), n + 20, 'throws');
  same(e.even(n), 1 - n % 2, 'even');
  same(e.load(n + 100), 0, 'load');
}
const before = errors();
// Long enough for other threads to compile all of it again.
for (let n = 1, end = Date.now() + 400; n < 400 || Date.now() < end; n++) {
  round(n % 100 + 1);
  if (n % 50 === 0) same(errors(), before, `errors in round ${n}`);
}
