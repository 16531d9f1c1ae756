//! Exceptions that nobody catches, and the end of the process.

use std::io::Write;

use spey_engine::{JsResult, Kind, Local, Scope, Thrown, Value, call, conversion, error, interrupt, object};

use crate::agent::agent;
use crate::binding::require_builtin;

/// The version this program reports as Node.js.
pub const NODE_VERSION: &str = "v26.12.1";

/// Hands an exception to `process._fatalException`; if nothing takes it, prints it and ends the process.
pub fn trigger_uncaught(s: &mut Scope<'_>, exception: Local<'_, Value>, from_promise: bool) {
    s.nested(|s| {
        match offer(s, exception, from_promise) {
            Ok(true) => return,
            Ok(false) => {}
            Err(t) => {
                // A handler threw: that is what is reported.
                if s.vm().terminating {
                    return;
                }
                let e = s.take_exception(t);
                print_uncaught(s, e);
                // What stops a worker is the flag of its VM.
                let _ = exit(s, 7);
                return;
            }
        }
        if s.vm().terminating {
            return;
        }
        print_uncaught(s, exception);
        let a = agent(s);
        let code = match &a.exit_info {
            Some(i) if i.get(2) != 0 => i.get(1),
            _ => 1,
        };
        let _ = exit(s, code);
    });
}
fn offer(s: &mut Scope<'_>, exception: Local<'_, Value>, from_promise: bool) -> JsResult<bool> {
    let a = agent(s);
    if a.reporting {
        return Ok(false);
    }
    let Some(process) = &a.process else { return Ok(false) };
    let process = process.get(s);
    let f = object::get_named(s, process, "_fatalException")?;
    if !f.is_callable() {
        // The program has taken it away; before the library is there it is not yet in place.
        if a.tick_callback.is_some() {
            return Err(exit(s, 6));
        }
        return Ok(false);
    }
    a.reporting = true;
    let from_promise = s.bool(from_promise);
    let r = call::call(s, f, process.value(), &[exception, from_promise]);
    agent(s).reporting = false;
    Ok(!r?.raw().is_false())
}

/// Text of an exception: the stack of errors, the value otherwise.
pub fn error_text(s: &mut Scope<'_>, e: Local<'_, Value>) -> String {
    s.nested(|s| {
        if let Some(o) = e.as_object() {
            if let Ok(v) = object::get_named(s, o, "stack") {
                if let Some(t) = v.as_string() {
                    if t.length() > 0 {
                        return t.to_text(s);
                    }
                }
            }
        }
        if e.is_symbol() {
            return error::describe(s, e);
        }
        match conversion::to_text(s, e) {
            Ok(t) => t,
            Err(t) => {
                s.take_exception(t);
                error::describe(s, e)
            }
        }
    })
}

