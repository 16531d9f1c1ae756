//! Symbols of CLDR that ICU4X has no place for, where they differ from the root locale's or a parent's.

use icu::locale::LanguageIdentifier;

/// Not a number; `NaN` everywhere else.
static NAN: &[(&str, &str)] = &[
    ("am", "በቁጥር\u{a0}ሊገለጽ\u{a0}የማይችል"),
    ("ar ars", "\u{644}\u{64a}\u{633}\u{a0}\u{631}\u{642}\u{645}\u{64b}\u{627}"),
    ("ast", "ND"),
    ("ce", "Терхьаш\u{a0}дац"),
    ("cv", "хисеп\u{a0}мар"),
    ("ee", "mnn"),
    ("fa", "\u{646}\u{627}\u{639}\u{62f}\u{62f}"),
    ("fi", "epäluku"),
    ("ga", "Nuimh"),
    ("hy", "ՈչԹ"),
    ("ka", "არ\u{a0}არის\u{a0}რიცხვი"),
    ("kk", "сан\u{a0}емес"),
    ("kk-Arab kk-CN", "\u{633}\u{627}\u{646}\u{a0}\u{6d5}\u{645}\u{6d5}\u{633}"),
    ("ky", "сан\u{a0}эмес"),
    ("lo", "ບໍ່\u{200b}ແມ່ນ\u{200b}ໂຕ\u{200b}ເລກ"),
    ("lv", "NS"),
    ("my", "ဂဏန်းမဟုတ်သော"),
    ("os", "НН"),
    ("ru", "не\u{a0}число"),
    ("sah", "чыыһыла\u{a0}буотах"),
    ("smn", "epiloho"),
    ("so", "MaL"),
    ("syr", "\u{720}\u{71d}\u{72c}\u{a0}\u{721}\u{722}\u{71d}\u{722}\u{710}"),
    ("tk", "san\u{a0}däl"),
    ("to", "TF"),
    ("uz", "son\u{a0}emas"),
    ("uz-AF uz-Arab", "NaN"),
    ("uz-Cyrl", "ҳақиқий\u{a0}сон\u{a0}эмас"),
    ("yue zh-HK zh-Hant zh-MO zh-TW", "非數值"),
    ("yue-CN yue-Hans", "非数值"),
];
/// Before an exponent; `E` everywhere else.
static EXPONENT: &[(&str, &str)] =
    &[("el en-AU en-SI en-SK sk sl", "e"), ("en-SE et ksh lt sv", "×10^"), ("se", "·10^"), ("uk", "Е")];
/// Between the ends of a range; an en dash everywhere else.
static RANGE: &[(&str, &str)] = &[
    ("bg bs hr jv kea sk", " \u{2013} "),
    ("bs-Cyrl", "\u{2013}"),
    ("ca da es eu fil fy gu it ka lij ml nl oc-ES sq th tt vec vi yue zh", "-"),
    ("et", "\u{2012}"),
    ("ja", "～"),
    ("ko", "~"),
    ("mk", "\u{2009}\u{2013}\u{2009}"),
    ("my pt-AO pt-CH pt-CV pt-GQ pt-GW pt-LU pt-MO pt-MZ pt-PT pt-ST pt-TL ro", " - "),
    ("to", "\u{2014}"),
];
/// Before approximate numbers; a tilde everywhere else.
static APPROXIMATELY: &[(&str, &str)] = &[
    ("be bs de dsb eo et fr-CA hsb ka mk nn rm ru sq", "\u{2248}"),
    ("bs-Cyrl", "~"),
    ("fr", "\u{2243}"),
    ("ja", "約"),
    ("lt", "\u{223c}"),
    ("nb no", "ca."),
    ("wo", "-"),
    ("yo", "dáàṣì"),
    ("yo-BJ", "dáàshì"),
];

fn lookup(
    table: &'static [(&'static str, &'static str)],
    id: &LanguageIdentifier,
    default: &'static str,
) -> &'static str {
    let text = id.to_string();
    let mut candidate = text.as_str();
    loop {
        if let Some((_, symbol)) = table.iter().find(|(ids, _)| ids.split(' ').any(|id| id == candidate)) {
            return symbol;
        }
        match candidate.rsplit_once('-') {
            Some((parent, _)) => candidate = parent,
            None => return default,
        }
    }
}
/// The symbol of NaN.
pub fn nan(id: &LanguageIdentifier) -> &'static str {
    lookup(NAN, id, "NaN")
}
/// The symbol between a significand and its exponent.
pub fn exponent(id: &LanguageIdentifier) -> &'static str {
    lookup(EXPONENT, id, "E")
}
/// The separator of ranges.
pub fn range_separator(id: &LanguageIdentifier) -> &'static str {
    lookup(RANGE, id, "\u{2013}")
}
/// The sign of approximate numbers.
pub fn approximately(id: &LanguageIdentifier) -> &'static str {
    lookup(APPROXIMATELY, id, "~")
}
