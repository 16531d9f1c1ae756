//! RegExp objects, ECMA-262 §22.2 and §B.2.4.
//!
//! The constructor function carries two records per realm: the original getters, in the order of [`current_getter`], and a
//! cache of compiled patterns. The rest of a realm's state is in `spey_core::regexp`.

mod escape;
mod legacy;
mod matching;
mod pattern;
pub(crate) mod quick;
mod replace;
mod split;
mod string_iterator;

use std::rc::Rc;

use spey_core::cell::{Kind, Object, Record};
use spey_core::function::{self, NativeSpec, PropertySpec};
use spey_core::gathered;
use spey_core::key::{Names, PropertyKey};
use spey_core::native;
use spey_core::object::{self, Own};
use spey_core::realm::Intrinsic;
use spey_core::regexp::{self, Inherited, LAST_INDEX_SLOT};
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::shape::attr;
use spey_core::string::{self, JsString};
use spey_core::{call, conversion, error, record};
use spey_gc::Value as Raw;
use spey_regexp::{Flags, Regexp};

use crate::support::{self, SPECIES};
pub(crate) use matching::{advance_string_index, regexp_exec};
use pattern::{Compiled, Pattern};

pub(crate) use spey_core::regexp::slot;

const GETTER_COUNT: usize = 10;
/// The cache of compiled patterns: sets of entries, the one used last in front.
const CACHE_SETS: usize = 32;
/// Pattern, flags, compiled.
const ENTRY_SLOTS: usize = 3;
const SET_SLOTS: usize = 4 * ENTRY_SLOTS;

static CONSTRUCTOR: NativeSpec = NativeSpec::constructor("RegExp", 2, construct);
static STATICS: &[PropertySpec] =
    &[SPECIES, PropertySpec::Method(NativeSpec::new("escape", 1, escape::escape))];
static PROPERTIES: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("exec", 1, matching::exec).with_writing_quick(quick::exec)),
    PropertySpec::Getter(
        "dotAll",
        NativeSpec::new("get dotAll", 0, |s, t, _| flag(s, t, Flags::DOT_ALL, "dotAll")),
    ),
    PropertySpec::Getter("flags", NativeSpec::new("get flags", 0, flags)),
    PropertySpec::Getter(
        "global",
        NativeSpec::new("get global", 0, |s, t, _| flag(s, t, Flags::GLOBAL, "global")),
    ),
    PropertySpec::Getter(
        "hasIndices",
        NativeSpec::new("get hasIndices", 0, |s, t, _| flag(s, t, Flags::HAS_INDICES, "hasIndices")),
    ),
    PropertySpec::Getter(
        "ignoreCase",
        NativeSpec::new("get ignoreCase", 0, |s, t, _| flag(s, t, Flags::IGNORE_CASE, "ignoreCase")),
    ),
    PropertySpec::Getter(
        "multiline",
        NativeSpec::new("get multiline", 0, |s, t, _| flag(s, t, Flags::MULTILINE, "multiline")),
    ),
    PropertySpec::Getter("source", NativeSpec::new("get source", 0, source)),
    PropertySpec::Getter(
        "sticky",
        NativeSpec::new("get sticky", 0, |s, t, _| flag(s, t, Flags::STICKY, "sticky")),
    ),
    PropertySpec::Getter(
        "unicode",
        NativeSpec::new("get unicode", 0, |s, t, _| flag(s, t, Flags::UNICODE, "unicode")),
    ),
    PropertySpec::Method(NativeSpec::new("compile", 2, compile)),
    PropertySpec::Method(NativeSpec::new("toString", 0, to_string)),
    PropertySpec::Method(NativeSpec::new("test", 1, matching::test).with_writing_quick(quick::test)),
    PropertySpec::SymbolMethod(
        |n| n.sym_match,
        NativeSpec::new("[Symbol.match]", 1, matching::symbol_match),
        attr::HIDDEN,
    ),
    PropertySpec::SymbolMethod(
        |n| n.sym_match_all,
        NativeSpec::new("[Symbol.matchAll]", 1, string_iterator::symbol_match_all),
        attr::HIDDEN,
    ),
    PropertySpec::SymbolMethod(
        |n| n.sym_replace,
        NativeSpec::new("[Symbol.replace]", 2, replace::symbol_replace),
        attr::HIDDEN,
    ),
    PropertySpec::SymbolMethod(
        |n| n.sym_search,
        NativeSpec::new("[Symbol.search]", 1, matching::symbol_search),
        attr::HIDDEN,
    ),
    PropertySpec::SymbolMethod(
        |n| n.sym_split,
        NativeSpec::new("[Symbol.split]", 2, split::symbol_split),
        attr::HIDDEN,
    ),
    PropertySpec::Getter(
        "unicodeSets",
        NativeSpec::new("get unicodeSets", 0, |s, t, _| flag(s, t, Flags::UNICODE_SETS, "unicodeSets")),
    ),
];

