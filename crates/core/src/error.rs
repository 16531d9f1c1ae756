//! Errors: creation, V8's stack API, texts for messages.

use spey_bytecode::{Insn, Op};
use spey_compile::{Blame, Deed};
use spey_gc::Value as Raw;

use crate::cell::{Kind, Object};
use crate::code::{Code, ScriptUnit, UnitBody, code_flag};
use crate::frame::{FrameView, argc, frames};
use crate::function;
use crate::key::PropertyKey;
use crate::object::{self, Own, PropertyDescriptor};
use crate::realm::Intrinsic;
use crate::scope::{JsResult, Local, Scope, Value};
use crate::shape::attr;
use crate::vm::Vm;

/// Native error classes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ErrorKind {
    /// Error
    Error,
    /// TypeError
    TypeError,
    /// RangeError
    RangeError,
    /// ReferenceError
    ReferenceError,
    /// SyntaxError
    SyntaxError,
    /// EvalError
    EvalError,
    /// URIError
    UriError,
}

impl ErrorKind {
    fn prototype(self) -> Intrinsic {
        match self {
            ErrorKind::Error => Intrinsic::ErrorPrototype,
            ErrorKind::TypeError => Intrinsic::TypeErrorPrototype,
            ErrorKind::RangeError => Intrinsic::RangeErrorPrototype,
            ErrorKind::ReferenceError => Intrinsic::ReferenceErrorPrototype,
            ErrorKind::SyntaxError => Intrinsic::SyntaxErrorPrototype,
            ErrorKind::EvalError => Intrinsic::EvalErrorPrototype,
            ErrorKind::UriError => Intrinsic::UriErrorPrototype,
        }
    }
}

/// Internal slots of error objects.
pub mod slot {
    /// Record of captured frames, or undefined once formatted.
    pub const FRAMES: usize = 0;
    /// Source frame of a SyntaxError, or undefined.
    pub const ARROW: usize = 1;
    /// Number of slots.
    pub const COUNT: usize = 2;
}

/// A new error object with message and stack.
pub fn create<'s>(s: &mut Scope<'s>, kind: ErrorKind, message: &str) -> Local<'s, Object> {
    let proto = s.intrinsic(kind.prototype());
    let e = object::new_kind(s, Kind::Error, proto.value(), slot::COUNT);
    s.nested(|s| {
        let text = s.string_value(message);
        // V8 defines `stack` first, then `message`.
        capture_stack_with(s, e, None);
        let key = s.names().message;
        object::define(s, e, key, text, attr::HIDDEN);
    });
    e
}
/// Throws a new error.
#[cold]
pub fn throw_new<T>(s: &mut Scope<'_>, kind: ErrorKind, message: &str) -> JsResult<T> {
    let e = create(s, kind, message);
    s.throw(e.value())
}
/// RangeError of exhausted stack.
#[cold]
pub fn throw_stack_overflow<T>(s: &mut Scope<'_>) -> JsResult<T> {
    // Room for creating the error itself.
    let limit = s.vm().stack_limit;
    if limit.is_null() || s.vm().interrupt & crate::interrupt::bit::TERMINATE != 0 {
        // The stack was taken away to stop the VM.
        return Err(crate::interrupt::terminate_now(s));
    }
    let native = s.vm().native_limit;
    // SAFETY: the reserve lies inside the reservation.
    s.vm().stack_limit = unsafe { limit.add(4096) };
    s.vm().native_limit = native.saturating_sub(256 << 10);
    let r = throw_new(s, ErrorKind::RangeError, "Maximum call stack size exceeded");
    s.vm().stack_limit = limit;
    s.vm().native_limit = native;
    // A request that came meanwhile has taken away the larger stack.
    crate::interrupt::check(s)?;
    r
}
/// InstallErrorCause, ECMA-262 §20.5.8.1
pub fn install_error_cause(
    s: &mut Scope<'_>,
    e: Local<'_, Object>,
    options: Local<'_, Value>,
) -> JsResult<()> {
    let Some(o) = options.as_object() else { return Ok(()) };
    let key = s.names().cause;
    if object::has_property(s, o, key)? {
        let v = object::get(s, o, key)?;
        object::define(s, e, key, v, attr::HIDDEN);
    }
    Ok(())
}

// ---------------------------------------------------------------- stack traces

/// One captured frame.
struct Site {
    function: Raw,
    this: Raw,
    code: Option<*const Code>,
    pc: u32,
    flags: u32,
    is_async: bool,
}

