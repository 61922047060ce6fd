use std::{collections::HashMap, fmt};

/// Accounts that would be above themselves: each is followed by its parent,
/// and the first comes back as the last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cycle(pub Vec<String>);

/// A cycle may run through a thousand levels; both ends tell enough.
const SHOWN_AT_EACH_END: usize = 8;

impl fmt::Display for Cycle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids = &self.0;
        if ids.len() <= 2 * SHOWN_AT_EACH_END {
            return f.write_str(&ids.join(" → "));
        }
        let (start, end) = (
            &ids[..SHOWN_AT_EACH_END],
            &ids[ids.len() - SHOWN_AT_EACH_END..],
        );
        let between = ids.len() - 2 * SHOWN_AT_EACH_END;
        write!(
            f,
            "{} → … {between} more … → {}",
            start.join(" → "),
            end.join(" → ")
        )
    }
}

/// The order in which records are applied: whoever is another's parent first.
///
/// Any hierarchy without a cycle can be reached from any other in this order
/// without a cycle on the way: when an account is put under its parent,
/// everything above that parent is in place already. So records may come in
/// any order, and what still closes a cycle is refused rightly.
///
/// `records` are pairs of an id and the parent it asks for.
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
    fn a_cycle_is_spelled_out_and_a_long_one_cut_in_the_middle() {
        let cycle = |length: usize| Cycle((0..length).map(|n| n.to_string()).collect()).to_string();
        assert_eq!(cycle(4), "0 → 1 → 2 → 3");
        assert!(cycle(1000).contains("… 984 more …"));
    }
}
