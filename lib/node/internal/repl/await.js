'use strict';
// `await` at the top level of the REPL: the statement becomes the body of an async function, whose declarations stay.

const vm = require('vm');

const kDeclaration = /^\s*(const|let|var)\s+([\s\S]*)$/;

function compiles(code) {
  try {
    new vm.Script(code);
    return true;
  } catch {
    return false;
  }
}

/** Names a pattern binds; undefined when the text is not understood. */
function boundNames(pattern) {
  pattern = pattern.trim();
  if (/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(pattern)) return [pattern];
  if (!/^[{[]/.test(pattern)) return undefined;
  // The engine knows best: a function with this parameter, whose names are those that can be read in it.
  const candidates = pattern.match(/[\p{ID_Start}$_][\p{ID_Continue}$]*/gu) ?? [];
  return candidates.filter((name) => compiles(`"use strict"; (function(${pattern}) { { let x; } }); void 0;`) &&
    !compiles(`(function(${pattern}) { let ${name}; })`));
}

/** Where a declarator's pattern ends: at `=` outside of brackets. */
function splitDeclarator(text) {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if ('{[('.includes(c)) depth++;
    else if ('}])'.includes(c)) depth--;
    else if (c === '=' && depth === 0 && text[i + 1] !== '=' && text[i + 1] !== '>') return [text.slice(0, i), text.slice(i + 1)];
  }
  return undefined;
}

/**
 * Code with the same effect without await at the top level: { wrapper, declarations }. The wrapper is an expression, a
 * promise of { value }. Null when the code does not need it, or cannot be helped.
 */
function processTopLevelAwait(source) {
  if (!source.includes('await')) return null;
  const code = source.trim().replace(/;+$/, '');
  const expression = `(async () => { return { __proto__: null, value: (\n${code}\n) }; })()`;
  if (compiles(expression)) return { wrapper: expression, declarations: [] };
  const declaration = kDeclaration.exec(code);
  if (declaration !== null) {
    const parts = splitDeclarator(declaration[2]);
    const names = parts && boundNames(parts[0]);
    if (names !== undefined && names.length > 0) {
      const wrapper = `(async () => { void (${parts[0].trim()} = (\n${parts[1]}\n)); return { __proto__: null, value: undefined }; })()`;
      if (compiles(wrapper)) return { wrapper, declarations: names };
    }
  }
  const body = `(async () => { ${source}\n; return { __proto__: null, value: undefined }; })()`;
  return compiles(body) ? { wrapper: body, declarations: [] } : null;
}

module.exports = { processTopLevelAwait };
