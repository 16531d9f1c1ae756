//! Date objects, ECMA-262 §21.4 and §B.2.3.

mod parse;
mod time;
mod zone;
mod zone_names;

use std::time::{SystemTime, UNIX_EPOCH};

use spey_core::cell::{Kind, Object};
use spey_core::conversion::{Hint, ordinary_to_primitive, to_primitive};
use spey_core::function::{self, NativeSpec, PropertySpec, create_from_constructor};
use spey_core::realm::Intrinsic;
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::shape::attr;
use spey_core::string::{JsString, StrView};
use spey_core::vm::Vm;
use spey_core::{call, conversion};
use spey_gc::Value as Raw;

use crate::error::message_text;
use crate::support::{define_global, new_prototype};
use time::*;

/// Forgets the local time zone of this thread: to be called when the environment variable TZ has changed.
pub fn reset_time_zone() {
    zone::reset();
}
/// A time zone, with its offsets from UTC.
#[derive(Clone)]
pub struct TimeZone(std::rc::Rc<zone::Zone>);
impl TimeZone {
    /// The local zone.
    pub fn local() -> TimeZone {
        TimeZone(zone::local())
    }
    /// The zone of an IANA name.
    pub fn named(name: &str) -> Option<TimeZone> {
        zone::by_name(name).map(|zone| TimeZone(std::rc::Rc::new(zone)))
    }
    /// Offset from UTC in milliseconds at a time value.
    pub fn offset_ms(&self, t: f64) -> f64 {
        self.0.offset_at(t)
    }
}
/// IANA name of the local time zone; empty if it has none.
pub fn local_time_zone_name() -> String {
    zone::local().name.clone()
}

