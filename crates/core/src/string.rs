//! Strings: flat Latin-1 or UTF-16, ropes, slices, units outside the heap; the atom table.
//!
//! `header.aux` is the representation, flag [`TWO_BYTE`] the width, flag [`ATOM`] marks interned strings (property
//! keys), which live in the old generation and never move. `header.word` caches the hash (0 = not computed).

use std::borrow::Cow;
use std::hash::{BuildHasher, RandomState};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use hashbrown::HashTable;
use spey_gc::{Gc, Header, Liveness, Tracer, Value as Raw};

use crate::cell::{Kind, NativeData, raw_to_value, value_to_raw};
use crate::key::PropertyKey;
use crate::scope::{JsResult, Local, NoGc, Scope, Value};
use crate::vm::Vm;

mod append;

/// Flag: code units are 16 bits wide.
pub const TWO_BYTE: u8 = 0x10;
/// Flag: interned.
pub const ATOM: u8 = 0x20;
/// Representations (`header.aux`).
const FLAT: u16 = 0;
pub(crate) const ROPE: u16 = 1;
const SLICE: u16 = 2;
const EXTERNAL: u16 = 3;

/// Longest string in code units, as in V8.
pub const MAX_LENGTH: usize = (1 << 29) - 24;
/// Concatenations of at least this many units make a rope. To copy less costs no more than a rope, which keeps both parts alive.
const ROPE_MIN: u32 = 48;
/// Substrings of at least this many units make a slice.
const SLICE_MIN: usize = 64;

/// A string cell. Flat: code units follow. Rope: `left`, `right` strings follow. Slice: its parent follows. External: the native cell that
/// owns the units and their address follow.
#[repr(C)]
pub struct JsString {
    /// Header.
    pub header: Header,
    /// Length in code units.
    pub length: u32,
    /// Offset of a slice in its parent. Of a rope and of a builder: see [`append`].
    pub offset: u32,
}

/// Code units of a flat string.
#[derive(Clone, Copy, Debug)]
pub enum StrView<'a> {
    /// All below 256.
    Latin1(&'a [u8]),
    /// Any.
    Utf16(&'a [u16]),
}

impl<'a> StrView<'a> {
    /// Number of code units.
    #[inline]
    pub fn len(self) -> usize {
        match self {
            StrView::Latin1(b) => b.len(),
            StrView::Utf16(u) => u.len(),
        }
    }
    /// Code unit `i`.
    #[inline]
    pub fn at(self, i: usize) -> u16 {
        match self {
            StrView::Latin1(b) => b[i] as u16,
            StrView::Utf16(u) => u[i],
        }
    }
    /// Part of the view.
    #[inline]
    pub fn slice(self, from: usize, to: usize) -> StrView<'a> {
        match self {
            StrView::Latin1(b) => StrView::Latin1(&b[from..to]),
            StrView::Utf16(u) => StrView::Utf16(&u[from..to]),
        }
    }
    /// Code units in order.
    pub fn units(self) -> impl Iterator<Item = u16> + 'a {
        let n = self.len();
        (0..n).map(move |i| self.at(i))
    }
    /// Owned code units.
    pub fn to_units(self) -> Vec<u16> {
        match self {
            StrView::Latin1(b) => b.iter().map(|&b| b as u16).collect(),
            StrView::Utf16(u) => u.to_vec(),
        }
    }
    /// Rust text; lone surrogates become U+FFFD.
    pub fn to_text(self) -> String {
        match self {
            StrView::Latin1(b) if b.is_ascii() => String::from_utf8(b.to_vec()).expect("ASCII"),
            StrView::Latin1(b) => b.iter().map(|&b| b as char).collect(),
            StrView::Utf16(u) => String::from_utf16_lossy(u),
        }
    }
    /// Equal to ASCII text?
    pub fn is_ascii_text(self, text: &str) -> bool {
        match self {
            StrView::Latin1(b) => b == text.as_bytes(),
            StrView::Utf16(u) => {
                u.len() == text.len() && u.iter().zip(text.bytes()).all(|(&a, b)| a == b as u16)
            }
        }
    }
    /// Hash of the code units; the top bit is set, so that it never equals a shape id.
    pub fn hash(self) -> u32 {
        let [start, k] = &SEEDS;
        let (start, k) = (start.load(Ordering::Relaxed), k.load(Ordering::Relaxed));
        let mix = |h, word| mix(h, word, k);
        let mut h = mix(start, self.len() as u64);
        match self {
            StrView::Latin1(units) => {
                let (words, rest) = units.as_chunks::<8>();
                for word in words {
                    h = mix(h, u64::from_le_bytes(*word));
                }
                h = mix(h, short_word(rest));
            }
            // The same for the low bytes, so that both widths of a string have one hash.
            StrView::Utf16(units) => {
                let (words, rest) = units.as_chunks::<8>();
                for word in words {
                    h = mix(h, u64::from_le_bytes(word.map(|u| u as u8)));
                    h = mix_high(h, word, k);
                }
                let mut low = [0; 8];
                low.iter_mut().zip(rest).for_each(|(byte, &u)| *byte = u as u8);
                h = mix(h, short_word(&low[..rest.len()]));
                h = mix_high(h, rest, k);
            }
        };
        ((h >> 32) as u32 ^ h as u32) | 1 << 31
    }
}

