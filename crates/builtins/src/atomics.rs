//! The Atomics object, ECMA-262 §25.4, and the waiter lists, §25.4.1.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use spey_core::array_buffer as buffers;
use spey_core::cell::{Kind, Object};
use spey_core::function::{self, NativeSpec, PropertySpec};
use spey_core::object;
use spey_core::promise;
use spey_core::realm::Intrinsic;
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::shape::attr;
use spey_core::typed_array::{self as views, Element, ElementType};
use spey_core::vm::Vm;
use spey_core::{bigint, conversion, error};
use spey_gc::PersistentId;

use crate::array_buffer::throw_detached;
use crate::support;
use crate::typed_array::require_mutable;

static PROPERTIES: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("load", 2, load)),
    PropertySpec::Method(NativeSpec::new("store", 3, store)),
    PropertySpec::Method(NativeSpec::new("add", 3, add)),
    PropertySpec::Method(NativeSpec::new("sub", 3, sub)),
    PropertySpec::Method(NativeSpec::new("and", 3, and)),
    PropertySpec::Method(NativeSpec::new("or", 3, or)),
    PropertySpec::Method(NativeSpec::new("xor", 3, xor)),
    PropertySpec::Method(NativeSpec::new("exchange", 3, exchange)),
    PropertySpec::Method(NativeSpec::new("compareExchange", 4, compare_exchange)),
    PropertySpec::Method(NativeSpec::new("isLockFree", 1, is_lock_free)),
    PropertySpec::Method(NativeSpec::new("wait", 4, wait)),
    PropertySpec::Method(NativeSpec::new("waitAsync", 4, wait_async)),
    PropertySpec::Method(NativeSpec::new("notify", 3, notify)),
    PropertySpec::Method(NativeSpec::new("pause", 0, pause)),
    PropertySpec::Tag("Atomics"),
];

pub(crate) fn install(s: &mut Scope<'_>) {
    s.nested(|s| {
        let o = support::new_prototype(s, Intrinsic::ObjectPrototype);
        function::define_properties(s, o, PROPERTIES);
        s.set_intrinsic(Intrinsic::Atomics, o);
        support::define_global(s, "Atomics", o.value());
    })
}

// ---------------------------------------------------------------- access

