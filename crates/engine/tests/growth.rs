//! Work grows with its size as it should: the processor time of four times as much is compared.

use std::time::Duration;

use spey_engine::{Engine, VmConfig, conversion, script};

/// Of this thread.
fn processor_time() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(text.split_whitespace().next().and_then(|n| n.parse().ok()).unwrap_or(0))
}

/// Processor time of the last expression of a script, the best of three.
fn time_of(source: &str) -> Duration {
    let mut engine = Engine::new(VmConfig::default());
    engine.scope(|s| {
        let runs = (0..3).map(|_| {
            let before = processor_time();
            let v = script::evaluate(s, source, &script::Origin::file("script.js")).expect("a value");
            assert_eq!(conversion::to_text(s, v).expect("a text"), "true");
            processor_time() - before
        });
        runs.min().unwrap_or_default()
    })
}

/// How many times as long work of four times the size takes; `script` has `SIZE` in it.
fn growth(script: &str, size: u32) -> f64 {
    let time = |size: u32| time_of(&script.replace("SIZE", &size.to_string())).as_secs_f64();
    time(4 * size) / time(size)
}

/// Of quadratic work it would be 16.
#[test]
fn big_integers_are_better_than_quadratic() {
    let product = "{ const a = (1n << SIZEn) - 12345n; a * a > a }";
    assert!(growth(product, 200_000) < 13.0);
    let quotient = "{ const a = (1n << SIZEn) / 7n, b = a * 3n + 1n; (a * a + b) / b > 0n }";
    assert!(growth(quotient, 200_000) < 13.0);
    let text = "{ const a = (1n << SIZEn) / 7n; a.toString().length > 1000 }";
    assert!(growth(text, 200_000) < 13.0);
    let parsed = "{ BigInt('7'.repeat(SIZE)) > 0n }";
    assert!(growth(parsed, 60_000) < 13.0);
}

#[test]
fn patterns_that_explode_are_linear() {
    for pattern in ["^(a+)+$", "^(a|aa)+$", "^(?:a*)*b", "(x+x+)+y"] {
        let script = format!("!/{pattern}/.test('a'.repeat(SIZE) + '!')");
        assert!(growth(&script, 20_000) < 8.0, "{pattern}");
    }
    assert!(time_of("!/^(a+)+$/.test('a'.repeat(30) + '!')") < Duration::from_millis(20));
}

/// Keys that would collide if the hash had no secret would make this quadratic.
#[test]
fn tables_of_prepared_keys_are_linear() {
    let numbers =
        "{ const m = new Map; for (let i = 0; i < SIZE; i++) m.set(i * 2 ** 32, i); m.size === SIZE }";
    assert!(growth(numbers, 20_000) < 10.0);
    let strings =
        "{ const m = new Set; for (let i = 0; i < SIZE; i++) m.add('key' + i * 65536); m.size === SIZE }";
    assert!(growth(strings, 20_000) < 10.0);
}
