//! Compressors and decompressors behind one interface. They know no JavaScript and run on any thread.

use std::ffi::CStr;

use brotli::enc::StandardAlloc;
use brotli::enc::encode::{BrotliEncoderOperation, BrotliEncoderParameter, BrotliEncoderStateStruct};
use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState};
use libz_rs_sys as z;
use zstd_safe::zstd_sys::{ZSTD_EndDirective, ZSTD_ErrorCode, ZSTD_strategy};
use zstd_safe::{CCtx, CParameter, DCtx, DParameter, InBuffer, OutBuffer, ResetDirective};

/// A failure as JavaScript hears of it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct EngineError {
    pub(super) message: String,
    pub(super) errno: i32,
    pub(super) code: String,
}
impl EngineError {
    pub(super) fn new(message: &str, errno: i32, code: &str) -> EngineError {
        EngineError { message: message.to_string(), errno, code: code.to_string() }
    }
    fn unexpected_end() -> EngineError {
        EngineError::new("unexpected end of file", z::Z_BUF_ERROR, "Z_BUF_ERROR")
    }
    fn trailing_junk() -> EngineError {
        EngineError::new(
            "Trailing junk found after the end of the compressed stream",
            z::Z_DATA_ERROR,
            "ERR_TRAILING_JUNK_AFTER_STREAM_END",
        )
    }
}

/// How far a step came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Progress {
    pub(super) consumed: usize,
    pub(super) produced: usize,
}

/// One stream being compressed or decompressed.
pub(super) trait Engine: Send {
    /// Works on `input` until it is used up or `output` is full. `flush` is the library's own number; 0 means none.
    fn write(&mut self, flush: i32, input: &[u8], output: &mut [u8]) -> Result<Progress, EngineError>;
    /// Back to the start of a stream.
    fn reset(&mut self) -> Result<(), EngineError>;
    /// Other parameters for what is compressed from now on.
    fn set_params(&mut self, level: i32, strategy: i32) -> Result<(), EngineError> {
        let _ = (level, strategy);
        Ok(())
    }
}

// ---------------------------------------------------------------- zlib

/// What a zlib stream does; the numbers are those of the constants.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Mode {
    Deflate = 1,
    Inflate = 2,
    Gzip = 3,
    Gunzip = 4,
    DeflateRaw = 5,
    InflateRaw = 6,
    Unzip = 7,
}
impl Mode {
    pub(super) fn from_number(n: i32) -> Option<Mode> {
        use Mode::*;
        [Deflate, Inflate, Gzip, Gunzip, DeflateRaw, InflateRaw, Unzip].into_iter().find(|m| *m as i32 == n)
    }
    fn compresses(self) -> bool {
        matches!(self, Mode::Deflate | Mode::Gzip | Mode::DeflateRaw)
    }
}

/// Parameters of a zlib stream.
#[derive(Clone, Debug)]
pub(super) struct ZlibOptions {
    pub(super) mode: Mode,
    pub(super) window_bits: i32,
    pub(super) level: i32,
    pub(super) mem_level: i32,
    pub(super) strategy: i32,
    pub(super) dictionary: Vec<u8>,
    pub(super) reject_garbage: bool,
}

/// zlib, zlib's raw format and gzip.
pub(super) struct Zlib {
    stream: Box<z::z_stream>,
    /// What the stream was initialised as.
    ready: bool,
    options: ZlibOptions,
    /// Bytes of a gzip header's magic number seen (mode Unzip).
    magic_seen: u8,
}
// SAFETY: the stream's pointers are its own state, or are set anew for each step; one thread uses it at a time.
unsafe impl Send for Zlib {}

fn code_name(code: i32) -> &'static str {
    match code {
        z::Z_OK => "Z_OK",
        z::Z_STREAM_END => "Z_STREAM_END",
        z::Z_NEED_DICT => "Z_NEED_DICT",
        z::Z_ERRNO => "Z_ERRNO",
        z::Z_STREAM_ERROR => "Z_STREAM_ERROR",
        z::Z_DATA_ERROR => "Z_DATA_ERROR",
        z::Z_MEM_ERROR => "Z_MEM_ERROR",
        z::Z_BUF_ERROR => "Z_BUF_ERROR",
        z::Z_VERSION_ERROR => "Z_VERSION_ERROR",
        _ => "Z_UNKNOWN_ERROR",
    }
}

