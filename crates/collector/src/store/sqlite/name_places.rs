//! The combinations of product, module and feature that occur in facts.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
};

use super::rows::NameRow;

/// The rows of the product, module and feature of a fact.
pub(super) type Names = [Option<NameRow>; 3];

/// Gives each combination an index, in the order of first occurrence.
#[derive(Debug, Default)]
pub(super) struct NamePlaces {
    places: HashMap<Names, usize, BuildHasherDefault<RowHasher>>,
    previous: Option<(Names, usize)>,
}

impl NamePlaces {
    /// The index of a combination.
    #[inline]
    pub(super) fn of(&mut self, names: Names) -> usize {
        if let Some((previous, place)) = self.previous
            && previous == names
        {
            return place;
        }
        let next = self.places.len();
        let place = *self.places.entry(names).or_insert(next);
        self.previous = Some((names, place));
        place
    }

    /// All combinations, ordered by their rows, with their indexes.
    pub(super) fn sorted(self) -> Vec<(Names, usize)> {
        let mut all: Vec<_> = self.places.into_iter().collect();
        all.sort_unstable();
        all
    }
}

/// A hasher for row numbers. The collector assigns row numbers, so nobody can choose many with the
/// same hash. There is a look-up for each fact, and the standard hasher would take as long as
/// everything else that is done with a fact.
#[derive(Debug, Default)]
struct RowHasher(u64);

/// An odd number with as many ones as zeros, as in the hash tables of rustc.
const FACTOR: u64 = 0xf135_7aea_2e62_a9c5;

impl Hasher for RowHasher {
    fn finish(&self) -> u64 {
        // The hash table uses the highest and the lowest bits.
        self.0.rotate_left(26)
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u32((*byte).into()));
    }

    #[inline]
    fn write_u32(&mut self, number: u32) {
        self.0 = self.0.wrapping_add(number.into()).wrapping_mul(FACTOR);
    }

    #[inline]
    fn write_isize(&mut self, number: isize) {
        // The discriminant of an `Option`. It matters only for `None`: a row number implies `Some`.
        self.0 = self.0.wrapping_add(number as u64).wrapping_mul(FACTOR);
    }

    #[inline]
    fn write_usize(&mut self, number: usize) {
        self.write_isize(number as isize);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_combination_keeps_its_place() {
        let row = NameRow::from_number;
        let mut places = NamePlaces::default();
        let all = [
            [row(1), row(2), row(3)],
            [row(2), row(1), row(3)],
            [None, row(2), row(3)],
            [row(2), None, row(3)],
            [None, None, None],
        ];
        for _ in 0..2 {
            let found = all.map(|names| places.of(names));
            assert_eq!(found, [0, 1, 2, 3, 4]);
        }
        let sorted: Vec<_> = places.sorted().into_iter().map(|(_, at)| at).collect();
        assert_eq!(sorted, [4, 2, 0, 3, 1]);
    }
}
