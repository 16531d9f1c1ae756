//! Binding `blob`: the objects behind `blob:` URLs.

use std::collections::HashMap;

use spey_engine::{Args, Global, JsResult, Local, NativeSpec, Object, Scope, Value, object};
use spey_host as host;

type Returned<'s> = JsResult<Local<'s, Value>>;

/// [parts, size, type] of each URL's object.
#[derive(Default)]
struct Store(HashMap<String, Global<Object>>);

static FUNCTIONS: &[NativeSpec] = &[
    NativeSpec::new("storeDataObject", 4, store_data_object),
    NativeSpec::new("getDataObject", 1, get_data_object),
    NativeSpec::new("revokeObjectURL", 1, revoke_object_url),
];

pub(crate) fn install(s: &mut Scope<'_>, target: Local<'_, Object>) {
    host::define_functions(s, target, FUNCTIONS);
}
fn id(s: &mut Scope<'_>, v: Local<'_, Value>) -> String {
    v.as_string().map(|t| t.to_text(s)).unwrap_or_default()
}
/// storeDataObject(id, blobHandle, size, type)
fn store_data_object<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let id = id(s, args.get(0));
    let entry = object::array_from_list(s, &[args.get(1), args.get(2), args.get(3)]);
    let entry = Global::new(s, entry);
    host::agent(s).extension::<Store>().0.insert(id, entry);
    Ok(s.undefined())
}
/// getDataObject(id) -> [blobHandle, size, type] | undefined
fn get_data_object<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let id = id(s, args.get(0));
    match host::agent(s).extension::<Store>().0.get(&id) {
        Some(entry) => Ok(entry.get(s).value()),
        None => Ok(s.undefined()),
    }
}
fn revoke_object_url<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let id = id(s, args.get(0));
    host::agent(s).extension::<Store>().0.remove(&id);
    Ok(s.undefined())
}
