//! Scripts that nobody trusts, each in an isolate of its own with 32 MB and 50 ms of processor time: a third of them does
//! its worst. All end as they should, and the process stays as it was.
//!
//! A few hundred run with the other tests. `SPEY_HOSTILE_SCRIPTS=10000 cargo test --release -p spey-engine --test hostile --
//! --nocapture` runs more, and prints figures.

use std::time::{Duration, Instant};

use spey_engine::{Allowance, Engine, Stopped, conversion, limited, promise, script};

const MAX_BYTES: usize = 32 << 20;
const BUDGET: Duration = Duration::from_millis(50);
/// What the process may have at its worst: one isolate, with as much garbage, and a large thing being copied.
const MAX_RESIDENT_BYTES: u64 = 384 << 20;

/// The budget, and what it may take to notice that it is used up, to make an isolate and to drop it. Without optimisation,
/// and beside other tests.
const MAX_TIME: Duration = Duration::from_millis(500);

/// How a script ends.
#[derive(Debug, PartialEq)]
enum End {
    Value(String),
    Thrown(String),
    Stopped(Stopped),
}

/// Ends that are right.
#[derive(Clone, Copy)]
enum Expected {
    Value(&'static str),
    Error(&'static str),
    Time,
    /// Out of memory in the end, if there is time enough to get there.
    TimeOrMemory,
    /// A large thing is refused by an error of this class, or time or memory end before.
    Refused(&'static str),
    /// Stopped, or done before: it is much work, not endless work.
    AnyButCrash,
}

static HARMLESS: &[(&str, &str)] = &[
    ("1 + 1", "2"),
    ("[3, 1, 2].sort().join()", "1,2,3"),
    ("let n = 0; for (let i = 0; i < 1000; i++) n += i; n", "499500"),
    ("JSON.stringify({ a: [1, 'x', null] })", r#"{"a":[1,"x",null]}"#),
    ("'a-b-c'.replace(/-(.)/g, (m, c) => c.toUpperCase())", "aBC"),
    ("class A { #x = 1; get x() { return this.#x } } new A().x", "1"),
    ("new Uint8Array(1 << 17).fill(1).reduce((a, b) => a + b)", "131072"),
    ("const m = new Map; for (let i = 0; i < 5000; i++) m.set('k' + i, i); m.get('k4999')", "4999"),
    ("function* g() { yield* [1, 2, 3] } [...g()].length", "3"),
    ("(2n ** 1000n).toString().length", "302"),
    ("try { null.x } catch (e) { e.constructor.name }", "TypeError"),
    ("let s = ''; for (let i = 0; i < 10000; i++) s += i; s.length", "38890"),
    ("let r; Promise.resolve(7).then((v) => { r = v }); r", "undefined"),
    (
        "new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])) instanceof WebAssembly.Module",
        "true",
    ),
];

static HOSTILE: &[(&str, Expected)] = &[
    // Loops without end.
    ("for (;;);", Expected::Time),
    (
        "const bytes = [0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, 97, 0, 0,
        10, 9, 1, 7, 0, 3, 64, 12, 0, 11, 11];
        new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array(bytes))).exports.a()",
        Expected::Time,
    ),
    ("for (;;) try { throw 1 } catch {}", Expected::Time),
    ("for (;;) try { for (;;); } catch {} finally { continue }", Expected::Time),
    ("function f() { try { f() } finally { f() } } f()", Expected::Time),
    ("function f(n) { if (n) { f(n - 1); f(n - 1) } } f(1000)", Expected::Time),
    ("const f = () => { try { f() } catch { f() } }; f()", Expected::Time),
    ("function* g() { for (;;) yield 1 } for (const x of g());", Expected::Time),
    (
        "const it = { [Symbol.iterator]: () => it, next: () => ({}), return() { for (;;); } }; for (const x of it) for (;;);",
        Expected::Time,
    ),
    ("const p = new Proxy({}, { get() { for (;;); } }); p.x", Expected::Time),
    ("Promise.resolve().then(function f() { return Promise.resolve().then(f) }); 0", Expected::Time),
    ("async function f() { for (;;) await 0 } f(); 0", Expected::Time),
    ("eval('for (;;);')", Expected::Time),
    ("[1, 2].sort(() => { for (;;); })", Expected::Time),
    ("'x'.replace(/x/, () => { for (;;); })", Expected::Time),
    ("({ valueOf() { for (;;); } }) + 1", Expected::Time),
    ("JSON.stringify({ toJSON() { for (;;); } })", Expected::Time),
    ("class A { static x = (() => { for (;;); })() }", Expected::Time),
    ("label: for (;;) { for (;;) continue label }", Expected::Time),
    ("Error.prepareStackTrace = () => { for (;;); }; new Error().stack", Expected::Time),
    // Much work in one built-in.
    ("Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)", Expected::Time),
    ("Array.prototype.fill.call({ length: 2 ** 53 - 1 })", Expected::TimeOrMemory),
    ("Array.prototype.reverse.call({ length: 2 ** 53 - 1 })", Expected::Time),
    ("Array.prototype.map.call({ length: 2 ** 32 - 1 }, (x) => x)", Expected::Time),
    ("Array.prototype.includes.call({ length: 2 ** 53 - 1 }, 1)", Expected::Time),
    ("Array.prototype.join.call({ length: 2 ** 32 - 1 })", Expected::Refused("RangeError")),
    ("Array.prototype.lastIndexOf.call({ length: 2 ** 53 - 1 }, 1)", Expected::Time),
    ("Array.prototype.copyWithin.call({ length: 2 ** 53 - 1 }, 1)", Expected::Time),
    ("Array.prototype.forEach.call({ length: 2 ** 53 - 1 }, () => {})", Expected::Time),
    ("Array.prototype.reduce.call({ length: 2 ** 53 - 1 }, () => {})", Expected::Time),
    ("Array.prototype.unshift.call({ length: 2 ** 53 - 2 }, 1)", Expected::Time),
    ("Array.prototype.splice.call({ length: 2 ** 53 - 1 }, 0, 1)", Expected::Time),
    (
        "Array.prototype.concat.call([], { length: 2 ** 53 - 1, [Symbol.isConcatSpreadable]: true })",
        Expected::Time,
    ),
    ("Array.prototype.sort.call({ length: 2 ** 53 - 1 })", Expected::Time),
    ("Array.prototype.flat.call({ length: 2 ** 53 - 1 })", Expected::Time),
    ("Array.prototype.toSorted.call({ length: 2 ** 32 - 1 })", Expected::TimeOrMemory),
    ("Array.prototype.toReversed.call({ length: 2 ** 32 - 1 })", Expected::TimeOrMemory),
    ("Array.prototype.with.call({ length: 2 ** 32 - 1 }, 0, 0)", Expected::TimeOrMemory),
    ("Array.from({ length: 2 ** 32 - 1 })", Expected::TimeOrMemory),
    ("Math.max.apply(null, { length: 2 ** 32 - 1 })", Expected::Refused("RangeError")),
    ("Reflect.construct(Array, { length: 1e9 })", Expected::Refused("RangeError")),
    ("new Array(2 ** 32 - 1).join('x')", Expected::Refused("RangeError")),
    ("new Array(2 ** 32 - 1).fill(0)", Expected::TimeOrMemory),
    ("new Array(2 ** 32 - 1).sort()", Expected::AnyButCrash),
    ("[].concat(new Array(2 ** 32 - 1)).indexOf(1)", Expected::AnyButCrash),
    ("Array.from(new Array(5e7))", Expected::TimeOrMemory),
    ("[...new Array(1e9)]", Expected::TimeOrMemory),
    ("new Set(new Array(1e9))", Expected::Time),
    ("Object.keys('x'.repeat(3e7))", Expected::Refused("RangeError")),
    (
        "const a = []; for (let i = 0; i < 1e6; i++) a.push(Math.random()); a.sort(); a.sort(); a.sort()",
        Expected::TimeOrMemory,
    ),
    ("let a = []; for (let i = 0; i < 40; i++) a = [a, a]; a.flat(Infinity)", Expected::TimeOrMemory),
    (
        "let a = []; for (let i = 0; i < 40; i++) a = [a, a]; JSON.stringify(a)",
        Expected::Refused("RangeError"),
    ),
    ("let a = []; for (let i = 0; i < 40; i++) a = [a, a]; String(a)", Expected::Refused("RangeError")),
    ("JSON.parse('['.repeat(5e6))", Expected::Refused("SyntaxError")),
    ("JSON.parse('[' + '1,'.repeat(6e6) + '1]')", Expected::TimeOrMemory),
    ("JSON.stringify('\\u0001'.repeat(2e7))", Expected::Refused("RangeError")),
    ("JSON.stringify({ length: 1 }, new Array(1e8).fill('x'))", Expected::TimeOrMemory),
    ("'a'.repeat(5e6).split('').join('b').split('b')", Expected::TimeOrMemory),
    ("'ab'.repeat(2e6).replaceAll('a', 'x'.repeat(1000))", Expected::Refused("RangeError")),
    ("const s = 'a'.repeat(2e6) + 'b'; ('a'.repeat(8e6)).indexOf(s)", Expected::AnyButCrash),
    ("const s = 'a'.repeat(1e6); for (;;) (s + s).lastIndexOf('b' + s)", Expected::Time),
    ("'x'.repeat(2e7).normalize('NFD').toUpperCase().localeCompare('y')", Expected::AnyButCrash),
    // Regular expressions.
    ("/(a*)*b/.test('a'.repeat(40))", Expected::AnyButCrash),
    ("/(x+x+)+y/.test('x'.repeat(5000))", Expected::AnyButCrash),
    ("/^(([a-z])+.)+[A-Z]([a-z])+$/.test('a'.repeat(100))", Expected::AnyButCrash),
    (r"/(?=(a+))\1*(a*)*\1b/.test('a'.repeat(3000))", Expected::AnyButCrash),
    (r"/^(a|aa|\1)*$/.test('a'.repeat(3000) + 'b')", Expected::AnyButCrash),
    ("/((((a{0,99}){0,99}){0,99}){0,99}){0,99}b/.test('a'.repeat(99))", Expected::AnyButCrash),
    (
        "new RegExp('(?:' + 'a?'.repeat(5000) + ')' + 'a'.repeat(5000)).test('a'.repeat(5000))",
        Expected::AnyButCrash,
    ),
    ("new RegExp('('.repeat(100000))", Expected::Refused("SyntaxError")),
    ("'x'.repeat(2e6).match(/x/g).length; for (;;) 'x'.repeat(1e6).match(/.*?y/)", Expected::TimeOrMemory),
    // Big integers.
    ("const n = 2n ** 20000000n; n.toString()", Expected::TimeOrMemory),
    ("let n = 3n; for (;;) n *= n", Expected::Refused("RangeError")),
    ("const n = (1n << 40000000n) - 1n; n * n", Expected::Refused("RangeError")),
    ("const n = (1n << 60000000n) - 1n; n / ((1n << 30000000n) - 12345n)", Expected::TimeOrMemory),
    ("BigInt('9'.repeat(5e6))", Expected::TimeOrMemory),
    ("123456789n ** 10000000n", Expected::Refused("RangeError")),
    ("BigInt.asUintN(2 ** 53 - 1, -1n)", Expected::Error("RangeError")),
    ("1n << (1n << 64n)", Expected::Error("RangeError")),
    // Memory.
    ("const a = []; for (;;) a.push(new Uint8Array(1 << 20))", Expected::Refused("RangeError")),
    ("const a = []; for (;;) try { a.push(new ArrayBuffer(1 << 20)) } catch {}", Expected::Time),
    ("const a = []; for (;;) a.push({ a })", Expected::TimeOrMemory),
    ("const a = []; for (;;) a.push([1, 2, 3, 4, 5, 6, 7, 8])", Expected::TimeOrMemory),
    ("let s = 'x'; for (;;) s += s", Expected::Refused("RangeError")),
    (
        "let s = 'x'; const a = []; for (let i = 0; ; i++) { a.push((s + i).repeat(1000)) }",
        Expected::TimeOrMemory,
    ),
    ("const m = new Map; for (let i = 0; ; i++) m.set(i, 'v' + i)", Expected::TimeOrMemory),
    ("const m = new Set; for (let i = 0; ; i++) m.add({})", Expected::TimeOrMemory),
    (
        "const m = new WeakMap, a = []; for (;;) { const k = {}; a.push(k); m.set(k, a) }",
        Expected::TimeOrMemory,
    ),
    ("const o = {}; for (let i = 0; ; i++) o['p' + i] = i", Expected::TimeOrMemory),
    ("let f = () => {}; for (;;) { const g = f; f = () => g }", Expected::TimeOrMemory),
    ("let p = {}; for (;;) p = Object.create(p)", Expected::TimeOrMemory),
    ("const a = []; for (;;) a.push(new Promise(() => {}))", Expected::TimeOrMemory),
    ("const a = []; for (let i = 0; ; i++) a.push(Symbol.for('s' + i))", Expected::TimeOrMemory),
    ("const a = []; for (let i = 0; ; i++) a.push(new Function('return ' + i))", Expected::TimeOrMemory),
    ("const a = []; for (let i = 0; ; i++) a.push(new RegExp('a{' + i + '}b'))", Expected::TimeOrMemory),
    (
        "const a = []; for (let i = 0; ; i++) a.push(eval('(function () { return ' + i + ' })'))",
        Expected::TimeOrMemory,
    ),
    ("'x'.repeat(2 ** 29 - 24)", Expected::Error("RangeError")),
    ("'x'.padEnd(5e8, 'yz')", Expected::Error("RangeError")),
    ("new ArrayBuffer(2 ** 40)", Expected::Error("RangeError")),
    ("new ArrayBuffer(64 << 20)", Expected::Error("RangeError")),
    ("new SharedArrayBuffer(64 << 20)", Expected::Error("RangeError")),
    ("new ArrayBuffer(1, { maxByteLength: 64 << 20 }).resize(48 << 20)", Expected::Refused("RangeError")),
    ("new Float64Array(1e9)", Expected::Error("RangeError")),
    ("new Array(1e8).fill(0)", Expected::TimeOrMemory),
    ("const a = []; a[1e8] = 1; a.length = 2 ** 32 - 1; a.join()", Expected::Refused("RangeError")),
    ("new WebAssembly.Memory({ initial: 1000 })", Expected::Error("RangeError")),
    ("new WebAssembly.Table({ element: 'anyfunc', initial: 9999999 })", Expected::Error("RangeError")),
    ("Promise.all(new Array(1e8).fill(0))", Expected::TimeOrMemory),
    ("structuredClone", Expected::Error("ReferenceError")),
    (
        "const e = new Error('x'.repeat(1e6)); const a = []; for (;;) { a.push(new Error('y', { cause: e })); a.at(-1).stack }",
        Expected::TimeOrMemory,
    ),
    // Depth.
    ("function f() { f() } f()", Expected::Error("RangeError")),
    ("function f() { return [1].map(f) } f()", Expected::Error("RangeError")),
    ("let a = []; for (let i = 0; i < 1e5; i++) a = [a]; JSON.stringify(a)", Expected::Refused("RangeError")),
    (
        "let a = []; for (let i = 0; i < 1e5; i++) a = [a]; a.flat(Infinity).length",
        Expected::Refused("RangeError"),
    ),
    ("let a = []; for (let i = 0; i < 1e5; i++) a = [a]; String(a)", Expected::Refused("RangeError")),
    ("let p = {}; for (let i = 0; i < 1e5; i++) p = new Proxy(p, {}); p.x", Expected::Refused("RangeError")),
    ("let f = () => 1; for (let i = 0; i < 1e5; i++) f = f.bind(); f()", Expected::Refused("RangeError")),
    ("eval('('.repeat(1e6))", Expected::Error("RangeError")),
    ("eval('['.repeat(3e5) + ']'.repeat(3e5))", Expected::Refused("RangeError")),
    ("eval('1+'.repeat(3e5) + '1')", Expected::AnyButCrash),
    ("new Function('x'.repeat(1e6))", Expected::AnyButCrash),
    ("const o = { get x() { return this.x } }; o.x", Expected::Error("RangeError")),
    ("const o = { toString() { return '' + this } }; '' + o", Expected::Error("RangeError")),
    ("class A extends (class { constructor() { return new A } }) {} new A", Expected::Error("RangeError")),
    ("const a = []; a[0] = a; a.flat(Infinity)", Expected::Refused("RangeError")),
    ("let s = ''; for (let i = 0; i < 2e5; i++) s = i + s + i; s.length", Expected::AnyButCrash),
];

fn end_of(source: &str) -> End {
    let mut engine = Engine::new(limited(MAX_BYTES));
    let outcome = engine.scope_within(Allowance::Processor(BUDGET), |s| {
        let value = script::evaluate(s, source, &script::Origin::file("script.js"));
        let value = match value {
            Ok(v) => conversion::to_text(s, v),
            Err(t) => Err(t),
        };
        let end = match value {
            Ok(text) => End::Value(text),
            Err(t) => {
                let e = s.take_exception(t);
                let name = e.as_object().and_then(|o| {
                    let v = spey_engine::object::get_named(s, o, "name").ok()?;
                    conversion::to_text(s, v).ok()
                });
                End::Thrown(name.unwrap_or_default())
            }
        };
        promise::run_jobs(s, &mut |_, _| {});
        end
    });
    outcome.unwrap_or_else(End::Stopped)
}

fn is_right(end: &End, expected: Expected) -> bool {
    let is_stop = |stops: &[Stopped]| matches!(end, End::Stopped(s) if stops.contains(s));
    match expected {
        Expected::Value(v) => matches!(end, End::Value(text) if text == v),
        Expected::Error(name) => matches!(end, End::Thrown(n) if n == name),
        Expected::Time => is_stop(&[Stopped::Time]),
        Expected::TimeOrMemory => is_stop(&[Stopped::Time, Stopped::Memory]),
        Expected::Refused(name) => {
            matches!(end, End::Thrown(n) if n == name) || is_stop(&[Stopped::Time, Stopped::Memory])
        }
        Expected::AnyButCrash => !is_stop(&[Stopped::Request]),
    }
}

/// Of this thread.
fn processor_time() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(text.split_whitespace().next().and_then(|n| n.parse().ok()).unwrap_or(0))
}
fn status_bytes(field: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix(field)).unwrap_or_default();
    line.split_whitespace().next().and_then(|n| n.parse::<u64>().ok()).unwrap_or(0) << 10
}

