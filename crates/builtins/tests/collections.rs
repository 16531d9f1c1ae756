//! Arrays, collections, typed arrays, iterators, Reflect and Proxy, from JavaScript. Each line is an expression that
//! must be true.

use spey_core::function::{self, NativeSpec};
use spey_core::realm::{self, Intrinsic};
use spey_core::scope::{JsResult, Local, Scope, Value};
use spey_core::script::{Origin, evaluate};
use spey_core::vm::{Vm, VmConfig};
use spey_core::{object, promise};

/// Intrinsics of chapters that these tests do without, where nothing has installed them.
fn fill_missing(s: &mut Scope<'_>) {
    for i in [
        Intrinsic::AsyncFunctionPrototype,
        Intrinsic::GeneratorFunctionPrototype,
        Intrinsic::AsyncGeneratorFunctionPrototype,
        Intrinsic::GeneratorPrototype,
        Intrinsic::StringPrototype,
        Intrinsic::PromisePrototype,
    ] {
        if !spey_core::value::is_object(s.vm().intrinsic_raw(i)) {
            let o = object::new_object(s);
            s.set_intrinsic(i, o);
        }
    }
}
/// As much of Promise as these tests need, where nothing has installed it.
fn fill_promise(s: &mut Scope<'_>) {
    static THEN: NativeSpec = NativeSpec::new("then", 2, |s, this, args| {
        let Some(p) = this.as_object() else { return s.throw_type_error("not a promise") };
        let capability = promise::native_capability(s);
        promise::perform_then(s, p, args.get(0), args.get(1), Some(&capability));
        Ok(capability.promise)
    });
    static RESOLVE: NativeSpec =
        NativeSpec::new("resolve", 1, |s, _, args| Ok(promise::to_native_promise(s, args.get(0))?.value()));
    if spey_core::value::is_object(s.vm().intrinsic_raw(Intrinsic::Promise)) {
        return;
    }
    let (c, proto) = (object::new_object(s), object::new_object(s));
    s.set_intrinsic(Intrinsic::Promise, c);
    s.set_intrinsic(Intrinsic::PromisePrototype, proto);
    for (o, spec) in [(proto, &THEN), (c, &RESOLVE)] {
        let f = function::new_native(s, spec);
        let key = s.key(spec.name);
        object::define(s, o, key, f.value(), spey_core::shape::attr::HIDDEN);
    }
    let key = s.names().constructor;
    object::define(s, proto, key, c.value(), spey_core::shape::attr::HIDDEN);
    let (global, key) = (s.global(), s.key("Promise"));
    object::define(s, global, key, c.value(), spey_core::shape::attr::HIDDEN);
}
fn text_of(s: &mut Scope<'_>, r: JsResult<Local<'_, Value>>) -> String {
    match r {
        Ok(v) if v.raw().is_true() => "true".to_string(),
        Ok(v) => spey_core::error::describe(s, v),
        Err(t) => {
            let e = s.take_exception(t);
            match e.as_object() {
                Some(o) => match object::get_named(s, o, "stack") {
                    Ok(v) => spey_core::error::describe(s, v),
                    Err(_) => "error without stack".to_string(),
                },
                None => spey_core::error::describe(s, e),
            }
        }
    }
}
fn check(lines: &str) {
    run(lines, false);
    // The same with a collection at every allocation: finds values that are not rooted.
    run(lines, true);
}
fn run(lines: &str, gc_stress: bool) {
    let mut config = VmConfig::default();
    config.heap.gc_stress = gc_stress;
    let mut vm = Vm::new(config);
    vm.scope(|s| {
        realm::create(s, |s| {
            spey_builtins::install(s);
            fill_promise(s);
            fill_missing(s);
        });
        let before = s.vm().heap.heap_statistics().minor_count;
        let mut failures = vec![];
        for line in lines.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with("//")) {
            let text = s.nested(|s| {
                let r = evaluate(s, line, &Origin::file("test.js"));
                let text = text_of(s, r);
                spey_builtins::atomics::poll_async_waits(s);
                spey_core::promise::run_jobs(s, &mut |_, _| {});
                text
            });
            if text != "true" {
                failures.push(format!("{line}\n    {text}"));
            }
        }
        assert!(failures.is_empty(), "{}", failures.join("\n"));
        // Set-up does not count: the lines themselves must have run among collections.
        let collections = s.vm().heap.heap_statistics().minor_count - before;
        assert!(!gc_stress || collections > 50, "{collections} collections are no stress");
    });
}
const PRELUDE: &str = "
globalThis.same = (a, b) => { let x = Array.prototype.join.call(a, '|'), y = Array.prototype.join.call(b, '|'); if (x !== y) throw x + ' instead of ' + y; return true }; true
globalThis.throws = (c, f) => { try { f() } catch (e) { if (e instanceof c) return true; throw e } return false }; true
";
fn check_with_prelude(lines: &str) {
    check(&format!("{PRELUDE}{lines}"));
}

