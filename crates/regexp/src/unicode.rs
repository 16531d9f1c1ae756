//! Unicode data: property escapes, case equivalence, identifiers, emoji sequences.

use std::sync::LazyLock;

use icu_casemap::CaseMapper;
use icu_properties::props::{EmojiModifierBase, EmojiPresentation};
use icu_properties::props::{GeneralCategory, GeneralCategoryGroup, IdContinue, IdStart, Script};
use icu_properties::script::ScriptWithExtensions;
use icu_properties::{CodePointMapData, CodePointSetData, PropertyParser};

use crate::charset::{CharSet, MAX_CODE_POINT};

/// What a property escape stands for: single characters and, for properties of strings, sequences.
#[derive(Clone, Debug, Default)]
pub struct PropertySet {
    pub chars: CharSet,
    pub strings: Vec<Vec<u32>>,
}

// UnicodeMatchProperty and UnicodeMatchPropertyValue, ECMA-262 §22.2.1.
/// The set of `\p{name}` or `\p{name=value}`, `None` if there is no such property.
pub fn property(name: &str, value: Option<&str>) -> Option<CharSet> {
    let Some(value) = value else {
        return general_category(name).or_else(|| binary_property(name));
    };
    match name {
        "General_Category" | "gc" => general_category(value),
        "Script" | "sc" => {
            let script = script(value)?;
            let ranges = CodePointMapData::<Script>::new().iter_ranges_for_value(script);
            Some(CharSet::from_ranges(ranges.map(|r| (*r.start(), *r.end()))))
        }
        "Script_Extensions" | "scx" => {
            let script = script(value)?;
            let data = ScriptWithExtensions::new();
            let ranges = data.get_script_extensions_ranges(script);
            Some(CharSet::from_ranges(ranges.map(|r| (*r.start(), *r.end()))))
        }
        _ => None,
    }
}

fn script(name: &str) -> Option<Script> {
    PropertyParser::<Script>::new().get_strict(name)
}

fn general_category(name: &str) -> Option<CharSet> {
    let group = PropertyParser::<GeneralCategoryGroup>::new().get_strict(name)?;
    let ranges = CodePointMapData::<GeneralCategory>::new().iter_ranges_for_group(group);
    Some(CharSet::from_ranges(ranges.map(|r| (*r.start(), *r.end()))))
}

fn binary_property(name: &str) -> Option<CharSet> {
    match name {
        "Any" => return Some(CharSet::all(MAX_CODE_POINT)),
        "ASCII" => return Some(CharSet::all(0x7F)),
        "Assigned" => return Some(general_category("Cn")?.complement(MAX_CODE_POINT)),
        _ => {}
    }
    let set = CodePointSetData::new_for_ecma262(name.as_bytes())?;
    Some(CharSet::from_ranges(set.iter_ranges().map(|r| (*r.start(), *r.end()))))
}

/// The Unicode regions with a flag, two letters each (emoji-sequences.txt, `RGI_Emoji_Flag_Sequence`).
const FLAG_REGIONS: &str = "\
    ACADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZCACCCDCFCGCHCICKCLCM\
    CNCOCPCQCRCUCVCWCXCYCZDEDGDJDKDMDODZEAECEEEGEHERESETEUFIFJFKFMFOFRGAGBGDGEGFGGGHGIGLGMGNGPGQGRGS\
    GTGUGWGYHKHMHNHRHTHUICIDIEILIMINIOIQIRISITJEJMJOJPKEKGKHKIKMKNKPKRKWKYKZLALBLCLILKLRLSLTLULVLYMA\
    MCMDMEMFMGMHMKMLMMMNMOMPMQMRMSMTMUMVMWMXMYMZNANCNENFNGNINLNONPNRNUNZOMPAPEPFPGPHPKPLPMPNPRPSPTPW\
    PYQARERORSRURWSASBSCSDSESGSHSISJSKSLSMSNSOSRSSSTSVSXSYSZTATCTDTFTGTHTJTKTLTMTNTOTRTTTVTWTZUAUGUM\
    UNUSUYUZVAVCVEVGVIVNVUWFWSXKYEYTZAZMZW";

/// The RGI subdivision flags: England, Scotland, Wales.
const TAG_REGIONS: [&str; 3] = ["gbeng", "gbsct", "gbwls"];

/// `RGI_Emoji_ZWJ_Sequence` of Unicode 17, one sequence a line.
const ZWJ_SEQUENCES: &str = include_str!("../data/emoji_zwj.txt");

/// Whether `name` is a property of strings, ECMA-262 table 68.
pub fn is_property_of_strings(name: &str) -> bool {
    matches!(
        name,
        "Basic_Emoji"
            | "Emoji_Keycap_Sequence"
            | "RGI_Emoji_Modifier_Sequence"
            | "RGI_Emoji_Flag_Sequence"
            | "RGI_Emoji_Tag_Sequence"
            | "RGI_Emoji_ZWJ_Sequence"
            | "RGI_Emoji"
    )
}

