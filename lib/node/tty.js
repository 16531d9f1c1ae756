'use strict';
// node:tty
//
// Binding contract: internalBinding('tty_wrap') {TTY, isTTY(fd)}
//   new TTY(fd, ctx): on failure ctx.code is set (and errno, message, syscall); a stream handle besides
//   getWindowSize([cols, rows]) -> 0 | errno, setRawMode(mode) -> 0 | errno, setBlocking(on)
//   constants UV_TTY_MODE_NORMAL, UV_TTY_MODE_RAW_VT

const net = require('net');
const { TTY, isTTY, UV_TTY_MODE_NORMAL, UV_TTY_MODE_RAW_VT } = internalBinding('tty_wrap');
const { ErrnoException, SystemError, codes: { ERR_INVALID_FD, ERR_TTY_INIT_FAILED } } = require('internal/errors');
const { getColorDepth, hasColors } = require('internal/tty');

let readline;

function isatty(fd) {
  return Number.isInteger(fd) && fd >= 0 && fd <= 2147483647 && isTTY(fd);
}

/** The handle of a terminal, or an error that names the system's reason. */
function openTTY(fd) {
  if (fd >> 0 !== fd || fd < 0) throw new ERR_INVALID_FD(fd);
  const ctx = {};
  const tty = new TTY(fd, ctx);
  if (ctx.code !== undefined) {
    throw ERR_TTY_INIT_FAILED === undefined ? new SystemError('ERR_TTY_INIT_FAILED', ctx) : new ERR_TTY_INIT_FAILED(ctx);
  }
  return tty;
}

function ReadStream(fd, options) {
  if (!(this instanceof ReadStream)) return new ReadStream(fd, options);
  const tty = openTTY(fd);
  net.Socket.call(this, { highWaterMark: 0, handle: tty, manualStart: true, ...options });
  this.isRaw = false;
  this.isTTY = true;
}
Object.setPrototypeOf(ReadStream.prototype, net.Socket.prototype);
Object.setPrototypeOf(ReadStream, net.Socket);

ReadStream.prototype.setRawMode = function(flag) {
  flag = !!flag;
  const err = this._handle?.setRawMode(flag ? UV_TTY_MODE_RAW_VT ?? true : UV_TTY_MODE_NORMAL ?? false);
  if (err) {
    this.emit('error', new ErrnoException(err, 'setRawMode'));
    return this;
  }
  this.isRaw = flag;
  return this;
};

function WriteStream(fd) {
  if (!(this instanceof WriteStream)) return new WriteStream(fd);
  const tty = openTTY(fd);
  net.Socket.call(this, { highWaterMark: 0, handle: tty, manualStart: true });
  // Terminals are written to synchronously, so that nothing is lost at exit.
  this._handle.setBlocking(true);

  const size = [0, 0];
  if (this._handle.getWindowSize(size) === 0) [this.columns, this.rows] = size;
}
Object.setPrototypeOf(WriteStream.prototype, net.Socket.prototype);
Object.setPrototypeOf(WriteStream, net.Socket);

WriteStream.prototype.isTTY = true;
WriteStream.prototype.getColorDepth = getColorDepth;
WriteStream.prototype.hasColors = hasColors;

WriteStream.prototype._refreshSize = function() {
  const { columns, rows } = this;
  const size = [0, 0];
  const err = this._handle.getWindowSize(size);
  if (err) {
    this.emit('error', new ErrnoException(err, 'getWindowSize'));
    return;
  }
  if (columns !== size[0] || rows !== size[1]) {
    [this.columns, this.rows] = size;
    this.emit('resize');
  }
};

WriteStream.prototype.cursorTo = function(x, y, callback) {
  readline ??= require('readline');
  return readline.cursorTo(this, x, y, callback);
};
WriteStream.prototype.moveCursor = function(dx, dy, callback) {
  readline ??= require('readline');
  return readline.moveCursor(this, dx, dy, callback);
};
WriteStream.prototype.clearLine = function(dir, callback) {
  readline ??= require('readline');
  return readline.clearLine(this, dir, callback);
};
WriteStream.prototype.clearScreenDown = function(callback) {
  readline ??= require('readline');
  return readline.clearScreenDown(this, callback);
};
WriteStream.prototype.getWindowSize = function() {
  return [this.columns, this.rows];
};

module.exports = { isatty, ReadStream, WriteStream };
