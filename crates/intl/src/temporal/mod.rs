//! Temporal: the namespace object and its classes.
//!
//! The arithmetic of dates, times and calendars is `temporal_rs`'s. What programs can observe happens here, in the
//! specification's order: conversion of arguments, reading of fields and options, creation of objects.
//!
//! Nothing but the namespace object exists until one of its properties is asked for ([`install`]).

mod calendar;
mod duration;
mod fields;
mod formattable;
mod instance;
mod instant;
mod now;
mod options;
mod plain_date;
mod plain_date_time;
mod plain_month_day;
mod plain_time;
mod plain_year_month;
mod relative_to;
mod support;
mod zoned_date_time;

use spey_core::bigint;
use spey_core::cell::{Kind, Object};
use spey_core::function::{self, NativeSpec, PropertySpec};
use spey_core::object::{self, LazySpec};
use spey_core::realm::Intrinsic;
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::shape::attr;

pub(crate) use formattable::{Formattable, duration_parts, formattable};
pub(crate) use instance::Class;
use support::OrThrow;

/// Class tag of the namespace object.
const NAMESPACE: i32 = -100;
static LAZY: LazySpec = LazySpec { materialize };
static PROPERTIES: &[PropertySpec] = &[PropertySpec::Tag("Temporal")];
static DATE_METHODS: &[PropertySpec] =
    &[PropertySpec::Method(NativeSpec::new("toTemporalInstant", 0, to_temporal_instant))];

/// Defines the global property, and Date.prototype.toTemporalInstant.
pub(crate) fn install(s: &mut Scope<'_>) {
    let parent = s.intrinsic(Intrinsic::ObjectPrototype);
    let temporal = object::new_lazy(s, parent.value(), NAMESPACE, 2, &LAZY);
    s.set_intrinsic(Intrinsic::Temporal, temporal);
    let (global, key) = (s.global(), s.key("Temporal"));
    object::define(s, global, key, temporal.value(), attr::HIDDEN);
    let date = s.intrinsic(Intrinsic::DatePrototype);
    function::define_properties(s, date, DATE_METHODS);
}
/// Makes the properties of the namespace object, and with them the classes of the realm.
fn materialize(s: &mut Scope<'_>, temporal: Local<'_, Object>) {
    function::define_properties(s, temporal, PROPERTIES);
    for class in Class::ALL {
        s.nested(|s| {
            let constructor = class.install(s);
            let key = s.key(class.name());
            object::define(s, temporal, key, constructor.value(), attr::HIDDEN);
        });
    }
    s.nested(|s| {
        let now = now::new(s);
        let key = s.key("Now");
        object::define(s, temporal, key, now.value(), attr::HIDDEN);
    });
}
/// Date.prototype.toTemporalInstant ( )
fn to_temporal_instant<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    _: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let t = match this.as_object() {
        Some(o) if o.kind() == Kind::Date => o.slot(0).as_number(),
        _ => return s.throw_type_error("this is not a Date object."),
    };
    // A NaN is refused with the RangeError of NumberToBigInt.
    bigint::from_f64(s, t)?;
    let instant = temporal_rs::Instant::from_epoch_milliseconds(t as i64).or_throw(s)?;
    Ok(instance::create(s, instant).value())
}
