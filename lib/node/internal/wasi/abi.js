'use strict';

// Numbers and layouts of WASI preview 1.

const kErrnoNames = [
  'SUCCESS', '2BIG', 'ACCES', 'ADDRINUSE', 'ADDRNOTAVAIL', 'AFNOSUPPORT', 'AGAIN', 'ALREADY', 'BADF', 'BADMSG', 'BUSY',
  'CANCELED', 'CHILD', 'CONNABORTED', 'CONNREFUSED', 'CONNRESET', 'DEADLK', 'DESTADDRREQ', 'DOM', 'DQUOT', 'EXIST', 'FAULT',
  'FBIG', 'HOSTUNREACH', 'IDRM', 'ILSEQ', 'INPROGRESS', 'INTR', 'INVAL', 'IO', 'ISCONN', 'ISDIR', 'LOOP', 'MFILE', 'MLINK',
  'MSGSIZE', 'MULTIHOP', 'NAMETOOLONG', 'NETDOWN', 'NETRESET', 'NETUNREACH', 'NFILE', 'NOBUFS', 'NODEV', 'NOENT', 'NOEXEC',
  'NOLCK', 'NOLINK', 'NOMEM', 'NOMSG', 'NOPROTOOPT', 'NOSPC', 'NOSYS', 'NOTCONN', 'NOTDIR', 'NOTEMPTY', 'NOTRECOVERABLE',
  'NOTSOCK', 'NOTSUP', 'NOTTY', 'NXIO', 'OVERFLOW', 'OWNERDEAD', 'PERM', 'PIPE', 'PROTO', 'PROTONOSUPPORT', 'PROTOTYPE',
  'RANGE', 'ROFS', 'SPIPE', 'SRCH', 'STALE', 'TIMEDOUT', 'TXTBSY', 'XDEV', 'NOTCAPABLE',
];
const kErrno = { __proto__: null };
kErrnoNames.forEach((name, i) => {
  kErrno[name] = i;
});

const kRightNames = [
  'FD_DATASYNC', 'FD_READ', 'FD_SEEK', 'FD_FDSTAT_SET_FLAGS', 'FD_SYNC', 'FD_TELL', 'FD_WRITE', 'FD_ADVISE', 'FD_ALLOCATE',
  'PATH_CREATE_DIRECTORY', 'PATH_CREATE_FILE', 'PATH_LINK_SOURCE', 'PATH_LINK_TARGET', 'PATH_OPEN', 'FD_READDIR',
  'PATH_READLINK', 'PATH_RENAME_SOURCE', 'PATH_RENAME_TARGET', 'PATH_FILESTAT_GET', 'PATH_FILESTAT_SET_SIZE',
  'PATH_FILESTAT_SET_TIMES', 'FD_FILESTAT_GET', 'FD_FILESTAT_SET_SIZE', 'FD_FILESTAT_SET_TIMES', 'PATH_SYMLINK',
  'PATH_REMOVE_DIRECTORY', 'PATH_UNLINK_FILE', 'POLL_FD_READWRITE', 'SOCK_SHUTDOWN', 'SOCK_ACCEPT',
];
const kRight = { __proto__: null };
kRightNames.forEach((name, i) => {
  kRight[name] = 1n << BigInt(i);
});
const kRightsAll = (1n << BigInt(kRightNames.length)) - 1n;
const rights = (...names) => names.reduce((all, name) => all | kRight[name], 0n);
const kRightsFile = rights('FD_DATASYNC', 'FD_READ', 'FD_SEEK', 'FD_FDSTAT_SET_FLAGS', 'FD_SYNC', 'FD_TELL', 'FD_WRITE', 'FD_ADVISE',
                           'FD_ALLOCATE', 'FD_FILESTAT_GET', 'FD_FILESTAT_SET_SIZE', 'FD_FILESTAT_SET_TIMES', 'POLL_FD_READWRITE');
const kRightsDirectory = rights('FD_FDSTAT_SET_FLAGS', 'FD_SYNC', 'FD_ADVISE', 'PATH_CREATE_DIRECTORY', 'PATH_CREATE_FILE',
                                'PATH_LINK_SOURCE', 'PATH_LINK_TARGET', 'PATH_OPEN', 'FD_READDIR', 'PATH_READLINK',
                                'PATH_RENAME_SOURCE', 'PATH_RENAME_TARGET', 'PATH_FILESTAT_GET', 'PATH_FILESTAT_SET_SIZE',
                                'PATH_FILESTAT_SET_TIMES', 'FD_FILESTAT_GET', 'FD_FILESTAT_SET_TIMES', 'PATH_SYMLINK',
                                'PATH_UNLINK_FILE', 'PATH_REMOVE_DIRECTORY', 'POLL_FD_READWRITE');

const kFileType = {
  __proto__: null, UNKNOWN: 0, BLOCK_DEVICE: 1, CHARACTER_DEVICE: 2, DIRECTORY: 3, REGULAR_FILE: 4, SOCKET_STREAM: 6, SYMBOLIC_LINK: 7,
};
const kFdFlag = { __proto__: null, APPEND: 1, DSYNC: 2, NONBLOCK: 4, RSYNC: 8, SYNC: 16 };
const kOpenFlag = { __proto__: null, CREAT: 1, DIRECTORY: 2, EXCL: 4, TRUNC: 8 };

/** The errno of what was thrown, undefined if it is no error of the system. */
function errnoOf(error) {
  if (typeof error === 'number') return error;
  // A pointer outside the memory.
  if (error instanceof RangeError && error.code === undefined) return kErrno.FAULT;
  if (typeof error?.code !== 'string' || error.syscall === undefined) return undefined;
  const name = error.code.slice(1);
  if (name === 'OPNOTSUPP') return kErrno.NOTSUP;
  return kErrno[name] ?? kErrno.IO;
}

function fileTypeOf(stat) {
  if (stat.isFile()) return kFileType.REGULAR_FILE;
  if (stat.isDirectory()) return kFileType.DIRECTORY;
  if (stat.isSymbolicLink()) return kFileType.SYMBOLIC_LINK;
  if (stat.isCharacterDevice()) return kFileType.CHARACTER_DEVICE;
  if (stat.isBlockDevice()) return kFileType.BLOCK_DEVICE;
  if (stat.isSocket()) return kFileType.SOCKET_STREAM;
  return kFileType.UNKNOWN;
}

/** Writes a `filestat`. `stat` has BigInts. */
function writeFilestat(view, at, stat) {
  view.setBigUint64(at, BigInt.asUintN(64, stat.dev), true);
  view.setBigUint64(at + 8, stat.ino, true);
  view.setBigUint64(at + 16, BigInt(fileTypeOf(stat)), true);
  view.setBigUint64(at + 24, stat.nlink, true);
  view.setBigUint64(at + 32, stat.size, true);
  view.setBigUint64(at + 40, stat.atimeNs, true);
  view.setBigUint64(at + 48, stat.mtimeNs, true);
  view.setBigUint64(at + 56, stat.ctimeNs, true);
}

module.exports = {
  errnoOf, fileTypeOf, kErrno, kFdFlag, kFileType, kOpenFlag, kRight, kRightsAll, kRightsDirectory, kRightsFile, writeFilestat,
};
