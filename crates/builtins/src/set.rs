//! Set objects, ECMA-262 §24.2, and Set iterators.

use std::ops::ControlFlow;

use spey_core::cell::{Kind, Object};
use spey_core::function::{self, NativeSpec, PropertySpec};
use spey_core::hash_table::{self, HashTable};
use spey_core::iteration::{self, IteratorRecord, tag};
use spey_core::object::{self, Own};
use spey_core::realm::{self, Intrinsic};
use spey_core::scope::{Args, JsResult, Local, NativeFn, Scope, Value};
use spey_core::{call, conversion, error};
use spey_gc::Value as Raw;

use crate::map::{self, TABLE, table_of};
use crate::support::{self, call_predicate, require_callable, this_of_kind};

static PROPERTIES: &[PropertySpec] = &[
    PropertySpec::Method(
        NativeSpec::new("has", 1, has).with_quick(|_, this, args| map::quick_has(Kind::Set, this, args)),
    ),
    PropertySpec::Method(NativeSpec::new("add", 1, add).with_quick(map::quick_add)),
    PropertySpec::Method(
        NativeSpec::new("delete", 1, delete)
            .with_quick(|vm, this, args| map::quick_delete(vm, Kind::Set, this, args)),
    ),
    PropertySpec::Method(NativeSpec::new("clear", 0, clear)),
    PropertySpec::Method(NativeSpec::new("entries", 0, entries)),
    PropertySpec::Method(NativeSpec::new("forEach", 1, for_each)),
    PropertySpec::Getter("size", NativeSpec::new("get size", 0, size)),
    PropertySpec::Method(NativeSpec::new("values", 0, values)),
    PropertySpec::Alias("keys", "values"),
    PropertySpec::SymbolAlias(|n| n.sym_iterator, "values"),
    PropertySpec::Method(NativeSpec::new("union", 1, union)),
    PropertySpec::Method(NativeSpec::new("intersection", 1, intersection)),
    PropertySpec::Method(NativeSpec::new("difference", 1, difference)),
    PropertySpec::Method(NativeSpec::new("symmetricDifference", 1, symmetric_difference)),
    PropertySpec::Method(NativeSpec::new("isSubsetOf", 1, is_subset_of)),
    PropertySpec::Method(NativeSpec::new("isSupersetOf", 1, is_superset_of)),
    PropertySpec::Method(NativeSpec::new("isDisjointFrom", 1, is_disjoint_from)),
    PropertySpec::Tag("Set"),
];
static STATIC: &[PropertySpec] = &[support::SPECIES];
static CONSTRUCTOR: NativeSpec = NativeSpec::constructor("Set", 0, construct);
static ITERATOR: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("next", 0, next).with_step(step)),
    PropertySpec::Tag("Set Iterator"),
];

pub(crate) fn install(s: &mut Scope<'_>) {
    s.nested(|s| {
        let proto = support::new_prototype(s, Intrinsic::ObjectPrototype);
        function::define_properties(s, proto, PROPERTIES);
        s.set_intrinsic(Intrinsic::SetPrototype, proto);
        let c = function::new_constructor(s, &CONSTRUCTOR, proto);
        function::define_properties(s, c, STATIC);
        s.set_intrinsic(Intrinsic::Set, c);
        support::define_global(s, "Set", c.value());
        let iterator = support::new_prototype(s, Intrinsic::IteratorPrototype);
        function::define_properties(s, iterator, ITERATOR);
        s.set_intrinsic(Intrinsic::SetIteratorPrototype, iterator);
    })
}

/// Adds a value that iteration gave to a table.
fn insert(s: &mut Scope<'_>, table: Local<'_, HashTable>, v: Local<'_, Value>) {
    let undefined = s.undefined();
    hash_table::set(s, table, v, undefined);
}
/// New set around a table.
fn from_table<'s>(s: &mut Scope<'s>, table: Local<'_, HashTable>) -> Local<'s, Value> {
    let proto = s.intrinsic(Intrinsic::SetPrototype);
    let m = object::new_kind(s, Kind::Set, proto.value(), 1);
    m.set_slot(s, TABLE, table.raw());
    m.value()
}

