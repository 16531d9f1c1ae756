//! The crate without JavaScript.

use crate::*;

/// A program of one function, the sum of its arguments.
struct Sum {
    calls: u32,
}
impl Program for Sum {
    fn call(&mut self, function: u32, arguments: &[ValueRef<'_>]) -> Reply {
        self.calls += 1;
        if function == 7 {
            return Reply::Thrown;
        }
        let sum = arguments.iter().map(|a| if let ValueRef::Integer(n) = a { *n } else { 0 }).sum();
        Reply::Value(Value::Integer(sum))
    }
}
fn memory() -> Connection {
    Connection::open(":memory:", &OpenOptions::default()).unwrap()
}
fn first(c: &Connection, p: &mut Sum, sql: &str) -> Result<Option<i64>> {
    let statement = c.prepare(p, sql)?;
    if !statement.step(p)? {
        return Ok(None);
    }
    statement.with_value(0, |v| if let ValueRef::Integer(n) = v { Some(n) } else { None })
}

#[test]
fn functions_are_called() {
    let (c, mut p) = (memory(), Sum { calls: 0 });
    let options = FunctionOptions { argument_count: -1, ..FunctionOptions::default() };
    c.define_function("total", &options, 1).unwrap();
    c.define_function("bad", &options, 7).unwrap();
    assert_eq!(first(&c, &mut p, "SELECT total(1, 2, 39)"), Ok(Some(42)));
    assert!(first(&c, &mut p, "SELECT bad()").is_err());
    assert_eq!(p.calls, 2);
}
#[test]
fn closing_finalizes_statements() {
    let (c, mut p) = (memory(), Sum { calls: 0 });
    let statement = c.prepare(&mut p, "SELECT 1").unwrap();
    c.close().unwrap();
    assert!(statement.is_finalized());
    assert!(!statement.step(&mut p).unwrap());
    assert!(c.close().is_err());
}
#[test]
fn a_statement_outlives_its_connection_value() {
    let mut p = Sum { calls: 0 };
    let statement = memory().prepare(&mut p, "SELECT 1").unwrap();
    assert!(statement.step(&mut p).unwrap());
}
#[test]
fn changes_travel() {
    let (a, b, mut p) = (memory(), memory(), Sum { calls: 0 });
    for c in [&a, &b] {
        c.execute(&mut p, "CREATE TABLE t(k INTEGER PRIMARY KEY, v)").unwrap();
    }
    let session = a.session(&mut p, "main", None).unwrap();
    a.execute(&mut p, "INSERT INTO t VALUES (1, 2), (3, 4)").unwrap();
    let changes = session.changeset(&mut p).unwrap();
    assert_eq!(b.apply_changeset(&mut p, &changes, ChangesetHandlers::default()), Ok(true));
    assert_eq!(first(&b, &mut p, "SELECT sum(v) FROM t"), Ok(Some(6)));
    assert_eq!(b.apply_changeset(&mut p, &changes, ChangesetHandlers::default()), Ok(false));
}
