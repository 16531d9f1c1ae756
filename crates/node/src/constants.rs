//! `internalBinding('constants')`: numbers of the system and of libraries.

use spey_engine::{
    Args, JsResult, Local, NativeSpec, Object, PropertyDescriptor, Scope, Value, attr, function, object,
};
use spey_host::{agent, constant_number, constant_string, define_value};

macro_rules! system {
    ($name:ident: $($constant:ident)*) => {
        static $name: &[(&str, f64)] = &[$((stringify!($constant), libc::$constant as f64)),*];
    };
}
system!(ERRNO: E2BIG EACCES EADDRINUSE EADDRNOTAVAIL EAFNOSUPPORT EAGAIN EALREADY EBADF EBADMSG EBUSY ECANCELED ECHILD ECONNABORTED ECONNREFUSED ECONNRESET EDEADLK EDESTADDRREQ EDOM EDQUOT EEXIST EFAULT EFBIG EHOSTUNREACH EIDRM EILSEQ EINPROGRESS EINTR EINVAL EIO EISCONN EISDIR ELOOP EMFILE EMLINK EMSGSIZE EMULTIHOP ENAMETOOLONG ENETDOWN ENETRESET ENETUNREACH ENFILE ENOBUFS ENODATA ENODEV ENOENT ENOEXEC ENOLCK ENOLINK ENOMEM ENOMSG ENOPROTOOPT ENOSPC ENOSR ENOSTR ENOSYS ENOTCONN ENOTDIR ENOTEMPTY ENOTSOCK ENOTSUP ENOTTY ENXIO EOPNOTSUPP EOVERFLOW EPERM EPIPE EPROTO EPROTONOSUPPORT EPROTOTYPE ERANGE EROFS ESPIPE ESRCH ESTALE ETIME ETIMEDOUT ETXTBSY EWOULDBLOCK EXDEV);
system!(DLOPEN: RTLD_LAZY RTLD_NOW RTLD_GLOBAL RTLD_LOCAL);
static PRIORITY: &[(&str, f64)] = &[
    ("PRIORITY_LOW", 19.0),
    ("PRIORITY_BELOW_NORMAL", 10.0),
    ("PRIORITY_NORMAL", 0.0),
    ("PRIORITY_ABOVE_NORMAL", -7.0),
    ("PRIORITY_HIGH", -14.0),
    ("PRIORITY_HIGHEST", -20.0),
];
static INTERNAL: &[(&str, f64)] =
    &[("EXTENSIONLESS_FORMAT_JAVASCRIPT", 0.0), ("EXTENSIONLESS_FORMAT_WASM", 1.0)];
