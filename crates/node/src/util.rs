//! `internalBinding('util')`: inspection of objects, and odds and ends.

use std::any::Any;

use spey_engine::error::current_sites;
use spey_engine::{
    Args, JsResult, Kind, Local, NativeData, NativeSpec, Object, PropertyDescriptor, PropertyKey,
    PropertySpec, Raw, Scope, Tracer, Value, attr, call, conversion, error, function, hash_table, object,
    promise, proxy, symbol, value,
};
use spey_host::{
    constant_number, define_class, define_functions, define_value, new_host_object, with_data_mut,
};
use spey_loop::{FdKind, guess_fd_kind};

/// Internal slots of Map and Set iterators: object, position in its table, kind of results (2 = entries).
mod iterator_slot {
    pub const OBJECT: usize = 1;
    pub const POSITION: usize = 2;
    pub const KIND: usize = 3;
}
const ONLY_ENUMERABLE: i32 = 2;
const SKIP_SYMBOLS: i32 = 16;

static PRIVATE_SYMBOLS: &[&str] = &[
    "arrow_message_private_symbol",
    "contextify_context_private_symbol",
    "decorated_private_symbol",
    "transfer_mode_private_symbol",
    "host_defined_option_symbol",
    "js_transferable_wrapper_private_symbol",
    "entry_point_module_private_symbol",
    "entry_point_promise_private_symbol",
    "module_source_private_symbol",
    "module_export_names_private_symbol",
    "module_circular_visited_private_symbol",
    "module_export_private_symbol",
    "module_first_parent_private_symbol",
    "module_last_parent_private_symbol",
    "napi_type_tag",
    "napi_wrapper",
    "untransferable_object_private_symbol",
    "exit_info_private_symbol",
    "promise_trace_id",
    "source_map_data_private_symbol",
];

