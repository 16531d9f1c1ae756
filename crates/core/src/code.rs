//! Linked code: bytecode with its constants and inline caches, per function and realm.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use spey_bytecode::serialize::{ConstantView, FunctionTraits};
use spey_bytecode::{Constant, FunctionIndex, FunctionUnit, GlobalDeclarations, JsStr, ModuleInfo, Template};
use spey_compile::FunctionMeta;
use spey_gc::{Gc, Header, LedgerCategory, Liveness, Tracer, Value as Raw};

use crate::cell::Kind;
use crate::inline_cache::InlineCache;
use crate::native::ExternalBytes;
use crate::scope::{JsResult, Local, Scope, Value};
use crate::string::StrView;
use crate::vm::Vm;

/// Where the bytecode of a unit comes from.
pub enum UnitBody {
    /// Parsed source; functions are compiled on first call.
    Source(spey_compile::Unit),
    /// Decoded from a cache or the embedded library; functions are decoded on first call.
    Binary(BinaryUnit),
    /// Did not parse: kept for the positions in its error.
    Failed,
}

/// A serialised unit with its decoded parts.
pub struct BinaryUnit {
    view: spey_bytecode::serialize::UnitView<'static>,
    /// Made when asked for: few functions are asked for their names.
    metas: Vec<OnceCell<Box<FunctionMeta>>>,
    declarations: OnceCell<GlobalDeclarations>,
    module: OnceCell<Option<ModuleInfo>>,
    templates: OnceCell<Vec<Template>>,
    /// What the view looks at, if that is not part of the program.
    bytes: Option<Rc<[u8]>>,
}

impl BinaryUnit {
    /// Everything is decoded on demand.
    pub fn new(view: spey_bytecode::serialize::UnitView<'static>) -> BinaryUnit {
        BinaryUnit {
            metas: (0..view.function_count()).map(|_| Default::default()).collect(),
            declarations: Default::default(),
            module: Default::default(),
            templates: Default::default(),
            view,
            bytes: None,
        }
    }
    /// A unit from bytes of any origin; None if they are no unit of that key, or their code is not code.
    pub fn verified(bytes: Rc<[u8]>, key: u64) -> Option<BinaryUnit> {
        let view = spey_bytecode::serialize::UnitView::open(&bytes).ok()?;
        if view.source_key() != key || view.check_integrity().is_err() {
            return None;
        }
        spey_bytecode::verify::unit(&view.decode().ok()?).ok()?;
        // SAFETY: the result holds the bytes, which do not move, as long as the view, and gives out nothing that borrows from
        // them.
        let lasting: &'static [u8] = unsafe { &*std::ptr::from_ref::<[u8]>(&bytes) };
        let view = spey_bytecode::serialize::UnitView::open(lasting).ok()?;
        Some(BinaryUnit { bytes: Some(bytes), ..BinaryUnit::new(view) })
    }
    /// The bytes given to [`BinaryUnit::verified`].
    pub fn bytes(&self) -> Option<&[u8]> {
        self.bytes.as_deref()
    }
    fn decode_meta(&self, f: FunctionIndex) -> Box<FunctionMeta> {
        let m = self.view.meta(f as usize).expect("embedded units are well-formed");
        Box::new(FunctionMeta {
            name: m.name,
            kind: m.traits.kind,
            is_async: m.traits.is_async,
            is_generator: m.traits.is_generator,
            strict: m.traits.strict,
            length: m.length,
            source_start: m.source_start,
            source_end: m.source_end,
            uses_super: m.traits.uses_super,
            has_field_initializer: m.traits.has_field_initializer,
        })
    }
}

/// A script, module, eval code or library file: shared by the code cells of its functions.
pub struct ScriptUnit {
    /// Name for stack traces (path or URL).
    pub name: String,
    /// Source text (empty for library files that come without).
    pub source: Rc<str>,
    /// Line and column of the first character, 0-based, for `vm` and wrappers.
    pub line_offset: u32,
    /// Column offset of the first line.
    pub column_offset: u32,
    /// Bytecode.
    pub body: UnitBody,
    /// Byte offsets of line starts, made on first use.
    pub lines: RefCell<Option<Vec<u32>>>,
    /// Line starts of a library file, as little-endian 32-bit numbers.
    pub line_table: &'static [u8],
    /// Package id of the code, for per-package permissions.
    pub package: u32,
    /// Code of the embedded library: hidden from stack traces' user frames.
    pub internal: bool,
    /// The account of its memory; what was made at build time has none.
    pub memory: Option<ExternalBytes>,
}

