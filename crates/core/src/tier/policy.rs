//! When functions are compiled, and what the VM knows about those that are.

use std::cell::Cell;

use spey_bytecode::Op;
use spey_gc::{Tracer, Value as Raw};
use spey_jit::{Compiled, Refused};

use super::deopt::{ExitCount, Suspect};
use super::install::{Installed, Memory};
use super::snapshot::{self, Effort, Job};
use super::tenure::{Samples, Tenure};
use super::worker::Worker;
use crate::cell::Object;
use crate::code::{Code, code_flag};
use crate::coroutine::ResumePoint;
use crate::frame;
use crate::function;
use crate::interp::machine::{ENTER_COUNTED, ENTER_MACHINE};
use crate::vm::Vm;

/// Compilations of one function, counting all entries, after which it stays in the interpreter.
const MAX_COMPILES: u32 = 40;
/// Compilations after which one does not wait any more for the parts that have not run yet.
const PATIENCE: u32 = 12;
/// How often machine code is made again although it is good.
const MAX_RENEWALS: u32 = 4;
/// Code that is soon made is asked for better code when it has run this many times as often as the interpreter had to before.
const PATIENCE_OF_MACHINE: u32 = 20;
/// What 256 iterations of a small loop count for.
const LOOP_WEIGHT: i32 = 16;
/// Words of a small loop. Others count for as many times as much as they are longer: what decides is the time that has passed in the
/// interpreter, which is to be about what the compilation takes.
const SMALL_LOOP: u32 = 10;
/// A function that has been called, or a loop that has gone round, so often while a loop in it became hot is where machine code enters:
/// the next time comes before the code is there.
const ROUNDS: i32 = 2;
/// Longest loop, in words, that is compiled for a loop in it.
const MAX_OUTER_WORDS: u32 = 600;
/// Calls after which a function whose compilation is under way asks for the result.
const PENDING_CALLS: i32 = 64;
/// Marks an entry: a coroutine is resumed at this word.
pub(super) const RESUMED: u32 = 1 << 31;
/// Functions longer than this are not compiled.
const MAX_WORDS: usize = 30_000;

/// What is known about one function.
pub struct CodeTier {
    /// All machine code made so far; frames may still run what has been discarded.
    pub(super) installed: Vec<Installed>,
    /// Machine code that enters at a loop: word index.
    pub(super) loops: Vec<(u32, *const u8)>,
    /// Where coroutines have been suspended, with the machine code that resumes them.
    #[expect(clippy::vec_box, reason = "coroutines keep their addresses")]
    points: Vec<Box<ResumePoint>>,
    /// Entries that the compiler has refused: loops, and with [`RESUMED`] points of resumption.
    refused: Vec<u32>,
    /// Where the machine code has been left.
    pub(super) exits: Vec<ExitCount>,
    /// Instructions at which it was left too often once.
    pub(super) suspects: Vec<Suspect>,
    /// Instructions at which it was left too often again: no speculation there any more.
    pub(super) generic: Vec<u32>,
    /// Instructions whose cells live long.
    pub(super) tenure: Tenure,
    /// Machine code that is good until there is better: it is made again at the next call. Null: none.
    retired: *const u8,
    /// How often machine code was retired.
    renewals: u32,
    /// The backward jumps.
    loops_of_code: Option<Box<[Back]>>,
    /// What the counter started from, less what loops have counted for since; none: from the threshold.
    counted_from: Option<i32>,
    /// What loops have counted for since.
    looped: i32,
    compiles: u32,
    /// Code that is soon made has run so often that better code is wanted.
    is_hot: bool,
    /// It is with the worker, or waits for it.
    is_pending: bool,
}

impl Default for CodeTier {
    fn default() -> CodeTier {
        CodeTier {
            installed: vec![],
            loops: vec![],
            points: vec![],
            refused: vec![],
            exits: vec![],
            suspects: vec![],
            generic: vec![],
            tenure: Tenure::default(),
            retired: std::ptr::null(),
            renewals: 0,
            loops_of_code: None,
            counted_from: None,
            looped: 0,
            compiles: 0,
            is_hot: false,
            is_pending: false,
        }
    }
}

