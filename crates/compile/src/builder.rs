//! Emits the words of one function: labels, constants, inline caches, handlers, positions and registers.

use rustc_hash::FxHashMap;
use spey_bytecode::{Constant, Handler, Insn, JsStr, Op};

/// A register.
pub type Reg = i16;

/// A jump target, bound or not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Label(u32);

/// Where a jump keeps its distance.
#[derive(Clone, Copy)]
enum Field {
    /// Operands b and c of word 0.
    Word0,
    /// Operands d and e of word 1.
    Word1,
    /// Operand c of word 0.
    Short,
}

const UNBOUND: u32 = u32::MAX;

/// Bits of the special values that LoadSpecial takes (the encoding of values is fixed by the engine's value word).
pub mod special {
    /// JavaScript `undefined`.
    pub const UNDEFINED: i16 = 0x0a;
    pub const NULL: i16 = 0x02;
    pub const TRUE: i16 = 0x07;
    pub const FALSE: i16 = 0x06;
    /// Uninitialised binding.
    pub const EMPTY: i16 = 0;
}

/// So many constants are numbered from 0 on; those that follow lie beyond what 16 bits reach, unless an operand has to be that
/// short: large literals leave room for names.
const NEAR_CONSTANTS: usize = 1 << 15;
/// Number of the first constant out of reach of 16 bits.
const FAR: usize = 1 << 16;
/// So many inline caches are given to instructions that can do without.
const CACHES: usize = (1 << 16) - (1 << 13);
/// So many inline caches may go to the properties of literals, which run once as a rule.
const LITERAL_CACHES: usize = 1 << 15;

#[derive(PartialEq, Eq, Hash)]
enum ConstantKey {
    String(JsStr),
    Number(u64),
    BigInt(Box<str>),
    /// Of one place only.
    Own(u32),
}

/// The region a handler protects, with holes.
struct Region {
    ranges: Vec<(u32, u32)>,
    /// Start of the range being emitted, unless in a hole.
    open: Option<u32>,
    target: Label,
    register: Reg,
}

/// Emitter of one function.
pub struct Builder {
    pub code: Vec<u64>,
    constants: Vec<Constant>,
    /// Constants number [`FAR`] and on.
    far_constants: Vec<Constant>,
    /// Numbers of far constants that operands of 16 bits need, too.
    brought_near: FxHashMap<u32, u32>,
    constant_map: FxHashMap<ConstantKey, u32>,
    pub ics: Vec<u32>,
    /// What call sites without a cache of their own use.
    shared_call_ic: Option<i16>,
    pub handlers: Vec<Handler>,
    pub positions: Vec<(u32, u32)>,
    pub settled: Vec<u32>,
    labels: Vec<u32>,
    used: Vec<bool>,
    patches: Vec<(u32, Label, Field)>,
    regions: Vec<Region>,
    finished: Vec<Region>,
    position: u32,
    /// Last place that a label or the border of a region refers to.
    joined: u32,
    /// The next instruction cannot be reached.
    pub dead: bool,
    next: i32,
    high: i32,
    /// Fused jumps are split because one of them was too far in an earlier attempt.
    pub far: bool,
    /// A fused jump did not reach.
    pub too_far: bool,
    /// Something did not fit.
    pub overflow: Option<&'static str>,
}

impl Builder {
    pub fn new(far: bool) -> Builder {
        Builder {
            code: Vec::new(),
            constants: Vec::new(),
            far_constants: Vec::new(),
            brought_near: FxHashMap::default(),
            constant_map: FxHashMap::default(),
            ics: Vec::new(),
            shared_call_ic: None,
            handlers: Vec::new(),
            positions: Vec::new(),
            settled: Vec::new(),
            labels: Vec::new(),
            used: Vec::new(),
            patches: Vec::new(),
            regions: Vec::new(),
            finished: Vec::new(),
            position: u32::MAX,
            joined: 0,
            dead: false,
            next: 0,
            high: 0,
            far,
            too_far: false,
            overflow: None,
        }
    }

    // ---- registers