/// Set ( [ iterable ] ), ECMA-262 §24.2.2.1
fn construct<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    if !args.is_construct() {
        return support::throw_requires_new(s, "Set");
    }
    let o = function::create_from_constructor(s, args.new_target(), Intrinsic::SetPrototype, Kind::Set, 1)?;
    let table = hash_table::new(s);
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

/// Set.prototype.has ( value ), ECMA-262 §24.2.4.8
fn has<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let o = this_of_kind(s, this, Kind::Set, "Set.prototype.has")?;
    let table = table_of(s, o);
    Ok(s.bool(hash_table::has(table, args.get(0))))
}
/// Set.prototype.add ( value ), ECMA-262 §24.2.4.1
fn add<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let o = this_of_kind(s, this, Kind::Set, "Set.prototype.add")?;
    let table = table_of(s, o);
    insert(s, table, args.get(0));
    Ok(this)
}
/// Set.prototype.delete ( value ), ECMA-262 §24.2.4.4
fn delete<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let o = this_of_kind(s, this, Kind::Set, "Set.prototype.delete")?;
    let table = table_of(s, o);
    let r = hash_table::delete(s, table, args.get(0));
    Ok(s.bool(r))
}
/// Set.prototype.clear ( ), ECMA-262 §24.2.4.2
fn clear<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let o = this_of_kind(s, this, Kind::Set, "Set.prototype.clear")?;
    let table = table_of(s, o);
    hash_table::clear(s, table);
    Ok(s.undefined())
}
/// get Set.prototype.size, ECMA-262 §24.2.4.14
fn size<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let o = this_of_kind(s, this, Kind::Set, "get Set.prototype.size")?;
    let table = table_of(s, o);
    Ok(s.size(hash_table::size(table)))
}
/// Set.prototype.forEach ( callback [ , thisArg ] ), ECMA-262 §24.2.4.7
fn for_each<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let o = this_of_kind(s, this, Kind::Set, "Set.prototype.forEach")?;
    require_callable(s, args.get(0))?;
    let table = table_of(s, o);
    for_each_element(s, table, |s, v| {
        call::call(s, args.get(0), args.get(1), &[v, v, this])?;
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(s.undefined())
}
/// Visits the elements in order, also those added meanwhile. True if the visitor did not break.
fn for_each_element(
    s: &mut Scope<'_>,
    table: Local<'_, HashTable>,
    mut visit: impl for<'n> FnMut(&mut Scope<'n>, Local<'n, Value>) -> JsResult<ControlFlow<()>>,
) -> JsResult<bool> {
    let mut position = 0;
    while let Some((v, _, next)) = hash_table::iterate(table, position) {
        position = next;
        let flow = s.nested(|s| {
            let v = s.local(v);
            visit(s, v)
        })?;
        if flow.is_break() {
            return Ok(false);
        }
    }
    Ok(true)
}

fn create_iterator<'s>(
    s: &mut Scope<'s>,
    this: Local<'_, Value>,
    kind: i32,
    method: &str,
) -> JsResult<Local<'s, Value>> {
    let o = this_of_kind(s, this, Kind::Set, method)?;
    Ok(map::create_collection_iterator(s, o, kind, tag::SET, Intrinsic::SetIteratorPrototype).value())
}
/// Set.prototype.values ( ), ECMA-262 §24.2.4.17
fn values<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    create_iterator(s, this, crate::array::VALUES, "Set.prototype.values")
}
/// Set.prototype.entries ( ), ECMA-262 §24.2.4.6
fn entries<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    create_iterator(s, this, crate::array::ENTRIES, "Set.prototype.entries")
}
/// %SetIteratorPrototype%.next ( ), ECMA-262 §24.2.6.2.1
fn next<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let v = step(s, this)?;
    Ok(realm::iterator_step_result(s, v).value())
}
fn step<'s>(s: &mut Scope<'s>, this: Local<'s, Value>) -> JsResult<Option<Local<'s, Value>>> {
    map::collection_step(s, this, tag::SET, "Set Iterator.prototype.next")
}

