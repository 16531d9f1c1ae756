//! The operators of the language on arbitrary values: arithmetic, comparison, `typeof`, `instanceof`, `in`.
//!
//! The interpreter handles pairs of numbers itself; these functions are complete and do not rely on it.

use std::cmp::Ordering;

use spey_gc::Value as Raw;

use crate::bigint;
use crate::cell::{Kind, Object, Slots, flag};
use crate::code::code_flag;
use crate::conversion::{self, Hint, f64_to_int32, to_numeric, to_primitive};
use crate::function;
use crate::object;
use crate::scope::{JsResult, Local, Scope, Value};
use crate::string::JsString;
use crate::value::{is_bigint, is_string};
use crate::vm::Vm;

#[cold]
fn throw_mixed<T>(s: &mut Scope<'_>) -> JsResult<T> {
    s.throw_type_error("Cannot mix BigInt and other types, use explicit conversions")
}

/// ApplyStringOrNumericBinaryOperator for `+`, ECMA-262 §13.15.3
pub fn add<'s>(s: &mut Scope<'s>, a: Local<'_, Value>, b: Local<'_, Value>) -> JsResult<Local<'s, Value>> {
    let (x, y) = (a.raw(), b.raw());
    if x.both_int32(y) {
        return Ok(s.number(x.as_int32() as f64 + y.as_int32() as f64));
    }
    if x.is_number() && y.is_number() {
        return Ok(s.number(x.as_number() + y.as_number()));
    }
    if let (Some(x), Some(y)) = (a.as_string(), b.as_string()) {
        return Ok(crate::string::concat(s, x, y)?.value());
    }
    s.nested_escape(|s| {
        let a = to_primitive(s, a, Hint::Default)?;
        let b = to_primitive(s, b, Hint::Default)?;
        if a.is_string() || b.is_string() {
            let x = conversion::to_string(s, a)?;
            let y = conversion::to_string(s, b)?;
            return Ok(crate::string::concat(s, x, y)?.value());
        }
        numeric(s, a, b, |x, y| x + y, bigint::add)
    })
}

type BigIntOperation =
    for<'t, 'x> fn(&mut Scope<'t>, Local<'x, Value>, Local<'x, Value>) -> JsResult<Local<'t, Value>>;

/// The numeric half of ApplyStringOrNumericBinaryOperator.
fn numeric<'s>(
    s: &mut Scope<'s>,
    a: Local<'_, Value>,
    b: Local<'_, Value>,
    number: impl FnOnce(f64, f64) -> f64,
    big: BigIntOperation,
) -> JsResult<Local<'s, Value>> {
    let (x, y) = (a.raw(), b.raw());
    if x.is_number() && y.is_number() {
        return Ok(s.number(number(x.as_number(), y.as_number())));
    }
    if is_bigint(x) && is_bigint(y) {
        return big(s, a, b);
    }
    s.nested_escape(|s| {
        let a = to_numeric(s, a)?;
        let b = to_numeric(s, b)?;
        match (a.as_number(), b.as_number()) {
            (Some(x), Some(y)) => Ok(s.number(number(x, y))),
            (None, None) => big(s, a, b),
            _ => throw_mixed(s),
        }
    })
}

