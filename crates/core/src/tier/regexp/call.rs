//! The call of a regular expression's machine code, and its helpers.

use spey_jit::regexp::{Frame, STACK_SLACK, exit};
use spey_regexp::machine::{Exit, Search, Text};

/// What machine code and its helpers work on. The code knows the frame only.
#[repr(C)]
struct Call<'a, 'b> {
    frame: Frame,
    search: &'a mut Search<'b>,
}

/// Searches by machine code.
///
/// # Safety
/// `code` is machine code of `search.program` for texts as wide as `search.text`, executable for the time of the call.
pub unsafe fn search(code: *const u8, search: &mut Search<'_>) -> Exit {
    let (text, length) = match search.text {
        Text::Latin1(bytes) => (bytes.as_ptr(), bytes.len()),
        Text::Utf16(units) => (units.as_ptr().cast(), units.len()),
    };
    debug_assert!(search.captures.len() >= search.program.group_count as usize * 2);
    debug_assert!(search.registers.len() >= search.program.machine_register_count());
    if search.stack.len() <= 2 * STACK_SLACK {
        return Exit::NoStack { attempt: search.start };
    }
    let stack = search.stack.as_mut_ptr_range();
    let frame = Frame {
        text,
        length: length as u64,
        captures: search.captures.as_mut_ptr(),
        registers: search.registers.as_mut_ptr(),
        stack: stack.start,
        // SAFETY: the stack is longer than that.
        stack_end: unsafe { stack.end.sub(STACK_SLACK) },
        steps: search.steps.max(1),
        sticky: u64::from(search.sticky),
        attempt: search.start as u64,
        skip: 0,
        find,
        reference,
        contains,
        more_steps,
    };
    let start = search.start as u64;
    let mut call = Call { frame, search };
    // SAFETY: the code has this signature and keeps to the text, the captures, the registers and the stack. The pointer is
    // to the whole of the call, so that the helpers may have it back.
    let how = unsafe {
        let code: extern "C" fn(*mut Call<'_, '_>, u64) -> u64 = std::mem::transmute(code);
        code(&raw mut call, start)
    };
    let attempt = call.frame.attempt as usize;
    match how {
        exit::MATCH => Exit::Match,
        exit::NO_STEPS => Exit::NoSteps { attempt },
        exit::NO_STACK => Exit::NoStack { attempt },
        _ => Exit::NoMatch,
    }
}

/// The call around a frame.
///
/// # Safety
/// The frame is that of a running call, of which no other reference is in use.
unsafe fn call_of<'a>(frame: *mut Frame) -> &'a mut Search<'a> {
    // SAFETY: by the contract; the frame is the first field. Machine code holds no references.
    unsafe { (*frame.cast::<Call<'_, '_>>()).search }
}

fn or_none(found: Option<usize>) -> u64 {
    found.map_or(u64::MAX, |pos| pos as u64)
}

extern "C" fn find(frame: *mut Frame, pos: u64, _: u64) -> u64 {
    // SAFETY: called by machine code with its frame.
    let search = unsafe { call_of(frame) };
    or_none(search.program.find(search.text, pos as usize))
}

extern "C" fn reference(frame: *mut Frame, index: u64, pos: u64) -> u64 {
    // SAFETY: called by machine code with its frame.
    let search = unsafe { call_of(frame) };
    or_none(search.program.match_reference(search.text, index as u32, search.captures, pos as usize))
}

extern "C" fn contains(frame: *mut Frame, set: u64, c: u64) -> u64 {
    // SAFETY: called by machine code with its frame.
    let search = unsafe { call_of(frame) };
    u64::from(search.program.sets.get(set as usize).is_some_and(|set| set.contains(c as u32)))
}

extern "C" fn more_steps(frame: *mut Frame, _: u64, _: u64) -> u64 {
    // SAFETY: called by machine code with its frame.
    let search = unsafe { call_of(frame) };
    (search.more_steps)()
}
