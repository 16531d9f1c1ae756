//! Binding `os`: facts about the machine and its user.

use spey_engine::{Args, JsResult, Local, NativeSpec, Object, Scope, Value, conversion, object, typed_array};
use spey_host as host;
use spey_loop::{UvError, os};

use crate::text::{self, Encoding};

type Returned<'s> = JsResult<Local<'s, Value>>;

pub(crate) fn install(s: &mut Scope<'_>, target: Local<'_, Object>) {
    host::define_functions(s, target, FUNCTIONS);
    let big = s.bool(cfg!(target_endian = "big"));
    host::define_value(s, target, "isBigEndian", big);
}

static FUNCTIONS: &[NativeSpec] = &[
    NativeSpec::new("getAvailableParallelism", 0, |s, _, _| Ok(s.size(os::available_parallelism()))),
    NativeSpec::new("getCPUs", 0, get_cpus),
    NativeSpec::new("getFreeMem", 0, |s, _, _| Ok(s.number(os::free_memory_bytes() as f64))),
    NativeSpec::new("getTotalMem", 0, |s, _, _| Ok(s.number(os::total_memory_bytes() as f64))),
    NativeSpec::new("getUptime", 1, get_uptime),
    NativeSpec::new("getHomeDirectory", 1, get_home_directory),
    NativeSpec::new("getHostname", 1, |s, _, _| Ok(s.string_value(&os::hostname()))),
    NativeSpec::new("getLoadAvg", 1, get_load_avg),
    NativeSpec::new("getInterfaceAddresses", 1, get_interface_addresses),
    NativeSpec::new("getOSInformation", 1, get_os_information),
    NativeSpec::new("getUserInfo", 2, get_user_info),
    NativeSpec::new("getPriority", 2, get_priority),
    NativeSpec::new("setPriority", 3, set_priority),
];

/// Fills a context object with what is known about a failure.
fn fail<'s>(s: &mut Scope<'s>, ctx: Local<'_, Value>, error: UvError, syscall: &str) -> Returned<'s> {
    if let Some(ctx) = ctx.as_object() {
        let errno = s.int(error.code());
        object::set_named(s, ctx, "errno", errno)?;
        for (name, text) in [("code", &*error.name()), ("message", &*error.message()), ("syscall", syscall)] {
            let v = s.string_value(text);
            object::set_named(s, ctx, name, v)?;
        }
    }
    Ok(s.undefined())
}
fn get_cpus<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let Ok(cpus) = os::cpus() else { return Ok(s.undefined()) };
    let array = object::new_array(s, 0);
    for cpu in cpus {
        s.nested(|s| {
            let model = s.string_value(&cpu.model);
            object::array_push(s, array, model);
            let t = &cpu.times;
            for n in [cpu.speed_mhz, t.user_ms, t.nice_ms, t.sys_ms, t.idle_ms, t.irq_ms] {
                let n = s.number(n as f64);
                object::array_push(s, array, n);
            }
        });
    }
    Ok(array.value())
}
fn get_uptime<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    match os::uptime_s() {
        Ok(seconds) => Ok(s.number(seconds)),
        Err(e) => fail(s, args.get(0), e, "uv_uptime"),
    }
}
fn get_home_directory<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    match os::homedir() {
        Ok(path) => text::encode(s, path, Encoding::Utf8),
        Err(e) => fail(s, args.get(0), e, "uv_os_homedir"),
    }
}
fn get_load_avg<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    if let Some(array) = args.get(0).as_object().filter(|o| typed_array::is_typed_array(o.value())) {
        for (i, n) in os::load_average().into_iter().enumerate() {
            let n = s.number(n);
            typed_array::set_element(s, array, i, n)?;
        }
    }
    Ok(s.undefined())
}
/// Flat: name, address, netmask, family, mac, internal, scope id (-1 if it has none).
fn get_interface_addresses<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let interfaces = match os::network_interfaces() {
        Ok(interfaces) => interfaces,
        Err(e) => return fail(s, args.get(0), e, "uv_interface_addresses"),
    };
    let array = object::new_array(s, 0);
    for i in interfaces {
        s.nested(|s| {
            let family = if i.address.is_ipv4() { "IPv4" } else { "IPv6" };
            let mac = i.mac.map(|byte| format!("{byte:02x}")).join(":");
            for text in [&i.name, &i.address.to_string(), &i.netmask.to_string(), family, &mac] {
                let v = s.string_value(text);
                object::array_push(s, array, v);
            }
            let internal = s.bool(i.internal);
            object::array_push(s, array, internal);
            let scope = s.number(if i.address.is_ipv6() { f64::from(i.scope_id) } else { -1.0 });
            object::array_push(s, array, scope);
        });
    }
    Ok(array.value())
}
fn get_os_information<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let found = os::uname();
    let list =
        [&found.sysname, &found.version, &found.release, &found.machine].map(|text| s.string_value(text));
    Ok(object::array_from_list(s, &list).value())
}
fn get_user_info<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let encoding = match args.get(0).as_object() {
        Some(options) => {
            let v = object::get_named(s, options, "encoding")?;
            Encoding::from_value(s, v, Encoding::Utf8)
        }
        None => Encoding::Utf8,
    };
    let user = match os::passwd(os::effective_uid()) {
        Ok(user) => user,
        Err(e) => return fail(s, args.get(1), e, "uv_os_get_passwd"),
    };
    let o = object::new_object(s);
    host::constant_number(s, o, "uid", user.uid.into());
    host::constant_number(s, o, "gid", user.gid.into());
    for (name, bytes) in [("username", user.username), ("homedir", user.homedir), ("shell", user.shell)] {
        let v = text::encode(s, bytes, encoding)?;
        host::define_value(s, o, name, v);
    }
    Ok(o.value())
}
fn get_priority<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let pid = conversion::to_int32(s, args.get(0))?;
    match os::priority(pid) {
        Ok(n) => Ok(s.int(n)),
        Err(e) => fail(s, args.get(1), e, "uv_os_getpriority"),
    }
}
fn set_priority<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let pid = conversion::to_int32(s, args.get(0))?;
    let priority = conversion::to_int32(s, args.get(1))?;
    match os::set_priority(pid, priority) {
        Ok(()) => Ok(s.int(0)),
        Err(e) => {
            fail(s, args.get(2), e, "uv_os_setpriority")?;
            Ok(s.int(e.code()))
        }
    }
}

static REPORT_FUNCTIONS: &[NativeSpec] = &[NativeSpec::new("libcVersion", 0, |s, _, _| {
    Ok(match os::libc_version() {
        Some(version) => s.string_value(&version),
        None => s.undefined(),
    })
})];
/// Binding `report`: what diagnostic reports tell that no other binding does.
pub(crate) fn install_report(s: &mut Scope<'_>, target: Local<'_, Object>) {
    host::define_functions(s, target, REPORT_FUNCTIONS);
}
