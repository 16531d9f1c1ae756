//! `internalBinding('symbols')`: symbols shared by native code and the library.

use spey_engine::{Local, Object, Scope, symbol};
use spey_host::define_value;

static NAMES: &[&str] = &[
    "fs_use_promises_symbol",
    "async_id_symbol",
    "constructor_key_symbol",
    "handle_onclose",
    "no_message_symbol",
    "messaging_deserialize_symbol",
    "imported_cjs_symbol",
    "messaging_transfer_symbol",
    "messaging_clone_symbol",
    "messaging_transfer_list_symbol",
    "oninit",
    "owner_symbol",
    "onpskexchange",
    "resource_symbol",
    "trigger_async_id_symbol",
    "builtin_source_text_module_hdo",
    "embedder_module_hdo",
    "source_text_module_default_hdo",
    "vm_context_no_contextify",
    "vm_dynamic_import_default_internal",
    "vm_dynamic_import_main_context_default",
    "vm_dynamic_import_missing_flag",
    "vm_dynamic_import_no_callback",
];

pub(crate) fn install(s: &mut Scope<'_>, target: Local<'_, Object>) {
    for name in NAMES {
        s.nested(|s| {
            let text = s.string_value(name);
            let v = symbol::new(s, text);
            define_value(s, target, name, v.value());
        });
    }
}
