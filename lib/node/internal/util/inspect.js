'use strict';

// Binding contract:
//   internalBinding('util'): getOwnNonIndexProperties(object, filter) -> (string|symbol)[]; constants {ALL_PROPERTIES,
//     ONLY_ENUMERABLE, kPending, kRejected}; getPromiseDetails(promise) -> [state, result]; getProxyDetails(value, both)
//     -> undefined for what is no proxy, else both ? [target, handler] : target (null when revoked);
//     previewEntries(object, isIterator?) -> entries[] or, with isIterator, [entries, isKeyValue];
//     getConstructorName(object) -> string
//   internalBinding('errors') is not used; internalBinding('builtins').builtinIds -> string[] (names of core modules)

const {
  getOwnNonIndexProperties,
  getPromiseDetails,
  getProxyDetails,
  previewEntries,
  getConstructorName: internalGetConstructorName,
  constants: { ALL_PROPERTIES, ONLY_ENUMERABLE, kPending, kRejected },
} = internalBinding('util');
const types = require('internal/util/types');
const { isStackOverflowError } = require('internal/errors');

const {
  isAnyArrayBuffer, isArgumentsObject, isAsyncFunction, isBigIntObject, isBooleanObject, isBoxedPrimitive, isDataView,
  isDate, isExternal, isGeneratorFunction, isMap, isMapIterator, isModuleNamespaceObject, isNativeError,
  isNumberObject, isPromise, isRegExp, isSet, isSetIterator, isStringObject, isTypedArray, isWeakMap, isWeakSet,
} = types;

const customInspect = Symbol.for('nodejs.util.inspect.custom');

const objectToString = Object.prototype.toString;
const errorToString = Error.prototype.toString;
const functionToString = Function.prototype.toString;
const dateToString = Date.prototype.toString;
const dateToISOString = Date.prototype.toISOString;
const regExpToString = RegExp.prototype.toString;
const symbolToString = Symbol.prototype.toString;
const mapSize = Object.getOwnPropertyDescriptor(Map.prototype, 'size').get;
const setSize = Object.getOwnPropertyDescriptor(Set.prototype, 'size').get;
const typedArrayPrototype = Object.getPrototypeOf(Uint8Array.prototype);
const typedArrayLength = Object.getOwnPropertyDescriptor(typedArrayPrototype, 'length').get;
const typedArrayTag = Object.getOwnPropertyDescriptor(typedArrayPrototype, Symbol.toStringTag).get;
const { entries: mapEntries } = Map.prototype;
const { values: setValues } = Set.prototype;
const { hasOwn } = Object;

// Names of the language's own classes: their prototypes are not worth showing.
const builtInObjects = new Set(
  require('internal/bootstrap/realm').languageGlobals.filter((name) => /^[A-Z][a-zA-Z0-9]+$/.test(name)));

const inspectDefaultOptions = Object.seal({
  showHidden: false,
  depth: 2,
  colors: false,
  customInspect: true,
  showProxy: false,
  maxArrayLength: 100,
  maxStringLength: 10000,
  breakLength: 80,
  compact: 3,
  sorted: false,
  getters: false,
  numericSeparator: false,
});

// What the properties of an object are shown with, beside their values.
const kObjectType = 0; // name: value
const kArrayType = 1; // value
const kArrayExtrasType = 2; // value, further properties name: value

// How the entries of a map or set come.
const kIterator = 0;
const kWeak = 1;
const kMapEntries = 2;

const kMinLineWidth = 16;
// Above this many characters at one level the rest is cut.
const kBudget = 2 ** 27;

const identifier = /^[a-zA-Z_][a-zA-Z_0-9]*$/;
const arrayIndex = /^(0|[1-9][0-9]*)$/;

// ---- Entry -------------------------------------------------------------------------------------------------------------

/** The options a custom inspection function sees. */
function getUserOptions(ctx, isCrossContext) {
  const options = {
    stylize: ctx.stylize,
    showHidden: ctx.showHidden,
    depth: ctx.depth,
    colors: ctx.colors,
    customInspect: ctx.customInspect,
    showProxy: ctx.showProxy,
    maxArrayLength: ctx.maxArrayLength,
    maxStringLength: ctx.maxStringLength,
    breakLength: ctx.breakLength,
    compact: ctx.compact,
    sorted: ctx.sorted,
    getters: ctx.getters,
    numericSeparator: ctx.numericSeparator,
    ...ctx.userOptions,
  };
  if (!isCrossContext) return options;
  // Nothing that leads to this realm may be handed to another one.
  Object.setPrototypeOf(options, null);
  for (const key of Object.keys(options)) {
    const value = options[key];
    if ((typeof value === 'object' || typeof value === 'function') && value !== null) delete options[key];
  }
  options.stylize = Object.setPrototypeOf((value, flavour) => {
    let stylized;
    try {
      stylized = `${ctx.stylize(value, flavour)}`;
    } catch {
      // Falls through to the plain text.
    }
    return typeof stylized === 'string' ? stylized : value;
  }, null);
  return options;
}

/** `util.inspect`. */
function inspect(value, /* legacy: showHidden, depth, colors */ opts) {
  const ctx = {
    budget: {},
    indentationLvl: 0,
    seen: [],
    currentDepth: 0,
    circular: undefined,
    userOptions: undefined,
    stylize: stylizeNoColor,
    showHidden: inspectDefaultOptions.showHidden,
    depth: inspectDefaultOptions.depth,
    colors: inspectDefaultOptions.colors,
    customInspect: inspectDefaultOptions.customInspect,
    showProxy: inspectDefaultOptions.showProxy,
    maxArrayLength: inspectDefaultOptions.maxArrayLength,
    maxStringLength: inspectDefaultOptions.maxStringLength,
    breakLength: inspectDefaultOptions.breakLength,
    compact: inspectDefaultOptions.compact,
    sorted: inspectDefaultOptions.sorted,
    getters: inspectDefaultOptions.getters,
    numericSeparator: inspectDefaultOptions.numericSeparator,
  };
  if (arguments.length > 1) {
    if (arguments.length > 2) {
      if (arguments[2] !== undefined) ctx.depth = arguments[2];
      if (arguments.length > 3 && arguments[3] !== undefined) ctx.colors = arguments[3];
    }
    if (typeof opts === 'boolean') {
      ctx.showHidden = opts;
    } else if (opts) {
      for (const key of Object.keys(opts)) {
        if (hasOwn(inspectDefaultOptions, key) || key === 'stylize') ctx[key] = opts[key];
        else ctx.userOptions ??= opts;
      }
    }
  }
  if (ctx.colors) ctx.stylize = stylizeWithColor;
  if (ctx.maxArrayLength === null) ctx.maxArrayLength = Infinity;
  if (ctx.maxStringLength === null) ctx.maxStringLength = Infinity;
  return formatValue(ctx, value, 0);
}
inspect.custom = customInspect;

Object.defineProperty(inspect, 'defaultOptions', {
  __proto__: null,
  get() {
    return inspectDefaultOptions;
  },
  set(options) {
    require('internal/validators').validateObject(options, 'options');
    return Object.assign(inspectDefaultOptions, options);
  },
});

// ---- Colours -------------------------------------------------------------------------------------------------------------

const defaultFG = 39;
const defaultBG = 49;

// SGR codes: [on, off].
inspect.colors = {
  __proto__: null,
  reset: [0, 0],
  bold: [1, 22],
  dim: [2, 22],
  italic: [3, 23],
  underline: [4, 24],
  blink: [5, 25],
  inverse: [7, 27],
  hidden: [8, 28],
  strikethrough: [9, 29],
  doubleunderline: [21, 24],
  black: [30, defaultFG],
  red: [31, defaultFG],
  green: [32, defaultFG],
  yellow: [33, defaultFG],
  blue: [34, defaultFG],
  magenta: [35, defaultFG],
  cyan: [36, defaultFG],
  white: [37, defaultFG],
  bgBlack: [40, defaultBG],
  bgRed: [41, defaultBG],
  bgGreen: [42, defaultBG],
  bgYellow: [43, defaultBG],
  bgBlue: [44, defaultBG],
  bgMagenta: [45, defaultBG],
  bgCyan: [46, defaultBG],
  bgWhite: [47, defaultBG],
  framed: [51, 54],
  overlined: [53, 55],
  gray: [90, defaultFG],
  redBright: [91, defaultFG],
  greenBright: [92, defaultFG],
  yellowBright: [93, defaultFG],
  blueBright: [94, defaultFG],
  magentaBright: [95, defaultFG],
  cyanBright: [96, defaultFG],
  whiteBright: [97, defaultFG],
  bgGray: [100, defaultBG],
  bgRedBright: [101, defaultBG],
  bgGreenBright: [102, defaultBG],
  bgYellowBright: [103, defaultBG],
  bgBlueBright: [104, defaultBG],
  bgMagentaBright: [105, defaultBG],
  bgCyanBright: [106, defaultBG],
  bgWhiteBright: [107, defaultBG],
};

