//! Compiled patterns: program, and machine code once they are hot.

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;

use spey_core::cell::NativeData;
use spey_core::interrupt;
use spey_core::native::ExternalBytes;
use spey_core::scope::{JsResult, Local, Scope};
use spey_core::string::{JsString, StrView};
use spey_core::tier::RegexpCode;
use spey_gc::LedgerCategory;
use spey_regexp::machine::{NO_POSITION, Width};
use spey_regexp::{Flags, Interrupted, Machine, MatchState, Regexp, Text};

/// Units searched for each call that the tier counts before it compiles a function.
const UNITS_PER_CALL: u64 = 32;
/// The same for each instruction: long programs take longer to compile.
const UNITS_PER_INSTRUCTION: u64 = 1;

/// A compiled pattern, charged to the ledger. Patterns are shared by the objects made of the same source.
pub(super) struct Pattern {
    pub regexp: Regexp,
    /// [`Regexp::is_found_whole`], at hand.
    is_found_whole: bool,
    /// Matches have neither names nor indices.
    pub has_plain_matches: bool,
    /// Units searched so far.
    heat: Cell<u64>,
    /// Machine code for the two widths, as far as it has been asked for.
    latin1: OnceCell<Option<RegexpCode>>,
    utf16: OnceCell<Option<RegexpCode>>,
    _bytes: ExternalBytes,
}

/// The pattern of a native cell.
pub(super) struct Compiled(pub Rc<Pattern>);

impl NativeData for Compiled {
    fn as_any(&mut self) -> &mut dyn std::any::Any {
        self
    }
}

/// Where a match may begin.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    /// As the sticky flag says.
    ByFlag,
    /// Only at the start position.
    Here,
}

thread_local! {
    /// Working memory of the matcher: no match runs inside another one.
    static MATCH_STATE: RefCell<MatchState> = RefCell::new(interruptible());
    /// The safepoint word of the VM whose match runs.
    static SAFEPOINT: Cell<*const u32> = const { Cell::new(std::ptr::null()) };
    /// Memory for the next [`Ranges`].
    static SPARE_RANGES: Cell<Vec<u32>> = const { Cell::new(Vec::new()) };
}

fn interruptible() -> MatchState {
    let mut state = MatchState::new();
    state.set_poll(Some(Box::new(|| {
        let word = SAFEPOINT.get();
        // SAFETY: set by `run`, whose VM is alive; other threads set bits of the word at any time.
        unsafe { std::ptr::read_volatile(word) & interrupt::bit::TERMINATE != 0 }
    })));
    state
}

/// The groups of a match by number, as ranges of the string; empty before the first match.
pub(super) struct Ranges(Vec<u32>);

impl Ranges {
    #[inline]
    pub fn new() -> Ranges {
        let mut slots = SPARE_RANGES.take();
        slots.clear();
        Ranges(slots)
    }
    #[inline]
    fn set(&mut self, slots: &[u32]) {
        self.0.clear();
        self.0.extend_from_slice(slots);
    }
    /// The slots: start and end of each group.
    #[inline]
    pub fn slots(&self) -> &[u32] {
        &self.0
    }
    /// Group 0.
    #[inline]
    pub fn whole(&self) -> (usize, usize) {
        range_at(&self.0, 0).map_or((0, 0), |(from, to)| (from as usize, to as usize))
    }
}

impl Drop for Ranges {
    fn drop(&mut self) {
        SPARE_RANGES.set(std::mem::take(&mut self.0));
    }
}

/// The number of groups in slots.
#[inline]
pub(super) fn group_count(slots: &[u32]) -> usize {
    slots.len() / 2
}
/// The range of a group, if it took part.
#[inline]
pub(super) fn range_at(slots: &[u32], group: usize) -> Option<(u32, u32)> {
    match slots.get(2 * group..2 * group + 2) {
        Some(&[from, to]) if from != NO_POSITION && to != NO_POSITION => Some((from, to)),
        _ => None,
    }
}
/// The ranges of all groups.
pub(super) fn all_ranges(slots: &[u32]) -> impl Iterator<Item = Option<(u32, u32)>> {
    (0..group_count(slots)).map(|group| range_at(slots, group))
}

