//! Binding `signal_wrap`: signals of the process.

use std::rc::Rc;

use spey_engine::{Args, Local, NativeSpec, Object, PropertySpec, Scope, Value};
use spey_host as host;
use spey_loop::{Completion, HandleKind};

use crate::stream_base::*;

static CLASS: NativeSpec = NativeSpec::constructor("Signal", 0, construct_signal);

static METHODS: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("start", 1, start)),
    PropertySpec::Method(NativeSpec::new("stop", 0, stop)),
];

pub(crate) fn install(s: &mut Scope<'_>, target: Local<'_, Object>) {
    define_handle(s, target, &CLASS, &[METHODS]);
}

fn construct_signal<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let (object, handle) = construct(s, args, HandleKind::Signal)?;
    let id = host::agent(s).loop_.signal_new();
    handle.open(s, object, id, dispatch);
    Ok(object.value())
}

fn start<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let signum = integer(args, 0);
    operate(s, this, |l, id| l.signal_start(id, signum))
}

fn stop<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    operate(s, this, |l, id| l.signal_stop(id))
}

fn dispatch(s: &mut Scope<'_>, handle: &Rc<Handle>, completion: Completion) {
    if let Completion::Signal { signum, .. } = completion {
        let signum = s.int(signum);
        handle.call(s, "onsignal", &[signum]);
    }
}
