// Regular expressions: test, exec with groups, replace with function, split.
const lines = [];
for (let i = 0; i < 3000; i++) lines.push(`2024-0${1 + (i % 9)}-1${i % 10} user${i}@host${i % 7}.example.org "GET /path/${i}?q=${i * 3}" ${200 + (i % 5)}`);
const pattern = /^(?<date>\d{4}-\d\d-\d\d) (\w+)@([\w.]+) "(GET|POST) ([^"?]+)(?:\?([^"]*))?" (\d+)$/;
let check = 0;
for (let round = 0; round < 10; round++) {
  for (const line of lines) {
    const match = pattern.exec(line);
    check = (check + match.groups.date.length + match[5].length + Number(match[7])) | 0;
    if (/host[35]\./i.test(line)) check++;
  }
}
const text = lines.join('\n');
check += text.replace(/\d+/g, (digits) => digits.length).length + text.split(/\s+/).length;
for (const match of text.matchAll(/user(\d+)/g)) check = (check + match.index) | 0;
console.log('regexp', check);
