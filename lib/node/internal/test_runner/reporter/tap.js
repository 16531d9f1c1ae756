'use strict';

// TAP version 13: https://testanything.org/tap-version-13-specification.html

const { inspect } = require('internal/util/inspect');
const { isError } = require('internal/util');

const kDefaultIndent = '    ';
const kStackPrefix = /^\s+at /;
const kLineBreak = /\n|\r\n/;
const kInspectOptions = { __proto__: null, colors: false, breakLength: Infinity };

function indent(nesting) {
  return kDefaultIndent.repeat(nesting);
}

function escape(text) {
  return String(text).replaceAll('\b', '\\b').replaceAll('\f', '\\f').replaceAll('\t', '\\t').replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r').replaceAll('\v', '\\v').replaceAll('\\', '\\\\').replaceAll('#', '\\#');
}

function escapeName(text) {
  return String(text).replaceAll('\\', '\\\\').replaceAll('#', '\\#').replaceAll('\b', '\\b').replaceAll('\f', '\\f')
    .replaceAll('\t', '\\t').replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\v', '\\v');
}

function directive(name, reason) {
  return reason === undefined ? '' : ` # ${name}${typeof reason === 'string' && reason.length > 0 ? ` ${escapeName(reason)}` : ''}`;
}

function reportTest(status, { nesting, testNumber, name, skip, todo, expectFailure }) {
  let line = `${indent(nesting)}${status} ${testNumber} - ${escapeName(name)}`;
  if (skip !== undefined) line += directive('SKIP', skip);
  else if (todo !== undefined) line += directive('TODO', todo);
  else if (expectFailure !== undefined) line += directive('EXPECTED FAILURE', expectFailure);
  return `${line}\n`;
}

function reportDetails(nesting, details, location) {
  const prefix = indent(nesting);
  let text = `${prefix}  ---\n`;
  text += toYaml(prefix, 'duration_ms', details.duration_ms);
  text += toYaml(prefix, 'type', details.type);
  if (location) text += toYaml(prefix, 'location', location);
  if (details.error !== undefined) text += toYaml(prefix, null, details.error, new Set());
  return `${text}${prefix}  ...\n`;
}

/** A value as YAML: errors with their cause, objects nested, all else as inspect() shows it. */
function toYaml(prefix, name, value, seen) {
  if (value === undefined) return '';
  const lead = `${prefix}  ${name}:`;
  if (value === null) return `${lead} ~\n`;
  if (typeof value !== 'object') {
    if (typeof value !== 'string') return `${lead} ${inspect(value, kInspectOptions)}\n`;
    const lines = value.split(kLineBreak);
    if (lines.length === 1) return `${lead} ${inspect(value, kInspectOptions)}\n`;
    return `${lead} |-\n${lines.map((line) => `${prefix}    ${line}\n`).join('')}`;
  }
  if (seen?.has(value)) return `${lead} <Circular>\n`;
  seen = new Set(seen).add(value);
  if (value instanceof Date) return `${lead} ${value.toISOString()}\n`;
  if (isError(value)) return errorToYaml(prefix, value, seen);
  const entries = Object.entries(value);
  const inner = entries.map(([key, item]) => toYaml(`${prefix}  `, key, item, seen)).join('');
  return name === null ? inner : `${lead}\n${inner}`;
}

function errorToYaml(prefix, error, seen) {
  const { cause, code, failureType, message, expected, actual, operator, stack, name } = error;
  let shownMessage = message ?? '<unknown error>';
  let shownStack = stack;
  let shownCode = code;
  let shownName = name;
  let source = { expected, actual, operator, error };
  let hasErrorDetails = 'expected' in Object(error) || 'actual' in Object(error);
  // What the test threw is what matters.
  if (code === 'ERR_TEST_FAILURE' && isError(cause)) {
    shownMessage = cause.message ?? shownMessage;
    shownStack = cause.stack ?? shownStack;
    shownCode = cause.code ?? shownCode;
    shownName = cause.name ?? shownName;
    if (cause.name === 'AssertionError' || cause.code === 'ERR_ASSERTION') {
      source = { expected: cause.expected, actual: cause.actual, operator: cause.operator, error: cause };
      hasErrorDetails = true;
    }
  } else if (code === 'ERR_TEST_FAILURE' && cause !== undefined && typeof cause !== 'string') {
    shownMessage = inspect(cause, kInspectOptions);
  }
  let text = '';
  if (failureType !== undefined) text += toYaml(prefix, 'failureType', failureType);
  text += toYaml(prefix, 'exitCode', error.exitCode);
  text += toYaml(prefix, 'signal', error.signal);
  text += toYaml(prefix, 'error', shownMessage);
  if (shownCode) text += toYaml(prefix, 'code', shownCode);
  if (shownName && shownName !== 'Error') text += toYaml(prefix, 'name', shownName);
  if (hasErrorDetails) {
    text += toYaml(prefix, 'expected', source.expected, seen);
    text += toYaml(prefix, 'actual', source.actual, seen);
    if (source.operator) text += toYaml(prefix, 'operator', source.operator);
  }
  if (typeof shownStack === 'string') {
    const frames = shownStack.split(kLineBreak).filter((line) => kStackPrefix.test(line))
      .map((line) => line.replace(kStackPrefix, ''));
    if (frames.length > 0) {
      text += `${prefix}  stack: |-\n${frames.map((frame) => `${prefix}    ${frame}\n`).join('')}`;
    }
  }
  return text;
}

async function * tapReporter(source) {
  yield 'TAP version 13\n';
  for await (const { type, data } of source) {
    switch (type) {
      case 'test:fail': {
        yield reportTest('not ok', data);
        const location = data.file ? `${data.file}:${data.line}:${data.column}` : null;
        yield reportDetails(data.nesting, data.details, location);
        break;
      }
      case 'test:pass':
        yield reportTest('ok', data);
        yield reportDetails(data.nesting, data.details, null);
        break;
      case 'test:plan':
        yield `${indent(data.nesting)}1..${data.count}\n`;
        break;
      case 'test:start':
        yield `${indent(data.nesting)}# Subtest: ${escapeName(data.name)}\n`;
        break;
      case 'test:stderr':
      case 'test:stdout':
        for (const line of data.message.split(kLineBreak)) if (line.length > 0) yield `# ${escape(line)}\n`;
        break;
      case 'test:diagnostic':
        yield `${indent(data.nesting)}# ${escape(data.message)}\n`;
        break;
    }
  }
}

module.exports = tapReporter;
