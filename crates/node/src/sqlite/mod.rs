//! Binding `sqlite`: connections, statements, sessions and backups. What `node:sqlite` shows is made of them in
//! `lib/node/sqlite.js`, which checks arguments and options.

mod program;
mod statement;
mod values;

use std::any::Any;

use spey_engine::error::{self, ErrorKind};
use spey_engine::{
    Args, JsResult, Local, NativeData, NativeSpec, Object, PropertySpec, Scope, Value, attr, conversion,
    object, typed_array,
};
use spey_host as host;
use spey_sqlite::{
    Aggregate, Backup, ChangesetHandlers, Connection, Error, FunctionOptions, OpenOptions, Session,
};

use program::JsProgram;

type Returned<'s> = JsResult<Local<'s, Value>>;

/// Class tags.
const DATABASE: i32 = 221;
const STATEMENT: i32 = 222;
const SESSION: i32 = 223;
const BACKUP: i32 = 224;
/// Internal slot of databases: the functions that SQLite calls by number, as an array. Of what was made from a database: the
/// database.
const FUNCTIONS: usize = 2;
const OWNER: usize = 2;
const EXTRA_SLOTS: usize = 1;

struct Database(Connection);
struct SessionData(Session);
/// None while a step is running, and after the end.
struct BackupData(Option<Backup>);
impl NativeData for Database {
    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}
impl NativeData for SessionData {
    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}
impl NativeData for BackupData {
    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}

static DATABASE_CLASS: NativeSpec = NativeSpec::constructor("Database", 3, construct_database);
static DATABASE_METHODS: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("close", 0, |s, this, _| {
        let c = connection(s, this)?;
        settle(s, c.close())
    })),
    PropertySpec::Method(NativeSpec::new("exec", 1, exec)),
    PropertySpec::Method(NativeSpec::new("defineFunction", 5, define_function)),
    PropertySpec::Method(NativeSpec::new("defineAggregate", 8, define_aggregate)),
    PropertySpec::Method(NativeSpec::new("setAuthorizer", 1, set_authorizer)),
    PropertySpec::Method(NativeSpec::new("applyChangeset", 3, apply_changeset)),
    PropertySpec::Method(NativeSpec::new("loadExtension", 2, load_extension)),
    PropertySpec::Method(NativeSpec::new("setLoadExtension", 1, |s, this, args| {
        let c = connection(s, this)?;
        settle(s, c.set_load_extension(flag(args, 0)))
    })),
    PropertySpec::Method(NativeSpec::new("setDefensive", 1, |s, this, args| {
        let c = connection(s, this)?;
        settle(s, c.set_defensive(flag(args, 0)))
    })),
    PropertySpec::Method(NativeSpec::new("isTransaction", 0, |s, this, _| {
        let c = connection(s, this)?;
        Ok(s.bool(c.is_transaction()))
    })),
    PropertySpec::Method(NativeSpec::new("location", 1, |s, this, args| {
        let c = connection(s, this)?;
        let name = text(s, args.get(0));
        Ok(match c.location(&name) {
            Some(path) => s.string_value(&path),
            None => s.null(),
        })
    })),
    PropertySpec::Method(NativeSpec::new("serialize", 1, |s, this, args| {
        let c = connection(s, this)?;
        let database = checked_object(s, this)?;
        let name = text(s, args.get(0));
        let bytes = with_program(s, database, |p| c.serialize(p, &name))?;
        Ok(typed_array::from_bytes(s, &bytes)?.value())
    })),
    PropertySpec::Method(NativeSpec::new("deserialize", 2, |s, this, args| {
        let c = connection(s, this)?;
        let database = checked_object(s, this)?;
        let bytes = host::copy_bytes_of(args.get(0)).unwrap_or_default();
        let name = text(s, args.get(1));
        with_program(s, database, |p| c.deserialize(p, &name, &bytes))?;
        Ok(s.undefined())
    })),
    PropertySpec::Method(NativeSpec::new("limit", 2, |s, this, args| {
        let c = connection(s, this)?;
        let (which, value) = (number(args, 0), number(args, 1));
        Ok(s.int(c.limit(which, value)))
    })),
];
static STATEMENT_CLASS: NativeSpec = NativeSpec::constructor("Statement", 2, statement::construct);
static SESSION_CLASS: NativeSpec = NativeSpec::constructor("Session", 3, construct_session);
static SESSION_METHODS: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("changeset", 0, |s, this, _| {
        session_changes(s, this, Session::changeset)
    })),
    PropertySpec::Method(NativeSpec::new("patchset", 0, |s, this, _| {
        session_changes(s, this, Session::patchset)
    })),
    PropertySpec::Method(NativeSpec::new("close", 0, |s, this, _| {
        let session = host::with_data::<SessionData, _>(s, this, |d| d.0.clone())?;
        settle(s, session.close())
    })),
    PropertySpec::Method(NativeSpec::new("isOpen", 0, |s, this, _| {
        let open = host::with_data::<SessionData, _>(s, this, |d| d.0.is_open())?;
        Ok(s.bool(open))
    })),
];
static BACKUP_CLASS: NativeSpec = NativeSpec::constructor("Backup", 4, construct_backup);
static BACKUP_METHODS: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("step", 1, step_backup)),
    PropertySpec::Method(NativeSpec::new("pageCount", 0, |s, this, _| {
        let n = host::with_data::<BackupData, _>(s, this, |d| d.0.as_ref().map_or(0, Backup::page_count))?;
        Ok(s.int(n))
    })),
    PropertySpec::Method(NativeSpec::new("remaining", 0, |s, this, _| {
        let n = host::with_data::<BackupData, _>(s, this, |d| d.0.as_ref().map_or(0, Backup::remaining))?;
        Ok(s.int(n))
    })),
    PropertySpec::Method(NativeSpec::new("finish", 0, |s, this, _| {
        let backup = host::with_data_mut::<BackupData, _>(s, this, |d| d.0.take())?;
        drop(backup);
        Ok(s.undefined())
    })),
];

