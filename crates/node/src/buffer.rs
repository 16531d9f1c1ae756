//! Binding `buffer`: what Buffers do with bytes.

use memchr::memmem;
use spey_engine::error::ErrorKind;
use spey_engine::typed_array::{self, ElementType};
use spey_engine::{
    Args, Global, JsResult, JsString, Kind, Local, NativeSpec, Object, Scope, StrView, Value, array_buffer,
    object, string,
};
use spey_host as host;

use crate::text::{self, Encoding};

type Returned<'s> = JsResult<Local<'s, Value>>;

/// Longest Buffer in bytes.
const MAX_LENGTH: f64 = array_buffer::MAX_BYTE_LENGTH as f64;

pub(crate) fn install(s: &mut Scope<'_>, target: Local<'_, Object>) {
    host::define_functions(s, target, FUNCTIONS);
    host::constant_number(s, target, "kMaxLength", MAX_LENGTH);
    host::constant_number(s, target, "kStringMaxLength", string::MAX_LENGTH as f64);
}

static FUNCTIONS: &[NativeSpec] = &[
    NativeSpec::new("setBufferPrototype", 1, set_buffer_prototype),
    NativeSpec::new("createUnsafeArrayBuffer", 1, create_unsafe_array_buffer),
    NativeSpec::new("byteLengthUtf8", 1, byte_length_utf8),
    NativeSpec::new("asciiSlice", 3, |s, _, args| slice(s, args, Encoding::Ascii)),
    NativeSpec::new("base64Slice", 3, |s, _, args| slice(s, args, Encoding::Base64)),
    NativeSpec::new("base64urlSlice", 3, |s, _, args| slice(s, args, Encoding::Base64Url)),
    NativeSpec::new("latin1Slice", 3, |s, _, args| slice(s, args, Encoding::Latin1)),
    NativeSpec::new("hexSlice", 3, |s, _, args| slice(s, args, Encoding::Hex)),
    NativeSpec::new("ucs2Slice", 3, |s, _, args| slice(s, args, Encoding::Ucs2)),
    NativeSpec::new("utf8Slice", 3, |s, _, args| slice(s, args, Encoding::Utf8)),
    NativeSpec::new("base64Write", 4, |s, _, args| write(s, args, Encoding::Base64)),
    NativeSpec::new("base64urlWrite", 4, |s, _, args| write(s, args, Encoding::Base64Url)),
    NativeSpec::new("hexWrite", 4, |s, _, args| write(s, args, Encoding::Hex)),
    NativeSpec::new("ucs2Write", 4, |s, _, args| write(s, args, Encoding::Ucs2)),
    NativeSpec::new("asciiWriteStatic", 4, |s, _, args| write(s, args, Encoding::Latin1)),
    NativeSpec::new("latin1WriteStatic", 4, |s, _, args| write(s, args, Encoding::Latin1)),
    NativeSpec::new("utf8WriteStatic", 4, |s, _, args| write(s, args, Encoding::Utf8)),
    NativeSpec::new("utf8WriteWhole", 4, utf8_write_whole),
    NativeSpec::new("compare", 2, compare),
    NativeSpec::new("compareOffset", 6, compare_offset),
    NativeSpec::new("copy", 5, copy),
    NativeSpec::new("copyArrayBuffer", 5, copy_array_buffer),
    NativeSpec::new("totalLength", 1, total_length),
    NativeSpec::new("copyAll", 2, copy_all),
    NativeSpec::new("fill", 5, fill),
    NativeSpec::new("indexOfString", 6, index_of_string),
    NativeSpec::new("indexOfBuffer", 6, index_of_buffer),
    NativeSpec::new("indexOfNumber", 5, index_of_number),
    NativeSpec::new("swap16", 1, |s, _, args| swap::<2>(s, args)),
    NativeSpec::new("swap32", 1, |s, _, args| swap::<4>(s, args)),
    NativeSpec::new("swap64", 1, |s, _, args| swap::<8>(s, args)),
    NativeSpec::new("isUtf8", 1, |s, _, args| check(s, args, |b| simdutf8::basic::from_utf8(b).is_ok())),
    NativeSpec::new("isAscii", 1, |s, _, args| check(s, args, |b| b.is_ascii())),
    NativeSpec::new("isLatin1", 1, |s, _, args| check(s, args, |_| true)),
    NativeSpec::new("atob", 1, atob),
    NativeSpec::new("btoa", 1, btoa),
];

