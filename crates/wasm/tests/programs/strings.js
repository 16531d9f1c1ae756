// JS String Builtins and imported string constants; custom sections; promises.

const kRefExtern = [0x64, kExternref];
const bytes = assemble({
  types: [type([kExternref], [kI32]), type([kExternref, kExternref], [kRefExtern]), type([], [kExternref]), type([kExternref, kI32], [kI32])],
  imports: [['wasm:js-string', 'length', 0, 0], ['wasm:js-string', 'concat', 0, 1], ['wasm:js-string', 'charCodeAt', 0, 3],
            ["'", 'hello', 3, ...kRefExtern, 0]],
  functions: [2, 0, 3],
  exports: [['greet', 0, 3], ['length', 0, 4], ['unit', 0, 5]],
  code: [[[], [0x23, 0, 0x23, 0, 0x10, 1]], [[], [0x20, 0, 0x10, 0]], [[], [0x20, 0, 0x20, 1, 0x10, 2]]],
});
const options = { builtins: ['js-string'], importedStringConstants: "'" };
const m = new WebAssembly.Module(bytes, options);
same(WebAssembly.Module.imports(m).length, 0);
const e = new WebAssembly.Instance(m).exports;
same(e.greet(), 'hellohello');
same(e.length('abc'), 3);
same(e.unit('\u{1f600}', 1), 0xde00);
throws(() => e.length(5), WebAssembly.RuntimeError, 'illegal cast');
throws(() => e.unit('a', 1), WebAssembly.RuntimeError);
same(WebAssembly.Module.imports(new WebAssembly.Module(bytes)).length, 4);

// A builtin as the first thing that makes a reference in its store.
const kUnits = [0x5e, 0x77, 1], kUnitsRef = [0x63, 2], builtins = { builtins: ['js-string'] };
const point = new WebAssembly.Instance(new WebAssembly.Module(assemble({
  types: [type([kI32], [kRefExtern])],
  imports: [['wasm:js-string', 'fromCodePoint', 0, 0], ['wasm:js-string', 'fromCharCode', 0, 0]],
  functions: [0, 0],
  exports: [['point', 0, 2], ['unit', 0, 3]],
  code: [[[], [0x20, 0, 0x10, 0]], [[], [0x20, 0, 0x10, 1]]],
}), builtins)).exports;
same(point.point(0x1f600), '\u{1f600}');
same(point.unit(0x1f600), '\uf600');
throws(() => point.point(0x110000), WebAssembly.RuntimeError);