function defineColorAlias(target, alias) {
  Object.defineProperty(inspect.colors, alias, {
    __proto__: null,
    get() {
      return this[target];
    },
    set(value) {
      this[target] = value;
    },
    configurable: true,
    enumerable: false,
  });
}
for (const { 0: target, 1: alias } of [
  ['gray', 'grey'],
  ['gray', 'blackBright'],
  ['bgGray', 'bgGrey'],
  ['bgGray', 'bgBlackBright'],
  ['dim', 'faint'],
  ['strikethrough', 'crossedout'],
  ['strikethrough', 'strikeThrough'],
  ['strikethrough', 'crossedOut'],
  ['hidden', 'conceal'],
  ['inverse', 'swapColors'],
  ['inverse', 'swapcolors'],
  ['doubleunderline', 'doubleUnderline'],
]) defineColorAlias(target, alias);

inspect.styles = Object.assign({ __proto__: null }, {
  special: 'cyan',
  number: 'yellow',
  bigint: 'yellow',
  boolean: 'yellow',
  undefined: 'grey',
  null: 'bold',
  string: 'green',
  symbol: 'green',
  date: 'magenta',
  // "name" is left without a style.
  regexp: highlightRegExp,
  module: 'underline',
});

const defaultRegExpPalette = ['green', 'red', 'yellow', 'cyan', 'magenta'];
highlightRegExp.colors = defaultRegExpPalette.slice();

/** Colours the text of a regular expression: the deeper a group, the further along the palette. */
function highlightRegExp(text) {
  const { colors } = highlightRegExp;
  const palette = Array.isArray(colors) && colors.length > 0 ? colors : defaultRegExpPalette;
  const end = text.lastIndexOf('/');
  let depth = 0;
  let out = '';
  let i = 1;

  // The shades, by how far they are from the group's own depth.
  const paint = (shade, token) => {
    const codes = inspect.colors[palette[Math.max(0, shade + depth) % palette.length]];
    out += codes === undefined ? token : `\u001b[${codes[0]}m${token}\u001b[${codes[1]}m`;
  };
  const paintFixed = (index, token) => {
    const codes = inspect.colors[palette[index % palette.length]];
    out += codes === undefined ? token : `\u001b[${codes[0]}m${token}\u001b[${codes[1]}m`;
  };
  // An escape sequence at `i`, painted with `shade` (or braces and name in two further shades).
  const escape = (shade) => {
    const kind = text[i + 1];
    if ((kind === 'p' || kind === 'P' || kind === 'u') && text[i + 2] === '{') {
      const close = text.indexOf('}', i + 3);
      if (close !== -1 && close < end) {
        paint(1, text.slice(i, i + 3));
        paint(2, text.slice(i + 3, close));
        paint(1, '}');
        i = close + 1;
        return;
      }
      paint(shade, text.slice(i, i + 3));
      i += 3;
      return;
    }
    if (kind === 'k' && text[i + 2] === '<') {
      const close = text.indexOf('>', i + 3);
      if (close !== -1 && close < end) {
        paint(0, '\\k<');
        paint(1, text.slice(i + 3, close));
        paint(0, '>');
        i = close + 1;
        return;
      }
    }
    let length = 2;
    if (kind === 'x') length = 4;
    else if (kind >= '1' && kind <= '9') while (text[i + length] >= '0' && text[i + length] <= '9') length++;
    paint(shade, text.slice(i, Math.min(i + length, end)));
    i += length;
  };
  const characterClass = () => {
    paint(1, '[');
    depth++;
    i++;
    let atStart = true;
    if (text[i] === '^') {
      paint(1, '^');
      i++;
    }
    while (i < end && text[i] !== ']') {
      if (text[i] === '\\') {
        escape(1);
      } else if (text[i] === '-' && !atStart && text[i + 1] !== ']') {
        paint(2, '-');
        i++;
      } else {
        paint(1, text[i++]);
      }
      atStart = false;
    }
    depth--;
    if (i < end) {
      paint(1, ']');
      i++;
    }
  };
  const group = () => {
    paint(1, '(');
    i++;
    if (text[i] !== '?') {
      depth++;
      return;
    }
    const next = text[i + 1];
    if (next === '<' && text[i + 2] !== '=' && text[i + 2] !== '!') {
      const close = text.indexOf('>', i);
      if (close !== -1 && close < end) {
        paint(1, '?<');
        paint(2, text.slice(i + 2, close));
        paint(1, '>');
        i = close + 1;
      }
    } else {
      let length = 2;
      if (next === '<') length = 3;
      else while (next !== ':' && next !== '=' && next !== '!' && i + length < end && text[i + length - 1] !== ':') length++;
      paint(1, text.slice(i, i + length));
      i += length;
    }
    depth++;
  };
  const repetition = /\{\d+(?:,\d*)?\}/y;

  paintFixed(0, '/');
  while (i < end) {
    const c = text[i];
    if (c === '\\') {
      escape(2);
    } else if (c === '[') {
      characterClass();
    } else if (c === '(') {
      group();
    } else if (c === ')') {
      depth--;
      paint(1, ')');
      i++;
    } else if (c === '*' || c === '+' || c === '?' || c === '^' || c === '$' || c === '|' ||
               c === ',') {
      paint(4, c);
      i++;
    } else if (c === '.') {
      paint(3, c);
      i++;
    } else if (c === '{' && (repetition.lastIndex = i, repetition.test(text))) {
      paint(1, '{');
      for (const part of text.slice(i + 1, repetition.lastIndex - 1).split(/(,)/)) {
        if (part !== '') paint(part === ',' ? 2 : 3, part);
      }
      paint(1, '}');
      i = repetition.lastIndex;
    } else {
      paint(2, c);
      i++;
    }
  }
  paintFixed(0, '/');
  const flags = text.slice(end + 1);
  if (flags) paintFixed(1, flags);
  return out;
}

function stylizeWithColor(text, styleType) {
  const style = inspect.styles[styleType];
  if (style !== undefined) {
    const color = inspect.colors[style];
    if (color !== undefined) return `\u001b[${color[0]}m${text}\u001b[${color[1]}m`;
    if (typeof style === 'function') return style(text);
  }
  return text;
}

function stylizeNoColor(text) {
  return text;
}

// ---- Strings --------------------------------------------------------------------------------------------------------------

// Characters to escape when the quote is a single one; lone surrogates too.
/* eslint-disable no-control-regex */
const needsEscape = /[\x00-\x1f\x27\x5c\x7f-\x9f]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;
const needsEscapeGlobal = new RegExp(needsEscape.source, 'g');
const needsEscapeNoSingle =
  /[\x00-\x1f\x5c\x7f-\x9f]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;
const needsEscapeNoSingleGlobal = new RegExp(needsEscapeNoSingle.source, 'g');
/* eslint-enable no-control-regex */

const shortEscapes = {
  '\b': '\\b', '\t': '\\t', '\n': '\\n', '\f': '\\f', '\r': '\\r', "'": "\\'", '\\': '\\\\',
};

function escapeCharacter(c) {
  const short = shortEscapes[c];
  if (short !== undefined) return short;
  const code = c.charCodeAt(0);
  return code < 0x100 ?
    `\\x${code < 0x10 ? '0' : ''}${code.toString(16).toUpperCase()}` :
    `\\u${code.toString(16)}`;
}

/** A string literal; the quote that needs the fewest escapes, single ones first. */
function strEscape(str) {
  let test = needsEscape;
  let replace = needsEscapeGlobal;
  let quote = "'";
  if (str.includes("'")) {
    if (!str.includes('"')) quote = '"';
    else if (!str.includes('`') && !str.includes('${')) quote = '`';
    if (quote !== "'") {
      test = needsEscapeNoSingle;
      replace = needsEscapeNoSingleGlobal;
    }
  }
  if (!test.test(str)) return `${quote}${str}${quote}`;
  return `${quote}${str.replace(replace, escapeCharacter)}${quote}`;
}

function pluralSuffix(n) {
  return n > 1 ? 's' : '';
}

function groupDigitsFromEnd(digits) {
  const start = digits[0] === '-' ? 1 : 0;
  let result = '';
  let i = digits.length;
  for (; i >= start + 4; i -= 3) result = `_${digits.slice(i - 3, i)}${result}`;
  return i === digits.length ? digits : `${digits.slice(0, i)}${result}`;
}

function groupDigitsFromStart(digits) {
  let result = '';
  let i = 0;
  for (; i < digits.length - 3; i += 3) result += `${digits.slice(i, i + 3)}_`;
  return i === 0 ? digits : `${result}${digits.slice(i)}`;
}

function formatNumber(stylize, number, numericSeparator) {
  if (Object.is(number, -0)) return stylize('-0', 'number');
  const text = `${number}`;
  if (!numericSeparator || !Number.isFinite(number) || text.includes('e')) return stylize(text, 'number');
  const point = text.indexOf('.');
  if (point === -1) return stylize(groupDigitsFromEnd(text), 'number');
  return stylize(
    `${groupDigitsFromEnd(text.slice(0, point))}.${groupDigitsFromStart(text.slice(point + 1))}`, 'number');
}

function formatBigInt(stylize, n, numericSeparator) {
  const text = `${n}`;
  return stylize(`${numericSeparator ? groupDigitsFromEnd(text) : text}n`, 'bigint');
}

const lineEnd = /(?<=\n)/;

