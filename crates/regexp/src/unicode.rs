//! Unicode data: property escapes, case equivalence, identifiers, emoji sequences.

use std::sync::LazyLock;

use crate::charset::{CharSet, MAX_CODE_POINT};

/// What a property escape stands for: single characters and, for properties of strings, sequences.
#[derive(Clone, Debug, Default)]
pub struct PropertySet {
    pub chars: CharSet,
    pub strings: Vec<Vec<u32>>,
}

/// The Unicode Character Database, version 17, as far as it is needed, written by `data/generate.mjs`.
///
/// A line is `kind:names:numbers`; ranges are pairs of base 36 numbers, the gap before a range and its length less one.
const DATA: &str = include_str!("../data/unicode.txt");

/// The numbers of the line of a kind and name.
fn data_line(kind: &str, name: &str) -> Option<impl Iterator<Item = i64> + Clone> {
    let numbers = DATA.lines().find_map(|line| {
        let (names, numbers) = line.strip_prefix(kind)?.strip_prefix(':')?.split_once(':')?;
        names.split('|').any(|n| n == name).then_some(numbers)
    })?;
    Some(numbers.split_ascii_whitespace().map(|n| i64::from_str_radix(n, 36).expect("generated numbers")))
}

fn data_set(kind: &str, name: &str) -> Option<CharSet> {
    let mut numbers = data_line(kind, name)?;
    let mut set = CharSet::new();
    let mut next = 0;
    while let (Some(gap), Some(length)) = (numbers.next(), numbers.next()) {
        let from = next + gap as u32;
        set.add_range(from, from + length as u32);
        next = from + length as u32 + 1;
    }
    Some(set)
}

// UnicodeMatchProperty and UnicodeMatchPropertyValue, ECMA-262 §22.2.1.
/// The set of `\p{name}` or `\p{name=value}`, `None` if there is no such property.
pub fn property(name: &str, value: Option<&str>) -> Option<CharSet> {
    let Some(value) = value else {
        return data_set("gc", name).or_else(|| binary_property(name));
    };
    match name {
        "General_Category" | "gc" => data_set("gc", value),
        "Script" | "sc" => data_set("sc", value),
        "Script_Extensions" | "scx" => data_set("scx", value),
        _ => None,
    }
}

fn binary_property(name: &str) -> Option<CharSet> {
    match name {
        "Any" => Some(CharSet::all(MAX_CODE_POINT)),
        "ASCII" => Some(CharSet::all(0x7F)),
        "Assigned" => Some(data_set("gc", "Cn")?.complement(MAX_CODE_POINT)),
        _ => data_set("binary", name),
    }
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
        basic_emoji(&mut set)?;
    }
    if all || name == "Emoji_Keycap_Sequence" {
        set.strings.extend("#*0123456789".chars().map(|c| vec![c as u32, 0xFE0F, 0x20E3]));
    }
    if all || name == "RGI_Emoji_Modifier_Sequence" {
        for &(lo, hi) in data_set("binary", "Emoji_Modifier_Base")?.ranges() {
            // U+1F46A FAMILY is a modifier base without recommended sequences.
            for base in (lo..=hi).filter(|&c| c != 0x1F46A) {
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
fn basic_emoji(set: &mut PropertySet) -> Option<()> {
    let presentation = data_set("binary", "Emoji_Presentation")?;
    let text = data_set("binary", "Emoji")?.difference(&presentation);
    set.chars.union(&presentation.difference(&data_set("binary", "Regional_Indicator")?));
    for &(lo, hi) in text.ranges() {
        set.strings.extend((lo.max(0x80)..=hi).map(|c| vec![c, 0xFE0F]));
    }
    Some(())
}

/// Whether `c` may begin a group name (RegExpIdentifierStart).
pub fn is_identifier_start(c: u32) -> bool {
    static ID_START: LazyLock<CharSet> = LazyLock::new(|| data_set("binary", "IDS").unwrap_or_default());
    match c {
        0x24 | 0x5F => true,
        0..=0x7F => (c as u8).is_ascii_alphabetic(),
        _ => ID_START.contains(c),
    }
}

/// Whether `c` may continue a group name (RegExpIdentifierPart).
pub fn is_identifier_part(c: u32) -> bool {
    static ID_CONTINUE: LazyLock<CharSet> = LazyLock::new(|| data_set("binary", "IDC").unwrap_or_default());
    match c {
        0x24 | 0x5F | 0x200C | 0x200D => true,
        0..=0x7F => (c as u8).is_ascii_alphanumeric(),
        _ => ID_CONTINUE.contains(c),
    }
}

/// Characters at equal distances that fold by the same difference.
struct FoldRun {
    first: u32,
    last: u32,
    stride: u32,
    difference: i64,
}

// scf(c): CaseFolding.txt, statuses C and S.
fn simple_fold(c: u32) -> u32 {
    static RUNS: LazyLock<Vec<FoldRun>> = LazyLock::new(|| {
        let numbers: Vec<i64> = data_line("fold", "").map_or(Vec::new(), Iterator::collect);
        let run = |n: &[i64]| FoldRun {
            first: n[0] as u32,
            last: (n[0] + (n[1] - 1) * n[2]) as u32,
            stride: n[2] as u32,
            difference: n[3],
        };
        numbers.chunks_exact(4).map(run).collect()
    });
    let index = RUNS.partition_point(|run| run.last < c);
    match RUNS.get(index) {
        Some(run) if run.first <= c && (c - run.first).is_multiple_of(run.stride) => {
            (i64::from(c) + run.difference) as u32
        }
        _ => c,
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
    match folding {
        Folding::Simple => simple_fold(c),
        Folding::Upper if c > 0xFFFF => c,
        Folding::Upper => {
            let Some(ch) = char::from_u32(c) else { return c };
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
        assert_eq!(property_of_strings("RGI_Emoji_ZWJ_Sequence").unwrap().strings.len(), 1614);
    }
}
