'use strict';

// Binding contract (fs). In every function `req` is last: undefined for the synchronous form, which returns the
// result or throws the final Error; a function (error, result), called later from the loop; or a symbol: then a promise
// is returned. Paths are strings or Uint8Arrays; positions are numbers or BigInts, -1 or null meaning "where the file is".
//   access(path, mode, req); existsSync(path) -> boolean; open(path, flags, mode, req) -> fd; close(fd, req);
//   read(fd, view, offset, length, position, req) -> n; readBuffers(fd, views, position, req) -> n;
//   writeBuffer(fd, view, offset, length, position, req) -> n; writeBuffers(fd, views, position, req) -> n;
//   writeString(fd, string, position, encoding, req) -> n;
//   readFile(pathOrFd, flags, encoding | undefined, req) -> string | Buffer; readFileUtf8(pathOrFd, flags) -> string;
//   writeFile(pathOrFd, string | view, encoding, flags, mode, flush, req);
//   stat, lstat(path, useBigint, req, throwIfNoEntry = true), fstat(fd, useBigint, req) -> Float64Array | BigInt64Array
//     of 18 (see internal/fs/utils), which unless promised is the same for all calls; or undefined when there is no entry and throwIfNoEntry is false;
//   statfs(path, useBigint, req) -> [type, bsize, frsize, blocks, bfree, bavail, files, ffree];
//   readdir(path, encoding, withFileTypes, req) -> names or [names, types];
//   mkdir(path, mode, recursive, req) -> first directory made, when recursive; mkdtemp(prefix, encoding, req) -> path;
//   rename(old, new, req); unlink(path, req); rmdir(path, req); link(from, to, req);
//   rmTree(path, maxRetries, retryDelay, req) removes files and directories, with all that is in them;
//   symlink(target, path, type, req); readlink(path, encoding, req); realpath(path, encoding, req);
//   copyFile(from, to, mode, req); chmod(path, mode, req); fchmod(fd, mode, req); lchmod on systems that have it;
//   chown(path, uid, gid, req); fchown(fd, uid, gid, req); lchown(path, uid, gid, req);
//   utimes(path, atime, mtime, req); futimes(fd, atime, mtime, req); lutimes(path, atime, mtime, req) in seconds;
//   ftruncate(fd, length, req); fsync(fd, req); fdatasync(fd, req).

const binding = internalBinding('fs');
const {
  Dirent,
  Stats,
  checkAborted,
  constants,
  getDirents,
  getOptions,
  getStatFsFromBinding,
  getStatsFromBinding,
  getValidMode,
  getValidatedFd,
  getValidatedPath,
  joinPath,
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
  warnOnNonPortableTemplate,
  validateRmdirOptions,
  validateStringAfterArrayBufferView,
} = require('internal/fs/utils');
const { codes: { ERR_INVALID_ARG_VALUE } } = require('internal/errors');
const {
  validateBoolean,
  validateBuffer,
  validateFunction,
  validateInteger,
  validateObject,
  validateString,
} = require('internal/validators');

function makeCallback(callback) {
  validateFunction(callback, 'cb');
  return callback;
}

// For operations without a result: the callback gets the error alone.
function voidCallback(callback) {
  validateFunction(callback, 'cb');
  return (error) => callback(error);
}

function statCallback(callback) {
  validateFunction(callback, 'cb');
  return (error, values) => {
    if (error) callback(error);
    else callback(null, getStatsFromBinding(values));
  };
}

function lastCallback(args) {
  return args[args.length - 1];
}

// For validateObject.
const kAllowNull = 1;

function isUtf8(encoding) {
  return encoding === 'utf8' || encoding === 'utf-8';
}

// --- access, exists

function access(path, mode, callback) {
  if (typeof mode === 'function') {
    callback = mode;
    mode = undefined;
  }
  path = getValidatedPath(path);
  mode = getValidMode(mode, 'access');
  binding.access(path, mode, voidCallback(callback));
}

function accessSync(path, mode) {
  binding.access(getValidatedPath(path), getValidMode(mode, 'access'), undefined);
}

function exists(path, callback) {
  validateFunction(callback, 'cb');
  try {
    path = getValidatedPath(path);
  } catch {
    callback(false);
    return;
  }
  binding.access(path, constants.F_OK, (error) => callback(!error));
}

Object.defineProperty(exists, Symbol.for('nodejs.util.promisify.custom'), {
  __proto__: null,
  value: { exists: (path) => new Promise((resolve) => exists(path, resolve)) }.exists,
});

let warnedInvalidExists = false;
function warnInvalidExists(name, error) {
  if (error.code !== 'ERR_INVALID_ARG_TYPE' || warnedInvalidExists) return;
  warnedInvalidExists = true;
  process.emitWarning(`Passing invalid argument types to ${name} is deprecated`, 'DeprecationWarning', 'DEP0187');
}

function existsSync(path) {
  try {
    path = getValidatedPath(path);
  } catch (error) {
    warnInvalidExists('fs.existsSync', error);
    return false;
  }
  return binding.existsSync(path);
}

// --- open, close, read, write

