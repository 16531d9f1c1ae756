'use strict';

const { getOptionValue } = require('internal/options');

let cjsConditions;
let esmConditions;

function conditionsWith(first) {
  const set = new Set([first, 'node']);
  if (!getOptionValue('--no-addons')) set.add('node-addons');
  set.add('module-sync');
  const user = getOptionValue('--conditions');
  if (Array.isArray(user)) for (const name of user) set.add(name);
  return set;
}

/** Conditions of `require`. */
function getCjsConditions() {
  return cjsConditions ??= conditionsWith('require');
}

/** Conditions of `import`. */
function getEsmConditions() {
  return esmConditions ??= conditionsWith('import');
}

function stripBOM(content) {
  return content.charCodeAt(0) === 0xFEFF ? content.slice(1) : content;
}

/** Path or URL of a module as a URL string. */
function normalizeReferrerURL(referrer) {
  if (referrer === null || referrer === undefined) return undefined;
  if (typeof referrer === 'string') {
    if (require('path').isAbsolute(referrer)) return require('internal/url').pathToFileURL(referrer).href;
    if (referrer.startsWith('file://') || require('internal/url').URL.canParse(referrer)) return referrer;
    return undefined;
  }
  return `${referrer}`;
}

module.exports = {
  getCjsConditions,
  getEsmConditions,
  normalizeReferrerURL,
  stripBOM,
};
