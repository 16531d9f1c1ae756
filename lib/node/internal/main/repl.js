'use strict';

const { getOptionValue } = require('internal/options');

if (getOptionValue('--input-type')) {
  process.stderr.write('Cannot specify --input-type for REPL\n');
  // An invalid argument.
  process.exit(9);
}
process.stdout.write(`Welcome to Node.js ${process.version}.\nType ".help" for more information.\n`);
// -i with -e: the code runs first; the REPL goes on with what it made, but its module is its own.
const source = getOptionValue('--eval');
if (typeof source === 'string') {
  process._eval = source;
  require('internal/process/execution').evalScript('[eval]', source, getOptionValue('--print') === true);
}
require('internal/repl').createInternalRepl(process.env, (err, repl) => {
  if (err) throw err;
  repl.on('exit', () => {
    if (repl._flushing) repl.once('flushHistory', () => process.exit());
    else process.exit();
  });
});
