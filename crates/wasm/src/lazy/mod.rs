//! Functions that are compiled when they are first called.
//!
//! wasmtime compiles modules as a whole. A large module, of which programs call a part, is put together here instead: what
//! wasmtime gets as the *core* is the module with all it declares, but each function is a jump through a word
//! ([`image::stub`]). The words of a module ([`Lazy::words`]) lead to [`enter`] at first, which has the function compiled,
//! writes its address into the word, and goes on there: the binding of procedure linkage tables. Calls from one
//! compiled function to another go through the same words. Code refers to its instance by the pointer that it is called with, so it
//! does not matter that it lies in another artifact than the instance's: the *pieces* are modules without contents to
//! wasmtime, which have one instance in the store, so that traps, traces, exceptions and the collector find their way.
//!
//! *Invariants*: the code of a core runs in one store only, that of the state which has claimed it ([`Lazy::claim`]); others
//! get the module compiled as a whole, or a core of their own until that is done. A word leads to code whose piece is known to that store. All functions
//! have been validated before there is a core.

mod choice;
mod codegen;
mod image;
mod inline;
mod memo;
mod stack_maps;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicIsize, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, Weak};
use std::time::{Duration, Instant};

use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};
use wasmtime::{Engine, Instance, Module};
use wasmtime_environ::{
    Abi, BuiltinFunctionIndex, DefinedFuncIndex, EntityIndex, FilePos, FuncIndex, FuncKey, FunctionLoc,
};

use self::codegen::{Codegen, Function, Level, Program, only_module};
use self::image::{COST_OF_CALL, Image};
use self::inline::{LARGE_BYTES, Origins};
use self::memo::Memo;
use crate::baseline::Heat;
use crate::optimise::{Shared, Types, Window};
use crate::runtime::{self, State};
use crate::stop;

/// Stack that the compiler may use: what threads have.
const COMPILER_STACK_BYTES: usize = 2 << 20;
/// All functions of modules of at most this size are compiled before there is an instance: that takes less time than to stop at their first
/// calls, each for some of them.
const MOST_BYTES_AT_ONCE: usize = 2 << 20;
/// Of larger modules, so many functions are compiled when one is called: to make their code known to the store takes the time in which
/// ten are compiled.
const FUNCTIONS_AT_ONCE: usize = 20;
/// After so many pieces it is one function more, after as many again another one, and so on.
const PIECES_OF_A_SIZE: usize = 512;
/// Larger modules are not waited for while they are compiled as a whole.
const MOST_BYTES_TO_WAIT_FOR: usize = 32 << 10;
/// So many calls run quick code before a function is to be improved, or so many rounds of loops times [`COST_OF_CALL`].
const CALLS_OF_QUICK_CODE: isize = 30;
/// The same of a function with loops whose rounds are not counted.
const CALLS_OF_QUICK_LOOPS: isize = 2;
/// More than a function can be called.
const MANY_CALLS: isize = isize::MAX;
/// So many functions are improved before the next call of one of them brings them in, or what has been improved in so much time.
const IMPROVED_AT_ONCE: usize = 8;
const IMPROVED_WITHIN: Duration = Duration::from_millis(10);
/// So many functions lie apart without need to put them together.
const FEW_FUNCTIONS: usize = 32;

/// Only tiny functions are inlined if the bytes of a function, times how many others wait to be improved, are more than this: to inline all takes
/// up to twice as long, and what runs in the first code meanwhile loses more than that gains. It is done later. So it is in modules with structures in any case:
/// reading a field takes much code.
const MOST_BYTES_TIMES_WAITING: usize = 4_000;
/// What is gained by inlining more into what has been compiled in haste, in proportion to what is gained by compiling first code better.
const GAIN_OF_MORE: f64 = 0.125;
/// How long a function has been in first code, in milliseconds, before it is to be improved, as far as it matters: so what has come last is not first.
const MILLISECONDS_BEFORE: f64 = 20.0;
/// What compiling takes besides the bytes of a function.
const BYTES_OF_ANY: usize = 64;
/// What is called so many times less often than its caller runs is not inlined.
const MUCH_LESS_OFTEN: isize = 16;

/// What a jump of the core leads through.
#[repr(C)]
struct Word {
    /// Where to.
    target: AtomicUsize,
    /// How many calls quick code has left before it is [`enter`] that they lead to; quick code itself counts them ([`image::COUNT`]).
    /// When it is to be improved, [`MANY_CALLS`] less the calls since then.
    budget: AtomicIsize,
}
impl Word {
    fn new(target: usize) -> Word {
        Word { target: AtomicUsize::new(target), budget: AtomicIsize::new(Word::budget(CALLS_OF_QUICK_CODE)) }
    }
    /// What so many calls cost.
    const fn budget(calls: isize) -> isize {
        calls * COST_OF_CALL as isize
    }
    fn lead_to(&self, target: usize) {
        self.target.store(target, Ordering::Release);
    }
    /// How often the function has been called in its first code, times [`COST_OF_CALL`], with the rounds of its loops.
    fn heat(&self) -> isize {
        let (left, first) = (self.budget.load(Ordering::Relaxed), Word::budget(CALLS_OF_QUICK_CODE));
        if left > first { MANY_CALLS - left + first } else { first - left }
    }
}