static CONSTRUCTOR: NativeSpec = NativeSpec::constructor("Date", 7, construct);
static STATICS: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("now", 0, now)),
    PropertySpec::Method(NativeSpec::new("parse", 1, parse_function)),
    PropertySpec::Method(NativeSpec::new("UTC", 7, utc)),
];
static METHODS: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("toString", 0, to_string)),
    PropertySpec::Method(NativeSpec::new("toDateString", 0, to_date_string)),
    PropertySpec::Method(NativeSpec::new("toTimeString", 0, to_time_string)),
    PropertySpec::Method(NativeSpec::new("toISOString", 0, to_iso_string)),
    PropertySpec::Method(NativeSpec::new("toUTCString", 0, to_utc_string)),
    PropertySpec::Alias("toGMTString", "toUTCString"),
    PropertySpec::Method(NativeSpec::new("getDate", 0, get_date).with_quick(quick::get_date)),
    PropertySpec::Method(NativeSpec::new("setDate", 1, set_date)),
    PropertySpec::Method(NativeSpec::new("getDay", 0, get_day).with_quick(quick::get_day)),
    PropertySpec::Method(NativeSpec::new("getFullYear", 0, get_full_year).with_quick(quick::get_full_year)),
    PropertySpec::Method(NativeSpec::new("setFullYear", 3, set_full_year)),
    PropertySpec::Method(NativeSpec::new("getHours", 0, get_hours).with_quick(quick::get_hours)),
    PropertySpec::Method(NativeSpec::new("setHours", 4, set_hours)),
    PropertySpec::Method(
        NativeSpec::new("getMilliseconds", 0, get_milliseconds).with_quick(quick::get_milliseconds),
    ),
    PropertySpec::Method(NativeSpec::new("setMilliseconds", 1, set_milliseconds)),
    PropertySpec::Method(NativeSpec::new("getMinutes", 0, get_minutes).with_quick(quick::get_minutes)),
    PropertySpec::Method(NativeSpec::new("setMinutes", 3, set_minutes)),
    PropertySpec::Method(NativeSpec::new("getMonth", 0, get_month).with_quick(quick::get_month)),
    PropertySpec::Method(NativeSpec::new("setMonth", 2, set_month)),
    PropertySpec::Method(NativeSpec::new("getSeconds", 0, get_seconds).with_quick(quick::get_seconds)),
    PropertySpec::Method(NativeSpec::new("setSeconds", 2, set_seconds)),
    PropertySpec::Method(NativeSpec::new("getTime", 0, get_time).with_quick(quick::get_time)),
    PropertySpec::Method(NativeSpec::new("setTime", 1, set_time)),
    PropertySpec::Method(NativeSpec::new("getTimezoneOffset", 0, get_timezone_offset)),
    PropertySpec::Method(NativeSpec::new("getUTCDate", 0, get_utc_date).with_quick(quick::get_utc_date)),
    PropertySpec::Method(NativeSpec::new("setUTCDate", 1, set_utc_date)),
    PropertySpec::Method(NativeSpec::new("getUTCDay", 0, get_utc_day).with_quick(quick::get_utc_day)),
    PropertySpec::Method(
        NativeSpec::new("getUTCFullYear", 0, get_utc_full_year).with_quick(quick::get_utc_full_year),
    ),
    PropertySpec::Method(NativeSpec::new("setUTCFullYear", 3, set_utc_full_year)),
    PropertySpec::Method(NativeSpec::new("getUTCHours", 0, get_utc_hours).with_quick(quick::get_utc_hours)),
    PropertySpec::Method(NativeSpec::new("setUTCHours", 4, set_utc_hours)),
    PropertySpec::Method(
        NativeSpec::new("getUTCMilliseconds", 0, get_utc_milliseconds)
            .with_quick(quick::get_utc_milliseconds),
    ),
    PropertySpec::Method(NativeSpec::new("setUTCMilliseconds", 1, set_utc_milliseconds)),
    PropertySpec::Method(
        NativeSpec::new("getUTCMinutes", 0, get_utc_minutes).with_quick(quick::get_utc_minutes),
    ),
    PropertySpec::Method(NativeSpec::new("setUTCMinutes", 3, set_utc_minutes)),
    PropertySpec::Method(NativeSpec::new("getUTCMonth", 0, get_utc_month).with_quick(quick::get_utc_month)),
    PropertySpec::Method(NativeSpec::new("setUTCMonth", 2, set_utc_month)),
    PropertySpec::Method(
        NativeSpec::new("getUTCSeconds", 0, get_utc_seconds).with_quick(quick::get_utc_seconds),
    ),
    PropertySpec::Method(NativeSpec::new("setUTCSeconds", 2, set_utc_seconds)),
    PropertySpec::Method(NativeSpec::new("valueOf", 0, get_time).with_quick(quick::get_time)),
    PropertySpec::Method(NativeSpec::new("getYear", 0, get_year)),
    PropertySpec::Method(NativeSpec::new("setYear", 1, set_year)),
    PropertySpec::Method(NativeSpec::new("toJSON", 1, to_json)),
    PropertySpec::Method(NativeSpec::new("toLocaleString", 0, to_locale_string)),
    PropertySpec::Method(NativeSpec::new("toLocaleDateString", 0, to_locale_date_string)),
    PropertySpec::Method(NativeSpec::new("toLocaleTimeString", 0, to_locale_time_string)),
    PropertySpec::SymbolMethod(
        |n| n.sym_to_primitive,
        NativeSpec::new("[Symbol.toPrimitive]", 1, date_to_primitive),
        attr::CONFIGURABLE,
    ),
];

/// Installs Date.
pub(crate) fn install(s: &mut Scope<'_>) {
    let proto = new_prototype(s, Intrinsic::ObjectPrototype);
    s.set_intrinsic(Intrinsic::DatePrototype, proto);
    let constructor = function::new_constructor(s, &CONSTRUCTOR, proto);
    s.set_intrinsic(Intrinsic::Date, constructor);
    function::define_properties(s, constructor, STATICS);
    function::define_properties(s, proto, METHODS);
    define_global(s, "Date", constructor.value());
}

// ---------------------------------------------------------------- local time

/// LocalTime ( t ), ECMA-262 §21.4.1.25, of a finite time value.
fn local_time(t: f64) -> f64 {
    t + zone::with_local(|zone| zone.offset_at(t))
}
/// The parts of a finite time value in local time.
fn local_parts(t: f64) -> Parts {
    zone::with_local(|zone| zone.local_parts(t))
}
/// UTC ( t ), ECMA-262 §21.4.1.26
fn utc_of_local(t: f64) -> f64 {
    // Beyond what any offset could bring back into range.
    if t.abs() <= MAX_TIME + MS_PER_DAY { zone::with_local(|zone| zone.to_utc(t)) } else { f64::NAN }
}
fn current_time() -> f64 {
    match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(d) => d.as_millis() as f64,
        Err(e) => -(e.duration().as_millis() as f64),
    }
}

