//! %AbstractModuleSource%, of the source phase imports proposal: what the sources of modules inherit from. There is no global
//! of that name; hosts reach it by [`abstract_module_source`].

use spey_core::cell::Object;
use spey_core::function::{self, NativeSpec};
use spey_core::object;
use spey_core::object::PropertyDescriptor;
use spey_core::realm::Intrinsic;
use spey_core::scope::{Local, Scope};
use spey_core::shape::attr;

use crate::support;

static CONSTRUCTOR: NativeSpec = NativeSpec::constructor("AbstractModuleSource", 0, |s, _, _| {
    s.throw_type_error("%AbstractModuleSource% is not constructable")
});
/// get %AbstractModuleSource%.prototype [ %Symbol.toStringTag% ]. No object has [[ModuleSourceClassName]] yet.
static TAG: NativeSpec = NativeSpec::new("get [Symbol.toStringTag]", 0, |s, _, _| Ok(s.undefined()));

/// The constructor in the current realm, made when it is first asked for.
pub fn abstract_module_source<'s>(s: &mut Scope<'s>) -> Local<'s, Object> {
    let known = s.vm().realm().intrinsic(Intrinsic::AbstractModuleSource);
    if let Some(c) = s.local(known).as_object() {
        return c;
    }
    let proto = support::new_prototype(s, Intrinsic::ObjectPrototype);
    let c = function::new_constructor(s, &CONSTRUCTOR, proto);
    s.nested(|s| {
        let get = function::new_native(s, &TAG).value();
        let key = s.names().sym_to_string_tag;
        let undefined = s.undefined();
        let d = PropertyDescriptor::accessor(Some(get), Some(undefined), attr::CONFIGURABLE);
        object::ordinary_define_own_property(s, proto, key, &d);
    });
    s.set_intrinsic(Intrinsic::AbstractModuleSource, c);
    c
}
