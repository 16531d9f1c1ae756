'use strict';
// The abstract operations of the Streams Standard under the names that tests know.

const readable = require('web/readable_stream');
const { kState } = require('web/stream_util');

module.exports = {
  ...readable,
  readableByteStreamControllerClose: (controller) => readable.byteControllerClose(controller[kState]),
  readableByteStreamControllerConvertPullIntoDescriptor: readable.convertPullInto,
  readableByteStreamControllerEnqueue: (controller, chunk) => readable.byteControllerEnqueue(controller, controller[kState], chunk),
  readableByteStreamControllerRespond: readable.byteControllerRespond,
  readableStreamDefaultControllerCanCloseOrEnqueue: (controller) => readable.canCloseOrEnqueue(controller[kState]),
  readableStreamDefaultControllerEnqueue: (controller, chunk) => readable.defaultControllerEnqueue(controller[kState], chunk),
  readableStreamReaderGenericRelease: readable.readerGenericRelease,
};