function open(path, flags, mode, callback) {
  path = getValidatedPath(path);
  if (arguments.length < 3) {
    callback = flags;
    flags = 'r';
    mode = 0o666;
  } else if (typeof mode === 'function') {
    callback = mode;
    mode = 0o666;
  } else {
    mode = parseFileMode(mode, 'mode', 0o666);
  }
  binding.open(path, stringToFlags(flags), mode, makeCallback(callback));
}

function openSync(path, flags, mode) {
  return binding.open(getValidatedPath(path), stringToFlags(flags), parseFileMode(mode, 'mode', 0o666), undefined);
}

function openAsBlob(path, options = {}) {
  validateObject(options, 'options');
  const { type = '' } = options;
  validateString(type, 'options.type');
  const { Blob } = require('buffer');
  path = getValidatedPath(path);
  if (process.permission !== undefined) require('internal/process/permission_guard').check('fs.read', path);
  return readFilePromise(path).then((data) => new Blob([data], { type }));
}

function readFilePromise(path) {
  return new Promise((resolve, reject) => {
    readFile(path, (error, data) => (error ? reject(error) : resolve(data)));
  });
}

function close(fd, callback) {
  fd = getValidatedFd(fd);
  // Without a callback an error is thrown when it happens.
  binding.close(fd, callback === undefined ? throwError : voidCallback(callback));
}

function throwError(error) {
  if (error) throw error;
}

function closeSync(fd) {
  binding.close(getValidatedFd(fd), undefined);
}

// Resolves the overloads of read: (buffer, offset, length, position), (buffer, options), (options).
function readArguments(buffer, offsetOrOptions, length, position) {
  let offset = offsetOrOptions;
  if (offset !== null && typeof offset === 'object') {
    ({ offset = 0, length = buffer.byteLength - offset, position = null } = offset);
  }
  if (offset === undefined || offset === null) offset = 0;
  else validateInteger(offset, 'offset', 0);
  if (length === undefined || length === null) length = buffer.byteLength - offset;
  else length |= 0;
  return { offset, length, position };
}

function checkRead(buffer, offset, length, position) {
  if (buffer.byteLength === 0) {
    throw new ERR_INVALID_ARG_VALUE('buffer', buffer, 'is empty and cannot be written');
  }
  validateOffsetLengthRead(offset, length, buffer.byteLength);
  if (position === undefined || position === null) return -1;
  validatePosition(position, 'position', length);
  return position;
}

function read(fd, buffer, offsetOrOptions, length, position, callback) {
  fd = getValidatedFd(fd);
  let params = null;
  if (arguments.length <= 4) {
    if (arguments.length === 4) {
      // (fd, buffer, options, callback)
      validateObject(offsetOrOptions, 'options', kAllowNull);
      callback = length;
      params = offsetOrOptions;
    } else if (arguments.length === 3) {
      // (fd, bufferOrOptions, callback)
      if (!ArrayBuffer.isView(buffer)) {
        params = buffer;
        ({ buffer = require('buffer').Buffer.alloc(16384) } = params ?? {});
      }
      callback = offsetOrOptions;
    } else {
      // (fd, callback)
      callback = buffer;
      buffer = require('buffer').Buffer.alloc(16384);
    }
    if (params !== undefined) validateObject(params, 'options', kAllowNull);
    ({ offset: offsetOrOptions = 0, length = buffer?.byteLength - offsetOrOptions, position = null } = params ?? {});
  }
  validateBuffer(buffer);
  validateFunction(callback, 'cb');
  const { offset, length: count, position: at } = readArguments(buffer, offsetOrOptions, length, position);
  if (count === 0) {
    process.nextTick(callback, null, 0, buffer);
    return;
  }
  const start = checkRead(buffer, offset, count, at);
  binding.read(fd, buffer, offset, count, start, (error, bytesRead) => callback(error, bytesRead || 0, buffer));
}
Object.defineProperty(read, kPromisifyArgs(), { __proto__: null, value: ['bytesRead', 'buffer'] });

function readSync(fd, buffer, offsetOrOptions, length, position) {
  fd = getValidatedFd(fd);
  validateBuffer(buffer);
  if (arguments.length <= 3 && offsetOrOptions !== undefined) {
    validateObject(offsetOrOptions, 'options', kAllowNull);
  }
  const { offset, length: count, position: at } = readArguments(buffer, offsetOrOptions, length, position);
  if (count === 0) return 0;
  return binding.read(fd, buffer, offset, count, checkRead(buffer, offset, count, at), undefined);
}

function readv(fd, buffers, position, callback) {
  fd = getValidatedFd(fd);
  validateBufferArray(buffers);
  callback ??= position;
  validateFunction(callback, 'cb');
  if (typeof position !== 'number' && typeof position !== 'bigint') position = null;
  binding.readBuffers(fd, buffers, position, (error, bytes) => callback(error, bytes || 0, buffers));
}
Object.defineProperty(readv, kPromisifyArgs(), { __proto__: null, value: ['bytesRead', 'buffers'] });

function readvSync(fd, buffers, position) {
  fd = getValidatedFd(fd);
  validateBufferArray(buffers);
  if (typeof position !== 'number' && typeof position !== 'bigint') position = null;
  return binding.readBuffers(fd, buffers, position, undefined);
}

