//! Binding `zlib`: streams of zlib, Brotli and Zstandard.

mod engine;

use std::any::Any;
use std::sync::{Arc, Mutex};

use spey_engine::error::ErrorKind;
use spey_engine::{
    Args, Global, JsResult, Local, NativeData, NativeSpec, Object, PropertySpec, Scope, Value, typed_array,
};
use spey_host as host;
use spey_loop::WorkKind;

use crate::request::Callback;
use crate::text::{self, Encoding};
use engine::{
    BrotliDecoder, BrotliEncoder, Engine, EngineError, Mode, Progress, Zlib, ZlibOptions, ZstdDecoder,
    ZstdEncoder,
};

type Returned<'s> = JsResult<Local<'s, Value>>;
type SharedEngine = Arc<Mutex<Box<dyn Engine>>>;

/// Class tag of the handles.
const TAG: i32 = 203;
/// Internal slots of the handles, after the tag and the native data.
mod slot {
    /// Uint32Array [availOut, availIn].
    pub(super) const WRITE_STATE: usize = 2;
    /// Called when a write on the pool is through.
    pub(super) const CALLBACK: usize = 3;
}
/// So much input at least is copied for the pool at a time.
const PIECE_BYTES: usize = 64 * 1024;

/// State of a handle.
struct Handle {
    mode: i32,
    /// None before `init` and after `close`. While a write runs on the pool, its thread holds the lock.
    engine: Option<SharedEngine>,
    writing: bool,
}
impl NativeData for Handle {
    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}

macro_rules! methods {
    ($init:expr, $arity:expr) => {
        &[
            PropertySpec::Method(NativeSpec::new("init", $arity, $init)),
            PropertySpec::Method(NativeSpec::new("write", 7, write)),
            PropertySpec::Method(NativeSpec::new("writeSync", 7, write_sync)),
            PropertySpec::Method(NativeSpec::new("params", 2, params)),
            PropertySpec::Method(NativeSpec::new("reset", 0, reset)),
            PropertySpec::Method(NativeSpec::new("close", 0, close)),
        ]
    };
}

pub(crate) fn install(s: &mut Scope<'_>, target: Local<'_, Object>) {
    static ZLIB: NativeSpec = NativeSpec::constructor("Zlib", 1, construct);
    static BROTLI_ENCODER: NativeSpec = NativeSpec::constructor("BrotliEncoder", 1, construct);
    static BROTLI_DECODER: NativeSpec = NativeSpec::constructor("BrotliDecoder", 1, construct);
    static ZSTD_COMPRESS: NativeSpec = NativeSpec::constructor("ZstdCompress", 0, construct);
    static ZSTD_DECOMPRESS: NativeSpec = NativeSpec::constructor("ZstdDecompress", 0, construct);
    static ZLIB_METHODS: &[PropertySpec] = methods!(init_zlib, 8);
    static BROTLI_ENCODER_METHODS: &[PropertySpec] = methods!(init_brotli_encoder, 4);
    static BROTLI_DECODER_METHODS: &[PropertySpec] = methods!(init_brotli_decoder, 4);
    static ZSTD_COMPRESS_METHODS: &[PropertySpec] = methods!(init_zstd_compress, 6);
    static ZSTD_DECOMPRESS_METHODS: &[PropertySpec] = methods!(init_zstd_decompress, 6);
    static CRC32: NativeSpec = NativeSpec::new("crc32", 2, crc32);
    for (spec, methods) in [
        (&ZLIB, ZLIB_METHODS),
        (&BROTLI_ENCODER, BROTLI_ENCODER_METHODS),
        (&BROTLI_DECODER, BROTLI_DECODER_METHODS),
        (&ZSTD_COMPRESS, ZSTD_COMPRESS_METHODS),
        (&ZSTD_DECOMPRESS, ZSTD_DECOMPRESS_METHODS),
    ] {
        s.nested(|s| {
            host::define_class(s, target, spec, methods);
        });
    }
    host::define_function(s, target, &CRC32);
}

