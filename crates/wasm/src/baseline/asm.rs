//! An assembler for the x86-64 instructions that the baseline compiler needs. It writes each instruction as it is asked for.

/// A general register, by its number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Gpr(pub u8);
/// A vector register, by its number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Xmm(pub u8);

pub const RAX: Gpr = Gpr(0);
pub const RCX: Gpr = Gpr(1);
pub const RDX: Gpr = Gpr(2);
pub const RSP: Gpr = Gpr(4);
pub const RBP: Gpr = Gpr(5);
pub const RSI: Gpr = Gpr(6);
pub const RDI: Gpr = Gpr(7);
pub const R8: Gpr = Gpr(8);
pub const R9: Gpr = Gpr(9);
pub const R10: Gpr = Gpr(10);
pub const R11: Gpr = Gpr(11);
pub const R14: Gpr = Gpr(14);

/// How wide an operation is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Width {
    W32,
    W64,
    /// Of vectors.
    W128,
}
impl Width {
    fn rex(self) -> u8 {
        (self == Width::W64) as u8
    }
    /// In bits.
    pub fn bits(self) -> u8 {
        if self == Width::W64 { 64 } else { 32 }
    }
}

/// A place in memory: `[base + index * scale + disp]`.
#[derive(Clone, Copy, Debug)]
pub struct Mem {
    base: Gpr,
    /// With the binary logarithm of its scale.
    index: Option<(Gpr, u8)>,
    disp: i32,
}
impl Mem {
    /// `[base + disp]`.
    pub fn at(base: Gpr, disp: i32) -> Mem {
        Mem { base, index: None, disp }
    }
    /// So many bytes further.
    pub fn plus(self, bytes: i32) -> Mem {
        Mem { disp: self.disp + bytes, ..self }
    }
    /// `[base + index << scale + disp]`.
    pub fn indexed(base: Gpr, index: Gpr, scale: u8, disp: i32) -> Mem {
        debug_assert!(index != RSP);
        Mem { base, index: Some((index, scale)), disp }
    }
}

/// Where an instruction's second operand is.
#[derive(Clone, Copy, Debug)]
pub enum Operand {
    Reg(Gpr),
    Mem(Mem),
}
impl From<Gpr> for Operand {
    fn from(r: Gpr) -> Operand {
        Operand::Reg(r)
    }
}
impl From<Mem> for Operand {
    fn from(m: Mem) -> Operand {
        Operand::Mem(m)
    }
}

/// The same for vector registers.
#[derive(Clone, Copy, Debug)]
pub enum XmmOperand {
    Reg(Xmm),
    Mem(Mem),
}
impl From<Xmm> for XmmOperand {
    fn from(r: Xmm) -> XmmOperand {
        XmmOperand::Reg(r)
    }
}
impl From<Mem> for XmmOperand {
    fn from(m: Mem) -> XmmOperand {
        XmmOperand::Mem(m)
    }
}

/// Instructions with two operands that set the first, by the number that encodes them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Alu {
    Add = 0,
    Or = 1,
    And = 4,
    Sub = 5,
    Xor = 6,
    /// Sets the flags only.
    Cmp = 7,
}
/// Shifts, by the number that encodes them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shift {
    Rol = 0,
    Ror = 1,
    Shl = 4,
    Shr = 5,
    Sar = 7,
}
/// Conditions, by the number that encodes them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cond {
    Overflow = 0,
    Below = 2,
    AboveEqual = 3,
    Equal = 4,
    NotEqual = 5,
    BelowEqual = 6,
    Above = 7,
    Sign = 8,
    Parity = 10,
    NoParity = 11,
    Less = 12,
    GreaterEqual = 13,
    LessEqual = 14,
    Greater = 15,
}
impl Cond {
    /// What holds where this does not.
    pub fn negated(self) -> Cond {
        use Cond::*;
        match self {
            Overflow => unreachable!("nobody asks for it"),
            Below => AboveEqual,
            AboveEqual => Below,
            Equal => NotEqual,
            NotEqual => Equal,
            BelowEqual => Above,
            Above => BelowEqual,
            Sign => unreachable!("nobody asks for it"),
            Parity => NoParity,
            NoParity => Parity,
            Less => GreaterEqual,
            GreaterEqual => Less,
            LessEqual => Greater,
            Greater => LessEqual,
        }
    }
}
/// Instructions on single numbers in vector registers, by their opcode after `F3 0F` and `F2 0F`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sse {
    Sqrt = 0x51,
    Add = 0x58,
    Mul = 0x59,
    Sub = 0x5c,
    Min = 0x5d,
    Div = 0x5e,
    Max = 0x5f,
}
/// How a load fills a register.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Load {
    Zero8,
    Zero16,
    Sign8(Width),
    Sign16(Width),
    /// 32 bits to 64.
    Sign32,
    Plain(Width),
}
/// How many bytes a store writes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Store {
    B1,
    B2,
    B4,
    B8,
}