// The symbol util.promisify reads for callbacks with several results.
function kPromisifyArgs() {
  return require('internal/util').customPromisifyArgs;
}

function writePosition(position) {
  return typeof position === 'number' || typeof position === 'bigint' ? position : null;
}

// The overloads of writing a view: (offset, length, position) or (options).
function writeArguments(buffer, offsetOrOptions, length, position) {
  let offset = offsetOrOptions;
  if (offset !== null && typeof offset === 'object') {
    ({ offset = 0, length = buffer.byteLength - offset, position = null } = offset);
  }
  if (offset === undefined || offset === null || typeof offset === 'function') offset = 0;
  else validateInteger(offset, 'offset', 0);
  if (typeof length !== 'number') length = buffer.byteLength - offset;
  validateOffsetLengthWrite(offset, length, buffer.byteLength);
  return { offset, length, position: writePosition(position) };
}

function write(fd, buffer, offsetOrOptions, length, position, callback) {
  const userCallback = callback ?? position ?? length ?? offsetOrOptions;
  fd = getValidatedFd(fd);
  if (ArrayBuffer.isView(buffer)) {
    callback = typeof userCallback === 'function' ? userCallback : lastCallback(arguments);
    validateFunction(callback, 'cb');
    if (typeof length === 'function') length = undefined;
    if (typeof position === 'function') position = null;
    const params = writeArguments(buffer, offsetOrOptions, length, position);
    binding.writeBuffer(fd, buffer, params.offset, params.length, params.position,
                        (error, written) => callback(error, written || 0, buffer));
    return;
  }
  validateStringAfterArrayBufferView(buffer, 'buffer');
  // (fd, string[, position[, encoding]], callback)
  if (typeof position !== 'function') {
    if (typeof offsetOrOptions === 'function') {
      position = offsetOrOptions;
      offsetOrOptions = null;
    } else {
      position = length;
    }
    length = 'utf8';
  }
  callback = makeCallback(position);
  const encoding = length || 'utf8';
  require('internal/fs/utils').assertEncoding(encoding);
  binding.writeString(fd, buffer, writePosition(offsetOrOptions), encoding,
                      (error, written) => callback(error, written || 0, buffer));
}
Object.defineProperty(write, kPromisifyArgs(), { __proto__: null, value: ['bytesWritten', 'buffer'] });

function writeSync(fd, buffer, offsetOrOptions, length, position) {
  fd = getValidatedFd(fd);
  if (ArrayBuffer.isView(buffer)) {
    const params = writeArguments(buffer, offsetOrOptions, length, position);
    return binding.writeBuffer(fd, buffer, params.offset, params.length, params.position, undefined);
  }
  validateStringAfterArrayBufferView(buffer, 'buffer');
  const encoding = length || 'utf8';
  require('internal/fs/utils').assertEncoding(encoding);
  return binding.writeString(fd, buffer, writePosition(offsetOrOptions), encoding, undefined);
}

function writev(fd, buffers, position, callback) {
  fd = getValidatedFd(fd);
  validateBufferArray(buffers);
  callback ??= position;
  validateFunction(callback, 'cb');
  if (buffers.length === 0) {
    process.nextTick(callback, null, 0, buffers);
    return;
  }
  binding.writeBuffers(fd, buffers, writePosition(position),
                       (error, written) => callback(error, written || 0, buffers));
}
Object.defineProperty(writev, kPromisifyArgs(), { __proto__: null, value: ['bytesWritten', 'buffers'] });

function writevSync(fd, buffers, position) {
  fd = getValidatedFd(fd);
  validateBufferArray(buffers);
  if (buffers.length === 0) return 0;
  return binding.writeBuffers(fd, buffers, writePosition(position), undefined);
}

// --- whole files

function isFd(path) {
  return Number.isInteger(path) && path >= 0 && path <= 2 ** 31 - 1;
}

function readFile(path, options, callback) {
  callback ||= options;
  validateFunction(callback, 'cb');
  options = getOptions(options, { flag: 'r' });
  if (checkAborted(options.signal, callback)) return;
  const flags = stringToFlags(options.flag, 'options.flag');
  const target = isFd(path) ? path : getValidatedPath(path);
  const { encoding, signal } = options;
  const native = encoding === 'buffer' ? undefined : encoding || undefined;
  binding.readFile(target, flags, native, (error, data) => {
    if (!error && checkAborted(signal, callback)) return;
    if (error) callback(error);
    else callback(null, data);
  });
}

function readFileSync(path, options) {
  if (options === 'utf8' || options === 'utf-8') {
    return binding.readFileUtf8(isFd(path) ? path : getValidatedPath(path), constants.O_RDONLY);
  }
  options = getOptions(options, { flag: 'r' });
  const target = isFd(path) ? path : getValidatedPath(path);
  const flags = stringToFlags(options.flag, 'options.flag');
  const { encoding } = options;
  if (isUtf8(encoding)) return binding.readFileUtf8(target, flags);
  return binding.readFile(target, flags, encoding === 'buffer' ? undefined : encoding || undefined, undefined);
}

const kWriteDefaults = { encoding: 'utf8', mode: 0o666, flag: 'w', flush: false };
const kAppendDefaults = { encoding: 'utf8', mode: 0o666, flag: 'a', flush: false };

