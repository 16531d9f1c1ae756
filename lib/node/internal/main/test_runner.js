'use strict';

// --test: runs each file in its own process and adds up the results.

require('internal/test_runner/runner').runCommandLine(process.argv.slice(1));
