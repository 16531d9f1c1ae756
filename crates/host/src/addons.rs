//! What the host offers to an interface for native addons, and asks of it.

use spey_engine::{JsResult, Local, Object, Scope, call, conversion, object};

use crate::agent::agent;
use crate::binding::{internal_binding, require_builtin};

/// Tag of host objects that stand for a pointer of an addon (`External` in Node): slot 0 of two.
pub const EXTERNAL_TAG: i32 = 0x4e41_5049;

/// Phases of the loop that addons can have callbacks in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LoopPhase {
    /// While the loop is kept from sleeping.
    Idle,
    /// After polling.
    Check,
}

/// An interface for native addons.
#[derive(Clone, Copy)]
pub struct AddonInterface {
    /// `process.dlopen`: loads a file and fills `module.exports`.
    pub load: fn(&mut Scope<'_>, module: Local<'_, Object>, path: &str, flags: i32) -> JsResult<()>,
    /// A major collection has ended. It must not allocate.
    pub after_collection: fn(&mut Scope<'_>),
    /// A completion of the loop has been dispatched.
    pub after_turn: fn(&mut Scope<'_>),
    /// A phase of the loop is there.
    pub run_phase: fn(&mut Scope<'_>, LoopPhase),
    /// The agent ends.
    pub cleanup: fn(&mut Scope<'_>),
}

/// Loads a native addon, as `process.dlopen` does.
pub fn load_addon(s: &mut Scope<'_>, module: Local<'_, Object>, path: &str, flags: i32) -> JsResult<()> {
    match agent(s).config.addons {
        Some(interface) => (interface.load)(s, module, path, flags),
        None => crate::errors::throw_node_error(
            s,
            spey_engine::error::ErrorKind::Error,
            "ERR_DLOPEN_FAILED",
            "Native addons are not supported here",
        ),
    }
}
/// Ends what addons have in the agent: to be called when its loop has run for the last time.
pub fn cleanup_addons(s: &mut Scope<'_>) {
    if let Some(interface) = agent(s).active_addons {
        s.nested(|s| (interface.cleanup)(s));
    }
}
/// Forbids structured cloning to take the bytes of a buffer away.
pub fn mark_untransferable(s: &mut Scope<'_>, buffer: Local<'_, Object>) -> JsResult<()> {
    let util = internal_binding(s, "util")?;
    let symbols = object::get_named(s, util, "privateSymbols")?;
    let symbols = conversion::to_object(s, symbols)?;
    let symbol = object::get_named(s, symbols, "untransferable_object_private_symbol")?;
    let key = conversion::to_property_key(s, symbol)?;
    let v = s.bool(true);
    object::set(s, buffer, key, v)
}
/// Emits a deprecation warning.
pub fn emit_deprecation(s: &mut Scope<'_>, text: &str, code: &str) -> JsResult<()> {
    let process = require_builtin(s, "process")?;
    let process = conversion::to_object(s, process)?;
    let f = object::get_named(s, process, "emitWarning")?;
    let args = [s.string_value(text), s.string_value("DeprecationWarning"), s.string_value(code)];
    call::call(s, f, process.value(), &args)?;
    Ok(())
}
