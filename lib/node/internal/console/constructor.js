'use strict';

// Binding contract: internalBinding('util').previewEntries(iterator, true) -> [entries, isKeyValue];
//   fs.writeSyncAll(fd, string) -> errno (0 when all was written, waiting when the descriptor is not ready).

const {
  codes,
  isStackOverflowError,
} = require('internal/errors');
const { BuiltinModule: { isLoaded } } = require('internal/bootstrap/realm');
const { validateArray, validateInteger, validateObject, validateOneOf } = require('internal/validators');
const { isSet, isMap, isSetIterator, isMapIterator } = require('internal/util/types');

const kColorInspectOptions = { colors: true };
const kNoColorInspectOptions = {};
const kMaxGroupIndentation = 1000;

// The slots of a console. Programs see the symbols only when they look for them.
const kCounts = Symbol('counts');
const kGroupIndentationWidth = Symbol('kGroupIndentWidth');
const kGroupIndentationString = Symbol('kGroupIndentationString');
const kColorMode = Symbol('kColorMode');
const kIsConsole = Symbol('kIsConsole');
const kWriteToConsole = Symbol('kWriteToConsole');
const kBindProperties = Symbol('kBindProperties');
const kBindStreamsEager = Symbol('kBindStreamsEager');
const kBindStreamsLazy = Symbol('kBindStreamsLazy');
const kDirectDescriptor = Symbol('kDirectDescriptor');
const kGetInspectOptions = Symbol('kGetInspectOptions');
const kFormatForStdout = Symbol('kFormatForStdout');
const kFormatForStderr = Symbol('kFormatForStderr');

const optionsMap = new WeakMap();

function Console(options /* or: stdout, stderr, ignoreErrors = true */) {
  // Console() works as `new Console()` does.
  if (new.target === undefined) return Reflect.construct(Console, arguments);

  if (!options || typeof options.write === 'function') {
    options = { stdout: options, stderr: arguments[1], ignoreErrors: arguments[2] };
  }
  const {
    stdout,
    stderr = stdout,
    ignoreErrors = true,
    colorMode = 'auto',
    inspectOptions,
    groupIndentation,
  } = options;

  if (!stdout || typeof stdout.write !== 'function') throw new codes.ERR_CONSOLE_WRITABLE_STREAM('stdout');
  if (!stderr || typeof stderr.write !== 'function') throw new codes.ERR_CONSOLE_WRITABLE_STREAM('stderr');
  validateOneOf(colorMode, 'colorMode', ['auto', true, false]);
  if (groupIndentation !== undefined) validateInteger(groupIndentation, 'groupIndentation', 0, kMaxGroupIndentation);

  if (inspectOptions !== undefined) {
    validateObject(inspectOptions, 'options.inspectOptions');
    const inspectOptionsMap = inspectOptions instanceof Map ? inspectOptions : new Map([[stdout, inspectOptions], [stderr, inspectOptions]]);
    for (const perStream of inspectOptionsMap.values()) {
      if (perStream.colors !== undefined && options.colorMode !== undefined) {
        throw new codes.ERR_INCOMPATIBLE_OPTION_PAIR('options.inspectOptions.color', 'colorMode');
      }
    }
    optionsMap.set(this, inspectOptionsMap);
  }

  // The methods belong to the instance, bound: they are handed around as functions.
  for (const key of Object.keys(Console.prototype)) {
    const bound = this[key].bind(this);
    this[key] = Object.defineProperty(bound, 'name', { __proto__: null, value: key });
  }
  this[kBindStreamsEager](stdout, stderr);
  this[kBindProperties](ignoreErrors, colorMode, groupIndentation);
}

function hidden(value) {
  return { __proto__: null, writable: true, enumerable: false, configurable: true, value };
}

const tag = { __proto__: null, writable: false, enumerable: false, configurable: true, value: 'console' };
Object.defineProperty(Console.prototype, Symbol.toStringTag, tag);
Object.defineProperty(Console, Symbol.hasInstance, {
  __proto__: null,
  value(instance) {
    return typeof instance === 'object' && instance !== null && instance[kIsConsole] === true;
  },
});