pub(crate) fn install(s: &mut Scope<'_>, target: Local<'_, Object>) {
    host::define_class(s, target, &DATABASE_CLASS, DATABASE_METHODS);
    host::define_class(s, target, &STATEMENT_CLASS, statement::METHODS);
    host::define_class(s, target, &SESSION_CLASS, SESSION_METHODS);
    host::define_class(s, target, &BACKUP_CLASS, BACKUP_METHODS);
    let constants = object::new_object(s);
    for (name, n) in spey_sqlite::CONSTANTS {
        host::constant_number(s, constants, name, f64::from(*n));
    }
    host::define_value(s, target, "constants", constants.value());
    let limits = object::new_object(s);
    for (name, n) in spey_sqlite::LIMITS {
        host::constant_number(s, limits, name, f64::from(*n));
    }
    host::define_value(s, target, "limits", limits.value());
}

fn text(s: &mut Scope<'_>, v: Local<'_, Value>) -> String {
    v.as_string().map(|t| t.to_text(s)).unwrap_or_default()
}
fn flag(args: &Args<'_>, i: usize) -> bool {
    conversion::to_boolean(args.get(i).raw())
}
fn number(args: &Args<'_>, i: usize) -> i32 {
    args.get(i).as_number().unwrap_or(0.0) as i32
}
fn connection(s: &mut Scope<'_>, this: Local<'_, Value>) -> JsResult<Connection> {
    host::with_data::<Database, _>(s, this, |d| d.0.clone())
}
/// The object of a class, after its data has been asked for.
fn checked_object<'s>(s: &mut Scope<'_>, this: Local<'s, Value>) -> JsResult<Local<'s, Object>> {
    match this.as_object() {
        Some(o) => Ok(o),
        None => s.throw_type_error("Illegal invocation"),
    }
}
/// Throws an error of SQLite's.
fn throw<T>(s: &mut Scope<'_>, e: &Error) -> JsResult<T> {
    let o = error::create(s, ErrorKind::Error, &e.message);
    s.nested(|s| {
        let set = |s: &mut Scope<'_>, name, v: Local<'_, Value>| {
            let key = s.key(name);
            object::define(s, o, key, v, attr::ALL);
        };
        let code = s.string_value(if e.is_refusal { "ERR_INVALID_STATE" } else { "ERR_SQLITE_ERROR" });
        set(s, "code", code);
        if !e.is_refusal {
            let number = s.int(e.code);
            set(s, "errcode", number);
            let meaning = s.string_value(&e.meaning);
            set(s, "errstr", meaning);
        }
    });
    s.throw(o.value())
}
fn settle<'s>(s: &mut Scope<'s>, result: spey_sqlite::Result<()>) -> Returned<'s> {
    match result {
        Ok(()) => Ok(s.undefined()),
        Err(e) => throw(s, &e),
    }
}
/// Runs `f`, which may call functions of the database; what they throw comes before what SQLite makes of it.
fn with_program<R>(
    s: &mut Scope<'_>,
    database: Local<'_, Object>,
    f: impl FnOnce(&mut JsProgram<'_, '_>) -> spey_sqlite::Result<R>,
) -> JsResult<R> {
    let mut program = JsProgram::new(s, database);
    let result = f(&mut program);
    program.rethrow()?;
    match result {
        Ok(r) => Ok(r),
        Err(e) => throw(s, &e),
    }
}

