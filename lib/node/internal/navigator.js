'use strict';

// Binding contract: os.getAvailableParallelism() -> number.

const { codes: { ERR_ILLEGAL_CONSTRUCTOR, ERR_INVALID_THIS } } = require('internal/errors');

const kInitialize = Symbol('kInitialize');

/** The web's Navigator, as far as it makes sense outside of a browser. */
class Navigator {
  #languages;

  constructor() {
    if (arguments[0] !== kInitialize) throw new ERR_ILLEGAL_CONSTRUCTOR();
  }

  static #check(object) {
    if (object === null || typeof object !== 'object' || !(#languages in object)) throw new ERR_INVALID_THIS('Navigator');
  }

  get hardwareConcurrency() {
    Navigator.#check(this);
    return internalBinding('os').getAvailableParallelism();
  }

  get locks() {
    Navigator.#check(this);
    return require('web/locks').locks;
  }

  get language() {
    Navigator.#check(this);
    return typeof Intl === 'object' && Intl.DateTimeFormat ?
      new Intl.DateTimeFormat().resolvedOptions().locale : 'en-US';
  }

  get languages() {
    Navigator.#check(this);
    return this.#languages ??= Object.freeze([this.language]);
  }

  get userAgent() {
    Navigator.#check(this);
    return `Node.js/${process.version.slice(1).split('.', 1)[0]}`;
  }

  get platform() {
    Navigator.#check(this);
    return getNavigatorPlatform(process.arch, process.platform);
  }
}

/** The platform's name as browsers write it. */
function getNavigatorPlatform(arch, platform) {
  if (platform === 'darwin') return 'MacIntel';
  if (platform === 'win32') return 'Win32';
  if (platform === 'sunos') return arch === 'ia32' ? 'SunOS i86pc' : `SunOS ${arch}`;
  if (platform === 'freebsd' || platform === 'openbsd') {
    const name = platform === 'freebsd' ? 'FreeBSD' : 'OpenBSD';
    if (arch === 'ia32') return `${name} i386`;
    return `${name} ${arch === 'x64' ? 'amd64' : arch}`;
  }
  if (platform === 'aix') return 'AIX';
  const name = `${platform[0].toUpperCase()}${platform.slice(1)}`;
  if (platform === 'linux' || platform === 'android') {
    if (arch === 'x64') return `${name} x86_64`;
    if (arch === 'ia32') return `${name} i686`;
    return `${name} ${arch}`;
  }
  return `${name} ${arch}`;
}

for (const name of ['hardwareConcurrency', 'locks', 'language', 'languages', 'userAgent', 'platform']) {
  Object.defineProperty(Navigator.prototype, name, { __proto__: null, enumerable: true });
}

module.exports = { Navigator, getNavigatorPlatform, navigator: new Navigator(kInitialize) };