#[test]
fn arrays() {
    check_with_prelude(
        "
        Array.isArray([]) && Array.isArray(Array.prototype) && Array.length === 1
        new Array(3).length === 3 && new Array(3, 4).length === 2 && same(Array('x'), ['x'])
        throws(RangeError, () => new Array(-1)) && throws(RangeError, () => new Array(1.5))
        same(Array.of(1, 2, 3), [1, 2, 3])
        same(Array.from([1, 2, 3], x => x * 2), [2, 4, 6])
        same(Array.from({ length: 2, 0: 'a', 1: 'b' }), ['a', 'b'])
        same(Array.from(new Set([1, 1, 2])), [1, 2])
        [1, 2, 3].at(-1) === 3 && [1].at(5) === undefined
        same([1, 2].concat([3, 4], 5, [[6]]), [1, 2, 3, 4, 5, 6])
        [].concat({ length: 2, 0: 1, [Symbol.isConcatSpreadable]: true }).length === 2
        same([1, 2, 3, 4, 5].copyWithin(0, 3), [4, 5, 3, 4, 5])
        same([1, 2, 3].fill(0, 1), [1, 0, 0]) && same(new Array(3).fill(7), [7, 7, 7])
        [5, 6].find(x => x > 5) === 6 && [5, 6].findIndex(x => x > 6) === -1 && [5, 6].findLast(x => x < 9) === 6
        [1, 2, NaN].includes(NaN) && [1, 2, NaN].indexOf(NaN) === -1 && [1, 2, 1].lastIndexOf(1) === 2
        (() => { let a = [1]; a.push(2, 3); return a.pop() === 3 && a.shift() === 1 && a.length === 1 && a.unshift(8, 9) === 3 && same(a, [8, 9, 2]) })()
        same([1, 2, 3].reverse(), [3, 2, 1]) && same([1, 2, 3].toReversed(), [3, 2, 1])
        same([1, 2, 3, 4].slice(1, -1), [2, 3]) && [1, , 3].slice(1).hasOwnProperty(0) === false
        (() => { let a = [1, 2, 3, 4, 5]; let r = a.splice(1, 2, 'a', 'b', 'c'); return same(r, [2, 3]) && same(a, [1, 'a', 'b', 'c', 4, 5]) })()
        (() => { let a = [1, 2, 3, 4, 5]; a.splice(1, 3); return same(a, [1, 5]) && a.length === 2 })()
        same([3, 1, 2].sort(), [1, 2, 3]) && same([10, 9, 1].sort(), [1, 10, 9]) && same([10, 9, 1].sort((a, b) => a - b), [1, 9, 10])
        same(['b', undefined, 'a', , 'c'].sort(), ['a', 'b', 'c', undefined, undefined])
        (() => { let a = Array.from({ length: 500 }, (_, i) => ({ k: i * 7 % 10, i })); a.sort((x, y) => x.k - y.k); return a.every((x, i) => i === 0 || a[i - 1].k < x.k || (a[i - 1].k === x.k && a[i - 1].i < x.i)) })()
        (() => { let a = Array.from({ length: 300 }, (_, i) => i); a.sort(() => 1); a.sort(() => -1); a.sort(() => NaN); return a.length === 300 && new Set(a).size === 300 })()
        (() => { let a = Array.from({ length: 300 }, (_, i) => i); a.sort((x, y) => { a.length = 0; return y - x }); return a.length === 300 && a[0] === 299 && a[299] === 0 })()
        (() => { let a = [3, 2, 1], n = 0; try { a.sort(() => { if (++n > 1) throw 'stop'; return 0 }) } catch (e) { return e === 'stop' && same(a, [3, 2, 1]) } return false })()
        same([3, 1].toSorted(), [1, 3]) && same([1, 2, 3].toSpliced(1, 1, 9, 9), [1, 9, 9, 3]) && same([1, 2].with(0, 5), [5, 2])
        same([1, [2, [3, [4]]]].flat(Infinity), [1, 2, 3, 4]) && same([1, 2].flatMap(x => [x, x]), [1, 1, 2, 2])
        same([1, 2, 3].map(x => x + 1).filter(x => x > 2), [3, 4])
        [1, 2].every(x => x > 0) && ![1, 2].some(x => x > 2) && [1, 2, 3].reduce((a, b) => a + b) === 6 && [1, 2].reduceRight((a, b) => a + '' + b) === '21'
        throws(TypeError, () => [].reduce((a, b) => a))
        [1, [2, 3]].join() === '1,2,3' && [null, undefined, 1].join('-') === '--1' && [1, 2].toString() === '1,2'
        (() => { let a = [1]; a.push(a); return a.join() === '1,' })()
        same([...['x', 'y'].entries()].flat(), [0, 'x', 1, 'y']) && same([...['x', 'y'].keys()], [0, 1])
        Array.prototype[Symbol.iterator] === Array.prototype.values && [][Symbol.iterator]().next().done
        Array.prototype[Symbol.unscopables].flat === true && Object.getPrototypeOf(Array.prototype[Symbol.unscopables]) === null
        (() => { class A extends Array {} let a = A.from([1, 2]); return a instanceof A && a.map(x => x) instanceof A && a.length === 2 && new A(3).length === 3 })()
        throws(TypeError, () => Array.prototype.push.call({ length: 2 ** 53 - 1 }, 1))
        (() => { let o = { length: 1, 0: 'a' }; Array.prototype.push.call(o, 'b'); return o.length === 2 && o[1] === 'b' })()
        (() => { let o = Object.freeze([1]); return throws(TypeError, () => o.push(2)) && throws(TypeError, () => o.pop()) })()
        ",
    );
}

