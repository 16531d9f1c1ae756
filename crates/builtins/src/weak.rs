//! WeakMap, WeakSet, WeakRef and FinalizationRegistry objects, ECMA-262 §24.3, §24.4, §26.1 and §26.2.

use std::ops::ControlFlow;

use spey_core::cell::{Kind, Object, Record, WeakCell};
use spey_core::function::{self, NativeSpec, PropertySpec};
use spey_core::hash_table::{self, EphemeronTable, can_be_held_weakly};
use spey_core::iteration;
use spey_core::object;
use spey_core::realm::Intrinsic;
use spey_core::record;
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::{call, error};
use spey_gc::{Gc, Value as Raw};

use crate::map::{self, TABLE};
use crate::support::{self, require_callable, this_of_kind};

static MAP_PROPERTIES: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("delete", 1, map_delete)),
    PropertySpec::Method(NativeSpec::new("get", 1, map_get).with_quick(|_, this, args| {
        // SAFETY: the table of a live object, which is not changed.
        map::quick_weak(this, args).map_or(Raw::EMPTY, |(table, key)| unsafe {
            hash_table::find_raw(table, key).map_or(Raw::UNDEFINED, |i| hash_table::entry_raw(table, i).1)
        })
    })),
    PropertySpec::Method(NativeSpec::new("getOrInsert", 2, map_get_or_insert)),
    PropertySpec::Method(NativeSpec::new("getOrInsertComputed", 2, map_get_or_insert_computed)),
    PropertySpec::Method(NativeSpec::new("set", 2, map_set).with_quick(|vm, this, args| {
        let Some((table, key)) = map::quick_weak(this, args) else { return Raw::EMPTY };
        let value = args.get(1).copied().unwrap_or(Raw::UNDEFINED);
        // SAFETY: the table of a live object.
        if unsafe { hash_table::set_raw(vm, table, key, value) } { this } else { Raw::EMPTY }
    })),
    PropertySpec::Method(NativeSpec::new("has", 1, map_has).with_quick(|_, this, args| {
        // SAFETY: the table of a live object, which is not changed.
        map::quick_weak(this, args).map_or(Raw::EMPTY, |(table, key)| {
            Raw::bool(unsafe { hash_table::find_raw(table, key) }.is_some())
        })
    })),
    PropertySpec::Tag("WeakMap"),
];
static MAP_CONSTRUCTOR: NativeSpec = NativeSpec::constructor("WeakMap", 0, map_construct);
static SET_PROPERTIES: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("delete", 1, set_delete)),
    PropertySpec::Method(NativeSpec::new("has", 1, set_has)),
    PropertySpec::Method(NativeSpec::new("add", 1, set_add)),
    PropertySpec::Tag("WeakSet"),
];
static SET_CONSTRUCTOR: NativeSpec = NativeSpec::constructor("WeakSet", 0, set_construct);
static REF_PROPERTIES: &[PropertySpec] =
    &[PropertySpec::Method(NativeSpec::new("deref", 0, deref)), PropertySpec::Tag("WeakRef")];
static REF_CONSTRUCTOR: NativeSpec = NativeSpec::constructor("WeakRef", 1, ref_construct);
static REGISTRY_PROPERTIES: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("register", 2, register)),
    PropertySpec::Method(NativeSpec::new("unregister", 1, unregister)),
    PropertySpec::Tag("FinalizationRegistry"),
];
static REGISTRY_CONSTRUCTOR: NativeSpec =
    NativeSpec::constructor("FinalizationRegistry", 1, registry_construct);

