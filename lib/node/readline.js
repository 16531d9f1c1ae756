'use strict';
// node:readline

const { clearLine, clearScreenDown, cursorTo, moveCursor } = require('internal/readline/callbacks');
const emitKeypressEvents = require('internal/readline/emitKeypressEvents');
const { Interface: InterfaceBase } = require('internal/readline/interface');
const { promisify } = require('internal/util');
const { AbortError } = require('internal/errors');

function Interface(input, output, completer, terminal) {
  if (!(this instanceof Interface)) return new Interface(input, output, completer, terminal);
  return Reflect.construct(InterfaceBase, [input, output, completer, terminal], new.target);
}
Object.setPrototypeOf(Interface.prototype, InterfaceBase.prototype);
Object.setPrototypeOf(Interface, InterfaceBase);

/** A completer returns its answer, or gives it to a callback when it takes two arguments. */
Interface.prototype._complete = function _complete(string, callback) {
  if (this.completer.length === 2) {
    this.completer(string, callback);
    return;
  }
  let value;
  try {
    value = this.completer(string);
  } catch (err) {
    callback(err);
    return;
  }
  callback(null, value);
};

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