/// Start and odd multiplier of the hash. They are random, so that nobody who chooses texts can choose equal hashes.
static SEEDS: [AtomicU64; 2] = [AtomicU64::new(0x517c_c1b7_2722_0a95), AtomicU64::new(0x9e37_79b9_7f4a_7c15)];
/// Random bits that are the same all the time of the process. The first call, before there are strings, seeds the hash.
pub(crate) fn seed_hash() -> u64 {
    static RANDOM: OnceLock<u64> = OnceLock::new();
    *RANDOM.get_or_init(|| {
        let random = RandomState::new();
        for (i, seed) in SEEDS.iter().enumerate() {
            // The multiplier stays odd.
            seed.fetch_xor(random.hash_one(i) & !1, Ordering::Relaxed);
        }
        random.hash_one(SEEDS.len())
    })
}
/// One step of the hash.
#[inline(always)]
fn mix(h: u64, word: u64, k: u64) -> u64 {
    let product = (h ^ word) as u128 * k as u128;
    product as u64 ^ (product >> 64) as u64
}
/// Up to seven bytes as a number; those of one length differ when the bytes do.
#[inline(always)]
fn short_word(bytes: &[u8]) -> u64 {
    if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        return u32::from_le_bytes(*first) as u64 | (u32::from_le_bytes(*last) as u64) << 32;
    }
    bytes.iter().fold(0, |word, &byte| word << 8 | byte as u64)
}
/// Takes in the high bytes of units, if there are any.
fn mix_high(h: u64, units: &[u16], k: u64) -> u64 {
    if units.iter().all(|&u| u < 256) {
        return h;
    }
    units.iter().fold(h, |h, &u| mix(h, u as u64 >> 8, k))
}

pub(crate) unsafe fn size_string(cell: *const Header) -> usize {
    // SAFETY: live string cell.
    unsafe {
        let s = cell as *const JsString;
        match (*s).header.aux {
            FLAT => {
                let n = (*s).length as usize;
                (16 + if (*s).header.flags & TWO_BYTE != 0 { n * 2 } else { n } + 7) & !7
            }
            ROPE | EXTERNAL => 32,
            _ => 24 + 8 * ((*s).header.flags >> 7) as usize,
        }
    }
}
pub(crate) unsafe fn trace_string(cell: *mut Header, t: &mut Tracer) {
    // SAFETY: live string cell.
    unsafe {
        let s = cell as *mut JsString;
        match (*s).header.aux {
            FLAT => {}
            ROPE => t.values(JsString::payload(s), 2),
            _ => t.values(JsString::payload(s), 1),
        }
    }
}

/// Flag: a slice that was a rope (keeps the rope's size).
const WAS_ROPE: u8 = 0x80;

impl JsString {
    #[inline(always)]
    unsafe fn payload(this: *mut JsString) -> *mut Raw {
        // SAFETY: payload follows the struct.
        unsafe { (this as *mut u8).add(16).cast() }
    }
    /// Length in code units.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.length as usize
    }
    /// Interned?
    #[inline(always)]
    pub fn is_atom(&self) -> bool {
        self.header.flags & ATOM != 0
    }
    /// Flat or slice: [`view_raw`] needs no flattening.
    #[inline(always)]
    pub fn is_flat(&self) -> bool {
        self.header.aux != ROPE
    }
}

/// The code units of a flat string or slice.
///
/// # Safety
/// `this` is a live string that is not a rope; the result is used before the next allocation.
#[inline(always)]
pub unsafe fn view_raw<'a>(this: *const JsString) -> StrView<'a> {
    // SAFETY: by the contract; a slice's parent is flat or external.
    unsafe {
        let n = (*this).length as usize;
        let (base, offset) = if (*this).header.aux == SLICE {
            (
                (*JsString::payload(this as *mut JsString)).as_cell() as *const JsString,
                (*this).offset as usize,
            )
        } else {
            (this, 0)
        };
        let data = if (*base).header.aux == EXTERNAL {
            value_to_raw::<u8>(*JsString::payload(base as *mut JsString).add(1)) as *const u8
        } else {
            (base as *const u8).add(16)
        };
        if (*base).header.flags & TWO_BYTE != 0 {
            StrView::Utf16(std::slice::from_raw_parts((data as *const u16).add(offset), n))
        } else {
            StrView::Latin1(std::slice::from_raw_parts(data.add(offset), n))
        }
    }
}

/// The text of a live value, if it is a string that is not a rope.
#[inline(always)]
pub fn quick_view(_: &Vm, v: Raw) -> Option<StrView<'_>> {
    if !crate::value::is_string(v) {
        return None;
    }
    let this = v.as_cell() as *const JsString;
    // SAFETY: a live string; nothing is allocated while the VM is borrowed.
    unsafe { if (*this).is_flat() { Some(view_raw(this)) } else { None } }
}

/// Allocates an uninitialised flat string.
///
/// # Safety
/// The caller writes all code units before the next allocation.
pub unsafe fn alloc_flat(vm: &mut Vm, length: usize, two_byte: bool, old: bool) -> *mut JsString {
    debug_assert!(length <= MAX_LENGTH);
    let bytes = 16 + if two_byte { length * 2 } else { length };
    // SAFETY: the struct part is initialised here, the rest by the caller.
    unsafe {
        let bytes = (bytes + 7) & !7;
        let p = if old {
            vm.heap.alloc_old_leaf(Kind::String as u8, bytes)
        } else {
            vm.heap.alloc(Kind::String as u8, bytes)
        } as *mut JsString;
        init_flat(p, length, if two_byte { TWO_BYTE } else { 0 });
        p
    }
}

