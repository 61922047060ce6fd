//! Sets of row numbers, for counting distinct users and sessions.

/// A set of numbers up to a bound. It starts as a list and becomes a bitmap once
/// that is smaller, so that a hundred thousand small sets and a few large ones
/// fit into memory.
#[derive(Debug, Clone)]
pub struct Distinct {
    /// The largest number that is expected.
    max: u32,
    set: Set,
}

#[derive(Debug, Clone)]
enum Set {
    List {
        /// The numbers, unsorted, with repetitions.
        numbers: Vec<u32>,
        /// Length at which the list is deduplicated next.
        dedup_at: usize,
    },
    Bitmap(Vec<u64>),
}

const FIRST_DEDUP: usize = 64;

impl Distinct {
    /// Makes an empty set for numbers up to `max`.
    pub fn up_to(max: u32) -> Self {
        Distinct {
            max,
            set: Set::List {
                numbers: Vec::new(),
                dedup_at: FIRST_DEDUP,
            },
        }
    }

    /// Adds a number; adding it again changes nothing.
    #[inline]
    pub fn insert(&mut self, number: u32) {
        match &mut self.set {
            Set::Bitmap(words) => mark(words, number),
            Set::List { numbers, dedup_at } => {
                // Facts are sorted by user and session, so most repetitions follow
                // each other.
                if numbers.last() != Some(&number) {
                    numbers.push(number);
                    if numbers.len() >= *dedup_at {
                        self.dedup();
                    }
                }
            }
        }
    }

    #[cold]
    fn dedup(&mut self) {
        let Set::List { numbers, dedup_at } = &mut self.set else {
            return;
        };
        numbers.sort_unstable();
        numbers.dedup();
        *dedup_at = (2 * numbers.len()).max(FIRST_DEDUP);
        let words = self.max as usize / 64 + 1;
        if numbers.len() * size_of::<u32>() > words * size_of::<u64>() {
            let mut bitmap = vec![0; words];
            for number in numbers {
                mark(&mut bitmap, *number);
            }
            self.set = Set::Bitmap(bitmap);
        }
    }

    /// Counts the different numbers.
    pub fn count(mut self) -> i64 {
        self.dedup();
        match self.set {
            Set::List { numbers, .. } => numbers.len() as i64,
            Set::Bitmap(words) => words.iter().map(|word| i64::from(word.count_ones())).sum(),
        }
    }
}

#[inline]
fn mark(words: &mut Vec<u64>, number: u32) {
    let at = number as usize / 64;
    // A number beyond the bound is counted correctly, too, although slowly.
    if at >= words.len() {
        words.resize(at + 1, 0);
    }
    words[at] |= 1 << (number % 64);
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_counts_what_a_hash_set_counts(
            numbers in proptest::collection::vec(0..3000u32, 0..3000),
            max in prop_oneof![Just(3000u32), Just(1_000_000u32), Just(10u32)],
        ) {
            let mut distinct = Distinct::up_to(max);
            for number in &numbers {
                distinct.insert(*number);
            }
            let naive: HashSet<_> = numbers.into_iter().collect();
            prop_assert_eq!(distinct.count(), naive.len() as i64);
        }
    }
}