impl Zlib {
    pub(super) fn new(options: ZlibOptions) -> Zlib {
        Zlib { stream: Box::default(), ready: false, options, magic_seen: 0 }
    }
    fn error(&self, code: i32, default: &str) -> EngineError {
        let message = if self.stream.msg.is_null() {
            default.to_string()
        } else {
            // SAFETY: messages of the library are static C strings.
            unsafe { CStr::from_ptr(self.stream.msg) }.to_string_lossy().into_owned()
        };
        EngineError { message, errno: code, code: code_name(code).to_string() }
    }
    /// The stream is initialised with its first step.
    fn prepare(&mut self) -> Result<(), EngineError> {
        if self.ready {
            return Ok(());
        }
        let o = &self.options;
        let bits = match o.mode {
            Mode::Gzip | Mode::Gunzip => o.window_bits + 16,
            Mode::Unzip => o.window_bits + 32,
            Mode::DeflateRaw | Mode::InflateRaw => -o.window_bits,
            Mode::Deflate | Mode::Inflate => o.window_bits,
        };
        let size = std::mem::size_of::<z::z_stream>() as i32;
        // SAFETY: a fresh stream, which does not move: it is boxed.
        let code = unsafe {
            if o.mode.compresses() {
                z::deflateInit2_(
                    &mut *self.stream,
                    o.level,
                    z::Z_DEFLATED,
                    bits,
                    o.mem_level,
                    o.strategy,
                    z::zlibVersion(),
                    size,
                )
            } else {
                z::inflateInit2_(&mut *self.stream, bits, z::zlibVersion(), size)
            }
        };
        if code != z::Z_OK {
            return Err(self.error(code, "Init error"));
        }
        self.ready = true;
        self.set_initial_dictionary()
    }
    fn set_initial_dictionary(&mut self) -> Result<(), EngineError> {
        if self.options.dictionary.is_empty() {
            return Ok(());
        }
        let (data, length) = (self.options.dictionary.as_ptr(), self.options.dictionary.len() as u32);
        // SAFETY: an initialised stream of the kind; pointer and length describe the dictionary.
        let code = unsafe {
            match self.options.mode {
                Mode::Deflate | Mode::DeflateRaw => z::deflateSetDictionary(&mut *self.stream, data, length),
                Mode::InflateRaw => z::inflateSetDictionary(&mut *self.stream, data, length),
                // Asked for by the stream itself.
                _ => z::Z_OK,
            }
        };
        if code == z::Z_OK { Ok(()) } else { Err(self.error(code, "Failed to set dictionary")) }
    }
    fn inflate(&mut self, flush: i32) -> i32 {
        // SAFETY: an initialised inflate stream whose input and output have just been set.
        unsafe { z::inflate(&mut *self.stream, flush) }
    }
    /// One step of decompression.
    fn decompress(&mut self, flush: i32, input: &[u8]) -> i32 {
        if self.options.mode == Mode::Unzip {
            // The format shows in the first two bytes.
            for byte in input {
                match (self.magic_seen, byte) {
                    (0, 0x1f) => self.magic_seen = 1,
                    (1, 0x8b) => {
                        self.options.mode = Mode::Gunzip;
                        break;
                    }
                    _ => {
                        self.options.mode = Mode::Inflate;
                        break;
                    }
                }
            }
        }
        let mut code = self.inflate(flush);
        let mode = self.options.mode;
        if mode != Mode::InflateRaw && code == z::Z_NEED_DICT && !self.options.dictionary.is_empty() {
            let (data, length) = (self.options.dictionary.as_ptr(), self.options.dictionary.len() as u32);
            // SAFETY: an initialised inflate stream that asks for its dictionary.
            code = match unsafe { z::inflateSetDictionary(&mut *self.stream, data, length) } {
                z::Z_OK => self.inflate(flush),
                // A wrong dictionary is not wrong data.
                z::Z_DATA_ERROR => z::Z_NEED_DICT,
                other => other,
            };
        }
        // Another member may follow; zeros are padding.
        while mode == Mode::Gunzip && code == z::Z_STREAM_END && self.stream.avail_in > 0 {
            // SAFETY: there is input left.
            if unsafe { *self.stream.next_in } == 0 {
                break;
            }
            // SAFETY: an initialised inflate stream; its input and output stay set.
            code = unsafe { z::inflateReset(&mut *self.stream) };
            if code != z::Z_OK {
                break;
            }
            code = self.inflate(flush);
        }
        code
    }
}

