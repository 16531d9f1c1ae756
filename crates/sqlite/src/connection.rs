//! A connection to a database.

use std::cell::{Cell, RefCell};
use std::ffi::{CString, c_char, c_int};
use std::ptr::{self, NonNull};
use std::rc::{Rc, Weak};

use libsqlite3_sys as ffi;

use crate::callback::Program;
use crate::error::text;
use crate::session::SessionInner;
use crate::statement::StatementInner;
use crate::{Error, Result, Session, Statement};

/// How to open a database.
#[derive(Clone, Copy, Debug, Default)]
pub struct OpenOptions {
    /// Refuse changes.
    pub read_only: bool,
    /// Enforce foreign keys.
    pub foreign_keys: bool,
    /// Take text in double quotes for a string where no column has the name.
    pub double_quoted_strings: bool,
    /// Refuse what would damage the file.
    pub defensive: bool,
    /// Let extensions be loaded, from C.
    pub load_extension: bool,
    /// How long to wait for a lock, in milliseconds.
    pub busy_timeout_ms: i32,
}

/// The limits of a connection, by the names of the properties that show them.
pub const LIMITS: &[(&str, i32)] = &[
    ("length", ffi::SQLITE_LIMIT_LENGTH),
    ("sqlLength", ffi::SQLITE_LIMIT_SQL_LENGTH),
    ("column", ffi::SQLITE_LIMIT_COLUMN),
    ("exprDepth", ffi::SQLITE_LIMIT_EXPR_DEPTH),
    ("compoundSelect", ffi::SQLITE_LIMIT_COMPOUND_SELECT),
    ("vdbeOp", ffi::SQLITE_LIMIT_VDBE_OP),
    ("functionArg", ffi::SQLITE_LIMIT_FUNCTION_ARG),
    ("attach", ffi::SQLITE_LIMIT_ATTACHED),
    ("likePatternLength", ffi::SQLITE_LIMIT_LIKE_PATTERN_LENGTH),
    ("variableNumber", ffi::SQLITE_LIMIT_VARIABLE_NUMBER),
    ("triggerDepth", ffi::SQLITE_LIMIT_TRIGGER_DEPTH),
];

/// What statements and sessions share with their connection.
pub(crate) struct Inner {
    /// Null once closed.
    db: Cell<*mut ffi::sqlite3>,
    /// Whom to call, while the library is running.
    program: Cell<Option<NonNull<dyn Program>>>,
    /// How many calls of the library are running.
    running: Cell<u32>,
    /// Number of the program's function that allows or denies actions.
    pub(crate) authorizer: Cell<Option<u32>>,
    /// How many runs of aggregates there were.
    runs: Cell<i64>,
    statements: RefCell<Vec<Weak<StatementInner>>>,
    sessions: RefCell<Vec<Weak<SessionInner>>>,
}
/// A connection; see [`Connection::open`].
#[derive(Clone)]
pub struct Connection(pub(crate) Rc<Inner>);

/// A text for C: SQL and names end at a zero.
pub(crate) fn c_text(t: &str) -> CString {
    let end = t.find('\0').unwrap_or(t.len());
    CString::new(&t[..end]).unwrap_or_default()
}

