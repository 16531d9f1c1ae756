'use strict';

require('internal/modules/run_main').executeUserEntryPoint(process.argv[1]);