/// ValidateIntegerTypedArray, ECMA-262 §25.4.3.1, and ValidateAtomicAccess, §25.4.3.2: the array and the index.
fn validate<'s>(s: &mut Scope<'_>, args: &Args<'s>, waitable: bool) -> JsResult<(Local<'s, Object>, usize)> {
    let v = args.get(0);
    let (array, length) = validate_array(s, v, waitable)?;
    let index = validate_index(s, args.get(1), length)?;
    Ok((array, index))
}
/// As [`validate`], for writing.
fn validate_mutable<'s>(s: &mut Scope<'_>, args: &Args<'s>) -> JsResult<(Local<'s, Object>, usize)> {
    if let Some(o) = args.get(0).as_object().filter(|o| o.kind() == Kind::TypedArray) {
        require_mutable(s, o, "Atomics operation")?;
    }
    validate(s, args, false)
}
fn validate_array<'s>(
    s: &mut Scope<'_>,
    v: Local<'s, Value>,
    waitable: bool,
) -> JsResult<(Local<'s, Object>, usize)> {
    let o = match v.as_object() {
        Some(o) if o.kind() == Kind::TypedArray => o,
        _ => return throw_not_integer(s, v, waitable),
    };
    let Some(length) = views::typed_array_length(o) else { return throw_detached(s, "Atomics operation") };
    let t = views::element_type(o);
    let ok = if waitable { matches!(t, ElementType::Int32 | ElementType::BigInt64) } else { t.is_integer() };
    if !ok {
        return throw_not_integer(s, v, waitable);
    }
    Ok((o, length))
}
fn validate_index(s: &mut Scope<'_>, v: Local<'_, Value>, length: usize) -> JsResult<usize> {
    const MESSAGE: &str = "Invalid atomic access index";
    let index = conversion::to_index_with_message(s, v, MESSAGE)?;
    if index >= length as u64 {
        return s.throw_range_error(MESSAGE);
    }
    Ok(index as usize)
}
#[cold]
fn throw_not_integer<T>(s: &mut Scope<'_>, v: Local<'_, Value>, waitable: bool) -> JsResult<T> {
    let text = error::describe(s, v);
    let what = if waitable { "an int32 or BigInt64 typed array" } else { "an integer typed array" };
    s.throw_type_error(&format!("{text} is not {what}."))
}
/// RevalidateAtomicAccess, ECMA-262 §25.4.3.4: the address of the element.
fn revalidate(s: &mut Scope<'_>, o: Local<'_, Object>, index: usize) -> JsResult<*mut u8> {
    let size = views::element_type(o).size();
    match views::view_bytes(o) {
        // SAFETY: in bounds.
        Some((data, bytes)) if (index + 1) * size <= bytes => Ok(unsafe { data.add(index * size) }),
        Some(_) => s.throw_range_error("Invalid atomic access index"),
        None => throw_detached(s, "Atomics operation"),
    }
}
/// The bits of an element value.
fn bits(t: ElementType, e: Element) -> u64 {
    let mut b = [0u8; 8];
    // SAFETY: eight bytes are enough for any element.
    unsafe { t.write(b.as_mut_ptr(), e) }
    from_bytes(b, t.size())
}
fn from_bytes(b: [u8; 8], size: usize) -> u64 {
    match size {
        1 => b[0] as u64,
        2 => u16::from_ne_bytes([b[0], b[1]]) as u64,
        4 => u32::from_ne_bytes([b[0], b[1], b[2], b[3]]) as u64,
        _ => u64::from_ne_bytes(b),
    }
}
fn value_of<'s>(s: &mut Scope<'s>, t: ElementType, n: u64) -> Local<'s, Value> {
    let mut b = [0u8; 8];
    match t.size() {
        1 => b[0] = n as u8,
        2 => b[..2].copy_from_slice(&(n as u16).to_ne_bytes()),
        4 => b[..4].copy_from_slice(&(n as u32).to_ne_bytes()),
        _ => b = n.to_ne_bytes(),
    }
    // SAFETY: eight bytes are enough for any element.
    unsafe { t.read(b.as_ptr()) }.to_value(s)
}
/// Replaces the element at `p` by `f` of it, if that gives a value; the old bits.
///
/// # Safety
/// `p` is valid for reads and writes of `size` bytes.
unsafe fn update(p: *mut u8, size: usize, f: impl Fn(u64) -> Option<u64>) -> u64 {
    const SEQ: Ordering = Ordering::SeqCst;
    macro_rules! with {
        ($atomic:ty, $t:ty) => {{
            if p.addr() % size != 0 {
                // Memory of the embedder that is not aligned is not shared either.
                // SAFETY: by the contract.
                let old = unsafe { p.cast::<$t>().read_unaligned() };
                if let Some(new) = f(old as u64) {
                    // SAFETY: by the contract.
                    unsafe { p.cast::<$t>().write_unaligned(new as $t) }
                }
                return old as u64;
            }
            // SAFETY: by the contract, and aligned.
            let a = unsafe { <$atomic>::from_ptr(p.cast()) };
            match a.fetch_update(SEQ, SEQ, |x| f(x as u64).map(|n| n as $t)) {
                Ok(old) | Err(old) => old as u64,
            }
        }};
    }
    match size {
        1 => with!(AtomicU8, u8),
        2 => with!(AtomicU16, u16),
        4 => with!(AtomicU32, u32),
        _ => with!(AtomicU64, u64),
    }
}
/// The value argument: ToBigInt, or ToIntegerOrInfinity; also as the value that `store` returns.
fn operand<'s>(
    s: &mut Scope<'s>,
    t: ElementType,
    v: Local<'_, Value>,
) -> JsResult<(Local<'s, Value>, Element)> {
    if t.is_bigint() {
        let n = bigint::to_bigint(s, v)?;
        return Ok((n, Element::BigInt64(bigint::to_i64_wrapping(n.raw()))));
    }
    let n = conversion::to_integer_or_infinity(s, v)?;
    Ok((s.number(n), Element::Number(n)))
}

