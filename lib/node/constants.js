'use strict';

// The old list of all constants in one object.

const { os, fs, crypto } = internalBinding('constants');

module.exports = Object.freeze({ ...os.dlopen, ...os.errno, ...os.priority, ...os.signals, ...fs, ...crypto });