/// Set Record, ECMA-262 §24.2.1.1
struct SetRecord<'s> {
    object: Local<'s, Object>,
    size: f64,
    has: Local<'s, Value>,
    keys: Local<'s, Value>,
    /// Its table, if it is a Set whose methods and iterators are the original ones.
    table: Option<Local<'s, HashTable>>,
}
/// The keys of another set.
enum Keys<'s> {
    Table(Local<'s, HashTable>),
    Iterator(IteratorRecord<'s>),
}
/// GetSetRecord, ECMA-262 §24.2.1.2
fn get_set_record<'s>(s: &mut Scope<'s>, v: Local<'s, Value>) -> JsResult<SetRecord<'s>> {
    let Some(object) = v.as_object() else {
        let text = error::describe(s, v);
        return s.throw_type_error(&format!("{text} is not an object"));
    };
    let key = s.names().size;
    let raw = object::get(s, object, key)?;
    let n = conversion::to_number(s, raw)?;
    if n.is_nan() {
        return s.throw_type_error("The .size property is NaN");
    }
    let size = conversion::integer_or_infinity(n);
    if size < 0.0 {
        return s.throw_range_error(&format!("'{size}' is an invalid size"));
    }
    let method = |s: &mut Scope<'s>, name: &str| {
        let f = object::get_named(s, object, name)?;
        if !f.is_callable() {
            return support::throw_not_callable(s, f);
        }
        Ok(f)
    };
    let has = method(s, "has")?;
    let keys = method(s, "keys")?;
    let table = if is_original(s, object, has, keys) { Some(table_of(s, object)) } else { None };
    Ok(SetRecord { object, size, has, keys, table })
}
/// Is it a Set whose methods and iterators do what they did at first?
fn is_original(
    s: &mut Scope<'_>,
    object: Local<'_, Object>,
    has_method: Local<'_, Value>,
    keys_method: Local<'_, Value>,
) -> bool {
    let is = |v: Raw, f: NativeFn| {
        // SAFETY: a live built-in function.
        spey_core::value::is_kind(v, Kind::NativeFunction)
            && std::ptr::fn_addr_eq(unsafe { function::native_spec(v.as_cell().cast()) }.function, f)
    };
    object.kind() == Kind::Set
        && is(has_method.raw(), has)
        && is(keys_method.raw(), values)
        && s.nested(|s| {
            let (iterator, key) = (s.intrinsic(Intrinsic::SetIteratorPrototype), s.names().next);
            let is_next = matches!(object::own_ordinary(s, iterator, key), Own::Data(v, _) if is(v, next));
            let key = s.key("return");
            is_next && !support::may_have(s, iterator, key)
        })
}
impl<'s> SetRecord<'s> {
    fn has(&self, s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<bool> {
        match self.table {
            // OPTIMIZATION
            Some(table) => Ok(hash_table::has(table, v)),
            None => call_predicate(s, self.has, self.object.value(), &[v]),
        }
    }
    /// GetIteratorFromMethod on the keys method, without the check of Symbol.iterator.
    fn keys(&self, s: &mut Scope<'s>) -> JsResult<Keys<'s>> {
        if let Some(table) = self.table {
            return Ok(Keys::Table(table));
        }
        let it = call::call(s, self.keys, self.object.value(), &[])?;
        match it.as_object() {
            Some(o) => iteration::get_iterator_direct(s, o.value()).map(Keys::Iterator),
            None => {
                let text = error::describe(s, it);
                s.throw_type_error(&format!("{text} is not an object"))
            }
        }
    }
}
/// Visits the keys of the other set. True if the visitor did not break; a break closes the iterator.
fn for_each_key<'s>(
    s: &mut Scope<'s>,
    keys: &Keys<'s>,
    mut visit: impl for<'n> FnMut(&mut Scope<'n>, Local<'n, Value>) -> ControlFlow<()>,
) -> JsResult<bool> {
    let record = match keys {
        Keys::Table(table) => return for_each_element(s, *table, |s, v| Ok(visit(s, v))),
        Keys::Iterator(record) => record,
    };
    loop {
        let flow = s.nested(|s| {
            let Some(v) = iteration::step_value(s, record)? else { return Ok(None) };
            // CanonicalizeKeyedCollectionKey is the table's work.
            Ok(Some(visit(s, v)))
        })?;
        match flow {
            None => return Ok(true),
            Some(ControlFlow::Continue(())) => {}
            Some(ControlFlow::Break(())) => {
                iteration::close_normal(s, record)?;
                return Ok(false);
            }
        }
    }
}
/// The beginning of the seven methods: the table of the receiver and the other set.
fn begin<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
    method: &str,
) -> JsResult<(Local<'s, HashTable>, SetRecord<'s>)> {
    let o = this_of_kind(s, this, Kind::Set, method)?;
    let other = get_set_record(s, args.get(0))?;
    Ok((table_of(s, o), other))
}

