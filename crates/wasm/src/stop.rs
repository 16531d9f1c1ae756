//! Stopping WebAssembly from another thread, without a check in every loop.
//!
//! A request to stop a VM wakes a thread, which sends the VM's thread a signal, again and again, until the request has
//! been noticed. If the signal finds the thread in the code of a WebAssembly function, the thread goes on at an instruction
//! that traps ([`Table::trap`]): to wasmtime that is a trap like any other, and `errors` sees from the safepoint word that
//! it is a stop. Everywhere else the signal does nothing: JavaScript looks at the word itself, and host functions return.
//!
//! *Invariants*: the handler reads nothing that is freed before it has answered. Trampolines are not in the table: while
//! they enter and leave WebAssembly, what wasmtime knows of the stack is not complete. Nor are tail calls, which move
//! frames. Everywhere else in a function the chain of frame pointers leads to the function or its caller.
//!
//! Of two VMs on one thread, one called by the other, the inner one may get the trap that is meant for the outer one; it
//! ends all the same.

use std::ptr::null_mut;
use std::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use spey_core::interrupt::{self, bit};
use spey_core::vm::Vm;
use wasmtime::Module;

use crate::module::{self, Code};
use crate::{runtime, sys};

/// How long an answer to a signal is waited for.
const PATIENCE: Duration = Duration::from_millis(200);
/// Between signals: at first, and at most.
const PAUSES: (Duration, Duration) = (Duration::from_micros(200), Duration::from_millis(1));

/// A VM that can be stopped. Entries are used again, but never freed: a late signal may still look at one.
struct Entry {
    /// Its thread.
    thread: AtomicU64,
    /// Its safepoint word; null when the VM is gone. Written by the VM's thread only.
    word: AtomicPtr<AtomicU32>,
    table: AtomicPtr<Table>,
    /// Signals that have been handled.
    answers: AtomicUsize,
}

/// The entry that signals are sent for.
static CURRENT: AtomicPtr<Entry> = AtomicPtr::new(null_mut());

/// Where the code of all modules is.
struct Table {
    /// Start and end of the code of functions, sorted.
    functions: Vec<(usize, usize)>,
    /// The same of tail calls in it.
    tail_calls: Vec<(usize, usize)>,
    /// An instruction that traps.
    trap: usize,
    /// What has the code.
    code: Vec<Code>,
}
fn contains(list: &[(usize, usize)], at: usize) -> bool {
    let i = list.partition_point(|&(start, _)| start <= at);
    i > 0 && at < list[i - 1].1
}

/// Runs in the signal handler.
fn redirect(at: usize) -> Option<usize> {
    // SAFETY: entries are never freed. The word is that of a VM of this very thread, which is not being dropped while the
    // handler runs; the table is kept until the handler has answered.
    unsafe {
        let entry = CURRENT.load(Ordering::SeqCst).as_ref()?;
        if entry.thread.load(Ordering::SeqCst) != sys::this_thread() as u64 {
            return None;
        }
        let asked = entry.word.load(Ordering::SeqCst).as_ref().is_some_and(is_asked);
        let to = entry.table.load(Ordering::SeqCst).as_ref().and_then(|table| {
            let inside = contains(&table.functions, at) && !contains(&table.tail_calls, at);
            (asked && inside).then_some(table.trap)
        });
        entry.answers.fetch_add(1, Ordering::SeqCst);
        to
    }
}
fn is_asked(word: &AtomicU32) -> bool {
    word.load(Ordering::SeqCst) & bit::TERMINATE != 0
}

#[derive(Default)]
struct Registry {
    used: Vec<&'static Entry>,
    free: Vec<&'static Entry>,
    /// Is there a thread that sends signals?
    running: bool,
    table: Option<Arc<Table>>,
}
static REGISTRY: Mutex<Option<Registry>> = Mutex::new(None);

fn with_registry<R>(f: impl FnOnce(&mut Registry) -> R) -> R {
    let mut guard: MutexGuard<'_, Option<Registry>> = REGISTRY.lock().unwrap_or_else(PoisonError::into_inner);
    f(guard.get_or_insert_default())
}