// ---------------------------------------------------------------- arguments

/// The bytes of an argument, as memory that is valid until JavaScript runs.
#[derive(Clone, Copy)]
struct Bytes {
    data: *mut u8,
    length: usize,
}
impl Bytes {
    fn of(s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<Bytes> {
        match host::bytes_of(v) {
            Some((data, length)) => Ok(Bytes { data, length }),
            None => host::node_type_error(s, "ERR_INVALID_ARG_TYPE", "argument must be a buffer"),
        }
    }
    /// To read.
    ///
    /// # Safety
    /// Neither JavaScript nor an allocation runs while the result is used, and nothing else writes to the memory.
    unsafe fn read<'a>(self) -> &'a [u8] {
        // SAFETY: in bounds of a live buffer.
        unsafe { std::slice::from_raw_parts(self.data, self.length) }
    }
    /// To write.
    ///
    /// # Safety
    /// As for [`Bytes::read`], and nothing else refers to the memory.
    unsafe fn write<'a>(self) -> &'a mut [u8] {
        // SAFETY: in bounds of a live buffer.
        unsafe { std::slice::from_raw_parts_mut(self.data, self.length) }
    }
}
/// An index argument: `default` for undefined; None if it is negative.
fn index(v: Local<'_, Value>, default: usize) -> Option<usize> {
    match v.as_number() {
        Some(n) if n < 0.0 => None,
        Some(n) => Some(n as usize),
        None => Some(default),
    }
}
fn out_of_range<T>(s: &mut Scope<'_>, message: &str) -> JsResult<T> {
    host::node_range_error(s, "ERR_OUT_OF_RANGE", message)
}
fn string_argument<'a>(s: &mut Scope<'_>, v: Local<'a, Value>) -> JsResult<Local<'a, JsString>> {
    match v.as_string() {
        Some(t) => {
            t.flatten(s);
            Ok(t)
        }
        None => host::node_type_error(s, "ERR_INVALID_ARG_TYPE", "argument must be a string"),
    }
}

// ---------------------------------------------------------------- memory

fn set_buffer_prototype<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    if let Some(prototype) = args.get(0).as_object() {
        let prototype = Global::new(s, prototype);
        host::agent(s).buffer_prototype = Some(prototype);
    }
    Ok(s.undefined())
}
/// The bytes are zero all the same: large blocks come so from the system.
fn create_unsafe_array_buffer<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    match args.get(0).as_number() {
        Some(n) if n >= 0.0 && n <= MAX_LENGTH => Ok(array_buffer::new(s, n as usize)?.value()),
        _ => s.throw_range_error("Array buffer allocation failed"),
    }
}
fn copy<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let (source, target) = (Bytes::of(s, args.get(0))?, Bytes::of(s, args.get(1))?);
    copy_range(s, source, index(args.get(3), 0), target, index(args.get(2), 0), index(args.get(4), 0))
}
fn copy_array_buffer<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let (target, source) = (Bytes::of(s, args.get(0))?, Bytes::of(s, args.get(2))?);
    copy_range(s, source, index(args.get(3), 0), target, index(args.get(1), 0), index(args.get(4), 0))
}
/// The elements of a list as bytes, to `f`, until it has enough; the position of the first that is no Uint8Array, if there is
/// one.
fn each_part(
    s: &mut Scope<'_>,
    list: Local<'_, Value>,
    mut f: impl FnMut(Bytes) -> bool,
) -> JsResult<Option<usize>> {
    let Some(list) = list.as_object() else { return Ok(None) };
    let count = object::length_of_array_like(s, list)?;
    for i in 0..count {
        let goes_on = s.nested(|s| {
            let key = object::index_key(s, i);
            let part = object::get(s, list, key)?;
            if !typed_array::is_typed_array_of(part.raw(), ElementType::Uint8) {
                return Ok(None);
            }
            Ok(Some(f(Bytes::of(s, part)?)))
        })?;
        match goes_on {
            Some(true) => {}
            Some(false) => break,
            None => return Ok(Some(i as usize)),
        }
    }
    Ok(None)
}
/// totalLength(list): bytes of all Uint8Arrays of a list; -1 - i if element i is something else.
fn total_length<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let mut total = 0;
    let stranger = each_part(s, args.get(0), |part| {
        total += part.length;
        true
    })?;
    Ok(match stranger {
        Some(i) => s.number(-1.0 - i as f64),
        None => s.size(total),
    })
}
/// copyAll(target, list): copies as much of the list as fits. Bytes copied; -1 - i if element i is no Uint8Array.
fn copy_all<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let target = args.get(0);
    let mut at = 0;
    let stranger = each_part(s, args.get(1), |part| {
        // Anew for each part: accessors of the list may have changed it.
        let Some((data, length)) = host::bytes_of(target) else { return false };
        let count = part.length.min(length.saturating_sub(at));
        // SAFETY: both ranges are in bounds of live buffers; they may overlap.
        unsafe { std::ptr::copy(part.data, data.add(at.min(length)), count) }
        at += count;
        count == part.length
    })?;
    Ok(match stranger {
        Some(i) => s.number(-1.0 - i as f64),
        None => s.size(at),
    })
}
fn copy_range<'s>(
    s: &mut Scope<'s>,
    source: Bytes,
    from: Option<usize>,
    target: Bytes,
    to: Option<usize>,
    count: Option<usize>,
) -> Returned<'s> {
    let (Some(from), Some(to), Some(count)) = (from, to, count) else {
        return out_of_range(s, "Index out of range");
    };
    let count = count.min(source.length.saturating_sub(from)).min(target.length.saturating_sub(to));
    if count > 0 {
        // SAFETY: both ranges are in bounds of live buffers; they may overlap.
        unsafe { std::ptr::copy(source.data.add(from), target.data.add(to), count) }
    }
    Ok(s.size(count))
}
fn swap<'s, const WIDTH: usize>(s: &mut Scope<'s>, args: &Args<'s>) -> Returned<'s> {
    let bytes = Bytes::of(s, args.get(0))?;
    // SAFETY: nothing else refers to the memory here.
    for chunk in unsafe { bytes.write() }.chunks_exact_mut(WIDTH) {
        chunk.reverse();
    }
    Ok(args.get(0))
}
fn ordering<'s>(s: &mut Scope<'s>, a: &[u8], b: &[u8]) -> Returned<'s> {
    let order = a.cmp(b) as i32;
    Ok(s.int(order))
}
fn compare<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let (a, b) = (Bytes::of(s, args.get(0))?, Bytes::of(s, args.get(1))?);
    // SAFETY: only read, and nothing runs meanwhile.
    unsafe { ordering(s, a.read(), b.read()) }
}
fn compare_offset<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let (source, target) = (Bytes::of(s, args.get(0))?, Bytes::of(s, args.get(1))?);
    let part = |bytes: Bytes, start: usize, end: usize| -> Option<&[u8]> {
        // SAFETY: only read, and nothing runs meanwhile.
        let bytes = unsafe { bytes.read() };
        let end = end.min(bytes.len());
        if start > bytes.len() { None } else { Some(&bytes[start.min(end)..end]) }
    };
    let source_start = index(args.get(3), 0).unwrap_or(usize::MAX);
    let target_start = index(args.get(2), 0).unwrap_or(usize::MAX);
    let Some(a) = part(source, source_start, index(args.get(5), source.length).unwrap_or(0)) else {
        return out_of_range(s, "The value of \"sourceStart\" is out of range.");
    };
    let Some(b) = part(target, target_start, index(args.get(4), target.length).unwrap_or(0)) else {
        return out_of_range(s, "The value of \"targetStart\" is out of range.");
    };
    ordering(s, a, b)
}
/// fill(view, string | view | number, start, end, encoding): undefined, -1 for an empty pattern, -2 out of range.
fn fill<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let value = args.get(1);
    let encoding = Encoding::from_value(s, args.get(4), Encoding::Utf8);
    let pattern = match text::value_bytes(s, value, encoding) {
        Some(pattern) => pattern,
        None => vec![spey_engine::conversion::to_uint32(s, value)? as u8],
    };
    let bytes = Bytes::of(s, args.get(0))?;
    let (Some(start), Some(end)) = (index(args.get(2), 0), index(args.get(3), bytes.length)) else {
        return out_of_range(s, "Index out of range");
    };
    if end > bytes.length {
        return Ok(s.int(-2));
    }
    if start >= end {
        return Ok(s.undefined());
    }
    // SAFETY: nothing else refers to the memory: the pattern is a copy.
    let out = &mut unsafe { bytes.write() }[start..end];
    match *pattern {
        [] => return Ok(s.int(-1)),
        [byte] => out.fill(byte),
        _ => {
            let mut done = pattern.len().min(out.len());
            out[..done].copy_from_slice(&pattern[..done]);
            // What is filled doubles with each step; its length stays a multiple of the pattern's until the last.
            while done < out.len() {
                let n = done.min(out.len() - done);
                out.copy_within(..n, done);
                done += n;
            }
        }
    }
    Ok(s.undefined())
}

