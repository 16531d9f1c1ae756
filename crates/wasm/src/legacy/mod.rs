//! The exception instructions that modules had before WebAssembly 3.0 (`try`, `catch`, `delegate`, `rethrow`), rewritten as
//! those that it has now. The compiler knows the new ones only; what toolchains make by default has the old ones.
//!
//! A module is validated as it is, then function after function is rewritten (`function`): what is no such instruction is
//! copied byte by byte.

mod function;

use std::ops::Range;

use wasmparser::{
    AbstractHeapType, BlockType, CompositeInnerType, HeapType, Parser, Payload, RefType, TypeRef,
    UnpackedIndex, ValType, Validator, WasmFeatures,
};

use crate::leb128::{signed, unsigned};

const TYPE_SECTION: u8 = 1;
const CODE_SECTION: u8 = 10;

/// What the compiler says of a module that needs this.
pub const NEEDED: &str = "legacy_exceptions feature required";

/// May the module need this? To be looked at before it is compiled: the compiler complains of an instruction only when it has
/// compiled the functions before it, and handlers without a tag are all that is not noticed here.
pub fn has_tags(bytes: &[u8]) -> bool {
    for payload in Parser::new(0).parse_all(bytes) {
        match payload {
            Ok(Payload::TagSection(_)) => return true,
            Ok(Payload::ImportSection(imports)) => {
                let is_tag = |i: wasmparser::Result<wasmparser::Import<'_>>| {
                    i.is_ok_and(|i| matches!(i.ty, TypeRef::Tag(_)))
                };
                if imports.into_imports().any(is_tag) {
                    return true;
                }
            }
            Ok(Payload::CodeSectionStart { .. }) | Err(_) => return false,
            Ok(_) => {}
        }
    }
    false
}
/// The module without old exception instructions. The error is a message, as of the compiler.
pub fn rewrite(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let text = |e: wasmparser::BinaryReaderError| format!("{} @+{}", e.message(), e.offset());
    let features = WasmFeatures::WASM3 | WasmFeatures::THREADS | WasmFeatures::LEGACY_EXCEPTIONS;
    Validator::new_with_features(features).validate_all(bytes).map_err(text)?;
    Module::read(bytes).map_err(text)?.write()
}

/// A function type: parameters and results.
#[derive(Clone, PartialEq)]
struct Signature {
    params: Vec<ValType>,
    results: Vec<ValType>,
}

/// What has to be known of a valid module to rewrite its functions.
#[derive(Default)]
struct Module<'a> {
    bytes: &'a [u8],
    /// The sections: id and place of the contents.
    sections: Vec<(u8, Range<usize>)>,
    /// The types; none for those that are no functions.
    types: Vec<Option<Signature>>,
    /// Groups of types in the section.
    type_groups: u32,
    /// Type of each function, imported ones first.
    functions: Vec<u32>,
    imported_functions: usize,
    /// Type of each tag, imported ones first.
    tags: Vec<u32>,
    bodies: Vec<wasmparser::FunctionBody<'a>>,
    /// Types that rewritten functions need besides.
    new_types: Vec<Signature>,
}