impl Inner {
    /// The connection; an error once it is closed.
    pub(crate) fn db(&self) -> Result<*mut ffi::sqlite3> {
        match self.db.get() {
            p if p.is_null() => Err(Error::misuse("database is not open")),
            p => Ok(p),
        }
    }
    /// The outcome of a call that returned `code`.
    pub(crate) fn check(&self, code: c_int) -> Result<()> {
        if code == ffi::SQLITE_OK {
            return Ok(());
        }
        // SAFETY: `db` gives only open connections.
        self.db().and_then(|db| Err(unsafe { Error::of_connection(db) }))
    }
    /// An error while a call of the library is running.
    pub(crate) fn check_idle(&self) -> Result<()> {
        if self.running.get() == 0 {
            Ok(())
        } else {
            Err(Error::misuse("session cannot be closed while in a callback"))
        }
    }
    /// Runs `f`, during which the library may call functions of `program`.
    pub(crate) fn run<R>(&self, program: &mut dyn Program, f: impl FnOnce() -> R) -> R {
        struct Restore<'a>(&'a Inner, Option<NonNull<dyn Program>>);
        impl Drop for Restore<'_> {
            fn drop(&mut self) {
                self.0.program.set(self.1);
                self.0.running.set(self.0.running.get() - 1);
            }
        }
        let pointer: NonNull<dyn Program + '_> = NonNull::from(program);
        // SAFETY: only the lifetime changes; the pointer is taken away before this function returns, and `program` is
        // borrowed until then.
        let pointer =
            unsafe { std::mem::transmute::<NonNull<dyn Program + '_>, NonNull<dyn Program>>(pointer) };
        self.running.set(self.running.get() + 1);
        let _restore = Restore(self, self.program.replace(Some(pointer)));
        f()
    }
    /// The program while `f` has it: nobody else does.
    pub(crate) fn with_program<R>(&self, f: impl FnOnce(Option<&mut dyn Program>) -> R) -> R {
        let taken = self.program.take();
        // SAFETY: `run` put it there and has not returned; it is taken away meanwhile, so that this is the only use.
        let result = f(taken.map(|mut p| unsafe { p.as_mut() as &mut dyn Program }));
        self.program.set(taken);
        result
    }
    /// A number for the next run of an aggregate.
    pub(crate) fn next_run(&self) -> i64 {
        self.runs.set(self.runs.get() + 1);
        self.runs.get()
    }
    pub(crate) fn forget_statement(&self, which: *const StatementInner) {
        if let Ok(mut list) = self.statements.try_borrow_mut() {
            list.retain(|w| w.as_ptr() != which);
        }
    }
    pub(crate) fn forget_session(&self, which: *const SessionInner) {
        if let Ok(mut list) = self.sessions.try_borrow_mut() {
            list.retain(|w| w.as_ptr() != which);
        }
    }
}
impl Drop for Inner {
    fn drop(&mut self) {
        // SAFETY: what was made from the connection holds it, so that there is nothing left of it; null is allowed.
        unsafe { ffi::sqlite3_close(self.db.get()) };
    }
}