#[test]
fn iterators() {
    check_with_prelude(
        "
        Iterator.prototype === Object.getPrototypeOf(Object.getPrototypeOf([].values()))
        throws(TypeError, () => new Iterator()) && new (class extends Iterator {})() instanceof Iterator
        same([1, 2, 3, 4].values().map(x => x * 2).filter(x => x > 2).toArray(), [4, 6, 8])
        same([1, 2, 3].values().take(2).toArray(), [1, 2]) && same([1, 2].values().take(0).toArray(), [])
        same([1, 2, 3].values().drop(1).toArray(), [2, 3]) && same([1, 2].values().flatMap(x => [x, x]).toArray(), [1, 1, 2, 2])
        [1, 2].values().reduce((a, b) => a + b) === 3 && [1].values().some(x => x) && [1].values().every(x => x) && [1, 2].values().find(x => x > 1) === 2
        (() => { let n = 0; [1, 2].values().forEach((x, i) => n += x * i); return n === 2 })()
        throws(RangeError, () => [].values().take(-1)) && throws(RangeError, () => [].values().drop(NaN)) && throws(TypeError, () => [].values().map(1))
        (() => { let closed = 0; let it = { __proto__: Iterator.prototype, next() { return { done: false, value: 1 } }, return() { closed++; return {} } }; let m = it.map(x => x); m.next(); m.return(); m.return(); return closed === 1 && m.next().done })()
        (() => { let it = Iterator.from({ next() { return { done: true } } }); return it instanceof Iterator && it.next().done })()
        same(Iterator.concat([1, 2], new Set([3])).toArray(), [1, 2, 3])
        same(Iterator.zip([[1, 2], [3, 4, 5]]).toArray().flat(), [1, 3, 2, 4])
        same(Iterator.zip([[1], [3, 4]], { mode: 'longest', padding: ['p'] }).toArray().flat(), [1, 3, 'p', 4])
        throws(TypeError, () => Iterator.zip([[1], [3, 4]], { mode: 'strict' }).toArray())
        Iterator.zipKeyed({ a: [1], b: [2] }).toArray()[0].b === 2
        Iterator.prototype[Symbol.toStringTag] === 'Iterator' && throws(TypeError, () => { 'use strict'; Iterator.prototype[Symbol.toStringTag] = 1 })
        (() => { let o = Object.create(Iterator.prototype); o[Symbol.toStringTag] = 'x'; return Object.hasOwn(o, Symbol.toStringTag) })()
        ",
    );
}

