'use strict';

// What is traced: `--trace-event-categories` and `trace_events`. What reports a category is set up when that is turned on first.
//
// Binding contract (`trace_events`): enable(categories, filePattern) -> number; disable(number); trace(phase, category, name, id?,
//   data?, args?) records an event, with data as the only argument or with arguments, if its category is on; metadata(name, args); getEnabledCategories(); isTraceCategoryEnabled(category).

const binding = internalBinding('trace_events');
const { getOptionValue } = require('internal/options');
const { trace } = binding;
const { apply } = Reflect;
const phase = (letter) => letter.charCodeAt(0);

const kBegin = phase('b');
const kEnd = phase('e');
const kInstant = phase('n');
const kSyncBegin = phase('B');
const kSyncEnd = phase('E');
const kCounter = phase('C');
const kMark = phase('R');

const kDefaultCategories = ['v8', 'node', 'node.async_hooks'];
const kDefaultPattern = 'node_trace.${rotation}.log'; // eslint-disable-line no-template-curly-in-string

let nextId = 0;

/** Replaces `target[name]` by what `wrap` makes of it. */
function replace(target, name, wrap) {
  const original = target?.[name];
  if (typeof original === 'function') target[name] = wrap(original);
}

// ---- what reports the categories ---------------------------------------------------------------------------------------------

