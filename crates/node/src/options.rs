//! `internalBinding('options')`: the command-line options.

use spey_engine::{Local, NativeSpec, Object, Scope, object};
use spey_host::{OptionValue, agent, define_functions, define_value};

static FUNCTIONS: &[NativeSpec] = &[NativeSpec::new("getCLIOptionsValues", 0, |s, _, _| {
    let null = s.null();
    let o = object::new_object_with(s, null, 0);
    let options = agent(s).config.options.clone();
    for (name, value) in options.iter() {
        s.nested(|s| {
            let v = match value {
                OptionValue::Bool(b) => s.bool(*b),
                OptionValue::Number(n) => s.number(*n),
                OptionValue::Text(t) => s.string_value(t),
                OptionValue::List(list) => {
                    let list: Vec<_> = list.iter().map(|t| s.string_value(t)).collect();
                    object::array_from_list(s, &list).value()
                }
            };
            define_value(s, o, name, v);
        });
    }
    Ok(o.value())
})];

pub(crate) fn install(s: &mut Scope<'_>, target: Local<'_, Object>) {
    define_functions(s, target, FUNCTIONS);
}