fn capture(s: &mut Scope<'_>, skip_until: Option<Raw>, limit: usize) -> Vec<Site> {
    let mut list = Vec::new();
    let mut skipping = skip_until.is_some();
    let mut last: Option<FrameView> = None;
    for f in frames(s.vm_ref()) {
        last = Some(f);
        if skipping {
            if Some(Raw::cell(f.callee().cast())) == skip_until {
                skipping = false;
            }
            continue;
        }
        if list.len() >= limit {
            break;
        }
        // SAFETY: live frame.
        unsafe {
            let mut code = f.code();
            let mut function = Raw::cell(f.callee().cast());
            // The script form of a built-in function stands for that.
            if let Some(c) = code
                && (*c).has(code_flag::SCRIPT_FORM)
                && let Some(native) =
                    s.vm_ref().realms[(*c).header.word as usize].as_ref().and_then(|r| r.native_of(function))
            {
                (code, function) = (None, native);
            }
            let pc = match code {
                Some(c) => f.pc.offset_from((*c).data().unit.code.as_ptr()) as u32,
                None => 0,
            };
            if let Some(c) = code {
                if (*c).script().internal && (*c).meta().name.is_none() && (*c).index == 0 {
                    continue;
                }
            } else if is_hidden(f, function) {
                continue;
            }
            list.push(Site {
                function,
                this: *f.this(),
                code: code.map(|c| c as *const Code),
                pc,
                flags: f.argc(),
                is_async: false,
            });
            list.extend(next_of_generator(s.vm_ref(), f));
        }
    }
    // Async frames: follow the awaiting coroutines from the outermost resumed frame.
    if let Some(f) = last {
        if !skipping && f.argc() & argc::RESUMED != 0 {
            let mut at = crate::coroutine::awaiting_of_frame(s, f);
            while let Some(c) = at {
                if list.len() >= limit {
                    break;
                }
                let (function, code, pc) = crate::coroutine::site(c);
                list.push(Site {
                    function,
                    this: Raw::UNDEFINED,
                    code: Some(code),
                    pc,
                    flags: 0,
                    is_async: true,
                });
                at = crate::coroutine::awaiting(c);
            }
        }
    }
    list
}

/// The method `next` that resumed a generator, where the instruction that steps it has done that without a call.
///
/// # Safety
/// `f` is a live frame.
unsafe fn next_of_generator(vm: &Vm, f: FrameView) -> Option<Site> {
    // SAFETY: by the contract; callers of live frames are live.
    unsafe {
        let code = f.code().filter(|c| (**c).has(code_flag::GENERATOR) && !(**c).has(code_flag::ASYNC))?;
        let caller = f.caller().filter(|c| f.argc() & argc::RESUMED != 0 && !c.pc.is_null())?;
        if caller.code().is_none_or(|c| (*c).script().internal) {
            return None;
        }
        let function = vm.realms[(*code).header.word as usize].as_ref()?.generator_next;
        let this = crate::coroutine::object_of_frame(f);
        Some(Site { function, this, code: None, pc: 0, flags: 0, is_async: false })
    }
}

/// Built-in functions that stack traces leave out: those that only pass a call on, bindings, which the library calls, and those
/// that are other machine code, which machine code calls without a frame.
///
/// # Safety
/// `f` is a live frame of a built-in function or its script form.
unsafe fn is_hidden(f: FrameView, function: Raw) -> bool {
    // SAFETY: by the contract; callers of live frames are live.
    unsafe {
        if !crate::value::is_kind(function, Kind::NativeFunction) {
            return true;
        }
        let spec = function::native_spec(function.as_cell().cast());
        if spec.name == "apply" || spec.name == "call" || spec.foreign.is_some() {
            return true;
        }
        f.caller().and_then(|c| c.code()).is_some_and(|c| (*c).script().internal)
    }
}

/// The frames of the running JavaScript, innermost first, without that of a native caller.
pub fn current_sites(s: &mut Scope<'_>, limit: usize) -> Vec<SiteInfo> {
    let sites = capture(s, None, limit.saturating_add(1));
    let values: Vec<_> = sites
        .iter()
        .filter(|x| x.code.is_some())
        .take(limit)
        .map(|x| {
            let this = if x.this.is_empty() { Raw::UNDEFINED } else { x.this };
            let code = x.code.map_or(Raw::UNDEFINED, |c| Raw::cell(c.cast()));
            let bits = (x.flags & argc::CONSTRUCT) as i32 | x.is_async as i32;
            [
                s.local(x.function),
                s.local(this),
                s.local(code),
                s.local(Raw::int32(x.pc as i32)),
                s.local(Raw::int32(bits)),
            ]
        })
        .collect();
    values.into_iter().map(|v| site_info(s, v.map(|x| x.raw()))).collect()
}

