//! Tests whether a character belongs to a set: by comparisons if few do, by table otherwise.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I8, I32, I64};
use cranelift_codegen::ir::{self, BlockArg, InstBuilder};
use spey_regexp::charset::MAX_CODE_POINT;
use spey_regexp::program::{CompiledSet, PEEK_OTHER, PeekTable};

use super::lower::{Lower, trusted};
use super::{Width, field};

/// Ranges that are compared one by one.
const MAX_COMPARISONS: usize = 3;

/// Where to go, and with what.
pub type Edge = (ir::Block, Vec<BlockArg>);

/// A set of characters, seen from machine code.
pub struct Set {
    /// Sorted, disjoint, non-adjacent ranges.
    ranges: Vec<(u32, u32)>,
    /// A table of 256 bytes, and the bits that mean membership.
    table: u64,
    mask: u8,
    /// The index of the set for the helper, if it may be needed.
    index: u32,
}

impl Set {
    /// A set of the program.
    pub fn of_program(set: &CompiledSet, index: u32) -> Set {
        let mut ranges = ranges_of(|c| set.latin1[c]);
        ranges.extend(&set.high);
        Set { ranges: joined(ranges), table: set.latin1.as_ptr() as u64, mask: 0xFF, index }
    }

    /// The characters for which a table of what may follow has a bit.
    pub fn of_peek(table: &PeekTable, mask: u8) -> Set {
        let mut ranges = ranges_of(|c| table[c] & mask != 0);
        if table[PEEK_OTHER] & mask != 0 {
            ranges.push((256, MAX_CODE_POINT));
        }
        Set { ranges: joined(ranges), table: table.as_ptr() as u64, mask, index: 0 }
    }

    /// The ranges of what can occur in a text.
    fn ranges_up_to(&self, max: u32) -> Vec<(u32, u32)> {
        self.ranges.iter().filter(|r| r.0 <= max).map(|r| (r.0, r.1.min(max))).collect()
    }
}

fn ranges_of(contains: impl Fn(usize) -> bool) -> Vec<(u32, u32)> {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for c in 0..256 {
        match ranges.last_mut() {
            _ if !contains(c) => {}
            Some(last) if last.1 + 1 == c as u32 => last.1 += 1,
            _ => ranges.push((c as u32, c as u32)),
        }
    }
    ranges
}

/// Joins ranges that touch.
fn joined(ranges: Vec<(u32, u32)>) -> Vec<(u32, u32)> {
    let mut out: Vec<(u32, u32)> = Vec::new();
    for (lo, hi) in ranges {
        match out.last_mut() {
            Some(last) if last.1 + 1 == lo => last.1 = hi,
            _ => out.push((lo, hi)),
        }
    }
    out
}

fn complement(ranges: &[(u32, u32)], max: u32) -> Vec<(u32, u32)> {
    let mut out = Vec::new();
    let mut next = 0;
    for &(lo, hi) in ranges {
        if next < lo {
            out.push((next, lo - 1));
        }
        next = hi + 1;
    }
    if next <= max {
        out.push((next, max));
    }
    out
}

impl Lower<'_, '_> {
    /// Ends the block: goes to `yes` if the set has the character `c`, to `no` if not.
    pub fn branch_on_set(&mut self, c: ir::Value, set: &Set, yes: &Edge, no: &Edge) {
        let max = self.max_char();
        let ranges = set.ranges_up_to(max);
        if ranges.len() <= MAX_COMPARISONS {
            return self.branch_on_ranges(c, &ranges, yes, no);
        }
        let others = complement(&ranges, max);
        if others.len() <= MAX_COMPARISONS {
            return self.branch_on_ranges(c, &others, no, yes);
        }
        if self.width == Width::Utf16 {
            let low = self.b.create_block();
            let high = self.b.create_block();
            let is_low = self.b.ins().icmp_imm_u(IntCC::UnsignedLessThan, c, 256);
            self.b.ins().brif(is_low, low, &[], high, &[]);
            self.b.switch_to_block(high);
            let high_ranges: Vec<(u32, u32)> =
                ranges.iter().filter(|r| r.1 > 255).map(|r| (r.0.max(256), r.1)).collect();
            let high_others = complement(&high_ranges, max);
            if high_ranges.len() <= MAX_COMPARISONS {
                self.branch_on_ranges(c, &high_ranges, yes, no);
            } else if high_others.len() <= MAX_COMPARISONS {
                self.branch_on_ranges(c, &high_others, no, yes);
            } else {
                let index = self.b.ins().iconst(I64, i64::from(set.index));
                let c = self.b.ins().uextend(I64, c);
                let found = self.call(field::CONTAINS, index, c);
                self.b.ins().brif(found, yes.0, &yes.1, no.0, &no.1);
            }
            self.b.switch_to_block(low);
        }
        let table = self.b.ins().iconst(I64, set.table as i64);
        let index = self.b.ins().uextend(I64, c);
        let address = self.b.ins().iadd(table, index);
        let entry = self.b.ins().load(I8, trusted(), address, 0);
        let entry =
            if set.mask == 0xFF { entry } else { self.b.ins().band_imm_u(entry, i64::from(set.mask)) };
        self.b.ins().brif(entry, yes.0, &yes.1, no.0, &no.1);
    }

