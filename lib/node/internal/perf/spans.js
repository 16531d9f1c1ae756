'use strict';

// Performance entries of what the library does: a span begins at an object, and ends there.

const { BuiltinModule } = require('internal/bootstrap/realm');

const kSpan = Symbol('kSpan');
let now;

/**
 * What hot code asks before it makes the details of a span: whether anybody observes a type that has spans (the module of
 * entries says so), and whether a span was ever begun.
 */
const watch = { observed: false, used: false };
const kTypes = ['http', 'dns', 'net'];

/** Called when the observers have changed. */
function watchTypes(hasObserver) {
  watch.observed = kTypes.some(hasObserver);
}

/** The module of entries, when it is loaded and somebody observes this type. */
function observed(type) {
  const record = BuiltinModule.map.get('web/performance');
  return record?.loaded && record.exports.hasObserver(type) ? record.exports : undefined;
}

/** Begins a span; `detail` makes the first part of the details. */
function beginSpan(owner, type, name, detail) {
  if (!watch.observed || observed(type) === undefined) return;
  watch.used = true;
  now ??= require('internal/perf/utils').now;
  owner[kSpan] = { type, name, start: now(), detail: detail() };
}

/** Ends it and hands the entry out; `detail` makes the rest of the details. */
function endSpan(owner, detail) {
  if (!watch.used) return;
  const span = owner[kSpan];
  if (span === undefined) return;
  owner[kSpan] = undefined;
  const entries = observed(span.type);
  const { name, type, start } = span;
  entries?.enqueue(entries.createEntry(name, type, start, now() - start, { ...span.detail, ...detail() }));
}

module.exports = { watch, watchTypes, beginSpan, endSpan };
