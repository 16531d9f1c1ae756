//! The types that cross the C boundary, laid out as `js_native_api_types.h` and `node_api_types.h` declare them.
//!
//! Pointers from an addon come wrapped ([`In`], [`Out`], [`Text`], [`NapiValue`], [`EnvPtr`]): the wrappers are transparent
//! for C, and their methods are the only places where such a pointer is followed. That is sound as far as the addon keeps
//! Node-API's contract: a pointer that is not null is valid for the call, and handles are used while they are open.

use std::ffi::{c_char, c_void};
use std::ptr::NonNull;

use spey_engine::{Local, Raw, Value};

use crate::env::Env;

/// Result of every call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub enum Status {
    /// napi_ok
    Ok,
    /// napi_invalid_arg
    InvalidArg,
    /// napi_object_expected
    ObjectExpected,
    /// napi_string_expected
    StringExpected,
    /// napi_name_expected
    NameExpected,
    /// napi_function_expected
    FunctionExpected,
    /// napi_number_expected
    NumberExpected,
    /// napi_boolean_expected
    BooleanExpected,
    /// napi_array_expected
    ArrayExpected,
    /// napi_generic_failure
    GenericFailure,
    /// napi_pending_exception
    PendingException,
    /// napi_cancelled
    Cancelled,
    /// napi_escape_called_twice
    EscapeCalledTwice,
    /// napi_handle_scope_mismatch
    HandleScopeMismatch,
    /// napi_callback_scope_mismatch
    CallbackScopeMismatch,
    /// napi_queue_full
    QueueFull,
    /// napi_closing
    Closing,
    /// napi_bigint_expected
    BigintExpected,
    /// napi_date_expected
    DateExpected,
    /// napi_arraybuffer_expected
    ArrayBufferExpected,
    /// napi_detachable_arraybuffer_expected
    DetachableArrayBufferExpected,
    /// napi_would_deadlock
    WouldDeadlock,
    /// napi_no_external_buffers_allowed
    NoExternalBuffersAllowed,
    /// napi_cannot_run_js
    CannotRunJs,
}

/// What `napi_get_last_error_info` points to.
#[repr(C)]
pub struct ExtendedErrorInfo {
    /// Text for the code, or null.
    pub message: *const c_char,
    /// Unused.
    pub engine_reserved: *mut c_void,
    /// Unused.
    pub engine_code: u32,
    /// Status of the last call.
    pub code: Status,
}

/// `napi_callback`
pub type Callback = unsafe extern "C" fn(EnvPtr, *const c_void) -> NapiValue;
/// `napi_finalize`
pub type Finalize = unsafe extern "C" fn(EnvPtr, *mut c_void, *mut c_void);
/// `node_api_noenv_finalize`
pub type FinalizeNoEnv = unsafe extern "C" fn(*mut c_void, *mut c_void);
/// `napi_addon_register_func`
pub type Register = unsafe extern "C" fn(EnvPtr, NapiValue) -> NapiValue;

/// `NAPI_AUTO_LENGTH`
pub const AUTO_LENGTH: usize = usize::MAX;
/// `NAPI_VERSION_EXPERIMENTAL`
pub const EXPERIMENTAL: i32 = i32::MAX;
/// Version an addon gets that does not say which one it was built for.
pub const DEFAULT_VERSION: i32 = 8;
/// Newest version that is not experimental.
pub const NEWEST_VERSION: i32 = 10;

/// `napi_property_attributes`
pub mod attribute {
    /// napi_writable
    pub const WRITABLE: i32 = 1;
    /// napi_enumerable
    pub const ENUMERABLE: i32 = 2;
    /// napi_configurable
    pub const CONFIGURABLE: i32 = 4;
    /// napi_static
    pub const STATIC: i32 = 1 << 10;
}

