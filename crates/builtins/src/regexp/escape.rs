//! RegExp.escape and the source text of patterns.

use spey_base::chars::{is_lead_surrogate, is_line_terminator, is_trail_surrogate, is_white_space};
use spey_core::error;
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::string::{self, JsString};

/// RegExp.escape ( S ), ECMA-262 §22.2.5.1
pub(super) fn escape<'s>(
    s: &mut Scope<'s>,
    _: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let Some(text) = args.get(0).as_string() else {
        let text = error::describe(s, args.get(0));
        return s.throw_type_error(&format!("{text} is not a string"));
    };
    let units = text.to_units(s);
    let mut out: Vec<u16> = Vec::with_capacity(units.len() + 8);
    for (i, &u) in units.iter().enumerate() {
        if i == 0 && (u as u8 as char).is_ascii_alphanumeric() && u < 128 {
            // A leading digit or letter could join an escape before it.
            push_hex(&mut out, u);
        } else {
            encode(&mut out, &units, i);
        }
    }
    string::check_length(s, out.len())?;
    Ok(string::new_utf16(s, &out).value())
}
/// EncodeForRegExpEscape, ECMA-262 §22.2.5.1.1, of the code unit at `i`.
fn encode(out: &mut Vec<u16>, units: &[u16], i: usize) {
    let u = units[i];
    let ascii = if u < 128 { u as u8 } else { 0 };
    match ascii {
        b'^' | b'$' | b'\\' | b'.' | b'*' | b'+' | b'?' | b'(' | b')' | b'[' | b']' | b'{' | b'}' | b'|'
        | b'/' => {
            out.extend([b'\\' as u16, u]);
        }
        b'\t' => out.extend([b'\\' as u16, b't' as u16]),
        b'\n' => out.extend([b'\\' as u16, b'n' as u16]),
        0x0b => out.extend([b'\\' as u16, b'v' as u16]),
        0x0c => out.extend([b'\\' as u16, b'f' as u16]),
        b'\r' => out.extend([b'\\' as u16, b'r' as u16]),
        b',' | b'-' | b'=' | b'<' | b'>' | b'#' | b'&' | b'!' | b'%' | b':' | b';' | b'@' | b'~' | b'\''
        | b'`' | b'"' => {
            push_hex(out, u);
        }
        _ if is_white_space(u) || is_line_terminator(u) || is_lone_surrogate(units, i) => push_hex(out, u),
        _ => out.push(u),
    }
}
fn is_lone_surrogate(units: &[u16], i: usize) -> bool {
    if is_lead_surrogate(units[i]) {
        return !units.get(i + 1).is_some_and(|&u| is_trail_surrogate(u));
    }
    is_trail_surrogate(units[i]) && !(i > 0 && is_lead_surrogate(units[i - 1]))
}
/// `\xhh` or `\uhhhh`
fn push_hex(out: &mut Vec<u16>, u: u16) {
    let text = if u < 256 { format!("\\x{u:02x}") } else { format!("\\u{u:04x}") };
    out.extend(text.bytes().map(u16::from));
}

/// EscapeRegExpPattern, ECMA-262 §22.2.6.13.1
pub(super) fn escape_pattern<'s>(s: &mut Scope<'s>, source: Local<'_, JsString>) -> Local<'s, JsString> {
    if source.length() == 0 {
        return s.string("(?:)");
    }
    source.flatten(s);
    let escaped = {
        let token = s.no_gc();
        let view = source.view(&token);
        if view.units().any(|u| u == b'/' as u16 || is_line_terminator(u)) {
            Some(escape_units(view.units()))
        } else {
            None
        }
    };
    match escaped {
        Some(units) => string::new_utf16(s, &units),
        None => {
            let raw = source.raw();
            string::expect_string(s.local(raw))
        }
    }
}
fn escape_units(units: impl Iterator<Item = u16>) -> Vec<u16> {
    let mut out = vec![];
    let (mut after_backslash, mut in_class) = (false, false);
    for u in units {
        let escape = match u {
            0x0a => Some("n"),
            0x0d => Some("r"),
            0x2028 => Some("u2028"),
            0x2029 => Some("u2029"),
            _ => None,
        };
        if let Some(text) = escape {
            if !after_backslash {
                out.push(b'\\' as u16);
            }
            out.extend(text.bytes().map(u16::from));
            after_backslash = false;
            continue;
        }
        if after_backslash {
            after_backslash = false;
        } else {
            match u {
                0x5c => after_backslash = true,
                0x5b => in_class = true,
                0x5d => in_class = false,
                0x2f if !in_class => out.push(b'\\' as u16),
                _ => {}
            }
        }
        out.push(u);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> String {
        String::from_utf16_lossy(&escape_units(text.encode_utf16()))
    }

    #[test]
    fn sources() {
        assert_eq!(source("a/b"), "a\\/b");
        assert_eq!(source("a\\/b"), "a\\/b");
        assert_eq!(source("[/]/"), "[/]\\/");
        assert_eq!(source("\n\\\n\u{2028}"), "\\n\\n\\u2028");
    }
}