static FUNCTIONS: &[NativeSpec] = &[
    NativeSpec::new("getOwnNonIndexProperties", 2, own_non_index_properties),
    NativeSpec::new("getPromiseDetails", 1, |s, _, args| {
        let Some(p) = args.get(0).as_object().filter(|o| o.kind() == Kind::Promise) else {
            return Ok(s.undefined());
        };
        let state = promise::state(p);
        let mut list = vec![s.int(state)];
        if state != promise::PENDING {
            list.push(p.slot_local(s, promise::slot::RESULT));
        }
        Ok(object::array_from_list(s, &list).value())
    }),
    NativeSpec::new("getProxyDetails", 2, |s, _, args| {
        let Some(p) = args.get(0).as_object().filter(|o| o.kind() == Kind::Proxy) else {
            return Ok(s.undefined());
        };
        let (target, handler) = proxy::target_and_handler(s, p);
        if args.len() < 2 || conversion::to_boolean(args.get(1).raw()) {
            return Ok(object::array_from_list(s, &[target, handler]).value());
        }
        Ok(target)
    }),
    NativeSpec::new("previewEntries", 2, preview_entries),
    NativeSpec::new("getConstructorName", 1, |s, _, args| {
        let Some(o) = args.get(0).as_object() else {
            return s.throw_type_error("The value is not an object");
        };
        let name = error::constructor_name(s, o);
        Ok(s.string_value(&name))
    }),
    NativeSpec::new("getCallerLocation", 0, |s, _, _| {
        let Some(site) = current_sites(s, 3).into_iter().nth(2) else { return Ok(s.undefined()) };
        let list = [s.int(site.line as i32), s.int(site.column as i32), s.string_value(&site.file)];
        Ok(object::array_from_list(s, &list).value())
    }),
    NativeSpec::new("getCallSites", 1, call_sites),
    NativeSpec::new("isInsideNodeModules", 2, |s, _, args| {
        let limit =
            if args.get(0).is_undefined() { 10 } else { conversion::to_int32(s, args.get(0))?.max(0) };
        let internal_only = conversion::to_boolean(args.get(1).raw());
        let sites = current_sites(s, limit as usize);
        let mut users = sites.iter().filter(|i| !i.file.is_empty() && !i.file.starts_with("node:"));
        let inside = |f: &str| f.contains("/node_modules/") || f.contains("\\node_modules\\");
        let found = if internal_only {
            users.take(1).any(|i| inside(&i.file))
        } else {
            users.any(|i| inside(&i.file))
        };
        Ok(s.bool(found))
    }),
    NativeSpec::new("sleep", 1, |s, _, args| {
        let ms = conversion::to_uint32(s, args.get(0))?;
        std::thread::sleep(std::time::Duration::from_millis(ms as u64));
        Ok(s.undefined())
    }),
    NativeSpec::new("guessHandleType", 1, |s, _, args| {
        let fd = conversion::to_int32(s, args.get(0))?;
        let name = match guess_fd_kind(fd) {
            FdKind::Tcp => "TCP",
            FdKind::Udp => "UDP",
            FdKind::Pipe => "PIPE",
            FdKind::Tty => "TTY",
            FdKind::File => "FILE",
            FdKind::Unknown => "UNKNOWN",
        };
        Ok(s.string_value(name))
    }),
    NativeSpec::new("markPromiseAsHandled", 1, |s, _, args| {
        if let Some(p) = args.get(0).as_object().filter(|o| o.kind() == Kind::Promise) {
            p.set_slot(s, promise::slot::HANDLED, Raw::TRUE);
        }
        Ok(s.undefined())
    }),
    NativeSpec::new("isConstructor", 1, |s, _, args| {
        let yes = value::is_constructor(args.get(0).raw());
        Ok(s.bool(yes))
    }),
    NativeSpec::new("toUSVString", 1, |s, _, args| {
        let text = conversion::to_text(s, args.get(0))?;
        Ok(s.string_value(&text))
    }),
    NativeSpec::new("parseEnv", 1, |s, _, args| {
        let text = conversion::to_text(s, args.get(0))?;
        let none = s.null();
        let o = object::new_object_with(s, none, 0);
        for (k, v) in parse_env(&text) {
            s.nested(|s| {
                let v = s.string_value(&v);
                define_value(s, o, &k, v);
            });
        }
        Ok(o.value())
    }),
    NativeSpec::new("arrayBufferViewHasBuffer", 1, |s, _, _| Ok(s.bool(true))),
    NativeSpec::new("defineLazyValues", 4, define_lazy_values),
];

/// Values of the accessors of a lazy property.
mod lazy {
    pub const TARGET: usize = 0;
    pub const KEY: usize = 1;
    pub const ENUMERABLE: usize = 2;
    pub const LOAD: usize = 3;
}
static LAZY_GETTER: NativeSpec = NativeSpec::new("", 0, |s, _, args| {
    let load = function::native_data(s, args.callee(), lazy::LOAD);
    let key = function::native_data(s, args.callee(), lazy::KEY);
    let undefined = s.undefined();
    let value = call::call(s, load, undefined, &[key])?;
    become_plain(s, args.callee(), value)?;
    Ok(value)
});
static LAZY_SETTER: NativeSpec = NativeSpec::new("", 1, |s, _, args| {
    become_plain(s, args.callee(), args.get(0))?;
    Ok(s.undefined())
});
/// Puts a value in the place of the accessors.
fn become_plain(s: &mut Scope<'_>, accessor: Local<'_, Object>, value: Local<'_, Value>) -> JsResult<()> {
    let target = function::native_data(s, accessor, lazy::TARGET);
    let Some(target) = target.as_object() else { return Ok(()) };
    let key = function::native_data(s, accessor, lazy::KEY);
    let key = conversion::to_property_key(s, key)?;
    let enumerable = function::native_data(s, accessor, lazy::ENUMERABLE);
    let attributes = attr::HIDDEN | if enumerable.raw().is_true() { attr::ENUMERABLE } else { 0 };
    object::define_property_or_throw(s, target, key, &PropertyDescriptor::data(value, attributes))
}
/// defineLazyValues(target, keys, enumerable, load): properties that become the plain value `load(key)` when they are
/// first read, or what is assigned to them before. Start-up defines a hundred, of which a program reads a few.
fn define_lazy_values<'s>(
    s: &mut Scope<'s>,
    _: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let (Some(target), Some(keys)) = (args.get(0).as_object(), args.get(1).as_object()) else {
        return s.throw_type_error("The target or the list of keys is not an object");
    };
    let enumerable = conversion::to_boolean(args.get(2).raw());
    let attributes = attr::CONFIGURABLE | if enumerable { attr::ENUMERABLE } else { 0 };
    for i in 0..object::length_of_array_like(s, keys)? {
        s.nested(|s| -> JsResult<()> {
            let name = object::get(s, keys, PropertyKey::from_index(i as u32))?;
            let key = conversion::to_property_key(s, name)?;
            let data = [target.value(), name, s.bool(enumerable), args.get(3)];
            let get = function::new_native_with(s, &LAZY_GETTER, &data).value();
            let set = function::new_native_with(s, &LAZY_SETTER, &data[..lazy::LOAD]).value();
            let descriptor = PropertyDescriptor::accessor(Some(get), Some(set), attributes);
            object::define_property_or_throw(s, target, key, &descriptor)
        })?;
    }
    Ok(s.undefined())
}

