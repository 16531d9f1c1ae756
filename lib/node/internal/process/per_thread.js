'use strict';

// The properties of `process`.
//
// Binding contract (process_methods unless noted; failing calls throw the Error a program is to see):
//   hrtimeBuffer: ArrayBuffer of 24 bytes; hrtime() fills its Uint32 [seconds high, seconds low, nanoseconds];
//   hrtimeBigInt() fills its BigUint64 [nanoseconds]. uptime() -> seconds.
//   cpuUsage(Float64Array(2)) [user, system in us]; threadCpuUsage(Float64Array(2)); resourceUsage(Float64Array(16));
//   memoryUsage(Float64Array(5)) [rss, heapTotal, heapUsed, external, arrayBuffers]; rss() -> bytes;
//   constrainedMemory(), availableMemory() -> bytes. cwd() -> string; chdir(path); umask(mask | undefined) -> old mask.
//   _kill(pid, signal) -> 0 or negative errno. reallyExit(code) ends the process. abort().
//   _rawDebug(text): to stderr, synchronously. dlopen(module, filename, flags). execve(path, args, env).
//   getEnv(name) -> string | undefined; setEnv(name, value); unsetEnv(name); envKeys() -> string[].
//   getActiveResourcesInfo() -> string[]; _getActiveHandles(), _getActiveRequests() -> objects.
//   exitInfo (see internal/process/execution). credentials: getuid, geteuid, getgid, getegid, getgroups,
//   setuid, setgid, seteuid, setegid, setgroups, initgroups. signal_wrap.Signal: new Signal(); start(signum) -> errno;
//   stop(); close(); unref(); onsignal(signum).

const binding = internalBinding('process_methods');
const { exitInfo } = binding;

const kExiting = 0;
const kExitCode = 1;
const kHasExitCode = 2;

const lazyErrors = () => require('internal/errors');
const lazyValidators = () => require('internal/validators');

let hrBuffer;
let hrValues;
let hrBigint;
function refreshHrtimeBuffer() {
  hrBuffer = binding.hrtimeBuffer;
  hrValues = new Uint32Array(hrBuffer);
  hrBigint = new BigUint64Array(hrBuffer, 0, 1);
}

function hrtime(time) {
  if (hrBuffer === undefined) refreshHrtimeBuffer();
  binding.hrtime();
  const seconds = hrValues[0] * 0x1_0000_0000 + hrValues[1];
  if (time !== undefined) {
    lazyValidators().validateArray(time, 'time');
    if (time.length !== 2) {
      throw new (lazyErrors().codes.ERR_OUT_OF_RANGE)('time', 2, time.length);
    }
    const sec = seconds - time[0];
    const nsec = hrValues[2] - time[1];
    return nsec < 0 ? [sec - 1, nsec + 1e9] : [sec, nsec];
  }
  return [seconds, hrValues[2]];
}

hrtime.bigint = function bigint() {
  if (hrBuffer === undefined) refreshHrtimeBuffer();
  binding.hrtimeBigInt();
  return hrBigint[0];
};

function previousUsage(previous, name, low) {
  const { codes: { ERR_INVALID_ARG_VALUE } } = lazyErrors();
  const value = previous[name];
  lazyValidators().validateNumber(value, `prevValue.${name}`);
  if (!(value >= low && value <= Number.MAX_SAFE_INTEGER)) {
    throw new (lazyErrors().codes.ERR_INVALID_ARG_VALUE.RangeError ?? ERR_INVALID_ARG_VALUE)(`prevValue.${name}`, value);
  }
}

const cpuValues = new Float64Array(2);
function usageFrom(read, previous) {
  if (previous) {
    lazyValidators().validateObject(previous, 'prevValue');
    previousUsage(previous, 'user', 0);
    previousUsage(previous, 'system', 0);
  }
  read(cpuValues);
  const [user, system] = cpuValues;
  return previous ? { user: user - previous.user, system: system - previous.system } : { user, system };
}

function cpuUsage(prevValue) {
  return usageFrom(binding.cpuUsage, prevValue);
}

function threadCpuUsage(prevValue) {
  return usageFrom(binding.threadCpuUsage, prevValue);
}

function resourceUsage() {
  const values = new Float64Array(16);
  binding.resourceUsage(values);
  return {
    userCPUTime: values[0],
    systemCPUTime: values[1],
    maxRSS: values[2],
    sharedMemorySize: values[3],
    unsharedDataSize: values[4],
    unsharedStackSize: values[5],
    minorPageFault: values[6],
    majorPageFault: values[7],
    swappedOut: values[8],
    fsRead: values[9],
    fsWrite: values[10],
    ipcSent: values[11],
    ipcReceived: values[12],
    signalsCount: values[13],
    voluntaryContextSwitches: values[14],
    involuntaryContextSwitches: values[15],
  };
}