function formatPrimitive(stylize, value, ctx) {
  switch (typeof value) {
    case 'string': {
      let trailer = '';
      if (value.length > ctx.maxStringLength) {
        const remaining = value.length - ctx.maxStringLength;
        value = value.slice(0, ctx.maxStringLength);
        trailer = `... ${remaining} more character${pluralSuffix(remaining)}`;
      }
      if (ctx.compact !== true && value.length > kMinLineWidth &&
          value.length > ctx.breakLength - ctx.indentationLvl - 4) {
        return value.split(lineEnd).map((line) => stylize(strEscape(line), 'string'))
          .join(` +\n${' '.repeat(ctx.indentationLvl + 2)}`) + trailer;
      }
      return stylize(strEscape(value), 'string') + trailer;
    }
    case 'number': return formatNumber(stylize, value, ctx.numericSeparator);
    case 'bigint': return formatBigInt(stylize, value, ctx.numericSeparator);
    case 'boolean': return stylize(`${value}`, 'boolean');
    case 'undefined': return stylize('undefined', 'undefined');
    default: return stylize(formatSymbol(value), 'symbol');
  }
}

function formatSymbol(symbol) {
  return symbolToString.call(symbol).replace(needsEscapeNoSingleGlobal, escapeCharacter);
}

// ---- Values ------------------------------------------------------------------------------------------------------------------

/** Formats any value at the depth `recurseTimes`. */
function formatValue(ctx, value, recurseTimes, typedArray) {
  if (typeof value !== 'object' && typeof value !== 'function') return formatPrimitive(ctx.stylize, value, ctx);
  if (value === null) return ctx.stylize('null', 'null');

  const context = value;
  // The target is inspected, so that no trap runs.
  const proxy = getProxyDetails(value, !!ctx.showProxy);
  if (proxy !== undefined) {
    if (proxy === null || (ctx.showProxy && proxy[0] === null)) return ctx.stylize('<Revoked Proxy>', 'special');
    if (ctx.showProxy) return formatProxy(ctx, proxy, recurseTimes);
    value = proxy;
  }

  if (ctx.customInspect) {
    const custom = value[customInspect];
    // Not inspect itself, nor a prototype object of a class with such a method.
    if (typeof custom === 'function' && custom !== inspect) {
      const { constructor } = value;
      if (!(constructor && constructor.prototype === value)) {
        const depth = ctx.depth === null ? null : ctx.depth - recurseTimes;
        const isCrossContext = proxy !== undefined || !(context instanceof Object);
        const result = custom.call(context, depth, getUserOptions(ctx, isCrossContext), inspect);
        if (result !== context) {
          const text = result === null || typeof result !== 'object' ? `${result}` : formatValue(ctx, result, recurseTimes);
          return text.replaceAll('\n', `\n${' '.repeat(ctx.indentationLvl)}`);
        }
      }
    }
  }

  if (ctx.seen.includes(value)) {
    let index = 1;
    if (ctx.circular === undefined) {
      ctx.circular = new Map([[value, index]]);
    } else {
      index = ctx.circular.get(value);
      if (index === undefined) {
        index = ctx.circular.size + 1;
        ctx.circular.set(value, index);
      }
    }
    return ctx.stylize(`[Circular *${index}]`, 'special');
  }

  return proxy === undefined || typeof proxy !== 'object' && typeof proxy !== 'function' ?
    formatRaw(ctx, value, recurseTimes, typedArray) :
    formatProxyTarget(ctx, value, recurseTimes);
}

/** A proxy shown as its target. */
function formatProxyTarget(ctx, target, recurseTimes) {
  return `${ctx.stylize('Proxy(', 'special')}${formatValue(ctx, target, recurseTimes)}${ctx.stylize(')', 'special')}`;
}

function formatProxy(ctx, proxy, recurseTimes) {
  if (recurseTimes > ctx.depth && ctx.depth !== null) return ctx.stylize('Proxy [Array]', 'special');
  recurseTimes += 1;
  ctx.indentationLvl += 2;
  const parts = [
    formatValue(ctx, proxy[0], recurseTimes),
    formatValue(ctx, proxy[1], recurseTimes),
  ];
  ctx.indentationLvl -= 2;
  return reduceToSingleString(ctx, parts, '', ['Proxy [', ']'], kArrayExtrasType, recurseTimes);
}

function isInstanceof(object, constructor) {
  try {
    return object instanceof constructor;
  } catch {
    return false;
  }
}

/**
 * The name of the first constructor on the prototype chain the object is an instance of; null without any prototype.
 * With `protoProps` the accessors of the classes in between are collected there.
 */
function getConstructorName(obj, ctx, recurseTimes, protoProps) {
  const start = obj;
  let firstProto;
  while (obj) {
    const descriptor = Object.getOwnPropertyDescriptor(obj, 'constructor');
    if (descriptor !== undefined && typeof descriptor.value === 'function' && descriptor.value.name !== '' &&
        isInstanceof(start, descriptor.value)) {
      if (protoProps !== undefined && (firstProto !== obj || !builtInObjects.has(descriptor.value.name))) {
        addPrototypeProperties(ctx, start, firstProto || start, recurseTimes, protoProps);
      }
      return String(descriptor.value.name);
    }
    obj = Object.getPrototypeOf(obj);
    firstProto ??= obj;
  }
  if (firstProto === null) return null;

  const name = internalGetConstructorName(start);
  if (recurseTimes > ctx.depth && ctx.depth !== null) return `${name} <Complex prototype>`;
  const protoName = getConstructorName(firstProto, ctx, recurseTimes + 1, protoProps);
  if (protoName === null) {
    return `${name} <${inspect(firstProto, { ...ctx, customInspect: false, depth: -1 })}>`;
  }
  return `${name} <${protoName}>`;
}

/** Collects the accessors and data properties up to three prototypes above, below the first built-in one. */
function addPrototypeProperties(ctx, main, obj, recurseTimes, output) {
  const seenKeys = new Set();
  for (let depth = 0; depth < 3; depth++) {
    if (depth !== 0 || main === obj) {
      obj = Object.getPrototypeOf(obj);
      if (obj === null) return;
      const constructor = Object.getOwnPropertyDescriptor(obj, 'constructor')?.value;
      if (typeof constructor === 'function' && builtInObjects.has(constructor.name)) return;
    }
    ctx.seen.push(main);
    for (const key of Reflect.ownKeys(obj)) {
      if (key === 'constructor' || hasOwn(main, key) || seenKeys.has(key)) continue;
      const descriptor = Object.getOwnPropertyDescriptor(obj, key);
      if (typeof descriptor.value === 'function') continue;
      const text = formatProperty(ctx, obj, recurseTimes, key, kObjectType, descriptor, main);
      // Dimmed: they do not belong to the object itself.
      output.push(ctx.colors ? `\u001b[2m${text}\u001b[22m` : text);
    }
    ctx.seen.pop();
    for (const key of Reflect.ownKeys(obj)) seenKeys.add(key);
  }
}

/** "Name(size) [tag] " in front of the braces. */
function getPrefix(constructor, tag, fallback, size = '') {
  if (constructor === null) {
    return tag !== '' && fallback !== tag ?
      `[${fallback}${size}: null prototype] [${tag}] ` : `[${fallback}${size}: null prototype] `;
  }
  // A tag that ends in the name says where the class belongs: "Intl.Collator".
  if (tag.endsWith(`.${constructor}`)) return `${tag}${size} `;
  return tag !== '' && constructor !== tag ? `${constructor}${size} [${tag}] ` : `${constructor}${size} `;
}

function getKeys(value, showHidden) {
  let keys;
  const symbols = Object.getOwnPropertySymbols(value);
  if (showHidden) {
    keys = Object.getOwnPropertyNames(value);
    if (symbols.length !== 0) keys.push(...symbols);
    return keys;
  }
  try {
    keys = Object.keys(value);
  } catch {
    // A module namespace with a binding that is not initialised yet.
    keys = Object.getOwnPropertyNames(value);
  }
  for (const symbol of symbols) {
    if (Object.prototype.propertyIsEnumerable.call(value, symbol)) keys.push(symbol);
  }
  return keys;
}

function getTag(ctx, value) {
  let tag;
  try {
    tag = value[Symbol.toStringTag];
  } catch {
    return '';
  }
  if (typeof tag !== 'string' || tag === '') return '';
  const shown = ctx.showHidden ?
    hasOwn(value, Symbol.toStringTag) : Object.prototype.propertyIsEnumerable.call(value, Symbol.toStringTag);
  return shown ? '' : tag;
}

/** What an object without prototype was made as. */
function fallbackName(value, constructor, tag) {
  if (constructor !== null) return 'Object';
  const name = internalGetConstructorName(value);
  return name === tag ? 'Object' : name;
}

function isBelow(ctx, recurseTimes) {
  return recurseTimes > ctx.depth && ctx.depth !== null;
}

