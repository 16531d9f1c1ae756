//! What operations fail with, in the words of OpenSSL 3.

/// The result of an operation.
pub type Result<T> = std::result::Result<T, Error>;

/// Why an operation failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// An error of the library: number, name of the part, reason.
    Library(&'static str, &'static str, String),
    /// The key is encrypted, and there is no passphrase.
    PassphraseRequired,
    /// The key type cannot do this.
    Unsupported,
    /// Nor can this kind of input be read; what it is.
    UnsupportedInput(&'static str),
    /// The digest is not known.
    InvalidDigest(String),
    /// The curve is not known.
    InvalidCurve(String),
    /// Anything else, in words.
    Other(&'static str),
}

impl Error {
    /// Nothing that can be decoded was found.
    pub(crate) fn undecodable() -> Error {
        Error::Library("1E08010C", "DECODER routines", "unsupported".into())
    }
    /// The passphrase is wrong.
    pub(crate) fn bad_decrypt() -> Error {
        Error::Library("1C800064", "Provider routines", "bad decrypt".into())
    }
    /// Nobody answered the question for a passphrase.
    pub(crate) fn interrupted() -> Error {
        Error::Library("07880109", "common libcrypto routines", "interrupted or cancelled".into())
    }
    /// The newest entry of the thread's error queue, which is emptied.
    pub(crate) fn last() -> Error {
        // SAFETY: both functions only use the queue of this thread; the strings are static.
        unsafe {
            let packed = aws_lc_sys::ERR_peek_last_error();
            aws_lc_sys::ERR_clear_error();
            if packed == 0 {
                return Error::Other("Operation failed");
            }
            let reason = crate::raw::static_text(aws_lc_sys::ERR_reason_error_string(packed));
            let library = aws_lc_sys::ERR_GET_LIB(packed);
            translate(library as u32, &reason)
        }
    }
}

/// From the names of AWS-LC (`DATA_TOO_LARGE`) to the words of OpenSSL.
fn translate(library: u32, reason: &str) -> Error {
    let rsa = |number: &'static str, text: &str| Error::Library(number, "rsa routines", text.into());
    match reason {
        "DATA_TOO_LARGE_FOR_KEY_SIZE" | "DATA_TOO_LARGE" => rsa("0200006E", "data too large for key size"),
        "DATA_TOO_LARGE_FOR_MODULUS" => rsa("02000084", "data too large for modulus"),
        "DATA_LEN_NOT_EQUAL_TO_MOD_LEN" | "DATA_GREATER_THAN_MOD_LEN" => {
            rsa("0200006C", "data greater than mod len")
        }
        "DATA_TOO_SMALL_FOR_KEY_SIZE" | "DATA_TOO_SMALL" => rsa("0200007A", "data too small for key size"),
        "DIGEST_TOO_BIG_FOR_RSA_KEY" => rsa("02000070", "digest too big for rsa key"),
        "OAEP_DECODING_ERROR" => rsa("02000079", "oaep decoding error"),
        "KEY_SIZE_TOO_SMALL" => rsa("02000078", "key size too small"),
        "MODULUS_TOO_LARGE" => rsa("02000069", "modulus too large"),
        "PKCS_DECODING_ERROR" | "PADDING_CHECK_FAILED" => rsa("0200009F", "pkcs decoding error"),
        "BAD_E_VALUE" => rsa("02000065", "bad e value"),
        "WRONG_CURVE" | "UNKNOWN_GROUP" => {
            Error::Library("08000081", "elliptic curve routines", "unknown group".into())
        }
        "POINT_IS_NOT_ON_CURVE" => {
            Error::Library("0800006B", "elliptic curve routines", "point is not on curve".into())
        }
        "DIFFERENT_PARAMETERS" => {
            Error::Library("1C8000D4", "Provider routines", "mismatching domain parameters".into())
        }
        _ => {
            let (number, name) = match library {
                l if l == aws_lc_sys::ERR_LIB_RSA as u32 => ("02000000", "rsa routines"),
                l if l == aws_lc_sys::ERR_LIB_DH as u32 => ("02800000", "Diffie-Hellman routines"),
                l if l == aws_lc_sys::ERR_LIB_EVP as u32 => ("03000000", "digital envelope routines"),
                l if l == aws_lc_sys::ERR_LIB_PEM as u32 => ("04800000", "PEM routines"),
                l if l == aws_lc_sys::ERR_LIB_DSA as u32 => ("05000000", "dsa routines"),
                l if l == aws_lc_sys::ERR_LIB_X509 as u32 => ("05800000", "x509 certificate routines"),
                l if l == aws_lc_sys::ERR_LIB_ASN1 as u32 => ("06800000", "asn1 encoding routines"),
                l if l == aws_lc_sys::ERR_LIB_EC as u32 => ("08000000", "elliptic curve routines"),
                l if l == aws_lc_sys::ERR_LIB_PKCS12 as u32 => ("11800000", "PKCS12 routines"),
                _ => ("00000000", "lib"),
            };
            Error::Library(number, name, reason.to_lowercase().replace('_', " "))
        }
    }
}
