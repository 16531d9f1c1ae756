use crate::{collect, new_loop, run};
use spey_loop::{Completion, SystemClock, ThreadPool, UvError, WorkKind, WorkResult};
use std::sync::Arc;
use std::time::Duration;

#[test]
fn work_runs_on_the_pool() {
    let mut owner = new_loop();
    let ids: Vec<_> =
        (0..200u64).map(|number| owner.submit(WorkKind::Cpu, move || Box::new(number * 2))).collect();
    let mut results = collect(&mut owner, |completion| match completion {
        Completion::Work { id, result: WorkResult::Done(value) } => {
            Some((ids.iter().position(|it| *it == id)? as u64, *value.downcast::<u64>().ok()?))
        }
        other => panic!("{other:?}"),
    });
    results.sort_unstable();
    assert_eq!(results, (0..200).map(|number| (number, number * 2)).collect::<Vec<_>>());
}

#[test]
fn work_can_be_cancelled_before_it_starts() {
    let mut owner = spey_loop::Loop::with(Arc::new(SystemClock), ThreadPool::new(1)).unwrap();
    let (sender, receiver) = std::sync::mpsc::channel::<()>();
    let first = owner.submit(WorkKind::FastIo, move || Box::new(receiver.recv().is_ok()));
    std::thread::sleep(Duration::from_millis(20));
    let second = owner.submit(WorkKind::SlowIo, || Box::new(()));
    assert_eq!(owner.cancel_work(first), Err(UvError::EBUSY));
    assert_eq!(owner.cancel_work(second), Ok(()));
    let mut cancelled = false;
    run(&mut owner, |_, completion| match completion {
        Completion::Work { id, result: WorkResult::Cancelled } => {
            assert_eq!(id, second);
            cancelled = true;
            sender.send(()).unwrap();
        }
        Completion::Work { id, result: WorkResult::Done(_) } => assert_eq!(id, first),
        other => panic!("{other:?}"),
    });
    assert!(cancelled);
    assert_eq!(owner.cancel_work(second), Err(UvError::EINVAL));
}

#[test]
fn unreferenced_work_does_not_keep_the_loop_alive() {
    let mut owner = new_loop();
    let id = owner.submit(WorkKind::Cpu, || {
        std::thread::sleep(Duration::from_millis(300));
        Box::new(())
    });
    owner.work_set_ref(id, false);
    let started = std::time::Instant::now();
    assert!(owner.next().is_none());
    assert!(started.elapsed() < Duration::from_millis(200));
}

#[test]
fn other_threads_wake_the_loop() {
    let mut owner = new_loop();
    let waker = owner.async_new();
    let handle = waker.handle();
    let thread = std::thread::spawn(move || {
        for _ in 0..5 {
            std::thread::sleep(Duration::from_millis(5));
            waker.wake();
        }
        waker
    });
    let mut count = 0;
    run(&mut owner, |owner, completion| {
        if let Completion::Async { handle: it } = completion {
            assert_eq!(it, handle);
            count += 1;
            if count == 5 {
                owner.close(handle);
            }
        }
    });
    assert_eq!(count, 5);
    thread.join().unwrap().wake();
    assert!(owner.next().is_none());
}
