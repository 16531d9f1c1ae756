// What programs do with the language and its library, one kind each: milliseconds of one round, the mean of the rounds
// that fit into a budget after a time of warming up, and a checksum. Runs in any shell that has `console.log`.
// `kinds.js [kind,…|all] [budget in milliseconds]`
const random = (seed) => () => (seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff);
const range = (n, f) => Array.from({ length: n }, (_, i) => f(i));

const records = range(400, (id) => ({
  id, name: `user "${id}"`, email: `user${id}@example.com`, active: id % 3 === 0, score: id * 1.5,
  tags: ['x', 'y\n', 'ü'], nested: { a: null, b: [1, 2, [3]] },
}));
const dictionary = Object.fromEntries(range(3000, (i) => ['key' + (i * 7919) % 100003, i]));
const numbers = range(20000, (i) => (i % 3 ? i * 17 : i / 7));
const prose = range(400, (i) => `Line ${i}: the "quick" brown fox — jumps\tover ${i * 31} lazy dogs.\n`);
const texts = { records: JSON.stringify(records), dictionary: JSON.stringify(dictionary), numbers: JSON.stringify(numbers),
  prose: JSON.stringify(prose) };
const next = random(42);
const values = range(20000, () => next() % 100000);
const people = range(10000, (i) => ({ key: next() % 1000, name: 'n' + next() % 5000, i }));
const names = people.map((p) => p.name);
const objects = range(2000, (i) => ({ i }));
const log = range(300, (i) => `2026-0${1 + i % 9}-1${i % 10} user${i}@host${i % 7}.example.org "GET /path/${i}?q=${i * 3}" ${200 + i % 5}`);
const page = log.join('\n');
const stamps = range(1000, (i) => 1.7e12 + i * 86461001);
const isoDates = stamps.map((t) => new Date(t).toISOString());

function* count(from, to) { for (let i = from; i < to; i++) yield i; }
function* tree(depth) { if (depth > 0) { yield* tree(depth - 1); yield depth; yield* tree(depth - 1); } }
class List {
  constructor(n) { this.n = n; }
  [Symbol.iterator]() { let i = 0; const n = this.n; return { next: () => (i < n ? { value: i++, done: false } : { value: undefined, done: true }) }; }
}
const swap = ([a, b]) => [b, a];
const area = ({ width, height = 2, ...rest }) => width * height + (rest.extra ?? 0);
const leaf = async (i) => i;
const middle = async (i) => (await leaf(i)) + (await leaf(i + 1));
async function* asyncCount(n) { for (let i = 0; i < n; i++) yield i; }
const power = (base, exponent, modulus) => {
  let result = 1n;
  for (base %= modulus; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = (result * base) % modulus;
    base = (base * base) % modulus;
  }
  return result;
};