impl CodeTier {
    pub(crate) fn trace(&mut self, t: &mut Tracer) {
        for i in &mut self.installed {
            i.trace(t);
        }
    }
    /// Of a function, made if there is none yet.
    ///
    /// # Safety
    /// `code` is a live code cell; no other reference to its record is alive.
    pub(super) unsafe fn of<'a>(code: *mut Code) -> &'a mut CodeTier {
        // SAFETY: by the contract; the record is owned by the cell.
        unsafe {
            if (*code).tier.is_null() {
                (*code).tier = Box::into_raw(Box::default());
            }
            &mut *(*code).tier
        }
    }
}

/// What one VM keeps.
#[derive(Default)]
pub struct Tier {
    pub(super) memory: Memory,
    worker: Option<Worker>,
    /// Jobs given to the worker.
    pending: Vec<(u64, Job)>,
    /// What waits for the worker. Snapshots are taken when it is free: they are fresh then, and the hottest comes first.
    queue: Vec<Candidate>,
    /// The hottest waits until the worker is free.
    is_held_back: bool,
    ids: u64,
    pub(super) stubs: Option<spey_jit::snapshot::Stubs>,
    /// What is known about how long cells live.
    pub(super) samples: Samples,
    /// State of the generator of forced exits; 0 before the first.
    pub(super) exit_random: u64,
    pub(super) regexp_stack: Option<std::rc::Rc<super::regexp::QuickStack>>,
}

/// A function that waits for its compilation.
struct Candidate {
    code: *mut Code,
    /// The closure that runs.
    closure: Raw,
    entry: u32,
    /// Code that is soon made is wanted.
    hurried: bool,
    /// How often its counter has run down meanwhile.
    heat: u32,
}
impl Candidate {
    /// It has machine code already.
    fn is_better(&self) -> bool {
        // SAFETY: the code cell is kept alive by the list.
        self.entry == 0 && unsafe { !(*self.code).machine.is_null() }
    }
}
/// Jobs that the worker has at a time: the one it is at and the next, if nothing can be learnt about that meanwhile.
const AHEAD: usize = 2;

impl Tier {
    /// The name of the last compilation.
    pub(super) fn last_id(&self) -> u64 {
        self.ids
    }
    /// A new name of a compilation.
    pub(super) fn next_id(&mut self) -> u64 {
        self.ids += 1;
        self.ids
    }
    pub(crate) fn trace(&mut self, t: &mut Tracer) {
        for (_, job) in &mut self.pending {
            job.trace(t);
        }
        for candidate in &mut self.queue {
            t.value(&mut candidate.closure);
        }
    }
}

/// Entry of a function that has just been linked.
///
/// # Safety
/// `code` is a live code cell with its data.
pub(crate) unsafe fn init(vm: &mut Vm, code: *mut Code) {
    // SAFETY: by the contract; bytecode is writable.
    unsafe {
        let c = &mut *code;
        let config = &vm.config().tier;
        if !config.enabled || c.data().unit.code.len() > MAX_WORDS {
            c.flags |= code_flag::NO_MACHINE;
            c.counter = i32::MAX;
            c.entry = if config.profile { &ENTER_COUNTED } else { c.first };
            return;
        }
        c.counter = config.threshold.clamp(1, i32::MAX as u32) as i32;
        c.entry = &ENTER_COUNTED;
        if config.threshold < 256 {
            // Loops count in their own instructions, from zero up to 256.
            let start = 256 - config.threshold.max(1);
            for back in find_loops(code) {
                *(c.first.add(back.jump as usize) as *mut u8).add(1) = start as u8;
            }
        }
    }
}