/** Formats an object that is neither circular nor inspected by a method of its own. */
function formatRaw(ctx, value, recurseTimes, typedArray) {
  let protoProps;
  if (ctx.showHidden && (recurseTimes <= ctx.depth || ctx.depth === null)) protoProps = [];
  const constructor = getConstructorName(value, ctx, recurseTimes, protoProps);
  // With nothing found the list is as good as absent.
  if (protoProps !== undefined && protoProps.length === 0) protoProps = undefined;
  const tag = getTag(ctx, value);

  let keys;
  let base = '';
  let formatter = formatNothing;
  let braces = ['{', '}'];
  let extrasType = kObjectType;
  // A null prototype hides the iterator, but not what the object is.
  let isIterable = constructor === null || Symbol.iterator in value;
  const isPlain = () => keys.length === 0 && protoProps === undefined;

  if (!isIterable) {
    // Falls through to the other kinds.
  } else if (Array.isArray(value)) {
    const prefix = constructor !== 'Array' || tag !== '' ? getPrefix(constructor, tag, 'Array', `(${value.length})`) : '';
    keys = getOwnNonIndexProperties(value, ctx.showHidden ? ALL_PROPERTIES : ONLY_ENUMERABLE);
    braces = [`${prefix}[`, ']'];
    if (value.length === 0 && isPlain()) return `${braces[0]}]`;
    extrasType = kArrayExtrasType;
    formatter = formatArray;
  } else if (isSet(value)) {
    const size = setSize.call(value);
    const prefix = getPrefix(constructor, tag, 'Set', `(${size})`);
    keys = getKeys(value, ctx.showHidden);
    formatter = formatSet;
    if (size === 0 && isPlain()) return `${prefix}{}`;
    braces = [`${prefix}{`, '}'];
  } else if (isMap(value)) {
    const size = mapSize.call(value);
    const prefix = getPrefix(constructor, tag, 'Map', `(${size})`);
    keys = getKeys(value, ctx.showHidden);
    formatter = formatMap;
    if (size === 0 && isPlain()) return `${prefix}{}`;
    braces = [`${prefix}{`, '}'];
  } else if (isTypedArray(value)) {
    keys = getOwnNonIndexProperties(value, ctx.showHidden ? ALL_PROPERTIES : ONLY_ENUMERABLE);
    const fallback = constructor === null ? typedArrayTag.call(value) : '';
    const length = typedArrayLength.call(value);
    braces = [`${getPrefix(constructor, tag, fallback, `(${length})`)}[`, ']'];
    if (length === 0 && keys.length === 0 && !ctx.showHidden) return `${braces[0]}]`;
    extrasType = kArrayExtrasType;
    formatter = formatTypedArray;
  } else if (isMapIterator(value)) {
    keys = getKeys(value, ctx.showHidden);
    braces = getIteratorBraces('Map', tag);
    formatter = formatIterator;
  } else if (isSetIterator(value)) {
    keys = getKeys(value, ctx.showHidden);
    braces = getIteratorBraces('Set', tag);
    formatter = formatIterator;
  } else {
    isIterable = false;
  }

  if (!isIterable) {
    keys = getKeys(value, ctx.showHidden);
    if (isArgumentsObject(value)) {
      braces[0] = `${constructor === 'Object' ? '' : getPrefix(constructor, tag, 'Arguments')}[Arguments] {`;
      if (constructor === 'Object' && isPlain()) return `${braces[0]}}`;
    } else if (typeof value === 'function') {
      base = getFunctionBase(ctx, value, constructor, tag);
      if (isPlain()) return ctx.stylize(base, 'special');
    } else if (constructor === 'Object' && !isSpecial(value)) {
      if (tag !== '') braces[0] = `${getPrefix(constructor, tag, 'Object')}{`;
      if (isPlain()) return `${braces[0]}}`;
    } else if (isRegExp(value)) {
      base = regExpToString.call(constructor !== null ? value : new RegExp(value));
      const prefix = getPrefix(constructor, tag, 'RegExp');
      if (prefix !== 'RegExp ') base = `${prefix}${base}`;
      if (isPlain() || isBelow(ctx, recurseTimes)) return ctx.stylize(base, 'regexp');
    } else if (isDate(value)) {
      base = Number.isNaN(Date.prototype.getTime.call(value)) ? dateToString.call(value) : dateToISOString.call(value);
      const prefix = getPrefix(constructor, tag, 'Date');
      if (prefix !== 'Date ') base = `${prefix}${base}`;
      if (isPlain()) return ctx.stylize(base, 'date');
    } else if (isErrorObject(value)) {
      base = formatError(value, constructor, tag, ctx, keys);
      if (isPlain()) return base;
    } else if (isAnyArrayBuffer(value)) {
      const arrayType = types.isArrayBuffer(value) ? 'ArrayBuffer' : 'SharedArrayBuffer';
      const prefix = getPrefix(constructor, tag, arrayType);
      if (typedArray === undefined) {
        formatter = formatArrayBuffer;
      } else if (isPlain()) {
        return `${prefix}{ [byteLength]: ${formatNumber(ctx.stylize, value.byteLength, false)} }`;
      } else {
        formatter = formatBufferLength;
      }
      braces[0] = `${prefix}{`;
    } else if (isDataView(value)) {
      braces[0] = `${getPrefix(constructor, tag, 'DataView')}{`;
      formatter = formatDataView;
    } else if (isPromise(value)) {
      braces[0] = `${getPrefix(constructor, tag, 'Promise')}{`;
      formatter = formatPromise;
    } else if (isWeakSet(value)) {
      braces[0] = `${getPrefix(constructor, tag, 'WeakSet')}{`;
      formatter = ctx.showHidden ? formatWeakSet : formatWeakCollection;
    } else if (isWeakMap(value)) {
      braces[0] = `${getPrefix(constructor, tag, 'WeakMap')}{`;
      formatter = ctx.showHidden ? formatWeakMap : formatWeakCollection;
    } else if (isModuleNamespaceObject(value)) {
      braces[0] = `${getPrefix(constructor, tag, 'Module')}{`;
      formatter = (c, v, r) => formatNamespaceObject(keys, c, v, r);
    } else if (isBoxedPrimitive(value)) {
      base = getBoxedBase(value, ctx, keys, constructor, tag);
      if (isPlain()) return base;
    } else {
      if (isPlain()) {
        if (isExternal(value)) {
          const address = internalBinding('util').getExternalValue(value).toString(16);
          return ctx.stylize(`[External: ${address}]`, 'special');
        }
        return `${getPrefix(constructor, tag, fallbackName(value, constructor, tag))}{}`;
      }
      braces[0] = `${getPrefix(constructor, tag, fallbackName(value, constructor, tag))}{`;
    }
  }

  if (isBelow(ctx, recurseTimes)) {
    const name = getPrefix(
      constructor, tag, Array.isArray(value) ? 'Array' : fallbackName(value, constructor, tag)).slice(0, -1);
    return ctx.stylize(constructor === null ? name : `[${name}]`, 'special');
  }
  recurseTimes += 1;
  ctx.seen.push(value);
  ctx.currentDepth = recurseTimes;
  let output;
  try {
    output = formatter(ctx, value, recurseTimes, braces);
    for (const key of keys) output.push(formatProperty(ctx, value, recurseTimes, key, extrasType));
    if (protoProps !== undefined) output.push(...protoProps);
  } catch (error) {
    if (!isStackOverflowError(error)) throw error;
    const name = getPrefix(constructor, tag, 'Object').slice(0, -1);
    ctx.seen.pop();
    return ctx.stylize(
      `[${name}: Inspection interrupted prematurely. Maximum call stack size exceeded.]`, 'special');
  }

  if (ctx.circular !== undefined) {
    const index = ctx.circular.get(value);
    if (index !== undefined) {
      const reference = ctx.stylize(`<ref *${index}>`, 'special');
      if (ctx.compact !== true) base = base === '' ? reference : `${reference} ${base}`;
      else braces[0] = `${reference} ${braces[0]}`;
    }
  }
  ctx.seen.pop();

  if (ctx.sorted) {
    const comparator = ctx.sorted === true ? undefined : ctx.sorted;
    if (extrasType === kObjectType) {
      output.sort(comparator);
    } else if (keys.length > 1) {
      const at = output.length - keys.length;
      const sorted = output.slice(at).sort(comparator);
      output.splice(at, keys.length, ...sorted);
    }
  }

  const result = reduceToSingleString(ctx, output, base, braces, extrasType, recurseTimes, value);
  const budget = (ctx.budget[ctx.indentationLvl] || 0) + result.length;
  ctx.budget[ctx.indentationLvl] = budget;
  if (budget > kBudget) ctx.depth = -1;
  return result;
}

/** True for objects that may call themselves Object and still need their own formatter. */
function isSpecial(value) {
  return isRegExp(value) || isDate(value) || isErrorObject(value) || isAnyArrayBuffer(value) || isDataView(value) ||
    isPromise(value) || isWeakSet(value) || isWeakMap(value) || isModuleNamespaceObject(value) || isBoxedPrimitive(value);
}

function isErrorObject(value) {
  return isNativeError(value) || value instanceof Error;
}

function getIteratorBraces(type, tag) {
  if (tag !== `${type} Iterator`) {
    if (tag !== '') tag += '] [';
    tag += `${type} Iterator`;
  }
  return [`[${tag}] {`, '}'];
}

