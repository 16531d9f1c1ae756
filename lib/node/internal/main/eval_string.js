'use strict';

const { getOptionValue } = require('internal/options');
const { runSource } = require('internal/main/source');

// `fork` looks here to take the script out of the arguments it hands on.
process._eval = getOptionValue('--eval');
runSource('[eval]', process._eval, getOptionValue('--print') === true);
