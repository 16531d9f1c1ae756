'use strict';

// fs/promises and FileHandle. Binding contract: see fs.js.

const binding = internalBinding('fs');
const EventEmitter = require('events');
const {
  checkAborted,
  constants,
  getDirents,
  getOptions,
  getStatFsFromBinding,
  getStatsFromBinding,
  getValidMode,
  getValidatedPath,
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
} = require('internal/fs/utils');
const { AbortError, codes: {
  ERR_INVALID_ARG_VALUE,
  ERR_INVALID_STATE,
  ERR_METHOD_NOT_IMPLEMENTED,
} } = require('internal/errors');
const {
  validateAbortSignal,
  validateBoolean,
  validateBuffer,
  validateInteger,
  validateObject,
} = require('internal/validators');

// As the last argument of a binding function: it returns a promise.
const kPromise = Symbol('promise');

const kHandle = Symbol('kHandle');
const kRefs = Symbol('kRefs');
const kTransferred = Symbol('kTransferred');
const {
  messaging_deserialize_symbol: kDeserialize, messaging_transfer_list_symbol: kTransferList,
  messaging_transfer_symbol: kTransfer,
} = internalBinding('symbols');
const {
  constants: { kTransferable }, privateSymbols: { transfer_mode_private_symbol: kTransferMode },
} = internalBinding('util');
const kClosePromise = Symbol('kClosePromise');
const kCloseResolve = Symbol('kCloseResolve');
const kCloseReject = Symbol('kCloseReject');
const kRef = Symbol('kRef');
const kUnref = Symbol('kUnref');
const kLocked = Symbol('kLocked');

// Closes descriptors whose FileHandle was dropped.
let leaked;
function guard(handle, fd) {
  leaked ??= new FinalizationRegistry((leakedFd) => {
    binding.close(leakedFd, () => {});
    throw new ERR_INVALID_STATE('A FileHandle object was closed during garbage collection. This used to be allowed ' +
      'with a deprecation warning but is now considered an error. Please close FileHandle objects explicitly. File ' +
      `descriptor: ${leakedFd}`);
  });
  leaked.register(handle, fd, handle);
}

class FileHandle extends EventEmitter {
  // Without a descriptor it waits for the one that is transferred to it.
  constructor(fd = -1) {
    super();
    this[kTransferMode] = kTransferable;
    this[kHandle] = fd;
    this[kRefs] = 1;
    this[kClosePromise] = null;
    if (fd !== -1) guard(this, fd);
  }

  getAsyncId() {
    return require('internal/async_hooks').getOrSetAsyncId(this);
  }

  get fd() {
    return this[kHandle];
  }

  appendFile(data, options) {
    return withHandle(this, writeFile, data, { ...getOptions(options, { encoding: 'utf8', mode: 0o666, flag: 'a' }) });
  }

  chmod(mode) {
    return withHandle(this, fchmod, mode);
  }

  chown(uid, gid) {
    return withHandle(this, fchown, uid, gid);
  }

  datasync() {
    return withHandle(this, fdatasync);
  }

  sync() {
    return withHandle(this, fsync);
  }

  read(buffer, offset, length, position) {
    return withHandle(this, read, buffer, offset, length, position);
  }

  readv(buffers, position) {
    return withHandle(this, readv, buffers, position);
  }

  readFile(options) {
    return withHandle(this, readFile, options);
  }

  readLines(options = undefined) {
    return require('readline').createInterface({ input: this.createReadStream(options), crlfDelay: Infinity });
  }

  stat(options) {
    return withHandle(this, fstat, options);
  }

  truncate(len = 0) {
    return withHandle(this, ftruncate, len);
  }

  utimes(atime, mtime) {
    return withHandle(this, futimes, atime, mtime);
  }

  write(buffer, offset, length, position) {
    return withHandle(this, write, buffer, offset, length, position);
  }

  writev(buffers, position) {
    return withHandle(this, writev, buffers, position);
  }

