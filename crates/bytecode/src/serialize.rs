//! Compact binary form of a compiled unit, for the built-in library inside the program and for the compile cache.
//!
//! [`encode`] writes, [`UnitView::open`] reads. A view decodes lazily, through an index: [`UnitView::traits`] and
//! [`UnitView::meta`] a function's fixed part, [`UnitView::linkable`] what is needed to run it, [`UnitView::positions`] what an
//! error needs to know, [`UnitView::function`] all of it, and nothing else is touched. Input may be hostile: decoding returns an error, it does not
//! panic or reserve memory beyond a small multiple of the input. What is decoded is well formed as data only; [`crate::verify`] says
//! whether it is code.
//!
//! Layout, all numbers little endian:
//! ```text
//! magic "SPYB"  version u32  fingerprint u64  checksum u64  source key u64
//! counts: strings u32, functions u32
//! offsets u32: strings + 1, functions + 1, end of the tail      (from the start of the data area)
//! traits u16: functions (kind in the low byte, then flags)
//! data area: strings, functions, tail (declarations, module, templates)
//! ```
//! The fingerprint is computed from the op table, so that bytecode of another instruction set is refused. Inside the data area
//! numbers are LEB128, signed ones zigzag first; strings are indices into the table of the unit. Code is copied word by word: the
//! decoding of instructions would cost more than reading their bytes.

use crate::decode::Instructions;
use crate::ops::OPS;
use crate::*;
use std::collections::HashMap;

/// Format version; the instruction set has its own fingerprint.
pub const VERSION: u32 = 4;

const MAGIC: [u8; 4] = *b"SPYB";
const HEADER_BYTES: usize = 40;

/// Why bytes are no unit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DecodeUnitError {
    /// Not our format.
    Magic,
    /// Written by another version or for another instruction set.
    Version,
    /// The checksum does not match.
    Checksum,
    /// Ends too early or contradicts itself.
    Malformed,
    /// No such function.
    NoFunction,
}

impl std::fmt::Display for DecodeUnitError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            DecodeUnitError::Magic => "not a bytecode file",
            DecodeUnitError::Version => "bytecode of another version",
            DecodeUnitError::Checksum => "bytecode is damaged",
            DecodeUnitError::Malformed => "bytecode is malformed",
            DecodeUnitError::NoFunction => "no such function",
        })
    }
}

impl std::error::Error for DecodeUnitError {}

type Result<T> = std::result::Result<T, DecodeUnitError>;

/// What decides how a function is called.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FunctionTraits {
    /// Kind.
    pub kind: FunctionKind,
    /// `async`.
    pub is_async: bool,
    /// `function*`.
    pub is_generator: bool,
    /// Strict code.
    pub strict: bool,
    /// Class with field initialiser.
    pub has_field_initializer: bool,
    /// Uses `super.x`.
    pub uses_super: bool,
}

/// What is known of a function without decoding its code.
#[derive(Clone, PartialEq, Debug)]
pub struct FunctionMeta {
    /// Kind and flags.
    pub traits: FunctionTraits,
    /// Name.
    pub name: Option<JsStr>,
    /// Parameters in the frame.
    pub param_count: u16,
    /// `length` property.
    pub length: u16,
    /// Registers.
    pub register_count: u16,
    /// Coroutine register.
    pub coroutine: Option<i16>,
    /// Byte range of the source text.
    pub source_start: u32,
    /// End of the source text.
    pub source_end: u32,
}