impl Pattern {
    pub fn new(s: &mut Scope<'_>, regexp: Regexp) -> Pattern {
        let mut bytes = ExternalBytes::new(s.vm(), LedgerCategory::Code);
        bytes.set(&mut s.vm().heap, regexp.memory_bytes());
        let has_plain_matches =
            regexp.group_names().is_empty() && !regexp.flags().contains(Flags::HAS_INDICES);
        let is_found_whole = regexp.is_found_whole();
        Pattern {
            is_found_whole,
            has_plain_matches,
            regexp,
            heat: Cell::new(0),
            latin1: OnceCell::new(),
            utf16: OnceCell::new(),
            _bytes: bytes,
        }
    }

    /// Machine code for texts of a width, made now if the pattern is hot.
    fn machine(&self, s: &mut Scope<'_>, width: Width) -> Option<&RegexpCode> {
        let code = match width {
            Width::Latin1 => &self.latin1,
            Width::Utf16 => &self.utf16,
        };
        if code.get().is_none() {
            let calls = u64::from(s.vm().config().tier.threshold.saturating_sub(1));
            let size = self.regexp.program().code.len() as u64;
            if self.heat.get() < calls * (UNITS_PER_CALL + size * UNITS_PER_INSTRUCTION) {
                return None;
            }
        }
        code.get_or_init(|| RegexpCode::compile(s, &self.regexp, width)).as_ref()
    }

    /// Searches from `start` on as the flags say, if that is quick: by the search that finds whole matches, or by machine code
    /// that is there. The slots of the match, if there is one, are to be used before the next search.
    #[inline]
    pub fn try_search<'a>(
        &'a self,
        view: StrView<'_>,
        start: usize,
        sticky: bool,
        whole: &'a mut [u32; 2],
    ) -> Option<Option<&'a [u32]>> {
        let (text, code) = match view {
            StrView::Latin1(bytes) => (Text::Latin1(bytes), &self.latin1),
            // A start inside a pair would have to be moved.
            StrView::Utf16(_) if start > 0 && self.regexp.flags().is_unicode() => return None,
            StrView::Utf16(units) => (Text::Utf16(units), &self.utf16),
        };
        if self.is_found_whole {
            return self.regexp.find_whole(text, start).map(|found| {
                let (from, to) = found?;
                *whole = [from as u32, to as u32];
                Some(&whole[..])
            });
        }
        code.get()?.as_ref()?.try_search(text, start, sticky)
    }

    /// Runs the matcher from `start` on; the groups of a match are put into `ranges`.
    pub fn run(
        &self,
        s: &mut Scope<'_>,
        text: Local<'_, JsString>,
        start: usize,
        anchor: Anchor,
        ranges: &mut Ranges,
    ) -> JsResult<bool> {
        text.flatten(s);
        let width = match text.view(&s.no_gc()) {
            StrView::Latin1(_) => Width::Latin1,
            StrView::Utf16(_) => Width::Utf16,
        };
        let is_searched = self.is_found_whole && anchor == Anchor::ByFlag;
        let machine = if is_searched { None } else { self.machine(s, width) };
        if anchor == Anchor::ByFlag {
            let token = s.no_gc();
            let sticky = self.regexp.flags().contains(Flags::STICKY);
            if let Some(found) = self.try_search(text.view(&token), start, sticky, &mut [0; 2]) {
                found.inspect(|slots| ranges.set(slots));
                return Ok(found.is_some());
            }
        }
        let is_cold = machine.is_none();
        SAFEPOINT.set(&raw const s.vm().interrupt);
        let machine = machine.map(|code| code as &dyn Machine);
        let found = {
            let token = s.no_gc();
            let view = match text.view(&token) {
                StrView::Latin1(bytes) => Text::Latin1(bytes),
                StrView::Utf16(units) => Text::Utf16(units),
            };
            MATCH_STATE.with_borrow_mut(|state| {
                let found = match anchor {
                    Anchor::ByFlag => self.regexp.exec(view, start, machine, state),
                    Anchor::Here => self.regexp.match_at(view, start, machine, state),
                };
                if found == Ok(true) {
                    ranges.set(state.slots());
                }
                found
            })
        };
        if is_cold {
            let end = if found == Ok(true) { ranges.whole().1 } else { text.length() };
            self.heat.set(self.heat.get() + end.saturating_sub(start) as u64 + UNITS_PER_CALL);
        }
        match found {
            Ok(found) => Ok(found),
            Err(Interrupted::Stopped) => Err(interrupt::terminate_now(s)),
            Err(Interrupted::OutOfMemory) => s.throw_range_error("Maximum call stack size exceeded"),
        }
    }
}
