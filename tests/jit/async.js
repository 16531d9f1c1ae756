// Coroutines call and are called by machine code; promises; generators in all states.
const out = []; const log = (...x) => out.push(x.join(' '));
function work(n) { let s = 0; for (let i = 0; i < n; i++) s += i; return s; }
async function one(n) { const a = work(n); await null; return a + (await two(n)); } async function two(n) { if (n === 13) throw new Error('thirteen'); return work(n) + 1; }
async function all() { let t = 0; for (let i = 0; i < 40; i++) { try { t += await one(i); } catch (e) { t += e.message.length; } } return t; }
function* inner(n) { try { for (let i = 0; i < n; i++) { const x = yield work(i); if (x) log('sent', x); } return 'done'; } finally { log('finally', n); } } function* outer(n) { const r = yield* inner(n); log(r); yield work(n); }
function consume(g, n) { let s = 0; for (const x of g) { s += x; if (--n === 0) break; } return s; }
for (let i = 0; i < 20; i++) consume(inner(3), -1); log(consume(outer(5), -1), consume(outer(5), 3)); const g = outer(4); g.next(); g.next('a'); try { g.throw(new Error('in')); } catch (e) { log(e.message); } log(JSON.stringify(g.next()), JSON.stringify(inner(2).return(7)));
async function* ticks(n) { for (let i = 0; i < n; i++) { await null; yield work(i); } } async function sumTicks(n) { let s = 0; for await (const t of ticks(n)) s += t; return s; }
class Emitter { constructor() { this.handlers = []; } on(f) { this.handlers.push(f); return this; } emit(v) { for (const f of this.handlers) f(v); } } const em = new Emitter(); let sum = 0; em.on((v) => (sum += v)).on(function (v) { sum -= this === undefined ? v : 1; }); for (let i = 0; i < 200; i++) em.emit(i); log(sum);
all().then(async (t) => { log(t, await sumTicks(30)); log((await Promise.allSettled([one(13), one(1), two(2)])).map((r) => r.status + (r.value ?? r.reason.message)).join()); console.log(out.join('\n')); });
