//! Compiling and running source text: scripts, function bodies, the embedded library.

use std::rc::Rc;

use spey_compile::{Goal, Language, Options};
use spey_gc::{LedgerCategory, Value as Raw};

use crate::cell::Object;
use crate::code::{ScriptUnit, UnitBody};
use crate::native::ExternalBytes;
use crate::scope::{JsResult, Local, Scope, Value};
use crate::string::{JsString, StrView};

/// Where source text comes from.
#[derive(Clone)]
pub struct Origin<'a> {
    /// File name or URL for stack traces.
    pub name: &'a str,
    /// 0-based line of the first character.
    pub line_offset: u32,
    /// 0-based column of the first character.
    pub column_offset: u32,
    /// Language.
    pub language: Language,
    /// Part of the embedded library.
    pub internal: bool,
}

impl<'a> Origin<'a> {
    /// A JavaScript file.
    pub fn file(name: &'a str) -> Origin<'a> {
        Origin { name, line_offset: 0, column_offset: 0, language: Language::JavaScript, internal: false }
    }
}

/// A string as source text. The parser takes Unicode text, so that a code unit that is half of a surrogate pair becomes an
/// escape, which has the same value in literals.
///
/// DEVIATION: the escape shows where the text itself does: `source` of regular expressions, raw strings of templates,
/// functions as strings.
pub fn source_text(s: &mut Scope<'_>, text: Local<'_, JsString>) -> String {
    text.flatten(s);
    let token = s.no_gc();
    let StrView::Utf16(units) = text.view(&token) else { return text.to_text(s) };
    let mut out = String::with_capacity(units.len());
    // Behind an odd number of backslashes: one of them belongs to the character.
    let mut escaped = false;
    for c in char::decode_utf16(units.iter().copied()) {
        match c {
            Ok(c) => {
                out.push(c);
                escaped = c == '\\' && !escaped;
            }
            Err(half) => {
                let escape = format!("\\u{:04x}", half.unpaired_surrogate());
                out.push_str(if escaped { &escape[1..] } else { &escape });
                escaped = false;
            }
        }
    }
    out
}
/// Parses source text; SyntaxError is thrown.
pub fn compile(
    s: &mut Scope<'_>,
    source: &str,
    origin: &Origin<'_>,
    goal: Goal<'_>,
) -> JsResult<Rc<ScriptUnit>> {
    let options = Options { goal, language: origin.language, file_name: origin.name };
    let text: Rc<str> = Rc::from(source);
    let parsed = spey_compile::Unit::parse(text.clone(), &options);
    let mut memory = ExternalBytes::new(s.vm(), LedgerCategory::Code);
    if let Ok(unit) = &parsed {
        memory.set(&mut s.vm().heap, unit.memory_bytes());
    }
    let unit = |body| ScriptUnit {
        name: origin.name.to_string(),
        source: text.clone(),
        line_offset: origin.line_offset,
        column_offset: origin.column_offset,
        body,
        lines: Default::default(),
        line_table: &[],
        package: 0,
        internal: origin.internal,
        memory: Some(memory),
    };
    s.vm().units.count += 1;
    match parsed {
        Ok(u) => Ok(Rc::new(unit(UnitBody::Source(u)))),
        Err(e) => {
            let u = unit(UnitBody::Failed);
            crate::error::throw_compile_error(s, &u, &e)
        }
    }
}
/// What distinguishes source text, and what it is compiled as, from other such: the key of [`to_cache`].
pub fn cache_key(source: &str, goal: &Goal<'_>, language: Language) -> u64 {
    let mut text = format!("{language:?} ");
    match goal {
        Goal::Script => text.push_str("script"),
        Goal::Module => text.push_str("module"),
        Goal::FunctionBody { params } => text.push_str(&params.join(",")),
        _ => text.push_str("eval"),
    }
    text.push('\0');
    text.push_str(source);
    let half = |seed| u64::from(spey_base::hash::hash_latin1(text.as_bytes(), seed));
    half(1) << 32 | half(2)
}
/// A unit as bytes for [`from_cache`]: bytecode of all its functions, whether they have run or not. None if one of them
/// cannot be compiled.
pub fn to_cache(unit: &ScriptUnit, key: u64) -> Option<Vec<u8>> {
    let u = match &unit.body {
        UnitBody::Source(u) => u,
        UnitBody::Binary(u) => return u.bytes().map(<[u8]>::to_vec),
        UnitBody::Failed => return None,
    };
    let functions = (0..u.function_count()).map(|i| u.compile(i)).collect::<Result<_, _>>().ok()?;
    let compiled = spey_bytecode::CompiledUnit {
        functions,
        declarations: u.declarations().clone(),
        module: u.module().cloned(),
        templates: u.templates().to_vec(),
    };
    spey_bytecode::serialize::encode(&compiled, key).ok()
}
/// The unit of `source` from bytes that [`to_cache`] made of the same text; None if they are not that. Bytes may come from
/// anywhere: all code is verified.
pub fn from_cache(
    s: &mut Scope<'_>,
    source: &str,
    origin: &Origin<'_>,
    bytes: Rc<[u8]>,
    key: u64,
) -> Option<Rc<ScriptUnit>> {
    let body = crate::code::BinaryUnit::verified(bytes, key)?;
    let mut memory = ExternalBytes::new(s.vm(), LedgerCategory::Code);
    memory.set(&mut s.vm().heap, body.bytes().map_or(0, <[u8]>::len) + source.len());
    s.vm().units.count += 1;
    Some(Rc::new(ScriptUnit {
        name: origin.name.to_string(),
        source: Rc::from(source),
        line_offset: origin.line_offset,
        column_offset: origin.column_offset,
        body: UnitBody::Binary(body),
        lines: Default::default(),
        line_table: &[],
        package: 0,
        internal: false,
        memory: Some(memory),
    }))
}
/// A unit decoded from bytes made at build time. `line_table`: byte offsets of the line starts of its source, as
/// little-endian 32-bit numbers.
pub fn from_binary(
    name: &str,
    view: spey_bytecode::serialize::UnitView<'static>,
    line_table: &'static [u8],
) -> Rc<ScriptUnit> {
    Rc::new(ScriptUnit {
        name: name.to_string(),
        source: Rc::from(""),
        line_offset: 0,
        column_offset: 0,
        body: UnitBody::Binary(crate::code::BinaryUnit::new(view)),
        lines: Default::default(),
        line_table,
        package: 0,
        internal: true,
        memory: None,
    })
}
/// The value of the closure that a unit's top level returns: units of Goal::FunctionBody and Goal::DynamicFunction.
pub fn run_for_closure<'s>(
    s: &mut Scope<'s>,
    unit: &Rc<ScriptUnit>,
    host_defined: Local<'_, Value>,
) -> JsResult<Local<'s, Object>> {
    let u = s.undefined();
    let top = crate::code::instantiate(s, unit, u, host_defined);
    let v = crate::call::call(s, top.value(), u, &[])?;
    Ok(v.as_object().expect("the top level returns a closure"))
}
/// The function that a unit of Goal::FunctionBody is the body of: what [`run_for_closure`] gives, but without running the
/// top level, which does nothing else.
pub fn body_function<'s>(s: &mut Scope<'s>, unit: &Rc<ScriptUnit>) -> Local<'s, Object> {
    let undefined = s.undefined();
    crate::code::instantiate_function(s, unit, 1, undefined, undefined)
}
/// ScriptEvaluation, ECMA-262 §16.1.6: the completion value.
pub fn run<'s>(
    s: &mut Scope<'s>,
    unit: &Rc<ScriptUnit>,
    host_defined: Local<'_, Value>,
) -> JsResult<Local<'s, Value>> {
    let u = s.undefined();
    let top = crate::code::instantiate(s, unit, u, host_defined);
    crate::dynamic_scope::declare_globals(s, &crate::function::closure_code(top), false)?;
    let this = s.vm().realm().global_this;
    let this = s.local(this);
    crate::call::call(s, top.value(), this, &[])
}
/// Compiles and runs a script.
pub fn evaluate<'s>(s: &mut Scope<'s>, source: &str, origin: &Origin<'_>) -> JsResult<Local<'s, Value>> {
    let unit = compile(s, source, origin, Goal::Script)?;
    let u = s.local(Raw::UNDEFINED);
    run(s, &unit, u)
}
