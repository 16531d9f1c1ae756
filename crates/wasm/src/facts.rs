//! What the baseline compiler and the optimising one know of a module: kinds of values, where things are in an instance, and the layouts of
//! objects on the heap of structures.

use wasmparser::{AbstractHeapType, HeapType, ValType};
use wasmtime_environ::copying::{CopyingTypeLayouts, InlineTraceInfo};
use wasmtime_environ::{
    FuncIndex, GcStructLayout, GcTypeLayouts, IndexType, MemoryIndex, MemoryKind, MemoryTunables, Module,
    ModuleInternedTypeIndex, ModuleTranslation, ModuleTypesBuilder, Tunables, TypeIndex, VMGcKind, VMOffsets,
    WasmCompositeInnerType, WasmFuncType, WasmHeapTopType, WasmStorageType, WasmValType,
};

/// The function has something that a compiler does not know.
#[derive(Debug)]
pub struct Unsupported;
/// What a compiler makes, if it knows everything in the function.
pub type Result<T> = std::result::Result<T, Unsupported>;

/// Host pages are at least so large.
const PAGE_LOG2: u8 = 12;
/// The number that stands for no type where a function reference is read from the heap.
pub const ANY_FUNCTION: u32 = u32::MAX;
/// Larger arrays cannot be: their size could not be rounded up.
pub const MOST_ARRAY_BYTES: u64 = u32::MAX as u64 - 32;

/// What kind of value: where it is kept, and how wide it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    I32,
    I64,
    F32,
    F64,
    /// A vector; in functions that are compiled for them only.
    V128,
    /// What the collector must see: 32 bits.
    Ref,
    /// A pointer to a function reference.
    Func,
}
impl Kind {
    /// Of values of a type.
    pub fn of(ty: WasmValType) -> Result<Kind> {
        Ok(match ty {
            WasmValType::I32 => Kind::I32,
            WasmValType::I64 => Kind::I64,
            WasmValType::F32 => Kind::F32,
            WasmValType::F64 => Kind::F64,
            WasmValType::V128 => return Err(Unsupported),
            WasmValType::Ref(r) => match r.heap_type.top() {
                WasmHeapTopType::Func => Kind::Func,
                WasmHeapTopType::Any | WasmHeapTopType::Extern | WasmHeapTopType::Exn => Kind::Ref,
                WasmHeapTopType::Cont => return Err(Unsupported),
            },
        })
    }
}
/// What kind of value a field gives.
pub fn kind_of(ty: WasmStorageType) -> Result<Kind> {
    match ty {
        WasmStorageType::I8 | WasmStorageType::I16 => Ok(Kind::I32),
        WasmStorageType::Val(ty) => Kind::of(ty),
    }
}
/// Does a field hold functions? In the heap they are numbers.
pub fn is_function(ty: WasmStorageType) -> bool {
    matches!(ty, WasmStorageType::Val(WasmValType::Ref(r)) if r.heap_type.top() == WasmHeapTopType::Func)
}

