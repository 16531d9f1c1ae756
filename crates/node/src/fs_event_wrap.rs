//! Binding `fs_event_wrap`: watching files and directories.

use std::any::Any;
use std::rc::Rc;

use spey_engine::{
    Args, Global, JsResult, Local, NativeData, NativeSpec, Object, PropertySpec, Scope, Value,
};
use spey_host as host;
use spey_loop::{Completion, FsChange, HandleId};

use crate::fs::path_argument;
use crate::text::{self, Encoding};

#[derive(Default)]
struct FsEvent {
    handle: Option<HandleId>,
}
impl NativeData for FsEvent {
    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}

/// Class tag of the instances.
const FS_EVENT_TAG: i32 = 202;

static METHODS: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("start", 4, start)),
    PropertySpec::Method(NativeSpec::new("close", 0, close)),
    PropertySpec::Method(NativeSpec::new("ref", 0, ref_)),
    PropertySpec::Method(NativeSpec::new("unref", 0, unref)),
    PropertySpec::Method(NativeSpec::new("hasRef", 0, has_ref)),
    PropertySpec::Method(NativeSpec::new("getAsyncId", 0, get_async_id)),
    PropertySpec::Getter("initialized", NativeSpec::new("initialized", 0, initialized)),
];

pub(crate) fn install(s: &mut Scope<'_>, target: Local<'_, Object>) {
    static SPEC: NativeSpec = NativeSpec::constructor("FSEvent", 0, construct);
    host::define_class(s, target, &SPEC, METHODS);
}
fn construct<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let o = host::new_host_object(s, args, FS_EVENT_TAG, Box::new(FsEvent::default()), 0)?;
    Ok(o.value())
}
fn handle_of(s: &mut Scope<'_>, this: Local<'_, Value>) -> JsResult<Option<HandleId>> {
    host::with_data::<FsEvent, _>(s, this, |e| e.handle)
}

/// start(path, persistent, recursive, encoding) -> 0 or a negative error number
fn start<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    if handle_of(s, this)?.is_some() {
        return Ok(s.int(0));
    }
    let path = path_argument(s, args.get(0))?;
    let persistent = !args.get(1).raw().is_false();
    let encoding = Encoding::from_value(s, args.get(3), Encoding::Utf8);
    let Some(object) = this.as_object() else { return Ok(s.int(0)) };
    let loop_ = &mut host::agent(s).loop_;
    let id = loop_.fs_event_new();
    if let Err(e) = loop_.fs_event_start(id, &path) {
        loop_.close(id);
        return Ok(s.int(e.code()));
    }
    if !persistent {
        loop_.unref_handle(id);
    }
    // The open handle keeps its object alive.
    let object = Global::new(s, object);
    host::agent(s).on_handle(
        id,
        Rc::new(move |s, completion| match completion {
            Completion::FsEvent { change, filename, .. } => {
                let object = object.get(s);
                on_change(s, object, change, filename, encoding);
            }
            Completion::Closed { handle } => host::agent(s).forget_handle(handle),
            _ => {}
        }),
    );
    host::with_data_mut::<FsEvent, _>(s, this, |e| e.handle = Some(id))?;
    Ok(s.int(0))
}
fn on_change(
    s: &mut Scope<'_>,
    object: Local<'_, Object>,
    change: FsChange,
    filename: Option<Box<[u8]>>,
    encoding: Encoding,
) {
    let status = s.int(0);
    let kind = s.string_value(match change {
        FsChange::Rename => "rename",
        FsChange::Change => "change",
    });
    let name = match filename.map(|name| text::encode(s, name.into_vec(), encoding)) {
        Some(Ok(name)) => name,
        Some(Err(t)) => {
            // A name is never too long for a string.
            s.take_exception(t);
            s.null()
        }
        None => s.null(),
    };
    host::make_callback_named(s, object, "onchange", &[status, kind, name]);
}
fn close<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    if let Some(id) = host::with_data_mut::<FsEvent, _>(s, this, |e| e.handle.take())? {
        host::agent(s).loop_.close(id);
    }
    Ok(s.undefined())
}
fn ref_<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    if let Some(id) = handle_of(s, this)? {
        host::agent(s).loop_.ref_handle(id);
    }
    Ok(s.undefined())
}
fn unref<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    if let Some(id) = handle_of(s, this)? {
        host::agent(s).loop_.unref_handle(id);
    }
    Ok(s.undefined())
}
fn has_ref<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let on = match handle_of(s, this)? {
        Some(id) => host::agent(s).loop_.has_ref(id),
        None => false,
    };
    Ok(s.bool(on))
}
fn get_async_id<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let id = handle_of(s, this)?.map_or(0, HandleId::to_u64);
    Ok(s.number(id as f64))
}
fn initialized<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let on = handle_of(s, this)?.is_some();
    Ok(s.bool(on))
}
