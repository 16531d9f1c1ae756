'use strict';

const { Console, kBindProperties, kBindStreamsLazy } = require('internal/console/constructor');

// The console of the program: a plain object, whose methods are its own.
const globalConsole = { __proto__: {} };

for (const key of Reflect.ownKeys(Console.prototype)) {
  if (key === 'constructor') continue;
  const descriptor = Object.getOwnPropertyDescriptor(Console.prototype, key);
  if (typeof descriptor.value === 'function') {
    const bound = descriptor.value.bind(globalConsole);
    descriptor.value = Object.defineProperty(bound, 'name', { __proto__: null, value: key });
  }
  Object.defineProperty(globalConsole, key, descriptor);
}
globalConsole[kBindStreamsLazy](process);
globalConsole[kBindProperties](true, 'auto');

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
