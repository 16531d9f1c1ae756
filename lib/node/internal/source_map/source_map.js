'use strict';

const { validateObject } = require('internal/validators');

const kDigits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

// Decodes the base64 VLQ numbers of one segment of `mappings`.
function decodeSegment(text) {
  const numbers = [];
  let value = 0;
  let shift = 0;
  for (const char of text) {
    const digit = kDigits.indexOf(char);
    if (digit < 0) break;
    value += (digit & 31) * 2 ** shift;
    if (digit & 32) {
      shift += 5;
      continue;
    }
    numbers.push(value % 2 === 1 ? -(value - 1) / 2 : value / 2);
    value = 0;
    shift = 0;
  }
  return numbers;
}

/** A source map (version 3) that can be asked for the origin of a generated position. */
class SourceMap {
  #payload;
  #lineLengths;
  #mappings = [];

  constructor(payload, { lineLengths } = {}) {
    validateObject(payload, 'payload');
    this.#payload = payload;
    this.#lineLengths = lineLengths ? [...lineLengths] : undefined;
    if (payload.sections) {
      for (const { offset, map } of payload.sections) this.#parse(map, offset.line, offset.column);
    } else {
      this.#parse(payload, 0, 0);
    }
    this.#mappings.sort((a, b) => a.generatedLine - b.generatedLine || a.generatedColumn - b.generatedColumn);
  }

  #parse(map, lineOffset, columnOffset) {
    const { mappings = '', sources = [], names = [], sourceRoot = '' } = map;
    let source = 0;
    let line = 0;
    let column = 0;
    let name = 0;
    mappings.split(';').forEach((text, generatedLine) => {
      let generatedColumn = generatedLine === 0 ? columnOffset : 0;
      if (text === '') return;
      for (const segment of text.split(',')) {
        const fields = decodeSegment(segment);
        if (fields.length === 0) continue;
        generatedColumn += fields[0];
        const entry = { generatedLine: generatedLine + lineOffset, generatedColumn };
        if (fields.length >= 4) {
          source += fields[1];
          line += fields[2];
          column += fields[3];
          entry.originalSource = sourceRoot + sources[source];
          entry.originalLine = line;
          entry.originalColumn = column;
          if (fields.length >= 5) {
            name += fields[4];
            entry.name = names[name];
          }
        }
        this.#mappings.push(entry);
      }
    });
  }

  get payload() {
    return structuredClone(this.#payload);
  }

  get lineLengths() {
    return this.#lineLengths ? [...this.#lineLengths] : undefined;
  }

  /** The mapping at or before a position of the generated file (both counted from zero). */
  findEntry(lineOffset, columnOffset) {
    let low = 0;
    let high = this.#mappings.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const entry = this.#mappings[middle];
      if (entry.generatedLine < lineOffset ||
          (entry.generatedLine === lineOffset && entry.generatedColumn <= columnOffset)) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low === 0 ? {} : { ...this.#mappings[low - 1] };
  }

  /** As findEntry, with positions counted from one, as stack traces do. */
  findOrigin(lineNumber, columnNumber) {
    const entry = this.findEntry(lineNumber - 1, columnNumber - 1);
    if (entry.originalSource === undefined || entry.originalLine === undefined ||
        entry.originalColumn === undefined || entry.generatedLine === undefined ||
        entry.generatedColumn === undefined) {
      return {};
    }
    return {
      name: entry.name,
      fileName: entry.originalSource,
      lineNumber: lineNumber - 1 - entry.generatedLine + entry.originalLine + 1,
      columnNumber: columnNumber - 1 - entry.generatedColumn + entry.originalColumn + 1,
    };
  }
}

module.exports = { SourceMap };