/// A place in the code that can be jumped to, perhaps before it is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Label(u32);
const UNBOUND: u32 = u32::MAX;

/// The code of a function that is being written.
#[derive(Default)]
pub struct Assembler {
    code: Vec<u8>,
    labels: Vec<u32>,
    /// Places of 32-bit distances, and what they lead to.
    jumps: Vec<(u32, Label)>,
}
impl Assembler {
    /// How much code there is.
    pub fn position(&self) -> u32 {
        self.code.len() as u32
    }
    /// A label whose place is not known yet.
    pub fn label(&mut self) -> Label {
        self.labels.push(UNBOUND);
        Label(self.labels.len() as u32 - 1)
    }
    /// It is here.
    pub fn bind(&mut self, label: Label) {
        debug_assert_eq!(self.labels[label.0 as usize], UNBOUND);
        self.labels[label.0 as usize] = self.position();
    }
    /// Where a bound label is.
    pub fn place(&self, label: Label) -> u32 {
        self.labels[label.0 as usize]
    }
    /// The code, with all distances put in.
    pub fn finish(&mut self) -> Vec<u8> {
        for (at, label) in std::mem::take(&mut self.jumps) {
            let target = self.labels[label.0 as usize];
            debug_assert_ne!(target, UNBOUND);
            self.patch(at, target.wrapping_sub(at + 4));
        }
        std::mem::take(&mut self.code)
    }
    /// Overwrites 32 bits.
    pub fn patch(&mut self, at: u32, value: u32) {
        self.code[at as usize..at as usize + 4].copy_from_slice(&value.to_le_bytes());
    }

    fn byte(&mut self, byte: u8) {
        self.code.push(byte);
    }
    fn dword(&mut self, value: i32) {
        self.code.extend_from_slice(&value.to_le_bytes());
    }
    /// An instruction but for its immediate: prefix, opcode, register, operand. `byte_reg`: both are of eight bits, if they are registers.
    fn encode(
        &mut self,
        prefix: Option<u8>,
        rex_w: u8,
        opcode: &[u8],
        reg: u8,
        operand: Operand,
        byte_reg: bool,
    ) {
        if let Some(prefix) = prefix {
            self.byte(prefix);
        }
        let (x, b) = match operand {
            Operand::Reg(r) => (0, r.0 >> 3),
            Operand::Mem(m) => (m.index.map_or(0, |(i, _)| i.0 >> 3), m.base.0 >> 3),
        };
        let is_byte = byte_reg && (reg >= 4 || matches!(operand, Operand::Reg(r) if r.0 >= 4));
        let rex = 0x40 | rex_w << 3 | (reg >> 3) << 2 | x << 1 | b;
        if rex != 0x40 || is_byte {
            self.byte(rex);
        }
        self.code.extend_from_slice(opcode);
        let reg = (reg & 7) << 3;
        match operand {
            Operand::Reg(r) => self.byte(0xc0 | reg | r.0 & 7),
            Operand::Mem(m) => {
                let base = m.base.0 & 7;
                let is_small = i8::try_from(m.disp).is_ok();
                let mode = match m.disp {
                    0 if base != 5 => 0,
                    _ if is_small => 0x40,
                    _ => 0x80,
                };
                match m.index {
                    None if base != 4 => self.byte(mode | reg | base),
                    None => {
                        self.byte(mode | reg | 4);
                        self.byte(0x20 | base);
                    }
                    Some((index, scale)) => {
                        self.byte(mode | reg | 4);
                        self.byte(scale << 6 | (index.0 & 7) << 3 | base);
                    }
                }
                match mode {
                    0 => {}
                    0x40 => self.byte(m.disp as u8),
                    _ => self.dword(m.disp),
                }
            }
        }
    }
    fn op(&mut self, width: Width, opcode: &[u8], reg: Gpr, operand: Operand) {
        self.encode(None, width.rex(), opcode, reg.0, operand, false);
    }

