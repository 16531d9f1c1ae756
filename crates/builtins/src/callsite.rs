//! CallSite objects of V8's stack API: what `Error.prepareStackTrace` gets.

use spey_core::cell::{Kind, Object};
use spey_core::code::Code;
use spey_core::conversion;
use spey_core::error::{self, CALL_SITE_TAG, SiteInfo, format_site, site_info};
use spey_core::function::{self, NativeSpec, PropertySpec};
use spey_core::realm::Intrinsic;
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_gc::Value as Raw;

use crate::support;

/// Internal slots after the class tag.
const FUNCTION: usize = 1;
const THIS: usize = 2;
const CODE: usize = 3;

macro_rules! getters {
    ($($name:literal $method:ident,)*) => {
        static PROPERTIES: &[PropertySpec] = &[$(PropertySpec::Method(NativeSpec::new($name, 0, $method)),)*];
    };
}
getters! {
    "getColumnNumber" column_number, "getEnclosingColumnNumber" enclosing_column_number,
    "getEnclosingLineNumber" enclosing_line_number, "getEvalOrigin" eval_origin, "getFileName" file_name,
    "getFunction" function_, "getFunctionName" function_name, "getLineNumber" line_number,
    "getMethodName" method_name, "getPosition" position, "getPromiseIndex" promise_index,
    "getScriptNameOrSourceURL" file_name, "getScriptHash" script_hash, "getThis" this_, "getTypeName" type_name,
    "isAsync" is_async, "isConstructor" is_constructor, "isEval" is_eval, "isNative" is_never, "isPromiseAll" is_never,
    "isToplevel" is_top_level, "toString" to_string,
}

/// Installs the prototype of CallSite objects.
pub(crate) fn install(s: &mut Scope<'_>) {
    s.nested(|s| {
        let proto = support::new_prototype(s, Intrinsic::ObjectPrototype);
        function::define_properties(s, proto, PROPERTIES);
        s.set_intrinsic(Intrinsic::CallSitePrototype, proto);
    })
}

fn this_site<'s>(s: &mut Scope<'_>, this: Local<'s, Value>) -> JsResult<Local<'s, Object>> {
    match this.as_object() {
        Some(o) if o.kind() == Kind::HostObject && o.slot(0) == Raw::int32(CALL_SITE_TAG) => Ok(o),
        _ => {
            let text = error::describe(s, this);
            s.throw_type_error(&format!("CallSite method called on incompatible receiver {text}"))
        }
    }
}
fn info(s: &mut Scope<'_>, this: Local<'_, Value>) -> JsResult<SiteInfo> {
    let o = this_site(s, this)?;
    Ok(site_info(s, [1, 2, 3, 4, 5].map(|i| o.slot(i))))
}
/// A text, or null if it is empty.
fn text_or_null<'s>(s: &mut Scope<'s>, text: &str) -> Local<'s, Value> {
    if text.is_empty() { s.null() } else { s.string_value(text) }
}
/// A 1-based number, or null if there is none.
fn number_or_null<'s>(s: &mut Scope<'s>, n: u32) -> Local<'s, Value> {
    if n == 0 { s.null() } else { s.number(n as f64) }
}
/// Line and column of the start of the function.
fn enclosing(s: &mut Scope<'_>, this: Local<'_, Value>) -> JsResult<(u32, u32)> {
    let o = this_site(s, this)?;
    let v = o.slot(CODE);
    if !v.is_cell() {
        return Ok((0, 0));
    }
    // SAFETY: the slot holds a code cell; these do not move.
    let code = unsafe { &*(v.as_cell() as *const Code) };
    Ok(code.script().position(code.meta().source_start))
}
/// Is the frame's function sloppy, so that it and its receiver may be shown?
fn is_exposed(s: &mut Scope<'_>, o: Local<'_, Object>) -> bool {
    match o.slot_local(s, FUNCTION).as_object() {
        Some(f) if f.kind() == Kind::Function => !function::closure_code(f).meta().strict,
        _ => false,
    }
}

fn column_number<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let i = info(s, this)?;
    Ok(number_or_null(s, i.column))
}
fn line_number<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let i = info(s, this)?;
    Ok(number_or_null(s, i.line))
}
fn enclosing_column_number<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    _: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let (_, column) = enclosing(s, this)?;
    Ok(number_or_null(s, column))
}
fn enclosing_line_number<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    _: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let (line, _) = enclosing(s, this)?;
    Ok(number_or_null(s, line))
}
/// UTF-16 offset in the script.
fn position<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let o = this_site(s, this)?;
    let i = info(s, this)?;
    let v = o.slot(CODE);
    if !v.is_cell() {
        return Ok(s.int(0));
    }
    // SAFETY: the slot holds a code cell; these do not move.
    let script = unsafe { &*(v.as_cell() as *const Code) }.script();
    let line = i.line.saturating_sub(script.line_offset + 1) as usize;
    let before: usize =
        script.source.split_inclusive('\n').take(line).map(|l| l.encode_utf16().count()).sum();
    let first = if line == 0 { script.column_offset } else { 0 };
    Ok(s.size(before + i.column.saturating_sub(first + 1) as usize))
}
fn file_name<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let i = info(s, this)?;
    Ok(text_or_null(s, &i.file))
}
fn function_name<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let i = info(s, this)?;
    if i.function.is_empty() && i.is_eval {
        return Ok(s.string_value("eval"));
    }
    Ok(text_or_null(s, &i.function))
}
fn method_name<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let i = info(s, this)?;
    let name = if !i.method.is_empty() || i.type_name.is_empty() { &i.method } else { &i.function };
    Ok(text_or_null(s, name))
}
fn type_name<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let o = this_site(s, this)?;
    let receiver = o.slot_local(s, THIS);
    if receiver.is_nullish() {
        return Ok(s.null());
    }
    let receiver = conversion::to_object(s, receiver)?;
    if receiver.kind() == Kind::Proxy {
        return Ok(s.string_value("Proxy"));
    }
    let name = error::constructor_name(s, receiver);
    Ok(s.string_value(&name))
}
fn function_<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let o = this_site(s, this)?;
    Ok(if is_exposed(s, o) { o.slot_local(s, FUNCTION) } else { s.undefined() })
}
fn this_<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let o = this_site(s, this)?;
    Ok(if is_exposed(s, o) { o.slot_local(s, THIS) } else { s.undefined() })
}
fn eval_origin<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let i = info(s, this)?;
    Ok(if i.is_eval { s.string_value(&format!("eval at {}", i.file)) } else { s.undefined() })
}
fn promise_index<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    this_site(s, this)?;
    Ok(s.null())
}
fn script_hash<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    this_site(s, this)?;
    Ok(s.string_value(""))
}
fn is_async<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let i = info(s, this)?;
    Ok(s.bool(i.is_async))
}
fn is_constructor<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let i = info(s, this)?;
    Ok(s.bool(i.is_constructor))
}
fn is_eval<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let i = info(s, this)?;
    Ok(s.bool(i.is_eval))
}
fn is_never<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    this_site(s, this)?;
    Ok(s.bool(false))
}
fn is_top_level<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let i = info(s, this)?;
    Ok(s.bool(i.is_top_level))
}
fn to_string<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let i = info(s, this)?;
    Ok(s.string_value(&format_site(&i)))
}
