//! Embedding the engine: a function and a class of the application, exposed to JavaScript, and a JavaScript function called from
//! Rust. `cargo run -p spey-engine --example embed`; see `docs/embedding.md`.

use spey_engine::{
    Args, Engine, HeapConfig, Intrinsic, JsResult, Kind, Local, NativeData, NativeSpec, PropertySpec, Raw,
    Scope, Value, VmConfig, call, conversion, error, function, native, object, promise, script,
};

/// A bank account that lives in Rust. JavaScript holds it by an object of class `Account`.
struct Account {
    owner: String,
    cents: i64,
}

// Nothing in it refers to the JavaScript heap, so there is nothing to trace.
impl NativeData for Account {
    fn as_any(&mut self) -> &mut dyn std::any::Any {
        self
    }
}

/// Tag in internal slot 0 of our objects: embedders number their classes as they like.
const ACCOUNT_TAG: i32 = 1;
/// Internal slot of the native cell.
const ACCOUNT_DATA: usize = 1;
const ACCOUNT_SLOTS: usize = 2;

/// Runs `f` on the account behind `this`, or throws a TypeError.
fn with_account<R>(
    s: &mut Scope<'_>,
    this: Local<'_, Value>,
    f: impl FnOnce(&mut Account) -> R,
) -> JsResult<R> {
    if let Some(o) = this.as_object()
        && o.kind() == Kind::HostObject
        && o.slot(0) == Raw::int32(ACCOUNT_TAG)
        && let Some(r) = native::with_raw::<Account, R>(s, o.slot(ACCOUNT_DATA), f)
    {
        return Ok(r);
    }
    s.throw_type_error("Illegal invocation")
}

/// `new Account(owner)`
fn construct_account<'s>(
    s: &mut Scope<'s>,
    _: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    if !args.is_construct() {
        return s.throw_type_error("Account is a class: use new");
    }
    let owner = conversion::to_text(s, args.get(0))?;
    // The prototype comes from new.target, so JavaScript classes may extend Account.
    let prototype = Intrinsic::ObjectPrototype;
    let account =
        function::create_from_constructor(s, args.new_target(), prototype, Kind::HostObject, ACCOUNT_SLOTS)?;
    let data = native::new(s, Box::new(Account { owner, cents: 0 }));
    account.set_slot(s, 0, Raw::int32(ACCOUNT_TAG));
    account.set_slot(s, ACCOUNT_DATA, data.raw());
    Ok(account.value())
}

/// `account.deposit(cents)`: the new balance.
fn deposit<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let cents = conversion::to_integer_or_infinity(s, args.get(0))?;
    if !(0.0..=1e15).contains(&cents) {
        return s.throw_range_error("not an amount of money");
    }
    let balance = with_account(s, this, |a| {
        a.cents = a.cents.saturating_add(cents as i64);
        a.cents
    })?;
    Ok(s.number(balance as f64))
}

/// `account.owner`
fn owner<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let name = with_account(s, this, |a| a.owner.clone())?;
    Ok(s.string_value(&name))
}

static ACCOUNT: NativeSpec = NativeSpec::constructor("Account", 1, construct_account);
static ACCOUNT_PROTOTYPE: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("deposit", 1, deposit)),
    PropertySpec::Getter("owner", NativeSpec::new("owner", 0, owner)),
    PropertySpec::Tag("Account"),
];

/// `print(…values)`
static PRINT: NativeSpec = NativeSpec::new("print", 1, |s, _, args| {
    let mut line = Vec::new();
    for i in 0..args.len() {
        line.push(conversion::to_text(s, args.get(i))?);
    }
    println!("{}", line.join(" "));
    Ok(s.undefined())
});

const PROGRAM: &str = "
class Savings extends Account {
    report() { return `${this.owner} owns ${this.deposit(0) / 100}`; }
}
const account = new Savings('Ada');
account.deposit(1250);
print(account.report());
Promise.resolve(42).then((n) => print('a job ran:', n));
try { account.deposit(-1); } catch (e) { print(String(e)); }
(interest) => account.deposit(account.deposit(0) * interest);
";

fn run(s: &mut Scope<'_>) -> JsResult<()> {
    // What the application exposes.
    let global = s.global();
    let print = function::new_native(s, &PRINT);
    object::set_named(s, global, "print", print.value())?;
    let prototype = object::new_object(s);
    let class = function::new_constructor(s, &ACCOUNT, prototype);
    function::define_properties(s, prototype, ACCOUNT_PROTOTYPE);
    object::set_named(s, global, "Account", class.value())?;

    // The value of a script is that of its last statement: here a function, which Rust calls.
    let pay_interest = script::evaluate(s, PROGRAM, &script::Origin::file("program.js"))?;
    let this = s.undefined();
    let rate = s.number(0.5);
    let balance = call::call(s, pay_interest, this, &[rate])?;
    println!("balance: {} cents", balance.as_number().unwrap_or(f64::NAN));
    Ok(())
}

fn main() -> std::process::ExitCode {
    let heap = HeapConfig { max_heap_bytes: 64 << 20, ..HeapConfig::default() };
    let mut engine = Engine::new(VmConfig { heap, ..VmConfig::default() });
    engine.scope(|s| {
        let mut failed = false;
        if let Err(thrown) = run(s) {
            let e = s.take_exception(thrown);
            eprintln!("Uncaught {}", error::describe(s, e));
            failed = true;
        }
        // Promise jobs run when the host says so.
        promise::run_jobs(s, &mut |s, e| eprintln!("Uncaught {}", error::describe(s, e)));
        if failed { std::process::ExitCode::FAILURE } else { std::process::ExitCode::SUCCESS }
    })
}
