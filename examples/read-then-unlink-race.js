'use strict';

// How not to do it: the file is removed while the read of it is only asked for. `readFile` opens the file on a thread of
// the pool, `unlinkSync` removes it on this thread, at once. This thread is usually first, and the program ends with ENOENT;
// nothing but luck says so. read-then-unlink.js shows the right order.
//
//   spey examples/read-then-unlink-race.js [file]       without a file it makes one of its own

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const file = process.argv[2] ?? path.join(os.tmpdir(), `read-then-unlink-race-${process.pid}.md`);
if (process.argv[2] === undefined) fs.writeFileSync(file, 'Read me.\n');

fs.readFile(file, 'utf8', (err, data) => {
  if (err) throw err;
  process.stdout.write(data);
});
fs.unlinkSync(file);
