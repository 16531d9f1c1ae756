'use strict';
// node:repl
//
// Lines are collected until they make a program; it runs in the context, and its value is written. Errors it throws
// later come through the domain the server belongs to.

const { Interface } = require('readline');
const domain = require('domain');
const fs = require('fs');
const path = require('path');
const vm = require('vm');
const { inspect } = require('internal/util/inspect');
const { isError } = require('internal/util');
const { validateFunction, validateObject } = require('internal/validators');
const { codes: { ERR_INVALID_REPL_EVAL_CONFIG, ERR_INVALID_REPL_INPUT, ERR_MISSING_ARGS } } = require('internal/errors');

const kBuffered = Symbol('bufferedCommand');
const kLoading = Symbol('loading');
const REPL_MODE_SLOPPY = Symbol('repl-sloppy');
const REPL_MODE_STRICT = Symbol('repl-strict');

/** A program that goes on in the next line. */
class Recoverable extends SyntaxError {
  constructor(err) {
    super();
    this.err = err;
  }
}

const writer = (value) => inspect(value, writer.options);
writer.options = { ...inspect.defaultOptions, showProxy: true };

/** util.inspect.replDefaults: how the REPL shows values. */
Object.defineProperty(inspect, 'replDefaults', {
  __proto__: null,
  configurable: true,
  enumerable: true,
  get: () => writer.options,
  set(options) {
    validateObject(options, 'options');
    Object.assign(writer.options, options);
  },
});

/** The messages of a parser that ran out of input. */
const kIncomplete = /^(?:Unexpected end of input|Unterminated template|Unterminated template literal|missing \) after argument list|Unterminated regular expression: missing)/;

function compile(code) {
  try {
    return new vm.Script(code, { filename: 'REPL' });
  } catch {
    return undefined;
  }
}

function isValidSyntax(code) {
  return compile(code) !== undefined || compile(`_=${code}`) !== undefined;
}

/** Whether a syntax error is one that more lines could cure. */
function isRecoverableError(error, code) {
  if (kIncomplete.test(error.message)) return !/^\s*$/.test(code);
  if (/^Unterminated (?:template|comment|multi)/i.test(error.message)) return true;
  // A string that goes on behind a backslash.
  return /\\\n$/.test(code) && (compile(`${code}'`) !== undefined || compile(`${code}"`) !== undefined);
}

let nextId = 0;
const servers = new Set();
const domains = new Set();

/** A listener for uncaught exceptions would take from the REPL the errors of what was typed. */
function refuseListeners(event) {
  const current = process.domain;
  if (event !== 'uncaughtException' || current == null || !domains.has(current) || current.listenerCount('error') === 0) return;
  const error = new ERR_INVALID_REPL_INPUT('Listeners for `uncaughtException` cannot be used in the REPL');
  error.stack = `${error.name} [${error.code}]: ${error.message}`;
  throw error;
}
let refusing = false;

class REPLServerImpl extends Interface {
  constructor(prompt, source, evaluate, useGlobal, ignoreUndefined, replMode) {
    let options;
    if (prompt !== null && typeof prompt === 'object') {
      options = { ...prompt };
      source = options.stream ?? options.socket;
      evaluate = options.eval;
      ({ useGlobal, ignoreUndefined, replMode } = options);
      prompt = options.prompt;
    } else {
      options = {};
    }
    if (!options.input && !options.output) {
      // The stream of old times is both.
      source ??= process;
      options.input = source.stdin ?? source;
      options.output = source.stdout ?? source;
    }
    if (options.terminal === undefined) options.terminal = options.output.isTTY;
    options.terminal = !!options.terminal;
    if (options.terminal && options.useColors === undefined) {
      options.useColors = require('internal/util/colors').shouldColorize?.(options.output) ?? options.output.isTTY === true;
    }
    if (evaluate && options.breakEvalOnSigint) throw new ERR_INVALID_REPL_EVAL_CONFIG();
    const self = { completer: undefined };
    const completer = options.completer ?? ((text, callback) => self.server.complete(text, callback));
    super({
      input: options.input, output: options.output, completer, terminal: options.terminal,
      historySize: options.historySize, prompt: prompt === undefined ? '> ' : prompt,
    });
    self.server = this;
    this.#initialize(options, evaluate, !!useGlobal, !!ignoreUndefined, replMode);
  }

