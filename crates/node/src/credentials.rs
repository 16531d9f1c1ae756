//! `internalBinding('credentials')`: users, groups, and the environment for programs that must not be fooled.

use spey_engine::{JsResult, Kind, Local, NativeSpec, Object, Scope, Value, conversion, object};
use spey_host::{define_functions, define_value};
use spey_loop::os;

/// Results of the setters besides a negative errno.
const UNKNOWN_USER: i32 = 1;
const UNKNOWN_GROUP: i32 = 2;

fn status(r: Result<(), spey_loop::UvError>) -> i32 {
    r.map_or_else(|e| e.code(), |()| 0)
}
/// A number, or the id of a name; the error is the status for "unknown".
fn id(
    s: &mut Scope<'_>,
    v: Local<'_, Value>,
    find: fn(&str) -> Result<u32, spey_loop::UvError>,
    unknown: i32,
) -> JsResult<Result<u32, i32>> {
    match v.as_string() {
        Some(t) => {
            let name = t.to_text(s);
            Ok(find(&name).map_err(|_| unknown))
        }
        None => Ok(Ok(conversion::to_uint32(s, v)?)),
    }
}

macro_rules! setter {
    ($name:literal, $find:path, $unknown:expr, $set:path) => {
        NativeSpec::new($name, 1, |s, _, args| {
            let r = id(s, args.get(0), $find, $unknown)?;
            let n = r.map_or_else(|e| e, |n| status($set(n)));
            Ok(s.int(n))
        })
    };
}
macro_rules! getter {
    ($name:literal, $get:path) => {
        NativeSpec::new($name, 0, |s, _, _| Ok(s.number($get() as f64)))
    };
}

static FUNCTIONS: &[NativeSpec] = &[
    NativeSpec::new("safeGetenv", 1, |s, _, args| {
        let name = conversion::to_text(s, args.get(0))?;
        // A set-user-id program does not trust its environment.
        let trusted = os::uid() == os::effective_uid() && os::gid() == os::effective_gid();
        match os::environment_variable(name.as_bytes()).filter(|_| trusted) {
            Some(v) => Ok(s.string_value(&String::from_utf8_lossy(&v))),
            None => Ok(s.undefined()),
        }
    }),
    getter!("getuid", os::uid),
    getter!("geteuid", os::effective_uid),
    getter!("getgid", os::gid),
    getter!("getegid", os::effective_gid),
    NativeSpec::new("getgroups", 0, |s, _, _| match os::groups() {
        Ok(groups) => {
            let list: Vec<_> = groups.into_iter().map(|g| s.number(g as f64)).collect();
            Ok(object::array_from_list(s, &list).value())
        }
        Err(e) => spey_host::throw_uv(s, e, "getgroups", None, None),
    }),
    setter!("setuid", os::uid_by_name, UNKNOWN_USER, os::set_uid),
    setter!("seteuid", os::uid_by_name, UNKNOWN_USER, os::set_effective_uid),
    setter!("setgid", os::gid_by_name, UNKNOWN_GROUP, os::set_gid),
    setter!("setegid", os::gid_by_name, UNKNOWN_GROUP, os::set_effective_gid),
    NativeSpec::new("setgroups", 1, |s, _, args| {
        let Some(list) = args.get(0).as_object().filter(|o| o.kind() == Kind::Array) else {
            return s.throw_type_error("setgroups needs an array");
        };
        let mut groups = vec![];
        for i in 0..object::length_of_array_like(s, list)? {
            let key = object::index_key(s, i);
            let v = object::get(s, list, key)?;
            match id(s, v, os::gid_by_name, i as i32 + 1)? {
                Ok(g) => groups.push(g),
                Err(n) => return Ok(s.int(n)),
            }
        }
        Ok(s.int(status(os::set_groups(&groups))))
    }),
    NativeSpec::new("initgroups", 2, |s, _, args| {
        let group = match id(s, args.get(1), os::gid_by_name, UNKNOWN_GROUP)? {
            Ok(g) => g,
            Err(n) => return Ok(s.int(n)),
        };
        let user = match args.get(0).as_string() {
            Some(t) => t.to_text(s),
            None => {
                let uid = conversion::to_uint32(s, args.get(0))?;
                match os::passwd(uid) {
                    Ok(p) => String::from_utf8_lossy(&p.username).into_owned(),
                    Err(_) => return Ok(s.int(UNKNOWN_USER)),
                }
            }
        };
        Ok(s.int(status(os::init_groups(&user, group))))
    }),
];

pub(crate) fn install(s: &mut Scope<'_>, target: Local<'_, Object>) {
    define_functions(s, target, FUNCTIONS);
    let yes = s.bool(true);
    define_value(s, target, "implementsPosixCredentials", yes);
}
