//! Methods of strings for plain operands: what they answer without an allocation.

use spey_base::chars::{is_lead_surrogate, is_trail_surrogate, is_trimmable};
use spey_core::conversion;
use spey_core::string::{StrView, quick_view, try_new_latin1, try_substring};
use spey_core::vm::Vm;
use spey_gc::Value as Raw;

/// The code unit that a method with an index argument is about.
#[inline(always)]
fn unit(vm: &Vm, this: Raw, args: &[Raw]) -> Option<u16> {
    let &[index, ..] = args else { return None };
    let view = quick_view(vm, this)?;
    (index.is_int32() && (index.as_int32() as u32 as usize) < view.len())
        .then(|| view.at(index.as_int32() as usize))
}
/// A string of one unit, if that is in the VM's table.
#[inline(always)]
fn single(vm: &Vm, unit: Option<u16>) -> Raw {
    unit.and_then(|u| vm.single_chars.get(u as usize)).copied().unwrap_or(Raw::EMPTY)
}
pub(super) fn from_char_code(vm: &mut Vm, _: Raw, args: &[Raw]) -> Raw {
    /// Longer lists are rare.
    const MAX_UNITS: usize = 8;
    if let &[unit] = args {
        return single(vm, conversion::quick_int32(unit).map(|n| n as u16));
    }
    let mut units = [0; MAX_UNITS];
    if args.is_empty() || args.len() > MAX_UNITS {
        return Raw::EMPTY;
    }
    for (unit, arg) in units.iter_mut().zip(args) {
        match conversion::quick_int32(*arg).map(|n| n as u16) {
            Some(n) if n < 256 => *unit = n as u8,
            _ => return Raw::EMPTY,
        }
    }
    try_new_latin1(vm, &units[..args.len()])
}
pub(super) fn at(vm: &mut Vm, this: Raw, args: &[Raw]) -> Raw {
    single(vm, unit(vm, this, args))
}
pub(super) fn char_at(vm: &mut Vm, this: Raw, args: &[Raw]) -> Raw {
    single(vm, unit(vm, this, args))
}
pub(super) fn char_code_at(vm: &mut Vm, this: Raw, args: &[Raw]) -> Raw {
    unit(vm, this, args).map_or(Raw::EMPTY, |u| Raw::int32(u as i32))
}
pub(super) fn code_point_at(vm: &mut Vm, this: Raw, args: &[Raw]) -> Raw {
    match unit(vm, this, args) {
        Some(u) if !is_lead_surrogate(u) && !is_trail_surrogate(u) => Raw::int32(u as i32),
        _ => Raw::EMPTY,
    }
}
/// Length of a string.
#[inline(always)]
fn length(vm: &Vm, this: Raw) -> Option<i32> {
    quick_view(vm, this).map(|view| view.len() as i32)
}
/// An index argument that is an int32, or undefined or not given.
#[inline(always)]
fn index(args: &[Raw], k: usize, default: i32) -> Option<i32> {
    match args.get(k) {
        None => Some(default),
        Some(v) if v.is_int32() => Some(v.as_int32()),
        Some(v) => v.is_undefined().then_some(default),
    }
}
pub(super) fn slice(vm: &mut Vm, this: Raw, args: &[Raw]) -> Raw {
    let part = length(vm, this).and_then(|n| {
        let relative = |i: i32| if i < 0 { i.saturating_add(n).max(0) } else { i.min(n) };
        let (from, to) = (relative(index(args, 0, 0)?), relative(index(args, 1, n)?));
        Some((from, to.max(from)))
    });
    part.map_or(Raw::EMPTY, |(from, to)| try_substring(vm, this, from as usize, to as usize))
}
pub(super) fn substring(vm: &mut Vm, this: Raw, args: &[Raw]) -> Raw {
    let part =
        length(vm, this).and_then(|n| Some((index(args, 0, 0)?.clamp(0, n), index(args, 1, n)?.clamp(0, n))));
    part.map_or(Raw::EMPTY, |(a, b)| try_substring(vm, this, a.min(b) as usize, a.max(b) as usize))
}
pub(super) fn substr(vm: &mut Vm, this: Raw, args: &[Raw]) -> Raw {
    let part = length(vm, this).and_then(|n| {
        let from = index(args, 0, 0)?;
        let from = if from < 0 { from.saturating_add(n).max(0) } else { from.min(n) };
        let count = index(args, 1, n)?.clamp(0, n - from);
        Some((from, from + count))
    });
    part.map_or(Raw::EMPTY, |(from, to)| try_substring(vm, this, from as usize, to as usize))
}
pub(super) fn itself(_: &mut Vm, this: Raw, _: &[Raw]) -> Raw {
    if spey_core::value::is_string(this) { this } else { Raw::EMPTY }
}