impl Engine for Zlib {
    fn write(&mut self, flush: i32, input: &[u8], output: &mut [u8]) -> Result<Progress, EngineError> {
        self.prepare()?;
        let (in_length, out_length) =
            (input.len().min(u32::MAX as usize), output.len().min(u32::MAX as usize));
        let stream = &mut *self.stream;
        stream.next_in = input.as_ptr();
        stream.avail_in = in_length as u32;
        stream.next_out = output.as_mut_ptr();
        stream.avail_out = out_length as u32;
        stream.msg = std::ptr::null_mut();
        let code = if self.options.mode.compresses() {
            // SAFETY: an initialised deflate stream whose input and output have just been set.
            unsafe { z::deflate(&mut *self.stream, flush) }
        } else {
            self.decompress(flush, &input[..in_length])
        };
        let stream = &mut *self.stream;
        let progress = Progress {
            consumed: in_length - stream.avail_in as usize,
            produced: out_length - stream.avail_out as usize,
        };
        let is_full = stream.avail_out == 0;
        // Nothing of this call's memory is used by what comes later.
        stream.next_in = std::ptr::null();
        stream.avail_in = 0;
        stream.next_out = std::ptr::dangling_mut();
        stream.avail_out = 0;
        match code {
            z::Z_OK | z::Z_BUF_ERROR if !is_full && flush == z::Z_FINISH => Err(EngineError {
                message: self.error(z::Z_BUF_ERROR, "unexpected end of file").message,
                ..EngineError::unexpected_end()
            }),
            z::Z_OK | z::Z_BUF_ERROR => Ok(progress),
            z::Z_STREAM_END if self.options.reject_garbage && progress.consumed < input.len() => {
                Err(EngineError::trailing_junk())
            }
            z::Z_STREAM_END => Ok(progress),
            z::Z_NEED_DICT if self.options.dictionary.is_empty() => {
                Err(self.error(code, "Missing dictionary"))
            }
            z::Z_NEED_DICT => Err(self.error(code, "Bad dictionary")),
            _ => Err(self.error(code, "Zlib error")),
        }
    }
    fn reset(&mut self) -> Result<(), EngineError> {
        self.prepare()?;
        // SAFETY: an initialised stream of the kind.
        let code = unsafe {
            if self.options.mode.compresses() {
                z::deflateReset(&mut *self.stream)
            } else {
                z::inflateReset(&mut *self.stream)
            }
        };
        if code != z::Z_OK {
            return Err(self.error(code, "Failed to reset stream"));
        }
        self.set_initial_dictionary()
    }
    fn set_params(&mut self, level: i32, strategy: i32) -> Result<(), EngineError> {
        self.prepare()?;
        if !self.options.mode.compresses() {
            return Ok(());
        }
        // The library may want to flush: it finds no room, and does so with the next step.
        if self.stream.next_out.is_null() {
            self.stream.next_out = std::ptr::dangling_mut();
        }
        // SAFETY: an initialised deflate stream without pending input.
        match unsafe { z::deflateParams(&mut *self.stream, level, strategy) } {
            z::Z_OK | z::Z_BUF_ERROR => Ok(()),
            code => Err(self.error(code, "Failed to set parameters")),
        }
    }
}
impl Drop for Zlib {
    fn drop(&mut self) {
        if self.ready {
            // SAFETY: an initialised stream of the kind, used for the last time.
            unsafe {
                if self.options.mode.compresses() {
                    z::deflateEnd(&mut *self.stream);
                } else {
                    z::inflateEnd(&mut *self.stream);
                }
            }
        }
    }
}

/// CRC-32 of bytes, continued from `value`.
pub(super) fn crc32(value: u32, bytes: &[u8]) -> u32 {
    // SAFETY: pointer and length describe the slice.
    unsafe { z::crc32_z(value.into(), bytes.as_ptr(), bytes.len()) as u32 }
}

// ---------------------------------------------------------------- Brotli

/// Brotli, compressing.
pub(super) struct BrotliEncoder {
    state: BrotliEncoderStateStruct<StandardAlloc>,
    params: Vec<(u32, u32)>,
    dictionary: Vec<u8>,
}

