'use strict';

// Through the public property: --require may have replaced it.
require('internal/modules/cjs/loader').Module.runMain(process.argv[1]);
