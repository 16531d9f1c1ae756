//! Heads of outgoing messages: checks of names and values, and the usual head written as one string.

use spey_engine::{Args, Kind, Local, NativeSpec, Object, Scope, StrView, Value, object, string};
use spey_host as host;

use super::chars::{self, Class};
use crate::stream_base::{Returned, boolean};

/// Names that change what else belongs to the head: JavaScript looks at those.
const SPECIAL: &[&[u8]] =
    &[b"connection", b"transfer-encoding", b"trailer", b"expect", b"keep-alive", b"content-disposition"];

/// Bits of `headInfo[0]`.
const CONTENT_LENGTH: u32 = 1;
const DATE: u32 = 2;

/// What [`render_head`] has found: its flags, and the content length.
struct Info(host::SharedArray<f64>);

static FUNCTIONS: &[NativeSpec] = &[
    NativeSpec::new("isToken", 1, is_token),
    NativeSpec::new("isFieldValue", 1, is_field_value),
    NativeSpec::new("renderHead", 5, render_head),
];

pub(super) fn install(s: &mut Scope<'_>, target: Local<'_, Object>) {
    host::define_functions(s, target, FUNCTIONS);
    match host::SharedArray::new(s, 2) {
        Ok(info) => {
            let array = info.object(s);
            host::define_value(s, target, "headInfo", array.value());
            host::agent(s).extension::<Option<Info>>().replace(Info(info));
        }
        // Without memory for it the whole process is about to end.
        Err(thrown) => {
            s.take_exception(thrown);
        }
    }
}

/// Is this a string that is a `token`?
fn is_token<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let Some(text) = args.get(0).as_string() else { return Ok(s.bool(false)) };
    text.flatten(s);
    let is = match text.view(&s.no_gc()) {
        StrView::Latin1(bytes) => is_token_bytes(bytes),
        StrView::Utf16(_) => false,
    };
    Ok(s.bool(is))
}

/// May this string stand as the value of a field?
fn is_field_value<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let Some(text) = args.get(0).as_string() else { return Ok(s.bool(false)) };
    text.flatten(s);
    let is = match text.view(&s.no_gc()) {
        StrView::Latin1(bytes) => chars::run_value(bytes) == bytes.len(),
        StrView::Utf16(_) => false,
    };
    Ok(s.bool(is))
}

fn is_token_bytes(bytes: &[u8]) -> bool {
    !bytes.is_empty() && chars::run(bytes, Class::TOKEN) == bytes.len()
}

/// `renderHead(start, fields, date, end, inPairs)`: the start line, the fields of an object, the date line unless a field is the
/// date, and `end`; then, if a field is the content length, the empty line. With `inPairs` the values of `fields` are arrays of
/// name and value. Undefined, if there is a field that is not plain text or says how the connection goes on, or `fields` is no
/// plain object.
fn render_head<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let mut head = Vec::with_capacity(512);
    let in_pairs = boolean(args, 4);
    let mut fields = Fields { flags: 0, content_length: 0.0 };
    let complete = append_text(s, args.get(0), &mut head)
        && (args.get(1).is_undefined() || fields.append(s, args.get(1), in_pairs, &mut head))
        && (fields.flags & DATE != 0 || append_text(s, args.get(2), &mut head))
        && append_text(s, args.get(3), &mut head);
    if !complete {
        return Ok(s.undefined());
    }
    if fields.flags & CONTENT_LENGTH != 0 {
        head.extend_from_slice(b"\r\n");
    }
    if let Some(info) = host::agent(s).extension::<Option<Info>>() {
        info.0.set(0, f64::from(fields.flags));
        info.0.set(1, fields.content_length);
    }
    Ok(string::new_latin1(s, &head).value())
}

/// Appends a Latin-1 string; false for anything else.
fn append_text(s: &mut Scope<'_>, v: Local<'_, Value>, head: &mut Vec<u8>) -> bool {
    let Some(text) = v.as_string() else { return false };
    text.flatten(s);
    match text.view(&s.no_gc()) {
        StrView::Latin1(bytes) => head.extend_from_slice(bytes),
        StrView::Utf16(_) => return false,
    }
    true
}

fn append_int(n: i32, head: &mut Vec<u8>) {
    let mut digits = [0; 10];
    let mut at = digits.len();
    let mut rest = n.unsigned_abs();
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if n < 0 {
        head.push(b'-');
    }
    head.extend_from_slice(&digits[at..]);
}

/// What the fields of a head say.
struct Fields {
    flags: u32,
    content_length: f64,
}

impl Fields {
    fn append(
        &mut self,
        s: &mut Scope<'_>,
        fields: Local<'_, Value>,
        in_pairs: bool,
        head: &mut Vec<u8>,
    ) -> bool {
        let Some(fields) = fields.as_object() else { return false };
        let Some(entries) = object::plain_entries(s, fields) else { return false };
        entries.into_iter().all(|(name, value)| {
            if !in_pairs {
                return self.append_field(s, name, value, head);
            }
            match pair(s, value) {
                Some((name, value)) => self.append_field(s, name, value, head),
                None => false,
            }
        })
    }

    fn append_field(
        &mut self,
        s: &mut Scope<'_>,
        name: Local<'_, Value>,
        value: Local<'_, Value>,
        head: &mut Vec<u8>,
    ) -> bool {
        let start = head.len();
        if !append_text(s, name, head) || !is_token_bytes(&head[start..]) {
            return false;
        }
        let name = start..head.len();
        let is = |head: &[u8], what: &[u8]| head[name.clone()].eq_ignore_ascii_case(what);
        if SPECIAL.iter().any(|special| is(head, special)) {
            return false;
        }
        head.extend_from_slice(b": ");
        let value_start = head.len();
        if value.raw().is_int32() {
            append_int(value.raw().as_int32(), head);
        } else if !append_text(s, value, head)
            || chars::run_value(&head[value_start..]) < head.len() - value_start
        {
            return false;
        }
        if is(head, b"date") {
            self.flags |= DATE;
        } else if is(head, b"content-length") {
            let digits = &head[value_start..];
            if digits.is_empty() || digits.len() > 15 || !digits.iter().all(u8::is_ascii_digit) {
                return false;
            }
            self.flags |= CONTENT_LENGTH;
            self.content_length = digits.iter().fold(0.0, |n, digit| n * 10.0 + f64::from(digit - b'0'));
        }
        head.extend_from_slice(b"\r\n");
        true
    }
}

/// The elements of an array of two.
fn pair<'s>(s: &mut Scope<'s>, v: Local<'_, Value>) -> Option<(Local<'s, Value>, Local<'s, Value>)> {
    let array = v.as_object().filter(|o| o.kind() == Kind::Array)?;
    let (first, second) = (object::dense_element(array, 0)?, object::dense_element(array, 1)?);
    Some((s.local(first), s.local(second)))
}
