'use strict';
// node:readline/promises

const { Readline } = require('internal/readline/promises');
const { Interface: InterfaceBase, kQuestionReject } = require('internal/readline/interface');
const { AbortError, codes: { ERR_USE_AFTER_CLOSE } } = require('internal/errors');
const { validateAbortSignal } = require('internal/validators');

class Interface extends InterfaceBase {
  question(query, options = {}) {
    return new Promise((resolve, reject) => {
      if (this.closed) throw new ERR_USE_AFTER_CLOSE('readline');
      let cb = resolve;
      if (options?.signal) {
        validateAbortSignal(options.signal, 'options.signal');
        if (options.signal.aborted) {
          reject(new AbortError(undefined, { cause: options.signal.reason }));
          return;
        }
        const onAbort = () => reject(new AbortError(undefined, { cause: options.signal.reason }));
        options.signal.addEventListener('abort', onAbort, { once: true });
        cb = (answer) => {
          options.signal.removeEventListener('abort', onAbort);
          resolve(answer);
        };
      }
      super.question(query, options, cb);
      this[kQuestionReject] = reject;
    });
  }
}

function createInterface(input, output, completer, terminal) {
  return new Interface(input, output, completer, terminal);
}

module.exports = { Interface, Readline, createInterface };
