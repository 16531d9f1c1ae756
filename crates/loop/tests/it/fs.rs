use crate::{TempDir, new_loop, run};
use spey_loop::fs::{self, EntryKind};
use spey_loop::quick::{self, Begun};
use spey_loop::{Completion, FsChange, UvError, WorkResult};

const CREATE: i32 = libc::O_WRONLY | libc::O_CREAT | libc::O_TRUNC;

#[test]
fn files_are_written_and_read() {
    let directory = TempDir::new();
    let path = directory.path("file");
    let text = vec![b'x'; 200_000];
    fs::write_file(&path, &text, CREATE, 0o640).unwrap();
    assert_eq!(fs::read_file(&path, libc::O_RDONLY).unwrap(), text);
    let stat = fs::stat(&path).unwrap();
    assert!(stat.is_file() && stat.size == 200_000 && stat.mode & 0o777 == 0o640);
    assert!(stat.mtime.seconds > 1_600_000_000 && stat.birthtime.as_ns() > 0);

    let fd = fs::open(&path, libc::O_RDWR, 0).unwrap();
    assert_eq!(fs::pwrite(fd, b"abc", 10), Ok(3));
    let (mut left, mut right) = ([0; 2], [0; 4]);
    assert_eq!(fs::readv(fd, &mut [&mut left, &mut right], Some(9)), Ok(6));
    assert_eq!((&left, &right), (b"xa", b"bcxx"));
    assert_eq!(fs::writev(fd, &[b"12", b"34"], None), Ok(4));
    assert_eq!(fs::pread(fd, &mut right, 1), Ok(4));
    assert_eq!(&right, b"234x");
    fs::ftruncate(fd, 5).unwrap();
    assert_eq!(fs::fstat(fd).unwrap().size, 5);
    fs::futimes(fd, 1.5, -2.25).unwrap();
    fs::fchmod(fd, 0o600).unwrap();
    fs::fsync(fd).unwrap();
    fs::close(fd).unwrap();
    let stat = fs::stat(&path).unwrap();
    assert_eq!((stat.atime.as_ms(), stat.mtime.as_ns()), (1500.0, -2_250_000_000));
    assert_eq!(fs::read_file(&directory.0, libc::O_RDONLY), Err(UvError::EISDIR));
    assert_eq!(fs::read(-1, &mut left), Err(UvError::EBADF));
    assert_eq!(fs::open(b"a\0b", 0, 0), Err(UvError::EINVAL));
    assert!(!fs::read_file(b"/proc/self/status", libc::O_RDONLY).unwrap().is_empty());
}

#[test]
fn directories_and_links() {
    let directory = TempDir::new();
    let deep = directory.path("a/b/c");
    assert_eq!(fs::mkdir_recursive(&deep, 0o755), Ok(Some(directory.path("a"))));
    assert_eq!(fs::mkdir_recursive(&deep, 0o755), Ok(None));
    fs::write_file(&directory.path("file"), b"1", CREATE, 0o644).unwrap();
    assert_eq!(fs::mkdir_recursive(&directory.path("file"), 0o755), Err(UvError::EEXIST));
    assert_eq!(fs::mkdir_recursive(&directory.path("file/x"), 0o755), Err(UvError::ENOTDIR));
    fs::symlink(b"file", &directory.path("link")).unwrap();
    fs::link(&directory.path("file"), &directory.path("hard")).unwrap();
    let entries = fs::readdir(&directory.0).unwrap();
    let names: Vec<_> = entries.iter().map(|it| (&it.name[..], it.kind)).collect();
    let (dir, file, link) = (EntryKind::Directory, EntryKind::File, EntryKind::Link);
    assert_eq!(names, [(&b"a"[..], dir), (b"file", file), (b"hard", file), (b"link", link)]);
    let mut stream = fs::opendir(&directory.0).unwrap();
    let mut count = 0;
    loop {
        match stream.read(3).unwrap().len() {
            0 => break,
            read => count += read,
        }
    }
    assert_eq!(count, 4);
    assert_eq!(fs::readlink(&directory.path("link")).unwrap(), b"file");
    assert_eq!(fs::realpath(&directory.path("a/../link")).unwrap(), directory.path("file"));
    assert!(fs::lstat(&directory.path("link")).unwrap().is_symlink());
    assert_eq!(fs::stat(&directory.path("hard")).unwrap().nlink, 2);
    fs::rename(&directory.path("hard"), &directory.path("moved")).unwrap();
    fs::unlink(&directory.path("moved")).unwrap();
    assert_eq!(fs::rmdir(&directory.path("a")), Err(UvError::ENOTEMPTY));
    fs::remove_all(&directory.path("a")).unwrap();
    assert_eq!(fs::access(&directory.path("a"), 0), Err(UvError::ENOENT));
    assert!(fs::statfs(&directory.0).unwrap().bsize > 0);
    fs::lutimes(&directory.path("link"), 5.0, 6.0).unwrap();
    assert_eq!(fs::lstat(&directory.path("link")).unwrap().mtime.seconds, 6);
}

