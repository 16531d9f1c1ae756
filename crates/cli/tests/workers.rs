//! Workers: threads with an agent of their own, and how they end.

use std::process::{Command, Output};

fn run(source: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_spey")).args(["-e", source]).output().expect("the program runs")
}
fn check(source: &str, expected: &str) {
    let out = run(source);
    let stderr = String::from_utf8_lossy(&out.stderr);
    assert_eq!(String::from_utf8_lossy(&out.stdout), expected, "{stderr}");
    assert!(out.status.success(), "{stderr}");
}

#[test]
fn messages_and_exit_code() {
    check(
        "const { Worker } = require('worker_threads');
         const w = new Worker(`const { parentPort: p, workerData } = require('worker_threads');
           p.once('message', (m) => { p.postMessage(m + workerData.x); process.exitCode = 3; });`,
           { eval: true, workerData: { x: 'b' } });
         w.postMessage('a');
         w.on('message', (m) => console.log(m)).on('exit', (c) => console.log(c));",
        "ab\n3\n",
    );
}
#[test]
fn shared_memory_and_waiting() {
    check(
        "const { Worker } = require('worker_threads');
         const cells = new Int32Array(new SharedArrayBuffer(8));
         new Worker(`const { workerData: cells } = require('worker_threads');
           Atomics.wait(cells, 0, 0); Atomics.store(cells, 1, 7); Atomics.notify(cells, 1);`,
           { eval: true, workerData: cells });
         setTimeout(() => { Atomics.store(cells, 0, 1); Atomics.notify(cells, 0); }, 50);
         Atomics.waitAsync(cells, 1, 0).value.then((r) => console.log(Atomics.load(cells, 1)));
         setTimeout(() => {}, 500);",
        "7\n",
    );
}
#[test]
fn endless_loops_can_be_terminated() {
    check(
        "const { Worker } = require('worker_threads');
         const w = new Worker('for (;;);', { eval: true });
         w.on('online', () => w.terminate().then((c) => console.log('ended', c)));",
        "ended 1\n",
    );
}
#[test]
fn limits_of_the_heap_end_the_worker_only() {
    check(
        "const { Worker } = require('worker_threads');
         const w = new Worker('const a = []; for (;;) a.push([a]);',
           { eval: true, resourceLimits: { maxOldGenerationSizeMb: 16 } });
         w.on('error', (e) => console.log(e.code)).on('exit', (c) => console.log(c));",
        "ERR_WORKER_OUT_OF_MEMORY\n1\n",
    );
}
#[test]
fn timers_set_by_what_a_timer_resolved() {
    check(
        "const sleep = (ms) => new Promise((r) => setTimeout(r, ms));
         (async () => { await sleep(1); await sleep(1); console.log('done'); })();",
        "done\n",
    );
}
