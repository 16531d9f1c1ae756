//! The parts of a certificate that are shown as text: names, alternative names, uses.

use std::ffi::c_int;
use std::ptr::null_mut;

use aws_lc_sys as sys;

use crate::Certificate;
use crate::raw::{Owned, static_text, written_text};

/// One line an attribute, escaped as RFC 2253 asks, in UTF-8.
const NAME_FLAGS: u64 = (sys::ASN1_STRFLGS_ESC_2253
    | sys::ASN1_STRFLGS_ESC_CTRL
    | sys::ASN1_STRFLGS_UTF8_CONVERT
    | sys::XN_FLAG_SEP_MULTILINE
    | sys::XN_FLAG_FN_SN) as u64;

/// # Safety
/// The pointer is null or a live object.
pub(crate) unsafe fn oid_text(object: *const sys::ASN1_OBJECT) -> String {
    let mut buffer = [0; 256];
    // SAFETY: by the contract; the buffer ends with NUL.
    unsafe {
        sys::OBJ_obj2txt(buffer.as_mut_ptr(), buffer.len() as c_int, object, 1);
        static_text(buffer.as_ptr())
    }
}

/// # Safety
/// The pointer is a live string.
unsafe fn string_bytes<'a>(text: *const sys::ASN1_STRING) -> &'a [u8] {
    // SAFETY: by the contract; the bytes live as long as the certificate.
    unsafe {
        let length = sys::ASN1_STRING_length(text).max(0) as usize;
        if length == 0 { &[] } else { std::slice::from_raw_parts(sys::ASN1_STRING_get0_data(text), length) }
    }
}

/// # Safety
/// The pointer is a live string.
unsafe fn string_utf8(text: *const sys::ASN1_STRING) -> String {
    let mut out = null_mut();
    // SAFETY: by the contract; what the function allocates is copied and freed.
    unsafe {
        let length = sys::ASN1_STRING_to_UTF8(&mut out, text);
        if length < 0 || out.is_null() {
            sys::ERR_clear_error();
            return String::from_utf8_lossy(string_bytes(text)).into_owned();
        }
        let result = String::from_utf8_lossy(std::slice::from_raw_parts(out, length as usize)).into_owned();
        sys::OPENSSL_free(out.cast());
        result
    }
}

/// Whether a name can be taken for nothing but a name.
fn is_plain(name: &[u8], is_utf8: bool) -> bool {
    name.iter().all(|b| match b {
        b'"' | b'\\' | b',' | b'\'' => false,
        b' '..=b'~' => true,
        b => is_utf8 && *b >= 0x80,
    })
}

