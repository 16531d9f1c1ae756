//! Binding `process_wrap`: child processes.

use std::rc::Rc;

use spey_engine::{
    Args, JsResult, Local, NativeSpec, Object, PropertySpec, Scope, Value, conversion, object,
};
use spey_host as host;
use spey_loop::{Completion, HandleKind, SpawnOptions, Stdio, UvError, signal_name};

use crate::stream_base::*;

static CLASS: NativeSpec = NativeSpec::constructor("Process", 0, construct_process);

static METHODS: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("spawn", 1, spawn)),
    PropertySpec::Method(NativeSpec::new("kill", 1, kill)),
];

pub(crate) fn install(s: &mut Scope<'_>, target: Local<'_, Object>) {
    define_handle(s, target, &CLASS, &[METHODS]);
}

fn construct_process<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let (object, _) = construct(s, args, HandleKind::Process)?;
    Ok(object.value())
}

fn text_bytes(s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<Vec<u8>> {
    Ok(conversion::to_text(s, v)?.into_bytes())
}

/// The strings of an array; `None` if it is not one.
fn string_list(s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<Option<Vec<Vec<u8>>>> {
    let Some(list) = v.as_object() else { return Ok(None) };
    let mut strings = Vec::new();
    for i in 0..object::length_of_array_like(s, list)? {
        strings.push(s.nested(|s| {
            let key = object::index_key(s, i);
            let v = object::get(s, list, key)?;
            text_bytes(s, v)
        })?);
    }
    Ok(Some(strings))
}

/// What all kinds of spawning take from their options; `stdio` is left to the caller.
pub(crate) fn common_options(s: &mut Scope<'_>, options: Local<'_, Object>) -> JsResult<SpawnOptions> {
    let file = object::get_named(s, options, "file")?;
    let file = text_bytes(s, file)?;
    let args = object::get_named(s, options, "args")?;
    let args = string_list(s, args)?.filter(|args| !args.is_empty()).unwrap_or_else(|| vec![file.clone()]);
    let env = object::get_named(s, options, "envPairs")?;
    let env = string_list(s, env)?;
    let cwd = object::get_named(s, options, "cwd")?;
    let cwd = match cwd.as_string() {
        Some(text) if text.length() > 0 => Some(text.to_text(s).into_bytes()),
        _ => None,
    };
    let id = |v: Local<'_, Value>| v.as_number().map(|id| id as i64 as u32);
    let uid = object::get_named(s, options, "uid")?;
    let gid = object::get_named(s, options, "gid")?;
    let (uid, gid) = (id(uid), id(gid));
    let detached = object::get_named(s, options, "detached")?;
    let detached = conversion::to_boolean(detached.raw());
    Ok(SpawnOptions { file, args, env, cwd, uid, gid, detached, stdio: Vec::new() })
}

/// The entries of `options.stdio`.
pub(crate) fn stdio_entries<'s>(
    s: &mut Scope<'s>,
    options: Local<'_, Object>,
) -> JsResult<Vec<Local<'s, Object>>> {
    let stdio = object::get_named(s, options, "stdio")?;
    let mut entries = Vec::new();
    let Some(list) = stdio.as_object() else { return Ok(entries) };
    for i in 0..object::length_of_array_like(s, list)? {
        let key = object::index_key(s, i);
        match object::get(s, list, key)?.as_object() {
            Some(entry) => entries.push(entry),
            None => return s.throw_type_error("Invalid stdio entry"),
        }
    }
    Ok(entries)
}

/// Stdio that needs no pipe: ignored, a descriptor, or another stream; `None` for pipes.
pub(crate) fn plain_stdio(s: &mut Scope<'_>, entry: Local<'_, Object>) -> JsResult<Option<Stdio>> {
    let kind = object::get_named(s, entry, "type")?;
    Ok(match &*string_of(s, kind) {
        "ignore" => Some(Stdio::Ignore),
        "inherit" | "fd" => {
            let fd = object::get_named(s, entry, "fd")?;
            Some(Stdio::Fd(fd.as_number().unwrap_or(-1.0) as i32))
        }
        "wrap" => {
            let stream = object::get_named(s, entry, "handle")?;
            let stream = handle_of(s, stream)?;
            match stream.id.get().map(|id| host::agent(s).loop_.fileno(id)) {
                Some(Ok(fd)) => Some(Stdio::Fd(fd)),
                _ => Some(Stdio::Fd(-1)),
            }
        }
        _ => None,
    })
}

fn spawn<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let handle = handle_of(s, this)?;
    let (Some(object), Some(js_options)) = (this.as_object(), args.get(0).as_object()) else {
        return s.throw_type_error("Illegal invocation");
    };
    let mut options = common_options(s, js_options)?;
    for entry in stdio_entries(s, js_options)? {
        let stdio = match plain_stdio(s, entry)? {
            Some(stdio) => stdio,
            None => {
                let pipe = object::get_named(s, entry, "handle")?;
                match handle_of(s, pipe)?.id.get() {
                    Some(id) => Stdio::Pipe(id),
                    None => return Ok(s.int(UvError::EBADF.code())),
                }
            }
        };
        options.stdio.push(stdio);
    }
    match host::agent(s).loop_.spawn(&options) {
        Ok((id, pid)) => {
            handle.open(s, object, id, dispatch);
            let pid = s.int(pid);
            object::set_named(s, object, "pid", pid)?;
            Ok(s.int(0))
        }
        Err(error) => Ok(s.int(error.code())),
    }
}

fn kill<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let handle = handle_of(s, this)?;
    let signum = integer(args, 0);
    let result = match handle.id.get() {
        Some(id) => host::agent(s).loop_.process_kill(id, signum),
        None => Err(UvError::ESRCH),
    };
    status(s, result)
}

fn dispatch(s: &mut Scope<'_>, handle: &Rc<Handle>, completion: Completion) {
    if let Completion::ProcessExit { status, signal, .. } = completion {
        let code = s.int(status);
        let signal = s.string_value(signal_name(signal).unwrap_or_default());
        handle.call(s, "onexit", &[code, signal]);
    }
}
