//! Binding `compile_cache`, and the cache itself: bytecode of modules in files, so that a later run need not parse them.
//!
//! A file is named by what it is the cache of, and holds the hash of the source text and what `script::to_cache` made. Files
//! are read when a module is compiled, and written when the agent ends or the program asks for it.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

use spey_engine::code::ScriptUnit;
use spey_engine::{
    Args, Goal, JsResult, Local, NativeSpec, Object, Scope, Value, conversion, object, script,
};
use spey_host::{agent, define_functions, define_value};

use crate::source::text_argument;

/// Begins a file; then the key of the source (8 bytes), then the unit.
const MAGIC: [u8; 8] = *b"SpeyCC01";
const HEADER_BYTES: usize = 16;

/// A module that was compiled while the cache was on.
struct Entry {
    what: String,
    file: PathBuf,
    source_key: u64,
    /// To be written: None while nothing has been compiled.
    unit: Option<Rc<ScriptUnit>>,
    /// The file has what there is to have.
    is_saved: bool,
}
#[derive(Default)]
struct Cache {
    /// None while the cache is off.
    directory: Option<PathBuf>,
    /// Names of modules are relative to this directory.
    portable_base: Option<PathBuf>,
    /// Tell what is done.
    talkative: bool,
    entries: BTreeMap<u64, Entry>,
}
impl Cache {
    fn say(&self, text: std::fmt::Arguments<'_>) {
        if self.talkative {
            eprintln!("[compile cache] {text}");
        }
    }
    /// Name of a module's file, from what it is and its path or URL.
    fn file_key(&self, kind: &str, name: &str) -> u64 {
        let path = name.strip_prefix("file://").unwrap_or(name);
        let name = match &self.portable_base {
            Some(base) => relative(base, Path::new(path)).to_string_lossy().into_owned(),
            None => name.to_owned(),
        };
        script::cache_key(&format!("{kind} {name}"), &Goal::Script, spey_engine::Language::JavaScript)
    }
    /// The unit in a file, as bytes, if it was made of the same source.
    fn read(&self, file: &Path, what: &str, source_key: u64) -> Option<Rc<[u8]>> {
        let outcome: Result<Rc<[u8]>, String> = match std::fs::read(file) {
            Err(e) => Err(format!("{e}")),
            Ok(bytes) if bytes.len() < HEADER_BYTES || bytes[..8] != MAGIC => {
                Err("magic number mismatch".to_owned())
            }
            Ok(bytes) => {
                let mut key = [0; 8];
                key.copy_from_slice(&bytes[8..HEADER_BYTES]);
                match u64::from_le_bytes(key) {
                    key if key == source_key => Ok(Rc::from(&bytes[HEADER_BYTES..])),
                    key => Err(format!("code hash mismatch: expected {source_key:x}, actual {key:x}")),
                }
            }
        };
        let text = match &outcome {
            Ok(bytes) => format!("success, size={}", bytes.len()),
            Err(e) => e.clone(),
        };
        self.say(format_args!("reading cache from {} for {what}...{text}", file.display()));
        outcome.ok()
    }
    fn write(&mut self) {
        let mut entries = std::mem::take(&mut self.entries);
        for entry in entries.values_mut() {
            let what = &entry.what;
            let Some(unit) = &entry.unit else {
                let why = if entry.is_saved { "cache was the same" } else { "the cache was not initialized" };
                self.say(format_args!("skip persisting {what} because {why}"));
                continue;
            };
            let written = script::to_cache(unit, entry.source_key)
                .ok_or_else(|| "the code cannot be serialised".to_owned())
                .and_then(|unit| write_file(&entry.file, entry.source_key, &unit).map_err(|e| e.to_string()));
            match &written {
                Ok(()) => {
                    self.say(format_args!("writing cache for {what} in {}...success", entry.file.display()))
                }
                Err(e) => {
                    self.say(format_args!("writing cache for {what} in {}...{e}", entry.file.display()))
                }
            }
            entry.is_saved = written.is_ok();
            entry.unit = None;
        }
        self.entries = entries;
    }
}
/// Replaces a file as a whole: others may be reading it.
fn write_file(file: &Path, source_key: u64, unit: &[u8]) -> std::io::Result<()> {
    let mut bytes = Vec::with_capacity(HEADER_BYTES + unit.len());
    bytes.extend_from_slice(&MAGIC);
    bytes.extend_from_slice(&source_key.to_le_bytes());
    bytes.extend_from_slice(unit);
    let temporary = file.with_extension(format!("{}.tmp", std::process::id()));
    std::fs::write(&temporary, bytes)?;
    std::fs::rename(&temporary, file)
}
/// `path` as seen from the directory `base`.
fn relative(base: &Path, path: &Path) -> PathBuf {
    let (base, path): (Vec<Component<'_>>, Vec<Component<'_>>) =
        (base.components().collect(), path.components().collect());
    let common = base.iter().zip(&path).take_while(|(a, b)| a == b).count();
    let up = base[common..].iter().map(|_| Component::ParentDir);
    up.chain(path[common..].iter().copied()).collect()
}

