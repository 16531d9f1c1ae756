//! Segmenter objects, ECMA-402 §18.

use icu::segmenter::{GraphemeClusterSegmenter, SentenceSegmenter, WordSegmenter};
use spey_builtins::support;
use spey_core::cell::{Kind, NativeData, Object};
use spey_core::function::{self, NativeSpec, PropertySpec};
use spey_core::realm::{self, Intrinsic};
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::shape::attr;
use spey_core::string::{self, JsString};
use spey_core::{conversion, native, object};
use spey_gc::Value as Raw;

use crate::class::{self, Class};
use crate::negotiation::{canonicalize_locale_list, resolve};
use crate::options::Options;
use crate::supported_locales_of;

/// Class tags in slot 0; embedders' are not negative.
mod tag {
    pub const SEGMENTER: i32 = -1;
    pub const SEGMENTS: i32 = -2;
    pub const ITERATOR: i32 = -3;
}
/// Internal slots of a Segmenter after the tag.
const LOCALE: usize = 1;
const GRANULARITY: usize = 2;
/// Internal slots of Segments and iterators after the tag.
const TEXT: usize = 1;
const BOUNDARIES: usize = 2;
const NEXT: usize = 3;

const GRANULARITIES: [&str; 3] = ["grapheme", "word", "sentence"];
const WORD: usize = 1;

/// Where the segments of a text end, and which of them are like words.
struct Boundaries {
    ends: Vec<(u32, bool)>,
    words: bool,
}
impl NativeData for Boundaries {
    fn as_any(&mut self) -> &mut dyn std::any::Any {
        self
    }
}
impl Boundaries {
    fn of(text: &[u16], granularity: usize) -> Boundaries {
        // The first boundary is the start of the text.
        let ends = match granularity {
            WORD => {
                let segmenter = WordSegmenter::new_dictionary(Default::default());
                let all = segmenter.segment_utf16(text).iter_with_word_type();
                all.skip(1).map(|(end, kind)| (end as u32, kind.is_word_like())).collect()
            }
            0 => {
                let segmenter = GraphemeClusterSegmenter::new();
                segmenter.segment_utf16(text).skip(1).map(|end| (end as u32, false)).collect()
            }
            _ => {
                let segmenter = SentenceSegmenter::new(Default::default());
                segmenter.segment_utf16(text).skip(1).map(|end| (end as u32, false)).collect()
            }
        };
        Boundaries { ends, words: granularity == WORD }
    }
    /// The segment that holds position `at`: start, end, and whether it is like a word (words only).
    fn find(&self, at: usize) -> Option<(usize, usize, Option<bool>)> {
        let i = self.ends.partition_point(|(end, _)| *end as usize <= at);
        let (end, like) = *self.ends.get(i)?;
        let start = if i == 0 { 0 } else { self.ends[i - 1].0 };
        Some((start as usize, end as usize, self.words.then_some(like)))
    }
}

static CLASS: Class =
    Class { name: "Segmenter", tag: tag::SEGMENTER, prototype: Intrinsic::SegmenterPrototype };
static CONSTRUCTOR: NativeSpec = NativeSpec::constructor("Segmenter", 0, construct);
static STATICS: &[PropertySpec] = &[supported_locales_of!("Intl.Segmenter")];
static PROPERTIES: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("segment", 1, segment)),
    PropertySpec::Method(NativeSpec::new("resolvedOptions", 0, resolved_options)),
    PropertySpec::Tag("Intl.Segmenter"),
];
static SEGMENTS_PROPERTIES: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("containing", 1, containing)),
    PropertySpec::SymbolMethod(
        |n| n.sym_iterator,
        NativeSpec::new("[Symbol.iterator]", 0, iterator),
        attr::HIDDEN,
    ),
];
static ITERATOR_PROPERTIES: &[PropertySpec] =
    &[PropertySpec::Method(NativeSpec::new("next", 0, next)), PropertySpec::Tag("Segmenter String Iterator")];

