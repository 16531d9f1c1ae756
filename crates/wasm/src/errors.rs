//! CompileError, LinkError and RuntimeError; what errors of wasmtime become in JavaScript.

use std::sync::Arc;

use spey_core::cell::{Kind, Object};
use spey_core::function::{self, NativeSpec};
use spey_core::realm::Intrinsic;
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::shape::attr;
use spey_core::{conversion, error, interrupt, object};
use wasmtime::{FrameInfo, Module, ThrownException, Trap, WasmBacktrace};

use crate::activation;
use crate::class;
use crate::exception;
use crate::lazy::Frame;
use crate::module::Info;
use crate::runtime::State;
use crate::stop;

/// The error classes of the namespace.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum ErrorClass {
    /// CompileError
    Compile,
    /// LinkError
    Link,
    /// RuntimeError
    Runtime,
    /// SuspendError
    Suspend,
}
impl ErrorClass {
    fn prototype(self) -> Intrinsic {
        match self {
            ErrorClass::Compile => Intrinsic::WasmCompileErrorPrototype,
            ErrorClass::Link => Intrinsic::WasmLinkErrorPrototype,
            ErrorClass::Runtime => Intrinsic::WasmRuntimeErrorPrototype,
            ErrorClass::Suspend => Intrinsic::WasmSuspendErrorPrototype,
        }
    }
}
/// Internal slots of an error that a trap has made: one more than other errors have.
const TRAP_SLOTS: usize = error::slot::COUNT + 1;

static COMPILE_ERROR: NativeSpec =
    NativeSpec::constructor("CompileError", 1, |s, _, args| construct(s, args, ErrorClass::Compile));
static LINK_ERROR: NativeSpec =
    NativeSpec::constructor("LinkError", 1, |s, _, args| construct(s, args, ErrorClass::Link));
static RUNTIME_ERROR: NativeSpec =
    NativeSpec::constructor("RuntimeError", 1, |s, _, args| construct(s, args, ErrorClass::Runtime));
static SUSPEND_ERROR: NativeSpec =
    NativeSpec::constructor("SuspendError", 1, |s, _, args| construct(s, args, ErrorClass::Suspend));

/// Defines the classes on the namespace.
pub fn install(s: &mut Scope<'_>, namespace: Local<'_, Object>) {
    let list = [
        (ErrorClass::Compile, &COMPILE_ERROR),
        (ErrorClass::Link, &LINK_ERROR),
        (ErrorClass::Runtime, &RUNTIME_ERROR),
    ];
    install_list(s, namespace, &list);
}
/// Defines SuspendError on the namespace.
pub fn install_suspend_error(s: &mut Scope<'_>, namespace: Local<'_, Object>) {
    install_list(s, namespace, &[(ErrorClass::Suspend, &SUSPEND_ERROR)]);
}
fn install_list(s: &mut Scope<'_>, namespace: Local<'_, Object>, list: &[(ErrorClass, &'static NativeSpec)]) {
    for &(class, spec) in list {
        s.nested(|s| {
            let parent = s.intrinsic(Intrinsic::ErrorPrototype);
            let proto = object::new_object_with(s, parent.value(), 0);
            let constructor = function::new_constructor(s, spec, proto);
            let (name_key, message_key) = (s.names().name, s.names().message);
            let name = s.string_value(spec.name);
            object::define(s, proto, name_key, name, attr::HIDDEN);
            let empty = s.string_value("");
            object::define(s, proto, message_key, empty, attr::HIDDEN);
            let error = s.intrinsic(Intrinsic::Error);
            object::ordinary_set_prototype_of(s, constructor, error.value());
            s.set_intrinsic(class.prototype(), proto);
            let key = s.key(spec.name);
            object::define(s, namespace, key, constructor.value(), attr::HIDDEN);
        });
    }
}
/// NativeError ( message \[ , options ] ), ECMA-262 §20.5.6.1.1
fn construct<'s>(s: &mut Scope<'s>, args: &Args<'s>, class: ErrorClass) -> JsResult<Local<'s, Value>> {
    let new_target = if args.is_construct() { args.new_target() } else { args.callee().value() };
    let proto = class::prototype_of(s, new_target, class.prototype())?;
    let e = object::new_kind(s, Kind::Error, proto, error::slot::COUNT);
    let (stack_key, message_key) = (s.names().stack, s.names().message);
    let undefined = s.undefined();
    object::define(s, e, stack_key, undefined, attr::HIDDEN);
    if !args.get(0).is_undefined() {
        let text = conversion::to_string(s, args.get(0))?;
        object::define(s, e, message_key, text.value(), attr::HIDDEN);
    }
    error::install_error_cause(s, e, args.get(1))?;
    let skip = args.new_target().as_object().unwrap_or(args.callee());
    error::capture_stack(s, e, Some(skip));
    Ok(e.value())
}

fn create_with<'s>(s: &mut Scope<'s>, class: ErrorClass, message: &str, slots: usize) -> Local<'s, Object> {
    let proto = class::prototype(s, class.prototype());
    let e = object::new_kind(s, Kind::Error, proto, slots);
    s.nested(|s| {
        let text = s.string_value(message);
        error::capture_stack(s, e, None);
        let key = s.names().message;
        object::define(s, e, key, text, attr::HIDDEN);
    });
    e
}
/// New error of a class.
pub fn create<'s>(s: &mut Scope<'s>, class: ErrorClass, message: &str) -> Local<'s, Object> {
    create_with(s, class, message, error::slot::COUNT)
}
/// Throws a new error of a class.
#[cold]
pub fn throw<T>(s: &mut Scope<'_>, class: ErrorClass, message: &str) -> JsResult<T> {
    let e = create(s, class, message);
    s.throw(e.value())
}
/// Was the value made by a trap? Such errors pass through WebAssembly uncaught.
pub fn is_trap(v: Local<'_, Value>) -> bool {
    v.as_object().is_some_and(|o| o.kind() == Kind::Error && o.gc().header.aux as usize == TRAP_SLOTS)
}