const reporters = {
  '__proto__': null,

  'node,node.async_hooks'(category) {
    const { AsyncHook, executionAsyncId } = require('internal/async_hooks');
    const types = new Map();
    new AsyncHook({
      init(id, type, triggerAsyncId) {
        types.set(id, type);
        trace(kBegin, category, type, id, { triggerAsyncId, executionAsyncId: executionAsyncId() });
      },
      before(id) {
        if (types.has(id)) trace(kBegin, category, `${types.get(id)}_CALLBACK`, id);
      },
      after(id) {
        if (types.has(id)) trace(kEnd, category, `${types.get(id)}_CALLBACK`, id);
      },
      destroy(id) {
        if (!types.has(id)) return;
        trace(kEnd, category, types.get(id), id);
        types.delete(id);
      },
    }).enable();
  },

  'node,node.bootstrap'(category) {
    process.on('exit', () => {
      const { nodeTiming } = require('perf_hooks').performance;
      for (const name of ['nodeStart', 'v8Start', 'environment', 'bootstrapComplete', 'loopStart', 'loopExit']) {
        if (nodeTiming[name] >= 0) trace(kMark, category, name, undefined, nodeTiming[name]);
      }
    });
  },

  'node,node.console'(category) {
    const counts = new Map();
    const timers = new Map();
    const after = (name, report) => replace(globalThis.console, name, (original) => ({
      [name](label = 'default', ...rest) {
        const result = apply(original, this, [label, ...rest]);
        report(`${label}`);
        return result;
      },
    }[name]));
    const count = (label, n) => {
      counts.set(label, n);
      trace(kCounter, category, `count::${label}`, 0, n);
    };
    const timer = (kind) => (label) => {
      if (kind === kBegin) timers.set(label, ++nextId);
      const id = timers.get(label);
      if (id !== undefined) trace(kind, category, `time::${label}`, id);
      if (kind === kEnd) timers.delete(label);
    };
    after('count', (label) => count(label, (counts.get(label) ?? 0) + 1));
    after('countReset', (label) => count(label, 0));
    after('time', timer(kBegin));
    after('timeLog', timer(kInstant));
    after('timeEnd', timer(kEnd));
  },

  'node,node.environment'(category) {
    const span = (name, f) => function(...args) {
      trace(kSyncBegin, category, name);
      try {
        return apply(f, this, args);
      } finally {
        trace(kSyncEnd, category, name);
      }
    };
    trace(kSyncBegin, category, 'Environment');
    trace(kSyncEnd, category, 'Environment');
    const { processImmediate, processTimers } = require('internal/timers');
    const immediates = span('RunAndClearNativeImmediates', processImmediate);
    internalBinding('timers').setupTimers(span('CheckImmediate', immediates), span('RunTimers', processTimers));
    process.on('beforeExit', span('BeforeExit', () => {}));
    process.on('exit', span('RunCleanup', span('AtExit', () => {})));
  },

  'node,node.fs,node.fs.sync': (category) => reportFiles(category, true),
  'node,node.fs,node.fs.async': (category) => reportFiles(category, false),

  'node,node.fs_dir,node.fs_dir.async'(category) {
    reportCalls(internalBinding('fs_dir'), 'opendir', ['opendir'], category, false);
  },

  'node,node.http'(category) {
    const { subscribe } = require('diagnostics_channel');
    const ids = new WeakMap();
    const report = (channel, kind, name, key) => subscribe(channel, (message) => {
      const owner = message[key];
      if (kind === kBegin) ids.set(owner, ++nextId);
      if (ids.has(owner)) trace(kind, category, name, ids.get(owner));
    });
    report('http.server.request.start', kBegin, 'http.server.request', 'request');
    report('http.server.response.finish', kEnd, 'http.server.request', 'request');
    report('http.client.request.start', kBegin, 'http.client.request', 'request');
    report('http.client.response.finish', kEnd, 'http.client.request', 'request');
  },

  'node,node.net,node.net.native'(category) {
    const connect = (describe) => (original) => function connect(request, ...args) {
      const id = ++nextId;
      trace(kBegin, category, 'connect', id, undefined, describe(...args));
      const { oncomplete } = request;
      request.oncomplete = function(...results) {
        trace(kEnd, category, 'connect', id, undefined, { status: results[0] });
        return apply(oncomplete, this, results);
      };
      const error = apply(original, this, [request, ...args]);
      if (error) trace(kEnd, category, 'connect', id, undefined, { status: error });
      return error;
    };
    const { TCP } = internalBinding('tcp_wrap');
    const { Pipe } = internalBinding('pipe_wrap');
    const address = connect((ip, port) => ({ ip, port }));
    replace(TCP.prototype, 'connect', address);
    replace(TCP.prototype, 'connect6', address);
    replace(Pipe.prototype, 'connect', connect((path) => ({
      path_type: path[0] === '\0' ? 'abstract socket' : 'file',
      pipe_path: path,
    })));
  },

  'node,node.perf,node.perf.usertiming'(category) {
    const { PerformanceObserver } = require('perf_hooks');
    new PerformanceObserver((list) => {
      for (const { entryType, name } of list.getEntries()) {
        if (entryType === 'mark') {
          trace(kMark, category, name);
        } else {
          const id = ++nextId;
          trace(kBegin, category, name, id);
          trace(kEnd, category, name, id);
        }
      }
    }).observe({ entryTypes: ['mark', 'measure'] });
  },

  'node,node.vm,node.vm.script'(category) {
    const contextify = internalBinding('contextify');
    replace(contextify.ContextifyScript.prototype, 'runInContext', (original) => function runInContext(...args) {
      trace(kSyncBegin, category, 'RunInContext');
      try {
        return apply(original, this, args);
      } finally {
        trace(kSyncEnd, category, 'RunInContext');
      }
    });
  },

  'v8'(category) {
    const contextify = internalBinding('contextify');
    const compile = (original) => function(...args) {
      trace(kSyncBegin, category, 'V8.ScriptCompiler');
      try {
        return new.target === undefined ? apply(original, this, args) : Reflect.construct(original, args, new.target);
      } finally {
        trace(kSyncEnd, category, 'V8.ScriptCompiler');
      }
    };
    replace(contextify, 'compileFunction', compile);
    replace(contextify, 'compileFunctionForCJSLoader', compile);
    replace(contextify, 'ContextifyScript', (original) => Object.assign(compile(original), { prototype: original.prototype }));
    process.on('exit', () => {
      const { getHeapStatistics } = internalBinding('v8');
      const { used_heap_size: used, total_heap_size: total } = getHeapStatistics();
      trace(kCounter, category, 'V8.HeapStatistics', undefined, { used, total });
    });
  },
};