pub(crate) fn install(s: &mut Scope<'_>) {
    let mut class = |properties, spec: &'static NativeSpec, prototype, constructor| {
        s.nested(|s| {
            let proto = support::new_prototype(s, Intrinsic::ObjectPrototype);
            function::define_properties(s, proto, properties);
            s.set_intrinsic(prototype, proto);
            let c = function::new_constructor(s, spec, proto);
            s.set_intrinsic(constructor, c);
            support::define_global(s, spec.name, c.value());
        })
    };
    class(MAP_PROPERTIES, &MAP_CONSTRUCTOR, Intrinsic::WeakMapPrototype, Intrinsic::WeakMap);
    class(SET_PROPERTIES, &SET_CONSTRUCTOR, Intrinsic::WeakSetPrototype, Intrinsic::WeakSet);
    class(REF_PROPERTIES, &REF_CONSTRUCTOR, Intrinsic::WeakRefPrototype, Intrinsic::WeakRef);
    class(
        REGISTRY_PROPERTIES,
        &REGISTRY_CONSTRUCTOR,
        Intrinsic::FinalizationRegistryPrototype,
        Intrinsic::FinalizationRegistry,
    );
}

fn table_of<'s>(s: &mut Scope<'s>, o: Local<'_, Object>) -> Local<'s, EphemeronTable> {
    // SAFETY: the slot holds the table from construction on.
    unsafe { o.slot_local(s, TABLE).cast() }
}

// ---------------------------------------------------------------- WeakMap

/// WeakMap ( [ iterable ] ), ECMA-262 §24.3.1.1
fn map_construct<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    if !args.is_construct() {
        return support::throw_requires_new(s, "WeakMap");
    }
    let o = function::create_from_constructor(
        s,
        args.new_target(),
        Intrinsic::WeakMapPrototype,
        Kind::WeakMap,
        1,
    )?;
    let table = hash_table::ephemerons_new(s);
    o.set_slot(s, TABLE, table.raw());
    if !args.get(0).is_nullish() {
        let f = map::adder(s, o, "set")?;
        map::add_entries_from_iterable(s, o, args.get(0), f)?;
    }
    Ok(o.value())
}
#[cold]
fn throw_bad_key<T>(s: &mut Scope<'_>, what: &str) -> JsResult<T> {
    s.throw_type_error(&format!("Invalid value used {what}"))
}
/// WeakMap.prototype.delete ( key ), ECMA-262 §24.3.3.2
fn map_delete<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let o = this_of_kind(s, this, Kind::WeakMap, "WeakMap.prototype.delete")?;
    let table = table_of(s, o);
    let r = can_be_held_weakly(args.get(0)) && hash_table::ephemerons_delete(s, table, args.get(0));
    Ok(s.bool(r))
}
/// WeakMap.prototype.get ( key ), ECMA-262 §24.3.3.3
fn map_get<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let o = this_of_kind(s, this, Kind::WeakMap, "WeakMap.prototype.get")?;
    let table = table_of(s, o);
    if !can_be_held_weakly(args.get(0)) {
        return Ok(s.undefined());
    }
    let v = hash_table::ephemerons_get(table, args.get(0)).unwrap_or(Raw::UNDEFINED);
    Ok(s.local(v))
}
/// WeakMap.prototype.has ( key ), ECMA-262 §24.3.3.6
fn map_has<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let o = this_of_kind(s, this, Kind::WeakMap, "WeakMap.prototype.has")?;
    let table = table_of(s, o);
    Ok(s.bool(can_be_held_weakly(args.get(0)) && hash_table::ephemerons_has(table, args.get(0))))
}
/// WeakMap.prototype.set ( key, value ), ECMA-262 §24.3.3.7
fn map_set<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let o = this_of_kind(s, this, Kind::WeakMap, "WeakMap.prototype.set")?;
    if !can_be_held_weakly(args.get(0)) {
        return throw_bad_key(s, "as weak map key");
    }
    let table = table_of(s, o);
    hash_table::ephemerons_set(s, table, args.get(0), args.get(1));
    Ok(this)
}
/// WeakMap.prototype.getOrInsert ( key, value ), ECMA-262 §24.3.3.4
fn map_get_or_insert<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let o = this_of_kind(s, this, Kind::WeakMap, "WeakMap.prototype.getOrInsert")?;
    if !can_be_held_weakly(args.get(0)) {
        return throw_bad_key(s, "as weak map key");
    }
    let table = table_of(s, o);
    if let Some(v) = hash_table::ephemerons_get(table, args.get(0)) {
        return Ok(s.local(v));
    }
    hash_table::ephemerons_set(s, table, args.get(0), args.get(1));
    Ok(args.get(1))
}
/// WeakMap.prototype.getOrInsertComputed ( key, callback ), ECMA-262 §24.3.3.5
fn map_get_or_insert_computed<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let o = this_of_kind(s, this, Kind::WeakMap, "WeakMap.prototype.getOrInsertComputed")?;
    if !can_be_held_weakly(args.get(0)) {
        return throw_bad_key(s, "as weak map key");
    }
    require_callable(s, args.get(1))?;
    let table = table_of(s, o);
    if let Some(v) = hash_table::ephemerons_get(table, args.get(0)) {
        return Ok(s.local(v));
    }
    let undefined = s.undefined();
    let v = call::call(s, args.get(1), undefined, &[args.get(0)])?;
    hash_table::ephemerons_set(s, table, args.get(0), v);
    Ok(v)
}

