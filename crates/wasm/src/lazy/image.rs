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

use super::codegen::{Codegen, Function, Level, Program, only_module};
use super::memo;

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

/// What counts the calls of a quick function, at the beginning of it: `dec qword [r11 + 8]; js`, with the distance to be put in. It is called
/// through its word, whose address [`stub`] has left in `r11`.
const COUNT: [u8; 10] = [0x49, 0xff, 0x4b, 0x08, 0x0f, 0x88, 0, 0, 0, 0];
/// Fills the rest of [`ALIGNMENT`]: a `nop`.
const COUNT_FILLER: [u8; ALIGNMENT - COUNT.len()] = [0x66, 0x0f, 0x1f, 0x44, 0, 0];

/// `jmp [rip]`, and the address.
fn far_jump(address: usize) -> [u8; ALIGNMENT] {
    let mut code = [FILLER; ALIGNMENT];
    code[..6].copy_from_slice(&[0xff, 0x25, 0, 0, 0, 0]);
    code[6..14].copy_from_slice(&(address as u64).to_le_bytes());
    code
}

/// Enters the baseline compiler's code as other code expects it: keeps the registers that a callee preserves, copies the arguments on the
/// stack, and removes them. Returns the code and where the distance of its call is.
fn adapted_entry(stack_words: usize) -> (Vec<u8>, usize) {
    let mut code = FRAME.to_vec();
    // push rbx; push r12; push r13; push r14; push r15; sub rsp, 8
    code.extend([0x53, 0x41, 0x54, 0x41, 0x55, 0x41, 0x56, 0x41, 0x57, 0x48, 0x83, 0xec, 0x08]);
    push_arguments(&mut code, stack_words);
    // call
    code.push(0xe8);
    let call = code.len();
    code.extend([0; 4]);
    // lea rsp, [rbp - 40]; pop r15; pop r14; pop r13; pop r12; pop rbx; pop rbp
    code.extend([0x48, 0x8d, 0x65, 0xd8, 0x41, 0x5f, 0x41, 0x5e, 0x41, 0x5d, 0x41, 0x5c, 0x5b, 0x5d]);
    match stack_words {
        0 => code.push(0xc3),
        words => {
            code.push(0xc2);
            code.extend((8 * words as u16).to_le_bytes());
        }
    }
    (code, call)
}
/// Calls a function with arguments on the stack, which the callee removes, through its word, for the baseline compiler's code, which
/// will remove them itself.
fn adapted_call(stack_words: usize, word: usize) -> Vec<u8> {
    let mut code = FRAME.to_vec();
    push_arguments(&mut code, stack_words);
    // mov r11, word; call [r11]; pop rbp; ret
    code.extend([0x49, 0xbb]);
    code.extend((word as u64).to_le_bytes());
    code.extend([0x41, 0xff, 0x13, 0x5d, 0xc3]);
    code
}
/// `push rbp; mov rbp, rsp`
const FRAME: [u8; 4] = [0x55, 0x48, 0x89, 0xe5];
/// Copies the arguments above a frame: `push [rbp + distance]`.
fn push_arguments(code: &mut Vec<u8>, words: usize) {
    for i in (0..words).rev() {
        code.extend([0xff, 0xb5]);
        code.extend((16 + 8 * i as u32).to_le_bytes());
    }
}

struct Relocation {
    /// Place of the 32-bit distance.
    at: usize,
    addend: i64,
    target: FuncKey,
    /// Where the baseline compiler's code calls, how many words of arguments lie on the stack; else 0.
    stack_words: usize,
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
    /// Where the distances of [`COUNT`] are.
    counts: Vec<usize>,
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
            counts: vec![],
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
        self.places.insert(key, sequence.start as usize);
        for (at, target) in calls {
            let at = sequence.start as usize + at;
            self.set_distance(at, i64::from(target) - (at + size_of::<i32>()) as i64)?;
        }
        Ok(sequence)
    }
    /// Appends a compiled function. Returns where it is entered, too: if it is to be improved, where its calls are counted.
    pub fn append(&mut self, program: &Program, function: &Function) -> wasmtime::Result<(FunctionLoc, u32)> {
        let code: &CompiledFunction = function.code();
        let mut entry = None;
        if function.is_counted() {
            let count = self.place(&COUNT)?;
            self.text.extend_from_slice(&COUNT_FILLER);
            self.counts.push(count.start as usize + COUNT.len() - size_of::<i32>());
            entry = Some(count.start);
        }
        let is_baseline = function.level == Level::Baseline;
        let stack_words = |key: FuncKey| match key {
            FuncKey::DefinedWasmFunction(_, f) if is_baseline => {
                program.stack_words(program.translation().module.func_index(f))
            }
            _ => 0,
        };
        let mut call = None;
        if is_baseline {
            // Directly behind the counter.
            let (code, at) = adapted_entry(stack_words(function.key));
            call = Some(self.text.len() + at);
            self.text.extend(code);
        }
        let place = self.place(code.buffer.data())?;
        if let Some(at) = call {
            self.set_distance(at, place.start as i64 - (at + size_of::<i32>()) as i64)?;
        }
        // What will be compiled again is called through its word; what is remembered, through its memo.
        if !function.is_counted() && memo::place(function.key).is_none() {
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
            let (target, stack_words) = (r.reloc_target, stack_words(r.reloc_target));
            self.relocations.push(Relocation { at, addend: r.addend, target, stack_words });
        }
        Ok((place, entry.unwrap_or(place.start)))
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
        let mut adapted = HashMap::new();
        for r in std::mem::take(&mut self.relocations) {
            let place = match r.stack_words {
                0 => self.places.get(&r.target),
                _ => adapted.get(&r.target),
            };
            let target = match place {
                Some(&target) => target,
                None => {
                    let Some(word) = word_of(r.target) else {
                        wasmtime::bail!("a call of something that is nowhere");
                    };
                    match r.stack_words {
                        0 => self.append_stub(r.target, word)?.start as usize,
                        words => {
                            let place = self.place(&adapted_call(words, word))?.start as usize;
                            adapted.insert(r.target, place);
                            place
                        }
                    }
                }
            };
            self.set_distance(r.at, target as i64 + r.addend - r.at as i64)?;
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