/// New string of Latin-1 code units.
pub fn new_latin1<'s>(s: &mut Scope<'s>, units: &[u8]) -> Local<'s, JsString> {
    if units.len() == 1 {
        let k = s.vm().single_chars[units[0] as usize];
        // SAFETY: single-character atoms are strings.
        return unsafe { s.local(k).cast() };
    }
    // SAFETY: all units are written before anything is allocated.
    unsafe {
        let p = alloc_flat(s.vm(), units.len(), false, false);
        std::ptr::copy_nonoverlapping(units.as_ptr(), (p as *mut u8).add(16), units.len());
        s.local_cell(Gc::from_ptr(p))
    }
}
/// New string of `length` Latin-1 code units that `fill` writes, all of them.
pub fn new_latin1_with<'s>(
    s: &mut Scope<'s>,
    length: usize,
    fill: impl FnOnce(&mut [u8]),
) -> Local<'s, JsString> {
    if length < 2 {
        let mut units = [0; 1];
        fill(&mut units[..length]);
        return new_latin1(s, &units[..length]);
    }
    // SAFETY: the units have values before anybody sees them; `fill` has no way to the heap.
    unsafe {
        let p = alloc_flat(s.vm(), length, false, false);
        let units = (p as *mut u8).add(16);
        units.write_bytes(0, length);
        fill(std::slice::from_raw_parts_mut(units, length));
        s.local_cell(Gc::from_ptr(p))
    }
}
/// Are all units below 256?
pub fn fits_latin1(units: &[u16]) -> bool {
    units.chunks(64).all(|chunk| chunk.iter().fold(0, |all, &u| all | u) < 256)
}
/// New string of UTF-16 code units; narrow when all fit.
pub fn new_utf16<'s>(s: &mut Scope<'s>, units: &[u16]) -> Local<'s, JsString> {
    if fits_latin1(units) {
        let narrow: Vec<u8> = units.iter().map(|&u| u as u8).collect();
        return new_latin1(s, &narrow);
    }
    // SAFETY: all units are written before anything is allocated.
    unsafe {
        let p = alloc_flat(s.vm(), units.len(), true, false);
        std::ptr::copy_nonoverlapping(units.as_ptr(), (p as *mut u8).add(16).cast(), units.len());
        s.local_cell(Gc::from_ptr(p))
    }
}
/// New string whose code units lie outside the heap, at `data`. `owner` is dropped when the string has died.
///
/// # Safety
/// `data` is valid for reads of `length` units, of 16 bits if `two_byte`, aligned for them, and does not change as long
/// as `owner` lives.
pub unsafe fn new_external<'s>(
    s: &mut Scope<'s>,
    data: *const u8,
    length: usize,
    two_byte: bool,
    owner: Box<dyn NativeData>,
) -> JsResult<Local<'s, JsString>> {
    check_length(s, length)?;
    let owner = crate::native::new(s, owner);
    // SAFETY: initialised before the next allocation; the owner is read after this one.
    unsafe {
        let p = s.vm().heap.alloc(Kind::String as u8, 32) as *mut JsString;
        (*p).header.aux = EXTERNAL;
        (*p).header.flags |= if two_byte { TWO_BYTE } else { 0 };
        (*p).length = length as u32;
        (*p).offset = 0;
        *JsString::payload(p) = owner.raw();
        *JsString::payload(p).add(1) = raw_to_value(data);
        Ok(s.local_cell(Gc::from_ptr(p)))
    }
}
/// New string from Rust text.
pub fn new_from_str<'s>(s: &mut Scope<'s>, text: &str) -> Local<'s, JsString> {
    if text.is_ascii() {
        return new_latin1(s, text.as_bytes());
    }
    let units: Vec<u16> = text.encode_utf16().collect();
    new_utf16(s, &units)
}
/// New string from a view that is not heap memory (or from copied units).
pub fn new_from_view<'s>(s: &mut Scope<'s>, v: StrView<'_>) -> Local<'s, JsString> {
    match v {
        StrView::Latin1(b) => new_latin1(s, b),
        StrView::Utf16(u) => new_utf16(s, u),
    }
}
/// RangeError unless the length is allowed, and there is room for so many code units.
pub fn check_length(s: &mut Scope<'_>, length: usize) -> JsResult<()> {
    if length > MAX_LENGTH || !crate::native::has_room(s, length) {
        return s.throw_range_error("Invalid string length");
    }
    Ok(())
}

impl<'s> Local<'s, JsString> {
    /// The cell.
    #[inline(always)]
    pub fn gc_string(self) -> Gc<JsString> {
        // SAFETY: typed handle.
        unsafe { Gc::from_ptr(self.raw().as_cell() as *mut JsString) }
    }
    /// Length in code units.
    #[inline(always)]
    pub fn length(self) -> usize {
        self.gc_string().length as usize
    }
    /// Makes the string flat. Needed before [`Local::view`].
    #[inline(always)]
    pub fn flatten(self, s: &mut Scope<'_>) {
        if !self.gc_string().is_flat() {
            flatten_rope(s, self);
        }
    }
    /// The code units, after [`Local::flatten`], as long as nothing is allocated.
    #[inline(always)]
    pub fn view<'a>(self, _: &'a NoGc<'_>) -> StrView<'a> {
        debug_assert!(self.gc_string().is_flat());
        // SAFETY: flat, and the token forbids allocation.
        unsafe { view_raw(self.gc_string().as_ptr()) }
    }
    /// Writes the code units of a narrow string to the start of `out`, flat or not; false, and nothing written, if it is wide or
    /// does not fit.
    pub fn copy_latin1(self, _: &NoGc<'_>, out: &mut [u8]) -> bool {
        let string = self.gc_string();
        if string.header.flags & TWO_BYTE != 0 || string.length as usize > out.len() {
            return false;
        }
        // SAFETY: a live string of bytes, for which there is room; the token forbids allocation.
        unsafe { copy_string::<u8>(string.as_ptr(), out.as_mut_ptr(), |u| u as u8) };
        true
    }
    /// Copies to Rust text; lone surrogates become U+FFFD.
    pub fn to_text(self, s: &mut Scope<'_>) -> String {
        self.flatten(s);
        self.view(&s.no_gc()).to_text()
    }
    /// Copies the code units.
    pub fn to_units(self, s: &mut Scope<'_>) -> Vec<u16> {
        self.flatten(s);
        self.view(&s.no_gc()).to_units()
    }
    /// Code unit `i`.
    pub fn unit_at(self, s: &mut Scope<'_>, i: usize) -> u16 {
        self.flatten(s);
        self.view(&s.no_gc()).at(i)
    }
    /// Compares with ASCII text.
    pub fn equals_text(self, s: &mut Scope<'_>, text: &str) -> bool {
        if self.length() != text.len() {
            return false;
        }
        self.flatten(s);
        self.view(&s.no_gc()).is_ascii_text(text)
    }
}

