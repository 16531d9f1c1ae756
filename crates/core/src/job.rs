//! Microtasks and their queue.

use spey_gc::Value as Raw;

/// A microtask.
#[derive(Clone, Copy)]
pub struct Job {
    /// What to run: called with `undefined` and the arguments below.
    pub kind: JobKind,
    /// Operands by kind.
    pub values: [Raw; 4],
    /// Async context to restore.
    pub context: Raw,
    /// Realm to run in.
    pub realm: u32,
}

/// Kinds of microtask.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum JobKind {
    /// A coroutine goes on: coroutine, value, state of the promise.
    Resume,
    /// PromiseReactionJob: reaction record, argument.
    Reaction,
    /// NewPromiseResolveThenableJob: promise, thenable, then.
    ResolveThenable,
    /// queueMicrotask: callback.
    Callback,
}

/// Jobs that have been taken are removed when there are so many.
const TAKEN: usize = 1024;

/// Microtasks in the order in which they came. They are written where they lie, word by word: to copy what has just been written so would
/// wait for it. An empty queue starts anew at the beginning of its memory, which is at hand.
#[derive(Default)]
pub struct JobQueue {
    jobs: Vec<Job>,
    /// Those before have been taken.
    first: usize,
}

impl JobQueue {
    /// Adds a job behind the others.
    #[inline(always)]
    pub fn push(&mut self, job: Job) {
        self.jobs.push(job);
    }
    /// Takes the first job.
    #[inline(always)]
    pub fn pop(&mut self) -> Option<Job> {
        let job = *self.jobs.get(self.first)?;
        self.first += 1;
        if self.first == self.jobs.len() {
            self.clear();
        } else if self.first >= TAKEN && self.first * 2 >= self.jobs.len() {
            self.jobs.drain(..self.first);
            self.first = 0;
        }
        Some(job)
    }
    /// No job waits.
    pub fn is_empty(&self) -> bool {
        self.jobs.is_empty()
    }
    /// Forgets all jobs.
    pub fn clear(&mut self) {
        self.jobs.clear();
        self.first = 0;
    }
    /// The jobs that wait.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Job> {
        self.jobs[self.first..].iter_mut()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order() {
        let mut queue = JobQueue::default();
        let job = |n| Job {
            kind: JobKind::Callback,
            values: [Raw::UNDEFINED; 4],
            context: Raw::UNDEFINED,
            realm: n,
        };
        let mut next = 0;
        for n in 0..5000 {
            queue.push(job(n));
            if n % 3 != 0 {
                assert_eq!(queue.pop().map(|j| j.realm), Some(next));
                next += 1;
            }
        }
        assert_eq!(queue.iter_mut().count() as u32, 5000 - next);
        while let Some(job) = queue.pop() {
            assert_eq!(job.realm, next);
            next += 1;
        }
        assert!(next == 5000 && queue.is_empty());
    }
}
