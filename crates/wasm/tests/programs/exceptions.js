// Exceptions cross the border both ways.

const tag = new WebAssembly.Tag({ parameters: ['i32', 'externref'] });
const payload = { payload: true };

// try_table (catch tag 0 $l) (catch $js 1 $l2): calls the import and says how it ended.
const e = instance({
  types: [type([], []), type([kI32, kExternref], []), type([kExternref], []), type([], [kI32, kExternref]), type([], [kExternref]),
          type([kI32], [])],
  imports: [['m', 'f', 0, 0], ['m', 'tag', 4, 0, 1], ['m', 'js', 4, 0, 2], ['m', 'none', 3, kExternref, 0]],
  functions: [3, 4, 0, 5],
  exports: [['catchTag', 0, 1], ['catchJs', 0, 2], ['pass', 0, 3], ['raise', 0, 4], ['tag', 4, 0]],
  code: [
    [[], [0x02, 3, 0x1f, 0x40, 1, 0x00, 0, 0, 0x10, 0, kEnd, 0x41, 0x7f, 0x23, 0, kEnd]],
    [[], [0x02, 4, 0x1f, 0x40, 1, 0x00, 1, 0, 0x10, 0, kEnd, 0x23, 0, kEnd]],
    [[], [0x10, 0]],
    [[], [0x20, 0, 0x23, 0, 0x08, 0]],
  ],
}, { m: { f: () => action(), tag, js: WebAssembly.JSTag, none: null } });
let action = () => {};

same(e.tag, tag);
same(String(e.catchTag()), '-1,');
action = () => { throw new WebAssembly.Exception(tag, [3, payload]); };
{
  const [n, o] = e.catchTag();
  same(n, 3);
  same(o, payload);
}
const thrown = new WebAssembly.Exception(tag, [4, 'x']);
action = () => { throw thrown; };
same(throws(() => e.pass(), WebAssembly.Exception), thrown);
same(thrown.getArg(tag, 0), 4);
same(thrown.getArg(tag, 1), 'x');
same(thrown.is(tag), true);
same(thrown.is(WebAssembly.JSTag), false);
throws(() => thrown.getArg(tag, 2), RangeError);
const error = new TypeError('mine');
action = () => { throw error; };
same(e.catchJs(), error);
same(throws(() => e.pass(), TypeError), error);
action = () => { throw undefined; };
let caught = 'nothing';
try {
  e.pass();
} catch (x) {
  caught = x;
}
same(caught, undefined);
action = () => { throw 5; };
same(e.catchJs(), 5);
const raised = throws(() => e.raise(9), WebAssembly.Exception);
same(raised.is(tag), true);
same(raised.getArg(tag, 0), 9);
same(raised.getArg(tag, 1), null);

// Traps are not caught by WebAssembly.
const trap = instance({ types: [type([], [])], functions: [0], exports: [['f', 0, 0]], code: [[[], [0x00]]] });
action = () => trap.f();
throws(() => e.catchJs(), WebAssembly.RuntimeError, 'unreachable');
throws(() => new WebAssembly.Exception(WebAssembly.JSTag, [1]), TypeError);
throws(() => new WebAssembly.Exception(tag, [1]), TypeError);
if (!(trap.f instanceof Function)) fail('not a function');
if (!throws(() => trap.f(), WebAssembly.RuntimeError).stack.includes('wasm-function[0]')) fail('no frame');