/// A backward jump of a function: word indices.
#[derive(Clone, Copy)]
pub(super) struct Back {
    jump: u32,
    pub(super) head: u32,
}
impl Back {
    /// How often it has been taken, of the last 256 times.
    ///
    /// # Safety
    /// It is one of the function's.
    unsafe fn rounds(&self, code: *mut Code) -> i32 {
        // SAFETY: by the contract.
        unsafe { spey_bytecode::Insn(*(*code).first.add(self.jump as usize)).feedback() as i32 }
    }
    /// The policy is asked when it is taken next.
    ///
    /// # Safety
    /// It is one of the function's, which is live.
    pub(super) unsafe fn go_round_once(&self, code: *mut Code) {
        // SAFETY: by the contract; bytecode is writable.
        unsafe { *((*code).first.add(self.jump as usize) as *mut u8).add(1) = 0xff };
    }
}
/// The backward jumps of a function.
///
/// # Safety
/// `code` is a live code cell with its data.
unsafe fn find_loops(code: *mut Code) -> Vec<Back> {
    // SAFETY: by the contract.
    let words = unsafe { &(*code).data().unit.code };
    spey_bytecode::decode::Instructions::new(words)
        .map_while(Result::ok)
        .filter(|i| i.op == Op::JumpLoop)
        .map(|i| Back { jump: i.pc, head: i.jump_target().expect("a jump") as u32 })
        .collect()
}
/// The same, found once.
///
/// # Safety
/// As for [`find_loops`]; no reference to the function's record is alive.
pub(super) unsafe fn loops<'a>(code: *mut Code) -> &'a [Back] {
    // SAFETY: by the contract; the list stays as it is.
    unsafe { CodeTier::of(code).loops_of_code.get_or_insert_with(|| find_loops(code).into()) }
}

/// A counted function has been called often enough: where the call goes on.
///
/// # Safety
/// `closure` is the callee of a frame that has been laid and not entered.
#[inline(never)]
pub(crate) unsafe fn on_call(vm: *mut Vm, closure: *mut Object) -> *const u64 {
    // SAFETY: live VM and closure; nothing here allocates in the heap.
    unsafe {
        let code = function::code_of(closure);
        collect(&mut *vm);
        if (*code).machine.is_null() && (*code).flags & code_flag::NO_MACHINE == 0 {
            if CodeTier::of(code).is_pending {
                still_hot(&mut *vm, code);
            } else {
                request(&mut *vm, closure, 0);
                let retired = std::mem::replace(&mut CodeTier::of(code).retired, std::ptr::null());
                if !retired.is_null()
                    && (*code).machine.is_null()
                    && (*code).flags & code_flag::NO_MACHINE == 0
                {
                    // Good enough until the new code is there.
                    (*code).machine = retired;
                    (*code).entry = &ENTER_MACHINE;
                }
            }
        }
        if (*code).machine.is_null() { (*code).first } else { &ENTER_MACHINE }
    }
}
/// A loop of a function has gone round 256 times more: machine code to enter at `target`, or null.
///
/// # Safety
/// `closure` is the callee of the running frame, `pc` the jump and `target` the head of the loop in it.
#[inline(never)]
pub(crate) unsafe fn on_loop(
    vm: *mut Vm,
    closure: *mut Object,
    pc: *const u64,
    target: *const u64,
) -> *const u8 {
    // SAFETY: live VM and closure; nothing here allocates in the heap.
    unsafe {
        let code = function::code_of(closure);
        if (*code).flags & code_flag::NO_MACHINE != 0 {
            return std::ptr::null();
        }
        let at = target.offset_from((*code).first) as u32;
        let found = |code: *mut Code| {
            CodeTier::of(code).loops.iter().find(|l| l.0 == at).map_or(std::ptr::null(), |l| l.1)
        };
        let machine = found(code);
        if !machine.is_null() {
            return machine;
        }
        let words = pc.offset_from(target) as u32;
        let weight = LOOP_WEIGHT * (words / SMALL_LOOP).max(1) as i32;
        CodeTier::of(code).looped += weight;
        (*code).counter = (*code).counter.saturating_sub(weight);
        if (*code).counter > 0 {
            return std::ptr::null();
        }
        collect(&mut *vm);
        let entry = entry_for(&*vm, code, at);
        let t = CodeTier::of(code);
        if t.is_pending || t.refused.contains(&entry) {
            still_hot(&mut *vm, code);
        } else if found(code).is_null() && (*code).flags & code_flag::NO_MACHINE == 0 {
            t.is_hot |= entry == 0;
            request(&mut *vm, closure, entry);
        }
        found(code)
    }
}

