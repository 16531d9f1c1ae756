'use strict';

module.exports = require('web/writable_stream');
