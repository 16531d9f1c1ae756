//! WebAssembly.Table

use spey_core::cell::Object;
use spey_core::conversion;
use spey_core::function::NativeSpec;
use spey_core::object;
use spey_core::realm::Intrinsic;
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use wasmtime::{AsContextMut, Ref, RootScope, Table, TableType, Val, ValType};

use crate::class::{self, Class, Property};
use crate::descriptor::{self, AddressType};
use crate::errors;
use crate::exception::{mismatch_text, object_state, runtime_state};
use crate::lazy;
use crate::runtime::{MAX_TABLE_ELEMENTS, State};
use crate::value::{self, Prepared};

/// WebAssembly.Table
pub static TABLE: Class = Class { name: "Table", tag: -203, prototype: Intrinsic::WasmTablePrototype };

/// Data of a table.
#[derive(Clone)]
pub struct TableData {
    /// The table.
    pub table: Table,
}
class::native_data!(TableData);

static CONSTRUCTOR: NativeSpec = NativeSpec::constructor("Table", 1, construct);
static PROPERTIES: &[Property] = &[
    Property::Getter("length", NativeSpec::new("get length", 0, length)),
    Property::Method(NativeSpec::new("grow", 1, grow)),
    Property::Method(NativeSpec::new("set", 1, set)),
    Property::Method(NativeSpec::new("get", 1, get)),
];

/// Defines the class.
pub fn install(s: &mut Scope<'_>, namespace: Local<'_, Object>) {
    class::define(s, namespace, &TABLE, &CONSTRUCTOR, &[], PROPERTIES);
}
/// A table of a state as an object.
pub fn to_object<'s>(s: &mut Scope<'s>, state: &State, table: Table) -> Local<'s, Object> {
    class::wrap_in(s, state, &TABLE, Box::new(TableData { table }))
}
/// The table behind a value, if it is a Table object.
pub fn of_value(v: Local<'_, Value>) -> Option<Table> {
    class::object_of(&TABLE, v).and_then(class::data::<TableData>).map(|d| d.table)
}