// Checks what writeFile and appendFile share; null when aborted (and the callback was told).
function writeFileArguments(path, data, options) {
  const flush = options.flush ?? false;
  validateBoolean(flush, 'options.flush');
  if (!ArrayBuffer.isView(data)) validateStringAfterArrayBufferView(data, 'data');
  return {
    target: isFd(path) ? path : getValidatedPath(path),
    encoding: options.encoding && options.encoding !== 'buffer' ? options.encoding : 'utf8',
    flags: stringToFlags(options.flag || 'w', 'options.flag'),
    mode: parseFileMode(options.mode, 'mode', 0o666),
    flush,
  };
}

// Flushing is a step of its own, by the function that a program may have put in its place.
function writeAndFlush({ target, encoding, flags, mode }, data, callback) {
  const write = (fd) => binding.writeFile(fd, data, encoding, flags, mode, false, (error) => {
    if (error) close(fd, error);
    else fs.fsync(fd, (error) => close(fd, error));
  });
  const close = (fd, error) => {
    if (isFd(target)) callback(error);
    else binding.close(fd, (closeError) => callback(error || closeError));
  };
  if (isFd(target)) write(target);
  else binding.open(target, flags, mode, (error, fd) => (error ? callback(error) : write(fd)));
}

function writeAndFlushSync({ target, encoding, flags, mode }, data) {
  const fd = isFd(target) ? target : binding.open(target, flags, mode, undefined);
  try {
    binding.writeFile(fd, data, encoding, flags, mode, false, undefined);
    fs.fsyncSync(fd);
  } finally {
    if (fd !== target) binding.close(fd, undefined);
  }
}

function writeFile(path, data, options, callback) {
  callback ||= options;
  validateFunction(callback, 'cb');
  options = getOptions(options, kWriteDefaults);
  const checked = writeFileArguments(path, data, options);
  const { target, encoding, flags, mode, flush } = checked;
  if (checkAborted(options.signal, callback)) return;
  const { signal } = options;
  if (flush) {
    writeAndFlush(checked, data, callback);
    return;
  }
  binding.writeFile(target, data, encoding, flags, mode, flush, (error) => {
    if (!error && checkAborted(signal, callback)) return;
    callback(error);
  });
}

function writeFileSync(path, data, options) {
  options = getOptions(options, kWriteDefaults);
  const checked = writeFileArguments(path, data, options);
  const { target, encoding, flags, mode, flush } = checked;
  if (flush) writeAndFlushSync(checked, data);
  else binding.writeFile(target, data, encoding, flags, mode, false, undefined);
}

function appendOptions(options) {
  options = { ...getOptions(options, kAppendDefaults) };
  if (!options.flag) options.flag = 'a';
  return options;
}

function appendFile(path, data, options, callback) {
  callback ||= options;
  validateFunction(callback, 'cb');
  writeFile(path, data, appendOptions(options), callback);
}

function appendFileSync(path, data, options) {
  writeFileSync(path, data, appendOptions(options));
}

function copyFile(src, dest, mode, callback) {
  if (typeof mode === 'function') {
    callback = mode;
    mode = 0;
  }
  src = getValidatedPath(src, 'src');
  dest = getValidatedPath(dest, 'dest');
  binding.copyFile(src, dest, getValidMode(mode, 'copyFile'), voidCallback(callback));
}

function copyFileSync(src, dest, mode) {
  binding.copyFile(getValidatedPath(src, 'src'), getValidatedPath(dest, 'dest'), getValidMode(mode, 'copyFile'), undefined);
}

// --- stat

function stat(path, options = { bigint: false }, callback) {
  if (typeof options === 'function') {
    callback = options;
    options = undefined;
  }
  let done = statCallback(callback);
  if (checkAborted(options?.signal, callback)) return;
  if (options?.throwIfNoEntry === false) {
    const report = done;
    done = (error, values) => {
      if (error?.code === 'ENOENT' || error?.code === 'ENOTDIR') callback(null, undefined);
      else report(error, values);
    };
  }
  binding.stat(getValidatedPath(path), options?.bigint === true, done);
}

function lstat(path, options = { bigint: false }, callback) {
  if (typeof options === 'function') {
    callback = options;
    options = undefined;
  }
  const done = statCallback(callback);
  binding.lstat(getValidatedPath(path), options?.bigint === true, done);
}

function fstat(fd, options = { bigint: false }, callback) {
  if (typeof options === 'function') {
    callback = options;
    options = undefined;
  }
  fd = getValidatedFd(fd);
  binding.fstat(fd, options?.bigint === true, statCallback(callback));
}

function statSync(path, options = undefined) {
  const values = binding.stat(getValidatedPath(path), options?.bigint === true, undefined,
                              options?.throwIfNoEntry !== false);
  return values === undefined ? undefined : getStatsFromBinding(values);
}

function lstatSync(path, options = undefined) {
  const values = binding.lstat(getValidatedPath(path), options?.bigint === true, undefined,
                               options?.throwIfNoEntry !== false);
  return values === undefined ? undefined : getStatsFromBinding(values);
}

