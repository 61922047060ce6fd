//! Facts: usage aggregated as finely as any query needs it.
//!
//! A fact sums up what one user did in one session and one quarter of an hour with one feature of
//! one module of one product. Every breakdown is a sum over facts. Distinct users and sessions can
//! be counted over any set of facts, and so for any subtree, span and dimension. All time zones
//! differ from UTC by whole quarters of an hour, so the days of every time zone consist of whole
//! facts.

use super::rows::{NameRow, SessionRow, UserRow};
pub use crate::{
    model::quarter::{QUARTER_MS, quarter_at},
    store::sums::Sums,
};

/// The usage that a fact sums up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub struct FactKey {
    /// Quarters of an hour since the Unix epoch.
    pub quarter: u32,
    pub user: UserRow,
    pub session: Option<SessionRow>,
    pub product: Option<NameRow>,
    pub module: Option<NameRow>,
    pub feature: Option<NameRow>,
}

/// One fact.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fact {
    /// The usage that it sums up.
    pub key: FactKey,
    /// Its figures.
    pub sums: Sums,
}

/// Sorts facts by key and merges those with the same key.
pub fn compact(facts: &mut Vec<Fact>) {
    // The sort is stable, so that floats are added in the order of their arrival.
    facts.sort_by_key(|fact| fact.key);
    facts.dedup_by(|next, merged| {
        let is_same = next.key == merged.key;
        if is_same {
            merged.sums.add(&next.sums);
        }
        is_same
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_with_the_same_key_become_one() {
        let key = FactKey {
            quarter: 1,
            user: UserRow::from_number(2).unwrap(),
            session: SessionRow::from_number(3),
            product: None,
            module: None,
            feature: NameRow::from_number(4),
        };
        let one = Fact {
            key,
            sums: Sums {
                events: 1,
                features: 1.5,
                ..Sums::default()
            },
        };
        let mut facts = vec![
            one,
            Fact {
                key: FactKey { quarter: 0, ..key },
                ..one
            },
            one,
        ];
        compact(&mut facts);
        assert_eq!(facts.len(), 2);
        assert_eq!(facts[1].sums.events, 2);
        assert_eq!(facts[1].sums.features, 3.0);
    }
}
