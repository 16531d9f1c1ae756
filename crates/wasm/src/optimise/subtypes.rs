//! The engine's numbers of a module's types, and which of them are below which.
//!
//! The numbers are known when there is an instance; optimised code has them as constants. For each type that objects are tested for there is a table, with a byte
//! for each number from the module's lowest to its highest.

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock, PoisonError};

use wasmtime_environ::{ModuleInternedTypeIndex, ModuleTypesBuilder};

/// Tables are not larger: others have loaded many types between those of the module.
const MOST_NUMBERS: u32 = 1 << 16;

/// What a table says of a type: below the one that is asked for, or not. 0: it is none of the module.
pub const YES: u8 = 1;
const NO: u8 = 2;

/// What is known of a module's types.
#[derive(Default)]
pub struct Types {
    numbers: OnceLock<Vec<u32>>,
    /// By the number of the type that is tested for. They stay where they are, as long as the module.
    tables: Mutex<HashMap<u32, Box<[u8]>>>,
}
/// Where the answers for a type are.
pub struct Answers {
    /// Address of the byte of the type with the lowest number.
    pub table: usize,
    /// That number.
    pub first: u32,
    /// How many there are.
    pub count: u32,
}
impl Types {
    /// Takes the numbers of all types of the module, if they are not known.
    pub fn learn(&self, read: impl FnOnce() -> Vec<u32>) {
        self.numbers.get_or_init(read);
    }
    /// The number of a type, if it is known.
    pub fn number(&self, ty: ModuleInternedTypeIndex) -> Option<u32> {
        self.numbers.get()?.get(ty.as_u32() as usize).copied()
    }
    /// Which types are below one; none if it is not known.
    pub fn answers(&self, types: &ModuleTypesBuilder, ty: ModuleInternedTypeIndex) -> Option<Answers> {
        let numbers = self.numbers.get()?;
        let asked = self.number(ty)?;
        let (first, last) = (*numbers.iter().min()?, *numbers.iter().max()?);
        let count = (last - first).checked_add(1).filter(|count| *count <= MOST_NUMBERS)?;
        let mut tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        let table = tables.entry(asked).or_insert_with(|| {
            let mut table = vec![0; count as usize];
            for (ty, declared) in types.wasm_types() {
                let mut own = Some((ty, declared));
                let mut answer = NO;
                while let Some((ty, declared)) = own {
                    // Equal types have one number.
                    if self.number(ty) == Some(asked) {
                        answer = YES;
                        break;
                    }
                    let above = declared.supertype.and_then(|ty| ty.as_module_type_index());
                    own = above.map(|ty| (ty, &types[ty]));
                }
                if let Some(number) = self.number(ty) {
                    table[(number - first) as usize] = answer;
                }
            }
            table.into_boxed_slice()
        });
        Some(Answers { table: table.as_ptr() as usize, first, count })
    }
}