// Strings that are made and die: what is known of a reference ends with it.
const E = kExternref, I = kI32;
const lives = new WebAssembly.Instance(new WebAssembly.Module(assemble({
  types: [type([E, I, I], [kRefExtern]), type([E], [I]), kUnits, type([kUnitsRef, I, I], [kRefExtern]), type([E, kUnitsRef, I], [I]), type([E, E], [I]),
          type([E], [kRefExtern]), type([E, I], [I])],
  imports: [['substring', 0], ['length', 1], ['fromCharCodeArray', 3], ['intoCharCodeArray', 4], ['equals', 5], ['compare', 5], ['test', 1], ['cast', 6],
            ['codePointAt', 7]].map(([name, t]) => ['wasm:js-string', name, 0, t]),
  functions: [7, 6, 3, 5, 5, 1, 6, 7, 1, 7],
  exports: ['sum', 'through', 'none', 'equals', 'compare', 'test', 'cast', 'codePointAt', 'toNone', 'behind'].map((name, i) => [name, 0, 9 + i]),
  code: [
    // the lengths of n parts, of n, n - 1, … units
    [[[1, I]], [0x03, 0x40, 0x20, 0, 0x41, 0, 0x20, 1, 0x10, 0, 0x10, 1, 0x20, 2, 0x6a, 0x21, 2, 0x20, 1, 0x41, 1, 0x6b, 0x22, 1, 0x0d, 0, kEnd, 0x20, 2]],
    // through an array
    [[[1, ...kUnitsRef]], [0x20, 0, 0x41, 20, 0xfb, 7, 2, 0x22, 1, 0x41, 2, 0x10, 3, 0x1a, 0x20, 1, 0x41, 2, 0x41, 20, 0x10, 2]],
    [[], [0x20, 0, 0x20, 1, 0x20, 2, 0x10, 2]],
    [[], [0x20, 0, 0x20, 1, 0x10, 4]],
    [[], [0x20, 0, 0x20, 1, 0x10, 5]],
    [[], [0x20, 0, 0x10, 6]],
    [[], [0x20, 0, 0x10, 7]],
    [[], [0x20, 0, 0x20, 1, 0x10, 8]],
    [[], [0x20, 0, 0xd0, 2, 0x41, 0, 0x10, 3]],
    [[], [0x20, 0, 0x20, 1, 0xfb, 7, 2, 0x41, 0, 0x10, 3]],
  ],
}), builtins)).exports;
const text = 'x'.repeat(500) + '\u{1f600}' + 'y'.repeat(500);
for (let round = 0; round < 20; round++) {
  same(lives.sum(text, 300), 300 * 301 / 2);
  same(lives.through('abc' + round), 'abc' + round + '\0'.repeat(15 - String(round).length));
}
same(lives.through('\u1234\u{1f600}').slice(0, 3), '\u1234\u{1f600}');
throws(() => lives.through('x'.repeat(19)), WebAssembly.RuntimeError);
throws(() => lives.none(null, 0, 0), WebAssembly.RuntimeError, 'dereferencing a null pointer');
throws(() => lives.toNone('a'), WebAssembly.RuntimeError, 'dereferencing a null pointer');
same(lives.behind('abc', 3), 3);
throws(() => lives.behind('abc', 2), WebAssembly.RuntimeError);
same(lives.equals('a' + 'b', 'ab'), 1);
same(lives.equals(null, null), 1);
same(lives.equals('a', null), 0);
throws(() => lives.equals(5, 'a'), WebAssembly.RuntimeError, 'illegal cast');
throws(() => lives.equals({}, 'a'), WebAssembly.RuntimeError, 'illegal cast');
same(lives.compare('a', 'b'), -1);
throws(() => lives.compare('a', null), WebAssembly.RuntimeError, 'illegal cast');
same([lives.test('a'), lives.test(1), lives.test(null), lives.test({}), lives.test(text)].join(), '1,0,0,0,1');
same(lives.cast(text), text);
throws(() => lives.cast(undefined), WebAssembly.RuntimeError, 'illegal cast');
same(lives.codePointAt(text, 500), 0x1f600);
same(lives.codePointAt(text, 501), 0xde00);
throws(() => lives.codePointAt(text, 2000), WebAssembly.RuntimeError);

const custom = new WebAssembly.Module(new Uint8Array([...assemble({}), 0, 4, 1, 0x78, 7, 8]));
same(String(new Uint8Array(WebAssembly.Module.customSections(custom, 'x')[0])), '7,8');
same(WebAssembly.Module.customSections(custom, 'y').length, 0);

const small = assemble({ types: [type([], [kI32])], functions: [0], exports: [['f', 0, 0]], code: [[[], [0x41, 1]]] });
(async () => {
  same((await WebAssembly.compile(small)) instanceof WebAssembly.Module, true);
  const both = await WebAssembly.instantiate(small);
  same(both.instance.exports.f(), 1);
  same((await WebAssembly.instantiate(both.module)) instanceof WebAssembly.Instance, true);
  let e;
  try {
    await WebAssembly.compile(new Uint8Array([1]));
  } catch (x) {
    e = x;
  }
  same(e instanceof WebAssembly.CompileError, true);
  same(WebAssembly.validate(small), true);
  same(WebAssembly.validate(small.slice(0, -1)), false);
})().catch((x) => Promise.reject(x));