/// A constant, not copied where that can be avoided.
#[derive(Clone, PartialEq, Debug)]
pub enum ConstantView<'a> {
    /// A string of code units below 256.
    Latin1(&'a [u8]),
    /// Any other string.
    Utf16(Box<[u16]>),
    /// A number.
    Number(f64),
    /// The text of a BigInt literal.
    BigInt(&'a str),
}

/// Number that names the instruction set: FNV-1a over the names and operand kinds of all ops.
pub const FINGERPRINT: u64 = {
    let mut hash = 0xcbf2_9ce4_8422_2325u64;
    let mut i = 0;
    while i < OPS.len() {
        let name = OPS[i].name.as_bytes();
        let mut n = 0;
        while n < name.len() {
            hash = (hash ^ name[n] as u64).wrapping_mul(0x100_0000_01b3);
            n += 1;
        }
        let mut n = 0;
        while n < OPS[i].operands.len() {
            hash = (hash ^ (OPS[i].operands[n] as u64 + 256)).wrapping_mul(0x100_0000_01b3);
            n += 1;
        }
        i += 1;
    }
    hash
};

/// Checksum: eight bytes at a time, multiplied and folded. Finds damage, resists nobody.
fn checksum(bytes: &[u8]) -> u64 {
    let mut hash = bytes.len() as u64 ^ 0x9e37_79b9_7f4a_7c15;
    let mut mix = |word: u64| {
        let product = (hash ^ word) as u128 * 0xa076_1d64_78bd_642f;
        hash = (product as u64 ^ (product >> 64) as u64).wrapping_add(0x9e37_79b9_7f4a_7c15);
    };
    let (chunks, rest) = bytes.as_chunks::<8>();
    for chunk in chunks {
        mix(u64::from_le_bytes(*chunk));
    }
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    mix(u64::from_le_bytes(last));
    hash
}

// ------------------------------------------------------------------------------------------------ writing

/// Encodes `unit`. `source_key` is stored as it is: the hash of the source text in a cache. The feedback bytes of the code are not
/// kept. Code that does not decode is an error.
pub fn encode(unit: &CompiledUnit, source_key: u64) -> std::result::Result<Vec<u8>, decode::DecodeError> {
    let mut w = Writer { out: Vec::new(), strings: Vec::new(), index: HashMap::new() };
    let mut function_offsets = Vec::with_capacity(unit.functions.len() + 1);
    let mut traits = Vec::with_capacity(unit.functions.len());
    for f in &unit.functions {
        let flags = [f.is_async, f.is_generator, f.strict, f.has_field_initializer, f.uses_super];
        let flags = flags.iter().enumerate().fold(0, |all, (i, &flag)| all | (flag as u16) << i);
        traits.push(kind_code(f.kind) as u16 | flags << 8);
        function_offsets.push(w.out.len() as u32);
        w.function(f)?;
    }
    function_offsets.push(w.out.len() as u32);
    w.declarations(&unit.declarations);
    w.option(unit.module.as_ref(), Writer::module);
    w.list(&unit.templates, Writer::template);

    let (body, strings) = (w.out, w.strings);
    let mut data = Vec::new();
    let mut string_offsets = Vec::with_capacity(strings.len() + 1);
    for s in strings {
        string_offsets.push(data.len() as u32);
        match s {
            JsStr::Latin1(bytes) => {
                data.push(0);
                data.extend_from_slice(&bytes);
            }
            JsStr::Utf16(units) => {
                data.push(1);
                data.extend(units.iter().flat_map(|u| u.to_le_bytes()));
            }
        }
    }
    let body_start = data.len() as u32;
    string_offsets.push(body_start);
    data.extend_from_slice(&body);

    let mut out = Vec::with_capacity(
        HEADER_BYTES
            + data.len()
            + 4 * (string_offsets.len() + function_offsets.len() + 1)
            + 2 * traits.len(),
    );
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&VERSION.to_le_bytes());
    out.extend_from_slice(&FINGERPRINT.to_le_bytes());
    out.extend_from_slice(&[0; 8]);
    out.extend_from_slice(&source_key.to_le_bytes());
    out.extend_from_slice(&(string_offsets.len() as u32 - 1).to_le_bytes());
    out.extend_from_slice(&(unit.functions.len() as u32).to_le_bytes());
    out.extend(string_offsets.iter().flat_map(|o| o.to_le_bytes()));
    out.extend(function_offsets.iter().flat_map(|o| (o + body_start).to_le_bytes()));
    out.extend_from_slice(&(data.len() as u32).to_le_bytes());
    out.extend(traits.iter().flat_map(|t| t.to_le_bytes()));
    out.extend_from_slice(&data);
    let sum = checksum(&out[24..]);
    out[16..24].copy_from_slice(&sum.to_le_bytes());
    Ok(out)
}

struct Writer {
    out: Vec<u8>,
    strings: Vec<JsStr>,
    index: HashMap<JsStr, u32>,
}

