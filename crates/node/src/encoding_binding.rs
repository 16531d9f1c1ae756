//! `internalBinding('encoding_binding')`: UTF-8, and host names of the legacy URL parser.

use spey_engine::error::ErrorKind;
use spey_engine::typed_array::{self, ElementType};
use spey_engine::{JsResult, JsString, Local, NativeSpec, Object, Scope, Value, conversion};
use spey_host::{SharedArray, agent, bytes_of, define_functions, define_value, throw_node_error};

use crate::text;

#[derive(Default)]
struct State {
    results: Option<SharedArray<u32>>,
}

fn string_argument<'s>(s: &mut Scope<'s>, v: Local<'_, Value>) -> JsResult<Local<'s, JsString>> {
    let t = conversion::to_string(s, v)?;
    t.flatten(s);
    Ok(t)
}

static FUNCTIONS: &[NativeSpec] = &[
    NativeSpec::new("encodeUtf8String", 1, |s, _, args| {
        let t = string_argument(s, args.get(0))?;
        let length = text::utf8_length(t.view(&s.no_gc()));
        let array = typed_array::new(s, ElementType::Uint8, length)?;
        let token = s.no_gc();
        typed_array::with_view_bytes_mut(array, |out| text::write_utf8(t.view(&token), out));
        Ok(array.value())
    }),
    NativeSpec::new("encodeInto", 2, |s, _, args| {
        let t = string_argument(s, args.get(0))?;
        let token = s.no_gc();
        let view = t.view(&token);
        let (data, length) = bytes_of(args.get(1)).unwrap_or((std::ptr::NonNull::dangling().as_ptr(), 0));
        // SAFETY: the bytes of a view, which nothing else uses meanwhile.
        let out = unsafe { std::slice::from_raw_parts_mut(data, length) };
        let (written, read) = text::write_utf8(view, out);
        if let Some(r) = &agent(s).extension::<State>().results {
            r.set(0, read as u32);
            r.set(1, written as u32);
        }
        Ok(s.undefined())
    }),
    NativeSpec::new("decodeUTF8", 3, |s, _, args| {
        let ignore_bom = conversion::to_boolean(args.get(1).raw());
        let fatal = conversion::to_boolean(args.get(2).raw());
        let Some((data, length)) = bytes_of(args.get(0)) else {
            return spey_host::node_type_error(
                s,
                "ERR_INVALID_ARG_TYPE",
                "The \"list\" argument must be an instance of SharedArrayBuffer, ArrayBuffer or ArrayBufferView.",
            );
        };
        // SAFETY: the memory lies outside the heap, so that allocating the string does not move it; a collection cannot free
        // it, because the argument is rooted.
        let bytes = unsafe { std::slice::from_raw_parts(data, length) };
        if fatal && simdutf8::basic::from_utf8(bytes).is_err() {
            return throw_node_error(
                s,
                ErrorKind::TypeError,
                "ERR_ENCODING_INVALID_ENCODED_DATA",
                "The encoded data was not valid for encoding utf-8",
            );
        }
        let bytes = if ignore_bom { bytes } else { bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes) };
        Ok(text::decode_utf8(s, bytes).value())
    }),
    NativeSpec::new("toASCII", 1, |s, _, args| {
        let t = conversion::to_text(s, args.get(0))?;
        let ascii = crate::url::to_ascii(&t);
        Ok(s.string_value(&ascii))
    }),
    NativeSpec::new("toUnicode", 1, |s, _, args| {
        let t = conversion::to_text(s, args.get(0))?;
        let unicode = crate::url::to_unicode(&t);
        Ok(s.string_value(&unicode))
    }),
];

pub(crate) fn install(s: &mut Scope<'_>, target: Local<'_, Object>) {
    define_functions(s, target, FUNCTIONS);
    if let Ok(results) = SharedArray::<u32>::new(s, 2) {
        let v = results.object(s);
        define_value(s, target, "encodeIntoResults", v.value());
        agent(s).extension::<State>().results = Some(results);
    }
}