/// Writes the code units of a string at `out`.
///
/// # Safety
/// `out` has room for `root.length` units of type `T`; units fit `T`; no allocation on the GC heap happens.
#[inline(always)]
unsafe fn copy_string<T: Copy + From<u8>>(root: *const JsString, out: *mut T, wide: fn(u16) -> T) {
    // SAFETY: by the contract.
    unsafe {
        if (*root).is_flat() {
            copy_view(view_raw(root), out, wide);
        } else {
            copy_tree(root, out, wide);
        }
    }
}
/// # Safety
/// `out` has room for the units.
#[inline(always)]
unsafe fn copy_view<T: Copy + From<u8>>(view: StrView<'_>, out: *mut T, wide: fn(u16) -> T) {
    // SAFETY: by the contract; what is fresh does not overlap the text.
    unsafe {
        match view {
            StrView::Latin1(b) if std::mem::size_of::<T>() == 1 => {
                std::ptr::copy_nonoverlapping(b.as_ptr(), out.cast(), b.len());
            }
            StrView::Latin1(b) => {
                for (i, &u) in b.iter().enumerate() {
                    *out.add(i) = T::from(u);
                }
            }
            StrView::Utf16(b) => {
                for (i, &u) in b.iter().enumerate() {
                    *out.add(i) = wide(u);
                }
            }
        }
    }
}
/// [`copy_string`] of a rope; iterative, from the last part to the first: a string that grew by appending is a tree that leans to
/// the left, and then one subtree at a time waits.
///
/// # Safety
/// As for [`copy_string`].
#[inline(never)]
unsafe fn copy_tree<T: Copy + From<u8>>(root: *const JsString, out: *mut T, wide: fn(u16) -> T) {
    // SAFETY: live string tree; total length is the root's.
    unsafe {
        let mut end = out.add((*root).length as usize);
        let mut at = root;
        // Subtrees to the left that wait: the last one apart, so that mostly nothing is allocated.
        let mut waiting: *const JsString = std::ptr::null();
        let mut more = Vec::new();
        loop {
            while !(*at).is_flat() {
                let kids = JsString::payload(at as *mut JsString);
                if !waiting.is_null() {
                    more.push(waiting);
                }
                waiting = (*kids).as_cell() as *const JsString;
                at = (*kids.add(1)).as_cell() as *const JsString;
            }
            end = end.sub((*at).length as usize);
            copy_view(view_raw(at), end, wide);
            if waiting.is_null() {
                return;
            }
            at = waiting;
            waiting = more.pop().unwrap_or(std::ptr::null());
        }
    }
}
/// Appends the text of a string to narrow text, without flattening it; false if it has wide units.
pub fn append_narrow(string: Local<'_, JsString>, out: &mut Vec<u8>, _: &NoGc<'_>) -> bool {
    let cell = string.gc_string();
    if cell.header.flags & TWO_BYTE != 0 {
        return false;
    }
    let length = cell.length as usize;
    out.reserve(length);
    // SAFETY: there is room for the text, all of which is narrow; nothing is allocated on the heap.
    unsafe {
        copy_string::<u8>(cell.as_ptr(), out.as_mut_ptr().add(out.len()), |u| u as u8);
        out.set_len(out.len() + length);
    }
    true
}

#[cold]
fn flatten_rope(s: &mut Scope<'_>, string: Local<'_, JsString>) {
    let (length, two_byte) = {
        let g = string.gc_string();
        (g.length as usize, g.header.flags & TWO_BYTE != 0)
    };
    // SAFETY: the flat copy is filled before the next allocation; then the rope becomes a slice of it in place (the
    // rope's size is kept by WAS_ROPE).
    unsafe {
        let flat = alloc_flat(s.vm(), length, two_byte, false);
        let rope = string.gc_string().as_ptr();
        let out = (flat as *mut u8).add(16);
        if two_byte {
            copy_tree::<u16>(rope, out.cast(), |u| u);
        } else {
            copy_tree::<u8>(rope, out, |u| u as u8);
        }
        become_slice(s.vm(), rope, flat, two_byte);
    }
}
/// Makes a rope or a slice the slice at the start of a flat string with its text.
///
/// # Safety
/// Live strings, `flat` has the units.
unsafe fn become_slice(vm: &mut Vm, string: *mut JsString, flat: *mut JsString, two_byte: bool) {
    // SAFETY: by the contract; the cell keeps its size.
    unsafe {
        let v = Raw::cell(flat.cast());
        *JsString::payload(string) = v;
        (*string).offset = 0;
        if (*string).header.aux == ROPE {
            (*string).header.aux = SLICE;
            (*string).header.flags |= WAS_ROPE;
        }
        (*string).header.flags |= if two_byte { TWO_BYTE } else { 0 };
        vm.heap.write_barrier(string.cast(), v);
    }
}

