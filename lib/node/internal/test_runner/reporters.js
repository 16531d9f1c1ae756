'use strict';

// Where the results of tests go: reporters by name, and their destinations.

const { compose } = require('stream');
const { parseCommandLine } = require('internal/test_runner/utils');

const kBuiltIn = {
  __proto__: null,
  dot: 'internal/test_runner/reporter/dot',
  junit: 'internal/test_runner/reporter/junit',
  lcov: 'internal/test_runner/reporter/lcov',
  spec: 'internal/test_runner/reporter/spec',
  tap: 'internal/test_runner/reporter/tap',
};

function openDestination(name) {
  if (name === 'stdout') return process.stdout;
  if (name === 'stderr') return process.stderr;
  return require('fs').createWriteStream(name);
}

/** A reporter of a name: a built-in one, or the default export of a module. */
async function loadReporter(name) {
  let reporter;
  if (kBuiltIn[name] !== undefined) {
    reporter = require(kBuiltIn[name]);
  } else if (name.startsWith('internal/test_runner/reporter/')) {
    reporter = require(name);
  } else {
    const { getCascadedLoader } = require('internal/modules/esm/loader');
    const { pathToFileURL } = require('internal/url');
    const parent = pathToFileURL(`${process.cwd()}/`).href;
    let specifier = name;
    if (/^\.{1,2}\//.test(name) || name.startsWith('/')) specifier = new URL(name, parent).href;
    reporter = await getCascadedLoader().import(specifier, parent, { __proto__: null });
  }
  if (reporter?.default) reporter = reporter.default;
  // A class is constructed, a function or a stream is used as it is.
  if (reporter?.prototype && Object.getOwnPropertyDescriptor(reporter.prototype, 'constructor')) reporter = new reporter();
  if (!reporter) {
    const { codes: { ERR_INVALID_ARG_VALUE } } = require('internal/errors');
    throw new ERR_INVALID_ARG_VALUE('Reporter', name, 'is not a valid reporter');
  }
  return reporter;
}

const outputs = [];

/** Connects a stream of results with the reporters the command line asks for. */
async function setup(stream, { reporters, destinations } = parseCommandLine()) {
  for (let i = 0; i < reporters.length; i++) {
    const reporter = kBuiltIn[reporters[i]] === undefined ? await loadReporter(reporters[i]) : loadBuiltIn(reporters[i]);
    const output = compose(stream, reporter);
    outputs.push(output);
    output.pipe(openDestination(destinations[i]), { end: destinations[i] !== 'stdout' && destinations[i] !== 'stderr' });
  }
}

function loadBuiltIn(name) {
  const reporter = require(kBuiltIn[name]);
  return reporter.prototype?.constructor === reporter && /^class\b/.test(Function.prototype.toString.call(reporter)) ||
    name === 'spec' || name === 'lcov' ? new reporter() : reporter;
}

/** Resolves when all that was reported has been written. */
async function finished() {
  const { finished: streamFinished } = require('stream/promises');
  await Promise.all(outputs.map((output) => streamFinished(output, { writable: false }).catch(() => {})));
}

module.exports = { finished, kBuiltIn, loadReporter, setup };
