'use strict';

// Performance entries of what the library does: a span begins at an object, and ends there.

const { BuiltinModule } = require('internal/bootstrap/realm');

const kSpan = Symbol('kSpan');
let now;

/** The module of entries, when it is loaded and somebody observes this type. */
function observed(type) {
  const record = BuiltinModule.map.get('web/performance');
  return record?.loaded && record.exports.hasObserver(type) ? record.exports : undefined;
}

/** Begins a span; `detail` makes the first part of the details. */
function beginSpan(owner, type, name, detail) {
  if (observed(type) === undefined) return;
  now ??= require('internal/perf/utils').now;
  owner[kSpan] = { type, name, start: now(), detail: detail() };
}

/** Ends it and hands the entry out; `detail` makes the rest of the details. */
function endSpan(owner, detail) {
  const span = owner[kSpan];
  if (span === undefined) return;
  owner[kSpan] = undefined;
  const entries = observed(span.type);
  entries?.enqueue(entries.createEntry(span.name, span.type, span.start, now() - span.start, { ...span.detail, ...detail() }));
}

module.exports = { beginSpan, endSpan };
