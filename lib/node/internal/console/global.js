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
globalConsole.context = {
  context(name) {
    return globalConsole;
  },
}.context;
/** A task whose name only an inspector would show. */
globalConsole.createTask = {
  createTask() {
    return { run: (fn) => fn() };
  },
}.createTask;

module.exports = globalConsole;
