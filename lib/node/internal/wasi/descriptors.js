'use strict';

// File descriptors of a WASI program, with their rights.

const fs = require('fs');
const { kErrno, kFileType, kRight, kRightsAll, kRightsDirectory, kRightsFile, fileTypeOf } = require('internal/wasi/abi');

class Descriptor {
  constructor(type, rights, inheriting) {
    this.type = type;
    this.rights = rights;
    this.inheriting = inheriting;
    this.flags = 0;
    this.offset = 0n;
    // Of files: the host's descriptor, and whether closing closes it.
    this.fd = -1;
    this.isOwned = false;
    this.isSeekable = false;
    // Of directories.
    this.path = undefined;
    this.preopen = undefined;
  }

  get isDirectory() {
    return this.path !== undefined;
  }

  static ofStdio(fd) {
    const stat = fs.fstatSync(fd);
    const type = fileTypeOf(stat);
    const d = new Descriptor(type, type === kFileType.REGULAR_FILE ? kRightsFile : kRightsFile & ~(kRight.FD_SEEK | kRight.FD_TELL), 0n);
    d.fd = fd;
    return d;
  }

  static ofPreopen(name, path) {
    let real;
    let problem;
    try {
      real = fs.realpathSync(path);
      if (!fs.statSync(real).isDirectory()) problem = 'ENOTDIR';
    } catch (error) {
      problem = error.code;
    }
    if (problem !== undefined) {
      const error = new Error(`UVWASI_${problem}, uvwasi_init`);
      error.code = `UVWASI_${problem}`;
      throw error;
    }
    const d = Descriptor.ofDirectory(real, kRightsDirectory, kRightsAll);
    d.preopen = name;
    return d;
  }

  static ofDirectory(path, rights, inheriting) {
    const d = new Descriptor(kFileType.DIRECTORY, rights & kRightsDirectory, inheriting);
    d.path = path;
    return d;
  }

  static ofFile(fd, rights, inheriting, flags) {
    const stat = fs.fstatSync(fd);
    const d = new Descriptor(fileTypeOf(stat), rights & kRightsFile, inheriting);
    d.fd = fd;
    d.isOwned = true;
    d.isSeekable = stat.isFile();
    d.flags = flags;
    return d;
  }
}

class DescriptorTable {
  #list = [];

  add(d) {
    let fd = this.#list.indexOf(undefined);
    if (fd === -1) fd = this.#list.length;
    this.#list[fd] = d;
    return fd;
  }

  find(fd) {
    return this.#list[fd >>> 0];
  }

  get(fd, rights) {
    const d = this.find(fd);
    if (d === undefined) throw kErrno.BADF;
    if ((d.rights & rights) !== rights) throw kErrno.NOTCAPABLE;
    return d;
  }

  file(fd, rights) {
    const d = this.get(fd, rights);
    if (d.isDirectory) throw kErrno.ISDIR;
    return d;
  }

  directory(fd, rights) {
    const d = this.get(fd, rights);
    if (!d.isDirectory) throw kErrno.NOTDIR;
    return d;
  }

  close(fd) {
    const d = this.get(fd, 0n);
    this.#list[fd] = undefined;
    if (d.isOwned) fs.closeSync(d.fd);
  }

  renumber(from, to) {
    const d = this.get(from, 0n);
    const old = this.get(to, 0n);
    if (d === old) return;
    this.#list[to] = d;
    this.#list[from] = undefined;
    if (old.isOwned) fs.closeSync(old.fd);
  }
}

module.exports = { Descriptor, DescriptorTable };
