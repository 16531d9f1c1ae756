// A small program's usual imports.
const fs = require('fs');
const path = require('path');
const { EventEmitter } = require('events');
const util = require('util');
console.log(typeof fs.readFile, path.basename('/a/b.c'), typeof EventEmitter, util.inspect({ a: [1] }));
