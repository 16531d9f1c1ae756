//! Calls from native code (ECMA-262 §7.3.14, §7.3.15).

use spey_gc::{Gc, Value as Raw};

use crate::cell::{Elements, Kind, Object};
use crate::code::{Code, code_flag};
use crate::frame::{HEADER, argc};
use crate::function::{self, bound};
use crate::interp;
use crate::key::PropertyKey;
use crate::object;
use crate::scope::{JsResult, Local, Scope, Value};
use crate::vm::Vm;

/// With so many arguments the quick form of a built-in function is tried.
const QUICK_ARGUMENTS: usize = 3;
/// [`call_with`] takes at most so many arguments.
const MAX_FIXED_ARGUMENTS: usize = 4;

/// Writes the caller's pc, `this` and the arguments above the current frame and returns the window, or None on overflow.
///
/// # Safety
/// Nothing else uses the stack above the current frame until the call is made.
unsafe fn push_window(vm: &mut Vm, this: Raw, args: &[Local<'_, Value>]) -> Option<*mut Raw> {
    // SAFETY: checked against the limit.
    unsafe {
        let base = interp::frame_top(vm);
        if base.add(args.len() + 2 + HEADER) > vm.stack_limit || !vm.native_stack_ok() {
            return None;
        }
        *base = Raw::from_bits(vm.pc as u64);
        let window = base.add(1);
        *window = this;
        for (i, a) in args.iter().enumerate() {
            *window.add(1 + i) = a.raw();
        }
        Some(window)
    }
}

/// Runs compiled closure `f` on a pushed window.
unsafe fn run_closure<'s>(
    s: &mut Scope<'s>,
    code: Gc<Code>,
    f: Raw,
    window: *mut Raw,
    count: u32,
    bits: u32,
    new_target: Raw,
) -> JsResult<Local<'s, Value>> {
    // SAFETY: the window was pushed by `push_window` and nothing was allocated since.
    unsafe {
        let vm: *mut Vm = s.vm();
        let (fp0, pc0) = interp::position(vm);
        // The realm of running code is that of its function.
        let realm0 = (*vm).realm_override.take();
        let fp = interp::enter(
            vm,
            code.as_ptr(),
            f,
            window,
            count,
            bits | argc::ENTRY,
            new_target,
            &interp::slow::LEAVE_WORD,
            fp0,
        );
        if fp.is_null() {
            (*vm).realm_override = realm0;
            return crate::error::throw_stack_overflow(s);
        }
        let status = match code.machine.is_null() {
            true => interp::run(vm, code.entry, fp, code.ics),
            false => interp::machine::enter(vm, code.machine, fp),
        };
        (*vm).fp = fp0;
        (*vm).pc = pc0;
        (*vm).realm_override = realm0;
        if status == interp::THREW {
            return Err(crate::scope::Thrown(()));
        }
        let v = std::mem::replace(&mut (*vm).result, Raw::UNDEFINED);
        Ok(s.local(v))
    }
}

/// [`call`] without handles: `f` with undefined `this` and `count` arguments, which `word` gives.
///
/// # Safety
/// The VM is live and running; `f` and the arguments are live values.
#[inline(always)]
pub unsafe fn call_words(vm: *mut Vm, f: Raw, count: usize, word: impl Fn(usize) -> Raw) -> JsResult<Raw> {
    // SAFETY: by the contract; the window is completed and used at once.
    unsafe {
        let window = closure_window(vm, f, count);
        if window.is_null() {
            let args: Vec<Raw> = (0..count).map(word).collect();
            return call_words_any(vm, f, &args);
        }
        *window = Raw::UNDEFINED;
        for i in 0..count {
            *window.add(1 + i) = word(i);
        }
        let v = run_window_here(vm, f, window, count);
        if v.is_empty() { Err(crate::scope::Thrown(())) } else { Ok(v) }
    }
}
/// [`call_words`] of whatever it is.
///
/// # Safety
/// The same.
#[inline(never)]
unsafe fn call_words_any(vm: *mut Vm, f: Raw, args: &[Raw]) -> JsResult<Raw> {
    // SAFETY: by the contract.
    unsafe { &mut *vm }.scope(|s| {
        let f = s.local(f);
        let this = s.undefined();
        let args: Vec<_> = args.iter().map(|&v| s.local(v)).collect();
        call_any(s, f, this, &args).map(Local::raw)
    })
}