    /// `mov`.
    pub fn mov(&mut self, width: Width, to: Gpr, from: impl Into<Operand>) {
        self.op(width, &[0x8b], to, from.into());
    }
    /// Sets a register to a number, in the shortest way; the flags remain.
    pub fn mov_imm(&mut self, to: Gpr, value: u64) {
        if let Ok(value) = u32::try_from(value) {
            if to.0 >= 8 {
                self.byte(0x41);
            }
            self.byte(0xb8 | to.0 & 7);
            self.dword(value as i32);
        } else if let Ok(value) = i32::try_from(value as i64) {
            self.encode(None, 1, &[0xc7], 0, Operand::Reg(to), false);
            self.dword(value);
        } else {
            self.byte(0x48 | to.0 >> 3);
            self.byte(0xb8 | to.0 & 7);
            self.code.extend_from_slice(&value.to_le_bytes());
        }
    }
    /// Sets a register to 0. Changes the flags.
    pub fn zero(&mut self, to: Gpr) {
        self.op(Width::W32, &[0x33], to, to.into());
    }
    /// Writes a register to memory.
    pub fn store(&mut self, size: Store, to: Mem, from: Gpr) {
        let (prefix, rex, opcode) = match size {
            Store::B1 => (None, 0, 0x88),
            Store::B2 => (Some(0x66), 0, 0x89),
            Store::B4 => (None, 0, 0x89),
            Store::B8 => (None, 1, 0x89),
        };
        self.encode(prefix, rex, &[opcode], from.0, to.into(), size == Store::B1);
    }
    /// Writes a number to memory; 64 bits are those of 32, with their sign.
    pub fn store_imm(&mut self, size: Store, to: Mem, value: i32) {
        let (prefix, rex, opcode) = match size {
            Store::B1 => (None, 0, 0xc6),
            Store::B2 => (Some(0x66), 0, 0xc7),
            Store::B4 => (None, 0, 0xc7),
            Store::B8 => (None, 1, 0xc7),
        };
        self.encode(prefix, rex, &[opcode], 0, to.into(), false);
        match size {
            Store::B1 => self.byte(value as u8),
            Store::B2 => self.code.extend_from_slice(&(value as u16).to_le_bytes()),
            _ => self.dword(value),
        }
    }
    /// Reads memory, or a register, into a register.
    pub fn load(&mut self, load: Load, to: Gpr, from: impl Into<Operand>) {
        let from = from.into();
        match load {
            Load::Zero8 => self.encode(None, 0, &[0x0f, 0xb6], to.0, from, true),
            Load::Zero16 => self.op(Width::W32, &[0x0f, 0xb7], to, from),
            Load::Sign8(w) => self.encode(None, w.rex(), &[0x0f, 0xbe], to.0, from, true),
            Load::Sign16(w) => self.op(w, &[0x0f, 0xbf], to, from),
            Load::Sign32 => self.op(Width::W64, &[0x63], to, from),
            Load::Plain(w) => self.mov(w, to, from),
        }
    }
    /// `lea`.
    pub fn lea(&mut self, width: Width, to: Gpr, from: Mem) {
        self.op(width, &[0x8d], to, from.into());
    }
    /// An arithmetic instruction.
    pub fn alu(&mut self, alu: Alu, width: Width, to: Gpr, from: impl Into<Operand>) {
        self.op(width, &[(alu as u8) << 3 | 3], to, from.into());
    }
    /// The same with a number.
    pub fn alu_imm(&mut self, alu: Alu, width: Width, to: impl Into<Operand>, value: i32) {
        let to = to.into();
        match i8::try_from(value) {
            Ok(value) => {
                self.encode(None, width.rex(), &[0x83], alu as u8, to, false);
                self.byte(value as u8);
            }
            Err(_) => {
                self.encode(None, width.rex(), &[0x81], alu as u8, to, false);
                self.dword(value);
            }
        }
    }
    /// `test`.
    pub fn test(&mut self, width: Width, a: Gpr, b: Gpr) {
        self.op(width, &[0x85], a, b.into());
    }
    /// `test` with a number.
    pub fn test_imm(&mut self, width: Width, a: Gpr, value: i32) {
        self.encode(None, width.rex(), &[0xf7], 0, a.into(), false);
        self.dword(value);
    }
    /// `imul`.
    pub fn imul(&mut self, width: Width, to: Gpr, from: impl Into<Operand>) {
        self.op(width, &[0x0f, 0xaf], to, from.into());
    }
    /// `imul` with a number.
    pub fn imul_imm(&mut self, width: Width, to: Gpr, from: impl Into<Operand>, value: i32) {
        self.op(width, &[0x69], to, from.into());
        self.dword(value);
    }
    /// A shift by `cl`.
    pub fn shift(&mut self, shift: Shift, width: Width, to: Gpr) {
        self.encode(None, width.rex(), &[0xd3], shift as u8, to.into(), false);
    }
    /// A shift by a number.
    pub fn shift_imm(&mut self, shift: Shift, width: Width, to: Gpr, count: u8) {
        self.encode(None, width.rex(), &[0xc1], shift as u8, to.into(), false);
        self.byte(count);
    }
    /// `neg`.
    pub fn neg(&mut self, width: Width, to: Gpr) {
        self.encode(None, width.rex(), &[0xf7], 3, to.into(), false);
    }
    /// Divides `rdx:rax`, without signs.
    pub fn div(&mut self, width: Width, by: Gpr) {
        self.encode(None, width.rex(), &[0xf7], 6, by.into(), false);
    }
    /// Divides `rdx:rax`, with signs.
    pub fn idiv(&mut self, width: Width, by: Gpr) {
        self.encode(None, width.rex(), &[0xf7], 7, by.into(), false);
    }
    /// `cdq` or `cqo`: fills `rdx` with the sign of `rax`.
    pub fn sign_to_rdx(&mut self, width: Width) {
        if width == Width::W64 {
            self.byte(0x48);
        }
        self.byte(0x99);
    }
    /// `lzcnt`, `tzcnt`, `popcnt`.
    pub fn count(&mut self, opcode: Count, width: Width, to: Gpr, from: impl Into<Operand>) {
        self.encode(Some(0xf3), width.rex(), &[0x0f, opcode as u8], to.0, from.into(), false);
    }
    /// 1 or 0 into eight bits of a register.
    pub fn set(&mut self, cond: Cond, to: Gpr) {
        self.encode(None, 0, &[0x0f, 0x90 | cond as u8], 0, to.into(), true);
    }
    /// `cmov`.
    pub fn cmov(&mut self, cond: Cond, width: Width, to: Gpr, from: impl Into<Operand>) {
        self.op(width, &[0x0f, 0x40 | cond as u8], to, from.into());
    }
    /// Jumps.
    pub fn jmp(&mut self, to: Label) {
        self.byte(0xe9);
        self.distance(to);
    }
    /// Jumps if a condition holds.
    pub fn jcc(&mut self, cond: Cond, to: Label) {
        self.byte(0x0f);
        self.byte(0x80 | cond as u8);
        self.distance(to);
    }
    fn distance(&mut self, to: Label) {
        self.jumps.push((self.position(), to));
        self.dword(0);
    }
    /// Jumps to where a register points.
    pub fn jmp_reg(&mut self, to: Gpr) {
        self.encode(None, 0, &[0xff], 4, to.into(), false);
    }
    /// `lea` of a label's address.
    pub fn lea_label(&mut self, to: Gpr, label: Label) {
        self.byte(0x48 | (to.0 >> 3) << 2);
        self.byte(0x8d);
        self.byte((to.0 & 7) << 3 | 5);
        self.distance(label);
    }
    /// 32 bits of data, to be put in later. Returns where.
    pub fn table_entry(&mut self) -> u32 {
        let at = self.position();
        self.dword(0);
        at
    }
    /// Lowers 64 bits of memory by 1.
    pub fn dec_memory(&mut self, at: Mem) {
        self.encode(None, 1, &[0xff], 1, at.into(), false);
    }
    /// `rep stosq`: `rcx` words from `rdi` on become `rax`.
    pub fn fill_words(&mut self) {
        self.code.extend_from_slice(&[0xf3, 0x48, 0xab]);
    }
    /// Calls something whose distance is put in later. Returns where that is to be.
    pub fn call(&mut self) -> u32 {
        self.byte(0xe8);
        let at = self.position();
        self.dword(0);
        at
    }
    /// Calls what a register, or memory, points to.
    pub fn call_indirect(&mut self, to: impl Into<Operand>) {
        self.encode(None, 0, &[0xff], 2, to.into(), false);
    }
    /// `push`.
    pub fn push(&mut self, from: Gpr) {
        if from.0 >= 8 {
            self.byte(0x41);
        }
        self.byte(0x50 | from.0 & 7);
    }
    /// Returns, and removes bytes of arguments.
    pub fn ret(&mut self, bytes: u16) {
        match bytes {
            0 => self.byte(0xc3),
            _ => {
                self.byte(0xc2);
                self.code.extend_from_slice(&bytes.to_le_bytes());
            }
        }
    }
    /// `leave`.
    pub fn leave(&mut self) {
        self.byte(0xc9);
    }
    /// `ud2`.
    pub fn ud2(&mut self) {
        self.code.extend_from_slice(&[0x0f, 0x0b]);
    }

