'use strict';

// A simple read-eval-print loop: one statement after the other, continued over lines while it is incomplete.

const EventEmitter = require('events');
const vm = require('vm');
const { inspect } = require('internal/util/inspect');

class Recoverable extends SyntaxError {
  constructor(error) {
    super();
    this.err = error;
  }
}

const writer = (value) => inspect(value, writer.options);
writer.options = { ...inspect.defaultOptions, showProxy: true };

// The messages of a parser that ran out of input.
const kIncomplete = /^(?:Unexpected end of input|Unterminated template|missing \) after argument list|Unterminated template literal)/;

class REPLServer extends EventEmitter {
  #buffer = '';
  #interface;

  constructor(options = {}) {
    super();
    if (typeof options === 'string') options = { prompt: options };
    const { prompt = '> ', input = process.stdin, output = process.stdout, useGlobal = false } = options;
    this.useGlobal = useGlobal;
    this.writer = options.writer ?? writer;
    this.eval = options.eval ?? ((code, context, file, callback) => this.#evaluate(code, callback));
    this.context = useGlobal ? globalThis : vm.createContext({ console, process, require: makeRequire() });
    if (useGlobal) globalThis.require ??= makeRequire();
    this.#interface = require('readline').createInterface({ input, output, prompt, terminal: options.terminal });
    this.#interface.on('line', (line) => this.#onLine(line, output, prompt));
    this.#interface.on('close', () => this.emit('exit'));
    this.#interface.prompt();
  }

  #onLine(line, output, prompt) {
    if (this.#buffer === '' && line.trim() === '.exit') {
      this.close();
      return;
    }
    this.#buffer += `${line}\n`;
    this.eval(this.#buffer, this.context, 'REPL', (error, value) => {
      if (error instanceof Recoverable) {
        this.#interface.setPrompt('| ');
        this.#interface.prompt();
        return;
      }
      this.#buffer = '';
      if (error) output.write(`Uncaught ${inspect(error)}\n`);
      else output.write(`${this.writer(value)}\n`);
      this.#interface.setPrompt(prompt);
      this.#interface.prompt();
    });
  }

  #evaluate(code, callback) {
    // `{ a: 1 }` is meant as an object.
    const wrapped = /^\s*{/.test(code) && !/;\s*$/.test(code) ? `(${code.trim()})\n` : code;
    let value;
    try {
      const script = compile(wrapped) ?? compile(code) ?? new vm.Script(code, { filename: 'REPL' });
      value = this.useGlobal ? script.runInThisContext() : script.runInContext(this.context);
    } catch (error) {
      callback(error instanceof SyntaxError && kIncomplete.test(error.message) ? new Recoverable(error) : error);
      return;
    }
    callback(null, value);
  }

  close() {
    this.#interface.close();
  }
}

function compile(code) {
  try {
    return new vm.Script(code, { filename: 'REPL' });
  } catch {
    return undefined;
  }
}

function makeRequire() {
  return require('module').createRequire(`${process.cwd()}/`);
}

function isValidSyntax(code) {
  return compile(code) !== undefined || compile(`_=${code}`) !== undefined;
}

module.exports = {
  start: (options) => new REPLServer(options),
  writer,
  REPLServer,
  REPL_MODE_SLOPPY: Symbol('repl-sloppy'),
  REPL_MODE_STRICT: Symbol('repl-strict'),
  Recoverable,
  isValidSyntax,
};