#[test]
fn collections() {
    check_with_prelude(
        "
        new Map([[1, 'a'], [NaN, 'b']]).get(NaN) === 'b' && new Map([[-0, 1]]).has(0) && Object.is([...new Map([[-0, 1]]).keys()][0], 0)
        (() => { let m = new Map(); m.set('a', 1).set('b', 2); let seen = []; for (let [k, v] of m) { seen.push(k, v); if (k === 'a') { m.delete('a'); m.set('c', 3) } } return same(seen, ['a', 1, 'b', 2, 'c', 3]) && m.size === 2 })()
        (() => { let m = new Map([[1, 2]]); let n = 0; m.forEach((v, k, x) => { n += v + k; if (x !== m) n = -1 }); m.clear(); return n === 3 && m.size === 0 })()
        (() => { let m = Map.groupBy([1, 2, 3], x => x % 2 ? 'odd' : 'even'); return same(m.get('odd'), [1, 3]) && same(m.get('even'), [2]) })()
        (() => { let m = new Map(); return m.getOrInsert('k', 1) === 1 && m.getOrInsert('k', 2) === 1 && m.getOrInsertComputed('j', k => k + 'x') === 'jx' })()
        throws(TypeError, () => Map()) && throws(TypeError, () => new Map([1])) && throws(TypeError, () => Map.prototype.get.call({}, 1))
        same([...new Set([3, 1, 3])], [3, 1]) && new Set([1]).has(1) && Set.prototype.keys === Set.prototype.values && Set.prototype[Symbol.iterator] === Set.prototype.values
        same([...new Set([1, 2]).union(new Set([2, 3]))], [1, 2, 3]) && same([...new Set([1, 2]).intersection(new Set([2, 3]))], [2])
        same([...new Set([1, 2]).difference(new Set([2, 3]))], [1]) && same([...new Set([1, 2]).symmetricDifference(new Set([2, 3]))], [1, 3])
        new Set([1]).isSubsetOf(new Set([1, 2])) && new Set([1, 2]).isSupersetOf(new Map([[1, 1]])) && new Set([1]).isDisjointFrom(new Set([2]))
        throws(TypeError, () => new Set().union([1])) && throws(RangeError, () => new Set().union({ size: -1, has() {}, keys() {} }))
        (() => { let w = new WeakMap(), k = {}; w.set(k, 1); return w.get(k) === 1 && w.has(k) && w.delete(k) && !w.has(k) && throws(TypeError, () => w.set(1, 1)) })()
        (() => { let w = new WeakSet(), k = Symbol(); w.add(k); return w.has(k) && throws(TypeError, () => w.add(Symbol.for('x'))) })()
        (() => { let o = {}; return new WeakRef(o).deref() === o && throws(TypeError, () => new WeakRef(1)) })()
        (() => { let r = new FinalizationRegistry(() => {}), o = {}, t = {}; r.register(o, 1, t); return r.unregister(t) && !r.unregister(t) && throws(TypeError, () => r.register(o, o)) })()
        ",
    );
}

