//! `internalBinding('errors')`: fatal exceptions.

use spey_engine::{Global, Local, NativeSpec, Object, Scope, conversion, error, object};
use spey_host::{agent, constant_number, define_functions, define_value, trigger_uncaught};

static FUNCTIONS: &[NativeSpec] = &[
    NativeSpec::new("setCodedErrorMarker", 1, |s, _, args| {
        let marker = Global::new(s, args.get(0));
        agent(s).coded_error_marker = Some(marker);
        Ok(s.undefined())
    }),
    NativeSpec::new("noSideEffectsToString", 1, |s, _, args| {
        let v = args.get(0);
        let text = if v.is_object() {
            error::describe_receiver(s, v)
        } else if v.is_symbol() {
            error::describe(s, v)
        } else {
            conversion::to_text(s, v)?
        };
        Ok(s.string_value(&text))
    }),
    NativeSpec::new("triggerUncaughtException", 2, |s, _, args| {
        let from_promise = conversion::to_boolean(args.get(1).raw());
        trigger_uncaught(s, args.get(0), from_promise);
        Ok(s.undefined())
    }),
];

pub(crate) fn install(s: &mut Scope<'_>, target: Local<'_, Object>) {
    define_functions(s, target, FUNCTIONS);
    let codes = object::new_object(s);
    for (name, n) in [
        ("kNoFailure", 0.0),
        ("kGenericUserError", 1.0),
        ("kInternalJSParseError", 3.0),
        ("kInternalJSEvaluationFailure", 4.0),
        ("kV8FatalError", 5.0),
        ("kInvalidFatalExceptionMonkeyPatching", 6.0),
        ("kExceptionInFatalExceptionHandler", 7.0),
        ("kInvalidCommandLineArgument", 9.0),
        ("kBootstrapFailure", 10.0),
        ("kInvalidCommandLineArgument2", 12.0),
        ("kUnsettledTopLevelAwait", 13.0),
        ("kStartupSnapshotFailure", 14.0),
        ("kProcessTimeout", 124.0),
        ("kAbort", 134.0),
    ] {
        constant_number(s, codes, name, n);
    }
    define_value(s, target, "exitCodes", codes.value());
}
