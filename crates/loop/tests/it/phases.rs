use crate::{new_loop, run};
use spey_loop::{Clock, Completion, Loop, ThreadPool};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

#[test]
fn an_empty_loop_ends_at_once() {
    let mut owner = new_loop();
    assert!(owner.next().is_none());
    assert!(owner.next().is_none());
}

#[test]
fn timers_fire_in_order_of_time_then_start() {
    let mut owner = new_loop();
    let late = owner.timer_start(12, 0);
    let first = owner.timer_start(5, 0);
    let second = owner.timer_start(5, 0);
    let stopped = owner.timer_start(1, 0);
    owner.timer_stop(stopped);
    owner.schedule_timer(8);
    let mut seen = Vec::new();
    run(&mut owner, |_, completion| match completion {
        Completion::Timer { id } => seen.push(Some(id)),
        Completion::Timers => seen.push(None),
        other => panic!("{other:?}"),
    });
    assert_eq!(seen, [Some(first), Some(second), None, Some(late)]);
    assert!(owner.now() >= 12);
}

#[test]
fn many_timers_and_a_repeating_one() {
    let mut owner = new_loop();
    let repeating = owner.timer_start(1, 1);
    let ids: Vec<_> = (0..50_000).map(|number| owner.timer_start(number % 20, 0)).collect();
    for id in ids.iter().skip(1).step_by(2) {
        owner.timer_stop(*id);
    }
    let (mut fired, mut repeats) = (0, 0);
    run(&mut owner, |owner, completion| {
        if matches!(completion, Completion::Timer { id } if id == repeating) {
            repeats += 1;
            if repeats == 5 {
                owner.timer_stop(repeating);
            }
        } else {
            fired += 1;
        }
    });
    assert_eq!((fired, repeats), (25_000, 5));
}

#[test]
fn unreferenced_timers_do_not_keep_the_loop_alive() {
    let mut owner = new_loop();
    owner.schedule_timer(10_000);
    owner.toggle_timer_ref(false);
    let native = owner.timer_start(10_000, 0);
    owner.timer_set_ref(native, false);
    assert!(owner.next().is_none());
}

#[test]
fn a_timer_started_by_a_timer_waits_for_the_next_turn() {
    let mut owner = new_loop();
    owner.set_immediate_pending(true);
    owner.timer_start(0, 0);
    let mut seen = Vec::new();
    while let Some(completion) = owner.next() {
        match completion {
            Completion::Timer { .. } if seen.len() < 3 => {
                seen.push("timer");
                owner.timer_start(0, 0);
            }
            Completion::Timer { .. } => seen.push("timer"),
            Completion::Check => seen.push("check"),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(seen, ["timer", "check", "timer", "check", "timer"]);
}

#[test]
fn phases_come_in_the_order_of_libuv() {
    let mut owner = new_loop();
    owner.set_immediate_pending(true);
    owner.toggle_immediate_ref(true);
    owner.set_idle(true);
    owner.timer_start(0, 0);
    let waker = owner.async_new();
    waker.wake();
    waker.wake();
    let mut seen = Vec::new();
    run(&mut owner, |owner, completion| {
        seen.push(match completion {
            Completion::Timer { .. } => "timer",
            Completion::Idle => "idle",
            Completion::Async { handle } => {
                owner.close(handle);
                "poll"
            }
            Completion::Check => {
                owner.set_immediate_pending(false);
                owner.toggle_immediate_ref(false);
                owner.set_idle(false);
                "check"
            }
            Completion::Closed { .. } => "closing",
            other => panic!("{other:?}"),
        });
    });
    assert_eq!(seen, ["timer", "idle", "poll", "check", "closing"]);
}

#[test]
fn stop_ends_the_run_and_it_can_go_on() {
    let mut owner = new_loop();
    let timer = owner.timer_start(0, 1);
    assert!(owner.next().is_some());
    owner.stop();
    assert!(owner.next().is_none());
    assert!(owner.next().is_some());
    owner.timer_stop(timer);
    assert!(owner.next().is_none());
}

/// A clock that moves only when it is told to.
struct TestClock(AtomicU64);

impl Clock for TestClock {
    fn monotonic_ns(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
    fn wall_ns(&self) -> i128 {
        0
    }
}

#[test]
fn the_clock_can_be_replaced() {
    let clock = Arc::new(TestClock(AtomicU64::new(5_000_000_000)));
    let mut owner = Loop::with(clock.clone(), ThreadPool::new(1)).unwrap();
    owner.timer_start(3_600_000, 0);
    clock.0.fetch_add(3_600_000 * 1_000_000, Ordering::Relaxed);
    assert!(matches!(owner.next(), Some(Completion::Timer { .. })));
    assert_eq!(owner.now(), 3_600_000);
}

#[test]
fn stale_handles_are_refused() {
    let mut owner = new_loop();
    let old = owner.tcp_new();
    owner.close(old);
    owner.close(old);
    assert!(owner.is_closing(old));
    assert!(matches!(owner.next(), Some(Completion::Closed { handle }) if handle == old));
    let new = owner.tcp_new();
    assert_ne!(old, new);
    assert_eq!(owner.read_start(old).unwrap_err().name(), "EBADF");
    assert!(!owner.has_ref(old) && owner.has_ref(new));
}
