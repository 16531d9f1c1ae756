// Fourteen kinds of pattern over 1 MB of prose-like text, by the methods that programs use: CPU milliseconds for the whole
// text, and their geometric mean. `kinds.js [method,…] [milliseconds for each figure]`; UTF16=1 makes the text two bytes wide.
const WORDS = [
  'the', 'and', 'of', 'Holmes', 'said', 'Watson', 'was', 'walking', 'to', 'a', 'in', 'that', '"Indeed,"', 'he', 'it', 'his', 'is',
  'had', 'street', 'evening,', 'with', 'morning.', 'Sherlock Holmes', 'for', 'my', 'door', 'at', 'the the', '2026-07-24', 'not',
  'Adler', 'seeing', 'something', 'john.doe@example.com', 'but', 'which', 'one', 'cried', 'Baker', 'you',
];
const words = [];
for (let seed = 1, length = 0; length < 1 << 20; length += words.at(-1).length) {
  seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
  words.push(WORDS[(seed >>> 16) % WORDS.length] + ((seed >>> 10 & 15) === 0 ? '\n' : ' '));
}
const text = words.join('') + (process.env.UTF16 ? '\u2028' : '');

const KINDS = [
  ['literal', /Sherlock Holmes/g],
  ['literal, any case', /sherlock holmes/gi],
  ['alternatives', /Sherlock|Holmes|Watson|Adler/g],
  ['alternatives, any case', /sherlock|holmes|watson/gi],
  ['word boundary', /\bthe\b/g],
  ['words', /\w+/g],
  ['word pairs', /(\w+)\s+(\w+)/g],
  ['suffix', /[a-z]+ing\b/g],
  ['quoted', /"[^"]{0,60}"/g],
  ['lazy', /Holmes.*?Watson/gs],
  ['e-mail', /[\w.+-]+@[\w-]+\.[a-z]{2,}/g],
  ['date captures', /(\d{4})-(\d{2})-(\d{2})/g],
  ['lookbehind', /(?<=said )\w+/g],
  ['back reference', /\b(\w+) \1\b/g],
];
const METHODS = {
  test(re) { let n = 0; re.lastIndex = 0; while (re.test(text)) n++; return n; },
  exec(re) { let n = 0, m; re.lastIndex = 0; while ((m = re.exec(text)) !== null) n += m[0].length; return n; },
  match: (re) => text.match(re).length,
  matchAll(re) { let n = 0; for (const m of text.matchAll(re)) n += m.index & 1; return n; },
  replace: (re) => text.replace(re, '<$&>').length,
  replaceBy: (re) => text.replace(re, (m) => m.length).length,
  split: (re) => text.split(re).length,
};

const chosen = process.argv[2] ? process.argv[2].split(',') : Object.keys(METHODS);
const wanted_us = (+process.argv[3] || 60) * 1000;
const sums = chosen.map(() => 0);
console.log(['kind', ...chosen].join('\t'));
for (const [name, re] of KINDS) {
  const row = chosen.map((method, i) => {
    const run = METHODS[method];
    run(re);
    run(re);
    const start = process.cpuUsage();
    let used_us, runs = 0;
    do {
      run(re);
      runs++;
      const used = process.cpuUsage(start);
      used_us = used.user + used.system;
    } while (used_us < wanted_us);
    const ms = used_us / runs / 1000;
    sums[i] += Math.log(ms);
    return ms.toFixed(2);
  });
  console.log([name, ...row].join('\t'));
}
console.log(['geometric mean', ...sums.map((sum) => Math.exp(sum / KINDS.length).toFixed(2))].join('\t'));