macro_rules! binary {
    ($($(#[doc = $doc:literal])* $name:ident: $number:expr, $big:path;)*) => {$(
        $(#[doc = $doc])*
        pub fn $name<'s>(
            s: &mut Scope<'s>,
            a: Local<'_, Value>,
            b: Local<'_, Value>,
        ) -> JsResult<Local<'s, Value>> {
            numeric(s, a, b, $number, $big)
        }
    )*};
}
binary! {
    /// `-`
    sub: |x, y| x - y, bigint::sub;
    /// `*`
    mul: |x, y| x * y, bigint::mul;
    /// `/`
    div: |x, y| x / y, bigint::div;
    /// `%`
    rem: number_remainder, bigint::rem;
    /// `**`
    exp: number_exponentiate, bigint::pow;
    /// `&`
    bit_and: |x, y| (f64_to_int32(x) & f64_to_int32(y)) as f64, bigint::bit_and;
    /// `|`
    bit_or: |x, y| (f64_to_int32(x) | f64_to_int32(y)) as f64, bigint::bit_or;
    /// `^`
    bit_xor: |x, y| (f64_to_int32(x) ^ f64_to_int32(y)) as f64, bigint::bit_xor;
    /// `<<`
    shl: |x, y| f64_to_int32(x).wrapping_shl(f64_to_int32(y) as u32 & 31) as f64, bigint::shl;
    /// `>>`
    shr: |x, y| f64_to_int32(x).wrapping_shr(f64_to_int32(y) as u32 & 31) as f64, bigint::shr;
    /// `>>>`
    ushr: |x, y| (f64_to_int32(x) as u32).wrapping_shr(f64_to_int32(y) as u32 & 31) as f64, bigint::ushr;
}

/// Number::exponentiate, ECMA-262 §6.1.6.1.3
pub fn number_exponentiate(base: f64, exponent: f64) -> f64 {
    // Unlike in IEEE 754, 1 to the power of NaN or an infinity is NaN.
    if exponent.is_nan() || (exponent.is_infinite() && base.abs() == 1.0) {
        return f64::NAN;
    }
    base.powf(exponent)
}
/// Number::remainder, ECMA-262 §6.1.6.1.6
pub fn number_remainder(n: f64, d: f64) -> f64 {
    // OPTIMIZATION: integers have an instruction.
    const EXACT: f64 = 9007199254740992.0;
    let (x, y) = (n as i64, d as i64);
    if x as f64 == n && y as f64 == d && y != 0 && n.abs() <= EXACT && d.abs() <= EXACT {
        return ((x % y) as f64).copysign(n);
    }
    n % d
}