  writeFile(data, options) {
    return withHandle(this, writeFile, data, options);
  }

  close() {
    if (this[kHandle] === -1) return Promise.resolve();
    if (this[kClosePromise]) return this[kClosePromise];
    this[kRefs]--;
    if (this[kRefs] === 0) {
      const fd = this[kHandle];
      this[kHandle] = -1;
      leaked.unregister(this);
      this[kClosePromise] = binding.close(fd, kPromise).finally(() => {
        this[kClosePromise] = undefined;
      });
    } else {
      // Closed by the last user.
      this[kClosePromise] = new Promise((resolve, reject) => {
        this[kCloseResolve] = resolve;
        this[kCloseReject] = reject;
      }).finally(() => {
        this[kClosePromise] = undefined;
        this[kCloseReject] = undefined;
        this[kCloseResolve] = undefined;
      });
    }
    this.emit('close');
    return this[kClosePromise];
  }

  async [Symbol.asyncDispose]() {
    await this.close();
  }

  // Moves to another owner, maybe on another thread: only the descriptor goes.
  [kTransfer]() {
    if (this[kClosePromise] || this[kRefs] > 1) {
      const { lazyDOMException } = require('internal/util');
      throw lazyDOMException('Cannot transfer FileHandle while in use', 'DataCloneError');
    }
    const fd = this[kHandle];
    this[kHandle] = -1;
    this[kClosePromise] = Promise.resolve();
    this[kTransferred] = true;
    leaked.unregister(this);
    return { data: { fd }, deserializeInfo: 'internal/fs/promises:FileHandle' };
  }

  [kTransferList]() {
    return [];
  }

  [kDeserialize]({ fd }) {
    this[kHandle] = fd;
    guard(this, fd);
  }

  /** A byte stream of the file's content; the handle is locked to it. */
  readableWebStream(options = {}) {
    if (this[kHandle] === -1) throw new ERR_INVALID_STATE('The FileHandle is closed');
    if (this[kClosePromise]) throw new ERR_INVALID_STATE('The FileHandle is closing');
    if (this[kLocked]) throw new ERR_INVALID_STATE('The FileHandle is locked');
    this[kLocked] = true;
    validateObject(options, 'options');
    const { autoClose = false } = options;
    validateBoolean(autoClose, 'options.autoClose');
    const handle = this;
    this[kRef]();
    const done = async () => {
      handle[kUnref]();
      if (autoClose) await handle.close();
    };
    if (options.type !== undefined && options.type !== 'bytes') {
      process.emitWarning('A non-"bytes" options.type has no effect. A byte-oriented steam is always created.', 'ExperimentalWarning');
    }
    const { ReadableStream } = require('stream/web');
    const stream = new ReadableStream({
      type: 'bytes',
      autoAllocateChunkSize: 16384,
      async pull(controller) {
        const view = controller.byobRequest.view;
        const { bytesRead } = await handle.read(view, view.byteOffset, view.byteLength);
        if (bytesRead === 0) {
          controller.close();
          await done();
        }
        controller.byobRequest.respond(bytesRead);
      },
      cancel: done,
    });
    this.once('close', () => require('web/readable_stream').readableStreamCancel(stream));
    return stream;
  }

  createReadStream(options = undefined) {
    const { ReadStream } = require('internal/fs/streams');
    return new ReadStream(undefined, { ...getOptions(options), fd: this });
  }

  createWriteStream(options = undefined) {
    const { WriteStream } = require('internal/fs/streams');
    return new WriteStream(undefined, { ...getOptions(options), fd: this });
  }

  [kRef]() {
    this[kRefs]++;
  }

  [kUnref]() {
    this[kRefs]--;
    if (this[kRefs] === 0) {
      const fd = this[kHandle];
      this[kHandle] = -1;
      leaked.unregister(this);
      binding.close(fd, kPromise).then(this[kCloseResolve], this[kCloseReject]);
    }
  }
}