function fstatSync(fd, options = undefined) {
  return getStatsFromBinding(binding.fstat(getValidatedFd(fd), options?.bigint === true, undefined));
}

function statfs(path, options = { bigint: false }, callback) {
  if (typeof options === 'function') {
    callback = options;
    options = undefined;
  }
  validateFunction(callback, 'cb');
  binding.statfs(getValidatedPath(path), options?.bigint === true, (error, values) => {
    if (error) callback(error);
    else callback(null, getStatFsFromBinding(values));
  });
}

function statfsSync(path, options = undefined) {
  return getStatFsFromBinding(binding.statfs(getValidatedPath(path), options?.bigint === true, undefined));
}

// --- directories

function readdirArguments(path, options) {
  options = getOptions(options);
  path = getValidatedPath(path);
  if (options.recursive !== undefined && options.recursive !== null) {
    validateBoolean(options.recursive, 'options.recursive');
  }
  return { path, options, encoding: options.encoding || 'utf8', withFileTypes: !!options.withFileTypes };
}

function readdir(path, options, callback) {
  callback = makeCallback(typeof options === 'function' ? options : callback);
  const args = readdirArguments(path, options);
  if (args.options.recursive) {
    readdirRecursive(args, callback);
    return;
  }
  binding.readdir(args.path, args.encoding, args.withFileTypes, (error, result) => {
    if (error) {
      callback(error);
    } else if (args.withFileTypes) {
      let entries;
      try {
        entries = getDirents(args.path, result);
      } catch (statError) {
        callback(statError);
        return;
      }
      callback(null, entries);
    } else {
      callback(null, result);
    }
  });
}

function readdirSync(path, options) {
  const args = readdirArguments(path, options);
  if (args.options.recursive) {
    const walk = walkDirectories(args);
    let step = walk.next();
    while (!step.done) step = walk.next(binding.readdir(step.value, args.encoding, true, undefined));
    return step.value;
  }
  const result = binding.readdir(args.path, args.encoding, args.withFileTypes, undefined);
  return args.withFileTypes ? getDirents(args.path, result) : result;
}

// Yields the directories to read, gets their [names, types], returns all entries.
function* walkDirectories({ path, withFileTypes }) {
  const result = [];
  const queue = [{ full: path, relative: '' }];
  for (let i = 0; i < queue.length; i++) {
    const { full, relative } = queue[i];
    const found = yield full;
    for (const entry of getDirents(full, found)) {
      const name = relative === '' ? entry.name : joinPath(relative, entry.name);
      result.push(withFileTypes ? entry : name);
      if (entry.isDirectory()) queue.push({ full: joinPath(full, entry.name), relative: name });
    }
  }
  return result;
}

function readdirRecursive(args, callback) {
  const walk = walkDirectories(args);
  const advance = (error, found) => {
    if (error) {
      callback(error);
      return;
    }
    let step;
    try {
      step = walk.next(found);
    } catch (walkError) {
      callback(walkError);
      return;
    }
    if (step.done) callback(null, step.value);
    else binding.readdir(step.value, args.encoding, true, advance);
  };
  advance(null, undefined);
}

function mkdirArguments(path, options) {
  let mode = 0o777;
  let recursive = false;
  if (typeof options === 'number' || typeof options === 'string') {
    mode = parseFileMode(options, 'mode');
  } else if (options) {
    if (options.recursive !== undefined) {
      ({ recursive } = options);
      validateBoolean(recursive, 'options.recursive');
    }
    if (options.mode !== undefined) mode = parseFileMode(options.mode, 'options.mode');
  }
  return { path: getValidatedPath(path), mode, recursive };
}

function mkdir(path, options, callback) {
  if (typeof options === 'function') {
    callback = options;
    options = undefined;
  }
  const args = mkdirArguments(path, options);
  validateFunction(callback, 'cb');
  binding.mkdir(args.path, args.mode, args.recursive, args.recursive ? callback : (error) => callback(error));
}

function mkdirSync(path, options) {
  const args = mkdirArguments(path, options);
  const first = binding.mkdir(args.path, args.mode, args.recursive, undefined);
  return args.recursive ? first : undefined;
}

function mkdtemp(prefix, options, callback) {
  callback = makeCallback(typeof options === 'function' ? options : callback);
  options = getOptions(options);
  prefix = getValidatedPath(prefix, 'prefix');
  warnOnNonPortableTemplate(prefix);
  binding.mkdtemp(prefix, options.encoding || 'utf8', callback);
}

function mkdtempSync(prefix, options) {
  options = getOptions(options);
  prefix = getValidatedPath(prefix, 'prefix');
  warnOnNonPortableTemplate(prefix);
  return binding.mkdtemp(prefix, options.encoding || 'utf8', undefined);
}

function mkdtempDisposableSync(prefix, options) {
  options = getOptions(options);
  const path = mkdtempSync(prefix, options);
  // The working directory may change before the removal.
  const full = require('path').resolve(path);
  const remove = () => rmSync(full, { maxRetries: 0, recursive: true, force: true, retryDelay: 0 });
  return {
    path,
    remove,
    [Symbol.dispose]() {
      remove();
    },
  };
}