/// Prints an uncaught exception as Node does: source line and caret, the error with its properties, the version.
pub fn print_uncaught(s: &mut Scope<'_>, e: Local<'_, Value>) {
    agent(s).reporting = true;
    let mut out = String::new();
    let has_stack = match e.as_object() {
        Some(o) => {
            o.kind() == Kind::Error || matches!(object::get_named(s, o, "stack"), Ok(v) if v.is_string())
        }
        None => false,
    };
    let frame = source_frame(s, e);
    // Before anything else is thrown. The frames that called it are those of the stack, if there is one.
    let place = if is_traced(s) { error::throw_site_place(s, e) } else { None };
    if has_stack {
        let text = inspect(s, e).unwrap_or_else(|| error_text(s, e));
        // A stack that begins with it has been decorated.
        if let Some(frame) = frame.filter(|frame| !text.starts_with(frame.as_str())) {
            out.push_str(&frame);
            out.push('\n');
        }
        out.push_str(&text);
    } else {
        out.push('\n');
        out.push_str(&frame.unwrap_or_else(|| "Uncaught:\n".into()));
        if e.is_object() {
            out.push_str(&inspect(s, e).unwrap_or_else(|| error_text(s, e)));
        } else {
            out.push_str(&error_text(s, e));
            if place.is_none() {
                out.push_str("\n(Use `spey --trace-uncaught ...` to show where the exception was thrown)");
            }
        }
    }
    if let Some(place) = place {
        out.push_str(&format!("\nThrown at:\n    at {place}\n"));
    }
    out.push_str("\n\nNode.js ");
    out.push_str(NODE_VERSION);
    out.push('\n');
    flush_stdio();
    // There is nobody to tell of a closed stderr.
    let _ = std::io::stderr().write_all(out.as_bytes());
}
/// Does the program run with `--trace-uncaught`?
fn is_traced(s: &mut Scope<'_>) -> bool {
    let attempt = |s: &mut Scope<'_>| {
        let options = require_builtin(s, "internal/options")?;
        let key = s.key("getOptionValue");
        let name = s.string_value("--trace-uncaught");
        call::invoke(s, options, key, &[name]).map(|v| v.raw().is_true())
    };
    attempt(s).unwrap_or_else(|t| {
        s.take_exception(t);
        false
    })
}
/// Puts the place in the source that an error comes from before its stack, once.
pub fn decorate_stack(s: &mut Scope<'_>, e: Local<'_, Value>) {
    let Some(o) = e.as_object().filter(|o| o.kind() == Kind::Error) else { return };
    let Some(frame) = source_frame(s, e) else { return };
    let attempt = |s: &mut Scope<'_>| {
        let Some(stack) = object::get_named(s, o, "stack")?.as_string() else { return Ok(()) };
        let stack = stack.to_text(s);
        if stack.starts_with(&frame) {
            return Ok(());
        }
        let decorated = s.string_value(&format!("{frame}\n{stack}"));
        object::set_named(s, o, "stack", decorated)
    };
    if let Err(t) = attempt(s) {
        s.take_exception(t);
    }
}
/// `file:line`, the source line and a caret: of the syntax error, from where the exception was thrown, or from the first
/// frame of the error's stack.
fn source_frame(s: &mut Scope<'_>, e: Local<'_, Value>) -> Option<String> {
    if let Some(o) = e.as_object() {
        if let Some(t) = error::arrow_message(s, o) {
            return Some(t);
        }
    }
    error::throw_site_frame(s, e).or_else(|| stack_frame(s, e))
}
/// The source frame of the first file in an error's stack.
fn stack_frame(s: &mut Scope<'_>, e: Local<'_, Value>) -> Option<String> {
    let o = e.as_object().filter(|o| o.kind() == Kind::Error)?;
    let stack = object::get_named(s, o, "stack").ok()?.as_string()?.to_text(s);
    let place = stack.lines().find(|l| l.starts_with("    at "))?.trim_end_matches(')');
    let place = place.rsplit_once(" (").map_or(place.trim_start_matches("    at "), |p| p.1);
    let (rest, column) = place.rsplit_once(':')?;
    let (file, line) = rest.rsplit_once(':')?;
    let (line, column): (usize, usize) = (line.parse().ok()?, column.parse().ok()?);
    let source = match file {
        "[eval]" => agent(s).config.options.text("--eval")?.to_string(),
        _ => std::fs::read_to_string(file.strip_prefix("file://").unwrap_or(file)).ok()?,
    };
    let text = source.lines().nth(line.checked_sub(1)?)?;
    let indent: String =
        text.chars().take(column.saturating_sub(1)).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
    Some(format!("{file}:{line}\n{text}\n{indent}^\n"))
}
fn inspect(s: &mut Scope<'_>, e: Local<'_, Value>) -> Option<String> {
    let r = (|| {
        let m = require_builtin(s, "internal/util/inspect")?;
        let f = match m.as_object() {
            Some(m) => object::get_named(s, m, "inspect")?,
            None => m,
        };
        let u = s.undefined();
        call::call(s, f, u, &[e])
    })();
    match r {
        Ok(v) => v.as_string().map(|t| t.to_text(s)),
        Err(t) => {
            s.take_exception(t);
            None
        }
    }
}
fn flush_stdio() {
    let _ = std::io::stdout().flush();
}
/// Ends the agent: the process, if it is the program's first; otherwise its JavaScript stops, and the thread ends when
/// control is back in the loop. The result is to be thrown.
pub fn exit(s: &mut Scope<'_>, code: i32) -> Thrown {
    run_at_exit(s);
    match &mut agent(s).worker {
        Some(worker) => {
            worker.exit_code.get_or_insert(code);
            interrupt::terminate_now(s)
        }
        None => exit_process(code),
    }
}
/// Does what is to be done at the end of the agent, once.
pub(crate) fn run_at_exit(s: &mut Scope<'_>) {
    for f in std::mem::take(&mut agent(s).at_exit) {
        f(s);
    }
}
/// Ends the process. Nothing of the VM is torn down.
pub fn exit_process(code: i32) -> ! {
    flush_stdio();
    spey_loop::reset_tty_mode();
    std::process::exit(code)
}
