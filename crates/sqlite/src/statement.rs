//! Prepared statements.

use std::cell::Cell;
use std::ffi::{c_char, c_int};
use std::ptr;
use std::rc::Rc;

use libsqlite3_sys as ffi;

use crate::callback::Program;
use crate::connection::c_text;
use crate::error::text;
use crate::{Connection, Error, Result, Value, ValueRef, value};

pub(crate) struct StatementInner {
    connection: Connection,
    /// Null once finalized, and for SQL without a statement.
    raw: Cell<*mut ffi::sqlite3_stmt>,
    is_finalized: Cell<bool>,
    /// A step is running, or somebody looks at a value of the row.
    is_busy: Cell<bool>,
}
/// A prepared statement; see [`Connection::prepare`].
#[derive(Clone)]
pub struct Statement(pub(crate) Rc<StatementInner>);

/// Where a column of the result comes from.
#[derive(Clone, Debug, Default)]
pub struct ColumnSource {
    /// Name of the column in its table.
    pub column: Option<String>,
    /// The database.
    pub database: Option<String>,
    /// Name of the column in the result.
    pub name: Option<String>,
    /// The table.
    pub table: Option<String>,
    /// The type of its declaration.
    pub declared_type: Option<String>,
}

impl StatementInner {
    /// Is somebody at it?
    pub(crate) fn is_busy(&self) -> bool {
        self.is_busy.get()
    }
    pub(crate) fn finalize(&self) {
        self.is_finalized.set(true);
        // SAFETY: it is not busy: a connection is not closed meanwhile, and whoever is at it holds the statement. Null is
        // allowed. Its code is that of the last step, which has been reported.
        unsafe { ffi::sqlite3_finalize(self.raw.replace(ptr::null_mut())) };
    }
}
impl Drop for StatementInner {
    fn drop(&mut self) {
        self.finalize();
        self.connection.0.forget_statement(self);
    }
}
/// Marks a statement as busy.
struct Busy<'a>(&'a Cell<bool>);
impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.set(false);
    }
}