/// Keys that are no array indices.
fn own_non_index_properties<'s>(
    s: &mut Scope<'s>,
    _: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let Some(o) = args.get(0).as_object() else { return Ok(s.undefined()) };
    let filter = conversion::to_int32(s, args.get(1))?;
    let list = object::new_array(s, 0);
    for k in object::own_property_keys(s, o)? {
        if k.is_index() || filter & SKIP_SYMBOLS != 0 && k.is_symbol() {
            continue;
        }
        s.nested(|s| {
            if filter & ONLY_ENUMERABLE != 0 {
                match object::get_own_property(s, o, k)? {
                    Some(d) if d.enumerable == Some(true) => {}
                    _ => return Ok(()),
                }
            }
            let v = k.to_value(s);
            object::array_push(s, list, v);
            Ok(())
        })?;
    }
    Ok(list.value())
}

/// Entries of maps, sets, their iterators and their weak kin.
fn preview_entries<'s>(
    s: &mut Scope<'s>,
    _: Local<'s, Value>,
    args: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let Some(o) = args.get(0).as_object() else { return Ok(s.undefined()) };
    let list = object::new_array(s, 0);
    let is_key_value;
    match o.kind() {
        Kind::Map | Kind::Set => {
            is_key_value = o.kind() == Kind::Map;
            append_entries(s, list, o, 0, is_key_value, true);
        }
        Kind::Iterator
            if matches!(
                o.slot(0).as_int32(),
                spey_engine::iteration::tag::MAP | spey_engine::iteration::tag::SET
            ) =>
        {
            let kind = o.slot(iterator_slot::KIND).as_int32();
            is_key_value = kind == 2;
            let position = o.slot(iterator_slot::POSITION).as_number() as u64;
            let of = o.slot_local(s, iterator_slot::OBJECT);
            if let Some(of) = of.as_object() {
                let is_map = of.kind() == Kind::Map;
                match (kind, is_map) {
                    (2, true) => append_entries(s, list, of, position, true, true),
                    (2, false) => append_doubled(s, list, of, position),
                    (1, true) => append_entries(s, list, of, position, true, false),
                    _ => append_entries(s, list, of, position, false, true),
                }
            }
        }
        Kind::WeakMap | Kind::WeakSet => {
            is_key_value = o.kind() == Kind::WeakMap;
            let table = o.slot_local(s, 0);
            // SAFETY: slot 0 of both kinds is the table.
            let table: Local<'_, hash_table::EphemeronTable> = unsafe { table.cast() };
            let entries: Vec<_> = hash_table::ephemerons_entries(table)
                .into_iter()
                .map(|(k, v)| (s.local(k), s.local(v)))
                .collect();
            for (k, v) in entries {
                object::array_push(s, list, k);
                if is_key_value {
                    object::array_push(s, list, v);
                }
            }
        }
        _ => return Ok(s.undefined()),
    }
    if args.len() < 2 {
        return Ok(list.value());
    }
    let flag = s.bool(is_key_value);
    Ok(object::array_from_list(s, &[list.value(), flag]).value())
}
fn table_of<'s>(s: &mut Scope<'s>, o: Local<'_, Object>) -> Local<'s, hash_table::HashTable> {
    let table = o.slot_local(s, 0);
    // SAFETY: slot 0 of maps and sets is their table.
    unsafe { table.cast() }
}
fn append_entries(
    s: &mut Scope<'_>,
    list: Local<'_, Object>,
    o: Local<'_, Object>,
    from: u64,
    both: bool,
    keys: bool,
) {
    let table = table_of(s, o);
    let mut position = from;
    while let Some((k, v, next)) = hash_table::iterate(table, position) {
        position = next;
        s.nested(|s| {
            let (k, v) = (s.local(k), s.local(v));
            if keys {
                object::array_push(s, list, k);
            }
            if both {
                object::array_push(s, list, v);
            }
        });
    }
}
fn append_doubled(s: &mut Scope<'_>, list: Local<'_, Object>, o: Local<'_, Object>, from: u64) {
    let table = table_of(s, o);
    let mut position = from;
    while let Some((k, _, next)) = hash_table::iterate(table, position) {
        position = next;
        s.nested(|s| {
            let k = s.local(k);
            object::array_push(s, list, k);
            object::array_push(s, list, k);
        });
    }
}

