'use strict';

// The permission model. With `--permission`, functions of the bindings that reach files, processes or the network are
// replaced, before anything else is loaded, by ones that ask `permission.has` first.
//
// Binding contract: permission.has(scope, reference) -> boolean; permission.start(paths): what the program itself is
// made of may be read.

const { has, start } = internalBinding('permission');
const { apply } = Reflect;

const kScopes = {
  '__proto__': null,
  'fs': ['FileSystem', '--allow-fs-read', 'fs'],
  'fs.read': ['FileSystemRead', '--allow-fs-read', 'fs'],
  'fs.write': ['FileSystemWrite', '--allow-fs-write', 'fs'],
  'child': ['ChildProcess', '--allow-child-process', 'child'],
  'worker': ['WorkerThreads', '--allow-worker', 'worker'],
  'addon': ['Addon', '--allow-addons', 'addon'],
  'net': ['Net', '--allow-net', 'net'],
  'inspector': ['Inspector', '--allow-inspector', 'inspector'],
  'wasi': ['WASI', '--allow-wasi', 'wasi'],
};

// By function of the fs binding: the places of the paths among its arguments, and what is done to them.
const kFileRules = {
  __proto__: null,
  access: [0, 'fs.read'],
  chown: [0, 'fs.write'],
  copyFile: [0, 'fs.read', 1, 'fs.write'],
  existsSync: [0, 'fs.read'],
  lchown: [0, 'fs.write'],
  link: [0, 'fs.read', 0, 'fs.write', 1, 'fs.write'],
  lstat: [0, 'fs.read'],
  readdir: [0, 'fs.read'],
  readFile: [0, 'fs.read'],
  readFileUtf8: [0, 'fs.read'],
  readlink: [0, 'fs.read'],
  realpath: [0, 'fs.read'],
  rename: [0, 'fs.read', 0, 'fs.write', 1, 'fs.write'],
  rmdir: [0, 'fs.write'],
  rmTree: [0, 'fs.write'],
  stat: [0, 'fs.read'],
  statfs: [0, 'fs.read'],
  unlink: [0, 'fs.write'],
  writeFile: [0, 'fs.write'],
};

/** The path of an argument as text; undefined of a descriptor. */
function pathText(path) {
  if (typeof path === 'string') return path;
  if (typeof path !== 'object' || path === null) return undefined;
  return require('buffer').Buffer.from(path.buffer, path.byteOffset, path.byteLength).toString();
}

/** Tells whoever listens on the channel of the scope. */
function report(scope, resource) {
  const { 0: permission, 2: name } = kScopes[scope];
  const channel = require('diagnostics_channel').channel(`node:permission-model:${name}`);
  if (channel.hasSubscribers) channel.publish({ permission, resource });
}

function denied(scope, resource = '') {
  report(scope, resource);
  const { 0: permission, 1: flag } = kScopes[scope];
  // As native code throws it: the code is not part of the stack.
  const error = new Error(`Access to this API has been restricted. Use ${flag} to manage permissions.`);
  error.code = 'ERR_ACCESS_DENIED';
  error.permission = permission;
  error.resource = resource;
  return error;
}

/** Throws when `scope` is not granted for `resource`, a path. */
function check(scope, resource) {
  resource = pathText(resource);
  if (!has(scope, resource)) throw denied(scope, resource);
}

/** The error of the first path that is not granted. */
function firstDenied(rules, args) {
  for (let i = 0; i < rules.length; i += 2) {
    const path = pathText(args[rules[i]]);
    if (path !== undefined && !has(rules[i + 1], path)) return denied(rules[i + 1], path);
  }
  return undefined;
}

/** An error of a call on files: to the callback, if there is one. */
function fail(error, args) {
  const callback = args[args.length - 1];
  if (typeof callback !== 'function') throw error;
  process.nextTick(callback, error);
}

/** Replaces `target[name]`; `find` gives the error, if any, from the arguments, and `refuse` delivers it. */
function guard(target, name, find, refuse) {
  const original = target?.[name];
  if (typeof original !== 'function') return;
  target[name] = function(...args) {
    const error = find(args);
    return error === undefined ? apply(original, this, args) : refuse(error, args);
  };
}