/// `Error.captureStackTrace` and the constructors: defines `stack` on an object. Frames above and including the function
/// `skip_until` are left out.
pub fn capture_stack(s: &mut Scope<'_>, o: Local<'_, Object>, skip_until: Option<Local<'_, Object>>) {
    capture_stack_with(s, o, skip_until.map(|f| f.raw()));
}

fn stack_trace_limit(s: &mut Scope<'_>) -> Option<usize> {
    let c = s.vm().realm().intrinsic(Intrinsic::Error);
    if !c.is_cell() {
        return Some(10);
    }
    // SAFETY: an object.
    let c: Local<'_, Object> = unsafe { s.local(c).cast() };
    let key = s.names().stack_trace_limit;
    match object::own_ordinary(s, c, key) {
        Own::Data(v, _) if v.is_number() => Some(v.as_number().clamp(0.0, 1000.0) as usize),
        _ => None,
    }
}

fn capture_stack_with(s: &mut Scope<'_>, o: Local<'_, Object>, skip_until: Option<Raw>) {
    s.nested(|s| {
        let Some(limit) = stack_trace_limit(s) else { return };
        let sites = capture(s, skip_until, limit);
        // The record keeps what a lazy formatter needs: (function, this, code, pc | flags, async) per site.
        let roots: Vec<_> = sites.iter().map(|x| (s.local(x.function), s.local(x.this))).collect();
        let r = crate::record::new_local(s, 0, sites.len() * 5);
        for (i, x) in sites.iter().enumerate() {
            r.set_at(s, i * 5, roots[i].0.raw());
            let this = if roots[i].1.raw().is_empty() { Raw::UNDEFINED } else { roots[i].1.raw() };
            r.set_at(s, i * 5 + 1, this);
            let code = x.code.map_or(Raw::UNDEFINED, |c| Raw::cell(c.cast()));
            r.set_at(s, i * 5 + 2, code);
            r.set_at(s, i * 5 + 3, Raw::int32(x.pc as i32));
            r.set_at(s, i * 5 + 4, Raw::int32((x.flags & argc::CONSTRUCT) as i32 | x.is_async as i32));
        }
        // SAFETY: records are cells; the private property is opaque to the program.
        let frames: Local<'_, Value> = unsafe { r.cast() };
        let private = s.names().private_stack;
        if matches!(own_private(s, o), Own::Missing) {
            object::add_named(s, o, private, frames, attr::WRITABLE);
        } else {
            object::write_existing(s, o, private, frames);
        }
        let key = s.names().stack;
        let (get, set) = stack_functions(s);
        if !o.kind().is_exotic()
            && o.gc().header.flags & crate::cell::flag::NON_EXTENSIBLE == 0
            && matches!(object::own_ordinary(s, o, key), Own::Missing)
        {
            let accessor = s.vm().realm().stack_accessor;
            let accessor = s.local(accessor);
            object::add_named(s, o, key, accessor, attr::CONFIGURABLE | attr::ACCESSOR);
        } else {
            let d = PropertyDescriptor::accessor(Some(get), Some(set), attr::CONFIGURABLE);
            let _ = object::define_own_property(s, o, key, &d);
        }
    });
}
fn own_private(s: &mut Scope<'_>, o: Local<'_, Object>) -> Own {
    let key = s.names().private_stack;
    // SAFETY: live object; private elements are named properties of any kind of object.
    unsafe { object::own_named(s.vm(), o.gc().as_ptr(), key) }
}
static STACK_GET: function::NativeSpec = function::NativeSpec::new("", 0, |s, this, _| {
    let Some(o) = this.as_object() else { return Ok(s.undefined()) };
    let mut at = s.local_object(o.gc());
    loop {
        if let Own::Data(v, _) = own_private(s, at) {
            if !crate::value::is_kind(v, Kind::Record) {
                return Ok(s.local(v));
            }
            // SAFETY: checked kind.
            let sites: Local<'_, crate::cell::Record> = unsafe { s.local(v).cast() };
            let text = prepare(s, at, sites)?;
            let key = s.names().private_stack;
            object::write_existing(s, at, key, text);
            return Ok(text);
        }
        // SAFETY: live object.
        let p = unsafe { object::prototype_raw(s.vm(), at.gc().as_ptr()) };
        match s.local(p).as_object() {
            Some(p) => at = p,
            None => return Ok(s.undefined()),
        }
    }
});
static STACK_SET: function::NativeSpec = function::NativeSpec::new("", 1, |s, this, args| {
    if let Some(o) = this.as_object() {
        let key = s.names().private_stack;
        if matches!(own_private(s, o), Own::Missing) {
            let name = s.names().stack;
            object::create_data_property_or_throw(s, o, name, args.get(0))?;
        } else {
            object::write_existing(s, o, key, args.get(0));
        }
    }
    Ok(s.undefined())
});
/// The realm's getter and setter of `stack`, made on first use.
fn stack_functions<'s>(s: &mut Scope<'s>) -> (Local<'s, Value>, Local<'s, Value>) {
    if !s.vm().realm().stack_accessor.is_cell() {
        let get = function::new_native(s, &STACK_GET);
        let set = function::new_native(s, &STACK_SET);
        let cell = object::new_accessor(s, get.value(), set.value());
        s.vm().realm_mut().stack_accessor = cell.raw();
    }
    let cell = s.vm().realm().stack_accessor.as_cell() as *const crate::cell::Accessor;
    // SAFETY: a live Accessor cell of the realm.
    let (get, set) = unsafe { ((*cell).get, (*cell).set) };
    (s.local(get), s.local(set))
}

