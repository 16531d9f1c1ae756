'use strict';

// Diagnostic reports: `process.report`, and when the command line asks for one.
//
// Binding contract (`report`): libcVersion() -> string or undefined.

const { getOptionValue } = require('internal/options');
const { codes: { ERR_INVALID_ARG_TYPE } } = require('internal/errors');
const { validateBoolean, validateSignalName, validateString } = require('internal/validators');

const kReportVersion = 5;

const settings = {
  directory: getOptionValue('--report-directory') ?? '',
  filename: getOptionValue('--report-filename') ?? '',
  compact: getOptionValue('--report-compact') === true,
  excludeNetwork: getOptionValue('--report-exclude-network') === true,
  excludeEnv: getOptionValue('--report-exclude-env') === true,
  signal: getOptionValue('--report-signal') || 'SIGUSR2',
  reportOnFatalError: getOptionValue('--report-on-fatalerror') === true,
  reportOnSignal: getOptionValue('--report-on-signal') === true,
  reportOnUncaughtException: getOptionValue('--report-uncaught-exception') === true,
};
let sequence = 0;

// ---- sections ------------------------------------------------------------------------------------------------------------------

function readText(file) {
  try {
    return require('fs').readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function networkInterfaces() {
  const list = [];
  for (const [name, addresses] of Object.entries(require('os').networkInterfaces())) {
    for (const { internal, mac, address, netmask, family, scopeid } of addresses) {
      list.push({ name, internal, mac, address, netmask, family, scopeid });
    }
  }
  return list;
}

function header(event, trigger, filename, time) {
  const os = require('os');
  const { threadId } = require('worker_threads');
  const libc = internalBinding('report').libcVersion();
  return {
    reportVersion: kReportVersion,
    event,
    trigger,
    filename,
    dumpEventTime: new Date(time - new Date(time).getTimezoneOffset() * 60_000).toISOString().slice(0, 19) + 'Z',
    dumpEventTimeStamp: `${time}`,
    processId: process.pid,
    threadId,
    cwd: process.cwd(),
    commandLine: [process.execPath, ...process.execArgv, ...process.argv.slice(1)],
    nodejsVersion: process.version,
    ...libc === undefined ? undefined : { glibcVersionRuntime: libc, glibcVersionCompiler: libc },
    wordSize: 64,
    arch: process.arch,
    platform: process.platform,
    componentVersions: process.versions,
    release: process.release,
    osName: os.type(),
    osRelease: os.release(),
    osVersion: os.version(),
    osMachine: os.machine(),
    cpus: os.cpus().map(({ model, speed, times: { user, nice, sys, idle, irq } }) =>
      ({ model, speed, user, nice, sys, idle, irq })),
    ...settings.excludeNetwork ? undefined : { networkInterfaces: networkInterfaces() },
    host: os.hostname(),
  };
}

function javascriptStack(error) {
  const text = `${error.stack ?? ''}`;
  const frames = text.split('\n');
  const errorProperties = { __proto__: null };
  for (const name of Object.keys(error)) {
    try {
      errorProperties[name] = String(error[name]);
    } catch {
      errorProperties[name] = '<no value>';
    }
  }
  return { message: frames[0], stack: frames.slice(1).map((line) => line.trim()), errorProperties };
}

/** Of a value that was thrown and is no error. */
function stackOfValue(value) {
  let message;
  try {
    message = typeof value === 'object' && value !== null ?
      require('internal/util/inspect').inspect(value) : String(value);
  } catch {
    message = '<no message>';
  }
  return { message, stack: ['Unavailable.'], errorProperties: {} };
}

function javascriptHeap() {
  const v8 = internalBinding('v8');
  const heap = v8.getHeapStatistics();
  const heapSpaces = {};
  for (const space of v8.getHeapSpaceStatistics()) {
    heapSpaces[space.space_name] = {
      memorySize: space.space_size,
      committedMemory: space.physical_space_size,
      capacity: space.space_used_size + space.space_available_size,
      used: space.space_used_size,
      available: space.space_available_size,
    };
  }
  return {
    totalMemory: heap.total_heap_size,
    executableMemory: heap.total_heap_size_executable,
    totalCommittedMemory: heap.total_physical_size,
    availableMemory: heap.total_available_size,
    totalGlobalHandlesMemory: heap.total_global_handles_size,
    usedGlobalHandlesMemory: heap.used_global_handles_size,
    usedMemory: heap.used_heap_size,
    memoryLimit: heap.heap_size_limit,
    mallocedMemory: heap.malloced_memory,
    externalMemory: heap.external_memory,
    peakMallocedMemory: heap.peak_malloced_memory,
    nativeContextCount: heap.number_of_native_contexts,
    detachedContextCount: heap.number_of_detached_contexts,
    doesZapGarbage: heap.does_zap_garbage,
    heapSpaces,
  };
}

function consumption(user, system) {
  const percent = (seconds) => (seconds / process.uptime()) * 100;
  return {
    userCpuSeconds: user,
    kernelCpuSeconds: system,
    cpuConsumptionPercent: percent(user + system),
    userCpuConsumptionPercent: percent(user),
    kernelCpuConsumptionPercent: percent(system),
  };
}

function resourceUsage() {
  const os = require('os');
  const usage = process.resourceUsage();
  return {
    ...consumption(usage.userCPUTime / 1e6, usage.systemCPUTime / 1e6),
    rss: `${process.memoryUsage.rss()}`,
    free_memory: `${os.freemem()}`,
    total_memory: `${os.totalmem()}`,
    constrained_memory: `${process.constrainedMemory()}`,
    available_memory: `${process.availableMemory()}`,
    maxRss: `${usage.maxRSS * 1024}`,
    pageFaults: { IORequired: usage.majorPageFault, IONotRequired: usage.minorPageFault },
    fsActivity: { reads: usage.fsRead, writes: usage.fsWrite },
  };
}

function threadUsage() {
  const { user, system } = process.threadCpuUsage();
  const { fsRead, fsWrite } = process.resourceUsage();
  return { ...consumption(user / 1e6, system / 1e6), fsActivity: { reads: fsRead, writes: fsWrite } };
}

/** The handles that keep the program running, in the order they were made; their places in memory are not known here. */
function handles() {
  const number = (i) => `0x${i.toString(16).padStart(16, '0')}`;
  const endpoint = (host, family, port) =>
    (host === undefined ? null : { host, [family === 'IPv6' ? 'ip6' : 'ip4']: host, port });
  const list = [{ type: 'loop', address: number(1), is_active: true }];
  for (const owner of process._getActiveHandles()) {
    const handle = owner._handle ?? owner;
    const kind = handle.constructor?.name ?? 'Object';
    const type = kind === 'Socket' ? 'tcp' : kind.toLowerCase();
    const entry = {
      type,
      is_active: true,
      is_referenced: typeof handle.hasRef === 'function' ? handle.hasRef() : true,
      address: number(list.length + 1),
    };
    if (type === 'tcp') {
      entry.localEndpoint = endpoint(owner.localAddress, owner.localFamily, owner.localPort);
      entry.remoteEndpoint = endpoint(owner.remoteAddress, owner.remoteFamily, owner.remotePort);
    }
    if (typeof handle.fd === 'number') entry.fd = handle.fd;
    if (kind === 'Process') entry.pid = owner.pid;
    list.push(entry);
  }
  return list;
}

// Names in a report by the names in /proc/self/limits, and the size of what is counted.
const kLimits = [
  ['core_file_size_blocks', 'Max core file size', 512],
  ['data_seg_size_bytes', 'Max data size', 1],
  ['file_size_blocks', 'Max file size', 512],
  ['max_locked_memory_bytes', 'Max locked memory', 1],
  ['max_memory_size_bytes', 'Max resident set', 1],
  ['open_files', 'Max open files', 1],
  ['stack_size_bytes', 'Max stack size', 1],
  ['cpu_time_seconds', 'Max cpu time', 1],
  ['max_user_processes', 'Max processes', 1],
  ['virtual_memory_bytes', 'Max address space', 1],
];

function userLimits() {
  const limits = {};
  const lines = readText('/proc/self/limits').split('\n');
  for (const [name, title, unit] of kLimits) {
    const line = lines.find((line) => line.startsWith(title));
    const { 0: soft = 'unlimited', 1: hard = 'unlimited' } = line?.slice(title.length).trim().split(/\s+/) ?? [];
    const value = (text) => (text === 'unlimited' ? text : Math.floor(Number(text) / unit));
    limits[name] = { soft: value(soft), hard: value(hard) };
  }
  return limits;
}

function sharedObjects() {
  const paths = new Set();
  for (const line of readText('/proc/self/maps').split('\n')) {
    const at = line.indexOf('/');
    if (at !== -1 && / ..x. /.test(line.slice(0, at))) paths.add(line.slice(at));
  }
  return [...paths];
}

/** The whole report as an object. */
function makeReport(event, trigger, filename, stack, time) {
  return {
    header: header(event, trigger, filename, time),
    javascriptStack: stack,
    javascriptHeap: javascriptHeap(),
    nativeStack: [],
    resourceUsage: resourceUsage(),
    uvthreadResourceUsage: threadUsage(),
    libuv: handles(),
    workers: [],
    ...settings.excludeEnv ? undefined : { environmentVariables: { ...process.env } },
    userLimits: userLimits(),
    sharedObjects: sharedObjects(),
  };
}

// ---- writing ---------------------------------------------------------------------------------------------------------------------

function defaultFilename(time) {
  const at = new Date(time);
  const two = (n) => `${n}`.padStart(2, '0');
  const date = `${at.getFullYear()}${two(at.getMonth() + 1)}${two(at.getDate())}`;
  const clock = `${two(at.getHours())}${two(at.getMinutes())}${two(at.getSeconds())}`;
  const { threadId } = require('worker_threads');
  return `report.${date}.${clock}.${process.pid}.${threadId}.${`${++sequence}`.padStart(3, '0')}.json`;
}

function print(text) {
  require('fs').writeSync(2, text);
}

/** Writes a report; the result is the name of its file. */
function write(event, trigger, file, stack) {
  const time = Date.now();
  const filename = file || settings.filename || defaultFilename(time);
  const text = () => `${JSON.stringify(makeReport(event, trigger, filename, stack, time), null, settings.compact ? 0 : 2)}\n`;
  const fs = require('fs');
  if (filename === 'stdout' || filename === 'stderr') {
    fs.writeSync(filename === 'stdout' ? 1 : 2, text());
    return filename;
  }
  const path = require('path');
  const target = settings.directory ? path.resolve(settings.directory, filename) : filename;
  if (getOptionValue('--permission')) {
    require('internal/process/permission_guard').check('fs.write', file ?? (settings.directory || process.cwd()));
  }
  let fd;
  try {
    fd = fs.openSync(target, 'w');
  } catch (error) {
    print(`\nFailed to open Node.js report file: ${filename} directory: ${settings.directory} (errno: ${-error.errno})\n`);
    return '';
  }
  print(`\nWriting Node.js report to file: ${filename}`);
  fs.writeSync(fd, text());
  fs.closeSync(fd);
  print('\nNode.js report completed\n');
  return filename;
}

function checkError(error) {
  if (typeof error !== 'object' || error === null) throw new ERR_INVALID_ARG_TYPE('err', 'Object', error);
  return javascriptStack(error);
}

function callStack(below) {
  const error = new Error('JavaScript Callstack');
  Error.captureStackTrace(error, below);
  return error;
}

const report = {
  writeReport(file, error) {
    if (typeof file === 'object' && file !== null) {
      error = file;
      file = undefined;
    } else if (file !== undefined) {
      validateString(file, 'file');
    }
    return write('JavaScript API', 'API', file, checkError(error === undefined ? callStack(report.writeReport) : error));
  },

  getReport(error) {
    const stack = checkError(error === undefined ? callStack(report.getReport) : error);
    // As it would be read from a file.
    return JSON.parse(JSON.stringify(makeReport('JavaScript API', 'GetReport', null, stack, Date.now())));
  },
};

// ---- on signals and uncaught exceptions -----------------------------------------------------------------------------------

function onSignal(signal) {
  write(signal, 'Signal', undefined, javascriptStack(callStack(onSignal)));
}

function watchSignal(watch) {
  if (!internalBinding('process_methods').isMainThread) return;
  if (watch) process.on(settings.signal, onSignal);
  else process.removeListener(settings.signal, onSignal);
}

/** Called with an exception that ends the program. */
function onUncaughtException(error) {
  if (!settings.reportOnUncaughtException) return;
  write('Exception', 'Exception', undefined, error instanceof Error ? javascriptStack(error) : stackOfValue(error));
}

const setters = {
  __proto__: null,
  signal(value) {
    validateString(value, 'signal');
    validateSignalName(value, 'signal');
    if (settings.reportOnSignal) watchSignal(false);
    settings.signal = value;
    if (settings.reportOnSignal) watchSignal(true);
  },
  reportOnSignal(value) {
    validateBoolean(value, 'trigger');
    if (value === settings.reportOnSignal) return;
    settings.reportOnSignal = value;
    watchSignal(value);
  },
};
for (const name of Object.keys(settings)) {
  const validate = typeof settings[name] === 'boolean' ? validateBoolean : validateString;
  Object.defineProperty(report, name, {
    __proto__: null,
    configurable: true,
    enumerable: true,
    get: () => settings[name],
    set: setters[name] ?? ((value) => {
      validate(value, name);
      settings[name] = value;
    }),
  });
}

if (settings.reportOnSignal) watchSignal(true);

module.exports = { report, onUncaughtException };
