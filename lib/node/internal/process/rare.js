'use strict';

// Properties of `process` that few programs read.
//
// Binding contract:
//   report.getReport(error?) -> JSON string; report.writeReport(event, trigger, file, error) -> file name (both optional).
//   options.getEnvOptions?() -> string[] of the options NODE_OPTIONS may hold.

const kReportProperties = {
  directory: '', filename: '', compact: false, excludeNetwork: false, excludeEnv: false, signal: 'SIGUSR2',
  reportOnFatalError: false, reportOnSignal: false, reportOnUncaughtException: false,
};

/** Deeply frozen build description: what tools that compile addons read. */
function config() {
  const value = {
    target_defaults: {
      cflags: [], default_configuration: 'Release', defines: [], include_dirs: [], libraries: [], configurations: {},
    },
    variables: {
      host_arch: process.arch, target_arch: process.arch, napi_build_version: process.versions.napi ?? '10',
      node_shared: false, node_use_openssl: true, v8_enable_i18n_support: typeof Intl === 'object' ? 1 : 0,
    },
  };
  const freeze = (object) => {
    Object.values(object).forEach((v) => typeof v === 'object' && freeze(v));
    return Object.freeze(object);
  };
  return freeze(value);
}

function report() {
  const binding = internalBinding('report');
  const { codes: { ERR_FEATURE_UNAVAILABLE_ON_PLATFORM, ERR_INVALID_ARG_TYPE } } = require('internal/errors');
  const { validateString, validateBoolean, validateObject } = require('internal/validators');
  const settings = { ...kReportProperties };
  const result = {
    writeReport(file, error) {
      if (typeof file === 'object' && file !== null) {
        error = file;
        file = undefined;
      } else if (file !== undefined) {
        validateString(file, 'file');
      }
      if (error !== undefined) validateObject(error, 'err');
      if (typeof binding.writeReport !== 'function') {
        throw new ERR_FEATURE_UNAVAILABLE_ON_PLATFORM('process.report.writeReport()');
      }
      return binding.writeReport('JavaScript API', 'API', file, error);
    },
    getReport(error) {
      if (error === undefined) error = new Error('JavaScript Callstack');
      else if (typeof error !== 'object' || error === null) throw new ERR_INVALID_ARG_TYPE('err', 'Object', error);
      if (typeof binding.getReport !== 'function') {
        throw new ERR_FEATURE_UNAVAILABLE_ON_PLATFORM('process.report.getReport()');
      }
      return JSON.parse(binding.getReport(error));
    },
  };
  for (const name of Object.keys(settings)) {
    Object.defineProperty(result, name, {
      __proto__: null,
      configurable: true,
      enumerable: true,
      get() {
        return settings[name];
      },
      set(value) {
        if (typeof settings[name] === 'boolean') validateBoolean(value, name);
        else validateString(value, name);
        settings[name] = value;
      },
    });
  }
  return result;
}

function allowedNodeEnvironmentFlags() {
  const names = internalBinding('options').getEnvOptions?.() ?? [];
  const allowed = new Set(names);
  const canonical = (flag) => {
    flag = String(flag).replaceAll('_', '-');
    const equals = flag.indexOf('=');
    if (equals !== -1) flag = flag.slice(0, equals);
    return flag;
  };

  /** A Set that knows spellings (`--foo_bar`, `--foo=1`) and cannot be changed. */
  class NodeEnvironmentFlagsSet extends Set {
    add() {
      return this;
    }

    delete() {
      return false;
    }

    clear() {}

    has(flag) {
      if (typeof flag !== 'string') return false;
      const name = canonical(flag);
      return allowed.has(name) || allowed.has(`--${name}`) || allowed.has(`-${name}`);
    }
  }
  Object.freeze(NodeEnvironmentFlagsSet.prototype.constructor);
  Object.freeze(NodeEnvironmentFlagsSet.prototype);
  // Filled through the base class, because `add` refuses.
  const flags = new NodeEnvironmentFlagsSet();
  for (const name of names) Set.prototype.add.call(flags, name);
  return Object.freeze(flags);
}

module.exports = { config, report, allowedNodeEnvironmentFlags };
