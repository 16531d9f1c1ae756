'use strict';

// Binding contract: os.getAvailableParallelism() -> number.

const { codes: { ERR_ILLEGAL_CONSTRUCTOR } } = require('internal/errors');

const kInitialize = Symbol('kInitialize');

/** The web's Navigator, as far as it makes sense outside of a browser. */
class Navigator {
  #languages;

  constructor() {
    if (arguments[0] !== kInitialize) throw new ERR_ILLEGAL_CONSTRUCTOR();
  }

  get hardwareConcurrency() {
    return internalBinding('os').getAvailableParallelism();
  }

  get locks() {
    return require('web/locks').locks;
  }

  get language() {
    return typeof Intl === 'object' && Intl.DateTimeFormat ?
      new Intl.DateTimeFormat().resolvedOptions().locale : 'en-US';
  }

  get languages() {
    return this.#languages ??= Object.freeze([this.language]);
  }

  get userAgent() {
    return `Node.js/${process.version.slice(1).split('.', 1)[0]}`;
  }

  get platform() {
    const { platform, arch } = process;
    if (platform === 'darwin') return 'MacIntel';
    if (platform === 'win32') return 'Win32';
    const name = `${platform[0].toUpperCase()}${platform.slice(1)}`;
    if (arch === 'x64') return `${name} x86_64`;
    if (arch === 'ia32') return `${name} i686`;
    return `${name} ${arch === 'arm64' ? 'aarch64' : arch}`;
  }
}

for (const name of ['hardwareConcurrency', 'locks', 'language', 'languages', 'userAgent', 'platform']) {
  Object.defineProperty(Navigator.prototype, name, { __proto__: null, enumerable: true });
}

module.exports = { Navigator, navigator: new Navigator(kInitialize) };
