'use strict';

// Domains: groups of asynchronous operations with one handler for errors. The current domain travels with the
// asynchronous context, so that it is found again in every callback that was set up while it was active.

const EventEmitter = require('events');
const { AsyncLocalStorage } = require('internal/async_local_storage');
const { createHook } = require('async_hooks');
const { codes: {
  ERR_DOMAIN_CALLBACK_NOT_AVAILABLE, ERR_DOMAIN_CANNOT_SET_UNCAUGHT_EXCEPTION_CAPTURE, ERR_UNHANDLED_ERROR,
} } = require('internal/errors');
const execution = require('internal/process/execution');

if (execution.hasUncaughtExceptionCaptureCallback()) throw new ERR_DOMAIN_CALLBACK_NOT_AVAILABLE();

const { setUncaughtExceptionCaptureCallback } = execution;
// Where the module was loaded, for whoever wonders why it is.
const whereLoaded = new Error('require(\'domain\') at this point').stack;
process.setUncaughtExceptionCaptureCallback = function(fn) {
  const error = new ERR_DOMAIN_CANNOT_SET_UNCAUGHT_EXCEPTION_CAPTURE();
  error.stack += `\n${'-'.repeat(40)}\n${whereLoaded}`;
  throw error;
};

const storage = new AsyncLocalStorage({ defaultValue: null });
// The domains entered in this callback, innermost last.
let stack = [];

function current() {
  return storage.getStore();
}

function setCurrent(domain) {
  storage.enterWith(domain);
}

/** The stack of this callback: one that belongs to another callback is over. */
function currentStack() {
  const domain = current();
  if (stack.at(-1) !== domain && (stack.length > 0 || domain != null)) {
    stack = domain == null ? [] : [domain];
    updateCapture();
  }
  return stack;
}

Object.defineProperty(process, 'domain', {
  __proto__: null,
  configurable: true,
  enumerable: true,
  get: current,
  set(domain) {
    setCurrent(domain);
  },
});
Object.defineProperty(exports, 'active', {
  __proto__: null,
  configurable: true,
  enumerable: true,
  get: () => current() ?? null,
  set(domain) {
    setCurrent(domain);
  },
});
Object.defineProperty(exports, '_stack', {
  __proto__: null,
  configurable: true,
  enumerable: true,
  get: currentStack,
  set(value) {
    stack = value;
  },
});

/** Puts `domain` on an object, where programs look for it. */
function mark(object, domain) {
  Object.defineProperty(object, 'domain', {
    __proto__: null, configurable: true, enumerable: false, value: domain, writable: true,
  });
}

const hook = createHook({
  init(asyncId, type, triggerAsyncId, resource) {
    const domain = current();
    if (domain == null || resource === null || typeof resource !== 'object') return;
    // Objects of another realm are none of this one's business.
    if (type === 'PROMISE' && !(resource instanceof Promise)) return;
    mark(resource, domain);
  },
});

// ---- Uncaught exceptions ---------------------------------------------------------------------------------------------

/** Uncaught exceptions come here as long as one of the domains entered has a handler for errors. */
function updateCapture() {
  setUncaughtExceptionCaptureCallback(null);
  if (stack.every((domain) => domain.listenerCount('error') === 0)) return;
  setUncaughtExceptionCaptureCallback((error) => currentDomainOnError(error));
}

function currentDomainOnError(error) {
  return current()._errorHandler(error);
}

/** Leaves all domains: an uncaught exception ends the callback that entered them. */
function clear() {
  stack = [];
  setCurrent(null);
  updateCapture();
}

// A domain may have been carried here by the context alone: then nothing has looked at the stack yet.
execution.setDomainHooks({ beforeUncaught: currentStack, afterUncaught: clear });

// What native code calls back on an object that belongs to a domain runs in that.
require('internal/async_hooks').state.domainCallback = function(callback, ...args) {
  const { domain } = this;
  if (!(domain instanceof Domain)) return Reflect.apply(callback, this, args);
  domain.enter();
  const result = Reflect.apply(callback, this, args);
  domain.exit();
  return result;
};

// ---- Domains ---------------------------------------------------------------------------------------------------------

class Domain extends EventEmitter {
  constructor() {
    super();
    this.members = [];
    hook.enable();
    this.on('newListener', (event) => {
      if (event === 'error') process.nextTick(updateCapture);
    });
    this.on('removeListener', (event) => {
      if (event === 'error') updateCapture();
    });
  }