/// Phases of trace events: a letter each.
static TRACE: &[(&str, f64)] = &[
    ("TRACE_EVENT_PHASE_BEGIN", b'B' as f64),
    ("TRACE_EVENT_PHASE_END", b'E' as f64),
    ("TRACE_EVENT_PHASE_COMPLETE", b'X' as f64),
    ("TRACE_EVENT_PHASE_INSTANT", b'I' as f64),
    ("TRACE_EVENT_PHASE_ASYNC_BEGIN", b'S' as f64),
    ("TRACE_EVENT_PHASE_ASYNC_STEP_INTO", b'T' as f64),
    ("TRACE_EVENT_PHASE_ASYNC_STEP_PAST", b'p' as f64),
    ("TRACE_EVENT_PHASE_ASYNC_END", b'F' as f64),
    ("TRACE_EVENT_PHASE_NESTABLE_ASYNC_BEGIN", b'b' as f64),
    ("TRACE_EVENT_PHASE_NESTABLE_ASYNC_END", b'e' as f64),
    ("TRACE_EVENT_PHASE_NESTABLE_ASYNC_INSTANT", b'n' as f64),
    ("TRACE_EVENT_PHASE_FLOW_BEGIN", b's' as f64),
    ("TRACE_EVENT_PHASE_FLOW_STEP", b't' as f64),
    ("TRACE_EVENT_PHASE_FLOW_END", b'f' as f64),
    ("TRACE_EVENT_PHASE_METADATA", b'M' as f64),
    ("TRACE_EVENT_PHASE_COUNTER", b'C' as f64),
    ("TRACE_EVENT_PHASE_SAMPLE", b'P' as f64),
    ("TRACE_EVENT_PHASE_CREATE_OBJECT", b'N' as f64),
    ("TRACE_EVENT_PHASE_SNAPSHOT_OBJECT", b'O' as f64),
    ("TRACE_EVENT_PHASE_DELETE_OBJECT", b'D' as f64),
    ("TRACE_EVENT_PHASE_MEMORY_DUMP", b'v' as f64),
    ("TRACE_EVENT_PHASE_MARK", b'R' as f64),
    ("TRACE_EVENT_PHASE_CLOCK_SYNC", b'c' as f64),
];
static FS_UV: &[(&str, f64)] = &[
    ("UV_FS_SYMLINK_DIR", 1.0),
    ("UV_FS_SYMLINK_JUNCTION", 2.0),
    ("UV_DIRENT_UNKNOWN", 0.0),
    ("UV_DIRENT_FILE", 1.0),
    ("UV_DIRENT_DIR", 2.0),
    ("UV_DIRENT_LINK", 3.0),
    ("UV_DIRENT_FIFO", 4.0),
    ("UV_DIRENT_SOCKET", 5.0),
    ("UV_DIRENT_CHAR", 6.0),
    ("UV_DIRENT_BLOCK", 7.0),
];
system!(FS_SYSTEM: O_RDONLY O_WRONLY O_RDWR S_IFMT S_IFREG S_IFDIR S_IFCHR S_IFBLK S_IFIFO S_IFLNK S_IFSOCK O_CREAT O_EXCL);
static FS_FLAGS: &[(&str, f64)] = &[
    ("UV_FS_O_FILEMAP", 0.0),
    ("UV_FS_O_TEMPORARY", 0.0),
    ("UV_FS_O_SHORT_LIVED", 0.0),
    ("UV_FS_O_SEQUENTIAL", 0.0),
    ("UV_FS_O_RANDOM", 0.0),
];
system!(FS_MORE: O_NOCTTY O_TRUNC O_APPEND O_DIRECTORY O_NOATIME O_NOFOLLOW O_SYNC O_DSYNC O_DIRECT O_NONBLOCK S_IRWXU
    S_IRUSR S_IWUSR S_IXUSR S_IRWXG S_IRGRP S_IWGRP S_IXGRP S_IRWXO S_IROTH S_IWOTH S_IXOTH F_OK R_OK W_OK X_OK);
