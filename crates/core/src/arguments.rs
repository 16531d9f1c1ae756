//! Arguments objects (ECMA-262 §10.4.4) and rest parameters.

use spey_gc::Value as Raw;

use crate::cell::{Elements, Kind, Object, Slots};
use crate::frame::{FrameView, argc};
use crate::object::{self, PropertyDescriptor};
use crate::realm::Intrinsic;
use crate::scope::{Local, Scope, Value};
use crate::shape::attr;
#[cfg(feature = "jit")]
use crate::vm::Vm;

/// Makes what a frame was called with, from argument `start` on, the elements of an object that has none. Returns how many they are.
fn copy_passed(s: &mut Scope<'_>, f: FrameView, start: usize, o: Local<'_, Object>) -> usize {
    let n = ((f.argc() & argc::COUNT) as usize).saturating_sub(start);
    if n > 0 {
        object::reserve_elements(s, o, n as u32);
        // SAFETY: the arguments lie in the frame, and the elements have room for them.
        unsafe {
            let e = o.gc().elements;
            for i in 0..n {
                *Elements::at(e, i) = *f.arguments().add(start + i);
            }
            (*e).length = n as u32;
            s.vm().heap.write_barrier_all(e.cast());
        }
    }
    n
}
/// Elements, `length`, @@iterator and `callee` of a new arguments object. `callee` defines the last of them on the realm's first
/// object of the kind; later ones take over its shape and get the value `later`.
fn finish(
    s: &mut Scope<'_>,
    f: FrameView,
    o: Local<'_, Object>,
    mapped: bool,
    callee: impl FnOnce(&mut Scope<'_>),
    later: impl FnOnce(&mut Scope<'_>) -> Raw,
) {
    let n = copy_passed(s, f, 0, o);
    let shape = s.vm().realm().arguments_shapes[mapped as usize];
    if shape != 0 {
        object::reserve_slot(s, o, 2, 0);
        let third = later(s);
        let values = s.vm().realm().intrinsic(Intrinsic::ArrayProtoValues);
        // SAFETY: the slots cell has room for three; objects of these kinds have no properties in line.
        unsafe {
            let p = o.gc().as_ptr();
            for (k, v) in [Raw::int32(n as i32), values, third].into_iter().enumerate() {
                *Slots::at((*p).slots, k) = v;
            }
            (*p).header.word = shape;
            s.vm().heap.write_barrier_all((*p).slots.cast());
        }
        return;
    }
    let n = s.size(n);
    let key = s.names().length;
    object::add_named(s, o, key, n, attr::HIDDEN);
    let key = s.names().sym_iterator;
    let values = s.intrinsic(Intrinsic::ArrayProtoValues);
    object::add_named(s, o, key, values.value(), attr::HIDDEN);
    callee(s);
    s.vm().realm_mut().arguments_shapes[mapped as usize] = o.gc().header.word;
}
/// CreateUnmappedArgumentsObject, §10.4.4.6
pub fn new_unmapped<'s>(s: &mut Scope<'s>, f: FrameView) -> Local<'s, Object> {
    let proto = s.intrinsic(Intrinsic::ObjectPrototype);
    let o = object::new_kind(s, Kind::Arguments, proto.value(), 0);
    let define = |s: &mut Scope<'_>| {
        let thrower = s.intrinsic(Intrinsic::ThrowTypeError);
        let key = s.names().callee;
        let d = PropertyDescriptor::accessor(Some(thrower.value()), Some(thrower.value()), 0);
        object::ordinary_define_own_property(s, o, key, &d);
        // SAFETY: the third property of an object without properties in line.
        s.vm().realm_mut().arguments_callee = unsafe { *Slots::at(o.gc().slots, 2) };
    };
    finish(s, f, o, false, define, |s| s.vm().realm().arguments_callee);
    o
}
/// CreateMappedArgumentsObject, §10.4.4.7: parameter i is slot `first + i` of `env`.
pub fn new_mapped<'s>(
    s: &mut Scope<'s>,
    f: FrameView,
    env: Local<'_, Value>,
    first: u32,
) -> Local<'s, Object> {
    let passed = (f.argc() & argc::COUNT) as usize;
    let proto = s.intrinsic(Intrinsic::ObjectPrototype);
    // Without an environment no parameter is ever assigned, so there is nothing to follow: the object is an ordinary one.
    let mapped = if env.raw().is_cell() { f.param_count().min(passed) } else { 0 };
    let o = if mapped == 0 {
        object::new_kind(s, Kind::Arguments, proto.value(), 0)
    } else {
        let o = object::new_kind(s, Kind::MappedArguments, proto.value(), 4);
        o.set_slot(s, 0, env.raw());
        o.set_slot(s, 1, Raw::int32(first as i32));
        o.set_slot(s, 2, Raw::int32(mapped as i32));
        o
    };
    let define = |s: &mut Scope<'_>| {
        let callee = s.local(Raw::cell(f.callee().cast()));
        let key = s.names().callee;
        object::add_named(s, o, key, callee, attr::HIDDEN);
    };
    finish(s, f, o, true, define, |_| Raw::cell(f.callee().cast()));
    o
}
/// The arguments object of a frame that has no mapped parameters, if one of its kind has been made before and there is memory
/// without a collection.
///
/// # Safety
/// `f` is a live bytecode frame that still holds what it was called with.
#[cfg(feature = "jit")]
pub(crate) unsafe fn try_new(vm: &mut Vm, f: FrameView, sloppy: bool) -> Option<*mut Object> {
    // SAFETY: by the contract; cells are initialised here, those left behind for want of memory are garbage.
    unsafe {
        let realm = (*f.code()?).header.word as usize;
        let (shape, values, third) = {
            let realm = vm.realms[realm].as_ref()?;
            let third = if sloppy { Raw::cell(f.callee().cast()) } else { realm.arguments_callee };
            let values = realm.intrinsic(Intrinsic::ArrayProtoValues);
            (realm.arguments_shapes[sloppy as usize], values, third)
        };
        let n = (f.argc() & argc::COUNT) as usize;
        if shape == 0 {
            return None;
        }
        let o = object::try_alloc_object(vm, Kind::Arguments, shape, 0, Raw::UNDEFINED);
        let slots = vm.heap.try_alloc(Kind::Slots as u8, 16 + 3 * 8) as *mut Slots;
        let elements = vm.heap.try_alloc(Kind::Elements as u8, 16 + n * 8) as *mut Elements;
        if o.is_null() || slots.is_null() || elements.is_null() {
            return None;
        }
        (*slots).capacity = 3;
        for (k, v) in [Raw::int32(n as i32), values, third].into_iter().enumerate() {
            *Slots::at(slots, k) = v;
        }
        (*elements).length = n as u32;
        (*elements).capacity = n as u32;
        std::ptr::copy_nonoverlapping(f.arguments(), Elements::at(elements, 0), n);
        (*o).slots = slots;
        (*o).elements = elements;
        Some(o)
    }
}
/// Array of the arguments from `start` on.
pub fn new_rest<'s>(s: &mut Scope<'s>, f: FrameView, start: u32) -> Local<'s, Object> {
    let n = (f.argc() & argc::COUNT).saturating_sub(start);
    let a = object::new_array(s, n);
    copy_passed(s, f, start as usize, a);
    a
}
