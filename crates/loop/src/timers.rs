//! Native timers: a heap ordered by due time, then by start order.

use crate::handle::TimerId;
use crate::slots::Slots;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

struct Timer {
    /// Order of the last start; a heap entry with another number is stale.
    sequence: u64,
    due_ms: u64,
    repeat_ms: u64,
    running: bool,
    referenced: bool,
}

#[derive(Default)]
pub(crate) struct Timers {
    timers: Slots<Timer>,
    heap: BinaryHeap<Reverse<(u64, u64, u64)>>,
    next_sequence: u64,
    running: usize,
    active_referenced: usize,
}

impl<T> Default for Slots<T> {
    fn default() -> Slots<T> {
        Slots::new()
    }
}

impl Timers {
    /// A timer that runs `delay_ms` after `now_ms`, then every `repeat_ms` unless that is 0.
    pub(crate) fn start(&mut self, now_ms: u64, delay_ms: u64, repeat_ms: u64) -> TimerId {
        let due_ms = now_ms.saturating_add(delay_ms);
        let sequence = self.take_sequence();
        let key = self.timers.insert(Timer { sequence, due_ms, repeat_ms, running: true, referenced: true });
        self.heap.push(Reverse((due_ms, sequence, key)));
        self.running += 1;
        self.active_referenced += 1;
        TimerId(key)
    }

    /// Starts the timer anew; false if it does not exist (any more).
    pub(crate) fn restart(&mut self, id: TimerId, now_ms: u64, delay_ms: u64, repeat_ms: u64) -> bool {
        let sequence = self.take_sequence();
        let due_ms = now_ms.saturating_add(delay_ms);
        let Some(timer) = self.timers.get_mut(id.0) else { return false };
        if !timer.running {
            timer.running = true;
            self.running += 1;
            self.active_referenced += timer.referenced as usize;
        }
        timer.sequence = sequence;
        timer.due_ms = due_ms;
        timer.repeat_ms = repeat_ms;
        self.heap.push(Reverse((due_ms, sequence, id.0)));
        self.compact();
        true
    }

    pub(crate) fn remove(&mut self, id: TimerId) -> bool {
        let Some(timer) = self.timers.remove(id.0) else { return false };
        if timer.running {
            self.running -= 1;
            self.active_referenced -= timer.referenced as usize;
            self.compact();
        }
        true
    }

    pub(crate) fn set_referenced(&mut self, id: TimerId, referenced: bool) -> bool {
        let Some(timer) = self.timers.get_mut(id.0) else { return false };
        if timer.running && timer.referenced != referenced {
            if referenced {
                self.active_referenced += 1;
            } else {
                self.active_referenced -= 1;
            }
        }
        timer.referenced = referenced;
        true
    }

    pub(crate) fn is_referenced(&self, id: TimerId) -> bool {
        self.timers.get(id.0).is_some_and(|timer| timer.referenced)
    }

    /// Referenced timers that wait for their time.
    pub(crate) fn active_referenced(&self) -> usize {
        self.active_referenced
    }

    /// A number above that of every timer started so far.
    pub(crate) fn take_sequence(&mut self) -> u64 {
        self.next_sequence += 1;
        self.next_sequence
    }

    /// Due time and sequence of the first timer.
    pub(crate) fn first(&mut self) -> Option<(u64, u64)> {
        while let Some(&Reverse((due_ms, sequence, key))) = self.heap.peek() {
            if self.timers.get(key).is_some_and(|timer| timer.running && timer.sequence == sequence) {
                return Some((due_ms, sequence));
            }
            self.heap.pop();
        }
        None
    }

    /// Takes the timer that [`Self::first`] found: it repeats or is stopped (and removed: one-shot timers are gone).
    pub(crate) fn expire_first(&mut self, now_ms: u64) -> Option<TimerId> {
        self.first()?;
        let Reverse((_, _, key)) = self.heap.pop()?;
        let sequence = self.take_sequence();
        let timer = self.timers.get_mut(key)?;
        if timer.repeat_ms > 0 {
            timer.sequence = sequence;
            timer.due_ms = now_ms.saturating_add(timer.repeat_ms);
            self.heap.push(Reverse((timer.due_ms, sequence, key)));
        } else {
            self.remove(TimerId(key));
        }
        Some(TimerId(key))
    }

    /// Drops stale heap entries when they are the majority.
    fn compact(&mut self) {
        if self.heap.len() > 64 && self.heap.len() > 2 * self.running {
            let timers = &self.timers;
            self.heap.retain(|Reverse((_, sequence, key))| {
                timers.get(*key).is_some_and(|timer| timer.running && timer.sequence == *sequence)
            });
        }
    }
}
