'use strict';

// Running source that comes from the command line or from stdin.
//
// Binding contract: contextify.containsModuleSyntax(source, filename) -> boolean;
//   contextify.stripTypeScriptTypes?(source, filename) -> string.

const { getOptionValue } = require('internal/options');

function runSource(name, source, print) {
  let type = getOptionValue('--input-type');
  if (type?.endsWith('-typescript')) {
    source = require('module').stripTypeScriptTypes(source);
    type = type.slice(0, -'-typescript'.length);
  }
  const { evalModule, evalScript } = require('internal/process/execution');
  const asModule = type === 'module' ||
    (type !== 'commonjs' && !print && internalBinding('contextify').containsModuleSyntax(source, name));
  const imports = getOptionValue('--import');
  const { runEntryPointWithESMLoader } = require('internal/modules/run_main');
  if (asModule) {
    runEntryPointWithESMLoader(() => evalModule(source, print));
  } else if (Array.isArray(imports) && imports.length > 0) {
    runEntryPointWithESMLoader(() => evalScript(name, source, print));
  } else {
    evalScript(name, source, print);
  }
}

/** All of stdin as text. */
function readStdin() {
  return require('fs').readFileSync(0, 'utf8');
}

module.exports = { runSource, readStdin };
