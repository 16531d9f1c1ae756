//! Watching files and directories.

use crate::completion::{Completion, FsChange};
use crate::error::{Result, UvError};
use crate::event_loop::Loop;
use crate::handle::{Body, HandleId};
use crate::sys::{FileWatcher, WatchEvent};
use std::collections::HashMap;
use std::collections::VecDeque;
use std::os::fd::BorrowedFd;

/// One handle's watch.
pub(crate) struct FsWatch {
    watch: i32,
}

/// The watcher of a loop, made with its first watch. Handles on the same file share a watch descriptor.
#[derive(Default)]
pub(crate) struct FsWatcher {
    watcher: Option<FileWatcher>,
    watches: HashMap<i32, Watch>,
    events: Vec<WatchEvent>,
}

struct Watch {
    handles: Vec<HandleId>,
    /// Reported for changes of the watched file itself.
    base_name: Box<[u8]>,
}

impl FsWatcher {
    pub(crate) fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.watcher.as_ref().map(FileWatcher::fd)
    }

    fn add(&mut self, id: HandleId, path: &[u8]) -> Result<FsWatch> {
        let watcher = match &mut self.watcher {
            Some(watcher) => watcher,
            empty => empty.insert(FileWatcher::new()?),
        };
        let watch = watcher.add(path)?;
        let base_name = path.rsplit(|byte| *byte == b'/').next().unwrap_or(path).into();
        let entry = self.watches.entry(watch).or_insert_with(|| Watch { handles: Vec::new(), base_name });
        entry.handles.push(id);
        Ok(FsWatch { watch })
    }

    pub(crate) fn remove(&mut self, id: HandleId, watch: &FsWatch) {
        let Some(entry) = self.watches.get_mut(&watch.watch) else { return };
        entry.handles.retain(|handle| *handle != id);
        if entry.handles.is_empty() {
            self.watches.remove(&watch.watch);
            if let Some(watcher) = &self.watcher {
                watcher.remove(watch.watch);
            }
        }
    }

    pub(crate) fn read(&mut self, ready: &mut VecDeque<Completion>) {
        let Some(watcher) = &self.watcher else { return };
        watcher.read(&mut self.events);
        for event in self.events.drain(..) {
            let Some(watch) = self.watches.get(&event.watch) else { continue };
            let change = if event.rename { FsChange::Rename } else { FsChange::Change };
            for handle in &watch.handles {
                let filename = Some(event.name.clone().unwrap_or_else(|| watch.base_name.clone()));
                ready.push_back(Completion::FsEvent { handle: *handle, change, filename });
            }
        }
    }
}

impl Loop {
    /// A file watcher that watches nothing yet.
    pub fn fs_event_new(&mut self) -> HandleId {
        self.add_handle(Body::FsEvent(None))
    }

    /// Watches a file, or a directory and its entries (not deeper): [`Completion::FsEvent`].
    pub fn fs_event_start(&mut self, id: HandleId, path: &[u8]) -> Result<()> {
        match &self.handle(id)?.body {
            Body::FsEvent(None) => {}
            Body::FsEvent(Some(_)) => return Err(UvError::EINVAL),
            _ => return Err(UvError::ENOTSUP),
        }
        let first = self.files.fd().is_none();
        let watch = self.files.add(id, path)?;
        if first {
            self.poll_files()?;
        }
        self.handle_mut(id)?.body = Body::FsEvent(Some(watch));
        self.set_active(id, true);
        Ok(())
    }

    /// Stops watching.
    pub fn fs_event_stop(&mut self, id: HandleId) -> Result<()> {
        let Body::FsEvent(watch) = &mut self.handle_mut(id)?.body else { return Err(UvError::ENOTSUP) };
        if let Some(watch) = watch.take() {
            self.files.remove(id, &watch);
        }
        self.set_active(id, false);
        Ok(())
    }
}
