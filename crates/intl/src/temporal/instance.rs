//! Instances: which classes there are, and how objects hold their values.

use std::any::Any;

use spey_core::cell::{Kind, NativeData, Object};
use spey_core::function::{self, NativeSpec, PropertySpec};
use spey_core::realm::{self, Intrinsic};
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::{error, native, object};
use spey_gc::Value as Raw;

use super::{
    duration, instant, plain_date, plain_date_time, plain_month_day, plain_time, plain_year_month,
    zoned_date_time,
};

/// Internal slots: the class tag, the cell with the value.
mod slot {
    pub const TAG: usize = 0;
    pub const DATA: usize = 1;
    pub const COUNT: usize = 2;
}

/// The classes; their numbers are the tags of the instances.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(i32)]
pub enum Class {
    Instant = -101,
    PlainDateTime = -102,
    PlainDate = -103,
    PlainTime = -104,
    PlainYearMonth = -105,
    PlainMonthDay = -106,
    Duration = -107,
    ZonedDateTime = -108,
}

/// What makes a class.
pub struct ClassSpec {
    pub constructor: NativeSpec,
    pub statics: &'static [PropertySpec],
    pub properties: &'static [PropertySpec],
}

impl Class {
    /// All classes, in the order of the namespace's properties.
    pub const ALL: [Class; 8] = [
        Class::Instant,
        Class::PlainDateTime,
        Class::PlainDate,
        Class::PlainTime,
        Class::PlainYearMonth,
        Class::PlainMonthDay,
        Class::Duration,
        Class::ZonedDateTime,
    ];
    /// Name of the class without `Temporal.`
    pub fn name(self) -> &'static str {
        self.spec().constructor.name
    }
    fn spec(self) -> &'static ClassSpec {
        match self {
            Class::Instant => &instant::CLASS,
            Class::PlainDateTime => &plain_date_time::CLASS,
            Class::PlainDate => &plain_date::CLASS,
            Class::PlainTime => &plain_time::CLASS,
            Class::PlainYearMonth => &plain_year_month::CLASS,
            Class::PlainMonthDay => &plain_month_day::CLASS,
            Class::Duration => &duration::CLASS,
            Class::ZonedDateTime => &zoned_date_time::CLASS,
        }
    }
    fn prototype(self) -> Intrinsic {
        match self {
            Class::Instant => Intrinsic::TemporalInstantPrototype,
            Class::PlainDateTime => Intrinsic::TemporalPlainDateTimePrototype,
            Class::PlainDate => Intrinsic::TemporalPlainDatePrototype,
            Class::PlainTime => Intrinsic::TemporalPlainTimePrototype,
            Class::PlainYearMonth => Intrinsic::TemporalPlainYearMonthPrototype,
            Class::PlainMonthDay => Intrinsic::TemporalPlainMonthDayPrototype,
            Class::Duration => Intrinsic::TemporalDurationPrototype,
            Class::ZonedDateTime => Intrinsic::TemporalZonedDateTimePrototype,
        }
    }
    /// Makes constructor and prototype.
    pub fn install<'s>(self, s: &mut Scope<'s>) -> Local<'s, Object> {
        let parent = s.intrinsic(Intrinsic::ObjectPrototype);
        let proto = object::new_object_with(s, parent.value(), 0);
        s.set_intrinsic(self.prototype(), proto);
        let spec = self.spec();
        let constructor = function::new_constructor(s, &spec.constructor, proto);
        function::define_properties(s, constructor, spec.statics);
        function::define_properties(s, proto, spec.properties);
        constructor
    }
    /// The prototype in the current realm, which is made if need be.
    fn prototype_object<'s>(self, s: &mut Scope<'s>) -> Local<'s, Object> {
        let temporal = s.intrinsic(Intrinsic::Temporal);
        object::materialize(s, temporal);
        s.intrinsic(self.prototype())
    }
}

/// A value that objects of a class hold.
pub trait Instance: Clone + 'static {
    /// The class.
    const CLASS: Class;
}
macro_rules! instances {
    ($($name:ident,)*) => {$(
        impl Instance for temporal_rs::$name {
            const CLASS: Class = Class::$name;
        }
    )*};
}
instances! {
    Instant, PlainDateTime, PlainDate, PlainTime, PlainYearMonth, PlainMonthDay, Duration, ZonedDateTime,
}

struct Held<T>(T);
impl<T: 'static> NativeData for Held<T> {
    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}

/// The value of an object of `T`'s class; None for everything else.
pub fn get<T: Instance>(s: &mut Scope<'_>, v: Local<'_, Value>) -> Option<T> {
    let o = v.as_object()?;
    if o.kind() != Kind::HostObject || o.slot(slot::TAG) != Raw::int32(T::CLASS as i32) {
        return None;
    }
    native::with_raw::<Held<T>, _>(s, o.slot(slot::DATA), |held| held.0.clone())
}
/// Has the value the internal slots of one of these classes?
pub fn is_any_of(v: Local<'_, Value>, classes: &[Class]) -> bool {
    match v.as_object() {
        Some(o) if o.kind() == Kind::HostObject => {
            classes.iter().any(|class| o.slot(slot::TAG) == Raw::int32(*class as i32))
        }
        _ => false,
    }
}
/// RequireInternalSlot of a receiver.
pub fn this_of<T: Instance>(s: &mut Scope<'_>, this: Local<'_, Value>, method: &str) -> JsResult<T> {
    match get(s, this) {
        Some(value) => Ok(value),
        None => {
            let text = error::describe(s, this);
            let class = T::CLASS.name();
            s.throw_type_error(&format!(
                "Method Temporal.{class}.prototype.{method} called on incompatible receiver {text}"
            ))
        }
    }
}
/// New object of the class, with its prototype of the current realm.
pub fn create<'s, T: Instance>(s: &mut Scope<'s>, value: T) -> Local<'s, Object> {
    let proto = T::CLASS.prototype_object(s);
    with_prototype(s, value, proto.value())
}
/// New object of the class made by its constructor: OrdinaryCreateFromConstructor.
pub fn construct<'s, T: Instance>(
    s: &mut Scope<'s>,
    value: T,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    // GetPrototypeFromConstructor, ECMA-262 §10.1.14. The classes of the constructor's realm may have to be made.
    let Some(constructor) = args.new_target().as_object() else {
        return Ok(create(s, value).value());
    };
    let key = s.names().prototype;
    let mut proto = object::get(s, constructor, key)?;
    if !proto.is_object() {
        let id = function::function_realm(s, constructor)?;
        let raw = realm::with_realm(s, id, |s| T::CLASS.prototype_object(s).raw());
        proto = s.local(raw);
    }
    Ok(with_prototype(s, value, proto).value())
}
fn with_prototype<'s, T: Instance>(
    s: &mut Scope<'s>,
    value: T,
    proto: Local<'_, Value>,
) -> Local<'s, Object> {
    let data = native::new(s, Box::new(Held(value)));
    let o = object::new_kind(s, Kind::HostObject, proto, slot::COUNT);
    o.set_slot(s, slot::TAG, Raw::int32(T::CLASS as i32));
    o.set_slot(s, slot::DATA, data.raw());
    o
}
/// TypeError unless the constructor is called with `new`.
pub fn require_new<T: Instance>(s: &mut Scope<'_>, args: &Args<'_>) -> JsResult<()> {
    if args.is_construct() {
        return Ok(());
    }
    s.throw_type_error(&format!("Constructor Temporal.{} requires 'new'", T::CLASS.name()))
}