/// Where machine code is to enter because the loop with its head at word `at` is hot: that loop, one around it, or the function.
unsafe fn entry_for(vm: &Vm, code: *mut Code, at: u32) -> u32 {
    // SAFETY: live code cell.
    unsafe {
        let t = CodeTier::of(code);
        let from = t.counted_from.unwrap_or(vm.config().tier.threshold as i32);
        let calls = from.saturating_sub((*code).counter).saturating_sub(t.looped);
        if calls >= ROUNDS && (*code).machine.is_null() && (*code).flags & code_flag::COROUTINE == 0 {
            return 0;
        }
        let is_worth = |back: &&Back| {
            let t = CodeTier::of(code);
            let around = back.head < at && at < back.jump && back.jump - back.head <= MAX_OUTER_WORDS;
            let is_known = t.refused.contains(&back.head) || t.loops.iter().any(|l| l.0 == back.head);
            around && !is_known && back.rounds(code) >= ROUNDS
        };
        loops(code).iter().find(is_worth).map_or(at, |back| back.head)
    }
}

/// The point of resumption at word `at` of a function.
///
/// # Safety
/// `code` is a live, compiled code cell.
pub(crate) unsafe fn resume_point(code: *mut Code, at: u32) -> *const ResumePoint {
    // SAFETY: by the contract.
    unsafe {
        let t = CodeTier::of(code);
        if let Some(point) = t.points.iter().find(|p| p.at == at) {
            return &raw const **point;
        }
        let words = 1 + (*code).param_count as u64 + frame::HEADER as u64;
        t.points.push(Box::new(ResumePoint {
            machine: Cell::new(std::ptr::null()),
            window_bytes: 8 * words,
            at,
        }));
        &raw const **t.points.last().expect("just made")
    }
}
/// A coroutine is resumed: machine code to go on with, or null.
///
/// # Safety
/// `closure` is live, and the point one of its code's.
pub(crate) unsafe fn on_resume(vm: *mut Vm, closure: *mut Object, point: *const ResumePoint) -> *const u8 {
    // SAFETY: live VM and closure; nothing here allocates in the heap. Machine code may be put in place meanwhile.
    unsafe {
        let found = || (*point).machine.get();
        let code = function::code_of(closure);
        if !found().is_null() || (*code).flags & code_flag::NO_MACHINE != 0 {
            return found();
        }
        (*code).counter -= 1;
        if (*code).counter > 0 {
            return std::ptr::null();
        }
        collect(&mut *vm);
        let entry = (*point).at | RESUMED;
        let t = CodeTier::of(code);
        if t.is_pending || t.refused.contains(&entry) {
            still_hot(&mut *vm, code);
        } else if found().is_null() {
            request(&mut *vm, closure, entry);
        }
        found()
    }
}

/// Machine code entered at an inner loop has come to the head of a loop around it: machine code to go on with, or null.
///
/// # Safety
/// `closure` is the callee of the running frame, and word `at` the head of one of its loops.
pub(super) unsafe fn outer_loop(vm: *mut Vm, closure: *mut Object, at: u32) -> *const u8 {
    // SAFETY: live VM and closure; nothing here allocates in the heap.
    unsafe {
        let code = function::code_of(closure);
        collect(&mut *vm);
        let found = |code: *mut Code| {
            CodeTier::of(code).loops.iter().find(|l| l.0 == at).map_or(std::ptr::null(), |l| l.1)
        };
        let t = CodeTier::of(code);
        let wanted = found(code).is_null() && !t.is_pending && !t.refused.contains(&at);
        if wanted && (*code).flags & code_flag::NO_MACHINE == 0 {
            request(&mut *vm, closure, at);
        }
        found(code)
    }
}

