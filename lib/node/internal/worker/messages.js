'use strict';

// Types of the messages between a Worker object and its thread, on the internal port.

module.exports = {
  messageTypes: {
    UP_AND_RUNNING: 'upAndRunning',
    COULD_NOT_SERIALIZE_ERROR: 'couldNotSerializeError',
    ERROR_MESSAGE: 'errorMessage',
    STDIO_PAYLOAD: 'stdioPayload',
    STDIO_WANTS_MORE_DATA: 'stdioWantsMoreData',
    LOAD_SCRIPT: 'loadScript',
    QUERY: 'query',
    ANSWER: 'answer',
  },
};
