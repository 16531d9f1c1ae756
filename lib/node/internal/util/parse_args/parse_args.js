'use strict';

const {
  codes: {
    ERR_INVALID_ARG_VALUE,
    ERR_PARSE_ARGS_INVALID_OPTION_VALUE,
    ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL,
    ERR_PARSE_ARGS_UNKNOWN_OPTION,
  },
} = require('internal/errors');
const {
  validateArray, validateBoolean, validateBooleanArray, validateObject, validateString, validateStringArray, validateUnion,
} = require('internal/validators');
const { kEmptyObject } = require('internal/util');

/** The arguments of the program, without what started it. */
function getMainArgs() {
  const { execArgv } = process;
  if (execArgv.some((arg) => arg === '-e' || arg === '--eval' || arg === '-p' || arg === '--print')) {
    return process.argv.slice(1);
  }
  return process.argv.slice(2);
}

function own(object, key) {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

function optionOf(options, long, key) {
  return Object.hasOwn(options, long) ? own(options[long], key) : undefined;
}

function longNameOf(short, options) {
  for (const [long, config] of Object.entries(options)) if (own(config, 'short') === short) return long;
  // One letter may be the whole name.
  return short;
}

function isShortGroup(arg) {
  return arg.length > 2 && arg[0] === '-' && arg[1] !== '-';
}

/** Splits the arguments into tokens: options with their values, positionals and the terminator. */
function tokenize(args, options) {
  const tokens = [];
  const queue = [...args];
  let index = -1;
  let groupCount = 0;
  while (queue.length > 0) {
    const arg = queue.shift();
    const next = queue[0];
    if (groupCount > 0) groupCount--;
    else index++;

    if (arg === '--') {
      tokens.push({ kind: 'option-terminator', index });
      for (const value of queue) tokens.push({ kind: 'positional', index: ++index, value });
      break;
    }
    if (arg.length === 2 && arg[0] === '-' && arg[1] !== '-') {
      const name = longNameOf(arg[1], options);
      let value;
      let inlineValue;
      if (optionOf(options, name, 'type') === 'string' && next != null) {
        value = queue.shift();
        inlineValue = false;
      }
      tokens.push({ kind: 'option', name, rawName: arg, index, value, inlineValue });
      if (value != null) ++index;
      continue;
    }
    if (isShortGroup(arg)) {
      const first = longNameOf(arg[1], options);
      if (optionOf(options, first, 'type') === 'string') {
        // -fvalue
        tokens.push({ kind: 'option', name: first, rawName: `-${arg[1]}`, index, value: arg.slice(2), inlineValue: true });
        continue;
      }
      // -abc: up to the one that takes the rest as its value.
      const expanded = [];
      for (let i = 1; i < arg.length; i++) {
        const long = longNameOf(arg[i], options);
        if (optionOf(options, long, 'type') !== 'string' || i === arg.length - 1) {
          expanded.push(`-${arg[i]}`);
        } else {
          expanded.push(`-${arg.slice(i)}`);
          break;
        }
      }
      queue.unshift(...expanded);
      groupCount = expanded.length;
      continue;
    }
    if (arg.startsWith('--') && arg.length > 2) {
      const eq = arg.indexOf('=', 3);
      if (eq === -1) {
        const name = arg.slice(2);
        let value;
        let inlineValue;
        if (optionOf(options, name, 'type') === 'string' && next != null) {
          value = queue.shift();
          inlineValue = false;
        }
        tokens.push({ kind: 'option', name, rawName: arg, index, value, inlineValue });
        if (value != null) ++index;
      } else {
        const name = arg.slice(2, eq);
        tokens.push({ kind: 'option', name, rawName: `--${name}`, index, value: arg.slice(eq + 1), inlineValue: true });
      }
      continue;
    }
    tokens.push({ kind: 'positional', index, value: arg });
  }
  return tokens;
}

function checkLikelyMistake(token) {
  if (!token.inlineValue && token.value != null && token.value.length > 1 && token.value[0] === '-') {
    const example = token.rawName.startsWith('--') ?
      `'${token.rawName}=-XYZ'` : `'--${token.name}=-XYZ' or '${token.rawName}-XYZ'`;
    throw new ERR_PARSE_ARGS_INVALID_OPTION_VALUE(
      `Option '${token.rawName}' argument is ambiguous.\nDid you forget to specify the option argument for ` +
      `'${token.rawName}'?\nTo specify an option argument starting with a dash use ${example}.`);
  }
}

function checkOption(config, token) {
  const { options, allowNegative, allowPositionals } = config;
  let { name } = token;
  if (!Object.hasOwn(options, name)) {
    if (allowNegative && name.startsWith('no-') && optionOf(options, name.slice(3), 'type') === 'boolean') {
      name = name.slice(3);
      if (token.value === undefined) return;
    } else {
      throw new ERR_PARSE_ARGS_UNKNOWN_OPTION(token.rawName, allowPositionals);
    }
  }
  const short = optionOf(options, name, 'short');
  const shown = `${short ? `-${short}, ` : ''}--${name}`;
  const type = optionOf(options, name, 'type');
  if (type === 'string' && typeof token.value !== 'string') {
    throw new ERR_PARSE_ARGS_INVALID_OPTION_VALUE(`Option '${shown} <value>' argument missing`);
  }
  if (type === 'boolean' && token.value != null) {
    throw new ERR_PARSE_ARGS_INVALID_OPTION_VALUE(
      `Option '${allowNegative && token.name !== name ? `--no-${name}` : shown}' does not take an argument`);
  }
}

function storeOption(token, options, values, allowNegative) {
  let { name: long, value } = token;
  if (long === '__proto__') return;
  if (allowNegative && value === undefined && long.startsWith('no-') && !Object.hasOwn(options, long)) {
    long = long.slice(3);
    value = false;
  } else if (value === undefined) {
    value = true;
  }
  if (optionOf(options, long, 'multiple')) {
    if (values[long]) values[long].push(value);
    else values[long] = [value];
  } else {
    values[long] = value;
  }
}

function validateConfig(options) {
  for (const [long, config] of Object.entries(options)) {
    validateObject(config, `options.${long}`);
    const type = own(config, 'type');
    validateUnion(type, `options.${long}.type`, ['string', 'boolean']);
    if (Object.hasOwn(config, 'short')) {
      validateString(config.short, `options.${long}.short`);
      if (config.short.length !== 1) {
        throw new ERR_INVALID_ARG_VALUE(`options.${long}.short`, config.short, 'must be a single character');
      }
    }
    const multiple = own(config, 'multiple');
    if (Object.hasOwn(config, 'multiple')) validateBoolean(multiple, `options.${long}.multiple`);
    const value = own(config, 'default');
    if (value !== undefined) {
      const name = `options.${long}.default`;
      if (type === 'string') (multiple ? validateStringArray : validateString)(value, name);
      else (multiple ? validateBooleanArray : validateBoolean)(value, name);
    }
  }
}

/** `util.parseArgs`. */
function parseArgs(config = kEmptyObject) {
  validateObject(config, 'config');
  const args = own(config, 'args') ?? getMainArgs();
  const strict = own(config, 'strict') ?? true;
  const allowPositionals = own(config, 'allowPositionals') ?? !strict;
  const returnTokens = own(config, 'tokens') ?? false;
  const allowNegative = own(config, 'allowNegative') ?? false;
  const options = own(config, 'options') ?? { __proto__: null };
  const checks = { args, strict, options, allowPositionals, allowNegative };

  validateArray(args, 'args');
  validateBoolean(strict, 'strict');
  validateBoolean(allowPositionals, 'allowPositionals');
  validateBoolean(returnTokens, 'tokens');
  validateBoolean(allowNegative, 'allowNegative');
  validateObject(options, 'options');
  validateConfig(options);

  const tokens = tokenize(args, options);
  const result = { values: { __proto__: null }, positionals: [] };
  if (returnTokens) result.tokens = tokens;
  for (const token of tokens) {
    if (token.kind === 'option') {
      if (strict) {
        checkOption(checks, token);
        checkLikelyMistake(token);
      }
      storeOption(token, options, result.values, allowNegative);
    } else if (token.kind === 'positional') {
      if (!allowPositionals) throw new ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL(token.value);
      result.positionals.push(token.value);
    }
  }
  for (const [long, option] of Object.entries(options)) {
    const value = own(option, 'default');
    if (value !== undefined && result.values[long] === undefined && long !== '__proto__') result.values[long] = value;
  }
  return result;
}

module.exports = { parseArgs };