/// Machine code that was soon made has run often.
///
/// # Safety
/// `closure` is the callee of the running frame.
pub(super) unsafe fn hot(vm: *mut Vm, closure: *mut Object) {
    // SAFETY: live VM and closure; nothing here allocates in the heap. The code that runs stays, whatever is put in its place.
    unsafe {
        let code = function::code_of(closure);
        collect(&mut *vm);
        if CodeTier::of(code).is_pending {
            return still_hot(&mut *vm, code);
        }
        CodeTier::of(code).is_hot = true;
        (*code).counter = i32::MAX;
        if (*code).flags & code_flag::NO_MACHINE == 0 {
            request(&mut *vm, closure, 0);
        }
    }
}

/// Asks for machine code that enters at word `entry`.
unsafe fn request(vm: &mut Vm, closure: *mut Object, entry: u32) {
    // SAFETY: `closure` is live, as for the callers.
    unsafe {
        let code = function::code_of(closure);
        let closure = Raw::cell(closure.cast());
        let threshold = vm.config().tier.threshold.clamp(1, i32::MAX as u32) as i32;
        set_counter(code, threshold);
        let t = CodeTier::of(code);
        if t.compiles >= MAX_COMPILES {
            if (*code).machine.is_null() {
                give_up(code);
            } else {
                (*code).counter = i32::MAX;
            }
            return;
        }
        // Who enters a running loop has time, and so has a function that has run in one.
        let hurried = entry == 0 && !t.is_hot && t.loops.is_empty();
        if vm.config().tier.sync {
            t.compiles += 1;
            let effort = Effort { hurried, leave_unseen: t.compiles <= PATIENCE };
            let (job, input) = snapshot::build(vm, code, closure, entry, effort);
            finish(vm, job, spey_jit::compile(&input, vm.config().tier.print_ir));
            return;
        }
        t.is_pending = true;
        set_counter(code, PENDING_CALLS);
        vm.tier.queue.push(Candidate { code, closure, entry, hurried, heat: 0 });
        vm.tier.is_held_back &= CodeTier::of(code).compiles != 0;
        feed(vm);
    }
}
/// Counts calls and loops of a function down from `n`.
unsafe fn set_counter(code: *mut Code, n: i32) {
    // SAFETY: `code` is live, as for the callers.
    unsafe {
        (*code).counter = n;
        let t = CodeTier::of(code);
        (t.counted_from, t.looped) = (Some(n), 0);
    }
}
/// A function that is with the worker or waits for it has been called or has looped as often again.
unsafe fn still_hot(vm: &mut Vm, code: *mut Code) {
    // SAFETY: `code` is live, as for the callers.
    unsafe { set_counter(code, PENDING_CALLS) };
    if let Some(candidate) = vm.tier.queue.iter_mut().find(|c| c.code == code) {
        candidate.heat += 1;
    }
}
/// Gives the worker what is hottest.
fn feed(vm: &mut Vm) {
    if vm.tier.is_held_back && !vm.tier.pending.is_empty() {
        return;
    }
    while vm.tier.pending.len() < AHEAD {
        // What is interpreted comes before what could only be better.
        let hottest = vm.tier.queue.iter().enumerate().rev().max_by_key(|(_, c)| (!c.is_better(), c.heat));
        let Some((at, hottest)) = hottest else { return };
        // Where machine code has been left, the next knows better: its snapshot is taken when the worker is free.
        // SAFETY: the code cell has been kept alive by the list.
        let knows_better = unsafe { CodeTier::of(hottest.code) }.compiles != 0;
        vm.tier.is_held_back = knows_better && !vm.tier.pending.is_empty();
        if vm.tier.is_held_back {
            return;
        }
        let Candidate { code, closure, entry, hurried, .. } = vm.tier.queue.swap_remove(at);
        // SAFETY: the code cell has been kept alive by the list.
        let (job, input) = unsafe {
            let t = CodeTier::of(code);
            if (*code).flags & code_flag::NO_MACHINE != 0 {
                t.is_pending = false;
                continue;
            }
            t.compiles += 1;
            let effort = Effort { hurried, leave_unseen: t.compiles <= PATIENCE };
            snapshot::build(vm, code, closure, entry, effort)
        };
        let ticket = job.id;
        let interrupt = &raw mut vm.interrupt;
        let print = vm.config().tier.print_ir;
        let worker = vm.tier.worker.get_or_insert_with(|| Worker::start(interrupt.cast()));
        worker.send(ticket, input, print);
        vm.tier.pending.push((ticket, job));
    }
}
/// The function stays in the interpreter from now on.
pub(super) unsafe fn give_up(code: *mut Code) {
    // SAFETY: live code cell.
    unsafe {
        (*code).flags |= code_flag::NO_MACHINE;
        (*code).machine = std::ptr::null();
        (*code).entry = (*code).first;
    }
}

