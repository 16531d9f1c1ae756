//! Type conversion and testing operations, ECMA-262 §7.1 and §7.2.

use spey_base::Units;
use spey_base::number::NumberBuffer;
use spey_gc::Value as Raw;

use crate::cell::{Kind, Object};
use crate::key::PropertyKey;
use crate::object::{self, PropertyDescriptor};
use crate::realm::Intrinsic;
use crate::scope::{JsResult, Local, Scope, Value};
use crate::shape::attr;
use crate::string::{JsString, StrView};
use crate::value;
use crate::vm::Vm;

/// Preferred type of ToPrimitive.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Hint {
    /// No preference (dates prefer strings).
    Default,
    /// number
    Number,
    /// string
    String,
}

/// Largest safe integer, 2^53 - 1.
pub const MAX_SAFE_INTEGER: f64 = 9_007_199_254_740_991.0;

/// A view of a string's code units in the form that spey-base takes.
#[inline]
pub fn base_units(v: StrView<'_>) -> Units<'_> {
    match v {
        StrView::Latin1(b) => Units::Latin1(b),
        StrView::Utf16(u) => Units::Utf16(u),
    }
}

// ---------------------------------------------------------------- primitives

/// ToPrimitive, ECMA-262 §7.1.1
pub fn to_primitive<'s>(s: &mut Scope<'s>, v: Local<'_, Value>, hint: Hint) -> JsResult<Local<'s, Value>> {
    let Some(o) = v.as_object() else { return Ok(s.local(v.raw())) };
    s.nested_escape(|s| {
        let key = s.names().sym_to_primitive;
        let Some(exotic) = object::get_method(s, v, key)? else {
            return ordinary_to_primitive(s, o, hint);
        };
        let hint = match hint {
            Hint::Default => s.names().default,
            Hint::Number => s.names().number,
            Hint::String => s.names().string,
        };
        let hint = s.local(hint.raw());
        let result = crate::call::call(s, exotic, v, &[hint])?;
        if result.is_object() {
            return s.throw_type_error("Cannot convert object to primitive value");
        }
        Ok(result)
    })
}
/// OrdinaryToPrimitive, ECMA-262 §7.1.1.1
pub fn ordinary_to_primitive<'s>(
    s: &mut Scope<'s>,
    o: Local<'_, Object>,
    hint: Hint,
) -> JsResult<Local<'s, Value>> {
    let (to_string, value_of) = (s.names().to_string, s.names().value_of);
    let order = if hint == Hint::String { [to_string, value_of] } else { [value_of, to_string] };
    for name in order {
        let method = object::get(s, o, name)?;
        if method.is_callable() {
            let result = crate::call::call(s, method, o.value(), &[])?;
            if !result.is_object() {
                return Ok(result);
            }
        }
    }
    s.throw_type_error("Cannot convert object to primitive value")
}

/// ToBoolean, ECMA-262 §7.1.2
#[inline(always)]
pub fn to_boolean(v: Raw) -> bool {
    if v.is_bool() {
        return v.as_bool();
    }
    if v.is_int32() {
        return v.as_int32() != 0;
    }
    if v.is_double() {
        let n = v.as_double();
        return n != 0.0 && !n.is_nan();
    }
    if !v.is_cell() {
        return false;
    }
    // SAFETY: cell values point to live cells of the kind matched.
    unsafe {
        match Kind::of(v.as_cell()) {
            Kind::String => (*(v.as_cell() as *const JsString)).length != 0,
            Kind::BigInt => !crate::bigint::is_zero(v),
            _ => true,
        }
    }
}

// ---------------------------------------------------------------- numbers

