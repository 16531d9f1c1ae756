'use strict';
// readline.Interface: lines from a stream, with editing when that is a terminal.

const EventEmitter = require('events');
const { StringDecoder } = require('string_decoder');
const {
  AbortError,
  codes: { ERR_INVALID_ARG_VALUE, ERR_USE_AFTER_CLOSE },
} = require('internal/errors');
const { validateAbortSignal, validateArray, validateNumber, validateString, validateUint32 } =
  require('internal/validators');
const { getStringWidth, stripVTControlCharacters } = require('internal/util/inspect');
const { charLengthAt, charLengthLeft, commonPrefix, kSubstringSearch } = require('internal/readline/utils');
const { clearScreenDown, cursorTo, moveCursor } = require('internal/readline/callbacks');
const emitKeypressEvents = require('internal/readline/emitKeypressEvents');
const { kSawKeyPress } = require('internal/readline/interface_symbols');

const kHistorySize = 30;
const kMaxUndoRedoStackSize = 2048;
const kMincrlfDelay = 100;
const lineEnding = /\r?\n|\r(?!\n)|\u2028|\u2029/g;

/** The lines of a text; the last is what follows the last end of a line. */
function splitLines(text) {
  // Mostly there is but one kind of line end, which is found without the pattern.
  const simple = !text.includes('\r') && !text.includes('\u2028') && !text.includes('\u2029');
  return text.split(simple ? '\n' : lineEnding);
}

const kQuestionCallback = Symbol('_questionCallback');
const kQuestionReject = Symbol('_questionReject');
const kOldPrompt = Symbol('_oldPrompt');
const kDecoder = Symbol('_decoder');
const kLineBuffer = Symbol('_line_buffer');
const kKillRing = Symbol('_killRing');
const kKillRingCursor = Symbol('_killRingCursor');
const kYanking = Symbol('_yanking');
const kUndoStack = Symbol('_undoStack');
const kRedoStack = Symbol('_redoStack');
const kPreviousKey = Symbol('_previousKey');
const kPrevRows = Symbol('prevRows');
const kSawReturnAt = Symbol('_sawReturnAt');

class Interface extends EventEmitter {
  constructor(input, output, completer, terminal) {
    super();
    let historySize = kHistorySize;
    let history = [];
    let removeHistoryDuplicates = false;
    let crlfDelay;
    let prompt = '> ';
    let signal;
    let tabSize;

    if (input?.input) {
      ({ output, completer, terminal, history, historySize, signal, removeHistoryDuplicates, crlfDelay,
         tabSize } = { historySize: kHistorySize, ...input });
      if (input.prompt !== undefined) ({ prompt } = input);
      if (tabSize !== undefined) validateUint32(tabSize, 'tabSize', true);
      if (input.escapeCodeTimeout !== undefined) {
        if (!Number.isFinite(input.escapeCodeTimeout)) {
          throw new ERR_INVALID_ARG_VALUE('input.escapeCodeTimeout', input.escapeCodeTimeout);
        }
        this.escapeCodeTimeout = input.escapeCodeTimeout;
      }
      if (signal) validateAbortSignal(signal, 'options.signal');
      ({ input } = input);
    }

    if (completer !== undefined && typeof completer !== 'function') {
      throw new ERR_INVALID_ARG_VALUE('completer', completer);
    }
    if (history === undefined) history = [];
    else validateArray(history, 'history');
    if (historySize === undefined) historySize = kHistorySize;
    validateNumber(historySize, 'historySize', 0);
    // Backwards: a terminal is what says that it is one.
    if (terminal === undefined && output != null) terminal = !!output.isTTY;

    this.escapeCodeTimeout ??= 500;
    this.line = '';
    this.cursor = 0;
    this.input = input;
    this.output = output;
    this.terminal = !!terminal;
    this.tabSize = tabSize ?? 8;
    this.history = history;
    this.historySize = historySize;
    this.historyIndex = -1;
    this.removeHistoryDuplicates = !!removeHistoryDuplicates;
    this.crlfDelay = crlfDelay ? Math.max(kMincrlfDelay, crlfDelay) : kMincrlfDelay;
    this.completer = completer;
    this.closed = false;
    this.paused = false;
    this.isCompletionEnabled = true;
    this[kSawKeyPress] = false;
    this[kSawReturnAt] = 0;
    this[kPreviousKey] = null;
    this[kSubstringSearch] = null;
    this[kUndoStack] = [];
    this[kRedoStack] = [];
    this[kKillRing] = [];
    this[kKillRingCursor] = 0;
    this[kYanking] = false;
    this[kPrevRows] = 0;
    this[kQuestionCallback] = null;
    this[kQuestionReject] = null;
    this.setPrompt(prompt);

    const onerror = (err) => this.emit('error', err);
    if (this.terminal) this.#initTerminal(input, output, onerror);
    else this.#initPlain(input, onerror);

    if (signal) {
      const onAborted = () => this.close();
      if (signal.aborted) {
        process.nextTick(onAborted);
      } else {
        const { addAbortListener } = require('internal/events/abort_listener');
        const disposable = addAbortListener(signal, onAborted);
        this.once('close', disposable[Symbol.dispose]);
      }
    }
    input?.resume();
  }

