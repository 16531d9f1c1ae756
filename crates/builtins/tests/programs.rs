//! Programs that print a line each, compared with what they must print.

use spey_core::script::{Origin, evaluate};
use spey_core::vm::{Vm, VmConfig};

fn check(program: &str, expected: &str) {
    let mut vm = Vm::new(VmConfig::default());
    vm.scope(|s| {
        spey_core::realm::create(s, spey_builtins::install);
        match evaluate(s, program, &Origin::file("program.js")) {
            Ok(v) => assert_eq!(spey_core::conversion::to_text(s, v).ok().as_deref(), Some(expected)),
            Err(t) => {
                let e = s.take_exception(t);
                panic!("{}", spey_core::error::describe(s, e));
            }
        }
    });
}
#[test]
fn patterns_assign_to_the_variable_they_take_apart() {
    check("(function () { let x = { x: 1, k: 2 }, k; ({ x, k } = x); return [x, k]; })().join()", "1,2");
    check("(function () { let a = [3, 4], b; [a, b] = a; return [a, b]; })().join()", "3,4");
    check("(function () { var o = { o: 1, p: 2 }; var { o, p } = o; return [o, p]; })().join()", "1,2");
    check("(function (o) { let { a = (o = null), b } = o; return [a, b, o]; })({ b: 2 }).join()", ",2,");
}
#[test]
fn closures_in_a_loop_head_see_the_variables_outside() {
    check(
        "(function () { let q = 5, out = []; for (const f of [(g) => { out.push(q); g(); }]) { const d = 1; \
         f(() => out.push(typeof f, d)); } return out; })().join()",
        "5,function,1",
    );
    check(
        "(function () { let o = 0; for (const k in { get a() { return o++; } }) (() => k)(); return o; })()",
        "0",
    );
}