// Functions of the fs binding by the names of the system calls that they make.
const kFileCalls = {
  __proto__: null,
  access: ['access'], chmod: ['chmod'], chown: ['chown'], close: ['close'], copyFile: ['copyfile'], fchmod: ['fchmod'],
  fchown: ['fchown'], fdatasync: ['fdatasync'], fstat: ['fstat'], fsync: ['fsync'], ftruncate: ['ftruncate'],
  futimes: ['futime'], lchown: ['lchown'], link: ['link'], lstat: ['lstat'], lutimes: ['lutime'], mkdir: ['mkdir'],
  mkdtemp: ['mkdtemp'], open: ['open'], read: ['read'], readBuffers: ['read'], readdir: ['scandir'],
  readFile: ['open', 'fstat', 'read', 'close'], readFileUtf8: ['open', 'fstat', 'read', 'close'], readlink: ['readlink'],
  realpath: ['realpath'], rename: ['rename'], rmdir: ['rmdir'], stat: ['stat'], symlink: ['symlink'], unlink: ['unlink'],
  utimes: ['utime'], write: ['write'], writeBuffer: ['write'], writeBuffers: ['write'], writeString: ['write'],
  writeFile: ['open', 'write', 'close'], writeFileUtf8: ['open', 'write', 'close'],
};

function reportFiles(category, sync) {
  const fs = internalBinding('fs');
  for (const name in kFileCalls) reportCalls(fs, name, kFileCalls[name], category, sync);
}

// Where the events of synchronous calls have other names.
const kSyncNames = { __proto__: null, futime: 'futimes', lutime: 'lutimes', scandir: 'readdir', utime: 'utimes' };

/** Reports the calls of a function that takes a callback, or works at once without one. */
function reportCalls(target, name, calls, category, sync) {
  replace(target, name, (original) => function(...args) {
    const at = args.findLastIndex((arg) => typeof arg === 'function');
    if ((at === -1) !== sync) return apply(original, this, args);
    if (sync) {
      // Inside a synchronous call nothing else can happen.
      const names = calls.map((call) => `fs.sync.${kSyncNames[call] ?? call}`);
      for (const call of names) trace(kSyncBegin, category, call);
      try {
        return apply(original, this, args);
      } finally {
        for (const call of names.reverse()) trace(kSyncEnd, category, call);
      }
    }
    const id = ++nextId;
    for (const call of calls) trace(kBegin, category, call, id);
    const callback = args[at];
    args[at] = function(...results) {
      for (const call of calls) trace(kEnd, category, call, id);
      return apply(callback, this, results);
    };
    return apply(original, this, args);
  });
}

// ---- turning on and off ----------------------------------------------------------------------------------------------------

const reporting = new Set();

function setUpReporters() {
  for (const category in reporters) {
    if (reporting.has(category) || !binding.isTraceCategoryEnabled(category)) continue;
    reporting.add(category);
    reporters[category](category);
  }
}

function describeProcess() {
  const { arch, platform, release, versions } = process;
  binding.metadata('thread_name', { name: 'JavaScriptMainThread' });
  binding.metadata('thread_name', { name: 'PlatformWorkerThread' });
  binding.metadata('version', { node: versions.node });
  binding.metadata('node', { process: { versions, arch, platform, release: { name: release.name, lts: release.lts } } });
  binding.metadata('process_name', { name: process.title });
  const title = Object.getOwnPropertyDescriptor(process, 'title');
  Object.defineProperty(process, 'title', {
    ...title,
    set(value) {
      apply(title.set, process, [value]);
      binding.metadata('process_name', { name: process.title });
    },
  });
}

let described = false;

/** Turns categories on; the result turns them off again with `disable`. */
function enable(categories) {
  if (!described) {
    described = true;
    describeProcess();
  }
  const set = binding.enable(categories.join(','), getOptionValue('--trace-event-file-pattern') || kDefaultPattern);
  setUpReporters();
  return set;
}

/** As the command line asks for it. */
function start() {
  const categories = getOptionValue('--trace-event-categories');
  enable(categories ? categories.split(',') : kDefaultCategories);
}

/** In a worker: what the program traces is traced there, too. */
function startWorker(threadId, threadName) {
  binding.metadata('thread_name', { name: `[worker ${threadId}] ${threadName}` });
  setUpReporters();
}

module.exports = {
  enable,
  disable: binding.disable,
  getEnabledCategories: binding.getEnabledCategories,
  start,
  startWorker,
};
