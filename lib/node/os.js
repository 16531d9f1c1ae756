'use strict';

// Binding contract: internalBinding('os'):
//   getCPUs() -> flat [model, speed, user, nice, sys, idle, irq, …]; getFreeMem(), getTotalMem(), getUptime(ctx) -> number;
//   getHomeDirectory(ctx), getHostname(ctx) -> string; getLoadAvg(Float64Array(3)); getAvailableParallelism();
//   getInterfaceAddresses(ctx) -> flat [name, address, netmask, family, mac, internal, scopeid, …];
//   getOSInformation(ctx) -> [sysname, version, release, machine]; getUserInfo(options, ctx) -> {uid, gid, username, homedir, shell};
//   getPriority(pid, ctx), setPriority(pid, priority, ctx) -> number; isBigEndian
//   A failure returns undefined (or a non-zero number) and fills ctx {errno, code, message, syscall}.
//   internalBinding('credentials').safeGetenv(name) -> string | undefined

const constants = internalBinding('constants').os;
const { safeGetenv } = internalBinding('credentials');
const { codes: { ERR_SYSTEM_ERROR } } = require('internal/errors');
const { getCIDR } = require('internal/util');
const { validateInt32 } = require('internal/validators');
const binding = internalBinding('os');

const isWindows = process.platform === 'win32';

/** A binding call whose failure becomes a SystemError. */
function checked(call) {
  const name = call.name;
  const run = function(...args) {
    const ctx = {};
    const value = call(...args, ctx);
    if (value === undefined) throw new ERR_SYSTEM_ERROR(ctx);
    return value;
  };
  return Object.defineProperty(run, 'name', { __proto__: null, value: name });
}

const getHomeDirectory = checked(binding.getHomeDirectory);
const getHostname = checked(binding.getHostname);
const getInterfaceAddresses = checked(binding.getInterfaceAddresses);
const getUptime = checked(binding.getUptime);
const getOSInformation = checked(binding.getOSInformation);

let information;
function osInformation(index) {
  information ??= getOSInformation();
  return information[index];
}

const getOSType = () => osInformation(0);
const getOSVersion = () => osInformation(1);
const getOSRelease = () => osInformation(2);
const getMachine = () => osInformation(3);

const averages = new Float64Array(3);
function loadavg() {
  binding.getLoadAvg(averages);
  return [averages[0], averages[1], averages[2]];
}

function cpus() {
  const data = binding.getCPUs() || [];
  const result = [];
  for (let i = 0; i < data.length; i += 7) {
    result.push({
      model: data[i],
      speed: data[i + 1],
      times: { user: data[i + 2], nice: data[i + 3], sys: data[i + 4], idle: data[i + 5], irq: data[i + 6] },
    });
  }
  return result;
}

function arch() {
  return process.arch;
}

function platform() {
  return process.platform;
}

function tmpdir() {
  if (isWindows) {
    let path = process.env.TEMP || process.env.TMP || `${process.env.SystemRoot || process.env.windir}\\temp`;
    if (path.length > 1 && path.endsWith('\\') && !path.endsWith(':\\')) path = path.slice(0, -1);
    return path;
  }
  const path = safeGetenv('TMPDIR') || safeGetenv('TMP') || safeGetenv('TEMP') || '/tmp';
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}

function endianness() {
  return binding.isBigEndian ? 'BE' : 'LE';
}

function networkInterfaces() {
  const data = getInterfaceAddresses();
  const result = {};
  for (let i = 0; i < data.length; i += 7) {
    const name = data[i];
    const entry = {
      address: data[i + 1],
      netmask: data[i + 2],
      family: data[i + 3],
      mac: data[i + 4],
      internal: data[i + 5],
      cidr: getCIDR(data[i + 1], data[i + 2], data[i + 3]),
    };
    // Only IPv6 addresses have a scope.
    if (data[i + 6] !== -1) entry.scopeid = data[i + 6];
    (result[name] ??= []).push(entry);
  }
  return result;
}

function setPriority(pid, priority) {
  if (priority === undefined) {
    priority = pid;
    pid = 0;
  }
  validateInt32(pid, 'pid');
  validateInt32(priority, 'priority', -20, 19);
  const ctx = {};
  if (binding.setPriority(pid, priority, ctx) !== 0) throw new ERR_SYSTEM_ERROR(ctx);
}

function getPriority(pid) {
  if (pid === undefined) pid = 0;
  else validateInt32(pid, 'pid');
  const ctx = {};
  const priority = binding.getPriority(pid, ctx);
  if (priority === undefined) throw new ERR_SYSTEM_ERROR(ctx);
  return priority;
}

function userInfo(options) {
  if (options !== undefined && (options === null || typeof options !== 'object')) {
    const { ERR_INVALID_ARG_TYPE } = require('internal/errors').codes;
    throw new ERR_INVALID_ARG_TYPE('options', 'Object', options);
  }
  const ctx = {};
  const user = binding.getUserInfo(options, ctx);
  if (user === undefined) throw new ERR_SYSTEM_ERROR(ctx);
  if (isWindows) {
    user.uid = -1;
    user.gid = -1;
    user.shell = null;
  }
  return user;
}

// These convert to the primitive they return: `${os.arch}` works as os.arch() does.
function toPrimitive(fn) {
  Object.defineProperty(fn, Symbol.toPrimitive, {
    __proto__: null, value: () => fn(), configurable: true, enumerable: false, writable: true,
  });
  return fn;
}

const { getAvailableParallelism: availableParallelism, getFreeMem: freemem, getTotalMem: totalmem } = binding;

module.exports = {
  arch: toPrimitive(arch),
  availableParallelism: toPrimitive(availableParallelism),
  cpus,
  endianness: toPrimitive(endianness),
  freemem: toPrimitive(freemem),
  getPriority,
  homedir: toPrimitive(getHomeDirectory),
  hostname: toPrimitive(getHostname),
  loadavg,
  networkInterfaces,
  platform: toPrimitive(platform),
  release: toPrimitive(getOSRelease),
  setPriority,
  tmpdir: toPrimitive(tmpdir),
  totalmem: toPrimitive(totalmem),
  type: toPrimitive(getOSType),
  userInfo,
  uptime: toPrimitive(getUptime),
  version: toPrimitive(getOSVersion),
  machine: toPrimitive(getMachine),
};

Object.defineProperties(module.exports, {
  constants: { __proto__: null, configurable: false, enumerable: true, value: constants },
  EOL: { __proto__: null, configurable: true, enumerable: true, writable: false, value: isWindows ? '\r\n' : '\n' },
  devNull: {
    __proto__: null, configurable: true, enumerable: true, writable: false, value: isWindows ? '\\\\.\\nul' : '/dev/null',
  },
});
Object.freeze(constants.signals);
