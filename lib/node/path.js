'use strict';

// Binding contract: none.

const { validateObject, validateString } = require('internal/validators');

const DOT = 46;
const SLASH = 47;
const BACKSLASH = 92;
const COLON = 58;
const QUESTION_MARK = 63;

const platformIsWindows = process.platform === 'win32';

// Names of devices: "COM1.txt" is the port, not a file.
const makeReservedNames = () => new Set([
  'CON', 'PRN', 'AUX', 'NUL', 'CONIN$', 'CONOUT$',
  'COM1', 'COM2', 'COM3', 'COM4', 'COM5', 'COM6', 'COM7', 'COM8', 'COM9',
  'LPT1', 'LPT2', 'LPT3', 'LPT4', 'LPT5', 'LPT6', 'LPT7', 'LPT8', 'LPT9',
  'COM\u00b9', 'COM\u00b2', 'COM\u00b3', 'LPT\u00b9', 'LPT\u00b2', 'LPT\u00b3',
]);

let reservedNames;
function isReservedName(path, colonIndex) {
  reservedNames ??= makeReservedNames();
  return reservedNames.has(path.slice(0, colonIndex).toUpperCase());
}

function isSeparatorPosix(code) {
  return code === SLASH;
}

function isSeparatorWin32(code) {
  return code === SLASH || code === BACKSLASH;
}

