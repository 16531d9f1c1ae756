'use strict';

// The output of node:test: 'spec' for people, 'tap' for programs.

const { getOptionValue } = require('internal/options');
const { inspect } = require('internal/util/inspect');

function write(text) {
  process.stdout.write(`${text}\n`);
}

function indentation(test) {
  return '  '.repeat(Math.max(0, test.depth));
}

function describeError(error) {
  return typeof error?.stack === 'string' && error.failureType !== 'subtestsFailed' ? inspect(error) : String(error?.message ?? error);
}

const failures = [];

const spec = {
  enter(suite) {
    write(`${indentation(suite)}▶ ${suite.name}`);
  },
  result(test) {
    const indent = indentation(test);
    const ms = ` (${test.duration.toFixed(6).replace(/0+$/, '').replace(/\.$/, '')}ms)`;
    let suffix = '';
    if (test.skipped) suffix = ` # ${typeof test.skipped === 'string' ? test.skipped : 'SKIP'}`;
    else if (test.todo) suffix = ` # ${typeof test.todo === 'string' ? test.todo : 'TODO'}`;
    const mark = test.skipped ? '﹣' : test.error === undefined ? '✔' : test.todo ? '⚠' : '✖';
    write(`${indent}${mark} ${test.name}${ms}${suffix}`);
    for (const line of test.diagnostics) write(`${indent}ℹ ${line}`);
    if (test.error !== undefined && !test.todo) {
      if (test.error.failureType !== 'subtestsFailed') {
        failures.push(test);
        write(describeError(test.error).replace(/^/gm, `${indent}  `));
      }
    }
  },
  failure(message, error) {
    write(`✖ ${message}\n${describeError(error)}`);
  },
  summary(totals, ms) {
    for (const [name, value] of Object.entries(totals)) write(`ℹ ${name} ${value}`);
    write(`ℹ duration_ms ${ms}`);
    if (failures.length === 0) return;
    write('\n✖ failing tests:');
    for (const test of failures) write(`\n✖ ${test.name}\n${describeError(test.error).replace(/^/gm, '  ')}`);
  },
};

let tapCount = 0;
const tap = {
  enter(suite) {
    write(`${'    '.repeat(Math.max(0, suite.depth))}# Subtest: ${suite.name}`);
  },
  result(test) {
    const indent = '    '.repeat(Math.max(0, test.depth));
    const number = test.depth <= 0 ? ++tapCount : test.parent.children.indexOf(test) + 1;
    if (test.kind !== 'suite') write(`${indent}# Subtest: ${test.name}`);
    const directive = test.skipped ? ' # SKIP' : test.todo ? ' # TODO' : '';
    write(`${indent}${test.error === undefined || test.skipped ? 'ok' : 'not ok'} ${number} - ${test.name}${directive}`);
    write(`${indent}  ---\n${indent}  duration_ms: ${test.duration}`);
    if (test.error !== undefined) write(`${indent}  error: |-\n${describeError(test.error).replace(/^/gm, `${indent}    `)}`);
    write(`${indent}  ...`);
  },
  failure(message, error) {
    write(`# ${message}: ${describeError(error)}`);
  },
  summary(totals, ms) {
    write(`1..${tapCount}`);
    for (const [name, value] of Object.entries(totals)) write(`# ${name} ${value}`);
    write(`# duration_ms ${ms}`);
  },
};

let chosen;
function current() {
  if (chosen !== undefined) return chosen;
  const wanted = [getOptionValue('--test-reporter')].flat()[0];
  chosen = wanted === 'tap' ? tap : spec;
  if (chosen === tap) write('TAP version 13');
  return chosen;
}

module.exports = { current };
