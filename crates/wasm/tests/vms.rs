//! Several VMs on one thread, whose states rest, in every order.

use spey_core::function::{self, NativeSpec};
use spey_core::realm;
use spey_core::script::{Origin, evaluate};
use spey_core::vm::{Vm, VmConfig};
use spey_core::{error, object};

/// `a` gives its argument, `b` traps, `c` calls `e.f`, often.
const PROGRAM: &str = "
const { a, b, c } = new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array([
  0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 9, 2, 0x60, 1, 0x7f, 1, 0x7f, 0x60, 0, 0, 2, 7, 1, 1, 0x65, 1, 0x66, 0, 1,
  3, 4, 3, 0, 1, 1, 7, 13, 3, 1, 0x61, 0, 1, 1, 0x62, 0, 2, 1, 0x63, 0, 3,
  10, 15, 3, 4, 0, 0x20, 0, 0x0b, 3, 0, 0x00, 0x0b, 4, 0, 0x10, 0, 0x0b])), { e: { f } }).exports;
function use() {
  for (let i = 0; i < 50; i++) {
    if (a(i) !== i) throw new Error('a');
    let trapped = false;
    try { b(); } catch { trapped = true; }
    if (!trapped) throw new Error('b');
  }
  c();
}
use(); use();";

fn vm() -> Box<Vm> {
    let mut vm = Vm::new(VmConfig::default());
    vm.scope(|s| {
        realm::create(s, |s| {
            spey_builtins::install(s);
            spey_wasm::install(s);
        });
    });
    vm
}
fn evaluate_in(vm: &mut Vm, text: &str) {
    vm.scope(|s| {
        if let Err(t) = evaluate(s, text, &Origin::file("vms.js")) {
            let e = s.take_exception(t);
            panic!("{}", error::describe(s, e));
        }
    });
}
/// A VM of its own, from within another.
static NESTED: NativeSpec = NativeSpec::new("f", 0, |s, _, _| {
    let mut inner = vm();
    evaluate_in(&mut inner, &format!("const f = () => {{}}; {PROGRAM}"));
    evaluate_in(&mut inner, "use()");
    Ok(s.undefined())
});
fn start(vm: &mut Vm) {
    vm.scope(|s| {
        let f = function::new_native(s, &NESTED);
        let global = s.global();
        assert!(object::set_named(s, global, "f", f.value()).is_ok());
    });
    evaluate_in(vm, PROGRAM);
}

/// The VM's budget for native recursion is larger than the stack of a test's thread.
fn on_large_stack(f: fn()) {
    let thread = std::thread::Builder::new().stack_size(24 << 20).spawn(f).expect("a thread");
    if let Err(panic) = thread.join() {
        std::panic::resume_unwind(panic);
    }
}

#[test]
fn they_do_not_meet() {
    on_large_stack(orders);
}
fn orders() {
    for first_goes_first in [true, false] {
        let (mut one, mut two) = (vm(), vm());
        start(&mut one);
        start(&mut two);
        for _ in 0..3 {
            evaluate_in(&mut one, "use()");
            evaluate_in(&mut two, "use()");
        }
        if first_goes_first {
            drop(one);
            evaluate_in(&mut two, "use()");
        } else {
            drop(two);
            evaluate_in(&mut one, "use()");
        }
    }
}
#[test]
fn one_goes_while_another_is_in_use() {
    on_large_stack(goes_in_use);
}
fn goes_in_use() {
    let mut one = vm();
    start(&mut one);
    one.scope(|s| {
        let mut two = vm();
        start(&mut two);
        drop(two);
        assert!(evaluate(s, "use()", &Origin::file("vms.js")).is_ok());
    });
}
