//! Rules for the account tree.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    fmt,
};

use super::change::Change;

/// A cycle of accounts. Each id is followed by the id of its parent, and the first id is also
/// the last. Only the two ends of a long cycle are kept, because it may have a hundred
/// thousand levels and there may be many cycles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cycle {
    /// Its first ids.
    pub start: Vec<String>,
    /// Number of ids that are omitted in the middle.
    pub between: usize,
    /// Its last ids.
    pub end: Vec<String>,
}

impl Cycle {
    /// Number of ids that are kept at each end of a long cycle.
    pub const SHOWN: usize = 8;

    /// The cycle of an account that would be its own parent.
    pub fn of_itself(account_id: &str) -> Self {
        let nobody = AncestorPath::over(Vec::new(), 0);
        Cycle::along(account_id, nobody)
    }

    /// The cycle of an account and its new ancestors: the path from its new parent up to a
    /// child of the account.
    pub fn along(account_id: &str, above: AncestorPath<String>) -> Self {
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

/// The accounts on a path up the tree. Only the two ends of a long path are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AncestorPath<A> {
    /// The lowest accounts; all accounts of a short path.
    pub first: Vec<A>,
    /// Number of accounts that are omitted.
    pub between: usize,
    /// The highest accounts.
    pub last: Vec<A>,
}

impl<A> AncestorPath<A> {
    /// The path through `accounts`, the lowest first, with at most `most` at each end.
    pub fn over(mut accounts: Vec<A>, most: usize) -> Self {
        let between = accounts.len().saturating_sub(2 * most);
        let last = match between {
            0 => Vec::new(),
            _ => accounts.split_off(most + between),
        };
        if between > 0 {
            accounts.truncate(most);
        }
        AncestorPath {
            first: accounts,
            between,
            last,
        }
    }

    /// The accounts that are kept.
    pub fn named(&self) -> impl Iterator<Item = &A> {
        self.first.iter().chain(&self.last)
    }

