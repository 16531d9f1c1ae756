//! The texts of numbers converted lately: programs convert the same ones again and again.

use spey_gc::{Tracer, Value as Raw};

const COUNT: usize = 1024;

/// Strings by number, kept by minor collections and forgotten at major ones.
pub(crate) struct NumberTexts {
    entries: Box<[(Raw, Raw); COUNT]>,
    used: bool,
}

impl NumberTexts {
    pub(crate) fn new() -> NumberTexts {
        // SAFETY: zeros are pairs of empty values. The memory is touched when it is used.
        NumberTexts { entries: unsafe { Box::new_zeroed().assume_init() }, used: false }
    }
    #[inline(always)]
    fn index(number: Raw) -> usize {
        // Integers in a row, which are frequent, lie in a row.
        let bits = number.bits();
        let hash = if number.is_int32() { bits } else { bits.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32 };
        hash as usize % COUNT
    }
    /// The text of a number value, or the empty value.
    #[inline(always)]
    pub(crate) fn get(&self, number: Raw) -> Raw {
        let (of, text) = self.entries[Self::index(number)];
        if of == number { text } else { Raw::EMPTY }
    }
    /// Remembers a text.
    #[inline(always)]
    pub(crate) fn put(&mut self, number: Raw, text: Raw) {
        self.used = true;
        self.entries[Self::index(number)] = (number, text);
    }
    /// A minor collection: the strings may move.
    pub(crate) fn trace(&mut self, t: &mut Tracer) {
        if self.used {
            self.entries.iter_mut().for_each(|(_, text)| t.value(text));
        }
    }
    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        if self.used {
            self.entries.fill((Raw::EMPTY, Raw::EMPTY));
            self.used = false;
        }
    }
}