/// As it is, or as a JSON string where it could be mistaken.
fn quoted(name: &[u8], is_utf8: bool) -> String {
    let text: String = if is_utf8 {
        String::from_utf8_lossy(name).into_owned()
    } else {
        name.iter().map(|b| char::from(*b)).collect()
    };
    if is_plain(name, is_utf8) {
        return text;
    }
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            // A comma would look like the end of the name.
            c if c < ' ' || c == ',' || (c > '~' && !is_utf8) => {
                out.push_str(&format!("\\u{:04x}", c as u32))
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// # Safety
/// The pointer is a live name.
unsafe fn general_name(name: *const sys::GENERAL_NAME) -> String {
    // SAFETY: the type says which member of the union is there.
    unsafe {
        let value = (*name).d;
        match (*name).type_ {
            sys::GEN_EMAIL => format!("email:{}", quoted(string_bytes(value.ia5.cast()), false)),
            sys::GEN_DNS => format!("DNS:{}", quoted(string_bytes(value.ia5.cast()), false)),
            sys::GEN_URI => format!("URI:{}", quoted(string_bytes(value.ia5.cast()), false)),
            sys::GEN_DIRNAME => {
                const RFC_2253: u64 = sys::XN_FLAG_RFC2253 as u64 & !(sys::ASN1_STRFLGS_ESC_MSB as u64);
                let text = written_text(|bio| {
                    sys::X509_NAME_print_ex(
                        bio,
                        value.dirn,
                        0,
                        RFC_2253 | sys::ASN1_STRFLGS_UTF8_CONVERT as u64,
                    )
                });
                format!("DirName:{}", quoted(text.unwrap_or_default().as_bytes(), true))
            }
            sys::GEN_IPADD => format!("IP Address:{}", ip_text(string_bytes(value.ip.cast()))),
            sys::GEN_RID => format!("Registered ID:{}", oid_text(value.rid)),
            sys::GEN_OTHERNAME => "othername:<unsupported>".into(),
            sys::GEN_X400 => "X400Name:<unsupported>".into(),
            sys::GEN_EDIPARTY => "EdiPartyName:<unsupported>".into(),
            _ => String::new(),
        }
    }
}

fn ip_text(bytes: &[u8]) -> String {
    match bytes.len() {
        4 => bytes.iter().map(u8::to_string).collect::<Vec<_>>().join("."),
        16 => {
            let groups =
                bytes.chunks(2).map(|pair| format!("{:X}", u16::from(pair[0]) << 8 | u16::from(pair[1])));
            groups.collect::<Vec<_>>().join(":")
        }
        length => format!("<invalid length={length}>"),
    }
}

impl Certificate {
    fn name(&self, is_issuer: bool) -> *mut sys::X509_NAME {
        // SAFETY: the certificate lives.
        unsafe {
            if is_issuer {
                sys::X509_get_issuer_name(self.get())
            } else {
                sys::X509_get_subject_name(self.get())
            }
        }
    }

    /// The subject's or the issuer's name, one attribute a line.
    pub fn name_text(&self, is_issuer: bool) -> String {
        // SAFETY: the name is borrowed from the certificate.
        written_text(|bio| unsafe {
            sys::X509_NAME_print_ex(bio, self.name(is_issuer), 0, NAME_FLAGS).max(1)
        })
        .unwrap_or_default()
    }

    /// The attributes of the name: short names or object identifiers, and values.
    pub fn name_entries(&self, is_issuer: bool) -> Vec<(String, String)> {
        let name = self.name(is_issuer);
        // SAFETY: the entries are borrowed from the certificate.
        unsafe {
            (0..sys::X509_NAME_entry_count(name))
                .map(|i| {
                    let entry = sys::X509_NAME_get_entry(name, i);
                    let object = sys::X509_NAME_ENTRY_get_object(entry);
                    let nid = sys::OBJ_obj2nid(object);
                    let key = if nid == 0 { oid_text(object) } else { static_text(sys::OBJ_nid2sn(nid)) };
                    (key, string_utf8(sys::X509_NAME_ENTRY_get_data(entry)))
                })
                .collect()
        }
    }

    /// The alternative names of the subject; None if there are none.
    pub fn alternative_names(&self) -> Option<String> {
        // SAFETY: the extension's value is owned; its names are borrowed from it.
        unsafe {
            let names = sys::X509_get_ext_d2i(self.get(), sys::NID_subject_alt_name, null_mut(), null_mut());
            let names = Owned::new(names.cast::<sys::GENERAL_NAMES>(), sys::GENERAL_NAMES_free).ok()?;
            let stack = names.get().cast::<sys::OPENSSL_STACK>();
            let texts =
                (0..sys::OPENSSL_sk_num(stack)).map(|i| general_name(sys::OPENSSL_sk_value(stack, i).cast()));
            Some(texts.collect::<Vec<_>>().join(", "))
        }
    }

    /// Where more is to be had: a method and a place a line.
    pub fn authority_access(&self) -> Option<String> {
        // SAFETY: as in `alternative_names`.
        unsafe {
            let list = sys::X509_get_ext_d2i(self.get(), sys::NID_info_access, null_mut(), null_mut());
            let list = Owned::new(list.cast::<sys::AUTHORITY_INFO_ACCESS>(), sys::AUTHORITY_INFO_ACCESS_free)
                .ok()?;
            let stack = list.get().cast::<sys::OPENSSL_STACK>();
            let mut out = String::new();
            for i in 0..sys::OPENSSL_sk_num(stack) {
                let item = sys::OPENSSL_sk_value(stack, i).cast::<sys::ACCESS_DESCRIPTION>();
                if i > 0 {
                    out.push('\n');
                }
                out += &written_text(|bio| sys::i2a_ASN1_OBJECT(bio, (*item).method)).unwrap_or_default();
                out += " - ";
                out += &general_name((*item).location);
            }
            Some(out)
        }
    }

    /// What the key may be used for: object identifiers; None if there is no restriction.
    pub fn extended_key_usage(&self) -> Option<Vec<String>> {
        // SAFETY: as in `alternative_names`.
        unsafe {
            let list = sys::X509_get_ext_d2i(self.get(), sys::NID_ext_key_usage, null_mut(), null_mut());
            let list =
                Owned::new(list.cast::<sys::EXTENDED_KEY_USAGE>(), sys::EXTENDED_KEY_USAGE_free).ok()?;
            let stack = list.get().cast::<sys::OPENSSL_STACK>();
            Some(
                (0..sys::OPENSSL_sk_num(stack))
                    .map(|i| oid_text(sys::OPENSSL_sk_value(stack, i).cast()))
                    .collect(),
            )
        }
    }
}
