'use strict';

// Shared by the callback, synchronous and promise forms of fs: argument checks, Stats, Dirent, flags.

const { codes: {
  ERR_FS_EISDIR,
  ERR_INCOMPATIBLE_OPTION_PAIR,
  ERR_INVALID_ARG_TYPE,
  ERR_INVALID_ARG_VALUE,
  ERR_OUT_OF_RANGE,
}, hideStackFrames } = require('internal/errors');
const {
  parseFileMode,
  validateAbortSignal,
  validateBoolean,
  validateFunction,
  validateInt32,
  validateInteger,
  validateObject,
  validateUint32,
} = require('internal/validators');

const { fs: constants } = internalBinding('constants');
const {
  F_OK, R_OK, W_OK, X_OK, COPYFILE_EXCL, COPYFILE_FICLONE, COPYFILE_FICLONE_FORCE,
  O_APPEND, O_CREAT, O_EXCL, O_RDONLY, O_RDWR, O_SYNC, O_TRUNC, O_WRONLY,
  S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG, S_IFSOCK,
  UV_DIRENT_BLOCK, UV_DIRENT_CHAR, UV_DIRENT_DIR, UV_DIRENT_FIFO, UV_DIRENT_FILE, UV_DIRENT_LINK,
  UV_DIRENT_SOCKET, UV_DIRENT_UNKNOWN,
} = constants;

const kMaxAccessMode = F_OK | R_OK | W_OK | X_OK;
const kMaxCopyMode = COPYFILE_EXCL | COPYFILE_FICLONE | COPYFILE_FICLONE_FORCE;
/** Reads and writes of more than this do not fit the system calls. */
const kIoMaxLength = 2 ** 31 - 1;

// Buffer's encodings, without loading Buffer for the usual ones.
function isEncoding(encoding) {
  return encoding === 'utf8' || encoding === 'utf-8' || require('buffer').Buffer.isEncoding(encoding);
}

function assertEncoding(encoding) {
  if (encoding && !isEncoding(encoding)) {
    throw new ERR_INVALID_ARG_VALUE('encoding', encoding, 'is invalid encoding');
  }
}

/** Options as an object: a string is an encoding; null, undefined and functions (a callback) give the defaults. */
function getOptions(options, defaultOptions = {}) {
  if (options === null || options === undefined || typeof options === 'function') return defaultOptions;
  if (typeof options === 'string') {
    defaultOptions = { ...defaultOptions };
    defaultOptions.encoding = options;
    options = defaultOptions;
  } else if (typeof options !== 'object') {
    throw new ERR_INVALID_ARG_TYPE('options', ['string', 'Object'], options);
  }
  if (options.encoding !== 'buffer') assertEncoding(options.encoding);
  if (options.signal !== undefined) validateAbortSignal(options.signal, 'options.signal');
  return options;
}

function checkAborted(signal, callback) {
  if (!signal?.aborted) return false;
  const { AbortError } = require('internal/errors');
  const error = new AbortError(undefined, { cause: signal.reason });
  if (callback === undefined) throw error;
  callback(error);
  return true;
}

function nullCheck(path, name) {
  const found = typeof path === 'string' ? path.includes('\u0000') : path.includes(0);
  if (found) throw new ERR_INVALID_ARG_VALUE(name, path, 'must be a string, Uint8Array, or URL without null bytes');
}

/** A path as the binding takes it: a string or a Uint8Array without null bytes. */
function getValidatedPath(path, name = 'path') {
  if (typeof path === 'object' && path !== null && !(path instanceof Uint8Array)) {
    path = require('internal/url').toPathIfFileURL(path);
  }
  if (typeof path !== 'string' && !(path instanceof Uint8Array)) {
    throw new ERR_INVALID_ARG_TYPE(name, ['string', 'Buffer', 'URL'], path);
  }
  nullCheck(path, name);
  return path;
}

/** A descriptor: an int32 of at least 0. */
function getValidatedFd(fd, name = 'fd') {
  if (Object.is(fd, -0)) return 0;
  validateInt32(fd, name, 0);
  return fd;
}

