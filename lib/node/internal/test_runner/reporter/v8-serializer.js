'use strict';

// For the process that started this one: each event as a structured clone, with a header and its length before it.

const { DefaultSerializer } = require('v8');
const { Buffer } = require('buffer');
const { serializeError } = require('internal/worker/errors');

async function * v8Reporter(source) {
  const probe = new DefaultSerializer();
  probe.writeHeader();
  const headerLength = probe.releaseBuffer().length;
  for await (const item of source) {
    const error = item.data.details?.error;
    let data = item.data;
    // Errors keep their class and properties.
    if (error) data = { ...data, details: { ...data.details, error: undefined, serializedError: serializeError(error) } };
    const serializer = new DefaultSerializer();
    serializer.writeHeader();
    serializer.writeRawBytes(Buffer.alloc(4));
    serializer.writeHeader();
    serializer.writeValue({ type: item.type, data: { ...data } });
    const message = serializer.releaseBuffer();
    Buffer.from(message.buffer, message.byteOffset, message.length).writeUInt32BE(message.length - headerLength - 4, headerLength);
    yield message;
  }
}

module.exports = v8Reporter;