impl BrotliEncoder {
    /// None if a parameter is not one of the encoder's.
    pub(super) fn new(params: Vec<(u32, u32)>, dictionary: Vec<u8>) -> Option<BrotliEncoder> {
        let state = BrotliEncoder::state(&params, &dictionary)?;
        Some(BrotliEncoder { state, params, dictionary })
    }
    fn state(params: &[(u32, u32)], dictionary: &[u8]) -> Option<BrotliEncoderStateStruct<StandardAlloc>> {
        use BrotliEncoderParameter::*;
        let mut state = BrotliEncoderStateStruct::new(StandardAlloc::default());
        for (number, value) in params {
            let parameter = match number {
                0 => BROTLI_PARAM_MODE,
                1 => BROTLI_PARAM_QUALITY,
                2 => BROTLI_PARAM_LGWIN,
                3 => BROTLI_PARAM_LGBLOCK,
                4 => BROTLI_PARAM_DISABLE_LITERAL_CONTEXT_MODELING,
                5 => BROTLI_PARAM_SIZE_HINT,
                6 => BROTLI_PARAM_LARGE_WINDOW,
                _ => return None,
            };
            if !state.set_parameter(parameter, *value) {
                return None;
            }
        }
        if !dictionary.is_empty() {
            state.set_custom_dictionary(dictionary.len(), dictionary);
        }
        Some(state)
    }
}
impl Engine for BrotliEncoder {
    fn write(&mut self, flush: i32, input: &[u8], output: &mut [u8]) -> Result<Progress, EngineError> {
        use BrotliEncoderOperation::*;
        let operation = match flush {
            1 => BROTLI_OPERATION_FLUSH,
            2 => BROTLI_OPERATION_FINISH,
            3 => BROTLI_OPERATION_EMIT_METADATA,
            _ => BROTLI_OPERATION_PROCESS,
        };
        let (mut left, mut room) = (input.len(), output.len());
        let mut progress = Progress::default();
        let done = self.state.compress_stream(
            operation,
            &mut left,
            input,
            &mut progress.consumed,
            &mut room,
            output,
            &mut progress.produced,
            &mut None,
            &mut |_, _, _, _| (),
        );
        if done {
            Ok(progress)
        } else {
            Err(EngineError::new("Compression failed", -1, "ERR_BROTLI_COMPRESSION_FAILED"))
        }
    }
    fn reset(&mut self) -> Result<(), EngineError> {
        match BrotliEncoder::state(&self.params, &self.dictionary) {
            Some(state) => {
                self.state = state;
                Ok(())
            }
            None => Err(EngineError::new(
                "Could not initialize Brotli instance",
                -1,
                "ERR_ZLIB_INITIALIZATION_FAILED",
            )),
        }
    }
}

type DecoderState = BrotliState<
    brotli_decompressor::StandardAlloc,
    brotli_decompressor::StandardAlloc,
    brotli_decompressor::StandardAlloc,
>;

/// Brotli, decompressing.
pub(super) struct BrotliDecoder {
    state: Box<DecoderState>,
    large_window: bool,
    dictionary: Vec<u8>,
    total: usize,
}
// SAFETY: the state owns its memory, which no other thread refers to.
unsafe impl Send for BrotliDecoder {}
// SAFETY: as above.
unsafe impl Send for BrotliEncoder {}

impl BrotliDecoder {
    /// None if a parameter is not one of the decoder's.
    pub(super) fn new(params: &[(u32, u32)], dictionary: Vec<u8>) -> Option<BrotliDecoder> {
        let mut large_window = false;
        for (number, value) in params {
            match number {
                // How the ring buffer grows is not observable.
                0 => {}
                1 => large_window = *value != 0,
                _ => return None,
            }
        }
        let state = Box::new(BrotliDecoder::state(large_window, &dictionary));
        Some(BrotliDecoder { state, large_window, dictionary, total: 0 })
    }
    fn state(large_window: bool, dictionary: &[u8]) -> DecoderState {
        use brotli_decompressor::StandardAlloc;
        let alloc = StandardAlloc::default;
        let mut state = if dictionary.is_empty() {
            BrotliState::new(alloc(), alloc(), alloc())
        } else {
            let dictionary = dictionary.to_vec().into();
            BrotliState::new_with_custom_dictionary(alloc(), alloc(), alloc(), dictionary)
        };
        state.large_window = large_window;
        state
    }
}
impl Engine for BrotliDecoder {
    fn write(&mut self, flush: i32, input: &[u8], output: &mut [u8]) -> Result<Progress, EngineError> {
        let (mut left, mut room) = (input.len(), output.len());
        let mut progress = Progress::default();
        let result = BrotliDecompressStream(
            &mut left,
            &mut progress.consumed,
            input,
            &mut room,
            &mut progress.produced,
            output,
            &mut self.total,
            &mut self.state,
        );
        match result {
            BrotliResult::ResultFailure => {
                let name = format!("{:?}", self.state.error_code);
                let code = format!("ERR_{}", name.trim_start_matches("BROTLI_DECODER"));
                Err(EngineError::new("Decompression failed", self.state.error_code as i32, &code))
            }
            BrotliResult::NeedsMoreInput if flush == 2 => Err(EngineError::unexpected_end()),
            _ => Ok(progress),
        }
    }
    fn reset(&mut self) -> Result<(), EngineError> {
        *self.state = BrotliDecoder::state(self.large_window, &self.dictionary);
        self.total = 0;
        Ok(())
    }
}