/// The set of a property of strings.
pub fn property_of_strings(name: &str) -> Option<PropertySet> {
    let mut set = PropertySet::default();
    let all = name == "RGI_Emoji";
    if !is_property_of_strings(name) {
        return None;
    }
    if all || name == "Basic_Emoji" {
        basic_emoji(&mut set);
    }
    if all || name == "Emoji_Keycap_Sequence" {
        set.strings.extend("#*0123456789".chars().map(|c| vec![c as u32, 0xFE0F, 0x20E3]));
    }
    if all || name == "RGI_Emoji_Modifier_Sequence" {
        for range in CodePointSetData::new::<EmojiModifierBase>().iter_ranges() {
            // U+1F46A FAMILY is a modifier base without recommended sequences.
            for base in range.filter(|&c| c != 0x1F46A) {
                set.strings.extend((0x1F3FB..=0x1F3FF).map(|tone| vec![base, tone]));
            }
        }
    }
    if all || name == "RGI_Emoji_Flag_Sequence" {
        let letters = FLAG_REGIONS.as_bytes().chunks_exact(2);
        set.strings.extend(letters.map(|pair| pair.iter().map(|&b| 0x1F1E6 + u32::from(b - b'A')).collect()));
    }
    if all || name == "RGI_Emoji_Tag_Sequence" {
        for region in TAG_REGIONS {
            let tags = region.bytes().map(|b| 0xE0000 + u32::from(b));
            set.strings.push(std::iter::once(0x1F3F4).chain(tags).chain([0xE007F]).collect());
        }
    }
    if all || name == "RGI_Emoji_ZWJ_Sequence" {
        set.strings.extend(ZWJ_SEQUENCES.lines().map(|line| line.chars().map(|c| c as u32).collect()));
    }
    Some(set)
}

/// `Basic_Emoji`: emoji with a default emoji presentation, and the others followed by U+FE0F.
fn basic_emoji(set: &mut PropertySet) {
    let regional = CharSet::from_ranges([(0x1F1E6, 0x1F1FF)]);
    let presentation = CodePointSetData::new::<EmojiPresentation>();
    let presentation = CharSet::from_ranges(presentation.iter_ranges().map(|r| (*r.start(), *r.end())));
    set.chars.union(&presentation.difference(&regional));
    if let Some(emoji) = binary_property("Emoji") {
        let text = emoji.difference(&presentation);
        for &(lo, hi) in text.ranges() {
            set.strings.extend((lo.max(0x80)..=hi).map(|c| vec![c, 0xFE0F]));
        }
    }
}

/// Whether `c` may begin a group name (RegExpIdentifierStart).
pub fn is_identifier_start(c: u32) -> bool {
    match c {
        0x24 | 0x5F => true,
        0..=0x7F => (c as u8).is_ascii_alphabetic(),
        _ => CodePointSetData::new::<IdStart>().contains32(c),
    }
}

/// Whether `c` may continue a group name (RegExpIdentifierPart).
pub fn is_identifier_part(c: u32) -> bool {
    match c {
        0x24 | 0x5F | 0x200C | 0x200D => true,
        0..=0x7F => (c as u8).is_ascii_alphanumeric(),
        _ => CodePointSetData::new::<IdContinue>().contains32(c),
    }
}

/// How characters are compared when case is ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Folding {
    /// Without `u` or `v`: code units, by upper-casing.
    Upper,
    /// With `u` or `v`: code points, by simple case folding.
    Simple,
}

// Canonicalize, ECMA-262 §22.2.2.7.3 (with case ignored).
/// The representative of the characters that equal `c` when case is ignored.
pub fn canonicalize(c: u32, folding: Folding) -> u32 {
    if c < 0x80 {
        let byte = c as u8;
        return u32::from(match folding {
            Folding::Upper => byte.to_ascii_uppercase(),
            Folding::Simple => byte.to_ascii_lowercase(),
        });
    }
    let Some(ch) = char::from_u32(c) else { return c };
    match folding {
        Folding::Simple => CaseMapper::new().simple_fold(ch) as u32,
        Folding::Upper if c > 0xFFFF => c,
        Folding::Upper => {
            let mut upper = ch.to_uppercase();
            match (upper.next(), upper.next()) {
                (Some(u), None) if u as u32 >= 0x80 && u as u32 <= 0xFFFF => u as u32,
                _ => c,
            }
        }
    }
}

/// Characters that share their canonical form with another, in classes.
struct CaseClasses {
    /// (character, class), sorted.
    chars: Vec<(u32, u32)>,
    /// The members of each class.
    classes: Vec<Vec<u32>>,
}

impl CaseClasses {
    fn build(folding: Folding) -> Self {
        // No cased letter lies above the Supplementary Multilingual Plane.
        let limit = if folding == Folding::Upper { 0x10000 } else { 0x20000 };
        let mut pairs: Vec<(u32, u32)> = Vec::new();
        for c in 0..limit {
            let canonical = canonicalize(c, folding);
            if canonical != c {
                pairs.push((canonical, c));
            }
        }
        pairs.sort_unstable();
        let mut built = CaseClasses { chars: Vec::new(), classes: Vec::new() };
        for group in pairs.chunk_by(|a, b| a.0 == b.0) {
            let class = built.classes.len() as u32;
            let members: Vec<u32> = std::iter::once(group[0].0).chain(group.iter().map(|p| p.1)).collect();
            built.chars.extend(members.iter().map(|&c| (c, class)));
            built.classes.push(members);
        }
        built.chars.sort_unstable();
        built
    }

