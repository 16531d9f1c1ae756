'use strict';

// JUnit's XML.

const { inspect } = require('internal/util/inspect');
const { isError } = require('internal/util');

const kInspectOptions = { __proto__: null, colors: false, breakLength: Infinity };

function escapeAttribute(text = '') {
  return escapeContent(String(text).replaceAll('\n', '&#10;')).replaceAll('"', '&quot;').replaceAll('&amp;#10;', '&#10;');
}

function escapeContent(text = '') {
  return String(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function escapeComment(text = '') {
  return String(text).replaceAll('--', '&#45;&#45;');
}

function toXml(node) {
  if (typeof node === 'string') return `${escapeContent(node)}\n`;
  const indent = '\t'.repeat(node.nesting + 1);
  if (node.comment !== undefined) return `${indent}<!-- ${escapeComment(node.comment)} -->\n`;
  const attributes = Object.entries(node.attrs).filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}="${escapeAttribute(value)}"`).join(' ');
  if (!node.children?.length) return `${indent}<${node.tag} ${attributes}/>\n`;
  return `${indent}<${node.tag} ${attributes}>\n${node.children.map(toXml).join('')}${indent}</${node.tag}>\n`;
}

function isFailure(node) {
  return node?.children?.some((child) => child.tag === 'failure') || node?.attrs?.failures > 0;
}

function isSkipped(node) {
  return node?.children?.some((child) => child.tag === 'skipped') || node?.attrs?.skipped > 0;
}

async function * junitReporter(source) {
  yield '<?xml version="1.0" encoding="utf-8"?>\n';
  yield '<testsuites>\n';
  let current;
  const roots = [];

  const start = ({ name, nesting }) => {
    const node = { attrs: { name }, nesting, parent: nesting === 0 ? undefined : current, children: [] };
    if (node.parent === undefined) roots.push(node);
    else node.parent.children.push(node);
    current = node;
    return node;
  };

  for await (const { type, data } of source) {
    switch (type) {
      case 'test:start':
        start(data);
        break;
      case 'test:pass':
      case 'test:fail': {
        if (current === undefined || current.attrs.name !== data.name || current.nesting !== data.nesting) start(data);
        const node = current;
        if (node.parent !== undefined) current = node.parent;
        node.attrs.time = (data.details.duration_ms / 1000).toFixed(6);
        const cases = node.children.filter((child) => child.comment === undefined);
        if (cases.length > 0) {
          node.tag = 'testsuite';
          node.attrs.disabled = 0;
          node.attrs.errors = 0;
          node.attrs.tests = cases.length;
          node.attrs.failures = node.children.filter(isFailure).length;
          node.attrs.skipped = node.children.filter(isSkipped).length;
          node.attrs.hostname = require('os').hostname();
        } else {
          node.tag = 'testcase';
          node.attrs.classname = data.classname ?? 'test';
          node.attrs.file = data.file;
          const add = (tag, attrs) => node.children.push({ nesting: data.nesting + 1, tag, attrs });
          if (data.skip !== undefined) add('skipped', { type: 'skipped', message: data.skip });
          if (data.todo !== undefined) add('skipped', { type: 'todo', message: data.todo });
          if (type === 'test:fail') {
            const error = data.details?.error;
            const message = isError(error?.cause) ? error.cause.message : error?.message ?? '';
            node.children.push({
              nesting: data.nesting + 1,
              tag: 'failure',
              attrs: { type: error?.failureType || error?.code, message },
              children: [inspect(isError(error?.cause) ? error.cause : error, kInspectOptions)],
            });
            node.attrs.failure = message;
          }
        }
        if (data.nesting === 0) {
          yield toXml(node);
          current = undefined;
        }
        break;
      }
      case 'test:diagnostic': {
        const parent = current?.children ?? roots;
        const comment = { comment: data.message, nesting: data.nesting };
        if (current === undefined) yield toXml(comment);
        else parent.push(comment);
        break;
      }
    }
  }
  yield '</testsuites>\n';
}

module.exports = junitReporter;
