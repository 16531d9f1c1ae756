//! Functions for tests of what is done to them.

use cranelift_codegen::ir::{AbiParam, Function, Signature, Value, types};
use cranelift_codegen::isa::CallConv;
use cranelift_codegen::{settings, verify_function};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};

/// A function of two numbers that returns one. `build` begins in its first block, and ends all of them.
pub fn function_of_two<R>(build: impl FnOnce(FunctionBuilder<'_>, [Value; 2]) -> R) -> (Function, R) {
    let mut signature = Signature::new(CallConv::SystemV);
    signature.params = vec![AbiParam::new(types::I32); 2];
    signature.returns = vec![AbiParam::new(types::I32)];
    let mut function = Function::with_name_signature(Default::default(), signature);
    let mut context = FunctionBuilderContext::new();
    let mut builder = FunctionBuilder::new(&mut function, &mut context);
    let entry = builder.create_block();
    builder.append_block_params_for_function_params(entry);
    builder.switch_to_block(entry);
    let parameters = [0, 1].map(|i| builder.block_params(entry)[i]);
    let result = build(builder, parameters);
    (function, result)
}
/// Panics if a function is not valid.
pub fn verify(function: &Function) {
    verify_function(function, &settings::Flags::new(settings::builder())).expect("the function is valid");
}
