'use strict';

const { getOptionValue } = require('internal/options');
const { runSource } = require('internal/main/source');

runSource('[eval]', getOptionValue('--eval'), getOptionValue('--print') === true);