function memoryUsage() {
  const values = new Float64Array(5);
  binding.memoryUsage(values);
  return {
    rss: values[0],
    heapTotal: values[1],
    heapUsed: values[2],
    external: values[3],
    arrayBuffers: values[4],
  };
}
memoryUsage.rss = function rss() {
  return binding.rss();
};

function validateExitCode(value) {
  if (value === null || value === undefined) return;
  if (typeof value === 'string' && value !== '') {
    const number = Number(value);
    if (Number.isInteger(number)) return;
  }
  lazyValidators().validateInteger(value, 'code');
}

/** Says where the program ends itself. */
function traceExit() {
  const at = {};
  Error.captureStackTrace(at, traceExit);
  const { isMainThread, threadId } = require('worker_threads');
  const thread = isMainThread ? '' : `, thread:${threadId}`;
  const code = exitInfo[kHasExitCode] ? exitInfo[kExitCode] : 0;
  const frames = at.stack.split('\n').slice(1).join('\n');
  require('fs').writeSync(2, `(node:${process.pid}${thread}) WARNING: Exited the environment with code ${code}\n${frames}\n`);
}

function exit(code) {
  // `process.exit()` keeps an exit code set before; `process.exit(undefined)` does too.
  if (code !== undefined) process.exitCode = code;
  if (!exitInfo[kExiting]) {
    exitInfo[kExiting] = 1;
    process.emit('exit', exitInfo[kHasExitCode] ? exitInfo[kExitCode] : 0);
  }
  if (require('internal/options').getOptionValue('--trace-exit')) traceExit();
  // Through `process`, so that a program may replace it.
  process.reallyExit(exitInfo[kHasExitCode] ? exitInfo[kExitCode] : 0);
}

function kill(pid, signal) {
  const { codes, ErrnoException } = lazyErrors();
  // eslint-disable-next-line eqeqeq -- numeric strings are process ids too
  if (pid != (pid | 0)) throw new codes.ERR_INVALID_ARG_TYPE('pid', 'number', pid);
  let result;
  if (typeof signal === 'number' || (signal && (signal | 0) === Number(signal))) {
    result = process._kill(pid | 0, signal | 0);
  } else {
    const { signals } = internalBinding('constants').os;
    const number = signals[signal || 'SIGTERM'];
    if (number === undefined) throw new codes.ERR_UNKNOWN_SIGNAL(signal);
    result = process._kill(pid | 0, number);
  }
  if (result) throw new ErrnoException(result, 'kill');
  return true;
}

function cwd() {
  return binding.cwd();
}

function chdir(directory) {
  lazyValidators().validateString(directory, 'directory');
  binding.chdir(directory);
}

function umask(mask) {
  if (mask === undefined) return binding.umask(undefined);
  return binding.umask(lazyValidators().parseFileMode(mask, 'mask'));
}

function execve(execPath, args = [], env = process.env) {
  const { validateString, validateArray, validateObject } = lazyValidators();
  const { codes: { ERR_INVALID_ARG_VALUE } } = lazyErrors();
  validateString(execPath, 'execPath');
  validateArray(args, 'args');
  args.forEach((arg, i) => {
    if (typeof arg !== 'string' || arg.includes('\0')) {
      throw new ERR_INVALID_ARG_VALUE(`args[${i}]`, arg, 'must be a string without null bytes');
    }
  });
  validateObject(env, 'env');
  const pairs = [];
  for (const [key, value] of Object.entries(env)) {
    if (typeof value !== 'string' || key.includes('\0') || value.includes('\0')) {
      throw new ERR_INVALID_ARG_VALUE('env', env,
                                      'must be an object with string keys and values without null bytes');
    }
    pairs.push(`${key}=${value}`);
  }
  binding.execve(execPath, args, pairs);
}

function loadEnvFile(path = undefined) {
  const { parseEnv } = internalBinding('util');
  if (path !== undefined) {
    const { toPathIfFileURL } = require('internal/url');
    path = toPathIfFileURL(path);
    if (!(path instanceof Uint8Array)) lazyValidators().validateString(path, 'path');
  }
  const parsed = parseEnv(require('fs').readFileSync(path ?? '.env', 'utf8'));
  for (const key of Object.keys(parsed)) {
    if (binding.getEnv(key) === undefined) binding.setEnv(key, parsed[key]);
  }
}

