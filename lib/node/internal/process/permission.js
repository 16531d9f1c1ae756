'use strict';

// `process.permission`, and what else of `process` changes with `--permission`.
//
// Binding contract: permission.has(scope, reference) -> boolean; permission.start(paths).

const { getOptionValue } = require('internal/options');
const { report, start } = require('internal/process/permission_guard');
const { validateString } = require('internal/validators');
const { codes: { ERR_ACCESS_DENIED } } = require('internal/errors');
const { has } = internalBinding('permission');

const kScopes = ['fs', 'fs.read', 'fs.write', 'child', 'worker', 'addon', 'net', 'inspector', 'wasi'];
const kCautious = ['--allow-addons', '--allow-child-process', '--allow-inspector', '--allow-wasi', '--allow-worker'];
const kInherited = [
  '--permission', '--allow-fs-read', '--allow-fs-write', '--allow-addons', '--allow-child-process', '--allow-net',
  '--allow-inspector', '--allow-wasi', '--allow-worker',
];

for (const flag of kCautious) {
  if (getOptionValue(flag)) {
    process.emitWarning(`The flag ${flag} must be used with extreme caution. It could invalidate the permission model.`,
                        'SecurityWarning');
  }
}

if (getOptionValue('--allow-net')) {
  process.emitWarning('The flag --allow-net is under experimental phase.', 'ExperimentalWarning');
}

function refuseBinding() {
  throw new ERR_ACCESS_DENIED('process.binding');
}
process.binding = refuseBinding;
process._linkedBinding = refuseBinding;

start([process.argv[1], ...(getOptionValue('--require') ?? [])].filter((path) => typeof path === 'string'));

module.exports = {
  __proto__: null,
  /** process.permission.has(scope[, reference]) */
  has(scope, reference) {
    validateString(scope, 'scope');
    if (reference != null) {
      if (reference instanceof Uint8Array) reference = require('buffer').Buffer.from(reference).toString();
      else validateString(reference, 'reference');
    }
    const granted = has(scope, reference);
    if (!granted && kScopes.includes(scope)) report(scope, reference ?? '');
    return granted;
  },
};

/** Gives the flags of this process to a child's NODE_OPTIONS, unless it has its own. */
function passOn(envPairs, args) {
  if (args.includes('--permission')) return;
  const index = envPairs.findIndex((pair) => pair.startsWith('NODE_OPTIONS='));
  const own = index < 0 ? 'NODE_OPTIONS=' : envPairs[index];
  if (own.includes('--permission')) return;
  const flags = process.execArgv.filter((arg) => kInherited.some((flag) => arg.startsWith(flag))).join(' ');
  const pair = own.endsWith('=') ? own + flags : `${own} ${flags}`;
  if (index < 0) envPairs.push(pair);
  else envPairs[index] = pair;
}
Object.defineProperty(module.exports, 'passOn', { __proto__: null, value: passOn, enumerable: false });
