//! Promise.allKeyed and Promise.allSettledKeyed, of the await dictionary proposal.

use spey_core::cell::Object;
use spey_core::conversion;
use spey_core::object;
use spey_core::promise::{self, PromiseCapability};
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::shape::attr;

use super::{Combinator, Sharing, get_promise_resolve, release, require_object, shared, subscribe};

/// Promise.allKeyed ( promises )
pub(super) fn all_keyed<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    require_object(s, this, "Promise.allKeyed")?;
    combine(s, this, args, Combinator::All)
}
/// Promise.allSettledKeyed ( promises )
pub(super) fn all_settled_keyed<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    require_object(s, this, "Promise.allSettledKeyed")?;
    combine(s, this, args, Combinator::AllSettled)
}
fn combine<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
    how: Combinator,
) -> JsResult<Local<'s, Value>> {
    let capability = promise::new_capability(s, this)?;
    let result = get_promise_resolve(s, this).and_then(|resolve_function| {
        let Some(promises) = args.get(0).as_object() else {
            return s.throw_type_error("The argument must be an object whose values are promises");
        };
        perform(s, this, promises, &capability, resolve_function, how)
    });
    match result {
        Ok(()) => Ok(capability.promise),
        Err(t) => capability.reject_thrown(s, t),
    }
}
/// PerformPromiseAllKeyed ( variant, promises, constructor, resultCapability, promiseResolve )
fn perform<'s>(
    s: &mut Scope<'s>,
    constructor: Local<'s, Value>,
    promises: Local<'s, Object>,
    capability: &PromiseCapability<'s>,
    resolve_function: Local<'s, Value>,
    how: Combinator,
) -> JsResult<()> {
    let sharing = Sharing::new(s, capability, how);
    let keys = object::new_array(s, 0);
    sharing.record.set_at(s, shared::KEYS, keys.raw());
    let mut index = 0;
    for key in object::own_property_keys(s, promises)? {
        s.nested(|s| {
            let descriptor = object::get_own_property(s, promises, key)?;
            if descriptor.and_then(|d| d.enumerable) != Some(true) {
                return Ok(());
            }
            let v = object::get(s, promises, key)?;
            let name = key.to_value(s);
            object::array_push(s, keys, name);
            subscribe(s, constructor, v, resolve_function, &sharing, index, how)?;
            index += 1;
            Ok(())
        })?;
    }
    release(s, sharing.record, how)
}
/// CreateKeyedPromiseCombinatorResultObject; without keys the array of values itself.
pub(super) fn result_object<'s>(
    s: &mut Scope<'s>,
    keys: Local<'s, Value>,
    values: Local<'s, Value>,
) -> Local<'s, Value> {
    let (Some(keys), Some(values)) = (keys.as_object(), values.as_object()) else { return values };
    let null = s.null();
    let result = object::new_object_with(s, null, 0);
    for i in 0..keys.slot(object::ARRAY_LENGTH).as_number() as u32 {
        s.nested(|s| {
            let (Some(key), Some(v)) = (object::dense_element(keys, i), object::dense_element(values, i))
            else {
                return;
            };
            let (key, v) = (s.local(key), s.local(v));
            // The keys are strings and symbols: nothing is thrown.
            if let Ok(key) = conversion::to_property_key(s, key) {
                object::define(s, result, key, v, attr::ALL);
            }
        });
    }
    result.value()
}
