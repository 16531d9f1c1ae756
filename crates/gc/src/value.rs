//! The NaN-boxed word. This is the only module that knows the encoding.
//!
//! | kind      | bits                                                     |
//! |-----------|----------------------------------------------------------|
//! | empty     | `0` (array hole, binding in its temporal dead zone)      |
//! | null      | `0x02`                                                   |
//! | undefined | `0x0a`                                                   |
//! | boolean   | `0x06`, `0x07`                                           |
//! | int32     | `0xFFFE_0000_0000_0000 \| u32`                           |
//! | double    | IEEE bits + 2^49; a NaN is a quiet one without payload before it gets here, of either sign |
//! | cell      | the address: top 15 bits and bit 1 clear, not zero       |

use crate::cell::Header;
use std::fmt;

/// A JavaScript value, or the internal "empty" marker, in one word.
#[repr(transparent)]
#[derive(Copy, Clone, PartialEq, Eq, Hash)]
pub struct Value(u64);

const CANONICAL_NAN_BITS: u64 = 0x7FF8_0000_0000_0000;

impl Value {
    /// Set bits of this tag: int32 has all of them, a double has some, everything else none.
    pub const NUMBER_TAG: u64 = 0xFFFE_0000_0000_0000;
    /// What is added to the IEEE bits of a double.
    pub const DOUBLE_OFFSET: u64 = 1 << 49;
    /// A word is a cell, or empty, if and only if none of these bits is set.
    pub const NOT_CELL_MASK: u64 = Self::NUMBER_TAG | 0x02;

    /// An array hole or an uninitialised binding; never visible to programs.
    pub const EMPTY: Value = Value(0);
    /// `null`
    pub const NULL: Value = Value(0x02);
    /// `undefined`
    pub const UNDEFINED: Value = Value(0x0a);
    /// `false`
    pub const FALSE: Value = Value(0x06);
    /// `true`
    pub const TRUE: Value = Value(0x07);
    /// The one NaN.
    pub const NAN: Value = Value(CANONICAL_NAN_BITS + Self::DOUBLE_OFFSET);

    /// The value with exactly these bits.
    #[inline(always)]
    pub const fn from_bits(bits: u64) -> Value {
        Value(bits)
    }

    /// The encoded word.
    #[inline(always)]
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// Boxes an integer.
    #[inline(always)]
    pub const fn int32(number: i32) -> Value {
        Value(Self::NUMBER_TAG | number as u32 as u64)
    }

    /// Boxes a double as a double, even if it is an integer; every NaN becomes the canonical one.
    #[inline(always)]
    pub const fn double(number: f64) -> Value {
        let bits = if number.is_nan() { CANONICAL_NAN_BITS } else { number.to_bits() };
        Value(bits.wrapping_add(Self::DOUBLE_OFFSET))
    }

    /// Boxes a number: as int32 if it is one exactly and is not -0, else as a double.
    #[inline(always)]
    pub fn number(number: f64) -> Value {
        #[cfg(target_arch = "x86_64")]
        let integer = {
            use std::arch::x86_64::{_mm_cvttsd_si32, _mm_set_sd};
            // SAFETY: SSE2 is part of the x86-64 baseline; out-of-range input gives i32::MIN.
            unsafe { _mm_cvttsd_si32(_mm_set_sd(number)) }
        };
        #[cfg(not(target_arch = "x86_64"))]
        let integer = number as i32;
        // Comparing bits also tells -0 from 0 and refuses NaN.
        if (integer as f64).to_bits() == number.to_bits() {
            Self::int32(integer)
        } else {
            Self::double(number)
        }
    }

    /// `true` or `false`.
    #[inline(always)]
    pub const fn bool(boolean: bool) -> Value {
        Value(0x06 | boolean as u64)
    }

    /// A reference to a cell.
    #[inline(always)]
    pub fn cell(cell: *const Header) -> Value {
        debug_assert!(!cell.is_null() && cell as u64 & (Self::NOT_CELL_MASK | 7) == 0);
        Value(cell as u64)
    }

    /// Is this the empty marker?
    #[inline(always)]
    pub const fn is_empty(self) -> bool {
        self.0 == Self::EMPTY.0
    }

    /// Is this `undefined`?
    #[inline(always)]
    pub const fn is_undefined(self) -> bool {
        self.0 == Self::UNDEFINED.0
    }

    /// Is this `null`?
    #[inline(always)]
    pub const fn is_null(self) -> bool {
        self.0 == Self::NULL.0
    }