// ---------------------------------------------------------------- constructor

/// The time value of a text.
fn parse_time(s: &mut Scope<'_>, text: Local<'_, JsString>) -> f64 {
    /// Longer texts are not in the usual form.
    const USUAL: usize = 32;
    text.flatten(s);
    let mut usual = [0; USUAL];
    let parsed = match text.view(&s.no_gc()) {
        // OPTIMIZATION: no list for short texts.
        StrView::Latin1(bytes) if bytes.len() <= USUAL => {
            usual.iter_mut().zip(bytes).for_each(|(unit, &byte)| *unit = byte as u16);
            parse::parse(&usual[..bytes.len()])
        }
        view => parse::parse(&view.to_units()),
    };
    match parsed {
        Some((t, Some(offset))) => time_clip(t - offset),
        Some((t, None)) => time_clip(utc_of_local(t)),
        None => f64::NAN,
    }
}
/// The number of components from `year` on: year, month, date, hours, minutes, seconds, ms.
fn components(s: &mut Scope<'_>, args: &Args<'_>) -> JsResult<f64> {
    let mut list = [f64::NAN, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0];
    for (i, n) in list.iter_mut().enumerate().take(args.len().max(1)) {
        *n = conversion::to_number(s, args.get(i))?;
    }
    let [year, month, date, hours, minutes, seconds, ms] = list;
    let day = make_day(make_full_year(year), month, date);
    Ok(make_date(day, make_time(hours, minutes, seconds, ms)))
}
/// Date ( ...values ), ECMA-262 §21.4.2.1
fn construct<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    if !args.is_construct() {
        return Ok(s.string_value(&date_text(current_time())));
    }
    let t = match args.len() {
        0 => current_time(),
        1 => {
            let v = args.get(0);
            match v.as_object() {
                Some(o) if o.kind() == Kind::Date => o.slot(0).as_number(),
                _ => {
                    let v = to_primitive(s, v, Hint::Default)?;
                    match v.as_string() {
                        Some(text) => parse_time(s, text),
                        None => time_clip(conversion::to_number(s, v)?),
                    }
                }
            }
        }
        _ => time_clip(utc_of_local(components(s, args)?)),
    };
    let o = create_from_constructor(s, args.new_target(), Intrinsic::DatePrototype, Kind::Date, 1)?;
    o.set_slot(s, 0, Raw::number(t));
    Ok(o.value())
}
/// Date.now ( ), ECMA-262 §21.4.3.1
fn now<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    Ok(s.number(current_time()))
}
/// Date.parse ( string ), ECMA-262 §21.4.3.2
fn parse_function<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let text = conversion::to_string(s, args.get(0))?;
    let t = parse_time(s, text);
    Ok(s.number(t))
}
/// Date.UTC ( year \[ , month \[ , date \[ , hours \[ , minutes \[ , seconds \[ , ms ] ] ] ] ] ] ), ECMA-262 §21.4.3.4
fn utc<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let t = components(s, args)?;
    Ok(s.number(time_clip(t)))
}

// ---------------------------------------------------------------- getters

