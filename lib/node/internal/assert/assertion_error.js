'use strict';

// Binding contract: none.

const { inspect } = require('internal/util/inspect');
const { isErrorStackTraceLimitWritable, kIsNodeError } = require('internal/errors');
const { validateObject } = require('internal/validators');
const colors = require('internal/util/colors');
const { myersDiff, printMyersDiff, printSimpleMyersDiff } = require('internal/assert/myers_diff');

const kReadableOperator = {
  deepStrictEqual: 'Expected values to be strictly deep-equal:',
  partialDeepStrictEqual: 'Expected values to be partially and strictly deep-equal:',
  strictEqual: 'Expected values to be strictly equal:',
  strictEqualObject: 'Expected "actual" to be reference-equal to "expected":',
  deepEqual: 'Expected values to be loosely deep-equal:',
  notDeepStrictEqual: 'Expected "actual" not to be strictly deep-equal to:',
  notStrictEqual: 'Expected "actual" to be strictly unequal to:',
  notStrictEqualObject: 'Expected "actual" not to be reference-equal to "expected":',
  notDeepEqual: 'Expected "actual" not to be loosely deep-equal to:',
  notIdentical: 'Values have same structure but are not reference-equal:',
  notDeepEqualUnequal: 'Expected values not to be loosely deep-equal:',
};

const kMaxShortStringLength = 12;
const kMaxLongStringLength = 512;
const kMaxLines = 50;

function inspectValue(value) {
  return inspect(value, {
    compact: false,
    customInspect: false,
    depth: 1000,
    maxArrayLength: Infinity,
    // Hidden properties play no part in the comparison.
    showHidden: false,
    showProxy: false,
    sorted: true,
    getters: true,
    breakLength: Infinity,
  });
}