fn construct<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let handle = Handle { mode: int(args.get(0)), engine: None, writing: false };
    Ok(host::new_host_object(s, args, TAG, Box::new(handle), 2)?.value())
}
fn int(v: Local<'_, Value>) -> i32 {
    v.as_number().map_or(0, |n| n as i32)
}
fn size(v: Local<'_, Value>) -> usize {
    v.as_number().map_or(0, |n| n.max(0.0) as usize)
}
fn bytes_or_empty(v: Local<'_, Value>) -> Vec<u8> {
    host::copy_bytes_of(v).unwrap_or_default()
}

// ---------------------------------------------------------------- init

fn set_engine(
    s: &mut Scope<'_>,
    this: Local<'_, Value>,
    engine: Box<dyn Engine>,
    write_state: Local<'_, Value>,
    callback: Local<'_, Value>,
) -> JsResult<()> {
    host::with_data_mut::<Handle, _>(s, this, |h| h.engine = Some(Arc::new(Mutex::new(engine))))?;
    if let Some(o) = this.as_object() {
        o.set_slot(s, slot::WRITE_STATE, write_state.raw());
        o.set_slot(s, slot::CALLBACK, callback.raw());
    }
    Ok(())
}
fn init_zlib<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let mode = host::with_data::<Handle, _>(s, this, |h| h.mode)?;
    let Some(mode) = Mode::from_number(mode) else { return s.throw_range_error("Bad argument") };
    let options = ZlibOptions {
        mode,
        window_bits: int(args.get(0)),
        level: int(args.get(1)),
        mem_level: int(args.get(2)),
        strategy: int(args.get(3)),
        dictionary: bytes_or_empty(args.get(6)),
        reject_garbage: args.get(7).raw().is_true(),
    };
    set_engine(s, this, Box::new(Zlib::new(options)), args.get(4), args.get(5))?;
    Ok(s.undefined())
}
/// (number, value) of the parameters that are given.
fn parameters(v: Local<'_, Value>) -> Vec<(u32, u32)> {
    let bytes = bytes_or_empty(v);
    let values = bytes.chunks_exact(4).map(|b| u32::from_ne_bytes([b[0], b[1], b[2], b[3]]));
    (0..).zip(values).filter(|(_, value)| *value != u32::MAX).collect()
}
fn init_brotli<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
    engine: Option<Box<dyn Engine>>,
) -> Returned<'s> {
    let Some(engine) = engine else { return Ok(s.bool(false)) };
    set_engine(s, this, engine, args.get(1), args.get(2))?;
    Ok(s.bool(true))
}
fn init_brotli_encoder<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let engine = BrotliEncoder::new(parameters(args.get(0)), bytes_or_empty(args.get(3)));
    init_brotli(s, this, args, engine.map(|e| Box::new(e) as Box<dyn Engine>))
}
fn init_brotli_decoder<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let engine = BrotliDecoder::new(&parameters(args.get(0)), bytes_or_empty(args.get(3)));
    init_brotli(s, this, args, engine.map(|e| Box::new(e) as Box<dyn Engine>))
}
fn init_zstd<'s>(
    s: &mut Scope<'s>,
    this: Local<'s, Value>,
    args: &Args<'s>,
    engine: Option<Box<dyn Engine>>,
) -> Returned<'s> {
    let Some(engine) = engine else {
        let code = "ERR_ZLIB_INITIALIZATION_FAILED";
        return host::throw_node_error(s, ErrorKind::Error, code, "Setting parameter failed");
    };
    set_engine(s, this, engine, args.get(2), args.get(3))?;
    Ok(s.undefined())
}
fn init_zstd_compress<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let pledged = args.get(1).as_number().filter(|n| *n >= 0.0).map(|n| n as u64);
    let engine = ZstdEncoder::new(&parameters(args.get(0)), pledged, &bytes_or_empty(args.get(4)));
    init_zstd(s, this, args, engine.map(|e| Box::new(e) as Box<dyn Engine>))
}
fn init_zstd_decompress<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let reject = args.get(5).raw().is_true();
    let engine = ZstdDecoder::new(&parameters(args.get(0)), &bytes_or_empty(args.get(4)), reject);
    init_zstd(s, this, args, engine.map(|e| Box::new(e) as Box<dyn Engine>))
}

// ---------------------------------------------------------------- writes