/// `napi_property_descriptor`
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PropertyDescriptor {
    /// Name as UTF-8, or null.
    pub utf8name: Text,
    /// Name as a value, if there is no `utf8name`.
    pub name: NapiValue,
    /// Method.
    pub method: Option<Callback>,
    /// Getter.
    pub getter: Option<Callback>,
    /// Setter.
    pub setter: Option<Callback>,
    /// Value.
    pub value: NapiValue,
    /// See [`attribute`].
    pub attributes: i32,
    /// Passed on to the callbacks.
    pub data: *mut c_void,
}

/// `napi_type_tag`
#[repr(C)]
#[derive(Clone, Copy)]
pub struct TypeTag {
    /// Low half.
    pub lower: u64,
    /// High half.
    pub upper: u64,
}

/// `napi_node_version`
#[repr(C)]
pub struct NodeVersion {
    /// Major version.
    pub major: u32,
    /// Minor version.
    pub minor: u32,
    /// Patch version.
    pub patch: u32,
    /// `process.release.name`
    pub release: *const c_char,
}

/// `napi_module`, of the deprecated registration.
#[repr(C)]
pub struct Module {
    /// Version of this struct.
    pub version: i32,
    /// Unused.
    pub flags: u32,
    /// File of the source.
    pub filename: *const c_char,
    /// Initialises the exports.
    pub register: Option<Register>,
    /// Name.
    pub name: *const c_char,
    /// Unused.
    pub private: *mut c_void,
    /// Unused.
    pub reserved: [*mut c_void; 4],
}

/// `napi_env`
#[repr(transparent)]
#[derive(Clone, Copy)]
pub struct EnvPtr(pub(crate) *const Env);

impl EnvPtr {
    /// None.
    pub const NULL: EnvPtr = EnvPtr(std::ptr::null());
    /// The environment, if the pointer is not null.
    pub(crate) fn get<'a>(self) -> Option<&'a Env> {
        // SAFETY: an environment lives until all its addon's code that may run has run; see `Env`.
        unsafe { self.0.as_ref() }
    }
}

/// `napi_value`: address of a slot that the collector scans and updates, on the handle stack or in a frame.
#[repr(transparent)]
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct NapiValue(*mut Raw);

impl NapiValue {
    /// No value.
    pub const NULL: NapiValue = NapiValue(std::ptr::null_mut());

    /// For C.
    pub(crate) fn of<T>(v: Local<'_, T>) -> NapiValue {
        NapiValue(v.as_slot().as_ptr())
    }
    /// For C, from a slot of the handle stack.
    pub(crate) fn from_slot(slot: *mut Raw) -> NapiValue {
        NapiValue(slot)
    }
    /// The value; None if there is none.
    pub(crate) fn local<'s>(self) -> Option<Local<'s, Value>> {
        // SAFETY: a slot that is valid as long as the addon may use the handle.
        NonNull::new(self.0).map(|slot| unsafe { Local::from_slot(slot) })
    }
    /// The value, or `napi_invalid_arg`.
    pub(crate) fn required<'s>(self) -> Result<Local<'s, Value>, Status> {
        self.local().ok_or(Status::InvalidArg)
    }
}

/// Where a result goes.
#[repr(transparent)]
pub struct Out<T>(*mut T);
impl<T> Clone for Out<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Out<T> {}

