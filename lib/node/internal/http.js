'use strict';
// What the http modules share: the Date header, symbols.

const { setUnrefTimeout } = require('internal/timers');

let utcCache;
let utcLine;

function utcDate() {
  if (utcCache === undefined) {
    const now = new Date();
    utcCache = now.toUTCString();
    utcLine = `Date: ${utcCache}\r\n`;
    setUnrefTimeout(resetCache, 1000 - now.getMilliseconds());
  }
  return utcCache;
}

/** The whole `Date: …` line, made once a second. */
function utcDateHeader() {
  if (utcLine === undefined) utcDate();
  return utcLine;
}

function resetCache() {
  utcCache = undefined;
  utcLine = undefined;
}

module.exports = {
  kOutHeaders: Symbol('kOutHeaders'),
  kNeedDrain: Symbol('kNeedDrain'),
  utcDate,
  utcDateHeader,
};