#[test]
fn files_are_copied() {
    let directory = TempDir::new();
    let (from, to) = (directory.path("from"), directory.path("to"));
    let text: Vec<u8> = (0..300_000u32).map(|number| number as u8).collect();
    fs::write_file(&from, &text, CREATE, 0o755).unwrap();
    fs::copyfile(&from, &to, fs::COPYFILE_FICLONE).unwrap();
    assert_eq!(fs::read_file(&to, 0).unwrap(), text);
    assert_eq!(fs::stat(&to).unwrap().mode & 0o777, 0o755);
    assert_eq!(fs::copyfile(&from, &to, fs::COPYFILE_EXCL), Err(UvError::EEXIST));
    fs::copyfile(&to, &to, 0).unwrap();
    assert_eq!(fs::stat(&to).unwrap().size, 300_000);
    fs::copyfile(b"/proc/self/status", &to, 0).unwrap();
    assert!(fs::stat(&to).unwrap().size > 100);
    fs::write_file(&from, b"", CREATE, 0o644).unwrap();
    fs::copyfile(&from, &to, 0).unwrap();
    assert_eq!(fs::stat(&to).unwrap().size, 0);
}

#[test]
fn changes_are_seen() {
    let directory = TempDir::new();
    let mut owner = new_loop();
    let watcher = owner.fs_event_new();
    owner.fs_event_start(watcher, &directory.0).unwrap();
    assert_eq!(owner.fs_event_start(watcher, &directory.0), Err(UvError::EINVAL));
    let missing = owner.fs_event_new();
    assert_eq!(owner.fs_event_start(missing, b"/no/such/path"), Err(UvError::ENOENT));
    owner.close(missing);
    fs::write_file(&directory.path("new"), b"text", CREATE, 0o644).unwrap();
    let mut seen = Vec::new();
    run(&mut owner, |owner, completion| {
        if let Completion::FsEvent { handle, change, filename } = completion {
            assert_eq!((handle, filename.as_deref()), (watcher, Some(&b"new"[..])));
            seen.push(change);
            if seen.len() == 2 {
                owner.fs_event_stop(watcher).unwrap();
            }
        }
    });
    assert_eq!(seen, [FsChange::Rename, FsChange::Change]);
}

#[test]
fn what_is_in_memory_is_read_at_once() {
    let directory = TempDir::new();
    let path = directory.path("file");
    let text: Vec<u8> = (0..5000u32).map(|i| i as u8).collect();
    fs::write_file(&path, &text, CREATE, 0o640).unwrap();
    // File systems need not be able to, but must not do it differently.
    if let Some(found) = quick::stat(&path, true) {
        assert_eq!(found, fs::stat(&path).unwrap());
    }
    if let Some(read) = quick::read_file(&path, libc::O_RDONLY) {
        assert_eq!(read, text);
    }
    let fd = fs::open(&path, libc::O_RDONLY, 0).unwrap();
    let mut room = [0; 100];
    if let Some(begun) = quick::read(fd, &mut room, Some(4950)) {
        assert_eq!((begun.count, begun.is_over, &room[..50]), (50, true, &text[4950..]));
        assert_eq!(quick::read(fd, &mut room, None), Some(Begun { count: 100, is_over: true }));
        assert_eq!(fs::read(fd, &mut room), Ok(100));
        assert_eq!(room, text[100..200]);
    }
    fs::close(fd).unwrap();
    // Whatever may wait, fail or change something is left to the pool.
    assert_eq!(quick::stat(&directory.path("missing"), true), None);
    assert_eq!(quick::read_file(&directory.0, libc::O_RDONLY), None);
    assert_eq!(quick::read_file(b"/proc/self/status", libc::O_RDONLY), None);
    assert_eq!(quick::read_file(&path, CREATE), None);
    assert_eq!(fs::stat(&path).unwrap().size, 5000);
}

#[test]
fn finished_work_completes_after_the_immediates() {
    let mut owner = new_loop();
    let id = owner.submit_finished(Box::new(5));
    owner.set_immediate_pending(true);
    let mut order = Vec::new();
    run(&mut owner, |owner, completion| match completion {
        Completion::Check => {
            owner.set_immediate_pending(false);
            order.push("check");
        }
        Completion::Work { id: done, result: WorkResult::Done(value) } => {
            assert_eq!((done, value.downcast_ref()), (id, Some(&5)));
            order.push("work");
        }
        other => panic!("{other:?}"),
    });
    assert_eq!(order, ["check", "work"]);
}