/// [[Call]] of a class constructor, ECMA-262 §10.2.1: a TypeError of the function's realm.
#[cold]
pub(crate) fn throw_class_constructor<T>(s: &mut Scope<'_>, f: Local<'_, Object>) -> JsResult<T> {
    let name = crate::error::function_name(s, f);
    let id = function::function_realm(s, f)?;
    crate::realm::with_realm(s, id, |s| {
        s.throw_type_error(&match name.as_str() {
            "" => "Class constructors cannot be invoked without 'new'".into(),
            name => format!("Class constructor {name} cannot be invoked without 'new'"),
        })
    })
}
/// Call(F, V, argumentsList), ECMA-262 §7.3.14
#[inline]
pub fn call<'s>(
    s: &mut Scope<'s>,
    f: Local<'_, Value>,
    this: Local<'_, Value>,
    args: &[Local<'_, Value>],
) -> JsResult<Local<'s, Value>> {
    // OPTIMIZATION: compiled closures are called straight from here.
    // SAFETY: the window is completed and used at once.
    unsafe {
        let window = closure_window(s.vm(), f.raw(), args.len());
        if !window.is_null() {
            *window = this.raw();
            for (i, v) in args.iter().enumerate() {
                *window.add(1 + i) = v.raw();
            }
            let v = run_window(s.vm(), f.raw(), window, args.len());
            return rooted(s, v);
        }
    }
    call_any(s, f, this, args)
}
/// [`call`] of whatever it is.
#[inline(never)]
fn call_any<'s>(
    s: &mut Scope<'s>,
    f: Local<'_, Value>,
    this: Local<'_, Value>,
    args: &[Local<'_, Value>],
) -> JsResult<Local<'s, Value>> {
    let Some(o) = f.as_object() else { return not_callable(s, f) };
    match o.kind() {
        Kind::Function => {
            let code = function::closure_code(o);
            if code.has(code_flag::CLASS) {
                return throw_class_constructor(s, o);
            }
            if code.data.is_null() {
                crate::code::ensure_compiled(s, code)?;
            }
            // SAFETY: the window is used at once.
            unsafe {
                match push_window(s.vm(), this.raw(), args) {
                    None => crate::error::throw_stack_overflow(s),
                    Some(w) => run_closure(s, code, f.raw(), w, args.len() as u32, 0, Raw::UNDEFINED),
                }
            }
        }
        Kind::NativeFunction => {
            // SAFETY: a live built-in function.
            let spec = unsafe { function::native_spec(o.gc().as_ptr()) };
            if args.len() <= QUICK_ARGUMENTS && spec.has_quick() {
                let mut list = [Raw::UNDEFINED; QUICK_ARGUMENTS];
                for (to, from) in list.iter_mut().zip(args) {
                    *to = from.raw();
                }
                let v = spec.try_quick(s.vm(), this.raw(), &list[..args.len()]);
                if !v.is_empty() {
                    return Ok(s.local(v));
                }
            }
            run_native(s, o, this.raw(), args, 0, Raw::UNDEFINED)
        }
        Kind::BoundFunction => {
            if !s.vm().native_stack_ok() {
                return crate::error::throw_stack_overflow(s);
            }
            let (target, this, list) = bound_parts(s, o, args);
            call(s, target, this, &list)
        }
        Kind::Proxy if f.is_callable() => {
            if !s.vm().native_stack_ok() {
                return crate::error::throw_stack_overflow(s);
            }
            crate::proxy::call(s, o, this, args)
        }
        _ => not_callable(s, f),
    }
}
/// The window for a call of `f` with `count` arguments, if `f` is a compiled closure that can be called and there is room for it;
/// else null. What is above the current frame is free until the call is made.
///
/// # Safety
/// `f` is live.
#[inline(always)]
unsafe fn closure_window(vm: *mut Vm, f: Raw, count: usize) -> *mut Raw {
    // SAFETY: by the contract; checked against the limit before it is written.
    unsafe {
        if crate::value::is_kind(f, Kind::Function) {
            let code = function::code_of(f.as_cell() as *mut Object);
            let base = interp::frame_top(&*vm);
            if !(*code).entry.is_null()
                && (*code).flags & code_flag::CLASS == 0
                && base.add(count + 2 + HEADER) <= (*vm).stack_limit
                && (*vm).native_stack_ok()
            {
                *base = Raw::from_bits((*vm).pc as u64);
                return base.add(1);
            }
        }
        std::ptr::null_mut()
    }
}
/// Runs closure `f` on its window: the result, or the empty value if an exception is pending.
///
/// # Safety
/// The window is that of [`closure_window`], complete, and nothing was allocated since.
#[inline(never)]
unsafe fn run_window(vm: *mut Vm, f: Raw, window: *mut Raw, count: usize) -> Raw {
    // SAFETY: by the contract.
    unsafe { run_window_here(vm, f, window, count) }
}
#[inline(always)]
unsafe fn run_window_here(vm: *mut Vm, f: Raw, window: *mut Raw, count: usize) -> Raw {
    // SAFETY: by the contract of `run_window`.
    unsafe {
        let code = function::code_of(f.as_cell() as *mut Object);
        let (fp0, pc0) = interp::position(vm);
        // The realm of running code is that of its function.
        let realm0 = (*vm).realm_override.take();
        let leave = &interp::slow::LEAVE_WORD;
        let fp = interp::enter(vm, code, f, window, count as u32, argc::ENTRY, Raw::UNDEFINED, leave, fp0);
        let v = if fp.is_null() {
            let mut s = Scope::new(std::ptr::NonNull::new_unchecked(vm));
            let _ = crate::error::throw_stack_overflow::<()>(&mut s);
            Raw::EMPTY
        } else {
            interp::machine::run_words(vm, code, fp)
        };
        (*vm).fp = fp0;
        (*vm).pc = pc0;
        (*vm).realm_override = realm0;
        v
    }
}
/// The result of [`run_window`].
#[inline(always)]
fn rooted<'s>(s: &mut Scope<'s>, v: Raw) -> JsResult<Local<'s, Value>> {
    if v.is_empty() { Err(crate::scope::Thrown(())) } else { Ok(s.local(v)) }
}
/// Most elements of a list that are passed to the quick form of a built-in function.
const MAX_QUICK_LIST: usize = 8;

