'use strict';

// A character for each test.

const colors = require('internal/util/colors');
const { formatReport } = require('internal/test_runner/reporter/format');

const kMinimumColumns = 20;

function lineLength() {
  return Math.max(process.stdout.columns ?? kMinimumColumns, kMinimumColumns);
}

async function * dotReporter(source) {
  let count = 0;
  let columns = lineLength();
  const failed = [];
  for await (const { type, data } of source) {
    if (type === 'test:pass') yield `${colors.green}.${colors.reset}`;
    if (type === 'test:fail') {
      yield `${colors.red}X${colors.reset}`;
      failed.push(data);
    }
    if ((type === 'test:fail' || type === 'test:pass') && ++count === columns) {
      yield '\n';
      columns = lineLength();
      count = 0;
    }
  }
  yield '\n';
  if (failed.length > 0) {
    yield `\n${colors.red}Failed tests:${colors.white}\n\n`;
    for (const data of failed) yield `${formatReport('test:fail', data)}\n`;
  }
}

module.exports = dotReporter;
