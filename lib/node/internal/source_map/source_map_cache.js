'use strict';

// Source maps of loaded modules, read when a program asks for them.

const { validateBoolean, validateObject } = require('internal/validators');

let support = Object.freeze({ __proto__: null, enabled: false, nodeModules: false, generatedCode: false });
const sources = new Map();

function getSourceMapsSupport() {
  return support;
}

function setSourceMapsSupport(options) {
  validateObject(options, 'options');
  const { enabled, nodeModules = false, generatedCode = false } = options;
  validateBoolean(enabled, 'options.enabled');
  validateBoolean(nodeModules, 'options.nodeModules');
  validateBoolean(generatedCode, 'options.generatedCode');
  support = Object.freeze({ __proto__: null, enabled, nodeModules, generatedCode });
}

/** Remembers where the map of `filename` is, for findSourceMap. */
function maybeCacheSourceMap(filename, sourceMapURL) {
  if (support.enabled && sourceMapURL) sources.set(filename, sourceMapURL);
}

function findSourceMap(path) {
  if (path.startsWith('file:')) path = require('internal/url').fileURLToPath(path);
  const url = sources.get(path);
  if (url === undefined) return undefined;
  const { SourceMap } = require('internal/source_map/source_map');
  try {
    if (url.startsWith('data:')) {
      const comma = url.indexOf(',');
      const body = url.slice(comma + 1);
      const isBase64 = url.slice(0, comma).endsWith(';base64');
      const text = isBase64 ? require('buffer').Buffer.from(body, 'base64').toString() : decodeURIComponent(body);
      return new SourceMap(JSON.parse(text));
    }
    const file = require('path').resolve(require('path').dirname(path), url);
    return new SourceMap(JSON.parse(require('fs').readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}

module.exports = { findSourceMap, getSourceMapsSupport, maybeCacheSourceMap, setSourceMapsSupport };
