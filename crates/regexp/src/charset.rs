//! Sets of characters as sorted, disjoint, inclusive ranges.

/// The greatest code point.
pub const MAX_CODE_POINT: u32 = 0x10FFFF;

/// A set of code points (or code units) as sorted, disjoint, non-adjacent inclusive ranges.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct CharSet {
    ranges: Vec<(u32, u32)>,
}

impl CharSet {
    /// The empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// The set of one character.
    pub fn single(c: u32) -> Self {
        Self { ranges: vec![(c, c)] }
    }

    /// The set of all characters from 0 to `max`.
    pub fn all(max: u32) -> Self {
        Self { ranges: vec![(0, max)] }
    }

    /// The set of the given inclusive ranges, in any order.
    pub fn from_ranges(ranges: impl IntoIterator<Item = (u32, u32)>) -> Self {
        let mut set = Self { ranges: ranges.into_iter().collect() };
        set.normalize();
        set
    }

    /// The ranges, sorted, disjoint and non-adjacent.
    pub fn ranges(&self) -> &[(u32, u32)] {
        &self.ranges
    }

    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    pub fn contains(&self, c: u32) -> bool {
        let index = self.ranges.partition_point(|&(_, hi)| hi < c);
        self.ranges.get(index).is_some_and(|&(lo, _)| lo <= c)
    }

    /// The only member, if there is exactly one.
    pub fn as_single(&self) -> Option<u32> {
        match self.ranges[..] {
            [(lo, hi)] if lo == hi => Some(lo),
            _ => None,
        }
    }

    /// The two members, if there are exactly two.
    pub fn as_pair(&self) -> Option<(u32, u32)> {
        match self.ranges[..] {
            [(lo, hi)] if lo + 1 == hi => Some((lo, hi)),
            [(a, b), (c, d)] if a == b && c == d => Some((a, c)),
            _ => None,
        }
    }

    /// The greatest member.
    pub fn max(&self) -> Option<u32> {
        self.ranges.last().map(|r| r.1)
    }

    fn normalize(&mut self) {
        if self.ranges.windows(2).all(|w| w[0].1 + 1 < w[1].0) {
            return;
        }
        self.ranges.sort_unstable();
        let mut out: Vec<(u32, u32)> = Vec::with_capacity(self.ranges.len());
        for &(lo, hi) in &self.ranges {
            match out.last_mut() {
                Some(last) if lo <= last.1.saturating_add(1) => last.1 = last.1.max(hi),
                _ => out.push((lo, hi)),
            }
        }
        self.ranges = out;
    }

    /// Adds the characters `lo..=hi`.
    pub fn add_range(&mut self, lo: u32, hi: u32) {
        match self.ranges.last_mut() {
            Some(last) if lo < last.0 => {
                self.ranges.push((lo, hi));
                self.normalize();
            }
            Some(last) if lo <= last.1 + 1 => last.1 = last.1.max(hi),
            _ => self.ranges.push((lo, hi)),
        }
    }

    /// Adds one character.
    pub fn add(&mut self, c: u32) {
        self.add_range(c, c);
    }

    pub fn union(&mut self, other: &CharSet) {
        if !other.is_empty() {
            self.ranges.extend_from_slice(&other.ranges);
            self.normalize();
        }
    }

    /// The characters of `0..=max` that are not in the set.
    pub fn complement(&self, max: u32) -> CharSet {
        let mut out = Vec::with_capacity(self.ranges.len() + 1);
        let mut next = 0;
        for &(lo, hi) in &self.ranges {
            if lo > max {
                break;
            }
            if next < lo {
                out.push((next, lo - 1));
            }
            next = hi + 1;
        }
        if next <= max {
            out.push((next, max));
        }
        CharSet { ranges: out }
    }

    pub fn intersection(&self, other: &CharSet) -> CharSet {
        let (mut i, mut j) = (0, 0);
        let mut out = Vec::new();
        while let (Some(&(a, b)), Some(&(c, d))) = (self.ranges.get(i), other.ranges.get(j)) {
            let (lo, hi) = (a.max(c), b.min(d));
            if lo <= hi {
                out.push((lo, hi));
            }
            if b < d {
                i += 1;
            } else {
                j += 1;
            }
        }
        CharSet { ranges: out }
    }

    pub fn difference(&self, other: &CharSet) -> CharSet {
        self.intersection(&other.complement(MAX_CODE_POINT))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations() {
        let mut set = CharSet::from_ranges([(10, 20), (5, 5), (21, 30)]);
        assert_eq!(set.ranges(), [(5, 5), (10, 30)]);
        set.add_range(0, 3);
        assert_eq!(set.ranges(), [(0, 3), (5, 5), (10, 30)]);
        assert!(set.contains(30) && !set.contains(31) && !set.contains(4));
        assert_eq!(set.complement(40).ranges(), [(4, 4), (6, 9), (31, 40)]);
        let other = CharSet::from_ranges([(2, 12)]);
        assert_eq!(set.intersection(&other).ranges(), [(2, 3), (5, 5), (10, 12)]);
        assert_eq!(set.difference(&other).ranges(), [(0, 1), (13, 30)]);
        assert_eq!(CharSet::from_ranges([(1, 1), (2, 2)]).as_pair(), Some((1, 2)));
    }
}
