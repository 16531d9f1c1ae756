//! Trampolines between WebAssembly's calls and those with an array of words: what wasmtime has Cranelift compile, in a hundredth of the time.

use wasmtime_environ::{
    BuiltinFunctionIndex as Builtin, DefinedFuncIndex, FuncKey, PtrSize, StaticModuleIndex, WasmFuncType,
};

use super::asm::*;
use super::calls::{Place, Places};
use super::control::RETURN_GPRS;
use super::{Code, Context, Kind, Result, Unsupported};

/// Bytes of a word of the array.
const WORD: i32 = 16;
const RBX: Gpr = Gpr(3);
/// What the host's functions find as they left it; a trap comes back with all others' values in them.
const SAVED: [Gpr; 5] = [RBX, Gpr(12), Gpr(13), R14, Gpr(15)];
const SAVED_BYTES: i32 = 8 * SAVED.len() as i32;

/// Where the word with an index is.
fn word(base: Gpr, index: usize) -> Mem {
    Mem::at(base, WORD * index as i32)
}
fn kinds(types: &[wasmtime_environ::WasmValType]) -> Result<Vec<Kind>> {
    types.iter().map(|&ty| Kind::of(ty)).collect()
}
/// The registers that results are returned in.
fn result_places(kinds: &[Kind]) -> Result<Vec<Place>> {
    let (mut gprs, mut xmms) = (RETURN_GPRS.iter(), 0..8);
    let place = |kind: &Kind| match kind.is_float() {
        true => xmms.next().map(|x| Place::Xmm(Xmm(x))),
        false => gprs.next().map(|r| Place::Gpr(*r)),
    };
    kinds.iter().map(place).collect::<Option<_>>().ok_or(Unsupported)
}

/// What WebAssembly calls a function of the host by, of a type.
pub fn to_host(context: &Context<'_>, ty: &WasmFuncType) -> Result<Code> {
    let ptr = context.offsets.ptr;
    let store = ptr.vm_store_context();
    let (parameters, results) = (kinds(ty.params())?, kinds(ty.results())?);
    let (places, returned) = (Places::of(ty.params())?, result_places(&results)?);
    let argument_bytes = u16::try_from(places.stack_bytes).map_err(|_| Unsupported)?;
    let count = parameters.len().max(results.len());
    let mut asm = Assembler::default();
    asm.push(RBP);
    asm.mov(Width::W64, RBP, RSP);
    // Where WebAssembly is left.
    asm.mov(Width::W64, R11, Mem::at(RSI, i32::from(ptr.vmctx_store_context())));
    asm.store(Store::B8, Mem::at(R11, i32::from(store.last_wasm_exit_trampoline_fp())), RBP);
    asm.mov(Width::W64, RAX, Mem::at(RBP, 8));
    asm.store(Store::B8, Mem::at(R11, i32::from(store.last_wasm_exit_pc())), RAX);
    // The caller's instance above the array.
    let frame_size = WORD * (count as i32 + 1);
    asm.lea(Width::W64, RSP, Mem::at(RSP, -frame_size));
    asm.store(Store::B8, Mem::at(RBP, -8), RSI);
    for (i, (place, kind)) in places.list.iter().zip(&parameters).enumerate() {
        match *place {
            Place::Gpr(r) => asm.store(kind.store(), word(RSP, i), r),
            Place::Xmm(x) => asm.store_xmm(kind.width(), word(RSP, i), x),
            Place::Stack(offset) => {
                asm.mov(kind.width(), RAX, Mem::at(RBP, 16 + offset as i32));
                asm.store(kind.store(), word(RSP, i), RAX);
            }
        }
    }
    let function = ptr.vmarray_call_host_func_context_func_ref() + ptr.vm_func_ref().array_call();
    asm.mov(Width::W64, RDX, RSP);
    asm.mov_imm(RCX, count as u64);
    asm.call_indirect(Mem::at(RDI, i32::from(function)));
    let failed = asm.label();
    asm.test_imm(Width::W32, RAX, 1);
    asm.jcc(Cond::Equal, failed);
    for (i, (place, kind)) in returned.iter().zip(&results).enumerate() {
        match *place {
            Place::Gpr(r) => asm.mov(kind.width(), r, word(RSP, i)),
            Place::Xmm(x) => asm.load_xmm(kind.width(), x, word(RSP, i)),
            Place::Stack(_) => return Err(Unsupported),
        }
    }
    asm.leave();
    asm.ret(argument_bytes);
    asm.bind(failed);
    // Has wasmtime go where the failure leads. That never returns.
    asm.mov(Width::W64, RDI, Mem::at(RBP, -8));
    asm.mov(Width::W64, RAX, Mem::at(RDI, i32::from(ptr.vmctx_builtin_functions())));
    asm.call_indirect(Mem::at(RAX, 8 * Builtin::raise().index() as i32));
    asm.ud2();
    Ok(Code { bytes: asm.finish(), frame_size: frame_size as u32, ..Code::default() })
}

