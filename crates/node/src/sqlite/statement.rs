//! Prepared statements: parameters in, rows out.

use std::any::Any;
use std::collections::HashMap;

use spey_engine::{
    Args, JsResult, Kind, Local, NativeData, NativeSpec, Object, PropertyKey, PropertySpec, Raw, Scope,
    Value, attr, object, string,
};
use spey_host as host;
use spey_sqlite::Statement;

use super::values::{self, TooLarge};
use super::{EXTRA_SLOTS, OWNER, STATEMENT, checked_object, connection, number, owner, text, with_program};

type Returned<'s> = JsResult<Local<'s, Value>>;

struct Data(Statement);
impl NativeData for Data {
    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}

pub(super) static METHODS: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("isFinalized", 0, |s, this, _| {
        let finalized = host::with_data::<Data, _>(s, this, |d| d.0.is_finalized())?;
        Ok(s.bool(finalized))
    })),
    PropertySpec::Method(NativeSpec::new("run", 2, run)),
    PropertySpec::Method(NativeSpec::new("get", 2, get)),
    PropertySpec::Method(NativeSpec::new("all", 2, all)),
    PropertySpec::Method(NativeSpec::new("start", 2, |s, this, args| {
        let statement = statement(s, this)?;
        start(s, &statement, args.get(0), Flags::of(args))?;
        Ok(s.undefined())
    })),
    PropertySpec::Method(NativeSpec::new("next", 2, next)),
    PropertySpec::Method(NativeSpec::new("reset", 0, |s, this, _| {
        let statement = statement(s, this)?;
        super::settle(s, statement.reset())
    })),
    PropertySpec::Method(NativeSpec::new("finalize", 0, |s, this, _| {
        let statement = statement(s, this)?;
        super::settle(s, statement.finalize())
    })),
    PropertySpec::Method(NativeSpec::new("columns", 0, columns)),
    PropertySpec::Method(NativeSpec::new("sourceSQL", 0, |s, this, _| {
        let sql = statement(s, this)?.sql();
        Ok(s.string_value(&sql))
    })),
    PropertySpec::Method(NativeSpec::new("expandedSQL", 0, |s, this, _| {
        match statement(s, this)?.expanded_sql() {
            Some(sql) => Ok(s.string_value(&sql)),
            None => host::throw_node_error(
                s,
                spey_engine::error::ErrorKind::Error,
                "ERR_SQLITE_ERROR",
                "Expanded SQL text would exceed configured limits",
            ),
        }
    })),
];

/// What the library's bits mean.
#[derive(Clone, Copy)]
struct Flags {
    read_bigints: bool,
    return_arrays: bool,
    allow_bare: bool,
    allow_unknown: bool,
}
impl Flags {
    /// The second argument.
    fn of(args: &Args<'_>) -> Flags {
        let bits = number(args, 1);
        Flags {
            read_bigints: bits & 1 != 0,
            return_arrays: bits & 2 != 0,
            allow_bare: bits & 4 != 0,
            allow_unknown: bits & 8 != 0,
        }
    }
}

/// new Statement(database, sql)
pub(super) fn construct<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let c = connection(s, args.get(0))?;
    let database = checked_object(s, args.get(0))?;
    let sql = text(s, args.get(1));
    let statement = with_program(s, database, |p| c.prepare(p, &sql))?;
    let o = host::new_host_object(s, args, STATEMENT, Box::new(Data(statement)), EXTRA_SLOTS)?;
    o.set_slot(s, OWNER, database.raw());
    Ok(o.value())
}
fn statement(s: &mut Scope<'_>, this: Local<'_, Value>) -> JsResult<Statement> {
    host::with_data::<Data, _>(s, this, |d| d.0.clone())
}
fn invalid_state<T>(s: &mut Scope<'_>, message: &str) -> JsResult<T> {
    host::throw_node_error(s, spey_engine::error::ErrorKind::Error, "ERR_INVALID_STATE", message)
}
fn check<T>(s: &mut Scope<'_>, result: spey_sqlite::Result<T>) -> JsResult<T> {
    match result {
        Ok(t) => Ok(t),
        Err(e) => super::throw(s, &e),
    }
}

// ---------------------------------------------------------------- parameters

