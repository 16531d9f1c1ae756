//! Branches that know where they lead.
//!
//! `a && b` is a block with a number as its result in WebAssembly: the ways into it bring 0, 1 or what a comparison says, and all that is behind it is a branch on
//! that number. Cranelift does as it is told: it makes the number, jumps, compares it with 0 and branches again. Here the ways into such a block go on to
//! where its branch would lead them.
//!
//! A block that only branches defines nothing that is used outside of it, or it is left alone. So the values that its branch passes on, and those that are used
//! where it leads, are defined in front of it on each way, and still are on ways that leave it out.

use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::entity::SecondaryMap;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{
    Block, BlockArg, Function, Inst, InstBuilder, InstructionData, Opcode, Value, ValueDef,
};

/// How many blocks, arguments and steps there may be for an instruction of the function: chains of branches could be longer than the function otherwise.
const MOST_EFFORT: usize = 8;
/// How far back a condition is followed.
const MOST_STEPS: usize = 8;

/// Lets branches go around blocks that would only branch again.
pub fn thread_jumps(function: &mut Function) {
    let mut threading = Threading::of(function);
    // One round is enough: what goes around a block comes to blocks behind it, which are looked at later. Blocks in front of it are heads of loops.
    let blocks: Vec<Block> = function.layout.blocks().collect();
    for block in blocks {
        if let Some(decision) = threading.decision(function, block) {
            threading.go_around(function, block, &decision);
        }
    }
}

/// What a number says: it is not 0 if this holds.
#[derive(Clone, Copy)]
struct Test {
    value: Value,
    /// What the value is compared with.
    constant: u64,
    is_equal: bool,
}
impl Test {
    fn of(function: &Function, value: Value) -> Test {
        let dfg = &function.dfg;
        let mut test = Test { value: dfg.resolve_aliases(value), constant: 0, is_equal: false };
        for _ in 0..MOST_STEPS {
            let ValueDef::Result(inst, _) = dfg.value_def(test.value) else { break };
            match dfg.insts[inst] {
                InstructionData::Unary { opcode: Opcode::Uextend, arg } => {
                    // A number that is wider than the value is never the same.
                    if test.constant > u64::MAX >> 64u32.saturating_sub(dfg.value_type(arg).bits()) {
                        break;
                    }
                    test.value = dfg.resolve_aliases(arg);
                }
                InstructionData::IntCompare { opcode: Opcode::Icmp, args, cond } => {
                    let other = match cond {
                        IntCC::Equal => !test.is_equal,
                        IntCC::NotEqual => test.is_equal,
                        _ => break,
                    };
                    let (value, constant) = match args.map(|arg| constant_of(function, arg)) {
                        [_, Some(constant)] => (args[0], constant),
                        [Some(constant), _] => (args[1], constant),
                        _ => break,
                    };
                    test = Test { value: dfg.resolve_aliases(value), constant, is_equal: other };
                }
                _ => break,
            }
            if test.constant != 0 {
                break;
            }
        }
        test
    }
    /// Is the number not 0, if that is known of it?
    fn decide(&self, known: Known) -> Option<bool> {
        match known {
            Known::Constant(constant) => Some((constant == self.constant) == self.is_equal),
            Known::NotZero => (self.constant == 0).then_some(!self.is_equal),
        }
    }
    /// What another number says, if this one is 0 or not.
    fn implies(&self, is_not_zero: bool, other: &Test) -> Option<bool> {
        let is_same = self.value == other.value && self.constant == other.constant;
        is_same.then_some((is_not_zero == self.is_equal) == other.is_equal)
    }
}
/// What is known of a number.
#[derive(Clone, Copy)]
enum Known {
    Constant(u64),
    NotZero,
}
impl Known {
    fn of_condition(is_not_zero: bool) -> Known {
        match is_not_zero {
            true => Known::NotZero,
            false => Known::Constant(0),
        }
    }
}
/// Which integer it is, without what its type has no bits for.
fn constant_of(function: &Function, value: Value) -> Option<u64> {
    let value = function.dfg.resolve_aliases(value);
    let inst = function.dfg.value_def(value).inst()?;
    let InstructionData::UnaryImm { opcode: Opcode::Iconst, imm } = function.dfg.insts[inst] else {
        return None;
    };
    let bits = function.dfg.value_type(value).bits();
    Some(imm.bits() as u64 & (u64::MAX >> 64u32.checked_sub(bits)?))
}

