//! `internalBinding('process_methods')`: the process and its surroundings.

use std::ffi::CString;
use std::io::Write;
use std::sync::PoisonError;

use spey_engine::{
    Args, Global, JsResult, Kind, LedgerCategory, Local, NativeSpec, Object, PropertyDescriptor, Scope,
    Value, array_buffer, attr, conversion, function, object,
};
use spey_host::{
    Environment, agent, constant_number, constant_string, define_functions, define_value, exit, throw_uv,
    with_bytes,
};
use spey_loop::{FdKind, HandleKind, WorkKind, os};

use crate::stream_base;

/// Bytes of the buffer that `hrtime` fills.
const HRTIME_BYTES: usize = 24;

#[derive(Default)]
struct State {
    hrtime: Option<Global<Object>>,
    title: Option<String>,
}

fn write_hrtime(s: &mut Scope<'_>, f: impl FnOnce(&mut [u8], u64)) {
    let now = agent(s).loop_.hrtime_ns();
    if let Some(b) = &agent(s).extension::<State>().hrtime {
        let b = b.get(s);
        array_buffer::with_bytes_mut(b, |bytes| f(bytes, now));
    }
}
/// Writes numbers into a Float64Array.
fn write_doubles(s: &mut Scope<'_>, array: Local<'_, Value>, values: &[f64]) {
    with_bytes(s, array, |bytes| {
        for (to, v) in bytes.chunks_exact_mut(8).zip(values) {
            to.copy_from_slice(&v.to_ne_bytes());
        }
    });
}
/// The environment of an agent that does not use that of the process.
fn own_environment(s: &mut Scope<'_>) -> Option<Environment> {
    agent(s).environment.clone()
}
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
fn usage(
    s: &mut Scope<'_>,
    args: &Args<'_>,
    r: Result<os::ResourceUsage, spey_loop::UvError>,
) -> JsResult<()> {
    match r {
        Ok(u) => {
            write_doubles(s, args.get(0), &[u.user_cpu_us as f64, u.system_cpu_us as f64]);
            Ok(())
        }
        Err(e) => throw_uv(s, e, "uv_getrusage", None, None),
    }
}