const KINDS = {
  'strings: append': () => { let s = ''; for (let i = 0; i < 30000; i++) s += 'item' + i + ','; return s.length + s.charCodeAt(999); },
  'strings: characters': () => { let s = ''; for (let i = 0; i < 60000; i++) s += String.fromCharCode(97 + i % 26); return s.length + s.charCodeAt(777); },
  'strings: templates': () => { let n = 0; for (let i = 0; i < 20000; i++) n += `<li class="${i & 1 ? 'odd' : 'even'}">${i}</li>`.length; return n; },
  'strings: join': () => { const out = []; for (let i = 0; i < 20000; i++) out.push('row ' + i); return out.join('\n').length; },
  'strings: slice, split': () => { let n = 0; for (const line of page.split('\n')) n += line.slice(0, 10).length + line.split(' ').length + line.toUpperCase().indexOf('GET'); return n; },

  'JSON.parse: records': () => JSON.parse(texts.records).length,
  'JSON.parse: dictionary': () => Object.keys(JSON.parse(texts.dictionary)).length,
  'JSON.parse: numbers': () => JSON.parse(texts.numbers).length,
  'JSON.parse: prose': () => JSON.parse(texts.prose).length,
  'JSON.parse: small': () => { let n = 0; for (let i = 0; i < 2000; i++) n += JSON.parse('{"type":"message","id":' + i + ',"ok":true,"body":"hello"}').id; return n; },
  'JSON.parse: reviver': () => JSON.parse(texts.records, (key, value) => (key === 'id' ? value + 1 : value))[7].id,
  'JSON.stringify: records': () => JSON.stringify(records).length,
  'JSON.stringify: dictionary': () => JSON.stringify(dictionary).length,
  'JSON.stringify: numbers': () => JSON.stringify(numbers).length,
  'JSON.stringify: prose': () => JSON.stringify(prose).length,
  'JSON.stringify: small': () => { let n = 0; for (let i = 0; i < 2000; i++) n += JSON.stringify({ type: 'message', id: i, ok: true, body: 'hello' }).length; return n; },
  'JSON.stringify: indented': () => JSON.stringify(records, null, 2).length,

  'sort: numbers, comparator': () => values.slice().sort((a, b) => a - b)[5000],
  'sort: objects, comparator': () => people.slice().sort((a, b) => a.key - b.key || a.i - b.i)[5000].i,
  'sort: strings, comparator': () => names.slice().sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))[5000],
  'sort: strings': () => names.slice().sort()[5000],
  'sort: numbers as strings': () => values.slice(0, 5000).sort()[500],
  'sort: typed array': () => Float64Array.from(values).sort()[5000],

  'Map: integers': () => { const m = new Map(); for (let i = 0; i < 20000; i++) m.set(i * 7 % 5021, (m.get(i * 7 % 5021) ?? 0) + i); return m.size + m.get(77); },
  'Map: strings': () => { const m = new Map(); for (const name of names) m.set(name, (m.get(name) ?? 0) + 1); return m.size; },
  'Map: objects': () => { const m = new Map(); for (let k = 0; k < 5; k++) for (const o of objects) m.set(o, (m.get(o) ?? 0) + k); return m.size + m.get(objects[5]); },
  'Map: new strings': () => { const m = new Map(); for (let i = 0; i < 10000; i++) m.set('k' + i % 2500, i); return m.size; },
  'Map: delete, iterate': () => {
    const m = new Map(); let n = 0;
    for (let i = 0; i < 5000; i++) m.set(i, i);
    for (let i = 0; i < 5000; i += 2) m.delete(i);
    for (const [k, v] of m) n += k ^ v + 1;
    m.forEach((v) => { n += v; });
    return n;
  },
  'Map: Set, add and has': () => { const s = new Set(); let n = 0; for (const v of values) s.add(v); for (let i = 0; i < 20000; i++) if (s.has(i)) n++; return n + s.size; },
  'Map: Set, union etc.': () => { const a = new Set(values.slice(0, 5000)), b = new Set(values.slice(2500, 7500)); return a.union(b).size + a.intersection(b).size + a.difference(b).size; },
  'Map: weak': () => { const w = new WeakMap(); let n = 0; for (let k = 0; k < 5; k++) for (const o of objects) { n += w.get(o) ?? 1; w.set(o, k); } return n; },

  'RegExp: test': () => { let n = 0; for (const line of log) if (/host[35]\./i.test(line)) n++; return n; },
  'RegExp: exec, groups': () => { let n = 0; for (const line of log) { const m = /^(?<date>\d{4}-\d\d-\d\d) (\w+)@([\w.]+) "(GET|POST) ([^"?]+)(?:\?([^"]*))?" (\d+)$/.exec(line); n += m.groups.date.length + m[5].length + +m[7]; } return n; },
  'RegExp: replace': () => page.replace(/\d+/g, '<$&>').length,
  'RegExp: replace by function': () => page.replace(/\d+/g, (digits) => digits.length).length,
  'RegExp: matchAll, split': () => { let n = page.split(/\s+/).length; for (const m of page.matchAll(/user(\d+)/g)) n += m.index & 1; return n; },

  'BigInt: 128 bits': () => { let sum = 0n; for (let i = 2n; i < 60n; i++) sum += power(i, 1000003n, 2n ** 89n - 1n); return String(sum); },
  'BigInt: 64 bits': () => { let h = 14695981039346656037n; for (let i = 0; i < 5000; i++) h = BigInt.asUintN(64, (h ^ BigInt(i & 255)) * 1099511628211n); return String(h); },
  'BigInt: large': () => { let f = 1n; for (let i = 1n; i <= 1500n; i++) f *= i; return f.toString().length + (f * f % 1000000007n).toString(); },
  'BigInt: digits': () => { const a = 3n ** 20000n; return BigInt(a.toString()) === a; },

  'Date: fields': () => { let n = 0; for (const t of stamps) { const d = new Date(t); n += d.getFullYear() + d.getMonth() + d.getDate() + d.getHours() + d.getDay(); } return n; },
  'Date: set': () => { let n = 0; for (const t of stamps) { const d = new Date(t); d.setDate(d.getDate() + 40); d.setHours(0, 0, 0, 0); n += d.getTime() % 1000 + d.getMonth(); } return n; },
  'Date: text': () => { let n = 0; for (const t of stamps) { const d = new Date(t); n += d.toISOString().length + d.toString().slice(0, 33).length; } return n; },
  'Date: parse': () => { let n = 0; for (const text of isoDates) n += Date.parse(text) % 1000 + new Date('Jul 24, 2026 ' + text.slice(11, 19)).getSeconds(); return n; },

  'destructuring: arrays': () => { let pair = [1, 2], n = 0; for (let i = 0; i < 30000; i++) { pair = swap(pair); const [a, ...rest] = [i, ...pair]; n += a + rest.length; } return n; },
  'destructuring: objects': () => { let n = 0; for (let i = 0; i < 10000; i++) { const { a, b: { c = 5 } = {} } = { a: i & 7, b: i & 1 ? { c: 1 } : undefined }; n += area({ width: a, extra: c }) + Object.keys({ ...{ a, c }, d: 1 }).length; } return n; },
  'destructuring: parameters': () => { let n = 0; for (const { id, name, nested: { b: [first] } } of records) for (const [k, v] of Object.entries({ id, first })) n += k.length + v + name.length; return n; },

  'iterators: arrays': () => { let n = 0; for (let k = 0; k < 5; k++) for (const v of values) n = (n + v) | 0; for (const [i, v] of people.entries()) n = (n + i + v.key) | 0; return n; },
  'iterators: own': () => { let n = 0; for (const v of new List(30000)) n += v; return n + [...new List(3000)].length; },
  'iterators: strings, entries': () => { let n = 0; for (const c of page) n += c.length; for (const [k, v] of Object.entries(dictionary)) n += k.length + v; return n; },
  'iterators: helpers': () => values.values().filter((v) => v & 1).map((v) => v * 2).take(8000).reduce((a, b) => a + b, 0),

  'generators: yield': () => { let n = 0; for (const v of count(0, 30000)) n += v; return n; },
  'generators: yield*': () => { let n = 0; for (const v of tree(10)) n += v; return n; },
  'generators: next(value)': () => { const g = (function* () { let sum = 0; for (;;) sum += yield sum; })(); let n = 0; g.next(); for (let i = 0; i < 20000; i++) n = g.next(i & 3).value; return n; },
  'generators: spread': () => { let n = 0; for (let i = 0; i < 1000; i++) n += [...count(0, 20)].length + Math.max(...count(0, 5)); return n; },

  'async: await': async () => { let n = 0; for (let i = 0; i < 3000; i++) n += await middle(i); return n; },
  'async: then': () => { let p = Promise.resolve(0); for (let i = 0; i < 5000; i++) p = p.then((v) => v + i); return p; },
  'async: Promise.all': async () => { let n = 0; for (let k = 0; k < 20; k++) n += (await Promise.all(range(100, leaf))).length; return n; },
  'async: generators': async () => { let n = 0; for await (const v of asyncCount(3000)) n += v; return n; },
  'async: errors': async () => { let n = 0; for (let i = 0; i < 2000; i++) try { await Promise.reject(i); } catch (e) { n += e; } return n; },
};

const [wanted = 'all', budget_ms = 400] = (globalThis.process?.argv ?? globalThis.scriptArgs ?? []).slice(globalThis.process ? 2 : 1);
// Processor time is what other work on the machine disturbs least; where the shell does not tell it, the clock and the best round.
const has_cpu_time = !!globalThis.process?.cpuUsage;
const now_ms = has_cpu_time
  ? () => { const { user, system } = process.cpuUsage(); return (user + system) / 1000; }
  : () => performance.now();
(async () => {
  for (const kind of Object.keys(KINDS)) {
    if (wanted !== 'all' && !wanted.split(',').includes(kind.split(':')[0]) && wanted !== kind) continue;
    const run = KINDS[kind];
    let result;
    const rounds = async (budget) => {
      const start = now_ms();
      let last = start, best = Infinity;
      for (let n = 1; ; n++) {
        result = run();
        if (typeof result?.then === 'function') result = await result;
        const now = now_ms();
        best = Math.min(best, now - last);
        last = now;
        if (now - start >= budget) return has_cpu_time ? (now - start) / n : best;
      }
    };
    await rounds(budget_ms / 2);
    const ms = await rounds(budget_ms);
    console.log([kind, ms.toFixed(4), result].join('\t'));
  }
})();