/// What compilers know of the module that a function is of.
pub struct Context<'a> {
    /// What it declares.
    pub translation: &'a ModuleTranslation<'a>,
    /// Its types.
    pub types: &'a ModuleTypesBuilder,
    /// Where things are in an instance.
    pub offsets: &'a VMOffsets<u8>,
    /// The engine's settings.
    pub tunables: &'a Tunables,
    /// The layouts of structures, arrays and exceptions.
    pub layouts: &'a Layouts,
}
impl<'a> Context<'a> {
    /// What the module declares.
    pub fn module(&self) -> &'a Module {
        &self.translation.module
    }
    /// A type by its index in the module.
    pub fn interned(&self, ty: u32) -> ModuleInternedTypeIndex {
        self.module().types[TypeIndex::from_u32(ty)].unwrap_module_type_index()
    }
    /// A type of functions, by its index.
    pub fn function_type(&self, ty: u32) -> Result<&'a WasmFuncType> {
        self.types.unwrap_func(self.interned(ty)).map_err(|_| Unsupported)
    }
    /// The type of a function.
    pub fn signature(&self, function: FuncIndex) -> Result<&'a WasmFuncType> {
        let ty = self.module().functions[function].signature.unwrap_module_type_index();
        self.types.unwrap_func(ty).map_err(|_| Unsupported)
    }
    /// The kind of values of a type.
    pub fn kind(&self, ty: ValType) -> Result<Kind> {
        Ok(match ty {
            ValType::I32 => Kind::I32,
            ValType::I64 => Kind::I64,
            ValType::F32 => Kind::F32,
            ValType::F64 => Kind::F64,
            ValType::V128 => return Err(Unsupported),
            ValType::Ref(r) => self.kind_of_heap_type(r.heap_type())?,
        })
    }
    /// The kind of references to a type.
    pub fn kind_of_heap_type(&self, ty: HeapType) -> Result<Kind> {
        use WasmCompositeInnerType as Inner;
        Ok(match ty {
            HeapType::Abstract { ty: AbstractHeapType::Func | AbstractHeapType::NoFunc, .. } => Kind::Func,
            HeapType::Abstract { ty: AbstractHeapType::Cont | AbstractHeapType::NoCont, .. } => {
                return Err(Unsupported);
            }
            HeapType::Abstract { .. } => Kind::Ref,
            HeapType::Concrete(index) | HeapType::Exact(index) => {
                let index = index.as_module_index().ok_or(Unsupported)?;
                match &self.types[self.interned(index)].composite_type.inner {
                    Inner::Func(_) => Kind::Func,
                    Inner::Struct(_) | Inner::Array(_) | Inner::Exn(_) => Kind::Ref,
                    Inner::Cont(_) => return Err(Unsupported),
                }
            }
        })
    }
    /// What a reference to a type is tested for.
    pub fn test_of(&self, ty: HeapType) -> Result<Test> {
        Ok(match ty {
            HeapType::Abstract { ty, .. } => match ty {
                AbstractHeapType::None
                | AbstractHeapType::NoFunc
                | AbstractHeapType::NoExtern
                | AbstractHeapType::NoExn => Test::Nothing,
                AbstractHeapType::Any
                | AbstractHeapType::Func
                | AbstractHeapType::Extern
                | AbstractHeapType::Exn => Test::Everything,
                AbstractHeapType::I31 => Test::I31,
                AbstractHeapType::Eq => Test::Kind(VMGcKind::EqRef, true),
                AbstractHeapType::Struct => Test::Kind(VMGcKind::StructRef, false),
                AbstractHeapType::Array => Test::Kind(VMGcKind::ArrayRef, false),
                AbstractHeapType::Cont | AbstractHeapType::NoCont => return Err(Unsupported),
            },
            HeapType::Concrete(index) => {
                let index = index.as_module_index().ok_or(Unsupported)?;
                let ty = self.interned(index);
                match &self.types[ty].composite_type.inner {
                    WasmCompositeInnerType::Func(_) => Test::Function(ty),
                    WasmCompositeInnerType::Cont(_) => return Err(Unsupported),
                    _ => Test::Object(ty),
                }
            }
            HeapType::Exact(_) => return Err(Unsupported),
        })
    }
    /// Are a memory's accesses checked by the guard behind it? Else compilers do not know it.
    pub fn check_plain_memory(&self, index: MemoryIndex) -> Result<()> {
        let memory = &self.module().memories[index];
        let tunables = MemoryTunables::new(self.tunables, MemoryKind::LinearMemory);
        let is_plain = !memory.shared
            && memory.idx_type == IndexType::I32
            && memory.page_size_log2 == 16
            && tunables.reservation() >= 1 << 32
            && memory.can_elide_bounds_check(&tunables, PAGE_LOG2);
        if is_plain { Ok(()) } else { Err(Unsupported) }
    }
}