function ref(maybeRefable) {
  const fn = maybeRefable?.[Symbol.for('nodejs.ref')] ?? maybeRefable?.[Symbol.for('node:ref')] ?? maybeRefable?.ref;
  if (typeof fn === 'function') Reflect.apply(fn, maybeRefable, []);
}

function unref(maybeRefable) {
  const fn =
    maybeRefable?.[Symbol.for('nodejs.unref')] ?? maybeRefable?.[Symbol.for('node:unref')] ?? maybeRefable?.unref;
  if (typeof fn === 'function') Reflect.apply(fn, maybeRefable, []);
}

// The names process.binding() still gives out.
const legacyBindings = () => [
  'buffer', 'cares_wrap', 'config', 'constants', 'contextify', 'fs', 'fs_event_wrap', 'http_parser', 'inspector', 'os',
  'pipe_wrap', 'process_wrap', 'signal_wrap', 'spawn_sync', 'stream_wrap', 'tcp_wrap', 'tls_wrap', 'tty_wrap',
  'udp_wrap', 'url', 'util', 'uv', 'v8', 'zlib',
];

let warnedOfBinding = false;
function legacyBinding(name) {
  name = String(name);
  const pending = require('internal/options').getOptionValue('--pending-deprecation');
  if (pending && !warnedOfBinding) {
    warnedOfBinding = true;
    process.emitWarning('process.binding() is deprecated. Please use public APIs instead.', 'DeprecationWarning', 'DEP0111');
  }
  if (pending && name === 'uv') {
    return {
      ...internalBinding('uv'),
      errname: require('internal/util').deprecate(
        (error) => internalBinding('uv').errname(error),
        'Directly calling process.binding(\'uv\').errname(<val>) is being deprecated. ' +
        'Please make sure to use util.getSystemErrorName() instead.', 'DEP0119'),
    };
  }
  if (name === 'natives') return {};
  if (legacyBindings().includes(name)) return internalBinding(name);
  const error = new Error(`No such module: ${name}`);
  error.code = 'ERR_INVALID_MODULE';
  throw error;
}

function getBuiltinModule(id) {
  lazyValidators().validateString(id, 'id');
  const { BuiltinModule } = require('internal/bootstrap/realm');
  const bare = BuiltinModule.normalizeRequirableId(id);
  return bare === undefined ? undefined : require(bare);
}

function envKey(key) {
  return typeof key === 'symbol' ? undefined : key;
}

// [[Set]] of the environment: everything becomes a string; symbols are refused.
function envSet(key, value) {
  if (typeof key === 'symbol' || typeof value === 'symbol') {
    throw new TypeError('Cannot convert a Symbol value to a string');
  }
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') warnOfConversion();
  binding.setEnv(key, `${value}`);
  return true;
}

let hasWarnedOfConversion = false;
function warnOfConversion() {
  if (hasWarnedOfConversion || !require('internal/options').getOptionValue('--pending-deprecation')) return;
  hasWarnedOfConversion = true;
  process.emitWarning(
    'Assigning any value other than a string, number, or boolean to a process.env property is deprecated. ' +
    'Please make sure to convert the value to a string before setting process.env with it.', 'DeprecationWarning', 'DEP0104');
}

function createEnv() {
  return new Proxy({}, {
    __proto__: null,
    get(target, key, receiver) {
      if (typeof key === 'symbol') return Reflect.get(target, key, receiver);
      const value = binding.getEnv(key);
      return value === undefined ? Reflect.get(target, key, receiver) : value;
    },
    set(target, key, value) {
      return envSet(key, value);
    },
    has(target, key) {
      if (typeof key === 'symbol') return Reflect.has(target, key);
      return binding.getEnv(key) !== undefined || Reflect.has(target, key);
    },
    deleteProperty(target, key) {
      if (envKey(key) !== undefined) binding.unsetEnv(key);
      return true;
    },
    ownKeys() {
      return binding.envKeys();
    },
    getOwnPropertyDescriptor(target, key) {
      if (typeof key === 'symbol') return undefined;
      const value = binding.getEnv(key);
      if (value === undefined) return undefined;
      return { value, writable: true, enumerable: true, configurable: true };
    },
    defineProperty(target, key, descriptor) {
      const { codes: { ERR_INVALID_OBJECT_DEFINE_PROPERTY } } = lazyErrors();
      if ('value' in descriptor) {
        if (!(descriptor.configurable && descriptor.writable && descriptor.enumerable)) {
          throw new ERR_INVALID_OBJECT_DEFINE_PROPERTY(
            "'process.env' only accepts a configurable, writable, and enumerable data descriptor");
        }
        return envSet(key, descriptor.value);
      }
      if ('get' in descriptor || 'set' in descriptor) {
        throw new ERR_INVALID_OBJECT_DEFINE_PROPERTY(
          "'process.env' does not accept an accessor(getter/setter) descriptor");
      }
      throw new ERR_INVALID_OBJECT_DEFINE_PROPERTY(
        "'process.env' only accepts a configurable, writable, and enumerable data descriptor");
    },
    preventExtensions() {
      return false;
    },
  });
}

