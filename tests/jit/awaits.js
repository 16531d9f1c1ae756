// Async functions whose frames machine code saves and restores: promises at once, first and later awaits, errors, several reactions.
'use strict';
const print = console.log;
async function leaf(i) { return i; }
async function object(i) { return { i }; }
async function chained(i) { return leaf(i); }
async function mid(i) { const a = await leaf(i), b = await leaf(i + 1); return a + b; }
async function fails(i) { if (i % 3 === 0) throw new RangeError('f' + i); await null; if (i % 3 === 1) throw 'late' + i; return i; }
async function catches(i) { try { return await fails(i); } catch (e) { return String(e); } finally { await 0; } }
async function loops(n) { let s = 0; for (let i = 0; i < n; i++) { s += await i; if (i % 2) continue; s += (await object(i)).i; } return s; }
async function values() { return [await 1, await 'a', await undefined, await { a: 1 }, await [2], await 0.5, await null, await true].map(String).join(); }
async function parameters(a, b = a + 1, ...rest) { await null; a += 1; await null; return a + b + rest.length + arguments.length; }
const arrow = { x: 5, f() { return async (k) => { await k; return this.x + k; }; } };
const thenable = (v, how) => ({ then(f, g) { how ? g(v) : f(v); } });
async function thens(i) { let s = await thenable(i, false); try { await thenable('no', true); } catch (e) { s += e; } return s; }
class Sub extends Promise {}
async function subclass(i) { return (await new Sub((f) => f(i))) + (await Sub.resolve(2)); }
async function* counting(n) { for (let i = 0; i < n; i++) { const got = yield i; if (got) yield* inner(got); } return 'end'; }
async function* inner(x) { yield x; await null; yield [x]; }
async function iterates(n) { let s = ''; for await (const x of counting(n)) s += x; for await (const x of [1, leaf(2), 3]) s += x; return s; }
async function sends() { const g = counting(3); let s = ''; for (const v of [0, 'a', 0, 'b', 0, 0, 0, 0]) { const r = await g.next(v); s += r.value + (r.done ? '!' : ';'); } return s; }
async function shared(p) { return (await p) + 1; }
async function unused(i) { const big = { a: [i] }; await null; const n = big.a.length; await null; return n; }
const order = [];
async function ordered(name, n) { for (let i = 0; i < n; i++) { order.push(name + i); await undefined; } }
async function main() {
  let t = 0;
  for (let i = 0; i < 300; i++) {
    t += (await mid(i)) + (await loops(5)) + (await chained(i)) + (await object(i)).i + (await parameters(i, undefined, 3, 4)) + (await arrow.f()(i));
    t += (await catches(i)).length | 0;
    t += String(await thens(i)).length + (await subclass(i)) + (await unused(i));
    const p = leaf(i), q = new Promise((f) => setImmediate(f, i)).catch(() => {});
    const all = await Promise.all([shared(p), shared(p), mid(i), p.then((x) => x * 2), i % 50 === 0 ? shared(q) : 0, i % 50 === 0 ? shared(q) : 0]);
    t += all.reduce((a, b) => a + b, 0);
    if (i % 50 === 0) print(t, all.join(), await values(), await iterates(4), await sends(), await Promise.allSettled([fails(0), fails(1), fails(2)]).then((l) => l.map((r) => r.reason ?? r.value).join()));
  }
  await Promise.all([ordered('a', 4), ordered('b', 3), Promise.resolve().then(() => order.push('t'))]);
  print(t, order.join());
  // The constructor of promises is looked at.
  const p = leaf(1);
  p.constructor = Sub;
  print(await shared(p));
  Object.defineProperty(p, 'constructor', { get() { throw new Error('constructor'); } });
  for (let i = 0; i < 30; i++) { try { await shared(p); } catch (e) { if (i === 29) print(e.message); } }
  const constructor = Promise.prototype.constructor;
  let looks = 0;
  Object.defineProperty(Promise.prototype, 'constructor', { configurable: true, get() { looks++; return constructor; } });
  print(await mid(1), looks);
  Object.defineProperty(Promise.prototype, 'constructor', { configurable: true, writable: true, enumerable: false, value: constructor });
  const then = Promise.prototype.then;
  let calls = 0;
  Promise.prototype.then = function (f, g) { calls++; return then.call(this, f, g); };
  print(await mid(2), await chained(3), calls);
  Promise.prototype.then = then;
  // Stacks of awaiting functions.
  async function deep(k) { if (k === 0) { await null; throw new Error('deep'); } return (await deep(k - 1)) + 1; }
  for (let i = 0; i < 30; i++) try { await deep(3); } catch (e) { if (i > 28) print(e.stack.split('\n').slice(1, 5).map((l) => l.replace(/\(.*/, '')).join()); }
}
main().then(() => print('done'), (e) => print('failed', e));