// Runs an operation while the handle cannot be closed under it.
async function withHandle(handle, fn, ...args) {
  if (handle?.[kRefs] === undefined) {
    throw new (require('internal/errors').codes.ERR_INTERNAL_ASSERTION)('handle must be an instance of FileHandle');
  }
  if (handle.fd === -1) {
    const error = new Error(handle[kTransferred] ? 'The FileHandle has been transferred' : 'file closed');
    error.code = 'EBADF';
    error.syscall = fn.name;
    throw error;
  }
  try {
    handle[kRef]();
    return await fn(handle, ...args);
  } finally {
    handle[kUnref]();
  }
}

async function access(path, mode) {
  return await binding.access(getValidatedPath(path), getValidMode(mode, 'access'), kPromise);
}

async function copyFile(src, dest, mode) {
  return await binding.copyFile(getValidatedPath(src, 'src'), getValidatedPath(dest, 'dest'),
                                getValidMode(mode, 'copyFile'), kPromise);
}

async function cp(src, dest, options) {
  options = validateCpOptions(options);
  return require('internal/fs/cp').cp(getValidatedPath(src, 'src'), getValidatedPath(dest, 'dest'), options);
}

async function* glob(pattern, options) {
  const { Glob } = require('internal/fs/glob');
  yield* new Glob(pattern, options).glob();
}

async function open(path, flags, mode) {
  path = getValidatedPath(path);
  const fd = await binding.open(path, stringToFlags(flags), parseFileMode(mode, 'mode', 0o666), kPromise);
  return new FileHandle(fd);
}

async function read(handle, bufferOrParams, offset, length, position) {
  let buffer = bufferOrParams;
  if (!ArrayBuffer.isView(buffer)) {
    // (options)
    if (bufferOrParams !== undefined) validateObject(bufferOrParams, 'options');
    const { Buffer } = require('buffer');
    ({
      buffer = Buffer.alloc(16384),
      offset = 0,
      length = buffer.byteLength - offset,
      position = null,
    } = bufferOrParams ?? {});
    validateBuffer(buffer);
  }
  if (offset !== null && typeof offset === 'object') {
    // (buffer, options)
    ({ offset = 0, length = buffer.byteLength - offset, position = null } = offset);
  }
  if (offset === undefined || offset === null) offset = 0;
  else validateInteger(offset, 'offset', 0);
  length ??= buffer.byteLength - offset;
  if (length === 0) return { __proto__: null, bytesRead: length, buffer };
  if (buffer.byteLength === 0) {
    throw new ERR_INVALID_ARG_VALUE('buffer', buffer, 'is empty and cannot be written');
  }
  validateOffsetLengthRead(offset, length, buffer.byteLength);
  if (position === undefined || position === null) position = -1;
  else validatePosition(position, 'position', length);
  const bytesRead = (await binding.read(handle.fd, buffer, offset, length, position, kPromise)) || 0;
  return { __proto__: null, bytesRead, buffer };
}

function positionOrNull(position) {
  return typeof position === 'number' || typeof position === 'bigint' ? position : null;
}

async function readv(handle, buffers, position) {
  validateBufferArray(buffers);
  const bytesRead = (await binding.readBuffers(handle.fd, buffers, positionOrNull(position), kPromise)) || 0;
  return { __proto__: null, bytesRead, buffers };
}

