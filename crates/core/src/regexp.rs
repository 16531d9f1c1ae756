//! What a realm keeps for its regular expressions, and what their quick ways make: values without a scope.
//!
//! The chapter itself is in the crate `builtins`. Here is what the interpreter, the realm and the heap's layout must know.

use spey_gc::{Tracer, Value as Raw};

use crate::cell::{Elements, Kind, Object, Record, Slots};
use crate::object;
use crate::realm::Intrinsic;
use crate::scope::{JsResult, Local, Scope, Value};
use crate::shape::ShapeId;
use crate::string;
use crate::vm::Vm;

/// Internal slots of RegExp objects.
pub mod slot {
    /// Native cell with the compiled pattern; undefined before it is first needed.
    pub const COMPILED: usize = 0;
    /// [[OriginalSource]]: string.
    pub const SOURCE: usize = 1;
    /// [[OriginalFlags]] as bits; undefined before RegExpInitialize.
    pub const FLAGS: usize = 2;
    /// The record of the literal that the object was made by; else undefined.
    pub const LITERAL: usize = 3;
    /// How many there are.
    pub const COUNT: usize = 4;
}
/// The slot of `lastIndex` in an object of the shape that the constructor makes.
pub const LAST_INDEX_SLOT: usize = 0;

/// Properties of `RegExp.prototype` that others look up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Inherited {
    /// `exec`
    Exec,
    /// `[Symbol.match]`
    Match,
    /// `[Symbol.replace]`
    Replace,
    /// `[Symbol.split]`
    Split,
    /// `constructor`
    Constructor,
}

impl Inherited {
    /// All of them.
    pub const ALL: [Inherited; 5] =
        [Inherited::Exec, Inherited::Match, Inherited::Replace, Inherited::Split, Inherited::Constructor];
}

/// What a realm keeps for its regular expressions.
pub struct RegexpRealm {
    /// Shape of objects as the constructor makes them.
    pub shape: ShapeId,
    /// Shape of the arrays that exec returns; 0 before the first.
    pub match_shape: ShapeId,
    /// The prototype epoch at which the accessors were last found unmodified, and what follows was true.
    pub epoch: u32,
    /// The original properties of the prototype.
    pub inherited: [Raw; Inherited::ALL.len()],
    /// Their slots in the prototype.
    pub inherited_slots: [u32; Inherited::ALL.len()],
    /// `RegExp.input`.
    pub input: Raw,
    /// The string of the last match.
    pub last_string: Raw,
    /// The groups of the last match, as slots. Plain numbers: recording them is cheap, and most are never read.
    pub last_match: Vec<u32>,
}

impl RegexpRealm {
    pub(crate) fn new() -> RegexpRealm {
        RegexpRealm {
            shape: 0,
            match_shape: 0,
            epoch: 0,
            inherited: [Raw::UNDEFINED; Inherited::ALL.len()],
            inherited_slots: [0; Inherited::ALL.len()],
            input: Raw::UNDEFINED,
            last_string: Raw::UNDEFINED,
            last_match: vec![],
        }
    }
    pub(crate) fn trace(&mut self, t: &mut Tracer) {
        t.values(self.inherited.as_mut_ptr(), self.inherited.len());
        t.value(&mut self.input);
        t.value(&mut self.last_string);
        t.shape(self.shape);
        if self.match_shape != 0 {
            t.shape(self.match_shape);
        }
    }
    /// UpdateLegacyRegExpStaticProperties: records a match.
    #[inline]
    pub fn record_match(&mut self, text: Raw, slots: &[u32]) {
        self.input = text;
        self.last_string = text;
        if self.last_match.len() == slots.len() {
            // OPTIMIZATION: a few numbers, for which a call takes longer.
            self.last_match.iter_mut().zip(slots).for_each(|(to, &from)| *to = from);
        } else {
            self.last_match.clear();
            self.last_match.extend_from_slice(slots);
        }
    }
}

