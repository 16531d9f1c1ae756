//! The sampling profiler: which functions the time goes to, in every tier.
//!
//! A thread asks for a sample at each interval, by a bit of the safepoint word. The VM takes it where it looks at that word,
//! when all frames are on the VM stack, those of calls that machine code has inlined too.
//!
//! *Invariants*: samples refer to code cells, which do not move, and keep them alive.

use std::collections::HashMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use spey_gc::{Tracer, Value as Raw};

use crate::code::{Code, code_flag};
use crate::frame::{FrameView, frames};
use crate::function::{self, NativeSpec};
use crate::interrupt::bit;
use crate::vm::Vm;

/// What a node of the tree of calls stands for.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Callee {
    /// The whole program.
    Root,
    /// What is not JavaScript: the event loop, the host, a long built-in function.
    Program,
    /// A function in JavaScript.
    Code(*mut Code),
    /// A built-in function.
    Native(*const NativeSpec),
}

/// A function with the functions that called it.
struct Node {
    callee: Callee,
    children: Vec<usize>,
    hits: u32,
    /// Samples by line.
    lines: HashMap<u32, u32>,
}

/// A profile that is being taken.
pub struct Profiler {
    nodes: Vec<Node>,
    known: HashMap<(usize, Callee), usize>,
    /// Node, and when.
    samples: Vec<(usize, Instant)>,
    start: Instant,
    interval: Duration,
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// The safepoint word of a VM.
struct Word(*const AtomicU32);
// SAFETY: the word of a VM that outlives the thread, which is joined when the profile ends; it is accessed atomically.
unsafe impl Send for Word {}

const ROOT: usize = 0;
const PROGRAM: usize = 1;

impl Profiler {
    /// Begins a profile of a VM, which stays where it is until the profile has ended.
    pub fn start(vm: &mut Vm, interval: Duration) {
        let (stop, stopped) = channel();
        let word = Word((&raw const vm.interrupt).cast());
        let interval = interval.max(Duration::from_micros(50));
        let ask = move || {
            let word = word;
            while stopped.recv_timeout(interval) == Err(RecvTimeoutError::Timeout) {
                // SAFETY: see above.
                unsafe { (*word.0).fetch_or(bit::SAMPLE, Ordering::Relaxed) };
            }
        };
        let thread = std::thread::Builder::new().name("profiler".into()).stack_size(64 << 10).spawn(ask);
        let node = |callee| Node { callee, children: vec![], hits: 0, lines: HashMap::new() };
        let mut root = node(Callee::Root);
        root.children.push(PROGRAM);
        vm.profiler = Some(Box::new(Profiler {
            nodes: vec![root, node(Callee::Program)],
            known: HashMap::new(),
            samples: vec![],
            start: Instant::now(),
            interval,
            stop: Some(stop),
            thread: thread.ok(),
        }));
    }
    /// Ends the profile of a VM, if there is one: the text of a `.cpuprofile` file.
    pub fn stop(vm: &mut Vm) -> Option<String> {
        let mut profiler = vm.profiler.take()?;
        profiler.end_thread();
        // SAFETY: the cells are alive: the profile was traced until now.
        Some(unsafe { profiler.to_json() })
    }
    fn end_thread(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            // It has nothing to say.
            let _ = thread.join();
        }
    }
    pub(crate) fn trace(&self, t: &mut Tracer) {
        if !t.is_minor() {
            for node in &self.nodes {
                if let Callee::Code(code) = node.callee {
                    t.value(&mut Raw::cell(code.cast()));
                }
            }
        }
    }
    fn child(&mut self, parent: usize, callee: Callee) -> usize {
        if let Some(&node) = self.known.get(&(parent, callee)) {
            return node;
        }
        let node = self.nodes.len();
        self.nodes.push(Node { callee, children: vec![], hits: 0, lines: HashMap::new() });
        self.nodes[parent].children.push(node);
        self.known.insert((parent, callee), node);
        node
    }
    fn add(&mut self, node: usize, at: Instant) {
        self.nodes[node].hits += 1;
        self.samples.push((node, at));
    }

    /// Names and places of the nodes and what was sampled, as JSON.
    ///
    /// # Safety
    /// All code cells of the nodes are live.
    unsafe fn to_json(&self) -> String {
        let mut out = String::from("{\"nodes\":[");
        for (i, node) in self.nodes.iter().enumerate() {
            let place = match node.callee {
                Callee::Root => Place::named("(root)"),
                Callee::Program => Place::named("(program)"),
                // SAFETY: descriptions are static.
                Callee::Native(spec) => Place::named(unsafe { (*spec).name }),
                // SAFETY: by the contract.
                Callee::Code(code) => unsafe { Place::of(code) },
            };
            let comma = if i == 0 { "" } else { "," };
            // Writing to a string cannot fail.
            let _ = write!(
                out,
                "{comma}{{\"id\":{},\"callFrame\":{{\"functionName\":{},\"scriptId\":\"{}\",\"url\":{},\
                 \"lineNumber\":{},\"columnNumber\":{}}},\"hitCount\":{}",
                i + 1,
                quoted(&place.function),
                place.script,
                quoted(&place.url),
                place.line,
                place.column,
                node.hits
            );
            if !node.children.is_empty() {
                let list: Vec<String> = node.children.iter().map(|child| (child + 1).to_string()).collect();
                let _ = write!(out, ",\"children\":[{}]", list.join(","));
            }
            if !node.lines.is_empty() {
                let mut lines: Vec<_> = node.lines.iter().collect();
                lines.sort_unstable();
                let list: Vec<String> = lines
                    .iter()
                    .map(|(line, ticks)| format!("{{\"line\":{line},\"ticks\":{ticks}}}"))
                    .collect();
                let _ = write!(out, ",\"positionTicks\":[{}]", list.join(","));
            }
            out.push('}');
        }
        let now = Instant::now();
        let end = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0, |since| since.as_micros() as u64);
        let start = end.saturating_sub(now.duration_since(self.start).as_micros() as u64);
        let _ = write!(out, "],\"startTime\":{start},\"endTime\":{end},\"samples\":[");
        let list: Vec<String> = self.samples.iter().map(|(node, _)| (node + 1).to_string()).collect();
        out.push_str(&list.join(","));
        out.push_str("],\"timeDeltas\":[");
        let mut before = self.start;
        let deltas: Vec<String> = self
            .samples
            .iter()
            .map(|&(_, at)| {
                let delta = at.saturating_duration_since(before).as_micros();
                before = at;
                delta.to_string()
            })
            .collect();
        out.push_str(&deltas.join(","));
        out.push_str("]}");
        out
    }
}

