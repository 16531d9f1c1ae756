// Exceptions through frames of all tiers, finally, and what stacks say.
const log = (...x) => console.log(x.join(' '));
function thrower(n) { if (n % 7 === 3) throw new Error('n' + n); return n; }
function middle(n) { return thrower(n) + 1; }
function outer(n) { try { return middle(n); } catch (e) { return e.message.length * 100; } finally { count++; } }
let count = 0, total = 0;
for (let i = 0; i < 300; i++) total += outer(i);
log(total, count);
function nested(n) { let s = ''; try { s += 'a'; try { if (n & 1) throw n; s += 'b'; } catch (e) { s += 'c' + e; if (n & 2) throw 'again'; } finally { s += 'd'; } s += 'e'; } catch (e) { s += e; } finally { s += 'f'; } return s; }
for (let i = 0; i < 40; i++) nested(i); log(nested(0), nested(1), nested(2), nested(3));
function finallyReturns(n) { for (let i = 0; i < 5; i++) { try { if (i === n) return 'try' + i; if (i === 3) continue; } finally { if (i === 4) return 'finally'; } } return 'end'; }
for (let i = 0; i < 20; i++) finallyReturns(i); log(finallyReturns(1), finallyReturns(3), finallyReturns(9));
function loopCatch(n) { let caught = 0, sum = 0; for (let i = 0; i < n; i++) { try { if (i % 5 === 0) null.x; sum += i; } catch (e) { caught++; sum -= 1; } } return caught + ':' + sum; }
log(loopCatch(10), loopCatch(1000));
const strip = (e) => e.stack.split('\n').map((l) => l.trim().replace(/\(?[^ ]*[\\/]/, '(')).filter((l) => l.includes('exceptions.js') || !l.startsWith('at')).join(' | ');
function a(x) { return b(x) + 1; } function b(x) { return c(x) + 1; } function c(x) { if (x === 60) throw new TypeError('deep'); return x; }
for (let i = 0; i <= 60; i++) try { a(i); } catch (e) { log(strip(e)); }
function viaMap(n) { return [1, 2, 3].map((x) => { if (n > 40) throw new Error('in map'); return x; }); }
for (let i = 0; i < 43; i++) try { viaMap(i); } catch (e) { log(strip(e)); }
function construct(n) { return new Thing(n); } class Thing { constructor(n) { this.n = check(n); } } function check(n) { if (n > 50) throw new RangeError('big ' + n); return n; }
for (let i = 0; i < 53; i++) try { construct(i); } catch (e) { log(strip(e)); }
const o = { get bad() { throw new Error('getter'); }, set bad(v) { throw new Error('setter' + v); } };
function readBad(x) { return x.bad; } function writeBad(x, v) { x.bad = v; } for (let i = 0; i < 50; i++) { readBad({ bad: 1 }); writeBad({ bad: 1 }, 2); }
for (let i = 0; i < 3; i++) { try { readBad(o); } catch (e) { log(e.message); } try { writeBad(o, i); } catch (e) { log(e.message); } }
function tdz(n) { if (n > 30) { try { use(); } catch (e) { return e.message; } } let late = n; function use() { return late; } return use(); } for (let i = 0; i < 33; i++) tdz(i); log(tdz(31), tdz(1));
const fixed = 1; function assignConst() { try { fixed = 2; } catch (e) { return e.message; } } for (let i = 0; i < 20; i++) assignConst(); log(assignConst());
function iterate(items) { let s = 0; for (const x of items) { s += x; if (s > 1000) break; } return s; }
function* gen() { try { yield 1; yield 2000; yield 3; } finally { log('closed'); } } for (let i = 0; i < 30; i++) iterate([1, 2, 3]); log(iterate(gen()), iterate([1, 2]));
try { iterate(5); } catch (e) { log(e.message); } try { iterate([1n]); } catch (e) { log(e.message); }
function destructure({ x, y: [z] }) { return x + z; } for (let i = 0; i < 40; i++) destructure({ x: 1, y: [i] }); for (const v of [null, { x: 1 }, { y: 5 }]) try { destructure(v); } catch (e) { log(e.message); }
function rethrow(n) { try { throw n; } catch (e) { try { throw e + 1; } finally { total = e; } } } for (let i = 0; i < 40; i++) try { rethrow(i); } catch (e) { total += e; } log(total);
class Custom extends Error { constructor(m) { super(m); this.name = 'Custom'; } } function throwCustom(i) { throw new Custom('c' + i); } for (let i = 0; i < 40; i++) try { throwCustom(i); } catch (e) { if (i > 38) log(e instanceof Custom, String(e), strip(e)); }
label: for (let i = 0; i < 100; i++) { for (let j = 0; j < 100; j++) { try { if (j === 5) continue label; if (i === 50) break label; total += j; } finally { total++; } } } log(total);
