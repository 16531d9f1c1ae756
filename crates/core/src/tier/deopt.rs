//! Where machine code is left for the interpreter, and how often.

use spey_bytecode::Operand;
use spey_bytecode::decode::Instruction;
use spey_gc::Value as Raw;
use spey_jit::snapshot::{Exit, ExitKind, Filler, Resume};

use super::policy::{CodeTier, describe, discard, loops};
use crate::code::Code;
use crate::inline_cache::MEGAMORPHIC;
use crate::vm::Vm;

/// Leaves at one instruction after which the machine code is discarded. The feedback knows better by then; if that happens
/// a second time, there is no speculation at that instruction any more.
const MAX_EXITS: u32 = 16;
/// The same for exits that say that the code has aged.
const MAX_OUTDATED: u32 = 3;

/// Leaves at one instruction.
pub(super) struct ExitCount {
    code: *mut Code,
    pc: u32,
    count: u32,
}

/// An instruction at which machine code was left too often once.
pub(super) struct Suspect {
    pc: u32,
    /// The last compilation that began before.
    pub(super) last: u64,
    /// Number of shapes that the instruction's inline cache knew then.
    shapes: usize,
}

/// Number of shapes that the inline cache of an instruction knows, as long as it learns them.
///
/// # Safety
/// `code` is a live code cell and `pc` one of its instructions.
unsafe fn shapes_at(code: *mut Code, pc: u32) -> usize {
    // SAFETY: by the contract.
    unsafe {
        let Ok(i) = Instruction::decode((*code).data().unit.code.as_slice(), pc) else { return 0 };
        let Some(n) = i.op.info().operands.iter().position(|&kind| kind == Operand::Ic) else { return 0 };
        let cache = &*(*code).ics.add(i.operand(n) as u16 as usize);
        if cache.misses >= MEGAMORPHIC {
            return 0;
        }
        cache.entries().count()
    }
}

/// An exit of machine code `id` of `owner`, where it leads, and whether that code is valid. Completes the frames at `outer`.
///
/// # Safety
/// `owner` is a live code cell, the exit one of that code's, and `outer` the frame that it runs with.
pub(super) unsafe fn exit_of<'a>(
    owner: *mut Code,
    id: u64,
    index: usize,
    outer: *mut Raw,
) -> (&'a Exit, &'a Resume, bool) {
    // SAFETY: by the contract.
    let installed = unsafe { &(*(*owner).tier).installed };
    let code = installed.iter().rev().find(|i| i.id == id).expect("machine code that runs is installed");
    let exit = &code.exits[index];
    let resume = &code.resumes[exit.resume as usize];
    for &(slot, filler) in &resume.fill {
        // SAFETY: slots of the outer frame and of frames inlined above it.
        unsafe {
            let place = outer.offset(slot as isize);
            *place = match filler {
                Filler::Bits(bits) => Raw::from_bits(bits),
                Filler::Address(slot) => Raw::from_bits(outer.offset(slot as isize) as u64),
                Filler::Table(k) => code.table.get(k),
                // Made when the frame is complete.
                Filler::Arguments(_) => Raw::UNDEFINED,
                Filler::Double => Raw::double(f64::from_bits((*place).bits())),
                Filler::Int32 => Raw::int32((*place).bits() as i32),
            };
        }
    }
    (exit, resume, code.valid.get() != 0)
}

/// Machine code `id` of `owner` has been left.
///
/// # Safety
/// `owner` and the exit's cell are live code cells.
pub(super) unsafe fn left(vm: &mut Vm, owner: *mut Code, id: u64, exit: &Exit, resume: &Resume, valid: bool) {
    let (code, pc, kind) = (exit.cell as *mut Code, exit.pc, exit.kind);
    // SAFETY: by the contract; bytecode is writable.
    unsafe {
        if vm.config().tier.trace_deopt {
            let op = (*(*code).first.add(pc as usize)) as u8;
            let op = spey_bytecode::Op::from_u8(op).map_or("?", |op| op.info().name);
            super::trace(format_args!(
                "[left {}: {}, {op} at {} {}]",
                describe(owner),
                exit.reason,
                describe(code),
                place(code, pc)
            ));
        }
        // Loops with machine code are entered again at once.
        let going_on = resume.cell as *mut Code;
        if !(*going_on).tier.is_null() && !(*(*going_on).tier).loops.is_empty() {
            for back in loops(going_on) {
                if CodeTier::of(going_on).loops.iter().any(|l| l.0 == back.head) {
                    back.go_round_once(going_on);
                }
            }
        }
        if kind == ExitKind::Loop || is_forced(vm) {
            return;
        }
        let t = CodeTier::of(owner);
        let at = match t.exits.iter().position(|e| e.code == code && e.pc == pc) {
            Some(at) => at,
            None => {
                t.exits.push(ExitCount { code, pc, count: 0 });
                t.exits.len() - 1
            }
        };
        t.exits[at].count += 1;
        let limit = match kind {
            _ if !valid => 1,
            ExitKind::Outdated => MAX_OUTDATED,
            _ => MAX_EXITS,
        };
        if t.exits[at].count >= limit {
            let tier = CodeTier::of(code);
            if kind == ExitKind::Guess && valid {
                let suspect = Suspect { pc, last: vm.tier.last_id(), shapes: shapes_at(code, pc) };
                match tier.suspects.iter_mut().find(|s| s.pc == pc) {
                    None => tier.suspects.push(suspect),
                    // Older machine code, such as that of a loop, did not know better yet.
                    Some(known) if id <= known.last => {}
                    // Nor did this one.
                    Some(known) if known.shapes < suspect.shapes => *known = suspect,
                    Some(_) if tier.generic.contains(&pc) => {}
                    Some(_) => tier.generic.push(pc),
                }
            }
            discard(vm, owner, id);
        }
    }
}

/// Has a guard been left although it holds? Chooses the next one, if so.
fn is_forced(vm: &mut Vm) -> bool {
    /// Guards between two forced exits, at most.
    const GUARDS: u64 = 96;
    let seed = vm.config().tier.force_exits;
    if seed == 0 || vm.exit_countdown != 0 {
        return false;
    }
    // A linear congruential generator.
    let random = if vm.tier.exit_random == 0 { seed } else { vm.tier.exit_random };
    vm.tier.exit_random = random.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407) | 1;
    vm.exit_countdown = 1 + ((vm.tier.exit_random >> 33) % GUARDS) as u32;
    true
}

/// Line and column of an instruction.
unsafe fn place(code: *mut Code, pc: u32) -> String {
    // SAFETY: live code cell.
    unsafe {
        let positions = (*code).positions();
        let at = positions.partition_point(|p| p.0 <= pc);
        match at.checked_sub(1) {
            Some(i) => {
                let (line, column) = (*code).script().position(positions[i].1);
                format!("{line}:{column}")
            }
            None => String::new(),
        }
    }
}
