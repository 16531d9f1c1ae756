//! Binding `fs_dir`: directories read step by step.

use std::any::Any;
use std::sync::{Arc, Mutex};

use spey_engine::{
    Args, Intrinsic, JsResult, Kind, Local, NativeData, NativeSpec, Object, PropertySpec, Raw, Scope, Value,
    function, object,
};
use spey_host as host;
use spey_loop::fs::{self, Directory};
use spey_loop::{UvError, WorkKind};

use crate::fs::{entry_pairs, path_argument};
use crate::request::{Failure, run, run_void};
use crate::text::Encoding;

/// State of a handle: None once closed. A running read holds the lock on its thread.
#[derive(Clone)]
struct DirHandle(Arc<Mutex<Option<Directory>>>);
impl NativeData for DirHandle {
    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}
impl DirHandle {
    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Directory>> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// Class tag of the instances.
const DIR_HANDLE_TAG: i32 = 201;

static METHODS: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("read", 3, read)),
    PropertySpec::Method(NativeSpec::new("close", 1, close)),
];

pub(crate) fn install(s: &mut Scope<'_>, target: Local<'_, Object>) {
    static OPENDIR: NativeSpec = NativeSpec::new("opendir", 3, opendir);
    // The prototype of the handles is made once.
    let prototype = object::new_object(s);
    function::define_properties(s, prototype, METHODS);
    let f = function::new_native_with(s, &OPENDIR, &[prototype.value()]);
    host::define_value(s, target, "opendir", f.value());
}

/// opendir(path, encoding, req)
fn opendir<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let path = path_argument(s, args.get(0))?;
    let prototype = function::native_data(s, args.callee(), 0);
    let prototype = spey_engine::Global::new(s, prototype);
    run(
        s,
        args.get(2),
        WorkKind::FastIo,
        move || fs::opendir(&path).map_err(|e| Failure::path(e, "opendir", &path)),
        move |s, directory| {
            let prototype = match prototype.get(s).as_object() {
                Some(o) => o,
                None => s.intrinsic(Intrinsic::ObjectPrototype),
            };
            let o = object::new_kind(s, Kind::HostObject, prototype.value(), 2);
            o.set_slot(s, 0, Raw::int32(DIR_HANDLE_TAG));
            host::set_slot_native(s, o, 1, Box::new(DirHandle(Arc::new(Mutex::new(Some(directory))))));
            Ok(o.value())
        },
    )
}
/// handle.read(encoding, count, req)
fn read<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let handle = host::with_data::<DirHandle, _>(s, this, DirHandle::clone)?;
    let encoding = Encoding::from_value(s, args.get(0), Encoding::Utf8);
    let limit = args.get(1).as_number().map_or(32, |n| n.max(1.0) as usize);
    run(
        s,
        args.get(2),
        WorkKind::FastIo,
        move || {
            let mut directory = handle.lock();
            let directory = directory.as_mut().ok_or(Failure::new(UvError::EBADF, "scandir"))?;
            directory.read(limit).map_err(|e| Failure::new(e, "scandir"))
        },
        move |s, entries| {
            if entries.is_empty() { Ok(s.null()) } else { Ok(entry_pairs(s, entries, encoding)?.value()) }
        },
    )
}
/// handle.close(req)
fn close<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let handle = host::with_data::<DirHandle, _>(s, this, DirHandle::clone)?;
    run_void(s, args.get(0), WorkKind::FastIo, move || {
        // Closing cannot fail in a way that matters: the descriptor was only read from.
        handle.lock().take().map(drop).ok_or(Failure::new(UvError::EBADF, "closedir"))
    })
}
