'use strict';

const { Writable } = require('stream');

/** A Writable whose every write is a synchronous write to a descriptor. */
class SyncWriteStream extends Writable {
  constructor(fd, options = {}) {
    super({ autoDestroy: true });
    this.fd = fd;
    this.readable = false;
    this.autoClose = options.autoClose === undefined ? true : options.autoClose;
  }

  _write(chunk, encoding, callback) {
    try {
      require('fs').writeFileSync(this.fd, chunk);
    } catch (error) {
      callback(error);
      return;
    }
    callback();
  }

  _destroy(error, callback) {
    if (this.fd === null) {
      callback(error);
      return;
    }
    if (this.autoClose) require('fs').closeSync(this.fd);
    this.fd = null;
    callback(error);
  }

  destroySoon() {
    return this.destroy();
  }
}

module.exports = SyncWriteStream;