    /// A fresh register at the top of the stack.
    pub fn temp(&mut self) -> Reg {
        self.temps(1)
    }
    /// The first of `n` fresh neighbouring registers.
    pub fn temps(&mut self, n: usize) -> Reg {
        let r = self.next;
        self.next += n as i32;
        if self.next > 32_000 {
            self.overflow = Some("Too many registers");
            self.next = r;
            return r.min(31_000) as Reg;
        }
        self.high = self.high.max(self.next);
        r as Reg
    }
    pub fn mark(&self) -> i32 {
        self.next
    }
    pub fn release(&mut self, mark: i32) {
        self.next = mark;
    }
    pub fn register_count(&self) -> u16 {
        self.high as u16
    }

    // ---- constants and caches

    fn constant(&mut self, key: ConstantKey, value: impl FnOnce() -> Constant) -> u32 {
        if let Some(&i) = self.constant_map.get(&key) {
            return i;
        }
        let i = if self.constants.len() < NEAR_CONSTANTS {
            self.constants.push(value());
            self.constants.len() - 1
        } else {
            self.far_constants.push(value());
            FAR + self.far_constants.len() - 1
        } as u32;
        self.constant_map.insert(key, i);
        i
    }
    /// All constants by number.
    pub fn take_constants(&mut self) -> Vec<Constant> {
        let mut all = std::mem::take(&mut self.constants);
        if !self.far_constants.is_empty() {
            all.resize(FAR, Constant::Number(0.0));
            all.append(&mut self.far_constants);
        }
        all
    }
    pub fn string(&mut self, s: JsStr) -> u32 {
        let value = s.clone();
        self.constant(ConstantKey::String(s), || Constant::String(value))
    }
    pub fn text(&mut self, s: &str) -> u32 {
        self.string(JsStr::new(s))
    }
    /// A text that one instruction has for itself: it may put something else in its place.
    pub fn own_text(&mut self, s: &str) -> u32 {
        let key = ConstantKey::Own(self.constant_map.len() as u32);
        self.constant(key, || Constant::String(JsStr::new(s)))
    }
    pub fn number(&mut self, n: f64) -> u32 {
        self.constant(ConstantKey::Number(n.to_bits()), || Constant::Number(n))
    }
    pub fn bigint(&mut self, text: &str) -> u32 {
        self.constant(ConstantKey::BigInt(text.into()), || Constant::BigInt(text.into()))
    }
    /// Number of the constant in 16 bits.
    pub fn short_constant(&mut self, i: u32) -> i16 {
        let near = match (i as usize).checked_sub(FAR) {
            None => i,
            Some(far) => *self.brought_near.entry(i).or_insert_with(|| {
                self.constants.push(self.far_constants[far].clone());
                self.constants.len() as u32 - 1
            }),
        };
        if near as usize >= FAR {
            self.overflow = Some("Too many constants in one function");
        }
        near as u16 as i16
    }
    /// As [`Builder::ic`], for a property of an object literal.
    pub fn literal_ic(&mut self, key: u32) -> Option<i16> {
        if self.ics.len() < LITERAL_CACHES { self.ic(key) } else { None }
    }
    /// A new inline cache for a key, or None when they have run out.
    pub fn ic(&mut self, key: u32) -> Option<i16> {
        if self.ics.len() < CACHES { self.necessary_ic(key) } else { None }
    }
    /// As [`Builder::ic`], for instructions that have no other form: for them some are kept.
    pub fn necessary_ic(&mut self, key: u32) -> Option<i16> {
        if self.ics.len() > u16::MAX as usize - 1 {
            return None;
        }
        self.ics.push(key);
        Some((self.ics.len() - 1) as u16 as i16)
    }
    /// A cache for a call site; one is shared by all that come when they have run out.
    pub fn call_ic(&mut self) -> i16 {
        if let Some(ic) = self.ic(u32::MAX) {
            return ic;
        }
        if self.shared_call_ic.is_none() {
            self.shared_call_ic = self.necessary_ic(u32::MAX);
        }
        if self.shared_call_ic.is_none() {
            self.overflow = Some("Too many inline caches in one function");
        }
        self.shared_call_ic.unwrap_or(0)
    }

    // ---- instructions

