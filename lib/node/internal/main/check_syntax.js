'use strict';

// --check: parses the program without running it.
//
// Binding contract: contextify.compileFunctionForCJSLoader(source, filename, isMain, isESMDetect) throws the
// SyntaxError; module_wrap.ModuleWrap for modules.

const { readStdin } = require('internal/main/source');

function checkSyntax(source, filename) {
  const { stripBOM } = require('internal/modules/helpers');
  const { getNearestParentPackageJSONType } = require('internal/modules/package_json_reader');
  const { getOptionValue } = require('internal/options');
  source = stripBOM(source);
  let isModule = false;
  if (filename === '[stdin]') {
    isModule = getOptionValue('--input-type') === 'module';
  } else if (/\.m[jt]s$/.test(filename)) {
    isModule = true;
  } else if (!/\.c[jt]s$/.test(filename)) {
    isModule = getNearestParentPackageJSONType(filename) === 'module';
  }
  if (isModule) {
    const { ModuleWrap } = internalBinding('module_wrap');
    const { pathToFileURL } = require('internal/url');
    const url = filename === '[stdin]' ? 'file:///[stdin]' : pathToFileURL(filename).href;
    new ModuleWrap(url, undefined, source, 0, 0);
    return;
  }
  // Module syntax in a file of unknown type is no error: the detection accepts it.
  internalBinding('contextify').compileFunctionForCJSLoader(source, filename, false, true);
}

if (process.argv[1] === undefined || process.argv[1] === '-') {
  checkSyntax(readStdin(), '[stdin]');
} else {
  const path = require('path');
  const { Module } = require('internal/modules/cjs/loader');
  const filename = Module._resolveFilename(path.resolve(process.argv[1]));
  checkSyntax(require('fs').readFileSync(filename, 'utf8'), filename);
}
