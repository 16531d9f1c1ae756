'use strict';

// `--run name`: runs a script of the nearest package.json in a shell.

const fs = require('fs');
const path = require('path');
const { getOptionValue } = require('internal/options');

/** Ends the program with a message. */
function fail(text) {
  fs.writeSync(2, `${text}\n`);
  process.exit(1);
}

/** The package.json that is nearest to a directory. */
function findPackage(directory) {
  for (let at = directory; ; at = path.dirname(at)) {
    const file = path.join(at, 'package.json');
    if (fs.existsSync(file)) return file;
    if (at === path.dirname(at)) return fail(`Can't find package.json for directory ${directory}\n`);
  }
}

function readScripts(file) {
  let parsed;
  try {
    parsed = JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch {
    return fail(`Can't parse ${file}\n`);
  }
  const scripts = parsed?.scripts;
  if (typeof scripts !== 'object' || scripts === null) return fail(`Can't find "scripts" field in ${file}\n`);
  return scripts;
}

/** The directories of programs that packages from `directory` upwards have installed. */
function programDirectories(directory) {
  const list = [];
  for (let at = directory; ; at = path.dirname(at)) {
    const bin = path.join(at, 'node_modules', '.bin');
    if (fs.existsSync(bin)) list.push(bin);
    if (at === path.dirname(at)) return list;
  }
}

/** An argument as a word of the shell. */
function quote(text) {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

const name = getOptionValue('--run');
const file = findPackage(process.cwd());
const scripts = readScripts(file);
const command = Object.hasOwn(scripts, name) ? scripts[name] : undefined;
if (command === undefined) {
  const known = Object.entries(scripts).map(([key, value]) => `  ${key}: ${value}`);
  fail(`Missing script: "${name}" for ${file}\n\n` + (known.length === 0 ?
    'There are no scripts available in the package.json\n' : `Available scripts are:\n${known.join('\n')}\n`));
} else if (typeof command !== 'string') {
  fail(`Script "${name}" is unexpectedly malformed for ${file}\n`);
} else {
  const directory = path.dirname(file);
  const programs = [...programDirectories(process.cwd()), process.env.PATH ?? ''].join(path.delimiter);
  const { spawn } = require('child_process');
  const child = spawn('/bin/sh', ['-c', [command, ...process.argv.slice(1).map(quote)].join(' ')], {
    cwd: directory,
    stdio: 'inherit',
    env: { ...process.env, PATH: programs, NODE_RUN_SCRIPT_NAME: name, NODE_RUN_PACKAGE_JSON_PATH: file },
  });
  child.on('error', (error) => fail(error.message));
  child.on('exit', (code, signal) => {
    if (signal !== null) process.kill(process.pid, signal);
    else process.exitCode = code;
  });
}
