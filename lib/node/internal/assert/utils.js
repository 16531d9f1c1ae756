'use strict';

// Binding contract: the CallSite objects of the engine: getFileName(), getLineNumber(), getColumnNumber()

const { overrideStackTrace } = require('internal/errors');

/** The text of the call that starts at `column` of line `line`: from its first name to the closing parenthesis. */
function callText(source, line, column) {
  const lines = source.split('\n');
  if (line > lines.length) return undefined;
  const first = lines[line - 1];
  let start = column - 1;
  // A member call is reported at its property.
  while (start > 0 && /[\w$.]/.test(first[start - 1])) start--;
  const text = [first.slice(start), ...lines.slice(line)].join('\n');
  let depth = 0;
  let quote = '';
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (quote !== '') {
      if (c === '\\') i++;
      else if (c === quote) quote = '';
    } else if (c === '"' || c === "'" || c === '`') {
      quote = c;
    } else if (c === '/' && text[i + 1] === '/') {
      const end = text.indexOf('\n', i);
      if (end === -1) return undefined;
      i = end;
    } else if (c === '/' && text[i + 1] === '*') {
      const end = text.indexOf('*/', i);
      if (end === -1) return undefined;
      i = end + 1;
    } else if (c === '/' && /[(,=:[!&|?{};\n]\s*$/.test(text.slice(0, i))) {
      // A regular expression: up to the slash outside a class.
      let inClass = false;
      for (i++; i < text.length && (text[i] !== '/' || inClass) && text[i] !== '\n'; i++) {
        if (text[i] === '\\') i++;
        else if (text[i] === '[') inClass = true;
        else if (text[i] === ']') inClass = false;
      }
    } else if (c === '(' || c === '[' || c === '{') {
      depth++;
    } else if (c === ')' || c === ']' || c === '}') {
      depth--;
      if (depth === 0 && c === ')') return { text: text.slice(0, i + 1), indentation: start };
    }
  }
  return undefined;
}

/** The message of a failed assert.ok(): the source of the call, or undefined when it cannot be read. */
function getErrMessage(fn) {
  const holder = {};
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 1;
  overrideStackTrace.set(holder, (_, trace) => trace);
  Error.captureStackTrace(holder, fn);
  Error.stackTraceLimit = limit;
  const call = Array.isArray(holder.stack) ? holder.stack[0] : undefined;
  overrideStackTrace.delete(holder);
  let filename = call?.getFileName();
  if (!filename || filename.startsWith('node:')) return undefined;
  let found;
  try {
    if (filename.startsWith('file:')) filename = require('internal/url').fileURLToPath(filename);
    found = callText(require('fs').readFileSync(filename, 'utf8'), call.getLineNumber(), call.getColumnNumber());
  } catch {
    return undefined;
  }
  if (found === undefined) return undefined;
  const { indentation } = found;
  // Further lines lose the indentation of the first.
  const text = found.text.split('\n').map((line, i) => {
    if (i === 0) return line;
    let cut = 0;
    while (cut < indentation && (line[cut] === ' ' || line[cut] === '\t')) cut++;
    return line.slice(cut);
  }).join('\n  ');
  return `The expression evaluated to a falsy value:\n\n  ${text}\n`;
}

/** Builds the message from what a caller gave: a format with arguments, a function, an error to throw, or nothing. */
function readMessage(args, actual, expected) {
  const { 0: message } = args;
  if (args.length === 0 || message === undefined) return undefined;
  if (message instanceof Error || require('internal/util/types').isNativeError(message)) throw message;
  if (typeof message === 'function') {
    const text = message(actual, expected);
    return text === undefined ? undefined : String(text);
  }
  if (typeof message !== 'string') {
    const { ERR_INVALID_ARG_TYPE } = require('internal/errors').codes;
    throw new ERR_INVALID_ARG_TYPE('message', ['string', 'function'], message);
  }
  return args.length === 1 ? message : require('internal/util/inspect').format(...args);
}

/** Throws an AssertionError described by `options`. */
function innerFail(options) {
  if (options.message instanceof Error) throw options.message;
  const AssertionError = require('internal/assert/assertion_error');
  throw new AssertionError(options);
}

function innerOk(fn, argumentCount, value, ...args) {
  if (value) return;
  let message;
  let generatedMessage = false;
  if (argumentCount === 0) {
    generatedMessage = true;
    message = 'No value argument passed to `assert.ok()`';
  } else {
    message = readMessage(args, value, true);
    if (message === undefined) {
      generatedMessage = true;
      message = getErrMessage(fn);
    }
  }
  const AssertionError = require('internal/assert/assertion_error');
  const error = new AssertionError({ actual: value, expected: true, message, operator: '==', stackStartFn: fn });
  error.generatedMessage = generatedMessage;
  throw error;
}

module.exports = { innerFail, innerOk, readMessage };
