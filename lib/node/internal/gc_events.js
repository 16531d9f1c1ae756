'use strict';

// What collections of garbage are reported to: performance observers and v8.GCProfiler.
//
// Binding contract (`v8`): watchGc(f?) keeps a list of collections, f is called after a turn that has added some; takeGcEvents()
//   -> [[isMinor, isForced, start, duration, usedBefore, usedAfter], ...] empties it.

const { takeGcEvents, watchGc } = internalBinding('v8');

const listeners = new Set();

function report() {
  const events = takeGcEvents();
  if (events.length === 0) return;
  for (const listener of [...listeners]) listener(events);
}

/** Adds a function that is told of lists of collections. */
function watch(listener) {
  // What was before is no business of the new one.
  if (listeners.size === 0) watchGc(report);
  else report();
  listeners.add(listener);
}

/** Removes it, after it has been told of what there is to tell. */
function unwatch(listener) {
  if (!listeners.has(listener)) return;
  report();
  listeners.delete(listener);
  if (listeners.size === 0) watchGc(undefined);
}

module.exports = { watch, unwatch };
