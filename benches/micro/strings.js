// Building, slicing, searching, splitting and comparing of strings.
let text = '';
for (let i = 0; i < 200000; i++) text += String.fromCharCode(97 + (i % 26));
let check = 0;
for (let i = 0; i < text.length; i++) check = (check * 31 + text.charCodeAt(i)) | 0;
const words = [];
for (let i = 0; i < 60000; i++) words.push(text.substring(i, i + 5 + (i % 4)));
const joined = words.join(' ');
check = (check + joined.split(' ').length + joined.indexOf('xyzab') + joined.lastIndexOf('abc')) | 0;
check = (check + joined.replaceAll('abc', 'ABCD').length + joined.toUpperCase().length) | 0;
let matches = 0;
for (const word of words) if (word.startsWith('ab') || word.endsWith('yz') || word.includes('mno')) matches++;
for (let i = 0; i < 100000; i++) check = (check + `${i}:${i & 7}`.length + 'key'.padStart(5 + (i & 3)).trim().length) | 0;
console.log('strings', check, matches);
