'use strict';

const { getStringWidth } = require('internal/util/inspect');

function renderRow(row, columnWidths) {
  const cells = row.map((cell, i) => `${cell}${' '.repeat(columnWidths[i] - getStringWidth(cell))}`);
  return `│ ${cells.join(' │ ')} │`;
}

/** Draws a table: `head` has the titles, `columns` the cells of each column. */
function table(head, columns) {
  const rows = [];
  const widths = head.map((title) => getStringWidth(title));
  const height = Math.max(...columns.map((column) => column.length), 0);
  for (let i = 0; i < head.length; i++) {
    const column = columns[i];
    for (let j = 0; j < height; j++) {
      rows[j] ??= [];
      const cell = rows[j][i] = Object.hasOwn(column, j) ? `${column[j]}` : '';
      widths[i] = Math.max(widths[i] || 0, getStringWidth(cell));
    }
  }
  const lines = widths.map((width) => '─'.repeat(width + 2));
  let result = `┌${lines.join('┬')}┐\n${renderRow(head, widths)}\n├${lines.join('┼')}┤\n`;
  for (const row of rows) result += `${renderRow(row, widths)}\n`;
  return `${result}└${lines.join('┴')}┘`;
}

module.exports = table;
