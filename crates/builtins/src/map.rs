//! Map objects, ECMA-262 §24.1, and Map iterators.

use std::ops::ControlFlow;

use spey_core::cell::{Kind, Object};
use spey_core::function::{self, NativeSpec, PropertySpec};
use spey_core::hash_table::{self, HashTable};
use spey_core::iteration::{self, tag};
use spey_core::object;
use spey_core::realm::{self, Intrinsic};
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::vm::Vm;
use spey_core::{call, conversion, error};
use spey_gc::Value as Raw;

use crate::support::{self, require_callable, this_of_kind, throw_incompatible};

/// Internal slot of maps and sets: the table.
pub(crate) const TABLE: usize = 0;

/// Internal slots of Map and Set iterators after the tag.
pub(crate) mod iterator_slot {
    /// The map or set; undefined when done.
    pub const OBJECT: usize = 1;
    /// Position in the table.
    pub const POSITION: usize = 2;
    /// 0 keys, 1 values, 2 entries.
    pub const KIND: usize = 3;
    /// Number of slots.
    pub const COUNT: usize = 4;
}

static PROPERTIES: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("get", 1, get).with_quick(quick_get)),
    PropertySpec::Method(NativeSpec::new("set", 2, set).with_quick(quick_set)),
    PropertySpec::Method(
        NativeSpec::new("has", 1, has).with_quick(|_, this, args| quick_has(Kind::Map, this, args)),
    ),
    PropertySpec::Method(
        NativeSpec::new("delete", 1, delete)
            .with_quick(|vm, this, args| quick_delete(vm, Kind::Map, this, args)),
    ),
    PropertySpec::Method(NativeSpec::new("clear", 0, clear)),
    PropertySpec::Method(NativeSpec::new("entries", 0, entries)),
    PropertySpec::Method(NativeSpec::new("forEach", 1, for_each)),
    PropertySpec::Method(NativeSpec::new("keys", 0, keys)),
    PropertySpec::Method(NativeSpec::new("getOrInsert", 2, get_or_insert)),
    PropertySpec::Method(NativeSpec::new("getOrInsertComputed", 2, get_or_insert_computed)),
    PropertySpec::Getter("size", NativeSpec::new("get size", 0, size)),
    PropertySpec::Method(NativeSpec::new("values", 0, values)),
    PropertySpec::SymbolAlias(|n| n.sym_iterator, "entries"),
    PropertySpec::Tag("Map"),
];
static STATIC: &[PropertySpec] =
    &[PropertySpec::Method(NativeSpec::new("groupBy", 2, group_by)), support::SPECIES];
static CONSTRUCTOR: NativeSpec = NativeSpec::constructor("Map", 0, construct);
static ITERATOR: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("next", 0, next).with_step(step)),
    PropertySpec::Tag("Map Iterator"),
];

pub(crate) fn install(s: &mut Scope<'_>) {
    s.nested(|s| {
        let proto = support::new_prototype(s, Intrinsic::ObjectPrototype);
        function::define_properties(s, proto, PROPERTIES);
        s.set_intrinsic(Intrinsic::MapPrototype, proto);
        let c = function::new_constructor(s, &CONSTRUCTOR, proto);
        function::define_properties(s, c, STATIC);
        s.set_intrinsic(Intrinsic::Map, c);
        support::define_global(s, "Map", c.value());
        let iterator = support::new_prototype(s, Intrinsic::IteratorPrototype);
        function::define_properties(s, iterator, ITERATOR);
        s.set_intrinsic(Intrinsic::MapIteratorPrototype, iterator);
    })
}