/// Compiles a module, CommonJS or ES, by way of the cache if that is on.
pub(crate) fn compile(
    s: &mut Scope<'_>,
    source: &str,
    origin: &script::Origin<'_>,
    goal: Goal<'_>,
) -> JsResult<Rc<ScriptUnit>> {
    let is_file = origin.name.starts_with('/') || origin.name.starts_with("file:");
    if !is_file || agent(s).extension::<Cache>().directory.is_none() {
        return script::compile(s, source, origin, goal);
    }
    let kind = match (&goal, origin.language) {
        (Goal::Module, spey_engine::Language::JavaScript) => "ESM",
        (Goal::Module, _) => "StrippedTypeScript ESM",
        (_, spey_engine::Language::JavaScript) => "CommonJS",
        _ => "StrippedTypeScript CommonJS",
    };
    let cache = agent(s).extension::<Cache>();
    let what = format!("{kind} {}", origin.name);
    let file_key = cache.file_key(kind, origin.name);
    let file = cache.directory.as_ref().map(|d| d.join(format!("{file_key:016x}.cache"))).unwrap_or_default();
    let source_key = script::cache_key(source, &goal, origin.language);
    let found = cache.read(&file, &what, source_key);
    let was_found = found.is_some();
    let entry = Entry { what: what.clone(), file, source_key, unit: None, is_saved: false };
    cache.entries.insert(file_key, entry);
    let cached = found.and_then(|bytes| script::from_cache(s, source, origin, bytes, source_key));
    let is_saved = cached.is_some();
    let unit = match cached {
        Some(unit) => unit,
        None => script::compile(s, source, origin, goal)?,
    };
    let cache = agent(s).extension::<Cache>();
    match (was_found, is_saved) {
        (_, true) => cache.say(format_args!("cache for {what} was accepted, keeping the in-memory entry")),
        (true, _) => cache.say(format_args!("cache for {what} was rejected, updating the in-memory entry")),
        _ => cache.say(format_args!("{what} was not initialized, initializing the in-memory entry")),
    }
    if let Some(entry) = cache.entries.get_mut(&file_key) {
        entry.is_saved = is_saved;
        entry.unit = (!is_saved).then(|| unit.clone());
    }
    Ok(unit)
}

static FUNCTIONS: &[NativeSpec] = &[
    NativeSpec::new("enable", 3, enable),
    NativeSpec::new("directory", 0, |s, _, _| {
        let directory = agent(s).extension::<Cache>().directory.clone();
        Ok(match directory {
            Some(d) => s.string_value(&d.to_string_lossy()),
            None => s.undefined(),
        })
    }),
    NativeSpec::new("flush", 0, |s, _, _| {
        agent(s).extension::<Cache>().write();
        Ok(s.undefined())
    }),
    NativeSpec::new("say", 1, |s, _, args| {
        let text = text_argument(s, args.get(0))?;
        let talkative = conversion::to_boolean(args.get(1).raw());
        let cache = agent(s).extension::<Cache>();
        cache.talkative = talkative;
        cache.say(format_args!("{text}"));
        Ok(s.undefined())
    }),
];
/// enable(directory, isPortable, isTalkative) -> { directory } or { message }: turns the cache on, in a directory of this program's
/// version below the given one.
fn enable<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let base = PathBuf::from(text_argument(s, args.get(0))?);
    let portable = conversion::to_boolean(args.get(1).raw());
    let talkative = conversion::to_boolean(args.get(2).raw());
    let tag = format!(
        "{}-{}-spey-{}-{}",
        spey_host::NODE_VERSION,
        std::env::consts::ARCH,
        env!("CARGO_PKG_VERSION"),
        spey_loop::os::uid()
    );
    let directory = base.join(tag);
    let result = object::new_object(s);
    match std::fs::create_dir_all(&directory) {
        Ok(()) => {
            let text = s.string_value(&directory.to_string_lossy());
            define_value(s, result, "directory", text);
            let cache = agent(s).extension::<Cache>();
            cache.portable_base = portable.then(|| base.clone());
            spey_engine::keep_code_in(&directory);
            cache.directory = Some(directory);
            cache.talkative = talkative;
            agent(s).at_exit.push(|s| agent(s).extension::<Cache>().write());
        }
        Err(e) => {
            let text = s.string_value(&format!("Cannot create cache directory {}: {e}", directory.display()));
            define_value(s, result, "message", text);
        }
    }
    Ok(result.value())
}
pub(crate) fn install(s: &mut Scope<'_>, target: Local<'_, Object>) {
    define_functions(s, target, FUNCTIONS);
}
