//! Artifacts as wasmtime loads them, put together from functions that were compiled one at a time.

use std::collections::HashMap;

use cranelift_codegen::binemit::Reloc;
use cranelift_codegen::ir::ExceptionTag;
use cranelift_codegen::{ExceptionContextLoc, FinalizedMachCallSite, FinalizedMachExceptionHandler};
use wasmparser::Validator;
use wasmtime_environ::object::SectionKind;
use wasmtime_environ::object::write::{Object, SectionId, StandardSegment};
use wasmtime_environ::{
    AddressMapSection, CompiledFunctionsTable, CompiledFunctionsTableBuilder, FilePos, FinishedObject,
    FuncKey, FunctionLoc, ModuleTranslation, ModuleTypes, ModuleTypesBuilder, ObjectBuilder, ObjectKind,
    TrapEncodingBuilder, obj,
};
use wasmtime_internal_cranelift::CompiledFunction;
use wasmtime_internal_unwinder::ExceptionTableBuilder;

use super::codegen::{CodeOf, Codegen, Function, only_module};
use super::memo;
use super::stack_maps::StackMaps;
use crate::baseline;

/// Functions begin at multiples of this.
pub const ALIGNMENT: usize = 16;
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

/// What a call of a quick function costs of its budget; a round of a loop costs 1.
pub const COST_OF_CALL: i8 = 8;
/// What counts the calls of a quick function, at the beginning of it: `sub qword [r11 + 8], cost; js`, with the distance to be put in. It is
/// called through its word, whose address [`stub`] has left in `r11`.
const COUNT: [u8; 11] = [0x49, 0x83, 0x6b, 0x08, COST_OF_CALL as u8, 0x0f, 0x88, 0, 0, 0, 0];
/// Fills the rest of [`ALIGNMENT`]: a `nop`.
const COUNT_FILLER: [u8; ALIGNMENT - COUNT.len()] = [0x0f, 0x1f, 0x44, 0, 0];

/// `jmp [rip]`, and the address.
fn far_jump(address: usize) -> [u8; ALIGNMENT] {
    let mut code = [FILLER; ALIGNMENT];
    code[..6].copy_from_slice(&[0xff, 0x25, 0, 0, 0, 0]);
    code[6..14].copy_from_slice(&(address as u64).to_le_bytes());
    code
}

