'use strict';

// The debugger protocol is not there yet: `url()` says that no inspector is active, the rest says so by an error.

const EventEmitter = require('events');
const { codes: { ERR_INSPECTOR_NOT_ACTIVE, ERR_METHOD_NOT_IMPLEMENTED } } = require('internal/errors');

class Session extends EventEmitter {
  connect() {
    throw new ERR_METHOD_NOT_IMPLEMENTED('inspector.Session.connect()');
  }
}

module.exports = {
  open() {
    throw new ERR_METHOD_NOT_IMPLEMENTED('inspector.open()');
  },
  close() {},
  url: () => undefined,
  waitForDebugger() {
    throw new ERR_INSPECTOR_NOT_ACTIVE();
  },
  console: globalThis.console,
  Session,
};