/// AtomicReadModifyWrite, ECMA-262 §25.4.3.14
fn read_modify_write<'s>(
    s: &mut Scope<'s>,
    args: &Args<'s>,
    op: impl Fn(u64, u64) -> u64,
) -> JsResult<Local<'s, Value>> {
    let (o, index) = validate_mutable(s, args)?;
    let t = views::element_type(o);
    let (_, e) = operand(s, t, args.get(2))?;
    let p = revalidate(s, o, index)?;
    let n = bits(t, e);
    // SAFETY: the address was just checked.
    let old = unsafe { update(p, t.size(), |x| Some(op(x, n))) };
    Ok(value_of(s, t, old))
}
/// Atomics.add ( typedArray, index, value ), ECMA-262 §25.4.4
fn add<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    read_modify_write(s, args, u64::wrapping_add)
}
/// Atomics.sub ( typedArray, index, value ), ECMA-262 §25.4.13
fn sub<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    read_modify_write(s, args, u64::wrapping_sub)
}
/// Atomics.and ( typedArray, index, value ), ECMA-262 §25.4.5
fn and<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    read_modify_write(s, args, |a, b| a & b)
}
/// Atomics.or ( typedArray, index, value ), ECMA-262 §25.4.10
fn or<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    read_modify_write(s, args, |a, b| a | b)
}
/// Atomics.xor ( typedArray, index, value ), ECMA-262 §25.4.17
fn xor<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    read_modify_write(s, args, |a, b| a ^ b)
}
/// Atomics.exchange ( typedArray, index, value ), ECMA-262 §25.4.7
fn exchange<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    read_modify_write(s, args, |_, b| b)
}
/// Atomics.compareExchange ( typedArray, index, expectedValue, replacementValue ), ECMA-262 §25.4.6
fn compare_exchange<'s>(
    s: &mut Scope<'s>,
    _: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let (o, index) = validate_mutable(s, args)?;
    let t = views::element_type(o);
    let (_, expected) = operand(s, t, args.get(2))?;
    let (_, replacement) = operand(s, t, args.get(3))?;
    let p = revalidate(s, o, index)?;
    let (expected, replacement) = (bits(t, expected), bits(t, replacement));
    // SAFETY: the address was just checked.
    let old = unsafe { update(p, t.size(), |x| (x == expected).then_some(replacement)) };
    Ok(value_of(s, t, old))
}
/// Atomics.load ( typedArray, index ), ECMA-262 §25.4.9
fn load<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let (o, index) = validate(s, args, false)?;
    let p = revalidate(s, o, index)?;
    let t = views::element_type(o);
    // SAFETY: the address was just checked.
    let now = unsafe { update(p, t.size(), |_| None) };
    Ok(value_of(s, t, now))
}
/// Atomics.store ( typedArray, index, value ), ECMA-262 §25.4.12
fn store<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let (o, index) = validate_mutable(s, args)?;
    let t = views::element_type(o);
    let (v, e) = operand(s, t, args.get(2))?;
    let p = revalidate(s, o, index)?;
    let n = bits(t, e);
    // SAFETY: the address was just checked.
    unsafe { update(p, t.size(), |_| Some(n)) };
    Ok(v)
}
/// Atomics.isLockFree ( size ), ECMA-262 §25.4.8
fn is_lock_free<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let n = conversion::to_integer_or_infinity(s, args.get(0))?;
    Ok(s.bool(n == 1.0 || n == 2.0 || n == 4.0 || n == 8.0))
}
/// Atomics.pause ( [ N ] ), ECMA-262 §25.4.11
fn pause<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let v = args.get(0);
    if !v.is_undefined() && v.as_number().is_none_or(|n| !n.is_finite() || n.trunc() != n) {
        let text = error::describe(s, v);
        return s.throw_type_error(&format!("{text} is not an integral number"));
    }
    std::hint::spin_loop();
    Ok(s.undefined())
}

// ---------------------------------------------------------------- waiting

/// One agent's wait on a location.
struct Waiter {
    condition: Condvar,
    /// Tells the event loop of an agent that waits asynchronously.
    waker: Option<Arc<dyn Fn() + Send + Sync>>,
}
/// WaiterLists by address; also the critical section of all of them.
#[derive(Default)]
struct WaiterLists(HashMap<usize, VecDeque<Arc<Waiter>>>);

static WAITERS: LazyLock<Mutex<WaiterLists>> = LazyLock::new(Default::default);

fn enter_critical_section() -> MutexGuard<'static, WaiterLists> {
    WAITERS.lock().unwrap_or_else(PoisonError::into_inner)
}
impl WaiterLists {
    /// Removes a waiter; false if a notification has removed it before.
    fn remove(&mut self, address: usize, w: &Arc<Waiter>) -> bool {
        let Some(list) = self.0.get_mut(&address) else { return false };
        let Some(i) = list.iter().position(|x| Arc::ptr_eq(x, w)) else { return false };
        list.remove(i);
        if list.is_empty() {
            self.0.remove(&address);
        }
        true
    }
    fn contains(&self, address: usize, w: &Arc<Waiter>) -> bool {
        self.0.get(&address).is_some_and(|list| list.iter().any(|x| Arc::ptr_eq(x, w)))
    }
}

