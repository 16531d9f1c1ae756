//! Binding `icu`: decoders of the encodings of the web, transcoding of Buffers.

use std::any::Any;

use encoding_rs::{CoderResult, Decoder, DecoderResult, Encoding};
use spey_engine::{
    Args, Intrinsic, JsResult, Kind, Local, NativeData, NativeSpec, Object, Raw, Scope, Value, object, string,
};
use spey_host as host;

type Returned<'s> = JsResult<Local<'s, Value>>;

/// Class tag of converters.
const TAG: i32 = 207;
/// Flags of `getConverter` and `decode`.
mod flag {
    pub(super) const FLUSH: u32 = 1;
    pub(super) const FATAL: u32 = 2;
    pub(super) const IGNORE_BOM: u32 = 4;
}

struct Converter {
    encoding: &'static Encoding,
    flags: u32,
    decoder: Decoder,
}
impl NativeData for Converter {
    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}

static FUNCTIONS: &[NativeSpec] = &[
    NativeSpec::new("getConverter", 2, get_converter),
    NativeSpec::new("decode", 4, decode),
    NativeSpec::new("hasConverter", 1, has_converter),
    NativeSpec::new("transcode", 5, transcode),
    NativeSpec::new("icuErrName", 1, error_name),
];

pub(crate) fn install(s: &mut Scope<'_>, target: Local<'_, Object>) {
    host::define_functions(s, target, FUNCTIONS);
}

fn encoding_argument(s: &mut Scope<'_>, v: Local<'_, Value>) -> Option<&'static Encoding> {
    let name = v.as_string()?.to_text(s);
    Encoding::for_label(name.as_bytes())
}
fn new_decoder(encoding: &'static Encoding, flags: u32) -> Decoder {
    if flags & flag::IGNORE_BOM != 0 {
        encoding.new_decoder_without_bom_handling()
    } else {
        encoding.new_decoder_with_bom_removal()
    }
}
fn has_converter<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let found = encoding_argument(s, args.get(0)).is_some();
    Ok(s.bool(found))
}
/// getConverter(encodingName, flags) -> converter | undefined
fn get_converter<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let Some(encoding) = encoding_argument(s, args.get(0)) else { return Ok(s.undefined()) };
    let flags = args.get(1).as_number().map_or(0, |n| n as u32);
    let prototype = s.intrinsic(Intrinsic::ObjectPrototype);
    let o = object::new_kind(s, Kind::HostObject, prototype.value(), 2);
    o.set_slot(s, 0, Raw::int32(TAG));
    let converter = Converter { encoding, flags, decoder: new_decoder(encoding, flags) };
    host::set_slot_native(s, o, 1, Box::new(converter));
    Ok(o.value())
}
/// The code units of the next bytes; None if they are not valid.
fn decode_units(converter: &mut Converter, mut bytes: &[u8], last: bool) -> Option<Vec<u16>> {
    let decoder = &mut converter.decoder;
    let mut units = vec![0; decoder.max_utf16_buffer_length(bytes.len())?];
    let mut length = 0;
    if converter.flags & flag::FATAL != 0 {
        let (result, _, written) = decoder.decode_to_utf16_without_replacement(bytes, &mut units, last);
        if let DecoderResult::Malformed(..) = result {
            return None;
        }
        length = written;
    } else {
        loop {
            let (result, read, written, _) = decoder.decode_to_utf16(bytes, &mut units[length..], last);
            length += written;
            bytes = &bytes[read..];
            match result {
                CoderResult::InputEmpty => break,
                CoderResult::OutputFull => units.resize(units.len() * 2 + 16, 0),
            }
        }
    }
    units.truncate(length);
    Some(units)
}
/// decode(converter, bytes, flags, name) -> string
fn decode<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let last = args.get(2).as_number().map_or(0, |n| n as u32) & flag::FLUSH != 0;
    let Some(bytes) = host::copy_bytes_of(args.get(1)) else {
        return host::node_type_error(s, "ERR_INVALID_ARG_TYPE", "argument must be a buffer");
    };
    let units = host::with_data_mut::<Converter, _>(s, args.get(0), |c| {
        let units = decode_units(c, &bytes, last);
        if last || units.is_none() {
            c.decoder = new_decoder(c.encoding, c.flags);
        }
        units
    })?;
    match units {
        Some(units) => {
            string::check_length(s, units.len())?;
            Ok(string::new_utf16(s, &units).value())
        }
        None => {
            let name = args.get(3).as_string().map(|t| t.to_text(s)).unwrap_or_default();
            let message = format!("The encoded data was not valid for encoding {name}");
            host::node_type_error(s, "ERR_ENCODING_INVALID_ENCODED_DATA", &message)
        }
    }
}

/// U_ILLEGAL_ARGUMENT_ERROR
const ILLEGAL_ARGUMENT: i32 = 1;

/// transcode(source, from, to, fromEncoding, toEncoding) -> Buffer | error number
fn transcode<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    use crate::text::{self, Encoding as Bytes};
    let Some(source) = host::copy_bytes_of(args.get(0)) else {
        return host::node_type_error(s, "ERR_INVALID_ARG_TYPE", "argument must be a buffer");
    };
    let [from, to] = [3, 4].map(|i| {
        let encoding = Bytes::from_value(s, args.get(i), Bytes::Buffer);
        matches!(encoding, Bytes::Ascii | Bytes::Latin1 | Bytes::Utf8 | Bytes::Ucs2).then_some(encoding)
    });
    let (Some(from), Some(to)) = (from, to) else { return Ok(s.int(ILLEGAL_ARGUMENT)) };
    let string = text::new_string(s, &source, from)?;
    let limit = match to {
        Bytes::Ascii => 0x7f,
        Bytes::Latin1 => 0xff,
        _ => {
            let bytes = text::string_bytes(s, string, to);
            return Ok(host::buffer_from_vec(s, bytes).value());
        }
    };
    // One substitute for each character that is not there.
    let bytes = string.to_text(s).chars().map(|c| if (c as u32) <= limit { c as u8 } else { b'?' }).collect();
    Ok(host::buffer_from_vec(s, bytes).value())
}
/// icuErrName(number) -> name
fn error_name<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let name = match args.get(0).as_number().map(|n| n as i32) {
        Some(0) => "U_ZERO_ERROR",
        Some(ILLEGAL_ARGUMENT) => "U_ILLEGAL_ARGUMENT_ERROR",
        _ => "U_INTERNAL_PROGRAM_ERROR",
    };
    Ok(s.string_value(name))
}
