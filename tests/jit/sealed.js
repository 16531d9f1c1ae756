// Objects that are sealed or frozen where they are made share their shapes.
'use strict';
function check(ok, what) { if (!ok) throw new Error(what); }
function throws(f) { try { f(); } catch (e) { return e instanceof TypeError; } return false; }

class Token {
    #private = 1;
    constructor(a, b) { this.a = a; this.b = b; Object.seal(this); }
    count() { return ++this.#private; }
}
let sum = 0;
for (let i = 0; i < 3000; i++) {
    const t = new Token(i, i + 1);
    t.a = 5;
    sum += t.a + t.b + t.count();
    check(throws(() => { t.c = 1; }) && throws(() => { t[0] = 1; }) && throws(() => { delete t.a; }), 'sealed');
    if (i % 3 === 0) {
        Object.freeze(t);
        check(throws(() => { t.a = 1; }) && t.count() === 3, 'frozen');
    }
    check(Object.isSealed(t) && Object.isFrozen(t) === (i % 3 === 0), 'level');
}
check(sum === 3000 * 7 + 3000 * 3001 / 2, sum);

const stores = (o, v) => { o.x = v; o[0] = v; };
let stored = 0;
for (let i = 0; i < 3000; i++) {
    const o = i % 3 ? { x: 1 } : i % 2 ? Object.freeze({ x: 1 }) : Object.preventExtensions({ x: 1 });
    if (!throws(() => stores(o, 2))) stored++;
    check(o.x === (i % 3 || i % 2 === 0 ? 2 : 1), 'x');
}
check(stored === 2000, stored);

const loose = Object.preventExtensions({ x: 1, y: 2 });
check(delete loose.x && throws(() => { loose.x = 1; }) && loose.y === 2, 'not extensible');
const copy = { ...Object.freeze({ u: 1 }) };
copy.u = 7;
copy.n = 1;
check(copy.u === 7 && copy.n === 1, 'copy');
const proto = Object.freeze({ m() { return 1; } });
check(throws(() => { Object.create(proto).m = 2; }), 'inherited');
console.log(sum, stored, JSON.stringify(copy));
