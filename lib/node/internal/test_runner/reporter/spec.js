'use strict';

// For people: the tree of tests as they run, then the failures.

const { Transform } = require('stream');
const colors = require('internal/util/colors');
const { colorOf, formatReport, indent, kSymbols } = require('internal/test_runner/reporter/format');

class SpecReporter extends Transform {
  #stack = [];
  #reported = [];
  #failed = [];
  #cwd = process.cwd();

  constructor() {
    super({ __proto__: null, writableObjectMode: true });
    colors.refresh?.();
  }

  /** Opens the tests around the one that has ended. */
  #openParents() {
    let text = '';
    this.#stack.shift();
    while (this.#stack.length > 0) {
      const parent = this.#stack.pop();
      this.#reported.unshift(parent);
      text += `${indent(parent.nesting)}${kSymbols['arrow:right']}${parent.name}\n`;
    }
    return text;
  }

  #handle({ type, data }) {
    switch (type) {
      case 'test:fail':
        if (data.details?.error?.failureType !== 'subtestsFailed' && data.todo === undefined) this.#failed.push(data);
        return this.#testEnded(type, data);
      case 'test:pass':
        return this.#testEnded(type, data);
      case 'test:start':
        this.#stack.unshift(data);
        return '';
      case 'test:stderr':
      case 'test:stdout':
        return data.message;
      case 'test:diagnostic': {
        const color = { error: colors.red, warn: colors.yellow }[data.level] ?? colorOf(type);
        return `${color}${indent(data.nesting)}${kSymbols[type]}${data.message}${colors.white}\n`;
      }
      case 'test:summary':
        // Failures of one process; those of all come at the end.
        if (data.file === undefined) return this.#failures();
    }
    return '';
  }

  #testEnded(type, data) {
    const prefix = this.#openParents();
    if (this.#reported[0]?.nesting === data.nesting && this.#reported[0]?.name === data.name) this.#reported.shift();
    // The errors come at the end, once.
    return `${prefix}${formatReport(type, data, '', false)}\n`;
  }

  #failures() {
    if (this.#failed.length === 0) return '';
    let text = `\n${colorOf('test:fail')}${kSymbols['test:fail']}failing tests:${colors.white}\n`;
    for (const data of this.#failed) {
      const line = formatReport('test:fail', { ...data, nesting: 0 });
      if (data.file) {
        const file = require('path').relative(this.#cwd, data.file);
        text += `\ntest at ${file}:${data.line}:${data.column}\n`;
      } else {
        text += '\n';
      }
      text += `${line}\n`;
    }
    this.#failed = [];
    return text;
  }

  _transform(message, encoding, callback) {
    callback(null, this.#handle(message));
  }

  _flush(callback) {
    callback(null, this.#failures());
  }
}

module.exports = SpecReporter;