function rmdir(path, options, callback) {
  if (typeof options === 'function') {
    callback = options;
    options = undefined;
  }
  if (options?.recursive !== undefined) {
    throw new ERR_INVALID_ARG_VALUE('options.recursive', options.recursive, 'is no longer supported');
  }
  path = getValidatedPath(path);
  validateRmdirOptions(options);
  binding.rmdir(path, voidCallback(callback));
}

function rmdirSync(path, options) {
  path = getValidatedPath(path);
  if (options?.recursive !== undefined) {
    throw new ERR_INVALID_ARG_VALUE('options.recursive', options.recursive, 'is no longer supported');
  }
  validateRmdirOptions(options);
  binding.rmdir(path, undefined);
}

function rm(path, options, callback) {
  if (typeof options === 'function') {
    callback = options;
    options = undefined;
  }
  path = getValidatedPath(path);
  const { force, recursive, maxRetries, retryDelay } = validateRmOptions(options);
  const done = voidCallback(callback);
  lstat(path, (error, stats) => {
    if (error) {
      done(force && error.code === 'ENOENT' ? null : error);
    } else if (stats.isDirectory() && !recursive) {
      done(rmDirectoryError(path));
    } else {
      binding.rmTree(path, maxRetries, retryDelay, done);
    }
  });
}

function rmSync(path, options) {
  path = getValidatedPath(path);
  const { force, recursive, maxRetries, retryDelay } = validateRmOptions(options);
  const stats = lstatSync(path, { throwIfNoEntry: !force });
  if (stats === undefined) return;
  if (stats.isDirectory() && !recursive) throw rmDirectoryError(path);
  binding.rmTree(path, maxRetries, retryDelay, undefined);
}

function opendir(path, options, callback) {
  require('internal/fs/dir').opendir(path, options, callback);
}

function opendirSync(path, options) {
  return require('internal/fs/dir').opendirSync(path, options);
}

// --- names

function rename(oldPath, newPath, callback) {
  const done = voidCallback(callback);
  binding.rename(getValidatedPath(oldPath, 'oldPath'), getValidatedPath(newPath, 'newPath'), done);
}

function renameSync(oldPath, newPath) {
  binding.rename(getValidatedPath(oldPath, 'oldPath'), getValidatedPath(newPath, 'newPath'), undefined);
}

function unlink(path, callback) {
  const done = voidCallback(callback);
  binding.unlink(getValidatedPath(path), done);
}

function unlinkSync(path) {
  binding.unlink(getValidatedPath(path), undefined);
}

function link(existingPath, newPath, callback) {
  const done = voidCallback(callback);
  binding.link(getValidatedPath(existingPath, 'existingPath'), getValidatedPath(newPath, 'newPath'), done);
}

function linkSync(existingPath, newPath) {
  binding.link(getValidatedPath(existingPath, 'existingPath'), getValidatedPath(newPath, 'newPath'), undefined);
}

function symlink(target, path, type, callback) {
  if (callback === undefined) {
    callback = makeCallback(type);
    type = undefined;
  }
  const kind = stringToSymlinkType(type);
  binding.symlink(getValidatedPath(target, 'target'), getValidatedPath(path), kind, voidCallback(callback));
}

function symlinkSync(target, path, type) {
  const kind = stringToSymlinkType(type);
  binding.symlink(getValidatedPath(target, 'target'), getValidatedPath(path), kind, undefined);
}

function readlink(path, options, callback) {
  callback = makeCallback(typeof options === 'function' ? options : callback);
  options = getOptions(options);
  binding.readlink(getValidatedPath(path), options.encoding || 'utf8', callback);
}

function readlinkSync(path, options) {
  options = getOptions(options);
  return binding.readlink(getValidatedPath(path), options.encoding || 'utf8', undefined);
}

function realpathNative(path, options, callback) {
  callback = makeCallback(typeof options === 'function' ? options : callback);
  options = getOptions(options);
  binding.realpath(getValidatedPath(path), options.encoding || 'utf8', callback);
}

function realpathNativeSync(path, options) {
  options = getOptions(options);
  return binding.realpath(getValidatedPath(path), options.encoding || 'utf8', undefined);
}

// Node's own realpath asks for each part of the path, and reports the part that fails.
function explainRealpathError(path, error) {
  try {
    const full = require('path').resolve(String(path));
    for (let end = full.indexOf('/', 1); ; end = full.indexOf('/', end + 1)) {
      binding.lstat(end === -1 ? full : full.slice(0, end), false, undefined);
      if (end === -1) break;
    }
  } catch (lstatError) {
    return lstatError;
  }
  error.message = error.message.replace(', realpath ', ', stat ');
  error.syscall = 'stat';
  return error;
}

function realpath(path, options, callback) {
  callback = makeCallback(typeof options === 'function' ? options : callback);
  options = getOptions(options);
  path = getValidatedPath(path);
  (binding.plainRealpath ?? binding.realpath)(path, options.encoding || 'utf8', (error, result) => {
    if (error) callback(explainRealpathError(path, error));
    else callback(null, result);
  });
}
realpath.native = realpathNative;