    fn of(folding: Folding) -> &'static CaseClasses {
        static UPPER: LazyLock<CaseClasses> = LazyLock::new(|| CaseClasses::build(Folding::Upper));
        static SIMPLE: LazyLock<CaseClasses> = LazyLock::new(|| CaseClasses::build(Folding::Simple));
        match folding {
            Folding::Upper => &UPPER,
            Folding::Simple => &SIMPLE,
        }
    }
}

/// The set with every character that equals a member when case is ignored.
pub fn close_over_case(set: &CharSet, folding: Folding) -> CharSet {
    let mut out = set.clone();
    if set.max().is_none_or(|max| max < 0x80) {
        // OPTIMIZATION: ASCII needs no table.
        for &(lo, hi) in set.ranges() {
            for c in (lo..=hi).filter(|&c| (c as u8).is_ascii_alphabetic()) {
                out.add(c ^ 0x20);
                match (folding, c | 0x20) {
                    (Folding::Simple, 0x6B) => out.add(0x212A),
                    (Folding::Simple, 0x73) => out.add(0x17F),
                    _ => {}
                }
            }
        }
        return out;
    }
    let table = CaseClasses::of(folding);
    let mut extra = Vec::new();
    for &(lo, hi) in set.ranges() {
        let from = table.chars.partition_point(|&(c, _)| c < lo);
        for &(c, class) in &table.chars[from..] {
            if c > hi {
                break;
            }
            extra.extend(table.classes[class as usize].iter().map(|&m| (m, m)));
        }
    }
    out.union(&CharSet::from_ranges(extra));
    out
}

/// `[0-9]`
pub fn digits() -> CharSet {
    CharSet::from_ranges([(0x30, 0x39)])
}

/// `[A-Za-z0-9_]`, without what case-insensitive Unicode matching adds.
pub fn word_chars() -> CharSet {
    CharSet::from_ranges([(0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A)])
}

/// WhiteSpace and LineTerminator.
pub fn white_space() -> CharSet {
    CharSet::from_ranges([
        (0x09, 0x0D),
        (0x20, 0x20),
        (0xA0, 0xA0),
        (0x1680, 0x1680),
        (0x2000, 0x200A),
        (0x2028, 0x2029),
        (0x202F, 0x202F),
        (0x205F, 0x205F),
        (0x3000, 0x3000),
        (0xFEFF, 0xFEFF),
    ])
}

/// LineTerminator.
pub fn line_terminators() -> CharSet {
    CharSet::from_ranges([(0x0A, 0x0A), (0x0D, 0x0D), (0x2028, 0x2029)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_forms() {
        use Folding::{Simple, Upper};
        assert_eq!(canonicalize(0x17F, Upper), 0x17F); // upper-cases into ASCII
        assert_eq!(canonicalize(0x17F, Simple), 's' as u32);
        assert_eq!(canonicalize(0x212A, Simple), 'k' as u32);
        assert_eq!(canonicalize(0x212A, Upper), 0x212A);
        assert_eq!(canonicalize(0xDF, Upper), 0xDF); // upper-cases to two characters
        assert_eq!(canonicalize(0x1E9E, Simple), 0xDF);
        assert_eq!(canonicalize(0xB5, Upper), 0x39C);
        assert_eq!(canonicalize(0x10400, Simple), 0x10428);
        let closed = close_over_case(&CharSet::single(0x3BC), Upper);
        assert_eq!(closed.ranges(), [(0xB5, 0xB5), (0x39C, 0x39C), (0x3BC, 0x3BC)]);
        let ascii = close_over_case(&CharSet::from_ranges([(0x61, 0x7A)]), Simple);
        let slow = close_over_case(&CharSet::from_ranges([(0x61, 0x7A), (0x4E00, 0x4E00)]), Simple);
        assert_eq!(ascii, slow.difference(&CharSet::single(0x4E00)));
    }

    #[test]
    fn properties() {
        assert!(property("Script", Some("Grek")).unwrap().contains(0x3B1));
        assert!(property("scx", Some("Greek")).unwrap().contains(0x342));
        assert!(property("Lu", None).unwrap().contains(0x41));
        assert!(property("Letter", None).unwrap().contains(0x61));
        assert!(property("ASCII", None).unwrap().contains(0x61));
        for bad in ["lu", "Script", "Other_Alphabetic", "Block", "Line_Break", ""] {
            assert!(property(bad, None).is_none(), "{bad}");
        }
        assert!(property("Script", Some("greek")).is_none());
        assert_eq!(property_of_strings("RGI_Emoji_Flag_Sequence").unwrap().strings.len(), 259);
        assert_eq!(property_of_strings("RGI_Emoji_ZWJ_Sequence").unwrap().strings.len(), 1400);
    }
}
