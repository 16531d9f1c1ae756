//! Arguments objects (ECMA-262 §10.4.4) and rest parameters.

use spey_gc::Value as Raw;

use crate::cell::{Kind, Object};
use crate::frame::{FrameView, argc};
use crate::object::{self, PropertyDescriptor};
use crate::realm::Intrinsic;
use crate::scope::{Local, Scope, Value};
use crate::shape::attr;

fn passed<'s>(s: &mut Scope<'s>, f: FrameView) -> Vec<Local<'s, Value>> {
    let n = (f.argc() & argc::COUNT) as usize;
    // SAFETY: the arguments lie in the frame.
    (0..n).map(|i| s.local(unsafe { *f.arguments().add(i) })).collect()
}
fn finish(s: &mut Scope<'_>, o: Local<'_, Object>, args: &[Local<'_, Value>]) {
    if !args.is_empty() {
        object::reserve_elements(s, o, args.len() as u32);
    }
    for (i, a) in args.iter().enumerate() {
        object::put_element(s, o, i as u32, *a, attr::ALL);
    }
    let n = s.size(args.len());
    let key = s.names().length;
    object::add_named(s, o, key, n, attr::HIDDEN);
    let key = s.names().sym_iterator;
    let values = s.intrinsic(Intrinsic::ArrayProtoValues);
    object::add_named(s, o, key, values.value(), attr::HIDDEN);
}
/// CreateUnmappedArgumentsObject, §10.4.4.6
pub fn new_unmapped<'s>(s: &mut Scope<'s>, f: FrameView) -> Local<'s, Object> {
    let args = passed(s, f);
    let proto = s.intrinsic(Intrinsic::ObjectPrototype);
    let o = object::new_kind(s, Kind::Arguments, proto.value(), 0);
    finish(s, o, &args);
    let thrower = s.intrinsic(Intrinsic::ThrowTypeError);
    let key = s.names().callee;
    let d = PropertyDescriptor::accessor(Some(thrower.value()), Some(thrower.value()), 0);
    object::ordinary_define_own_property(s, o, key, &d);
    o
}
/// CreateMappedArgumentsObject, §10.4.4.7: parameter i is slot `first + i` of `env`.
pub fn new_mapped<'s>(
    s: &mut Scope<'s>,
    f: FrameView,
    env: Local<'_, Value>,
    first: u32,
) -> Local<'s, Object> {
    let args = passed(s, f);
    let proto = s.intrinsic(Intrinsic::ObjectPrototype);
    let o = object::new_kind(s, Kind::MappedArguments, proto.value(), 4);
    // Without an environment no parameter is ever assigned, so there is nothing to follow.
    let mapped = if env.raw().is_cell() { f.param_count().min(args.len()) } else { 0 };
    o.set_slot(s, 0, env.raw());
    o.set_slot(s, 1, Raw::int32(first as i32));
    o.set_slot(s, 2, Raw::int32(mapped as i32));
    finish(s, o, &args);
    // SAFETY: live frame.
    let callee = s.local(Raw::cell(f.callee().cast()));
    let key = s.names().callee;
    object::add_named(s, o, key, callee, attr::HIDDEN);
    o
}
/// Array of the arguments from `start` on.
pub fn new_rest<'s>(s: &mut Scope<'s>, f: FrameView, start: u32) -> Local<'s, Object> {
    let args = passed(s, f);
    let rest = args.get(start as usize..).unwrap_or(&[]);
    object::array_from_list(s, rest)
}