/// Flags in the order in which the `flags` getter reads them.
const FLAG_ORDER: [(fn(&Names) -> PropertyKey, char); 8] = [
    (|n| n.has_indices, 'd'),
    (|n| n.global, 'g'),
    (|n| n.ignore_case, 'i'),
    (|n| n.multiline, 'm'),
    (|n| n.dot_all, 's'),
    (|n| n.unicode, 'u'),
    (|n| n.unicode_sets, 'v'),
    (|n| n.sticky, 'y'),
];

/// Installs RegExp.
pub(crate) fn install(s: &mut Scope<'_>) {
    s.nested(|s| {
        let proto = support::new_prototype(s, Intrinsic::ObjectPrototype);
        s.set_intrinsic(Intrinsic::RegExpPrototype, proto);
        function::define_properties(s, proto, PROPERTIES);

        let getters = record::new_local(s, 0, GETTER_COUNT);
        let cache = record::new_local(s, 0, CACHE_SETS * SET_SLOTS);
        // SAFETY: records are cells; the data values of a native function are opaque.
        let data: [Local<'_, Value>; 2] = unsafe { [getters.cast(), cache.cast()] };
        let c = function::new_native_with(s, &CONSTRUCTOR, &data);
        object::materialize(s, c);
        let (prototype_key, constructor_key) = (s.names().prototype, s.names().constructor);
        object::define(s, c, prototype_key, proto.value(), 0);
        object::define(s, proto, constructor_key, c.value(), attr::HIDDEN);
        legacy::install(s, c);
        function::define_properties(s, c, STATICS);
        s.set_intrinsic(Intrinsic::RegExp, c);
        support::define_global(s, "RegExp", c.value());

        // Changes of both advance the prototype epoch.
        object::mark_prototype(s.vm(), proto.raw());
        object::mark_prototype(s.vm(), c.raw());
        for i in 0..GETTER_COUNT {
            let getter = current_getter(s, i);
            getters.set_at(s, i, getter);
        }
        for property in Inherited::ALL {
            let key = inherited_key(s, property);
            if let Own::Data(v, _) = object::own_ordinary(s, proto, key) {
                s.vm().realm_mut().regexp.inherited[property as usize] = v;
            }
        }
        let boilerplate = alloc(s, proto.value());
        let empty = s.names().empty.raw();
        let realm = &mut s.vm().realm_mut().regexp;
        realm.shape = boilerplate.gc().header.word;
        realm.record_match(empty, &[0, 0]);
        string_iterator::install(s);
    })
}

fn inherited_key(s: &mut Scope<'_>, property: Inherited) -> PropertyKey {
    let names = s.names();
    match property {
        Inherited::Exec => names.exec,
        Inherited::Match => names.sym_match,
        Inherited::Replace => names.sym_replace,
        Inherited::Split => names.sym_split,
        Inherited::Constructor => names.constructor,
    }
}
/// The getter that a program sees now: those of the flags, `flags`, and the constructor's Symbol.species.
fn current_getter(s: &mut Scope<'_>, i: usize) -> Raw {
    let (holder, key) = match i {
        8 => (Intrinsic::RegExpPrototype, s.names().flags),
        9 => (Intrinsic::RegExp, s.names().sym_species),
        _ => (Intrinsic::RegExpPrototype, FLAG_ORDER[i].0(s.names())),
    };
    s.nested(|s| {
        let holder = s.intrinsic(holder);
        match object::own_ordinary(s, holder, key) {
            Own::Accessor(cell, _) => cell.get,
            _ => Raw::UNDEFINED,
        }
    })
}
/// May the specification's steps through `exec`, `flags` and the flags' getters be skipped? True for objects with the
/// original prototype, a numeric writable `lastIndex` and no other property, in a realm whose RegExp is unmodified.
pub(crate) fn is_pristine(s: &mut Scope<'_>, o: Local<'_, Object>) -> bool {
    if o.kind() != Kind::RegExp {
        return false;
    }
    if !has_initial_shape(s, o) || !object::named_slot(s, o, LAST_INDEX_SLOT as u32).is_number() {
        return false;
    }
    (s.vm().realm().regexp.epoch == s.vm().prototype_epoch || s.nested(look_up_prototype))
        && regexp::is_original(s.vm(), Inherited::Exec)
}
/// Looks up the prototype's structure, which may have changed; false if that makes the specification's steps visible.
#[cold]
fn look_up_prototype(s: &mut Scope<'_>) -> bool {
    let c = s.intrinsic(Intrinsic::RegExp);
    let getters = function::native_data(s, c, 0);
    // SAFETY: made by `install`.
    let getters: Local<'_, Record> = unsafe { getters.cast() };
    if (0..GETTER_COUNT).any(|i| current_getter(s, i) != getters.at(i)) {
        return false;
    }
    let proto = s.intrinsic(Intrinsic::RegExpPrototype);
    let mut slots = [0; Inherited::ALL.len()];
    for (slot, property) in slots.iter_mut().zip(Inherited::ALL) {
        let key = inherited_key(s, property);
        match object::named_slot_number(s, proto, key) {
            Some(n) => *slot = n,
            None => return false,
        }
    }
    let epoch = s.vm().prototype_epoch;
    let realm = &mut s.vm().realm_mut().regexp;
    realm.inherited_slots = slots;
    realm.epoch = epoch;
    true
}
/// As [`is_pristine`], with SpeciesConstructor known to be %RegExp% too.
fn has_default_species(s: &mut Scope<'_>, o: Local<'_, Object>) -> bool {
    is_pristine(s, o) && regexp::is_original(s.vm(), Inherited::Constructor)
}

// ---------------------------------------------------------------- creation

/// RegExpAlloc, ECMA-262 §22.2.3.2, with a given prototype.
fn alloc<'s>(s: &mut Scope<'s>, proto: Local<'_, Value>) -> Local<'s, Object> {
    let shape = s.vm().realm().regexp.shape;
    // OPTIMIZATION: the shape is known.
    if shape != 0 && s.vm().shapes.get(shape).prototype == proto.raw() {
        return gathered::object_of_kind(s, Kind::RegExp, shape, slot::COUNT, &[Raw::int32(0)]);
    }
    let o = object::new_kind(s, Kind::RegExp, proto, slot::COUNT);
    s.nested(|s| {
        let key = s.names().last_index;
        let zero = s.int(0);
        object::add_named(s, o, key, zero, attr::WRITABLE);
    });
    o
}
/// The realm's cache of compiled patterns, and where in it the set of entries begins that this one belongs to.
fn cache_set<'s>(
    s: &mut Scope<'s>,
    pattern: Local<'_, JsString>,
    flags: Flags,
) -> (Local<'s, Record>, usize) {
    let c = s.intrinsic(Intrinsic::RegExp);
    let cache = function::native_data(s, c, 1);
    let set = (string::hash(pattern.raw()) as usize ^ flags.bits() as usize) % CACHE_SETS;
    // SAFETY: a record made by `install`.
    (unsafe { cache.cast() }, set * SET_SLOTS)
}
/// Puts an entry in front of a set, behind which the others move up to the place `until`.
fn put_first(
    s: &mut Scope<'_>,
    cache: Local<'_, Record>,
    set: usize,
    until: usize,
    entry: [Raw; ENTRY_SLOTS],
) {
    for i in (set + ENTRY_SLOTS..until + ENTRY_SLOTS).rev() {
        cache.set_at(s, i, cache.at(i - ENTRY_SLOTS));
    }
    for (i, v) in entry.into_iter().enumerate() {
        cache.set_at(s, set + i, v);
    }
}
/// The pattern as a native cell, if it has been compiled lately.
fn cached<'s>(s: &mut Scope<'s>, pattern: Local<'_, JsString>, flags: Flags) -> Option<Local<'s, Value>> {
    let (cache, set) = cache_set(s, pattern, flags);
    let bits = Raw::int32(flags.bits() as i32);
    for at in (set..set + SET_SLOTS).step_by(ENTRY_SLOTS) {
        let entry = [cache.at(at), cache.at(at + 1), cache.at(at + 2)];
        if entry[0].is_cell() && entry[1] == bits && string::equals(entry[0], pattern.raw()) {
            if at > set {
                put_first(s, cache, set, at, entry);
            }
            return Some(s.local(entry[2]));
        }
    }
    None
}
fn throw_invalid<T>(
    s: &mut Scope<'_>,
    pattern: Local<'_, JsString>,
    flags: Flags,
    e: spey_regexp::SyntaxError,
) -> JsResult<T> {
    let text = pattern.to_text(s);
    s.throw_syntax_error(&format!("Invalid regular expression: /{text}/{flags}: {}", e.message()))
}
/// The compiled pattern as a native cell, from the realm's cache if it is there.
fn compiled<'s>(s: &mut Scope<'s>, pattern: Local<'_, JsString>, flags: Flags) -> JsResult<Local<'s, Value>> {
    if let Some(cell) = cached(s, pattern, flags) {
        return Ok(cell);
    }
    let units = pattern.to_units(s);
    let regexp = match Regexp::compile(&units, flags) {
        Ok(r) => r,
        Err(e) => return throw_invalid(s, pattern, flags, e),
    };
    let compiled = Compiled(Rc::new(Pattern::new(s, regexp)));
    let cell = native::new(s, Box::new(compiled));
    let (cache, set) = cache_set(s, pattern, flags);
    let entry = [pattern.raw(), Raw::int32(flags.bits() as i32), cell.raw()];
    put_first(s, cache, set, set + SET_SLOTS - ENTRY_SLOTS, entry);
    // SAFETY: any cell may be seen as a value; it goes to an internal slot only.
    Ok(unsafe { cell.cast() })
}
/// RegExpInitialize, ECMA-262 §22.2.3.3
///
/// OPTIMIZATION: the pattern is parsed here and compiled when it is first matched: many are not.
fn initialize(
    s: &mut Scope<'_>,
    o: Local<'_, Object>,
    pattern: Local<'_, Value>,
    flags: Local<'_, Value>,
) -> JsResult<()> {
    s.nested(|s| {
        let p = if pattern.is_undefined() { s.string("") } else { conversion::to_string(s, pattern)? };
        let f = if flags.is_undefined() { s.string("") } else { conversion::to_string(s, flags)? };
        f.flatten(s);
        let parsed = Flags::parse(f.view(&s.no_gc()).units());
        let Some(parsed) = parsed else {
            let text = f.to_text(s);
            return s.throw_syntax_error(&format!("Invalid flags supplied to RegExp constructor '{text}'"));
        };
        let known = cached(s, p, parsed);
        if known.is_none() {
            let units = p.to_units(s);
            if let Err(e) = Regexp::validate(&units, parsed) {
                return throw_invalid(s, p, parsed, e);
            }
        }
        o.set_slot(s, slot::COMPILED, known.map_or(Raw::UNDEFINED, |cell| cell.raw()));
        o.set_slot(s, slot::SOURCE, p.raw());
        o.set_slot(s, slot::FLAGS, Raw::int32(parsed.bits() as i32));
        o.set_slot(s, slot::LITERAL, Raw::UNDEFINED);
        set_last_index(s, o, 0)
    })
}
/// RegExpCreate, ECMA-262 §22.2.3.1
pub(crate) fn create<'s>(
    s: &mut Scope<'s>,
    pattern: Local<'_, Value>,
    flags: Local<'_, Value>,
) -> JsResult<Local<'s, Object>> {
    let proto = s.intrinsic(Intrinsic::RegExpPrototype);
    let o = alloc(s, proto.value());
    initialize(s, o, pattern, flags)?;
    Ok(o)
}
/// IsRegExp, ECMA-262 §7.2.8
pub(crate) fn is_regexp(s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<bool> {
    let Some(o) = v.as_object() else { return Ok(false) };
    s.nested(|s| {
        let key = s.names().sym_match;
        let matcher = object::get(s, o, key)?;
        Ok(if matcher.is_undefined() {
            o.kind() == Kind::RegExp
        } else {
            conversion::to_boolean(matcher.raw())
        })
    })
}
/// RegExp ( pattern, flags ), ECMA-262 §22.2.4.1
fn construct<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let (pattern, flags) = (args.get(0), args.get(1));
    // OPTIMIZATION: literals.
    if pattern.is_string() && flags.is_string() && args.is_construct() {
        let c = s.intrinsic(Intrinsic::RegExp);
        if args.new_target().is_same(c) {
            return Ok(create(s, pattern, flags)?.value());
        }
    }
    let pattern_is_regexp = is_regexp(s, pattern)?;
    let new_target = if args.is_construct() { args.new_target() } else { args.callee().value() };
    if !args.is_construct() && pattern_is_regexp && flags.is_undefined() {
        let key = s.names().constructor;
        let c = object::get_v(s, pattern, key)?;
        if c.is_same(new_target) {
            return Ok(pattern);
        }
    }
    let (p, f) = match pattern.as_object() {
        Some(o) if o.kind() == Kind::RegExp => {
            let f = if flags.is_undefined() { flags_text(s, original_flags(o)) } else { flags };
            (o.slot_local(s, slot::SOURCE), f)
        }
        Some(o) if pattern_is_regexp => {
            let key = s.names().source;
            let p = object::get(s, o, key)?;
            let key = s.names().flags;
            (p, if flags.is_undefined() { object::get(s, o, key)? } else { flags })
        }
        _ => (pattern, flags),
    };
    let c = new_target.as_object().expect("new.target is a constructor");
    let proto = function::prototype_from_constructor(s, c, Intrinsic::RegExpPrototype)?;
    let o = alloc(s, proto);
    initialize(s, o, p, f)?;
    Ok(o.value())
}