impl ScriptUnit {
    /// Metadata of a function.
    pub fn meta(&self, f: FunctionIndex) -> &FunctionMeta {
        match &self.body {
            UnitBody::Source(u) => u.meta(f),
            UnitBody::Binary(u) => u.metas[f as usize].get_or_init(|| u.decode_meta(f)),
            UnitBody::Failed => unreachable!("units that failed to parse have no functions"),
        }
    }
    /// What decides how a function is called.
    pub fn traits(&self, f: FunctionIndex) -> FunctionTraits {
        match &self.body {
            UnitBody::Binary(u) => u.view.traits(f as usize).expect("embedded units are well-formed"),
            _ => {
                let m = self.meta(f);
                FunctionTraits {
                    kind: m.kind,
                    is_async: m.is_async,
                    is_generator: m.is_generator,
                    strict: m.strict,
                    has_field_initializer: m.has_field_initializer,
                    uses_super: m.uses_super,
                }
            }
        }
    }
    /// Global declarations.
    pub fn declarations(&self) -> &GlobalDeclarations {
        match &self.body {
            UnitBody::Source(u) => u.declarations(),
            UnitBody::Binary(u) => u.declarations.get_or_init(|| u.view.declarations().unwrap_or_default()),
            UnitBody::Failed => unreachable!("units that failed to parse have no declarations"),
        }
    }
    /// Module record data.
    pub fn module(&self) -> Option<&ModuleInfo> {
        match &self.body {
            UnitBody::Source(u) => u.module(),
            UnitBody::Binary(u) => u.module.get_or_init(|| u.view.module().unwrap_or_default()).as_ref(),
            UnitBody::Failed => None,
        }
    }
    /// Template objects data.
    pub fn templates(&self) -> &[Template] {
        match &self.body {
            UnitBody::Source(u) => u.templates(),
            UnitBody::Binary(u) => u.templates.get_or_init(|| u.view.templates().unwrap_or_default()),
            UnitBody::Failed => &[],
        }
    }
    /// 1-based line and column (UTF-16 units) of a byte offset.
    pub fn position(&self, offset: u32) -> (u32, u32) {
        let mut lines = self.lines.borrow_mut();
        let lines = lines.get_or_insert_with(|| {
            if !self.line_table.is_empty() {
                return self.line_table.as_chunks().0.iter().map(|b| u32::from_le_bytes(*b)).collect();
            }
            let mut v = vec![0u32];
            let b = self.source.as_bytes();
            for (i, &c) in b.iter().enumerate() {
                let paragraph = c == 0xA9 && i >= 2 && b[i - 2] == 0xE2 && b[i - 1] == 0x80;
                let separator = c == 0xA8 && i >= 2 && b[i - 2] == 0xE2 && b[i - 1] == 0x80;
                if c == b'\n' || (c == b'\r' && b.get(i + 1) != Some(&b'\n')) || paragraph || separator {
                    v.push(i as u32 + 1);
                }
            }
            v
        });
        let line = lines.partition_point(|&l| l <= offset).max(1) - 1;
        let start = lines[line] as usize;
        let end =
            if self.source.is_empty() { offset as usize } else { (offset as usize).min(self.source.len()) };
        let end = end.max(start);
        let column = self.source.get(start..end).map_or(end - start, |t| t.encode_utf16().count()) as u32;
        let first = if line == 0 { self.column_offset } else { 0 };
        (self.line_offset + line as u32 + 1, column + first + 1)
    }
    /// Text of a 0-based line of the unit.
    pub fn line_text(&self, offset: u32) -> String {
        let at = (offset as usize).min(self.source.len());
        let before = self.source.get(..at).unwrap_or("");
        let start = before.rfind('\n').map_or(0, |i| i + 1);
        let rest = self.source.get(start..).unwrap_or("");
        rest.lines().next().unwrap_or("").to_string()
    }
}

/// Reserved for statistics about loaded units.
#[derive(Default)]
pub struct UnitTable {
    /// Number of units linked so far.
    pub count: u32,
}