// ---------------------------------------------------------------- text

fn byte_length_utf8<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let string = string_argument(s, args.get(0))?;
    let n = text::utf8_length(string.view(&s.no_gc()));
    Ok(s.size(n))
}
fn slice<'s>(s: &mut Scope<'s>, args: &Args<'s>, encoding: Encoding) -> Returned<'s> {
    let bytes = Bytes::of(s, args.get(0))?;
    if bytes.length == 0 {
        return Ok(s.string_value(""));
    }
    let (Some(start), Some(end)) = (index(args.get(1), 0), index(args.get(2), bytes.length)) else {
        return out_of_range(s, "Index out of range");
    };
    let end = end.max(start);
    if end > bytes.length {
        return out_of_range(s, "Index out of range");
    }
    // SAFETY: the memory lies outside the heap, so that allocating the string does not move it; a collection cannot free
    // it, because the argument is rooted.
    let part = &unsafe { bytes.read() }[start..end];
    Ok(text::new_string(s, part, encoding)?.value())
}
fn write<'s>(s: &mut Scope<'s>, args: &Args<'s>, encoding: Encoding) -> Returned<'s> {
    let bytes = Bytes::of(s, args.get(0))?;
    let string = string_argument(s, args.get(1))?;
    let offset = index(args.get(2), 0).filter(|offset| *offset <= bytes.length);
    let Some(offset) = offset else {
        return host::node_range_error(
            s,
            "ERR_BUFFER_OUT_OF_BOUNDS",
            "\"offset\" is outside of buffer bounds",
        );
    };
    let room = bytes.length - offset;
    let Some(length) = index(args.get(3), room) else {
        return host::node_range_error(
            s,
            "ERR_BUFFER_OUT_OF_BOUNDS",
            "\"length\" is outside of buffer bounds",
        );
    };
    // SAFETY: nothing else refers to the memory: strings lie in the heap.
    let out = &mut unsafe { bytes.write() }[offset..offset + length.min(room)];
    let n = text::write(string.view(&s.no_gc()), encoding, out);
    Ok(s.size(n))
}
/// utf8WriteWhole(arrayBuffer, offset, string, limit): bytes written, or -1 if there is no room for all of it.
fn utf8_write_whole<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let bytes = Bytes::of(s, args.get(0))?;
    let string = string_argument(s, args.get(2))?;
    let offset = index(args.get(1), 0).map_or(bytes.length, |offset| offset.min(bytes.length));
    let room = index(args.get(3), 0).unwrap_or(0).min(bytes.length - offset);
    // SAFETY: nothing else refers to the memory: strings lie in the heap.
    let out = &mut unsafe { bytes.write() }[offset..offset + room];
    let (written, read) = text::write_utf8(string.view(&s.no_gc()), out);
    Ok(if read == string.length() { s.size(written) } else { s.int(-1) })
}
fn atob<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let string = string_argument(s, args.get(0))?;
    let decoded = text::forgiving_base64(string.view(&s.no_gc()));
    match decoded {
        Ok(bytes) => Ok(string::new_latin1(s, &bytes).value()),
        Err(e) => Ok(s.int(e as i32)),
    }
}
fn btoa<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let string = string_argument(s, args.get(0))?;
    let bytes: Option<Vec<u8>> = match string.view(&s.no_gc()) {
        StrView::Latin1(b) => Some(b.to_vec()),
        StrView::Utf16(u) => u.iter().map(|u| u8::try_from(*u).ok()).collect(),
    };
    match bytes {
        Some(bytes) => Ok(text::new_string(s, &bytes, Encoding::Base64)?.value()),
        None => Ok(s.int(-1)),
    }
}
fn check<'s>(s: &mut Scope<'s>, args: &Args<'s>, test: fn(&[u8]) -> bool) -> Returned<'s> {
    let v = args.get(0);
    let bytes = Bytes::of(s, v)?;
    let detached = v.as_object().is_some_and(|o| match o.kind() {
        Kind::TypedArray | Kind::DataView => typed_array::is_detached(o),
        _ => array_buffer::is_detached(o),
    });
    if detached {
        let message = "Invalid state: Cannot validate on a detached buffer";
        return host::throw_node_error(s, ErrorKind::Error, "ERR_INVALID_STATE", message);
    }
    // SAFETY: only read, and nothing runs meanwhile.
    let result = test(unsafe { bytes.read() });
    Ok(s.bool(result))
}