  _errorHandler(error) {
    let caught = false;
    if ((typeof error === 'object' && error !== null) || typeof error === 'function') {
      mark(error, this);
      error.domainThrown = true;
    }
    // The handler of a domain does not run in that domain.
    while (currentStack().length > 0 && current() === this) this.exit();

    if (stack.length === 0) {
      // Without a handler it is the business of the process.
      if (this.listenerCount('error') > 0) {
        setUncaughtExceptionCaptureCallback(null);
        try {
          caught = this.emit('error', error);
        } finally {
          updateCapture();
        }
      }
    } else {
      try {
        caught = this.emit('error', error);
      } catch (second) {
        // The handler threw: its parent has to see to it.
        updateCapture();
        if (currentStack().length === 0) throw second;
        setCurrent(stack.at(-1));
        caught = current()._errorHandler(second);
      }
    }
    clear();
    return caught;
  }

  enter() {
    currentStack().push(this);
    setCurrent(this);
    updateCapture();
  }

  exit() {
    const index = currentStack().lastIndexOf(this);
    if (index === -1) return;
    // All domains entered later are left with it.
    stack.splice(index);
    setCurrent(stack.length === 0 ? undefined : stack.at(-1));
    updateCapture();
  }

  add(emitter) {
    if (emitter.domain === this) return;
    if (emitter.domain) emitter.domain.remove(emitter);
    // A domain must not become its own ancestor.
    if (this.domain && emitter instanceof Domain) {
      for (let domain = this.domain; domain; domain = domain.domain) if (emitter === domain) return;
    }
    mark(emitter, this);
    this.members.push(emitter);
  }

  remove(emitter) {
    emitter.domain = null;
    const index = this.members.indexOf(emitter);
    if (index !== -1) this.members.splice(index, 1);
  }

  run(fn, ...args) {
    this.enter();
    const result = Reflect.apply(fn, this, args);
    this.exit();
    return result;
  }

  /** A callback whose first argument, if it is an error, goes to the domain. */
  intercept(callback) {
    const domain = this;
    return function(...args) {
      if (args[0] && args[0] instanceof Error) {
        const error = args[0];
        error.domainBound = callback;
        error.domainThrown = false;
        mark(error, domain);
        domain.emit('error', error);
        return undefined;
      }
      domain.enter();
      const result = Reflect.apply(callback, this, args.slice(1));
      domain.exit();
      return result;
    };
  }

  bind(callback) {
    const domain = this;
    function bound(...args) {
      domain.enter();
      const result = Reflect.apply(callback, this, args);
      domain.exit();
      return result;
    }
    mark(bound, this);
    return bound;
  }
}

function createDomain() {
  return new Domain();
}

// ---- Emitters --------------------------------------------------------------------------------------------------------

EventEmitter.usingDomains = true;

const { init } = EventEmitter;
EventEmitter.init = function(options) {
  mark(this, null);
  const domain = current();
  if (domain && !(this instanceof Domain)) this.domain = domain;
  return Reflect.apply(init, this, [options]);
};

const { emit } = EventEmitter.prototype;
EventEmitter.prototype.emit = function(...args) {
  const { domain } = this;
  const [type] = args;
  const hasHandler = type === 'error' && this.listenerCount(type) > 0;
  if (hasHandler || domain === null || domain === undefined || this === process) return Reflect.apply(emit, this, args);
  if (type !== 'error') {
    domain.enter();
    const result = Reflect.apply(emit, this, args);
    domain.exit();
    return result;
  }

  const error = args.length > 1 && args[1] ? args[1] : new ERR_UNHANDLED_ERROR(args[1]);
  if (typeof error === 'object') {
    error.domainEmitter = this;
    mark(error, domain);
    error.domainThrown = false;
  }
  // The handler runs in the parent of the current domain.
  const savedStack = [...currentStack()];
  const saved = current();
  let top = stack.length - 1;
  while (top > -1 && saved === stack[top]) top--;
  stack.splice(top + 1);
  setCurrent(top > -1 ? stack[top] : null);
  updateCapture();
  domain.emit('error', error);
  stack = savedStack;
  setCurrent(saved);
  updateCapture();
  return false;
};

exports.Domain = Domain;
exports.create = exports.createDomain = createDomain;
