'use strict';

module.exports = require('web/readable_stream');
