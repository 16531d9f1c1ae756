'use strict';
// The file that keeps what was typed.

const fs = require('fs');
const os = require('os');
const path = require('path');
const { validateFunction } = require('internal/validators');

const kDebounceMs = 15;
const kMaxLines = 1000;

/** Loads the history of a REPL, and writes it after every line. */
class ReplHistory {
  constructor(context, options = {}) {
    this.context = context;
    this.filePath = options.filePath;
    this.size = options.size ?? context.historySize ?? kMaxLines;
    this.timer = null;
    this.writing = false;
    this.pending = false;
    this.handle = null;
  }

  /** Calls back when the history is there, or cannot be: that is no error. */
  initialize(onReady) {
    validateFunction(onReady, 'onHistoryFileLoaded');
    if (this.filePath === '') {
      onReady(null, this.context);
      return;
    }
    const trimmed = typeof this.filePath === 'string' ? this.filePath.trim() : this.filePath;
    if (trimmed === '') {
      onReady(null, this.context);
      return;
    }
    let file = trimmed;
    if (!file) {
      try {
        file = path.join(os.homedir(), '.node_repl_history');
      } catch {
        this.#complain('Error: Could not get the home directory.\nREPL session history will not be persisted.');
        onReady(null, this.context);
        return;
      }
    }
    this.filePath = file;
    this.context.pause();
    this.#load(onReady);
  }

  async #load(onReady) {
    const { context } = this;
    let handle;
    try {
      // Made first, so that reading cannot fail for want of the file.
      await (await fs.promises.open(this.filePath, 'a+', 0o0600)).close();
      const text = await fs.promises.readFile(this.filePath, 'utf8');
      context.history = text ? text.split(/\r?\n+/).slice(0, this.size) : [];
      handle = await fs.promises.open(this.filePath, 'r+');
      await handle.truncate(0);
      this.handle = handle;
    } catch {
      if (handle !== undefined) await handle.close().catch(() => {});
      this.#complain('Error: Could not open history file.\nREPL session history will not be persisted.');
      context.resume();
      onReady(null, context);
      return;
    }
    context._historyPrev = context._historyPrev;
    context.on('line', () => this.#schedule());
    context.once('exit', () => this.#schedule());
    context.once('flushHistory', () => context.resume());
    this.#schedule();
    context.resume();
    onReady(null, context);
  }

  #complain(text) {
    this.context._writeToOutput(`\n${text}\n`);
    this.context._refreshLine?.();
  }

  #schedule() {
    this.context._flushing = true;
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#flush(), kDebounceMs);
  }

  async #flush() {
    this.timer = null;
    if (this.writing) {
      this.pending = true;
      return;
    }
    this.writing = true;
    try {
      const text = `${this.context.history.join(os.EOL)}${os.EOL}`;
      await this.handle.truncate(0);
      await this.handle.write(text, 0, 'utf8');
      this.writing = false;
      if (this.pending) {
        this.pending = false;
        this.#schedule();
        return;
      }
      this.context._flushing = false;
      if (this.context.closed) await this.closeHandle();
      this.context.emit('flushHistory');
    } catch {
      this.writing = false;
    }
  }

  async closeHandle() {
    const { handle } = this;
    this.handle = null;
    await handle?.close();
  }
}

module.exports = { ReplHistory };
