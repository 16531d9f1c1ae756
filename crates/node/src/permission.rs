//! `internalBinding('permission')`: what the command line allows.
//!
//! Contract: `has(scope, path | undefined)` -> boolean; `start(paths)`: paths of the program itself, which may be read
//! (once, before user code).

use spey_engine::{JsResult, Local, NativeSpec, Object, Scope, conversion, object};
use spey_host::{agent, define_functions};
use spey_loop::os;
use std::cell::{OnceCell, RefCell};

/// Paths that were granted.
#[derive(Default)]
struct Paths {
    all: bool,
    exact: Vec<String>,
    prefixes: Vec<String>,
}
impl Paths {
    fn new(list: &[String]) -> Paths {
        let mut p = Paths::default();
        for entry in list {
            p.add(entry);
        }
        p
    }
    /// A grant: `*`, a prefix before `*`, a directory with everything below, or one file.
    fn add(&mut self, entry: &str) {
        if entry == "*" {
            self.all = true;
        } else if let Some((prefix, _)) = entry.split_once('*') {
            let mut full = absolute(prefix);
            if prefix.ends_with('/') && full != "/" {
                full.push('/');
            }
            self.prefixes.push(full);
        } else {
            let full = absolute(entry);
            if std::fs::metadata(&full).is_ok_and(|m| m.is_dir()) {
                self.prefixes.push(if full == "/" { full } else { full + "/" });
            } else {
                self.exact.push(full);
            }
        }
    }
    fn allow(&self, path: Option<&str>) -> bool {
        self.all
            || path.is_some_and(|p| {
                let p = absolute(p);
                self.exact.contains(&p)
                    || self
                        .prefixes
                        .iter()
                        .any(|x| p.starts_with(x.as_str()) || x.strip_suffix('/') == Some(&p))
            })
    }
}

/// `path` from the root, without `.`, `..` and empty names.
fn absolute(path: &str) -> String {
    let from = if path.starts_with('/') { String::new() } else { cwd() };
    let mut parts = Vec::new();
    for part in from.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            name => parts.push(name),
        }
    }
    format!("/{}", parts.join("/"))
}
fn cwd() -> String {
    os::cwd().map_or_else(|_| String::new(), |p| String::from_utf8_lossy(&p).into_owned())
}

thread_local! {
    // What may be read and written. Relative grants are taken from the directory the thread started in.
    static GRANTS: OnceCell<(RefCell<Paths>, Paths)> = const { OnceCell::new() };
    static STARTED: OnceCell<()> = const { OnceCell::new() };
}
fn with_grants<T>(s: &mut Scope<'_>, f: impl FnOnce(&RefCell<Paths>, &Paths) -> T) -> T {
    GRANTS.with(|g| {
        let (read, write) = g.get_or_init(|| {
            let o = &agent(s).config.options;
            let read = Paths::new(o.list("--allow-fs-read"));
            (RefCell::new(read), Paths::new(o.list("--allow-fs-write")))
        });
        f(read, write)
    })
}

/// May the program load addons?
pub(crate) fn addons(s: &mut Scope<'_>) -> bool {
    let o = &agent(s).config.options;
    !o.is_on("--permission") || o.is_on("--allow-addons")
}

fn has(s: &mut Scope<'_>, scope: &str, path: Option<&str>) -> bool {
    let o = &agent(s).config.options;
    !o.is_on("--permission")
        || match scope {
            "fs.read" => with_grants(s, |read, _| read.borrow().allow(path)),
            "fs.write" => with_grants(s, |_, write| write.allow(path)),
            "fs" => with_grants(s, |read, write| read.borrow().allow(path) && write.allow(path)),
            "child" => o.is_on("--allow-child-process"),
            "worker" => o.is_on("--allow-worker"),
            "addon" => o.is_on("--allow-addons"),
            "net" => o.is_on("--allow-net"),
            "inspector" => o.is_on("--allow-inspector"),
            "wasi" => o.is_on("--allow-wasi"),
            _ => false,
        }
}
fn start(s: &mut Scope<'_>, list: Local<'_, Object>) -> JsResult<()> {
    if STARTED.with(|c| c.set(())).is_err() {
        return Ok(());
    }
    for i in 0..object::length_of_array_like(s, list)? {
        let key = object::index_key(s, i);
        let path = object::get(s, list, key)?;
        let path = conversion::to_text(s, path)?;
        with_grants(s, |read, _| read.borrow_mut().add(&path));
    }
    Ok(())
}

static FUNCTIONS: &[NativeSpec] = &[
    NativeSpec::new("has", 2, |s, _, args| {
        let scope = conversion::to_text(s, args.get(0))?;
        let path = args.get(1).as_string().map(|t| t.to_text(s));
        let yes = has(s, &scope, path.as_deref());
        Ok(s.bool(yes))
    }),
    NativeSpec::new("start", 1, |s, _, args| {
        if let Some(list) = args.get(0).as_object() {
            start(s, list)?;
        }
        Ok(s.undefined())
    }),
];

pub(crate) fn install(s: &mut Scope<'_>, target: Local<'_, Object>) {
    define_functions(s, target, FUNCTIONS);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grants() {
        let p = Paths::new(&["/usr".into(), "/nowhere/at-all".into(), "/opt/a*".into(), "/opt/dir/*".into()]);
        for yes in
            ["/usr", "/usr/bin/x", "/usr/../usr/x", "/nowhere/at-all", "/opt/abc", "/opt/dir/x", "/opt/dir"]
        {
            assert!(p.allow(Some(yes)), "{yes}");
        }
        for no in ["/usrx", "/usr/../etc", "/nowhere/at-all/below", "/opt/b", "/opt/directory", "/"] {
            assert!(!p.allow(Some(no)), "{no}");
        }
        assert!(!p.allow(None));
        assert!(Paths::new(&["*".into()]).allow(None));
    }
}