/// Installs what the worker has finished.
pub(crate) fn collect(vm: &mut Vm) {
    while let Some((ticket, result)) = vm.tier.worker.as_ref().and_then(Worker::take) {
        let Some(at) = vm.tier.pending.iter().position(|p| p.0 == ticket) else { continue };
        let (_, job) = vm.tier.pending.swap_remove(at);
        // SAFETY: the code cell has been kept alive by the list.
        unsafe {
            CodeTier::of(job.code).is_pending = false;
            finish(vm, job, result);
        }
    }
    feed(vm);
}

unsafe fn finish(vm: &mut Vm, job: Job, result: Result<Compiled, Refused>) {
    // SAFETY: live code cell.
    unsafe {
        let (code, entry) = (job.code, job.entry);
        if job.valid.get() == 0 {
            // Something has changed meanwhile: the function asks again.
            return;
        }
        if CodeTier::of(code).suspects.iter().any(|s| job.id <= s.last) {
            // It would be left where other code of the function has been.
            set_counter(code, 1);
            return;
        }
        let trace = vm.config().tier.trace_opt;
        match result {
            Ok(compiled) => {
                if vm.config().tier.print_ir {
                    super::trace(format_args!("{}", compiled.text));
                }
                let size = compiled.code.len();
                let nodes = compiled.nodes;
                if !job.watch(vm, &compiled.relied) {
                    // As above.
                    return;
                }
                let at = Entry(entry);
                let counts = compiled.counts;
                let [build, rest] = compiled.took.map(|t| t.as_secs_f64() * 1e3);
                let Some(address) = super::install::install(vm, job, compiled) else {
                    return give_up(code);
                };
                if trace {
                    super::trace(format_args!(
                        "[compiled {} {at}: {nodes} nodes, {size} bytes, {build:.1} + {rest:.1} ms]",
                        describe(code)
                    ));
                }
                if entry == 0 {
                    (*code).machine = address;
                    (*code).entry = &ENTER_MACHINE;
                    if counts {
                        let threshold = vm.config().tier.threshold;
                        (*code).counter =
                            threshold.saturating_mul(PATIENCE_OF_MACHINE).min(i32::MAX as u32) as i32;
                    }
                } else if entry & RESUMED != 0 {
                    (*resume_point(code, entry & !RESUMED)).machine.set(address);
                } else {
                    let t = CodeTier::of(code);
                    t.loops.retain(|l| l.0 != entry);
                    t.loops.push((entry, address));
                    for back in loops(code).iter().filter(|back| back.head == entry) {
                        back.go_round_once(code);
                    }
                }
            }
            Err(Refused(why)) => {
                if trace {
                    super::trace(format_args!("[refused {} {}: {why}]", describe(code), Entry(entry)));
                }
                if entry == 0 && !(*code).machine.is_null() {
                    // What it has must do.
                    (*code).counter = i32::MAX;
                } else if entry == 0 && (*code).flags & code_flag::COROUTINE == 0 {
                    give_up(code);
                } else if entry == 0 {
                    // It may still be resumed in machine code.
                    (*code).entry = (*code).first;
                } else {
                    CodeTier::of(code).refused.push(entry);
                }
            }
        }
    }
}

