//! What the collector knows about a cell: its header and, by kind, how to measure and trace it.

use crate::tracer::{Liveness, Tracer};
use crate::value::Value;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::ops::Deref;
use std::ptr::NonNull;

/// The first word of every cell.
#[repr(C)]
#[derive(Copy, Clone, Debug)]
pub struct Header {
    /// Index in the table of kinds.
    pub kind: u8,
    /// Low four bits: the collector's ([`Header::OLD`] and its neighbours). High four bits: the kind's.
    pub flags: u8,
    /// The kind's business.
    pub aux: u16,
    /// The kind's business: shape of an object, hash of a string.
    pub word: u32,
}

impl Header {
    /// The cell is outside the nursery and does not move any more.
    pub const OLD: u8 = 1;
    /// The cell is old and in the remembered list.
    pub const REMEMBERED: u8 = 2;
    /// The cell has survived one minor collection.
    pub const AGED: u8 = 4;
    /// The cell was moved; its second word is the new address.
    pub const FORWARDED: u8 = 8;
    /// The flags that belong to the collector.
    pub const GC_FLAGS: u8 = 0x0F;

    /// Byte offset of `kind`, for machine code.
    pub const KIND_OFFSET: usize = 0;
    /// Byte offset of `flags`, for machine code.
    pub const FLAGS_OFFSET: usize = 1;
    /// Byte offset of `aux`, for machine code.
    pub const AUX_OFFSET: usize = 2;
    /// Byte offset of `word`, for machine code.
    pub const WORD_OFFSET: usize = 4;
}

const _: () = {
    assert!(size_of::<Header>() == 8);
    assert!(std::mem::offset_of!(Header, kind) == Header::KIND_OFFSET);
    assert!(std::mem::offset_of!(Header, flags) == Header::FLAGS_OFFSET);
    assert!(std::mem::offset_of!(Header, aux) == Header::AUX_OFFSET);
    assert!(std::mem::offset_of!(Header, word) == Header::WORD_OFFSET);
};

/// Smallest cell: the header and the word that holds the forwarding address.
pub const MIN_CELL_BYTES: usize = 16;

/// The number of bytes a cell of `bytes` bytes occupies.
#[inline(always)]
pub const fn cell_bytes(bytes: usize) -> usize {
    let rounded = (bytes + 7) & !7;
    if rounded < MIN_CELL_BYTES { MIN_CELL_BYTES } else { rounded }
}

/// What the collector must know about the cells of one kind.
pub struct KindInfo {
    /// For dumps and assertions.
    pub name: &'static str,
    /// Bytes of the cell. Reads only the cell itself and tables outside the heap: other cells may be moved already.
    /// The answer must not change during the life of the cell.
    pub size: unsafe fn(*const Header) -> usize,
    /// Visits every strong slot. Reads other cells, if at all, only through slots that it has visited. For a kind with
    /// `weak`, only major collections call this.
    pub trace: unsafe fn(*mut Header, &mut Tracer),
    /// Present if the kind has slots that do not keep their target alive.
    pub weak: Option<WeakOps>,
    /// `trace` reads and writes nothing but the cell itself, and there is nothing weak in it: several threads may visit
    /// different cells of such kinds at once.
    pub is_plain: bool,
    /// Called once when a cell given to `Heap::register_finalizable` dies. Must not touch other cells or allocate.
    pub finalize: Option<unsafe fn(*mut Header)>,
}

/// The weak side of a kind.
pub struct WeakOps {
    /// Minor collections call this instead of `trace`: visits every slot, the weak ones too, as if strong.
    pub trace_strong: unsafe fn(*mut Header, &mut Tracer),
    /// Major: visits the values of entries whose key is marked; true if anything new was marked.
    pub trace_ephemerons: unsafe fn(*mut Header, &mut Tracer) -> bool,
    /// Major, after marking: clears the entries whose target is dead.
    pub sweep: unsafe fn(*mut Header, &Liveness),
}

/// A raw, unrooted pointer to a cell whose struct starts with a [`Header`].
///
/// # Invariant
/// A `Gc` is used only where no collection can happen between its creation (or its last tracing) and its use.
#[repr(transparent)]
pub struct Gc<T>(NonNull<T>, PhantomData<*mut T>);

impl<T> Gc<T> {
    /// # Safety
    /// `pointer` is not null and points to a live cell of this type.
    #[inline(always)]
    pub const unsafe fn from_ptr(pointer: *mut T) -> Gc<T> {
        // SAFETY: not null by contract.
        Gc(unsafe { NonNull::new_unchecked(pointer) }, PhantomData)
    }

    /// The address as a typed pointer.
    #[inline(always)]
    pub const fn as_ptr(self) -> *mut T {
        self.0.as_ptr()
    }

    /// The address as a number.
    #[inline(always)]
    pub fn addr(self) -> usize {
        self.0.as_ptr() as usize
    }

    /// The cell's header.
    #[inline(always)]
    pub const fn header(self) -> *mut Header {
        self.0.as_ptr().cast()
    }

    /// The cell as a value.
    #[inline(always)]
    pub fn value(self) -> Value {
        Value::cell(self.header())
    }

    /// The same cell, seen as another struct.
    ///
    /// # Safety
    /// The cell really is a `U`.
    #[inline(always)]
    pub const unsafe fn cast<U>(self) -> Gc<U> {
        Gc(self.0.cast(), PhantomData)
    }
}

impl<T> Copy for Gc<T> {}

impl<T> Clone for Gc<T> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> PartialEq for Gc<T> {
    #[inline(always)]
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<T> Eq for Gc<T> {}

impl<T> Hash for Gc<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<T> fmt::Debug for Gc<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Gc({:#x})", self.addr())
    }
}

impl<T> Deref for Gc<T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        // SAFETY: the type's invariant: the cell is live and has not moved since this pointer was made.
        unsafe { self.0.as_ref() }
    }
}
