'use strict';

require('repl').start({ prompt: '> ', useGlobal: true });