/// The receiver as a date.
fn this_date<'s>(s: &mut Scope<'_>, this: Local<'s, Value>) -> JsResult<Local<'s, Object>> {
    match this.as_object() {
        Some(o) if o.kind() == Kind::Date => Ok(o),
        _ => s.throw_type_error("this is not a Date object."),
    }
}
fn this_time(s: &mut Scope<'_>, this: Local<'_, Value>) -> JsResult<f64> {
    Ok(this_date(s, this)?.slot(0).as_number())
}
/// Defines getters of a part of the time value, in local time and in UTC.
macro_rules! getters {
    ($($(#[$doc:meta])* $local:ident, $utc:ident = $f:expr;)*) => {$(
        $(#[$doc])*
        fn $local<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
            let f: fn(Parts) -> i64 = $f;
            let t = this_time(s, this)?;
            Ok(if t.is_nan() { s.number(t) } else { s.number(f(local_parts(t)) as f64) })
        }
        $(#[$doc])*
        fn $utc<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
            let f: fn(Parts) -> i64 = $f;
            let t = this_time(s, this)?;
            Ok(if t.is_nan() { s.number(t) } else { s.number(f(parts(t)) as f64) })
        }
    )*
    /// The same for receivers that are valid dates, without a frame.
    mod quick {
        use super::*;
        $(
            pub(super) fn $local(_: &mut Vm, this: Raw, _: &[Raw]) -> Raw {
                let f: fn(Parts) -> i64 = $f;
                quick_time(this).map_or(Raw::EMPTY, |t| Raw::number(f(local_parts(t)) as f64))
            }
            pub(super) fn $utc(_: &mut Vm, this: Raw, _: &[Raw]) -> Raw {
                let f: fn(Parts) -> i64 = $f;
                quick_time(this).map_or(Raw::EMPTY, |t| Raw::number(f(parts(t)) as f64))
            }
        )*
        pub(super) fn get_time(_: &mut Vm, this: Raw, _: &[Raw]) -> Raw {
            quick_time(this).map_or(Raw::EMPTY, Raw::number)
        }
    }
    };
}
/// The time value of a valid date.
#[inline(always)]
fn quick_time(this: Raw) -> Option<f64> {
    if !spey_core::value::is_kind(this, Kind::Date) {
        return None;
    }
    // SAFETY: a live date, which has a slot for its time value.
    let t = unsafe { *Object::trailing(this.as_cell() as *mut Object, 0) }.as_number();
    (!t.is_nan()).then_some(t)
}
getters! {
    /// Date.prototype.getDate ( ) and getUTCDate ( ), ECMA-262 §21.4.4.2, §21.4.4.12
    get_date, get_utc_date = |p| p.day;
    /// Date.prototype.getDay ( ) and getUTCDay ( ), ECMA-262 §21.4.4.3, §21.4.4.13
    get_day, get_utc_day = |p| p.weekday;
    /// Date.prototype.getFullYear ( ) and getUTCFullYear ( ), ECMA-262 §21.4.4.4, §21.4.4.14
    get_full_year, get_utc_full_year = |p| p.year;
    /// Date.prototype.getHours ( ) and getUTCHours ( ), ECMA-262 §21.4.4.5, §21.4.4.15
    get_hours, get_utc_hours = |p| p.hour;
    /// Date.prototype.getMilliseconds ( ) and getUTCMilliseconds ( ), ECMA-262 §21.4.4.6, §21.4.4.16
    get_milliseconds, get_utc_milliseconds = |p| p.millisecond;
    /// Date.prototype.getMinutes ( ) and getUTCMinutes ( ), ECMA-262 §21.4.4.7, §21.4.4.17
    get_minutes, get_utc_minutes = |p| p.minute;
    /// Date.prototype.getMonth ( ) and getUTCMonth ( ), ECMA-262 §21.4.4.8, §21.4.4.18
    get_month, get_utc_month = |p| p.month;
    /// Date.prototype.getSeconds ( ) and getUTCSeconds ( ), ECMA-262 §21.4.4.9, §21.4.4.19
    get_seconds, get_utc_seconds = |p| p.second;
}
/// Date.prototype.getTime ( ) and valueOf ( ), ECMA-262 §21.4.4.10, §21.4.4.44
fn get_time<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let t = this_time(s, this)?;
    Ok(s.number(t))
}
/// Date.prototype.getTimezoneOffset ( ), ECMA-262 §21.4.4.11
fn get_timezone_offset<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    _: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let t = this_time(s, this)?;
    if t.is_nan() {
        return Ok(s.number(t));
    }
    // Offsets of former times had seconds; they are cut off as in V8.
    Ok(s.number(((t - local_time(t)) / MS_PER_MINUTE).trunc() + 0.0))
}
/// Date.prototype.getYear ( ), ECMA-262 §B.2.3.1
fn get_year<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let t = this_time(s, this)?;
    if t.is_nan() {
        return Ok(s.number(t));
    }
    Ok(s.number(local_parts(t).year as f64 - 1900.0))
}

// ---------------------------------------------------------------- setters