/// A wait that ends with a promise.
struct AsyncWait {
    vm: *mut Vm,
    waiter: Arc<Waiter>,
    address: usize,
    promise: PersistentId,
    deadline: Option<Instant>,
}
thread_local! {
    static ASYNC_WAITS: std::cell::RefCell<Vec<AsyncWait>> = const { std::cell::RefCell::new(Vec::new()) };
    static WAKER: std::cell::RefCell<Option<Arc<dyn Fn() + Send + Sync>>> = const { std::cell::RefCell::new(None) };
}
/// Sets what wakes this thread's event loop, from any thread, when an asynchronous wait is notified.
pub fn set_async_waker(waker: Arc<dyn Fn() + Send + Sync>) {
    WAKER.set(Some(waker));
}
/// Has this thread any asynchronous waits?
pub fn has_async_waits() -> bool {
    ASYNC_WAITS.with_borrow(|waits| !waits.is_empty())
}
/// Resolves the promises of `Atomics.waitAsync` whose wait has ended. The result is the next deadline, and whether there
/// are waits at all. Event loops call it when woken and when the deadline has come.
pub fn poll_async_waits(s: &mut Scope<'_>) -> (Option<Instant>, bool) {
    let vm = s.vm_ptr().as_ptr();
    let now = Instant::now();
    let ended: Vec<(PersistentId, bool)> = ASYNC_WAITS.with_borrow_mut(|waits| {
        let mut lists = enter_critical_section();
        let mut ended = vec![];
        waits.retain(|w| {
            if w.vm != vm {
                return true;
            }
            let notified = !lists.contains(w.address, &w.waiter);
            let late = w.deadline.is_some_and(|d| d <= now);
            if !notified && !late {
                return true;
            }
            if !notified {
                lists.remove(w.address, &w.waiter);
            }
            ended.push((w.promise, notified));
            false
        });
        ended
    });
    for (id, notified) in ended {
        s.nested(|s| {
            let raw = s.vm().heap.persistents.get(id);
            let p = s.local(raw);
            s.vm().heap.persistents.remove(id);
            let v = s.string_value(if notified { "ok" } else { "timed-out" });
            if let Some(p) = p.as_object() {
                promise::resolve(s, p, v);
            }
        });
    }
    ASYNC_WAITS.with_borrow(|waits| {
        let mine = || waits.iter().filter(|w| w.vm == vm);
        (mine().filter_map(|w| w.deadline).min(), mine().next().is_some())
    })
}
/// Forgets the asynchronous waits of an agent that ends.
pub fn drop_async_waits(s: &mut Scope<'_>) {
    let vm = s.vm_ptr().as_ptr();
    ASYNC_WAITS.with_borrow_mut(|waits| {
        let mut lists = enter_critical_section();
        waits.retain(|w| {
            if w.vm == vm {
                lists.remove(w.address, &w.waiter);
            }
            w.vm != vm
        });
    });
}

/// The arguments of a wait.
struct WaitRequest {
    address: *mut u8,
    size: usize,
    expected: u64,
    timeout: Option<Duration>,
}
/// DoWait, ECMA-262 §25.4.3.16: the steps before the critical section.
fn prepare_wait(s: &mut Scope<'_>, args: &Args<'_>) -> JsResult<WaitRequest> {
    let (o, length) = validate_array(s, args.get(0), true)?;
    let buffer = views::buffer(s, o);
    if !buffers::is_shared(buffer) {
        let text = error::describe(s, args.get(0));
        return s.throw_type_error(&format!("{text} is not a shared typed array."));
    }
    let index = validate_index(s, args.get(1), length)?;
    let t = views::element_type(o);
    let e = if t.is_bigint() {
        t.convert(s, args.get(2))?
    } else {
        Element::Number(conversion::to_int32(s, args.get(2))? as f64)
    };
    let q = conversion::to_number(s, args.get(3))?;
    let milliseconds = if q.is_nan() { f64::INFINITY } else { q.max(0.0) };
    let timeout = Duration::try_from_secs_f64(milliseconds / 1000.0).ok();
    let address = revalidate(s, o, index)?;
    Ok(WaitRequest { address, size: t.size(), expected: bits(t, e), timeout })
}
impl WaitRequest {
    fn is_equal(&self) -> bool {
        // SAFETY: shared memory is never freed while its buffer lives; the address was checked.
        unsafe { update(self.address, self.size, |_| None) == self.expected }
    }
}
/// How long a wait sleeps before it looks for interrupts.
const SLICE: Duration = Duration::from_millis(50);