/// String concatenation. Both operands are strings.
pub fn concat<'s>(
    s: &mut Scope<'s>,
    a: Local<'_, JsString>,
    b: Local<'_, JsString>,
) -> JsResult<Local<'s, JsString>> {
    let (la, lb) = (a.gc_string().length, b.gc_string().length);
    if la == 0 {
        let v = b.raw();
        // SAFETY: a string.
        return Ok(unsafe { s.local(v).cast() });
    }
    if lb == 0 {
        let v = a.raw();
        // SAFETY: a string.
        return Ok(unsafe { s.local(v).cast() });
    }
    let total = la as usize + lb as usize;
    check_length(s, total)?;
    let two_byte = (a.gc_string().header.flags | b.gc_string().header.flags) & TWO_BYTE;
    // SAFETY: cells are initialised before the next allocation; operands are re-read from their handles after it.
    unsafe {
        if (total as u32) < ROPE_MIN {
            let p = alloc_flat(s.vm(), total, two_byte != 0, false);
            let out = (p as *mut u8).add(16);
            let (x, y) = (a.gc_string().as_ptr(), b.gc_string().as_ptr());
            if two_byte != 0 {
                copy_string::<u16>(x, out.cast(), |u| u);
                copy_string::<u16>(y, out.cast::<u16>().add(la as usize), |u| u);
            } else {
                copy_string::<u8>(x, out, |u| u as u8);
                copy_string::<u8>(y, out.add(la as usize), |u| u as u8);
            }
            return Ok(s.local_cell(Gc::from_ptr(p)));
        }
        if let Some(longer) = append::append(s, a, b) {
            return Ok(longer);
        }
        let p = s.vm().heap.alloc(Kind::String as u8, 32) as *mut JsString;
        init_rope(p, total as u32, two_byte, a.raw(), b.raw());
        Ok(s.local_cell(Gc::from_ptr(p)))
    }
}