#[test]
fn buffers() {
    check_with_prelude(
        "
        new ArrayBuffer(8).byteLength === 8 && ArrayBuffer.isView(new DataView(new ArrayBuffer(1))) && new ArrayBuffer(8).slice(2, 6).byteLength === 4
        (() => { let b = new ArrayBuffer(4, { maxByteLength: 8 }); let u = new Uint8Array(b); b.resize(8); return u.length === 8 && b.resizable && b.maxByteLength === 8 && throws(RangeError, () => b.resize(9)) })()
        (() => { let b = new ArrayBuffer(4); new Uint8Array(b)[0] = 7; let c = b.transfer(8); return b.detached && c.byteLength === 8 && new Uint8Array(c)[0] === 7 && throws(TypeError, () => b.slice()) })()
        (() => { let b = new SharedArrayBuffer(4, { maxByteLength: 8 }); b.grow(8); return b.growable && b.byteLength === 8 && throws(RangeError, () => b.grow(4)) })()
        Object.getPrototypeOf(Int8Array) === Object.getPrototypeOf(Uint8Array) && Int16Array.BYTES_PER_ELEMENT === 2 && Float64Array.name === 'Float64Array' && Int8Array.length === 3
        same(new Uint8Array([1, 2, 300]), [1, 2, 44]) && same(Uint8ClampedArray.of(300, -1, 1.5), [255, 0, 2]) && same(Float16Array.of(1.337), [1.3369140625])
        same(new BigInt64Array([1n, -1n]), ['1', '-1']) && new BigUint64Array([-1n])[0] === 18446744073709551615n && throws(TypeError, () => new BigInt64Array([1]))
        same(new Int32Array(new Float32Array([1.7, -2.2])), [1, -2]) && same(Int32Array.from([1, 2], x => x * 2), [2, 4])
        throws(RangeError, () => new Int32Array(new ArrayBuffer(7))) && throws(RangeError, () => new Int32Array(new ArrayBuffer(8), 2)) && throws(TypeError, () => Int8Array(1))
        same(new Uint8Array([3, 1, 2]).sort(), [1, 2, 3]) && same(new Float64Array([NaN, 0, -0, -1]).sort(), [-1, 0, 0, NaN]) && same(new Uint8Array([1, 2, 3]).sort((a, b) => b - a), [3, 2, 1])
        same(new Uint8Array([1, 2, 3]).map(x => x * 2), [2, 4, 6]) && same(new Uint8Array([1, 2, 3]).filter(x => x > 1), [2, 3]) && new Uint8Array([1, 2]).reduce((a, b) => a + b) === 3
        same(new Uint8Array([1, 2, 3, 4]).subarray(1, 3), [2, 3]) && same(new Uint8Array([1, 2, 3, 4]).slice(-2), [3, 4]) && same(new Uint8Array([1, 2, 3]).reverse(), [3, 2, 1])
        (() => { let a = new Uint8Array(4); a.set([1, 2], 1); a.set(new Uint16Array([9]), 3); return same(a, [0, 1, 2, 9]) && throws(RangeError, () => a.set([1], 4)) })()
        (() => { let b = new ArrayBuffer(8), u = new Uint8Array(b), v = new Uint16Array(b, 0, 4); u.set([1, 2, 3, 4]); v.set(u.subarray(0, 4)); return same(v, [1, 2, 3, 4]) })()
        new Float32Array([NaN]).includes(NaN) && new Float32Array([NaN]).indexOf(NaN) === -1 && new Uint8Array([1, 2, 1]).lastIndexOf(1) === 2 && new BigInt64Array([5n]).indexOf(5n) === 0
        same(new Uint8Array([1, 2]).with(0, 9), [9, 2]) && same(new Uint8Array([2, 1]).toSorted(), [1, 2]) && same(new Uint8Array([2, 1]).toReversed(), [1, 2]) && new Uint8Array([1, 2]).join('-') === '1-2'
        same(new Uint8Array([1, 2, 3]).fill(7, 1, 2), [1, 7, 3]) && same(new Int16Array([1, 2, 3, 4]).copyWithin(1, 0, 2), [1, 1, 2, 4]) && new Uint8Array([5]).at(-1) === 5
        same([...new Uint8Array([5, 6]).entries()].flat(), [0, 5, 1, 6]) && new Uint8Array(1)[Symbol.toStringTag] === 'Uint8Array' && Uint8Array.prototype.toString === Array.prototype.toString
        new Uint8Array([255, 1]).toHex() === 'ff01' && new Uint8Array([102, 111]).toBase64() === 'Zm8=' && same(Uint8Array.fromBase64('Zm8'), [102, 111]) && same(Uint8Array.fromHex('0aFF'), [10, 255])
        (() => { let u = new Uint8Array(3), r = u.setFromBase64('Zm9vYmFy'); return r.read === 4 && r.written === 3 && same(u, [102, 111, 111]) && throws(SyntaxError, () => Uint8Array.fromHex('abc')) })()
        (() => { let d = new DataView(new ArrayBuffer(16), 2); d.setInt16(0, -2); d.setFloat64(2, 1.5, true); return d.getUint16(0) === 65534 && d.getInt16(0, true) === -257 && d.getFloat64(2, true) === 1.5 && d.byteOffset === 2 && throws(RangeError, () => d.getInt32(12)) })()
        (() => { let d = new DataView(new ArrayBuffer(8)); d.setBigUint64(0, -1n); d.setFloat16(0, 1); return d.getBigInt64(0, true) < 0n && d.getFloat16(0) === 1 })()
        (() => { let a = new Int32Array(new SharedArrayBuffer(8)); return Atomics.add(a, 0, 5) === 0 && Atomics.sub(a, 0, 1) === 5 && Atomics.load(a, 0) === 4 && Atomics.exchange(a, 0, 9) === 4 && Atomics.compareExchange(a, 0, 9, 1) === 9 && Atomics.or(a, 0, 6) === 1 && Atomics.and(a, 0, 3) === 7 && Atomics.xor(a, 0, 1) === 3 && Atomics.store(a, 0, 2.7) === 2 && a[0] === 2 })()
        (() => { let a = new Int32Array(new SharedArrayBuffer(8)); return Atomics.wait(a, 0, 1) === 'not-equal' && Atomics.wait(a, 0, 0, 1) === 'timed-out' && Atomics.notify(a, 0) === 0 && Atomics.isLockFree(4) && throws(TypeError, () => Atomics.wait(new Int32Array(1), 0, 0)) })()
        (() => { let a = new BigInt64Array(1); return Atomics.add(a, 0, 3n) === 0n && a[0] === 3n && throws(TypeError, () => Atomics.add(new Float64Array(1), 0, 1)) && throws(RangeError, () => Atomics.load(a, 1)) })()
        ",
    );
}