const slots = {
  [kBindStreamsEager]: hidden(function(stdout, stderr) {
    Object.defineProperties(this, { _stdout: hidden(stdout), _stderr: hidden(stderr) });
  }),
  // The standard streams are made when somebody looks at them; until then text goes to their descriptors.
  [kBindStreamsLazy]: hidden(function(object) {
    let stdout;
    let stderr;
    Object.defineProperties(this, {
      [kDirectDescriptor]: hidden((isStderr) => {
        if ((isStderr ? stderr : stdout) !== undefined || object !== process) return 0;
        return require('internal/process/stdio').directDescriptor(isStderr ? 'stderr' : 'stdout');
      }),
      _stdout: {
        __proto__: null,
        enumerable: false,
        configurable: true,
        get() {
          return stdout ||= object.stdout;
        },
        set(value) {
          stdout = value;
        },
      },
      _stderr: {
        __proto__: null,
        enumerable: false,
        configurable: true,
        get() {
          return stderr ||= object.stderr;
        },
        set(value) {
          stderr = value;
        },
      },
    });
  }),
  [kBindProperties]: hidden(function(ignoreErrors, colorMode, groupIndentation = 2) {
    Object.defineProperties(this, {
      _stdoutErrorHandler: hidden(errorHandler(this, () => this._stdout)),
      _stderrErrorHandler: hidden(errorHandler(this, () => this._stderr)),
      _ignoreErrors: hidden(Boolean(ignoreErrors)),
      _times: hidden(new Map()),
      [kCounts]: hidden(new Map()),
      [kColorMode]: hidden(colorMode),
      [kIsConsole]: hidden(true),
      [kGroupIndentationWidth]: hidden(groupIndentation),
      [kGroupIndentationString]: hidden(''),
    });
  }),
  // Of a console that writes to given streams.
  [kDirectDescriptor]: hidden(() => 0),
  [kWriteToConsole]: hidden(function(isStderr, string) {
    const indentation = this[kGroupIndentationString];
    if (indentation.length !== 0) {
      if (string.includes('\n')) string = string.replaceAll('\n', `\n${indentation}`);
      string = indentation + string;
    }
    string += '\n';
    if (this._ignoreErrors === false) {
      (isStderr ? this._stderr : this._stdout).write(string);
      return;
    }
    const fd = this[kDirectDescriptor](isStderr);
    if (fd !== 0) {
      internalBinding('fs').writeSyncAll(fd, string);
      return;
    }
    const stream = isStderr ? this._stderr : this._stdout;
    // A broken stream must not end the program: errors are swallowed, synchronous ones and those reported later.
    const onError = isStderr ? this._stderrErrorHandler : this._stdoutErrorHandler;
    try {
      if (stream.listenerCount?.('error') === 0) {
        stream.once('error', swallow);
        stream.write(string, onError);
      } else {
        stream.write(string, onError);
      }
    } catch (error) {
      // There is no stack left to write with: let the program see it.
      if (isStackOverflowError(error)) throw error;
    } finally {
      stream.removeListener?.('error', swallow);
    }
  }),
  [kGetInspectOptions]: hidden(function(stream) {
    let color = this[kColorMode];
    if (color === 'auto') {
      color = stream.isTTY && (typeof stream.getColorDepth === 'function' ? stream.getColorDepth() > 2 : true);
      if (process.env.FORCE_COLOR !== undefined) color = require('internal/util/colors').shouldColorize(stream);
    }
    const options = optionsMap.get(this)?.get(stream);
    if (options && options.colors !== undefined) return options;
    if (options) return color ? { ...options, ...kColorInspectOptions } : options;
    return color ? kColorInspectOptions : kNoColorInspectOptions;
  }),
  [kFormatForStdout]: hidden(function(args) {
    return format(this, false, args);
  }),
  [kFormatForStderr]: hidden(function(args) {
    return format(this, true, args);
  }),
};
Object.defineProperties(Console.prototype, slots);

/** How values are shown on one of the two streams. */
function inspectOptionsOf(instance, isStderr) {
  const fd = instance[kDirectDescriptor](isStderr);
  if (fd !== 0) return instance[kGetInspectOptions](require('internal/process/stdio').outline(fd));
  return instance[kGetInspectOptions](isStderr ? instance._stderr : instance._stdout);
}