function getBoxedBase(value, ctx, keys, constructor, tag) {
  let unbox;
  let type;
  if (isNumberObject(value)) {
    unbox = Number.prototype.valueOf;
    type = 'Number';
  } else if (isStringObject(value)) {
    unbox = String.prototype.valueOf;
    type = 'String';
    // The characters are own properties, and come first.
    keys.splice(0, unbox.call(value).length);
  } else if (isBooleanObject(value)) {
    unbox = Boolean.prototype.valueOf;
    type = 'Boolean';
  } else if (isBigIntObject(value)) {
    unbox = BigInt.prototype.valueOf;
    type = 'BigInt';
  } else {
    unbox = Symbol.prototype.valueOf;
    type = 'Symbol';
  }
  let base = `[${type}`;
  if (type !== constructor) base += constructor === null ? ' (null prototype)' : ` (${constructor})`;
  base += `: ${formatPrimitive(stylizeNoColor, unbox.call(value), ctx)}]`;
  if (tag !== '' && tag !== constructor) base += ` [${tag}]`;
  if (keys.length !== 0 || ctx.stylize === stylizeNoColor) return base;
  return ctx.stylize(base, type.toLowerCase());
}

// ---- Functions and classes --------------------------------------------------------------------------------------------------

const comments = /(\/\/.*?\n)|(\/\*(?:.|\n)*?\*\/)/g;

function getClassBase(value, constructor, tag) {
  const hasName = hasOwn(value, 'name');
  const name = (hasName && value.name) || '(anonymous)';
  let base = `class ${name}`;
  if (constructor !== 'Function' && constructor !== null) base += ` [${constructor}]`;
  if (tag !== '' && constructor !== tag) base += ` [${tag}]`;
  if (constructor !== null) {
    const superName = Object.getPrototypeOf(value).name;
    if (superName) base += ` extends ${superName}`;
  } else {
    base += ' extends [null prototype]';
  }
  return `[${base}]`;
}