/// Linked data of a compiled function, outside the heap. `ics` is what the interpreter keeps in a register: the
/// constants lie below it (constant i at `ics - 8 (i + 1)`), the inline caches from it on.
pub struct CodeData {
    /// Bytecode unit. Its constants and the keys of its caches are in the linked tables; for its positions see
    /// [`Code::positions`].
    pub unit: FunctionUnit,
    /// Linked tables.
    pub ics: *mut InlineCache,
    /// Number of constants.
    pub constant_count: usize,
    /// Number of inline caches.
    pub ic_count: usize,
    block: *mut u8,
    layout: std::alloc::Layout,
    /// Liveness for the collector, computed at the first collection that meets the function.
    pub liveness: Option<Box<spey_bytecode::liveness::Liveness>>,
    /// The account of its memory, unless the text has none.
    _memory: Option<ExternalBytes>,
}

/// Code cell of one function: old generation, never moves.
#[repr(C)]
pub struct Code {
    /// Header; `word` is the realm id.
    pub header: Header,
    /// Word that a call dispatches to: the first instruction, or one that counts or enters machine code; null until
    /// compiled.
    pub entry: *const u64,
    /// Inline caches and constants; see [`CodeData::ics`].
    pub ics: *mut InlineCache,
    /// Registers.
    pub register_count: u32,
    /// Formal parameters.
    pub param_count: u16,
    /// [`code_flag`] bits.
    pub flags: u16,
    /// Record of template objects by key, made on first use.
    pub templates: Raw,
    /// Code cells of nested functions, ascending by index, made on first use; null while there are none.
    pub children: *mut Vec<Gc<Code>>,
    /// Module record, or the host-defined value of the script (for import() and import.meta).
    pub host_defined: Raw,
    /// Function index in its unit.
    pub index: FunctionIndex,
    /// Calls and loop iterations, weighted, until the tier policy is asked again.
    pub counter: i32,
    /// First instruction; null until compiled.
    pub first: *const u64,
    /// Machine code, or null.
    pub machine: *const u8,
    /// What the optimising tier knows about the function; null until it has been asked.
    pub tier: *mut crate::tier::CodeTier,
    /// The unit.
    pub script: *const ScriptUnit,
    /// Compiled data; null until compiled.
    pub data: *mut CodeData,
}

/// Bits of [`Code::flags`].
pub mod code_flag {
    /// Strict code.
    pub const STRICT: u16 = 1;
    /// Generator, async or both: calls go through the coroutine entry.
    pub const COROUTINE: u16 = 2;
    /// `[[Call]]` throws: class constructor.
    pub const CLASS: u16 = 4;
    /// Constructor of a derived class.
    pub const DERIVED: u16 = 8;
    /// Has [[Construct]].
    pub const CONSTRUCTOR: u16 = 16;
    /// Has a `prototype` property.
    pub const HAS_PROTOTYPE: u16 = 32;
    /// async
    pub const ASYNC: u16 = 64;
    /// generator
    pub const GENERATOR: u16 = 128;
    /// Arrow function.
    pub const ARROW: u16 = 256;
    /// Instances run a field initialiser.
    pub const FIELDS: u16 = 512;
    /// Never compiled to machine code (any more).
    pub const NO_MACHINE: u16 = 1024;
    /// Machine code relies on the inline caches: collections keep them.
    pub const KEEP_CACHES: u16 = 2048;
    /// Script form of a built-in function.
    pub const SCRIPT_FORM: u16 = 4096;
    /// A closure of it has been made.
    pub const HAS_CLOSURE: u16 = 8192;
    /// Several have been; the bit above [`HAS_CLOSURE`].
    pub const HAS_CLOSURES: u16 = 16384;
}

