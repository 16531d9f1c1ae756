//! Character classes of ECMA-262 §12.2 and §12.3, per code unit: all their members are in the Basic Multilingual Plane.

/// WhiteSpace: tab, VT, FF, ZWNBSP and the Space_Separator category.
#[inline]
pub const fn is_white_space(unit: u16) -> bool {
    match unit {
        0x09 | 0x0b | 0x0c | 0x20 | 0xa0 => true,
        0..=0xff => false,
        _ => matches!(unit, 0x1680 | 0x2000..=0x200a | 0x202f | 0x205f | 0x3000 | 0xfeff),
    }
}

/// LineTerminator: LF, CR, LS, PS.
#[inline]
pub const fn is_line_terminator(unit: u16) -> bool {
    matches!(unit, 0x0a | 0x0d | 0x2028 | 0x2029)
}

/// What `trim` and StringToNumber skip: WhiteSpace or LineTerminator.
#[inline]
pub const fn is_trimmable(unit: u16) -> bool {
    is_white_space(unit) || is_line_terminator(unit)
}

/// First half of a surrogate pair.
#[inline]
pub const fn is_lead_surrogate(unit: u16) -> bool {
    unit & 0xfc00 == 0xd800
}

/// Second half of a surrogate pair.
#[inline]
pub const fn is_trail_surrogate(unit: u16) -> bool {
    unit & 0xfc00 == 0xdc00
}

/// The code point of a surrogate pair.
#[inline]
pub const fn combine_surrogates(lead: u16, trail: u16) -> u32 {
    0x1_0000 + (((lead & 0x3ff) as u32) << 10 | (trail & 0x3ff) as u32)
}

/// Value of a digit of radix 36 at most: 0..36.
#[inline]
pub const fn digit_value(unit: u16) -> Option<u32> {
    match unit {
        0x30..=0x39 => Some(unit as u32 - 0x30),
        0x41..=0x5a => Some(unit as u32 - 0x41 + 10),
        0x61..=0x7a => Some(unit as u32 - 0x61 + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes() {
        let white: Vec<u16> = (0..=0xffff).filter(|&u| is_white_space(u)).collect();
        let expected = "\t\u{b}\u{c} \u{a0}\u{1680}\u{2000}\u{2001}\u{2002}\u{2003}\u{2004}\u{2005}\u{2006}\u{2007}\u{2008}\u{2009}\u{200a}\u{202f}\u{205f}\u{3000}\u{feff}";
        assert_eq!(white, expected.encode_utf16().collect::<Vec<_>>());
        assert_eq!((0..=0xffff).filter(|&u| is_line_terminator(u)).count(), 4);
        assert_eq!(combine_surrogates(0xd83d, 0xde00), 0x1f600);
        assert_eq!(digit_value('z' as u16), Some(35));
    }
}