async function write(handle, buffer, offsetOrOptions, length, position) {
  if (buffer?.byteLength === 0) return { __proto__: null, bytesWritten: 0, buffer };
  let offset = offsetOrOptions;
  if (ArrayBuffer.isView(buffer)) {
    if (offset !== null && typeof offset === 'object') {
      ({ offset = 0, length = buffer.byteLength - offset, position = null } = offset);
    }
    if (offset === undefined || offset === null) offset = 0;
    else validateInteger(offset, 'offset', 0);
    if (typeof length !== 'number') length = buffer.byteLength - offset;
    validateOffsetLengthWrite(offset, length, buffer.byteLength);
    const bytesWritten =
      (await binding.writeBuffer(handle.fd, buffer, offset, length, positionOrNull(position), kPromise)) || 0;
    return { __proto__: null, bytesWritten, buffer };
  }
  validateStringAfterArrayBufferView(buffer, 'buffer');
  // What is no encoding is that of most text.
  const { Buffer } = require('buffer');
  const encoding = Buffer.isEncoding(length) ? length : 'utf8';
  const bytesWritten =
    (await binding.writeString(handle.fd, buffer, positionOrNull(offset), encoding, kPromise)) || 0;
  return { __proto__: null, bytesWritten, buffer };
}

async function writev(handle, buffers, position) {
  validateBufferArray(buffers);
  if (buffers.length === 0) return { __proto__: null, bytesWritten: 0, buffers };
  const bytesWritten = (await binding.writeBuffers(handle.fd, buffers, positionOrNull(position), kPromise)) || 0;
  return { __proto__: null, bytesWritten, buffers };
}

async function rename(oldPath, newPath) {
  return await binding.rename(getValidatedPath(oldPath, 'oldPath'), getValidatedPath(newPath, 'newPath'), kPromise);
}

async function truncate(path, len = 0) {
  const handle = await open(path, 'r+');
  try {
    await handle.truncate(len);
  } finally {
    await handle.close();
  }
}

async function ftruncate(handle, len = 0) {
  validateInteger(len, 'len');
  return await binding.ftruncate(handle.fd, Math.max(0, len), kPromise);
}

async function rm(path, options) {
  path = getValidatedPath(path);
  const { force, recursive, maxRetries, retryDelay } = validateRmOptions(options);
  let stats;
  try {
    stats = await lstat(path);
  } catch (error) {
    if (force && error.code === 'ENOENT') return;
    throw error;
  }
  if (stats.isDirectory() && !recursive) throw rmDirectoryError(path);
  await binding.rmTree(path, maxRetries, retryDelay, kPromise);
}

async function rmdir(path, options) {
  path = getValidatedPath(path);
  if (options?.recursive !== undefined) {
    throw new ERR_INVALID_ARG_VALUE('options.recursive', options.recursive, 'is no longer supported');
  }
  validateRmdirOptions(options);
  return await binding.rmdir(path, kPromise);
}

async function fdatasync(handle) {
  return await binding.fdatasync(handle.fd, kPromise);
}

async function fsync(handle) {
  return await binding.fsync(handle.fd, kPromise);
}

async function mkdir(path, options) {
  let mode = 0o777;
  let recursive = false;
  if (typeof options === 'number' || typeof options === 'string') {
    mode = parseFileMode(options, 'mode');
  } else if (options) {
    ({ recursive = false } = options);
    if (options.mode !== undefined) mode = parseFileMode(options.mode, 'options.mode');
  }
  path = getValidatedPath(path);
  validateBoolean(recursive, 'options.recursive');
  const first = await binding.mkdir(path, mode, recursive, kPromise);
  return recursive ? first : undefined;
}

async function readdir(path, options) {
  options = { ...getOptions(options) };
  path = getValidatedPath(path);
  if (options.recursive) {
    return new Promise((resolve, reject) => {
      require('fs').readdir(path, options, (error, result) => (error ? reject(error) : resolve(result)));
    });
  }
  const result = await binding.readdir(path, options.encoding || 'utf8', !!options.withFileTypes, kPromise);
  return options.withFileTypes ? getDirents(path, result) : result;
}

async function readlink(path, options) {
  options = getOptions(options);
  return await binding.readlink(getValidatedPath(path), options.encoding || 'utf8', kPromise);
}

async function symlink(target, path, type) {
  const kind = stringToSymlinkType(type);
  return await binding.symlink(getValidatedPath(target, 'target'), getValidatedPath(path), kind, kPromise);
}