// ---------------------------------------------------------------- search

/// Where a search of `needle` bytes in `length` bytes starts; None if there is nothing to find.
fn search_start(length: usize, offset: f64, needle: usize, forwards: bool) -> Option<usize> {
    if offset < 0.0 {
        let from_end = offset + length as f64;
        return if from_end >= 0.0 {
            Some(from_end as usize)
        } else if forwards || needle == 0 {
            Some(0)
        } else {
            None
        };
    }
    if offset + needle as f64 <= length as f64 {
        Some(offset as usize)
    } else if needle == 0 {
        Some(length)
    } else if forwards {
        None
    } else {
        length.checked_sub(1)
    }
}
/// Position of `needle`, whole units of `unit` bytes apart.
fn find(haystack: &[u8], needle: &[u8], offset: f64, forwards: bool, unit: usize) -> Option<usize> {
    let start = search_start(haystack.len(), offset, needle.len(), forwards)?;
    if needle.is_empty() {
        return Some(start);
    }
    if needle.len() > haystack.len() || (forwards && start + needle.len() > haystack.len()) {
        return None;
    }
    if unit == 2 && (haystack.len() < 2 || needle.len() < 2) {
        return None;
    }
    let aligned = |i: &usize| i.is_multiple_of(unit);
    if forwards {
        let start = start - start % unit;
        if unit == 1 {
            return memmem::find(&haystack[start..], needle).map(|i| i + start);
        }
        // Occurrences may overlap across unit boundaries, so that the next one is looked for byte by byte.
        let mut from = start;
        while let Some(i) = memmem::find(&haystack[from..], needle) {
            if aligned(&(from + i)) {
                return Some(from + i);
            }
            from += i + 1;
        }
        return None;
    }
    let mut end = (start - start % unit).saturating_add(needle.len()).min(haystack.len());
    loop {
        match memmem::rfind(&haystack[..end], needle) {
            Some(i) if aligned(&i) => return Some(i),
            Some(i) => end = i + needle.len() - 1,
            None => return None,
        }
    }
}
/// The bytes that are searched: those before `end`.
fn haystack(s: &mut Scope<'_>, view: Local<'_, Value>, end: Local<'_, Value>) -> JsResult<Bytes> {
    let bytes = Bytes::of(s, view)?;
    let length = match end.as_number() {
        Some(n) if n < 0.0 => (bytes.length as f64 + n).max(0.0) as usize,
        Some(n) => (n as usize).min(bytes.length),
        None => bytes.length,
    };
    Ok(Bytes { length, ..bytes })
}
fn found<'s>(s: &mut Scope<'s>, i: Option<usize>) -> Returned<'s> {
    Ok(match i {
        Some(i) => s.size(i),
        None => s.int(-1),
    })
}
fn unit_of(v: Local<'_, Value>) -> usize {
    if v.as_number() == Some(Encoding::Ucs2 as i32 as f64) { 2 } else { 1 }
}
fn index_of_string<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let string = string_argument(s, args.get(1))?;
    let encoding = Encoding::from_value(s, args.get(3), Encoding::Utf8);
    let bytes = haystack(s, args.get(0), args.get(5))?;
    let (offset, forwards) = (args.get(2).as_number().unwrap_or(0.0), args.get(4).raw().is_true());
    let token = s.no_gc();
    let needle = text::bytes_of_text(string.view(&token), encoding);
    // SAFETY: only read, and nothing runs meanwhile.
    let i = find(unsafe { bytes.read() }, &needle, offset, forwards, unit_of(args.get(3)));
    found(s, i)
}
fn index_of_buffer<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let needle = Bytes::of(s, args.get(1))?;
    let bytes = haystack(s, args.get(0), args.get(5))?;
    let (offset, forwards) = (args.get(2).as_number().unwrap_or(0.0), args.get(4).raw().is_true());
    // SAFETY: only read, and nothing runs meanwhile.
    let i = unsafe { find(bytes.read(), needle.read(), offset, forwards, unit_of(args.get(3))) };
    found(s, i)
}
fn index_of_number<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let byte = args.get(1).as_number().unwrap_or(0.0) as u32 as u8;
    let bytes = haystack(s, args.get(0), args.get(4))?;
    let (offset, forwards) = (args.get(2).as_number().unwrap_or(0.0), args.get(3).raw().is_true());
    let i = search_start(bytes.length, offset, 1, forwards).and_then(|start| {
        // SAFETY: only read, and nothing runs meanwhile.
        let bytes = unsafe { bytes.read() };
        if forwards {
            memchr::memchr(byte, bytes.get(start..)?).map(|i| i + start)
        } else {
            memchr::memrchr(byte, &bytes[..(start + 1).min(bytes.len())])
        }
    });
    found(s, i)
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn searches() {
        let text = b"abcabcab";
        assert_eq!(find(text, b"bc", 0.0, true, 1), Some(1));
        assert_eq!(find(text, b"bc", 2.0, true, 1), Some(4));
        assert_eq!(find(text, b"bc", -4.0, true, 1), Some(4));
        assert_eq!(find(text, b"bc", 7.0, false, 1), Some(4));
        assert_eq!(find(text, b"bc", 3.0, false, 1), Some(1));
        assert_eq!(find(text, b"bc", 8.0, true, 1), None);
        assert_eq!(find(text, b"", 3.0, true, 1), Some(3));
        assert_eq!(find(text, b"", 99.0, true, 1), Some(8));
        assert_eq!(find(b"\0a\0a\0", b"a\0", 0.0, true, 2), None);
        assert_eq!(find(b"\0aa\0a\0", b"a\0", 0.0, true, 2), Some(2));
        assert_eq!(find(b"\0aa\0a\0", b"a\0", 6.0, false, 2), Some(4));
    }
}