function realpathSync(path, options) {
  options = getOptions(options);
  path = getValidatedPath(path);
  try {
    return (binding.plainRealpath ?? binding.realpath)(path, options.encoding || 'utf8', undefined);
  } catch (error) {
    throw explainRealpathError(path, error);
  }
}
realpathSync.native = realpathNativeSync;

// --- modes, owners, times, sizes

function chmod(path, mode, callback) {
  path = getValidatedPath(path);
  mode = parseFileMode(mode, 'mode');
  binding.chmod(path, mode, voidCallback(callback));
}

function chmodSync(path, mode) {
  path = getValidatedPath(path);
  binding.chmod(path, parseFileMode(mode, 'mode'), undefined);
}

function fchmod(fd, mode, callback) {
  fd = getValidatedFd(fd);
  mode = parseFileMode(mode, 'mode');
  binding.fchmod(fd, mode, voidCallback(callback));
}

function fchmodSync(fd, mode) {
  binding.fchmod(getValidatedFd(fd), parseFileMode(mode, 'mode'), undefined);
}

const kMaxUserId = 2 ** 32 - 1;
function validateOwners(uid, gid) {
  validateInteger(uid, 'uid', -1, kMaxUserId);
  validateInteger(gid, 'gid', -1, kMaxUserId);
}

function chown(path, uid, gid, callback) {
  const done = voidCallback(callback);
  path = getValidatedPath(path);
  validateOwners(uid, gid);
  binding.chown(path, uid, gid, done);
}

function chownSync(path, uid, gid) {
  path = getValidatedPath(path);
  validateOwners(uid, gid);
  binding.chown(path, uid, gid, undefined);
}

function fchown(fd, uid, gid, callback) {
  fd = getValidatedFd(fd);
  validateOwners(uid, gid);
  binding.fchown(fd, uid, gid, voidCallback(callback));
}

function fchownSync(fd, uid, gid) {
  fd = getValidatedFd(fd);
  validateOwners(uid, gid);
  binding.fchown(fd, uid, gid, undefined);
}

function lchown(path, uid, gid, callback) {
  const done = voidCallback(callback);
  path = getValidatedPath(path);
  validateOwners(uid, gid);
  binding.lchown(path, uid, gid, done);
}

function lchownSync(path, uid, gid) {
  path = getValidatedPath(path);
  validateOwners(uid, gid);
  binding.lchown(path, uid, gid, undefined);
}

function utimes(path, atime, mtime, callback) {
  const done = voidCallback(callback);
  binding.utimes(getValidatedPath(path), toUnixTimestamp(atime), toUnixTimestamp(mtime), done);
}

function utimesSync(path, atime, mtime) {
  binding.utimes(getValidatedPath(path), toUnixTimestamp(atime), toUnixTimestamp(mtime), undefined);
}

function futimes(fd, atime, mtime, callback) {
  fd = getValidatedFd(fd);
  atime = toUnixTimestamp(atime, 'atime');
  mtime = toUnixTimestamp(mtime, 'mtime');
  binding.futimes(fd, atime, mtime, voidCallback(callback));
}

function futimesSync(fd, atime, mtime) {
  binding.futimes(getValidatedFd(fd), toUnixTimestamp(atime, 'atime'), toUnixTimestamp(mtime, 'mtime'), undefined);
}

function lutimes(path, atime, mtime, callback) {
  const done = voidCallback(callback);
  binding.lutimes(getValidatedPath(path), toUnixTimestamp(atime), toUnixTimestamp(mtime), done);
}

function lutimesSync(path, atime, mtime) {
  binding.lutimes(getValidatedPath(path), toUnixTimestamp(atime), toUnixTimestamp(mtime), undefined);
}

function truncate(path, len, callback) {
  if (typeof len === 'function') {
    callback = len;
    len = 0;
  } else if (len === undefined) {
    len = 0;
  }
  validateInteger(len, 'len');
  len = Math.max(0, len);
  validateFunction(callback, 'cb');
  open(path, 'r+', (error, fd) => {
    if (error) {
      callback(error);
      return;
    }
    binding.ftruncate(fd, len, (truncateError) => {
      binding.close(fd, (closeError) => callback(truncateError ?? closeError ?? null));
    });
  });
}

function truncateSync(path, len) {
  if (len === undefined) len = 0;
  const fd = openSync(path, 'r+');
  try {
    ftruncateSync(fd, len);
  } finally {
    closeSync(fd);
  }
}

function ftruncate(fd, len = 0, callback) {
  if (typeof len === 'function') {
    callback = len;
    len = 0;
  }
  fd = getValidatedFd(fd);
  validateInteger(len, 'len');
  binding.ftruncate(fd, Math.max(0, len), voidCallback(callback));
}

function ftruncateSync(fd, len = 0) {
  fd = getValidatedFd(fd);
  validateInteger(len, 'len');
  binding.ftruncate(fd, Math.max(0, len), undefined);
}

function fsync(fd, callback) {
  fd = getValidatedFd(fd);
  binding.fsync(fd, voidCallback(callback));
}

function fsyncSync(fd) {
  binding.fsync(getValidatedFd(fd), undefined);
}

function fdatasync(fd, callback) {
  fd = getValidatedFd(fd);
  binding.fdatasync(fd, voidCallback(callback));
}