/// What a block that only branches does.
struct Decision {
    /// Of which of its parameters.
    parameter: usize,
    test: Test,
    branch: Inst,
    /// Where it leads if the test holds, and if it does not.
    targets: [Target; 2],
    /// Constants in it.
    constants: Vec<Inst>,
}
struct Target {
    block: Block,
    arguments: Vec<Argument>,
}
#[derive(Clone, Copy)]
enum Argument {
    Value(Value),
    /// A parameter of the block.
    Parameter(usize),
}
impl Target {
    /// What it is given by who comes with these arguments.
    fn arguments(&self, given: &[Value]) -> Vec<BlockArg> {
        let value = |argument: &Argument| match *argument {
            Argument::Value(value) => BlockArg::Value(value),
            Argument::Parameter(index) => BlockArg::Value(given[index]),
        };
        self.arguments.iter().map(value).collect()
    }
}

struct Threading {
    /// What branches to a block. It may have been changed to branch elsewhere, or be twice in the list.
    branches: SecondaryMap<Block, Vec<Inst>>,
    /// By value: is it used in another block than that which defines it?
    is_used_outside: SecondaryMap<Value, bool>,
    /// Where a block is in the function.
    places: SecondaryMap<Block, u32>,
    effort: usize,
}
impl Threading {
    fn of(function: &Function) -> Threading {
        let mut threading = Threading {
            branches: SecondaryMap::new(),
            is_used_outside: SecondaryMap::with_default(false),
            places: SecondaryMap::new(),
            effort: MOST_EFFORT * function.dfg.num_insts(),
        };
        for (place, block) in function.layout.blocks().enumerate() {
            threading.places[block] = place as u32;
            for inst in function.layout.block_insts(block) {
                threading.note(function, block, inst);
            }
        }
        threading
    }
    /// Notes what an instruction uses and where it leads.
    fn note(&mut self, function: &Function, block: Block, inst: Inst) {
        let dfg = &function.dfg;
        for value in dfg.inst_values(inst) {
            let value = dfg.resolve_aliases(value);
            if defining_block(function, value) != Some(block) {
                self.is_used_outside[value] = true;
            }
        }
        for call in dfg.insts[inst].branch_destination(&dfg.jump_tables, &dfg.exception_tables) {
            let list = &mut self.branches[call.block(&dfg.value_lists)];
            if list.last() != Some(&inst) {
                list.push(inst);
            }
        }
    }

    /// What a block does, if it only branches on one of its parameters.
    fn decision(&self, function: &Function, block: Block) -> Option<Decision> {
        let (dfg, layout) = (&function.dfg, &function.layout);
        let parameters = dfg.block_params(block);
        if Some(block) == layout.entry_block() || parameters.iter().any(|&p| self.is_used_outside[p]) {
            return None;
        }
        let branch = layout.last_inst(block)?;
        let InstructionData::Brif { arg, blocks, .. } = dfg.insts[branch] else { return None };
        let mut constants = vec![];
        for inst in layout.block_insts(block) {
            match dfg.insts[inst].opcode() {
                // Whoever uses it, it can be elsewhere.
                Opcode::Iconst => constants.push(inst),
                Opcode::Icmp | Opcode::Uextend if !self.is_used_outside[dfg.first_result(inst)] => {}
                Opcode::Brif => {}
                _ => return None,
            }
        }
        let test = Test::of(function, arg);
        let parameter = parameters.iter().position(|&p| p == test.value)?;
        // Into a loop there is but one way, and Cranelift knows only such loops. Its head is in front of what leads back to it.
        let is_in_front =
            |&inst: &Inst| layout.inst_block(inst).is_none_or(|own| self.places[own] < self.places[block]);
        if !self.branches[block].iter().all(is_in_front) {
            return None;
        }
        let mut targets = vec![];
        for call in blocks {
            let mut arguments = vec![];
            for argument in call.args(&dfg.value_lists) {
                let value = dfg.resolve_aliases(argument.as_value()?);
                arguments.push(match dfg.value_def(value) {
                    ValueDef::Param(own, index) if own == block => Argument::Parameter(index),
                    ValueDef::Result(inst, _)
                        if layout.inst_block(inst) == Some(block)
                            && dfg.insts[inst].opcode() != Opcode::Iconst =>
                    {
                        return None;
                    }
                    _ => Argument::Value(value),
                });
            }
            targets.push(Target { block: call.block(&dfg.value_lists), arguments });
        }
        let targets = targets.try_into().ok()?;
        Some(Decision { parameter, test, branch, targets, constants })
    }