impl Writer {
    fn num(&mut self, n: impl Into<u64>) {
        let mut n = n.into();
        while n >= 0x80 {
            self.out.push(n as u8 | 0x80);
            n >>= 7;
        }
        self.out.push(n as u8);
    }
    fn int(&mut self, n: i32) {
        self.num((n << 1 ^ n >> 31) as u32);
    }
    fn text(&mut self, s: &JsStr) {
        let next = self.strings.len() as u32;
        let index = *self.index.entry(s.clone()).or_insert(next);
        if index == next {
            self.strings.push(s.clone());
        }
        self.num(index);
    }
    fn flags(&mut self, flags: &[bool]) {
        self.num(flags.iter().enumerate().fold(0u32, |all, (i, &f)| all | (f as u32) << i));
    }
    fn list<T>(&mut self, items: &[T], mut f: impl FnMut(&mut Self, &T)) {
        self.num(items.len() as u64);
        for item in items {
            f(self, item);
        }
    }
    fn option<T>(&mut self, item: Option<&T>, mut f: impl FnMut(&mut Self, &T)) {
        self.out.push(item.is_some() as u8);
        if let Some(item) = item {
            f(self, item);
        }
    }

    fn function(&mut self, f: &FunctionUnit) -> std::result::Result<(), decode::DecodeError> {
        self.option(f.name.as_ref(), Self::text);
        self.num(f.param_count);
        self.num(f.length);
        self.num(f.register_count);
        self.option(f.coroutine.as_ref(), |w, &r| w.int(r as i32));
        self.num(f.source_start);
        self.num(f.source_end);

        self.num(f.code.len() as u64);
        for instruction in Instructions::new(&f.code) {
            let i = instruction?;
            self.out.extend_from_slice(&i.word.without_feedback().0.to_le_bytes());
            if i.op.info().words == 2 {
                self.out.extend_from_slice(&i.ext.0.to_le_bytes());
            }
        }
        self.list(&f.ics, |w, &key| w.num(key.wrapping_add(1)));
        self.list(&f.handlers, |w, h| {
            w.num(h.start);
            w.num(h.end);
            w.num(h.target);
            w.int(h.register as i32);
        });
        self.list(&f.settled, |w, &pc| w.num(pc));
        self.list(&f.scopes, Self::scope);
        self.list(&f.eval_sites, |w, site| {
            w.flags(&[
                site.strict,
                site.allow_new_target,
                site.allow_super_property,
                site.allow_super_call,
                site.forbid_arguments,
                site.in_parameters,
            ]);
            w.list(&site.scopes, Self::scope);
            w.list(&site.private_names, Self::text);
        });
        self.list(&f.constants, |w, c| match c {
            Constant::String(s) => {
                w.out.push(0);
                w.text(s);
            }
            Constant::Number(n) => {
                w.out.push(1);
                w.out.extend_from_slice(&n.to_bits().to_le_bytes());
            }
            Constant::BigInt(digits) => {
                w.out.push(2);
                w.num(digits.len() as u64);
                w.out.extend_from_slice(digits.as_bytes());
            }
        });
        let mut before = (0u32, 0u32);
        self.list(&f.positions, |w, &(pc, position)| {
            w.num(pc.wrapping_sub(before.0));
            w.int(position.wrapping_sub(before.1) as i32);
            before = (pc, position);
        });
        Ok(())
    }

    fn scope(&mut self, scope: &ScopeInfo) {
        self.out.push(match scope.kind {
            ScopeKind::Function => 0,
            ScopeKind::Block => 1,
            ScopeKind::With => 2,
            ScopeKind::EvalVar => 3,
            ScopeKind::Imports => 4,
        });
        self.list(&scope.bindings, |w, b| {
            w.text(&b.name);
            w.num(b.slot);
            let mutability = match b.mutability {
                Mutability::Mutable => 0,
                Mutability::Const => 1,
                Mutability::Silent => 2,
            };
            w.out.push(mutability << 1 | b.lexical as u8);
        });
    }

    fn declarations(&mut self, d: &GlobalDeclarations) {
        self.list(&d.lexical, |w, (name, constant)| {
            w.text(name);
            w.out.push(*constant as u8);
        });
        self.list(&d.vars, Self::text);
        self.list(&d.functions, Self::text);
        self.list(&d.annex_b_functions, Self::text);
    }

    fn import_name(&mut self, name: &ImportName) {
        match name {
            ImportName::Name(s) => {
                self.out.push(0);
                self.text(s);
            }
            ImportName::Namespace => self.out.push(1),
        }
    }

