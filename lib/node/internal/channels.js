'use strict';

// Diagnostics channels of the library itself, which cost nothing as long as no program uses channels.

const { BuiltinModule } = require('internal/bootstrap/realm');

function lazy(make, name) {
  let channel;
  return () => {
    if (channel === undefined && BuiltinModule.isLoaded('diagnostics_channel')) {
      channel = require('diagnostics_channel')[make](name);
    }
    return channel?.hasSubscribers ? channel : undefined;
  };
}

module.exports = {
  /** A function that gives the channel of a name while somebody listens, undefined otherwise. */
  lazyChannel: (name) => lazy('channel', name),
  /** The same for a channel that traces. */
  lazyTracingChannel: (name) => lazy('tracingChannel', name),
};
