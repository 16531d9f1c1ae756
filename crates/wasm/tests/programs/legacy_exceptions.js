// Exception instructions of before 3.0, which are rewritten: try, catch, rethrow, delegate.

const a = new WebAssembly.Tag({ parameters: ['i32'] });
const b = new WebAssembly.Tag({ parameters: [] });
let action = () => {};
const kTry = 0x06, kCatch = 0x07, kThrow = 0x08, kRethrow = 0x09, kBr = 0x0c, kCall = 0x10, kDelegate = 0x18, kCatchAll = 0x19;
const i32 = (n) => [0x41, n];
/** A function of type () -> i32; function 0 is the action. */
function run(...body) {
  return instance({
    types: [type([], []), type([], [kI32]), type([kI32], []), type([kI32], [kI32])],
    imports: [['m', 'f', 0, 0], ['m', 'a', 4, 0, 2], ['m', 'b', 4, 0, 0]],
    functions: [1], exports: [['run', 0, 1]], code: [[[], body.flat()]],
  }, { m: { f: () => action(), a, b } }).run;
}
const doing = (what, f) => { action = what; return f(); };
const throwA = () => { throw new WebAssembly.Exception(a, [42]); };
const throwB = () => { throw new WebAssembly.Exception(b, []); };
const throwJs = () => { throw new RangeError('of JavaScript'); };
const nothing = () => {};

// One handler for each.
const each = run(kTry, kI32, kCall, 0, i32(1), kCatch, 0, kCatch, 1, i32(2), kCatchAll, i32(3), kEnd);
same(doing(nothing, each), 1);
same(doing(throwA, each), 42);
same(doing(throwB, each), 2);
same(doing(throwJs, each), 3);

// A block with a parameter; a branch out of the body and one out of the handler.
const parameter = run(i32(5), kTry, 3, kCall, 0, kCatch, 0, kEnd);
same(doing(nothing, parameter), 5);
same(doing(throwA, parameter), 42);
same(doing(throwB, () => throws(parameter, WebAssembly.Exception)).is(b), true);
const branches = run(0x02, kI32, kTry, 0x40, kCall, 0, i32(6), kBr, 1, kCatch, 1, i32(7), kBr, 1, kEnd, i32(8), kEnd);
same(doing(nothing, branches), 6);
same(doing(throwB, branches), 7);

// The same exception again, from an inner handler too.
const again = run(kTry, kI32, kCall, 0, i32(0), kCatchAll, kTry, 0x40, kThrow, 1, kCatch, 1, kRethrow, 1, kEnd, i32(1), kEnd);
const thrown = new WebAssembly.Exception(a, [1]);
same(doing(() => { throw thrown; }, () => throws(again, WebAssembly.Exception)), thrown);
doing(throwJs, () => throws(again, RangeError, 'of JavaScript'));

// Delegated to the try around, past one, and to the caller.
const around = (label) => run(
  kTry, kI32,
  kTry, kI32, kTry, kI32, kCall, 0, i32(0), kDelegate, label, kCatchAll, i32(10), kEnd,
  kCatchAll, i32(11), kEnd);
same(doing(throwA, around(0)), 10);
same(doing(throwA, around(1)), 11);
doing(throwJs, () => throws(around(2), RangeError));
same(doing(nothing, around(1)), 0);

// What is wrong stays wrong.
const wrong = (...body) => assemble({ types: [type([], [])], functions: [0], code: [[[], body]] });
same(WebAssembly.validate(wrong(kTry, 0x40, kCatchAll, kEnd)), true);
same(WebAssembly.validate(wrong(kTry, kI32, kCatchAll, kEnd)), false);
same(WebAssembly.validate(wrong(kTry, 0x40, kRethrow, 0, kEnd)), false);
same(WebAssembly.validate(wrong(kTry, 0x40, kDelegate, 9)), false);
throws(() => new WebAssembly.Module(wrong(kTry, 0x40, kCatch, 5, kEnd)), WebAssembly.CompileError);
// Old and new do not mix.
throws(() => new WebAssembly.Module(wrong(kTry, 0x40, kCatchAll, kEnd, 0x1f, 0x40, 0, kEnd)), WebAssembly.CompileError, 'mix of legacy');