function fdatasyncSync(fd) {
  binding.fdatasync(getValidatedFd(fd), undefined);
}

// --- copying trees, patterns, watching

function cp(src, dest, options, callback) {
  if (typeof options === 'function') {
    callback = options;
    options = undefined;
  }
  const done = voidCallback(callback);
  options = validateCpOptions(options);
  src = getValidatedPath(src, 'src');
  dest = getValidatedPath(dest, 'dest');
  require('internal/fs/cp').cp(src, dest, options).then(() => done(null), done);
}

function cpSync(src, dest, options) {
  options = validateCpOptions(options);
  src = getValidatedPath(src, 'src');
  dest = getValidatedPath(dest, 'dest');
  require('internal/fs/cp').cpSync(src, dest, options);
}

function glob(pattern, options, callback) {
  if (typeof options === 'function') {
    callback = options;
    options = undefined;
  }
  callback = makeCallback(callback);
  const { Glob } = require('internal/fs/glob');
  Array.fromAsync(new Glob(pattern, options).glob()).then((found) => callback(null, found), callback);
}

function globSync(pattern, options) {
  const { Glob } = require('internal/fs/glob');
  return new Glob(pattern, options).globSync();
}

function watch(filename, options, listener) {
  if (typeof options === 'function') {
    listener = options;
    options = undefined;
  }
  return require('internal/fs/watchers').watch(filename, getOptions(options), listener);
}

function watchFile(filename, options, listener) {
  filename = require('path').resolve(String(getValidatedPath(filename)));
  if (options === null || typeof options !== 'object') {
    listener = options;
    options = undefined;
  }
  validateFunction(listener, 'listener');
  if (process.permission !== undefined) require('internal/process/permission_guard').check('fs.read', filename);
  return require('internal/fs/watchers').watchFile(filename, { interval: 5007, persistent: true, ...options }, listener);
}

function unwatchFile(filename, listener) {
  filename = require('path').resolve(String(getValidatedPath(filename)));
  require('internal/fs/watchers').unwatchFile(filename, listener);
}

// --- streams

function createReadStream(path, options) {
  return new fs.ReadStream(path, options);
}

function createWriteStream(path, options) {
  return new fs.WriteStream(path, options);
}

const fs = module.exports = {
  appendFile,
  appendFileSync,
  access,
  accessSync,
  chown,
  chownSync,
  chmod,
  chmodSync,
  close,
  closeSync,
  copyFile,
  copyFileSync,
  cp,
  cpSync,
  createReadStream,
  createWriteStream,
  exists,
  existsSync,
  fchown,
  fchownSync,
  fchmod,
  fchmodSync,
  fdatasync,
  fdatasyncSync,
  fstat,
  fstatSync,
  fsync,
  fsyncSync,
  ftruncate,
  ftruncateSync,
  futimes,
  futimesSync,
  glob,
  globSync,
  lchown,
  lchownSync,
  lchmod: undefined,
  lchmodSync: undefined,
  link,
  linkSync,
  lstat,
  lstatSync,
  lutimes,
  lutimesSync,
  mkdir,
  mkdirSync,
  mkdtemp,
  mkdtempSync,
  mkdtempDisposableSync,
  open,
  openSync,
  openAsBlob,
  readdir,
  readdirSync,
  read,
  readSync,
  readv,
  readvSync,
  readFile,
  readFileSync,
  readlink,
  readlinkSync,
  realpath,
  realpathSync,
  rename,
  renameSync,
  rm,
  rmSync,
  rmdir,
  rmdirSync,
  stat,
  statfs,
  statSync,
  statfsSync,
  symlink,
  symlinkSync,
  truncate,
  truncateSync,
  unwatchFile,
  unlink,
  unlinkSync,
  utimes,
  utimesSync,
  watch,
  watchFile,
  writeFile,
  writeFileSync,
  write,
  writeSync,
  writev,
  writevSync,
  Dirent,
  Stats,
  _toUnixTimestamp: toUnixTimestamp,
  opendir,
  opendirSync,
};

// Classes few programs use load their file when first read; programs (graceful-fs) replace them.
function lazyClass(name, load) {
  Object.defineProperty(fs, name, {
    __proto__: null,
    configurable: true,
    enumerable: true,
    get() {
      const value = load();
      Object.defineProperty(fs, name, { __proto__: null, value, writable: true, enumerable: true, configurable: true });
      return value;
    },
    set(value) {
      Object.defineProperty(fs, name, { __proto__: null, value, writable: true, enumerable: true, configurable: true });
    },
  });
}
lazyClass('ReadStream', () => require('internal/fs/streams').ReadStream);
lazyClass('WriteStream', () => require('internal/fs/streams').WriteStream);
lazyClass('FileReadStream', () => fs.ReadStream);
lazyClass('FileWriteStream', () => fs.WriteStream);
lazyClass('Utf8Stream', () => require('internal/streams/fast-utf8-stream'));
lazyClass('Dir', () => require('internal/fs/dir').Dir);

Object.defineProperties(fs, {
  constants: { __proto__: null, configurable: false, enumerable: true, value: constants },
  promises: {
    __proto__: null,
    configurable: true,
    enumerable: true,
    get() {
      return require('fs/promises');
    },
  },
});
