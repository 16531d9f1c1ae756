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