    /// Source position of the instructions that follow.
    pub fn at(&mut self, position: u32) {
        self.position = position;
    }
    /// The next instruction reads a variable that is never assigned after its initialisation.
    pub fn note_settled(&mut self) {
        if !self.dead {
            self.settled.push(self.code.len() as u32);
        }
    }
    fn word(&mut self, w: Insn) {
        self.code.push(w.0);
    }
    fn note_position(&mut self) {
        if self.positions.last().map(|p| p.1) != Some(self.position) && self.position != u32::MAX {
            self.positions.push((self.code.len() as u32, self.position));
        }
    }
    pub fn op(&mut self, op: Op, a: i16, b: i16, c: i16) {
        if self.dead {
            return;
        }
        self.note_position();
        self.word(Insn::new(op, a, b, c));
        if matches!(op, Op::Return | Op::CoroutineReturn | Op::Throw | Op::ThrowError | Op::ThrowConstAssign)
        {
            self.dead = true;
        }
    }
    pub fn op2(&mut self, op: Op, a: i16, b: i16, c: i16, d: i16, e: i16, f: i16, g: i16) {
        if self.dead {
            return;
        }
        self.note_position();
        self.word(Insn::new(op, a, b, c));
        self.word(Insn::ext(d, e, f, g));
    }
    /// An instruction with a 32-bit operand in b and c.
    pub fn op32(&mut self, op: Op, a: i16, value: u32) {
        self.op(op, a, value as u16 as i16, (value >> 16) as u16 as i16);
    }
    pub fn mov(&mut self, dst: Reg, src: Reg) {
        if dst != src {
            self.op(Op::Move, dst, src, 0);
        }
    }
    pub fn load_special(&mut self, dst: Reg, value: i16) {
        self.op(Op::LoadSpecial, dst, value, 0);
    }
    pub fn load_int(&mut self, dst: Reg, value: i32) {
        self.op32(Op::LoadInt, dst, value as u32);
    }
    pub fn load_text(&mut self, dst: Reg, text: &str) {
        let c = self.text(text);
        self.op32(Op::LoadConst, dst, c);
    }

    // ---- labels and jumps

    pub fn label(&mut self) -> Label {
        self.labels.push(UNBOUND);
        self.used.push(false);
        Label(self.labels.len() as u32 - 1)
    }
    /// Binds a label here; code after it is reachable if something jumps to it.
    pub fn bind(&mut self, l: Label) {
        self.drop_jump_to(l);
        self.joined = self.code.len() as u32;
        self.labels[l.0 as usize] = self.code.len() as u32;
        if self.used[l.0 as usize] {
            self.dead = false;
        }
    }
    /// Removes a jump to the very next instruction, unless something else refers to that place.
    fn drop_jump_to(&mut self, l: Label) {
        let here = self.code.len() as u32;
        if self.joined == here {
            return;
        }
        if let Some(&(at, target, Field::Word0)) = self.patches.last()
            && at + 1 == here
            && target == l
            && self.dead
            && Insn(self.code[at as usize]).op_byte() == Op::Jump as u8
        {
            self.patches.pop();
            self.code.pop();
            self.dead = false;
        }
    }
    /// A bound label here, for jumps back.
    pub fn here(&mut self) -> Label {
        let l = self.label();
        self.bind(l);
        l
    }
    fn patch(&mut self, l: Label, field: Field) {
        self.used[l.0 as usize] = true;
        self.patches.push((self.code.len() as u32, l, field));
    }
    pub fn jump(&mut self, l: Label) {
        if self.dead {
            return;
        }
        self.patch(l, Field::Word0);
        self.word(Insn::new(Op::Jump, 0, 0, 0));
        self.dead = true;
    }
    pub fn jump_loop(&mut self, l: Label) {
        if self.dead {
            return;
        }
        self.patch(l, Field::Word0);
        self.word(Insn::new(Op::JumpLoop, 0, 0, 0));
        self.dead = true;
    }
    pub fn jump_if(&mut self, op: Op, a: Reg, l: Label) {
        if self.dead {
            return;
        }
        self.note_position();
        self.patch(l, Field::Word0);
        self.word(Insn::new(op, a, 0, 0));
    }
    /// A two-word instruction with a jump distance in its second word.
    pub fn op_jump(&mut self, op: Op, a: i16, b: i16, c: i16, l: Label) {
        if self.dead {
            return;
        }
        self.note_position();
        self.patch(l, Field::Word1);
        self.word(Insn::new(op, a, b, c));
        self.word(Insn::ext(0, 0, 0, 0));
    }
    /// A fused compare-and-jump.
    pub fn jump_short(&mut self, op: Op, a: i16, b: i16, l: Label) {
        if self.dead {
            return;
        }
        self.note_position();
        self.patch(l, Field::Short);
        self.word(Insn::new(op, a, b, 0));
    }

