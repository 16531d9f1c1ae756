'use strict';

const { getOptionValue } = require('internal/options');
const { readStdin, runSource } = require('internal/main/source');

runSource('[stdin]', readStdin(), getOptionValue('--print') === true);