/// Where machine code enters, for traces.
struct Entry(u32);
impl std::fmt::Display for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 & RESUMED {
            0 => write!(f, "at {}", self.0),
            _ => write!(f, "resumed at {}", self.0 & !RESUMED),
        }
    }
}
/// Name and place of a function, for traces.
pub(super) unsafe fn describe(code: *mut Code) -> String {
    // SAFETY: live code cell.
    unsafe {
        let script = (*code).script();
        let meta = script.meta((*code).index);
        let (line, column) = script.position(meta.source_start);
        let name = meta.name.as_ref().map_or_else(|| "(anonymous)".to_string(), |n| n.to_text());
        format!("{name} {}:{line}:{column}", script.name)
    }
}

/// Discards machine code `id` of a function; frames that run it end in it.
///
/// # Safety
/// `code` is a live code cell.
pub(super) unsafe fn discard(vm: &mut Vm, code: *mut Code, id: u64) {
    // SAFETY: by the contract.
    unsafe {
        CodeTier::of(code).exits.clear();
        if take_out(code, id).is_some() {
            // It is hot: feedback for what was wrong comes soon.
            set_counter(code, (vm.config().tier.threshold / 8).clamp(1, i32::MAX as u32) as i32);
        } else {
            // Calls that ran in it do not tell where the next code should enter.
            set_counter(code, (*code).counter);
        }
    }
}
/// Has machine code `id` of a function made again, and uses it until then where calls enter it. `is_urgent`: however often
/// that has happened.
///
/// # Safety
/// `code` is a live code cell.
pub(super) unsafe fn renew(code: *mut Code, id: u64, is_urgent: bool) {
    // SAFETY: by the contract.
    unsafe {
        let t = CodeTier::of(code);
        let is_enough = t.compiles > MAX_COMPILES / 2 || t.renewals >= MAX_RENEWALS;
        if is_enough && !is_urgent || t.compiles + 1 >= MAX_COMPILES {
            return;
        }
        if let Some(address) = take_out(code, id) {
            let t = CodeTier::of(code);
            t.renewals += 1;
            t.retired = address;
            set_counter(code, 1);
        }
    }
}
/// Nobody enters machine code `id` any more. Its address, if calls did.
unsafe fn take_out(code: *mut Code, id: u64) -> Option<*const u8> {
    // SAFETY: by the contract of the callers.
    unsafe {
        let t = CodeTier::of(code);
        let address = t.installed.iter().find(|i| i.id == id)?.address;
        t.loops.retain(|l| l.1 != address);
        for point in t.points.iter().filter(|p| p.machine.get() == address) {
            point.machine.set(std::ptr::null());
        }
        if t.retired == address {
            t.retired = std::ptr::null();
        }
        if (*code).machine != address {
            return None;
        }
        (*code).machine = std::ptr::null();
        if (*code).flags & code_flag::NO_MACHINE != 0 {
            return None;
        }
        (*code).entry = &ENTER_COUNTED;
        Some(address)
    }
}

/// Code cell of a frame.
pub(super) unsafe fn code_of_frame(fp: *mut spey_gc::Value) -> *mut Code {
    // SAFETY: bytecode frames have closures as callees.
    unsafe { crate::function::code_of((*fp.offset(frame::CALLEE)).as_cell().cast()) }
}
