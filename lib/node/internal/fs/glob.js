'use strict';

// fs.glob and path.matchesGlob: patterns with * ? ** [..] {a,b} and the extended +(a|b) forms.

const path = require('path');
const { validateBoolean, validateFunction, validateObject, validateString, validateStringArray } =
  require('internal/validators');

/** Expands {a,b} and {1..3}; nested braces too. */
function expandBraces(pattern) {
  let depth = 0;
  let start = -1;
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern[i];
    if (c === '\\') {
      i++;
    } else if (c === '{') {
      if (depth++ === 0) start = i;
    } else if (c === '}' && depth > 0 && --depth === 0) {
      const options = splitAlternatives(pattern.slice(start + 1, i));
      if (options === undefined) continue;
      const head = pattern.slice(0, start);
      const tails = expandBraces(pattern.slice(i + 1));
      const result = [];
      for (const option of options) {
        for (const middle of expandBraces(option)) {
          for (const tail of tails) result.push(head + middle + tail);
        }
      }
      return result;
    }
  }
  return [pattern];
}

function splitAlternatives(body) {
  const range = /^(-?\d+|[a-zA-Z])\.\.(-?\d+|[a-zA-Z])(?:\.\.(-?\d+))?$/.exec(body);
  if (range !== null) return expandRange(range);
  const parts = [];
  let depth = 0;
  let from = 0;
  for (let i = 0; i < body.length; i++) {
    const c = body[i];
    if (c === '\\') i++;
    else if (c === '{') depth++;
    else if (c === '}') depth--;
    else if (c === ',' && depth === 0) {
      parts.push(body.slice(from, i));
      from = i + 1;
    }
  }
  if (parts.length === 0) return undefined;
  parts.push(body.slice(from));
  return parts;
}

function expandRange([, first, last, stepText]) {
  const isNumber = /\d/.test(first) && /\d/.test(last);
  const value = (text) => (isNumber ? Number(text) : text.charCodeAt(0));
  const [a, b] = [value(first), value(last)];
  const step = Math.max(1, Math.abs(Number(stepText ?? 1)));
  const width = isNumber && (/^-?0\d/.test(first) || /^-?0\d/.test(last)) ? Math.max(first.length, last.length) : 0;
  const result = [];
  for (let x = a; a <= b ? x <= b : x >= b; x += a <= b ? step : -step) {
    result.push(isNumber ? String(x).padStart(width, '0') : String.fromCharCode(x));
  }
  return result;
}

const kPosixClasses = {
  '__proto__': null, '[:alnum:]': '\\p{L}\\p{Nl}\\p{Nd}', '[:alpha:]': '\\p{L}\\p{Nl}', '[:ascii:]': '\\x00-\\x7f',
  '[:blank:]': '\\p{Zs}\\t', '[:cntrl:]': '\\p{Cc}', '[:digit:]': '\\p{Nd}', '[:lower:]': '\\p{Ll}',
  '[:print:]': '\\P{C}', '[:punct:]': '\\p{P}', '[:space:]': '\\p{Z}\\t\\r\\n\\v\\f', '[:upper:]': '\\p{Lu}',
  '[:word:]': '\\p{L}\\p{Nl}\\p{Nd}\\p{Pc}', '[:xdigit:]': 'A-Fa-f0-9',
};

function escapeClass(c) {
  return /[\]\\^[&~|-]/.test(c) ? `\\${c}` : c;
}

// A bracket expression starting at `i`; undefined when it is not closed.
function parseClass(pattern, i) {
  let j = i + 1;
  let negated = false;
  if (pattern[j] === '!' || pattern[j] === '^') {
    negated = true;
    j++;
  }
  let body = '';
  let first = true;
  while (j < pattern.length) {
    let c = pattern[j];
    if (c === ']' && !first) return { source: body === '' ? '(?!)' : `[${negated ? '^/' : ''}${body}]`, end: j };
    first = false;
    if (c === '[' && pattern[j + 1] === ':') {
      const close = pattern.indexOf(':]', j);
      const name = close === -1 ? '' : pattern.slice(j, close + 2);
      if (kPosixClasses[name] !== undefined) {
        body += kPosixClasses[name];
        j = close + 2;
        continue;
      }
    }
    if (c === '\\' && j + 1 < pattern.length) c = pattern[++j];
    if (pattern[j + 1] === '-' && j + 2 < pattern.length && pattern[j + 2] !== ']') {
      let end = pattern[j + 2];
      let width = 3;
      if (end === '\\' && j + 3 < pattern.length) {
        end = pattern[j + 3];
        width = 4;
      }
      if (c <= end) body += `${escapeClass(c)}-${escapeClass(end)}`;
      j += width;
      continue;
    }
    body += escapeClass(c);
    j++;
  }
  return undefined;
}

