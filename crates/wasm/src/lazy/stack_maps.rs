//! Where references lie in frames, as wasmtime finds it in artifacts.
//!
//! wasmtime's own builder (`StackMapSection`) writes a map for each call. In first code a function's locals have one place each, so most calls of a
//! function have the same map: of a Dart program, 10 MB, more than its code.

use std::collections::HashMap;

use wasmtime_environ::obj::ELF_WASMTIME_STACK_MAP;
use wasmtime_environ::object::SectionKind;
use wasmtime_environ::object::write::{Object, StandardSegment};

/// The section of an artifact: how many calls; where they return to, in order; where their maps begin; and the maps. A map is the size of a frame, a
/// number of words, and these: a bit for each four bytes above the stack pointer, from the lowest on.
#[derive(Default)]
pub struct StackMaps {
    returns: Vec<u32>,
    places: Vec<u32>,
    maps: Vec<u32>,
    /// By a map: where it is.
    known: HashMap<Box<[u32]>, u32>,
    /// The map that is being written.
    map: Vec<u32>,
}
impl StackMaps {
    /// Adds a call, behind all that have been: where it returns to in the code, the size of its frame, and the distances of references above the stack pointer,
    /// multiples of 4.
    pub fn push(&mut self, returns_to: u32, frame_size: u32, distances: impl Iterator<Item = u32>) {
        self.map.clear();
        self.map.extend([frame_size, 0]);
        for distance in distances {
            let bit = distance / 4;
            let word = 2 + bit as usize / 32;
            if self.map.len() <= word {
                self.map.resize(word + 1, 0);
            }
            self.map[word] |= 1 << (bit % 32);
        }
        // A call without references has no map.
        if self.map.len() == 2 {
            return;
        }
        self.map[1] = self.map.len() as u32 - 2;
        let place = match self.known.get(&self.map[..]) {
            Some(&place) => place,
            None => {
                let place = self.maps.len() as u32;
                self.maps.extend(&self.map);
                self.known.insert(self.map[..].into(), place);
                place
            }
        };
        self.returns.push(returns_to);
        self.places.push(place);
    }
    /// Puts the section into an artifact.
    pub fn append_to(self, object: &mut Object<'_>) {
        if self.returns.is_empty() {
            return;
        }
        let count = [self.returns.len() as u32];
        let words = count.iter().chain(&self.returns).chain(&self.places).chain(&self.maps);
        let data: Vec<u8> = words.flat_map(|word| word.to_le_bytes()).collect();
        let segment = object.segment_name(StandardSegment::Data).to_vec();
        let name = ELF_WASMTIME_STACK_MAP.as_bytes().to_vec();
        let section = object.add_section(segment, name, SectionKind::ReadOnlyData);
        object.set_section_data(section, data, 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_maps_are_written_once() {
        let mut maps = StackMaps::default();
        maps.push(10, 64, [8, 0, 132].into_iter());
        maps.push(20, 64, [].into_iter());
        maps.push(30, 64, [0, 8, 132].into_iter());
        maps.push(40, 80, [0, 8, 132].into_iter());
        assert_eq!(maps.returns, [10, 30, 40]);
        assert_eq!(maps.places, [0, 0, 4]);
        assert_eq!(maps.maps, [64, 2, 0b101, 0b10, 80, 2, 0b101, 0b10]);
    }
}