// ---------------------------------------------------------------- WeakSet

/// WeakSet ( [ iterable ] ), ECMA-262 §24.4.1.1
fn set_construct<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    if !args.is_construct() {
        return support::throw_requires_new(s, "WeakSet");
    }
    let o = function::create_from_constructor(
        s,
        args.new_target(),
        Intrinsic::WeakSetPrototype,
        Kind::WeakSet,
        1,
    )?;
    let table = hash_table::ephemerons_new(s);
    o.set_slot(s, TABLE, table.raw());
    if !args.get(0).is_nullish() {
        let f = map::adder(s, o, "add")?;
        iteration::iterate(s, args.get(0), |s, v| {
            call::call(s, f, o.value(), &[v])?;
            Ok(ControlFlow::Continue(()))
        })?;
    }
    Ok(o.value())
}
/// WeakSet.prototype.add ( value ), ECMA-262 §24.4.3.1
fn set_add<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let o = this_of_kind(s, this, Kind::WeakSet, "WeakSet.prototype.add")?;
    if !can_be_held_weakly(args.get(0)) {
        return throw_bad_key(s, "in weak set");
    }
    let table = table_of(s, o);
    let v = s.bool(true);
    hash_table::ephemerons_set(s, table, args.get(0), v);
    Ok(this)
}
/// WeakSet.prototype.delete ( value ), ECMA-262 §24.4.3.3
fn set_delete<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let o = this_of_kind(s, this, Kind::WeakSet, "WeakSet.prototype.delete")?;
    let table = table_of(s, o);
    let r = can_be_held_weakly(args.get(0)) && hash_table::ephemerons_delete(s, table, args.get(0));
    Ok(s.bool(r))
}
/// WeakSet.prototype.has ( value ), ECMA-262 §24.4.3.4
fn set_has<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let o = this_of_kind(s, this, Kind::WeakSet, "WeakSet.prototype.has")?;
    let table = table_of(s, o);
    Ok(s.bool(can_be_held_weakly(args.get(0)) && hash_table::ephemerons_has(table, args.get(0))))
}

// ---------------------------------------------------------------- WeakRef

/// New cell that holds its target weakly.
fn new_weak_cell<'s>(s: &mut Scope<'s>, target: Local<'_, Value>) -> Local<'s, WeakCell> {
    // SAFETY: initialised before the next allocation; the target is read after this one.
    unsafe {
        let c = s.vm().heap.alloc(Kind::WeakCell as u8, 16) as *mut WeakCell;
        (*c).target = target.raw();
        s.local_cell(Gc::from_ptr(c))
    }
}
/// Target of a weak cell; empty once it has died.
fn weak_target(cell: Raw) -> Raw {
    // SAFETY: callers pass WeakCell values read from rooted objects.
    unsafe { (*(cell.as_cell() as *const WeakCell)).target }
}
/// AddToKeptObjects, ECMA-262 §9.11
fn add_to_kept_objects(s: &mut Scope<'_>, v: Local<'_, Value>) {
    let raw = v.raw();
    s.vm().kept_alive.push(raw);
}

