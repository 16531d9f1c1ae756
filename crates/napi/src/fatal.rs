//! The end of the process, and exceptions that nothing catches.

use spey_engine::Scope;

use crate::abi::{EnvPtr, NapiValue, Status, Text};
use crate::env::js;

/// Prints why, and ends the process with SIGABRT.
pub(crate) fn abort_with(location: &str, message: &str) -> ! {
    use std::io::Write;
    // There is nobody to tell of a closed stderr.
    let _ = if location.is_empty() {
        writeln!(std::io::stderr(), "FATAL ERROR: {message}")
    } else {
        writeln!(std::io::stderr(), "FATAL ERROR: {location} {message}")
    };
    std::process::abort()
}

/// napi_fatal_error
#[unsafe(no_mangle)]
pub extern "C" fn napi_fatal_error(
    location: Text,
    location_length: usize,
    message: Text,
    message_length: usize,
) -> ! {
    abort_with(&location.lossy(location_length), &message.lossy(message_length))
}
/// napi_fatal_exception
#[unsafe(no_mangle)]
pub extern "C" fn napi_fatal_exception(env: EnvPtr, error: NapiValue) -> Status {
    js(env, |_, s| {
        let e = error.required()?;
        spey_host::trigger_uncaught(s, e, false);
        Ok(())
    })
}

/// The warning about an exception of an addon built for a version whose addons may ignore them.
pub(crate) fn warn_uncaught(s: &mut Scope<'_>) {
    s.nested(|s| {
        let text = "Uncaught N-API callback exception detected, please run node with option \
                    --force-node-api-uncaught-exceptions-policy=true to handle those exceptions properly.";
        if let Err(t) = spey_host::emit_deprecation(s, text, "DEP0168") {
            let e = s.take_exception(t);
            spey_host::trigger_uncaught(s, e, false);
        }
    });
}