fn call_sites<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let count = conversion::to_uint32(s, args.get(0))?.min(200) as usize;
    let list = object::new_array(s, 0);
    // The library's own frame is not the caller's.
    for site in current_sites(s, count + 1).into_iter().skip(1) {
        s.nested(|s| {
            let o = object::new_object(s);
            for (name, text) in [("functionName", &site.function), ("scriptName", &site.file)] {
                let v = s.string_value(text);
                define_value(s, o, name, v);
            }
            let id = s.string_value("0");
            define_value(s, o, "scriptId", id);
            for (name, n) in
                [("lineNumber", site.line), ("columnNumber", site.column), ("column", site.column)]
            {
                constant_number(s, o, name, n as f64);
            }
            object::array_push(s, list, o.value());
        });
    }
    Ok(list.value())
}

/// Lines of a dotenv file.
pub fn parse_env(text: &str) -> Vec<(String, String)> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut out: Vec<(String, String)> = vec![];
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let line_end = rest.find('\n').unwrap_or(rest.len());
        let line = &rest[..line_end];
        let trimmed = line.trim_start();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            rest = rest.get(line_end + 1..).unwrap_or("");
            continue;
        }
        let Some(eq) = line.find('=') else {
            rest = rest.get(line_end + 1..).unwrap_or("");
            continue;
        };
        let key = line[..eq].trim();
        let key = key.strip_prefix("export ").unwrap_or(key).trim();
        let after = &rest[eq + 1..];
        let lead = after.len() - after.trim_start_matches([' ', '\t']).len();
        let value_start = &after[lead..];
        let quote = value_start.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'));
        let (value, used) = match quote.and_then(|q| value_start[1..].find(q).map(|end| (q, end))) {
            Some((q, end)) => {
                let inner = &value_start[1..1 + end];
                let value = if q == '"' { inner.replace("\\n", "\n") } else { inner.to_string() };
                let tail = &value_start[end + 2..];
                (value, eq + 1 + lead + end + 2 + tail.find('\n').unwrap_or(tail.len()))
            }
            None => {
                let v = &line[eq + 1..];
                let v = v.split_once('#').map_or(v, |p| p.0).trim();
                (v.to_string(), line_end)
            }
        };
        if !key.is_empty() {
            out.retain(|p| p.0 != key);
            out.push((key.to_string(), value));
        }
        rest = rest.get(used + 1..).unwrap_or("");
    }
    out
}

