'use strict';
// node:readline

const { clearLine, clearScreenDown, cursorTo, moveCursor } = require('internal/readline/callbacks');
const emitKeypressEvents = require('internal/readline/emitKeypressEvents');
const { Interface: InterfaceBase } = require('internal/readline/interface');
const { promisify } = require('internal/util');
const { AbortError } = require('internal/errors');

/** Completers may take a callback: the promise form is what the base class calls. */
function toAsyncCompleter(completer) {
  return typeof completer === 'function' && completer.length === 2 ? promisify(completer) : completer;
}

function Interface(input, output, completer, terminal) {
  if (!(this instanceof Interface)) return new Interface(input, output, completer, terminal);
  if (input?.input) input = { ...input, completer: toAsyncCompleter(input.completer) };
  return Reflect.construct(InterfaceBase, [input, output, toAsyncCompleter(completer), terminal],
                           new.target ?? Interface);
}
Object.setPrototypeOf(Interface.prototype, InterfaceBase.prototype);
Object.setPrototypeOf(Interface, InterfaceBase);

const superQuestion = InterfaceBase.prototype.question;

Interface.prototype.question = function question(query, options, cb) {
  cb = typeof options === 'function' ? options : cb;
  superQuestion.call(this, query, typeof options === 'object' && options !== null ? options : {}, cb);
};

Interface.prototype.question[promisify.custom] = function question(query, options) {
  options = typeof options === 'object' && options !== null ? options : {};
  if (options.signal?.aborted) {
    return Promise.reject(new AbortError(undefined, { cause: options.signal.reason }));
  }
  return new Promise((resolve, reject) => {
    let cb = resolve;
    if (options.signal) {
      const onAbort = () => reject(new AbortError(undefined, { cause: options.signal.reason }));
      options.signal.addEventListener('abort', onAbort, { once: true });
      cb = (answer) => {
        options.signal.removeEventListener('abort', onAbort);
        resolve(answer);
      };
    }
    this.question(query, options, cb);
  });
};

function createInterface(input, output, completer, terminal) {
  return new Interface(input, output, completer, terminal);
}

module.exports = {
  Interface,
  clearLine,
  clearScreenDown,
  createInterface,
  cursorTo,
  emitKeypressEvents,
  moveCursor,
  get promises() { return require('readline/promises'); },
};
