// Asks of the addon beside it what each part of Node-API should do. The first argument is its file.
'use strict';
const assert = require('assert');
const addon = require(process.argv[2]);

assert.strictEqual(addon.add(2, 3), 5);
assert.throws(() => addon.add('2', 3), { code: 'E_NUMBER', message: 'two numbers, please' });
assert.strictEqual(addon.add.name, 'add');

const list = addon.build();
assert.strictEqual(list.length, 2000);
assert.ok(list.every((o, i) => o.text === `value ${i}`));

class Twofold extends addon.Counter {
  increment() {
    super.increment();
    return super.increment();
  }
}
assert.strictEqual(new addon.Counter().increment(), 1);
assert.strictEqual(new Twofold().increment(), 2);
assert.throws(() => addon.Counter.prototype.increment.call({}), { message: 'Illegal invocation' });

assert.strictEqual(addon.keep({ kept: true }), undefined);
global.gc();
assert.deepStrictEqual(addon.keep({}), { kept: true });

const error = new Error('thrown');
assert.strictEqual(addon.catch(() => { throw error; }), error);
assert.strictEqual(addon.catch(() => 1), undefined);

assert.strictEqual(addon.bytes().toString(), 'bytes of C');
assert.strictEqual(addon.instance(), 'data');

async function collected() {
  for (let i = 0; i < 20 && addon.finalized() < 3; i++) {
    global.gc();
    await new Promise(setImmediate);
  }
  assert.strictEqual(addon.finalized(), 3);
}

let sum = 0;
addon.fromThread((n) => { sum += n; });
Promise.all([addon.twice(21), addon.twice(4), collected()]).then((values) => {
  assert.deepStrictEqual(values.slice(0, 2), [42, 8]);
});
process.on('exit', () => {
  assert.strictEqual(sum, 5050);
  console.log('done');
});
