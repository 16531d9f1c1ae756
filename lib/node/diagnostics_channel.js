'use strict';

// Binding contract: none.

const { codes: { ERR_INVALID_ARG_TYPE } } = require('internal/errors');
const { validateFunction } = require('internal/validators');

// Channels by name. One without subscribers may be collected: its users hold it.
const channels = new Map();
const finalizers = new FinalizationRegistry((key) => {
  if (channels.get(key)?.deref() === undefined) channels.delete(key);
});
// Channels with subscribers stay.
const active = new Set();

function reportError(error) {
  process.nextTick(() => {
    const { triggerUncaughtException } = internalBinding('errors');
    triggerUncaughtException(error, false);
  });
}

function wrapStoreRun(store, data, next, transform = (value) => value) {
  return () => {
    let context;
    try {
      context = transform(data);
    } catch (error) {
      reportError(error);
      return next();
    }
    return store.run(context, next);
  };
}

/** What a channel does once it has a subscriber or a store. */
class ActiveChannel {
  subscribe(subscription) {
    validateFunction(subscription, 'subscription');
    // A new list: one being published is left alone.
    this._subscribers = [...this._subscribers, subscription];
    active.add(this);
  }

  unsubscribe(subscription) {
    const index = this._subscribers.indexOf(subscription);
    if (index === -1) return false;
    this._subscribers = this._subscribers.toSpliced(index, 1);
    maybeDeactivate(this);
    return true;
  }

  bindStore(store, transform) {
    this._stores.set(store, transform);
    active.add(this);
  }

  unbindStore(store) {
    if (!this._stores.delete(store)) return false;
    maybeDeactivate(this);
    return true;
  }

  get hasSubscribers() {
    return true;
  }

  publish(data) {
    for (const subscription of this._subscribers ?? []) {
      try {
        subscription(data, this.name);
      } catch (error) {
        reportError(error);
      }
    }
  }

  runStores(data, fn, thisArg, ...args) {
    let run = () => {
      this.publish(data);
      return Reflect.apply(fn, thisArg, args);
    };
    for (const { 0: store, 1: transform } of this._stores.entries()) run = wrapStoreRun(store, data, run, transform);
    return run();
  }
}

function activate(channel) {
  Object.setPrototypeOf(channel, ActiveChannel.prototype);
  channel._subscribers = [];
  channel._stores = new Map();
}

function maybeDeactivate(channel) {
  if (channel._subscribers.length > 0 || channel._stores.size > 0) return;
  active.delete(channel);
  Object.setPrototypeOf(channel, Channel.prototype);
  channel._subscribers = undefined;
  channel._stores = undefined;
}

class Channel {
  constructor(name) {
    this._subscribers = undefined;
    this._stores = undefined;
    this.name = name;
    channels.set(name, new WeakRef(this));
    finalizers.register(this, name);
  }

  static [Symbol.hasInstance](instance) {
    const prototype = Object.getPrototypeOf(instance);
    return prototype === Channel.prototype || prototype === ActiveChannel.prototype;
  }

  subscribe(subscription) {
    validateFunction(subscription, 'subscription');
    activate(this);
    this.subscribe(subscription);
  }

  unsubscribe() {
    return false;
  }

  bindStore(store, transform) {
    activate(this);
    this.bindStore(store, transform);
  }

  unbindStore() {
    return false;
  }

  get hasSubscribers() {
    return false;
  }

  publish() {}

  runStores(data, fn, thisArg, ...args) {
    return Reflect.apply(fn, thisArg, args);
  }
}

function channel(name) {
  const known = channels.get(name)?.deref();
  if (known) return known;
  if (typeof name !== 'string' && typeof name !== 'symbol') {
    throw new ERR_INVALID_ARG_TYPE('channel', ['string', 'symbol'], name);
  }
  return new Channel(name);
}

function subscribe(name, subscription) {
  return channel(name).subscribe(subscription);
}

function unsubscribe(name, subscription) {
  return channel(name).unsubscribe(subscription);
}

function hasSubscribers(name) {
  return channels.get(name)?.deref()?.hasSubscribers ?? false;
}

const traceEvents = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'];

function tracingChannelFrom(nameOrChannels, name, kind = 'TracingChannel') {
  if (typeof nameOrChannels === 'string') return channel(`tracing:${nameOrChannels}:${name}`);
  if (typeof nameOrChannels === 'object' && nameOrChannels !== null) {
    const given = nameOrChannels[name];
    if (given instanceof Channel) return given;
    throw new ERR_INVALID_ARG_TYPE(`nameOrChannels.${name}`, ['Channel'], given);
  }
  throw new ERR_INVALID_ARG_TYPE('nameOrChannels', ['string', 'object', kind], nameOrChannels);
}

/** The five channels that follow one operation. */
class TracingChannel {
  constructor(nameOrChannels) {
    for (const name of traceEvents) {
      Object.defineProperty(this, name, { __proto__: null, value: tracingChannelFrom(nameOrChannels, name) });
    }
  }

  get hasSubscribers() {
    return traceEvents.some((name) => this[name]?.hasSubscribers);
  }

  subscribe(handlers) {
    for (const name of traceEvents) if (handlers[name]) this[name]?.subscribe(handlers[name]);
  }

