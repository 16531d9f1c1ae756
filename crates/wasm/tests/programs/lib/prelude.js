'use strict';

// Assembling modules, and assertions.

const kI32 = 0x7f, kI64 = 0x7e, kF32 = 0x7d, kF64 = 0x7c, kV128 = 0x7b, kFuncref = 0x70, kExternref = 0x6f, kAnyref = 0x6e;
const kEnd = 0x0b;

function leb(n) {
  const out = [];
  do {
    const b = n & 0x7f;
    n >>>= 7;
    out.push(n ? b | 0x80 : b);
  } while (n);
  return out;
}
function utf8(text) {
  return [...leb(text.length), ...[...text].map((c) => c.charCodeAt(0))];
}
function vector(items) {
  return [...leb(items.length), ...items.flat()];
}
function section(id, items) {
  const body = vector(items);
  return items.length === 0 ? [] : [id, ...leb(body.length), ...body];
}
function type(params, results) {
  return [0x60, ...vector(params.map((t) => [t].flat())), ...vector(results.map((t) => [t].flat()))];
}
/** Bytes of a module. `imports`: [module, name, ...descriptor]; `exports`: [name, kind, index]; `code`: [locals, body]. */
function assemble({ types = [], imports = [], functions = [], tables = [], memories = [], tags = [], globals = [], exports = [],
                    start, elements = [], code = [], data = [] }) {
  return new Uint8Array([
    0, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
    ...section(1, types),
    ...section(2, imports.map(([m, n, ...d]) => [...utf8(m), ...utf8(n), ...d])),
    ...section(3, functions.map(leb)),
    ...section(4, tables),
    ...section(5, memories),
    ...section(13, tags),
    ...section(6, globals),
    ...section(7, exports.map(([n, kind, index]) => [...utf8(n), kind, ...leb(index)])),
    ...(start === undefined ? [] : [8, 1, start]),
    ...section(9, elements),
    ...section(10, code.map(([locals, body]) => {
      const all = [...vector(locals), ...body, kEnd];
      return [...leb(all.length), ...all];
    })),
    ...section(11, data),
  ]);
}
function instance(parts, imports) {
  return new WebAssembly.Instance(new WebAssembly.Module(assemble(parts)), imports).exports;
}

function fail(text) {
  throw new Error(text);
}
function same(found, wanted, what = '') {
  if (!Object.is(found, wanted)) fail(`${what}: ${String(found)} instead of ${String(wanted)}`);
}
function throws(f, constructor, text) {
  let thrown;
  try {
    f();
  } catch (e) {
    thrown = e;
    if (!(e instanceof constructor)) fail(`${e} instead of a ${constructor.name}`);
    if (text !== undefined && !e.message.includes(text)) fail(`"${e.message}" instead of "${text}"`);
  }
  if (thrown === undefined) fail(`nothing thrown instead of a ${constructor.name}`);
  return thrown;
}