static FUNCTIONS: &[NativeSpec] = &[
    NativeSpec::new("patchProcessObject", 1, patch_process_object),
    NativeSpec::new("setLoopCallbacks", 2, |s, _, args| {
        agent(s).before_exit = args.get(0).as_object().map(|f| Global::new(s, f));
        agent(s).exit_callback = args.get(1).as_object().map(|f| Global::new(s, f));
        Ok(s.undefined())
    }),
    NativeSpec::new("hrtime", 0, |s, _, _| {
        write_hrtime(s, |bytes, now| {
            let seconds = now / 1_000_000_000;
            let parts = [(seconds >> 32) as u32, seconds as u32, (now % 1_000_000_000) as u32];
            for (to, v) in bytes.chunks_exact_mut(4).zip(parts) {
                to.copy_from_slice(&v.to_ne_bytes());
            }
        });
        Ok(s.undefined())
    }),
    NativeSpec::new("hrtimeBigInt", 0, |s, _, _| {
        write_hrtime(s, |bytes, now| bytes[..8].copy_from_slice(&now.to_ne_bytes()));
        Ok(s.undefined())
    }),
    NativeSpec::new("uptime", 0, |s, _, _| {
        let a = agent(s);
        let seconds = (a.loop_.hrtime_ns() - a.start_ns) as f64 / 1e9;
        Ok(s.number(seconds))
    }),
    NativeSpec::new("cpuUsage", 1, |s, _, args| {
        usage(s, args, os::resource_usage())?;
        Ok(s.undefined())
    }),
    NativeSpec::new("threadCpuUsage", 1, |s, _, args| {
        usage(s, args, os::thread_resource_usage())?;
        Ok(s.undefined())
    }),
    NativeSpec::new("resourceUsage", 1, |s, _, args| {
        match os::resource_usage() {
            Ok(u) => {
                let values = [
                    u.user_cpu_us,
                    u.system_cpu_us,
                    u.max_rss_kb,
                    u.shared_memory,
                    u.unshared_data,
                    u.unshared_stack,
                    u.minor_page_faults,
                    u.major_page_faults,
                    u.swaps,
                    u.fs_reads,
                    u.fs_writes,
                    u.ipc_sent,
                    u.ipc_received,
                    u.signals,
                    u.voluntary_switches,
                    u.involuntary_switches,
                ];
                write_doubles(s, args.get(0), &values.map(|v| v as f64));
            }
            Err(e) => return throw_uv(s, e, "uv_getrusage", None, None),
        }
        Ok(s.undefined())
    }),
    NativeSpec::new("memoryUsage", 1, |s, _, args| {
        let h = s.vm().heap.heap_statistics();
        let buffers = s.vm().heap.ledger.total(LedgerCategory::Buffers);
        let rss = os::resident_memory_bytes().unwrap_or(0);
        let values =
            [rss as f64, h.total_bytes as f64, h.used_bytes as f64, h.external_bytes as f64, buffers as f64];
        write_doubles(s, args.get(0), &values);
        Ok(s.undefined())
    }),
    NativeSpec::new("rss", 0, |s, _, _| match os::resident_memory_bytes() {
        Ok(n) => Ok(s.number(n as f64)),
        Err(e) => throw_uv(s, e, "uv_resident_set_memory", None, None),
    }),
    NativeSpec::new("constrainedMemory", 0, |s, _, _| Ok(s.number(os::constrained_memory_bytes() as f64))),
    NativeSpec::new("availableMemory", 0, |s, _, _| Ok(s.number(os::available_memory_bytes() as f64))),
    NativeSpec::new("cwd", 0, |s, _, _| match os::cwd() {
        Ok(p) => Ok(s.string_value(&text(&p))),
        Err(e) => {
            let message = "process.cwd failed with error no such file or directory, the current working directory was likely removed without changing the working directory, uv_cwd";
            let o = spey_host::uv_exception(s, e, "uv_cwd", None, None);
            let v = s.string_value(&format!("{}: {message}", e.name()));
            object::set_named(s, o, "message", v)?;
            s.throw(o.value())
        }
    }),
    NativeSpec::new("chdir", 1, |s, _, args| {
        let path = conversion::to_text(s, args.get(0))?;
        match os::chdir(path.as_bytes()) {
            Ok(()) => Ok(s.undefined()),
            Err(e) => {
                let from = os::cwd().map(|p| text(&p)).unwrap_or_default();
                let o = spey_host::uv_exception(s, e, "chdir", Some(&from), Some(&path));
                s.throw(o.value())
            }
        }
    }),
    NativeSpec::new("umask", 1, |s, _, args| {
        let old = if args.get(0).is_undefined() {
            os::current_umask()
        } else {
            let mask = conversion::to_uint32(s, args.get(0))?;
            os::umask(mask)
        };
        Ok(s.number(old as f64))
    }),
    NativeSpec::new("_kill", 2, |s, _, args| {
        let pid = conversion::to_int32(s, args.get(0))?;
        let signal = conversion::to_int32(s, args.get(1))?;
        let code = spey_loop::kill(pid, signal).map_or_else(|e| e.code(), |()| 0);
        Ok(s.int(code))
    }),
    NativeSpec::new("reallyExit", 1, |s, _, args| {
        let code = conversion::to_int32(s, args.get(0))?;
        Err(exit(s, code))
    }),
    NativeSpec::new("abort", 0, |_, _, _| std::process::abort()),
    NativeSpec::new("causeSegfault", 0, |_, _, _| std::process::abort()),
    NativeSpec::new("_rawDebug", 1, |s, _, args| {
        let line = conversion::to_text(s, args.get(0))?;
        // There is nobody to tell of a closed stderr.
        let _ = writeln!(std::io::stderr(), "{line}");
        Ok(s.undefined())
    }),
    NativeSpec::new("_debugProcess", 1, |s, _, _| s.throw_type_error("The inspector is not supported")),
    NativeSpec::new("_debugEnd", 0, |s, _, _| Ok(s.undefined())),
    NativeSpec::new("dlopen", 3, dlopen),
    NativeSpec::new("execve", 3, execve),
    NativeSpec::new("getEnv", 1, |s, _, args| {
        let name = conversion::to_text(s, args.get(0))?;
        let value = match own_environment(s) {
            Some(list) => list
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .iter()
                .find(|p| p.0 == name)
                .map(|p| p.1.clone()),
            None => os::environment_variable(name.as_bytes()).map(|v| text(&v)),
        };
        Ok(match value {
            Some(v) => s.string_value(&v),
            None => s.undefined(),
        })
    }),
    NativeSpec::new("setEnv", 2, |s, _, args| {
        let name = conversion::to_text(s, args.get(0))?;
        let v = conversion::to_text(s, args.get(1))?;
        match own_environment(s) {
            Some(list) => {
                let mut list = list.lock().unwrap_or_else(PoisonError::into_inner);
                match list.iter_mut().find(|p| p.0 == name) {
                    Some(p) => p.1 = v,
                    None => list.push((name, v)),
                }
            }
            // As in Node, names and values the system refuses are ignored.
            None => {
                _ = os::set_environment_variable(name.as_bytes(), v.as_bytes());
                environment_changed(&name);
            }
        }
        Ok(s.undefined())
    }),
    NativeSpec::new("unsetEnv", 1, |s, _, args| {
        let name = conversion::to_text(s, args.get(0))?;
        match own_environment(s) {
            Some(list) => list.lock().unwrap_or_else(PoisonError::into_inner).retain(|p| p.0 != name),
            None => {
                os::remove_environment_variable(name.as_bytes());
                environment_changed(&name);
            }
        }
        Ok(s.undefined())
    }),
    NativeSpec::new("envKeys", 0, |s, _, _| {
        let names: Vec<String> = match own_environment(s) {
            Some(list) => {
                list.lock().unwrap_or_else(PoisonError::into_inner).iter().map(|p| p.0.clone()).collect()
            }
            None => os::environment().into_iter().map(|(k, _)| text(&k)).collect(),
        };
        let list: Vec<_> = names.iter().map(|n| s.string_value(n)).collect();
        Ok(object::array_from_list(s, &list).value())
    }),
    NativeSpec::new("getActiveResourcesInfo", 0, |s, _, _| {
        let agent = agent(s);
        let mut names: Vec<_> = agent
            .pending_work()
            .map(|kind| match kind {
                WorkKind::Cpu => "ThreadPoolWork",
                WorkKind::FastIo => "FSReqCallback",
                WorkKind::SlowIo => "GetAddrInfoReqWrap",
            })
            .collect();
        for (id, kind, active) in agent.loop_.referenced_handles() {
            // Streams count from when they are open.
            if !active && !matches!(kind, HandleKind::Tcp | HandleKind::Pipe) {
                continue;
            }
            names.push(match (kind, agent.loop_.is_listening(id)) {
                (HandleKind::Tcp, true) => "TCPServerWrap",
                (HandleKind::Tcp, false) => "TCPSocketWrap",
                (HandleKind::Pipe, true) => "PipeServerWrap",
                (HandleKind::Pipe, false) => "PipeWrap",
                (HandleKind::Tty, _) => "TTYWrap",
                (HandleKind::Udp, _) => "UDPWrap",
                (HandleKind::Process, _) => "ProcessWrap",
                (HandleKind::Signal, _) => "SignalWrap",
                (HandleKind::FsEvent, _) => "FSEventWrap",
                (HandleKind::Async, _) => "MessagePort",
            });
        }
        let list: Vec<_> = names.into_iter().map(|n| s.string_value(n)).collect();
        Ok(object::array_from_list(s, &list).value())
    }),
    NativeSpec::new("_getActiveHandles", 0, |s, _, _| {
        let found = stream_base::open_objects(s);
        Ok(object::array_from_list(s, &found).value())
    }),
    NativeSpec::new("_getActiveRequests", 0, |s, _, _| Ok(object::new_array(s, 0).value())),
    NativeSpec::new("setEmitWarningSync", 1, |s, _, _| Ok(s.undefined())),
];

