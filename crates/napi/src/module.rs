//! Loading: `process.dlopen`, and how an addon makes itself known.

use std::cell::Cell;
use std::collections::HashMap;
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::sync::{Mutex, PoisonError};

use spey_engine::error::ErrorKind;
use spey_engine::{JsResult, Local, Object, Scope, Value, call, conversion, object};
use spey_host::{NODE_VERSION, require_builtin, throw_node_error};

use crate::abi::{
    DEFAULT_VERSION, EXPERIMENTAL, EnvPtr, Module, NEWEST_VERSION, NapiValue, NodeVersion, Out, Register,
    Status,
};
use crate::env::{Env, basic};

thread_local! {
    /// What registered itself while `dlopen` ran the library's constructors.
    static REGISTERED: Cell<Registered> = const { Cell::new(Registered::Nothing) };
}
#[derive(Clone, Copy)]
enum Registered {
    Nothing,
    /// By the deprecated `napi_module_register`.
    Module(Option<Register>),
    /// By the C++ interface of Node.
    Foreign,
}
/// Registrations by the library's handle: constructors do not run again when another agent loads it. What is shared is
/// what the dynamic linker shares.
static KNOWN: Mutex<Option<HashMap<usize, Register>>> = Mutex::new(None);

/// napi_module_register
#[unsafe(no_mangle)]
pub unsafe extern "C" fn napi_module_register(module: *mut Module) {
    // SAFETY: the addon's static record.
    if let Some(module) = unsafe { module.as_ref() } {
        REGISTERED.set(Registered::Module(module.register));
    }
}
/// The registration of addons written against the C++ interface: noted, so that loading fails with an error instead of
/// the linker's end of the process.
#[unsafe(no_mangle)]
pub extern "C" fn node_module_register(_: *mut c_void) {
    REGISTERED.set(Registered::Foreign);
}

fn throw_failed<T>(s: &mut Scope<'_>, message: &str) -> JsResult<T> {
    throw_node_error(s, ErrorKind::Error, "ERR_DLOPEN_FAILED", message)
}
fn last_error() -> String {
    // SAFETY: the text is copied at once.
    unsafe {
        let text = libc::dlerror();
        if text.is_null() { String::from("unknown error") } else { text_of(text) }
    }
}
/// # Safety
/// `text` is NUL-terminated.
unsafe fn text_of(text: *const c_char) -> String {
    // SAFETY: by the contract.
    unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
}

/// process.dlopen: loads the library and fills `module.exports`.
pub(crate) fn load(s: &mut Scope<'_>, module: Local<'_, Object>, path: &str, flags: c_int) -> JsResult<()> {
    let exports = object::get_named(s, module, "exports")?;
    let exports = conversion::to_object(s, exports)?;
    let Ok(c_path) = CString::new(path) else {
        return throw_failed(s, "the path contains a null byte");
    };
    REGISTERED.set(Registered::Nothing);
    // SAFETY: a NUL-terminated path. What the library's constructors do is the addon's business.
    let library = unsafe { libc::dlopen(c_path.as_ptr(), flags) };
    let registered = REGISTERED.replace(Registered::Nothing);
    if library.is_null() {
        let message = last_error();
        return throw_failed(s, &message);
    }
    // SAFETY: an open library, NUL-terminated names; the functions have the types that Node-API says.
    let (by_symbol, version, foreign) = unsafe {
        let find = |name: &CStr| libc::dlsym(library, name.as_ptr());
        let by_symbol = find(c"napi_register_module_v1");
        let version = find(c"node_api_module_get_api_version_v1");
        (
            std::mem::transmute::<*mut c_void, Option<Register>>(by_symbol),
            std::mem::transmute::<*mut c_void, Option<unsafe extern "C" fn() -> i32>>(version),
            !find(c"node_register_module_v147").is_null(),
        )
    };
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let known = known.get_or_insert_default();
    let register = match registered {
        Registered::Module(Some(register)) => {
            known.insert(library as usize, register);
            Some(register)
        }
        Registered::Module(None) => return s.throw_type_error("Module has no declared entry point."),
        _ => by_symbol.or_else(|| known.get(&(library as usize)).copied()),
    };
    let Some(register) = register else {
        // SAFETY: opened above, and nothing of it is used.
        unsafe { libc::dlclose(library) };
        let is_foreign = foreign || matches!(registered, Registered::Foreign);
        let message = if is_foreign {
            format!(
                "'{path}' was built against the C++ interface of Node.js; only Node-API addons can be loaded"
            )
        } else {
            format!("Module did not self-register: '{path}'.")
        };
        return throw_failed(s, &message);
    };
    // SAFETY: the addon's function.
    let version = version.map_or(DEFAULT_VERSION, |f| unsafe { f() });
    if version > NEWEST_VERSION && version != EXPERIMENTAL {
        return s.throw_type_error(&format!(
            "{path} requires Node-API version {version}, but this version of Node.js only supports version \
             {NEWEST_VERSION} add-ons."
        ));
    }
    initialize(s, module, exports, register, version.max(DEFAULT_VERSION))
}
fn initialize(
    s: &mut Scope<'_>,
    module: Local<'_, Object>,
    exports: Local<'_, Object>,
    register: Register,
    version: i32,
) -> JsResult<()> {
    let url = file_url(s, module)?;
    let env = Env::new(s, &url, version);
    // SAFETY: the addon's function; the handle lives as long as this scope.
    let (result, exception) = env.call_addon(s, |env| unsafe { register(env, NapiValue::of(exports)) });
    if let Some(e) = exception {
        return s.throw(e);
    }
    match result.local() {
        Some(v) if !v.is_same(exports) => object::set_named(s, module, "exports", v),
        _ => Ok(()),
    }
}
/// The module's file as URL; empty if the module has no file.
fn file_url(s: &mut Scope<'_>, module: Local<'_, Object>) -> JsResult<String> {
    let name = object::get_named(s, module, "filename")?;
    if !name.is_string() {
        return Ok(String::new());
    }
    let m = require_builtin(s, "internal/url")?;
    let m = conversion::to_object(s, m)?;
    let f = object::get_named(s, m, "pathToFileURL")?;
    let url: Local<'_, Value> = call::call(s, f, m.value(), &[name])?;
    let url = conversion::to_object(s, url)?;
    let href = object::get_named(s, url, "href")?;
    conversion::to_text(s, href)
}

/// node_api_get_module_file_name
#[unsafe(no_mangle)]
pub extern "C" fn node_api_get_module_file_name(env: EnvPtr, result: Out<*const c_char>) -> Status {
    basic(env, |env| {
        result.required()?.set(env.file_url.as_ptr());
        Ok(())
    })
}

const fn version_part(index: usize) -> u32 {
    let bytes = NODE_VERSION.as_bytes();
    let (mut i, mut part, mut n) = (1, 0, 0);
    while i < bytes.len() {
        if bytes[i] == b'.' {
            part += 1;
        } else if part == index {
            n = n * 10 + (bytes[i] - b'0') as u32;
        }
        i += 1;
    }
    n
}
struct SharedVersion(NodeVersion);
// SAFETY: constant data.
unsafe impl Sync for SharedVersion {}
static VERSION: SharedVersion = SharedVersion(NodeVersion {
    major: version_part(0),
    minor: version_part(1),
    patch: version_part(2),
    release: c"node".as_ptr(),
});
/// napi_get_node_version
#[unsafe(no_mangle)]
pub extern "C" fn napi_get_node_version(env: EnvPtr, result: Out<*const NodeVersion>) -> Status {
    basic(env, |_| {
        result.required()?.set(&VERSION.0);
        Ok(())
    })
}