function openRules(flags) {
  const { O_APPEND, O_CREAT, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY } = internalBinding('constants').fs;
  const mode = flags & (O_RDONLY | O_WRONLY | O_RDWR);
  const rules = mode === O_WRONLY ? [] : [0, 'fs.read'];
  if (mode !== O_RDONLY || flags & (O_APPEND | O_CREAT | O_TRUNC)) rules.push(0, 'fs.write');
  return rules;
}

function guardFiles() {
  const fs = internalBinding('fs');
  // fs.realpath, other than its native variant, is not restricted: the loaders need it.
  fs.plainRealpath = fs.realpath;
  for (const name in kFileRules) guard(fs, name, (args) => firstDenied(kFileRules[name], args), fail);
  const raise = (error) => { throw error; };
  // These throw even when they have a callback.
  for (const name of ['chmod', 'lutimes', 'mkdir', 'utimes']) {
    guard(fs, name, (args) => firstDenied([0, 'fs.write'], args), raise);
  }
  guard(fs, 'open', (args) => firstDenied(openRules(args[1]), args), fail);
  guard(fs, 'mkdtemp', ({ 0: prefix }) => firstDenied([0, 'fs.write'], [`${pathText(prefix)}XXXXXX`]), fail);
  // A package.json that may not be read is as good as none.
  guard(fs, 'internalReadFileString', ({ 0: path }) => (has('fs.read', path) ? undefined : true), () => undefined);
  const restricted = (message) => () => new (require('internal/errors').codes.ERR_ACCESS_DENIED)(message);
  const needAll = restricted('fs.symlink API requires full fs.read and fs.write permissions.');
  guard(fs, 'symlink', () => (has('fs') ? undefined : needAll()), fail);
  for (const name of ['fchmod', 'fchown', 'fdatasync', 'fsync', 'futimes']) {
    guard(fs, name, restricted(`${name} API is disabled when Permission Model is enabled.`), fail);
  }
  guard(internalBinding('fs_dir'), 'opendir', (args) => firstDenied([0, 'fs.read'], args), fail);
  const { FSEvent } = internalBinding('fs_event_wrap');
  guard(FSEvent.prototype, 'start', (args) => firstDenied([0, 'fs.read'], args), raise);
  guard(internalBinding('process_methods'), 'chdir', (args) => firstDenied([0, 'fs.read'], args), raise);
}

function guardProcesses() {
  const find = ({ 0: options }) => denied('child', typeof options === 'object' ? options?.file : options);
  const refuse = (error) => { throw error; };
  guard(internalBinding('process_wrap').Process.prototype, 'spawn', find, refuse);
  guard(internalBinding('spawn_sync'), 'spawn', find, refuse);
  guard(internalBinding('process_methods'), 'execve', find, refuse);
}

/** Failed calls of sockets and of name lookups give an errno; here they give the error itself. */
function guardNetwork() {
  const find = (args) => denied('net', typeof args[1] === 'string' ? args[1] : '');
  const give = (error) => error;
  const { TCP } = internalBinding('tcp_wrap');
  const { Pipe } = internalBinding('pipe_wrap');
  const { UDP } = internalBinding('udp_wrap');
  for (const name of ['connect', 'connect6', 'listen']) guard(TCP.prototype, name, find, give);
  for (const name of ['connect', 'listen']) guard(Pipe.prototype, name, find, give);
  guard(Pipe.prototype, 'bind', find, () => internalBinding('uv').UV_EACCES);
  for (const name of ['bind', 'bind6', 'connect', 'connect6', 'send', 'send6']) guard(UDP.prototype, name, find, give);

  const later = (error, { 0: request }) => {
    process.nextTick(() => request.oncomplete(error));
    return 0;
  };
  const cares = internalBinding('cares_wrap');
  guard(cares, 'getaddrinfo', find, later);
  guard(cares, 'getnameinfo', find, later);
  for (const name of Object.getOwnPropertyNames(cares.ChannelWrap.prototype)) {
    if (name.startsWith('query') || name === 'getHostByAddr') guard(cares.ChannelWrap.prototype, name, find, later);
  }
}

function guardWorkers() {
  const binding = internalBinding('worker');
  if (binding.Worker === undefined) return;
  binding.Worker = function Worker() {
    throw denied('worker');
  };
}

/** Runs before any other file of the library. */
function install() {
  guardFiles();
  if (!has('child')) guardProcesses();
  if (!has('net')) guardNetwork();
  if (!has('worker')) guardWorkers();
}

module.exports = { check, install, report, start };