/// What depends on a variable of the process is found out anew.
fn environment_changed(name: &str) {
    if name == "TZ" {
        spey_engine::reset_time_zone();
    }
}
static GET_TITLE: NativeSpec = NativeSpec::new("get title", 0, |s, _, _| {
    let a = agent(s);
    let title = match &a.extension::<State>().title {
        Some(t) => t.clone(),
        None => a.config.argv.first().cloned().unwrap_or_default(),
    };
    Ok(s.string_value(&title))
});
static SET_TITLE: NativeSpec = NativeSpec::new("set title", 1, |s, _, args| {
    let title = conversion::to_text(s, args.get(0))?;
    os::set_title(&title);
    agent(s).extension::<State>().title = Some(title);
    Ok(s.undefined())
});
static GET_PPID: NativeSpec = NativeSpec::new("get ppid", 0, |s, _, _| Ok(s.int(os::parent_pid())));

fn accessor(
    s: &mut Scope<'_>,
    o: Local<'_, Object>,
    name: &str,
    get: &'static NativeSpec,
    set: Option<&'static NativeSpec>,
) -> JsResult<()> {
    let get = function::new_native(s, get).value();
    let set = match set {
        Some(spec) => function::new_native(s, spec).value(),
        None => s.undefined(),
    };
    let key = s.key(name);
    let d = PropertyDescriptor::accessor(Some(get), Some(set), attr::ENUMERABLE | attr::CONFIGURABLE);
    object::define_property_or_throw(s, o, key, &d)
}
fn strings(s: &mut Scope<'_>, o: Local<'_, Object>, name: &str, list: &[String]) {
    s.nested(|s| {
        let list: Vec<_> = list.iter().map(|t| s.string_value(t)).collect();
        let array = object::array_from_list(s, &list);
        define_value(s, o, name, array.value());
    });
}
/// Versions of what a program may ask for: `process.versions`.
static VERSIONS: &[(&str, &str)] = &[
    ("node", "26.12.1"),
    ("spey", env!("CARGO_PKG_VERSION")),
    ("v8", "14.6.202.34-node.15"),
    ("uv", "1.52.1"),
    ("zlib", "1.3.1"),
    ("modules", "147"),
    ("napi", "10"),
    ("llhttp", "9.3.0"),
    ("openssl", "3.5.4"),
    ("sqlite", spey_sqlite::VERSION),
    ("unicode", "17.0"),
];