/// An error that carries a JavaScript exception through WebAssembly past all handlers: a slot of the state's values.
#[derive(Debug)]
pub struct Uncatchable(pub u32);
impl std::fmt::Display for Uncatchable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JavaScript exception")
    }
}
impl std::error::Error for Uncatchable {}

/// Throws what running WebAssembly has ended with.
#[cold]
pub fn throw_outcome<T>(s: &mut Scope<'_>, state: &State, e: wasmtime::Error) -> JsResult<T> {
    if e.is::<ThrownException>() {
        let v = exception::take_pending(s, state);
        return s.throw(v);
    }
    if let Some(u) = e.downcast_ref::<Uncatchable>() {
        let v = state.take_kept(s, u.0);
        return s.throw(v);
    }
    let message = match e.downcast_ref::<Trap>() {
        // Whatever the trap was: a stop looks like one.
        Some(_) if stop::requested(s.vm()) => {
            interrupt::poll(s)?;
            "interrupted".to_string()
        }
        Some(Trap::StackOverflow) => return error::throw_stack_overflow(s),
        Some(trap) => trap_message(state, *trap, &e).to_string(),
        None => e.root_cause().to_string(),
    };
    if e.is::<wasmtime::GcHeapOutOfMemory<()>>() {
        return s.throw_range_error("WebAssembly: out of memory for objects");
    }
    let error = create_with(s, ErrorClass::Runtime, &message, TRAP_SLOTS);
    if let Some(trace) = e.downcast_ref::<WasmBacktrace>() {
        insert_frames(s, state, error, trace);
    }
    s.throw(error.value())
}