/// The table of a map or set.
#[inline]
pub(crate) fn table_of<'s>(s: &mut Scope<'s>, o: Local<'_, Object>) -> Local<'s, HashTable> {
    // SAFETY: the slot holds the table from construction on.
    unsafe { o.slot_local(s, TABLE).cast() }
}
/// The table of a value of the kind, and the key that a method is called with.
fn quick_operands(kind: Kind, this: Raw, args: &[Raw]) -> Option<(Raw, Raw)> {
    let &[key, ..] = args else { return None };
    if !spey_core::value::is_kind(this, kind) {
        return None;
    }
    // SAFETY: a live Map or Set, which has its table from construction on.
    Some((unsafe { *Object::trailing(this.as_cell().cast(), TABLE) }, key))
}
/// The table of a WeakMap, and the object that a method is called with.
pub(crate) fn quick_weak(this: Raw, args: &[Raw]) -> Option<(Raw, Raw)> {
    quick_operands(Kind::WeakMap, this, args).filter(|&(_, key)| spey_core::value::is_object(key))
}
/// `has` of Map and Set.
pub(crate) fn quick_has(kind: Kind, this: Raw, args: &[Raw]) -> Raw {
    match quick_operands(kind, this, args) {
        // SAFETY: the table of a live object.
        Some((table, key)) => Raw::bool(unsafe { hash_table::find_raw(table, key) }.is_some()),
        None => Raw::EMPTY,
    }
}
fn quick_get(_: &mut Vm, this: Raw, args: &[Raw]) -> Raw {
    let Some((table, key)) = quick_operands(Kind::Map, this, args) else { return Raw::EMPTY };
    // SAFETY: the table of a live object, which is not changed.
    unsafe { hash_table::find_raw(table, key).map_or(Raw::UNDEFINED, |i| hash_table::entry_raw(table, i).1) }
}
fn quick_set(vm: &mut Vm, this: Raw, args: &[Raw]) -> Raw {
    let Some((table, key)) = quick_operands(Kind::Map, this, args) else { return Raw::EMPTY };
    let value = args.get(1).copied().unwrap_or(Raw::UNDEFINED);
    // SAFETY: the table of a live object.
    if unsafe { hash_table::set_raw(vm, table, key, value) } { this } else { Raw::EMPTY }
}
/// `add` of Set.
pub(crate) fn quick_add(vm: &mut Vm, this: Raw, args: &[Raw]) -> Raw {
    let Some((table, key)) = quick_operands(Kind::Set, this, args) else { return Raw::EMPTY };
    // SAFETY: the table of a live object.
    if unsafe { hash_table::set_raw(vm, table, key, Raw::UNDEFINED) } { this } else { Raw::EMPTY }
}
/// `delete` of Map and Set.
pub(crate) fn quick_delete(vm: &mut Vm, kind: Kind, this: Raw, args: &[Raw]) -> Raw {
    match quick_operands(kind, this, args) {
        // SAFETY: the table of a live object.
        Some((table, key)) => Raw::bool(unsafe { hash_table::delete_raw(vm, table, key) }),
        None => Raw::EMPTY,
    }
}
/// New map around a table.
fn from_table<'s>(s: &mut Scope<'s>, table: Local<'_, HashTable>) -> Local<'s, Object> {
    let proto = s.intrinsic(Intrinsic::MapPrototype);
    let m = object::new_kind(s, Kind::Map, proto.value(), 1);
    m.set_slot(s, TABLE, table.raw());
    m
}

/// AddEntriesFromIterable, ECMA-262 §24.1.1.2. `store` stands for the adder when it is the intrinsic one.
pub(crate) fn add_entries_from_iterable(
    s: &mut Scope<'_>,
    target: Local<'_, Object>,
    iterable: Local<'_, Value>,
    adder: Local<'_, Value>,
) -> JsResult<()> {
    iteration::iterate(s, iterable, |s, item| {
        let Some(item_object) = item.as_object() else {
            let text = crate::error::message_text(s, item);
            return s.throw_type_error(&format!("Iterator value {text} is not an entry object"));
        };
        let k = support::get_index(s, item_object, 0)?;
        let v = support::get_index(s, item_object, 1)?;
        call::call(s, adder, target.value(), &[k, v])?;
        Ok(ControlFlow::Continue(()))
    })
}
/// The adder method (`set` or `add`) of a collection under construction.
pub(crate) fn adder<'s>(s: &mut Scope<'s>, o: Local<'_, Object>, name: &str) -> JsResult<Local<'s, Value>> {
    let f = object::get_named(s, o, name)?;
    if !f.is_callable() {
        let text = error::describe(s, f);
        return s.throw_type_error(&format!(
            "'{text}' returned for property '{name}' of object '#<Object>' is not a function"
        ));
    }
    Ok(f)
}

