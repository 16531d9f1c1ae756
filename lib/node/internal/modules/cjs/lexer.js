'use strict';

// Finds the names a CommonJS file exports without running it, for `import { name } from './file.cjs'`.
// It recognises the forms people and compilers write; what it does not see is still there as the default export.

const kIdentifier = /[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*/uy;
const kNumber = /(?:0[xX][\da-fA-F_]+n?|0[oObB][\d_]+n?|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?n?)/y;

const kWord = 1;
const kString = 2;
const kPunctuator = 3;
const kOther = 4;

// After these words a slash starts a regular expression.
const kBeforeRegExp = new Set([
  'return', 'typeof', 'instanceof', 'in', 'of', 'new', 'delete', 'void', 'throw', 'case', 'do', 'else', 'yield', 'await',
]);

/** Splits source into words, strings and punctuators; comments, templates and numbers are passed over. */
function tokenize(source) {
  const types = [];
  const values = [];
  // For each open parenthesis, whether a slash after its end starts a regular expression (`if (x) /y/`).
  const parens = [];
  let regExpAllowed = true;
  // Depth of braces at which a template's `${` was opened.
  const templates = [];
  let braces = 0;
  let i = 0;
  const { length } = source;

  const push = (type, value, allowed) => {
    types.push(type);
    values.push(value);
    regExpAllowed = allowed;
  };

  const skipTemplate = (start) => {
    let j = start;
    while (j < length) {
      const c = source[j];
      if (c === '\\') {
        j += 2;
      } else if (c === '`') {
        push(kOther, '`', false);
        return j + 1;
      } else if (c === '$' && source[j + 1] === '{') {
        templates.push(braces++);
        push(kPunctuator, '${', true);
        return j + 2;
      } else {
        j++;
      }
    }
    return j;
  };

  if (source.startsWith('#!')) i = source.indexOf('\n') === -1 ? length : source.indexOf('\n');
  while (i < length) {
    const c = source[i];
    if (c === ' ' || c === '\n' || c === '\t' || c === '\r') {
      i++;
      continue;
    }
    if (c === '/') {
      const next = source[i + 1];
      if (next === '/') {
        const end = source.indexOf('\n', i);
        i = end === -1 ? length : end;
        continue;
      }
      if (next === '*') {
        const end = source.indexOf('*/', i + 2);
        i = end === -1 ? length : end + 2;
        continue;
      }
      if (regExpAllowed) {
        i = skipRegExp(source, i);
        push(kOther, '/', false);
      } else {
        push(kPunctuator, '/', true);
        i++;
      }
      continue;
    }
    if (c === '"' || c === "'") {
      let j = i + 1;
      while (j < length && source[j] !== c && source[j] !== '\n') j += source[j] === '\\' ? 2 : 1;
      push(kString, source.slice(i, j + 1), false);
      i = j + 1;
      continue;
    }
    if (c === '`') {
      i = skipTemplate(i + 1);
      continue;
    }
    kIdentifier.lastIndex = i;
    if (kIdentifier.test(source)) {
      const word = source.slice(i, kIdentifier.lastIndex);
      push(kWord, word, kBeforeRegExp.has(word));
      i += word.length;
      continue;
    }
    kNumber.lastIndex = i;
    if (kNumber.test(source)) {
      push(kOther, '0', false);
      i = kNumber.lastIndex;
      continue;
    }
    if (c === '(') {
      const before = values[values.length - 1];
      parens.push(types[types.length - 1] === kWord && (before === 'if' || before === 'while' || before === 'for' || before === 'with'));
      push(kPunctuator, c, true);
    } else if (c === ')') {
      push(kPunctuator, c, parens.pop() === true);
    } else if (c === '{') {
      braces++;
      push(kPunctuator, c, true);
    } else if (c === '}') {
      braces--;
      if (templates.length > 0 && templates[templates.length - 1] === braces) {
        templates.pop();
        i = skipTemplate(i + 1);
        continue;
      }
      push(kPunctuator, c, true);
    } else if (c === '.' && source.startsWith('...', i)) {
      push(kPunctuator, '...', true);
      i += 3;
      continue;
    } else if (c === '=' && (source[i + 1] === '=' || source[i + 1] === '>')) {
      const text = source.startsWith('===', i) ? '===' : source.slice(i, i + 2);
      push(kPunctuator, text, true);
      i += text.length;
      continue;
    } else {
      push(kPunctuator, c, c !== ']');
    }
    i++;
  }
  return { types, values };
}

function skipRegExp(source, start) {
  let inClass = false;
  for (let i = start + 1; i < source.length; i++) {
    const c = source[i];
    if (c === '\\') {
      i++;
    } else if (c === '[') {
      inClass = true;
    } else if (c === ']') {
      inClass = false;
    } else if (c === '\n') {
      return i;
    } else if (c === '/' && !inClass) {
      i++;
      while (i < source.length && /[a-z]/.test(source[i])) i++;
      return i;
    }
  }
  return source.length;
}

function unquote(text) {
  const body = text.slice(1, -1);
  if (!body.includes('\\')) return body;
  try {
    return JSON.parse(`"${body.replace(/\\'/g, "'").replace(/\\x([\da-f]{2})/gi, '\\u00$1')
      .replace(/\\u\{([\da-f]+)\}/gi, (_, hex) => String.fromCodePoint(Number.parseInt(hex, 16)))
      .replace(/(^|[^\\])"/g, '$1\\"')}"`);
  } catch {
    return undefined;
  }
}

/** { exports: names, reexports: specifiers } of a CommonJS source. */
function lex(source) {
  const exports = new Set();
  const reexports = new Set();
  const { types, values } = tokenize(source);
  const required = new Map();
  const count = types.length;

  const is = (i, value) => i < count && types[i] !== kString && values[i] === value;
  const sequence = (i, ...expected) => expected.every((value, k) => is(i + k, value));
  const add = (name) => {
    if (name !== undefined && name.isWellFormed()) exports.add(name);
  };

  // Position after `exports` or `module.exports` at i, or -1.
  const exportsAt = (i) => {
    if (is(i, 'exports') && !is(i - 1, '.')) return i + 1;
    if (sequence(i, 'module', '.', 'exports') && !is(i - 1, '.')) return i + 3;
    return -1;
  };

  // The specifier of `require('x')` at i, or undefined; its end is i + 4.
  const requireAt = (i) => {
    if (sequence(i, 'require', '(') && types[i + 2] === kString && is(i + 3, ')')) return unquote(values[i + 2]);
    return undefined;
  };

  const objectLiteral = (start) => {
    for (let i = start + 1; i < count;) {
      if (is(i, '}')) return;
      if (is(i, '...')) {
        const specifier = requireAt(i + 1);
        if (specifier === undefined) {
          // `...identifier`: nothing is known of it, but the list goes on.
          if (types[i + 1] !== kWord || !(is(i + 2, ',') || is(i + 2, '}'))) return;
          i += 2;
        } else {
          reexports.add(specifier);
          i += 5;
        }
      } else if (types[i] === kWord || types[i] === kString) {
        const name = types[i] === kString ? unquote(values[i]) : values[i];
        if (is(i + 1, ',') || is(i + 1, '}')) {
          if (types[i] === kString) return;
          add(name);
          i++;
        } else if (is(i + 1, ':')) {
          add(name);
          if (!(types[i + 2] === kWord || types[i + 2] === kString || types[i + 2] === kOther)) return;
          i += 3;
        } else if (is(i + 1, '(') && types[i] === kWord && name !== 'get' && name !== 'set') {
          add(name);
          return;
        } else if ((name === 'get' || name === 'async' || name === 'set') && types[i + 1] === kWord) {
          add(values[i + 1]);
          return;
        } else {
          return;
        }
      } else {
        return;
      }
      if (!is(i, ',')) return;
      i++;
    }
  };

  // Object.defineProperty(exports, 'name', { value | enumerable: true, get ... })
  const defineProperty = (i) => {
    const end = exportsAt(i);
    if (end === -1 || !is(end, ',') || types[end + 1] !== kString || !is(end + 2, ',') || !is(end + 3, '{')) return;
    const name = unquote(values[end + 1]);
    let j = end + 4;
    if (sequence(j, 'enumerable', ':', 'true', ',')) j += 4;
    else if (sequence(j, 'enumerable', ':', '!') && types[j + 3] === kOther && is(j + 4, ',')) j += 5;
    if (is(j, 'value') && is(j + 1, ':')) add(name);
    else if (is(j, 'get') && (is(j + 1, ':') || is(j + 1, '(') || is(j + 1, ','))) add(name);
  };

  for (let i = 0; i < count; i++) {
    if (types[i] !== kWord) continue;
    const word = values[i];
    const afterExports = word === 'exports' || word === 'module' ? exportsAt(i) : -1;
    if (afterExports !== -1) {
      if (is(afterExports, '.') && types[afterExports + 1] === kWord && is(afterExports + 2, '=')) {
        add(values[afterExports + 1]);
      } else if (is(afterExports, '[') && types[afterExports + 1] === kString && is(afterExports + 2, ']') &&
          is(afterExports + 3, '=')) {
        add(unquote(values[afterExports + 1]));
      } else if (word === 'module' && is(afterExports, '=')) {
        // A later assignment replaces what an earlier one re-exported.
        reexports.clear();
        const specifier = requireAt(afterExports + 1);
        if (specifier !== undefined) reexports.add(specifier);
        else if (is(afterExports + 1, '{')) objectLiteral(afterExports + 1);
      }
    } else if (word === 'Object' && is(i + 1, '.')) {
      if (is(i + 2, 'defineProperty') && is(i + 3, '(')) {
        defineProperty(i + 4);
      } else if (is(i + 2, 'keys') && is(i + 3, '(') && types[i + 4] === kWord && sequence(i + 5, ')', '.', 'forEach', '(')) {
        const specifier = required.get(values[i + 4]);
        if (specifier !== undefined) reexports.add(specifier);
      }
    } else if ((word === '__exportStar' || word === '__export') && is(i + 1, '(')) {
      const specifier = requireAt(i + 2);
      if (specifier !== undefined) reexports.add(specifier);
    } else if (word === 'require' && is(i - 1, '=') && types[i - 2] === kWord) {
      const specifier = requireAt(i);
      if (specifier !== undefined) required.set(values[i - 2], specifier);
    } else if (word.startsWith('_interopRequireWildcard') && is(i + 1, '(') && is(i - 1, '=')) {
      const specifier = requireAt(i + 2);
      if (specifier !== undefined) required.set(values[i - 2], specifier);
    }
  }
  return { exports: [...exports], reexports: [...reexports] };
}

module.exports = { lex };