/// A module whose functions are compiled when they are first called.
pub struct Lazy {
    program: Program,
    /// The jumps' targets: of functions, of their trampolines for calls with arrays, of the trampolines to wasmtime's own
    /// functions.
    words: Box<[Word]>,
    /// What stands before words of wasmtime's own functions, by [`memo::place`]: answers that never change.
    memos: Vec<Box<Memo>>,
    /// The state that runs the core, by its number; 0: none yet.
    owner: AtomicUsize,
    /// Where that state is. It is alive when its code runs.
    state: AtomicUsize,
    board: Mutex<Board>,
    /// Something has been compiled in advance.
    changed: Condvar,
    pieces: Mutex<BTreeMap<usize, Arc<Piece>>>,
    whole: OnceLock<Result<Module, String>>,
    /// Somebody does that.
    is_made_whole: AtomicBool,
    bytes: Arc<Vec<u8>>,
}

/// Compiled code that some function of a module is in.
pub struct Piece {
    /// As wasmtime has it.
    pub module: Module,
    /// Functions, by their place in the piece.
    pub functions: Vec<PieceFunction>,
}
/// A piece that the store does not know yet.
struct Built {
    piece: Piece,
    /// Where functions are entered, from the beginning of the code.
    entries: Vec<(FuncKey, u32)>,
    /// Those of them whose code relies on tables.
    reliant: HashSet<FuncKey>,
}
/// A function of a piece.
pub struct PieceFunction {
    index: FuncIndex,
    /// Where the code is.
    pub place: FunctionLoc,
    /// Position of the function in the module.
    position: u32,
    /// Where the code comes from, if other functions are inlined.
    origins: Option<Arc<Origins>>,
}
/// A call of a function that is running.
pub struct Frame<'a> {
    /// Index of the function.
    pub index: u32,
    /// Its name, if the module has a section of names.
    pub name: Option<&'a str>,
    /// How far it is: a position in the module.
    pub position: Option<usize>,
}

/// How far a function is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Progress {
    None,
    /// Somebody who has been called calls it.
    Expected,
    /// Being compiled.
    Running,
    /// Compiled in advance.
    Ready,
    /// It has been called.
    Called,
    Failed,
}
/// A function to be compiled better.
struct Improvable {
    index: usize,
    since: Instant,
}
/// A function that is compiled better, or has been in haste.
struct Hot {
    index: usize,
    /// How often it had been called in its first code, and how often in a millisecond.
    heat: isize,
    rate: f64,
    /// What is inlined.
    origins: Option<Arc<Origins>>,
}
/// What another thread does next.
enum Task {
    First(usize),
    Improve(Hot),
    ImproveMore(Hot),
}
/// What has been compiled, and what will be.
struct Board {
    /// By word.
    progress: Vec<Progress>,
    /// By word: where the code is that the store knows, or 0.
    addresses: Vec<usize>,
    /// What functions call that have not been called.
    callees: HashMap<usize, Vec<FuncKey>>,
    /// Functions that will be called soon, perhaps.
    expected: Vec<usize>,
    /// Functions that are to be compiled better: those that have been called often.
    improvable: Vec<Improvable>,
    /// What has been compiled better in haste.
    hasty: Vec<Hot>,
    /// By function: whether it has been compiled better.
    is_improved: Vec<bool>,
    /// When improved functions were last announced.
    announced: Instant,
    /// Functions whose code relies on tables, with where their code is that does not.
    reliant: HashMap<usize, usize>,
    /// What has been compiled better and lies nowhere yet.
    improved: Vec<Arc<Function>>,
    /// What has been compiled better and that the store does not know yet.
    built: Vec<Built>,
    /// Threads that compile both.
    threads: usize,
    /// What has been compiled for the first time and that the store does not know yet.
    fresh: Vec<Arc<Function>>,
    /// All that is compiled well.
    optimised: Vec<Arc<Function>>,
    /// Where in that a function is, by word.
    optimised_at: HashMap<usize, usize>,
    /// How many have been compiled well since all were put together in one piece.
    apart: usize,
}
impl Board {
    /// Takes a function that is compiled well.
    fn add(&mut self, index: usize, function: &Arc<Function>) {
        if function.level == Level::Optimised {
            let end = self.optimised.len();
            match *self.optimised_at.entry(index).or_insert(end) {
                at if at < end => self.optimised[at] = function.clone(),
                _ => self.optimised.push(function.clone()),
            }
            self.apart += 1;
        }
    }
    /// What has been compiled for the first time.
    fn finish(&mut self, index: usize, word: &Word, compiled: wasmtime::Result<Function>) {
        self.progress[index] = match compiled {
            Ok(function) => {
                if function.has_loops {
                    word.budget.store(Word::budget(CALLS_OF_QUICK_LOOPS), Ordering::Relaxed);
                }
                self.callees.insert(index, function.callees());
                let function = Arc::new(function);
                self.add(index, &function);
                self.fresh.push(function);
                Progress::Ready
            }
            Err(_) => Progress::Failed,
        };
    }
}

/// The place of the item that is worth most, and what it is worth.
fn best<T>(list: &[T], value: impl Fn(&T) -> f64) -> Option<(usize, f64)> {
    list.iter().map(value).enumerate().max_by(|a, b| a.1.total_cmp(&b.1))
}

