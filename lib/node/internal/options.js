'use strict';

// Binding contract:
//   options.getCLIOptionsValues() -> object without prototype: option name ('--check', '--eval', ...) ->
//     boolean | number | string | string[]; options that were not given and have no default may be missing.
//   options.getOptionsAliases?() is not needed: names are canonical.

let values;

function readOptions() {
  const options = internalBinding('options').getCLIOptionsValues();
  options['--pending-deprecation'] ??= process.env.NODE_PENDING_DEPRECATION?.[0] === '1';
  if (options['--permission'] && !options['--allow-addons']) options['--addons'] = false;
  return options;
}

/** Value of a command-line option after NODE_OPTIONS and aliases were applied; undefined when not given. */
function getOptionValue(name) {
  values ??= readOptions();
  const value = values[name];
  if (value === undefined && name.startsWith('--no-')) return values[`--${name.slice(5)}`] === false;
  return value;
}

function getAllowUnauthorized() {
  return process.env.NODE_TLS_REJECT_UNAUTHORIZED === '0';
}

/** Forgets the cached values (they change after NODE_OPTIONS of a dotenv file was applied). */
function refreshOptions() {
  values = undefined;
}

module.exports = { getOptionValue, getAllowUnauthorized, refreshOptions };