/// Table ( descriptor, value )
fn construct<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    const API: &str = "WebAssembly.Table()";
    class::require_new(s, args, "Table")?;
    let Some(d) = args.get(0).as_object() else {
        return s.throw_type_error(&format!("{API}: Argument 0 must be a table descriptor"));
    };
    let element = object::get_named(s, d, "element")?;
    let element = conversion::to_text(s, element)?;
    let Some(ty) = value::reference_type_of_name(&element).filter(|t| !t.heap_type().is_exn()) else {
        return s.throw_type_error(&format!(
            "{API}: Descriptor property 'element' must be a WebAssembly reference type"
        ));
    };
    let address = descriptor::address_type(s, d, API)?;
    let initial = descriptor::limit(s, d, "initial", address, (0, MAX_TABLE_ELEMENTS), API)?;
    let initial = descriptor::require_initial(s, initial, API)?;
    let most = if address.is_64() { u64::MAX } else { u32::MAX as u64 };
    let maximum = descriptor::limit(s, d, "maximum", address, (initial, most), API)?;
    let proto = class::prototype_of(s, args.new_target(), TABLE.prototype)?;
    let state = runtime_state(s)?;
    let value_type = ValType::Ref(ty.clone());
    let init = match args.get(1).is_undefined() {
        true => None,
        false => Some(prepare(s, state, args.get(1), &value_type, API, 1)?),
    };
    let made = state.with(|c| -> wasmtime::Result<Table> {
        let mut scope = RootScope::new(&mut *c);
        let c = &mut scope.as_context_mut();
        let init = make_or_default(s, state, c, init.as_ref(), &value_type)?;
        let ty = if address.is_64() {
            TableType::new64(ty, initial, maximum)
        } else {
            TableType::new(ty, initial as u32, maximum.map(|m| m as u32))
        };
        Table::new(&mut *c, ty, init)
    });
    match made {
        Ok(table) => Ok(class::create(s, &TABLE, proto, Box::new(TableData { table })).value()),
        Err(_) => s.throw_range_error(&format!("{API}: could not allocate table")),
    }
}
fn make_or_default(
    s: &mut Scope<'_>,
    state: &State,
    c: &mut wasmtime::StoreContextMut<'_, crate::runtime::Data>,
    p: Option<&Prepared<'_>>,
    ty: &ValType,
) -> wasmtime::Result<Ref> {
    let v = match p {
        Some(p) => Some(value::make(s, state, c, p)?),
        None => value::default_value(s, state, c, ty)?,
    };
    match v.and_then(Val::ref_) {
        Some(r) => Ok(r),
        None => wasmtime::bail!("the type has no default value"),
    }
}
/// ToWebAssemblyValue for an element.
fn prepare<'s>(
    s: &mut Scope<'_>,
    state: &State,
    v: Local<'s, Value>,
    ty: &ValType,
    api: &str,
    argument: usize,
) -> JsResult<Prepared<'s>> {
    match value::prepare(s, state, v, ty)? {
        Some(p) => Ok(p),
        None => s.throw_type_error(&format!(
            "{api}: Argument {argument} is invalid for table: {}",
            mismatch_text(ty)
        )),
    }
}
fn receiver<'a>(
    s: &mut Scope<'_>,
    this: Local<'_, Value>,
    api: &str,
) -> JsResult<(Table, TableType, &'a State)> {
    let (o, data) = class::receiver::<TableData>(s, &TABLE, this, api)?;
    let state = object_state(s, o)?;
    let ty = state.with(|c| data.table.ty(&*c));
    Ok((data.table, ty, state))
}
/// get Table.prototype.length
fn length<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let (table, ty, state) = receiver(s, this, "WebAssembly.Table.length")?;
    let n = state.with(|c| table.size(&*c));
    Ok(AddressType::of(ty.is_64()).to_js(s, n))
}
/// Table.prototype.grow ( delta, value )
fn grow<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    const API: &str = "WebAssembly.Table.grow()";
    let (table, ty, state) = receiver(s, this, API)?;
    let address = AddressType::of(ty.is_64());
    let delta = descriptor::to_address(s, args.get(0), address, API, "Argument 0")?;
    let value_type = ValType::Ref(ty.element().clone());
    let init = match args.get(1).is_undefined() {
        true if args.len() < 2 || ty.element().is_nullable() && !takes_undefined(&ty) => None,
        _ => Some(prepare(s, state, args.get(1), &value_type, API, 1)?),
    };
    lazy::tables_change(state);
    let grown = state.with(|c| -> wasmtime::Result<u64> {
        let mut scope = RootScope::new(&mut *c);
        let c = &mut scope.as_context_mut();
        let init = make_or_default(s, state, c, init.as_ref(), &value_type)?;
        table.grow(&mut *c, delta, init)
    });
    match grown {
        Ok(old) => Ok(address.to_js(s, old)),
        Err(_) => s.throw_range_error(&format!("{API}: failed to grow table by {delta}")),
    }
}
/// Is `undefined` a value of the element type?
fn takes_undefined(ty: &TableType) -> bool {
    matches!(ty.element().heap_type(), wasmtime::HeapType::Extern | wasmtime::HeapType::Any)
}
fn throw_bounds<T>(
    s: &mut Scope<'_>,
    state: &State,
    table: Table,
    ty: &TableType,
    api: &str,
    index: u64,
) -> JsResult<T> {
    let size = state.with(|c| table.size(&*c));
    let element = match ty.element().to_string() {
        t if t == "(ref null func)" => "funcref".to_string(),
        t if t == "(ref null extern)" => "externref".to_string(),
        t => t,
    };
    s.throw_range_error(&format!("{api}: invalid address {index} in {element} table of size {size}"))
}
/// Table.prototype.get ( index )
fn get<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    const API: &str = "WebAssembly.Table.get()";
    let (table, ty, state) = receiver(s, this, API)?;
    let index = descriptor::to_address(s, args.get(0), AddressType::of(ty.is_64()), API, "Argument 0")?;
    if value::is_opaque(&ValType::Ref(ty.element().clone())) {
        return s.throw_type_error(&format!("{API}: Invalid type"));
    }
    let v = state.with(|c| -> wasmtime::Result<Option<Local<'s, Value>>> {
        let mut scope = RootScope::new(&mut *c);
        let c = &mut scope.as_context_mut();
        match table.get(&mut *c, index) {
            None => Ok(None),
            Some(r) => value::to_js(s, state, c, r.into()).map(Some),
        }
    });
    match v {
        Ok(Some(v)) => Ok(v),
        Ok(None) => throw_bounds(s, state, table, &ty, API, index),
        Err(e) => errors::throw_outcome(s, state, e),
    }
}
/// Table.prototype.set ( index, value )
fn set<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    const API: &str = "WebAssembly.Table.set()";
    let (table, ty, state) = receiver(s, this, API)?;
    let index = descriptor::to_address(s, args.get(0), AddressType::of(ty.is_64()), API, "Argument 0")?;
    let value_type = ValType::Ref(ty.element().clone());
    if value::is_opaque(&value_type) {
        return s.throw_type_error(&format!("{API}: Invalid type"));
    }
    if index >= state.with(|c| table.size(&*c)) {
        return throw_bounds(s, state, table, &ty, API, index);
    }
    let p = match args.len() < 2 {
        true if value_type_has_default(&ty) => None,
        _ => Some(prepare(s, state, args.get(1), &value_type, API, 1)?),
    };
    lazy::tables_change(state);
    let done = state.with(|c| -> wasmtime::Result<()> {
        let mut scope = RootScope::new(&mut *c);
        let c = &mut scope.as_context_mut();
        let r = make_or_default(s, state, c, p.as_ref(), &value_type)?;
        table.set(&mut *c, index, r)
    });
    match done {
        Ok(()) => Ok(s.undefined()),
        Err(_) => throw_bounds(s, state, table, &ty, API, index),
    }
}
fn value_type_has_default(ty: &TableType) -> bool {
    ty.element().is_nullable()
}