/// Map ( [ iterable ] ), ECMA-262 §24.1.1.1
fn construct<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    if !args.is_construct() {
        return support::throw_requires_new(s, "Map");
    }
    let m = function::create_from_constructor(s, args.new_target(), Intrinsic::MapPrototype, Kind::Map, 1)?;
    let table = hash_table::new(s);
    m.set_slot(s, TABLE, table.raw());
    if !args.get(0).is_nullish() {
        let f = adder(s, m, "set")?;
        add_entries_from_iterable(s, m, args.get(0), f)?;
    }
    Ok(m.value())
}

/// Map.groupBy ( items, callback ), ECMA-262 §24.1.2.1
fn group_by<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    // GroupBy, ECMA-262 §7.3.35, with collection keys
    conversion::require_object_coercible(s, args.get(0), "Map.groupBy")?;
    require_callable(s, args.get(1))?;
    let groups = hash_table::new(s);
    let mut k = 0u64;
    iteration::iterate(s, args.get(0), |s, v| {
        let undefined = s.undefined();
        let n = s.number(k as f64);
        let key = call::call(s, args.get(1), undefined, &[v, n])?;
        let list = match hash_table::get(groups, key) {
            Some(list) => s.local(list),
            None => {
                let list = object::new_array(s, 0).value();
                hash_table::set(s, groups, key, list);
                list
            }
        };
        if let Some(list) = list.as_object() {
            object::array_push(s, list, v);
        }
        k += 1;
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(from_table(s, groups).value())
}

/// Map.prototype.get ( key ), ECMA-262 §24.1.3.6
fn get<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let m = this_of_kind(s, this, Kind::Map, "Map.prototype.get")?;
    let table = table_of(s, m);
    let v = hash_table::get(table, args.get(0)).unwrap_or(Raw::UNDEFINED);
    Ok(s.local(v))
}
/// Map.prototype.set ( key, value ), ECMA-262 §24.1.3.11
fn set<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let m = this_of_kind(s, this, Kind::Map, "Map.prototype.set")?;
    let table = table_of(s, m);
    hash_table::set(s, table, args.get(0), args.get(1));
    Ok(this)
}
/// Map.prototype.has ( key ), ECMA-262 §24.1.3.9
fn has<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let m = this_of_kind(s, this, Kind::Map, "Map.prototype.has")?;
    let table = table_of(s, m);
    Ok(s.bool(hash_table::has(table, args.get(0))))
}
/// Map.prototype.delete ( key ), ECMA-262 §24.1.3.3
fn delete<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let m = this_of_kind(s, this, Kind::Map, "Map.prototype.delete")?;
    let table = table_of(s, m);
    let r = hash_table::delete(s, table, args.get(0));
    Ok(s.bool(r))
}
/// Map.prototype.clear ( ), ECMA-262 §24.1.3.1
fn clear<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let m = this_of_kind(s, this, Kind::Map, "Map.prototype.clear")?;
    let table = table_of(s, m);
    hash_table::clear(s, table);
    Ok(s.undefined())
}
/// get Map.prototype.size, ECMA-262 §24.1.3.12
fn size<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let m = this_of_kind(s, this, Kind::Map, "get Map.prototype.size")?;
    let table = table_of(s, m);
    Ok(s.size(hash_table::size(table)))
}
/// Map.prototype.forEach ( callback [ , thisArg ] ), ECMA-262 §24.1.3.5
fn for_each<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let m = this_of_kind(s, this, Kind::Map, "Map.prototype.forEach")?;
    require_callable(s, args.get(0))?;
    let table = table_of(s, m);
    let mut position = 0;
    while let Some((k, v, next)) = hash_table::iterate(table, position) {
        position = next;
        s.nested(|s| {
            let (k, v) = (s.local(k), s.local(v));
            call::call(s, args.get(0), args.get(1), &[v, k, this]).map(|_| ())
        })?;
    }
    Ok(s.undefined())
}
/// Map.prototype.getOrInsert ( key, value ), ECMA-262 §24.1.3.7
fn get_or_insert<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let m = this_of_kind(s, this, Kind::Map, "Map.prototype.getOrInsert")?;
    let table = table_of(s, m);
    if let Some(v) = hash_table::get(table, args.get(0)) {
        return Ok(s.local(v));
    }
    hash_table::set(s, table, args.get(0), args.get(1));
    Ok(args.get(1))
}
/// Map.prototype.getOrInsertComputed ( key, callback ), ECMA-262 §24.1.3.8
fn get_or_insert_computed<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let m = this_of_kind(s, this, Kind::Map, "Map.prototype.getOrInsertComputed")?;
    require_callable(s, args.get(1))?;
    let table = table_of(s, m);
    if let Some(v) = hash_table::get(table, args.get(0)) {
        return Ok(s.local(v));
    }
    // CanonicalizeKeyedCollectionKey
    let key = if args.get(0).as_number() == Some(0.0) { s.int(0) } else { args.get(0) };
    let undefined = s.undefined();
    let v = call::call(s, args.get(1), undefined, &[key])?;
    hash_table::set(s, table, key, v);
    Ok(v)
}