// The source of a regular expression for one path segment.
function segmentSource(pattern) {
  let source = '';
  const groups = [];
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern[i];
    if ('?*+@!'.includes(c) && pattern[i + 1] === '(' && pattern.indexOf(')', i) !== -1) {
      groups.push({ kind: c, start: source.length });
      source += c === '!' ? '(?:(?!(?:' : '(?:';
      i++;
    } else if (c === ')' && groups.length > 0) {
      const { kind } = groups.pop();
      if (kind === '!') source += `)${i + 1 === pattern.length ? '$' : ''})[^/]*?)`;
      else source += kind === '@' ? ')' : `)${kind}`;
    } else if (c === '|' && groups.length > 0) {
      source += '|';
    } else if (c === '*') {
      while (pattern[i + 1] === '*') i++;
      source += '[^/]*?';
    } else if (c === '?') {
      source += '[^/]';
    } else if (c === '[') {
      const parsed = parseClass(pattern, i);
      if (parsed === undefined) {
        source += '\\[';
      } else {
        source += parsed.source;
        i = parsed.end;
      }
    } else if (c === '\\' && i + 1 < pattern.length) {
      source += escapeRegExp(pattern[++i]);
    } else {
      source += escapeRegExp(c);
    }
  }
  return source;
}

function escapeRegExp(c) {
  return /[\\^$.*+?()[\]{}|/]/.test(c) ? `\\${c}` : c;
}

const kGlobStar = Symbol('**');
const kMagic = /[*?[\]!+@()\\]/;

// One segment: kGlobStar, a plain string, or a RegExp with the rule about leading dots.
function compileSegment(text) {
  if (text === '**') return kGlobStar;
  if (!kMagic.test(text)) return text;
  const first = text[0] === '\\' ? text[1] : text[0];
  const source = segmentSource(text);
  // Wildcards do not match a leading dot.
  const guard = first === '.' ? '' : '(?!\\.)';
  // `*` alone needs a character.
  const nonEmpty = /^[*]+$/.test(text) ? '(?=.)' : '';
  return new RegExp(`^${guard}${nonEmpty}${source}$`, 'u');
}

function matchSegment(compiled, name) {
  if (typeof compiled === 'string') return compiled === name;
  return compiled.test(name);
}

/** The patterns of a glob: lists of compiled segments. */
function compilePattern(pattern) {
  return expandBraces(pattern).map((text) => {
    const isAbsolute = text.startsWith('/');
    const parts = text.split('/').filter((part, i) => part !== '' && (part !== '.' || i === 0));
    const mustBeDirectory = text.length > 1 && text.endsWith('/');
    if (parts[0] === '.' && parts.length > 1) parts.shift();
    return { isAbsolute, mustBeDirectory, segments: parts.map(compileSegment) };
  });
}

function matchSegments(segments, names, i = 0, j = 0) {
  for (; i < segments.length; i++, j++) {
    if (segments[i] === kGlobStar) {
      if (i === segments.length - 1) {
        // `a/**` matches everything below a, but nothing hidden.
        return names.slice(j).every((name) => name[0] !== '.');
      }
      for (let k = j; k <= names.length; k++) {
        if (matchSegments(segments, names, i + 1, k)) return true;
        if (k < names.length && names[k][0] === '.') return false;
      }
      return false;
    }
    if (j >= names.length || !matchSegment(segments[i], names[j])) return false;
  }
  return j === names.length;
}

/** path.matchesGlob */
function matchGlobPattern(target, pattern, isWindows = false) {
  validateString(target, 'path');
  validateString(pattern, 'pattern');
  if (isWindows) {
    target = target.replaceAll('\\', '/');
    pattern = pattern.replaceAll('\\', '/');
  }
  const normalized = path.posix.normalize(target);
  const isAbsolute = normalized.startsWith('/');
  const names = normalized.split('/').filter(Boolean);
  return compilePattern(pattern).some((one) => one.isAbsolute === isAbsolute && matchSegments(one.segments, names));
}

class Glob {
  #patterns;
  #cwd;
  #exclude;
  #withFileTypes;

  constructor(pattern, options = {}) {
    validateObject(options, 'options');
    const { exclude, withFileTypes = false, followSymlinks } = options;
    let { cwd } = options;
    if (followSymlinks !== undefined) validateBoolean(followSymlinks, 'options.followSymlinks');
    if (cwd === undefined) cwd = process.cwd();
    else if (typeof cwd !== 'string') cwd = require('internal/url').toPathIfFileURL(cwd);
    validateString(cwd, 'options.cwd');
    this.#cwd = path.resolve(cwd);
    this.#withFileTypes = !!withFileTypes;
    this.followSymlinks = followSymlinks === true;
    if (exclude !== undefined && exclude !== null) {
      if (Array.isArray(exclude)) {
        validateStringArray(exclude, 'options.exclude');
        const excluded = exclude.flatMap(compilePattern);
        this.#exclude = (relative) => {
          const absolute = path.resolve(this.#cwd, relative).split('/').filter(Boolean);
          const names = relative.split('/').filter(Boolean);
          return excluded.some((one) => matchSegments(one.segments, one.isAbsolute ? absolute : names));
        };
      } else {
        validateFunction(exclude, 'options.exclude');
        this.#exclude = exclude;
        this.excludeTakesEntry = this.#withFileTypes;
      }
    }
    if (Array.isArray(pattern)) validateStringArray(pattern, 'patterns');
    else validateString(pattern, 'patterns');
    this.#patterns = [pattern].flat().flatMap(compilePattern);
  }

