'use strict';
// Makes an input stream emit 'keypress' events.

const { charLengthAt, CSI, emitKeys } = require('internal/readline/utils');
const { kSawKeyPress } = require('internal/readline/interface_symbols');
const { StringDecoder } = require('string_decoder');

const KEYPRESS_DECODER = Symbol('keypress-decoder');
const ESCAPE_DECODER = Symbol('escape-decoder');
// How long an escape may be the beginning of a sequence.
const ESCAPE_CODE_TIMEOUT = 500;

function emitKeypressEvents(stream, iface = {}) {
  if (stream[KEYPRESS_DECODER]) return;
  stream[KEYPRESS_DECODER] = new StringDecoder('utf8');
  stream[ESCAPE_DECODER] = emitKeys(stream);
  stream[ESCAPE_DECODER].next();

  const triggerEscape = () => stream[ESCAPE_DECODER].next('');
  const { escapeCodeTimeout = ESCAPE_CODE_TIMEOUT } = iface;
  let timeoutId;

  function onData(input) {
    if (stream.listenerCount('keypress') > 0) {
      const string = stream[KEYPRESS_DECODER].write(input);
      if (!string) return;
      clearTimeout(timeoutId);

      // Pasted text is not the typing of one key.
      iface[kSawKeyPress] = charLengthAt(string, 0) === string.length;
      iface.isCompletionEnabled = false;
      let length = 0;
      for (const character of string) {
        length += character.length;
        if (length === string.length) iface.isCompletionEnabled = true;
        try {
          stream[ESCAPE_DECODER].next(character);
          // A lone escape at the end of the data is a key unless more follows soon.
          if (character === CSI.kEscape && length === string.length) {
            timeoutId = setTimeout(triggerEscape, escapeCodeTimeout);
          }
        } catch (err) {
          // A listener threw: the decoder begins anew.
          stream[ESCAPE_DECODER] = emitKeys(stream);
          stream[ESCAPE_DECODER].next();
          throw err;
        }
      }
    } else {
      // Nobody listens any more.
      stream.removeListener('data', onData);
      stream.on('newListener', onNewListener);
    }
  }

  function onNewListener(event) {
    if (event === 'keypress') {
      stream.on('data', onData);
      stream.removeListener('newListener', onNewListener);
    }
  }

  if (stream.listenerCount('keypress') > 0) stream.on('data', onData);
  else stream.on('newListener', onNewListener);
}

module.exports = emitKeypressEvents;
