//! Rules of the account tree.

use std::{collections::HashMap, fmt};

/// A cycle of accounts. Each id is followed by that of its parent, and the
/// first id is also the last. A long one is named by its two ends, since it may run
/// through a hundred thousand levels, and there may be many of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cycle {
    /// Its first ids.
    pub start: Vec<String>,
    /// Number of ids that are left out.
    pub between: usize,
    /// Its last ids.
    pub end: Vec<String>,
}

impl Cycle {
    /// Ids at each end of a long cycle.
    pub const SHOWN: usize = 8;

    /// The cycle of an account that would be its own parent.
    pub fn of_itself(account_id: &str) -> Self {
        let nobody = WayUp::over(Vec::new(), 0);
        Cycle::along(account_id, nobody)
    }

    /// The cycle of an account and what would lie above it: the way from its new parent
    /// up to the account below it.
    pub fn along(account_id: &str, above: WayUp<String>) -> Self {
        let mut start = vec![account_id.to_owned()];
        start.extend(above.first);
        let mut end = above.last;
        end.push(account_id.to_owned());
        Cycle {
            start,
            between: above.between,
            end,
        }
    }
}

/// The accounts on a way up in the tree, of which a long one names its two ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WayUp<A> {
    /// The lowest; all of a short way.
    pub first: Vec<A>,
    /// Number of accounts that are left out.
    pub between: usize,
    /// The highest.
    pub last: Vec<A>,
}

impl<A> WayUp<A> {
    /// The way over some accounts, the lowest first, with at most so many at each end.
    pub fn over(mut accounts: Vec<A>, most: usize) -> Self {
        let between = accounts.len().saturating_sub(2 * most);
        let last = match between {
            0 => Vec::new(),
            _ => accounts.split_off(most + between),
        };
        if between > 0 {
            accounts.truncate(most);
        }
        WayUp {
            first: accounts,
            between,
            last,
        }
    }

    /// The accounts that are named.
    pub fn named(&self) -> impl Iterator<Item = &A> {
        self.first.iter().chain(&self.last)
    }

    /// The same way, with what stands for each account.
    ///
    /// # Errors
    /// The first of `named`.
    pub fn try_map<B, E>(self, mut named: impl FnMut(A) -> Result<B, E>) -> Result<WayUp<B>, E> {
        let mut all = |accounts: Vec<A>| -> Result<Vec<B>, E> {
            accounts.into_iter().map(&mut named).collect()
        };
        Ok(WayUp {
            first: all(self.first)?,
            between: self.between,
            last: all(self.last)?,
        })
    }
}

impl fmt::Display for Cycle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.start.join(" → "))?;
        if self.between > 0 {
            write!(f, " → … {} more …", self.between)?;
        }
        write!(f, " → {}", self.end.join(" → "))
    }
}

/// Returns the order in which the records of a bulk call must be applied:
/// parents before their children.
///
/// In this order, any tree can be changed into any other without a cycle on
/// the way: when an account gets its parent, all ancestors of that parent are
/// already in place. So clients may send records in any order, and a record
/// that makes a cycle even so is rejected rightly.
///
/// `records` are pairs of an id and the id of the requested parent.
pub fn parents_first(records: &[(&str, Option<&str>)]) -> Vec<usize> {
    let mut at: HashMap<&str, usize> = HashMap::new();
    for (index, (id, _)) in records.iter().enumerate() {
        at.entry(id).or_insert(index);
    }
    let mut order = Vec::with_capacity(records.len());
    let mut is_taken = vec![false; records.len()];
    for start in 0..records.len() {
        let mut upwards = Vec::new();
        let mut next = Some(start);
        while let Some(index) = next.filter(|index| !is_taken[*index]) {
            is_taken[index] = true;
            upwards.push(index);
            next = records[index].1.and_then(|parent| at.get(parent)).copied();
        }
        order.extend(upwards.into_iter().rev());
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parents_come_before_their_children() {
        let records = [("c", Some("b")), ("b", Some("a")), ("x", None), ("a", None)];
        assert_eq!(parents_first(&records), [3, 1, 0, 2]);
    }

    #[test]
    fn a_cycle_or_a_repeated_record_loses_none() {
        let records = [("a", Some("b")), ("b", Some("a")), ("a", Some("c"))];
        let mut order = parents_first(&records);
        order.sort_unstable();
        assert_eq!(order, [0, 1, 2]);
    }

    #[test]
    fn a_chain_of_a_hundred_thousand_needs_no_deep_stack() {
        let ids: Vec<String> = (0..100_000).map(|n| n.to_string()).collect();
        let records: Vec<_> = ids
            .iter()
            .enumerate()
            .map(|(n, id)| (id.as_str(), ids.get(n + 1).map(String::as_str)))
            .collect();
        assert_eq!(parents_first(&records)[0], 99_999);
    }

    #[test]
    fn a_cycle_goes_up_from_an_account_and_ends_at_it() {
        let way = |length: usize| WayUp::over((0..length).map(|n| n.to_string()).collect(), 7);
        assert_eq!(Cycle::of_itself("a").to_string(), "a → a");
        assert_eq!(Cycle::along("a", way(2)).to_string(), "a → 0 → 1 → a");
        let long = Cycle::along("a", way(100)).to_string();
        assert!(long.starts_with("a → 0 → 1 → 2 → 3 → 4 → 5 → 6 → … 86 more … → 93 → "));
        assert!(long.ends_with(" → 99 → a"), "{long}");
    }

    #[test]
    fn a_way_names_all_accounts_where_both_ends_have_room_for_them() {
        let way = |length: usize| WayUp::over((0..length).collect(), 2);
        assert_eq!(way(4).first, [0, 1, 2, 3]);
        assert_eq!((way(4).between, way(4).last), (0, Vec::new()));
        assert_eq!((way(5).first, way(5).between), (vec![0, 1], 1));
        assert_eq!(way(5).last, [3, 4]);
    }

    #[test]
    fn a_cycle_is_spelled_out_and_a_long_one_cut_in_the_middle() {
        let cycle = |start: &str, between: usize| {
            Cycle {
                start: start.split(' ').map(str::to_owned).collect(),
                between,
                end: vec!["c".to_owned(), "a".to_owned()],
            }
            .to_string()
        };
        assert_eq!(cycle("a", 0), "a → c → a");
        assert_eq!(cycle("a b", 984), "a → b → … 984 more … → c → a");
    }
}