// ---------------------------------------------------------------- Database

/// new Database(path, flags, timeout, functions): bits of flags are readOnly, foreign keys, strings in double quotes,
/// defensive, extensions.
fn construct_database<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let path = text(s, args.get(0));
    let bits = number(args, 1);
    let options = OpenOptions {
        read_only: bits & 1 != 0,
        foreign_keys: bits & 2 != 0,
        double_quoted_strings: bits & 4 != 0,
        defensive: bits & 8 != 0,
        load_extension: bits & 16 != 0,
        busy_timeout_ms: number(args, 2),
    };
    match Connection::open(&path, &options) {
        Ok(c) => {
            let o = host::new_host_object(s, args, DATABASE, Box::new(Database(c)), EXTRA_SLOTS)?;
            let functions = object::new_array(s, 0);
            o.set_slot(s, FUNCTIONS, functions.raw());
            Ok(o.value())
        }
        Err(e) => throw(s, &e),
    }
}
fn exec<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let c = connection(s, this)?;
    let database = checked_object(s, this)?;
    let sql = text(s, args.get(0));
    with_program(s, database, |p| c.execute(p, &sql))?;
    Ok(s.undefined())
}
/// defineFunction(name, argumentCount, flags, f): bits of flags are deterministic, direct only, BigInt arguments.
fn define_function<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let c = connection(s, this)?;
    let database = checked_object(s, this)?;
    let name = text(s, args.get(0));
    let bits = number(args, 2);
    let function = program::register(s, database, args.get(3), bits & 4 != 0);
    let result = c.define_function(&name, &function_options(args, bits), function);
    settle(s, result)
}
fn function_options(args: &Args<'_>, bits: i32) -> FunctionOptions {
    FunctionOptions {
        argument_count: number(args, 1),
        deterministic: bits & 1 != 0,
        direct_only: bits & 2 != 0,
    }
}
/// defineAggregate(name, argumentCount, flags, step, inverse, value, finish)
fn define_aggregate<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let c = connection(s, this)?;
    let database = checked_object(s, this)?;
    let name = text(s, args.get(0));
    let bits = number(args, 2);
    let register = |s: &mut Scope<'_>, i| program::register(s, database, args.get(i), bits & 4 != 0);
    let aggregate = Aggregate {
        step: register(s, 3),
        inverse: if args.get(4).is_callable() { Some(register(s, 4)) } else { None },
        value: register(s, 5),
        finish: register(s, 6),
    };
    let result = c.define_aggregate(&name, &function_options(args, bits), aggregate);
    settle(s, result)
}
fn set_authorizer<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let c = connection(s, this)?;
    let database = checked_object(s, this)?;
    let function = if args.get(0).is_callable() {
        Some(program::register(s, database, args.get(0), false))
    } else {
        None
    };
    let result = c.set_authorizer(function);
    settle(s, result)
}
/// applyChangeset(bytes, filter, onConflict)
fn apply_changeset<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let c = connection(s, this)?;
    let database = checked_object(s, this)?;
    let bytes = host::copy_bytes_of(args.get(0)).unwrap_or_default();
    let register = |s: &mut Scope<'_>, i| {
        args.get(i).is_callable().then(|| program::register(s, database, args.get(i), false))
    };
    let handlers = ChangesetHandlers { filter: register(s, 1), conflict: register(s, 2) };
    let result = with_program(s, database, |p| c.apply_changeset(p, &bytes, handlers));
    for function in [handlers.filter, handlers.conflict].into_iter().flatten() {
        program::forget(s, database, function);
    }
    let applied = result?;
    Ok(s.bool(applied))
}
fn load_extension<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let c = connection(s, this)?;
    let database = checked_object(s, this)?;
    let path = text(s, args.get(0));
    let entry_point = args.get(1).as_string().map(|t| t.to_text(s));
    with_program(s, database, |p| c.load_extension(p, &path, entry_point.as_deref()))?;
    Ok(s.undefined())
}