/// [`call`] with the elements of a dense array made by the engine.
pub(crate) fn call_with_list<'s>(
    s: &mut Scope<'s>,
    f: Local<'_, Value>,
    this: Local<'_, Value>,
    list: Local<'_, Object>,
) -> JsResult<Local<'s, Value>> {
    // SAFETY: the window is completed and used at once.
    unsafe {
        let n = list.slot(object::ARRAY_LENGTH).as_number() as usize;
        let window = closure_window(s.vm(), f.raw(), n);
        if !window.is_null() {
            *window = this.raw();
            if object::is_packed_array(list) {
                std::ptr::copy_nonoverlapping(Elements::at(list.gc().elements, 0), window.add(1), n);
            } else {
                for i in 0..n {
                    *window.add(1 + i) = object::dense_element(list, i as u32).unwrap_or(Raw::UNDEFINED);
                }
            }
            let v = run_window(s.vm(), f.raw(), window, n);
            return rooted(s, v);
        }
        // OPTIMIZATION: a built-in function with a form without a frame.
        if n <= MAX_QUICK_LIST
            && let Some(o) = f.as_object().filter(|o| o.kind() == Kind::NativeFunction)
            && object::is_packed_array(list)
        {
            let spec = function::native_spec(o.gc().as_ptr());
            if spec.has_quick() {
                let mut words = [Raw::UNDEFINED; MAX_QUICK_LIST];
                std::ptr::copy_nonoverlapping(Elements::at(list.gc().elements, 0), words.as_mut_ptr(), n);
                let v = spec.try_quick(s.vm(), this.raw(), &words[..n]);
                if !v.is_empty() {
                    return Ok(s.local(v));
                }
            }
        }
    }
    let args = list_values(s, list);
    call_any(s, f, this, &args)
}
/// The elements of a dense array made by the engine.
pub(crate) fn list_values<'s>(s: &mut Scope<'s>, list: Local<'_, Object>) -> Vec<Local<'s, Value>> {
    let n = list.slot(object::ARRAY_LENGTH).as_number() as u32;
    (0..n)
        .map(|i| {
            let v = object::dense_element(list, i).unwrap_or(Raw::UNDEFINED);
            s.local(v)
        })
        .collect()
}
/// [`call`] with a fixed number of arguments that need not be rooted: they are read before anything is allocated.
#[inline]
pub fn call_with<'s, const N: usize>(
    s: &mut Scope<'s>,
    f: Local<'_, Value>,
    this: Raw,
    args: [Raw; N],
) -> JsResult<Local<'s, Value>> {
    const { assert!(N <= MAX_FIXED_ARGUMENTS) }
    // SAFETY: the window is completed and used at once.
    unsafe {
        let window = closure_window(s.vm(), f.raw(), N);
        if !window.is_null() {
            *window = this;
            for (i, &v) in args.iter().enumerate() {
                *window.add(1 + i) = v;
            }
            let v = run_window(s.vm(), f.raw(), window, N);
            return rooted(s, v);
        }
    }
    call_with_any(s, f, this, &args)
}
#[inline(never)]
fn call_with_any<'s>(
    s: &mut Scope<'s>,
    f: Local<'_, Value>,
    this: Raw,
    args: &[Raw],
) -> JsResult<Local<'s, Value>> {
    s.nested_escape(|s| {
        let this = s.local(this);
        let mut list = [this; MAX_FIXED_ARGUMENTS];
        for (to, &v) in list.iter_mut().zip(args) {
            *to = s.local(v);
        }
        call_any(s, f, this, &list[..args.len()])
    })
}
fn run_native<'s>(
    s: &mut Scope<'s>,
    f: Local<'_, Object>,
    this: Raw,
    args: &[Local<'_, Value>],
    bits: u32,
    new_target: Raw,
) -> JsResult<Local<'s, Value>> {
    // SAFETY: the window is used at once.
    unsafe {
        let Some(w) = push_window(s.vm(), this, args) else { return crate::error::throw_stack_overflow(s) };
        let vm: *mut Vm = s.vm();
        let realm0 = (*vm).realm_override.take();
        let v = interp::run_native(
            vm,
            f.raw(),
            w,
            args.len() as u32,
            bits | argc::ENTRY,
            new_target,
            &interp::slow::LEAVE_WORD,
        );
        (*vm).realm_override = realm0;
        if v.is_empty() { Err(crate::scope::Thrown(())) } else { Ok(s.local(v)) }
    }
}
/// The step of a built-in iterator with its `next` method, if that is what `next` is: the value, or None at the end.
pub(crate) fn step<'s>(
    s: &mut Scope<'s>,
    next: Local<'_, Value>,
    iterator: Local<'_, Value>,
) -> Option<JsResult<Option<Local<'s, Value>>>> {
    if !crate::value::is_kind(next.raw(), Kind::NativeFunction) {
        return None;
    }
    // SAFETY: a live built-in function; the window is used at once.
    unsafe {
        let step = function::native_spec(next.raw().as_cell().cast()).step?;
        let Some(w) = push_window(s.vm(), iterator.raw(), &[]) else {
            return Some(crate::error::throw_stack_overflow(s));
        };
        let vm: *mut Vm = s.vm();
        let realm0 = (*vm).realm_override.take();
        let (v, done) = interp::run_step(vm, next.raw(), step, w, &interp::slow::LEAVE_WORD);
        (*vm).realm_override = realm0;
        Some(if v.is_empty() {
            Err(crate::scope::Thrown(()))
        } else if done {
            Ok(None)
        } else {
            Ok(Some(s.local(v)))
        })
    }
}
#[cold]
fn not_callable<'s>(s: &mut Scope<'s>, f: Local<'_, Value>) -> JsResult<Local<'s, Value>> {
    let text = crate::error::describe_with_type(s, f);
    s.throw_type_error(&format!("{text} is not a function"))
}
fn bound_parts<'s>(
    s: &mut Scope<'s>,
    o: Local<'_, Object>,
    args: &[Local<'_, Value>],
) -> (Local<'s, Value>, Local<'s, Value>, Vec<Local<'s, Value>>) {
    let target = o.slot_local(s, bound::TARGET);
    let this = o.slot_local(s, bound::THIS);
    let record = o.slot(bound::ARGUMENTS);
    let mut list = Vec::new();
    if record.is_cell() {
        // SAFETY: bound arguments are a record.
        let r: Local<'_, crate::cell::Record> = unsafe { s.local(record).cast() };
        for i in 0..r.count() {
            let v = r.at(i);
            list.push(s.local(v));
        }
    }
    for a in args {
        let v = a.raw();
        list.push(s.local(v));
    }
    (target, this, list)
}