  #initialize(options, evaluate, useGlobal, ignoreUndefined, replMode) {
    this.options = options;
    this.inputStream = options.input;
    this.outputStream = options.output;
    this.useColors = !!options.useColors;
    this.useGlobal = useGlobal;
    this.ignoreUndefined = ignoreUndefined;
    this.replMode = replMode ?? REPL_MODE_SLOPPY;
    this.breakEvalOnSigint = !!options.breakEvalOnSigint;
    this.allowBlockingCompletions = !!options.allowBlockingCompletions;
    this.underscoreAssigned = false;
    this.underscoreErrAssigned = false;
    this.last = undefined;
    this.lastError = undefined;
    this.editorMode = false;
    this.declarations = { __proto__: null };
    this._initialPrompt = this.getPrompt();
    this[kBuffered] = '';
    this[kLoading] = false;
    this.id = nextId++;
    servers.add(this);
    this._domain = options.domain ?? domain.create();
    domains.add(this._domain);
    if (!refusing && !options.standalone) {
      refusing = true;
      process.prependListener('newListener', refuseListeners);
    }
    this.eval = evaluate ? this._domain.bind(evaluate) : (code, context, file, callback) => this.#evaluate(code, context, file, callback);
    this.writer = options.writer ?? this.#defaultWriter();
    this.commands = { __proto__: null };
    defineDefaultCommands(this);
    this.resetContext();

    this._domain.on('error', (error) => this.#onDomainError(error));
    this.on('close', () => {
      servers.delete(this);
      if (servers.size === 0 && refusing) {
        refusing = false;
        process.removeListener('newListener', refuseListeners);
      }
      if (this.#waiting) this.#queue.push(null);
      else this.emit('exit');
    });
    this.#listen();
    this.displayPrompt();
  }

  #defaultWriter() {
    if (!this.useColors) return writer;
    const coloured = (value) => inspect(value, coloured.options);
    coloured.options = { ...writer.options, colors: true };
    return coloured;
  }

  // ---- Lines ----

  #listen() {
    let sawSIGINT = false;
    this.on('SIGINT', () => {
      const empty = this.line.length === 0;
      this.clearLine();
      this.turnOffEditorMode();
      if (this[kBuffered].length === 0 && empty) {
        if (sawSIGINT) {
          this.close();
          sawSIGINT = false;
          return;
        }
        this.output.write('(To exit, press Ctrl+C again or Ctrl+D or type .exit)\n');
        sawSIGINT = true;
      } else {
        sawSIGINT = false;
      }
      this.clearBufferedCommand();
      this.displayPrompt();
    });
    this.on('line', (line) => {
      sawSIGINT = false;
      if (this.#waiting) this.#queue.push(line ?? '');
      else this.#onLine(line ?? '');
    });
    this.on('SIGCONT', () => {
      if (this.editorMode) {
        this.output.write(`${this._initialPrompt}.editor\n`);
        this.output.write('// Entering editor mode (Ctrl+D to finish, Ctrl+C to cancel)\n');
        this.output.write(`${this[kBuffered]}\n`);
        this.prompt(true);
      } else {
        this.displayPrompt(true);
      }
    });
  }

  /** A promise is being awaited: lines, and the end (null), wait for it. */
  #waiting = false;
  #queue = [];

