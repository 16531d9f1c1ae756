'use strict';

const { Console, initializeGlobalConsole } = require('internal/console/constructor');

// The console of the program: a plain object, whose methods are its own.
const globalConsole = { __proto__: {} };
initializeGlobalConsole(globalConsole);

// It passes for an instance, and its class can be reached from it.
globalConsole.Console = Console;
for (const name of ['profile', 'profileEnd', 'timeStamp']) {
  globalConsole[name] = Object.defineProperty(() => {}, 'name', { __proto__: null, value: name });
}
/** A console for a named context: without an inspector all share this one. */
globalConsole.context = function context(name) {
  return globalConsole;
};
/** A task whose name only an inspector would show. */
globalConsole.createTask = function createTask() {
  return { run: (fn) => fn() };
};

module.exports = globalConsole;
