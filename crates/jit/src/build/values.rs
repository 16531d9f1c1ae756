//! Forms of values: constants, boxing and unboxing, type checks, truth, loads and stores.

use spey_bytecode::decode::Instruction;

use super::env::{self, access};
use super::{Builder, HEADER, Result_, Step};
use crate::graph::{Condition, Op, Repr, Unary, Value, Width, ty};
use crate::snapshot::{Constant, ENV_PARENT, ExitKind, Holds, MAX_TENURED_WORDS, MOVING};

/// First bits of int32 values.
pub const NUMBER_TAG: u64 = 0xFFFE_0000_0000_0000;
/// What is added to the bits of a double.
pub const DOUBLE_OFFSET: u64 = 1 << 49;
/// undefined, null, false, true.
pub const UNDEFINED: u64 = 0x0a;
/// null
pub const NULL: u64 = 0x02;
/// false; true is the next word.
pub const FALSE: u64 = 0x06;
/// true
pub const TRUE: u64 = 0x07;

impl Builder<'_> {
    // ---------------------------------------------------------------- constants

    pub(super) fn constant(&mut self, bits: u64) -> Value {
        let types = match bits {
            0 => ty::EMPTY,
            NULL => ty::NULL,
            UNDEFINED => ty::UNDEFINED,
            0x06 | 0x07 => ty::BOOL,
            _ if bits >= NUMBER_TAG => ty::INT,
            _ if bits & NUMBER_TAG != 0 => ty::DOUBLE,
            _ => ty::STRING,
        };
        self.emit(Op::Const(bits), vec![], Repr::Tagged, types)
    }
    pub(super) fn int(&mut self, n: i32) -> Value {
        self.emit(Op::Int(n), vec![], Repr::Int32, 0)
    }
    pub(super) fn double(&mut self, n: f64) -> Value {
        self.emit(Op::Double(n.to_bits()), vec![], Repr::Double, 0)
    }
    pub(super) fn pool_constant(&mut self, index: u32) -> Value {
        let f = self.function();
        let bits = f.constants[index as usize];
        if bits == MOVING {
            let at = f.ics_address - 8 * (index as u64 + 1);
            return self.emit(Op::Memory(at), vec![], Repr::Tagged, ty::CELL);
        }
        if bits >= NUMBER_TAG {
            return self.int(bits as u32 as i32);
        }
        if bits & NUMBER_TAG != 0 {
            return self.double(f64::from_bits(bits.wrapping_sub(DOUBLE_OFFSET)));
        }
        self.constant(bits)
    }
    /// A value that the snapshot takes for constant. The code has been checked to be valid.
    pub(super) fn snapshot_constant(&mut self, c: Constant) -> Option<Value> {
        let l = &self.snapshot.layout;
        let (node, kind) = match c {
            Constant::None => return None,
            Constant::Bits(bits, 0) if bits >= NUMBER_TAG => return Some(self.int(bits as u32 as i32)),
            Constant::Bits(bits, 0) if bits & NUMBER_TAG != 0 => {
                return Some(self.double(f64::from_bits(bits.wrapping_sub(DOUBLE_OFFSET))));
            }
            Constant::Bits(bits, 0) => return Some(self.constant(bits)),
            Constant::Bits(bits, kind) => (Op::Const(bits), kind),
            Constant::Table(k, kind) => (Op::Table(k), kind),
        };
        let types = match kind {
            _ if kind == l.kind_string => ty::STRING,
            _ if kind == l.kind_symbol => ty::SYMBOL,
            _ if kind == l.kind_bigint => ty::BIGINT,
            _ if kind >= l.kind_object => ty::OBJECT,
            _ if kind == l.kind_environment => ty::INTERNAL,
            _ => return None,
        };
        let v = self.emit(node, vec![], Repr::Tagged, types);
        self.env.fact_mut(v).kind = Some(kind);
        Some(v)
    }
    /// The tagged bits of a value that is a constant.
    pub(super) fn constant_bits(&self, v: Value) -> Option<u64> {
        let node = self.graph.node(v);
        match node.op {
            Op::Const(bits) => Some(bits),
            Op::Int(n) if node.repr == Repr::Int32 => Some(NUMBER_TAG | n as u32 as u64),
            _ => None,
        }
    }

    // ---------------------------------------------------------------- types

    /// Possible types of a value.
    pub(super) fn types(&self, v: Value) -> ty::Types {
        let n = self.graph.node(v);
        match n.repr {
            Repr::Int32 => ty::INT,
            Repr::Double => ty::DOUBLE,
            Repr::Bool => ty::BOOL,
            Repr::Tagged => match self.env.fact(v).types {
                Some(t) => t & n.types,
                None => n.types,
            },
            _ => 0,
        }
    }
    pub(super) fn narrow(&mut self, v: Value, types: ty::Types) {
        let now = self.types(v);
        self.env.fact_mut(v).types = Some(now & types);
    }
    /// Compiled code was left here too often: no speculation.
    pub(super) fn is_generic(&self) -> bool {
        self.function().generic.contains(&self.pc)
    }

    // ---------------------------------------------------------------- forms

    /// The value as a tagged word.
    pub(super) fn tagged(&mut self, v: Value) -> Value {
        let (op, types) = match self.graph.node(v).repr {
            Repr::Tagged | Repr::Raw | Repr::None => return v,
            Repr::Int32 => (Op::BoxInt, ty::INT),
            Repr::Double if self.graph.may_be_whole(v) => (Op::BoxDouble, ty::NUMBER),
            Repr::Double => (Op::BoxDouble, ty::DOUBLE),
            Repr::Bool => (Op::BoxBool, ty::BOOL),
        };
        if let Some(t) = self.env.fact(v).tagged {
            return t;
        }
        if let Op::Int(n) = self.graph.node(v).op {
            if op == Op::BoxBool {
                return self.constant(FALSE | n as u64);
            }
            let t = self.constant(NUMBER_TAG | n as u32 as u64);
            self.env.fact_mut(t).int = Some(v);
            return t;
        }
        let t = self.emit(op.clone(), vec![v], Repr::Tagged, types);
        self.env.fact_mut(v).tagged = Some(t);
        let f = self.env.fact_mut(t);
        match op {
            Op::BoxInt => f.int = Some(v),
            Op::BoxDouble => f.double = Some(v),
            _ => {}
        }
        t
    }
    /// As Int32 if that needs no guard.
    pub(super) fn as_int_free(&mut self, v: Value) -> Option<Value> {
        match self.graph.node(v).repr {
            Repr::Int32 => Some(v),
            _ => match (self.env.fact(v).int, self.constant_bits(v)) {
                (Some(i), _) => Some(i),
                (None, Some(bits)) if bits >= NUMBER_TAG => Some(self.int(bits as u32 as i32)),
                _ if self.types(v) == ty::INT && self.graph.node(v).repr == Repr::Tagged => {
                    let i = self.emit(Op::LowHalf, vec![v], Repr::Int32, 0);
                    self.note_int(v, i);
                    Some(i)
                }
                _ => None,
            },
        }
    }
    /// As Int32; leaves if it is none.
    pub(super) fn as_int(&mut self, v: Value) -> Value {
        if let Some(i) = self.as_int_free(v) {
            return i;
        }
        let i = match self.graph.node(v).repr {
            Repr::Double => self.guard(Op::DoubleToInt, vec![v], Repr::Int32, 0),
            _ => {
                let known = self.types(v) == ty::DOUBLE;
                if let Some(d) = if known { self.as_double_free(v) } else { self.env.fact(v).double } {
                    self.guard(Op::DoubleToInt, vec![d], Repr::Int32, 0)
                } else {
                    let t = self.tagged(v);
                    let i = self.guard(Op::UnboxInt, vec![t], Repr::Int32, 0);
                    self.narrow(t, ty::INT);
                    self.note_int(t, i);
                    i
                }
            }
        };
        self.env.fact_mut(v).int = Some(i);
        i
    }
    fn note_int(&mut self, t: Value, i: Value) {
        self.loaded_as(t, i);
        self.env.fact_mut(t).int = Some(i);
        self.env.fact_mut(i).tagged = Some(t);
    }
    /// As Double if that needs no guard.
    pub(super) fn as_double_free(&mut self, v: Value) -> Option<Value> {
        if self.graph.node(v).repr == Repr::Double {
            return Some(v);
        }
        if let Some(d) = self.env.fact(v).double {
            return Some(d);
        }
        let d = if let Some(i) = self.as_int_free(v) {
            match self.graph.node(i).op {
                Op::Int(n) => self.double(n as f64),
                _ => self.emit(Op::IntToDouble, vec![i], Repr::Double, 0),
            }
        } else if self.is_number(v) {
            let d = self.emit(Op::NumberToDouble, vec![v], Repr::Double, 0);
            self.loaded_as(v, d);
            d
        } else {
            return None;
        };
        self.env.fact_mut(v).double = Some(d);
        Some(d)
    }
    /// A tagged word that is known to be a number.
    fn is_number(&self, v: Value) -> bool {
        let types = self.types(v);
        self.graph.node(v).repr == Repr::Tagged && types != 0 && types & !ty::NUMBER == 0
    }
    /// The value as one that a property holds, which has been found to hold only such ones; leaves if it is none.
    pub(super) fn as_held(&mut self, v: Value, holds: Holds) -> Value {
        match holds {
            Holds::Any => v,
            Holds::Int => self.as_int(v),
            Holds::Double => {
                let d = self.as_double(v);
                if !self.graph.may_be_whole(d) {
                    return d;
                }
                let t = self.emit(Op::BoxAsDouble, vec![d], Repr::Tagged, ty::DOUBLE);
                self.env.fact_mut(t).double = Some(d);
                t
            }
            Holds::Object | Holds::Shape(_) => {
                let t = self.tagged(v);
                let (fits, check) = match holds {
                    Holds::Shape(shape) => (self.check_shape(t, shape), Op::CheckShape(shape)),
                    _ => (self.check_object(t), Op::CheckObject),
                };
                if !fits {
                    // It certainly leaves.
                    let is_cell = self.types(t) & ty::CELL != 0;
                    let check = if is_cell { check } else { Op::CheckCell { maybe_empty: false } };
                    self.guard(check, vec![t], Repr::None, 0);
                }
                t
            }
        }
    }
    /// As Double; leaves if it is no number.
    pub(super) fn as_double(&mut self, v: Value) -> Value {
        if let Some(d) = self.as_double_free(v) {
            return d;
        }
        let t = self.tagged(v);
        let d = self.guard(Op::UnboxDouble, vec![t], Repr::Double, 0);
        self.narrow(t, ty::NUMBER);
        self.loaded_as(t, d);
        self.env.fact_mut(t).double = Some(d);
        d
    }

    /// A number in memory is known unboxed from now on: unlike a word that may be an address, that outlives collections.
    fn loaded_as(&mut self, t: Value, number: Value) {
        let node = self.graph.node(t);
        let place = match node.op {
            Op::Load(width, offset) => access(width, offset),
            Op::LoadIndexed(Width::Value, _) => (env::ELEMENT, node.args[1].0 as i32),
            _ => return,
        };
        if let Some(v) = self.env.loads.get_mut(&(node.args[0], place))
            && *v == t
        {
            *v = number;
        }
    }

    // ---------------------------------------------------------------- checks

    /// True if the value may be used as a cell; leaves if it is none. False: it is certainly none.
    pub(super) fn check_cell(&mut self, v: Value) -> bool {
        let types = self.types(v);
        if self.graph.node(v).repr != Repr::Tagged || types & ty::CELL == 0 {
            return false;
        }
        if types & !ty::CELL != 0 {
            self.guard(Op::CheckCell { maybe_empty: types & ty::EMPTY != 0 }, vec![v], Repr::None, 0);
            self.narrow(v, ty::CELL);
        }
        true
    }
    /// The same for objects.
    pub(super) fn check_object(&mut self, v: Value) -> bool {
        if !self.check_cell(v) || self.types(v) & ty::OBJECT == 0 {
            return false;
        }
        if self.types(v) & !ty::OBJECT != 0 {
            self.guard(Op::CheckObject, vec![v], Repr::None, 0);
            self.narrow(v, ty::OBJECT);
        }
        true
    }
    /// The same for cells of a kind.
    pub(super) fn check_kind(&mut self, v: Value, kind: u8) -> bool {
        if !self.check_cell(v) {
            return false;
        }
        match self.env.fact(v).kind {
            Some(k) => return k == kind,
            None => {
                let l = &self.snapshot.layout;
                let types = match kind {
                    _ if kind == l.kind_string => ty::STRING,
                    _ if kind == l.kind_symbol => ty::SYMBOL,
                    _ if kind == l.kind_bigint => ty::BIGINT,
                    _ if kind >= l.kind_object => ty::OBJECT,
                    _ => ty::INTERNAL,
                };
                if self.types(v) & types == 0 {
                    return false;
                }
                if types != ty::STRING || self.types(v) != ty::STRING {
                    self.guard(Op::CheckKind(kind), vec![v], Repr::None, 0);
                }
                self.narrow(v, types);
                self.env.fact_mut(v).kind = Some(kind);
            }
        }
        true
    }
    /// The same for objects of a shape.
    pub(super) fn check_shape(&mut self, v: Value, shape: u32) -> bool {
        if !self.check_cell(v) {
            return false;
        }
        if let Some(s) = self.known_shape(v) {
            return s == shape;
        }
        self.guard(Op::CheckShape(shape), vec![v], Repr::None, 0);
        // Header words of other cells never look like a shape.
        self.narrow(v, ty::OBJECT);
        self.env.fact_mut(v).shape = Some(shape);
        true
    }
    /// What the code takes for granted about prototypes and constants holds; leaves if not.
    pub(super) fn check_valid(&mut self) {
        if !self.env.valid {
            let state = self.guard_state("no longer valid", ExitKind::Outdated);
            let v = self.emit(Op::CheckValid, vec![], Repr::None, 0);
            self.graph.nodes[v.index()].state = Some(state);
            self.env.valid = true;
        }
    }
    pub(super) fn check_not_empty(&mut self, v: Value) {
        if self.types(v) & ty::EMPTY != 0 {
            self.guard(Op::CheckNotEmpty, vec![v], Repr::None, 0);
            self.narrow(v, !ty::EMPTY);
        }
    }

    // ---------------------------------------------------------------- truth

    pub(super) fn known_bool(&self, v: Value) -> Option<bool> {
        match self.graph.node(v).op {
            Op::Int(n) => Some(n != 0),
            _ => self.env.fact(v).truth,
        }
    }
    /// ToBoolean of a value if that is known in an environment.
    pub(super) fn known_truth(&self, env: &env::Env, v: Value) -> Option<bool> {
        let node = self.graph.node(v);
        match node.op {
            Op::Int(n) => Some(n != 0),
            Op::Const(bits) if bits <= UNDEFINED => Some(bits == FALSE | 1),
            Op::BoxBool => self.known_truth(env, node.args[0]),
            _ => env.fact(v).truth,
        }
    }
    pub(super) fn known(&mut self, b: bool) -> Value {
        self.emit(Op::Int(b as i32), vec![], Repr::Bool, 0)
    }
    pub(super) fn not(&mut self, v: Value) -> Value {
        match self.known_bool(v) {
            Some(b) => self.known(!b),
            None => self.emit(Op::Not, vec![v], Repr::Bool, 0),
        }
    }
    /// ToBoolean as a Bool.
    pub(super) fn truthy(&mut self, v: Value) -> Value {
        match self.graph.node(v).repr {
            Repr::Bool => v,
            Repr::Int32 => {
                let zero = self.int(0);
                self.compare_ints(Condition::NotEqual, v, zero)
            }
            Repr::Double => self.emit(Op::DoubleTruthy, vec![v], Repr::Bool, 0),
            _ => {
                if let Op::BoxBool = self.graph.node(v).op {
                    return self.graph.node(v).args[0];
                }
                let types = self.types(v);
                if types & !(ty::OBJECT | ty::SYMBOL) == 0 {
                    return self.known(true);
                }
                if types & !(ty::UNDEFINED | ty::NULL) == 0 {
                    return self.known(false);
                }
                if let Some(known) = self.known_truth(&self.env, v) {
                    return self.known(known);
                }
                if let Some(i) = self.as_int_free(v) {
                    return self.truthy(i);
                }
                let nullish = ty::UNDEFINED | ty::NULL;
                if types & !(nullish | ty::BOOL) == 0 {
                    return self.is_constant(v, FALSE | 1);
                }
                if types & !(nullish | ty::OBJECT | ty::SYMBOL) == 0 {
                    let no = self.is_nullish(v);
                    return self.not(no);
                }
                self.emit(Op::Truthy, vec![v], Repr::Bool, 0)
            }
        }
    }
    pub(super) fn is_nullish(&mut self, v: Value) -> Value {
        let types = self.types(v);
        if types & (ty::UNDEFINED | ty::NULL) == 0 {
            return self.known(false);
        }
        if types & !(ty::UNDEFINED | ty::NULL) == 0 {
            return self.known(true);
        }
        self.emit(Op::IsNullish, vec![v], Repr::Bool, 0)
    }
    /// The value is this constant (of a type with one representation).
    pub(super) fn is_constant(&mut self, v: Value, bits: u64) -> Value {
        let of = match bits {
            0 => ty::EMPTY,
            NULL => ty::NULL,
            UNDEFINED => ty::UNDEFINED,
            _ => ty::BOOL,
        };
        let types = self.types(v);
        if types & of == 0 {
            return self.known(false);
        }
        if types == of && of != ty::BOOL {
            return self.known(true);
        }
        let v = self.tagged(v);
        let c = self.constant(bits);
        self.emit(Op::Same, vec![v, c], Repr::Bool, 0)
    }

    // ---------------------------------------------------------------- memory

    pub(super) fn load(&mut self, base: Value, width: Width, offset: i32) -> Value {
        self.load_as(base, width, offset, if width == Width::Value { ty::ANY } else { 0 })
    }
    /// The same of a value of certain types.
    pub(super) fn load_as(&mut self, base: Value, width: Width, offset: i32, types: ty::Types) -> Value {
        if let Some(v) = self.env.loads.get(&(base, access(width, offset))) {
            return *v;
        }
        let v = self.emit(Op::Load(width, offset), vec![base], width.repr(), types);
        self.env.loads.insert((base, access(width, offset)), v);
        v
    }
    /// Length of an array.
    pub(super) fn load_length(&mut self, array: Value) -> Value {
        if let Some(v) = self.env.loads.get(&(array, env::LENGTH)) {
            return *v;
        }
        let offset = self.snapshot.layout.array_length;
        let v = self.emit(Op::Load(Width::Value, offset), vec![array], Repr::Tagged, ty::NUMBER);
        self.env.loads.insert((array, env::LENGTH), v);
        v
    }
    /// An element of an elements cell that may be a hole, or of a typed array.
    pub(super) fn load_element(&mut self, base: Value, index: Value, width: Width) -> Value {
        let value = width == Width::Value;
        let (class, offset, types) = if value {
            (env::ELEMENT, self.snapshot.layout.elements_first, ty::ANY)
        } else {
            (env::TYPED_ELEMENT, 0, 0)
        };
        let place = (base, (class, index.0 as i32));
        if let Some(v) = self.env.loads.get(&place) {
            return *v;
        }
        let v = self.emit(Op::LoadIndexed(width, offset), vec![base, index], width.repr(), types);
        self.env.loads.insert(place, v);
        v
    }
    /// Address of a part of an object.
    pub(super) fn load_cell(&mut self, o: Value, offset: i32) -> Value {
        let place = (o, access(Width::Word, offset));
        if let Some(v) = self.env.loads.get(&place) {
            return *v;
        }
        let v = self.emit(Op::LoadCell(offset), vec![o], Repr::Raw, 0);
        self.env.loads.insert(place, v);
        v
    }
    /// Stores a value into a cell; `owner` is the cell.
    pub(super) fn store(&mut self, base: Value, offset: i32, v: Value, owner: Value) {
        let word = self.tagged(v);
        self.emit(Op::Store(Width::Value, offset), vec![base, word], Repr::None, 0);
        self.barrier(owner, word);
        let place = access(Width::Value, offset);
        let others: Vec<Value> = self.env.loads.keys().filter(|k| k.1 == place).map(|k| k.0).collect();
        for other in others {
            if self.may_be_same(other, base) {
                self.env.loads.remove(&(other, place));
            }
        }
        self.env.loads.insert((base, place), v);
    }
    /// May two cells be the same cell? A new one is no other new one, and none that has been known before.
    pub(super) fn may_be_same(&self, a: Value, b: Value) -> bool {
        let (older, newer) = (a.index().min(b.index()), a.index().max(b.index()));
        if older != newer && matches!(self.graph.nodes[newer].op, Op::Allocate(..)) {
            return false;
        }
        fn differ<T: PartialEq>(a: Option<T>, b: Option<T>) -> bool {
            a.zip(b).is_some_and(|(a, b)| a != b)
        }
        // Parts of objects are no objects.
        let types = |v| if self.graph.node(v).repr == Repr::Raw { !ty::ANY } else { self.types(v) };
        let (f, g) = (self.env.fact(a), self.env.fact(b));
        a == b || types(a) & types(b) != 0 && !differ(f.shape, g.shape) && !differ(f.kind, g.kind)
    }
    pub(super) fn needs_barrier(&self, owner: Value, v: Value) -> bool {
        !self.env.fact(owner).fresh
            && self.types(v) & ty::CELL != 0
            && !matches!(self.graph.node(v).op, Op::Const(_))
    }
    pub(super) fn barrier(&mut self, owner: Value, v: Value) {
        if self.needs_barrier(owner, v) {
            self.emit(Op::Barrier, vec![owner, v], Repr::None, 0);
        }
    }
    /// The running function.
    pub(super) fn callee(&mut self) -> Value {
        self.header_word(-1)
    }
    pub(super) fn header_word(&mut self, offset: i32) -> Value {
        debug_assert!((-HEADER..0).contains(&offset));
        let slot = self.base() + offset;
        match self.env.slots.get(&slot) {
            Some(v) => *v,
            None => {
                let types = if offset == -1 { ty::OBJECT } else { ty::ANY };
                self.emit(Op::Slot(slot), vec![], Repr::Tagged, types)
            }
        }
    }
    /// The environment in a register, or the one a number of hops above it.
    pub(super) fn environment(&mut self, r: i16, i: &Instruction) -> Value {
        let mut env = self.reg(r);
        if i.op.info().words == 2 {
            for _ in 0..i.ext.field(0) as u16 {
                if let Some(parent) = self.known_slot(env, ENV_PARENT) {
                    env = parent;
                    continue;
                }
                env = self.load(env, Width::Value, self.snapshot.layout.env_parent);
            }
        }
        env
    }
    /// First word of a cell.
    pub(super) fn header(kind: u8, flags: u8, aux: u16, word: u32) -> u64 {
        kind as u64 | (flags as u64) << 8 | (aux as u64) << 16 | (word as u64) << 32
    }
    /// Do the cells that the instruction makes live long?
    pub(super) fn is_tenured(&self) -> bool {
        self.function().tenured.contains(&self.pc)
    }
    /// A new cell that is old from the start if the like of it live long.
    pub(super) fn allocate_by_age(&mut self, header: u64, bytes: u32, types: ty::Types) -> Value {
        let is_old = self.is_tenured() && bytes as usize <= 8 * MAX_TENURED_WORDS;
        let old = if is_old { (self.snapshot.layout.flag_old as u64) << 8 } else { 0 };
        let v = self.allocate(header | old, bytes, types);
        // Stores into it have barriers from the start.
        self.env.fact_mut(v).fresh = !is_old;
        v
    }
    /// A new cell. What is loaded stays known; addresses do not.
    pub(super) fn allocate(&mut self, header: u64, bytes: u32, types: ty::Types) -> Value {
        let state = self.state();
        let v = self.emit(Op::Allocate(header, bytes), vec![], Repr::Tagged, types);
        self.graph.nodes[v.index()].state = Some(state);
        self.after_collection(Some(v));
        let f = self.env.fact_mut(v);
        f.fresh = true;
        f.kind = Some(header as u8);
        v
    }
    /// Initialising store into a new cell.
    pub(super) fn initialize(&mut self, cell: Value, offset: i32, v: Value) {
        let is_raw = self.graph.node(v).repr == Repr::Raw;
        let width = if is_raw { Width::Word } else { Width::Value };
        self.emit_quietly(Op::Store(width, offset), vec![cell, v], Repr::None, 0);
        if !is_raw {
            self.barrier(cell, v);
        }
    }
    pub(super) fn new_env(&mut self, i: &Instruction) -> Result_<Step> {
        let count = i.word.c() as u16 as u32;
        let l = &self.snapshot.layout;
        let (first, parent) = (l.env_first, l.env_parent);
        if count > 256 {
            // Large cells are born old.
            return self.execute(i);
        }
        let header = Self::header(l.kind_environment, 0, 0, count);
        let bytes = first as u32 + 8 * count;
        let env = self.allocate_by_age(header, bytes.max(16), ty::INTERNAL);
        let p = self.reg(i.word.b());
        let p = self.tagged(p);
        self.initialize(env, parent, p);
        self.env.loads.insert((env, access(Width::Value, parent)), p);
        let empty = self.constant(0);
        for k in 0..count as i32 {
            self.initialize(env, first + 8 * k, empty);
            self.env.loads.insert((env, access(Width::Value, first + 8 * k)), empty);
        }
        self.set(i.word.a(), env);
        Ok(Step::Next)
    }
    pub(super) fn double_unary(&mut self, op: Unary, v: Value) -> Value {
        self.emit(Op::DoubleUnary(op), vec![v], Repr::Double, 0)
    }
}