// ---------------------------------------------------------------- Zstandard

fn zstd_error(code: usize) -> EngineError {
    use ZSTD_ErrorCode::*;
    const KNOWN: &[ZSTD_ErrorCode] = &[
        ZSTD_error_GENERIC,
        ZSTD_error_prefix_unknown,
        ZSTD_error_version_unsupported,
        ZSTD_error_frameParameter_unsupported,
        ZSTD_error_frameParameter_windowTooLarge,
        ZSTD_error_corruption_detected,
        ZSTD_error_checksum_wrong,
        ZSTD_error_literals_headerWrong,
        ZSTD_error_dictionary_corrupted,
        ZSTD_error_dictionary_wrong,
        ZSTD_error_dictionaryCreation_failed,
        ZSTD_error_parameter_unsupported,
        ZSTD_error_parameter_combination_unsupported,
        ZSTD_error_parameter_outOfBound,
        ZSTD_error_tableLog_tooLarge,
        ZSTD_error_maxSymbolValue_tooLarge,
        ZSTD_error_maxSymbolValue_tooSmall,
        ZSTD_error_stabilityCondition_notRespected,
        ZSTD_error_stage_wrong,
        ZSTD_error_init_missing,
        ZSTD_error_memory_allocation,
        ZSTD_error_workSpace_tooSmall,
        ZSTD_error_dstSize_tooSmall,
        ZSTD_error_srcSize_wrong,
        ZSTD_error_dstBuffer_null,
        ZSTD_error_noForwardProgress_destFull,
        ZSTD_error_noForwardProgress_inputEmpty,
    ];
    let kind = KNOWN.iter().copied().find(|kind| zstd_safe::is_error_kind(code, *kind));
    let kind = kind.unwrap_or(ZSTD_error_GENERIC);
    EngineError::new(zstd_safe::get_error_name(code), kind as i32, &format!("{kind:?}"))
}

fn compress_parameter(number: u32, value: u32) -> Option<CParameter> {
    use CParameter::*;
    use ZSTD_strategy::*;
    const STRATEGIES: [ZSTD_strategy; 9] = [
        ZSTD_fast,
        ZSTD_dfast,
        ZSTD_greedy,
        ZSTD_lazy,
        ZSTD_lazy2,
        ZSTD_btlazy2,
        ZSTD_btopt,
        ZSTD_btultra,
        ZSTD_btultra2,
    ];
    Some(match number {
        100 => CompressionLevel(value as i32),
        101 => WindowLog(value),
        102 => HashLog(value),
        103 => ChainLog(value),
        104 => SearchLog(value),
        105 => MinMatch(value),
        106 => TargetLength(value),
        107 => Strategy(*STRATEGIES.get((value as usize).checked_sub(1)?)?),
        160 => EnableLongDistanceMatching(value != 0),
        161 => LdmHashLog(value),
        162 => LdmMinMatch(value),
        163 => LdmBucketSizeLog(value),
        164 => LdmHashRateLog(value),
        200 => ContentSizeFlag(value != 0),
        201 => ChecksumFlag(value != 0),
        202 => DictIdFlag(value != 0),
        400 => NbWorkers(value),
        401 => JobSize(value),
        402 => OverlapSizeLog(value),
        _ => return None,
    })
}