/// V8's message for a trap.
fn trap_message(state: &State, trap: Trap, e: &wasmtime::Error) -> &'static str {
    match trap {
        Trap::UnreachableCodeReached => "unreachable",
        Trap::MemoryOutOfBounds => "memory access out of bounds",
        Trap::HeapMisaligned => "operation does not support unaligned accesses",
        Trap::TableOutOfBounds => "table index is out of bounds",
        Trap::IndirectCallToNull | Trap::BadSignature => "null function or function signature mismatch",
        Trap::IntegerOverflow => match opcode_at(state, e) {
            Some(0x6d | 0x7f) | None => "divide result unrepresentable",
            Some(_) => "float unrepresentable in integer range",
        },
        Trap::IntegerDivisionByZero => match opcode_at(state, e) {
            Some(0x6f | 0x70 | 0x81 | 0x82) => "remainder by zero",
            _ => "divide by zero",
        },
        Trap::BadConversionToInteger => "float unrepresentable in integer range",
        Trap::AtomicWaitNonSharedMemory => "Atomics.wait cannot be called in this context",
        Trap::NullReference => "dereferencing a null pointer",
        Trap::ArrayOutOfBounds => "array element access out of bounds",
        Trap::AllocationTooLarge => "requested new array is too large",
        Trap::CastFailure => "illegal cast",
        _ => "WebAssembly trap",
    }
}
/// The instruction that has trapped.
fn opcode_at(state: &State, e: &wasmtime::Error) -> Option<u8> {
    let frame = e.downcast_ref::<WasmBacktrace>()?.frames().first()?;
    let call = calls_of(state, frame).into_iter().next()?;
    call.info.code_bytes().get(call.position?).copied()
}
/// A call of a function that is running.
struct Call {
    info: Arc<Info>,
    index: u32,
    name: Option<String>,
    position: Option<usize>,
}
/// The calls that a frame stands for, the innermost first: several where functions are inlined.
fn calls_of(state: &State, frame: &FrameInfo) -> Vec<Call> {
    let (index, position) = (frame.func_index(), frame.module_offset());
    let found = state.modules.borrow().iter().find_map(|m| {
        let calls = match &m.info.lazy {
            _ if Module::same(&m.module, frame.module()) => {
                vec![Frame { index, name: frame.func_name(), position }]
            }
            Some(lazy) => lazy.frames_in(frame.module(), index, position)?,
            None => return None,
        };
        let call = |f: Frame<'_>| {
            let name = f.name.map(str::to_owned);
            Call { info: m.info.clone(), index: f.index, name, position: f.position }
        };
        Some(calls.into_iter().map(call).collect())
    });
    found.unwrap_or_default()
}
/// Puts the frames of WebAssembly above those of JavaScript in an error's `stack`.
fn insert_frames(s: &mut Scope<'_>, state: &State, error: Local<'_, Object>, trace: &WasmBacktrace) {
    let mut frames = trace.frames();
    if activation::has_suspended(state) {
        let others = state.with(|c| WasmBacktrace::force_capture(&*c)).frames().len();
        if others < frames.len() {
            frames = &frames[..frames.len() - others];
        }
    }
    if frames.is_empty() {
        return;
    }
    let mut lines = String::new();
    for call in frames.iter().flat_map(|frame| calls_of(state, frame)) {
        let place = format!(
            "wasm://wasm/{:08x}:wasm-function[{}]:{:#x}",
            call.info.hash,
            call.index,
            call.position.unwrap_or(0)
        );
        match call.name {
            Some(name) => lines.push_str(&format!("\n    at {name} ({place})")),
            None => lines.push_str(&format!("\n    at {place}")),
        }
    }
    s.nested(|s| {
        let key = s.names().stack;
        let stack = match object::get(s, error, key) {
            Ok(v) => v,
            Err(t) => {
                s.take_exception(t);
                return;
            }
        };
        let Some(text) = stack.as_string() else { return };
        let text = text.to_text(s);
        let at = text.find("\n    at ").unwrap_or(text.len());
        let text = format!("{}{lines}{}", &text[..at], &text[at..]);
        let v = s.string_value(&text);
        if let Err(t) = object::set(s, error, key, v) {
            s.take_exception(t);
        }
    });
}

/// What the compiler says, in V8's form: `text @+offset`.
pub fn compile_message(e: &wasmtime::Error) -> String {
    const PREFIX: &str = "Invalid input WebAssembly code at offset ";
    let text = e.to_string();
    let root = e.root_cause().to_string();
    for t in [&text, &root] {
        if let Some((offset, message)) = t.strip_prefix(PREFIX).and_then(|rest| rest.split_once(": ")) {
            return format!("{message} @+{offset}");
        }
    }
    match root.rsplit_once(" (at offset 0x") {
        Some((message, offset)) => match u64::from_str_radix(offset.trim_end_matches(')'), 16) {
            Ok(n) => format!("{message} @+{n}"),
            Err(_) => root,
        },
        None => root,
    }
}
