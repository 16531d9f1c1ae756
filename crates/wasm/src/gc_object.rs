//! Structures and arrays of WebAssembly as JavaScript values: opaque objects.

use spey_core::cell::Object;
use spey_core::object;
use spey_core::realm::Intrinsic;
use spey_core::scope::{Local, Scope};
use wasmtime::{AnyRef, OwnedRooted, Rooted, StoreContextMut};

use crate::class::{self, Class};
use crate::runtime::{Data, State};

/// The class of these objects. It has no constructor, and its objects have no prototype.
pub static CLASS: Class = Class { name: "Object", tag: -208, prototype: Intrinsic::ObjectPrototype };

/// Keeps the structure or array alive.
#[derive(Clone)]
pub struct GcObject {
    /// The reference.
    pub root: OwnedRooted<AnyRef>,
    /// The state it belongs to.
    pub state: *const State,
}
class::native_data!(GcObject);

/// The object for a structure or an array.
pub fn to_object<'s>(
    s: &mut Scope<'s>,
    state: &State,
    context: &mut StoreContextMut<'_, Data>,
    any: Rooted<AnyRef>,
) -> wasmtime::Result<Local<'s, Object>> {
    state.identity.watch(s, context)?;
    let address = any.to_raw(&mut *context)?;
    if let Some(o) = state.identity.object(s, address) {
        return Ok(o);
    }
    let root = any.to_owned_rooted(&mut *context)?;
    let null = s.null();
    let o = class::create_in(s, state, &CLASS, null, Box::new(GcObject { root, state }));
    // An ordinary object without prototype always can be made not extensible.
    if let Err(t) = object::prevent_extensions(s, o) {
        s.take_exception(t);
    }
    state.identity.set_object(s, address, o);
    Ok(o)
}
/// The reference behind a value, if it is such an object of the state. Those of others are like any JavaScript object.
pub fn of_value(state: &State, v: Local<'_, spey_core::scope::Value>) -> Option<GcObject> {
    let o = class::object_of(&CLASS, v).and_then(class::data::<GcObject>)?;
    std::ptr::eq(o.state, state).then_some(o)
}