/// Zstandard, compressing.
pub(super) struct ZstdEncoder {
    context: CCtx<'static>,
    pledged_size: Option<u64>,
    /// The frame is complete: nothing comes out until there is input again.
    ended: bool,
}
impl ZstdEncoder {
    /// None if a parameter is not one of the encoder's or out of its bounds, or the dictionary is refused.
    pub(super) fn new(
        params: &[(u32, u32)],
        pledged_size: Option<u64>,
        dictionary: &[u8],
    ) -> Option<ZstdEncoder> {
        let mut context = CCtx::try_create()?;
        for (number, value) in params {
            context.set_parameter(compress_parameter(*number, *value)?).ok()?;
        }
        if !dictionary.is_empty() {
            context.load_dictionary(dictionary).ok()?;
        }
        context.set_pledged_src_size(pledged_size).ok()?;
        Some(ZstdEncoder { context, pledged_size, ended: false })
    }
}
impl Engine for ZstdEncoder {
    fn write(&mut self, flush: i32, input: &[u8], output: &mut [u8]) -> Result<Progress, EngineError> {
        let directive = match flush {
            1 => ZSTD_EndDirective::ZSTD_e_flush,
            2 => ZSTD_EndDirective::ZSTD_e_end,
            _ => ZSTD_EndDirective::ZSTD_e_continue,
        };
        if self.ended && input.is_empty() {
            return Ok(Progress::default());
        }
        self.ended = false;
        let capacity = output.len();
        let (mut from, mut to) = (InBuffer::around(input), OutBuffer::around(output));
        loop {
            let before = (from.pos(), to.pos());
            let left = self.context.compress_stream2(&mut to, &mut from, directive).map_err(zstd_error)?;
            self.ended = flush == 2 && left == 0;
            let stuck = before == (from.pos(), to.pos());
            let idle = from.pos() == input.len() && (left == 0 || flush == 0);
            if to.pos() == capacity || idle || stuck {
                break;
            }
        }
        Ok(Progress { consumed: from.pos(), produced: to.pos() })
    }
    fn reset(&mut self) -> Result<(), EngineError> {
        self.ended = false;
        self.context.reset(ResetDirective::SessionOnly).map_err(zstd_error)?;
        self.context.set_pledged_src_size(self.pledged_size).map_err(zstd_error)?;
        Ok(())
    }
}