  #goOn() {
    this.#waiting = false;
    while (this.#queue.length > 0 && !this.#waiting) {
      const line = this.#queue.shift();
      if (line === null) this.emit('exit');
      else this.#onLine(line);
    }
  }

  #onLine(line) {
    if (this.editorMode) {
      this[kBuffered] += `${line}\n`;
      // The indentation goes on.
      const indent = /^\s*/.exec(line)[0];
      this.prompt();
      if (indent && this.terminal) this.write(indent);
      return;
    }
    const trimmed = line.trim();
    // A line that starts with a point is a command, unless it continues an expression or a number.
    if (trimmed && trimmed[0] === '.' && trimmed[1] !== '.' && Number.isNaN(Number.parseFloat(trimmed))) {
      const match = /^\.([^\s]+)\s*(.*)$/.exec(trimmed);
      const keyword = match?.[1];
      if (keyword !== undefined && this.#runCommand(keyword, match[2])) return;
      if (!this[kBuffered]) {
        this.output.write('Invalid REPL keyword\n');
        this.displayPrompt();
        return;
      }
    }
    this.#run(`${this[kBuffered]}${line}\n`, line);
  }

  #runCommand(keyword, rest) {
    const command = this.commands[keyword];
    if (command === undefined) return false;
    command.action.call(this, rest);
    return true;
  }

  #run(code, line) {
    const finish = (error, value) => this.#finish(error, value, code, line);
    this.eval(code, this.context, this.evalFilename ?? 'REPL' + this.#evalCount(), finish);
  }

  #evaluations = 0;
  #evalCount() {
    return ++this.#evaluations;
  }

  #finish(error, value, code, line) {
    if (error && !this[kBuffered] && line.trim().startsWith('npm ') && !(error instanceof Recoverable)) {
      this.output.write('npm should be run outside of the Node.js REPL, in your normal shell.\n(Press Ctrl+D to exit.)\n');
      this.displayPrompt();
      return;
    }
    if (error instanceof Recoverable && !this[kLoading]) {
      this[kBuffered] = code;
      this.displayPrompt();
      return;
    }
    if (error) {
      this.#onDomainError(error instanceof Recoverable ? error.err : error);
      return;
    }
    this.clearBufferedCommand();
    this.lines.push(...code.replace(/\n$/, '').split('\n'));
    this.#show(value);
    this.displayPrompt();
  }

  #show(value) {
    if (!this.underscoreAssigned) this.last = value;
    if (this.ignoreUndefined && value === undefined) return;
    this.output.write(`${this.writer(value)}\n`);
  }

  // ---- Evaluation ----

  #evaluate(code, context, file, callback) {
    // `{ a: 1 }` is meant as an object.
    const asObject = /^\s*{/.test(code) && !/;\s*$/.test(code);
    if (code === '\n') {
      callback(null);
      return;
    }
    let source = code;
    let script;
    let awaiting = null;
    const options = {
      filename: file,
      importModuleDynamically: (specifier, referrer, attributes) => importFrom(specifier, attributes),
    };
    const make = (text) => new vm.Script(this.replMode === REPL_MODE_STRICT && !/^\s*$/.test(text) ? `'use strict'; void 0;\n${text}` : text, options);
    try {
      if (asObject) {
        try {
          script = make(`(${code.trim()})\n`);
        } catch {
          // It is a block.
        }
      }
      script ??= make(source);
    } catch (error) {
      const { processTopLevelAwait } = require('internal/repl/await');
      awaiting = code.includes('await') ? processTopLevelAwait(code) : null;
      if (awaiting === null) {
        if (isRecoverableError(error, code)) {
          callback(new Recoverable(error));
          return;
        }
        require('internal/util').decorateErrorStack?.(error);
        callback(error);
        return;
      }
      if (awaiting.declarations.length > 0) this.#execute(make(`var ${awaiting.declarations.join(', ')};`), context);
      source = awaiting.wrapper;
      script = make(source);
    }

    this._domain.enter();
    let value;
    try {
      value = this.#execute(script, context);
    } catch (error) {
      this._domain.exit();
      callback(error ?? new ThrownNothing(error));
      return;
    }
    this._domain.exit();
    if (awaiting === null) {
      callback(null, value);
      return;
    }
    this.#waiting = true;
    value.then((result) => callback(null, result.value), (error) => callback(error ?? new ThrownNothing(error)))
      .finally(() => this.#goOn());
  }

  #execute(script, context) {
    const options = { displayErrors: false, breakOnSigint: this.breakEvalOnSigint };
    if (!this.breakEvalOnSigint) return this.useGlobal ? script.runInThisContext(options) : script.runInContext(context, options);
    const raw = this.terminal;
    if (raw) this._setRawMode(false);
    try {
      return this.useGlobal ? script.runInThisContext(options) : script.runInContext(context, options);
    } catch (error) {
      if (error?.code === 'ERR_SCRIPT_EXECUTION_INTERRUPTED') delete error.stack;
      throw error;
    } finally {
      if (raw) this._setRawMode(true);
    }
  }

  // ---- Errors ----

  #onDomainError(error) {
    let text;
    if (error instanceof ThrownNothing) {
      error = error.value;
      text = inspect(error);
    } else if (isError(error)) {
      if (error.stack) {
        // The frame of the line itself, and what is below it, say nothing.
        const lines = error.stack.split('\n');
        const top = lines.findLastIndex((line) => /^\s+at (?:async )?[^()]+:\d+:\d+$/.test(line));
        if (top !== -1) error.stack = lines.slice(0, top).join('\n');
      }
      if (error instanceof SyntaxError && error.stack) {
        error.stack = error.stack.replace(/^REPL\d+:\d+\r?\n/, '').replace(/^\s+at\s.*\n?/gm, '');
      }
      text = this.writer(error);
    } else {
      text = this.writer(error);
    }
    if (!this.underscoreErrAssigned) this.lastError = error;
    if (text[0] === '[' && text[text.length - 1] === ']' && isError(error)) text = text.slice(1, -1);
    this.clearBufferedCommand();
    const head = /^\s*at /.test(text) ? 'Uncaught:\n' : `Uncaught${text.includes('\n') && !isError(error) ? ':\n' : ' '}`;
    this.output.write(`${head}${text}\n`);
    if (!this.closed) this.displayPrompt();
  }

  lines = Object.assign([], { level: [] });

  // ---- What a program can do ----

  clearBufferedCommand() {
    this[kBuffered] = '';
  }

  setupHistory(historyConfig = {}, callback) {
    // The file alone, as of old.
    if (typeof historyConfig === 'string') historyConfig = { filePath: historyConfig };
    if (typeof historyConfig === 'function') {
      callback = historyConfig;
      historyConfig = {};
    }
    const onReady = callback ?? historyConfig.onHistoryFileLoaded ?? (() => {});
    validateFunction(onReady, 'onHistoryFileLoaded');
    const { ReplHistory } = require('internal/repl/history');
    this.historyManager = new ReplHistory(this, historyConfig);
    this.historyManager.initialize(onReady);
  }

  close() {
    if (this.terminal && this._flushing && !this.closingOnFlush) {
      this.closingOnFlush = true;
      this.once('flushHistory', () => Interface.prototype.close.call(this));
      return;
    }
    process.nextTick(() => Interface.prototype.close.call(this));
  }

  createContext() {
    let context;
    if (this.useGlobal) {
      context = globalThis;
    } else {
      context = vm.createContext();
      // What the global object has that the language has not.
      const language = new Set(vm.runInContext('Object.getOwnPropertyNames(globalThis)', context));
      for (const name of Object.getOwnPropertyNames(globalThis)) {
        if (language.has(name)) continue;
        Object.defineProperty(context, name, {
          __proto__: null, ...Object.getOwnPropertyDescriptor(globalThis, name),
        });
      }
      context.global = context;
      const { Console } = require('console');
      Object.defineProperty(context, 'console', {
        __proto__: null, configurable: true, writable: true, value: new Console(this.output),
      });
    }
    const { Module, makeRequireFunction } = require('internal/modules/cjs/loader');
    const replModule = new Module('<repl>');
    replModule.paths = Module._nodeModulePaths(safeCwd());
    replModule.filename = path.join(safeCwd(), '<repl>');
    const define = (name, value) => Object.defineProperty(context, name, {
      __proto__: null, configurable: true, writable: true, value,
    });
    define('module', replModule);
    define('require', makeRequireFunction(replModule));
    defineBuiltins(context);
    return context;
  }

  resetContext() {
    this.context = this.createContext();
    this.underscoreAssigned = false;
    this.underscoreErrAssigned = false;
    this.lines = Object.assign([], { level: [] });
    const special = (name, value, assigned) => Object.defineProperty(this.context, name, {
      __proto__: null,
      configurable: true,
      get: () => this[value],
      set: (newValue) => {
        this[value] = newValue;
        if (!this[assigned]) {
          this[assigned] = true;
          this.output.write(`Expression assignment to ${name} now disabled.\n`);
        }
      },
    });
    special('_', 'last', 'underscoreAssigned');
    special('_error', 'lastError', 'underscoreErrAssigned');
    this.emit('reset', this.context);
  }

  displayPrompt(preserveCursor) {
    let prompt = this._initialPrompt;
    if (this[kBuffered].length > 0) prompt = '| ';
    Interface.prototype.setPrompt.call(this, prompt);
    this.prompt(preserveCursor);
  }

  setPrompt(prompt) {
    this._initialPrompt = prompt;
    Interface.prototype.setPrompt.call(this, prompt);
  }

  complete(...args) {
    return require('internal/repl/completer').complete.apply(this, args);
  }

  completeOnEditorMode(callback) {
    return (err, results) => {
      if (err) return callback(err);
      const [completions, completeOn = ''] = results;
      const found = completions.filter(Boolean);
      if (completeOn && found.length > 0) callback(null, [[completeOn], completeOn]);
      else callback(null, [[], completeOn]);
    };
  }

  defineCommand(keyword, command) {
    if (typeof command === 'function') command = { action: command };
    else validateFunction(command.action, 'cmd.action');
    this.commands[keyword] = command;
  }

  turnOffEditorMode() {
    this.editorMode = false;
    this.setPrompt(this._initialPrompt);
  }

  _ttyWrite(s, key) {
    key ||= {};
    if (this.editorMode && key.ctrl && !key.shift && key.name === 'd') {
      this.turnOffEditorMode();
      this[kBuffered] += this.line;
      this.line = '';
      this.cursor = 0;
      const code = this[kBuffered];
      this[kBuffered] = '';
      this.output.write('\n');
      this.#run(`${code}\n`, code);
      return;
    }
    Interface.prototype._ttyWrite.call(this, s, key);
  }
}