pub(crate) unsafe fn size_code(_: *const Header) -> usize {
    std::mem::size_of::<Code>()
}
pub(crate) unsafe fn trace_code(cell: *mut Header, t: &mut Tracer) {
    // SAFETY: live code cell; its data is owned by it.
    unsafe {
        let c = cell as *mut Code;
        t.value(&mut (*c).templates);
        if !(*c).children.is_null() {
            for child in &*(*c).children {
                // Code cells do not move.
                t.value(&mut child.value());
            }
        }
        t.value(&mut (*c).host_defined);
        if !(*c).data.is_null() {
            let d = &mut *(*c).data;
            t.values((d.ics as *mut Raw).sub(d.constant_count), d.constant_count);
            let keep = (*c).flags & code_flag::KEEP_CACHES != 0;
            for i in 0..d.ic_count {
                (*d.ics.add(i)).trace(t, keep);
            }
        }
        if !(*c).tier.is_null() {
            (*(*c).tier).trace(t);
        }
    }
}
/// Forgets what has died in the inline caches.
pub(crate) unsafe fn sweep_code(cell: *mut Header, live: &Liveness) {
    // SAFETY: live code cell, after marking; its data is owned by it.
    unsafe {
        let c = cell as *mut Code;
        if !(*c).data.is_null() && (*c).flags & code_flag::KEEP_CACHES == 0 {
            let d = &mut *(*c).data;
            for i in 0..d.ic_count {
                (*d.ics.add(i)).sweep(live);
            }
        }
    }
}
pub(crate) unsafe fn finalize_code(cell: *mut Header) {
    // SAFETY: finalised once; data and script were made by Box/Rc into_raw.
    unsafe {
        let c = cell as *mut Code;
        if !(*c).data.is_null() {
            let mut d = Box::from_raw((*c).data);
            for i in 0..d.ic_count {
                std::ptr::drop_in_place(d.ics.add(i));
            }
            d.unit.code = vec![];
            std::alloc::dealloc(d.block, d.layout);
        }
        if !(*c).children.is_null() {
            drop(Box::from_raw((*c).children));
        }
        if !(*c).tier.is_null() {
            drop(Box::from_raw((*c).tier));
        }
        drop(Rc::from_raw((*c).script));
    }
}

/// Interns or allocates a string constant.
pub fn string_constant(vm: &mut Vm, text: &JsStr) -> Raw {
    // Constants live as long as their code, are often property keys, and are compared often: intern them all.
    match text {
        JsStr::Latin1(b) => crate::string::intern_view(vm, StrView::Latin1(b)).value(),
        JsStr::Utf16(u) => crate::string::intern_view(vm, StrView::Utf16(u)).value(),
    }
}

/// New code cell for function `index` of a unit.
pub fn new_code(
    vm: &mut Vm,
    script: &Rc<ScriptUnit>,
    index: FunctionIndex,
    realm: u32,
    host_defined: Raw,
) -> Gc<Code> {
    use spey_bytecode::FunctionKind as K;
    let m = script.traits(index);
    let mut flags = 0;
    let mut set = |on: bool, bit: u16| {
        if on {
            flags |= bit
        }
    };
    set(m.strict, code_flag::STRICT);
    set(m.is_async || m.is_generator, code_flag::COROUTINE);
    set(m.is_async, code_flag::ASYNC);
    set(m.is_generator, code_flag::GENERATOR);
    set(matches!(m.kind, K::ClassConstructor | K::DerivedConstructor), code_flag::CLASS);
    set(m.kind == K::DerivedConstructor, code_flag::DERIVED);
    set(m.kind == K::Arrow, code_flag::ARROW);
    let normal = m.kind == K::Normal && !m.is_async && !m.is_generator;
    let class = matches!(m.kind, K::ClassConstructor | K::DerivedConstructor);
    set(normal || class, code_flag::CONSTRUCTOR);
    set(normal || class || m.is_generator, code_flag::HAS_PROTOTYPE);
    // SAFETY: old-space cell, fully initialised here; alloc_old does not collect.
    unsafe {
        let c = vm.heap.alloc_old(Kind::Code as u8, std::mem::size_of::<Code>()) as *mut Code;
        (*c).header.word = realm;
        (*c).entry = std::ptr::null();
        (*c).ics = std::ptr::null_mut();
        (*c).register_count = 0;
        (*c).param_count = 0;
        (*c).flags = flags;
        (*c).templates = Raw::UNDEFINED;
        (*c).children = std::ptr::null_mut();
        (*c).host_defined = host_defined;
        (*c).index = index;
        (*c).counter = 0;
        (*c).first = std::ptr::null();
        (*c).machine = std::ptr::null();
        (*c).tier = std::ptr::null_mut();
        (*c).script = Rc::into_raw(script.clone());
        (*c).data = std::ptr::null_mut();
        vm.heap.write_barrier(c.cast(), host_defined);
        vm.heap.register_finalizable(c.cast());
        Gc::from_ptr(c)
    }
}

