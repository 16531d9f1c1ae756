'use strict';

// fs.cp: one description of the work, as a generator that yields operations, run synchronously or not.

const fs = require('fs');
const path = require('path');
const { codes } = require('internal/errors');

const { errno } = require('os').constants;

function op(name, ...args) {
  return { name, args };
}

function systemError(Class, name, message, src, dest) {
  return new codes[Class]({ message, path: dest ?? src, syscall: 'cp', errno: errno[name], code: name });
}

function areIdentical(a, b) {
  return b && b.ino && b.dev !== undefined && b.ino === a.ino && b.dev === a.dev;
}

function isSubdirectory(src, dest) {
  const from = path.resolve(src).split(path.sep).filter(Boolean);
  const to = path.resolve(dest).split(path.sep).filter(Boolean);
  return from.every((part, i) => to[i] === part);
}

function* statOrUndefined(name, target) {
  try {
    return yield op(name, target, { bigint: true });
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function* checkPaths(src, dest, options) {
  const name = options.dereference ? 'stat' : 'lstat';
  const srcStat = yield op(name, src, { bigint: true });
  const destStat = yield* statOrUndefined(name, dest);
  if (destStat) {
    if (areIdentical(srcStat, destStat)) {
      throw systemError('ERR_FS_CP_EINVAL', 'EINVAL', 'src and dest cannot be the same', src, dest);
    }
    if (srcStat.isDirectory() && !destStat.isDirectory()) {
      throw systemError('ERR_FS_CP_DIR_TO_NON_DIR', 'EISDIR',
                        `cannot overwrite non-directory ${dest} with directory ${src}`, src, dest);
    }
    if (!srcStat.isDirectory() && destStat.isDirectory()) {
      throw systemError('ERR_FS_CP_NON_DIR_TO_DIR', 'ENOTDIR',
                        `cannot overwrite directory ${dest} with non-directory ${src}`, src, dest);
    }
  }
  if (srcStat.isDirectory() && isSubdirectory(src, dest)) {
    throw systemError('ERR_FS_CP_EINVAL', 'EINVAL', `cannot copy ${src} to a subdirectory of self ${dest}`, src, dest);
  }
  return { srcStat, destStat };
}

// A directory must not be copied into itself through a link either.
function* checkParents(src, srcStat, dest) {
  const srcParent = path.resolve(path.dirname(src));
  let destParent = path.resolve(path.dirname(dest));
  while (destParent !== srcParent && destParent !== path.parse(destParent).root) {
    const destStat = yield* statOrUndefined('stat', destParent);
    if (destStat === undefined) return;
    if (areIdentical(srcStat, destStat)) {
      throw systemError('ERR_FS_CP_EINVAL', 'EINVAL', `cannot copy ${src} to a subdirectory of self ${dest}`, src, dest);
    }
    destParent = path.dirname(destParent);
  }
}

function* copyTree(src, dest, options) {
  if (process.permission !== undefined) {
    const { check } = require('internal/process/permission_guard');
    check('fs.read', src);
    check('fs.write', dest);
  }
  if (options.filter && !(yield op('filter', src, dest))) return;
  const { srcStat, destStat } = yield* checkPaths(src, dest, options);
  yield* checkParents(src, srcStat, dest);
  yield op('mkdir', path.dirname(dest), { recursive: true });
  yield* copyEntry(src, dest, srcStat, destStat, options);
}

function* copyEntry(src, dest, srcStat, destStat, options) {
  if (srcStat.isDirectory()) {
    if (!options.recursive) {
      throw systemError('ERR_FS_EISDIR', 'EISDIR', `Recursive option not enabled, cannot copy a directory: ${src}`, src);
    }
    yield* copyDirectory(src, dest, srcStat, destStat, options);
  } else if (srcStat.isFile() || srcStat.isCharacterDevice() || srcStat.isBlockDevice()) {
    yield* copyOneFile(src, dest, srcStat, destStat, options);
  } else if (srcStat.isSymbolicLink()) {
    yield* copyLink(src, dest, destStat, options);
  } else if (srcStat.isSocket()) {
    throw systemError('ERR_FS_CP_SOCKET', 'EINVAL', `cannot copy a socket file: ${dest}`, src, dest);
  } else if (srcStat.isFIFO()) {
    throw systemError('ERR_FS_CP_FIFO_PIPE', 'EINVAL', `cannot copy a FIFO pipe: ${dest}`, src, dest);
  } else {
    throw systemError('ERR_FS_CP_UNKNOWN', 'EINVAL', `cannot copy an unknown file type: ${dest}`, src, dest);
  }
}

function* copyOneFile(src, dest, srcStat, destStat, options) {
  if (destStat) {
    if (!options.force) {
      if (options.errorOnExist) {
        throw systemError('ERR_FS_CP_EEXIST', 'EEXIST', `${dest} already exists`, src, dest);
      }
      return;
    }
    yield op('unlink', dest);
  }
  yield op('copyFile', src, dest, options.mode);
  if (options.preserveTimestamps) {
    // The read may have changed the access time, so it is asked for again.
    const stats = yield op('stat', src);
    if ((Number(srcStat.mode) & 0o200) === 0) yield op('chmod', dest, Number(srcStat.mode) | 0o200);
    yield op('utimes', dest, stats.atime, stats.mtime);
  }
  yield op('chmod', dest, Number(srcStat.mode) & 0o7777);
}

function* copyDirectory(src, dest, srcStat, destStat, options) {
  if (!destStat) {
    yield op('mkdir', dest, { recursive: false });
  } else if (options.errorOnExist && !options.force) {
    throw systemError('ERR_FS_CP_EEXIST', 'EEXIST', `${dest} already exists`, src, dest);
  }
  for (const name of yield op('readdir', src)) {
    const from = path.join(src, name);
    const to = path.join(dest, name);
    if (options.filter && !(yield op('filter', from, to))) continue;
    const pair = yield* checkPaths(from, to, options);
    yield* copyEntry(from, to, pair.srcStat, pair.destStat, options);
  }
  if (!destStat) yield op('chmod', dest, Number(srcStat.mode) & 0o7777);
}

function* copyLink(src, dest, destStat, options) {
  let target = yield op('readlink', src);
  if (!options.verbatimSymlinks && !path.isAbsolute(target)) target = path.resolve(path.dirname(src), target);
  if (!destStat) {
    yield op('symlink', target, dest);
    return;
  }
  let destTarget;
  try {
    destTarget = yield op('readlink', dest);
  } catch (error) {
    if (error.code === 'EINVAL' || error.code === 'UNKNOWN') {
      yield op('symlink', target, dest);
      return;
    }
    throw error;
  }
  if (!path.isAbsolute(destTarget)) destTarget = path.resolve(path.dirname(dest), destTarget);
  const srcIsDirectory = (yield* statOrUndefined('stat', src))?.isDirectory();
  if (srcIsDirectory && isSubdirectory(target, destTarget)) {
    throw systemError('ERR_FS_CP_EINVAL', 'EINVAL',
                      `cannot copy ${target} to a subdirectory of self ${destTarget}`, src, dest);
  }
  if (srcIsDirectory && target !== destTarget && isSubdirectory(destTarget, target)) {
    throw systemError('ERR_FS_CP_SYMLINK_TO_SUBDIRECTORY', 'EINVAL', `cannot overwrite ${destTarget} with ${target}`,
                      src, dest);
  }
  yield op('unlink', dest);
  yield op('symlink', target, dest);
}

// Runs the steps; an error of an operation is thrown into the generator, which may handle it.
function advance(steps, outcome) {
  return outcome.failed ? steps.throw(outcome.error) : steps.next(outcome.value);
}

async function cp(src, dest, options) {
  const { exports: promises } = require('internal/fs/promises');
  const steps = copyTree(String(src), String(dest), options);
  let step = steps.next();
  while (!step.done) {
    const { name, args } = step.value;
    let outcome;
    try {
      const value = await (name === 'filter' ? options.filter(...args) : promises[name](...args));
      outcome = { failed: false, value };
    } catch (error) {
      outcome = { failed: true, error };
    }
    step = advance(steps, outcome);
  }
}

function cpSync(src, dest, options) {
  const steps = copyTree(String(src), String(dest), options);
  let step = steps.next();
  while (!step.done) {
    const { name, args } = step.value;
    let outcome;
    try {
      const value = name === 'filter' ? filterSync(options.filter, args) : fs[`${name}Sync`](...args);
      outcome = { failed: false, value };
    } catch (error) {
      outcome = { failed: true, error };
    }
    step = advance(steps, outcome);
  }
}

function filterSync(filter, args) {
  const result = filter(...args);
  if (typeof result?.then === 'function') {
    throw new codes.ERR_INVALID_RETURN_VALUE('boolean', 'filter', result);
  }
  return result;
}

module.exports = { cp, cpSync };