    /// Lets the ways into a block go on to where it would lead them, as far as they can.
    fn go_around(&mut self, function: &mut Function, block: Block, decision: &Decision) {
        let branches = std::mem::take(&mut self.branches[block]);
        let mut left = vec![];
        for inst in branches {
            let Some(own) = function.layout.inst_block(inst) else { continue };
            let (is_changed, is_left) = self.redirect(function, own, inst, block, decision);
            if is_left {
                left.push(inst);
            }
            if is_changed {
                self.note(function, own, inst);
            }
        }
        if left.is_empty() {
            move_to_start(function, &decision.constants);
            let insts: Vec<Inst> = function.layout.block_insts(block).collect();
            insts.into_iter().for_each(|inst| function.layout.remove_inst(inst));
            function.layout.remove_block(block);
        }
        self.branches[block] = left;
    }
    /// Lets an instruction go around a block. Does it do something else now, and does it still lead there?
    fn redirect(
        &mut self,
        function: &mut Function,
        own: Block,
        inst: Inst,
        block: Block,
        decision: &Decision,
    ) -> (bool, bool) {
        let dfg = &function.dfg;
        let opcode = dfg.insts[inst].opcode();
        let calls = dfg.insts[inst].branch_destination(&dfg.jump_tables, &dfg.exception_tables).to_vec();
        let [yes, no] = &decision.targets;
        let given = dfg.num_block_params(block);
        let effort = calls.len() * (1 + given + yes.arguments.len() + no.arguments.len());
        // What calls return or throw is not there before they have.
        if !matches!(opcode, Opcode::Jump | Opcode::Brif | Opcode::BrTable) || self.effort < effort {
            return (false, true);
        }
        self.effort -= effort;
        let (mut is_changed, mut is_left) = (false, false);
        for (index, call) in calls.iter().enumerate() {
            let dfg = &function.dfg;
            if call.block(&dfg.value_lists) != block {
                continue;
            }
            let given = call.args(&dfg.value_lists).map(|a| a.as_value().map(|v| dfg.resolve_aliases(v)));
            let Some(given) = given.collect::<Option<Vec<Value>>>() else {
                is_left = true;
                continue;
            };
            let known = self.known(function, own, inst, index, given[decision.parameter]);
            let outcome = known.and_then(|known| decision.test.decide(known));
            if outcome.is_none() && opcode != Opcode::Jump {
                is_left = true;
                continue;
            }
            move_to_start(function, &decision.constants);
            is_changed = true;
            match outcome {
                Some(holds) => {
                    let target = if holds { yes } else { no };
                    let dfg = &mut function.dfg;
                    let new = dfg.block_call(target.block, &target.arguments(&given));
                    let calls = dfg.insts[inst]
                        .branch_destination_mut(&mut dfg.jump_tables, &mut dfg.exception_tables);
                    calls[index] = new;
                }
                None => branch(function, inst, decision, &given),
            }
        }
        (is_changed, is_left)
    }
    /// What is known of an argument where an instruction goes to one of its targets.
    fn known(
        &self,
        function: &Function,
        own: Block,
        inst: Inst,
        index: usize,
        argument: Value,
    ) -> Option<Known> {
        if let Some(constant) = constant_of(function, argument) {
            return Some(Known::Constant(constant));
        }
        let dfg = &function.dfg;
        let argument = Test::of(function, argument);
        let of_branch = |inst: Inst, is_not_zero: bool| {
            let InstructionData::Brif { arg, .. } = dfg.insts[inst] else { return None };
            Test::of(function, arg).implies(is_not_zero, &argument).map(Known::of_condition)
        };
        // By the branch itself, or by the only one that leads to it.
        of_branch(inst, index == 0).or_else(|| {
            let &[before] = self.branches[own].as_slice() else { return None };
            function.layout.inst_block(before)?;
            let InstructionData::Brif { blocks, .. } = dfg.insts[before] else { return None };
            match blocks.map(|call| call.block(&dfg.value_lists) == own) {
                [true, false] => of_branch(before, true),
                [false, true] => of_branch(before, false),
                _ => None,
            }
        })
    }
}
/// Where a value is defined.
fn defining_block(function: &Function, value: Value) -> Option<Block> {
    match function.dfg.value_def(value) {
        ValueDef::Result(inst, _) => function.layout.inst_block(inst),
        ValueDef::Param(block, _) => Some(block),
        ValueDef::Union(..) => None,
    }
}
/// Lets constants be where all blocks can use them. They are no code until they are used.
fn move_to_start(function: &mut Function, constants: &[Inst]) {
    let layout = &mut function.layout;
    let Some(first) = layout.entry_block().and_then(|entry| layout.first_inst(entry)) else { return };
    // They have all been moved if one has.
    if constants.first().is_some_and(|&inst| layout.inst_block(inst) != layout.entry_block()) {
        for &inst in constants {
            layout.remove_inst(inst);
            layout.insert_inst(inst, first);
        }
    }
}
/// Branches in place of a jump to a block that would.
fn branch(function: &mut Function, jump: Inst, decision: &Decision, given: &[Value]) {
    let Decision { parameter, test, targets: [yes, no], .. } = decision;
    let position = function.srcloc(decision.branch);
    let mut condition = given[*parameter];
    let mut targets = [yes, no];
    if test.constant != 0 {
        let ty = function.dfg.value_type(condition);
        let mut cursor = FuncCursor::new(function).at_inst(jump);
        cursor.set_srcloc(position);
        let constant = cursor.ins().iconst(ty, test.constant as i64);
        let code = if test.is_equal { IntCC::Equal } else { IntCC::NotEqual };
        condition = cursor.ins().icmp(code, condition, constant);
    } else if test.is_equal {
        targets.reverse();
    }
    let dfg = &mut function.dfg;
    let blocks = targets.map(|target| dfg.block_call(target.block, &target.arguments(given)));
    dfg.insts[jump] = InstructionData::Brif { opcode: Opcode::Brif, arg: condition, blocks };
    function.set_srcloc(jump, position);
}

