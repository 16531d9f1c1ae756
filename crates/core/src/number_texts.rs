//! The texts of numbers converted lately: programs convert the same ones again and again.

use spey_gc::Value as Raw;

const COUNT: usize = 1024;

/// Strings by number, forgotten at every collection.
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
        (number.bits().wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 54) as usize
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
    /// Forgets everything: strings may move.
    pub(crate) fn clear(&mut self) {
        if self.used {
            self.entries.fill((Raw::EMPTY, Raw::EMPTY));
            self.used = false;
        }
    }
}
