//! Errors of the library.

use std::ffi::{CStr, c_char, c_int};

use libsqlite3_sys as ffi;

/// What the library says of a failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// Extended result code.
    pub code: i32,
    /// What happened.
    pub message: String,
    /// What the code means in general.
    pub meaning: String,
    /// This crate refused, as things stand, to ask the library.
    pub is_refusal: bool,
}
/// Result of what the library does.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// The error of a code, with nothing more to say about it.
    pub(crate) fn of_code(code: c_int) -> Error {
        let meaning = meaning(code);
        Error { code, message: meaning.clone(), meaning, is_refusal: false }
    }
    /// A use of the library that it does not allow.
    pub(crate) fn misuse(message: &str) -> Error {
        Error { message: message.to_owned(), is_refusal: true, ..Error::of_code(ffi::SQLITE_MISUSE) }
    }
    /// The last error of a connection.
    ///
    /// # Safety
    /// `db` is an open connection.
    pub(crate) unsafe fn of_connection(db: *mut ffi::sqlite3) -> Error {
        // SAFETY: an open connection; the text is copied at once.
        let (code, message) = unsafe { (ffi::sqlite3_extended_errcode(db), text(ffi::sqlite3_errmsg(db))) };
        Error { code, message: message.unwrap_or_default(), meaning: meaning(code), is_refusal: false }
    }
}
fn meaning(code: c_int) -> String {
    // SAFETY: any code may be asked for; the text is static.
    unsafe { text(ffi::sqlite3_errstr(code)) }.unwrap_or_default()
}
/// A copy of a C string; None for null.
///
/// # Safety
/// `p` is null or a string that ends with zero.
pub(crate) unsafe fn text(p: *const c_char) -> Option<String> {
    // SAFETY: by the contract.
    (!p.is_null()).then(|| unsafe { CStr::from_ptr(p) }.to_string_lossy().into_owned())
}