/// Starts over, with parameters from an array: first an object of named ones, if it is one, then the others in order.
fn start(s: &mut Scope<'_>, statement: &Statement, list: Local<'_, Value>, flags: Flags) -> JsResult<()> {
    let result = statement.reset().and_then(|()| statement.clear_bindings());
    check(s, result)?;
    let Some(list) = list.as_object() else { return Ok(()) };
    let length = object::length_of_array_like(s, list)? as u32;
    let mut first = 0;
    if let Some(named) = object::dense_element(list, 0).and_then(|v| s.local(v).as_object())
        && !matches!(named.kind(), Kind::TypedArray | Kind::DataView)
    {
        s.nested(|s| bind_named(s, statement, named, flags))?;
        first = 1;
    }
    let mut place = 1;
    for i in first..length {
        // Those with names are not counted.
        while statement.parameter_name(place).is_some_and(|name| !name.starts_with('?')) {
            place += 1;
        }
        s.nested(|s| {
            let v = s.local(object::dense_element(list, i).unwrap_or(Raw::UNDEFINED));
            bind(s, statement, place, v)
        })?;
        place += 1;
    }
    Ok(())
}
fn bind_named(
    s: &mut Scope<'_>,
    statement: &Statement,
    named: Local<'_, Object>,
    flags: Flags,
) -> JsResult<()> {
    let bare = if flags.allow_bare { bare_names(s, statement)? } else { HashMap::new() };
    for key in object::own_property_keys(s, named)? {
        if !key.is_string() && !key.is_index() {
            continue;
        }
        s.nested(|s| {
            let name = key.to_text();
            let place =
                statement.parameter_index(&name).or_else(|| statement.parameter_index(bare.get(&name)?));
            let Some(place) = place else {
                if flags.allow_unknown {
                    return Ok(());
                }
                return invalid_state(s, &format!("Unknown named parameter '{name}'"));
            };
            let v = object::get(s, named, key)?;
            bind(s, statement, place, v)
        })?;
    }
    Ok(())
}
/// The names of parameters by what they are without prefix.
fn bare_names(s: &mut Scope<'_>, statement: &Statement) -> JsResult<HashMap<String, String>> {
    let mut names: HashMap<String, String> = HashMap::new();
    for i in 1..=statement.parameter_count() {
        let Some(full) = statement.parameter_name(i) else { continue };
        let Some(bare) = full.get(1..) else { continue };
        match names.get(bare) {
            Some(other) if *other != full => {
                let message = format!(
                    "Cannot create bare named parameter '{bare}' because of conflicting names '{other}' and '{full}'."
                );
                return invalid_state(s, &message);
            }
            Some(_) => {}
            None => {
                names.insert(bare.to_owned(), full);
            }
        }
    }
    Ok(names)
}
fn bind(s: &mut Scope<'_>, statement: &Statement, place: i32, v: Local<'_, Value>) -> JsResult<()> {
    let value = if v.is_undefined() { Ok(None) } else { values::from_js(s, v) };
    match value {
        Ok(Some(value)) => {
            let result = statement.bind(place, &value);
            check(s, result)
        }
        Ok(None) => {
            let message = format!("Provided value cannot be bound to SQLite parameter {place}.");
            host::node_type_error(s, "ERR_INVALID_ARG_TYPE", &message)
        }
        Err(TooLarge) => {
            host::node_type_error(s, "ERR_INVALID_ARG_VALUE", "BigInt value is too large to bind.")
        }
    }
}

// ---------------------------------------------------------------- rows

