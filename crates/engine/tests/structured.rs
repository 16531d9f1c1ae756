//! Rust values to JavaScript and back.
#![cfg(feature = "serde")]

use serde::{Deserialize, Serialize};
use spey_engine::{Engine, VmConfig, conversion, error, from_js, object, script, to_js};

#[derive(Serialize, Deserialize, PartialEq, Debug)]
enum Shape {
    Point,
    Circle(f64),
    Box { width: u8, height: u8 },
    Line(i16, i16),
}
#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct Everything {
    text: String,
    flag: bool,
    small: i8,
    large: u64,
    negative: i64,
    number: f32,
    letter: char,
    nothing: Option<()>,
    some: Option<String>,
    list: Vec<Shape>,
    tuple: (u8, String),
    map: std::collections::BTreeMap<String, i32>,
}

fn everything() -> Everything {
    Everything {
        text: "Grüße \u{1f600}".into(),
        flag: true,
        small: -7,
        large: u64::MAX,
        negative: i64::MIN,
        number: 1.5,
        letter: 'ß',
        nothing: None,
        some: Some("x".into()),
        list: vec![Shape::Point, Shape::Circle(2.0), Shape::Box { width: 1, height: 2 }, Shape::Line(-1, 1)],
        tuple: (3, "y".into()),
        map: [("a".to_string(), 1), ("1".to_string(), -2)].into(),
    }
}

/// The stack of a test's thread is smaller than that of a program.
fn engine() -> Engine {
    Engine::new(VmConfig { native_stack_bytes: 1 << 20, ..VmConfig::default() })
}

#[test]
fn there_and_back() {
    engine().scope(|s| {
        let v = to_js(s, &everything()).expect("fits");
        let global = s.global();
        object::set_named(s, global, "v", v).expect("set");
        let program = "JSON.stringify([v.text, v.large === 18446744073709551615n, v.list, v.tuple, v.map, v.nothing])";
        let text = script::evaluate(s, program, &script::Origin::file("a.js")).expect("runs");
        let text = conversion::to_text(s, text).expect("text");
        let wanted = r#"["Grüße 😀",true,["Point",{"Circle":2},{"Box":{"width":1,"height":2}},{"Line":[-1,1]}],[3,"y"],{"1":-2,"a":1},null]"#;
        assert_eq!(text, wanted);
        let back: Everything = from_js(s, v).expect("fits");
        assert_eq!(back, everything());
    });
}

#[test]
fn what_does_not_fit_is_a_type_error() {
    engine().scope(|s| {
        for (source, wanted) in [
            ("'x'", "TypeError: invalid type: string \"x\""),
            ("300", "TypeError: invalid value: integer `300`"),
            ("(() => 1)", "TypeError: () => 1 cannot be converted"),
            ("({ get length() { throw new RangeError('mine') } })", "TypeError: invalid type: map"),
            ("new Proxy({}, { ownKeys() { throw new RangeError('mine') } })", "RangeError: mine"),
        ] {
            let v = script::evaluate(s, source, &script::Origin::file("a.js")).expect("runs");
            let Err(thrown) = from_js::<u8>(s, v) else { panic!("{source} fits") };
            let e = s.take_exception(thrown);
            let text = error::describe(s, e);
            assert!(text.starts_with(wanted), "{source}: {text}");
        }
        let v =
            script::evaluate(s, "const a = []; a[0] = a; a", &script::Origin::file("a.js")).expect("runs");
        #[derive(Deserialize)]
        struct Nested(#[allow(dead_code)] Vec<Nested>);
        assert!(from_js::<Nested>(s, v).is_err());
        let bytes = to_js(s, &()).and_then(|v| from_js::<Option<u8>>(s, v)).expect("null is None");
        assert_eq!(bytes, None);
    });
}