// Methods that are plain properties: writable, enumerable, configurable.
const methods = {
  _rawDebug(...args) {
    binding._rawDebug(require('internal/util/inspect').format(...args));
  },
  binding: legacyBinding,
  _linkedBinding(name) {
    throw new (lazyErrors().codes.ERR_INVALID_ARG_VALUE)('name', name, 'names no linked binding');
  },
  dlopen(module, filename, flags) {
    return binding.dlopen(module, filename, flags);
  },
  uptime() {
    return binding.uptime();
  },
  _getActiveRequests() {
    return binding._getActiveRequests();
  },
  _getActiveHandles() {
    const { owner_symbol } = internalBinding('symbols');
    return binding._getActiveHandles().map((handle) => handle[owner_symbol] ?? handle.owner ?? handle);
  },
  getActiveResourcesInfo() {
    const timers = internalBinding('timers');
    return [
      ...binding.getActiveResourcesInfo(),
      ...new Array(Math.max(0, (timers.timerInfo ?? timers.timeoutInfo)[0])).fill('Timeout'),
      // Those that keep the program running.
      ...new Array(timers.immediateInfo[1]).fill('Immediate'),
    ];
  },
  reallyExit(code) {
    binding.reallyExit(code | 0);
  },
  _kill(pid, signal) {
    return binding._kill(pid, signal);
  },
  loadEnvFile,
  cpuUsage,
  threadCpuUsage,
  resourceUsage,
  memoryUsage,
  constrainedMemory() {
    return binding.constrainedMemory();
  },
  availableMemory() {
    return binding.availableMemory();
  },
  kill,
  exit,
  execve,
  ref,
  unref,
  hrtime,
  openStdin() {
    process.stdin.resume();
    return process.stdin;
  },
  setUncaughtExceptionCaptureCallback(fn) {
    require('internal/process/execution').setUncaughtExceptionCaptureCallback(fn);
  },
  addUncaughtExceptionCaptureCallback(fn) {
    require('internal/process/execution').addUncaughtExceptionCaptureCallback(fn);
  },
  hasUncaughtExceptionCaptureCallback() {
    return require('internal/process/execution').hasUncaughtExceptionCaptureCallback();
  },
  emitWarning(warning, type, code, ctor) {
    require('internal/process/warning').emitWarning(warning, type, code, ctor);
  },
  _tickCallback() {
    require('internal/process/task_queues').runNextTicks();
  },
  setSourceMapsEnabled(enabled) {
    lazyValidators().validateBoolean(enabled, 'enabled');
    require('internal/source_map/source_map_cache').setSourceMapsSupport({
      enabled, nodeModules: enabled, generatedCode: enabled,
    });
  },
  getBuiltinModule,
  _debugProcess(pid) {
    if (typeof binding._debugProcess === 'function') return binding._debugProcess(pid);
    throw new (lazyErrors().codes.ERR_INSPECTOR_NOT_AVAILABLE)();
  },
  _debugEnd() {},
  _startProfilerIdleNotifier() {},
  _stopProfilerIdleNotifier() {},
  abort() {
    binding.abort();
  },
  umask,
  chdir,
  cwd,
};

const kReadCredentials = ['getuid', 'geteuid', 'getgid', 'getegid', 'getgroups'];
const kWriteCredentials = ['initgroups', 'setgroups', 'setegid', 'seteuid', 'setgid', 'setuid'];

// process.features as Node describes this kind of build.
const kFeatures = {
  inspector: false, debug: false, uv: true, ipv6: true, tls_alpn: true, tls_sni: true, tls_ocsp: true, tls: true,
  openssl_is_boringssl: false, cached_builtins: true, require_module: true, quic: false, typescript: 'strip',
};

