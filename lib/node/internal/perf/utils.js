'use strict';

// Binding contract (performance): now() -> milliseconds since the time origin.

const binding = internalBinding('performance');

module.exports = { now: () => binding.now() };