    fn module(&mut self, m: &ModuleInfo) {
        self.list(&m.requests, |w, r| {
            w.text(&r.specifier);
            w.list(&r.attributes, |w, (key, value)| {
                w.text(key);
                w.text(value);
            });
            w.out.push(r.phase);
            w.num(r.position);
        });
        self.list(&m.imports, |w, i| {
            w.num(i.request);
            w.import_name(&i.name);
            w.text(&i.local);
            w.num(i.position);
        });
        self.list(&m.local_exports, |w, (name, slot)| {
            w.text(name);
            w.num(*slot);
        });
        self.list(&m.indirect_exports, |w, (name, request, what)| {
            w.text(name);
            w.num(*request);
            w.import_name(what);
        });
        self.list(&m.star_exports, |w, &r| w.num(r));
        self.list(&m.functions, |w, &(f, slot)| {
            w.num(f);
            w.num(slot);
        });
        self.list(&m.var_slots, |w, &s| w.num(s));
        self.num(m.slot_count);
        self.out.push(m.has_top_level_await as u8);
    }

    fn template(&mut self, t: &Template) {
        self.list(&t.cooked, |w, s| w.option(s.as_ref(), Self::text));
        self.list(&t.raw, Self::text);
    }
}

const KINDS: [FunctionKind; 9] = [
    FunctionKind::Normal,
    FunctionKind::Arrow,
    FunctionKind::Method,
    FunctionKind::ClassConstructor,
    FunctionKind::DerivedConstructor,
    FunctionKind::ClassInitializer,
    FunctionKind::Script,
    FunctionKind::Module,
    FunctionKind::Eval,
];

fn kind_code(kind: FunctionKind) -> u8 {
    KINDS.iter().position(|&k| k == kind).unwrap_or(0) as u8
}

// ------------------------------------------------------------------------------------------------ reading

/// An encoded unit, opened but not decoded.
#[derive(Clone, Copy)]
pub struct UnitView<'a> {
    bytes: &'a [u8],
    /// Of the strings, the functions, the tail and its end, in `data`.
    offsets: &'a [[u8; 4]],
    string_count: usize,
    /// Of each function: kind and flags.
    traits: &'a [[u8; 2]],
    data: &'a [u8],
}