/// The value of `stack`: Error.prepareStackTrace's result, or V8's text.
fn prepare<'s>(
    s: &mut Scope<'s>,
    e: Local<'_, Object>,
    sites: Local<'_, crate::cell::Record>,
) -> JsResult<Local<'s, Value>> {
    let c = s.vm().realm().intrinsic(Intrinsic::Error);
    if c.is_cell() && !s.vm().preparing_stack {
        // SAFETY: an object.
        let c: Local<'_, Object> = unsafe { s.local(c).cast() };
        let key = s.names().prepare_stack_trace;
        if let Own::Data(f, _) = object::own_ordinary(s, c, key) {
            let f = s.local(f);
            if f.is_callable() {
                let list: Vec<_> = (0..sites.count() / 5).map(|i| call_site(s, sites, i).value()).collect();
                let array = object::array_from_list(s, &list);
                s.vm().preparing_stack = true;
                let r = crate::call::call(s, f, c.value(), &[e.value(), array.value()]);
                s.vm().preparing_stack = false;
                return r;
            }
        }
    }
    let mut text = header_text(s, e);
    for i in 0..sites.count() / 5 {
        text.push_str("\n    at ");
        text.push_str(&site_text(s, sites, i));
    }
    Ok(s.string_value(&text))
}
/// `Name: message` of an error, without running user code that throws.
fn header_text(s: &mut Scope<'_>, e: Local<'_, Object>) -> String {
    let (name_key, message_key) = (s.names().name, s.names().message);
    let read = |s: &mut Scope<'_>, key: PropertyKey| -> Option<String> {
        match object::get(s, e, key) {
            Ok(v) if v.is_undefined() => None,
            Ok(v) => match crate::conversion::to_text(s, v) {
                Ok(t) => Some(t),
                Err(t) => {
                    s.take_exception(t);
                    None
                }
            },
            Err(t) => {
                s.take_exception(t);
                None
            }
        }
    };
    let mut name = read(s, name_key).unwrap_or_else(|| "Error".to_string());
    if let Some(code) = Vm::with_hooks(s, |h, s| h.error_code(s, e)) {
        name = format!("{name} [{code}]");
    }
    let message = read(s, message_key).unwrap_or_default();
    match (name.is_empty(), message.is_empty()) {
        (true, _) => message,
        (_, true) => name,
        _ => format!("{name}: {message}"),
    }
}

/// CallSite object: slots hold the five values of a captured frame.
fn call_site<'s>(s: &mut Scope<'s>, sites: Local<'_, crate::cell::Record>, i: usize) -> Local<'s, Object> {
    let proto = s.vm().realm().intrinsic(Intrinsic::CallSitePrototype);
    let proto = if proto.is_cell() { s.local(proto) } else { s.null() };
    let o = object::new_kind(s, Kind::HostObject, proto, 7);
    o.set_slot(s, 0, Raw::int32(CALL_SITE_TAG));
    for k in 0..5 {
        let v = sites.at(i * 5 + k);
        // The code cell stays hidden behind the slot.
        o.set_slot(s, 1 + k, v);
    }
    o
}
/// Class tag of CallSite objects (slot 0 of HostObject).
pub const CALL_SITE_TAG: i32 = 1;

/// Facts about a captured frame, for CallSite methods and stack text.
pub struct SiteInfo {
    /// Function name or empty.
    pub function: String,
    /// `Type` of `Type.method` or empty.
    pub type_name: String,
    /// Method name, if it differs from the function name.
    pub method: String,
    /// Script name; empty for native functions.
    pub file: String,
    /// 1-based.
    pub line: u32,
    /// 1-based.
    pub column: u32,
    /// Called with `new`.
    pub is_constructor: bool,
    /// Async frame.
    pub is_async: bool,
    /// Built-in function.
    pub is_native: bool,
    /// Top-level or function called without receiver.
    pub is_top_level: bool,
    /// Eval code.
    pub is_eval: bool,
}

