'use strict';

// The functions of WASI preview 1, over node:fs. Paths are walked component by component below their directory, links
// included, so that nothing outside the preopened directories is reached.

const fs = require('fs');
const { Buffer } = require('buffer');
const { resolvePath } = require('internal/wasi/path');
const {
  kErrno, kFdFlag, kOpenFlag, kRight, errnoOf, fileTypeOf, writeFilestat,
} = require('internal/wasi/abi');
const { Descriptor, DescriptorTable } = require('internal/wasi/descriptors');
const { codes: { ERR_WASI_NOT_STARTED } } = require('internal/errors');

// Thrown by proc_exit, past the program.
const kExit = Symbol('wasi exit');
const kNameMax = 65536;

/** State of one program. */
class System {
  constructor({ args, env, preopens, stdio, returnOnExit }) {
    this.args = args.map((text) => Buffer.from(`${text}\0`));
    this.env = env.map((text) => Buffer.from(`${text}\0`));
    this.returnOnExit = returnOnExit;
    this.exitCode = 0;
    this.memory = undefined;
    this.table = new DescriptorTable();
    for (const fd of stdio) this.table.add(Descriptor.ofStdio(fd));
    for (const [name, path] of preopens) this.table.add(Descriptor.ofPreopen(name, path));
    this.imports = {};
    for (const [name, body] of Object.entries(kFunctions)) {
      const f = (...list) => this.#call(body, list);
      Object.defineProperty(f, 'name', { value: name });
      this.imports[name] = f;
    }
  }

  #call(body, list) {
    if (this.memory === undefined) throw new ERR_WASI_NOT_STARTED();
    try {
      return body.apply(this, list) ?? kErrno.SUCCESS;
    } catch (error) {
      if (error === kExit) throw error;
      const errno = errnoOf(error);
      if (errno === undefined) throw error;
      return errno;
    }
  }

  view() {
    return new DataView(this.memory.buffer);
  }

  bytes(address, length) {
    if ((address >>> 0) + (length >>> 0) > this.memory.buffer.byteLength) throw kErrno.OVERFLOW;
    return new Uint8Array(this.memory.buffer, address >>> 0, length >>> 0);
  }

  text(address, length) {
    if (length >>> 0 > kNameMax) throw kErrno.NAMETOOLONG;
    return Buffer.from(this.bytes(address, length)).toString();
  }

  /** The byte ranges of a list of vectors. */
  vectors(address, count) {
    const view = this.view();
    const list = [];
    for (let i = 0; i < count; i++) {
      list.push(this.bytes(view.getUint32(address + 8 * i, true), view.getUint32(address + 8 * i + 4, true)));
    }
    return list;
  }

  writeStrings(strings, pointers, buffer) {
    const view = this.view();
    for (const bytes of strings) {
      view.setUint32(pointers, buffer, true);
      this.bytes(buffer, bytes.length).set(bytes);
      pointers += 4;
      buffer += bytes.length;
    }
  }

  writeSizes(strings, count, size) {
    const view = this.view();
    view.setUint32(count, strings.length, true);
    view.setUint32(size, strings.reduce((n, bytes) => n + bytes.length, 0), true);
  }

  /** Descriptors are never sockets. */
  noSocket(fd) {
    this.table.get(fd, 0n);
    return kErrno.NOTSOCK;
  }

  /** A path below the directory `fd`. */
  path(fd, address, length, follow, right) {
    return resolvePath(this.table.directory(fd, right), this.text(address, length), follow);
  }
}

function clockNs(id) {
  switch (id) {
    case 0:
      return BigInt(Date.now()) * 1000000n;
    case 1:
      return process.hrtime.bigint();
    case 2:
    case 3: {
      const { user, system } = process.cpuUsage();
      return BigInt(user + system) * 1000n;
    }
  }
  throw kErrno.INVAL;
}

// Times of *_filestat_set_times in seconds: [accessed, modified].
function timesOf(stat, atim, mtim, flags) {
  if ((flags & 3) === 3 || (flags & 12) === 12) throw kErrno.INVAL;
  const now = Date.now() / 1000;
  const pick = (value, given, old, set, setNow) => flags & setNow ? now : flags & set ? Number(value) / 1e9 : old / 1000;
  return [pick(atim, 0, stat.atimeMs, 1, 2), pick(mtim, 0, stat.mtimeMs, 4, 8)];
}

function transfer(system, d, list, result, at, call) {
  let total = 0;
  for (const bytes of list) {
    if (bytes.length === 0) continue;
    const position = at !== undefined ? Number(at) + total : d.isSeekable ? Number(d.offset) : null;
    const n = call(d.fd, bytes, 0, bytes.length, position);
    total += n;
    if (at === undefined && d.isSeekable) d.offset += BigInt(n);
    if (n < bytes.length) break;
  }
  system.view().setUint32(result, total, true);
}

