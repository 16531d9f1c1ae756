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
#[test]
fn enumeration_leaves_out_what_was_deleted_before_its_turn() {
    let run = |program: &str, expected: &str| {
        check(&format!("(function () {{ let out = []; {program}; return out.join(); }})()"), expected);
    };
    run("let a = [5, , 7, 8]; for (const i in a) { out.push(i); delete a[2]; }", "0,3");
    run(
        "let a = [5, 6, 7]; a.x = 1; for (const i in a) { out.push(i); a.length = 1; a.push(1); delete a.x; }",
        "0,1",
    );
    run(
        "let a = [1]; a[5e6] = 2; a[4e9] = 3; a.p = 4; for (const i in a) out.push(typeof i, i);",
        "string,0,string,5000000,string,4000000000,string,p",
    );
    run(
        "let a = []; Object.defineProperty(a, 1, { value: 1 }); a[3] = 2; for (const i in a) out.push(i);",
        "3",
    );
    run(
        "let o = { b: 1, 7: 2, a: 3, 2: 4 }; for (const i in o) { out.push(i); o[9] = 1; delete o.b; }",
        "2,7,a",
    );
    run(
        "let p = { inherited: 1, last: 2 }, o = Object.create(p, { own: { value: 1, enumerable: true } }); \
         for (const i in o) { out.push(i); delete p.last; }",
        "own,inherited",
    );
    run(
        "let a = [1, 2]; a.__proto__ = { 1: 0, 4: 0 }; for (const i in a) { out.push(i); delete a[1]; }",
        "0,1,4",
    );
    // Of proxies, ownKeys and getOwnPropertyDescriptor are asked, once.
    run(
        "let p = new Proxy({ x: 1, y: 2 }, { has() { out.push('has'); return true; }, \
         getOwnPropertyDescriptor(t, k) { out.push('own'); return Reflect.getOwnPropertyDescriptor(t, k); } }); \
         let n = 0; for (const i in Object.create(p)) n++; for (const i in p) n++; out.push(n)",
        "own,own,own,own,4",
    );
}
#[test]
fn long_texts_are_quoted_as_short_ones() {
    // The texts are longer than what is quoted at once, with a pair of surrogates and a lone one at each place around its end.
    check(
        "(function () { const bad = []; for (let k = -3; k < 4; k++) for (const t of ['\\u{1f600}', '\\ud800', '\"', '\\x01']) { \
         const s = 'é'.repeat(65536 + k) + t + 'x'.repeat(70000) + t; const q = JSON.stringify(s); \
         const short = JSON.stringify(t).slice(1, -1); \
         if (q !== '\"' + 'é'.repeat(65536 + k) + short + 'x'.repeat(70000) + short + '\"' \
           || JSON.stringify([s, { s }]) !== '[' + q + ',{\"s\":' + q + '}]' || JSON.parse(q) !== s) bad.push(k, t); } \
         return bad.length; })()",
        "0",
    );
}
