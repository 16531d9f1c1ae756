//! Methods of unmodified expressions on flat strings, without a frame and without handles.
//!
//! They do what the methods of this chapter do, where that takes neither a collection nor an exception nor a long search; else
//! they answer with the empty value, having done nothing that anyone can see.

use std::cell::RefCell;

use spey_core::native;
use spey_core::regexp::{self, Inherited, Unmodified, slot};
use spey_core::string::{self, StrView, quick_view};
use spey_core::vm::Vm;
use spey_gc::Value as Raw;
use spey_regexp::Flags;

use super::pattern::{Compiled, Pattern};

/// Texts up to this length are taken apart or put together: what does not fit into memory at hand is done twice.
const MAX_UNITS: usize = 8 << 10;

thread_local! {
    /// Memory for replaced texts and for the parts of split ones.
    static UNITS: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static PARTS: RefCell<Vec<(u32, u32)>> = const { RefCell::new(Vec::new()) };
}

/// An unmodified expression that has been compiled, and a text for it.
struct Ready<'a> {
    object: Unmodified,
    pattern: &'a Pattern,
    flags: Flags,
    text: Raw,
    view: StrView<'a>,
    last_index: usize,
}

impl<'a> Ready<'a> {
    #[inline(always)]
    fn new(vm: &Vm, regexp: Raw, text: Raw) -> Option<Ready<'a>> {
        // The arrays made belong to the realm of the function, which is not known here.
        if vm.realms.len() > 1 {
            return None;
        }
        let object = Unmodified::new(vm, regexp)?;
        // SAFETY: a live object, whose slot is a native cell of this type or undefined. Nothing is freed or moved before the
        // method is done: it does not collect.
        unsafe {
            let compiled = object.slot(slot::COMPILED);
            let (flags, last_index) = (object.slot(slot::FLAGS), object.last_index());
            if !compiled.is_cell() || !last_index.is_int32() || last_index.as_int32() < 0 {
                return None;
            }
            let pattern = &native::data_unchecked::<Compiled>(compiled).0;
            let view: StrView<'a> = std::mem::transmute(quick_view(vm, text)?);
            Some(Ready {
                object,
                pattern,
                flags: Flags::from_bits(flags.as_int32() as u8),
                text,
                view,
                last_index: last_index.as_int32() as usize,
            })
        }
    }
    #[inline(always)]
    fn has(&self, flag: Flags) -> bool {
        self.flags.contains(flag)
    }
    /// RegExpBuiltinExec, ECMA-262 §22.2.7.2, up to the making of the result, for which `found` is called before anything is
    /// changed. The outer None: it must be done in another way.
    #[inline(always)]
    fn exec(self, vm: &mut Vm, found: impl FnOnce(&mut Vm, &[u32]) -> Raw) -> Option<Option<Raw>> {
        let sticky = self.has(Flags::STICKY);
        let moves = sticky || self.has(Flags::GLOBAL);
        let start = if moves { self.last_index } else { 0 };
        let mut whole = [0; 2];
        let slots = if start > self.view.len() {
            None
        } else {
            self.pattern.try_search(self.view, start, sticky, &mut whole)?
        };
        let v = match slots {
            None => None,
            Some(slots) => {
                let v = found(vm, slots);
                if v.is_empty() {
                    return None;
                }
                vm.realm_mut().regexp.record_match(self.text, slots);
                Some(v)
            }
        };
        if moves {
            // SAFETY: the object is live.
            unsafe { self.object.set_last_index(slots.map_or(0, |slots| slots[1] as usize)) };
        }
        Some(v)
    }
    /// The array of a match, or null.
    #[inline(always)]
    fn exec_array(self, vm: &mut Vm) -> Raw {
        if !self.pattern.has_plain_matches {
            return Raw::EMPTY;
        }
        let text = self.text;
        match self.exec(vm, |vm, slots| regexp::try_new_match(vm, text, slots)) {
            Some(v) => v.unwrap_or(Raw::NULL),
            None => Raw::EMPTY,
        }
    }
    /// Calls `found` with the slots of each match of an unmodified global expression from the start of the text, and leaves
    /// `lastIndex` 0. False: not all matches were found.
    #[inline(always)]
    fn each_match(&self, vm: &mut Vm, mut found: impl FnMut(&[u32])) -> bool {
        let sticky = self.has(Flags::STICKY);
        let size = self.view.len();
        let mut whole = [0; 2];
        let mut at = 0;
        while at <= size {
            let slots = match self.pattern.try_search(self.view, at, sticky, &mut whole) {
                None => return false,
                Some(None) => break,
                Some(Some(slots)) => slots,
            };
            found(slots);
            vm.realm_mut().regexp.record_match(self.text, slots);
            let end = slots[1] as usize;
            at = if end > slots[0] as usize { end } else { end + 1 };
        }
        // SAFETY: the object is live.
        unsafe { self.object.set_last_index(0) };
        true
    }
}

