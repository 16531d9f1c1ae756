'use strict';

// The SGR sequences in use, empty while colours are off.
module.exports = {
  blue: '',
  green: '',
  white: '',
  yellow: '',
  red: '',
  gray: '',
  clear: '',
  reset: '',
  hasColors: false,
  /** Whether what is written to the stream should be coloured. */
  shouldColorize(stream) {
    if (stream?.isTTY === undefined && process.env.FORCE_COLOR === undefined) return false;
    if (process.env.FORCE_COLOR !== undefined) {
      const { getColorDepth } = require('internal/tty');
      return getColorDepth() > 2;
    }
    return stream?.isTTY && (typeof stream.getColorDepth === 'function' ? stream.getColorDepth() > 2 : true);
  },
  refresh() {
    if (!module.exports.shouldColorize(process.stderr)) return;
    module.exports.blue = '\u001b[34m';
    module.exports.green = '\u001b[32m';
    module.exports.white = '\u001b[39m';
    module.exports.yellow = '\u001b[33m';
    module.exports.red = '\u001b[31m';
    module.exports.gray = '\u001b[90m';
    module.exports.clear = '\u001bc';
    module.exports.reset = '\u001b[0m';
    module.exports.hasColors = true;
  },
};