/// Describes a captured frame from its five values.
pub fn site_info(s: &mut Scope<'_>, values: [Raw; 5]) -> SiteInfo {
    s.nested(|s| {
        let f = s.local(values[0]);
        let this = s.local(values[1]);
        let bits = if values[4].is_int32() { values[4].as_int32() as u32 } else { 0 };
        let mut info = SiteInfo {
            function: String::new(),
            type_name: String::new(),
            method: String::new(),
            file: String::new(),
            line: 0,
            column: 0,
            is_constructor: bits & argc::CONSTRUCT != 0,
            is_async: bits & 1 != 0,
            is_native: !values[2].is_cell(),
            is_top_level: true,
            is_eval: false,
        };
        if let Some(o) = f.as_object() {
            info.function = function_name(s, o);
        }
        if values[2].is_cell() {
            // SAFETY: code cells do not move.
            let code = unsafe { &*(values[2].as_cell() as *const Code) };
            let script = code.script();
            info.file = script.name.clone();
            // SAFETY: the code has run.
            let (offset, kind) =
                unsafe { (code.source_offset(values[3].as_int32() as u32), code.data().unit.kind) };
            (info.line, info.column) = script.position(offset);
            info.is_eval = kind == spey_bytecode::FunctionKind::Eval;
            if code.has(code_flag::STRICT) && !this.is_object() || code.index == 0 {
                info.is_top_level = true;
            } else {
                info.is_top_level = this.is_nullish() || this.raw() == s.vm().realm().global_this;
            }
        } else {
            info.is_top_level = this.is_nullish();
        }
        if !info.is_top_level && !info.is_constructor {
            if let Some(o) = this.as_object() {
                // Static methods are shown with the name of their class.
                info.type_name = if this.is_callable() { function_name(s, o) } else { String::new() };
                if info.type_name.is_empty() {
                    info.type_name = constructor_name(s, o);
                }
            } else if !this.is_nullish() {
                let p = crate::conversion::prototype_of_primitive(s, this);
                info.type_name = constructor_name(s, p);
            }
        }
        info
    })
}
fn site_text(s: &mut Scope<'_>, sites: Local<'_, crate::cell::Record>, i: usize) -> String {
    let values = [0, 1, 2, 3, 4].map(|k| sites.at(i * 5 + k));
    let info = site_info(s, values);
    format_site(&info)
}
/// A frame as V8 prints it.
pub fn format_site(i: &SiteInfo) -> String {
    let place = if i.is_native {
        "<anonymous>".to_string()
    } else {
        format!("{}:{}:{}", if i.file.is_empty() { "<anonymous>" } else { &i.file }, i.line, i.column)
    };
    let name = if i.is_constructor {
        format!("new {}", if i.function.is_empty() { "<anonymous>" } else { &i.function })
    } else if i.is_async && !i.function.is_empty() {
        format!("async {}", i.function)
    } else if i.function.is_empty() {
        match (i.is_eval, i.type_name.is_empty() || i.is_native) {
            (true, _) => "eval".to_string(),
            (false, true) => String::new(),
            (false, false) => format!("{}.<anonymous>", i.type_name),
        }
    } else if !i.type_name.is_empty() && !i.function.starts_with(&i.type_name) && !i.function.contains(' ') {
        // Names such as `get x` stand alone.
        format!("{}.{}", i.type_name, i.function)
    } else {
        i.function.clone()
    };
    if name.is_empty() {
        if i.is_async { format!("async {place}") } else { place }
    } else {
        format!("{name} ({place})")
    }
}

/// Name of a function for messages: its own `name` data property if it is a string.
pub fn function_name(s: &mut Scope<'_>, f: Local<'_, Object>) -> String {
    s.nested(|s| {
        if f.kind().is_exotic() {
            return String::new();
        }
        object::materialize(s, f);
        let key = s.names().name;
        match object::own_ordinary(s, f, key) {
            Own::Data(v, _) => match s.local(v).as_string() {
                Some(t) => t.to_text(s),
                None => String::new(),
            },
            _ => String::new(),
        }
    })
}
/// Name of the constructor of an object, looked up without running getters; "Object" if unknown.
pub fn constructor_name(s: &mut Scope<'_>, o: Local<'_, Object>) -> String {
    s.nested(|s| {
        let key = s.names().constructor;
        let mut at = s.local_object(o.gc());
        for _ in 0..64 {
            if at.kind() == Kind::Proxy {
                break;
            }
            object::materialize(s, at);
            if let Own::Data(v, _) = object::own_ordinary(s, at, key) {
                if let Some(c) = s.local(v).as_object() {
                    let name = function_name(s, c);
                    if !name.is_empty() {
                        return name;
                    }
                }
            }
            // SAFETY: live object.
            let p = unsafe { object::prototype_raw(s.vm(), at.gc().as_ptr()) };
            match s.local(p).as_object() {
                Some(p) => at = p,
                None => break,
            }
        }
        "Object".to_string()
    })
}