/** The functions by name; `this` is the System. They return an errno, or throw one, or an error of node:fs. */
const kFunctions = {
  args_get(pointers, buffer) {
    this.writeStrings(this.args, pointers, buffer);
  },
  args_sizes_get(count, size) {
    this.writeSizes(this.args, count, size);
  },
  clock_res_get(id, result) {
    if (id >>> 0 > 3) return kErrno.INVAL;
    this.view().setBigUint64(result, id === 0 ? 1000000n : 1n, true);
  },
  clock_time_get(id, precision, result) {
    this.view().setBigUint64(result, clockNs(id), true);
  },
  environ_get(pointers, buffer) {
    this.writeStrings(this.env, pointers, buffer);
  },
  environ_sizes_get(count, size) {
    this.writeSizes(this.env, count, size);
  },
  fd_advise(fd, offset, length, advice) {
    this.table.get(fd, kRight.FD_ADVISE);
    if (advice >>> 0 > 5) return kErrno.INVAL;
  },
  fd_allocate(fd, offset, length) {
    const d = this.table.get(fd, kRight.FD_ALLOCATE);
    const end = Number(offset) + Number(length);
    if (fs.fstatSync(d.fd).size < end) fs.ftruncateSync(d.fd, end);
  },
  fd_close(fd) {
    this.table.close(fd);
  },
  fd_datasync(fd) {
    fs.fdatasyncSync(this.table.get(fd, kRight.FD_DATASYNC).fd);
  },
  fd_fdstat_get(fd, result) {
    const d = this.table.get(fd, 0n);
    const view = this.view();
    view.setUint8(result, d.type);
    view.setUint16(result + 2, d.flags, true);
    view.setBigUint64(result + 8, d.rights, true);
    view.setBigUint64(result + 16, d.inheriting, true);
  },
  fd_fdstat_set_flags(fd, flags) {
    const d = this.table.get(fd, kRight.FD_FDSTAT_SET_FLAGS);
    if (flags & ~(kFdFlag.APPEND | kFdFlag.NONBLOCK)) return kErrno.NOTSUP;
    // Appending is done where bytes are written.
    d.flags = flags;
  },
  fd_fdstat_set_rights(fd, base, inheriting) {
    const d = this.table.get(fd, 0n);
    base = BigInt.asUintN(64, base);
    inheriting = BigInt.asUintN(64, inheriting);
    if ((base & ~d.rights) !== 0n || (inheriting & ~d.inheriting) !== 0n) return kErrno.NOTCAPABLE;
    d.rights = base;
    d.inheriting = inheriting;
  },
  fd_filestat_get(fd, result) {
    const d = this.table.get(fd, kRight.FD_FILESTAT_GET);
    writeFilestat(this.view(), result, d.isDirectory ? fs.statSync(d.path, { bigint: true }) : fs.fstatSync(d.fd, { bigint: true }));
  },
  fd_filestat_set_size(fd, size) {
    fs.ftruncateSync(this.table.get(fd, kRight.FD_FILESTAT_SET_SIZE).fd, Number(size));
  },
  fd_filestat_set_times(fd, atim, mtim, flags) {
    const d = this.table.get(fd, kRight.FD_FILESTAT_SET_TIMES);
    if (d.isDirectory) fs.utimesSync(d.path, ...timesOf(fs.statSync(d.path), atim, mtim, flags));
    else fs.futimesSync(d.fd, ...timesOf(fs.fstatSync(d.fd), atim, mtim, flags));
  },
  fd_pread(fd, vectors, count, offset, result) {
    transfer(this, this.table.file(fd, kRight.FD_READ | kRight.FD_SEEK), this.vectors(vectors, count), result, offset, fs.readSync);
  },
  fd_prestat_get(fd, result) {
    const d = this.table.get(fd, 0n);
    if (d.preopen === undefined) return kErrno.INVAL;
    const view = this.view();
    view.setUint8(result, 0);
    view.setUint32(result + 4, Buffer.byteLength(d.preopen), true);
  },
  fd_prestat_dir_name(fd, address, length) {
    const d = this.table.get(fd, 0n);
    if (d.preopen === undefined) return kErrno.INVAL;
    const bytes = Buffer.from(d.preopen);
    if (bytes.length > length >>> 0) return kErrno.NAMETOOLONG;
    this.bytes(address, bytes.length).set(bytes);
  },
  fd_pwrite(fd, vectors, count, offset, result) {
    transfer(this, this.table.file(fd, kRight.FD_WRITE | kRight.FD_SEEK), this.vectors(vectors, count), result, offset, fs.writeSync);
  },
  fd_read(fd, vectors, count, result) {
    transfer(this, this.table.file(fd, kRight.FD_READ), this.vectors(vectors, count), result, undefined, fs.readSync);
  },
  fd_readdir(fd, address, length, cookie, result) {
    const d = this.table.directory(fd, kRight.FD_READDIR);
    const names = fs.readdirSync(d.path).sort();
    const out = this.bytes(address, length);
    let used = 0;
    for (let i = Number(BigInt.asUintN(64, cookie)); i < names.length && used < out.length; i++) {
      const name = Buffer.from(names[i]);
      const entry = Buffer.alloc(24 + name.length);
      const stat = fs.lstatSync(`${d.path}/${names[i]}`, { bigint: true });
      entry.writeBigUInt64LE(BigInt(i + 1), 0);
      entry.writeBigUInt64LE(stat.ino, 8);
      entry.writeUInt32LE(name.length, 16);
      entry.writeUInt8(fileTypeOf(stat), 20);
      name.copy(entry, 24);
      const part = entry.subarray(0, out.length - used);
      out.set(part, used);
      used += part.length;
    }
    this.view().setUint32(result, used, true);
  },
  fd_renumber(from, to) {
    this.table.renumber(from, to);
  },
  fd_seek(fd, offset, whence, result) {
    const d = this.table.file(fd, kRight.FD_SEEK);
    if (!d.isSeekable) return kErrno.SPIPE;
    const base = whence === 0 ? 0n : whence === 1 ? d.offset : whence === 2 ? fs.fstatSync(d.fd, { bigint: true }).size : undefined;
    if (base === undefined || base + offset < 0n) return kErrno.INVAL;
    d.offset = base + offset;
    this.view().setBigUint64(result, d.offset, true);
  },
  fd_sync(fd) {
    fs.fsyncSync(this.table.get(fd, kRight.FD_SYNC).fd);
  },
  fd_tell(fd, result) {
    const d = this.table.file(fd, kRight.FD_TELL);
    if (!d.isSeekable) return kErrno.SPIPE;
    this.view().setBigUint64(result, d.offset, true);
  },
  fd_write(fd, vectors, count, result) {
    const d = this.table.file(fd, kRight.FD_WRITE);
    if (d.isSeekable && d.flags & kFdFlag.APPEND) d.offset = fs.fstatSync(d.fd, { bigint: true }).size;
    transfer(this, d, this.vectors(vectors, count), result, undefined, fs.writeSync);
  },
  path_create_directory(fd, address, length) {
    fs.mkdirSync(this.path(fd, address, length, false, kRight.PATH_CREATE_DIRECTORY));
  },
  path_filestat_get(fd, flags, address, length, result) {
    const path = this.path(fd, address, length, (flags & 1) !== 0, kRight.PATH_FILESTAT_GET);
    writeFilestat(this.view(), result, fs.lstatSync(path, { bigint: true }));
  },
  path_filestat_set_times(fd, flags, address, length, atim, mtim, timeFlags) {
    const path = this.path(fd, address, length, (flags & 1) !== 0, kRight.PATH_FILESTAT_SET_TIMES);
    fs.lutimesSync(path, ...timesOf(fs.lstatSync(path), atim, mtim, timeFlags));
  },
  path_link(oldFd, flags, oldAddress, oldLength, newFd, newAddress, newLength) {
    const from = this.path(oldFd, oldAddress, oldLength, (flags & 1) !== 0, kRight.PATH_LINK_SOURCE);
    fs.linkSync(from, this.path(newFd, newAddress, newLength, false, kRight.PATH_LINK_TARGET));
  },
  path_open(fd, lookup, address, length, openFlags, rights, inheriting, flags, result) {
    const { constants } = fs;
    const directory = this.table.directory(fd, kRight.PATH_OPEN);
    rights = BigInt.asUintN(64, rights) & directory.inheriting;
    inheriting = BigInt.asUintN(64, inheriting) & directory.inheriting;
    const path = this.path(fd, address, length, (lookup & 1) !== 0, kRight.PATH_OPEN);
    const stat = fs.lstatSync(path, { throwIfNoEntry: false });
    if (stat?.isSymbolicLink()) return kErrno.LOOP;
    if (openFlags & kOpenFlag.DIRECTORY || stat?.isDirectory()) {
      if (stat === undefined) return kErrno.NOENT;
      if (!stat.isDirectory()) return kErrno.NOTDIR;
      if (openFlags & kOpenFlag.EXCL) return kErrno.EXIST;
      if (openFlags & kOpenFlag.TRUNC) return kErrno.ISDIR;
      this.view().setUint32(result, this.table.add(Descriptor.ofDirectory(path, rights, inheriting)), true);
      return;
    }
    const reads = (rights & (kRight.FD_READ | kRight.FD_READDIR)) !== 0n;
    const writes = (rights & (kRight.FD_WRITE | kRight.FD_ALLOCATE | kRight.FD_FILESTAT_SET_SIZE)) !== 0n;
    let mode = constants.O_NOFOLLOW | (writes ? reads ? constants.O_RDWR : constants.O_WRONLY : constants.O_RDONLY);
    if (openFlags & kOpenFlag.CREAT) mode |= constants.O_CREAT;
    if (openFlags & kOpenFlag.EXCL) mode |= constants.O_EXCL;
    if (openFlags & kOpenFlag.TRUNC) mode |= constants.O_TRUNC;
    if (flags & (kFdFlag.SYNC | kFdFlag.RSYNC)) mode |= constants.O_SYNC;
    if (flags & kFdFlag.DSYNC) mode |= constants.O_DSYNC;
    if (flags & kFdFlag.NONBLOCK) mode |= constants.O_NONBLOCK;
    const opened = Descriptor.ofFile(fs.openSync(path, mode, 0o666), rights, inheriting, flags);
    this.view().setUint32(result, this.table.add(opened), true);
  },
  path_readlink(fd, address, length, buffer, size, result) {
    const target = fs.readlinkSync(this.path(fd, address, length, false, kRight.PATH_READLINK), 'buffer');
    const part = target.subarray(0, size >>> 0);
    this.bytes(buffer, part.length).set(part);
    this.view().setUint32(result, part.length, true);
  },
  path_remove_directory(fd, address, length) {
    fs.rmdirSync(this.path(fd, address, length, false, kRight.PATH_REMOVE_DIRECTORY));
  },
  path_rename(oldFd, oldAddress, oldLength, newFd, newAddress, newLength) {
    const from = this.path(oldFd, oldAddress, oldLength, false, kRight.PATH_RENAME_SOURCE);
    fs.renameSync(from, this.path(newFd, newAddress, newLength, false, kRight.PATH_RENAME_TARGET));
  },
  path_symlink(oldAddress, oldLength, fd, newAddress, newLength) {
    const target = this.text(oldAddress, oldLength);
    if (target.startsWith('/')) return kErrno.NOTCAPABLE;
    fs.symlinkSync(target, this.path(fd, newAddress, newLength, false, kRight.PATH_SYMLINK));
  },
  path_unlink_file(fd, address, length) {
    fs.unlinkSync(this.path(fd, address, length, false, kRight.PATH_UNLINK_FILE));
  },
  poll_oneoff(subscriptions, events, count, result) {
    if (count === 0) return kErrno.INVAL;
    const view = this.view();
    let wait;
    const ready = [];
    const clocks = [];
    for (let i = 0; i < count; i++) {
      const at = subscriptions + 48 * i;
      const userdata = view.getBigUint64(at, true);
      const type = view.getUint8(at + 8);
      if (type === 0) {
        const id = view.getUint32(at + 16, true);
        let timeout = view.getBigUint64(at + 24, true);
        if (view.getUint16(at + 40, true) & 1) {
          const now = clockNs(id);
          timeout = timeout > now ? timeout - now : 0n;
        }
        clocks.push([timeout, userdata]);
        if (wait === undefined || timeout < wait) wait = timeout;
      } else {
        // Files are always ready; of others this is not known, and the operation waits.
        const d = this.table.find(view.getUint32(at + 16, true));
        ready.push([userdata, d === undefined ? kErrno.BADF : kErrno.SUCCESS, type]);
      }
    }
    if (ready.length === 0) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(wait) / 1e6);
      for (const [timeout, userdata] of clocks) if (timeout <= wait) ready.push([userdata, kErrno.SUCCESS, 0]);
    }
    ready.forEach(([userdata, errno, type], i) => {
      const at = events + 32 * i;
      this.bytes(at, 32).fill(0);
      view.setBigUint64(at, userdata, true);
      view.setUint16(at + 8, errno, true);
      view.setUint8(at + 10, type);
    });
    view.setUint32(result, ready.length, true);
  },
  proc_exit(code) {
    this.exitCode = code;
    if (!this.returnOnExit) process.reallyExit(code);
    throw kExit;
  },
  proc_raise() {
    return kErrno.NOTSUP;
  },
  random_get(address, length) {
    require('crypto').randomFillSync(this.bytes(address, length));
  },
  sched_yield() {},
  sock_accept(fd) {
    return this.noSocket(fd);
  },
  sock_recv(fd) {
    return this.noSocket(fd);
  },
  sock_send(fd) {
    return this.noSocket(fd);
  },
  sock_shutdown(fd) {
    return this.noSocket(fd);
  },
};

module.exports = { System, kExit };