    /// Is this `undefined` or `null`?
    #[inline(always)]
    pub const fn is_nullish(self) -> bool {
        self.0 & !0x08 == Self::NULL.0
    }

    /// Is this `true` or `false`?
    #[inline(always)]
    pub const fn is_bool(self) -> bool {
        self.0 & !0x01 == Self::FALSE.0
    }

    /// Is this `true`?
    #[inline(always)]
    pub const fn is_true(self) -> bool {
        self.0 == Self::TRUE.0
    }

    /// Is this `false`?
    #[inline(always)]
    pub const fn is_false(self) -> bool {
        self.0 == Self::FALSE.0
    }

    /// Is this a number held as an int32?
    #[inline(always)]
    pub const fn is_int32(self) -> bool {
        self.0 >= Self::NUMBER_TAG
    }

    /// Is this a number held as a double?
    #[inline(always)]
    pub const fn is_double(self) -> bool {
        self.to_double().is_some()
    }

    /// The number, if it is held as a double.
    #[inline(always)]
    pub const fn to_double(self) -> Option<f64> {
        // One subtraction gives the IEEE bits, and puts every other kind above the doubles.
        let bits = self.0.wrapping_sub(Self::DOUBLE_OFFSET);
        if bits < Self::NUMBER_TAG - Self::DOUBLE_OFFSET { Some(f64::from_bits(bits)) } else { None }
    }

    /// The number of the double at an address, by the shortest way to where doubles are computed with: it does not pass through
    /// a general register.
    ///
    /// # Safety
    /// `at` is valid for reads, and what is there is a double.
    #[inline(always)]
    pub unsafe fn load_double(at: *const Value) -> f64 {
        #[cfg(target_arch = "x86_64")]
        {
            let number: f64;
            // SAFETY: reads one word, by the contract; SSE2 is part of the x86-64 baseline.
            unsafe {
                std::arch::asm!(
                    "movq {number}, qword ptr [{at}]",
                    "psubq {number}, {offset}",
                    number = out(xmm_reg) number,
                    at = in(reg) at,
                    offset = in(xmm_reg) f64::from_bits(Self::DOUBLE_OFFSET),
                    options(pure, readonly, nostack, preserves_flags),
                );
            }
            number
        }
        #[cfg(not(target_arch = "x86_64"))]
        // SAFETY: by the contract.
        unsafe {
            (*at).as_double()
        }
    }

    /// Stores a number that is no NaN as a double, in the same way.
    ///
    /// # Safety
    /// `at` is valid for writes.
    #[inline(always)]
    pub unsafe fn store_double(at: *mut Value, number: f64) {
        debug_assert!(!number.is_nan());
        #[cfg(target_arch = "x86_64")]
        // SAFETY: writes one word, by the contract; SSE2 is part of the x86-64 baseline.
        unsafe {
            std::arch::asm!(
                "paddq {number}, {offset}",
                "movq qword ptr [{at}], {number}",
                number = inout(xmm_reg) number => _,
                at = in(reg) at,
                offset = in(xmm_reg) f64::from_bits(Self::DOUBLE_OFFSET),
                options(nostack, preserves_flags),
            );
        }
        #[cfg(not(target_arch = "x86_64"))]
        // SAFETY: by the contract.
        unsafe {
            *at = Value::double(number)
        }
    }

    /// Is this a number?
    #[inline(always)]
    pub const fn is_number(self) -> bool {
        self.0 & Self::NUMBER_TAG != 0
    }

    /// Are both int32? One branch for arithmetic.
    #[inline(always)]
    pub const fn both_int32(self, other: Value) -> bool {
        self.0 & other.0 >= Self::NUMBER_TAG
    }

    /// Is this a reference to a cell?
    #[inline(always)]
    pub const fn is_cell(self) -> bool {
        self.0 & Self::NOT_CELL_MASK == 0 && self.0 != 0
    }

    /// Like [`Value::is_cell`], one test cheaper, for words known not to be empty.
    #[inline(always)]
    pub const fn is_cell_or_empty(self) -> bool {
        self.0 & Self::NOT_CELL_MASK == 0
    }

    /// The integer of an int32; meaningless for any other kind.
    #[inline(always)]
    pub const fn as_int32(self) -> i32 {
        self.0 as u32 as i32
    }

    /// The number of a double; meaningless for any other kind.
    #[inline(always)]
    pub const fn as_double(self) -> f64 {
        f64::from_bits(self.0.wrapping_sub(Self::DOUBLE_OFFSET))
    }

