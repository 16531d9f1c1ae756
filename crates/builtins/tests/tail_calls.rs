//! Handlers must call each other by jumps: a million instructions of every common kind run on a small native stack.
//! A handler that grows the native stack by one frame per instruction overflows it.

use spey_core::script::{Origin, evaluate};
use spey_core::vm::{Vm, VmConfig};

const PROGRAM: &str = r#"
function Point(x, y) { this.x = x; this.y = y; }
Point.prototype.sum = function () { return this.x + this.y; };
class Cell { #v = 0; get value() { return this.#v; } set value(v) { this.#v = v; } add(n) { this.value = this.value + n; return this; } }
var total = 0;
let lexical = 1;
function work(n) {
    const list = [1, 2, 3];
    const cell = new Cell();
    let text = "";
    for (let i = 0; i < n; i++) {
        const p = new Point(i, i & 7);
        total += p.sum() % 13;
        lexical = -lexical;
        list[i % 3] = i * 0.5;
        for (const v of list) total = (total + v) | 0;
        for (const k in p) if (k === "x" || k == "y") total ^= 1;
        cell.add(i > 3 && i !== 5 ? 1 : 2);
        const f = () => i << 1 >>> 2;
        total += f() ** 0;
        switch (i % 4) { case 0: total--; break; case 1: total++; break; default: total += ~i; }
        try { if (i % 1000 === 0) throw i; } catch (e) { total += e; } finally { total |= 0; }
        const { x, ...rest } = { x: i, y: 2 }, [a, b = 4] = [i];
        text = `${x}${typeof rest}` + a + b;
        if (!(text.length >= 1)) total = null?.x ?? void 0;
    }
    return cell.value;
}
work(20000);
"#;

#[test]
fn handlers_do_not_grow_the_native_stack() {
    let run = || {
        let config = VmConfig { native_stack_bytes: 1 << 20, ..VmConfig::default() };
        let mut vm = Vm::new(config);
        vm.scope(|s| {
            spey_core::realm::create(s, spey_builtins::install);
            let r = evaluate(s, PROGRAM, &Origin::file("tail-calls.js"));
            match r {
                Ok(v) => assert_eq!(v.as_number(), Some(20005.0)),
                Err(t) => {
                    let e = s.take_exception(t);
                    panic!("{}", spey_core::error::describe(s, e));
                }
            }
        });
    };
    std::thread::Builder::new().stack_size(2 << 20).spawn(run).expect("thread").join().expect("no panic");
}