function getFunctionBase(ctx, value, constructor, tag) {
  const source = functionToString.call(value);
  if (source.startsWith('class') && source.endsWith('}')) {
    const head = source.slice(5, -1);
    const brace = head.indexOf('{');
    // A method named class would have its parameters before the body.
    if (brace !== -1 && (!head.slice(0, brace).includes('(') ||
        /^\s*(?:[^\s(){]+\s*)?(?:extends\b|\{)/.test(head.replace(comments, ' ')))) {
      return getClassBase(value, constructor, tag);
    }
  }
  let type = 'Function';
  if (isGeneratorFunction(value)) type = `Generator${type}`;
  if (isAsyncFunction(value)) type = `Async${type}`;
  let base = `[${type}`;
  if (constructor === null) base += ' (null prototype)';
  base += value.name === '' ? ' (anonymous)' :
    `: ${typeof value.name === 'string' ? value.name : formatValue(ctx, value.name, 0)}`;
  base += ']';
  if (constructor !== type && constructor !== null) base += ` ${constructor}`;
  if (tag !== '' && constructor !== tag) base += ` [${tag}]`;
  return base;
}

// ---- Errors --------------------------------------------------------------------------------------------------------------------

/**
 * Finds the longest run that `a` (from its start) and `b` share up to the end of `b`: how many frames of an
 * error's stack are those of its cause. Returns {len, offset} with the offset in `a`.
 */
function identicalSequenceRange(a, b) {
  for (let i = 0; i < a.length - 3; i++) {
    const at = b.indexOf(a[i]);
    if (at === -1) continue;
    const rest = b.length - at;
    if (rest > 3) {
      let len = 1;
      const maxLen = Math.min(a.length - i, rest);
      while (maxLen > len && a[i + len] === b[at + len]) len++;
      if (len > 3) return { len, offset: i };
    }
  }
  return { len: 0, offset: 0 };
}

function getStackString(ctx, error) {
  let stack;
  try {
    ({ stack } = error);
  } catch {
    // A getter that throws: as if there were none.
  }
  if (stack) {
    if (typeof stack === 'string') return stack;
    ctx.seen.push(error);
    ctx.indentationLvl += 4;
    const text = formatValue(ctx, stack);
    ctx.indentationLvl -= 4;
    ctx.seen.pop();
    return `${errorToString.call(error)}\n    ${text}`;
  }
  try {
    return errorToString.call(error);
  } catch {
    return objectToString.call(error);
  }
}

/** Replaces repeated groups of frames by a note; a group repeats when it follows itself. */
function collapseRepeats(ctx, lines) {
  const result = [];
  const note = (text) => result.push(ctx.stylize(text, 'undefined'));
  let i = 0;
  while (i < lines.length) {
    // The shortest period at which the lines from `i` on equal those before them.
    let bestLength = 0;
    let bestTimes = 0;
    const seen = lines[i];
    for (let next = lines.indexOf(seen, i + 1); next !== -1; next = lines.indexOf(seen, next + 1)) {
      const length = next - i;
      if (next + length > lines.length) break;
      let times = 0;
      let at = next;
      for (;;) {
        let k = 0;
        while (k < length && at + k < lines.length && lines[at + k] === lines[i + k]) k++;
        if (k < length) break;
        times++;
        at += length;
      }
      if (times * length > bestTimes * bestLength) {
        bestLength = length;
        bestTimes = times;
      }
    }
    const duplicates = bestLength * bestTimes;
    if (duplicates < 3) {
      result.push(lines[i++]);
      continue;
    }
    for (let k = 0; k < bestLength; k++) result.push(lines[i + k]);
    note(bestTimes === 1 ?
      `    ... collapsed ${duplicates} duplicate lines matching above lines ...` :
      `    ... collapsed ${duplicates} duplicate lines matching above ${bestLength} lines ${bestTimes} times...`);
    i += bestLength + duplicates;
  }
  return result;
}

function getStackFrames(ctx, error, stack) {
  let frames = stack.split('\n');
  let cause;
  try {
    ({ cause } = error);
  } catch {
    // Shown as a property then.
  }
  // Frames the cause has too are said once.
  if (cause != null && typeof cause === 'object' && isErrorObject(cause)) {
    const causeStack = getStackString(ctx, cause);
    const causeStart = causeStack.indexOf('\n    at');
    if (causeStart !== -1) {
      const causeFrames = causeStack.slice(causeStart + 1).split('\n');
      const { len, offset } = identicalSequenceRange(frames, causeFrames);
      if (len > 3) {
        const skipped = len - 2;
        frames.splice(offset + 1, skipped, ctx.stylize(`    ... ${skipped} lines matching cause stack trace ...`, 'undefined'));
      }
    }
  }
  if (frames.length > 10) frames = collapseRepeats(ctx, frames);
  return frames;
}

const errorStart = /^([A-Z][a-z_ A-Z0-9[\]()-]+)(?::|\n\s+at)/;
const errorOnly = /^([a-z_A-Z0-9-]*Error)$/;

/** Puts the real class name into the first line of the stack. */
function improveStack(stack, constructor, name, tag) {
  if (typeof name !== 'string') {
    const text = String(name);
    return stack.replace(text, () => `${text} [${getPrefix(constructor, tag, 'Error').slice(0, -1)}]`);
  }
  let { length } = name;
  if (constructor === null ||
      (name.endsWith('Error') && stack.startsWith(name) &&
       (stack.length === length || stack[length] === ':' || stack[length] === '\n'))) {
    let fallback = 'Error';
    if (constructor === null) {
      const start = errorStart.exec(stack) || errorOnly.exec(stack);
      fallback = start?.[1] ?? '';
      ({ length } = fallback);
      fallback ||= 'Error';
    }
    const prefix = getPrefix(constructor, tag, fallback).slice(0, -1);
    if (name !== prefix) {
      if (prefix.includes(name)) {
        stack = length === 0 ? `${prefix}: ${stack}` : `${prefix}${stack.slice(length)}`;
      } else {
        stack = `${prefix} [${name}]${stack.slice(length)}`;
      }
    }
  }
  return stack;
}

/** Own properties whose text is in the stack already are not shown again. */
function removeDuplicateErrorKeys(ctx, keys, error, stack) {
  if (ctx.showHidden || keys.length === 0) return;
  for (const name of ['name', 'message', 'stack']) {
    const index = keys.indexOf(name);
    if (index === -1) continue;
    let value;
    try {
      value = error[name];
    } catch {
      continue;
    }
    if (typeof value !== 'string' || stack.includes(value)) keys.splice(index, 1);
  }
}

let coreModuleNames;
function isCoreModuleLine(line) {
  const match = /^ {4}at (?:[^(]*\(|)node:([^:)]+?)(?::\d+)?(?::\d+)?\)?$/.exec(line);
  if (match === null) return false;
  coreModuleNames ??= new Set(internalBinding('builtins').builtinIds);
  return coreModuleNames.has(match[1]);
}

/** Underlines the names of packages below node_modules. */
function markNodeModules(ctx, line) {
  let out = '';
  let last = 0;
  const marker = /[\\/]node_modules[\\/]((?:@[^\\/\s]+[\\/])?[^\\/\s)]+)(?=[\\/])/g;
  for (const match of line.matchAll(marker)) {
    const start = match.index + match[0].length - match[1].length;
    out += `${line.slice(last, start)}${ctx.stylize(match[1], 'module')}`;
    last = start + match[1].length;
  }
  return last === 0 ? line : out + line.slice(last);
}

/** Greys the part of a line that only repeats the current directory. */
function markCwd(ctx, line, cwd) {
  let prefix = cwd;
  if (line.includes('file://')) prefix = require('internal/url').pathToFileURL(cwd).href;
  const start = line.indexOf(prefix);
  if (start === -1) return line;
  const { length } = prefix;
  // Include the opening parenthesis' partner: both are grey then.
  const open = line[start - 1] === '(' ? start - 1 : start;
  const end = open !== start && line.endsWith(')') ? -1 : line.length;
  const from = line.slice(open, start + length + 1);
  const rest = line.slice(start + length + 1, end);
  return `${line.slice(0, open)}${ctx.stylize(from, 'undefined')}${rest}` +
    `${end === -1 ? ctx.stylize(')', 'undefined') : ''}`;
}

let cachedCwd;
function getCwd() {
  try {
    return cachedCwd = process.cwd();
  } catch {
    return cachedCwd;
  }
}

function formatError(error, constructor, tag, ctx, keys) {
  let name;
  let message;
  try {
    ({ name } = error);
    ({ message } = error);
  } catch {
    // Broken accessors: what the stack says must do.
  }
  name ??= 'Error';
  let stack = getStackString(ctx, error);
  removeDuplicateErrorKeys(ctx, keys, error, stack);
  if (hasOwn(error, 'cause') && (keys.length === 0 || !keys.includes('cause'))) keys.push('cause');
  try {
    if (hasOwn(error, 'errors') && Array.isArray(error.errors) && (keys.length === 0 || !keys.includes('errors'))) keys.push('errors');
  } catch {
    // As above.
  }
  stack = improveStack(stack, constructor, name, tag);

  // Lines of the message may look like frames.
  let position = typeof message === 'string' && message !== '' ? stack.indexOf(message) : -1;
  if (position !== -1) position += message.length;
  const stackStart = stack.indexOf('\n    at', position);
  if (stackStart === -1) {
    if (stack !== '[object Error]') stack = `[${stack}]`;
  } else {
    let text = stack.slice(0, stackStart);
    const frames = getStackFrames(ctx, error, stack.slice(stackStart + 1));
    if (ctx.colors) {
      const cwd = getCwd();
      for (let line of frames) {
        if (isCoreModuleLine(line)) {
          text += `\n${ctx.stylize(line, 'undefined')}`;
        } else {
          text += '\n';
          line = markNodeModules(ctx, line);
          if (cwd !== undefined) line = markCwd(ctx, line, cwd);
          text += line;
        }
      }
    } else {
      text += `\n${frames.join('\n')}`;
    }
    stack = text;
  }
  if (ctx.indentationLvl !== 0) stack = stack.replaceAll('\n', `\n${' '.repeat(ctx.indentationLvl)}`);
  return stack;
}

// ---- Collections -----------------------------------------------------------------------------------------------------------------

function formatNothing() {
  return [];
}

function moreItems(remaining) {
  return `... ${remaining} more item${pluralSuffix(remaining)}`;
}

function formatArray(ctx, value, recurseTimes) {
  const { length } = value;
  const shown = Math.min(Math.max(0, ctx.maxArrayLength), length);
  const output = [];
  for (let i = 0; i < shown; i++) {
    if (!hasOwn(value, i)) return formatSparseArray(ctx, value, recurseTimes, shown, output, i);
    output.push(formatProperty(ctx, value, recurseTimes, i, kArrayType));
  }
  if (length > shown) output.push(moreItems(length - shown));
  return output;
}

/** The rest of an array from its first hole on. */
function formatSparseArray(ctx, value, recurseTimes, maxLength, output, i) {
  const keys = Object.keys(value);
  let index = i;
  for (; i < keys.length && output.length < maxLength; i++) {
    const key = keys[i];
    if (!arrayIndex.test(key) || key >= 2 ** 32 - 1) break;
    if (`${index}` !== key) {
      const holes = Number(key) - index;
      output.push(ctx.stylize(`<${holes} empty item${pluralSuffix(holes)}>`, 'undefined'));
      index = Number(key);
      if (output.length === maxLength) break;
    }
    output.push(formatProperty(ctx, value, recurseTimes, key, kArrayType));
    index++;
  }
  const remaining = value.length - index;
  if (output.length !== maxLength) {
    if (remaining > 0) output.push(ctx.stylize(`<${remaining} empty item${pluralSuffix(remaining)}>`, 'undefined'));
  } else if (remaining > 0) {
    output.push(moreItems(remaining));
  }
  return output;
}

function formatTypedArray(ctx, value, recurseTimes) {
  const length = typedArrayLength.call(value);
  const shown = Math.min(Math.max(0, ctx.maxArrayLength), length);
  const output = new Array(shown);
  const format = length > 0 && typeof value[0] === 'number' ? formatNumber : formatBigInt;
  for (let i = 0; i < shown; i++) output[i] = format(ctx.stylize, value[i], ctx.numericSeparator);
  if (length > shown) output.push(moreItems(length - shown));
  if (ctx.showHidden) {
    // Accessors of the prototype: nothing else would show them.
    ctx.indentationLvl += 2;
    for (const key of ['BYTES_PER_ELEMENT', 'length', 'byteLength', 'byteOffset', 'buffer']) {
      output.push(formatExtra(ctx, key, formatValue(ctx, value[key], recurseTimes, true)));
    }
    ctx.indentationLvl -= 2;
  }
  return output;
}

function formatBufferLength(ctx, value) {
  return [formatExtra(ctx, 'byteLength', formatNumber(ctx.stylize, value.byteLength, false))];
}

function formatArrayBuffer(ctx, value) {
  let bytes;
  try {
    bytes = new Uint8Array(value);
  } catch {
    return [ctx.stylize('(detached)', 'special'), ...formatBufferLength(ctx, value)];
  }
  const shown = Math.min(Math.max(0, ctx.maxArrayLength), bytes.length);
  let text = '';
  for (let i = 0; i < shown; i++) text += `${i === 0 ? '' : ' '}${bytes[i] < 16 ? '0' : ''}${bytes[i].toString(16)}`;
  const remaining = bytes.length - shown;
  if (remaining > 0) text += ` ... ${remaining} more byte${pluralSuffix(remaining)}`;
  return [`${ctx.stylize('[Uint8Contents]', 'special')}: <${text}>`, ...formatBufferLength(ctx, value)];
}

function formatDataView(ctx, value, recurseTimes) {
  const output = [];
  ctx.indentationLvl += 2;
  for (const key of ['byteLength', 'byteOffset', 'buffer']) {
    let property;
    try {
      property = value[key];
    } catch {
      // Accessors throw once the buffer is detached.
      property = key === 'byteLength' ? 0 : undefined;
    }
    output.push(formatExtra(ctx, key, formatValue(ctx, property, recurseTimes)));
  }
  ctx.indentationLvl -= 2;
  return output;
}

function formatSet(ctx, value, recurseTimes) {
  const size = setSize.call(value);
  const shown = Math.min(Math.max(0, ctx.maxArrayLength), size);
  const output = [];
  ctx.indentationLvl += 2;
  let i = 0;
  for (const element of setValues.call(value)) {
    if (i++ >= shown) break;
    output.push(formatValue(ctx, element, recurseTimes));
  }
  if (size > shown) output.push(moreItems(size - shown));
  ctx.indentationLvl -= 2;
  return output;
}

function formatMap(ctx, value, recurseTimes) {
  const size = mapSize.call(value);
  const shown = Math.min(Math.max(0, ctx.maxArrayLength), size);
  const output = [];
  ctx.indentationLvl += 2;
  let i = 0;
  for (const { 0: key, 1: element } of mapEntries.call(value)) {
    if (i++ >= shown) break;
    output.push(`${formatValue(ctx, key, recurseTimes)} => ${formatValue(ctx, element, recurseTimes)}`);
  }
  if (size > shown) output.push(moreItems(size - shown));
  ctx.indentationLvl -= 2;
  return output;
}

function formatSetEntries(ctx, recurseTimes, entries, state) {
  const shown = Math.min(Math.max(0, ctx.maxArrayLength), entries.length);
  const output = new Array(shown);
  ctx.indentationLvl += 2;
  for (let i = 0; i < shown; i++) output[i] = formatValue(ctx, entries[i], recurseTimes);
  ctx.indentationLvl -= 2;
  // Weak collections have no order of their own.
  if (state === kWeak && !ctx.sorted) output.sort();
  if (entries.length > shown) output.push(moreItems(entries.length - shown));
  return output;
}

function formatMapEntries(ctx, recurseTimes, entries, state) {
  const count = entries.length / 2;
  const shown = Math.min(Math.max(0, ctx.maxArrayLength), count);
  const output = new Array(shown);
  ctx.indentationLvl += 2;
  for (let i = 0; i < shown; i++) {
    const key = formatValue(ctx, entries[i * 2], recurseTimes);
    const value = formatValue(ctx, entries[i * 2 + 1], recurseTimes);
    output[i] = state === kWeak ? `${key} => ${value}` :
      reduceToSingleString(ctx, [key, value], '', ['[', ']'], kArrayExtrasType, recurseTimes);
  }
  ctx.indentationLvl -= 2;
  if (state === kWeak && !ctx.sorted) output.sort();
  if (count > shown) output.push(moreItems(count - shown));
  return output;
}

function formatWeakCollection(ctx) {
  return [ctx.stylize('<items unknown>', 'special')];
}

function formatWeakSet(ctx, value, recurseTimes) {
  return formatSetEntries(ctx, recurseTimes, previewEntries(value), kWeak);
}

function formatWeakMap(ctx, value, recurseTimes) {
  return formatMapEntries(ctx, recurseTimes, previewEntries(value), kWeak);
}

function formatIterator(ctx, value, recurseTimes, braces) {
  const { 0: entries, 1: isKeyValue } = previewEntries(value, true);
  if (isKeyValue) {
    braces[0] = braces[0].replace(/ Iterator] {$/, ' Entries] {');
    return formatMapEntries(ctx, recurseTimes, entries, kMapEntries);
  }
  return formatSetEntries(ctx, recurseTimes, entries, kIterator);
}

function formatPromise(ctx, value, recurseTimes) {
  const { 0: state, 1: result } = getPromiseDetails(value);
  if (state === kPending) return [ctx.stylize('<pending>', 'special')];
  ctx.indentationLvl += 2;
  const text = formatValue(ctx, result, recurseTimes);
  ctx.indentationLvl -= 2;
  return [state === kRejected ? `${ctx.stylize('<rejected>', 'special')} ${text}` : text];
}

function formatNamespaceObject(keys, ctx, value, recurseTimes) {
  const output = new Array(keys.length);
  for (let i = 0; i < keys.length; i++) {
    try {
      output[i] = formatProperty(ctx, value, recurseTimes, keys[i], kObjectType);
    } catch {
      // A binding in its temporal dead zone: show the name with a placeholder.
      const placeholder = { [keys[i]]: '' };
      output[i] = formatProperty(ctx, placeholder, recurseTimes, keys[i], kObjectType);
      const at = output[i].lastIndexOf(' ');
      output[i] = `${output[i].slice(0, at + 1)}${ctx.stylize('<uninitialized>', 'special')}`;
    }
  }
  // Done with them: formatRaw has nothing to add.
  keys.length = 0;
  return output;
}

// ---- Properties ---------------------------------------------------------------------------------------------------------------------

function formatGetter(ctx, descriptor, recurseTimes, original) {
  const label = descriptor.set !== undefined ? 'Getter/Setter' : 'Getter';
  const { stylize } = ctx;
  const { getters } = ctx;
  const run = getters && (getters === true || (getters === 'get' && descriptor.set === undefined) ||
    (getters === 'set' && descriptor.set !== undefined));
  if (!run) return stylize(`[${label}]`, 'special');
  ctx.indentationLvl += 2;
  try {
    const value = descriptor.get.call(original);
    if (value === null) return `${stylize(`[${label}:`, 'special')} ${stylize('null', 'null')}${stylize(']', 'special')}`;
    if (typeof value === 'object') return `${stylize(`[${label}]`, 'special')} ${formatValue(ctx, value, recurseTimes)}`;
    return `${stylize(`[${label}:`, 'special')} ${formatPrimitive(stylize, value, ctx)}${stylize(']', 'special')}`;
  } catch (error) {
    let reason;
    try {
      reason = formatValue(ctx, error, recurseTimes);
    } catch {
      reason = String(error?.message);
    }
    return `${stylize(`[${label}:`, 'special')} <Inspection threw (${reason})>${stylize(']', 'special')}`;
  } finally {
    ctx.indentationLvl -= 2;
  }
}

function formatKey(ctx, key, enumerable) {
  let text;
  if (typeof key === 'symbol') text = ctx.stylize(formatSymbol(key), 'symbol');
  else if (key === '__proto__') return "['__proto__']";
  else text = identifier.test(key) ? ctx.stylize(key, 'name') : ctx.stylize(strEscape(key), 'string');
  return enumerable === false ? `[${text}]` : text;
}

/** A line for what is not an own property: an accessor of the prototype. */
function formatExtra(ctx, name, text) {
  return `${ctx.stylize(`[${name}]`, 'string')}: ${text}`;
}

function formatProperty(ctx, value, recurseTimes, key, type, descriptor, original = value) {
  descriptor ||= Object.getOwnPropertyDescriptor(value, key) ||
    { value: value[key], configurable: true, enumerable: true };
  let text;
  let separator = ' ';
  if (descriptor.value !== undefined) {
    const indent = ctx.compact !== true || type !== kObjectType ? 2 : 3;
    ctx.indentationLvl += indent;
    text = formatValue(ctx, descriptor.value, recurseTimes);
    if (indent === 3 && ctx.breakLength < getStringWidth(text, ctx.colors)) {
      separator = `\n${' '.repeat(ctx.indentationLvl)}`;
    }
    ctx.indentationLvl -= indent;
  } else if (descriptor.get !== undefined) {
    text = formatGetter(ctx, descriptor, recurseTimes, original);
  } else if (descriptor.set !== undefined) {
    text = ctx.stylize('[Setter]', 'special');
  } else {
    text = ctx.stylize('undefined', 'undefined');
  }
  if (type === kArrayType) return text;
  return `${formatKey(ctx, key, descriptor.enumerable)}:${separator}${text}`;
}

// ---- Layout ------------------------------------------------------------------------------------------------------------------------

/** True when the entries fit on one line. */
function isBelowBreakLength(ctx, output, start, base) {
  let total = output.length + start;
  if (total + output.length > ctx.breakLength) return false;
  for (const entry of output) {
    total += ctx.colors ? removeColors(entry).length : entry.length;
    if (total > ctx.breakLength) return false;
  }
  return base === '' || !base.includes('\n');
}

function removeColors(text) {
  // eslint-disable-next-line no-control-regex
  return text.replace(/\u001b\[\d\d?m/g, '');
}

/** Sets more than six short array entries in columns. */
function groupArrayElements(ctx, output, value) {
  let totalLength = 0;
  let maxLength = 0;
  let i = 0;
  let outputLength = output.length;
  // "… more items" keeps a line of its own.
  if (ctx.maxArrayLength < output.length) outputLength--;
  const separatorSpace = 2;
  const lengths = new Array(outputLength);
  for (; i < outputLength; i++) {
    const length = getStringWidth(output[i], ctx.colors);
    lengths[i] = length;
    totalLength += length + separatorSpace;
    if (maxLength < length) maxLength = length;
  }
  const actualMax = maxLength + separatorSpace;
  if (actualMax * 3 + ctx.indentationLvl >= ctx.breakLength ||
      (totalLength / actualMax <= 5 && maxLength > 6)) return output;

  // About square on the screen, where a character is 2.5 times as high as wide; the more the lengths differ, the
  // narrower a column may be taken to be.
  const heightToWidth = 2.5;
  const bias = Math.sqrt(actualMax - totalLength / output.length);
  const biasedMax = Math.max(actualMax - 3 - bias, 1);
  const columns = Math.min(
    Math.round(Math.sqrt(heightToWidth * biasedMax * outputLength) / biasedMax),
    Math.floor((ctx.breakLength - ctx.indentationLvl) / actualMax),
    ctx.compact * 4,
    15);
  if (columns <= 1) return output;

  const widths = [];
  for (let column = 0; column < columns; column++) {
    let width = 0;
    for (let j = column; j < outputLength; j += columns) if (lengths[j] > width) width = lengths[j];
    widths.push(width + separatorSpace);
  }
  // Numbers are set flush right.
  let alignRight = value !== undefined;
  for (let j = 0; alignRight && j < output.length; j++) {
    alignRight = typeof value[j] === 'number' || typeof value[j] === 'bigint';
  }
  const lines = [];
  for (let row = 0; row < outputLength; row += columns) {
    const last = Math.min(row + columns, outputLength) - 1;
    let line = '';
    for (let j = row; j < last; j++) {
      const padding = widths[j - row] + output[j].length - lengths[j];
      line += alignRight ? `${output[j]}, `.padStart(padding) : `${output[j]}, `.padEnd(padding);
    }
    line += alignRight ?
      output[last].padStart(widths[last - row] + output[last].length - lengths[last] - separatorSpace) : output[last];
    lines.push(line);
  }
  if (ctx.maxArrayLength < output.length) lines.push(output[outputLength]);
  return lines;
}

/** Array.prototype.join by concatenation: the long texts of inner levels stay ropes until the end. */
function join(output, separator) {
  let text = '';
  if (output.length !== 0) {
    const last = output.length - 1;
    for (let i = 0; i < last; i++) {
      text += output[i];
      text += separator;
    }
    text += output[last];
  }
  return text;
}

/** Puts entries between braces: on one line if they fit and are not too deep, else one a line. */
function reduceToSingleString(ctx, output, base, braces, extrasType, recurseTimes, value) {
  const indentation = () => `\n${' '.repeat(ctx.indentationLvl)}`;
  if (ctx.compact !== true) {
    if (typeof ctx.compact === 'number' && ctx.compact >= 1) {
      const entries = output.length;
      if (extrasType === kArrayExtrasType && entries > 6) output = groupArrayElements(ctx, output, value);
      // Only the innermost `compact` levels share a line.
      if (ctx.currentDepth - recurseTimes < ctx.compact && entries === output.length) {
        const start = output.length + ctx.indentationLvl + braces[0].length + base.length + 10;
        if (isBelowBreakLength(ctx, output, start, base)) {
          const joined = join(output, ', ');
          if (!joined.includes('\n')) {
            return `${base ? `${base} ` : ''}${braces[0]} ${joined} ${braces[1]}`;
          }
        }
      }
    }
    const indent = indentation();
    return `${base ? `${base} ` : ''}${braces[0]}${indent}  ${join(output, `,${indent}  `)}${indent}${braces[1]}`;
  }
  if (isBelowBreakLength(ctx, output, 0, base)) {
    return `${braces[0]}${base ? ` ${base}` : ''} ${join(output, ', ')} ${braces[1]}`;
  }
  const indent = indentation();
  const lead = base === '' && braces[0].length === 1 ? ' ' : `${base ? ` ${base}` : ''}${indent}  `;
  return `${braces[0]}${lead}${join(output, `,${indent}  `)} ${braces[1]}`;
}

// ---- format ------------------------------------------------------------------------------------------------------------------------

/** True when converting the object to a string would only give "[object Object]" or the like. */
function hasBuiltInToString(value) {
  const proxyTarget = getProxyDetails(value, false);
  if (proxyTarget !== undefined) {
    if (proxyTarget === null) return true;
    value = proxyTarget;
  }
  let hasToPrimitive = false;
  if (typeof value[Symbol.toPrimitive] === 'function') {
    if (!isDate(value) || hasOwn(value, Symbol.toPrimitive)) return false;
    hasToPrimitive = true;
  }
  if (typeof value.toString !== 'function') return true;
  if (hasOwn(value, 'toString')) return false;
  // Whose method is it?
  let pointer = value;
  do {
    pointer = Object.getPrototypeOf(pointer);
  } while (pointer !== null && !hasOwn(pointer, 'toString'));
  if (pointer === null) return !hasToPrimitive;
  const constructor = Object.getOwnPropertyDescriptor(pointer, 'constructor')?.value;
  return typeof constructor === 'function' && builtInObjects.has(constructor.name);
}

let circularMessage;
function tryStringify(arg) {
  try {
    return JSON.stringify(arg);
  } catch (error) {
    // Recognised by what the engine says about a cycle.
    if (circularMessage === undefined) {
      try {
        const a = {};
        a.a = a;
        JSON.stringify(a);
      } catch (cycle) {
        circularMessage = cycle.message.split('\n', 1)[0];
      }
    }
    if (error.name === 'TypeError' && String(error.message).split('\n', 1)[0] === circularMessage) return '[Circular]';
    throw error;
  }
}

function formatNumeric(inspectOptions, number) {
  const separate = inspectOptions?.numericSeparator ?? inspectDefaultOptions.numericSeparator;
  return typeof number === 'bigint' ?
    formatBigInt(stylizeNoColor, number, separate) : formatNumber(stylizeNoColor, number, separate);
}

/** One % specifier applied to one argument; undefined when the character is no specifier. */
function formatArgument(inspectOptions, specifier, arg) {
  const type = typeof arg;
  switch (specifier) {
    case 115: // s
      if (type === 'number' || type === 'bigint') return formatNumeric(inspectOptions, arg);
      if (type !== 'object' || arg === null || !hasBuiltInToString(arg)) return String(arg);
      return inspect(arg, { ...inspectOptions, depth: 0, colors: false, compact: 3 });
    case 106: // j
      return `${tryStringify(arg)}`;
    case 100: // d
      if (type === 'bigint') return formatNumeric(inspectOptions, arg);
      return formatNumeric(inspectOptions, type === 'symbol' ? NaN : Number(arg));
    case 79: // O
      return inspect(arg, inspectOptions);
    case 111: // o
      return inspect(arg, { ...inspectOptions, showHidden: true, showProxy: true, depth: 4 });
    case 105: // i
      if (type === 'bigint') return formatNumeric(inspectOptions, arg);
      return formatNumeric(inspectOptions, type === 'symbol' ? NaN : Number.parseInt(arg));
    case 102: // f
      return formatNumeric(inspectOptions, type === 'symbol' ? NaN : Number.parseFloat(arg));
    case 99: // c
      return '';
    default:
      return undefined;
  }
}

function formatWithOptionsInternal(inspectOptions, args) {
  const first = args[0];
  let used = 0;
  let text = '';
  let join = '';

  if (typeof first === 'string') {
    if (args.length === 1) return first;
    let last = 0;
    for (let i = 0; i < first.length - 1; i++) {
      if (first.charCodeAt(i) !== 37) continue; // %
      const specifier = first.charCodeAt(++i);
      if (specifier === 37) {
        text += first.slice(last, i);
        last = i + 1;
      } else if (used + 1 !== args.length) {
        const formatted = formatArgument(inspectOptions, specifier, args[used + 1]);
        if (formatted === undefined) continue;
        used++;
        text += `${first.slice(last, i - 1)}${formatted}`;
        last = i + 1;
      }
    }
    if (last !== 0) {
      used++;
      join = ' ';
      if (last < first.length) text += first.slice(last);
    }
  }
  for (; used < args.length; used++) {
    const value = args[used];
    text += join;
    text += typeof value === 'string' ? value : inspect(value, inspectOptions);
    join = ' ';
  }
  return text;
}

function format(...args) {
  return formatWithOptionsInternal(undefined, args);
}

function formatWithOptions(inspectOptions, ...args) {
  require('internal/validators').validateObject(
    inspectOptions, 'inspectOptions', require('internal/validators').kValidateObjectAllowObjects);
  return formatWithOptionsInternal(inspectOptions, args);
}

// ---- Width ---------------------------------------------------------------------------------------------------------------------------

// Control sequences: CSI with parameters, OSC with its terminator, single escapes.
// eslint-disable-next-line no-control-regex
const ansi = /[\u001B\u009B][[\]()#;?]*(?:(?:(?:(?:;[-a-zA-Z\d/#&.:=?%@~_]+)*|[a-zA-Z\d]+(?:;[-a-zA-Z\d/#&.:=?%@~_]*)*)?(?:\u0007|\u001B\u005C|\u009C))|(?:(?:\d{1,4}(?:;\d{0,4})*)?[\dA-PR-TZcf-nq-uy=><~]))/g;

/** `util.stripVTControlCharacters`. */
function stripVTControlCharacters(str) {
  require('internal/validators').validateString(str, 'str');
  // Without an introducer there is nothing to remove.
  if (!str.includes('\u001B') && !str.includes('\u009B')) return str;
  return str.replace(ansi, '');
}

// East Asian wide and fullwidth code points, Unicode Standard Annex #11.
function isFullWidthCodePoint(code) {
  return code >= 0x1100 && (
    code <= 0x115f || code === 0x2329 || code === 0x232a ||
    (code >= 0x2e80 && code <= 0x3247 && code !== 0x303f) ||
    (code >= 0x3250 && code <= 0x4dbf) || (code >= 0x4e00 && code <= 0xa4c6) ||
    (code >= 0xa960 && code <= 0xa97c) || (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) || (code >= 0xfe10 && code <= 0xfe19) ||
    (code >= 0xfe30 && code <= 0xfe6b) || (code >= 0xff01 && code <= 0xff60) ||
    (code >= 0xffe0 && code <= 0xffe6) || (code >= 0x1b000 && code <= 0x1b001) ||
    (code >= 0x1f200 && code <= 0x1f251) || (code >= 0x1f300 && code <= 0x1f64f) ||
    (code >= 0x1f680 && code <= 0x1f6ff) || (code >= 0x1f900 && code <= 0x1f9ff) ||
    (code >= 0x20000 && code <= 0x3fffd));
}

/** Control characters, combining marks, joiners and variation selectors. */
function isZeroWidthCodePoint(code) {
  return code <= 0x1f || (code >= 0x7f && code <= 0x9f) || (code >= 0x300 && code <= 0x36f) ||
    (code >= 0x200b && code <= 0x200f) || (code >= 0x20d0 && code <= 0x20ff) ||
    (code >= 0xfe00 && code <= 0xfe0f) || (code >= 0xfe20 && code <= 0xfe2f) ||
    (code >= 0xe0100 && code <= 0xe01ef);
}

/** The number of terminal columns a string takes. */
function getStringWidth(str, removeControlChars = true) {
  if (removeControlChars) str = stripVTControlCharacters(str);
  let width = 0;
  let i = 0;
  // Printable ASCII needs no look-up.
  for (; i < str.length; i++) {
    const code = str.charCodeAt(i);
    if (code >= 127) break;
    width += code >= 32 ? 1 : 0;
  }
  if (i === str.length) return width;
  for (const char of str.slice(i).normalize('NFC')) {
    const code = char.codePointAt(0);
    if (isFullWidthCodePoint(code)) width += 2;
    else if (!isZeroWidthCodePoint(code)) width++;
  }
  return width;
}

module.exports = {
  identicalSequenceRange,
  inspect,
  inspectDefaultOptions,
  stylizeWithColor,
  format,
  formatWithOptions,
  getStringWidth,
  stripVTControlCharacters,
  isZeroWidthCodePoint,
};