/// The Latin-1 texts of `this` and the only argument.
#[inline(always)]
fn both<'a>(vm: &'a Vm, this: Raw, args: &[Raw]) -> Option<(&'a [u8], &'a [u8])> {
    let &[what] = args else { return None };
    match (quick_view(vm, this)?, quick_view(vm, what)?) {
        (StrView::Latin1(text), StrView::Latin1(what)) => Some((text, what)),
        _ => None,
    }
}
/// Texts up to this length are searched without preparation.
const SHORT_BYTES: usize = 64;
/// Index of the first occurrence in a short text.
fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    let (&first, rest) = match what.split_first() {
        Some(parts) => parts,
        None => return Some(0),
    };
    let mut from = 0;
    while let Some(at) = text.get(from..)?.iter().position(|&b| b == first) {
        from += at + 1;
        if text[from..].starts_with(rest) {
            return Some(from - 1);
        }
    }
    None
}
pub(super) fn starts_with(vm: &mut Vm, this: Raw, args: &[Raw]) -> Raw {
    both(vm, this, args).map_or(Raw::EMPTY, |(text, what)| Raw::bool(text.starts_with(what)))
}
pub(super) fn ends_with(vm: &mut Vm, this: Raw, args: &[Raw]) -> Raw {
    both(vm, this, args).map_or(Raw::EMPTY, |(text, what)| Raw::bool(text.ends_with(what)))
}
pub(super) fn includes(vm: &mut Vm, this: Raw, args: &[Raw]) -> Raw {
    match both(vm, this, args) {
        Some((text, what)) if text.len() <= SHORT_BYTES => Raw::bool(find(text, what).is_some()),
        _ => Raw::EMPTY,
    }
}
pub(super) fn index_of(vm: &mut Vm, this: Raw, args: &[Raw]) -> Raw {
    match both(vm, this, args) {
        Some((text, what)) if text.len() <= SHORT_BYTES => {
            Raw::int32(find(text, what).map_or(-1, |at| at as i32))
        }
        _ => Raw::EMPTY,
    }
}
pub(super) fn trim(vm: &mut Vm, this: Raw, _: &[Raw]) -> Raw {
    let Some(view) = quick_view(vm, this) else { return Raw::EMPTY };
    let (mut from, mut to) = (0, view.len());
    while from < to && is_trimmable(view.at(from)) {
        from += 1;
    }
    while from < to && is_trimmable(view.at(to - 1)) {
        to -= 1;
    }
    try_substring(vm, this, from, to)
}
/// String(value) of strings and numbers.
pub(super) fn text_of(vm: &mut Vm, _: Raw, args: &[Raw]) -> Raw {
    match *args {
        [v, ..] if spey_core::value::is_string(v) => v,
        [v, ..] if v.is_number() => conversion::try_number_text(vm, v),
        _ => Raw::EMPTY,
    }
}
/// Most units of a text that is padded here.
const PADDED_BYTES: usize = 2 * SHORT_BYTES;
/// A narrow text with copies of a narrow filler before or behind it.
fn padded(vm: &mut Vm, this: Raw, args: &[Raw], before: bool) -> Raw {
    let &[target, ref rest @ ..] = args else { return Raw::EMPTY };
    let Some(StrView::Latin1(text)) = quick_view(vm, this) else { return Raw::EMPTY };
    let filler = match rest.first() {
        Some(v) if !v.is_undefined() => quick_view(vm, *v),
        _ => Some(StrView::Latin1(b" ")),
    };
    let Some(StrView::Latin1(filler)) = filler else { return Raw::EMPTY };
    if !target.is_int32() || target.as_int32() > PADDED_BYTES as i32 {
        return Raw::EMPTY;
    }
    let (target, own) = (target.as_int32().max(0) as usize, text.len());
    if target <= own || filler.is_empty() {
        return this;
    }
    let mut units = [filler[0]; PADDED_BYTES];
    let at = if before { target - own } else { 0 };
    units[at..at + own].copy_from_slice(text);
    let from = if before { 0 } else { own };
    if filler.len() > 1 {
        let to = &mut units[from..from + target - own];
        to.iter_mut().zip(filler.iter().cycle()).for_each(|(to, unit)| *to = *unit);
    }
    try_new_latin1(vm, &units[..target])
}
pub(super) fn pad_start(vm: &mut Vm, this: Raw, args: &[Raw]) -> Raw {
    padded(vm, this, args, true)
}
pub(super) fn pad_end(vm: &mut Vm, this: Raw, args: &[Raw]) -> Raw {
    padded(vm, this, args, false)
}
/// A narrow text with some of its units exchanged, if it is short; the string itself if none is. None of the exchange: that takes more.
fn mapped(vm: &mut Vm, this: Raw, map: fn(u8) -> Option<u8>) -> Raw {
    let Some(StrView::Latin1(text)) = quick_view(vm, this) else { return Raw::EMPTY };
    let (mut units, mut differs) = ([0; SHORT_BYTES], false);
    if text.len() > SHORT_BYTES {
        return if text.iter().all(|&unit| map(unit) == Some(unit)) { this } else { Raw::EMPTY };
    }
    for (to, &from) in units.iter_mut().zip(text) {
        let Some(unit) = map(from) else { return Raw::EMPTY };
        *to = unit;
        differs |= unit != from;
    }
    let length = text.len();
    if differs { try_new_latin1(vm, &units[..length]) } else { this }
}
pub(super) fn to_lower_case(vm: &mut Vm, this: Raw, _: &[Raw]) -> Raw {
    mapped(vm, this, |unit| (unit < 0xc0).then(|| unit.to_ascii_lowercase()))
}
pub(super) fn to_upper_case(vm: &mut Vm, this: Raw, _: &[Raw]) -> Raw {
    mapped(vm, this, |unit| unit.is_ascii().then(|| unit.to_ascii_uppercase()))
}