/// Concatenation of two strings, unless that takes a collection, a copy of long text, or an error: then the empty value.
///
/// # Safety
/// Both values are live strings.
#[inline]
pub(crate) unsafe fn try_concat(vm: &mut Vm, a: Raw, b: Raw) -> Raw {
    // SAFETY: by the contract; the cell is initialised here. Strings as short as these are no ropes.
    unsafe {
        let (x, y) = (a.as_cell() as *const JsString, b.as_cell() as *const JsString);
        let (la, lb) = ((*x).length, (*y).length);
        let total = la as usize + lb as usize;
        if total >= ROPE_MIN as usize || ((*x).header.flags | (*y).header.flags) & TWO_BYTE != 0 {
            return try_concat_other(vm, a, b);
        }
        if la == 0 {
            return b;
        }
        if lb == 0 {
            return a;
        }
        let p = try_alloc_flat(vm, total, 0);
        if p.is_null() {
            return Raw::EMPTY;
        }
        copy_both(p, (x, la), (y, lb));
        Raw::cell(p.cast())
    }
}
/// [`try_concat`] at an instruction whose results live long: an old string where that is a copy of short text.
///
/// # Safety
/// As for [`try_concat`].
#[cfg(feature = "jit")]
pub(crate) unsafe fn try_concat_tenured(vm: &mut Vm, a: Raw, b: Raw, site: spey_gc::AllocationSite) -> Raw {
    // SAFETY: by the contract; the cell is initialised here.
    unsafe {
        let (x, y) = (a.as_cell() as *const JsString, b.as_cell() as *const JsString);
        let (la, lb) = ((*x).length, (*y).length);
        let total = la as usize + lb as usize;
        let is_wide = ((*x).header.flags | (*y).header.flags) & TWO_BYTE != 0;
        if la == 0 || lb == 0 || total >= ROPE_MIN as usize || is_wide {
            return try_concat(vm, a, b);
        }
        if vm.heap.safepoint_pending() {
            // The general way collects.
            return Raw::EMPTY;
        }
        let p = vm.heap.alloc_tenured_leaf(Kind::String as u8, 16 + total, site) as *mut JsString;
        init_flat(p, total, 0);
        copy_both(p, (x, la), (y, lb));
        Raw::cell(p.cast())
    }
}
/// Copies two short narrow texts into a flat string.
///
/// # Safety
/// Live strings that are narrow and no ropes, and a fresh one with room for both.
#[inline(always)]
unsafe fn copy_both(p: *mut JsString, (x, la): (*const JsString, u32), (y, lb): (*const JsString, u32)) {
    // SAFETY: by the contract.
    unsafe {
        let out = (p as *mut u8).add(16);
        copy_short(narrow_units(x), la as usize, out);
        copy_short(narrow_units(y), lb as usize, out.add(la as usize));
    }
}
/// [`try_concat`] of text that is long or wide.
#[inline(never)]
unsafe fn try_concat_other(vm: &mut Vm, a: Raw, b: Raw) -> Raw {
    // SAFETY: as there.
    unsafe {
        let (x, y) = (a.as_cell() as *const JsString, b.as_cell() as *const JsString);
        let (la, lb) = ((*x).length, (*y).length);
        if la == 0 {
            return b;
        }
        if lb == 0 {
            return a;
        }
        let total = la as usize + lb as usize;
        let two_byte = ((*x).header.flags | (*y).header.flags) & TWO_BYTE;
        if total < ROPE_MIN as usize {
            let p = try_alloc_flat(vm, total, TWO_BYTE);
            if p.is_null() {
                return Raw::EMPTY;
            }
            let out = (p as *mut u8).add(16).cast::<u16>();
            copy_view(view_raw(x), out, |u| u);
            copy_view(view_raw(y), out.add(la as usize), |u| u);
            return Raw::cell(p.cast());
        }
        let longer = append::try_append(vm, x, y);
        if !longer.is_empty() {
            return longer;
        }
        if total > MAX_LENGTH || append::wants_builder(x, lb) {
            return Raw::EMPTY;
        }
        let p = vm.heap.try_alloc(Kind::String as u8, 32) as *mut JsString;
        if p.is_null() {
            return Raw::EMPTY;
        }
        init_rope(p, total as u32, two_byte, a, b);
        Raw::cell(p.cast())
    }
}
/// As [`alloc_flat`] of a young string if there is room without a collection; else null.
///
/// # Safety
/// The caller writes all code units before the next allocation.
#[inline(always)]
unsafe fn try_alloc_flat(vm: &mut Vm, length: usize, two_byte: u8) -> *mut JsString {
    let bytes = if two_byte != 0 { length * 2 } else { length };
    // SAFETY: the struct part is initialised here, the rest by the caller.
    unsafe {
        let p = vm.heap.try_alloc(Kind::String as u8, 16 + bytes) as *mut JsString;
        if !p.is_null() {
            init_flat(p, length, two_byte);
        }
        p
    }
}
/// # Safety
/// A fresh string with room for as many units.
#[inline(always)]
unsafe fn init_flat(p: *mut JsString, length: usize, two_byte: u8) {
    // SAFETY: by the contract.
    unsafe {
        (*p).header.aux = FLAT;
        (*p).header.flags |= two_byte;
        (*p).length = length as u32;
        (*p).offset = 0;
    }
}
/// A new flat string of a few narrow units, or the empty value if there is no room without a collection.
pub fn try_new_latin1(vm: &mut Vm, text: &[u8]) -> Raw {
    if let [unit] = *text {
        return vm.single_chars[unit as usize];
    }
    // SAFETY: the cell is initialised here.
    unsafe {
        let p = try_alloc_flat(vm, text.len(), 0);
        if p.is_null() {
            return Raw::EMPTY;
        }
        copy_short(text.as_ptr(), text.len(), (p as *mut u8).add(16));
        Raw::cell(p.cast())
    }
}
/// A new flat string of narrow texts one after the other, or the empty value if there is no room without a collection.
pub fn try_concat_latin1(vm: &mut Vm, texts: [&[u8]; 3]) -> Raw {
    let total: usize = texts.iter().map(|text| text.len()).sum();
    if total < 2 {
        return match texts.iter().find_map(|text| text.first()) {
            Some(&unit) => vm.single_chars[unit as usize],
            None => vm.names.empty.raw(),
        };
    }
    // SAFETY: the cell is initialised here.
    unsafe {
        let p = try_alloc_flat(vm, total, 0);
        if p.is_null() {
            return Raw::EMPTY;
        }
        let mut out = (p as *mut u8).add(16);
        for text in texts {
            std::ptr::copy_nonoverlapping(text.as_ptr(), out, text.len());
            out = out.add(text.len());
        }
        Raw::cell(p.cast())
    }
}
/// Where the units of a string are.
///
/// # Safety
/// A live string that is narrow and no rope.
#[inline(always)]
unsafe fn narrow_units(this: *const JsString) -> *const u8 {
    // SAFETY: by the contract.
    unsafe {
        if (*this).header.aux == FLAT {
            return (this as *const u8).add(16);
        }
        match view_raw(this) {
            StrView::Latin1(text) => text.as_ptr(),
            StrView::Utf16(text) => text.as_ptr().cast(),
        }
    }
}
/// Copies narrow text of a few units.
///
/// # Safety
/// `from` has so many, and `out` has room for them.
#[inline(always)]
unsafe fn copy_short(from: *const u8, n: usize, out: *mut u8) {
    // NOTE: words that overlap: a call of `memcpy` costs more than so few units, and so does a loop over bytes.
    // SAFETY: by the contract; each piece lies within the text.
    unsafe {
        macro_rules! piece {
            ($word:ty, $at:expr) => {{
                let at = $at;
                out.add(at).cast::<$word>().write_unaligned(from.add(at).cast::<$word>().read_unaligned())
            }};
        }
        if n >= 8 {
            let mut at = 0;
            while at < n - 8 {
                piece!(u64, at);
                at += 8;
            }
            piece!(u64, n - 8);
        } else if n >= 4 {
            piece!(u32, 0);
            piece!(u32, n - 4);
        } else if n >= 2 {
            piece!(u16, 0);
            piece!(u16, n - 2);
        } else if n == 1 {
            piece!(u8, 0);
        }
    }
}
/// Makes a fresh cell a rope.
///
/// # Safety
/// The cell has 32 bytes; both values are live strings of `total` units together.
#[inline(always)]
unsafe fn init_rope(p: *mut JsString, total: u32, two_byte: u8, a: Raw, b: Raw) {
    // SAFETY: by the contract.
    unsafe {
        (*p).header.aux = ROPE;
        (*p).header.flags |= two_byte;
        (*p).length = total;
        let (a_cell, b_cell) = (a.as_cell() as *const JsString, b.as_cell() as *const JsString);
        (*p).offset = append::appended_units(a_cell, (*b_cell).length);
        *JsString::payload(p) = a;
        *JsString::payload(p).add(1) = b;
    }
}