    fn sse(&mut self, prefix: Option<u8>, rex_w: u8, opcode: &[u8], reg: u8, operand: XmmOperand) {
        let operand = match operand {
            XmmOperand::Reg(r) => Operand::Reg(Gpr(r.0)),
            XmmOperand::Mem(m) => Operand::Mem(m),
        };
        self.encode(prefix, rex_w, opcode, reg, operand, false);
    }
    fn single(width: Width) -> Option<u8> {
        match width {
            Width::W32 => Some(0xf3),
            Width::W64 => Some(0xf2),
            Width::W128 => None,
        }
    }
    fn packed(width: Width) -> Option<u8> {
        (width == Width::W64).then_some(0x66)
    }
    /// Copies a vector register.
    pub fn mov_xmm(&mut self, to: Xmm, from: Xmm) {
        self.sse(None, 0, &[0x0f, 0x28], to.0, from.into());
    }
    /// Reads a number, or a vector, from memory, wherever it begins.
    pub fn load_xmm(&mut self, width: Width, to: Xmm, from: Mem) {
        self.sse(Self::single(width), 0, &[0x0f, 0x10], to.0, from.into());
    }
    /// Writes one.
    pub fn store_xmm(&mut self, width: Width, to: Mem, from: Xmm) {
        self.sse(Self::single(width), 0, &[0x0f, 0x11], from.0, to.into());
    }
    /// The bits of a general register.
    pub fn mov_from_gpr(&mut self, width: Width, to: Xmm, from: Gpr) {
        self.encode(Some(0x66), width.rex(), &[0x0f, 0x6e], to.0, from.into(), false);
    }
    /// The bits of a vector register.
    pub fn mov_to_gpr(&mut self, width: Width, to: Gpr, from: Xmm) {
        self.encode(Some(0x66), width.rex(), &[0x0f, 0x7e], from.0, to.into(), false);
    }
    /// An arithmetic instruction.
    pub fn arithmetic(&mut self, sse: Sse, width: Width, to: Xmm, from: impl Into<XmmOperand>) {
        self.sse(Self::single(width), 0, &[0x0f, sse as u8], to.0, from.into());
    }
    /// `ucomiss`, `ucomisd`.
    pub fn compare(&mut self, width: Width, a: Xmm, b: impl Into<XmmOperand>) {
        self.sse(Self::packed(width), 0, &[0x0f, 0x2e], a.0, b.into());
    }
    /// A bitwise instruction on whole registers.
    pub fn bits(&mut self, bits: Bits, to: Xmm, from: Xmm) {
        self.sse(None, 0, &[0x0f, bits as u8], to.0, from.into());
    }
    /// Rounds to an integer.
    pub fn round(&mut self, width: Width, to: Xmm, from: impl Into<XmmOperand>, mode: Round) {
        let opcode = if width == Width::W64 { 0x0b } else { 0x0a };
        self.sse(Some(0x66), 0, &[0x0f, 0x3a, opcode], to.0, from.into());
        self.byte(mode as u8 | 8);
    }
    /// From an integer with a sign to a number of a width.
    pub fn from_integer(&mut self, width: Width, integer: Width, to: Xmm, from: Gpr) {
        self.encode(Self::single(width), integer.rex(), &[0x0f, 0x2a], to.0, from.into(), false);
    }
    /// To an integer with a sign, towards 0; the least one if that cannot be.
    pub fn to_integer(&mut self, width: Width, integer: Width, to: Gpr, from: Xmm) {
        self.sse(Self::single(width), integer.rex(), &[0x0f, 0x2c], to.0, from.into());
    }
    /// From 32 to 64 bits, or (`width` is that of the source) back.
    pub fn convert(&mut self, width: Width, to: Xmm, from: impl Into<XmmOperand>) {
        self.sse(Self::single(width), 0, &[0x0f, 0x5a], to.0, from.into());
    }