impl Code {
    /// The unit this function belongs to.
    pub fn script(&self) -> &ScriptUnit {
        // SAFETY: the cell holds a reference count.
        unsafe { &*self.script }
    }
    /// A counted reference to the unit.
    pub fn script_rc(&self) -> Rc<ScriptUnit> {
        // SAFETY: made by Rc::into_raw; the count is raised for the result.
        unsafe {
            Rc::increment_strong_count(self.script);
            Rc::from_raw(self.script)
        }
    }
    /// Compiled data.
    ///
    /// # Safety
    /// The function has been compiled.
    #[inline(always)]
    #[allow(clippy::mut_from_ref)]
    pub unsafe fn data(&self) -> &mut CodeData {
        // SAFETY: by the contract; single-threaded VM.
        unsafe { &mut *self.data }
    }
    /// Flag test.
    #[inline(always)]
    pub fn has(&self, flag: u16) -> bool {
        self.flags & flag != 0
    }
    /// Metadata.
    pub fn meta(&self) -> &FunctionMeta {
        self.script().meta(self.index)
    }
    /// (word index, byte offset in the source), ascending: where instructions that may throw come from. Those of a
    /// library function are decoded when first asked for.
    ///
    /// # Safety
    /// The function has been compiled, and nothing else refers to its positions.
    pub unsafe fn positions(&self) -> &[(u32, u32)] {
        // SAFETY: by the contract.
        let positions = unsafe { &mut self.data().unit.positions };
        if positions.is_empty()
            && let UnitBody::Binary(u) = &self.script().body
        {
            *positions = u.view.positions(self.index as usize).unwrap_or_default();
        }
        positions
    }
    /// Byte offset in the source of the instruction at word `pc`.
    ///
    /// # Safety
    /// As for [`Code::positions`].
    pub unsafe fn source_offset(&self, pc: u32) -> u32 {
        // SAFETY: by the contract.
        unsafe {
            let positions = self.positions();
            match positions.partition_point(|p| p.0 <= pc).checked_sub(1) {
                Some(i) => positions[i].1,
                None => self.data().unit.source_start,
            }
        }
    }
}

/// Compiles and links a function on its first call.
#[cold]
pub fn ensure_compiled(s: &mut Scope<'_>, code: Gc<Code>) -> JsResult<()> {
    if !code.data.is_null() {
        return Ok(());
    }
    match &code.script().body {
        UnitBody::Source(u) => {
            let mut unit = match u.compile(code.index) {
                Ok(unit) => unit,
                Err(e) => return crate::error::throw_compile_error(s, code.script(), &e),
            };
            if s.vm().print_bytecode && !code.script().internal {
                println!("{}", spey_bytecode::print::function(0, std::slice::from_ref(&unit)));
            }
            let constants = std::mem::take(&mut unit.constants);
            link(s.vm(), code, unit, constants.iter(), |vm, constant| match constant {
                Constant::String(t) => string_constant(vm, t),
                Constant::Number(n) => Raw::double(*n),
                Constant::BigInt(t) => crate::bigint::literal(vm, t),
            });
        }
        UnitBody::Binary(u) => {
            let (unit, constants) =
                u.view.linkable(code.index as usize).expect("embedded units are well-formed");
            let constants = constants.map(|constant| constant.expect("embedded units are well-formed"));
            link(s.vm(), code, unit, constants, |vm, constant| match constant {
                ConstantView::Latin1(b) => crate::string::intern_view(vm, StrView::Latin1(b)).value(),
                ConstantView::Utf16(u) => crate::string::intern_view(vm, StrView::Utf16(&u)).value(),
                ConstantView::Number(n) => Raw::double(n),
                ConstantView::BigInt(t) => crate::bigint::literal(vm, t),
            });
        }
        UnitBody::Failed => unreachable!("units that failed to parse have no functions"),
    }
    Ok(())
}

