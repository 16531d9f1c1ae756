// Machine code in generators, async functions and async generators: entered at loops and where they are resumed.
const out = []; const log = (...x) => out.push(x.join(' '));
function* count(n) { let s = 0; for (let i = 0; i < n; i++) { s = (s + i * 3) | 0; if (i % 7 === 0) { const got = yield s; if (got === 'stop') return -1; if (typeof got === 'number') s += got; } } return s; }
function* nested(n) { for (let i = 0; i < n; i++) { try { for (let j = 0; j < 5; j++) { if (j === 3 && i % 2) continue; yield i * j; } } catch (e) { yield 'caught ' + e.message; } finally { log('finally', i); } } }
function* fib() { let a = 0, b = 1; for (;;) { yield a; [a, b] = [b, a + b]; if (a > 1e9) { a = 0; b = 1; } } }
function* delegate(n) { let r = 0; for (let i = 0; i < n; i++) { const v = yield* count(15 + (i & 3)); r += v; } return r; }
function* objects(n) { const o = { a: 1, s: 'x' }; for (let i = 0; i < n; i++) { o.a += i; o.s = o.s.length > 20 ? '' : o.s + i; yield { i, ...o }; } }
for (let k = 0; k < 40; k++) {
  let t = 0; const g = count(400); let r = g.next();
  while (!r.done) { t += r.value; r = g.next(k % 3 ? k : undefined); }
  if (k % 8 === 0) log(t, r.value, JSON.stringify(count(50).next()), [...nested(3)].join());
}
const g = nested(6); g.next(); log(JSON.stringify(g.throw(new Error('in'))), JSON.stringify(g.next()), JSON.stringify(g.return(9)), JSON.stringify(g.next()));
let f = 0, n = 0; for (const x of fib()) { f = (f + x) % 1000007; if (++n > 6000) break; } log(f);
log([...delegate(40)].length, [...objects(60)].map((o) => o.a + o.s).join().length);
const late = count(1e9); for (let i = 0; i < 3000; i++) late.next(); log(JSON.stringify(late.next('stop')), JSON.stringify(late.next()));
let re; const self = (function* () { for (let i = 0; i < 500; i++) { try { re.next(); } catch (e) { if (i === 499) log(e.message); } yield i; } })(); re = self; for (const _ of self);
async function spin(n) { let s = 0; for (let i = 0; i < n; i++) { s = (s * 31 + i) | 0; if (i % 5000 === 4999) await null; if (s === 123456789) throw new Error('never'); } return s; }
async function chain(n) { let s = 0; for (let i = 0; i < n; i++) { try { s += await (i % 11 === 5 ? Promise.reject(new Error('e' + i)) : i); } catch (e) { s += e.message.length; } finally { s ^= 1; } } return s; }
async function fails(n) { let i = 0; for (; i < n; i++) if (i % 100 === 99) await i; return i.missing.x; }
async function failsLate(n) { for (let i = 0; ; i++) { if (i > n) null.x; if (i % 64 === 0) await 0; } }
const big = async (n) => { let s = 0; for (let i = 0; i < n; i++) s += i % 3; return s; };
async function* feed(n) { for (let i = 0; i < n; i++) { if (i % 3 === 0) await null; yield i; if (i === n - 2) throw new Error('feed'); } }
(async () => {
  log(await spin(40000), await chain(800), await big(30000));
  for (const f of [fails, failsLate]) { try { await f(3000); } catch (e) { log(e.constructor.name, e.message, e.stack.split('\n')[1].replace(/\(.*[\\/]/, '(')); } }
  let t = 0; try { for await (const x of feed(900)) t += x; } catch (e) { log(e.message, t); }
  log((await Promise.all(Array.from({ length: 30 }, (_, i) => spin(300 + i)))).join().length);
  console.log(out.join('\n'));
})();
