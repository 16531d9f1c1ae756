//! File tests: the bytecode of every file in `cases`. `BLESS=1 cargo test -p spey-compile` writes the expected output.

use std::fs;
use std::path::Path;

use spey_bytecode::{CompiledUnit, EvalSite, JsStr, ScopeBinding, ScopeInfo, ScopeKind, SyntaxErrorKind};
use spey_compile::{DynamicKind, Goal, Language, Options, Unit, dynamic_function_source};

fn compile(source: &str, goal: Goal, language: Language) -> Result<CompiledUnit, spey_bytecode::SyntaxError> {
    let unit = Unit::parse(source.into(), &Options { goal, language, file_name: "test" })?;
    let functions = (0..unit.function_count()).map(|f| unit.compile(f)).collect::<Result<_, _>>()?;
    let compiled = CompiledUnit {
        functions,
        declarations: unit.declarations().clone(),
        module: unit.module().cloned(),
        templates: unit.templates().to_vec(),
    };
    spey_bytecode::verify::unit(&compiled).unwrap_or_else(|e| panic!("{source}: {e:?}"));
    Ok(compiled)
}

fn error(source: &str, goal: Goal) -> String {
    match compile(source, goal, Language::JavaScript) {
        Ok(_) => panic!("accepted: {source}"),
        Err(e) => e.message,
    }
}

#[test]
fn bytecode_of_files() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut paths: Vec<_> = fs::read_dir(directory).unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        let (goal, language) = match path.extension().and_then(|e| e.to_str()) {
            Some("js") => (Goal::Script, Language::JavaScript),
            Some("mjs") => (Goal::Module, Language::JavaScript),
            Some("ts") => (Goal::Module, Language::TypeScript),
            _ => continue,
        };
        let unit = compile(&fs::read_to_string(&path).unwrap(), goal, language).unwrap();
        let text = spey_bytecode::print::unit(&unit);
        let expected = path.with_added_extension("txt");
        if std::env::var_os("BLESS").is_some() {
            fs::write(&expected, text).unwrap();
        } else {
            assert_eq!(text, fs::read_to_string(&expected).unwrap_or_default(), "{}", path.display());
        }
    }
}

#[test]
fn messages() {
    for (source, message) in [
        ("}", "Unexpected token '}'"),
        ("let x; let x;", "Identifier 'x' has already been declared"),
        ("f(1 2)", "missing ) after argument list"),
        ("function f() {", "Unexpected end of input"),
        ("return 1", "Illegal return statement"),
        ("1 = 2", "Invalid left-hand side in assignment"),
        ("'use strict'; let = 1", "Unexpected strict mode reserved word"),
        ("break;", "Illegal break statement"),
        ("var s = 'a", "Invalid or unexpected token"),
        ("\u{fffd}\u{fffd} abc(", "Invalid or unexpected token"),
        ("foo bar", "Unexpected identifier 'bar'"),
        ("a 1", "Unexpected number"),
        ("a 'x'", "Unexpected string"),
        ("const x;", "Missing initializer in const declaration"),
        ("continue x;", "Undefined label 'x'"),
        ("super()", "'super' keyword unexpected here"),
        ("await 1", "await is only valid in async functions and the top level bodies of modules"),
        ("class A { constructor() {} constructor() {} }", "A class may only have one constructor"),
        ("a.#x", "Private field '#x' must be declared in an enclosing class"),
        ("import 'x'", "Cannot use import statement outside a module"),
        ("new.target", "new.target expression is not allowed here"),
        ("try {}", "Missing catch or finally after try"),
        ("'use strict'; with (a) {}", "Strict mode code may not include a with statement"),
        ("'use strict'; 010", "Octal literals are not allowed in strict mode."),
        ("`a", "Unterminated template literal"),
        ("/a", "Invalid regular expression: missing /"),
        ("a++ = 1", "Invalid left-hand side in assignment"),
        ("1++", "Invalid left-hand side expression in postfix operation"),
    ] {
        assert_eq!(error(source, Goal::Script), message, "{source}");
    }
}