/// Construct(F, argumentsList, newTarget), ECMA-262 §7.3.15. `f` is a constructor.
pub fn construct<'s>(
    s: &mut Scope<'s>,
    f: Local<'_, Object>,
    args: &[Local<'_, Value>],
    new_target: Option<Local<'_, Object>>,
) -> JsResult<Local<'s, Object>> {
    let target = new_target.map_or(f.raw(), |t| t.raw());
    // SAFETY: an object: new.target.
    let target: Local<'_, Object> = unsafe { s.local(target).cast() };
    let v = match f.kind() {
        Kind::Function if crate::value::is_constructor(f.raw()) => {
            let code = function::closure_code(f);
            crate::code::ensure_compiled(s, code)?;
            let this = if code.has(code_flag::DERIVED) {
                Raw::EMPTY
            } else {
                function::create_this(s, target)?.raw()
            };
            // SAFETY: the window is used at once; `this` was just read from a handle's value without allocation since.
            unsafe {
                match push_window(s.vm(), this, args) {
                    None => return crate::error::throw_stack_overflow(s),
                    Some(w) => {
                        run_closure(s, code, f.raw(), w, args.len() as u32, argc::CONSTRUCT, target.raw())?
                    }
                }
            }
        }
        Kind::NativeFunction if crate::value::is_constructor(f.raw()) => {
            run_native(s, f, Raw::UNDEFINED, args, argc::CONSTRUCT, target.raw())?
        }
        Kind::BoundFunction => {
            if !s.vm().native_stack_ok() {
                return crate::error::throw_stack_overflow(s);
            }
            let (inner, _, list) = bound_parts(s, f, args);
            let inner = inner.as_object().expect("bound target");
            let target = if target.is_same(f) { inner } else { target };
            return construct(s, inner, &list, Some(target));
        }
        Kind::Proxy => {
            if !s.vm().native_stack_ok() {
                return crate::error::throw_stack_overflow(s);
            }
            return crate::proxy::construct(s, f, args, target);
        }
        _ => {
            let text = crate::error::describe(s, f.value());
            return s.throw_type_error(&format!("{text} is not a constructor"));
        }
    };
    match v.as_object() {
        Some(o) => Ok(o),
        None => s.throw_type_error("constructor did not return an object"),
    }
}
/// Invoke(V, P, argumentsList), ECMA-262 §7.3.21
pub fn invoke<'s>(
    s: &mut Scope<'s>,
    v: Local<'_, Value>,
    key: PropertyKey,
    args: &[Local<'_, Value>],
) -> JsResult<Local<'s, Value>> {
    let f = crate::object::get_v(s, v, key)?;
    if !f.is_callable() {
        let base = crate::error::describe_receiver(s, v);
        return s.throw_type_error(&format!("{base}.{} is not a function", key.to_text()));
    }
    call(s, f, v, args)
}
/// Calls closure `f` with `this` and new.target as given, whatever its kind: eval code.
pub(crate) fn call_with_new_target<'s>(
    s: &mut Scope<'s>,
    f: Local<'_, Object>,
    this: Local<'_, Value>,
    new_target: Local<'_, Value>,
) -> JsResult<Local<'s, Value>> {
    let code = function::closure_code(f);
    crate::code::ensure_compiled(s, code)?;
    // SAFETY: the window is used at once.
    unsafe {
        match push_window(s.vm(), this.raw(), &[]) {
            None => crate::error::throw_stack_overflow(s),
            Some(w) => run_closure(s, code, f.raw(), w, 0, 0, new_target.raw()),
        }
    }
}
