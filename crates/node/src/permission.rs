//! `internalBinding('permission')`: what the command line allows.

use spey_engine::{Local, NativeSpec, Object, Scope, conversion};
use spey_host::{agent, define_functions};

/// Is `path` below one of the granted paths?
fn granted(list: &[String], path: Option<&str>) -> bool {
    list.iter().flat_map(|l| l.split(',')).any(|entry| {
        entry == "*"
            || path.is_some_and(|p| {
                let prefix = entry.trim_end_matches('*').trim_end_matches('/');
                p == prefix
                    || p.starts_with(prefix) && (entry.ends_with('*') || p[prefix.len()..].starts_with('/'))
            })
    })
}
static FUNCTIONS: &[NativeSpec] = &[NativeSpec::new("has", 2, |s, _, args| {
    let scope = conversion::to_text(s, args.get(0))?;
    let path = args.get(1).as_string().map(|t| t.to_text(s));
    let o = &agent(s).config.options;
    let yes = !o.is_on("--permission")
        || match scope.as_str() {
            "fs.read" => granted(o.list("--allow-fs-read"), path.as_deref()),
            "fs.write" => granted(o.list("--allow-fs-write"), path.as_deref()),
            "fs" => {
                granted(o.list("--allow-fs-read"), path.as_deref())
                    && granted(o.list("--allow-fs-write"), path.as_deref())
            }
            "child" => o.is_on("--allow-child-process"),
            "worker" => o.is_on("--allow-worker"),
            "addon" => o.is_on("--allow-addons"),
            _ => false,
        };
    Ok(s.bool(yes))
})];

pub(crate) fn install(s: &mut Scope<'_>, target: Local<'_, Object>) {
    define_functions(s, target, FUNCTIONS);
}
