'use strict';

// What an option of the form `--no-experimental-…` takes away.

const { BuiltinModule } = require('internal/bootstrap/realm');

const kGlobals = {
  '__proto__': null,
  '--experimental-global-navigator': ['navigator', 'Navigator'],
  '--experimental-websocket': ['WebSocket', 'CloseEvent', 'ErrorEvent'],
  '--experimental-webstorage': ['localStorage', 'sessionStorage', 'Storage'],
};

module.exports = function withdraw(option) {
  if (option === '--experimental-sqlite') BuiltinModule.withdraw('sqlite');
  for (const name of kGlobals[option] ?? []) delete globalThis[name];
};
