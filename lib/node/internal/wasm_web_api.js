'use strict';

// The bytes of a response for WebAssembly.compileStreaming and instantiateStreaming: WebAssembly Web API, section 3. Called
// by the engine's host.

const { ERR_INVALID_ARG_TYPE, ERR_WEBASSEMBLY_RESPONSE } = require('internal/errors').codes;

/** A promise of the ArrayBuffer of `source`, a Response or a promise of one. */
async function responseBytes(source) {
  const { Response } = require('web/request');
  const response = await source;
  if (!(response instanceof Response)) {
    throw new ERR_INVALID_ARG_TYPE('source', ['Response', 'Promise resolving to Response'], response);
  }
  const type = response.headers.get('Content-Type');
  if (type !== 'application/wasm') throw new ERR_WEBASSEMBLY_RESPONSE(`has unsupported MIME type '${type}'`);
  if (!response.ok) throw new ERR_WEBASSEMBLY_RESPONSE(`has status code ${response.status}`);
  if (response.bodyUsed) throw new ERR_WEBASSEMBLY_RESPONSE('body has already been used');
  return response.body === null ? new ArrayBuffer(0) : response.arrayBuffer();
}

module.exports = { responseBytes };