#[test]
fn scripts_end_and_the_process_stays() {
    let count = std::env::var("SPEY_HOSTILE_SCRIPTS").ok().and_then(|n| n.parse().ok()).unwrap_or(450);
    let only = std::env::var("SPEY_HOSTILE_ONLY").unwrap_or_default();
    let run = move || {
        let (mut longest, mut wrong, mut worst) = (Duration::ZERO, vec![], vec![]);
        let (mut hostile, mut settled) = (0, 0);
        let start = Instant::now();
        for i in 0..count {
            let (source, expected) = if i % 3 == 0 {
                hostile += 1;
                HOSTILE[i / 3 % HOSTILE.len()]
            } else {
                let (source, value) = HARMLESS[i % HARMLESS.len()];
                (source, Expected::Value(value))
            };
            if i == count / 2 {
                settled = status_bytes("VmRSS:");
            }
            if !source.contains(&only) {
                continue;
            }
            let began = processor_time();
            let end = end_of(source);
            let took = processor_time() - began;
            let peak = status_bytes("VmHWM:");
            longest = longest.max(took);
            if took > MAX_TIME || peak > MAX_RESIDENT_BYTES {
                worst.push(format!("{} ms, peak {} MB: {source}", took.as_millis(), peak >> 20));
                // The peak counts anew.
                let _ = std::fs::write("/proc/self/clear_refs", "5");
            }
            if !is_right(&end, expected) {
                wrong.push(format!("{end:.200?}: {source}"));
            }
        }
        let resident = status_bytes("VmRSS:");
        println!(
            "{count} scripts, {hostile} hostile, in {:.1} s; longest {} ms; resident {} MB half way, {} MB at the end, peak {} MB",
            start.elapsed().as_secs_f64(),
            longest.as_millis(),
            settled >> 20,
            resident >> 20,
            status_bytes("VmHWM:") >> 20,
        );
        for w in &worst {
            println!("  {w}");
        }
        assert!(wrong.is_empty(), "not as asked:\n  {}", wrong.join("\n  "));
        assert!(worst.is_empty(), "too long or too large:\n  {}", worst.join("\n  "));
        // What the allocator keeps for later comes and goes.
        assert!(resident < settled + (96 << 20), "memory is lost");
    };
    let thread = std::thread::Builder::new().stack_size(16 << 20).spawn(run).expect("a thread");
    if let Err(panic) = thread.join() {
        std::panic::resume_unwind(panic);
    }
}
