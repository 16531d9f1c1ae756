//! What an isolate costs: makes a thousand, runs a little script in each, keeps them all, and tells time and memory of the
//! last hundred. `cargo run --release -p spey-engine --example isolates [count]`

use std::time::Instant;

use spey_engine::{Engine, limited, script};

fn resident_bytes() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    text.split_whitespace().nth(1).and_then(|n| n.parse::<u64>().ok()).unwrap_or(0) * 4096
}

fn main() {
    let count: usize = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(1000);
    let mut engines = Vec::with_capacity(count);
    let last = count.saturating_sub(100);
    let mut start = (Instant::now(), resident_bytes());
    let mut created = std::time::Duration::ZERO;
    for i in 0..count {
        if i == last {
            start = (Instant::now(), resident_bytes());
            created = std::time::Duration::ZERO;
        }
        let begin = Instant::now();
        let mut engine = Engine::new(limited(32 << 20));
        created += begin.elapsed();
        engine.scope(|s| {
            let source = "[3, 1, 2].sort().map((x) => x * 2).join()";
            assert!(script::evaluate(s, source, &script::Origin::file("tiny.js")).is_ok());
        });
        engines.push(engine);
    }
    let n = (count - last) as f64;
    println!(
        "isolate {count}: {:.3} ms to make, {:.3} ms with its first script, {:.0} KB",
        created.as_secs_f64() * 1e3 / n,
        start.0.elapsed().as_secs_f64() * 1e3 / n,
        (resident_bytes() - start.1) as f64 / 1024.0 / n,
    );
    let begin = Instant::now();
    drop(engines);
    println!("dropped in {:.3} ms each", begin.elapsed().as_secs_f64() * 1e3 / count as f64);
}