/// ToNumber, ECMA-262 §7.1.4
#[inline]
pub fn to_number(s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<f64> {
    let raw = v.raw();
    if raw.is_number() { Ok(raw.as_number()) } else { to_number_slow(s, v) }
}
fn to_number_slow(s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<f64> {
    let raw = v.raw();
    if raw.is_undefined() {
        return Ok(f64::NAN);
    }
    if raw.is_null() {
        return Ok(0.0);
    }
    if raw.is_bool() {
        return Ok(raw.as_bool() as u8 as f64);
    }
    if let Some(string) = v.as_string() {
        return Ok(string_to_number(s, string));
    }
    if v.is_symbol() {
        return s.throw_type_error("Cannot convert a Symbol value to a number");
    }
    if v.is_bigint() {
        return s.throw_type_error("Cannot convert a BigInt value to a number");
    }
    s.nested(|s| {
        let primitive = to_primitive(s, v, Hint::Number)?;
        to_number(s, primitive)
    })
}
/// StringToNumber, ECMA-262 §7.1.4.1.1
pub fn string_to_number(s: &mut Scope<'_>, string: Local<'_, JsString>) -> f64 {
    string.flatten(s);
    spey_base::parse::string_to_number(base_units(string.view(&s.no_gc())))
}
/// ToNumeric, ECMA-262 §7.1.3: a Number or a BigInt.
pub fn to_numeric<'s>(s: &mut Scope<'s>, v: Local<'_, Value>) -> JsResult<Local<'s, Value>> {
    if v.is_number() || v.is_bigint() {
        return Ok(s.local(v.raw()));
    }
    s.nested_escape(|s| {
        let primitive = to_primitive(s, v, Hint::Number)?;
        if primitive.is_bigint() {
            return Ok(primitive);
        }
        let n = to_number(s, primitive)?;
        Ok(s.number(n))
    })
}

/// The modular reduction of ToInt32, ECMA-262 §7.1.6.
#[inline]
pub fn f64_to_int32(n: f64) -> i32 {
    let i = n as i32;
    if i as f64 == n {
        return i;
    }
    f64_to_int64_modular(n) as i32
}
/// ToInt32 of a number, unless that takes more than one conversion; None for what is no number.
#[inline(always)]
pub fn quick_int32(v: Raw) -> Option<i32> {
    if v.is_int32() {
        return Some(v.as_int32());
    }
    let d = v.to_double()?;
    #[cfg(target_arch = "x86_64")]
    let t = {
        use std::arch::x86_64::{_mm_cvttsd_si64, _mm_set_sd};
        // SAFETY: SSE2 is part of the x86-64 baseline; out-of-range input gives i64::MIN.
        unsafe { _mm_cvttsd_si64(_mm_set_sd(d)) }
    };
    #[cfg(not(target_arch = "x86_64"))]
    let t = if d.abs() < 9.0e18 { d as i64 } else { i64::MIN };
    (t != i64::MIN).then_some(t as i32)
}
/// Truncates a number and reduces it modulo 2^64 (0 for NaN and infinities).
pub fn f64_to_int64_modular(n: f64) -> i64 {
    let i = n as i64;
    if i != i64::MAX && i != i64::MIN {
        return i;
    }
    let bits = n.to_bits();
    let exponent = ((bits >> 52) & 0x7ff) as i32 - 1075;
    // Infinities and NaN, and numbers whose low 64 bits are all zero.
    if exponent >= 64 {
        return 0;
    }
    let mantissa = (bits & ((1 << 52) - 1)) | 1 << 52;
    let magnitude = if exponent >= 0 { mantissa << exponent } else { mantissa >> -exponent };
    (if n < 0.0 { magnitude.wrapping_neg() } else { magnitude }) as i64
}
/// ToInt32, ECMA-262 §7.1.6
#[inline]
pub fn to_int32(s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<i32> {
    let raw = v.raw();
    if raw.is_int32() { Ok(raw.as_int32()) } else { Ok(f64_to_int32(to_number(s, v)?)) }
}
/// ToUint32, ECMA-262 §7.1.7
#[inline]
pub fn to_uint32(s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<u32> {
    Ok(to_int32(s, v)? as u32)
}
/// ToInt16, ECMA-262 §7.1.8
pub fn to_int16(s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<i16> {
    Ok(to_int32(s, v)? as i16)
}
/// ToUint16, ECMA-262 §7.1.9
pub fn to_uint16(s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<u16> {
    Ok(to_int32(s, v)? as u16)
}
/// ToInt8, ECMA-262 §7.1.10
pub fn to_int8(s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<i8> {
    Ok(to_int32(s, v)? as i8)
}
/// ToUint8, ECMA-262 §7.1.11
pub fn to_uint8(s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<u8> {
    Ok(to_int32(s, v)? as u8)
}
/// ToUint8Clamp, ECMA-262 §7.1.12
pub fn to_uint8_clamp(s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<u8> {
    Ok(f64_to_uint8_clamp(to_number(s, v)?))
}
/// The rounding of ToUint8Clamp: half to even, NaN to 0.
#[inline]
pub fn f64_to_uint8_clamp(n: f64) -> u8 {
    // A cast saturates, and takes NaN to 0.
    n.round_ties_even() as u8
}
/// ToIntegerOrInfinity, ECMA-262 §7.1.5
#[inline]
pub fn to_integer_or_infinity(s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<f64> {
    let raw = v.raw();
    if raw.is_int32() {
        return Ok(raw.as_int32() as f64);
    }
    Ok(integer_or_infinity(to_number(s, v)?))
}
/// ToIntegerOrInfinity of a number: never NaN or -0.
#[inline]
pub fn integer_or_infinity(n: f64) -> f64 {
    // Adding +0 takes -0 to +0.
    if n.is_nan() { 0.0 } else { n.trunc() + 0.0 }
}
/// ToLength, ECMA-262 §7.1.20
pub fn to_length(s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<u64> {
    let n = to_integer_or_infinity(s, v)?;
    Ok(n.clamp(0.0, MAX_SAFE_INTEGER) as u64)
}
/// ToIndex, ECMA-262 §7.1.22
pub fn to_index(s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<u64> {
    to_index_with_message(s, v, "Invalid value: not (convertible to) a safe integer")
}
/// ToIndex with the message of the RangeError.
pub fn to_index_with_message(s: &mut Scope<'_>, v: Local<'_, Value>, message: &str) -> JsResult<u64> {
    to_index_or(s, v, |s| s.throw_range_error(message))
}
/// ToIndex; `refuse` throws the RangeError.
pub fn to_index_or(
    s: &mut Scope<'_>,
    v: Local<'_, Value>,
    refuse: impl FnOnce(&mut Scope<'_>) -> JsResult<u64>,
) -> JsResult<u64> {
    let n = to_integer_or_infinity(s, v)?;
    if (0.0..=MAX_SAFE_INTEGER).contains(&n) { Ok(n as u64) } else { refuse(s) }
}
/// A relative index argument as `slice`, `fill`, `copyWithin`… take it: negative numbers count from the end; the
/// result is in `0..=length`. `default` stands for undefined.
pub fn relative_index(s: &mut Scope<'_>, v: Local<'_, Value>, length: u64, default: u64) -> JsResult<u64> {
    if v.is_undefined() {
        return Ok(default);
    }
    let n = to_integer_or_infinity(s, v)?;
    let length_number = length as f64;
    Ok(if n < 0.0 { (length_number + n).max(0.0) } else { n.min(length_number) } as u64)
}

// ---------------------------------------------------------------- strings

/// Number::toString, ECMA-262 §6.1.6.1.20
pub fn number_to_string<'s>(s: &mut Scope<'s>, n: f64) -> Local<'s, JsString> {
    number_text(s, Raw::number(n))
}
/// Text of a number value, or the empty value if there is no room without a collection.
#[inline(always)]
pub fn try_number_text(vm: &mut Vm, number: Raw) -> Raw {
    let known = vm.number_texts.get(number);
    if known.is_empty() { try_new_number_text(vm, number) } else { known }
}
#[inline(never)]
fn try_new_number_text(vm: &mut Vm, number: Raw) -> Raw {
    let mut buffer = NumberBuffer::new();
    let text = if number.is_int32() {
        buffer.format_int_bytes(number.as_int32())
    } else {
        buffer.format(number.as_double()).as_bytes()
    };
    let string = crate::string::try_new_latin1(vm, text);
    if !string.is_empty() {
        vm.number_texts.put(number, string);
    }
    string
}
/// Text of a number value.
fn number_text<'s>(s: &mut Scope<'s>, number: Raw) -> Local<'s, JsString> {
    let known = s.vm().number_texts.get(number);
    if !known.is_empty() {
        // SAFETY: the cache has strings.
        return unsafe { s.local(known).cast() };
    }
    let mut buffer = NumberBuffer::new();
    let text = if number.is_int32() {
        buffer.format_int_bytes(number.as_int32())
    } else {
        buffer.format(number.as_double()).as_bytes()
    };
    let text = crate::string::new_latin1(s, text);
    s.vm().number_texts.put(number, text.raw());
    text
}
/// ToString, ECMA-262 §7.1.17
pub fn to_string<'s>(s: &mut Scope<'s>, v: Local<'_, Value>) -> JsResult<Local<'s, JsString>> {
    let raw = v.raw();
    if value::is_string(raw) {
        // SAFETY: a string, just checked.
        return Ok(unsafe { s.local(raw).cast() });
    }
    if raw.is_number() {
        return Ok(number_text(s, raw));
    }
    to_string_slow(s, v)
}
fn to_string_slow<'s>(s: &mut Scope<'s>, v: Local<'_, Value>) -> JsResult<Local<'s, JsString>> {
    let raw = v.raw();
    let name = if raw.is_undefined() {
        s.names().undefined
    } else if raw.is_null() {
        s.names().null
    } else if raw.is_bool() {
        if raw.as_bool() { s.names().true_ } else { s.names().false_ }
    } else if v.is_symbol() {
        return s.throw_type_error("Cannot convert a Symbol value to a string");
    } else if v.is_bigint() {
        let text = crate::bigint::to_text(s, v, 10)?;
        crate::string::check_length(s, text.len())?;
        return Ok(crate::string::new_latin1(s, text.as_bytes()));
    } else {
        return s.nested_escape(|s| {
            let primitive = to_primitive(s, v, Hint::String)?;
            to_string(s, primitive)
        });
    };
    // SAFETY: names are strings.
    Ok(unsafe { s.local(name.raw()).cast() })
}
/// ToString, copied to Rust text (lone surrogates become U+FFFD).
pub fn to_text(s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<String> {
    s.nested(|s| {
        let string = to_string(s, v)?;
        Ok(string.to_text(s))
    })
}

// ---------------------------------------------------------------- property keys

/// ToPropertyKey, ECMA-262 §7.1.19
#[inline]
pub fn to_property_key(s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<PropertyKey> {
    let raw = v.raw();
    if raw.is_int32() && raw.as_int32() >= 0 {
        return Ok(PropertyKey::from_index(raw.as_int32() as u32));
    }
    to_property_key_slow(s, v)
}
fn to_property_key_slow(s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<PropertyKey> {
    if let Some(string) = v.as_string() {
        return Ok(crate::string::to_key(s, string));
    }
    if let Some(symbol) = v.as_symbol() {
        return Ok(symbol.key());
    }
    if let Some(n) = v.as_number() {
        let index = n as u32;
        if index as f64 == n && index != u32::MAX {
            return Ok(PropertyKey::from_index(index));
        }
    }
    let primitive = to_primitive(s, v, Hint::String)?;
    if let Some(symbol) = primitive.as_symbol() {
        return Ok(symbol.key());
    }
    let string = to_string(s, primitive)?;
    Ok(crate::string::to_key(s, string))
}

// ---------------------------------------------------------------- objects

/// The prototype that property access on a primitive starts at. `v` is neither an object nor undefined nor null.
pub fn prototype_of_primitive<'s>(s: &mut Scope<'s>, v: Local<'_, Value>) -> Local<'s, Object> {
    let raw = v.raw();
    s.intrinsic(if raw.is_number() {
        Intrinsic::NumberPrototype
    } else if raw.is_bool() {
        Intrinsic::BooleanPrototype
    } else if value::is_string(raw) {
        Intrinsic::StringPrototype
    } else if value::is_symbol(raw) {
        Intrinsic::SymbolPrototype
    } else {
        debug_assert!(value::is_bigint(raw), "no prototype for {raw:?}");
        Intrinsic::BigIntPrototype
    })
}
/// ToObject, ECMA-262 §7.1.18. Wrappers hold the primitive in internal slot 0.
pub fn to_object<'s>(s: &mut Scope<'s>, v: Local<'_, Value>) -> JsResult<Local<'s, Object>> {
    let raw = v.raw();
    if value::is_object(raw) {
        // SAFETY: an object, just checked.
        return Ok(unsafe { s.local(raw).cast() });
    }
    if raw.is_nullish() {
        return s.throw_type_error("Cannot convert undefined or null to object");
    }
    let kind = if raw.is_number() {
        Kind::NumberObject
    } else if raw.is_bool() {
        Kind::BooleanObject
    } else if value::is_string(raw) {
        Kind::StringObject
    } else if value::is_symbol(raw) {
        Kind::SymbolObject
    } else {
        Kind::BigIntObject
    };
    let prototype = prototype_of_primitive(s, v);
    let wrapper = object::new_kind(s, kind, prototype.value(), 1);
    wrapper.set_slot(s, 0, v.raw());
    Ok(wrapper)
}
/// RequireObjectCoercible, ECMA-262 §7.2.1; `method` names the caller in the message.
#[inline]
pub fn require_object_coercible(s: &mut Scope<'_>, v: Local<'_, Value>, method: &str) -> JsResult<()> {
    if v.is_nullish() {
        return s.throw_type_error(&format!("{method} called on null or undefined"));
    }
    Ok(())
}

// ---------------------------------------------------------------- property descriptors

/// ToPropertyDescriptor, ECMA-262 §6.2.6.5
pub fn to_property_descriptor<'s>(
    s: &mut Scope<'s>,
    v: Local<'_, Value>,
) -> JsResult<PropertyDescriptor<'s>> {
    let Some(o) = v.as_object() else {
        let text = crate::error::describe(s, v);
        return s.throw_type_error(&format!("Property description must be an object: {text}"));
    };
    let mut d = PropertyDescriptor::default();
    let names = *s.names();
    let flag = |s: &mut Scope<'s>, key: PropertyKey| -> JsResult<Option<bool>> {
        Ok(field(s, o, key)?.map(|v| to_boolean(v.raw())))
    };
    d.enumerable = flag(s, names.enumerable)?;
    d.configurable = flag(s, names.configurable)?;
    d.value = field(s, o, names.value)?;
    d.writable = flag(s, names.writable)?;
    d.get = field(s, o, names.get)?;
    if let Some(getter) = d.get {
        if !getter.is_undefined() && !getter.is_callable() {
            let text = crate::error::describe(s, getter);
            return s.throw_type_error(&format!("Getter must be a function: {text}"));
        }
    }
    d.set = field(s, o, names.set)?;
    if let Some(setter) = d.set {
        if !setter.is_undefined() && !setter.is_callable() {
            let text = crate::error::describe(s, setter);
            return s.throw_type_error(&format!("Setter must be a function: {text}"));
        }
    }
    if d.is_accessor() && d.is_data() {
        return s.throw_type_error(
            "Invalid property descriptor. Cannot both specify accessors and a value or writable attribute",
        );
    }
    Ok(d)
}
fn field<'s>(
    s: &mut Scope<'s>,
    o: Local<'_, Object>,
    key: PropertyKey,
) -> JsResult<Option<Local<'s, Value>>> {
    // OPTIMIZATION: what a plain object has or has not is known after one look.
    if o.kind() == crate::cell::Kind::Object {
        // SAFETY: a live object.
        match unsafe { object::own_raw(s.vm(), o.gc().as_ptr(), key) } {
            object::Own::Data(v, _) => return Ok(Some(s.local(v))),
            // SAFETY: as above.
            object::Own::Missing if unsafe { object::prototype_raw(s.vm(), o.gc().as_ptr()) }.is_null() => {
                return Ok(None);
            }
            _ => {}
        }
    }
    if object::has_property(s, o, key)? { Ok(Some(object::get(s, o, key)?)) } else { Ok(None) }
}
/// FromPropertyDescriptor, ECMA-262 §6.2.6.4, of a descriptor that is there.
pub fn from_property_descriptor<'s>(s: &mut Scope<'s>, d: &PropertyDescriptor<'_>) -> Local<'s, Object> {
    let o = object::new_object(s);
    s.nested(|s| {
        let names = *s.names();
        let put = |s: &mut Scope<'_>, key: PropertyKey, v: Option<Local<'_, Value>>| {
            if let Some(v) = v {
                object::define(s, o, key, v, attr::ALL);
            }
        };
        let boolean = |s: &mut Scope<'_>, key: PropertyKey, v: Option<bool>| {
            if let Some(v) = v {
                let v = s.bool(v);
                object::define(s, o, key, v, attr::ALL);
            }
        };
        put(s, names.value, d.value);
        boolean(s, names.writable, d.writable);
        put(s, names.get, d.get);
        put(s, names.set, d.set);
        boolean(s, names.enumerable, d.enumerable);
        boolean(s, names.configurable, d.configurable);
    });
    o
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modular_reduction() {
        for (n, i) in [
            (0.0, 0),
            (-0.0, 0),
            (1.9, 1),
            (-1.9, -1),
            (2147483648.0, i32::MIN),
            (4294967296.0, 0),
            (4294967297.0, 1),
            (-2147483649.0, i32::MAX),
            (f64::NAN, 0),
            (f64::INFINITY, 0),
            (f64::NEG_INFINITY, 0),
            (1e21, -559939584),
            (-1e21, 559939584),
            (1.8446744073709552e19, 0),
            (9.223372036854776e18, 0),
            (f64::MAX, 0),
        ] {
            assert_eq!(f64_to_int32(n), i, "{n}");
        }
    }

    #[test]
    fn clamping() {
        for (n, i) in [(0.5, 0), (1.5, 2), (2.5, 2), (-1.0, 0), (256.0, 255), (f64::NAN, 0), (254.5, 254)] {
            assert_eq!(f64_to_uint8_clamp(n), i, "{n}");
        }
    }

    #[test]
    fn integers() {
        assert!(integer_or_infinity(-0.5).is_sign_positive());
        assert_eq!(integer_or_infinity(f64::NAN), 0.0);
        assert_eq!(integer_or_infinity(f64::NEG_INFINITY), f64::NEG_INFINITY);
        assert_eq!(integer_or_infinity(-3.7), -3.0);
    }
}