// ---------------------------------------------------------------- state of an object

/// [[OriginalFlags]]
pub(crate) fn original_flags(o: Local<'_, Object>) -> Flags {
    let v = o.slot(slot::FLAGS);
    if v.is_int32() { Flags::from_bits(v.as_int32() as u8) } else { Flags::NONE }
}
fn flags_text<'s>(s: &mut Scope<'s>, flags: Flags) -> Local<'s, Value> {
    s.string_value(&flags.to_string())
}
/// The compiled pattern of a RegExp object.
fn program(s: &mut Scope<'_>, o: Local<'_, Object>) -> JsResult<Rc<Pattern>> {
    // SAFETY: the reference is used at once.
    if let Some(known) = unsafe { native::data::<Compiled>(o.slot(slot::COMPILED)) } {
        return Ok(known.0.clone());
    }
    let Some(source) = o.slot_local(s, slot::SOURCE).as_string().filter(|_| o.slot(slot::FLAGS).is_int32())
    else {
        return s.throw_type_error("RegExp object is not initialized");
    };
    let cell = compiled(s, source, original_flags(o))?;
    regexp::set_compiled(s, o, cell.raw());
    // SAFETY: as above.
    let made = unsafe { native::data::<Compiled>(cell.raw()) }.expect("made by `compiled`");
    Ok(made.0.clone())
}
/// Has the object the shape that the constructor makes: a writable `lastIndex` and no other property?
fn has_initial_shape(s: &mut Scope<'_>, o: Local<'_, Object>) -> bool {
    o.gc().header.word == s.vm().realm().regexp.shape
}
/// ToLength(Get(R, "lastIndex")) of a RegExp object, which always has it as an own data property.
fn last_index(s: &mut Scope<'_>, o: Local<'_, Object>) -> JsResult<u64> {
    let v = if has_initial_shape(s, o) {
        object::named_slot(s, o, LAST_INDEX_SLOT as u32)
    } else {
        let key = s.names().last_index;
        match object::own_ordinary(s, o, key) {
            Own::Data(v, _) => v,
            _ => Raw::UNDEFINED,
        }
    };
    if v.is_int32() {
        return Ok(v.as_int32().max(0) as u64);
    }
    s.nested(|s| {
        let v = s.local(v);
        conversion::to_length(s, v)
    })
}
/// Set(R, "lastIndex", n, true) of a RegExp object.
fn set_last_index(s: &mut Scope<'_>, o: Local<'_, Object>, n: u64) -> JsResult<()> {
    if has_initial_shape(s, o) {
        // A position of a string, which is shorter than 2^31.
        object::set_named_slot(s, o, LAST_INDEX_SLOT as u32, Raw::int32(n as i32));
        return Ok(());
    }
    s.nested(|s| {
        let key = s.names().last_index;
        let v = s.number(n as f64);
        match object::own_ordinary(s, o, key) {
            Own::Data(_, a) if a & attr::WRITABLE != 0 => {
                object::write_existing(s, o, key, v);
                Ok(())
            }
            _ => object::throw_read_only(s, o.value(), key),
        }
    })
}

