'use strict';
// The REPL the program is when nothing else is to be run: options from the environment, and the history.

const REPL = require('repl');

function createInternalRepl(env, options, callback) {
  if (typeof options === 'function') {
    callback = options;
    options = null;
  }
  const settings = { ignoreUndefined: false, useGlobal: true, breakEvalOnSigint: true, standalone: true, ...options };
  if (Number.parseInt(env.NODE_NO_READLINE, 10)) settings.terminal = false;
  if (env.NODE_REPL_MODE) {
    settings.replMode = {
      strict: REPL.REPL_MODE_STRICT, sloppy: REPL.REPL_MODE_SLOPPY,
    }[env.NODE_REPL_MODE.toLowerCase().trim()] ?? REPL.REPL_MODE_SLOPPY;
  }
  const size = Number(env.NODE_REPL_HISTORY_SIZE);
  settings.historySize = !Number.isNaN(size) && size > 0 ? size : 1000;
  const repl = REPL.start(settings);
  const file = repl.terminal ? env.NODE_REPL_HISTORY : '';
  repl.setupHistory({ filePath: file, size: settings.historySize }, callback);
}

module.exports = { __proto__: REPL, createInternalRepl };