/// Modules by the addresses of their words.
static MODULES: RwLock<BTreeMap<usize, (usize, Weak<Lazy>)>> = RwLock::new(BTreeMap::new());

fn codegen(engine: &'static Engine) -> wasmtime::Result<&'static Codegen> {
    static CODEGEN: OnceLock<Option<Codegen>> = OnceLock::new();
    match CODEGEN.get_or_init(|| Codegen::of(engine).ok()) {
        Some(codegen) => Ok(codegen),
        None => wasmtime::bail!("functions cannot be compiled one at a time"),
    }
}

impl Lazy {
    /// The core of a module.
    pub fn new(engine: &'static Engine, bytes: Arc<Vec<u8>>) -> wasmtime::Result<(Module, Arc<Lazy>)> {
        let mut program = Program::new(codegen(engine)?, bytes.clone())?;
        let count = 2 * program.count() + BuiltinFunctionIndex::len() as usize;
        let words: Box<[Word]> = (0..count).map(|_| Word::new(enter as *const () as usize)).collect();
        let memos: Vec<Box<Memo>> = match program.has_structures() || runtime::is_optimised_at_once() {
            false => vec![],
            true => {
                let word_of = |b: BuiltinFunctionIndex| {
                    &raw const words[2 * program.count() + b.index() as usize] as usize
                };
                memo::functions().map(|b| Memo::new(word_of(b))).into()
            }
        };
        let window = Box::new(Window::new(runtime::is_optimised_at_once()));
        if runtime::is_optimised_at_once() {
            // There is no other code.
            program.tables.change();
        }
        program.share(Shared { memos: Memo::tables(&memos), window, types: Types::default() });
        let lazy = Arc::new(Lazy {
            program,
            words,
            memos,
            owner: AtomicUsize::new(0),
            state: AtomicUsize::new(0),
            board: Mutex::new(Board {
                progress: vec![Progress::None; count],
                addresses: vec![0; count],
                callees: HashMap::new(),
                expected: vec![],
                improvable: vec![],
                hasty: vec![],
                is_improved: vec![false; count],
                announced: Instant::now(),
                reliant: HashMap::new(),
                improved: vec![],
                built: vec![],
                threads: 0,
                fresh: vec![],
                optimised: vec![],
                optimised_at: HashMap::new(),
                apart: 0,
            }),
            changed: Condvar::new(),
            pieces: Mutex::default(),
            whole: OnceLock::new(),
            is_made_whole: AtomicBool::new(false),
            bytes,
        });
        let (core, entries) = lazy.core()?;
        // SAFETY: made of wasmtime's own functions and trampolines, and of jumps to those that will be.
        let module = unsafe { Module::deserialize(engine, core)? };
        let text = module.text().as_ptr() as usize;
        let mut board = lazy.board();
        for (index, entry) in entries {
            let address = text + entry as usize;
            board.addresses[index] = address;
            board.progress[index] = Progress::Called;
            lazy.words[index].lead_to(address);
        }
        drop(board);
        let start = lazy.words.as_ptr() as usize;
        let end = start + size_of_val(&*lazy.words);
        let mut modules = MODULES.write().unwrap_or_else(PoisonError::into_inner);
        modules.insert(start, (end, Arc::downgrade(&lazy)));
        Ok((module, lazy))
    }
    /// The core's artifact, and where in it functions are that have been compiled already.
    fn core(&self) -> wasmtime::Result<(Vec<u8>, Vec<(usize, u32)>)> {
        let program = &self.program;
        let (translation, types) = (program.translation(), program.types());
        let mut image = Image::new(program.codegen())?;
        let functions = || (0..program.count() as u32).map(DefinedFuncIndex::from_u32);
        let mut seen = HashSet::new();
        let mut keys: Vec<_> = types
            .trampoline_types()
            .filter(|(_, ty)| seen.insert(*ty))
            .map(|(_, ty)| FuncKey::WasmToArrayTrampoline(ty))
            .collect();
        let has_startup = !translation.module.startup.is_none();
        if has_startup {
            keys.push(FuncKey::ModuleStartup(Abi::Array, only_module()));
        }
        let compile_first =
            || match self.bytes.len() <= MOST_BYTES_AT_ONCE && !runtime::is_optimised_at_once() {
                true => (0..program.count()).into_par_iter().map(|i| self.compile_baseline(i)).collect(),
                false => vec![],
            };
        let compile_rest = || {
            let compile = |key: &FuncKey| program.compile(*key, Level::Optimised);
            let startup = if has_startup { program.compile_startup()? } else { vec![] };
            let trampolines = keys.par_iter().map(compile).collect::<wasmtime::Result<Vec<_>>>()?;
            wasmtime::error::Ok((trampolines, startup))
        };
        let (mut first, (rest, declared)) = rayon::join(compile_first, || {
            rayon::join(compile_rest, || program.codegen().translate(&self.bytes))
        });
        // With the way to each, what counts its calls, and what lies between them.
        let room = |f: &Option<Function>| f.as_ref().map_or(0, Function::size) + 4 * image::ALIGNMENT;
        image.reserve(first.iter().map(room).sum());
        first.resize_with(program.count(), || None);
        let mut entries = vec![];
        for (f, function) in functions().zip(first) {
            let key = FuncKey::DefinedWasmFunction(only_module(), f);
            let mut place = image.append_stub(key, self.word(key))?;
            if let Some(function) = function {
                // To wasmtime both are the function.
                let (code, entry) = image.append(&function)?;
                place.length = code.start + code.length - place.start;
                entries.push((f.as_u32() as usize, entry));
            }
            image.publish(key, place, FilePos::new(program.position(f)));
        }
        // Those that JavaScript calls by name.
        let exported: HashSet<DefinedFuncIndex> = translation
            .module
            .exports
            .values()
            .filter_map(|export| match *export {
                EntityIndex::Function(f) => translation.module.defined_func_index(f),
                _ => None,
            })
            .collect();
        for f in functions() {
            if self.is_escaping(f) {
                let key = FuncKey::ArrayToWasmTrampoline(only_module(), f);
                let written = exported.contains(&f).then(|| program.write_trampoline(key)).flatten();
                let place = match (written, self.index(key)) {
                    (Some(trampoline), Some(index)) => {
                        let (place, entry) = image.append(&trampoline)?;
                        entries.push((index, entry));
                        place
                    }
                    _ => image.append_stub(key, self.word(key))?,
                };
                image.publish(key, place, FilePos::none());
            }
        }
        let (trampolines, startup) = rest?;
        let mut functions = BTreeMap::<FuncKey, Vec<Function>>::new();
        for function in trampolines.into_iter().chain(startup) {
            functions.entry(function.key).or_default().push(function);
        }
        for (key, parts) in &functions {
            let append = |part| image.append(part).map(|(place, _)| place);
            let places: Vec<_> = parts.iter().map(append).collect::<wasmtime::Result<_>>()?;
            let place = match places[..] {
                [place] => place,
                _ => image.append_sequence(*key, &places)?,
            };
            image.publish(*key, place, FilePos::none());
        }
        image.link(|key| self.way_to(key), enter as *const () as usize)?;
        let (mut translation, types) = declared?;
        translation.module.needs_gc_heap = program.translation().module.needs_gc_heap;
        translation.debuginfo = Default::default();
        Ok((image.finish(translation, &types.finish())?, entries))
    }

    /// Which word leads to a function.
    fn index(&self, key: FuncKey) -> Option<usize> {
        let count = self.program.count();
        match key {
            FuncKey::DefinedWasmFunction(_, f) => Some(f.as_u32() as usize),
            FuncKey::ArrayToWasmTrampoline(_, f) => Some(count + f.as_u32() as usize),
            FuncKey::WasmToBuiltinTrampoline(b) => Some(2 * count + b.index() as usize),
            _ => None,
        }
    }
    fn key(&self, index: usize) -> FuncKey {
        let count = self.program.count();
        let function = |i: usize| DefinedFuncIndex::from_u32(i as u32);
        match index {
            i if i < count => FuncKey::DefinedWasmFunction(only_module(), function(i)),
            i if i < 2 * count => FuncKey::ArrayToWasmTrampoline(only_module(), function(i - count)),
            i => FuncKey::WasmToBuiltinTrampoline(BuiltinFunctionIndex::from_u32((i - 2 * count) as u32)),
        }
    }
    /// Address of the word that leads to a function.
    fn word(&self, key: FuncKey) -> usize {
        let index = self.index(key).expect("functions have words");
        &raw const self.words[index] as usize
    }

    /// Address of what compiled code jumps through to a function that is not beside it.
    fn way_to(&self, key: FuncKey) -> Option<usize> {
        self.index(key)?;
        let memo = memo::place(key).and_then(|place| self.memos.get(place));
        Some(memo.map_or_else(|| self.word(key), |memo| memo.address()))
    }

    /// Lets the state run the core, and no other one ever. False: another one does.
    pub fn claim(&self, state: &State) -> bool {
        let number = state.number;
        match self.owner.compare_exchange(0, number, Ordering::SeqCst, Ordering::SeqCst) {
            Ok(_) => self.state.store(&raw const *state as usize, Ordering::SeqCst),
            Err(owner) => return owner == number,
        }
        true
    }
    /// The module compiled as a whole, for those who may not run the core. If that takes long, another thread does it, and there is none before.
    pub fn whole(self: &Arc<Self>) -> Option<Result<Module, String>> {
        if self.bytes.len() > MOST_BYTES_TO_WAIT_FOR && self.whole.get().is_none() {
            if !self.is_made_whole.swap(true, Ordering::Relaxed) {
                let lazy = self.clone();
                // Not among those who are waited for.
                static ASIDE: OnceLock<Option<ThreadPool>> = OnceLock::new();
                let aside = ASIDE.get_or_init(|| ThreadPoolBuilder::new().num_threads(1).build().ok());
                if let Some(aside) = aside {
                    aside.spawn(move || drop(lazy.make_whole()));
                }
            }
            return None;
        }
        Some(self.make_whole())
    }
    fn make_whole(&self) -> Result<Module, String> {
        let whole = self.whole.get_or_init(|| runtime::compile_whole(&self.bytes).map_err(|e| e.to_string()));
        whole.clone()
    }

    /// The same, if somebody has asked for it.
    pub fn whole_if_made(&self) -> Option<Module> {
        self.whole.get().and_then(|whole| whole.clone().ok())
    }

    /// Puts functions together in a piece.
    fn build(&self, functions: &[Arc<Function>]) -> wasmtime::Result<Built> {
        let declared = &self.program.translation().module;
        if functions.iter().any(|f| f.needs_gc_heap) && !declared.needs_gc_heap {
            wasmtime::bail!("a function needs the heap of structures unexpectedly");
        }
        let mut image = Image::new(self.program.codegen())?;
        let mut published = vec![];
        let mut entries = vec![];
        for f in functions {
            let (place, entry) = image.append(f)?;
            entries.push((f.key, entry));
            if let FuncKey::DefinedWasmFunction(module, index) = f.key {
                let local = DefinedFuncIndex::from_u32(published.len() as u32);
                let key = FuncKey::DefinedWasmFunction(module, local);
                let position = self.program.position(index);
                image.publish(key, place, FilePos::new(position));
                let (index, origins) = (declared.func_index(index), f.origins.clone());
                published.push(PieceFunction { index, place, position, origins });
            }
        }
        image.link(|key| self.way_to(key), enter as *const () as usize)?;
        let artifact = image.finish_bare()?;
        // SAFETY: wasmtime's own functions, which call each other and what the words lead to.
        let module = unsafe { Module::deserialize(runtime::engine()?, artifact)? };
        let reliant = functions.iter().filter(|f| f.relies_on_tables()).map(|f| f.key).collect();
        Ok(Built { piece: Piece { module, functions: published }, entries, reliant })
    }
    /// Makes a piece known to the store of the state, and lets the words of its functions lead to it.
    fn adopt(&self, state: &State, Built { piece, entries, reliant }: Built) -> wasmtime::Result<()> {
        state.lend_own(|| state.with(|c| Instance::new(&mut *c, &piece.module, &[])))?;
        let text = piece.module.text().as_ptr() as usize;
        self.pieces.lock().unwrap_or_else(PoisonError::into_inner).insert(text, Arc::new(piece));
        let mut board = self.board();
        for (key, entry) in entries {
            let Some(index) = self.index(key) else { continue };
            let is_reliant = reliant.contains(&key);
            if !is_reliant || !self.program.tables.have_changed() {
                let other = std::mem::replace(&mut board.addresses[index], text + entry as usize);
                if is_reliant {
                    board.reliant.entry(index).or_insert(other);
                }
            }
            if board.progress[index] == Progress::Called {
                self.words[index].lead_to(board.addresses[index]);
            }
        }
        Ok(())
    }
    /// Lets a word lead to code that has led to [`enter`].
    fn bind(self: &Arc<Self>, index: usize) {
        // SAFETY: the state that has claimed the core is running it.
        let state = unsafe { &*(self.state.load(Ordering::SeqCst) as *const State) };
        if self.provide(state, index).is_err() {
            // The function is valid, but the compiler's limits or the memory do not suffice.
            self.words[index].lead_to(stop::trap().unwrap_or_else(|| std::process::abort()));
        }
    }
    /// Has a function compiled and loaded, with what has been compiled in the meantime.
    fn provide(self: &Arc<Self>, state: &State, index: usize) -> wasmtime::Result<()> {
        let mut board = self.board();
        while board.progress[index] == Progress::Running {
            board = self.changed.wait(board).unwrap_or_else(PoisonError::into_inner);
        }
        if matches!(board.progress[index], Progress::None | Progress::Expected) {
            let list = self.with_neighbours(&board, index);
            for &i in &list {
                board.progress[i] = Progress::Running;
            }
            drop(board);
            // Handing it over takes time, but the compiler needs a stack.
            let compile = |&i: &usize| (i, self.compile_first(i));
            let compiled: Vec<_> = match runtime::stack_left(state) >= COMPILER_STACK_BYTES {
                true => list.iter().map(compile).collect(),
                false => list.par_iter().map(compile).collect(),
            };
            board = self.board();
            for (i, function) in compiled {
                board.finish(i, &self.words[i], function);
            }
        }
        if board.progress[index] == Progress::Failed {
            wasmtime::bail!("the function cannot be compiled");
        }
        if board.addresses[index] == 0 || !board.built.is_empty() {
            let (fresh, mut built) = (std::mem::take(&mut board.fresh), std::mem::take(&mut board.built));
            drop(board);
            if !fresh.is_empty() {
                built.push(self.build(&fresh)?);
            }
            for piece in built {
                self.adopt(state, piece)?;
            }
            board = self.board();
        }
        let address = board.addresses[index];
        if address == 0 {
            wasmtime::bail!("the function has not been loaded");
        }
        self.words[index].lead_to(address);
        self.consider(&mut board, index);
        if board.progress[index] == Progress::Ready {
            board.progress[index] = Progress::Called;
            self.foresee(&mut board, index);
        }
        Ok(())
    }
    /// Has a function improved if it has used up its budget.
    fn consider(self: &Arc<Self>, board: &mut Board, index: usize) {
        let word = &self.words[index];
        if word.budget.load(Ordering::Relaxed) < 0 {
            word.budget.store(MANY_CALLS, Ordering::Relaxed);
            board.improvable.push(Improvable { index, since: Instant::now() });
            self.employ(board);
        }
    }
    /// How the code of a function counts the rounds of its loops.
    fn heat(&self, index: usize) -> Heat {
        let counter = &raw const self.words[index].budget as usize;
        Heat { counter, often: has_often_gone_round as *const () as usize }
    }
    /// Compiles a function for its first call.
    fn compile_first(&self, index: usize) -> wasmtime::Result<Function> {
        if let (true, FuncKey::DefinedWasmFunction(_, f)) = (runtime::is_optimised_at_once(), self.key(index))
        {
            return self.program.improve(f, false, &|_| true);
        }
        self.program.compile_first(self.key(index), self.heat(index))
    }
    /// The same if the baseline compiler can do it.
    fn compile_baseline(&self, index: usize) -> Option<Function> {
        self.program.compile_baseline(DefinedFuncIndex::from_u32(index as u32), self.heat(index))
    }
    /// What is compiled when a function is called: pieces take pages and mappings, so the more there are, the larger they get, by
    /// what lies behind the function.
    fn with_neighbours(&self, board: &Board, index: usize) -> Vec<usize> {
        let pieces = self.pieces.lock().unwrap_or_else(PoisonError::into_inner).len();
        let more = FUNCTIONS_AT_ONCE - 1 + pieces / PIECES_OF_A_SIZE;
        // wasmtime's own functions are called by few.
        let behind = (index + 1..2 * self.program.count()).take(more).filter(|&i| {
            let is_used = match self.key(i) {
                FuncKey::ArrayToWasmTrampoline(_, f) => self.is_escaping(f),
                _ => true,
            };
            is_used && board.progress[i] == Progress::None
        });
        [index].into_iter().chain(behind).collect()
    }
    fn is_escaping(&self, function: DefinedFuncIndex) -> bool {
        let module = &self.program.translation().module;
        module.functions[module.func_index(function)].is_escaping()
    }
    /// Lets other threads compile what a function calls that has just been called for the first time.
    fn foresee(self: &Arc<Self>, board: &mut Board, index: usize) {
        for callee in board.callees.remove(&index).unwrap_or_default() {
            let Some(index) = self.index(callee) else { continue };
            if board.progress[index] == Progress::None {
                board.progress[index] = Progress::Expected;
                board.expected.push(index);
            }
        }
        self.employ(board);
    }
    /// Starts threads for what is to be done.
    fn employ(self: &Arc<Self>, board: &mut Board) {
        // Asking the system takes as long as compiling a function.
        static PROCESSORS: OnceLock<usize> = OnceLock::new();
        let most = PROCESSORS.get_or_init(|| std::thread::available_parallelism().map_or(1, usize::from)) - 1;
        while board.threads < most.min(board.expected.len() + board.improvable.len() + board.hasty.len()) {
            board.threads += 1;
            let lazy = self.clone();
            rayon::spawn(move || lazy.work_ahead());
        }
    }
    /// Takes what is to be done next: what gains most in the time that it takes to compile it (Smith's rule).
    fn next_task(&self, board: &mut Board) -> Option<Task> {
        // The last first: it is called by what has been called last.
        if let Some(index) = board.expected.pop() {
            return Some(Task::First(index));
        }
        let now = Instant::now();
        let heat_of = |f: &Improvable| {
            let heat = self.words[f.index].heat();
            (heat, heat as f64 / (MILLISECONDS_BEFORE + now.duration_since(f.since).as_secs_f64() * 1e3))
        };
        let per_cost = |index, gain: f64| gain / ((self.size(index) + BYTES_OF_ANY) as f64).sqrt();
        let value = |f: &Improvable| per_cost(f.index, heat_of(f).1);
        let value_of_more = |f: &Hot| per_cost(f.index, GAIN_OF_MORE * f.rate);
        let improvable = best(&board.improvable, value);
        let hasty = best(&board.hasty, value_of_more);
        if let Some((place, value)) = improvable
            && hasty.is_none_or(|(_, other)| value >= other)
        {
            let f = board.improvable.swap_remove(place);
            let (heat, rate) = heat_of(&f);
            return Some(Task::Improve(Hot { index: f.index, heat, rate, origins: None }));
        }
        let (place, _) = hasty?;
        Some(Task::ImproveMore(board.hasty.swap_remove(place)))
    }
    /// Bytes of a function's body; 0 of what is none.
    fn size(&self, index: usize) -> usize {
        match self.key(index) {
            FuncKey::DefinedWasmFunction(_, f) => self.program.body(f).as_bytes().len(),
            _ => 0,
        }
    }
    /// Compiles what is expected, and improves what has been called.
    fn work_ahead(self: &Arc<Self>) {
        let mut board = self.board();
        while Arc::strong_count(self) > 1 {
            match self.next_task(&mut board) {
                Some(Task::First(index)) => {
                    if board.progress[index] == Progress::Expected {
                        board.progress[index] = Progress::Running;
                        drop(board);
                        let compiled = self.compile_first(index);
                        board = self.board();
                        board.finish(index, &self.words[index], compiled);
                        self.changed.notify_all();
                    }
                }
                Some(Task::Improve(f)) => {
                    let cost = self.size(f.index) * board.improvable.len();
                    let in_haste = cost > MOST_BYTES_TIMES_WAITING || self.program.has_structures();
                    let is_improved = board.is_improved.clone();
                    drop(board);
                    let compiled = self.improve(&f, in_haste, &is_improved);
                    board = self.board();
                    board.is_improved[f.index] = compiled.is_ok();
                    // Into large ones nothing else is inlined.
                    if in_haste && self.size(f.index) <= LARGE_BYTES {
                        let origins = compiled.as_ref().ok().and_then(|f| f.origins.clone());
                        board.hasty.push(Hot { origins, ..f });
                    }
                    self.has_improved(&mut board, compiled.ok());
                    board = self.put_together(board);
                }
                Some(Task::ImproveMore(f)) => {
                    let is_improved = board.is_improved.clone();
                    drop(board);
                    let compiled = self.improve_more(&f, &is_improved);
                    board = self.board();
                    self.has_improved(&mut board, compiled);
                    board = self.put_together(board);
                }
                None => break,
            }
        }
        board.threads -= 1;
    }
    /// Takes what has been compiled better. What has failed remains as it is.
    fn has_improved(&self, board: &mut Board, function: Option<Function>) {
        match function {
            Some(function) if function.relies_on_tables() && self.program.tables.have_changed() => {
                self.count_again(function.key);
            }
            Some(function) => {
                if let Some(index) = self.index(function.key) {
                    let function = Arc::new(function);
                    board.add(index, &function);
                    board.improved.retain(|f| f.key != function.key);
                    board.improved.push(function);
                }
            }
            None => {}
        }
    }
    /// Puts what has been improved together, if there is enough of it, and lets the next call of one of them bring it in.
    fn put_together<'a>(&'a self, mut board: MutexGuard<'a, Board>) -> MutexGuard<'a, Board> {
        let is_last = board.improvable.is_empty() && board.hasty.is_empty();
        let is_time = is_last || board.announced.elapsed() >= IMPROVED_WITHIN;
        if board.improved.is_empty() || board.improved.len() < IMPROVED_AT_ONCE && !is_time {
            return board;
        }
        let mut functions = std::mem::take(&mut board.improved);
        let improved: Vec<_> = functions.iter().filter_map(|f| self.index(f.key)).collect();
        // What is compiled well calls each other directly if it lies together, so now and then all of it is put together.
        if board.apart >= (board.optimised.len() / 3).max(FEW_FUNCTIONS) {
            functions.clone_from(&board.optimised);
            board.apart = 0;
        }
        drop(board);
        let built = self.build(&functions);
        board = self.board();
        board.announced = Instant::now();
        if let Ok(built) = built {
            board.built.push(built);
            for index in improved {
                if board.progress[index] == Progress::Called {
                    self.words[index].lead_to(enter as *const () as usize);
                }
            }
        }
        board
    }
    /// Lets a function that goes on in its first code be improved again.
    fn count_again(&self, key: FuncKey) {
        if let Some(index) = self.index(key) {
            let budget = Word::budget(CALLS_OF_QUICK_CODE);
            self.words[index].budget.store(budget, Ordering::Relaxed);
        }
    }
    /// Lets nothing rely on tables. No such code runs.
    fn rely_no_more(&self) {
        if !self.program.tables.change() {
            return;
        }
        let mut board = self.board();
        for (index, address) in std::mem::take(&mut board.reliant) {
            board.addresses[index] = address;
            self.words[index].lead_to(address);
        }
        for f in board.optimised.iter().filter(|f| f.relies_on_tables()) {
            self.count_again(f.key);
        }
        board.optimised.retain(|f| !f.relies_on_tables());
        board.optimised_at =
            board.optimised.iter().enumerate().filter_map(|(at, f)| Some((self.index(f.key)?, at))).collect();
        board.improved.retain(|f| !f.relies_on_tables());
    }
    /// Compiles a function as well as it can be, or as well as it can be soon.
    fn improve(&self, f: &Hot, in_haste: bool, is_improved: &[bool]) -> wasmtime::Result<Function> {
        match self.key(f.index) {
            FuncKey::DefinedWasmFunction(_, function) => {
                self.program.improve(function, in_haste, &|g| self.is_worth(f, g, is_improved))
            }
            key => self.program.compile(key, Level::Optimised),
        }
    }
    /// Compiles a function as well as it can be, if that is better than in haste.
    fn improve_more(&self, f: &Hot, is_improved: &[bool]) -> Option<Function> {
        match self.key(f.index) {
            FuncKey::DefinedWasmFunction(_, function) => {
                let old = f.origins.as_deref();
                self.program.improve_more(function, old, &|g| self.is_worth(f, g, is_improved))
            }
            _ => None,
        }
    }
    /// Is a function called so often that it is worth being inlined into another one?
    fn is_worth(&self, caller: &Hot, callee: DefinedFuncIndex, is_improved: &[bool]) -> bool {
        let index = callee.as_u32() as usize;
        let heat = self.words[index].heat();
        is_improved[index] || heat > 0 && heat >= caller.heat / MUCH_LESS_OFTEN
    }
    fn board(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The pieces that there are.
    pub fn pieces(&self) -> Vec<Arc<Piece>> {
        self.pieces.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }
    /// The calls that a frame of a piece stands for, the innermost first, by the function's place in the piece and the position of its code; if
    /// the piece is one of this module.
    pub fn frames_in(&self, piece: &Module, place: u32, position: Option<usize>) -> Option<Vec<Frame<'_>>> {
        let pieces = self.pieces.lock().unwrap_or_else(PoisonError::into_inner);
        let piece = pieces.get(&(piece.text().as_ptr() as usize))?;
        let function = piece.functions.get(place as usize)?;
        let frame = |index: FuncIndex, position| {
            let name = self.program.name(index);
            Frame { index: index.as_u32(), name, position }
        };
        Some(match (&function.origins, position) {
            (Some(origins), Some(position)) => {
                let frames = origins.frames(position as u32 - function.position);
                frames.into_iter().map(|(index, position)| frame(index, Some(position as usize))).collect()
            }
            _ => vec![frame(function.index, position)],
        })
    }
}
impl Drop for Lazy {
    fn drop(&mut self) {
        let mut modules = MODULES.write().unwrap_or_else(PoisonError::into_inner);
        modules.remove(&(self.words.as_ptr() as usize));
    }
}

/// A table of the state is about to be changed, or to be given to those who may change it.
pub fn tables_change(state: &State) {
    let modules: Vec<_> = {
        let modules = MODULES.read().unwrap_or_else(PoisonError::into_inner);
        modules.values().filter_map(|(_, lazy)| lazy.upgrade()).collect()
    };
    for lazy in modules.iter().filter(|lazy| lazy.owner.load(Ordering::SeqCst) == state.number) {
        lazy.rely_no_more();
    }
}

/// What words lead to at first; `r11` is the address of the word. Keeps what arguments are in, in each calling convention, has
/// the function compiled, and goes where the word leads to then.
#[unsafe(naked)]
unsafe extern "C" fn enter() {
    std::arch::naked_asm!(
        "push rbp",
        "mov rbp, rsp",
        "sub rsp, 208",
        "movups [rsp], xmm0",
        "movups [rsp + 16], xmm1",
        "movups [rsp + 32], xmm2",
        "movups [rsp + 48], xmm3",
        "movups [rsp + 64], xmm4",
        "movups [rsp + 80], xmm5",
        "movups [rsp + 96], xmm6",
        "movups [rsp + 112], xmm7",
        "mov [rsp + 128], rdi",
        "mov [rsp + 136], rsi",
        "mov [rsp + 144], rdx",
        "mov [rsp + 152], rcx",
        "mov [rsp + 160], r8",
        "mov [rsp + 168], r9",
        "mov [rsp + 176], rax",
        "mov [rsp + 184], r10",
        "mov [rsp + 192], r11",
        "mov rsi, rdi",
        "mov rdi, r11",
        "call {bind}",
        "movups xmm0, [rsp]",
        "movups xmm1, [rsp + 16]",
        "movups xmm2, [rsp + 32]",
        "movups xmm3, [rsp + 48]",
        "movups xmm4, [rsp + 64]",
        "movups xmm5, [rsp + 80]",
        "movups xmm6, [rsp + 96]",
        "movups xmm7, [rsp + 112]",
        "mov rdi, [rsp + 128]",
        "mov rsi, [rsp + 136]",
        "mov rdx, [rsp + 144]",
        "mov rcx, [rsp + 152]",
        "mov r8, [rsp + 160]",
        "mov r9, [rsp + 168]",
        "mov rax, [rsp + 176]",
        "mov r10, [rsp + 184]",
        "mov r11, [rsp + 192]",
        "leave",
        "jmp [r11]",
        bind = sym bind,
    )
}
/// What baseline code calls when its loops have used up a budget, whose address is in `r11`. The frame is without a function to wasmtime.
///
/// # Safety
/// The address is that of a module's word, whose code is running: so the module is alive. Nothing of the caller is in a register.
#[unsafe(naked)]
unsafe extern "C" fn has_often_gone_round() {
    std::arch::naked_asm!(
        "push rbp",
        "mov rbp, rsp",
        "lea rdi, [r11 - {budget}]",
        "call {consider}",
        "pop rbp",
        "ret",
        budget = const std::mem::offset_of!(Word, budget),
        consider = sym consider,
    )
}
/// Has the function improved that a word belongs to.
extern "C" fn consider(word: usize) {
    let (lazy, index) = owner_of(word);
    lazy.consider(&mut lazy.board(), index);
}
/// Has the function compiled that a word belongs to. `instance`: its first argument.
extern "C" fn bind(word: usize, instance: usize) {
    let (lazy, index) = owner_of(word);
    // wasmtime's own functions are asked about others' instances, too.
    if let FuncKey::DefinedWasmFunction(..) = lazy.key(index) {
        // SAFETY: the module's functions are called for its instances, and one that is called is alive.
        unsafe { lazy.program.learn_types(instance) };
    }
    lazy.bind(index);
}
/// The module that has a word, and which it is.
fn owner_of(word: usize) -> (Arc<Lazy>, usize) {
    let lazy = {
        let modules = MODULES.read().unwrap_or_else(PoisonError::into_inner);
        modules
            .range(..=word)
            .next_back()
            .filter(|(_, (end, _))| word < *end)
            .and_then(|(_, (_, l))| l.upgrade())
    };
    // Whoever runs code of a module has the module.
    let lazy = lazy.unwrap_or_else(|| std::process::abort());
    let index = (word - lazy.words.as_ptr() as usize) / size_of::<Word>();
    (lazy, index)
}
