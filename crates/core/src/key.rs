//! Property keys and the table of well-known names.

use spey_gc::{Gc, Value as Raw};

use crate::cell::Symbol;
use crate::scope::{Local, Scope, Value};
use crate::string::{JsString, StrView};
use crate::vm::Vm;

/// A property key: an array index, an interned string or a symbol. Compared by bits.
///
/// Keys are `Copy` and hold non-moving cells. A key made through a scope is kept alive by that scope; keys stored in
/// shapes, code and the names table are kept alive by those.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct PropertyKey(u64);

impl std::fmt::Debug for PropertyKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.to_text())
    }
}

impl PropertyKey {
    /// Array index key, `i < 2^32 - 1`.
    #[inline(always)]
    pub fn from_index(i: u32) -> PropertyKey {
        PropertyKey(Raw::int32(i as i32).bits())
    }
    /// Key of an interned string that is not an index.
    #[inline(always)]
    pub fn from_atom(a: Gc<JsString>) -> PropertyKey {
        PropertyKey(a.value().bits())
    }
    /// Symbol key.
    #[inline(always)]
    pub fn from_symbol(a: Gc<Symbol>) -> PropertyKey {
        PropertyKey(a.value().bits())
    }
    /// From the bits of [`PropertyKey::raw`].
    #[inline(always)]
    pub fn from_raw(v: Raw) -> PropertyKey {
        PropertyKey(v.bits())
    }
    /// Bits as a value: int32 (the index's bits), string or symbol.
    #[inline(always)]
    pub fn raw(self) -> Raw {
        Raw::from_bits(self.0)
    }
    /// The index, if it is one.
    #[inline(always)]
    pub fn as_index(self) -> Option<u32> {
        if self.raw().is_int32() { Some(self.raw().as_int32() as u32) } else { None }
    }
    /// Index key?
    #[inline(always)]
    pub fn is_index(self) -> bool {
        self.raw().is_int32()
    }
    /// Symbol key (private names included)?
    #[inline(always)]
    pub fn is_symbol(self) -> bool {
        crate::value::is_symbol(self.raw())
    }
    /// Private name?
    #[inline]
    pub fn is_private(self) -> bool {
        // SAFETY: symbol cells are live while a key refers to them.
        self.is_symbol() && unsafe { (*self.raw().as_cell()).aux } & 1 != 0
    }
    /// String or index key?
    #[inline(always)]
    pub fn is_string(self) -> bool {
        !self.is_symbol()
    }
    /// Surely no CanonicalNumericIndexString: a symbol, or a name that starts like an identifier (not "Infinity", "NaN").
    #[inline]
    pub fn is_never_numeric(self) -> bool {
        if self.is_index() {
            return false;
        }
        if self.is_symbol() {
            return true;
        }
        // SAFETY: atoms are flat and live.
        let v = unsafe { crate::string::view_raw(self.raw().as_cell() as *const JsString) };
        v.len() > 0 && matches!(v.at(0), 0x61..=0x7a | 0x5f | 0x24)
    }
    /// Hash for tables.
    #[inline(always)]
    pub fn hash(self) -> u32 {
        // Non-moving cells: the address will do; indices by value.
        ((self.0 >> 3).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as u32
    }
    /// The key as a language value: a string (indices are printed) or symbol.
    pub fn to_value<'s>(self, s: &mut Scope<'s>) -> Local<'s, Value> {
        match self.as_index() {
            Some(i) => crate::conversion::number_to_string(s, f64::from(i)).value(),
            None => s.local(self.raw()),
        }
    }
    /// For messages: `Symbol(x)` or the string.
    pub fn to_text(self) -> String {
        if let Some(i) = self.as_index() {
            return i.to_string();
        }
        // SAFETY: live string or symbol, atoms are flat.
        unsafe {
            if self.is_symbol() {
                let d = (*(self.raw().as_cell() as *const Symbol)).description;
                let text = if d.is_undefined() { String::new() } else { raw_text(d) };
                if self.is_private() { text } else { format!("Symbol({text})") }
            } else {
                raw_text(self.raw())
            }
        }
    }
}

unsafe fn raw_text(v: Raw) -> String {
    // SAFETY: a live string; ropes are printed as "…" (only descriptions can be ropes).
    unsafe {
        let p = v.as_cell() as *const JsString;
        if (*p).is_flat() { crate::string::view_raw(p).to_text() } else { String::from("…") }
    }
}

/// Interns Rust text as a property key (an index if it is one).
pub fn intern(vm: &mut Vm, text: &str) -> PropertyKey {
    if let Some(i) = crate::string::parse_index(StrView::Latin1(text.as_bytes())) {
        return PropertyKey::from_index(i);
    }
    if text.is_ascii() {
        PropertyKey::from_atom(crate::string::intern_view(vm, StrView::Latin1(text.as_bytes())))
    } else {
        let units: Vec<u16> = text.encode_utf16().collect();
        PropertyKey::from_atom(crate::string::intern_view(vm, StrView::Utf16(&units)))
    }
}