/// `push rbp; mov rbp, rsp`
const FRAME: [u8; 4] = [0x55, 0x48, 0x89, 0xe5];
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
    stack_maps: StackMaps,
    exceptions: ExceptionTableBuilder,
    relocations: Vec<Relocation>,
    /// Where the distances of [`COUNT`] are.
    counts: Vec<usize>,
    /// Where what can be called from here is: functions of the module, by their number, and the rest.
    functions: Vec<Option<u32>>,
    places: HashMap<FuncKey, u32>,
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
            stack_maps: StackMaps::default(),
            exceptions: ExceptionTableBuilder::default(),
            relocations: vec![],
            counts: vec![],
            functions: vec![],
            places: HashMap::new(),
            table: CompiledFunctionsTableBuilder::new(),
        })
    }
    /// Makes room for code of a size in all.
    pub fn reserve(&mut self, bytes: usize) {
        self.text.reserve(bytes);
    }
    /// What is called by a key is at a place.
    fn can_be_called(&mut self, key: FuncKey, place: FunctionLoc) {
        if let FuncKey::DefinedWasmFunction(_, f) = key {
            let index = f.as_u32() as usize;
            if self.functions.len() <= index {
                self.functions.resize(index + 1, None);
            }
            self.functions[index] = Some(place.start);
        } else {
            self.places.insert(key, place.start);
        }
    }
    fn place_of(&self, key: FuncKey) -> Option<u32> {
        match key {
            FuncKey::DefinedWasmFunction(_, f) => self.functions.get(f.as_u32() as usize).copied().flatten(),
            _ => self.places.get(&key).copied(),
        }
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
        self.can_be_called(key, place);
        Ok(place)
    }
    /// Appends a function that calls others without arguments one after the other.
    pub fn append_sequence(&mut self, key: FuncKey, places: &[FunctionLoc]) -> wasmtime::Result<FunctionLoc> {
        let mut code = FRAME.to_vec();
        // push rdi; push rsi: the instances of callee and caller
        code.extend([0x57, 0x56]);
        let mut calls = vec![];
        for place in places {
            // mov rdi, [rbp - 8]; mov rsi, [rbp - 16]; call
            code.extend([0x48, 0x8b, 0x7d, 0xf8, 0x48, 0x8b, 0x75, 0xf0, 0xe8]);
            calls.push((code.len(), place.start));
            code.extend([0; 4]);
        }
        // leave; ret
        code.extend([0xc9, 0xc3]);
        let sequence = self.place(&code)?;
        self.can_be_called(key, sequence);
        for (at, target) in calls {
            let at = sequence.start as usize + at;
            self.set_distance(at, i64::from(target) - (at + size_of::<i32>()) as i64)?;
        }
        Ok(sequence)
    }
    /// Appends a compiled function. Returns where it is entered, too: if it is to be improved, where its calls are counted.
    pub fn append(&mut self, function: &Function) -> wasmtime::Result<(FunctionLoc, u32)> {
        let code = function.code();
        let mut entry = None;
        if function.is_counted() {
            let count = self.place(&COUNT)?;
            self.text.extend_from_slice(&COUNT_FILLER);
            self.counts.push(count.start as usize + COUNT.len() - size_of::<i32>());
            entry = Some(count.start);
        }
        let bytes = match code {
            CodeOf::Cranelift(code) => code.buffer.data(),
            CodeOf::Baseline(code) => &code.bytes,
        };
        let place = self.place(bytes)?;
        // What will be compiled again, or may be given up, is called through its word; what is remembered, through its memo.
        if !function.is_counted() && !function.relies_on_tables() && memo::place(function.key).is_none() {
            self.can_be_called(function.key, place);
        }
        match code {
            CodeOf::Cranelift(code) => self.append_cranelift(code, place)?,
            CodeOf::Baseline(code) => self.append_baseline(code, place)?,
        }
        Ok((place, entry.unwrap_or(place.start)))
    }
    fn append_cranelift(&mut self, code: &CompiledFunction, place: FunctionLoc) -> wasmtime::Result<()> {
        let range = u64::from(place.start)..u64::from(place.start + place.length);
        self.addresses.push(range.clone(), &code.address_map().instructions);
        for (offset, frame_size, map) in code.buffer.user_stack_maps() {
            let offsets = map.entries().map(|(_, offset)| offset);
            self.stack_maps.push(place.start + offset, *frame_size, offsets);
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
        Ok(())
    }
    fn append_baseline(&mut self, code: &baseline::Code, place: FunctionLoc) -> wasmtime::Result<()> {
        let range = u64::from(place.start)..u64::from(place.start + place.length);
        self.addresses.push(range.clone(), &code.addresses);
        for map in &code.stack_maps {
            let at = place.start + map.returns_to;
            self.stack_maps.push(at, code.frame_size, map.offsets.iter().copied());
        }
        self.traps.push(range, &code.traps);
        let handlers: Vec<_> = code
            .handlers
            .iter()
            .map(|call| {
                let context = ExceptionContextLoc::SPOffset(code.instance_offset());
                let handlers = call.handlers.iter().map(|&(tag, at)| match tag {
                    Some(tag) => FinalizedMachExceptionHandler::Tag(ExceptionTag::from_u32(tag), at),
                    None => FinalizedMachExceptionHandler::Default(at),
                });
                std::iter::once(FinalizedMachExceptionHandler::Context(context))
                    .chain(handlers)
                    .collect::<Vec<_>>()
            })
            .collect();
        let call_sites = code.handlers.iter().zip(&handlers).map(|(call, handlers)| FinalizedMachCallSite {
            ret_addr: call.returns_to,
            frame_offset: Some(code.frame_size),
            exception_handlers: handlers,
        });
        self.exceptions.add_func(place.start, call_sites)?;
        for &(at, target) in &code.calls {
            // The distance counts from behind it.
            let at = place.start as usize + at as usize;
            self.relocations.push(Relocation { at, addend: -(size_of::<i32>() as i64), target });
        }
        Ok(())
    }
    /// Puts the distances into calls; what is not here is called through the word that `word_of` names. What has been called often goes
    /// on at `often`.
    pub fn link(&mut self, word_of: impl Fn(FuncKey) -> Option<usize>, often: usize) -> wasmtime::Result<()> {
        let counts = std::mem::take(&mut self.counts);
        if !counts.is_empty() {
            let target = self.place(&far_jump(often))?.start as i64;
            for at in counts {
                self.set_distance(at, target - (at + size_of::<i32>()) as i64)?;
            }
        }
        for r in std::mem::take(&mut self.relocations) {
            let target = match self.place_of(r.target) {
                Some(target) => target,
                None => {
                    let Some(word) = word_of(r.target) else {
                        wasmtime::bail!("a call of something that is nowhere");
                    };
                    self.append_stub(r.target, word)?.start
                }
            };
            self.set_distance(r.at, i64::from(target) + r.addend - r.at as i64)?;
        }
        Ok(())
    }
    fn set_distance(&mut self, at: usize, distance: i64) -> wasmtime::Result<()> {
        let distance = i32::try_from(distance)?;
        self.text[at..at + size_of::<i32>()].copy_from_slice(&distance.to_le_bytes());
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
