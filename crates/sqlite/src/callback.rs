//! What the library calls: functions, aggregates and the authorizer.

use std::ffi::{c_char, c_int, c_void};
use std::ptr;

use libsqlite3_sys as ffi;

use crate::connection::{Inner, c_text};
use crate::error::text;
use crate::value::{of_value, set_result};
use crate::{Connection, Result, Value, ValueRef};

/// The program that uses the library: it gives its functions numbers.
pub trait Program {
    /// Calls the function of that number.
    fn call(&mut self, function: u32, arguments: &[ValueRef<'_>]) -> Reply;
}
/// What came of a call of the program.
#[derive(Debug)]
pub enum Reply {
    /// A result.
    Value(Value),
    /// A failure for the library to report.
    Failed(String),
    /// A failure that the program remembers and reports itself.
    Thrown,
}

/// What the library may know about a function.
#[derive(Clone, Copy, Debug, Default)]
pub struct FunctionOptions {
    /// Number of arguments; -1 for any.
    pub argument_count: i32,
    /// Same arguments, same result.
    pub deterministic: bool,
    /// Not to be called from triggers, views and the schema.
    pub direct_only: bool,
}
/// The functions of an aggregate. The first argument of each is a number that tells runs of the aggregate apart.
#[derive(Clone, Copy, Debug)]
pub struct Aggregate {
    /// Takes a row in.
    pub step: u32,
    /// Takes a row out again; for use as a window function.
    pub inverse: Option<u32>,
    /// The result so far.
    pub value: u32,
    /// The result, and the end of the run.
    pub finish: u32,
}

/// What the library keeps for a function. The connection outlives it.
struct Registered<T> {
    connection: *const Inner,
    what: T,
}
fn flags(options: &FunctionOptions) -> c_int {
    let mut flags = ffi::SQLITE_UTF8;
    if options.deterministic {
        flags |= ffi::SQLITE_DETERMINISTIC;
    }
    if options.direct_only {
        flags |= ffi::SQLITE_DIRECTONLY;
    }
    flags
}
unsafe extern "C" fn destroy<T>(p: *mut c_void) {
    // SAFETY: the library gives back the box it was given, once.
    drop(unsafe { Box::from_raw(p.cast::<Registered<T>>()) });
}

impl Inner {
    /// Calls a function of the program.
    pub(crate) fn call(&self, function: u32, arguments: &[ValueRef<'_>]) -> Reply {
        self.with_program(|program| match program {
            Some(program) => program.call(function, arguments),
            None => Reply::Failed("the function cannot be called now".to_owned()),
        })
    }
}

impl Connection {
    fn registered<T>(&self, what: T) -> *mut c_void {
        let connection: *const Inner = &*self.0;
        Box::into_raw(Box::new(Registered { connection, what })).cast()
    }
    /// Makes a function of the program one of SQL.
    pub fn define_function(&self, name: &str, options: &FunctionOptions, function: u32) -> Result<()> {
        let db = self.0.db()?;
        let name = c_text(name);
        // SAFETY: an open connection; the library owns the box from here on, whatever comes of the call.
        self.0.check(unsafe {
            ffi::sqlite3_create_function_v2(
                db,
                name.as_ptr(),
                options.argument_count,
                flags(options),
                self.registered(function),
                Some(call_function),
                None,
                None,
                Some(destroy::<u32>),
            )
        })
    }
    /// Makes functions of the program an aggregate of SQL.
    pub fn define_aggregate(
        &self,
        name: &str,
        options: &FunctionOptions,
        aggregate: Aggregate,
    ) -> Result<()> {
        let db = self.0.db()?;
        let name = c_text(name);
        let windowed = aggregate.inverse.is_some();
        // SAFETY: as above.
        self.0.check(unsafe {
            ffi::sqlite3_create_window_function(
                db,
                name.as_ptr(),
                options.argument_count,
                flags(options),
                self.registered(aggregate),
                Some(step_aggregate),
                Some(finish_aggregate),
                windowed.then_some(value_of_aggregate as unsafe extern "C" fn(_)),
                windowed.then_some(invert_aggregate as unsafe extern "C" fn(_, _, _)),
                Some(destroy::<Aggregate>),
            )
        })
    }
    /// Has every action of a statement allowed by a function of the program, or by nobody.
    pub fn set_authorizer(&self, function: Option<u32>) -> Result<()> {
        let db = self.0.db()?;
        self.0.authorizer.set(function);
        let callback = function.map(|_| authorize as unsafe extern "C" fn(_, _, _, _, _, _) -> _);
        let connection: *const Inner = &*self.0;
        // SAFETY: an open connection, which its shared half outlives.
        self.0.check(unsafe { ffi::sqlite3_set_authorizer(db, callback, connection.cast_mut().cast()) })
    }
}

/// # Safety
/// `values` points to `count` values, valid as long as `'a`.
unsafe fn arguments<'a>(count: c_int, values: *mut *mut ffi::sqlite3_value) -> Vec<ValueRef<'a>> {
    (0..count.max(0) as usize)
        // SAFETY: by the contract.
        .map(|i| unsafe { of_value(*values.add(i)) })
        .collect()
}
/// # Safety
/// `context` is that of a running function, registered with a `T`.
unsafe fn registered<'a, T: Copy>(context: *mut ffi::sqlite3_context) -> (&'a Inner, T) {
    // SAFETY: by the contract; the connection outlives its functions.
    unsafe {
        let registered = &*ffi::sqlite3_user_data(context).cast::<Registered<T>>();
        (&*registered.connection, registered.what)
    }
}
/// # Safety
/// `context` is that of the running function.
unsafe fn answer(context: *mut ffi::sqlite3_context, reply: Reply) {
    let message = match reply {
        // SAFETY: by the contract.
        Reply::Value(v) => return unsafe { set_result(context, &v) },
        Reply::Failed(message) => message,
        Reply::Thrown => String::new(),
    };
    let length = c_int::try_from(message.len()).unwrap_or(0);
    // SAFETY: by the contract; the library copies the text.
    unsafe { ffi::sqlite3_result_error(context, message.as_ptr().cast(), length) };
}
unsafe extern "C" fn call_function(
    context: *mut ffi::sqlite3_context,
    count: c_int,
    values: *mut *mut ffi::sqlite3_value,
) {
    // SAFETY: the library calls what `define_function` registered.
    unsafe {
        let (connection, function) = registered::<u32>(context);
        answer(context, connection.call(function, &arguments(count, values)));
    }
}

/// The number of the run of an aggregate; 0 if there is no memory for it.
///
/// # Safety
/// `context` is that of a running aggregate.
unsafe fn run_number(context: *mut ffi::sqlite3_context, connection: &Inner) -> i64 {
    // SAFETY: by the contract; the library gives zeroed memory of that size, the same for all calls of a run.
    let place = unsafe { ffi::sqlite3_aggregate_context(context, size_of::<i64>() as c_int).cast::<i64>() };
    // SAFETY: null or the place, which is aligned for everything.
    match unsafe { place.as_mut() } {
        None => 0,
        Some(place) => {
            if *place == 0 {
                *place = connection.next_run();
            }
            *place
        }
    }
}
/// # Safety
/// `context` is that of a running aggregate, with `count` values.
unsafe fn call_aggregate(
    context: *mut ffi::sqlite3_context,
    which: fn(&Aggregate) -> Option<u32>,
    count: c_int,
    values: *mut *mut ffi::sqlite3_value,
    has_result: bool,
) {
    // SAFETY: by the contract.
    unsafe {
        let (connection, aggregate) = registered::<Aggregate>(context);
        let mut list = vec![ValueRef::Integer(run_number(context, connection))];
        list.extend(arguments(count, values));
        let reply = match which(&aggregate) {
            Some(function) => connection.call(function, &list),
            None => Reply::Failed("not a window function".to_owned()),
        };
        if has_result || !matches!(reply, Reply::Value(_)) {
            answer(context, reply);
        }
    }
}
unsafe extern "C" fn step_aggregate(
    context: *mut ffi::sqlite3_context,
    count: c_int,
    values: *mut *mut ffi::sqlite3_value,
) {
    // SAFETY: the library calls what `define_aggregate` registered.
    unsafe { call_aggregate(context, |a| Some(a.step), count, values, false) }
}
unsafe extern "C" fn invert_aggregate(
    context: *mut ffi::sqlite3_context,
    count: c_int,
    values: *mut *mut ffi::sqlite3_value,
) {
    // SAFETY: as above.
    unsafe { call_aggregate(context, |a| a.inverse, count, values, false) }
}
unsafe extern "C" fn value_of_aggregate(context: *mut ffi::sqlite3_context) {
    // SAFETY: as above.
    unsafe { call_aggregate(context, |a| Some(a.value), 0, ptr::null_mut(), true) }
}
unsafe extern "C" fn finish_aggregate(context: *mut ffi::sqlite3_context) {
    // SAFETY: as above.
    unsafe { call_aggregate(context, |a| Some(a.finish), 0, ptr::null_mut(), true) }
}

unsafe extern "C" fn authorize(
    data: *mut c_void,
    action: c_int,
    a: *const c_char,
    b: *const c_char,
    c: *const c_char,
    d: *const c_char,
) -> c_int {
    // SAFETY: the connection that `set_authorizer` gave; texts of the library's, or null.
    let (connection, texts) = unsafe { (&*data.cast::<Inner>(), [text(a), text(b), text(c), text(d)]) };
    let Some(function) = connection.authorizer.get() else { return ffi::SQLITE_OK };
    let mut list = vec![ValueRef::Integer(action.into())];
    list.extend(texts.iter().map(|t| t.as_ref().map_or(ValueRef::Null, |t| ValueRef::Text(t.as_bytes()))));
    match connection.call(function, &list) {
        Reply::Value(v) => v.code().unwrap_or(ffi::SQLITE_DENY),
        _ => ffi::SQLITE_DENY,
    }
}