#[test]
fn reflection() {
    check_with_prelude(
        "
        same(Reflect.ownKeys({ b: 1, a: 2, 1: 3 }), ['1', 'b', 'a']) && Reflect.has({ a: 1 }, 'a') && Reflect.get({ get x() { return this.y } }, 'x', { y: 5 }) === 5
        Reflect.apply(Math.max, null, [1, 3, 2]) === 3 && Reflect.construct(Array, [2]).length === 2 && Reflect.construct(Object, [], Map) instanceof Map
        Reflect.defineProperty({}, 'x', { value: 1 }) && !Reflect.set(Object.freeze({ a: 1 }), 'a', 2) && Reflect.getOwnPropertyDescriptor({ a: 1 }, 'a').value === 1
        Reflect.setPrototypeOf({}, null) && Reflect.getPrototypeOf([]) === Array.prototype && Reflect.isExtensible({}) && Reflect.deleteProperty({ a: 1 }, 'a') && Reflect[Symbol.toStringTag] === 'Reflect'
        throws(TypeError, () => Reflect.ownKeys(1)) && throws(TypeError, () => Reflect.construct(() => {}, []))
        new Proxy({}, { get: (t, k) => k + '!' }).abc === 'abc!' && new Proxy([], {}).length === 0 && Array.isArray(new Proxy([], {})) && !Object.hasOwn(Proxy, 'prototype')
        (() => { let { proxy, revoke } = Proxy.revocable({}, {}); proxy.x = 1; revoke(); revoke(); return throws(TypeError, () => proxy.x) })()
        throws(TypeError, () => Proxy({}, {})) && throws(TypeError, () => new Proxy(1, {}))
        ",
    );
}

#[test]
fn asynchronous() {
    // The jobs of a line have run when the next one starts.
    check_with_prelude(
        "
        (globalThis.result = {}, true)
        (Array.fromAsync([1, Promise.resolve(2)], x => x * 2).then(a => result.sync = a), true)
        same(result.sync, [2, 4])
        (Array.fromAsync({ length: 2, 0: 'a', 1: Promise.resolve('b') }).then(a => result.like = a), true)
        same(result.like, ['a', 'b'])
        (Array.fromAsync({ [Symbol.asyncIterator]() { let n = 0; return { next() { return Promise.resolve({ done: n === 3, value: n++ }) } } } }).then(a => result.async = a), true)
        same(result.async, [0, 1, 2])
        (Array.fromAsync({ [Symbol.asyncIterator]() { return { next() { return { done: false, value: 1 } }, return() { result.closed = true; return {} } } } }, () => { throw 'bad' }).then(undefined, e => result.error = e), true)
        result.error === 'bad' && result.closed
        (Array.fromAsync(null).then(undefined, e => result.type = e), true)
        result.type instanceof TypeError
        (result.cell = new Int32Array(new SharedArrayBuffer(8)), result.wait = Atomics.waitAsync(result.cell, 0, 0), result.wait.async)
        (result.wait.value.then(v => result.woken = v), Atomics.notify(result.cell, 0) === 1)
        result.woken === 'ok'
        Atomics.waitAsync(result.cell, 0, 1).value === 'not-equal' && Atomics.waitAsync(result.cell, 0, 0, 0).value === 'timed-out'
        ",
    );
}