// ---------------------------------------------------------------- texts

/// A value as V8 prints it in messages.
pub fn describe(s: &mut Scope<'_>, v: Local<'_, Value>) -> String {
    s.nested(|s| {
        if let Some(t) = v.as_string() {
            return format!("\"{}\"", t.to_text(s));
        }
        if let Some(sym) = v.as_symbol() {
            return sym.key().to_text();
        }
        if let Some(o) = v.as_object() {
            if v.is_callable() && o.kind() != Kind::Proxy {
                return crate::function_text::source_text(s, o);
            }
            return describe_receiver(s, v);
        }
        if v.raw().is_empty() {
            return "undefined".to_string();
        }
        crate::conversion::to_text(s, v).unwrap_or_else(|t| {
            s.take_exception(t);
            String::from("?")
        })
    })
}
/// As [`describe`], but strings without quotation marks.
pub fn describe_unquoted(s: &mut Scope<'_>, v: Local<'_, Value>) -> String {
    match v.as_string() {
        Some(t) => t.to_text(s),
        None => describe(s, v),
    }
}
/// `#<Foo>` or `[object Array]` for objects, the value otherwise.
pub fn describe_receiver(s: &mut Scope<'_>, v: Local<'_, Value>) -> String {
    s.nested(|s| match v.as_object() {
        Some(o) if o.kind() == Kind::Array => "[object Array]".to_string(),
        Some(o) if o.kind() == Kind::Error => {
            let t = header_text(s, o);
            if t.is_empty() { "[object Error]".into() } else { t }
        }
        Some(o) if v.is_callable() && o.kind() != Kind::Proxy => {
            let n = function_name(s, o);
            if n.is_empty() {
                "[object Function]".into()
            } else {
                format!("function '{}'", crate::function_text::source_text(s, o))
            }
        }
        Some(o) => describe_by_tag(s, o).unwrap_or_else(|| format!("#<{}>", constructor_name(s, o))),
        None => describe(s, v),
    })
}
/// As V8 does it without running code: an object with a `toString` of its own is shown by its tag.
fn describe_by_tag(s: &mut Scope<'_>, o: Local<'_, Object>) -> Option<String> {
    let (_, holder) = data_in_chain(s, o, s.names().to_string)?;
    if holder.is_same(s.intrinsic(Intrinsic::ObjectPrototype)) {
        return None;
    }
    let tag = data_in_chain(s, o, s.names().sym_to_string_tag).and_then(|(v, _)| v.as_string());
    let tag = match (tag, o.kind()) {
        (Some(tag), _) => tag.to_text(s),
        (None, Kind::Date) => "Date".into(),
        (None, Kind::RegExp) => "RegExp".into(),
        (None, _) => "Object".into(),
    };
    Some(format!("[object {tag}]"))
}
/// A data property that the object has or inherits, and the object that has it. Nothing is run.
fn data_in_chain<'s>(
    s: &mut Scope<'s>,
    o: Local<'_, Object>,
    key: PropertyKey,
) -> Option<(Local<'s, Value>, Local<'s, Object>)> {
    let mut at = s.local_object(o.gc());
    for _ in 0..64 {
        if at.kind() == Kind::Proxy {
            return None;
        }
        object::materialize(s, at);
        if let Own::Data(v, _) = object::own_ordinary(s, at, key) {
            return Some((s.local(v), at));
        }
        // SAFETY: live object.
        let p = unsafe { object::prototype_raw(s.vm(), at.gc().as_ptr()) };
        at = s.local(p).as_object()?;
    }
    None
}
/// A property key value as messages show it in "reading 'x'".
///
/// In parentheses after `what` ("reading"), with a space before; nothing for objects, whose conversion is observable.
pub fn describe_key(s: &mut Scope<'_>, what: &str, k: Local<'_, Value>) -> String {
    if k.is_object() {
        return String::new();
    }
    match crate::conversion::to_property_key(s, k) {
        Ok(k) => format!(" ({what} '{}')", k.to_text()),
        Err(t) => {
            s.take_exception(t);
            String::new()
        }
    }
}

