//! String iterators, ECMA-262 §22.1.5.

use spey_core::cell::Kind;
use spey_core::function::{self, NativeSpec, PropertySpec};
use spey_core::iteration::tag;
use spey_core::object;
use spey_core::realm::{self, Intrinsic};
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::string;
use spey_gc::Value as Raw;

use super::{code_point, this_string};
use crate::support;

/// Internal slots after the tag.
const TEXT: usize = 1;
const NEXT: usize = 2;
const COUNT: usize = 3;

static PROPERTIES: &[PropertySpec] =
    &[PropertySpec::Method(NativeSpec::new("next", 0, next)), PropertySpec::Tag("String Iterator")];

pub(super) fn install(s: &mut Scope<'_>) {
    let proto = support::new_prototype(s, Intrinsic::IteratorPrototype);
    function::define_properties(s, proto, PROPERTIES);
    s.set_intrinsic(Intrinsic::StringIteratorPrototype, proto);
}
/// String.prototype \[ %Symbol.iterator% ] ( ), ECMA-262 §22.1.3.36
pub(super) fn create<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    _: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let text = this_string(s, this, "[Symbol.iterator]")?;
    let proto = s.intrinsic(Intrinsic::StringIteratorPrototype);
    let it = object::new_kind(s, Kind::Iterator, proto.value(), COUNT);
    it.set_slot(s, 0, Raw::int32(tag::STRING));
    it.set_slot(s, TEXT, text.raw());
    it.set_slot(s, NEXT, Raw::int32(0));
    Ok(it.value())
}
/// %StringIteratorPrototype%.next ( ), ECMA-262 §22.1.5.1.1
fn next<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let it = match this.as_object() {
        Some(o) if o.kind() == Kind::Iterator && o.slot(0) == Raw::int32(tag::STRING) => o,
        _ => return support::throw_incompatible(s, "String Iterator.prototype.next", this),
    };
    let at = it.slot(NEXT).as_int32() as usize;
    let text = it.slot_local(s, TEXT);
    let text = match text.as_string() {
        Some(text) if at < text.length() => text,
        _ => {
            it.set_slot(s, TEXT, Raw::UNDEFINED);
            let undefined = s.undefined();
            return Ok(realm::iterator_result(s, undefined, true).value());
        }
    };
    text.flatten(s);
    let (_, length) = code_point(text.view(&s.no_gc()), at);
    it.set_slot(s, NEXT, Raw::int32((at + length) as i32));
    let v = string::substring(s, text, at, at + length);
    Ok(realm::iterator_result(s, v.value(), false).value())
}
