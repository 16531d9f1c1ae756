//! What self-hosted array methods ask in machine code: whether ArraySpeciesCreate makes plain arrays.

use spey_gc::Value as Raw;

use crate::cell::Object;
use crate::function::{self, NativeSpec};
use crate::interp::slow::{Lookup, named_lookup};
use crate::realm::Intrinsic;
use crate::vm::Vm;

/// Does ArraySpeciesCreate, ECMA-262 §10.4.2.3, make plain arrays of this array? For machine code: `true` or the empty value.
/// The argument is a closure of the realm.
pub(crate) static MAKES_PLAIN_ARRAYS: NativeSpec =
    NativeSpec::new("", 0, |s, _, _| Ok(s.undefined())).with_quick(makes_plain_arrays);

fn makes_plain_arrays(vm: &mut Vm, this: Raw, args: &[Raw]) -> Raw {
    // SAFETY: a live array and a live closure; nothing is allocated.
    unsafe {
        let realm = (*function::code_of(args[0].as_cell().cast())).header.word as usize;
        let array = vm.realms[realm].as_ref().expect("live realm").intrinsic(Intrinsic::Array);
        let (constructor, species) = (vm.names.constructor, vm.names.sym_species);
        let Lookup::Value(c) = named_lookup(vm, this.as_cell() as *mut Object, constructor) else {
            return Raw::EMPTY;
        };
        if c != array {
            return Raw::EMPTY;
        }
        let Lookup::Getter(getter) = named_lookup(vm, c.as_cell() as *mut Object, species) else {
            return Raw::EMPTY;
        };
        // That of any constructor and realm returns `this`.
        if crate::iteration::is_identity(getter) { Raw::TRUE } else { Raw::EMPTY }
    }
}