function isObjectLike(value) {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

/** "actual !== expected", or the two below each other with a mark at the first difference. */
function simpleDiff(actual, inspectedActual, expected, inspectedExpected) {
  let length = inspectedActual.length + inspectedExpected.length;
  // Without their quotes.
  if (typeof actual === 'string') length -= 2;
  if (typeof expected === 'string') length -= 2;
  if (length <= kMaxShortStringLength && (actual !== 0 || expected !== 0)) {
    return { message: `${inspectedActual} !== ${inspectedExpected}`, header: '' };
  }
  if (typeof actual === 'string' && typeof expected === 'string' && colors.hasColors) {
    const header = `${colors.green}actual${colors.white} ${colors.red}expected${colors.white}`;
    return { message: printSimpleMyersDiff(myersDiff(inspectedActual, inspectedExpected)), header };
  }
  let message = `\n${colors.green}+${colors.white} ${inspectedActual}\n${colors.red}- ${colors.white}${inspectedExpected}`;
  const width = process.stderr.isTTY ? process.stderr.columns : 80;
  if (inspectedActual.length + inspectedExpected.length <= width) {
    let i = 0;
    while (i < inspectedActual.length && inspectedActual[i] === inspectedExpected[i]) i++;
    if (i >= 3 && i < inspectedActual.length) message += `\n${' '.repeat(i + 2)}^`;
  }
  return { message, header: undefined };
}

function createErrDiff(actual, expected, operator, customMessage, diffType = 'simple') {
  if (operator === 'strictEqual' && isObjectLike(actual) && isObjectLike(expected)) operator = 'strictEqualObject';
  const inspectedActual = inspectValue(actual);
  const inspectedExpected = inspectValue(expected);
  const actualLines = inspectedActual.split('\n');
  const expectedLines = inspectedExpected.split('\n');
  let header = '+ actual - expected';
  let skipped = false;
  let message;

  const oneLine = actualLines.length === 1 && expectedLines.length === 1;
  if (oneLine && (typeof actual !== 'object' || actual === null || typeof expected !== 'object' || expected === null)) {
    const simple = simpleDiff(actual, actualLines[0], expected, expectedLines[0]);
    ({ message } = simple);
    header = simple.header ?? header;
  } else if (inspectedActual === inspectedExpected) {
    operator = 'notIdentical';
    header = '';
    if (actualLines.length > kMaxLines && diffType !== 'full') {
      message = `${actualLines.slice(0, kMaxLines).join('\n')}\n...`;
      skipped = true;
    } else {
      message = inspectedActual;
    }
  } else {
    const ignoreCommas = actual != null && typeof actual === 'object';
    const diff = myersDiff(actualLines, expectedLines, ignoreCommas);
    ({ message, skipped } = printMyersDiff(diff, operator));
  }
  const title = customMessage ?? kReadableOperator[operator];
  return `${title}\n${header}${skipped ? '\n... Skipped lines' : ''}\n${message}\n`;
}

function notEqualMessage(operator, actual, diffType) {
  let base = kReadableOperator[operator];
  if (operator === 'notStrictEqual' && isObjectLike(actual)) base = kReadableOperator.notStrictEqualObject;
  const lines = inspectValue(actual).split('\n');
  if (lines.length > kMaxLines && diffType !== 'full') {
    lines.length = 47;
    lines[46] = `${colors.blue}...${colors.white}`;
  }
  if (lines.length === 1) return `${base}${lines[0].length > 5 ? '\n\n' : ' '}${lines[0]}`;
  return `${base}\n\n${lines.join('\n')}\n`;
}

function shorten(text) {
  return text.length > kMaxLongStringLength ? `${text.slice(0, 509)}...` : text;
}

function otherMessage(operator, actual, expected) {
  let res = inspectValue(actual);
  let other = inspectValue(expected);
  const known = kReadableOperator[operator];
  if (operator === 'notDeepEqual' && res === other) {
    res = `${known}\n\n${res}`;
    return res.length > 1024 ? `${res.slice(0, 1021)}...` : res;
  }
  res = shorten(res);
  other = shorten(other);
  if (operator === 'deepEqual') return `${known}\n\n${res}\n\nshould loosely deep-equal\n\n${other}`;
  const unequal = kReadableOperator[`${operator}Unequal`];
  if (unequal) return `${unequal}\n\n${res}\n\nshould not loosely deep-equal\n\n${other}`;
  return `${res} ${operator} ${other}`;
}

function messageFor(operator, actual, expected, message, diffType) {
  const isDiff = operator === 'deepStrictEqual' || operator === 'strictEqual';
  if (message != null) return isDiff ? createErrDiff(actual, expected, operator, message, diffType) : String(message);
  if (isDiff || operator === 'partialDeepStrictEqual') return createErrDiff(actual, expected, operator, null, diffType);
  if (operator === 'notDeepStrictEqual' || operator === 'notStrictEqual') return notEqualMessage(operator, actual, diffType);
  return otherMessage(operator, actual, expected);
}

function addEllipsis(value) {
  const lines = value.split('\n', 11);
  if (lines.length > 10) {
    lines.length = 10;
    return `${lines.join('\n')}\n...`;
  }
  return value.length > kMaxLongStringLength ? `${value.slice(kMaxLongStringLength)}...` : value;
}

class AssertionError extends Error {
  constructor(options) {
    validateObject(options, 'options');
    const { message, operator, stackStartFn, details, stackStartFunction, diff = 'simple' } = options;
    let { actual, expected } = options;

    const limitWritable = isErrorStackTraceLimitWritable();
    const limit = Error.stackTraceLimit;
    if (limitWritable) Error.stackTraceLimit = 0;
    try {
      if (message == null) {
        colors.refresh();
        // Values that inspect the same way through their stack would be long.
        if (typeof actual === 'object' && actual !== null && typeof expected === 'object' && expected !== null &&
            'stack' in actual && actual instanceof Error && 'stack' in expected && expected instanceof Error) {
          actual = withoutStack(actual);
          expected = withoutStack(expected);
        }
      }
      super(messageFor(operator, actual, expected, message, diff));
    } finally {
      if (limitWritable) Error.stackTraceLimit = limit;
    }
    ({ actual, expected } = options);

    this.generatedMessage = !message;
    Object.defineProperty(this, 'name', {
      __proto__: null, value: 'AssertionError', enumerable: false, writable: true, configurable: true,
    });
    this.code = 'ERR_ASSERTION';
    if (details) {
      this.actual = undefined;
      this.expected = undefined;
      this.operator = undefined;
      for (let i = 0; i < details.length; i++) {
        this[`message ${i}`] = details[i].message;
        this[`actual ${i}`] = details[i].actual;
        this[`expected ${i}`] = details[i].expected;
        this[`operator ${i}`] = details[i].operator;
        this[`stack trace ${i}`] = details[i].stack;
      }
    } else {
      this.actual = actual;
      this.expected = expected;
      this.operator = operator;
    }
    Error.captureStackTrace(this, stackStartFn || stackStartFunction);
    this.diff = diff;
  }

  get [kIsNodeError]() {
    return true;
  }

  toString() {
    return `${this.name} [${this.code}]: ${this.message}`;
  }

  [inspect.custom](recurseTimes, ctx) {
    // Long values are in the message already.
    const { actual, expected } = this;
    if (typeof actual === 'string') this.actual = addEllipsis(actual);
    if (typeof expected === 'string') this.expected = addEllipsis(expected);
    const result = inspect(this, { ...ctx, customInspect: false, depth: 0 });
    this.actual = actual;
    this.expected = expected;
    return result;
  }
}

/** A copy of an error that prints in one line. */
function withoutStack(error) {
  const copy = Object.create(Object.getPrototypeOf(error), Object.getOwnPropertyDescriptors(error));
  // Those inside it too.
  const { value: cause } = Object.getOwnPropertyDescriptor(error, 'cause') ?? {};
  if (cause instanceof Error) {
    const enumerable = Object.prototype.propertyIsEnumerable.call(error, 'cause');
    Object.defineProperty(copy, 'cause', { __proto__: null, value: withoutStack(cause), enumerable, configurable: true });
  }
  Object.defineProperty(copy, 'stack', {
    __proto__: null, value: undefined, configurable: true, enumerable: false, writable: true,
  });
  return Object.defineProperty(copy, 'message', { __proto__: null, value: error.message, configurable: true });
}

module.exports = AssertionError;