// ---------------------------------------------------------------- Session

/// new Session(database, db, table)
fn construct_session<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let c = connection(s, args.get(0))?;
    let database = checked_object(s, args.get(0))?;
    let name = text(s, args.get(1));
    let table = args.get(2).as_string().map(|t| t.to_text(s));
    let session = with_program(s, database, |p| c.session(p, &name, table.as_deref()))?;
    let o = host::new_host_object(s, args, SESSION, Box::new(SessionData(session)), EXTRA_SLOTS)?;
    o.set_slot(s, OWNER, database.raw());
    Ok(o.value())
}
fn session_changes<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    f: fn(&Session, &mut dyn spey_sqlite::Program) -> spey_sqlite::Result<Vec<u8>>,
) -> Returned<'s> {
    let session = host::with_data::<SessionData, _>(s, this, |d| d.0.clone())?;
    let database = owner(s, this)?;
    let bytes = with_program(s, database, |p| f(&session, p))?;
    Ok(typed_array::from_bytes(s, &bytes)?.value())
}
/// The database that something was made from.
fn owner<'s>(s: &mut Scope<'s>, this: Local<'_, Value>) -> JsResult<Local<'s, Object>> {
    let o = checked_object(s, this)?;
    let database = s.local(o.slot(OWNER));
    checked_object(s, database)
}

// ---------------------------------------------------------------- Backup

/// new Backup(database, source, path, target)
fn construct_backup<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let c = connection(s, args.get(0))?;
    let database = checked_object(s, args.get(0))?;
    let (source, path, target) = (text(s, args.get(1)), text(s, args.get(2)), text(s, args.get(3)));
    let backup = with_program(s, database, |p| Backup::start(&c, &source, &path, &target, p))?;
    let o = host::new_host_object(s, args, BACKUP, Box::new(BackupData(Some(backup))), EXTRA_SLOTS)?;
    o.set_slot(s, OWNER, database.raw());
    Ok(o.value())
}
/// step(pages) -> is it complete?
fn step_backup<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let database = owner(s, this)?;
    let taken = host::with_data_mut::<BackupData, _>(s, this, |d| d.0.take())?;
    let Some(mut backup) = taken else { return Ok(s.bool(true)) };
    let pages = number(args, 0);
    let result = with_program(s, database, |p| backup.step(pages, p));
    host::with_data_mut::<BackupData, _>(s, this, |d| d.0 = Some(backup))?;
    let done = result?;
    Ok(s.bool(done))
}
