//! Binding `uv`: names and messages of system errors.

use spey_engine::{
    Args, Intrinsic, JsResult, Local, NativeSpec, Object, Scope, Value, attr, call, conversion, object,
};
use spey_host as host;
use spey_loop::{UvError, error_table};

type Returned<'s> = JsResult<Local<'s, Value>>;

pub(crate) fn install(s: &mut Scope<'_>, target: Local<'_, Object>) {
    host::define_functions(s, target, FUNCTIONS);
    for (code, name, _) in error_table() {
        s.nested(|s| {
            let key = s.key(&format!("UV_{name}"));
            let code = s.int(*code);
            object::define(s, target, key, code, attr::ENUMERABLE);
        });
    }
}

static FUNCTIONS: &[NativeSpec] = &[
    NativeSpec::new("errname", 1, errname),
    NativeSpec::new("getErrorMap", 0, get_error_map),
    NativeSpec::new("getErrorMessage", 1, get_error_message),
];

fn errname<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let code = conversion::to_int32(s, args.get(0))?;
    Ok(s.string_value(&UvError::from_code(code).name()))
}
fn get_error_message<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let code = conversion::to_int32(s, args.get(0))?;
    Ok(s.string_value(&UvError::from_code(code).message()))
}
/// A Map from error numbers to [name, message].
fn get_error_map<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let constructor = s.intrinsic(Intrinsic::Map);
    let pairs = object::new_array(s, 0);
    for (code, name, message) in error_table() {
        s.nested(|s| {
            let entry = [s.string_value(name), s.string_value(message)];
            let entry = object::array_from_list(s, &entry).value();
            let code = s.int(*code);
            let pair = object::array_from_list(s, &[code, entry]).value();
            object::array_push(s, pairs, pair);
        });
    }
    Ok(call::construct(s, constructor, &[pairs.value()], None)?.value())
}
