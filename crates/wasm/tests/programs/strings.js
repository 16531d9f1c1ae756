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