/// Early errors that the grammar does not show, one of each kind and place.
#[test]
fn early_errors() {
    let scripts = [
        // names
        "let a; var a",
        "var a; let a",
        "let a; { var a }",
        "{ let a; { var a } }",
        "{ var a; let a }",
        "{ function a() {} var a }",
        "{ function a() {} let a }",
        "for (let a;;) { var a }",
        "for (let [a, a] of b);",
        "for (let a of b) { var a }",
        "switch (b) { case 1: let a; case 2: let a }",
        "switch (b) { case 1: let a; default: { var a } }",
        "try {} catch ([a, a]) {}",
        "try {} catch (a) { let a }",
        "try {} catch (a) { function a() {} }",
        "try {} catch ([a]) { var a }",
        "function f(a) { let a }",
        "function f(a = 1) { let a }",
        "function f([a]) { const a = 1 }",
        "function f() { var a; let a }",
        "function f() { let a; function a() {} }",
        "function f() { 'use strict'; { function a() {} function a() {} } }",
        "function f() { var arguments; let arguments }",
        "(a, a) => 1",
        "function f(a, [a]) {}",
        "'use strict'; function f(a, a) {}",
        "({ m(a, a) {} })",
        "class A {} var A",
        "class A { static { let a; var a } }",
        "let let = 1",
        "using a = null",
        "await using a = null",
        // strict code
        "'use strict'; eval = 1",
        "'use strict'; arguments++",
        "'use strict'; ({ eval } = a)",
        "'use strict'; [arguments] = a",
        "'use strict'; for (eval in a);",
        "'use strict'; var eval",
        "'use strict'; var static",
        "'use strict'; a = yield",
        "'use strict'; package: a",
        "'use strict'; delete a",
        "'use strict'; delete ((a))",
        "'use strict'; 09",
        "'use strict'; a['\\08']",
        "'use strict'; ({ '\\1': 1 })",
        "'use strict'; ({ 010: a } = b)",
        "'use strict'; if (a) function f() {}",
        "function f() { '\\07'; 'use strict' }",
        "() => { 'use strict'; '\\8' }",
        "function eval() { 'use strict' }",
        "function f(arguments) { 'use strict' }",
        "function f(a = 1) { 'use strict' }",
        "(...a) => { 'use strict' }",
        "class A { m() { with (a) {} } }",
        "class eval {}",
        "class A extends (delete a) {}",
        "(class { ['\\01']() {} })",
        // statements
        "while (a) function f() {}",
        "for (;;) function f() {}",
        "while (a) b: function f() {}",
        "if (a) b: function f() {}",
        "continue",
        "a: continue",
        "a: { continue a }",
        "a: a: b",
        "a: { b: { a: c } }",
        "while (a) { function f() { break } }",
        "while (a) { (() => { continue })() }",
        "a: { (() => { break a }) }",
        "while (a) { class A { static { break } } }",
        "switch (a) { default: continue }",
        "for (let a = 1 of b);",
        "'use strict'; for (var a = 1 in b);",
        // functions and classes
        "super.a",
        "function f() { super.a }",
        "({ f: function () { super.a } })",
        "({ m() { super() } })",
        "class A { constructor() { super() } }",
        "class A extends B { m() { super() } }",
        "class A extends B { a = super() }",
        "class A extends B { [super.a]() {} }",
        "function* f(a = yield) {}",
        "async function f(a = await b) {}",
        "class A { static { await } }",
        "class A { static { (await => 1) } }",
        "class A { a = arguments }",
        "class A { a = () => arguments }",
        "class A { static { arguments } }",
        "class A { #a; #a }",
        "class A { #a; get #a() {} }",
        "class A { get #a() {} get #a() {} }",
        "class A { static get #a() {} set #a(b) {} }",
        "class A { m() { this.#b } }",
        "class A extends (a.#b) { #b }",
        "class A { #a; m() { delete this.#a } }",
        "class A { #a; m() { delete this?.#a } }",
        "#a in b",
        "({ __proto__: a, '__proto__': b })",
        "export { a }",
        "{ import 'a' }",
    ];
    for source in scripts {
        error(source, Goal::Script);
    }
    let modules = [
        "import a from 'a'; let a",
        "import a from 'a'; function a() {}",
        "import { a } from 'a'; import { a } from 'b'",
        "import * as eval from 'a'",
        "function a() {} function a() {}",
        "var a; function a() {}",
        "export { a }",
        "{ export let a }",
        "function f() { import 'a' }",
        "import '\\01'",
        "let await",
        "function f() { return await }",
    ];
    for source in modules {
        error(source, Goal::Module);
    }
    for source in [
        "var a; var a; function a() {} function a() {}",
        "function f(a, a) { var a; function a() {} }",
        "function f(a = 1) { var a }",
        "(function a(a) { var a })",
        "(function a() { let a })",
        "try {} catch (a) { var a }",
        "let a; { let a; { function f() { var a } } }",
        "{ function a() {} function a() {} }",
        "a: b: for (;;) { switch (1) { case 1: continue a; default: break b } }",
        "a: { break a } a: { break a }",
        "010 + '\\01'",
        "'use strict'; '\\0' + '\\\\1'",
        "var let, static, yield, await, eval, arguments; delete let",
        "({ m() { super.a }, get a() { return () => super.b } })",
        "class A extends B { a = super.b; static { super.c } constructor() { (() => super())() } }",
        "class A { get #a() {} set #a(b) {} static m(o) { return #a in o } }",
        "class A { static { var a; { var a } function b() {} var b } }",
        "({ __proto__: a, __proto__() {}, ['__proto__']: b })",
        "function* f() { yield; (function* (a) { yield a }) }",
    ] {
        if let Err(e) = compile(source, Goal::Script, Language::JavaScript) {
            panic!("{source}: {}", e.message);
        }
    }
}