impl<T> Out<T> {
    /// Not wanted.
    pub(crate) const NONE: Out<T> = Out(std::ptr::null_mut());
    /// Not given?
    pub(crate) fn is_null(self) -> bool {
        self.0.is_null()
    }
    /// `napi_invalid_arg` if not given.
    pub(crate) fn required(self) -> Result<Out<T>, Status> {
        if self.is_null() { Err(Status::InvalidArg) } else { Ok(self) }
    }
    /// Stores the result, if it is wanted.
    pub(crate) fn set(self, v: T) {
        if !self.0.is_null() {
            // SAFETY: the caller's memory for a `T`.
            unsafe { self.0.write(v) }
        }
    }
    /// Reads an argument that goes both ways.
    pub(crate) fn read(self) -> T
    where
        T: Copy,
    {
        // SAFETY: the caller's `T`; callers of this function have asked `required`.
        unsafe { self.0.read() }
    }
    /// Copies `from` to the memory behind the pointer, which has room for it.
    pub(crate) fn copy_from(self, from: &[T])
    where
        T: Copy,
    {
        // SAFETY: the caller says how much room there is, and callers of this function keep to that.
        unsafe { std::ptr::copy_nonoverlapping(from.as_ptr(), self.0, from.len()) }
    }
    /// Element `i` of an array of results.
    pub(crate) fn at(self, i: usize) -> Out<T> {
        Out(self.0.wrapping_add(i))
    }
}

/// An array of arguments.
#[repr(transparent)]
pub struct In<T>(*const T);
impl<T> Clone for In<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for In<T> {}

impl<T> In<T> {
    /// An empty array.
    pub(crate) const NONE: In<T> = In(std::ptr::null());
    /// The elements; `napi_invalid_arg` if there should be some and the pointer is null.
    pub(crate) fn slice<'a>(self, count: usize) -> Result<&'a [T], Status> {
        if count == 0 {
            return Ok(&[]);
        }
        if self.0.is_null() {
            return Err(Status::InvalidArg);
        }
        // SAFETY: the caller's array of that many elements.
        Ok(unsafe { std::slice::from_raw_parts(self.0, count) })
    }
}

/// UTF-8 or Latin-1 text.
#[repr(transparent)]
#[derive(Clone, Copy)]
pub struct Text(*const c_char);

impl Text {
    /// Not given?
    pub(crate) fn is_null(self) -> bool {
        self.0.is_null()
    }
    /// The bytes: `length` of them, or up to the NUL for [`AUTO_LENGTH`]. A null pointer stands for no bytes only with
    /// length 0.
    pub(crate) fn bytes<'a>(self, length: usize) -> Result<&'a [u8], Status> {
        if self.0.is_null() {
            return if length == 0 { Ok(&[]) } else { Err(Status::InvalidArg) };
        }
        if length == AUTO_LENGTH {
            // SAFETY: NUL-terminated text of the caller.
            return Ok(unsafe { std::ffi::CStr::from_ptr(self.0) }.to_bytes());
        }
        if length > i32::MAX as usize {
            return Err(Status::InvalidArg);
        }
        // SAFETY: text of the caller of that length.
        Ok(unsafe { std::slice::from_raw_parts(self.0.cast(), length) })
    }
    /// The address.
    pub(crate) fn as_ptr(self) -> *mut c_char {
        self.0.cast_mut()
    }
    /// The text, wrong bytes replaced; empty if not given.
    pub(crate) fn lossy(self, length: usize) -> String {
        String::from_utf8_lossy(self.bytes(length).unwrap_or_default()).into_owned()
    }
}

/// UTF-16 text.
#[repr(transparent)]
#[derive(Clone, Copy)]
pub struct Units(*const u16);

impl Units {
    /// The units; as [`Text::bytes`].
    pub(crate) fn units<'a>(self, length: usize) -> Result<&'a [u16], Status> {
        if self.0.is_null() {
            return if length == 0 { Ok(&[]) } else { Err(Status::InvalidArg) };
        }
        let mut n = length;
        if length == AUTO_LENGTH {
            n = 0;
            // SAFETY: NUL-terminated text of the caller.
            while unsafe { *self.0.add(n) } != 0 {
                n += 1;
            }
        } else if length > i32::MAX as usize {
            return Err(Status::InvalidArg);
        }
        // SAFETY: text of the caller of that length.
        Ok(unsafe { std::slice::from_raw_parts(self.0, n) })
    }
    /// The address.
    pub(crate) fn as_ptr(self) -> *mut u16 {
        self.0.cast_mut()
    }
}