/// What the source has at a frame's position, if the source is there.
fn blame(f: FrameView, deed: Deed) -> Option<Blame> {
    let c = f.code()?;
    // SAFETY: live code that has run.
    unsafe {
        let pc = f.pc.offset_from((*c).first) as u32;
        match &(*c).script().body {
            UnitBody::Source(unit) => unit.blame((*c).index, (*c).source_offset(pc), deed),
            _ => None,
        }
    }
}
const RETURN_VALUE: &str = " is not a function or its return value";
/// What a message calls the callee of the call at a frame's position: its source text as V8 prints it ("a.b.c"), or the value.
fn callee_text(s: &mut Scope<'_>, f: FrameView, v: Local<'_, Value>, deed: Deed) -> String {
    match blame(f, deed) {
        Some(Blame::Expression(text)) => return text,
        Some(Blame::ValueOf(text)) => return format!("{text}{RETURN_VALUE}"),
        _ => {}
    }
    // SAFETY: live code that has run.
    match f.code().and_then(|c| unsafe { method_text(f, c) }) {
        Some(text) => text,
        None => describe(s, v),
    }
}
/// Text of the callee of a method call whose source is not there, as in the library: what the instruction tells.
///
/// # Safety
/// `f` is a live frame of the code `c`.
unsafe fn method_text(f: FrameView, c: *const Code) -> Option<String> {
    // SAFETY: a two-word instruction; its operands were checked by the verifier.
    unsafe {
        let i = Insn(*f.pc);
        if i.op() != Op::CallMethod {
            return None;
        }
        let cache = (*c).ics.add(Insn(*f.pc.add(1)).field(1) as u16 as usize);
        let is_this = *f.fp.offset(i.b() as isize) == *f.this();
        let base = if is_this { "this" } else { "(intermediate value)" };
        Some(format!("{base}.{}", PropertyKey::from_raw((*cache).key).to_text()))
    }
}
/// TypeError "x is not a function" with the source text of the callee.
#[cold]
pub fn throw_not_callable<T>(s: &mut Scope<'_>, f: FrameView, callee: Local<'_, Value>) -> JsResult<T> {
    let text = callee_text(s, f, callee, Deed::Call);
    // A call whose value is iterated is told of with both.
    let wanted = if text.ends_with(RETURN_VALUE) { "iterable" } else { "a function" };
    s.throw_type_error(&format!("{text} is not {wanted}"))
}
/// TypeError "x is not a constructor".
#[cold]
pub fn throw_not_constructor<T>(s: &mut Scope<'_>, f: FrameView, callee: Local<'_, Value>) -> JsResult<T> {
    let text = callee_text(s, f, callee, Deed::Construct);
    s.throw_type_error(&format!("{text} is not a constructor"))
}
/// TypeError "x is not iterable" with the source text where it can be found.
#[cold]
pub fn throw_not_iterable<T>(s: &mut Scope<'_>, f: Option<FrameView>, v: Local<'_, Value>) -> JsResult<T> {
    const UNREAD: &str = "is not iterable (cannot read property Symbol(Symbol.iterator))";
    let text = match f.and_then(|f| blame(f, Deed::Iterate)) {
        Some(Blame::Expression(text)) => format!("{text} is not iterable"),
        Some(Blame::ValueOf(text)) => format!("{text}{RETURN_VALUE} is not iterable"),
        Some(Blame::SpreadArgument(text)) if v.is_nullish() => {
            format!("{text} is not iterable (cannot read property {})", describe(s, v))
        }
        Some(Blame::SpreadArgument(_)) => {
            "Spread syntax requires ...iterable[Symbol.iterator] to be a function".into()
        }
        Some(Blame::Delegate) => "yield* (intermediate value) is not iterable".into(),
        Some(Blame::Pattern { source, .. }) if v.is_nullish() => {
            let (source, what) = (source.unwrap_or_else(|| describe_with_type(s, v)), describe(s, v));
            format!("Cannot destructure property 'Symbol(Symbol.iterator)' of '{source}' as it is {what}.")
        }
        Some(Blame::Pattern { source: Some(source), .. }) => format!("{source} {UNREAD}"),
        _ => format!("{} {UNREAD}", describe_with_type(s, v)),
    };
    s.throw_type_error(&text)
}
/// TypeError "x is not async iterable".
#[cold]
pub fn throw_not_async_iterable<T>(
    s: &mut Scope<'_>,
    f: Option<FrameView>,
    v: Local<'_, Value>,
) -> JsResult<T> {
    let text = match f.and_then(|f| blame(f, Deed::Iterate)) {
        _ if v.is_nullish() && f.is_some() => {
            let what = describe(s, v);
            return s.throw_type_error(&format!(
                "Cannot read properties of {what} (reading 'Symbol(Symbol.asyncIterator)')"
            ));
        }
        Some(Blame::Expression(text)) => text,
        Some(Blame::ValueOf(text)) => format!("{text}(...){RETURN_VALUE}"),
        _ => describe(s, v),
    };
    s.throw_type_error(&format!("{text} is not async iterable"))
}
/// TypeError of an object pattern that undefined or null was to be taken apart by.
#[cold]
pub fn throw_not_destructurable<T>(s: &mut Scope<'_>, f: FrameView, v: Local<'_, Value>) -> JsResult<T> {
    let what = describe(s, v);
    let text = match blame(f, Deed::Destructure) {
        Some(Blame::Read { property: Some(name) }) => {
            format!("Cannot read properties of {what} (reading '{name}')")
        }
        Some(Blame::Read { property: None }) => format!("Cannot read properties of {what}"),
        Some(Blame::Pattern { property, source }) => {
            let property = property.map_or(String::new(), |name| format!("property '{name}' of "));
            let source = source.unwrap_or_else(|| describe_with_type(s, v));
            format!("Cannot destructure {property}'{source}' as it is {what}.")
        }
        _ => format!("Cannot destructure '{}' as it is {what}.", describe_with_type(s, v)),
    };
    s.throw_type_error(&text)
}
/// A value after its type, as V8 names what has no expression in the source.
pub fn describe_with_type(s: &mut Scope<'_>, v: Local<'_, Value>) -> String {
    let of_type = crate::operators::type_of_raw(v.raw());
    if v.is_null() || v.is_bool() || v.is_number() || v.is_string() {
        format!("{of_type} {}", describe(s, v))
    } else {
        of_type.into()
    }
}
/// Turns a compile error into a SyntaxError (or other class) whose stack starts with file, line and caret.
#[cold]
pub fn throw_compile_error<T>(
    s: &mut Scope<'_>,
    script: &ScriptUnit,
    e: &spey_bytecode::SyntaxError,
) -> JsResult<T> {
    use spey_bytecode::SyntaxErrorKind as K;
    let kind = match e.kind {
        K::Syntax => ErrorKind::SyntaxError,
        K::Reference => ErrorKind::ReferenceError,
        K::Range => ErrorKind::RangeError,
    };
    let error = create(s, kind, &e.message);
    if e.kind != K::Range {
        // Node prints `file:line`, the source line and a caret before the stack; hosts read it from this symbol-less slot.
        let (line, column) = script.position(e.start);
        let text = script.line_text(e.start);
        let width = (e.end.saturating_sub(e.start) as usize)
            .clamp(1, text.len().saturating_sub(column as usize - 1).max(1));
        let arrow = format!(
            "{}:{}\n{}\n{}{}\n",
            script.name,
            line,
            text,
            " ".repeat(column as usize - 1),
            "^".repeat(width)
        );
        let v = s.string_value(&arrow);
        error.set_slot(s, slot::ARROW, v.raw());
    }
    s.throw(error.value())
}
/// Where the exception was thrown: unit and offset.
fn throw_site<'a>(vm: &'a Vm, e: Local<'_, Value>) -> Option<(&'a ScriptUnit, u32)> {
    if vm.throw_value.is_empty() || vm.throw_value != e.raw() || !vm.throw_code.is_cell() {
        return None;
    }
    // SAFETY: a live code cell that has run: the VM traces it.
    let code = unsafe { &*(vm.throw_code.as_cell() as *const Code) };
    // SAFETY: as above.
    Some((code.script(), unsafe { code.source_offset(vm.throw_pc) }))
}
/// The same as `file:line:column`.
pub fn throw_site_place(s: &mut Scope<'_>, e: Local<'_, Value>) -> Option<String> {
    let (script, offset) = throw_site(s.vm(), e)?;
    let (line, column) = script.position(offset);
    Some(format!("{}:{line}:{column}", script.name))
}
/// The source frame of the place where `e` was thrown, if it was thrown last.
pub fn throw_site_frame(s: &mut Scope<'_>, e: Local<'_, Value>) -> Option<String> {
    let (script, offset) = throw_site(s.vm(), e)?;
    let (line, column) = script.position(offset);
    let text = script.line_text(offset);
    if text.is_empty() {
        return None;
    }
    // Tabs stay, so that the caret stands below its character. A unit that begins within a line has only its own text of it.
    let first = if line == script.line_offset + 1 { script.column_offset } else { 0 };
    let indent: String = text
        .chars()
        .take(column.saturating_sub(first + 1) as usize)
        .map(|c| if c == '\t' { '\t' } else { ' ' })
        .collect();
    Some(format!("{}:{line}\n{text}\n{indent}^\n", script.name))
}
/// The source frame ("file:line\ntext\n   ^") of a SyntaxError made by the compiler.
pub fn arrow_message(s: &mut Scope<'_>, e: Local<'_, Object>) -> Option<String> {
    if e.kind() != Kind::Error {
        return None;
    }
    let v = e.slot_local(s, slot::ARROW);
    v.as_string().map(|t| t.to_text(s))
}