/// Is `v` a RegExp object of the shape that the constructor of the current realm makes?
#[inline(always)]
pub fn has_initial_shape(vm: &Vm, v: Raw) -> bool {
    // SAFETY: a live value.
    v.is_cell()
        && unsafe { (*v.as_cell()).word } == vm.realm().regexp.shape
        && crate::value::is_kind(v, Kind::RegExp)
}
/// Is the property, as the prototype has it now, the original one? True only if the accessors are too; false also if that has
/// not been looked up since prototypes have changed.
#[inline(always)]
pub fn is_original(vm: &Vm, property: Inherited) -> bool {
    let realm = &vm.realm().regexp;
    if realm.epoch != vm.prototype_epoch {
        return false;
    }
    let prototype = vm.intrinsic_raw(Intrinsic::RegExpPrototype);
    // SAFETY: the prototype is a live object whose structure is that of the epoch at which the slot was looked up.
    unsafe {
        let o = prototype.as_cell() as *mut Object;
        let inline = vm.shapes.get((*o).header.word).inline_capacity;
        *object::slot_address(o, realm.inherited_slots[property as usize], inline)
            == realm.inherited[property as usize]
    }
}

/// A RegExp object of the initial shape, read and written without a handle.
#[derive(Clone, Copy)]
pub struct Unmodified(*mut Object);

impl Unmodified {
    /// The object, if it has the initial shape.
    #[inline(always)]
    pub fn new(vm: &Vm, v: Raw) -> Option<Unmodified> {
        has_initial_shape(vm, v).then(|| Unmodified(v.as_cell().cast()))
    }
    /// An internal slot.
    ///
    /// # Safety
    /// The object is live: nothing was allocated since it was found.
    #[inline(always)]
    pub unsafe fn slot(self, i: usize) -> Raw {
        // SAFETY: RegExp objects have these slots.
        unsafe { *Object::trailing(self.0, i) }
    }
    /// `lastIndex`.
    ///
    /// # Safety
    /// As for [`Unmodified::slot`].
    #[inline(always)]
    pub unsafe fn last_index(self) -> Raw {
        // SAFETY: the initial shape has this slot out of line.
        unsafe { *Slots::at((*self.0).slots, LAST_INDEX_SLOT) }
    }
    /// Writes `lastIndex`.
    ///
    /// # Safety
    /// As for [`Unmodified::slot`].
    #[inline(always)]
    pub unsafe fn set_last_index(self, index: usize) {
        // SAFETY: as above; a number needs no barrier. Strings are shorter than 2^31.
        unsafe { *Slots::at((*self.0).slots, LAST_INDEX_SLOT) = Raw::int32(index as i32) }
    }
}

/// The array that exec returns for a pattern without named groups and indices, if there is memory without a collection; else
/// the empty value. `slots`: start and end of each group.
pub fn try_new_match(vm: &mut Vm, text: Raw, slots: &[u32]) -> Raw {
    let shape = vm.realm().regexp.match_shape;
    let count = slots.len() / 2;
    if shape == 0 {
        return Raw::EMPTY;
    }
    // SAFETY: cells are initialised before they are reached; what is left behind half made is garbage. All are young, so
    // that nothing needs a barrier.
    unsafe {
        let array = object::try_alloc_object(vm, Kind::Array, shape, 1, Raw::number(count as f64));
        let named = vm.heap.try_alloc(Kind::Slots as u8, 16 + 3 * 8) as *mut Slots;
        let elements = vm.heap.try_alloc(Kind::Elements as u8, 16 + count * 8) as *mut Elements;
        if array.is_null() || named.is_null() || elements.is_null() {
            return Raw::EMPTY;
        }
        (*named).capacity = 3;
        *Slots::at(named, 0) = Raw::int32(slots[0] as i32);
        *Slots::at(named, 1) = text;
        *Slots::at(named, 2) = Raw::UNDEFINED;
        (*elements).length = count as u32;
        (*elements).capacity = count as u32;
        for (i, range) in slots.chunks_exact(2).enumerate() {
            let v = match range {
                [u32::MAX, _] | [_, u32::MAX] => Raw::UNDEFINED,
                _ => string::try_substring(vm, text, range[0] as usize, range[1] as usize),
            };
            if v.is_empty() {
                return Raw::EMPTY;
            }
            *Elements::at(elements, i) = v;
        }
        (*array).slots = named;
        (*array).elements = elements;
        Raw::cell(array.cast())
    }
}
/// An array of substrings, undefined where there is none, if there is memory without a collection; else the empty value.
pub fn try_new_parts(vm: &mut Vm, text: Raw, ranges: &[(u32, u32)]) -> Raw {
    let shape = vm.realm().array_shape;
    let array = object::try_new_array(vm, shape, ranges.len() as u32);
    if array.is_null() {
        return Raw::EMPTY;
    }
    // SAFETY: a fresh young array with room; see above.
    unsafe {
        for (i, &(from, to)) in ranges.iter().enumerate() {
            let v = match from {
                u32::MAX => Raw::UNDEFINED,
                _ => string::try_substring(vm, text, from as usize, to as usize),
            };
            if v.is_empty() {
                return Raw::EMPTY;
            }
            *Elements::at((*array).elements, i) = v;
        }
        if !ranges.is_empty() {
            (*(*array).elements).length = ranges.len() as u32;
        }
        *Object::trailing(array, object::ARRAY_LENGTH) = Raw::int32(ranges.len() as i32);
    }
    Raw::cell(array.cast())
}