static FS_COPY: &[(&str, f64)] = &[
    ("UV_FS_COPYFILE_EXCL", 1.0),
    ("COPYFILE_EXCL", 1.0),
    ("UV_FS_COPYFILE_FICLONE", 2.0),
    ("COPYFILE_FICLONE", 2.0),
    ("UV_FS_COPYFILE_FICLONE_FORCE", 4.0),
    ("COPYFILE_FICLONE_FORCE", 4.0),
];
/// zlib, brotli and zstd.
static ZLIB: &[(&str, f64)] = &[
    ("Z_NO_FLUSH", 0.0),
    ("Z_PARTIAL_FLUSH", 1.0),
    ("Z_SYNC_FLUSH", 2.0),
    ("Z_FULL_FLUSH", 3.0),
    ("Z_FINISH", 4.0),
    ("Z_BLOCK", 5.0),
    ("Z_OK", 0.0),
    ("Z_STREAM_END", 1.0),
    ("Z_NEED_DICT", 2.0),
    ("Z_ERRNO", -1.0),
    ("Z_STREAM_ERROR", -2.0),
    ("Z_DATA_ERROR", -3.0),
    ("Z_MEM_ERROR", -4.0),
    ("Z_BUF_ERROR", -5.0),
    ("Z_VERSION_ERROR", -6.0),
    ("Z_NO_COMPRESSION", 0.0),
    ("Z_BEST_SPEED", 1.0),
    ("Z_BEST_COMPRESSION", 9.0),
    ("Z_DEFAULT_COMPRESSION", -1.0),
    ("Z_FILTERED", 1.0),
    ("Z_HUFFMAN_ONLY", 2.0),
    ("Z_RLE", 3.0),
    ("Z_FIXED", 4.0),
    ("Z_DEFAULT_STRATEGY", 0.0),
    ("ZLIB_VERNUM", 4897.0),
    ("DEFLATE", 1.0),
    ("INFLATE", 2.0),
    ("GZIP", 3.0),
    ("GUNZIP", 4.0),
    ("DEFLATERAW", 5.0),
    ("INFLATERAW", 6.0),
    ("UNZIP", 7.0),
    ("BROTLI_DECODE", 8.0),
    ("BROTLI_ENCODE", 9.0),
    ("ZSTD_DECOMPRESS", 11.0),
    ("ZSTD_COMPRESS", 10.0),
    ("Z_MIN_WINDOWBITS", 8.0),
    ("Z_MAX_WINDOWBITS", 15.0),
    ("Z_DEFAULT_WINDOWBITS", 15.0),
    ("Z_MIN_CHUNK", 64.0),
    ("Z_MAX_CHUNK", f64::INFINITY),
    ("Z_DEFAULT_CHUNK", 16384.0),
    ("Z_MIN_MEMLEVEL", 1.0),
    ("Z_MAX_MEMLEVEL", 9.0),
    ("Z_DEFAULT_MEMLEVEL", 8.0),
    ("Z_MIN_LEVEL", -1.0),
    ("Z_MAX_LEVEL", 9.0),
    ("Z_DEFAULT_LEVEL", -1.0),
    ("BROTLI_OPERATION_PROCESS", 0.0),
    ("BROTLI_OPERATION_FLUSH", 1.0),
    ("BROTLI_OPERATION_FINISH", 2.0),
    ("BROTLI_OPERATION_EMIT_METADATA", 3.0),
    ("BROTLI_PARAM_MODE", 0.0),
    ("BROTLI_MODE_GENERIC", 0.0),
    ("BROTLI_MODE_TEXT", 1.0),
    ("BROTLI_MODE_FONT", 2.0),
    ("BROTLI_DEFAULT_MODE", 0.0),
    ("BROTLI_PARAM_QUALITY", 1.0),
    ("BROTLI_MIN_QUALITY", 0.0),
    ("BROTLI_MAX_QUALITY", 11.0),
    ("BROTLI_DEFAULT_QUALITY", 11.0),
    ("BROTLI_PARAM_LGWIN", 2.0),
    ("BROTLI_MIN_WINDOW_BITS", 10.0),
    ("BROTLI_MAX_WINDOW_BITS", 24.0),
    ("BROTLI_LARGE_MAX_WINDOW_BITS", 30.0),
    ("BROTLI_DEFAULT_WINDOW", 22.0),
    ("BROTLI_PARAM_LGBLOCK", 3.0),
    ("BROTLI_MIN_INPUT_BLOCK_BITS", 16.0),
    ("BROTLI_MAX_INPUT_BLOCK_BITS", 24.0),
    ("BROTLI_PARAM_DISABLE_LITERAL_CONTEXT_MODELING", 4.0),
    ("BROTLI_PARAM_SIZE_HINT", 5.0),
    ("BROTLI_PARAM_LARGE_WINDOW", 6.0),
    ("BROTLI_PARAM_NPOSTFIX", 7.0),
    ("BROTLI_PARAM_NDIRECT", 8.0),
    ("BROTLI_DECODER_RESULT_ERROR", 0.0),
    ("BROTLI_DECODER_RESULT_SUCCESS", 1.0),
    ("BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT", 2.0),
    ("BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT", 3.0),
    ("BROTLI_DECODER_PARAM_DISABLE_RING_BUFFER_REALLOCATION", 0.0),
    ("BROTLI_DECODER_PARAM_LARGE_WINDOW", 1.0),
    ("BROTLI_DECODER_NO_ERROR", 0.0),
    ("BROTLI_DECODER_SUCCESS", 1.0),
    ("BROTLI_DECODER_NEEDS_MORE_INPUT", 2.0),
    ("BROTLI_DECODER_NEEDS_MORE_OUTPUT", 3.0),
    ("BROTLI_DECODER_ERROR_FORMAT_EXUBERANT_NIBBLE", -1.0),
    ("BROTLI_DECODER_ERROR_FORMAT_RESERVED", -2.0),
    ("BROTLI_DECODER_ERROR_FORMAT_EXUBERANT_META_NIBBLE", -3.0),
    ("BROTLI_DECODER_ERROR_FORMAT_SIMPLE_HUFFMAN_ALPHABET", -4.0),
    ("BROTLI_DECODER_ERROR_FORMAT_SIMPLE_HUFFMAN_SAME", -5.0),
    ("BROTLI_DECODER_ERROR_FORMAT_CL_SPACE", -6.0),
    ("BROTLI_DECODER_ERROR_FORMAT_HUFFMAN_SPACE", -7.0),
    ("BROTLI_DECODER_ERROR_FORMAT_CONTEXT_MAP_REPEAT", -8.0),
    ("BROTLI_DECODER_ERROR_FORMAT_BLOCK_LENGTH_1", -9.0),
    ("BROTLI_DECODER_ERROR_FORMAT_BLOCK_LENGTH_2", -10.0),
    ("BROTLI_DECODER_ERROR_FORMAT_TRANSFORM", -11.0),
    ("BROTLI_DECODER_ERROR_FORMAT_DICTIONARY", -12.0),
    ("BROTLI_DECODER_ERROR_FORMAT_WINDOW_BITS", -13.0),
    ("BROTLI_DECODER_ERROR_FORMAT_PADDING_1", -14.0),
    ("BROTLI_DECODER_ERROR_FORMAT_PADDING_2", -15.0),
    ("BROTLI_DECODER_ERROR_FORMAT_DISTANCE", -16.0),
    ("BROTLI_DECODER_ERROR_FORMAT_BLOCK_SWITCH", -17.0),
    ("BROTLI_DECODER_ERROR_DICTIONARY_NOT_SET", -19.0),
    ("BROTLI_DECODER_ERROR_INVALID_ARGUMENTS", -20.0),
    ("BROTLI_DECODER_ERROR_ALLOC_CONTEXT_MODES", -21.0),
    ("BROTLI_DECODER_ERROR_ALLOC_TREE_GROUPS", -22.0),
    ("BROTLI_DECODER_ERROR_ALLOC_CONTEXT_MAP", -25.0),
    ("BROTLI_DECODER_ERROR_ALLOC_RING_BUFFER_1", -26.0),
    ("BROTLI_DECODER_ERROR_ALLOC_RING_BUFFER_2", -27.0),
    ("BROTLI_DECODER_ERROR_ALLOC_BLOCK_TYPE_TREES", -30.0),
    ("BROTLI_DECODER_ERROR_UNREACHABLE", -31.0),
    ("ZSTD_e_continue", 0.0),
    ("ZSTD_e_flush", 1.0),
    ("ZSTD_e_end", 2.0),
    ("ZSTD_fast", 1.0),
    ("ZSTD_dfast", 2.0),
    ("ZSTD_greedy", 3.0),
    ("ZSTD_lazy", 4.0),
    ("ZSTD_lazy2", 5.0),
    ("ZSTD_btlazy2", 6.0),
    ("ZSTD_btopt", 7.0),
    ("ZSTD_btultra", 8.0),
    ("ZSTD_btultra2", 9.0),
    ("ZSTD_c_compressionLevel", 100.0),
    ("ZSTD_c_windowLog", 101.0),
    ("ZSTD_c_hashLog", 102.0),
    ("ZSTD_c_chainLog", 103.0),
    ("ZSTD_c_searchLog", 104.0),
    ("ZSTD_c_minMatch", 105.0),
    ("ZSTD_c_targetLength", 106.0),
    ("ZSTD_c_strategy", 107.0),
    ("ZSTD_c_enableLongDistanceMatching", 160.0),
    ("ZSTD_c_ldmHashLog", 161.0),
    ("ZSTD_c_ldmMinMatch", 162.0),
    ("ZSTD_c_ldmBucketSizeLog", 163.0),
    ("ZSTD_c_ldmHashRateLog", 164.0),
    ("ZSTD_c_contentSizeFlag", 200.0),
    ("ZSTD_c_checksumFlag", 201.0),
    ("ZSTD_c_dictIDFlag", 202.0),
    ("ZSTD_c_nbWorkers", 400.0),
    ("ZSTD_c_jobSize", 401.0),
    ("ZSTD_c_overlapLog", 402.0),
    ("ZSTD_d_windowLogMax", 100.0),
    ("ZSTD_CLEVEL_DEFAULT", 3.0),
    ("ZSTD_error_no_error", 0.0),
    ("ZSTD_error_GENERIC", 1.0),
    ("ZSTD_error_prefix_unknown", 10.0),
    ("ZSTD_error_version_unsupported", 12.0),
    ("ZSTD_error_frameParameter_unsupported", 14.0),
    ("ZSTD_error_frameParameter_windowTooLarge", 16.0),
    ("ZSTD_error_corruption_detected", 20.0),
    ("ZSTD_error_checksum_wrong", 22.0),
    ("ZSTD_error_literals_headerWrong", 24.0),
    ("ZSTD_error_dictionary_corrupted", 30.0),
    ("ZSTD_error_dictionary_wrong", 32.0),
    ("ZSTD_error_dictionaryCreation_failed", 34.0),
    ("ZSTD_error_parameter_unsupported", 40.0),
    ("ZSTD_error_parameter_combination_unsupported", 41.0),
    ("ZSTD_error_parameter_outOfBound", 42.0),
    ("ZSTD_error_tableLog_tooLarge", 44.0),
    ("ZSTD_error_maxSymbolValue_tooLarge", 46.0),
    ("ZSTD_error_maxSymbolValue_tooSmall", 48.0),
    ("ZSTD_error_stabilityCondition_notRespected", 50.0),
    ("ZSTD_error_stage_wrong", 60.0),
    ("ZSTD_error_init_missing", 62.0),
    ("ZSTD_error_memory_allocation", 64.0),
    ("ZSTD_error_workSpace_tooSmall", 66.0),
    ("ZSTD_error_dstSize_tooSmall", 70.0),
    ("ZSTD_error_srcSize_wrong", 72.0),
    ("ZSTD_error_dstBuffer_null", 74.0),
    ("ZSTD_error_noForwardProgress_destFull", 80.0),
    ("ZSTD_error_noForwardProgress_inputEmpty", 82.0),
];
/// crypto (numbers of OpenSSL).
static CRYPTO: &[(&str, f64)] = &[
    ("OPENSSL_VERSION_NUMBER", 810549392.0),
    ("SSL_OP_ALL", 2147485776.0),
    ("SSL_OP_ALLOW_NO_DHE_KEX", 1024.0),
    ("SSL_OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION", 262144.0),
    ("SSL_OP_CIPHER_SERVER_PREFERENCE", 4194304.0),
    ("SSL_OP_CISCO_ANYCONNECT", 32768.0),
    ("SSL_OP_COOKIE_EXCHANGE", 8192.0),
    ("SSL_OP_CRYPTOPRO_TLSEXT_BUG", 2147483648.0),
    ("SSL_OP_DONT_INSERT_EMPTY_FRAGMENTS", 2048.0),
    ("SSL_OP_LEGACY_SERVER_CONNECT", 4.0),
    ("SSL_OP_NO_COMPRESSION", 131072.0),
    ("SSL_OP_NO_ENCRYPT_THEN_MAC", 524288.0),
    ("SSL_OP_NO_QUERY_MTU", 4096.0),
    ("SSL_OP_NO_RENEGOTIATION", 1073741824.0),
    ("SSL_OP_NO_SESSION_RESUMPTION_ON_RENEGOTIATION", 65536.0),
    ("SSL_OP_NO_SSLv2", 0.0),
    ("SSL_OP_NO_SSLv3", 33554432.0),
    ("SSL_OP_NO_TICKET", 16384.0),
    ("SSL_OP_NO_TLSv1", 67108864.0),
    ("SSL_OP_NO_TLSv1_1", 268435456.0),
    ("SSL_OP_NO_TLSv1_2", 134217728.0),
    ("SSL_OP_NO_TLSv1_3", 536870912.0),
    ("SSL_OP_PRIORITIZE_CHACHA", 2097152.0),
    ("SSL_OP_TLS_ROLLBACK_BUG", 8388608.0),
    ("ENGINE_METHOD_RSA", 1.0),
    ("ENGINE_METHOD_DSA", 2.0),
    ("ENGINE_METHOD_DH", 4.0),
    ("ENGINE_METHOD_RAND", 8.0),
    ("ENGINE_METHOD_EC", 2048.0),
    ("ENGINE_METHOD_CIPHERS", 64.0),
    ("ENGINE_METHOD_DIGESTS", 128.0),
    ("ENGINE_METHOD_PKEY_METHS", 512.0),
    ("ENGINE_METHOD_PKEY_ASN1_METHS", 1024.0),
    ("ENGINE_METHOD_ALL", 65535.0),
    ("ENGINE_METHOD_NONE", 0.0),
    ("DH_CHECK_P_NOT_SAFE_PRIME", 2.0),
    ("DH_CHECK_P_NOT_PRIME", 1.0),
    ("DH_UNABLE_TO_CHECK_GENERATOR", 4.0),
    ("DH_NOT_SUITABLE_GENERATOR", 8.0),
    ("RSA_PKCS1_PADDING", 1.0),
    ("RSA_SSLV23_PADDING", 2.0),
    ("RSA_NO_PADDING", 3.0),
    ("RSA_PKCS1_OAEP_PADDING", 4.0),
    ("RSA_X931_PADDING", 5.0),
    ("RSA_PKCS1_PSS_PADDING", 6.0),
    ("RSA_PSS_SALTLEN_DIGEST", -1.0),
    ("RSA_PSS_SALTLEN_MAX_SIGN", -2.0),
    ("RSA_PSS_SALTLEN_AUTO", -2.0),
    ("TLS1_VERSION", 769.0),
    ("TLS1_1_VERSION", 770.0),
    ("TLS1_2_VERSION", 771.0),
    ("TLS1_3_VERSION", 772.0),
    ("POINT_CONVERSION_COMPRESSED", 2.0),
    ("POINT_CONVERSION_UNCOMPRESSED", 4.0),
    ("POINT_CONVERSION_HYBRID", 6.0),
];