/// The fields that setters change, from the largest to the smallest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Field {
    Year,
    Month,
    Date,
    Hours,
    Minutes,
    Seconds,
    Milliseconds,
}
/// In which time the fields are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Base {
    Local,
    Utc,
}
/// The common form of all setters: the arguments are the fields from `first` on, at most `count` of them. Arguments are
/// converted before the time value is looked at.
fn set_fields<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
    base: Base,
    first: Field,
    count: usize,
) -> JsResult<Local<'s, Value>> {
    let date = this_date(s, this)?;
    let mut t = date.slot(0).as_number();
    let mut given = [None; 4];
    for (i, n) in given.iter_mut().enumerate().take(count.min(args.len().max(1))) {
        *n = Some(conversion::to_number(s, args.get(i))?);
    }
    if t.is_nan() {
        if first != Field::Year {
            return Ok(s.number(t));
        }
        t = 0.0;
    } else if base == Base::Local {
        t = local_time(t);
    }
    let p = parts(t);
    let mut fields = [p.year, p.month, p.day, p.hour, p.minute, p.second, p.millisecond].map(|n| n as f64);
    for (i, n) in given.iter().enumerate() {
        if let Some(n) = n {
            fields[first as usize + i] = *n;
        }
    }
    let [year, month, date_of_month, hours, minutes, seconds, ms] = fields;
    let (new_day, new_time) = if first < Field::Hours {
        (make_day(year, month, date_of_month), time_within_day(t))
    } else {
        (day(t), make_time(hours, minutes, seconds, ms))
    };
    store(s, date, make_date(new_day, new_time), base)
}
/// Stores a new time value.
fn store<'s>(s: &mut Scope<'s>, date: Local<'_, Object>, t: f64, base: Base) -> JsResult<Local<'s, Value>> {
    let t = time_clip(if base == Base::Local { utc_of_local(t) } else { t });
    date.set_slot(s, 0, Raw::number(t));
    Ok(s.number(t))
}
macro_rules! setters {
    ($($(#[$doc:meta])* $local:ident, $utc:ident = $first:expr, $count:expr;)*) => {$(
        $(#[$doc])*
        fn $local<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
            set_fields(s, this, args, Base::Local, $first, $count)
        }
        $(#[$doc])*
        fn $utc<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
            set_fields(s, this, args, Base::Utc, $first, $count)
        }
    )*};
}
setters! {
    /// Date.prototype.setDate ( date ) and setUTCDate ( date ), ECMA-262 §21.4.4.20, §21.4.4.28
    set_date, set_utc_date = Field::Date, 1;
    /// Date.prototype.setFullYear ( year \[ , month \[ , date ] ] ) and setUTCFullYear, ECMA-262 §21.4.4.21, §21.4.4.29
    set_full_year, set_utc_full_year = Field::Year, 3;
    /// Date.prototype.setHours ( hour \[ , min \[ , sec \[ , ms ] ] ] ) and setUTCHours, ECMA-262 §21.4.4.22, §21.4.4.30
    set_hours, set_utc_hours = Field::Hours, 4;
    /// Date.prototype.setMilliseconds ( ms ) and setUTCMilliseconds ( ms ), ECMA-262 §21.4.4.23, §21.4.4.31
    set_milliseconds, set_utc_milliseconds = Field::Milliseconds, 1;
    /// Date.prototype.setMinutes ( min \[ , sec \[ , ms ] ] ) and setUTCMinutes, ECMA-262 §21.4.4.24, §21.4.4.32
    set_minutes, set_utc_minutes = Field::Minutes, 3;
    /// Date.prototype.setMonth ( month \[ , date ] ) and setUTCMonth, ECMA-262 §21.4.4.25, §21.4.4.33
    set_month, set_utc_month = Field::Month, 2;
    /// Date.prototype.setSeconds ( sec \[ , ms ] ) and setUTCSeconds, ECMA-262 §21.4.4.26, §21.4.4.34
    set_seconds, set_utc_seconds = Field::Seconds, 2;
}
/// Date.prototype.setTime ( time ), ECMA-262 §21.4.4.27
fn set_time<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let date = this_date(s, this)?;
    let t = conversion::to_number(s, args.get(0))?;
    store(s, date, t, Base::Utc)
}
/// Date.prototype.setYear ( year ), ECMA-262 §B.2.3.2
fn set_year<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let date = this_date(s, this)?;
    let t = date.slot(0).as_number();
    let year = conversion::to_number(s, args.get(0))?;
    let t = if t.is_nan() { 0.0 } else { local_time(t) };
    let p = parts(t);
    let new_day = make_day(make_full_year(year), p.month as f64, p.day as f64);
    store(s, date, make_date(new_day, time_within_day(t)), Base::Local)
}

// ---------------------------------------------------------------- text

const WEEKDAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const INVALID: &str = "Invalid Date";

