//! Objects and environments that are constant: what machine code may take for granted about them.
//!
//! The builder of a snapshot looks into what is constant, as it is at that moment. When the machine code is installed, what it
//! used of that is compared once more, and watched from then on ([`Job::watch`]).

use spey_gc::Value as Raw;
use spey_jit::snapshot::{ENV_PARENT, EntrySnapshot, Holds, Reliance, Singleton, TypedMemory};

use super::{Builder, Job, PLAIN};
use crate::cell::{Kind, Object, flag};
use crate::env::{Environment, env_flag};
use crate::function::{self, FunctionRare, closure};
use crate::inline_cache as ic;
use crate::key::PropertyKey;
use crate::shape::attr;
use crate::typed_array;
use crate::vm::Vm;
use crate::watch;

/// Most constant objects looked into.
const MAX_SINGLETONS: usize = 400;

/// A constant object or environment as it was when the snapshot was taken.
pub(super) struct Known {
    pub(super) cell: Raw,
    /// Shape; 0: not relied on.
    shape: u32,
    /// What a constructor makes; 0: not relied on.
    layout: (u32, u32),
    memory: Option<TypedMemory>,
}
impl Known {
    fn new(cell: Raw) -> Known {
        Known { cell, shape: 0, layout: (0, 0), memory: None }
    }
}

impl Job {
    /// Watches what the code takes for granted about singletons. False: it does not hold any more.
    ///
    /// # Safety
    /// The job belongs to this VM.
    pub(crate) unsafe fn watch(&self, vm: &mut Vm, relied: &[Reliance]) -> bool {
        // SAFETY: the job keeps what it knows alive.
        relied.iter().all(|&reliance| unsafe {
            let known = |id: u64| {
                let known = &self.singletons[&id];
                (known.cell.as_cell() as *mut Object, known)
            };
            match reliance {
                Reliance::Shape(id) => {
                    let (o, known) = known(id);
                    self.watch_shape(vm, o, known)
                }
                Reliance::Construct(id) => {
                    let (f, known) = known(id);
                    self.watch_layout(vm, f, known)
                }
                Reliance::Memory(id) => {
                    let (array, known) = known(id);
                    if vm.detach_mark == watch::MUTABLE || fixed_memory(array) != known.memory {
                        return false;
                    }
                    vm.detach_mark = vm.watches.watch(vm.detach_mark, &self.valid);
                    true
                }
                Reliance::Field(id, key) => {
                    let (o, known) = known(id);
                    let is_prototype = key == vm.names.prototype.raw().bits() && known.layout.0 != 0;
                    let value = self.fields[&(id, key)];
                    match is_prototype {
                        true => self.watch_layout(vm, o, known),
                        false => self.watch_field(vm, o, PropertyKey::from_raw(Raw::from_bits(key)), value),
                    }
                }
                Reliance::Holds(origin, field) => {
                    let now = vm.shapes.last_field(origin);
                    let keeps_shape = match field {
                        Holds::Shape(shape) => self.watch_left(vm, shape),
                        _ => true,
                    };
                    Holds::from(now) == field
                        && keeps_shape
                        && vm.shapes.rely_on_field(origin, now, &self.valid)
                }
            }
        })
    }
    unsafe fn watch_shape(&self, vm: &mut Vm, o: *mut Object, known: &Known) -> bool {
        // SAFETY: a live object.
        if unsafe { (*o).header.word } != known.shape {
            return false;
        }
        // The shapes of prototypes change with the epoch.
        vm.shapes.get(known.shape).dictionary || self.watch_left(vm, known.shape)
    }
    /// The code relies on that no object leaves a shape. False: one has.
    fn watch_left(&self, vm: &mut Vm, shape: u32) -> bool {
        let left = vm.shapes.left(shape);
        if left == watch::MUTABLE {
            return false;
        }
        let left = vm.watches.watch(left, &self.valid);
        vm.shapes.set_left(shape, left);
        true
    }
    unsafe fn watch_layout(&self, vm: &mut Vm, f: *mut Object, known: &Known) -> bool {
        // SAFETY: a live closure; a settled layout is in a FunctionRare.
        unsafe {
            if lasting_layout(f) != Some(known.layout) {
                return false;
            }
            let rare = (*Object::trailing(f, closure::RARE)).as_cell() as *mut FunctionRare;
            (*rare).prototype_mark = vm.watches.watch((*rare).prototype_mark, &self.valid);
            true
        }
    }
    unsafe fn watch_field(&self, vm: &mut Vm, o: *mut Object, key: PropertyKey, value: Raw) -> bool {
        // SAFETY: a live object.
        unsafe {
            let shape = (*o).header.word;
            if constant_field(vm, o, key) != Some(value) {
                return false;
            }
            let mark = vm.shapes.mark(shape, key);
            let mark = vm.watches.watch(mark, &self.valid);
            vm.shapes.set_mark(shape, key, mark);
            true
        }
    }
}
/// Where the elements of a typed array are, as long as no buffer's bytes are taken away.
unsafe fn fixed_memory(array: *mut Object) -> Option<TypedMemory> {
    // SAFETY: a live typed array.
    let (element, address, length) = unsafe { typed_array::fixed_memory(array)? };
    Some(TypedMemory { element, address, length })
}
/// Shape and inline slots of what a closure makes, as long as it keeps its `prototype`.
unsafe fn lasting_layout(f: *mut Object) -> Option<(u32, u32)> {
    // SAFETY: a live object.
    unsafe {
        let closure = Kind::of(f.cast()) == Kind::Function;
        closure.then(|| function::initial_layout(f)).flatten().map(|(shape, inline)| (shape, inline as u32))
    }
}
/// An own data property that has not been overwritten.
unsafe fn constant_field(vm: &mut Vm, o: *mut Object, key: PropertyKey) -> Option<Raw> {
    // SAFETY: a live object.
    unsafe {
        let v = own_value(vm, o, key)?;
        (vm.shapes.mark((*o).header.word, key) != watch::MUTABLE && !v.is_undefined()).then_some(v)
    }
}
/// The value of an own data property.
unsafe fn own_value(vm: &mut Vm, o: *mut Object, key: PropertyKey) -> Option<Raw> {
    // SAFETY: a live object has the slots that its shape tells.
    unsafe {
        let shape = (*o).header.word;
        let p = vm.shapes.lookup(shape, key)?;
        let location = ic::location(p.slot, vm.shapes.get(shape).inline_capacity);
        (p.attributes & attr::ACCESSOR == 0).then(|| *ic::address(o, location))
    }
}

