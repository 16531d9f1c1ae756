'use strict';

// Binding contract: internalBinding('constants'): os {errno, priority, signals, dlopen}, fs, crypto

const { os, fs, crypto } = internalBinding('constants');

// The deprecated union of all constants.
Object.assign(exports, os.dlopen, os.errno, os.priority, os.signals, fs, crypto);
Object.freeze(exports);