/// A VM that runs WebAssembly, on this thread, as long as this lives.
pub struct Stoppable(&'static Entry);
impl Stoppable {
    /// Of the VM of the calling thread.
    pub fn new(vm: &mut Vm) -> Stoppable {
        interrupt::ON_TERMINATE.get_or_init(|| wake);
        sys::install(redirect);
        let entry = with_registry(|r| {
            let entry = r.free.pop().unwrap_or_else(|| {
                Box::leak(Box::new(Entry {
                    thread: AtomicU64::new(0),
                    word: AtomicPtr::new(null_mut()),
                    table: AtomicPtr::new(null_mut()),
                    answers: AtomicUsize::new(0),
                }))
            });
            entry.thread.store(sys::this_thread() as u64, Ordering::SeqCst);
            entry.word.store((&raw mut vm.interrupt).cast(), Ordering::SeqCst);
            r.used.push(entry);
            entry
        });
        Stoppable(entry)
    }
}
impl Drop for Stoppable {
    fn drop(&mut self) {
        // First: from here on the handler has nothing to do for this VM.
        self.0.word.store(null_mut(), Ordering::SeqCst);
        with_registry(|r| {
            r.used.retain(|&e| !std::ptr::eq(e, self.0));
            r.free.push(self.0);
        });
    }
}
/// Has somebody asked the VM to stop?
pub fn requested(vm: &mut Vm) -> bool {
    // SAFETY: a word of the VM; other threads set bits in it at any time.
    is_asked(unsafe { AtomicU32::from_ptr(&raw mut vm.interrupt) })
}

/// Somebody has asked a VM to stop.
fn wake() {
    let start = with_registry(|r| !r.used.is_empty() && !std::mem::replace(&mut r.running, true));
    if start {
        let thread = std::thread::Builder::new().name("wasm-stop".into()).spawn(send_signals);
        if thread.is_err() {
            with_registry(|r| r.running = false);
        }
    }
}
fn send_signals() {
    let (mut pause, most) = PAUSES;
    while with_registry(send_to_all) {
        std::thread::sleep(pause);
        pause = (2 * pause).min(most);
    }
}
/// A signal for every VM that has been asked to stop. False: there is none.
fn send_to_all(r: &mut Registry) -> bool {
    let asked: Vec<_> = r
        .used
        .iter()
        .copied()
        // SAFETY: the VM is alive: it could not go without the registry.
        .filter(|e| unsafe { e.word.load(Ordering::SeqCst).as_ref() }.is_some_and(is_asked))
        .collect();
    if asked.is_empty() {
        r.running = false;
        r.table = None;
        return false;
    }
    let Some(table) = table_of(r.table.take(), module::live()) else { return true };
    for entry in asked {
        send(entry, &table);
    }
    r.table = Some(table);
    true
}
fn send(entry: &'static Entry, table: &Arc<Table>) {
    entry.table.store(Arc::as_ptr(table).cast_mut(), Ordering::SeqCst);
    CURRENT.store((&raw const *entry).cast_mut(), Ordering::SeqCst);
    let before = entry.answers.load(Ordering::SeqCst);
    // SAFETY: the VM of that thread is in the registry, and cannot leave it now.
    unsafe { sys::signal(entry.thread.load(Ordering::SeqCst) as sys::Thread) };
    let start = Instant::now();
    let mut answered = false;
    while !answered && start.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_micros(50));
        answered = entry.answers.load(Ordering::SeqCst) != before;
    }
    CURRENT.store(null_mut(), Ordering::SeqCst);
    if !answered {
        // It may still come, and must find the table.
        std::mem::forget(table.clone());
    }
}

/// The table for this code: the one there is, if it is of the same.
fn table_of(old: Option<Arc<Table>>, code: Vec<Code>) -> Option<Arc<Table>> {
    let same = |a: &[Code], b: &[Code]| {
        a.len() == b.len() && a.iter().zip(b).all(|(a, b)| Module::same(&a.module, &b.module))
    };
    if let Some(old) = old.filter(|old| same(&old.code, &code)) {
        return Some(old);
    }
    let trap = trap()?;
    let mut table = Table { functions: vec![], tail_calls: vec![], trap, code };
    for c in &table.code {
        table.functions.extend(c.functions());
        // A module without an address map could have tail calls anywhere.
        let map = c.module.address_map()?;
        let text = c.module.text().as_ptr() as usize;
        let bytes = c.info.code_bytes();
        let mut open = None;
        for (offset, source) in map {
            table.tail_calls.extend(open.take().map(|start| (start, text + offset)));
            if source.and_then(|at| bytes.get(at as usize)).is_some_and(|op| TAIL_CALLS.contains(op)) {
                open = Some(text + offset);
            }
        }
        table.tail_calls.extend(open.map(|start| (start, text + c.module.text().len())));
    }
    table.functions.sort_unstable();
    table.tail_calls.sort_unstable();
    Some(Arc::new(table))
}
/// `return_call`, `return_call_indirect`, `return_call_ref`
const TAIL_CALLS: [u8; 3] = [0x12, 0x13, 0x15];

/// Address of an instruction that wasmtime knows as a trap: in the function of a module that has nothing else in it.
pub fn trap() -> Option<usize> {
    /// `(module (func unreachable))`
    const BYTES: [u8; 25] =
        [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 10, 5, 1, 3, 0, 0, 0x0b];
    /// `ud2`
    const TRAP: [u8; 2] = [0x0f, 0x0b];
    static MODULE: OnceLock<Option<Module>> = OnceLock::new();
    let module = MODULE.get_or_init(|| runtime::compile_whole(&BYTES).ok()).as_ref()?;
    let function = module.functions().next()?;
    let code = module.text().get(function.offset..function.offset + function.len)?;
    let at = code.windows(TRAP.len()).position(|w| w == TRAP)?;
    Some(module.text().as_ptr() as usize + function.offset + at)
}