fn step(s: &mut Scope<'_>, this: Local<'_, Value>, statement: &Statement) -> JsResult<bool> {
    s.nested(|s| {
        let database = owner(s, this)?;
        with_program(s, database, |p| statement.step(p))
    })
}
/// Keys of the columns, for rows that are objects.
fn column_keys(s: &mut Scope<'_>, statement: &Statement, flags: Flags) -> Vec<PropertyKey> {
    if flags.return_arrays {
        return Vec::new();
    }
    (0..statement.column_count())
        .map(|i| {
            let name = s.string(&statement.column_name(i));
            string::to_key(s, name)
        })
        .collect()
}
/// The row: an array, or an object without prototype.
fn row<'s>(s: &mut Scope<'s>, statement: &Statement, keys: &[PropertyKey], flags: Flags) -> Returned<'s> {
    let count = statement.column_count();
    let row = if flags.return_arrays {
        object::new_array(s, 0)
    } else {
        let none = s.null();
        object::new_object_with(s, none, keys.len().min(32) as u8)
    };
    for i in 0..count {
        s.nested(|s| {
            let v =
                match statement.with_value(i, |v| values::to_js(s, v, flags.read_bigints).map(|v| v.raw())) {
                    Ok(v) => v?,
                    Err(e) => return super::throw(s, &e),
                };
            let v = s.local(v);
            match keys.get(i as usize) {
                Some(key) => object::define(s, row, *key, v, attr::ALL),
                None => object::array_push(s, row, v),
            }
            Ok(())
        })?;
    }
    Ok(row.value())
}
/// Runs `f`, after which the statement starts over whatever came of it.
fn then_reset<R>(s: &mut Scope<'_>, statement: &Statement, f: impl FnOnce(&mut Scope<'_>) -> R) -> R {
    let result = f(s);
    // A statement that is running says so where it is used next.
    let _ = statement.reset();
    result
}
/// run(parameters, flags) -> { changes, lastInsertRowid }
fn run<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let statement = statement(s, this)?;
    let flags = Flags::of(args);
    start(s, &statement, args.get(0), flags)?;
    then_reset(s, &statement, |s| step(s, this, &statement))?;
    let connection = statement.connection();
    let changes = values::integer(s, connection.changes(), flags.read_bigints)?;
    let rowid = values::integer(s, connection.last_insert_rowid(), flags.read_bigints)?;
    let o = object::new_object(s);
    host::define_value(s, o, "changes", changes);
    host::define_value(s, o, "lastInsertRowid", rowid);
    Ok(o.value())
}
/// get(parameters, flags) -> row or undefined
fn get<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let statement = statement(s, this)?;
    let flags = Flags::of(args);
    start(s, &statement, args.get(0), flags)?;
    let result = first_row(s, this, &statement, flags);
    then_reset(s, &statement, |_| result)
}
fn first_row<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    statement: &Statement,
    flags: Flags,
) -> Returned<'s> {
    if !step(s, this, statement)? || statement.column_count() == 0 {
        return Ok(s.undefined());
    }
    let keys = column_keys(s, statement, flags);
    row(s, statement, &keys, flags)
}
/// all(parameters, flags) -> rows
fn all<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let statement = statement(s, this)?;
    let flags = Flags::of(args);
    start(s, &statement, args.get(0), flags)?;
    let rows = object::new_array(s, 0);
    let outcome = (|| {
        let mut keys = None;
        while step(s, this, &statement)? {
            let keys = keys.get_or_insert_with(|| column_keys(s, &statement, flags));
            s.nested(|s| {
                let row = row(s, &statement, keys, flags)?;
                object::array_push(s, rows, row);
                Ok(())
            })?;
        }
        Ok(rows.value())
    })();
    then_reset(s, &statement, |_| outcome)
}
/// next(undefined, flags) -> row, or undefined at the end
fn next<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let statement = statement(s, this)?;
    let flags = Flags::of(args);
    if step(s, this, &statement)? {
        let keys = column_keys(s, &statement, flags);
        return row(s, &statement, &keys, flags);
    }
    then_reset(s, &statement, |_| ());
    Ok(s.undefined())
}
/// columns() -> an object for each column
fn columns<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let statement = statement(s, this)?;
    let list = object::new_array(s, 0);
    for i in 0..statement.column_count() {
        s.nested(|s| {
            let source = statement.column_source(i);
            let none = s.null();
            let o = object::new_object_with(s, none, 5);
            for (name, text) in [
                ("column", source.column),
                ("database", source.database),
                ("name", source.name),
                ("table", source.table),
                ("type", source.declared_type),
            ] {
                let v = match text {
                    Some(t) => s.string_value(&t),
                    None => s.null(),
                };
                host::define_value(s, o, name, v);
            }
            object::array_push(s, list, o.value());
        });
    }
    Ok(list.value())
}
