//! Bodies in JavaScript of built-in functions that call back.
//!
//! The interpreter calls the native function. Machine code that knows what it passes walks the script form in place instead,
//! and the callback in it. A script form does the whole of what the native function does from any of its instructions on, so
//! that machine code can be left in the middle of it; only what its first instructions take for granted is checked by
//! whoever goes into it: `this` is an array, the first argument is a closure.
//!
//! Nobody sees the closures: in stack traces their frames are those of the native function.

use spey_compile::{Goal, Language};
use spey_gc::Value as Raw;

use crate::cell::Object;
use crate::code::{self, code_flag};
use crate::function;
use crate::realm::{self, Realm};
use crate::scope::{JsResult, Local, Scope};
use crate::script::{Origin, compile};

/// The script form of a built-in function, a body for the parameters `callback` and `second`.
pub struct ScriptForm {
    /// Source of the body. It may use operations of the engine.
    pub body: &'static str,
    /// It takes so many arguments for granted.
    pub least: u8,
    /// It takes for granted that ArraySpeciesCreate makes a plain array.
    pub makes_array: bool,
}

/// A script form in a realm.
pub(crate) struct Known {
    /// The built-in function.
    pub native: Raw,
    /// The closure, once the function has been called some times.
    pub closure: Raw,
    calls: u32,
}

/// So many times fewer calls than it takes to compile a function make a script form.
const EAGERNESS: u32 = 1000;

/// A built-in function that may have a script form is called.
pub fn note(s: &mut Scope<'_>, f: Local<'_, Object>) {
    let config = &s.vm_ref().config().tier;
    let wanted = config.threshold / EAGERNESS;
    // SAFETY: a live built-in function.
    let Some(form) = (unsafe { function::native_spec(f.gc().as_ptr()).script }) else { return };
    if !config.enabled {
        return;
    }
    let Ok(id) = function::function_realm(s, f) else { return };
    let list = &mut s.vm().realms[id as usize].as_mut().expect("live realm").script_forms;
    let at = match list.iter().position(|k| k.native == f.raw()) {
        Some(at) => at,
        None => {
            list.push(Known { native: f.raw(), closure: Raw::UNDEFINED, calls: 0 });
            list.len() - 1
        }
    };
    list[at].calls = list[at].calls.saturating_add(1);
    if list[at].calls != wanted + 1 {
        return;
    }
    let made = realm::with_realm(s, id, |s| s.nested(|s| make(s, form).map(|c| c.raw())));
    match made {
        Ok(closure) => {
            let list = &mut s.vm().realms[id as usize].as_mut().expect("live realm").script_forms;
            list[at].closure = closure;
        }
        // No room: the native function will do.
        Err(t) => {
            s.take_exception(t);
        }
    }
}
fn make<'s>(s: &mut Scope<'s>, form: &ScriptForm) -> JsResult<Local<'s, Object>> {
    let origin = Origin { language: Language::Builtins, internal: true, ..Origin::file("") };
    let unit = compile(s, form.body, &origin, Goal::FunctionBody { params: &["callback", "second"] })?;
    let closure = crate::script::body_function(s, &unit);
    let code = function::closure_code(closure);
    code::ensure_compiled(s, code)?;
    // SAFETY: a live code cell.
    unsafe { (*code.as_ptr()).flags |= code_flag::SCRIPT_FORM }
    Ok(closure)
}

impl Realm {
    /// The built-in function that a closure is the script form of.
    pub(crate) fn native_of(&self, closure: Raw) -> Option<Raw> {
        self.script_forms.iter().find(|k| k.closure == closure).map(|k| k.native)
    }
}