/// Value of a literal.
///
/// OPTIMIZATION: after the first evaluation the constant of the pattern is a record of the literal's internal slots, which the
/// objects are made of. When one of them is compiled, so are those made later.
pub(crate) fn new_literal<'s>(
    s: &mut Scope<'s>,
    pattern: *mut Raw,
    flags: Raw,
    code: *mut spey_gc::Header,
) -> JsResult<Local<'s, Value>> {
    // SAFETY: a constant of live code; the cells are initialised before the next allocation.
    unsafe {
        let shape = s.vm().realm().regexp.shape;
        if crate::value::is_kind(*pattern, Kind::Record) {
            let slots = s.vm().heap.alloc(Kind::Slots as u8, 16 + 8) as *mut Slots;
            (*slots).capacity = 1;
            *Slots::at(slots, LAST_INDEX_SLOT) = Raw::int32(0);
            let slots = s.local(Raw::cell(slots.cast()));
            let o = object::alloc_object(s.vm(), Kind::RegExp, shape, slot::COUNT, Raw::UNDEFINED);
            let record = (*pattern).as_cell() as *mut Record;
            for i in 0..slot::LITERAL {
                *Object::trailing(o, i) = *Record::at(record, i);
            }
            *Object::trailing(o, slot::LITERAL) = *pattern;
            (*o).slots = slots.raw().as_cell().cast();
            s.vm().heap.write_barrier_all(o.cast());
            return Ok(s.local(Raw::cell(o.cast())));
        }
        let list = [s.local(*pattern), s.local(flags)];
        let c = s.intrinsic(Intrinsic::RegExp);
        let o = crate::call::construct(s, c, &list, None)?;
        // Objects of several realms have several shapes.
        if o.gc().header.word != shape {
            return Ok(o.value());
        }
        let record = crate::record::new_local(s, 0, slot::LITERAL);
        for i in 0..slot::LITERAL {
            record.set_at(s, i, o.slot(i));
        }
        o.set_slot(s, slot::LITERAL, record.raw());
        *pattern = record.raw();
        s.vm().heap.write_barrier(code, record.raw());
        Ok(o.value())
    }
}
/// Notes what a literal's pattern is compiled to.
pub fn set_compiled(s: &mut Scope<'_>, o: Local<'_, Object>, compiled: Raw) {
    o.set_slot(s, slot::COMPILED, compiled);
    let literal = o.slot(slot::LITERAL);
    if crate::value::is_kind(literal, Kind::Record) {
        // SAFETY: a live record of `new_literal`.
        unsafe {
            *Record::at(literal.as_cell() as *mut Record, slot::COMPILED) = compiled;
            s.vm().heap.write_barrier(literal.as_cell(), compiled);
        }
    }
}
