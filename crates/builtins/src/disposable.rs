//! DisposableStack and AsyncDisposableStack (explicit resource management).

use spey_core::call;
use spey_core::cell::{Kind, Object};
use spey_core::dispose;
use spey_core::error::{self, ErrorKind};
use spey_core::function::{self, NativeSpec, PropertySpec};
use spey_core::object;
use spey_core::promise;
use spey_core::realm::Intrinsic;
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_gc::Value as Raw;

use crate::support;

/// Internal slots.
mod slot {
    /// Boolean: an AsyncDisposableStack.
    pub const IS_ASYNC: usize = 0;
    /// Boolean: [[DisposableState]] is disposed.
    pub const DISPOSED: usize = 1;
    /// The resources: a scope of `spey_core::dispose`.
    pub const RESOURCES: usize = 2;
    pub const COUNT: usize = 3;
}

/// The two classes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Sync,
    Async,
}
impl Class {
    fn name(self) -> &'static str {
        match self {
            Class::Sync => "DisposableStack",
            Class::Async => "AsyncDisposableStack",
        }
    }
    fn prototype(self) -> Intrinsic {
        match self {
            Class::Sync => Intrinsic::DisposableStackPrototype,
            Class::Async => Intrinsic::AsyncDisposableStackPrototype,
        }
    }
}

static SYNC: NativeSpec =
    NativeSpec::constructor("DisposableStack", 0, |s, _, a| construct(s, a, Class::Sync));
static ASYNC: NativeSpec =
    NativeSpec::constructor("AsyncDisposableStack", 0, |s, _, a| construct(s, a, Class::Async));
static SYNC_PROPERTIES: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("use", 1, |s, t, a| use_(s, t, a, Class::Sync))),
    PropertySpec::Method(NativeSpec::new("dispose", 0, dispose)),
    PropertySpec::Method(NativeSpec::new("adopt", 2, |s, t, a| adopt(s, t, a, Class::Sync))),
    PropertySpec::Method(NativeSpec::new("defer", 1, |s, t, a| defer(s, t, a, Class::Sync))),
    PropertySpec::Method(NativeSpec::new("move", 0, |s, t, _| move_(s, t, Class::Sync))),
    PropertySpec::Getter(
        "disposed",
        NativeSpec::new("get disposed", 0, |s, t, _| disposed(s, t, Class::Sync)),
    ),
    PropertySpec::SymbolAlias(|n| n.sym_dispose, "dispose"),
    PropertySpec::Tag("DisposableStack"),
];
static ASYNC_PROPERTIES: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("use", 1, |s, t, a| use_(s, t, a, Class::Async))),
    PropertySpec::Method(NativeSpec::new("disposeAsync", 0, dispose_async)),
    PropertySpec::Method(NativeSpec::new("adopt", 2, |s, t, a| adopt(s, t, a, Class::Async))),
    PropertySpec::Method(NativeSpec::new("defer", 1, |s, t, a| defer(s, t, a, Class::Async))),
    PropertySpec::Method(NativeSpec::new("move", 0, |s, t, _| move_(s, t, Class::Async))),
    PropertySpec::Getter(
        "disposed",
        NativeSpec::new("get disposed", 0, |s, t, _| disposed(s, t, Class::Async)),
    ),
    PropertySpec::SymbolAlias(|n| n.sym_async_dispose, "disposeAsync"),
    PropertySpec::Tag("AsyncDisposableStack"),
];

/// Installs both classes.
pub(crate) fn install(s: &mut Scope<'_>) {
    for (spec, class, constructor, table) in [
        (&SYNC, Class::Sync, Intrinsic::DisposableStack, SYNC_PROPERTIES),
        (&ASYNC, Class::Async, Intrinsic::AsyncDisposableStack, ASYNC_PROPERTIES),
    ] {
        s.nested(|s| {
            let proto = support::new_prototype(s, Intrinsic::ObjectPrototype);
            s.set_intrinsic(class.prototype(), proto);
            let c = function::new_constructor(s, spec, proto);
            s.set_intrinsic(constructor, c);
            function::define_properties(s, proto, table);
            support::define_global(s, class.name(), c.value());
        });
    }
}