/// WeakRef ( target ), ECMA-262 §26.1.1.1
fn ref_construct<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    if !args.is_construct() {
        return support::throw_requires_new(s, "WeakRef");
    }
    if !can_be_held_weakly(args.get(0)) {
        return s.throw_type_error("WeakRef: invalid target");
    }
    let o = function::create_from_constructor(
        s,
        args.new_target(),
        Intrinsic::WeakRefPrototype,
        Kind::WeakRef,
        1,
    )?;
    add_to_kept_objects(s, args.get(0));
    let cell = new_weak_cell(s, args.get(0));
    o.set_slot(s, 0, cell.raw());
    Ok(o.value())
}
/// WeakRef.prototype.deref ( ), ECMA-262 §26.1.3.2
fn deref<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let o = this_of_kind(s, this, Kind::WeakRef, "WeakRef.prototype.deref")?;
    let target = weak_target(o.slot(0));
    if target.is_empty() {
        return Ok(s.undefined());
    }
    let v = s.local(target);
    add_to_kept_objects(s, v);
    Ok(v)
}

// ---------------------------------------------------------------- FinalizationRegistry

/// Internal slots of registries.
mod registry_slot {
    /// [[CleanupCallback]]
    pub const CALLBACK: usize = 0;
    /// [[Cells]]: array of records (target cell, held value, token cell or undefined).
    pub const CELLS: usize = 1;
    /// Is the registry in the VM's list?
    pub const WATCHED: usize = 2;
    /// Number of slots.
    pub const COUNT: usize = 3;
}

/// FinalizationRegistry ( cleanupCallback ), ECMA-262 §26.2.1.1
fn registry_construct<'s>(
    s: &mut Scope<'s>,
    _: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    if !args.is_construct() {
        return support::throw_requires_new(s, "FinalizationRegistry");
    }
    if !args.get(0).is_callable() {
        return s.throw_type_error("FinalizationRegistry: cleanup must be callable");
    }
    let o = function::create_from_constructor(
        s,
        args.new_target(),
        Intrinsic::FinalizationRegistryPrototype,
        Kind::FinalizationRegistry,
        registry_slot::COUNT,
    )?;
    o.set_slot(s, registry_slot::CALLBACK, args.get(0).raw());
    let cells = object::new_array(s, 0);
    o.set_slot(s, registry_slot::CELLS, cells.raw());
    o.set_slot(s, registry_slot::WATCHED, Raw::FALSE);
    Ok(o.value())
}
fn cells_of<'s>(s: &mut Scope<'s>, registry: Local<'_, Object>) -> Local<'s, Object> {
    // SAFETY: the slot holds the array from construction on.
    unsafe { registry.slot_local(s, registry_slot::CELLS).cast() }
}
/// FinalizationRegistry.prototype.register ( target, heldValue [ , unregisterToken ] ), ECMA-262 §26.2.3.2
fn register<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let method = "FinalizationRegistry.prototype.register";
    let o = this_of_kind(s, this, Kind::FinalizationRegistry, method)?;
    if !can_be_held_weakly(args.get(0)) {
        return s.throw_type_error(&format!("{method}: invalid target"));
    }
    if spey_core::value::same_value(args.get(0).raw(), args.get(1).raw()) {
        return s.throw_type_error(&format!("{method}: target and holdings must not be same"));
    }
    if !can_be_held_weakly(args.get(2)) && !args.get(2).is_undefined() {
        let text = error::describe(s, args.get(2));
        return s.throw_type_error(&format!("Invalid unregisterToken ('{text}')"));
    }
    let entry = record::new_local(s, 0, 3);
    let target = new_weak_cell(s, args.get(0));
    entry.set_at(s, 0, target.raw());
    entry.set_at(s, 1, args.get(1).raw());
    if !args.get(2).is_undefined() {
        let token = new_weak_cell(s, args.get(2));
        entry.set_at(s, 2, token.raw());
    }
    let cells = cells_of(s, o);
    // Records are kept in an array that no program sees.
    object::array_push(s, cells, entry.value());
    if !o.slot(registry_slot::WATCHED).is_true() {
        o.set_slot(s, registry_slot::WATCHED, Raw::TRUE);
        let raw = o.raw();
        s.vm().pending_finalization.push(raw);
    }
    Ok(s.undefined())
}
/// Keeps the cells for which `keep` says so.
fn retain(
    s: &mut Scope<'_>,
    registry: Local<'_, Object>,
    mut keep: impl FnMut(Local<'_, Record>) -> bool,
) -> bool {
    s.nested(|s| {
        let old = cells_of(s, registry);
        let new = object::new_array(s, 0);
        let n = old.slot(object::ARRAY_LENGTH).as_number() as u32;
        let mut dropped = false;
        for i in 0..n {
            s.nested(|s| {
                let Some(raw) = object::dense_element(old, i) else { return };
                let v = s.local(raw);
                // SAFETY: only records are kept in the array.
                if keep(unsafe { v.cast() }) {
                    object::array_push(s, new, v);
                } else {
                    dropped = true;
                }
            });
        }
        registry.set_slot(s, registry_slot::CELLS, new.raw());
        dropped
    })
}
/// FinalizationRegistry.prototype.unregister ( unregisterToken ), ECMA-262 §26.2.3.3
fn unregister<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let method = "FinalizationRegistry.prototype.unregister";
    let o = this_of_kind(s, this, Kind::FinalizationRegistry, method)?;
    if !can_be_held_weakly(args.get(0)) {
        let text = error::describe(s, args.get(0));
        return s.throw_type_error(&format!("Invalid unregisterToken ('{text}')"));
    }
    let token = args.get(0);
    let removed = retain(s, o, |entry| {
        let cell = entry.at(2);
        cell.is_undefined() || weak_target(cell) != token.raw()
    });
    Ok(s.bool(removed))
}

