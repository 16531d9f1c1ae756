//! A slab whose keys carry a generation, so that a stale key finds nothing.

pub(crate) struct Slots<T> {
    entries: Vec<(u32, Option<T>)>,
    free: Vec<u32>,
}

impl<T> Slots<T> {
    pub(crate) const fn new() -> Slots<T> {
        Slots { entries: Vec::new(), free: Vec::new() }
    }

    /// Stores `value`; the key holds the index in its low half and the generation in its high half.
    pub(crate) fn insert(&mut self, value: T) -> u64 {
        let index = match self.free.pop() {
            Some(index) => index,
            None => {
                self.entries.push((0, None));
                (self.entries.len() - 1) as u32
            }
        };
        let entry = &mut self.entries[index as usize];
        entry.1 = Some(value);
        key(index, entry.0)
    }

    pub(crate) fn get(&self, key: u64) -> Option<&T> {
        let entry = self.entries.get(key as u32 as usize)?;
        if entry.0 == (key >> 32) as u32 { entry.1.as_ref() } else { None }
    }

    pub(crate) fn get_mut(&mut self, key: u64) -> Option<&mut T> {
        let entry = self.entries.get_mut(key as u32 as usize)?;
        if entry.0 == (key >> 32) as u32 { entry.1.as_mut() } else { None }
    }

    pub(crate) fn remove(&mut self, key: u64) -> Option<T> {
        let entry = self.entries.get_mut(key as u32 as usize)?;
        if entry.0 != (key >> 32) as u32 {
            return None;
        }
        let value = entry.1.take()?;
        // Half of the generations are never used: keys above `u64::MAX >> 1` are left to internal event sources.
        entry.0 = (entry.0 + 1) & 0x7fff_ffff;
        self.free.push(key as u32);
        Some(value)
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len() - self.free.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, &T)> {
        self.entries
            .iter()
            .enumerate()
            .filter_map(|(index, entry)| Some((key(index as u32, entry.0), entry.1.as_ref()?)))
    }
}

fn key(index: u32, generation: u32) -> u64 {
    (generation as u64) << 32 | index as u64
}