/// Arguments of a write.
struct Write {
    flush: i32,
    input_offset: usize,
    input_length: usize,
    output_offset: usize,
    output_length: usize,
}
impl Write {
    /// RangeError if a range is not within its view.
    fn parse(s: &mut Scope<'_>, args: &Args<'_>) -> JsResult<Write> {
        let length_of = |v: Local<'_, Value>| host::bytes_of(v).map_or(0, |(_, n)| n);
        let w = Write {
            flush: int(args.get(0)),
            input_offset: size(args.get(2)),
            input_length: size(args.get(3)),
            output_offset: size(args.get(5)),
            output_length: size(args.get(6)),
        };
        let fits = |view, offset: usize, length| {
            offset.checked_add(length).is_some_and(|end| end <= length_of(view))
        };
        if fits(args.get(1), w.input_offset, w.input_length)
            && fits(args.get(4), w.output_offset, w.output_length)
        {
            Ok(w)
        } else {
            host::node_range_error(s, "ERR_OUT_OF_RANGE", "Index out of range")
        }
    }
}
/// The engine, unless the handle is closed or a write is running.
fn idle_engine(s: &mut Scope<'_>, this: Local<'_, Value>) -> JsResult<SharedEngine> {
    let (engine, writing) = host::with_data::<Handle, _>(s, this, |h| (h.engine.clone(), h.writing))?;
    match engine {
        Some(engine) if !writing => Ok(engine),
        Some(_) => {
            host::throw_node_error(s, ErrorKind::Error, "ERR_INVALID_STATE", "write already in progress")
        }
        None => host::throw_node_error(s, ErrorKind::Error, "ERR_INVALID_STATE", "zlib binding closed"),
    }
}
fn with_engine<R>(engine: &SharedEngine, f: impl FnOnce(&mut dyn Engine) -> R) -> R {
    let mut engine = engine.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    f(&mut **engine)
}
fn set_write_state(s: &mut Scope<'_>, this: Local<'_, Object>, available_out: usize, available_in: usize) {
    s.nested(|s| {
        let state = this.slot_local(s, slot::WRITE_STATE);
        let Some(state) = state.as_object().filter(|o| typed_array::is_typed_array(o.value())) else {
            return;
        };
        typed_array::with_view_bytes_mut(state, |bytes| {
            for (place, n) in bytes.chunks_exact_mut(4).zip([available_out, available_in]) {
                place.copy_from_slice(&(n as u32).to_ne_bytes());
            }
        });
    });
}
/// handle.onerror(message, errno, code)
fn report(s: &mut Scope<'_>, this: Local<'_, Object>, e: &EngineError) {
    let (message, errno, code) = (s.string_value(&e.message), s.int(e.errno), s.string_value(&e.code));
    host::make_callback_named(s, this, "onerror", &[message, errno, code]);
}
fn write_sync<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let engine = idle_engine(s, this)?;
    let w = Write::parse(s, args)?;
    let input = host::bytes_of(args.get(1)).map_or(std::ptr::dangling_mut(), |(data, _)| data);
    let output = host::bytes_of(args.get(4)).map_or(std::ptr::dangling_mut(), |(data, _)| data);
    let (from, to) = (input.wrapping_add(w.input_offset), output.wrapping_add(w.output_offset));
    let (from_end, to_end) = (from.wrapping_add(w.input_length), to.wrapping_add(w.output_length));
    if w.input_length > 0 && from < to_end && to < from_end {
        return s.throw_range_error("Input and output overlap");
    }
    // SAFETY: both ranges were checked, do not overlap, and no JavaScript runs meanwhile.
    let result = unsafe {
        let input = std::slice::from_raw_parts(from, w.input_length);
        let output = std::slice::from_raw_parts_mut(to, w.output_length);
        with_engine(&engine, |e| e.write(w.flush, input, output))
    };
    let Some(this) = this.as_object() else { return Ok(s.undefined()) };
    match result {
        Ok(p) => set_write_state(s, this, w.output_length - p.produced, w.input_length - p.consumed),
        Err(e) => report(s, this, &e),
    }
    Ok(s.undefined())
}