function format(instance, isStderr, args) {
  // Text alone is shown as it is.
  if (args.length === 1 && typeof args[0] === 'string') return args[0];
  return require('internal/util/inspect').formatWithOptions(inspectOptionsOf(instance, isStderr), ...args);
}

function inspect(value, options) {
  return require('internal/util/inspect').inspect(value, options);
}

function swallow() {}

/** The callback of a write: a failure becomes nobody's 'error' event. */
function errorHandler(instance, getStream) {
  return (error) => {
    if (error !== null && error !== undefined) {
      const stream = getStream();
      // 'error' may still be emitted, once.
      if (!stream._writableState?.errorEmitted && stream.listenerCount?.('error') === 0) stream.once('error', swallow);
    }
  };
}

const channels = { __proto__: null };

/** Tells whoever listens on the channel of a method; they may change what is shown. */
function publish(name, args) {
  const channel = channels[name] ??= require('diagnostics_channel').channel(`console.${name}`);
  if (channel.hasSubscribers) channel.publish(args);
}

/**
 * The methods: of `instance`, so that they can be handed around as functions, or of what they are called on.
 */
function makeMethods(instance) {
  const methods = {
    log(...args) {
      const self = instance ?? this;
      if (isLoaded('diagnostics_channel')) publish('log', args);
      self[kWriteToConsole](false, self[kFormatForStdout](args));
    },

    info(...args) {
      const self = instance ?? this;
      if (isLoaded('diagnostics_channel')) publish('info', args);
      self[kWriteToConsole](false, self[kFormatForStdout](args));
    },

    debug(...args) {
      const self = instance ?? this;
      if (isLoaded('diagnostics_channel')) publish('debug', args);
      self[kWriteToConsole](false, self[kFormatForStdout](args));
    },

    warn(...args) {
      const self = instance ?? this;
      if (isLoaded('diagnostics_channel')) publish('warn', args);
      self[kWriteToConsole](true, self[kFormatForStderr](args));
    },

    error(...args) {
      const self = instance ?? this;
      if (isLoaded('diagnostics_channel')) publish('error', args);
      self[kWriteToConsole](true, self[kFormatForStderr](args));
    },

    dir(object, options) {
      const self = instance ?? this;
      self[kWriteToConsole](false, inspect(object, {
        customInspect: false, ...inspectOptionsOf(self, false), ...options,
      }));
    },

    time(label = 'default') {
      const self = instance ?? this;
      require('internal/util/debuglog').time(self._times, 0, 'console.time()', label);
    },

    timeEnd(label = 'default') {
      const self = instance ?? this;
      require('internal/util/debuglog').timeEnd(self._times, 0, 'console.timeEnd()', printTime.bind(self), label);
    },

    timeLog(label = 'default', ...data) {
      const self = instance ?? this;
      require('internal/util/debuglog').timeLog(self._times, 0, 'console.timeLog()', printTime.bind(self), label, data);
    },

    trace(...args) {
      const self = instance ?? this;
      const error = { name: 'Trace', message: self[kFormatForStderr](args) };
      Error.captureStackTrace(error, methods.trace);
      self.error(error.stack);
    },

    // Prints, unlike an assertion, and only when the expression is falsy.
    assert(expression, ...args) {
      const self = instance ?? this;
      if (expression) return;
      if (typeof args[0] === 'string') args[0] = `Assertion failed: ${args[0]}`;
      else args.unshift('Assertion failed');
      self.warn(...args);
    },

    clear() {
      const self = instance ?? this;
      if (!self._stdout.isTTY || process.env.TERM === 'dumb') return;
      const { cursorTo, clearScreenDown } = require('internal/readline/callbacks');
      cursorTo(self._stdout, 0, 0);
      clearScreenDown(self._stdout);
    },

    count(label = 'default') {
      const self = instance ?? this;
      label = `${label}`;
      const count = (self[kCounts].get(label) ?? 0) + 1;
      self[kCounts].set(label, count);
      self.log(`${label}: ${count}`);
    },

    countReset(label = 'default') {
      const self = instance ?? this;
      label = `${label}`;
      if (!self[kCounts].delete(label)) process.emitWarning(`Count for '${label}' does not exist`);
    },

    group(...data) {
      const self = instance ?? this;
      if (data.length > 0) self.log(...data);
      self[kGroupIndentationString] += ' '.repeat(self[kGroupIndentationWidth]);
    },

    groupEnd() {
      const self = instance ?? this;
      const indentation = self[kGroupIndentationString];
      self[kGroupIndentationString] = indentation.slice(0, indentation.length - self[kGroupIndentationWidth]);
    },

    table(tabularData, properties) {
      const self = instance ?? this;
      if (properties !== undefined) validateArray(properties, 'properties');
      if (tabularData === null || typeof tabularData !== 'object') return self.log(tabularData);
      const draw = (head, columns) => self.log(require('internal/cli_table')(head, columns));

      const format = (value) => inspect(value, {
        ...inspectOptionsOf(self, false),
        maxArrayLength: 3,
        breakLength: Infinity,
        // Nested objects are shown when they are small enough to be read in a cell.
        depth: value !== null && typeof value === 'object' && !Array.isArray(value) && Object.keys(value).length > 2 ? -1 : 0,
      });
      const indices = (length) => Array.from({ length }, (_, i) => i);

      const mapIterator = isMapIterator(tabularData);
      let isKeyValue = false;
      let entries = tabularData;
      if (mapIterator) {
        const preview = internalBinding('util').previewEntries(tabularData, true);
        ({ 0: entries, 1: isKeyValue } = preview);
      }
      if (isKeyValue || isMap(tabularData)) {
        const keys = [];
        const values = [];
        if (mapIterator) {
          for (let i = 0; i < entries.length; i += 2) {
            keys.push(format(entries[i]));
            values.push(format(entries[i + 1]));
          }
        } else {
          for (const { 0: key, 1: value } of tabularData) {
            keys.push(format(key));
            values.push(format(value));
          }
        }
        return draw(['(iteration index)', 'Key', 'Values'], [indices(keys.length), keys, values]);
      }
      const setIterator = isSetIterator(tabularData);
      if (setIterator) entries = internalBinding('util').previewEntries(tabularData);
      if (mapIterator || setIterator || isSet(tabularData)) {
        const values = [...entries].map(format);
        return draw(['(iteration index)', 'Values'], [indices(values.length), values]);
      }

      const columns = { __proto__: null };
      const primitives = [];
      const rowKeys = Object.keys(tabularData);
      let hasPrimitives = false;
      rowKeys.forEach((rowKey, i) => {
        const row = tabularData[rowKey];
        const primitive = row === null || (typeof row !== 'function' && typeof row !== 'object');
        if (primitive && properties === undefined) {
          hasPrimitives = true;
          primitives[i] = format(row);
          return;
        }
        for (const key of properties || Object.keys(row)) {
          columns[key] ??= [];
          if ((primitive && properties) || !Object.hasOwn(row, key)) columns[key][i] = '';
          else columns[key][i] = format(row[key]);
        }
      });
      const head = ['(index)', ...Object.keys(columns)];
      const cells = [rowKeys, ...Object.values(columns)];
      if (hasPrimitives) {
        head.push('Values');
        primitives.length = rowKeys.length;
        cells.push(primitives);
      }
      return draw(head, cells);
    },
  };
  methods.dirxml = methods.log;
  methods.groupCollapsed = methods.group;
  return methods;
}

function printTime(label, elapsed, data) {
  if (data === undefined) this.log('%s: %s', label, elapsed);
  else this.log('%s: %s', label, elapsed, ...data);
}

Object.assign(Console.prototype, makeMethods());

/** Makes an object the program's console, which writes to the streams of `process`. */
function initializeGlobalConsole(globalConsole) {
  Object.assign(globalConsole, makeMethods(globalConsole));
  Object.defineProperties(globalConsole, slots);
  Object.defineProperty(globalConsole, Symbol.toStringTag, tag);
  globalConsole[kBindStreamsLazy](process);
  globalConsole[kBindProperties](true, 'auto');
}

module.exports = { Console, initializeGlobalConsole };