// ---------------------------------------------------------------- properties of the prototype

/// get RegExp.prototype.global etc., ECMA-262 §22.2.6.4.1 RegExpHasFlag
fn flag<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    flag: Flags,
    name: &str,
) -> JsResult<Local<'s, Value>> {
    if let Some(o) = this.as_object() {
        if o.kind() == Kind::RegExp {
            return Ok(s.bool(original_flags(o).contains(flag)));
        }
        if o.raw() == s.vm().intrinsic_raw(Intrinsic::RegExpPrototype) {
            return Ok(s.undefined());
        }
    }
    s.throw_type_error(&format!("RegExp.prototype.{name} getter called on non-RegExp object"))
}
/// get RegExp.prototype.flags, ECMA-262 §22.2.6.4
fn flags<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let Some(o) = this.as_object() else {
        let text = error::describe(s, this);
        return s.throw_type_error(&format!("RegExp.prototype.flags getter called on non-object {text}"));
    };
    let mut text = String::new();
    for (key, letter) in FLAG_ORDER {
        let key = key(s.names());
        let on = s.nested(|s| {
            let v = object::get(s, o, key)?;
            Ok(conversion::to_boolean(v.raw()))
        })?;
        if on {
            text.push(letter);
        }
    }
    Ok(s.string_value(&text))
}
/// get RegExp.prototype.source, ECMA-262 §22.2.6.13
fn source<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    match this.as_object() {
        Some(o) if o.kind() == Kind::RegExp => {
            let source = o.slot_local(s, slot::SOURCE);
            match source.as_string() {
                Some(text) => Ok(escape::escape_pattern(s, text).value()),
                None => Ok(s.string_value("(?:)")),
            }
        }
        Some(o) if o.raw() == s.vm().intrinsic_raw(Intrinsic::RegExpPrototype) => Ok(s.string_value("(?:)")),
        _ => s.throw_type_error("RegExp.prototype.source getter called on non-RegExp object"),
    }
}
/// RegExp.prototype.toString ( ), ECMA-262 §22.2.6.17
fn to_string<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let o = this_object(s, this, "RegExp.prototype.toString")?;
    let key = s.names().source;
    let pattern = object::get(s, o, key)?;
    let pattern = conversion::to_string(s, pattern)?;
    let key = s.names().flags;
    let flags = object::get(s, o, key)?;
    let flags = conversion::to_string(s, flags)?;
    let slash = s.string("/");
    let text = string::concat(s, slash, pattern)?;
    let text = string::concat(s, text, slash)?;
    Ok(string::concat(s, text, flags)?.value())
}
/// RegExp.prototype.compile ( pattern, flags ), ECMA-262 §B.2.4.1
fn compile<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let o = support::this_of_kind(s, this, Kind::RegExp, "RegExp.prototype.compile")?;
    let (pattern, flags) = (args.get(0), args.get(1));
    match pattern.as_object() {
        Some(p) if p.kind() == Kind::RegExp => {
            if !flags.is_undefined() {
                return s.throw_type_error("Invalid flags supplied to RegExp.prototype.compile");
            }
            let f = flags_text(s, original_flags(p));
            let source = p.slot_local(s, slot::SOURCE);
            initialize(s, o, source, f)?;
        }
        _ => initialize(s, o, pattern, flags)?,
    }
    Ok(this)
}

