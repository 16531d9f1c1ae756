//! Ranges of numbers: PartitionNumberRangePattern, ECMA-402 §16.5.21.

use super::format::NumberFormatter;
use super::tables;
use super::value::Mathematical;
use crate::class::Part;

const START: &str = "startRange";
const END: &str = "endRange";
const SHARED: &str = "shared";

fn length(parts: &[Part]) -> usize {
    parts.iter().map(|(_, text)| text.chars().count()).sum()
}
fn push(out: &mut Vec<(Part, &'static str)>, parts: &[Part], source: &'static str) {
    out.extend(parts.iter().map(|part| (part.clone(), source)));
}
/// The parts of a range, each with its source. What stands around both numbers is written once if it is the same and
/// longer than a character.
pub fn parts(f: &NumberFormatter, x: &Mathematical, y: &Mathematical) -> Vec<(Part, &'static str)> {
    let (before_x, digits_x, after_x) = f.affixes(x);
    let (before_y, digits_y, after_y) = f.affixes(y);
    let mut out = Vec::new();
    if before_x == before_y && digits_x == digits_y && after_x == after_y {
        // FormatApproximately ( numberFormat, result ), ECMA-402 §16.5.22
        let sign = ("approximatelySign", tables::approximately(&f.id).to_string());
        // The sign is where that of the number is, or would be.
        let at = before_x.iter().position(|(kind, _)| *kind == "minusSign" || *kind == "plusSign");
        let at = at.unwrap_or(0);
        push(&mut out, &before_x[..at], SHARED);
        out.push((sign, SHARED));
        push(&mut out, &before_x[at..], SHARED);
        push(&mut out, &digits_x, SHARED);
        push(&mut out, &after_x, SHARED);
        return out;
    }
    // Affixes, signs among them, are written once if they are the same for both and longer than a character.
    let collapsible = before_x == before_y && after_x == after_y;
    let shared = collapsible && length(&before_x) + length(&after_x) > 1;
    let plain = before_x.is_empty() && before_y.is_empty() && after_x.is_empty() && after_y.is_empty();
    let repeated = !plain && !shared;
    let separator = tables::range_separator(&f.id);
    let separator = if repeated && !separator.starts_with(char::is_whitespace) {
        format!(" {separator} ")
    } else {
        separator.to_string()
    };
    push(&mut out, &before_x, if shared { SHARED } else { START });
    push(&mut out, &digits_x, START);
    if !shared {
        push(&mut out, &after_x, START);
    }
    out.push((("literal", separator), SHARED));
    if !shared {
        push(&mut out, &before_y, END);
    }
    push(&mut out, &digits_y, END);
    push(&mut out, &after_y, if shared { SHARED } else { END });
    out
}