    // ---- handlers

    /// Opens a protected region; the handler starts at `target` with the exception in `register`.
    pub fn open_region(&mut self, target: Label, register: Reg) {
        let open = Some(self.code.len() as u32);
        self.joined = self.code.len() as u32;
        self.regions.push(Region { ranges: Vec::new(), open, target, register });
    }
    /// Number of open regions.
    pub fn region_depth(&self) -> usize {
        self.regions.len()
    }
    /// Code that follows is not protected by the regions above `depth`.
    pub fn suspend_regions(&mut self, depth: usize) {
        let here = self.code.len() as u32;
        self.joined = here;
        for r in &mut self.regions[depth..] {
            if let Some(start) = r.open.take()
                && start < here
            {
                r.ranges.push((start, here));
            }
        }
    }
    /// Which regions are open, for nested suspension.
    pub fn region_state(&self) -> Vec<bool> {
        self.regions.iter().map(|r| r.open.is_some()).collect()
    }
    pub fn restore_regions(&mut self, state: &[bool]) {
        let here = self.code.len() as u32;
        self.joined = here;
        for (r, &open) in self.regions.iter_mut().zip(state) {
            match (open, r.open) {
                (true, None) => r.open = Some(here),
                (false, Some(start)) => {
                    r.open = None;
                    if start < here {
                        r.ranges.push((start, here));
                    }
                }
                _ => {}
            }
        }
    }
    /// Closes the innermost region. Returns whether it protects anything.
    pub fn close_region(&mut self) -> bool {
        let depth = self.regions.len() - 1;
        self.suspend_regions(depth);
        let Some(region) = self.regions.pop() else { return false };
        let any = !region.ranges.is_empty();
        if any {
            self.used[region.target.0 as usize] = true;
        }
        self.finished.push(region);
        any
    }

    /// Resolves all jumps and handlers.
    pub fn finish(&mut self) {
        for (at, label, field) in std::mem::take(&mut self.patches) {
            let target = self.labels[label.0 as usize];
            debug_assert_ne!(target, UNBOUND, "label without place");
            let distance = target as i64 - at as i64;
            match field {
                Field::Word0 => {
                    let w = &mut self.code[at as usize];
                    *w = (*w & 0xFFFF_FFFF) | (distance as i32 as u32 as u64) << 32;
                }
                Field::Word1 => {
                    let w = &mut self.code[at as usize + 1];
                    *w = (*w & !0xFFFF_FFFF) | distance as i32 as u32 as u64;
                }
                Field::Short => {
                    if distance != distance as i16 as i64 {
                        self.too_far = true;
                    }
                    let w = &mut self.code[at as usize];
                    *w = (*w & 0xFFFF_FFFF_FFFF) | (distance as i16 as u16 as u64) << 48;
                }
            }
        }
        for region in std::mem::take(&mut self.finished) {
            let target = self.labels[region.target.0 as usize];
            for (start, end) in region.ranges {
                self.handlers.push(Handler { start, end, target, register: region.register });
            }
        }
    }

    /// Removes the first instruction (one word), which turned out to be needless.
    pub fn drop_first(&mut self) {
        self.code.remove(0);
        let shift = |n: u32| n.saturating_sub(1);
        for p in &mut self.positions {
            p.0 = shift(p.0);
        }
        for pc in &mut self.settled {
            *pc = shift(*pc);
        }
        for h in &mut self.handlers {
            h.start = shift(h.start);
            h.end = shift(h.end);
            h.target = shift(h.target);
        }
    }
}