impl<'a> UnitView<'a> {
    /// Checks the header. Costs nothing that depends on the size of the unit; see [`UnitView::check_integrity`].
    pub fn open(bytes: &'a [u8]) -> Result<UnitView<'a>> {
        if bytes.get(..4) != Some(&MAGIC[..]) {
            return Err(DecodeUnitError::Magic);
        }
        let header = |at| u32_at(bytes, at);
        if header(4)? != VERSION || u64_at(bytes, 8)? != FINGERPRINT {
            return Err(DecodeUnitError::Version);
        }
        let (string_count, function_count) = (header(32)? as usize, header(36)? as usize);
        let rest = &bytes[HEADER_BYTES..];
        let tables = (string_count + function_count + 3) * 4;
        let (offsets, rest) = rest.split_at_checked(tables).ok_or(DecodeUnitError::Malformed)?;
        let (traits, data) = rest.split_at_checked(function_count * 2).ok_or(DecodeUnitError::Malformed)?;
        if u32_at(offsets, tables - 4)? as usize != data.len() {
            return Err(DecodeUnitError::Malformed);
        }
        let (offsets, traits) = (offsets.as_chunks().0, traits.as_chunks().0);
        Ok(UnitView { bytes, offsets, string_count, traits, data })
    }

    /// Compares the checksum: for units that come from a file.
    pub fn check_integrity(&self) -> Result<()> {
        if checksum(&self.bytes[24..]) == u64_at(self.bytes, 16)? {
            Ok(())
        } else {
            Err(DecodeUnitError::Checksum)
        }
    }

    /// The key given to [`encode`].
    pub fn source_key(&self) -> u64 {
        u64_at(self.bytes, 24).unwrap_or(0)
    }

    /// Number of functions.
    pub fn function_count(&self) -> usize {
        self.traits.len()
    }

    /// Facts about function `index`, without its code.
    pub fn meta(&self, index: usize) -> Result<FunctionMeta> {
        self.function_reader(index)?.meta(self.traits(index)?)
    }

    /// Kind and flags of function `index`.
    pub fn traits(&self, index: usize) -> Result<FunctionTraits> {
        let [kind, flags] = *self.traits.get(index).ok_or(DecodeUnitError::NoFunction)?;
        let flag = |n: u32| flags >> n & 1 != 0;
        Ok(FunctionTraits {
            kind: *KINDS.get(kind as usize).ok_or(DecodeUnitError::Malformed)?,
            is_async: flag(0),
            is_generator: flag(1),
            strict: flag(2),
            has_field_initializer: flag(3),
            uses_super: flag(4),
        })
    }

    /// Decodes function `index`.
    pub fn function(&self, index: usize) -> Result<FunctionUnit> {
        let (mut function, constants) = self.linkable(index)?;
        function.constants = constants
            .map(|constant| {
                Ok(match constant? {
                    ConstantView::Latin1(bytes) => Constant::String(JsStr::Latin1(bytes.into())),
                    ConstantView::Utf16(units) => Constant::String(JsStr::Utf16(units)),
                    ConstantView::Number(n) => Constant::Number(n),
                    ConstantView::BigInt(digits) => Constant::BigInt(digits.into()),
                })
            })
            .collect::<Result<_>>()?;
        function.positions = self.positions(index)?;
        Ok(function)
    }

    /// Decodes function `index` for linking: its constants apart, and without its positions.
    pub fn linkable(&self, index: usize) -> Result<(FunctionUnit, Constants<'a>)> {
        let mut reader = self.function_reader(index)?;
        let function = reader.function(self.traits(index)?)?;
        let left = reader.count()?;
        Ok((function, Constants { reader, left }))
    }

    /// The positions of function `index`.
    pub fn positions(&self, index: usize) -> Result<Vec<(u32, u32)>> {
        let (_, mut constants) = self.linkable(index)?;
        constants.by_ref().try_for_each(|constant| constant.map(drop))?;
        let mut r = constants.reader;
        let mut before = (0u32, 0u32);
        let positions = r.list(|r| {
            before = (before.0.wrapping_add(r.num()?), before.1.wrapping_add(r.int()? as u32));
            Ok(before)
        })?;
        if r.rest.is_empty() { Ok(positions) } else { Err(DecodeUnitError::Malformed) }
    }

    /// Decodes the declarations.
    pub fn declarations(&self) -> Result<GlobalDeclarations> {
        self.tail()?.declarations()
    }

    /// Decodes the imports and exports.
    pub fn module(&self) -> Result<Option<ModuleInfo>> {
        let mut r = self.tail()?;
        r.declarations()?;
        r.option(Reader::module)
    }

    /// Decodes the templates.
    pub fn templates(&self) -> Result<Vec<Template>> {
        let mut r = self.tail()?;
        r.declarations()?;
        r.option(Reader::module)?;
        r.list(Reader::template)
    }

    /// Decodes everything.
    pub fn decode(&self) -> Result<CompiledUnit> {
        Ok(CompiledUnit {
            functions: (0..self.function_count()).map(|i| self.function(i)).collect::<Result<_>>()?,
            declarations: self.declarations()?,
            module: self.module()?,
            templates: self.templates()?,
        })
    }

    /// Bytes between entries `n` and `n + 1` of the offset table.
    fn piece(&self, n: usize) -> Result<&'a [u8]> {
        match self.offsets.get(n..n + 2) {
            Some(&[start, end]) => {
                let range = u32::from_le_bytes(start) as usize..u32::from_le_bytes(end) as usize;
                self.data.get(range).ok_or(DecodeUnitError::Malformed)
            }
            _ => Err(DecodeUnitError::Malformed),
        }
    }
    fn function_reader(&self, index: usize) -> Result<Reader<'a>> {
        if index >= self.function_count() {
            return Err(DecodeUnitError::NoFunction);
        }
        Ok(Reader { rest: self.piece(self.string_count + 1 + index)?, view: *self })
    }
    fn tail(&self) -> Result<Reader<'a>> {
        Ok(Reader { rest: self.piece(self.string_count + 1 + self.function_count())?, view: *self })
    }
    fn string(&self, index: u32) -> Result<JsStr> {
        Ok(match self.string_view(index)? {
            ConstantView::Utf16(units) => JsStr::Utf16(units),
            ConstantView::Latin1(bytes) => JsStr::Latin1(bytes.into()),
            _ => return Err(DecodeUnitError::Malformed),
        })
    }
    fn string_view(&self, index: u32) -> Result<ConstantView<'a>> {
        if index as usize >= self.string_count {
            return Err(DecodeUnitError::Malformed);
        }
        match self.piece(index as usize)?.split_first() {
            Some((0, bytes)) => Ok(ConstantView::Latin1(bytes)),
            Some((1, bytes)) if bytes.len().is_multiple_of(2) => {
                let units = bytes.as_chunks::<2>().0.iter().map(|u| u16::from_le_bytes(*u));
                Ok(ConstantView::Utf16(units.collect()))
            }
            _ => Err(DecodeUnitError::Malformed),
        }
    }
}