/// What the host calls a function of a module by.
pub fn from_host(context: &Context<'_>, function: DefinedFuncIndex) -> Result<Code> {
    let ptr = context.offsets.ptr;
    let store = ptr.vm_store_context();
    let ty = context.signature(context.module().func_index(function))?;
    let (parameters, results) = (kinds(ty.params())?, kinds(ty.results())?);
    let (places, returned) = (Places::of(ty.params())?, result_places(&results)?);
    let mut asm = Assembler::default();
    asm.push(RBP);
    asm.mov(Width::W64, RBP, RSP);
    let frame_size = SAVED_BYTES + 8;
    asm.lea(Width::W64, RSP, Mem::at(RSP, -frame_size));
    let saved = |i: usize| Mem::at(RBP, -8 * (i as i32 + 1));
    for (i, r) in SAVED.into_iter().enumerate() {
        asm.store(Store::B8, saved(i), r);
    }
    let array = saved(SAVED.len());
    asm.store(Store::B8, array, RDX);
    // Where traps and exceptions go on that nobody has caught.
    let failed = asm.label();
    asm.mov(Width::W64, R11, Mem::at(RDI, i32::from(ptr.vmctx_store_context())));
    asm.store(Store::B8, Mem::at(R11, i32::from(store.last_wasm_entry_fp())), RBP);
    asm.store(Store::B8, Mem::at(R11, i32::from(store.last_wasm_entry_sp())), RSP);
    asm.lea_label(RAX, failed);
    asm.store(Store::B8, Mem::at(R11, i32::from(store.last_wasm_entry_trap_handler())), RAX);
    asm.mov(Width::W64, R11, RDX);
    if places.stack_bytes > 0 {
        // The function removes them.
        asm.lea(Width::W64, RSP, Mem::at(RSP, -(places.stack_bytes as i32)));
    }
    for (i, (place, kind)) in places.list.iter().zip(&parameters).enumerate() {
        match *place {
            Place::Gpr(r) => asm.mov(kind.width(), r, word(R11, i)),
            Place::Xmm(x) => asm.load_xmm(kind.width(), x, word(R11, i)),
            Place::Stack(offset) => {
                asm.mov(kind.width(), RAX, word(R11, i));
                asm.store(Store::B8, Mem::at(RSP, offset as i32), RAX);
            }
        }
    }
    let key = FuncKey::DefinedWasmFunction(StaticModuleIndex::from_u32(0), function);
    let calls = vec![(asm.call(), key)];
    asm.mov(Width::W64, R11, array);
    for (i, (place, kind)) in returned.iter().zip(&results).enumerate() {
        match *place {
            Place::Gpr(r) => asm.store(kind.store(), word(R11, i), r),
            Place::Xmm(x) => asm.store_xmm(kind.width(), word(R11, i), x),
            Place::Stack(_) => return Err(Unsupported),
        }
    }
    let leave = asm.label();
    asm.mov_imm(RAX, 1);
    asm.bind(leave);
    for (i, r) in SAVED.into_iter().enumerate() {
        asm.mov(Width::W64, r, saved(i));
    }
    asm.leave();
    asm.ret(0);
    asm.bind(failed);
    asm.zero(RAX);
    asm.jmp(leave);
    Ok(Code { bytes: asm.finish(), frame_size: frame_size as u32, calls, ..Code::default() })
}
