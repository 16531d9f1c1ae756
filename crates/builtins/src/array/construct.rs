//! The Array constructor and its static methods, ECMA-262 §23.1.1 and §23.1.2.

use std::ops::ControlFlow;

use spey_core::cell::Object;
use spey_core::function::prototype_from_constructor;
use spey_core::object::{self, new_array_with};
use spey_core::realm::Intrinsic;
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::{call, conversion, error, iteration, value};

use super::array_create;
use crate::support::{MAX_SAFE, create_index, get_index, iterator_method, require_callable, set_length};

/// Array ( ...values ), ECMA-262 §23.1.1.1
pub(super) fn construct<'s>(
    s: &mut Scope<'s>,
    _: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let new_target = args.new_target().as_object().unwrap_or(args.callee());
    let array = s.intrinsic(Intrinsic::Array);
    let proto = if new_target.is_same(array) {
        None
    } else {
        Some(prototype_from_constructor(s, new_target, Intrinsic::ArrayPrototype)?)
    };
    let create = |s: &mut Scope<'s>, length: u32| match proto {
        Some(proto) => new_array_with(s, length, proto),
        None => object::new_array(s, length),
    };
    if args.len() == 1 {
        let v = args.get(0);
        let Some(n) = v.as_number() else {
            let a = create(s, 0);
            create_index(s, a, 0, v)?;
            return Ok(a.value());
        };
        if n != n.trunc() || !(0.0..=u32::MAX as f64).contains(&n) {
            return s.throw_range_error("Invalid array length");
        }
        let a = create(s, n as u32);
        // OPTIMIZATION: room for arrays that will probably be filled.
        if n <= 4096.0 {
            object::reserve_elements(s, a, n as u32);
        }
        return Ok(a.value());
    }
    let a = create(s, 0);
    object::reserve_elements(s, a, args.len() as u32);
    for i in 0..args.len() {
        object::array_push(s, a, args.get(i));
    }
    Ok(a.value())
}

/// Array.isArray ( arg ), ECMA-262 §23.1.2.2
pub(super) fn is_array<'s>(
    s: &mut Scope<'s>,
    _: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let r = object::is_array(s, args.get(0))?;
    Ok(s.bool(r))
}

/// The receiver of a static method as constructor: `new this(length)` or a new array.
pub(super) fn construct_receiver<'s>(
    s: &mut Scope<'s>,
    this: Local<'_, Value>,
    length: Option<u64>,
) -> JsResult<Local<'s, Object>> {
    match this.as_object() {
        Some(c) if value::is_constructor(c.raw()) => match length {
            Some(n) => {
                let n = s.number(n as f64);
                call::construct(s, c, &[n], None)
            }
            None => call::construct(s, c, &[], None),
        },
        _ => array_create(s, length.unwrap_or(0)),
    }
}

/// Array.of ( ...items ), ECMA-262 §23.1.2.3
pub(super) fn of<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let a = construct_receiver(s, this, Some(args.len() as u64))?;
    for i in 0..args.len() {
        create_index(s, a, i as u64, args.get(i))?;
    }
    set_length(s, a, args.len() as u64)?;
    Ok(a.value())
}

/// Array.from ( items [ , mapper [ , thisArg ] ] ), ECMA-262 §23.1.2.1
pub(super) fn from<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let (items, mapper, this_arg) = (args.get(0), args.get(1), args.get(2));
    let mapping = !mapper.is_undefined();
    if mapping {
        require_callable(s, mapper)?;
    }
    let key = s.names().sym_iterator;
    if items.is_nullish() {
        return error::throw_not_iterable(s, None, items);
    }
    if let Some(method) = iterator_method(s, items, key, "%Array%.from")? {
        let a = construct_receiver(s, this, None)?;
        let record = iteration::get_iterator_from_method(s, items, method)?;
        let mut k = 0u64;
        loop {
            let flow = s.nested(|s| {
                if k >= MAX_SAFE {
                    let thrown = match s.throw_type_error::<()>("Invalid array length") {
                        Err(t) => t,
                        Ok(()) => return Ok(ControlFlow::Break(())),
                    };
                    return Err(iteration::close_throw(s, &record, thrown));
                }
                let Some(next) = iteration::step_value(s, &record)? else {
                    return Ok(ControlFlow::Break(()));
                };
                let v = if mapping {
                    let n = s.number(k as f64);
                    match call::call(s, mapper, this_arg, &[next, n]) {
                        Ok(v) => v,
                        Err(t) => return Err(iteration::close_throw(s, &record, t)),
                    }
                } else {
                    next
                };
                if let Err(t) = create_index(s, a, k, v) {
                    return Err(iteration::close_throw(s, &record, t));
                }
                Ok(ControlFlow::Continue(()))
            })?;
            if flow.is_break() {
                set_length(s, a, k)?;
                return Ok(a.value());
            }
            k += 1;
        }
    }
    // items is not iterable: an array-like.
    let items = conversion::to_object(s, items)?;
    let length = object::length_of_array_like(s, items)?;
    let a = construct_receiver(s, this, Some(length))?;
    for k in 0..length {
        s.nested(|s| {
            let mut v = get_index(s, items, k)?;
            if mapping {
                let n = s.number(k as f64);
                v = call::call(s, mapper, this_arg, &[v, n])?;
            }
            create_index(s, a, k, v)
        })?;
    }
    set_length(s, a, length)?;
    Ok(a.value())
}