/// Installs Intl.Segmenter.
pub fn install(s: &mut Scope<'_>, intl: Local<'_, Object>) {
    class::define(s, intl, &CLASS, &CONSTRUCTOR, STATICS, PROPERTIES);
    let segments = support::new_prototype(s, Intrinsic::ObjectPrototype);
    function::define_properties(s, segments, SEGMENTS_PROPERTIES);
    s.set_intrinsic(Intrinsic::SegmentsPrototype, segments);
    let iterator = support::new_prototype(s, Intrinsic::IteratorPrototype);
    function::define_properties(s, iterator, ITERATOR_PROPERTIES);
    s.set_intrinsic(Intrinsic::SegmentIteratorPrototype, iterator);
}
/// The receiver, if it is of the class.
fn this_of_class<'s>(
    s: &mut Scope<'_>,
    this: Local<'s, Value>,
    class: i32,
    method: &str,
) -> JsResult<Local<'s, Object>> {
    match this.as_object() {
        Some(o) if o.kind() == Kind::HostObject && o.slot(0) == Raw::int32(class) => Ok(o),
        _ => support::throw_incompatible(s, method, this),
    }
}
/// Intl.Segmenter ( [ locales [ , options ] ] ), ECMA-402 §18.1.1
fn construct<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    if !args.is_construct() {
        return support::throw_requires_new(s, "Intl.Segmenter");
    }
    let o = class::create(s, &CLASS, args)?;
    let requested = canonicalize_locale_list(s, args.get(0))?;
    let options = Options::get(s, args.get(1), "Intl.Segmenter")?;
    options.read_locale_matcher(s)?;
    let resolved = resolve(&requested, &[]);
    let granularity = options.index(s, "granularity", &GRANULARITIES)?.unwrap_or(0);
    let locale = string::new_from_str(s, &resolved.locale);
    o.set_slot(s, LOCALE, locale.raw());
    o.set_slot(s, GRANULARITY, Raw::int32(granularity as i32));
    Ok(o.value())
}
/// Intl.Segmenter.prototype.resolvedOptions ( ), ECMA-402 §18.3.2
fn resolved_options<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    _: &Args<'s>,
) -> JsResult<Local<'s, Value>> {
    let segmenter = this_of_class(s, this, tag::SEGMENTER, "Intl.Segmenter.prototype.resolvedOptions")?;
    let o = object::new_object(s);
    let locale = segmenter.slot_local(s, LOCALE);
    let key = s.key("locale");
    object::define(s, o, key, locale, attr::ALL);
    let granularity = GRANULARITIES[segmenter.slot(GRANULARITY).as_int32() as usize];
    let granularity = string::new_from_str(s, granularity);
    let key = s.key("granularity");
    object::define(s, o, key, granularity.value(), attr::ALL);
    Ok(o.value())
}
/// Intl.Segmenter.prototype.segment ( string ), ECMA-402 §18.3.3
fn segment<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let segmenter = this_of_class(s, this, tag::SEGMENTER, "Intl.Segmenter.prototype.segment")?;
    let text = conversion::to_string(s, args.get(0))?;
    let granularity = segmenter.slot(GRANULARITY).as_int32() as usize;
    let boundaries = Boundaries::of(&text.to_units(s), granularity);
    let boundaries = native::new(s, Box::new(boundaries));
    let proto = s.intrinsic(Intrinsic::SegmentsPrototype);
    let o = object::new_kind(s, Kind::HostObject, proto.value(), 3);
    o.set_slot(s, 0, Raw::int32(tag::SEGMENTS));
    o.set_slot(s, TEXT, text.raw());
    o.set_slot(s, BOUNDARIES, boundaries.raw());
    Ok(o.value())
}
/// CreateSegmentDataObject ( segmenter, string, startIndex, endIndex ), ECMA-402 §18.7.1
fn data_object<'s>(
    s: &mut Scope<'s>,
    text: Local<'_, JsString>,
    (start, end, like): (usize, usize, Option<bool>),
) -> Local<'s, Value> {
    let o = object::new_object(s);
    let part = string::substring(s, text, start, end);
    let key = s.key("segment");
    object::define(s, o, key, part.value(), attr::ALL);
    let index = s.number(start as f64);
    let key = s.key("index");
    object::define(s, o, key, index, attr::ALL);
    let key = s.key("input");
    object::define(s, o, key, text.value(), attr::ALL);
    if let Some(like) = like {
        let like = s.bool(like);
        let key = s.key("isWordLike");
        object::define(s, o, key, like, attr::ALL);
    }
    o.value()
}
/// The data object of the segment that holds a position of the text, and where it ends.
fn segment_at<'s>(s: &mut Scope<'s>, o: Local<'_, Object>, at: usize) -> Option<(Local<'s, Value>, usize)> {
    let boundaries = o.slot(BOUNDARIES);
    let found = native::with_raw::<Boundaries, _>(s, boundaries, |b| b.find(at))??;
    let text = o.slot_local(s, TEXT).as_string()?;
    Some((data_object(s, text, found), found.1))
}
/// %IntlSegmentsPrototype%.containing ( index ), ECMA-402 §18.5.2.1
fn containing<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let segments = this_of_class(s, this, tag::SEGMENTS, "%SegmentsPrototype%.containing")?;
    let n = conversion::to_integer_or_infinity(s, args.get(0))?;
    if !(0.0..=u32::MAX as f64).contains(&n) {
        return Ok(s.undefined());
    }
    Ok(match segment_at(s, segments, n as usize) {
        Some((data, _)) => data,
        None => s.undefined(),
    })
}
/// %IntlSegmentsPrototype% \[ %Symbol.iterator% ] ( ), ECMA-402 §18.5.2.2
fn iterator<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let segments = this_of_class(s, this, tag::SEGMENTS, "%SegmentsPrototype%[Symbol.iterator]")?;
    let proto = s.intrinsic(Intrinsic::SegmentIteratorPrototype);
    let o = object::new_kind(s, Kind::HostObject, proto.value(), 4);
    o.set_slot(s, 0, Raw::int32(tag::ITERATOR));
    o.set_slot(s, TEXT, segments.slot(TEXT));
    o.set_slot(s, BOUNDARIES, segments.slot(BOUNDARIES));
    o.set_slot(s, NEXT, Raw::int32(0));
    Ok(o.value())
}
/// %IntlSegmentIteratorPrototype%.next ( ), ECMA-402 §18.6.2.1
fn next<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let it = this_of_class(s, this, tag::ITERATOR, "%SegmentIterator.prototype%.next")?;
    let at = it.slot(NEXT).as_int32() as usize;
    match segment_at(s, it, at) {
        Some((data, end)) => {
            it.set_slot(s, NEXT, Raw::int32(end as i32));
            Ok(realm::iterator_result(s, data, false).value())
        }
        None => {
            let undefined = s.undefined();
            Ok(realm::iterator_result(s, undefined, true).value())
        }
    }
}