/// New iterator over a map or set.
pub(crate) fn create_collection_iterator<'s>(
    s: &mut Scope<'s>,
    o: Local<'_, Object>,
    kind: i32,
    tag: i32,
    prototype: Intrinsic,
) -> Local<'s, Object> {
    let proto = s.intrinsic(prototype);
    let i = object::new_kind(s, Kind::Iterator, proto.value(), iterator_slot::COUNT);
    i.set_slot(s, 0, Raw::int32(tag));
    i.set_slot(s, iterator_slot::OBJECT, o.raw());
    i.set_slot(s, iterator_slot::POSITION, Raw::int32(0));
    i.set_slot(s, iterator_slot::KIND, Raw::int32(kind));
    i
}
fn create_iterator<'s>(
    s: &mut Scope<'s>,
    this: Local<'_, Value>,
    kind: i32,
    method: &str,
) -> JsResult<Local<'s, Value>> {
    let m = this_of_kind(s, this, Kind::Map, method)?;
    Ok(create_collection_iterator(s, m, kind, tag::MAP, Intrinsic::MapIteratorPrototype).value())
}
/// Map.prototype.keys ( ), ECMA-262 §24.1.3.10
fn keys<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    create_iterator(s, this, crate::array::KEYS, "Map.prototype.keys")
}
/// Map.prototype.values ( ), ECMA-262 §24.1.3.13
fn values<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    create_iterator(s, this, crate::array::VALUES, "Map.prototype.values")
}
/// Map.prototype.entries ( ), ECMA-262 §24.1.3.4
fn entries<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    create_iterator(s, this, crate::array::ENTRIES, "Map.prototype.entries")
}

/// %MapIteratorPrototype%.next ( ), ECMA-262 §24.1.5.2.1
fn next<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let v = step(s, this)?;
    Ok(realm::iterator_step_result(s, v).value())
}
fn step<'s>(s: &mut Scope<'s>, this: Local<'s, Value>) -> JsResult<Option<Local<'s, Value>>> {
    collection_step(s, this, tag::MAP, "Map Iterator.prototype.next")
}
/// A step of Map and Set iterators.
pub(crate) fn collection_step<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    tag: i32,
    method: &str,
) -> JsResult<Option<Local<'s, Value>>> {
    let it = match this.as_object() {
        Some(o) if o.kind() == Kind::Iterator && o.slot(0) == Raw::int32(tag) => o,
        _ => return throw_incompatible(s, method, this),
    };
    if let Some(o) = it.slot_local(s, iterator_slot::OBJECT).as_object() {
        let table = table_of(s, o);
        let position = it.slot(iterator_slot::POSITION).as_number() as u64;
        if let Some((k, v, next)) = hash_table::iterate(table, position) {
            it.set_slot(s, iterator_slot::POSITION, Raw::number(next as f64));
            let is_set = o.kind() == Kind::Set;
            let kind = it.slot(iterator_slot::KIND).as_int32();
            let (k, v) = (s.local(k), s.local(v));
            let v = if is_set { k } else { v };
            let item = match kind {
                crate::array::KEYS => k,
                crate::array::VALUES => v,
                _ => object::array_from_list(s, &[k, v]).value(),
            };
            return Ok(Some(item));
        }
        it.set_slot(s, iterator_slot::OBJECT, Raw::UNDEFINED);
    }
    Ok(None)
}