impl Statement {
    pub(crate) fn new(connection: Connection, raw: *mut ffi::sqlite3_stmt) -> Statement {
        Statement(Rc::new(StatementInner {
            connection,
            raw: Cell::new(raw),
            is_finalized: Cell::new(false),
            is_busy: Cell::new(false),
        }))
    }
    /// The connection.
    pub fn connection(&self) -> &Connection {
        &self.0.connection
    }
    /// Has its connection been closed?
    pub fn is_finalized(&self) -> bool {
        self.0.is_finalized.get()
    }
    /// Ends it.
    pub fn finalize(&self) -> Result<()> {
        drop(self.busy()?);
        self.0.finalize();
        Ok(())
    }
    fn raw(&self) -> *mut ffi::sqlite3_stmt {
        self.0.raw.get()
    }
    fn busy(&self) -> Result<Busy<'_>> {
        if self.0.is_busy.replace(true) {
            return Err(Error::misuse("statement is running"));
        }
        Ok(Busy(&self.0.is_busy))
    }
    /// Starts over: the row is gone.
    pub fn reset(&self) -> Result<()> {
        let _busy = self.busy()?;
        // SAFETY: a statement that is not running, or null. The code is that of the last step, which has been reported.
        unsafe { ffi::sqlite3_reset(self.raw()) };
        Ok(())
    }
    /// Makes all parameters NULL.
    pub fn clear_bindings(&self) -> Result<()> {
        if self.raw().is_null() {
            return Ok(());
        }
        let _busy = self.busy()?;
        // SAFETY: a statement that is not running.
        self.0.connection.0.check(unsafe { ffi::sqlite3_clear_bindings(self.raw()) })
    }
    /// Number of the largest parameter.
    pub fn parameter_count(&self) -> i32 {
        // SAFETY: a statement or null.
        unsafe { ffi::sqlite3_bind_parameter_count(self.raw()) }
    }
    /// Name of a parameter, with its prefix; None for `?`.
    pub fn parameter_name(&self, i: i32) -> Option<String> {
        // SAFETY: a statement or null; the name is copied at once.
        unsafe { text(ffi::sqlite3_bind_parameter_name(self.raw(), i)) }
    }
    /// Number of a parameter by its name, with its prefix.
    pub fn parameter_index(&self, name: &str) -> Option<i32> {
        let name = c_text(name);
        // SAFETY: a statement or null.
        Some(unsafe { ffi::sqlite3_bind_parameter_index(self.raw(), name.as_ptr()) }).filter(|&i| i > 0)
    }
    /// Gives a parameter its value.
    pub fn bind(&self, i: i32, v: &Value) -> Result<()> {
        let _busy = self.busy()?;
        let raw = self.raw();
        if raw.is_null() {
            return Err(Error::of_code(ffi::SQLITE_RANGE));
        }
        // SAFETY: a statement that is not running; the library copies what it is given.
        let code = unsafe {
            match v {
                Value::Null => ffi::sqlite3_bind_null(raw, i),
                Value::Integer(n) => ffi::sqlite3_bind_int64(raw, i, *n),
                Value::Real(n) => ffi::sqlite3_bind_double(raw, i, *n),
                Value::Text(t) => ffi::sqlite3_bind_text64(
                    raw,
                    i,
                    t.as_ptr().cast(),
                    t.len() as u64,
                    ffi::SQLITE_TRANSIENT(),
                    ffi::SQLITE_UTF8 as u8,
                ),
                // A null pointer would be NULL.
                Value::Blob(b) => ffi::sqlite3_bind_blob64(
                    raw,
                    i,
                    b.as_ptr().cast(),
                    b.len() as u64,
                    ffi::SQLITE_TRANSIENT(),
                ),
            }
        };
        self.0.connection.0.check(code)
    }
    /// Runs to the next row; false at the end.
    pub fn step(&self, program: &mut dyn Program) -> Result<bool> {
        let _busy = self.busy()?;
        let raw = self.raw();
        if raw.is_null() {
            return Ok(false);
        }
        // SAFETY: a statement that is not running; `self` keeps it, and a running connection is not closed.
        match self.0.connection.0.run(program, || unsafe { ffi::sqlite3_step(raw) }) {
            ffi::SQLITE_ROW => Ok(true),
            ffi::SQLITE_DONE => Ok(false),
            code => self.0.connection.0.check(code).map(|()| false),
        }
    }
    /// Number of columns of the result.
    pub fn column_count(&self) -> i32 {
        // SAFETY: a statement or null.
        unsafe { ffi::sqlite3_column_count(self.raw()) }
    }
    /// Name of a column of the result.
    pub fn column_name(&self, i: i32) -> String {
        self.column_text(i, ffi::sqlite3_column_name).unwrap_or_default()
    }
    fn column_text(
        &self,
        i: i32,
        f: unsafe extern "C" fn(*mut ffi::sqlite3_stmt, c_int) -> *const c_char,
    ) -> Option<String> {
        // SAFETY: one of the library's functions that tell of a column, for a statement or null; the text is copied at once.
        unsafe { text(f(self.raw(), i)) }
    }
    /// Where a column of the result comes from.
    pub fn column_source(&self, i: i32) -> ColumnSource {
        ColumnSource {
            column: self.column_text(i, ffi::sqlite3_column_origin_name),
            database: self.column_text(i, ffi::sqlite3_column_database_name),
            name: self.column_text(i, ffi::sqlite3_column_name),
            table: self.column_text(i, ffi::sqlite3_column_table_name),
            declared_type: self.column_text(i, ffi::sqlite3_column_decltype),
        }
    }
    /// Shows a value of the row to `f`, while which the statement can do nothing else.
    pub fn with_value<R>(&self, i: i32, f: impl FnOnce(ValueRef<'_>) -> R) -> Result<R> {
        let _busy = self.busy()?;
        if self.raw().is_null() {
            return Ok(f(ValueRef::Null));
        }
        // SAFETY: the statement is marked as busy, so that its row stays, and a busy statement is not finalized.
        Ok(f(unsafe { value::of_column(self.raw(), i) }))
    }
    /// The statement as it was written.
    pub fn sql(&self) -> String {
        // SAFETY: a statement or null.
        unsafe { text(ffi::sqlite3_sql(self.raw())) }.unwrap_or_default()
    }
    /// The statement with its parameters filled in; None if that is too long.
    pub fn expanded_sql(&self) -> Option<String> {
        // SAFETY: a statement or null; the text is ours to free.
        unsafe {
            let p = ffi::sqlite3_expanded_sql(self.raw());
            let copy = text(p);
            ffi::sqlite3_free(p.cast());
            copy
        }
    }
}
