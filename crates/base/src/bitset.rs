//! A growable set of small numbers.

/// Set of `usize` with one bit per possible member.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct BitSet {
    words: Vec<u64>,
}

impl BitSet {
    /// Empty set.
    pub fn new() -> BitSet {
        BitSet::default()
    }
    /// Empty set with room for `0..capacity`.
    pub fn with_capacity(capacity: usize) -> BitSet {
        BitSet { words: vec![0; capacity.div_ceil(64)] }
    }
    /// Adds `n`; true if it is new.
    pub fn insert(&mut self, n: usize) -> bool {
        let word = n / 64;
        if word >= self.words.len() {
            self.words.resize(word + 1, 0);
        }
        let before = self.words[word];
        self.words[word] |= 1 << (n % 64);
        before != self.words[word]
    }
    /// Removes `n`; true if it was a member.
    pub fn remove(&mut self, n: usize) -> bool {
        match self.words.get_mut(n / 64) {
            Some(word) => {
                let before = *word;
                *word &= !(1 << (n % 64));
                before != *word
            }
            None => false,
        }
    }
    /// Is `n` a member?
    pub fn contains(&self, n: usize) -> bool {
        self.words.get(n / 64).is_some_and(|w| w >> (n % 64) & 1 != 0)
    }
    /// Adds all of `other`; true if that added anything.
    pub fn union_with(&mut self, other: &BitSet) -> bool {
        if self.words.len() < other.words.len() {
            self.words.resize(other.words.len(), 0);
        }
        let mut changed = false;
        for (a, b) in self.words.iter_mut().zip(&other.words) {
            changed |= b & !*a != 0;
            *a |= b;
        }
        changed
    }
    /// Removes all.
    pub fn clear(&mut self) {
        self.words.fill(0);
    }
    /// No members.
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|&w| w == 0)
    }
    /// Number of members.
    pub fn count(&self) -> usize {
        self.words.iter().map(|w| w.count_ones() as usize).sum()
    }
    /// Members, ascending.
    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.words.iter().enumerate().flat_map(|(i, &word)| {
            let mut rest = word;
            std::iter::from_fn(move || {
                let bit = (rest != 0).then(|| rest.trailing_zeros() as usize)?;
                rest &= rest - 1;
                Some(i * 64 + bit)
            })
        })
    }
}

impl std::fmt::Debug for BitSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl FromIterator<usize> for BitSet {
    fn from_iter<I: IntoIterator<Item = usize>>(iter: I) -> Self {
        let mut set = BitSet::new();
        for n in iter {
            set.insert(n);
        }
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members() {
        let mut a: BitSet = [3, 64, 200].into_iter().collect();
        assert!(!a.insert(64) && a.insert(65) && a.remove(3) && !a.remove(3) && !a.remove(9999));
        assert_eq!(a.iter().collect::<Vec<_>>(), [64, 65, 200]);
        let mut b = BitSet::with_capacity(10);
        assert!(b.is_empty() && b.union_with(&a) && !b.union_with(&a));
        assert_eq!(b.count(), 3);
        assert!(b.contains(200) && !b.contains(201) && !b.contains(100_000));
    }
}