fn patch_process_object<'s>(
    s: &mut Scope<'s>,
    _: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let process = conversion::to_object(s, args.get(0))?;
    let config = agent(s).config.clone();
    constant_string(s, process, "version", spey_host::NODE_VERSION);
    let versions = object::new_object(s);
    for (name, v) in VERSIONS {
        s.nested(|s| {
            let key = s.key(name);
            let v = s.string_value(v);
            object::define(s, versions, key, v, attr::ENUMERABLE);
        });
    }
    let key = s.key("versions");
    object::define(s, process, key, versions.value(), attr::ENUMERABLE);
    constant_string(s, process, "arch", if cfg!(target_arch = "x86_64") { "x64" } else { "arm64" });
    constant_string(s, process, "platform", if cfg!(target_os = "macos") { "darwin" } else { "linux" });
    accessor(s, process, "title", &GET_TITLE, Some(&SET_TITLE))?;
    constant_number(s, process, "pid", os::pid() as f64);
    accessor(s, process, "ppid", &GET_PPID, None)?;
    constant_string(s, process, "execPath", &config.exec_path);
    constant_number(s, process, "debugPort", 9229.0);
    strings(s, process, "argv", &config.argv);
    strings(s, process, "execArgv", &config.exec_argv);
    Ok(s.undefined())
}

