'use strict';
// Performance entries of type http2.

const { now } = require('internal/perf/utils');
const { sessionName } = require('internal/http2/util');
const { kState, kType } = require('internal/http2/symbols');

let performance;
/** The module of entries, when somebody observes this type. */
function observed() {
  performance ??= require('web/performance');
  return performance.hasObserver('http2') ? performance : undefined;
}

function streamEnded(stream, handle) {
  const entries = handle === undefined ? undefined : observed();
  if (entries === undefined) return;
  const { started, firstByte, firstHeader, firstByteSent } = stream[kState].times ?? {};
  const since = (time) => (time === undefined ? 0 : time - started);
  entries.enqueue(entries.createEntry('Http2Stream', 'http2', started ?? now(), started === undefined ? 0 : now() - started, {
    bytesRead: handle.bytesRead,
    bytesWritten: handle.bytesWritten,
    id: stream.id,
    timeToFirstByte: since(firstByte),
    timeToFirstByteSent: since(firstByteSent),
    timeToFirstHeader: since(firstHeader),
  }));
}

function sessionEnded(session, handle) {
  const entries = handle === undefined ? undefined : observed();
  if (entries === undefined) return;
  const { started, pingRTT, streamCount, streamTime, maxConcurrentStreams } = session[kState];
  const { bytesRead, bytesWritten, framesReceived, framesSent } = handle.statistics();
  entries.enqueue(entries.createEntry('Http2Session', 'http2', started, now() - started, {
    bytesRead,
    bytesWritten,
    framesReceived,
    framesSent,
    maxConcurrentStreams,
    pingRTT: pingRTT ?? 0,
    streamAverageDuration: streamCount === 0 ? 0 : streamTime / streamCount,
    streamCount,
    type: sessionName(session[kType]),
  }));
}

module.exports = { now, sessionEnded, streamEnded };