  #isExcluded(relative, entry) {
    if (this.#exclude === undefined) return false;
    return this.#exclude(this.excludeTakesEntry ? entry : relative);
  }

  // Yields { readdir } and { stat } requests, and { found } results.
  * #walk() {
    const seen = new Set();
    const listings = new Map();
    const walker = this;

    function* list(directory) {
      if (!listings.has(directory)) listings.set(directory, yield { readdir: directory });
      return listings.get(directory);
    }

    function* emit(relative, entry) {
      if (seen.has(relative)) return;
      seen.add(relative);
      if (entry !== undefined && walker.#isExcluded(relative, entry)) return;
      yield { found: relative, entry };
    }

    function* visit(directory, relative, pattern, index, entry) {
      const { segments, mustBeDirectory } = pattern;
      const join = (name) => (relative === '' ? name : relative === '/' ? `/${name}` : `${relative}/${name}`);
      if (index === segments.length) {
        if (mustBeDirectory && entry && !entry.isDirectory()) return;
        yield* emit((relative || '.') + (mustBeDirectory && relative !== '/' ? '/' : ''), entry);
        return;
      }
      const segment = segments[index];
      if (segment === kGlobStar) {
        // `**` stands for no directory ...
        if (index === segments.length - 1) yield* emit(relative || '.', entry);
        else yield* visit(directory, relative, pattern, index + 1, entry);
        // ... or for one more.
        for (const child of yield* list(directory)) {
          if (child.name[0] === '.') continue;
          const childRelative = join(child.name);
          const isDirectory = child.isDirectory() ||
            (walker.followSymlinks && child.isSymbolicLink() && (yield { stat: path.join(directory, child.name) })?.isDirectory());
          if (isDirectory) {
            if (walker.#isExcluded(childRelative, child)) continue;
            yield* visit(path.join(directory, child.name), childRelative, pattern, index, child);
          } else if (index === segments.length - 1) {
            yield* emit(childRelative, child);
          }
        }
        return;
      }
      if (segment === '.' || segment === '..') {
        yield* visit(path.join(directory, segment), join(segment), pattern, index + 1, undefined);
        return;
      }
      for (const child of yield* list(directory)) {
        if (!matchSegment(segment, child.name)) continue;
        const childRelative = join(child.name);
        const isLast = index === segments.length - 1;
        if (!isLast && walker.#isExcluded(childRelative, child)) continue;
        if (!isLast && !child.isDirectory() && !child.isSymbolicLink()) continue;
        yield* visit(path.join(directory, child.name), childRelative, pattern, index + 1, child);
      }
    }

    for (const pattern of this.#patterns) {
      if (pattern.isAbsolute) yield* visit('/', '/', pattern, 0, undefined);
      else yield* visit(this.#cwd, '', pattern, 0, undefined);
    }
  }

  #result(found, entry) {
    if (!this.#withFileTypes) return found;
    if (entry !== undefined) return entry;
    const fs = require('fs');
    const { Dirent } = require('internal/fs/utils');
    const full = path.resolve(this.#cwd, found);
    const type = fs.statSync(full).isDirectory() ? fs.constants.UV_DIRENT_DIR : fs.constants.UV_DIRENT_FILE;
    return new Dirent(path.basename(full), path.dirname(full), type);
  }

  globSync() {
    const fs = require('fs');
    const results = [];
    const walk = this.#walk();
    let step = walk.next();
    while (!step.done) {
      const { readdir, stat, found, entry } = step.value;
      let answer;
      try {
        if (readdir !== undefined) answer = fs.readdirSync(readdir, { withFileTypes: true });
        else if (stat !== undefined) answer = fs.statSync(stat, { throwIfNoEntry: false });
        else results.push(this.#result(found, entry));
      } catch {
        answer = [];
      }
      step = walk.next(answer);
    }
    return results;
  }

  async* glob() {
    const { exports: promises } = require('internal/fs/promises');
    const walk = this.#walk();
    let step = walk.next();
    while (!step.done) {
      const { readdir, stat, found, entry } = step.value;
      let answer;
      if (readdir !== undefined) answer = await promises.readdir(readdir, { withFileTypes: true }).catch(() => []);
      else if (stat !== undefined) answer = await promises.stat(stat).catch(() => undefined);
      else yield this.#result(found, entry);
      step = walk.next(answer);
    }
  }
}

module.exports = { Glob, matchGlobPattern };