    /// The number of an int32 or a double; meaningless for any other kind.
    #[inline(always)]
    pub const fn as_number(self) -> f64 {
        if self.is_int32() { self.as_int32() as f64 } else { self.as_double() }
    }

    /// The truth of a boolean; meaningless for any other kind.
    #[inline(always)]
    pub const fn as_bool(self) -> bool {
        self.0 & 1 != 0
    }

    /// The address of a cell; meaningless for any other kind.
    #[inline(always)]
    pub const fn as_cell(self) -> *mut Header {
        self.0 as usize as *mut Header
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Value::EMPTY => f.write_str("<empty>"),
            Value::NULL => f.write_str("null"),
            Value::UNDEFINED => f.write_str("undefined"),
            Value::FALSE => f.write_str("false"),
            Value::TRUE => f.write_str("true"),
            value if value.is_int32() => write!(f, "{}", value.as_int32()),
            value if value.is_double() => write!(f, "{:?}", value.as_double()),
            value if value.is_cell() => write!(f, "<cell {:#x}>", value.0),
            _ => write!(f, "<invalid {:#x}>", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_round_trip() {
        for number in [
            0.5,
            -0.5,
            f64::MAX,
            f64::MIN_POSITIVE,
            f64::INFINITY,
            f64::NEG_INFINITY,
            5e-324,
            1e300,
            2147483648.0,
        ] {
            let value = Value::number(number);
            assert!(
                value.is_double() && value.is_number() && !value.is_int32() && !value.is_cell(),
                "{number}"
            );
            assert_eq!(value.as_double(), number);
            assert_eq!(value.as_number(), number);
        }
        for integer in [0, 1, -1, i32::MAX, i32::MIN, 42] {
            let value = Value::number(integer as f64);
            assert!(value.is_int32() && value.is_number() && !value.is_double() && !value.is_cell());
            assert_eq!(value, Value::int32(integer));
            assert_eq!(value.as_int32(), integer);
            assert_eq!(value.as_number(), integer as f64);
            assert!(Value::double(integer as f64).is_double());
        }
    }

    #[test]
    fn doubles_in_memory() {
        let mut value = Value::NULL;
        for number in [0.0, -0.0, 1.5, f64::MAX, f64::NEG_INFINITY, 5e-324] {
            // SAFETY: the address of a local.
            let read = unsafe {
                Value::store_double(&mut value, number);
                Value::load_double(&value)
            };
            assert_eq!(value, Value::double(number));
            assert_eq!(read.to_bits(), number.to_bits());
        }
    }

    #[test]
    fn minus_zero_and_nan_are_doubles() {
        let minus_zero = Value::number(-0.0);
        assert!(minus_zero.is_double() && minus_zero.as_double().is_sign_negative());
        for bits in
            [0x7FF8_0000_0000_0000, 0xFFFF_FFFF_FFFF_FFFF, 0x7FF0_0000_0000_0001, 0xFFF8_1234_0000_0000]
        {
            let nan = Value::number(f64::from_bits(bits));
            assert_eq!(nan, Value::NAN);
            assert_eq!(nan, Value::double(f64::from_bits(bits)));
            assert!(nan.is_double() && nan.as_double().is_nan());
        }
    }

    #[test]
    fn the_kinds_are_disjoint() {
        let header = Header { kind: 0, flags: 0, aux: 0, word: 0 };
        let all = [
            Value::EMPTY,
            Value::NULL,
            Value::UNDEFINED,
            Value::FALSE,
            Value::TRUE,
            Value::int32(-7),
            Value::double(1.5),
            Value::cell(&header),
        ];
        for (index, value) in all.iter().enumerate() {
            let tests = [
                value.is_empty(),
                value.is_null(),
                value.is_undefined(),
                value.is_false(),
                value.is_true(),
                value.is_int32(),
                value.is_double(),
                value.is_cell(),
            ];
            for (other, &answer) in tests.iter().enumerate() {
                assert_eq!(answer, index == other, "{value:?} in test {other}");
            }
            assert_eq!(value.is_nullish(), index == 1 || index == 2);
            assert_eq!(value.is_bool(), index == 3 || index == 4);
            assert_eq!(value.is_number(), index == 5 || index == 6);
        }
        assert!(Value::bool(true).as_bool() && !Value::bool(false).as_bool());
        assert_eq!(Value::cell(&header).as_cell() as *const Header, &header as *const Header);
    }
}
