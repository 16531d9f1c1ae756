'use strict';

// Paths of WASI programs: relative, and never above their directory, not even by links.

const fs = require('fs');
const { kErrno } = require('internal/wasi/abi');

const kMaxLinks = 40;

/**
 * The host's path for `path` below the directory descriptor `directory`. Links on the way are followed, as long as they stay
 * below it; the last one only if `follow`. The result names no link then, and what is opened must not follow one either.
 */
function resolvePath(directory, path, follow) {
  if (path === '') throw kErrno.NOENT;
  if (path.includes('\0')) throw kErrno.INVAL;
  if (path.startsWith('/')) throw kErrno.NOTCAPABLE;
  const rest = path.split('/').reverse();
  const done = [];
  let links = 0;
  while (rest.length > 0) {
    const part = rest.pop();
    if (part === '' || part === '.') continue;
    if (part === '..') {
      if (done.length === 0) throw kErrno.NOTCAPABLE;
      done.pop();
      continue;
    }
    const isLast = rest.every((x) => x === '' || x === '.');
    const at = [directory.path, ...done, part].join('/');
    const stat = isLast && !follow && rest.length === 0 ? undefined : fs.lstatSync(at, { throwIfNoEntry: false });
    if (stat?.isSymbolicLink()) {
      if (++links > kMaxLinks) throw kErrno.LOOP;
      const target = fs.readlinkSync(at);
      if (target.startsWith('/')) throw kErrno.NOTCAPABLE;
      rest.push(...target.split('/').reverse());
      continue;
    }
    if (!isLast && stat === undefined) throw kErrno.NOENT;
    if (!isLast && !stat.isDirectory()) throw kErrno.NOTDIR;
    done.push(part);
  }
  return [directory.path, ...done].join('/');
}

module.exports = { resolvePath };