/// An object held weakly unless somebody counts on it.
struct WeakReference {
    target: Raw,
    strong: Raw,
    count: u32,
}
impl NativeData for WeakReference {
    fn trace(&mut self, t: &mut Tracer) {
        t.value(&mut self.target);
        t.value(&mut self.strong);
    }
    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}
/// Tag of WeakReference objects.
const WEAK_REFERENCE_TAG: i32 = 40;
static WEAK_REFERENCE: NativeSpec = NativeSpec::constructor("WeakReference", 1, |s, _, args| {
    // A WeakRef cell holds the object; the strong copy is set while the count is above zero.
    let Some(target) = args.get(0).as_object() else {
        return s.throw_type_error("WeakReference needs an object");
    };
    let global = s.global();
    let class = object::get_named(s, global, "WeakRef")?;
    let class = conversion::to_object(s, class)?;
    let weak = spey_engine::call::construct(s, class, &[target.value()], None)?;
    let data = WeakReference { target: weak.raw(), strong: Raw::UNDEFINED, count: 0 };
    Ok(new_host_object(s, args, WEAK_REFERENCE_TAG, Box::new(data), 0)?.value())
});
fn weak_target<'s>(s: &mut Scope<'s>, this: Local<'_, Value>) -> JsResult<Local<'s, Value>> {
    let weak = with_data_mut::<WeakReference, _>(s, this, |w| w.target)?;
    let weak = s.local(weak);
    let key = s.key("deref");
    spey_engine::call::invoke(s, weak, key, &[])
}
static WEAK_REFERENCE_METHODS: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("get", 0, |s, this, _| weak_target(s, this))),
    PropertySpec::Method(NativeSpec::new("incRef", 0, |s, this, _| {
        let target = weak_target(s, this)?;
        let raw = target.raw();
        let n = with_data_mut::<WeakReference, _>(s, this, |w| {
            w.count += 1;
            w.strong = raw;
            w.count
        })?;
        Ok(s.int(n as i32))
    })),
    PropertySpec::Method(NativeSpec::new("decRef", 0, |s, this, _| {
        let n = with_data_mut::<WeakReference, _>(s, this, |w| {
            w.count = w.count.saturating_sub(1);
            if w.count == 0 {
                w.strong = Raw::UNDEFINED;
            }
            w.count
        })?;
        Ok(s.int(n as i32))
    })),
];

pub(crate) fn install(s: &mut Scope<'_>, target: Local<'_, Object>) {
    define_functions(s, target, FUNCTIONS);
    define_class(s, target, &WEAK_REFERENCE, WEAK_REFERENCE_METHODS);
    let constants = object::new_object(s);
    for (name, n) in [
        ("kPending", 0),
        ("kFulfilled", 1),
        ("kRejected", 2),
        ("kExiting", 0),
        ("kExitCode", 1),
        ("kHasExitCode", 2),
        ("ALL_PROPERTIES", 0),
        ("ONLY_WRITABLE", 1),
        ("ONLY_ENUMERABLE", ONLY_ENUMERABLE),
        ("ONLY_CONFIGURABLE", 4),
        ("SKIP_STRINGS", 8),
        ("SKIP_SYMBOLS", SKIP_SYMBOLS),
        ("kDisallowCloneAndTransfer", 0),
        ("kTransferable", 1),
        ("kCloneable", 2),
    ] {
        constant_number(s, constants, name, n as f64);
    }
    define_value(s, target, "constants", constants.value());
    let symbols = object::new_object(s);
    for name in PRIVATE_SYMBOLS {
        s.nested(|s| {
            let text = s.string_value(name);
            let v = symbol::new_private(s, text);
            define_value(s, symbols, name, v.value());
        });
    }
    define_value(s, target, "privateSymbols", symbols.value());
}