impl Connection {
    /// Opens a database; `path` may be `:memory:`, empty for a temporary one, or a `file:` URI.
    pub fn open(path: &str, options: &OpenOptions) -> Result<Connection> {
        let mode = if options.read_only {
            ffi::SQLITE_OPEN_READONLY
        } else {
            ffi::SQLITE_OPEN_READWRITE | ffi::SQLITE_OPEN_CREATE
        };
        let mut db = ptr::null_mut();
        let path = c_text(path);
        // SAFETY: the path ends with zero, and the place for the connection is valid.
        let code =
            unsafe { ffi::sqlite3_open_v2(path.as_ptr(), &mut db, mode | ffi::SQLITE_OPEN_URI, ptr::null()) };
        let inner = Inner {
            db: Cell::new(db),
            program: Cell::new(None),
            running: Cell::new(0),
            authorizer: Cell::new(None),
            runs: Cell::new(0),
            statements: RefCell::default(),
            sessions: RefCell::default(),
        };
        if db.is_null() {
            return Err(Error::of_code(code));
        }
        inner.check(code)?;
        let connection = Connection(Rc::new(inner));
        connection.configure(ffi::SQLITE_DBCONFIG_DQS_DML, options.double_quoted_strings)?;
        connection.configure(ffi::SQLITE_DBCONFIG_DQS_DDL, options.double_quoted_strings)?;
        connection.configure(ffi::SQLITE_DBCONFIG_ENABLE_FKEY, options.foreign_keys)?;
        connection.set_defensive(options.defensive)?;
        if options.load_extension {
            connection.set_load_extension(true)?;
        }
        // SAFETY: an open connection.
        connection.0.check(unsafe { ffi::sqlite3_busy_timeout(db, options.busy_timeout_ms) })?;
        Ok(connection)
    }
    fn configure(&self, option: c_int, on: bool) -> Result<()> {
        let db = self.0.db()?;
        // SAFETY: an open connection; these options take a number and a place for the outcome, which may be null.
        self.0.check(unsafe { ffi::sqlite3_db_config(db, option, c_int::from(on), ptr::null_mut::<c_int>()) })
    }
    /// Refuses what would damage the file, or no longer does.
    pub fn set_defensive(&self, on: bool) -> Result<()> {
        self.configure(ffi::SQLITE_DBCONFIG_DEFENSIVE, on)
    }
    /// Lets [`Connection::load_extension`] work, or no longer does. SQL cannot load extensions either way.
    pub fn set_load_extension(&self, on: bool) -> Result<()> {
        self.configure(ffi::SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, on)
    }
    /// Loads an extension.
    pub fn load_extension(
        &self,
        program: &mut dyn Program,
        path: &str,
        entry_point: Option<&str>,
    ) -> Result<()> {
        let db = self.0.db()?;
        let path = c_text(path);
        let entry_point = entry_point.map(c_text);
        let mut message = ptr::null_mut();
        // SAFETY: an open connection and texts that live through the call. The extension is native code that the program
        // asked for.
        let code = self.0.run(program, || unsafe {
            ffi::sqlite3_load_extension(
                db,
                path.as_ptr(),
                entry_point.as_ref().map_or(ptr::null(), |e| e.as_ptr()),
                &mut message,
            )
        });
        if code == ffi::SQLITE_OK {
            return Ok(());
        }
        // SAFETY: null or a text of the library's, which is ours to free.
        let message = unsafe { take_text(message) };
        let error = Error::of_code(code);
        Err(Error { message: message.unwrap_or(error.message), ..error })
    }
    fn finalize_statements(&self) -> Result<()> {
        let statements = self.0.statements.borrow().iter().filter_map(Weak::upgrade).collect::<Vec<_>>();
        if self.0.running.get() > 0 || statements.iter().any(|s| s.is_busy()) {
            return Err(Error::misuse("database cannot be closed while in a callback"));
        }
        for statement in &statements {
            statement.finalize();
        }
        Ok(())
    }
    /// Closes the connection, its statements and its sessions.
    pub fn close(&self) -> Result<()> {
        let db = self.0.db()?;
        self.finalize_statements()?;
        for w in self.0.sessions.take() {
            if let Some(session) = w.upgrade() {
                session.delete();
            }
        }
        // SAFETY: an open connection. Should a backup still read from it, it stays open, and the library says so.
        self.0.check(unsafe { ffi::sqlite3_close(db) })?;
        self.0.db.set(ptr::null_mut());
        Ok(())
    }
    /// Is it open?
    pub fn is_open(&self) -> bool {
        self.0.db().is_ok()
    }
    /// Are these the same connection?
    pub fn is(&self, other: &Connection) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
    /// Runs statements, whose rows are dropped.
    pub fn execute(&self, program: &mut dyn Program, sql: &str) -> Result<()> {
        let db = self.0.db()?;
        let sql = c_text(sql);
        // SAFETY: an open connection, which stays open while it runs, and a text that lives through the call.
        let code = self.0.run(program, || unsafe {
            ffi::sqlite3_exec(db, sql.as_ptr(), None, ptr::null_mut(), ptr::null_mut())
        });
        self.0.check(code)
    }
    /// Prepares the first statement of `sql`.
    pub fn prepare(&self, program: &mut dyn Program, sql: &str) -> Result<Statement> {
        let db = self.0.db()?;
        let mut raw = ptr::null_mut();
        let length = c_int::try_from(sql.len()).map_err(|_| Error::of_code(ffi::SQLITE_TOOBIG))?;
        // SAFETY: an open connection and a text of that many bytes.
        let code = self.0.run(program, || unsafe {
            ffi::sqlite3_prepare_v2(db, sql.as_ptr().cast(), length, &mut raw, ptr::null_mut())
        });
        self.0.check(code)?;
        let statement = Statement::new(self.clone(), raw);
        self.0.statements.borrow_mut().push(Rc::downgrade(&statement.0));
        Ok(statement)
    }
    /// A session that records the changes of a table of a database, or of all its tables.
    pub fn session(&self, program: &mut dyn Program, database: &str, table: Option<&str>) -> Result<Session> {
        let session = Session::new(self, program, database, table)?;
        self.0.sessions.borrow_mut().push(Rc::downgrade(&session.0));
        Ok(session)
    }
    /// Rows changed by the last statement.
    pub fn changes(&self) -> i64 {
        // SAFETY: an open connection.
        self.0.db().map_or(0, |db| unsafe { ffi::sqlite3_changes64(db) })
    }
    /// Id of the row inserted last.
    pub fn last_insert_rowid(&self) -> i64 {
        // SAFETY: an open connection.
        self.0.db().map_or(0, |db| unsafe { ffi::sqlite3_last_insert_rowid(db) })
    }
    /// Is a transaction open?
    pub fn is_transaction(&self) -> bool {
        // SAFETY: an open connection.
        self.0.db().is_ok_and(|db| unsafe { ffi::sqlite3_get_autocommit(db) } == 0)
    }
    /// The file of a database; None if it has none.
    pub fn location(&self, database: &str) -> Option<String> {
        let db = self.0.db().ok()?;
        let database = c_text(database);
        // SAFETY: an open connection; the name it gives is copied at once.
        unsafe { text(ffi::sqlite3_db_filename(db, database.as_ptr())) }.filter(|t| !t.is_empty())
    }
    /// The value of a limit of [`LIMITS`], after it is set to `value` if that is not negative.
    pub fn limit(&self, which: i32, value: i32) -> i32 {
        // SAFETY: an open connection; the library ignores limits that it does not know.
        self.0.db().map_or(-1, |db| unsafe { ffi::sqlite3_limit(db, which, value) })
    }
    /// A database as the bytes of a file.
    pub fn serialize(&self, program: &mut dyn Program, database: &str) -> Result<Vec<u8>> {
        let db = self.0.db()?;
        let database = c_text(database);
        let mut length = 0;
        // SAFETY: an open connection and a text that lives through the call.
        let data =
            self.0.run(program, || unsafe { ffi::sqlite3_serialize(db, database.as_ptr(), &mut length, 0) });
        if data.is_null() {
            // SAFETY: an open connection.
            let error = unsafe { Error::of_connection(db) };
            return if length == 0 && error.code == ffi::SQLITE_OK { Ok(Vec::new()) } else { Err(error) };
        }
        // SAFETY: the library gives away that many bytes.
        let bytes =
            unsafe { std::slice::from_raw_parts(data, usize::try_from(length).unwrap_or(0)) }.to_vec();
        // SAFETY: as above; they have been copied.
        unsafe { ffi::sqlite3_free(data.cast()) };
        Ok(bytes)
    }
    /// Takes the bytes of a file for a database, whose statements are finalized.
    pub fn deserialize(&self, program: &mut dyn Program, database: &str, bytes: &[u8]) -> Result<()> {
        let db = self.0.db()?;
        self.finalize_statements()?;
        let database = c_text(database);
        let size = bytes.len();
        // SAFETY: memory of the library's, as it must be to be given to it; checked for null before it is written.
        let copy = unsafe {
            let copy = ffi::sqlite3_malloc64(size as u64).cast::<u8>();
            if copy.is_null() {
                return Err(Error::of_code(ffi::SQLITE_NOMEM));
            }
            ptr::copy_nonoverlapping(bytes.as_ptr(), copy, size);
            copy
        };
        let flags = ffi::SQLITE_DESERIALIZE_FREEONCLOSE | ffi::SQLITE_DESERIALIZE_RESIZEABLE;
        // SAFETY: an open connection, and memory that the library owns from here on, whatever comes of the call.
        let code = self.0.run(program, || unsafe {
            ffi::sqlite3_deserialize(db, database.as_ptr(), copy, size as i64, size as i64, flags)
        });
        self.0.check(code)
    }
}
/// # Safety
/// `p` is null or a text that the library allocated and gave away.
unsafe fn take_text(p: *mut c_char) -> Option<String> {
    // SAFETY: by the contract.
    unsafe {
        let copy = text(p);
        ffi::sqlite3_free(p.cast());
        copy
    }
}