/// Substring by code-unit positions, `from <= to <= length`.
pub fn substring<'s>(
    s: &mut Scope<'s>,
    string: Local<'_, JsString>,
    from: usize,
    to: usize,
) -> Local<'s, JsString> {
    let n = to - from;
    if n == string.length() {
        let v = string.raw();
        // SAFETY: a string.
        return unsafe { s.local(v).cast() };
    }
    string.flatten(s);
    if n == 0 {
        let v = s.vm().names.empty.raw();
        // SAFETY: a string.
        return unsafe { s.local(v).cast() };
    }
    if n == 1 {
        let u = string.view(&s.no_gc()).at(from);
        return from_unit(s, u);
    }
    // SAFETY: cells are initialised before the next allocation; the source is re-read from its handle after it.
    unsafe {
        if n < SLICE_MIN {
            let two_byte = matches!(string.view(&s.no_gc()), StrView::Utf16(_));
            let p = alloc_flat(s.vm(), n, two_byte, false);
            let out = (p as *mut u8).add(16);
            match view_raw(string.gc_string().as_ptr()) {
                StrView::Latin1(b) => std::ptr::copy_nonoverlapping(b.as_ptr().add(from), out, n),
                StrView::Utf16(b) => std::ptr::copy_nonoverlapping(b.as_ptr().add(from), out.cast(), n),
            }
            return s.local_cell(Gc::from_ptr(p));
        }
        let p = s.vm().heap.alloc(Kind::String as u8, 24) as *mut JsString;
        init_slice(p, string.raw(), from, n);
        s.local_cell(Gc::from_ptr(p))
    }
}

/// As [`substring`] of a live string that is not a rope, if that needs no collection; else the empty value.
pub fn try_substring(vm: &mut Vm, string: Raw, from: usize, to: usize) -> Raw {
    let n = to - from;
    // SAFETY: a live string; what is allocated here is young and is initialised.
    unsafe {
        let src = string.as_cell() as *mut JsString;
        if n == (*src).length as usize {
            return string;
        }
        if n == 0 {
            return vm.names.empty.raw();
        }
        if !(*src).is_flat() {
            return Raw::EMPTY;
        }
        if n >= SLICE_MIN {
            let p = vm.heap.try_alloc(Kind::String as u8, 24) as *mut JsString;
            if p.is_null() {
                return Raw::EMPTY;
            }
            init_slice(p, string, from, n);
            return Raw::cell(p.cast());
        }
        match view_raw(src) {
            StrView::Latin1(text) => try_new_latin1(vm, &text[from..to]),
            StrView::Utf16(text) if n == 1 && text[from] < 256 => vm.single_chars[text[from] as usize],
            StrView::Utf16(text) => {
                let p = try_alloc_flat(vm, n, TWO_BYTE);
                if p.is_null() {
                    return Raw::EMPTY;
                }
                std::ptr::copy_nonoverlapping(text.as_ptr().add(from), (p as *mut u8).add(16).cast(), n);
                Raw::cell(p.cast())
            }
        }
    }
}
/// Makes a fresh cell a slice.
unsafe fn init_slice(p: *mut JsString, string: Raw, from: usize, n: usize) {
    // SAFETY: a live string that is not a rope, and a fresh cell.
    unsafe {
        let src = string.as_cell() as *mut JsString;
        let (parent, base) = match (*src).header.aux {
            SLICE => (*JsString::payload(src), (*src).offset),
            _ => (string, 0),
        };
        (*p).header.aux = SLICE;
        (*p).header.flags |= (*(parent.as_cell())).flags & TWO_BYTE;
        (*p).length = n as u32;
        (*p).offset = base + from as u32;
        *JsString::payload(p) = parent;
    }
}

/// String of one code unit.
pub fn from_unit<'s>(s: &mut Scope<'s>, unit: u16) -> Local<'s, JsString> {
    if unit < 256 { new_latin1(s, &[unit as u8]) } else { new_utf16(s, &[unit]) }
}

fn tree_units(v: Raw) -> Cow<'static, [u16]> {
    // SAFETY: a live string; copied out without allocation on the GC heap.
    unsafe {
        let p = v.as_cell() as *const JsString;
        let mut out = vec![0u16; (*p).length as usize];
        copy_tree::<u16>(p, out.as_mut_ptr(), |u| u);
        Cow::Owned(out)
    }
}

/// Compares two strings for equality. Does not allocate on the heap.
pub fn equals(a: Raw, b: Raw) -> bool {
    // SAFETY: both are live strings.
    unsafe {
        let (x, y) = (a.as_cell() as *const JsString, b.as_cell() as *const JsString);
        if x == y {
            return true;
        }
        if (*x).length != (*y).length || (*x).header.flags & (*y).header.flags & ATOM != 0 {
            return false;
        }
        let (hx, hy) = ((*x).header.word, (*y).header.word);
        if hx != 0 && hy != 0 && hx != hy {
            return false;
        }
        if (*x).is_flat() && (*y).is_flat() {
            return views_equal(view_raw(x), view_raw(y));
        }
        tree_units(a) == tree_units(b)
    }
}
/// Equality of views.
pub fn views_equal(a: StrView<'_>, b: StrView<'_>) -> bool {
    match (a, b) {
        (StrView::Latin1(x), StrView::Latin1(y)) => x == y,
        (StrView::Utf16(x), StrView::Utf16(y)) => x == y,
        (StrView::Latin1(x), StrView::Utf16(y)) | (StrView::Utf16(y), StrView::Latin1(x)) => {
            x.len() == y.len() && x.iter().zip(y).all(|(&p, &q)| p as u16 == q)
        }
    }
}
/// Orders two strings by code units. Does not allocate on the heap.
pub fn compare(a: Raw, b: Raw) -> std::cmp::Ordering {
    // SAFETY: both are live strings.
    unsafe {
        let (x, y) = (a.as_cell() as *const JsString, b.as_cell() as *const JsString);
        if (*x).is_flat() && (*y).is_flat() {
            return match (view_raw(x), view_raw(y)) {
                (StrView::Latin1(p), StrView::Latin1(q)) => p.cmp(q),
                (StrView::Utf16(p), StrView::Utf16(q)) => p.cmp(q),
                (p, q) => p.units().cmp(q.units()),
            };
        }
    }
    tree_units(a).cmp(&tree_units(b))
}
/// Hash of a string's code units (cached in the cell).
pub fn hash(v: Raw) -> u32 {
    // SAFETY: a live string.
    unsafe {
        let p = v.as_cell() as *mut JsString;
        if (*p).header.word == 0 {
            (*p).header.word =
                if (*p).is_flat() { view_raw(p).hash() } else { StrView::Utf16(&tree_units(v)).hash() };
        }
        (*p).header.word
    }
}

