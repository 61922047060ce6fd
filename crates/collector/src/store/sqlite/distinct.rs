//! Sets of row numbers, for counting distinct users and sessions.

/// A set of numbers. It starts as a list and becomes a bitmap once that is smaller, so that a
/// hundred thousand small sets and a few large ones fit into memory.
#[derive(Debug, Clone)]
pub struct Distinct(Set);

#[derive(Debug, Clone)]
enum Set {
    List {
        /// The numbers, unsorted, possibly repeated.
        numbers: Vec<u32>,
        /// Length of the list at which it is deduplicated next.
        dedup_at: usize,
    },
    Bitmap(Vec<u64>),
}

const FIRST_DEDUP: usize = 64;

/// A growing bitmap becomes a list again when it would take this many times the bytes of a list.
const SPARSE: usize = 8;

impl Default for Distinct {
    fn default() -> Self {
        Distinct(Set::List {
            numbers: Vec::new(),
            dedup_at: FIRST_DEDUP,
        })
    }
}

impl Distinct {
    /// Adds a number. Adding it again has no effect.
    #[inline]
    pub fn insert(&mut self, number: u32) {
        match &mut self.0 {
            Set::Bitmap(words) => match words.get_mut(number as usize / 64) {
                Some(word) => *word |= 1 << (number % 64),
                None => self.grow(number),
            },
            Set::List { numbers, dedup_at } => {
                // Facts are sorted by user and session, so most repetitions are adjacent.
                if numbers.last() != Some(&number) {
                    numbers.push(number);
                    if numbers.len() >= *dedup_at {
                        self.dedup();
                    }
                }
            }
        }
    }

    /// Adds the numbers of another set.
    pub fn extend(&mut self, other: &Distinct) {
        match &other.0 {
            Set::List { numbers, .. } => numbers.iter().for_each(|number| self.insert(*number)),
            Set::Bitmap(others) => {
                if let Set::Bitmap(words) = &mut self.0 {
                    words.resize(words.len().max(others.len()), 0);
                    for (word, other) in words.iter_mut().zip(others) {
                        *word |= other;
                    }
                } else {
                    let few = std::mem::replace(self, other.clone());
                    self.extend(&few);
                }
            }
        }
    }

    #[cold]
    fn dedup(&mut self) {
        let Set::List { numbers, dedup_at } = &mut self.0 else {
            return;
        };
        numbers.sort_unstable();
        numbers.dedup();
        *dedup_at = (2 * numbers.len()).max(FIRST_DEDUP);
        let words = numbers.last().map_or(0, |last| *last as usize / 64 + 1);
        if size_of_val(&numbers[..]) > words * size_of::<u64>() {
            let mut bitmap = vec![0; words];
            for number in numbers {
                bitmap[*number as usize / 64] |= 1 << (*number % 64);
            }
            self.0 = Set::Bitmap(bitmap);
        }
    }

    /// Makes room in a bitmap for a number beyond its end, and adds it.
    #[cold]
    fn grow(&mut self, number: u32) {
        let Set::Bitmap(words) = &mut self.0 else {
            return;
        };
        let needed = number as usize / 64 + 1;
        let numbers: usize = words.iter().map(|word| word.count_ones() as usize).sum();
        if needed * size_of::<u64>() <= SPARSE * (numbers + 1) * size_of::<u32>() {
            // Reserve more than needed, so that consecutive numbers do not each cause this check.
            words.resize(needed + needed / 2, 0);
            words[needed - 1] |= 1 << (number % 64);
            return;
        }
        let mut list = Vec::with_capacity(2 * numbers);
        for (at, word) in words.iter().enumerate() {
            let bits = (0..64).filter(|bit| word >> bit & 1 == 1);
            list.extend(bits.map(|bit| at as u32 * 64 + bit));
        }
        list.push(number);
        self.0 = Set::List {
            dedup_at: (2 * list.len()).max(FIRST_DEDUP),
            numbers: list,
        };
    }

    /// Counts the distinct numbers.
    pub fn count(mut self) -> i64 {
        self.dedup();
        match self.0 {
            Set::List { numbers, .. } => numbers.len() as i64,
            Set::Bitmap(words) => words.iter().map(|word| i64::from(word.count_ones())).sum(),
        }
    }
}

/// Assigns consecutive numbers to rows as they are encountered. The facts of an account are read
/// together, so rows that belong together get similar numbers. Sets of these numbers are small, and
/// adding to many sets touches little memory.
#[derive(Debug, Default)]
pub struct Numbering {
    /// For each row, its number plus one; 0 for none yet.
    numbers: Vec<u32>,
    next: u32,
}

impl Numbering {
    /// The number of a row.
    #[inline]
    pub fn of(&mut self, row: u32) -> u32 {
        match self.numbers.get(row as usize) {
            Some(&number) if number > 0 => number - 1,
            _ => self.add(row),
        }
    }

    #[cold]
    fn add(&mut self, row: u32) -> u32 {
        let place = row as usize;
        if place >= self.numbers.len() {
            self.numbers.resize(place + 1 + place / 2, 0);
        }
        self.next += 1;
        self.numbers[place] = self.next;
        self.next - 1
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    fn numbers() -> impl Strategy<Value = Vec<u32>> {
        let near = proptest::collection::vec(0..3000u32, 0..3000);
        let far = proptest::collection::vec(0..3_000_000u32, 0..300);
        (near, far, any::<bool>()).prop_map(|(mut near, far, is_sorted)| {
            near.extend(far);
            if is_sorted {
                near.sort_unstable();
            }
            near
        })
    }

    fn set(numbers: &[u32]) -> Distinct {
        let mut distinct = Distinct::default();
        numbers.iter().for_each(|number| distinct.insert(*number));
        distinct
    }

    proptest! {
        #[test]
        fn it_counts_what_a_hash_set_counts(one in numbers(), other in numbers()) {
            let count = |numbers: &[u32]| numbers.iter().collect::<HashSet<_>>().len() as i64;
            prop_assert_eq!(set(&one).count(), count(&one));
            let mut both = set(&one);
            both.extend(&set(&other));
            prop_assert_eq!(both.count(), count(&[one, other].concat()));
        }

        #[test]
        fn a_row_keeps_its_number(rows in proptest::collection::vec(0..500u32, 0..500)) {
            let mut numbering = Numbering::default();
            let numbers: Vec<_> = rows.iter().map(|row| numbering.of(*row)).collect();
            let mut order = Vec::new();
            for (row, number) in rows.iter().zip(numbers) {
                if !order.contains(row) {
                    order.push(*row);
                }
                prop_assert_eq!(order[number as usize], *row);
            }
        }
    }

    #[test]
    fn a_number_far_beyond_the_others_takes_little_memory() {
        let near: Vec<u32> = (0..1000).collect();
        let mut distinct = set(&near);
        assert!(matches!(distinct.0, Set::Bitmap(_)));
        distinct.insert(u32::MAX);
        assert!(matches!(&distinct.0, Set::List { numbers, .. } if numbers.len() == 1001));
        assert_eq!(distinct.count(), 1001);
    }
}