/** What was thrown is undefined or null: callbacks could not tell it from success. */
class ThrownNothing {
  constructor(value) {
    this.value = value;
  }
}

function safeCwd() {
  try {
    return process.cwd();
  } catch {
    return '/';
  }
}

async function importFrom(specifier, attributes) {
  const { pathToFileURL } = require('internal/url');
  const parent = pathToFileURL(path.join(safeCwd(), 'repl')).href;
  return require('internal/modules/esm/loader').getCascadedLoader().import(specifier, parent, attributes, undefined);
}

/** Public modules by their names, loaded when they are looked at. */
function defineBuiltins(context) {
  for (const name of require('module').builtinModules) {
    if (name.startsWith('_') || name.includes('/') || name.includes(':') || name in context) continue;
    const set = (value) => {
      delete context[name];
      context[name] = value;
    };
    Object.defineProperty(context, name, {
      __proto__: null,
      configurable: true,
      enumerable: false,
      get() {
        const value = require('internal/bootstrap/realm').BuiltinModule.loadForUser(name).exports;
        delete context[name];
        Object.defineProperty(context, name, { __proto__: null, get: () => value, set, configurable: true, enumerable: false });
        return value;
      },
      set,
    });
  }
}

function defineDefaultCommands(repl) {
  repl.defineCommand('break', {
    help: 'Sometimes you get stuck, this gets you out',
    action() {
      this.clearBufferedCommand();
      this.displayPrompt();
    },
  });
  const clearMessage = repl.useGlobal ? 'Alias for .break' : 'Break, and also clear the local context';
  repl.defineCommand('clear', {
    help: clearMessage,
    action() {
      this.clearBufferedCommand();
      if (!this.useGlobal) {
        this.output.write('Clearing context...\n');
        this.resetContext();
      }
      this.displayPrompt();
    },
  });
  repl.defineCommand('exit', {
    help: 'Exit the REPL',
    action() {
      this.close();
    },
  });
  repl.defineCommand('help', {
    help: 'Print this help message',
    action() {
      const names = Object.keys(this.commands).sort();
      const width = names.reduce((max, name) => Math.max(max, name.length), 0);
      for (const name of names) {
        const { help } = this.commands[name];
        this.output.write(`.${name}${help ? ' '.repeat(width - name.length + 3) + help : ''}\n`);
      }
      this.output.write('\nPress Ctrl+C to abort current expression, Ctrl+D to exit the REPL\n');
      this.displayPrompt();
    },
  });
  repl.defineCommand('save', {
    help: 'Save all evaluated commands in this REPL session to a file',
    action(file) {
      try {
        if (file === '') throw new ERR_MISSING_ARGS('file');
        fs.writeFileSync(file, this.lines.join('\n'));
        this.output.write(`Session saved to: ${file}\n`);
      } catch (error) {
        if (error.code === 'ERR_MISSING_ARGS') this.output.write(`${error.message}\n`);
        else this.output.write(`Failed to save: ${file}\n`);
      }
      this.displayPrompt();
    },
  });
  repl.defineCommand('load', {
    help: 'Load JS from a file into the REPL session',
    action(file) {
      try {
        if (file === '') throw new ERR_MISSING_ARGS('file');
        const stats = fs.statSync(file);
        if (stats.isFile()) {
          this.editorMode = true;
          this[kLoading] = true;
          Interface.prototype.setPrompt.call(this, '');
          this.write(fs.readFileSync(file, 'utf8'));
          this[kLoading] = false;
          this.turnOffEditorMode();
          this.write('\n');
        } else {
          this.output.write(`Failed to load: ${file} is not a valid file\n`);
        }
      } catch (error) {
        if (error.code === 'ERR_MISSING_ARGS') this.output.write(`${error.message}\n`);
        else this.output.write(`Failed to load: ${file}\n`);
      }
      this.displayPrompt();
    },
  });
  if (repl.terminal) {
    repl.defineCommand('editor', {
      help: 'Enter editor mode',
      action() {
        this.editorMode = true;
        Interface.prototype.setPrompt.call(this, '');
        this.output.write('// Entering editor mode (Ctrl+D to finish, Ctrl+C to cancel)\n');
      },
    });
  }
}

/** Callable without `new`, as programs of old do. */
function REPLServer(...args) {
  return Reflect.construct(REPLServerImpl, args, new.target ?? REPLServer);
}
REPLServer.prototype = REPLServerImpl.prototype;
REPLServer.prototype.constructor = REPLServer;
Object.setPrototypeOf(REPLServer, Interface);
REPLServer.super_ = Interface;

function start(...args) {
  return new REPLServer(...args);
}

module.exports = {
  start,
  writer,
  REPLServer,
  REPL_MODE_SLOPPY,
  REPL_MODE_STRICT,
  Recoverable,
  isValidSyntax,
};

let modules;
/** A list of its own: programs add to it what is to be completed. */
function replModules() {
  return modules ??= [...require('module').builtinModules];
}
Object.defineProperty(module.exports, 'builtinModules', {
  __proto__: null, configurable: true, enumerable: true, get: replModules,
});