    /// The same path, with each account converted.
    ///
    /// # Errors
    /// The first error of `named`.
    pub fn try_map<B, E>(
        self,
        mut named: impl FnMut(A) -> Result<B, E>,
    ) -> Result<AncestorPath<B>, E> {
        let mut all = |accounts: Vec<A>| -> Result<Vec<B>, E> {
            accounts.into_iter().map(&mut named).collect()
        };
        Ok(AncestorPath {
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

/// The part of a bulk record that concerns the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placement<'a> {
    /// Id of the account.
    pub id: &'a str,
    /// The change of the parent.
    pub parent: Change<&'a str>,
}

/// Ids of the parents that the records set, without duplicates.
pub fn requested_parents<'a>(records: &[Placement<'a>]) -> BTreeSet<&'a str> {
    let requested = records.iter().filter_map(|record| match record.parent {
        Change::Set(parent) => Some(parent),
        Change::Keep | Change::Clear => None,
    });
    requested.collect()
}

/// Returns the order in which the records of a bulk call must be applied: parents before
/// their children, in the resulting tree. `stored` has the parents of the [requested
/// parents](requested_parents) and of all their ancestors, as they are before the call.
///
/// In this order, any tree can be changed into any other without a temporary cycle: when an
/// account gets its parent, all ancestors of that parent are already in place, whether a
/// record moves them or not. So clients may send records in any order, and a record that
/// still makes a cycle is rejected rightly.
///
/// The order, and with it what is rejected, depends only on the ids and not on the order of
/// the records, except among several records of one account.
pub fn parents_first(records: &[Placement<'_>], stored: &HashMap<String, String>) -> Vec<usize> {
    let mut of_account: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, record) in records.iter().enumerate() {
        of_account.entry(record.id).or_default().push(index);
    }
    // The parent in the resulting tree: the last record that sets one wins.
    let parent_of = |id: &str| -> Option<&str> {
        let own = of_account.get(id).into_iter().flatten().rev();
        let mut parents = own.map(|index| records[*index].parent);
        match parents.find(|parent| *parent != Change::Keep) {
            Some(Change::Set(parent)) => Some(parent),
            Some(Change::Clear) => None,
            Some(Change::Keep) | None => stored.get(id).map(String::as_str),
        }
    };
    let mut order = Vec::with_capacity(records.len());
    let mut is_taken: HashSet<&str> = HashSet::new();
    for start in of_account.keys() {
        let mut upwards = Vec::new();
        let mut next = Some(*start);
        while let Some(id) = next.filter(|id| is_taken.insert(id)) {
            upwards.push(id);
            next = parent_of(id);
        }
        let downwards = upwards.into_iter().rev();
        order.extend(downwards.filter_map(|id| of_account.get(id)).flatten());
    }
    order
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn placements<'a>(records: &[(&'a str, Option<&'a str>)]) -> Vec<Placement<'a>> {
        let place = |(id, parent): &(&'a str, Option<&'a str>)| Placement {
            id,
            parent: parent.map_or(Change::Clear, Change::Set),
        };
        records.iter().map(place).collect()
    }

    fn stored(links: &[(&str, &str)]) -> HashMap<String, String> {
        let link = |(id, parent): &(&str, &str)| ((*id).to_owned(), (*parent).to_owned());
        links.iter().map(link).collect()
    }

    #[test]
    fn parents_come_before_their_children() {
        let records = placements(&[("c", Some("b")), ("b", Some("a")), ("x", None), ("a", None)]);
        assert_eq!(parents_first(&records, &HashMap::new()), [3, 1, 0, 2]);
    }

    #[test]
    fn what_lies_above_comes_first_though_accounts_without_a_record_lie_between() {
        let stored = stored(&[("c", "a"), ("b", "c")]);
        let records = placements(&[("a", Some("b")), ("c", Some("d"))]);
        assert_eq!(requested_parents(&records), BTreeSet::from(["b", "d"]));
        assert_eq!(parents_first(&records, &stored), [1, 0]);
        let swapped = placements(&[("c", Some("d")), ("a", Some("b"))]);
        assert_eq!(parents_first(&swapped, &stored), [0, 1]);
    }

    #[test]
    fn an_account_whose_record_says_no_parent_stays_where_it_is() {
        let stored = stored(&[("b", "c"), ("c", "a")]);
        let mut records = placements(&[("a", Some("b")), ("b", None), ("c", None)]);
        records[1].parent = Change::Keep;
        assert_eq!(parents_first(&records, &stored), [2, 1, 0]);
    }

    #[test]
    fn a_cycle_or_a_repeated_record_loses_none() {
        let records = placements(&[("a", Some("b")), ("b", Some("a")), ("a", Some("c"))]);
        let mut order = parents_first(&records, &HashMap::new());
        order.sort_unstable();
        assert_eq!(order, [0, 1, 2]);
    }

    #[test]
    fn records_of_one_account_keep_their_order_and_the_last_places_it() {
        let records = placements(&[("a", Some("b")), ("b", Some("c")), ("a", Some("c"))]);
        assert_eq!(parents_first(&records, &HashMap::new()), [0, 2, 1]);
    }

    #[test]
    fn a_chain_of_a_hundred_thousand_needs_no_deep_stack() {
        let ids: Vec<String> = (0..100_000).map(|n| n.to_string()).collect();
        let records: Vec<_> = ids
            .iter()
            .enumerate()
            .map(|(n, id)| (id.as_str(), ids.get(n + 1).map(String::as_str)))
            .collect();
        let records = placements(&records);
        assert_eq!(parents_first(&records, &HashMap::new())[0], 99_999);
    }

    /// A tree with this many accounts. Each account is below one that precedes it in a random
    /// order, or at the top.
    fn tree(accounts: usize) -> impl Strategy<Value = Vec<Option<usize>>> {
        let order = Just((0..accounts).collect::<Vec<_>>()).prop_shuffle();
        let above = proptest::collection::vec(any::<proptest::sample::Index>(), accounts);
        (order, above).prop_map(|(order, above)| {
            let mut parents = vec![None; order.len()];
            for (at, account) in order.iter().enumerate() {
                let above = above[*account].index(at + 1);
                parents[*account] = above.checked_sub(1).map(|above| order[above]);
            }
            parents
        })
    }

    proptest! {
        #[test]
        fn any_tree_becomes_any_other_whatever_the_order_of_the_records(
            (before, after, order) in (2..12_usize).prop_flat_map(|accounts| (
                tree(accounts),
                tree(accounts),
                Just((0..accounts).collect::<Vec<_>>()).prop_shuffle(),
            )),
        ) {
            let ids: Vec<String> = (0..before.len()).map(|no| format!("a{no}")).collect();
            let stored = before.iter().enumerate().filter_map(|(no, parent)| {
                parent.map(|parent| (ids[no].clone(), ids[parent].clone()))
            });
            let moved: Vec<usize> = order.into_iter().filter(|no| before[*no] != after[*no]).collect();
            let records: Vec<_> = moved
                .iter()
                .map(|no| (ids[*no].as_str(), after[*no].map(|parent| ids[parent].as_str())))
                .collect();
            let mut parents = before.clone();
            for at in parents_first(&placements(&records), &stored.collect()) {
                let account = moved[at];
                let mut above = after[account];
                while let Some(next) = above {
                    prop_assert_ne!(next, account, "a cycle on the way");
                    above = parents[next];
                }
                parents[account] = after[account];
            }
            prop_assert_eq!(parents, after);
        }
    }

    #[test]
    fn a_cycle_goes_up_from_an_account_and_ends_at_it() {
        let way =
            |length: usize| AncestorPath::over((0..length).map(|n| n.to_string()).collect(), 7);
        assert_eq!(Cycle::of_itself("a").to_string(), "a → a");
        assert_eq!(Cycle::along("a", way(2)).to_string(), "a → 0 → 1 → a");
        let long = Cycle::along("a", way(100)).to_string();
        assert!(long.starts_with("a → 0 → 1 → 2 → 3 → 4 → 5 → 6 → … 86 more … → 93 → "));
        assert!(long.ends_with(" → 99 → a"), "{long}");
    }

    #[test]
    fn a_way_names_all_accounts_where_both_ends_have_room_for_them() {
        let way = |length: usize| AncestorPath::over((0..length).collect(), 2);
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
