//! Offsets and constants of the runtime's structures.

use std::mem::offset_of;

use spey_gc::Heap;
use spey_jit::snapshot::{Layout, MAX_TENURED_WORDS, StubLayout, TenuredRun, coroutine_state};

use crate::cell::{Elements, Kind, OBJECT_TRAILING, Object, flag};
use crate::code::{Code, code_flag};
use crate::coroutine::{Coroutine, ResumePoint, State};
use crate::env::Environment;
use crate::function::{FunctionRare, closure};
use crate::inline_cache::{Entry, InlineCache};
use crate::interp::slow::{LEXICAL, STRING_SHAPE};
use crate::promise::slot as promise;
use crate::shape::{Field, Shape};
use crate::string::JsString;
use crate::typed_array::slot as typed;
use crate::vm::Vm;

fn trailing(slot: usize) -> i32 {
    (OBJECT_TRAILING + slot * 8) as i32
}
/// Where old cells are taken from.
pub(super) fn runs(vm: &Vm) -> [TenuredRun; MAX_TENURED_WORDS + 1] {
    std::array::from_fn(|words| {
        let run = vm.heap.tenured_run(8 * words).expect("small cells lie in blocks");
        TenuredRun { address: run as *const spey_gc::Run as u64, bytes: run.cell_bytes as i32 }
    })
}
/// Offsets and constants of the runtime's structures.
pub(super) fn layout(vm: &Vm) -> Layout {
    let heap: &Heap = &vm.heap;
    Layout {
        vm_interrupt: offset_of!(Vm, interrupt) as i32,
        sample_bit: if vm.config().tier.profile { crate::interrupt::bit::SAMPLE } else { 0 },
        vm_exit_countdown: match vm.config().tier.force_exits {
            0 => 0,
            _ => offset_of!(Vm, exit_countdown) as i32,
        },
        vm_exit_index: offset_of!(Vm, exit_index) as i32,
        vm_fp: offset_of!(Vm, fp) as i32,
        vm_pc: offset_of!(Vm, pc) as i32,
        vm_result: offset_of!(Vm, stub_result) as i32,
        vm_single_chars: offset_of!(Vm, single_chars) as i32,
        vm_stack_limit: offset_of!(Vm, stack_limit) as i32,
        vm_native_limit: offset_of!(Vm, native_limit) as i32,
        empty_elements: vm.empty_elements as u64,
        heap: heap as *const Heap as u64,
        young_base: heap.young_base() as u64,
        young_bytes: spey_gc::NURSERY_RESERVATION_BYTES as u64,
        type_names: {
            let n = &vm.names;
            [n.number, n.string, n.boolean, n.undefined, n.symbol, n.bigint, n.function, n.object]
                .map(|name| name.raw().bits())
        },
        cache_misses: offset_of!(InlineCache, misses) as i32,
        stubs: {
            use crate::inline_cache::{KEY_SHIFT, SETS, SPREAD, Stub};
            let entry = offset_of!(Stub, entry);
            let at = |offset: usize| (entry + offset) as i32;
            assert!(offset_of!(Stub, key) == 0);
            StubLayout {
                get: vm.stub_cache.address(),
                set: vm.store_cache.address(),
                sets: SETS as u32,
                spread: SPREAD,
                key_shift: KEY_SHIFT,
                bytes: size_of::<Stub>() as i32,
                shape: at(offset_of!(Entry, shape)),
                epoch: at(offset_of!(Entry, epoch)),
                holder: at(offset_of!(Entry, holder)),
                location: at(offset_of!(Entry, location)),
                next_shape: at(offset_of!(Entry, next_shape)),
                field: at(offset_of!(Entry, field)),
                field_int: Field::INT.bits(),
            }
        },
        vm_prototype_epoch: offset_of!(Vm, prototype_epoch) as i32,
        code_machine: offset_of!(Code, machine) as i32,
        code_params: {
            assert!(offset_of!(Code, flags) == offset_of!(Code, param_count) + 2);
            offset_of!(Code, param_count) as i32
        },
        code_class: code_flag::CLASS,
        object_slots: offset_of!(Object, slots) as i32,
        object_elements: offset_of!(Object, elements) as i32,
        object_trailing: OBJECT_TRAILING as i32,
        closure_code: trailing(closure::CODE),
        closure_env: trailing(closure::ENV),
        closure_rare: trailing(closure::RARE),
        closure_slots: closure::COUNT as u16,
        array_length: trailing(crate::object::ARRAY_LENGTH),
        elements_first: size_of::<Elements>() as i32,
        elements_length: offset_of!(Elements, length) as i32,
        env_parent: offset_of!(Environment, parent) as i32,
        env_first: size_of::<Environment>() as i32,
        string_length: offset_of!(JsString, length) as i32,
        string_units: size_of::<JsString>() as i32,
        string_atom: crate::string::ATOM,
        string_rope: crate::string::ROPE,
        string_two_byte: crate::string::TWO_BYTE,
        typed_offset: trailing(typed::OFFSET),
        typed_length: trailing(typed::LENGTH),
        typed_element: trailing(typed::ELEMENT),
        typed_store: trailing(typed::STORE),
        store_data: crate::array_buffer::BackingStore::DATA_OFFSET as i32,
        store_length: crate::array_buffer::BackingStore::LENGTH_OFFSET as i32,
        vm_shapes: (offset_of!(Vm, shapes) + crate::shape::ShapeTable::FIRST_OFFSET) as i32,
        shape_bytes: size_of::<Shape>() as u32,
        shape_prototype: offset_of!(Shape, prototype) as i32,
        flag_old: spey_gc::Header::OLD,
        flag_sparse: flag::SPARSE,
        flag_prototype: flag::IS_PROTOTYPE,
        flag_lazy: flag::LAZY,
        kind_string: Kind::String as u8,
        kind_elements: Kind::Elements as u8,
        kind_symbol: Kind::Symbol as u8,
        kind_bigint: Kind::BigInt as u8,
        kind_environment: Kind::Environment as u8,
        kind_object: Kind::Object as u8,
        kind_object_ordinary: Kind::Object as u8,
        kind_array: Kind::Array as u8,
        kind_function: Kind::Function as u8,
        kind_native: Kind::NativeFunction as u8,
        kind_first_exotic: Kind::StringObject as u8,
        kind_typed_array: Kind::TypedArray as u8,
        string_shape: STRING_SHAPE,
        lexical_shape: LEXICAL,
        accessor_get: offset_of!(crate::cell::Accessor, get) as i32,
        coroutine_state: {
            for (ours, theirs) in [
                (State::Yielded, coroutine_state::YIELDED),
                (State::Delegated, coroutine_state::DELEGATED),
                (State::Awaiting, coroutine_state::AWAITING),
                (State::Running, coroutine_state::RUNNING),
                (State::Done, coroutine_state::DONE),
            ] {
                assert!(ours as u32 == theirs);
            }
            assert!(offset_of!(Coroutine, pc) == offset_of!(Coroutine, state) + 4);
            offset_of!(Coroutine, state) as i32
        },
        coroutine_object: offset_of!(Coroutine, object) as i32,
        coroutine_context: offset_of!(Coroutine, context) as i32,
        coroutine_callee: offset_of!(Coroutine, callee) as i32,
        coroutine_point: offset_of!(Coroutine, point) as i32,
        coroutine_first: size_of::<Coroutine>() as i32,
        point_machine: offset_of!(ResumePoint, machine) as i32,
        point_window: offset_of!(ResumePoint, window_bytes) as i32,
        vm_promise_hooks: offset_of!(Vm, promise_hooks) as i32,
        kind_coroutine: Kind::Coroutine as u8,
        kind_promise: Kind::Promise as u8,
        promise_slots: promise::COUNT as u16,
        promise_state: trailing(promise::STATE),
        promise_result: trailing(promise::RESULT),
        promise_handled: trailing(promise::HANDLED),
        kind_generator: Kind::Generator as u8,
        rare_home: offset_of!(FunctionRare, home_object) as i32,
        rare_fields: offset_of!(FunctionRare, fields) as i32,
        rare_prototype: offset_of!(FunctionRare, initial_prototype) as i32,
        rare_shape: offset_of!(FunctionRare, initial_shape) as i32,
    }
}
