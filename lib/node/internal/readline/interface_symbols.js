'use strict';
module.exports = { kSawKeyPress: Symbol('_sawKeyPress') };
