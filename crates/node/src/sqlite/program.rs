//! Functions of the program as SQLite calls them.

use spey_engine::{Global, Kind, Local, Object, Scope, Value, call, object};
use spey_sqlite::{Program, Reply, ValueRef};

use super::{FUNCTIONS, values};

/// The functions of a database, numbered: at 2n the function, at 2n + 1 whether its arguments shall be BigInts.
fn functions<'s>(s: &mut Scope<'s>, database: Local<'_, Object>) -> Option<Local<'s, Object>> {
    s.local(database.slot(FUNCTIONS)).as_object()
}
/// Gives a function a number.
pub(super) fn register(
    s: &mut Scope<'_>,
    database: Local<'_, Object>,
    f: Local<'_, Value>,
    use_bigint: bool,
) -> u32 {
    s.nested(|s| {
        let Some(list) = functions(s, database) else { return 0 };
        let length = object::length_of_array_like(s, list).unwrap_or(0);
        let flag = s.bool(use_bigint);
        object::array_push(s, list, f);
        object::array_push(s, list, flag);
        (length / 2) as u32
    })
}
/// Takes the number away again.
pub(super) fn forget(s: &mut Scope<'_>, database: Local<'_, Object>, function: u32) {
    s.nested(|s| {
        let Some(list) = functions(s, database) else { return };
        let nothing = s.undefined();
        object::put_element(s, list, function * 2, nothing, spey_engine::attr::ALL);
    });
}

/// The functions of a database, while SQLite may call them.
pub(super) struct JsProgram<'a, 's> {
    s: &'a mut Scope<'s>,
    database: Local<'a, Object>,
    /// What a function has thrown.
    thrown: Option<Global<Value>>,
}
impl<'a, 's> JsProgram<'a, 's> {
    pub(super) fn new(s: &'a mut Scope<'s>, database: Local<'a, Object>) -> JsProgram<'a, 's> {
        JsProgram { s, database, thrown: None }
    }
    /// Throws what a function has thrown.
    pub(super) fn rethrow(self) -> spey_engine::JsResult<()> {
        match self.thrown {
            Some(e) => {
                let e = e.get(self.s);
                self.s.throw(e)
            }
            None => Ok(()),
        }
    }
}
impl Program for JsProgram<'_, '_> {
    fn call(&mut self, function: u32, arguments: &[ValueRef<'_>]) -> Reply {
        // One failure ends the statement: nothing more runs.
        if self.thrown.is_some() {
            return Reply::Thrown;
        }
        let database = self.database;
        let outcome = self.s.nested(|s| {
            let called = (|| {
                let Some(list) = functions(s, database) else { return Ok(Reply::Thrown) };
                let f = object::dense_element(list, function * 2);
                let use_bigint = object::dense_element(list, function * 2 + 1)
                    .is_some_and(spey_engine::conversion::to_boolean);
                let Some(f) = f.map(|f| s.local(f)) else { return Ok(Reply::Thrown) };
                let arguments = arguments.iter().map(|v| values::to_js(s, *v, use_bigint)).collect::<Result<
                    Vec<_>,
                    _,
                >>(
                )?;
                let this = s.undefined();
                let result = call::call(s, f, this, &arguments)?;
                Ok(match values::from_js(s, result) {
                    Ok(Some(v)) => Reply::Value(v),
                    Ok(None) if result.as_object().is_some_and(|o| o.kind() == Kind::Promise) => {
                        Reply::Failed("Asynchronous user-defined functions are not supported".to_owned())
                    }
                    Ok(None) => Reply::Failed(
                        "Returned JavaScript value cannot be converted to a SQLite value".to_owned(),
                    ),
                    Err(values::TooLarge) => Reply::Failed("BigInt value is too large for SQLite".to_owned()),
                })
            })();
            called.map_err(|t| {
                let e = s.take_exception(t);
                Global::new(s, e)
            })
        });
        outcome.unwrap_or_else(|e| {
            self.thrown = Some(e);
            Reply::Thrown
        })
    }
}