/// Cipher suites of TLS in OpenSSL's notation.
const CIPHERS: &str = "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES256-GCM-SHA384:DHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-SHA256:DHE-RSA-AES128-SHA256:ECDHE-RSA-AES256-SHA384:DHE-RSA-AES256-SHA384:ECDHE-RSA-AES256-SHA256:DHE-RSA-AES256-SHA256:HIGH:!aNULL:!eNULL:!EXPORT:!DES:!RC4:!MD5:!PSK:!SRP:!CAMELLIA";

fn numbers(s: &mut Scope<'_>, o: Local<'_, Object>, table: &[(&str, f64)]) {
    for (name, n) in table {
        let key = s.key(name);
        let v = s.number(*n);
        object::define(s, o, key, v, attr::ENUMERABLE);
    }
}
fn group<'s>(s: &mut Scope<'s>, tables: &[&[(&str, f64)]]) -> Local<'s, Object> {
    let null = s.null();
    let o = object::new_object_with(s, null, 0);
    s.nested(|s| tables.iter().for_each(|t| numbers(s, o, t)));
    o
}
/// Replaces the getter by its value.
fn settle<'s>(
    s: &mut Scope<'s>,
    this: Local<'_, Value>,
    args: &Args<'_>,
    o: Local<'s, Object>,
) -> JsResult<Local<'s, Value>> {
    let name = spey_engine::error::function_name(s, args.callee());
    if let Some(this) = this.as_object() {
        let key = s.key(name.trim_start_matches("get "));
        let d = PropertyDescriptor::data(o.value(), attr::ALL);
        object::define_own_property(s, this, key, &d)?;
    }
    Ok(o.value())
}
/// Large groups that few programs need, made when they are first read.
static LAZY: &[NativeSpec] = &[
    NativeSpec::new("zlib", 0, |s, this, args| {
        let o = group(s, &[ZLIB]);
        settle(s, this, args, o)
    }),
    NativeSpec::new("internal", 0, |s, this, args| {
        let o = group(s, &[INTERNAL]);
        settle(s, this, args, o)
    }),
    NativeSpec::new("trace", 0, |s, this, args| {
        let o = group(s, &[TRACE]);
        settle(s, this, args, o)
    }),
    NativeSpec::new("crypto", 0, |s, this, args| {
        let o = group(s, &[CRYPTO]);
        constant_string(s, o, "defaultCoreCipherList", CIPHERS);
        let chosen = agent(s).config.options.text("--tls-cipher-list").map(str::to_string);
        constant_string(s, o, "defaultCipherList", chosen.as_deref().unwrap_or(CIPHERS));
        settle(s, this, args, o)
    }),
    NativeSpec::new("fs", 0, |s, this, args| {
        let o = group(s, &[FS_UV, FS_SYSTEM, FS_FLAGS, FS_MORE, FS_COPY]);
        settle(s, this, args, o)
    }),
];

pub(crate) fn install(s: &mut Scope<'_>, target: Local<'_, Object>) {
    let os = group(s, &[]);
    constant_number(s, os, "UV_UDP_REUSEADDR", 4.0);
    let parts = [("dlopen", DLOPEN), ("errno", ERRNO), ("priority", PRIORITY)];
    for (name, table) in parts {
        let o = group(s, &[table]);
        define_value(s, os, name, o.value());
    }
    let signals: Vec<(&str, f64)> = spey_loop::signal_table().iter().map(|(n, v)| (*n, *v as f64)).collect();
    let o = group(s, &[&signals]);
    define_value(s, os, "signals", o.value());
    define_value(s, target, "os", os.value());
    for spec in LAZY {
        s.nested(|s| {
            let get = function::new_native(s, spec).value();
            let undefined = s.undefined();
            let key = s.key(spec.name);
            let d = PropertyDescriptor::accessor(
                Some(get),
                Some(undefined),
                attr::ENUMERABLE | attr::CONFIGURABLE,
            );
            object::ordinary_define_own_property(s, target, key, &d);
        });
    }
}