/// Appends a number of at least `digits` digits; it is not negative.
fn push_digits(text: &mut String, n: i64, digits: usize) {
    if digits == 2 && n < 100 {
        text.push(char::from(b'0' + (n / 10) as u8));
        text.push(char::from(b'0' + (n % 10) as u8));
        return;
    }
    let mut buffer = spey_base::number::NumberBuffer::new();
    let number = buffer.format_int(n as i32);
    text.extend(std::iter::repeat_n('0', digits.saturating_sub(number.len())));
    text.push_str(number);
}
/// Appends `hh:mm:ss`.
fn push_clock(text: &mut String, p: &Parts) {
    push_digits(text, p.hour, 2);
    text.push(':');
    push_digits(text, p.minute, 2);
    text.push(':');
    push_digits(text, p.second, 2);
}
/// Appends at least four digits, with a sign if negative.
fn push_year(text: &mut String, year: i64) {
    if year < 0 {
        text.push('-');
    }
    push_digits(text, year.abs(), 4);
}
/// DateString, ECMA-262 §21.4.4.41.2
fn push_date_string(text: &mut String, p: &Parts) {
    text.push_str(WEEKDAYS[p.weekday as usize]);
    text.push(' ');
    text.push_str(MONTHS[p.month as usize]);
    text.push(' ');
    push_digits(text, p.day, 2);
    text.push(' ');
    push_year(text, p.year);
}
/// TimeString and TimeZoneString, ECMA-262 §21.4.4.41.1 and §21.4.4.41.3
fn push_time_string(text: &mut String, t: f64, p: &Parts) {
    push_clock(text, p);
    zone::with_local(|zone| {
        let minutes = (zone.offset_at(t) / MS_PER_MINUTE) as i64;
        text.push_str(if minutes < 0 { " GMT-" } else { " GMT+" });
        push_digits(text, minutes.abs() / 60, 2);
        push_digits(text, minutes.abs() % 60, 2);
        text.push_str(" (");
        zone.push_display_name(text, t);
        text.push(')');
    });
}
/// ToDateString, ECMA-262 §21.4.4.41.4
fn date_text(t: f64) -> String {
    text_of(t, |text, p| {
        push_date_string(text, p);
        text.push(' ');
        push_time_string(text, t, p);
    })
}
/// The text of a moment in local time.
fn text_of(t: f64, push: impl FnOnce(&mut String, &Parts)) -> String {
    if t.is_nan() {
        return String::from(INVALID);
    }
    let mut text = String::with_capacity(64);
    push(&mut text, &local_parts(t));
    text
}
/// The receiver's time value, for the methods that name themselves in the TypeError.
fn time_of(s: &mut Scope<'_>, this: Local<'_, Value>, method: &str) -> JsResult<f64> {
    match this.as_object() {
        Some(o) if o.kind() == Kind::Date => Ok(o.slot(0).as_number()),
        _ => {
            let text = message_text(s, this);
            s.throw_type_error(&format!(
                "Method Date.prototype.{method} called on incompatible receiver {text}"
            ))
        }
    }
}
/// Date.prototype.toString ( ), ECMA-262 §21.4.4.41
fn to_string<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let t = time_of(s, this, "toString")?;
    Ok(s.string_value(&date_text(t)))
}
/// Date.prototype.toDateString ( ), ECMA-262 §21.4.4.35
fn to_date_string<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let t = time_of(s, this, "toDateString")?;
    Ok(s.string_value(&text_of(t, push_date_string)))
}
/// Date.prototype.toTimeString ( ), ECMA-262 §21.4.4.42
fn to_time_string<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let t = time_of(s, this, "toTimeString")?;
    Ok(s.string_value(&text_of(t, |text, p| push_time_string(text, t, p))))
}
/// Date.prototype.toISOString ( ), ECMA-262 §21.4.4.36
fn to_iso_string<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let t = time_of(s, this, "toISOString")?;
    if t.is_nan() {
        return s.throw_range_error("Invalid time value");
    }
    let p = parts(t);
    let mut text = String::with_capacity(32);
    match p.year {
        0..=9999 => push_digits(&mut text, p.year, 4),
        year => {
            text.push(if year < 0 { '-' } else { '+' });
            push_digits(&mut text, year.abs(), 6);
        }
    }
    for (separator, n) in [('-', p.month + 1), ('-', p.day)] {
        text.push(separator);
        push_digits(&mut text, n, 2);
    }
    text.push('T');
    push_clock(&mut text, &p);
    text.push('.');
    push_digits(&mut text, p.millisecond, 3);
    text.push('Z');
    Ok(s.string_value(&text))
}
/// Date.prototype.toUTCString ( ), ECMA-262 §21.4.4.43
fn to_utc_string<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let t = time_of(s, this, "toUTCString")?;
    if t.is_nan() {
        return Ok(s.string_value(INVALID));
    }
    let p = parts(t);
    let mut text = String::with_capacity(32);
    text.push_str(WEEKDAYS[p.weekday as usize]);
    text.push_str(", ");
    push_digits(&mut text, p.day, 2);
    text.push(' ');
    text.push_str(MONTHS[p.month as usize]);
    text.push(' ');
    push_year(&mut text, p.year);
    text.push(' ');
    push_clock(&mut text, &p);
    text.push_str(" GMT");
    Ok(s.string_value(&text))
}
/// Date in the conventions of English (United States).
fn locale_date(p: &Parts) -> String {
    // Years before 1 are counted backwards, without the era.
    let year = if p.year > 0 { p.year } else { 1 - p.year };
    format!("{}/{}/{year}", p.month + 1, p.day)
}
/// Time of day in the conventions of English (United States).
fn locale_time(p: &Parts) -> String {
    let half = if p.hour < 12 { "AM" } else { "PM" };
    format!("{}:{:02}:{:02} {half}", (p.hour + 11) % 12 + 1, p.minute, p.second)
}
fn locale_text<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    method: &str,
    text: fn(&Parts) -> String,
) -> JsResult<Local<'s, Value>> {
    let t = time_of(s, this, method)?;
    let text = if t.is_nan() { String::from(INVALID) } else { text(&local_parts(t)) };
    Ok(s.string_value(&text))
}
/// Date.prototype.toLocaleString ( ), ECMA-262 §21.4.4.39
fn to_locale_string<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    if let Some(methods) = s.vm().locale_methods {
        return (methods.date_to_locale_string)(s, this, args);
    }
    locale_text(s, this, "toLocaleString", |p| format!("{}, {}", locale_date(p), locale_time(p)))
}
/// Date.prototype.toLocaleDateString ( ), ECMA-262 §21.4.4.38
fn to_locale_date_string<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    if let Some(methods) = s.vm().locale_methods {
        return (methods.date_to_locale_date_string)(s, this, args);
    }
    locale_text(s, this, "toLocaleDateString", locale_date)
}
/// Date.prototype.toLocaleTimeString ( ), ECMA-262 §21.4.4.40
fn to_locale_time_string<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    if let Some(methods) = s.vm().locale_methods {
        return (methods.date_to_locale_time_string)(s, this, args);
    }
    locale_text(s, this, "toLocaleTimeString", locale_time)
}
/// Date.prototype.toJSON ( key ), ECMA-262 §21.4.4.37
fn to_json<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let o = conversion::to_object(s, this)?;
    let primitive = to_primitive(s, o.value(), Hint::Number)?;
    if primitive.as_number().is_some_and(|n| !n.is_finite()) {
        return Ok(s.null());
    }
    let key = s.key("toISOString");
    let f = spey_core::object::get(s, o, key)?;
    if !f.is_callable() {
        return s.throw_type_error("toISOString is not a function");
    }
    call::call(s, f, o.value(), &[])
}
/// Date.prototype \[ %Symbol.toPrimitive% ] ( hint ), ECMA-262 §21.4.4.45
fn date_to_primitive<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let Some(o) = this.as_object() else {
        let text = message_text(s, this);
        return s.throw_type_error(&format!(
            "Method Date.prototype [ @@toPrimitive ] called on incompatible receiver {text}"
        ));
    };
    let hint = match args.get(0).as_string() {
        Some(text) if text.equals_text(s, "string") || text.equals_text(s, "default") => Some(Hint::String),
        Some(text) if text.equals_text(s, "number") => Some(Hint::Number),
        _ => None,
    };
    match hint {
        Some(hint) => ordinary_to_primitive(s, o, hint),
        None => {
            let text = message_text(s, args.get(0));
            s.throw_type_error(&format!("Invalid hint: {text}"))
        }
    }
}
