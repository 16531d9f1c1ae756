'use strict';
// What the Tab key of the REPL offers: names of the scope, members of expressions, modules, files, commands.

const fs = require('fs');
const path = require('path');
const vm = require('vm');

const kIdentifier = '[\\p{ID_Start}$_][\\p{ID_Continue}$\\u200C\\u200D]*';
/** `a.b.c`, `a?.b`, `a['b'].` before the cursor: nothing that would run a function. */
const kMember = new RegExp(`(?:${kIdentifier}|\\)|\\]|'[^']*'|"[^"]*"|/(?:[^/\\\\]|\\\\.)+/[a-z]*|\`[^\`]*\`)?` +
  `(?:\\s*(?:\\?\\.|\\.)\\s*${kIdentifier}|\\[(?:'[^']*'|"[^"]*"|\\d+|${kIdentifier})\\])*?(?:\\s*(\\?\\.|\\.)\\s*(${kIdentifier})?)?$`, 'u');
const kRequire = /\brequire\s*\(\s*['"`](([\w@./:-]+\/)?(?:[\w@./:-]*))(?![^'"`])$/;
const kImport = /\bimport\s*\(\s*['"`](([\w@./:-]+\/)?(?:[\w@./:-]*))(?![^'"`])$/;
const kFileSystem = /fs(?:\.promises)?\.\s*[a-z][a-zA-Z]+\(\s*["'](.*)/;

const kKeywords = [
  'async', 'await', 'break', 'case', 'catch', 'const', 'continue', 'debugger', 'default', 'delete', 'do', 'else',
  'export', 'false', 'finally', 'for', 'if', 'import', 'in', 'instanceof', 'let', 'new', 'null', 'return', 'switch', 'this',
  'throw', 'true', 'try', 'typeof', 'var', 'void', 'while', 'with', 'yield',
];

const isIdentifier = (name) => new RegExp(`^${kIdentifier}$`, 'u').test(name);

/** Property names of an object that can be written after a dot. */
function memberNames(object) {
  const names = [];
  for (const name of Object.getOwnPropertyNames(object)) if (isIdentifier(name)) names.push(name);
  return names;
}

/** A list of lists of names: of the value, then of each object of its prototype chain. */
function memberGroups(value) {
  const groups = [];
  let object = value;
  if (object === null || object === undefined) return groups;
  if (typeof object !== 'object' && typeof object !== 'function') object = Object.getPrototypeOf(object);
  for (let depth = 0; object !== null && depth < 10; depth++) {
    let names;
    try {
      names = memberNames(object);
    } catch {
      break;
    }
    groups.push(names);
    object = Object.getPrototypeOf(object);
  }
  return groups;
}

function builtinNames() {
  const { builtinModules } = require('module');
  return builtinModules.filter((name) => !name.startsWith('_') && !name.startsWith('node:'));
}

function moduleGroups(repl, text, subdirectory) {
  const groups = [];
  if (text === '.') return [['./', '../']];
  if (text === '..') return [['../']];
  const extensions = Object.keys(repl.context.require?.extensions ?? { '.js': 0, '.json': 0, '.node': 0 });
  const directories = /^\.\.?\//.test(text) ? [process.cwd()] : (require('module').Module._nodeModulePaths(process.cwd()) ?? []);
  const found = [];
  for (const directory of directories) {
    const folder = path.resolve(directory, subdirectory ?? '');
    let entries;
    try {
      entries = fs.readdirSync(folder, { withFileTypes: true });
    } catch {
      continue;
    }
    for (const entry of entries) {
      const extension = path.extname(entry.name);
      const base = entry.name.slice(0, entry.name.length - extension.length);
      if (/^-\d/.test(extension) || entry.name === '.npm') continue;
      if (entry.isDirectory()) {
        found.push(`${subdirectory ?? ''}${entry.name}/`);
        if (fs.existsSync(path.join(folder, entry.name, 'index.js')) || fs.existsSync(path.join(folder, entry.name, 'package.json'))) {
          found.push(`${subdirectory ?? ''}${entry.name}`);
        }
      } else if (extensions.includes(extension) && (!subdirectory || base !== 'index')) {
        found.push(`${subdirectory ?? ''}${base}`);
      }
    }
  }
  if (found.length > 0) groups.push(found);
  if (!subdirectory) {
    const builtins = builtinNames();
    groups.push(builtins, builtins.map((name) => `node:${name}`));
  }
  return groups;
}

function fileGroups(text) {
  let folder = path.dirname(text.endsWith('/') ? `${text}x` : text) || '.';
  const prefix = text.slice(text.lastIndexOf('/') + 1);
  if (text === '') folder = '.';
  try {
    const names = fs.readdirSync(folder, { withFileTypes: true }).map((entry) => entry.name);
    return [[names.filter((name) => name.startsWith(prefix))], prefix];
  } catch {
    return [[[]], text];
  }
}

/** Names at the top level of the context: declarations, then the global object and its prototypes. */
function scopeGroups(repl) {
  const groups = [Object.keys(repl.declarations)];
  groups.push(...memberGroups(repl.useGlobal ? globalThis : repl.context));
  if (!repl.useGlobal) groups.push(memberNames(vm.runInContext('globalThis', repl.context)));
  groups.push(kKeywords);
  return groups;
}

/** The value of a chain of members. Getters are not run: what they are for is not the completer's business. */
function valueOf(repl, expression) {
  const source = expression.replaceAll('?.', '.');
  const parts = source.split('.');
  const evaluate = (code) => (repl.useGlobal ? vm.runInThisContext(code) : vm.runInContext(code, repl.context));
  if (!/[[\]'"`()/]/.test(source)) {
    let value = evaluate(`try { ${parts[0].trim()} } catch { undefined }`);
    for (const part of parts.slice(1)) {
      if (value === null || value === undefined) return undefined;
      const name = part.trim();
      let holder = Object(value);
      let descriptor;
      while (holder !== null && (descriptor = Object.getOwnPropertyDescriptor(holder, name)) === undefined) {
        if (require('internal/util/types').isProxy(holder)) return undefined;
        holder = Object.getPrototypeOf(holder);
      }
      if (descriptor === undefined || descriptor.get !== undefined) return undefined;
      value = descriptor.value;
    }
    return value;
  }
  try {
    return evaluate(`(${source})`);
  } catch {
    return undefined;
  }
}

function complete(line, callback) {
  const repl = this;
  let groups = [];
  let filter = '';
  let completeOn;
  line = line.trimStart();

  const command = /^\s*\.(\w*)$/.exec(line);
  const file = kFileSystem.exec(line);
  const required = kRequire.exec(line) ?? kImport.exec(line);
  if (command !== null) {
    groups = [Object.keys(repl.commands)];
    completeOn = filter = command[1];
  } else if (required !== null) {
    completeOn = filter = required[1];
    groups = moduleGroups(repl, completeOn, required[2]);
  } else if (file !== null && repl.allowBlockingCompletions) {
    [groups, completeOn] = fileGroups(file[1]);
    filter = completeOn;
  } else if (line.length === 0 || /[\w.$\])'"`/]$/u.test(line) || /[^\x00-\x7f]$/.test(line)) {
    const match = kMember.exec(line);
    const text = match === null ? '' : match[0];
    const dot = match?.[1];
    if (dot !== undefined) {
      filter = match[2] ?? '';
      const expression = text.slice(0, text.length - filter.length).trimEnd().slice(0, -dot.length);
      const value = expression === '' ? undefined : valueOf(repl, expression);
      const prefix = `${expression}${dot}`;
      groups = memberGroups(value).map((names) => names.map((name) => `${prefix}${name}`));
      filter = `${prefix}${filter}`;
      completeOn = filter;
    } else {
      filter = completeOn = new RegExp(`${kIdentifier}$`, 'u').exec(line)?.[0] ?? '';
      if (filter !== text && text !== '') groups = [];
      else groups = scopeGroups(repl);
    }
  }

  const seen = new Set();
  const completions = [];
  for (const group of groups) {
    const names = group.filter((name) => name.startsWith(filter) && !seen.has(name)).sort();
    if (names.length === 0) continue;
    // Groups are parted by empty lines.
    if (completions.length > 0) completions.push('');
    for (const name of names) {
      seen.add(name);
      completions.push(name);
    }
  }
  callback(null, [completions, completeOn]);
}

module.exports = { complete };
