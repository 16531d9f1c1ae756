//! `internalBinding('builtins')`: the embedded library.

use spey_engine::{Local, NativeSpec, Object, Scope, conversion, object};
use spey_host::{define_functions, define_value};

use crate::library;

static FUNCTIONS: &[NativeSpec] = &[
    NativeSpec::new("compileFunction", 1, |s, _, args| {
        let id = conversion::to_text(s, args.get(0))?;
        Ok(library::function(s, &id)?.value())
    }),
    NativeSpec::new("hasBuiltin", 1, |s, _, args| {
        let id = conversion::to_text(s, args.get(0))?;
        Ok(s.bool(library::has(&id)))
    }),
];

pub(crate) fn install(s: &mut Scope<'_>, target: Local<'_, Object>) {
    define_functions(s, target, FUNCTIONS);
    let list: Vec<_> = library::ids().map(|id| s.string_value(id)).collect();
    let ids = object::array_from_list(s, &list);
    define_value(s, target, "builtinIds", ids.value());
}
