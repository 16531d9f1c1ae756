'use strict';

// lcov's trace files, https://ltp.sourceforge.net/coverage/lcov/geninfo.1.php: of runs with coverage; others have nothing.

const { Transform } = require('stream');
const path = require('path');

class LcovReporter extends Transform {
  constructor(options) {
    super({ ...options, writableObjectMode: true, __proto__: null });
  }

  _transform(event, encoding, callback) {
    if (event.type !== 'test:coverage') {
      callback();
      return;
    }
    let lcov = 'TN:\n';
    const { summary } = event.data;
    for (const file of summary.files) {
      lcov += `SF:${path.relative(summary.workingDirectory, file.path)}\n`;
      for (const fn of file.functions) lcov += `FN:${fn.line},${fn.name}\nFNDA:${fn.count},${fn.name}\n`;
      lcov += `FNF:${file.totalFunctionCount}\nFNH:${file.coveredFunctionCount}\n`;
      file.branches.forEach((branch, i) => {
        lcov += `BRDA:${branch.line},${i},0,${branch.count}\n`;
      });
      lcov += `BRF:${file.totalBranchCount}\nBRH:${file.coveredBranchCount}\n`;
      for (const line of file.lines.toSorted((a, b) => a.line - b.line)) lcov += `DA:${line.line},${line.count}\n`;
      lcov += `LH:${file.coveredLineCount}\nLF:${file.totalLineCount}\nend_of_record\n`;
    }
    callback(null, lcov);
  }
}

module.exports = LcovReporter;
