//! SQLite: connections, statements, user-defined functions, sessions and backups.
//!
//! Entry points: [`Connection::open`], from which the rest is made. Whatever may call back into the program takes a
//! [`Program`]: SQLite knows the program's functions by number only.
//!
//! *Invariants*: every pointer of the library is owned by one Rust value; a connection outlives what was made from it,
//! because that holds it; nothing is finalized while it is running. *Not here*: JavaScript.

mod backup;
mod callback;
mod connection;
mod error;
mod session;
mod statement;
mod value;

pub use backup::Backup;
pub use callback::{Aggregate, FunctionOptions, Program, Reply};
pub use connection::{Connection, LIMITS, OpenOptions};
pub use error::{Error, Result};
pub use session::{ChangesetHandlers, Session};
pub use statement::{ColumnSource, Statement};
pub use value::{Value, ValueRef};

/// Result codes of the authorizer, its actions, and the conflicts and resolutions of changesets, by name.
pub const CONSTANTS: &[(&str, i32)] = &[
    ("SQLITE_CHANGESET_OMIT", libsqlite3_sys::SQLITE_CHANGESET_OMIT),
    ("SQLITE_CHANGESET_REPLACE", libsqlite3_sys::SQLITE_CHANGESET_REPLACE),
    ("SQLITE_CHANGESET_ABORT", libsqlite3_sys::SQLITE_CHANGESET_ABORT),
    ("SQLITE_CHANGESET_DATA", libsqlite3_sys::SQLITE_CHANGESET_DATA),
    ("SQLITE_CHANGESET_NOTFOUND", libsqlite3_sys::SQLITE_CHANGESET_NOTFOUND),
    ("SQLITE_CHANGESET_CONFLICT", libsqlite3_sys::SQLITE_CHANGESET_CONFLICT),
    ("SQLITE_CHANGESET_CONSTRAINT", libsqlite3_sys::SQLITE_CHANGESET_CONSTRAINT),
    ("SQLITE_CHANGESET_FOREIGN_KEY", libsqlite3_sys::SQLITE_CHANGESET_FOREIGN_KEY),
    ("SQLITE_OK", libsqlite3_sys::SQLITE_OK),
    ("SQLITE_DENY", libsqlite3_sys::SQLITE_DENY),
    ("SQLITE_IGNORE", libsqlite3_sys::SQLITE_IGNORE),
    ("SQLITE_CREATE_INDEX", libsqlite3_sys::SQLITE_CREATE_INDEX),
    ("SQLITE_CREATE_TABLE", libsqlite3_sys::SQLITE_CREATE_TABLE),
    ("SQLITE_CREATE_TEMP_INDEX", libsqlite3_sys::SQLITE_CREATE_TEMP_INDEX),
    ("SQLITE_CREATE_TEMP_TABLE", libsqlite3_sys::SQLITE_CREATE_TEMP_TABLE),
    ("SQLITE_CREATE_TEMP_TRIGGER", libsqlite3_sys::SQLITE_CREATE_TEMP_TRIGGER),
    ("SQLITE_CREATE_TEMP_VIEW", libsqlite3_sys::SQLITE_CREATE_TEMP_VIEW),
    ("SQLITE_CREATE_TRIGGER", libsqlite3_sys::SQLITE_CREATE_TRIGGER),
    ("SQLITE_CREATE_VIEW", libsqlite3_sys::SQLITE_CREATE_VIEW),
    ("SQLITE_DELETE", libsqlite3_sys::SQLITE_DELETE),
    ("SQLITE_DROP_INDEX", libsqlite3_sys::SQLITE_DROP_INDEX),
    ("SQLITE_DROP_TABLE", libsqlite3_sys::SQLITE_DROP_TABLE),
    ("SQLITE_DROP_TEMP_INDEX", libsqlite3_sys::SQLITE_DROP_TEMP_INDEX),
    ("SQLITE_DROP_TEMP_TABLE", libsqlite3_sys::SQLITE_DROP_TEMP_TABLE),
    ("SQLITE_DROP_TEMP_TRIGGER", libsqlite3_sys::SQLITE_DROP_TEMP_TRIGGER),
    ("SQLITE_DROP_TEMP_VIEW", libsqlite3_sys::SQLITE_DROP_TEMP_VIEW),
    ("SQLITE_DROP_TRIGGER", libsqlite3_sys::SQLITE_DROP_TRIGGER),
    ("SQLITE_DROP_VIEW", libsqlite3_sys::SQLITE_DROP_VIEW),
    ("SQLITE_INSERT", libsqlite3_sys::SQLITE_INSERT),
    ("SQLITE_PRAGMA", libsqlite3_sys::SQLITE_PRAGMA),
    ("SQLITE_READ", libsqlite3_sys::SQLITE_READ),
    ("SQLITE_SELECT", libsqlite3_sys::SQLITE_SELECT),
    ("SQLITE_TRANSACTION", libsqlite3_sys::SQLITE_TRANSACTION),
    ("SQLITE_UPDATE", libsqlite3_sys::SQLITE_UPDATE),
    ("SQLITE_ATTACH", libsqlite3_sys::SQLITE_ATTACH),
    ("SQLITE_DETACH", libsqlite3_sys::SQLITE_DETACH),
    ("SQLITE_ALTER_TABLE", libsqlite3_sys::SQLITE_ALTER_TABLE),
    ("SQLITE_REINDEX", libsqlite3_sys::SQLITE_REINDEX),
    ("SQLITE_ANALYZE", libsqlite3_sys::SQLITE_ANALYZE),
    ("SQLITE_CREATE_VTABLE", libsqlite3_sys::SQLITE_CREATE_VTABLE),
    ("SQLITE_DROP_VTABLE", libsqlite3_sys::SQLITE_DROP_VTABLE),
    ("SQLITE_FUNCTION", libsqlite3_sys::SQLITE_FUNCTION),
    ("SQLITE_SAVEPOINT", libsqlite3_sys::SQLITE_SAVEPOINT),
    ("SQLITE_COPY", libsqlite3_sys::SQLITE_COPY),
    ("SQLITE_RECURSIVE", libsqlite3_sys::SQLITE_RECURSIVE),
];
/// The version of the library.
pub const VERSION: &str = match libsqlite3_sys::SQLITE_VERSION.to_str() {
    Ok(text) => text,
    Err(_) => "",
};

#[cfg(test)]
mod tests;
