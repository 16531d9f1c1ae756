//! `internalBinding('config')`: what this build has.

use spey_engine::{Local, NativeSpec, Object, Scope};
use spey_host::{constant_number, define_functions, define_value};

static FUNCTIONS: &[NativeSpec] =
    &[NativeSpec::new("getDefaultLocale", 0, |s, _, _| Ok(s.string_value("en-US")))];

pub(crate) fn install(s: &mut Scope<'_>, target: Local<'_, Object>) {
    define_functions(s, target, FUNCTIONS);
    for (name, on) in [
        ("isDebugBuild", false),
        ("openSSLIsBoringSSL", false),
        ("hasOpenSSL", true),
        ("fipsMode", false),
        ("hasIntl", true),
        ("hasTracing", false),
        ("hasNodeOptions", true),
        ("hasInspector", false),
        ("noBrowserGlobals", false),
    ] {
        let v = s.bool(on);
        define_value(s, target, name, v);
    }
    constant_number(s, target, "bits", usize::BITS as f64);
}