#[cfg(test)]
mod tests {
    use cranelift_codegen::ir::{AbiParam, JumpTableData, SourceLoc, types};
    use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};

    use super::super::control::block_args;
    use super::super::testing::{function_of_two, verify};
    use super::*;

    struct Builder<'a> {
        builder: FunctionBuilder<'a>,
        /// The function's parameters.
        a: Value,
        b: Value,
        /// Blocks that return 1 and 0.
        yes: Block,
        no: Block,
    }
    impl Builder<'_> {
        fn block(&mut self, parameters: usize) -> (Block, Vec<Value>) {
            let block = self.builder.create_block();
            (block, (0..parameters).map(|_| self.builder.append_block_param(block, types::I32)).collect())
        }
        fn number(&mut self, number: i64) -> Value {
            self.builder.ins().iconst(types::I32, number)
        }
        fn is_zero(&mut self, value: Value) -> Value {
            let zero = self.number(0);
            let result = self.builder.ins().icmp(IntCC::Equal, value, zero);
            self.builder.ins().uextend(types::I32, result)
        }
        fn start(&mut self, block: Block) {
            self.builder.switch_to_block(block);
        }
        fn jump(&mut self, to: Block, values: &[Value]) {
            self.builder.ins().jump(to, &block_args(values));
        }
        fn branch(&mut self, condition: Value, yes: (Block, &[Value]), no: (Block, &[Value])) {
            self.builder.ins().brif(condition, yes.0, &block_args(yes.1), no.0, &block_args(no.1));
        }
        /// Ends a block that returns where a condition leads.
        fn decide(&mut self, condition: Value) {
            let (yes, no) = (self.yes, self.no);
            self.branch(condition, (yes, &[]), (no, &[]));
        }
    }
    /// The last instructions of a function's blocks when its jumps are threaded. `yes` is the second block, `no` the third.
    fn threaded(build: impl FnOnce(&mut Builder<'_>)) -> Vec<String> {
        let (mut function, ()) = function_of_two(|mut builder, [a, b]| {
            let (yes, no) = (builder.create_block(), builder.create_block());
            let mut all = Builder { builder, a, b, yes, no };
            build(&mut all);
            for (block, number) in [(yes, 1), (no, 0)] {
                all.start(block);
                let number = all.number(number);
                all.builder.ins().return_(&[number]);
            }
            all.builder.seal_all_blocks();
        });
        verify(&function);
        thread_jumps(&mut function);
        verify(&function);
        let last = |block| function.layout.last_inst(block).expect("an instruction");
        let line = |block| {
            let line = format!("{block}: {}", function.dfg.display_inst(last(block))).replace(".i32", "");
            // What arguments are constants is said behind it.
            line.split("  ;").next().unwrap_or_default().to_owned()
        };
        function.layout.blocks().map(line).filter(|line| !line.contains("return")).collect()
    }

    /// `a && b == 0`, as a number, and then a branch.
    fn both(f: &mut Builder<'_>, is_negated: bool) {
        let ((second, _), (join, p)) = (f.block(0), f.block(1));
        let zero = f.number(0);
        f.branch(f.a, (second, &[]), (join, &[zero]));
        f.start(second);
        let value = f.is_zero(f.b);
        f.jump(join, &[value]);
        f.start(join);
        let condition = if is_negated { f.is_zero(p[0]) } else { p[0] };
        f.decide(condition);
    }
    #[test]
    fn constants_and_comparisons_lead_on() {
        assert_eq!(
            threaded(|f| both(f, false)),
            ["block0: brif v0, block3, block2", "block3: brif v6, block1, block2"]
        );
    }
    #[test]
    fn conditions_may_be_negated() {
        assert_eq!(
            threaded(|f| both(f, true)),
            ["block0: brif v0, block3, block1", "block3: brif v6, block2, block1"]
        );
    }
    #[test]
    fn other_numbers_are_compared_where_they_come_from() {
        let lines = threaded(|f| {
            let ((second, _), (join, p)) = (f.block(0), f.block(1));
            let five = f.number(5);
            f.branch(f.a, (second, &[]), (join, &[five]));
            f.start(second);
            f.jump(join, &[f.b]);
            f.start(join);
            let five = f.number(5);
            let condition = f.builder.ins().icmp(IntCC::NotEqual, five, p[0]);
            f.decide(condition);
        });
        assert_eq!(lines, ["block0: brif v0, block3, block2", "block3: brif.i8 v9, block1, block2"]);
    }
    #[test]
    fn what_a_branch_has_asked_is_known() {
        // `(a && b) && a`, with what has been asked as the number.
        let lines = threaded(|f| {
            let ((first, p), (second, q)) = (f.block(1), f.block(1));
            let (other, _) = f.block(0);
            f.branch(f.a, (other, &[]), (first, &[f.a]));
            f.start(other);
            let not = f.is_zero(f.a);
            f.jump(first, &[not]);
            f.start(first);
            let no = f.no;
            f.branch(p[0], (second, &p), (no, &[]));
            f.start(second);
            f.decide(q[0]);
        });
        assert_eq!(lines, ["block0: brif v0, block5, block2", "block5: jump block2"]);
    }
    #[test]
    fn arguments_go_along() {
        // The other parameters and constants of the block are passed on, and one of its constants is used behind it.
        let lines = threaded(|f| {
            let ((join, p), (sum, q), (second, _)) = (f.block(2), f.block(3), f.block(0));
            let one = f.number(1);
            f.branch(f.a, (join, &[one, f.b]), (second, &[]));
            f.start(second);
            f.jump(join, &[f.b, f.a]);
            f.start(join);
            let seven = f.number(7);
            let no = f.no;
            f.branch(p[0], (sum, &[p[1], seven, p[0]]), (no, &[]));
            f.start(sum);
            let condition = f.builder.ins().iadd(q[0], q[1]);
            let condition = f.builder.ins().isub(condition, seven);
            f.decide(condition);
        });
        assert_eq!(
            lines,
            [
                "block0: brif v0, block4(v1, v8, v7), block5",
                "block5: brif v1, block4(v0, v8, v1), block2",
                "block4: brif v10, block1, block2",
            ]
        );
    }
    #[test]
    fn tables_lead_on_where_they_can() {
        let lines = threaded(|f| {
            let (join, p) = f.block(1);
            let (zero, one) = (f.number(0), f.number(1));
            let calls = [zero, one, f.b].map(|v| f.builder.func.dfg.block_call(join, &block_args(&[v])));
            let table = f.builder.create_jump_table(JumpTableData::new(calls[2], &calls[..2]));
            f.builder.ins().br_table(f.a, table);
            f.start(join);
            f.decide(p[0]);
        });
        assert_eq!(
            lines,
            ["block0: br_table v0, block3(v1), [block2, block1]", "block3: brif v2, block1, block2"]
        );
    }
    #[test]
    fn what_is_used_behind_stays() {
        let lines = threaded(|f| {
            let ((join, p), (behind, _)) = (f.block(1), f.block(0));
            let (one, no) = (f.number(1), f.no);
            f.branch(f.a, (join, &[one]), (join, &[f.b]));
            f.start(join);
            f.branch(p[0], (behind, &[]), (no, &[]));
            f.start(behind);
            let condition = f.builder.ins().iadd(p[0], f.a);
            f.decide(condition);
        });
        assert_eq!(
            lines,
            [
                "block0: brif v0, block3(v3), block3(v1)",
                "block3: brif v2, block4, block2",
                "block4: brif v4, block1, block2",
            ]
        );
    }
    #[test]
    fn loops_keep_their_heads() {
        let lines = threaded(|f| {
            let ((head, p), (body, _)) = (f.block(1), f.block(0));
            let (one, no) = (f.number(1), f.no);
            f.jump(head, &[one]);
            f.start(head);
            f.branch(p[0], (body, &[]), (no, &[]));
            f.start(body);
            let next = f.builder.ins().isub(f.a, f.b);
            f.jump(head, &[next]);
        });
        assert_eq!(
            lines,
            ["block0: jump block3(v3)", "block3: brif v2, block4, block2", "block4: jump block3(v4)"]
        );
    }
    #[test]
    fn positions_are_those_of_the_branch() {
        let mut function = Function::new();
        let mut context = FunctionBuilderContext::new();
        function.signature.params = vec![AbiParam::new(types::I32)];
        let mut builder = FunctionBuilder::new(&mut function, &mut context);
        let blocks: Vec<Block> = (0..3).map(|_| builder.create_block()).collect();
        builder.append_block_params_for_function_params(blocks[0]);
        let parameter = builder.append_block_param(blocks[1], types::I32);
        builder.switch_to_block(blocks[0]);
        builder.set_srcloc(SourceLoc::new(3));
        let argument = builder.block_params(blocks[0])[0];
        let jump = builder.ins().jump(blocks[1], &block_args(&[argument]));
        builder.switch_to_block(blocks[1]);
        builder.set_srcloc(SourceLoc::new(4));
        builder.ins().brif(parameter, blocks[2], &[], blocks[2], &[]);
        builder.switch_to_block(blocks[2]);
        builder.ins().return_(&[]);
        builder.seal_all_blocks();
        thread_jumps(&mut function);
        assert_eq!(function.dfg.insts[jump].opcode(), Opcode::Brif);
        assert_eq!(function.srcloc(jump), SourceLoc::new(4));
    }
}