/// process.dlopen(module, filename, flags)
fn dlopen<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let off = matches!(agent(s).config.options.get("--addons"), Some(spey_host::OptionValue::Bool(false)));
    if off || !crate::permission::addons(s) {
        return spey_host::throw_node_error(
            s,
            spey_engine::error::ErrorKind::Error,
            "ERR_DLOPEN_DISABLED",
            "Cannot load native addon because loading addons is disabled.",
        );
    }
    if args.len() < 2 {
        let message = "process.dlopen needs at least 2 arguments.";
        return spey_host::node_type_error(s, "ERR_MISSING_ARGS", message);
    }
    let flags = match args.get(2).as_number() {
        Some(n) => n as i32,
        None if args.get(2).is_undefined() => libc::RTLD_LAZY,
        None => {
            let message = "flag argument must be an integer.";
            return spey_host::node_type_error(s, "ERR_INVALID_ARG_TYPE", message);
        }
    };
    let module = conversion::to_object(s, args.get(0))?;
    let path = conversion::to_text(s, args.get(1))?;
    spey_host::load_addon(s, module, &path, flags)?;
    Ok(s.undefined())
}

/// Replaces the process image.
fn execve<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let path = conversion::to_text(s, args.get(0))?;
    let mut lists = vec![];
    for i in [1, 2] {
        let Some(o) = args.get(i).as_object().filter(|o| o.kind() == Kind::Array) else {
            return s.throw_type_error("execve needs arrays");
        };
        let mut list = vec![];
        for k in 0..object::length_of_array_like(s, o)? {
            let key = object::index_key(s, k);
            let v = object::get(s, o, key)?;
            let t = conversion::to_text(s, v)?;
            match CString::new(t) {
                Ok(t) => list.push(t),
                Err(_) => return s.throw_type_error("strings for execve must not contain null bytes"),
            }
        }
        lists.push(list);
    }
    let Ok(program) = CString::new(path.clone()) else {
        return s.throw_type_error("strings for execve must not contain null bytes");
    };
    // The standard streams go on to the new program, blocking as it expects them.
    for fd in 0..3 {
        if spey_loop::guess_fd_kind(fd) == FdKind::Unknown {
            continue;
        }
        // SAFETY: plain flag calls on a descriptor number.
        unsafe {
            let flags = libc::fcntl(fd, libc::F_GETFD);
            libc::fcntl(fd, libc::F_SETFD, flags & !libc::FD_CLOEXEC);
        }
    }
    let pointers: Vec<Vec<*const libc::c_char>> =
        lists.iter().map(|l| l.iter().map(|t| t.as_ptr()).chain([std::ptr::null()]).collect()).collect();
    // SAFETY: NUL-terminated strings in NULL-terminated arrays that outlive the call.
    unsafe { libc::execve(program.as_ptr(), pointers[0].as_ptr(), pointers[1].as_ptr()) };
    throw_uv(s, spey_loop::UvError::last(), "execve", Some(&path), None)
}

pub(crate) fn install(s: &mut Scope<'_>, target: Local<'_, Object>) {
    define_functions(s, target, FUNCTIONS);
    if let Some(info) = &agent(s).exit_info {
        let v = info.object(s);
        define_value(s, target, "exitInfo", v.value());
    }
    let is_main = agent(s).worker.is_none();
    let v = s.bool(is_main);
    define_value(s, target, "isMainThread", v);
    if let Ok(buffer) = array_buffer::new(s, HRTIME_BYTES) {
        define_value(s, target, "hrtimeBuffer", buffer.value());
        let root = Global::new(s, buffer);
        agent(s).extension::<State>().hrtime = Some(root);
    }
}
