'use strict';

// node:test

module.exports = require('internal/test_runner/harness').test;
