//! Sessions, which record changes, and changesets, which carry them elsewhere.

use std::cell::Cell;
use std::ffi::{c_char, c_int, c_void};
use std::ptr;
use std::rc::Rc;

use libsqlite3_sys as ffi;

use crate::callback::{Program, Reply};
use crate::connection::{Inner, c_text};
use crate::error::text;
use crate::{Connection, Error, Result, ValueRef};

pub(crate) struct SessionInner {
    connection: Connection,
    /// Null once deleted.
    raw: Cell<*mut ffi::sqlite3_session>,
}
/// A session; see [`Connection::session`].
#[derive(Clone)]
pub struct Session(pub(crate) Rc<SessionInner>);

impl SessionInner {
    pub(crate) fn delete(&self) {
        let raw = self.raw.replace(ptr::null_mut());
        if !raw.is_null() {
            // SAFETY: a session of an open connection, once.
            unsafe { ffi::sqlite3session_delete(raw) };
        }
    }
}
impl Drop for SessionInner {
    fn drop(&mut self) {
        self.delete();
        self.connection.0.forget_session(self);
    }
}

impl Session {
    pub(crate) fn new(
        connection: &Connection,
        program: &mut dyn Program,
        database: &str,
        table: Option<&str>,
    ) -> Result<Session> {
        let db = connection.0.db()?;
        let (database, table) = (c_text(database), table.map(c_text));
        let mut raw = ptr::null_mut();
        // SAFETY: an open connection and texts that live through the calls.
        let code = connection.0.run(program, || unsafe {
            match ffi::sqlite3session_create(db, database.as_ptr(), &mut raw) {
                ffi::SQLITE_OK => {
                    ffi::sqlite3session_attach(raw, table.as_ref().map_or(ptr::null(), |t| t.as_ptr()))
                }
                code => code,
            }
        });
        // Made first, so that the session is deleted whatever came of attaching.
        let session = Session(Rc::new(SessionInner { connection: connection.clone(), raw: Cell::new(raw) }));
        connection.0.check(code)?;
        Ok(session)
    }
    /// The connection.
    pub fn connection(&self) -> &Connection {
        &self.0.connection
    }
    /// Is it recording?
    pub fn is_open(&self) -> bool {
        !self.0.raw.get().is_null()
    }
    /// Ends it.
    pub fn close(&self) -> Result<()> {
        self.0.connection.0.check_idle()?;
        self.0.delete();
        Ok(())
    }
    /// The changes so far, with old values.
    pub fn changeset(&self, program: &mut dyn Program) -> Result<Vec<u8>> {
        self.changes(program, ffi::sqlite3session_changeset)
    }
    /// The changes so far, with what is needed to repeat them only.
    pub fn patchset(&self, program: &mut dyn Program) -> Result<Vec<u8>> {
        self.changes(program, ffi::sqlite3session_patchset)
    }
    fn changes(
        &self,
        program: &mut dyn Program,
        f: unsafe extern "C" fn(*mut ffi::sqlite3_session, *mut c_int, *mut *mut c_void) -> c_int,
    ) -> Result<Vec<u8>> {
        let raw = self.0.raw.get();
        if raw.is_null() {
            return Err(Error::misuse("session is not open"));
        }
        let (mut length, mut data) = (0, ptr::null_mut());
        // SAFETY: an open session and places for the result.
        let code = self.0.connection.0.run(program, || unsafe { f(raw, &mut length, &mut data) });
        self.0.connection.0.check(code)?;
        if data.is_null() {
            return Ok(Vec::new());
        }
        // SAFETY: the library gives away that many bytes.
        let bytes = unsafe { std::slice::from_raw_parts(data.cast::<u8>(), length.max(0) as usize) }.to_vec();
        // SAFETY: as above; they have been copied.
        unsafe { ffi::sqlite3_free(data) };
        Ok(bytes)
    }
}

/// Functions of the program that decide about changes as they are applied.
#[derive(Clone, Copy, Debug, Default)]
pub struct ChangesetHandlers {
    /// Shall the changes of this table be applied?
    pub filter: Option<u32>,
    /// What to do about a conflict of this kind; without it, applying ends.
    pub conflict: Option<u32>,
}
struct Applying<'a> {
    connection: &'a Inner,
    handlers: ChangesetHandlers,
    /// The program's function failed: nothing more is applied.
    failed: bool,
}
impl Connection {
    /// Applies a changeset or patchset; false if a conflict ended it, and nothing has been changed.
    pub fn apply_changeset(
        &self,
        program: &mut dyn Program,
        changeset: &[u8],
        handlers: ChangesetHandlers,
    ) -> Result<bool> {
        let db = self.0.db()?;
        let length = c_int::try_from(changeset.len()).map_err(|_| Error::of_code(ffi::SQLITE_TOOBIG))?;
        let mut applying = Applying { connection: &self.0, handlers, failed: false };
        let context: *mut Applying<'_> = &mut applying;
        let filter = handlers.filter.map(|_| filter as unsafe extern "C" fn(_, _) -> _);
        // SAFETY: an open connection; that many bytes, which the library only reads; the context lives through the call, and
        // nothing else refers to it.
        let code = self.0.run(program, || unsafe {
            ffi::sqlite3changeset_apply(
                db,
                length,
                changeset.as_ptr().cast_mut().cast(),
                filter,
                Some(conflict),
                context.cast(),
            )
        });
        match code {
            ffi::SQLITE_OK => Ok(true),
            ffi::SQLITE_ABORT if !applying.failed => Ok(false),
            code => Err(Error::of_code(code)),
        }
    }
}
unsafe extern "C" fn filter(context: *mut c_void, table: *const c_char) -> c_int {
    // SAFETY: what `apply_changeset` gave; a text of the library's.
    let (applying, table) =
        unsafe { (&mut *context.cast::<Applying<'_>>(), text(table).unwrap_or_default()) };
    let Some(function) = applying.handlers.filter else { return 1 };
    if applying.failed {
        return 0;
    }
    match applying.connection.call(function, &[ValueRef::Text(table.as_bytes())]) {
        Reply::Value(v) => c_int::from(v.code() != Some(0)),
        _ => {
            applying.failed = true;
            0
        }
    }
}
unsafe extern "C" fn conflict(
    context: *mut c_void,
    kind: c_int,
    _: *mut ffi::sqlite3_changeset_iter,
) -> c_int {
    // SAFETY: what `apply_changeset` gave.
    let applying = unsafe { &mut *context.cast::<Applying<'_>>() };
    let Some(function) = applying.handlers.conflict else { return ffi::SQLITE_CHANGESET_ABORT };
    match applying.connection.call(function, &[ValueRef::Integer(kind.into())]) {
        // What is no resolution is a misuse, which the library reports.
        Reply::Value(v) => v.code().unwrap_or(-1),
        _ => {
            applying.failed = true;
            ffi::SQLITE_CHANGESET_ABORT
        }
    }
}
