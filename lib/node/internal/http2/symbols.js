'use strict';
// Names of the inner state sessions and streams of HTTP/2 share.

module.exports = {
  kAuthority: Symbol('authority'),
  kAlpnProtocol: Symbol('alpnProtocol'),
  kBoundSession: Symbol('boundSession'),
  kEncrypted: Symbol('encrypted'),
  kHeadRequest: Symbol('headRequest'),
  kID: Symbol('id'),
  kInfoHeaders: Symbol('sent-info-headers'),
  kInit: Symbol('init'),
  kLocalSettings: Symbol('local-settings'),
  kOptions: Symbol('options'),
  kOrigin: Symbol('origin'),
  kPendingRequestCalls: Symbol('kPendingRequestCalls'),
  kProceed: Symbol('proceed'),
  kRemoteSettings: Symbol('remote-settings'),
  kSentHeaders: Symbol('sent-headers'),
  kSentTrailers: Symbol('sent-trailers'),
  kServer: Symbol('server'),
  kSessions: Symbol('sessions'),
  kState: Symbol('state'),
  kType: Symbol('type'),
  kWriteGeneric: Symbol('write-generic'),
};
