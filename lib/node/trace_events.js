'use strict';

const { codes: { ERR_TRACE_EVENTS_CATEGORY_REQUIRED, ERR_TRACE_EVENTS_UNAVAILABLE } } =
  require('internal/errors');
const { validateObject, validateStringArray } = require('internal/validators');
const { enable, disable, getEnabledCategories } = require('internal/trace_events');
const { customInspectSymbol } = require('internal/util');

if (!internalBinding('process_methods').isMainThread) throw new ERR_TRACE_EVENTS_UNAVAILABLE();

const kMaxTracing = 10;

// Those that are on are kept.
const active = new Set();

/** Categories that can be turned on and off together. */
class Tracing {
  #categories;
  #set;

  constructor(categories) {
    this.#categories = categories;
  }

  enable() {
    if (this.#set !== undefined) return;
    this.#set = enable(this.#categories);
    active.add(this);
    if (active.size > kMaxTracing) {
      process.emitWarning('Possible trace_events memory leak detected. There are more than ' +
        `${kMaxTracing} enabled Tracing objects.`);
    }
  }

  disable() {
    if (this.#set === undefined) return;
    disable(this.#set);
    this.#set = undefined;
    active.delete(this);
  }

  get enabled() {
    return this.#set !== undefined;
  }

  get categories() {
    return this.#categories.join(',');
  }

  [customInspectSymbol](depth, options) {
    if (typeof depth === 'number' && depth < 0) return this;
    const { inspect } = require('internal/util/inspect');
    const shown = { enabled: this.enabled, categories: this.categories };
    return `Tracing ${inspect(shown, { ...options, depth: options.depth == null ? null : options.depth - 1 })}`;
  }
}

function createTracing(options) {
  validateObject(options, 'options');
  validateStringArray(options.categories, 'options.categories');
  if (options.categories.length === 0) throw new ERR_TRACE_EVENTS_CATEGORY_REQUIRED();
  return new Tracing(options.categories);
}

module.exports = { createTracing, getEnabledCategories };
