//! Sets of row numbers, to count what is distinct.

/// A set of numbers below a bound. It starts as a list and becomes a bitmap
/// once that is smaller, so that a hundred thousand small sets and a few large
/// ones both fit into memory.
#[derive(Debug, Clone)]
pub struct Distinct {
    /// Numbers up to this one may come.
    max: u32,
    set: Set,
}

#[derive(Debug, Clone)]
enum Set {
    List {
        /// Without order; what is in the first `sorted` has no repetition.
        numbers: Vec<u32>,
        /// Length at which the list is sorted next.
        tidy_at: usize,
    },
    Bitmap(Vec<u64>),
}

const FIRST_TIDY: usize = 64;

impl Distinct {
    /// An empty set for numbers up to `max`.
    pub fn up_to(max: u32) -> Self {
        Distinct {
            max,
            set: Set::List {
                numbers: Vec::new(),
                tidy_at: FIRST_TIDY,
            },
        }
    }

    /// Adds a number; adding it again changes nothing.
    #[inline]
    pub fn insert(&mut self, number: u32) {
        match &mut self.set {
            Set::Bitmap(words) => mark(words, number),
            Set::List { numbers, tidy_at } => {
                // Facts come in order of user and session, so most repetitions
                // follow at once.
                if numbers.last() != Some(&number) {
                    numbers.push(number);
                    if numbers.len() >= *tidy_at {
                        self.tidy();
                    }
                }
            }
        }
    }

    #[cold]
    fn tidy(&mut self) {
        let Set::List { numbers, tidy_at } = &mut self.set else {
            return;
        };
        numbers.sort_unstable();
        numbers.dedup();
        *tidy_at = (2 * numbers.len()).max(FIRST_TIDY);
        let words = self.max as usize / 64 + 1;
        if numbers.len() * size_of::<u32>() > words * size_of::<u64>() {
            let mut bitmap = vec![0; words];
            for number in numbers {
                mark(&mut bitmap, *number);
            }
            self.set = Set::Bitmap(bitmap);
        }
    }

    /// How many different numbers were added.
    pub fn count(mut self) -> i64 {
        self.tidy();
        match self.set {
            Set::List { numbers, .. } => numbers.len() as i64,
            Set::Bitmap(words) => words.iter().map(|word| i64::from(word.count_ones())).sum(),
        }
    }
}

#[inline]
fn mark(words: &mut Vec<u64>, number: u32) {
    let at = number as usize / 64;
    // Beyond the bound only where the bound was wrong; right beats fast then.
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