/// Gives a code cell its code, and lays out its constants, of which `value` makes values, and inline caches.
fn link<C>(
    vm: &mut Vm,
    code: Gc<Code>,
    mut unit: FunctionUnit,
    constants: impl ExactSizeIterator<Item = C>,
    value: impl Fn(&mut Vm, C) -> Raw,
) {
    let constant_count = constants.len();
    let keys = std::mem::take(&mut unit.ics);
    let ic_count = keys.len();
    let layout = std::alloc::Layout::from_size_align(
        (constant_count * 8 + ic_count * std::mem::size_of::<InlineCache>()).max(8),
        8,
    )
    .expect("table sizes are bounded by the bytecode's operand widths");
    let memory = code.script().memory.is_some().then(|| {
        let mut memory = ExternalBytes::new(vm, LedgerCategory::Code);
        let listed = unit.code.len() * 8 + unit.positions.len() * 8;
        memory.set(&mut vm.heap, std::mem::size_of::<CodeData>() + layout.size() + listed);
        memory
    });
    // SAFETY: the block is filled completely before it is published in the cell; strings are interned in the old
    // generation and big integers rooted by the code cell as soon as they are stored.
    unsafe {
        let block = std::alloc::alloc(layout);
        assert!(!block.is_null(), "out of memory");
        let ics = block.add(constant_count * 8) as *mut InlineCache;
        let base = ics as *mut Raw;
        for i in 0..constant_count {
            *base.sub(i + 1) = Raw::UNDEFINED;
        }
        for i in 0..ic_count {
            std::ptr::write(ics.add(i), InlineCache::new(Raw::UNDEFINED));
        }
        let data =
            CodeData { unit, ics, constant_count, ic_count, block, layout, liveness: None, _memory: memory };
        let data = Box::into_raw(Box::new(data));
        let c = code.as_ptr();
        (*c).data = data;
        (*c).ics = ics;
        let u = &(*data).unit;
        (*c).register_count = u.register_count as u32;
        (*c).param_count = u.param_count;
        if u.has_field_initializer {
            (*c).flags |= code_flag::FIELDS;
        }
        for (i, constant) in constants.enumerate() {
            let v = value(vm, constant);
            *base.sub(i + 1) = v;
            vm.heap.write_barrier(c.cast(), v);
        }
        for (i, &k) in keys.iter().enumerate() {
            if k != u32::MAX {
                let v = *base.sub(k as usize + 1);
                let key = crate::key::intern_value(v);
                (*ics.add(i)).key = key.raw();
            }
        }
        (*c).first = u.code.as_ptr();
        crate::tier::init(vm, c);
    }
}

/// Child code cell `index` if it exists already. Does not allocate.
///
/// # Safety
/// `parent` is a live code cell.
#[inline(always)]
pub unsafe fn existing_child(parent: *mut Code, index: FunctionIndex) -> *mut Code {
    // SAFETY: the list is owned by the cell; code cells do not move.
    unsafe {
        if (*parent).children.is_null() {
            return std::ptr::null_mut();
        }
        let children = &*(*parent).children;
        // Written out: the search of the standard library takes the address of a local, which no handler may do (see `interp`).
        let (mut low, mut high) = (0, children.len());
        while low < high {
            let middle = (low + high) / 2;
            let child = children.get_unchecked(middle).as_ptr();
            match (*child).index {
                i if i == index => return child,
                i if i < index => low = middle + 1,
                _ => high = middle,
            }
        }
        std::ptr::null_mut()
    }
}
/// Child code cell `index` of a function's unit, shared by all closures made from it.
pub fn child_code(s: &mut Scope<'_>, parent: Gc<Code>, index: FunctionIndex) -> Gc<Code> {
    // SAFETY: live code cells; they are born old and do not move, so the list needs no barrier.
    unsafe {
        let existing = existing_child(parent.as_ptr(), index);
        if !existing.is_null() {
            return Gc::from_ptr(existing);
        }
        let script = parent.script_rc();
        let child = new_code(s.vm(), &script, index, parent.header.word, parent.host_defined);
        let p = parent.as_ptr();
        if (*p).children.is_null() {
            (*p).children = Box::into_raw(Box::default());
        }
        let children = &mut *(*p).children;
        let at = children.partition_point(|c| c.index < index);
        children.insert(at, child);
        child
    }
}

/// The closure of a unit's top level, ready to call. `env` is the environment (module environment, eval scope) or undefined.
pub fn instantiate<'s>(
    s: &mut Scope<'s>,
    script: &Rc<ScriptUnit>,
    env: Local<'_, Value>,
    host_defined: Local<'_, Value>,
) -> Local<'s, crate::cell::Object> {
    instantiate_function(s, script, 0, env, host_defined)
}
/// A closure of function `index` of a unit.
pub(crate) fn instantiate_function<'s>(
    s: &mut Scope<'s>,
    script: &Rc<ScriptUnit>,
    index: FunctionIndex,
    env: Local<'_, Value>,
    host_defined: Local<'_, Value>,
) -> Local<'s, crate::cell::Object> {
    let realm = s.vm().realm_id();
    let code = new_code(s.vm(), script, index, realm, host_defined.raw());
    let code = s.local_cell(code);
    crate::function::new_closure(s, code, env)
}
