//! Error objects of the host.

use spey_engine::error::{ErrorKind, create};
use spey_engine::{JsResult, Local, Object, Scope, attr, object};
use spey_loop::UvError;

fn set(s: &mut Scope<'_>, o: Local<'_, Object>, name: &str, text: &str) {
    let key = s.key(name);
    let v = s.string_value(text);
    object::define(s, o, key, v, attr::ALL);
}

/// The error of a failed system call: `ENOENT: no such file or directory, open 'x'` with errno, code, syscall, path, dest.
pub fn uv_exception<'s>(
    s: &mut Scope<'s>,
    error: UvError,
    syscall: &str,
    path: Option<&str>,
    dest: Option<&str>,
) -> Local<'s, Object> {
    let code = error.name();
    let mut text = format!("{code}: {}, {syscall}", error.message());
    if let Some(p) = path {
        text.push_str(&format!(" '{p}'"));
    }
    if let Some(d) = dest {
        text.push_str(&format!(" -> '{d}'"));
    }
    let e = create(s, ErrorKind::Error, &text);
    s.nested(|s| {
        let key = s.key("errno");
        let v = s.int(error.code());
        object::define(s, e, key, v, attr::ALL);
        set(s, e, "code", &code);
        set(s, e, "syscall", syscall);
        if let Some(p) = path {
            set(s, e, "path", p);
        }
        if let Some(d) = dest {
            set(s, e, "dest", d);
        }
    });
    e
}
/// Throws [`uv_exception`].
pub fn throw_uv<T>(
    s: &mut Scope<'_>,
    error: UvError,
    syscall: &str,
    path: Option<&str>,
    dest: Option<&str>,
) -> JsResult<T> {
    let e = uv_exception(s, error, syscall, path, dest);
    s.throw(e.value())
}

/// An error of the library's kind: with `code`, which stands in the first line of its stack, too.
pub fn node_error<'s>(s: &mut Scope<'s>, kind: ErrorKind, code: &str, message: &str) -> Local<'s, Object> {
    let e = create(s, kind, message);
    s.nested(|s| {
        let key = s.names().stack;
        if let Ok(v) = object::get(s, e, key) {
            if let Some(t) = v.as_string() {
                let t = t.to_text(s);
                if let Some((name, rest)) = t.split_once(':') {
                    let v = s.string_value(&format!("{name} [{code}]:{rest}"));
                    object::define(s, e, key, v, attr::HIDDEN);
                }
            }
        }
        set(s, e, "code", code);
    });
    e
}
/// Throws an error with a code.
pub fn throw_node_error<T>(s: &mut Scope<'_>, kind: ErrorKind, code: &str, message: &str) -> JsResult<T> {
    let e = node_error(s, kind, code, message);
    s.throw(e.value())
}
/// Throws a TypeError with a code.
pub fn node_type_error<T>(s: &mut Scope<'_>, code: &str, message: &str) -> JsResult<T> {
    throw_node_error(s, ErrorKind::TypeError, code, message)
}
/// Throws a RangeError with a code.
pub fn node_range_error<T>(s: &mut Scope<'_>, code: &str, message: &str) -> JsResult<T> {
    throw_node_error(s, ErrorKind::RangeError, code, message)
}
