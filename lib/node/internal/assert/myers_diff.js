'use strict';

const colors = require('internal/util/colors');

const kNopLinesToCollapse = 5;

const kOperations = { DELETE: -1, NOP: 0, INSERT: 1 };

function linesEqual(actual, expected, checkCommaDisparity) {
  if (actual === expected) return true;
  return checkCommaDisparity && (`${actual},` === expected || actual === `${expected},`);
}

/**
 * The shortest edit script from `actual` to `expected` (E. Myers, "An O(ND) Difference Algorithm"), last entry first:
 * [operation, line] with DELETE for lines of `expected` only and INSERT for lines of `actual` only.
 */
function myersDiff(actual, expected, checkCommaDisparity = false) {
  const n = actual.length;
  const m = expected.length;
  const max = n + m;
  if (max > 2 ** 31 - 1) {
    const { ERR_OUT_OF_RANGE } = require('internal/errors').codes;
    throw new ERR_OUT_OF_RANGE('myersDiff input size', '< 2^31', max);
  }
  const v = new Int32Array(2 * max + 1);
  const trace = [];
  for (let d = 0; d <= max; d++) {
    // Only the diagonals of this round can have changed.
    trace.push(v.slice());
    for (let k = -d; k <= d; k += 2) {
      const offset = k + max;
      let x = k === -d || (k !== d && v[offset - 1] < v[offset + 1]) ? v[offset + 1] : v[offset - 1] + 1;
      let y = x - k;
      while (x < n && y < m && linesEqual(actual[x], expected[y], checkCommaDisparity)) {
        x++;
        y++;
      }
      v[offset] = x;
      if (x >= n && y >= m) return backtrack(trace, actual, expected, checkCommaDisparity);
    }
  }
  return [];
}

function backtrack(trace, actual, expected, checkCommaDisparity) {
  const max = actual.length + expected.length;
  let x = actual.length;
  let y = expected.length;
  const result = [];
  for (let d = trace.length - 1; d >= 0; d--) {
    const v = trace[d];
    const k = x - y;
    const offset = k + max;
    const previousK = k === -d || (k !== d && v[offset - 1] < v[offset + 1]) ? k + 1 : k - 1;
    const previousX = v[previousK + max];
    const previousY = previousX - previousK;
    while (x > previousX && y > previousY) {
      const actualItem = actual[x - 1];
      // With commas ignored, the line that has one is shown.
      const value = checkCommaDisparity && !actualItem.endsWith(',') ? expected[y - 1] : actualItem;
      result.push([kOperations.NOP, value]);
      x--;
      y--;
    }
    if (d > 0) {
      if (x > previousX) result.push([kOperations.INSERT, actual[--x]]);
      else result.push([kOperations.DELETE, expected[--y]]);
    }
  }
  return result;
}

/** A character diff on one line: for short one-line values. */
function printSimpleMyersDiff(diff) {
  let message = '';
  for (let i = diff.length - 1; i >= 0; i--) {
    const { 0: type, 1: value } = diff[i];
    let color = colors.white;
    if (type === kOperations.INSERT) color = colors.green;
    else if (type === kOperations.DELETE) color = colors.red;
    message += `${color}${value}${colors.white}`;
  }
  return `\n${message}`;
}

/** Lines with "+", "-" or a space in front; long runs of equal lines are left out. */
function printMyersDiff(diff, operator) {
  let message = '';
  let skipped = false;
  let nopCount = 0;
  for (let i = diff.length - 1; i >= 0; i--) {
    const { 0: type, 1: value } = diff[i];
    const previousType = i < diff.length - 1 ? diff[i + 1][0] : null;
    // After a run of equal lines only its last line is still needed, or two.
    if (previousType === kOperations.NOP && type !== previousType) {
      if (nopCount === kNopLinesToCollapse + 1) message += `${colors.white}  ${diff[i + 1][1]}\n`;
      else if (nopCount === kNopLinesToCollapse + 2) {
        message += `${colors.white}  ${diff[i + 2][1]}\n`;
        message += `${colors.white}  ${diff[i + 1][1]}\n`;
      } else if (nopCount >= kNopLinesToCollapse + 3) {
        message += `${colors.blue}...${colors.white}\n`;
        message += `${colors.white}  ${diff[i + 1][1]}\n`;
        skipped = true;
      }
      nopCount = 0;
    }
    if (type === kOperations.INSERT) {
      message += operator === 'partialDeepStrictEqual' ?
        `${colors.gray}${colors.hasColors ? ' ' : '+'} ${value}${colors.white}\n` :
        `${colors.green}+${colors.white} ${value}\n`;
    } else if (type === kOperations.DELETE) {
      message += `${colors.red}-${colors.white} ${value}\n`;
    } else {
      if (nopCount < kNopLinesToCollapse) message += `${colors.white}  ${value}\n`;
      nopCount++;
    }
  }
  return { message: `\n${message.trimEnd()}`, skipped };
}

module.exports = { myersDiff, printMyersDiff, printSimpleMyersDiff };
