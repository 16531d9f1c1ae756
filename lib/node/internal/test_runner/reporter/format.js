'use strict';

// What the reporters for people have in common.

const { inspectWithNoCustomRetry } = require('internal/errors');
const { inspect } = require('internal/util/inspect');
const colors = require('internal/util/colors');

const kSymbols = {
  '__proto__': null,
  'test:fail': '\u2716 ',
  'test:pass': '\u2714 ',
  'test:diagnostic': '\u2139 ',
  'test:coverage': '\u2139 ',
  'arrow:right': '\u25B6 ',
  'hyphen:minus': '\uFE63 ',
  'warning:alert': '\u26A0 ',
};

function colorOf(type) {
  return { __proto__: null, 'test:fail': colors.red, 'test:pass': colors.green, 'test:diagnostic': colors.blue }[type] ?? '';
}

function indent(nesting) {
  return '  '.repeat(nesting);
}

/** The error of a test, or what the test threw. */
function formatError(error, prefix) {
  if (!error) return '';
  const shown = error.code === 'ERR_TEST_FAILURE' && error.cause !== undefined ? error.cause : error;
  const show = inspectWithNoCustomRetry ?? inspect;
  const text = show(shown, { __proto__: null, colors: colors.shouldColorize?.(process.stdout) ?? false, breakLength: Infinity });
  return `\n${text.split(/\r?\n/).map((line) => `${prefix}  ${line}`).join('\n')}\n`;
}

/** One line for a test, and its error. */
function formatReport(type, data, prefix = '', showError = true) {
  let color = colorOf(type);
  let symbol = kSymbols[type] ?? ' ';
  const { skip, todo, expectFailure } = data;
  const milliseconds = data.details?.duration_ms;
  const duration = milliseconds ? ` ${colors.gray}(${milliseconds}ms)${colors.white}` : '';
  let title = `${data.name}${duration}`;
  if (skip !== undefined) {
    title += ` # ${typeof skip === 'string' && skip.length > 0 ? skip : 'SKIP'}`;
    color = colors.gray;
    symbol = kSymbols['hyphen:minus'];
  } else if (todo !== undefined) {
    title += ` # ${typeof todo === 'string' && todo.length > 0 ? todo : 'TODO'}`;
    if (type === 'test:fail') {
      color = colors.yellow;
      symbol = kSymbols['warning:alert'];
    }
  } else if (expectFailure !== undefined) {
    title += ` # EXPECTED FAILURE${typeof expectFailure === 'string' ? ` ${expectFailure}` : ''}`;
  }
  const error = showError ? formatError(data.details?.error, indent(data.nesting)) : '';
  return `${prefix}${indent(data.nesting)}${color}${symbol}${title}${colors.white}${error === '' ? '' : error}`;
}

module.exports = { colorOf, formatError, formatReport, indent, kSymbols };