/// Zstandard, decompressing.
pub(super) struct ZstdDecoder {
    context: DCtx<'static>,
    reject_garbage: bool,
    /// Between two frames.
    ended: bool,
}
impl ZstdDecoder {
    /// None if a parameter is not one of the decoder's or out of its bounds, or the dictionary is refused.
    pub(super) fn new(params: &[(u32, u32)], dictionary: &[u8], reject_garbage: bool) -> Option<ZstdDecoder> {
        let mut context = DCtx::try_create()?;
        for (number, value) in params {
            match number {
                100 => context.set_parameter(DParameter::WindowLogMax(*value)).ok()?,
                _ => return None,
            };
        }
        if !dictionary.is_empty() {
            context.load_dictionary(dictionary).ok()?;
        }
        Some(ZstdDecoder { context, reject_garbage, ended: false })
    }
}
impl Engine for ZstdDecoder {
    fn write(&mut self, flush: i32, input: &[u8], output: &mut [u8]) -> Result<Progress, EngineError> {
        let capacity = output.len();
        let (mut from, mut to) = (InBuffer::around(input), OutBuffer::around(output));
        loop {
            if self.ended && from.pos() == input.len() {
                break;
            }
            if self.ended && self.reject_garbage {
                return Err(EngineError::trailing_junk());
            }
            let before = (from.pos(), to.pos());
            let hint = self.context.decompress_stream(&mut to, &mut from).map_err(zstd_error)?;
            self.ended = hint == 0;
            if to.pos() == capacity || before == (from.pos(), to.pos()) {
                break;
            }
        }
        if flush == 2 && !self.ended && from.pos() == input.len() && to.pos() < capacity {
            return Err(EngineError::unexpected_end());
        }
        Ok(Progress { consumed: from.pos(), produced: to.pos() })
    }
    fn reset(&mut self) -> Result<(), EngineError> {
        self.ended = false;
        self.context.reset(ResetDirective::SessionOnly).map(drop).map_err(zstd_error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(mode: Mode) -> ZlibOptions {
        ZlibOptions {
            mode,
            window_bits: 15,
            level: 6,
            mem_level: 8,
            strategy: 0,
            dictionary: Vec::new(),
            reject_garbage: false,
        }
    }
    /// Everything that comes out, through a small output buffer.
    fn run(engine: &mut dyn Engine, finish: i32, mut input: &[u8]) -> Result<Vec<u8>, EngineError> {
        let mut all = Vec::new();
        loop {
            let mut out = [0; 100];
            let p = engine.write(finish, input, &mut out)?;
            all.extend_from_slice(&out[..p.produced]);
            input = &input[p.consumed..];
            if p.produced < out.len() {
                return Ok(all);
            }
        }
    }
    fn text() -> Vec<u8> {
        (0..5000u32).flat_map(|i| (i * i % 1009).to_string().into_bytes()).collect()
    }

    #[test]
    fn zlib_round_trips() {
        let text = text();
        for (one, other) in [
            (Mode::Deflate, Mode::Inflate),
            (Mode::Gzip, Mode::Gunzip),
            (Mode::DeflateRaw, Mode::InflateRaw),
            (Mode::Gzip, Mode::Unzip),
            (Mode::Deflate, Mode::Unzip),
        ] {
            let packed = run(&mut Zlib::new(options(one)), z::Z_FINISH, &text).unwrap();
            assert!(packed.len() < text.len());
            let unpacked = run(&mut Zlib::new(options(other)), z::Z_FINISH, &packed).unwrap();
            assert_eq!(unpacked, text);
            let cut = run(&mut Zlib::new(options(other)), z::Z_FINISH, &packed[..packed.len() / 2]);
            assert_eq!(cut, Err(EngineError::unexpected_end()));
        }
        let twice = [run(&mut Zlib::new(options(Mode::Gzip)), z::Z_FINISH, b"ab").unwrap(); 1].concat();
        let twice = [twice.clone(), twice].concat();
        assert_eq!(run(&mut Zlib::new(options(Mode::Gunzip)), z::Z_FINISH, &twice).unwrap(), b"abab");
        let bad = run(&mut Zlib::new(options(Mode::Inflate)), z::Z_FINISH, b"not compressed").unwrap_err();
        assert_eq!((bad.message.as_str(), bad.code.as_str()), ("incorrect header check", "Z_DATA_ERROR"));
    }

    #[test]
    fn parameters_change_in_the_middle() {
        let text = text();
        let mut engine = Zlib::new(options(Mode::Deflate));
        engine.set_params(9, 0).unwrap();
        let mut packed = run(&mut engine, z::Z_SYNC_FLUSH, &text).unwrap();
        engine.set_params(0, 0).unwrap();
        let stored = run(&mut engine, z::Z_FINISH, &text).unwrap();
        assert!(packed.len() < text.len() && stored.len() > text.len());
        packed.extend(stored);
        let unpacked = run(&mut Zlib::new(options(Mode::Inflate)), z::Z_FINISH, &packed).unwrap();
        assert_eq!(unpacked, [&text[..], &text[..]].concat());
    }

    #[test]
    fn brotli_round_trips() {
        let text = text();
        let packed = run(&mut BrotliEncoder::new(vec![(1, 5)], Vec::new()).unwrap(), 2, &text).unwrap();
        let unpacked = run(&mut BrotliDecoder::new(&[], Vec::new()).unwrap(), 2, &packed).unwrap();
        assert_eq!(unpacked, text);
        let cut = run(&mut BrotliDecoder::new(&[], Vec::new()).unwrap(), 2, &packed[..9]);
        assert_eq!(cut, Err(EngineError::unexpected_end()));
    }

    #[test]
    fn zstd_round_trips() {
        let text = text();
        let packed = run(&mut ZstdEncoder::new(&[(100, 3)], None, &[]).unwrap(), 2, &text).unwrap();
        let unpacked = run(&mut ZstdDecoder::new(&[], &[], false).unwrap(), 2, &packed).unwrap();
        assert_eq!(unpacked, text);
        let bad = run(&mut ZstdDecoder::new(&[], &[], false).unwrap(), 2, b"not compressed").unwrap_err();
        assert_eq!(bad.code, "ZSTD_error_prefix_unknown");
        assert!(ZstdEncoder::new(&[(101, 130)], None, &[]).is_none());
    }
}