/// An own property that nobody can change, whatever becomes of the object.
unsafe fn is_fixed(vm: &mut Vm, o: *mut Object, key: PropertyKey) -> bool {
    // SAFETY: a live object.
    let p = vm.shapes.lookup(unsafe { (*o).header.word }, key);
    p.is_some_and(|p| p.attributes & (attr::WRITABLE | attr::CONFIGURABLE) == 0)
}

impl Builder<'_> {
    /// Looks the properties of constant objects and environments up that sites read, and those of the objects found there.
    pub(super) fn look_into_constants(&mut self) {
        while let Some(v) = self.constants.pop() {
            // SAFETY: constants are live cells; nothing is allocated.
            unsafe {
                let Some(id) = self.constant_of(v).identity() else { continue };
                if self.known.contains_key(&id) || self.known.len() >= MAX_SINGLETONS {
                    continue;
                }
                let kind = Kind::of(v.as_cell());
                if kind == Kind::Environment {
                    self.known.insert(id, Known::new(v));
                    self.singletons.insert(id, Singleton::default());
                    self.look_into_environment(v.as_cell().cast(), id);
                } else if kind == Kind::TypedArray {
                    let watched = self.vm.detach_mark != watch::MUTABLE;
                    let memory = if watched { fixed_memory(v.as_cell().cast()) } else { None };
                    self.known.insert(id, Known { memory, ..Known::new(v) });
                    self.singletons.insert(id, Singleton { memory, ..Singleton::default() });
                } else if PLAIN.contains(&kind) {
                    let o = v.as_cell() as *mut Object;
                    let (shape, layout) = (self.lasting_shape(o), lasting_layout(o).unwrap_or((0, 0)));
                    self.shape(shape);
                    self.shape(layout.0);
                    self.known.insert(id, Known { shape, layout, ..Known::new(v) });
                    let mut singleton = Singleton { shape, construct: layout, ..Singleton::default() };
                    if kind == Kind::Function {
                        let env = *Object::trailing(o, closure::ENV);
                        if env.is_cell() {
                            singleton.env = self.constant_of(env);
                            self.constants.push(env);
                        }
                    }
                    self.singletons.insert(id, singleton);
                    if layout.0 != 0 {
                        let rare = (*Object::trailing(o, closure::RARE)).as_cell() as *mut FunctionRare;
                        let prototype = (*rare).initial_prototype;
                        self.note_field(id, self.vm.names.prototype.raw().bits(), prototype);
                        singleton.instances = self.constant_of(prototype);
                        singleton.class = self.plain_class(o);
                        self.singletons.insert(id, singleton);
                    }
                    let own = (*o).header.word;
                    let read = self.reads.range((own, 0)..=(own, u64::MAX)).map(|k| Raw::from_bits(k.1));
                    for key in read.chain(self.open.iter().copied()).collect::<Vec<_>>() {
                        if (shape != 0 || is_fixed(self.vm, o, PropertyKey::from_raw(key)))
                            && let Some(v) = constant_field(self.vm, o, PropertyKey::from_raw(key))
                        {
                            self.note_field(id, key.bits(), v);
                        } else {
                            self.guess_field(id, o, PropertyKey::from_raw(key));
                        }
                    }
                }
            }
        }
    }
    /// A property that is not constant, if it is machine code of another compiler: callers compare before they call it.
    unsafe fn guess_field(&mut self, id: u64, o: *mut Object, key: PropertyKey) {
        // SAFETY: a live object, which has the slots that its shape tells.
        unsafe {
            let Some(v) = own_value(self.vm, o, key) else { return };
            if crate::value::is_kind(v, Kind::NativeFunction)
                && function::native_spec(v.as_cell().cast()).foreign.is_some()
            {
                let mut s = EntrySnapshot::NONE;
                self.function_at(&mut s, v);
                self.guesses.insert((id, key.raw().bits()), s);
            }
        }
    }
    /// Shape of a constant constructor, if `instanceof` is the plain one for constructors of that shape; else 0.
    unsafe fn plain_class(&mut self, f: *mut Object) -> u32 {
        // SAFETY: a live object.
        let (shape, flags) = unsafe { ((*f).header.word, (*f).header.flags) };
        let settled = !self.vm.shapes.get(shape).dictionary || flags & flag::IS_PROTOTYPE != 0;
        let plain =
            crate::operators::plain_instance_of(self.vm, Raw::UNDEFINED, Raw::cell(f.cast())).is_some();
        if !settled || !plain {
            return 0;
        }
        self.shape(shape);
        shape
    }
    /// Shape of a constant object that it will keep, as far as can be told; else 0.
    unsafe fn lasting_shape(&mut self, o: *mut Object) -> u32 {
        // SAFETY: a live object.
        let (id, flags) = unsafe { ((*o).header.word, (*o).header.flags) };
        let lasts = if self.vm.shapes.get(id).dictionary {
            // Dictionaries change in place, but for those of prototypes.
            flags & flag::IS_PROTOTYPE != 0
        } else {
            self.vm.shapes.left(id) != watch::MUTABLE
        };
        if lasts { id } else { 0 }
    }
    unsafe fn look_into_environment(&mut self, env: *mut Environment, id: u64) {
        // SAFETY: a live environment.
        unsafe {
            if (*env).parent.is_cell() {
                self.note_field(id, ENV_PARENT, (*env).parent);
            }
            // Evals and `with` may change variables unseen.
            if (*env).header.flags & (env_flag::NAMED | env_flag::WITH | env_flag::EVAL_VAR) != 0 {
                return;
            }
            for slot in self.slots.clone() {
                if (slot as u32) < (*env).header.word {
                    let v = *Environment::at(env, slot as usize);
                    if !v.is_empty() && !v.is_undefined() {
                        self.note_field(id, slot as u64, v);
                    }
                }
            }
        }
    }
    unsafe fn note_field(&mut self, id: u64, key: u64, v: Raw) {
        let mut s = EntrySnapshot::NONE;
        // SAFETY: a live value.
        unsafe { self.note_constant(&mut s, v) };
        self.fields.entry((id, key)).or_insert(s);
        self.values.entry((id, key)).or_insert(v);
    }
}