  unsubscribe(handlers) {
    let done = true;
    for (const name of traceEvents) {
      if (handlers[name] && !this[name]?.unsubscribe(handlers[name])) done = false;
    }
    return done;
  }

  traceSync(fn, context = {}, thisArg, ...args) {
    if (!this.hasSubscribers) return Reflect.apply(fn, thisArg, args);
    const { start, end, error } = this;
    return start.runStores(context, () => {
      try {
        const result = Reflect.apply(fn, thisArg, args);
        context.result = result;
        return result;
      } catch (thrown) {
        context.error = thrown;
        error.publish(context);
        throw thrown;
      } finally {
        end.publish(context);
      }
    });
  }

  tracePromise(fn, context = {}, thisArg, ...args) {
    if (!this.hasSubscribers) {
      const result = Reflect.apply(fn, thisArg, args);
      if (typeof result?.then !== 'function') warnNotPromise();
      return result;
    }
    const { start, end, asyncStart, asyncEnd, error } = this;
    const reject = (reason) => {
      context.error = reason;
      error.publish(context);
      asyncStart.publish(context);
      asyncEnd.publish(context);
      return Promise.reject(reason);
    };
    const resolve = (result) => {
      context.result = result;
      asyncStart.publish(context);
      asyncEnd.publish(context);
      return result;
    };
    return start.runStores(context, () => {
      try {
        const result = Reflect.apply(fn, thisArg, args);
        if (typeof result?.then !== 'function') {
          warnNotPromise();
          context.result = result;
          return result;
        }
        return result.then(resolve, reject);
      } catch (thrown) {
        context.error = thrown;
        error.publish(context);
        throw thrown;
      } finally {
        end.publish(context);
      }
    });
  }

  traceCallback(fn, position = -1, context = {}, thisArg, ...args) {
    if (!this.hasSubscribers) return Reflect.apply(fn, thisArg, args);
    const { start, end, asyncStart, asyncEnd, error } = this;
    const callback = args.at(position);
    validateFunction(callback, 'callback');
    function wrapped(err, res) {
      if (err) {
        context.error = err;
        error.publish(context);
      } else {
        context.result = res;
      }
      asyncStart.runStores(context, () => {
        try {
          return Reflect.apply(callback, this, arguments);
        } finally {
          asyncEnd.publish(context);
        }
      });
    }
    args.splice(position, 1, wrapped);
    return start.runStores(context, () => {
      try {
        return Reflect.apply(fn, thisArg, args);
      } catch (thrown) {
        context.error = thrown;
        error.publish(context);
        throw thrown;
      } finally {
        end.publish(context);
      }
    });
  }
}

function warnNotPromise() {
  process.emitWarning('tracePromise was called with the function that did not return a promise.');
}

function tracingChannel(nameOrChannels) {
  return new TracingChannel(nameOrChannels);
}

// ---- bounded channels: what has a start and an end ------------------------------------------------------------------------------------

const boundedEvents = ['start', 'end'];

/** Publishes the end, and restores the stores, when it is disposed of. */
class BoundedChannelScope {
  #channel;
  #context;
  #scopes = [];

  constructor(bounded, context) {
    if (!bounded.hasSubscribers) return;
    this.#channel = bounded;
    this.#context = context;
    const { start } = bounded;
    for (const { 0: store, 1: transform } of start._stores ?? []) {
      let value = context;
      if (transform !== undefined) {
        try {
          value = transform(context);
        } catch (error) {
          reportError(error);
          continue;
        }
      }
      this.#scopes.push(store.withScope(value));
    }
    start.publish(context);
  }

  [Symbol.dispose]() {
    if (this.#channel === undefined) return;
    this.#channel.end.publish(this.#context);
    this.#channel = undefined;
    for (const scope of this.#scopes.reverse()) scope[Symbol.dispose]();
  }
}

/** The two channels of an operation that runs from start to end in one go. */
class BoundedChannel {
  constructor(nameOrChannels) {
    for (const name of boundedEvents) {
      Object.defineProperty(this, name, { __proto__: null, value: tracingChannelFrom(nameOrChannels, name, 'BoundedChannel') });
    }
  }

  get hasSubscribers() {
    return this.start.hasSubscribers || this.end.hasSubscribers;
  }

  subscribe(handlers) {
    for (const name of boundedEvents) if (handlers[name]) this[name].subscribe(handlers[name]);
  }

  unsubscribe(handlers) {
    let done = true;
    for (const name of boundedEvents) {
      if (handlers[name] && !this[name].unsubscribe(handlers[name])) done = false;
    }
    return done;
  }

  withScope(context = {}) {
    return new BoundedChannelScope(this, context);
  }

  run(context, fn, thisArg, ...args) {
    const scope = this.withScope(context ?? {});
    try {
      return Reflect.apply(fn, thisArg, args);
    } finally {
      scope[Symbol.dispose]();
    }
  }
}

function boundedChannel(nameOrChannels) {
  return new BoundedChannel(nameOrChannels);
}

module.exports = {
  channel, hasSubscribers, subscribe, tracingChannel, unsubscribe, boundedChannel, Channel, BoundedChannel,
};