/// Atomics.wait ( typedArray, index, value, timeout ), ECMA-262 §25.4.14
fn wait<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let request = prepare_wait(s, args)?;
    let deadline = request.timeout.and_then(|t| Instant::now().checked_add(t));
    let address = request.address.addr();
    let mut lists = enter_critical_section();
    if !request.is_equal() {
        return Ok(s.string_value("not-equal"));
    }
    let waiter = Arc::new(Waiter { condition: Condvar::new(), waker: None });
    lists.0.entry(address).or_default().push_back(waiter.clone());
    let result = loop {
        if !lists.contains(address, &waiter) {
            break "ok";
        }
        let left = deadline.map_or(SLICE, |d| d.saturating_duration_since(Instant::now()));
        if left.is_zero() {
            lists.remove(address, &waiter);
            break "timed-out";
        }
        // SAFETY: the word is written by other threads; a stale value is seen one slice later.
        let interrupt = unsafe { std::ptr::read_volatile(&raw const s.vm().interrupt) };
        if interrupt & spey_core::interrupt::bit::TERMINATE != 0 {
            lists.remove(address, &waiter);
            drop(lists);
            spey_core::interrupt::poll(s)?;
            return Ok(s.string_value("timed-out"));
        }
        lists =
            waiter.condition.wait_timeout(lists, left.min(SLICE)).unwrap_or_else(PoisonError::into_inner).0;
    };
    drop(lists);
    Ok(s.string_value(result))
}
/// Atomics.waitAsync ( typedArray, index, value, timeout ), ECMA-262 §25.4.15
fn wait_async<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let request = prepare_wait(s, args)?;
    let p = promise::new_promise(s);
    let address = request.address.addr();
    let waiting = {
        let mut lists = enter_critical_section();
        if !request.is_equal() {
            Err("not-equal")
        } else if request.timeout.is_some_and(|t| t.is_zero()) {
            Err("timed-out")
        } else {
            let waiter =
                Arc::new(Waiter { condition: Condvar::new(), waker: WAKER.with_borrow(Clone::clone) });
            lists.0.entry(address).or_default().push_back(waiter.clone());
            Ok(waiter)
        }
    };
    let is_async = waiting.is_ok();
    let v = match waiting {
        Err(text) => s.string_value(text),
        Ok(waiter) => {
            let raw = p.raw();
            let id = s.vm().heap.persistents.insert(raw);
            let deadline = request.timeout.and_then(|t| Instant::now().checked_add(t));
            let vm = s.vm_ptr().as_ptr();
            ASYNC_WAITS.with_borrow_mut(|w| w.push(AsyncWait { vm, waiter, address, promise: id, deadline }));
            p.value()
        }
    };
    let result = object::new_object(s);
    let flag = s.bool(is_async);
    let key = s.key("async");
    object::define(s, result, key, flag, attr::ALL);
    let key = s.names().value;
    object::define(s, result, key, v, attr::ALL);
    Ok(result.value())
}
/// Atomics.notify ( typedArray, index, count ), ECMA-262 §25.4.16
fn notify<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let (o, index) = validate(s, args, true)?;
    let count = if args.get(2).is_undefined() {
        f64::INFINITY
    } else {
        conversion::to_integer_or_infinity(s, args.get(2))?.max(0.0)
    };
    let buffer = views::buffer(s, o);
    if !buffers::is_shared(buffer) {
        return Ok(s.int(0));
    }
    let address = revalidate(s, o, index)?.addr();
    let mut lists = enter_critical_section();
    let mut woken = 0;
    while (woken as f64) < count {
        let Some(list) = lists.0.get_mut(&address) else { break };
        let Some(waiter) = list.pop_front() else {
            lists.0.remove(&address);
            break;
        };
        waiter.condition.notify_one();
        if let Some(wake) = &waiter.waker {
            wake();
        }
        woken += 1;
    }
    drop(lists);
    Ok(s.int(woken))
}
