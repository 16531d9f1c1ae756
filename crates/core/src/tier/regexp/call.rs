//! The call of a regular expression's machine code, and its helpers.

use spey_jit::regexp::{Frame, STACK_SLACK, exit};
use spey_regexp::machine::{Exit, Search, Text, Width};
use spey_regexp::program::Program;

/// What machine code and its helpers work on. The code knows the frame only.
#[repr(C)]
pub(super) struct Call<'a> {
    frame: Frame,
    program: *const Program,
    width: Width,
    /// Gives steps, or none; None: there are no more.
    more_steps: Option<&'a mut dyn FnMut() -> u64>,
}

impl Call<'static> {
    /// A call to be used again and again, on memory of its own.
    ///
    /// # Safety
    /// The program and the memory outlive the calls; there are as many captures and registers as the program says.
    pub(super) unsafe fn reusable(
        program: &Program,
        width: Width,
        captures: *mut u32,
        registers: *mut u32,
        stack: std::ops::Range<*mut u64>,
    ) -> Call<'static> {
        // SAFETY: by the contract.
        let frame = unsafe { frame(std::ptr::null(), 0, captures, registers, stack) };
        Call { frame, program, width, more_steps: None }
    }
    /// Searches a text, with a few steps.
    ///
    /// # Safety
    /// As for [`search`], with what the call was made of; the text is as wide as said then.
    #[inline(always)]
    pub(super) unsafe fn search(
        &mut self,
        code: *const u8,
        text: Text<'_>,
        start: usize,
        sticky: bool,
        steps: u64,
    ) -> u64 {
        debug_assert_eq!(self.width, text.width());
        let (text, length) = match text {
            Text::Latin1(bytes) => (bytes.as_ptr(), bytes.len()),
            Text::Utf16(units) => (units.as_ptr().cast(), units.len()),
        };
        let frame = &mut self.frame;
        (frame.text, frame.length) = (text, length as u64);
        frame.sticky = u64::from(sticky);
        frame.steps = steps;
        frame.attempt = start as u64;
        frame.skip = 0;
        // SAFETY: by the contract.
        unsafe { enter(code, self, start) }
    }
}

/// A frame for a search.
///
/// # Safety
/// The stack is longer than its slack.
unsafe fn frame(
    text: *const u8,
    length: usize,
    captures: *mut u32,
    registers: *mut u32,
    stack: std::ops::Range<*mut u64>,
) -> Frame {
    Frame {
        text,
        length: length as u64,
        captures,
        registers,
        stack: stack.start,
        // SAFETY: by the contract.
        stack_end: unsafe { stack.end.sub(STACK_SLACK) },
        steps: 1,
        sticky: 0,
        attempt: 0,
        skip: 0,
        find,
        reference,
        contains,
        more_steps,
    }
}
/// Runs machine code.
///
/// # Safety
/// As for [`search`].
#[inline(always)]
unsafe fn enter(code: *const u8, call: &mut Call<'_>, start: usize) -> u64 {
    // SAFETY: the code has this signature and keeps to the text, the captures, the registers and the stack. The pointer is
    // to the whole of the call, so that the helpers may have it back.
    unsafe {
        let code: extern "C" fn(*mut Call<'_>, u64) -> u64 = std::mem::transmute(code);
        code(call, start as u64)
    }
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
    let (captures, registers) = (search.captures.as_mut_ptr(), search.registers.as_mut_ptr());
    // SAFETY: the stack is longer than that.
    let frame = unsafe {
        let mut frame = frame(text, length, captures, registers, search.stack.as_mut_ptr_range());
        frame.steps = search.steps.max(1);
        frame.sticky = u64::from(search.sticky);
        frame.attempt = search.start as u64;
        frame
    };
    let width = search.text.width();
    let mut call = Call { frame, program: search.program, width, more_steps: Some(&mut *search.more_steps) };
    // SAFETY: by the contract.
    let how = unsafe { enter(code, &mut call, search.start) };
    let attempt = call.frame.attempt as usize;
    match how {
        exit::MATCH => Exit::Match,
        exit::NO_STEPS => Exit::NoSteps { attempt },
        exit::NO_STACK => Exit::NoStack { attempt },
        _ => Exit::NoMatch,
    }
}

/// The call around a frame, its program and its text.
///
/// # Safety
/// The frame is that of a running call, of which no other reference is in use.
unsafe fn call_of<'a>(frame: *mut Frame) -> (&'a mut Call<'a>, &'a Program, Text<'a>) {
    // SAFETY: by the contract; the frame is the first field. Machine code holds no references.
    unsafe {
        let call = &mut *frame.cast::<Call<'_>>();
        let (units, length) = (call.frame.text, call.frame.length as usize);
        let text = match call.width {
            Width::Latin1 => Text::Latin1(std::slice::from_raw_parts(units, length)),
            Width::Utf16 => Text::Utf16(std::slice::from_raw_parts(units.cast(), length)),
        };
        let program = &*call.program;
        (call, program, text)
    }
}

fn or_none(found: Option<usize>) -> u64 {
    found.map_or(u64::MAX, |pos| pos as u64)
}

extern "C" fn find(frame: *mut Frame, pos: u64, _: u64) -> u64 {
    // SAFETY: called by machine code with its frame.
    let (_, program, text) = unsafe { call_of(frame) };
    or_none(program.find(text, pos as usize))
}

extern "C" fn reference(frame: *mut Frame, index: u64, pos: u64) -> u64 {
    // SAFETY: called by machine code with its frame; there are that many captures.
    let (program, text, captures) = unsafe {
        let (call, program, text) = call_of(frame);
        let captures = std::slice::from_raw_parts(call.frame.captures, program.group_count as usize * 2);
        (program, text, captures)
    };
    or_none(program.match_reference(text, index as u32, captures, pos as usize))
}

extern "C" fn contains(frame: *mut Frame, set: u64, c: u64) -> u64 {
    // SAFETY: called by machine code with its frame.
    let (_, program, _) = unsafe { call_of(frame) };
    u64::from(program.sets.get(set as usize).is_some_and(|set| set.contains(c as u32)))
}

extern "C" fn more_steps(frame: *mut Frame, _: u64, _: u64) -> u64 {
    // SAFETY: called by machine code with its frame.
    let (call, ..) = unsafe { call_of(frame) };
    call.more_steps.as_mut().map_or(0, |more| more())
}