fn u32_at(bytes: &[u8], at: usize) -> Result<u32> {
    let bytes = bytes.get(at..).and_then(|b| b.first_chunk()).ok_or(DecodeUnitError::Malformed)?;
    Ok(u32::from_le_bytes(*bytes))
}
fn u64_at(bytes: &[u8], at: usize) -> Result<u64> {
    let bytes = bytes.get(at..).and_then(|b| b.first_chunk()).ok_or(DecodeUnitError::Malformed)?;
    Ok(u64::from_le_bytes(*bytes))
}

/// The constants of a function, decoded one by one.
pub struct Constants<'a> {
    reader: Reader<'a>,
    left: usize,
}

impl<'a> Iterator for Constants<'a> {
    type Item = Result<ConstantView<'a>>;
    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        Some(self.reader.constant())
    }
    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}
impl ExactSizeIterator for Constants<'_> {}

struct Reader<'a> {
    rest: &'a [u8],
    view: UnitView<'a>,
}

impl<'a> Reader<'a> {
    fn byte(&mut self) -> Result<u8> {
        let (&byte, rest) = self.rest.split_first().ok_or(DecodeUnitError::Malformed)?;
        self.rest = rest;
        Ok(byte)
    }
    fn take(&mut self, count: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(DecodeUnitError::Malformed)?;
        self.rest = rest;
        Ok(taken)
    }
    fn num(&mut self) -> Result<u32> {
        let mut value = 0u64;
        for shift in (0..35).step_by(7) {
            let byte = self.byte()?;
            value |= (byte as u64 & 0x7f) << shift;
            if byte < 0x80 {
                return u32::try_from(value).map_err(|_| DecodeUnitError::Malformed);
            }
        }
        Err(DecodeUnitError::Malformed)
    }
    fn num16(&mut self) -> Result<u16> {
        u16::try_from(self.num()?).map_err(|_| DecodeUnitError::Malformed)
    }
    fn int(&mut self) -> Result<i32> {
        let n = self.num()?;
        Ok((n >> 1) as i32 ^ -((n & 1) as i32))
    }
    fn int16(&mut self) -> Result<i16> {
        i16::try_from(self.int()?).map_err(|_| DecodeUnitError::Malformed)
    }
    fn flag(&mut self) -> Result<bool> {
        match self.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(DecodeUnitError::Malformed),
        }
    }
    fn text(&mut self) -> Result<JsStr> {
        let index = self.num()?;
        self.view.string(index)
    }
    /// The length of a list.
    fn count(&mut self) -> Result<usize> {
        let count = self.num()? as usize;
        // Every item takes a byte at least.
        if count > self.rest.len() { Err(DecodeUnitError::Malformed) } else { Ok(count) }
    }
    fn list<T>(&mut self, mut f: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        let count = self.count()?;
        let mut items = Vec::with_capacity(count);
        for _ in 0..count {
            items.push(f(self)?);
        }
        Ok(items)
    }
    fn option<T>(&mut self, f: impl FnOnce(&mut Self) -> Result<T>) -> Result<Option<T>> {
        if self.flag()? { f(self).map(Some) } else { Ok(None) }
    }

    fn meta(&mut self, traits: FunctionTraits) -> Result<FunctionMeta> {
        Ok(FunctionMeta {
            traits,
            name: self.option(Self::text)?,
            param_count: self.num16()?,
            length: self.num16()?,
            register_count: self.num16()?,
            coroutine: self.option(Self::int16)?,
            source_start: self.num()?,
            source_end: self.num()?,
        })
    }

    fn code(&mut self) -> Result<Vec<u64>> {
        let words = self.num()? as usize;
        let bytes = self.take(words.checked_mul(8).ok_or(DecodeUnitError::Malformed)?)?;
        Ok(bytes.as_chunks::<8>().0.iter().map(|word| u64::from_le_bytes(*word)).collect())
    }

    fn constant(&mut self) -> Result<ConstantView<'a>> {
        Ok(match self.byte()? {
            0 => {
                let index = self.num()?;
                self.view.string_view(index)?
            }
            1 => {
                let bytes = self.take(8)?.first_chunk().ok_or(DecodeUnitError::Malformed)?;
                ConstantView::Number(f64::from_bits(u64::from_le_bytes(*bytes)))
            }
            2 => {
                let length = self.num()? as usize;
                let digits = std::str::from_utf8(self.take(length)?);
                ConstantView::BigInt(digits.map_err(|_| DecodeUnitError::Malformed)?)
            }
            _ => return Err(DecodeUnitError::Malformed),
        })
    }

    /// All but the constants and the positions, which follow.
    fn function(&mut self, t: FunctionTraits) -> Result<FunctionUnit> {
        let meta = self.meta(t)?;
        let code = self.code()?;
        let ics = self.list(|r| Ok(r.num()?.wrapping_sub(1)))?;
        let handlers = self.list(|r| {
            Ok(Handler { start: r.num()?, end: r.num()?, target: r.num()?, register: r.int16()? })
        })?;
        let settled = self.list(|r| r.num())?;
        let scopes = self.list(Self::scope)?;
        let eval_sites = self.list(|r| {
            let flags = r.num()?;
            let flag = |n: u32| flags >> n & 1 != 0;
            Ok(EvalSite {
                strict: flag(0),
                allow_new_target: flag(1),
                allow_super_property: flag(2),
                allow_super_call: flag(3),
                forbid_arguments: flag(4),
                in_parameters: flag(5),
                scopes: r.list(Self::scope)?,
                private_names: r.list(Self::text)?,
            })
        })?;
        Ok(FunctionUnit {
            name: meta.name,
            kind: t.kind,
            is_async: t.is_async,
            is_generator: t.is_generator,
            strict: t.strict,
            param_count: meta.param_count,
            length: meta.length,
            register_count: meta.register_count,
            coroutine: meta.coroutine,
            code,
            constants: Vec::new(),
            ics,
            handlers,
            positions: Vec::new(),
            settled,
            scopes,
            eval_sites,
            source_start: meta.source_start,
            source_end: meta.source_end,
            has_field_initializer: t.has_field_initializer,
            uses_super: t.uses_super,
        })
    }

    fn scope(&mut self) -> Result<ScopeInfo> {
        let kind = match self.byte()? {
            0 => ScopeKind::Function,
            1 => ScopeKind::Block,
            2 => ScopeKind::With,
            3 => ScopeKind::EvalVar,
            4 => ScopeKind::Imports,
            _ => return Err(DecodeUnitError::Malformed),
        };
        let bindings = self.list(|r| {
            let (name, slot, bits) = (r.text()?, r.num16()?, r.byte()?);
            let mutability = match bits >> 1 {
                0 => Mutability::Mutable,
                1 => Mutability::Const,
                2 => Mutability::Silent,
                _ => return Err(DecodeUnitError::Malformed),
            };
            Ok(ScopeBinding { name, slot, mutability, lexical: bits & 1 != 0 })
        })?;
        Ok(ScopeInfo { kind, bindings })
    }

    fn declarations(&mut self) -> Result<GlobalDeclarations> {
        Ok(GlobalDeclarations {
            lexical: self.list(|r| Ok((r.text()?, r.flag()?)))?,
            vars: self.list(Self::text)?,
            functions: self.list(Self::text)?,
            annex_b_functions: self.list(Self::text)?,
        })
    }

    fn import_name(&mut self) -> Result<ImportName> {
        match self.byte()? {
            0 => Ok(ImportName::Name(self.text()?)),
            1 => Ok(ImportName::Namespace),
            _ => Err(DecodeUnitError::Malformed),
        }
    }

    fn module(&mut self) -> Result<ModuleInfo> {
        Ok(ModuleInfo {
            requests: self.list(|r| {
                Ok(ModuleRequest {
                    specifier: r.text()?,
                    attributes: r.list(|r| Ok((r.text()?, r.text()?)))?,
                    phase: r.byte()?,
                    position: r.num()?,
                })
            })?,
            imports: self.list(|r| {
                Ok(ImportEntry {
                    request: r.num()?,
                    name: r.import_name()?,
                    local: r.text()?,
                    position: r.num()?,
                })
            })?,
            local_exports: self.list(|r| Ok((r.text()?, r.num16()?)))?,
            indirect_exports: self.list(|r| Ok((r.text()?, r.num()?, r.import_name()?)))?,
            star_exports: self.list(Self::num)?,
            functions: self.list(|r| Ok((r.num()?, r.num16()?)))?,
            var_slots: self.list(Self::num16)?,
            slot_count: self.num16()?,
            has_top_level_await: self.flag()?,
        })
    }

    fn template(&mut self) -> Result<Template> {
        Ok(Template { cooked: self.list(|r| r.option(Self::text))?, raw: self.list(Self::text)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> CompiledUnit {
        let wide = JsStr::new("naïve → ☃");
        let scope = ScopeInfo {
            kind: ScopeKind::Block,
            bindings: vec![ScopeBinding {
                name: wide.clone(),
                slot: 3,
                mutability: Mutability::Silent,
                lexical: true,
            }],
        };
        let f = FunctionUnit {
            name: Some(JsStr::new("f")),
            kind: FunctionKind::Module,
            is_async: true,
            strict: true,
            uses_super: true,
            param_count: 2,
            length: 1,
            register_count: 9,
            coroutine: Some(4),
            code: vec![
                Insn::new(Op::LoadInt, 0, 0x1234, -3).0,
                Insn::new(Op::IterNext, 1, -7, 0).0,
                Insn::ext(-1, -1, 0, 0).0,
                Insn::new(Op::Call, 1, 2, 3).0,
                Insn::ext(4, 1, 0, 0).0,
                Insn::new(Op::Return, 0, 0, 0).0,
            ],
            constants: vec![
                Constant::String(wide.clone()),
                Constant::Number(-0.0),
                Constant::BigInt("0xff".into()),
            ],
            ics: vec![0, u32::MAX],
            handlers: vec![Handler { start: 0, end: 3, target: 5, register: -7 }],
            positions: vec![(0, 500), (3, 20)],
            settled: vec![3],
            scopes: vec![scope.clone()],
            eval_sites: vec![EvalSite {
                in_parameters: true,
                scopes: vec![scope],
                private_names: vec![JsStr::new("#p")],
                ..EvalSite::default()
            }],
            source_start: 7,
            source_end: 100_000,
            ..FunctionUnit::default()
        };
        CompiledUnit {
            functions: vec![f.clone(), FunctionUnit::default(), FunctionUnit { name: None, ..f }],
            declarations: GlobalDeclarations {
                lexical: vec![(JsStr::new("x"), true)],
                vars: vec![wide.clone()],
                functions: vec![JsStr::new("f")],
                annex_b_functions: vec![],
            },
            module: Some(ModuleInfo {
                requests: vec![ModuleRequest {
                    specifier: JsStr::new("./a.js"),
                    attributes: vec![(JsStr::new("type"), JsStr::new("json"))],
                    phase: 1,
                    position: 9,
                }],
                imports: vec![ImportEntry {
                    request: 0,
                    name: ImportName::Namespace,
                    local: JsStr::new("ns"),
                    position: 3,
                }],
                local_exports: vec![(JsStr::new("default"), 2)],
                indirect_exports: vec![(JsStr::new("y"), 0, ImportName::Name(JsStr::new("z")))],
                star_exports: vec![0],
                functions: vec![(1, 2)],
                var_slots: vec![0, 1],
                slot_count: 3,
                has_top_level_await: true,
            }),
            templates: vec![Template { cooked: vec![None, Some(wide)], raw: vec![JsStr::new("a")] }],
        }
    }

    #[test]
    fn round_trip() {
        let unit = sample();
        let bytes = encode(&unit, 42).unwrap();
        let view = UnitView::open(&bytes).unwrap();
        view.check_integrity().unwrap();
        assert_eq!(view.source_key(), 42);
        assert_eq!(view.decode().unwrap(), unit);
        assert_eq!(view.function(2).unwrap(), unit.functions[2]);
        assert_eq!(view.meta(0).unwrap().source_end, 100_000);
        assert_eq!(view.function(3), Err(DecodeUnitError::NoFunction));
        let empty = encode(&CompiledUnit::default(), 0).unwrap();
        assert_eq!(UnitView::open(&empty).unwrap().decode().unwrap(), CompiledUnit::default());
    }

    #[test]
    fn damage_is_an_error_or_harmless() {
        let bytes = encode(&sample(), 0).unwrap();
        for length in 0..bytes.len() {
            assert!(UnitView::open(&bytes[..length]).is_err());
        }
        for at in 0..bytes.len() {
            for value in [0, 1, 0x7f, 0x80, 0xff, bytes[at] ^ 1, bytes[at].wrapping_add(1)] {
                if value == bytes[at] {
                    continue;
                }
                let mut bad = bytes.clone();
                bad[at] = value;
                if let Ok(view) = UnitView::open(&bad) {
                    assert!(view.check_integrity().is_err());
                    if let Ok(unit) = view.decode() {
                        let _ = verify::unit(&unit);
                        let _ = print::unit(&unit);
                    }
                }
            }
        }
    }
}