/// The registries among those watched that have cells whose target has died. Hosts ask after a major collection.
pub fn registries_to_clean<'s>(s: &mut Scope<'s>) -> Vec<Local<'s, Object>> {
    let list = s.vm().pending_finalization.clone();
    let mut result = vec![];
    for raw in list {
        // SAFETY: only registries are in the list.
        let registry: Local<'s, Object> = unsafe { s.local(raw).cast() };
        let cells = cells_of(s, registry);
        let n = cells.slot(object::ARRAY_LENGTH).as_number() as u32;
        let dead = (0..n).any(|i| {
            // SAFETY: records only; nothing is allocated.
            object::dense_element(cells, i).is_some_and(|r| unsafe {
                weak_target(*Record::at(r.as_cell() as *mut Record, 0)).is_empty()
            })
        });
        if dead {
            result.push(registry);
        }
    }
    result
}
/// CleanupFinalizationRegistry, ECMA-262 §9.12: takes the dead cells out and calls the callback for each.
pub fn cleanup_finalization_registry(s: &mut Scope<'_>, registry: Local<'_, Object>) -> JsResult<()> {
    let held = object::new_array(s, 0);
    let cells = cells_of(s, registry);
    let n = cells.slot(object::ARRAY_LENGTH).as_number() as u32;
    for i in 0..n {
        s.nested(|s| {
            let Some(raw) = object::dense_element(cells, i) else { return };
            // SAFETY: records only.
            let entry: Local<'_, Record> = unsafe { s.local(raw).cast() };
            if weak_target(entry.at(0)).is_empty() {
                let v = s.local(entry.at(1));
                object::array_push(s, held, v);
            }
        });
    }
    retain(s, registry, |entry| !weak_target(entry.at(0)).is_empty());
    let left = cells_of(s, registry);
    if left.slot(object::ARRAY_LENGTH).as_number() == 0.0 {
        registry.set_slot(s, registry_slot::WATCHED, Raw::FALSE);
        let raw = registry.raw();
        s.vm().pending_finalization.retain(|&r| r != raw);
    }
    let callback = registry.slot_local(s, registry_slot::CALLBACK);
    let n = held.slot(object::ARRAY_LENGTH).as_number() as u32;
    for i in 0..n {
        s.nested(|s| {
            let v = object::dense_element(held, i).unwrap_or(Raw::UNDEFINED);
            let v = s.local(v);
            let undefined = s.undefined();
            call::call(s, callback, undefined, &[v]).map(|_| ())
        })?;
    }
    Ok(())
}
