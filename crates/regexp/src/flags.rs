//! The flags of a regular expression.

use std::fmt;

/// A set of flags.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Flags(u8);

impl Flags {
    pub const NONE: Flags = Flags(0);
    pub const HAS_INDICES: Flags = Flags(1);
    pub const GLOBAL: Flags = Flags(2);
    pub const IGNORE_CASE: Flags = Flags(4);
    pub const MULTILINE: Flags = Flags(8);
    pub const DOT_ALL: Flags = Flags(16);
    pub const UNICODE: Flags = Flags(32);
    pub const UNICODE_SETS: Flags = Flags(64);
    pub const STICKY: Flags = Flags(128);

    /// Letters in the order of `RegExp.prototype.flags`.
    const LETTERS: [(u8, Flags); 8] = [
        (b'd', Flags::HAS_INDICES),
        (b'g', Flags::GLOBAL),
        (b'i', Flags::IGNORE_CASE),
        (b'm', Flags::MULTILINE),
        (b's', Flags::DOT_ALL),
        (b'u', Flags::UNICODE),
        (b'v', Flags::UNICODE_SETS),
        (b'y', Flags::STICKY),
    ];

    /// Reads flags; `None` for an unknown or repeated letter or for `u` and `v` together.
    pub fn parse(text: impl IntoIterator<Item = u16>) -> Option<Flags> {
        let mut flags = Flags::NONE;
        for unit in text {
            let &(_, flag) = Self::LETTERS.iter().find(|(letter, _)| u16::from(*letter) == unit)?;
            if flags.contains(flag) {
                return None;
            }
            flags = flags.with(flag);
        }
        (!(flags.contains(Flags::UNICODE) && flags.contains(Flags::UNICODE_SETS))).then_some(flags)
    }

    #[inline]
    pub const fn contains(self, other: Flags) -> bool {
        self.0 & other.0 == other.0
    }

    #[must_use]
    pub const fn with(self, other: Flags) -> Flags {
        Flags(self.0 | other.0)
    }

    #[must_use]
    pub const fn without(self, other: Flags) -> Flags {
        Flags(self.0 & !other.0)
    }

    /// Whether patterns and inputs are sequences of code points (`u` or `v`).
    #[inline]
    pub const fn is_unicode(self) -> bool {
        self.0 & (Flags::UNICODE.0 | Flags::UNICODE_SETS.0) != 0
    }

    /// One bit per flag: d=1, g=2, i=4, m=8, s=16, u=32, v=64, y=128.
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// The inverse of [`Flags::bits`].
    #[inline]
    pub const fn from_bits(bits: u8) -> Flags {
        Flags(bits)
    }
}

impl fmt::Display for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Self::LETTERS
            .iter()
            .filter(|(_, flag)| self.contains(*flag))
            .try_for_each(|(letter, _)| write!(f, "{}", char::from(*letter)))
    }
}

impl fmt::Debug for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}
