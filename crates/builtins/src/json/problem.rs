//! What is wrong with a JSON text, in V8's words.

use spey_base::Units;
use spey_core::scope::{JsResult, Scope};

/// What is wrong with the text at a position.
pub(super) enum Problem {
    /// Nothing more specific: the token there, or the end of the text.
    Token,
    /// V8's message without position.
    At(&'static str),
}
pub(super) struct SyntaxProblem {
    pub(super) position: usize,
    pub(super) problem: Problem,
}
pub(super) type Parsed<T> = Result<T, SyntaxProblem>;

/// 1-based line and column of a position.
fn line_and_column(text: Units<'_>, position: usize) -> (usize, usize) {
    let (mut line, mut start) = (1, 0);
    let mut i = 0;
    while i < position.min(text.len()) {
        let unit = text.get(i);
        if unit == Some(0x0d) && text.get(i + 1) == Some(0x0a) && i + 1 < position {
            i += 1;
        }
        if matches!(unit, Some(0x0a | 0x0d)) {
            line += 1;
            start = i + 1;
        }
        i += 1;
    }
    (line, position - start + 1)
}
/// V8's message for a problem.
fn message(text: Units<'_>, p: &SyntaxProblem) -> String {
    /// Units shown on each side of an unexpected token in a long text.
    const CONTEXT: usize = 10;
    if let Problem::At(what) = p.problem {
        let (line, column) = line_and_column(text, p.position);
        // One of V8's texts has the preposition already.
        let place = if what.ends_with("JSON") { "at" } else { "in JSON at" };
        return format!("{what} {place} position {} (line {line} column {column})", p.position);
    }
    let Some(unit) = text.get(p.position) else { return String::from("Unexpected end of JSON input") };
    let (line, column) = line_and_column(text, p.position);
    match unit {
        0x22 => {
            return format!(
                "Unexpected string in JSON at position {} (line {line} column {column})",
                p.position
            );
        }
        0x30..=0x39 | 0x2d => {
            return format!(
                "Unexpected number in JSON at position {} (line {line} column {column})",
                p.position
            );
        }
        _ => {}
    }
    for special in ["NaN", "Infinity", "undefined", "[object Object]"] {
        if text.same(Units::Latin1(special.as_bytes())) {
            return format!("\"{special}\" is not valid JSON");
        }
    }
    let token = text.slice(p.position, p.position + 1).to_utf8();
    let length = text.len();
    let (from, to) = if length > 2 * CONTEXT {
        (
            p.position.saturating_sub(CONTEXT),
            if p.position + CONTEXT >= length { length } else { p.position + CONTEXT },
        )
    } else {
        (0, length)
    };
    let before = if from > 0 { "..." } else { "" };
    let after = if to < length { "..." } else { "" };
    format!(
        "Unexpected token '{token}', {before}\"{}\"{after} is not valid JSON",
        text.slice(from, to).to_utf8()
    )
}
#[cold]
pub(super) fn throw_problem<T>(s: &mut Scope<'_>, text: Units<'_>, p: &SyntaxProblem) -> JsResult<T> {
    let message = message(text, p);
    s.throw_syntax_error(&message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages() {
        let at = |text: &str, position, problem| {
            message(Units::Latin1(text.as_bytes()), &SyntaxProblem { position, problem })
        };
        assert_eq!(at("nulx", 3, Problem::Token), "Unexpected token 'x', \"nulx\" is not valid JSON");
        assert_eq!(at("", 0, Problem::Token), "Unexpected end of JSON input");
        assert_eq!(at("undefined", 0, Problem::Token), "\"undefined\" is not valid JSON");
        assert_eq!(
            at("1 2", 2, Problem::At("Unexpected non-whitespace character after JSON")),
            "Unexpected non-whitespace character after JSON at position 2 (line 1 column 3)"
        );
        assert_eq!(
            at("\r\n[1\n2]", 5, Problem::At("Expected ',' or ']' after array element")),
            "Expected ',' or ']' after array element in JSON at position 5 (line 3 column 1)"
        );
        let long = "a".repeat(40);
        assert_eq!(at(&long, 0, Problem::Token), "Unexpected token 'a', \"aaaaaaaaaa\"... is not valid JSON");
        assert_eq!(
            at(&long, 20, Problem::Token),
            "Unexpected token 'a', ...\"aaaaaaaaaaaaaaaaaaaa\"... is not valid JSON"
        );
        assert_eq!(
            at(&long, 35, Problem::Token),
            "Unexpected token 'a', ...\"aaaaaaaaaaaaaaa\" is not valid JSON"
        );
    }
}