fn init(s: &mut Scope<'_>, o: Local<'_, Object>, class: Class, resources: Local<'_, Value>) {
    o.set_slot(s, slot::IS_ASYNC, Raw::bool(class == Class::Async));
    o.set_slot(s, slot::DISPOSED, Raw::FALSE);
    o.set_slot(s, slot::RESOURCES, resources.raw());
}
/// DisposableStack ( ), AsyncDisposableStack ( )
fn construct<'s>(s: &mut Scope<'s>, args: &Args<'s>, class: Class) -> JsResult<Local<'s, Value>> {
    if !args.is_construct() {
        return support::throw_requires_new(s, class.name());
    }
    let o = function::create_from_constructor(
        s,
        args.new_target(),
        class.prototype(),
        Kind::DisposableStack,
        slot::COUNT,
    )?;
    let resources = dispose::new_scope(s);
    init(s, o, class, resources);
    Ok(o.value())
}
/// RequireInternalSlot of the methods.
fn this_stack<'s>(
    s: &mut Scope<'_>,
    this: Local<'s, Value>,
    class: Class,
    method: &str,
) -> JsResult<Local<'s, Object>> {
    match this.as_object() {
        Some(o)
            if o.kind() == Kind::DisposableStack
                && o.slot(slot::IS_ASYNC).is_true() == (class == Class::Async) =>
        {
            Ok(o)
        }
        _ => support::throw_incompatible(s, &format!("{}.prototype.{method}", class.name()), this),
    }
}
fn is_disposed(o: Local<'_, Object>) -> bool {
    o.slot(slot::DISPOSED).is_true()
}
/// The resources of a stack that is not disposed.
fn open_resources<'s>(s: &mut Scope<'s>, o: Local<'_, Object>) -> JsResult<Local<'s, Value>> {
    if is_disposed(o) {
        return s.throw_reference_error("Cannot add values to a disposed stack!");
    }
    Ok(o.slot_local(s, slot::RESOURCES))
}
/// Marks a stack as disposed and takes its resources.
fn take_resources<'s>(s: &mut Scope<'s>, o: Local<'_, Object>) -> Local<'s, Value> {
    let resources = o.slot_local(s, slot::RESOURCES);
    let none = dispose::new_scope(s);
    o.set_slot(s, slot::DISPOSED, Raw::TRUE);
    o.set_slot(s, slot::RESOURCES, none.raw());
    resources
}

/// get DisposableStack.prototype.disposed
fn disposed<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, class: Class) -> JsResult<Local<'s, Value>> {
    let o = this_stack(s, this, class, "disposed")?;
    Ok(s.bool(is_disposed(o)))
}
/// DisposableStack.prototype.use ( value )
fn use_<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
    class: Class,
) -> JsResult<Local<'s, Value>> {
    let o = this_stack(s, this, class, "use")?;
    let resources = open_resources(s, o)?;
    dispose::add(s, resources, args.get(0), class == Class::Async)?;
    Ok(args.get(0))
}
static ADOPTED: NativeSpec = NativeSpec::new("", 0, |s, _, args| {
    let (v, f) = (function::native_data(s, args.callee(), 0), function::native_data(s, args.callee(), 1));
    let undefined = s.undefined();
    call::call(s, f, undefined, &[v])
});
/// DisposableStack.prototype.adopt ( value, onDispose )
fn adopt<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
    class: Class,
) -> JsResult<Local<'s, Value>> {
    let o = this_stack(s, this, class, "adopt")?;
    let resources = open_resources(s, o)?;
    support::require_callable(s, args.get(1))?;
    let f = function::new_native_with(s, &ADOPTED, &[args.get(0), args.get(1)]);
    dispose::add_callback(s, resources, f.value(), class == Class::Async);
    Ok(args.get(0))
}
/// DisposableStack.prototype.defer ( onDispose )
fn defer<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
    class: Class,
) -> JsResult<Local<'s, Value>> {
    let o = this_stack(s, this, class, "defer")?;
    let resources = open_resources(s, o)?;
    support::require_callable(s, args.get(0))?;
    dispose::add_callback(s, resources, args.get(0), class == Class::Async);
    Ok(s.undefined())
}
/// DisposableStack.prototype.move ( )
fn move_<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, class: Class) -> JsResult<Local<'s, Value>> {
    let o = this_stack(s, this, class, "move")?;
    open_resources(s, o)?;
    let proto = s.intrinsic(class.prototype());
    let fresh = object::new_kind(s, Kind::DisposableStack, proto.value(), slot::COUNT);
    let resources = take_resources(s, o);
    init(s, fresh, class, resources);
    Ok(fresh.value())
}
/// DisposableStack.prototype.dispose ( )
fn dispose<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let o = this_stack(s, this, Class::Sync, "dispose")?;
    if !is_disposed(o) {
        let resources = take_resources(s, o);
        let no_error = s.local(Raw::EMPTY);
        dispose::dispose(s, resources, no_error)?;
    }
    Ok(s.undefined())
}