    fn branch_on_ranges(&mut self, c: ir::Value, ranges: &[(u32, u32)], yes: &Edge, no: &Edge) {
        match ranges {
            [] => {
                self.b.ins().jump(no.0, &no.1);
            }
            [(0, hi)] if *hi >= self.max_char() => {
                self.b.ins().jump(yes.0, &yes.1);
            }
            _ => {
                let found = self.in_ranges(c, ranges);
                self.b.ins().brif(found, yes.0, &yes.1, no.0, &no.1);
            }
        }
    }

    /// Whether `c` is in one of the ranges, of which there is at least one.
    pub fn in_ranges(&mut self, c: ir::Value, ranges: &[(u32, u32)]) -> ir::Value {
        let mut found = None;
        for &(lo, hi) in ranges {
            let test = if lo == hi {
                self.b.ins().icmp_imm_u(IntCC::Equal, c, i64::from(lo))
            } else {
                let offset = if lo == 0 { c } else { self.b.ins().iadd_imm_s(c, -i64::from(lo)) };
                self.b.ins().icmp_imm_u(IntCC::UnsignedLessThanOrEqual, offset, i64::from(hi - lo))
            };
            found = Some(match found {
                Some(found) => self.b.ins().bor(found, test),
                None => test,
            });
        }
        found.unwrap_or_else(|| self.b.ins().iconst(I8, 0))
    }

    /// The greatest character that can occur.
    fn max_char(&self) -> u32 {
        match self.width {
            Width::Latin1 => 0xFF,
            Width::Utf16 if self.has_pairs => MAX_CODE_POINT,
            Width::Utf16 => 0xFFFF,
        }
    }

    /// Whether a unit, or none at the end of the text, is a word character. `folded`: case-insensitive Unicode matching.
    pub fn is_word(&mut self, c: ir::Value, folded: bool) -> ir::Value {
        // Digits, letters with the case bit set, underscore.
        let digit = self.in_ranges(c, &[(u32::from(b'0'), u32::from(b'9'))]);
        let lower = self.b.ins().bor_imm_u(c, 0x20);
        let letter = self.in_ranges(lower, &[(u32::from(b'a'), u32::from(b'z'))]);
        let other = if folded && self.width == Width::Utf16 {
            self.in_ranges(c, &[(0x5F, 0x5F), (0x17F, 0x17F), (0x212A, 0x212A)])
        } else {
            self.in_ranges(c, &[(0x5F, 0x5F)])
        };
        let word = self.b.ins().bor(digit, letter);
        self.b.ins().bor(word, other)
    }

    /// A helper's answer.
    pub fn call(&mut self, helper: i32, a: ir::Value, b: ir::Value) -> ir::Value {
        let address = self.b.ins().load(I64, trusted(), self.frame, helper);
        let call = self.b.ins().call_indirect(self.helper, address, &[self.frame, a, b]);
        self.b.inst_results(call)[0]
    }

    /// A constant of 32 bits.
    pub fn imm32(&mut self, n: u32) -> ir::Value {
        self.b.ins().iconst(I32, i64::from(n as i32))
    }
}
