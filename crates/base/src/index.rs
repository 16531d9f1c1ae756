//! Typed ids and vectors indexed by them.

use std::marker::PhantomData;
use std::ops::{Deref, DerefMut, Index, IndexMut};

/// A number that names an item of one [`IndexVec`]. Make one with [`define_id!`](crate::define_id).
pub trait Id: Copy + Eq {
    /// From a position.
    fn from_index(index: usize) -> Self;
    /// The position.
    fn index(self) -> usize;
}

/// Defines a 32-bit id type: `define_id!(/** Names a block. */ pub BlockId);`
#[macro_export]
macro_rules! define_id {
    ($(#[$meta:meta])* $visibility:vis $name:ident) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        $visibility struct $name(pub u32);
        impl $crate::index::Id for $name {
            #[inline]
            fn from_index(index: usize) -> Self {
                assert!(index <= u32::MAX as usize, "too many items");
                $name(index as u32)
            }
            #[inline]
            fn index(self) -> usize {
                self.0 as usize
            }
        }
    };
}

/// A vector whose positions are ids of type `I`.
#[derive(Clone, PartialEq, Eq)]
pub struct IndexVec<I, T> {
    items: Vec<T>,
    id: PhantomData<fn(I) -> I>,
}

impl<I: Id, T> IndexVec<I, T> {
    /// Empty.
    pub fn new() -> Self {
        IndexVec { items: Vec::new(), id: PhantomData }
    }
    /// Appends; the id of the new item.
    pub fn push(&mut self, item: T) -> I {
        let id = I::from_index(self.items.len());
        self.items.push(item);
        id
    }
    /// The id the next push will return.
    pub fn next_id(&self) -> I {
        I::from_index(self.items.len())
    }
    /// The item, if there is one.
    pub fn get(&self, id: I) -> Option<&T> {
        self.items.get(id.index())
    }
    /// All ids.
    pub fn ids(&self) -> impl DoubleEndedIterator<Item = I> + ExactSizeIterator + use<I, T> {
        (0..self.items.len()).map(I::from_index)
    }
    /// Ids and items.
    pub fn iter_ids(&self) -> impl DoubleEndedIterator<Item = (I, &T)> {
        self.items.iter().enumerate().map(|(i, item)| (I::from_index(i), item))
    }
    /// Removes all from position `length` on.
    pub fn truncate(&mut self, length: usize) {
        self.items.truncate(length);
    }
    /// The plain vector.
    pub fn into_vec(self) -> Vec<T> {
        self.items
    }
}

impl<I: Id, T> Default for IndexVec<I, T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<I, T> From<Vec<T>> for IndexVec<I, T> {
    fn from(items: Vec<T>) -> Self {
        IndexVec { items, id: PhantomData }
    }
}

impl<I: Id, T> FromIterator<T> for IndexVec<I, T> {
    fn from_iter<S: IntoIterator<Item = T>>(iter: S) -> Self {
        Vec::from_iter(iter).into()
    }
}

impl<I: Id, T> Index<I> for IndexVec<I, T> {
    type Output = T;
    #[inline]
    fn index(&self, id: I) -> &T {
        &self.items[id.index()]
    }
}

impl<I: Id, T> IndexMut<I> for IndexVec<I, T> {
    #[inline]
    fn index_mut(&mut self, id: I) -> &mut T {
        &mut self.items[id.index()]
    }
}

impl<I, T> Deref for IndexVec<I, T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &self.items
    }
}

impl<I, T> DerefMut for IndexVec<I, T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.items
    }
}

impl<I, T: std::fmt::Debug> std::fmt::Debug for IndexVec<I, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.items.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    define_id!(
        /// Test id.
        TestId
    );

    #[test]
    fn typed_access() {
        let mut v: IndexVec<TestId, &str> = IndexVec::new();
        let (a, b) = (v.push("a"), v.push("b"));
        assert_eq!((v[a], v[b], v.len(), v.next_id()), ("a", "b", 2, TestId(2)));
        v[a] = "c";
        assert_eq!(v.ids().map(|i| v[i]).collect::<String>(), "cb");
        assert_eq!(v.get(TestId(5)), None);
    }
}
