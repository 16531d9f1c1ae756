//! The border to the library: owned pointers, memory streams, big numbers.

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::ptr::NonNull;

use aws_lc_sys as sys;

use crate::{Error, Result};

/// A pointer with the function that frees it.
pub(crate) struct Owned<T> {
    pointer: NonNull<T>,
    free: unsafe extern "C" fn(*mut T),
}

impl<T> Owned<T> {
    /// # Safety
    /// The pointer is null or owned by the caller, and `free` is what its type is freed with.
    pub(crate) unsafe fn new(pointer: *mut T, free: unsafe extern "C" fn(*mut T)) -> Result<Owned<T>> {
        NonNull::new(pointer).map(|pointer| Owned { pointer, free }).ok_or_else(Error::last)
    }
    pub(crate) fn get(&self) -> *mut T {
        self.pointer.as_ptr()
    }
    /// Gives the pointer to somebody who frees it.
    pub(crate) fn release(self) -> *mut T {
        let pointer = self.pointer.as_ptr();
        std::mem::forget(self);
        pointer
    }
}

impl<T> Drop for Owned<T> {
    fn drop(&mut self) {
        // SAFETY: by the contract of `new`; nobody else frees it.
        unsafe { (self.free)(self.pointer.as_ptr()) }
    }
}

/// 1 is success for most functions.
pub(crate) fn check(result: c_int) -> Result<()> {
    if result == 1 { Ok(()) } else { Err(Error::last()) }
}

/// # Safety
/// The pointer is null or a string that ends with NUL.
pub(crate) unsafe fn static_text(text: *const c_char) -> String {
    if text.is_null() {
        return String::new();
    }
    // SAFETY: by the contract.
    unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
}

/// A name for the library; names with NUL are none.
pub(crate) fn c_string(text: &str) -> Result<CString> {
    CString::new(text).map_err(|_| Error::Other("Unexpected NUL"))
}

// ---- Memory streams --------------------------------------------------------------------------------------------

pub(crate) type Bio = Owned<sys::BIO>;

unsafe extern "C" fn free_bio(bio: *mut sys::BIO) {
    // SAFETY: called by `Owned` with a pointer it owns.
    unsafe { sys::BIO_free(bio) };
}

/// What `write` writes.
pub(crate) fn written(write: impl FnOnce(*mut sys::BIO) -> c_int) -> Result<Vec<u8>> {
    // SAFETY: the stream is owned; its contents are copied while it lives.
    unsafe {
        let bio: Bio = Owned::new(sys::BIO_new(sys::BIO_s_mem()), free_bio)?;
        if write(bio.get()) <= 0 {
            return Err(Error::last());
        }
        let (mut data, mut length) = (std::ptr::null(), 0);
        check(sys::BIO_mem_contents(bio.get(), &mut data, &mut length))?;
        Ok(if length == 0 { Vec::new() } else { std::slice::from_raw_parts(data, length).to_vec() })
    }
}

/// What `write` writes, as text.
pub(crate) fn written_text(write: impl FnOnce(*mut sys::BIO) -> c_int) -> Result<String> {
    written(write).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

/// Runs `read` on a stream of the bytes.
pub(crate) fn reading<R>(bytes: &[u8], read: impl FnOnce(*mut sys::BIO) -> R) -> Result<R> {
    // SAFETY: the stream only reads the bytes, and ends before them.
    unsafe {
        let bio: Bio =
            Owned::new(sys::BIO_new_mem_buf(bytes.as_ptr().cast::<c_void>(), bytes.len() as _), free_bio)?;
        Ok(read(bio.get()))
    }
}

// ---- Byte strings ----------------------------------------------------------------------------------------------

/// A parser of the library on some bytes.
pub(crate) fn cbs(bytes: &[u8]) -> sys::CBS {
    let mut cbs = std::mem::MaybeUninit::uninit();
    // SAFETY: the function initialises all of it. It borrows the bytes; callers keep them alive.
    unsafe {
        sys::CBS_init(cbs.as_mut_ptr(), bytes.as_ptr(), bytes.len());
        cbs.assume_init()
    }
}

/// What `build` appends to a builder of the library.
pub(crate) fn built(build: impl FnOnce(*mut sys::CBB) -> c_int) -> Result<Vec<u8>> {
    let mut cbb = std::mem::MaybeUninit::zeroed();
    // SAFETY: the builder is initialised before it is used, and cleaned up or finished; the result is copied and freed.
    unsafe {
        check(sys::CBB_init(cbb.as_mut_ptr(), 256))?;
        if build(cbb.as_mut_ptr()) != 1 {
            sys::CBB_cleanup(cbb.as_mut_ptr());
            return Err(Error::last());
        }
        let (mut data, mut length) = (std::ptr::null_mut(), 0);
        check(sys::CBB_finish(cbb.as_mut_ptr(), &mut data, &mut length))?;
        let result = std::slice::from_raw_parts(data, length).to_vec();
        sys::OPENSSL_free(data.cast());
        Ok(result)
    }
}

// ---- Big numbers -----------------------------------------------------------------------------------------------

pub(crate) type Number = Owned<sys::BIGNUM>;

/// A number from bytes, most significant first.
pub(crate) fn number(bytes: &[u8]) -> Result<Number> {
    // SAFETY: reads the bytes; null asks for a new number.
    unsafe {
        Owned::new(sys::BN_bin2bn(bytes.as_ptr(), bytes.len(), std::ptr::null_mut()), sys::BN_clear_free)
    }
}

/// A new number that is 0.
pub(crate) fn zero() -> Result<Number> {
    // SAFETY: no arguments.
    unsafe { Owned::new(sys::BN_new(), sys::BN_clear_free) }
}

/// The bytes of a number, most significant first; none of 0.
///
/// # Safety
/// The pointer is null or a live number.
pub(crate) unsafe fn number_bytes(n: *const sys::BIGNUM) -> Vec<u8> {
    if n.is_null() {
        return Vec::new();
    }
    // SAFETY: by the contract; the buffer is as long as the call says.
    unsafe {
        let mut bytes = vec![0; sys::BN_num_bytes(n) as usize];
        sys::BN_bn2bin(n, bytes.as_mut_ptr());
        bytes
    }
}

/// As [`number_bytes`] with zeros before them, `length` in all.
///
/// # Safety
/// The pointer is null or a live number.
pub(crate) unsafe fn padded_bytes(n: *const sys::BIGNUM, length: usize) -> Vec<u8> {
    // SAFETY: by the contract.
    let bytes = unsafe { number_bytes(n) };
    let mut padded = vec![0; length.saturating_sub(bytes.len())];
    padded.extend(bytes);
    padded
}

// ---- Passphrases -----------------------------------------------------------------------------------------------

/// What the library's question for a passphrase is answered with.
pub(crate) struct Passphrase<'a> {
    pub(crate) text: Option<&'a [u8]>,
    pub(crate) asked: bool,
}

/// The callback for [`Passphrase`].
///
/// # Safety
/// `user` is a live `Passphrase`, `buffer` has room for `size` bytes.
pub(crate) unsafe extern "C" fn ask(buffer: *mut c_char, size: c_int, _: c_int, user: *mut c_void) -> c_int {
    // SAFETY: by the contract.
    let passphrase = unsafe { &mut *user.cast::<Passphrase<'_>>() };
    passphrase.asked = true;
    match passphrase.text {
        Some(text) if text.len() <= size as usize => {
            // SAFETY: there is room.
            unsafe { std::ptr::copy_nonoverlapping(text.as_ptr(), buffer.cast(), text.len()) };
            text.len() as c_int
        }
        _ => -1,
    }
}