/// `RegExp.prototype.exec`
pub(super) fn exec(vm: &mut Vm, this: Raw, args: &[Raw]) -> Raw {
    match args.first().and_then(|&text| Ready::new(vm, this, text)) {
        Some(ready) => ready.exec_array(vm),
        None => Raw::EMPTY,
    }
}
/// `RegExp.prototype.test`
pub(super) fn test(vm: &mut Vm, this: Raw, args: &[Raw]) -> Raw {
    let Some(ready) = args.first().and_then(|&text| Ready::new(vm, this, text)) else { return Raw::EMPTY };
    if !regexp::is_original(vm, Inherited::Exec) {
        return Raw::EMPTY;
    }
    match ready.exec(vm, |_, _| Raw::TRUE) {
        Some(v) => v.unwrap_or(Raw::FALSE),
        None => Raw::EMPTY,
    }
}
/// `String.prototype.match` with an expression that is not global.
pub(crate) fn match_(vm: &mut Vm, this: Raw, args: &[Raw]) -> Raw {
    let Some(ready) = args.first().and_then(|&regexp| Ready::new(vm, regexp, this)) else {
        return Raw::EMPTY;
    };
    let unmodified = [Inherited::Exec, Inherited::Match].iter().all(|&p| regexp::is_original(vm, p));
    if !unmodified || ready.has(Flags::GLOBAL) {
        return Raw::EMPTY;
    }
    ready.exec_array(vm)
}
/// `String.prototype.replace` of narrow text by narrow text without references.
pub(crate) fn replace(vm: &mut Vm, this: Raw, args: &[Raw]) -> Raw {
    let &[regexp, replacement, ..] = args else { return Raw::EMPTY };
    let Some(ready) = Ready::new(vm, regexp, this) else { return Raw::EMPTY };
    let unmodified = [Inherited::Exec, Inherited::Replace].iter().all(|&p| regexp::is_original(vm, p));
    if !unmodified || ready.view.len() > MAX_UNITS || !spey_core::value::is_string(replacement) {
        return Raw::EMPTY;
    }
    let StrView::Latin1(text) = ready.view else {
        // Nothing is to be replaced, or it is another's task.
        let global = ready.has(Flags::GLOBAL);
        if !global && ready.has(Flags::STICKY) {
            return Raw::EMPTY;
        }
        let mut whole = [0; 2];
        return match ready.pattern.try_search(ready.view, 0, ready.has(Flags::STICKY), &mut whole) {
            Some(None) => {
                if global {
                    // SAFETY: the object is live.
                    unsafe { ready.object.set_last_index(0) };
                }
                this
            }
            _ => Raw::EMPTY,
        };
    };
    // SAFETY: a string that lives as long as the method runs.
    let replacement = match unsafe {
        std::mem::transmute::<Option<StrView<'_>>, Option<StrView<'_>>>(quick_view(vm, replacement))
    } {
        Some(StrView::Latin1(units)) if !units.contains(&b'$') => units,
        _ => return Raw::EMPTY,
    };
    if !ready.has(Flags::GLOBAL) {
        let v = ready.exec(vm, |vm, slots| {
            let (from, to) = (slots[0] as usize, slots[1] as usize);
            string::try_concat_latin1(vm, [&text[..from], replacement, &text[to..]])
        });
        return v.map_or(Raw::EMPTY, |v| v.unwrap_or(this));
    }
    UNITS.with_borrow_mut(|out| {
        out.clear();
        let mut next = None;
        let all = ready.each_match(vm, |slots| {
            out.extend_from_slice(&text[next.unwrap_or(0)..slots[0] as usize]);
            out.extend_from_slice(replacement);
            next = Some(slots[1] as usize);
        });
        match next {
            _ if !all => Raw::EMPTY,
            None => this,
            Some(next) => string::try_concat_latin1(vm, [out, &text[next..], &[]]),
        }
    })
}
/// `String.prototype.split` without a limit.
pub(crate) fn split(vm: &mut Vm, this: Raw, args: &[Raw]) -> Raw {
    let &[regexp] = args else { return Raw::EMPTY };
    let Some(ready) = Ready::new(vm, regexp, this) else { return Raw::EMPTY };
    let unmodified = [Inherited::Exec, Inherited::Split, Inherited::Constructor]
        .iter()
        .all(|&p| regexp::is_original(vm, p));
    let size = ready.view.len();
    let is_hard = ready.has(Flags::STICKY) || ready.has(Flags::UNICODE) || ready.has(Flags::UNICODE_SETS);
    if !unmodified || is_hard || size == 0 || size > MAX_UNITS {
        return Raw::EMPTY;
    }
    PARTS.with_borrow_mut(|parts| {
        parts.clear();
        // The end of the last separator, and where the next is looked for.
        let (mut p, mut q) = (0, 0);
        let mut whole = [0; 2];
        while q < size {
            let slots = match ready.pattern.try_search(ready.view, q, false, &mut whole) {
                None => return Raw::EMPTY,
                Some(None) => break,
                Some(Some(slots)) => slots,
            };
            let (from, to) = (slots[0] as usize, slots[1] as usize);
            if from >= size {
                break;
            }
            vm.realm_mut().regexp.record_match(this, slots);
            if to == p {
                q = from.max(q) + 1;
                continue;
            }
            parts.push((p as u32, from as u32));
            for group in slots[2..].chunks_exact(2) {
                parts.push(if group.contains(&u32::MAX) { (u32::MAX, 0) } else { (group[0], group[1]) });
            }
            (p, q) = (to, to);
        }
        parts.push((p as u32, size as u32));
        regexp::try_new_parts(vm, this, parts)
    })
}