function getValidMode(mode, type) {
  const isCopy = type === 'copyFile';
  const max = isCopy ? kMaxCopyMode : kMaxAccessMode;
  const def = isCopy ? 0 : F_OK;
  if (mode === undefined || mode === null) return def;
  validateInteger(mode, 'mode', 0, max);
  return mode;
}

/** Open flags: 'r', 'w+', ... or a number. */
function stringToFlags(flags, name = 'flags') {
  if (typeof flags === 'number') {
    validateInt32(flags, name);
    return flags;
  }
  if (flags === null || flags === undefined) return O_RDONLY;
  switch (flags) {
    case 'r': return O_RDONLY;
    case 'rs':
    case 'sr': return O_RDONLY | O_SYNC;
    case 'r+': return O_RDWR;
    case 'rs+':
    case 'sr+': return O_RDWR | O_SYNC;
    case 'w': return O_TRUNC | O_CREAT | O_WRONLY;
    case 'wx':
    case 'xw': return O_TRUNC | O_CREAT | O_WRONLY | O_EXCL;
    case 'w+': return O_TRUNC | O_CREAT | O_RDWR;
    case 'wx+':
    case 'xw+': return O_TRUNC | O_CREAT | O_RDWR | O_EXCL;
    case 'a': return O_APPEND | O_CREAT | O_WRONLY;
    case 'ax':
    case 'xa': return O_APPEND | O_CREAT | O_WRONLY | O_EXCL;
    case 'as':
    case 'sa': return O_APPEND | O_CREAT | O_WRONLY | O_SYNC;
    case 'a+': return O_APPEND | O_CREAT | O_RDWR;
    case 'ax+':
    case 'xa+': return O_APPEND | O_CREAT | O_RDWR | O_EXCL;
    case 'as+':
    case 'sa+': return O_APPEND | O_CREAT | O_RDWR | O_SYNC;
  }
  throw new ERR_INVALID_ARG_VALUE(name, flags);
}

/** The type argument of symlink; it matters on Windows only but is checked everywhere. */
function stringToSymlinkType(type) {
  switch (type) {
    case undefined:
    case null:
    case 'file': return 0;
    case 'dir': return constants.UV_FS_SYMLINK_DIR ?? 1;
    case 'junction': return constants.UV_FS_SYMLINK_JUNCTION ?? 2;
  }
  throw new ERR_INVALID_ARG_VALUE('type', type, "must be one of 'dir', 'file', or 'junction'");
}

const kMsPerSec = 1000;
const kNsPerMs = 1_000_000;
const kNsPerMsBig = 1_000_000n;
const kNsPerSecBig = 1_000_000_000n;

// Dates of Stats are made when read.
const kDateFields = ['atime', 'mtime', 'ctime', 'birthtime'];

class StatsBase {
  isDirectory() {
    return checkMode(this, S_IFDIR);
  }

  isFile() {
    return checkMode(this, S_IFREG);
  }

  isBlockDevice() {
    return checkMode(this, S_IFBLK);
  }

  isCharacterDevice() {
    return checkMode(this, S_IFCHR);
  }

  isSymbolicLink() {
    return checkMode(this, S_IFLNK);
  }

  isFIFO() {
    return checkMode(this, S_IFIFO);
  }

  isSocket() {
    return checkMode(this, S_IFSOCK);
  }
}

function checkMode(stats, type) {
  const { mode } = stats;
  return typeof mode === 'bigint' ? (mode & BigInt(S_IFMT)) === BigInt(type) : (mode & S_IFMT) === type;
}

function dateFromMs(ms) {
  // Node rounds half up, so that 1.9999 ms does not become an earlier date.
  return new Date(Math.round(Number(ms)));
}