  #initPlain(input, onerror) {
    const ondata = (data) => this.#feed(data);
    const onend = () => {
      if (typeof this[kLineBuffer] === 'string' && this[kLineBuffer].length > 0) this.emit('line', this[kLineBuffer]);
      this.close();
    };
    input.on('error', onerror);
    input.on('data', ondata);
    input.on('end', onend);
    this.once('close', () => {
      input.removeListener('error', onerror);
      input.removeListener('data', ondata);
      input.removeListener('end', onend);
    });
    this[kDecoder] = new StringDecoder('utf8');
  }

  #initTerminal(input, output, onerror) {
    const onkeypress = (s, key) => {
      this.#ttyWrite(s, key);
      if (key?.sequence) {
        // Behind the last half of a pair the cursor is between characters.
        const code = key.sequence.codePointAt(0);
        if (code >= 0xd800 && code <= 0xdfff) this._refreshLine();
      }
    };
    const onend = () => {
      if (typeof this.line === 'string' && this.line.length > 0) this.emit('line', this.line);
      this.close();
    };
    const onresize = () => this._refreshLine();

    emitKeypressEvents(input, this);
    input.on('error', onerror);
    input.on('keypress', onkeypress);
    input.on('end', onend);
    this._setRawMode(true);
    this.terminal = true;
    this.cursor = 0;
    this.historyIndex = -1;
    output?.on?.('resize', onresize);
    this.once('close', () => {
      input.removeListener('error', onerror);
      input.removeListener('keypress', onkeypress);
      input.removeListener('end', onend);
      output?.removeListener?.('resize', onresize);
    });
  }

  get columns() {
    return this.output?.columns ? this.output.columns : Infinity;
  }

  setPrompt(prompt) {
    this._prompt = prompt;
  }

  getPrompt() {
    return this._prompt;
  }

  _setRawMode(mode) {
    const wasRaw = this.input.isRaw;
    if (typeof this.input.setRawMode === 'function') this.input.setRawMode(mode);
    return wasRaw;
  }

  prompt(preserveCursor) {
    if (this.closed) throw new ERR_USE_AFTER_CLOSE('readline');
    if (this.paused) this.resume();
    if (this.terminal && process.env.TERM !== 'dumb') {
      if (!preserveCursor) this.cursor = 0;
      this._refreshLine();
    } else {
      this._writeToOutput(this._prompt);
    }
  }

  question(query, options, cb) {
    cb = typeof options === 'function' ? options : cb;
    if (this.closed) throw new ERR_USE_AFTER_CLOSE('readline');
    if (options?.signal) {
      validateAbortSignal(options.signal, 'options.signal');
      if (options.signal.aborted) return;
      const onAbort = () => {
        this[kQuestionCallback] = null;
        if (this[kOldPrompt] !== undefined) this.setPrompt(this[kOldPrompt]);
      };
      const { addAbortListener } = require('internal/events/abort_listener');
      const disposable = addAbortListener(options.signal, onAbort);
      const original = cb;
      cb = typeof cb === 'function' ? (answer) => {
        disposable[Symbol.dispose]();
        original(answer);
      } : disposable[Symbol.dispose];
    }
    if (typeof cb !== 'function') return;
    if (this[kQuestionCallback]) {
      this.prompt();
      return;
    }
    this[kOldPrompt] = this._prompt;
    this.setPrompt(query);
    this[kQuestionCallback] = cb;
    this.prompt();
  }

  _onLine(line) {
    if (this[kQuestionCallback]) {
      const cb = this[kQuestionCallback];
      this[kQuestionCallback] = null;
      this.setPrompt(this[kOldPrompt]);
      cb(line);
    } else {
      this.emit('line', line);
    }
  }

  _writeToOutput(stringToWrite) {
    validateString(stringToWrite, 'stringToWrite');
    if (this.output !== null && this.output !== undefined) this.output.write(stringToWrite);
  }

  /** Writes the prompt and the line again, and puts the cursor in its place. */
  _refreshLine() {
    const line = this._prompt + this.line;
    const display = this._getDisplayPos(line);
    const cursorPos = this.getCursorPos();
    if (this[kPrevRows] > 0) moveCursor(this.output, 0, -this[kPrevRows]);
    cursorTo(this.output, 0);
    clearScreenDown(this.output);
    this._writeToOutput(line);
    // At the right edge the terminal waits for the next character before it wraps.
    if (display.cols === 0) this._writeToOutput(' ');
    cursorTo(this.output, cursorPos.cols);
    const diff = display.rows - cursorPos.rows;
    if (diff > 0) moveCursor(this.output, 0, -diff);
    this[kPrevRows] = cursorPos.rows;
  }

  close() {
    if (this.closed) return;
    this.pause();
    if (this.terminal) this._setRawMode(false);
    this.closed = true;
    this.emit('close');
  }

  pause() {
    if (this.closed) throw new ERR_USE_AFTER_CLOSE('readline');
    if (this.paused) return undefined;
    this.input.pause();
    this.paused = true;
    this.emit('pause');
    return this;
  }

  resume() {
    if (this.closed) throw new ERR_USE_AFTER_CLOSE('readline');
    if (!this.paused) return undefined;
    this.input.resume();
    this.paused = false;
    this.emit('resume');
    return this;
  }

  write(data, key) {
    if (this.closed) throw new ERR_USE_AFTER_CLOSE('readline');
    if (this.paused) this.resume();
    if (this.terminal) this.#ttyWrite(data, key);
    else this.#feed(data);
  }

  /** Data of an input that is no terminal: cut into lines. */
  #feed(data) {
    if (data === undefined) return;
    let string = this[kDecoder].write(data);
    // A line feed right after a carriage return belongs to it.
    if (this[kSawReturnAt] && Date.now() - this[kSawReturnAt] <= this.crlfDelay) {
      if (string.codePointAt(0) === 10) string = string.slice(1);
      this[kSawReturnAt] = 0;
    }

    lineEnding.lastIndex = 0;
    if (!lineEnding.test(string)) {
      if (string) this[kLineBuffer] = this[kLineBuffer] ? this[kLineBuffer] + string : string;
      return;
    }
    if (this[kLineBuffer]) {
      string = this[kLineBuffer] + string;
      this[kLineBuffer] = null;
    }
    this[kSawReturnAt] = string.endsWith('\r') ? Date.now() : 0;

    // Cut first: listeners may use the pattern again.
    const lines = splitLines(string);
    const rest = lines.pop();
    if (rest) this[kLineBuffer] = rest;
    for (let i = 0; i < lines.length; i++) this._onLine(lines[i]);
  }

  // ---- editing -----------------------------------------------------------------------------------

  _insertString(c) {
    this.#beforeEdit(this.line, this.cursor);
    if (this.cursor < this.line.length) {
      this.line = this.line.slice(0, this.cursor) + c + this.line.slice(this.cursor);
      this.cursor += c.length;
      this._refreshLine();
    } else {
      const oldPos = this.getCursorPos();
      this.line += c;
      this.cursor += c.length;
      // A line that wraps is written again.
      if (this.getCursorPos().rows > oldPos.rows) this._refreshLine();
      else this._writeToOutput(c);
    }
  }

  #tabComplete(lastKeypressWasTab) {
    this.pause();
    this._complete(this.line.slice(0, this.cursor), (err, value) => {
      if (!this.closed) this.resume();
      if (err) {
        const { inspect } = require('internal/util/inspect');
        this._writeToOutput(`Tab completion error: ${inspect(err)}`);
        return;
      }
      this.#showCompletions(lastKeypressWasTab, value);
    });
  }

  /** Asks the completer; it may return its answer or a promise of it. */
  async _complete(string, callback) {
    let value;
    try {
      value = await this.completer(string);
    } catch (err) {
      callback(err);
      return;
    }
    callback(null, value);
  }

  #showCompletions(lastKeypressWasTab, [completions, completeOn]) {
    if (!completions || completions.length === 0) return;
    const prefix = commonPrefix(completions.filter((e) => e !== ''));
    if (prefix.startsWith(completeOn) && prefix.length > completeOn.length) {
      this._insertString(prefix.slice(completeOn.length));
      return;
    }
    if (!completeOn.startsWith(prefix)) {
      this.line = this.line.slice(0, this.cursor - completeOn.length) + prefix + this.line.slice(this.cursor);
      this.cursor = this.cursor - completeOn.length + prefix.length;
      this._refreshLine();
      return;
    }
    if (!lastKeypressWasTab) return;
    this.#beforeEdit(this.line, this.cursor);

    // As many columns as fit.
    const widths = completions.map((e) => getStringWidth(e));
    const width = Math.max(...widths) + 2;
    let columns = Math.floor(this.columns / width) || 1;
    if (columns === Infinity) columns = 1;
    let output = '\r\n';
    let column = 0;
    let spaces = 0;
    for (let i = 0; i < completions.length; i++) {
      if (completions[i] === '') {
        // An empty one parts two groups.
        output += column > 0 ? '\r\n\r\n' : '\r\n';
        column = 0;
        spaces = 0;
        continue;
      }
      output += ' '.repeat(spaces) + completions[i];
      spaces = width - widths[i];
      if (++column === columns) {
        output += '\r\n';
        column = 0;
        spaces = 0;
      }
    }
    if (column !== 0) output += '\r\n';
    this._writeToOutput(`${output}\r\n`);
    this._refreshLine();
  }

  _wordLeft() {
    if (this.cursor > 0) {
      const leading = Array.from(this.line.slice(0, this.cursor)).toReversed().join('');
      const match = /^\s*(?:[^\w\s]+|\w+)?/.exec(leading);
      this._moveCursor(-match[0].length);
    }
  }

  _wordRight() {
    if (this.cursor < this.line.length) {
      const match = /^(?:\s+|[^\w\s]+|\w+)\s*/.exec(this.line.slice(this.cursor));
      this._moveCursor(match[0].length);
    }
  }

  _deleteLeft() {
    if (this.cursor > 0 && this.line.length > 0) {
      this.#beforeEdit(this.line, this.cursor);
      const size = charLengthLeft(this.line, this.cursor);
      this.line = this.line.slice(0, this.cursor - size) + this.line.slice(this.cursor);
      this.cursor -= size;
      this._refreshLine();
    }
  }

  _deleteRight() {
    if (this.cursor < this.line.length) {
      this.#beforeEdit(this.line, this.cursor);
      const size = charLengthAt(this.line, this.cursor);
      this.line = this.line.slice(0, this.cursor) + this.line.slice(this.cursor + size);
      this._refreshLine();
    }
  }

  _deleteWordLeft() {
    if (this.cursor > 0) {
      this.#beforeEdit(this.line, this.cursor);
      const leading = Array.from(this.line.slice(0, this.cursor)).toReversed().join('');
      const match = /^\s*(?:[^\w\s]+|\w+)?/.exec(leading);
      const kept = this.line.slice(0, this.cursor - match[0].length);
      this.line = kept + this.line.slice(this.cursor);
      this.cursor = kept.length;
      this._refreshLine();
    }
  }

  _deleteWordRight() {
    if (this.cursor < this.line.length) {
      this.#beforeEdit(this.line, this.cursor);
      const match = /^(?:\s+|\W+|\w+)\s*/.exec(this.line.slice(this.cursor));
      this.line = this.line.slice(0, this.cursor) + this.line.slice(this.cursor + match[0].length);
      this._refreshLine();
    }
  }

  _deleteLineLeft() {
    this.#beforeEdit(this.line, this.cursor);
    this.#pushToKillRing(this.line.slice(0, this.cursor));
    this.line = this.line.slice(this.cursor);
    this.cursor = 0;
    this._refreshLine();
  }

  _deleteLineRight() {
    this.#beforeEdit(this.line, this.cursor);
    this.#pushToKillRing(this.line.slice(this.cursor));
    this.line = this.line.slice(0, this.cursor);
    this._refreshLine();
  }

  #pushToKillRing(text) {
    if (!text || text === this[kKillRing][0]) return;
    this[kKillRing].unshift(text);
    this[kKillRingCursor] = 0;
    while (this[kKillRing].length > 32) this[kKillRing].pop();
  }

  #yank() {
    if (this[kKillRing].length > 0) {
      this[kYanking] = true;
      this._insertString(this[kKillRing][this[kKillRingCursor]]);
    }
  }

  #yankPop() {
    if (!this[kYanking] || this[kKillRing].length <= 1) return;
    const last = this[kKillRing][this[kKillRingCursor]];
    this[kKillRingCursor] = (this[kKillRingCursor] + 1) % this[kKillRing].length;
    const current = this[kKillRing][this[kKillRingCursor]];
    const head = this.line.slice(0, this.cursor - last.length);
    const tail = this.line.slice(this.cursor);
    this.line = head + current + tail;
    this.cursor = head.length + current.length;
    this._refreshLine();
  }

  #beforeEdit(text, cursor) {
    this[kRedoStack].length = 0;
    if (this[kUndoStack].push({ text, cursor }) > kMaxUndoRedoStackSize) this[kUndoStack].shift();
  }

  #restore(from, to) {
    if (from.length === 0) return;
    to.push({ text: this.line, cursor: this.cursor });
    const entry = from.pop();
    this.line = entry.text;
    this.cursor = entry.cursor;
    this._refreshLine();
  }

  clearLine() {
    this._moveCursor(+Infinity);
    this._writeToOutput('\r\n');
    this.line = '';
    this.cursor = 0;
    this[kPrevRows] = 0;
  }

  _line() {
    const line = this._addHistory();
    this[kUndoStack].length = 0;
    this[kRedoStack].length = 0;
    this.clearLine();
    this._onLine(line);
  }

  // ---- history -----------------------------------------------------------------------------------

  _addHistory() {
    if (this.line.length === 0) return '';
    if (this.history === undefined || this.historySize === 0) return this.line;
    // Blank lines are not worth keeping.
    if (this.line.trim().length === 0) return this.line;
    if (this.history.length === 0 || this.history[0] !== this.line) {
      if (this.removeHistoryDuplicates) {
        const index = this.history.indexOf(this.line);
        if (index !== -1) this.history.splice(index, 1);
      }
      this.history.unshift(this.line);
      if (this.history.length > this.historySize) this.history.pop();
    }
    this.historyIndex = -1;
    const line = this.history[0];
    // The listener may keep secrets out of the history.
    this.emit('history', this.history);
    return line;
  }

  _historyNext() {
    if (this.historyIndex < 0) return;
    const search = this[kSubstringSearch] || '';
    let index = this.historyIndex - 1;
    while (index >= 0 && (!this.history[index].startsWith(search) || this.line === this.history[index])) index--;
    this.#beforeEdit(this.line, this.cursor);
    this.line = index === -1 ? search : this.history[index];
    this.historyIndex = index;
    this.cursor = this.line.length;
    this._refreshLine();
  }

  _historyPrev() {
    if (this.historyIndex >= this.history.length || this.history.length === 0) return;
    const search = this[kSubstringSearch] || '';
    let index = this.historyIndex + 1;
    while (index < this.history.length &&
           (!this.history[index].startsWith(search) || this.line === this.history[index])) {
      index++;
    }
    this.#beforeEdit(this.line, this.cursor);
    this.line = index === this.history.length ? search : this.history[index];
    this.historyIndex = index;
    this.cursor = this.line.length;
    this._refreshLine();
  }

  // ---- positions ---------------------------------------------------------------------------------

  /** The row and column after `str`, wrapped at the width of the terminal. */
  _getDisplayPos(str) {
    let offset = 0;
    const col = this.columns;
    let rows = 0;
    str = stripVTControlCharacters(str);
    for (const char of str) {
      if (char === '\n') {
        // Rows are counted from where the line began.
        rows += Math.ceil(offset / col) || 1;
        offset = 0;
        continue;
      }
      if (char === '\t') {
        offset += this.tabSize - (offset % this.tabSize);
        continue;
      }
      const width = getStringWidth(char, false);
      if (width === 0 || width === 1) {
        offset += width;
      } else {
        // A wide character does not fit into the last column.
        if ((offset + 1) % col === 0) offset++;
        offset += 2;
      }
    }
    const cols = offset % col;
    rows += (offset - cols) / col;
    return { cols: Number.isNaN(cols) ? offset : cols, rows: Number.isNaN(rows) ? 0 : rows };
  }

  getCursorPos() {
    return this._getDisplayPos(this._prompt + this.line.slice(0, this.cursor));
  }

  _moveCursor(dx) {
    if (dx === 0) return;
    const oldPos = this.getCursorPos();
    this.cursor = Math.min(Math.max(this.cursor + dx, 0), this.line.length);
    const newPos = this.getCursorPos();
    if (oldPos.rows === newPos.rows) moveCursor(this.output, newPos.cols - oldPos.cols, 0);
    else this._refreshLine();
  }

  // ---- keys --------------------------------------------------------------------------------------

  #ttyWrite(s, key) {
    this._ttyWrite(s, key);
  }

  _ttyWrite(s, key) {
    const previousKey = this[kPreviousKey];
    key ||= {};
    this[kPreviousKey] = key;
    if (!key.meta || key.name !== 'y') this[kYanking] = false;

    // The text before the cursor selects among the history.
    if ((key.name === 'up' || key.name === 'down') && !key.ctrl && !key.meta && !key.shift) {
      if (this[kSubstringSearch] === null) this[kSubstringSearch] = this.line.slice(0, this.cursor);
    } else if (this[kSubstringSearch] !== null) {
      this[kSubstringSearch] = null;
      if (this.history.length === this.historyIndex) this.historyIndex = -1;
    }

    if (typeof key.sequence === 'string') {
      switch (key.sequence.codePointAt(0)) {
        case 0x1f:
          this.#restore(this[kUndoStack], this[kRedoStack]);
          return;
        case 0x1e:
          this.#restore(this[kRedoStack], this[kUndoStack]);
          return;
      }
    }
    if (key.name === 'escape') return;
    if (key.ctrl && key.shift) {
      if (key.name === 'backspace') this._deleteLineLeft();
      else if (key.name === 'delete') this._deleteLineRight();
    } else if (key.ctrl) {
      this.#controlKey(key);
    } else if (key.meta) {
      this.#metaKey(key);
    } else {
      this.#plainKey(s, key, previousKey);
    }
  }

  /** The user is through: a pending question of the promise form fails. */
  #abandon(reason) {
    this[kQuestionReject]?.(new AbortError(reason));
    this.close();
  }

  #controlKey(key) {
    switch (key.name) {
      case 'c':
        if (this.listenerCount('SIGINT') > 0) this.emit('SIGINT');
        else this.#abandon('Aborted with Ctrl+C');
        break;
      case 'h': return this._deleteLeft();
      case 'd':
        if (this.cursor === 0 && this.line.length === 0) this.#abandon('Aborted with Ctrl+D');
        else if (this.cursor < this.line.length) this._deleteRight();
        break;
      case 'u': return this._deleteLineLeft();
      case 'k': return this._deleteLineRight();
      case 'a': return this._moveCursor(-Infinity);
      case 'e': return this._moveCursor(+Infinity);
      case 'b': return this._moveCursor(-charLengthLeft(this.line, this.cursor));
      case 'f': return this._moveCursor(+charLengthAt(this.line, this.cursor));
      case 'l':
        cursorTo(this.output, 0, 0);
        clearScreenDown(this.output);
        this._refreshLine();
        break;
      case 'n': return this._historyNext();
      case 'p': return this._historyPrev();
      case 'y': return this.#yank();
      case 'z':
        if (process.platform === 'win32') break;
        if (this.listenerCount('SIGTSTP') > 0) {
          this.emit('SIGTSTP');
        } else {
          process.once('SIGCONT', () => {
            // The program may have been closed while it slept.
            if (!this.paused) {
              this.pause();
              this.emit('SIGCONT');
            }
            this._setRawMode(true);
            this._refreshLine();
          });
          this._setRawMode(false);
          process.kill(process.pid, 'SIGTSTP');
        }
        break;
      case 'w':
      case 'backspace': return this._deleteWordLeft();
      case 'delete': return this._deleteWordRight();
      case 'left': return this._wordLeft();
      case 'right': return this._wordRight();
    }
    return undefined;
  }

  #metaKey(key) {
    switch (key.name) {
      case 'b': return this._wordLeft();
      case 'f': return this._wordRight();
      case 'd':
      case 'delete': return this._deleteWordRight();
      case 'backspace': return this._deleteWordLeft();
      case 'y': return this.#yankPop();
    }
    return undefined;
  }

  #plainKey(s, key, previousKey) {
    if (this[kSawReturnAt] && key.name !== 'enter') this[kSawReturnAt] = 0;
    switch (key.name) {
      case 'return':
        this[kSawReturnAt] = Date.now();
        this._line();
        break;
      case 'enter':
        // A line feed after the carriage return of the same line.
        if (this[kSawReturnAt] === 0 || Date.now() - this[kSawReturnAt] > this.crlfDelay) this._line();
        this[kSawReturnAt] = 0;
        break;
      case 'backspace': return this._deleteLeft();
      case 'delete': return this._deleteRight();
      case 'left': return this._moveCursor(-charLengthLeft(this.line, this.cursor));
      case 'right': return this._moveCursor(+charLengthAt(this.line, this.cursor));
      case 'home': return this._moveCursor(-Infinity);
      case 'end': return this._moveCursor(+Infinity);
      case 'up': return this._historyPrev();
      case 'down': return this._historyNext();
      case 'tab':
        if (typeof this.completer === 'function' && this.isCompletionEnabled) {
          this.#tabComplete(previousKey && previousKey.name === 'tab');
          break;
        }
      // falls through
      default:
        if (typeof s === 'string' && s) {
          let start = 0;
          lineEnding.lastIndex = 0;
          let match;
          while ((match = lineEnding.exec(s)) !== null) {
            const end = lineEnding.lastIndex;
            this._insertString(s.slice(start, match.index));
            this._line();
            start = end;
            lineEnding.lastIndex = end;
          }
          this._insertString(s.slice(start));
        }
    }
    return undefined;
  }

  /** The lines as an async iterable; reading stops while nobody takes them. */
  [Symbol.asyncIterator]() {
    if (this._lines === undefined) {
      this._lines = EventEmitter.on(this, 'line', {
        close: ['close'], highWaterMark: 1024, [Symbol.for('nodejs.kFirstEventParam')]: true,
      });
      const stop = this._lines.return;
      this._lines.return = () => {
        this.close();
        return stop();
      };
    }
    return this._lines;
  }

  [Symbol.dispose]() {
    this.close();
  }
}

module.exports = { Interface, kQuestionReject };
