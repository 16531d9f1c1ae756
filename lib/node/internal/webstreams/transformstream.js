'use strict';

module.exports = require('web/transform_stream');
