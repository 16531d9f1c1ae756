//! Values of the five storage classes.

use std::ffi::{c_int, c_void};

use libsqlite3_sys as ffi;

/// A value of the program's.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// NULL
    Null,
    /// INTEGER
    Integer(i64),
    /// REAL
    Real(f64),
    /// TEXT
    Text(String),
    /// BLOB
    Blob(Vec<u8>),
}
impl Value {
    /// The number of a code, an INTEGER or a REAL without fraction.
    pub(crate) fn code(&self) -> Option<i32> {
        match *self {
            Value::Integer(n) => i32::try_from(n).ok(),
            Value::Real(n) if f64::from(n as i32) == n => Some(n as i32),
            _ => None,
        }
    }
}
/// A value of the library's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ValueRef<'a> {
    /// NULL
    Null,
    /// INTEGER
    Integer(i64),
    /// REAL
    Real(f64),
    /// TEXT: UTF-8, unless somebody has put other bytes there.
    Text(&'a [u8]),
    /// BLOB
    Blob(&'a [u8]),
}

/// # Safety
/// `data` points to `length` bytes that live as long as `'a`, or `length` is zero.
unsafe fn bytes<'a>(data: *const c_void, length: c_int) -> &'a [u8] {
    if data.is_null() || length <= 0 {
        return &[];
    }
    // SAFETY: by the contract.
    unsafe { std::slice::from_raw_parts(data.cast(), length as usize) }
}
/// # Safety
/// `v` is a protected value that is not changed as long as `'a`.
pub(crate) unsafe fn of_value<'a>(v: *mut ffi::sqlite3_value) -> ValueRef<'a> {
    // SAFETY: by the contract; the bytes are asked for before their number, as the library wants it.
    unsafe {
        match ffi::sqlite3_value_type(v) {
            ffi::SQLITE_INTEGER => ValueRef::Integer(ffi::sqlite3_value_int64(v)),
            ffi::SQLITE_FLOAT => ValueRef::Real(ffi::sqlite3_value_double(v)),
            ffi::SQLITE_TEXT => {
                let data = ffi::sqlite3_value_text(v);
                ValueRef::Text(bytes(data.cast(), ffi::sqlite3_value_bytes(v)))
            }
            ffi::SQLITE_BLOB => {
                let data = ffi::sqlite3_value_blob(v);
                ValueRef::Blob(bytes(data, ffi::sqlite3_value_bytes(v)))
            }
            _ => ValueRef::Null,
        }
    }
}
/// # Safety
/// `statement` has a row, which is not left as long as `'a`.
pub(crate) unsafe fn of_column<'a>(statement: *mut ffi::sqlite3_stmt, i: c_int) -> ValueRef<'a> {
    // SAFETY: by the contract; the library answers NULL for a column that there is not.
    unsafe {
        match ffi::sqlite3_column_type(statement, i) {
            ffi::SQLITE_INTEGER => ValueRef::Integer(ffi::sqlite3_column_int64(statement, i)),
            ffi::SQLITE_FLOAT => ValueRef::Real(ffi::sqlite3_column_double(statement, i)),
            ffi::SQLITE_TEXT => {
                let data = ffi::sqlite3_column_text(statement, i);
                ValueRef::Text(bytes(data.cast(), ffi::sqlite3_column_bytes(statement, i)))
            }
            ffi::SQLITE_BLOB => {
                let data = ffi::sqlite3_column_blob(statement, i);
                ValueRef::Blob(bytes(data, ffi::sqlite3_column_bytes(statement, i)))
            }
            _ => ValueRef::Null,
        }
    }
}
/// Makes `v` the result of a function.
///
/// # Safety
/// `context` is that of the running function.
pub(crate) unsafe fn set_result(context: *mut ffi::sqlite3_context, v: &Value) {
    // SAFETY: by the contract; the library copies what it is given.
    unsafe {
        match v {
            Value::Null => ffi::sqlite3_result_null(context),
            Value::Integer(n) => ffi::sqlite3_result_int64(context, *n),
            Value::Real(n) => ffi::sqlite3_result_double(context, *n),
            Value::Text(t) => ffi::sqlite3_result_text64(
                context,
                t.as_ptr().cast(),
                t.len() as u64,
                ffi::SQLITE_TRANSIENT(),
                ffi::SQLITE_UTF8 as u8,
            ),
            Value::Blob(b) => ffi::sqlite3_result_blob64(
                context,
                b.as_ptr().cast(),
                b.len() as u64,
                ffi::SQLITE_TRANSIENT(),
            ),
        }
    }
}
