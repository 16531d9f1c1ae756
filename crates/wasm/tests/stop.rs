//! WebAssembly that never ends, stopped from another thread.

use std::time::Duration;

use spey_core::interrupt::{self, Terminator};
use spey_core::realm;
use spey_core::script::{Origin, evaluate};
use spey_core::vm::{Vm, VmConfig};

/// `(module (func (export "a") …))` with a body, and a function `e.f` to call.
fn program(body: &[u8]) -> String {
    let mut bytes = vec![0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0];
    bytes.extend([2, 7, 1, 1, b'e', 1, b'f', 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, b'a', 0, 1]);
    let length = body.len() as u8;
    bytes.extend([10, length + 4, 1, length + 2, 0]);
    bytes.extend(body);
    bytes.push(0x0b);
    format!(
        "const m = new WebAssembly.Module(new Uint8Array({bytes:?}));
        const {{ a }} = new WebAssembly.Instance(m, {{ e: {{ f() {{}} }} }}).exports;
        try {{ a(); }} catch {{ 'caught'; }}"
    )
}
fn stops(body: &[u8]) {
    let mut vm = Vm::new(VmConfig::default());
    vm.scope(|s| {
        realm::create(s, |s| {
            spey_builtins::install(s);
            spey_wasm::install(s);
        });
        let terminator = Terminator::new(s);
        let other = terminator.clone();
        let thread = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(50));
            other.terminate();
        });
        let outcome = s.nested(|s| evaluate(s, &program(body), &Origin::file("stop.js")).is_err());
        assert!(outcome, "the program has ended");
        thread.join().expect("a thread that ends");
        terminator.close();
        interrupt::resume(s);
    });
}

#[test]
fn loops_stop() {
    // loop br 0 end
    stops(&[0x03, 0x40, 0x0c, 0, 0x0b]);
    // loop call f br 0 end
    stops(&[0x03, 0x40, 0x10, 0, 0x0c, 0, 0x0b]);
    // return_call a
    stops(&[0x12, 1]);
}