/// The table of interned strings. Weak: unmarked atoms leave it after a major collection.
pub struct AtomTable {
    table: HashTable<Gc<JsString>>,
}

impl Default for AtomTable {
    fn default() -> AtomTable {
        // The names of the built-in objects and of the library's bootstrap, without growing on the way.
        AtomTable { table: HashTable::with_capacity(7000) }
    }
}

impl AtomTable {
    /// Removes dead atoms.
    pub(crate) fn sweep(&mut self, live: &Liveness) {
        self.table.retain(|a| live.is_live_cell(a.header()));
    }
    /// Number of atoms.
    pub fn len(&self) -> usize {
        self.table.len()
    }
}

/// Interns code units (not checked for being an array index).
pub fn intern_view(vm: &mut Vm, v: StrView<'_>) -> Gc<JsString> {
    let h = v.hash();
    // SAFETY: atoms are flat, live cells.
    let is_same = |a: &Gc<JsString>| a.header.word == h && unsafe { views_equal(view_raw(a.as_ptr()), v) };
    if let Some(a) = vm.atoms.table.find(table_hash(h), is_same) {
        return *a;
    }
    let wide = matches!(v, StrView::Utf16(u) if u.iter().any(|&x| x > 255));
    // SAFETY: the units are written before the next allocation; alloc_old never collects, so `v` may be heap memory.
    let atom = unsafe {
        let p = alloc_flat(vm, v.len(), wide, true);
        let out = (p as *mut u8).add(16);
        match v {
            StrView::Latin1(b) => std::ptr::copy_nonoverlapping(b.as_ptr(), out, b.len()),
            StrView::Utf16(b) if wide => std::ptr::copy_nonoverlapping(b.as_ptr(), out.cast(), b.len()),
            StrView::Utf16(b) => b.iter().enumerate().for_each(|(i, &u)| *out.add(i) = u as u8),
        }
        (*p).header.flags |= ATOM;
        (*p).header.word = h;
        Gc::from_ptr(p)
    };
    vm.atoms.table.insert_unique(table_hash(h), atom, |a| table_hash(a.header.word));
    atom
}
/// The table looks at the low and at the highest bits of a hash.
fn table_hash(h: u32) -> u64 {
    (h as u64) << 33 | h as u64
}

/// Array index in canonical form ("0", "17", … below 2^32 - 1)?
pub fn parse_index(v: StrView<'_>) -> Option<u32> {
    let n = v.len();
    if n == 0 || n > 10 {
        return None;
    }
    let mut x: u64 = 0;
    for i in 0..n {
        let u = v.at(i);
        if !(b'0' as u16..=b'9' as u16).contains(&u) || (i == 0 && u == b'0' as u16 && n > 1) {
            return None;
        }
        x = x * 10 + (u - b'0' as u16) as u64;
    }
    if x < u32::MAX as u64 { Some(x as u32) } else { None }
}

/// Property key of a string: an index or an atom, kept alive by the scope.
pub fn to_key(s: &mut Scope<'_>, string: Local<'_, JsString>) -> PropertyKey {
    let g = string.gc_string();
    if g.is_atom() {
        // Atoms that look like an index exist only as constants; check the first unit before parsing.
        // SAFETY: atoms are flat.
        if let Some(i) = parse_index(unsafe { view_raw(g.as_ptr()) }) {
            return PropertyKey::from_index(i);
        }
        return PropertyKey::from_atom(g);
    }
    string.flatten(s);
    // SAFETY: flat; interning does not collect.
    unsafe {
        let v = view_raw(string.gc_string().as_ptr());
        if let Some(i) = parse_index(v) {
            return PropertyKey::from_index(i);
        }
        let atom = intern_view(s.vm(), v);
        let key = PropertyKey::from_atom(atom);
        s.local(atom.value());
        key
    }
}

/// A value typed as string, for callers that have checked.
pub fn expect_string(v: Local<'_, Value>) -> Local<'_, JsString> {
    v.as_string().expect("a string")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Texts that had one hash if the seeds were known: the second word makes the product zero.
    #[test]
    fn floods_of_equal_hashes_cannot_be_prepared() {
        let [start, k] = [0x517c_c1b7_2722_0a95, 0x9e37_79b9_7f4a_7c15];
        let texts = (0..1000u64).map(|first| {
            let second = mix(mix(start, 16, k), first, k);
            [first.to_le_bytes(), second.to_le_bytes()].concat()
        });
        let end = |text: &[u8]| {
            let words = text.as_chunks::<8>().0.iter().map(|word| u64::from_le_bytes(*word));
            words.fold(mix(start, 16, k), |h, word| mix(h, word, k))
        };
        let texts: Vec<Vec<u8>> = texts.collect();
        assert!(texts.iter().all(|text| end(text) == 0));
        seed_hash();
        let hashes: std::collections::HashSet<u32> =
            texts.iter().map(|t| StrView::Latin1(t).hash()).collect();
        assert!(hashes.len() > 990, "{} of 1000", hashes.len());
        let wide: Vec<u16> = texts[7].iter().map(|&b| b as u16).collect();
        assert_eq!(StrView::Utf16(&wide).hash(), StrView::Latin1(&texts[7]).hash());
    }
}