/// The receiver of the generic methods: any object.
fn this_object<'s>(s: &mut Scope<'_>, this: Local<'s, Value>, method: &str) -> JsResult<Local<'s, Object>> {
    match this.as_object() {
        Some(o) => Ok(o),
        None => support::throw_incompatible(s, method, this),
    }
}
/// Reads the flags of any object that takes the part of a regular expression.
fn observed_flags<'s>(s: &mut Scope<'s>, o: Local<'_, Object>) -> JsResult<Local<'s, JsString>> {
    let key = s.names().flags;
    let flags = object::get(s, o, key)?;
    conversion::to_string(s, flags)
}
/// Does a string of flags contain a letter?
fn has_letter(s: &mut Scope<'_>, flags: Local<'_, JsString>, letter: char) -> bool {
    flags.flatten(s);
    flags.view(&s.no_gc()).units().any(|u| u == letter as u16)
}
/// `new C(o, flags)` for the species constructor of `o`.
fn construct_species<'s>(
    s: &mut Scope<'s>,
    o: Local<'_, Object>,
    flags: Local<'_, JsString>,
    constructor: Option<Local<'_, Object>>,
) -> JsResult<Local<'s, Object>> {
    match constructor {
        Some(c) => call::construct(s, c, &[o.value(), flags.value()], None),
        None => {
            let c = s.intrinsic(Intrinsic::RegExp);
            call::construct(s, c, &[o.value(), flags.value()], None)
        }
    }
}