/// A write on the pool. Views may be detached meanwhile, so that the engine works on copies: of the input piece by piece.
struct Job {
    handle: Global<Object>,
    input: Global<Value>,
    output: Global<Value>,
    write: Write,
    done: Progress,
    callback: Callback,
}
fn write<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let engine = idle_engine(s, this)?;
    let write = Write::parse(s, args)?;
    let Some(object) = this.as_object() else { return Ok(s.undefined()) };
    host::with_data_mut::<Handle, _>(s, this, |h| h.writing = true)?;
    let callback = object.slot_local(s, slot::CALLBACK);
    let job = Job {
        handle: Global::new(s, object),
        input: Global::new(s, args.get(1)),
        output: Global::new(s, args.get(4)),
        write,
        done: Progress::default(),
        callback: Callback::new(s, callback),
    };
    submit(s, engine, job);
    Ok(s.undefined())
}
/// Works on the next piece of the input.
fn submit(s: &mut Scope<'_>, engine: SharedEngine, job: Job) {
    let input = job.input.get(s);
    let start = job.write.input_offset + job.done.consumed;
    let left = job.write.input_length - job.done.consumed;
    let room = job.write.output_length - job.done.produced;
    let wanted = left.min(PIECE_BYTES.max(4 * room));
    let piece = host::with_bytes(s, input, |bytes| {
        let start = start.min(bytes.len());
        bytes[start..(start + wanted).min(bytes.len())].to_vec()
    })
    .unwrap_or_default();
    let length = piece.len();
    // Flushing comes with the last piece.
    let flush = if length == left { job.write.flush } else { 0 };
    let worker = engine.clone();
    let work = move || {
        let mut output = vec![0; room];
        let progress = with_engine(&worker, |e| e.write(flush, &piece, &mut output))?;
        output.truncate(progress.produced);
        Ok::<_, EngineError>((progress, output))
    };
    host::agent(s).submit(WorkKind::Cpu, work, move |s, result| finish(s, engine, job, length, result));
}
fn finish(
    s: &mut Scope<'_>,
    engine: SharedEngine,
    mut job: Job,
    piece_length: usize,
    result: Result<(Progress, Vec<u8>), EngineError>,
) {
    let handle = job.handle.get(s);
    // The class was checked when the write began.
    let idle = |s: &mut Scope<'_>| {
        host::with_data_mut::<Handle, _>(s, handle.value(), |h| h.writing = false).is_ok()
    };
    let (progress, output) = match result {
        Ok(r) => r,
        Err(e) => {
            idle(s);
            report(s, handle, &e);
            return;
        }
    };
    let view = job.output.get(s);
    let start = job.write.output_offset + job.done.produced;
    host::with_bytes(s, view, |bytes| {
        if let Some(place) = bytes.get_mut(start..start + output.len()) {
            place.copy_from_slice(&output);
        }
    });
    job.done.consumed += progress.consumed;
    job.done.produced += progress.produced;
    let room = job.write.output_length - job.done.produced;
    let left = job.write.input_length - job.done.consumed;
    if left > 0 && room > 0 && piece_length > 0 && progress.consumed == piece_length {
        submit(s, engine, job);
        return;
    }
    idle(s);
    set_write_state(s, handle, room, left);
    job.callback.call_on(s, Some(handle), &[]);
}

// ---------------------------------------------------------------- other methods

fn params<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let engine = idle_engine(s, this)?;
    let result = with_engine(&engine, |e| e.set_params(int(args.get(0)), int(args.get(1))));
    after(s, this, result)
}
fn reset<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let engine = idle_engine(s, this)?;
    let result = with_engine(&engine, |e| e.reset());
    after(s, this, result)
}
fn after<'s>(s: &mut Scope<'s>, this: Local<'_, Value>, result: Result<(), EngineError>) -> Returned<'s> {
    if let (Err(e), Some(this)) = (result, this.as_object()) {
        report(s, this, &e);
    }
    Ok(s.undefined())
}
fn close<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    // A running write keeps the engine until it is through.
    host::with_data_mut::<Handle, _>(s, this, |h| h.engine = None)?;
    Ok(s.undefined())
}
fn crc32<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let value = args.get(1).as_number().map_or(0, |n| n as u32);
    let result = match args.get(0).as_string() {
        Some(t) => engine::crc32(value, &text::string_bytes(s, t, Encoding::Utf8)),
        None => host::with_bytes(s, args.get(0), |bytes| engine::crc32(value, bytes)).unwrap_or(value),
    };
    Ok(s.number(result.into()))
}
