//! Copies of whole databases.

use std::ptr;

use libsqlite3_sys as ffi;

use crate::callback::Program;
use crate::connection::c_text;
use crate::{Connection, Error, OpenOptions, Result};

/// A copy in progress; dropped, it ends.
pub struct Backup {
    source: Connection,
    destination: Connection,
    raw: *mut ffi::sqlite3_backup,
}
impl Backup {
    /// Starts to copy the database `source_name` of a connection to `target_name` of a file.
    pub fn start(
        source: &Connection,
        source_name: &str,
        path: &str,
        target_name: &str,
        program: &mut dyn Program,
    ) -> Result<Backup> {
        let destination =
            Connection::open(path, &OpenOptions { double_quoted_strings: true, ..OpenOptions::default() })?;
        let (from, to) = (source.0.db()?, destination.0.db()?);
        let (source_name, target_name) = (c_text(source_name), c_text(target_name));
        // SAFETY: two open connections, which the result holds.
        let raw = source.0.run(program, || unsafe {
            ffi::sqlite3_backup_init(to, target_name.as_ptr(), from, source_name.as_ptr())
        });
        if raw.is_null() {
            // SAFETY: an open connection.
            return Err(unsafe { Error::of_connection(to) });
        }
        Ok(Backup { source: source.clone(), destination, raw })
    }
    /// Copies up to `pages` pages, all if negative; true when the copy is complete. A lock that somebody else holds makes it
    /// wait for the next step.
    pub fn step(&mut self, pages: i32, program: &mut dyn Program) -> Result<bool> {
        if !self.source.is_open() {
            return Err(Error::misuse("database is not open"));
        }
        let raw = self.raw;
        // SAFETY: a backup that is in progress, between open connections.
        match self.source.0.run(program, || unsafe { ffi::sqlite3_backup_step(raw, pages) }) {
            ffi::SQLITE_DONE => Ok(true),
            ffi::SQLITE_OK | ffi::SQLITE_BUSY | ffi::SQLITE_LOCKED => Ok(false),
            code => {
                let error = Error::of_code(code);
                // SAFETY: an open connection.
                let last = self.destination.0.db().map(|db| unsafe { Error::of_connection(db) });
                Err(last.ok().filter(|e| e.code == code).unwrap_or(error))
            }
        }
    }
    /// Pages in all.
    pub fn page_count(&self) -> i32 {
        // SAFETY: a backup that is in progress.
        unsafe { ffi::sqlite3_backup_pagecount(self.raw) }
    }
    /// Pages still to copy.
    pub fn remaining(&self) -> i32 {
        // SAFETY: as above.
        unsafe { ffi::sqlite3_backup_remaining(self.raw) }
    }
}
impl Drop for Backup {
    fn drop(&mut self) {
        // SAFETY: in progress until now; both connections are open, because neither can be closed meanwhile.
        unsafe { ffi::sqlite3_backup_finish(self.raw) };
        self.raw = ptr::null_mut();
    }
}