impl Drop for Profiler {
    fn drop(&mut self) {
        self.end_thread();
    }
}

/// Takes a sample of the frames that run. Called where the safepoint word asks for it.
#[cold]
pub(crate) fn sample(vm: &mut Vm) {
    let Some(mut profiler) = vm.profiler.take() else { return };
    let now = Instant::now();
    let mut stack: Vec<(Callee, Option<u32>)> = vec![];
    for frame in frames(vm) {
        // SAFETY: live frames.
        stack.extend(unsafe { callee_of(vm, frame) });
    }
    // Nobody looked at the word for some time: no JavaScript ran, or a built-in function took long.
    let last = profiler.samples.last().map_or(profiler.start, |sample| sample.1);
    let late = now.saturating_duration_since(last) > 3 * profiler.interval;
    if late {
        profiler.add(PROGRAM, last + profiler.interval);
    }
    let at = if late { now - profiler.interval.min(now - last) } else { now };
    let mut node = ROOT;
    for &(callee, _) in stack.iter().rev() {
        node = profiler.child(node, callee);
    }
    if let Some(&(_, Some(line))) = stack.first() {
        *profiler.nodes[node].lines.entry(line).or_default() += 1;
    }
    profiler.add(if stack.is_empty() { PROGRAM } else { node }, at.max(last));
    vm.profiler = Some(profiler);
}

/// Takes a sample, if one is asked for, with a frame that has not begun.
///
/// # Safety
/// The VM is live, the frame complete, and `pc` its first instruction.
pub(crate) unsafe fn sample_at(vm: *mut Vm, fp: *mut Raw, pc: *const u64) {
    // SAFETY: by the contract; other threads set bits of the word at any time.
    unsafe {
        if (*vm).interrupt & bit::SAMPLE != 0 {
            AtomicU32::from_ptr(&raw mut (*vm).interrupt).fetch_and(!bit::SAMPLE, Ordering::Relaxed);
            let (saved_fp, saved_pc) = ((*vm).fp, (*vm).pc);
            ((*vm).fp, (*vm).pc) = (fp, pc);
            sample(&mut *vm);
            ((*vm).fp, (*vm).pc) = (saved_fp, saved_pc);
        }
    }
}

/// What a frame runs, and at what line.
///
/// # Safety
/// The frame is live.
unsafe fn callee_of(vm: &Vm, frame: FrameView) -> Option<(Callee, Option<u32>)> {
    let function = Raw::cell(frame.callee().cast());
    // SAFETY: by the contract.
    unsafe {
        let native = |f: Raw| (Callee::Native(function::native_spec(f.as_cell().cast())), None);
        match frame.code() {
            None => {
                crate::value::is_kind(function, crate::cell::Kind::NativeFunction).then(|| native(function))
            }
            Some(code) if (*code).has(code_flag::SCRIPT_FORM) => {
                vm.realms[(*code).header.word as usize].as_ref()?.native_of(function).map(native)
            }
            Some(code) => {
                let pc = frame.pc.offset_from((*code).data().unit.code.as_ptr()) as u32;
                let positions = (*code).positions();
                let at = positions.partition_point(|p| p.0 <= pc).checked_sub(1);
                let line = at.map(|i| (*code).script().position(positions[i].1).0);
                Some((Callee::Code(code), line))
            }
        }
    }
}

/// Where a function is.
struct Place {
    function: String,
    url: String,
    script: usize,
    /// From 0 on; -1 for none.
    line: i64,
    column: i64,
}

impl Place {
    fn named(name: &str) -> Place {
        Place { function: name.into(), url: String::new(), script: 0, line: -1, column: -1 }
    }
    /// Of a function in JavaScript.
    ///
    /// # Safety
    /// The code cell is live.
    unsafe fn of(code: *mut Code) -> Place {
        // SAFETY: by the contract.
        let code = unsafe { &*code };
        let script = code.script();
        let meta = script.meta(code.index);
        let (line, column) = script.position(meta.source_start);
        let is_file = script.name.starts_with('/');
        Place {
            function: meta.name.as_ref().map_or_else(|| "(anonymous)".into(), |name| name.to_text()),
            url: if is_file { format!("file://{}", script.name) } else { script.name.to_string() },
            script: std::ptr::from_ref(script) as usize & 0xffff_ffff,
            line: i64::from(line) - 1,
            column: i64::from(column) - 1,
        }
    }
}

/// A JSON string.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    crate::heap_snapshot::quote(&mut out, text);
    out
}