async function fstat(handle, options = { bigint: false }) {
  return getStatsFromBinding(await binding.fstat(handle.fd, options?.bigint === true, kPromise));
}

function throwIfAborted(signal) {
  if (signal?.aborted) throw new AbortError(undefined, { cause: signal.reason });
}

async function lstat(path, options = { bigint: false }) {
  return getStatsFromBinding(await binding.lstat(getValidatedPath(path), options?.bigint === true, kPromise));
}

async function stat(path, options = { bigint: false }) {
  throwIfAborted(options?.signal);
  try {
    return getStatsFromBinding(await binding.stat(getValidatedPath(path), options?.bigint === true, kPromise));
  } catch (error) {
    if (options?.throwIfNoEntry === false && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return undefined;
    throw error;
  }
}

async function statfs(path, options = { bigint: false }) {
  return getStatFsFromBinding(await binding.statfs(getValidatedPath(path), options?.bigint === true, kPromise));
}

async function link(existingPath, newPath) {
  return await binding.link(getValidatedPath(existingPath, 'existingPath'), getValidatedPath(newPath, 'newPath'),
                            kPromise);
}

async function unlink(path) {
  return await binding.unlink(getValidatedPath(path), kPromise);
}

async function fchmod(handle, mode) {
  return await binding.fchmod(handle.fd, parseFileMode(mode, 'mode'), kPromise);
}

async function chmod(path, mode) {
  path = getValidatedPath(path);
  return await binding.chmod(path, parseFileMode(mode, 'mode'), kPromise);
}

async function lchmod(path, mode) {
  if (typeof binding.lchmod !== 'function') throw new ERR_METHOD_NOT_IMPLEMENTED('lchmod()');
  return await binding.lchmod(getValidatedPath(path), parseFileMode(mode, 'mode'), kPromise);
}

const kMaxUserId = 2 ** 32 - 1;
function validateOwners(uid, gid) {
  validateInteger(uid, 'uid', -1, kMaxUserId);
  validateInteger(gid, 'gid', -1, kMaxUserId);
}

async function lchown(path, uid, gid) {
  path = getValidatedPath(path);
  validateOwners(uid, gid);
  return await binding.lchown(path, uid, gid, kPromise);
}

async function fchown(handle, uid, gid) {
  validateOwners(uid, gid);
  return await binding.fchown(handle.fd, uid, gid, kPromise);
}

async function chown(path, uid, gid) {
  path = getValidatedPath(path);
  validateOwners(uid, gid);
  return await binding.chown(path, uid, gid, kPromise);
}

async function utimes(path, atime, mtime) {
  path = getValidatedPath(path);
  return await binding.utimes(path, toUnixTimestamp(atime), toUnixTimestamp(mtime), kPromise);
}

async function futimes(handle, atime, mtime) {
  return await binding.futimes(handle.fd, toUnixTimestamp(atime, 'atime'), toUnixTimestamp(mtime, 'mtime'), kPromise);
}

async function lutimes(path, atime, mtime) {
  path = getValidatedPath(path);
  return await binding.lutimes(path, toUnixTimestamp(atime), toUnixTimestamp(mtime), kPromise);
}

async function realpath(path, options) {
  options = getOptions(options);
  return await binding.realpath(getValidatedPath(path), options.encoding || 'utf8', kPromise);
}

async function mkdtemp(prefix, options) {
  options = getOptions(options);
  prefix = getValidatedPath(prefix, 'prefix');
  warnOnNonPortableTemplate(prefix);
  return await binding.mkdtemp(prefix, options.encoding || 'utf8', kPromise);
}

async function mkdtempDisposable(prefix, options) {
  const path = await mkdtemp(prefix, options);
  // The working directory may change before the removal.
  const full = require('path').resolve(path);
  const remove = () => rm(full, { maxRetries: 0, recursive: true, force: true, retryDelay: 0 });
  return {
    __proto__: null,
    path,
    remove,
    async [Symbol.asyncDispose]() {
      await remove();
    },
  };
}

function isCustomIterable(data) {
  return data !== null && typeof data === 'object' && !ArrayBuffer.isView(data) &&
    (typeof data[Symbol.iterator] === 'function' || typeof data[Symbol.asyncIterator] === 'function');
}

async function writeChunk(handle, chunk, encoding) {
  const { Buffer } = require('buffer');
  let rest = ArrayBuffer.isView(chunk) ? chunk : Buffer.from(`${chunk}`, encoding);
  rest = Buffer.from(rest.buffer, rest.byteOffset, rest.byteLength);
  while (rest.byteLength > 0) {
    const { bytesWritten } = await write(handle, rest, 0, Math.min(512 * 1024, rest.byteLength));
    rest = rest.subarray(bytesWritten);
  }
}

async function writeFile(path, data, options) {
  options = getOptions(options, { encoding: 'utf8', mode: 0o666, flag: 'w', flush: false });
  const { encoding = 'utf8', signal } = options;
  const flush = options.flush ?? false;
  validateBoolean(flush, 'options.flush');
  const flag = options.flag || 'w';
  const isIterable = isCustomIterable(data);
  if (!ArrayBuffer.isView(data) && !isIterable) validateStringAfterArrayBufferView(data, 'data');
  throwIfAborted(signal);
  const isHandle = path instanceof FileHandle;
  if (!isIterable && !isHandle) {
    await binding.writeFile(getValidatedPath(path), data, encoding || 'utf8', stringToFlags(flag),
                            parseFileMode(options.mode, 'mode', 0o666), flush, kPromise);
    throwIfAborted(signal);
    return;
  }
  const handle = isHandle ? path : await open(path, flag, options.mode);
  try {
    if (isIterable) {
      for await (const chunk of data) {
        throwIfAborted(signal);
        if (!ArrayBuffer.isView(chunk)) validateStringAfterArrayBufferView(chunk, 'data');
        await writeChunk(handle, chunk, encoding);
        throwIfAborted(signal);
      }
    } else {
      await writeChunk(handle, data, encoding);
      throwIfAborted(signal);
    }
    if (flush) await fsync(handle);
  } finally {
    if (!isHandle) await handle.close();
  }
}

async function appendFile(path, data, options) {
  options = { ...getOptions(options, { encoding: 'utf8', mode: 0o666, flag: 'a', flush: false }) };
  options.flag ||= 'a';
  return writeFile(path, data, options);
}

async function readFile(path, options) {
  options = getOptions(options, { flag: 'r' });
  const { encoding, signal } = options;
  checkAborted(signal);
  const target = path instanceof FileHandle ? path.fd : getValidatedPath(path);
  const data = await binding.readFile(target, stringToFlags(options.flag || 'r', 'options.flag'),
                                      encoding === 'buffer' ? undefined : encoding || undefined, kPromise);
  checkAborted(signal);
  return data;
}

async function opendir(path, options) {
  return require('internal/fs/dir').opendirPromise(path, options);
}

async function* watch(filename, options = { __proto__: null }) {
  if (options !== null && typeof options === 'object' && options.signal !== undefined) {
    validateAbortSignal(options.signal, 'options.signal');
  }
  yield* require('internal/fs/watchers').watchAsync(getValidatedPath(filename), options);
}

module.exports = {
  exports: {
    access,
    copyFile,
    cp,
    glob,
    open,
    opendir,
    rename,
    truncate,
    rm,
    rmdir,
    mkdir,
    readdir,
    readlink,
    symlink,
    lstat,
    stat,
    statfs,
    link,
    unlink,
    chmod,
    lchmod,
    lchown,
    chown,
    utimes,
    lutimes,
    realpath,
    mkdtemp,
    mkdtempDisposable,
    writeFile,
    appendFile,
    readFile,
    watch,
    constants,
  },
  FileHandle,
  kRef,
  kUnref,
  kHandle,
};
