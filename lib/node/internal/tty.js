'use strict';
// How many colours does the terminal show?

const { validateInteger } = require('internal/validators');

const bits2 = 1;
const bits16 = 4;
const bits256 = 8;
const bits16m = 24;

const terminals = {
  '__proto__': null,
  'eterm': bits16,
  'cons25': bits16,
  'console': bits16,
  'cygwin': bits16,
  'dtterm': bits16,
  'gnome': bits16,
  'hurd': bits16,
  'jfbterm': bits16,
  'konsole': bits16,
  'kterm': bits16,
  'mlterm': bits16,
  'mosh': bits16m,
  'putty': bits16,
  'st': bits16,
  'rxvt-unicode-24bit': bits16m,
  'terminator': bits16m,
  'xterm-kitty': bits16m,
};

const ciSystems = [
  ['APPVEYOR', bits256], ['BUILDKITE', bits256], ['CIRCLECI', bits16m], ['DRONE', bits256],
  ['GITEA_ACTIONS', bits16m], ['GITHUB_ACTIONS', bits16m], ['GITLAB_CI', bits256], ['TRAVIS', bits256],
];

const terminalPatterns = [
  /ansi/, /color/, /linux/, /direct/, /^con[0-9]*x[0-9]/, /^rxvt/, /^screen/, /^xterm/, /^vt100/, /^vt220/,
];

let warned = false;

function warnOnDeactivatedColors(env) {
  if (warned) return;
  let name = '';
  if (env.NODE_DISABLE_COLORS !== undefined && env.NODE_DISABLE_COLORS !== '') name = 'NODE_DISABLE_COLORS';
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== '') {
    if (name !== '') name += '\' and \'';
    name += 'NO_COLOR';
  }
  if (name === '') return;
  process.emitWarning(`The '${name}' env is ignored due to the 'FORCE_COLOR' env being set.`, 'Warning');
  warned = true;
}

/** Bits of colour: 1, 4, 8 or 24, by what the environment says. */
function getColorDepth(env = process.env) {
  if (env.FORCE_COLOR !== undefined) {
    switch (env.FORCE_COLOR) {
      case '':
      case '1':
      case 'true':
        warnOnDeactivatedColors(env);
        return bits16;
      case '2':
        warnOnDeactivatedColors(env);
        return bits256;
      case '3':
        warnOnDeactivatedColors(env);
        return bits16m;
      default:
        return bits2;
    }
  }
  if ((env.NODE_DISABLE_COLORS !== undefined && env.NODE_DISABLE_COLORS !== '') ||
      (env.NO_COLOR !== undefined && env.NO_COLOR !== '') || env.TERM === 'dumb') {
    return bits2;
  }
  // Windows 10, build 14931 and later.
  if (process.platform === 'win32') {
    const [major, , build] = require('os').release().split('.');
    if (+major < 10 || +build < 10586) return bits16;
    return +build < 14931 ? bits256 : bits16m;
  }
  if (env.TMUX) return bits16m;
  if ('TF_BUILD' in env && 'AGENT_NAME' in env) return bits16;
  if ('CI' in env) {
    for (const [name, depth] of ciSystems) if (name in env) return depth;
    return env.CI_NAME === 'codeship' ? bits256 : bits2;
  }
  if ('TEAMCITY_VERSION' in env) {
    return /^(9\.(0*[1-9]\d*)\.|\d{2,}\.)/.test(env.TEAMCITY_VERSION) ? bits16 : bits2;
  }
  switch (env.TERM_PROGRAM) {
    case 'iTerm.app':
      return !env.TERM_PROGRAM_VERSION || /^[0-2]\./.test(env.TERM_PROGRAM_VERSION) ? bits256 : bits16m;
    case 'HyperTerm':
    case 'MacTerm':
      return bits16m;
    case 'Apple_Terminal':
      return bits256;
  }
  if (env.COLORTERM === 'truecolor' || env.COLORTERM === '24bit') return bits16m;
  if (env.TERM) {
    if (/truecolor/.test(env.TERM)) return bits16m;
    if (/^xterm-256/.test(env.TERM)) return bits256;
    const term = env.TERM.toLowerCase();
    if (terminals[term]) return terminals[term];
    if (terminalPatterns.some((pattern) => pattern.test(term))) return bits16;
  }
  return env.COLORTERM ? bits16 : bits2;
}

function hasColors(count, env) {
  if (env === undefined && (count === undefined || (typeof count === 'object' && count !== null))) {
    env = count;
    count = 16;
  } else {
    validateInteger(count, 'count', 2);
  }
  return count <= 2 ** this.getColorDepth(env);
}

module.exports = { getColorDepth, hasColors };