/** Defines on `process` all that the native side has not. */
function defineProcess(process, { moduleLoadList, defineLazyValues, defineValue }) {
  const constant = (name, value) => Object.defineProperty(process, name, {
    __proto__: null, value, writable: false, enumerable: true, configurable: true,
  });
  const { version } = process;
  constant('release', Object.freeze({
    name: 'node',
    sourceUrl: `https://nodejs.org/download/release/${version}/node-${version}.tar.gz`,
    headersUrl: `https://nodejs.org/download/release/${version}/node-${version}-headers.tar.gz`,
  }));
  constant('moduleLoadList', moduleLoadList);
  defineExitCode(process);
  Object.assign(process, methods);

  const credentials = internalBinding('credentials');
  const exists = (name) => typeof credentials[name] === 'function';
  defineLazyValues(process, kReadCredentials.filter(exists), true, (name) => credentials[name]);
  defineLazyValues(process, kWriteCredentials.filter(exists), true,
                   (name) => require('internal/process/credentials')[name]);

  const argv0 = process.argv[0];
  Object.defineProperty(process, 'argv0', {
    __proto__: null, value: argv0, writable: false, enumerable: true, configurable: false,
  });
  process.argv[0] = process.execPath;
  defineValue(process, 'env', createEnv(), true);

  const getter = (name, load) => {
    let value;
    const get = { get() { return value ??= load(); } }.get;
    Object.defineProperty(process, name, { __proto__: null, configurable: true, enumerable: true, get });
    return get;
  };
  for (const name of ['stdout', 'stderr', 'stdin']) {
    streamGetters[name] = getter(name, () => require('internal/process/stdio').get(name));
  }
  Object.defineProperty(process, 'features', {
    __proto__: null, value: Object.freeze(kFeatures), writable: false, enumerable: true, configurable: false,
  });
  const rare = () => require('internal/process/rare');
  getter('config', () => rare().config());
  getter('report', () => require('internal/process/report').report);
  defineLazyValues(process, ['finalization'], true, () => require('internal/process/finalization').createFinalization());
  defineLazyValues(process, ['allowedNodeEnvironmentFlags'], true, () => rare().allowedNodeEnvironmentFlags());
  Object.defineProperty(process, 'sourceMapsEnabled', {
    __proto__: null,
    configurable: true,
    enumerable: true,
    get() {
      return require('internal/source_map/source_map_cache').getSourceMapsSupport().enabled;
    },
  });
  constant('_preload_modules', []);
}

function defineExitCode(process) {
  Object.defineProperty(process, '_exiting', {
    __proto__: null,
    configurable: true,
    enumerable: true,
    get() {
      return exitInfo[kExiting] === 1;
    },
    set(value) {
      exitInfo[kExiting] = value ? 1 : 0;
    },
  });
  let exitCode;
  Object.defineProperty(process, 'exitCode', {
    __proto__: null,
    configurable: false,
    enumerable: true,
    get() {
      // An uncaught exception sets the shared field without coming through here.
      return exitCode === undefined && exitInfo[kHasExitCode] ? exitInfo[kExitCode] : exitCode;
    },
    set(value) {
      validateExitCode(value);
      exitCode = value;
      if (value === null || value === undefined) {
        exitInfo[kHasExitCode] = 0;
      } else {
        exitInfo[kExitCode] = Number(value);
        exitInfo[kHasExitCode] = 1;
      }
    },
  });
}

// The getters of the standard streams, as long as the program has not replaced them.
const streamGetters = { __proto__: null, stdout: undefined, stderr: undefined, stdin: undefined };

const signalHandles = new Map();

function signalNumber(event) {
  if (typeof event !== 'string' || !event.startsWith('SIG')) return undefined;
  const { signals } = internalBinding('constants').os;
  return Object.hasOwn(signals, event) ? signals[event] : undefined;
}

function startListening(event) {
  if (signalHandles.has(event)) return;
  const number = signalNumber(event);
  if (number === undefined) return;
  const { Signal } = internalBinding('signal_wrap');
  const handle = new Signal();
  handle.unref();
  handle.onsignal = (signum) => process.emit(event, event, signum ?? number);
  const status = handle.start(number);
  if (status) {
    handle.close();
    throw new (lazyErrors().ErrnoException)(status, 'uv_signal_start');
  }
  signalHandles.set(event, handle);
}

function stopListening(event) {
  const handle = signalHandles.get(event);
  if (handle !== undefined && process.listenerCount(event) === 0) {
    handle.close();
    signalHandles.delete(event);
  }
}

/** A listener for the name of a signal makes the process receive it. */
function watchSignals(process) {
  process.on('newListener', startListening);
  process.on('removeListener', stopListening);
}

module.exports = { defineProcess, watchSignals, streamGetters, hrtime, refreshHrtimeBuffer, execve };