static DISPOSED_ONE: NativeSpec = NativeSpec::new("", 1, |s, _, args| {
    let (resources, p) = disposal_data(s, args);
    dispose_next(s, resources, p);
    Ok(s.undefined())
});
static DISPOSAL_FAILED: NativeSpec = NativeSpec::new("", 1, |s, _, args| {
    let (resources, p) = disposal_data(s, args);
    dispose::record_error(s, resources, args.get(0));
    dispose_next(s, resources, p);
    Ok(s.undefined())
});
/// Resources and promise of a running disposeAsync.
fn disposal_data<'s>(s: &mut Scope<'s>, args: &Args<'s>) -> (Local<'s, Value>, Local<'s, Object>) {
    let resources = function::native_data(s, args.callee(), 0);
    (resources, function::native_data(s, args.callee(), 1).as_object().expect("a promise"))
}
/// Goes on with DisposeResources until something must be awaited; settles the promise at the end.
fn dispose_next(s: &mut Scope<'_>, resources: Local<'_, Value>, p: Local<'_, Object>) {
    s.nested(|s| {
        loop {
            let awaited = match dispose::step(s, resources) {
                Ok(Some(v)) => promise::to_native_promise(s, v),
                Ok(None) => break,
                Err(t) => Err(t),
            };
            match awaited {
                Ok(awaited) => {
                    let data = [resources, p.value()];
                    let f = function::new_native_with(s, &DISPOSED_ONE, &data);
                    let g = function::new_native_with(s, &DISPOSAL_FAILED, &data);
                    promise::perform_then(s, awaited, f.value(), g.value(), None);
                    return;
                }
                Err(t) => {
                    let e = s.take_exception(t);
                    dispose::record_error(s, resources, e);
                }
            }
        }
        match dispose::rethrow(s, resources) {
            Ok(()) => {
                let undefined = s.undefined();
                promise::resolve(s, p, undefined);
            }
            Err(t) => {
                let e = s.take_exception(t);
                promise::reject(s, p, e);
            }
        }
    })
}
/// AsyncDisposableStack.prototype.disposeAsync ( )
fn dispose_async<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let p = promise::new_promise(s);
    match this.as_object() {
        Some(o) if o.kind() == Kind::DisposableStack && o.slot(slot::IS_ASYNC).is_true() => {
            if is_disposed(o) {
                let undefined = s.undefined();
                promise::resolve(s, p, undefined);
            } else {
                let resources = take_resources(s, o);
                dispose_next(s, resources, p);
            }
        }
        _ => {
            let text = error::describe(s, this);
            let message = format!(
                "Method AsyncDisposableStack.prototype.disposeAsync called on incompatible receiver {text}"
            );
            let e = error::create(s, ErrorKind::TypeError, &message);
            promise::reject(s, p, e.value());
        }
    }
    Ok(p.value())
}
