// Promise integration: calls that are suspended and go on in any order, with what they have on their stacks.

const { promising, Suspending, SuspendError } = WebAssembly;
let wait = (n) => n, mid = (n) => n, refs = (o) => o;
const tag = new WebAssembly.Tag({ parameters: ['i32'] });
const parts = {
  types: [type([kI32], [kI32]), type([kExternref], [kExternref]), type([kI32], []), type([], [])],
  imports: [['m', 'wait', 0, 0], ['m', 'mid', 0, 0], ['m', 'refs', 0, 1], ['m', 'tag', 4, 0, 2]],
  functions: [0, 0, 1, 0, 0, 0, 3, 0, 1],
  memories: [[0, 1]],
  exports: [['once', 0, 3], ['js', 0, 4], ['keep', 0, 5], ['trap', 0, 6], ['twice', 0, 7], ['same', 0, 8], ['deep', 0, 9],
            ['grow', 0, 10], ['host', 0, 0], ['pass', 0, 11]],
  code: [
    [[], [0x20, 0, 0x10, 0]],
    [[], [0x20, 0, 0x10, 1]],
    // Its argument is on the stack twice while it waits.
    [[], [0x20, 0, 0x20, 0, 0x10, 2, 0x1a]],
    [[], [0x20, 0, 0x10, 0, 0x00]],
    [[], [0x20, 0, 0x10, 0, 0x10, 0]],
    [[], [0x20, 0]],
    [[], [0x10, 9]],
    [[], [0x41, 1, 0x40, 0, 0x1a, 0x20, 0, 0x10, 0]],
    [[], [0x20, 0]],
  ],
};
const compiled = new WebAssembly.Module(assemble(parts));
const make = () => new WebAssembly.Instance(compiled, {
  m: { wait: new Suspending((n) => wait(n)), mid: (n) => mid(n), refs: new Suspending((o) => refs(o)), tag },
}).exports;
const e = make();
const once = promising(e.once), twice = promising(e.twice), keep = promising(e.keep), js = promising(e.js);

async function rejects(p, constructor, text = '') {
  let x;
  try {
    await p;
  } catch (thrown) {
    x = thrown;
  }
  if (!(x instanceof constructor) || !x.message.includes(text)) fail(`${x} instead of a ${constructor.name}`);
}
function deferred() {
  const d = {};
  d.promise = new Promise((resolve, reject) => Object.assign(d, { resolve, reject }));
  return d;
}
const turns = async (n) => { for (let i = 0; i < n; i++) await 0; };
const garbage = () => { const list = []; for (let i = 0; i < 20; i++) list.push({ i }); return list.length; };