impl<'a> Module<'a> {
    fn read(bytes: &'a [u8]) -> wasmparser::Result<Module<'a>> {
        let mut m = Module { bytes, ..Module::default() };
        for payload in Parser::new(0).parse_all(bytes) {
            let payload = payload?;
            if let Some(section) = payload.as_section() {
                m.sections.push(section);
            }
            match payload {
                Payload::TypeSection(groups) => {
                    m.type_groups = groups.count();
                    for group in groups {
                        for ty in group?.types() {
                            m.types.push(match &ty.composite_type.inner {
                                CompositeInnerType::Func(f) => Some(Signature {
                                    params: f.params().to_vec(),
                                    results: f.results().to_vec(),
                                }),
                                _ => None,
                            });
                        }
                    }
                }
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        match import?.ty {
                            TypeRef::Func(ty) | TypeRef::FuncExact(ty) => {
                                m.functions.push(ty);
                                m.imported_functions += 1;
                            }
                            TypeRef::Tag(tag) => m.tags.push(tag.func_type_idx),
                            _ => {}
                        }
                    }
                }
                Payload::FunctionSection(list) => {
                    for ty in list {
                        m.functions.push(ty?);
                    }
                }
                Payload::TagSection(list) => {
                    for tag in list {
                        m.tags.push(tag?.func_type_idx);
                    }
                }
                Payload::CodeSectionEntry(body) => m.bodies.push(body),
                _ => {}
            }
        }
        Ok(m)
    }

    fn write(mut self) -> Result<Vec<u8>, String> {
        let mut code = Vec::with_capacity(self.bytes.len());
        let bodies = std::mem::take(&mut self.bodies);
        unsigned(&mut code, bodies.len() as u32);
        for (i, body) in bodies.iter().enumerate() {
            let ty = self.functions.get(self.imported_functions + i).copied().unwrap_or(0);
            let rewritten = function::rewrite(&mut self, body, ty)?;
            unsigned(&mut code, rewritten.len() as u32);
            code.extend(rewritten);
        }
        let mut out = self.bytes[..8].to_vec();
        for (id, place) in &self.sections {
            let contents = &self.bytes[place.clone()];
            match *id {
                CODE_SECTION => section(&mut out, CODE_SECTION, &code),
                TYPE_SECTION => section(&mut out, TYPE_SECTION, &self.type_section(contents)),
                id => section(&mut out, id, contents),
            }
        }
        Ok(out)
    }
    fn type_section(&self, old: &[u8]) -> Vec<u8> {
        let mut out = vec![];
        unsigned(&mut out, self.type_groups + self.new_types.len() as u32);
        // Behind the old count.
        let count_bytes = old.iter().take_while(|&&b| b & 0x80 != 0).count() + 1;
        out.extend(&old[count_bytes..]);
        for ty in &self.new_types {
            const FUNCTION: u8 = 0x60;
            out.push(FUNCTION);
            for list in [&ty.params, &ty.results] {
                unsigned(&mut out, list.len() as u32);
                for ty in list {
                    value_type(&mut out, *ty);
                }
            }
        }
        out
    }

    fn signature(&self, ty: u32) -> Option<&Signature> {
        self.types.get(ty as usize).and_then(Option::as_ref)
    }
    /// Parameters of a block.
    fn block_params(&self, ty: BlockType) -> Vec<ValType> {
        match ty {
            BlockType::FuncType(ty) => self.signature(ty).map_or_else(Vec::new, |s| s.params.clone()),
            _ => vec![],
        }
    }
    /// Parameters of a tag: what its exceptions carry.
    fn tag_params(&self, tag: u32) -> Vec<ValType> {
        let ty = self.tags.get(tag as usize).and_then(|&ty| self.signature(ty));
        ty.map_or_else(Vec::new, |s| s.params.clone())
    }
    /// Writes the type of a block.
    fn block_type(&mut self, out: &mut Vec<u8>, params: &[ValType], results: &[ValType]) {
        const EMPTY: u8 = 0x40;
        match (params, results) {
            ([], []) => out.push(EMPTY),
            ([], [ty]) => value_type(out, *ty),
            _ => {
                let ty = Signature { params: params.to_vec(), results: results.to_vec() };
                let at = self.new_types.iter().position(|t| *t == ty).unwrap_or_else(|| {
                    self.new_types.push(ty);
                    self.new_types.len() - 1
                });
                signed(out, (self.types.len() + at) as i64);
            }
        }
    }
}

fn section(out: &mut Vec<u8>, id: u8, contents: &[u8]) {
    out.push(id);
    unsigned(out, contents.len() as u32);
    out.extend(contents);
}
fn value_type(out: &mut Vec<u8>, ty: ValType) {
    match ty {
        ValType::I32 => out.push(0x7f),
        ValType::I64 => out.push(0x7e),
        ValType::F32 => out.push(0x7d),
        ValType::F64 => out.push(0x7c),
        ValType::V128 => out.push(0x7b),
        ValType::Ref(ty) => reference_type(out, ty),
    }
}
fn reference_type(out: &mut Vec<u8>, ty: RefType) {
    const SHARED: u8 = 0x65;
    out.push(if ty.is_nullable() { 0x63 } else { 0x64 });
    match ty.heap_type() {
        HeapType::Abstract { shared, ty } => {
            if shared {
                out.push(SHARED);
            }
            use AbstractHeapType as A;
            out.push(match ty {
                A::Func => 0x70,
                A::Extern => 0x6f,
                A::Any => 0x6e,
                A::None => 0x71,
                A::NoExtern => 0x72,
                A::NoFunc => 0x73,
                A::Eq => 0x6d,
                A::Struct => 0x6b,
                A::Array => 0x6a,
                A::I31 => 0x6c,
                A::Exn => 0x69,
                A::NoExn => 0x74,
                A::Cont => 0x68,
                A::NoCont => 0x75,
            });
        }
        HeapType::Concrete(index) | HeapType::Exact(index) => {
            // Types of a module as it is read are named by their index in it.
            let index = match index {
                UnpackedIndex::Module(i) | UnpackedIndex::RecGroup(i) => i,
                _ => 0,
            };
            signed(out, index as i64);
        }
    }
}
