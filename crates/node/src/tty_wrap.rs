//! Binding `tty_wrap`: terminals.

use spey_engine::{Args, Local, NativeSpec, Object, PropertySpec, Scope, Value, object};
use spey_host as host;
use spey_loop::{HandleKind, TtyMode, isatty};

use crate::stream_base::*;

const MODE_NORMAL: i32 = 0;
const MODE_RAW: i32 = 1;
const MODE_IO: i32 = 2;
const MODE_RAW_VT: i32 = 3;

static CLASS: NativeSpec = NativeSpec::constructor("TTY", 2, construct_tty);
static FUNCTIONS: &[NativeSpec] = &[NativeSpec::new("isTTY", 1, is_tty)];

static METHODS: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("getWindowSize", 1, get_window_size)),
    PropertySpec::Method(NativeSpec::new("setRawMode", 1, set_raw_mode)),
];

pub(crate) fn install(s: &mut Scope<'_>, target: Local<'_, Object>) {
    define_handle(s, target, &CLASS, &[STREAM_METHODS, METHODS]);
    host::define_functions(s, target, FUNCTIONS);
    let modes = [
        ("UV_TTY_MODE_NORMAL", MODE_NORMAL),
        ("UV_TTY_MODE_RAW", MODE_RAW),
        ("UV_TTY_MODE_IO", MODE_IO),
        ("UV_TTY_MODE_RAW_VT", MODE_RAW_VT),
    ];
    for (name, mode) in modes {
        host::constant_number(s, target, name, f64::from(mode));
    }
}

fn is_tty<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let is = isatty(integer(args, 0));
    Ok(s.bool(is))
}

fn construct_tty<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let fd = integer(args, 0);
    let (object, handle) = construct(s, args, HandleKind::Tty)?;
    match host::agent(s).loop_.tty_new(fd) {
        Ok(id) => handle.open(s, object, id, dispatch_stream),
        Err(error) => {
            if let Some(context) = args.get(1).as_object() {
                let errno = s.int(error.code());
                object::set_named(s, context, "errno", errno)?;
                for (name, text) in
                    [("code", &*error.name()), ("message", &*error.message()), ("syscall", "uv_tty_init")]
                {
                    let text = s.string_value(text);
                    object::set_named(s, context, name, text)?;
                }
            }
        }
    }
    Ok(object.value())
}

fn get_window_size<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let handle = handle_of(s, this)?;
    match handle.loop_id().and_then(|id| host::agent(s).loop_.tty_window_size(id)) {
        Ok((columns, rows)) => {
            if let Some(out) = args.get(0).as_object() {
                for (index, size) in [columns, rows].into_iter().enumerate() {
                    let size = s.int(size.into());
                    let key = object::index_key(s, index as u64);
                    object::set(s, out, key, size)?;
                }
            }
            Ok(s.int(0))
        }
        Err(error) => Ok(s.int(error.code())),
    }
}

fn set_raw_mode<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let mode = match args.get(0).as_number().map(|mode| mode as i32) {
        Some(MODE_NORMAL) => TtyMode::Normal,
        Some(MODE_IO) => TtyMode::Io,
        Some(_) => TtyMode::Raw,
        None if boolean(args, 0) => TtyMode::Raw,
        None => TtyMode::Normal,
    };
    operate(s, this, |l, id| l.tty_set_mode(id, mode))
}
