//! Values that machine code takes for constant.
//!
//! Properties of dictionaries (prototypes and the global object are dictionaries) and global lexical bindings carry a
//! [`Mark`]. As long as such a value has not been replaced, machine code may contain it; the mark then names the code that
//! must not be used any more once it is. Stores to marked values are not cached before they are [`MUTABLE`], so the first store after
//! the initial one is always seen.

use std::cell::Cell;
use std::rc::{Rc, Weak};

/// What is known about a value: [`FRESH`], [`MUTABLE`], or the number of a watch.
pub type Mark = u32;
/// It has its first value (undefined does not count).
pub const FRESH: Mark = 0;
/// It has been replaced: it is no constant, and stores to it may be cached.
pub const MUTABLE: Mark = 1;
const FIRST_WATCH: Mark = 2;

/// A word that machine code looks at: 1 as long as what the code takes for granted holds. Its address does not change.
pub type Validity = Rc<Cell<u64>>;

/// Machine code by what it takes for granted.
#[derive(Default)]
pub struct Watches {
    /// Code that relies on the prototype epoch.
    all: Vec<Weak<Cell<u64>>>,
    /// Code by watch.
    by_value: Vec<Vec<Weak<Cell<u64>>>>,
}

impl Watches {
    /// For code about to be made.
    pub fn register(&mut self) -> Validity {
        let word = Rc::new(Cell::new(1));
        if self.all.len() == self.all.capacity() {
            self.all.retain(|w| w.strong_count() > 0);
        }
        self.all.push(Rc::downgrade(&word));
        word
    }
    /// `code` takes the value for constant. Returns the value's new mark.
    pub fn watch(&mut self, mark: Mark, code: &Validity) -> Mark {
        debug_assert_ne!(mark, MUTABLE);
        let mark = if mark == FRESH {
            self.by_value.push(vec![]);
            FIRST_WATCH + self.by_value.len() as Mark - 1
        } else {
            mark
        };
        self.by_value[(mark - FIRST_WATCH) as usize].push(Rc::downgrade(code));
        mark
    }
    /// The value with this mark is replaced: code that relies on it is void.
    #[inline]
    pub fn changed(&mut self, mark: Mark) {
        if mark >= FIRST_WATCH {
            invalidate(std::mem::take(&mut self.by_value[(mark - FIRST_WATCH) as usize]));
        }
    }
    /// The prototype epoch has advanced.
    #[inline]
    pub fn epoch_advanced(&mut self) {
        if !self.all.is_empty() {
            invalidate(std::mem::take(&mut self.all));
        }
    }
}

/// What the code takes for granted does not hold any more.
pub(crate) fn invalidate(list: Vec<Weak<Cell<u64>>>) {
    for word in list {
        if let Some(word) = word.upgrade() {
            word.set(0);
        }
    }
}

/// Mark of a value that has just been replaced.
pub fn after_replacing(mark: Mark, old_is_undefined: bool) -> Mark {
    if mark == FRESH && old_is_undefined { FRESH } else { MUTABLE }
}
