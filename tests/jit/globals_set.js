// Stores to globals in machine code: properties of the global object and lexical bindings.
var run = require('node:vm').runInThisContext;
run(`var counter = 0, holder = null; let lexical = 0; let list = [];
function bump(n) { counter += n; lexical = lexical + 1; return counter; }
function keep(o) { holder = o; list = [holder, lexical]; return holder.k; }
function early(n) { if (n) later = n; return typeof n; }
`);
var s = 0;
for (let k = 0; k < 3000; k++) {
  s += bump(k & 3);
  s += keep({ k, s: 'x' + (k & 7) });
}
console.log(s, counter, holder.k, holder.s, run('lexical'), run('list')[0] === holder, run('list')[1]);
run('const fixed = 1; function wrong() { fixed = 2; }');
for (let k = 0; k < 50; k++) { try { wrong(); } catch (e) { if (k === 49) console.log(e.message); } }
run('"use strict"; function absent() { notThere = 1; }');
for (let k = 0; k < 50; k++) { try { absent(); } catch (e) { if (k === 49) console.log(e.name); } }
// The property goes away, becomes an accessor, becomes constant.
run('var moving = 1; function move(x) { moving = x; return moving; }');
for (let k = 0; k < 1000; k++) move(k);
var log = [];
run('delete globalThis.moving');
Object.defineProperty(globalThis, 'other', { configurable: true, set(v) { log.push(v); }, get() { return 'got'; } });
run('function viaSetter(x) { other = x; return other; }');
for (let k = 0; k < 300; k++) viaSetter(k);
console.log(move(5), log.length, viaSetter(1));
run('globalThis.data = 0; function write(x) { data = x; return data; }');
for (let k = 0; k < 1000; k++) write(k);
Object.defineProperty(globalThis, 'data', { writable: false });
console.log(write('no'));
console.log([] instanceof Array, {} instanceof Array, Object(1) instanceof Number);
function isArray(v) { return v instanceof Array; }
for (let k = 0; k < 1000; k++) isArray(k & 1 ? [] : k & 2 ? 5 : {});
console.log(isArray([]), isArray(null), isArray(new (class extends Array {})()), isArray(new Proxy([], {})));
Object.defineProperty(Array, Symbol.hasInstance, { value: () => 'yes', configurable: true });
console.log(isArray(4));
