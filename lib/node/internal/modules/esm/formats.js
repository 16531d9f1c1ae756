'use strict';

// Which kind of module a URL holds, and its source.
//
// Binding contract: contextify.containsModuleSyntax(source, filename) -> boolean; fs.readFileUtf8(path, flags).

const { BuiltinModule } = require('internal/bootstrap/realm');
const { fileURLToPath, URL } = require('internal/url');
const packageReader = require('internal/modules/package_json_reader');
const { stripBOM } = require('internal/modules/helpers');
const { codes: {
  ERR_IMPORT_ATTRIBUTE_MISSING,
  ERR_IMPORT_ATTRIBUTE_TYPE_INCOMPATIBLE,
  ERR_IMPORT_ATTRIBUTE_UNSUPPORTED,
  ERR_INVALID_URL,
  ERR_UNKNOWN_BUILTIN_MODULE,
  ERR_UNKNOWN_FILE_EXTENSION,
  ERR_UNKNOWN_MODULE_FORMAT,
  ERR_UNSUPPORTED_ESM_URL_SCHEME,
} } = require('internal/errors');

const kFormatByExtension = {
  '__proto__': null, '.mjs': 'module', '.cjs': 'commonjs', '.json': 'json', '.wasm': 'wasm', '.node': 'addon',
  '.mts': 'module-typescript', '.cts': 'commonjs-typescript',
};

/** Format of a file; undefined when only its source can tell. */
function formatOfFile(url) {
  const { pathname } = new URL(url);
  const name = pathname.slice(pathname.lastIndexOf('/') + 1);
  const dot = name.lastIndexOf('.');
  const extension = dot <= 0 ? '' : name.slice(dot);
  const fixed = kFormatByExtension[extension];
  if (fixed !== undefined) return fixed;
  if (extension === '.js' || extension === '.ts' || extension === '') {
    const type = packageReader.getNearestParentPackageJSONType(fileURLToPath(url));
    if (type === 'none') return undefined;
    return extension === '.ts' ? `${type}-typescript` : type;
  }
  throw new ERR_UNKNOWN_FILE_EXTENSION(extension, fileURLToPath(url));
}

const kFormatByMime = { '__proto__': null, 'application/json': 'json', 'application/wasm': 'wasm' };

function parseDataURL(url) {
  const match = /^data:([^,;]*)([^,]*?)(;base64)?,([\s\S]*)$/i.exec(url);
  if (match === null) throw new ERR_INVALID_URL(url);
  const { 1: mime, 3: base64, 4: body } = match;
  const { Buffer } = require('buffer');
  const text = decodeURIComponent(body.replace(/#.*$/s, ''));
  const content = Buffer.from(text, base64 ? 'base64' : 'utf8');
  const format = kFormatByMime[mime.toLowerCase()] ?? (/^(text|application)\/javascript$/i.test(mime) ? 'module' : undefined);
  return { format, content, mime };
}

function checkScheme(url) {
  const { protocol } = new URL(url);
  if (protocol !== 'file:' && protocol !== 'data:' && protocol !== 'node:') {
    throw new ERR_UNSUPPORTED_ESM_URL_SCHEME(new URL(url), ['file', 'data', 'node']);
  }
}

function detectFormat(source, url) {
  const isTypeScript = url.endsWith('.ts');
  const isModule = internalBinding('contextify').containsModuleSyntax(source, fileURLToPath(url));
  return (isModule ? 'module' : 'commonjs') + (isTypeScript ? '-typescript' : '');
}

/** Reads `url`: { format, source }; `format` given: known already. */
function defaultLoad(url, format) {
  if (url.startsWith('node:')) {
    if (!BuiltinModule.canBeRequiredByUsers(url.slice(5))) throw new ERR_UNKNOWN_BUILTIN_MODULE(url);
    return { format: 'builtin', source: null };
  }
  checkScheme(url);
  if (url.startsWith('data:')) {
    const { format: found, content, mime } = parseDataURL(url);
    if (found === undefined) throw new ERR_UNKNOWN_MODULE_FORMAT(mime, url);
    return { format: found, source: found === 'wasm' ? content : content.toString() };
  }
  format ??= formatOfFile(url);
  if (format === 'addon') return { format, source: null };
  const path = fileURLToPath(url);
  if (format === 'wasm') return { format, source: require('fs').readFileSync(path) };
  const source = stripBOM(internalBinding('fs').readFileUtf8(path, 0));
  return { format: format ?? detectFormat(source, url), source };
}

/** Throws when an import attribute is one this runtime does not know. */
function assertKnownAttributes(url, attributes) {
  for (const key of Object.keys(attributes)) {
    if (key !== 'type') throw new ERR_IMPORT_ATTRIBUTE_UNSUPPORTED(key, attributes[key], url);
  }
  const { type } = attributes;
  if (type !== undefined && type !== 'json') throw new ERR_IMPORT_ATTRIBUTE_UNSUPPORTED('type', type, url);
}

/** Throws when import attributes and format do not fit. */
function assertImportAttributes(url, format, { type }) {
  if (format === 'json') {
    if (type === undefined) throw new ERR_IMPORT_ATTRIBUTE_MISSING(url, 'type', 'json');
  } else if (type !== undefined) {
    throw new ERR_IMPORT_ATTRIBUTE_TYPE_INCOMPATIBLE(url, type);
  }
}

module.exports = { assertImportAttributes, assertKnownAttributes, defaultLoad };