/// Set.prototype.union ( other ), ECMA-262 §24.2.4.16
fn union<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let (table, other) = begin(s, this, args, "Set.prototype.union")?;
    // NOTE: the keys are asked for before the copy is made.
    let keys = other.keys(s)?;
    let result = hash_table::copy(s, table);
    for_each_key(s, &keys, |s, v| {
        insert(s, result, v);
        ControlFlow::Continue(())
    })?;
    Ok(from_table(s, result))
}
/// Set.prototype.intersection ( other ), ECMA-262 §24.2.4.9
fn intersection<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let (table, other) = begin(s, this, args, "Set.prototype.intersection")?;
    let result = hash_table::new(s);
    if hash_table::size(table) as f64 <= other.size {
        for_each_element(s, table, |s, v| {
            if other.has(s, v)? {
                insert(s, result, v);
            }
            Ok(ControlFlow::Continue(()))
        })?;
    } else {
        let keys = other.keys(s)?;
        for_each_key(s, &keys, |s, v| {
            if hash_table::has(table, v) {
                insert(s, result, v);
            }
            ControlFlow::Continue(())
        })?;
    }
    Ok(from_table(s, result))
}
/// Set.prototype.difference ( other ), ECMA-262 §24.2.4.5
fn difference<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let (table, other) = begin(s, this, args, "Set.prototype.difference")?;
    if hash_table::size(table) as f64 <= other.size {
        let result = hash_table::copy(s, table);
        for_each_element(s, table, |s, v| {
            if other.has(s, v)? {
                hash_table::delete(s, result, v);
            }
            Ok(ControlFlow::Continue(()))
        })?;
        return Ok(from_table(s, result));
    }
    let result = hash_table::copy(s, table);
    let keys = other.keys(s)?;
    for_each_key(s, &keys, |s, v| {
        hash_table::delete(s, result, v);
        ControlFlow::Continue(())
    })?;
    Ok(from_table(s, result))
}
/// Set.prototype.symmetricDifference ( other ), ECMA-262 §24.2.4.15
fn symmetric_difference<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let (table, other) = begin(s, this, args, "Set.prototype.symmetricDifference")?;
    let keys = other.keys(s)?;
    let result = hash_table::copy(s, table);
    for_each_key(s, &keys, |s, v| {
        if hash_table::has(table, v) {
            hash_table::delete(s, result, v);
        } else {
            insert(s, result, v);
        }
        ControlFlow::Continue(())
    })?;
    Ok(from_table(s, result))
}
/// Set.prototype.isSubsetOf ( other ), ECMA-262 §24.2.4.11
fn is_subset_of<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let (table, other) = begin(s, this, args, "Set.prototype.isSubsetOf")?;
    if hash_table::size(table) as f64 > other.size {
        return Ok(s.bool(false));
    }
    let all = for_each_element(s, table, |s, v| {
        Ok(if other.has(s, v)? { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    })?;
    Ok(s.bool(all))
}
/// Set.prototype.isSupersetOf ( other ), ECMA-262 §24.2.4.12
fn is_superset_of<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let (table, other) = begin(s, this, args, "Set.prototype.isSupersetOf")?;
    if (hash_table::size(table) as f64) < other.size {
        return Ok(s.bool(false));
    }
    let keys = other.keys(s)?;
    let all = for_each_key(s, &keys, |_, v| {
        if hash_table::has(table, v) { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    Ok(s.bool(all))
}
/// Set.prototype.isDisjointFrom ( other ), ECMA-262 §24.2.4.10
fn is_disjoint_from<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let (table, other) = begin(s, this, args, "Set.prototype.isDisjointFrom")?;
    let none = if hash_table::size(table) as f64 <= other.size {
        for_each_element(s, table, |s, v| {
            Ok(if other.has(s, v)? { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        })?
    } else {
        let keys = other.keys(s)?;
        for_each_key(s, &keys, |_, v| {
            if hash_table::has(table, v) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?
    };
    Ok(s.bool(none))
}