/// What a reference is tested for.
pub enum Test {
    Nothing,
    Everything,
    I31,
    /// By the kind in the header; whether small integers are it.
    Kind(VMGcKind, bool),
    Object(ModuleInternedTypeIndex),
    Function(ModuleInternedTypeIndex),
}

/// A field or the elements of an array.
#[derive(Clone, Copy)]
pub struct Field {
    /// Distance from the beginning of the object.
    pub offset: i32,
    /// What it holds.
    pub ty: WasmStorageType,
}
enum Layout {
    Struct {
        size: u32,
        /// What the first word of an object is.
        header: u32,
        fields: Vec<Field>,
    },
    Array {
        header: u32,
        elements: Field,
        /// Binary logarithm of an element's size.
        scale: u8,
    },
}
/// Layouts of the types of a module.
#[derive(Default)]
pub struct Layouts {
    list: Vec<Option<Layout>>,
}
impl Layouts {
    /// Of all types.
    pub fn of(types: &ModuleTypesBuilder) -> Layouts {
        let layouts = CopyingTypeLayouts;
        let mut list = vec![];
        for (index, ty) in types.wasm_types() {
            let fields = |layout: &GcStructLayout, types: &mut dyn Iterator<Item = WasmStorageType>| {
                let offsets = layout.fields.iter().map(|f| f.offset as i32);
                offsets.zip(types).map(|(offset, ty)| Field { offset, ty }).collect()
            };
            let structure = |kind: VMGcKind,
                             layout: &GcStructLayout,
                             types: &mut dyn Iterator<Item = WasmStorageType>| {
                let header = kind.as_u32() | InlineTraceInfo::r#struct(layout).encode();
                Layout::Struct { size: layout.size, header, fields: fields(layout, types) }
            };
            let layout = match &ty.composite_type.inner {
                WasmCompositeInnerType::Struct(ty) => layouts.struct_layout(ty).ok().map(|l| {
                    structure(VMGcKind::StructRef, &l, &mut ty.fields.iter().map(|f| f.element_type))
                }),
                WasmCompositeInnerType::Exn(ty) => layouts
                    .exn_layout(ty)
                    .ok()
                    .map(|l| structure(VMGcKind::ExnRef, &l, &mut ty.fields.iter().map(|f| f.element_type))),
                WasmCompositeInnerType::Array(ty) => {
                    let layout = layouts.array_layout(ty);
                    Some(Layout::Array {
                        header: VMGcKind::ArrayRef.as_u32() | InlineTraceInfo::array(&layout).encode(),
                        elements: Field { offset: layout.base_size as i32, ty: ty.0.element_type },
                        scale: layout.elem_size.trailing_zeros() as u8,
                    })
                }
                _ => None,
            };
            let index = index.as_u32() as usize;
            if list.len() <= index {
                list.resize_with(index + 1, || None);
            }
            list[index] = layout;
        }
        Layouts { list }
    }
    fn get(&self, ty: ModuleInternedTypeIndex) -> Result<&Layout> {
        self.list.get(ty.as_u32() as usize).and_then(|l| l.as_ref()).ok_or(Unsupported)
    }
    /// Of a structure or an exception: its size in bytes, what the first word of an object is, its fields.
    pub fn structure(&self, ty: ModuleInternedTypeIndex) -> Result<(u32, u32, &[Field])> {
        match self.get(ty)? {
            Layout::Struct { size, header, fields } => Ok((*size, *header, fields)),
            _ => Err(Unsupported),
        }
    }
    /// Of an array: what the first word of an object is, its elements, and the binary logarithm of their size.
    pub fn array(&self, ty: ModuleInternedTypeIndex) -> Result<(u32, Field, u8)> {
        match *self.get(ty)? {
            Layout::Array { header, elements, scale } => Ok((header, elements, scale)),
            _ => Err(Unsupported),
        }
    }
}
