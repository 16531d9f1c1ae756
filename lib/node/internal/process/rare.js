'use strict';

// Properties of `process` that few programs read.
//
// Binding contract:
//   options.getEnvOptions?() -> string[] of the options NODE_OPTIONS may hold.

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

module.exports = { config, allowedNodeEnvironmentFlags };
