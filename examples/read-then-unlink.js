'use strict';

// The right order: the file is removed in the callback of the read, when it is certain that the read is over. Nothing
// blocks, and nothing is left to luck. Compare read-then-unlink-race.js.
//
//   spey examples/read-then-unlink.js [file]            without a file it makes one of its own

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const file = process.argv[2] ?? path.join(os.tmpdir(), `read-then-unlink-${process.pid}.md`);
if (process.argv[2] === undefined) fs.writeFileSync(file, 'Read me.\n');

fs.readFile(file, 'utf8', (readError, data) => {
  if (readError) throw readError;
  process.stdout.write(data);
  fs.unlink(file, (unlinkError) => {
    if (unlinkError) throw unlinkError;
    console.log('removed');
  });
});