function Stats(dev, mode, nlink, uid, gid, rdev, blksize, ino, size, blocks, atimeMs, mtimeMs, ctimeMs, birthtimeMs) {
  // Old programs call it without `new`.
  if (new.target === undefined) {
    return new Stats(dev, mode, nlink, uid, gid, rdev, blksize, ino, size, blocks, atimeMs, mtimeMs, ctimeMs, birthtimeMs);
  }
  this.dev = dev;
  this.mode = mode;
  this.nlink = nlink;
  this.uid = uid;
  this.gid = gid;
  this.rdev = rdev;
  this.blksize = blksize;
  this.ino = ino;
  this.size = size;
  this.blocks = blocks;
  this.atimeMs = atimeMs;
  this.mtimeMs = mtimeMs;
  this.ctimeMs = ctimeMs;
  this.birthtimeMs = birthtimeMs;
}
Object.setPrototypeOf(Stats.prototype, StatsBase.prototype);
Object.setPrototypeOf(Stats, StatsBase);

class BigIntStats extends StatsBase {
  constructor(dev, mode, nlink, uid, gid, rdev, blksize, ino, size, blocks, atimeNs, mtimeNs, ctimeNs, birthtimeNs) {
    super();
    this.dev = dev;
    this.mode = mode;
    this.nlink = nlink;
    this.uid = uid;
    this.gid = gid;
    this.rdev = rdev;
    this.blksize = blksize;
    this.ino = ino;
    this.size = size;
    this.blocks = blocks;
    this.atimeMs = atimeNs / kNsPerMsBig;
    this.mtimeMs = mtimeNs / kNsPerMsBig;
    this.ctimeMs = ctimeNs / kNsPerMsBig;
    this.birthtimeMs = birthtimeNs / kNsPerMsBig;
    this.atimeNs = atimeNs;
    this.mtimeNs = mtimeNs;
    this.ctimeNs = ctimeNs;
    this.birthtimeNs = birthtimeNs;
  }
}

for (const Class of [Stats, BigIntStats]) {
  for (const name of kDateFields) {
    const msName = `${name}Ms`;
    Object.defineProperty(Class.prototype, name, {
      __proto__: null,
      configurable: true,
      enumerable: true,
      get() {
        const value = dateFromMs(this[msName]);
        Object.defineProperty(this, name, {
          __proto__: null, value, writable: true, enumerable: true, configurable: true,
        });
        return value;
      },
      set(value) {
        Object.defineProperty(this, name, {
          __proto__: null, value, writable: true, enumerable: true, configurable: true,
        });
      },
    });
  }
}

function msFromTimeSpec(sec, nsec) {
  return sec * kMsPerSec + nsec / kNsPerMs;
}

function nsFromTimeSpec(sec, nsec) {
  return sec * kNsPerSecBig + nsec;
}

/**
 * Stats from the numbers of the binding: dev, mode, nlink, uid, gid, rdev, blksize, ino, size, blocks, and seconds
 * and nanoseconds of atime, mtime, ctime, birthtime; from `offset` on.
 */
function getStatsFromBinding(values, offset = 0) {
  const v = values;
  const o = offset;
  if (v instanceof BigInt64Array) {
    return new BigIntStats(
      v[o], v[o + 1], v[o + 2], v[o + 3], v[o + 4], v[o + 5], v[o + 6], v[o + 7], v[o + 8], v[o + 9],
      nsFromTimeSpec(v[o + 10], v[o + 11]), nsFromTimeSpec(v[o + 12], v[o + 13]),
      nsFromTimeSpec(v[o + 14], v[o + 15]), nsFromTimeSpec(v[o + 16], v[o + 17]));
  }
  return new Stats(
    v[o], v[o + 1], v[o + 2], v[o + 3], v[o + 4], v[o + 5], v[o + 6], v[o + 7], v[o + 8], v[o + 9],
    msFromTimeSpec(v[o + 10], v[o + 11]), msFromTimeSpec(v[o + 12], v[o + 13]),
    msFromTimeSpec(v[o + 14], v[o + 15]), msFromTimeSpec(v[o + 16], v[o + 17]));
}

class StatFs {
  constructor(type, bsize, frsize, blocks, bfree, bavail, files, ffree) {
    this.type = type;
    this.bsize = bsize;
    this.frsize = frsize;
    this.blocks = blocks;
    this.bfree = bfree;
    this.bavail = bavail;
    this.files = files;
    this.ffree = ffree;
  }
}

function getStatFsFromBinding(v) {
  return new StatFs(v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7]);
}

