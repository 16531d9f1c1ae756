//! Strings that grow at their end, as in `text += piece`.
//!
//! A rope for every piece would live until somebody looks at the text. So when a good part of a text has been appended
//! piece by piece, it moves to a *builder*: a flat string that no program sees, whose length is its room and whose `offset`
//! says how many units are in use. What the program has are slices of it: to one that ends where the used units end, the next
//! piece is appended in place, and the result is a slice again. To any other slice it is appended with a rope.

use spey_gc::Value as Raw;

use super::{FLAT, JsString, ROPE, SLICE, TWO_BYTE};
use super::{MAX_LENGTH, alloc_flat, become_slice, copy_short, copy_string, narrow_units};
use crate::cell::Kind;
use crate::scope::{Local, Scope};
use crate::vm::Vm;

/// Shorter texts stay ropes. Heap snapshots show no more of a string.
const MIN_UNITS: u32 = 1024;
/// A piece is at most one part in so many of the text it is appended to.
const PIECE_SHARE: u32 = 8;
/// Builders grow by their size, but not by more than this part of it once they have so many units.
const DOUBLING_UNITS: usize = 4 << 20;
/// Pieces up to this length are copied without a call.
const SHORT_UNITS: usize = 32;
const SLICE_BYTES: usize = 24;

/// How many units at the end of a rope of `a` and `piece_units` more were appended piece by piece.
///
/// # Safety
/// A live string.
#[inline(always)]
pub(super) unsafe fn appended_units(a: *const JsString, piece_units: u32) -> u32 {
    // SAFETY: by the contract.
    unsafe {
        if piece_units > (*a).length / PIECE_SHARE {
            0
        } else if (*a).header.aux == ROPE {
            (*a).offset + piece_units
        } else {
            piece_units
        }
    }
}
/// Should the text move to a new builder before so many units are appended: has at least half of it been appended, or is its
/// builder full?
///
/// # Safety
/// A live string.
#[inline(always)]
pub(super) unsafe fn wants_builder(a: *const JsString, piece_units: u32) -> bool {
    // SAFETY: by the contract.
    unsafe {
        let length = (*a).length;
        length >= MIN_UNITS
            && piece_units <= length / PIECE_SHARE
            && match (*a).header.aux {
                ROPE => (*a).offset >= length / 2,
                SLICE => (*builder_of(a)).offset == (*a).offset + length && !has_room(a, piece_units),
                _ => false,
            }
    }
}
/// What a slice is a part of.
unsafe fn builder_of(slice: *const JsString) -> *mut JsString {
    // SAFETY: a live slice.
    unsafe { (*JsString::payload(slice.cast_mut())).as_cell() as *mut JsString }
}
unsafe fn has_room(slice: *const JsString, piece_units: u32) -> bool {
    // SAFETY: a live slice that ends where the used units of its builder do.
    unsafe {
        let builder = builder_of(slice);
        piece_units <= (*builder).length - (*builder).offset
    }
}
/// Can the piece be appended in place?
unsafe fn is_appendable(a: *const JsString, piece: *const JsString) -> bool {
    // SAFETY: live strings. `offset` is 0 in all other flat and external strings, and where a text ends is not 0.
    unsafe {
        (*a).header.aux == SLICE
            && (*builder_of(a)).offset == (*a).offset + (*a).length
            && has_room(a, (*piece).length)
            && (*piece).header.flags & TWO_BYTE <= (*a).header.flags & TWO_BYTE
    }
}
/// Appends in place, and makes a fresh cell the slice of the result.
unsafe fn append_at(cell: *mut JsString, a: *const JsString, piece: *const JsString) {
    // SAFETY: `is_appendable` holds, and the cell has room for a slice; nobody sees the units behind those in use.
    unsafe {
        let (builder, units) = (builder_of(a), (*piece).length);
        let (start, two_byte) = ((*builder).offset as usize, (*builder).header.flags & TWO_BYTE);
        let out = (builder as *mut u8).add(size_of::<JsString>());
        if two_byte != 0 {
            copy_string::<u16>(piece, out.cast::<u16>().add(start), |u| u);
        } else if units as usize <= SHORT_UNITS && (*piece).is_flat() {
            copy_short(narrow_units(piece), units as usize, out.add(start));
        } else {
            copy_string::<u8>(piece, out.add(start), |u| u as u8);
        }
        (*builder).offset += units;
        (*cell).header.aux = SLICE;
        (*cell).header.flags |= two_byte;
        (*cell).length = (*a).length + units;
        (*cell).offset = (*a).offset;
        *JsString::payload(cell) = Raw::cell(builder.cast());
    }
}

/// Appends in place, unless that is impossible or takes a collection: then the empty value.
///
/// # Safety
/// Live strings that are not empty.
#[inline(always)]
pub(super) unsafe fn try_append(vm: &mut Vm, a: *const JsString, piece: *const JsString) -> Raw {
    // SAFETY: by the contract; the cell is initialised at once.
    unsafe {
        if !is_appendable(a, piece) {
            return Raw::EMPTY;
        }
        let cell = vm.heap.try_alloc(Kind::String as u8, SLICE_BYTES) as *mut JsString;
        if cell.is_null() {
            return Raw::EMPTY;
        }
        append_at(cell, a, piece);
        Raw::cell(cell.cast())
    }
}
/// Appends in place, in a new builder where it is time for one. None: the result should be a rope.
pub(super) fn append<'s>(
    s: &mut Scope<'s>,
    a: Local<'_, JsString>,
    piece: Local<'_, JsString>,
) -> Option<Local<'s, JsString>> {
    // SAFETY: live strings that are not empty, read from their handles again after each allocation.
    unsafe {
        let total = a.length() + piece.length();
        if wants_builder(a.gc_string().as_ptr(), piece.length() as u32) {
            let room = (total + total.min(DOUBLING_UNITS).max(total / 2)).min(MAX_LENGTH);
            let two_byte = (a.gc_string().header.flags | piece.gc_string().header.flags) & TWO_BYTE != 0;
            if crate::native::has_room(s, room) {
                move_to_builder(s, a, room, two_byte);
            }
        }
        if !is_appendable(a.gc_string().as_ptr(), piece.gc_string().as_ptr()) {
            return None;
        }
        let cell = s.vm().heap.alloc(Kind::String as u8, SLICE_BYTES) as *mut JsString;
        append_at(cell, a.gc_string().as_ptr(), piece.gc_string().as_ptr());
        Some(s.local_cell(spey_gc::Gc::from_ptr(cell)))
    }
}
/// Moves the text of a rope, or of a slice of a full builder, to the start of a new builder with so much room.
unsafe fn move_to_builder(s: &mut Scope<'_>, text: Local<'_, JsString>, room: usize, two_byte: bool) {
    // SAFETY: there is room for the text, which is copied before the next allocation; nobody sees the units behind it.
    unsafe {
        let builder = alloc_flat(s.vm(), room, two_byte, false);
        let from = text.gc_string().as_ptr();
        let out = (builder as *mut u8).add(size_of::<JsString>());
        if two_byte {
            copy_string::<u16>(from, out.cast(), |u| u);
        } else {
            copy_string::<u8>(from, out, |u| u as u8);
        }
        debug_assert_eq!((*builder).header.aux, FLAT);
        (*builder).offset = (*from).length;
        if (*from).header.aux == SLICE {
            // Whoever appends to the same text again, and again, shall not copy it each time.
            (*builder_of(from)).offset = 0;
        }
        become_slice(s.vm(), from, builder, two_byte);
    }
}