impl<'s> Scope<'s> {
    /// Property key for Rust text, kept alive by this scope.
    pub fn key(&mut self, text: &str) -> PropertyKey {
        let k = intern(self.vm(), text);
        self.local(k.raw());
        k
    }
    /// The well-known names.
    #[inline(always)]
    pub fn names(&self) -> &Names {
        &self.vm_ref().names
    }
}

macro_rules! names {
    ($($field:ident $text:literal,)* ; symbols: $($sym:ident $stext:literal,)*) => {
        /// Interned names that the engine itself uses, and the well-known symbols.
        #[derive(Clone, Copy)]
        pub struct Names {
            $(#[doc = concat!("`", $text, "`")] pub $field: PropertyKey,)*
            $(#[doc = $stext] pub $sym: PropertyKey,)*
            /// Private name under which objects keep their captured stack.
            pub private_stack: PropertyKey,
        }
        impl Names {
            /// Interns all of them; they stay alive as long as the VM.
            pub(crate) fn new(vm: &mut Vm) -> Names {
                Names {
                    $($field: intern(vm, $text),)*
                    $($sym: PropertyKey::from_symbol(crate::symbol::new_well_known(vm, $stext)),)*
                    private_stack: PropertyKey::from_symbol(crate::symbol::new_internal_private(vm, "stack")),
                }
            }
            /// Visits all keys.
            pub(crate) fn for_each(&self, mut f: impl FnMut(PropertyKey)) {
                $(f(self.$field);)*
                $(f(self.$sym);)*
                f(self.private_stack);
            }
            /// Well-known symbols with their property name on the Symbol constructor.
            pub fn well_known_symbols(&self) -> Vec<(&'static str, PropertyKey)> {
                vec![$(($stext, self.$sym),)*]
            }
        }
    };
}

names! {
    empty "", length "length", name "name", prototype "prototype", constructor "constructor", message "message",
    stack "stack", cause "cause", errors "errors", error "error", suppressed "suppressed", value "value", done "done", next "next",
    return_ "return", throw "throw", get "get", set "set", enumerable "enumerable", configurable "configurable",
    writable "writable", to_string "toString", value_of "valueOf", to_json "toJSON", index "index", input "input",
    groups "groups", indices "indices", last_index "lastIndex", exec "exec", flags "flags", source "source", global "global",
    ignore_case "ignoreCase", multiline "multiline", dot_all "dotAll", unicode "unicode", unicode_sets "unicodeSets",
    sticky "sticky", has_indices "hasIndices", callee "callee", caller "caller", arguments "arguments", default "default",
    then "then", resolve "resolve", reject "reject", promise "promise", status "status", reason "reason",
    raw "raw", proto "__proto__", global_this "globalThis", undefined "undefined", null "null", true_ "true", false_ "false",
    nan "NaN", infinity "Infinity", number "number", string "string", boolean "boolean", symbol "symbol", bigint "bigint",
    object "object", function "function", join "join", of "of", from "from", has "has", add "add", delete "delete", size "size",
    keys "keys", values "values", entries "entries", apply "apply", construct "construct", define_property "defineProperty",
    get_own_property_descriptor "getOwnPropertyDescriptor", delete_property "deleteProperty", own_keys "ownKeys",
    get_prototype_of "getPrototypeOf", set_prototype_of "setPrototypeOf", is_extensible "isExtensible",
    prevent_extensions "preventExtensions", proxy "proxy", revoke "revoke", anonymous "anonymous", eval "eval",
    stack_trace_limit "stackTraceLimit", prepare_stack_trace "prepareStackTrace", to_locale_string "toLocaleString",
    buffer "buffer", byte_length "byteLength", byte_offset "byteOffset", concat "concat", slice "slice", star_default "*default*",
    day "day", era "era", type_ "type", with_ "with", meta_url "url", code "code", zero "0",
    ; symbols:
    sym_iterator "iterator", sym_async_iterator "asyncIterator", sym_has_instance "hasInstance",
    sym_to_primitive "toPrimitive", sym_to_string_tag "toStringTag", sym_species "species",
    sym_is_concat_spreadable "isConcatSpreadable", sym_unscopables "unscopables", sym_match "match",
    sym_match_all "matchAll", sym_replace "replace", sym_search "search", sym_split "split",
    sym_dispose "dispose", sym_async_dispose "asyncDispose",
}

/// Key of a constant string that is interned already (an index if it looks like one).
pub(crate) fn intern_value(v: Raw) -> PropertyKey {
    // SAFETY: constants are atoms, which are flat.
    match crate::string::parse_index(unsafe { crate::string::view_raw(v.as_cell() as *const JsString) }) {
        Some(i) => PropertyKey::from_index(i),
        None => PropertyKey::from_raw(v),
    }
}