macro_rules! unary {
    ($($(#[doc = $doc:literal])* $name:ident: $number:expr, $big:path;)*) => {$(
        $(#[doc = $doc])*
        pub fn $name<'s>(s: &mut Scope<'s>, v: Local<'_, Value>) -> JsResult<Local<'s, Value>> {
            let apply: fn(f64) -> f64 = $number;
            s.nested_escape(|s| {
                let v = to_numeric(s, v)?;
                match v.as_number() {
                    Some(n) => Ok(s.number(apply(n))),
                    None => $big(s, v),
                }
            })
        }
    )*};
}
unary! {
    /// Unary `-`
    negate: |n| -n, bigint::negate;
    /// `~`
    bit_not: |n| !f64_to_int32(n) as f64, bigint::bit_not;
    /// The addition of `++`
    increment: |n| n + 1.0, bigint::increment;
    /// The subtraction of `--`
    decrement: |n| n - 1.0, bigint::decrement;
}

// ---------------------------------------------------------------- comparison

/// IsLooselyEqual of values that need no conversion; None for others.
pub(crate) fn loosely_equals_raw(x: Raw, y: Raw) -> Option<bool> {
    if x.is_nullish() || y.is_nullish() {
        return Some(x.is_nullish() && y.is_nullish());
    }
    let same_type = if x.is_cell() && y.is_cell() {
        // SAFETY: live cells.
        let (a, b) = unsafe { (Kind::of(x.as_cell()), Kind::of(y.as_cell())) };
        a == b || (a.is_object() && b.is_object())
    } else {
        (x.is_number() && y.is_number()) || (x.is_bool() && y.is_bool())
    };
    same_type.then(|| crate::value::strict_equals(x, y))
}
/// IsLooselyEqual, ECMA-262 §7.2.14
pub fn loosely_equals(s: &mut Scope<'_>, a: Local<'_, Value>, b: Local<'_, Value>) -> JsResult<bool> {
    let (x, y) = (a.raw(), b.raw());
    if let Some(known) = loosely_equals_raw(x, y) {
        return Ok(known);
    }
    if x.is_bool() {
        return s.nested(|s| {
            let a = s.int(x.as_bool() as i32);
            loosely_equals(s, a, b)
        });
    }
    if y.is_bool() {
        return s.nested(|s| {
            let b = s.int(y.as_bool() as i32);
            loosely_equals(s, a, b)
        });
    }
    if a.is_object() {
        return s.nested(|s| {
            let a = to_primitive(s, a, Hint::Default)?;
            loosely_equals(s, a, b)
        });
    }
    if b.is_object() {
        return s.nested(|s| {
            let b = to_primitive(s, b, Hint::Default)?;
            loosely_equals(s, a, b)
        });
    }
    // Number, String and BigInt mixed; symbols equal nothing of another type.
    Ok(match (a.as_string(), b.as_string()) {
        (Some(string), None) => loosely_equals_string(s, string, y)?,
        (None, Some(string)) => loosely_equals_string(s, string, x)?,
        _ if is_bigint(x) && y.is_number() => bigint::compare_f64(x, y.as_number()) == Some(Ordering::Equal),
        _ if is_bigint(y) && x.is_number() => bigint::compare_f64(y, x.as_number()) == Some(Ordering::Equal),
        _ => false,
    })
}
/// A string against a number or BigInt. `other` is read before anything is allocated.
fn loosely_equals_string(s: &mut Scope<'_>, string: Local<'_, JsString>, other: Raw) -> JsResult<bool> {
    if other.is_number() {
        return Ok(conversion::string_to_number(s, string) == other.as_number());
    }
    if !is_bigint(other) {
        return Ok(false);
    }
    let other = bigint::to_num_bigint(other);
    Ok(bigint::parse_number(s, string)?.is_some_and(|n| n == other))
}

/// IsLessThan, ECMA-262 §7.2.13: None is undefined (a NaN took part). `left_first` is the order of conversion.
pub fn less_than(
    s: &mut Scope<'_>,
    a: Local<'_, Value>,
    b: Local<'_, Value>,
    left_first: bool,
) -> JsResult<Option<bool>> {
    let ordering = compare(s, a, b, left_first)?;
    Ok(ordering.map(|o| o == Ordering::Less))
}
/// The order of two values as IsLessThan sees it; None if a NaN takes part.
fn compare(
    s: &mut Scope<'_>,
    a: Local<'_, Value>,
    b: Local<'_, Value>,
    left_first: bool,
) -> JsResult<Option<Ordering>> {
    let (x, y) = (a.raw(), b.raw());
    if x.is_number() && y.is_number() {
        return Ok(x.as_number().partial_cmp(&y.as_number()));
    }
    if is_string(x) && is_string(y) {
        return Ok(Some(crate::string::compare(x, y)));
    }
    if is_bigint(x) && is_bigint(y) {
        return Ok(Some(bigint::compare(x, y)));
    }
    s.nested(|s| {
        let (a, b) = if left_first {
            let a = to_primitive(s, a, Hint::Number)?;
            (a, to_primitive(s, b, Hint::Number)?)
        } else {
            let b = to_primitive(s, b, Hint::Number)?;
            (to_primitive(s, a, Hint::Number)?, b)
        };
        match (a.as_string(), b.as_string()) {
            (Some(x), Some(y)) => return Ok(Some(crate::string::compare(x.raw(), y.raw()))),
            (Some(x), None) if b.is_bigint() => {
                let n = bigint::parse_number(s, x)?;
                return Ok(n.map(|n| n.cmp(&bigint::to_num_bigint(b.raw()))));
            }
            (None, Some(y)) if a.is_bigint() => {
                let n = bigint::parse_number(s, y)?;
                return Ok(n.map(|n| bigint::to_num_bigint(a.raw()).cmp(&n)));
            }
            _ => {}
        }
        let a = to_numeric(s, a)?;
        let b = to_numeric(s, b)?;
        Ok(match (a.as_number(), b.as_number()) {
            (Some(x), Some(y)) => x.partial_cmp(&y),
            (None, None) => Some(bigint::compare(a.raw(), b.raw())),
            (None, Some(y)) => bigint::compare_f64(a.raw(), y),
            (Some(x), None) => bigint::compare_f64(b.raw(), x).map(Ordering::reverse),
        })
    })
}
/// `<`
pub fn less(s: &mut Scope<'_>, a: Local<'_, Value>, b: Local<'_, Value>) -> JsResult<bool> {
    Ok(compare(s, a, b, true)?.is_some_and(Ordering::is_lt))
}
/// `<=`
pub fn less_equal(s: &mut Scope<'_>, a: Local<'_, Value>, b: Local<'_, Value>) -> JsResult<bool> {
    Ok(compare(s, a, b, true)?.is_some_and(Ordering::is_le))
}
/// `>`
pub fn greater(s: &mut Scope<'_>, a: Local<'_, Value>, b: Local<'_, Value>) -> JsResult<bool> {
    Ok(compare(s, a, b, true)?.is_some_and(Ordering::is_gt))
}
/// `>=`
pub fn greater_equal(s: &mut Scope<'_>, a: Local<'_, Value>, b: Local<'_, Value>) -> JsResult<bool> {
    Ok(compare(s, a, b, true)?.is_some_and(Ordering::is_ge))
}

// ---------------------------------------------------------------- relations of objects

/// InstanceofOperator, ECMA-262 §13.10.2
pub fn instance_of(s: &mut Scope<'_>, v: Local<'_, Value>, target: Local<'_, Value>) -> JsResult<bool> {
    if !target.is_object() {
        return s.throw_type_error("Right-hand side of 'instanceof' is not an object");
    }
    if let Some(known) = plain_instance_of(s.vm(), v.raw(), target.raw()) {
        return Ok(known);
    }
    s.nested(|s| {
        let key = s.names().sym_has_instance;
        if let Some(handler) = object::get_method(s, target, key)? {
            let result = crate::call::call(s, handler, target, &[v])?;
            return Ok(conversion::to_boolean(result.raw()));
        }
        if !target.is_callable() {
            return s.throw_type_error("Right-hand side of 'instanceof' is not callable");
        }
        ordinary_has_instance(s, target, v)
    })
}
/// The same for a function that inherits Function.prototype[@@hasInstance], without calling it. None: not such a case.
pub(crate) fn plain_instance_of(vm: &mut Vm, v: Raw, target: Raw) -> Option<bool> {
    let is_closure = crate::value::is_kind(target, Kind::Function);
    if !is_closure && !crate::value::is_kind(target, Kind::NativeFunction) {
        return None;
    }
    let key = vm.names.sym_has_instance;
    // SAFETY: live objects; nothing is allocated.
    unsafe {
        let f = target.as_cell() as *mut Object;
        if (*f).header.flags & flag::LAZY != 0
            || (is_closure && !(*function::code_of(f)).has(code_flag::HAS_PROTOTYPE))
        {
            return None;
        }
        // Most programs ask for classes of a few shapes again and again.
        let shape = (*f).header.word;
        let known = shape as usize % vm.plain_classes.len();
        if vm.plain_classes[known] != (shape, vm.prototype_epoch) {
            let method = crate::interp::slow::cached_lookup(vm, f, key)?;
            if !crate::value::is_kind(method, Kind::NativeFunction)
                || function::native_spec(method.as_cell() as *mut Object).name != "[Symbol.hasInstance]"
            {
                return None;
            }
            // Dictionaries grow in place; those of prototypes do not do so unseen.
            if !vm.shapes.get(shape).dictionary || (*f).header.flags & flag::IS_PROTOTYPE != 0 {
                vm.plain_classes[known] = (shape, vm.prototype_epoch);
            }
        }
        let prototype = if is_closure {
            // The third own property; it cannot be made an accessor.
            *Slots::at((*f).slots, 2)
        } else {
            match object::own_raw(vm, f, vm.names.prototype) {
                object::Own::Data(v, _) => v,
                _ => return None,
            }
        };
        if !crate::value::is_object(prototype) {
            return None;
        }
        if !crate::value::is_object(v) {
            return Some(false);
        }
        if Kind::of(v.as_cell()).is_exotic() {
            return None;
        }
        // Programs with deep hierarchies ask the same of the same shapes.
        let id = (*v.as_cell()).word;
        let place = (id as usize ^ (prototype.bits() >> 4) as usize) % vm.known_instances.len();
        let known = vm.known_instances[place];
        if (known.shape, known.prototype, known.epoch) == (id, prototype, vm.prototype_epoch) {
            return Some(known.answer);
        }
        let answer = inherits_from(vm, v, prototype)?;
        // Young objects move.
        if !vm.heap.is_young(prototype.as_cell()) {
            vm.known_instances[place] =
                KnownInstance { shape: id, prototype, epoch: vm.prototype_epoch, answer };
        }
        Some(answer)
    }
}
/// What `instanceof` has found out for a shape: valid as long as no prototype changes, and no shape or prototype is freed.
#[derive(Clone, Copy)]
pub(crate) struct KnownInstance {
    shape: u32,
    epoch: u32,
    prototype: Raw,
    answer: bool,
}
impl KnownInstance {
    pub(crate) const NONE: KnownInstance =
        KnownInstance { shape: 0, epoch: 0, prototype: Raw::UNDEFINED, answer: false };
}
/// An object is among the prototypes of another. None: one of them is exotic.
///
/// # Safety
/// Both are live objects.
unsafe fn inherits_from(vm: &Vm, v: Raw, prototype: Raw) -> Option<bool> {
    let mut at = v;
    // SAFETY: live objects on the chain; nothing is allocated.
    unsafe {
        loop {
            if Kind::of(at.as_cell()).is_exotic() {
                return None;
            }
            at = object::prototype_raw(vm, at.as_cell() as *mut Object);
            if !at.is_cell() {
                return Some(false);
            }
            if at == prototype {
                return Some(true);
            }
        }
    }
}
/// OrdinaryHasInstance, ECMA-262 §7.3.21
pub fn ordinary_has_instance(
    s: &mut Scope<'_>,
    constructor: Local<'_, Value>,
    v: Local<'_, Value>,
) -> JsResult<bool> {
    let Some(f) = constructor.as_object().filter(|_| constructor.is_callable()) else { return Ok(false) };
    if f.kind() == Kind::BoundFunction {
        if !s.vm().native_stack_ok() {
            return crate::error::throw_stack_overflow(s);
        }
        return s.nested(|s| {
            let target = f.slot_local(s, function::bound::TARGET);
            instance_of(s, v, target)
        });
    }
    let Some(o) = v.as_object() else { return Ok(false) };
    s.nested(|s| {
        let key = s.names().prototype;
        let prototype = object::get(s, f, key)?;
        if !prototype.is_object() {
            let text = crate::error::describe(s, prototype);
            return s.throw_type_error(&format!(
                "Function has non-object prototype '{text}' in instanceof check"
            ));
        }
        is_prototype_of(s, prototype, o)
    })
}
/// Is `prototype` on the prototype chain of `o` (not `o` itself)?
pub fn is_prototype_of(
    s: &mut Scope<'_>,
    prototype: Local<'_, Value>,
    o: Local<'_, Object>,
) -> JsResult<bool> {
    s.nested(|s| {
        let mut current = s.local_object(o.gc());
        let mut proxies = 0;
        loop {
            proxies += 1;
            if proxies > crate::proxy::MAX_CHAIN {
                return crate::error::throw_stack_overflow(s);
            }
            if current.kind() != Kind::Proxy {
                // SAFETY: live objects; nothing is allocated in the loop.
                let mut p = unsafe { object::prototype_raw(s.vm_ref(), current.gc().as_ptr()) };
                loop {
                    if !p.is_cell() {
                        return Ok(false);
                    }
                    if p == prototype.raw() {
                        return Ok(true);
                    }
                    // SAFETY: prototypes are live objects.
                    unsafe {
                        if Kind::of(p.as_cell()) == Kind::Proxy {
                            break;
                        }
                        p = object::prototype_raw(s.vm_ref(), p.as_cell() as *const Object);
                    }
                }
                // SAFETY: a proxy, as just found.
                current = unsafe { s.local(p).cast() };
            }
            match object::get_prototype_of(s, current)?.as_object() {
                None => return Ok(false),
                Some(p) if p.raw() == prototype.raw() => return Ok(true),
                Some(p) => current = p,
            }
        }
    })
}
/// `key in o`, ECMA-262 §13.10.1
pub fn has_in(s: &mut Scope<'_>, key: Local<'_, Value>, o: Local<'_, Value>) -> JsResult<bool> {
    let Some(o) = o.as_object() else {
        let key_text =
            if key.is_string() { conversion::to_text(s, key)? } else { crate::error::describe(s, key) };
        let text = crate::error::describe_unquoted(s, o);
        return s.throw_type_error(&format!("Cannot use 'in' operator to search for '{key_text}' in {text}"));
    };
    // OPTIMIZATION: what caches know.
    if let Some(found) = object::quick_named(s.vm(), o.raw(), key.raw()) {
        return Ok(!matches!(found, object::Quick::Absent));
    }
    s.nested(|s| {
        let key = conversion::to_property_key(s, key)?;
        object::has_property(s, o, key)
    })
}

/// Result of `typeof`, ECMA-262 §13.5.3
#[inline(always)]
pub(crate) fn type_name(names: &crate::key::Names, v: Raw) -> crate::key::PropertyKey {
    if v.is_number() {
        return names.number;
    }
    if v.is_bool() {
        return names.boolean;
    }
    if v.is_null() {
        return names.object;
    }
    if !v.is_cell() {
        return names.undefined;
    }
    // SAFETY: cell values point to live cells.
    match unsafe { Kind::of(v.as_cell()) } {
        Kind::String => names.string,
        Kind::Symbol => names.symbol,
        Kind::BigInt => names.bigint,
        _ if crate::value::is_callable(v) => names.function,
        _ => names.object,
    }
}
/// The text of [`type_of`].
pub fn type_of_raw(v: Raw) -> &'static str {
    if v.is_number() {
        return "number";
    }
    if v.is_bool() {
        return "boolean";
    }
    if v.is_null() {
        return "object";
    }
    if !v.is_cell() {
        return "undefined";
    }
    // SAFETY: cell values point to live cells.
    match unsafe { Kind::of(v.as_cell()) } {
        Kind::String => "string",
        Kind::Symbol => "symbol",
        Kind::BigInt => "bigint",
        _ if crate::value::is_callable(v) => "function",
        _ => "object",
    }
}
/// `typeof v`
pub fn type_of<'s>(s: &mut Scope<'s>, v: Local<'_, Value>) -> Local<'s, JsString> {
    let name = type_name(s.names(), v.raw());
    // SAFETY: names are strings.
    unsafe { s.local(name.raw()).cast() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers() {
        assert!(number_exponentiate(1.0, f64::INFINITY).is_nan());
        assert!(number_exponentiate(-1.0, f64::NEG_INFINITY).is_nan());
        assert!(number_exponentiate(1.0, f64::NAN).is_nan());
        assert_eq!(number_exponentiate(f64::NAN, 0.0), 1.0);
        assert_eq!(number_exponentiate(2.0, 10.0), 1024.0);
        assert!(number_remainder(-4.0, 2.0).is_sign_negative());
    }
}
