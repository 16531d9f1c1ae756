//! The optimising compiler: snapshot of bytecode and feedback in, machine code out.