    /// An instruction on vectors, with the prefix `66`. What is in memory begins at a multiple of 16, if it is a whole vector.
    pub fn vector(&mut self, opcode: &[u8], to: Xmm, from: impl Into<XmmOperand>) {
        self.sse(Some(0x66), 0, opcode, to.0, from.into());
    }
    /// The same with a number behind it.
    pub fn vector_imm(&mut self, opcode: &[u8], to: Xmm, from: Xmm, value: u8) {
        self.vector(opcode, to, from);
        self.byte(value);
    }
    /// An instruction on vectors without a prefix.
    pub fn vector_of_floats(&mut self, opcode: &[u8], to: Xmm, from: impl Into<XmmOperand>) {
        self.sse(None, 0, opcode, to.0, from.into());
    }
    /// Shifts by a constant.
    pub fn vector_shift(&mut self, opcode: u8, extension: u8, to: Xmm, count: u8) {
        self.sse(Some(0x66), 0, &[0x0f, opcode], extension, to.into());
        self.byte(count);
    }
    /// Copies the lowest of eight numbers of 16 bits, or others of the lower four, into these four.
    pub fn shuffle_low_halves(&mut self, to: Xmm, order: u8) {
        self.sse(Some(0xf2), 0, &[0x0f, 0x70], to.0, to.into());
        self.byte(order);
    }
    /// Puts a number into a vector.
    pub fn vector_insert(&mut self, opcode: &[u8], wide: u8, to: Xmm, from: impl Into<Operand>, lane: u8) {
        self.encode(Some(0x66), wide, opcode, to.0, from.into(), false);
        self.byte(lane);
    }
    /// Takes a number out of a vector.
    pub fn vector_extract(&mut self, opcode: &[u8], wide: u8, to: Gpr, from: Xmm, lane: u8) {
        self.encode(Some(0x66), wide, opcode, from.0, to.into(), false);
        self.byte(lane);
    }
    /// The same into memory, of 32 or 64 bits.
    pub fn vector_store_lane(&mut self, wide: u8, to: Mem, from: Xmm, lane: u8) {
        self.encode(Some(0x66), wide, &[0x0f, 0x3a, 0x16], from.0, to.into(), false);
        self.byte(lane);
    }
    /// The highest bit of each number of a vector.
    pub fn vector_mask(&mut self, prefix: Option<u8>, opcode: u8, to: Gpr, from: Xmm) {
        self.sse(prefix, 0, &[0x0f, opcode], to.0, from.into());
    }
}

/// Instructions that count bits, by their opcode.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Count {
    Ones = 0xb8,
    TrailingZeros = 0xbc,
    LeadingZeros = 0xbd,
}
/// Bitwise instructions on vector registers, by their opcode.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Bits {
    And = 0x54,
    AndNot = 0x55,
    Or = 0x56,
    Xor = 0x57,
}
/// Ways of rounding, by the number that encodes them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Round {
    Nearest = 0,
    Floor = 1,
    Ceil = 2,
    Trunc = 3,
}