function isDriveLetter(code) {
  return (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
}

/** Resolves "." and ".." in a path without its root. */
function normalizeString(path, allowAboveRoot, separator, isSeparator) {
  let res = '';
  let lastSegmentLength = 0;
  let lastSlash = -1;
  let dots = 0;
  for (let i = 0; i <= path.length; ++i) {
    let code;
    if (i < path.length) {
      code = path.charCodeAt(i);
    } else if (isSeparator(path.charCodeAt(i - 1))) {
      break;
    } else {
      code = SLASH;
    }
    if (!isSeparator(code)) {
      dots = code === DOT && dots !== -1 ? dots + 1 : -1;
      continue;
    }
    if (lastSlash === i - 1 || dots === 1) {
      // An empty segment or ".".
    } else if (dots === 2) {
      const endsInDots = res.length >= 2 && lastSegmentLength === 2 && res.endsWith('..');
      if (res.length > 0 && !endsInDots) {
        const cut = res.length > 2 ? res.lastIndexOf(separator) : -1;
        if (cut === -1) {
          res = '';
          lastSegmentLength = 0;
        } else {
          res = res.slice(0, cut);
          lastSegmentLength = res.length - 1 - res.lastIndexOf(separator);
        }
        lastSlash = i;
        dots = 0;
        continue;
      }
      if (allowAboveRoot) {
        res += res.length > 0 ? `${separator}..` : '..';
        lastSegmentLength = 2;
      }
    } else {
      const segment = path.slice(lastSlash + 1, i);
      res = res.length > 0 ? `${res}${separator}${segment}` : segment;
      lastSegmentLength = i - lastSlash - 1;
    }
    lastSlash = i;
    dots = 0;
  }
  return res;
}

function formatExt(ext) {
  return ext ? `${ext[0] === '.' ? '' : '.'}${ext}` : '';
}

function formatPath(sep, pathObject) {
  validateObject(pathObject, 'pathObject');
  const dir = pathObject.dir || pathObject.root;
  const base = pathObject.base || `${pathObject.name || ''}${formatExt(pathObject.ext)}`;
  if (!dir) return base;
  return dir === pathObject.root ? `${dir}${base}` : `${dir}${sep}${base}`;
}

/** The part after the last separator (not before `start`), without `suffix`. */
function baseName(path, suffix, start, isSeparator) {
  if (suffix !== undefined && suffix.length > 0 && suffix === path) return '';
  let end = path.length;
  while (end > start && isSeparator(path.charCodeAt(end - 1))) end--;
  let begin = end;
  while (begin > start && !isSeparator(path.charCodeAt(begin - 1))) begin--;
  const base = path.slice(begin, end);
  // A name that is nothing but the suffix keeps it.
  if (suffix !== undefined && suffix.length > 0 && suffix.length < base.length && base.endsWith(suffix)) {
    return base.slice(0, base.length - suffix.length);
  }
  return base;
}

/** Where the extension of the name in path[start, end) begins, or -1. ".bashrc" and ".." have none. */
function extensionStart(path, start, end) {
  const dot = path.lastIndexOf('.', end - 1);
  if (dot <= start) return -1;
  return end - start === 2 && dot === start + 1 && path.charCodeAt(start) === DOT ? -1 : dot;
}

function extName(path, start, isSeparator) {
  let end = path.length;
  while (end > start && isSeparator(path.charCodeAt(end - 1))) end--;
  let begin = end;
  while (begin > start && !isSeparator(path.charCodeAt(begin - 1))) begin--;
  const dot = extensionStart(path, begin, end);
  return dot === -1 ? '' : path.slice(dot, end);
}

/** Splits path[start, end) into base, ext and name of a parsed path. */
function fillBase(ret, path, start, isSeparator) {
  let end = path.length;
  while (end > start && isSeparator(path.charCodeAt(end - 1))) end--;
  let begin = end;
  while (begin > start && !isSeparator(path.charCodeAt(begin - 1))) begin--;
  if (end > begin) {
    ret.base = path.slice(begin, end);
    const dot = extensionStart(path, begin, end);
    if (dot === -1) {
      ret.name = ret.base;
    } else {
      ret.name = path.slice(begin, dot);
      ret.ext = path.slice(dot, end);
    }
  }
  return begin;
}

function glob(path, pattern, windows) {
  const { emitExperimentalWarning } = require('internal/util');
  emitExperimentalWarning('glob');
  return require('internal/fs/glob').matchGlobPattern(path, pattern, windows);
}

// ---- Windows -----------------------------------------------------------------------------------------------------------------

/** Reads the root of a path: {device, isAbsolute, rootEnd, isUnc}; the device is without the separator after it. */
function win32Root(path) {
  const len = path.length;
  const root = { device: '', isAbsolute: false, rootEnd: 0, isUnc: false };
  if (len === 0) return root;
  const first = path.charCodeAt(0);
  if (len === 1) {
    if (isSeparatorWin32(first)) {
      root.isAbsolute = true;
      root.rootEnd = 1;
    }
    return root;
  }
  if (isSeparatorWin32(first)) {
    root.isAbsolute = true;
    root.rootEnd = 1;
    if (!isSeparatorWin32(path.charCodeAt(1))) return root;
    // \\server\share
    let j = 2;
    let last = j;
    while (j < len && !isSeparatorWin32(path.charCodeAt(j))) j++;
    if (j >= len || j === last) return root;
    const server = path.slice(last, j);
    last = j;
    while (j < len && isSeparatorWin32(path.charCodeAt(j))) j++;
    if (j >= len || j === last) return root;
    last = j;
    while (j < len && !isSeparatorWin32(path.charCodeAt(j))) j++;
    if (server === '.' || server === '?') {
      // \\.\device and \\?\device
      root.device = `\\\\${server}`;
      root.rootEnd = 4;
      root.isDevice = true;
      const colon = path.indexOf(':');
      const possibleDevice = path.slice(4, colon + 1);
      if (isReservedName(possibleDevice, possibleDevice.length - 1)) root.reserved = `\\\\?\\${possibleDevice}`;
    } else {
      root.isUnc = true;
      root.share = path.slice(last, j);
      root.device = `\\\\${server}\\${root.share}`;
      root.rootEnd = j;
      root.complete = j === len;
    }
    return root;
  }
  if (isDriveLetter(first) && path.charCodeAt(1) === COLON) {
    root.device = path.slice(0, 2);
    root.rootEnd = 2;
    if (len > 2 && isSeparatorWin32(path.charCodeAt(2))) {
      root.isAbsolute = true;
      root.rootEnd = 3;
    }
  }
  return root;
}

const win32 = {
  resolve(...args) {
    let resolvedDevice = '';
    let resolvedTail = '';
    let resolvedAbsolute = false;
    for (let i = args.length - 1; i >= -1; i--) {
      let path;
      if (i >= 0) {
        path = args[i];
        validateString(path, `paths[${i}]`);
        if (path.length === 0) continue;
      } else if (resolvedDevice.length === 0) {
        path = process.cwd();
        // Nothing to add: the directory is normalised already.
        if (args.length === 0 || ((args.length === 1 && (args[0] === '' || args[0] === '.')) &&
            isSeparatorWin32(path.charCodeAt(0)))) return platformIsWindows ? path : path.replace(/\//g, '\\');
      } else {
        // Each drive has a current directory of its own, in an environment variable like "=C:".
        path = process.env[`=${resolvedDevice}`] || process.cwd();
        if (path === undefined || (path.slice(0, 2).toLowerCase() !== resolvedDevice.toLowerCase() &&
            path.charCodeAt(2) === BACKSLASH)) {
          path = `${resolvedDevice}\\`;
        }
      }
      const { device, isAbsolute, rootEnd } = win32Root(path);
      if (device.length > 0) {
        if (resolvedDevice.length > 0) {
          if (device.toLowerCase() !== resolvedDevice.toLowerCase()) continue;
        } else {
          resolvedDevice = device;
        }
      }
      if (resolvedAbsolute) {
        if (resolvedDevice.length > 0) break;
      } else {
        resolvedTail = `${path.slice(rootEnd)}\\${resolvedTail}`;
        resolvedAbsolute = isAbsolute;
        if (isAbsolute && resolvedDevice.length > 0) break;
      }
    }
    resolvedTail = normalizeString(resolvedTail, !resolvedAbsolute, '\\', isSeparatorWin32);
    return resolvedAbsolute ? `${resolvedDevice}\\${resolvedTail}` : `${resolvedDevice}${resolvedTail}` || '.';
  },

  normalize(path) {
    validateString(path, 'path');
    const len = path.length;
    if (len === 0) return '.';
    if (len === 1) return path === '/' ? '\\' : path;
    const root = win32Root(path);
    let { device } = root;
    const { isAbsolute, rootEnd } = root;
    if (root.reserved) {
      device = root.reserved;
      const rest = path.slice(4 + root.reserved.length - 4);
      return `${device}${rest}`;
    }
    // A complete UNC root stands for its top directory.
    if (root.isUnc && root.complete) return `${device}\\`;
    if (!isAbsolute && device === '') {
      const colon = path.indexOf(':');
      if (colon !== -1 && isReservedName(path, colon)) return `.\\${path}`;
    }
    let tail = rootEnd < len ? normalizeString(path.slice(rootEnd), !isAbsolute, '\\', isSeparatorWin32) : '';
    if (tail.length === 0 && !isAbsolute) tail = '.';
    if (tail.length > 0 && isSeparatorWin32(path.charCodeAt(len - 1))) tail += '\\';
    if (!isAbsolute && device === '' && path.includes(':')) {
      // What looks like a drive after normalisation must not become one: CVE-2024-36139.
      if (tail.length >= 2 && isDriveLetter(tail.charCodeAt(0)) && tail.charCodeAt(1) === COLON) return `.\\${tail}`;
      let index = path.indexOf(':');
      do {
        if (index === len - 1 || isSeparatorWin32(path.charCodeAt(index + 1))) return `.\\${tail}`;
      } while ((index = path.indexOf(':', index + 1)) !== -1);
    }
    const colon = path.indexOf(':');
    if (colon !== -1 && isReservedName(path, colon)) return `.\\${device}${tail}`;
    if (device === '') return isAbsolute ? `\\${tail}` : tail;
    return isAbsolute ? `${device}\\${tail}` : `${device}${tail}`;
  },

  isAbsolute(path) {
    validateString(path, 'path');
    if (path.length === 0) return false;
    const code = path.charCodeAt(0);
    return isSeparatorWin32(code) ||
      (path.length > 2 && isDriveLetter(code) && path.charCodeAt(1) === COLON && isSeparatorWin32(path.charCodeAt(2)));
  },

  join(...args) {
    if (args.length === 0) return '.';
    const parts = [];
    for (const arg of args) {
      validateString(arg, 'path');
      if (arg.length > 0) parts.push(arg);
    }
    if (parts.length === 0) return '.';
    const first = parts[0];
    let joined = parts.join('\\');
    // Only a first argument that looks like \\server may make a UNC path.
    let needsReplace = true;
    let slashes = 0;
    if (isSeparatorWin32(first.charCodeAt(0))) {
      slashes++;
      if (first.length > 1 && isSeparatorWin32(first.charCodeAt(1))) {
        slashes++;
        if (first.length > 2) {
          if (isSeparatorWin32(first.charCodeAt(2))) slashes++;
          else needsReplace = false;
        }
      }
    }
    if (needsReplace) {
      while (slashes < joined.length && isSeparatorWin32(joined.charCodeAt(slashes))) slashes++;
      if (slashes >= 2) joined = `\\${joined.slice(slashes)}`;
    }
    // A reserved name anywhere keeps the path as it is.
    const segments = joined.split('\\').filter((segment) => segment !== '');
    if (segments.some((segment) => {
      const colon = segment.indexOf(':');
      return colon !== -1 && isReservedName(segment, colon);
    })) {
      return joined.replace(/\//g, '\\');
    }
    return win32.normalize(joined);
  },

  relative(from, to) {
    validateString(from, 'from');
    validateString(to, 'to');
    if (from === to) return '';
    const fromOrig = win32.resolve(from);
    const toOrig = win32.resolve(to);
    if (fromOrig === toOrig) return '';
    from = fromOrig.toLowerCase();
    to = toOrig.toLowerCase();
    if (from === to) return '';
    if (fromOrig.length !== from.length || toOrig.length !== to.length) return relativeBySegments(fromOrig, toOrig);

    let fromStart = 0;
    while (fromStart < from.length && from.charCodeAt(fromStart) === BACKSLASH) fromStart++;
    let fromEnd = from.length;
    while (fromEnd - 1 > fromStart && from.charCodeAt(fromEnd - 1) === BACKSLASH) fromEnd--;
    const fromLen = fromEnd - fromStart;
    let toStart = 0;
    while (toStart < to.length && to.charCodeAt(toStart) === BACKSLASH) toStart++;
    let toEnd = to.length;
    while (toEnd - 1 > toStart && to.charCodeAt(toEnd - 1) === BACKSLASH) toEnd--;
    const toLen = toEnd - toStart;

    const length = Math.min(fromLen, toLen);
    let lastCommonSep = -1;
    let i = 0;
    for (; i < length; i++) {
      const code = from.charCodeAt(fromStart + i);
      if (code !== to.charCodeAt(toStart + i)) break;
      if (code === BACKSLASH) lastCommonSep = i;
    }
    if (i !== length) {
      if (lastCommonSep === -1) return toOrig;
    } else {
      if (toLen > length) {
        if (to.charCodeAt(toStart + i) === BACKSLASH) return toOrig.slice(toStart + i + 1);
        if (i === 2) return toOrig.slice(toStart + i);
      }
      if (fromLen > length) {
        if (from.charCodeAt(fromStart + i) === BACKSLASH) lastCommonSep = i;
        else if (i === 2) lastCommonSep = 3;
      }
      if (lastCommonSep === -1) lastCommonSep = 0;
    }
    let out = '';
    for (i = fromStart + lastCommonSep + 1; i <= fromEnd; ++i) {
      if (i === fromEnd || from.charCodeAt(i) === BACKSLASH) out += out.length === 0 ? '..' : '\\..';
    }
    toStart += lastCommonSep;
    if (out.length > 0) return `${out}${toOrig.slice(toStart, toEnd)}`;
    if (toOrig.charCodeAt(toStart) === BACKSLASH) ++toStart;
    return toOrig.slice(toStart, toEnd);
  },

  toNamespacedPath(path) {
    if (typeof path !== 'string' || path.length === 0) return path;
    const resolved = win32.resolve(path);
    if (resolved.length <= 2) return path;
    if (resolved.charCodeAt(0) === BACKSLASH) {
      if (resolved.charCodeAt(1) === BACKSLASH) {
        const code = resolved.charCodeAt(2);
        if (code !== QUESTION_MARK && code !== DOT) return `\\\\?\\UNC\\${resolved.slice(2)}`;
      }
    } else if (isDriveLetter(resolved.charCodeAt(0)) && resolved.charCodeAt(1) === COLON &&
        resolved.charCodeAt(2) === BACKSLASH) {
      return `\\\\?\\${resolved}`;
    }
    return resolved;
  },

  dirname(path) {
    validateString(path, 'path');
    const len = path.length;
    if (len === 0) return '.';
    let rootEnd = -1;
    let offset = 0;
    const code = path.charCodeAt(0);
    if (len === 1) return isSeparatorWin32(code) ? path : '.';
    if (isSeparatorWin32(code)) {
      rootEnd = offset = 1;
      if (isSeparatorWin32(path.charCodeAt(1))) {
        let j = 2;
        let last = j;
        while (j < len && !isSeparatorWin32(path.charCodeAt(j))) j++;
        if (j < len && j !== last) {
          last = j;
          while (j < len && isSeparatorWin32(path.charCodeAt(j))) j++;
          if (j < len && j !== last) {
            last = j;
            while (j < len && !isSeparatorWin32(path.charCodeAt(j))) j++;
            if (j === len) return path;
            // The separator after the share belongs to the root.
            if (j !== last) rootEnd = offset = j + 1;
          }
        }
      }
    } else if (isDriveLetter(code) && path.charCodeAt(1) === COLON) {
      rootEnd = len > 2 && isSeparatorWin32(path.charCodeAt(2)) ? 3 : 2;
      offset = rootEnd;
    }
    let end = -1;
    let matchedSlash = true;
    for (let i = len - 1; i >= offset; --i) {
      if (isSeparatorWin32(path.charCodeAt(i))) {
        if (!matchedSlash) {
          end = i;
          break;
        }
      } else {
        matchedSlash = false;
      }
    }
    if (end === -1) {
      if (rootEnd === -1) return '.';
      end = rootEnd;
    }
    return path.slice(0, end);
  },

  basename(path, suffix) {
    if (suffix !== undefined) validateString(suffix, 'suffix');
    validateString(path, 'path');
    const start = path.length >= 2 && isDriveLetter(path.charCodeAt(0)) && path.charCodeAt(1) === COLON ? 2 : 0;
    return baseName(path, suffix, start, isSeparatorWin32);
  },

  extname(path) {
    validateString(path, 'path');
    const start = path.length >= 2 && path.charCodeAt(1) === COLON && isDriveLetter(path.charCodeAt(0)) ? 2 : 0;
    return extName(path, start, isSeparatorWin32);
  },

  format: formatPath.bind(null, '\\'),

  parse(path) {
    validateString(path, 'path');
    const ret = { root: '', dir: '', base: '', ext: '', name: '' };
    const len = path.length;
    if (len === 0) return ret;
    let rootEnd = 0;
    const code = path.charCodeAt(0);
    if (len === 1) {
      if (isSeparatorWin32(code)) {
        ret.root = ret.dir = path;
        return ret;
      }
      ret.base = ret.name = path;
      return ret;
    }
    if (isSeparatorWin32(code)) {
      rootEnd = 1;
      if (isSeparatorWin32(path.charCodeAt(1))) {
        let j = 2;
        let last = j;
        while (j < len && !isSeparatorWin32(path.charCodeAt(j))) j++;
        if (j < len && j !== last) {
          last = j;
          while (j < len && isSeparatorWin32(path.charCodeAt(j))) j++;
          if (j < len && j !== last) {
            last = j;
            while (j < len && !isSeparatorWin32(path.charCodeAt(j))) j++;
            if (j === len) rootEnd = j;
            else if (j !== last) rootEnd = j + 1;
          }
        }
      }
    } else if (isDriveLetter(code) && path.charCodeAt(1) === COLON) {
      if (len <= 2) {
        ret.root = ret.dir = path;
        return ret;
      }
      rootEnd = 2;
      if (isSeparatorWin32(path.charCodeAt(2))) {
        if (len === 3) {
          ret.root = ret.dir = path;
          return ret;
        }
        rootEnd = 3;
      }
    }
    if (rootEnd > 0) ret.root = path.slice(0, rootEnd);
    const begin = fillBase(ret, path, rootEnd, isSeparatorWin32);
    // The directory is the path up to the separator in front of the base.
    ret.dir = begin > 0 && begin !== rootEnd ? path.slice(0, begin - 1) : ret.root;
    return ret;
  },

  matchesGlob(path, pattern) {
    return glob(path, pattern, true);
  },

  sep: '\\',
  delimiter: ';',
  win32: null,
  posix: null,
};

/** win32.relative() for paths whose length changes with their case. */
function relativeBySegments(from, to) {
  const fromSegments = from.split('\\');
  const toSegments = to.split('\\');
  if (fromSegments[fromSegments.length - 1] === '') fromSegments.pop();
  if (toSegments[toSegments.length - 1] === '') toSegments.pop();
  const length = Math.min(fromSegments.length, toSegments.length);
  let i = 0;
  while (i < length && fromSegments[i].toLowerCase() === toSegments[i].toLowerCase()) i++;
  if (i === 0) return to;
  const up = fromSegments.length - i;
  return [...Array(up).fill('..'), ...toSegments.slice(i)].join('\\');
}

// ---- POSIX -----------------------------------------------------------------------------------------------------------------------

const posixCwd = platformIsWindows ? () => {
  const cwd = process.cwd().replace(/\\/g, '/');
  return cwd.slice(cwd.indexOf('/'));
} : () => process.cwd();

const posix = {
  resolve(...args) {
    if (args.length === 0 || (args.length === 1 && (args[0] === '' || args[0] === '.'))) {
      const cwd = posixCwd();
      if (cwd.charCodeAt(0) === SLASH) return cwd;
    }
    let resolved = '';
    let absolute = false;
    for (let i = args.length - 1; i >= 0 && !absolute; i--) {
      const path = args[i];
      validateString(path, `paths[${i}]`);
      if (path.length === 0) continue;
      resolved = `${path}/${resolved}`;
      absolute = path.charCodeAt(0) === SLASH;
    }
    if (!absolute) {
      const cwd = posixCwd();
      resolved = `${cwd}/${resolved}`;
      absolute = cwd.charCodeAt(0) === SLASH;
    }
    resolved = normalizeString(resolved, !absolute, '/', isSeparatorPosix);
    if (absolute) return `/${resolved}`;
    return resolved.length > 0 ? resolved : '.';
  },

  normalize(path) {
    validateString(path, 'path');
    if (path.length === 0) return '.';
    const absolute = path.charCodeAt(0) === SLASH;
    const trailing = path.charCodeAt(path.length - 1) === SLASH;
    path = normalizeString(path, !absolute, '/', isSeparatorPosix);
    if (path.length === 0) {
      if (absolute) return '/';
      return trailing ? './' : '.';
    }
    if (trailing) path += '/';
    return absolute ? `/${path}` : path;
  },

  isAbsolute(path) {
    validateString(path, 'path');
    return path.length > 0 && path.charCodeAt(0) === SLASH;
  },

  join(...args) {
    let joined = '';
    for (let i = 0; i < args.length; ++i) {
      const arg = args[i];
      validateString(arg, 'path');
      if (arg.length > 0) joined = joined === '' ? arg : `${joined}/${arg}`;
    }
    return joined === '' ? '.' : posix.normalize(joined);
  },

  relative(from, to) {
    validateString(from, 'from');
    validateString(to, 'to');
    if (from === to) return '';
    from = posix.resolve(from);
    to = posix.resolve(to);
    if (from === to) return '';
    const fromLen = from.length - 1;
    const toLen = to.length - 1;
    const length = Math.min(fromLen, toLen);
    let lastCommonSep = -1;
    let i = 0;
    for (; i < length; i++) {
      const code = from.charCodeAt(1 + i);
      if (code !== to.charCodeAt(1 + i)) break;
      if (code === SLASH) lastCommonSep = i;
    }
    if (i === length) {
      if (toLen > length) {
        if (to.charCodeAt(1 + i) === SLASH) return to.slice(1 + i + 1);
        if (i === 0) return to.slice(1 + i);
      } else if (fromLen > length) {
        if (from.charCodeAt(1 + i) === SLASH) lastCommonSep = i;
        else if (i === 0) lastCommonSep = 0;
      }
    }
    let out = '';
    for (i = 1 + lastCommonSep + 1; i <= from.length; ++i) {
      if (i === from.length || from.charCodeAt(i) === SLASH) out += out.length === 0 ? '..' : '/..';
    }
    return `${out}${to.slice(1 + lastCommonSep)}`;
  },

  toNamespacedPath(path) {
    return path;
  },

  dirname(path) {
    validateString(path, 'path');
    if (path.length === 0) return '.';
    const absolute = path.charCodeAt(0) === SLASH;
    let end = -1;
    let matchedSlash = true;
    for (let i = path.length - 1; i >= 1; --i) {
      if (path.charCodeAt(i) === SLASH) {
        if (!matchedSlash) {
          end = i;
          break;
        }
      } else {
        matchedSlash = false;
      }
    }
    if (end === -1) return absolute ? '/' : '.';
    return absolute && end === 1 ? '//' : path.slice(0, end);
  },

  basename(path, suffix) {
    if (suffix !== undefined) validateString(suffix, 'suffix');
    validateString(path, 'path');
    return baseName(path, suffix, 0, isSeparatorPosix);
  },

  extname(path) {
    validateString(path, 'path');
    return extName(path, 0, isSeparatorPosix);
  },

  format: formatPath.bind(null, '/'),

  parse(path) {
    validateString(path, 'path');
    const ret = { root: '', dir: '', base: '', ext: '', name: '' };
    if (path.length === 0) return ret;
    const absolute = path.charCodeAt(0) === SLASH;
    const start = absolute ? 1 : 0;
    if (absolute) ret.root = '/';
    const begin = fillBase(ret, path, start, isSeparatorPosix);
    if (begin > start) ret.dir = path.slice(0, begin - 1);
    else if (absolute) ret.dir = '/';
    return ret;
  },

  matchesGlob(path, pattern) {
    return glob(path, pattern, false);
  },

  sep: '/',
  delimiter: ':',
  win32: null,
  posix: null,
};

posix.win32 = win32.win32 = win32;
posix.posix = win32.posix = posix;

// The older name of toNamespacedPath.
win32._makeLong = win32.toNamespacedPath;
posix._makeLong = posix.toNamespacedPath;

module.exports = platformIsWindows ? win32 : posix;
