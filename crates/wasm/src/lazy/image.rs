//! Artifacts as wasmtime loads them, put together from functions that were compiled one at a time.

use std::collections::HashMap;

use cranelift_codegen::binemit::Reloc;
use wasmparser::Validator;
use wasmtime_environ::object::SectionKind;
use wasmtime_environ::object::write::{Object, SectionId, StandardSegment};
use wasmtime_environ::{
    AddressMapSection, CompiledFunctionsTable, CompiledFunctionsTableBuilder, FilePos, FinishedObject,
    FuncKey, FunctionLoc, ModuleTranslation, ModuleTypes, ModuleTypesBuilder, ObjectBuilder, ObjectKind,
    StackMapSection, TrapEncodingBuilder, obj,
};
use wasmtime_internal_cranelift::CompiledFunction;
use wasmtime_internal_unwinder::ExceptionTableBuilder;

use super::codegen::{Codegen, Function, Level, only_module};

/// Functions begin at multiples of this.
const ALIGNMENT: usize = 16;
/// Filler: `int3`.
const FILLER: u8 = 0xcc;

/// A jump through the word at an address: `mov r11, address; jmp [r11]`. No calling convention has arguments in `r11`.
pub fn stub(address: usize) -> [u8; ALIGNMENT] {
    let mut code = [FILLER; ALIGNMENT];
    code[..2].copy_from_slice(&[0x49, 0xbb]);
    code[2..10].copy_from_slice(&(address as u64).to_le_bytes());
    code[10..13].copy_from_slice(&[0x41, 0xff, 0x23]);
    code
}

struct Relocation {
    /// Place of the 32-bit distance.
    at: usize,
    addend: i64,
    target: FuncKey,
}

/// An artifact that is being made.
pub struct Image {
    codegen: &'static Codegen,
    object: Object<'static>,
    section: SectionId,
    text: Vec<u8>,
    addresses: AddressMapSection,
    traps: TrapEncodingBuilder,
    stack_maps: StackMapSection,
    exceptions: ExceptionTableBuilder,
    relocations: Vec<Relocation>,
    /// Where what can be called from here is.
    places: HashMap<FuncKey, usize>,
    table: CompiledFunctionsTableBuilder,
}
impl Image {
    /// An empty one.
    pub fn new(codegen: &'static Codegen) -> wasmtime::Result<Image> {
        let mut object = codegen.compiler.object(ObjectKind::Module)?;
        let section = object.add_section(
            object.segment_name(StandardSegment::Text).to_vec(),
            b".text".to_vec(),
            SectionKind::Text,
        );
        Ok(Image {
            codegen,
            object,
            section,
            text: vec![],
            addresses: AddressMapSection::default(),
            traps: TrapEncodingBuilder::default(),
            stack_maps: StackMapSection::default(),
            exceptions: ExceptionTableBuilder::default(),
            relocations: vec![],
            places: HashMap::new(),
            table: CompiledFunctionsTableBuilder::new(),
        })
    }
    fn place(&mut self, code: &[u8]) -> wasmtime::Result<FunctionLoc> {
        self.text.resize(self.text.len().next_multiple_of(ALIGNMENT), FILLER);
        let start = u32::try_from(self.text.len())?;
        self.text.extend_from_slice(code);
        u32::try_from(self.text.len())?;
        Ok(FunctionLoc { start, length: code.len() as u32 })
    }
    /// Tells wasmtime where something is; in the order of keys.
    pub fn publish(&mut self, key: FuncKey, place: FunctionLoc, source: FilePos) {
        self.table.push_func(key, place, source);
    }
    /// Appends a function that calls through a word.
    pub fn append_stub(&mut self, key: FuncKey, address: usize) -> wasmtime::Result<FunctionLoc> {
        let place = self.place(&stub(address))?;
        self.places.insert(key, place.start as usize);
        Ok(place)
    }
    /// Appends a compiled function.
    pub fn append(&mut self, function: &Function) -> wasmtime::Result<FunctionLoc> {
        let code: &CompiledFunction = function.code();
        let place = self.place(code.buffer.data())?;
        // What will be compiled again is called through its word.
        let is_final =
            function.level == Level::Optimised || matches!(function.key, FuncKey::ModuleStartup(..));
        if is_final {
            self.places.insert(function.key, place.start as usize);
        }
        let range = u64::from(place.start)..u64::from(place.start + place.length);
        self.addresses.push(range.clone(), &code.address_map().instructions);
        for (offset, frame_size, map) in code.buffer.user_stack_maps() {
            let offsets: Vec<u32> = map.entries().map(|(_, offset)| offset).collect();
            self.stack_maps.push(range.start + u64::from(*offset), *frame_size, offsets.into_iter());
        }
        self.traps.push(range, &code.traps(&self.codegen.tunables).collect::<Vec<_>>());
        self.exceptions.add_func(place.start, code.buffer.call_sites())?;
        for r in code.relocations() {
            if r.reloc != Reloc::X86CallPCRel4 {
                wasmtime::bail!("an unknown relocation");
            }
            let at = place.start as usize + r.offset as usize;
            self.relocations.push(Relocation { at, addend: r.addend, target: r.reloc_target });
        }
        Ok(place)
    }
    /// Puts the distances into calls; what is not here is called through the word that `word_of` names.
    pub fn link(&mut self, word_of: impl Fn(FuncKey) -> Option<usize>) -> wasmtime::Result<()> {
        for r in std::mem::take(&mut self.relocations) {
            let target = match self.places.get(&r.target) {
                Some(&target) => target,
                None => match word_of(r.target) {
                    Some(word) => self.append_stub(r.target, word)?.start as usize,
                    None => wasmtime::bail!("a call of something that is nowhere"),
                },
            };
            let distance = i32::try_from(target as i64 + r.addend - r.at as i64)?;
            self.text[r.at..r.at + 4].copy_from_slice(&distance.to_le_bytes());
        }
        Ok(())
    }
    /// The artifact of a module, as far as it is declared by `translation` and `types`.
    pub fn finish(
        mut self,
        translation: ModuleTranslation<'_>,
        types: &ModuleTypes,
    ) -> wasmtime::Result<Vec<u8>> {
        let page = self.codegen.compiler.page_size_align();
        self.text.resize(self.text.len().next_multiple_of(page as usize), FILLER);
        self.object.section_mut(self.section).set_data(self.text, page);
        let mut add = |name: &str, data: &[u8]| {
            let segment = self.object.segment_name(StandardSegment::Data).to_vec();
            let id = self.object.add_section(segment, name.as_bytes().to_vec(), SectionKind::ReadOnlyData);
            self.object.append_section_data(id, data, 1);
        };
        add(obj::ELF_WASM_ENGINE, &self.codegen.engine_section);
        add(obj::ELF_WASM_BTI, &[self.codegen.compiler.is_branch_protection_enabled().into()]);
        add(obj::ELF_WASMTIME_EXCEPTIONS, &self.exceptions.to_vec());
        self.addresses.append_to(&mut self.object);
        self.stack_maps.append_to(&mut self.object);
        self.traps.append_to(&mut self.object);
        let mut object = ObjectBuilder::new(self.object, &self.codegen.tunables);
        let info = object.append(translation)?;
        let table: CompiledFunctionsTable = self.table.finish();
        object.serialize_info(&(&info, &table, types));
        Vec::finish_object(object, &())
    }
    /// The artifact of code that belongs to no module of its own.
    pub fn finish_bare(self) -> wasmtime::Result<Vec<u8>> {
        let types = ModuleTypesBuilder::new(&Validator::new()).finish();
        self.finish(ModuleTranslation::new(only_module()), &types)
    }
}
