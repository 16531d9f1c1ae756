'use strict';
// node:http2
//
// Binding contract: internalBinding('http2').constants

const { constants } = internalBinding('http2');
const {
  connect, createSecureServer, createServer, getDefaultSettings, getPackedSettings, getUnpackedSettings,
  performServerHandshake,
} = require('internal/http2/core');
const { Http2ServerRequest, Http2ServerResponse } = require('internal/http2/compat');
const { kSensitiveHeaders: sensitiveHeaders } = require('internal/http2/util');

module.exports = {
  connect,
  constants,
  createServer,
  createSecureServer,
  getDefaultSettings,
  getPackedSettings,
  getUnpackedSettings,
  performServerHandshake,
  sensitiveHeaders,
  Http2ServerRequest,
  Http2ServerResponse,
};
