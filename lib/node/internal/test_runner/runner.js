'use strict';

// --test: each test file in a process of its own, one after the other.

const { codes: { ERR_METHOD_NOT_IMPLEMENTED } } = require('internal/errors');

const kDefaultPatterns = [
  '**/*.test.{js,mjs,cjs,ts,mts,cts}', '**/*-test.{js,mjs,cjs,ts,mts,cts}', '**/*_test.{js,mjs,cjs,ts,mts,cts}',
  '**/test-*.{js,mjs,cjs,ts,mts,cts}', '**/test.{js,mjs,cjs,ts,mts,cts}', '**/test/**/*.{js,mjs,cjs,ts,mts,cts}',
];

function findFiles(patterns) {
  const fs = require('fs');
  const { resolve } = require('path');
  const files = new Set();
  for (const pattern of patterns) {
    if (fs.existsSync(pattern) && fs.statSync(pattern).isFile()) {
      files.add(resolve(pattern));
      continue;
    }
    for (const name of fs.globSync(pattern, { exclude: ['**/node_modules/**'] })) files.add(resolve(name));
  }
  return [...files].sort();
}

function runFile(file) {
  const { spawn } = require('child_process');
  return new Promise((resolve) => {
    const args = [...process.execArgv.filter((arg) => arg !== '--test'), file];
    const child = spawn(process.execPath, args, { stdio: 'inherit', env: { ...process.env, NODE_TEST_CONTEXT: 'child' } });
    child.on('error', (error) => {
      process._rawDebug(`${error}`);
      resolve(1);
    });
    child.on('close', (code) => resolve(code ?? 1));
  });
}

async function runCommandLine(patterns) {
  const files = findFiles(patterns.length > 0 ? patterns : kDefaultPatterns);
  if (files.length === 0) {
    process._rawDebug('Could not find any test files');
    process.exitCode = patterns.length > 0 ? 1 : 0;
    return;
  }
  for (const file of files) {
    const code = await runFile(file);
    if (code !== 0) process.exitCode = 1;
  }
}

function run() {
  throw new ERR_METHOD_NOT_IMPLEMENTED('test.run()');
}

module.exports = { run, runCommandLine };