const tests = {
  async plain() {
    wait = async (n) => n + 1;
    for (let i = 0; i < 20; i++) same(await once(i), i + 1);
    for (let i = 0; i < 20; i++) same(await twice(i), i + 2);
    wait = (n) => n;
    same(await once('7'), 7);
    same(once.length, 1);
    same(once.name, '3');
    throws(() => new once(1), TypeError);
    throws(() => promising(() => 1), TypeError);
    throws(() => Suspending(() => 1), TypeError);
    throws(() => once(1n), TypeError);
    wait = () => ({ then(resolve) { resolve(9); } });
    same(await once(1), 9);
  },
  async errors() {
    wait = () => { throw new RangeError('now'); };
    await rejects(once(1), RangeError, 'now');
    wait = async () => { throw new RangeError('later'); };
    await rejects(once(1), RangeError, 'later');
    wait = async () => ({ valueOf() { throw new RangeError('conversion'); } });
    await rejects(once(1), RangeError, 'conversion');
    wait = async () => 1n;
    await rejects(once(1), TypeError);
    wait = async (n) => n;
    for (let i = 0; i < 5; i++) await rejects(promising(e.trap)(1), WebAssembly.RuntimeError, 'unreachable');
    await rejects(promising(e.deep)(), RangeError);
    same(await once(3), 3);
  },
  async where() {
    wait = async (n) => n;
    throws(() => e.once(1), SuspendError, 'without WebAssembly.promising');
    throws(() => e.host(1), SuspendError, 'without WebAssembly.promising');
    mid = (n) => e.once(n);
    await rejects(js(1), SuspendError, 'JS frames');
    mid = (n) => { throws(() => e.once(n), SuspendError); return n * 2; };
    same(await js(4), 8);
    same(await promising(e.host)(5), 5);
  },
  async manyAtOnce() {
    const list = [], results = [];
    wait = () => { const d = deferred(); list.push(d); return d.promise; };
    for (let i = 0; i < 12; i++) results.push(once(i));
    garbage();
    // In no order.
    for (let i = 0; i < 12; i++) { list[(i * 5) % 12].resolve((i * 5) % 12 * 10); await turns(2); same(e.same(i), i); }
    (await Promise.all(results)).forEach((v, i) => same(v, i * 10));
  },
  async references() {
    const list = [], results = [];
    refs = (o) => { garbage(); const d = deferred(); list.push(d); return d.promise; };
    for (let i = 0; i < 8; i++) results.push(keep({ i }));
    await turns(1);
    for (let k = 0; k < 3; k++) {
      // Collections of wasmtime's heap while they wait.
      refs = (o) => o;
      for (let i = 0; i < 10; i++) same((await keep({ k: i })).k, i);
      for (let i = 0; i < 200_000; i++) e.pass('x');
    }
    garbage();
    for (let i = 0; i < 8; i++) { list[(i * 3) % 8].resolve({}); await turns(1); }
    (await Promise.all(results)).forEach((o, i) => same(o.i, i));
  },
  async nested() {
    let level = 0;
    wait = async (n) => level++ < 4 ? await once(n) + 1 : n;
    same(await once(10), 14);
    const inner = [];
    wait = async (n) => n * 2;
    mid = (n) => { inner.push(once(n)); garbage(); return n + 1; };
    same(await js(3), 4);
    same(await inner[0], 6);
    // … below an entry of wasmtime.
    const other = make();
    mid = (n) => n > 0 ? other.js(n - 1) : (inner.push(once(5)), 1);
    let outcome;
    same(await js(2), 1);
    try { outcome = await inner[1]; } catch (x) { outcome = x instanceof SuspendError ? 10 : x; }
    same(outcome, 10);
  },
  async stores() {
    const others = [];
    for (let i = 0; i < 20; i++) others.push(make());
    const list = [];
    wait = () => { const d = deferred(); list.push(d); return d.promise; };
    refs = wait;
    const results = others.map((o, i) => promising(o.once)(i));
    const kept = others.map((o, i) => promising(o.keep)({ i }));
    for (const o of others) for (let i = 0; i < 12; i++) same(o.same(i), i);
    list.reverse().forEach((d, i) => d.resolve(i));
    await Promise.all(results);
    (await Promise.all(kept)).forEach((o, i) => same(o.i, i));
  },
  async memory() {
    wait = async (n) => n;
    same(await promising(e.grow)(2), 2);
    same(await promising(e.grow)(3), 3);
  },
  async forgotten() {
    wait = () => new Promise(() => {});
    for (let i = 0; i < 5; i++) once(i);
    refs = wait;
    for (let i = 0; i < 5; i++) keep({ i });
    garbage();
    wait = async (n) => n;
    same(await once(1), 1);
    // These are suspended when the isolate ends.
    refs = wait = () => new Promise(() => {});
    once(1), keep({}), promising(make().keep)({});
  },
};
let finished = false, failure;
(async () => {
  for (const name in tests) {
    try {
      await tests[name]();
    } catch (x) {
      failure ??= `${name}: ${x.stack ?? x}`;
    }
  }
  finished = true;
})();
function finish() {
  if (failure) throw new Error(failure);
  if (!finished) throw new Error('it has not finished');
}