const kType = Symbol('type');

class Dirent {
  constructor(name, path, type) {
    this.name = name;
    this.parentPath = path;
    this[kType] = type;
  }

  isDirectory() {
    return this[kType] === UV_DIRENT_DIR;
  }

  isFile() {
    return this[kType] === UV_DIRENT_FILE;
  }

  isBlockDevice() {
    return this[kType] === UV_DIRENT_BLOCK;
  }

  isCharacterDevice() {
    return this[kType] === UV_DIRENT_CHAR;
  }

  isSymbolicLink() {
    return this[kType] === UV_DIRENT_LINK;
  }

  isFIFO() {
    return this[kType] === UV_DIRENT_FIFO;
  }

  isSocket() {
    return this[kType] === UV_DIRENT_SOCKET;
  }
}

// For file systems that do not say what an entry is.
function typeFromStats(stats) {
  if (stats.isDirectory()) return UV_DIRENT_DIR;
  if (stats.isFile()) return UV_DIRENT_FILE;
  if (stats.isSymbolicLink()) return UV_DIRENT_LINK;
  if (stats.isFIFO()) return UV_DIRENT_FIFO;
  if (stats.isSocket()) return UV_DIRENT_SOCKET;
  if (stats.isCharacterDevice()) return UV_DIRENT_CHAR;
  if (stats.isBlockDevice()) return UV_DIRENT_BLOCK;
  return UV_DIRENT_UNKNOWN;
}

function joinPath(directory, name) {
  if (typeof name === 'string' && typeof directory === 'string') return require('path').join(directory, name);
  const { Buffer } = require('buffer');
  return Buffer.concat([Buffer.from(directory), Buffer.from('/'), Buffer.from(name)]);
}

function getDirent(directory, name, type) {
  if (type === UV_DIRENT_UNKNOWN) {
    const stats = getStatsFromBinding(internalBinding('fs').lstat(joinPath(directory, name), false, undefined));
    type = typeFromStats(stats);
  }
  return new Dirent(name, directory, type);
}

/** Dirents from the [names, types] of the binding. */
function getDirents(directory, [names, types]) {
  const result = new Array(names.length);
  for (let i = 0; i < names.length; i++) result[i] = getDirent(directory, names[i], types[i]);
  return result;
}

/** Seconds since 1970 of a time argument: a number, numeric string or Date. */
function toUnixTimestamp(time, name = 'time') {
  if (typeof time === 'string' && +time === Number(time) && time !== '') return +time;
  if (Number.isFinite(time)) return time < 0 ? Date.now() / 1000 : time;
  if (time instanceof Date) return time.getTime() / 1000;
  throw new ERR_INVALID_ARG_TYPE(name, ['Date', 'Time in seconds'], time);
}

const validateOffsetLengthRead = hideStackFrames((offset, length, byteLength) => {
  if (offset < 0) throw new ERR_OUT_OF_RANGE('offset', '>= 0', offset);
  if (length < 0) throw new ERR_OUT_OF_RANGE('length', '>= 0', length);
  if (offset + length > byteLength) {
    throw new ERR_OUT_OF_RANGE('length', `<= ${byteLength - offset}`, length);
  }
});

const validateOffsetLengthWrite = hideStackFrames((offset, length, byteLength) => {
  if (offset > byteLength) throw new ERR_OUT_OF_RANGE('offset', `<= ${byteLength}`, offset);
  if (length > byteLength - offset) throw new ERR_OUT_OF_RANGE('length', `<= ${byteLength - offset}`, length);
  if (length < 0) throw new ERR_OUT_OF_RANGE('length', '>= 0', length);
  validateInt32(length, 'length', 0);
});

const validateBufferArray = hideStackFrames((buffers, name = 'buffers') => {
  if (!Array.isArray(buffers)) throw new ERR_INVALID_ARG_TYPE(name, 'ArrayBufferView[]', buffers);
  for (let i = 0; i < buffers.length; i++) {
    if (!ArrayBuffer.isView(buffers[i])) throw new ERR_INVALID_ARG_TYPE(name, 'ArrayBufferView[]', buffers);
  }
  return buffers;
});