#[test]
fn deep_nesting_is_a_range_error() {
    let source = format!("{}1{}", "(".repeat(20_000), ")".repeat(20_000));
    let e = compile(&source, Goal::Script, Language::JavaScript).unwrap_err();
    assert_eq!(e.kind, SyntaxErrorKind::Range);
    compile(&format!("x = {}a", "a + ".repeat(50_000)), Goal::Script, Language::JavaScript).unwrap();
}

#[test]
fn direct_eval_sees_its_site() {
    let mut site = EvalSite::default();
    assert_eq!(
        error("new.target", Goal::Eval { site: Some(&site) }),
        "new.target expression is not allowed here"
    );
    site.allow_new_target = true;
    site.private_names.push(JsStr::new("#x"));
    let binding = |name: &str, slot, lexical| ScopeBinding {
        name: JsStr::new(name),
        slot,
        mutability: spey_bytecode::Mutability::Mutable,
        lexical,
    };
    site.scopes = vec![
        ScopeInfo { kind: ScopeKind::Block, bindings: vec![binding("x", 0, true), binding("#x", 1, false)] },
        ScopeInfo {
            kind: ScopeKind::Function,
            bindings: vec![
                binding("y", 0, false),
                binding("this", 1, false),
                binding("new.target", 2, false),
            ],
        },
        ScopeInfo { kind: ScopeKind::EvalVar, bindings: Vec::new() },
    ];
    let goal = Goal::Eval { site: Some(&site) };
    let unit =
        compile("var v = x + y + z; this.#x; new.target; () => this", goal, Language::JavaScript).unwrap();
    let text = spey_bytecode::print::unit(&unit);
    for part in ["GetEnvUp", "DeclareEvalVar", "LookupGet", "CheckTdz", "GetPrivate"] {
        assert!(text.contains(part), "{part} in\n{text}");
    }
}

#[test]
fn function_bodies_and_dynamic_functions() {
    let params = ["exports", "require"];
    let unit = compile(
        "const x = require('x'); return x(arguments);",
        Goal::FunctionBody { params: &params },
        Language::JavaScript,
    )
    .unwrap();
    assert_eq!(unit.functions[1].param_count, 2);
    let kind = DynamicKind::Async;
    let source = dynamic_function_source("a, b", "return await a + b", kind);
    let goal = Goal::DynamicFunction { params: "a, b", body: "return await a + b", kind };
    let unit = compile(&source, goal, Language::JavaScript).unwrap();
    assert!(unit.functions[1].is_async);
    let goal = Goal::DynamicFunction { params: "/*", body: "*/){", kind: DynamicKind::Normal };
    let source = dynamic_function_source("/*", "*/){", DynamicKind::Normal);
    assert!(compile(&source, goal, Language::JavaScript).is_err());
}

/// Numbers of constants and caches in 16 bits run out; names keep theirs, and what is left does without.
#[test]
fn literals_of_any_size() {
    let mut source = String::from("const data = {");
    for i in 0..70_000 {
        source.push_str(&format!("k{i}:'v{i}',"));
    }
    source.push_str("};data.k69999.x;var later=data[`k${1}`];/k3/.test(later);typeof k69998;k69999=1;");
    let unit = compile(&source, Goal::Script, Language::JavaScript).expect("fits");
    let text = spey_bytecode::print::unit(&unit);
    for part in [r#""k69999""#, r#""v69999""#, r#"GetGlobal"#, r#"="k69999""#, r#"="k69998""#] {
        assert!(text.contains(part), "{part}");
    }
}
