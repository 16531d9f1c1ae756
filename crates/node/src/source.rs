//! Facts about source text that the loaders need.

use spey_engine::{Goal, JsResult, Language, Local, Scope, Value, script};

/// Language of a file by its name.
pub(crate) fn language(name: &str) -> Language {
    let path = name.split(['?', '#']).next().unwrap_or(name);
    match path.rsplit_once('.').map(|p| p.1) {
        Some("ts" | "mts" | "cts") => Language::TypeScript,
        Some("tsx") => Language::Tsx,
        Some("jsx") => Language::Jsx,
        _ => Language::JavaScript,
    }
}
/// Where source text comes from.
pub(crate) fn origin(name: &str, line_offset: i32, column_offset: i32) -> script::Origin<'_> {
    script::Origin {
        name,
        line_offset: line_offset.max(0) as u32,
        column_offset: column_offset.max(0) as u32,
        language: language(name),
        internal: false,
    }
}
/// Parameters of the function a CommonJS module is the body of.
pub(crate) const CJS_PARAMS: &[&str] = &["exports", "require", "module", "__filename", "__dirname"];

/// Is it a SyntaxError as a CommonJS module, but not as an ES module?
pub(crate) fn is_only_module(s: &mut Scope<'_>, source: &str, name: &str) -> bool {
    let parses = |s: &mut Scope<'_>, goal| match script::compile(s, source, &origin(name, 0, 0), goal) {
        Ok(_) => true,
        Err(t) => {
            s.take_exception(t);
            false
        }
    };
    !parses(s, Goal::FunctionBody { params: CJS_PARAMS }) && parses(s, Goal::Module)
}
/// The URL after the last `//# sourceMappingURL=`.
pub(crate) fn source_map_url<'s>(s: &mut Scope<'s>, source: &str) -> Local<'s, Value> {
    let found = source.rfind("# sourceMappingURL=").or_else(|| source.rfind("@ sourceMappingURL="));
    let url = found.filter(|&i| source[..i].ends_with("//")).map(|i| {
        let rest = &source[i + "# sourceMappingURL=".len()..];
        rest.split(|c: char| c.is_whitespace() || c == '"' || c == '\'').next().unwrap_or("")
    });
    match url {
        Some(u) if !u.is_empty() => s.string_value(u),
        _ => s.undefined(),
    }
}
/// A byte order mark is no part of the text.
pub(crate) fn without_bom(text: String) -> String {
    match text.strip_prefix('\u{feff}') {
        Some(t) => t.to_string(),
        None => text,
    }
}
/// Text of an argument that must be a string.
pub(crate) fn text_argument(s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<String> {
    spey_engine::conversion::to_text(s, v)
}