const validateStringAfterArrayBufferView = hideStackFrames((buffer, name) => {
  if (typeof buffer !== 'string') {
    throw new ERR_INVALID_ARG_TYPE(name, ['string', 'Buffer', 'TypedArray', 'DataView'], buffer);
  }
});

/** The position of a read: -1 for "where the file is", else a number or BigInt that leaves room for `length`. */
const validatePosition = hideStackFrames((position, name, length) => {
  if (typeof position === 'number') {
    validateInteger(position, name, -1);
  } else if (typeof position === 'bigint') {
    const max = 2n ** 63n - 1n - BigInt(length);
    if (!(position >= -1n && position <= max)) {
      throw new ERR_OUT_OF_RANGE(name, `>= -1 && <= ${max}`, position);
    }
  } else {
    throw new ERR_INVALID_ARG_TYPE(name, ['integer', 'bigint'], position);
  }
});

let warnedTemplate = false;
function warnOnNonPortableTemplate(template) {
  const last = typeof template === 'string' ? template.endsWith('X') : template[template.length - 1] === 0x58;
  if (!last || warnedTemplate) return;
  warnedTemplate = true;
  process.emitWarning('mkdtemp() templates ending with X are not portable. For details see: https://nodejs.org/api/fs.html');
}

const kDefaultRmOptions = { recursive: false, force: false, retryDelay: 100, maxRetries: 0 };
const kDefaultRmdirOptions = { retryDelay: 100, maxRetries: 0, recursive: false };

function validateRmdirOptions(options, defaults = kDefaultRmdirOptions) {
  if (options === undefined) return defaults;
  validateObject(options, 'options');
  options = { ...defaults, ...options };
  validateBoolean(options.recursive, 'options.recursive');
  validateInt32(options.retryDelay, 'options.retryDelay', 0);
  validateUint32(options.maxRetries, 'options.maxRetries');
  return options;
}

function validateRmOptions(options) {
  options = validateRmdirOptions(options, kDefaultRmOptions);
  validateBoolean(options.force, 'options.force');
  return options;
}

/** What rm refuses: a directory without `recursive`. */
function rmDirectoryError(path) {
  return new ERR_FS_EISDIR({
    code: 'EISDIR', message: 'is a directory', path, syscall: 'rm', errno: require('os').constants.errno.EISDIR,
  });
}

const kDefaultCpOptions = {
  dereference: false, errorOnExist: false, filter: undefined, force: true, preserveTimestamps: false,
  recursive: false, verbatimSymlinks: false,
};

function validateCpOptions(options) {
  if (options === undefined) return { ...kDefaultCpOptions };
  validateObject(options, 'options');
  options = { ...kDefaultCpOptions, ...options };
  for (const name of ['dereference', 'errorOnExist', 'force', 'preserveTimestamps', 'recursive', 'verbatimSymlinks']) {
    validateBoolean(options[name], `options.${name}`);
  }
  options.mode = getValidMode(options.mode, 'copyFile');
  if (options.dereference === true && options.verbatimSymlinks === true) {
    throw new ERR_INCOMPATIBLE_OPTION_PAIR('dereference', 'verbatimSymlinks');
  }
  if (options.filter !== undefined) validateFunction(options.filter, 'options.filter');
  return options;
}

module.exports = {
  BigIntStats,
  Dirent,
  Stats,
  assertEncoding,
  checkAborted,
  constants,
  getDirent,
  getDirents,
  getOptions,
  getStatFsFromBinding,
  getStatsFromBinding,
  getValidMode,
  getValidatedFd,
  getValidatedPath,
  joinPath,
  kIoMaxLength,
  nullCheck,
  parseFileMode,
  rmDirectoryError,
  stringToFlags,
  stringToSymlinkType,
  toUnixTimestamp,
  validateBufferArray,
  validateCpOptions,
  validateOffsetLengthRead,
  validateOffsetLengthWrite,
  validatePosition,
  validateRmOptions,
  validateRmdirOptions,
  validateStringAfterArrayBufferView,
  warnOnNonPortableTemplate,
};
