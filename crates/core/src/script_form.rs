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

use crate::cell::{Kind, Object};
use crate::code::{self, code_flag};
use crate::function::{self, NativeSpec};
use crate::interp::slow::{Lookup, named_lookup};
use crate::realm::{self, Intrinsic, Realm};
use crate::scope::{JsResult, Local, Scope};
use crate::script::{Origin, compile};
use crate::vm::Vm;

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

/// Does ArraySpeciesCreate, ECMA-262 §10.4.2.3, make plain arrays of this array? For machine code: `true` or the empty value.
/// The argument is a closure of the realm.
pub(crate) static MAKES_PLAIN_ARRAYS: NativeSpec =
    NativeSpec::new("", 0, |s, _, _| Ok(s.undefined())).with_quick(makes_plain_arrays);

fn makes_plain_arrays(vm: &mut Vm, this: Raw, args: &[Raw]) -> Raw {
    // SAFETY: a live array and a live closure; nothing is allocated.
    unsafe {
        let realm = (*function::code_of(args[0].as_cell().cast())).header.word as usize;
        let array = vm.realms[realm].as_ref().expect("live realm").intrinsic(Intrinsic::Array);
        let (constructor, species) = (vm.names.constructor, vm.names.sym_species);
        let Lookup::Value(c) = named_lookup(vm, this.as_cell() as *mut Object, constructor) else {
            return Raw::EMPTY;
        };
        if c != array {
            return Raw::EMPTY;
        }
        let Lookup::Getter(getter) = named_lookup(vm, c.as_cell() as *mut Object, species) else {
            return Raw::EMPTY;
        };
        // That of any constructor and realm returns `this`.
        let plain = crate::value::is_kind(getter, Kind::NativeFunction)
            && function::native_spec(getter.as_cell().cast()).name == "get [Symbol.species]";
        if plain { Raw::TRUE } else { Raw::EMPTY }
    }
}
