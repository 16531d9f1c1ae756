const source = [
"(?:",
"|",
"k",
")",
"|",
"(",
"\\s",
"+?",
"|",
"(?<=",
"ſ",
"{2}",
"(",
"a",
"a",
"\\3",
")",
"[",
"\\W",
"ẞ",
"-",
"ς",
"b",
"]",
"*",
")",
")",
].join("");
const subject = [
"-",
" ",
"-",
].join("").repeat(1);
const r = new RegExp(source, "");
for (const { index } of subject.matchAll(new RegExp(source, r.flags.replace(/[gy]/g, '') + 'g'))) {
const around = subject.slice(index - 1, index + 1);
if (/[uv]/.test(r.flags) && /^[\ud800-\udbff][\udc00-\udfff]$/.test(around)) log('incomparable');
}
r.lastIndex = 2;
for (let i = 0; i < 5; i++) {
const m = r.exec(subject);
log(i, r.lastIndex, m && [...m], m?.index, m?.groups, m?.indices);
if (!m) break;
if (m[0] === '') r.lastIndex++;
}
r.lastIndex = 0;
log('replace', subject.replace(r, '[$&|$1|$<x>|$`]'));
log('split', subject.split(r, 20));
log('search', subject.search(r), RegExp.lastMatch, RegExp.$1);
log('test', new RegExp(r, 'y').test(subject));
if (r.global) log('all', [...subject.matchAll(r)].slice(0, 5), subject.match(r));
log(new RegExp(r.source, r.flags).source);
